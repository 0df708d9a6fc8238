//! Requests to a server on this machine, in plain HTTP/1.1: one connection for each, read by the task that wants the answer.
//!
//! A client with a pool has a task and some 20 KiB of buffers for each connection, and wakes two tasks for each piece of a streamed
//! answer. Answers of local models go on for minutes, many at a time; a connection within the machine is made in no time.

use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Request, StatusCode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use url::Host;

use super::client::USER_AGENT;
use super::framing::{Broken, Framing};

/// The longest head of an answer.
const MAX_HEAD: usize = 64 * 1024;
/// Headers of an answer.
const MAX_HEADERS: usize = 128;
/// What is read at once.
const READ_SIZE: usize = 4096;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// No connection within the limit.
    Slow,
    /// No connection.
    Unreached(io::Error),
    /// The connection was closed before the answer had begun.
    Closed,
    /// What came is not of HTTP.
    NotHttp(&'static str),
}

/// An answer whose head is there.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// The body of an answer, as it comes. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct Body {
    stream: TcpStream,
    framing: Framing,
    /// What came with the head.
    first: Vec<u8>,
    /// It is not written as HTTP has it, from here on.
    broken: bool,
}

/// Sends `request` and waits for the head of the answer; connecting may take as long as `connect`.
pub(crate) async fn send(request: Request, connect: Duration) -> Result<Response, NoAnswer> {
    let mut stream = match tokio::time::timeout(connect, connected(&request)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(NoAnswer::Unreached(error)),
        Err(_) => return Err(NoAnswer::Slow),
    };
    let _ = stream.set_nodelay(true);
    let (status, headers, first) = exchange(&mut stream, &request).await?;
    let framing = Framing::of(status.as_u16(), &headers).map_err(|Broken| NoAnswer::NotHttp("its length"))?;
    Ok(Response { status, headers, body: Body { stream, framing, first, broken: false } })
}

/// Sends the request and reads the head of the answer.
async fn exchange(stream: &mut TcpStream, request: &Request) -> Result<(StatusCode, HeaderMap, Vec<u8>), NoAnswer> {
    let (mut reading, mut writing) = stream.split();
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let writing = async {
        writing.write_all(&head_of(request, body.len())).await?;
        writing.write_all(body).await
    };
    let (mut writing, mut head) = (pin!(writing), pin!(read_head(&mut reading)));
    // A server may refuse before it has read everything, and what it says is worth more than that it did not.
    tokio::select! {
        biased;
        head = head.as_mut() => head,
        _ = writing.as_mut() => head.await,
    }
}

async fn connected(request: &Request) -> io::Result<TcpStream> {
    let port = request.url().port_or_known_default().unwrap_or(80);
    match request.url().host() {
        Some(Host::Ipv4(address)) => TcpStream::connect((address, port)).await,
        Some(Host::Ipv6(address)) => TcpStream::connect((address, port)).await,
        Some(Host::Domain(name)) => TcpStream::connect((name, port)).await,
        None => Err(io::ErrorKind::InvalidInput.into()),
    }
}

fn head_of(request: &Request, length: usize) -> Vec<u8> {
    let url = request.url();
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut head = format!("{} {}{query} HTTP/1.1\r\n", request.method(), url.path()).into_bytes();
    let mut add = |name: &str, value: &[u8]| {
        for piece in [name.as_bytes(), b": ", value, b"\r\n"] {
            head.extend_from_slice(piece);
        }
    };
    if !request.headers().contains_key(HOST) {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        add("host", format!("{}{port}", url.host_str().unwrap_or_default()).as_bytes());
    }
    if !request.headers().contains_key(reqwest::header::USER_AGENT) {
        add("user-agent", USER_AGENT.as_bytes());
    }
    for (name, value) in request.headers() {
        add(name.as_str(), value.as_bytes());
    }
    add("content-length", length.to_string().as_bytes());
    add("connection", b"close");
    head.extend_from_slice(b"\r\n");
    head
}

/// The head of the answer, and what came after it.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Result<(StatusCode, HeaderMap, Vec<u8>), NoAnswer> {
    let mut bytes = Vec::new();
    loop {
        let mut read = [0; READ_SIZE];
        match stream.read(&mut read).await {
            Ok(0) if bytes.is_empty() => return Err(NoAnswer::Closed),
            Ok(0) => return Err(NoAnswer::NotHttp("it ends in its head")),
            Ok(count) => bytes.extend_from_slice(&read[..count]),
            Err(_) => return Err(NoAnswer::Closed),
        }
        while let Some((status, headers, length)) = parsed(&bytes)? {
            bytes.drain(..length);
            // "Go on" and such come before the answer itself.
            if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
                continue;
            }
            bytes.shrink_to_fit();
            return Ok((status, headers, bytes));
        }
        if bytes.len() > MAX_HEAD {
            return Err(NoAnswer::NotHttp("its head is too long"));
        }
    }
}

/// A whole head with its length.
fn parsed(bytes: &[u8]) -> Result<Option<(StatusCode, HeaderMap, usize)>, NoAnswer> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(NoAnswer::NotHttp("it has too many headers")),
        Err(_) => return Err(NoAnswer::NotHttp("its head is not of HTTP")),
    };
    let wrong = || NoAnswer::NotHttp("its head is not of HTTP");
    let status = response.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or_else(wrong)?;
    let mut all = HeaderMap::with_capacity(response.headers.len());
    for header in response.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| wrong())?;
        all.append(name, HeaderValue::from_bytes(header.value).map_err(|_| wrong())?);
    }
    Ok(Some((status, all, length)))
}

impl Body {
    /// Puts the next piece into `piece`, which is empty; says whether there is one.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>, piece: &mut Vec<u8>) -> Poll<io::Result<bool>> {
        loop {
            if self.broken {
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
            if !self.first.is_empty() {
                let first = std::mem::take(&mut self.first);
                self.take(&first, piece);
            } else if self.framing == Framing::Ended {
                return Poll::Ready(Ok(false));
            } else {
                let mut bytes = [const { MaybeUninit::uninit() }; READ_SIZE];
                let mut buffer = ReadBuf::uninit(&mut bytes);
                ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
                if buffer.filled().is_empty() {
                    if self.framing.may_end() {
                        self.framing = Framing::Ended;
                        return Poll::Ready(Ok(false));
                    }
                    return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                }
                self.take(buffer.filled(), piece);
            }
            if !piece.is_empty() {
                return Poll::Ready(Ok(true));
            }
        }
    }

    /// What of these bytes is the body's, before what is not written as HTTP has it.
    fn take(&mut self, bytes: &[u8], piece: &mut Vec<u8>) {
        self.broken = self.framing.read(bytes, piece).is_err();
    }
}
