//! Code whose lines tell what it stands for, whatever symbols it holds: nearly all lines of a file are the file, and lines in the middle
//! of a function with a new one among them are that passage.

use std::ops::Range;

use aiia_syntax::Language;

use super::block::Block;
use super::family::are_related;
use super::view::FileView;
use super::whole_lines::{self, Whole};
use super::{Change, fragment, named_lines};
use crate::complaint::{Complaint, ComplaintKind};
use crate::parse::{Fence, Lead};
use crate::tolerance::Tolerance;

/// Code of a reply and what is said of it.
pub(super) struct Code<'c> {
    pub(super) text: &'c str,
    /// The language named at the fence.
    pub(super) tag: Option<&'c str>,
    pub(super) lead: Lead,
    pub(super) fence: Fence,
    /// The lines of the file, counted from 0, that the words above it name.
    pub(super) named: Option<&'c Range<usize>>,
}

/// The changes code makes in a file: those that its lines tell, else those that `by_symbols` finds.
pub(super) fn changes(
    code: &Code,
    file: &FileView,
    by_symbols: impl FnOnce() -> Result<Vec<Change>, Complaint>,
) -> Result<Vec<Change>, Complaint> {
    let is_of_file = |language: Language| {
        code.tag.is_none_or(|tag| Language::from_language_id(tag).is_some_and(|tag| are_related(tag, language)))
    };
    let block = file.language.filter(|language| is_of_file(*language)).and_then(|_| Block::parse(code.text, file));
    let is_part = code.fence == Fence::Closed && !code.lead.only_shows();
    let named = code.named.filter(|_| is_part);
    let Some(block) = block else {
        let is_plain = file.language.is_none() && code.tag.and_then(Language::from_language_id).is_none();
        let at_lines = || {
            let named = named.filter(|_| is_plain)?;
            named_lines::between(code.text, named, file).or_else(|| named_lines::instead(code.text, named, file))
        };
        return by_symbols().or_else(|complaint| match complaint.kind {
            ComplaintKind::NotFound => at_lines().map(|change| vec![change]).ok_or(complaint),
            _ => Err(complaint),
        });
    };
    let kept = match whole_lines::read(code.text, &block, file) {
        Whole::Is(change) => return Ok(vec![change]),
        Whole::Without(name) => Some(name),
        Whole::Not => None,
    };
    if let Some(change) = named.and_then(|named| named_lines::between(code.text, named, file)) {
        return Ok(vec![change]);
    }
    let instead = || named_lines::instead(code.text, named?, file);
    if block.has_errors()
        && let Some(change) = instead()
    {
        return Ok(vec![change]);
    }
    let passage = if is_part { fragment::find(code.text, code.named, file) } else { None };
    let passage = match passage {
        Some(Ok(found)) if found.cuts => return Ok(vec![found.change]),
        passage => passage,
    };
    let symbols = || fragment::refuse_body(&block, file).and_then(|()| by_symbols());
    let mut found = symbols().or_else(|complaint| {
        let is_unplaced = matches!(complaint.kind, ComplaintKind::NotFound | ComplaintKind::SyntaxErrors);
        let is_no_symbol = block.tops().is_empty() || block.has_errors();
        match passage {
            Some(found) if is_unplaced && is_no_symbol => found.map(|found| vec![found.change]),
            _ => {
                let change = if is_unplaced { instead() } else { None };
                change.map(|change| vec![change]).ok_or(complaint)
            }
        }
    })?;
    let Some(name) = kept else { return Ok(found) };
    match found.iter_mut().find(|change| file.text[change.range.clone()] != change.new_text) {
        Some(first) => {
            first.tolerances.push(Tolerance::Kept(name));
            Ok(found)
        }
        None => Err(not_deleted(&name, file)),
    }
}

fn not_deleted(name: &str, file: &FileView) -> Complaint {
    let message = format!(
        "The reply gives all of {} but `{name}`, which something else may still need. Ask the model for an edit, if it is to go.",
        file.path
    );
    Complaint::new(ComplaintKind::Vanished, message).in_file(file.path)
}
