//! Takes many things in at once, in a transaction of their own.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::Imported;
use crate::{StoreError, columns};

type Outcomes = Vec<Result<Imported, StoreError>>;

/// Takes the items in, each whole or not at all. An error of the store itself, such as a full disk, takes all of them back.
pub(super) fn take_all<T>(
    connection: &Connection,
    items: &[T],
    take: impl Fn(&Connection, &T) -> Result<Imported, StoreError>,
) -> Result<Outcomes, StoreError> {
    // Nearly always nothing is wrong with any of them, and savepoints are dear: each writes what the search indexes have
    // gathered, and keeps every page as it was, in memory.
    let together = in_transaction(connection, || items.iter().map(|item| take(connection, item).map(Ok)).collect());
    match together {
        Err(error) if !ends_all(&error) => in_transaction(connection, || one_by_one(connection, items, take)),
        other => other,
    }
}

fn one_by_one<T>(
    connection: &Connection,
    items: &[T],
    take: impl Fn(&Connection, &T) -> Result<Imported, StoreError>,
) -> Result<Outcomes, StoreError> {
    let mut outcomes = Vec::with_capacity(items.len());
    for item in items {
        columns::execute(connection, "SAVEPOINT item", [])?;
        let outcome = take(connection, item);
        match &outcome {
            Err(error) if ends_all(error) => return outcome.map(|_| Vec::new()),
            Err(_) => drop(columns::execute(connection, "ROLLBACK TO item", [])?),
            Ok(_) => {}
        }
        columns::execute(connection, "RELEASE item", [])?;
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Not the item's fault: no other one would fare better.
fn ends_all(error: &StoreError) -> bool {
    error.is_of_the_file() || *error == StoreError::Busy
}

/// Does `work` in a transaction without triggers; an error undoes all of it.
fn in_transaction<T>(connection: &Connection, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    columns::execute(connection, "BEGIN IMMEDIATE", [])?;
    let outcome = {
        let _quiet = WithoutTriggers::new(connection)?;
        work()
    };
    let outcome = outcome.and_then(|done| {
        columns::execute(connection, "COMMIT", [])?;
        Ok(done)
    });
    if outcome.is_err() && !connection.is_autocommit() {
        columns::execute(connection, "ROLLBACK", [])?;
    }
    outcome
}

/// A time without triggers. With them, every message would be a statement that may have to be undone by itself, for which
/// the search indexes write out what they have gathered so far. Who inserts messages and chats meanwhile indexes them.
struct WithoutTriggers<'a>(&'a Connection);

impl<'a> WithoutTriggers<'a> {
    fn new(connection: &'a Connection) -> Result<Self, StoreError> {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        Ok(Self(connection))
    }
}

impl Drop for WithoutTriggers<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true) {
            tracing::error!(%error, "the triggers of the store stay off");
        }
    }
}
