//! Code actions and commands as an editor sees them.

use aiia_tests::model_server::{ModelServer, Script};
use serde_json::{Value, json};

use super::client::{CODE, TestClient, World, able, command};

async fn titles(client: &mut TestClient, uri: &str, line: u32, context: Value) -> Vec<String> {
    let place = json!({ "line": line, "character": 4 });
    let params =
        json!({ "textDocument": { "uri": uri }, "range": { "start": place, "end": place }, "context": context });
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
async fn a_client_that_shows_results_itself_gets_the_events_and_no_document() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("It computes the **mean**."));
    let world = World::with_model(&model.openai_url());
    let mut client = world.connect(aiia_protocol::handshake::Purpose::Lsp);
    let options = json!({ "aiia": { "events": true, "showsResults": true } });
    let params = json!({ "capabilities": able(), "initializationOptions": options });
    client.request("initialize", params).await.unwrap();
    client.notify("initialized", json!({})).await;
    let uri = client.open(&world.file("a.py", CODE), CODE, 1).await;
    client.request("workspace/executeCommand", command("aiia.explain", place(&uri, 1))).await.unwrap();
    while client.expect("aiia/run/event").await["type"] != "done" {}
    while client.expect("$/progress").await["value"]["kind"] != "end" {}
    let position = json!({ "textDocument": { "uri": uri }, "position": { "line": 1, "character": 4 } });
    loop {
        let hover = client.request("textDocument/hover", position.clone()).await.unwrap();
        if hover["contents"]["value"] == "It computes the **mean**." {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(client.received("window/showDocument"), 0);
}

#[tokio::test]
async fn what_goes_on_is_offered_to_be_stopped() {
    let model = ModelServer::start().unwrap();
    model.always(Script::Stall);
    let world = World::with_model(&model.openai_url());
    let mut client = world.initialized(able()).await;
    let uri = client.open(&world.file("a.py", CODE), CODE, 1).await;
    client.request("workspace/executeCommand", command("aiia.explain", place(&uri, 1))).await.unwrap();
    client.expect("$/progress").await;
    let only = json!({ "diagnostics": [], "only": ["aiia.stop"] });
    assert_eq!(titles(&mut client, &uri, 5, only.clone()).await, ["aiia.stop | aiia: Stop “Explain `mean`”"]);
    let place = json!({ "line": 5, "character": 0 });
    let params = json!({ "textDocument": { "uri": uri }, "range": { "start": place, "end": place }, "context": only });
    let actions = client.request("textDocument/codeAction", params).await.unwrap();
    let (name, arguments) = (&actions[0]["command"]["command"], &actions[0]["command"]["arguments"]);
    let stop = json!({ "command": name, "arguments": arguments });
    assert_eq!(client.request("workspace/executeCommand", stop).await, Ok(Value::Null));
    loop {
        let progress = client.expect("$/progress").await;
        if progress["value"]["kind"] == "end" {
            assert_eq!(progress["value"]["message"], "cancelled");
            break;
        }
    }
    let only = json!({ "diagnostics": [], "only": ["aiia.stop"] });
    assert!(titles(&mut client, &uri, 5, only).await.is_empty());
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
