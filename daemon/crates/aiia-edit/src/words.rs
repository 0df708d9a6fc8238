//! Which words of changed lines differ, for display.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::hunk::Hunk;
use crate::lines::whole_lines;
use crate::split::split;

/// In longer lines no words are compared.
const MAX_LINE_BYTES: usize = 2000;

/// A line of a hunk as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownLine {
    /// Whether the line comes; it goes otherwise.
    pub added: bool,
    /// The line in pieces, the line break left out.
    pub spans: Vec<Span>,
}

/// A piece of a [`ShownLine`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// The text.
    pub text: String,
    /// Whether it differs from the line that it replaces or that replaces it.
    pub changed: bool,
}

/// The lines that go and then those that come, with the words that differ. A line that is replaced by none is all changed.
pub fn shown_lines(hunk: &Hunk) -> Vec<ShownLine> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for part in split(hunk) {
        let (old, new) = (whole_lines(&part.old_text), whole_lines(&part.new_text));
        if let ([old], [new]) = (old.as_slice(), new.as_slice()) {
            let (old, new) = compare(bare(old), bare(new));
            removed.push(ShownLine { added: false, spans: old });
            added.push(ShownLine { added: true, spans: new });
        } else {
            let whole = |line: &&str| vec![Span { text: bare(line).to_owned(), changed: true }];
            removed.extend(old.iter().map(|line| ShownLine { added: false, spans: whole(line) }));
            added.extend(new.iter().map(|line| ShownLine { added: true, spans: whole(line) }));
        }
    }
    removed.extend(added);
    removed
}

fn bare(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}

fn compare(old: &str, new: &str) -> (Vec<Span>, Vec<Span>) {
    let whole = |text: &str| vec![Span { text: text.to_owned(), changed: true }];
    if old.len().max(new.len()) > MAX_LINE_BYTES {
        return (whole(old), whole(new));
    }
    let (old_words, new_words) = (words(old), words(new));
    let (mut old_spans, mut new_spans) = (Vec::new(), Vec::new());
    let mut same = 0;
    for op in capture_diff_slices(Algorithm::Myers, &old_words, &new_words) {
        let changed = !matches!(op, DiffOp::Equal { .. });
        let (olds, news) = (old_words[op.old_range()].concat(), new_words[op.new_range()].concat());
        if !changed {
            same += olds.trim().len();
        }
        push(&mut old_spans, olds, changed);
        push(&mut new_spans, news, changed);
    }
    // Where next to nothing is alike, marks on single words would only disturb.
    if same * 4 < old.trim().len().max(new.trim().len()) { (whole(old), whole(new)) } else { (old_spans, new_spans) }
}

fn push(spans: &mut Vec<Span>, text: String, changed: bool) {
    if text.is_empty() {
        return;
    }
    match spans.last_mut() {
        Some(last) if last.changed == changed => last.text.push_str(&text),
        _ => spans.push(Span { text, changed }),
    }
}

/// Names and numbers, runs of blanks, and single other characters.
fn words(line: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 1,
        c if c.is_whitespace() => 2,
        _ => 3,
    };
    let mut result = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, c) in line.char_indices() {
        let kind = kind(c);
        if before.is_some_and(|before| before != kind || kind == 3) {
            result.push(&line[start..at]);
            start = at;
        }
        before = Some(kind);
    }
    if start < line.len() {
        result.push(&line[start..]);
    }
    result
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::hunk::hunks;

    #[rstest]
    #[case(
        "return sum(xs) / len(xs) + 1\n",
        "return sum(xs) / len(xs)\n",
        "-return sum(xs) / len(xs)[ + 1]|+return sum(xs) / len(xs)"
    )]
    #[case("let total = 1;\n", "let total = 0;\n", "-let total = [1];|+let total = [0];")]
    #[case("alpha beta\n", "(x)\n", "-[alpha beta]|+[(x)]")]
    #[case("", "new\n", "+[new]")]
    #[case("let x = f(a);\n", "g();\nlet x = f(b);\n", "-let x = f([a]);|+[g();]|+let x = f([b]);")]
    fn words_that_differ_are_marked(#[case] old: &str, #[case] new: &str, #[case] expected: &str) {
        let shown: Vec<String> = shown_lines(&hunks(old, new)[0])
            .iter()
            .map(|line| {
                let spans = line.spans.iter();
                let text: String = spans
                    .map(|span| if span.changed { format!("[{}]", span.text) } else { span.text.clone() })
                    .collect();
                format!("{}{text}", if line.added { '+' } else { '-' })
            })
            .collect();
        assert_eq!(shown.join("|"), expected);
    }
}
