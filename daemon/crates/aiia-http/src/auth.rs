//! Signs a browser in: a program that has the token asks for a one-time code, the browser trades it for a cookie.

use std::time::Instant;

use aiia_protocol::operation::Scope;
use aiia_protocol::problem::{Problem, ProblemCode};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde::Serialize;

use crate::envelope::Failure;
use crate::guard::credentials::{CODE_LIFETIME, cookie_name};
use crate::guard::{Access, Proof};
use crate::router::App;
use crate::routes::open_session;

/// What the audit log calls it.
const NEW_CODE: &str = "/auth/codes";

/// What `POST /auth/codes` gives.
#[derive(Debug, Serialize)]
struct NewCode {
    /// The code. It can be used once.
    code: String,
    /// The address to open in a browser.
    url: String,
    /// Seconds until the code is worth nothing.
    expires_in: u64,
}

/// `POST /auth/codes`, `POST /auth/sign-out`.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/auth/codes", post(new_code)).route("/auth/sign-out", post(sign_out))
}

/// Ends the browser's session: its cookie is worth nothing any more, and what streams to it ends.
async fn sign_out(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if access.by != Proof::Cookie {
        return Err(Problem::new(ProblemCode::InvalidParams, "Only a browser signs out.")
            .with_hint("`aiia tokens revoke` ends a token.")
            .into());
    }
    let port = app.guard.port;
    app.guard.credentials.sign_out(&headers, port);
    let cookie = format!("{}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0", cookie_name(port));
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

async fn new_code(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if access.by != Proof::Bearer {
        return Err(Problem::new(ProblemCode::Forbidden, "A browser cannot sign another one in.")
            .with_hint("Run `aiia open`.")
            .into());
    }
    // A browser may change things: a token that only reads must not get one.
    open_session(&app, &access, &headers)
        .require(Scope::Admin, NEW_CODE)
        .map_err(|problem| problem.with_hint("Run `aiia open`."))?;
    let code = app.guard.credentials.new_code(Instant::now())?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let code = code.reveal().to_owned();
    let url = format!("http://{host}/?code={code}");
    Ok((StatusCode::CREATED, Json(NewCode { code, url, expires_in: CODE_LIFETIME.as_secs() })).into_response())
}
