//! A reply with twenty edits of a large file: from the reply to the checked hunks and the diff with its words, for files of ten to a
//! hundred thousand lines, beside one incremental parse of the same change.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

mod clock;

use std::fmt::Write as _;
use std::ops::Range;
use std::process::ExitCode;
use std::time::Duration;

use aiia_edit::{Guard, ReplyContext, SourceFile, plan, shown_lines};
use aiia_syntax::{Language, ParseBudget, SyntaxTree};
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

/// How many incremental parses the guards may cost.
const GUARDS: f64 = 1.0;
/// What both are measured to.
const NOISE: f64 = 0.05;

/// A file of many like parts, one line of each of which can be changed. Their numbers stand for `{}`.
struct Case {
    name: &'static str,
    path: &'static str,
    /// What is around all parts.
    around: (&'static str, &'static str),
    part: &'static str,
    old: &'static str,
    new: &'static str,
}

const CASES: [Case; 13] = [
    Case { name: "functions", path: "a.rs", around: ("", ""), part: RUST, old: RUST_OLD, new: RUST_NEW },
    Case { name: "functions", path: "a.py", around: ("", ""), part: PYTHON, old: PYTHON_OLD, new: PYTHON_NEW },
    Case { name: "functions", path: "a.ts", around: ("", ""), part: SCRIPT, old: SCRIPT_OLD, new: SCRIPT_NEW },
    Case {
        name: "constants",
        path: "a.rs",
        around: ("", ""),
        part: "const C{}: u32 = {};\n\nfn f{}(value: u32) -> u32 {\n    value + {}\n}\n\n",
        old: "const C{}: u32 = {};\n",
        new: "const C{}: u32 = {} + 1;\n",
    },
    Case {
        name: "constants",
        path: "a.py",
        around: ("", ""),
        part: "C{} = {}\n\n\ndef f{}(value):\n    return value + {}\n\n\n",
        old: "C{} = {}\n",
        new: "C{} = {} + 1\n",
    },
    Case {
        name: "constants",
        path: "a.ts",
        around: ("", ""),
        part: "const C{} = {};\n\nfunction f{}(value: number): number {\n    return value + {};\n}\n\n",
        old: "const C{} = {};\n",
        new: "const C{} = {} + 1;\n",
    },
    Case {
        name: "comments",
        path: "a.rs",
        around: ("", ""),
        part: "/// Adds {}.\nfn f{}(value: u32) -> u32 {\n    value + {}\n}\n\n",
        old: "/// Adds {}.\n",
        new: "/// Adds {} to a value.\n",
    },
    Case { name: "in one type", path: "a.rs", around: ("impl A {\n", "}\n"), part: RUST, old: RUST_OLD, new: RUST_NEW },
    Case {
        name: "in one type",
        path: "a.py",
        around: ("class A:\n", ""),
        part: "    def f{}(self, value):\n        one = value + {}\n        return one + {}\n\n",
        old: "        one = value + {}\n",
        new: "        one = value - {}\n",
    },
    Case {
        name: "in one type",
        path: "a.ts",
        around: ("class A {\n", "}\n"),
        part: "    f{}(value: number): number {\n        const one = value + {};\n        return one + {};\n    }\n\n",
        old: "        const one = value + {};\n",
        new: "        const one = value - {};\n",
    },
    Case {
        name: "in one function",
        path: "a.rs",
        around: ("fn f(value: u32) -> u32 {\n", "    value\n}\n"),
        part: "    let v{} = value + {};\n    call(v{});\n",
        old: "    let v{} = value + {};\n",
        new: "    let v{} = value.saturating_add({});\n",
    },
    Case {
        name: "in one function",
        path: "a.ts",
        around: ("function f(value: number): number {\n", "    return value;\n}\n"),
        part: "    const v{} = value + {};\n    call(v{});\n",
        old: "    const v{} = value + {};\n",
        new: "    const v{} = value - {};\n",
    },
    Case {
        name: "statements",
        path: "a.ts",
        around: ("", ""),
        part: "call({});\n\nfunction f{}(value: number): number {\n    return value + {};\n}\n\n",
        old: "call({});\n",
        new: "call({}, 1);\n",
    },
];

const RUST: &str = "fn f{}(value: u32) -> u32 {\n    let one = value + {};\n    if one > 10 {\n        return one * 2;\n    }\n    let text = format!(\"{one}\");\n    text.len() as u32 + {}\n}\n\n";
const RUST_OLD: &str = "    let one = value + {};\n";
const RUST_NEW: &str = "    let one = value.saturating_add({});\n";
const PYTHON: &str = "def f{}(value):\n    one = value + {}\n    if one > 10:\n        return one * 2\n    text = str(one)\n    return len(text) + {}\n\n\n";
const PYTHON_OLD: &str = "    one = value + {}\n";
const PYTHON_NEW: &str = "    one = value - {}\n";
const SCRIPT: &str = "export function f{}(value: number): number {\n    const one = value + {};\n    if (one > 10) {\n        return one * 2;\n    }\n    const text = String(one);\n    return text.length + {};\n}\n\n";
const SCRIPT_OLD: &str = "    const one = value + {};\n";
const SCRIPT_NEW: &str = "    const one = value - {};\n";

fn main() -> ExitCode {
    let mut missed = false;
    println!("{EDITS} edits in one reply; milliseconds of the processor, the median of {RUNS} runs");
    for case in CASES {
        let mut first = 0.0;
        for lines in SIZES {
            let Measured { all, unguarded, parse } = measure(&case, lines);
            let guards = (all - unguarded) / parse;
            let is_cheap = guards <= GUARDS + NOISE;
            missed |= !is_cheap;
            print!(
                "{} {:<15} {lines:>7} lines: with guards and display {all:>7.2}, without guards {unguarded:>6.2}, one incremental \
                 parse {parse:>6.2}; guards / parse {guards:>4.2} of {GUARDS}{}",
                case.path,
                case.name,
                if is_cheap { "" } else { "  MISSED" }
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

fn measure(case: &Case, lines: usize) -> Measured {
    let Case { path, around, part, old, new, .. } = *case;
    let language = Language::from_path(path).expect("a known language");
    let height = part.matches('\n').count();
    let count = lines / height;
    let numbered = |text: &str, number: usize| text.replace("{}", &number.to_string());
    let parts: String = (0..count).map(|number| numbered(part, number)).collect();
    let text = format!("{}{parts}{}", around.0, around.1);
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
    let unbounded = || ParseBudget::new(Duration::MAX);
    Measured {
        all: median(|| timed(|| displayed(Guard::Syntax)).0),
        unguarded: median(|| timed(|| displayed(Guard::Text)).0),
        parse: median(|| {
            timed(|| tree.reparse_text(&text, &new_text, &replaced, &unbounded()).expect("it is parsed")).0
        }),
    }
}

fn median(measure: impl FnMut() -> f64) -> f64 {
    let mut times: Vec<f64> = std::iter::repeat_with(measure).take(RUNS).collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}
