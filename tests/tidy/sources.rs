//! What must not be in a source file.

use regex::Regex;

use super::{read, tracked_files};

/// A file longer than this has more than one subject, or tests that belong into a file of their own.
const MAX_LINES: usize = 600;

/// The kinds of files that people write programs in.
const PROGRAMS: [&str; 6] = [".rs", ".ts", ".tsx", ".mjs", ".py", ".lua"];

/// What makes a thread or a task wait by the clock.
const SLEEPS: &str = r"thread::sleep\(|time::sleep\(|\bsleep\(";

/// What tests begin with that stand beside what they test.
const TESTS: &str = "#[cfg(test)]\nmod tests {";

fn rust_files() -> Vec<String> {
    tracked_files().into_iter().filter(|path| path.ends_with(".rs")).collect()
}

fn none_matches(files: &[String], pattern: &str, why: &str) {
    let pattern = Regex::new(pattern).unwrap();
    let mut found = Vec::new();
    for path in files {
        for (number, line) in (1..).zip(read(path).lines()) {
            if pattern.is_match(line) {
                found.push(format!("{path}:{number}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{why}\n{}", found.join("\n"));
}

#[test]
fn every_module_says_what_it_is() {
    for path in rust_files() {
        let text = read(&path);
        assert!(text.starts_with("//!"), "{path} begins without `//!`");
    }
}

#[test]
fn no_file_is_a_heap() {
    let programs = tracked_files().into_iter().filter(|path| PROGRAMS.iter().any(|ending| path.ends_with(ending)));
    // Made from the protocol, and read by no one.
    for path in programs.filter(|path| path != "vscode-extension/src/protocol.ts") {
        let lines = read(&path).lines().count();
        assert!(lines <= MAX_LINES, "{path} has {lines} lines; split it by subject");
    }
}

#[test]
fn no_test_is_muted_and_nothing_is_left_for_later() {
    let ours: Vec<String> = rust_files().into_iter().filter(|path| path != "tests/tidy/sources.rs").collect();
    none_matches(
        &ours,
        r"#\[ignore|\btodo!\(|\bunimplemented!\(|\bdbg!\(|\bFIXME\b|\bXXX\b|\bTODO\b",
        "finish it, or take it out",
    );
}

#[test]
fn no_test_waits_by_the_clock() {
    let tests: Vec<String> = rust_files()
        .into_iter()
        .filter(|path| {
            (path.starts_with("tests/") && path != "tests/tidy/sources.rs")
                || path.contains("/tests/")
                || path.ends_with("tests.rs")
        })
        .collect();
    let why = "wait for an event with a limit instead";
    none_matches(&tests, SLEEPS, why);
    // Tests beside what they test, and what they have a shell do: only one that sleeps for good is no wait.
    let pattern = Regex::new(&format!(r"{SLEEPS}|(\b(do|while|until|then)|[;&|]) sleep |\bsleep [0-9]*\.")).unwrap();
    for path in rust_files().into_iter().filter(|path| path != "tests/tidy/sources.rs") {
        let text = read(&path);
        let own = if tests.contains(&path) { Some(text.as_str()) } else { text.split_once(TESTS).map(|(_, own)| own) };
        let found = own.and_then(|own| own.lines().find(|line| pattern.is_match(line)));
        assert_eq!(found, None, "{path}: {why}");
    }
}

#[test]
fn only_the_gate_lets_a_request_out() {
    // `Models::stream` is the one door to every model; `ModelDirectory::ask` is its only caller and takes only what
    // `gate::seal` has made; nothing but the driver of runs, the summaries before them, the titles after them and the
    // completions of programs asks.
    let engine: Vec<String> =
        rust_files().into_iter().filter(|path| path.starts_with("daemon/") && !path.contains("/aiia-llm/")).collect();
    let callers = |pattern: &str| -> Vec<String> {
        let pattern = Regex::new(pattern).unwrap();
        engine.iter().filter(|path| pattern.is_match(&read(path))).cloned().collect()
    };
    assert_eq!(callers(r"\bModels::new\("), ["daemon/crates/aiia-engine/src/models.rs"]);
    assert_eq!(
        callers(r"\.ask\("),
        [
            "daemon/crates/aiia-engine/src/completion.rs",
            "daemon/crates/aiia-engine/src/run/driver.rs",
            "daemon/crates/aiia-engine/src/run/summary.rs",
            "daemon/crates/aiia-engine/src/run/title.rs"
        ]
    );
    assert_eq!(
        callers(r"models\.embed\("),
        ["daemon/crates/aiia-engine/src/completion.rs", "daemon/crates/aiia-engine/src/models.rs"]
    );
    assert_eq!(callers(r"\bSealed \{ "), ["daemon/crates/aiia-engine/src/gate.rs"]);
    let sealed = read("daemon/crates/aiia-engine/src/gate.rs");
    assert!(!sealed.contains("pub(crate) messages:"), "the fields of a sealed request stay private");
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let texts: Vec<String> = tracked_files()
        .into_iter()
        .filter(|path| {
            !path.ends_with(".lock") && !path.ends_with("package-lock.json") && path != "tests/tidy/sources.rs"
        })
        .collect();
    none_matches(&texts, r"/(root|work/[a-z]+)/[a-z]|/tmp/[a-z]+/[a-z]", "write no path of your machine");
}
