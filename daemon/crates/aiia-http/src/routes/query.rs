//! Parameters in the query.

use aiia_protocol::problem::{Problem, ProblemCode};
use axum::extract::Query;
use axum::http::Uri;
use serde_json::{Map, Value};

use super::shape::{Kind, Shape};

/// Names and values in one query.
const MAX_PAIRS: usize = 100;

/// The names and values of the query, decoded.
pub(crate) fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Problem> {
    let invalid = || Problem::new(ProblemCode::InvalidParams, "The query cannot be read.");
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| invalid())?;
    if pairs.len() > MAX_PAIRS || pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Err(invalid());
    }
    Ok(pairs)
}

/// The parameters of the query, each as its kind wants it. Unknown names stay, so that the engine can refuse them.
pub(super) fn read(uri: &Uri, shape: &Shape) -> Result<Map<String, Value>, Problem> {
    let mut params = Map::new();
    for (name, text) in pairs(uri)? {
        let kind = shape.get(&name).unwrap_or(&Kind::Text);
        if let Kind::List(items) = kind {
            let value = convert(&name, &text, items)?;
            match params.entry(&name).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(list) => list.push(value),
                _ => return Err(twice(&name)),
            }
        } else if params.insert(name.clone(), convert(&name, &text, kind)?).is_some() {
            return Err(twice(&name));
        }
    }
    Ok(params)
}

fn twice(name: &str) -> Problem {
    wrong(name, "is there twice")
}

/// The value that `text` is as `kind`.
pub(super) fn convert(name: &str, text: &str, kind: &Kind) -> Result<Value, Problem> {
    match kind {
        Kind::Text => Ok(Value::String(text.to_owned())),
        Kind::Integer => text
            .parse::<u64>()
            .map(Value::from)
            .or_else(|_| text.parse::<i64>().map(Value::from))
            .map_err(|_| wrong(name, "is not a whole number")),
        Kind::Number => {
            let number = text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            number.map(Value::Number).ok_or_else(|| wrong(name, "is not a number"))
        }
        Kind::Boolean => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(wrong(name, "is neither true nor false")),
        },
        Kind::List(_) | Kind::Object => Err(wrong(name, "cannot be in a query")),
    }
}

fn wrong(name: &str, what: &str) -> Problem {
    Problem::new(ProblemCode::InvalidParams, format!("`{name}` {what}.")).with_error(super::json::pointer([name]), what)
}

#[cfg(test)]
mod tests {
    use aiia_protocol::operation;
    use serde_json::json;

    use super::*;

    fn check(row: &str, query: &str, expected: Result<Value, &str>) {
        let uri: Uri = format!("/x?{query}").parse().unwrap();
        let got = read(&uri, &Shape::of(operation::find(row).unwrap()));
        match (got, expected) {
            (Ok(got), Ok(expected)) => assert_eq!(Value::Object(got), expected, "{query}"),
            (Err(problem), Err(pointer)) => {
                assert_eq!(problem.status, 400);
                let pointers: Vec<&str> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
                assert_eq!(pointers.concat(), pointer, "{query}");
            }
            (got, expected) => panic!("{query}: {got:?}, not {expected:?}"),
        }
    }

    #[test]
    fn values_take_the_kind_of_their_parameter() {
        check("message.list", "all=true&limit=20&branch=5", Ok(json!({"all": true, "limit": 20, "branch": "5"})));
        check("message.list", "", Ok(json!({})));
        check("message.list", "limit=-1", Ok(json!({"limit": -1})));
        check("message.list", "cursor=a%2Bb+c", Ok(json!({"cursor": "a+b c"})));
        check("message.list", "sort=id;DROP", Ok(json!({"sort": "id;DROP"})));
        check("message.list", "limit=1e9", Err("/limit"));
        check("message.list", "limit=", Err("/limit"));
        check("message.list", "all=1", Err("/all"));
        check("message.list", "limit=1&limit=2", Err("/limit"));
        check("message.list", "cursor=%00", Err(""));
        check("message.list", &"a=b&".repeat(101), Err(""));
    }
}
