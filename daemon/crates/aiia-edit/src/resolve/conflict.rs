//! Files with the marks of a merge that is not done.

use super::Change;
use super::view::FileView;
use crate::complaint::{Complaint, ComplaintKind};

/// Refuses changes of whole symbols at a conflict: which of its lines belong to the symbol, no parser knows.
pub(super) fn refuse(changes: &[Change], file: &FileView) -> Result<(), Complaint> {
    if !file.text.contains("<<<<<<< ") || !file.text.contains(">>>>>>> ") {
        return Ok(());
    }
    let begins = |mark: &'static str| {
        let lines = file.lines.iter().enumerate();
        lines.filter(move |(_, line)| line.content.starts_with(mark)).map(|(number, _)| number)
    };
    for first in begins("<<<<<<< ") {
        let Some(last) = begins(">>>>>>> ").find(|last| *last > first) else { break };
        // With the lines right beside it.
        let start = file.lines[first.saturating_sub(1)].start;
        let end = file.lines[(last + 1).min(file.lines.len() - 1)].end();
        let is_whole = |change: &Change| {
            change.range.start <= file.lines[first].start && file.lines[last].end() <= change.range.end
        };
        if changes.iter().any(|change| change.range.start < end && start < change.range.end && !is_whole(change)) {
            let message = format!(
                "The reply changes code at the conflict on lines {} to {} of {}. Ask the model for a search/replace block with all of \
                 these lines.",
                first + 1,
                last + 1,
                file.path
            );
            return Err(Complaint::new(ComplaintKind::Ambiguous, message)
                .in_file(file.path)
                .with_candidates(vec![first + 1, last + 1]));
        }
    }
    Ok(())
}
