//! What the client announced, and what is announced to it.

use aiia_engine::Engine;
use aiia_protocol::PROTOCOL_VERSION;
use aiia_protocol::operation::OPERATIONS;
use aiia_text::Encoding;
use serde_json::{Value, json};
use tower_lsp::gen_lsp_types as lsp;

use crate::look_up::Answers;
use crate::requests::{code_action, execute_command};
use crate::to_proto;

/// The number of the code action tag `LLMGenerated`.
const LLM_GENERATED: u64 = 1;

/// What the client can do. Nothing that was not announced is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) encoding: Encoding,
    pub(crate) apply_edit: bool,
    /// Takes `documentChanges`, that is, edits for a version.
    pub(crate) versioned_edits: bool,
    pub(crate) create_files: bool,
    /// Renames files in workspace edits.
    pub(crate) rename_files: bool,
    /// Deletes files in workspace edits.
    pub(crate) delete_files: bool,
    pub(crate) show_document: bool,
    /// Shows messages with buttons.
    pub(crate) message_actions: bool,
    pub(crate) work_done_progress: bool,
    pub(crate) code_lens_refresh: bool,
    /// Watches files that it is asked to watch.
    pub(crate) watches_files: bool,
    /// Takes code actions with a kind; plain commands otherwise.
    pub(crate) code_action_literals: bool,
    /// Takes the tag of code actions that ask a language model.
    pub(crate) llm_tag: bool,
    /// Wants the events of what its commands start.
    pub(crate) events: bool,
    /// Shows what comes of its commands by itself, from the events.
    pub(crate) shows_results: bool,
    /// A review document that is brought up to date by edits is none that has to be saved.
    pub(crate) edits_reviews: bool,
    /// The user's switch for code actions.
    pub(crate) code_actions: bool,
    /// Whether its user trusts the folders.
    pub(crate) trusted: bool,
    /// What it knows of its other language servers.
    pub(crate) answers: Answers,
}

impl Default for Client {
    fn default() -> Self {
        Self::read(&Value::Null)
    }
}

impl Client {
    /// Reads the parameters of `initialize`. Whatever has not the form it should have counts as not announced.
    pub(crate) fn read(params: &Value) -> Self {
        let announced = &params["capabilities"];
        let has = |pointer: &str| announced.pointer(pointer).is_some_and(|value| value.as_bool() == Some(true));
        let is_there = |pointer: &str| announced.pointer(pointer).is_some_and(Value::is_object);
        let options = &params["initializationOptions"]["aiia"];
        let resource_operation = |name: &str| {
            announced
                .pointer("/workspace/workspaceEdit/resourceOperations")
                .and_then(Value::as_array)
                .is_some_and(|operations| operations.iter().any(|operation| operation == name))
        };
        Self {
            encoding: encoding(&announced["general"]["positionEncodings"]),
            apply_edit: has("/workspace/applyEdit"),
            versioned_edits: has("/workspace/workspaceEdit/documentChanges"),
            create_files: resource_operation("create"),
            rename_files: resource_operation("rename"),
            delete_files: resource_operation("delete"),
            show_document: has("/window/showDocument/support"),
            message_actions: is_there("/window/showMessage/messageActionItem"),
            work_done_progress: has("/window/workDoneProgress"),
            code_lens_refresh: has("/workspace/codeLens/refreshSupport"),
            watches_files: has("/workspace/didChangeWatchedFiles/dynamicRegistration"),
            code_action_literals: is_there("/textDocument/codeAction/codeActionLiteralSupport"),
            llm_tag: announced
                .pointer("/textDocument/codeAction/tagSupport/valueSet")
                .and_then(Value::as_array)
                .is_some_and(|tags| tags.iter().any(|tag| tag == LLM_GENERATED)),
            events: options["events"] == true || announced["experimental"]["aiia"]["events"] == true,
            shows_results: options["showsResults"] == true,
            edits_reviews: options["editsReviews"].as_bool().unwrap_or_else(|| !marks_edited(&params["clientInfo"])),
            code_actions: options["codeActions"] != false,
            trusted: options["trusted"] != false,
            answers: Answers::read(options),
        }
    }
}

/// Whether the editor is one that asks to save each document that was edited, whoever edited it, and has no setting against it.
fn marks_edited(client: &Value) -> bool {
    matches!(client["name"].as_str(), Some("helix" | "Eglot"))
}

/// UTF-8 where it is offered, else UTF-16, which is also what a client means that offers nothing.
fn encoding(offered: &Value) -> Encoding {
    let offers = |name: &str| offered.as_array().is_some_and(|all| all.iter().any(|one| one == name));
    match () {
        () if offers("utf-8") => Encoding::Utf8,
        () if offers("utf-32") && !offers("utf-16") => Encoding::Utf32,
        () => Encoding::Utf16,
    }
}

/// Removes every member that is `null`: it means the same as an absent one.
pub(crate) fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// What is announced to the client.
pub(crate) fn server(client: &Client, engine: &Engine) -> lsp::ServerCapabilities {
    let mut aiia = json!({
        "protocol": PROTOCOL_VERSION,
        "operations": OPERATIONS.iter().map(|row| row.name).collect::<Vec<_>>(),
    });
    if let Some(url) = engine.http_url() {
        aiia["httpUrl"] = url.into();
    }
    let every_file = lsp::FileOperationRegistrationOptions {
        filters: vec![lsp::FileOperationFilter {
            scheme: Some("file".to_owned()),
            pattern: lsp::FileOperationPattern { glob: "**".to_owned(), ..Default::default() },
        }],
    };
    lsp::ServerCapabilities {
        position_encoding: Some(to_proto::encoding(client.encoding)),
        text_document_sync: Some(lsp::TextDocumentSync::Options(lsp::TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(lsp::TextDocumentSyncKind::Incremental),
            save: Some(lsp::Save::Bool(true)),
            ..Default::default()
        })),
        hover_provider: Some(lsp::HoverProvider::Bool(true)),
        code_action_provider: Some(if client.code_action_literals {
            lsp::CodeActionProvider::CodeActionOptions(lsp::CodeActionOptions {
                code_action_kinds: Some(code_action::KINDS.iter().map(|kind| (*kind).to_owned().into()).collect()),
                ..Default::default()
            })
        } else {
            lsp::CodeActionProvider::Bool(true)
        }),
        code_lens_provider: Some(lsp::CodeLensOptions { resolve_provider: Some(false), ..Default::default() }),
        execute_command_provider: Some(lsp::ExecuteCommandOptions {
            commands: execute_command::COMMANDS.iter().map(|name| (*name).to_owned()).collect(),
            ..Default::default()
        }),
        workspace: Some(lsp::WorkspaceOptions {
            workspace_folders: Some(lsp::WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(lsp::ChangeNotifications::Bool(true)),
            }),
            file_operations: Some(lsp::FileOperationOptions { did_rename: Some(every_file), ..Default::default() }),
            ..Default::default()
        }),
        experimental: Some(json!({ "aiia": aiia })),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_encoding(offered: Value, expected: Encoding) {
        let params = json!({"capabilities": {"general": {"positionEncodings": offered}}});
        assert_eq!(Client::read(&params).encoding, expected, "{params}");
    }

    #[test]
    fn the_encoding_is_utf_8_or_else_utf_16() {
        check_encoding(json!(["utf-16", "utf-8"]), Encoding::Utf8);
        check_encoding(json!(["utf-32", "utf-16"]), Encoding::Utf16);
        check_encoding(json!(["utf-32"]), Encoding::Utf32);
        check_encoding(json!(["utf-7"]), Encoding::Utf16);
        check_encoding(json!([]), Encoding::Utf16);
        check_encoding(Value::Null, Encoding::Utf16);
    }

    #[test]
    fn nothing_is_taken_for_granted() {
        let nothing = Client::default();
        for params in [
            json!({}),
            json!({"capabilities": null}),
            json!({"capabilities": {"workspace": null, "window": {"showDocument": null, "workDoneProgress": null}}}),
            json!({"capabilities": {"workspace": {"applyEdit": "yes"}, "window": 3}}),
        ] {
            assert_eq!(Client::read(&params), nothing, "{params}");
        }
        assert!(!nothing.apply_edit && !nothing.show_document && nothing.code_actions);
    }

    #[test]
    fn folders_are_trusted_unless_it_is_said_that_they_are_not() {
        let told = |trusted: Value| json!({"initializationOptions": {"aiia": {"trusted": trusted}}});
        assert!(Client::default().trusted && Client::read(&told(json!(true))).trusted);
        assert!(!Client::read(&told(json!(false))).trusted);
    }

    #[test]
    fn nulls_go_at_every_depth() {
        let mut value = json!({"a": null, "b": {"c": null, "d": [{"e": null}, null]}});
        without_nulls(&mut value);
        assert_eq!(value, json!({"b": {"d": [{}, null]}}));
    }
}
