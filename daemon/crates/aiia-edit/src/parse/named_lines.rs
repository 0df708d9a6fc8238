//! Which lines of a file the words above a code block name: `Lines 12-14:`, `replace line 7 with`, `#L12-L14`.

use std::ops::Range;

const WORDS: &[&str] = &["line", "lines", "zeile", "zeilen", "ligne", "lignes", "línea", "líneas", "linha", "linhas"];

/// The lines, counted from 0, if a text names one passage.
pub(super) fn of(text: &str) -> Option<Range<usize>> {
    let text = text.to_lowercase().replace(['\u{2013}', '\u{2014}', '\u{2011}'], "-");
    let words: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_matches(|sign: char| !sign.is_alphanumeric())).collect();
    let mut named: Vec<Range<usize>> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let found = if WORDS.contains(word) {
            range_at(&words[at + 1..])
        } else {
            let glued = word.rsplit_once("#l").map_or(*word, |(_, rest)| rest);
            let is_glued = glued.len() < word.len() || word.starts_with('l') && word[1..].starts_with(is_digit);
            is_glued.then(|| range_at(&[glued.trim_start_matches('l')])).flatten()
        };
        named.extend(found.filter(|found| !named.contains(found)));
    }
    match &named[..] {
        [one] => Some(one.clone()),
        _ => None,
    }
}

fn is_digit(sign: char) -> bool {
    sign.is_ascii_digit()
}

/// `12`, `12-14`, `12 - 14`, `12 to 14`
fn range_at(words: &[&str]) -> Option<Range<usize>> {
    let number = |word: &str| word.trim_start_matches('l').parse::<usize>().ok();
    let first = words.first()?;
    let (start, end) = if let Some((start, end)) = first.split_once('-') {
        (number(start)?, number(end)?)
    } else {
        let start = number(first)?;
        let is_joined = words.get(1).is_some_and(|word| matches!(*word, "" | "to" | "through" | "bis" | "à" | "a"));
        let end = if is_joined { words.get(2).and_then(|word| number(word)) } else { None };
        (start, end.unwrap_or(start))
    };
    (start > 0 && start <= end).then(|| start - 1..end)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Lines 12-14:", Some(11..14))]
    #[case("In `a.py`, line 7:", Some(6..7))]
    #[case("Replace lines 3 to 5 with:", Some(2..5))]
    #[case("**Zeilen 3 bis 5**", Some(2..5))]
    #[case("Lines 3 - 5:", Some(2..5))]
    #[case("see src/a.ts#L12-L14", Some(11..14))]
    #[case("L12:", Some(11..12))]
    #[case("Lines 1\u{2013}2", Some(0..2))]
    #[case("Line 3 and line 9:", None)]
    #[case("Add a line:", None)]
    #[case("lines 9-3", None)]
    #[case("It has 12 lines.", None)]
    #[case("line 0", None)]
    fn lines_are_named(#[case] text: &str, #[case] expected: Option<Range<usize>>) {
        assert_eq!(of(text), expected);
    }
}
