//! A workspace of more files than are indexed: 200,000 small ones, made in a temporary folder, or as many as the argument says.
//!
//! The limit has to be kept and said, questions have to be answered long before everything is read, and a second look has to cost
//! little more than listing the folder.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aiia_context::{Indexer, IndexerOptions, MAX_FILES};

const FILES: usize = 200_000;
const FILES_OF_FOLDER: usize = 100;
/// The folder is listed by as many threads as the index uses; what is over the limit need not be read.
const FIRST_ANSWER_OF_WALK: f64 = 20.0;
const WARM_OF_WALK: f64 = 1.5;
const MEMORY_OF_FILE: f64 = 200.0;

fn main() -> ExitCode {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(FILES);
    let folder = tempfile::tempdir().expect("a folder");
    make(folder.path(), count).expect("room for the files");
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let indexer = Indexer::new(IndexerOptions {
        root: folder.path().to_owned(),
        cache_file: None,
        threads,
        admits: Arc::new(|_: &Path| true),
    });
    let walk = (0..3).map(|_| walk(folder.path(), threads)).min().unwrap_or_default();
    let report = indexer.refresh().expect("alone");
    let start = Instant::now();
    let again = indexer.refresh().expect("alone");
    let warm = start.elapsed();

    let over: usize = count.saturating_sub(MAX_FILES);
    println!("{count} files: {} indexed, {} symbols", report.files, report.symbols);
    for (reason, files) in report.skipped.reasons() {
        println!("  left out: {files} {reason}");
    }
    println!(
        "  listed in {:.1?}, answers after {:.1?} more, complete after {:.1?} more",
        report.walk_time, report.skim_time, report.parse_time
    );
    let first = report.walk_time + report.skim_time;
    let mut missed = 0;
    let mut check = |what: &str, value: f64, limit: f64| {
        let is_met = value <= limit;
        missed += usize::from(!is_met);
        println!("  {what:<40} {value:>8.2} of at most {limit:<5} {}", if is_met { "" } else { "MISSED" });
    };
    check("first answer / walk", first.as_secs_f64() / walk.as_secs_f64(), FIRST_ANSWER_OF_WALK);
    check("second look / walk", warm.as_secs_f64() / walk.as_secs_f64(), WARM_OF_WALK);
    check("bytes of memory a file", report.memory as f64 / report.files.max(1) as f64, MEMORY_OF_FILE);
    let is_said = report.files == count.min(MAX_FILES) && report.skipped.over_limit == over && again.changed == 0;
    println!("  the limit is kept and said               {}", if is_said { "yes" } else { "no  MISSED" });
    ExitCode::from(u8::from(missed > 0 || !is_said))
}

fn make(folder: &Path, count: usize) -> std::io::Result<()> {
    for number in 0..count {
        let (below, file) = (number / FILES_OF_FOLDER, number % FILES_OF_FOLDER);
        let below = folder.join(format!("part{:02}/unit{below}", below % 50));
        if file == 0 {
            std::fs::create_dir_all(&below)?;
        }
        let other = number / 7;
        let text = format!("def task{number}(x):\n    return task{other}(x) + {file}\n");
        std::fs::write(below.join(format!("m{file}.py")), text)?;
    }
    Ok(())
}

/// Lists the folder with the size and time of each file, which is what tells a changed one.
fn walk(folder: &Path, threads: usize) -> Duration {
    let start = Instant::now();
    let found = std::sync::Mutex::new(Vec::<(PathBuf, u64)>::new());
    ignore::WalkBuilder::new(folder).require_git(false).threads(threads).build_parallel().run(|| {
        Box::new(|entry| {
            if let Ok(entry) = entry
                && let Ok(metadata) = entry.metadata()
                && metadata.is_file()
            {
                found.lock().expect("no panic").push((entry.into_path(), metadata.len()));
            }
            ignore::WalkState::Continue
        })
    });
    std::hint::black_box(found);
    start.elapsed()
}
