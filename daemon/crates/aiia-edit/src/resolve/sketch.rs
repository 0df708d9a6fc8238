//! Code that leaves something out: where symbols do not tell its place, the segments between its placeholders may.

use aiia_syntax::Language;

use super::view::FileView;
use super::{Change, are_related, elision, whole_symbol};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, lines};
use crate::parse::Fence;
use crate::placeholder::is_elision;

/// What code comes to symbol by symbol, or else by its segments between placeholders.
pub(super) fn of_code(text: &str, tag: Option<&str>, fence: Fence, file: &FileView) -> Result<Vec<Change>, Complaint> {
    let language = tag.and_then(Language::from_language_id);
    let is_other = language.is_some_and(|tag| file.language.is_none_or(|own| !are_related(tag, own)));
    let by_segments = || if is_other { None } else { elision::segments::change(text, file) };
    // Where the code is broken by what it leaves out, lines tell more than symbols.
    if whole_symbol::is_broken(text, file)
        && let Some(change) = by_segments()
    {
        return Ok(vec![change]);
    }
    let found = whole_symbol::changes(text, tag, fence != Fence::None, file);
    let is_done = match &found {
        Ok(changes) => !changes.iter().any(|change| leaves_marks(change, file)),
        Err(complaint) => matches!(complaint.kind, ComplaintKind::TooLarge | ComplaintKind::Overlap),
    };
    if is_done {
        return found;
    }
    by_segments().map_or(found, |change| Ok(vec![change]))
}

/// Whether a placeholder is left in a change that the file does not have.
fn leaves_marks(change: &Change, file: &FileView) -> bool {
    let is_left =
        |line: &Line| is_elision(line.trimmed()) && !file.lines.iter().any(|own| own.trimmed() == line.trimmed());
    lines(&change.new_text).iter().any(is_left)
}
