//! The audit log.

use aiia_protocol::audit::{AuditEntry, ListAudit};
use aiia_protocol::page::Page;
use rusqlite::{Connection, Row, params};

use crate::cursor::PageRequest;
use crate::{Store, StoreError, clock, columns};

impl Store {
    /// Writes an entry, whose number and time are set here. Nobody waits for it: it is written after what was handed over
    /// before, and before the store is closed. Its time is that of the call.
    pub fn record(&self, entry: AuditEntry) {
        let entry = AuditEntry { at: clock::now(), ..entry };
        let what = format!("audit entry {} of {}", entry.operation, entry.client);
        self.write_later(what, move |connection| insert(connection, &entry));
    }

    /// Lists entries, the newest first.
    ///
    /// # Errors
    /// `InvalidInput` for a time or limit, `InvalidCursor`.
    pub async fn list_audit(&self, params: ListAudit) -> Result<Page<AuditEntry>, StoreError> {
        let time =
            |time: &Option<String>, pointer| time.as_deref().map(|time| clock::normalize(time, pointer)).transpose();
        let (since, until) = (time(&params.since, "/since")?, time(&params.until, "/until")?);
        let list = format!("audit\n{:?}\n{:?}\n{since:?}\n{until:?}", params.operation, params.about);
        let page = PageRequest::new(list, params.cursor.as_deref(), params.limit)?;
        let after: i64 = match page.after() {
            Some(position) => position[0].parse().map_err(|_| StoreError::InvalidCursor)?,
            None => i64::MAX,
        };
        // What was recorded until now is written first, where that is possible: a store that only reads can still be read.
        if let Err(error) = self.write(|_| Ok(())).await {
            tracing::warn!(%error, "the newest entries of the audit log are not in it yet");
        }
        self.read_long(move |connection| {
            let sql = "SELECT * FROM audit_log
                       WHERE key < ?1 AND (?2 IS NULL OR at >= ?2) AND (?3 IS NULL OR at < ?3)
                         AND (?4 IS NULL OR operation = ?4 OR (substr(?4, -1) = '.' AND substr(operation, 1, length(?4)) = ?4))
                         AND (?5 IS NULL OR EXISTS (SELECT 1 FROM json_each(about) WHERE json_each.value = ?5))
                       ORDER BY key DESC LIMIT ?6";
            let filter = params![after, since, until, params.operation, params.about, page.rows()];
            let items = columns::all(connection, sql, filter, read)?;
            Ok(page.page(items, |entry| [entry.number.to_string(), String::new()]))
        })
        .await
    }
}

fn insert(connection: &Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    let refused = entry.refused.as_ref().map(columns::to_name).transpose()?;
    let sql = "INSERT INTO audit_log (at, operation, client, transport, token, about, refused)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let about = columns::to_json(&entry.about)?;
    let values = params![entry.at, entry.operation, entry.client, entry.transport, entry.token, about, refused];
    columns::execute(connection, sql, values)?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        number: columns::number(row, "key")?,
        at: row.get("at")?,
        operation: row.get("operation")?,
        client: row.get("client")?,
        transport: row.get("transport")?,
        token: row.get("token")?,
        about: columns::json(row, "about")?,
        refused: columns::named_option(row, "refused")?,
    })
}
