//! Diagnostics on configuration files.

use serde_json::{Value, json};

use super::client::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_in_a_configuration_file_is_a_diagnostic() {
    let world = World::new();
    let mut client = world.initialized(json!({})).await;
    let path = world.file(".aiia.toml", "");
    let uri = client.open(&path, "modell = 'x'\n", 1).await;
    let published = client.expect("textDocument/publishDiagnostics").await;
    let diagnostic = &published["diagnostics"][0];
    assert_eq!((&published["uri"], &diagnostic["severity"]), (&Value::from(uri.as_str()), &Value::from(2)));
    assert_eq!(diagnostic["message"], "There is no setting `modell`. Did you mean `model`?");
    assert_eq!(
        diagnostic["range"],
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 6 } })
    );
    let change = json!({ "text": "model = 'x'\n" });
    let document = json!({ "uri": uri, "version": 2 });
    client.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] })).await;
    assert_eq!(client.expect("textDocument/publishDiagnostics").await["diagnostics"], json!([]));
}
