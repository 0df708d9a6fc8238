//! The operation table over a connection.

use aiia_protocol::handshake::Purpose;
use aiia_protocol::operation::OPERATIONS;
use aiia_tests::model_server::{Gate, ModelServer, Script};
use serde_json::{Value, json};

use super::client::{TestClient, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers() {
    let world = World::new();
    let mut client = world.connect(Purpose::Cli);
    for row in OPERATIONS {
        let id = client.begin(&row.lsp_method(), json!({ "no_such_parameter": 1 })).await;
        let error = client.response(json!(id)).await;
        if let Err(error) = error {
            assert_eq!(error["code"], -32602, "{}: {error}", row.name);
            assert_eq!(error["data"]["code"], "invalid_params", "{}", row.name);
        } else {
            panic!("{} takes unknown parameters", row.name);
        }
    }
}

async fn chat(client: &mut TestClient) -> Value {
    let project = client.request("aiia/project/create", json!({ "name": "p" })).await.unwrap();
    client.request("aiia/chat/create", json!({ "project_id": project["id"] })).await.unwrap()["id"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_told_to_those_who_asked() {
    let world = World::new();
    let mut watching = world.initialized(json!({})).await;
    let mut silent = world.initialized(json!({})).await;
    let mut terminal = world.connect(Purpose::Cli);
    for _ in 0..2 {
        let answer = watching.request("aiia/events/subscribe", json!({})).await.unwrap();
        assert_eq!(answer, json!({ "subscribed": true }));
    }
    terminal.request("aiia/project/create", json!({ "name": "p" })).await.unwrap();
    let event = watching.expect("aiia/event").await;
    assert_eq!((&event["entity"], &event["change"]), (&json!("project"), &json!("created")));
    watching.request("aiia/system/status", json!({})).await.unwrap();
    silent.request("aiia/system/status", json!({})).await.unwrap();
    assert_eq!((watching.received("aiia/event"), silent.received("aiia/event")), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_events_of_a_run_can_be_asked_for_again_while_it_goes_on() {
    let model = ModelServer::start().unwrap();
    let world = World::with_model(&model.openai_url());
    let mut client = world.connect(Purpose::Cli);
    let chat = chat(&mut client).await;
    let gate = Gate::closed();
    model.next(Script::Numbered { count: 3, gate: gate.clone() });
    let run = client.request("aiia/run/start", json!({ "chat_id": chat, "content": "hello" })).await.unwrap();
    gate.release(1);
    while client.expect("aiia/run/event").await["text"] != "t1 " {}
    let again = client.request("aiia/run/events", json!({ "run_id": run["id"] })).await.unwrap();
    assert_eq!(again, json!({ "subscribed": true }));
    // The end counts as one more.
    gate.release(3);
    let all = events(&mut client).await;
    assert_eq!(
        all.iter().map(|event| event["seq"].as_u64().unwrap()).collect::<Vec<_>>(),
        (1..=all.len() as u64).collect::<Vec<_>>()
    );
    assert_eq!(all.last().unwrap()["status"], "completed");

    let mut other = world.initialized(json!({})).await;
    other.request("aiia/run/events", json!({ "run_id": run["id"], "after": 2 })).await.unwrap();
    assert_eq!(events(&mut other).await, all[2..]);
}

async fn events(client: &mut TestClient) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let event = client.expect("aiia/run/event").await;
        let is_last = event["type"] == "done";
        all.push(event);
        if is_last {
            return all;
        }
    }
}

#[tokio::test]
async fn a_folder_that_is_not_trusted_brings_no_templates_and_no_settings() {
    let world = World::new();
    let file = world.file(".aiia.toml", "model = 'toy/m'\n");
    let folder = file.parent().unwrap();
    std::fs::create_dir_all(folder.join(".aiia/templates")).unwrap();
    std::fs::write(folder.join(".aiia/templates/review.md"), "Review it.").unwrap();
    for (trusted, expected) in [(json!(null), true), (json!(true), true), (json!(false), false)] {
        let mut client = world.connect(aiia_protocol::handshake::Purpose::Lsp);
        let options = json!({ "aiia": { "trusted": trusted } });
        client.request("initialize", json!({ "capabilities": {}, "initializationOptions": options })).await.unwrap();
        let project = client.request("aiia/project/resolve", json!({ "folder": folder })).await.unwrap();
        let params = json!({ "project_id": project["id"] });
        let templates = client.request("aiia/template/list", params).await.unwrap().to_string();
        assert_eq!(templates.contains("repo-review"), expected, "{trusted}");
        let config = client.request("aiia/config/get", json!({ "folder": folder })).await.unwrap().to_string();
        assert_eq!(config.contains("toy/m"), expected, "{trusted}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_slow_runs_hold_nothing_up_and_can_be_cancelled() {
    let model = ModelServer::start().unwrap();
    model.always(Script::Stall);
    let world = World::with_model(&model.openai_url());
    let mut client = world.initialized(json!({})).await;
    let mut runs = Vec::new();
    for _ in 0..5 {
        let chat = chat(&mut client).await;
        runs.push(
            client.request("aiia/run/start", json!({ "chat_id": chat, "content": "hello" })).await.unwrap()["id"]
                .clone(),
        );
    }
    for version in 1..=100 {
        client.open_uri("file:///w/a.rs", &"x".repeat(version), version as i32).await;
    }
    let status = client.request("aiia/system/status", json!({})).await.unwrap();
    assert_eq!((&status["active_runs"], &status["sessions"][0]["documents"]), (&json!(5), &json!(1)));
    for run in runs {
        client.request("aiia/run/cancel", json!({ "run_id": run })).await.unwrap();
    }
    for _ in 0..5 {
        assert_eq!(events(&mut client).await.last().unwrap()["status"], "cancelled");
    }
}
