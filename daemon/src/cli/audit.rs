//! `aiia audit`: who changed what.

use aiia_protocol::audit::{AuditEntry, ListAudit};
use aiia_protocol::operation::AuditList;

use crate::cli::arguments::AuditArguments;
use crate::cli::output::{self, Style, paint};
use crate::cli::sanitize::one_line;
use crate::cli::when::point_in_time;
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn run(arguments: &AuditArguments) -> Result<u8, Failure> {
    let params = ListAudit {
        operation: arguments.operation.clone(),
        about: arguments.about.clone(),
        since: arguments.since.as_deref().map(point_in_time),
        until: arguments.until.as_deref().map(point_in_time),
        cursor: None,
        limit: Some(arguments.list.limit),
    };
    let page = Client::open()?.call::<AuditList>(&params)?;
    if arguments.list.json {
        output::json(&page);
        return Ok(exit::OK);
    }
    if page.items.is_empty() {
        output::note("Nothing was changed.");
    }
    page.items.iter().for_each(line);
    if page.has_more {
        output::note("There are more; --limit and --until show them.");
    }
    Ok(exit::OK)
}

fn line(entry: &AuditEntry) {
    let who = match &entry.token {
        Some(token) => format!("{} ({}, token {token})", entry.client, entry.transport),
        None => format!("{} ({})", entry.client, entry.transport),
    };
    let about: Vec<String> = entry.about.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let refused = if entry.refused.is_some() { paint("  refused", Style::Bad) } else { String::new() };
    output::painted_line(&format!(
        "{}  {:<20}  {}  {}{refused}",
        paint(&entry.at, Style::Faint),
        entry.operation,
        one_line(&who),
        paint(&one_line(&about.join(" ")), Style::Faint),
    ));
}
