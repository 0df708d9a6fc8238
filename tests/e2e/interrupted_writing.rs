//! Ctrl-C, the end of the terminal and `kill` while files are written: all of them are as they were, and nothing lies beside them.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::process::{Command, Stdio};

use aiia_tests::installation::{program, text};

const NAMES: [&str; 3] = ["a.py", "b.py", "c.py"];
const OLD: &str = "VALUE = 1\n";

/// Sends the signal when `file` is opened for the time `time`, and gives the exit code and what was said.
fn interrupted(folder: &std::path::Path, signal: &str, file: &str, time: u32) -> (Option<i32>, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/interrupted_writing.py");
    let mut command = Command::new("python3");
    command.args([script, signal, file, &time.to_string(), "Stopping"]).arg(program()).args(["apply", "--write"]);
    command.args(NAMES.iter().flat_map(|name| ["--file", name]));
    let mut child = command
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let block = |name: &&str| format!("{name}\n<<<<<<< SEARCH\n{OLD}=======\nVALUE = 2\n>>>>>>> REPLACE\n\n");
    let reply: String = NAMES.iter().map(block).collect();
    child.stdin.take().expect("a pipe").write_all(reply.as_bytes()).expect("the reply is taken");
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), text(&output.stderr))
}

#[test]
fn a_signal_takes_back_what_is_in_place_already() {
    // Each file is read for the plan, before its new text is written beside it, and before that takes its place.
    for (signal, ends_with, file, time) in [
        ("SIGINT", 130, "b.py", 2),
        ("SIGINT", 130, "a.py", 3),
        ("SIGINT", 130, "b.py", 3),
        ("SIGINT", 130, "c.py", 3),
        ("SIGTERM", 143, "b.py", 3),
        ("SIGHUP", 129, "b.py", 3),
        ("SIGHUP", 129, "b.py", 2),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        for name in NAMES {
            std::fs::write(folder.path().join(name), OLD).expect("it is written");
        }
        let (code, said) = interrupted(folder.path(), signal, file, time);
        assert_eq!(code, Some(ends_with), "{signal} {file} {time}: {said}");
        assert!(said.contains("Nothing was changed") && !said.contains("Written"), "{file} {time}: {said}");
        let mut names: Vec<_> = std::fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        names.sort();
        assert_eq!(names, NAMES, "{file} {time}: {said}");
        for name in NAMES {
            assert_eq!(std::fs::read_to_string(folder.path().join(name)).expect("text"), OLD, "{file} {time}: {said}");
        }
    }
}

#[test]
fn a_file_that_may_not_grow_is_an_error_and_all_are_as_they_were() {
    let folder = tempfile::tempdir().expect("a folder");
    let long = format!("{OLD}{}", "# a line\n".repeat(1000));
    for name in NAMES {
        std::fs::write(folder.path().join(name), OLD).expect("it is written");
    }
    std::fs::write(folder.path().join("b.py"), &long).expect("it is written");
    // 4 KiB in blocks of 512 bytes, as the standard shell counts.
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -f 8; exec \"$0\" apply --write"])
        .arg(program())
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell starts");
    let block = |name: &&str| format!("{name}\n<<<<<<< SEARCH\n{OLD}=======\nVALUE = 2\n>>>>>>> REPLACE\n\n");
    let reply: String = NAMES.iter().map(block).collect();
    child.stdin.take().expect("a pipe").write_all(reply.as_bytes()).expect("the reply is taken");
    let output = child.wait_with_output().expect("it ends");
    let said = text(&output.stderr);
    assert!(output.status.code().is_some(), "a signal ended it: {said}");
    assert!(said.contains("File too large") && said.contains("Nothing was changed"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), NAMES.len(), "{said}");
    assert_eq!(std::fs::read_to_string(folder.path().join("a.py")).expect("text"), OLD);
    assert_eq!(std::fs::read_to_string(folder.path().join("b.py")).expect("text"), long);
}
