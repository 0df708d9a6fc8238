//! Replies that models really gave, on the files as they were released before: how many become what was released afterwards.
//!
//! The argument is what `collect.py` wrote.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

#[path = "../robustness/peer.rs"]
mod peer;

use std::process::ExitCode;

use aiia_edit::{ReplyContext, SourceFile, hunks, plan, unified_diff};
use aiia_syntax::Language;
use peer::Peer;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    reply: String,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    path: String,
    text: String,
    expected: String,
    /// The edits of this file alone, for a peer that is told the file.
    reply: String,
    edits: usize,
    /// Every quote stands in the text to the letter.
    verbatim: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Right,
    Refused,
    Wrong,
}

#[derive(Default)]
struct Score {
    replies: usize,
    edits: usize,
    ours: [usize; 3],
    aider: [usize; 3],
}

fn main() -> ExitCode {
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        println!("Name the file that collect.py wrote. See the README.");
        return ExitCode::from(2);
    };
    let cases = std::fs::read_to_string(&path).expect("the file is there");
    let cases: Vec<Case> = serde_json::from_str(&cases).expect("collect.py wrote it");
    let show = std::env::var_os("AIIA_BENCH_SHOW").is_some();
    let mut peer = Peer::start();
    let mut scores: [Score; 2] = Default::default();
    for case in &cases {
        let score = &mut scores[usize::from(!case.files.iter().all(|file| file.verbatim))];
        score.replies += 1;
        score.edits += case.files.iter().map(|file| file.edits).sum::<usize>();
        score.ours[apply(case, show) as usize] += 1;
        if let Some(peer) = &mut peer {
            score.aider[apply_with(peer, &case.files) as usize] += 1;
        }
    }
    println!("{:<28} {:>7} {:>6}   right refused wrong   aider: right refused wrong", "quotes", "replies", "edits");
    for (name, score) in ["as the file has them", "not as the file has them"].iter().zip(&scores) {
        let Score { replies, edits, ours, aider } = score;
        println!(
            "{name:<28} {replies:>7} {edits:>6}   {:>5} {:>7} {:>5}          {:>5} {:>7} {:>5}",
            ours[0], ours[1], ours[2], aider[0], aider[1], aider[2]
        );
    }
    let sum = |at: usize| scores.iter().map(|score| score.ours[at]).sum::<usize>();
    println!(
        "{:.1} % become what was committed, {} become something else",
        100.0 * sum(0) as f64 / cases.len() as f64,
        sum(2)
    );
    // A quote that the file has to the letter leaves nothing to be guessed.
    ExitCode::from(u8::from(sum(2) > 0 || scores[0].ours[0] < scores[0].replies))
}

fn apply(case: &Case, show: bool) -> Outcome {
    let source = |file: &File| SourceFile::new(&file.path, &file.text, Language::from_path(&file.path));
    let files: Vec<SourceFile> = case.files.iter().map(source).collect();
    let plan = plan(&case.reply, &ReplyContext::of(&files));
    if let Some(complaint) = plan.complaints.first() {
        if show {
            println!("{}\nwas refused: {}\n", case.reply, complaint.message);
        }
        return Outcome::Refused;
    }
    let mut outcome = Outcome::Right;
    for file in &case.files {
        let changed = plan.files.iter().find(|plan| plan.path == file.path);
        let text = changed.map_or(&file.text, |plan| &plan.new_text);
        if *text != file.expected {
            outcome = Outcome::Wrong;
            if show {
                let differs = unified_diff(&file.path, &file.expected, &hunks(&file.expected, text), 3);
                println!("{}\nbecame other than committed by\n{differs}\n", case.reply);
            }
        }
    }
    outcome
}

fn apply_with(peer: &mut Peer, files: &[File]) -> Outcome {
    let mut outcome = Outcome::Right;
    for file in files {
        match peer.apply("block", &file.text, &file.reply).0 {
            Some(text) if text == file.expected => {}
            Some(_) => return Outcome::Wrong,
            None => outcome = Outcome::Refused,
        }
    }
    outcome
}
