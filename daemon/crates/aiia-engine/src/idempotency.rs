//! Requests that are sent again are done once.

use std::collections::HashSet;
use std::sync::Arc;

use aiia_protocol::operation::Row;
use aiia_protocol::problem::{Problem, ProblemCode, reason};
use aiia_store::{RequestKey, RequestState, Store};
use parking_lot::Mutex;
use serde_json::Value;

use crate::engine::Engine;
use crate::hash::sha256;

/// The requests of this process that go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests(Arc<Mutex<HashSet<RequestKey>>>);

/// What becomes of a request with a key.
#[derive(Debug)]
pub enum Keyed {
    /// It is new: it has to be done, and its end to be told.
    New(KeyedRequest),
    /// It was done with this result.
    Done(Value),
}

/// A request with a key that goes on. Dropped without an end, it stays known as begun.
#[derive(Debug)]
pub struct KeyedRequest {
    key: RequestKey,
    store: Store,
    requests: Requests,
}

impl Engine {
    /// Begins the request that `caller` sends with `key`.
    ///
    /// # Errors
    /// `InvalidParams` for what is no key, `KeyReused` when the key belongs to a request with other parameters, `Conflict` while the first one
    /// goes on, or when it is not known how it ended.
    pub async fn begin_keyed(&self, caller: &str, row: &Row, key: &str, params: &Value) -> Result<Keyed, Problem> {
        let invalid = |detail: &str| Problem::new(ProblemCode::InvalidParams, detail);
        if !row.takes_idempotency_key() {
            return Err(invalid("This request takes no Idempotency-Key.").with_hint("Leave the header out."));
        }
        if !(1..=255).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            return Err(invalid("An Idempotency-Key has 1 to 255 visible ASCII characters."));
        }
        let key = RequestKey { caller: caller.to_owned(), operation: row.name, key: key.to_owned() };
        let going_on = || {
            Problem::new(ProblemCode::Conflict, "The request with this key is still going on.")
                .with_reason(reason::STILL_GOING_ON)
                .with_hint("Send it again in a moment to get its answer.")
        };
        if !self.requests.0.lock().insert(key.clone()) {
            return Err(going_on());
        }
        let request = KeyedRequest { key: key.clone(), store: self.store.clone(), requests: self.requests.clone() };
        match self.store.begin_request(key, sha256(&params.to_string())).await? {
            RequestState::New => Ok(Keyed::New(request)),
            RequestState::Done(result) => serde_json::from_str(&result).map(Keyed::Done).map_err(|error| {
                Problem::new(ProblemCode::Internal, format!("The answer that was kept cannot be read: {error}."))
            }),
            RequestState::Other => Err(Problem::new(
                ProblemCode::KeyReused,
                "The Idempotency-Key belongs to a request with other parameters.",
            )
            .with_hint("Take a new key for each new request.")),
            RequestState::Begun => Err(Problem::new(
                ProblemCode::Conflict,
                "The request with this key was cut off; whether it was done is not known.",
            )
            .with_hint("Look whether it was done; if not, send it with another key.")),
        }
    }
}

impl KeyedRequest {
    /// Keeps the result. A request that failed has changed nothing, and may be tried again with the same key.
    pub async fn end(self, result: Option<&Value>) {
        if let Err(error) = self.store.end_request(self.key.clone(), result.map(Value::to_string)).await {
            tracing::warn!(%error, "the answer of a request with a key could not be kept");
        }
    }
}

impl Drop for KeyedRequest {
    fn drop(&mut self) {
        self.requests.0.lock().remove(&self.key);
    }
}
