//! The paths of `OpenAI`'s API, so that its clients can use the models that aiia has.
//!
//! An answer is stateless unless a header or the request's `metadata` says where to keep it: `X-Aiia-Chat` or
//! `metadata.chat_id` asks the last message in that chat, which has its own history; `X-Aiia-Project` or
//! `metadata.project_id` keeps the conversation as a new chat of that project. All of it is counted in the usage ledger.

mod answer;
mod embeddings;
mod request;

use aiia_engine::Session;
use aiia_protocol::Empty;
use aiia_protocol::operation::{ModelList, Scope};
use aiia_protocol::problem::{Problem, reason};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use crate::envelope::Failure;
use crate::guard::Access;
use crate::router::App;
use crate::routes::{body, open_session};

/// Where the paths begin; their errors have `OpenAI`'s form.
pub(crate) const PREFIX: &str = "/v1/";

/// What there is, for who asks for something else.
pub(crate) const SERVED: &str =
    "Of OpenAI's paths there are /v1/models, /v1/chat/completions and /v1/embeddings; all others are below /api/v1/.";

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/models", get(models))
        .route("/v1/models/{*id}", get(model))
        .route("/v1/chat/completions", post(completions))
        .route("/v1/embeddings", post(embeddings::embeddings))
}

/// The problem as `OpenAI` tells of it: a model that does not exist is nothing that a server lacks for a while, and a question
/// that is too long or refused none of its faults; a provider that takes no more is told of as if it were asked itself. Nobody
/// asks again for what a key of the daemon's is not good for; the client's own, which 401 would blame, is well.
pub(crate) fn in_their_terms(problem: Problem) -> Problem {
    match problem.reason.as_deref() {
        Some(reason::MODEL_MISSING) => Problem { status: 404, ..problem },
        Some(reason::CONTEXT_TOO_LONG | reason::BAD_REQUEST | reason::CONTENT_FILTER) => {
            Problem { status: 400, ..problem }
        }
        Some(reason::UNAUTHORIZED) => Problem { status: 424, ..problem },
        Some(reason::QUOTA | reason::QUOTA_USED_UP) => Problem { status: 429, ..problem },
        _ => problem,
    }
}

/// A problem, [in their terms](in_their_terms), as `OpenAI`'s clients read it; `reason` is added to what they know.
pub(crate) fn error(problem: &Problem) -> Value {
    let reason = problem.reason.as_deref();
    let named = match reason {
        Some(reason::MODEL_MISSING) => Some(("model_not_found", Some("model"))),
        Some(reason::CONTEXT_TOO_LONG) => Some(("context_length_exceeded", Some("messages"))),
        Some(reason::CONTENT_FILTER) => Some(("content_filter", None)),
        Some(reason::BAD_REQUEST) => Some(("upstream_bad_request", None)),
        Some(reason::UNAUTHORIZED) => Some(("upstream_unauthorized", None)),
        Some(reason::QUOTA) => Some(("rate_limit_exceeded", None)),
        Some(reason::QUOTA_USED_UP) => Some(("insufficient_quota", None)),
        _ => None,
    };
    let kind = match problem.status {
        _ if reason == Some(reason::MODEL_MISSING) => "invalid_request_error",
        _ if reason == Some(reason::QUOTA_USED_UP) => "insufficient_quota",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        424 => "upstream_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    };
    let pointed = || problem.errors.first().map(|error| error.pointer.trim_start_matches('/').replace('/', "."));
    let (code, param) = match named {
        Some((code, param)) => (json!(code), json!(param)),
        None => (json!(problem.code), json!(pointed())),
    };
    let mut error = json!({"message": problem.sentence(), "type": kind, "code": code, "param": param});
    if let Some(reason) = reason {
        error["reason"] = reason.into();
    }
    json!({"error": error})
}

async fn listed(session: &Session) -> Result<Vec<Value>, Problem> {
    let models = session.run::<ModelList>(Empty {}).await?;
    let item = |id: &str, owner: &str| json!({"id": id, "object": "model", "created": 0, "owned_by": owner});
    let can_be_used = models.items.iter().filter(|model| !session.only_fills_gaps(&model.id));
    Ok(can_be_used.map(|model| item(&model.id, &model.provider)).collect())
}

async fn models(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
) -> Result<Json<Value>, Failure> {
    let session = open_session(&app, &access, &headers);
    Ok(Json(json!({"object": "list", "data": listed(&session).await?})))
}

async fn model(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    axum::extract::Path(id): axum::extract::Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Failure> {
    let session = open_session(&app, &access, &headers);
    let found = listed(&session).await?.into_iter().find(|model| model["id"] == id.as_str());
    Ok(Json(found.ok_or_else(|| Problem::not_found("model", &id).with_reason(reason::MODEL_MISSING))?))
}

async fn completions(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let session = open_session(&app, &access, &parts.headers);
    session.require(Scope::Write, "/v1/chat/completions")?;
    let body = body::read_json(&parts.headers, body, app.limits).await?;
    let wanted = request::Completion::read(&parts.headers, body)?;
    answer::respond(app, session, access, wanted).await
}
