//! Clients that only look for the marks that the model server puts into its tokens: `@nanoseconds.stream@`.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

/// The marks that have arrived.
#[derive(Clone)]
pub(crate) struct Marks(Arc<(Instant, Mutex<Arrived>)>);

/// What arrived in some time.
#[derive(Default)]
pub(crate) struct Arrived {
    /// How long each token was on its way, in microseconds.
    pub(crate) delays: Vec<u32>,
    /// The streams that they are of.
    pub(crate) streams: HashSet<u32>,
}

impl Default for Marks {
    fn default() -> Self {
        Self(Arc::new((Instant::now(), Mutex::default())))
    }
}

impl Marks {
    /// The moment that the marks count from.
    pub(crate) fn epoch(&self) -> Instant {
        self.0.0
    }

    /// All so far, which are forgotten.
    pub(crate) fn take(&self) -> Arrived {
        std::mem::take(&mut self.0.1.lock())
    }

    fn add(&self, found: &mut Vec<(u32, u32)>) {
        let mut arrived = self.0.1.lock();
        for (delay, stream) in found.drain(..) {
            arrived.delays.push(delay);
            arrived.streams.insert(stream);
        }
    }
}

/// Finds marks in what arrives, however it is cut.
struct Scanner {
    marks: Marks,
    /// When the mark was sent, and the stream once its number begins.
    mark: Option<(u64, Option<u32>)>,
    found: Vec<(u32, u32)>,
}

impl Scanner {
    fn new(marks: &Marks) -> Self {
        Self { marks: marks.clone(), mark: None, found: Vec::new() }
    }

    fn push(&mut self, bytes: &[u8]) {
        let now = self.marks.epoch().elapsed().as_nanos() as u64;
        for byte in bytes {
            self.mark = match (self.mark, byte) {
                (Some((sent, Some(stream))), b'@') => {
                    self.found.push(((now.saturating_sub(sent) / 1000) as u32, stream));
                    None
                }
                (_, b'@') => Some((0, None)),
                (Some((sent, None)), b'.') => Some((sent, Some(0))),
                (Some((sent, None)), digit @ b'0'..=b'9') => {
                    Some((sent.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')), None))
                }
                (Some((sent, Some(stream))), digit @ b'0'..=b'9') => {
                    Some((sent, Some(stream.wrapping_mul(10).wrapping_add(u32::from(digit - b'0')))))
                }
                _ => None,
            };
        }
        if !self.found.is_empty() {
            self.marks.add(&mut self.found);
        }
    }
}

/// Sends a request, the bytes of HTTP, to `address` over a connection of its own, and reads until it is closed.
pub(crate) fn watch_http(runtime: &Runtime, address: &str, request: Vec<u8>, marks: &Marks) {
    let (address, mut scanner) = (address.to_owned(), Scanner::new(marks));
    runtime.spawn(async move {
        let mut stream = tokio::net::TcpStream::connect(&address).await.expect("it listens");
        stream.write_all(&request).await.expect("the request is taken");
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            scanner.push(&buffer[..count]);
        }
    });
}

/// Reads what a language server says until it ends.
pub(crate) fn watch_pipe(mut pipe: impl Read + Send + 'static, marks: &Marks) {
    let mut scanner = Scanner::new(marks);
    std::thread::spawn(move || {
        let mut buffer = vec![0; 256 * 1024];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            scanner.push(&buffer[..count]);
        }
    });
}

/// The bytes of a POST with a JSON body.
pub(crate) fn post(path: &str, host: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAuthorization: Bearer x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Lets so much time go by.
pub(crate) fn pause(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        std::thread::park_timeout(left);
    }
}

/// Waits until something answers at `address`.
pub(crate) fn wait_until_ready(address: &str, path: &str) {
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        if let Ok(mut stream) = TcpStream::connect(address) {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
            let mut answer = [0; 12];
            if stream.write_all(request.as_bytes()).is_ok() && stream.read_exact(&mut answer).is_ok() {
                return;
            }
        }
        assert!(Instant::now() < deadline, "{address} answers");
        pause(Duration::from_millis(200));
    }
}
