//! The schema: its versions, and whether a file really has it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::StoreError;

/// All migrations, oldest first. Version 1 is the schema after the first. A released one is never changed.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_conversations.sql"),
    include_str!("../migrations/0003_file_actions.sql"),
    include_str!("../migrations/0004_templates_search.sql"),
    include_str!("../migrations/0005_reply_formats.sql"),
    include_str!("../migrations/0006_projects.sql"),
    include_str!("../migrations/0007_audit.sql"),
    include_str!("../migrations/0008_attachments.sql"),
    include_str!("../migrations/0009_budgets.sql"),
    include_str!("../migrations/0010_answer_cache.sql"),
    include_str!("../migrations/0011_context_rules.sql"),
    include_str!("../migrations/0012_prompt_speeds.sql"),
    include_str!("../migrations/0013_accepted_edits.sql"),
    include_str!("../migrations/0014_notices.sql"),
    include_str!("../migrations/0015_left_out.sql"),
    include_str!("../migrations/0016_prices.sql"),
    include_str!("../migrations/0017_costs.sql"),
];

/// Marks the file as a store of aiia (`aiia` in ASCII).
pub(crate) const APPLICATION_ID: u32 = 0x6169_6961;

/// Brings the connection to the newest schema, each migration in a transaction with a check of all references.
/// References must not be enforced meanwhile, since a migration may have to rebuild a table.
pub(crate) fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let steps = migrations.iter().map(|sql| M::up(sql).foreign_key_check()).collect();
    Migrations::new(steps).to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => StoreError::from(err),
        other => StoreError::Internal { detail: format!("bringing the store to the new schema failed: {other}") },
    })
}

/// What the schema has and the file has not: tables, columns, indexes and triggers by name.
pub(crate) fn missing(connection: &Connection, migrations: &[&str]) -> Result<Vec<String>, StoreError> {
    static NEWEST: OnceLock<BTreeSet<String>> = OnceLock::new();
    let present = names(connection)?;
    let lacking = |wanted: &BTreeSet<String>| wanted.difference(&present).cloned().collect();
    if migrations != MIGRATIONS {
        return Ok(lacking(&names_of(migrations)?));
    }
    if let Some(wanted) = NEWEST.get() {
        return Ok(lacking(wanted));
    }
    let wanted = names_of(MIGRATIONS)?;
    Ok(lacking(NEWEST.get_or_init(|| wanted)))
}

/// What a schema has that these migrations make.
fn names_of(migrations: &[&str]) -> Result<BTreeSet<String>, StoreError> {
    let mut model = Connection::open_in_memory()?;
    migrate(&mut model, migrations)?;
    names(&model)
}

fn names(connection: &Connection) -> Result<BTreeSet<String>, StoreError> {
    let sql = "SELECT type || ' ' || name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
               UNION ALL
               SELECT 'column ' || t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut statement = connection.prepare(sql)?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_make_a_schema_that_misses_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        assert_eq!(missing(&connection, MIGRATIONS), Ok(Vec::new()));
        let id: u32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).unwrap();
        assert_eq!(id, APPLICATION_ID);
    }

    #[test]
    fn every_reference_has_an_index() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        let unindexed: Vec<String> = connection
            .prepare(
                "SELECT t.name || '.' || f.\"from\" FROM sqlite_schema t, pragma_foreign_key_list(t.name) f
                 WHERE t.type = 'table' AND f.seq = 0 AND NOT EXISTS (
                     SELECT 1 FROM pragma_index_list(t.name) i, pragma_index_info(i.name) c
                     WHERE i.partial = 0 AND c.seqno = 0 AND c.name = f.\"from\")",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        // Projects are few, and only those without a chat are ever erased alone.
        assert_eq!(unindexed, ["chats.project_id"]);
    }
}
