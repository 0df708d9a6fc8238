//! The browser page at `/`: a few files of our own, and no request to anywhere else.

mod plain;

use std::time::Instant;

use aiia_protocol::problem::{Problem, ProblemCode};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::envelope::{Failure, Written};
use crate::guard::Access;
use crate::guard::credentials::cookie_name;
use crate::router::App;
use crate::routes::query;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const INDEX: &str = include_str!("page/files/index.html");
const SIGN_IN: &str = include_str!("page/files/sign_in.html");

/// The files below `/page/`: name, type, content. They are built from `vscode-extension/webview`.
pub(crate) const FILES: &[(&str, &str, &str)] = &[
    ("view.css", "text/css; charset=utf-8", include_str!("page/files/view.css")),
    ("view.js", SCRIPT, include_str!("page/files/view.js")),
];

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/", get(index)).route("/plain", post(plain::send)).route("/page/{name}", get(file))
}

/// The page for a browser that is signed in; trades a one-time code for a cookie; tells everybody else how to sign in.
async fn index(
    State(app): State<App>,
    access: Option<Extension<Access>>,
    request: Request,
) -> Result<Response, Failure> {
    let pairs = query::pairs(request.uri())?;
    let value = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let Some(code) = value("code") else {
        let Some(Extension(access)) = access else { return Ok(html(StatusCode::UNAUTHORIZED, SIGN_IN)) };
        if value("plain").is_none() {
            return Ok(html(StatusCode::OK, INDEX));
        }
        let shown = plain::Shown { chat: value("chat").map(Into::into), project: value("project").map(Into::into) };
        return Ok(html(StatusCode::OK, plain::page(&app, access, shown).await?));
    };
    if request.method() != axum::http::Method::GET {
        return Err(Problem::new(ProblemCode::MethodNotAllowed, "A code is traded by GET alone.").into());
    }
    let Ok(session) = app.guard.credentials.trade(&code, Instant::now())? else {
        return Ok(html(StatusCode::UNAUTHORIZED, SIGN_IN));
    };
    let cookie = format!("{}={}; HttpOnly; SameSite=Strict; Path=/", cookie_name(app.guard.port), session.reveal());
    let cookie = HeaderValue::from_str(&cookie)
        .map_err(|_| Problem::new(ProblemCode::Internal, "The cookie could not be written."))?;
    // To an address without the code, which then is in no history and no bookmark.
    let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, HeaderValue::from_static("/"))];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

async fn file(Path(name): Path<String>) -> Result<Response, Failure> {
    let found = FILES.iter().find(|(file, _, _)| *file == name);
    let Some((_, media_type, content)) = found else {
        return Err(Problem::new(ProblemCode::NotFound, "The page has no such file.").into());
    };
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], *content).into_response())
}

fn html(status: StatusCode, page: impl IntoResponse) -> Response {
    let mut response = (status, page).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML));
    response.extensions_mut().insert(Written);
    response
}
