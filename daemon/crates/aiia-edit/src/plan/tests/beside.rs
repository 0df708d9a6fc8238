//! Replies of several blocks: what has no place is a part of the change, or left out and told.

use rstest::rstest;

use super::whole_actions::Table;
use super::*;

const PY: &str = "import json\nfrom pathlib import Path\n\n\nclass Stock:\n    def load(self):\n        return json.load(self.path)\n\n    def total(self):\n        total = 0\n        for item in self.items:\n            total += item.price\n        return total\n";
const EDIT: &str = "```python\n    def total(self):\n        return prices.total(self.items)\n```\n";
const BLOCK: &str =
    "stock.py\n<<<<<<< SEARCH\n        return total\n=======\n        return total + 1\n>>>>>>> REPLACE\n";
const TABLE: Table = Table(&[
    ("stock.py", PY),
    ("main.py", "import stock\n\nprint(stock.Stock().total())\n"),
    ("setup.cfg", "[metadata]\nname = x\n"),
]);

/// What becomes of the files, `! kind` for a complaint, `? line` for a block that is left out.
fn outcome(reply: &str) -> Vec<String> {
    let named = |path: &&&str| reply.contains(**path);
    let files: Vec<SourceFile> = TABLE
        .0
        .iter()
        .filter(|(path, _)| named(&path) || *path == "stock.py")
        .map(|(path, text)| SourceFile::new(*path, *text, Language::from_path(path)))
        .collect();
    let plan = plan(reply, &ReplyContext { workspace: Some(&TABLE), ..ReplyContext::of(&files) });
    let files = plan.files.iter().map(|file| format!("{} {}", file.action.as_str(), file.path));
    let complaints = plan.complaints.iter().map(|complaint| format!("! {}", complaint.kind.as_str()));
    let left_out = plan.left_out.iter().map(|left_out| format!("? {}", left_out.reply_line));
    files.chain(complaints).chain(left_out).collect()
}

#[rstest]
#[case::after("In `stock.py`:\n\nEDITand import it at the top:\n\n```python\nfrom util import prices\n```\n")]
#[case::before("Add the import at the top of `stock.py`:\n\n```python\nfrom util import prices\n```\n\nThen:\n\nEDIT")]
#[case::unnamed("```python\nfrom util import prices\n```\n\nEDIT")]
#[case::all_imports(
    "Update the imports:\n\n```python\nimport json\nfrom pathlib import Path\nfrom util import prices\n```\n\nEDIT"
)]
fn a_block_of_imports_goes_to_the_imports(#[case] reply: &str) {
    let reply = reply.replace("EDIT", EDIT);
    let plan = plan_for(&[("stock.py", PY), ("other.py", "x = 1\n")], &reply);
    assert_eq!(plan.complaints, [], "{reply}");
    let expected = PY.replace("Path\n", "Path\nfrom util import prices\n").replace(
        "        total = 0\n        for item in self.items:\n            total += item.price\n        return total\n",
        "        return prices.total(self.items)\n",
    );
    assert_eq!((plan.files.len(), plan.files[0].new_text.as_str()), (1, expected.as_str()));
}

#[test]
fn imports_stand_beside_search_and_replace_blocks_too() {
    let plan = plan_for(&[("stock.py", PY)], &format!("{BLOCK}\nAdd the import:\n\n```python\nimport os\n```\n"));
    assert_eq!(plan.complaints, []);
    assert!(plan.files[0].new_text.starts_with("import json\nfrom pathlib import Path\nimport os\n"));
}

#[rstest]
#[case::rust(
    ("a.rs", "use std::io;\n\nfn f() {\n    one();\n}\n"),
    "```rust\nuse std::fmt;\n```\n\n```rust\nfn f() {\n    two();\n}\n```\n",
    Some("use std::io;\nuse std::fmt;\n\nfn f() {\n    two();\n}\n")
)]
#[case::typescript(
    ("a.ts", "import { a } from \"a\";\n\nfunction f() {\n  one();\n}\n"),
    "```ts\nimport { z } from \"zod\";\n```\n\n```ts\nfunction f() {\n  two();\n}\n```\n",
    Some("import { a } from \"a\";\nimport { z } from \"zod\";\n\nfunction f() {\n  two();\n}\n")
)]
#[case::same_module(
    ("a.ts", "import { a } from \"a\";\n\nfunction f() {\n  one();\n}\n"),
    "Add this:\n```ts\nimport { a, b } from \"a\";\n```\n\n```ts\nfunction f() {\n  two();\n}\n```\n",
    None
)]
#[case::replaced(
    ("a.py", "from a import b\n\n\ndef f():\n    one()\n"),
    "Replace the import:\n```python\nfrom c import b\n```\n\n```python\ndef f():\n    two()\n```\n",
    None
)]
fn imports_of_other_languages(#[case] file: (&str, &str), #[case] reply: &str, #[case] expected: Option<&str>) {
    let plan = plan_for(&[file], reply);
    assert_eq!(plan.files.first().map(|file| file.new_text.as_str()), expected, "{:?}", plan.complaints);
    assert_eq!(plan.complaints.is_empty(), expected.is_some());
}

#[rstest]
#[case::created(
    "First create `util/prices.py`:\n\n```python\ndef total(items):\n    return 1\n```\n\nThen in `stock.py`:\n\nEDIT",
    &["create util/prices.py", "edit stock.py"]
)]
#[case::headed(
    "### 1. Create `util/prices.py`\n\n```python\nx = 1\n```\n\n### 2. Update `stock.py`\n\nEDIT",
    &["create util/prices.py", "edit stock.py"]
)]
#[case::remarked(
    "### `util/prices.py` (new file)\n\n```python\nx = 1\n```\n\n### `stock.py`\n\nEDIT",
    &["create util/prices.py", "edit stock.py"]
)]
#[case::pictured(
    "## 📄 util/prices.py\n\n```python\nx = 1\n```\n\n## 📄 stock.py\n\nEDIT",
    &["create util/prices.py", "edit stock.py"]
)]
#[case::alone("**New file: `util/prices.py`**\n```python\nx = 1\n```\n", &["create util/prices.py"])]
#[case::text("EDIT\nand create `requirements.txt`:\n\n```text\nprices==1.0\n```\n", &["create requirements.txt", "edit stock.py"])]
#[case::beside_blocks("BLOCK\nand create `util/prices.py`:\n\n```python\nx = 1\n```\n", &["create util/prices.py", "edit stock.py"])]
#[case::helper("EDIT\nand add a helper:\n\n```python\ndef helper(x):\n    return x\n```\n", &["! not_found"])]
#[case::constant("Add this constant below the imports:\n\n```python\nTAX = 0.2\n```\n\nEDIT", &["! not_found"])]
#[case::other_file("EDIT\nand in `main.py`:\n\n```python\nprint(f\"{total:.2f}\")\n```\n", &["! not_found"])]
#[case::other_file_in_no_language("EDIT\nand in `setup.cfg` add:\n\n```ini\n[options]\n```\n", &["! not_found"])]
#[case::beside_block("BLOCK\nand add a helper:\n\n```python\ndef helper(x):\n    return x\n```\n", &["! not_found"])]
#[case::fragment("EDIT\nand in `save`, use indentation:\n\n```python\n    json.dump(x, f, indent=2)\n```\n", &["! not_found"])]
#[case::usage("EDIT\nUse it like this:\n\n```python\nprint(Stock().sum())\n```\n", &["edit stock.py", "? 8"])]
#[case::usage_beside("BLOCK\nExample usage:\n\n```python\nprint(Stock().sum())\n```\n", &["edit stock.py", "? 10"])]
#[case::old_code("In `stock.py` you add up by hand:\n\n```python\ntotal = 0\nfor item in self.items:\n```\n\nEDIT", &["edit stock.py"])]
#[case::new_code_again("EDIT\nThis adds the line:\n\n```python\nreturn prices.total(self.items)\n```\n", &["edit stock.py"])]
#[case::needed("Module level:\n\n```python\nPRICES = 10\n```\n\n```python\n    def total(self):\n        return PRICES\n```\n", &["edit stock.py"])]
#[case::command("EDIT\nAdd the package:\n\n```sh\npip install prices\n```\n", &["edit stock.py"])]
#[case::command_that_names_a_file("EDIT\nThen start `main.py`:\n\n```bash\npython main.py\n```\n", &["edit stock.py"])]
#[case::output_of_a_file("EDIT\n`main.py` prints:\n\n```\n42\n```\n", &["edit stock.py", "? 8"])]
fn blocks_beside_a_change(#[case] reply: &str, #[case] expected: &[&str]) {
    assert_eq!(outcome(&reply.replace("EDIT", EDIT).replace("BLOCK", BLOCK)), expected, "{reply}");
}

/// The line is that of the whole answer, in which the rounds stand below each other.
#[test]
fn what_an_earlier_round_left_out_is_told() {
    let files = [SourceFile::new("stock.py", PY, Language::from_path("stock.py"))];
    let first =
        format!("Usage:\n```python\nStock().sum()\n```\n\n{EDIT}\nAdd a helper:\n```python\ndef h():\n    pass\n```");
    let second = format!("{BLOCK}Or so:\n```python\nStock().all()\n```\n").replace("return total", "import json");
    let plan = plan_rounds(&[&first, &second.replace("        import json", "import json")], &ReplyContext::of(&files));
    let whole = format!("{first}\n\n{second}");
    let lines: Vec<&str> = plan.left_out.iter().map(|left| whole.lines().nth(left.reply_line).unwrap()).collect();
    assert_eq!(lines, ["Stock().sum()", "Stock().all()"], "{:?}", plan.complaints);
}
