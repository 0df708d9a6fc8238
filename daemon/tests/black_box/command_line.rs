//! Verbs, exit codes and what is printed.

use rstest::rstest;

use crate::support::Home;

#[rstest]
#[case(&[], "Usage")]
#[case(&["no-such-verb"], "unrecognized")]
#[case(&["explain"], "FILE")]
#[case(&["explain", "a.rs:0"], "There is no line 0")]
#[case(&["explain", "a.rs:9-3"], "ends before it begins")]
#[case(&["explain", "a.rs", "--write"], "changes nothing")]
#[case(&["edit", "a.rs"], "--instruction")]
#[case(&["ask", " "], "empty")]
#[case(&["context", "a.rs", "--intent", "mend"], "explain, fix")]
#[case(&["history", "--limit", "0"], "1..=200")]
#[case(&["call", "no.such"], "no operation “no.such”")]
#[case(&["call", "chat.list", "[]"], "no JSON object")]
#[case(&["serve", "--bind", "0.0.0.0"], "not a loopback address")]
#[case(&["serve", "--bind", ""], "not a loopback address")]
#[case(&["apply", "--root", "/no/such/place"], "not a directory")]
#[case(&["reject", "x", "--allow-protected"], "unexpected argument '--allow-protected'")]
#[case(&["review", "x", "--reject", "1", "--allow-protected"], "Nothing is written")]
#[case(&["review", "--json", "--allow-protected"], "Nothing is written")]
fn nonsense_is_code_2(#[case] arguments: &[&str], #[case] message: &str) {
    let home = Home::new();
    let done = home.run(arguments);
    assert!(done.err.contains(message), "{done:?}");
    assert_eq!(done.code(2).out, "");
    assert!(!home.runtime_file().exists(), "nothing was started for it");
}

#[test]
fn every_operation_can_be_called() {
    let home = Home::new();
    let list = home.run(&["call"]).code(0).out;
    for row in aiia_protocol::operation::OPERATIONS {
        assert!(list.lines().any(|line| line.split_whitespace().next() == Some(row.name)), "{}", row.name);
    }
    let project = home.run(&["call", "project.create", r#"{"name": "p"}"#]).code(0).json();
    assert_eq!(project["system_prompt"], serde_json::Value::Null);
    let chat = format!(r#"{{"project_id": {}, "title": "t"}}"#, project["id"]);
    let chat = home.run(&["call", "chat.create", &chat]).code(0).json();
    assert_eq!(home.run(&["call", "chat.list"]).code(0).json()["items"][0]["id"], chat["id"]);
    let refused = home.run(&["call", "chat.get"]);
    assert!(refused.err.contains("chat_id"), "{refused:?}");
    refused.code(1);
}

#[test]
fn a_project_begins_with_what_its_template_says() {
    let home = Home::new();
    let project = home.run(&["project", "create", "thesis", "--template", "writing", "--json"]).code(0).json();
    assert!(project["system_prompt"].as_str().unwrap().contains("author's voice"), "{project}");
    assert_eq!(project["context"]["include"][0], "*.md");
    home.run(&["project", "create", "x", "--template", "none"]).code(2);
}

#[test]
fn several_projects_are_changed_at_once_or_none_is() {
    let home = Home::new();
    let id = |name: &str| -> String {
        let made = home.run(&["project", "create", name, "--json"]).code(0).json();
        made["id"].as_str().unwrap().to_owned()
    };
    let (one, other, kept) = (id("one"), id("other"), id("kept"));
    let listed = || home.run(&["projects", "--json"]).code(0).json()["items"].as_array().unwrap().len();
    let changed = |arguments: &[&str]| {
        let done = home.run(&[&["project"], arguments, &[one.as_str(), &other, "--json"]].concat()).code(0).json();
        done["changed"].as_u64().unwrap()
    };
    home.run(&["project", "archive", &one, "none"]).code(1);
    assert_eq!(listed(), 3, "none of them was archived");
    assert_eq!((changed(&["archive"]), listed()), (2, 1));
    assert_eq!((changed(&["unarchive"]), listed()), (2, 3));
    let chat = format!(r#"{{"project_id": "{other}"}}"#);
    home.run(&["call", "chat.create", &chat]).code(0);
    let asked = home.run(&["project", "delete", &one, &other]).code(2);
    assert!(asked.err.contains("1 chat.") && asked.err.contains("--with-chats"), "{asked:?}");
    assert_eq!((changed(&["delete", "--with-chats"]), listed()), (2, 1));
    assert_eq!((changed(&["restore"]), listed()), (2, 3));
    assert_eq!((changed(&["delete", "--move-chats-to", &kept]), listed()), (2, 1));
    let moved = home.run(&["history", "--json"]).code(0).json();
    assert_eq!(moved["items"][0]["project_id"], kept.as_str());
}

#[test]
fn bad_files_are_refused_with_a_reason() {
    let home = Home::new();
    home.file("short.py", "def f():\n    return 1\n");
    home.file("binary.py", "a\0b");
    for (target, message) in
        [("missing.py", "missing.py"), (".", "folder"), ("binary.py", "binary.py"), ("short.py:40", "line")]
    {
        for verb in ["explain", "fix", "context"] {
            let done = home.run(&[verb, target]);
            assert!(done.err.starts_with("error: ") && done.err.contains(message), "{verb} {target}: {done:?}");
            assert_eq!(done.code(1).out, "", "{verb} {target}");
        }
    }
}

#[test]
fn without_a_model_the_code_is_4_and_the_next_step_is_named() {
    let home = Home::new();
    home.file("a.py", "def f():\n    return 1\n");
    for arguments in
        [&["explain", "a.py"][..], &["fix", "a.py:1", "--write"], &["ask", "why?", "a.py"], &["ask", "why?"]]
    {
        let done = home.run(arguments);
        assert!(done.err.contains("error: ") && done.err.contains("hint: "), "{arguments:?}: {done:?}");
        done.code(4);
    }
    let history = home.run(&["history", "--json"]).code(0).json();
    assert!(history["items"].as_array().unwrap().iter().all(|chat| chat["message_count"] != 0), "no chat is empty");
}

#[test]
fn context_is_shown_as_text_and_as_json() {
    let home = Home::new();
    home.file("a.py", "import os\n\n\ndef area(w, h):\n    return w * h\n");
    let text = home.run(&["context", "a.py:5"]).code(0);
    assert!(text.out.contains("return w * h") && !text.out.contains('\u{1b}'), "{text:?}");
    let json = home.run(&["context", "a.py:5", "--budget", "500", "--intent", "fix", "--json"]).code(0).json();
    assert_eq!(json["budget"], 500);
    assert!(json["pieces"].as_array().unwrap().iter().any(|piece| piece["kind"] == "target"), "{json}");
}

#[test]
fn lists_are_json_when_asked() {
    let home = Home::new();
    for verb in ["history", "projects", "edits"] {
        assert_eq!(home.run(&[verb, "--json"]).code(0).json()["items"], serde_json::json!([]), "{verb}");
        let text = home.run(&[verb]).code(0);
        assert!(text.out.is_empty() && text.err.contains("There are no"), "{text:?}");
    }
    let status = home.run(&["status", "--json"]).code(0).json();
    assert_eq!(status["pid"], home.pid());
    assert!(home.run(&["status"]).code(0).out.contains("version"));
}

#[test]
fn unknown_things_are_said_to_be_unknown() {
    let home = Home::new();
    let id = "00000000-0000-7000-8000-000000000000";
    for arguments in [["history", id], ["accept", id], ["reject", id], ["undo", id]] {
        let done = home.run(&arguments);
        assert!(done.err.starts_with("error: ") && done.err.contains(id), "{done:?}");
        done.code(1);
    }
}

#[test]
fn status_starts_nothing() {
    let home = Home::new();
    let done = home.run(&["status"]);
    assert!(done.err.contains("No daemon runs"), "{done:?}");
    done.code(3);
    assert!(!home.data().exists());
}

#[test]
fn open_prints_an_address_that_signs_in() {
    let home = Home::new();
    let url = home.run(&["open", "--print"]).code(0).out;
    let port = home.runtime()["http_port"].to_string();
    assert!(url.starts_with("http://127.0.0.1:") && url.contains(&port) && url.contains("code="), "{url}");
    assert!(!url.contains(home.runtime()["token"].as_str().unwrap()));
}

#[test]
fn the_help_names_exit_codes_and_completions_exist() {
    let home = Home::new();
    let help = home.run(&["--help"]).code(0).out;
    assert!(help.contains("130 cancelled") && !help.contains("daemon  "), "{help}");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(home.run(&["completions", shell]).code(0).out.contains("explain"), "{shell}");
    }
}

#[test]
fn no_secret_of_the_environment_is_in_the_log() {
    let home = Home::new();
    home.file("a.py", "def f():\n    return 1\n");
    let client = home
        .command(&["explain", "a.py"])
        .env("OPENAI_API_KEY", "canary-0123456789")
        .env("OPENAI_BASE_URL", "http://127.0.0.1:1/canary-0123456789")
        .env("AIIA_LOG", "trace")
        .spawn()
        .unwrap();
    crate::support::finish(client, "");
    let token = home.runtime()["token"].as_str().unwrap().to_owned();
    home.run(&["stop"]).code(0);
    let mut log = String::new();
    for entry in std::fs::read_dir(home.data().join("logs")).unwrap() {
        log.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    assert!(log.contains("\"started\"") && log.contains("\"ended\""), "{log}");
    assert!(!log.contains("canary-0123456789") && !log.contains(&token));
}
