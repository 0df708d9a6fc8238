//! Edits that change a comment alone.

use std::ops::Range;

use super::super::SyntaxTree;
use super::kinds::LANGUAGES;

/// Whether an edit changes a comment alone, which begins and ends as it did.
pub(super) fn is_in_comment(
    tree: &SyntaxTree,
    old_text: &str,
    new_text: &str,
    (old, new): (&Range<usize>, &Range<usize>),
) -> bool {
    // What begins a comment, and makes it one of documentation.
    const HEAD: usize = 3;
    if !LANGUAGES.contains(&tree.language.name()) {
        return false;
    }
    let mut node = tree.root().descendant_for_byte_range(old.start, old.end);
    while let Some(inner) = node.filter(|node| !matches!(node.kind(), "comment" | "line_comment" | "block_comment")) {
        node = inner.parent();
    }
    let Some(comment) = node else { return false };
    let Some(before) = old_text.get(comment.start_byte()..old.start) else { return false };
    let (Some(behind), Some(by)) = (old_text.get(old.end..comment.end_byte()), new_text.get(new.clone())) else {
        return false;
    };
    if before.len() < HEAD || by.contains('\0') {
        return false;
    }
    let is_break = |character: char| matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}');
    if before.starts_with("//") {
        return !old_text[old.clone()].contains(is_break) && !by.contains(is_break);
    }
    let Some(inside) = behind.strip_suffix("*/") else { return false };
    let written = format!("{}{by}{inside}", &before[2..]);
    before.starts_with("/*") && !written.contains("*/") && !written.contains("/*") && !written.ends_with(['*', '/'])
}

/// Whether all block comments that begin or end in a range of a text, or with the characters beside it, do both there.
pub(super) fn are_closed(text: &str, range: &Range<usize>) -> bool {
    let around = range.start.saturating_sub(1)..(range.end + 1).min(text.len());
    let mut rest = &text.as_bytes()[around];
    let mut is_open = false;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind.first(), is_open) {
            (b'/', Some(b'*'), false) | (b'*', Some(b'/'), true) => {
                is_open = !is_open;
                rest = &behind[1..];
            }
            (b'/', Some(b'*'), true) | (b'*', Some(b'/'), false) => return false,
            _ => {}
        }
    }
    !is_open
}
