//! Code whose lines tell what it stands for, whatever symbols it holds: nearly all lines of a file are the file.

use aiia_syntax::Language;

use super::Change;
use super::block::Block;
use super::family::are_related;
use super::view::FileView;
use super::whole_lines::{self, Whole};
use crate::complaint::Complaint;
use crate::tolerance::Tolerance;

/// Code of a reply and what is said of it.
pub(super) struct Code<'c> {
    pub(super) text: &'c str,
    /// The language named at the fence.
    pub(super) tag: Option<&'c str>,
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
    let Some(block) = block else { return by_symbols() };
    let kept = match whole_lines::read(code.text, &block, file) {
        Whole::Is(change) => return Ok(vec![change]),
        Whole::Without(name) => Some(Tolerance::Kept(name)),
        Whole::Not => None,
    };
    let mut found = by_symbols()?;
    if let Some(first) = found.iter_mut().find(|change| file.text[change.range.clone()] != change.new_text) {
        first.tolerances.extend(kept);
    }
    Ok(found)
}
