//! A result as a response: status, Location, `ETag`.

use aiia_protocol::openapi::API_PREFIX;
use aiia_protocol::operation::{self, Row, Verb};
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::condition;

/// The response for one result.
pub(super) fn one(row: &Row, request: &HeaderMap, result: Value) -> Response {
    let etag = condition::etag(&result);
    let known = row.verb == Verb::Get && etag.as_ref().is_some_and(|etag| condition::is_known(request, etag));
    let (status, location) = made(row, &result);
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { (status, Json(result)).into_response() };
    for (name, value) in [(header::ETAG, etag), (header::LOCATION, location)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The status, and where the thing is that the operation made or started.
fn made(row: &Row, result: &Value) -> (StatusCode, Option<String>) {
    let status = StatusCode::from_u16(row.success_status()).unwrap_or(StatusCode::OK);
    let noun = match status {
        StatusCode::CREATED => row.name.split('.').next().unwrap_or_default(),
        StatusCode::ACCEPTED if matches!(row.name, "export.start" | "import.start") => "transfer",
        StatusCode::ACCEPTED => "run",
        _ => return (status, None),
    };
    let id = result.get("id").and_then(Value::as_str);
    let location = operation::find(&format!("{noun}.get")).zip(id).and_then(|(get, id)| {
        let param = get.path_params().next()?;
        Some(format!("{API_PREFIX}{}", get.path.replace(&format!("{{{param}}}"), id)))
    });
    (status, location)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_made_has_a_place() {
        let check = |row: &str, status: u16, location: Option<&str>| {
            let got = made(operation::find(row).unwrap(), &json!({"id": "x"}));
            assert_eq!((got.0.as_u16(), got.1.as_deref()), (status, location), "{row}");
        };
        check("project.create", 201, Some("/api/v1/projects/x"));
        check("chat.create", 201, Some("/api/v1/chats/x"));
        check("run.start", 202, Some("/api/v1/runs/x"));
        check("action.start", 202, Some("/api/v1/runs/x"));
        check("import.start", 202, Some("/api/v1/transfers/x"));
        check("project.resolve", 200, None);
        check("edit.accept", 200, None);
        check("chat.get", 200, None);
    }
}
