//! Ctrl-C: the first one cancels the run, the pull or the transfer, the second one ends the program. So does the first one of the signals
//! that ask a program to end, or that tell it that its terminal is gone: what goes on in the daemon goes on without it.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, Instant};

use aiia_protocol::id::{PullId, RunId, TransferId};
use parking_lot::{Mutex, MutexGuard};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{hidden_input, output};
use crate::client::Canceller;
use crate::daemon;
use crate::exit::{self, Failure};

/// Held while files are written.
static WHOLE: Mutex<()> = Mutex::new(());
/// The exit code of the program that a signal is to end; 0 where none is.
static ASKED: AtomicU8 = AtomicU8::new(0);
/// What is added to the number of a signal for the exit code of a program that it ended.
const BY_SIGNAL: u8 = 128;
/// How long a signal waits for what is held.
const HOLD_LIMIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How long it may take until Ctrl-C is listened to.
const START_LIMIT: Duration = Duration::from_secs(2);

/// What is done as a whole or not at all.
pub(crate) struct Whole {
    _held: MutexGuard<'static, ()>,
}

impl Whole {
    /// `failure`, for which everything is as it was before; where a signal asked for that, it is told and the program ends.
    pub(crate) fn not_done(self, failure: Failure) -> Failure {
        if is_asked() {
            output::report(&failure);
            std::process::exit(i32::from(ASKED.load(Ordering::SeqCst)));
        }
        drop(self);
        failure
    }
}

/// While what it gives lives, signals wait; [`is_asked`] says whether to stop and to take back what was begun.
pub(crate) fn hold() -> Whole {
    Interrupt::listen();
    Whole { _held: WHOLE.lock() }
}

/// Whether a signal came while something was held.
pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::SeqCst) != 0
}

/// Ends the program with this exit code as soon as nothing is held, within a limit.
fn end(code: u8) -> ! {
    let is_held = || WHOLE.is_locked();
    ASKED.store(code, Ordering::SeqCst);
    if is_held() {
        output::note("Stopping as soon as the files are whole.");
    }
    let until = Instant::now() + HOLD_LIMIT;
    while is_held() && Instant::now() < until {
        std::thread::sleep(LOOK_AGAIN);
    }
    hidden_input::show_again();
    std::process::exit(i32::from(code));
}

/// The next one of a signal; never where the system ignores it for this program, as `nohup` has it.
async fn next(signals: &mut Option<Signal>) {
    let came = match signals {
        Some(signals) => signals.recv().await.is_some(),
        None => false,
    };
    if !came {
        std::future::pending::<()>().await;
    }
}

/// The exit code of a program that a signal ended.
fn by(kind: SignalKind) -> u8 {
    u8::try_from(kind.as_raw_value()).map_or(exit::FAILED, |number| BY_SIGNAL.saturating_add(number))
}

fn listen_to(kind: SignalKind) -> Option<Signal> {
    if is_ignored(kind) { None } else { signal(kind).ok() }
}

/// Whether whoever started the program lets it ignore the signal. Only Linux tells.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    let bit = u32::try_from(kind.as_raw_value().saturating_sub(1)).unwrap_or(u64::BITS);
    ignored.and_then(|ignored| ignored.checked_shr(bit)).is_some_and(|ignored| ignored & 1 == 1)
}

/// Asks for the end of what goes on.
type Cancel = Box<dyn FnOnce() -> io::Result<()> + Send>;

/// What Ctrl-C cancels.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<Mutex<Option<Cancel>>>);

impl Interrupt {
    /// From now on Ctrl-C ends the program with the code of a cancelled one, or cancels what is being watched.
    /// The process has one of it.
    pub(crate) fn listen() -> Self {
        static ONLY: OnceLock<Interrupt> = OnceLock::new();
        ONLY.get_or_init(Self::start).clone()
    }

    fn start() -> Self {
        let interrupt = Self::default();
        let watched = interrupt.clone();
        let (ready, is_ready) = mpsc::sync_channel(1);
        // Without the thread the system's own handling of Ctrl-C stays.
        let _ = std::thread::Builder::new().name("interrupt".to_owned()).spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
            runtime.block_on(async {
                daemon::survive_large_files();
                let Ok(mut interrupts) = signal(SignalKind::interrupt()) else { return };
                let (mut ends, mut hang_ups) = (listen_to(SignalKind::terminate()), listen_to(SignalKind::hangup()));
                let _ = ready.send(());
                loop {
                    tokio::select! {
                        Some(()) = interrupts.recv() => watched.interrupted(),
                        () = next(&mut ends) => end(by(SignalKind::terminate())),
                        () = next(&mut hang_ups) => end(by(SignalKind::hangup())),
                        else => return,
                    }
                }
            });
        });
        // Until then Ctrl-C would end the program in the middle of what comes next.
        let _ = is_ready.recv_timeout(START_LIMIT);
        interrupt
    }

    /// Ctrl-C cancels `run` from now on.
    pub(crate) fn watch(&self, canceller: Canceller, run: RunId) {
        self.set(Box::new(move || canceller.cancel(&run)));
    }

    /// Ctrl-C cancels all of `runs` from now on.
    pub(crate) fn watch_all(&self, canceller: Canceller, runs: Vec<RunId>) {
        self.set(Box::new(move || runs.iter().try_for_each(|run| canceller.cancel(run))));
    }

    /// Ctrl-C cancels `pull` from now on.
    pub(crate) fn watch_pull(&self, canceller: Canceller, pull: PullId) {
        self.set(Box::new(move || canceller.cancel_pull(&pull)));
    }

    /// Ctrl-C cancels `transfer` from now on.
    pub(crate) fn watch_transfer(&self, canceller: Canceller, transfer: TransferId) {
        self.set(Box::new(move || canceller.cancel_transfer(&transfer)));
    }

    fn set(&self, cancel: Cancel) {
        *self.0.lock() = Some(cancel);
    }

    /// Ctrl-C ends the program from now on.
    pub(crate) fn unwatch(&self) {
        self.0.lock().take();
    }

    fn interrupted(&self) {
        let watched = self.0.lock().take();
        if watched.is_none_or(|cancel| cancel().is_err()) {
            end(exit::CANCELLED);
        }
    }
}
