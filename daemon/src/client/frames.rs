//! Reads frames of the LSP base protocol.

use std::io::{self, BufRead, ErrorKind, Read};

use serde_json::Value;

/// The longest body that is read.
const MAX_BODY: usize = 256 * 1024 * 1024;
/// The longest line of a head.
const MAX_LINE: u64 = 1024;

/// Reads one message.
pub(super) fn read_frame(reader: &mut impl BufRead) -> io::Result<Value> {
    let invalid = |what: &str| io::Error::new(ErrorKind::InvalidData, what.to_owned());
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if (&mut *reader).take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let line = std::str::from_utf8(&line).map_err(|_| invalid("a message has a head that is not text"))?;
        if !line.ends_with('\n') {
            return Err(invalid("a message has no proper head"));
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let length =
        length.filter(|length| *length <= MAX_BODY).ok_or_else(|| invalid("a message has no proper length"))?;
    let mut body = Vec::new();
    if reader.take(length as u64).read_to_end(&mut body)? < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&body).map_err(|error| invalid(&format!("a message is no JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("Content-Length: 7\r\n\r\n{\"a\":1}rest", Ok(json!({"a": 1})))]
    #[case("content-length:2\r\nContent-Type: x\r\n\r\n{}", Ok(json!({})))]
    #[case("", Err(ErrorKind::UnexpectedEof))]
    #[case("Content-Length: 7\r\n\r\n{", Err(ErrorKind::UnexpectedEof))]
    #[case("Content-Length: -7\r\n\r\n{}", Err(ErrorKind::InvalidData))]
    #[case("Content-Length: 99999999999999\r\n\r\n{}", Err(ErrorKind::InvalidData))]
    #[case("Content-Length: 2\r\n\r\n{]", Err(ErrorKind::InvalidData))]
    #[case(&"x".repeat(5000), Err(ErrorKind::InvalidData))]
    fn frames(#[case] bytes: &str, #[case] expected: Result<Value, ErrorKind>) {
        assert_eq!(read_frame(&mut bytes.as_bytes()).map_err(|error| error.kind()), expected);
    }
}
