//! The beginning of a JSON text whose end is missing.

/// The text with its end put to it, where it breaks off within a string; nothing where it does so elsewhere, or is no JSON.
pub(super) fn closed(text: &str) -> Option<String> {
    let mut open = Vec::new();
    let mut in_string = false;
    // Where the last sign of a string begins that is whole so far.
    let mut whole = 0;
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => in_string = !in_string,
            '\\' if in_string => match signs.next() {
                Some((_, 'u')) if signs.by_ref().take(4).count() < 4 => return finished(&text[..at], &open),
                Some(_) => {}
                None => return finished(&text[..at], &open),
            },
            '{' if !in_string => open.push('}'),
            '[' if !in_string => open.push(']'),
            '}' | ']' if !in_string && open.pop() != Some(sign) => return None,
            _ => {}
        }
        whole = signs.offset();
    }
    if in_string && !open.is_empty() { finished(&text[..whole], &open) } else { None }
}

fn finished(text: &str, open: &[char]) -> Option<String> {
    let ends: String = open.iter().rev().collect();
    // The first half of a sign that is written as two escapes says nothing.
    let halves = [0, "\\ud83d".len()];
    halves.into_iter().find_map(|half| {
        let closed = format!("{}\"{ends}", text.get(..text.len().checked_sub(half)?)?);
        serde_json::from_str::<serde_json::Value>(&closed).is_ok().then_some(closed)
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"a":[{"b":"one two"#, Some(r#"{"a":[{"b":"one two"}]}"#))]
    #[case(r#"{"a":"one\"#, Some(r#"{"a":"one"}"#))]
    #[case(r#"{"a":"one\n"#, Some(r#"{"a":"one\n"}"#))]
    #[case(r#"{"a":"one\"{["#, Some(r#"{"a":"one\"{["}"#))]
    #[case(r#"{"a":"one\u00"#, Some(r#"{"a":"one"}"#))]
    #[case(r#"{"a":"one\ud83d"#, Some(r#"{"a":"one"}"#))]
    #[case(r#"{"a":"one\ud83d\u"#, Some(r#"{"a":"one"}"#))]
    #[case(r#"{"a":"é"#, Some(r#"{"a":"é"}"#))]
    #[case(r#"{"a"#, None)]
    #[case(r#"{"a":1,"b":2"#, None)]
    #[case(r#"{"a":"one"}"#, None)]
    #[case("xxxx", None)]
    #[case("]", None)]
    #[case("", None)]
    fn ends_are_put_to_it(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(closed(text).as_deref(), expected);
    }
}
