//! Halves of letters: servers that cut an emoji between two tokens write each half as a JSON escape, which no JSON reader takes.

/// The JSON text with each escape of half a letter replaced by that of U+FFFD; `None` where there is none.
pub(super) fn mended(text: &str) -> Option<String> {
    let mut mended = String::new();
    let (mut rest, mut found) = (text, false);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let length = match half(escape) {
            None => escape.char_indices().nth(2).map_or(escape.len(), |(end, _)| end),
            Some(Half::First) if half(&escape[6..]) == Some(Half::Second) => 12,
            Some(_) => {
                mended.push_str("\\ufffd");
                found = true;
                rest = &escape[6..];
                continue;
            }
        };
        mended.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    mended.push_str(rest);
    found.then_some(mended)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

/// Which half of a letter the escape at the beginning stands for, if it is one.
fn half(escape: &str) -> Option<Half> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::First),
        0xdc00..=0xdfff => Some(Half::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#""\ud83d""#, Some(r#""\ufffd""#))]
    #[case(r#""a\ude00b\uD83D""#, Some(r#""a\ufffdb\ufffd""#))]
    #[case(r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#))]
    #[case(r#""\ud83d\ude00\u00e9\n""#, None)]
    #[case(r#""\\ud83d""#, None)]
    #[case(r#""\u""#, None)]
    #[case("\\", None)]
    #[case(r#""\ud8é""#, None)]
    fn halves_are_replaced(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(mended(text).as_deref(), expected);
    }
}
