//! What a reply has beside its symbols to show how they are used.

use std::ops::Range;

use super::{Placement, Placing};
use crate::resolve::block::Block;
use crate::resolve::deletion::speaks_of;
use crate::resolve::nearest;
use crate::tolerance::Tolerance;

/// What a comment above an example of use says, in its first words.
const EXAMPLE: &[&str] = &[
    "example",
    "examples",
    "usage",
    "demo",
    "beispiel",
    "verwendung",
    "exemple",
    "utilisation",
    "ejemplo",
    "exemplo",
    "esempio",
    "пример",
];
const EXAMPLE_UNSPACED: &[&str] = &["示例", "使用示例", "例子", "用法", "使用例", "使い方", "예시", "예제", "사용 예"];

/// Calls that print or check something.
const SHOWS: &[&str] = &[
    "print",
    "println!",
    "console.",
    "System.out",
    "fmt.Print",
    "puts",
    "p",
    "echo",
    "printf",
    "assert",
    "assert_eq!",
    "assert!",
    "pprint",
    "std::cout",
    "cout",
    "Console.",
    "var_dump",
    "print_r",
    "main",
    "doctest.",
    "unittest.",
    "asyncio.run",
];

impl Placing<'_, '_> {
    /// New symbols below a comment that calls what follows an example stay out, if the rest of the reply does not need them.
    pub(super) fn leave_out_examples(&mut self) {
        let text = self.block.text.as_str();
        let Some(comment) = comment(self.block) else { return };
        let above = &text[..comment.start];
        let is_below = |placement: &Placement| placement.given().item_range.start >= comment.start;
        let is_known = |placement: &Placement| !matches!(placement, Placement::New(_));
        if !self.placements.iter().any(|placement| is_known(placement) && !is_below(placement))
            || self.placements.iter().any(|placement| is_known(placement) && is_below(placement))
            || self.placements.iter().any(|placement| is_below(placement) && speaks_of(&placement.given().name, above))
        {
            return;
        }
        let before = self.placements.len();
        self.placements.retain(|placement| !is_below(placement));
        if self.placements.len() < before {
            let said = text[comment.clone()].lines().next().unwrap_or_default();
            self.notes.push(Tolerance::LeftOut(nearest::shortened(said)));
        }
    }
}

/// The comment at the margin from which on a reply shows how its code is used.
pub(super) fn comment(block: &Block) -> Option<Range<usize>> {
    let text = block.text.as_str();
    let begins_line = |at: usize| at == 0 || text[..at].ends_with('\n');
    let mut comments = block.comments().iter().filter(|comment| begins_line(comment.start));
    comments.find(|comment| is_example(&text[(*comment).clone()])).cloned()
}

/// Whether a line outside of any symbol begins a statement that is no example of use; `example` is where the comment stands that says
/// so of what follows, and the symbols end at `end_of_symbols`.
pub(super) fn is_code(
    start: usize,
    line: &str,
    block: &Block,
    (example, end_of_symbols): (Option<usize>, usize),
) -> bool {
    let text = block.text.as_str();
    let at = start + text[start..].find(line).unwrap_or(0);
    if is_comment(start, line, block)
        || !line.contains(char::is_alphanumeric)
        || line.starts_with(['#', '<', '"', '\'', '@', '-'])
    {
        return false;
    }
    if example.is_some_and(|example| example <= at) {
        return false;
    }
    let is_below = at >= end_of_symbols;
    let is_shown = SHOWS.iter().any(|call| {
        line.strip_prefix(call).is_some_and(|rest| {
            call.ends_with(['.', '!']) || rest.starts_with(|c: char| !c.is_alphanumeric() && c != '_')
        })
    });
    let is_entry = line.starts_with("if __name__") || line.starts_with("package ") || line.starts_with("namespace ");
    !(is_entry || is_below && is_shown)
}

/// Whether a line outside of any symbol is a comment.
pub(super) fn is_comment(start: usize, line: &str, block: &Block) -> bool {
    let at = start + block.text[start..].find(line).unwrap_or(0);
    let before = block.comments().partition_point(|comment| comment.start <= at);
    before.checked_sub(1).is_some_and(|last| at < block.comments()[last].end)
}

/// Whether a comment says that an example of use follows.
fn is_example(comment: &str) -> bool {
    let said = comment.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let mut words = said.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_first = words.next().is_some_and(|first| EXAMPLE.contains(&first));
    (is_first && words.clone().count() <= 5) || EXAMPLE_UNSPACED.iter().any(|word| said.starts_with(word))
}
