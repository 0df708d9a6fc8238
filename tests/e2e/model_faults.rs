//! A model server that fails in every way: each has its own error, and what had arrived is kept.

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::Installation;
use aiia_tests::model_server::Script;
use serde_json::Value;

fn tokens() -> Vec<String> {
    vec!["The first".into(), " words".into()]
}

/// The last event of a question and the text of the answer as it is stored.
fn ask(http: &HttpClient) -> (Value, String) {
    let chat = http.chat();
    let run = http.ask(&chat, "why?");
    let done = http.run_events(&run).pop().expect("a last event");
    let messages = http.get(&format!("/chats/{chat}/messages"));
    let items = messages["items"].as_array().expect("messages").clone();
    assert_eq!((items.len(), &items[0]["content"]), (2, &Value::from("why?")), "the question is kept: {items:?}");
    (done, items[1]["content"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn each_fault_has_its_own_error_and_what_arrived_is_kept() {
    let aiia = Installation::configured("[timeouts]\nfirst_token = 1\nidle = 1\n");
    aiia.json(&["history", "--json"]);
    let http = HttpClient::new(&aiia);
    let line = |text: &str| vec![format!("data: {text}\n\n").into_bytes()];
    for (script, reason, words, kept) in [
        (Script::too_many_requests(3600), "quota", "slow down", ""),
        (Script::error(401, "no such key"), "unauthorized", "key", ""),
        (Script::model_missing("m"), "model_missing", "m", ""),
        (Script::error(500, "out of memory"), "server", "out of memory", ""),
        (Script::html(), "malformed", "HTML", ""),
        (Script::Raw(line("{{{ not JSON")), "malformed", "", ""),
        (Script::Stall, "first_token_timeout", "1 s", ""),
        (Script::Silence(tokens()), "idle_timeout", "1 s", "The first words"),
        (Script::CutOff(tokens()), "cut_off", "broke off", "The first words"),
        (Script::EndEarly(tokens()), "cut_off", "", "The first words"),
    ] {
        // Faults that may pass are tried again, so it goes on failing.
        aiia.model.always(script);
        let (done, answer) = ask(&http);
        let problem = &done["problem"];
        assert_eq!(done["status"], "failed", "{reason}: {done}");
        assert_eq!(problem["reason"], reason, "{problem}");
        let said = format!("{} {}", problem["detail"], problem["hint"]);
        assert!(said.contains(words), "{reason}: {said}");
        assert!(
            problem["hint"].as_str().is_some_and(|hint| !hint.is_empty()),
            "{reason}: what to do is said: {problem}"
        );
        assert_eq!(answer, kept, "{reason}");
    }
    aiia.model.always(Script::text("All is well again."));
    let (done, answer) = ask(&http);
    assert_eq!((done["status"].as_str(), answer.as_str()), (Some("completed"), "All is well again."));
}

#[test]
fn thoughts_that_a_server_leaves_in_the_answer_are_no_part_of_it() {
    let aiia = Installation::new();
    aiia.json(&["history", "--json"]);
    let http = HttpClient::new(&aiia);
    aiia.model.next(Script::text("<think>\nThree, or four?\n</think>\n\nIt is 3."));
    aiia.model.always(Script::text("Yes."));
    let chat = http.chat();
    let events = http.run_events(&http.ask(&chat, "How many?"));
    let all = |kind: &str| -> String {
        let parts = events.iter().filter(|event| event["type"] == kind);
        parts.filter_map(|event| event["text"].as_str()).collect()
    };
    assert_eq!((all("reasoning").as_str(), all("text").as_str()), ("Three, or four?\n", "It is 3."), "{events:?}");
    http.run_events(&http.ask(&chat, "Sure?"));
    let sent = aiia.model.chats().pop().expect("a second question").body.to_string();
    assert!(sent.contains("It is 3.") && !sent.contains("or four"), "{sent}");
}
