//! How long one piece of work on a tree may take, and several together.

use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The end of the processor time that a piece of work has. It counts what this thread worked and not what it waited
/// for a processor, so that a busy machine finds the same as an idle one. To be asked in the thread that made it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    /// Before this it cannot have passed, which is much cheaper to ask than what the thread worked.
    earliest: Instant,
    worked: Duration,
}

impl Deadline {
    /// The deadline of work that may take `limit` from now on.
    pub(crate) fn after(limit: Duration) -> Deadline {
        Deadline { earliest: Instant::now() + limit, worked: worked() + limit }
    }

    /// Breaks once it has passed.
    pub(crate) fn check(self) -> ControlFlow<()> {
        if Instant::now() > self.earliest && worked() > self.worked {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// Processor time that several parses may take together. What is no code can cost the parser a hundred times what code does.
#[derive(Debug)]
pub struct ParseBudget {
    left: Cell<Duration>,
}

impl ParseBudget {
    /// A budget of so much time. One parse takes no more than [`PARSE_TIME_LIMIT`](crate::PARSE_TIME_LIMIT) of it.
    pub fn new(time: Duration) -> ParseBudget {
        ParseBudget { left: Cell::new(time) }
    }

    /// Does a piece of work that ends at the deadline it is given, and takes what the work took off the budget.
    pub(crate) fn spend<T>(&self, at_most: Duration, work: impl FnOnce(Deadline) -> T) -> T {
        let from = worked();
        let done = work(Deadline::after(self.left.get().min(at_most)));
        self.left.set(self.left.get().saturating_sub(worked().saturating_sub(from)));
        done
    }
}

/// What this thread has worked so far.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_by_all_its_work() {
        let budget = ParseBudget::new(Duration::from_millis(3));
        let work = |limit: Duration| {
            budget.spend(limit, |deadline| {
                let from = worked();
                while deadline.check().is_continue() {}
                worked().saturating_sub(from)
            })
        };
        assert!(work(Duration::from_millis(1)) < Duration::from_millis(3));
        assert!(work(Duration::from_mins(1)) > Duration::from_micros(1));
        assert_eq!(budget.left.get(), Duration::ZERO);
    }

    #[test]
    fn waiting_is_not_working() {
        let limit = Duration::from_millis(2);
        let (deadline, from) = (Deadline::after(limit), Instant::now());
        let (_sender, receiver) = std::sync::mpsc::channel::<()>();
        receiver.recv_timeout(10 * limit).unwrap_err();
        assert!(from.elapsed() > limit && deadline.check().is_continue());
        while deadline.check().is_continue() {
            assert!(from.elapsed() < Duration::from_mins(1), "work never passes the deadline");
        }
    }
}
