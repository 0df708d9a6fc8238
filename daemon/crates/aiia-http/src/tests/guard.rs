//! Every route, with everything that must not come through.

use aiia_protocol::operation::{OPERATIONS, Row, Scope, Verb};
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};

use super::support::*;

/// The routes that are not in the table.
const OTHERS: &[(&str, &str)] = &[
    ("GET", "/health/ready"),
    ("GET", "/version"),
    ("GET", "/openapi.json"),
    ("POST", "/auth/codes"),
    ("POST", "/auth/sign-out"),
    ("GET", "/page/app.js"),
    ("GET", "/page/nothing"),
    ("GET", "/nothing"),
    ("GET", "/api/v1/nothing"),
    ("OPTIONS", "/api/v1/projects"),
    ("PUT", "/api/v1/projects"),
    ("TRACE", "/api/v1/projects"),
    ("OPTIONS", "*"),
];

/// Every route: its method, its path, and its row.
fn routes() -> Vec<(&'static str, String, Option<&'static Row>)> {
    let table = OPERATIONS.iter().map(|row| (row.verb.as_str(), path_of(row), Some(*row)));
    table.chain(OTHERS.iter().map(|(method, path)| (*method, (*path).to_owned(), None))).collect()
}

fn body_for(row: Option<&Row>, builder: axum::http::request::Builder) -> Request<Body> {
    match row {
        Some(row) => request_for(row, builder),
        None => builder.body(Body::empty()).unwrap(),
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_reached() {
    let server = Server::new();
    for (method, path, row) in routes() {
        let answer = server.send(body_for(row, request(method, &path))).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{method} {path}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
}

#[tokio::test]
async fn a_wrong_token_opens_nothing() {
    let upper = TOKEN.to_uppercase();
    for wrong in ["x", "", &TOKEN[..63], &format!("{TOKEN}0"), &upper] {
        let server = Server::new();
        for (method, path, row) in routes() {
            let builder = request(method, &path).header(header::AUTHORIZATION, format!("Bearer {wrong}"));
            let answer = server.send(body_for(row, builder)).await;
            assert_eq!(answer.status, 401, "{wrong:?} {method} {path}");
        }
    }
}

#[tokio::test]
async fn a_token_in_the_query_opens_nothing() {
    let server = Server::new();
    for name in ["token", "access_token", "code"] {
        let path = format!("/api/v1/projects?{name}={TOKEN}");
        assert_eq!(server.send(request("GET", &path).body(Body::empty()).unwrap()).await.status, 401);
    }
}

#[tokio::test]
async fn a_hostile_host_reaches_nothing() {
    let server = Server::new();
    let open = [("GET", "/".to_owned(), None), ("GET", "/health/live".to_owned(), None)];
    for (method, path, row) in routes().into_iter().chain(open) {
        for (host, status) in [
            ("evil.example", 403),
            ("localhost.evil.example", 403),
            ("127.0.0.1.evil.example:4242", 403),
            ("localhost:4242.evil", 403),
            ("0.0.0.0:4242", 403),
            ("[::]:4242", 403),
            ("127.1:4242", 403),
            ("2130706433:4242", 403),
            ("[::ffff:127.0.0.1]:4242", 403),
            ("localhost:4243", 403),
            ("user@localhost:4242", 400),
            ("", 400),
        ] {
            let mut request = body_for(row, with_token(method, &path));
            request.headers_mut().insert(header::HOST, host.parse().unwrap());
            let answer = server.send(request).await;
            assert_eq!(answer.status, status, "{host:?} {method} {path}");
        }
        let mut request = body_for(row, with_token(method, &path));
        request.headers_mut().append(header::HOST, HOST.parse().unwrap());
        assert_eq!(server.send(request).await.status, 400, "two hosts {method} {path}");
        let mut request = body_for(row, with_token(method, &path));
        request.headers_mut().remove(header::HOST);
        assert_eq!(server.send(request).await.status, 400, "no host {method} {path}");
        let mut request = body_for(row, with_token(method, &path));
        request.headers_mut().insert(header::HOST, HeaderValue::from_bytes(b"l\xf6calhost:4242").unwrap());
        assert_eq!(server.send(request).await.status, 400, "non-ASCII host {method} {path}");
    }
}

#[tokio::test]
async fn another_web_page_reaches_nothing() {
    let server = Server::new();
    let cookie = server.cookie().await;
    for (method, path, row) in routes() {
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://localhost:4243"),
            ("origin", "http://127.0.0.1:4242"),
            ("origin", "http://localhost:4242@evil"),
            ("origin", "http://localhost:4242.evil.com"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            for builder in [with_token(method, &path), request(method, &path).header(header::COOKIE, &cookie)] {
                let answer = server.send(body_for(row, builder.header(name, value))).await;
                assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{value} {method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_preflight_gets_no_permission() {
    let server = Server::new();
    let preflight = |origin: &str| {
        with_token("OPTIONS", "/api/v1/projects")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-private-network", "true")
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(server.send(preflight("https://evil.example")).await.status, 403);
    let own = server.send(preflight(ORIGIN)).await;
    assert_eq!((own.status, own.header("allow").contains("POST")), (405, true));
}

#[tokio::test]
async fn a_cookie_is_taken_from_our_own_page_alone() {
    let server = Server::new();
    let cookie = server.cookie().await;
    let with = |method: &str, name: &str, value: &str| {
        let builder = request(method, "/api/v1/projects").header(header::COOKIE, &cookie);
        let builder = if name.is_empty() { builder } else { builder.header(name, value) };
        if method == "POST" {
            json_body(builder, &serde_json::json!({"name": "p"}))
        } else {
            builder.body(Body::empty()).unwrap()
        }
    };
    for (method, name, value, status) in [
        ("GET", "sec-fetch-site", "same-origin", 200),
        ("GET", "origin", ORIGIN, 200),
        ("GET", "sec-fetch-site", "none", 403),
        ("GET", "", "", 403),
        ("POST", "origin", ORIGIN, 201),
        ("POST", "sec-fetch-site", "same-origin", 403),
        ("POST", "sec-fetch-site", "none", 403),
        ("POST", "", "", 403),
    ] {
        assert_eq!(server.send(with(method, name, value)).await.status, status, "{method} {name} {value}");
    }
}

#[tokio::test]
async fn a_browser_session_cannot_sign_another_browser_in() {
    let server = Server::new();
    let cookie = server.cookie().await;
    let builder = request("POST", "/auth/codes").header(header::COOKIE, cookie).header("origin", ORIGIN);
    assert_eq!(server.send(builder.body(Body::empty()).unwrap()).await.status, 403);
}

#[tokio::test]
async fn a_token_for_reading_changes_nothing() {
    let server = Server::new();
    for row in OPERATIONS {
        let builder =
            request(row.verb.as_str(), &path_of(row)).header(header::AUTHORIZATION, format!("Bearer {READ_TOKEN}"));
        if row.scope == Scope::Read {
            continue;
        }
        assert!(row.verb != Verb::Get, "{}", row.name);
        let answer = server.send(request_for(row, builder)).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{}", row.name);
    }
    let builder = request("GET", "/api/v1/projects").header(header::AUTHORIZATION, format!("Bearer {READ_TOKEN}"));
    assert_eq!(server.send(builder.body(Body::empty()).unwrap()).await.status, 200);
}

#[tokio::test]
async fn many_wrong_tokens_are_refused_and_the_valid_client_works_on() {
    let server = Server::new();
    let wrong = || request("GET", "/api/v1/projects").header("authorization", "Bearer x").body(Body::empty()).unwrap();
    for number in 1..200 {
        assert_eq!(server.send(wrong()).await.status, 401, "{number}");
    }
    let answer = server.send(wrong()).await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "rate_limited"));
    assert!((1..=60).contains(&answer.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!(server.get("/api/v1/projects").await.status, 200);
}

#[tokio::test]
async fn a_code_is_traded_once() {
    let server = Server::new();
    let answer = server.post("/auth/codes", serde_json::json!({})).await;
    assert_eq!(answer.status, 201);
    let code = answer.json();
    let code = code["code"].as_str().unwrap();
    assert_eq!(answer.json()["url"], format!("http://{HOST}/?code={code}"));
    let trade = || {
        let builder = request("GET", &format!("/?code={code}")).header("sec-fetch-site", "none");
        server.send(builder.body(Body::empty()).unwrap())
    };
    let first = trade().await;
    assert_eq!((first.status, first.header("location")), (303, "/"));
    let cookie = first.header("set-cookie");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
    let second = trade().await;
    assert_eq!((second.status, second.header("set-cookie")), (401, ""));
    assert!(!second.text().contains(code));
}

#[tokio::test]
async fn a_code_is_not_used_up_by_looking() {
    let server = Server::new();
    let code = server.post("/auth/codes", serde_json::json!({})).await.json();
    let path = format!("/?code={}", code["code"].as_str().unwrap());
    assert_eq!(server.send(request("HEAD", &path).body(Body::empty()).unwrap()).await.status, 405);
    assert_eq!(server.send(request("GET", &path).body(Body::empty()).unwrap()).await.status, 303);
}

#[tokio::test]
async fn the_sign_of_life_needs_nothing_and_tells_nothing() {
    let server = Server::new();
    let answer = server.send(request("GET", "/health/live").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"status":"ok"}"#));
}
