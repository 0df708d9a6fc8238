//! Indexing a workspace, beside peers on the same files in the same run.
//!
//! The arguments are folders. The index that answers first is measured against `ctags -R`, the first context of a function against the first map of
//! aider where `AIIA_BENCH_AIDER` names a Python that has it, the whole index against parsing every file and
//! running the grammar's own tags query on as many threads, the warm start against listing the folder, and the context of
//! functions spread over the workspace by itself. `AIIA_BENCH_QUERIES` names a part of a path: then only questions about the files with it
//! are asked, and each is shown with its time; `AIIA_BENCH_REPEAT` is how often, for a profiler, and
//! `AIIA_BENCH_ASKED` which kind of question of the table, such as `other file, first question`. `AIIA_BENCH_WARM` is how many warm starts
//! are made and nothing else, for a profiler.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

mod aider;
#[path = "../clock.rs"]
mod clock;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aiia_context::{
    ContextRequest, DiskTexts, Exclusions, FileTexts, Hints, IgnoreFiles, Indexer, IndexerOptions, Intent, LinedText,
    OpenBuffer, RecentTexts, RecentTrees, Workspace, gather,
};
use aiia_syntax::{Language, SyntaxTree};
use tree_sitter::StreamingIterator as _;

const RUNS: usize = 5;
const WARM_RUNS: usize = 101;
const QUERIES: usize = 200;
const BUDGET: usize = 4096;
const FIRST_ANSWER_OF_CTAGS: f64 = 0.5;
const FIRST_CONTEXT_OF_AIDER: f64 = 0.01;
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
                admits: {
                    let exclusions = Arc::new(IgnoreFiles::default()).now();
                    Arc::new(move |path: &Path| !exclusions.exclude(path))
                },
            })
        };
        // What is read for the first time comes from the disk, for whoever comes first.
        new(true).refresh();
        if let Ok(of) = std::env::var("AIIA_BENCH_QUERIES") {
            let indexer = new(true);
            indexer.refresh();
            let files: Vec<PathBuf> =
                list(&folder).into_iter().filter(|file| file.to_string_lossy().contains(&of)).collect();
            let named = std::env::var("AIIA_BENCH_ASKED").unwrap_or_else(|_| "open file".to_owned());
            let (asked, _) = ASKED.into_iter().find(|(_, name)| *name == named).expect("one that the table names");
            let repeat = std::env::var("AIIA_BENCH_REPEAT").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
            let mut times: Vec<_> = (0..repeat).flat_map(|_| queries(&indexer, &files, &folder, asked)).collect();
            times.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (time, path) in &times {
                println!("{time:>8.2} ms {path}");
            }
            continue;
        }
        if let Some(count) = std::env::var("AIIA_BENCH_WARM").ok().and_then(|count| count.parse().ok()) {
            let (warm, walks) = warm_and_walks(count, &|| new(true), &folder);
            println!(
                "warm {:.2?} (least {:.2?}), walk {:.2?} ({:.2?})",
                warm[count / 2],
                warm[0],
                walks[count / 2],
                walks[0]
            );
            continue;
        }
        let cold: Vec<_> = (0..RUNS).map(|_| new(false).refresh().expect("alone")).collect();
        let best = |of: &dyn Fn(usize) -> Duration| (0..RUNS).map(of).min().unwrap_or_default();
        let first = best(&|run| cold[run].walk_time + cold[run].skim_time);
        let full = best(&|run| cold[run].walk_time + cold[run].skim_time + cold[run].parse_time);
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
        for (reason, count) in report.skipped.reasons() {
            println!("  left out: {count} {reason}");
        }
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
        let mut middle = files[files.len() / 2..].iter();
        if let Some(asked) = middle.find(|file| has_functions(file))
            && let Some(peer) = aider::first_map(&folder, &inside(asked, &folder))
        {
            let first = best(&|_| first_context(new(false), asked, &folder));
            check(
                "first context / aider's first map",
                first.as_secs_f64() / peer.as_secs_f64(),
                FIRST_CONTEXT_OF_AIDER,
                format!("({first:.1?} / {peer:.1?})"),
            );
        }
        let raw = best(&|_| parse_all(&files, threads));
        check(
            "full index / raw parse and tags query",
            full.as_secs_f64() / raw.as_secs_f64(),
            INDEX_OF_RAW,
            format!("({full:.1?} / {raw:.1?})"),
        );
        let (warms, walks) = warm_and_walks(WARM_RUNS, &|| new(true), &folder);
        let (warm, walk) = (warms[WARM_RUNS / 2], walks[WARM_RUNS / 2]);
        check(
            "warm start / walk",
            warm.as_secs_f64() / walk.as_secs_f64(),
            WARM_OF_WALK,
            format!("({warm:.1?} / {walk:.1?}, least {:.1?} / {:.1?})", warms[0], walks[0]),
        );
        let memory = report.memory as f64 / report.bytes as f64;
        check("memory / source", memory, MEMORY_OF_SOURCE, format!("({:.1} MB)", report.memory as f64 / 1e6));
        let indexer = new(true);
        indexer.refresh();
        for (asked, what) in ASKED {
            let mut times: Vec<f64> =
                queries(&indexer, &files, &folder, asked).into_iter().map(|(time, _)| time).collect();
            times.sort_by(f64::total_cmp);
            let at = |share: f64| {
                times
                    .get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)))
                    .copied()
                    .unwrap_or_default()
            };
            let detail = format!("(median {:.1}, slowest {:.1} of {})", at(0.5), at(1.0), times.len());
            check(&format!("p99 in ms, {what}"), at(0.99), QUERY_LIMIT, detail);
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

/// How long so many warm starts take and as many listings of the folder, by turns; each in ascending order. A few of them would tell
/// little: threads that list look for work once a millisecond, which is half of what a small folder takes.
fn warm_and_walks(count: usize, new: &dyn Fn() -> Indexer, folder: &Path) -> (Vec<Duration>, Vec<Duration>) {
    let (mut warm, mut walks): (Vec<_>, Vec<_>) = (0..count)
        .map(|_| {
            let indexer = new();
            (took(|| indexer.refresh()), took(|| list(folder)))
        })
        .unzip();
    warm.sort();
    walks.sort();
    (warm, walks)
}

fn took<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed()
}

/// Whether a file is worth a question.
fn has_functions(file: &Path) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.len() > 2000 && (text.contains("def ") || text.contains("fn "))
}

/// The path of a file inside a folder.
fn inside(file: &Path, folder: &Path) -> String {
    file.strip_prefix(folder).expect("inside").to_string_lossy().into_owned()
}

/// How long it takes from a folder of which nothing is known to the context of a function of it. The index goes on meanwhile.
fn first_context(indexer: Indexer, file: &Path, folder: &Path) -> Duration {
    let path = inside(file, folder);
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| indexer.refresh());
        assert!(indexer.wait_until_usable(Duration::from_mins(1)), "an answer within a minute");
        let texts = DiskTexts { root: folder.to_owned() };
        let text = texts.text(&path).expect("a text");
        let at = text.len() / 2;
        let bundle = gather(&ContextRequest {
            path: &path,
            language: Language::from_path(&path),
            text: &text,
            tree: None,
            selection: text.floor_char_boundary(at)..text.floor_char_boundary(at),
            intent: Intent::Explain,
            budget: BUDGET,
            said: &[],
            hints: Hints::NONE,
            workspace: Some(Workspace { index: &indexer.index(), texts: &texts }),
        });
        let took = start.elapsed();
        assert!(!bundle.pieces.is_empty(), "{path} has a context");
        indexer.stop();
        took
    })
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

/// The texts of a folder as the daemon shows them: each file is asked about for each question.
struct Admitted<'a> {
    root: &'a Path,
    recent: &'a RecentTexts,
    exclusions: Exclusions,
    known: Mutex<HashMap<String, bool>>,
}

impl FileTexts for Admitted<'_> {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        self.lined(path).map(|lined| Arc::clone(lined.text()))
    }

    fn lined(&self, path: &str) -> Option<Arc<LinedText>> {
        self.may_show(path).then(|| self.recent.lined(&self.root.join(path))).flatten()
    }

    fn may_show(&self, path: &str) -> bool {
        let mut known = self.known.lock().expect("no panic");
        if let Some(known) = known.get(path) {
            return *known;
        }
        let is_admitted = !self.exclusions.exclude(&self.root.join(path));
        known.insert(path.to_owned(), is_admitted);
        is_admitted
    }
}

/// What is asked about.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    /// A function of an open file: its tree and what stands outside functions were made while nobody typed.
    Open,
    /// One of an open file whose body is still to be written, so that everything is a guess.
    Unwritten,
    /// One of a file that nobody has open, about which somebody asked before.
    Again,
    /// One of a file that nobody has open or asked about: it is read and parsed for the question.
    First,
}

/// What is asked about, as the table and `AIIA_BENCH_ASKED` name it.
const ASKED: [(Asked, &str); 4] = [
    (Asked::Open, "open file"),
    (Asked::Unwritten, "open file, body to be written"),
    (Asked::Again, "other file, asked about before"),
    (Asked::First, "other file, first question"),
];

/// The milliseconds that contexts of functions spread over the files take of the processor, so that others on the machine do not count.
fn queries(indexer: &Indexer, files: &[PathBuf], folder: &Path, asked: Asked) -> Vec<(f64, String)> {
    let disk = DiskTexts { root: folder.to_owned() };
    let (ignore_files, recent_texts, recent) =
        (Arc::new(IgnoreFiles::default()), RecentTexts::default(), RecentTrees::default());
    let step = (files.len() / QUERIES).max(1);
    let mut times = Vec::new();
    let mut warm = HashSet::new();
    for file in files.iter().step_by(step) {
        let path = inside(file, folder);
        let Some(mut text) = disk.text(&path) else { continue };
        let Some(language) = Language::from_path(&path) else { continue };
        let Ok(mut tree) = SyntaxTree::parse(language, &text) else { continue };
        let functions: Vec<_> = tree.symbols(&text).into_iter().filter(|symbol| symbol.kind.is_callable()).collect();
        let Some(function) = functions.get(functions.len() / 2) else { continue };
        let at = function.name_range.start;
        if asked == Asked::Unwritten {
            let Some(body) = function.body_range.clone() else { continue };
            let stub = if text[body.clone()].starts_with('{') { "{\n}" } else { "..." };
            text = Arc::from(format!("{}{stub}{}", &text[..body.start], &text[body.end..]));
            let Ok(stubbed) = SyntaxTree::parse(language, &text) else { continue };
            tree = stubbed;
        }
        let is_open = matches!(asked, Asked::Open | Asked::Unwritten);
        if is_open {
            tree.prepare(&text);
            indexer.set_buffers(std::iter::once(OpenBuffer {
                path: &path,
                generation: times.len() as u64,
                language: Some(language),
                bytes: text.len(),
                text: || text.to_string(),
            }));
            // What was open before counts as a file again.
            indexer.refresh();
        } else if asked == Asked::Again {
            recent.prepare(&path, language, Arc::clone(&text));
        }
        let index = indexer.index();
        let ask = || {
            let texts = Admitted {
                root: folder,
                recent: &recent_texts,
                exclusions: ignore_files.now(),
                known: Mutex::default(),
            };
            let text = if is_open { Arc::clone(&text) } else { texts.text(&path).expect("still there") };
            let tree = if is_open { Some(tree.clone()) } else { recent.get(&path, language, &text) };
            gather(&ContextRequest {
                path: &path,
                language: Some(language),
                text: &text,
                tree: tree.as_ref(),
                selection: at..at,
                intent: Intent::Explain,
                budget: BUDGET,
                said: &[],
                hints: Hints::NONE,
                workspace: Some(Workspace { index: &index, texts: &texts }),
            })
        };
        // The first one in a language compiles its queries, and the first of all reads the tables of the tokenizer.
        if warm.insert(language.name()) {
            ask();
        }
        let (time, bundle) = clock::timed(ask);
        std::hint::black_box(bundle);
        times.push((time, path));
    }
    indexer.set_buffers(std::iter::empty::<OpenBuffer<fn() -> String>>());
    indexer.refresh();
    times
}
