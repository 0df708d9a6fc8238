//! Removes what a reasoning model thinks aloud before it answers.

use std::borrow::Cow;

const TAGS: &[&str] = &["think", "thinking", "thought", "reasoning"];

/// The reply without `<think>…</think>` passages. A passage opens at the start of a line; an opening tag
/// without an end takes the rest, an end without an opening (the prompt ended in it) the beginning.
pub(crate) fn without_thinking(reply: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(reply);
    for tag in TAGS {
        if !reply.contains(tag) {
            continue;
        }
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        if let Some(kept) = without_passages(&text, &open, &close) {
            text = Cow::Owned(kept);
        }
        if let Some(end) = at_line_start(&text, &close) {
            text.to_mut().replace_range(..end + close.len(), "");
        }
    }
    text
}

/// The text without the passages between the tags; nothing when there is none.
fn without_passages(text: &str, open: &str, close: &str) -> Option<String> {
    let mut kept = String::new();
    let (mut taken, mut at, mut line_end) = (0, 0, 0);
    let mut fenced = false;
    while at < text.len() {
        if at >= line_end {
            line_end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |length| at + length + 1);
        }
        // After a passage this is the rest of a line that has nothing but blanks before it.
        let trimmed = text[at..line_end].trim_start();
        if !fenced && trimmed.starts_with(open) {
            let start = line_end - trimmed.len();
            kept.push_str(&text[taken..start]);
            taken = text[start..].find(close).map_or(text.len(), |length| start + length + close.len());
            at = taken;
        } else {
            fenced ^= trimmed.starts_with("```");
            at = line_end;
        }
    }
    (taken > 0).then(|| kept + &text[taken..])
}

/// A tag inside a code fence is code.
fn at_line_start(text: &str, tag: &str) -> Option<usize> {
    let mut offset = 0;
    let mut fenced = false;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if !fenced && trimmed.starts_with(tag) {
            return Some(offset + line.len() - trimmed.len());
        }
        if trimmed.starts_with("```") {
            fenced = !fenced;
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a", "a")]
    #[case("<think>x\ny</think>\nb", "\nb")]
    #[case("  <thinking>x</thinking>b", "  b")]
    #[case("x\n</think>\nb", "\nb")]
    #[case("a\n<think>endless", "a\n")]
    #[case("<think>x</think> <think>y</think>b\n<think>z</think>\n```\n<think>\n```\n", " b\n\n```\n<think>\n```\n")]
    #[case("<think>```</think>\n<think>x</think>b", "\nb")]
    #[case("<think>x</think>```\n<think>\n```\n", "```\n<think>\n```\n")]
    #[case("a `<think>` b", "a `<think>` b")]
    #[case("```\n<think>\n```", "```\n<think>\n```")]
    fn removes_thinking(#[case] reply: &str, #[case] expected: &str) {
        assert_eq!(without_thinking(reply), expected);
    }
}
