//! What an editor is shown of indexing.

use serde_json::{Value, json};

use super::client::{TestClient, World, able};

/// Opens a file of a project and asks for its context, so that the folder is indexed.
async fn indexed(capabilities: Value) -> (World, TestClient) {
    let world = World::new();
    world.file("Cargo.toml", "");
    let path = world.file("a.rs", "fn main() {}\n");
    let mut client = world.initialized(capabilities).await;
    client.open(&path, "fn main() {}\n", 1).await;
    client.request("aiia/context/get", json!({ "document": { "path": path } })).await.unwrap();
    (world, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn indexing_is_shown_from_its_begin_to_its_end() {
    let (_world, mut client) = indexed(able()).await;
    let token = client.expect("window/workDoneProgress/create").await["token"].clone();
    let mut progress = client.expect("$/progress").await;
    assert_eq!(progress["value"], json!({ "kind": "begin", "title": "aiia: indexing work", "cancellable": false }));
    while progress["value"]["kind"] != "end" {
        assert_eq!(progress["token"], token);
        progress = client.expect("$/progress").await;
    }
    assert_eq!(progress["value"]["message"], "2 files");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_that_cannot_show_progress_is_not_asked() {
    let (_world, mut client) = indexed(json!({})).await;
    client.request("aiia/system/status", json!({})).await.unwrap();
    assert_eq!((client.received("window/workDoneProgress/create"), client.received("$/progress")), (0, 0));
}

/// The message that ends the next indexing which the editor is shown.
async fn end_of_indexing(client: &mut TestClient) -> Value {
    loop {
        let progress = client.expect("$/progress").await;
        if progress["value"]["kind"] == "end" {
            return progress["value"]["message"].clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_that_watches_files_is_asked_to_and_heard() {
    let mut capabilities = able();
    capabilities["workspace"]["didChangeWatchedFiles"] = json!({ "dynamicRegistration": true });
    let (world, mut client) = indexed(capabilities).await;
    let asked = client.expect("client/registerCapability").await["registrations"][0].clone();
    assert_eq!(asked["method"], "workspace/didChangeWatchedFiles");
    let globs: Vec<&str> = asked["registerOptions"]["watchers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|watcher| watcher["globPattern"].as_str().unwrap())
        .collect();
    assert_eq!(globs, aiia_engine::watched_globs());
    assert_eq!(end_of_indexing(&mut client).await, "2 files");
    // Nobody asks anything, and the index has it nevertheless.
    let path = world.file("b.rs", "fn generated() {}\n");
    let uri = url::Url::from_file_path(&path).unwrap();
    let left_out = url::Url::from_file_path(path.with_extension("o")).unwrap();
    for changes in [json!([{ "uri": left_out, "type": 1 }]), json!([{ "uri": uri, "type": 1 }])] {
        client.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes })).await;
    }
    assert_eq!(end_of_indexing(&mut client).await, "3 files");
    std::fs::remove_file(&path).unwrap();
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 3 }] })).await;
    assert_eq!(end_of_indexing(&mut client).await, "2 files");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_that_cannot_watch_files_is_not_asked_to() {
    let (_world, mut client) = indexed(json!({})).await;
    client.request("aiia/system/status", json!({})).await.unwrap();
    assert_eq!(client.received("client/registerCapability"), 0);
}
