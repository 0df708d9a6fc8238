//! `OpenAI`'s paths, as its clients read them.

mod endings;

use std::time::Duration;

use aiia_tests::model_server::{ModelServer, Script};
use axum::body::{Body, BodyDataStream};
use axum::http::request::Builder;
use futures::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::support::*;

async fn ask(server: &Server, body: Value) -> Answer {
    server.post("/v1/chat/completions", body).await
}

fn hi() -> Value {
    json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}])
}

/// The chunks of a stream; the last line must be `[DONE]`.
fn chunks(text: &str) -> Vec<Value> {
    let data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).collect();
    assert_eq!(data.last(), Some(&"[DONE]"), "{text}");
    data[..data.len() - 1].iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect()
}

#[tokio::test]
async fn a_completion_at_once_stores_nothing() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let got = ask(&server, json!({"model": "test/test-model", "messages": hi(), "max_tokens": 5})).await;
    assert_eq!(got.status, 200, "{}", got.text());
    let body = got.json();
    assert_eq!((&body["object"], &body["model"]), (&json!("chat.completion"), &json!("test/test-model")));
    assert_eq!(body["choices"][0]["message"]["content"], "Hello from the scripted model.");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert!(body["usage"]["total_tokens"].as_u64().unwrap() > 0, "{body}");
    let sent = model.chats().pop().unwrap().body;
    assert_eq!((&sent["messages"], &sent["max_tokens"]), (&hi(), &json!(5)), "nothing is added");
    assert_eq!(server.get("/api/v1/chats").await.json()["items"], json!([]));
    let list = server.get("/v1/models").await.json();
    assert_eq!((&list["object"], &list["data"][0]["id"]), (&json!("list"), &json!("test/test-model")));
    assert_eq!(server.get("/v1/models/test/test-model").await.json()["owned_by"], "test");
}

#[tokio::test]
async fn a_changed_configuration_counts_from_the_next_request_on() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    assert_eq!(ask(&server, json!({"messages": hi()})).await.status, 200);
    let file = server.config_file();
    let before = std::fs::read_to_string(&file).unwrap();
    let url = model.openai_url();
    let more = format!(
        "[providers.more]\ndialect = 'openai_chat'\nbase_url = '{url}'\nmodels = ['m']\ncontext_window = 9000\n"
    );
    std::fs::write(&file, format!("{before}{more}[parameters]\nmax_tokens = 77\n")).unwrap();
    let got = ask(&server, json!({"model": "more/m", "messages": hi()})).await;
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(model.chats().pop().unwrap().body["max_tokens"], 77);
    std::fs::write(&file, &before).unwrap();
    let vectors = server.post("/v1/embeddings", json!({"model": "more/m", "input": "x"})).await;
    assert_eq!((vectors.status, &vectors.json()["error"]["code"]), (404, &json!("model_not_found")));
}

#[tokio::test]
async fn a_stream_has_chunks_usage_and_an_end() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("one two"));
    let server = Server::with_model(&model);
    let body = json!({"messages": hi(), "stream": true, "stream_options": {"include_usage": true}});
    let got = ask(&server, body).await;
    assert_eq!(got.header("content-type"), "text/event-stream");
    let chunks = chunks(&got.text());
    let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!((text.as_str(), &chunks[0]["choices"][0]["delta"]["role"]), ("one two", &json!("assistant")));
    assert_eq!(chunks[chunks.len() - 2]["choices"][0]["finish_reason"], "stop");
    let last = chunks.last().unwrap();
    assert!(last["choices"] == json!([]) && last["usage"]["total_tokens"].as_u64() > Some(0), "{last}");
}

/// A stream whose answer does not end, and what came of it up to its first word.
async fn going_on(server: &Server, request: Builder, body: &Value) -> (BodyDataStream, String) {
    let response = server.router.clone().oneshot(json_body(request, body)).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut stream = response.into_body().into_data_stream();
    let mut text = String::new();
    while !text.contains("t1") {
        let chunk = tokio::time::timeout(LIMIT, stream.next()).await.unwrap().expect("it goes on").unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    (stream, text)
}

/// What comes up to the end of the stream.
async fn rest(stream: BodyDataStream, mut text: String) -> String {
    let more = stream.map(|chunk| String::from_utf8_lossy(&chunk.unwrap()).into_owned()).collect::<String>();
    text.push_str(&tokio::time::timeout(LIMIT, more).await.unwrap());
    text
}

#[tokio::test]
async fn an_answer_that_is_cut_off_does_not_look_whole() {
    let model = ModelServer::start().unwrap();
    model.always(Script::Silence(vec!["t1 ".to_owned()]));
    let server = Server::with_model(&model);
    let project = server.post("/api/v1/projects", json!({"name": "p"})).await.json()["id"].clone();
    let plain = json!({"messages": hi(), "stream": true});
    let kept = json!({"messages": hi(), "stream": true, "metadata": {"project_id": project}});
    for body in [&plain, &kept] {
        let token = server.post("/api/v1/tokens", json!({"name": "t", "scope": "write"})).await.json();
        let bearer = format!("Bearer {}", token["secret"].as_str().unwrap());
        let request = request("POST", "/v1/chat/completions").header("authorization", bearer);
        let (stream, text) = going_on(&server, request, body).await;
        let revoked = server.delete(&format!("/api/v1/tokens/{}", token["id"].as_str().unwrap())).await;
        assert!(revoked.status < 300, "{}", revoked.text());
        let chunks = chunks(&rest(stream, text).await);
        assert_eq!(chunks.last().unwrap()["error"]["type"], "authentication_error", "{body}");
    }
    let (stream, text) = going_on(&server, with_token("POST", "/v1/chat/completions"), &kept).await;
    server.shutdown.cancel();
    let chunks = chunks(&rest(stream, text).await);
    assert_eq!(chunks.last().unwrap()["error"]["message"], "The daemon is shutting down.");
}

#[tokio::test]
async fn errors_have_the_form_that_clients_read() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    for (body, status, param) in
        [(json!({"messages": hi(), "n": 2}), 400, json!("n")), (json!({"messages": []}), 400, json!("messages"))]
    {
        let got = ask(&server, body).await;
        assert_eq!((got.status, got.header("content-type")), (status, "application/json"));
        assert_eq!(
            (&got.json()["error"]["param"], &got.json()["error"]["type"]),
            (&param, &json!("invalid_request_error"))
        );
    }
    let none = request("POST", "/v1/chat/completions").body(Body::empty()).unwrap();
    assert_eq!(server.send(none).await.json()["error"]["type"], "authentication_error");
    let nothing = server.get("/v1/nothing").await.json();
    assert_eq!(nothing["error"]["type"], "not_found_error");
    assert!(nothing["error"]["message"].as_str().unwrap().contains("/v1/chat/completions"), "{nothing}");
    model.next(Script::error(400, "maximum context length is 10 tokens"));
    let long = ask(&server, json!({"messages": hi()})).await;
    assert_eq!(
        (long.status, &long.json()["error"]["code"]),
        (400, &json!("context_length_exceeded")),
        "{}",
        long.text()
    );
    let embeddings = server.post("/v1/embeddings", json!({"model": "embedded/x", "input": "x"})).await;
    assert_eq!((embeddings.status, &embeddings.json()["error"]["param"]), (400, &json!("model")));
    model.next(Script::error(402, "insufficient_quota"));
    let used_up = ask(&server, json!({"messages": hi()})).await;
    assert_eq!((used_up.status, &used_up.json()["error"]["type"]), (429, &json!("insufficient_quota")));
    assert_eq!(used_up.header("x-should-retry"), "false", "it would be asked for nothing");
    model.always(Script::error(500, "out of order"));
    let failed = ask(&server, json!({"messages": hi()})).await;
    assert_eq!((failed.status, &failed.json()["error"]["type"]), (502, &json!("server_error")), "{}", failed.text());
    let stream = ask(&server, json!({"messages": hi(), "stream": true})).await;
    assert_eq!((stream.status, &stream.json()["error"]["type"]), (502, &json!("server_error")), "no stream has begun");
    model.always(Script::CutOff(vec!["one ".to_owned()]));
    let stream = ask(&server, json!({"messages": hi(), "stream": true})).await;
    assert_eq!(stream.status, 200);
    let chunks = chunks(&stream.text());
    let message = chunks.last().unwrap()["error"]["message"].as_str().unwrap();
    assert!(!message.contains("is kept"), "nothing of it is: {message}");
}

#[tokio::test]
async fn a_model_that_does_not_exist_is_not_found() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let expect = |got: Answer| {
        let error = got.json()["error"].clone();
        assert_eq!((got.status, &error["code"]), (404, &json!("model_not_found")), "{error}");
        assert_eq!((&error["type"], &error["param"]), (&json!("invalid_request_error"), &json!("model")));
    };
    for name in ["no-such-alias", "nobody/m"] {
        for stream in [false, true] {
            expect(ask(&server, json!({"model": name, "messages": hi(), "stream": stream})).await);
        }
        expect(server.post("/v1/embeddings", json!({"model": name, "input": "x"})).await);
    }
    expect(server.get("/v1/models/nobody/m").await);
    let missing = r#"{"error":{"code":"model_not_found","message":"The model `q` does not exist"}}"#;
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    model.always(Script::Answer { status: 404, headers, body: missing.to_owned() });
    expect(ask(&server, json!({"model": "test/q", "messages": hi(), "stream": true})).await);
}

/// The rows of the usage report by model.
async fn used(server: &Server) -> Value {
    server.get("/api/v1/usage").await.json()
}

#[tokio::test]
async fn what_other_programs_use_is_counted() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("one two"));
    let server = Server::with_model(&model);
    let usage = ask(&server, json!({"messages": hi()})).await.json()["usage"].clone();
    ask(&server, json!({"messages": hi(), "stream": true})).await;
    let report = used(&server).await;
    let row = &report["items"][0];
    assert_eq!((&row["name"], &row["runs"]), (&json!("test/test-model"), &json!(2)));
    assert_eq!(row["input_tokens"].as_u64(), usage["prompt_tokens"].as_u64().map(|tokens| tokens * 2), "{report}");
    assert_eq!(server.get("/api/v1/usage?by=project").await.json()["items"][0]["name"], "", "of no project");
    // A failure is one, too; its tokens are not known.
    model.always(Script::error(500, "out of order"));
    ask(&server, json!({"messages": hi()})).await;
    let row = used(&server).await["items"][0].clone();
    assert_eq!((&row["runs"], &row["uncounted_runs"]), (&json!(3), &json!(1)), "{row}");
    let project = server.post("/api/v1/projects", json!({"name": "p"})).await.json()["id"].clone();
    let project = project.as_str().unwrap();
    let body = json!({"model": "test/test-model", "input": "abc"});
    let embed =
        |project: &str| json_body(with_token("POST", "/v1/embeddings").header("x-aiia-project", project), &body);
    assert_eq!(server.send(embed(project)).await.status, 200);
    let of_project = server.get(&format!("/api/v1/usage?project_id={project}")).await.json();
    assert_eq!((&of_project["total"]["runs"], &of_project["total"]["output_tokens"]), (&json!(1), &json!(0)));
    assert_eq!(server.send(embed("nowhere")).await.status, 404);
}

#[tokio::test]
async fn who_stops_listening_is_counted_as_well() {
    let model = ModelServer::start().unwrap();
    model.next(Script::Silence(vec!["one ".to_owned()]));
    let server = Server::with_model(&model);
    let body = json!({"messages": hi(), "stream": true});
    let response = server.router.clone().oneshot(json_body(with_token("POST", "/v1/chat/completions"), &body)).await;
    drop(response.unwrap());
    let counted = async {
        while used(&server).await["total"]["runs"] != 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, counted).await.expect("it is entered as cancelled");
    assert_eq!(used(&server).await["total"]["uncounted_runs"], 1);
}

#[tokio::test]
async fn a_kept_answer_is_given_again_where_that_is_wanted() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("one two"));
    let server = Server::configured(&model, "[cache]\nanswers = true\n");
    let body = |temperature: f64, stream: bool| json!({"messages": hi(), "temperature": temperature, "stream": stream});
    let first = ask(&server, body(0.0, false)).await;
    assert_eq!(first.header("x-aiia-kept-since"), "");
    let again = ask(&server, body(0.0, false)).await;
    assert!(!again.header("x-aiia-kept-since").is_empty(), "it is said");
    assert_eq!(again.json()["choices"], first.json()["choices"]);
    assert_eq!(again.json()["usage"]["total_tokens"], 0, "no model was asked");
    let streamed = ask(&server, body(0.0, true)).await;
    assert!(!streamed.header("x-aiia-kept-since").is_empty() && streamed.text().contains("one two"));
    assert_eq!(model.chats().len(), 1);
    ask(&server, body(1.0, false)).await;
    assert_eq!(model.chats().len(), 2, "what may turn out otherwise is asked again");
    let total = used(&server).await["total"].clone();
    assert_eq!((&total["runs"], &total["cached_runs"]), (&json!(4), &json!(2)), "{total}");
    let other = Server::with_model(&model);
    ask(&other, body(0.0, false)).await;
    ask(&other, body(0.0, false)).await;
    assert_eq!(model.chats().len(), 4, "nothing is kept unless wanted");
}

#[tokio::test]
async fn images_go_to_the_model_and_into_the_chat() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let png = "data:image/png;base64,iVBORw0KGgo=";
    let picture =
        |url: &str| json!([{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]);
    let messages = json!([{"role": "user", "content": picture(png)}]);
    let got = ask(&server, json!({"messages": messages})).await;
    assert_eq!(got.status, 200, "{}", got.text());
    let sent = model.chats().pop().unwrap().body;
    assert!(sent["messages"][0]["content"].to_string().contains(png), "{sent}");
    let remote = json!([{"role": "user", "content": picture("https://example.org/a.png")}]);
    let refused = ask(&server, json!({"messages": remote})).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["param"]),
        (400, &json!("messages.0.content.1.image_url.url"))
    );
    let embedded = ask(&server, json!({"model": "embedded/m", "messages": messages})).await;
    assert!((400..500).contains(&embedded.status), "{}", embedded.text());
    let project = server.post("/api/v1/projects", json!({"name": "p"})).await.json()["id"].clone();
    let kept = ask(&server, json!({"messages": messages, "metadata": {"project_id": project}})).await;
    let page = server.get(&format!("/api/v1/chats/{}/messages", kept.header("x-aiia-chat"))).await.json();
    assert_eq!(page["items"][0]["attachments"][0]["media_type"], "image/png", "{page}");
}

#[tokio::test]
async fn a_conversation_is_kept_where_it_is_wished() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let project = server.post("/api/v1/projects", json!({"name": "p"})).await.json()["id"].clone();
    let mut messages = hi();
    messages
        .as_array_mut()
        .unwrap()
        .extend([json!({"role": "assistant", "content": "hello"}), json!({"role": "user", "content": "and?"})]);
    let got = ask(&server, json!({"messages": messages, "metadata": {"project_id": project}})).await;
    let chat = got.header("x-aiia-chat").to_owned();
    assert_eq!(server.get(&format!("/api/v1/chats/{chat}")).await.json()["system_prompt"], "Be brief.");
    let stored = async || {
        let page = server.get(&format!("/api/v1/chats/{chat}/messages")).await.json();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["content"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(stored().await, ["hi", "hello", "and?", "Hello from the scripted model."]);

    let body = json_body(
        with_token("POST", "/v1/chat/completions").header("x-aiia-chat", &chat),
        &json!({"messages": hi(), "stream": true}),
    );
    chunks(&server.send(body).await.text());
    assert_eq!(stored().await.len(), 6);
    let sent = model.chats().pop().unwrap().body["messages"].as_array().unwrap().len();
    assert_eq!(sent, 6, "the chat's own history goes along");
    let nowhere = ask(&server, json!({"messages": hi(), "metadata": {"chat_id": "nowhere"}})).await;
    assert_eq!(nowhere.status, 404);
}

#[tokio::test]
async fn a_question_that_cannot_be_asked_leaves_no_chat() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let project = server.post("/api/v1/projects", json!({"name": "p"})).await.json()["id"].clone();
    let mut messages = hi();
    messages.as_array_mut().unwrap().push(json!({"role": "user", "content": " "}));
    let refused = ask(&server, json!({"messages": messages, "metadata": {"project_id": project}})).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert_eq!(server.get("/api/v1/chats").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_client_that_leaves_at_any_moment_leaves_no_answer_without_an_end() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("one two"));
    let server = Server::with_model(&model);
    let chat = server.chat().await;
    for moment in 0..40 {
        let body = json!({"messages": hi(), "stream": true});
        let request = json_body(with_token("POST", "/v1/chat/completions").header("x-aiia-chat", &chat), &body);
        let patience = Duration::from_micros(moment * 150);
        let _left = tokio::time::timeout(patience, server.router.clone().oneshot(request)).await;
    }
    let page = async || server.get(&format!("/api/v1/chats/{chat}/messages")).await.json();
    let ended = async {
        while page().await["items"].as_array().unwrap().iter().any(|message| message["status"] == "streaming") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, ended).await.expect("each answer has an end");
}

#[tokio::test]
async fn embeddings_are_passed_on_and_secrets_are_not() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let secret = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    let body = json!({"model": "test/test-model", "input": ["abc", format!("password = '{secret}'")]});
    let got = server.post("/v1/embeddings", body).await;
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(got.json()["data"][0], json!({"object": "embedding", "index": 0, "embedding": [3.0, 1.0]}));
    assert_eq!((&got.json()["model"], &got.json()["usage"]["total_tokens"]), (&json!("test/test-model"), &json!(2)));
    let sent = model.requests().pop().unwrap().body;
    assert_eq!((&sent["model"], &sent["input"][0]), (&json!("test-model"), &json!("abc")));
    assert!(!sent.to_string().contains(secret), "{sent}");
    let unknown = server.post("/v1/embeddings", json!({"model": "nobody/x", "input": "x"})).await;
    assert!((400..600).contains(&unknown.status) && unknown.json()["error"]["message"].is_string());
}

/// A server whose model cannot answer, and stands behind it `other`, which can.
async fn with_another(first: &ModelServer, other: &ModelServer) -> Server {
    first.always(Script::error(500, "down"));
    let url = other.openai_url();
    let provider = format!("[providers.other]\ndialect = 'openai_chat'\nbase_url = '{url}'\nmodels = ['m']\n");
    let server = Server::configured(first, &provider);
    let body = json!({"key": "fallback", "value": "[\"other/m\"]"});
    let changed = server.send(json_body(with_token("PATCH", "/api/v1/config"), &body)).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    server
}

#[tokio::test]
async fn it_is_said_which_model_has_answered() {
    let (first, other) = (ModelServer::start().unwrap(), ModelServer::start().unwrap());
    let server = with_another(&first, &other).await;
    assert_eq!(ask(&server, json!({"messages": hi()})).await.json()["model"], "other/m");
    let streamed = ask(&server, json!({"messages": hi(), "stream": true})).await;
    assert_eq!(chunks(&streamed.text()).last().unwrap()["model"], "other/m");
    let chat = server.chat().await;
    let kept = ask(&server, json!({"messages": hi(), "metadata": {"chat_id": chat}})).await;
    assert_eq!(kept.json()["model"], "other/m", "{}", kept.text());
}

#[tokio::test]
async fn a_test_of_a_model_is_not_passed_by_another() {
    let (first, other) = (ModelServer::start().unwrap(), ModelServer::start().unwrap());
    let server = with_another(&first, &other).await;
    let tested = server.post("/api/v1/models/test%2Ftest-model/test", json!({})).await;
    assert!(tested.status >= 400 && tested.text().contains("down"), "{}", tested.text());
    assert!(other.chats().is_empty());
}

#[tokio::test]
async fn a_test_of_a_model_ends_where_its_server_knows_no_limit() {
    let model = ModelServer::start().unwrap();
    let server = Server::configured(&model, "");
    model.always(Script::numbered(300));
    let tested = server.post("/api/v1/models/test%2Ftest-model/test", json!({})).await.json();
    assert!(tested["answer"].as_str().is_some_and(|answer| answer.ends_with("t256")), "{tested}");
}

#[tokio::test]
async fn a_summary_counts_as_made_by_whoever_made_it() {
    let (first, other) = (ModelServer::start().unwrap(), ModelServer::start().unwrap());
    let server = with_another(&first, &other).await;
    for body in [
        json!({"key": "providers.test.context_window", "value": "4096"}),
        json!({"key": "history.strategy", "value": "summary"}),
    ] {
        assert_eq!(server.send(json_body(with_token("PATCH", "/api/v1/config"), &body)).await.status, 200);
    }
    first.always(Script::text("Here."));
    let chat = server.chat().await;
    let say = async |words: usize| {
        let said = json!([{"role": "user", "content": "word ".repeat(words)}]);
        let got = ask(&server, json!({"messages": said, "metadata": {"chat_id": chat}})).await;
        assert_eq!(got.status, 200, "{}", got.text());
    };
    say(1200).await;
    assert!(other.chats().is_empty());
    // The summary is asked for before the answer.
    first.next(Script::error(500, "no summaries"));
    say(1000).await;
    assert_eq!(other.chats().len(), 1);
    let usage = server.get(&format!("/api/v1/usage?chat_id={chat}")).await.json();
    let of_other = usage.to_string();
    assert!(of_other.contains("other/m"), "{usage}");
    let page = server.get(&format!("/api/v1/chats/{chat}/messages")).await.json();
    let run = page["items"][3]["run_id"].as_str().unwrap();
    let events = server.get(&format!("/api/v1/runs/{run}/events")).await.text();
    assert!(events.contains("made no summary") && events.contains("other/m made now"), "{events}");
}

#[tokio::test]
async fn a_summary_that_repeats_itself_is_given_up() {
    let model = ModelServer::start().unwrap();
    let server =
        Server::configured(&model, "context_window = 4096\n[history]\nstrategy = 'summary'\n[timeouts]\nidle = 3\n");
    model.always(Script::text("Here."));
    let chat = server.chat().await;
    let say = async |words: usize| {
        let said = json!([{"role": "user", "content": "word ".repeat(words)}]);
        let got = ask(&server, json!({"messages": said, "metadata": {"chat_id": chat}})).await;
        assert_eq!(got.status, 200, "{}", got.text());
    };
    say(1200).await;
    // It says nothing more after that, and does not end.
    model.next(Script::Silence(vec!["The same again. ".to_owned(); 300]));
    say(1000).await;
    let page = server.get(&format!("/api/v1/chats/{chat}/messages")).await.json();
    let run = page["items"][3]["run_id"].as_str().unwrap();
    let events = server.get(&format!("/api/v1/runs/{run}/events")).await.text();
    assert!(events.contains("could not be summarised") && events.contains("over and over"), "{events}");
}

#[tokio::test]
async fn neighbours_of_one_role_are_one_message_and_what_fills_gaps_is_not_listed() {
    let model = ModelServer::start().unwrap();
    let url = model.openai_url();
    let fills = format!("[providers.fills]\ndialect = 'completions_fim'\nbase_url = '{url}'\nmodels = ['m']\n");
    let server = Server::configured(&model, &fills);
    let two = json!([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]);
    assert_eq!(ask(&server, json!({"model": "test/test-model", "messages": two})).await.status, 200);
    assert_eq!(model.chats().pop().unwrap().body["messages"], json!([{"role": "user", "content": "a\n\nb"}]));
    let listed = server.get("/v1/models").await.text();
    assert!(listed.contains("test/test-model") && !listed.contains("fills/"), "{listed}");
    assert!(server.get("/api/v1/models").await.text().contains("fills/m"));
    let refused = ask(&server, json!({"model": "fills/m", "messages": hi()})).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
}
