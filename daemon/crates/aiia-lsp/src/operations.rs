//! `aiia/<noun>/<verb>`: every operation of the table as a request.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use aiia_engine::Reply;
use aiia_protocol::id::RunId;
use aiia_protocol::operation::{self, Operation, Row, RunEvents, Scope};
use aiia_protocol::problem::{Problem, ProblemCode};
use futures::future::{AbortHandle, abortable};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Id, Response};

use crate::connection::Connection;
use crate::events;
use crate::gate::Answer;
use crate::to_proto;

/// The operations that are in work, so that `$/cancelRequest` finds them.
#[derive(Clone, Default)]
pub(crate) struct Pending(Arc<Mutex<HashMap<Id, AbortHandle>>>);

impl Pending {
    fn insert(&self, id: Id, handle: AbortHandle) -> bool {
        let mut pending = self.0.lock();
        if pending.contains_key(&id) {
            return false;
        }
        pending.insert(id, handle);
        true
    }

    fn remove(&self, id: &Id) -> Option<AbortHandle> {
        self.0.lock().remove(id)
    }

    /// Ends the request with this id. False when there is none.
    pub(crate) fn cancel(&self, id: &Id) -> bool {
        self.remove(id).map(|handle| handle.abort()).is_some()
    }
}

/// Does the operation with the LSP method `method`.
pub(crate) fn call(
    connection: Arc<Connection>,
    pending: &Pending,
    id: Id,
    method: &str,
    params: Value,
) -> impl Future<Output = Answer> + Send + 'static {
    let row = operation::find_lsp(method).ok_or_else(|| {
        Problem::new(ProblemCode::UnknownOperation, format!("There is no method “{method}”."))
            .with_hint("`aiia/system/hello` lists the operations.")
    });
    let (work, handle) = abortable(async move {
        match row {
            // What changes something is finished once it has begun; cancelling ends the waiting alone.
            Ok(row) if row.scope > Scope::Read => match tokio::spawn(perform(connection, row, params)).await {
                Ok(result) => result,
                Err(error) => {
                    tracing::error!(%error, operation = row.name, "an operation failed by a fault of ours");
                    Err(Problem::new(ProblemCode::Internal, "A fault of aiia; see the log."))
                }
            },
            Ok(row) => perform(connection, row, params).await,
            Err(problem) => Err(problem),
        }
    });
    let registered = pending.insert(id.clone(), handle);
    let pending = pending.clone();
    async move {
        if !registered {
            return Answer::from(Some(Response::from_error(id, Error::invalid_request())));
        }
        let result = work.await;
        pending.remove(&id);
        match result {
            Ok(Ok((value, then))) => Answer { response: Some(Response::from_ok(id, value)), then },
            Ok(Err(problem)) => Answer::from(Some(Response::from_error(id, to_proto::error(&problem)))),
            Err(_) => Answer::from(Some(Response::from_error(id, Error::request_cancelled()))),
        }
    }
}

async fn perform(
    connection: Arc<Connection>,
    row: &'static Row,
    params: Value,
) -> Result<(Value, events::Then), Problem> {
    let subscribed = json!({ "subscribed": true });
    let asked_run = params.get("run_id").and_then(Value::as_str).map(RunId::from);
    if row.name == RunEvents::ROW.name {
        let events = connection.session.follow::<RunEvents>(params).await?;
        return Ok((subscribed, asked_run.map(|run| events::follow(&connection, &run, events))));
    }
    match connection.session.call(row.name, params).await? {
        Reply::One(result) => {
            let started = matches!(row.name, "run.start" | "action.start");
            let run = result.get("id").and_then(Value::as_str).filter(|_| started).map(RunId::from);
            let then = run.and_then(|run| events::follow_started(&connection, &run));
            Ok((result, then))
        }
        Reply::Many(items) => Ok((subscribed, events::subscribe(&connection, items))),
    }
}
