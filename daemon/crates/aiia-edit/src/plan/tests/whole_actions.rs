//! Replies that make, rename and delete files, in a workspace.

use expect_test::expect;
use rstest::rstest;

use super::*;
use crate::workspace::{Entry, Workspace};

/// A workspace that is no more than a table.
#[derive(Debug)]
pub(super) struct Table(pub(super) &'static [(&'static str, &'static str)]);

impl Workspace for Table {
    fn entry(&self, path: &str) -> Entry {
        if let Some((path, text)) = self.0.iter().find(|(own, _)| *own == path) {
            let language = Language::from_path(path);
            return Entry::File(SourceFile::new(*path, *text, language));
        }
        if let Some((own, _)) = self.0.iter().find(|(own, _)| own.to_lowercase() == path.to_lowercase()) {
            return Entry::OtherCase((*own).to_owned());
        }
        if path.starts_with("link/") {
            return Entry::Refused("leads out of the workspace by a link".to_owned());
        }
        Entry::Absent
    }

    fn inside(&self, absolute: &str) -> Option<String> {
        absolute.strip_prefix("/w/").map(str::to_owned)
    }
}

const TABLE: Table =
    Table(&[("src/a.py", "x = 1\ny = 2\n"), ("src/b.py", "def b():\n    return 1\n"), ("old.txt", "one\ntwo\n")]);

pub(super) fn plan_in(workspace: &Table, reply: &str) -> EditPlan {
    let result = plan(reply, &ReplyContext { workspace: Some(workspace), ..ReplyContext::of(&[]) });
    assert_eq!(result.files.is_empty(), !result.complaints.is_empty());
    result
}

#[test]
fn a_set_in_git_diffs() {
    let reply = "\
diff --git a/src/a.py b/src/a.py
--- a/src/a.py
+++ b/src/a.py
@@ -1,2 +1,3 @@
+from .c import z
 x = 1
 y = 2
diff --git a/src/c.py b/src/c.py
new file mode 100644
index 0000000..1111111
--- /dev/null
+++ b/src/c.py
@@ -0,0 +1,1 @@
+z = 3
diff --git a/old.txt b/old.txt
deleted file mode 100644
--- a/old.txt
+++ /dev/null
@@ -1,2 +0,0 @@
-one
-two
diff --git a/src/b.py b/lib/b.py
similarity index 90%
rename from src/b.py
rename to lib/b.py
--- a/src/b.py
+++ b/lib/b.py
@@ -1,2 +1,2 @@
 def b():
-    return 1
+    return 2
";
    let plan = plan_in(&TABLE, reply);
    let order: Vec<(&str, &str)> = plan.files.iter().map(|file| (file.action.as_str(), file.path.as_str())).collect();
    assert_eq!(order, [("create", "src/c.py"), ("edit", "src/a.py"), ("rename", "lib/b.py"), ("delete", "old.txt")]);
    expect![[r#"
        diff --git a/src/c.py b/src/c.py
        new file mode 100644
        --- /dev/null
        +++ b/src/c.py
        @@ -0,0 +1 @@
        +z = 3
        --- a/src/a.py
        +++ b/src/a.py
        @@ -0,0 +1 @@
        +from .c import z
        diff --git a/src/b.py b/lib/b.py
        rename from src/b.py
        rename to lib/b.py
        --- a/src/b.py
        +++ b/lib/b.py
        @@ -2 +2 @@
        -    return 1
        +    return 2
        diff --git a/old.txt b/old.txt
        deleted file mode 100644
        --- a/old.txt
        +++ /dev/null
        @@ -1,2 +0,0 @@
        -one
        -two
    "#]]
    .assert_eq(&described(&plan));
    // What we write, we read.
    let again = plan_in(&TABLE, &plan.files.iter().map(|file| file.diff(3)).collect::<String>());
    assert_eq!(again.files, plan.files);
}

#[rstest]
#[case::empty_search("src/new.py\n<<<<<<< SEARCH\n=======\nn = 1\n>>>>>>> REPLACE\n")]
#[case::named_fence("Make `src/new.py`:\n\nsrc/new.py\n```python\nn = 1\n```\n")]
#[case::name_inside("```python\n# src/new.py\nn = 1\n```\n")]
#[case::absolute("*** Begin Patch\n*** Add File: /w/src/new.py\n+n = 1\n*** End Patch\n")]
#[case::sentence("Create `src/new.py` with the following content:\n\n```python\nn = 1\n```\n")]
#[case::plain_diff("--- /dev/null\n+++ b/src/new.py\n@@ -0,0 +1 @@\n+n = 1\n")]
fn ways_to_make_a_file(#[case] reply: &str) {
    let plan = plan_in(&TABLE, reply);
    assert_eq!(plan.complaints, []);
    let made = (&plan.files[0].action, plan.files[0].path.as_str(), plan.files[0].new_text.as_str());
    assert_eq!(made, (&FileAction::Create, "src/new.py", "n = 1\n"));
}

#[rstest]
#[case::is_there("--- /dev/null\n+++ b/src/a.py\n@@ -0,0 +1 @@\n+n = 1\n", ComplaintKind::Exists)]
#[case::other_case("--- /dev/null\n+++ b/src/A.py\n@@ -0,0 +1 @@\n+n = 1\n", ComplaintKind::UnsafePath)]
#[case::edit_in_other_case(
    "SRC/a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n",
    ComplaintKind::UnsafePath
)]
#[case::climbs_out("../a.py\n<<<<<<< SEARCH\n=======\nx = 2\n>>>>>>> REPLACE\n", ComplaintKind::UnsafePath)]
#[case::climbs_to_a_namesake(
    "x/../src/a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n",
    ComplaintKind::UnsafePath
)]
#[case::absolute("/etc/new.py\n<<<<<<< SEARCH\n=======\nx = 2\n>>>>>>> REPLACE\n", ComplaintKind::UnsafePath)]
#[case::climbs_out_below_the_root(
    "/w/../a.py\n<<<<<<< SEARCH\n=======\nx = 2\n>>>>>>> REPLACE\n",
    ComplaintKind::UnsafePath
)]
#[case::link("link/a.py\n<<<<<<< SEARCH\n=======\nx = 2\n>>>>>>> REPLACE\n", ComplaintKind::UnsafePath)]
#[case::deletes_another_text("--- a/old.txt\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-2\n", ComplaintKind::Changed)]
#[case::deletes_nothing("--- a/none.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n", ComplaintKind::UnknownFile)]
#[case::renames_over_another(
    "diff --git a/old.txt b/src/a.py\nrename from old.txt\nrename to src/a.py\n",
    ComplaintKind::Exists
)]
#[case::deletes_what_it_changes(
    "--- a/old.txt\n+++ b/old.txt\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n--- a/old.txt\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n",
    ComplaintKind::Overlap
)]
#[case::two_in_other_cases(
    "--- /dev/null\n+++ b/N.txt\n@@ -0,0 +1 @@\n+1\n--- /dev/null\n+++ b/n.txt\n@@ -0,0 +1 @@\n+2\n",
    ComplaintKind::Overlap
)]
#[case::binary("diff --git a/a.png b/a.png\nBinary files a/a.png and b/a.png differ\n", ComplaintKind::Malformed)]
#[case::unclosed("src/new.py\n```python\nn = 1\n", ComplaintKind::CutOff)]
#[case::broken_code("src/new.py\n```python\ndef f(:\n    pass\n```\n", ComplaintKind::SyntaxErrors)]
fn what_must_not_be_done(#[case] reply: &str, #[case] expected: ComplaintKind) {
    let plan = plan_in(&TABLE, reply);
    assert_eq!(plan.files, [], "{reply}");
    assert_eq!(plan.complaints[0].kind, expected, "{:?}", plan.complaints);
}

const NAMESAKES: Table = Table(&[
    ("cmd/a/main.go", "package main\n\nfunc main() {\n\trun()\n}\n"),
    ("src/__init__.py", "x = 1\n"),
    ("lib/__init__.py", ""),
    ("mod.rs", "pub mod a;\n"),
]);

/// The same as given files, with and without a cursor in the first one.
fn plan_among_namesakes(is_asked: bool, reply: &str) -> EditPlan {
    let files: Vec<SourceFile> =
        NAMESAKES.0.iter().map(|(path, text)| SourceFile::new(*path, *text, Language::from_path(path))).collect();
    let main = Focus { path: files[0].path.clone(), range: 20..20, symbol: Some("main".to_owned()), selected: None };
    let focus = is_asked.then_some(main);
    plan(reply, &ReplyContext { workspace: Some(&NAMESAKES), focus, ..ReplyContext::of(&files) })
}

/// A file that is not there is made, although another one of that name is elsewhere; what quotes lines means those.
#[rstest]
#[case::its_symbol("cmd/b/main.go\n```go\npackage main\n\nfunc main() {\n\tstop()\n}\n```\n", "create cmd/b/main.go")]
#[case::a_new_symbol("cmd/b/main.go\n```go\npackage main\n\nfunc stop() {\n}\n```\n", "create cmd/b/main.go")]
#[case::empty_search(
    "tests/__init__.py\n<<<<<<< SEARCH\n=======\ny = 1\n>>>>>>> REPLACE\n",
    "create tests/__init__.py"
)]
#[case::below_the_root("src/mod.rs\n<<<<<<< SEARCH\n=======\npub mod b;\n>>>>>>> REPLACE\n", "create src/mod.rs")]
#[case::written(r#"{"path": "tests/__init__.py", "content": "y = 1\n"}"#, "create tests/__init__.py")]
#[case::written_at_the_root(r#"{"path": "__init__.py", "content": "y = 1\n"}"#, "create __init__.py")]
#[case::quoted("cmd/b/main.go\n<<<<<<< SEARCH\n\trun()\n=======\n\tstop()\n>>>>>>> REPLACE\n", "edit cmd/a/main.go")]
#[case::quoted_below_the_root(
    "x/mod.rs\n<<<<<<< SEARCH\npub mod a;\n=======\nmod a;\n>>>>>>> REPLACE\n",
    "edit mod.rs"
)]
#[case::shortened("main.go\n```go\nfunc main() {\n\tstop()\n}\n```\n", "edit cmd/a/main.go")]
#[case::invented("path/to/main.go\n```go\nfunc main() {\n\tstop()\n}\n```\n", "edit cmd/a/main.go")]
#[case::quoted_in_several("x/__init__.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n", "! unknown_file")]
#[case::not_quoted_right(
    "cmd/b/main.go\n<<<<<<< SEARCH\n\twalk()\n=======\n\tstop()\n>>>>>>> REPLACE\n",
    "! not_found"
)]
fn a_namesake_in_another_folder(#[case] reply: &str, #[case] expected: &str, #[values(false, true)] is_asked: bool) {
    let plan = plan_among_namesakes(is_asked, reply);
    let complaints = plan.complaints.iter().map(|complaint| format!("! {}", complaint.kind.as_str()));
    let files = plan.files.iter().map(|file| format!("{} {}", file.action.as_str(), file.path));
    assert_eq!(complaints.chain(files).collect::<Vec<_>>(), [expected]);
}

/// One line is not enough to change the file that was asked about in place of one that is not there.
#[rstest]
#[case("cmd/b/stop.go", "\trun()\n", "! unknown_file")]
#[case("cmd/b/stop.go", "func main() {\n\trun()\n}\n", "edit cmd/a/main.go")]
#[case("path/to/file.go", "\trun()\n", "edit cmd/a/main.go")]
fn a_file_that_is_not_there(#[case] name: &str, #[case] quote: &str, #[case] expected: &str) {
    let reply = format!("{name}\n<<<<<<< SEARCH\n{quote}=======\n{}>>>>>>> REPLACE\n", quote.replace("run", "stop"));
    let plan = plan_among_namesakes(true, &reply);
    let complaints = plan.complaints.iter().map(|complaint| format!("! {}", complaint.kind.as_str()));
    let files = plan.files.iter().map(|file| format!("{} {}", file.action.as_str(), file.path));
    assert_eq!(complaints.chain(files).collect::<Vec<_>>(), [expected]);
}

#[test]
fn without_a_workspace_nothing_is_made() {
    let files = [SourceFile::new("a.py", "x = 1\n", None)];
    let reply = "--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+n = 1\n";
    assert_eq!(plan(reply, &ReplyContext::of(&files)).complaints[0].kind, ComplaintKind::UnknownFile);
}

#[test]
fn protected_files_are_marked() {
    let plan = plan_in(&TABLE, "```json .vscode/tasks.json\n{}\n```\n");
    assert_eq!(plan.files[0].protection, Some(crate::Protection::RunsCode));
    let moved = plan_in(&TABLE, "diff --git a/old.txt b/.git/hooks/x\nrename from old.txt\nrename to .git/hooks/x\n");
    assert!(moved.files[0].protection.is_some());
    assert_eq!(plan_in(&TABLE, "n.txt\n```\nhello\n```\n").files[0].protection, None);
}

#[test]
fn a_file_that_was_not_given_is_changed_as_the_workspace_has_it() {
    let plan = plan_in(&TABLE, "src/a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 3\n>>>>>>> REPLACE\n");
    assert_eq!(plan.files[0].new_text, "x = 3\ny = 2\n");
}

/// Of several files of a name the one that was asked about is meant.
#[rstest]
#[case("main.go\n```go\nfunc main() {\n\tstop()\n}\n```\n", Some("edit cmd/b/main.go"))]
#[case("b/main.go\n```go\nfunc main() {\n\tstop()\n}\n```\n", Some("edit cmd/b/main.go"))]
#[case("cmd/a/main.go\n```go\nfunc main() {\n\tstop()\n}\n```\n", Some("edit cmd/a/main.go"))]
#[case("a/main.go\n```go\nfunc main() {\n\tstop()\n}\n```\n", Some("edit cmd/a/main.go"))]
fn the_file_that_was_asked_about(#[case] reply: &str, #[case] expected: Option<&str>) {
    let text = "package main\n\nfunc main() {\n\trun()\n}\n";
    let files: Vec<SourceFile> = ["cmd/a/main.go", "cmd/b/main.go", "cmd/c/main.go"]
        .iter()
        .map(|path| SourceFile::new(*path, text, Language::from_path(path)))
        .collect();
    let focus =
        Focus { path: "cmd/b/main.go".to_owned(), range: 20..20, symbol: Some("main".to_owned()), selected: None };
    let found = plan(reply, &ReplyContext { focus: Some(focus), ..ReplyContext::of(&files) });
    let files = found.files.iter().map(|file| format!("{} {}", file.action.as_str(), file.path)).next();
    assert_eq!(files.as_deref(), expected, "{:?}", found.complaints);
    let complaints = plan("main.go\n```go\nfunc main() {\n\tstop()\n}\n```\n", &ReplyContext::of(&[])).complaints;
    assert!(!complaints[0].message.contains("()"), "{complaints:?}");
}

#[rstest]
#[case::plain("--- /dev/null\n+++ b/n.py\n")]
#[case::of_git("diff --git a/n.py b/n.py\nnew file mode 100644\n--- /dev/null\n+++ b/n.py\n")]
fn two_versions_of_a_new_file_contradict(#[case] header: &str) {
    let version = |value: u8| format!("{header}@@ -0,0 +1,2 @@\n+def f():\n+    return {value}\n");
    let diff = |versions: &[u8]| format!("```diff\n{}```\n", versions.iter().copied().map(version).collect::<String>());
    let plan = plan_in(&TABLE, &diff(&[1, 2]));
    let kinds: Vec<ComplaintKind> = plan.complaints.iter().map(|complaint| complaint.kind).collect();
    assert_eq!(kinds, [ComplaintKind::Overlap]);
    for same in [&[1][..], &[1, 1]] {
        let plan = plan_in(&TABLE, &diff(same));
        assert_eq!(plan.complaints, []);
        assert_eq!(plan.files[0].new_text, "def f():\n    return 1\n");
    }
}
