//! Completions for programs that bring their own conversation: it is not stored and nothing is added to it, but the gate is passed,
//! and what was used is counted.

mod meter;

pub use aiia_llm::Embeddings;
use aiia_llm::{ChatMessage, Delta, DeltaStream, FinishReason, Image, LlmErrorKind};
use aiia_protocol::attachment::{AttachmentKind, CreateAttachment};
use aiia_protocol::chat::{Chat, CreateChat, DeleteChat};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::{AttachmentId, ChatId, ProjectId};
use aiia_protocol::message::Role;
use aiia_protocol::operation::{AttachmentCreate, ChatCreate, ChatDelete, Operation, RunStart};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::{RunStatus, Usage};
use aiia_protocol::settings::{Origin, Parameters, Settings};
use aiia_store::Said;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use meter::Meter;
use tokio_util::sync::CancellationToken;

use crate::chat_excerpt::joined;
use crate::engine::Engine;
use crate::models::{self, Sampling};
use crate::operations::AnswerRoom;
use crate::run::{apart, broken_off, cache, empty};
use crate::session::Session;
use crate::{attachments, dispatch, gate};

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// The model, `provider/model`; the default one where absent.
    pub model: Option<String>,
    /// The conversation, oldest first.
    pub messages: Vec<Turn>,
    /// How it is answered.
    pub parameters: Parameters,
    /// As what it is entered into the ledger, such as [`API`].
    pub purpose: &'static str,
}

/// What requests of other programs are in the ledger.
pub const API: &str = "api";
/// What a question that only sees whether a model answers is in the ledger.
pub const MODEL_TEST: &str = "model_test";
/// What requests of other programs for embeddings are in the ledger.
pub const API_EMBEDDINGS: &str = "api_embeddings";

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Who says it.
    pub role: Role,
    /// What.
    pub content: String,
    /// Pictures that go with it.
    pub images: Vec<Picture>,
}

impl Turn {
    /// A message without pictures.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), images: Vec::new() }
    }
}

/// A picture: PNG, JPEG, GIF or WebP.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture(Image);

impl Picture {
    /// The picture of these bytes, in Base64. What it is is told by its first bytes.
    ///
    /// # Errors
    /// When it is no such picture, or too large.
    pub fn from_base64(content: &str) -> Result<Self, Problem> {
        let found = attachments::inspect("image", &attachments::decode(content)?)?;
        if found.kind != AttachmentKind::Image {
            return Err(Problem::new(ProblemCode::UnsupportedMediaType, "It is no PNG, JPEG, GIF or WebP image."));
        }
        Ok(Self(Image { media_type: found.media_type, data: content.to_owned() }))
    }
}

/// An answer on its way.
pub struct Completed {
    /// The model that is asked, `provider/model`.
    pub model: String,
    /// When the same was answered before, where that answer is given again (RFC 3339, UTC).
    pub kept_since: Option<String>,
    /// The parts; the last one is an end.
    pub parts: BoxStream<'static, Part>,
}

/// A part of the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text of the answer.
    Text(String),
    /// Text of the model's thinking.
    Reasoning(String),
    /// Another model answers: the one that was asked could not.
    AnsweredBy(String),
    /// The end.
    End {
        /// How it ended.
        ending: Ending,
        /// What it used.
        usage: Option<Usage>,
    },
    /// The end, without a whole answer.
    Failed(Problem),
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself.
    Whole,
    /// A limit cut it off.
    CutOff,
    /// The provider withheld the rest.
    Withheld,
}

impl Session {
    /// Answers a conversation without storing it. What it used is entered into the ledger, however it ends. Dropping the
    /// stream stops the model.
    ///
    /// # Errors
    /// When the client may not, there is no model, it takes no pictures, or its window is too small.
    pub async fn complete(&self, asked: Completion) -> Result<Completed, Problem> {
        dispatch::check_scope(self, RunStart::ROW)?;
        let engine = self.engine().clone();
        engine.refresh_config().await;
        let mut settings = Settings::default();
        let configured = engine.configured();
        let global = &configured.config.settings;
        let global_model = global.roles.get("chat").or(global.model.as_deref());
        settings.lay(Origin::Global, global_model, None, &global.parameters);
        settings.lay(Origin::Message, asked.model.as_deref(), None, &asked.parameters);
        let wish = settings.model.as_ref().map(|model| model.value.as_str());
        let mut model = models::choose(&engine, wish).await?;
        if asked.purpose == MODEL_TEST {
            // Another one that answers tells nothing of this one.
            model.fallback.clear();
        }
        if asked.messages.iter().any(|turn| !turn.images.is_empty()) && !configured.models.sees(&model.name).await {
            let detail = format!("{} takes no images.", model.name);
            return Err(Problem::new(ProblemCode::InvalidParams, detail.clone()).with_error("/messages", detail));
        }
        let messages: Vec<_> = asked.messages.into_iter().map(to_model).collect();
        let is_test = asked.purpose == MODEL_TEST;
        let fills = is_test && configured.models.fills_gaps(&model.name);
        let (redact, counts) = (crate::operations::redaction(&engine, model.local), model.clone());
        let (sealed, room) = apart(move || {
            // A gap is two texts; else, the templates of some models refuse neighbours of one role.
            let messages = if fills { messages } else { joined(messages) };
            let sealed = gate::seal(messages, redact);
            let room = AnswerRoom::of(sealed.messages(), &counts, None);
            (sealed, room)
        })
        .await?;
        let sampling = Sampling::new(&settings, room.checked(&engine, &model).await?);
        let key = if is_test { None } else { cache::key(&engine, &model, &sealed, &sampling) };
        let kept = match &key {
            Some(key) => cache::kept(&engine, key).await.filter(|kept| !kept.text.trim().is_empty()),
            None => None,
        };
        let mut meter = Meter::new(&engine, &model.name, asked.purpose, None);
        let cancel = CancellationToken::new();
        let (deltas, keep, kept_since) = if let Some(kept) = kept {
            meter.is_from_cache();
            (given_again(kept.text), None, Some(kept.created_at))
        } else {
            let cancel = cancel.child_token();
            let deltas = if fills {
                configured.models.fill(&model, &sealed, &sampling, cancel)
            } else {
                configured.models.ask(&model, &sealed, &sampling, cancel)
            };
            let deltas = models::bounded(deltas, sampling.max_tokens());
            (deltas, key.map(|key| (key, String::new())), None)
        };
        let state = State {
            engine: engine.clone(),
            deltas,
            restorer: sealed.restorer(),
            usage: None,
            finish: None,
            limit: sampling.max_tokens(),
            // There may be nothing to fill a gap with.
            said: fills,
            has_thought: false,
            answering: model.name.clone(),
            keep,
            ready: Vec::new(),
            ended: false,
            shutdown: engine.shutdown_token(),
            meter,
            _cancel: cancel.drop_guard(),
        };
        let parts = stream::unfold(state, |mut state| async move { state.next().await.map(|part| (part, state)) });
        Ok(Completed { model: model.name, kept_since, parts: parts.boxed() })
    }

    /// Whether the model of this name, `provider/model`, only fills gaps in texts and cannot answer.
    pub fn only_fills_gaps(&self, model: &str) -> bool {
        self.engine().models().fills_gaps(model)
    }

    /// Vectors of `texts` by a model, `provider/model` or an alias. Key-like strings are replaced as in any other request. What
    /// it used is entered into the ledger, for `project` where one is named.
    ///
    /// # Errors
    /// When the client may not, there is no such project, or the model gives none.
    pub async fn embed(
        &self,
        model: &str,
        texts: Vec<String>,
        dimensions: Option<u32>,
        project: Option<ProjectId>,
    ) -> Result<(String, Embeddings), Problem> {
        dispatch::check_scope(self, RunStart::ROW)?;
        let engine = self.engine();
        engine.refresh_config().await;
        if let Some(project) = &project {
            engine.store.get_project(project.clone()).await?;
        }
        let name = engine.models().resolved(model);
        models::await_key(engine, name.split_once('/').map(|(provider, _)| provider)).await;
        let models = engine.models();
        let redact = crate::operations::redaction(engine, models.is_local(&name).await);
        let messages = texts.into_iter().map(|text| ChatMessage::new(aiia_llm::Role::User, text)).collect();
        let sealed = gate::seal(messages, redact);
        let mut meter = Meter::new(engine, &name, API_EMBEDDINGS, project);
        let embedded = models.embed(&name, &sealed, dimensions).await;
        if let Ok(embeddings) = &embedded {
            // There is no answer to be counted.
            meter.used(Usage { input_tokens: embeddings.tokens, output_tokens: Some(0), ..Usage::default() });
        }
        meter.end(if embedded.is_ok() { RunStatus::Completed } else { RunStatus::Failed }).await;
        let embeddings = embedded.map_err(|error| {
            if error.kind != LlmErrorKind::BadRequest {
                return models::problem(&error);
            }
            let problem = Problem::new(ProblemCode::InvalidParams, error.message.clone());
            problem.with_error("/model", error.message).with_hint(error.hint)
        })?;
        Ok((name, embeddings))
    }

    /// Keeps a conversation that was held elsewhere as a new chat of the project: what the system said becomes its system
    /// prompt.
    ///
    /// # Errors
    /// When the client may not, or there is no such project; then there is no chat either.
    pub async fn keep_conversation(
        &self,
        project_id: ProjectId,
        messages: Vec<Turn>,
        model: Option<String>,
    ) -> Result<Chat, Problem> {
        let (system, turns): (Vec<_>, Vec<_>) = messages.into_iter().partition(|turn| turn.role == Role::System);
        let system: Vec<String> = system.into_iter().map(|turn| turn.content).collect();
        let system_prompt = (!system.is_empty()).then(|| system.join("\n\n"));
        let new = CreateChat { model, system_prompt, ..CreateChat::new(project_id) };
        let chat = self.run::<ChatCreate>(new).await?;
        if turns.is_empty() {
            return Ok(chat);
        }
        let kept = self.keep_turns(&chat.id, turns).await;
        if kept.is_err() {
            self.give_up_chat(&chat.id).await;
        }
        kept
    }

    async fn keep_turns(&self, chat_id: &ChatId, turns: Vec<Turn>) -> Result<Chat, Problem> {
        let mut said = Vec::with_capacity(turns.len());
        for Turn { role, content, images } in turns {
            said.push(Said { role, content, attachments: self.attach(images).await? });
        }
        let chat = self.engine().store.append_messages(chat_id.clone(), said).await?;
        self.engine().publish((Entity::Chat, Change::Updated), &chat.id, Some(&chat.project_id), Some(&chat.id));
        Ok(chat)
    }

    /// Deletes a chat in which nothing could be asked: it would only be in the way.
    pub async fn give_up_chat(&self, chat_id: &ChatId) {
        let unwanted = DeleteChat { chat_id: chat_id.clone(), if_version: None };
        if let Err(problem) = self.run::<ChatDelete>(unwanted).await {
            tracing::warn!(%problem, chat = %chat_id, "a chat that never began stays");
        }
    }

    /// Stores pictures, so that a message can take them.
    ///
    /// # Errors
    /// When the client may not, or the store cannot be written.
    pub async fn attach(&self, images: Vec<Picture>) -> Result<Vec<AttachmentId>, Problem> {
        let mut ids = Vec::with_capacity(images.len());
        for (index, Picture(image)) in images.into_iter().enumerate() {
            let ending = image.media_type.rsplit('/').next().unwrap_or_default();
            let name = format!("image-{}.{ending}", index + 1);
            ids.push(self.run::<AttachmentCreate>(CreateAttachment { name, content: image.data }).await?.id);
        }
        Ok(ids)
    }
}

/// The problem without the word that what arrived is kept, which is true of chats alone.
fn not_kept(problem: Problem) -> Problem {
    let hint = problem.hint.map(|hint| hint.replacen("What arrived is kept. ", "", 1));
    Problem { hint, ..problem }
}

/// A kept answer as a model would give it.
fn given_again(text: String) -> DeltaStream {
    let nothing = aiia_llm::Usage { input_tokens: Some(0), output_tokens: Some(0), ..aiia_llm::Usage::default() };
    let deltas = [Delta::Text(text), Delta::Usage(nothing), Delta::Finish(FinishReason::Stop)];
    stream::iter(deltas.map(Ok)).boxed()
}

struct State {
    engine: Engine,
    deltas: DeltaStream,
    restorer: gate::Restorer,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    /// The most tokens of the answer.
    limit: u32,
    /// Whether there was a word.
    said: bool,
    has_thought: bool,
    /// The model that answers.
    answering: String,
    /// Under what the answer is to be kept, and as much of it as came.
    keep: Option<(String, String)>,
    ready: Vec<Part>,
    ended: bool,
    shutdown: CancellationToken,
    meter: Meter,
    /// Stops the model when nobody reads any more.
    _cancel: tokio_util::sync::DropGuard,
}

impl State {
    async fn next(&mut self) -> Option<Part> {
        loop {
            if let Some(part) = self.ready.pop() {
                return Some(part);
            }
            if self.ended {
                return None;
            }
            let delta = tokio::select! {
                delta = self.deltas.next() => delta,
                () = self.shutdown.cancelled() => {
                    self.ended = true;
                    self.meter.end(RunStatus::Interrupted).await;
                    return Some(Part::Failed(Problem::new(ProblemCode::Unavailable, "The daemon is shutting down.")));
                }
            };
            match delta {
                Some(Ok(Delta::Text(text))) => {
                    if let Some((_, kept)) = &mut self.keep {
                        kept.push_str(&text);
                    }
                    self.said |= !text.trim().is_empty();
                    let text = self.restorer.push(&text);
                    if !text.is_empty() {
                        return Some(Part::Text(text));
                    }
                }
                Some(Ok(Delta::Reasoning(text))) => {
                    self.has_thought = true;
                    return Some(Part::Reasoning(text));
                }
                Some(Ok(Delta::Status(_))) => {}
                Some(Ok(Delta::Fallback { to, .. })) => {
                    // What another model says is not kept as this one's.
                    self.keep = None;
                    self.meter.answered_by(&to);
                    self.usage = None;
                    self.meter.used(Usage::default());
                    self.answering.clone_from(&to);
                    return Some(Part::AnsweredBy(to));
                }
                Some(Ok(Delta::Usage(used))) => {
                    let usage = models::usage(used);
                    self.usage = Some(usage);
                    self.meter.used(usage);
                }
                Some(Ok(Delta::Finish(reason))) => self.finish = Some(reason),
                Some(Err(error)) => {
                    self.meter.end(RunStatus::Failed).await;
                    self.end(Part::Failed(models::problem(&error)));
                }
                None => {
                    let withheld = self.finish == Some(FinishReason::ContentFilter);
                    let broken_off = broken_off(&self.answering, self.finish.as_ref(), self.said).filter(|_| !withheld);
                    if let Some(problem) = broken_off.or_else(|| self.nothing()) {
                        self.meter.end(RunStatus::Failed).await;
                        self.end(Part::Failed(problem));
                        continue;
                    }
                    self.meter.end(RunStatus::Completed).await;
                    if let Some((key, text)) = self.keep.take().filter(|_| self.finish == Some(FinishReason::Stop)) {
                        cache::keep(&self.engine, ChatId(String::new()), key, text).await;
                    }
                    let ending = match self.finish {
                        Some(FinishReason::Length) => Ending::CutOff,
                        Some(FinishReason::ContentFilter) => Ending::Withheld,
                        _ => Ending::Whole,
                    };
                    self.end(Part::End { ending, usage: self.usage });
                }
            }
        }
    }

    /// The problem of an answer that ended by itself without a word.
    fn nothing(&self) -> Option<Problem> {
        let ended = !matches!(self.finish, Some(FinishReason::Length | FinishReason::ContentFilter));
        let used = self.usage.and_then(|usage| usage.output_tokens);
        (ended && !self.said).then(|| empty(&self.answering, self.finish.as_ref(), self.limit, used, self.has_thought))
    }

    /// What was held back goes out before the end.
    fn end(&mut self, last: Part) {
        let last = match last {
            Part::Failed(problem) => Part::Failed(not_kept(problem)),
            last => last,
        };
        self.ended = true;
        self.ready.push(last);
        let rest = self.restorer.finish();
        if !rest.is_empty() {
            self.ready.push(Part::Text(rest));
        }
    }
}

fn to_model(turn: Turn) -> ChatMessage {
    let role = match turn.role {
        Role::System => aiia_llm::Role::System,
        Role::User => aiia_llm::Role::User,
        Role::Assistant => aiia_llm::Role::Assistant,
    };
    let images = turn.images.into_iter().map(|Picture(image)| image).collect();
    ChatMessage { images, ..ChatMessage::new(role, turn.content) }
}
