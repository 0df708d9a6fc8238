//! Puts the layers and the routes together.

use std::sync::Arc;

use aiia_engine::Engine;
use aiia_protocol::operation::Scope;
use aiia_protocol::problem::{Problem, ProblemCode};
use axum::Router;
use axum::extract::Request;
use axum::middleware;
use tokio_util::sync::CancellationToken;

use crate::envelope::{self, Failure};
use crate::guard::credentials::Credentials;
use crate::guard::{self, Guard};
use crate::routes::body::BodyLimits;
use crate::{attachments, auth, health, openai, page, routes, transfers};

/// What every handler can reach.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) guard: Arc<Guard>,
    pub(crate) limits: BodyLimits,
    /// Cancelled when streams have to end.
    pub(crate) shutdown: CancellationToken,
}

impl App {
    /// An app that takes `tokens`, each for what it allows.
    pub(crate) fn new(engine: Engine, tokens: &[(&str, Scope)], port: u16, shutdown: CancellationToken) -> Self {
        let guard = Arc::new(Guard { engine: engine.clone(), port, credentials: Credentials::new(tokens) });
        Self { engine, guard, limits: BodyLimits::default(), shutdown }
    }
}

/// All routes behind the guard. `token` allows everything, `port` is the one that Host has to name, `shutdown` ends streams.
pub fn router(engine: Engine, token: &str, port: u16, shutdown: CancellationToken) -> Router {
    assemble(App::new(engine, &[(token, Scope::Admin)], port, shutdown))
}

pub(crate) fn assemble(app: App) -> Router {
    let inner = routes::routes()
        .merge(attachments::routes())
        .merge(auth::routes())
        .merge(health::routes())
        .merge(openai::routes())
        .merge(transfers::routes())
        .merge(page::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed);
    protect(inner.with_state(app.clone()), app.guard)
}

/// Puts the guard before the routing: a router without routes of its own passes everything through its layers.
pub(crate) fn protect(inner: Router, guard: Arc<Guard>) -> Router {
    Router::new()
        .fallback_service(inner)
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .layer(middleware::from_fn(envelope::seal))
}

async fn not_found(request: Request) -> Failure {
    let path = request.uri().path();
    let hint = if path.starts_with(openai::PREFIX) { openai::SERVED } else { "GET /openapi.json lists the paths." };
    Problem::new(ProblemCode::NotFound, format!("There is nothing at {}.", shown(path))).with_hint(hint).into()
}

async fn method_not_allowed(request: Request) -> Failure {
    let path = shown(request.uri().path());
    Problem::new(ProblemCode::MethodNotAllowed, format!("{} cannot be used on {path}.", request.method()))
        .with_hint("The Allow header names the methods that can.")
        .into()
}

/// A path for people: not longer than a line.
fn shown(path: &str) -> String {
    const LIMIT: usize = 200;
    match path.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path.to_owned(),
    }
}
