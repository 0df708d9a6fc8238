//! Ctrl-C: the first one cancels the run, the pull or the transfer, the second one ends the program.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, Instant};

use aiia_protocol::id::{PullId, RunId, TransferId};
use parking_lot::{Mutex, MutexGuard};
use tokio::signal::unix::{SignalKind, signal};

use super::{hidden_input, output};
use crate::client::Canceller;
use crate::exit::{self, Failure};

/// Held while files are written.
static WHOLE: Mutex<()> = Mutex::new(());
/// Whether Ctrl-C is to end the program.
static ASKED: AtomicBool = AtomicBool::new(false);
/// How long Ctrl-C waits for what is held.
const HOLD_LIMIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How long it may take until Ctrl-C is listened to.
const START_LIMIT: Duration = Duration::from_secs(2);

/// What is done as a whole or not at all.
pub(crate) struct Whole {
    _held: MutexGuard<'static, ()>,
}

impl Whole {
    /// `failure`, for which everything is as it was before; where Ctrl-C asked for that, it is told and the program ends.
    pub(crate) fn not_done(self, failure: Failure) -> Failure {
        if is_asked() {
            output::report(&failure);
            std::process::exit(i32::from(exit::CANCELLED));
        }
        drop(self);
        failure
    }
}

/// While what it gives lives, Ctrl-C waits; [`is_asked`] says whether to stop and to take back what was begun.
pub(crate) fn hold() -> Whole {
    Interrupt::listen();
    Whole { _held: WHOLE.lock() }
}

/// Whether Ctrl-C was pressed while something was held.
pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Waits until nothing is held, within a limit.
fn wait_for_whole() {
    let is_held = || WHOLE.is_locked();
    ASKED.store(true, Ordering::SeqCst);
    if is_held() {
        output::note("Stopping as soon as the files are whole.");
    }
    let until = Instant::now() + HOLD_LIMIT;
    while is_held() && Instant::now() < until {
        std::thread::sleep(LOOK_AGAIN);
    }
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
                let Ok(mut interrupts) = signal(SignalKind::interrupt()) else { return };
                let _ = ready.send(());
                while interrupts.recv().await.is_some() {
                    watched.interrupted();
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
            wait_for_whole();
            hidden_input::show_again();
            std::process::exit(i32::from(exit::CANCELLED));
        }
    }
}
