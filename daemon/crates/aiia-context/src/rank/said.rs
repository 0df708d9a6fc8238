//! The names that a diagnostic or the user says of the target.

use crate::Said;
use crate::workspace::{NameId, identifiers, name_id};
use rustc_hash::FxHashMap;

/// Who names something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum By {
    Diagnostic,
    User,
    Editor,
}

/// The names in what was said that are meant as names, with who says them.
pub(crate) fn names(said: &[Said]) -> FxHashMap<NameId, By> {
    let mut found = FxHashMap::default();
    for said in said {
        let (text, by) = match said {
            Said::Diagnostic(text) => (text, By::Diagnostic),
            Said::Instruction(text) => (text, By::User),
        };
        for range in identifiers(text) {
            if is_name(text, range.start, range.end) {
                found.entry(name_id(&text[range])).or_insert(by);
            }
        }
    }
    found
}

/// Whether a word of a sentence is the name of something: quoted, called, or written as only names are.
fn is_name(text: &str, start: usize, end: usize) -> bool {
    let (word, before, behind) = (&text[start..end], &text[..start], &text[end..]);
    let is_quoted = before.ends_with(['`', '\'', '"', '‘', '“', '<', '.', ':', '&']) && !before.ends_with(": ");
    let is_marked = word.contains('_') || word.chars().skip(1).any(char::is_uppercase);
    let begins_sentence = before.trim_end().is_empty() || before.trim_end().ends_with(['.', '!', '?', ':']);
    let is_capital = word.starts_with(char::is_uppercase) && word.len() > 1 && !begins_sentence;
    is_quoted || is_marked || is_capital || behind.starts_with(['(', '!', '<']) || behind.starts_with("::")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("expected `Shape`, found `u8`", &["Shape", "u8"])]
    #[case("Use a RetryPolicy here, and call retry_all", &["RetryPolicy", "retry_all"])]
    #[case("Argument of type \"Shape | None\" cannot be assigned", &["Shape", "None"])]
    #[case("make it return early", &[])]
    #[case("call parse() with Config::new", &["parse", "Config", "new"])]
    fn tells_names_from_words(#[case] text: &str, #[case] expected: &[&str]) {
        let found = names(&[Said::Instruction(text.to_owned())]);
        let expected: Vec<NameId> = expected.iter().map(|name| name_id(name)).collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        assert!(expected.iter().all(|name| found.contains_key(name)));
    }
}
