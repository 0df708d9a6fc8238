//! Signs of a model's own format that a server left in its reply.

use std::borrow::Cow;

/// The reply without the channels of gpt-oss: what it thinks in `analysis` goes, what it says elsewhere stays, without the signs.
pub(super) fn without_channels(reply: &str) -> Cow<'_, str> {
    const CHANNEL: &str = "<|channel|>";
    const MESSAGE: &str = "<|message|>";
    if !reply.contains(CHANNEL) || !reply.contains(MESSAGE) {
        return Cow::Borrowed(reply);
    }
    let mut parts = reply.split(CHANNEL);
    let mut kept = without_signs(parts.next().unwrap_or_default()).to_owned();
    for part in parts {
        let Some((head, text)) = part.split_once(MESSAGE) else { continue };
        if !head.trim_start().starts_with("analysis") {
            kept.push_str(without_signs(text));
            kept.push('\n');
        }
    }
    Cow::Owned(kept)
}

/// The text up to where a message ends or the next one begins.
fn without_signs(text: &str) -> &str {
    let ends = ["<|end|>", "<|return|>", "<|call|>", "<|start|>"].into_iter().filter_map(|sign| text.find(sign)).min();
    ends.map_or(text, |end| &text[..end])
}

/// The reply with fences in place of the tags of Claude's artifacts: `<antArtifact language="python" title="a.py">`.
pub(super) fn without_artifacts(reply: &str) -> Cow<'_, str> {
    if !reply.contains("<antArtifact") {
        return Cow::Borrowed(reply);
    }
    let mut kept = String::with_capacity(reply.len());
    for line in reply.split_inclusive('\n') {
        let text = line.trim();
        if let Some(head) = text.strip_prefix("<antArtifact ").and_then(|rest| rest.strip_suffix('>')) {
            let value = |name: &str| {
                let start = head.find(&format!("{name}=\""))? + name.len() + 2;
                head[start..].split('"').next()
            };
            kept.push_str("~~~~~~");
            kept.push_str(value("language").unwrap_or_default());
            kept.push(' ');
            kept.push_str(value("title").unwrap_or_default());
            kept.push('\n');
        } else if text == "</antArtifact>" {
            kept.push_str("~~~~~~\n");
        } else {
            kept.push_str(line);
        }
    }
    Cow::Owned(kept)
}

/// The reply without the signs around the calls of tools that models of Meta, Mistral and `DeepSeek` write.
pub(super) fn without_tool_signs(reply: &str) -> Cow<'_, str> {
    const CALL: &str = "<｜tool▁call▁begin｜>";
    const NAME: &str = "<｜tool▁sep｜>";
    if let Some(rest) = reply.trim_start().strip_prefix("[TOOL_CALLS]") {
        return Cow::Borrowed(rest);
    }
    if let Some(rest) = reply.trim_start().strip_prefix("<|python_tag|>") {
        let end = ["<|eom_id|>", "<|eot_id|>"].into_iter().filter_map(|sign| rest.find(sign)).min();
        return Cow::Borrowed(end.map_or(rest, |end| &rest[..end]));
    }
    if !reply.contains(CALL) {
        return Cow::Borrowed(reply);
    }
    let mut kept = String::with_capacity(reply.len());
    for (number, part) in reply.split(CALL).enumerate() {
        // `function<sep>name`, then the arguments.
        let text = match part.split_once(NAME) {
            Some((_, text)) if number > 0 => text.split_once('\n').map_or("", |(_, arguments)| arguments),
            _ => part,
        };
        kept.push_str(text);
    }
    for sign in ["<｜tool▁calls▁begin｜>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>"] {
        kept = kept.replace(sign, "\n");
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("<|channel|>analysis<|message|>x<|end|><|start|>assistant<|channel|>final<|message|>y<|return|>", "y\n")]
    #[case("<|channel|>commentary to=edit <|constrain|>json<|message|>{}<|call|>", "{}\n")]
    #[case("Say `<|channel|>`.", "Say `<|channel|>`.")]
    fn channels(#[case] reply: &str, #[case] expected: &str) {
        assert_eq!(without_channels(reply), expected);
    }

    #[rstest]
    #[case("[TOOL_CALLS][{}]", "[{}]")]
    #[case("<|python_tag|>{}<|eom_id|>", "{}")]
    #[case(
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>edit\n```json\n{}\n```<｜tool▁call▁end｜>",
        "\n```json\n{}\n```\n"
    )]
    #[case("plain", "plain")]
    fn tool_signs(#[case] reply: &str, #[case] expected: &str) {
        assert_eq!(without_tool_signs(reply), expected);
    }

    #[rstest]
    #[case(
        "<antArtifact identifier=\"x\" language=\"python\" title=\"a.py\">\nx\n</antArtifact>",
        "~~~~~~python a.py\nx\n~~~~~~\n"
    )]
    #[case("x <antArtifact>\n", "x <antArtifact>\n")]
    fn artifacts(#[case] reply: &str, #[case] expected: &str) {
        assert_eq!(without_artifacts(reply), expected);
    }
}
