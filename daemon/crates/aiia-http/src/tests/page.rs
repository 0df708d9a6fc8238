//! The browser page.

use aiia_engine::completion::Turn;
use aiia_engine::{ClientInfo, Transport};
use aiia_protocol::message::Role;
use aiia_protocol::operation::Scope;
use aiia_tests::model_server::{ModelServer, Script};
use axum::body::Body;
use axum::http::header;
use serde_json::json;

use super::support::*;
use crate::page::FILES;

#[tokio::test]
async fn the_page_is_for_a_browser_that_is_signed_in() {
    let server = Server::new();
    let cookie = server.cookie().await;
    let open = |cookie: &str| {
        let builder = request("GET", "/").header(header::COOKIE, cookie).header("sec-fetch-site", "none");
        server.send(builder.body(Body::empty()).unwrap())
    };
    let page = open(&cookie).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text().contains("/page/view.js"));
    for wrong in ["", "aiia_session_4242=x", "aiia_session_4242="] {
        let page = open(wrong).await;
        assert_eq!((page.status, page.text().contains("aiia open")), (401, true), "{wrong}");
    }
}

#[tokio::test]
async fn the_files_are_there_with_their_types() {
    let server = Server::new();
    let cookie = server.cookie().await;
    for (name, kind, content) in FILES {
        let builder = request("GET", &format!("/page/{name}")).header(header::COOKIE, &cookie);
        let file = server.send(builder.header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap()).await;
        assert_eq!((file.status, file.header("content-type"), file.text().as_str()), (200, *kind, *content));
    }
}

#[test]
fn the_page_asks_nobody_else_and_runs_nothing_inline() {
    for text in [include_str!("../page/files/index.html"), include_str!("../page/files/sign_in.html")] {
        for forbidden in ["http:", "https:", "//cdn", "style=", "onclick", "<style", "<script>"] {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
    }
    for (name, _, content) in FILES {
        for forbidden in ["eval(", "new Function", "document.write", "@import", "url("] {
            assert!(!content.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

#[test]
fn every_file_that_the_page_names_is_served() {
    let index = include_str!("../page/files/index.html");
    for (name, _, _) in FILES {
        assert!(index.contains(&format!("/page/{name}")), "{name} is not used");
    }
    for named in index.split("/page/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(FILES.iter().any(|(name, _, _)| *name == named), "{named} is not served");
    }
}

fn form(cookie: &str, fields: &str) -> axum::http::request::Builder {
    assert!(!fields.is_empty());
    request("POST", "/plain")
        .header(header::COOKIE, cookie)
        .header("sec-fetch-site", "same-origin")
        .header(header::ORIGIN, ORIGIN)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn without_javascript_the_page_lists_reads_and_sends() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("**Bold** <script>alert(1)</script>"));
    let server = Server::with_model(&model);
    let cookie = server.cookie().await;
    let open = async |path: &str| {
        let builder = request("GET", path).header(header::COOKIE, &cookie).header("sec-fetch-site", "same-origin");
        server.send(builder.body(Body::empty()).unwrap()).await
    };
    let fields = "chat=&project=&content=What+is+%3Cb%3E%3F";
    let sent = server.send(form(&cookie, fields).body(Body::from(fields)).unwrap()).await;
    let address = sent.header("location").to_owned();
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert!(address.starts_with("/?plain&chat="), "{address}");
    let path = address.as_str();
    let mut page = open(path).await;
    while page.text().contains("is being written") {
        tokio::task::yield_now().await;
        page = open(path).await;
    }
    let text = page.text();
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(text.contains("What is &lt;b&gt;?") && text.contains("<strong>Bold</strong>"), "{text}");
    assert!(!text.contains("<script") && !text.contains("http-equiv=\"refresh\""), "{text}");
    assert!(text.contains("My chats") && text.contains(&path.replace('&', "&amp;")), "{text}");

    let empty = "content=+";
    assert_eq!(server.send(form(&cookie, empty).body(Body::from(empty)).unwrap()).await.status, 400);
    let json = form(&cookie, "{}").header(header::CONTENT_TYPE, "application/json");
    assert!([400, 415].contains(&server.send(json.body(Body::from("{}")).unwrap()).await.status));
    assert_eq!(open("/?plain&chat=nothing").await.status, 404);
}

#[tokio::test]
async fn of_a_chat_that_is_too_long_the_end_is_shown() {
    let server = Server::new();
    let cookie = server.cookie().await;
    let project = server.post("/api/v1/projects", json!({"name": "p"})).await.json()["id"].clone();
    let client = ClientInfo { name: "t".to_owned(), transport: Transport::Http, scope: Scope::Admin, token: None };
    let session = server.engine.open_session(client);
    let long = "long ".repeat(1 << 20);
    for (said, shown) in [
        (vec![long.as_str(), "So much?", "the end"], "Of 3 messages, the last 2 are shown."),
        (vec!["What?", long.as_str()], "The last message is too long to be shown here."),
    ] {
        let turns = said.iter().map(|content| Turn::new(Role::User, *content)).collect();
        let project = project.as_str().unwrap().into();
        let chat = session.keep_conversation(project, turns, None).await.unwrap();
        let builder = request("GET", &format!("/?plain&chat={}", chat.id)).header(header::COOKIE, &cookie);
        let page = server.send(builder.header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(page.text().contains(shown), "{}", page.text());
        assert_eq!(page.text().contains("the end"), said.contains(&"the end"));
    }
}

#[tokio::test]
async fn the_form_is_taken_from_our_own_page_alone() {
    let server = Server::new();
    let cookie = server.cookie().await;
    let kind = (header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let from = |origin: Option<&str>, cookie: &str| {
        let mut builder = request("POST", "/plain").header(&kind.0, kind.1).header(header::COOKIE, cookie);
        if let Some(origin) = origin {
            builder = builder.header(header::ORIGIN, origin);
        }
        server.send(builder.body(Body::from("content=x")).unwrap())
    };
    for origin in [Some("https://evil.example"), Some("null"), Some("http://localhost:4243"), None] {
        assert_eq!(from(origin, &cookie).await.status, 403, "{origin:?}");
    }
    assert_eq!(from(Some(ORIGIN), "").await.status, 401);
}
