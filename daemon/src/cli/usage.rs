//! `aiia usage`: what the models read, wrote and cost.

use aiia_protocol::operation::UsageReport;
use aiia_protocol::usage::{ReportUsage, UsageBy, UsageRow};

use crate::cli::arguments::UsageArguments;
use crate::cli::output::{self, Style, paint};
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn run(arguments: &UsageArguments) -> Result<u8, Failure> {
    let by = match arguments.by.as_str() {
        "day" => UsageBy::Day,
        "project" => UsageBy::Project,
        "chat" => UsageBy::Chat,
        _ => UsageBy::Model,
    };
    let params =
        ReportUsage { by, since: arguments.since.clone(), until: arguments.until.clone(), ..ReportUsage::default() };
    let report = Client::open()?.call::<UsageReport>(&params)?;
    if arguments.json {
        output::json(&report);
        return Ok(exit::OK);
    }
    if report.items.is_empty() {
        output::note("Nothing was used.");
        return Ok(exit::OK);
    }
    let width = report.items.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(arguments.by.len());
    let heading = format!(
        "{:<width$}  {:>6}  {:>12}  {:>12}  {:>12}  {:>12}",
        arguments.by, "runs", "read", "cached", "written", "US dollars"
    );
    output::painted_line(&paint(&heading, Style::Faint));
    for row in report.items.iter().chain((report.items.len() > 1).then_some(&report.total)) {
        output::line(&line(row, width));
    }
    for price in &report.prices {
        let dollars = |price: Option<f64>| price.map_or_else(|| "unknown".to_owned(), |price| price.to_string());
        let text = format!(
            "{}: {} read, {} written ({})",
            price.model,
            dollars(price.input),
            dollars(price.output),
            price.origin
        );
        output::painted_line(&paint(&text, Style::Faint));
    }
    let total = &report.total;
    if total.uncounted_runs > 0 {
        output::note(&format!("{} runs are not counted: their servers told no tokens.", total.uncounted_runs));
    }
    if total.cached_runs > 0 {
        output::note(&format!("{} runs were answered by what was kept, and used nothing.", total.cached_runs));
    }
    if total.unpriced_runs > 0 {
        output::note(&format!(
            "{} runs have no known price; `aiia config set 'prices.\"PROVIDER/MODEL\".input' 0.5` sets one.",
            total.unpriced_runs
        ));
    }
    Ok(exit::OK)
}

fn line(row: &UsageRow, width: usize) -> String {
    let tokens = |count: Option<u64>| count.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
    let cost = match row.cost_usd {
        None => "unknown".to_owned(),
        // What is not known is missing in the sum.
        Some(cost) if row.uncounted_runs + row.unpriced_runs > 0 => format!("> {cost:.4}"),
        Some(cost) => format!("{cost:.4}"),
    };
    format!(
        "{:<width$}  {:>6}  {:>12}  {:>12}  {:>12}  {cost:>12}",
        row.name,
        row.runs,
        tokens(row.input_tokens),
        tokens(row.cached_tokens),
        tokens(row.output_tokens)
    )
}
