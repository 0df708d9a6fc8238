//! One chat, seen from Neovim, over HTTP and on the command line at once.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, SystemTime};

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::{Installation, text, wait_for};
use aiia_tests::lsp_client::LIMIT;
use aiia_tests::model_server::Script;
use serde_json::{Value, json};

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970").as_secs_f64()
}

/// When the change of a chat's title arrives, as seconds since 1970.
fn heard(events: impl Iterator<Item = Value> + Send + 'static, chat: String) -> std::sync::mpsc::Receiver<f64> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let wanted =
            |event: &Value| event["entity"] == "chat" && event["change"] == "updated" && event["id"] == chat.as_str();
        let mut events = events;
        if events.any(|event| wanted(&event)) {
            let _ = sender.send(now());
        }
    });
    receiver
}

/// `aiia events --json`, which follows already.
fn follow(aiia: &Installation) -> (Child, impl Iterator<Item = Value> + Send + 'static) {
    let mut child = aiia
        .command(&["events", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut first = String::new();
    BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut first).expect("a first line");
    assert!(first.contains("Following"), "{first}");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    (child, lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()))
}

#[test]
fn a_chat_is_the_same_everywhere_and_a_change_arrives_within_a_second() {
    let aiia = Installation::new();
    aiia.model.always(Script::text("It is the mean."));
    let file = aiia.write("a.py", "def mean(xs):\n    return sum(xs) / len(xs)\n");
    let out = tempfile::tempdir().unwrap();
    let environment = [("FILE", file.to_str().unwrap()), ("OUT", out.path().to_str().unwrap())];
    let neovim = crate::neovim::command("shared_chat_test.lua", &aiia, &environment)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Neovim starts; `tests/run` installs one");
    let told = |name: &str| -> Value {
        let path = out.path().join(name);
        wait_for(name, LIMIT, || serde_json::from_slice(&std::fs::read(&path).ok()?).ok())
    };
    let chat = told("begun")["chat_id"].as_str().unwrap().to_owned();

    let http = HttpClient::new(&aiia);
    let messages = http.get(&format!("/chats/{chat}/messages"));
    assert_eq!(messages["items"][1]["content"], "It is the mean.");
    let shown = aiia.run(&["history", &chat]);
    assert!(text(&shown.stdout).contains("It is the mean."), "{}", text(&shown.stdout));

    let on_http = heard(http.stream("/events"), chat.clone());
    let (mut follower, events) = follow(&aiia);
    let on_terminal = heard(events, chat.clone());
    let before = now();
    http.patch(&format!("/chats/{chat}"), &json!({ "title": "Renamed in the browser" }));
    let seen = told("seen");
    assert_eq!(seen["title"], "Renamed in the browser");
    let limit = Duration::from_secs(10);
    for (who, at) in [
        ("Neovim", seen["at"].as_f64().unwrap()),
        ("HTTP", on_http.recv_timeout(limit).unwrap()),
        ("terminal", on_terminal.recv_timeout(limit).unwrap()),
    ] {
        assert!(at - before < 1.0, "{who} heard of it after {:.3} s", at - before);
    }
    let _ = follower.kill();
    let _ = follower.wait();
    let ended = neovim.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}\n{}", text(&ended.stdout), text(&ended.stderr));
    let list = aiia.json(&["history", "--json"]);
    assert_eq!(list["items"][0]["title"], "Renamed in the browser");
}
