//! `aiia ask`: a question, with files, pictures and standard input as context.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use aiia_protocol::action::{ActionKind, StartAction};
use aiia_protocol::chat::{ChatRef, CreateChat, DeleteChat};
use aiia_protocol::id::{ChatId, ProjectId};
use aiia_protocol::operation::{
    ActionStart, ChatCreate, ChatDelete, ChatGet, ChatPurge, ProjectDelete, ProjectList, ProjectResolve, RunGet,
    RunStart,
};
use aiia_protocol::problem::Problem;
use aiia_protocol::project::{DeleteProject, ListProjects, ResolveProject};
use aiia_protocol::run::{Run, RunRef, StartRun};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use crate::cli::arguments::AskArguments;
use crate::cli::interrupt::Interrupt;
use crate::cli::output::{self, Style, paint};
use crate::cli::run_view::{self, Show};
use crate::cli::target::Target;
use crate::client::Client;
use crate::exit::{self, Failure};

mod files;

use files::Given;

/// So many projects are looked through for one that was there before.
const MANY: u32 = 200;
const STANDARD_INPUT: &str = "standard input";
/// How long standard input may be silent before its first byte.
const INPUT_LIMIT: Timespec = Timespec { tv_sec: 30, tv_nsec: 0 };

pub(crate) fn run(arguments: &AskArguments) -> Result<u8, Failure> {
    if arguments.question.trim().is_empty() {
        return Err(Failure::usage("The question is empty.", "Write aiia ask \"your question\"."));
    }
    let interrupt = Interrupt::listen();
    let input = piped_input()?;
    let targets: Vec<Target> = arguments.files.iter().map(|file| Target::read(file)).collect::<Result<_, _>>()?;
    let mut client = Client::open_here()?;
    let run = start(&mut client, arguments, &targets, input)?;
    if !run.beside.is_empty() {
        return several(&mut client, run, arguments.json, &interrupt);
    }
    let show = if arguments.json { Show::Nothing } else { Show::Answer };
    run_view::follow(&mut client, &run, show, &interrupt)?;
    if arguments.json {
        output::json(&run_view::message(&mut client, &run)?);
    }
    Ok(exit::OK)
}

/// Shows the answers of several models, one after the other. One that fails does not hide the others; Ctrl-C cancels all of them.
fn several(client: &mut Client, first: Run, json: bool, interrupt: &Interrupt) -> Result<u8, Failure> {
    let mut runs = vec![first];
    for run_id in runs[0].beside.clone() {
        runs.push(client.call::<RunGet>(&RunRef { run_id })?);
    }
    interrupt.watch_all(client.canceller(), runs.iter().map(|run| run.id.clone()).collect());
    let show = if json { Show::Nothing } else { Show::Answer };
    let mut failed: Option<u8> = None;
    let mut answers = Vec::new();
    for run in &runs {
        if !json {
            output::painted_line(&paint(&format!("── {}", run.model), Style::Heading));
        }
        if let Err(failure) = run_view::show_run(client, run, show) {
            output::report(&failure);
            failed.get_or_insert(failure.code);
        }
        if failed == Some(exit::CANCELLED) && !json {
            break;
        }
        if json {
            match run_view::message(client, run) {
                Ok(message) => answers.push(message),
                Err(failure) => {
                    output::report(&failure);
                    failed.get_or_insert(failure.code);
                }
            }
        }
    }
    interrupt.unwatch();
    if json {
        output::json(&answers);
    }
    Ok(failed.unwrap_or(exit::OK))
}

fn start(client: &mut Client, arguments: &AskArguments, targets: &[Target], input: Given) -> Result<Run, Failure> {
    let chat_id = arguments.chat.as_deref().map(ChatId::from);
    let (question, mut pictures) = match input {
        Given::Text(text) => (with_attachment(&arguments.question, STANDARD_INPUT, &text), Vec::new()),
        Given::Picture(picture) => (arguments.question.clone(), vec![picture]),
    };
    let (model, models) = match arguments.models.as_slice() {
        [] => (None, Vec::new()),
        [model] => (Some(model.clone()), Vec::new()),
        models => (None, models.to_vec()),
    };
    // About one file the daemon itself knows what belongs to the question; it cannot read what is a pipe of this process.
    if let [target] = targets
        && pictures.is_empty()
        && target.file.is_file()
        && !files::is_picture(target)
    {
        return Ok(client.call::<ActionStart>(&StartAction {
            kind: ActionKind::Ask,
            document: target.document()?,
            selection: target.selection(),
            instruction: Some(question),
            diagnostics: Vec::new(),
            chat_id,
            model,
            models,
            after_edit: None,
        })?);
    }
    let mut content = question;
    for target in targets {
        let given = files::read(target)?;
        files::admit(client, target, &given)?;
        match given {
            Given::Text(text) => content = with_attachment(&content, &target.file.display().to_string(), &text),
            Given::Picture(picture) => pictures.push(picture),
        }
    }
    let attachments = files::attach(client, &pictures)?;
    let (chat_id, made) = if let Some(chat_id) = chat_id {
        (chat_id, None)
    } else {
        let made = new_chat(client, model.clone())?;
        (made.chat.clone(), Some(made))
    };
    let attachments = Some(attachments).filter(|attachments| !attachments.is_empty());
    let params = StartRun { model, models, attachments, ..StartRun::new(chat_id, content) };
    let started = client.call::<RunStart>(&params);
    if started.is_err()
        && let Some(made) = made
    {
        remove_if_empty(client, made.chat);
        if let Some(project_id) = made.project {
            remove_if_unused(client, project_id);
        }
    }
    Ok(started?)
}

/// What there was not before the question.
struct Made {
    chat: ChatId,
    project: Option<ProjectId>,
}

/// A question that was refused before it was stored leaves no empty chat behind.
fn remove_if_empty(client: &mut Client, chat_id: ChatId) {
    if let Ok(chat) = client.call::<ChatGet>(&ChatRef { chat_id: chat_id.clone() })
        && chat.message_count == 0
        && let Err(problem) = delete_and_purge(client, chat_id, chat.version)
    {
        output::note(&format!("An empty chat stays: {problem}"));
    }
}

/// One that has a chat by now stays.
fn remove_if_unused(client: &mut Client, project_id: ProjectId) {
    let unused =
        DeleteProject { project_id, move_chats_to: None, with_chats: false, if_unused: true, if_version: None };
    let _ = client.call::<ProjectDelete>(&unused);
}

/// A chat that never was used is not to be found among the deleted ones, either.
fn delete_and_purge(client: &mut Client, chat_id: ChatId, version: u64) -> Result<(), Problem> {
    client.call::<ChatDelete>(&DeleteChat { chat_id: chat_id.clone(), if_version: Some(version) })?;
    client.call::<ChatPurge>(&ChatRef { chat_id })?;
    Ok(())
}

/// A chat in the project of the working directory.
fn new_chat(client: &mut Client, model: Option<String>) -> Result<Made, Failure> {
    let folder = std::env::current_dir()
        .map_err(|error| Failure::local(format!("The working directory cannot be used: {error}.")))?;
    let known = client.call::<ProjectList>(&ListProjects { limit: Some(MANY), ..ListProjects::default() })?;
    let project = client.call::<ProjectResolve>(&ResolveProject { folder: folder.display().to_string() })?.id;
    // Where there are more than these, it may be one of the others.
    let was_there = known.next_cursor.is_some() || known.items.iter().any(|one| one.id == project);
    match client.call::<ChatCreate>(&CreateChat { model, ..CreateChat::new(project.clone()) }) {
        Ok(chat) => Ok(Made { chat: chat.id, project: (!was_there).then_some(project) }),
        Err(problem) => {
            if !was_there {
                remove_if_unused(client, project);
            }
            Err(problem.into())
        }
    }
}

fn with_attachment(text: &str, name: &str, attachment: &str) -> String {
    if attachment.trim().is_empty() {
        return text.to_owned();
    }
    // A fence that is longer than any inside.
    let longest = attachment.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{text}\n\n{name}:\n\n{fence}\n{}\n{fence}", attachment.trim_end_matches('\n'))
}

/// What is piped in; nothing on a terminal.
fn piped_input() -> Result<Given, Failure> {
    let input = io::stdin();
    if input.is_terminal() {
        return Ok(Given::Text(String::new()));
    }
    // An open pipe into which nobody writes must not hold the question for ever.
    let mut waiting = [PollFd::from_borrowed_fd(input.as_fd(), PollFlags::IN)];
    if poll(&mut waiting, Some(&INPUT_LIMIT)) == Ok(0) {
        output::note("Standard input is open but silent, so the question goes without it.");
        return Ok(Given::Text(String::new()));
    }
    files::told_apart(STANDARD_INPUT, input.lock())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", "why?")]
    #[case("  \n", "why?")]
    #[case("a\nb\n", "why?\n\nlog:\n\n```\na\nb\n```")]
    #[case("````\nx", "why?\n\nlog:\n\n`````\n````\nx\n`````")]
    fn attachments(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(with_attachment("why?", "log", text), expected);
    }
}
