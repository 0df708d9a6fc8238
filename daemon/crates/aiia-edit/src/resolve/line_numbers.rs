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

/// The number of a line of a listing, and its code.
fn numbered(line: &str) -> Option<(usize, &str)> {
    let line = line.trim_start_matches(' ');
    let digits = line.len() - line.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let number = line[..digits].parse().ok()?;
    let rest = &line[digits..];
    let bar = rest.strip_prefix(" |").or_else(|| rest.strip_prefix('|')).or_else(|| rest.strip_prefix(':'));
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
    #[case("  9 | fn a() {\n 10 |     b\n 11 |\n", Some("fn a() {\n    b\n\n"))]
    #[case("1: x\n2:     y\n", Some("x\n    y\n"))]
    #[case("7\tx\n8\t\ty\n", Some("x\n\ty\n"))]
    #[case("1: \"one\",\n3: \"three\",\n", None)]
    #[case("1 | a\nb\n", None)]
    fn numbers_go_when_every_line_has_one(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(without_numbers(text, true).as_deref(), expected);
    }
}
