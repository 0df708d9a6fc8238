//! How the daemon is, and what it is: `/health/live`, `/health/ready`, `/version`, `/openapi.json`.

use aiia_engine::Session;
use aiia_protocol::operation::{Operation, ProjectList, SystemStatus};
use aiia_protocol::problem::Problem;
use aiia_protocol::project::ListProjects;
use aiia_protocol::{Empty, PROTOCOL_VERSION, PROTOCOL_VERSION_MIN, openapi};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use crate::envelope::{Failure, Written};
use crate::guard::Access;
use crate::router::App;
use crate::routes::open_session;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/version", get(version))
        .route("/openapi.json", get(openapi_document))
}

/// Says that the process answers, and nothing else: anybody may ask.
async fn live() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// Says whether work can be done. Without its store the daemon is of no use; without a model it is degraded.
async fn ready(State(app): State<App>, Extension(access): Extension<Access>) -> Response {
    let session = open_session(&app, &access, &HeaderMap::new());
    let read = check::<ProjectList>(&session, ListProjects { limit: Some(1), ..ListProjects::default() }).await;
    let store = match read {
        Ok(_) => app.engine.store_is_writable().await.err(),
        Err(problem) => Some(problem),
    };
    let (models, config) = match check::<SystemStatus>(&session, Empty {}).await {
        Ok(status) => (status.model_problem, status.config_problems),
        Err(problem) => (Some(problem.sentence()), Vec::new()),
    };
    let degraded = models.is_some() || !config.is_empty();
    let status = if store.is_some() {
        "failed"
    } else if degraded {
        "degraded"
    } else {
        "ok"
    };
    let body = json!({
        "status": status,
        "checks": {
            "store": store.map_or_else(|| "ok".to_owned(), |problem| problem.sentence()),
            "models": models.unwrap_or_else(|| "ok".to_owned()),
            "config": if config.is_empty() { "ok".to_owned() } else { config.join(" ") },
        },
    });
    let code = if status == "failed" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let mut response = (code, Json(body)).into_response();
    response.extensions_mut().insert(Written);
    response
}

async fn check<O: Operation + aiia_engine::Handle>(session: &Session, params: O::Params) -> Result<O::Result, Problem> {
    session.run::<O>(params).await
}

async fn version(State(app): State<App>) -> Json<Value> {
    Json(json!({
        "version": app.engine.version(),
        "protocol_min": PROTOCOL_VERSION_MIN,
        "protocol_max": PROTOCOL_VERSION,
    }))
}

async fn openapi_document(State(app): State<App>) -> Result<Json<Value>, Failure> {
    Ok(Json(openapi::document(app.engine.version())))
}
