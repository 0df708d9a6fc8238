//! Frames of the LSP base protocol: read within limits, and written.
//!
//! A frame that is wrong is reported and skipped; where its end is unknown, everything up to the next `Content-Length:` is.

use std::fmt::Write;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The largest frame that is taken.
pub(crate) const MAX_FRAME_BYTES: usize = 64 * 1024 * 1024;
const MAX_HEADER_BYTES: usize = 4096;
const READ_BYTES: usize = 16 * 1024;
const LENGTH_HEADER: &[u8] = b"Content-Length:";
/// Bytes that the header of a frame takes at most, as we write it.
const HEADER_ROOM: usize = 48;

/// What a frame held.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    /// A JSON object.
    Message(Value),
    /// Something else; the text says what was wrong.
    Malformed(Malformed),
}

/// Why a frame was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// The header or the JSON could not be read.
    Parse(String),
    /// The JSON is no JSON-RPC message.
    Invalid(String),
}

enum Header {
    Incomplete,
    Body(usize),
    Skip { body: usize, reason: String },
    Lost(String),
}

/// Reads frames. [`Self::next`] may be dropped and called again without losing anything.
pub(crate) struct FrameReader<R> {
    reader: R,
    buffer: Vec<u8>,
    body: Option<usize>,
    skip: usize,
    lost: bool,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), body: None, skip: 0, lost: false }
    }

    /// The next frame; `None` when the other side closed the connection.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.take() {
                return Some(frame);
            }
            let length = self.buffer.len();
            // Grows with what arrives, not with what is announced.
            self.buffer.reserve(READ_BYTES);
            match (&mut self.reader).take(READ_BYTES as u64).read_buf(&mut self.buffer).await {
                Ok(read) if read > 0 => debug_assert!(self.buffer.len() > length),
                _ => return None,
            }
        }
    }

    fn take(&mut self) -> Option<Frame> {
        if self.skip > 0 {
            let skipped = self.skip.min(self.buffer.len());
            self.consume(skipped);
            self.skip -= skipped;
            if self.skip > 0 {
                return None;
            }
        }
        if self.lost {
            self.find_header()?;
        }
        if self.body.is_none() {
            match header(&self.buffer) {
                Header::Incomplete => return None,
                Header::Body(body) => {
                    let end = header_end(&self.buffer)?;
                    self.consume(end);
                    self.body = Some(body);
                }
                Header::Skip { body, reason } => {
                    let end = header_end(&self.buffer)?;
                    self.consume(end);
                    self.skip = body;
                    return Some(Frame::Malformed(Malformed::Parse(reason)));
                }
                Header::Lost(reason) => {
                    // A header without an end: past its first byte, so that the same one is not found again.
                    let end = header_end(&self.buffer[..self.buffer.len().min(MAX_HEADER_BYTES)]).unwrap_or(1);
                    self.consume(end);
                    self.lost = true;
                    return Some(Frame::Malformed(Malformed::Parse(reason)));
                }
            }
        }
        let length = self.body?;
        if self.buffer.len() < length {
            return None;
        }
        self.body = None;
        let frame = message(&self.buffer[..length]);
        self.consume(length);
        Some(frame)
    }

    fn find_header(&mut self) -> Option<()> {
        let found = self.buffer.windows(LENGTH_HEADER.len()).position(|part| part.eq_ignore_ascii_case(LENGTH_HEADER));
        if let Some(start) = found {
            self.consume(start);
            self.lost = false;
            return Some(());
        }
        // The beginning of the header may be at the end of what has arrived.
        self.consume(self.buffer.len().saturating_sub(LENGTH_HEADER.len() - 1));
        None
    }

    fn consume(&mut self, bytes: usize) {
        self.buffer.drain(..bytes);
        if self.buffer.capacity() > 4 * READ_BYTES && self.buffer.len() < READ_BYTES {
            self.buffer.shrink_to(READ_BYTES);
        }
    }
}

/// Where the header ends, with the empty line after it; lines may wrongly end in LF alone.
fn header_end(buffer: &[u8]) -> Option<usize> {
    let mut line_start = 0;
    while let Some(length) = buffer[line_start..].iter().position(|byte| *byte == b'\n') {
        let line = buffer[line_start..line_start + length].trim_ascii();
        line_start += length + 1;
        if line.is_empty() {
            return Some(line_start);
        }
    }
    None
}

fn header(buffer: &[u8]) -> Header {
    let within = &buffer[..buffer.len().min(MAX_HEADER_BYTES)];
    let Some(end) = header_end(within) else {
        if buffer.len() >= MAX_HEADER_BYTES {
            return Header::Lost(format!("The header has more than {MAX_HEADER_BYTES} bytes."));
        }
        return Header::Incomplete;
    };
    let Ok(text) = std::str::from_utf8(&within[..end]) else {
        return Header::Lost("The header is not text.".to_owned());
    };
    let mut lengths = text.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("Content-Length").then(|| value.trim())
    });
    let Some(length) = lengths.next() else {
        return Header::Lost("The header `Content-Length` is missing.".to_owned());
    };
    if lengths.next().is_some() {
        return Header::Lost("The header `Content-Length` is there twice.".to_owned());
    }
    // `parse` alone would take a sign.
    let digits = length.bytes().all(|byte| byte.is_ascii_digit());
    let Some(body) = length.parse::<usize>().ok().filter(|_| digits) else {
        return Header::Lost(format!("`Content-Length` is no number of bytes: “{}”.", shortened(length)));
    };
    if body > MAX_FRAME_BYTES {
        return Header::Lost(format!("A frame of {body} bytes is over the limit of {MAX_FRAME_BYTES}."));
    }
    if text.split_inclusive('\n').any(|line| !line.ends_with("\r\n")) {
        return Header::Skip { body, reason: "The lines of the header do not end in CRLF.".to_owned() };
    }
    Header::Body(body)
}

fn shortened(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(40).collect()
}

fn message(body: &[u8]) -> Frame {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Array(_)) => Frame::Malformed(Malformed::Invalid("Batches are not a part of LSP.".to_owned())),
        Ok(value @ Value::Object(_)) => Frame::Message(value),
        Ok(_) => Frame::Malformed(Malformed::Invalid("A message is a JSON object.".to_owned())),
        Err(error) => Frame::Malformed(Malformed::Parse(format!("The message is not JSON: {error}."))),
    }
}

/// Writes a frame for each of `bodies`.
pub(crate) async fn write<W: AsyncWrite + Unpin>(
    writer: &mut W,
    bodies: impl Iterator<Item = String>,
) -> std::io::Result<()> {
    let mut frames = String::new();
    for body in bodies {
        frames.reserve(body.len() + HEADER_ROOM);
        let _ = write!(frames, "Content-Length: {}\r\n\r\n{body}", body.len());
    }
    writer.write_all(frames.as_bytes()).await?;
    writer.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    /// Reads `input`, in one piece and byte by byte; `expected` has one letter a frame: `m`essage, `p`arse error, `i`nvalid.
    async fn check(input: &str, expected: &str) {
        for step in [1, 7, input.len().max(1)] {
            let mut input_reader = in_pieces(input.as_bytes(), step);
            let mut reader = FrameReader::new(&mut input_reader);
            let mut found = String::new();
            while let Some(frame) = reader.next().await {
                found.push(match frame {
                    Frame::Message(_) => 'm',
                    Frame::Malformed(Malformed::Parse(_)) => 'p',
                    Frame::Malformed(Malformed::Invalid(_)) => 'i',
                });
            }
            assert_eq!(found, expected, "{:?} in steps of {step}", &input[..input.len().min(100)]);
        }
    }

    fn in_pieces(input: &[u8], step: usize) -> impl AsyncRead + Unpin {
        Pieces(input.chunks(step).map(<[u8]>::to_vec).collect())
    }

    struct Pieces(std::collections::VecDeque<Vec<u8>>);

    impl AsyncRead for Pieces {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buffer: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            if let Some(mut piece) = self.0.pop_front() {
                let rest = piece.split_off(piece.len().min(buffer.remaining()));
                buffer.put_slice(&piece);
                if !rest.is_empty() {
                    self.0.push_front(rest);
                }
            }
            std::task::Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn good_frames() {
        let good = framed(r#"{"a":"é"}"#);
        check("", "").await;
        check(&good.repeat(3), "mmm").await;
        check("content-length: 2\r\nContent-Type: x\r\n\r\n{}", "m").await;
        check(&framed(&format!("{{\"a\":\"{}\"}}", "x".repeat(100_000))), "m").await;
    }

    #[tokio::test]
    async fn bad_frames_are_reported_and_the_next_one_is_read() {
        let good = framed(r#"{"a":1}"#);
        for (bad, expected) in [
            ("Content-Length: -5\r\n\r\n{\"a\":1}", "pm"),
            ("Content-Length: +5\r\n\r\n{\"a\":1}", "pm"),
            ("Content-Length: 99999999999999999999999\r\n\r\n{}", "pm"),
            ("Content-Length: 67108865\r\n\r\n{}", "pm"),
            ("Content-Length: abc\r\n\r\n{}", "pm"),
            ("Content-Type: x\r\n\r\n{}", "pm"),
            ("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "pm"),
            ("Content-Length: 2\n\n{}", "pm"),
            ("Content-Length: 3\r\n\r\n{a}", "pm"),
            ("Content-Length: 2\r\n\r\n[]", "im"),
            ("Content-Length: 1\r\n\r\n3", "im"),
            ("Content-Length: 0\r\n\r\n", "pm"),
        ] {
            check(&format!("{bad}{good}"), expected).await;
        }
        check(&format!("{}{good}", "x".repeat(3 * MAX_HEADER_BYTES)), "pm").await;
        let deep = framed(&"[".repeat(100_000));
        check(&format!("{deep}{good}"), "pm").await;
    }

    #[tokio::test]
    async fn an_announced_length_takes_no_memory() {
        let mut input: &[u8] = b"Content-Length: 60000000\r\n\r\n{";
        let mut reader = FrameReader::new(&mut input);
        assert_eq!(reader.next().await, None);
        assert!(reader.buffer.capacity() <= 4 * READ_BYTES);
    }
}
