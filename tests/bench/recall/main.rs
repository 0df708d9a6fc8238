//! How much of what a function needs is in its context, when its body is hidden.
//!
//! The arguments are a repository and its cases by turns, as `truth.py` writes them. For each case the body is taken out of the
//! file and of the index, context is asked for at that place, and the needed definitions whose first line is in the bundle are
//! counted.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use aiia_context::{ContextRequest, FileTexts, Hints, Intent, Workspace, WorkspaceIndex, count_tokens, gather};
use aiia_syntax::Language;
use serde::Deserialize;

mod chunks;

const BUDGETS: [usize; 2] = [1024, 4096];

#[derive(Deserialize)]
struct Cases {
    repository: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    path: String,
    name: String,
    line: usize,
    start: usize,
    end: usize,
    needed: Vec<Needed>,
    /// What a peer found, by its name and budget; written by the peer's script.
    #[serde(default)]
    peers: BTreeMap<String, Score>,
}

#[derive(Deserialize)]
struct Needed {
    path: String,
    line: usize,
    end_line: usize,
}

/// Of one case, or the mean of many.
#[derive(Deserialize, Clone, Copy, Default)]
struct Score {
    /// The share of needed definitions whose first line is there.
    recall: f64,
    /// The share of the tokens that are signatures of needed definitions.
    precision: f64,
}

struct Files(BTreeMap<String, Arc<str>>);

impl FileTexts for Files {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        self.0.get(path).cloned()
    }
}

/// A case with its body taken out.
struct Hidden {
    text: String,
    /// A byte of the function.
    at: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mut features = std::env::var_os("AIIA_BENCH_FEATURES").map(|path| std::fs::File::create(path).expect("a file"));
    if let Some(out) = &mut features {
        let names = aiia_context::feature_names().join("\t");
        writeln!(
            out,
            "repository\tfunction\tneeded\ttokens\tfunctions_need\tdefinition\tfile\tname\ttype\ttaken\tgiven\t{names}"
        )
        .expect("written");
    }
    println!(
        "{:<16} {:>5} {:>7} {:>9} {:>10} {:>8}  peers (recall, precision)",
        "repository", "cases", "budget", "recall", "precision", "ms"
    );
    for pair in arguments.chunks_exact(2) {
        let cases: Cases = serde_json::from_slice(&std::fs::read(&pair[1]).expect("the cases")).expect("cases");
        let files = read(Path::new(&pair[0]));
        let mut index = WorkspaceIndex::new();
        for (path, text) in &files.0 {
            index.put(path, Language::from_path(path), text);
        }
        index.settle();
        if let Some(out) = &mut features {
            for case in &cases.cases {
                let hidden = hide(&files.0[&case.path], case);
                with_hidden(&mut index, case, &hidden, &files, |index| {
                    write_features(out, &cases.repository, case, &hidden, index, &files);
                });
            }
            continue;
        }
        let chunks = chunks::Chunks::new(&files.0);
        for budget in BUDGETS {
            let (mut ours, mut lexical) = (Score::default(), Score::default());
            let mut peers: BTreeMap<&str, Score> = BTreeMap::new();
            let mut spent = std::time::Duration::ZERO;
            for case in &cases.cases {
                let hidden = hide(&files.0[&case.path], case);
                let bundle = with_hidden(&mut index, case, &hidden, &files, |index| {
                    let start = Instant::now();
                    let bundle = gather(&request(case, &hidden, index, &files, budget));
                    spent += start.elapsed();
                    bundle
                });
                let mut lines: HashSet<(&str, usize)> = HashSet::new();
                for piece in &bundle.pieces {
                    lines.extend((piece.start_line..=piece.end_line).map(|line| (piece.path.as_str(), line)));
                }
                let score = score(case, &files, bundle.used, |path, line| lines.contains(&(path, line)));
                add(&mut ours, score, cases.cases.len());
                if std::env::var_os("AIIA_BENCH_SHOW").is_some() {
                    show(case, &files, score, &bundle, &lines);
                }
                let (lines, used) = chunks.best(&hidden.text, &case.path, case.start, budget);
                let score = self::score(case, &files, used, |path, line| lines.contains(&(path.to_owned(), line)));
                add(&mut lexical, score, cases.cases.len());
                for (name, score) in &case.peers {
                    if let Some(peer) = name.strip_suffix(&format!("@{budget}")) {
                        // A peer may have been asked about some of the cases only.
                        let asked = cases.cases.iter().filter(|case| case.peers.contains_key(name)).count();
                        add(peers.entry(peer).or_default(), *score, asked);
                    }
                }
            }
            print!(
                "{:<16} {:>5} {budget:>7} {:>9.3} {:>10.3} {:>8.1}  bm25 {:.3} {:.3}",
                cases.repository,
                cases.cases.len(),
                ours.recall,
                ours.precision,
                spent.as_secs_f64() * 1000.0 / cases.cases.len() as f64,
                lexical.recall,
                lexical.precision
            );
            for (name, score) in peers {
                print!("  {name} {:.3} {:.3}", score.recall, score.precision);
            }
            println!();
        }
    }
}

fn add(sum: &mut Score, score: Score, cases: usize) {
    sum.recall += score.recall / cases as f64;
    sum.precision += score.precision / cases as f64;
}

fn request<'a>(
    case: &'a Case,
    hidden: &'a Hidden,
    index: &'a WorkspaceIndex,
    files: &'a Files,
    budget: usize,
) -> ContextRequest<'a> {
    ContextRequest {
        path: &case.path,
        language: Language::from_path(&case.path),
        text: &hidden.text,
        tree: None,
        selection: hidden.at..hidden.at,
        intent: Intent::Edit,
        budget,
        said: &[],
        hints: Hints::NONE,
        workspace: Some(Workspace { index, texts: files }),
    }
}

/// The text with an empty body in the place of the function's own.
fn hide(text: &str, case: &Case) -> Hidden {
    if std::env::var_os("AIIA_BENCH_WHOLE").is_some() {
        return Hidden { text: text.to_owned(), at: case.start };
    }
    let stub =
        if Language::from_path(&case.path).is_some_and(|language| language.name() == "rust") { "{\n}" } else { "..." };
    Hidden { text: format!("{}{stub}{}", &text[..case.start], &text[case.end..]), at: case.start }
}

fn put(index: &mut WorkspaceIndex, path: &str, text: &str) {
    index.put(path, Language::from_path(path), text);
    index.settle();
}

/// Does something while the index knows the file of a case without the body, as an editor's user would have it.
fn with_hidden<T>(
    index: &mut WorkspaceIndex,
    case: &Case,
    hidden: &Hidden,
    files: &Files,
    act: impl FnOnce(&WorkspaceIndex) -> T,
) -> T {
    put(index, &case.path, &hidden.text);
    let done = act(index);
    put(index, &case.path, &files.0[&case.path]);
    done
}

/// `has` tells whether a line of another file is in the bundle.
fn score(case: &Case, files: &Files, used: usize, has: impl Fn(&str, usize) -> bool) -> Score {
    let (mut found, mut tokens) = (0, 0);
    for needed in &case.needed {
        if has(&needed.path, needed.line) {
            found += 1;
        }
        let text: Vec<&str> = files.0[&needed.path].split_inclusive('\n').collect();
        tokens += (needed.line..=needed.end_line)
            .filter(|line| has(&needed.path, *line))
            .map(|line| text.get(line - 1).map_or(0, |line| count_tokens(line)))
            .sum::<usize>();
    }
    Score { recall: f64::from(found) / case.needed.len() as f64, precision: tokens as f64 / used.max(1) as f64 }
}

fn show(
    case: &Case,
    files: &Files,
    score: Score,
    bundle: &aiia_context::ContextBundle,
    lines: &HashSet<(&str, usize)>,
) {
    println!(
        "## {}:{} {} recall {:.2}, {} of {} tokens",
        case.path, case.line, case.name, score.recall, bundle.used, bundle.budget
    );
    for needed in &case.needed {
        let text = files.0[&needed.path].lines().nth(needed.line - 1).unwrap_or_default();
        let mark = if lines.contains(&(needed.path.as_str(), needed.line)) { "+" } else { "-" };
        println!("  {mark} {}:{} {}", needed.path, needed.line, text.trim());
    }
}

/// A line for each definition that was ranked: the repository, the function, whether it is needed, its tokens, its features.
fn write_features(
    out: &mut std::fs::File,
    repository: &str,
    case: &Case,
    hidden: &Hidden,
    index: &WorkspaceIndex,
    files: &Files,
) {
    let most: Option<usize> = std::env::var("AIIA_BENCH_LIKELIEST").ok().and_then(|most| most.parse().ok());
    let needed: HashMap<&str, Vec<usize>> = case.needed.iter().fold(HashMap::new(), |mut needed, one| {
        needed.entry(one.path.as_str()).or_insert_with(Vec::new).push(one.line);
        needed
    });
    let mut ranked = aiia_context::ranked_definitions(&request(case, hidden, index, files, 4096));
    if let Some(most) = most {
        ranked.truncate(most);
    }
    let mut text = String::new();
    let mut found = HashSet::new();
    for one in ranked {
        // The name may stand some lines below the attributes.
        let hit = needed
            .get(one.path.as_str())
            .and_then(|lines| lines.iter().find(|line| (one.line..one.line + 3).contains(*line) && **line >= one.line));
        let is_needed = hit.is_some_and(|line| found.insert((one.path.clone(), *line)));
        write!(
            text,
            "{repository}\t{}:{}\t{}\t{}\t{}\t{}:{}",
            case.path,
            case.line,
            u8::from(is_needed),
            one.tokens,
            case.needed.len(),
            one.path,
            one.line
        )
        .expect("a string takes all");
        for number in one.numbers {
            write!(text, "\t{number}").expect("a string takes all");
        }
        for names in &one.signature {
            let names: Vec<String> = names.iter().map(u32::to_string).collect();
            write!(text, "\t{}", names.join(" ")).expect("a string takes all");
        }
        for feature in one.features {
            write!(text, "\t{feature:.4}").expect("a string takes all");
        }
        text.push('\n');
    }
    out.write_all(text.as_bytes()).expect("written");
}

fn read(root: &Path) -> Files {
    let mut files = BTreeMap::new();
    let mut folders = vec![PathBuf::from(root)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !entry.file_name().to_string_lossy().starts_with('.') && entry.file_name() != "target" {
                    folders.push(path);
                }
            } else if Language::from_path(&path.to_string_lossy()).is_some()
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                let name = path.strip_prefix(root).expect("inside").to_string_lossy().into_owned();
                files.insert(name, Arc::from(text));
            }
        }
    }
    Files(files)
}
