//! `aiia usage`: what the models read, wrote and cost.

use aiia_protocol::chat::ChatRef;
use aiia_protocol::operation::{ChatGet, ProjectGet, UsageReport};
use aiia_protocol::project::ProjectRef;
use aiia_protocol::usage::{ReportUsage, UsageBy, UsageRow};

use crate::cli::arguments::UsageArguments;
use crate::cli::output::{self, Style, paint};
use crate::cli::sanitize::one_line;
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
    let mut client = Client::open()?;
    let report = client.call::<UsageReport>(&params)?;
    if arguments.json {
        output::json(&report);
        return Ok(exit::OK);
    }
    if report.items.is_empty() {
        output::note("Nothing was used.");
        return Ok(exit::OK);
    }
    let heading = [&arguments.by, "runs", "read", "cached", "written", "US dollars"].map(str::to_owned);
    let mut table = vec![heading];
    for row in &report.items {
        table.push(cells(row, name(&mut client, by, &row.name)));
    }
    if report.items.len() > 1 {
        table.push(cells(&report.total, "total".to_owned()));
    }
    for (index, line) in lines(&table).into_iter().enumerate() {
        output::painted_line(&if index == 0 { paint(&line, Style::Faint) } else { line });
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

/// The longest name that is shown.
const NAME: usize = 40;

/// What a row stands for, as people call it.
fn name(client: &mut Client, by: UsageBy, name: &str) -> String {
    let known = match by {
        _ if name.is_empty() => Some("none".to_owned()),
        UsageBy::Project => {
            client.call::<ProjectGet>(&ProjectRef { project_id: name.into() }).ok().map(|project| project.name)
        }
        UsageBy::Chat => client.call::<ChatGet>(&ChatRef { chat_id: name.into() }).ok().map(|chat| chat.title),
        UsageBy::Model | UsageBy::Day => None,
    };
    let shown = one_line(&known.unwrap_or_else(|| name.to_owned()));
    let is_long = shown.chars().count() > NAME;
    if is_long { shown.chars().take(NAME - 1).chain(['…']).collect() } else { shown }
}

fn cells(row: &UsageRow, name: String) -> [String; COLUMNS] {
    let tokens = |count: Option<u64>| count.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
    let cost = match row.cost_usd {
        None => "unknown".to_owned(),
        // What is not known is missing in the sum.
        Some(cost) if row.uncounted_runs + row.unpriced_runs > 0 => format!("> {cost:.4}"),
        Some(cost) => format!("{cost:.4}"),
    };
    let [read, cached, written] = [row.input_tokens, row.cached_tokens, row.output_tokens].map(tokens);
    [name, row.runs.to_string(), read, cached, written, cost]
}

const COLUMNS: usize = 6;

/// The rows with columns as wide as what is in them: names to the left, numbers to the right.
fn lines(table: &[[String; COLUMNS]]) -> Vec<String> {
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    table.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let row = |cells: [&str; COLUMNS]| cells.map(str::to_owned);
        let table = [
            row(["model", "runs", "read", "cached", "written", "US dollars"]),
            row(["größe/x", "2", "13000", "0", "7", "> 0.1"]),
        ];
        let expected =
            ["model    runs   read  cached  written  US dollars", "größe/x     2  13000       0        7       > 0.1"];
        assert_eq!(lines(&table), expected);
    }
}
