//! Keys that cannot be printed by accident.

use std::fmt;

use serde::Deserialize;

/// A key. `Debug` and `Display` show a mask; only [`Secret::expose`] gives it away.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

const MASK: &str = "[key]";
/// From so many bytes on it is not found in other words.
const LONG: usize = 6;

impl Secret {
    /// Wraps a key; white space around it is dropped, since pasted keys come with line breaks.
    pub fn new(key: impl AsRef<str>) -> Self {
        Self(key.as_ref().trim().to_owned())
    }

    /// The key of what somebody has copied: from a line of curl it comes in quotes, or behind the word `Bearer`.
    pub fn pasted(text: &str) -> Self {
        let mut key = text.trim();
        loop {
            let quoted = ['"', '\'', '`'].into_iter().find_map(|quote| key.strip_prefix(quote)?.strip_suffix(quote));
            let named = ["authorization:", "x-api-key:", "bearer "].into_iter().find_map(|name| {
                let start = key.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name));
                start.map(|start| &key[start.len()..])
            });
            match quoted.or(named) {
                Some(inner) => key = inner.trim(),
                None => return Self::new(key),
            }
        }
    }

    /// The key itself, for the request header and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of the key masked: servers like to repeat it in their errors. One of a few letters, such as the value
    /// of a header may be, is masked where it stands by itself.
    pub fn redact(&self, text: &str) -> String {
        if self.0.len() >= LONG || self.0.is_empty() {
            return if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, MASK) };
        }
        let (mut masked, mut done) = (String::with_capacity(text.len()), 0);
        for (at, found) in text.match_indices(&self.0) {
            let end = at + found.len();
            let goes_on = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
            if !goes_on(text[..at].chars().next_back()) && !goes_on(text[end..].chars().next()) {
                masked.push_str(&text[done..at]);
                masked.push_str(MASK);
                done = end;
            }
        }
        masked + &text[done..]
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = Secret::new(" sk-12345\n");
        assert_eq!(key.expose(), "sk-12345");
        assert_eq!(format!("{key} {key:?}"), "[key] [key]");
        assert_eq!(key.redact("bad key sk-12345!"), "bad key [key]!");
        assert_eq!(Secret::new("").redact("text"), "text");
        assert_eq!(Secret::new("a7").redact("team a7: a72 has a7"), "team [key]: a72 has [key]");
    }

    #[rstest]
    #[case("sk-1")]
    #[case(" \"sk-1\"\n")]
    #[case("'Bearer sk-1'")]
    #[case("Authorization: Bearer sk-1")]
    #[case("bearer  \"sk-1\"")]
    #[case("x-api-key: sk-1")]
    fn what_was_copied_along_is_no_part_of_a_key(#[case] text: &str) {
        assert_eq!(Secret::pasted(text).expose(), "sk-1");
    }
}
