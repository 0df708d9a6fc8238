//! Which line break a text uses.

/// A kind of line break.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum LineEnding {
    /// `\n`
    #[default]
    Lf,
    /// `\r\n`
    Crlf,
    /// `\r` that no `\n` follows
    Cr,
}

impl LineEnding {
    /// The line break most lines of `text` end with. Between equals LF wins, then CRLF; a text without a line
    /// break is LF.
    pub fn detect(text: &str) -> LineEnding {
        let (mut lf, mut crlf, mut cr) = (0_usize, 0_usize, 0_usize);
        let bytes = text.as_bytes();
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' if index > 0 && bytes[index - 1] == b'\r' => crlf += 1,
                b'\n' => lf += 1,
                b'\r' if bytes.get(index + 1) != Some(&b'\n') => cr += 1,
                _ => {}
            }
        }
        if lf >= crlf && lf >= cr {
            LineEnding::Lf
        } else if crlf >= cr {
            LineEnding::Crlf
        } else {
            LineEnding::Cr
        }
    }

    /// The line break itself.
    pub fn as_str(self) -> &'static str {
        match self {
            LineEnding::Lf => "\n",
            LineEnding::Crlf => "\r\n",
            LineEnding::Cr => "\r",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", LineEnding::Lf)]
    #[case("no break", LineEnding::Lf)]
    #[case("a\nb\n", LineEnding::Lf)]
    #[case("a\r\nb\r\nc\n", LineEnding::Crlf)]
    #[case("a\rb\rc\n", LineEnding::Cr)]
    #[case("a\nb\r\n", LineEnding::Lf)]
    #[case("a\r\r\n", LineEnding::Crlf)]
    #[case("a\u{2028}b\u{c}c", LineEnding::Lf)]
    fn detects_the_majority(#[case] text: &str, #[case] expected: LineEnding) {
        assert_eq!(LineEnding::detect(text), expected);
    }
}
