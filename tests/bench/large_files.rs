//! A reply with twenty edits of a large file: from the reply to the checked hunks and the diff with its words, for files of ten to a
//! hundred thousand lines, beside one incremental parse of the same change.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

mod clock;

use std::fmt::Write as _;
use std::ops::Range;
use std::process::ExitCode;

use aiia_edit::{Guard, ReplyContext, SourceFile, plan, shown_lines};
use aiia_syntax::{Language, SyntaxTree};
use clock::timed;

/// Edits of one reply, spread over the file.
const EDITS: usize = 20;
const SIZES: [usize; 4] = [10_000, 20_000, 50_000, 100_000];
/// Milliseconds for ten thousand lines.
const LIMIT: f64 = 50.0;
/// How much more than ten times as long ten times as many lines may take.
const GROWTH: f64 = 1.5;
/// Of so many runs the median counts.
const RUNS: usize = 9;

/// A language, with a function whose name and number stand for `{}`, and its line that is changed.
const LANGUAGES: [(&str, &str, &str, &str); 3] = [
    (
        "a.rs",
        "fn f{}(value: u32) -> u32 {\n    let one = value + {};\n    if one > 10 {\n        return one * 2;\n    }\n    let text = format!(\"{one}\");\n    text.len() as u32 + {}\n}\n\n",
        "    let one = value + {};\n",
        "    let one = value.saturating_add({});\n",
    ),
    (
        "a.py",
        "def f{}(value):\n    one = value + {}\n    if one > 10:\n        return one * 2\n    text = str(one)\n    return len(text) + {}\n\n\n",
        "    one = value + {}\n",
        "    one = value - {}\n",
    ),
    (
        "a.ts",
        "export function f{}(value: number): number {\n    const one = value + {};\n    if (one > 10) {\n        return one * 2;\n    }\n    const text = String(one);\n    return text.length + {};\n}\n\n",
        "    const one = value + {};\n",
        "    const one = value - {};\n",
    ),
];

fn main() -> ExitCode {
    let mut missed = false;
    println!("{EDITS} edits in one reply; milliseconds of the processor, the median of {RUNS} runs");
    for (path, function, old, new) in LANGUAGES {
        let mut first = 0.0;
        for lines in SIZES {
            let measured = measure(path, lines, function, old, new);
            let Measured { all, unguarded, parse } = measured;
            print!(
                "{path} {lines:>7} lines: with guards and display {all:>7.2}, without guards {unguarded:>6.2}, one incremental parse \
                 {parse:>6.2}; guards / parse {:>4.2}",
                (all - unguarded) / parse
            );
            if lines == SIZES[0] {
                first = all;
                let is_met = all <= LIMIT;
                missed |= !is_met;
                println!("; limit {LIMIT}{}", if is_met { "" } else { "  MISSED" });
            } else {
                let growth = all / first / (lines as f64 / SIZES[0] as f64);
                let is_met = growth <= GROWTH;
                missed |= !is_met;
                println!("; growth {growth:.2} of at most {GROWTH}{}", if is_met { "" } else { "  MISSED" });
            }
        }
    }
    ExitCode::from(u8::from(missed))
}

struct Measured {
    all: f64,
    unguarded: f64,
    parse: f64,
}

fn measure(path: &str, lines: usize, function: &str, old: &str, new: &str) -> Measured {
    let language = Language::from_path(path).expect("a known language");
    let height = function.matches('\n').count();
    let count = lines / height;
    let numbered = |text: &str, number: usize| text.replace("{}", &number.to_string());
    let text: String = (0..count).map(|number| numbered(function, number)).collect();
    let mut reply = String::new();
    let mut replaced: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let mut new_text = text.clone();
    let mut shift = 0_isize;
    for edit in 0..EDITS {
        let number = (edit * 2 + 1) * count / (EDITS * 2);
        let (old, new) = (numbered(old, number), numbered(new, number));
        let _ = write!(reply, "{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n\n");
        let at = text.find(&old).expect("it is there");
        let moved = at.saturating_add_signed(shift);
        new_text.replace_range(moved..moved + old.len(), &new);
        replaced.push((at..at + old.len(), moved..moved + new.len()));
        shift += new.len() as isize - old.len() as isize;
    }
    let tree = SyntaxTree::parse(language, &text).expect("it is parsed");
    let file = SourceFile { tree: Some(tree.clone()), ..SourceFile::new(path, text.clone(), Some(language)) };
    let files = std::slice::from_ref(&file);
    let planned = |guard: Guard| plan(&reply, &ReplyContext { guard, ..ReplyContext::of(files) });
    let displayed = |guard: Guard| {
        let plan = planned(guard);
        assert_eq!(plan.complaints, [], "all edits fit");
        let shown: usize = plan.files[0].hunks.iter().map(|hunk| shown_lines(hunk).len()).sum();
        assert_eq!((plan.files[0].new_text == new_text, plan.files[0].hunks.len()), (true, EDITS));
        (plan.files[0].diff(3).len(), shown)
    };
    Measured {
        all: median(|| timed(|| displayed(Guard::Syntax)).0),
        unguarded: median(|| timed(|| displayed(Guard::Text)).0),
        parse: median(|| timed(|| tree.reparse_text(&text, &new_text, &replaced).expect("it is parsed")).0),
    }
}

fn median(measure: impl FnMut() -> f64) -> f64 {
    let mut times: Vec<f64> = std::iter::repeat_with(measure).take(RUNS).collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}
