//! `aiia edits|accept|reject|undo`: proposed changes and what is decided about them.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use aiia_protocol::document::DocumentRef;
use aiia_protocol::edit::{
    DecideEdit, EditFile, EditHunk, EditOutcome, EditRef, EditStatus, FileAction, FileChange, HunkStatus, ListEdits,
    PendingEdit,
};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::{EditAccept, EditGet, EditList, EditReject, EditUndo, Operation};

use crate::cli::arguments::{Allowed, DecideArguments, ListArguments, RejectArguments};
use crate::cli::interrupt;
use crate::cli::output::{self, Style, paint};
use crate::cli::write;
use crate::client::Client;
use crate::exit::{self, Failure};

pub(crate) fn list(arguments: &ListArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let page = client.call::<EditList>(&ListEdits { limit: Some(arguments.limit), ..ListEdits::default() })?;
    if arguments.json {
        let mut page = page;
        page.items = page.items.into_iter().map(seen_from_here).collect();
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
    let outcome = accept_and_write(&mut client, &edit, arguments.hunks.clone(), arguments.allowed())?;
    if arguments.json {
        output::json(&outcome_from_here(outcome));
    }
    Ok(exit::OK)
}

pub(crate) fn reject(arguments: &RejectArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let outcome = client.call::<EditReject>(&DecideEdit {
        hunks: arguments.hunks.clone(),
        ..DecideEdit::all_of(arguments.edit.as_str().into())
    })?;
    if arguments.json {
        output::json(&outcome_from_here(outcome));
    } else {
        output::note("Rejected.");
    }
    Ok(exit::OK)
}

pub(crate) fn undo(arguments: &DecideArguments) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let edit = get(&mut client, arguments)?;
    let meant = |file: &&EditFile| has(file, HunkStatus::Accepted, arguments.hunks.as_deref());
    let allowed = arguments.allowed();
    refuse_protected(edit.files.iter().filter(meant), allowed.protected)?;
    let whole = interrupt::hold();
    let outcome = client.call::<EditUndo>(&decision(&edit, arguments.hunks.clone(), allowed))?;
    if let Err(failure) = write_changes(&outcome.changes) {
        not_written::<EditAccept>(&mut client, &outcome);
        return Err(whole.not_done(failure));
    }
    for number in taken_back(&edit, &outcome.edit) {
        output::note(&format!("Hunk {number} was not in its file any more; it waits again."));
    }
    if arguments.json {
        output::json(&outcome_from_here(outcome));
    }
    Ok(exit::OK)
}

/// The hunks that were accepted `before` and wait `now`.
fn taken_back(before: &PendingEdit, now: &PendingEdit) -> Vec<HunkNumber> {
    let with = |edit: &PendingEdit, status| -> Vec<HunkNumber> {
        let all = edit.files.iter().flat_map(|file| &file.hunks);
        all.filter(|hunk| hunk.status == status).map(|hunk| hunk.number).collect()
    };
    let accepted = with(before, HunkStatus::Accepted);
    with(now, HunkStatus::Pending).into_iter().filter(|number| accepted.contains(number)).collect()
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
    allowed: Allowed,
) -> Result<EditOutcome, Failure> {
    // One that is named is accepted, even where it was rejected or undone.
    let meant = |file: &&EditFile| match &hunks {
        Some(hunks) => file.hunks.iter().any(|hunk| hunks.contains(&hunk.number)),
        None => has(file, HunkStatus::Pending, None),
    };
    refuse_protected(edit.files.iter().filter(meant), allowed.protected)?;
    let whole = interrupt::hold();
    let outcome = client.call::<EditAccept>(&decision(edit, hunks, allowed))?;
    if let Err(failure) = write_changes(&outcome.changes) {
        not_written::<EditUndo>(client, &outcome);
        reject_again(client, edit, &outcome);
        return Err(whole.not_done(failure));
    }
    Ok(outcome)
}

/// Whether a file has a hunk in this state, of `hunks` where some are named.
fn has(file: &EditFile, status: HunkStatus, hunks: Option<&[HunkNumber]>) -> bool {
    let is_meant = |hunk: &EditHunk| hunks.is_none_or(|hunks| hunks.contains(&hunk.number));
    file.hunks.iter().any(|hunk| hunk.status == status && is_meant(hunk))
}

fn refuse_protected<'a>(files: impl Iterator<Item = &'a EditFile>, allowed: bool) -> Result<(), Failure> {
    let paths = files.flat_map(|file| {
        let why = file.protection.as_deref();
        [Some((Path::new(&file.path), why)), file.from.as_ref().map(|from| (Path::new(from), why))]
    });
    Ok(write::refuse_protected(paths.flatten(), allowed)?)
}

/// The decision, with the files as they are on disk: an editor may have another text of them, but the disk is written.
fn decision(edit: &PendingEdit, hunks: Option<Vec<HunkNumber>>, allowed: Allowed) -> DecideEdit {
    let on_disk = |path: &str| {
        // What is no text is for the daemon to refuse.
        let text = fs::read_to_string(path).ok().filter(|text| !text.contains('\0'))?;
        Some(DocumentRef { path: path.to_owned(), text: Some(text), language_id: None })
    };
    let paths = edit.files.iter().flat_map(|file| [Some(&file.path), file.from.as_ref()]).flatten();
    let documents = paths.filter_map(|path| on_disk(path)).collect();
    // Whoever comes here was asked about protected files.
    DecideEdit {
        hunks,
        documents,
        allow_protected: true,
        allow_unsaved: allowed.unsaved,
        ..DecideEdit::all_of(edit.id.clone())
    }
}

fn write_changes(changes: &[FileChange]) -> Result<(), Failure> {
    let files = write::prepare(changes)?;
    write::write(&files)?;
    write::tell(&files);
    Ok(())
}

/// Tells the daemon that what it counts as decided was not done to the files: `Back` is what takes the decision back.
fn not_written<Back: Operation<Params = DecideEdit, Result = EditOutcome>>(client: &mut Client, outcome: &EditOutcome) {
    let hunks = outcome.changes.iter().flat_map(|change| change.hunks.iter().copied()).collect();
    let params = DecideEdit { hunks: Some(hunks), not_applied: true, ..DecideEdit::all_of(outcome.edit.id.clone()) };
    if let Err(problem) = client.call::<Back>(&params) {
        output::note(&format!("The daemon still counts the change as done: {problem}"));
    }
}

/// What was rejected before its acceptance could not be written is rejected as it was.
fn reject_again(client: &mut Client, before: &PendingEdit, outcome: &EditOutcome) {
    let written = |number: &HunkNumber| outcome.changes.iter().any(|change| change.hunks.contains(number));
    let all = before.files.iter().flat_map(|file| &file.hunks);
    let rejected: Vec<HunkNumber> =
        all.filter(|hunk| hunk.status == HunkStatus::Rejected).map(|hunk| hunk.number).filter(written).collect();
    if rejected.is_empty() {
        return;
    }
    let params = DecideEdit { hunks: Some(rejected), ..DecideEdit::all_of(before.id.clone()) };
    if let Err(problem) = client.call::<EditReject>(&params) {
        output::note(&format!("What was rejected before waits now: {problem}"));
    }
}

/// The diff with the names of its files as seen from the working directory, so that `git apply` and `patch` find them.
pub(crate) fn diff_from_here(edit: &PendingEdit) -> String {
    match std::env::current_dir() {
        Ok(here) => diff_from(&here, edit),
        Err(_) => edit.diff.clone(),
    }
}

/// The edit with a diff whose names of files are seen from the working directory.
pub(crate) fn seen_from_here(edit: PendingEdit) -> PendingEdit {
    PendingEdit { diff: diff_from_here(&edit), ..edit }
}

/// The outcome of a decision, with its diff seen from there too.
pub(crate) fn outcome_from_here(outcome: EditOutcome) -> EditOutcome {
    EditOutcome { edit: seen_from_here(outcome.edit), ..outcome }
}

/// The diff with other names for the files below `here`; they have those that they have as seen from a folder of the project.
fn diff_from(here: &Path, edit: &PendingEdit) -> String {
    let headers = |file: &EditFile, from: Option<&str>, path: &str| {
        let action = match (file.action, from) {
            (FileAction::Create, _) => aiia_edit::FileAction::Create,
            (FileAction::Delete, _) => aiia_edit::FileAction::Delete,
            (FileAction::Rename, Some(from)) => aiia_edit::FileAction::Rename { from: from.to_owned() },
            (FileAction::Edit | FileAction::Rename, _) => aiia_edit::FileAction::Edit,
        };
        let header = aiia_edit::git_header(&action, path, true);
        header.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>()
    };
    // Of two files, one may be named like the end of the other's path: that is the one with the shorter path.
    let mut files: Vec<&EditFile> = edit.files.iter().collect();
    files.sort_by_key(|file| file.path.len());
    let mut names: HashMap<String, String> = HashMap::new();
    for file in files {
        let (path, from) = (Path::new(&file.path), file.from.as_deref().map(Path::new));
        let Some((near, near_from)) = below(here, path, from) else { continue };
        let new = headers(file, near_from, near);
        let folders = path.ancestors().skip(1).filter_map(|folder| below(folder, path, from));
        for (name, from) in folders.chain([(file.path.as_str(), file.from.as_deref())]) {
            for (old, new) in headers(file, from, name).into_iter().zip(&new) {
                names.entry(old).or_insert_with(|| new.clone());
            }
        }
    }
    edit.diff.split_inclusive('\n').map(|line| names.get(line).map_or(line, String::as_str)).collect()
}

/// The path of a file, and the one before where it is renamed, as seen from `folder`.
fn below<'a>(folder: &Path, path: &'a Path, from: Option<&'a Path>) -> Option<(&'a str, Option<&'a str>)> {
    let name = |path: &'a Path| path.strip_prefix(folder).ok()?.to_str();
    match from {
        Some(from) => Some((name(path)?, Some(name(from)?))),
        None => Some((name(path)?, None)),
    }
}

/// Says what the model says of its change.
pub(crate) fn note_said(edit: &PendingEdit) {
    if !edit.note.is_empty() {
        output::note(&format!("{}\n", edit.note));
    }
}

/// Says which hunks were not matched exactly.
pub(crate) fn note_tolerances(edit: &PendingEdit) {
    for hunk in edit.files.iter().flat_map(|file| &file.hunks).filter(|hunk| !hunk.tolerances.is_empty()) {
        output::note(&format!("Hunk {}: {}.", hunk.number, hunk.tolerances.join("; ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(diff: &str, files: &[(FileAction, &str, Option<&str>)]) -> PendingEdit {
        let file = |(action, path, from): &(FileAction, &str, Option<&str>)| EditFile {
            path: (*path).to_owned(),
            action: *action,
            from: from.map(str::to_owned),
            protection: None,
            base_hash: String::new(),
            hunks: Vec::new(),
        };
        PendingEdit {
            left_out: Vec::new(),
            note: String::new(),
            id: "e".into(),
            project_id: "p".into(),
            chat_id: "c".into(),
            run_id: "r".into(),
            title: String::new(),
            model: String::new(),
            status: EditStatus::Pending,
            files: files.iter().map(file).collect(),
            diff: diff.to_owned(),
            created_at: String::new(),
            updated_at: String::new(),
            version: 1,
        }
    }

    #[test]
    fn a_diff_names_files_as_they_are_seen_from_here() {
        use FileAction::{Create, Edit, Rename};
        type Files<'a> = &'a [(FileAction, &'a str, Option<&'a str>)];
        let cases: [(Files, &str, &str); 7] = [
            (
                &[(Edit, "/p/src/a.py", None), (Create, "/q/b.py", None)],
                "--- a/p/src/a.py\n+++ b/p/src/a.py\n@@ -1 +1 @@\n---- a/p/src/a.py\n+x\n--- /dev/null\n+++ b/b.py\n",
                "--- a/src/a.py\n+++ b/src/a.py\n@@ -1 +1 @@\n---- a/p/src/a.py\n+x\n--- /dev/null\n+++ b/b.py\n",
            ),
            (&[(Edit, "/p/src/a.py", None)], "--- a/src/a.py\n+++ b/src/a.py\n", "--- a/src/a.py\n+++ b/src/a.py\n"),
            (&[(Edit, "/p/src/a.py", None)], "--- a/a.py\n+++ b/a.py\n", "--- a/src/a.py\n+++ b/src/a.py\n"),
            (
                &[(Edit, "/p/src/a.py", None), (Edit, "/p/a.py", None)],
                "--- a/p/src/a.py\n+++ b/p/src/a.py\n--- a/p/a.py\n+++ b/p/a.py\n",
                "--- a/src/a.py\n+++ b/src/a.py\n--- a/a.py\n+++ b/a.py\n",
            ),
            (
                &[(Edit, "/p/a b.py", None)],
                "--- a//p/a b.py\t\n+++ b//p/a b.py\t\n",
                "--- a/a b.py\t\n+++ b/a b.py\t\n",
            ),
            (
                &[(Rename, "/p/n.py", Some("/p/o.py"))],
                "diff --git a/p/o.py b/p/n.py\nrename from p/o.py\nrename to p/n.py\n",
                "diff --git a/o.py b/n.py\nrename from o.py\nrename to n.py\n",
            ),
            (&[(Edit, "/pp/o.py", None)], "--- a/pp/o.py\n+++ b/pp/o.py\n", "--- a/pp/o.py\n+++ b/pp/o.py\n"),
        ];
        for (files, diff, expected) in cases {
            assert_eq!(diff_from(Path::new("/p"), &edit(diff, files)), expected);
        }
    }
}
