//! The program in a terminal: what is shown while it works, and what it leaves behind.

use std::io::Write;
use std::process::{Command, Stdio};

use aiia_tests::installation::{Installation, text};
use aiia_tests::model_server::{Gate, Script};

/// What a terminal sends for Ctrl-C.
const CTRL_C: &str = "\u{3}";
/// The code of what was cancelled.
const CANCELLED: i32 = 130;

/// Runs the program in a terminal; `dialogue` is what is waited for and what is typed then. Gives what was shown.
pub(crate) fn in_terminal(
    aiia: &Installation,
    arguments: &[&str],
    environment: &[(&str, &str)],
    dialogue: &[(&str, &str)],
) -> String {
    let (code, shown) = ended_in_terminal(aiia, arguments, environment, dialogue);
    assert_eq!(code, 0, "{shown}");
    shown
}

/// As [`in_terminal`], for what may end with another code, which it gives, too.
pub(crate) fn ended_in_terminal(
    aiia: &Installation,
    arguments: &[&str],
    environment: &[(&str, &str)],
    dialogue: &[(&str, &str)],
) -> (i32, String) {
    let base = aiia.command(arguments);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/terminal.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(base.get_program()).args(arguments).current_dir(aiia.workspace());
    for (name, value) in base.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let dialogue = serde_json::to_vec(dialogue).expect("JSON");
    let mut child = command
        .env("TERM", "xterm-256color")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().expect("a pipe").write_all(&dialogue).expect("the dialogue is taken");
    let output = child.wait_with_output().expect("it ends");
    (output.status.code().expect("a code"), text(&output.stdout))
}

#[test]
fn an_answer_is_shown_while_it_is_written() {
    let aiia = Installation::new();
    let gate = Gate::closed();
    gate.release(3);
    aiia.model.always(Script::Numbered { count: 100, gate });
    let (code, shown) = ended_in_terminal(&aiia, &["ask", "why?"], &[], &[("t2", CTRL_C)]);
    assert_eq!(code, CANCELLED, "{shown}");
    assert!(shown.contains("waiting for the model"), "{shown}");
    let plain = ended_in_terminal(&aiia, &["history"], &[("TERM", "dumb")], &[]).1;
    assert!(!plain.contains('\u{1b}'), "{plain}");
}

#[test]
fn ctrl_c_leaves_a_terminal_that_shows_what_is_typed() {
    let aiia = Installation::new();
    let (code, shown) = ended_in_terminal(&aiia, &["config", "set-key", "scripted"], &[], &[("then Enter:", CTRL_C)]);
    assert_eq!(code, CANCELLED, "{shown}");
    assert!(!shown.contains("does not echo"), "{shown}");
}
