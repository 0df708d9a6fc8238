//! A small HTTP server whose answers are a function, for what is no chat: files, listings, indexes.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use futures::{StreamExt, stream};
use parking_lot::Mutex;

use crate::serving::Serving;

/// The longest request body that is read.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Asked {
    /// The first byte that a range request wants; 0 where all is wanted.
    pub fn range_start(&self) -> usize {
        let range = self.headers.get("range").and_then(|range| range.to_str().ok());
        range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0)
    }
}

type Answer = dyn Fn(&Asked) -> Response + Send + Sync;

/// The server. It ends when it is dropped.
pub struct HttpServer {
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: Serving,
}

impl std::fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpServer").field("serving", &self.serving).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Shared {
    answer: Arc<Answer>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl HttpServer {
    /// Starts one on a free port of this machine.
    pub fn start(answer: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> io::Result<Self> {
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let state = Shared { answer: Arc::new(answer), asked: Arc::clone(&asked) };
        let serving = Serving::start("http-server", Router::new().fallback(handle).with_state(state))?;
        Ok(Self { asked, serving })
    }

    /// Its address, e.g. `http://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        self.serving.url()
    }

    /// What it was asked, the oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().clone()
    }
}

async fn handle(State(shared): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else { return status(StatusCode::PAYLOAD_TOO_LARGE) };
    let asked = Asked { method: head.method, path: head.uri.path().to_owned(), headers: head.headers, body };
    let answer = (shared.answer)(&asked);
    shared.asked.lock().push(asked);
    answer
}

/// An answer without content.
pub fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// `content` from the byte that is asked for, as a server of files gives it. With `limit` the connection breaks off after so many
/// bytes.
pub fn file(asked: &Asked, content: &[u8], limit: Option<usize>) -> Response {
    let start = asked.range_start();
    if start > 0 && start >= content.len() {
        return status(StatusCode::RANGE_NOT_SATISFIABLE);
    }
    let rest = content[start..].to_vec();
    let mut response = Response::builder().header("content-length", rest.len());
    if start > 0 {
        let range = format!("bytes {start}-{}/{}", content.len() - 1, content.len());
        response = response.status(StatusCode::PARTIAL_CONTENT).header("content-range", range);
    }
    let body = match limit.filter(|limit| *limit < rest.len()) {
        None => Body::from(rest),
        Some(limit) => {
            let piece = Bytes::from(rest[..limit].to_vec());
            let end = async {
                // What was given so far is sent when the next part is waited for.
                tokio::task::yield_now().await;
                Err(io::Error::other("broken off"))
            };
            Body::from_stream(stream::once(async { Ok(piece) }).chain(stream::once(end)))
        }
    };
    response.body(body).unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}

/// A text.
pub fn text(content: impl Into<String>) -> Response {
    Response::new(Body::from(content.into()))
}
