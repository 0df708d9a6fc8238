//! From a change of a document to its tree, beside the least that can be done: the same edit of a rope and tree-sitter's own incremental
//! parse.
//!
//! The argument is a folder; a file of ten thousand lines is made of its Rust sources. Both sides get the same keys: words typed at
//! places spread over the file, letter by letter. They take turns, so that both see the same machine, once alone and once while the
//! folder is indexed by as many threads as there are cores.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aiia_context::{Indexer, IndexerOptions};
use aiia_syntax::{Language, SyntaxTree};
use aiia_text::{Document, Rope};
use tree_sitter::{InputEdit, Parser, Point, Tree};

const LINES: usize = 10_000;
/// Words typed, and what is typed.
const PLACES: usize = 30;
const TYPED: &str = "let x = 1;";
const LIMIT: f64 = 2.0;

fn main() -> ExitCode {
    let folder = std::env::args().skip(1).find(|argument| argument != "--bench").map(PathBuf::from);
    let Some(folder) = folder else {
        println!("Name a folder with Rust sources.");
        return ExitCode::FAILURE;
    };
    let text = ten_thousand_lines(&folder);
    println!("{} lines, {:.1} KB", text.lines().count(), text.len() as f64 / 1e3);
    let mut missed = false;
    for is_indexing in [false, true] {
        let stop = AtomicBool::new(false);
        let (ours, bare) = std::thread::scope(|scope| {
            if is_indexing {
                scope.spawn(|| index_until(&folder, &stop));
            }
            let times = typed(&text);
            stop.store(true, Ordering::Relaxed);
            times
        });
        let when = if is_indexing { "while a folder is indexed" } else { "alone" };
        for share in [0.5, 0.99] {
            let (ours, bare) = (at(&ours, share), at(&bare, share));
            let ratio = ours.as_secs_f64() / bare.as_secs_f64();
            let is_met = ratio <= LIMIT || share < 0.99;
            missed |= !is_met;
            println!(
                "  p{:<2} {when:<26} {ratio:>5.2} of at most {LIMIT} ({ours:.2?} / {bare:.2?}){}",
                share * 100.0,
                if is_met { "" } else { "  MISSED" }
            );
        }
    }
    ExitCode::from(u8::from(missed))
}

fn at(times: &[Duration], share: f64) -> Duration {
    times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default()
}

fn ten_thousand_lines(folder: &Path) -> String {
    let mut text = String::new();
    for entry in ignore::WalkBuilder::new(folder).sort_by_file_path(Path::cmp).build().flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "rs") {
            text += &std::fs::read_to_string(entry.path()).unwrap_or_default();
        }
        if text.lines().count() >= LINES {
            break;
        }
    }
    text.split_inclusive('\n').take(LINES).collect()
}

fn index_until(folder: &Path, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let indexer = Indexer::new(IndexerOptions {
            root: folder.to_owned(),
            cache_file: None,
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            admits: std::sync::Arc::new(|_: &std::path::Path| true),
        });
        indexer.refresh();
    }
}

/// The sorted times of every key, of both sides.
fn typed(text: &str) -> (Vec<Duration>, Vec<Duration>) {
    let language = Language::from_path("a.rs").expect("Rust");
    let mut document = Document::new(text);
    let mut tree = SyntaxTree::parse(language, text).expect("a tree");
    let mut bare = Bare::new(text);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let lines = document.line_count();
    for place in 0..PLACES {
        // The start of a line, so that most of it is read as it was.
        let mut at = document.line_range(place * (lines / PLACES)).map_or(0, |range| range.start);
        for letter in TYPED.chars() {
            let letter = letter.to_string();
            let start = Instant::now();
            let edit = document.edit(at..at, &letter);
            tree = tree.reparse(&document, &[edit]).expect("a tree");
            ours.push(start.elapsed());
            let start = Instant::now();
            bare.type_at(at, &letter);
            theirs.push(start.elapsed());
            at += letter.len();
        }
    }
    assert_eq!(document.text(), bare.rope.to_string(), "both sides did the same");
    ours.sort();
    theirs.sort();
    (ours, theirs)
}

/// A rope and a tree, and nothing else.
struct Bare {
    rope: Rope,
    tree: Tree,
    parser: Parser,
}

impl Bare {
    fn new(text: &str) -> Bare {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_rust::LANGUAGE.into()).expect("the grammar");
        Bare { rope: Rope::from_str(text), tree: parser.parse(text, None).expect("a tree"), parser }
    }

    fn type_at(&mut self, at: usize, letter: &str) {
        let row = self.rope.byte_to_line(at);
        let column = at - self.rope.line_to_byte(row);
        self.rope.insert(self.rope.byte_to_char(at), letter);
        self.tree.edit(&InputEdit {
            start_byte: at,
            old_end_byte: at,
            new_end_byte: at + letter.len(),
            start_position: Point { row, column },
            old_end_position: Point { row, column },
            new_end_position: Point { row, column: column + letter.len() },
        });
        let rope = &self.rope;
        let mut chunk = |offset: usize, _: Point| {
            if offset >= rope.len_bytes() {
                return &[][..];
            }
            let (chunk, start, _, _) = rope.chunk_at_byte(offset);
            &chunk.as_bytes()[offset - start..]
        };
        self.tree = self.parser.parse_with_options(&mut chunk, Some(&self.tree), None).expect("a tree");
    }
}
