//! Real connections, byte by byte.

use std::net::SocketAddr;

use aiia_engine::Engine;
use aiia_tests::model_server::{Gate, ModelServer, Script};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::support::{LIMIT, TOKEN, engine, engine_with};

struct Served {
    address: SocketAddr,
    engine: Engine,
    shutdown: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
    _directory: TempDir,
}

async fn serve() -> Served {
    serve_engine(engine(None)).await
}

async fn serve_engine((directory, engine): (TempDir, Engine)) -> Served {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
    let task = tokio::spawn(crate::serve(engine.clone(), listener, TOKEN, shutdown.clone()));
    Served { address, engine, shutdown, task, _directory: directory }
}

impl Served {
    /// Sends `request` (`PORT` stands for the port) and reads until the connection is closed.
    async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.replace("PORT", &self.address.port().to_string()).as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A server that refuses may close before it has read everything.
        let _ = tokio::time::timeout(LIMIT, stream.read_to_end(&mut answer)).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn check(&self, request: &str, status: u16) {
        let answer = self.raw(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
        assert!(!answer.to_lowercase().contains("access-control-"), "{answer}");
    }
}

#[tokio::test]
async fn hosts_and_targets_on_the_wire() {
    let server = serve().await;
    let token = format!("Authorization: Bearer {TOKEN}\r\nConnection: close\r\n");
    for (head, status) in [
        ("GET /version HTTP/1.1\r\nHost: localhost:PORT\r\n", 200),
        ("GET /version HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n", 200),
        ("GET /version HTTP/1.1\r\nHost: [::1]:PORT\r\n", 200),
        ("GET /version HTTP/1.1\r\nHost: evil.example\r\n", 403),
        ("OPTIONS /version HTTP/1.1\r\nHost: evil.example\r\n", 403),
        ("OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n", 403),
        ("GET /version HTTP/1.1\r\nHost: localhost:PORT.evil\r\n", 403),
        ("GET /version HTTP/1.1\r\nHost: localhost:1\r\n", 403),
        ("GET /version HTTP/1.1\r\n", 400),
        ("GET /version HTTP/1.1\r\nHost: localhost:PORT\r\nHost: localhost:PORT\r\n", 400),
        ("GET /version HTTP/1.1\r\nHost: localhost:PORT\r\nHost: evil.example\r\n", 400),
        ("GET /version HTTP/1.1\r\nHost: user@localhost:PORT\r\n", 400),
        ("GET /version HTTP/1.1\r\nHost: l\u{f6}calhost:PORT\r\n", 400),
        ("GET http://evil.example/version HTTP/1.1\r\nHost: localhost:PORT\r\n", 400),
        ("GET http://localhost:PORT/version HTTP/1.1\r\nHost: localhost:PORT\r\n", 400),
        ("CONNECT localhost:PORT HTTP/1.1\r\nHost: localhost:PORT\r\n", 400),
        ("GARBAGE\r\n", 400),
    ] {
        server.check(&format!("{head}{token}\r\n"), status).await;
    }
}

#[tokio::test]
async fn a_hundred_megabytes_get_an_answer() {
    let server = serve().await;
    let port = server.address.port();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let length = 100_usize << 20;
    let head = format!(
        "POST /api/v1/projects HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = vec![b' '; 1 << 20];
    for _ in 0..length / chunk.len() {
        stream.write_all(&chunk).await.unwrap();
    }
    let mut answer = String::new();
    tokio::time::timeout(LIMIT, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn the_address_is_told_and_the_end_comes_with_streams_open() {
    let server = serve().await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let port = server.address.port();
        let head =
            format!("GET /api/v1/events HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut first = [0_u8; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        streams.push(stream);
    }
    // One that never says what it wants.
    let silent = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(server.engine.http_url(), Some(format!("http://{}", server.address)));
    server.shutdown.cancel();
    tokio::time::timeout(LIMIT, server.task).await.unwrap().unwrap().unwrap();
    assert_eq!(server.engine.http_url(), None);
    for mut stream in streams {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
    }
    drop(silent);
}

#[tokio::test]
async fn only_this_machine_is_served() {
    let (_directory, engine) = engine(None);
    let listener = TcpListener::bind(("0.0.0.0", 0)).await.unwrap();
    let refused = crate::serve(engine, listener, TOKEN, CancellationToken::new()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}

/// Sends a head, to which the token is added, and gives what comes until `enough` of it.
async fn ask(stream: &mut TcpStream, server: &Served, head: &str, enough: impl Fn(&str) -> bool) -> String {
    let port = server.address.port();
    let request = format!("{head}\r\nHost: localhost:{port}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    read_until(stream, enough).await
}

async fn read_until(stream: &mut TcpStream, enough: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !enough(&text) {
        let count = tokio::time::timeout(LIMIT, stream.read(&mut bytes)).await.unwrap().unwrap();
        assert_ne!(count, 0, "it goes on after {text}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    text
}

/// Waits until so many sessions are open.
async fn sessions(server: &Served, wanted: usize) {
    let mut activity = server.engine.activity();
    tokio::time::timeout(LIMIT, activity.wait_for(|now| now.sessions == wanted)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stream_of_events_follows_other_requests_on_its_connection() {
    let server = serve().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // Both at once: what answers the first one is not lost.
    let port = server.address.port();
    let first = format!("GET /version HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    stream.write_all(first.as_bytes()).await.unwrap();
    let text = ask(&mut stream, &server, "GET /api/v1/events HTTP/1.1", |text| text.contains("retry:")).await;
    let (version, events) = text.split_once("text/event-stream").unwrap();
    assert!(version.starts_with("HTTP/1.1 200 ") && version.contains("\"version\""), "{text}");
    let head = text.rsplit_once("HTTP/1.1 200 OK").unwrap().1.to_lowercase();
    for header in ["transfer-encoding: chunked", "connection: close", "date: ", "x-request-id: ", "cache-control: "] {
        assert!(head.contains(header), "{header} in {text}");
    }
    assert!(events.contains("\r\n\r\nd\r\nretry: 3000\n\n\r\n") || events.contains("retry:"), "{text}");
    sessions(&server, 1).await;
    drop(stream);
    sessions(&server, 0).await;
}

#[tokio::test]
async fn a_stream_of_events_is_not_chunked_for_an_old_client_and_nothing_for_a_head() {
    let server = serve().await;
    let mut old = TcpStream::connect(server.address).await.unwrap();
    let text = ask(&mut old, &server, "GET /api/v1/events HTTP/1.0", |text| text.contains("3000\n\n")).await;
    assert!(!text.to_lowercase().contains("transfer-encoding"), "{text}");
    assert!(text.split_once("\r\n\r\n").unwrap().1.starts_with("retry:"), "{text}");
    let request = format!(
        "HEAD /api/v1/events HTTP/1.1\r\nHost: localhost:PORT\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    );
    let head = server.raw(&request).await;
    assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "{head}");
}

/// What an operation gives.
async fn call(server: &Served, name: &str, params: Value) -> Value {
    let session = server.engine.open_session(aiia_engine::ClientInfo {
        name: "test".to_owned(),
        transport: aiia_engine::Transport::Http,
        scope: aiia_protocol::operation::Scope::Admin,
        token: None,
    });
    match session.call(name, params).await.unwrap() {
        aiia_engine::Reply::One(value) => value,
        aiia_engine::Reply::Many(_) => panic!("{name} streams"),
    }
}

#[tokio::test]
async fn each_of_many_streams_gets_every_event_and_the_end() {
    let server = serve().await;
    let mut streams = Vec::new();
    // More than those that are written at once.
    for _ in 0..150 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        ask(&mut stream, &server, "GET /api/v1/events HTTP/1.1", |text| text.contains("retry:")).await;
        streams.push(stream);
    }
    let made = ["one", "two"];
    for name in made {
        call(&server, "project.create", json!({ "name": name })).await;
    }
    server.shutdown.cancel();
    for stream in &mut streams {
        let text = read_until(stream, |text| text.ends_with("\r\n0\r\n\r\n")).await;
        assert_eq!(text.matches("\"created\"").count(), made.len(), "{text}");
    }
    tokio::time::timeout(LIMIT, server.task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_nobody_up_and_gets_all_of_it() {
    const WORDS: usize = 40_000;
    let (gate, model) = (Gate::closed(), ModelServer::start().unwrap());
    model.next(Script::Numbered { count: WORDS, gate: gate.clone() });
    let server = serve_engine(engine_with(Some(&model), "")).await;
    let call = async |name: &str, params| call(&server, name, params).await;
    let project = call("project.create", json!({ "name": "p" })).await;
    let chat = call("chat.create", json!({ "project_id": project["id"] })).await;
    let run = call("run.start", json!({ "chat_id": chat["id"], "content": "hi" })).await;
    let path = format!("GET /api/v1/runs/{}/events HTTP/1.1", run["id"].as_str().unwrap());
    let (mut slow, mut quick) =
        (TcpStream::connect(server.address).await.unwrap(), TcpStream::connect(server.address).await.unwrap());
    ask(&mut slow, &server, &path, |text| text.contains("retry:")).await;
    ask(&mut quick, &server, &path, |text| text.contains("retry:")).await;
    gate.release(WORDS + 10);
    let all = |text: &str| text.ends_with("0\r\n\r\n");
    let (said, late) = (read_until(&mut quick, all).await, read_until(&mut slow, all).await);
    for text in [said, late] {
        assert!(text.contains("event: done") || text.contains("event:done"));
        assert!(text.contains(&format!("t{WORDS}")));
        let numbers =
            text.lines().filter_map(|line| line.strip_prefix("id: ")?.rsplit_once('.')?.1.parse::<u64>().ok());
        let numbers: Vec<u64> = numbers.collect();
        assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1), "in order and without gaps");
        assert!(numbers.len() > WORDS);
    }
}
