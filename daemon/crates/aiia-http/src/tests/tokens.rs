//! Tokens of the user's, sign-out, requests that are sent again, and who changed what.

use axum::body::Body;
use axum::http::{Request, header};
use futures::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::support::*;

/// A new token: its identifier and its secret.
async fn token(server: &Server, scope: &str) -> (String, String) {
    let answer = server.post("/api/v1/tokens", json!({"name": scope, "scope": scope})).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

fn with(secret: &str, method: &str, path: &str) -> axum::http::request::Builder {
    request(method, path).header(header::AUTHORIZATION, format!("Bearer {secret}"))
}

fn empty(builder: axum::http::request::Builder) -> Request<Body> {
    builder.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn scopes_hold_on_every_path() {
    let server = Server::new();
    let (_, read) = token(&server, "read").await;
    let (_, write) = token(&server, "write").await;
    let (_, admin) = token(&server, "admin").await;
    let mut refused = 0;
    for (method, path, body, expected) in [
        ("GET", "/api/v1/projects", None, [200, 200, 200]),
        ("POST", "/api/v1/projects", Some(json!({"name": "p"})), [403, 201, 201]),
        ("PATCH", "/api/v1/config", Some(json!({"key": "model", "value": "a/b"})), [403, 403, 200]),
        ("POST", "/api/v1/tokens", Some(json!({"name": "x", "scope": "admin"})), [403, 403, 201]),
        ("GET", "/v1/models", None, [200, 200, 200]),
        ("POST", "/v1/chat/completions", Some(json!({})), [403, 400, 400]),
        ("POST", "/v1/embeddings", Some(json!({})), [403, 400, 400]),
        ("POST", "/api/v1/imports/file?x=1", None, [403, 400, 400]),
        ("POST", "/auth/codes", None, [403, 403, 201]),
    ] {
        for (secret, expected) in [&read, &write, &admin].into_iter().zip(expected) {
            let builder = with(secret, method, path);
            let request = match &body {
                Some(body) => json_body(builder, body),
                None => empty(builder),
            };
            let answer = server.send(request).await;
            assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text());
            refused += usize::from(answer.status == 403);
        }
    }
    let log = server.get("/api/v1/audit").await.json();
    let told = log["items"].as_array().unwrap().iter().filter(|item| item["refused"] == "forbidden").count();
    assert_eq!(told, refused, "every refusal is in the audit log: {log}");
}

#[tokio::test]
async fn a_revoked_token_opens_nothing_and_its_stream_ends() {
    let server = Server::new();
    let (id, secret) = token(&server, "read").await;
    let open = server.router.clone().oneshot(empty(with(&secret, "GET", "/api/v1/events"))).await.unwrap();
    assert_eq!(open.status(), 200);
    let mut stream = open.into_body().into_data_stream();
    stream.next().await.unwrap().unwrap();
    assert_eq!(server.delete(&format!("/api/v1/tokens/{id}")).await.status, 200);
    let ended = async { while stream.next().await.is_some() {} };
    tokio::time::timeout(LIMIT, ended).await.expect("the stream goes on");
    assert_eq!(server.send(empty(with(&secret, "GET", "/api/v1/projects"))).await.status, 401);
    assert_eq!(server.get("/api/v1/tokens").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_secret_is_told_once() {
    let server = Server::new();
    let (_, secret) = token(&server, "write").await;
    for path in ["/api/v1/tokens", "/api/v1/audit", "/api/v1/config", "/api/v1/system/status"] {
        assert!(!server.get(path).await.text().contains(&secret), "{path}");
    }
    let body = json!({"name": "x", "scope": "read"});
    let keyed = with_token("POST", "/api/v1/tokens").header("idempotency-key", "k");
    assert_eq!(server.send(json_body(keyed, &body)).await.status, 400, "its answer must not be kept");
}

#[tokio::test]
async fn signing_out_ends_the_session_of_the_browser() {
    let server = Server::new();
    let cookie = server.cookie().await;
    let with_cookie = |method: &str, path: &str| {
        empty(request(method, path).header(header::COOKIE, &cookie).header("origin", ORIGIN))
    };
    let open = server.router.clone().oneshot(with_cookie("GET", "/api/v1/events")).await.unwrap();
    let mut stream = open.into_body().into_data_stream();
    stream.next().await.unwrap().unwrap();
    let answer = server.send(with_cookie("POST", "/auth/sign-out")).await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("set-cookie").ends_with("Max-Age=0"), "{}", answer.header("set-cookie"));
    tokio::time::timeout(LIMIT, async { while stream.next().await.is_some() {} }).await.expect("the stream goes on");
    assert_eq!(server.send(with_cookie("GET", "/api/v1/projects")).await.status, 401);
    assert_eq!(server.post("/auth/sign-out", json!({})).await.status, 400, "a program has no session");
}

async fn keyed(server: &Server, key: &str, body: Value) -> Answer {
    server.send(json_body(with_token("POST", "/api/v1/projects").header("idempotency-key", key), &body)).await
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_done_once() {
    let server = Server::new();
    let first = keyed(&server, "k", json!({"name": "p"})).await;
    let again = keyed(&server, "k", json!({"name": "p"})).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""));
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(first.json(), again.json());
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(first.header("etag"), again.header("etag"));
    assert_eq!(server.get("/api/v1/projects").await.json()["items"].as_array().unwrap().len(), 1);

    let other = keyed(&server, "k", json!({"name": "q"})).await;
    assert_eq!((other.status, other.code().as_str()), (422, "key_reused"));
    // What failed has changed nothing and may be sent again.
    assert_eq!(keyed(&server, "f", json!({"name": ""})).await.status, 400);
    assert_eq!(keyed(&server, "f", json!({"name": "p"})).await.status, 201);
    for key in ["", "é", &"x".repeat(256)] {
        assert_eq!(keyed(&server, key, json!({"name": "p"})).await.status, 400, "{key:?}");
    }
}

#[tokio::test]
async fn a_key_belongs_to_whoever_sent_it() {
    let server = Server::new();
    let (_, secret) = token(&server, "write").await;
    let mine = keyed(&server, "k", json!({"name": "p"})).await.json();
    let builder = with(&secret, "POST", "/api/v1/projects").header("idempotency-key", "k");
    let theirs = server.send(json_body(builder, &json!({"name": "other"}))).await;
    assert_eq!(theirs.status, 201);
    assert_ne!(theirs.json()["id"], mine["id"]);
}

#[tokio::test]
async fn double_clicks_make_one_thing() {
    let server = Server::new();
    let answers = futures::future::join_all((0..8).map(|_| keyed(&server, "k", json!({"name": "p"})))).await;
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.status == 409));
    assert!(answers.iter().any(|answer| answer.status == 201));
    assert_eq!(server.get("/api/v1/projects").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn changes_are_in_the_audit_log_with_who_made_them() {
    let server = Server::new();
    let (_, read) = token(&server, "read").await;
    let project = server.post("/api/v1/projects", json!({"name": "a name"})).await.json();
    let refused = server.send(json_body(with(&read, "POST", "/api/v1/projects"), &json!({"name": "p"}))).await;
    assert_eq!(refused.status, 403);
    let log = server.get("/api/v1/audit").await.json();
    let items = log["items"].as_array().unwrap();
    let shown: Vec<String> = items.iter().map(|item| format!("{} {}", item["operation"], item["refused"])).collect();
    assert_eq!(shown, ["\"project.create\" \"forbidden\"", "\"project.create\" null", "\"token.create\" null"]);
    assert_eq!((items[0]["token"].as_str(), items[1]["about"]["id"].as_str()), (Some("read"), project["id"].as_str()));
    assert!(!log.to_string().contains("a name"));
}

#[tokio::test]
async fn what_does_not_fit_is_named_by_its_place() {
    let server = Server::new();
    let chat = server.chat().await;
    for (body, pointer) in [
        (json!({"title": 1}), "/title"),
        (json!({"parameters": {"temperature": "hot"}}), "/parameters/temperature"),
        (json!({"tags": ["a", 1]}), "/tags/1"),
        (json!({"colour": 1}), "/colour"),
    ] {
        let answer = server.send(json_body(with_token("PATCH", &format!("/api/v1/chats/{chat}")), &body)).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["pointer"].as_str()), (400, Some(pointer)), "{body}");
    }
}
