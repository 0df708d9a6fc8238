//! Futures that are seldom ready, beside a stream that moves all the time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use parking_lot::Mutex;

/// A future that is looked at only when it was woken itself, and not once more whenever the task goes on for another reason. Asking
/// whether it was costs next to nothing.
///
/// Once it was ready it is pending, until it is changed.
#[derive(Debug)]
pub struct Rarely<F> {
    future: Pin<Box<F>>,
    state: Arc<State>,
    /// Notes in `state` that the future was woken.
    waker: Waker,
    /// The task that `state` wakes.
    task: Option<Waker>,
}

#[derive(Debug)]
struct State {
    woken: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl State {
    fn with<R>(&self, change: impl FnOnce(&mut Option<Waker>) -> R) -> R {
        change(&mut self.task.lock())
    }
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Before the task is read: who sets another one looks here afterwards.
        self.woken.store(true, Ordering::SeqCst);
        if let Some(task) = self.with(|task| task.clone()) {
            task.wake();
        }
    }
}

impl<F> Rarely<F> {
    /// The same future, to be looked at rarely.
    pub fn new(future: F) -> Self {
        let state = Arc::new(State { woken: AtomicBool::new(true), task: Mutex::new(None) });
        Self { future: Box::pin(future), waker: Waker::from(Arc::clone(&state)), state, task: None }
    }

    /// Changes the future, which is looked at again afterwards.
    pub fn change<R>(&mut self, change: impl FnOnce(Pin<&mut F>) -> R) -> R {
        self.state.woken.store(true, Ordering::SeqCst);
        change(self.future.as_mut())
    }
}

impl<F: Future> Future for Rarely<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        if !this.task.as_ref().is_some_and(|task| task.will_wake(context.waker())) {
            this.task = Some(context.waker().clone());
            this.state.with(|task| *task = Some(context.waker().clone()));
        }
        if !this.state.woken.load(Ordering::SeqCst) {
            return Poll::Pending;
        }
        // Before it is looked at: what wakes it from here on counts for the next time.
        this.state.woken.store(false, Ordering::SeqCst);
        this.future.as_mut().poll(&mut Context::from_waker(&this.waker))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::oneshot;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_is_looked_at_when_it_was_woken_and_wakes_the_task_that_asked_last() {
        let (sender, mut receiver) = oneshot::channel::<()>();
        let looks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&looks);
        let mut rarely = Rarely::new(poll_fn(move |context| {
            counted.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut receiver).poll(context)
        }));
        let tasks = [Arc::new(Count::default()), Arc::new(Count::default())];
        let mut poll = |task: &Arc<Count>| {
            let waker = Waker::from(Arc::clone(task));
            Pin::new(&mut rarely).poll(&mut Context::from_waker(&waker)).is_ready()
        };
        for _ in 0..3 {
            assert!(!poll(&tasks[0]) && !poll(&tasks[1]));
        }
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        sender.send(()).unwrap();
        assert_eq!(tasks.each_ref().map(|task| task.0.load(Ordering::Relaxed)), [0, 1]);
        assert!(poll(&tasks[1]) && !poll(&tasks[1]));
        assert_eq!(looks.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn what_was_changed_is_looked_at_again() {
        let (sender, receiver) = oneshot::channel();
        let mut rarely = Rarely::new(receiver);
        sender.send(1).unwrap();
        assert_eq!((&mut rarely).await, Ok(1));
        let (sender, receiver) = oneshot::channel();
        sender.send(2).unwrap();
        rarely.change(|mut future| future.set(receiver));
        assert_eq!(rarely.await, Ok(2));
    }
}
