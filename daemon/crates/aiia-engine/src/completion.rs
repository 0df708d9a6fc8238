//! Completions for programs that bring their own conversation: nothing is stored, nothing is added, but the gate is passed.

pub use aiia_llm::Embeddings;
use aiia_llm::{ChatMessage, Delta, FinishReason, LlmErrorKind};
use aiia_protocol::chat::{Chat, CreateChat};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::ProjectId;
use aiia_protocol::message::Role;
use aiia_protocol::operation::{ChatCreate, Operation, RunStart};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::Usage;
use aiia_protocol::settings::{Origin, Parameters, Settings};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio_util::sync::CancellationToken;

use crate::models::{self, Sampling};
use crate::session::Session;
use crate::{dispatch, gate};

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// The model, `provider/model`; the default one where absent.
    pub model: Option<String>,
    /// The conversation, oldest first.
    pub messages: Vec<(Role, String)>,
    /// How it is answered.
    pub parameters: Parameters,
}

/// A part of the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text of the answer.
    Text(String),
    /// Text of the model's thinking.
    Reasoning(String),
    /// The end.
    End {
        /// Whether the answer was cut short by a limit.
        cut_off: bool,
        /// What it used.
        usage: Option<Usage>,
    },
    /// The end, without a whole answer.
    Failed(Problem),
}

impl Session {
    /// Answers a conversation without storing anything. Gives the model's name and the parts of the answer; the last one is
    /// an end. Dropping the stream stops the model.
    ///
    /// # Errors
    /// When the client may not, or there is no model.
    pub async fn complete(&self, asked: Completion) -> Result<(String, BoxStream<'static, Part>), Problem> {
        dispatch::check_scope(self, RunStart::ROW)?;
        let engine = self.engine().clone();
        let mut settings = Settings::default();
        let configured = engine.configured();
        let global = &configured.config.settings;
        let global_model = global.roles.get("chat").or(global.model.as_deref());
        settings.lay(Origin::Global, global_model, None, &global.parameters);
        settings.lay(Origin::Message, asked.model.as_deref(), None, &asked.parameters);
        let model = crate::operations::choose(&engine, &settings, Vec::new()).await?;
        let messages = asked.messages.into_iter().map(|(role, text)| ChatMessage::new(to_model(role), text)).collect();
        let sealed = gate::seal(messages, crate::operations::redaction(&engine, model.local));
        let room = crate::operations::answer_limit(sealed.messages(), &model, None);
        let sampling = Sampling::new(&settings, room);
        let cancel = CancellationToken::new();
        let deltas = configured.models.ask(&model, &sealed, &sampling, cancel.child_token());
        let state = State {
            deltas,
            restorer: sealed.restorer(),
            usage: None,
            cut_off: false,
            ready: Vec::new(),
            ended: false,
            shutdown: engine.shutdown_token(),
            _cancel: cancel.drop_guard(),
        };
        let parts = stream::unfold(state, |mut state| async move { state.next().await.map(|part| (part, state)) });
        Ok((model.name, parts.boxed()))
    }

    /// Vectors of `texts` by a model, `provider/model` or an alias. Key-like strings are replaced as in any other request.
    ///
    /// # Errors
    /// When the client may not, or the model gives none.
    pub async fn embed(
        &self,
        model: &str,
        texts: Vec<String>,
        dimensions: Option<u32>,
    ) -> Result<(String, Embeddings), Problem> {
        dispatch::check_scope(self, RunStart::ROW)?;
        let engine = self.engine();
        let models = engine.models();
        let name = models.resolved(model);
        let redact = crate::operations::redaction(engine, models.is_local(&name).await);
        let messages = texts.into_iter().map(|text| ChatMessage::new(aiia_llm::Role::User, text)).collect();
        let sealed = gate::seal(messages, redact);
        let embeddings = models.embed(&name, &sealed, dimensions).await.map_err(|error| {
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
    /// When the client may not, or there is no such project.
    pub async fn keep_conversation(
        &self,
        project_id: ProjectId,
        messages: Vec<(Role, String)>,
        model: Option<String>,
    ) -> Result<Chat, Problem> {
        let (system, said): (Vec<_>, Vec<_>) = messages.into_iter().partition(|(role, _)| *role == Role::System);
        let system: Vec<String> = system.into_iter().map(|(_, text)| text).collect();
        let system_prompt = (!system.is_empty()).then(|| system.join("\n\n"));
        let new = CreateChat { model, system_prompt, ..CreateChat::new(project_id) };
        let chat = self.run::<ChatCreate>(new).await?;
        if said.is_empty() {
            return Ok(chat);
        }
        let chat = self.engine().store.append_messages(chat.id, said).await?;
        self.engine().publish((Entity::Chat, Change::Updated), &chat.id, Some(&chat.project_id), Some(&chat.id));
        Ok(chat)
    }
}

struct State {
    deltas: aiia_llm::DeltaStream,
    restorer: gate::Restorer,
    usage: Option<Usage>,
    cut_off: bool,
    ready: Vec<Part>,
    ended: bool,
    shutdown: CancellationToken,
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
                    return Some(Part::Failed(Problem::new(ProblemCode::Unavailable, "The daemon is shutting down.")));
                }
            };
            match delta {
                Some(Ok(Delta::Text(text))) => {
                    let text = self.restorer.push(&text);
                    if !text.is_empty() {
                        return Some(Part::Text(text));
                    }
                }
                Some(Ok(Delta::Reasoning(text))) => return Some(Part::Reasoning(text)),
                Some(Ok(Delta::Status(_) | Delta::Fallback { .. })) => {}
                Some(Ok(Delta::Usage(used))) => {
                    self.usage = Some(Usage {
                        input_tokens: used.input_tokens,
                        output_tokens: used.output_tokens,
                        cached_tokens: used.cached_tokens,
                    });
                }
                Some(Ok(Delta::Finish(reason))) => self.cut_off = reason == FinishReason::Length,
                Some(Err(error)) => self.end(Part::Failed(models::problem(&error))),
                None => self.end(Part::End { cut_off: self.cut_off, usage: self.usage }),
            }
        }
    }

    /// What was held back goes out before the end.
    fn end(&mut self, last: Part) {
        self.ended = true;
        self.ready.push(last);
        let rest = self.restorer.finish();
        if !rest.is_empty() {
            self.ready.push(Part::Text(rest));
        }
    }
}

fn to_model(role: Role) -> aiia_llm::Role {
    match role {
        Role::System => aiia_llm::Role::System,
        Role::User => aiia_llm::Role::User,
        Role::Assistant => aiia_llm::Role::Assistant,
    }
}
