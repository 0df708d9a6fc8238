//! Replies as models garble them, made from real edits: how many become the right text, how many are refused, how many go wrong.
//!
//! The arguments are folders, an older and a newer release of the same package by turns. Each change of a line block between the
//! two is one edit; it is written as a search/replace block and as a unified diff, and mutated in every way below.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use aiia_edit::{ComplaintKind, Hunk, ReplyContext, SourceFile, apply_hunks, hunks, plan, unified_diff};
use aiia_syntax::{Language, SyntaxTree};

const CONTEXT_LINES: usize = 3;
/// Of one pair of releases, so that a large one does not drown the others.
const MAX_EDITS: usize = 150;

/// An edit, with the reply that asks for it.
#[derive(Clone)]
struct Case {
    path: String,
    file: String,
    old: Vec<String>,
    new: Vec<String>,
    /// The first line of `old`, counted from 1.
    line: usize,
    expected: String,
    /// What is asked for is not in the file, so refusing is right.
    imagined: bool,
}

type Mutation = fn(&mut Case) -> bool;

/// Each gives false where it does not apply to a case.
const MUTATIONS: &[(&str, Mutation)] = &[
    ("as it is", |_| true),
    ("trailing blanks", |case| each(&mut case.old, |line| line.push_str("  "))),
    ("dedented", dedented),
    ("tabs for spaces", |case| tabs(&mut case.old) & tabs(&mut case.new)),
    ("typographic quotes", |case| {
        each_changed(&mut case.old, |line| line.replace('"', "\u{201d}").replace('\'', "\u{2019}"))
    }),
    ("blank lines dropped", drop_blanks),
    ("pasted line numbers", pasted_numbers),
    ("file in CRLF", |case| {
        case.file = case.file.replace('\n', "\r\n");
        case.expected = case.expected.replace('\n', "\r\n");
        !case.file.contains("\r\r")
    }),
    ("file drifted above", |case| {
        let above = "// a line that was not there\n".repeat(7);
        case.file.insert_str(0, &above);
        case.expected.insert_str(0, &above);
        true
    }),
    ("typo in a context line", |case| typo(case, 0)),
    ("context line dropped", dropped),
    ("imagined line", |case| {
        case.imagined = true;
        let at = case.old.len() / 2;
        case.old.insert(at, "    let imagined_by_the_model = compute_something_else();".to_owned());
        true
    }),
    ("stands twice", |case| {
        case.imagined = true;
        let twice = format!("{}\n", case.old.join("\n"));
        case.file.push_str(&twice);
        case.expected.push_str(&twice);
        case.line = 0;
        true
    }),
    ("no final newline", |case| {
        let ends = case.file.ends_with('\n') && case.expected.ends_with('\n');
        case.file.pop();
        case.expected.pop();
        ends
    }),
];

fn each(lines: &mut [String], change: impl Fn(&mut String)) -> bool {
    lines.iter_mut().filter(|line| !line.trim().is_empty()).for_each(change);
    true
}

fn each_changed(lines: &mut [String], change: impl Fn(&str) -> String) -> bool {
    let mut changed = false;
    for line in lines {
        let new = change(line);
        changed |= new != *line;
        *line = new;
    }
    changed
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn dedented(case: &mut Case) -> bool {
    let all = case.old.iter().chain(&case.new).filter(|line| !line.trim().is_empty());
    let least = all.map(|line| indent(line)).min().unwrap_or(0);
    for line in case.old.iter_mut().chain(&mut case.new) {
        line.drain(..least.min(indent(line)));
    }
    least > 0
}

fn tabs(lines: &mut [String]) -> bool {
    each_changed(lines, |line| {
        "\t".repeat(indent(line) / 4) + &" ".repeat(indent(line) % 4) + line.trim_start_matches(' ')
    })
}

/// Drops the blank lines around what changes.
fn drop_blanks(case: &mut Case) -> bool {
    let changed: Vec<&String> = case.new.iter().filter(|line| !case.old.contains(line)).collect();
    let fair = changed.iter().all(|line| !line.trim().is_empty());
    let blanks = |lines: &[String]| lines.iter().filter(|line| line.trim().is_empty()).count();
    fair && blanks(&case.old) == blanks(&case.new) && drop_blank(&mut case.old) && drop_blank(&mut case.new)
}

fn drop_blank(lines: &mut Vec<String>) -> bool {
    let before = lines.len();
    lines.retain(|line| !line.trim().is_empty());
    before != lines.len() && !lines.is_empty()
}

fn pasted_numbers(case: &mut Case) -> bool {
    for lines in [&mut case.old, &mut case.new] {
        for (number, line) in (case.line.max(1)..).zip(lines.iter_mut()) {
            *line = format!("{number:>4} | {line}");
        }
    }
    true
}

fn typo(case: &mut Case, at: usize) -> bool {
    let is_context = case.old.get(at) == case.new.get(at);
    let Some(line) = case.old.get(at).filter(|line| is_context && line.trim().len() > 8 && line.is_ascii()) else {
        return false;
    };
    let middle = line.len() - line.trim_start().len() + line.trim().len() / 2;
    let mut typo = line.clone();
    typo.remove(middle);
    case.old[at].clone_from(&typo);
    case.new[at] = typo;
    true
}

fn dropped(case: &mut Case) -> bool {
    let is_context = case.old.len() > 2 && case.old.get(1) == case.new.get(1) && case.old[0] == case.new[0];
    if is_context {
        case.old.remove(1);
        case.new.remove(1);
    }
    is_context
}

fn as_block(case: &Case) -> String {
    let text = |lines: &[String]| lines.iter().fold(String::new(), |text, line| text + line + "\n");
    let (path, old, new) = (&case.path, text(&case.old), text(&case.new));
    format!("{path}\n```\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n```\n")
}

fn as_diff(case: &Case) -> String {
    let front = case.old.iter().zip(&case.new).take_while(|(one, other)| one == other).count();
    let rest = case.old[front..].iter().rev().zip(case.new[front..].iter().rev());
    let back = rest.take_while(|(one, other)| one == other).count();
    let mut text = format!(
        "--- a/{0}\n+++ b/{0}\n@@ -{1},{2} +{1},{3} @@\n",
        case.path,
        case.line,
        case.old.len(),
        case.new.len()
    );
    let mut push = |sign: char, lines: &[String]| {
        for line in lines {
            text.push(sign);
            text.push_str(line);
            text.push('\n');
        }
    };
    push(' ', &case.old[..front]);
    push('-', &case.old[front..case.old.len() - back]);
    push('+', &case.new[front..case.new.len() - back]);
    push(' ', &case.old[case.old.len() - back..]);
    format!("```diff\n{text}```\n")
}

/// The edits between two releases.
fn cases(old: &Path, new: &Path) -> Vec<Case> {
    let mut found = Vec::new();
    for path in sources(old) {
        let relative = path.strip_prefix(old).expect("below it");
        let (Ok(before), Ok(after)) = (std::fs::read_to_string(&path), std::fs::read_to_string(new.join(relative)))
        else {
            continue;
        };
        if before.contains('\r') || before.len() > 200_000 {
            continue;
        }
        let lines: Vec<&str> = before.lines().collect();
        for hunk in hunks(&before, &after) {
            found.extend(case(relative, &before, &lines, &hunk));
        }
    }
    let step = found.len().div_ceil(MAX_EDITS).max(1);
    found.into_iter().step_by(step).collect()
}

fn case(path: &Path, before: &str, lines: &[&str], hunk: &Hunk) -> Option<Case> {
    if hunk.old_lines > 40 || hunk.new_lines > 60 {
        return None;
    }
    let first = hunk.old_start.saturating_sub(usize::from(hunk.old_lines > 0));
    let start = first.saturating_sub(CONTEXT_LINES);
    let end = (first + hunk.old_lines + CONTEXT_LINES).min(lines.len());
    let owned = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut new = owned(&lines[start..first]);
    new.extend(hunk.new_text.lines().map(str::to_owned));
    new.extend(owned(&lines[first + hunk.old_lines..end]));
    let expected = apply_hunks(before, &[hunk]);
    let language = Language::from_path(path.to_str()?)?;
    let errors = |text: &str| SyntaxTree::parse(language, text).map_or(0, |tree| tree.error_count());
    // A part of a larger change may be no change by itself.
    if errors(&expected) > errors(before) {
        return None;
    }
    Some(Case {
        path: path.to_str()?.to_owned(),
        file: before.to_owned(),
        old: owned(&lines[start..end]),
        new,
        line: start + 1,
        expected,
        imagined: false,
    })
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if Language::from_path(&path.to_string_lossy()).is_some() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[derive(Default)]
struct Score {
    right: usize,
    refused: usize,
    wrong: usize,
    refusals: BTreeMap<&'static str, usize>,
}

fn main() -> ExitCode {
    let folders: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(PathBuf::from).collect();
    let all: Vec<Case> = folders.chunks_exact(2).flat_map(|pair| cases(&pair[0], &pair[1])).collect();
    if all.is_empty() {
        println!("Name pairs of folders: an older and a newer release. See the README.");
        return ExitCode::from(2);
    }
    let mut scores: BTreeMap<(usize, &str), Score> = BTreeMap::new();
    let mut times = Vec::new();
    let only = std::env::var("AIIA_BENCH_SHOW").ok();
    for (index, (name, mutate)) in MUTATIONS.iter().enumerate() {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        for case in &all {
            let mut case = case.clone();
            if !mutate(&mut case) {
                continue;
            }
            for (dialect, reply) in [("block", as_block(&case)), ("diff", as_diff(&case))] {
                let begun = Instant::now();
                let outcome = apply(&case, &reply);
                times.push(begun.elapsed());
                let score = scores.entry((index, dialect)).or_default();
                match outcome {
                    Ok(text) if text == case.expected => score.right += 1,
                    Ok(text) if only.is_some() => {
                        let differs = unified_diff(&case.path, &case.expected, &hunks(&case.expected, &text), 1);
                        println!("{reply}became wrong by\n{differs}");
                        score.wrong += 1;
                    }
                    Ok(_) => score.wrong += 1,
                    Err(kind) => {
                        score.refused += 1;
                        *score.refusals.entry(kind.as_str()).or_default() += 1;
                        score.right += usize::from(case.imagined);
                    }
                }
            }
        }
    }
    report(&scores, times)
}

fn apply(case: &Case, reply: &str) -> Result<String, ComplaintKind> {
    let file =
        SourceFile { path: case.path.clone(), text: case.file.clone(), language: Language::from_path(&case.path) };
    let plan = plan(reply, &ReplyContext::of(&[file]));
    match plan.complaints.first() {
        Some(complaint) => Err(complaint.kind),
        None => Ok(plan.files[0].new_text.clone()),
    }
}

fn report(scores: &BTreeMap<(usize, &str), Score>, mut times: Vec<Duration>) -> ExitCode {
    println!("{:<24} {:<6} {:>6} {:>7} {:>7} {:>6}  refused for", "kind", "as", "cases", "right", "refused", "wrong");
    let (mut cases, mut right, mut wrong) = (0, 0, 0);
    for ((index, dialect), score) in scores {
        let count = times
            .len()
            .min(score.wrong + score.refused + score.right - if is_refusal_right(*index) { score.refused } else { 0 });
        let share = 100.0 * score.right as f64 / count as f64;
        let name = MUTATIONS[*index].0;
        println!(
            "{name:<24} {dialect:<6} {count:>6} {share:>6.1}% {:>7} {:>6}  {:?}",
            score.refused, score.wrong, score.refusals
        );
        cases += count;
        right += score.right;
        wrong += score.wrong;
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "\n{cases} cases, {:.1}% right, {wrong} wrong; {:.2} ms in the median, {:.2} ms at the 99th percentile",
        100.0 * right as f64 / cases as f64,
        at(50),
        at(99)
    );
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn is_refusal_right(index: usize) -> bool {
    matches!(MUTATIONS[index].0, "imagined line" | "stands twice")
}
