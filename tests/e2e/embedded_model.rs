//! The real embedded model, by every way to it. Its words are not looked at; a small one may well be stopped for repeating itself.

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::{Installation, text};
use aiia_tests::lsp_client::LspClient;
use serde_json::{Value, json};

fn ended_well(done: &Value) -> bool {
    done["status"] == "completed" || done["problem"]["reason"] == "repetition"
}

#[test]
fn it_explains_over_the_command_line_http_and_lsp() {
    let aiia = Installation::embedded();
    let code = "def mean(xs):\n    return sum(xs) / len(xs)\n";
    let path = aiia.write("a.py", code);

    let output = aiia.run(&["explain", "a.py:2"]);
    let told = text(&output.stderr);
    assert!(output.status.success() || told.contains("over and over"), "{told}");
    assert!(text(&output.stdout).split_whitespace().count() > 3, "{}", text(&output.stdout));

    let http = HttpClient::new(&aiia);
    let run = http.post("/actions", &json!({ "kind": "explain", "document": { "path": path } }));
    let events = http.run_events(run["id"].as_str().unwrap());
    let done = events.last().unwrap();
    assert!(ended_well(done), "{done}");
    assert!(events.iter().filter(|event| event["type"] == "text").count() > 3, "it streams: {events:?}");

    let mut editor = LspClient::start(&aiia, json!({}));
    let uri = editor.open(&path, code);
    let started = editor.execute("aiia.explain", json!({ "uri": uri }));
    editor.request("aiia/run/events", json!({ "run_id": started["run_id"] }));
    let done = editor.expect_where("aiia/run/event", |event| event["type"] == "done");
    assert!(ended_well(&done), "{done}");
    let chat = editor.request("aiia/message/list", json!({ "chat_id": started["chat_id"] }));
    assert!(chat["items"][1]["content"].as_str().is_some_and(|answer| answer.len() > 20), "{chat}");
}
