//! `aiia explain|fix|optimize|test|document|edit`: an action on code.

use std::io::{self, IsTerminal, Write};

use aiia_protocol::action::{ActionKind, StartAction};
use aiia_protocol::edit::EditRef;
use aiia_protocol::operation::{ActionStart, EditGet};

use crate::cli::arguments::ActionArguments;
use crate::cli::interrupt::Interrupt;
use crate::cli::run_view::{self, Outcome, Show};
use crate::cli::target::Target;
use crate::cli::{edits, output};
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn run(kind: ActionKind, arguments: &ActionArguments) -> Result<u8, Failure> {
    if kind.needs_instruction() && arguments.instruction.as_deref().is_none_or(|text| text.trim().is_empty()) {
        return Err(Failure::usage("It is not said what to change.", "Add --instruction \"what to change\"."));
    }
    if arguments.write && !kind.proposes_edit() {
        let detail = format!("`aiia {}` changes nothing, so there is nothing to write.", kind.as_str());
        return Err(Failure::usage(detail, "Leave --write out."));
    }
    let target = Target::read(&arguments.target)?;
    let params = StartAction {
        kind,
        document: target.document()?,
        selection: target.selection(),
        instruction: arguments.instruction.clone(),
        diagnostics: Vec::new(),
        chat_id: None,
        model: arguments.model.clone(),
        models: Vec::new(),
        after_edit: None,
    };
    let interrupt = Interrupt::listen();
    let mut client = Client::open_here()?;
    let run = client.call::<ActionStart>(&params)?;
    let show = match (arguments.json, kind.proposes_edit()) {
        (true, _) => Show::Nothing,
        (false, true) => Show::Progress,
        (false, false) => Show::Answer,
    };
    let outcome = run_view::follow(&mut client, &run, show, &interrupt)?;
    if !kind.proposes_edit() {
        if arguments.json {
            output::json(&run_view::message(&mut client, &run)?);
        }
        return Ok(exit::OK);
    }
    let Some(edit_id) = outcome.edit.clone() else { return Err(no_change(&outcome)) };
    let edit = client.call::<EditGet>(&EditRef { edit_id: edit_id.clone() })?;
    let mut accept = || edits::accept_and_write(&mut client, &edit, None, arguments.allowed());
    // What is to be written does not depend on anybody who reads the diff.
    let written = arguments.write.then(&mut accept);
    if written.as_ref().is_some_and(Result::is_err) {
        output::go_on_unread();
    }
    if !arguments.json {
        edits::note_said(&edit);
        output::diff(&edits::diff_from_here(&edit));
        edits::note_tolerances(&edit);
    }
    if arguments.write || (!arguments.json && confirm()) {
        let decided = written.unwrap_or_else(accept)?;
        if arguments.json {
            output::json(&edits::outcome_from_here(decided));
        }
        return Ok(exit::OK);
    }
    if arguments.json {
        output::json(&edits::seen_from_here(edit));
    } else {
        output::note(&format!(
            "Nothing is written yet: `aiia accept {edit_id}` writes it, `aiia reject {edit_id}` refuses it."
        ));
    }
    Ok(exit::OK)
}

/// Why there is no change, with what the model said.
fn no_change(outcome: &Outcome) -> Failure {
    if outcome.complaints.is_empty() {
        return Failure::new(
            exit::FAILED,
            "The model proposed no change.",
            format!("It said: {}", outcome.text.trim().chars().take(2000).collect::<String>()),
        );
    }
    Failure::new(
        exit::FAILED,
        outcome.complaints.join("\n"),
        "Nothing was changed. Ask again, with a smaller part of the file or --instruction, or with another --model.",
    )
}

/// Asks whether to write, when there is somebody to ask.
fn confirm() -> bool {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() || !io::stderr().is_terminal() {
        return false;
    }
    let mut to = io::stderr();
    let mut answer = String::new();
    let asked = write!(to, "Write this change? [y/N] ").and_then(|()| to.flush());
    asked.is_ok() && io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
