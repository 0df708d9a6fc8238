//! From an operation's name to the function that does it.

use std::future::Future;

use aiia_protocol::operation::{self, Operation, Row};
use aiia_protocol::problem::{Problem, ProblemCode};
use futures::StreamExt;
use futures::stream::BoxStream;
use serde::de::DeserializeOwned;
use serde_json::Value;

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
    session.engine().refresh_config();
    let params = parse::<O::Params>(params)?;
    Ok(match Box::pin(O::handle(session, params)).await? {
        Reply::One(result) => Reply::One(to_value(&result)?),
        Reply::Many(items) => {
            Reply::Many(items.filter_map(|item| std::future::ready(serde_json::to_value(item).ok())).boxed())
        }
    })
}

pub(crate) fn check_scope(session: &Session, row: &Row) -> Result<(), Problem> {
    if session.scope() >= row.scope {
        return Ok(());
    }
    Err(Problem::new(
        ProblemCode::Forbidden,
        format!("`{}` needs a token with the scope “{}”.", row.name, row.scope.as_str()),
    ))
}

fn parse<P: DeserializeOwned>(params: Value) -> Result<P, Problem> {
    let params = if params.is_null() { Value::Object(serde_json::Map::new()) } else { params };
    serde_json::from_value(params)
        .map_err(|error| Problem::new(ProblemCode::InvalidParams, format!("The parameters do not fit: {error}.")))
}

fn to_value<T: serde::Serialize>(result: &T) -> Result<Value, Problem> {
    serde_json::to_value(result)
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("The result could not be written: {error}.")))
}
