//! The time that the processor spends on something, which does not count what else the machine does meanwhile.

use rustix::time::{ClockId, clock_gettime};

/// What the work gives, and the milliseconds that this thread computed for it.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = now();
    let done = work();
    (now() - begun, done)
}

fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
