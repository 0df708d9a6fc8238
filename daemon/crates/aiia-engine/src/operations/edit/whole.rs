//! Files that are made, renamed or go: what has to be done for a decision.

use aiia_protocol::edit::{EditFile, EditHunk, FileAction, FileChange, HunkStatus, Replacement};
use aiia_protocol::id::HunkNumber;
use aiia_protocol::problem::{Problem, ProblemCode};

use super::Decision;
use super::text_change::{change, unmarked};
use crate::hash::sha256;

/// Whether a hunk stands for what becomes of the file, not for lines of it.
pub(super) fn is_whole(hunk: &EditHunk) -> bool {
    hunk.old_lines + hunk.new_lines == 0
}

/// Where the file stands now: a renamed one under its new path once that was accepted.
pub(super) fn place(file: &EditFile) -> &str {
    let renamed = file.hunks.iter().any(|hunk| is_whole(hunk) && hunk.status == HunkStatus::Accepted);
    match &file.from {
        Some(from) if !renamed => from,
        _ => &file.path,
    }
}

/// What has to be done to `file`, whose text is now `current`, so that `numbers` are in it or, for an undo, no longer are.
pub(super) fn file_change(
    file: &EditFile,
    numbers: &[HunkNumber],
    base: &str,
    current: Option<String>,
    decision: Decision,
) -> Result<FileChange, Problem> {
    let undo = decision == Decision::Undo;
    let change = match (file.action, undo) {
        (FileAction::Edit, _) => change(file, numbers, base, current, decision),
        (FileAction::Create, false) => created(file, &new_text(file), current),
        (FileAction::Delete, true) => created(file, base, current),
        (FileAction::Create, true) => deleted(file, &new_text(file), current),
        (FileAction::Delete, false) => deleted(file, base, current),
        (FileAction::Rename, _) => renamed(file, numbers, base, current, decision),
    };
    Ok(FileChange { hunks: numbers.to_vec(), ..change? })
}

/// The text of a file that is made.
pub(super) fn new_text(file: &EditFile) -> String {
    file.hunks.iter().map(|hunk| hunk.new_text.as_str()).collect()
}

fn created(file: &EditFile, text: &str, current: Option<String>) -> Result<FileChange, Problem> {
    if current.as_ref().is_some_and(|current| !current.is_empty()) {
        return Err(Problem::new(ProblemCode::Conflict, format!("{} exists by now.", file.path))
            .with_hint("Nothing was changed. Move that file away, or reject the change."));
    }
    let insertion = Replacement { start: 0, end: 0, text: text.to_owned() };
    Ok(FileChange {
        path: file.path.clone(),
        action: if current.is_none() { FileAction::Create } else { FileAction::Edit },
        from: None,
        hunks: Vec::new(),
        base_hash: sha256(""),
        replacements: if text.is_empty() { Vec::new() } else { vec![insertion] },
    })
}

fn deleted(file: &EditFile, expected: &str, current: Option<String>) -> Result<FileChange, Problem> {
    let conflict = |why: &str| {
        Problem::new(ProblemCode::Conflict, format!("{} {why}.", file.path)).with_hint("Nothing was changed.")
    };
    match current {
        None => Err(conflict("is not there any more")),
        Some(text) if unmarked(&text) != unmarked(expected) => Err(conflict("was edited since, so it does not go")),
        Some(text) => Ok(FileChange {
            path: file.path.clone(),
            action: FileAction::Delete,
            from: None,
            hunks: Vec::new(),
            base_hash: sha256(&text),
            replacements: Vec::new(),
        }),
    }
}

fn renamed(
    file: &EditFile,
    numbers: &[HunkNumber],
    base: &str,
    current: Option<String>,
    decision: Decision,
) -> Result<FileChange, Problem> {
    let whole = file.hunks.iter().find(|hunk| is_whole(hunk)).map(|hunk| hunk.number);
    let lines: Vec<HunkNumber> = numbers.iter().copied().filter(|number| Some(*number) != whole).collect();
    let now = place(file).to_owned();
    if current.is_none() {
        return Err(Problem::new(ProblemCode::Conflict, format!("{now} is not there any more."))
            .with_hint("Nothing was changed."));
    }
    let change = change(file, &lines, base, current, decision)?;
    if whole.is_none_or(|whole| !numbers.contains(&whole)) {
        return Ok(FileChange { path: now, action: FileAction::Edit, ..change });
    }
    let from = file.from.clone().unwrap_or_else(|| file.path.clone());
    let to = if decision == Decision::Undo { from } else { file.path.clone() };
    Ok(FileChange { path: to, action: FileAction::Rename, from: Some(now), ..change })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::hunks;

    fn file(action: FileAction, old: &str, new: &str, status: HunkStatus) -> EditFile {
        let parts = aiia_edit::hunks(old, new);
        let mut hunks = Vec::new();
        if action == FileAction::Rename || parts.is_empty() {
            hunks.push(hunks::whole(1));
        }
        hunks.extend(parts.iter().zip(2..).map(|(part, number)| hunks::to_protocol(part, number, Vec::new())));
        for hunk in &mut hunks {
            hunk.status = status;
        }
        EditFile {
            path: "/w/new".into(),
            action,
            from: (action == FileAction::Rename).then(|| "/w/old".to_owned()),
            protection: None,
            base_hash: sha256(old),
            hunks,
        }
    }

    use Decision::{Accept, Undo};
    use FileAction::{Create, Delete, Edit, Rename};
    use HunkStatus::{Accepted, Pending};

    #[rstest]
    #[case(Create, "", "x\n", Accept, None, Ok((Create, "/w/new", "x\n")))]
    #[case(Create, "", "", Accept, None, Ok((Create, "/w/new", "")))]
    #[case(Create, "", "x\n", Accept, Some(""), Ok((Edit, "/w/new", "x\n")))]
    #[case(Create, "", "x\n", Accept, Some("y\n"), Err("/w/new exists by now."))]
    #[case(Create, "", "x\n", Undo, Some("x\n"), Ok((Delete, "/w/new", "x\n")))]
    #[case(Create, "", "x\n", Undo, Some("x\ny\n"), Err("/w/new was edited since, so it does not go."))]
    #[case(Create, "", "x\n", Undo, None, Err("/w/new is not there any more."))]
    #[case(Delete, "x\n", "", Accept, Some("x\n"), Ok((Delete, "/w/new", "x\n")))]
    #[case(Delete, "x\n", "", Accept, Some("y\n"), Err("/w/new was edited since, so it does not go."))]
    #[case(Delete, "x\n", "", Undo, None, Ok((Create, "/w/new", "x\n")))]
    #[case(Rename, "x\n", "x\n", Accept, Some("x\n"), Ok((Rename, "/w/new", "x\n")))]
    #[case(Rename, "x\n", "y\n", Accept, Some("z\nx\n"), Ok((Rename, "/w/new", "z\ny\n")))]
    #[case(Rename, "x\n", "y\n", Undo, Some("y\n"), Ok((Rename, "/w/old", "x\n")))]
    #[case(Rename, "x\n", "y\n", Accept, None, Err("/w/old is not there any more."))]
    fn files_are_made_renamed_and_go(
        #[case] action: FileAction,
        #[case] old: &str,
        #[case] new: &str,
        #[case] decision: Decision,
        #[case] current: Option<&str>,
        #[case] expected: Result<(FileAction, &str, &str), &str>,
    ) {
        let file = file(action, old, new, if decision == Undo { Accepted } else { Pending });
        let numbers: Vec<u32> = file.hunks.iter().map(|hunk| hunk.number).collect();
        let found = file_change(&file, &numbers, old, current.map(str::to_owned), decision);
        let found = found.map(|change| {
            let mut text = current.unwrap_or_default().to_owned();
            for replacement in change.replacements.iter().rev() {
                text.replace_range(replacement.start as usize..replacement.end as usize, &replacement.text);
            }
            (change.action, change.path, text)
        });
        let found = found.as_ref().map(|(action, path, text)| (*action, path.as_str(), text.as_str()));
        assert_eq!(found.map_err(|problem| problem.detail.as_str()), expected);
    }

    #[test]
    fn lines_of_a_renamed_file_are_changed_where_it_stands() {
        let mut file = file(Rename, "x\n", "y\n", Pending);
        let change = |file: &EditFile| file_change(file, &[2], "x\n", Some("x\n".to_owned()), Accept).unwrap();
        assert_eq!((change(&file).action, change(&file).path), (Edit, "/w/old".to_owned()));
        file.hunks[0].status = Accepted;
        assert_eq!((change(&file).action, change(&file).path), (Edit, "/w/new".to_owned()));
    }
}
