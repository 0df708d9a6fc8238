//! What stays as it is around and within what a reply gives anew.

use rstest::rstest;

use super::*;

const REPO: &str = "class Repo:\n    def query(self):\n        sql = \"\"\"\nSELECT *\nFROM users\n\"\"\"\n        return self.db.run(sql)\n\n    def other(self):\n        text = \"\"\"line one  \ntwo\n\"\"\"\n        return text\n";
const PAGE: &str = "impl Page {\n    fn html(&self) -> String {\n        format!(r#\"\n<html>\n  <body>{}</body>\n</html>\n\"#, self.body)\n    }\n}\n";
const DEEP: &str = "class A:\n    def f(self):\n        \"\"\"Doc.\n\n        More.\n        \"\"\"\n        x = \"\"\"\n        a\n          b\n        \"\"\"\n        return x\n";
const C: &str = "/*\n * Copyright (c) 2024 Example Corp.\n */\n/** Adds. */\nint add(int a, int b) { return a + b; }\n\n// --------\n// Helpers\n// --------\n// NOTE: keep in sync with sub.S\nint sub(int a, int b) { return a - b; }\n";

#[rstest]
#[case::at_the_border(
    ("a.py", REPO),
    "def query(self):\n    sql = \"\"\"\nSELECT id, name\nFROM users\n\"\"\"\n    return self.db.run(sql)\n",
    ("SELECT *", "SELECT id, name")
)]
#[case::raw(
    ("a.rs", PAGE),
    "fn html(&self) -> String {\n    format!(r#\"\n<html>\n  <body><main>{}</main></body>\n</html>\n\"#, self.body)\n}\n",
    ("{}", "<main>{}</main>")
)]
#[case::blanks_at_line_ends(
    ("a.py", REPO),
    "    def other(self):\n        text = \"\"\"line one  \ntwo\n\"\"\"\n        return text.strip()\n",
    ("return text", "return text.strip()")
)]
#[case::moved_with_the_code(
    ("a.py", DEEP),
    "def f(self):\n    \"\"\"Doc.\n\n    More.\n    \"\"\"\n    x = \"\"\"\n    a\n      c\n    \"\"\"\n    return x\n",
    ("b\n", "c\n")
)]
fn strings(#[case] file: (&str, &str), #[case] code: &str, #[case] change: (&str, &str)) {
    assert_eq!(new_text(file, &fenced(code)), file.1.replacen(change.0, change.1, 1));
}

#[rstest]
#[case::licence("/** Adds two. */\nint add(int a, int b) { return b + a; }\n", ("/** Adds. */\nint add(int a, int b) { return a + b", "/** Adds two. */\nint add(int a, int b) { return b + a"))]
#[case::section("/* Subtracts. */\nint sub(int a, int b) { return a - b; }\n", ("int sub", "/* Subtracts. */\nint sub"))]
fn comments(#[case] code: &str, #[case] change: (&str, &str)) {
    assert_eq!(new_text(("a.c", C), &fenced(code)), C.replacen(change.0, change.1, 1));
}

#[test]
fn symbols_at_conflicts_are_refused() {
    let file =
        "def f():\n<<<<<<< HEAD\n    return 1\n=======\n    return 2\n>>>>>>> feature\n\n\ndef g():\n    return 3\n";
    let plan = plan_for(&[("a.py", file)], &fenced("def f():\n    return 2\n"));
    assert_eq!((plan.complaints[0].kind, &plan.complaints[0].candidates[..]), (ComplaintKind::Ambiguous, &[2, 6][..]));
    assert_eq!(new_text(("a.py", file), &fenced("def g():\n    return 4\n")), file.replace('3', "4"));
}
