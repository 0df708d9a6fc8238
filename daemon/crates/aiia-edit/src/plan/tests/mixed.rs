//! Replies that say their edits in several dialects, and for several files below headings.

use rstest::rstest;

use super::*;

const A: &str = "def load(path):\n    with open(path) as f:\n        return f.read()\n\n\ndef save(path, text):\n    with open(path, \"w\") as f:\n        f.write(text)\n";
const B: &str = "import os\n\n\ndef size(path):\n    n = os.stat(path).st_size\n    return n\n\n\ndef name(path):\n    return os.path.basename(path)\n";

const DIFF_A: &str = "--- a/src/a.py\n+++ b/src/a.py\n@@ -1,3 +1,3 @@\n def load(path):\n-    with open(path) as f:\n+    with open(path, encoding=\"utf-8\") as f:\n         return f.read()\n";
const BARE_DIFF_A: &str = "--- a/src/a.py\n+++ b/src/a.py\n def load(path):\n-    with open(path) as f:\n+    with open(path, encoding=\"utf-8\") as f:\n         return f.read()\n";
const BARE_DIFF_B: &str =
    "--- a/src/b.py\n+++ b/src/b.py\n def size(path):\n     n = os.stat(path).st_size\n+    log(n)\n     return n\n";
const BLOCK_B: &str = "src/b.py\n<<<<<<< SEARCH\n    return n\n=======\n    log(n)\n    return n\n>>>>>>> REPLACE\n";
const PATCH_A: &str = "*** Begin Patch\n*** Update File: src/a.py\n@@ def load(path):\n-    with open(path) as f:\n+    with open(path, encoding=\"utf-8\") as f:\n         return f.read()\n*** End Patch\n";
const CALL_A: &str = r#"{"name": "str_replace_editor", "arguments": {"command": "str_replace", "path": "src/a.py", "old_str": "    with open(path) as f:\n        return", "new_str": "    with open(path, encoding=\"utf-8\") as f:\n        return"}}"#;
const TAGS_A: &str = "<edit path=\"src/a.py\"><search>    with open(path) as f:\n        return</search><replace>    with open(path, encoding=\"utf-8\") as f:\n        return</replace></edit>\n";
const PAIR_A: &str = "In `src/a.py`, replace\n\n```python\n    with open(path) as f:\n        return f.read()\n```\n\nwith\n\n```python\n    with open(path, encoding=\"utf-8\") as f:\n        return f.read()\n```\n";
const CODE_A: &str = "**src/a.py**\n\n```python\ndef load(path):\n    with open(path, encoding=\"utf-8\") as f:\n        return f.read()\n```\n";
const CODE_B: &str =
    "**src/b.py**\n\n```python\ndef size(path):\n    n = os.stat(path).st_size\n    log(n)\n    return n\n```\n";

fn fenced(tag: &str, text: &str) -> String {
    format!("```{tag}\n{text}```\n")
}

#[rstest]
#[case::first_without_header(fenced("diff", &format!("{BARE_DIFF_B}{DIFF_A}")))]
#[case::second_without_header(fenced("diff", &format!("{DIFF_A}{BARE_DIFF_B}")))]
#[case::both_without_header(fenced("diff", &format!("{BARE_DIFF_B}{BARE_DIFF_A}")))]
#[case::without_header_and_fence(format!("{BARE_DIFF_B}{BARE_DIFF_A}"))]
#[case::diff_and_block(format!("First:\n\n{}\nThen:\n\n{}", fenced("diff", DIFF_A), fenced("", BLOCK_B)))]
#[case::block_and_diff(format!("{}\nThen:\n\n{}", fenced("", BLOCK_B), fenced("diff", DIFF_A)))]
#[case::patch_and_block(format!("{PATCH_A}\n{BLOCK_B}"))]
#[case::call_and_block(format!("{CALL_A}\n\n{BLOCK_B}"))]
#[case::tags_and_block(format!("{TAGS_A}\n{BLOCK_B}"))]
#[case::tags_and_diff(format!("{TAGS_A}\n{}", fenced("diff", BARE_DIFF_B)))]
#[case::block_and_pair(format!("{BLOCK_B}\n{PAIR_A}"))]
#[case::diff_and_code(format!("{}\n{CODE_B}", fenced("diff", DIFF_A)))]
#[case::code_and_block(format!("{CODE_A}\n{}", fenced("", BLOCK_B)))]
#[case::block_and_its_diff(format!("{BLOCK_B}\n{}\nAs a diff:\n\n{}", fenced("diff", DIFF_A), fenced("diff", BARE_DIFF_B)))]
fn several_dialects(#[case] reply: String) {
    let plan = plan_for(&[("src/a.py", A), ("src/b.py", B)], &reply);
    assert_eq!(plan.complaints, [], "{reply}");
    let texts: Vec<(&str, &str)> = plan.files.iter().map(|file| (file.path.as_str(), file.new_text.as_str())).collect();
    let new_a = A.replacen("open(path)", "open(path, encoding=\"utf-8\")", 1);
    let new_b = B.replace("    return n\n", "    log(n)\n    return n\n");
    assert_eq!(texts, [("src/a.py", new_a.as_str()), ("src/b.py", new_b.as_str())], "{reply}");
}

const RUN_A: &str = "def run(x):\n    return x + 1\n\n\ndef stop(x):\n    return x - 1\n";
const RUN_B: &str =
    "def go(y):\n    return y * 2\n\n\ndef run(x):\n    return x + 2\n\n\ndef stop(x):\n    return x - 2\n";

#[rstest]
#[case(
    "### `src/b.py`\n\n#### `run`\n\n```python\ndef run(x):\n    return x + 20\n```\n\n#### `stop`\n\n```python\ndef stop(x):\n    return x - 20\n```\n",
    None,
    Some((20, 20))
)]
#[case("**src/b.py**\n\nUpdate `run`:\n\n```python\ndef run(x):\n    return x + 20\n```\n", None, Some((20, 2)))]
#[case("## `src/b.py`\n\n### run\n\n```python\ndef run(x):\n    return x + 20\n```\n", None, Some((20, 2)))]
#[case(
    "### src/a.py\n\nUpdate `run`:\n\n```python\ndef run(x):\n    return x + 10\n```\n\n### src/b.py\n\nUpdate `stop`:\n\n```python\ndef stop(x):\n    return x - 20\n```\n",
    Some((10, 1)),
    Some((2, 20))
)]
#[case(
    "### src/b.py\n\nUpdate `run`:\n\n```\n<<<<<<< SEARCH\ndef run(x):\n=======\ndef run(x, y=0):\n    x += y\n>>>>>>> REPLACE\n```\n",
    None,
    Some((2, 2))
)]
fn headings_name_files(#[case] reply: &str, #[case] in_a: Option<(u32, u32)>, #[case] in_b: Option<(u32, u32)>) {
    let plan = plan_for(&[("src/a.py", RUN_A), ("src/b.py", RUN_B)], reply);
    assert_eq!(plan.complaints, [], "{reply}");
    for (path, values) in [("src/a.py", in_a), ("src/b.py", in_b)] {
        let file = plan.files.iter().find(|file| file.path == path);
        assert_eq!(file.is_some(), values.is_some(), "{path}: {reply}");
        if let (Some(file), Some((run, stop))) = (file, values) {
            assert!(file.new_text.contains(&format!("return x + {run}\n")), "{}", file.new_text);
            assert!(file.new_text.ends_with(&format!("def stop(x):\n    return x - {stop}\n")), "{}", file.new_text);
        }
    }
}

/// A block below the name of one file is not written into another that has a namesake.
#[test]
fn a_block_stays_in_its_file() {
    let a = "class C:\n    def __init__(self, url):\n        self.url = url\n        self.open()\n\n    def connect(self):\n        return open(self.url)\n";
    let b = "class D:\n    def __init__(self, n):\n        self.n = n\n";
    let reply = "**src/a.py**\n\nUpdate `connect`:\n\n```python\ndef connect(self):\n    log(self.url)\n    return open(self.url)\n```\n\n**src/b.py**\n\n#### `__init__`\n\n```python\ndef __init__(self, n):\n    self.n = n\n    self.m = 1\n```\n";
    let plan = plan_for(&[("src/a.py", a), ("src/b.py", b)], reply);
    assert_eq!(plan.complaints, []);
    let texts: Vec<&str> = plan.files.iter().map(|file| file.new_text.as_str()).collect();
    let new_a = a.replace("        return", "        log(self.url)\n        return");
    assert_eq!(texts, [new_a, format!("{b}        self.m = 1\n")]);
}

/// A new function in a block of its own goes next to what calls it, before or behind which it was given.
#[rstest]
#[case("Add a helper:\n\n@\n\nThen use it in `load`:\n\n%")]
#[case("Update `load`:\n\n%\n\nThe new helper:\n\n@")]
#[case("### `check`\n\n@\n\n### `load`\n\n%")]
fn helpers_come_along(#[case] words: &str) {
    let check = "```python\ndef check(path):\n    if not path:\n        raise ValueError(path)\n```";
    let load = "```python\ndef load(path):\n    check(path)\n    with open(path) as f:\n        return f.read()\n```";
    let plan = plan_for(&[("src/a.py", A)], &words.replace('@', check).replace('%', load));
    assert_eq!(plan.complaints, [], "{words}");
    let check = "def check(path):\n    if not path:\n        raise ValueError(path)\n\n\n";
    let new_a = format!("{check}{}", A.replacen("    with", "    check(path)\n    with", 1));
    assert_eq!(plan.files[0].new_text, new_a, "{words}");
}

/// So does a constant; what is only shown, though it is needed, does not.
#[test]
fn what_is_needed_comes_or_is_missed() {
    let load = "```python\ndef load(path):\n    with open(path, \"rb\", SIZE) as f:\n        return f.read()\n```";
    let constant = "```python\nSIZE = 10\n```";
    let plan = plan_for(&[("src/a.py", A)], &format!("Module level:\n\n{constant}\n\nThen `load`:\n\n{load}\n"));
    let new_a = format!("SIZE = 10\n\n\n{}", A.replacen("open(path)", "open(path, \"rb\", SIZE)", 1));
    assert_eq!((plan.files[0].new_text.as_str(), plan.complaints.len()), (new_a.as_str(), 0));
    let plan = plan_for(&[("src/a.py", A)], &format!("Change `load`:\n\n{load}\n\nFor example:\n\n{constant}\n"));
    assert_eq!((plan.files.len(), plan.complaints.len()), (0, 1));
}

/// Of two blocks in one language each has its place, also where no grammar tells of it.
#[rstest]
#[case("", ComplaintKind::NotFound)]
#[case("For `clean`, too:\n\n", ComplaintKind::NotFound)]
fn no_block_of_a_language_without_a_grammar_is_left_out(#[case] words: &str, #[case] kind: ComplaintKind) {
    let file = "all: build\n\nbuild:\n\tcargo build\n\nfix:\n\tcargo fix\n\tcargo fmt\n";
    let first = "`Makefile`\n\n```makefile\nbuild:\n\tcargo build --locked\n```\n\n";
    let second = "```makefile\nmend:\n\tcargo fix\n\tcargo fmt\n```\n";
    assert_eq!(complaint_kinds(("Makefile", file), &format!("{first}{words}{second}")), [kind]);
    // An example of use is none of the change, and neither are commands.
    let example =
        format!("{first}For example:\n\n```makefile\nother:\n\t$(MAKE) build\n```\n\n```sh\nmake build\n```\n");
    assert_eq!(new_text(("Makefile", file), &example), file.replace("cargo build\n", "cargo build --locked\n"));
}

/// Lines for two places of a script are no commands, and a remedy does not only show something.
#[test]
fn no_block_of_data_or_of_a_script_is_left_out() {
    let script = "set -e\nif [ \"$arg\" = \"--clean\" ]; then\n  clean=1\nfi\n\nmake build\n";
    let reply = "### a.sh\n\nLine 2:\n\n```bash\nif [ \"$arg\" = \"--clear\" ]; then\n```\n\nLine 9:\n\n```bash\nnothing_like_it\n```\n";
    assert_eq!(complaint_kinds(("a.sh", script), reply), [ComplaintKind::NotFound]);
    let file = "{\n  \"scripts\": {\n    \"lint\": \"eslint\",\n    \"test\": \"npm test\"\n  },\n  \"dev\": {\n    \"ajv\": \"^8\",\n    \"eslint\": \"^9\"\n  }\n}\n";
    let reply = "Here is the fix for the issue:\n\n```json\n\"scripts\": {\n  \"lint\": \"eslint\",\n  \"retries\": 3,\n  \"test\": \"npm test\"\n}\n```\n\n```json\n\"dev\": {\n  \"ajv\": \"^8\",\n  \"eslint\": \"^10\"\n}\n```\n";
    let new = file.replace("\"eslint\",\n", "\"eslint\",\n    \"retries\": 3,\n").replace("^9", "^10");
    assert_eq!(new_text(("package.json", file), reply), new);
}
