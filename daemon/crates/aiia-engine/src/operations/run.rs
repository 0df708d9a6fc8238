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

use crate::attachments;
use crate::chat_excerpt::{self, Excerpt, Fold, SUMMARY_TOKENS};
use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::gate;
use crate::models::{self, Chosen, Sampling};
use crate::prices;
use crate::prompt;
use crate::run::{Assignment, events, start};
use crate::session::Session;
use crate::settings::{self, Wishes};

/// The longest message.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Tokens kept free for the answer, at least.
const MIN_ANSWER: u32 = 256;

/// How a model is asked to go on with an answer that was cut off.
const GO_ON: &str = "Your answer above was cut off. Go on exactly where it stops, in the middle of a word if need be. \
                     Repeat nothing and do not comment.";

/// At most so many answers to a question are begun at once: each takes a model's time.
pub(super) const MAX_CANDIDATES: usize = 8;

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
        // All of them are known to be usable before anything is stored.
        let mut answers = Vec::new();
        for model in wished_models(&params)? {
            let wishes =
                Wishes { model, system_prompt: params.system_prompt.as_deref(), parameters: &params.parameters };
            let (settings, notes) = settings::resolve(engine, &project, Some(&chat), wishes, "chat").await;
            answers.push((choose(engine, &settings, notes).await?, settings));
        }
        let others = answers.split_off(1);
        let Some((model, settings)) = answers.pop() else {
            return Err(Problem::new(ProblemCode::Internal, "There is no model to ask."));
        };
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
        let mut run = begun.run;
        let named = others.iter().map(|(model, settings)| (model.name.clone(), settings.clone())).collect();
        let beside = if others.is_empty() {
            Vec::new()
        } else {
            engine.store.begin_beside(begun.user_message.id.clone(), named).await?
        };
        set_off(engine, run.clone(), model, &settings, &path, Kind::First).await?;
        for (begun, (model, settings)) in beside.into_iter().zip(others) {
            announce(engine, &begun.chat, &[&begun.message]);
            run.beside.push(begun.run.id.clone());
            set_off(engine, begun.run, model, &settings, &path, Kind::First).await?;
        }
        Ok(Reply::One(run))
    }
}

/// The models that are wished for the answers; one `None` where the settings decide.
fn wished_models(params: &StartRun) -> Result<Vec<Option<&str>>, Problem> {
    let refused = |detail: String| {
        Err(Problem::new(ProblemCode::InvalidParams, detail).with_error("/models", "2 to 8 models, instead of `model`"))
    };
    match (params.models.len(), &params.model) {
        (0, model) => Ok(vec![model.as_deref()]),
        (1..=MAX_CANDIDATES, None) => Ok(params.models.iter().map(|model| Some(model.as_str())).collect()),
        (_, Some(_)) => refused("Either `model` or `models` can be given.".to_owned()),
        (count, None) => refused(format!("At most {MAX_CANDIDATES} models can answer at once, not {count}.")),
    }
}

/// What kind of answer it is.
#[derive(Clone, Copy)]
enum Kind<'a> {
    /// The first one of its model to the question.
    First,
    /// Another one.
    Another,
    /// One that goes on where this one was cut off.
    GoingOn(&'a Message),
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
        let kind = cut.as_ref().map_or(Kind::Another, Kind::GoingOn);
        set_off(engine, begun.run.clone(), model.clone(), &settings, &path, kind).await?;
    }
    Ok(begun.into_iter().map(|begun| begun.run).collect())
}

/// The model that the settings name, else the default one.
pub(crate) async fn choose(engine: &Engine, settings: &Settings, notes: Vec<String>) -> Result<Chosen, Problem> {
    let wish = settings.model.as_ref().map(|model| model.value.as_str());
    let mut model = models::choose(engine, wish).await?;
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
    kind: Kind<'_>,
) -> Result<(), Problem> {
    let cut = if let Kind::GoingOn(cut) = kind { Some(cut) } else { None };
    let system = prompt::system(settings.system_prompt.as_ref().map(|prompt| prompt.value.as_str()));
    // A run that cannot be prepared must not stay as one that goes on.
    let attached = match attachments::of_path(engine, path, &model.name).await {
        Ok(attached) => attached,
        Err(problem) => {
            engine.store.abandon_run(run.id, RunStatus::Failed, Some(problem.clone())).await?;
            return Err(problem);
        }
    };
    let Excerpt { mut messages, notice, fold } = chat_excerpt::excerpt(engine, &system, path, &attached, &model).await;
    if let Some(cut) = cut {
        messages.push(ChatMessage::new(aiia_llm::Role::Assistant, cut.content.clone()));
        messages.push(ChatMessage::new(aiia_llm::Role::User, GO_ON));
    }
    let sealed = gate::seal(messages, redaction(engine, model.local));
    let sampling = Sampling::new(settings, answer_limit(sealed.messages(), &model, fold.as_ref()));
    let mut first = notices(&model);
    first.extend(notice);
    first.extend(attached.notice());
    let already = cut.map(|cut| cut.content.clone()).unwrap_or_default();
    start(
        engine,
        Assignment {
            run,
            model,
            sealed,
            sampling,
            subject: None,
            first,
            already,
            fold,
            cached: matches!(kind, Kind::First),
        },
    );
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

/// How many tokens the answer may have, with the summary that is still to be made.
pub(crate) fn answer_limit(messages: &[ChatMessage], model: &Chosen, fold: Option<&Fold>) -> u32 {
    let summary = fold.map_or(0, |_| SUMMARY_TOKENS);
    let asked = (model.tokens.count_prompt(messages) as u32).saturating_add(summary);
    model.window.saturating_sub(asked.saturating_add(asked / 8)).clamp(MIN_ANSWER, 4096)
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
