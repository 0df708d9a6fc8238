//! Titles that a model makes: once, after the first answer of a chat, by the model that the configuration names for it.

use aiia_llm::{ChatMessage, Delta, Role};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::run::Run;
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::gate;
use crate::models::{self, Sampling};
use crate::run::side_usage;
use crate::settings;

/// Bytes of the question and of the answer that the model sees.
const SHOWN: usize = 2000;
/// Tokens that a model may use for a title: what it thinks before counts, too. The title itself is kept short by what it is asked.
const ROOM: u32 = 1024;
/// Characters of a title; a longer reply is none.
const LONGEST: usize = 100;
/// Messages of a branch that has just begun.
const BEGUN: usize = 2;

const SYSTEM: &str = "You name conversations. Reply with a title of two to six words in the language of the conversation, and nothing \
                      else: no quotation marks, no full stop.";

/// Gives the chat of a run that has completed a title, where it is to have one. That is no activity: the chat stays where it is
/// in lists. The folder may name the model where it is `trusted`.
pub(super) async fn entitle(engine: &Engine, run: &Run, trusted: bool) {
    let Ok(chat) = engine.store.get_chat(run.chat_id.clone()).await else { return };
    // Of several answers that were begun at once, the one that the chat shows gives it its title.
    if run.action.is_some() || !chat.title_is_automatic || chat.head_id.as_ref() != Some(&run.message_id) {
        return;
    }
    let Ok(project) = engine.store.get_project(chat.project_id.clone()).await else { return };
    let Some(wish) = settings::model_of_role(engine, &project, "title", trusted).await else { return };
    let Ok(path) = engine.store.message_path(run.message_id.clone()).await else { return };
    if path.len() > BEGUN {
        return;
    }
    let said: Vec<String> = path.iter().map(|message| excerpt(&message.content).to_owned()).collect();
    let title = match ask(engine, run, &wish, &said.join("\n\n---\n\n")).await {
        Ok(Some(title)) => title,
        Ok(None) => return,
        Err(reason) => {
            tracing::info!(chat = %chat.id, reason, "the model made no title");
            return;
        }
    };
    match engine.store.entitle_chat(chat.id.clone(), title).await {
        Ok(Some(chat)) => {
            engine.publish((Entity::Chat, Change::Updated), &chat.id, Some(&chat.project_id), Some(&chat.id));
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(chat = %chat.id, %error, "a title could not be stored"),
    }
}

async fn ask(engine: &Engine, run: &Run, wish: &str, conversation: &str) -> Result<Option<String>, String> {
    let directory = engine.models();
    let mut model = models::choose(engine, Some(wish)).await.map_err(|problem| problem.sentence())?;
    model.fallback.clear();
    let messages = vec![ChatMessage::new(Role::System, SYSTEM), ChatMessage::new(Role::User, conversation)];
    let sealed = gate::seal(messages, crate::operations::redaction(engine, model.local));
    let sampling = Sampling::new(&aiia_protocol::settings::Settings::default(), ROOM);
    let cancel = CancellationToken::new();
    let _cancel = cancel.clone().drop_guard();
    let mut deltas = directory.ask(&model, &sealed, &sampling, cancel);
    let (mut reply, mut usage) = (String::new(), None);
    let shutdown = engine.shutdown_token();
    let ended = loop {
        let delta = tokio::select! {
            () = shutdown.cancelled() => return Ok(None),
            delta = deltas.next() => delta,
        };
        match delta {
            Some(Ok(Delta::Text(text))) => reply.push_str(&text),
            Some(Ok(Delta::Usage(counted))) => usage = Some(counted),
            Some(Ok(_)) => {}
            Some(Err(error)) => break Err(error.message),
            None => break Ok(()),
        }
    };
    if let Some(used) = usage {
        let used = models::usage(used);
        side_usage::enter(engine, run, &model.name, "title", used).await;
    }
    ended?;
    title_of(&reply).map(Some).ok_or_else(|| match reply.trim() {
        "" => format!("{} answered nothing", model.name),
        _ => format!("{} answered something that is no title", model.name),
    })
}

/// The title in a model's reply: its first line without what models put around; nothing where that is no title.
fn title_of(reply: &str) -> Option<String> {
    let line = reply.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_start_matches(['#', '*', '-', ' ']).trim_end_matches('*');
    let line = line.strip_prefix("Title:").unwrap_or(line).trim();
    let line = line.trim_matches(['"', '\'', '“', '”', '„', '«', '»', '`']).trim_end_matches('.').trim();
    let fits = (1..=LONGEST).contains(&line.chars().count()) && !line.chars().any(char::is_control);
    // A placeholder of a secret is no word for a list.
    (fits && !line.contains(gate::PLACEHOLDER_START)).then(|| line.to_owned())
}

fn excerpt(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN)]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Sorting a list in Rust", Some("Sorting a list in Rust"))]
    #[case("\n**Title: \"Sorting a list.\"**\nand more", Some("Sorting a list"))]
    #[case("# „Größe ändern“", Some("Größe ändern"))]
    #[case("", None)]
    #[case("\"\"", None)]
    #[case("Token __AIIA_SECRET_1__", None)]
    #[case(&"long ".repeat(30), None)]
    fn titles_of_replies(#[case] reply: &str, #[case] title: Option<&str>) {
        assert_eq!(title_of(reply).as_deref(), title);
    }
}
