//! Keys that cannot be printed by accident.

use std::fmt;

use serde::Deserialize;

/// A key. `Debug` and `Display` show a mask; only [`Secret::expose`] gives it away.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

const MASK: &str = "[key]";

impl Secret {
    /// Wraps a key; white space around it is dropped, since pasted keys come with line breaks.
    pub fn new(key: impl AsRef<str>) -> Self {
        Self(key.as_ref().trim().to_owned())
    }

    /// The key itself, for the request header and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of the key masked: servers like to repeat it in their errors.
    pub fn redact(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, MASK) }
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
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = Secret::new(" sk-12345\n");
        assert_eq!(key.expose(), "sk-12345");
        assert_eq!(format!("{key} {key:?}"), "[key] [key]");
        assert_eq!(key.redact("bad key sk-12345!"), "bad key [key]!");
        assert_eq!(Secret::new("").redact("text"), "text");
    }
}
