//! From a branch of a chat to what a model is sent: what fits is chosen, what goes along is read, and all of it is sealed. The
//! counting and the search for secrets are done on threads that may take their time.

use aiia_llm::{ChatMessage, Role};
use aiia_protocol::id::MessageId;
use aiia_protocol::message::Message;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::RunEventKind;
use aiia_protocol::run::notice::HISTORY_DROPPED;
use aiia_protocol::settings::Settings;

use crate::attachments;
use crate::chat_excerpt::{self, Excerpt, Fold, Tail};
use crate::config::History;
use crate::engine::Engine;
use crate::gate::{self, Sealed};
use crate::models::{Chosen, Sampling};
use crate::operations::{AnswerRoom, redaction};
use crate::prompt;

/// How a model is asked to go on with an answer that was cut off.
const GO_ON: &str = "Your answer above was cut off. Go on exactly where it stops, in the middle of a word if need be. \
                     Repeat nothing and do not comment.";

/// What an answer is to be made of.
pub(crate) struct Plan {
    pub(crate) model: Chosen,
    pub(crate) settings: Settings,
    /// What of the chat is sent.
    pub(crate) history: History,
    /// The question as it stands in the chat.
    pub(crate) question: MessageId,
    /// The question as the model gets it, where that is in other words.
    pub(crate) wording: Option<String>,
    /// The answer that was cut off, where one goes on.
    pub(crate) cut: Option<Message>,
    /// What to tell first.
    pub(crate) first: Vec<RunEventKind>,
    /// The code that is sent along, as it is told.
    pub(crate) context: Option<RunEventKind>,
}

/// What is sent, and how.
pub(super) struct Prepared {
    pub(super) model: Chosen,
    pub(super) sealed: Sealed,
    pub(super) sampling: Sampling,
    /// What of the chat is to be summarised before.
    pub(super) fold: Option<Fold>,
    /// What is sent, and how it is answered, where no summary comes of that.
    pub(super) unfolded: Option<Box<(Sealed, Sampling)>>,
    /// What to tell first.
    pub(super) first: Vec<RunEventKind>,
}

/// Prepares what `plan` wishes.
///
/// # Errors
/// When the store cannot be read, or the model's window does not take what is asked.
pub(super) async fn prepare(engine: &Engine, plan: Plan) -> Result<Prepared, Problem> {
    let Plan { mut model, settings, history, question, wording, cut, mut first, context } = plan;
    let mut path = engine.store.message_path(question).await?;
    // The next time it is sent as the chat has it.
    let reworded = wording.is_some() || cut.is_some();
    let tail = if wording.is_some() {
        path.pop();
        Tail::Elsewhere
    } else {
        Tail::Question
    };
    let summary = chat_excerpt::known_summary(engine, &path, &history).await;
    let system = prompt::system(settings.system_prompt.as_ref().map(|prompt| prompt.value.as_str()));
    let chooser = model.clone();
    let chosen = apart(move || chat_excerpt::choose(&system, path, tail, &chooser, &history, summary)).await?;
    let attached = attachments::of(engine, chosen.sent(), chosen.folded(), &model.name).await?;
    if attached.has_images() {
        // One that cannot see them would answer another question.
        let mut seeing = Vec::with_capacity(model.fallback.len());
        for name in std::mem::take(&mut model.fallback) {
            if engine.models().sees(&name).await {
                seeing.push(name);
            }
        }
        model.fallback = seeing;
    }
    let redact = redaction(engine, model.local);
    let local = model.clone();
    let sealing = move || {
        let Excerpt { messages, notice, fold, unfolded } = chosen.excerpt(&attached);
        let seal = |mut messages: Vec<ChatMessage>| {
            if let Some(cut) = &cut {
                messages.push(ChatMessage::new(Role::Assistant, cut.content.clone()));
                messages.push(ChatMessage::new(Role::User, GO_ON));
            }
            messages.extend(wording.clone().map(|wording| ChatMessage::new(Role::User, wording)));
            let sealed = gate::seal(chat_excerpt::joined(messages), redact);
            let room = AnswerRoom::of(sealed.messages(), &local, fold.as_ref());
            (sealed, room)
        };
        let (sealed, unfolded) = (seal(messages), (!unfolded.is_empty()).then(|| seal(unfolded)));
        (sealed, unfolded, fold, notice, attached.notice())
    };
    let ((sealed, room), unfolded, fold, notice, of_attachments) = apart(sealing).await?;
    let limit = room.checked(engine, &model).await?;
    // A chat of which the first messages are left out begins elsewhere the next time.
    let slides = matches!(&notice, Some(RunEventKind::Notice { reason, .. }) if reason == HISTORY_DROPPED);
    let sampling = Sampling::new(&settings, limit).kept(!slides && !reworded);
    let unfolded = match unfolded {
        Some((sealed, room)) => {
            let room = room.checked(engine, &model).await?;
            Some(Box::new((sealed, Sampling::new(&settings, room).kept(false))))
        }
        None => None,
    };
    // What was left out may have had room.
    if notice.is_some() || fold.is_some() || sampling.is_shortened(&settings) {
        model.tell_assumed_window(&mut first);
    }
    first.extend(notice);
    first.extend(of_attachments);
    first.extend(context.map(|context| with_redactions(context, sealed.redactions())));
    Ok(Prepared { model, sealed, sampling, fold, unfolded, first })
}

/// Does `work`, which takes its time, where nobody else waits for it.
///
/// # Errors
/// When it fails by a fault of ours.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("What is sent could not be prepared: {error}.")))
}

fn with_redactions(context: RunEventKind, count: usize) -> RunEventKind {
    match context {
        RunEventKind::Context { tokens, pieces, .. } => {
            RunEventKind::Context { tokens, pieces, redactions: count as u64 }
        }
        other => other,
    }
}
