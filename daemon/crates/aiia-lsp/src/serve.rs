//! The loop of a connection: reads frames, hands them to the gate in the order of the wire, writes what comes back.
//!
//! tower-lsp's own server is not used: its codec buffers whatever length a frame announces and ends the connection at a
//! bad header, and it runs all handlers in one task.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use aiia_engine::{ClientInfo, Engine, Transport};
use aiia_protocol::handshake::Purpose;
use aiia_protocol::operation::Scope;
use futures::{FutureExt, SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_lsp::{ClientSocket, Loopback};

use crate::connection::Connection;
use crate::frames::{self, Frame, FrameReader, Malformed};
use crate::gate::{Answer, Gate};
use crate::server;

/// Requests that may be in work at the same time.
const MAX_REQUESTS: usize = 256;
/// Messages that may wait for a client that does not read.
const OUTGOING: usize = 256;
/// Messages that are written at once where so many wait.
const AT_ONCE: usize = 128;
/// Where so little time goes by between two of them, the next ones are let come before they are written.
const DENSE: Duration = Duration::from_micros(500);
/// What is in work when the client goes away, and what is still to be written, get this long.
const CLOSING_LIMIT: Duration = Duration::from_secs(1);

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// `shutdown`, then `exit`.
    Clean,
    /// `exit` without `shutdown`: the process ends with code 1.
    WithoutShutdown,
    /// The client, or the daemon, closed it.
    Closed,
}

/// Serves one connection until the client exits or closes it, or `shutdown` is cancelled. `purpose` says whether the custom
/// methods are there before `initialize`. Runs that the client started go on.
pub async fn serve<R, W>(
    engine: Engine,
    reader: R,
    mut writer: W,
    purpose: Purpose,
    shutdown: CancellationToken,
) -> Exit
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let transport = if purpose == Purpose::Lsp { Transport::Lsp } else { Transport::Cli };
    let session = engine.open_session(ClientInfo {
        name: transport.as_str().to_owned(),
        transport,
        scope: Scope::Admin,
        token: None,
    });
    let (outgoing, mut to_write) = mpsc::channel::<String>(OUTGOING);
    let closed = CancellationToken::new();
    let ended = closed.clone().drop_guard();
    let (service, socket, connection) =
        server::build(|client| Connection::new(session, client, purpose, outgoing.clone(), closed.clone()));
    crate::review::watch_edits(&connection);
    crate::indexing::watch(&connection);
    let gate = Gate::new(service, connection);
    let (mut requests, responses) = socket.split();
    let write_failed = CancellationToken::new();
    let failed = write_failed.clone();
    let mut writing = tokio::spawn(async move {
        let (mut asking, mut texts) = (true, Vec::new());
        let mut last = Instant::now();
        loop {
            tokio::select! {
                biased;
                count = to_write.recv_many(&mut texts, AT_ONCE) => if count == 0 {
                    break;
                },
                request = requests.next(), if asking => {
                    let Some(request) = request else {
                        asking = false;
                        continue;
                    };
                    texts.push(request.to_string());
                }
            }
            if last.elapsed() < DENSE {
                // After all that is ready to go on.
                tokio::task::yield_now().await;
                while texts.len() < AT_ONCE
                    && let Ok(text) = to_write.try_recv()
                {
                    texts.push(text);
                }
            }
            if let Err(error) = frames::write(&mut writer, texts.drain(..)).await {
                tracing::debug!(%error, "the client does not read any more");
                failed.cancel();
                break;
            }
            last = Instant::now();
        }
    });
    let mut reading =
        Reading { gate, responses, outgoing, tasks: JoinSet::new(), permits: Semaphore::new(MAX_REQUESTS).into() };
    let stopped = engine.shutdown_token();
    let exit = tokio::select! {
        biased;
        () = shutdown.cancelled() => Exit::Closed,
        () = stopped.cancelled() => Exit::Closed,
        () = write_failed.cancelled() => Exit::Closed,
        exit = reading.read(FrameReader::new(reader)) => exit,
    };
    let mut tasks = std::mem::take(&mut reading.tasks);
    if exit == Exit::Closed {
        let _ = tokio::time::timeout(CLOSING_LIMIT, async { while tasks.join_next().await.is_some() {} }).await;
    }
    tasks.shutdown().await;
    drop(ended);
    drop(reading);
    if tokio::time::timeout(CLOSING_LIMIT, &mut writing).await.is_err() {
        writing.abort();
    }
    exit
}

type ResponseSink = <ClientSocket as Loopback>::ResponseSink;

struct Reading {
    gate: Gate,
    responses: ResponseSink,
    outgoing: mpsc::Sender<String>,
    tasks: JoinSet<()>,
    permits: std::sync::Arc<Semaphore>,
}

impl Reading {
    async fn read<R: AsyncRead + Unpin>(&mut self, mut frames: FrameReader<R>) -> Exit {
        while let Some(frame) = frames.next().await {
            while self.tasks.try_join_next().is_some() {}
            let message = match frame {
                Frame::Message(message) => message,
                Frame::Malformed(reason) => {
                    self.refuse(Id::Null, &reason).await;
                    continue;
                }
            };
            if message.get("method").is_none() && (message.get("result").is_some() || message.get("error").is_some()) {
                match serde_json::from_value::<Response>(message) {
                    Ok(response) => {
                        let _ = self.responses.send(response).await;
                    }
                    Err(error) => tracing::warn!(%error, "a response that is none"),
                }
                continue;
            }
            let id = message.get("id").and_then(|id| serde_json::from_value::<Id>(id.clone()).ok());
            match request(message) {
                Ok(request) if request.method() == "exit" => {
                    let clean = self.gate.has_shut_down();
                    let _ = self.gate.call(request).await;
                    return if clean { Exit::Clean } else { Exit::WithoutShutdown };
                }
                Ok(request) => self.answer(request).await,
                Err(reason) => self.refuse(id.unwrap_or_default(), &Malformed::Invalid(reason)).await,
            }
        }
        Exit::Closed
    }

    async fn answer(&mut self, request: Request) {
        let id = request.id().cloned();
        let in_order = id.is_none() || matches!(request.method(), "initialize" | "shutdown");
        let called = std::panic::catch_unwind(AssertUnwindSafe(|| self.gate.call(request)));
        let Ok(future) = called else {
            tracing::error!("a handler panicked");
            self.refuse_with(id, Error::internal_error()).await;
            return;
        };
        let mut future = Box::pin(AssertUnwindSafe(future).catch_unwind());
        if in_order && let Some(result) = (&mut future).now_or_never() {
            finish(&self.outgoing, id, result.unwrap_or_else(|_| Ok(panicked(None)))).await;
            return;
        }
        let Ok(permit) = self.permits.clone().acquire_owned().await else { return };
        let outgoing = self.outgoing.clone();
        self.tasks.spawn(async move {
            let result = future.await.unwrap_or_else(|_| Ok(panicked(id.as_ref())));
            finish(&outgoing, id, result).await;
            drop(permit);
        });
    }

    async fn refuse(&self, id: Id, reason: &Malformed) {
        let (code, text) = match reason {
            Malformed::Parse(text) => (ErrorCode::ParseError, text),
            Malformed::Invalid(text) => (ErrorCode::InvalidRequest, text),
        };
        tracing::warn!(%text, "a malformed message");
        self.refuse_with(Some(id), Error { code, message: text.clone().into(), data: None }).await;
    }

    async fn refuse_with(&self, id: Option<Id>, error: Error) {
        if let Some(id) = id {
            send(&self.outgoing, &Response::from_error(id, error)).await;
        }
    }
}

fn panicked(id: Option<&Id>) -> Answer {
    tracing::error!("a handler panicked");
    Answer::from(id.map(|id| Response::from_error(id.clone(), Error::internal_error())))
}

async fn finish(outgoing: &mpsc::Sender<String>, id: Option<Id>, result: Result<Answer, tower_lsp::ExitedError>) {
    let Ok(Answer { response, then }) = result else { return };
    // A request always gets an answer.
    let response = response.or_else(|| id.map(|id| Response::from_error(id, Error::method_not_found())));
    if let Some(response) = response {
        send(outgoing, &response).await;
    }
    if let Some(then) = then {
        then();
    }
}

async fn send(outgoing: &mpsc::Sender<String>, response: &Response) {
    match serde_json::to_string(response) {
        Ok(text) => {
            let _ = outgoing.send(text).await;
        }
        Err(error) => tracing::error!(%error, "a response that cannot be written"),
    }
}

/// A JSON object as a request; what is wrong with it otherwise.
fn request(mut message: Value) -> Result<Request, String> {
    if message.get("method").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err("A request has a `method`.".to_owned());
    }
    // `null` stands for no parameters.
    if message.get("params").is_some_and(Value::is_null)
        && let Some(members) = message.as_object_mut()
    {
        members.remove("params");
    }
    if message.get("params").is_some_and(|params| !params.is_object() && !params.is_array()) {
        return Err("`params` is an object or an array.".to_owned());
    }
    serde_json::from_value(message).map_err(|error| format!("The message is no JSON-RPC 2.0 request: {error}."))
}
