//! `usage.report`

use aiia_protocol::operation::UsageReport;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::usage::{ReportUsage, UsageReport as Report, UsageRow, UsedPrice};
use aiia_store::UsageSum;

use crate::dispatch::{Handle, Reply};
use crate::prices;
use crate::session::Session;

impl Handle for UsageReport {
    async fn handle(session: &Session, mut params: ReportUsage) -> Result<Reply<Report>, Problem> {
        let engine = session.engine();
        for (name, time) in [("since", &mut params.since), ("until", &mut params.until)] {
            *time = time.as_deref().map(|time| as_kept(name, time)).transpose()?;
        }
        if let (Some(since), Some(until)) = (&params.since, &params.until)
            && since > until
        {
            let detail = format!("Nothing lies between {since} and {until}, which is before it.");
            return Err(Problem::new(ProblemCode::InvalidParams, detail).with_error("/until", "a time after `since`"));
        }
        let (project, chat) = (params.project_id.clone(), params.chat_id.clone());
        let total = UsageRow { name: "total".to_owned(), ..UsageRow::default() };
        let mut report = Report { items: Vec::new(), total, prices: Vec::new() };
        for sum in engine.store.usage(params).await? {
            note(&mut report.prices, &sum);
            if report.items.last().is_none_or(|row| row.name != sum.name) {
                report.items.push(UsageRow { name: sum.name.clone(), ..UsageRow::default() });
            }
            if let Some(row) = report.items.last_mut() {
                add(row, &sum);
            }
            add(&mut report.total, &sum);
        }
        if report.items.is_empty() {
            // What was used stays when a project or a chat is purged; where there is nothing, it may never have been.
            if let Some(project) = project {
                engine.store.get_project(project).await?;
            }
            if let Some(chat) = chat {
                engine.store.get_chat(chat).await?;
            }
        }
        Ok(Reply::One(report))
    }
}

/// Keeps a price that costs are made from, once.
fn note(used: &mut Vec<UsedPrice>, sum: &UsageSum) {
    let Some(price) = sum.price.as_ref().filter(|_| sum.told_cost.is_none()) else { return };
    match used.iter_mut().find(|one| one.model == sum.model && one.price == *price) {
        Some(known) => known.runs += sum.runs,
        None => used.push(UsedPrice { model: sum.model.clone(), price: price.clone(), runs: sum.runs }),
    }
}

fn add(row: &mut UsageRow, sum: &UsageSum) {
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
    plus(&mut row.cache_write_tokens, sum.cache_write_tokens);
    if let Some(told) = sum.told_cost {
        row.told_runs += sum.runs;
        row.cost_usd = Some(row.cost_usd.unwrap_or(0.0) + prices::in_dollars(told));
        return;
    }
    let price = sum.price.as_ref().filter(|price| prices::is_whole(price));
    if price.is_none() {
        row.unpriced_runs += sum.runs;
    }
    let (cost, unknown) = match price {
        Some(price) if prices::is_nothing(price) => (Some(0.0), 0),
        Some(price) => (prices::cost(&sum.counted, price), sum.uncounted),
        // What was kept costs nothing, whatever the model does.
        None => ((sum.from_cache > 0).then_some(0.0), sum.runs.saturating_sub(sum.from_cache)),
    };
    row.uncosted_runs += unknown;
    if let Some(cost) = cost {
        row.cost_usd = Some(row.cost_usd.unwrap_or(0.0) + cost);
    }
}

/// A time as the ledger has it, with which it is compared as text; a date, which stands for its beginning in UTC, as it is.
fn as_kept(name: &str, time: &str) -> Result<String, Problem> {
    if time.len() == 10 && time.parse::<jiff::civil::Date>().is_ok() {
        return Ok(time.to_owned());
    }
    match time.parse::<jiff::Timestamp>() {
        Ok(parsed) => Ok(format!("{parsed:.3}")),
        Err(_) => Err(Problem::new(ProblemCode::InvalidParams, format!("`{name}` is no time: {time}.")).with_error(
            format!("/{name}"),
            "a date such as 2026-11-21, or a time with its zone such as 2026-11-21T12:00:00Z",
        )),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2026-11-22", Some("2026-11-22"))]
    #[case("2026-11-22T10:00:00Z", Some("2026-11-22T10:00:00.000Z"))]
    #[case::of_another_zone("2026-11-22T10:00:00+09:00", Some("2026-11-22T01:00:00.000Z"))]
    #[case::of_no_zone("2026-11-22T10:00:00", None)]
    #[case("yesterday", None)]
    fn times_are_compared_as_the_ledger_has_them(#[case] given: &str, #[case] expected: Option<&str>) {
        assert_eq!(as_kept("since", given).ok().as_deref(), expected);
    }
}
