//! A stream written as an ordinary async function.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::stream;
use parking_lot::Mutex;

use crate::chat::{Delta, DeltaStream};
use crate::error::LlmError;

use super::thoughts::Thoughts;

type Item = Result<Delta, LlmError>;

/// Where the function puts its deltas.
#[derive(Clone, Debug)]
pub(crate) struct DeltaSink {
    place: Place,
    /// A part of the answer itself went through here.
    answered: bool,
}

/// What was sent and is not taken yet. Function and stream are polled together, by one task, so that nobody has to be woken: a channel
/// would wake the task that is running, and have it run once more for each delta.
#[derive(Clone, Debug, Default)]
struct Place(Arc<Mutex<Option<Item>>>);

impl Place {
    /// Puts an item there once the one before is taken. Ready when it is taken itself.
    fn poll_put(&self, item: &mut Option<Item>) -> Poll<()> {
        let mut place = self.0.lock();
        match (place.is_none(), item.take()) {
            (true, None) => Poll::Ready(()),
            (true, Some(item)) => {
                *place = Some(item);
                Poll::Pending
            }
            (false, kept) => {
                *item = kept;
                Poll::Pending
            }
        }
    }
}

impl DeltaSink {
    /// Hands a delta (or the final error) to the consumer, waiting until it is taken. Only for what is polled by the stream itself.
    pub(crate) async fn send(&mut self, delta: Item) {
        self.answered |= matches!(delta, Ok(Delta::Text(_) | Delta::Reasoning(_)));
        let mut item = Some(delta);
        poll_fn(|_| self.place.poll_put(&mut item)).await;
    }

    /// Whether anything of an answer was handed over: from then on nothing is asked again.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered
    }
}

/// The stream of what `work` sends, with the `thoughts` in it set apart. `work` runs inside the stream's own polling, so nothing runs
/// before the first poll and dropping the stream drops all that `work` holds.
pub(crate) fn generate<F, Fut>(mut thoughts: Thoughts, work: F) -> DeltaStream
where
    F: FnOnce(DeltaSink) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let place = Place::default();
    let mut driver = Some(Box::pin(work(DeltaSink { place: place.clone(), answered: false })));
    let (mut sorted, mut failure) = (VecDeque::new(), None);
    Box::pin(stream::poll_fn(move |context: &mut Context<'_>| {
        loop {
            if let Some(delta) = sorted.pop_front() {
                return Poll::Ready(Some(Ok(delta)));
            }
            if let Some(error) = failure.take() {
                return Poll::Ready(Some(Err(error)));
            }
            let Some(work) = &mut driver else { return Poll::Ready(None) };
            let ended = work.as_mut().poll(context).is_ready();
            let item = place.0.lock().take();
            // Nothing follows the end, not even a cancellation that came a moment later.
            if ended || matches!(item, Some(Err(_) | Ok(Delta::Finish(_)))) {
                driver = None;
            }
            match item {
                None if driver.is_some() => return Poll::Pending,
                Some(_) if thoughts.are_over() => return Poll::Ready(item),
                None => {}
                Some(Ok(delta)) => thoughts.sort(delta, &mut sorted),
                Some(Err(error)) => failure = Some(error),
            }
            if driver.is_none() {
                thoughts.rest(&mut sorted);
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use futures::{Stream, StreamExt};

    use super::*;
    use crate::chat::FinishReason;
    use crate::error::LlmErrorKind;

    fn text(text: &str) -> Delta {
        Delta::Text(text.to_owned())
    }

    #[tokio::test]
    async fn everything_that_is_sent_comes_in_order() {
        let deltas = generate(Thoughts::apart(), |mut sink| async move {
            for word in ["a", "b", "c"] {
                sink.send(Ok(text(word))).await;
                tokio::task::yield_now().await;
            }
            sink.send(Ok(Delta::Finish(FinishReason::Stop))).await;
        });
        let all: Vec<_> = deltas.collect().await;
        assert_eq!(all, [Ok(text("a")), Ok(text("b")), Ok(text("c")), Ok(Delta::Finish(FinishReason::Stop))]);
    }

    #[tokio::test]
    async fn a_delta_whose_sender_was_dropped_still_comes_and_nothing_follows_an_error() {
        let deltas = generate(Thoughts::apart(), |mut sink| async move {
            let mut other = sink.clone();
            tokio::select! {
                biased;
                () = other.send(Ok(text("a"))) => {}
                () = std::future::ready(()) => {}
            }
            sink.send(Err(LlmError::cancelled())).await;
            sink.send(Ok(text("late"))).await;
        });
        let kinds: Vec<_> = deltas.map(|delta| delta.map_err(|error| error.kind)).collect().await;
        assert_eq!(kinds, [Ok(Delta::Text("a".to_owned())), Err(LlmErrorKind::Cancelled)]);
    }

    #[test]
    fn nothing_is_woken_for_a_delta() {
        #[derive(Default)]
        struct Count(AtomicUsize);
        impl Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut deltas = pin!(generate(Thoughts::apart(), |mut sink| async move {
            sink.send(Ok(text("a"))).await;
            sink.send(Ok(text("b"))).await;
            std::future::pending::<()>().await;
        }));
        let mut poll = || deltas.as_mut().poll_next(&mut Context::from_waker(&waker));
        assert_eq!(poll(), Poll::Ready(Some(Ok(text("a")))));
        assert_eq!(poll(), Poll::Ready(Some(Ok(text("b")))));
        assert_eq!(poll(), Poll::Pending);
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
    }
}
