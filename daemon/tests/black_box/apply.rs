//! `aiia apply`, which needs no daemon, but asks one that runs for unsaved buffers.

use std::fs;
use std::io::Write;

use crate::editor::Editor;
use crate::support::{Home, read, within_limit};

const FILE: &str = "def area(w, h):\n    return w + h\n\n\ndef other():\n    pass\n";
const REPLY: &str = "Here it is.\n\nsrc/shapes.py\n```python\n<<<<<<< SEARCH\n    return w + h\n=======\n    return w * h\n>>>>>>> REPLACE\n```\n";

fn home() -> Home {
    let home = Home::new();
    home.file("src/shapes.py", FILE);
    home
}

fn text(home: &Home) -> String {
    fs::read_to_string(home.path().join("src/shapes.py")).unwrap()
}

#[test]
fn the_diff_is_printed_and_nothing_written() {
    let home = home();
    let done = home.run_with(&["apply"], REPLY).code(0);
    assert!(done.out.contains("\n-    return w + h\n+    return w * h\n"), "{done:?}");
    assert_eq!(text(&home), FILE);
    assert!(!home.data().exists(), "no daemon is needed");
}

#[test]
fn the_diff_can_be_applied_by_other_programs() {
    let home = home();
    let diff = home.run_with(&["apply"], REPLY).code(0).out;
    home.file("change.diff", &diff);
    let patched = std::process::Command::new("git").args(["apply", "change.diff"]).current_dir(home.path()).status();
    assert!(patched.unwrap().success(), "{diff}");
    assert_eq!(text(&home), FILE.replace('+', "*"));
}

#[test]
fn write_writes() {
    for arguments in [&["apply", "--write"][..], &["apply", "--write", "--file", "src/shapes.py"]] {
        let home = home();
        let done = home.run_with(arguments, REPLY).code(0);
        assert!(done.err.contains("Written: "), "{done:?}");
        assert_eq!(text(&home), FILE.replace('+', "*"));
        home.run_with(arguments, REPLY).code(1);
        assert_eq!(text(&home), FILE.replace('+', "*"), "the second time it does not fit");
    }
}

#[test]
fn a_file_is_not_written_beside_an_unsaved_buffer() {
    let home = home();
    let path = home.path().canonicalize().unwrap().join("src/shapes.py");
    let mut editor = Editor::start(&home);
    editor.initialize();
    editor.open(&path, &format!("# mine\n{FILE}"));
    let done = home.run_with(&["apply", "--write"], REPLY).code(1);
    assert!(done.err.contains("with another text") && done.err.contains("--allow-unsaved"), "{done:?}");
    let report = home.run_with(&["apply", "--write", "--json"], REPLY).code(1).json();
    assert_eq!((report["status"].as_str(), report["problem"]["code"].as_str()), (Some("failed"), Some("conflict")));
    assert_eq!(text(&home), FILE);
    home.run_with(&["apply"], REPLY).code(0);
    home.run_with(&["apply", "--write", "--allow-unsaved"], REPLY).code(0);
    assert_eq!(text(&home), FILE.replace('+', "*"));
    // One that is saved is in nobody's way.
    home.file("src/shapes.py", &format!("# mine\n{FILE}"));
    home.run_with(&["apply", "--write"], REPLY).code(0);
}

#[test]
fn json_has_files_hunks_and_the_diff() {
    let home = home();
    let report = home.run_with(&["apply", "--json", "--root", "."], REPLY).code(0).json();
    assert_eq!(report["status"], "applicable");
    assert_eq!(report["files"][0]["path"], "src/shapes.py");
    let hunk = &report["files"][0]["hunks"][0];
    assert_eq!((hunk["old_start"].as_u64(), hunk["new_lines"].as_u64()), (Some(2), Some(1)));
    assert!(report["diff"].as_str().unwrap().contains("w * h"));
    let report = home.run_with(&["apply", "--json", "--write"], REPLY).code(0).json();
    assert_eq!(report["status"], "applied");
}

/// What `arguments` do when nobody reads what they print, as behind `| head -1` that has ended.
fn unread(home: &Home, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = home.command(arguments).stdout(writer).spawn().unwrap();
    let (mut stdin, mut stderr) = (child.stdin.take().unwrap(), child.stderr.take().unwrap());
    let input = input.to_owned();
    within_limit(move || {
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let errors = read(&mut stderr);
        (child.wait().unwrap().code(), errors)
    })
}

#[test]
fn write_writes_all_though_nobody_reads_the_diff() {
    for more in [&[][..], &["--json"]] {
        let home = home();
        home.file("src/more.py", FILE);
        let reply = format!("{REPLY}\n{}", REPLY.replace("shapes.py", "more.py"));
        let (code, errors) = unread(&home, &[&["apply", "--write"], more].concat(), &reply);
        assert_eq!((code, errors.matches("Written: ").count()), (Some(0), 2), "{errors}");
        for name in ["src/shapes.py", "src/more.py"] {
            assert_eq!(fs::read_to_string(home.path().join(name)).unwrap(), FILE.replace('+', "*"), "{name}");
        }
        assert_eq!(fs::read_dir(home.path().join("src")).unwrap().count(), 2, "nothing else is left");
    }
}

#[test]
fn what_is_not_written_is_said_though_nobody_reads_the_diff() {
    for more in [&[][..], &["--json"]] {
        let home = home();
        home.file(".vscode/shapes.py", FILE);
        let reply = REPLY.replace("src/shapes.py", ".vscode/shapes.py");
        let (code, errors) = unread(&home, &[&["apply", "--write"], more].concat(), &reply);
        assert!(code == Some(1) && errors.contains("--allow-protected"), "{code:?} {errors}");
    }
}

#[test]
fn what_does_not_fit_is_explained_and_nothing_is_written() {
    let home = home();
    let good_and_bad = format!("{REPLY}\n{}", REPLY.replace("return w + h", "return imagined"));
    for reply in [good_and_bad.as_str(), "", "No code at all.", &REPLY.replace("src/shapes.py", "no/such.py")] {
        let done = home.run_with(&["apply", "--write"], reply);
        assert!(done.err.starts_with("error: "), "{reply}: {done:?}");
        assert_eq!(done.code(1).out, "");
        let report = home.run_with(&["apply", "--write", "--json"], reply).code(1).json();
        assert_eq!(report["status"], "failed");
        assert_eq!(text(&home), FILE);
    }
}

#[test]
fn files_outside_the_root_and_protected_ones_are_left_alone() {
    let home = home();
    home.file("outside.py", FILE);
    home.file(".vscode/shapes.py", FILE);
    let root = ["apply", "--root", "src", "--file", "../outside.py"];
    home.run_with(&root, REPLY).code(2);
    let protected = ["apply", "--write", "--file", ".vscode/shapes.py"];
    let reply = REPLY.replace("src/shapes.py", ".vscode/shapes.py");
    let done = home.run_with(&protected, &reply).code(1);
    assert!(done.err.contains("--allow-protected"), "{done:?}");
    home.run_with(&[&protected[..], &["--allow-protected"]].concat(), &reply).code(0);
}
