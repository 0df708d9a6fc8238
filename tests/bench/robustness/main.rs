//! Replies as models garble them, made from real edits: how many become the right text, how many are refused, how many go wrong.
//!
//! The arguments are folders, an older and a newer release of the same package by turns. Each change of a line block between the
//! two is one edit; it is written as a search/replace block and as a unified diff, and mutated in every way of `mutations.rs`.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

mod cases;
#[path = "../clock.rs"]
mod clock;
mod mutations;
mod peer;
mod replies;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use aiia_edit::{ComplaintKind, Guard, ReplyContext, SourceFile, hunks, plan, unified_diff};
use aiia_syntax::Language;

use cases::Case;
use mutations::MUTATIONS;
use peer::Peer;
use table::{Outcome, Table};

/// Of so many cases the peer gets one: its unified diffs take seconds where they do not fit.
const PEER_EVERY: usize = 8;

fn main() -> ExitCode {
    let folders: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(PathBuf::from).collect();
    let all: Vec<Case> = folders.chunks_exact(2).flat_map(|pair| cases::cases(&pair[0], &pair[1])).collect();
    if all.is_empty() {
        println!("Name pairs of folders: an older and a newer release. See the README.");
        return ExitCode::from(2);
    }
    let mut peer = Peer::start();
    let mut table = Table::default();
    let only = std::env::var("AIIA_BENCH_SHOW").ok();
    for (name, mutate) in MUTATIONS {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        for (number, case) in all.iter().enumerate() {
            let mut case = case.clone();
            if !mutate(&mut case) {
                continue;
            }
            for (dialect, reply) in [("block", replies::block(&case)), ("diff", replies::diff(&case))] {
                let file = SourceFile { tree: case.tree.clone(), ..source(&case) };
                let (unguarded, _) = timed(&file, &reply, Guard::Text);
                let (guarded, outcome) = timed(&file, &reply, Guard::Syntax);
                table.time("without guards", unguarded);
                table.time("with guards", guarded);
                if only.is_some() {
                    show(&case, &reply, &outcome);
                }
                table.add((name, dialect), judge(&case, outcome));
                if let Some(peer) = peer.as_mut().filter(|_| number % PEER_EVERY == 0) {
                    let (text, milliseconds) = peer.apply(dialect, &case.file, &reply);
                    table.add_peer((name, dialect), judge(&case, text.ok_or(ComplaintKind::NotFound)));
                    if dialect == "block" {
                        table.time("the same blocks", unguarded);
                        table.time("aider, blocks", milliseconds);
                    } else {
                        table.time("aider, diffs", milliseconds);
                    }
                }
            }
        }
    }
    if table.report() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn source(case: &Case) -> SourceFile {
    SourceFile::new(case.path.clone(), case.file.clone(), Language::from_path(&case.path))
}

/// Milliseconds of the processor, and the new text or why there is none.
fn timed(file: &SourceFile, reply: &str, guard: Guard) -> (f64, Result<String, ComplaintKind>) {
    let files = std::slice::from_ref(file);
    let (milliseconds, plan) = clock::timed(|| plan(reply, &ReplyContext { guard, ..ReplyContext::of(files) }));
    let outcome = match plan.complaints.first() {
        Some(complaint) => Err(complaint.kind),
        None => Ok(plan.files[0].new_text.clone()),
    };
    (milliseconds, outcome)
}

fn judge(case: &Case, outcome: Result<String, ComplaintKind>) -> Outcome {
    match outcome {
        Ok(text) if text == case.expected => Outcome::Right,
        Ok(_) => Outcome::Wrong,
        Err(kind) if case.refusing_is_right => Outcome::RightlyRefused(kind.as_str()),
        Err(kind) => Outcome::Refused(kind.as_str()),
    }
}

fn show(case: &Case, reply: &str, outcome: &Result<String, ComplaintKind>) {
    match outcome {
        Ok(text) if *text != case.expected => {
            let differs = unified_diff(&case.path, &case.expected, &hunks(&case.expected, text), 1);
            println!("{reply}became wrong by\n{differs}");
        }
        Err(kind) if !case.refusing_is_right => println!("{reply}in {} was refused: {}", case.path, kind.as_str()),
        _ => {}
    }
}
