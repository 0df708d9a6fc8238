//! What stays of a reply whose other parts are asked for again.

use super::{Guard, file_plan};
use crate::resolve::{Files, Resolved};

/// The edits without those of files that do not pass the checks.
pub(super) fn without_failing(mut resolved: Vec<Resolved>, files: &Files, guard: Guard) -> Vec<Resolved> {
    if let Err(complaints) = file_plan::all(resolved.clone(), files, guard) {
        resolved.retain(|one| {
            one.path(files)
                .is_some_and(|path| !complaints.iter().any(|complaint| complaint.path.as_deref() == Some(path)))
        });
    }
    resolved
}

/// Earlier changes give way to later ones of the same lines.
pub(super) fn give_way(earlier: &mut Vec<Resolved>, later: &[Resolved]) {
    let taken: Vec<_> = later
        .iter()
        .filter_map(|resolved| match resolved {
            Resolved::Changes { file, changes } => Some(changes.iter().map(|change| (*file, change.range.clone()))),
            _ => None,
        })
        .flatten()
        .collect();
    for resolved in earlier.iter_mut() {
        if let Resolved::Changes { file, changes } = resolved {
            changes.retain(|change| {
                let overlaps = |range: &std::ops::Range<usize>| {
                    range.start < change.range.end && change.range.start < range.end || *range == change.range
                };
                !taken.iter().any(|(other, range)| other == file && overlaps(range))
            });
        }
    }
    earlier.retain(|resolved| match resolved {
        Resolved::Changes { changes, .. } => !changes.is_empty(),
        Resolved::Create { path, .. } => {
            !later.iter().any(|other| matches!(other, Resolved::Create { path: later, .. } if later == path))
        }
        other => !later.contains(other),
    });
}

/// Where the edits are, for the model.
pub(super) fn described(resolved: &[Resolved], files: &Files) -> Vec<String> {
    resolved
        .iter()
        .filter_map(|resolved| {
            let path = resolved.path(files)?;
            Some(match resolved {
                Resolved::Changes { file, changes } => {
                    let line = files.views.get(*file)?.line_number(changes.first()?.range.start);
                    format!("{path} line {line}")
                }
                Resolved::Create { .. } => format!("{path} is made"),
                Resolved::Delete { .. } => format!("{path} is deleted"),
                Resolved::Rename { to, .. } => format!("{path} is renamed to {to}"),
            })
        })
        .collect()
}
