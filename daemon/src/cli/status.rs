//! `aiia status`: how the daemon is. It starts none.

use aiia_protocol::Empty;
use aiia_protocol::operation::SystemStatus;

use crate::cli::arguments::JsonArguments;
use crate::cli::output::{self, Style, paint};
use crate::client::Client;
use crate::exit::{self, Failure};
use crate::paths::Paths;

pub(crate) fn run(arguments: &JsonArguments) -> Result<u8, Failure> {
    let paths = Paths::from_environment()?;
    let Some(mut client) = Client::existing(&paths)? else {
        return Err(Failure::new(
            exit::NO_DAEMON,
            format!("No daemon runs for {}.", paths.data_dir.display()),
            "It starts by itself with the first command or editor that needs it; `aiia serve` starts it in the foreground.",
        ));
    };
    let status = client.call::<SystemStatus>(&Empty {})?;
    if arguments.json {
        output::json(&status);
        return Ok(exit::OK);
    }
    let row = |name: &str, value: &str| {
        output::painted_line(&format!(
            "{} {}",
            paint(&format!("{name:<9}"), Style::Faint),
            paint(value, Style::Heading)
        ));
    };
    row("version", &status.version);
    row("process", &status.pid.to_string());
    row("since", &status.started_at);
    row("data", &status.data_dir);
    row("page", status.http_url.as_deref().unwrap_or("not served"));
    row("model", status.default_model.as_deref().or(status.model_problem.as_deref()).unwrap_or("not known yet"));
    if let Some(bytes) = status.memory_bytes {
        row("memory", &format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0));
    }
    row("runs", &status.active_runs.to_string());
    for session in &status.sessions {
        row("client", &format!("{} ({}, {} documents)", session.client, session.transport, session.documents));
    }
    for index in &status.indexes {
        let state = if index.is_complete { String::new() } else { format!(", {} read by their trees", index.parsed) };
        row("index", &format!("{} ({} files{state})", index.path, index.files));
        for skipped in &index.skipped {
            output::painted_line(&paint(&format!("          {} {}", skipped.files, skipped.reason), Style::Faint));
        }
    }
    for problem in &status.config_problems {
        output::painted_line(&paint(problem, Style::Warning));
    }
    Ok(exit::OK)
}
