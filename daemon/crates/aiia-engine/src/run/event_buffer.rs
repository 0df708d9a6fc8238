//! What happened in a run, in little more memory than its words take: an answer is thousands of events of a few letters each.

use std::collections::BTreeMap;

use aiia_protocol::run::RunEventKind;

/// What happened, in order.
#[derive(Default)]
pub(super) struct Packed {
    /// All parts of the answer and of the thinking, one after the other.
    words: String,
    /// Where the words of each event end; an event of another kind has none.
    ends: Vec<u32>,
    /// The events that are no part of the answer itself, by their index.
    others: BTreeMap<usize, Other>,
}

/// What is no part of the answer.
enum Other {
    /// A part of the thinking, whose words are with those of the answer.
    Reasoning,
    Kind(Box<RunEventKind>),
}

/// Room is made in steps of this share of the words, at least of so many bytes.
const SHARE: usize = 4;
const LEAST_STEP: usize = 1024;

impl Packed {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Adds one.
    pub(super) fn push(&mut self, kind: RunEventKind) {
        let other = match &kind {
            RunEventKind::Text { text } => self.take_words(text).then_some(None),
            RunEventKind::Reasoning { text } => self.take_words(text).then_some(Some(Other::Reasoning)),
            _ => None,
        };
        if let Some(other) = other.unwrap_or_else(|| Some(Other::Kind(Box::new(kind)))) {
            self.others.insert(self.ends.len(), other);
        }
        if self.ends.len() == self.ends.capacity() {
            self.ends.reserve_exact(self.ends.len() / SHARE + LEAST_STEP / size_of::<u32>());
        }
        // What does not fit into 32 bits was not taken.
        self.ends.push(self.words.len() as u32);
    }

    /// Adds words, unless they are more than can be counted, which the limit of an answer does not allow.
    fn take_words(&mut self, text: &str) -> bool {
        if u32::try_from(self.words.len() + text.len()).is_err() {
            return false;
        }
        if self.words.capacity() - self.words.len() < text.len() {
            self.words.reserve_exact(text.len() + self.words.len() / SHARE + LEAST_STEP);
        }
        self.words.push_str(text);
        true
    }

    /// The one with that index, counted from 0.
    pub(super) fn get(&self, index: usize) -> Option<RunEventKind> {
        let text = self.words_of(index)?.to_owned();
        Some(match self.others.get(&index) {
            None => RunEventKind::Text { text },
            Some(Other::Reasoning) => RunEventKind::Reasoning { text },
            Some(Other::Kind(kind)) => RunEventKind::clone(kind),
        })
    }

    /// The parts of the answer from that index on, as one text.
    pub(super) fn text_from(&self, index: usize) -> String {
        let parts = (index..self.len()).filter(|index| !self.others.contains_key(index));
        parts.filter_map(|index| self.words_of(index)).collect()
    }

    /// All parts of the answer and of the thinking, as they came.
    pub(super) fn words(&self) -> &str {
        &self.words
    }

    fn words_of(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.words.get(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_comes_back() {
        let text = |text: &str| RunEventKind::Text { text: text.to_owned() };
        let kinds = [
            RunEventKind::Status { text: "loading".to_owned() },
            RunEventKind::Reasoning { text: "Größe?".to_owned() },
            text(""),
            text("é"),
            RunEventKind::Notice { reason: "model".to_owned(), text: "Another one.".to_owned() },
            text(" done"),
        ];
        let mut packed = Packed::default();
        for kind in &kinds {
            packed.push(kind.clone());
        }
        let back: Vec<_> = (0..packed.len()).filter_map(|index| packed.get(index)).collect();
        assert_eq!(back, kinds);
        assert_eq!(packed.get(kinds.len()), None);
    }

    #[test]
    fn the_answer_is_read_back_without_the_rest() {
        let mut packed = Packed::default();
        packed.push(RunEventKind::Text { text: "before ".to_owned() });
        packed.push(RunEventKind::Reasoning { text: "hm".to_owned() });
        packed.push(RunEventKind::Text { text: "ö".to_owned() });
        packed.push(RunEventKind::Status { text: "waiting".to_owned() });
        packed.push(RunEventKind::Text { text: "k".to_owned() });
        assert_eq!([packed.text_from(0), packed.text_from(1), packed.text_from(9)], ["before ök", "ök", ""]);
    }

    #[test]
    fn an_answer_takes_little_more_than_its_words() {
        let mut packed = Packed::default();
        for _ in 0..10_000 {
            packed.push(RunEventKind::Text { text: "word ".to_owned() });
        }
        let taken = packed.words.capacity() + packed.ends.capacity() * size_of::<u32>();
        assert!(taken < 10_000 * 5 * 5 / 2, "{taken}");
    }
}
