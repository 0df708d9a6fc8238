//! Passages with the line numbers that a listing had: `12 | code`, `12: code`, `12\tcode`.

use super::view::FileView;
use super::{Change, passage};
use crate::lines::lines;
use crate::parse::Reading;
use crate::tolerance::Tolerance;

/// The change of the passage without its numbers, if every line of it has one.
pub(super) fn find(reading: &Reading, file: &FileView) -> Option<Change> {
    let old = without_numbers(&reading.old, true)?;
    let new = without_numbers(&reading.new, false)?;
    let mut change = passage::find(&Reading { old, new, ..reading.clone() }, file).ok().flatten()?;
    change.tolerances.insert(0, Tolerance::LineNumbersPasted);
    Some(change)
}

/// The text without its numbers, which rise by one from line to line where `all` must have one.
fn without_numbers(text: &str, all: bool) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut expected = None;
    for line in lines(text) {
        match numbered(line.content) {
            Some((number, code)) => {
                if all && expected.is_some_and(|expected| expected != number) {
                    return None;
                }
                expected = Some(number + 1);
                result.push_str(code);
            }
            None if all => return None,
            None => result.push_str(line.content),
        }
        result.push_str(line.ending);
    }
    Some(result)
}

/// The code of a listing without its numbers, which each line has and which rise by one, with the same sign behind each. What blanks
/// the code has in common may stay.
pub(super) fn of_code(text: &str) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut last: Option<(usize, &str)> = None;
    for line in lines(text) {
        let (number, sign, code) = match (listed(line.content), last) {
            (Some(found), _) => found,
            (None, Some((number, sign))) if line.is_blank() => (number + 1, sign, ""),
            _ => return None,
        };
        let goes_on = |(before, sign_before): (usize, &str)| {
            number == before + 1 && (sign == sign_before || code.trim().is_empty())
        };
        if !last.is_none_or(goes_on) {
            return None;
        }
        last = Some((number, last.map_or(sign, |(_, sign)| sign)));
        result.push_str(if code.trim().is_empty() { "" } else { code });
        result.push_str(line.ending);
    }
    last.map(|_| result)
}

/// The number of a line of whatever listing, what stands between it and the code, and the code.
fn listed(line: &str) -> Option<(usize, &str, &str)> {
    const BEFORE: &[&str] = &["/* ", "[", "L"];
    const BEHIND: &[&str] =
        &[" |", "|", " \u{2502}", "\u{2502}", ":", "\u{2192}", "\t", "]", " */", ".", ")", "-", " "];
    let line = line.trim_start_matches(' ');
    let line = BEFORE.iter().find_map(|sign| line.strip_prefix(sign)).unwrap_or(line);
    let digits = line.len() - line.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let number = line[..digits].parse().ok()?;
    let rest = &line[digits..];
    if rest.is_empty() {
        return Some((number, "", ""));
    }
    BEHIND.iter().find_map(|sign| Some((number, *sign, rest.strip_prefix(sign)?)))
}

/// The number of a line of a listing, and its code.
fn numbered(line: &str) -> Option<(usize, &str)> {
    let line = line.trim_start_matches(' ');
    let digits = line.len() - line.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let number = line[..digits].parse().ok()?;
    let rest = &line[digits..];
    let bar = rest.strip_prefix(" |").or_else(|| rest.strip_prefix('|')).or_else(|| rest.strip_prefix(':'));
    let bar = bar.or_else(|| rest.strip_prefix('\u{2192}'));
    match bar {
        Some(code) => Some((number, code.strip_prefix(' ').unwrap_or(code))),
        None => rest.strip_prefix('\t').map(|code| (number, code)),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("  9 fn a() {\n 10     b\n 11\n 12 }\n", Some("fn a() {\n    b\n\n}\n"))]
    #[case("[1] x\n[2]     y\n", Some(" x\n     y\n"))]
    #[case("/* 1 */ x\n/* 2 */ y\n", Some(" x\n y\n"))]
    #[case("L7: x\nL8:\n\nL10: y\n", Some(" x\n\n\n y\n"))]
    #[case("7\u{2192}x\n8\u{2192}y\n", Some("x\ny\n"))]
    #[case("1. x\n2: y\n", None)]
    #[case("1. x\n3. y\n", None)]
    #[case("1. x\ny\n", None)]
    #[case("", None)]
    fn listings_of_any_kind_are_code(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(of_code(text).as_deref(), expected);
    }

    #[rstest]
    #[case("  9 | fn a() {\n 10 |     b\n 11 |\n", Some("fn a() {\n    b\n\n"))]
    #[case("1: x\n2:     y\n", Some("x\n    y\n"))]
    #[case("7\tx\n8\t\ty\n", Some("x\n\ty\n"))]
    #[case("1: \"one\",\n3: \"three\",\n", None)]
    #[case("1 | a\nb\n", None)]
    fn numbers_go_when_every_line_has_one(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(without_numbers(text, true).as_deref(), expected);
    }
}
