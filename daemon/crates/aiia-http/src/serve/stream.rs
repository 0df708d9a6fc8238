//! Streams of events without the HTTP library: one lasts for minutes and is one of many, and the buffers that a connection needs for
//! requests, some 25 KiB, would do nothing all the while.
//!
//! The connection belongs to hyper until an answer turns out to be a stream of events ([`Taken`]). From then on what remains is
//! written here, each event as soon as there is one, and the connection is closed at the end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderValue, Method, Request, Response, Version, header};
use futures::StreamExt;
use futures::stream::BoxStream;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::sse;

/// What is gathered before it is written.
const MAX_GATHERED: usize = 16 << 10;
/// What may be kept for the next events.
const MAX_KEPT: usize = 1 << 10;
/// What a client may still send that nobody reads.
const MAX_IGNORED: usize = 64 << 10;
/// From so many streams on, what was gathered is written after the other tasks that are ready had their turn.
///
/// What is written wakes its reader. When each token is written as soon as it is read, the reader is woken for each; those that are
/// written one after the other find it awake. With few streams there is seldom more than one to write, and the turn costs more.
const MANY: usize = 128;
/// How many are being written.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Where a connection finds the answer that it is to write itself.
#[derive(Clone, Default)]
pub(super) struct Taken(Arc<Mutex<Slot>>);

#[derive(Default)]
struct Slot {
    answer: Option<Answer>,
    /// All that came before is written.
    flushed: bool,
}

/// A stream of events as an answer.
pub(super) struct Answer {
    head: Vec<u8>,
    events: Events,
    chunked: bool,
}

/// Where the events come from.
enum Events {
    Body(BodyDataStream),
    /// Without the layers of a body around them.
    Bare(BoxStream<'static, sse::Event>),
}

impl Events {
    /// Adds the next bytes to `out`; says whether there were any.
    fn poll_next(&mut self, cx: &mut Context<'_>, out: &mut Out) -> Poll<io::Result<bool>> {
        Poll::Ready(Ok(match self {
            Self::Body(body) => {
                ready!(body.poll_next_unpin(cx).map_err(io::Error::other)?).map(|bytes| out.push(&bytes)).is_some()
            }
            Self::Bare(events) => ready!(events.poll_next_unpin(cx)).map(|event| out.push(&event)).is_some(),
        }))
    }
}

impl Taken {
    fn with<R>(&self, change: impl FnOnce(&mut Slot) -> R) -> R {
        change(&mut self.0.lock())
    }

    /// Takes the answer to a request if it is a stream of events; gives back any other.
    pub(super) fn take(&self, asked: Asked, response: Response<Body>) -> Option<Response<Body>> {
        let is_stream = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        if !is_stream || !asked.can_be_taken {
            return Some(response);
        }
        let answer = Answer::new(response, asked.chunked);
        self.with(|slot| *slot = Slot { answer: Some(answer), flushed: false });
        None
    }

    /// The answer that was taken, once all that came before it is written.
    pub(super) fn answer(&self) -> Option<Answer> {
        self.with(|slot| if slot.flushed { slot.answer.take() } else { None })
    }
}

/// What matters of a request for how its answer is written.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    can_be_taken: bool,
    chunked: bool,
}

impl Asked {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let (method, version) = (request.method(), request.version());
        let known = version == Version::HTTP_11 || version == Version::HTTP_10;
        Self { can_be_taken: known && method != Method::HEAD, chunked: version == Version::HTTP_11 }
    }
}

impl Answer {
    fn new(response: Response<Body>, chunked: bool) -> Self {
        let (mut parts, body) = response.into_parts();
        let bare = parts.extensions.remove::<sse::Source>().and_then(|source| source.take());
        let events = bare.map_or_else(|| Events::Body(body.into_data_stream()), Events::Bare);
        let headers = &mut parts.headers;
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        if chunked {
            headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&jiff::Timestamp::now());
        if let Some(date) = date.ok().and_then(|date| HeaderValue::try_from(date).ok()) {
            headers.insert(header::DATE, date);
        }
        let reason = parts.status.canonical_reason().unwrap_or_default();
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16()).into_bytes();
        for (name, value) in headers.iter() {
            for piece in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                head.extend_from_slice(piece);
            }
        }
        head.extend_from_slice(b"\r\n");
        Self { head, events, chunked }
    }
}

/// The connection's stream, which notes when hyper has written all that it has: only then it flushes.
pub(super) struct Noted {
    stream: TokioIo<TcpStream>,
    taken: Taken,
}

impl Noted {
    pub(super) fn new(stream: TcpStream, taken: Taken) -> Self {
        Self { stream: TokioIo::new(stream), taken }
    }

    pub(super) fn into_inner(self) -> TcpStream {
        self.stream.into_inner()
    }
}

impl Read for Noted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl Write for Noted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.taken.with(|slot| slot.flushed = slot.answer.is_some());
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }
}

/// What is to be written next, and how much of it is.
struct Out {
    bytes: Vec<u8>,
    written: usize,
    chunked: bool,
}

impl Out {
    fn push(&mut self, bytes: &[u8]) {
        if !self.chunked {
            self.bytes.extend_from_slice(bytes);
        } else if !bytes.is_empty() {
            // An empty chunk would be the end.
            let digits = (usize::BITS - bytes.len().leading_zeros()).div_ceil(4);
            let digit = |place: u32| b"0123456789abcdef"[bytes.len() >> (4 * place) & 15];
            self.bytes.extend((0..digits).rev().map(digit));
            for piece in [b"\r\n", bytes, b"\r\n"] {
                self.bytes.extend_from_slice(piece);
            }
        }
    }
}

/// One of those that are being written.
struct Counted;

impl Counted {
    fn new() -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        Self
    }

    fn is_one_of_many() -> bool {
        OPEN.load(Ordering::Relaxed) >= MANY
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Writes an answer to its end, or until the client leaves.
pub(super) struct Writing {
    stream: TcpStream,
    events: Events,
    out: Out,
    /// Others had their turn since there is something to write.
    has_waited: bool,
    ended: bool,
    ignored: usize,
    _counted: Counted,
}

impl Writing {
    pub(super) fn new(stream: TcpStream, answer: Answer) -> Self {
        let Answer { head, events, chunked } = answer;
        let out = Out { bytes: head, written: 0, chunked };
        Self { stream, events, out, has_waited: false, ended: false, ignored: 0, _counted: Counted::new() }
    }

    /// Gathers what there is. An answer that fails in the middle is left without its end mark, which tells the client.
    fn gather(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while !self.ended && self.out.bytes.len() < MAX_GATHERED {
            match self.events.poll_next(cx, &mut self.out) {
                Poll::Pending => break,
                Poll::Ready(more) => self.ended = !more?,
            }
            if self.ended && self.out.chunked {
                self.out.bytes.extend_from_slice(b"0\r\n\r\n");
            }
        }
        Ok(())
    }

    /// Writes all that was gathered.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let out = &mut self.out;
        while out.written < out.bytes.len() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &out.bytes[out.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => out.written += count,
            }
        }
        out.bytes.clear();
        out.bytes.shrink_to(MAX_KEPT);
        out.written = 0;
        Poll::Ready(Ok(()))
    }

    /// Ready when the client has left.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut bytes = [0; 256];
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            self.ignored += buffer.filled().len();
            if buffer.filled().is_empty() || self.ignored > MAX_IGNORED {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl Future for Writing {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            self.gather(cx)?;
            if self.out.bytes.is_empty() {
                break;
            }
            if !self.has_waited && Counted::is_one_of_many() {
                self.has_waited = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if self.poll_out(cx)?.is_pending() {
                break;
            }
            self.has_waited = false;
            if self.ended {
                return Pin::new(&mut self.stream).poll_shutdown(cx);
            }
        }
        self.poll_gone(cx)
    }
}
