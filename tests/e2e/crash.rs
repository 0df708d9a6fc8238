//! Somebody is killed while an answer streams. The daemon: what is stored is an exact beginning of it. A client: it goes on.

use std::process::Stdio;
use std::time::Duration;

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::{Installation, wait_for};
use aiia_tests::lsp_client::LspClient;
use aiia_tests::model_server::{Gate, Script};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const TOKENS: usize = 4000;
const KILLS: usize = 200;
/// So much more than what is durable may have been shown, in bytes.
const MOST_AHEAD: usize = 4096;

fn kill(aiia: &Installation) {
    let pid = Pid::from_raw(aiia.runtime().pid.try_into().expect("a process id")).expect("a process id");
    kill_process(pid, Signal::KILL).expect("the daemon runs");
}

#[test]
fn a_killed_daemon_leaves_an_exact_prefix_and_a_sound_store() {
    let aiia = Installation::new();
    let whole: String = (1..=TOKENS).fold(String::new(), |text, number| text + &format!("t{number} "));
    let mut chats = Vec::new();
    for round in 0..KILLS {
        aiia.json(&["history", "--json"]);
        let http = HttpClient::new(&aiia);
        let gate = Gate::closed();
        aiia.model.always(Script::Numbered { count: TOKENS, gate: gate.clone() });
        let chat = http.chat();
        let run = http.ask(&chat, "count");
        let mut events = http.stream(&format!("/runs/{run}/events"));
        // Killed at another place each time: when the reader has seen so many tokens, while more of them arrive.
        let seen = 1 + round * 617 % 1500;
        gate.release(seen + round * 37 % 50);
        let mut text = String::new();
        while text.split_whitespace().count() < seen {
            let event = events.next().expect("the stream goes on");
            assert_ne!(event["type"], "done", "{event}");
            text.push_str(event["text"].as_str().unwrap_or_default());
        }
        kill(&aiia);
        assert_eq!(events.find(|event| event["type"] == "done"), None, "the stream breaks off");
        chats.push((chat, run, text));
    }

    aiia.json(&["history", "--json"]);
    let doctor = aiia.json(&["doctor", "--json"]);
    let store = doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "store").unwrap().clone();
    assert_eq!(store["status"], "ok", "{store}");
    let http = HttpClient::new(&aiia);
    for (chat, run, seen) in chats {
        let run = http.get(&format!("/runs/{run}"));
        assert_eq!(run["status"], "interrupted", "{run}");
        let messages = http.get(&format!("/chats/{chat}/messages"));
        let items = messages["items"].as_array().unwrap();
        assert_eq!((items.len(), &items[0]["content"]), (2, &Value::from("count")));
        let stored = items[1]["content"].as_str().unwrap();
        assert!(whole.starts_with(stored), "not a prefix: …{}", &stored[stored.len().saturating_sub(80)..]);
        // What was shown is never further ahead of the disk, however slow that is.
        assert!(stored.len() + MOST_AHEAD >= seen.len(), "{} of {} bytes are stored", stored.len(), seen.len());
    }
}

/// Lets an answer of five words begin, has `client` killed in the middle, and looks at what is stored in the end.
fn goes_on_without(aiia: &Installation, start_and_kill: impl FnOnce(&dyn Fn())) {
    const LIMIT: Duration = Duration::from_secs(30);
    let (gate, asked) = (Gate::closed(), aiia.model.chats().len());
    aiia.model.next(Script::Numbered { count: 5, gate: gate.clone() });
    start_and_kill(&|| {
        wait_for("the question", LIMIT, || (aiia.model.chats().len() > asked).then_some(()));
        gate.release(2);
    });
    gate.release(10);
    let http = HttpClient::new(aiia);
    let chat = http.get("/chats")["items"][0]["id"].as_str().expect("a chat").to_owned();
    let content = wait_for("the whole answer", LIMIT, || {
        let answer = http.get(&format!("/chats/{chat}/messages"))["items"][1].clone();
        (answer["status"] == "complete").then(|| answer["content"].clone())
    });
    assert_eq!(content, "t1 t2 t3 t4 t5 ");
}

#[test]
fn an_answer_goes_on_when_its_client_is_killed() {
    let aiia = Installation::new();
    let path = aiia.write("a.py", "def f():\n    return 1\n");
    goes_on_without(&aiia, |half_way| {
        let mut command = aiia.command(&["ask", "count"]);
        let mut command = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        half_way();
        command.kill().expect("it runs");
        command.wait().expect("it ends");
    });
    goes_on_without(&aiia, |half_way| {
        let mut editor = LspClient::start(&aiia, json!({}));
        let uri = editor.open(&path, "def f():\n    return 1\n");
        editor.execute("aiia.explain", json!({ "uri": uri }));
        half_way();
        // Which kills its process.
        drop(editor);
    });
}
