//! The browser page.

use axum::body::Body;
use axum::http::header;

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
    assert!(page.text().contains("/page/app.js"));
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
    let pages = [include_str!("../page/files/index.html"), include_str!("../page/files/sign_in.html")];
    for text in pages.into_iter().chain(FILES.iter().map(|(_, _, content)| *content)) {
        for forbidden in [
            "http:",
            "https:",
            "//cdn",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "eval(",
            "style=",
            "onclick",
            "<style",
        ] {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn every_file_that_the_page_names_is_served() {
    let index = include_str!("../page/files/index.html");
    let scripts: String = FILES.iter().map(|(_, _, content)| *content).collect();
    for (name, _, _) in FILES {
        assert!(
            index.contains(&format!("/page/{name}")) || scripts.contains(&format!("\"./{name}\"")),
            "{name} is not used"
        );
    }
    for import in scripts.split("from \"./").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(FILES.iter().any(|(name, _, _)| *name == import), "{import} is not served");
    }
}
