//! The one place that every request passes before it is routed: files, errors and paths that do not exist included.
//!
//! In this order: the form of the request target, Host (which defeats DNS rebinding), Origin and Sec-Fetch-Site (which
//! defeat other web pages), then the token or the session cookie. What the token allows is checked by the engine, operation by
//! operation. No response ever carries a CORS header.

pub(crate) mod credentials;
mod secret;
mod source;

use std::sync::Arc;
use std::time::Instant;

use aiia_engine::{Engine, Grant};
use aiia_protocol::operation::Scope;
use aiia_protocol::problem::{Problem, ProblemCode};
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio_util::sync::CancellationToken;

use crate::envelope::Failure;
use credentials::{Credentials, Wrong};
use source::Fetched;

/// What the guard checks against.
#[derive(Debug)]
pub(crate) struct Guard {
    /// Knows the tokens of the user.
    pub(crate) engine: Engine,
    /// The port that is served; Host must name it.
    pub(crate) port: u16,
    /// Token, cookie sessions, one-time codes.
    pub(crate) credentials: Credentials,
}

/// A client that has shown who it is; an extension of each request that reaches a handler.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// What it may do.
    pub(crate) scope: Scope,
    /// How it has shown it.
    pub(crate) by: Proof,
    /// The token, where it is one of the user's.
    pub(crate) grant: Option<Grant>,
    /// Cancelled when what it has shown is not taken any more.
    pub(crate) ended: CancellationToken,
}

impl Access {
    /// Until what it has shown is not taken any more.
    pub(crate) async fn over(self) {
        let expired = async {
            match self.grant.as_ref().and_then(|grant| grant.left) {
                Some(left) => tokio::time::sleep(left).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.ended.cancelled() => {}
            () = expired => {}
        }
    }

    /// Whose `Idempotency-Key` it is.
    pub(crate) fn caller(&self) -> String {
        match (&self.grant, self.by) {
            (Some(grant), _) => grant.id.to_string(),
            (None, Proof::Bearer) => "program".to_owned(),
            (None, Proof::Cookie) => "browser".to_owned(),
        }
    }
}

/// How a client has shown who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// `Authorization: Bearer`.
    Bearer,
    /// The cookie of a browser session.
    Cookie,
}

/// The middleware.
pub(crate) async fn check(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    match guard.admit(&request, Instant::now()) {
        Ok(Some(access)) => {
            request.extensions_mut().insert(access);
            next.run(request).await
        }
        Ok(None) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

impl Guard {
    /// Whether the request may go on, and as whom. Without anybody only the paths of [`is_open`] go on.
    fn admit(&self, request: &Request, now: Instant) -> Result<Option<Access>, Failure> {
        let headers = request.headers();
        source::check_target(request.uri())?;
        let host = source::check_host(headers, self.port)?;
        let fetched = source::check_origin(headers, host)?;
        let open = is_open(request.method(), request.uri().path());
        match self.identify(request, fetched, now) {
            Ok(access) => Ok(Some(access)),
            Err(_) if open => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    fn identify(&self, request: &Request, fetched: Fetched, now: Instant) -> Result<Access, Failure> {
        let (method, headers) = (request.method(), request.headers());
        if headers.contains_key(header::AUTHORIZATION) {
            let shown = credentials::shown_token(headers);
            if let Some(scope) = shown.and_then(|shown| self.credentials.own(shown)) {
                return Ok(Access { scope, by: Proof::Bearer, grant: None, ended: CancellationToken::new() });
            }
            let Some(grant) = shown.and_then(|shown| self.engine.grant(shown)) else {
                return Err(refused(self.credentials.wrong(now)));
            };
            let (scope, ended) = (grant.scope, grant.revoked.clone());
            return Ok(Access { scope, by: Proof::Bearer, grant: Some(grant), ended });
        }
        let ended = self.credentials.cookie(headers, self.port, now).map_err(refused)?;
        // A cookie comes along by itself, so that the browser has to say that the page is ours.
        let ours = match fetched {
            Fetched::OwnOrigin => true,
            Fetched::SameOriginWithoutOrigin => method == Method::GET || method == Method::HEAD,
            // The page itself holds no data, and the user may open it.
            Fetched::ByUser | Fetched::Unknown => request.uri().path() == "/" && method == Method::GET,
        };
        if ours {
            return Ok(Access { scope: Scope::Write, by: Proof::Cookie, grant: None, ended });
        }
        Err(Problem::new(ProblemCode::Forbidden, "A cookie is taken only from aiia's own page.")
            .with_hint("Programs send the token: Authorization: Bearer ….")
            .into())
    }
}

/// The paths that answer without a token: the sign of life, and the page, which trades one-time codes for a cookie and tells
/// everybody else how to get one.
fn is_open(method: &Method, path: &str) -> bool {
    (method == Method::GET || method == Method::HEAD) && (path == "/health/live" || path == "/")
}

fn refused(wrong: Wrong) -> Failure {
    const HINT: &str = "Programs send the token of the runtime file (run/daemon.json); `aiia open` signs a browser in.";
    match wrong {
        Wrong::Missing => Problem::new(ProblemCode::Unauthorized, "There is no token.").with_hint(HINT).into(),
        Wrong::Refused => Problem::new(ProblemCode::Unauthorized, "The token is wrong.").with_hint(HINT).into(),
        Wrong::SignedOut => Problem::new(ProblemCode::Unauthorized, "This browser is not signed in any more.")
            .with_hint("Run `aiia open`.")
            .into(),
        Wrong::TooMany { retry_after } => Failure::from(
            Problem::new(ProblemCode::RateLimited, "Too many wrong tokens.")
                .with_hint(format!("Wait {retry_after} s, then send the right token; it is always taken.")),
        )
        .with_header(header::RETRY_AFTER, &retry_after.to_string()),
    }
}
