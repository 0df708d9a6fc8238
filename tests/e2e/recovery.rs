//! What the whole program survives beside a kill: backups that take the store's place, many clients at once, a lock of
//! another program, a machine that sleeps.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::{Installation, shown, text, wait_for};
use aiia_tests::lsp_client::LspClient;
use aiia_tests::model_server::{Gate, Script};
use rustix::process::{Pid, Signal, kill_process};
#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);
const TOKENS: usize = 300;

fn daemon(aiia: &Installation) -> Pid {
    Pid::from_raw(aiia.runtime().pid.try_into().expect("a process id")).expect("a process id")
}

fn signal(aiia: &Installation, signal: Signal) {
    kill_process(daemon(aiia), signal).expect("the daemon runs");
}

/// From now on no file of the daemon becomes larger than `most` bytes, as if the disk were full.
#[cfg(target_os = "linux")]
fn limit_files(aiia: &Installation, most: Option<u64>) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Fsize);
    prlimit(Some(daemon(aiia)), Resource::Fsize, Rlimit { current: most.or(maximum), maximum }).expect("a limit");
}

fn chats(aiia: &Installation) -> usize {
    aiia.json(&["history", "--json", "-n", "200"])["items"].as_array().expect("a list").len()
}

#[test]
fn a_backup_takes_the_place_of_the_store_and_what_was_there_is_kept() {
    let aiia = Installation::new();
    aiia.json(&["history", "--json"]);
    HttpClient::new(&aiia).chat();
    let backup = aiia.json(&["backup", "create", "--json"]);
    let name = backup["name"].as_str().expect("a name").to_owned();
    HttpClient::new(&aiia).chat();
    assert_eq!(chats(&aiia), 2);
    assert_eq!(aiia.json(&["backup", "verify", &name, "--json"])["findings"], json!([]));

    let restored = aiia.run(&["backup", "restore", &name]);
    assert!(restored.status.success(), "{}", text(&restored.stderr));
    assert_eq!(chats(&aiia), 1);
    let kept: Vec<_> = std::fs::read_dir(aiia.data_dir())
        .expect("the data directory")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            name.starts_with("aiia.db.before-restore-") && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let doctor = aiia.json(&["doctor", "--json"]);
    let store = doctor["checks"].as_array().expect("checks").iter().find(|check| check["name"] == "store").cloned();
    assert_eq!(store.expect("a check of the store")["status"], "ok");
    assert_eq!(aiia.json(&["doctor", "--repair", "--json"])["found"], json!([]));
    assert!(!aiia.run(&["backup", "restore", "aiia-20000101T000000000Z"]).status.success());
    assert_eq!(chats(&aiia), 1, "what cannot be restored changes nothing");
}

#[test]
fn processes_http_and_an_editor_write_at_once_and_none_meets_a_lock() {
    let aiia = Installation::new();
    aiia.json(&["history", "--json"]);
    let project = HttpClient::new(&aiia).post("/projects", &json!({"name": "p"}));
    let project = project["id"].as_str().expect("an id");
    std::thread::scope(|scope| {
        for number in 0..10 {
            let aiia = &aiia;
            scope.spawn(move || {
                let created = aiia.run(&["project", "create", &format!("from the terminal {number}"), "--json"]);
                assert!(created.status.success(), "{}", text(&created.stderr));
            });
        }
        for _ in 0..4 {
            let http = HttpClient::new(&aiia);
            scope.spawn(move || {
                for _ in 0..10 {
                    http.post("/chats", &json!({"project_id": project}));
                }
            });
        }
        let mut editor = LspClient::start(&aiia, json!({}));
        for _ in 0..20 {
            editor.request("aiia/chat/create", json!({"project_id": project}));
        }
        editor.shutdown();
    });
    assert_eq!(chats(&aiia), 60);
    assert_eq!(aiia.json(&["projects", "--json", "-n", "200"])["items"].as_array().expect("a list").len(), 11);
    assert_eq!(
        aiia.json(&["audit", "--operation", "chat.create", "-n", "200", "--json"])["items"].as_array().map(Vec::len),
        Some(60)
    );
}

/// An export of this program with one chat, which is too large for a disk that is full.
#[cfg(target_os = "linux")]
fn large_export(aiia: &Installation) -> String {
    let other = Installation::new();
    other.json(&["history", "--json"]);
    other.model.next(Script::text(&"words ".repeat(20_000)));
    let http = HttpClient::new(&other);
    http.run_events(&http.ask(&http.chat(), "much"));
    let file = shown(&aiia.workspace().join("export.zip")).to_owned();
    let exported = other.run(&["export", "--output", &file]);
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    file
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_with_room_all_goes_on() {
    let aiia = Installation::new();
    aiia.json(&["history", "--json"]);
    let export = large_export(&aiia);
    let http = HttpClient::new(&aiia);
    let pid = aiia.runtime().pid;
    let gate = Gate::closed();
    aiia.model.next(Script::Numbered { count: TOKENS * 20, gate: gate.clone() });
    let chat = http.chat();
    let run = http.ask(&chat, "count");
    let mut events = http.stream(&format!("/runs/{run}/events"));
    gate.release(TOKENS);
    let mut seen = String::new();
    while seen.split_whitespace().count() < TOKENS {
        seen.push_str(events.next().expect("the stream goes on")["text"].as_str().unwrap_or_default());
    }

    limit_files(&aiia, Some(4096));
    gate.release(TOKENS * 20);
    let mut last = json!(null);
    for event in events {
        seen.push_str(event["text"].as_str().unwrap_or_default());
        last = event;
    }
    assert_eq!((&last["type"], &last["status"]), (&json!("done"), &json!("failed")), "{last}");
    assert_eq!(last["problem"]["code"], "store_unavailable", "{last}");
    // Nothing is taken that cannot be kept, and it is said; what is there can be read.
    let (status, problem) = http.try_post("/chats", &json!({"project_id": http.get("/projects")["items"][0]["id"]}));
    assert_eq!((status.as_u16(), problem["code"].as_str()), (503, Some("store_unavailable")), "{problem}");
    let refused = [vec!["backup", "create"], vec!["import", &export], vec!["ask", "why?"]];
    for arguments in &refused {
        let output = aiia.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", text(&output.stdout));
        assert!(!text(&output.stderr).is_empty(), "{arguments:?}");
    }
    let backups = aiia.json(&["backup", "list", "--json"])["items"].to_string();
    assert!(!backups.contains("by-hand"), "{backups}");
    assert_eq!(chats(&aiia), 1);
    let doctor = aiia.run(&["doctor", "--json"]);
    let doctor: serde_json::Value = serde_json::from_slice(&doctor.stdout).expect("JSON");
    let store = doctor["checks"].as_array().expect("checks").iter().find(|check| check["name"] == "store").cloned();
    assert_eq!(store.expect("a check of the store")["status"], "failed");

    limit_files(&aiia, None);
    let ended = wait_for("the end of the run", LIMIT, || {
        let run = http.get(&format!("/runs/{run}"));
        (run["status"] != "running").then_some(run)
    });
    assert_eq!(ended["status"], "failed");
    assert_eq!(http.get(&format!("/chats/{chat}/messages"))["items"][1]["content"], seen.as_str());
    for arguments in refused {
        let output = aiia.run(&arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    }
    assert_eq!(aiia.json(&["doctor", "--repair", "--json"])["found"], json!([]));
    assert_eq!(aiia.runtime().pid, pid, "the daemon lives");
}

#[test]
fn a_lock_of_another_program_is_said_and_then_all_goes_on() {
    let aiia = Installation::new();
    aiia.json(&["history", "--json"]);
    let http = HttpClient::new(&aiia);
    let project = http.post("/projects", &json!({"name": "p"}));
    let lock = "import sqlite3, sys\n\
                store = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                store.execute('BEGIN IMMEDIATE')\n\
                print('locked', flush=True)\n\
                sys.stdin.read()\n\
                store.execute('ROLLBACK')";
    let mut other = Command::new("python3")
        .args(["-c", lock])
        .arg(aiia.data_dir().join("aiia.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut line = String::new();
    BufReader::new(other.stdout.take().expect("a pipe")).read_line(&mut line).expect("the lock is taken");
    assert_eq!(line.trim(), "locked");
    let (status, problem) = http.try_post("/chats", &json!({"project_id": project["id"]}));
    assert_eq!((status.as_u16(), problem["code"].as_str()), (503, Some("store_unavailable")), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Another program")), "{problem}");
    assert!(!http.get("/projects")["items"].as_array().expect("a list").is_empty(), "reading goes on");
    let mut input = other.stdin.take().expect("a pipe");
    input.write_all(b"done").expect("the other program listens");
    drop(input);
    other.wait().expect("the other program ends");
    http.post("/chats", &json!({"project_id": project["id"]}));
}

#[test]
fn a_machine_that_sleeps_while_an_answer_streams_loses_nothing() {
    let aiia = Installation::new();
    aiia.json(&["history", "--json"]);
    let http = HttpClient::new(&aiia);
    let gate = Gate::closed();
    aiia.model.always(Script::Numbered { count: TOKENS, gate: gate.clone() });
    let chat = http.chat();
    let run = http.ask(&chat, "count");
    let mut events = http.stream(&format!("/runs/{run}/events"));
    gate.release(TOKENS / 3);
    let mut answer = String::new();
    while answer.split_whitespace().count() < TOKENS / 6 {
        let event = events.next().expect("the stream goes on");
        answer.push_str(event["text"].as_str().unwrap_or_default());
    }
    signal(&aiia, Signal::STOP);
    // The model goes on talking to a process that does not listen.
    gate.release(TOKENS * 2);
    assert!(aiia.model.wait_for_completed(1, LIMIT), "the sockets take all of it");
    signal(&aiia, Signal::CONT);
    for event in events {
        answer.push_str(event["text"].as_str().unwrap_or_default());
    }
    let whole = (1..=TOKENS).map(|number| format!("t{number} ")).collect::<Vec<_>>().concat();
    assert_eq!(answer, whole);
    let stored = wait_for("the end of the run", LIMIT, || {
        let run = http.get(&format!("/runs/{run}"));
        (run["status"] == "completed").then_some(run)
    });
    let message = http.get(&format!("/messages/{}", stored["message_id"].as_str().expect("an id")));
    assert_eq!(message["content"], whole);
}
