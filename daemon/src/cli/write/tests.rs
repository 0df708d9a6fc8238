//! Tests of writing: all files or none, and nothing left beside them.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::*;
use aiia_protocol::edit::Replacement;

fn change(path: &Path, base: &str, replacements: &[(u64, u64, &str)]) -> FileChange {
    FileChange {
        path: path.display().to_string(),
        action: FileAction::Edit,
        from: None,
        base_hash: sha256_bytes(base.as_bytes()),
        hunks: Vec::new(),
        replacements: replacements
            .iter()
            .map(|(start, end, text)| Replacement { start: *start, end: *end, text: (*text).to_owned() })
            .collect(),
    }
}

fn apply(changes: &[FileChange]) -> Result<(), Problem> {
    write(&prepare(changes)?)
}

#[test]
fn replacements_go_into_the_text_they_fit_and_the_mode_stays() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("a.sh");
    fs::write(&path, "one two\r\nthree").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    apply(&[change(&path, "one two\r\nthree", &[(0, 3, "1"), (4, 4, "and "), (14, 14, "!")])]).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "1 and two\r\nthree!");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn another_text_is_left_as_it_is() {
    let temp = tempfile::tempdir().unwrap();
    let (first, second) = (temp.path().join("a"), temp.path().join("b"));
    fs::write(&first, "one").unwrap();
    fs::write(&second, "typed meanwhile").unwrap();
    let problem = apply(&[change(&first, "one", &[(0, 3, "1")]), change(&second, "two", &[(0, 3, "2")])]).unwrap_err();
    assert_eq!(problem.code, ProblemCode::Conflict);
    assert_eq!(fs::read_to_string(&first).unwrap(), "one");
    assert_eq!(fs::read_to_string(&second).unwrap(), "typed meanwhile");
}

#[test]
fn when_one_cannot_be_written_none_is() {
    let temp = tempfile::tempdir().unwrap();
    let (first, second) = (temp.path().join("a"), temp.path().join("b"));
    fs::write(&first, "one").unwrap();
    fs::write(&second, "two").unwrap();
    fs::set_permissions(&second, fs::Permissions::from_mode(0o444)).unwrap();
    let changes = [change(&first, "one", &[(0, 3, "1")]), change(&second, "two", &[(0, 3, "2")])];
    assert!(apply(&changes).unwrap_err().detail.contains("read-only"));
    assert_eq!(fs::read_to_string(&first).unwrap(), "one");
}

#[test]
fn a_new_file_is_made_and_an_old_one_is_not_overwritten() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("new/deep.py");
    let create = FileChange { action: FileAction::Create, ..change(&path, "", &[(0, 0, "print()\n")]) };
    apply(std::slice::from_ref(&create)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "print()\n");
    assert_eq!(apply(&[create]).unwrap_err().code, ProblemCode::Conflict);
}

#[test]
fn a_link_stays_a_link() {
    let temp = tempfile::tempdir().unwrap();
    let (real, link) = (temp.path().join("real"), temp.path().join("link"));
    fs::write(&real, "one").unwrap();
    symlink(&real, &link).unwrap();
    apply(&[change(&link, "one", &[(0, 3, "1")])]).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "1");
}

#[test]
fn a_link_is_not_removed_and_not_what_it_leads_to() {
    let temp = tempfile::tempdir().unwrap();
    let (real, link) = (temp.path().join("real"), temp.path().join("link"));
    fs::write(&real, "one").unwrap();
    symlink(&real, &link).unwrap();
    let delete = FileChange { action: FileAction::Delete, ..change(&link, "one", &[]) };
    assert!(apply(&[delete]).unwrap_err().detail.contains("it is a link"));
    assert_eq!(fs::read_to_string(&link).unwrap(), "one");
}

#[test]
fn what_cannot_be_taken_back_is_kept_and_named() {
    let temp = tempfile::tempdir().unwrap();
    let at = |name: &str| temp.path().join(name);
    let file = |name: &str| {
        fs::write(at(name), "old").unwrap();
        NewContent { path: at(name), old: Some(b"old".to_vec()), new: Some(b"new".to_vec()), like: None }
    };
    let files = [file("first"), file("second"), file("third")];
    let mut made = Vec::new();
    let staged: Vec<Stage> = files.iter().map(|file| Stage::prepare(file, &mut made).unwrap()).collect();
    staged[0].commit().unwrap();
    staged[1].commit().unwrap();
    // A folder took the place of the second one meanwhile.
    fs::remove_file(at("second")).unwrap();
    fs::create_dir(at("second")).unwrap();
    let stuck: Vec<String> = staged[..2].iter().rev().filter_map(Stage::stuck).collect();
    assert!(stuck.len() == 1 && stuck[0].contains("second"), "{stuck:?}");
    staged.iter().for_each(Stage::clean);
    assert_eq!(fs::read_to_string(at("first")).unwrap(), "old");
    assert_eq!(fs::read_to_string(&staged[1].backup).unwrap(), "old");
}

#[test]
fn a_file_can_get_its_content_in_its_place() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("shared");
    fs::write(&path, "old").unwrap();
    let file = NewContent { path: path.clone(), old: Some(b"old".to_vec()), new: Some(b"new".to_vec()), like: None };
    let mut made = Vec::new();
    let stage = Stage { in_place: true, ..Stage::prepare(&file, &mut made).unwrap() };
    let before = fs::metadata(&path).unwrap().ino();
    stage.commit().unwrap();
    assert_eq!((fs::read_to_string(&path).unwrap(), fs::metadata(&path).unwrap().ino()), ("new".to_owned(), before));
    stage.take_back().unwrap();
    stage.clean();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn a_file_system_without_links_is_written_to_all_the_same() {
    let temp = tempfile::tempdir().unwrap();
    let at = |name: &str| temp.path().join(name);
    let content = |name: &str, old: Option<&str>, new: Option<&str>| NewContent {
        path: at(name),
        old: old.map(|text| text.as_bytes().to_vec()),
        new: new.map(|text| text.as_bytes().to_vec()),
        like: None,
    };
    fs::write(at("edited"), "old").unwrap();
    fs::set_permissions(at("edited"), fs::Permissions::from_mode(0o751)).unwrap();
    fs::write(at("gone"), "old").unwrap();
    let files = [
        content("new", None, Some("new")),
        content("edited", Some("old"), Some("new")),
        content("gone", Some("old"), None),
    ];
    let texts = || ["new", "edited", "gone"].map(|name| fs::read_to_string(at(name)).ok());
    let mode = || fs::metadata(at("edited")).unwrap().permissions().mode() & 0o777;
    let without_links = |file| {
        let prepared = Stage::prepare(file, &mut Vec::new()).unwrap();
        Stage { link: |_, _| Err(io::ErrorKind::Unsupported.into()), ..prepared }
    };
    let old = |text: &str| Some(text.to_owned());
    for (stopped, expected) in [(true, [None, old("old"), old("old")]), (false, [old("new"), old("new"), None])] {
        let staged: Vec<Stage> = files.iter().map(without_links).collect();
        assert_eq!(put_in_place(&staged, || stopped && !at("gone").exists()).is_err(), stopped);
        staged.iter().for_each(Stage::clean);
        assert_eq!((texts(), mode()), (expected, 0o751));
    }
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 2, "nothing else is left");
    // What came meanwhile is not overwritten.
    let late = [content("late", None, Some("new"))];
    let staged: Vec<Stage> = late.iter().map(without_links).collect();
    fs::write(at("late"), "mine").unwrap();
    put_in_place(&staged, || false).unwrap_err();
    staged.iter().for_each(Stage::clean);
    assert_eq!(fs::read_to_string(at("late")).unwrap(), "mine");
}

#[test]
fn what_an_ended_program_left_behind_is_not_touched() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("a");
    let other = temp.path().join("other");
    for (in_place, new) in [(false, Some("new")), (true, Some("new")), (false, None)] {
        fs::write(&path, "old").unwrap();
        fs::write(&other, "other").unwrap();
        let new = new.map(|text| text.as_bytes().to_vec());
        let file = NewContent { path: path.clone(), old: Some(b"old".to_vec()), new, like: None };
        let leave_file = |left: &Path| fs::write(left, "left").unwrap();
        // A link of the very file, as between its two names, and one to a file elsewhere.
        let leave_link = |left: &Path| fs::hard_link(&path, left).unwrap();
        let leave_symlink = |left: &Path| symlink(&other, left).unwrap();
        let leave = |what: &str, left: &Path| match what {
            "left" => leave_file(left),
            "old" => leave_link(left),
            _ => leave_symlink(left),
        };
        for text in ["left", "old", "other"] {
            let stage = Stage { in_place, ..Stage::prepare(&file, &mut Vec::new()).unwrap() };
            leave(text, &stage.backup);
            stage.commit().unwrap_err();
            stage.clean();
            assert_eq!(fs::read_to_string(&path).unwrap(), "old");
            assert_eq!(fs::read_to_string(&stage.backup).unwrap(), text);
            assert_eq!(fs::read_to_string(&other).unwrap(), "other");
            fs::remove_file(&stage.backup).unwrap();
        }
    }
}

#[test]
fn when_it_is_to_stop_all_of_it_is_taken_back() {
    let temp = tempfile::tempdir().unwrap();
    let paths = ["a", "b", "c"].map(|name| temp.path().join(name));
    for last in 0..paths.len() {
        for path in &paths {
            fs::write(path, "old").unwrap();
        }
        let files = paths.clone().map(|path| NewContent {
            path,
            old: Some(b"old".to_vec()),
            new: Some(b"new".to_vec()),
            like: None,
        });
        let staged: Vec<Stage> = files.iter().map(|file| Stage::prepare(file, &mut Vec::new()).unwrap()).collect();
        let is_there = || fs::read(&paths[last]).unwrap() == b"new";
        assert_eq!(put_in_place(&staged, is_there).unwrap_err().code, ProblemCode::Cancelled);
        staged.iter().for_each(Stage::clean);
        assert!(paths.iter().all(|path| fs::read(path).unwrap() == b"old"), "{last}");
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 3);
    }
}

#[test]
fn a_set_is_made_renamed_and_deleted_together() {
    let temp = tempfile::tempdir().unwrap();
    let at = |name: &str| temp.path().join(name);
    fs::write(at("gone"), "old").unwrap();
    fs::write(at("from.sh"), "run").unwrap();
    fs::set_permissions(at("from.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let content = |name: &str, old: Option<&str>, new: Option<&str>| NewContent {
        path: at(name),
        old: old.map(|text| text.as_bytes().to_vec()),
        new: new.map(|text| text.as_bytes().to_vec()),
        like: None,
    };
    let set = |last: NewContent| {
        [
            content("deep/new", None, Some("new")),
            NewContent { like: Some(at("from.sh")), ..content("to.sh", None, Some("run 2")) },
            content("from.sh", Some("run"), None),
            content("gone", Some("old"), None),
            last,
        ]
    };
    fs::write(at("typed"), "typed meanwhile").unwrap();
    write(&set(content("typed", Some("else"), Some("x")))).unwrap_err();
    let names = |folder: &Path| -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(temp.path()), ["from.sh", "gone", "typed"]);
    write(&set(content("typed", Some("typed meanwhile"), Some("x")))).unwrap();
    assert_eq!(names(temp.path()), ["deep", "to.sh", "typed"]);
    assert_eq!(fs::read_to_string(at("to.sh")).unwrap(), "run 2");
    assert_eq!(fs::metadata(at("to.sh")).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(fs::read_to_string(at("deep/new")).unwrap(), "new");
}

#[test]
fn what_is_in_place_is_taken_back_when_a_later_one_fails() {
    let temp = tempfile::tempdir().unwrap();
    let (first, second) = (temp.path().join("first"), temp.path().join("second"));
    fs::write(&first, "one").unwrap();
    fs::write(&second, "two").unwrap();
    let files = [
        NewContent { path: first.clone(), old: Some(b"one".to_vec()), new: None, like: None },
        NewContent { path: second.clone(), old: Some(b"two".to_vec()), new: Some(b"2".to_vec()), like: None },
    ];
    let mut made = Vec::new();
    let staged: Vec<Stage> = files.iter().map(|file| Stage::prepare(file, &mut made).unwrap()).collect();
    fs::write(&second, "typed meanwhile").unwrap();
    put_in_place(&staged, || false).unwrap_err();
    assert_eq!(fs::read_to_string(&first).unwrap(), "one");
    assert_eq!(fs::read_to_string(&second).unwrap(), "typed meanwhile");
}

#[test]
fn protected_files_need_a_word_of_their_own() {
    let temp = tempfile::tempdir().unwrap();
    let (plain, link) = (temp.path().join("main.rs"), temp.path().join("link.yml"));
    let real = temp.path().join(".github/workflows/ci.yml");
    fs::create_dir_all(real.parent().unwrap()).unwrap();
    fs::write(&real, "on: push\n").unwrap();
    fs::write(&plain, "").unwrap();
    symlink(&real, &link).unwrap();
    for (path, why) in [(&plain, Some("runs something")), (&link, None)] {
        let asked = || [(path.as_path(), why)];
        assert_eq!(refuse_protected(asked(), false).unwrap_err().code, ProblemCode::Forbidden);
        refuse_protected(asked(), true).unwrap();
    }
    refuse_protected([(plain.as_path(), None)], false).unwrap();
}
