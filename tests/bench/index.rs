//! Indexing a workspace, beside peers on the same files in the same run.
//!
//! The arguments are folders. The first answer is measured against `ctags -R`, the whole index against parsing every file and
//! running the grammar's own tags query on as many threads, the warm start against listing the folder, and the context of
//! functions spread over the workspace by itself. `AIIA_BENCH_QUERIES` names a part of a path: then only questions about the files with it
//! are asked, and each is shown with its time; `AIIA_BENCH_REPEAT` is how often, for a profiler, and with `AIIA_BENCH_FIRST=1` they are
//! asked of files that nobody has open.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

mod clock;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aiia_context::{
    ContextRequest, DiskTexts, FileTexts as _, Hints, Indexer, IndexerOptions, Intent, Workspace, gather,
};
use aiia_syntax::{Language, SyntaxTree};
use tree_sitter::StreamingIterator as _;

const RUNS: usize = 5;
const QUERIES: usize = 200;
const BUDGET: usize = 4096;
const FIRST_ANSWER_OF_CTAGS: f64 = 0.5;
const INDEX_OF_RAW: f64 = 1.5;
const WARM_OF_WALK: f64 = 1.5;
/// Milliseconds.
const QUERY_LIMIT: f64 = 20.0;
const MEMORY_OF_SOURCE: f64 = 0.1;

fn main() -> ExitCode {
    let folders: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").map(PathBuf::from).collect();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut missed = 0;
    for folder in folders {
        let cache = tempfile::tempdir().expect("a folder");
        let file = cache.path().join("bench.index");
        let new = |kept: bool| {
            Indexer::new(IndexerOptions {
                root: folder.clone(),
                cache_file: kept.then(|| file.clone()),
                threads,
                admits: Arc::new(|_: &Path| true),
            })
        };
        // What is read for the first time comes from the disk, for whoever comes first.
        new(true).refresh();
        if let Ok(of) = std::env::var("AIIA_BENCH_QUERIES") {
            let indexer = new(true);
            indexer.refresh();
            let files: Vec<PathBuf> =
                list(&folder).into_iter().filter(|file| file.to_string_lossy().contains(&of)).collect();
            let is_open = std::env::var("AIIA_BENCH_FIRST").is_err();
            let repeat = std::env::var("AIIA_BENCH_REPEAT").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
            let mut times: Vec<_> = (0..repeat).flat_map(|_| queries(&indexer, &files, &folder, is_open)).collect();
            times.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (time, path) in &times {
                println!("{time:>8.2} ms {path}");
            }
            continue;
        }
        let cold: Vec<_> = (0..RUNS).map(|_| new(false).refresh().expect("alone")).collect();
        let best = |of: &dyn Fn(usize) -> Duration| (0..RUNS).map(of).min().unwrap_or_default();
        let first = best(&|run| cold[run].walk_time + cold[run].skim_time);
        let full = best(&|run| cold[run].walk_time + cold[run].skim_time + cold[run].parse_time);
        let warm = best(&|_| {
            let indexer = new(true);
            let start = Instant::now();
            indexer.refresh();
            start.elapsed()
        });
        let report = &cold[0];
        let files = list(&folder);
        println!(
            "{}: {} files, {:.1} MB, {} symbols, {} references",
            folder.display(),
            report.files,
            report.bytes as f64 / 1e6,
            report.symbols,
            report.references
        );
        let mut check = |what: &str, value: f64, limit: f64, detail: String| {
            let is_met = value <= limit;
            missed += usize::from(!is_met);
            println!(
                "  {what:<46} {value:>7.2} of at most {limit:<5} {detail}{}",
                if is_met { "" } else { "  MISSED" }
            );
        };
        match ctags(&folder) {
            Some(peer) => check(
                "first answer / ctags -R",
                first.as_secs_f64() / peer.as_secs_f64(),
                FIRST_ANSWER_OF_CTAGS,
                format!("({first:.1?} / {peer:.1?})"),
            ),
            None => println!("  ctags is not here; the first answer takes {first:.1?}"),
        }
        let raw = best(&|_| parse_all(&files, threads));
        check(
            "full index / raw parse and tags query",
            full.as_secs_f64() / raw.as_secs_f64(),
            INDEX_OF_RAW,
            format!("({full:.1?} / {raw:.1?})"),
        );
        let walk = best(&|_| {
            let start = Instant::now();
            list(&folder);
            start.elapsed()
        });
        check(
            "warm start / walk",
            warm.as_secs_f64() / walk.as_secs_f64(),
            WARM_OF_WALK,
            format!("({warm:.1?} / {walk:.1?})"),
        );
        let memory = report.memory as f64 / report.bytes as f64;
        check("memory / source", memory, MEMORY_OF_SOURCE, format!("({:.1} MB)", report.memory as f64 / 1e6));
        let indexer = new(true);
        indexer.refresh();
        for (is_open, what) in [(true, "context in an open file"), (false, "context in another file")] {
            let mut times: Vec<f64> =
                queries(&indexer, &files, &folder, is_open).into_iter().map(|(time, _)| time).collect();
            times.sort_by(f64::total_cmp);
            let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
            let detail = format!("(median {:.1} of {})", at(0.5), times.len());
            check(&format!("{what}, p99 in ms"), at(0.99), QUERY_LIMIT, detail);
        }
    }
    ExitCode::from(u8::from(missed > 0))
}

/// The files that are indexed, listed with as many threads as the index uses.
fn list(folder: &Path) -> Vec<PathBuf> {
    let found = std::sync::Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    ignore::WalkBuilder::new(folder).require_git(false).threads(threads).build_parallel().run(|| {
        Box::new(|entry| {
            if let Ok(entry) = entry
                && entry.file_type().is_some_and(|kind| kind.is_file())
                && entry.metadata().is_ok_and(|metadata| metadata.len() <= aiia_context::MAX_FILE_BYTES)
                && Language::from_path(&entry.path().to_string_lossy()).is_some()
            {
                found.lock().expect("no panic").push(entry.into_path());
            }
            ignore::WalkState::Continue
        })
    });
    let mut found = found.into_inner().expect("no panic");
    found.sort();
    found
}

fn ctags(folder: &Path) -> Option<Duration> {
    (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            let status = Command::new("ctags")
                .args(["-R", "-f", "/dev/null", "--languages=Rust,Python,JavaScript,TypeScript,C,C++,Go,Java"])
                .arg(folder)
                .stderr(Stdio::null())
                .status()
                .ok()?;
            status.success().then(|| start.elapsed())
        })
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .min()
}

/// Parses every Rust and Python file and runs the tags query that its grammar ships with.
fn parse_all(files: &[PathBuf], threads: usize) -> Duration {
    let grammars: [(&str, tree_sitter::Language, &str); 2] = [
        ("rust", tree_sitter_rust::LANGUAGE.into(), tree_sitter_rust::TAGS_QUERY),
        ("python", tree_sitter_python::LANGUAGE.into(), tree_sitter_python::TAGS_QUERY),
    ];
    let queries: Vec<_> = grammars
        .iter()
        .map(|(name, language, query)| {
            (*name, language, tree_sitter::Query::new(language, query).expect("its own query"))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut parser = tree_sitter::Parser::new();
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let language = Language::from_path(&file.to_string_lossy()).map(Language::name);
                    let Some((_, grammar, query)) = queries.iter().find(|(name, ..)| Some(*name) == language) else {
                        continue;
                    };
                    let Ok(text) = std::fs::read_to_string(file) else { continue };
                    parser.set_language(grammar).expect("the grammar");
                    let Some(tree) = parser.parse(&text, None) else { continue };
                    let mut cursor = tree_sitter::QueryCursor::new();
                    let mut matches = cursor.matches(query, tree.root_node(), text.as_bytes());
                    let mut count = 0;
                    while matches.next().is_some() {
                        count += 1;
                    }
                    std::hint::black_box(count);
                }
            });
        }
    });
    start.elapsed()
}

/// The milliseconds that contexts of functions spread over the files take of the processor, so that others on the machine do not count. An
/// open file has a tree, and what stands outside functions was looked for while nobody typed.
fn queries(indexer: &Indexer, files: &[PathBuf], folder: &Path, is_open: bool) -> Vec<(f64, String)> {
    let texts = DiskTexts { root: folder.to_owned() };
    let index = indexer.index();
    let step = (files.len() / QUERIES).max(1);
    let mut times = Vec::new();
    let mut warm = HashSet::new();
    for file in files.iter().step_by(step) {
        let path = file.strip_prefix(folder).expect("inside").to_string_lossy().into_owned();
        let Some(text) = texts.text(&path) else { continue };
        let Some(language) = Language::from_path(&path) else { continue };
        let Ok(tree) = SyntaxTree::parse(language, &text) else { continue };
        let functions: Vec<_> = tree.symbols(&text).into_iter().filter(|symbol| symbol.kind.is_callable()).collect();
        let Some(function) = functions.get(functions.len() / 2) else { continue };
        if is_open {
            tree.prepare(&text);
        }
        let at = function.name_range.start;
        let request = ContextRequest {
            path: &path,
            language: Some(language),
            text: &text,
            tree: is_open.then_some(&tree),
            selection: at..at,
            intent: Intent::Explain,
            budget: BUDGET,
            said: &[],
            hints: Hints::NONE,
            workspace: Some(Workspace { index: &index, texts: &texts }),
        };
        // The first one in a language compiles its queries, and the first of all reads the tables of the tokenizer.
        if warm.insert(language.name()) {
            gather(&request);
        }
        let (time, bundle) = clock::timed(|| gather(&request));
        std::hint::black_box(bundle);
        times.push((time, path));
    }
    times
}
