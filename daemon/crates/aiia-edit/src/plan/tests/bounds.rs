//! Whatever a reply repeats or mixes, it is answered in a time that grows with its length.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::fuzz::FILES;
use super::*;

const MIB: usize = 1 << 20;

/// What a mebibyte of what is no code may take of the processor. Most replies take a tenth of it.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });

/// What a mebibyte of code may take, of which each line is a symbol.
const CODE_LIMIT: Duration = LIMIT.saturating_mul(2);

/// What this thread has worked so far, whatever else the machine does.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn answered_in_time(files: &[(&str, &str)], name: &str, reply: &str) {
    answered_within(LIMIT, files, name, reply);
}

fn answered_within(limit: Duration, files: &[(&str, &str)], name: &str, reply: &str) {
    let limit = limit * reply.len().div_ceil(MIB) as u32;
    let from = worked();
    let plan = plan_for(files, reply);
    let taken = worked().saturating_sub(from);
    assert!(taken <= limit, "{name} took {taken:?}");
    assert_eq!(plan.files.is_empty(), !plan.complaints.is_empty(), "{name}");
}

fn filled(piece: &str, length: usize) -> String {
    piece.repeat(length / piece.len())
}

const PIECES: &[&str] = &[
    "<<<<<<< SEARCH\n",
    "=======\n",
    ">>>>>>> REPLACE\n",
    "```\n",
    "```python\n",
    "```python a.py\ndef g():\n    pass\n```\n",
    "a.py\n",
    "def g():\n    pass\n",
    "*** Begin Patch\n",
    "*** End Patch\n",
    "*** Update File: a.py\n",
    "@@ -1,2 +1,2 @@\n",
    "@@\n",
    "-\n",
    "+    return 3\n",
    "--- a/a.py\n+++ b/a.py\n",
    "diff --git a/a.py b/a.py\n",
    "{\"path\": \"a.py\", ",
    "[{",
    "<edit path=\"a.py\">\n",
    "<search>pass</search>\n",
    "</edit>\n",
    "cat > new.py <<'EOF'\n",
    "<think>",
    "</think>\n",
    "# ... rest of code\n",
    "1: def g():\n",
    "&lt;",
    "\u{feff}",
    "\u{e9}",
    "\"",
    "x",
    " ",
    "\n",
];

#[test]
fn repeated_pieces() {
    for piece in PIECES {
        answered_in_time(FILES, piece, &filled(piece, MIB));
    }
}

/// Parsers recover at very different prices from what is no code.
#[test]
fn no_code_in_any_language() {
    let names =
        ["a.c", "a.cpp", "a.cs", "a.go", "a.java", "a.js", "a.lua", "a.php", "a.rb", "a.rs", "a.sh", "a.swift", "a.ts"];
    for name in names {
        for piece in ["```python\n", "*** Begin Patch\n", "1: def g():\n", "<think>"] {
            answered_in_time(&[(name, "")], &format!("{name} {piece}"), &filled(piece, MIB / 2));
        }
    }
}

#[test]
fn code_of_many_functions() {
    let number = |count: usize, part: &dyn Fn(usize) -> String| (0..count).map(part).collect::<String>();
    let cases = [
        ("one function again and again", filled("def g():\n    pass\n", MIB)),
        ("other bodies", number(45_000, &|at| format!("def g():\n    return {at}\n"))),
        ("other names", number(40_000, &|at| format!("def g{at}():\n    pass\n"))),
        (
            "one of them known",
            format!("def g():\n    pass\n{}", number(40_000, &|at| format!("def g{at}():\n    pass\n"))),
        ),
        ("methods", format!("class A:\n{}", number(25_000, &|at| format!("    def f{at}(self):\n        pass\n")))),
        ("types", number(20_000, &|at| format!("class A{at}:\n    def f(self):\n        pass\n"))),
        ("imports", format!("{}def g():\n    pass\n", number(50_000, &|at| format!("import a{at}\n")))),
        ("lines", format!("{}def g():\n    pass\n", number(80_000, &|at| format!("x = {at}\n")))),
        ("nesting", filled("if x:\n ", MIB)),
        ("brackets", filled("(", MIB)),
        ("overloads", filled("@overload\ndef g(): ...\n", MIB)),
    ];
    for (name, code) in cases {
        answered_within(CODE_LIMIT, &FILES[..1], name, &format!("```python\n{code}```\n"));
    }
}

#[test]
fn a_file_of_many_functions() {
    let file = "def g(x):\n    pass\n\n\n".repeat(10_000);
    for code in ["def g(x):\n    return 1\n", "def g(x):\n    return 1\n".repeat(10_000).as_str()] {
        let from = worked();
        let plan = plan_for(&[("a.py", &file)], &fenced(code));
        assert!(worked().saturating_sub(from) <= LIMIT, "{:?}", worked().saturating_sub(from));
        assert_eq!(plan.complaints.len(), 1);
    }
}

#[test]
fn the_longest_replies() {
    for piece in
        ["a.py\n", "x", "```python\n", "<edit path=\"a.py\">\n", "def g():\n    pass\n", "@@ -1 +1 @@\n-x\n+y\n"]
    {
        answered_in_time(FILES, piece, &filled(piece, MAX_REPLY_BYTES));
    }
}
