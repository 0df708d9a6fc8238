//! Titles of chats.

/// The longest title that is made, in characters.
const LONGEST: usize = 60;

/// A title that somebody has given: lines and blanks become one blank each, none stand at its ends.
pub(crate) fn on_one_line(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A title from the first message of a chat: its first line with words, shortened between words.
pub(crate) fn from_message(content: &str) -> String {
    let has_words = |line: &&str| line.chars().any(char::is_alphanumeric) && !line.starts_with("```");
    let line = content.lines().map(str::trim).find(has_words).unwrap_or_default();
    let line = line.trim_start_matches(['#', '>', ' ']).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let start: String = line.chars().take(LONGEST - 1).collect();
    let start = match start.rsplit_once(' ') {
        Some((words, _)) if words.chars().count() > LONGEST / 2 => words,
        _ => start.as_str(),
    };
    format!("{}…", start.trim_end_matches([',', ';', ':', '.']))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::short("Why is this slow?", "Why is this slow?")]
    #[case::empty(" \n\n", "")]
    #[case::blanks("  a \t b  ", "a b")]
    #[case::heading("## Plan\nmore", "Plan")]
    #[case::code("```rust\nfn main() {}\n```", "fn main() {}")]
    #[case::words(
        "Please explain how the connection pool decides which connection it gives out",
        "Please explain how the connection pool decides which…"
    )]
    #[case::no_words("なぜこの関数は遅いのですか", "なぜこの関数は遅いのですか")]
    fn a_title(#[case] content: &str, #[case] expected: &str) {
        assert_eq!(from_message(content), expected);
    }

    #[test]
    fn a_title_is_never_long() {
        for content in ["x".repeat(1000), "語".repeat(1000), "a b ".repeat(300)] {
            assert!(from_message(&content).chars().count() <= LONGEST);
        }
    }
}
