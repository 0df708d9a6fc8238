//! Streams as Server-Sent Events, which a client can resume where it lost them.

use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aiia_engine::{Rarely, Reply, Session};
use aiia_protocol::operation::{Mode, Operation, Row, RunEvents, RunGet};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::RunEvent;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, Stream, StreamExt};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::guard::Access;
use crate::router::App;
use crate::routes::Shape;

/// How long a browser waits until it connects again, in milliseconds.
const RETRY: &[u8] = b"retry: 3000\n\n";
/// A comment in this rhythm shows both sides that the other one is there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const COMMENT: &[u8] = b":\n\n";
/// What an event takes, as most are.
const EVENT_BYTES: usize = 256;
/// How long a stream may take to bring its last events at the shutdown.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// The header with the last `id:` that the client has seen.
const LAST_EVENT_ID: &str = "last-event-id";

/// An event as it is on the wire.
pub(crate) type Event = Vec<u8>;

/// The events of an answer. They are its body, unless a connection takes them out to write them itself.
#[derive(Clone)]
pub(crate) struct Source(Arc<Mutex<Option<BoxStream<'static, Event>>>>);

impl Source {
    fn with<R>(&self, look: impl FnOnce(&mut Option<BoxStream<'static, Event>>) -> R) -> R {
        look(&mut self.0.lock())
    }

    /// Takes them out; the body is empty then.
    pub(crate) fn take(&self) -> Option<BoxStream<'static, Event>> {
        self.with(Option::take)
    }

    fn body(self) -> Body {
        Body::from_stream(stream::poll_fn(move |context| {
            self.with(|events| match events {
                Some(events) => events.poll_next_unpin(context).map(|event| event.map(Ok::<_, Infallible>)),
                None => Poll::Ready(None),
            })
        }))
    }
}

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
    let over = async move {
        tokio::select! {
            () = shutdown => {}
            () = access.over() => {}
        }
    };
    let events = events.map(move |event| {
        let _open = &session;
        event
    });
    let source = Source(Arc::new(Mutex::new(Some(written(events, over, KEEP_ALIVE).boxed()))));
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    let mut response = (headers, source.clone().body()).into_response();
    response.extensions_mut().insert(source);
    response
}

/// What a client gets of `events` until `over`: how to come back before them, and comments while there are none.
fn written(
    events: impl Stream<Item = Event> + Send + 'static,
    over: impl Future<Output = ()> + Send + 'static,
    keep_alive: Duration,
) -> impl Stream<Item = Event> + Send + 'static {
    let (mut events, mut over) = (Box::pin(events), Rarely::new(over));
    // When it is due it is seen whether it has been put off since.
    let (mut alive, mut last) = (Rarely::new(sleep(keep_alive)), Instant::now());
    let (mut opened, mut ended) = (false, false);
    stream::poll_fn(move |context| {
        if !std::mem::replace(&mut opened, true) {
            return Poll::Ready(Some(RETRY.to_vec()));
        }
        ended = ended || over.poll_unpin(context).is_ready();
        if ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(event) = events.poll_next_unpin(context) {
            (last, ended) = (Instant::now(), event.is_none());
            return Poll::Ready(event);
        }
        while alive.poll_unpin(context).is_ready() {
            let silent = last.elapsed() >= keep_alive;
            if silent {
                last = Instant::now();
            }
            alive.change(|alive| alive.reset(last + keep_alive));
            if silent {
                return Poll::Ready(Some(COMMENT.to_vec()));
            }
        }
        Poll::Pending
    })
}

/// An event with its name, what it says in one line, and its identifier.
fn event(name: &str, data: &impl Serialize, id: Option<std::fmt::Arguments<'_>>) -> Event {
    let mut event = Vec::with_capacity(EVENT_BYTES);
    for piece in ["event: ", name, "\ndata: "] {
        event.extend_from_slice(piece.as_bytes());
    }
    // What is written to memory and has nothing but names for keys can be written.
    let _ = serde_json::to_writer(&mut event, data);
    if let Some(id) = id {
        let _ = write!(event, "\nid: {id}");
    }
    event.extend_from_slice(b"\n\n");
    event
}

/// An event of a run.
pub(crate) fn of_run(of: &RunEvent) -> Event {
    event(of.kind.name(), of, Some(format_args!("{}.{}", of.run_id, of.seq)))
}

/// An event of any other stream.
pub(crate) fn of_item(item: &Value) -> Event {
    let name = item.get("type").and_then(Value::as_str).unwrap_or("change");
    match (item.get("run_id").and_then(Value::as_str), item.get("seq").and_then(Value::as_u64)) {
        (_, None) => event(name, item, None),
        (Some(run), Some(seq)) => event(name, item, Some(format_args!("{run}.{seq}"))),
        (None, Some(seq)) => event(name, item, Some(format_args!("{seq}"))),
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
            let text = String::from_utf8(of_run(&event)).unwrap();
            assert_eq!(text, String::from_utf8(of_item(&item)).unwrap());
            let expected = format!("event: {}\ndata: {item}\nid: r-1.{seq}\n\n", item["type"].as_str().unwrap());
            assert_eq!(text, expected);
        }
    }

    #[tokio::test]
    async fn a_silent_stream_has_comments_until_it_is_over() {
        let (sender, events) = futures::channel::mpsc::unbounded();
        let (end, over) = tokio::sync::oneshot::channel::<()>();
        let over = over.map(drop);
        let mut written = std::pin::pin!(written(events, over, Duration::from_millis(20)));
        assert_eq!(written.next().await.as_deref(), Some(RETRY));
        assert_eq!(written.next().await.as_deref(), Some(COMMENT));
        sender.unbounded_send(b"data: 1\n\n".to_vec()).unwrap();
        assert_eq!(written.next().await.as_deref(), Some(b"data: 1\n\n".as_slice()));
        let last = Instant::now();
        assert_eq!(written.next().await.as_deref(), Some(COMMENT));
        assert!(last.elapsed() >= Duration::from_millis(10), "an event puts it off");
        end.send(()).unwrap();
        assert_eq!(written.next().await, None);
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
