//! The model server, and what forwards its answers.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::Installation;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::Way;
use crate::clients::{self, Marks};

/// Names the model server to the process that is the bare pass-through.
pub(crate) const PASS_THROUGH: &str = "AIIA_BENCH_PASS_THROUGH";
/// Names `LiteLLM`'s program.
const LITELLM: &str = "AIIA_BENCH_LITELLM";
/// Between two tokens of a stream: 50 a second.
const PACE: Duration = Duration::from_millis(20);

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads")
}

/// A model server whose every answer is a token each 20 ms, with the time in it, until it is stopped.
pub(crate) struct Upstream {
    /// Its address: host and port.
    pub(crate) address: String,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

struct Shared {
    epoch: Instant,
    streaming: AtomicUsize,
    stopped: AtomicBool,
}

impl Upstream {
    pub(crate) fn start(epoch: Instant) -> Self {
        let shared = Arc::new(Shared { epoch, streaming: AtomicUsize::new(0), stopped: AtomicBool::new(false) });
        let runtime = runtime();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let models =
            get(|| async { json!({ "object": "list", "data": [{ "id": "m", "object": "model" }] }).to_string() });
        let app = Router::new()
            .route("/v1/models", models)
            .route("/v1/chat/completions", post(answer))
            .with_state(Arc::clone(&shared));
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { address, shared, _runtime: runtime }
    }

    /// How many streams have begun.
    pub(crate) fn streaming(&self) -> usize {
        self.shared.streaming.load(Ordering::Relaxed)
    }

    /// Ends all streams.
    pub(crate) fn stop(&self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }
}

async fn answer(State(shared): State<Arc<Shared>>) -> Response {
    let number = shared.streaming.fetch_add(1, Ordering::Relaxed) as u64;
    // Spread evenly over the time between two tokens, whenever they were asked for: else how long it takes to ask would decide how many
    // tokens come at the same moment.
    let phase = Duration::from_micros(number * 7919 % PACE.as_micros() as u64);
    let gone = shared.epoch.elapsed().as_nanos() / PACE.as_nanos();
    let first = tokio::time::Instant::from_std(shared.epoch + PACE * (gone as u32 + 1) + phase);
    let chunks = futures::stream::unfold((shared, first, false), move |(shared, at, ended)| async move {
        if ended {
            return None;
        }
        tokio::time::sleep_until(at).await;
        if shared.stopped.load(Ordering::Relaxed) {
            let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
            return Some((Ok::<_, std::io::Error>(Bytes::from_static(end.as_bytes())), (shared, at, true)));
        }
        let sent = shared.epoch.elapsed().as_nanos();
        let token = format!(
            "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"@{sent}.{number}@ \"}},\"finish_reason\":null}}]}}\n\n"
        );
        Some((Ok(Bytes::from(token)), (shared, at + PACE, false)))
    });
    streamed(Body::from_stream(chunks))
}

fn streamed(body: Body) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/event-stream"));
    response
}

/// A process that ends with what owns it.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The limit: axum and reqwest, and nothing between them.
pub(crate) struct Bare {
    process: Process,
    address: String,
    runtime: Runtime,
}

impl Bare {
    pub(crate) fn start(upstream: &Upstream) -> Self {
        let program = std::env::current_exe().expect("a path");
        let mut child = Command::new(program)
            .env(PASS_THROUGH, &upstream.address)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut address = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut address).expect("its address");
        Self { process: Process(child), address: address.trim().to_owned(), runtime: runtime() }
    }
}

impl Way for Bare {
    fn name(&self) -> &'static str {
        "bare pass-through"
    }

    fn process(&self) -> u32 {
        self.process.0.id()
    }

    fn begin(&mut self, streams: usize, marks: &Marks) {
        for _ in 0..streams {
            clients::watch_http(&self.runtime, &self.address, completion(&self.address), marks);
        }
    }
}

/// A request for a streamed answer.
fn completion(host: &str) -> Vec<u8> {
    let body = json!({ "model": "m", "stream": true, "messages": [{ "role": "user", "content": "Go on" }] });
    clients::post("/v1/chat/completions", host, &body.to_string())
}

/// Is the bare pass-through, in a process of its own.
pub(crate) fn pass_through(upstream: &str) {
    let url = format!("http://{upstream}/v1/chat/completions");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let forward = move |request: Request| {
        let (client, url) = (client.clone(), url.clone());
        async move {
            let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap_or_default();
            let asked = client.post(url).header(header::CONTENT_TYPE, "application/json").body(body);
            let answer = asked.send().await.expect("the model server answers");
            let chunks = futures::stream::unfold(answer, |mut answer| async move {
                let chunk = answer.chunk().await.transpose()?;
                Some((chunk, answer))
            });
            streamed(Body::from_stream(chunks))
        }
    };
    runtime().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        let app = Router::new().route("/v1/chat/completions", post(forward));
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let _ = axum::serve(listener, app).await;
    });
}

/// The daemon: a run for each stream, with durable chunks, followed over server-sent events or by one editor.
pub(crate) struct Aiia {
    /// Before the daemon, so that it ends before it.
    editor: Option<Editor>,
    installation: Installation,
    runtime: Runtime,
}

impl Aiia {
    pub(crate) fn start(upstream: &Upstream, by_lsp: bool) -> Self {
        let aiia = Installation::configured(&format!(
            "[providers.paced]\ndialect = \"openai_chat\"\nbase_url = \"http://{}/v1\"\nmodels = [\"m\"]\n",
            upstream.address
        ));
        aiia.json(&["history", "--json"]);
        let editor = by_lsp.then(|| Editor::start(&aiia));
        Self { editor, installation: aiia, runtime: runtime() }
    }

    /// Asks in a chat of its own; gives the run.
    fn run(http: &HttpClient, project: &serde_json::Value) -> String {
        let chat = http.post("/chats", &json!({ "project_id": project["id"], "model": "paced/m" }));
        http.ask(chat["id"].as_str().unwrap_or_default(), "Go on")
    }
}

impl Way for Aiia {
    fn name(&self) -> &'static str {
        if self.editor.is_some() { "aiia, LSP" } else { "aiia, SSE" }
    }

    fn process(&self) -> u32 {
        self.installation.runtime().pid
    }

    fn begin(&mut self, streams: usize, marks: &Marks) {
        let http = HttpClient::new(&self.installation);
        let project = http.post("/projects", &json!({ "name": "bench" }));
        let runtime = self.installation.runtime();
        let address = format!("127.0.0.1:{}", runtime.http_port.expect("HTTP is served"));
        for _ in 0..streams {
            let run = Self::run(&http, &project);
            if let Some(editor) = &mut self.editor {
                editor.follow(&run, marks);
            } else {
                let request = format!(
                    "GET /api/v1/runs/{run}/events HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\nAuthorization: Bearer {}\r\n\r\n",
                    runtime.token
                );
                clients::watch_http(&self.runtime, &address, request.into_bytes(), marks);
            }
        }
    }
}

/// An editor that follows runs.
struct Editor {
    process: Process,
    input: ChildStdin,
}

impl Editor {
    fn start(aiia: &Installation) -> Self {
        let mut command = aiia.command(&["lsp"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let input = child.stdin.take().expect("a pipe");
        Self { process: Process(child), input }
    }

    fn follow(&mut self, run: &str, marks: &Marks) {
        // Not taken yet: it is the first one.
        if let Some(output) = self.process.0.stdout.take() {
            clients::watch_pipe(output, marks);
            self.say(
                &json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "processId": null, "rootUri": null, "capabilities": {} } }),
            );
            self.say(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
        }
        self.say(&json!({ "jsonrpc": "2.0", "id": run, "method": "aiia/run/events", "params": { "run_id": run } }));
    }

    fn say(&mut self, message: &serde_json::Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("it reads");
    }
}

/// `LiteLLM`'s proxy.
pub(crate) struct LiteLlm {
    process: Process,
    address: String,
    runtime: Runtime,
    _folder: tempfile::TempDir,
}

impl LiteLlm {
    /// Whether there is one to measure.
    pub(crate) fn is_there() -> bool {
        std::env::var_os(LITELLM).is_some()
    }

    pub(crate) fn start(upstream: &Upstream) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("config.yaml");
        let text = format!(
            "model_list:\n  - model_name: m\n    litellm_params:\n      model: openai/m\n      api_base: http://{}/v1\n      api_key: x\n",
            upstream.address
        );
        std::fs::write(&config, text).expect("it can be written");
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(std::env::var_os(LITELLM).expect("it is named"))
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--config"])
            .arg(&config)
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .env("LITELLM_TELEMETRY", "False")
            // It listens to this machine alone.
            .env("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        clients::wait_until_ready(&address, "/health/liveliness");
        Self { process: Process(child), address, runtime: runtime(), _folder: folder }
    }
}

impl Way for LiteLlm {
    fn name(&self) -> &'static str {
        "LiteLLM"
    }

    fn process(&self) -> u32 {
        self.process.0.id()
    }

    fn is_peer(&self) -> bool {
        true
    }

    fn begin(&mut self, streams: usize, marks: &Marks) {
        for _ in 0..streams {
            clients::watch_http(&self.runtime, &self.address, completion(&self.address), marks);
        }
    }
}
