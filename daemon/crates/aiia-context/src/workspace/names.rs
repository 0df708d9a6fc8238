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

/// The parts of a name, in lower case: `parse_HTTPHeader` is `parse`, `http`, `header`.
pub(crate) fn parts(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let characters: Vec<char> = name.chars().collect();
    let mut part = String::new();
    for (index, &character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| characters[before]);
        let behind = characters.get(index + 1);
        let begins = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || (before.is_uppercase() && behind.is_some_and(|behind| behind.is_lowercase()))
            });
        if (begins || !character.is_alphanumeric()) && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
        if character.is_alphanumeric() {
            part.extend(character.to_lowercase());
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
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
    #[case("parse_HTTPHeader", &["parse", "http", "header"])]
    #[case("__init__", &["init"])]
    #[case("fromV2", &["from", "v2"])]
    #[case("A", &["a"])]
    fn splits_names(#[case] name: &str, #[case] expected: &[&str]) {
        assert_eq!(parts(name), expected);
    }
}
