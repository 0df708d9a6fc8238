//! Text as HTML, with the characters made visible that nobody sees.

use std::fmt::Write;

use aiia_text::turns_or_hides;

/// `text` as HTML, nothing marked: for attributes.
pub(crate) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, character| {
        push(character, &mut html);
        html
    })
}

/// Prose as HTML. Joiners stay as they are: scripts and emoji need them.
pub(crate) fn escape_prose(text: &str) -> String {
    marked(text, |character| turns_or_hides(character) || matches!(character, '\u{200b}' | '\u{2060}'))
}

/// Code as HTML.
pub(crate) fn escape_code(text: &str) -> String {
    marked(text, |character| {
        turns_or_hides(character) || matches!(character, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
    })
}

fn marked(text: &str, is_hidden: impl Fn(char) -> bool) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        if is_hidden(character) {
            // The character stays, so that what is copied is what was said; its name is shown by the style sheet.
            let _ = write!(
                html,
                "<span class=\"hidden-character\" title=\"U+{:04X}\">{character}</span>",
                u32::from(character)
            );
        } else if character.is_control() && !matches!(character, '\n' | '\t') {
            let _ = write!(html, "<span class=\"hidden-character\" title=\"U+{:04X}\"></span>", u32::from(character));
        } else {
            push(character, &mut html);
        }
    }
    html
}

fn push(character: char, html: &mut String) {
    match character {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        '"' => html.push_str("&quot;"),
        '\'' => html.push_str("&#39;"),
        other => html.push(other),
    }
}
