//! Follows a run: the answer as it comes, what goes on, how it ended.

use aiia_protocol::id::EditId;
use aiia_protocol::message::{Message, MessageRef};
use aiia_protocol::operation::MessageGet;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::{Run, RunEventKind, RunStatus};

use crate::cli::answer::Answer;
use crate::cli::interrupt::Interrupt;
use crate::cli::output;
use crate::cli::terminal::progress::Progress;
use crate::client::Client;
use crate::exit::{self, Failure};

/// What of the run is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// The answer on standard output, what goes on on standard error.
    Answer,
    /// Only what goes on, on standard error.
    Progress,
    /// Nothing.
    Nothing,
}

/// How a run that completed ended.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The change that it proposed.
    pub(crate) edit: Option<EditId>,
    /// Why its answer, or a part of it, could not be applied.
    pub(crate) complaints: Vec<String>,
    /// What the user should know about the answer.
    pub(crate) notices: Vec<String>,
    /// The whole answer.
    pub(crate) text: String,
}

/// Follows `run` to its end. Ctrl-C cancels it.
///
/// # Errors
/// When it did not complete; what had arrived is printed before.
pub(crate) fn follow(client: &mut Client, run: &Run, show: Show, interrupt: &Interrupt) -> Result<Outcome, Failure> {
    interrupt.watch(client.canceller(), run.id.clone());
    let outcome = show_run(client, run, show);
    interrupt.unwatch();
    outcome
}

/// Follows `run` to its end. What Ctrl-C does is for the caller to say.
///
/// # Errors
/// When it did not complete; what had arrived is printed before.
pub(crate) fn show_run(client: &mut Client, run: &Run, show: Show) -> Result<Outcome, Failure> {
    let mut progress = Progress::new(show == Show::Nothing);
    let mut answer = (show == Show::Answer).then(Answer::new);
    let mut outcome = Outcome::default();
    let mut characters = 0;
    let mut ended = Err(Failure::from(Problem::new(ProblemCode::Internal, "The run ended without saying how.")));
    progress.show_passing("waiting for the model");
    for event in client.run_events(&run.id)? {
        if let (Some(answer), Ok(event)) = (&mut answer, &event)
            && !matches!(event, RunEventKind::Text { .. })
        {
            // What is said of the run goes over the same screen.
            answer.hide_draft();
        }
        match event {
            Ok(RunEventKind::Status { text }) => progress.show(&text),
            Ok(RunEventKind::Context { tokens, redactions, .. }) => progress.show(&sent(tokens, redactions)),
            Ok(RunEventKind::Text { text }) => {
                outcome.text.push_str(&text);
                characters += text.chars().count();
                match &mut answer {
                    Some(answer) => {
                        progress.clear();
                        answer.part(&text);
                    }
                    None => progress.show(&format!("writing: {characters} characters")),
                }
            }
            Ok(RunEventKind::Reasoning { .. }) => progress.show("thinking"),
            Ok(RunEventKind::Edit { edit_id, .. }) => outcome.edit = Some(edit_id),
            Ok(RunEventKind::Complaint { message }) => outcome.complaints.push(message),
            Ok(RunEventKind::Notice { text, .. }) => outcome.notices.push(text),
            Ok(RunEventKind::Usage { .. }) => {}
            Ok(RunEventKind::Done { status, problem }) => ended = end(status, problem),
            Err(problem) => ended = Err(problem.into()),
        }
    }
    progress.clear();
    if let Some(answer) = answer {
        answer.end();
    }
    if show != Show::Nothing {
        outcome.notices.iter().for_each(|text| output::note(&format!("note: {text}")));
    }
    ended.map(|()| outcome)
}

fn sent(tokens: u64, redactions: u64) -> String {
    match redactions {
        0 => format!("waiting for the model ({tokens} tokens of context)"),
        count => format!("waiting for the model ({tokens} tokens of context, {count} secrets replaced)"),
    }
}

fn end(status: RunStatus, problem: Option<Problem>) -> Result<(), Failure> {
    match (status, problem) {
        (RunStatus::Completed, _) => Ok(()),
        (RunStatus::Cancelled, _) => {
            Err(Failure::new(exit::CANCELLED, "It was cancelled.", "What had arrived is kept: `aiia history`."))
        }
        (_, Some(problem)) => Err(problem.into()),
        (RunStatus::Interrupted, None) => Err(Failure::new(
            exit::FAILED,
            "The daemon ended while the answer was being written.",
            "What had arrived is kept: `aiia history`. Try again.",
        )),
        (_, None) => Err(Failure::local("The run failed without saying why.")),
    }
}

/// The answer that `run` wrote, as it is stored.
pub(crate) fn message(client: &mut Client, run: &Run) -> Result<Message, Failure> {
    Ok(client.call::<MessageGet>(&MessageRef { message_id: run.message_id.clone() })?)
}
