//! One form for characters that models write in several: quotes, dashes, blanks, HTML entities.

use std::borrow::Cow;

const ENTITIES: &[(&str, &str)] = &[
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&#39;", "'"),
    ("&apos;", "'"),
    ("&nbsp;", " "),
    // Last, so that `&amp;lt;` is unwrapped once only.
    ("&amp;", "&"),
];

/// The text in canonical form; borrowed when it is already.
pub(crate) fn canonical(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2018}'..='\u{201b}' | '\u{2032}' => result.push('\''),
            '\u{201c}'..='\u{201f}' | '\u{2033}' => result.push('"'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => result.push('-'),
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
                result.push(' ');
            }
            '\u{2026}' => result.push_str("..."),
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {}
            c => result.push(c),
        }
    }
    let result = without_entities(&result);
    if result == text { Cow::Borrowed(text) } else { Cow::Owned(result) }
}

/// The text with what its HTML entities stand for.
pub(super) fn without_entities(text: &str) -> String {
    let mut result = text.to_owned();
    if result.contains('&') {
        for (entity, plain) in ENTITIES {
            if result.contains(entity) {
                result = result.replace(entity, plain);
            }
        }
    }
    result
}

/// Whether the text holds something that has another canonical form.
pub(crate) fn has_variants(text: &str) -> bool {
    matches!(canonical(text), Cow::Owned(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a & b", "a & b")]
    #[case("\u{201c}a\u{201d} \u{2013}\u{a0}b\u{2026}", "\"a\" - b...")]
    #[case("if a &lt; b &amp;&amp; c", "if a < b && c")]
    #[case("&amp;lt;", "&lt;")]
    #[case("\u{e9}\u{1f600}", "\u{e9}\u{1f600}")]
    fn gives_one_form(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(canonical(text), expected);
    }
}
