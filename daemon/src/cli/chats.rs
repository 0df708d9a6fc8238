//! `aiia history` and `aiia projects`: what is stored.

use aiia_protocol::chat::{ChatRef, Inclusion, ListChats};
use aiia_protocol::id::{ChatId, ProjectId, RunId};
use aiia_protocol::message::{ListMessages, MessageStatus, Role};
use aiia_protocol::operation::{ChatGet, ChatList, MessageList, ProjectList, RunGet};
use aiia_protocol::project::ListProjects;
use aiia_protocol::run::RunRef;

use crate::cli::answer::Answer;
use crate::cli::arguments::{HistoryArguments, ListArguments};
use crate::cli::output::{self, Style, paint};
use crate::cli::sanitize::one_line;
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn history(arguments: &HistoryArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    match &arguments.chat {
        Some(chat) => show(&mut client, &ChatId::from(chat.as_str()), arguments),
        None => list(&mut client, arguments),
    }
}

fn list(client: &mut Client, arguments: &HistoryArguments) -> Result<u8, Failure> {
    let page = client.call::<ChatList>(&ListChats {
        project_id: arguments.project.as_deref().map(ProjectId::from),
        tag: arguments.tag.clone(),
        favourite: arguments.favourite.then_some(true),
        archived: only(arguments.archived),
        deleted: only(arguments.deleted),
        limit: Some(arguments.list.limit),
        ..ListChats::default()
    })?;
    if arguments.list.json {
        output::json(&page);
        return Ok(exit::OK);
    }
    if page.items.is_empty() {
        output::note(if arguments.selects() {
            "No chat is like that. `aiia history` lists the others."
        } else {
            "There are no chats yet. `aiia ask \"…\"` begins one."
        });
    }
    for chat in &page.items {
        let id = paint(chat.id.as_str(), Style::Faint);
        let when = paint(&minute(&chat.updated_at), Style::Faint);
        let marks = [(chat.pinned, "pinned"), (chat.favourite, "favourite"), (chat.archived, "archived")];
        let marks = marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark.to_owned());
        let tags: Vec<String> = marks.chain(chat.tags.iter().map(|tag| format!("#{tag}"))).collect();
        let tags = paint(&one_line(&tags.join(" ")), Style::Faint);
        let title = one_line(&chat.title);
        output::painted_line(format!("{id}  {when}  {:>3}  {title}  {tags}", chat.message_count).trim_end());
    }
    if page.has_more {
        output::note("There are more: raise --limit.");
    }
    Ok(exit::OK)
}

fn only(wanted: bool) -> Inclusion {
    if wanted { Inclusion::Only } else { Inclusion::Exclude }
}

fn show(client: &mut Client, chat_id: &ChatId, arguments: &HistoryArguments) -> Result<u8, Failure> {
    let chat = client.call::<ChatGet>(&ChatRef { chat_id: chat_id.clone() })?;
    let mut params = ListMessages { limit: Some(200), all: arguments.all, ..ListMessages::new(chat_id.clone()) };
    let mut messages = Vec::new();
    loop {
        let page = client.call::<MessageList>(&params)?;
        messages.extend(page.items);
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            break;
        }
    }
    if arguments.list.json {
        output::json(&messages);
        return Ok(exit::OK);
    }
    output::painted_line(&paint(&one_line(&chat.title), Style::Heading));
    let is_more = !arguments.all && messages.iter().any(|message| message.siblings.len() > 1);
    for message in messages {
        let who = match (message.role, &message.model) {
            (Role::System, _) => "system".to_owned(),
            (Role::User, _) => "you".to_owned(),
            (Role::Assistant, Some(model)) => model.clone(),
            (Role::Assistant, None) => "assistant".to_owned(),
        };
        let state = match message.status {
            MessageStatus::Complete => "",
            MessageStatus::Streaming => " · being written",
            MessageStatus::Interrupted => " · interrupted",
            MessageStatus::Cancelled => " · cancelled",
            MessageStatus::Failed => " · failed",
        };
        let place = message.siblings.iter().position(|id| *id == message.id);
        let which = place.map_or_else(String::new, |place| format!(" · {} of {}", place + 1, message.siblings.len()));
        let head = format!("── {who} · {}{which}{state} · {}", minute(&message.created_at), message.id);
        output::painted_line(&format!("\n{}", paint(&head, Style::Faint)));
        let mut answer = Answer::new();
        answer.part(&message.content);
        answer.end();
        if message.status == MessageStatus::Failed
            && let Some(problem) = problem_of(client, message.run_id)
        {
            output::painted_line(&paint(&format!("failed: {problem}"), Style::Bad));
        }
    }
    if is_more {
        output::note("There are other answers or wordings: add --all.");
    }
    Ok(exit::OK)
}

/// Why a run failed.
fn problem_of(client: &mut Client, run_id: Option<RunId>) -> Option<String> {
    let run = client.call::<RunGet>(&RunRef { run_id: run_id? }).ok()?;
    Some(one_line(&run.problem?.detail))
}

pub(crate) fn projects(arguments: &ListArguments) -> Result<u8, Failure> {
    let params = ListProjects { limit: Some(arguments.limit), ..ListProjects::default() };
    let page = Client::open()?.call::<ProjectList>(&params)?;
    if arguments.json {
        output::json(&page);
        return Ok(exit::OK);
    }
    if page.items.is_empty() {
        output::note("There are no projects yet. `aiia ask \"…\"` makes one for the working directory.");
    }
    for project in &page.items {
        let (id, name) = (paint(project.id.as_str(), Style::Faint), paint(&one_line(&project.name), Style::Heading));
        output::painted_line(&format!("{id}  {name}"));
        for folder in &project.folders {
            output::line(&format!("    {folder}"));
        }
    }
    Ok(exit::OK)
}

/// An RFC 3339 time to the minute, in the local time zone.
fn minute(time: &str) -> String {
    time.parse::<jiff::Timestamp>().map_or_else(
        |_| time.to_owned(),
        |time| time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}
