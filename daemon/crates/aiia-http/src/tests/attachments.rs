//! What goes with messages: kept, sent to the model, given back, exported, erased.

use aiia_tests::model_server::{ModelServer, Script};
use serde_json::{Value, json};

use super::support::*;

/// The smallest PNG: one pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

async fn attach(server: &Server, name: &str, content: &str) -> Value {
    let answer = server.post("/api/v1/attachments", json!({"name": name, "content": content})).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

async fn ended(server: &Server, run: &Value) -> String {
    server.get(&format!("/api/v1/runs/{}/events", run["id"].as_str().unwrap())).await.text()
}

#[tokio::test]
async fn a_text_and_an_image_go_to_the_model_and_stay_with_the_message() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("seen"));
    let server = Server::with_model(&model);
    let chat = server.chat().await;
    let image = attach(&server, "/tmp/dot.png", PIXEL).await;
    let text = attach(&server, "a.rs", "Zm4gYSgpIHt9Cg==").await;
    assert_eq!((image["kind"].as_str(), image["media_type"].as_str()), (Some("image"), Some("image/png")));
    assert_eq!((image["name"].as_str(), text["kind"].as_str()), (Some("dot.png"), Some("text")));

    let body = json!({"content": "What is it?", "attachments": [image["id"], text["id"]]});
    let run = server.post(&format!("/api/v1/chats/{chat}/runs"), body).await;
    assert_eq!(run.status, 202, "{}", run.text());
    ended(&server, &run.json()).await;
    let asked = model.chats().pop().unwrap().body.to_string();
    assert!(asked.contains(&format!("data:image/png;base64,{PIXEL}")), "{asked}");
    assert!(asked.contains("The attached file `a.rs`:") && asked.contains("fn a() {}"), "{asked}");

    let messages = server.get(&format!("/api/v1/chats/{chat}/messages")).await.json();
    let question = &messages["items"][0];
    assert_eq!(question["attachments"], json!([image, text]));
    assert_eq!(question["content"], "What is it?");

    // Another wording has them, too, unless it says otherwise.
    let again = json!({"content": "And now?", "replaces": question["id"]});
    let run = server.post(&format!("/api/v1/chats/{chat}/runs"), again).await.json();
    ended(&server, &run).await;
    let message = server.get(&format!("/api/v1/messages/{}", run["user_message_id"].as_str().unwrap())).await.json();
    assert_eq!(message["attachments"], json!([image, text]));
}

#[tokio::test]
async fn bytes_come_back_as_they_were() {
    let server = Server::new();
    let image = attach(&server, "dot.png", PIXEL).await;
    let page = attach(&server, "x.html", "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==").await;
    let path = |of: &Value| format!("/api/v1/attachments/{}", of["id"].as_str().unwrap());
    assert_eq!(server.get(&path(&image)).await.json()["content"], PIXEL);
    let shown = server.get(&format!("{}/file", path(&image))).await;
    assert_eq!((shown.status, shown.header("content-type"), shown.body.len()), (200, "image/png", 70));
    assert!(shown.header("content-disposition").starts_with("inline"));
    assert_eq!(shown.header("cache-control"), "private, no-cache", "what is erased must not be shown from a cache");
    let asked = with_token("GET", &format!("{}/file", path(&image))).header("if-none-match", shown.header("etag"));
    let same = server.send(asked.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!((same.status, same.body.len()), (304, 0));
    let saved = server.get(&format!("{}/file", path(&page))).await;
    assert_eq!(saved.header("content-type"), "text/plain; charset=utf-8");
    assert!(saved.header("content-disposition").starts_with("attachment"));
    assert_eq!(server.get("/api/v1/attachments/x/file").await.status, 404);
}

#[tokio::test]
async fn what_cannot_go_with_a_message_is_refused_with_its_place() {
    let server = Server::new();
    let chat = server.chat().await;
    let large = "A".repeat((5 << 20) / 3 * 4 + 8);
    for (body, status, pointer) in [
        (json!({"name": "", "content": "QQ=="}), 400, "/name"),
        (json!({"name": "a", "content": "QQ"}), 400, "/content"),
        (json!({"name": "a", "content": ""}), 400, "/content"),
        (json!({"name": "a", "content": "f0VMRgIBAQA="}), 415, "/content"),
        (json!({"name": "a", "content": large}), 413, "/content"),
    ] {
        let answer = server.post("/api/v1/attachments", body).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["pointer"].as_str()), (status, Some(pointer)));
    }
    let runs = format!("/api/v1/chats/{chat}/runs");
    assert_eq!(server.post(&runs, json!({"content": " ", "attachments": []})).await.status, 400);
}

#[tokio::test]
async fn too_many_and_unknown_ones_are_refused_and_nothing_is_stored() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let chat = server.chat().await;
    let one = attach(&server, "a", "QQ==").await;
    let runs = format!("/api/v1/chats/{chat}/runs");
    let many: Vec<&Value> = (0..11).map(|_| &one["id"]).collect();
    let refused = server.post(&runs, json!({"content": "x", "attachments": many})).await;
    assert_eq!((refused.status, refused.json()["errors"][0]["pointer"].as_str()), (400, Some("/attachments")));
    assert_eq!(server.post(&runs, json!({"content": "x", "attachments": ["unknown"]})).await.status, 404);
    assert_eq!(server.get(&format!("/api/v1/chats/{chat}")).await.json()["message_count"], 0);
}

#[tokio::test]
async fn an_image_alone_is_a_question_and_copies_have_it() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("a dot"));
    let server = Server::with_model(&model);
    let chat = server.chat().await;
    let image = attach(&server, "dot.png", PIXEL).await;
    let run =
        server.post(&format!("/api/v1/chats/{chat}/runs"), json!({"content": "", "attachments": [image["id"]]})).await;
    assert_eq!(run.status, 202, "{}", run.text());
    ended(&server, &run.json()).await;
    assert_eq!(server.get(&format!("/api/v1/chats/{chat}")).await.json()["title"], "dot.png");
    let copy = server.post(&format!("/api/v1/chats/{chat}/duplicate"), json!({})).await.json();
    let messages = server.get(&format!("/api/v1/chats/{}/messages", copy["id"].as_str().unwrap())).await.json();
    assert_eq!(messages["items"][0]["attachments"][0]["id"], image["id"]);

    // Purged with the last chat that has it.
    let path = format!("/api/v1/attachments/{}", image["id"].as_str().unwrap());
    for (id, status) in [(chat.as_str(), 200), (copy["id"].as_str().unwrap(), 404)] {
        assert_eq!(server.delete(&format!("/api/v1/chats/{id}")).await.status, 200);
        assert_eq!(server.post(&format!("/api/v1/chats/{id}/purge"), json!({})).await.status, 200);
        assert_eq!(server.get(&path).await.status, status);
    }
}

#[tokio::test]
async fn an_archive_has_what_goes_with_its_chats_once() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("seen"));
    let server = Server::with_model(&model);
    let chat = server.chat().await;
    let image = attach(&server, "dot.png", PIXEL).await;
    let body = json!({"content": "What is it?", "attachments": [image["id"]]});
    let run = server.post(&format!("/api/v1/chats/{chat}/runs"), body).await.json();
    ended(&server, &run).await;
    let copy = server.post(&format!("/api/v1/chats/{chat}/duplicate"), json!({})).await.json();
    let begun = server.post("/api/v1/exports", json!({})).await;
    let place = begun.header("location").to_owned();
    let transfer = server.get(&format!("{place}?wait=true")).await.json();
    assert_eq!(transfer["file"]["chats"], 2, "{transfer}");
    let file = server.get(&format!("{place}/file")).await.body;

    let other = Server::new();
    let request = with_token("POST", "/api/v1/imports/file").header("content-type", "application/octet-stream");
    let begun = other.send(request.body(axum::body::Body::from(file)).unwrap()).await;
    let done = other.get(&format!("{}?wait=true", begun.header("location"))).await.json();
    assert_eq!((&done["report"]["created"], &done["report"]["failed"]), (&json!(3), &json!(0)), "{done}");
    for id in [chat.as_str(), copy["id"].as_str().unwrap()] {
        let messages = format!("/api/v1/chats/{id}/messages");
        assert_eq!(other.get(&messages).await.json(), server.get(&messages).await.json());
    }
    let content = format!("/api/v1/attachments/{}", image["id"].as_str().unwrap());
    assert_eq!(other.get(&content).await.json()["content"], PIXEL);
}
