//! Texts of files in which something looks like an edit.

use rstest::rstest;

use super::whole_actions::Table;
use super::*;

const SETUP: &str =
    "#!/bin/bash\nset -e\n\nwrite_config() {\n  cat > app.ini <<EOF\n[app]\nport=80\nEOF\n}\n\nwrite_config\n";
const README: &str =
    "# Setup\n\nCreate the config:\n\n```sh\ncat > config.yml <<EOF\nport: 8\nEOF\n```\n\nThen run `make`.\n";
const NOTES: &str = "# Contributing\n\nPatches look like this:\n\n```diff\n--- a/src/x.py\n+++ b/src/x.py\n@@ -1,2 +1,2 @@\n import os\n-print(1)\n+print(2)\n```\n\nOld words.\n";
const PROMPT: &str = "PROMPT = \"\"\"\n*** Begin Patch\n*** Update File: src/x.py\n@@\n-print(1)\n+print(2)\n*** End Patch\n\"\"\"\n\n\ndef ask():\n    return PROMPT\n";
const JOB: &str = "{\n  \"path\": \"data/out.txt\",\n  \"content\": \"hello\",\n  \"retries\": 3\n}\n";
const GERMAN: &str =
    "{\n  \"file\": \"Datei\",\n  \"search\": \"Suche\",\n  \"replace\": \"Ersetzen\",\n  \"cancel\": \"Abbruch\"\n}\n";
const TABLE: Table = Table(&[
    ("setup.sh", SETUP),
    ("README.md", README),
    ("CONTRIBUTING.md", NOTES),
    ("prompt.py", PROMPT),
    ("job.json", JOB),
    ("de.json", GERMAN),
    ("src/x.py", "import os\nprint(1)\n"),
]);

#[rstest]
#[case("setup.sh", "```bash\nwrite_config() {\n  cat > app.ini <<EOF\n[app]\nport=8080\nEOF\n}\n```", ("port=80", "port=8080"))]
#[case("setup.sh", "`setup.sh`:\n```bash\n#!/bin/bash\nset -e\n\nwrite_config() {\n  cat > app.ini <<EOF\n[app]\nport=8080\nEOF\n}\n\nwrite_config\n```", ("port=80", "port=8080"))]
#[case("README.md", "`README.md`\n\n````markdown\n# Setup\n\nCreate the config:\n\n```sh\ncat > config.yml <<EOF\nport: 80\nEOF\n```\n\nThen run `make`.\n````", ("port: 8", "port: 80"))]
#[case("CONTRIBUTING.md", "Here is the updated `CONTRIBUTING.md`:\n\n````markdown\n# Contributing\n\nPatches look like this:\n\n```diff\n--- a/src/x.py\n+++ b/src/x.py\n@@ -1,2 +1,2 @@\n import os\n-print(1)\n+print(2)\n```\n\nNew words.\n````", ("Old", "New"))]
#[case("prompt.py", "`prompt.py`:\n\n```python\nPROMPT = \"\"\"\n*** Begin Patch\n*** Update File: src/x.py\n@@\n-print(1)\n+print(2)\n*** End Patch\n\"\"\"\n\n\ndef ask():\n    return PROMPT.strip()\n```", ("return PROMPT", "return PROMPT.strip()"))]
#[case("job.json", "Set `retries` in `job.json`. The whole file:\n\n```json\n{\n  \"path\": \"data/out.txt\",\n  \"content\": \"hello\",\n  \"retries\": 5\n}\n```", ("3", "5"))]
#[case("job.json", "The job with five retries:\n\n```json\n{\n  \"path\": \"data/out.txt\",\n  \"content\": \"hello\",\n  \"retries\": 5\n}\n```", ("3", "5"))]
#[case("de.json", "Here you go:\n\n```json\n{\n  \"file\": \"Datei\",\n  \"search\": \"Suche\",\n  \"replace\": \"Ersetzen\",\n  \"cancel\": \"Abbrechen\"\n}\n```", ("Abbruch", "Abbrechen"))]
fn what_looks_like_an_edit_is_text(#[case] path: &str, #[case] reply: &str, #[case] change: (&str, &str)) {
    let text = TABLE.0.iter().find(|(name, _)| *name == path).unwrap().1;
    let files = [SourceFile::new(path, text, Language::from_path(path))];
    let plan = plan(reply, &ReplyContext { workspace: Some(&TABLE), ..ReplyContext::of(&files) });
    let found: Vec<(&str, &str)> = plan.files.iter().map(|file| (file.path.as_str(), file.new_text.as_str())).collect();
    let expected = text.replacen(change.0, change.1, 1);
    assert_eq!(found, [(path, expected.as_str())], "{:?}", plan.complaints);
}

#[rstest]
#[case("```bash\nmkdir -p src\ncat > src/y.py <<'EOF'\nx = 1\nEOF\n```", "src/y.py")]
#[case("```python\nsrc/x.py\n<<<<<<< SEARCH\nprint(1)\n=======\nprint(2)\n>>>>>>> REPLACE\n```", "src/x.py")]
#[case("```python\n# filepath: src/y.py\nx = 1\n```", "src/y.py")]
fn edits_in_fences_are_edits(#[case] reply: &str, #[case] path: &str) {
    let files = [SourceFile::new("src/x.py", "import os\nprint(1)\n", Language::from_path("x.py"))];
    let plan = plan(reply, &ReplyContext { workspace: Some(&TABLE), ..ReplyContext::of(&files) });
    assert_eq!(plan.files.first().map(|file| file.path.as_str()), Some(path), "{:?}", plan.complaints);
}
