//! What a process that died left behind: a run that still goes on in the file has nobody who writes it.

use aiia_protocol::id::RunId;
use aiia_protocol::run::RunStatus;
use rusqlite::{Connection, TransactionBehavior};

use crate::{StoreError, columns, runs};

/// Ends every run that still goes on as interrupted, with the text that had arrived. Counts nothing twice.
pub(crate) fn end_leftovers(connection: &mut Connection) -> Result<(), StoreError> {
    if leftovers(connection)?.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let ids = leftovers(&transaction)?;
    for id in &ids {
        runs::abandon(&transaction, id, RunStatus::Interrupted, None)?;
    }
    transaction.commit()?;
    tracing::info!(runs = ids.len(), "runs that had been cut off are kept as interrupted");
    Ok(())
}

fn leftovers(connection: &Connection) -> Result<Vec<RunId>, StoreError> {
    let sql = "SELECT id FROM runs WHERE status = 'running' ORDER BY key";
    columns::all(connection, sql, [], |row| columns::id(row, "id"))
}
