//! A line that is typed without being shown, and a terminal that shows again what is typed, however the program ends.

use std::io::{self, BufRead, IsTerminal, Read};

use parking_lot::Mutex;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use super::interrupt::Interrupt;
use super::output;

/// How the terminal was before it was told to show nothing.
static SHOWN: Mutex<Option<Termios>> = Mutex::new(None);
/// The code that stands for “no key does it”.
const NO_KEY: u8 = 0;

/// Reads at most `limit` bytes of a line from the standard input. A terminal is told `prompt` and does not show what is typed.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read_line(prompt: &str, limit: u64) -> io::Result<String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        // Ctrl-C must not leave a terminal behind that shows nothing.
        Interrupt::listen();
        output::note(prompt);
        let old = tcgetattr(&stdin)?;
        let mut hidden = old.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // Nor may Ctrl-Z.
        hidden.special_codes[SpecialCodeIndex::VSUSP] = NO_KEY;
        *SHOWN.lock() = Some(old);
        tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    }
    let mut line = String::new();
    let read = stdin.lock().take(limit).read_line(&mut line);
    show_again();
    read.map(|_| line)
}

/// Has the terminal show again what is typed, where it was told not to.
pub(crate) fn show_again() {
    if let Some(old) = SHOWN.lock().take() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &old);
    }
}
