//! Hunks and what becomes of files, between `aiia-edit`, which works with them, and the protocol, which tells of them.

use aiia_edit::{FileAction, Hunk};
use aiia_protocol::edit::{self, EditFile, EditHunk, HunkStatus};
use aiia_protocol::id::HunkNumber;

/// A hunk of a pending edit, to work with.
pub fn from_protocol(hunk: &EditHunk) -> Hunk {
    Hunk {
        old_start: hunk.old_start as usize,
        old_lines: hunk.old_lines as usize,
        new_start: hunk.new_start as usize,
        new_lines: hunk.new_lines as usize,
        old_text: hunk.old_text.clone(),
        new_text: hunk.new_text.clone(),
        tolerances: Vec::new(),
    }
}

/// The hunk `number` of a pending edit, which waits; `tolerances` are what is said of how it was laid into the file.
pub(crate) fn to_protocol(hunk: &Hunk, number: HunkNumber, tolerances: Vec<String>) -> EditHunk {
    EditHunk {
        number,
        old_start: hunk.old_start as u32,
        old_lines: hunk.old_lines as u32,
        new_start: hunk.new_start as u32,
        new_lines: hunk.new_lines as u32,
        old_text: hunk.old_text.clone(),
        new_text: hunk.new_text.clone(),
        tolerances,
        status: HunkStatus::Pending,
    }
}

/// The hunk that stands for what becomes of a file as a whole.
pub(crate) fn whole(number: HunkNumber) -> EditHunk {
    EditHunk {
        number,
        old_start: 0,
        old_lines: 0,
        new_start: 0,
        new_lines: 0,
        old_text: String::new(),
        new_text: String::new(),
        tolerances: Vec::new(),
        status: HunkStatus::Pending,
    }
}

/// What becomes of a file of a pending edit.
pub(crate) fn action_of(file: &EditFile) -> FileAction {
    match (file.action, &file.from) {
        (edit::FileAction::Create, _) => FileAction::Create,
        (edit::FileAction::Delete, _) => FileAction::Delete,
        (edit::FileAction::Rename, Some(from)) => FileAction::Rename { from: from.clone() },
        (edit::FileAction::Edit | edit::FileAction::Rename, _) => FileAction::Edit,
    }
}

/// The same the other way: the action, and the path that a file has before a rename.
pub(crate) fn action_to_protocol(action: FileAction) -> (edit::FileAction, Option<String>) {
    match action {
        FileAction::Edit => (edit::FileAction::Edit, None),
        FileAction::Create => (edit::FileAction::Create, None),
        FileAction::Delete => (edit::FileAction::Delete, None),
        FileAction::Rename { from } => (edit::FileAction::Rename, Some(from)),
    }
}
