//! The thread that owns all writes.
//!
//! All jobs that wait are committed together, each in a savepoint of its own where there are several: one that fails takes no
//! other with it, and one flush to the disk serves them all. A job is answered after the commit, so what was answered is durable. While another
//! program holds the file, those who wait are told so; jobs that nobody waits for are kept for the next group.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{StoreError, columns, opening};

/// Jobs of one commit at most, so that the first does not wait for long.
const GROUP: usize = 64;
/// How long a job that can wait does so for others like it.
const GATHERING: Duration = Duration::from_millis(3);
/// How long nothing has to be written before the log is moved into the file.
const IDLE: Duration = Duration::from_secs(2);
/// After how long jobs that were put back are tried again.
const RETRY: Duration = Duration::from_secs(1);
/// More jobs are not put back.
const MOST_PUT_BACK: usize = 10_000;
/// How long another attempt to empty the log waits for those that read it; nobody is written for meanwhile.
const EMPTYING_TIMEOUT: Duration = Duration::from_millis(100);
/// How long closing waits for readers that keep the log from being moved.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// The way to the writing thread.
pub(crate) struct Writer {
    jobs: Mutex<Option<Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Whether the log still has to be emptied, because what was erased may be in it.
    emptying: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the thread, which owns `connection` from now on; `path` is named in errors.
    pub(crate) fn start(connection: Connection, path: PathBuf) -> Result<Self, StoreError> {
        let (sender, receiver) = channel();
        let emptying = Arc::new(AtomicBool::new(false));
        let due = Arc::clone(&emptying);
        let thread = std::thread::Builder::new()
            .name("aiia-store".to_owned())
            .spawn(move || serve(&connection, &receiver, &path, &due))
            .map_err(|error| StoreError::Io { detail: format!("starting the writing thread: {error}") })?;
        Ok(Self { jobs: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)), emptying })
    }

    /// Whether the log has to be emptied: while it is set, that is tried whenever nothing else is to be written.
    pub(crate) fn emptying(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.emptying)
    }

    /// Carries out `work` in a transaction and answers when it is durable. Once it was handed over it is carried out, even
    /// when the caller no longer waits.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.hand_over(work, Manner::Soon).await
    }

    /// Like [`Self::run`], where others like it are to be expected in the next moments: one flush to the disk serves them all.
    pub(crate) async fn run_together<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.hand_over(work, Manner::Together).await
    }

    /// Like [`Self::run`], but outside of any transaction, for what `SQLite` does not do in one.
    pub(crate) async fn run_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.hand_over(work, Manner::Alone).await
    }

    async fn hand_over<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        manner: Manner,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Work { action: Some(work), value: None, reply, manner, what: None })?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Hands `work` over and waits for nothing. It is tried again while the file is held by others; `what` is named in the log
    /// when it is given up.
    pub(crate) fn run_later(
        &self,
        what: String,
        work: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    ) {
        let reply = oneshot::channel().0;
        let work = Work { action: Some(work), value: None, reply, manner: Manner::Soon, what: Some(what.clone()) };
        if let Err(error) = self.send(work) {
            tracing::warn!(%error, what, "a write came too late");
        }
    }

    fn send(&self, job: impl Job + 'static) -> Result<(), StoreError> {
        let jobs = self.jobs.lock().clone();
        jobs.ok_or(StoreError::Closed)?.send(Box::new(job)).map_err(|_| StoreError::Closed)
    }

    /// Writes what waits, moves the log into the file and ends the thread.
    pub(crate) fn close(&self) {
        drop(self.jobs.lock().take());
        let thread = self.thread.lock().take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writing thread of the store ended by a fault");
        }
    }
}

/// How a job is carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// At once, with what else waits.
    Soon,
    /// After a moment, in which others may come.
    Together,
    /// Outside of a transaction.
    Alone,
}

trait Job: Send {
    /// Does the work; on an error its changes are to be rolled back.
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError>;
    /// Answers: with the value of the work after a commit, or with why there is none.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
    /// How it is carried out.
    fn manner(&self) -> Manner;
    /// Whether it is done outside of a transaction.
    fn alone(&self) -> bool {
        self.manner() == Manner::Alone
    }
    /// Whether somebody waits for the answer.
    fn is_awaited(&self) -> bool;
}

struct Work<T, F> {
    action: Option<F>,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
    manner: Manner,
    /// What it is, where nobody is told how it ends.
    what: Option<String>,
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T, StoreError> + Send> Job for Work<T, F> {
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if let Some(action) = self.action.take() {
            self.value = Some(action(connection)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let lost = || StoreError::Internal { detail: "a write gave no result".to_owned() };
        let Self { value, reply, what, .. } = *self;
        if let (Some(what), Err(error)) = (&what, &outcome) {
            tracing::error!(%error, what, "not written");
        }
        // Nobody may be waiting any more.
        let _ = reply.send(outcome.and_then(|()| value.ok_or_else(lost)));
    }

    fn manner(&self) -> Manner {
        self.manner
    }

    fn is_awaited(&self) -> bool {
        !self.reply.is_closed()
    }
}

fn serve(connection: &Connection, jobs: &Receiver<Box<dyn Job>>, path: &std::path::Path, emptying: &AtomicBool) {
    let mut log_has_content = true;
    // A damaged file is not written to again.
    let mut damage: Option<StoreError> = None;
    let mut next: Option<Box<dyn Job>> = None;
    // Jobs that nobody waits for, of a time when another program held the file.
    let mut put_back: Vec<Box<dyn Job>> = Vec::new();
    loop {
        let newest = match next.take() {
            Some(job) => Ok(job),
            None if !put_back.is_empty() => jobs.recv_timeout(RETRY),
            None if log_has_content => jobs.recv_timeout(IDLE),
            None => jobs.recv().map_err(RecvTimeoutError::from),
        };
        let newest = match newest {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) if !put_back.is_empty() => None,
            Err(RecvTimeoutError::Timeout) => {
                log_has_content = checkpoint_idle(connection, emptying);
                // Pages of the file that much was written to.
                let _ = connection.release_memory();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let alone = newest.as_ref().is_some_and(|job| job.alone());
        if newest.as_ref().is_some_and(|job| job.manner() == Manner::Together) {
            // They come one by one; each would wake this thread.
            std::thread::sleep(GATHERING);
        }
        // In the order in which they came.
        let mut group: Vec<Box<dyn Job>> = if alone { Vec::new() } else { std::mem::take(&mut put_back) };
        group.extend(newest);
        while !alone
            && group.len() < GROUP
            && let Ok(job) = jobs.try_recv()
        {
            if job.alone() {
                next = Some(job);
                break;
            }
            group.push(job);
        }
        if let Some(error) = &damage {
            answer_all(group, &Err(error.clone()));
            continue;
        }
        let done =
            if alone { do_alone(connection, group) } else { commit_group(connection, group, jobs, &mut put_back) };
        if let Err(error) = done {
            let error = error.about(path);
            tracing::error!(%error, "a write failed");
            if matches!(error, StoreError::Corrupt { .. }) {
                damage = Some(error);
            }
        }
        log_has_content = true;
    }
    let _ = connection.busy_timeout(CLOSE_TIMEOUT);
    if !put_back.is_empty() {
        let last = std::mem::take(&mut put_back);
        let done = match &damage {
            None => commit_group(connection, last, jobs, &mut put_back),
            Some(error) => {
                answer_all(last, &Err(error.clone()));
                Ok(())
            }
        };
        let outcome = done.and(Err(StoreError::Closed));
        answer_all(put_back, &outcome);
    }
    if damage.is_none() {
        checkpoint(connection, "TRUNCATE");
    }
}

/// Carries out jobs without a transaction.
fn do_alone(connection: &Connection, group: Vec<Box<dyn Job>>) -> Result<(), StoreError> {
    let mut last = Ok(());
    for mut job in group {
        let outcome = run_caught(connection, &mut *job);
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        job.answer(outcome.clone());
        last = outcome;
    }
    last
}

/// Carries out the jobs in one transaction and answers them. An error is one of the store, not of a job; those that wait in
/// `others` then have waited as long, and get the same answer. Jobs that nobody waits for are put back, as far as there is room.
fn commit_group(
    connection: &Connection,
    mut group: Vec<Box<dyn Job>>,
    others: &Receiver<Box<dyn Job>>,
    put_back: &mut Vec<Box<dyn Job>>,
) -> Result<(), StoreError> {
    if let Err(error) = execute(connection, "BEGIN IMMEDIATE") {
        if error == StoreError::Busy {
            // Before anybody is answered: what is asked after that is a new attempt.
            group.extend(others.try_iter());
            let (told, kept): (Vec<_>, Vec<_>) = group.into_iter().partition(|job| job.is_awaited() || job.alone());
            let room = MOST_PUT_BACK.saturating_sub(put_back.len()).min(kept.len());
            let mut kept = kept.into_iter();
            put_back.splice(0..0, kept.by_ref().take(room));
            group = told.into_iter().chain(kept).collect();
        }
        answer_all(group, &Err(error.clone()));
        return Err(error);
    }
    let is_single = group.len() == 1;
    let mut done = Vec::with_capacity(group.len());
    let mut waiting = group.into_iter();
    let mut failure = None;
    for mut job in waiting.by_ref() {
        // A savepoint keeps every page as it was before the job. Where there is one job alone, the log does that already.
        let outcome =
            if is_single { run_or_roll_back(connection, &mut *job) } else { run_in_savepoint(connection, &mut *job) };
        // A full disk or a read error makes SQLite give up the whole transaction.
        let gone = connection.is_autocommit();
        match outcome {
            Err(error) if is_single && gone && !error.is_of_the_file() => {
                job.answer(Err(error));
                return Ok(());
            }
            Ok(()) if !gone => done.push(job),
            Ok(()) => {
                failure = Some(StoreError::Internal { detail: "the transaction was given up".to_owned() });
                done.push(job);
            }
            Err(error) => {
                if gone || error.is_of_the_file() {
                    failure = Some(error.clone());
                }
                job.answer(Err(error));
            }
        }
        if failure.is_some() {
            break;
        }
    }
    let outcome = match failure {
        None => execute(connection, "COMMIT"),
        Some(error) => Err(error),
    };
    if outcome.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    done.extend(waiting);
    answer_all(done, &outcome);
    outcome
}

fn run_or_roll_back(connection: &Connection, job: &mut dyn Job) -> Result<(), StoreError> {
    let outcome = run_caught(connection, job);
    if outcome.is_err() && !connection.is_autocommit() {
        execute(connection, "ROLLBACK")?;
    }
    outcome
}

fn run_in_savepoint(connection: &Connection, job: &mut dyn Job) -> Result<(), StoreError> {
    execute(connection, "SAVEPOINT job")?;
    let outcome = run_caught(connection, job);
    if connection.is_autocommit() {
        return outcome;
    }
    if outcome.is_err() {
        execute(connection, "ROLLBACK TO job")?;
    }
    execute(connection, "RELEASE job")?;
    outcome
}

/// A fault in one job must not end all writing.
fn run_caught(connection: &Connection, job: &mut dyn Job) -> Result<(), StoreError> {
    catch_unwind(AssertUnwindSafe(|| job.run(connection)))
        .unwrap_or_else(|_| Err(StoreError::Internal { detail: "a write ended by a fault".to_owned() }))
}

/// Runs a statement that is run for every job, and prepared once.
fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    columns::execute(connection, sql, []).map(|_| ())
}

fn answer_all(jobs: Vec<Box<dyn Job>>, outcome: &Result<(), StoreError>) {
    for job in jobs {
        job.answer(outcome.clone());
    }
}

/// Moves the log into the file while nothing has to be written, and empties it where that is due. Tells whether to try again soon.
fn checkpoint_idle(connection: &Connection, emptying: &AtomicBool) -> bool {
    if !emptying.load(Ordering::Relaxed) {
        checkpoint(connection, "PASSIVE");
        return false;
    }
    let waiting = connection.busy_timeout(EMPTYING_TIMEOUT).map_err(StoreError::from);
    let emptied = waiting.and_then(|()| empty_log(connection));
    let restored = connection.busy_timeout(opening::BUSY_TIMEOUT).map_err(StoreError::from);
    match restored.and(emptied) {
        Ok(emptied) => {
            emptying.store(!emptied, Ordering::Relaxed);
            !emptied
        }
        Err(error) => {
            tracing::warn!(%error, "the log could not be emptied");
            false
        }
    }
}

/// Moves the log into the file and empties it. Tells whether that could be done: not while somebody reads it.
pub(crate) fn empty_log(connection: &Connection) -> Result<bool, StoreError> {
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(!busy)
}

fn checkpoint(connection: &Connection, mode: &str) {
    let done = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()));
    if let Err(error) = done {
        tracing::warn!(%error, "the log could not be moved into the file");
    }
}
