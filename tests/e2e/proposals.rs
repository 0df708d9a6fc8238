//! Code of an answer that is made a change: for the file that the answer names, else for the one in front of the user.

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::{Installation, shown};
use aiia_tests::model_server::Script;
use reqwest::StatusCode;
use serde_json::{Value, json};

const REPLY: &str =
    "Like so:\n\n```python\n<<<<<<< SEARCH\n    return 1\n=======\n    return 2\n>>>>>>> REPLACE\n```\n";

/// Makes a change of an answer to a question about `named.py`, which quotes one line.
fn propose(aiia: &Installation, http: &HttpClient, active: &Value) -> (StatusCode, Value) {
    let project = http.post("/projects/resolve", &json!({ "folder": shown(&aiia.workspace()) }));
    let chat = http.post("/chats", &json!({ "project_id": project["id"] }));
    let chat = chat["id"].as_str().expect("a chat");
    aiia.model.next(Script::text(REPLY));
    http.run_events(&http.ask(chat, "What of named.py?"));
    let messages = http.get(&format!("/chats/{chat}/messages"));
    let answer = messages["items"].as_array().and_then(|items| items.last()).expect("an answer");
    let path = format!("/messages/{}/edits", answer["id"].as_str().expect("its name"));
    http.try_post(&path, &json!({ "active": active }))
}

#[test]
fn what_fits_no_named_file_is_for_the_one_in_front() {
    let aiia = Installation::new();
    let (named, front) = (aiia.write("named.py", "x = 1\n"), aiia.write("front.py", "def f():\n    return 1\n"));
    aiia.json(&["history", "--json"]);
    let http = HttpClient::new(&aiia);
    let (status, problem) = propose(&aiia, &http, &Value::Null);
    assert_eq!((status.as_u16(), problem["code"].as_str()), (422, Some("edit_rejected")), "{problem}");
    let (_, edit) = propose(&aiia, &http, &json!({ "path": shown(&front) }));
    assert_eq!(edit["files"][0]["path"], shown(&front), "{edit}");
    let found = |path: &str| {
        let found = http.post("/edits/find", &json!({ "paths": [path], "hunks": "pending" }));
        found["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((found(shown(&aiia.workspace())), found(shown(&front)), found(shown(&named))), (1, 1, 0));
}

#[test]
fn what_stands_twice_in_a_named_file_is_not_for_another_one() {
    let aiia = Installation::new();
    aiia.write("named.py", "def f():\n    return 1\n\n\ndef g():\n    return 1\n");
    let front = aiia.write("front.py", "def h():\n    return 1\n");
    aiia.json(&["history", "--json"]);
    let http = HttpClient::new(&aiia);
    let (status, problem) = propose(&aiia, &http, &json!({ "path": shown(&front) }));
    assert_eq!((status.as_u16(), problem["code"].as_str()), (422, Some("edit_rejected")), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("named.py")), "{problem}");
}
