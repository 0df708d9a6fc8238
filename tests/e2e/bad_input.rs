//! Documents that are not as one would wish: each works or says why not, and nothing is lost.

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::Installation;
use aiia_tests::lsp_client::LspClient;
use aiia_tests::model_server::Script;
use serde_json::{Value, json};

fn able() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-8"] },
        "window": { "showDocument": { "support": true } },
        "workspace": { "applyEdit": true, "workspaceEdit": { "documentChanges": true } },
        "textDocument": { "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } } } },
    })
}

fn last_prompt(aiia: &Installation) -> String {
    aiia.model.chats().last().expect("the model was asked").body["messages"].to_string()
}

/// Explains a document and waits for the end; gives the status.
fn explain(editor: &mut LspClient, argument: Value) -> String {
    let started = editor.execute("aiia.explain", argument);
    let Some(run) = started["run_id"].as_str() else {
        let problem = &started["problem"];
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{started}");
        return problem["detail"].as_str().unwrap_or_default().to_owned();
    };
    editor.request("aiia/run/events", json!({ "run_id": run }));
    let done = editor.expect_where("aiia/run/event", |event| event["run_id"] == run && event["type"] == "done");
    done["status"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn documents_that_are_not_files_or_not_saved() {
    let aiia = Installation::new();
    aiia.model.always(Script::text("Fine."));
    let mut editor = LspClient::start(&aiia, able());
    let outside = tempfile::tempdir().unwrap();
    let never_written = outside.path().join("never_written.py");
    let unknown = outside.path().join("notes.unknown-type");
    for (path, text, expected) in [
        (never_written.as_path(), "MARK_ONE = 1\n", "MARK_ONE"),
        (unknown.as_path(), "MARK_TWO, not code\n", "MARK_TWO"),
    ] {
        let uri = editor.open(path, text);
        assert_eq!(explain(&mut editor, json!({ "uri": uri })), "completed", "{}", path.display());
        assert!(last_prompt(&aiia).contains(expected), "{expected}: {}", last_prompt(&aiia));
    }
    let untitled =
        json!({ "uri": "untitled:Untitled-1", "languageId": "python", "version": 0, "text": "MARK_THREE = 3\n" });
    editor.notify("textDocument/didOpen", json!({ "textDocument": untitled }));
    assert_eq!(explain(&mut editor, json!({ "uri": "untitled:Untitled-1" })), "completed");
    assert!(last_prompt(&aiia).contains("MARK_THREE"));
}

#[test]
fn what_is_not_saved_is_what_is_asked_about() {
    let aiia = Installation::new();
    aiia.model.always(Script::text("Fine."));
    let path = aiia.write("a.py", "SAVED = 1\n");
    let mut editor = LspClient::start(&aiia, able());
    let uri = editor.open(&path, "NOT_SAVED = 1\n");
    assert_eq!(explain(&mut editor, json!({ "uri": uri })), "completed");
    let prompt = last_prompt(&aiia);
    assert!(prompt.contains("NOT_SAVED = 1") && !prompt.contains("\\nSAVED"), "{prompt}");
}

#[test]
fn a_selection_past_the_end_is_brought_back_or_refused() {
    let aiia = Installation::new();
    aiia.model.always(Script::text("Fine."));
    let path = aiia.write("a.py", "x = 1\n");
    let mut editor = LspClient::start(&aiia, able());
    let uri = editor.open(&path, "x = 1\n");
    let far = json!({ "line": 4_000_000_000_u32, "character": 4_000_000_000_u32 });
    assert_eq!(explain(&mut editor, json!({ "uri": uri, "range": { "start": far, "end": far } })), "completed");

    let http = HttpClient::new(&aiia);
    for selection in [json!({ "lines": { "start": 9, "end": 9 } }), json!({ "bytes": { "start": 99, "end": 99 } })] {
        let body = json!({ "kind": "explain", "document": { "path": path }, "selection": selection });
        let (status, problem) = http.try_post("/actions", &body);
        assert_eq!((status.as_u16(), &problem["code"]), (400, &json!("invalid_params")), "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], "/selection");
    }
    assert_eq!(aiia.model.chats().len(), 1);
}

#[test]
fn two_editors_with_different_buffers_of_one_file_each_get_their_own() {
    let aiia = Installation::new();
    let path = aiia.write("a.py", "def f():\n    return 0\n");
    let (text_one, text_two) = ("def f():\n    return 'ONE'\n", "# TWO\ndef f():\n    return 'TWO'\n");
    let mut one = LspClient::start(&aiia, able());
    let mut two = LspClient::start(&aiia, able());
    let uri = one.open(&path, text_one);
    two.open(&path, text_two);
    assert_eq!(one.text_of(path.to_str().unwrap()), text_one);
    assert_eq!(two.text_of(path.to_str().unwrap()), text_two);

    aiia.model.always(Script::text("```python\ndef f():\n    return 'FIXED'\n```\n"));
    let started = two.execute("aiia.fix", json!({ "uri": uri, "range": { "start": { "line": 1, "character": 0 }, "end": { "line": 1, "character": 0 } } }));
    assert!(last_after(&mut two, &started, &aiia).contains("TWO"));
    let run = two.request("aiia/run/get", json!({ "run_id": started["run_id"] }));
    two.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    two.execute("aiia.acceptAll", json!({ "edit_id": run["edit_id"] }));
    let applied = two.expect("workspace/applyEdit");
    let change = &applied["edit"]["documentChanges"][0];
    assert_eq!((&change["textDocument"]["uri"], &change["textDocument"]["version"]), (&json!(uri), &json!(0)));
    assert_eq!(change["edits"][0]["range"]["start"]["line"], 2, "{change}");
    // The other one's buffer, and the file, are as they were.
    assert_eq!(one.text_of(path.to_str().unwrap()), text_one);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "def f():\n    return 0\n");
}

/// Waits for the end of a run and gives the last prompt.
fn last_after(editor: &mut LspClient, started: &Value, aiia: &Installation) -> String {
    editor.request("aiia/run/events", json!({ "run_id": started["run_id"] }));
    let done = editor.expect_where("aiia/run/event", |event| event["type"] == "done");
    assert_eq!(done["status"], "completed", "{done}");
    last_prompt(aiia)
}
