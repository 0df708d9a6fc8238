//! The operations as resources: statuses, Location, `ETag`, conditions, health.

use aiia_protocol::openapi::API_PREFIX;
use aiia_protocol::operation::{Mode, OPERATIONS, Verb};
use aiia_tests::model_server::ModelServer;
use axum::body::Body;
use serde_json::{Value, json};

use super::support::*;
use crate::routes::{Kind, Shape};

#[tokio::test]
async fn a_chat_from_its_making_to_its_end() {
    let server = Server::new();
    let project = server.post("/api/v1/projects", json!({"name": "p"})).await;
    assert_eq!(project.status, 201);
    let place = project.header("location").to_owned();
    assert_eq!(place, format!("/api/v1/projects/{}", project.json()["id"].as_str().unwrap()));
    assert_eq!(server.get(&place).await.json()["name"], "p");

    let chat = server.post("/api/v1/chats", json!({"project_id": project.json()["id"], "title": "t"})).await;
    let place = chat.header("location").to_owned();
    let patch = json_body(with_token("PATCH", &place), &json!({"title": "u"}));
    assert_eq!(server.send(patch).await.json()["title"], "u");
    assert_eq!(server.get("/api/v1/chats").await.json()["items"][0]["title"], "u");
    let gone = server.delete(&place).await;
    assert_eq!((gone.status, gone.json()), (200, json!({})));
    assert_eq!(server.get(&place).await.status, 404);
    assert_eq!(server.delete(&place).await.status, 404);
}

#[tokio::test]
async fn a_change_can_be_made_for_one_version_only() {
    let server = Server::new();
    let place = format!("/api/v1/chats/{}", server.chat().await);
    let etag = server.get(&place).await.header("etag").to_owned();
    let patch = |title: &str, etag: &str| {
        server.send(json_body(with_token("PATCH", &place).header("if-match", etag), &json!({"title": title})))
    };
    let first = patch("a", &etag).await;
    assert_eq!(first.status, 200);
    assert_ne!(first.header("etag"), etag);
    let second = patch("b", &etag).await;
    assert_eq!((second.status, second.code().as_str()), (412, "precondition_failed"));
    assert_eq!(patch("c", "W/\"1\"").await.status, 412);
    assert_eq!(server.get(&place).await.json()["title"], "a");
    let late = with_token("DELETE", &place).header("if-match", &etag).body(Body::empty()).unwrap();
    assert_eq!(server.send(late).await.status, 412);
    let restore = with_token("POST", &format!("{place}/restore")).header("if-match", &etag);
    let unconditional = server.send(json_body(restore, &json!({}))).await;
    assert_eq!(unconditional.status, 400, "a condition that is not looked at must not pass");
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let server = Server::new();
    let place = format!("/api/v1/chats/{}", server.chat().await);
    let etag = server.get(&place).await.header("etag").to_owned();
    let get =
        |etag: &str| server.send(with_token("GET", &place).header("if-none-match", etag).body(Body::empty()).unwrap());
    let known = get(&etag).await;
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, etag.as_str()));
    assert_eq!(get("\"999\"").await.status, 200);
}

#[tokio::test]
async fn a_run_starts_and_has_a_place() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let chat = server.chat().await;
    let run = server.post(&format!("/api/v1/chats/{chat}/runs"), json!({"content": "hi"})).await;
    assert_eq!(run.status, 202, "{}", run.text());
    let place = run.header("location").to_owned();
    assert_eq!(place, format!("/api/v1/runs/{}", run.json()["id"].as_str().unwrap()));
    server.get(&format!("{place}/events")).await;
    assert_eq!(server.get(&place).await.json()["status"], "completed");
    let messages = server.get(&format!("/api/v1/chats/{chat}/messages")).await.json();
    assert_eq!(messages["items"][1]["content"], "Hello from the scripted model.");
}

#[tokio::test]
async fn without_a_model_the_problem_says_what_to_do() {
    let server = Server::new();
    let chat = server.chat().await;
    let run = server.post(&format!("/api/v1/chats/{chat}/runs"), json!({"content": "hi"})).await;
    assert_eq!((run.status, run.code().as_str()), (503, "model_unavailable"), "{}", run.text());
    assert!(run.json()["hint"].is_string());
}

#[tokio::test]
async fn every_row_answers_json_to_a_valid_token() {
    let server = Server::new();
    for row in OPERATIONS.iter().filter(|row| row.mode == Mode::Unary) {
        let answer = server.send(request_for(row, with_token(row.verb.as_str(), &path_of(row)))).await;
        assert!(
            ![401, 403, 405, 415, 500].contains(&answer.status),
            "{}: {} {}",
            row.name,
            answer.status,
            answer.text()
        );
        let kind = if answer.status < 400 { "application/json" } else { "application/problem+json" };
        assert_eq!(answer.header("content-type"), kind, "{}", row.name);
        if row.verb == Verb::Get && row.path.ends_with('}') {
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{}", row.name);
        }
    }
}

#[tokio::test]
async fn a_number_in_the_path_is_one() {
    let server = Server::new();
    let mut rows = 0;
    for row in OPERATIONS {
        let shape = Shape::of(row);
        let is_number = |name: &str| shape.get(name) == Some(&Kind::Integer);
        if !row.path_params().any(&is_number) {
            continue;
        }
        rows += 1;
        for (number, expected) in [("1", "not_found"), ("x", "invalid_params"), ("-1", "invalid_params")] {
            let mut path = format!("{API_PREFIX}{}", row.path);
            for name in row.path_params() {
                let value = if is_number(name) { number } else { "0190a0a0-0000-7000-8000-000000000000" };
                path = path.replace(&format!("{{{name}}}"), value);
            }
            let body = if shape.has("new_text") { json!({"new_text": "x\n"}) } else { json!({}) };
            let answer = server.send(json_body(with_token(row.verb.as_str(), &path), &body)).await;
            assert_eq!(answer.code(), expected, "{} {number}: {}", row.name, answer.text());
        }
    }
    assert!(rows >= 3);
}

#[tokio::test]
async fn reading_changes_nothing() {
    let server = Server::new();
    server.chat().await;
    let state = || async {
        let projects = server.get("/api/v1/projects").await.json();
        (projects, server.get("/api/v1/chats").await.json())
    };
    let before = state().await;
    for row in OPERATIONS.iter().filter(|row| row.verb == Verb::Get && row.mode == Mode::Unary) {
        server.get(&path_of(row)).await;
    }
    assert_eq!(state().await, before);
}

#[tokio::test]
async fn request_ids_come_back() {
    let server = Server::new();
    let answer =
        server.send(with_token("GET", "/nothing").header("x-request-id", "mine-1").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.header("x-request-id"), &answer.json()["instance"]), ("mine-1", &json!("mine-1")));
    let own =
        server.send(with_token("GET", "/nothing").header("x-request-id", "a b").body(Body::empty()).unwrap()).await;
    assert_ne!(own.header("x-request-id"), "a b");
}

#[tokio::test]
async fn health_version_and_description() {
    let server = Server::new();
    let ready = server.get("/health/ready").await;
    assert_eq!((ready.status, &ready.json()["checks"]["store"]), (200, &json!("ok")));
    assert!(["ok", "degraded"].contains(&ready.json()["status"].as_str().unwrap()));
    assert_eq!(server.get("/version").await.json()["version"], "1.2.3");
    let document: Value = server.get("/openapi.json").await.json();
    for row in OPERATIONS {
        let path = format!("/api/v1{}", row.path);
        assert_eq!(document["paths"][path][row.verb.as_str().to_lowercase()]["operationId"], row.name);
    }
}

#[tokio::test]
async fn without_its_store_the_daemon_is_not_ready() {
    let server = Server::new();
    server.engine.shutdown().await;
    let ready = server.get("/health/ready").await;
    assert_eq!((ready.status, &ready.json()["status"]), (503, &json!("failed")));
}

#[tokio::test]
async fn a_model_that_is_not_there_is_told_of_where_it_is_named() {
    let model = ModelServer::start().unwrap();
    let off =
        "[providers.off]\ndialect = 'ollama'\nbase_url = 'http://127.0.0.1:1'\n[aliases]\nfast = 'test/test-model'\n";
    let server = Server::configured(&model, off);
    let project = server.post("/api/v1/projects", json!({"name": "p"})).await.json();
    let path = format!("/api/v1/projects/{}", project["id"].as_str().unwrap());
    let cases = [
        ("test/test-modle", "test/test-model"),
        ("fats", "fast"),
        ("tset/x", "`test`"),
        ("openai/gpt-5", "set-key openai"),
        ("test/test-model", ""),
        ("fast", ""),
        ("off/x", ""),
        ("ollama/x", ""),
    ];
    for (name, near) in cases {
        let changed = server.send(json_body(with_token("PATCH", &path), &json!({"model": name}))).await.json();
        assert_eq!(changed["model"], name, "it is taken: what is not there may come");
        let problem = changed["model_problem"].as_str().unwrap_or_default();
        assert!(problem.is_empty() == near.is_empty() && problem.contains(near), "{name}: {changed}");
        let renamed = server.send(json_body(with_token("PATCH", &path), &json!({"name": "q"}))).await.json();
        assert_eq!(renamed.get("model_problem"), None, "it was told");

        let body = json!({"key": "roles.fix", "value": name});
        let config = server.send(json_body(with_token("PATCH", "/api/v1/config"), &body)).await.json();
        let problems = config["problems"].to_string();
        let is_of_the_role = problems.contains("roles.fix") || problems.contains("no model");
        assert!(is_of_the_role != near.is_empty() && problems.contains(near), "{name}: {problems}");
        let checked = server.post("/api/v1/config/check", json!({})).await.json();
        assert_eq!(checked["mistakes"].as_array().unwrap().len(), usize::from(!near.is_empty()), "{name}: {checked}");
    }
}
