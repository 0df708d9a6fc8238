//! The usage ledger: what is entered, and sums over it.

use aiia_protocol::archive::FiledUsage;
use aiia_protocol::run::Usage;
use aiia_protocol::usage::{ReportUsage, TokenPrice, UsageBy};
use rusqlite::{Connection, params};

use crate::{Store, StoreError, clock, columns};

/// What the runs of one model at one price used, within what a row of the report stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageSum {
    /// What the row stands for.
    pub name: String,
    /// The model, `provider/model`.
    pub model: String,
    /// What it cost when it was asked; `None` where that was not known.
    pub price: Option<TokenPrice>,
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
    /// Tokens that were written to a cache.
    pub cache_write_tokens: Option<u64>,
    /// What the providers said that these runs cost, in billionths of a US dollar; `None` for those of which they said nothing.
    pub told_cost: Option<u64>,
    /// The tokens of those runs alone whose tokens are known: what can have a cost.
    pub counted: Usage,
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

    /// Sums by row of the report, by model and by price. Times are compared as text: the ledger has RFC 3339 in UTC.
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
        // Rows of older versions may hold counts that are none.
        let [input, output, cached, written] = ["input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens"]
            .map(|count| format!("CASE WHEN {count} BETWEEN 0 AND {MAX_TOKENS} THEN {count} END AS {count}"));
        let sql = format!(
            "SELECT {name} AS name, model, price, count(*) AS runs,
                    sum(input_tokens IS NULL OR output_tokens IS NULL) AS uncounted,
                    sum(from_cache) AS from_cache, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cached_tokens) AS cached_tokens,
                    sum(cache_write_tokens) AS cache_write_tokens, sum(told_cost) AS told_cost,
                    sum(input_tokens) FILTER (WHERE output_tokens IS NOT NULL) AS counted_input,
                    sum(output_tokens) FILTER (WHERE input_tokens IS NOT NULL) AS counted_output,
                    sum(min(cached_tokens, input_tokens)) FILTER (WHERE output_tokens IS NOT NULL) AS counted_cached,
                    sum(min(cache_write_tokens, input_tokens)) FILTER (WHERE output_tokens IS NOT NULL) AS counted_written
             FROM (SELECT chat_id, project_id, model, created_at, from_cache, price, told_cost, {input}, {output}, {cached}, {written}
                   FROM usage_ledger)
             WHERE (?1 IS NULL OR created_at >= ?1) AND (?2 IS NULL OR created_at < ?2)
               AND (?3 IS NULL OR project_id = ?3) AND (?4 IS NULL OR chat_id = ?4)
             GROUP BY 1, 2, 3, told_cost IS NULL ORDER BY {order}, model, price, told_cost IS NULL"
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
                    price: columns::json_option(row, "price")?,
                    runs: columns::number(row, "runs")?,
                    uncounted: columns::number(row, "uncounted")?,
                    from_cache: columns::number(row, "from_cache")?,
                    input_tokens: tokens("input_tokens")?,
                    output_tokens: tokens("output_tokens")?,
                    cached_tokens: tokens("cached_tokens")?,
                    cache_write_tokens: tokens("cache_write_tokens")?,
                    told_cost: tokens("told_cost")?,
                    counted: Usage {
                        input_tokens: tokens("counted_input")?,
                        output_tokens: tokens("counted_output")?,
                        cached_tokens: tokens("counted_cached")?,
                        cache_write_tokens: tokens("counted_written")?,
                        ..Usage::default()
                    },
                })
            })
        })
        .await
    }
}

/// More tokens than any model reads or writes at once. What a server tells beyond is no count, and sums of such would overflow.
const MAX_TOKENS: u64 = 1 << 40;
/// The longest origin of a price.
const MAX_ORIGIN: usize = 500;

/// A price as it is stored.
///
/// # Errors
/// `InvalidInput` for one that no price can be.
pub(crate) fn price_column(price: Option<&TokenPrice>) -> Result<Option<String>, StoreError> {
    let Some(price) = price else { return Ok(None) };
    let amounts = [price.input, price.output, price.cached, price.cache_write];
    if amounts.into_iter().flatten().any(|amount| !amount.is_finite() || amount < 0.0) {
        return Err(StoreError::invalid("/price", "A price is a number that is not less than 0."));
    }
    if price.origin.len() > MAX_ORIGIN || price.currency.len() != 3 {
        return Err(StoreError::invalid("/price", "A price has a currency of three letters and a short origin."));
    }
    columns::to_json(price).map(Some)
}

/// Enters a row; says whether it is new.
pub(crate) fn enter(connection: &Connection, row: &FiledUsage) -> Result<bool, StoreError> {
    let tokens = |count: Option<u64>| count.filter(|count| *count <= MAX_TOKENS).map(|count| count as i64);
    let added = columns::execute(
        connection,
        "INSERT INTO usage_ledger (run_id, chat_id, project_id, model, action, status, input_tokens, output_tokens,
                                   cached_tokens, created_at, from_cache, price, cache_write_tokens, told_cost)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (run_id) DO NOTHING",
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
            price_column(row.price.as_ref())?,
            tokens(row.usage.cache_write_tokens),
            // What it costs has a like bound: a thousand dollars.
            tokens(row.usage.told_cost),
        ],
    )?;
    Ok(added > 0)
}
