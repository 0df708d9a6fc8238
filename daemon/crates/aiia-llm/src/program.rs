//! Other programs of this machine, run for a limited time.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How often a program that has closed its output is looked at: it ends in a moment.
const STEP: Duration = Duration::from_millis(2);

/// What came of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it wrote to its standard output, as far as that came within the limits.
    pub output: Vec<u8>,
    /// Whether it succeeded; `None` when a limit was met, and it was killed.
    pub success: Option<bool>,
}

/// Runs `command` with `input` on its standard input, for at most `limit` and until it has written `most` bytes; then it is
/// killed. Blocks meanwhile, and not longer, even if a process that it started holds its output open.
///
/// # Errors
/// When it cannot be started.
pub fn run(command: &mut Command, input: &str, limit: Duration, most: usize) -> io::Result<Outcome> {
    let deadline = Instant::now() + limit;
    let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
    let mut child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (sender, parts) = mpsc::channel();
    let input = input.to_owned();
    let talking = move || {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(input.as_bytes());
        }
        let Some(mut stdout) = stdout else { return };
        let mut part = [0; 1 << 14];
        while let Ok(length @ 1..) = stdout.read(&mut part) {
            if sender.send(part[..length].to_vec()).is_err() {
                return;
            }
        }
    };
    let talks = thread::Builder::new().name("program".to_owned()).spawn(talking);
    let mut output = Vec::new();
    let is_closed = talks.is_ok()
        && loop {
            match parts.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(part) => output.extend(part),
                Err(RecvTimeoutError::Disconnected) => break true,
                Err(RecvTimeoutError::Timeout) => break false,
            }
            if output.len() >= most {
                output.truncate(most);
                break false;
            }
        };
    let success = if is_closed { end_of(&mut child, deadline) } else { None };
    if success.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    talks.map(|_| Outcome { output, success })
}

fn end_of(child: &mut Child, deadline: Instant) -> Option<bool> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() < deadline => thread::sleep(STEP),
            Ok(None) | Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const LONG: Duration = Duration::from_secs(30);
    const SHORT: Duration = Duration::from_millis(200);

    #[rstest]
    #[case::all_of_it("echo a; echo b", "", LONG, "a\nb\n", Some(true))]
    #[case::what_it_is_told("cat", "told", LONG, "told", Some(true))]
    #[case::input_that_is_not_read("true", "told", LONG, "", Some(true))]
    #[case::failed("echo a; exit 3", "", LONG, "a\n", Some(false))]
    #[case::too_long("echo a; exec sleep 60", "", SHORT, "a\n", None)]
    #[case::without_a_word("exec sleep 60 >&-", "", SHORT, "", None)]
    #[case::a_child_holds_the_output("sleep 5 & echo a", "", SHORT, "a\n", None)]
    #[case::too_much("while echo 123456789; do :; done", "", LONG, "123456789\n123456789\n", None)]
    fn programs_end_within_their_limits(
        #[case] script: &str,
        #[case] input: &str,
        #[case] limit: Duration,
        #[case] output: &str,
        #[case] success: Option<bool>,
    ) {
        let outcome = run(Command::new("sh").args(["-c", script]), input, limit, 20).unwrap();
        assert_eq!((String::from_utf8(outcome.output).unwrap().as_str(), outcome.success), (output, success));
    }

    #[test]
    fn what_is_not_there_is_not_started() {
        assert!(run(&mut Command::new("no-such-program-here"), "", LONG, 1).is_err());
    }
}
