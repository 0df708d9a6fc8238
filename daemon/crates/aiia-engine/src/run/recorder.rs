//! Numbers the events of a run, shows them, and makes them durable.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aiia_llm::Rarely;
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::EditId;
use aiia_protocol::run::{Run, RunEvent, RunEventKind, RunStatus};
use aiia_store::{FinishRun, StoreError};
use tokio::time::{Instant, Sleep};

use crate::engine::Engine;
use crate::prices;
use crate::run::driver::{Ending, abandon, tell_of_the_end};
use crate::run::{RunLog, done};

/// After so long at the latest, what has arrived is made durable …
const FLUSH_AFTER: Duration = Duration::from_millis(250);
/// … or after so many bytes.
const FLUSH_BYTES: usize = 1024;
/// What is shown is never further ahead of what is durable than so many bytes of the answer: what a disk does not keep up with waits.
const MOST_AHEAD: usize = 4096;
/// The end of a run that the disk does not take is offered again after so long, and then ever less often.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// Runs do that at common moments, which are so far apart: one flush to the disk serves all.
const BEAT: Duration = Duration::from_millis(125);
/// More of them take turns: what they do at one moment is what the words of all others wait for.
const RUNS_OF_A_MOMENT: usize = 64;
/// In so many parts of a beat at most: timers count milliseconds.
const MOST_PARTS: usize = 25;

/// The last moment before `due` of the runs with that `number`, while so many `active` ones go on.
fn on_the_beat(due: Instant, number: usize, active: usize) -> Instant {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let parts = active.div_ceil(RUNS_OF_A_MOMENT).clamp(1, MOST_PARTS);
    // Runs that began one after the other are beside each other in the store as well: of those that are written together many share a page.
    let part = (number % active.max(1)) * parts / active.max(1);
    let shift = BEAT * part as u32 / parts as u32;
    let since_first = due.saturating_duration_since(*FIRST.get_or_init(Instant::now));
    due - Duration::from_nanos(((since_first + BEAT.saturating_sub(shift)).as_nanos() % BEAT.as_nanos()) as u64)
}

type Append = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Numbers events, shows them, and makes them durable in batches while more arrive. They are shown at once, unless the disk is too far
/// behind.
pub(super) struct Recorder {
    engine: Engine,
    log: Arc<RunLog>,
    pub(super) run: Arc<Run>,
    /// Which one it is of the runs since the start, by which they take turns.
    number: usize,
    /// The number of the last event that was given to the store.
    given: u64,
    /// The number of the last event that the store has.
    durable: u64,
    /// Whether there are events that were not given yet.
    waiting: bool,
    waiting_bytes: usize,
    /// How much of the answer was given, but is not durable yet.
    given_bytes: usize,
    /// What is shown when the disk has come closer.
    held: VecDeque<RunEventKind>,
    /// When they are given at the latest.
    due: Rarely<Sleep>,
    append: Option<Append>,
}

impl Recorder {
    pub(super) fn new(engine: Engine, log: Arc<RunLog>, run: Arc<Run>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let due = Rarely::new(tokio::time::sleep_until(Instant::now()));
        Self {
            engine,
            log,
            run,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            given: 0,
            durable: 0,
            waiting: false,
            waiting_bytes: 0,
            given_bytes: 0,
            held: VecDeque::new(),
            due,
            append: None,
        }
    }

    /// Takes what has happened. Words are shown in parts, where they are too many for one.
    pub(super) fn record(&mut self, kind: RunEventKind) {
        if self.held.is_empty() && self.may_be_shown(&kind) {
            self.show(kind);
        } else {
            self.hold(kind);
            self.show_held();
        }
    }

    /// Whether something waits until it may be shown; whoever makes more should wait, too.
    pub(super) fn is_behind(&self) -> bool {
        !self.held.is_empty()
    }

    /// Waits until all is shown that was recorded.
    ///
    /// # Errors
    /// When it cannot be made durable; what was not shown by then never is.
    pub(super) async fn settled(&mut self) -> Result<(), StoreError> {
        while self.is_behind() {
            self.flushed().await?;
        }
        Ok(())
    }

    fn may_be_shown(&self, kind: &RunEventKind) -> bool {
        self.given_bytes + self.waiting_bytes + words(kind).len() <= MOST_AHEAD
    }

    fn show(&mut self, kind: RunEventKind) {
        if !self.waiting {
            self.waiting = true;
            let due = on_the_beat(Instant::now() + FLUSH_AFTER, self.number, self.engine.runs.len());
            self.due.change(|sleep| sleep.reset(due));
        }
        self.waiting_bytes += words(&kind).len();
        self.log.push(kind);
    }

    fn hold(&mut self, kind: RunEventKind) {
        match kind {
            RunEventKind::Text { text } if text.len() > MOST_AHEAD => {
                self.held.extend(parts(&text).map(|text| RunEventKind::Text { text }));
            }
            RunEventKind::Reasoning { text } if text.len() > MOST_AHEAD => {
                self.held.extend(parts(&text).map(|text| RunEventKind::Reasoning { text }));
            }
            kind => self.held.push_back(kind),
        }
    }

    fn show_held(&mut self) {
        while let Some(kind) = self.held.pop_front() {
            if !self.may_be_shown(&kind) {
                self.held.push_front(kind);
                return;
            }
            self.show(kind);
        }
    }

    /// What was not given to the store yet; from now on it counts as given.
    fn take_waiting(&mut self) -> Vec<RunEvent> {
        let events = self.log.since(self.given);
        self.given += events.len() as u64;
        self.given_bytes += self.waiting_bytes;
        (self.waiting, self.waiting_bytes) = (false, 0);
        events
    }

    /// Says that another model answers: what is used counts as its.
    pub(super) async fn answered_by(&mut self, model: &str) {
        model.clone_into(&mut Arc::make_mut(&mut self.run).model);
        let price = prices::in_force(model, &self.engine.configured());
        if let Err(error) = self.engine.store.answered_by(self.run.id.clone(), model.to_owned(), price).await {
            tracing::warn!(run = %self.run.id, %error, "the model that answers was not noted");
        }
        let run = &self.run;
        self.engine.publish((Entity::Run, Change::Updated), &run.id, Some(&run.project_id), Some(&run.chat_id));
    }

    /// Resolves when a batch has become durable; never when there is nothing to write. May be dropped and called again.
    pub(super) async fn flushed(&mut self) -> Result<(), StoreError> {
        if self.append.is_none() {
            if !self.waiting {
                std::future::pending::<()>().await;
            }
            let hurried = self.waiting_bytes >= FLUSH_BYTES || self.is_behind();
            if !hurried {
                (&mut self.due).await;
            }
            // Where no other run goes on, there is nothing to wait for.
            let alone = self.engine.runs.len() <= 1;
            let batch = self.take_waiting();
            let store = self.engine.store.clone();
            let id = self.run.id.clone();
            self.append = Some(Box::pin(async move {
                if hurried || alone {
                    store.append_events(id, batch).await
                } else {
                    store.append_events_together(id, batch).await
                }
            }));
        }
        let result = match &mut self.append {
            Some(append) => append.await,
            None => Ok(()),
        };
        self.append = None;
        self.given_bytes = 0;
        if result.is_ok() {
            self.durable = self.given;
            self.show_held();
        } else {
            // They are given again with the end of the run.
            self.given = self.durable;
            self.held.clear();
        }
        result
    }

    /// Writes what was shown and the end in one transaction, then shows the last event: whoever sees it finds the run ended.
    pub(super) async fn finish(mut self, ending: Ending, content: String, edit_id: Option<EditId>) -> RunStatus {
        let mut stored = self.settled().await;
        if self.append.is_some() {
            stored = self.flushed().await;
        }
        if let Err(error) = stored {
            tracing::error!(run = %self.run.id, %error, "events were not stored");
        }
        let last = done(ending.status, ending.problem.clone());
        let mut events = self.take_waiting();
        events.push(self.log.next(last.clone()));
        let status = ending.status;
        let record = ending.into_record(content, edit_id, events);
        if let Err(error) = self.engine.store.finish_run(self.run.id.clone(), record.clone()).await {
            tracing::error!(run = %self.run.id, %error, "the last events of a run were not stored");
            if may_pass(&error) {
                tokio::spawn(finish_later(self.engine, self.run, record));
            } else {
                abandon(&self.engine, &self.run, status, record.problem).await;
            }
        }
        self.log.push(last);
        status
    }
}

/// Whether the store may take later what it does not take now.
fn may_pass(error: &StoreError) -> bool {
    matches!(error, StoreError::Full | StoreError::Io { .. } | StoreError::Busy)
}

/// Stores the end of a run as soon as the disk takes it; the next start ends it where that is not before the daemon ends.
async fn finish_later(engine: Engine, run: Arc<Run>, record: FinishRun) {
    let stopped = engine.shutdown_token();
    let mut pause = FIRST_PAUSE;
    loop {
        tokio::select! {
            () = stopped.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        match engine.store.finish_run(run.id.clone(), record.clone()).await {
            Ok(_) => break,
            Err(error) if may_pass(&error) => pause = (pause * 2).min(LONGEST_PAUSE),
            Err(error) => {
                tracing::error!(run = %run.id, %error, "the end of a run was not stored");
                return abandon(&engine, &run, record.status, record.problem).await;
            }
        }
    }
    tell_of_the_end(&engine, &run);
}

/// The part of the answer or of the thinking that an event is.
fn words(kind: &RunEventKind) -> &str {
    match kind {
        RunEventKind::Text { text } | RunEventKind::Reasoning { text } => text,
        _ => "",
    }
}

/// `text` in parts that may be shown one after the other.
fn parts(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = (0..=rest.len().min(MOST_AHEAD)).rev().find(|at| rest.is_char_boundary(*at))?;
        let (part, left) = rest.split_at(end);
        rest = left;
        (!part.is_empty()).then(|| part.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aiia_protocol::chat::CreateChat;
    use aiia_protocol::project::CreateProject;
    use aiia_protocol::settings::Settings;
    use aiia_store::NewRun;

    use super::*;

    async fn recorder(engine: &Engine) -> (Arc<RunLog>, Recorder) {
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
        let run = engine.store.begin_run(new).await.unwrap().run;
        let log = Arc::new(RunLog::new(run.id.clone()));
        (Arc::clone(&log), Recorder::new(engine.clone(), log, Arc::new(run)))
    }

    fn text(text: impl Into<String>) -> RunEventKind {
        RunEventKind::Text { text: text.into() }
    }

    #[test]
    fn many_runs_are_made_durable_by_turns_and_none_later_than_it_may_be() {
        on_the_beat(Instant::now(), 0, 1);
        let begun = Instant::now() + BEAT;
        for (active, moments) in
            [(1, 1), (RUNS_OF_A_MOMENT, 1), (RUNS_OF_A_MOMENT + 1, 2), (1000, 16), (9999, MOST_PARTS)]
        {
            let mut runs_of = BTreeMap::<Instant, usize>::new();
            for number in 0..active {
                let due = begun + FLUSH_AFTER;
                let moment = on_the_beat(due, number, active);
                assert!(moment <= due && moment > due - BEAT, "{number} of {active}");
                *runs_of.entry(moment).or_default() += 1;
            }
            assert_eq!(runs_of.len(), moments, "{active}");
            assert!(runs_of.values().all(|runs| *runs <= active.div_ceil(moments)), "{active}");
        }
    }

    #[tokio::test]
    async fn what_is_shown_is_never_far_ahead_of_what_is_durable() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let (log, mut recorder) = recorder(&engine).await;
        let mut said = String::new();
        let mut durable = 0;
        // One word, thousands at once, letters of two bytes that no part may cut, and again.
        for more in ["a ".to_owned(), "b ".repeat(8000), "ö".repeat(9001), "c".to_owned(), "d ".repeat(900)] {
            recorder.record(text(more.clone()));
            recorder.record(RunEventKind::Status { text: "so far".to_owned() });
            said.push_str(&more);
            while recorder.is_behind() {
                let shown = log.text_since(0);
                assert!(said.starts_with(&shown) && shown.len() <= durable + MOST_AHEAD, "{} shown", shown.len());
                recorder.flushed().await.unwrap();
                let events = engine.store.run_events(recorder.run.id.clone(), 0, usize::MAX >> 1).await.unwrap();
                durable = events.iter().map(|event| words(&event.kind).len()).sum();
            }
            assert!(said.len() <= durable + MOST_AHEAD);
        }
        assert_eq!(log.text_since(0), said);
        let ending = Ending { status: RunStatus::Completed, problem: None, usage: None };
        let run_id = recorder.run.id.clone();
        assert_eq!(recorder.finish(ending, said, None).await, RunStatus::Completed);
        let stored = engine.store.run_events(run_id, 0, usize::MAX >> 1).await.unwrap();
        assert_eq!(stored, log.since(0));
        let said_so_far = stored.iter().filter(|event| matches!(event.kind, RunEventKind::Status { .. }));
        assert_eq!(said_so_far.count(), 5);
    }
}
