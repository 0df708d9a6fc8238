//! Replies that once were, or might be, trouble, as they are, cut off, and spliced with each other: each comes to a plan or to a
//! complaint. What a fuzzer finds is added to `corpus/`.

#![allow(clippy::disallowed_methods, reason = "the corpus is read from the disk")]

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use aiia_edit::{EditPlan, Entry, FileAction, ReplyContext, SourceFile, Workspace, apply_hunks, normal_path, plan};
use aiia_syntax::Language;
use rustix::time::{ClockId, clock_gettime};

/// What one of them may take of the processor.
const LIMIT: Duration = Duration::from_secs(1);
/// A hang, on whatever machine.
const HANG: Duration = Duration::from_mins(1);

/// What this thread has worked so far.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

const FILES: &[(&str, &str)] = &[
    (
        "stats.py",
        "def mean(values):\n    total = sum(values)\n    return total / 3\n\n\ndef half(value):\n    return value / 2\n",
    ),
    ("src/lib.rs", "\u{feff}/// Doc.\r\nfn f(x: u8) -> u8 {\r\n\tx\r\n}\r\n"),
    ("gone.txt", "x\n"),
    ("empty.py", ""),
];

#[derive(Debug)]
struct Nothing;

impl Workspace for Nothing {
    fn entry(&self, _: &str) -> Entry {
        Entry::Absent
    }
}

fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the corpus is beside this test")
        .map(|entry| entry.expect("it can be listed").path())
        .map(|path| {
            let bytes = std::fs::read(&path).expect("it can be read");
            (path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned())
        })
        .collect();
    found.sort();
    assert!(found.len() > 20);
    found
}

/// What a reply comes to, within the limit.
fn judged(name: &str, reply: &str) {
    let (sender, receiver) = mpsc::channel();
    let owned = reply.to_owned();
    std::thread::spawn(move || {
        let files: Vec<SourceFile> =
            FILES.iter().map(|(path, text)| SourceFile::new(*path, *text, Language::from_path(path))).collect();
        let known = plan(&owned, &ReplyContext::of(&files));
        let open = plan(&owned, &ReplyContext { workspace: Some(&Nothing), ..ReplyContext::of(&files) });
        let _ = sender.send(([known, open], worked()));
    });
    let answer = receiver.recv_timeout(HANG);
    let (plans, taken) = answer.unwrap_or_else(|error| panic!("{name}: {error}\n{reply:?}"));
    assert!(taken <= LIMIT, "{name} took {taken:?}\n{reply:?}");
    for plan in plans {
        check(name, &plan);
    }
}

fn check(name: &str, plan: &EditPlan) {
    assert_eq!(plan.files.is_empty(), !plan.complaints.is_empty(), "{name}: {plan:?}");
    for file in &plan.files {
        assert!(normal_path(&file.path).is_ok(), "{name}: {}", file.path);
        let all: Vec<_> = file.hunks.iter().collect();
        assert_eq!(apply_hunks(&file.old_text, &all), file.new_text, "{name}");
        let known = FILES.iter().find(|(path, _)| *path == file.path);
        assert!(file.action != FileAction::Edit || known.is_some_and(|(_, text)| *text == file.old_text), "{name}");
    }
}

#[test]
fn each_reply_is_answered() {
    for (name, reply) in corpus() {
        judged(&name, &reply);
    }
}

#[test]
fn each_reply_is_answered_wherever_it_is_cut_off() {
    for (name, reply) in corpus() {
        let step = (reply.len() / 24).max(1);
        for end in (0..reply.len()).step_by(step) {
            judged(&name, &reply[..reply.floor_char_boundary(end)]);
        }
    }
}

#[test]
fn parts_of_several_are_answered() {
    let all = corpus();
    // Random numbers that are the same in every run (xorshift64*).
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |limit: usize| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    };
    for round in 0..300 {
        let mut reply = String::new();
        for _ in 0..=below(3) {
            let text = &all[below(all.len())].1;
            let start = text.floor_char_boundary(below(text.len()));
            let end = text.ceil_char_boundary((start + below(400)).min(text.len()));
            reply.push_str(&text[start..end]);
        }
        judged(&format!("splice {round}"), &reply);
    }
}
