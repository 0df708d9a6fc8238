//! Halves of letters: servers that cut an emoji between two tokens write each half as a JSON escape, which no JSON reader takes. Each
//! becomes a mark, and two that follow each other in the answer the letter again.

use crate::chat::Delta;

/// The first of the characters that stand for halves, one for each: of a plane that no letters are in.
const FIRST_MARK: u32 = 0x10_f800;
const FIRST_HALF: u16 = 0xd800;
const HALVES: u32 = 0x800;
/// What stands for a letter of which only one half came.
const BROKEN: char = '\u{fffd}';

/// The JSON text with each escape of half a letter replaced by its mark; `None` where there is none.
pub(super) fn mended(text: &str) -> Option<String> {
    let mut mended = String::new();
    let (mut rest, mut found) = (text, false);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let length = match half(escape) {
            None => escape.char_indices().nth(2).map_or(escape.len(), |(end, _)| end),
            Some(first) if is_first(first) && half(&escape[6..]).is_some_and(|second| !is_first(second)) => 12,
            Some(half) => {
                mended.push(mark(half));
                found = true;
                rest = &escape[6..];
                continue;
            }
        };
        mended.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    mended.push_str(rest);
    found.then_some(mended)
}

/// The half of a letter that the escape at the beginning stands for, if it is one.
fn half(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..=0xdfff).contains(unit))
}

fn is_first(half: u16) -> bool {
    half < 0xdc00
}

fn mark(half: u16) -> char {
    char::from_u32(FIRST_MARK + u32::from(half - FIRST_HALF)).unwrap_or(BROKEN)
}

/// The half that a mark stands for.
fn marked(letter: char) -> Option<u16> {
    let number = u32::from(letter).checked_sub(FIRST_MARK).filter(|number| *number < HALVES)?;
    Some(FIRST_HALF + number as u16)
}

/// A text in which every mark is a broken letter.
pub(super) fn without_marks(text: &str) -> String {
    text.chars().map(|letter| if marked(letter).is_some() { BROKEN } else { letter }).collect()
}

/// Whether something was thought or said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Reasoning,
}

impl Kind {
    fn delta(self, text: String) -> Delta {
        match self {
            Self::Text => Delta::Text(text),
            Self::Reasoning => Delta::Reasoning(text),
        }
    }
}

/// Puts the halves together that come in events after each other.
#[derive(Debug, Default)]
pub(super) struct Halves {
    /// The first half of a letter whose second one has not come yet.
    waiting: Option<(Kind, u16)>,
}

impl Halves {
    /// Whether the beginning of what comes next belongs to a letter that has begun.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// What an event says, with letters for its marks, if it `has_marks`. A first half at its end is kept back.
    pub(super) fn joined(&mut self, said: Vec<Delta>, has_marks: bool) -> Vec<Delta> {
        let mut deltas = Vec::with_capacity(said.len() + 1);
        for delta in said {
            let (kind, text) = match delta {
                Delta::Text(text) => (Kind::Text, text),
                Delta::Reasoning(text) => (Kind::Reasoning, text),
                other => {
                    deltas.push(other);
                    continue;
                }
            };
            if self.waiting.is_some_and(|(waiting, _)| waiting != kind) {
                deltas.extend(self.rest());
            }
            let text = self.letters(kind, &text, has_marks);
            if !text.is_empty() {
                deltas.push(kind.delta(text));
            }
        }
        deltas
    }

    fn letters(&mut self, kind: Kind, text: &str, has_marks: bool) -> String {
        let mut letters = String::with_capacity(text.len());
        for letter in text.chars() {
            let before = self.waiting.take();
            match (before, marked(letter).filter(|_| has_marks)) {
                (Some((_, first)), Some(second)) if !is_first(second) => {
                    letters.extend(char::decode_utf16([first, second]).flatten());
                }
                (before, half) => {
                    letters.extend(before.map(|_| BROKEN));
                    match half {
                        Some(half) if is_first(half) => self.waiting = Some((kind, half)),
                        Some(_) => letters.push(BROKEN),
                        None => letters.push(letter),
                    }
                }
            }
        }
        letters
    }

    /// The letter that has begun and does not go on.
    pub(super) fn rest(&mut self) -> Option<Delta> {
        self.waiting.take().map(|(kind, _)| kind.delta(BROKEN.into()))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#""\ud83d""#, Some("\"\u{10f83d}\""))]
    #[case(r#""a\ude00b\uD83D""#, Some("\"a\u{10fe00}b\u{10f83d}\""))]
    #[case(r#""\ud83d\ud83d\ude00""#, Some("\"\u{10f83d}\\ud83d\\ude00\""))]
    #[case(r#""\ud83d\ude00\u00e9\n""#, None)]
    #[case(r#""\\ud83d""#, None)]
    #[case(r#""\u""#, None)]
    #[case("\\", None)]
    #[case(r#""\ud8é""#, None)]
    fn halves_are_marked(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(mended(text).as_deref(), expected);
    }

    #[test]
    fn each_half_has_its_mark() {
        for half in 0xd800..=0xdfff {
            assert_eq!(marked(mark(half)), Some(half));
        }
        assert_eq!((marked('a'), marked('\u{10f7ff}')), (None, None));
        let own = vec![Delta::Text("\u{10f83d}".to_owned())];
        assert_eq!(Halves::default().joined(own.clone(), false), own, "a letter of the answer itself");
    }
}
