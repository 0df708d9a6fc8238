//! Markdown that others show: nothing in it makes them load anything.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

/// What becomes text may pair with what is behind it and uncover something else; a text for which that goes on is made for it.
const MAX_ROUNDS: usize = 8;

/// `text` with the words of each image in its place and with raw HTML as text. Links stay: they are followed by nobody but
/// the reader.
pub fn without_images(text: &str) -> Cow<'_, str> {
    let mut quiet = Cow::Borrowed(text);
    for _ in 0..MAX_ROUNDS {
        let changes = changes(&quiet);
        if changes.is_empty() {
            return quiet;
        }
        quiet = Cow::Owned(replaced(&quiet, &changes));
    }
    Cow::Owned(quiet.replace('<', "&lt;").replace("![", "&#33;["))
}

type Change = (Range<usize>, String);

/// What is to be replaced in `text`, from its start to its end.
fn changes(text: &str) -> Vec<Change> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let parser = Parser::new_ext(text, options);
    // Code shows what it says, and the brackets around an address are no HTML.
    let mut inert: Vec<Range<usize>> =
        parser.reference_definitions().iter().map(|(_, definition)| definition.span.clone()).collect();
    let mut images: Vec<Change> = Vec::new();
    let mut depth = 0_usize;
    let mut rest = 0;
    let mut words = String::new();
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::Image { link_type, .. }) => {
                // The range of `![words][]` ends before its second brackets.
                if depth == 0 && link_type == LinkType::Collapsed && text[range.end..].starts_with("[]") {
                    rest = 2;
                }
                depth += 1;
            }
            Event::End(TagEnd::Image) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let range = range.start..range.end + std::mem::take(&mut rest);
                    images.push((range, escaped(&std::mem::take(&mut words))));
                }
            }
            _ if depth > 0 => words.push_str(&words_of(&event)),
            Event::Start(Tag::CodeBlock(_) | Tag::Link { link_type: LinkType::Autolink | LinkType::Email, .. })
            | Event::Code(_) => inert.push(range),
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                inert.extend(address(text, &range, link_type, &dest_url));
            }
            _ => {}
        }
    }
    let mut changes = images;
    inert.extend(changes.iter().map(|(range, _)| range.clone()));
    inert.sort_by_key(|range| range.start);
    let is_inert = |at: usize| {
        let after = inert.partition_point(|range| range.start <= at);
        after > 0 && inert[after - 1].contains(&at)
    };
    for (at, _) in text.match_indices(['<', '!']) {
        // Others may see an image, or HTML, where this parser sees none.
        let (wanted, replacement) = match text.as_bytes().get(at..at + 2) {
            Some([b'<', next]) => (next.is_ascii_alphabetic() || b"/!?".contains(next), "&lt;"),
            Some([b'!', next]) => (*next == b'[', "&#33;"),
            _ => (false, ""),
        };
        if wanted && !is_escaped(text, at) && !is_inert(at) {
            changes.push((at..at + 1, replacement.to_owned()));
        }
    }
    changes.sort_by_key(|(range, _)| range.start);
    changes
}

fn replaced(text: &str, changes: &[Change]) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut done = 0;
    for (range, replacement) in changes {
        whole.push_str(&text[done..range.start]);
        whole.push_str(replacement);
        done = range.end;
    }
    whole.push_str(&text[done..]);
    whole
}

/// Where the address of a link stands that may be in brackets.
fn address(text: &str, link: &Range<usize>, kind: LinkType, address: &CowStr<'_>) -> Option<Range<usize>> {
    if kind != LinkType::Inline {
        return None;
    }
    let bracketed = format!("<{address}>");
    text[link.clone()].rfind(&bracketed).map(|at| link.start + at..link.start + at + bracketed.len())
}

/// What an event says of the words of an image.
fn words_of(event: &Event<'_>) -> String {
    match event {
        Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) => text.to_string(),
        Event::SoftBreak | Event::HardBreak => " ".to_owned(),
        _ => String::new(),
    }
}

/// Words as Markdown that says just them.
fn escaped(words: &str) -> String {
    let words = if words.trim().is_empty() { "image" } else { words.trim() };
    let mut escaped = String::with_capacity(words.len());
    for character in words.chars() {
        if character.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(if character.is_control() { ' ' } else { character });
    }
    escaped
}

fn is_escaped(text: &str, at: usize) -> bool {
    text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a ![the *plot*](https://x.example/p.png \"t\") b", "a the plot b")]
    #[case("![](https://x.example/p.png)", "image")]
    #[case("![a][r] ![r][] ![r]\n\n[r]: https://x.example/p.png", "a r r\n\n[r]: https://x.example/p.png")]
    #[case("[![build](https://x.example/b.svg)](https://x.example)", "[build](https://x.example)")]
    #[case("![a ![b](u) c](v)", "a b c")]
    #[case("|a|\n|-|\n|![x\\|y](u)|", "|a|\n|-|\n|x\\|y|")]
    #[case("![a\nb](u)", "a b")]
    #[case("![<b>](u)", "\\<b\\>")]
    fn images_are_their_words(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(without_images(text), expected);
    }

    #[rstest]
    #[case("a <img src=\"https://x.example/p.png\"> b", "a &lt;img src=\"https://x.example/p.png\"> b")]
    #[case("<div>\n![x](https://x.example)\n</div>", "&lt;div>\n&#33;[x](https://x.example)\n&lt;/div>")]
    #[case("[a <b>](u)", "[a &lt;b>](u)")]
    #[case("Vec<T> and a < b", "Vec&lt;T> and a < b")]
    #[case("![a](<b", "&#33;[a](&lt;b")]
    fn html_is_text(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(without_images(text), expected);
    }

    #[rstest]
    #[case("# T\n\n- *a* `![x](u)` `<img>`\n\n```html\n<img src=\"u\">\n![x](u)\n```")]
    #[case("    <img src=u>")]
    #[case("[a](https://x.example) <https://x.example/?a> <m@x.example> [b](<https://x.example/a b>) [c]")]
    #[case("[c]\n\n[c]: <https://x.example>")]
    #[case("\\![a](u) \\<b> a<=b wow!")]
    fn everything_else_stays(#[case] text: &str) {
        assert!(matches!(without_images(text), Cow::Borrowed(same) if same == text), "{}", without_images(text));
    }

    /// What is left of images and HTML for a reader of Markdown.
    fn loud(text: &str) -> bool {
        Parser::new(text)
            .any(|event| matches!(event, Event::Start(Tag::Image { .. }) | Event::Html(_) | Event::InlineHtml(_)))
    }

    #[rstest]
    #[case("<a href=\"`\"> `![x](u)` `")]
    #[case("<!-- ` --> `![x](u)` `<img>` ` <b> `")]
    #[case("\\\\![x](u) \\\\\\![x](u)")]
    #[case("<pre>\n\n![x](u)\n\n</pre>![x](u)")]
    #[case("> ![x\n> y](u)\n> <img\n> src=u>")]
    #[case("![<img src=u>](v)")]
    #[case("[x]: <u>\n![x]\n\n1. ![1\\. a](u)")]
    fn nothing_is_uncovered(#[case] text: &str) {
        let quiet = without_images(text);
        assert!(!loud(&quiet), "{quiet}");
        assert!(matches!(without_images(&quiet), Cow::Borrowed(_)), "{quiet}");
    }

    #[test]
    fn a_text_made_for_it_ends() {
        let text = "<a b=\"`\">`".repeat(50) + "![x](u)";
        assert!(!loud(&without_images(&text)));
    }
}
