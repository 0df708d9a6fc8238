//! Drives a run: from the model's deltas to numbered, durable events, and to the end.

use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aiia_llm::{Delta, FinishReason};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::EditId;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::{Run, RunEvent, RunEventKind, RunStatus, Usage};
use aiia_store::{FinishRun, StoreError};
use futures::StreamExt;
use tokio::time::{Instant, Sleep};

use crate::chat_excerpt;
use crate::counting::{self, Judged};
use crate::engine::Engine;
use crate::gate::{Restorer, Sealed};
use crate::models::{self, Chosen, Sampling};
use crate::operations::redaction;
use crate::run::preparation::{self, Plan, Prepared};
use crate::run::repetition::Repetition;
use crate::run::summary::{self, Folded};
use crate::run::{RunLog, Subject, cache, done, proposal, repair, shortfall, title};

/// After so long at the latest, what has arrived is made durable …
const FLUSH_AFTER: Duration = Duration::from_millis(250);
/// … or after so many bytes.
const FLUSH_BYTES: usize = 1024;
/// All runs do that at the same moments, which are so far apart: one flush to the disk serves all.
const BEAT: Duration = Duration::from_millis(50);
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
    let log = Arc::new(RunLog::new(assignment.run.id.clone()));
    let active = engine.runs.insert(assignment.run.id.clone(), Arc::clone(&log));
    engine.set_active_runs(active);
    let run = &assignment.run;
    engine.publish((Entity::Run, Change::Created), &run.id, Some(&run.project_id), Some(&run.chat_id));
    let engine = engine.clone();
    tokio::spawn(async move {
        let (run, trusted) = (assignment.run.clone(), assignment.trusted);
        // A fault in here must not leave a run that never ends.
        let driven = tokio::spawn(drive(engine.clone(), Arc::clone(&log), assignment)).await;
        let status = match driven {
            Ok(status) => status,
            Err(error) => {
                tracing::error!(run = %run.id, %error, "a run failed by a fault of ours");
                let problem = Problem::new(ProblemCode::Internal, "The run ended by a fault inside aiia; see the log.");
                abandon(&engine, &run, RunStatus::Failed, Some(problem.clone())).await;
                log.push(done(RunStatus::Failed, Some(problem)));
                RunStatus::Failed
            }
        };
        let active = engine.runs.remove(&run.id);
        engine.set_active_runs(active);
        if status == RunStatus::Completed {
            let (titled, of) = (engine.clone(), run.clone());
            tokio::spawn(async move { title::entitle(&titled, &of, trusted).await });
        }
        engine.publish((Entity::Run, Change::Updated), &run.id, Some(&run.project_id), Some(&run.chat_id));
        engine.publish((Entity::Message, Change::Updated), &run.message_id, Some(&run.project_id), Some(&run.chat_id));
        engine.publish((Entity::Chat, Change::Updated), &run.chat_id, Some(&run.project_id), Some(&run.chat_id));
    });
}

/// Ends a run from what is durable of it.
async fn abandon(engine: &Engine, run: &Run, status: RunStatus, problem: Option<Problem>) {
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

    fn into_record(self, content: String, edit_id: Option<EditId>, events: Vec<RunEvent>) -> FinishRun {
        FinishRun { status: self.status, content, problem: self.problem, usage: self.usage, edit_id, events }
    }
}

async fn drive(engine: Engine, log: Arc<RunLog>, assignment: Assignment) -> RunStatus {
    let Assignment { run, plan, subject, cached, trusted } = assignment;
    let mut recorder = Recorder::new(engine.clone(), Arc::clone(&log), run.clone());
    // What an answer begins with that goes on from another one.
    let already = plan.cut.as_ref().map(|cut| cut.content.clone()).unwrap_or_default();
    let stopped = engine.shutdown_token();
    let prepared = tokio::select! {
        biased;
        () = log.cancel_token().cancelled() => Err(Ending::new(RunStatus::Cancelled)),
        () = stopped.cancelled() => Err(Ending::new(RunStatus::Interrupted)),
        // What is large and short is apart, so that what goes on for minutes stays small.
        prepared = Box::pin(preparation::prepare(&engine, plan)) => prepared.map_err(Ending::failed),
    };
    let Prepared { model, mut sealed, sampling, fold, first } = match prepared {
        Ok(prepared) => prepared,
        Err(ending) => return Box::pin(recorder.finish(ending, already, None)).await,
    };
    for kind in first {
        recorder.record(kind);
    }
    if !already.is_empty() {
        recorder.record(RunEventKind::Text { text: already.clone() });
    }
    if let Some(fold) = fold {
        match Box::pin(summary::make(&engine, &log, &mut recorder, &model, &fold, trusted)).await {
            Folded::Done(text) => sealed = sealed.remembering(&text, redaction(&engine, model.local)),
            Folded::Stopped(status) => return Box::pin(recorder.finish(Ending::new(status), already, None)).await,
            Folded::Failed(problem) => {
                let what = match fold.before {
                    None => chat_excerpt::dropped(fold.lines.len()).unwrap_or_default(),
                    Some(_) => format!("{} messages of this chat were", fold.lines.len()),
                };
                let text = format!("{what} not sent: they could not be summarised. {}", problem.detail);
                recorder.record(RunEventKind::Notice { reason: "history_dropped".to_owned(), text });
                // What was known in short before is better than nothing.
                if let Some(before) = &fold.before {
                    sealed = sealed.remembering(before, redaction(&engine, model.local));
                }
            }
        }
    }
    let asked = Asked { model: &model, sealed: &sealed, sampling: &sampling };
    let key = if cached { cache::key(&engine, &model, &sealed, &sampling) } else { None };
    let kept = match &key {
        Some(key) => Box::pin(cache::answer(&engine, &mut recorder, key)).await,
        None => None,
    };
    let mut heard = if let Some(kept) = kept {
        recall(&mut recorder, asked, &kept, already)
    } else {
        let heard = listen(&engine, &log, &mut recorder, asked, already).await;
        if heard.answered_by.is_none() {
            Box::pin(models::keep_prompt_speed(&engine, &model)).await;
        }
        heard
    };
    if let (Some(key), Some(raw)) = (key, heard.raw.take()) {
        Box::pin(cache::keep(&engine, run.chat_id.clone(), key, raw)).await;
    }
    // Of a change it is told whether all of it could be applied.
    if heard.cut_off && heard.ending.status == RunStatus::Completed && subject.is_none() {
        let used = heard.ending.usage.and_then(|usage| usage.output_tokens);
        recorder.record(shortfall::cut_off(sampling.max_tokens(), used));
    }
    let mut edit_id = None;
    if let (Some(subject), RunStatus::Completed) = (subject, heard.ending.status) {
        match Box::pin(repair::propose(&engine, &log, &mut recorder, asked, &subject, &mut heard)).await {
            Ok(proposed) => {
                edit_id = Some(proposed.id.clone());
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
    Box::pin(recorder.finish(heard.ending, heard.text, edit_id)).await
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
}

/// Gives a kept answer; it goes on from `content`.
fn recall(recorder: &mut Recorder, asked: Asked<'_>, kept: &str, mut content: String) -> Heard {
    let mut restorer = asked.sealed.restorer();
    let mut text = restorer.push(kept);
    text.push_str(&restorer.finish());
    content.push_str(&text);
    recorder.record(RunEventKind::Text { text });
    let usage = cache::NOTHING;
    recorder.record(RunEventKind::Usage { usage });
    let ending = Ending { usage: Some(usage), ..Ending::new(RunStatus::Completed) };
    Heard { text: content, ending, cut_off: false, raw: None, answered_by: None }
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
    // Made once: each would be entered into its list of waiters for every delta.
    let stopped = engine.shutdown_token();
    let (mut stopped, mut cancelled) = (pin!(stopped.cancelled()), pin!(log.cancel_token().cancelled()));
    let mut deltas = engine.models().ask(model, sealed, sampling, log.cancel_token().child_token());
    let mut failure = None;
    let mut answered_by = None;
    // The words are in the log; as the model gave them they are kept where secrets were put back into them.
    let begun = log.last();
    let mut raw = (sealed.redactions() > 0).then(String::new);
    let mut room = MAX_ANSWER_BYTES;
    let (mut repeated, mut thought) = (Repetition::default(), Repetition::default());
    let mut ending = loop {
        let delta = tokio::select! {
            biased;
            () = &mut cancelled => break Ending::new(RunStatus::Cancelled),
            () = &mut stopped => break Ending::new(RunStatus::Interrupted),
            delta = deltas.next() => delta,
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
                let repeats = repeated.push(&text);
                if let Some(raw) = &mut raw {
                    raw.push_str(&text);
                }
                let text = restorer.push(&text);
                if !text.is_empty() {
                    recorder.record(RunEventKind::Text { text });
                }
                if repeats {
                    break Ending::failed(repetition(&model.name));
                }
            }
            Some(Ok(Delta::Reasoning(text))) => {
                let repeats = thought.push(&text);
                recorder.record(RunEventKind::Reasoning { text });
                if repeats {
                    break Ending::failed(repetition(&model.name));
                }
            }
            Some(Ok(Delta::Fallback { from, to, because })) => {
                let text = format!("{from} did not answer: {because} {to} was asked instead.");
                // Whoever reads the notice finds the run with its model.
                Box::pin(recorder.answered_by(&to)).await;
                recorder.record(RunEventKind::Notice { reason: "fallback".to_owned(), text });
                answered_by = Some(to);
                // What the first one counted is not the other's.
                usage = None;
            }
            Some(Ok(Delta::Status(text))) => recorder.record(RunEventKind::Status { text }),
            Some(Ok(Delta::Usage(counted))) => usage = Some(counted),
            Some(Ok(Delta::Finish(reason))) => finish = Some(reason),
            Some(Err(error)) => {
                failure = Some(models::problem(&error));
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
    let said = log.text_since(begun);
    content.push_str(&said);
    if let Some(problem) = failure {
        ending = Ending::failed(problem);
    }
    if ending.status == RunStatus::Completed {
        let answering = answered_by.as_deref().unwrap_or(&model.name);
        let empty = || shortfall::empty(answering, finish.as_ref(), sampling.max_tokens());
        let problem = shortfall::broken_off(answering, finish.as_ref());
        if let Some(problem) = problem.or_else(|| content.trim().is_empty().then(empty)) {
            ending = Ending::failed(problem);
        }
    }
    ending.usage = usage.map(|counted| Usage {
        input_tokens: counted.input_tokens,
        output_tokens: counted.output_tokens,
        cached_tokens: counted.cached_tokens,
    });
    // Another model counts otherwise.
    if let Some(read) = usage.and_then(|counted| counted.input_tokens).filter(|_| answered_by.is_none()) {
        Box::pin(judge(engine, recorder, model, sealed, read)).await;
    }
    if let Some(usage) = ending.usage {
        recorder.record(RunEventKind::Usage { usage });
    }
    let whole = ending.status == RunStatus::Completed && finish == Some(FinishReason::Stop) && answered_by.is_none();
    let raw = whole.then(|| raw.unwrap_or(said));
    Heard { text: content, ending, cut_off: finish == Some(FinishReason::Length), raw, answered_by }
}

/// Tells when the server has read less than was sent, and learns from its count otherwise.
async fn judge(engine: &Engine, recorder: &mut Recorder, model: &Chosen, sealed: &Sealed, read: u64) {
    let (tokens, sealed) = (model.tokens, sealed.clone());
    match preparation::apart(move || tokens.judge(sealed.messages(), read)).await {
        Ok(Judged::Cut { sent }) => {
            let text = truncation(sent, read);
            recorder.record(RunEventKind::Notice { reason: "prompt_truncated".to_owned(), text });
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

fn repetition(model: &str) -> Problem {
    Problem::new(ProblemCode::ModelError, format!("{model} said the same over and over and was stopped."))
        .with_reason("repetition")
        .with_hint("What arrived is kept. Ask in other words, select less code, or choose a larger model.")
}

fn endless(model: &str) -> Problem {
    let limit = MAX_ANSWER_BYTES / 1024 / 1024;
    Problem::new(ProblemCode::ModelError, format!("{model} wrote more than {limit} MiB and was stopped."))
        .with_reason("answer_too_long")
        .with_hint("What arrived is kept. Ask for less at once, or choose another model.")
}

/// The last common moment before `due`.
fn on_the_beat(due: Instant) -> Instant {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let since_first = due.saturating_duration_since(*FIRST.get_or_init(Instant::now));
    due - Duration::from_nanos((since_first.as_nanos() % BEAT.as_nanos()) as u64)
}

type Append = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Numbers events, shows them at once, and makes them durable in batches while more arrive.
pub(super) struct Recorder {
    engine: Engine,
    log: Arc<RunLog>,
    pub(super) run: Run,
    /// The number of the last event that was given to the store.
    given: u64,
    /// Whether there are events that were not given yet.
    waiting: bool,
    waiting_bytes: usize,
    /// When they are given at the latest.
    due: Pin<Box<Sleep>>,
    append: Option<Append>,
}

impl Recorder {
    fn new(engine: Engine, log: Arc<RunLog>, run: Run) -> Self {
        let due = Box::pin(tokio::time::sleep_until(Instant::now()));
        Self { engine, log, run, given: 0, waiting: false, waiting_bytes: 0, due, append: None }
    }

    pub(super) fn record(&mut self, kind: RunEventKind) {
        if !self.waiting {
            self.waiting = true;
            self.due.as_mut().reset(on_the_beat(Instant::now() + FLUSH_AFTER));
        }
        self.waiting_bytes += match &kind {
            RunEventKind::Text { text } | RunEventKind::Reasoning { text } => text.len(),
            _ => 0,
        };
        self.log.push(kind);
    }

    /// What was not given to the store yet; from now on it counts as given.
    fn take_waiting(&mut self) -> Vec<RunEvent> {
        let events = self.log.since(self.given);
        self.given += events.len() as u64;
        (self.waiting, self.waiting_bytes) = (false, 0);
        events
    }

    /// Says that another model answers: what is used counts as its.
    async fn answered_by(&mut self, model: &str) {
        model.clone_into(&mut self.run.model);
        if let Err(error) = self.engine.store.answered_by(self.run.id.clone(), model.to_owned()).await {
            tracing::warn!(run = %self.run.id, %error, "the model that answers was not noted");
        }
        let run = &self.run;
        self.engine.publish((Entity::Run, Change::Updated), &run.id, Some(&run.project_id), Some(&run.chat_id));
    }

    /// Resolves when a batch has become durable; never when there is nothing to write. May be dropped and called again.
    async fn flushed(&mut self) -> Result<(), StoreError> {
        if self.append.is_none() {
            if !self.waiting {
                std::future::pending::<()>().await;
            }
            if self.waiting_bytes < FLUSH_BYTES {
                self.due.as_mut().await;
            }
            let batch = self.take_waiting();
            let store = self.engine.store.clone();
            let id = self.run.id.clone();
            self.append = Some(Box::pin(async move { store.append_events(id, batch).await }));
        }
        let result = match &mut self.append {
            Some(append) => append.await,
            None => Ok(()),
        };
        self.append = None;
        result
    }

    /// Writes what is left and the end in one transaction, then shows the last event: whoever sees it finds the run ended.
    async fn finish(mut self, ending: Ending, content: String, edit_id: Option<EditId>) -> RunStatus {
        if let Some(append) = self.append.take()
            && let Err(error) = append.await
        {
            tracing::error!(run = %self.run.id, %error, "events were not stored");
        }
        let last = done(ending.status, ending.problem.clone());
        let mut events = self.take_waiting();
        events.push(self.log.next(last.clone()));
        let (status, problem) = (ending.status, ending.problem.clone());
        let record = ending.into_record(content, edit_id, events);
        if let Err(error) = self.engine.store.finish_run(self.run.id.clone(), record).await {
            tracing::error!(run = %self.run.id, %error, "the last events of a run were not stored");
            abandon(&self.engine, &self.run, status, problem).await;
        }
        self.log.push(last);
        status
    }
}
