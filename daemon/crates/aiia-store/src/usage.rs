//! The usage ledger: what is entered, and sums over it.

use aiia_protocol::archive::FiledUsage;
use aiia_protocol::usage::{ReportUsage, UsageBy};
use rusqlite::{Connection, params};

use crate::{Store, StoreError, clock, columns};

/// What the runs of one model used, within what a row of the report stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageSum {
    /// What the row stands for.
    pub name: String,
    /// The model, `provider/model`.
    pub model: String,
    /// How many runs.
    pub runs: u64,
    /// Those whose tokens are not known.
    pub uncounted: u64,
    /// Those that were answered by what was kept.
    pub from_cache: u64,
    /// Tokens of prompts; `None` where none are known.
    pub input_tokens: Option<u64>,
    /// Tokens of answers.
    pub output_tokens: Option<u64>,
    /// Tokens that were cached.
    pub cached_tokens: Option<u64>,
}

impl Store {
    /// Enters what a request used that is no run of a chat. A row that is there already stays.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn enter_usage(&self, row: FiledUsage) -> Result<(), StoreError> {
        let row = FiledUsage { created_at: clock::normalize(&row.created_at, "/created_at")?, ..row };
        self.write(move |connection| enter(connection, &row).map(|_| ())).await
    }

    /// Sums by row of the report and by model. Times are compared as text: the ledger has RFC 3339 in UTC.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn usage(&self, report: ReportUsage) -> Result<Vec<UsageSum>, StoreError> {
        let (name, order) = match report.by {
            UsageBy::Model => ("model", "name"),
            UsageBy::Day => ("substr(created_at, 1, 10)", "name DESC"),
            UsageBy::Project => ("project_id", "name"),
            UsageBy::Chat => ("chat_id", "name"),
        };
        let sql = format!(
            "SELECT {name} AS name, model, count(*) AS runs,
                    sum(input_tokens IS NULL OR output_tokens IS NULL) AS uncounted,
                    sum(from_cache) AS from_cache, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cached_tokens) AS cached_tokens
             FROM usage_ledger
             WHERE (?1 IS NULL OR created_at >= ?1) AND (?2 IS NULL OR created_at < ?2)
               AND (?3 IS NULL OR project_id = ?3) AND (?4 IS NULL OR chat_id = ?4)
             GROUP BY 1, 2 ORDER BY {order}, model"
        );
        self.read_long(move |connection| {
            let (project, chat) = (report.project_id, report.chat_id);
            let filter = params![
                report.since,
                report.until,
                project.as_ref().map(|id| id.as_str().to_owned()),
                chat.as_ref().map(|id| id.as_str().to_owned())
            ];
            columns::all(connection, &sql, filter, |row| {
                let tokens = |column| row.get::<_, Option<i64>>(column).map(|sum| sum.map(|sum| sum.max(0) as u64));
                Ok(UsageSum {
                    name: row.get("name")?,
                    model: row.get("model")?,
                    runs: columns::number(row, "runs")?,
                    uncounted: columns::number(row, "uncounted")?,
                    from_cache: columns::number(row, "from_cache")?,
                    input_tokens: tokens("input_tokens")?,
                    output_tokens: tokens("output_tokens")?,
                    cached_tokens: tokens("cached_tokens")?,
                })
            })
        })
        .await
    }
}

/// Enters a row; says whether it is new.
pub(crate) fn enter(connection: &Connection, row: &FiledUsage) -> Result<bool, StoreError> {
    let tokens = |count: Option<u64>| count.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    let added = columns::execute(
        connection,
        "INSERT INTO usage_ledger (run_id, chat_id, project_id, model, action, status, input_tokens, output_tokens,
                                   cached_tokens, created_at, from_cache)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (run_id) DO NOTHING",
        params![
            row.run_id.as_str(),
            row.chat_id.as_str(),
            row.project_id.as_str(),
            row.model,
            row.action,
            row.status,
            tokens(row.usage.input_tokens),
            tokens(row.usage.output_tokens),
            tokens(row.usage.cached_tokens),
            row.created_at,
            row.from_cache,
        ],
    )?;
    Ok(added > 0)
}
