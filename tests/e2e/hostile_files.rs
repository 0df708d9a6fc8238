//! A proposed change whose file is another one by the time of the decision: it says what is wrong, writes nothing, and the change waits.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::{Installation, shown, text};
use aiia_tests::lsp_client::LspClient;
use aiia_tests::model_server::Script;
use serde_json::json;

const CODE: &str = "def half(value):\n    return value / 3\n";
const REPLY: &str = "a.py\n<<<<<<< SEARCH\n    return value / 3\n=======\n    return value / 2\n>>>>>>> REPLACE\n";

/// The number of a change of `a.py` that waits.
fn proposed(aiia: &Installation) -> String {
    let file = aiia.write("a.py", CODE);
    aiia.model.always(Script::text(REPLY));
    let edit = aiia.json(&["edit", shown(&file), "--instruction", "mend", "--json"]);
    edit["id"].as_str().expect("an edit").to_owned()
}

#[test]
fn a_file_that_is_another_one_by_now_is_left_alone() {
    type Change = fn(&Path);
    let cases: &[(&str, Change, &str)] = &[
        ("vanished", |file| std::fs::remove_file(file).unwrap(), "a.py"),
        ("renamed", |file| std::fs::rename(file, file.with_file_name("b.py")).unwrap(), "a.py"),
        ("read-only", |file| std::fs::set_permissions(file, PermissionsExt::from_mode(0o444)).unwrap(), "read-only"),
        ("binary", |file| std::fs::write(file, b"\0\x01").unwrap(), "a.py"),
        ("binary beside its lines", |file| std::fs::write(file, format!("{CODE}\0\n")).unwrap(), "binary"),
        (
            "a link that leads out",
            |file| {
                let out = file.with_file_name("../out.py");
                std::fs::rename(file, &out).unwrap();
                std::os::unix::fs::symlink(&out, file).unwrap();
            },
            "link",
        ),
        ("not UTF-8", |file| std::fs::write(file, b"caf\xe9\n").unwrap(), "UTF-8"),
        ("changed there", |file| std::fs::write(file, CODE.replace("/ 3", "/ 4")).unwrap(), "does not fit"),
        (
            "a folder",
            |file| {
                std::fs::remove_file(file).unwrap();
                std::fs::create_dir(file).unwrap();
            },
            "a.py",
        ),
    ];
    let aiia = Installation::new();
    let file = aiia.workspace().join("a.py");
    for (name, change, reason) in cases {
        let id = proposed(&aiia);
        change(&file);
        let before = std::fs::read(&file).ok();
        let output = aiia.run(&["accept", &id]);
        let said = text(&output.stderr);
        assert!(!output.status.success(), "{name}: {said}");
        assert!(said.contains(reason), "{name}: {said}");
        assert_eq!(std::fs::read(&file).ok(), before, "{name}");
        assert_eq!(aiia.json(&["review", &id, "--json"])["status"], "pending", "{name}");
        let _ = std::fs::remove_dir(&file).or_else(|_| std::fs::remove_file(&file));
        for beside in ["b.py", "../out.py"] {
            let _ = std::fs::remove_file(aiia.workspace().join(beside));
        }
    }
}

#[test]
fn a_file_changed_elsewhere_takes_the_change_where_its_lines_are_now() {
    let aiia = Installation::new();
    let id = proposed(&aiia);
    let file = aiia.write("a.py", &format!("# new\n{CODE}"));
    let output = aiia.run(&["accept", &id]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("# new\n{}", CODE.replace("/ 3", "/ 2")));
}

#[test]
fn a_file_changed_on_disk_and_in_the_buffer_waits_until_it_is_saved_or_read_again() {
    let aiia = Installation::new();
    let id = proposed(&aiia);
    let file = aiia.workspace().join("a.py");
    let able = json!({
        "general": { "positionEncodings": ["utf-8"] },
        "workspace": { "applyEdit": true, "workspaceEdit": { "documentChanges": true } },
    });
    let mut editor = LspClient::start(&aiia, able);
    editor.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    let uri = editor.open(&file, CODE);
    let typed = format!("# typed\n{CODE}");
    editor.change(&uri, 2, json!([{ "text": typed }]));
    let on_disk = format!("# one\n# two\n{CODE}");
    std::fs::write(&file, &on_disk).unwrap();
    let later = SystemTime::now() + Duration::from_secs(1);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
    editor.execute("aiia.acceptAll", json!({ "edit_id": id }));
    let said = editor.expect("window/showMessage");
    assert!(said["message"].as_str().unwrap().contains("changed on the disk and in the editor"), "{said}");
    assert_eq!(aiia.json(&["review", &id, "--json"])["status"], "pending");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), on_disk);
    // The user decides for the buffer.
    std::fs::write(&file, &typed).unwrap();
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    editor.execute("aiia.acceptAll", json!({ "edit_id": id }));
    let applied = editor.expect("workspace/applyEdit");
    let edits = &applied["edit"]["documentChanges"][0]["edits"];
    assert_eq!(edits[0]["range"]["start"]["line"], 2, "{applied}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), typed);
}

#[test]
fn a_reply_of_which_nothing_can_be_made_is_kept() {
    let aiia = Installation::new();
    let file = aiia.write("a.py", CODE);
    let cut = &REPLY[..REPLY.len() - 20];
    let outside = REPLY.replace("a.py", "../a.py");
    for reply in ["I would not change it.", cut, &outside, &"word ".repeat(50_000)] {
        aiia.model.always(Script::text(reply));
        let output = aiia.run(&["edit", shown(&file), "--instruction", "mend", "--write"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), CODE);
        let http = HttpClient::new(&aiia);
        let chats = http.get("/chats?limit=1");
        let messages = http.get(&format!("/chats/{}/messages", chats["items"][0]["id"].as_str().unwrap()));
        let kept = messages["items"][1]["content"].as_str().unwrap().to_owned();
        let begin: String = reply.chars().take(20).collect();
        assert!(kept.starts_with(&begin), "{kept:?}");
    }
}

#[test]
fn a_set_accepted_in_part_leaves_no_half() {
    const SET: &str = "*** Begin Patch\n*** Update File: old.py\n*** Move to: moved.py\n@@\n-VALUE = 1\n+VALUE = 2\n*** Delete File: gone.py\n*** Update File: a.py\n@@\n-    return value / 3\n+    return value / 2\n*** End Patch\n";
    let aiia = Installation::new();
    let file = aiia.write("a.py", CODE);
    aiia.write("old.py", "VALUE = 1\n");
    aiia.write("gone.py", "GONE = 1\n");
    aiia.model.always(Script::text(SET));
    let edit = aiia.json(&["edit", shown(&file), "--instruction", "tidy up", "--json"]);
    let id = edit["id"].as_str().expect("an edit").to_owned();
    let number = |name: &str, lines: bool| -> String {
        let files = edit["files"].as_array().unwrap();
        let file = files.iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap();
        let hunk = file["hunks"].as_array().unwrap().iter().find(|hunk| (hunk["new_lines"] != 0) == lines).unwrap();
        hunk["number"].to_string()
    };
    let read = |name: &str| std::fs::read_to_string(aiia.workspace().join(name)).ok();
    let all = || ["a.py", "old.py", "moved.py", "gone.py"].map(|name| read(name).unwrap_or_default());
    let mended = CODE.replace("/ 3", "/ 2");
    let accept = |number: &str| {
        let output = aiia.run(&["accept", &id, "--hunks", number]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    // The line first, in the file under its old name; then the name; the deletion not at all.
    accept(&number("moved.py", true));
    assert_eq!(all(), [CODE, "VALUE = 2\n", "", "GONE = 1\n"]);
    accept(&number("moved.py", false));
    assert_eq!(all(), [CODE, "", "VALUE = 2\n", "GONE = 1\n"]);
    let output = aiia.run(&["reject", &id, "--hunks", &number("gone.py", false)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    accept(&number("a.py", true));
    assert_eq!(all(), [mended.as_str(), "", "VALUE = 2\n", "GONE = 1\n"]);
    let output = aiia.run(&["undo", &id]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(all(), [CODE, "VALUE = 1\n", "", "GONE = 1\n"]);
}
