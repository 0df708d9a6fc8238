//! Lines of code: their indentation, and a text without some of them.

use std::ops::Range;

/// The white space before what stands at `at`, from the beginning of its line.
pub(super) fn indentation_at(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |start| start + 1);
    let rest = &text[line..];
    &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()]
}

/// The lines, moved so that the leftmost stands at `indent`.
pub(super) fn indented(code: &str, indent: &str) -> String {
    let code = dedented(code);
    let lines: Vec<String> = code
        .trim_matches('\n')
        .lines()
        .map(|line| if line.trim().is_empty() { String::new() } else { format!("{indent}{line}") })
        .collect();
    lines.join("\n") + "\n"
}

/// The lines, moved to the left border.
pub(super) fn dedented(code: &str) -> String {
    let full = || code.lines().filter(|line| !line.trim().is_empty());
    let depth = full().map(|line| line.len() - line.trim_start_matches([' ', '\t']).len()).min().unwrap_or(0);
    let lines: Vec<&str> = code.lines().map(|line| line.get(depth..).unwrap_or("")).collect();
    format!("{}\n", lines.join("\n").trim_matches('\n'))
}

/// The text without some ranges and the blank lines that they leave behind.
pub(super) fn without(text: &str, mut ranges: Vec<Range<usize>>) -> String {
    ranges.sort_by_key(|range| range.start);
    let mut result = String::new();
    let mut at = 0;
    for range in ranges {
        result.push_str(&text[at.min(range.start)..range.start]);
        at = at.max(range.end);
        if result.is_empty() || result.ends_with("\n\n") {
            at += text[at..].len() - text[at..].trim_start_matches('\n').len();
        }
    }
    result.push_str(&text[at.min(text.len())..]);
    result
}
