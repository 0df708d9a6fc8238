//! Exports and imports, with the files as they go over HTTP.

use aiia_tests::model_server::{ModelServer, Script};
use axum::body::Body;
use serde_json::{Value, json};

use super::support::*;

/// The transfer at its end.
async fn ended(server: &Server, begun: &Answer) -> Value {
    assert_eq!(begun.status, 202, "{}", begun.text());
    server.get(&format!("{}?wait=true", begun.header("location"))).await.json()
}

async fn export(server: &Server, what: Value) -> (Value, Answer) {
    let begun = server.post("/api/v1/exports", what).await;
    let transfer = ended(server, &begun).await;
    assert_eq!(transfer["status"], "completed", "{transfer}");
    (transfer, server.get(&format!("{}/file", begun.header("location"))).await)
}

async fn import(server: &Server, path: &str, file: Vec<u8>) -> Value {
    let request = with_token("POST", path).header("content-type", "application/octet-stream");
    let begun = server.send(request.body(Body::from(file)).unwrap()).await;
    ended(server, &begun).await
}

#[tokio::test]
async fn everything_goes_to_another_daemon_and_comes_there_once() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("It adds."));
    let server = Server::with_model(&model);
    let chat = server.chat().await;
    let run = server.post(&format!("/api/v1/chats/{chat}/runs"), json!({"content": "Why \"so\"?\n"})).await;
    server.get(&format!("/api/v1/runs/{}/events", run.json()["id"].as_str().unwrap())).await;
    server.post("/api/v1/templates", json!({"content": {"name": "T", "body": "x"}})).await;

    let (transfer, file) = export(&server, json!({})).await;
    assert_eq!((&transfer["done"], &transfer["file"]["messages"]), (&json!(1), &json!(2)));
    assert_eq!(file.header("content-type"), "application/zip");
    assert_eq!(file.header("content-disposition"), "attachment; filename*=UTF-8''aiia.zip");
    assert_eq!(transfer["file"]["bytes"], file.body.len());

    let other = Server::new();
    let done = import(&other, "/api/v1/imports/file", file.body.clone()).await;
    assert_eq!((&done["status"], &done["report"]["created"]), (&json!("completed"), &json!(3)), "{done}");
    let shown = async |server: &Server| {
        let messages = server.get(&format!("/api/v1/chats/{chat}/messages")).await.json();
        (messages, server.get(&format!("/api/v1/chats/{chat}")).await.json())
    };
    assert_eq!(shown(&other).await, shown(&server).await);
    let run = format!("/api/v1/runs/{}/events", run.json()["id"].as_str().unwrap());
    assert_eq!(other.get(&run).await.text(), server.get(&run).await.text(), "its events, too");
    let again = import(&other, "/api/v1/imports/file", file.body.clone()).await;
    assert_eq!((&again["report"]["created"], &again["report"]["unchanged"]), (&json!(0), &json!(3)), "{again}");

    let cut = import(&other, "/api/v1/imports/file", file.body[..file.body.len() / 2].to_vec()).await;
    assert_eq!((&cut["status"], &cut["report"]), (&json!("failed"), &Value::Null), "{cut}");
    assert!(cut["problem"]["detail"].as_str().unwrap().contains("cut off"), "{cut}");
}

#[tokio::test]
async fn a_chat_is_written_in_each_format_and_read_back() {
    let server = Server::new();
    let chat = server.chat().await;
    let rename = json!({"title": "Änderung\r\nSet-Cookie: x"});
    server.send(json_body(with_token("PATCH", &format!("/api/v1/chats/{chat}")), &rename)).await;
    for (format, extension, start) in
        [("markdown", "md", "# "), ("html", "html", "<!doctype html>"), ("pdf", "pdf", "%PDF-"), ("json", "json", "{")]
    {
        let (transfer, file) = export(&server, json!({"chat_id": chat, "format": format})).await;
        assert!(file.text().starts_with(start), "{format}: {}", file.text());
        let name = format!("attachment; filename*=UTF-8''%C3%84nderung%20Set-Cookie%20x.{extension}");
        assert_eq!(file.header("content-disposition"), name);
        assert!(transfer["file"]["name"].as_str().unwrap().ends_with(extension));
        if format == "json" {
            let other = Server::new();
            let begun = other.post("/api/v1/imports", json!({"content": file.text()})).await;
            assert_eq!(ended(&other, &begun).await["report"]["created"], 1);
            assert_eq!(other.get(&format!("/api/v1/chats/{chat}")).await.status, 200, "with its project");
        }
    }
    let zipped = export(&server, json!({"chat_id": chat, "format": "zip"})).await.0;
    assert_eq!(zipped["file"]["chats"], 1);
}

#[tokio::test]
async fn what_cannot_be_done_is_told_at_once() {
    let server = Server::new();
    let chat = server.chat().await;
    let pointer = async |path: &str, body: Value| {
        let answer = server.post(path, body).await;
        (answer.status, answer.json()["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned())
    };
    let exports = "/api/v1/exports";
    assert_eq!(pointer(exports, json!({"chat_id": chat, "project_id": "p"})).await, (400, "/project_id".into()));
    assert_eq!(pointer(exports, json!({"format": "html"})).await, (400, "/format".into()));
    assert_eq!(pointer(exports, json!({"chat_id": "none"})).await.0, 404);
    let imports = "/api/v1/imports";
    assert_eq!(pointer(imports, json!({})).await, (400, "/path".into()));
    assert_eq!(pointer(imports, json!({"path": "x.json"})).await, (400, "/path".into()));
    assert_eq!(pointer(imports, json!({"path": "/no/such/file"})).await, (400, "/path".into()));
    assert_eq!(pointer(imports, json!({"path": "/"})).await, (400, "/path".into()));
    assert_eq!(pointer(imports, json!({"content": "[]", "project_id": "none"})).await.0, 404);
    assert_eq!(server.get("/api/v1/transfers/none").await.status, 404);
    assert_eq!(server.get("/api/v1/transfers/none/file").await.status, 404);
    let nobody = request("POST", "/api/v1/imports/file").body(Body::from("[]")).unwrap();
    assert_eq!(server.send(nobody).await.status, 401);
}
