//! `usage.report`

use aiia_protocol::operation::UsageReport;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::Usage;
use aiia_protocol::usage::{ReportUsage, UsageReport as Report, UsageRow, UsedPrice};
use aiia_store::UsageSum;

use crate::config::Price;
use crate::dispatch::{Handle, Reply};
use crate::prices::{self, Known};
use crate::session::Session;

impl Handle for UsageReport {
    async fn handle(session: &Session, params: ReportUsage) -> Result<Reply<Report>, Problem> {
        let engine = session.engine();
        for (name, time) in [("since", &params.since), ("until", &params.until)] {
            check_time(name, time.as_deref())?;
        }
        let configured = engine.configured();
        let total = UsageRow { name: "total".to_owned(), ..UsageRow::default() };
        let mut report = Report { items: Vec::new(), total, prices: Vec::new() };
        for sum in engine.store.usage(params).await? {
            let known = prices::known(&sum.model, &configured);
            if let Some(known) = &known {
                note(&mut report.prices, &sum.model, known);
            }
            let price = known.map(|known| known.price);
            if report.items.last().is_none_or(|row| row.name != sum.name) {
                report.items.push(UsageRow { name: sum.name.clone(), ..UsageRow::default() });
            }
            if let Some(row) = report.items.last_mut() {
                add(row, &sum, price);
            }
            add(&mut report.total, &sum, price);
        }
        Ok(Reply::One(report))
    }
}

/// Keeps a price that costs are made from, once.
fn note(used: &mut Vec<UsedPrice>, model: &str, known: &Known) {
    let Price { input, output, cached } = known.price;
    let costs = input > Some(0.0) || output > Some(0.0);
    if costs && !used.iter().any(|one| one.model == model) {
        used.push(UsedPrice { model: model.to_owned(), input, output, cached, origin: known.origin.clone() });
    }
}

fn add(row: &mut UsageRow, sum: &UsageSum, price: Option<Price>) {
    fn plus(place: &mut Option<u64>, more: Option<u64>) {
        if let Some(more) = more {
            *place = Some(place.unwrap_or(0) + more);
        }
    }
    row.runs += sum.runs;
    row.uncounted_runs += sum.uncounted;
    row.cached_runs += sum.from_cache;
    plus(&mut row.input_tokens, sum.input_tokens);
    plus(&mut row.output_tokens, sum.output_tokens);
    plus(&mut row.cached_tokens, sum.cached_tokens);
    match price {
        Some(price) => {
            let usage = Usage {
                input_tokens: sum.input_tokens,
                output_tokens: sum.output_tokens,
                cached_tokens: sum.cached_tokens,
            };
            if let Some(cost) = prices::cost(&usage, price) {
                row.cost_usd = Some(row.cost_usd.unwrap_or(0.0) + cost);
            }
        }
        None => row.unpriced_runs += sum.runs,
    }
}

/// Times are compared as text, so they have to look like those of the ledger.
fn check_time(name: &str, time: Option<&str>) -> Result<(), Problem> {
    let Some(time) = time else { return Ok(()) };
    let is_date = time.len() == 10 && time.parse::<jiff::civil::Date>().is_ok();
    let is_time = time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok();
    if is_date || is_time {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::InvalidParams, format!("`{name}` is no time: {time}."))
        .with_error(format!("/{name}"), "a date such as 2026-11-21, or 2026-11-21T12:00:00Z"))
}
