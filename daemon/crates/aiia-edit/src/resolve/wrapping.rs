//! Code that came with something around its lines: numbers of a listing, a sign before each, escapes. It is read without where it
//! parses only so.

use super::line_numbers;
use crate::lines::lines;
use crate::parse::unescape;
use crate::tolerance::Tolerance;

/// Reads a text without something; nothing where it has none.
type Read = fn(&str) -> Option<String>;

/// The text without each of what may be around it, and how it was read so.
pub(super) fn readings(text: &str) -> impl Iterator<Item = (String, Tolerance)> {
    let all: [(Read, Tolerance); 5] = [
        (line_numbers::of_code, Tolerance::LineNumbersPasted),
        (without_sign, Tolerance::LinePrefix),
        (with_plain_blanks, Tolerance::UnicodeForms),
        (without_entities, Tolerance::UnicodeForms),
        (without_escapes, Tolerance::Escapes),
    ];
    all.into_iter().filter_map(move |(read, tolerance)| Some((read(text)?, tolerance)))
}

/// Without the sign that each line begins with: that of a diff, of a quotation or of an interactive session.
fn without_sign(text: &str) -> Option<String> {
    const SIGNS: &[&[&str]] = &[&["+"], &[">>>", "..."], &[">"], &["|"]];
    let lines = lines(text);
    let written = || lines.iter().filter(|line| !line.is_blank());
    let begins = |content: &str, signs: &[&str]| signs.iter().any(|sign| content.trim_start().starts_with(sign));
    let signs = SIGNS.iter().find(|signs| written().all(|line| begins(line.content, signs)))?;
    written().next()?;
    let mut result = String::with_capacity(text.len());
    for line in &lines {
        let content = line.content.trim_start();
        let code = signs.iter().find_map(|sign| content.strip_prefix(sign)).unwrap_or(content);
        // A session has a blank behind its sign, a quotation often.
        result.push_str(if signs[0] == "+" { code } else { code.strip_prefix(' ').unwrap_or(code) });
        result.push_str(line.ending);
    }
    Some(result)
}

/// With blanks for those that do not break lines, and nothing for those without width.
fn with_plain_blanks(text: &str) -> Option<String> {
    let is_odd = |sign: char| matches!(sign, '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{3000}');
    text.contains(is_odd).then(|| text.replace('\u{200b}', "").replace(is_odd, " "))
}

fn without_entities(text: &str) -> Option<String> {
    let plain = super::canonical::without_entities(text);
    (plain != text).then_some(plain)
}

fn without_escapes(text: &str) -> Option<String> {
    text.contains('\\').then(|| unescape(text)).filter(|plain| plain != text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("+def f():\n+    g()\n", &["def f():\n    g()\n"])]
    #[case("> def f():\n>     g()\n\n> x\n", &["def f():\n    g()\n\nx\n"])]
    #[case(">>> def f():\n...     g()\n", &["def f():\n    g()\n"])]
    #[case("4 | def f():\n5 |     g()\n6 |\n", &[" def f():\n     g()\n\n"])]
    #[case("def f():\n\u{a0}\u{a0}g()\n", &["def f():\n  g()\n"])]
    #[case("a &lt; b &amp;&amp; c\n", &["a < b && c\n"])]
    #[case("f(\\\"a\\\")\\n\n", &["f(\"a\")\n\n"])]
    #[case("def f():\n+    g()\n", &[])]
    #[case("", &[])]
    fn reads_code_without_what_is_around_it(#[case] text: &str, #[case] expected: &[&str]) {
        let found: Vec<String> = readings(text).map(|(text, _)| text).collect();
        assert_eq!(found, expected);
    }
}
