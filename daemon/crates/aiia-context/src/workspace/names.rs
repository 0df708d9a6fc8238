//! Identifiers of a text, and the numbers that stand for their names.

use rustc_hash::FxHasher;
use std::hash::Hasher;
use std::ops::Range;

/// A name, as a number of 32 bits. Two names of one workspace share a number about once in a hundred thousand names; then one
/// counts as the other, which costs a wrong candidate and nothing else.
pub(crate) type NameId = u32;

/// The number of a name.
pub(crate) fn name_id(name: &str) -> NameId {
    let mut hasher = FxHasher::default();
    hasher.write(name.as_bytes());
    let hash = hasher.finish();
    (hash ^ (hash >> 32)) as u32
}

const fn is_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// Which bytes may begin (1) and which may continue (2) an identifier.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let start = is_start(byte as u8);
        let inside = start || (byte as u8).is_ascii_digit();
        class[byte] = start as u8 | ((inside as u8) << 1);
        byte += 1;
    }
    class
};

/// The byte ranges of the identifiers of a text, in their order. Words of strings and comments are among them; a number is not.
pub(crate) fn identifiers(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            let class = CLASS[usize::from(bytes[at])];
            at += 1;
            if class == 0 {
                continue;
            }
            while at < bytes.len() && CLASS[usize::from(bytes[at])] & 2 != 0 {
                at += 1;
            }
            if class & 1 != 0 {
                return Some(start..at);
            }
        }
        None
    })
}

/// The identifiers of a text themselves.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    identifiers(text).map(|range| &text[range])
}

/// The numbers of the identifiers of a text.
pub(crate) fn name_ids(text: &str) -> impl Iterator<Item = NameId> + '_ {
    words(text).map(name_id)
}

/// The numbers of the parts of a name in lower case, ascending, each once: `parse_HTTPHeader` is `parse`, `http`, `header`.
pub(crate) fn parts(name: &str) -> Vec<NameId> {
    let mut found = Vec::new();
    for_each_part(name, |part| found.push(name_id(part)));
    found.sort_unstable();
    found.dedup();
    found
}

fn for_each_part(name: &str, mut visit: impl FnMut(&str)) {
    let mut part = String::new();
    let mut before: Option<char> = None;
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let begins = character.is_uppercase()
            && before.is_some_and(|before| {
                let mut is_last_of_capitals = || characters.peek().is_some_and(|behind| behind.is_lowercase());
                before.is_lowercase() || (before.is_uppercase() && is_last_of_capitals())
            });
        let is_part = character.is_alphanumeric();
        if (begins || !is_part) && !part.is_empty() {
            visit(&part);
            part.clear();
        }
        if character.is_ascii() && is_part {
            part.push(character.to_ascii_lowercase());
        } else if is_part {
            part.extend(character.to_lowercase());
        }
        before = Some(character);
    }
    if !part.is_empty() {
        visit(&part);
    }
}

/// How alike two sets of numbers are, both ascending: shared ones of all, 0 to 1.
pub(crate) fn likeness(a: &[NameId], b: &[NameId]) -> f32 {
    let (mut shared, mut other) = (0, b);
    for number in a {
        while other.first().is_some_and(|first| first < number) {
            other = &other[1..];
        }
        shared += usize::from(other.first() == Some(number));
    }
    if shared == 0 { 0.0 } else { shared as f32 / (a.len() + b.len() - shared) as f32 }
}

/// The numbers of the identifiers of a text, ascending, each once.
pub(crate) fn name_set(text: &str) -> Vec<NameId> {
    // Most names and what stands between two are not shorter.
    let mut names: Vec<NameId> = Vec::with_capacity(text.len() / 6 + 1);
    names.extend(name_ids(text));
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", &[])]
    #[case("a1 2b _c", &["a1", "_c"])]
    #[case("x.y::z(0x1f)", &["x", "y", "z"])]
    #[case("größe=1", &["größe"])]
    fn finds_identifiers(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(identifiers(text).map(|range| &text[range]).collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case("a b c", "a b c", 1.0)]
    #[case("a b", "b c", 1.0 / 3.0)]
    #[case("a", "", 0.0)]
    #[case("", "", 0.0)]
    fn compares_sets(#[case] a: &str, #[case] b: &str, #[case] expected: f32) {
        assert!((likeness(&name_set(a), &name_set(b)) - expected).abs() < 1e-6);
    }

    #[rstest]
    #[case("parse_HTTPHeader", &["parse", "http", "header"])]
    #[case("__init__", &["init"])]
    #[case("fromV2", &["from", "v2"])]
    #[case("A", &["a"])]
    fn splits_names(#[case] name: &str, #[case] expected: &[&str]) {
        let mut found = Vec::new();
        for_each_part(name, |part| found.push(part.to_owned()));
        assert_eq!(found, expected);
    }
}
