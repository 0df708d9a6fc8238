//! Tokens into text: whole characters only, and nothing of a stop string.

/// Gathers bytes into text; a character may be spread over several tokens.
#[derive(Debug, Default)]
pub(super) struct CharacterAssembler {
    pending: Vec<u8>,
}

impl CharacterAssembler {
    /// The text that is whole with these bytes. Bytes that can never become text turn into U+FFFD.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        loop {
            match std::str::from_utf8(&self.pending) {
                Ok(whole) => {
                    text.push_str(whole);
                    self.pending.clear();
                    return text;
                }
                Err(error) => {
                    let good = error.valid_up_to();
                    text.push_str(&String::from_utf8_lossy(&self.pending[..good]));
                    let Some(bad) = error.error_len() else {
                        self.pending.drain(..good);
                        return text;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    self.pending.drain(..good + bad);
                }
            }
        }
    }

    /// What is left when no more tokens come.
    pub(super) fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.pending)).into_owned()
    }
}

/// Lets text through up to the first stop string, holding back what might become one.
#[derive(Debug)]
pub(super) struct StopFilter {
    stops: Vec<String>,
    held: String,
}

impl StopFilter {
    pub(super) fn new(stops: &[String]) -> Self {
        Self { stops: stops.iter().filter(|stop| !stop.is_empty()).cloned().collect(), held: String::new() }
    }

    /// The text that may be shown, and whether a stop string was met.
    pub(super) fn push(&mut self, text: &str) -> (String, bool) {
        self.held.push_str(text);
        if let Some(start) = self.stops.iter().filter_map(|stop| self.held.find(stop)).min() {
            self.held.truncate(start);
            return (std::mem::take(&mut self.held), true);
        }
        let keep = self.stops.iter().map(|stop| longest_start_at_end(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - keep);
        (std::mem::replace(&mut self.held, rest), false)
    }

    /// What was held back, when no more text comes.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// The length of the longest start of `stop` that `text` ends with.
fn longest_start_at_end(text: &str, stop: &str) -> usize {
    stop.char_indices().map(|(end, _)| end).filter(|end| text.ends_with(&stop[..*end])).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[b"a".as_slice(), "é".as_bytes()], &["a", "é", ""])]
    #[case(&[b"\xf0\x9f".as_slice(), b"\x98", b"\x80!"], &["", "", "😀!", ""])]
    #[case(&[b"a\xff".as_slice(), b"b"], &["a\u{fffd}", "b", ""])]
    #[case(&[b"\xc3".as_slice(), b"x"], &["", "\u{fffd}x", ""])]
    #[case(&[b"ok\xe2\x82".as_slice()], &["ok", "\u{fffd}"])]
    fn characters(#[case] tokens: &[&[u8]], #[case] expected: &[&str]) {
        let mut assembler = CharacterAssembler::default();
        let mut texts: Vec<String> = tokens.iter().map(|token| assembler.push(token)).collect();
        texts.push(assembler.finish());
        assert_eq!(texts, expected);
    }

    #[rstest]
    #[case(&[], &["a", "b"], "ab", false)]
    #[case(&["END"], &["a", "E", "N", "x"], "aENx", false)]
    #[case(&["END"], &["a", "E", "N", "D", "b"], "a", true)]
    #[case(&["END"], &["xEND tail"], "x", true)]
    #[case(&["END"], &["EEND"], "E", true)]
    #[case(&["END"], &["xEN"], "xEN", false)]
    #[case(&["\n\n", "```"], &["a\n", "``", "`"], "a\n", true)]
    #[case(&["é!"], &["aé", "?"], "aé?", false)]
    #[case(&[""], &["a"], "a", false)]
    fn stop_strings(#[case] stops: &[&str], #[case] pieces: &[&str], #[case] expected: &str, #[case] met: bool) {
        let mut filter = StopFilter::new(&stops.iter().map(ToString::to_string).collect::<Vec<_>>());
        let mut shown = String::new();
        for piece in pieces {
            let (text, stopped) = filter.push(piece);
            shown.push_str(&text);
            if stopped {
                assert_eq!((shown.as_str(), true), (expected, met));
                return;
            }
        }
        shown.push_str(&filter.finish());
        assert_eq!((shown.as_str(), false), (expected, met));
    }
}
