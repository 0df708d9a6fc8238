//! Runs: one generation of an answer each, independent of who watches.

pub(crate) mod cache;
mod driver;
mod event_buffer;
mod log;
mod preparation;
mod proposal;
mod recorder;
mod repair;
mod repetition;
mod shortfall;
mod side_usage;
mod summary;
mod title;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aiia_protocol::id::RunId;
use aiia_protocol::problem::Problem;
use aiia_protocol::run::{RunEvent, RunEventKind, RunStatus};
use aiia_store::Store;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub(crate) use driver::{Assignment, start};
pub(crate) use log::RunLog;
pub(crate) use preparation::{Plan, apart};
pub(crate) use proposal::{Refusal, Reply, Subject, propose_from};
pub(crate) use shortfall::{broken_off, empty};
pub(crate) use summary::FailedFolds;

/// How many events of a finished run are read at once.
const REPLAY_BATCH: usize = 512;

/// The runs that go on.
#[derive(Default)]
pub(crate) struct ActiveRuns {
    runs: Mutex<HashMap<RunId, Arc<RunLog>>>,
    ended: Notify,
}

impl ActiveRuns {
    /// The log of a run that goes on.
    pub(crate) fn get(&self, id: &RunId) -> Option<Arc<RunLog>> {
        self.runs.lock().get(id).cloned()
    }

    /// How many go on.
    fn len(&self) -> usize {
        self.runs.lock().len()
    }

    fn insert(&self, id: RunId, log: Arc<RunLog>) -> usize {
        let mut runs = self.runs.lock();
        runs.insert(id, log);
        runs.len()
    }

    fn remove(&self, id: &RunId) -> usize {
        let left = {
            let mut runs = self.runs.lock();
            runs.remove(id);
            runs.len()
        };
        self.ended.notify_waiters();
        left
    }

    /// Waits until no run goes on, at most for `limit`.
    pub(crate) async fn drain(&self, limit: Duration) {
        let empty = async {
            loop {
                let ended = self.ended.notified();
                if self.runs.lock().is_empty() {
                    return;
                }
                ended.await;
            }
        };
        let _ = tokio::time::timeout(limit, empty).await;
    }
}

/// The events of a run after the number `after`: from memory while it goes on, from the store once it has ended. Ends after the last
/// event, or when `shutdown` is cancelled. A client that saw more than became durable before a crash gets the last event
/// all the same, with a number that it has not seen.
///
/// # Errors
/// When there is no such run.
pub(crate) async fn events(
    store: &Store,
    active: &ActiveRuns,
    id: RunId,
    after: u64,
    shutdown: CancellationToken,
) -> Result<BoxStream<'static, RunEvent>, Problem> {
    if let Some(log) = active.get(&id) {
        return Ok(log.follow(after, shutdown).boxed());
    }
    let run = store.get_run(id.clone()).await.map_err(Problem::from)?;
    let asked = after;
    let after = if run.status.is_final() { after.min(run.last_seq.saturating_sub(1)) } else { after };
    let replay = stream::unfold(Some((store.clone(), id, after)), |state| async {
        let (store, id, after) = state?;
        let batch = match store.run_events(id.clone(), after, REPLAY_BATCH).await {
            Ok(batch) => batch,
            Err(error) => {
                tracing::error!(run = %id, %error, "a run could not be replayed");
                return None;
            }
        };
        let last = batch.last()?.seq;
        let next = (batch.len() == REPLAY_BATCH).then_some((store, id, last));
        Some((stream::iter(batch), next))
    });
    let unseen = move |event: RunEvent| RunEvent { seq: event.seq.max(asked.saturating_add(1)), ..event };
    Ok(replay.flatten().map(unseen).boxed())
}

/// Whether `event` is the last one of its run.
pub(crate) fn is_last(event: &RunEvent) -> bool {
    matches!(event.kind, RunEventKind::Done { .. })
}

/// The last event.
pub(crate) fn done(status: RunStatus, problem: Option<Problem>) -> RunEventKind {
    RunEventKind::Done { status, problem }
}
