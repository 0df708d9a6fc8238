//! Looks for damage that the structure of the file does not show.

use rusqlite::{Connection, ErrorCode};

use crate::{StoreError, columns};

/// What must hold between rows: a query that finds what breaks it, and the sentence that says so.
const RULES: &[(&str, &str)] = &[
    (
        "Chat {} counts its messages wrongly.",
        "SELECT c.id FROM chats c WHERE c.message_count <> (SELECT count(*) FROM messages m WHERE m.chat_id = c.id AND m.deleted_at IS NULL)",
    ),
    (
        "Chat {} shows a message of another chat.",
        "SELECT c.id FROM chats c JOIN messages m ON m.id = c.head_id WHERE m.chat_id <> c.id",
    ),
    (
        "Chat {} shows a deleted message.",
        "SELECT c.id FROM chats c JOIN messages m ON m.id = c.head_id WHERE m.deleted_at IS NOT NULL",
    ),
    (
        "Message {} is there, but one that it follows is deleted.",
        "SELECT m.id FROM messages m JOIN messages p ON p.id = m.parent_id
         WHERE m.deleted_at IS NULL AND p.deleted_at IS NOT NULL",
    ),
    (
        "Message {} answers a message of another chat, or a later one.",
        "SELECT m.id FROM messages m JOIN messages p ON p.id = m.parent_id WHERE p.chat_id <> m.chat_id OR p.key >= m.key",
    ),
    (
        "Message {} is being written, but no run writes it.",
        "SELECT m.id FROM messages m LEFT JOIN runs r ON r.message_id = m.id
         WHERE m.status = 'streaming' AND (r.status IS NULL OR r.status <> 'running')",
    ),
    (
        "Run {} goes on, but its answer does not.",
        "SELECT r.id FROM runs r JOIN messages m ON m.id = r.message_id WHERE r.status = 'running' AND m.status <> 'streaming'",
    ),
    (
        "Run {} has messages of another chat, or an answer to another question.",
        "SELECT r.id FROM runs r JOIN messages m ON m.id = r.message_id
         WHERE m.chat_id <> r.chat_id OR m.parent_id IS NOT r.user_message_id",
    ),
    (
        "Run {} has an end, but no time of it, or the other way round.",
        "SELECT id FROM runs WHERE (status = 'running') <> (finished_at IS NULL)",
    ),
    (
        "Run {} has a gap in the numbers of its events.",
        "SELECT DISTINCT run_id FROM (
             SELECT run_id, first_seq, lag(last_seq, 1, 0) OVER (PARTITION BY run_id ORDER BY first_seq) AS before
             FROM run_chunks) WHERE first_seq <> before + 1",
    ),
    (
        "Run {} does not know its last event.",
        "SELECT r.id FROM runs r
         WHERE r.last_seq <> (SELECT coalesce(max(last_seq), 0) FROM run_chunks k WHERE k.run_id = r.id)",
    ),
    (
        "Run {} has events that cannot be read.",
        "SELECT DISTINCT run_id FROM run_chunks
         WHERE NOT json_valid(events) OR json_array_length(events) <> last_seq - first_seq + 1",
    ),
    (
        "Run {} ended, but its last event does not say so.",
        "SELECT r.id FROM runs r LEFT JOIN run_chunks k ON k.run_id = r.id AND k.last_seq = r.last_seq
         WHERE r.status <> 'running'
           AND iif(json_valid(k.events), k.events ->> '$[#-1].type' || ' ' || (k.events ->> '$[#-1].status'), '')
               IS NOT 'done ' || r.status",
    ),
    (
        "Run {} ended and is not in the usage ledger, or goes on and is.",
        "SELECT r.id FROM runs r LEFT JOIN usage_ledger u ON u.run_id = r.id
         WHERE (r.status = 'running') <> (u.run_id IS NULL)",
    ),
    (
        "Pending edit {} is noted at another run.",
        "SELECT e.id FROM runs r JOIN edits e ON e.id = r.edit_id WHERE e.run_id <> r.id",
    ),
    (
        "Pending edit {} has no hunk, or a gap in their numbers.",
        "SELECT e.id FROM edits e LEFT JOIN edit_hunks h ON h.edit_id = e.id GROUP BY e.id
         HAVING count(h.number) = 0 OR min(h.number) <> 1 OR max(h.number) <> count(h.number)",
    ),
    (
        "Pending edit {} does not stand where its hunks stand.",
        "SELECT e.id FROM edits e WHERE e.status <> (
             SELECT CASE WHEN sum(h.status = 'pending') > 0 THEN 'pending' WHEN sum(h.status = 'accepted') > 0 THEN 'accepted'
                         WHEN sum(h.status = 'undone') > 0 THEN 'undone' ELSE 'rejected' END
             FROM edit_hunks h WHERE h.edit_id = e.id)",
    ),
];

/// The indexes of the search.
const INDEXES: &[&str] = &["message_words", "message_parts", "chat_words", "chat_parts"];

/// One sentence for each thing that is wrong.
pub(crate) fn findings(connection: &Connection) -> Result<Vec<String>, StoreError> {
    for index in INDEXES {
        // FTS5 looks whether others changed an index when a query begins, but not when it is checked.
        columns::first(connection, &format!("SELECT 1 FROM {index} LIMIT 1"), [], |_| Ok(()))?;
    }
    let mut findings: Vec<String> = columns::all(connection, "PRAGMA integrity_check", [], |row| row.get(0))?;
    findings.retain(|finding| finding != "ok");
    findings.extend(columns::all(connection, "PRAGMA foreign_key_check", [], |row| {
        let (table, row_id, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let row_id = row_id.map_or_else(|| "?".to_owned(), |id| id.to_string());
        Ok(format!("Row {row_id} of {table} refers to a row of {parent} that does not exist."))
    })?);
    for (sentence, sql) in RULES {
        let broken = columns::all(connection, sql, [], |row| row.get::<_, String>(0))?;
        findings.extend(broken.iter().map(|id| sentence.replace("{}", id)));
    }
    Ok(findings)
}

/// One sentence for each index of the search that is out of step with what it finds. The check of the file does not see that.
pub(crate) fn indexes(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut findings = Vec::new();
    for index in INDEXES {
        let sql = format!("INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)");
        match connection.execute(&sql, []) {
            Ok(_) => {}
            Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == ErrorCode::DatabaseCorrupt => {
                findings.push(format!("The search index {index} is out of step with the chats."));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(findings)
}

/// Makes all indexes anew.
pub(crate) fn rebuild_indexes(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch("REINDEX")?;
    for index in INDEXES {
        connection.execute(&format!("INSERT INTO {index} ({index}) VALUES ('rebuild')"), [])?;
    }
    Ok(())
}
