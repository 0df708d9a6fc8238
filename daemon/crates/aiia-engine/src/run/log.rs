//! The numbered events of a run that goes on, for any number of watchers.

use std::sync::{Arc, Mutex, PoisonError};

use aiia_protocol::id::RunId;
use aiia_protocol::run::{RunEvent, RunEventKind};
use futures::Stream;
use futures::stream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The events so far, and whom to wake when there are more.
pub(crate) struct RunLog {
    id: RunId,
    events: Mutex<Vec<RunEvent>>,
    count: watch::Sender<usize>,
    cancel: CancellationToken,
}

impl RunLog {
    pub(crate) fn new(id: RunId) -> Self {
        Self { id, events: Mutex::default(), count: watch::channel(0).0, cancel: CancellationToken::new() }
    }

    /// Cancelled when the user stops the run.
    pub(crate) fn cancel_token(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Adds an event with the next number.
    pub(crate) fn push(&self, kind: RunEventKind) -> RunEvent {
        let event = self.next(kind);
        self.show(event.clone());
        event
    }

    /// The event that would come next. Only the run's driver makes events, so the number stays right until it is shown.
    pub(crate) fn next(&self, kind: RunEventKind) -> RunEvent {
        let count = self.events.lock().unwrap_or_else(PoisonError::into_inner).len();
        RunEvent { run_id: self.id.clone(), seq: count as u64 + 1, kind }
    }

    /// Adds an event made by [`RunLog::next`].
    pub(crate) fn show(&self, event: RunEvent) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(event);
        let count = events.len();
        drop(events);
        self.count.send_replace(count);
    }

    fn since(&self, index: usize) -> Vec<RunEvent> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.get(index..).unwrap_or_default().to_vec()
    }

    /// The events after the number `after`, as they come, until the last one or until `shutdown`.
    pub(crate) fn follow(
        self: &Arc<Self>,
        after: u64,
        shutdown: CancellationToken,
    ) -> impl Stream<Item = RunEvent> + Send + 'static {
        struct State {
            log: Arc<RunLog>,
            count: watch::Receiver<usize>,
            next: usize,
            ready: std::vec::IntoIter<RunEvent>,
            ended: bool,
            shutdown: CancellationToken,
        }
        let state = State {
            log: Arc::clone(self),
            count: self.count.subscribe(),
            next: usize::try_from(after).unwrap_or(usize::MAX),
            ready: Vec::new().into_iter(),
            ended: false,
            shutdown,
        };
        stream::unfold(state, |mut state| async move {
            loop {
                if let Some(event) = state.ready.next() {
                    state.ended = super::is_last(&event);
                    return Some((event, state));
                }
                if state.ended {
                    return None;
                }
                let fresh = state.log.since(state.next);
                if !fresh.is_empty() {
                    state.next += fresh.len();
                    state.ready = fresh.into_iter();
                    continue;
                }
                let next = state.next;
                let shutdown = state.shutdown.clone();
                tokio::select! {
                    more = async { state.count.wait_for(|count| *count > next).await.is_ok() } => more.then_some(())?,
                    // The last events are pushed by the driver when it sees the shutdown; a log that ended has them.
                    () = shutdown.cancelled() => {
                        let more = async { state.count.wait_for(|count| *count > next).await.is_ok() };
                        tokio::time::timeout(super::driver::STOP_LIMIT, more).await.ok()?.then_some(())?;
                    }
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use aiia_protocol::run::RunStatus;
    use futures::StreamExt;

    use super::*;

    fn text(log: &RunLog, text: &str) {
        log.push(RunEventKind::Text { text: text.into() });
    }

    #[tokio::test]
    async fn every_watcher_gets_every_event_from_where_it_asks() {
        let log = Arc::new(RunLog::new("r".into()));
        text(&log, "a");
        let early: Vec<_> = (0..3).map(|after| log.follow(after, CancellationToken::new())).collect();
        text(&log, "b");
        log.push(crate::run::done(RunStatus::Completed, None));
        for (after, follower) in (0_u64..).zip(early) {
            let seen: Vec<u64> = follower.map(|event| event.seq).collect().await;
            assert_eq!(seen, (after + 1..=3).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn a_watcher_waits_for_more() {
        let log = Arc::new(RunLog::new("r".into()));
        let follower = tokio::spawn(log.follow(0, CancellationToken::new()).count());
        for part in ["a", "b", "c"] {
            text(&log, part);
            tokio::task::yield_now().await;
        }
        log.push(crate::run::done(RunStatus::Completed, None));
        assert_eq!(follower.await.unwrap(), 4);
    }
}
