//! Which file an item means: the one that it names, one that it fits, or a new one.

use super::files::{self, Files, Unnamed};
use super::view::FileView;
use super::{Change, Resolved, in_file, note, whole_symbol};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::lines;
use crate::parse::{Fence, Item, ItemKind};
use crate::tolerance::Tolerance;

pub(super) fn in_named_file(item: &Item, name: &str, files: &Files) -> Result<Resolved, Complaint> {
    let (creatable, namesakes) = match files.named(name) {
        Ok(index) => {
            let view = &files.views[index];
            let mut changes = in_file(item, view)?;
            if view.path != name && !name.ends_with(view.path) {
                note(&mut changes, &Tolerance::FileNamedDifferently(name.to_owned()));
            }
            return Ok(Resolved::Changes { file: index, changes });
        }
        Err(Unnamed::Refused(complaint)) => return Err(complaint),
        Err(Unnamed::Nothing { creatable, namesakes }) => (creatable, namesakes),
    };
    // A file of that name in another folder is meant only by what quotes its lines; the rest makes a new one.
    if quotes(item) {
        match namesakes[..] {
            [] => {}
            [index] => {
                let mut changes = in_file(item, &files.views[index])?;
                note(&mut changes, &Tolerance::FileNamedDifferently(name.to_owned()));
                return Ok(Resolved::Changes { file: index, changes });
            }
            _ => return Err(files.several(name, &namesakes)),
        }
    }
    // Models invent names like `path/to/file.py`. What was asked about may still be meant, if the text itself proves it: a line alone
    // does not, where the name is one that a file can have. A file somewhere else is another file.
    if namesakes.is_empty()
        && (files::is_invented(name) || !files::is_outside(name))
        && let Some(index) = files.focus()
        && let Ok(mut changes) = in_file(item, &files.views[index])
        && is_evident(item, &files.views[index])
        && (creatable.is_none()
            || files::is_invented(name)
            || !quotes(item)
            || is_telling(item) && !is_guessed(&changes))
    {
        note(&mut changes, &Tolerance::FileNamedDifferently(name.to_owned()));
        return Ok(Resolved::Changes { file: index, changes });
    }
    match (creatable, new_text(item)) {
        (Some(path), Some(text)) => Ok(Resolved::Create { path, text: text? }),
        _ => only_proven(item, name, files).ok_or_else(|| files.unknown(name)),
    }
}

/// The file that the code fits, else a new one by the name that was mentioned.
pub(super) fn in_mentioned_file(item: &Item, name: &str, files: &Files) -> Result<Resolved, Complaint> {
    let complaint = match in_any_file(item, files.focus(), files) {
        Err(complaint) if matches!(complaint.kind, ComplaintKind::NotFound | ComplaintKind::UnknownFile) => complaint,
        answer => return answer,
    };
    match (files.free(name), new_text(item)) {
        (Ok(path), Some(text)) => Ok(Resolved::Create { path, text: text? }),
        _ => Err(complaint),
    }
}

/// Whether the item quotes what it replaces.
fn quotes(item: &Item) -> bool {
    match &item.kind {
        ItemKind::Replace { readings } => readings.iter().all(|reading| !reading.old.trim().is_empty()),
        ItemKind::Pair { .. } => true,
        _ => false,
    }
}

/// Whether the item quotes enough to tell a file by.
fn is_telling(item: &Item) -> bool {
    let telling = |text: &str| lines(text).iter().filter(|line| line.trimmed().len() > 2).count() >= 2;
    match &item.kind {
        ItemKind::Replace { readings } => readings.iter().all(|reading| telling(&reading.old)),
        ItemKind::Pair { reading, .. } => telling(&reading.old),
        _ => false,
    }
}

/// Whether something else than the quoted lines themselves told the place.
fn is_guessed(changes: &[Change]) -> bool {
    let guessed = |tolerance: &Tolerance| matches!(tolerance, Tolerance::Quote | Tolerance::LineNumber);
    changes.iter().flat_map(|change| &change.tolerances).any(guessed)
}

/// The only file that holds the quoted lines, which are enough to tell.
fn only_proven(item: &Item, name: &str, files: &Files) -> Option<Resolved> {
    if !is_telling(item) {
        return None;
    }
    let mut found = Vec::new();
    for (index, view) in files.views.iter().enumerate() {
        match in_file(item, view) {
            Ok(changes) => found.push((index, changes)),
            Err(complaint) if complaint.kind == ComplaintKind::NotFound => {}
            Err(_) => return None,
        }
    }
    let (file, mut changes) = found.pop().filter(|_| found.is_empty())?;
    if is_guessed(&changes) {
        return None;
    }
    note(&mut changes, &Tolerance::FileNamedDifferently(name.to_owned()));
    Some(Resolved::Changes { file, changes })
}

/// The text of a file that is to be made; nothing when the item needs one that is there.
fn new_text(item: &Item) -> Option<Result<String, Complaint>> {
    match &item.kind {
        ItemKind::Replace { readings } => {
            let fresh = readings.iter().find(|reading| reading.old.trim().is_empty())?;
            Some(Ok(fresh.new.clone()))
        }
        ItemKind::Code { fence: Fence::Open | Fence::None, .. } => Some(Err(Complaint::new(
            ComplaintKind::CutOff,
            format!(
                "The code fence on line {} of the reply is not closed, so the new file may be cut off. Ask again.",
                item.reply_line
            ),
        ))),
        ItemKind::Code { text, .. } => Some(Ok(text.clone())),
        ItemKind::Pair { .. } | ItemKind::Write { .. } | ItemKind::Delete { .. } | ItemKind::Rename { .. } => None,
    }
}

/// A passage was found by its text; code must define the very symbol that was asked about.
fn is_evident(item: &Item, file: &FileView) -> bool {
    match &item.kind {
        ItemKind::Code { text, .. } => file
            .focus_symbol()
            .is_some_and(|name| whole_symbol::top_level_names(text, file).iter().any(|own| own == name)),
        _ => true,
    }
}

/// Tries the likeliest file, then the only other one that fits.
pub(super) fn in_any_file(item: &Item, first: Option<usize>, files: &Files) -> Result<Resolved, Complaint> {
    let mut problem = None;
    if let Some(index) = first {
        match in_file(item, &files.views[index]) {
            Err(complaint) if complaint.kind == ComplaintKind::NotFound => problem = Some(complaint),
            answer => return answer.map(|changes| Resolved::Changes { file: index, changes }),
        }
    }
    let mut found = Vec::new();
    for index in (0..files.views.len()).filter(|index| Some(*index) != first) {
        match in_file(item, &files.views[index]) {
            Ok(changes) => found.push((index, changes)),
            Err(complaint) => problem = Some(problem.unwrap_or(complaint)),
        }
    }
    if found.len() > 1 {
        let paths: Vec<&str> = found.iter().map(|(index, _)| files.views[*index].path).collect();
        return Err(Complaint::new(
            ComplaintKind::Ambiguous,
            format!(
                "The edit on line {} of the reply names no file and fits several: {}. Ask the model to name \
                 the file.",
                item.reply_line,
                paths.join(", ")
            ),
        ));
    }
    if let Some((file, mut changes)) = found.pop() {
        if files.views.len() > 1 {
            note(&mut changes, &Tolerance::FileAssumed(files.views[file].path.to_owned()));
        }
        return Ok(Resolved::Changes { file, changes });
    }
    Err(problem.unwrap_or_else(|| {
        Complaint::new(
            ComplaintKind::UnknownFile,
            "The reply changes code, but no file was given to change. Open the file and ask again.",
        )
    }))
}
