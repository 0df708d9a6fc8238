//! Budgets of tokens: windows as servers tell them, and long chats whose beginning is sent in short.

use aiia_tests::http_client::HttpClient;
use aiia_tests::http_server::{self, HttpServer};
use aiia_tests::installation::{Installation, text};
use aiia_tests::model_server::Script;
use serde_json::{Value, json};

#[test]
fn the_window_that_a_server_tells_is_the_one_that_is_used() {
    let ollama = HttpServer::start(|asked| match asked.path.as_str() {
        "/api/tags" => http_server::text(r#"{"models":[{"name":"tiny:1b"},{"name":"set:1b"}]}"#),
        "/api/show" if asked.body.windows(3).any(|part| part == b"set") => {
            http_server::text(r#"{"parameters":"num_ctx    20000"}"#)
        }
        "/api/show" => http_server::text(r#"{"model_info":{"general.architecture":"q","q.context_length":4000}}"#),
        "/api/chat" => {
            http_server::text("{\"message\":{\"content\":\"Yes.\"},\"done\":true,\"done_reason\":\"stop\"}\n")
        }
        _ => http_server::text(""),
    })
    .unwrap();
    let aiia =
        Installation::configured(&format!("[providers.box]\ndialect = \"ollama\"\nbase_url = \"{}\"\n", ollama.url()));
    for (model, window) in [("box/tiny:1b", 4000), ("box/set:1b", 20000)] {
        assert!(aiia.run(&["ask", "why?", "--model", model]).status.success());
        let asked = ollama.asked().into_iter().rfind(|asked| asked.path == "/api/chat").expect("it was asked");
        let body: Value = serde_json::from_slice(&asked.body).expect("JSON");
        assert_eq!(body["options"]["num_ctx"], json!(window), "{body}");
    }
}

#[test]
fn a_window_that_is_only_assumed_is_said_where_it_matters() {
    let aiia = Installation::new();
    aiia.json(&["history", "--json"]);
    let http = HttpClient::new(&aiia);
    let chat = http.chat();
    let told = |question: &str| -> Vec<String> {
        let events = http.run_events(&http.ask(&chat, question));
        let notices = events.iter().filter(|event| event["reason"] == "window_assumed");
        notices.filter_map(|event| event["text"].as_str().map(str::to_owned)).collect()
    };
    let long = "word ".repeat(6000);
    assert_eq!(told("A short one."), Vec::<String>::new());
    let [notice]: [String; 1] =
        told(&long).try_into().expect("it is said once, for the answer has less room than usual");
    assert!(
        notice.contains("8192 tokens are assumed") && notice.contains("`providers.scripted.context_window`"),
        "{notice}"
    );
    let shown = text(&aiia.run(&["models", "show", "scripted/m"]).stdout);
    assert!(shown.contains("unknown, 8192 tokens are assumed"), "{shown}");
    assert!(aiia.run(&["config", "set", "providers.scripted.context_window", "60000"]).status.success());
    assert_eq!(told(&long), Vec::<String>::new());
    let details = aiia.json(&["models", "show", "scripted/m", "--json"]);
    assert_eq!((&details["model"]["context_window"], &details["assumed_window"]), (&json!(60000), &Value::Null));
}

#[test]
fn the_beginning_of_a_long_chat_is_sent_in_short_and_that_is_counted() {
    let aiia = Installation::configured("context_window = 4096\n[history]\nstrategy = \"summary\"\n");
    aiia.json(&["history", "--json"]);
    let http = HttpClient::new(&aiia);
    let chat = http.chat();
    let ask = |words: usize, answer: &str| {
        aiia.model.next(Script::text(answer));
        let run = http.ask(&chat, &format!("Question of many words. {}", "word ".repeat(words)));
        let events = http.run_events(&run);
        (events, http.get(&format!("/runs/{run}")))
    };
    let (events, _) = ask(1200, "First answer.");
    assert!(events.iter().all(|event| event["reason"] != "history_summarised"), "it fits: {events:?}");
    // The summary is asked for before the answer.
    aiia.model.next(Script::text("They spoke of many words."));
    let (events, run) = ask(1000, "Second answer.");
    let notice = events.iter().find(|event| event["reason"] == "history_summarised").expect("it is said");
    let text = notice["text"].as_str().unwrap_or_default();
    assert!(text.contains("The first 2 messages") && text.contains("(10 tokens read, 5 written)"), "{text}");
    let chats = aiia.model.chats();
    let [.., summary, answer] = chats.as_slice() else { panic!("{chats:?}") };
    let (summary, answer) = (&summary.body["messages"], &answer.body["messages"]);
    assert!(summary[1]["content"].as_str().is_some_and(|text| text.contains("Assistant: First answer.")), "{summary}");
    assert!(answer[0]["content"].as_str().is_some_and(|text| text.ends_with("They spoke of many words.")), "{answer}");
    assert_eq!(answer.as_array().map(Vec::len), Some(2), "the system prompt and the question");
    assert_eq!(run["usage"], json!({ "input_tokens": 10, "output_tokens": 2 }), "that of the answer alone");
    let total = &http.get(&format!("/usage?chat_id={chat}"))["total"];
    let total = ["runs", "input_tokens", "output_tokens"].map(|what| total[what].as_u64());
    assert_eq!(total, [Some(3), Some(30), Some(9)], "the summary is counted, too");
    let (events, _) = ask(5, "Third answer.");
    assert!(events.iter().any(|event| event["reason"] == "history_summarised"), "{events:?}");
    assert_eq!(aiia.model.chats().len(), chats.len() + 1, "it is not summarised again");
    // One that fails costs the beginning, not the answer.
    aiia.model.next(Script::error(400, "no summaries today"));
    let (events, _) = ask(1200, "Fourth answer.");
    let notice = events.iter().find(|event| event["reason"] == "history_dropped").expect("it is said");
    assert!(notice["text"].as_str().is_some_and(|text| text.contains("no summaries today")), "{notice}");
    assert_eq!(events.last().map(|event| event["status"].clone()), Some(json!("completed")));
}
