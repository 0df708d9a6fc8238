//! `aiia chat`: what is done to a chat as a whole.

use aiia_protocol::chat::{Chat, ChatRef, DeleteChat, ForkChat, ForkScope, UpdateChat};
use aiia_protocol::id::ChatId;
use aiia_protocol::message::{ListMessages, MessageStatus};
use aiia_protocol::operation::{
    ChatDelete, ChatDuplicate, ChatFork, ChatPurge, ChatRestore, ChatSettings, ChatUpdate, MessageList, RunCancel,
};
use aiia_protocol::run::RunRef;

use crate::cli::arguments::{ChatArguments, ChatChange};
use crate::cli::output::{self, Style, paint};
use crate::cli::sanitize::one_line;
use crate::cli::settings_view;
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn run(arguments: &ChatArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let made = match &arguments.change {
        ChatChange::Duplicate { chat } => client.call::<ChatDuplicate>(&reference(chat))?,
        ChatChange::Fork { chat, message, everything } => client.call::<ChatFork>(&ForkChat {
            chat_id: chat.as_str().into(),
            message_id: message.as_deref().map(Into::into),
            scope: if *everything { ForkScope::Everything } else { ForkScope::Path },
            title: None,
        })?,
        ChatChange::Restore { chat } => client.call::<ChatRestore>(&reference(chat))?,
        ChatChange::Delete { chat } => {
            client.call::<ChatDelete>(&DeleteChat { chat_id: chat.as_str().into(), if_version: None })?;
            output::note(&format!("Deleted. `aiia chat restore {chat}` brings it back."));
            return Ok(gone(arguments.json, "deleted", chat));
        }
        ChatChange::Purge { chat } => {
            client.call::<ChatPurge>(&reference(chat))?;
            output::note("Erased.");
            return Ok(gone(arguments.json, "purged", chat));
        }
        ChatChange::Stop { chat } => return stop(&mut client, chat, arguments.json),
        ChatChange::Settings { chat } => {
            let settings = client.call::<ChatSettings>(&reference(chat))?.settings;
            if arguments.json {
                output::json(&settings);
            } else {
                settings_view::show(&settings);
            }
            return Ok(exit::OK);
        }
        change => client.call::<ChatUpdate>(&update(change))?,
    };
    if arguments.json {
        output::json(&made);
    } else {
        show(&made);
    }
    Ok(exit::OK)
}

/// Stops the answers that are being written in a chat.
fn stop(client: &mut Client, chat: &str, json: bool) -> Result<u8, Failure> {
    let mut going = Vec::new();
    let mut asked = ListMessages { all: true, ..ListMessages::new(chat.into()) };
    loop {
        let page = client.call::<MessageList>(&asked)?;
        let streaming = page.items.into_iter().filter(|message| message.status == MessageStatus::Streaming);
        going.extend(streaming.filter_map(|message| message.run_id));
        let Some(cursor) = page.next_cursor else { break };
        asked.cursor = Some(cursor);
    }
    let mut stopped = Vec::new();
    for run_id in going {
        stopped.push(client.call::<RunCancel>(&RunRef { run_id })?);
    }
    match (json, stopped.len()) {
        (true, _) => output::json(&stopped),
        (false, 0) => output::note("No answer is being written in this chat."),
        (false, 1) => output::note("Stopped. What had arrived is kept."),
        (false, count) => output::note(&format!("{count} answers stopped. What had arrived is kept.")),
    }
    Ok(exit::OK)
}

/// The result of what leaves nothing to show.
fn gone(json: bool, how: &str, chat: &str) -> u8 {
    if json {
        output::json(&serde_json::json!({ how: chat }));
    }
    exit::OK
}

fn reference(chat: &str) -> ChatRef {
    ChatRef { chat_id: chat.into() }
}

/// The change of the chat's own properties that is asked for.
fn update(change: &ChatChange) -> UpdateChat {
    let of = |chat: &String| UpdateChat::new(ChatId::from(chat.as_str()));
    match change {
        ChatChange::Rename { chat, title } => UpdateChat { title: Some(title.clone()), ..of(chat) },
        ChatChange::Pin { chat } => UpdateChat { pinned: Some(true), ..of(chat) },
        ChatChange::Unpin { chat } => UpdateChat { pinned: Some(false), ..of(chat) },
        ChatChange::Favourite { chat } => UpdateChat { favourite: Some(true), ..of(chat) },
        ChatChange::Unfavourite { chat } => UpdateChat { favourite: Some(false), ..of(chat) },
        ChatChange::Archive { chat } => UpdateChat { archived: Some(true), ..of(chat) },
        ChatChange::Unarchive { chat } => UpdateChat { archived: Some(false), ..of(chat) },
        ChatChange::Tag { chat, tags } => UpdateChat { tags: Some(tags.clone()), ..of(chat) },
        ChatChange::Move { chat, project } => UpdateChat { project_id: Some(project.as_str().into()), ..of(chat) },
        ChatChange::Duplicate { chat }
        | ChatChange::Fork { chat, .. }
        | ChatChange::Settings { chat }
        | ChatChange::Stop { chat }
        | ChatChange::Delete { chat }
        | ChatChange::Restore { chat }
        | ChatChange::Purge { chat } => of(chat),
    }
}

fn show(chat: &Chat) {
    let id = paint(chat.id.as_str(), Style::Faint);
    let marks = [(chat.pinned, "pinned"), (chat.favourite, "favourite"), (chat.archived, "archived")];
    let marks = marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark.to_owned());
    let marks: Vec<String> = marks.chain(chat.tags.iter().map(|tag| format!("#{tag}"))).collect();
    let marks = paint(&one_line(&marks.join(" ")), Style::Faint);
    output::painted_line(format!("{id}  {}  {marks}", one_line(&chat.title)).trim_end());
}
