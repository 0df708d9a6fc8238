//! Drives a run: from the model's deltas to numbered, durable events, and to the end.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use aiia_llm::{Delta, FinishReason, Rarely};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::EditId;
use aiia_protocol::problem::{Problem, ProblemCode, reason};
use aiia_protocol::run::{Run, RunEvent, RunEventKind, RunStatus, Usage, notice};
use aiia_store::FinishRun;
use futures::{FutureExt, StreamExt};

use crate::chat_excerpt;
use crate::counting::{self, Judged};
use crate::engine::Engine;
use crate::gate::{Restorer, Sealed};
use crate::models::{self, Chosen, Sampling};
use crate::operations::redaction;
use crate::run::preparation::{self, Plan, Prepared};
use crate::run::recorder::Recorder;
use crate::run::repetition::{Repetition, repetitive};
use crate::run::summary::{self, Folded};
use crate::run::{RunLog, Subject, cache, done, proposal, repair, shortfall, title};

/// No answer that is of use is longer, what was thought included; a reply with edits is read up to here as well.
const MAX_ANSWER_BYTES: usize = aiia_edit::MAX_REPLY_BYTES;
/// How long the last words of a run may take after it was told to stop.
pub(crate) const STOP_LIMIT: Duration = Duration::from_millis(1200);

/// All that a run needs to go on by itself.
pub(crate) struct Assignment {
    pub(crate) run: Run,
    /// What the answer is to be made of.
    pub(crate) plan: Plan,
    /// What the answer is to change, for actions that propose an edit.
    pub(crate) subject: Option<Subject>,
    /// Whether a kept answer will do: not where another one is wished.
    pub(crate) cached: bool,
    /// Whether the folder's own file has a say in who sums up and names the chat.
    pub(crate) trusted: bool,
}

/// Starts the run; it ends by itself, whoever watches.
pub(crate) fn start(engine: &Engine, assignment: Assignment) {
    let Assignment { run, plan, subject, cached, trusted } = assignment;
    // A run lasts for minutes and is one of many: what is large is kept once, and apart.
    let (run, plan, subject) = (Arc::new(run), Box::new(plan), subject.map(Box::new));
    let log = Arc::new(RunLog::new(run.id.clone()));
    let active = engine.runs.insert(run.id.clone(), Arc::clone(&log));
    engine.set_active_runs(active);
    engine.publish((Entity::Run, Change::Created), &run.id, Some(&run.project_id), Some(&run.chat_id));
    let engine = engine.clone();
    tokio::spawn(async move {
        let recorder = Recorder::new(engine.clone(), Arc::clone(&log), Arc::clone(&run));
        // A fault in here must not leave a run that never ends.
        let driven = AssertUnwindSafe(drive(&engine, &log, recorder, plan, subject, cached, trusted)).catch_unwind();
        let driven = driven.await;
        Box::pin(ended(engine, log, run, driven, trusted)).await;
    });
}

/// Tells everybody that the run is over, and puts an end to it where `driven` failed to.
async fn ended(
    engine: Engine,
    log: Arc<RunLog>,
    run: Arc<Run>,
    driven: Result<RunStatus, Box<dyn Any + Send>>,
    trusted: bool,
) {
    let status = match driven {
        Ok(status) => status,
        Err(fault) => {
            let said = fault.downcast_ref::<&str>().copied().or_else(|| fault.downcast_ref().map(String::as_str));
            tracing::error!(run = %run.id, error = said.unwrap_or_default(), "a run failed by a fault of ours");
            let problem = Problem::new(ProblemCode::Internal, "The run ended by a fault inside aiia; see the log.");
            abandon(&engine, &run, RunStatus::Failed, Some(problem.clone())).await;
            log.push(done(RunStatus::Failed, Some(problem)));
            RunStatus::Failed
        }
    };
    let active = engine.runs.remove(&run.id);
    engine.set_active_runs(active);
    if status == RunStatus::Completed {
        let (titled, of) = (engine.clone(), Arc::clone(&run));
        tokio::spawn(async move { title::entitle(&titled, &of, trusted).await });
    }
    tell_of_the_end(&engine, &run);
}

/// Says that a run, its answer and its chat are other ones now.
pub(super) fn tell_of_the_end(engine: &Engine, run: &Run) {
    engine.publish((Entity::Run, Change::Updated), &run.id, Some(&run.project_id), Some(&run.chat_id));
    engine.publish((Entity::Message, Change::Updated), &run.message_id, Some(&run.project_id), Some(&run.chat_id));
    engine.publish((Entity::Chat, Change::Updated), &run.chat_id, Some(&run.project_id), Some(&run.chat_id));
}

/// Ends a run from what is durable of it.
pub(super) async fn abandon(engine: &Engine, run: &Run, status: RunStatus, problem: Option<Problem>) {
    if let Err(error) = engine.store.abandon_run(run.id.clone(), status, problem).await {
        tracing::error!(run = %run.id, %error, "a run could not be ended; the next start ends it");
    }
}

/// How a run ended.
pub(super) struct Ending {
    pub(super) status: RunStatus,
    pub(super) problem: Option<Problem>,
    pub(super) usage: Option<Usage>,
}

impl Ending {
    fn new(status: RunStatus) -> Self {
        Self { status, problem: None, usage: None }
    }

    fn failed(problem: Problem) -> Self {
        let status = if problem.code == ProblemCode::Cancelled { RunStatus::Cancelled } else { RunStatus::Failed };
        Self { status, problem: (status == RunStatus::Failed).then_some(problem), usage: None }
    }

    /// What is stored of it.
    pub(super) fn into_record(self, content: String, edit_id: Option<EditId>, events: Vec<RunEvent>) -> FinishRun {
        FinishRun { status: self.status, content, problem: self.problem, usage: self.usage, edit_id, events }
    }
}

async fn drive(
    engine: &Engine,
    log: &Arc<RunLog>,
    mut recorder: Recorder,
    plan: Box<Plan>,
    subject: Option<Box<Subject>>,
    cached: bool,
    trusted: bool,
) -> RunStatus {
    // What an answer begins with that goes on from another one.
    let already = plan.cut.as_ref().map(|cut| cut.content.clone()).unwrap_or_default();
    // What is large and short is apart, so that what goes on for minutes stays small.
    let question = match Box::pin(begin(engine, log, &mut recorder, plan, &already, trusted)).await {
        Ok(question) => question,
        Err(ending) => return Box::pin(recorder.finish(*ending, already, None)).await,
    };
    let asked = question.asked();
    let key = if cached { cache::key(engine, asked.model, asked.sealed, asked.sampling) } else { None };
    let kept = match &key {
        Some(key) => Box::pin(cache::answer(engine, &mut recorder, key)).await,
        None => None,
    };
    let heard = match kept {
        Some(kept) => Box::pin(recall(&mut recorder, asked, &kept, already)).await,
        None => listen(engine, log, &mut recorder, asked, already).await,
    };
    Box::pin(conclude(engine, log, recorder, asked, heard, key, subject)).await
}

/// What a model is to be asked.
struct Question {
    model: Chosen,
    sealed: Sealed,
    sampling: Sampling,
}

impl Question {
    fn asked(&self) -> Asked<'_> {
        Asked { model: &self.model, sealed: &self.sealed, sampling: &self.sampling }
    }
}

/// Prepares what is asked, and tells what there is to tell before the answer, which goes on from `already`.
async fn begin(
    engine: &Engine,
    log: &Arc<RunLog>,
    recorder: &mut Recorder,
    plan: Box<Plan>,
    already: &str,
    trusted: bool,
) -> Result<Box<Question>, Box<Ending>> {
    let stopped = engine.shutdown_token();
    let prepared = tokio::select! {
        biased;
        () = log.cancel_token().cancelled() => Err(Ending::new(RunStatus::Cancelled)),
        () = stopped.cancelled() => Err(Ending::new(RunStatus::Interrupted)),
        prepared = preparation::prepare(engine, *plan) => prepared.map_err(Ending::failed),
    };
    let Prepared { model, mut sealed, mut sampling, fold, unfolded, first } = prepared.map_err(Box::new)?;
    for kind in first {
        recorder.record(kind);
    }
    if !already.is_empty() {
        recorder.record(RunEventKind::Text { text: already.to_owned() });
    }
    if let Some(fold) = fold {
        match summary::make(engine, log, recorder, &model, &fold, trusted).await {
            Folded::Done(text) => sealed = sealed.remembering(&text, redaction(engine, model.local)),
            Folded::Stopped(status) => return Err(Box::new(Ending::new(status))),
            Folded::Failed(problem) => {
                // What fits goes as it is.
                if let Some(unfolded) = unfolded {
                    (sealed, sampling) = *unfolded;
                }
                let left_out = fold.lines.len() - fold.fitting.min(fold.lines.len());
                let what = match fold.before {
                    None => chat_excerpt::dropped(left_out),
                    Some(_) => (left_out > 0).then(|| format!("{left_out} messages of this chat were")),
                };
                let what = what.map_or_else(
                    || format!("{} messages of this chat are sent as they are", fold.lines.len()),
                    |what| format!("{what} not sent"),
                );
                let text = format!("{what}: they could not be summarised. {}", problem.detail);
                recorder.record(RunEventKind::Notice { reason: notice::HISTORY_DROPPED.to_owned(), text });
                // What was known in short before is better than nothing.
                if let Some(before) = &fold.before {
                    sealed = sealed.remembering(before, redaction(engine, model.local));
                }
            }
        }
    }
    Ok(Box::new(Question { model, sealed, sampling }))
}

/// Makes of an answer what is to be made of it, and ends the run.
async fn conclude(
    engine: &Engine,
    log: &RunLog,
    mut recorder: Recorder,
    asked: Asked<'_>,
    mut heard: Heard,
    key: Option<String>,
    subject: Option<Box<Subject>>,
) -> RunStatus {
    if !heard.recalled && heard.answered_by.is_none() {
        models::keep_prompt_speed(engine, asked.model).await;
    }
    if let (Some(key), Some(raw)) = (key, heard.raw.take()) {
        cache::keep(engine, recorder.run.chat_id.clone(), key, raw).await;
    }
    // Of a change it is told whether all of it could be applied.
    if heard.cut_off && heard.ending.status == RunStatus::Completed && subject.is_none() {
        let used = heard.ending.usage.and_then(|usage| usage.output_tokens);
        recorder.record(shortfall::cut_off(asked.sampling.max_tokens(), used));
    }
    let mut edit_id = None;
    if let (Some(subject), RunStatus::Completed) = (subject, heard.ending.status) {
        match repair::propose(engine, log, &mut recorder, asked, &subject, &mut heard).await {
            Ok(proposed) => {
                edit_id = Some(proposed.id.clone());
                for text in &proposed.left_out {
                    recorder.record(RunEventKind::Notice { reason: notice::LEFT_OUT.to_owned(), text: text.clone() });
                }
                recorder.record(RunEventKind::Edit { files: proposal::summaries(&proposed), edit_id: proposed.id });
            }
            Err(refusal) => {
                for message in refusal.complaints {
                    recorder.record(RunEventKind::Complaint { message });
                }
                if heard.ending.status == RunStatus::Completed {
                    heard.ending.status = RunStatus::Failed;
                    heard.ending.problem = Some(refusal.problem);
                }
            }
        }
    }
    recorder.finish(heard.ending, heard.text, edit_id).await
}

/// What is asked, and of whom.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) model: &'a Chosen,
    pub(super) sealed: &'a Sealed,
    pub(super) sampling: &'a Sampling,
}

/// An answer, as far as it came.
pub(super) struct Heard {
    pub(super) text: String,
    pub(super) ending: Ending,
    /// Whether the token limit cut it off.
    pub(super) cut_off: bool,
    /// The whole answer as the model gave it, where it may be kept.
    pub(super) raw: Option<String>,
    /// The model that answered, where it is another than the one that was asked.
    pub(super) answered_by: Option<String>,
    /// It is an answer that was kept.
    recalled: bool,
}

/// Gives a kept answer; it goes on from `content`.
async fn recall(recorder: &mut Recorder, asked: Asked<'_>, kept: &str, mut content: String) -> Heard {
    let mut restorer = asked.sealed.restorer();
    let mut text = restorer.push(kept);
    text.push_str(&restorer.finish());
    content.push_str(&text);
    recorder.record(RunEventKind::Text { text });
    let usage = cache::NOTHING;
    recorder.record(RunEventKind::Usage { usage });
    let ending = match recorder.settled().await {
        Ok(()) => Ending { usage: Some(usage), ..Ending::new(RunStatus::Completed) },
        Err(error) => Ending::failed(Problem::from(error)),
    };
    Heard { text: content, ending, cut_off: false, raw: None, answered_by: None, recalled: true }
}

/// Takes the answer in; it goes on from `content`.
pub(super) async fn listen(
    engine: &Engine,
    log: &RunLog,
    recorder: &mut Recorder,
    Asked { model, sealed, sampling }: Asked<'_>,
    mut content: String,
) -> Heard {
    let mut restorer: Restorer = sealed.restorer();
    let mut usage = None;
    let mut finish = None;
    let stopped = engine.shutdown_token();
    let mut stopping = Rarely::new(async {
        tokio::select! {
            biased;
            () = log.cancel_token().cancelled() => RunStatus::Cancelled,
            () = stopped.cancelled() => RunStatus::Interrupted,
        }
    });
    let mut deltas = engine.models().ask(model, sealed, sampling, log.cancel_token().child_token());
    let mut failure = None;
    let mut answered_by = None;
    let mut has_thought = false;
    // What was said before this answer is in the log before it.
    let unsettled = recorder.settled().await.err();
    // The words are in the log; as the model gave them they are kept where secrets were put back into them.
    let begun = log.last();
    let mut raw = (sealed.redactions() > 0).then(String::new);
    let mut room = MAX_ANSWER_BYTES;
    let mut repetition = Repetition::default();
    let mut ending = loop {
        if let Some(error) = unsettled {
            break Ending::failed(Problem::from(error));
        }
        let delta = tokio::select! {
            biased;
            status = &mut stopping => break Ending::new(status),
            delta = deltas.next(), if !recorder.is_behind() => delta,
            result = recorder.flushed() => {
                if let Err(error) = result {
                    break Ending::failed(Problem::from(error));
                }
                continue;
            }
        };
        if let Some(Ok(Delta::Text(text) | Delta::Reasoning(text))) = &delta {
            let Some(left) = room.checked_sub(text.len()) else { break Ending::failed(endless(&model.name)) };
            room = left;
        }
        match delta {
            Some(Ok(Delta::Text(text))) => {
                if let Some(raw) = &mut raw {
                    raw.push_str(&text);
                }
                let text = if sealed.redactions() > 0 { restorer.push(&text) } else { text };
                let length = text.len();
                if length > 0 {
                    recorder.record(RunEventKind::Text { text });
                }
                if repetition.is_due(length) && log.repeats() {
                    break Ending::failed(repetitive(&model.name));
                }
            }
            Some(Ok(Delta::Reasoning(text))) => {
                has_thought = true;
                let length = text.len();
                recorder.record(RunEventKind::Reasoning { text });
                if repetition.is_due(length) && log.repeats() {
                    break Ending::failed(repetitive(&model.name));
                }
            }
            Some(Ok(Delta::Fallback { from, to, because })) => {
                let text = format!("{from} did not answer: {because} {to} was asked instead.");
                // Whoever reads the notice finds the run with its model.
                Box::pin(recorder.answered_by(&to)).await;
                recorder.record(RunEventKind::Notice { reason: notice::FALLBACK.to_owned(), text });
                answered_by = Some(to);
                // What the first one counted is not the other's.
                usage = None;
            }
            Some(Ok(Delta::Status(text))) => recorder.record(RunEventKind::Status { text }),
            Some(Ok(Delta::Usage(counted))) => usage = Some(counted),
            Some(Ok(Delta::Finish(reason))) => finish = Some(reason),
            Some(Err(error)) => {
                failure = Some(model.told(&error));
                break Ending::new(RunStatus::Failed);
            }
            None => break Ending::new(RunStatus::Completed),
        }
    };
    // Dropping the stream closes the connection to the model.
    drop(deltas);
    let rest = restorer.finish();
    if !rest.is_empty() {
        recorder.record(RunEventKind::Text { text: rest });
    }
    let settled = recorder.settled().await;
    let said = log.text_since(begun);
    content.push_str(&said);
    if let Some(problem) = failure {
        ending = Ending::failed(problem);
    } else if let (RunStatus::Completed, Err(error)) = (ending.status, settled) {
        ending = Ending::failed(Problem::from(error));
    }
    if ending.status == RunStatus::Completed {
        let answering = answered_by.as_deref().unwrap_or(&model.name);
        let said = !content.trim().is_empty();
        let used = usage.and_then(|usage| usage.output_tokens);
        let empty = || shortfall::empty(answering, finish.as_ref(), sampling.max_tokens(), used, has_thought);
        let problem = shortfall::broken_off(answering, finish.as_ref(), said);
        if let Some(problem) = problem.or_else(|| (!said).then(empty)) {
            ending = Ending::failed(problem);
        }
    }
    ending.usage = usage.map(models::usage);
    // Another model counts otherwise.
    if let Some(read) = usage.and_then(|counted| counted.input_tokens).filter(|_| answered_by.is_none()) {
        Box::pin(judge(engine, recorder, model, sealed, read)).await;
    }
    if let Some(usage) = ending.usage {
        recorder.record(RunEventKind::Usage { usage });
    }
    let whole = ending.status == RunStatus::Completed && finish == Some(FinishReason::Stop) && answered_by.is_none();
    let raw = whole.then(|| raw.unwrap_or(said));
    Heard { text: content, ending, cut_off: finish == Some(FinishReason::Length), raw, answered_by, recalled: false }
}

/// Tells when the server has read less than was sent, and learns from its count otherwise.
async fn judge(engine: &Engine, recorder: &mut Recorder, model: &Chosen, sealed: &Sealed, read: u64) {
    let (tokens, sealed) = (model.tokens, sealed.clone());
    match preparation::apart(move || tokens.judge(sealed.messages(), read)).await {
        Ok(Judged::Cut { sent }) => {
            let text = truncation(sent, read);
            recorder.record(RunEventKind::Notice { reason: notice::PROMPT_TRUNCATED.to_owned(), text });
        }
        Ok(Judged::Teaches { counted }) => counting::learn(engine, &model.name, counted, read).await,
        Ok(Judged::Nothing) => {}
        Err(problem) => tracing::warn!(%problem, "the prompt was not counted"),
    }
}

/// What there is to say when the server has read far fewer tokens than were sent.
fn truncation(sent: u64, read: u64) -> String {
    format!(
        "The model has read {read} tokens of about {sent}: its server cut the prompt without a word. Give it a larger context window, or ask for less."
    )
}

fn endless(model: &str) -> Problem {
    let limit = MAX_ANSWER_BYTES / 1024 / 1024;
    Problem::new(ProblemCode::ModelError, format!("{model} wrote more than {limit} MiB and was stopped."))
        .with_reason(reason::ANSWER_TOO_LONG)
        .with_hint("What arrived is kept. Ask for less at once, or choose another model.")
}
