//! Keeps a model's output from steering the terminal: escape sequences are taken out, what cannot be seen is shown.

use aiia_text::turns_or_hides;

/// Takes terminal control sequences out of a text that comes in parts.
#[derive(Debug, Default)]
pub(crate) struct Sanitizer {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate byte: one more character follows.
    EscapeIntermediate,
    /// In a control sequence (CSI): parameters until a final character.
    Control,
    /// In a command string (OSC, DCS, APC, PM, SOS) until BEL or ST.
    CommandString,
    /// In a command string, after ESC.
    CommandStringEscape,
    /// After a carriage return, which is kept as part of a line break only.
    CarriageReturn,
}

impl Sanitizer {
    /// The next part of the text without what a terminal would obey.
    pub(crate) fn clean(&mut self, part: &str) -> String {
        let mut clean = String::with_capacity(part.len());
        for character in part.chars() {
            self.take(character, &mut clean);
        }
        clean
    }

    #[allow(clippy::match_same_arms, reason = "it reads as a table of transitions")]
    fn take(&mut self, character: char, clean: &mut String) {
        self.state = match (self.state, character) {
            (State::CommandString, '\u{7}' | '\u{9c}') => State::Text,
            (State::CommandString, '\u{1b}') => State::CommandStringEscape,
            (State::CommandString | State::Control | State::Escape | State::EscapeIntermediate, '\n') => {
                // No honest sequence goes over a line; a dishonest one must not swallow the rest of the answer.
                clean.push('\n');
                State::Text
            }
            (State::CommandString, _) => State::CommandString,
            (State::CommandStringEscape, '\\') => State::Text,
            (State::Escape | State::CommandStringEscape | State::Control, '\u{1b}') => State::Escape,
            (State::Escape | State::CommandStringEscape, '[') => State::Control,
            (State::Escape | State::CommandStringEscape, ']' | 'P' | '_' | '^' | 'X') => State::CommandString,
            (State::Escape | State::CommandStringEscape, ' '..='/') => State::EscapeIntermediate,
            (State::Escape | State::CommandStringEscape | State::EscapeIntermediate, _)
            | (State::Control, '@'..='~') => State::Text,
            (State::Control, _) => State::Control,
            (State::Text | State::CarriageReturn, '\u{1b}') => State::Escape,
            (State::Text | State::CarriageReturn, '\u{9b}') => State::Control,
            (State::Text | State::CarriageReturn, '\u{9d}' | '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}') => {
                State::CommandString
            }
            (State::Text | State::CarriageReturn, '\r') => State::CarriageReturn,
            (state @ (State::Text | State::CarriageReturn), character) => {
                if character == '\n' && state == State::CarriageReturn {
                    clean.push('\r');
                }
                if character == '\n' || character == '\t' {
                    clean.push(character);
                } else if is_deceptive(character) {
                    clean.extend(format!("<U+{:04X}>", character as u32).chars());
                } else if !character.is_control() {
                    clean.push(character);
                }
                State::Text
            }
        };
    }
}

/// A whole text without what a terminal would obey.
pub(crate) fn clean(text: &str) -> String {
    Sanitizer::default().clean(text)
}

/// A text on one line.
pub(crate) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that make text look like other text: directions, tags, and what has no width. The joiners of emoji and of
/// some scripts stay.
fn is_deceptive(character: char) -> bool {
    turns_or_hides(character) || matches!(character, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("plain ünïcödé 🙂\ttab\nline", "plain ünïcödé 🙂\ttab\nline")]
    #[case("\u{1b}[31mred\u{1b}[0m", "red")]
    #[case("\u{1b}]52;c;c3RlYWw=\u{7}after", "after")]
    #[case("\u{1b}]8;;https://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link")]
    #[case("\u{1b}Pq#0\u{1b}\\x", "x")]
    #[case("\u{9b}31mred \u{9d}0;title\u{9c}x", "red x")]
    #[case("\u{1b}(Bx\u{1b}cy", "xy")]
    #[case("\u{1b}\u{1b}[31mx", "x")]
    #[case("over\rwritten\r\nnext", "overwritten\r\nnext")]
    #[case("bell\u{7} back\u{8}space del\u{7f} nul\0", "bell backspace del nul")]
    #[case("\u{1b}]0;never closed\nstill here", "\nstill here")]
    #[case("\u{1b}[31\nm", "\nm")]
    #[case("if admin\u{202e} {", "if admin<U+202E> {")]
    #[case("if \u{61c}admin {", "if <U+061C>admin {")]
    #[case("a\u{e0041}b\u{200b}c", "a<U+E0041>b<U+200B>c")]
    #[case("👩\u{200d}💻", "👩\u{200d}💻")]
    fn terminals_are_not_steered(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(clean(text), expected);
        let mut parts = Sanitizer::default();
        let by_character: String = text.chars().map(|character| parts.clean(&character.to_string())).collect();
        assert_eq!(by_character, expected, "cut into characters");
    }
}
