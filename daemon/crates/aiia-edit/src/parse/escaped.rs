//! Replies that are one JSON string, or whose line breaks arrived as `\n`.

/// The text of an escaped reply; nothing when it is not one.
pub(super) fn unescaped(reply: &str) -> Option<String> {
    let text = reply.trim();
    let inner = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) => inner,
        // Without quotes there must be nothing but escapes for line breaks.
        None if !text.contains('\n') && text.matches("\\n").count() >= 2 && !text.starts_with(['{', '[']) => text,
        None => return None,
    };
    let quoted = format!("\"{}\"", inner.replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r"));
    serde_json::from_str(&quoted).ok().or_else(|| (inner.len() == text.len()).then(|| unescape(text)))
}

/// The text with `\n`, `\t`, `\"` and `\\` as what they stand for; other escapes stay.
pub(crate) fn unescape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let plain = match (sign, signs.peek()) {
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('t')) => Some('\t'),
            ('\\', Some('r')) => Some('\r'),
            ('\\', Some(quoted @ ('"' | '\'' | '\\'))) => Some(*quoted),
            _ => None,
        };
        if plain.is_some() {
            signs.next();
        }
        result.push(plain.unwrap_or(sign));
    }
    result
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("\"a\\nb \\\"c\\\"\"", Some("a\nb \"c\""))]
    #[case("a\\n<<<<<<< SEARCH\\nx\\n", Some("a\n<<<<<<< SEARCH\nx\n"))]
    #[case("\"a\" and \"b\"", None)]
    #[case("print(\"a\\n\")", None)]
    #[case("x\ny\\nz\\n", None)]
    fn replies(#[case] reply: &str, #[case] expected: Option<&str>) {
        assert_eq!(unescaped(reply).as_deref(), expected);
    }
}
