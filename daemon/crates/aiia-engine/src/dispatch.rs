//! From an operation's name to the function that does it.

use std::future::Future;

use aiia_protocol::operation::{self, Operation, Row, Scope};
use aiia_protocol::problem::{Problem, ProblemCode};
use futures::StreamExt;
use futures::stream::BoxStream;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::audit;
use crate::session::Session;

/// What an operation gives.
pub enum Reply<T> {
    /// One result.
    One(T),
    /// Items, until the stream ends.
    Many(BoxStream<'static, T>),
}

impl<T> std::fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::One(_) => "Reply::One",
            Self::Many(_) => "Reply::Many",
        })
    }
}

/// An operation that the engine does.
pub trait Handle: Operation {
    /// Does it for the client of `session`.
    ///
    /// # Errors
    /// What the user has to know.
    fn handle(
        session: &Session,
        params: Self::Params,
    ) -> impl Future<Output = Result<Reply<Self::Result>, Problem>> + Send;
}

/// Does the operation called `name`. `null` stands for no parameters.
pub(crate) async fn call(session: &Session, name: &str, params: Value) -> Result<Reply<Value>, Problem> {
    macro_rules! dispatch {
        ($($marker:ident,)*) => {
            match name {
                $(_ if name == <operation::$marker as Operation>::ROW.name => {
                    erased::<operation::$marker>(session, params).await
                })*
                _ => Err(Problem::new(
                    ProblemCode::UnknownOperation,
                    format!("There is no operation “{name}”."),
                )
                .with_hint("`system.hello` lists the operations.")),
            }
        };
    }
    aiia_protocol::for_each_operation!(dispatch)
}

async fn erased<O: Handle>(session: &Session, params: Value) -> Result<Reply<Value>, Problem>
where
    O::Result: Send + 'static,
{
    check_scope(session, O::ROW)?;
    session.engine().refresh_config().await;
    let about = audit::about(O::ROW, &params);
    let params = parse::<O::Params>(params)?;
    Ok(match told(session, O::ROW, Box::pin(O::handle(session, params)).await)? {
        Reply::One(result) => {
            let result = to_value(&result)?;
            audit::done(session, O::ROW, about, &result);
            Reply::One(result)
        }
        Reply::Many(items) => {
            Reply::Many(items.filter_map(|item| std::future::ready(serde_json::to_value(item).ok())).boxed())
        }
    })
}

/// Does the operation with parameters and a result of its own types.
pub(crate) async fn typed<O: Handle>(session: &Session, params: O::Params) -> Result<Reply<O::Result>, Problem> {
    check_scope(session, O::ROW)?;
    session.engine().refresh_config().await;
    if O::ROW.scope == Scope::Read {
        return told(session, O::ROW, O::handle(session, params).await);
    }
    let about = audit::about(O::ROW, &to_value(&params)?);
    let reply = told(session, O::ROW, O::handle(session, params).await)?;
    if let Reply::One(result) = &reply {
        audit::done(session, O::ROW, about, &to_value(result)?);
    }
    Ok(reply)
}

/// The answer of an operation; one that the token of the client does not allow is in the audit log.
fn told<T>(session: &Session, row: &Row, answer: Result<T, Problem>) -> Result<T, Problem> {
    answer.inspect_err(|problem| {
        if problem.code == ProblemCode::Forbidden && session.scope() < Scope::Admin {
            audit::refused(session, row.name);
        }
    })
}

pub(crate) fn check_scope(session: &Session, row: &Row) -> Result<(), Problem> {
    require(session, row.scope, row.name)
}

/// Sees to it that the client of `session` has `scope`, which `what` needs.
pub(crate) fn require(session: &Session, scope: Scope, what: &str) -> Result<(), Problem> {
    if session.scope() >= scope {
        return Ok(());
    }
    audit::refused(session, what);
    Err(Problem::new(ProblemCode::Forbidden, format!("`{what}` needs a token with the scope “{}”.", scope.as_str())))
}

pub(crate) fn parse<P: DeserializeOwned>(params: Value) -> Result<P, Problem> {
    let params = if params.is_null() { Value::Object(serde_json::Map::new()) } else { params };
    serde_path_to_error::deserialize(params).map_err(|error| {
        let what = error.inner().to_string();
        Problem::new(ProblemCode::InvalidParams, format!("The parameters do not fit: {what}."))
            .with_error(pointer(error.path(), &what), what)
    })
}

/// JSON Pointer to what an error is about. A field that is missing or too much is named by the error alone.
fn pointer(path: &serde_path_to_error::Path, what: &str) -> String {
    let mut parts: Vec<String> = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    let field =
        ["missing field `", "unknown field `"].iter().find_map(|start| what.strip_prefix(start)?.split('`').next());
    if let Some(field) = field.filter(|field| parts.last().is_none_or(|last| last != field)) {
        parts.push(field.to_owned());
    }
    parts.iter().fold(String::new(), |pointer, part| pointer + "/" + &part.replace('~', "~0").replace('/', "~1"))
}

fn to_value<T: serde::Serialize>(result: &T) -> Result<Value, Problem> {
    serde_json::to_value(result)
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("The result could not be written: {error}.")))
}

#[cfg(test)]
mod tests {
    use aiia_protocol::chat::UpdateChat;
    use aiia_protocol::project::CreateProject;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_is_named_by_its_place() {
        fn check<P: DeserializeOwned>(params: Value, pointer: &str) {
            let problem = parse::<P>(params.clone()).map(drop).unwrap_err();
            assert_eq!(problem.errors[0].pointer, pointer, "{params}: {problem}");
        }
        check::<CreateProject>(json!({}), "/name");
        check::<CreateProject>(json!({"name": 1}), "/name");
        check::<CreateProject>(json!({"name": "p", "folders": ["/a", 2]}), "/folders/1");
        check::<CreateProject>(json!({"name": "p", "a/b~c": 2}), "/a~1b~0c");
        check::<UpdateChat>(json!({"chat_id": "c", "parameters": {"temperature": "hot"}}), "/parameters/temperature");
        check::<UpdateChat>(json!({"chat_id": "c", "parameters": {"heat": 1}}), "/parameters/heat");
        check::<UpdateChat>(json!({"chat_id": "c", "pinned": null, "tags": {}}), "/tags");
        check::<UpdateChat>(json!([]), "");
    }
}
