//! Symbols that have a name in common and nothing else: what a reply gives anew must not overwrite the other one.

use super::symbols::PYTHON;
use super::*;

/// The new text has all of these parts; where a reply is refused, nothing is lost either.
fn keeps(file: (&str, &str), reply: &str, parts: &[&str]) {
    let plan = plan_for(&[file], reply);
    let text = plan.files.first().map_or(String::new(), |file| file.new_text.clone());
    for part in parts {
        assert!(!plan.complaints.is_empty() || text.contains(part), "{part:?} in {text}\n{:?}", plan.complaints);
    }
}

/// The same for a reply that is applied.
fn applies(file: (&str, &str), reply: &str, parts: &[&str]) {
    assert_eq!(plan_for(&[file], reply).complaints, [], "{reply}");
    keeps(file, reply, parts);
}

/// A path, the text of its file (`$0` where it is asked about), the code of a reply, and the new text or the complaint with the lines it names.
pub(super) type Case =
    (&'static str, &'static str, &'static str, Result<&'static str, (ComplaintKind, &'static [usize])>);

pub(super) fn check_all(cases: &[Case]) {
    for (path, text, code, expected) in cases {
        let plan = plan_for(&[(path, text)], &fenced(code));
        let found = match &plan.complaints[..] {
            [] => Ok(plan.files[0].new_text.as_str()),
            [first, ..] => Err((first.kind, first.candidates.as_slice())),
        };
        assert_eq!(found, *expected, "{path}\n{text}\n{code}\n{:?}", plan.complaints);
    }
}

const ERRORS: &str = "\
pub enum Error {
    Parse(ParseError),
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::Parse(error)
    }
}
";

#[test]
fn another_impl_of_a_trait_comes_beside_the_first() {
    let more = "impl From<io::Error> for Error {\n    fn from(error: io::Error) -> Self {\n        Self::Io(error)\n    }\n}\n";
    let both = format!("pub enum Error {{\n    Parse(ParseError),\n    Io(io::Error),\n}}\n\n{more}");
    applies(("a.rs", ERRORS), &fenced(&both), &["Self::Parse(error)", "Self::Io(error)", "Io(io::Error),"]);
    keeps(("a.rs", ERRORS), &fenced(more), &["Self::Parse(error)"]);
}

#[test]
fn another_trait_is_not_put_into_the_impl_of_the_type() {
    let file = "struct P;\n\nimpl P {\n    fn new() -> Self {\n        P\n    }\n}\n";
    let reply = fenced(
        "struct P(u8);\n\nimpl fmt::Display for P {\n    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {\n        f.write_str(\"P\")\n    }\n}\n",
    );
    applies(
        ("a.rs", file),
        &reply,
        &["impl P {\n    fn new() -> Self {\n        P\n    }\n}\n", "impl fmt::Display for P {\n"],
    );
}

#[test]
fn a_free_function_is_not_a_method_of_its_name() {
    let python = "class Server:\n    def close(self):\n        self.socket.close()\n\n\ndef shutdown():\n    pass\n";
    let reply = fenced("def close():\n    return 1\n\n\ndef shutdown():\n    close()\n");
    applies(
        ("a.py", python),
        &reply,
        &["        self.socket.close()\n", "\ndef close():\n    return 1\n", "    close()\n"],
    );
    let rust = "struct S;\n\nimpl S {\n    fn close(&self) {\n        self.0.close();\n    }\n}\n\nfn shutdown() {}\n";
    let reply = fenced("fn close() {\n    one();\n}\n\nfn shutdown() {\n    close();\n}\n");
    applies(("a.rs", rust), &reply, &["        self.0.close();\n", "\nfn close() {\n    one();\n}\n"]);
    let script = "class Server {\n  close() {\n    this.socket.close();\n  }\n}\n\nfunction shutdown() {}\n";
    let reply = fenced("function close() {\n  one();\n}\n\nfunction shutdown() {\n  close();\n}\n");
    for path in ["a.js", "a.ts", "a.tsx"] {
        applies((path, script), &reply, &["    this.socket.close();\n", "\nfunction close() {\n  one();\n}\n"]);
    }
}

#[test]
fn a_method_is_not_a_free_function_of_its_name() {
    let file = "def close():\n    return 0\n\n\nclass Server:\n    def open(self):\n        pass\n";
    keeps(("a.py", file), &fenced("def close(self):\n    self.socket.close()\n"), &["def close():\n    return 0\n"]);
}

#[test]
fn methods_of_two_types_are_two() {
    let file = "package a\n\ntype A struct{}\n\ntype B struct{}\n\nfunc (a *A) Close() {\n\ta.one()\n}\n\nfunc (b *B) Open() {\n\tb.one()\n}\n";
    let close = "func (b *B) Close() {\n\tb.two()\n}\n";
    keeps(("a.go", file), &fenced(close), &["\ta.one()\n"]);
    keeps(("a.go", file), &fenced("func Close() {\n\ttwo()\n}\n"), &["\ta.one()\n"]);
    let reply = fenced(&format!("func (b *B) Open() {{\n\tb.three()\n}}\n\n{close}"));
    applies(("a.go", file), &reply, &["\ta.one()\n", "\tb.two()\n", "\tb.three()\n"]);
    applies(
        ("a.go", file),
        &fenced("func (a *A) Close() {\n\ta.two()\n}\n"),
        &["func (a *A) Close() {\n\ta.two()\n}\n"],
    );
}

#[test]
fn a_function_within_another_one_is_not_one_of_its_own() {
    let file = "def outer():\n    def helper(x):\n        return x + 1\n\n    return helper(1)\n\n\ndef main():\n    return 0\n";
    let reply = fenced("def helper(x):\n    return x\n\n\ndef main():\n    return helper(0)\n");
    applies(("a.py", file), &reply, &["        return x + 1\n", "\ndef helper(x):\n    return x\n"]);
    let alone = fenced("def helper(x):\n    return x + 2\n");
    applies(("a.py", file), &alone, &["    def helper(x):\n        return x + 2\n"]);
}

#[test]
fn what_sets_a_property_is_not_what_gets_it() {
    let setter = "@area.setter\ndef area(self, value):\n    self.size = value\n";
    keeps(("a.py", PYTHON), &fenced(setter), &["        return self.size * self.size\n"]);
    let script = "class A {\n  get size() {\n    return this.one;\n  }\n}\n";
    let reply = fenced("class A {\n  set size(value) {\n    this.one = value;\n  }\n}\n");
    for path in ["a.js", "a.ts"] {
        applies((path, script), &reply, &["    return this.one;\n", "    this.one = value;\n"]);
    }
}

#[test]
fn a_whole_file_has_all_that_share_a_name() {
    let rust = "use std::fmt;\n\nstruct P;\n\nimpl fmt::Display for P {\n    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {\n        f.write_str(\"P\")\n    }\n}\n\nimpl P {\n    fn new() -> Self {\n        P\n    }\n}\n\nfn main() {}\n";
    let reply = fenced(
        "use std::fmt;\n\nmod other;\n\nstruct P;\n\nimpl P {\n    fn new() -> Self {\n        other::p()\n    }\n}\n\nfn main() {}\n",
    );
    keeps(("a.rs", rust), &reply, &["f.write_str(\"P\")", "other::p()"]);
    let go = "package a\n\nvar x = 1\n\nfunc (a *A) Close() {\n\ta.one()\n}\n\nfunc (b *B) Close() {\n\tb.one()\n}\n";
    let reply = fenced("package a\n\nimport \"fmt\"\n\nvar x = 1\n\nfunc (a *A) Close() {\n\ta.two()\n}\n");
    keeps(("a.go", go), &reply, &["\tb.one()\n"]);
}

#[test]
fn a_whole_file_has_the_methods_of_its_classes() {
    let reply = fenced(
        "import os\n\n\nclass Shape:\n    def grow(self):\n        self.size += 2\n\n\ndef main():\n    print(2)\n\n\nif __name__ == \"__main__\":\n    print(1)\n    main()\n",
    );
    keeps(
        ("a.py", PYTHON),
        &reply,
        &["        self.size += 2\n", "    def area(self):\n", "    def __init__(self, size):\n"],
    );
}
