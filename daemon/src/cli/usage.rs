//! `aiia usage`: what the models read, wrote and cost.

use aiia_protocol::chat::ChatRef;
use aiia_protocol::operation::{ChatGet, ProjectGet, UsageReport};
use aiia_protocol::project::ProjectRef;
use aiia_protocol::usage::{ReportUsage, TokenPrice, UsageBy, UsageRow, UsedPrice};

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
    // Days begin and end as the ledger's do.
    let by_what = if by == UsageBy::Day { "day (UTC)" } else { &arguments.by };
    let heading = [by_what, "runs", "read", "cached", "written", "US dollars"].map(str::to_owned);
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
    for used in report.prices.iter().filter(|used| is_of_interest(&used.price)) {
        output::painted_line(&paint(&one_line(&price(&report.prices, used)), Style::Faint));
    }
    let total = &report.total;
    if total.uncounted_runs > 0 {
        output::note(&format!("Not counted: {}, whose servers told no tokens.", runs(total.uncounted_runs)));
    }
    if total.cached_runs > 0 {
        output::note(&format!("Answered by what was kept: {}, which used nothing.", runs(total.cached_runs)));
    }
    if total.told_runs > 0 {
        output::note(&format!("Cost as the provider told it: {}.", runs(total.told_runs)));
    }
    if total.unpriced_runs > 0 {
        output::note(&format!(
            "Without a known price when they ended: {}; `aiia config set 'prices.\"PROVIDER/MODEL\".input' 0.5` sets one for those to come.",
            runs(total.unpriced_runs)
        ));
    }
    Ok(exit::OK)
}

fn runs(count: u64) -> String {
    if count == 1 { "1 run".to_owned() } else { format!("{count} runs") }
}

/// Whether a price makes a cost.
fn is_of_interest(price: &TokenPrice) -> bool {
    [price.input, price.output, price.cached, price.cache_write].into_iter().flatten().any(|amount| amount > 0.0)
}

/// What a price is, and where it comes from; of how many runs, where the model has had another one.
fn price(all: &[UsedPrice], used: &UsedPrice) -> String {
    let amount = |price: Option<f64>| price.map_or_else(|| "unknown".to_owned(), |price| price.to_string());
    let TokenPrice { input, output, cached, cache_write, currency, origin } = &used.price;
    let named = |price: &Option<f64>, name: &str| price.map(|price| format!(", {price} {name}")).unwrap_or_default();
    let cached = named(cached, "cached") + &named(cache_write, "to the cache");
    let others = all.iter().filter(|other| other.model == used.model).count() > 1;
    let runs = if others { format!(", {} runs", used.runs) } else { String::new() };
    let [input, output] = [input, output].map(|one| amount(*one));
    format!("{}: {input} read{cached}, {output} written, {currency} ({origin}{runs})", used.model)
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
        Some(cost) if row.uncosted_runs > 0 => format!("> {cost:.4}"),
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

    #[test]
    fn a_price_is_shown_with_its_origin_and_its_runs_where_there_was_another_one() {
        let used = |input, runs| UsedPrice {
            model: "work/m".to_owned(),
            price: TokenPrice {
                input: Some(input),
                output: None,
                cached: Some(0.25),
                cache_write: None,
                currency: "USD".to_owned(),
                origin: "a table".to_owned(),
            },
            runs,
        };
        let (old, new) = (used(1.5, 2), used(3.0, 7));
        let line = "work/m: 1.5 read, 0.25 cached, unknown written, USD (a table";
        assert_eq!(price(std::slice::from_ref(&old), &old), format!("{line})"));
        assert_eq!(price(&[old.clone(), new], &old), format!("{line}, 2 runs)"));
        assert!(is_of_interest(&old.price) && !is_of_interest(&TokenPrice { cached: None, ..used(0.0, 1).price }));
    }
}
