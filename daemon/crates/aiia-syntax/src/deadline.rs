//! How long one piece of work on a tree may take.

use rustix::time::{ClockId, clock_gettime};
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

/// What this thread has worked so far.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

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
