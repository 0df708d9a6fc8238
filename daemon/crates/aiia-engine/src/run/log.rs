//! The numbered events of a run that goes on, for any number of watchers.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use aiia_llm::Rarely;
use aiia_protocol::id::RunId;
use aiia_protocol::run::{RunEvent, RunEventKind};
use futures::{FutureExt, Stream, stream};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::event_buffer::Packed;
use super::repetition;

/// The events so far, and whom to wake when there are more.
pub(crate) struct RunLog {
    id: RunId,
    state: Mutex<State>,
    cancel: CancellationToken,
}

#[derive(Default)]
struct State {
    events: Packed,
    /// The last one is among them.
    ended: bool,
    /// Nearly always there is one watcher.
    first: Option<Waker>,
    others: Vec<Waker>,
}

impl State {
    fn wait(&mut self, waker: &Waker) {
        match &self.first {
            None => self.first = Some(waker.clone()),
            Some(first) if first.will_wake(waker) => {}
            Some(_) if self.others.iter().any(|other| other.will_wake(waker)) => {}
            Some(_) => self.others.push(waker.clone()),
        }
    }
}

impl RunLog {
    pub(crate) fn new(id: RunId) -> Self {
        Self { id, state: Mutex::default(), cancel: CancellationToken::new() }
    }

    /// Cancelled when the user stops the run.
    pub(crate) fn cancel_token(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Adds what happened with the next number.
    pub(crate) fn push(&self, kind: RunEventKind) {
        let mut state = self.state.lock();
        state.ended |= matches!(kind, RunEventKind::Done { .. });
        state.events.push(kind);
        let (first, others) = (state.first.take(), std::mem::take(&mut state.others));
        drop(state);
        first.into_iter().chain(others).for_each(Waker::wake);
    }

    /// The event that would come next. Only the run's driver makes events, so the number stays right until it is pushed.
    pub(crate) fn next(&self, kind: RunEventKind) -> RunEvent {
        RunEvent { run_id: self.id.clone(), seq: self.last() + 1, kind }
    }

    /// The number of the last event; 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.state.lock().events.len() as u64
    }

    /// The events after the number `after`.
    pub(crate) fn since(&self, after: u64) -> Vec<RunEvent> {
        let state = self.state.lock();
        let last = state.events.len() as u64;
        let mut found = Vec::with_capacity(usize::try_from(last.saturating_sub(after)).unwrap_or_default());
        found.extend((after.saturating_add(1)..=last).filter_map(|seq| self.event(&state.events, seq)));
        found
    }

    /// The parts of the answer after the number `after`, as one text.
    pub(crate) fn text_since(&self, after: u64) -> String {
        self.state.lock().events.text_from(usize::try_from(after).unwrap_or(usize::MAX))
    }

    /// Whether what was said and thought ends in the same words, again and again.
    pub(crate) fn repeats(&self) -> bool {
        repetition::repeats(self.state.lock().events.words().as_bytes())
    }

    fn event(&self, events: &Packed, seq: u64) -> Option<RunEvent> {
        let kind = events.get(usize::try_from(seq.checked_sub(1)?).ok()?)?;
        Some(RunEvent { run_id: self.id.clone(), seq, kind })
    }

    /// The event with the number `seq`, as soon as there is one.
    fn poll_event(&self, seq: u64, context: &Context<'_>) -> Poll<RunEvent> {
        let mut state = self.state.lock();
        // Who claims to have seen more than there was gets the last one all the same, with a number that it has not seen.
        let found = if state.ended { seq.min(state.events.len() as u64) } else { seq };
        if let Some(event) = self.event(&state.events, found) {
            return Poll::Ready(RunEvent { seq, ..event });
        }
        state.wait(context.waker());
        Poll::Pending
    }

    /// The events after the number `after`, as they come, until the last one or until `shutdown`: then the driver has a moment for
    /// the last words.
    pub(crate) fn follow(
        self: &Arc<Self>,
        after: u64,
        shutdown: CancellationToken,
    ) -> impl Stream<Item = RunEvent> + Send + 'static {
        let log = Arc::clone(self);
        let over = async move {
            shutdown.cancelled_owned().await;
            tokio::time::sleep(super::driver::STOP_LIMIT).await;
        };
        let mut over = Rarely::new(over);
        let (mut seen, mut ended) = (after, false);
        stream::poll_fn(move |context| {
            if ended {
                return Poll::Ready(None);
            }
            if let Poll::Ready(event) = log.poll_event(seen.saturating_add(1), context) {
                seen = event.seq;
                ended = super::is_last(&event);
                return Poll::Ready(Some(event));
            }
            ended = over.poll_unpin(context).is_ready();
            if ended { Poll::Ready(None) } else { Poll::Pending }
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
