//! The browser page at `/`: a few files of our own, and no request to anywhere else.

use std::time::Instant;

use aiia_protocol::problem::{Problem, ProblemCode};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
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

/// The files below `/page/`: name, type, content.
pub(crate) const FILES: &[(&str, &str, &str)] = &[
    ("app.css", "text/css; charset=utf-8", include_str!("page/files/app.css")),
    ("app.js", SCRIPT, include_str!("page/files/app.js")),
    ("api.js", SCRIPT, include_str!("page/files/api.js")),
    ("events.js", SCRIPT, include_str!("page/files/events.js")),
    ("sidebar.js", SCRIPT, include_str!("page/files/sidebar.js")),
    ("conversation.js", SCRIPT, include_str!("page/files/conversation.js")),
];

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/", get(index)).route("/page/{name}", get(file))
}

/// The page for a browser that is signed in; trades a one-time code for a cookie; tells everybody else how to sign in.
async fn index(
    State(app): State<App>,
    access: Option<Extension<Access>>,
    request: Request,
) -> Result<Response, Failure> {
    let code = query::pairs(request.uri())?.into_iter().find(|(name, _)| name == "code").map(|(_, code)| code);
    let Some(code) = code else {
        let (status, page) =
            if access.is_some() { (StatusCode::OK, INDEX) } else { (StatusCode::UNAUTHORIZED, SIGN_IN) };
        return Ok(html(status, page));
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

fn html(status: StatusCode, page: &'static str) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, HeaderValue::from_static(HTML))], page).into_response();
    response.extensions_mut().insert(Written);
    response
}
