//! Conditional requests: the version of a thing is its strong `ETag`.

use aiia_protocol::operation::{Row, Verb};
use aiia_protocol::problem::{Problem, ProblemCode};
use axum::http::{HeaderMap, header};
use serde_json::Value;

use super::shape::Shape;

/// The parameter that a change names the version with.
const IF_VERSION: &str = "if_version";

/// The `ETag` of a result: the version of a single thing.
pub(super) fn etag(result: &Value) -> Option<String> {
    Some(format!("\"{}\"", result.get("version")?.as_u64()?))
}

/// Whether `If-None-Match` says that the client has what `etag` names.
pub(super) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let known = |value: &str| {
        value.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
    };
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| value.to_str().is_ok_and(known))
}

/// Turns `If-Match` into the version that the change is for.
pub(super) fn apply_if_match(row: &Row, shape: &Shape, headers: &HeaderMap, params: &mut Value) -> Result<(), Problem> {
    let mut all = headers.get_all(header::IF_MATCH).iter();
    let Some(value) = all.next().filter(|_| row.verb != Verb::Get) else { return Ok(()) };
    let invalid = |detail: &str| Problem::new(ProblemCode::InvalidParams, detail.to_owned());
    if !shape.has(IF_VERSION) {
        return Err(invalid("This request cannot be made conditional; leave If-Match out."));
    }
    let value = value.to_str().unwrap_or_default().trim();
    if all.next().is_some() || value.contains(',') {
        return Err(invalid("If-Match must name one version."));
    }
    if value == "*" {
        return Ok(());
    }
    let version =
        value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).and_then(|value| value.parse().ok());
    let version: u64 = version.ok_or_else(|| {
        Problem::new(ProblemCode::PreconditionFailed, "If-Match names a version that was never there.")
            .with_hint("Send the ETag of the thing as it was read.")
    })?;
    if params.get(IF_VERSION).is_some_and(|given| given != &Value::from(version)) {
        return Err(invalid("If-Match and `if_version` name different versions.").with_error("/if_version", "differs"));
    }
    params[IF_VERSION] = Value::from(version);
    Ok(())
}

#[cfg(test)]
mod tests {
    use aiia_protocol::operation;
    use serde_json::json;

    use super::*;

    fn check(row: &str, if_match: &str, params: Value, expected: Result<Value, u16>) {
        let row = operation::find(row).unwrap();
        let headers = HeaderMap::from_iter([(header::IF_MATCH, if_match.parse().unwrap())]);
        let mut got = params;
        let result = apply_if_match(row, &Shape::of(row), &headers, &mut got);
        assert_eq!(result.map(|()| got).map_err(|problem| problem.status), expected, "{if_match}");
    }

    #[test]
    fn if_match() {
        check("chat.update", "\"3\"", json!({}), Ok(json!({"if_version": 3})));
        check("chat.update", "\"3\"", json!({"if_version": 3}), Ok(json!({"if_version": 3})));
        check("chat.update", "*", json!({}), Ok(json!({})));
        check("chat.update", "\"3\"", json!({"if_version": 4}), Err(400));
        check("chat.update", "\"3\", \"4\"", json!({}), Err(400));
        check("chat.update", "W/\"3\"", json!({}), Err(412));
        check("chat.update", "\"abc\"", json!({}), Err(412));
        check("chat.delete", "\"3\"", json!({}), Ok(json!({"if_version": 3})));
        check("chat.restore", "\"3\"", json!({}), Err(400));
        check("chat.get", "\"3\"", json!({}), Ok(json!({})));
    }

    #[test]
    fn etags() {
        assert_eq!(etag(&json!({"version": 7})).as_deref(), Some("\"7\""));
        assert_eq!(etag(&json!({"version": "0.1.0"})), None);
        assert_eq!(etag(&json!({"items": []})), None);
        for (value, known) in
            [("\"7\"", true), ("W/\"7\"", true), ("\"1\", \"7\"", true), ("*", true), ("\"8\"", false)]
        {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]);
            assert_eq!(is_known(&headers, "\"7\""), known, "{value}");
        }
    }
}
