//! Getting models and being rid of them, asking whether they answer, and stopping them, as a user does it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aiia_tests::http_client::HttpClient;
use aiia_tests::http_server::{self, HttpServer};
use aiia_tests::installation::{Installation, shown, text};
use aiia_tests::lsp_client::LspClient;
use aiia_tests::model_server::{Gate, ModelServer, Script};
use serde_json::{Value, json};

use crate::terminal::ended_in_terminal;

#[test]
fn a_file_is_pulled_asked_shown_and_deleted() {
    let aiia = Installation::embedded();
    let weights = std::env::var("AIIA_TEST_MODEL").unwrap();
    let own = aiia.workspace().join("own.gguf");
    std::fs::copy(weights, &own).unwrap();
    let pulled = aiia.json(&["models", "pull", "own.gguf", "--json"]);
    assert_eq!((&pulled["state"], &pulled["model"]), (&json!("completed"), &json!("embedded/own")));
    let listed = aiia.json(&["models", "--json"]);
    let names: Vec<&str> =
        listed["items"].as_array().unwrap().iter().filter_map(|model| model["id"].as_str()).collect();
    assert!(names.contains(&"embedded/own") && names.len() == 2, "{names:?}");
    let tested = aiia.json(&["models", "test", "embedded/own", "--json"]);
    assert!(tested["usage"]["input_tokens"].as_u64() > Some(5), "{tested}");
    let shown = aiia.json(&["models", "show", "embedded/own", "--json"]);
    assert!(shown["address"].as_str().unwrap().ends_with("models/own.gguf"), "{shown}");
    assert!(aiia.run(&["models", "delete", "embedded/own", "--yes"]).status.success());
    let output = aiia.run(&["models", "show", "embedded/own"]);
    assert!(!output.status.success() && text(&output.stderr).contains("There is no"), "{}", text(&output.stderr));
}

#[test]
fn an_ollama_server_gets_and_deletes_for_us() {
    let ollama = HttpServer::start(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/api/tags") => http_server::text(r#"{"models":[{"name":"tiny:1b"}]}"#),
        ("POST", "/api/show") => http_server::text("{}"),
        ("POST", "/api/pull") => {
            http_server::text("{\"status\":\"pulling\",\"completed\":1,\"total\":2}\n{\"status\":\"success\"}\n")
        }
        _ => http_server::text(""),
    })
    .unwrap();
    let more = format!("[providers.box]\ndialect = \"ollama\"\nbase_url = \"{}\"\n", ollama.url());
    let aiia = Installation::configured(&more);
    let pulled = aiia.json(&["models", "pull", "box/tiny:1b", "--json"]);
    let http = HttpClient::new(&aiia);
    assert_eq!(pulled["state"], "completed", "{pulled}");
    assert_eq!(http.get("/models/pulls")["items"][0]["model"], "box/tiny:1b");
    // The name of a model holds slashes and colons; in a path it is one part.
    assert_eq!(http.get("/models/box%2Ftiny:1b")["dialect"], "ollama");
    http.delete("/models/box%2Ftiny:1b");
    let last = ollama.asked().into_iter().next_back().unwrap();
    assert!(last.path == "/api/delete" && last.body.windows(7).any(|part| part == b"tiny:1b"), "{last:?}");
    let status = http.get("/models/status");
    assert!(status["providers"].as_array().unwrap().iter().any(|one| one["name"] == "box"), "{status}");
}

#[test]
fn a_model_is_deleted_once_somebody_has_said_so() {
    let ollama = HttpServer::start(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/api/tags") => http_server::text(r#"{"models":[{"name":"tiny:1b","size":1117320736}]}"#),
        ("POST", "/api/show") => http_server::text("{}"),
        _ => http_server::text(""),
    })
    .unwrap();
    let aiia =
        Installation::configured(&format!("[providers.box]\ndialect = 'ollama'\nbase_url = '{}'\n", ollama.url()));
    let deleted = || ollama.asked().iter().filter(|asked| asked.path == "/api/delete").count();
    let delete = ["models", "delete", "box/tiny:1b"];

    let piped = aiia.run(&delete);
    let told = text(&piped.stderr);
    assert!(piped.status.code() == Some(2) && told.contains("1117 MB") && told.contains("--yes"), "{told}");
    for refusal in ["n", "", "what?"] {
        let (code, shown) = ended_in_terminal(&aiia, &delete, &[], &[("Delete box/tiny:1b (1117 MB)? [y/N]", refusal)]);
        assert!(code == 1 && shown.contains("Nothing was deleted."), "{code}: {shown}");
    }
    assert_eq!(deleted(), 0);
    let (code, shown) = ended_in_terminal(&aiia, &delete, &[], &[("[y/N]", "y")]);
    assert!(code == 0 && shown.contains("box/tiny:1b was deleted."), "{shown}");
    assert_eq!(deleted(), 1);
    for (yes, count) in [("--yes", 2), ("-y", 3)] {
        assert!(aiia.run(&["models", "delete", "box/tiny:1b", yes]).status.success());
        assert_eq!(deleted(), count);
    }
    // What is not there needs no answer.
    let (code, shown) = ended_in_terminal(&aiia, &["models", "delete", "embedded/nosuch"], &[], &[]);
    assert!(code == 1 && !shown.contains("[y/N]") && shown.contains("There is no model"), "{shown}");
}

#[test]
fn where_there_is_a_model_nobody_is_told_where_there_is_none() {
    let output = Installation::new().run(&["models"]);
    let (listed, told) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && listed.contains("scripted/"), "{listed}{told}");
    assert!(!told.contains("not set") && !told.contains("not running"), "{told}");
}

#[test]
fn an_error_names_what_in_the_configuration_chose_the_model() {
    let aiia = Installation::configured("[roles]\nexplain = \"scripted/nosuch\"\n");
    aiia.model.always(Script::model_missing("nosuch"));
    let path = aiia.write("a.py", "def f():\n    return 1\n");
    let output = aiia.run(&["explain", &format!("{}:1", path.display())]);
    let told = text(&output.stderr);
    assert!(!output.status.success() && told.contains("`roles.explain` in the configuration names"), "{told}");
}

#[test]
fn what_cannot_be_got_is_said() {
    let aiia = Installation::new();
    for (name, expected) in [
        ("smollm2-135m-instrukt", "Did you mean"),
        ("scripted/m", "not ours to get"),
        ("nobody/m", "There is no provider"),
        ("missing.gguf", "There is no model"),
        ("./missing.gguf", "There is no file ./missing.gguf"),
    ] {
        let output = aiia.run(&["models", "pull", name]);
        let told = text(&output.stderr);
        assert!(!output.status.success() && told.contains(expected), "{name}: {told}");
    }
    aiia.write("notes.gguf", "# Notes");
    let output = aiia.run(&["models", "pull", "notes.gguf"]);
    assert!(text(&output.stderr).contains("is not a GGUF file"), "{}", text(&output.stderr));
}

/// Starts an answer, has it cancelled, and gives how long it took until the model server saw the connection closed.
fn cancelled_within(aiia: &Installation, count: usize, cancel: impl FnOnce()) -> Duration {
    assert!(aiia.model.wait_for_chats(count, Duration::from_secs(20)), "the model is asked");
    let begun = Instant::now();
    cancel();
    assert!(aiia.model.wait_for_abandoned(count, Duration::from_secs(20)), "the connection is closed");
    begun.elapsed()
}

#[test]
fn a_cancelled_answer_closes_the_connection_within_a_second_from_everywhere() {
    let aiia = Installation::new();
    let path = aiia.write("a.py", "def f():\n    return 1\n");
    let mut editor = LspClient::start(&aiia, json!({}));
    let http = HttpClient::new(&aiia);
    let chat = http.chat();
    let uri = editor.open(&path, "def f():\n    return 1\n");
    let mut count = 0;
    for way in ["http", "lsp", "command line"] {
        // A loaded machine can hold up any single one.
        let fastest = (0..3).map(|_| {
            aiia.model.next(Script::Numbered { count: 1000, gate: Gate::closed() });
            count += 1;
            match way {
                "http" => {
                    let run = http.ask(&chat, "Go on");
                    cancelled_within(&aiia, count, || drop(http.delete(&format!("/runs/{run}"))))
                }
                "lsp" => {
                    let started = editor.execute("aiia.explain", json!({ "uri": uri }));
                    let run: &Value = &started["run_id"];
                    cancelled_within(&aiia, count, || drop(editor.request("aiia/run/cancel", json!({ "run_id": run }))))
                }
                _ => {
                    let mut command = aiia.command(&["explain", shown(&path)]);
                    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
                    let took = cancelled_within(&aiia, count, || {
                        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
                    });
                    child.wait().unwrap();
                    took
                }
            }
        });
        let fastest = fastest.min().unwrap();
        assert!(fastest < Duration::from_secs(1), "{way}: {fastest:?}");
    }
}

#[test]
fn several_models_answer_one_question_at_the_same_time_and_each_is_cancelled_alone() {
    let aiia = Installation::new();
    aiia.json(&["history", "--json"]);
    let http = HttpClient::new(&aiia);
    let chat = http.chat();
    let gate = Gate::closed();
    for _ in 0..3 {
        aiia.model.next(Script::Numbered { count: 3, gate: gate.clone() });
    }
    let models = ["scripted/a", "scripted/b", "scripted/c"];
    let first = http.post(&format!("/chats/{chat}/runs"), &json!({ "content": "Which is best?", "models": models }));
    assert!(aiia.model.wait_for_chats(3, Duration::from_secs(30)), "all are asked before any has answered");
    let beside: Vec<&str> = first["beside"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let [second, third] = beside.as_slice() else { panic!("{first}") };
    assert_eq!(http.delete(&format!("/runs/{second}"))["status"], "cancelled");
    gate.release(100);
    for (run, status) in [(first["id"].as_str().unwrap(), "completed"), (second, "cancelled"), (third, "completed")] {
        assert_eq!(http.run_events(run).pop().unwrap()["status"], status, "{run}");
    }
    let messages = http.get(&format!("/chats/{chat}/messages"));
    let items = messages["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[1]["model"]), (2, &json!("scripted/a")), "the first one is shown: {messages}");
    assert_eq!(items[1]["siblings"].as_array().map(Vec::len), Some(3), "{messages}");
    let refused =
        http.try_post(&format!("/chats/{chat}/runs"), &json!({ "content": "x", "models": vec!["scripted/a"; 9] }));
    assert!(refused.1["detail"].as_str().is_some_and(|text| text.contains("At most 8 models")), "{refused:?}");
    // On the command line one answer follows the other, and a failure hides none.
    aiia.model.next(Script::error(401, "no such key"));
    aiia.model.next(Script::text("From the other one."));
    let asked = aiia.run(&["ask", "why?", "-m", "scripted/a", "-m", "scripted/b"]);
    let shown = text(&asked.stdout);
    assert!(
        !asked.status.success() && shown.contains("── scripted/b") && shown.contains("From the other one."),
        "{shown}"
    );
}

#[test]
fn several_models_get_the_same_context_as_one() {
    let aiia = Installation::new();
    aiia.write("prices.py", "def net(price):\n    return price * 0.8\n");
    let code = "from prices import net\n\n\ndef total(items):\n    return sum(net(item) for item in items)\n";
    aiia.write("shop.py", code);
    assert!(aiia.run(&["index"]).status.success());
    let ask = |models: &[&str]| {
        let asked = aiia.run(&[&["ask", "Is it right?", "shop.py:4"], models].concat());
        assert!(asked.status.success(), "{}", text(&asked.stderr));
        asked
    };
    ask(&["-m", "scripted/a"]);
    let several = ask(&["-m", "scripted/a", "-m", "scripted/b"]);
    let heading = text(&several.stdout);
    assert!(heading.contains("── scripted/a") && heading.contains("── scripted/b"), "{heading}");
    let chats = aiia.model.chats();
    let questions: Vec<&Value> = chats.iter().map(|chat| &chat.body["messages"]).collect();
    let [alone, beside @ ..] = questions.as_slice() else { panic!("nothing was asked") };
    assert!(alone.to_string().contains("def net(price)"), "{alone}");
    assert_eq!(beside, [*alone, *alone]);
    let mut asked: Vec<&str> = chats[1..].iter().filter_map(|chat| chat.body["model"].as_str()).collect();
    asked.sort_unstable();
    assert_eq!(asked, ["a", "b"]);
    let refused = HttpClient::new(&aiia).try_post(
        "/actions",
        &json!({ "kind": "fix", "document": { "path": aiia.workspace().join("shop.py") }, "models": ["scripted/a", "scripted/b"] }),
    );
    assert!(refused.1["detail"].as_str().is_some_and(|text| text.contains("Only one model at a time")), "{refused:?}");
}

#[test]
fn the_same_question_is_answered_by_what_was_kept_where_that_is_wanted() {
    let aiia = Installation::new();
    let ask = || text(&aiia.run(&["ask", "why?"]).stderr);
    assert!(!ask().contains("no model was asked") && !ask().contains("no model was asked"));
    assert_eq!(aiia.model.chats().len(), 2, "nothing is kept unless it is wanted");
    assert!(aiia.run(&["config", "set", "cache.answers", "true"]).status.success());
    ask();
    let told = ask();
    assert!(told.contains("no model was asked"), "{told}");
    assert_eq!(aiia.model.chats().len(), 3);
    assert!(aiia.run(&["ask", "why?", "--model", "scripted/other"]).status.success());
    assert_eq!(aiia.model.chats().len(), 4, "another model is another request");
    let report = aiia.json(&["usage", "--json"]);
    let total = &report["total"];
    assert_eq!((&total["runs"], &total["cached_runs"], &total["input_tokens"]), (&json!(5), &json!(1), &json!(40)));
    // Whoever asks for another answer gets one.
    let http = HttpClient::new(&aiia);
    let run = http.ask(&http.chat(), "why?");
    let done = http.run_events(&run);
    assert!(done.iter().any(|event| event["reason"] == "from_cache"), "{done:?}");
    let run = http.get(&format!("/runs/{run}"));
    assert_eq!((&run["from_cache"], &run["usage"]["input_tokens"]), (&json!(true), &json!(0)));
    let message = run["message_id"].as_str().unwrap();
    let again = http.post(&format!("/messages/{message}/answers"), &json!({}));
    http.run_events(again["items"][0]["id"].as_str().unwrap());
    assert_eq!(aiia.model.chats().len(), 5);
}

#[test]
fn a_test_of_a_model_asks_the_model_and_what_was_kept_is_of_one_address() {
    let aiia = Installation::configured("[cache]\nanswers = true\n");
    for _ in 0..2 {
        assert!(aiia.run(&["models", "test", "scripted/m"]).status.success());
    }
    assert_eq!(aiia.model.chats().len(), 2, "each test asks");
    let ask = || text(&aiia.run(&["ask", "why?"]).stderr);
    ask();
    assert!(ask().contains("no model was asked"));
    let elsewhere = ModelServer::start().expect("another server");
    assert!(aiia.run(&["config", "set", "providers.scripted.base_url", &elsewhere.openai_url()]).status.success());
    assert!(!ask().contains("no model was asked"));
    assert_eq!(elsewhere.chats().len(), 1, "what another server said is not its answer");
}

#[test]
fn a_model_that_fills_gaps_is_tested_by_one() {
    let aiia = Installation::new();
    let address = aiia.model.openai_url();
    for (key, value) in [("dialect", "completions_fim"), ("base_url", address.as_str())] {
        aiia.run(&["config", "set", &format!("providers.gaps.{key}"), value]);
    }
    let tested = aiia.json(&["models", "test", "gaps/coder", "--json"]);
    assert_eq!(tested["model"], "gaps/coder", "{tested}");
    let asked = aiia.model.chats().pop().expect("a request");
    assert_eq!(asked.path.as_str(), "/v1/completions");
    assert!(asked.body["prompt"].as_str().is_some_and(|prompt| prompt.contains("def add(a, b)")), "{:?}", asked.body);
    let refused = text(&aiia.run(&["ask", "hi", "-m", "gaps/coder"]).stderr);
    assert!(refused.contains("fills in gaps and does not answer questions"), "{refused}");
}

#[test]
fn the_code_in_question_goes_along_as_far_as_there_is_room_and_what_is_cut_is_said() {
    let aiia = Installation::new();
    let line = |number: u32| format!("line {number} some words of text here to fill the window\n");
    let lines: Vec<String> = (1..=300).map(line).collect();
    aiia.write("notes.txt", &lines.concat());
    let ask = || {
        let output = aiia.run(&["ask", "what?", "notes.txt"]);
        (aiia.model.chats().pop().expect("a question").body["messages"].to_string(), text(&output.stderr))
    };
    assert!(aiia.run(&["config", "set", "providers.scripted.context_window", "32768"]).status.success());
    let (sent, told) = ask();
    assert!(sent.contains("line 1 ") && sent.contains("line 300 ") && !told.contains("were sent"), "{told}");
    assert!(aiia.run(&["config", "set", "context.budget", "500"]).status.success());
    let (sent, told) = ask();
    assert!(sent.contains("line 1 ") && !sent.contains("line 300 "), "{sent}");
    assert!(told.contains("Of lines 1–300 of notes.txt only 1–") && told.contains("500 tokens"), "{told}");
}

#[test]
fn a_name_that_leads_nowhere_says_who_gave_it() {
    let aiia = Installation::new();
    assert!(aiia.run(&["config"]).status.success());
    let http = HttpClient::new(&aiia);
    let project = http.post("/projects", &json!({ "name": "shop", "model": "fats" }));
    let chat = http.post("/chats", &json!({ "project_id": project["id"] }));
    let path = format!("/chats/{}/runs", chat["id"].as_str().expect("an identifier"));
    let (_, refused) = http.try_post(&path, &json!({ "content": "why?" }));
    let told = refused["hint"].as_str().unwrap_or_default();
    assert!(told.contains("The project (`aiia project set`) names fats."), "{refused}");
    let (_, refused) = http.try_post(&path, &json!({ "content": "why?", "model": "fats" }));
    assert!(!refused["hint"].as_str().unwrap_or_default().contains("project"), "{refused}");
}
