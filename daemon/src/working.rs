//! What a starting daemon says to the client that waits for it, as long as it cannot say more.

use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{Builder, JoinHandle};

use crate::lifecycle::{WORKING, WORKING_STEP};

/// Says on the standard output, again and again until it is dropped, that this process is at work.
pub(crate) struct Working {
    /// Its end is what the thread waits for.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Working {
    /// Begins with it, after the first pause.
    pub(crate) fn begin() -> Self {
        let (stop, stopped) = mpsc::channel();
        let say = move || {
            while stopped.recv_timeout(WORKING_STEP) == Err(RecvTimeoutError::Timeout) {
                let mut to = io::stdout();
                let _ = writeln!(to, "{WORKING}").and_then(|()| to.flush());
            }
        };
        // Without the thread it is silent, and a short start needs no word.
        let thread = Builder::new().name("working".to_owned()).stack_size(64 * 1024).spawn(say).ok();
        Self { stop: Some(stop), thread }
    }
}

impl Drop for Working {
    /// Nothing is said any more when this returns.
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
