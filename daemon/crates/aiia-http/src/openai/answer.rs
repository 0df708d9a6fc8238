//! The answer in `OpenAI`'s form: at once, or as a stream of chunks.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use aiia_engine::Session;
use aiia_engine::completion::{API, Completed, Completion as Asked, Ending, Part, Turn};
use aiia_protocol::chat::ChatRef;
use aiia_protocol::id::{ChatId, RunId};
use aiia_protocol::operation::{ChatGet, RunEvents, RunGet, RunStart};
use aiia_protocol::problem::{Problem, ProblemCode, reason};
use aiia_protocol::run::{self, RunEvent, RunEventKind, RunRef, RunStatus, StartRun, Usage, notice};
use axum::Json;
use axum::http::HeaderValue;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use serde_json::{Value, json};

use super::request::Completion;
use crate::envelope::{Failure, panicked};
use crate::guard::{Access, Proof};
use crate::router::App;

/// How long the head of a stream waits for the first part of the answer.
const FIRST_PART: Duration = Duration::from_secs(2);

/// An answer on its way.
struct Answer {
    id: String,
    created: u64,
    model: String,
    /// The chat that keeps it.
    chat_id: Option<String>,
    /// When the same was answered before, where that answer is given again.
    kept_since: Option<String>,
    parts: BoxStream<'static, Part>,
}

impl Answer {
    fn new(model: String, parts: BoxStream<'static, Part>) -> Self {
        let created = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs());
        let id = format!("chatcmpl-{}", uuid::Uuid::now_v7().simple());
        Self { id, created, model, chat_id: None, kept_since: None, parts }
    }
}

pub(super) async fn respond(
    app: App,
    session: Session,
    access: Access,
    wanted: Completion,
) -> Result<Response, Failure> {
    let (stream, include_usage) = (wanted.stream, wanted.include_usage);
    let session = Arc::new(session);
    let mut answer = ask(&session, wanted).await?;
    answer.parts = ended(answer.parts, over(app, access));
    let (chat_id, kept_since) = (answer.chat_id.clone(), answer.kept_since.clone());
    if stream {
        answer.parts = begun(answer.parts).await?;
    }
    let mut response = if stream { streamed(session, answer, include_usage) } else { whole(session, answer).await? };
    if let Some(value) = chat_id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        response.headers_mut().insert("x-aiia-chat", value);
    }
    if let Some(value) = kept_since.and_then(|time| HeaderValue::from_str(&time).ok()) {
        response.headers_mut().insert("x-aiia-kept-since", value);
    }
    Ok(response)
}

/// Until nothing more is answered; why.
async fn over(app: App, access: Access) -> Problem {
    let revoked = match access.by {
        Proof::Bearer => "The token was revoked or has expired.",
        Proof::Cookie => "The browser has signed out.",
    };
    tokio::select! {
        () = app.shutdown.cancelled_owned() => Problem::new(ProblemCode::Unavailable, "The daemon is shutting down."),
        () = access.over() => Problem::new(ProblemCode::Unauthorized, revoked),
    }
}

/// The parts up to the last one. Where `over` comes before that one, or it is missing, the last one says why: without it a
/// client would take what came for the whole answer.
fn ended(
    parts: BoxStream<'static, Part>,
    over: impl Future<Output = Problem> + Send + 'static,
) -> BoxStream<'static, Part> {
    stream::unfold(Some((parts, Box::pin(over))), |state| async move {
        let (mut parts, mut over) = state?;
        let part = tokio::select! {
            biased;
            problem = over.as_mut() => Part::Failed(problem),
            part = parts.next() => part.unwrap_or_else(|| {
                Part::Failed(Problem::new(ProblemCode::Unavailable, "The answer ended before it was whole."))
            }),
        };
        let is_last = matches!(part, Part::End { .. } | Part::Failed(_));
        Some((part, (!is_last).then_some((parts, over))))
    })
    .boxed()
}

/// The parts, unless they begin with an error within a moment: such an answer is no stream, but has a status.
async fn begun(mut parts: BoxStream<'static, Part>) -> Result<BoxStream<'static, Part>, Problem> {
    match tokio::time::timeout(FIRST_PART, parts.next()).await {
        Ok(Some(Part::Failed(problem))) => Err(problem),
        Ok(first) => Ok(stream::iter(first).chain(parts).boxed()),
        Err(_) => Ok(parts),
    }
}

async fn ask(session: &Arc<Session>, wanted: Completion) -> Result<Answer, Problem> {
    if wanted.chat_id.is_none() && wanted.project_id.is_none() {
        let Completion { model, messages, parameters, .. } = wanted;
        let asked = Asked { model, messages, parameters, purpose: API };
        let Completed { model, kept_since, parts } = session.complete(asked).await?;
        return Ok(Answer { kept_since, ..Answer::new(model, parts) });
    }
    // What is kept goes on to its end when the client leaves in the middle.
    let session = Arc::clone(session);
    let kept = tokio::spawn(async move { ask_in_chat(&session, wanted).await });
    kept.await.map_err(|_| panicked())?
}

/// Asks in the chat that is wanted, or in a new one of the project; that one goes again when nothing can be asked.
async fn ask_in_chat(session: &Arc<Session>, mut wanted: Completion) -> Result<Answer, Problem> {
    let last = wanted.messages.pop();
    if let Some(chat_id) = wanted.chat_id.clone() {
        let chat = session.run::<ChatGet>(ChatRef { chat_id: chat_id.into() }).await?;
        return start(session, chat.id, last, wanted).await;
    }
    let project = wanted.project_id.clone().unwrap_or_default();
    let said = std::mem::take(&mut wanted.messages);
    let chat = session.keep_conversation(project.into(), said, None).await?;
    let answer = start(session, chat.id.clone(), last, wanted).await;
    if answer.is_err() {
        session.give_up_chat(&chat.id).await;
    }
    answer
}

async fn start(
    session: &Arc<Session>,
    chat_id: ChatId,
    last: Option<Turn>,
    wanted: Completion,
) -> Result<Answer, Problem> {
    let Completion { model, parameters, .. } = wanted;
    let (content, images) = last.map(|Turn { content, images, .. }| (content, images)).unwrap_or_default();
    let attachments = if images.is_empty() { None } else { Some(session.attach(images).await?) };
    let start = StartRun { model, parameters, attachments, ..StartRun::new(chat_id.clone(), content) };
    let run = session.run::<RunStart>(start).await?;
    let events = session.stream::<RunEvents>(run::RunEvents { run_id: run.id.clone(), after: 0 }).await?;
    let parts = parts(Arc::clone(session), run.id, events);
    Ok(Answer { chat_id: Some(chat_id.0), ..Answer::new(run.model, parts) })
}

/// What is known of a run so far.
#[derive(Default)]
struct Heard {
    usage: Option<Usage>,
    said: bool,
    cut_off: bool,
}

/// The events of a run as parts of an answer.
fn parts(session: Arc<Session>, run_id: RunId, events: BoxStream<'static, RunEvent>) -> BoxStream<'static, Part> {
    events
        .then(move |event| {
            let (session, run_id) = (Arc::clone(&session), run_id.clone());
            async move {
                let falls_back =
                    matches!(&event.kind, RunEventKind::Notice { reason, .. } if reason == notice::FALLBACK);
                let run = if falls_back { session.run::<RunGet>(RunRef { run_id }).await.ok() } else { None };
                (event, run.map(|run| run.model))
            }
        })
        .scan(Heard::default(), |heard, (event, model)| {
            let part = match event.kind {
                RunEventKind::Text { text } => {
                    heard.said |= !text.is_empty();
                    Some(Part::Text(text))
                }
                RunEventKind::Reasoning { text } => Some(Part::Reasoning(text)),
                RunEventKind::Usage { usage: used } => {
                    heard.usage = Some(used);
                    None
                }
                RunEventKind::Notice { reason, .. } => {
                    heard.cut_off |= reason == notice::ANSWER_CUT_OFF;
                    model.map(Part::AnsweredBy)
                }
                RunEventKind::Done { status: RunStatus::Completed, .. } => {
                    let ending = if heard.cut_off { Ending::CutOff } else { Ending::Whole };
                    Some(Part::End { ending, usage: heard.usage })
                }
                RunEventKind::Done { problem: Some(problem), .. }
                    if heard.said && problem.reason.as_deref() == Some(reason::CONTENT_FILTER) =>
                {
                    Some(Part::End { ending: Ending::Withheld, usage: heard.usage })
                }
                // That its limit was met is an end like any other to their clients.
                RunEventKind::Done { problem: Some(problem), .. }
                    if problem.reason.as_deref() == Some(reason::ANSWER_CUT_OFF) =>
                {
                    Some(Part::End { ending: Ending::CutOff, usage: heard.usage })
                }
                RunEventKind::Done { problem, .. } => Some(Part::Failed(
                    problem.unwrap_or_else(|| Problem::new(ProblemCode::Cancelled, "The answer was stopped.")),
                )),
                _ => None,
            };
            std::future::ready(Some(part))
        })
        .filter_map(std::future::ready)
        .boxed()
}

/// The counts that are known; null where none are, since what is not known is not 0.
fn usage_json(usage: Option<Usage>) -> Value {
    let Some(Usage { input_tokens, output_tokens, cached_tokens, reasoning_tokens, .. }) = usage else {
        return Value::Null;
    };
    if input_tokens.or(output_tokens).is_none() {
        return Value::Null;
    }
    let total = input_tokens.zip(output_tokens).map(|(asked, said)| asked.saturating_add(said));
    let mut counts = json!({"prompt_tokens": input_tokens, "completion_tokens": output_tokens, "total_tokens": total});
    if let Some(cached) = cached_tokens {
        counts["prompt_tokens_details"] = json!({"cached_tokens": cached});
    }
    if let Some(thinking) = reasoning_tokens {
        counts["completion_tokens_details"] = json!({"reasoning_tokens": thinking});
    }
    counts
}

fn finish(ending: Ending) -> &'static str {
    match ending {
        Ending::Whole => "stop",
        Ending::CutOff => "length",
        Ending::Withheld => "content_filter",
    }
}

async fn whole(session: Arc<Session>, mut answer: Answer) -> Result<Response, Problem> {
    let (mut text, mut reasoning) = (String::new(), String::new());
    let (mut ending, mut usage) = (Ending::Whole, None);
    while let Some(part) = answer.parts.next().await {
        match part {
            Part::Text(more) => text.push_str(&more),
            Part::Reasoning(more) => reasoning.push_str(&more),
            Part::AnsweredBy(model) => answer.model = model,
            Part::End { ending: how, usage: used } => (ending, usage) = (how, used),
            Part::Failed(problem) => return Err(problem),
        }
    }
    drop(session);
    let mut message = json!({"role": "assistant", "content": text, "refusal": null});
    if !reasoning.is_empty() {
        message["reasoning_content"] = reasoning.into();
    }
    let mut body = json!({
        "id": answer.id,
        "object": "chat.completion",
        "created": answer.created,
        "model": answer.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish(ending)}],
        "usage": usage_json(usage),
    });
    if let Some(chat) = answer.chat_id {
        body["metadata"] = json!({"chat_id": chat});
    }
    Ok(Json(body).into_response())
}

fn streamed(session: Arc<Session>, answer: Answer, include_usage: bool) -> Response {
    let Answer { id, created, mut model, parts, .. } = answer;
    let chunk = move |model: &str, choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": id, "object": "chat.completion.chunk", "created": created, "model": model, "choices": choices,
        });
        if include_usage {
            chunk["usage"] = usage;
        }
        chunk
    };
    let choice =
        |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
    let first = chunk(&model, choice(json!({"role": "assistant", "content": ""}), Value::Null), Value::Null);
    let rest = parts.flat_map(move |part| {
        let _open = &session;
        let chunks = match part {
            Part::Text(text) => vec![chunk(&model, choice(json!({"content": text}), Value::Null), Value::Null)],
            Part::AnsweredBy(other) => {
                model = other;
                Vec::new()
            }
            Part::Reasoning(text) => {
                vec![chunk(&model, choice(json!({"reasoning_content": text}), Value::Null), Value::Null)]
            }
            Part::End { ending, usage } => {
                let mut chunks = vec![chunk(&model, choice(json!({}), finish(ending).into()), Value::Null)];
                let counts = usage_json(usage);
                if include_usage && !counts.is_null() {
                    chunks.push(chunk(&model, json!([]), counts));
                }
                chunks
            }
            Part::Failed(problem) => vec![super::error(&super::in_their_terms(problem))],
        };
        stream::iter(chunks)
    });
    let events = stream::once(std::future::ready(first))
        .chain(rest)
        .map(|chunk| Event::default().data(chunk.to_string()))
        .chain(stream::once(std::future::ready(Event::default().data("[DONE]"))))
        .map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_counted_is_not_0() {
        let counts = |input_tokens, output_tokens, cached_tokens| {
            usage_json(Some(Usage { input_tokens, output_tokens, cached_tokens, ..Usage::default() }))
        };
        assert_eq!(usage_json(None), Value::Null);
        assert_eq!(counts(None, None, None), Value::Null);
        assert_eq!(
            counts(Some(1), None, None),
            json!({"prompt_tokens": 1, "completion_tokens": null, "total_tokens": null})
        );
        let all = json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "prompt_tokens_details": {"cached_tokens": 0}});
        assert_eq!(counts(Some(1), Some(2), Some(0)), all);
        let thinking = Usage { output_tokens: Some(7), reasoning_tokens: Some(5), ..Usage::default() };
        assert_eq!(usage_json(Some(thinking))["completion_tokens_details"], json!({"reasoning_tokens": 5}));
        assert_eq!(counts(Some(u64::MAX), Some(2), None)["total_tokens"], u64::MAX);
    }
}
