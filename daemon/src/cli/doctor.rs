//! `aiia doctor`: checks everything that aiia needs. It has an answer also when the daemon cannot be started.

use std::iter;

use aiia_protocol::Empty;
use aiia_protocol::operation::{SystemDoctor, SystemRepair};
use aiia_protocol::problem::Problem;
use aiia_protocol::system::{Check, CheckStatus, Doctor};

use crate::cli::arguments::DoctorArguments;
use crate::cli::missed;
use crate::cli::output::{self, Style, paint};
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn run(arguments: &DoctorArguments) -> u8 {
    let mut checks = Vec::new();
    match Client::open() {
        Ok(mut client) => {
            let runtime = client.runtime();
            checks.push(check(CheckStatus::Ok, format!("version {}, process {}", runtime.version, runtime.pid), None));
            match client.call::<SystemDoctor>(&Empty {}) {
                Ok(doctor) => checks.extend(doctor.checks),
                Err(problem) => checks.push(failed(problem)),
            }
        }
        Err(problem) => checks.push(failed(problem)),
    }
    let code = if checks.iter().any(|check| check.status == CheckStatus::Failed) { exit::FAILED } else { exit::OK };
    for check in &mut checks {
        let missed = missed::hint(iter::once(check.detail.as_str()).chain(check.hint.as_deref()));
        if let Some(missed) = missed {
            check.hint = Some(check.hint.take().map_or_else(|| missed.clone(), |hint| format!("{hint} {missed}")));
        }
    }
    let doctor = Doctor { checks };
    if arguments.json {
        output::json(&doctor);
        return code;
    }
    for check in &doctor.checks {
        let (mark, style) = match check.status {
            CheckStatus::Ok => ("ok     ", Style::Good),
            CheckStatus::Warning => ("warning", Style::Warning),
            CheckStatus::Failed => ("failed ", Style::Bad),
        };
        let name = paint(&check.name, Style::Heading);
        output::painted_line(&format!("{}  {name}: {}", paint(mark, style), paint(&check.detail, Style::Faint)));
        if let Some(hint) = &check.hint {
            output::line(&format!("         {hint}"));
        }
    }
    code
}

/// Mends the store.
pub(crate) fn repair(arguments: &DoctorArguments) -> Result<u8, Failure> {
    let done = Client::open()?.call::<SystemRepair>(&Empty {})?;
    let code = if done.left.is_empty() { exit::OK } else { exit::FAILED };
    if arguments.json {
        output::json(&done);
        return Ok(code);
    }
    if done.found.is_empty() {
        output::line("The store is sound.");
    }
    for finding in done.found.iter().filter(|finding| !done.left.contains(finding)) {
        output::painted_line(&format!("{}  {}", paint("mended ", Style::Good), paint(finding, Style::Faint)));
    }
    for finding in &done.left {
        output::painted_line(&format!("{}  {}", paint("left   ", Style::Bad), paint(finding, Style::Faint)));
    }
    if let Some(kept) = &done.kept {
        output::note(&format!("The store as it was before is kept in {kept}."));
    }
    if !done.left.is_empty() {
        output::note("`aiia backup list` shows what can take its place, `aiia backup restore NAME` brings one back.");
    }
    Ok(code)
}

fn failed(problem: Problem) -> Check {
    check(CheckStatus::Failed, problem.detail, problem.hint)
}

fn check(status: CheckStatus, detail: String, hint: Option<String>) -> Check {
    Check { name: "connection to the daemon".to_owned(), status, detail, hint }
}
