//! Requests that a client may send again: what was answered the first time.

use rusqlite::{Connection, params};

use crate::{Store, StoreError, clock, columns};

/// How long a key is remembered, as `SQLite` writes it.
const LIFETIME: &str = "-1 day";

/// The request that a key belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestKey {
    /// Whose key it is.
    pub caller: String,
    /// The operation.
    pub operation: &'static str,
    /// The key that the client has chosen.
    pub key: String,
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// It is new, and remembered from now on.
    New,
    /// The key belongs to a request with other parameters.
    Other,
    /// It was begun; how it ended is not known.
    Begun,
    /// It was done with this result (JSON).
    Done(String),
}

impl Store {
    /// Remembers a request with the hash of its parameters, unless its key is known already.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn begin_request(&self, key: RequestKey, request: String) -> Result<RequestState, StoreError> {
        self.write(move |connection| {
            let now = clock::now();
            forget_old(connection, &now)?;
            let sql = "SELECT request, result FROM idempotency_keys WHERE caller = ?1 AND operation = ?2 AND key = ?3";
            let known = columns::first(connection, sql, params![key.caller, key.operation, key.key], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
            })?;
            Ok(match known {
                Some((other, _)) if other != request => RequestState::Other,
                Some((_, Some(result))) => RequestState::Done(result),
                Some((_, None)) => RequestState::Begun,
                None => {
                    let sql = "INSERT INTO idempotency_keys (caller, operation, key, request, created_at)
                               VALUES (?1, ?2, ?3, ?4, ?5)";
                    columns::execute(connection, sql, params![key.caller, key.operation, key.key, request, now])?;
                    RequestState::New
                }
            })
        })
        .await
    }

    /// Keeps the result of a request; without one forgets it, so that it can be tried again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn end_request(&self, key: RequestKey, result: Option<String>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let RequestKey { caller, operation, key } = key;
            if let Some(result) = result {
                let sql = "UPDATE idempotency_keys SET result = ?4
                           WHERE caller = ?1 AND operation = ?2 AND key = ?3";
                columns::execute(connection, sql, params![caller, operation, key, result])?;
            } else {
                let sql = "DELETE FROM idempotency_keys WHERE caller = ?1 AND operation = ?2 AND key = ?3";
                columns::execute(connection, sql, params![caller, operation, key])?;
            }
            Ok(())
        })
        .await
    }
}

/// Forgets the keys whose time is over.
pub(crate) fn forget_old(connection: &Connection, now: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM idempotency_keys WHERE created_at < strftime('%Y-%m-%dT%H:%M:%fZ', ?1, ?2)";
    columns::execute(connection, sql, params![now, LIFETIME]).map(|_| ())
}
