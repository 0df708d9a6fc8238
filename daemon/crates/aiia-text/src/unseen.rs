//! Characters that are not seen and change what is seen.

/// Whether a character changes the direction of the text around it, or carries a text that is not shown (a tag): either
/// makes text look like other text, and neither script nor emoji is lost when it is shown by its number.
pub fn turns_or_hides(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_hides_is_told_from_what_scripts_and_emoji_need() {
        let deceptive = ['\u{61c}', '\u{200f}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{e0041}'];
        assert!(deceptive.into_iter().all(turns_or_hides));
        assert!(!['a', 'ش', '\u{200c}', '\u{200d}', '👩'].into_iter().any(turns_or_hides));
    }
}
