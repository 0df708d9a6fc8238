//! A model server that does as it is told: it streams, waits, cuts off and lies.
//!
//! It speaks every dialect of ours, each below the address that [`ModelServer::base_url`] gives, and runs on a thread of its own, so that synchronous and asynchronous tests
//! can use it alike. What it answers is scripted; what it was asked, and when the asker closed the
//! connection, can be inspected.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use parking_lot::{Condvar, Mutex, MutexGuard};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::serving::Serving;

/// The longest request body that is read.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// What to answer to a chat request.
#[derive(Clone, Debug)]
pub enum Script {
    /// These tokens, then a proper end with usage.
    Tokens(Vec<String>),
    /// `t1 t2 …`, so many of them, each only when the gate lets it through, then a proper end.
    Numbered {
        /// How many tokens.
        count: usize,
        /// Lets the tokens through.
        gate: Gate,
    },
    /// These tokens, then the connection breaks off.
    CutOff(Vec<String>),
    /// These tokens, then a clean end of the body without any end mark.
    EndEarly(Vec<String>),
    /// These tokens, then nothing more, with the connection left open.
    Silence(Vec<String>),
    /// Not even a head, for ever.
    Stall,
    /// A status with headers and a body.
    Answer {
        /// The HTTP status.
        status: u16,
        /// Further headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// 200 with the dialect's content type and exactly these bytes, chunk by chunk.
    Raw(Vec<Vec<u8>>),
    /// These tokens, then one line that never ends.
    EndlessLine(Vec<String>),
}

impl Script {
    /// The words of `text` as tokens, each with the space before it.
    pub fn text(text: &str) -> Self {
        Self::Tokens(text.split_inclusive(' ').map(str::to_owned).collect())
    }

    /// Numbered tokens that come as fast as they can.
    pub fn numbered(count: usize) -> Self {
        Self::Numbered { count, gate: Gate::open() }
    }

    /// A status with an error object as both dialects know it.
    pub fn error(status: u16, message: &str) -> Self {
        let body = json!({ "error": { "message": message } }).to_string();
        Self::Answer { status, headers: vec![("content-type".into(), "application/json".into())], body }
    }

    /// 429 that asks to wait so many seconds.
    pub fn too_many_requests(retry_after: u32) -> Self {
        let headers = vec![("retry-after".into(), retry_after.to_string())];
        Self::Answer { status: 429, headers, body: json!({ "error": { "message": "slow down" } }).to_string() }
    }

    /// 404 as for a model that does not exist.
    pub fn model_missing(model: &str) -> Self {
        Self::error(404, &format!("model '{model}' not found"))
    }

    /// A web page with status 200.
    pub fn html() -> Self {
        let headers = vec![("content-type".into(), "text/html".into())];
        Self::Answer { status: 200, headers, body: "<!DOCTYPE html><html><body>Log in</body></html>".into() }
    }

    /// A redirect.
    pub fn redirect(location: &str) -> Self {
        Self::Answer { status: 302, headers: vec![("location".into(), location.into())], body: String::new() }
    }
}

/// Lets numbered tokens through one by one, as the test wants.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A gate that stands open.
    pub fn open() -> Self {
        Self(Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)))
    }

    /// A gate that lets nothing through until told.
    pub fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets so many more tokens through. The proper end after the last one counts as a token.
    pub fn release(&self, count: usize) {
        self.0.add_permits(count);
    }

    async fn pass(&self) {
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `GET`, `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as JSON; null if it is none.
    pub body: Value,
}

impl Recorded {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Log {
    scripts: VecDeque<Script>,
    fallback: Option<Script>,
    models: Vec<String>,
    /// What it tells of a model that it is asked about alone.
    told: Option<Value>,
    requests: Vec<Recorded>,
    /// Chat answers that the asker closed before they were over.
    abandoned: usize,
    /// Chat answers that were sent to their end.
    completed: usize,
}

#[derive(Default)]
struct Shared {
    log: Mutex<Log>,
    changed: Condvar,
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock()
    }

    fn change(&self, change: impl FnOnce(&mut Log)) {
        change(&mut self.log());
        self.changed.notify_all();
    }
}

/// The server. Dropping it stops it.
pub struct ModelServer {
    shared: Arc<Shared>,
    serving: Serving,
}

impl ModelServer {
    /// Starts a server on a free port of this machine. It lists the models `test-model` and
    /// `other-model:7b` and, until scripted otherwise, answers `Hello from the scripted model.`
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        shared.change(|log| log.models = vec!["test-model".into(), "other-model:7b".into()]);
        let app = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        Ok(Self { shared, serving: Serving::start("model-server", app)? })
    }

    /// The address for the dialect `ollama`, e.g. `http://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        self.serving.url()
    }

    /// The address for the dialect `openai_chat`.
    pub fn openai_url(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// The base address for the dialect of this name.
    pub fn base_url(&self, dialect: &str) -> String {
        match dialect {
            "ollama" => self.url(),
            "gemini" => format!("{}/v1beta", self.url()),
            _ => self.openai_url(),
        }
    }

    /// Answers the next chat request that has no script yet with this one.
    pub fn next(&self, script: Script) {
        self.shared.change(|log| log.scripts.push_back(script));
    }

    /// Answers with this one whenever no script is left.
    pub fn always(&self, script: Script) {
        self.shared.change(|log| log.fallback = Some(script));
    }

    /// What it tells from now on of a model that it is asked about alone, by Ollama's `/api/show` or llama.cpp's `/props`.
    pub fn tells(&self, of_model: Value) {
        self.shared.change(|log| log.told = Some(of_model));
    }

    /// The models to list from now on.
    pub fn set_models(&self, models: &[&str]) {
        self.shared.change(|log| log.models = models.iter().map(ToString::to_string).collect());
    }

    /// All requests so far, listings included.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.log().requests.clone()
    }

    /// The chat requests so far.
    pub fn chats(&self) -> Vec<Recorded> {
        self.requests().into_iter().filter(|request| request.method == "POST").collect()
    }

    /// Waits until there have been so many chat requests; false if that takes longer than `limit`.
    pub fn wait_for_chats(&self, count: usize, limit: Duration) -> bool {
        self.wait(limit, |log| log.requests.iter().filter(|request| request.method == "POST").count() >= count)
    }

    /// Waits until so many chat answers were closed by the asker before their end.
    pub fn wait_for_abandoned(&self, count: usize, limit: Duration) -> bool {
        self.wait(limit, |log| log.abandoned >= count)
    }

    /// Waits until so many chat answers were sent to their end.
    pub fn wait_for_completed(&self, count: usize, limit: Duration) -> bool {
        self.wait(limit, |log| log.completed >= count)
    }

    fn wait(&self, limit: Duration, reached: impl Fn(&Log) -> bool) -> bool {
        let deadline = Instant::now() + limit;
        let mut log = self.shared.log();
        while !reached(&log) {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
            self.shared.changed.wait_for(&mut log, left);
        }
        true
    }
}

/// Counts an answer as abandoned unless it is told that it was completed.
struct Watch {
    shared: Arc<Shared>,
    complete: bool,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let complete = self.complete;
        self.shared.change(|log| if complete { log.completed += 1 } else { log.abandoned += 1 });
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    OpenaiChat,
    OpenaiResponses,
    AnthropicMessages,
    Gemini,
    Ollama,
    CompletionsFim,
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let path = head.uri.path().to_owned();
    let recorded = Recorded {
        method: head.method.to_string(),
        path: path.clone(),
        headers: readable(&head.headers),
        body: body.clone(),
    };
    shared.change(|log| log.requests.push(recorded));
    let models = shared.log().models.clone();
    match (head.method.as_str(), path.as_str()) {
        ("GET", "/v1/models") => {
            let data: Vec<Value> = models.iter().map(|name| json!({ "id": name, "object": "model" })).collect();
            answer(200, &[], json!({ "object": "list", "data": data }).to_string())
        }
        ("GET", "/api/tags") => {
            let models: Vec<Value> = models.iter().map(|name| json!({ "name": name, "size": 1_000_000 })).collect();
            answer(200, &[], json!({ "models": models }).to_string())
        }
        ("POST", "/api/show") | ("GET", "/props") if shared.log().told.is_some() => {
            let told = shared.log().told.clone().unwrap_or_default();
            answer(200, &[], told.to_string())
        }
        ("GET", "/v1beta/models") => {
            let models: Vec<Value> = models.iter().map(|name| json!({ "name": format!("models/{name}") })).collect();
            answer(200, &[], json!({ "models": models }).to_string())
        }
        ("POST", "/v1/chat/completions") => play(shared, Dialect::OpenaiChat).await,
        ("POST", "/v1/responses") => play(shared, Dialect::OpenaiResponses).await,
        ("POST", "/v1/messages") => play(shared, Dialect::AnthropicMessages).await,
        ("POST", "/v1/completions") => play(shared, Dialect::CompletionsFim).await,
        ("POST", path) if path.starts_with("/v1beta/models/") && path.ends_with(":streamGenerateContent") => {
            play(shared, Dialect::Gemini).await
        }
        ("POST", "/api/chat") => play(shared, Dialect::Ollama).await,
        // The vector of a text: how long it is, and one.
        ("POST", "/v1/embeddings" | "/api/embed") => {
            let texts = body["input"].as_array().cloned().unwrap_or_default();
            let vectors: Vec<Value> =
                texts.iter().map(|text| json!([text.as_str().unwrap_or_default().len(), 1.0])).collect();
            let data = |(index, vector): (usize, &Value)| json!({ "index": index, "embedding": vector });
            let data: Vec<Value> = vectors.iter().enumerate().map(data).collect();
            let answered = json!({ "embeddings": vectors, "data": data, "usage": { "prompt_tokens": texts.len() } });
            answer(200, &[], answered.to_string())
        }
        _ => answer(404, &[], "404 page not found".to_owned()),
    }
}

fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

async fn play(shared: Arc<Shared>, dialect: Dialect) -> Response {
    let script = {
        let mut log = shared.log();
        log.scripts.pop_front().or_else(|| log.fallback.clone())
    };
    let mut watch = Watch { shared, complete: false };
    let script = script.unwrap_or_else(|| Script::text("Hello from the scripted model."));
    let (open, tokens): (bool, BoxStream<'static, Bytes>) = match script {
        Script::Answer { status, headers, body } => {
            watch.complete = true;
            return answer(status, &headers, body);
        }
        Script::Stall => {
            let _watch = watch;
            return futures::future::pending().await;
        }
        Script::Tokens(tokens) => {
            let end = end(dialect, tokens.len());
            return streamed(dialect, watch, listed(dialect, tokens).chain(end).map(Ok).boxed());
        }
        Script::Numbered { count, gate } => {
            let tokens = stream::iter(1..=count).map(move |number| token(dialect, &format!("t{number} ")));
            let all = tokens.chain(end(dialect, count)).then(move |bytes| {
                let gate = gate.clone();
                async move {
                    gate.pass().await;
                    Ok(bytes)
                }
            });
            return streamed(dialect, watch, all.boxed());
        }
        Script::CutOff(tokens) => {
            let broken = stream::once(async {
                // What was written is sent when the body has nothing ready; an error before that discards it.
                tokio::task::yield_now().await;
                Err(io::Error::from(io::ErrorKind::ConnectionReset))
            });
            return streamed(dialect, watch, listed(dialect, tokens).map(Ok).chain(broken).boxed());
        }
        Script::EndEarly(tokens) => (false, listed(dialect, tokens)),
        Script::Silence(tokens) => (true, listed(dialect, tokens)),
        Script::Raw(chunks) => (false, stream::iter(chunks.into_iter().map(Bytes::from)).boxed()),
        Script::EndlessLine(tokens) => {
            let line = stream::repeat(Bytes::from(vec![b'x'; 64 * 1024]));
            let start = stream::once(async { Bytes::from_static(b"data: ") });
            (false, listed(dialect, tokens).chain(start).chain(line).boxed())
        }
    };
    let tokens = if open { tokens.chain(stream::pending()).boxed() } else { tokens };
    streamed(dialect, watch, tokens.map(Ok).boxed())
}

fn listed(dialect: Dialect, tokens: Vec<String>) -> BoxStream<'static, Bytes> {
    stream::iter(tokens).map(move |text| token(dialect, &text)).boxed()
}

fn token(dialect: Dialect, text: &str) -> Bytes {
    match dialect {
        Dialect::OpenaiChat => {
            event(&json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] }))
        }
        Dialect::OpenaiResponses => event(&json!({ "type": "response.output_text.delta", "delta": text })),
        Dialect::AnthropicMessages => event(
            &json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } }),
        ),
        Dialect::Gemini => event(
            &json!({ "candidates": [{ "content": { "role": "model", "parts": [{ "text": text }] }, "index": 0 }] }),
        ),
        Dialect::CompletionsFim => event(&json!({ "choices": [{ "index": 0, "text": text, "finish_reason": null }] })),
        Dialect::Ollama => line(&json!({ "message": { "role": "assistant", "content": text }, "done": false })),
    }
}

fn end(dialect: Dialect, tokens: usize) -> BoxStream<'static, Bytes> {
    let bytes = match dialect {
        Dialect::OpenaiChat => {
            let finish = event(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }));
            let usage = event(&json!({ "choices": [], "usage": { "prompt_tokens": 10, "completion_tokens": tokens } }));
            Bytes::from([&finish[..], &usage, b"data: [DONE]\n\n"].concat())
        }
        Dialect::OpenaiResponses => event(&json!({ "type": "response.completed", "response": {
            "status": "completed", "usage": { "input_tokens": 10, "output_tokens": tokens } } })),
        Dialect::AnthropicMessages => {
            let delta = event(&json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" },
                "usage": { "input_tokens": 10, "output_tokens": tokens } }));
            Bytes::from([&delta[..], &event(&json!({ "type": "message_stop" }))].concat())
        }
        Dialect::Gemini => event(&json!({ "candidates": [{ "finishReason": "STOP", "index": 0 }],
            "usageMetadata": { "promptTokenCount": 10, "candidatesTokenCount": tokens } })),
        Dialect::CompletionsFim => {
            let finish = event(&json!({ "choices": [{ "index": 0, "text": "", "finish_reason": "stop" }],
                "usage": { "prompt_tokens": 10, "completion_tokens": tokens } }));
            Bytes::from([&finish[..], b"data: [DONE]\n\n"].concat())
        }
        Dialect::Ollama => line(&json!({ "message": { "role": "assistant", "content": "" }, "done": true,
            "done_reason": "stop", "prompt_eval_count": 10, "eval_count": tokens })),
    };
    stream::once(async { bytes }).boxed()
}

fn event(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

fn line(value: &Value) -> Bytes {
    Bytes::from(format!("{value}\n"))
}

fn streamed(dialect: Dialect, watch: Watch, chunks: BoxStream<'static, io::Result<Bytes>>) -> Response {
    let content_type = match dialect {
        Dialect::Ollama => "application/x-ndjson",
        _ => "text/event-stream",
    };
    // The watch goes with the body: when the asker hangs up, the body is dropped.
    let body = stream::unfold((chunks, Some(watch)), |(mut chunks, mut watch)| async move {
        let chunk = chunks.next().await;
        if !matches!(chunk, Some(Ok(_)))
            && let Some(mut watch) = watch.take()
        {
            watch.complete = true;
        }
        Some((chunk?, (chunks, watch)))
    });
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}

fn answer(status: u16, headers: &[(String, String)], body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (header::HeaderName::try_from(name), header::HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
