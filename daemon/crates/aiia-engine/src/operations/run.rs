//! `run.*` and `events.subscribe`

mod stop;

use aiia_llm::ChatMessage;
use aiia_protocol::Empty;
use aiia_protocol::action::ActionKind;
use aiia_protocol::chat::Chat;
use aiia_protocol::event::{Change, Entity, Event};
use aiia_protocol::id::MessageId;
use aiia_protocol::message::Message;
use aiia_protocol::operation::{EventsSubscribe, RunEvents, RunGet, RunStart};
use aiia_protocol::problem::{Problem, ProblemCode, reason};
use aiia_protocol::project::Project;
use aiia_protocol::run::{self, Run, RunEvent, RunEventKind, RunRef, StartRun, notice};
use aiia_protocol::settings::{Origin, Parameters, Settings, Sourced};
use aiia_store::{AnswerBeside, BegunRun, NewAnswers, NewRun};
use futures::StreamExt;
use tokio::sync::broadcast::error::RecvError;

use crate::chat_excerpt::{Fold, SUMMARY_TOKENS};
use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::models::{self, Chosen};
use crate::prices;
use crate::run::{Assignment, Plan, events, start};
use crate::session::Session;
use crate::settings::{self, Wishes};

pub(super) use stop::stop_of_deleted;

/// The longest message.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Tokens kept free for the answer, at least.
const MIN_ANSWER: u32 = 256;

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
        let wishes = Answerers {
            role: "chat",
            models: wished_models(params.model.as_deref(), &params.models)?,
            system_prompt: params.system_prompt.as_deref(),
            parameters: &params.parameters,
        };
        let (Answerer { model, settings }, others) = wishes.choose(session, &project, Some(&chat)).await?;
        let new = NewRun {
            chat_id: chat.id,
            parent_id: params.parent_id,
            replaces: params.replaces,
            content: params.content,
            attachments: params.attachments,
            model: model.name.clone(),
            price: prices::in_force(&model.name, &engine.configured()),
            action: None,
            settings: settings.clone(),
        };
        let history = settings::history(session, &project).await;
        let begun = begin(engine, new).await?;
        let question = begun.user_message.id;
        let mut run = begun.run;
        let mut first = notices(&model);
        let beside = begin_beside(engine, &question, None, &others, &mut first).await;
        let plan = |model: Chosen, settings: Settings, first| Plan {
            model,
            settings,
            history: history.clone(),
            question: question.clone(),
            wording: None,
            cut: None,
            first,
            context: None,
        };
        let trusted = session.is_trusted();
        let assignment = |run, plan| Assignment { run, plan, subject: None, cached: true, trusted };
        start(engine, assignment(run.clone(), plan(model, settings, first)));
        for (begun, Answerer { model, settings }) in beside.into_iter().zip(others) {
            run.beside.push(begun.run.id.clone());
            let first = notices(&model);
            start(engine, assignment(begun.run, plan(model, settings, first)));
        }
        Ok(Reply::One(run))
    }
}

/// The models that are wished for the answers; one `None` where the settings decide.
pub(super) fn wished_models<'a>(model: Option<&'a str>, models: &'a [String]) -> Result<Vec<Option<&'a str>>, Problem> {
    let refused = |detail: String| {
        Err(Problem::new(ProblemCode::InvalidParams, detail).with_error("/models", "2 to 8 models, instead of `model`"))
    };
    match (models.len(), model) {
        (0, model) => Ok(vec![model]),
        (1..=MAX_CANDIDATES, None) => Ok(models.iter().map(|model| Some(model.as_str())).collect()),
        (_, Some(_)) => refused("Either `model` or `models` can be given.".to_owned()),
        (count, None) => refused(format!("At most {MAX_CANDIDATES} models can answer at once, not {count}.")),
    }
}

/// A model that is to answer, and what it answers with.
pub(super) struct Answerer {
    pub(super) model: Chosen,
    pub(super) settings: Settings,
}

/// Who is wished to answer a question, and with what.
pub(super) struct Answerers<'a> {
    pub(super) role: &'a str,
    pub(super) models: Vec<Option<&'a str>>,
    pub(super) system_prompt: Option<&'a str>,
    pub(super) parameters: &'a Parameters,
}

impl Answerers<'_> {
    /// The first one, and those beside it.
    ///
    /// # Errors
    /// When one of them cannot be used; nothing is stored then.
    pub(super) async fn choose(
        self,
        session: &Session,
        project: &Project,
        chat: Option<&Chat>,
    ) -> Result<(Answerer, Vec<Answerer>), Problem> {
        let mut chosen = Vec::with_capacity(self.models.len());
        for model in self.models {
            let wishes = Wishes { model, system_prompt: self.system_prompt, parameters: self.parameters };
            let (settings, notes) = settings::resolve(session, project, chat, wishes, self.role).await;
            let model = choose(session.engine(), &settings, notes, self.role).await?;
            chosen.push(Answerer { model, settings });
        }
        let mut chosen = chosen.into_iter();
        let first = chosen.next();
        let first = first.ok_or_else(|| Problem::new(ProblemCode::Internal, "There is no model to ask."))?;
        Ok((first, chosen.collect()))
    }
}

/// Begins the answers of `others` beside the first one to `question`. That is asked already, so nothing fails as a whole any more: what cannot
/// be begun is told with the `first` words of the first answer.
pub(super) async fn begin_beside(
    engine: &Engine,
    question: &MessageId,
    action: Option<ActionKind>,
    others: &[Answerer],
    first: &mut Vec<RunEventKind>,
) -> Vec<BegunRun> {
    if others.is_empty() {
        return Vec::new();
    }
    let configured = engine.configured();
    let begins = |Answerer { model, settings }: &Answerer| AnswerBeside {
        model: model.name.clone(),
        price: prices::in_force(&model.name, &configured),
        settings: settings.clone(),
    };
    let named = others.iter().map(begins).collect();
    match engine.store.begin_beside(question.clone(), action, named).await {
        Ok(beside) => {
            for begun in &beside {
                announce(engine, &begun.chat, &[&begun.message]);
            }
            beside
        }
        Err(error) => {
            let text = format!("The other models were not asked: {}", Problem::from(error).sentence());
            first.push(RunEventKind::Notice { reason: notice::MODEL.to_owned(), text });
            Vec::new()
        }
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
    let (settings, notes) = settings::resolve(session, &project, Some(&chat), wishes, "chat").await;
    let model = choose(engine, &settings, notes, "chat").await?;
    let price = prices::in_force(&model.name, &engine.configured());
    let again = cut.is_none() && engine.store.is_answered_by(question.id.clone(), model.name.clone()).await?;
    let more = varied(&settings);
    let first = if again { &more } else { &settings };
    let new = NewAnswers {
        question: question.id,
        model: model.name.clone(),
        price,
        settings: first.clone(),
        more: more.clone(),
        count,
    };
    let history = settings::history(session, &project).await;
    let begun = engine.store.begin_answers(new).await?;
    for (begun, settings) in begun.iter().zip(std::iter::once(first).chain(std::iter::repeat(&more))) {
        announce(engine, &begun.chat, &[&begun.message]);
        let plan = Plan {
            model: model.clone(),
            settings: settings.clone(),
            history: history.clone(),
            question: begun.user_message.id.clone(),
            wording: None,
            cut: cut.clone(),
            first: notices(&model),
            context: None,
        };
        let (run, trusted) = (begun.run.clone(), session.is_trusted());
        start(engine, Assignment { run, plan, subject: None, cached: false, trusted });
    }
    Ok(begun.into_iter().map(|begun| begun.run).collect())
}

/// The temperature of another answer to the same question.
const OTHERWISE: f64 = 0.7;

/// The settings for another answer than the one that they gave: at the usual temperature a model would say the same again.
fn varied(settings: &Settings) -> Settings {
    let temperature = settings.temperature.clone().or(Some(Sourced { value: OTHERWISE, origin: Origin::Default }));
    Settings { temperature, ..settings.clone() }
}

/// The model that the settings name for `role`, else the default one.
pub(crate) async fn choose(
    engine: &Engine,
    settings: &Settings,
    notes: Vec<String>,
    role: &str,
) -> Result<Chosen, Problem> {
    let wish = settings.model.as_ref().map(|model| model.value.as_str());
    let named_by = settings.model.as_ref().and_then(|named| namer(engine, named, role));
    let mut model = models::choose(engine, wish).await.map_err(|problem| match &named_by {
        Some(by) => {
            let hint = problem.hint.as_deref().unwrap_or_default();
            let hint = format!("{hint} {by} names {}.", wish.unwrap_or_default());
            problem.with_hint(hint.trim())
        }
        None => problem,
    })?;
    model.notes = notes;
    model.named_by = named_by;
    if wish.is_none() {
        model.notes.extend(engine.models().note_of_default(&model));
    }
    Ok(model)
}

/// What names the model for `role`, unless it is the request itself.
fn namer(engine: &Engine, named: &Sourced<String>, role: &str) -> Option<String> {
    let by = match named.origin {
        Origin::Global => {
            let configured = engine.configured();
            let of_role = configured.config.settings.roles.get(role) == Some(named.value.as_str());
            let key = if of_role { format!("roles.{role}") } else { "model".to_owned() };
            return Some(format!("`{key}` in the configuration"));
        }
        Origin::Folder => "The folder's `.aiia.toml`",
        Origin::Project => "The project (`aiia project set`)",
        Origin::Chat => "The chat",
        Origin::Message | Origin::Default => return None,
    };
    Some(by.to_owned())
}

/// What there is to say about the choice of the model.
pub(super) fn notices(model: &Chosen) -> Vec<RunEventKind> {
    model
        .notes
        .iter()
        .map(|text| RunEventKind::Notice { reason: notice::MODEL.to_owned(), text: text.clone() })
        .collect()
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

/// How many tokens the window leaves for the answer, with the summary that is still to be made.
pub(crate) fn answer_limit(messages: &[ChatMessage], model: &Chosen, fold: Option<&Fold>) -> u32 {
    left_for_answer(model.tokens.count_prompt(messages, model.window as usize), model, fold)
}

fn left_for_answer(asked: usize, model: &Chosen, fold: Option<&Fold>) -> u32 {
    let summary = fold.map_or(0, |_| SUMMARY_TOKENS);
    let asked = (asked as u32).saturating_add(summary);
    model.window.saturating_sub(asked.saturating_add(asked / 8)).max(MIN_ANSWER)
}

/// The room that a prompt leaves for its answer.
pub(crate) struct AnswerRoom {
    limit: u32,
    /// The tokens of the prompt, about, where the window takes far less.
    beyond: Option<u64>,
}

impl AnswerRoom {
    /// The same as [`answer_limit`]; also whether there is any, which the embedded model says itself.
    pub(crate) fn of(messages: &[ChatMessage], model: &Chosen, fold: Option<&Fold>) -> Self {
        let asked = model.tokens.count_prompt(messages, model.window as usize);
        let is_known = !model.is_window_assumed && !model.is_embedded();
        let beyond = if is_known { model.tokens.beyond(messages, asked, model.window) } else { None };
        Self { limit: left_for_answer(asked, model, fold), beyond }
    }

    /// How many tokens the answer may have.
    ///
    /// # Errors
    /// When the prompt does not fit into the window, nor into one of the models that stand in for `model`: a server would refuse it,
    /// or cut it without a word.
    pub(crate) async fn checked(self, engine: &Engine, model: &Chosen) -> Result<u32, Problem> {
        let Some(tokens) = self.beyond else { return Ok(self.limit) };
        for name in &model.fallback {
            if u64::from(engine.models().window_of(name).await.tokens) > tokens {
                return Ok(self.limit);
            }
        }
        let detail = format!(
            "The prompt has about {tokens} tokens, and the window of {} has {}, answer included: nothing was sent.",
            model.name, model.window
        );
        let hint = "Ask for less at once, start a new chat, or choose a model with a larger window.";
        let hint = match models::window_key(&model.name) {
            Some(key) => format!("{hint} `{key}` in the configuration says how many tokens it has."),
            None => hint.to_owned(),
        };
        Err(Problem::new(ProblemCode::ModelError, detail).with_reason(reason::CONTEXT_TOO_LONG).with_hint(hint))
    }
}

impl Handle for RunGet {
    async fn handle(session: &Session, params: RunRef) -> Result<Reply<Run>, Problem> {
        let engine = session.engine();
        let mut run = engine.store.get_run(params.run_id).await?;
        run.cost_usd = prices::cost_of_run(&run);
        Ok(Reply::One(run))
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
    use aiia_protocol::chat::CreateChat;
    use aiia_protocol::operation::Scope;
    use aiia_protocol::project::CreateProject;
    use aiia_protocol::run::RunStatus;

    use super::*;
    use crate::session::{ClientInfo, Transport};

    /// A run that has begun and that nobody drives.
    pub(super) async fn begun(engine: &Engine) -> BegunRun {
        let project = engine.store.create_project(CreateProject::new("p")).await.unwrap();
        let chat = engine.store.create_chat(CreateChat::new(project.id)).await.unwrap();
        let new = NewRun {
            chat_id: chat.id,
            parent_id: None,
            replaces: None,
            content: "why?".to_owned(),
            attachments: None,
            model: "p/m".to_owned(),
            price: None,
            action: None,
            settings: Settings::default(),
        };
        engine.store.begin_run(new).await.unwrap()
    }

    pub(super) fn session(engine: &Engine) -> Session {
        let client = ClientInfo { name: "t".to_owned(), transport: Transport::Cli, scope: Scope::Admin, token: None };
        engine.open_session(client)
    }

    #[tokio::test]
    async fn who_saw_more_than_was_kept_is_told_of_the_end() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let run_id = begun(&engine).await.run.id;
        engine.store.abandon_run(run_id.clone(), RunStatus::Interrupted, None).await.unwrap();
        for (after, expected) in [(0, 1), (1, 2), (7, 8)] {
            let asked = run::RunEvents { run_id: run_id.clone(), after };
            let events: Vec<RunEvent> = session(&engine).stream::<RunEvents>(asked).await.unwrap().collect().await;
            let seen: Vec<u64> = events.iter().map(|event| event.seq).collect();
            assert_eq!(seen, [expected], "after {after}");
        }
    }
}
