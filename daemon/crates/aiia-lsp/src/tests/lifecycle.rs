//! Beginning, end and malformed messages of a connection.

use aiia_protocol::handshake::Purpose;
use serde_json::{Value, json};

use super::client::World;
use crate::Exit;

#[tokio::test]
async fn initialize_takes_nulls_and_announces_everything() {
    let world = World::new();
    for params in [
        json!({ "capabilities": null }),
        json!({ "processId": null, "rootUri": null, "workspaceFolders": null, "capabilities": {
            "workspace": null, "textDocument": { "codeAction": null }, "window": { "showDocument": null }, "general": null,
        }}),
        json!({ "rootUri": "", "trace": "loud", "clientInfo": { "name": 3 }, "capabilities": { "window": [] } }),
        json!({}),
    ] {
        let mut client = world.connect(Purpose::Lsp);
        let result = client.request("initialize", params.clone()).await.unwrap();
        assert_eq!(result["serverInfo"], json!({ "name": "aiia", "version": "1.2.3" }), "{params}");
        let capabilities = &result["capabilities"];
        assert_eq!(capabilities["positionEncoding"], "utf-16");
        assert_eq!(capabilities["experimental"]["aiia"]["protocol"], 1);
        assert!(capabilities["experimental"]["aiia"]["operations"].as_array().unwrap().contains(&json!("run.start")));
        assert_ne!(capabilities["codeActionProvider"]["resolveProvider"], true);
    }
}

#[tokio::test]
async fn the_exit_tells_whether_shutdown_came_first() {
    let world = World::new();
    let mut client = world.initialized(json!({})).await;
    assert_eq!(client.request("shutdown", json!({})).await, Ok(Value::Null));
    assert_eq!(client.request("textDocument/hover", json!({})).await.unwrap_err()["code"], -32600);
    client.send(&json!({ "jsonrpc": "2.0", "method": "exit" })).await;
    assert_eq!(client.ended().await, Exit::Clean);

    let mut client = world.initialized(json!({})).await;
    client.send(&json!({ "jsonrpc": "2.0", "method": "exit", "params": null })).await;
    assert_eq!(client.ended().await, Exit::WithoutShutdown);

    assert_eq!(world.initialized(json!({})).await.hang_up().await, Exit::Closed);

    let client = world.initialized(json!({})).await;
    world.engine.shutdown().await;
    assert_eq!(client.ended().await, Exit::Closed);
}

#[tokio::test]
async fn a_connection_that_ends_is_forgotten() {
    let world = World::new();
    let client = world.initialized(json!({})).await;
    let mut activity = world.engine.activity();
    assert_eq!(activity.borrow_and_update().sessions, 1);
    client.hang_up().await;
    activity.wait_for(|activity| activity.sessions == 0).await.unwrap();
}

#[tokio::test]
async fn malformed_messages_get_errors_and_the_connection_lives() {
    let world = World::new();
    let mut client = world.initialized(json!({})).await;
    let body = r#"{"jsonrpc":"2.0","id":9,"method":"aiia/system/status"}"#;
    for (frame, code) in [
        ("Content-Length: -1\r\n\r\n".to_owned(), -32700),
        ("Content-Length: 99999999999\r\n\r\n".to_owned(), -32700),
        ("Content-Type: text\r\n\r\n".to_owned(), -32700),
        ("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}".to_owned(), -32700),
        (format!("Content-Length: {}\n\n{body}", body.len()), -32700),
        ("Content-Length: 5\r\n\r\n{bad}".to_owned(), -32700),
        ("Content-Length: 2\r\n\r\n[]".to_owned(), -32600),
    ] {
        client.send_bytes(frame.as_bytes()).await;
        assert_eq!(client.response(Value::Null).await.unwrap_err()["code"], code, "{frame}");
        client.request("aiia/system/status", json!({})).await.unwrap();
    }
    for (message, id, code) in [
        (json!({}), Value::Null, -32600),
        (json!({ "id": 50, "method": "textDocument/hover" }), json!(50), -32600),
        (json!({ "jsonrpc": "1.0", "id": 51, "method": "x" }), json!(51), -32600),
        (json!({ "jsonrpc": "2.0", "id": 52, "method": 7 }), json!(52), -32600),
        (json!({ "jsonrpc": "2.0", "id": 53, "method": "x", "params": 3 }), json!(53), -32600),
        (json!({ "jsonrpc": "2.0", "id": 1.5, "method": "x" }), Value::Null, -32600),
        (json!({ "jsonrpc": "2.0", "id": "a", "method": "no/such" }), json!("a"), -32601),
        (json!({ "jsonrpc": "2.0", "id": 54, "method": "$/no/such" }), json!(54), -32601),
        (json!({ "jsonrpc": "2.0", "id": 55, "method": "aiia/no/such" }), json!(55), -32601),
        (json!({ "jsonrpc": "2.0", "id": 56, "method": "textDocument/hover", "params": {} }), json!(56), -32602),
        (json!({ "jsonrpc": "2.0", "id": 57, "method": "textDocument/didOpen", "params": {} }), json!(57), -32600),
        (json!({ "jsonrpc": "2.0", "id": 58, "method": "initialize", "params": {} }), json!(58), -32600),
    ] {
        client.send(&message).await;
        assert_eq!(client.response(id).await.unwrap_err()["code"], code, "{message}");
    }
    client.notify("$/no/such", json!({})).await;
    client.notify("textDocument/didChange", json!({ "textDocument": 3 })).await;
    client.send(&json!({ "jsonrpc": "2.0", "id": 77, "result": null })).await;
    assert_eq!(client.request("aiia/system/status", Value::Null).await.unwrap()["version"], "1.2.3");
    assert_eq!(client.received("window/showMessage"), 0);
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_own_request_alone() {
    let world = World::new();
    let mut client = world.initialized(json!({})).await;
    for _ in 0..2 {
        assert_eq!(client.request("test/panic", json!({})).await.unwrap_err()["code"], -32603);
    }
    client.request("aiia/system/status", json!({})).await.unwrap();
}

#[tokio::test]
async fn before_initialize_only_the_command_line_may_ask() {
    let world = World::new();
    let mut editor = world.connect(Purpose::Lsp);
    assert_eq!(editor.request("aiia/system/status", json!({})).await.unwrap_err()["code"], -32002);
    assert_eq!(editor.request("textDocument/hover", json!({})).await.unwrap_err()["code"], -32002);
    editor.open_uri("file:///a.rs", "x", 1).await;
    editor.request("initialize", json!({ "capabilities": {} })).await.unwrap();
    let status = editor.request("aiia/system/status", json!({})).await.unwrap();
    assert_eq!(status["sessions"][0]["documents"], 0);

    let mut terminal = world.connect(Purpose::Cli);
    let status = terminal.request("aiia/system/status", Value::Null).await.unwrap();
    assert_eq!(status["sessions"][1]["transport"], "cli");
}
