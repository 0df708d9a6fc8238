//! Puts secrets back into an answer while it streams.

use super::{PLACEHOLDER_END, PLACEHOLDER_START};

/// Replaces placeholders by what they stand for, across the borders of the parts in which the answer arrives.
pub(crate) struct Restorer {
    secrets: Vec<String>,
    held: String,
}

impl Restorer {
    pub(crate) fn new(secrets: Vec<String>) -> Self {
        Self { secrets, held: String::new() }
    }

    /// The next part, with what was held back before it and without what may be the beginning of a placeholder.
    pub(crate) fn push(&mut self, part: &str) -> String {
        if self.secrets.is_empty() {
            return part.to_owned();
        }
        self.held.push_str(part);
        let mut out = String::new();
        loop {
            let Some(start) = self.held.find(PLACEHOLDER_START) else {
                let keep = partial_suffix(&self.held);
                let cut = self.held.len() - keep;
                out.push_str(&self.held[..cut]);
                self.held.drain(..cut);
                return out;
            };
            out.push_str(&self.held[..start]);
            self.held.drain(..start);
            let after = &self.held[PLACEHOLDER_START.len()..];
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let rest = &after[digits..];
            if rest.starts_with(PLACEHOLDER_END) {
                let end = PLACEHOLDER_START.len() + digits + PLACEHOLDER_END.len();
                let secret =
                    after[..digits].parse::<usize>().ok().and_then(|number| self.secrets.get(number.checked_sub(1)?));
                match secret {
                    Some(secret) => out.push_str(secret),
                    None => out.push_str(&self.held[..end]),
                }
                self.held.drain(..end);
            } else if PLACEHOLDER_END.starts_with(rest) && digits <= 6 {
                return out;
            } else {
                // Not a placeholder after all.
                out.push_str(&self.held[..PLACEHOLDER_START.len()]);
                self.held.drain(..PLACEHOLDER_START.len());
            }
        }
    }

    /// What is still held back, at the end of the answer.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// How many bytes at the end of `text` may be the beginning of a placeholder.
fn partial_suffix(text: &str) -> usize {
    (1..PLACEHOLDER_START.len()).rev().find(|&length| text.ends_with(&PLACEHOLDER_START[..length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_split_gives_the_same_text() {
        let answer = "key = \"__AIIA_SECRET_1__\"; __x __AIIA_SECRET_2____AIIA_SECRET_9__ __AIIA_SECRET_ end__";
        let expected = "key = \"ONE\"; __x TWO__AIIA_SECRET_9__ __AIIA_SECRET_ end__";
        for first in 0..=answer.len() {
            for second in first..=answer.len() {
                let mut restorer = Restorer::new(vec!["ONE".into(), "TWO".into()]);
                let mut text = restorer.push(&answer[..first]);
                text += &restorer.push(&answer[first..second]);
                text += &restorer.push(&answer[second..]);
                text += &restorer.finish();
                assert_eq!(text, expected, "split at {first}, {second}");
            }
        }
    }

    #[test]
    fn without_secrets_nothing_is_held_back() {
        assert_eq!(Restorer::new(Vec::new()).push("a __"), "a __");
    }
}
