//! Placeholders in place of code: expanded where it is certain what they stand for, refused elsewhere.

use rstest::rstest;

use super::*;
use crate::Tolerance;

const PYTHON: &str =
    "def a():\n    one()\n    two()\n    three()\n    return 1\n\n\ndef b():\n    one()\n    return 2\n";
const CHANGED: &str = "def a():\n    start = one(1)\n    two(start)\n    total = three(1)\n    return 1\n";
const RUST: &str = "fn a() {\n    one();\n    two();\n    three();\n    four();\n}\n\nfn b() {\n    one();\n}\n";

#[rstest]
#[case::in_the_middle(
    PYTHON,
    fenced("def a():\n    one()\n    # ... existing code ...\n    three()\n    return 10\n"),
    "return 1\n",
    "return 10\n"
)]
#[case::at_the_end(
    PYTHON,
    fenced("def a():\n    zero()\n    one()\n    # rest of the function unchanged\n"),
    "    one()\n    two",
    "    zero()\n    one()\n    two"
)]
#[case::bare_dots(PYTHON, fenced("def a():\n    one()\n    ...\n    return 10\n").replace("return 10", "three()\n    return 10"), "return 1\n", "return 10\n")]
#[case::rust(
    RUST,
    fenced("fn a() {\n    zero();\n    one();\n    // ... existing code ...\n}\n"),
    "    one();\n    two",
    "    zero();\n    one();\n    two"
)]
#[case::two(RUST, fenced("fn a() {\n    one();\n    // ...\n    three();\n    half();\n    // ... rest ...\n").replace("// ... rest ...\n", "four();\n}\n"), "    four", "    half();\n    four")]
#[case::in_a_block(
    PYTHON,
    block(
        "def a():\n    one()\n    two()\n    three()\n    return 1\n",
        "def a():\n    one()\n    # ... existing code ...\n    three()\n    return 10\n"
    ),
    "return 1\n",
    "return 10\n"
)]
#[case::in_both_halves(
    PYTHON,
    block("def a():\n    one()\n...\n    return 1\n", "def a():\n    zero()\n    one()\n...\n    return 10\n"),
    "def a():\n    one()\n    two()\n    three()\n    return 1\n",
    "def a():\n    zero()\n    one()\n    two()\n    three()\n    return 10\n"
)]
#[case::above_a_changed_line(
    CHANGED,
    fenced("def a():\n    # ...existing code...\n    total = three(2)\n    return 1\n"),
    "three(1)",
    "three(2)"
)]
#[case::below_a_changed_line(
    CHANGED,
    fenced("def a():\n    start = one(2)\n    # ... rest of the function ...\n"),
    "one(1)",
    "one(2)"
)]
#[case::around_it_too(
    RUST,
    fenced(
        "// ...existing code...\nfn a() {\n    // ...existing code...\n    three(1);\n    four();\n}\n// ...existing code...\n"
    ),
    "three()",
    "three(1)"
)]
fn expanded(#[case] file: &str, #[case] reply: String, #[case] old: &str, #[case] new: &str) {
    let path = if file == RUST { "a.rs" } else { "a.py" };
    let plan = plan_for(&[(path, file)], &reply);
    assert_eq!(plan.complaints, [], "{reply}");
    assert_eq!(plan.files[0].new_text, file.replacen(old, new, 1), "{reply}");
    assert!(plan.files[0].hunks.iter().any(|hunk| hunk.tolerances.contains(&Tolerance::Elision)));
}

#[rstest]
#[case::the_line_below_is_new(PYTHON, fenced("def a():\n    one()\n    # ... existing code ...\n    return 10\n"))]
#[case::stands_twice(
    "def a():\n    x()\n    y()\n    x()\n    z()\n    return 1\n",
    fenced("def a():\n    zero()\n    x()\n    # ... existing code ...\n    return 1\n")
)]
#[case::stands_for_nothing(
    PYTHON,
    fenced("def a():\n    zero()\n    one()\n    # ... existing code ...\n    two()\n    three()\n    return 1\n")
)]
#[case::two_lines_like_the_changed_one(
    "def a():\n    x = one(1)\n    x = one(3)\n    return 1\n",
    fenced("def a():\n    # ... existing code ...\n    x = one(2)\n    return 1\n")
)]
#[case::like_one_but_about_another(
    "def a(self):\n    self.x_min = 0\n    self.load()\n    self.check()\n    return self\n",
    fenced("def a(self):\n    # ... existing code ...\n    self.recheck()\n    return self\n")
)]
#[case::assigns_to_another(
    "def a(self):\n    self.x_min = 0\n    self.load()\n    self.check()\n    return self\n",
    fenced("def a(self):\n    self.x_max = 0\n    # ... existing code ...\n")
)]
fn refused(#[case] file: &str, #[case] reply: String) {
    assert_eq!(complaint_kinds(("a.py", file), &reply), [ComplaintKind::Elision], "{reply}");
}

const SETUP: &str = "class Box:\n    def setup(self):\n        self.x_min = 0\n        self.load()\n        if self.x:\n            self.check()\n        self.show(1)\n        return self\n";
const SWITCH: &str = "export function next(s: S, a: A): S {\n  switch (a.type) {\n    case \"add\":\n      return { ...s, items: [...s.items, a.item] };\n    default:\n      return s;\n  }\n}\n\nconst x = 1;\n";

/// Lines that are new beside a placeholder delete nothing.
#[rstest]
#[case::below_the_header(("a.py", PYTHON), "def a():\n    zero()\n    # ... existing code ...\n    return 1\n", ("    one()\n    two", "    zero()\n    one()\n    two"))]
#[case::above_the_last_line(("a.py", PYTHON), "def a():\n    # ... existing code ...\n    log(\"x\")\n    return 1\n", ("    return 1", "    log(\"x\")\n    return 1"))]
#[case::below_the_header_alone(("a.py", SETUP), "def setup(self):\n    log.info(\"x\")\n    # ... existing code ...\n", ("        self.x_min", "        log.info(\"x\")\n        self.x_min"))]
#[case::with_a_parameter(
    ("a.py", SETUP),
    "def setup(self, x_max=0):\n    self.x_max = x_max\n    # ... existing code ...\n",
    ("def setup(self):\n", "def setup(self, x_max=0):\n        self.x_max = x_max\n")
)]
#[case::several(
    ("a.py", SETUP),
    "def setup(self):\n    if not ready():\n        raise ValueError(\"y\")\n    # ... existing code ...\n",
    ("        self.x_min", "        if not ready():\n            raise ValueError(\"y\")\n        self.x_min")
)]
#[case::at_the_end(
    ("a.rs", RUST),
    "fn a() {\n    // ... existing code ...\n    log(\"done\", 1);\n}\n",
    ("    four();\n", "    four();\n    log(\"done\", 1);\n")
)]
#[case::a_case(
    ("a.ts", SWITCH),
    "export function next(s: S, a: A): S {\n  switch (a.type) {\n    // ... existing cases ...\n    case \"clear\":\n      return { ...s, items: [] };\n    default:\n      return s;\n  }\n}\n",
    ("    default:", "    case \"clear\":\n      return { ...s, items: [] };\n    default:")
)]
fn lines_are_added(#[case] file: (&str, &str), #[case] code: &str, #[case] change: (&str, &str)) {
    assert_eq!(new_text(file, &fenced(code)), file.1.replacen(change.0, change.1, 1), "{code}");
}

#[rstest]
#[case::behind_the_last_return("def setup(self):\n    # ... existing code ...\n    self.done(2, 3)\n")]
#[case::above_all("def setup(self):\n    return other\n    # ... existing code ...\n")]
#[case::assigned_once_more("def setup(self):\n    self.x_min = other(self.y, self.z)\n    # ... existing code ...\n")]
#[case::much_like_one_left_out(
    "def setup(self):\n    # ... existing code ...\n    self.show(2)\n    log(1)\n    return self\n"
)]
#[case::within_another_block(
    "def setup(self):\n    self.x_min = 0\n    self.load()\n    if self.x:\n        # ... existing code ...\n        log(1)\n    return self\n"
)]
#[case::lines_between_are_gone("def setup(self):\n    log(1)\n    self.show(1)\n    # ... existing code ...\n")]
fn lines_are_not_added(#[case] code: &str) {
    assert_eq!(complaint_kinds(("a.py", SETUP), &fenced(code)), [ComplaintKind::Elision], "{code}");
}
