//! The routes of the operation table: one function for all rows.

mod answer;
pub(crate) mod body;
mod condition;
mod json;
mod params;
pub(crate) mod query;
mod shape;

use std::sync::Arc;

use aiia_engine::{ClientInfo, Keyed, Reply, Session, Transport};
use aiia_protocol::openapi::API_PREFIX;
use aiia_protocol::operation::{OPERATIONS, Operation, Row, RunEvents, Verb};
use aiia_protocol::problem::{Problem, ProblemCode, reason};
use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use futures::StreamExt;
use serde_json::Value;

use crate::envelope::{Failure, panicked};
use crate::guard::{Access, Proof};
use crate::router::App;
use crate::sse;
#[cfg(test)]
pub(crate) use shape::Kind;
pub(crate) use shape::Shape;

/// The header by which a client sends a request again (draft-ietf-httpapi-idempotency-key-header-07).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that the answer is the one of the first time.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A route for each row.
pub(crate) fn routes() -> Router<App> {
    OPERATIONS.iter().fold(Router::new(), |router, row| {
        let shape = Arc::new(Shape::of(row));
        let handler =
            move |State(app): State<App>, path: Result<RawPathParams, RawPathParamsRejection>, request: Request| {
                let shape = Arc::clone(&shape);
                async move {
                    let path = path.map_err(|_| Problem::new(ProblemCode::NotFound, "The path is not UTF-8 text."))?;
                    operation(app, row, &shape, path, request).await
                }
            };
        router.route(&format!("{API_PREFIX}{}", row.path), on(filter(row.verb), handler))
    })
}

fn filter(verb: Verb) -> MethodFilter {
    match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Patch => MethodFilter::PATCH,
        Verb::Delete => MethodFilter::DELETE,
    }
}

async fn operation(
    app: App,
    row: &'static Row,
    shape: &Shape,
    path: RawPathParams,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let access = parts
        .extensions
        .get::<Access>()
        .cloned()
        .ok_or_else(|| Problem::new(ProblemCode::Unauthorized, "There is no token."))?;
    let session = open_session(&app, &access, &parts.headers);
    // What is not allowed is refused before its body is read.
    if access.scope < row.scope {
        return Err(session.call(row.name, Value::Null).await.err().unwrap_or_else(|| forbidden(row)).into());
    }

    let body = if row.verb.has_body() {
        body::read_json(&parts.headers, body, app.limits).await?
    } else {
        body::refuse(&parts.headers)?;
        None
    };
    let mut params = params::assemble(row, shape, &path, &parts.uri, body)?;
    condition::apply_if_match(row, shape, &parts.headers, &mut params)?;
    let resumed = sse::resume(row, shape, &parts.headers, &mut params)?;
    if resumed && sse::is_over(&session, row, &params).await {
        return Ok(sse::nothing_more());
    }

    if let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) {
        return keyed(&app, &access, session, row, key, &parts.headers, params).await;
    }
    if row.name == RunEvents::ROW.name {
        let events = session.follow::<RunEvents>(params).await?;
        return Ok(sse::response(events.map(|event| sse::of_run(&event)), session, access, &app));
    }
    match call(session, row, params).await? {
        (_, Reply::One(result)) => Ok(answer::one(row, &parts.headers, result)),
        (session, Reply::Many(items)) => {
            Ok(sse::response(items.map(|item| sse::of_item(&item)), session, access, &app))
        }
    }
}

/// Does a request once, however often it is sent with its key.
async fn keyed(
    app: &App,
    access: &Access,
    session: Session,
    row: &'static Row,
    key: &HeaderValue,
    headers: &HeaderMap,
    params: Value,
) -> Result<Response, Failure> {
    let key = key.to_str().unwrap_or_default().to_owned();
    let (engine, caller) = (app.engine.clone(), access.caller());
    // From its beginning to its end, also when the client leaves: it will ask again.
    let task = tokio::spawn(async move {
        let request = match engine.begin_keyed(&caller, row, &key, &params).await? {
            Keyed::New(request) => request,
            Keyed::Done(result) => return Ok((result, true)),
        };
        let result = match session.call(row.name, params).await {
            Ok(Reply::One(result)) => Ok(result),
            Ok(Reply::Many(_)) => Err(Problem::new(ProblemCode::Internal, "What streams takes no key.")),
            Err(problem) => Err(problem),
        };
        request.end(result.as_ref().ok()).await;
        result.map(|result| (result, false))
    });
    match task.await.map_err(|_| panicked())? {
        Ok((result, replayed)) => {
            let mut response = answer::one(row, headers, result);
            if replayed {
                response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            }
            Ok(response)
        }
        Err(problem) if problem.reason.as_deref() == Some(reason::STILL_GOING_ON) => {
            Err(Failure::from(problem).with_header(header::RETRY_AFTER, "1"))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Calls the engine. What changes something goes on to its end when the client leaves in the middle.
async fn call(session: Session, row: &'static Row, params: Value) -> Result<(Session, Reply<Value>), Problem> {
    if row.verb == Verb::Get {
        let reply = session.call(row.name, params).await?;
        return Ok((session, reply));
    }
    let task = tokio::spawn(async move {
        let reply = session.call(row.name, params).await?;
        Ok((session, reply))
    });
    match task.await {
        Ok(result) => result,
        Err(_) => Err(panicked()),
    }
}

fn forbidden(row: &Row) -> Problem {
    Problem::new(ProblemCode::Forbidden, format!("The token does not allow `{}`.", row.name))
}

/// A session of the client.
pub(crate) fn open_session(app: &App, access: &Access, headers: &HeaderMap) -> Session {
    app.engine.open_session(ClientInfo {
        name: client_name(access, headers),
        transport: Transport::Http,
        scope: access.scope,
        token: access.grant.as_ref().map(|grant| grant.name.clone()),
    })
}

/// The client's name for `system.status`: the first word of what it calls itself.
fn client_name(access: &Access, headers: &HeaderMap) -> String {
    if access.by == Proof::Cookie {
        return "browser".to_owned();
    }
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let word: String = agent.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(40).collect();
    if word.is_empty() { "HTTP client".to_owned() } else { word }
}
