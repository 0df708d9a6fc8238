//! Streams as Server-Sent Events, which a client can resume where it lost them.

use std::convert::Infallible;
use std::time::Duration;

use aiia_engine::{Reply, Session};
use aiia_protocol::operation::{Mode, Operation, Row, RunEvents, RunGet};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::RunEvent;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use futures::stream::{self, FuturesUnordered};
use futures::{FutureExt, Stream, StreamExt};
use serde_json::{Value, json};

use crate::guard::Access;
use crate::router::App;
use crate::routes::Shape;

/// How long a browser waits until it connects again.
const RETRY: Duration = Duration::from_secs(3);
/// A comment in this rhythm shows both sides that the other one is there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a stream may take to bring its last events at the shutdown.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// The header with the last `id:` that the client has seen.
const LAST_EVENT_ID: &str = "last-event-id";

/// Takes over `Last-Event-ID`; it wins over `after`, because a browser sends it to the same address again. Says whether
/// there was one. Where the operation cannot go back, it is only checked: the gap in the numbers tells what is missing.
pub(crate) fn resume(row: &Row, shape: &Shape, headers: &HeaderMap, params: &mut Value) -> Result<bool, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID).filter(|_| row.mode == Mode::Streaming) else { return Ok(false) };
    let invalid = || {
        Problem::new(ProblemCode::InvalidParams, "Last-Event-ID is not the id of an event of this stream.")
            .with_hint("Send the `id` of the last event that arrived, or leave the header out.")
    };
    let value = value.to_str().map_err(|_| invalid())?;
    let number = match params.get("run_id").and_then(Value::as_str) {
        Some(run) => value.strip_prefix(run).and_then(|rest| rest.strip_prefix('.')).ok_or_else(invalid)?,
        None => value,
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let after: u64 = number.parse().ok().filter(|_| digits).ok_or_else(invalid)?;
    if shape.has("after") {
        params["after"] = Value::from(after);
    }
    Ok(true)
}

/// Whether the stream that is resumed has nothing more to give, now or later.
pub(crate) async fn is_over(session: &Session, row: &Row, params: &Value) -> bool {
    if row.name != RunEvents::ROW.name {
        return false;
    }
    let run = session.call(RunGet::ROW.name, json!({"run_id": params["run_id"]})).await;
    let Ok(Reply::One(run)) = run else { return false };
    run["status"] != "running" && run["last_seq"].as_u64() <= params["after"].as_u64()
}

/// Tells a browser not to connect again.
pub(crate) fn nothing_more() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// The response for a stream. The session lives as long as it; the stream ends at the shutdown, and when what the client
/// has shown is not taken any more.
pub(crate) fn response(
    events: impl Stream<Item = Event> + Send + 'static,
    session: Session,
    access: Access,
    app: &App,
) -> Response {
    let (ours, engines) = (app.shutdown.clone(), app.engine.shutdown_token());
    let shutdown = async move {
        tokio::select! {
            () = ours.cancelled_owned() => {}
            () = engines.cancelled_owned() => {}
        }
        tokio::time::sleep(LAST_WORDS).await;
    };
    // Looked at only when they were woken themselves, and not once more for every event.
    let mut ends = FuturesUnordered::<BoxFuture<'static, ()>>::from_iter([shutdown.boxed(), access.over().boxed()]);
    let over = async move {
        ends.next().await;
    };
    let events = events.map(move |event| {
        let _open = &session;
        Ok::<_, Infallible>(event)
    });
    let opening = stream::once(std::future::ready(Ok(Event::default().retry(RETRY))));
    let events = opening.chain(events).take_until(over);
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

/// An event of a run.
pub(crate) fn of_run(event: &RunEvent) -> Event {
    // What is written to memory and has nothing but names for keys can be written.
    let text = serde_json::to_string(event).unwrap_or_default();
    Event::default().event(event.kind.name()).data(text).id(format!("{}.{}", event.run_id, event.seq))
}

/// An event of any other stream.
pub(crate) fn of_item(item: &Value) -> Event {
    let name = item.get("type").and_then(Value::as_str).unwrap_or("change");
    let event = Event::default().event(name).data(item.to_string());
    match item.get("seq").and_then(Value::as_u64) {
        None => event,
        Some(seq) => match item.get("run_id").and_then(Value::as_str) {
            Some(run) => event.id(format!("{run}.{seq}")),
            None => event.id(seq.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use aiia_protocol::operation;
    use aiia_protocol::run::{RunEventKind, RunStatus, Usage};

    use super::*;

    #[test]
    fn an_event_of_a_run_is_written_as_every_item_is() {
        let text = || "a\n\"b\"".to_owned();
        let kinds = [
            RunEventKind::Status { text: text() },
            RunEventKind::Context { tokens: 1, pieces: vec![text()], redactions: 0 },
            RunEventKind::Text { text: text() },
            RunEventKind::Reasoning { text: text() },
            RunEventKind::Edit { edit_id: "e".into(), files: Vec::new() },
            RunEventKind::Complaint { message: text() },
            RunEventKind::Notice { reason: "model".to_owned(), text: text() },
            RunEventKind::Usage { usage: Usage::default() },
            RunEventKind::Done { status: RunStatus::Completed, problem: None },
        ];
        for (kind, seq) in kinds.into_iter().zip(1..) {
            let event = RunEvent { run_id: "r-1".into(), seq, kind };
            let item = serde_json::to_value(&event).unwrap();
            assert_eq!(format!("{:?}", of_run(&event)), format!("{:?}", of_item(&item)));
        }
    }

    fn check(row: &str, last: &str, params: Value, expected: Result<Value, u16>) {
        let row = operation::find(row).unwrap();
        let headers = HeaderMap::from_iter([(LAST_EVENT_ID.parse().unwrap(), last.parse().unwrap())]);
        let mut got = params;
        let result = resume(row, &Shape::of(row), &headers, &mut got);
        assert_eq!(result.map(|_| got).map_err(|problem| problem.status), expected, "{last}");
    }

    #[test]
    fn last_event_ids() {
        let run = || json!({"run_id": "r-1", "after": 2});
        check("run.events", "r-1.7", run(), Ok(json!({"run_id": "r-1", "after": 7})));
        check("run.events", "r-1.0", json!({"run_id": "r-1"}), Ok(json!({"run_id": "r-1", "after": 0})));
        for bad in ["", "7", "r-1", "r-1.", "r-1.-1", "r-1.+7", "r-1.x", "r-2.7", "r-1.7.8", "r-1.99999999999999999999"]
        {
            check("run.events", bad, run(), Err(400));
        }
        check("events.subscribe", "12", json!({}), Ok(json!({})));
        check("events.subscribe", "x", json!({}), Err(400));
        check("run.get", "x", run(), Ok(run()));
    }
}
