//! Bytes from a server into lines and events, within bounds.

use std::mem;

/// The longest line that is read.
pub(crate) const MAX_LINE: usize = 1024 * 1024;
/// The longest body that is read.
pub(crate) const MAX_TOTAL: usize = 64 * 1024 * 1024;

/// Why a body is not read further.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    LineTooLong,
    BodyTooLong,
    InvalidUtf8,
}

/// Cuts a body into lines. Lines end with LF, CRLF or CR, as those of server-sent events may; a JSON text has neither inside a string.
#[derive(Debug)]
pub(crate) struct LineSplitter {
    pending: Vec<u8>,
    total: usize,
    max_line: usize,
    max_total: usize,
    at_start: bool,
    /// The last line ended with CR, so that LF straight after it belongs to it.
    after_cr: bool,
}

impl LineSplitter {
    pub(crate) fn new(max_line: usize, max_total: usize) -> Self {
        Self { pending: Vec::new(), total: 0, max_line, max_total, at_start: true, after_cr: false }
    }

    /// The lines that are complete with these bytes, and the fault that ends the reading, if any:
    /// lines before the fault are good.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> (Vec<String>, Option<Fault>) {
        let mut lines = Vec::new();
        loop {
            match self.next(&mut bytes) {
                Ok(Some(line)) => lines.push(line),
                Ok(None) => return (lines, None),
                Err(fault) => return (lines, Some(fault)),
            }
        }
    }

    /// The first line that is complete with these bytes, which are taken away up to its end. Without one all of them are taken.
    ///
    /// # Errors
    /// The fault that ends the reading.
    pub(crate) fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<String>, Fault> {
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            *bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        let Some(end) = bytes.iter().position(|byte| matches!(*byte, b'\n' | b'\r')) else {
            return self.extend(mem::take(bytes), 0).map(|()| None);
        };
        let (piece, rest) = (&bytes[..end], &bytes[end + 1..]);
        self.after_cr = bytes[end] == b'\r';
        *bytes = rest;
        self.extend(piece, 1)?;
        self.take_line().map(Some)
    }

    /// The last line, if the body ended without a line break.
    pub(crate) fn finish(&mut self) -> Result<Option<String>, Fault> {
        if self.pending.is_empty() { Ok(None) } else { self.take_line().map(Some) }
    }

    /// What there is of a line that is too long, as far as it is text.
    pub(crate) fn take_beginning(&mut self) -> String {
        let mut line = mem::take(&mut self.pending);
        let valid = std::str::from_utf8(&line).map_or_else(|error| error.valid_up_to(), str::len);
        line.truncate(valid);
        String::from_utf8(line).unwrap_or_default()
    }

    fn extend(&mut self, piece: &[u8], line_break: usize) -> Result<(), Fault> {
        self.total += piece.len() + line_break;
        if self.total > self.max_total {
            return Err(Fault::BodyTooLong);
        }
        let room = self.max_line - self.pending.len();
        if piece.len() > room {
            self.pending.extend_from_slice(&piece[..room]);
            return Err(Fault::LineTooLong);
        }
        if self.pending.is_empty() {
            // Nearly always all of a line: no more room than it needs.
            self.pending.reserve_exact(piece.len());
        }
        self.pending.extend_from_slice(piece);
        Ok(())
    }

    fn take_line(&mut self) -> Result<String, Fault> {
        let mut line = String::from_utf8(mem::take(&mut self.pending)).map_err(|_| Fault::InvalidUtf8)?;
        if mem::take(&mut self.at_start) && line.starts_with('\u{feff}') {
            line.remove(0);
        }
        Ok(line)
    }
}

/// Assembles server-sent events from lines; only their data is of interest.
#[derive(Debug, Default)]
pub(crate) struct EventAssembler {
    data: Option<String>,
    had_fields: bool,
}

impl EventAssembler {
    /// The data of the event that this line completes.
    pub(crate) fn line(&mut self, line: &str) -> Result<Option<String>, Fault> {
        if line.is_empty() {
            return Ok(self.data.take());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        self.had_fields |= matches!(field, "data" | "event" | "id" | "retry" | "error") || line.starts_with(':');
        match field {
            "data" => {
                // Servers that forget the empty line between events still send one JSON text a line.
                // Tried on single lines only, so that no body is parsed over and over.
                let whole = self.data.take_if(|data| {
                    !data.contains('\n')
                        && (*data == "[DONE]" || serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok())
                });
                match &mut self.data {
                    Some(data) => {
                        if data.len() + value.len() > MAX_LINE {
                            return Err(Fault::LineTooLong);
                        }
                        data.push('\n');
                        data.push_str(value);
                    }
                    None => self.data = Some(value.to_owned()),
                }
                Ok(whole)
            }
            // llama.cpp once sent its errors as a field of their own.
            "error" => Ok(Some(format!(r#"{{"error":{}}}"#, if value.is_empty() { "\"unknown\"" } else { value }))),
            _ => Ok(None),
        }
    }

    /// Whether the body has had a line as events have them.
    pub(crate) fn had_fields(&self) -> bool {
        self.had_fields
    }

    /// The event that was left open when the body ended.
    pub(crate) fn finish(&mut self) -> Option<String> {
        self.data.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn split(chunks: &[&[u8]]) -> (Vec<String>, Option<Fault>) {
        let mut splitter = LineSplitter::new(8, 20);
        let mut all = Vec::new();
        for chunk in chunks {
            let (lines, fault) = splitter.push(chunk);
            all.extend(lines);
            if fault.is_some() {
                return (all, fault);
            }
        }
        match splitter.finish() {
            Ok(last) => {
                all.extend(last);
                (all, None)
            }
            Err(fault) => (all, Some(fault)),
        }
    }

    #[rstest]
    #[case(&[b"a\nb\r\n".as_slice(), b"c"], &["a", "b", "c"], None)]
    #[case(&[b"a".as_slice(), b"b", b"\n", b"\n"], &["ab", ""], None)]
    #[case(&[b"a\rb\r\rc".as_slice()], &["a", "b", "", "c"], None)]
    #[case(&[b"a\r".as_slice(), b"\nb\r", b"\r\n", b"\n"], &["a", "b", "", ""], None)]
    #[case(&["é".as_bytes(), b"\n"], &["é"], None)]
    #[case(&[b"\xc3".as_slice(), b"\xa9\n"], &["é"], None)]
    #[case(&[b"\xef\xbb\xbfa\n".as_slice()], &["a"], None)]
    #[case(&[b"ok\n\xff\n".as_slice()], &["ok"], Some(Fault::InvalidUtf8))]
    #[case(&[b"ok\n".as_slice(), b"\xc3"], &["ok"], Some(Fault::InvalidUtf8))]
    #[case(&[b"ok\n123456789".as_slice()], &["ok"], Some(Fault::LineTooLong))]
    #[case(&[b"12345".as_slice(), b"6789\n"], &[], Some(Fault::LineTooLong))]
    #[case(&[b"12345\n".as_slice(), b"12345\n", b"12345\n", b"12345\n"], &["12345", "12345", "12345"], Some(Fault::BodyTooLong))]
    fn splitting(#[case] chunks: &[&[u8]], #[case] expected: &[&str], #[case] fault: Option<Fault>) {
        assert_eq!(split(chunks), (expected.iter().map(ToString::to_string).collect(), fault));
    }

    fn events(lines: &str) -> Vec<String> {
        let mut assembler = EventAssembler::default();
        let mut events: Vec<String> = lines.split('\n').filter_map(|line| assembler.line(line).unwrap()).collect();
        events.extend(assembler.finish());
        events
    }

    #[rstest]
    #[case("data: {}\n\ndata: [DONE]\n\n", &["{}", "[DONE]"])]
    #[case("data:{}\n", &["{}"])]
    #[case(": comment\nevent: x\nid: 1\nretry: 5\ndata: 1\n\n", &["1"])]
    #[case("data: {\ndata: }\n\n", &["{\n}"])]
    #[case("data: {}\ndata: {}\ndata: [DONE]\n", &["{}", "{}", "[DONE]"])]
    #[case("error: {\"message\":\"x\"}\n", &["{\"error\":{\"message\":\"x\"}}"])]
    #[case("\n\n\n", &[])]
    fn server_sent_events(#[case] lines: &str, #[case] expected: &[&str]) {
        assert_eq!(events(lines), expected);
    }
}
