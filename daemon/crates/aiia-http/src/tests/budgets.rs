//! What does not fit: nothing of it is left out in silence, and nothing that was left out is lost.

use aiia_tests::model_server::{ModelServer, Script};
use serde_json::{Value, json};

use super::support::*;

/// Starts an action on `path` and waits for its end; gives the run and its events.
async fn act(server: &Server, kind: &str, path: &str) -> (Value, String) {
    let selection = json!({"lines": {"start": 1, "end": 1}});
    let body = json!({"kind": kind, "document": {"path": path}, "selection": selection, "instruction": "What?"});
    let started = server.post("/api/v1/actions", body).await;
    assert_eq!(started.status, 202, "{}", started.text());
    let run = format!("/api/v1/runs/{}", started.json()["id"].as_str().unwrap());
    let events = server.get(&format!("{run}/events")).await.text();
    (server.get(&run).await.json(), events)
}

/// What a model was asked last.
fn question(model: &ModelServer) -> String {
    model.chats().pop().unwrap().body["messages"].as_array().unwrap().last().unwrap()["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_line_that_is_cut_is_said_to_be_and_keeps_its_rest() {
    let model = ModelServer::start().unwrap();
    let server = Server::configured(&model, "context_window = 4096\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("conf.js");
    let line = format!("y = [{}1]", "0, ".repeat(40_000));
    // It is broken already, so nobody minds whether it is afterwards.
    let text = format!("{line}\nz = (;\n");
    std::fs::write(&file, &text).unwrap();
    let path = file.to_str().unwrap();

    model.always(Script::text("It is a list."));
    let (run, events) = act(&server, "ask", path).await;
    assert_eq!(run["status"], "completed", "{run}");
    let notice = format!("of {} bytes were sent", line.len());
    assert!(events.contains("context_cut") && events.contains(&notice), "{events}");
    let asked = question(&model);
    assert!(asked.contains("only a part of line 1: ") && asked.contains("bytes behind it are left out"), "{asked}");
    let tokens: String =
        events.split(r#""tokens":"#).nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
    assert!(tokens.parse::<u32>().unwrap() > 1200, "what there is room for is sent, not only what is usual: {tokens}");

    let shown = asked.split("```javascript\n").nth(1).unwrap().split("\n```").next().unwrap().to_owned();
    assert!(line.starts_with(&shown), "{shown}");
    let mended = format!("{}]", shown.replacen("0,", "7,", 1).trim_end_matches([',', ' ']));
    model.always(Script::text(&format!("```javascript\n{mended}\n```")));
    let (run, events) = act(&server, "fix", path).await;
    assert_eq!(run["status"], "failed", "{run} {events}");
    assert!(events.contains("would take the rest away"), "{events}");
    assert_eq!(server.get("/api/v1/edits").await.json()["items"], json!([]));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn what_is_over_a_window_that_is_known_is_not_sent() {
    let model = ModelServer::start().unwrap();
    let server = Server::configured(&model, "context_window = 4096\n");
    let turn = |role: &str, words: usize| json!({"role": role, "content": "word ".repeat(words)});
    let mut conversation: Vec<Value> = (0..300).map(|n| turn(["user", "assistant"][n % 2], 200)).collect();
    conversation.push(turn("user", 5));
    let chat = json!({"chat_id": server.chat().await});
    let long = json!([turn("user", 70_000)]);
    for (messages, metadata) in [(json!(conversation), json!({})), (long.clone(), json!({})), (long.clone(), chat)] {
        for stream in [false, true] {
            let body = json!({"messages": messages, "metadata": metadata, "stream": stream});
            let got = server.post("/v1/chat/completions", body).await;
            let error = &got.json()["error"];
            assert_eq!((got.status, &error["code"]), (400, &json!("context_length_exceeded")), "{error}");
            let said = error["message"].as_str().unwrap();
            assert!(said.contains("about ") && said.contains("the window of test/test-model has 4096"), "{said}");
        }
    }
    assert!(model.chats().is_empty());
    // Nobody counts to the letter, so what may fit goes out.
    let near = json!({"messages": [turn("user", 5000)]});
    assert_eq!(server.post("/v1/chat/completions", near).await.status, 200);

    let assumed = Server::with_model(&model);
    assert_eq!(assumed.post("/v1/chat/completions", json!({"messages": long})).await.status, 200);
}
