//! Which file a reply names, and what it says of files beside their texts.

use rstest::rstest;

use super::whole_actions::Table;
use super::*;

const PY: &str = "import os\n\n\ndef load(path):\n    with open(path) as f:\n        return f.read()\n";
const A: &str = "export function a(): number {\n  return 1;\n}\n";
const B: &str = "import { a } from \"./a\";\n\nexport function b(): number {\n  return a() + 1;\n}\n";
const GO: &str = "package m\n\nfunc f() int {\n\tx := 1\n\treturn x\n}\n";
const TABLE: Table = Table(&[
    ("io.py", PY),
    ("src/a.ts", A),
    ("src/b.ts", B),
    ("m.go", GO),
    ("n.go", "package n\n\nfunc f() int {\n\tx := 1\n\treturn x\n}\n"),
]);

/// What becomes of the files, as `action path`, `! kind` for a complaint, `? line` for what is left out.
fn outcome(given: &[&str], reply: &str) -> Vec<String> {
    let text = |path: &str| TABLE.0.iter().find(|(own, _)| *own == path).unwrap().1;
    let files: Vec<SourceFile> =
        given.iter().map(|path| SourceFile::new(*path, text(path), Language::from_path(path))).collect();
    let plan = plan(reply, &ReplyContext { workspace: Some(&TABLE), ..ReplyContext::of(&files) });
    let files = plan.files.iter().map(|file| format!("{} {}", file.action.as_str(), file.path));
    let complaints = plan.complaints.iter().map(|complaint| format!("! {}", complaint.kind.as_str()));
    let left_out = plan.left_out.iter().map(|left_out| format!("? {}", left_out.first_line));
    files.chain(complaints).chain(left_out).collect()
}

const CODE: &str = "\n\n```python\ndef price(i):\n    return i.price\n```\n";

#[rstest]
#[case("- **`util/prices.py`** – helper for prices:")]
#[case("Erstelle eine neue Datei `util/prices.py`:")]
#[case("Crea el archivo `util/prices.py` con este contenido:")]
#[case("Contents of `util/prices.py`:")]
#[case("## `util/prices.py` — price helpers")]
#[case("`util/prices.py` を作成します:")]
#[case("新建文件 `util/prices.py`:")]
#[case("Put this into `util/prices.py`:")]
fn a_file_that_is_not_there_is_made(#[case] words: &str) {
    assert_eq!(outcome(&["io.py"], &format!("{words}{CODE}")), ["create util/prices.py"], "{words}");
}

#[rstest]
#[case("In `util/prices.py`:")]
#[case("It looks like `util/prices.py`:")]
#[case("It is not for `util/prices.py`:")]
fn other_mentions_make_none(#[case] words: &str) {
    assert!(outcome(&["io.py"], &format!("{words}{CODE}")).iter().all(|said| said.starts_with('!')), "{words}");
}

/// Code that fits a file which is there goes there, whatever is mentioned.
#[test]
fn code_of_a_known_file_makes_no_other() {
    let reply = "The helper `other.py` is gone now:\n\n```python\ndef load(path):\n    return open(path).read()\n```\n";
    assert_eq!(outcome(&["io.py"], reply), ["edit io.py"]);
}

#[rstest]
#[case(
    "```ts\n// src/a.ts\nexport function a(): number {\n  return 2;\n}\n\n// src/b.ts\nimport { a } from \"./a\";\n\nexport function b(): number {\n  return a() + 2;\n}\n```\n",
    &["edit src/a.ts", "edit src/b.ts"]
)]
#[case(
    "Put the constant into `const.py`:\n\n```python\n# const.py\nPI = 3\n```\n\nand use it:\n\n```python\n# io.py\nfrom const import PI\n\n\ndef load(path):\n    return PI\n```\n",
    &["create const.py", "edit io.py"]
)]
#[case("### `pkg/__init__.py`\n\n```python\n```\n\n### `pkg/a.py`\n\n```python\nA = 1\n```\n", &["create pkg/__init__.py", "create pkg/a.py"])]
#[case(
    "```diff\ndiff --git a/io.py b/io.py\nold mode 100644\nnew mode 100755\nindex 123..456\n--- a/io.py\n+++ b/io.py\n@@ -5 +5 @@\n-    with open(path) as f:\n+    with open(path, \"rb\") as f:\n```",
    &["edit io.py", "? new mode 100755"]
)]
#[case(
    "```diff\ndiff --git a/run.sh b/run.sh\nnew file mode 100755\nindex 000..456\n--- /dev/null\n+++ b/run.sh\n@@ -0,0 +1 @@\n+date\n```",
    &["create run.sh", "? new mode 100755"]
)]
#[case(
    "```diff\ndiff --git a/run.sh b/run.sh\nnew file mode 100644\nindex 000..456\n--- /dev/null\n+++ b/run.sh\n@@ -0,0 +1 @@\n+date\n```",
    &["create run.sh"]
)]
#[case(
    "```diff\ndiff --git a/now b/now\nnew file mode 120000\nindex 000..456\n--- /dev/null\n+++ b/now\n@@ -0,0 +1 @@\n+run.sh\n\\ No newline at end of file\n```",
    &["! malformed"]
)]
#[case(
    "```diff\ndiff --git a/logo.png b/logo.png\nindex 1..2 100644\nGIT binary patch\nliteral 10\nzcmZQzWMT#Y01f~L\n\n```\n\n```diff\n--- a/io.py\n+++ b/io.py\n@@ -5 +5 @@\n-    with open(path) as f:\n+    with open(path, \"rb\") as f:\n```",
    &["! malformed"]
)]
#[case(
    "```python\ndef load(path):\n    return 1\n```\n\n```bash\ngit rm old.py\n```\n",
    &["edit io.py", "? git rm old.py"]
)]
fn what_a_reply_says_of_files(#[case] reply: &str, #[case] expected: &[&str]) {
    assert_eq!(outcome(&["io.py", "src/a.ts", "src/b.ts"], reply), expected, "{reply}");
}

/// What fits several files is none's by a word about one of them.
#[rstest]
#[case("The code in `m.go` is right; do not touch it.\n\n```go\n<<<<<<< SEARCH\n\tx := 1\n=======\n\tx := 10\n>>>>>>> REPLACE\n```\n", &["! ambiguous"])]
#[case("m.go\n<<<<<<< SEARCH\n\tx := 1\n=======\n\tx := 10\n>>>>>>> REPLACE\n\nThe same in the other file:\n\n<<<<<<< SEARCH\n\treturn x\n=======\n\treturn -x\n>>>>>>> REPLACE\n", &["! ambiguous"])]
#[case("```go\npackage n\n\nfunc f() int {\n\treturn 5\n}\n```\n", &["edit n.go"])]
#[case("In `m.go`:\n\n```go\n<<<<<<< SEARCH\n\tx := 1\n=======\n\tx := 10\n>>>>>>> REPLACE\n```\n", &["edit m.go"])]
fn which_of_two_files(#[case] reply: &str, #[case] expected: &[&str]) {
    assert_eq!(outcome(&["m.go", "n.go"], reply), expected, "{reply}");
}

const OPEN: &str = "with open(path) as f:";

#[rstest]
#[case(
    "{\"name\":\"edit_file\",\"arguments\":{\"target_file\":\"io.py\",\"code_edit\":\"# ... existing code ...\\ndef load(path):\\n    with open(path, \\\"rb\\\") as f:\\n        return f.read()\\n# ... existing code ...\\n\"}}"
)]
#[case(
    "{\"name\":\"replace_file_content\",\"arguments\":{\"TargetFile\":\"io.py\",\"ReplacementChunks\":[{\"TargetContent\":\"OLD\",\"ReplacementContent\":\"NEW\",\"AllowMultiple\":false}]}}"
)]
#[case(
    "<|python_tag|>{\"type\":\"function\",\"name\":\"str_replace\",\"parameters\":{\"path\":\"io.py\",\"old_str\":\"OLD\",\"new_str\":\"NEW\"}}<|eom_id|>"
)]
#[case(
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>edit_file\n```json\n{\"path\":\"io.py\",\"old_string\":\"OLD\",\"new_string\":\"NEW\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
)]
#[case("[TOOL_CALLS][{\"name\":\"edit\",\"arguments\":{\"file\":\"io.py\",\"find\":\"OLD\",\"replace\":\"NEW\"}}]")]
#[case(
    "```python\n def load(path):\n-    with open(path) as f:\n+    with open(path, \"rb\") as f:\n         return f.read()\n```\n"
)]
#[case("io.py\n<<<<<<< SEARCH\nopen(path)\n=======\nopen(path, \"rb\")\n>>>>>>> REPLACE\n")]
fn calls_of_tools(#[case] reply: &str) {
    let new = OPEN.replace("(path)", "(path, \\\"rb\\\")");
    let reply = reply.replace("OLD", OPEN).replace("NEW", &new);
    assert_eq!(new_text(("io.py", PY), &reply), PY.replace("(path) as", "(path, \"rb\") as"), "{reply}");
}

#[test]
fn the_types_of_parameters_tell_functions_apart() {
    let file = "impl From<u8> for Id {\n    fn from(v: u8) -> Self {\n        Id(1)\n    }\n}\n\nimpl From<u16> for Id {\n    fn from(v: u16) -> Self {\n        Id(2)\n    }\n}\n";
    let reply = fenced("fn from(v: u16) -> Self {\n    Id(3)\n}\n");
    assert_eq!(new_text(("a.rs", file), &reply), file.replace("Id(2)", "Id(3)"));
    let other = fenced("fn from(v: u32) -> Self {\n    Id(3)\n}\n");
    assert!(plan_for(&[("a.rs", file)], &other).files.is_empty());
}

/// A file somewhere else is not the one that was asked about, though its line stands there.
#[rstest]
#[case("/elsewhere/out.py")]
#[case("../out.py")]
#[case("~/out.py")]
fn a_file_outside_is_another(#[case] name: &str) {
    let reply =
        format!("{name}\n<<<<<<< SEARCH\n    total = price * 2\n=======\n    total = price * 3\n>>>>>>> REPLACE\n");
    let plan = plan_for(&[("a.py", "def f(price):\n$0    total = price * 2\n    return total\n")], &reply);
    assert_eq!((plan.files.len(), plan.complaints.len()), (0, 1), "{name}");
}
