//! Code actions, commands, review and edits as an editor sees them.

use std::sync::{Arc, Mutex};

use aiia_tests::model_server::{ModelServer, Script};
use serde_json::{Value, json};

use super::client::{TestClient, World, able, edited};

const CODE: &str = "def mean(xs):\n    return sum(xs) / len(xs) + 1\n\n\ndef last(xs):\n    a = 1\n    b = 2\n    c = 3\n    return xs[0]\n";
const REPLY: &str = "a.py\n<<<<<<< SEARCH\n    return sum(xs) / len(xs) + 1\n=======\n    return sum(xs) / len(xs)\n>>>>>>> REPLACE\n\na.py\n<<<<<<< SEARCH\n    return xs[0]\n=======\n    return xs[-1]\n>>>>>>> REPLACE\n";

async fn titles(client: &mut TestClient, uri: &str, line: u32, context: Value) -> Vec<String> {
    let place = json!({ "line": line, "character": 4 });
    let params = json!({ "textDocument": { "uri": uri }, "range": { "start": place, "end": place }, "context": context });
    let actions = client.request("textDocument/codeAction", params).await.unwrap();
    let mut titles = Vec::new();
    for action in actions.as_array().unwrap() {
        assert!(action.get("isPreferred").is_none() && action.get("edit").is_none(), "{action}");
        titles.push(format!("{} | {}", action["kind"].as_str().unwrap_or("-"), action["title"].as_str().unwrap()));
    }
    titles
}

fn diagnostic(line: u32) -> Value {
    let range = json!({ "start": { "line": line, "character": 0 }, "end": { "line": line, "character": 9 } });
    json!({ "range": range, "message": "off by one\nmore", "code": null, "source": null, "severity": 2 })
}

#[tokio::test]
async fn code_actions_have_their_kinds() {
    let world = World::new();
    let mut client = world.initialized(able()).await;
    let path = world.file("a.py", CODE);
    let uri = client.open(&path, CODE, 1).await;
    let fix = "refactor.rewrite.aiia.fix | aiia: Fix `mean`";
    let quick = "quickfix.aiia | aiia: Fix “off by one”";
    let all = [
        "aiia.explain | aiia: Explain `mean`",
        fix,
        "refactor.rewrite.aiia.optimize | aiia: Optimize `mean`",
        "refactor.rewrite.aiia.test | aiia: Write tests for `mean`",
        "refactor.rewrite.aiia.document | aiia: Document `mean`",
    ];
    let with = |first: &[&str], rest: &[&str]| first.iter().chain(rest).map(ToString::to_string).collect::<Vec<_>>();
    for (context, expected) in [
        (json!({ "diagnostics": [] }), with(&[], &all)),
        (json!({ "diagnostics": [diagnostic(1)] }), with(&[quick], &all)),
        (json!({ "diagnostics": [diagnostic(5)] }), with(&[], &all)),
        (json!({ "diagnostics": [], "only": ["refactor.rewrite.aiia.fix"] }), with(&[], &[fix])),
        (json!({ "diagnostics": [diagnostic(1)], "only": ["quickfix"] }), with(&[quick], &[])),
        (json!({ "diagnostics": [], "only": ["source.organizeImports"] }), vec![]),
        (json!({ "diagnostics": [], "triggerKind": 2 }), vec![]),
        (json!({ "diagnostics": [diagnostic(1)], "triggerKind": 2 }), with(&[quick], &[])),
        (json!({ "diagnostics": [diagnostic(1)], "only": null, "triggerKind": 1 }), with(&[quick], &all)),
    ] {
        assert_eq!(titles(&mut client, &uri, 1, context.clone()).await, expected, "{context}");
    }
}

#[tokio::test]
async fn clients_without_literals_get_commands_and_a_switch_turns_all_off() {
    let world = World::new();
    let path = world.file("a.py", CODE);
    let mut client = world.initialized(json!({})).await;
    let uri = client.open(&path, CODE, 1).await;
    let found = titles(&mut client, &uri, 1, json!({ "diagnostics": [] })).await;
    assert_eq!(found[0], "- | aiia: Explain `mean`");

    let mut client = world.connect(aiia_protocol::handshake::Purpose::Lsp);
    let options = json!({ "aiia": { "codeActions": false } });
    client.request("initialize", json!({ "capabilities": {}, "initializationOptions": options })).await.unwrap();
    assert!(titles(&mut client, &uri, 1, json!({ "diagnostics": [diagnostic(1)] })).await.is_empty());
}

fn command(name: &str, argument: Value) -> Value {
    json!({ "command": name, "arguments": [argument] })
}

fn place(uri: &str, line: u32) -> Value {
    let place = json!({ "line": line, "character": 4 });
    json!({ "uri": uri, "range": { "start": place, "end": place } })
}

#[tokio::test]
async fn without_a_model_the_user_is_told() {
    let world = World::new();
    let mut client = world.initialized(able()).await;
    let uri = client.open(&world.file("a.py", CODE), CODE, 1).await;
    let result = client.request("workspace/executeCommand", command("aiia.explain", place(&uri, 1))).await.unwrap();
    assert_eq!(result["problem"]["code"], "model_unavailable");
    let message = client.expect("window/showMessage").await;
    assert_eq!(message["type"], 1);
    assert!(message["message"].as_str().unwrap().starts_with("aiia: "));
}

#[tokio::test]
async fn commands_with_wrong_arguments_are_refused() {
    let world = World::new();
    let mut client = world.initialized(able()).await;
    for params in [
        command("aiia.explain", json!({})),
        command("aiia.ask", place("file:///a.py", 1)),
        command("aiia.fix", json!({ "uri": "no uri" })),
        command("aiia.acceptHunk", json!({ "edit_id": "x" })),
        command("aiia.acceptAll", json!({})),
        command("aiia.cancel", json!({})),
        command("aiia.nosuch", json!({})),
        json!({ "command": "aiia.explain" }),
        json!({}),
    ] {
        let error = client.request("workspace/executeCommand", params.clone()).await.unwrap_err();
        assert_eq!(error["code"], -32602, "{params}");
    }
}

#[tokio::test]
async fn an_explanation_is_a_document_and_stays_in_the_hover() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("It computes the **mean**."));
    let world = World::with_model(&model.openai_url());
    let mut client = world.initialized(able()).await;
    client.answer("window/showDocument", |_| json!({ "success": true }));
    let uri = client.open(&world.file("a.py", CODE), CODE, 1).await;
    let result = client.request("workspace/executeCommand", command("aiia.explain", place(&uri, 1))).await.unwrap();
    let token = client.expect("window/workDoneProgress/create").await["token"].clone();
    assert_eq!(token, format!("aiia/run/{}", result["run_id"].as_str().unwrap()));
    let begin = client.expect("$/progress").await;
    assert_eq!((&begin["value"]["kind"], &begin["value"]["cancellable"]), (&json!("begin"), &json!(true)));
    let shown = client.expect("window/showDocument").await;
    let shown = url::Url::parse(shown["uri"].as_str().unwrap()).unwrap().to_file_path().unwrap();
    let text = std::fs::read_to_string(shown).unwrap();
    assert!(text.contains("# Explain `mean`") && text.contains("It computes the **mean**."), "{text}");
    let position = json!({ "textDocument": { "uri": uri }, "position": { "line": 1, "character": 4 } });
    let hover = client.request("textDocument/hover", position).await.unwrap();
    assert_eq!(hover["contents"]["value"], "It computes the **mean**.");
    assert_eq!(client.received("aiia/run/event"), 0, "a plain editor gets no custom notifications");
}

#[tokio::test]
async fn progress_can_be_cancelled() {
    let model = ModelServer::start().unwrap();
    model.always(Script::Stall);
    let world = World::with_model(&model.openai_url());
    let mut client = world.initialized(able()).await;
    let uri = client.open(&world.file("a.py", CODE), CODE, 1).await;
    client.request("workspace/executeCommand", command("aiia.explain", place(&uri, 1))).await.unwrap();
    let begin = client.expect("$/progress").await;
    client.notify("window/workDoneProgress/cancel", json!({ "token": begin["token"] })).await;
    loop {
        let progress = client.expect("$/progress").await;
        if progress["value"]["kind"] == "end" {
            assert_eq!(progress["value"]["message"], "cancelled");
            break;
        }
    }
}

/// An editor with the buffer `CODE` that has been shown a review of two hunks.
struct Reviewing {
    client: TestClient,
    _world: World,
    uri: String,
    review_uri: String,
    review: String,
}

async fn reviewing() -> Reviewing {
    let model = ModelServer::start().unwrap();
    model.always(Script::text(REPLY));
    let world = World::with_model(&model.openai_url());
    let mut client = world.initialized(able()).await;
    client.answer("window/showDocument", |_| json!({ "success": true }));
    client.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    let uri = client.open(&world.file("a.py", CODE), CODE, 1).await;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9, "character": 0 } });
    let argument = json!({ "uri": uri, "range": range });
    client.request("workspace/executeCommand", command("aiia.fix", argument)).await.unwrap();
    let review_uri = client.expect("window/showDocument").await["uri"].as_str().unwrap().to_owned();
    let path = url::Url::parse(&review_uri).unwrap().to_file_path().unwrap();
    let review = std::fs::read_to_string(&path).unwrap();
    client.open_uri(&review_uri, &review, 1).await;
    Reviewing { client, _world: world, uri, review_uri, review }
}

impl Reviewing {
    /// Runs the action with this title on the line of the review that starts with `line`.
    async fn act(&mut self, line: &str, title: &str) {
        let number = self.review.lines().position(|one| one.starts_with(line)).unwrap();
        let place = json!({ "line": number, "character": 0 });
        let params = json!({
            "textDocument": { "uri": self.review_uri }, "range": { "start": place, "end": place }, "context": { "diagnostics": [] },
        });
        let actions = self.client.request("textDocument/codeAction", params).await.unwrap();
        let action = actions.as_array().unwrap().iter().find(|action| action["title"] == title);
        let action = action.unwrap_or_else(|| panic!("no {title} in {actions:#}"));
        let (name, arguments) = (&action["command"]["command"], &action["command"]["arguments"]);
        let params = json!({ "command": name, "arguments": arguments });
        assert_eq!(self.client.request("workspace/executeCommand", params).await, Ok(Value::Null));
    }

    /// Takes the edit of a document in as an editor does; gives its new text.
    async fn apply(&mut self, uri: &str, text: &str, version: i32) -> String {
        let params = self.client.expect("workspace/applyEdit").await;
        let (for_uri, for_version, after) = edited(&params, text);
        assert_eq!((for_uri.as_str(), for_version), (uri, json!(version)));
        let document = json!({ "uri": uri, "version": version + 1 });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": after }] });
        self.client.notify("textDocument/didChange", params).await;
        after
    }
}

#[tokio::test]
async fn hunks_are_accepted_and_undone_one_by_one() {
    let mut world = reviewing().await;
    let (uri, review_uri) = (world.uri.clone(), world.review_uri.clone());
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    let text = world.apply(&uri, CODE, 1).await;
    assert_eq!(text, CODE.replace(" + 1", ""));
    let review = world.review.clone();
    world.review = world.apply(&review_uri, &review, 1).await;
    assert!(world.review.contains("[accepted]") && world.review.contains("1 pending"), "{}", world.review);

    world.act("-    return xs[0]", "aiia: Reject hunk 2").await;
    let review = world.review.clone();
    world.review = world.apply(&review_uri, &review, 2).await;
    assert!(world.review.contains("[rejected]"), "{}", world.review);

    world.act("-    return sum", "aiia: Undo hunk 1").await;
    assert_eq!(world.apply(&uri, &text, 2).await, CODE);
}

#[tokio::test]
async fn two_hunks_accepted_at_once_wait_for_each_other() {
    let mut world = reviewing().await;
    let (uri, review_uri, review) = (world.uri.clone(), world.review_uri.clone(), world.review.clone());
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    world.act("-    return xs[0]", "aiia: Accept hunk 2").await;
    // The two decisions may come in either order.
    let text = world.apply(&uri, CODE, 1).await;
    let review = world.apply(&review_uri, &review, 1).await;
    let text = world.apply(&uri, &text, 2).await;
    assert_eq!(text, CODE.replace(" + 1", "").replace("xs[0]", "xs[-1]"));
    assert!(world.apply(&review_uri, &review, 2).await.contains("0 pending"));
}

#[tokio::test]
async fn what_the_editor_refuses_waits_again() {
    let mut world = reviewing().await;
    let uri = world.uri.clone();
    let refused = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&refused);
    world.client.answer("workspace/applyEdit", move |_| {
        *counted.lock().unwrap() += 1;
        json!({ "applied": false, "failureReason": "read-only" })
    });
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    let message = world.client.expect("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains("read-only"), "{message}");
    assert_eq!(*refused.lock().unwrap(), 1);
    let _ = world.client.expect("workspace/applyEdit").await;
    world.client.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    assert_eq!(world.apply(&uri, CODE, 1).await, CODE.replace(" + 1", ""));
}

#[tokio::test]
async fn lenses_and_hover_are_on_the_hunks() {
    let mut world = reviewing().await;
    let params = json!({ "textDocument": { "uri": world.review_uri } });
    let lenses = world.client.request("textDocument/codeLens", params).await.unwrap();
    let titles: Vec<&str> =
        lenses.as_array().unwrap().iter().map(|lens| lens["command"]["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Accept", "Reject", "Accept", "Reject"]);
    let line = world.review.lines().position(|line| line.starts_with("+    return xs")).unwrap();
    let params = json!({ "textDocument": { "uri": world.review_uri }, "position": { "line": line, "character": 0 } });
    let hover = world.client.request("textDocument/hover", params).await.unwrap();
    assert!(hover["contents"]["value"].as_str().unwrap().contains("toy/m"), "{hover}");
}

#[tokio::test]
async fn lines_edited_in_the_review_are_not_accepted_silently() {
    let mut world = reviewing().await;
    let edited = world.review.replace("xs[-1]", "xs[-2]");
    let document = json!({ "uri": world.review_uri, "version": 2 });
    let params = json!({ "textDocument": document, "contentChanges": [{ "text": edited }] });
    world.client.notify("textDocument/didChange", params).await;
    world.act("-    return xs[0]", "aiia: Accept hunk 2").await;
    let message = world.client.expect("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains("was edited"), "{message}");
    assert_eq!(world.client.received("workspace/applyEdit"), 0);
}

#[tokio::test]
async fn without_show_document_a_question_is_asked() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text(REPLY));
    let world = World::with_model(&model.openai_url());
    let mut capabilities = able();
    capabilities["window"] = json!({ "showMessage": { "messageActionItem": {} } });
    let mut client = world.initialized(capabilities).await;
    client.answer("window/showMessageRequest", |_| json!({ "title": "Apply" }));
    client.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    let path = world.file("a.py", CODE);
    let uri = url::Url::from_file_path(&path).unwrap().to_string();
    client.request("workspace/executeCommand", command("aiia.fix", json!({ "uri": uri }))).await.unwrap();
    let question = client.expect("window/showMessageRequest").await;
    assert_eq!(question["actions"], json!([{ "title": "Apply" }, { "title": "Discard" }]));
    let (for_uri, version, after) = edited(&client.expect("workspace/applyEdit").await, CODE);
    assert_eq!((for_uri, version), (uri, Value::Null));
    assert_eq!(after, CODE.replace(" + 1", "").replace("xs[0]", "xs[-1]"));
}

#[tokio::test]
async fn an_editor_that_can_nothing_gets_messages() {
    let model = ModelServer::start().unwrap();
    model.next(Script::text("It is a mean."));
    model.next(Script::text(REPLY));
    let world = World::with_model(&model.openai_url());
    let mut client = world.initialized(Value::Null).await;
    let uri = client.open(&world.file("a.py", CODE), CODE, 1).await;
    client.request("workspace/executeCommand", command("aiia.explain", place(&uri, 1))).await.unwrap();
    let message = client.expect("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains("It is a mean."), "{message}");
    client.request("workspace/executeCommand", command("aiia.fix", json!({ "uri": uri }))).await.unwrap();
    let message = client.expect("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains(".diff"), "{message}");
    assert_eq!(client.received("workspace/applyEdit") + client.received("window/showDocument"), 0);
}
