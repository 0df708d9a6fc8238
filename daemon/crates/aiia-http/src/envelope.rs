//! What every response has, whatever made it: a request id, the security headers, problems as `application/problem+json`.

use std::panic::AssertUnwindSafe;

use aiia_protocol::problem::{Problem, ProblemCode};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;

use crate::openai;

/// Loads of the page come from the daemon alone, and nothing may frame it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// The headers that every response carries.
pub(crate) const SECURITY_HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// The header that carries the request id both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A problem on its way to the client, with headers of its own. It is written by [`seal`], which knows the request id.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) problem: Problem,
    headers: HeaderMap,
}

impl Failure {
    /// The same with one more header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem, headers: HeaderMap::new() }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status_of(&self.problem).into_response();
        response.headers_mut().extend(self.headers);
        response.extensions_mut().insert(self.problem);
        response
    }
}

/// An extension of responses that are no problem in spite of their status: somebody wrote them for whoever reads them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written;

/// The outermost middleware.
pub(crate) async fn seal(request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => Failure::from(panicked()).into_response(),
    };
    write_problem(&mut response, &id, path.starts_with(openai::PREFIX));
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    // The query is left out: it may hold a one-time code.
    tracing::debug!(request = %id, %method, %path, status = response.status().as_u16(), "answered");
    response
}

/// The problem that a panic is to the client.
pub(crate) fn panicked() -> Problem {
    Problem::new(ProblemCode::Internal, "aiia failed while it worked on the request.")
        .with_hint("The log in the data directory says more; please report it.")
}

/// Writes the response's problem as its body. An error that some layer made on its own becomes a problem, too.
fn write_problem(response: &mut Response, id: &str, for_openai: bool) {
    let status = response.status();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if status.as_u16() >= 400 && response.extensions().get::<Written>().is_none() => unnamed(status),
        None => return,
    };
    let problem = if for_openai { openai::in_their_terms(problem) } else { problem };
    let status = status_of(&problem);
    let problem = Problem { instance: Some(id.to_owned()), ..problem };
    let (body, kind) = if for_openai {
        (serde_json::to_vec(&openai::error(&problem)), "application/json")
    } else {
        (serde_json::to_vec(&problem), "application/problem+json")
    };
    let body = body.unwrap_or_default();
    *response.status_mut() = status;
    *response.body_mut() = Body::from(body);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // What may pass was asked again before it was told; their clients would do so for each failure of a server.
    let is_of_a_model =
        matches!(problem.code, ProblemCode::ModelError | ProblemCode::ModelUnavailable | ProblemCode::ModelTimeout);
    if for_openai && is_of_a_model {
        headers.insert(HeaderName::from_static("x-should-retry"), HeaderValue::from_static("false"));
    }
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    // The store and the daemon come back by themselves; a model may not.
    if matches!(problem.code, ProblemCode::StoreUnavailable | ProblemCode::Unavailable) {
        headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("2"));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"aiia\""));
    }
}

fn status_of(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn unnamed(status: StatusCode) -> Problem {
    let code = match status {
        StatusCode::NOT_FOUND => ProblemCode::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ProblemCode::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemCode::UnsupportedMediaType,
        StatusCode::REQUEST_TIMEOUT => ProblemCode::RequestTimeout,
        status if status.is_client_error() => ProblemCode::InvalidParams,
        _ => ProblemCode::Internal,
    };
    Problem::new(code, format!("The request was refused: {status}."))
}

/// The client's request id where it is a plain one, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match given {
        Some(id) if (1..=64).contains(&id.len()) && id.chars().all(plain) => id.to_owned(),
        _ => uuid::Uuid::now_v7().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids() {
        let check = |given: &str, kept: bool| {
            let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(given).unwrap())]);
            assert_eq!(request_id(&headers) == given, kept, "{given}");
        };
        check("a-B_9.x", true);
        check("", false);
        check("a b", false);
        check("\"><script>", false);
        check(&"a".repeat(64), true);
        check(&"a".repeat(65), false);
        assert_eq!(request_id(&HeaderMap::new()).len(), 36);
    }
}
