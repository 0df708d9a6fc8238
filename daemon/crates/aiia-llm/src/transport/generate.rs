//! A stream written as an ordinary async function.

use std::future::{Future, ready};

use futures::channel::mpsc;
use futures::{FutureExt, SinkExt, StreamExt, stream};

use crate::chat::{Delta, DeltaStream};
use crate::error::LlmError;

/// Where the function puts its deltas.
#[derive(Clone, Debug)]
pub(crate) struct DeltaSink {
    sender: mpsc::Sender<Result<Delta, LlmError>>,
    /// A part of the answer itself went through here.
    answered: bool,
}

impl DeltaSink {
    /// Hands a delta (or the final error) to the consumer, waiting until it is taken.
    pub(crate) async fn send(&mut self, delta: Result<Delta, LlmError>) {
        self.answered |= matches!(delta, Ok(Delta::Text(_) | Delta::Reasoning(_)));
        // The receiver lives in the same stream as the future that calls this; it cannot be gone.
        let _ = self.sender.send(delta).await;
    }

    /// Whether anything of an answer was handed over: from then on nothing is asked again.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered
    }
}

/// The stream of what `work` sends. `work` runs inside the stream's own polling, so nothing runs
/// before the first poll and dropping the stream drops all that `work` holds.
pub(crate) fn generate<F, Fut>(work: F) -> DeltaStream
where
    F: FnOnce(DeltaSink) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(0);
    let driver = work(DeltaSink { sender, answered: false }).into_stream().filter_map(|()| ready(None));
    let items = stream::select(receiver, driver);
    // Nothing follows the end, not even a cancellation that came a moment later.
    Box::pin(items.scan(false, |ended, item| {
        let pass = !*ended;
        *ended |= matches!(item, Err(_) | Ok(Delta::Finish(_)));
        ready(pass.then_some(item))
    }))
}
