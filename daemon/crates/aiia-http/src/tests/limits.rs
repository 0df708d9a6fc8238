//! Bodies and queries that are too much, too slow, or not what they should be.

use std::sync::Arc;
use std::time::Duration;

use aiia_protocol::operation::{OPERATIONS, Scope};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::routing::get;
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::support::*;
use crate::guard::Guard;
use crate::guard::credentials::Credentials;
use crate::router::protect;
use crate::routes::body::BodyLimits;

fn post(content_type: &str, body: impl Into<Body>) -> axum::http::Request<Body> {
    with_token("POST", "/api/v1/projects").header(header::CONTENT_TYPE, content_type).body(body.into()).unwrap()
}

#[tokio::test]
async fn only_json_is_taken() {
    let server = Server::new();
    for row in OPERATIONS.iter().filter(|row| row.verb.has_body()) {
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let builder = with_token(row.verb.as_str(), &path_of(row)).header(header::CONTENT_TYPE, content_type);
            let answer = server.send(builder.body(Body::from("{}")).unwrap()).await;
            assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported_media_type"), "{}", row.name);
        }
    }
    let untyped = with_token("POST", "/api/v1/projects").body(Body::from("{\"name\":\"p\"}")).unwrap();
    assert_eq!(server.send(untyped).await.status, 415);
    let mut packed = post("application/json", "{\"name\":\"p\"}");
    packed.headers_mut().insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
    assert_eq!(server.send(packed).await.status, 415);
    assert_eq!(server.send(post("application/json; charset=utf-8", "{\"name\":\"p\"}")).await.status, 201);
}

#[tokio::test]
async fn a_large_body_is_refused() {
    let server = Server::with_limits(BodyLimits { bytes: 1000, time: LIMIT });
    let fits = json!({"name": "p", "system_prompt": "x".repeat(900)}).to_string();
    assert_eq!(server.send(post("application/json", fits)).await.status, 201);
    let large = json!({"name": "p", "system_prompt": "x".repeat(1000)}).to_string();
    let answer = server.send(post("application/json", large.clone())).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"));
    let chunks = stream::iter(large.into_bytes()).map(|byte| Ok::<_, std::io::Error>(Bytes::from(vec![byte])));
    assert_eq!(server.send(post("application/json", Body::from_stream(chunks))).await.status, 413);
    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1 << 20])));
    assert_eq!(server.send(post("application/json", Body::from_stream(endless))).await.status, 413);
}

#[tokio::test]
async fn a_slow_body_is_refused() {
    let server = Server::with_limits(BodyLimits { bytes: 1000, time: Duration::from_millis(50) });
    let slow = stream::once(async { Ok::<_, std::io::Error>(Bytes::from("{")) }).chain(stream::pending());
    let answer = server.send(post("application/json", Body::from_stream(slow))).await;
    assert_eq!((answer.status, answer.code().as_str()), (408, "request_timeout"));
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let server = Server::new();
    let broken = stream::iter([Ok(Bytes::from("{\"name\":\"p\"}")), Err(std::io::Error::other("gone"))]);
    assert_eq!(server.send(post("application/json", Body::from_stream(broken))).await.status, 400);
    assert_eq!(server.get("/api/v1/projects").await.json()["items"], json!([]));
}

#[tokio::test]
async fn bad_json_is_an_invalid_request() {
    let server = Server::new();
    for body in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        format!("[{}0]", "0,".repeat(2_000_000)),
        r#"{"name":"a","name":"b"}"#.to_owned(),
        r#"{"name":"\ud800"}"#.to_owned(),
        r#"{"name":"a\u0000"}"#.to_owned(),
        r#"{"name":1e400}"#.to_owned(),
        r#"{"name":"a""#.to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "\"a\"".to_owned(),
        "{}".to_owned(),
        r#"{"name":5}"#.to_owned(),
        r#"{"name":"a","role":"admin"}"#.to_owned(),
        r#"{"name":"a","scopes":["admin"]}"#.to_owned(),
    ] {
        let shown: String = body.chars().take(40).collect();
        let answer = server.send(post("application/json", body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_params"), "{shown}");
    }
    let twice = server.send(post("application/json", r#"{"folders":["a",{"b":"\u0000"}]}"#)).await.json();
    assert_eq!(twice["errors"][0]["pointer"], "/folders/1/b");
    assert_eq!(server.get("/api/v1/projects").await.json()["items"], json!([]));
}

#[tokio::test]
async fn bad_queries_are_invalid_requests() {
    let server = Server::new();
    let chat = server.chat().await;
    for (path, status) in [
        ("/api/v1/projects?limit=2", 200),
        ("/api/v1/projects?limit=-1", 400),
        ("/api/v1/projects?limit=1e9", 400),
        ("/api/v1/projects?limit=1000000000", 400),
        ("/api/v1/projects?limit=0", 400),
        ("/api/v1/projects?limit=99999999999999999999999", 400),
        ("/api/v1/projects?cursor=tampered", 400),
        ("/api/v1/projects?cursor=%00", 400),
        ("/api/v1/projects?sort=id;DROP%20TABLE", 400),
        ("/api/v1/projects?limit=1&limit=2", 400),
        ("/api/v1/projects/..%2f..%2fetc", 404),
        ("/api/v1/projects/%00", 404),
        ("/api/v1/projects/%ff", 404),
        ("/api/v1/projects/'%20OR%201=1--", 404),
        ("/api/v1/projects/", 404),
        (&format!("/api/v1/chats/{chat}/messages?all=true"), 200),
        (&format!("/api/v1/chats/{chat}/messages?all=yes"), 400),
        (&format!("/api/v1/chats/{chat}/messages?chat_id=x"), 400),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn nothing_sent_is_silently_left_out() {
    let server = Server::new();
    let chat = server.chat().await;
    let in_query = json_body(with_token("POST", "/api/v1/projects?folders=a"), &json!({"name": "p"}));
    assert_eq!(server.send(in_query).await.status, 400);
    let path = format!("/api/v1/chats/{chat}");
    let twice = json_body(with_token("PATCH", &path), &json!({"title": "t", "chat_id": chat}));
    assert_eq!(server.send(twice).await.json()["errors"][0]["pointer"], "/chat_id");
    let mut with_body = json_body(with_token("DELETE", &path), &json!({"really": false}));
    with_body.headers_mut().insert(header::CONTENT_LENGTH, "16".parse().unwrap());
    assert_eq!(server.send(with_body).await.status, 400);
    assert_eq!(server.get(&path).await.status, 200);
}

#[tokio::test]
async fn paths_and_methods_that_do_not_exist_are_problems() {
    let server = Server::new();
    for path in ["/nothing", "/api/v1", "/api/v1/nothing", "/api/v2/projects", "/page/nothing.js", "/favicon.ico"] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
    for (method, path) in
        [("PUT", "/api/v1/projects"), ("PATCH", "/version"), ("POST", "/api/v1/runs/x/events"), ("BREW", "/")]
    {
        let answer = server.send(with_token(method, path).body(Body::empty()).unwrap()).await;
        let code: Value = answer.json()["code"].clone();
        assert_eq!((answer.status, code), (405, json!("method_not_allowed")), "{method} {path}");
        assert!(answer.header("allow").contains("GET"), "{method} {path}");
    }
}

#[tokio::test]
async fn whatever_fails_inside_is_a_problem() {
    async fn panics() -> &'static str {
        panic!("on purpose")
    }
    let (_directory, engine) = engine(None);
    let guard = Arc::new(Guard { engine, port: PORT, credentials: Credentials::new(&[(TOKEN, Scope::Admin)]) });
    let failing = || async { (StatusCode::BAD_GATEWAY, "<html>") };
    let inner = Router::new().route("/panics", get(panics)).route("/fails", get(failing));
    let mut server = Server::new();
    server.router = protect(inner, guard);
    for path in ["/panics", "/fails"] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (500, "internal"), "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}
