//! What is printed: results on standard output, everything else on standard error; colour on terminals only.

use std::io::{self, IsTerminal, Write};
use std::iter;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::coloured_diff;
use super::sanitize::clean;
use crate::cli::missed;
use crate::exit::{self, Failure};

pub(crate) const RED: &str = "\x1b[31m";
pub(crate) const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
pub(crate) const CYAN: &str = "\x1b[36m";
pub(crate) const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
/// Foreground and background change places.
pub(crate) const REVERSE: &str = "\x1b[7m";
pub(crate) const RESET: &str = "\x1b[0m";

/// How a piece of text is set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Something is wrong.
    Bad,
    /// All is well.
    Good,
    /// Something could be better.
    Warning,
    /// A heading.
    Heading,
    /// Less important.
    Faint,
}

/// Whether the program goes on when nobody reads its results.
static GOES_ON: AtomicBool = AtomicBool::new(false);

/// From now on the program goes on when nobody reads its results: it has failed, and ends with that.
pub(crate) fn go_on_unread() {
    GOES_ON.store(true, Ordering::SeqCst);
}

/// Writes a result. Ends the process quietly when nobody reads any more, as in `aiia history | head`, and with an error when it cannot
/// be written, as on a full disk.
pub(crate) fn write(text: &str) {
    let mut to = io::stdout().lock();
    if let Err(error) = to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        if error.kind() == io::ErrorKind::BrokenPipe {
            if GOES_ON.load(Ordering::SeqCst) {
                return;
            }
            std::process::exit(i32::from(exit::OK));
        }
        say(&format!("error: The result cannot be written: {error}.\n"));
        std::process::exit(i32::from(exit::FAILED));
    }
}

/// Writes what is no result. What goes on does not depend on anybody who reads it.
pub(super) fn say(text: &str) {
    let mut to = io::stderr().lock();
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

/// Prints a line of a result. The text may come from a model.
pub(crate) fn line(text: &str) {
    write(&format!("{}\n", clean(text)));
}

/// Prints a result as JSON.
pub(crate) fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => write(&format!("{}\n", harmless_json(&text))),
        Err(error) => note(&format!("The result cannot be shown as JSON: {error}.")),
    }
}

/// Prints one result of many as a line of JSON.
pub(crate) fn json_line(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => write(&format!("{}\n", harmless_json(&text))),
        Err(error) => note(&format!("The result cannot be shown as JSON: {error}.")),
    }
}

/// JSON text that steers no terminal and says the same: what `serde_json` leaves of control characters is written as escapes.
pub(crate) fn harmless_json(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\u{7f}'..='\u{9f}') {
            let escape = format!("\\u{:04x}", character as u32);
            harmless.push_str(&escape);
        } else {
            harmless.push(character);
        }
    }
    harmless
}

/// Prints text of our own, such as completions, as it is.
pub(crate) fn verbatim(bytes: &[u8]) {
    write(&String::from_utf8_lossy(bytes));
}

/// Says something on standard error.
pub(crate) fn note(text: &str) {
    say(&format!("{}\n", clean(text)));
}

/// A path as it is seen from the working directory.
pub(crate) fn shown_path(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let near = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
    near.unwrap_or_else(|| path.to_path_buf()).display().to_string()
}

/// So many of something, such as “1 chat” or “2 chats”.
pub(crate) fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// Says on standard error why something did not work and what to do.
pub(crate) fn report(failure: &Failure) {
    let paint = |text: &str, style| styled(text, style, &io::stderr());
    let problem = &failure.problem;
    let mut lines = vec![format!("{} {}", paint("error:", Style::Bad), clean(&problem.detail))];
    lines.extend(problem.errors.iter().map(|error| format!("  {}: {}", clean(&error.pointer), clean(&error.detail))));
    let missed = missed::hint(iter::once(problem.detail.as_str()).chain(problem.hint.as_deref()));
    let hints = problem.hint.iter().chain(&missed);
    lines.extend(hints.map(|hint| format!("{} {}", paint("hint:", Style::Warning), clean(hint))));
    say(&format!("{}\n", lines.join("\n")));
}

/// `text` set off for standard output.
pub(crate) fn paint(text: &str, style: Style) -> String {
    styled(text, style, &io::stdout())
}

pub(super) fn styled(text: &str, style: Style, to: &impl IsTerminal) -> String {
    let text = clean(text);
    if !has_colour(to) {
        return text;
    }
    let code = match style {
        Style::Bad => RED,
        Style::Good => GREEN,
        Style::Warning => YELLOW,
        Style::Heading => BOLD,
        Style::Faint => DIM,
    };
    format!("{code}{text}{RESET}")
}

/// Prints a line that [`paint`] made parts of.
pub(crate) fn painted_line(text: &str) {
    write(&format!("{text}\n"));
}

/// Prints a unified diff: in colour and harmless on a terminal, byte for byte elsewhere so that it can be applied.
pub(crate) fn diff(text: &str) {
    let to = io::stdout();
    let text = match (to.is_terminal(), has_colour(&to)) {
        (false, _) => text.to_owned(),
        (true, false) => clean(text),
        (true, true) => coloured_diff::coloured(&clean(text)),
    };
    write(&text);
}

/// Whether `to` takes colours.
pub(crate) fn has_colour(to: &impl IsTerminal) -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_colour && obeys(to)
}

/// Whether `to` is a terminal that moves its cursor and erases when it is told.
pub(crate) fn obeys(to: &impl IsTerminal) -> bool {
    to.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_steers_no_terminal_and_says_the_same() {
        let value = serde_json::json!({ "text": "\u{9b}31m red \u{1b}[0m \u{7f} ünï 🙂" });
        let text = harmless_json(&value.to_string());
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
