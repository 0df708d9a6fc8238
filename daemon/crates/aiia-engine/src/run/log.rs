//! The numbered events of a run that goes on, for any number of watchers.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aiia_protocol::id::RunId;
use aiia_protocol::run::{RunEvent, RunEventKind};
use futures::Stream;
use futures::stream;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::packed::Packed;

/// What stands for the number of events once there will be no more: whoever waits for any number has waited long enough.
const ENDED: usize = usize::MAX;

/// The events so far, and whom to wake when there are more.
pub(crate) struct RunLog {
    id: RunId,
    events: Mutex<Packed>,
    /// How many there are; [`ENDED`] after the last one.
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

    fn lock(&self) -> MutexGuard<'_, Packed> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what happened with the next number.
    pub(crate) fn push(&self, kind: RunEventKind) {
        let is_last = matches!(kind, RunEventKind::Done { .. });
        let mut events = self.lock();
        events.push(kind);
        let count = if is_last { ENDED } else { events.len() };
        drop(events);
        self.count.send_replace(count);
    }

    /// The event that would come next. Only the run's driver makes events, so the number stays right until it is pushed.
    pub(crate) fn next(&self, kind: RunEventKind) -> RunEvent {
        RunEvent { run_id: self.id.clone(), seq: self.last() + 1, kind }
    }

    /// The number of the last event; 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.lock().len() as u64
    }

    /// The events after the number `after`.
    pub(crate) fn since(&self, after: u64) -> Vec<RunEvent> {
        let events = self.lock();
        (after + 1..=events.len() as u64).filter_map(|seq| self.event(&events, seq)).collect()
    }

    /// The parts of the answer after the number `after`, as one text.
    pub(crate) fn text_since(&self, after: u64) -> String {
        self.lock().text_from(usize::try_from(after).unwrap_or(usize::MAX))
    }

    fn event(&self, events: &Packed, seq: u64) -> Option<RunEvent> {
        let kind = events.get(usize::try_from(seq.checked_sub(1)?).ok()?)?;
        Some(RunEvent { run_id: self.id.clone(), seq, kind })
    }

    /// The event after the number `seen`. Who claims to have seen more than there was gets the last one all the same, with a number
    /// that it has not seen.
    fn after(&self, seen: u64) -> Option<RunEvent> {
        let events = self.lock();
        let next = seen.saturating_add(1);
        self.event(&events, next).or_else(|| {
            if *self.count.borrow() != ENDED {
                return None;
            }
            let last = self.event(&events, events.len() as u64).filter(super::is_last)?;
            Some(RunEvent { seq: next, ..last })
        })
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
            /// How many have been given, or were not asked for.
            seen: u64,
            ended: bool,
            /// Kept from one event to the next: entering a list of waiters for each would cost more than the event.
            shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
        }
        let state = State {
            log: Arc::clone(self),
            count: self.count.subscribe(),
            // Below what stands for the end.
            seen: after.min(ENDED as u64 - 1),
            ended: false,
            shutdown: Box::pin(shutdown.cancelled_owned()),
        };
        stream::unfold(state, |mut state| async move {
            loop {
                if state.ended {
                    return None;
                }
                if let Some(event) = state.log.after(state.seen) {
                    state.seen = event.seq;
                    state.ended = super::is_last(&event);
                    return Some((event, state));
                }
                let seen = state.seen;
                tokio::select! {
                    more = async { state.count.wait_for(|count| *count as u64 > seen).await.is_ok() } => more.then_some(())?,
                    // The last events are pushed by the driver when it sees the shutdown; a log that ended has them.
                    () = &mut state.shutdown => {
                        let more = async { state.count.wait_for(|count| *count as u64 > seen).await.is_ok() };
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
    async fn a_watcher_who_asks_for_what_never_comes_gets_the_end() {
        let log = Arc::new(RunLog::new("r".into()));
        text(&log, "a");
        let beyond = [2, 3, 100, u64::MAX];
        let follow = |after| tokio::spawn(log.follow(after, CancellationToken::new()).collect::<Vec<_>>());
        let early: Vec<_> = beyond.into_iter().map(follow).collect();
        tokio::task::yield_now().await;
        log.push(crate::run::done(RunStatus::Completed, None));
        let late: Vec<_> = beyond.into_iter().map(follow).collect();
        for (after, follower) in beyond.into_iter().chain(beyond).zip(early.into_iter().chain(late)) {
            let seen = follower.await.unwrap();
            let [last] = seen.as_slice() else { panic!("after {after}: {seen:?}") };
            assert!(crate::run::is_last(last) && last.seq >= after, "after {after}: {last:?}");
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
