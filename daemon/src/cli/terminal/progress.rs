//! What goes on, in one line on standard error.

use std::io;

use super::output::{Style, obeys, say, styled};
use super::sanitize::one_line;

/// Back to the begin of the line, and erase it.
const ERASE: &str = "\r\x1b[2K";

/// One line on standard error that tells what goes on: replaced in place on a terminal. Elsewhere each new phase gets a
/// line; a phase that only counts up does not.
#[derive(Default)]
pub(crate) struct Progress {
    shown: String,
    silent: bool,
}

impl Progress {
    /// A line that shows nothing if `silent`.
    pub(crate) fn new(silent: bool) -> Self {
        Self { shown: String::new(), silent }
    }

    /// Shows `text` where it can be taken away again: it tells nothing but that something goes on.
    pub(crate) fn show_passing(&mut self, text: &str) {
        if obeys(&io::stderr()) {
            self.show(text);
        }
    }

    /// Shows `text`.
    pub(crate) fn show(&mut self, text: &str) {
        let text = one_line(text);
        let to = io::stderr();
        if self.silent || text == self.shown {
            return;
        }
        if obeys(&to) {
            let width = usize::from(termimad::terminal_size().0).max(20);
            let fitting: String = text.chars().take(width - 1).collect();
            say(&format!("{ERASE}{}", styled(&fitting, Style::Faint, &to)));
        } else if phase(&text) != phase(&self.shown) {
            say(&format!("{text}\n"));
        }
        self.shown = text;
    }

    /// Takes the line away, so that something else can be printed.
    pub(crate) fn clear(&mut self) {
        if !self.shown.is_empty() && !self.silent && obeys(&io::stderr()) {
            say(ERASE);
        }
        self.shown.clear();
    }
}

fn phase(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_up_is_no_new_phase() {
        assert_eq!(phase("loading model 40 %"), phase("loading model 90 %"));
        assert_ne!(phase("loading model 40 %"), phase("reading the prompt"));
    }
}
