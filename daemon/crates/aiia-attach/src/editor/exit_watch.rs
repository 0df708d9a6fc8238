//! Notices `shutdown` and `exit` in a stream of frames that is copied, so that the exit code can be right.

/// `shutdown` and `exit` are tiny; longer frames are only counted.
const MAX_BODY: usize = 256;
/// More than any sensible head of a frame.
const MAX_HEAD: usize = 1024;
const LENGTH_HEADER: &[u8] = b"Content-Length:";

/// What was noticed so far.
#[derive(Debug, Default)]
pub(super) struct Goodbye {
    /// A request `shutdown` went by.
    pub(super) shutdown: bool,
    /// A notification `exit` went by.
    pub(super) exit: bool,
    state: State,
    held: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    /// In the head of a frame.
    #[default]
    Head,
    /// In a short body with so many bytes to come.
    Body(usize),
    /// In a long body with so many bytes to come.
    Skip(usize),
    /// The stream made no sense, which the daemon answers; it makes sense again with the next length.
    Lost,
}

impl Goodbye {
    /// Takes the next bytes of the stream, cut anywhere.
    pub(super) fn watch(&mut self, mut bytes: &[u8]) {
        while let Some(first) = bytes.first() {
            match self.state {
                State::Head => {
                    self.held.push(*first);
                    bytes = &bytes[1..];
                    if self.held.ends_with(b"\r\n\r\n") {
                        self.state = match content_length(&self.held) {
                            Some(length) if length <= MAX_BODY => State::Body(length),
                            Some(length) => State::Skip(length),
                            None => State::Lost,
                        };
                        self.held.clear();
                    } else if self.held.len() > MAX_HEAD {
                        self.state = State::Lost;
                    }
                }
                State::Body(left) => {
                    let (now, later) = bytes.split_at(left.min(bytes.len()));
                    self.held.extend_from_slice(now);
                    bytes = later;
                    self.state = State::Body(left - now.len());
                    if left == now.len() {
                        self.read_body();
                        self.held.clear();
                        self.state = State::Head;
                    }
                }
                State::Skip(left) => {
                    let now = left.min(bytes.len());
                    bytes = &bytes[now..];
                    self.state = if left == now { State::Head } else { State::Skip(left - now) };
                }
                State::Lost => {
                    self.held.push(*first);
                    bytes = &bytes[1..];
                    let start = self.held.len().saturating_sub(LENGTH_HEADER.len());
                    self.held.drain(..start);
                    if self.held.eq_ignore_ascii_case(LENGTH_HEADER) {
                        self.state = State::Head;
                    }
                }
            }
        }
    }

    fn read_body(&mut self) {
        let message: serde_json::Value = serde_json::from_slice(&self.held).unwrap_or_default();
        match message["method"].as_str() {
            Some("shutdown") => self.shutdown = true,
            Some("exit") => self.exit = true,
            _ => {}
        }
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    let value = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    };
    head.lines().find_map(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    fn check(stream: &str, expected: (bool, bool)) {
        for size in [1, 2, 3, 7, 64, stream.len().max(1)] {
            let mut goodbye = Goodbye::default();
            stream.as_bytes().chunks(size).for_each(|part| goodbye.watch(part));
            assert_eq!((goodbye.shutdown, goodbye.exit), expected, "in parts of {size}: {stream}");
        }
    }

    #[test]
    fn the_goodbye_is_noticed_however_the_bytes_are_cut() {
        let shutdown = frame(r#"{"jsonrpc":"2.0","id":9,"method":"shutdown","params":null}"#);
        let exit = frame(r#"{"jsonrpc": "2.0", "method": "exit"}"#);
        let long =
            frame(&format!(r#"{{"method":"textDocument/didOpen","text":"{}"}}"#, "\"method\":\"exit\"".repeat(99)));
        check("", (false, false));
        check(&shutdown, (true, false));
        check(&exit, (false, true));
        check(&format!("{long}{shutdown}{long}{exit}"), (true, true));
        check(&format!("{long}{}", frame(r#"{"method":"other","text":"exit shutdown"}"#)), (false, false));
    }

    #[test]
    fn head_lines_in_any_order_and_case() {
        let body = r#"{"method":"exit"}"#;
        check(&format!("Content-Type: x\r\ncontent-length:{}\r\n\r\n{body}", body.len()), (false, true));
    }

    #[test]
    fn after_nonsense_the_next_length_counts() {
        let exit = frame(r#"{"method":"exit"}"#);
        check(&format!("Content-Length: -5\r\n\r\n{exit}"), (false, true));
        check(&format!("{}{exit}", "x".repeat(5000)), (false, true));
        check(&format!("Content-Length: 99999999999999999999\r\n\r\n{exit}"), (false, true));
        check(&frame("{").repeat(3), (false, false));
    }
}
