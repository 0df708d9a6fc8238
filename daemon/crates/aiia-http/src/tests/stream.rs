//! Server-Sent Events.

use aiia_tests::model_server::{Gate, ModelServer, Script};
use axum::body::{Body, BodyDataStream};
use futures::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::support::*;

/// One event of a stream.
#[derive(Clone, Debug, PartialEq)]
struct Received {
    id: String,
    name: String,
    data: Value,
}

/// The events of a stream's text; comments and the retry time are left out.
fn events(text: &str) -> Vec<Received> {
    let field = |block: &str, name: &str| {
        let found = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        found.map(|value| value.strip_prefix(' ').unwrap_or(value).to_owned())
    };
    let blocks = text.split("\n\n").filter_map(|block| Some((block, field(block, "data")?)));
    blocks
        .map(|(block, data)| Received {
            id: field(block, "id").unwrap_or_default(),
            name: field(block, "event").unwrap_or_default(),
            data: serde_json::from_str(&data).unwrap(),
        })
        .collect()
}

async fn start(server: &Server, chat: &str) -> String {
    let run = server.post(&format!("/api/v1/chats/{chat}/runs"), json!({"content": "hi"})).await;
    assert_eq!(run.status, 202, "{}", run.text());
    run.json()["id"].as_str().unwrap().to_owned()
}

async fn open(server: &Server, path: &str) -> BodyDataStream {
    let request = with_token("GET", path).body(Body::empty()).unwrap();
    let response = server.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body().into_data_stream()
}

/// Reads on until `enough` of the text so far.
async fn read_until(stream: &mut BodyDataStream, enough: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    while !enough(&text) {
        let chunk = tokio::time::timeout(LIMIT, stream.next()).await.unwrap().expect("the stream goes on").unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

#[tokio::test]
async fn a_run_can_be_resumed_at_every_event() {
    let model = ModelServer::start().unwrap();
    model.always(Script::numbered(20));
    let server = Server::with_model(&model);
    let run = start(&server, &server.chat().await).await;
    let path = format!("/api/v1/runs/{run}/events");
    let answer = server.get(&path).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert!(
        answer.text().starts_with("retry: 3000\n\n") || answer.text().starts_with("retry:3000\n\n"),
        "{}",
        answer.text()
    );
    let all = events(&answer.text());
    assert_eq!(all.last().unwrap().name, "done");
    for (number, event) in (1..).zip(&all) {
        assert_eq!((event.id.clone(), &event.data["seq"]), (format!("{run}.{number}"), &json!(number)));
        assert_eq!(event.data["type"], event.name.as_str());
    }

    for after in 0..all.len() {
        let rest = &all[after..];
        let by_query = server.get(&format!("{path}?after={after}")).await;
        assert_eq!(events(&by_query.text()), rest, "after={after}");
        let resume = with_token("GET", &format!("{path}?after=1")).header("last-event-id", format!("{run}.{after}"));
        let by_header = server.send(resume.body(Body::empty()).unwrap()).await;
        assert_eq!(events(&by_header.text()), rest, "Last-Event-ID {after}");
    }
    let resume = with_token("GET", &path).header("last-event-id", &all.last().unwrap().id);
    assert_eq!(server.send(resume.body(Body::empty()).unwrap()).await.status, 204, "nothing more will ever come");
}

#[tokio::test]
async fn a_bad_place_to_resume_at_is_refused() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let run = start(&server, &server.chat().await).await;
    let path = format!("/api/v1/runs/{run}/events");
    for last in ["", "7", "x", &format!("{run}.x"), &format!("{run}."), "other.3"] {
        let request = with_token("GET", &path).header("last-event-id", last).body(Body::empty()).unwrap();
        let answer = server.send(request).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_params"), "{last}");
    }
    assert_eq!(server.get(&format!("{path}?after=-1")).await.status, 400);
    assert_eq!(server.get("/api/v1/runs/unknown/events").await.status, 404);
}

#[tokio::test]
async fn a_client_that_leaves_does_not_end_the_run() {
    let gate = Gate::closed();
    let model = ModelServer::start().unwrap();
    model.next(Script::Numbered { count: 30, gate: gate.clone() });
    let server = Server::with_model(&model);
    let run = start(&server, &server.chat().await).await;
    let path = format!("/api/v1/runs/{run}/events");
    for part in 1..=10 {
        gate.release(3);
        let mut stream = open(&server, &path).await;
        let token = format!("t{}", part * 3);
        read_until(&mut stream, |text| text.contains(&token)).await;
    }
    gate.release(1);
    let all = events(&server.get(&path).await.text());
    let text: String =
        all.iter().filter(|event| event.name == "text").filter_map(|event| event.data["text"].as_str()).collect();
    let expected: Vec<String> = (1..=30).map(|number| format!("t{number}")).collect();
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), expected);
    assert_eq!(all.last().unwrap().data["status"], "completed");
}

#[tokio::test]
async fn a_run_can_be_stopped() {
    let gate = Gate::closed();
    let model = ModelServer::start().unwrap();
    model.next(Script::Numbered { count: 5, gate: gate.clone() });
    let server = Server::with_model(&model);
    let run = start(&server, &server.chat().await).await;
    let path = format!("/api/v1/runs/{run}/events");
    let mut stream = open(&server, &path).await;
    gate.release(2);
    read_until(&mut stream, |text| text.contains("t2")).await;
    assert_eq!(server.delete(&format!("/api/v1/runs/{run}")).await.status, 200);
    let rest = read_until(&mut stream, |text| text.contains("event: done") || text.contains("event:done")).await;
    assert_eq!(events(&rest).last().unwrap().data["status"], "cancelled");
}

#[tokio::test]
async fn changes_of_every_client_arrive() {
    let server = Server::new();
    let mut stream = open(&server, "/api/v1/events").await;
    read_until(&mut stream, |text| text.contains("retry")).await;
    let chat = server.chat().await;
    let text = read_until(&mut stream, |text| text.contains(&chat)).await;
    let seen = events(&text);
    assert!(seen.iter().all(|event| event.name == "change"));
    assert_eq!(seen.last().unwrap().data["entity"], "chat");
    let numbers: Vec<u64> = seen.iter().map(|event| event.data["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_open_stream_is_a_client_and_ends_at_the_shutdown() {
    let server = Server::new();
    let activity = server.engine.activity();
    let mut stream = open(&server, "/api/v1/events").await;
    assert_eq!(activity.borrow().sessions, 1);
    server.shutdown.cancel();
    let end = async { while stream.next().await.is_some() {} };
    tokio::time::timeout(LIMIT, end).await.unwrap();
    drop(stream);
    assert_eq!(activity.borrow().sessions, 0);
}
