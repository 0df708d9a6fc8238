//! How much one look through a tree may cost.

use crate::deadline::Deadline;
use std::cell::Cell;
use std::ops::ControlFlow;
use std::time::Duration;

/// A look may take so many steps. They are counted, so that the same text gives the same on every machine; a megabyte of the densest
/// code takes a quarter of them.
const MOST_STEPS: u64 = 400_000_000;

/// The longest one look may take, in processor time, should its steps be unusually slow.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// What is left of the cost of a look. To be used in the thread that made it.
#[derive(Debug)]
pub(crate) struct Effort {
    left: Cell<u64>,
    deadline: Deadline,
    is_over: Cell<bool>,
}

impl Effort {
    /// The effort of one look.
    pub(crate) fn new() -> Effort {
        Effort::of(MOST_STEPS)
    }

    fn of(steps: u64) -> Effort {
        Effort { left: Cell::new(steps), deadline: Deadline::after(TIME_LIMIT), is_over: Cell::new(false) }
    }

    /// Takes steps off; breaks once there are none left.
    pub(crate) fn spend(&self, steps: u64) -> ControlFlow<()> {
        let left = self.left.get().saturating_sub(steps);
        self.left.set(left);
        if left == 0 || self.deadline.check().is_break() {
            self.is_over.set(true);
        }
        if self.is_over.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Whether nothing was cut short.
    pub(crate) fn is_enough(&self) -> bool {
        !self.is_over.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_short_stays_cut_short() {
        let effort = Effort::of(10);
        assert!(effort.spend(9).is_continue() && effort.is_enough());
        assert!(effort.spend(5).is_break());
        assert!(effort.spend(0).is_break() && !effort.is_enough());
    }
}
