//! A question that is answered by yes or no.

use std::io::{self, BufRead, IsTerminal};

use super::output;

/// Whether there is somebody to ask.
pub(crate) fn can_be_asked() -> bool {
    io::stdin().is_terminal()
}

/// Asks; anything but a yes is a no.
pub(crate) fn is_agreed(question: &str) -> bool {
    output::note(&format!("{question} [y/N]"));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}
