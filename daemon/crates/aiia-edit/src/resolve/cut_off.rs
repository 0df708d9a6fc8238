//! Code that ends in the middle without a sign of it.

use super::Change;
use super::elision::stands_for_others;
use super::view::FileView;
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, lines};
use crate::tolerance::Tolerance;

/// Languages in which no closing bracket or word tells where a function ends, so that the beginning of one is a whole one.
const WITHOUT_ENDS: &[&str] = &["python", "yaml", "toml", "markdown"];

/// Whether code whose fence is not closed makes a passage of the file shorter at its end: the last lines may be missing.
pub(super) fn loses_its_end(code: &str, changes: &[Change], file: &FileView) -> bool {
    if file.language.is_some_and(|language| !WITHOUT_ENDS.contains(&language.name())) {
        return false;
    }
    let written = |text: &str| -> Vec<String> {
        lines(text).iter().map(Line::trimmed).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let last_given = written(code).pop();
    // What was put behind its end may have been changed in what is missing.
    let is_completed = |change: &Change| change.tolerances.contains(&Tolerance::Elision);
    if changes.iter().any(is_completed) && !lines(code).iter().any(|line| stands_for_others(line.content)) {
        return true;
    }
    changes.iter().any(|change| {
        let (old, new) = (written(&file.text[change.range.clone()]), written(&change.new_text));
        let is_last = new.last() == last_given.as_ref();
        is_last && new.len() < old.len() && old.last().is_some_and(|last| !new.contains(last))
    })
}

pub(super) fn complaint(reply_line: usize, file: &FileView) -> Complaint {
    let message = format!(
        "The code fence on line {reply_line} of the reply is not closed, and lines at the end of what it changes in {} are \
         missing, so it may be cut off. Ask again, for a smaller change or with a higher token limit.",
        file.path
    );
    Complaint::new(ComplaintKind::CutOff, message).in_file(file.path)
}
