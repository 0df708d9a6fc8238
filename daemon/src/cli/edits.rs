//! `aiia edits|accept|reject|undo`: proposed changes and what is decided about them.

use std::fs;
use std::path::Path;

use aiia_protocol::document::DocumentRef;
use aiia_protocol::edit::{
    DecideEdit, EditFile, EditHunk, EditOutcome, EditRef, EditStatus, FileChange, HunkStatus, ListEdits, PendingEdit,
};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::{EditAccept, EditGet, EditList, EditReject, EditUndo};

use crate::cli::arguments::{DecideArguments, ListArguments};
use crate::cli::output::{self, Style, paint};
use crate::cli::write;
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn list(arguments: &ListArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let page = client.call::<EditList>(&ListEdits { limit: Some(arguments.limit), ..ListEdits::default() })?;
    if arguments.json {
        output::json(&page);
        return Ok(exit::OK);
    }
    if page.items.is_empty() {
        output::note("There are no proposed changes. `aiia fix FILE` makes one.");
    }
    for edit in page.items {
        let (status, style) = match edit.status {
            EditStatus::Pending => ("pending ", Style::Warning),
            EditStatus::Accepted => ("accepted", Style::Good),
            EditStatus::Rejected => ("rejected", Style::Faint),
            EditStatus::Undone => ("undone  ", Style::Faint),
        };
        let (id, title) = (paint(edit.id.as_str(), Style::Faint), paint(&edit.title, Style::Heading));
        output::painted_line(&format!("{id}  {}  {title}", paint(status, style)));
        for file in &edit.files {
            let hunks = match file.hunks.len() {
                1 => "1 hunk".to_owned(),
                count => format!("{count} hunks"),
            };
            output::line(&format!("    {} ({hunks})", file.path));
        }
    }
    Ok(exit::OK)
}

pub(crate) fn accept(arguments: &DecideArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let edit = get(&mut client, arguments)?;
    let outcome = accept_and_write(&mut client, &edit, arguments.hunks.clone(), arguments.allow_protected)?;
    if arguments.json {
        output::json(&outcome);
    }
    Ok(exit::OK)
}

pub(crate) fn reject(arguments: &DecideArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let outcome = client.call::<EditReject>(&DecideEdit {
        hunks: arguments.hunks.clone(),
        ..DecideEdit::all_of(arguments.edit.as_str().into())
    })?;
    if arguments.json {
        output::json(&outcome);
    }
    Ok(exit::OK)
}

pub(crate) fn undo(arguments: &DecideArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let edit = get(&mut client, arguments)?;
    write::refuse_protected(edit.files.iter().map(|file| Path::new(&file.path)), arguments.allow_protected)?;
    let outcome = client.call::<EditUndo>(&decision(&edit, arguments.hunks.clone()))?;
    write_changes(&outcome.changes)?;
    if arguments.json {
        output::json(&outcome);
    }
    Ok(exit::OK)
}

fn get(client: &mut Client, arguments: &DecideArguments) -> Result<PendingEdit, Failure> {
    Ok(client.call::<EditGet>(&EditRef { edit_id: EditId::from(arguments.edit.as_str()) })?)
}

/// Accepts hunks of `edit`, all where none are named, and writes them into the files. When they cannot be written, the
/// acceptance is taken back.
pub(crate) fn accept_and_write(
    client: &mut Client,
    edit: &PendingEdit,
    hunks: Option<Vec<HunkNumber>>,
    allow_protected: bool,
) -> Result<EditOutcome, Failure> {
    let meant = |file: &&EditFile| {
        let waits = |hunk: &EditHunk| hunk.status == HunkStatus::Pending;
        file.hunks.iter().any(|hunk| waits(hunk) && hunks.as_ref().is_none_or(|hunks| hunks.contains(&hunk.number)))
    };
    let paths = edit.files.iter().filter(meant).flat_map(|file| [Some(&file.path), file.from.as_ref()]).flatten();
    write::refuse_protected(paths.map(Path::new), allow_protected)?;
    let outcome = client.call::<EditAccept>(&decision(edit, hunks))?;
    if let Err(failure) = write_changes(&outcome.changes) {
        take_back(client, edit, &outcome.edit);
        return Err(failure);
    }
    Ok(outcome)
}

/// The decision, with the files as they are on disk: an editor may have another text of them, but the disk is written.
fn decision(edit: &PendingEdit, hunks: Option<Vec<HunkNumber>>) -> DecideEdit {
    let on_disk = |path: &str| {
        let text = fs::read_to_string(path).ok()?;
        Some(DocumentRef { path: path.to_owned(), text: Some(text), language_id: None })
    };
    let paths = edit.files.iter().flat_map(|file| [Some(&file.path), file.from.as_ref()]).flatten();
    let documents = paths.filter_map(|path| on_disk(path)).collect();
    // Whoever comes here was asked about protected files.
    DecideEdit { hunks, documents, allow_protected: true, ..DecideEdit::all_of(edit.id.clone()) }
}

fn write_changes(changes: &[FileChange]) -> Result<(), Failure> {
    let files = write::prepare(changes)?;
    write::write(&files)?;
    for file in &files {
        output::note(&format!("Written: {}", output::shown_path(&file.path)));
    }
    Ok(())
}

/// Tells the daemon that what it counts as accepted is in no file.
fn take_back(client: &mut Client, before: &PendingEdit, after: &PendingEdit) {
    let waited = |number: HunkNumber| {
        before
            .files
            .iter()
            .flat_map(|file| &file.hunks)
            .any(|hunk| hunk.number == number && hunk.status == HunkStatus::Pending)
    };
    let accepted = after.files.iter().flat_map(|file| &file.hunks).filter(|hunk| hunk.status == HunkStatus::Accepted);
    let hunks = accepted.map(|hunk| hunk.number).filter(|number| waited(*number)).collect();
    let params = DecideEdit { hunks: Some(hunks), not_applied: true, ..DecideEdit::all_of(after.id.clone()) };
    if let Err(problem) = client.call::<EditUndo>(&params) {
        output::note(&format!("The daemon still counts the change as accepted: {problem}"));
    }
}

/// The diff with the names of its files as seen from the working directory, so that `git apply` and `patch` find them.
pub(crate) fn diff_from_here(edit: &PendingEdit) -> String {
    match std::env::current_dir() {
        Ok(here) => diff_from(&here, edit.files.iter().map(|file| file.path.as_str()), &edit.diff),
        Err(_) => edit.diff.clone(),
    }
}

fn diff_from<'a>(here: &Path, files: impl Iterator<Item = &'a str>, diff: &str) -> String {
    let mut heads = Vec::new();
    for file in files {
        if let Some(near) = Path::new(file).strip_prefix(here).ok().and_then(Path::to_str) {
            heads.push((format!("--- a/{file}"), format!("--- a/{near}")));
            heads.push((format!("+++ b/{file}"), format!("+++ b/{near}")));
        }
    }
    diff.split_inclusive('\n')
        .map(|line| {
            let bare = line.trim_end_matches(['\r', '\n']);
            let head = heads.iter().find(|(head, _)| head == bare);
            head.map_or_else(|| line.to_owned(), |(_, near)| format!("{near}{}", &line[bare.len()..]))
        })
        .collect()
}

/// Says which hunks were not matched exactly.
pub(crate) fn note_tolerances(edit: &PendingEdit) {
    for hunk in edit.files.iter().flat_map(|file| &file.hunks).filter(|hunk| !hunk.tolerances.is_empty()) {
        output::note(&format!("Hunk {} was matched {}.", hunk.number, hunk.tolerances.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_names_files_as_they_are_seen_from_here() {
        let diff =
            "--- a//p/src/a.py\n+++ b//p/src/a.py\n@@ -1 +1 @@\n---- a//p/src/a.py\n+x\n--- /dev/null\n+++ b//q/b.py\n";
        let expected =
            "--- a/src/a.py\n+++ b/src/a.py\n@@ -1 +1 @@\n---- a//p/src/a.py\n+x\n--- /dev/null\n+++ b//q/b.py\n";
        assert_eq!(diff_from(Path::new("/p"), ["/p/src/a.py", "/q/b.py"].into_iter(), diff), expected);
    }
}
