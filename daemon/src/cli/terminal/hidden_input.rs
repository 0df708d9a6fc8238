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

/// A line, and whether what came with it goes on behind it.
pub(crate) type Line = (String, bool);

/// Reads at most `limit` bytes of a line from the standard input. A terminal is told `prompt` and does not show what is typed.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read_line(prompt: &str, limit: u64) -> io::Result<Line> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return first_line(stdin.lock(), limit);
    }
    // Ctrl-C must not leave a terminal behind that shows nothing.
    Interrupt::listen();
    let old = tcgetattr(&stdin)?;
    let mut hidden = old.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    // Nor may Ctrl-Z.
    hidden.special_codes[SpecialCodeIndex::VSUSP] = NO_KEY;
    {
        // Whoever ends the program shows again what is hidden, not what is about to be.
        let mut shown = SHOWN.lock();
        tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
        *shown = Some(old);
    }
    output::note(prompt);
    let mut line = String::new();
    let read = stdin.lock().take(limit).read_line(&mut line);
    show_again();
    read.map(|_| (line, false))
}

/// The first line of what comes, of `limit` bytes at most. What is written later is not waited for.
fn first_line(mut source: impl Read, limit: u64) -> io::Result<Line> {
    let mut all = vec![0; usize::try_from(limit).unwrap_or(usize::MAX)];
    let mut length = 0;
    while length < all.len() && !all[..length].contains(&b'\n') {
        match source.read(&mut all[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let end = all[..length].iter().position(|byte| *byte == b'\n').unwrap_or(length);
    let goes_on = !all[end..length].trim_ascii().is_empty();
    let line =
        String::from_utf8(all[..end].to_vec()).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok((line, goes_on))
}

/// Has the terminal show again what is typed, where it was told not to.
pub(crate) fn show_again() {
    if let Some(old) = SHOWN.lock().take() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &old);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a\n", "a", false)]
    #[case("a", "a", false)]
    #[case("", "", false)]
    #[case("a\n\n \n", "a", false)]
    #[case("a\nb\n", "a", true)]
    #[case("123456789", "12345678", false)]
    fn a_line_is_read_and_whether_there_is_more(#[case] given: &str, #[case] line: &str, #[case] goes_on: bool) {
        assert_eq!(first_line(given.as_bytes(), 8).unwrap(), (line.to_owned(), goes_on));
    }
}
