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
