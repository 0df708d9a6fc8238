//! Notices a model that says the same over and over, as small ones do, so that it does not go on to its token limit.

use aiia_protocol::problem::{Problem, ProblemCode, reason};

/// The last bytes that are looked at. An answer that is periodic for so long is of no use any more.
const WINDOW: usize = 2400;
/// How often the window must hold the same.
const TIMES: usize = 5;
/// A look every so many bytes.
const EVERY: usize = 256;

/// Says when to look at an answer that comes part by part.
#[derive(Default)]
pub(crate) struct Repetition {
    unseen: usize,
}

impl Repetition {
    /// Whether it is time to look again, now that there are so many bytes more.
    pub(crate) fn is_due(&mut self, more: usize) -> bool {
        self.unseen += more;
        let due = self.unseen >= EVERY;
        if due {
            self.unseen = 0;
        }
        due
    }
}

/// Whether the end of what was said is nothing but one passage, again and again.
pub(crate) fn repeats(said: &[u8]) -> bool {
    let Some(last) = said.last_chunk::<WINDOW>() else { return false };
    // A shift that maps it onto itself; its last bytes rule nearly every one out.
    let end = last.last_chunk::<8>();
    (1..=WINDOW / TIMES).any(|shift| {
        let (moved, kept) = (&last[..WINDOW - shift], &last[shift..]);
        moved.last_chunk() == end && moved == kept
    })
}

/// The problem of an answer that was stopped because of it.
pub(super) fn repetitive(model: &str) -> Problem {
    Problem::new(ProblemCode::ModelError, format!("{model} said the same over and over and was stopped."))
        .with_reason(reason::REPETITION)
        .with_hint("What arrived is kept. Ask in other words, select less code, or choose a larger model.")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many bytes it is noticed, when the parts are as small as tokens.
    fn noticed(text: &str) -> Option<usize> {
        let mut repetition = Repetition::default();
        let mut said = 0;
        text.split_inclusive(' ').find_map(|part| {
            said += part.len();
            (repetition.is_due(part.len()) && repeats(&text.as_bytes()[..said])).then_some(said)
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
