//! How answers end that are refused, empty or not whole.

use super::*;

/// A stream of these events, as a server of its dialect sends them.
fn events(of: &[Value]) -> Script {
    let mut text = of.iter().fold(String::new(), |text, event| text + &format!("data: {event}\n\n"));
    text.push_str("data: [DONE]\n\n");
    Script::Raw(vec![text.into_bytes()])
}

/// What is told of an answer, streamed or not, kept in a chat or not.
async fn told_in_each_way(server: &Server) -> Vec<Answer> {
    let mut all = Vec::new();
    for stream in [false, true] {
        for metadata in [json!({}), json!({"chat_id": server.chat().await})] {
            all.push(ask(server, json!({"messages": hi(), "stream": stream, "metadata": metadata})).await);
        }
    }
    all
}

#[tokio::test]
async fn what_a_provider_refuses_is_not_asked_for_again() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let filtered = r#"{"error":{"code":"content_filter","message":"no"}}"#;
    for (script, status, code, reason) in [
        (Script::error(401, "bad key"), 424, "upstream_unauthorized", "unauthorized"),
        (Script::error(403, "not for you"), 424, "upstream_unauthorized", "unauthorized"),
        (Script::error(422, "no such field"), 400, "upstream_bad_request", "bad_request"),
        (
            Script::Answer { status: 400, headers: Vec::new(), body: filtered.to_owned() },
            400,
            "content_filter",
            "content_filter",
        ),
    ] {
        model.always(script);
        for got in told_in_each_way(&server).await {
            let error = &got.json()["error"];
            assert_eq!(
                (got.status, &error["code"], &error["reason"]),
                (status, &json!(code), &json!(reason)),
                "{error}"
            );
            assert_eq!(got.header("www-authenticate"), "", "the token of the client is well");
        }
    }
    assert_eq!(model.chats().len(), 16, "none is asked twice");
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_told_apart_from_one_that_passes() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let used_up = r#"{"error":{"code":"insufficient_quota","message":"pay"}}"#.to_owned();
    for (script, kind, code, wait) in [
        (Script::too_many_requests(3600), "rate_limit_error", "rate_limit_exceeded", "3600"),
        (
            Script::Answer { status: 429, headers: Vec::new(), body: used_up },
            "insufficient_quota",
            "insufficient_quota",
            "",
        ),
    ] {
        model.always(script);
        for got in told_in_each_way(&server).await {
            let error = &got.json()["error"];
            assert_eq!((got.status, &error["type"], &error["code"]), (429, &json!(kind), &json!(code)), "{error}");
            assert_eq!((got.header("retry-after"), got.header("x-should-retry")), (wait, "false"), "{error}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_word_is_none() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let piece =
        |delta: Value, finish: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let call = json!({"tool_calls": [{"index": 0, "id": "t", "function": {"name": "rm", "arguments": "{}"}}]});
    for (script, said) in [
        (events(&[piece(json!({"content": " "}), json!("stop"))]), "gave an empty answer"),
        (events(&[piece(call, json!("tool_calls"))]), "asked for a tool"),
        (events(&[piece(json!({"reasoning_content": "hm"}), json!("stop"))]), "only thought"),
    ] {
        model.always(script);
        for got in told_in_each_way(&server).await {
            let text = got.text();
            let error = match got.status {
                // What a model has thought goes out before it is known that nothing comes of it.
                200 => chunks(&text).last().unwrap()["error"].clone(),
                502 => got.json()["error"].clone(),
                status => panic!("{status} {text}"),
            };
            assert_eq!((&error["type"], &error["reason"]), (&json!("server_error"), &json!("empty_answer")), "{text}");
            assert!(error["message"].as_str().unwrap().contains(said), "{text}");
            assert!(got.status == 200 || got.header("x-should-retry") == "false", "{text}");
        }
    }
    model.always(events(&[piece(json!({"reasoning_content": "hm"}), json!("length"))]));
    for got in told_in_each_way(&server).await {
        assert_eq!(got.status, 200, "{}", got.text());
        assert!(got.text().contains(r#""finish_reason":"length""#), "that its limit was met is told: {}", got.text());
    }
}

/// A stream of the text `a` that ends with this reason.
fn ending(reason: &str) -> Script {
    let end = json!({"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": reason}]});
    Script::Raw(vec![format!("data: {end}\n\ndata: [DONE]\n\n").into_bytes()])
}

#[tokio::test]
async fn it_is_said_why_an_answer_is_not_whole() {
    let model = ModelServer::start().unwrap();
    let server = Server::configured(&model, "context_window = 100000\n");
    for reason in ["length", "content_filter", "stop"] {
        model.always(ending(reason));
        let chat = server.chat().await;
        for metadata in [json!({}), json!({"chat_id": chat})] {
            let body = json!({"messages": hi(), "max_tokens": 16000, "metadata": metadata});
            let got = ask(&server, body).await.json();
            let choice = &got["choices"][0];
            assert_eq!(
                (&choice["finish_reason"], &choice["message"]["content"]),
                (&json!(reason), &json!("a")),
                "{got}"
            );
            assert_eq!(model.chats().pop().unwrap().body["max_tokens"], 16000);
        }
    }
    model.always(ending("error"));
    let got = ask(&server, json!({"messages": hi()})).await;
    assert!(got.status >= 400 && got.text().contains("broke its answer off"), "{}", got.text());
    assert_eq!(model.chats().pop().unwrap().body["max_tokens"], 4096);
    model.always(ending("length"));
    let chat = server.chat().await;
    ask(&server, json!({"messages": hi(), "metadata": {"chat_id": chat}})).await;
    let page = server.get(&format!("/api/v1/chats/{chat}/messages")).await.json();
    let run = page["items"][1]["run_id"].as_str().unwrap();
    let events = server.get(&format!("/api/v1/runs/{run}/events")).await.text();
    assert!(events.contains("answer_cut_off") && events.contains("its limit of 4096 tokens"), "{events}");
}
