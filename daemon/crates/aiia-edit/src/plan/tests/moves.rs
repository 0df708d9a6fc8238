//! Symbols that get another name, go to another file or belong elsewhere than where they are given; how what is new is laid out.

use rstest::rstest;

use super::*;

const STORE: &str = "class Store:\n    def __init__(self, root):\n        self.root = root\n\n    def clear(self):\n        self.root = None\n\n\ndef default():\n    return Store(\"/tmp\")\n";

#[test]
fn a_part_of_a_class_under_a_new_name() {
    let code = "class FileStore:\n    def __init__(self, root):\n        self.root = root\n\n\ndef default():\n    return FileStore(\"/tmp\")\n";
    let plan = plan_for(&[("a.py", STORE)], &fenced(code));
    assert_eq!((plan.files.len(), plan.complaints[0].kind), (0, ComplaintKind::Ambiguous));
    assert_eq!(plan.complaints[0].candidates, [1]);
}

#[rstest]
#[case::a_class("class FileStore:\n    def __init__(self, root):\n        self.root = root\n\n    def clear(self):\n        self.root = None\n\n\ndef default():\n    return FileStore(\"/tmp\")\n", STORE, &STORE.replace("Store", "FileStore"))]
#[case::a_function(
    "def add_up(xs):\n    return sum(xs)\n\n\ndef main():\n    print(add_up([1]))\n",
    "def total(xs):\n    return sum(xs)\n\n\ndef main():\n    print(total([1]))\n",
    "def add_up(xs):\n    return sum(xs)\n\n\ndef main():\n    print(add_up([1]))\n"
)]
#[case::a_subclass("class MemoryStore(Store):\n    def clear(self):\n        self.root = None\n\n\ndef default():\n    return MemoryStore(\"/tmp\")\n", STORE, &STORE.replace("def default():\n    return Store", "class MemoryStore(Store):\n    def clear(self):\n        self.root = None\n\n\ndef default():\n    return MemoryStore"))]
fn another_name(#[case] code: &str, #[case] file: &str, #[case] wanted: &str) {
    assert_eq!(new_text(("a.py", file), &fenced(code)), wanted, "{code}");
}

const APP: &str = "import sys\n\n\ndef total(items):\n    return sum(items)\n\n\ndef main():\n    print(total([1]))\n";

#[rstest]
#[case::with_the_rest(
    "**app.py**\n```python\nimport sys\nfrom calc import total\n\n\ndef main():\n    print(total([1]))\n```\n"
)]
#[case::with_the_import_alone("**app.py**\n```python\nfrom calc import total\n```\n")]
fn what_moves_to_another_file_goes_from_here(#[case] here: &str) {
    let calc = "def one():\n    return 1\n";
    let reply = format!(
        "Move `total` to `calc.py`:\n\n**calc.py**\n```python\ndef one():\n    return 1\n\n\ndef total(items):\n    return sum(items)\n```\n\n{here}"
    );
    let plan = plan_for(&[("app.py", APP), ("calc.py", calc)], &reply);
    assert_eq!(plan.complaints, []);
    let app = plan.files.iter().find(|file| file.path == "app.py").unwrap();
    let wanted = APP
        .replace("import sys\n", "import sys\nfrom calc import total\n")
        .replace("def total(items):\n    return sum(items)\n\n\n", "");
    assert_eq!(app.new_text, wanted);
}

#[test]
fn what_another_file_has_otherwise_stays_here() {
    let reply = "**calc.py**\n```python\ndef one():\n    return 1\n\n\ndef total(items):\n    return len(items)\n```\n\n**app.py**\n```python\nfrom calc import total\n```\n";
    let plan = plan_for(&[("app.py", APP), ("calc.py", "def one():\n    return 1\n")], reply);
    assert!(plan.files.iter().all(|file| file.path != "app.py" || file.new_text.contains("def total")));
}

#[test]
fn a_new_test_goes_to_the_tests() {
    let file = "pub struct P {\n    pub x: i32,\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn makes() {\n        one();\n    }\n}\n";
    let code = "pub struct P {\n    pub x: i32,\n    pub y: i32,\n}\n\n#[test]\nfn makes_y() {\n    two();\n}\n";
    let wanted = file
        .replace("pub x: i32,\n", "pub x: i32,\n    pub y: i32,\n")
        .replace("one();\n    }\n", "one();\n    }\n\n    #[test]\n    fn makes_y() {\n        two();\n    }\n");
    assert_eq!(new_text(("a.rs", file), &fenced(code)), wanted);
}

/// A tool that writes a whole file may leave out what the cursor is in only where nothing speaks of it and nothing else changes.
#[rstest]
#[case("def g():\n    return 3\n", false)]
#[case("def g():\n    return f()\n", false)]
#[case("def g():\n    return 2\n", true)]
fn a_file_written_without_what_the_cursor_is_in(#[case] text: &str, #[case] is_written: bool) {
    let file = "def f():\n    return $01\n\n\ndef g():\n    return 2\n";
    let reply = format!("<write_to_file>\n<path>a.py</path>\n<content>\n{text}</content>\n</write_to_file>\n");
    assert_eq!(plan_for(&[("a.py", file)], &reply).complaints.is_empty(), is_written, "{text}");
}

#[rstest]
#[case::tabs_of_go(
    ("m.go", "package m\n\nfunc Get() int { return v }\n"),
    "func Get() int {\n\treturn Load()\n}\n",
    "package m\n\nfunc Get() int {\n\treturn Load()\n}\n"
)]
#[case::blanks_in_go(
    ("m.go", "package m\n\nfunc Get() int { return v }\n"),
    "func Get() int {\n    return Load()\n}\n",
    "package m\n\nfunc Get() int {\n\treturn Load()\n}\n"
)]
#[case::overloads(
    ("d.py", "@overload\ndef parse(x: int) -> int: ...\n@overload\ndef parse(x: str) -> str: ...\ndef parse(x):\n    return x\n"),
    "@overload\ndef parse(x: int) -> int: ...\n@overload\ndef parse(x: str) -> str: ...\n@overload\ndef parse(x: bytes) -> bytes: ...\ndef parse(x):\n    return x\n",
    "@overload\ndef parse(x: int) -> int: ...\n@overload\ndef parse(x: str) -> str: ...\n@overload\ndef parse(x: bytes) -> bytes: ...\ndef parse(x):\n    return x\n"
)]
#[case::a_constant_below_others(
    ("c.py", "import os\n\nDEBUG = False\n\n\ndef f():\n    return 1\n"),
    "LIMIT = 10\n\n\ndef f():\n    return LIMIT\n",
    "import os\n\nDEBUG = False\nLIMIT = 10\n\n\ndef f():\n    return LIMIT\n"
)]
#[case::here_document_of_ruby(
    ("j.rb", "class Job\n  def perform\n    puts <<~TEXT\n      def call\n        nothing\n      end\n    TEXT\n  end\nend\n"),
    "def perform\n  puts <<~TEXT\n    def call\n      something\n    end\n  TEXT\nend\n",
    "class Job\n  def perform\n    puts <<~TEXT\n      def call\n        something\n      end\n    TEXT\n  end\nend\n"
)]
#[case::a_line_of_a_template(
    ("a.ts", "export class A {\n  f() {\n    return html`\n      <a>\n        <b></b>\n      </a>\n    `;\n  }\n}\n"),
    "export class A {\n    f() {\n        return html`\n          <a>\n            <c></c>\n          </a>\n        `;\n    }\n}\n",
    "export class A {\n  f() {\n    return html`\n      <a>\n        <c></c>\n      </a>\n    `;\n  }\n}\n"
)]
#[case::a_scalar_of_yaml(
    ("w.yml", "job:\n  run: |\n    if true; then\n      echo a\n    fi\n  name: x\n"),
    "job:\n    run: |\n        if true; then\n          echo b\n        fi\n    name: x\n",
    "job:\n  run: |\n    if true; then\n      echo b\n    fi\n  name: x\n"
)]
#[case::another_scalar_of_yaml(
    ("w.yml", "job:\n    run: |\n        echo a\n    name: x\n"),
    "job:\n  run: |\n    echo b\n    echo c\n  name: x\n",
    "job:\n    run: |\n      echo b\n      echo c\n    name: x\n"
)]
fn layouts(#[case] file: (&str, &str), #[case] code: &str, #[case] wanted: &str) {
    assert_eq!(new_text(file, &fenced(code)), wanted);
}
