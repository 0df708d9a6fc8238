//! Text synchronisation: in the order of the wire, byte for byte.

use serde_json::{Value, json};

use super::client::{TestClient, World};

/// What the daemon holds of a document, seen through the context that a model would get.
async fn text_of(client: &mut TestClient, path: &str) -> String {
    let params = json!({ "document": { "path": path }, "budget": 100_000 });
    let bundle = client.request("aiia/context/get", params).await.unwrap();
    bundle["pieces"][0]["text"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_versions_arrive_in_order() {
    let world = World::new();
    let mut client = world.initialized(json!({})).await;
    let path = world.file("a.txt", "on disk");
    let uri = client.open(&path, "", 0).await;
    for version in 1..=1000 {
        let change = json!({ "text": format!("version {version}\n") });
        let document = json!({ "uri": uri, "version": version });
        client.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] })).await;
    }
    assert_eq!(text_of(&mut client, path.to_str().unwrap()).await, "version 1000\n");
}

async fn check(offered: Value, encoding: &str, column: u32) {
    let world = World::new();
    let mut client = world.initialized(json!({ "general": { "positionEncodings": offered } })).await;
    let path = world.file("a.txt", "");
    let uri = client.open(&path, "a😀b\r\nc\r\n", 1).await;
    let range = |a: (u32, u32), b: (u32, u32)| json!({ "start": { "line": a.0, "character": a.1 }, "end": { "line": b.0, "character": b.1 } });
    let changes = json!([
        { "range": range((0, column), (0, column + 1)), "text": "é" },
        { "range": range((1, 0), (1, 0)), "text": "x" },
        { "range": range((2, 0), (9, 9)), "text": "end", "rangeLength": null },
    ]);
    let document = json!({ "uri": uri, "version": 2 });
    client.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes })).await;
    assert_eq!(text_of(&mut client, path.to_str().unwrap()).await, "a😀é\r\nxc\r\nend", "{encoding}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_are_in_the_agreed_units() {
    check(json!(["utf-8", "utf-16"]), "utf-8", 5).await;
    check(json!(["utf-16"]), "utf-16", 3).await;
    check(Value::Null, "utf-16", 3).await;
    check(json!(["utf-32"]), "utf-32", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_renamed_and_closed() {
    let world = World::new();
    let mut client = world.initialized(json!({})).await;
    let (old, new) = (world.file("old.txt", "old on disk\n"), world.file("new.txt", "new on disk\n"));
    let uri = client.open(&old, "buffer\n", 1).await;
    let new_uri = url::Url::from_file_path(&new).unwrap().to_string();
    client.notify("workspace/didRenameFiles", json!({ "files": [{ "oldUri": uri, "newUri": new_uri }] })).await;
    assert_eq!(text_of(&mut client, new.to_str().unwrap()).await, "buffer\n");
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": new_uri } })).await;
    assert_eq!(text_of(&mut client, new.to_str().unwrap()).await, "new on disk\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_schemes_are_buffers_without_a_file() {
    let world = World::new();
    let mut client = world.initialized(json!({})).await;
    for (uri, path) in [("untitled:Untitled-1", "untitled:Untitled-1"), ("zip:///etc/x", "untitled:zip:///etc/x")] {
        client.open_uri(uri, "fn a() {}\n", 1).await;
        assert_eq!(text_of(&mut client, path).await, "fn a() {}\n");
    }
}
