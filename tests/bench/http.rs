//! HTTP beside a bare axum handler that answers the same from the same file: requests in a second and the slowest of a hundred,
//! with a hundred clients that keep their connections.
//!
//! ```sh
//! cargo build --release -p aiia
//! cargo bench -p aiia-tests --bench http    # AIIA_BIN names another program
//! ```
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aiia_protocol::handshake::RuntimeFile;
use aiia_protocol::{chat::CreateChat, project::CreateProject};
use aiia_store::{Said, Store};
use axum::extract::{Path as PathParameter, State};
use axum::routing::get;
use axum::{Json, Router};
use parking_lot::Mutex;
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const CLIENTS: usize = 100;
const TIME: Duration = Duration::from_secs(6);
const LIMIT: f64 = 0.7;
const MESSAGES: usize = 200;

fn main() -> ExitCode {
    let program = std::env::var_os("AIIA_BIN")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/release/aiia"), PathBuf::from);
    if !program.exists() {
        println!("{} is missing; run `cargo build --release -p aiia`", program.display());
        return ExitCode::FAILURE;
    }
    let folder = TempDir::new().expect("a temporary folder");
    let data = folder.path().join("data");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let chat = runtime.block_on(fill(&data));
    let _daemon = Daemon::start(&program, folder.path());
    let RuntimeFile { http_port, token, .. } = runtime_of(&data);
    let ours = http_port.expect("HTTP is served");
    let bare = runtime.block_on(serve_bare(data.join("aiia.db")));
    let mut missed = false;
    for (what, path, bare_path) in [
        ("list of 50 chats", "/api/v1/chats".to_owned(), "/chats".to_owned()),
        ("end of a chat", format!("/api/v1/chats/{chat}/messages?order=newest"), format!("/chats/{chat}/messages")),
    ] {
        // In turns, so that both see the same machine.
        let plain = runtime.block_on(measure(bare, &bare_path, ""));
        let mine = runtime.block_on(measure(ours, &path, &token));
        let ratio = mine.rate() / plain.rate();
        let is_met = ratio >= LIMIT && mine.errors == 0;
        missed |= !is_met;
        println!(
            "  {what:<20} {ratio:>5.2} of at least {LIMIT} ({:.0} / {:.0} requests/s; p99 {:.1?} / {:.1?}; {} errors){}",
            mine.rate(),
            plain.rate(),
            mine.p99(),
            plain.p99(),
            mine.errors,
            if is_met { "" } else { "  MISSED" }
        );
    }
    ExitCode::from(u8::from(missed))
}

/// A store with chats, one of them with messages. Gives that one.
async fn fill(data: &Path) -> String {
    let store = Store::open(data).expect("a store");
    let project = store.create_project(CreateProject::new("bench")).await.expect("a project").id;
    let mut last = String::new();
    for _ in 0..60 {
        last = store.create_chat(CreateChat::new(project.clone())).await.expect("a chat").id.0;
    }
    let said = (0..MESSAGES).map(|number| Said::by_user(format!("message {number} with some words in it"))).collect();
    store.append_messages(last.clone().into(), said).await.expect("messages");
    store.close();
    last
}

struct Daemon(Child);

impl Daemon {
    fn start(program: &Path, folder: &Path) -> Self {
        let config = folder.join("config.toml");
        std::fs::write(&config, "").expect("a configuration");
        let started = Command::new(program)
            .arg("serve")
            .env("AIIA_DATA_DIR", folder.join("data"))
            .env("AIIA_CONFIG", config)
            .env("AIIA_DISCOVERY", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(started.expect("the program starts"))
    }
}

fn runtime_of(data: &Path) -> RuntimeFile {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let read = std::fs::read(data.join("run/daemon.json")).ok();
        if let Some(file) = read.and_then(|text| serde_json::from_slice(&text).ok()) {
            return file;
        }
        assert!(Instant::now() < end, "the daemon did not start");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// As many connections as the store has for reading.
type Pool = Arc<[Mutex<Connection>; 2]>;

async fn serve_bare(file: PathBuf) -> u16 {
    let open = || Mutex::new(Connection::open(&file).expect("the file"));
    let pool: Pool = Arc::new([open(), open()]);
    let router = Router::new()
        .route("/chats", get(async |State(pool): State<Pool>| answer(pool, CHATS, String::new()).await))
        .route(
            "/chats/{id}/messages",
            get(async |State(pool): State<Pool>, PathParameter(id): PathParameter<String>| answer(pool, END, id).await),
        )
        .with_state(pool);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

const CHATS: &str = "SELECT c.*, (SELECT json_group_array(tag) FROM (SELECT tag FROM chat_tags t WHERE t.chat_id = c.id ORDER BY position)) AS tags
    FROM chats c WHERE c.deleted_at IS NULL AND c.archived = 0 AND ?1 = '' ORDER BY c.pinned DESC, c.updated_at DESC, c.id DESC LIMIT 50";
const END: &str = "WITH RECURSIVE path (key, parent_id) AS (
        SELECT key, parent_id FROM messages WHERE id = (SELECT head_id FROM chats WHERE id = ?1)
        UNION SELECT m.key, m.parent_id FROM messages m JOIN path ON m.id = path.parent_id LIMIT 50)
    SELECT m.*, (SELECT json_group_array(s.id) FROM messages s WHERE s.parent_id = m.parent_id AND s.deleted_at IS NULL) AS siblings,
           (SELECT json_group_array(t.attachment_id) FROM message_attachments t WHERE t.message_id = m.id) AS attachments
    FROM path JOIN messages m ON m.key = path.key ORDER BY m.key DESC";

async fn answer(pool: Pool, sql: &'static str, id: String) -> Json<Value> {
    let read = move || {
        let connection = pool.iter().find_map(|one| one.try_lock());
        let connection = connection.unwrap_or_else(|| pool[0].lock());
        let mut statement = connection.prepare_cached(sql).expect("a statement");
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let rows = statement.query_map([id], |row| {
            let mut object = Map::new();
            for (place, name) in names.iter().enumerate() {
                let value = match row.get::<_, rusqlite::types::Value>(place)? {
                    rusqlite::types::Value::Integer(number) => number.into(),
                    rusqlite::types::Value::Text(text) => text.into(),
                    _ => Value::Null,
                };
                object.insert(name.clone(), value);
            }
            Ok(Value::Object(object))
        });
        let items: Vec<Value> = rows.expect("rows").collect::<Result<_, _>>().expect("rows");
        json!({"items": items, "has_more": false})
    };
    Json(tokio::task::spawn_blocking(read).await.expect("rows"))
}

struct Measured {
    times: Vec<Duration>,
    errors: usize,
    took: Duration,
}

impl Measured {
    fn rate(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }

    fn p99(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        times[(times.len() - 1) * 99 / 100]
    }
}

async fn measure(port: u16, path: &str, token: &str) -> Measured {
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\r\n");
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(client(port, request.clone(), start + TIME))).collect();
    let mut all = Measured { times: Vec::new(), errors: 0, took: Duration::ZERO };
    for client in clients {
        let (times, errors) = client.await.expect("a client");
        all.times.extend(times);
        all.errors += errors;
    }
    all.took = start.elapsed();
    assert!(!all.times.is_empty(), "nothing was answered at {path}");
    all
}

async fn client(port: u16, request: String, end: Instant) -> (Vec<Duration>, usize) {
    let (mut times, mut errors) = (Vec::new(), 0);
    let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await else { return (times, 1) };
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    while Instant::now() < end {
        let start = Instant::now();
        match exchange(&mut stream, &request).await {
            Ok(true) => times.push(start.elapsed()),
            Ok(false) => errors += 1,
            Err(_) => return (times, errors + 1),
        }
    }
    (times, errors)
}

/// Sends the request and reads the whole answer; whether it was 200.
async fn exchange(stream: &mut BufReader<TcpStream>, request: &str) -> std::io::Result<bool> {
    stream.get_mut().write_all(request.as_bytes()).await?;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let is_fine = line.contains(" 200 ");
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(is_fine)
}
