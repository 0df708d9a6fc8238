//! Path, query and body become the one object of parameters that an operation takes.

use aiia_protocol::operation::Row;
use aiia_protocol::problem::{Problem, ProblemCode};
use axum::extract::RawPathParams;
use axum::http::Uri;
use serde_json::{Map, Value};

use super::shape::{Kind, Shape};
use super::{json, query};

/// The parameters of `row`: those of the path, and the rest from the query or the body, whichever the row has.
pub(super) fn assemble(
    row: &Row,
    shape: &Shape,
    path: &RawPathParams,
    uri: &Uri,
    body: Option<Value>,
) -> Result<Value, Problem> {
    let mut params = if row.verb.has_body() {
        if let Some((name, _)) = query::pairs(uri)?.first() {
            return Err(invalid(name, "belongs into the body, not into the query"));
        }
        from_body(body)?
    } else {
        query::read(uri, shape)?
    };
    for (name, value) in path {
        let kind = shape.get(name).unwrap_or(&Kind::Text);
        if params.insert(name.to_owned(), query::convert(name, value, kind)?).is_some() {
            return Err(invalid(name, "is in the path already"));
        }
    }
    Ok(Value::Object(params))
}

fn from_body(body: Option<Value>) -> Result<Map<String, Value>, Problem> {
    match body {
        None => Ok(Map::new()),
        Some(Value::Object(params)) => Ok(params),
        Some(_) => {
            Err(Problem::new(ProblemCode::InvalidParams, "The body must be a JSON object.")
                .with_error("", "not an object"))
        }
    }
}

fn invalid(name: &str, what: &str) -> Problem {
    Problem::new(ProblemCode::InvalidParams, format!("`{name}` {what}.")).with_error(json::pointer([name]), what)
}
