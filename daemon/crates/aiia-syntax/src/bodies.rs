//! The bodies of functions, found by the letters of a text alone. A parser that is not shown them is done in a fraction of the time, and
//! what stands outside functions is the same.

mod python;
mod rust;

use crate::Language;
use crate::definitions::Definition;
use crate::enclosing::BESIDE;
use std::ops::Range;
use tree_sitter::Point;

/// Shorter bodies cost no more than the gap they would leave, in bytes.
const LEAST_BYTES: usize = 64;

/// A lexer looks through all gaps for each token, so that more than this cost more than they save.
const MAX_GAPS: usize = 400;

/// The body of a function that stands in no other one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Body {
    /// Where the name of its function begins.
    name: usize,
    /// What a parser need not see for the tree to be whole: what is between braces, or the lines that are indented.
    range: Range<usize>,
    /// Parts of it that define something outside it, in order.
    shown: Vec<Range<usize>>,
    /// What a tree says is the body, where it cannot with the gap.
    content: Option<Range<usize>>,
}

/// The functions of a text whose bodies a parser is not shown, in order.
#[derive(Debug, Default)]
pub(crate) struct Bodies(Vec<Body>);

impl Bodies {
    /// Those of a text, but for what is near a place that is of interest. Empty for a language whose bodies are only found by a parser.
    pub(crate) fn of(language: Language, text: &str, near: Option<&Range<usize>>) -> Bodies {
        let mut found = match language.name() {
            "rust" => rust::bodies(text),
            "python" => python::bodies(text),
            _ => Vec::new(),
        };
        let near = near.map(|near| near.start.saturating_sub(BESIDE)..near.end.saturating_add(BESIDE));
        let is_far = |body: &Body| near.as_ref().is_none_or(|near| body.range.end < near.start || near.end < body.name);
        found.retain(|body| body.range.len() >= LEAST_BYTES && is_far(body));
        if found.len() > MAX_GAPS {
            let mut lengths: Vec<usize> = found.iter().map(|body| body.range.len()).collect();
            let (_, least, _) = lengths.select_nth_unstable_by(MAX_GAPS, |a, b| b.cmp(a));
            let least = *least;
            found.retain(|body| body.range.len() > least);
        }
        Bodies(found)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a parser is shown.
    pub(crate) fn shown(&self, text: &str) -> Vec<tree_sitter::Range> {
        let bytes = text.as_bytes();
        let mut shown = Vec::with_capacity(self.0.len() * 2 + 1);
        let (mut start, mut start_point) = (0, Point::default());
        // Shows what comes before `end`, and hides what comes then, before `next`.
        let mut show = |end: usize, next: usize| {
            let is_all_shown = end == next && end < bytes.len();
            if is_all_shown {
                return;
            }
            if start < end {
                let end_point = moved(start_point, &bytes[start..end]);
                shown.push(tree_sitter::Range { start_byte: start, end_byte: end, start_point, end_point });
                start_point = end_point;
                start = end;
            }
            start_point = moved(start_point, &bytes[start..next]);
            start = next;
        };
        for body in &self.0 {
            let mut gap = body.range.start;
            for part in &body.shown {
                show(gap, part.start);
                gap = part.end;
            }
            show(gap, body.range.end);
        }
        show(bytes.len(), bytes.len());
        shown
    }

    /// Ends what was found in the tree with the gaps where it ends in the text.
    pub(crate) fn mend(&self, definitions: &mut [Definition]) {
        if self.0.iter().all(|body| body.content.is_none()) {
            return;
        }
        for found in definitions {
            let inside = self.0.partition_point(|body| body.name < found.item_range.end);
            let Some(Body { name, content: Some(content), .. }) = self.0[..inside].last() else { continue };
            if *name < found.item_range.start {
                continue;
            }
            if *name == found.name_range.start {
                found.body_range = Some(content.clone());
            }
            found.item_range.end = found.item_range.end.max(content.end);
            if let Some(body) = &mut found.body_range {
                body.end = body.end.max(content.end);
            }
        }
    }
}

/// The row and column behind `passed`.
fn moved(from: Point, passed: &[u8]) -> Point {
    match passed.iter().rposition(|byte| *byte == b'\n') {
        Some(last) => {
            let rows = passed[..=last].split(|byte| *byte == b'\n').count() - 1;
            Point { row: from.row + rows, column: passed.len() - last - 1 }
        }
        None => Point { row: from.row, column: from.column + passed.len() },
    }
}

/// Whether a byte may be part of a name.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests;
