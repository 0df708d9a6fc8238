//! An answer of which a part cannot be applied: the model is asked again, twice at most, and only for that part.

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::{Installation, shown, text};
use aiia_tests::model_server::Script;
use serde_json::json;

const FILE: &str = "def mean(values):\n    total = sum(values)\n    return total / (len(values) + 1)\n\n\ndef half(value):\n    return value / 3\n";
const FIXED: &str = "def mean(values):\n    total = sum(values)\n    return total / len(values)\n\n\ndef half(value):\n    return value / 2\n";

fn block(old: &str, new: &str) -> String {
    format!("stats.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n")
}

fn asked(aiia: &Installation) -> Vec<String> {
    let all = aiia.model.chats();
    all.iter().map(|request| request.body["messages"].to_string()).collect()
}

#[test]
fn only_what_failed_is_asked_for_again_and_both_parts_are_applied() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", FILE);
    let good = block("    return total / (len(values) + 1)\n", "    return total / len(values)\n");
    aiia.model.next(Script::text(&(good + &block("    return value / 4\n", "    return value / 2\n"))));
    aiia.model.next(Script::text(&block("    return value / 3\n", "    return value / 2\n")));
    let output = aiia.run(&["fix", &format!("{}:1", shown(&file)), "--write"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), FIXED);
    let asked = asked(&aiia);
    assert_eq!(asked.len(), 2);
    assert!(asked[1].contains("do not repeat them: stats.py line 3"), "{}", asked[1]);
    assert!(asked[1].contains("    7 |     return value / 3"), "{}", asked[1]);
}

#[test]
fn after_two_more_rounds_it_ends_and_nothing_is_changed() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", FILE);
    aiia.model.always(Script::text(&block("    return value / 4\n", "    return value / 2\n")));
    let output = aiia.run(&["fix", &format!("{}:1", shown(&file)), "--write"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("could not be applied"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), FILE);
    assert_eq!(asked(&aiia).len(), 3);
}

#[test]
fn why_it_was_asked_for_again_is_told_where_the_second_answer_is_none() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", FILE);
    aiia.model.next(Script::text(&block("    return value / 4\n", "    return value / 2\n")));
    aiia.model.always(Script::text("I cannot find those lines, sorry."));
    let output = aiia.run(&["fix", &format!("{}:1", shown(&file)), "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    let (_, problem) = told.rsplit_once("error: ").unwrap_or_default();
    assert!(problem.contains("holds no code") && problem.contains("`return value / 4`"), "{told}");
}

#[test]
fn every_part_that_does_not_fit_is_told_of_many_the_first_five() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", FILE);
    let wrong = |count: usize| -> String {
        (1..=count).map(|part| block(&format!("    return value / {part}{part}\n"), "    return value\n")).collect()
    };
    for (count, said) in [(2, "for 2 reasons"), (7, "and 2 more")] {
        aiia.model.always(Script::text(&wrong(count)));
        let output = aiia.run(&["fix", &format!("{}:1", shown(&file)), "--write"]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(said) && told.matches("\n- ").count() == count.min(6), "{told}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), FILE);
}

/// An answer of these words that its server ends at its limit, after 7 tokens.
fn cut_off(words: &str) -> Script {
    let delta = json!({ "choices": [{ "index": 0, "delta": { "content": words }, "finish_reason": null }] });
    let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "length" }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 7 } });
    Script::Raw(vec![format!("data: {delta}\n\ndata: {end}\n\ndata: {usage}\n\ndata: [DONE]\n\n").into_bytes()])
}

#[test]
fn a_limit_that_was_hit_is_named_beside_what_did_not_fit() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", FILE);
    let place = format!("{}:1", shown(&file));
    let wrong = block("    return value / 4\n", "    return value / 2\n");
    let fix = || {
        let output = aiia.run(&["fix", &place, "--write"]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), FILE);
        text(&output.stderr)
    };
    aiia.model.next(cut_off(&wrong));
    let told = fix();
    assert!(told.contains("could not be applied") && told.contains("a limit of its server, after 7 tokens"), "{told}");
    // The part that is asked for again may be cut off as well, or come to no end.
    aiia.model.next(Script::text(&wrong));
    aiia.model.next(cut_off(&wrong));
    let told = fix();
    assert!(told.contains("could not be applied") && told.contains("a limit of its server, after 7 tokens"), "{told}");
    aiia.model.next(Script::text(&wrong));
    aiia.model.next(Script::EndlessLine(vec!["And ".to_owned()]));
    let told = fix();
    assert!(told.contains("could not be applied") && told.contains("a line of more than 1024 KiB"), "{told}");
}

#[test]
fn of_an_answer_that_is_cut_off_only_whole_blocks_are_applied() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", FILE);
    aiia.json(&["history", "--json"]);
    let http = HttpClient::new(&aiia);
    let project = http.post("/projects/resolve", &json!({ "folder": shown(&aiia.workspace()) }));
    let chat = http.post("/chats", &json!({ "project_id": project["id"] }));
    let chat = chat["id"].as_str().expect("a chat");
    let good = block("    return value / 3\n", "    return value / 2\n");
    aiia.model.next(cut_off(&format!("Like so:\n\n```python\n{good}```\n\nAnd also")));
    http.run_events(&http.ask(chat, "What of stats.py?"));
    let messages = http.get(&format!("/chats/{chat}/messages"));
    let answer = messages["items"].as_array().and_then(|items| items.last()).expect("an answer");
    let path = format!("/messages/{}/edits", answer["id"].as_str().expect("its name"));
    let (status, problem) = http.try_post(&path, &json!({}));
    assert_eq!(status.as_u16(), 422, "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("cut off")), "{problem}");
    let (status, edit) = http.try_post(&path, &json!({ "block": 1 }));
    assert_eq!((status.as_u16(), edit["files"][0]["path"].as_str()), (201, Some(shown(&file))), "{edit}");
}

#[test]
fn a_form_that_fails_is_asked_for_no_more() {
    let aiia = Installation::new();
    let file = aiia.write("stats.py", FILE);
    let line = format!("{}:1", shown(&file));
    let first_request = || {
        let before = aiia.model.chats().len();
        let output = aiia.run(&["fix", &line, "--write"]);
        (output.status.code(), asked(&aiia).swap_remove(before))
    };
    // The scripted model writes nothing that fits, whatever it is asked for.
    aiia.model.always(Script::text(&block("    return value / 4\n", "    return value / 2\n")));
    let failed: Vec<(Option<i32>, String)> = (0..3).map(|_| first_request()).collect();
    for (code, request) in &failed[..2] {
        assert_eq!(*code, Some(1));
        assert!(request.contains("exactly one fenced code block") && !request.contains("<<<<<<< SEARCH"), "{request}");
    }
    assert!(failed[2].1.contains("<<<<<<< SEARCH"), "{}", failed[2].1);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), FILE);
}

/// A wrong edit of a file that no model may see is not asked for again: the request would show its lines.
#[test]
fn lines_of_excluded_files_are_in_no_request() {
    const PRIVATE: &str = "def limit(value):\n    return min(value, 7319)\n\n\ndef other(value):\n    return value\n";
    let of_private = |name: &str| {
        let quoted = "def limit(value):\n    return min(value, 1)\n";
        format!("{name}\n<<<<<<< SEARCH\n{quoted}=======\n{}>>>>>>> REPLACE\n", quoted.replace('1', "2"))
    };
    let wrong = block("    return value / 4\n", "    return value / 2\n");
    let whole = |name: &str| format!("{name}\n```python\ndef limit(value):\n    return min(valu, 1\n```\n");
    for (rules, ignored) in [("[context]\nexclude = [\"private/\"]\n", ""), ("", "private/\n")] {
        for (rounds, requests) in [
            (vec![of_private("private/limits.py")], 1..=1),
            (vec![of_private("./private/limits.py")], 1..=1),
            // Where the folder is not listed yet, no file of this name is known, and none can be shown.
            (vec![of_private("limits.py")], 1..=2),
            (vec![wrong.clone() + &of_private("private/limits.py")], 1..=1),
            (vec![whole("private/limits.py")], 1..=1),
            // What the second answer names counts as well.
            (vec![wrong.clone(), of_private("private/limits.py")], 2..=2),
        ] {
            let aiia = Installation::configured(rules);
            let file = aiia.write("stats.py", FILE);
            let private = aiia.write("private/limits.py", PRIVATE);
            aiia.write(".aiiaignore", ignored);
            for reply in &rounds {
                aiia.model.next(Script::text(reply));
            }
            let place = format!("{}:1", shown(&file));
            let output = aiia.run(&["edit", &place, "--instruction", "halve it", "--write"]);
            assert_eq!(output.status.code(), Some(1), "{rounds:?}: {}", text(&output.stderr));
            let asked = asked(&aiia);
            assert!(requests.contains(&asked.len()), "{rounds:?}: {asked:?}");
            assert!(asked.iter().all(|request| !request.contains("7319")), "{rounds:?}: {asked:?}");
            assert_eq!(std::fs::read_to_string(&private).unwrap(), PRIVATE);
            assert_eq!(std::fs::read_to_string(&file).unwrap(), FILE);
        }
    }
}
