//! Notices a model that says the same over and over, as small ones do, so that it does not go on to its token limit.

/// The last bytes that are looked at. An answer that is periodic for so long is of no use any more.
const WINDOW: usize = 2400;
/// How often the window must hold the same.
const TIMES: usize = 5;
/// A look every so many bytes.
const EVERY: usize = 256;

/// Watches an answer as it comes.
#[derive(Default)]
pub(crate) struct Repetition {
    last: Vec<u8>,
    unseen: usize,
}

impl Repetition {
    /// Takes the next part; true when the end of the answer is nothing but one passage, again and again.
    pub(crate) fn push(&mut self, text: &str) -> bool {
        if self.last.is_empty() {
            self.last.reserve_exact(WINDOW + EVERY + text.len());
        }
        self.last.extend_from_slice(text.as_bytes());
        self.unseen += text.len();
        if self.unseen < EVERY || self.last.len() < WINDOW {
            return false;
        }
        self.unseen = 0;
        self.last.drain(..self.last.len() - WINDOW);
        period(&self.last) <= WINDOW / TIMES
    }
}

/// The smallest shift that maps a text onto itself (by the prefix function of Knuth, Morris and Pratt).
fn period(text: &[u8]) -> usize {
    let mut border = vec![0; text.len()];
    for end in 1..text.len() {
        let mut length = border[end - 1];
        while length > 0 && text[length] != text[end] {
            length = border[length - 1];
        }
        border[end] = length + usize::from(text[length] == text[end]);
    }
    text.len() - border.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many bytes it is noticed, when the parts are as small as tokens.
    fn noticed(text: &str) -> Option<usize> {
        let mut repetition = Repetition::default();
        let mut pushed = 0;
        text.split_inclusive(' ').find_map(|part| {
            pushed += part.len();
            repetition.push(part).then_some(pushed)
        })
    }

    #[test]
    fn a_passage_again_and_again_is_noticed() {
        let start = "Some words that are said once. ";
        for passage in
            ["no ", "It returns the sum. ", &format!("{}. ", "A longer sentence, with many words".repeat(12))]
        {
            let at = noticed(&format!("{start}{}", passage.repeat(2000 / passage.len() * 4))).expect("noticed");
            assert!(at < WINDOW + EVERY + passage.len() + start.len(), "{at}");
        }
    }

    #[test]
    fn what_differs_is_let_through() {
        let numbered = |passage: &str, count: usize| {
            (0..count).fold(String::new(), |text, number| text + &passage.replace('#', &number.to_string()))
        };
        assert_eq!(noticed(&numbered("row #, ", 2000)), None);
        assert_eq!(noticed(&numbered(&"A passage as long as a function, said # times. ".repeat(20), 4)), None);
        assert_eq!(noticed(&"x = 0; ".repeat(WINDOW / 7)), None);
    }
}
