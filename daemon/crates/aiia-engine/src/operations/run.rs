//! `run.*` and `events.subscribe`

use aiia_llm::ChatMessage;
use aiia_protocol::Empty;
use aiia_protocol::chat::Chat;
use aiia_protocol::event::{Change, Entity, Event};
use aiia_protocol::message::Message;
use aiia_protocol::operation::{EventsSubscribe, RunCancel, RunEvents, RunGet, RunStart};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::{self, Run, RunEvent, RunEventKind, RunRef, RunStatus, StartRun};
use aiia_protocol::settings::Settings;
use aiia_store::{BegunRun, NewAnswers, NewRun};
use futures::StreamExt;
use tokio::sync::broadcast::error::RecvError;

use crate::attachments::{self, AttachedPath};
use crate::config::{History, HistoryStrategy};
use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::gate;
use crate::models::{Chosen, Sampling};
use crate::prices;
use crate::prompt;
use crate::run::{Assignment, events, start};
use crate::session::Session;
use crate::settings::{self, Wishes};

/// The longest message.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Tokens that an image takes, about: what the large providers count for one of ordinary size.
const IMAGE_TOKENS: usize = 1500;
/// Tokens kept free for the answer, at least.
const MIN_ANSWER: u32 = 256;

/// How a model is asked to go on with an answer that was cut off.
const GO_ON: &str = "Your answer above was cut off. Go on exactly where it stops, in the middle of a word if need be. \
                     Repeat nothing and do not comment.";

impl Handle for RunStart {
    async fn handle(session: &Session, params: StartRun) -> Result<Reply<Run>, Problem> {
        let engine = session.engine();
        let attached = match (&params.attachments, &params.replaces) {
            (Some(attachments), _) => !attachments.is_empty(),
            (None, Some(replaced)) => !engine.store.get_message(replaced.clone()).await?.attachments.is_empty(),
            (None, None) => false,
        };
        check_content(&params.content, attached)?;
        let chat = engine.store.get_chat(params.chat_id.clone()).await?;
        let project = engine.store.get_project(chat.project_id.clone()).await?;
        let wishes = Wishes {
            model: params.model.as_deref(),
            system_prompt: params.system_prompt.as_deref(),
            parameters: &params.parameters,
        };
        let (settings, notes) = settings::resolve(engine, &project, Some(&chat), wishes, "chat").await;
        let model = choose(engine, &settings, notes).await?;
        let new = NewRun {
            chat_id: chat.id,
            parent_id: params.parent_id,
            replaces: params.replaces,
            content: params.content,
            attachments: params.attachments,
            model: model.name.clone(),
            action: None,
            settings: settings.clone(),
        };
        let begun = begin(engine, new).await?;
        let path = engine.store.message_path(begun.user_message.id.clone()).await?;
        let run = begun.run;
        set_off(engine, run.clone(), model, &settings, &path, None).await?;
        Ok(Reply::One(run))
    }
}

/// Starts `count` further answers to `question`; one that goes on from `cut` where that is given.
pub(super) async fn answer(
    session: &Session,
    question: Message,
    wishes: Wishes<'_>,
    count: usize,
    cut: Option<Message>,
) -> Result<Vec<Run>, Problem> {
    let engine = session.engine();
    let chat = engine.store.get_chat(question.chat_id.clone()).await?;
    let project = engine.store.get_project(chat.project_id.clone()).await?;
    let (settings, notes) = settings::resolve(engine, &project, Some(&chat), wishes, "chat").await;
    let model = choose(engine, &settings, notes).await?;
    let new = NewAnswers { question: question.id, model: model.name.clone(), settings: settings.clone(), count };
    let begun = engine.store.begin_answers(new).await?;
    let Some(first) = begun.first() else { return Ok(Vec::new()) };
    let path = engine.store.message_path(first.user_message.id.clone()).await?;
    for begun in &begun {
        announce(engine, &begun.chat, &[&begun.message]);
        set_off(engine, begun.run.clone(), model.clone(), &settings, &path, cut.as_ref()).await?;
    }
    Ok(begun.into_iter().map(|begun| begun.run).collect())
}

/// The model that the settings name, else the default one.
pub(crate) async fn choose(engine: &Engine, settings: &Settings, notes: Vec<String>) -> Result<Chosen, Problem> {
    let wish = settings.model.as_ref().map(|model| model.value.as_str());
    let mut model = engine.models().choose(wish).await?;
    model.notes = notes;
    Ok(model)
}

/// What there is to say about the choice of the model.
pub(super) fn notices(model: &Chosen) -> Vec<RunEventKind> {
    model.notes.iter().map(|text| RunEventKind::Notice { reason: "model".to_owned(), text: text.clone() }).collect()
}

/// Seals the conversation up to the end of `path` and lets the run go.
async fn set_off(
    engine: &Engine,
    run: Run,
    model: Chosen,
    settings: &Settings,
    path: &[Message],
    cut: Option<&Message>,
) -> Result<(), Problem> {
    let system = prompt::system(settings.system_prompt.as_ref().map(|prompt| prompt.value.as_str()));
    // A run that cannot be prepared must not stay as one that goes on.
    let attached = match attachments::of_path(engine, path, &model.name).await {
        Ok(attached) => attached,
        Err(problem) => {
            engine.store.abandon_run(run.id, RunStatus::Failed, Some(problem.clone())).await?;
            return Err(problem);
        }
    };
    let (mut messages, dropped) = conversation(&system, path, &attached, model.window, engine.models().history());
    if let Some(cut) = cut {
        messages.push(ChatMessage::new(aiia_llm::Role::Assistant, cut.content.clone()));
        messages.push(ChatMessage::new(aiia_llm::Role::User, GO_ON));
    }
    let sealed = gate::seal(messages, redaction(engine, model.local));
    let sampling = Sampling::new(settings, answer_limit(sealed.messages(), model.window));
    let mut first = notices(&model);
    first.extend(dropped);
    first.extend(attached.notice());
    let already = cut.map(|cut| cut.content.clone()).unwrap_or_default();
    start(engine, Assignment { run, model, sealed, sampling, subject: None, first, already });
    Ok(())
}

/// Stores the question and the beginning of the answer, and tells of both.
pub(super) async fn begin(engine: &Engine, new: NewRun) -> Result<BegunRun, Problem> {
    let begun = engine.store.begin_run(new).await?;
    announce(engine, &begun.chat, &[&begun.user_message, &begun.message]);
    Ok(begun)
}

fn announce(engine: &Engine, chat: &Chat, messages: &[&Message]) {
    let (project, id) = (Some(&chat.project_id), Some(&chat.id));
    for message in messages {
        engine.publish((Entity::Message, Change::Created), &message.id, project, id);
    }
    engine.publish((Entity::Chat, Change::Updated), &chat.id, project, id);
}

/// Refuses a message without words unless something is `attached` to it, and one that is too long.
pub(super) fn check_content(content: &str, attached: bool) -> Result<(), Problem> {
    if content.trim().is_empty() && !attached {
        return Err(Problem::new(ProblemCode::InvalidParams, "The message is empty.")
            .with_error("/content", "some text is needed"));
    }
    check_length(content)
}

pub(super) fn check_length(content: &str) -> Result<(), Problem> {
    if content.len() <= MAX_MESSAGE_BYTES {
        return Ok(());
    }
    Err(Problem::new(
        ProblemCode::TooLarge,
        format!("The message has {} KiB; at most 1024 are taken.", content.len() / 1024),
    )
    .with_hint("Shorten it, or name a file instead."))
}

/// Whether key-like strings are replaced for a model that is `local` or not.
pub(crate) fn redaction(engine: &Engine, local: bool) -> bool {
    let configured = engine.configured();
    let privacy = &configured.config.settings.privacy;
    privacy.redact_secrets && (!local || privacy.redact_local)
}

/// The messages that are sent: the system prompt and the end of `path` that fits into half of the window, or less as `history`
/// says. The last message always goes along. With what there is to say about what does not.
pub(super) fn conversation(
    system: &str,
    path: &[Message],
    attached: &AttachedPath,
    window: u32,
    history: &History,
) -> (Vec<ChatMessage>, Option<RunEventKind>) {
    let mut left = (window / 2) as usize;
    left = left.saturating_sub(aiia_context::count_tokens(system));
    let most = match history.strategy {
        HistoryStrategy::Tokens => usize::MAX,
        HistoryStrategy::Last => (history.messages as usize).saturating_add(1),
    };
    let mut kept = Vec::new();
    let mut all =
        path.iter().rev().filter(|message| !message.content.is_empty() || !message.attachments.is_empty()).peekable();
    while let Some(message) = all.peek() {
        let new = attached.message(message);
        let tokens = aiia_context::count_tokens(&new.content) + new.images.len() * IMAGE_TOKENS;
        if (tokens > left && !kept.is_empty()) || kept.len() >= most {
            break;
        }
        left = left.saturating_sub(tokens);
        kept.push(new);
        all.next();
    }
    let dropped = match all.count() {
        0 => None,
        1 => Some("The first message of this chat was not sent".to_owned()),
        count => Some(format!("The first {count} messages of this chat were not sent")),
    };
    let why = match history.strategy {
        HistoryStrategy::Last => format!("the last {} before the question are, as configured", history.messages),
        HistoryStrategy::Tokens => format!("they do not fit into half of the model's window of {window} tokens"),
    };
    let notice = dropped.map(|dropped| RunEventKind::Notice {
        reason: "history_dropped".to_owned(),
        text: format!("{dropped}: {why}."),
    });
    kept.push(ChatMessage::new(aiia_llm::Role::System, system));
    kept.reverse();
    (kept, notice)
}

/// How many tokens the answer may have.
pub(crate) fn answer_limit(messages: &[ChatMessage], window: u32) -> u32 {
    let asked =
        |message: &ChatMessage| aiia_context::count_tokens(&message.content) + message.images.len() * IMAGE_TOKENS;
    let asked: usize = messages.iter().map(asked).sum();
    window.saturating_sub(asked as u32 + asked as u32 / 8).clamp(MIN_ANSWER, 4096)
}

impl Handle for RunGet {
    async fn handle(session: &Session, params: RunRef) -> Result<Reply<Run>, Problem> {
        let engine = session.engine();
        let mut run = engine.store.get_run(params.run_id).await?;
        if let Some(usage) = &run.usage {
            let price = prices::price_of(&run.model, &engine.configured()).await;
            run.cost_usd = price.and_then(|price| prices::cost(usage, price));
        }
        Ok(Reply::One(run))
    }
}

impl Handle for RunCancel {
    async fn handle(session: &Session, params: RunRef) -> Result<Reply<Run>, Problem> {
        let engine = session.engine();
        if let Some(log) = engine.runs.get(&params.run_id) {
            log.cancel_token().cancel();
            let mut rest = Box::pin(log.follow(0, engine.shutdown_token()));
            while rest.next().await.is_some() {}
        }
        Ok(Reply::One(engine.store.get_run(params.run_id).await?))
    }
}

impl Handle for RunEvents {
    async fn handle(session: &Session, params: run::RunEvents) -> Result<Reply<RunEvent>, Problem> {
        let engine = session.engine();
        let stream = events(&engine.store, &engine.runs, params.run_id, params.after, engine.shutdown_token()).await?;
        Ok(Reply::Many(stream))
    }
}

impl Handle for EventsSubscribe {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Event>, Problem> {
        let receiver = session.engine().subscribe_events();
        let shutdown = session.engine().shutdown_token();
        let events = futures::stream::unfold((receiver, shutdown), |(mut receiver, shutdown)| async move {
            loop {
                let received = tokio::select! {
                    () = shutdown.cancelled() => return None,
                    received = receiver.recv() => received,
                };
                match received {
                    Ok(event) => return Some((event, (receiver, shutdown))),
                    // The gap in the numbers tells the client that it missed some.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            }
        });
        Ok(Reply::Many(events.boxed()))
    }
}

#[cfg(test)]
mod tests {
    use aiia_protocol::message::MessageStatus;
    use rstest::rstest;

    use super::*;

    fn message(number: usize, words: usize) -> Message {
        let role = if number.is_multiple_of(2) { "user" } else { "assistant" };
        serde_json::from_value(serde_json::json!({
            "id": format!("m{number}"), "chat_id": "c", "role": role, "content": format!("{number} {}", "word ".repeat(words)),
            "status": MessageStatus::Complete, "created_at": "2026-01-01T00:00:00Z", "version": 1,
        }))
        .unwrap()
    }

    #[rstest]
    #[case::everything_fits(HistoryStrategy::Tokens, 20, 5, 8192, "0 1 2 3 4", None)]
    #[case::the_end_fits(HistoryStrategy::Tokens, 20, 100, 512, "3 4", Some("The first 3 messages"))]
    #[case::the_question_always_goes(HistoryStrategy::Tokens, 20, 5000, 512, "4", Some("The first 4 messages"))]
    #[case::the_last_two(HistoryStrategy::Last, 2, 5, 8192, "2 3 4", Some("the last 2 before the question"))]
    #[case::the_question_alone(HistoryStrategy::Last, 0, 5, 8192, "4", Some("The first 4 messages"))]
    #[case::one_is_dropped(
        HistoryStrategy::Last,
        3,
        5,
        8192,
        "1 2 3 4",
        Some("The first message of this chat was not sent")
    )]
    fn what_is_sent_of_a_chat(
        #[case] strategy: HistoryStrategy,
        #[case] messages: u32,
        #[case] words: usize,
        #[case] window: u32,
        #[case] expected: &str,
        #[case] notice: Option<&str>,
    ) {
        let path: Vec<Message> = (0..5).map(|number| message(number, words)).collect();
        let (sent, dropped) =
            conversation("s", &path, &AttachedPath::default(), window, &History { strategy, messages });
        let numbers: Vec<&str> = sent.iter().skip(1).filter_map(|sent| sent.content.split(' ').next()).collect();
        assert_eq!(numbers.join(" "), expected);
        let text = dropped.map(|event| match event {
            RunEventKind::Notice { text, .. } => text,
            other => panic!("{other:?}"),
        });
        assert_eq!(text.is_some(), notice.is_some(), "{text:?}");
        assert!(text.unwrap_or_default().contains(notice.unwrap_or_default()));
    }
}
