//! The bodies of HTTP/1.1, piece by piece: nothing is kept of them but where one is.

use reqwest::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};

/// The longest line of a chunk's size, its extensions included, and what may follow the last chunk.
const MAX_LINE: usize = 4096;

/// The body is not written as HTTP has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Broken;

/// Where in a body one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    /// It ends with the connection.
    UntilClosed,
    /// So many bytes follow.
    Length(u64),
    /// The size of a chunk: what was read of it, and the bytes of the line so far.
    Size(u64, usize),
    /// What else is on that line.
    Extension(u64, usize),
    /// So many bytes of a chunk follow.
    Chunk(u64),
    /// The line break after a chunk.
    AfterChunk,
    /// After the last chunk: the bytes so far, and those of the line.
    Trailer(usize, usize),
    /// Nothing follows.
    Ended,
}

impl Framing {
    /// How the body of an answer with this status and these headers is written.
    ///
    /// # Errors
    /// When the headers contradict themselves.
    pub(crate) fn of(status: u16, headers: &HeaderMap) -> Result<Self, Broken> {
        if matches!(status, 204 | 304) {
            return Ok(Self::Ended);
        }
        if let Some(coding) = headers.get_all(TRANSFER_ENCODING).iter().next_back() {
            let last = coding.to_str().unwrap_or_default().rsplit(',').next().unwrap_or_default().trim();
            return if last.eq_ignore_ascii_case("chunked") { Ok(Self::Size(0, 0)) } else { Ok(Self::UntilClosed) };
        }
        let mut lengths = headers.get_all(CONTENT_LENGTH).iter().map(|length| {
            let digits = length.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|text| text.parse::<u64>().ok()).ok_or(Broken)
        });
        let Some(first) = lengths.next().transpose()? else { return Ok(Self::UntilClosed) };
        for length in lengths {
            if length? != first {
                return Err(Broken);
            }
        }
        Ok(if first == 0 { Self::Ended } else { Self::Length(first) })
    }

    /// Whether the body may end here when the connection does.
    pub(crate) fn may_end(self) -> bool {
        matches!(self, Self::UntilClosed | Self::Ended)
    }

    /// Adds to `body` what of these bytes belongs to it.
    ///
    /// # Errors
    /// When they are not written as HTTP has it; what came before is in `body`.
    pub(crate) fn read(&mut self, mut bytes: &[u8], body: &mut Vec<u8>) -> Result<(), Broken> {
        while let Some((&first, after)) = bytes.split_first() {
            *self = match *self {
                Self::Ended => return Ok(()),
                Self::UntilClosed => {
                    body.extend_from_slice(bytes);
                    return Ok(());
                }
                Self::Length(left) | Self::Chunk(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    body.extend_from_slice(&bytes[..count]);
                    bytes = &bytes[count..];
                    *self = match (*self, left - count as u64) {
                        (Self::Chunk(_), 0) => Self::AfterChunk,
                        (Self::Chunk(_), left) => Self::Chunk(left),
                        (_, 0) => Self::Ended,
                        (_, left) => Self::Length(left),
                    };
                    continue;
                }
                Self::Size(size, length) => match (char::from(first).to_digit(16), first) {
                    // 15 digits: what has more is larger than any body.
                    (Some(digit), _) if length < 15 => Self::Size(size << 4 | u64::from(digit), length + 1),
                    (None, b';' | b' ' | b'\t' | b'\r') if length > 0 => Self::Extension(size, length),
                    (None, b'\n') if length > 0 => Self::after_size(size),
                    _ => return Err(Broken),
                },
                Self::Extension(size, _) if first == b'\n' => Self::after_size(size),
                Self::Extension(size, length) if length < MAX_LINE => Self::Extension(size, length + 1),
                Self::AfterChunk if first == b'\r' => Self::AfterChunk,
                Self::AfterChunk if first == b'\n' => Self::Size(0, 0),
                Self::Trailer(_, 0) if first == b'\n' => Self::Ended,
                Self::Trailer(all, _) if first == b'\n' && all < MAX_LINE => Self::Trailer(all + 1, 0),
                Self::Trailer(all, line) if first == b'\r' && all < MAX_LINE => Self::Trailer(all + 1, line),
                Self::Trailer(all, line) if all < MAX_LINE => Self::Trailer(all + 1, line + 1),
                Self::Extension(..) | Self::AfterChunk | Self::Trailer(..) => return Err(Broken),
            };
            bytes = after;
        }
        Ok(())
    }

    fn after_size(size: u64) -> Self {
        if size == 0 { Self::Trailer(0, 0) } else { Self::Chunk(size) }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;
    use rstest::rstest;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[rstest]
    #[case(200, &[], Ok(Framing::UntilClosed))]
    #[case(204, &[("content-length", "5")], Ok(Framing::Ended))]
    #[case(200, &[("content-length", "5")], Ok(Framing::Length(5)))]
    #[case(200, &[("content-length", "0")], Ok(Framing::Ended))]
    #[case(200, &[("content-length", "5"), ("content-length", "5")], Ok(Framing::Length(5)))]
    #[case(200, &[("content-length", "5"), ("content-length", "6")], Err(Broken))]
    #[case(200, &[("content-length", "+5")], Err(Broken))]
    #[case(200, &[("content-length", "-1")], Err(Broken))]
    #[case(200, &[("content-length", "99999999999999999999")], Err(Broken))]
    #[case(200, &[("content-length", "5"), ("transfer-encoding", "Chunked")], Ok(Framing::Size(0, 0)))]
    #[case(200, &[("transfer-encoding", "gzip, chunked")], Ok(Framing::Size(0, 0)))]
    #[case(200, &[("transfer-encoding", "identity")], Ok(Framing::UntilClosed))]
    fn how_a_body_is_written(
        #[case] status: u16,
        #[case] pairs: &[(&'static str, &'static str)],
        #[case] expected: Result<Framing, Broken>,
    ) {
        assert_eq!(Framing::of(status, &headers(pairs)), expected);
    }

    /// However the bytes are cut, the same comes of them.
    fn check(start: Framing, text: &str, expected: Result<(&str, bool), Broken>) {
        for size in [1, 2, 3, 7, text.len().max(1)] {
            let (mut framing, mut body) = (start, Vec::new());
            let read = text.as_bytes().chunks(size).try_for_each(|piece| framing.read(piece, &mut body));
            let found = read.map(|()| (String::from_utf8(body).unwrap(), framing.may_end()));
            assert_eq!(found, expected.map(|(body, ended)| (body.to_owned(), ended)), "{text:?} by {size}");
        }
    }

    #[rstest]
    #[case("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", Ok(("abcde", true)))]
    #[case("3\nabc\n0\n\n", Ok(("abc", true)))]
    #[case("A;name=value\r\n0123456789\r\n0 \r\nx: y\r\nz: 1\r\n\r\nmore", Ok(("0123456789", true)))]
    #[case("3\r\nab", Ok(("ab", false)))]
    #[case("3\r\nabc\r\n", Ok(("abc", false)))]
    #[case("3\r\nabc\r\n0\r\n", Ok(("abc", false)))]
    #[case("3\r\nabcd\r\n", Err(Broken))]
    #[case("\r\n", Err(Broken))]
    #[case("-1\r\n", Err(Broken))]
    #[case("x\r\n", Err(Broken))]
    #[case("ffffffffffffffffff\r\n", Err(Broken))]
    fn chunks(#[case] text: &str, #[case] expected: Result<(&str, bool), Broken>) {
        check(Framing::Size(0, 0), text, expected);
    }

    #[test]
    fn other_bodies() {
        check(Framing::Length(5), "abcdefg", Ok(("abcde", true)));
        check(Framing::Length(5), "abcd", Ok(("abcd", false)));
        check(Framing::UntilClosed, "abcd", Ok(("abcd", true)));
        check(Framing::Ended, "abcd", Ok(("", true)));
    }

    #[test]
    fn what_never_ends_is_not_read_forever() {
        for start in ["1;", "0\r\nx: "] {
            let (mut framing, mut body) = (Framing::Size(0, 0), Vec::new());
            framing.read(start.as_bytes(), &mut body).unwrap();
            assert_eq!(framing.read(&vec![b'y'; 2 * MAX_LINE], &mut body), Err(Broken));
        }
    }
}
