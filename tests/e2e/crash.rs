//! The daemon is killed while an answer streams: what is stored is an exact beginning of it.

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::Installation;
use aiia_tests::model_server::{Gate, Script};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const TOKENS: usize = 4000;

fn kill(aiia: &Installation) {
    let pid = Pid::from_raw(aiia.runtime().pid.try_into().expect("a process id")).expect("a process id");
    kill_process(pid, Signal::KILL).expect("the daemon runs");
}

#[test]
fn a_killed_daemon_leaves_an_exact_prefix_and_a_sound_store() {
    let aiia = Installation::new();
    let whole: String = (1..=TOKENS).fold(String::new(), |text, number| text + &format!("t{number} "));
    let mut chats = Vec::new();
    for round in 0..20_usize {
        aiia.json(&["history", "--json"]);
        let http = HttpClient::new(&aiia);
        let gate = Gate::closed();
        aiia.model.always(Script::Numbered { count: TOKENS, gate: gate.clone() });
        let chat = http.chat();
        let run = http.ask(&chat, "count");
        let mut events = http.stream(&format!("/runs/{run}/events"));
        // Killed at another place each time: when the reader has seen so many tokens, while more of them arrive.
        let seen = 1 + round * round * 9;
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
        // What is shown is made durable every quarter of a second or kilobyte, while more arrives.
        assert!(stored.len() + 4096 > seen.len(), "{} bytes were seen, {} are stored", seen.len(), stored.len());
    }
}
