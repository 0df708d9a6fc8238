//! Real connections, byte by byte.

use std::net::SocketAddr;

use aiia_engine::Engine;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::support::{LIMIT, TOKEN, engine};

struct Served {
    address: SocketAddr,
    engine: Engine,
    shutdown: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
    _directory: TempDir,
}

async fn serve() -> Served {
    let (directory, engine) = engine(None);
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
