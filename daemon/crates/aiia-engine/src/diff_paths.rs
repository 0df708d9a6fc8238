//! How a diff names files: as seen from the project's folder that they lie in. There `git apply` takes the diff, and where the
//! folder itself lies is not told to a model.

use std::collections::HashMap;
use std::path::Path;

use aiia_edit::{FileAction, Hunk, git_header};
use aiia_protocol::edit::PendingEdit;
use aiia_protocol::id::ProjectId;

use crate::engine::Engine;
use crate::hunks::action_of;

/// Lines around a change in a diff.
const CONTEXT: usize = 3;

/// The path as seen from the innermost of the project's `folders` that it lies in, else from the root of the file system.
pub(crate) fn inside<'a>(path: &'a str, folders: &[String]) -> &'a str {
    let within = |folder: &String| Path::new(path).strip_prefix(folder).ok()?.to_str();
    folders.iter().filter_map(within).min_by_key(|rest| rest.len()).unwrap_or(path).trim_start_matches('/')
}

/// The action with the path before a rename as seen from there.
pub(crate) fn action_inside(action: &FileAction, folders: &[String]) -> FileAction {
    match action {
        FileAction::Rename { from } => FileAction::Rename { from: inside(from, folders).to_owned() },
        action => action.clone(),
    }
}

/// The change of the file at `path` as a diff; `old` is the text that the hunks were made on.
pub(crate) fn diff(action: &FileAction, path: &str, old: &str, hunks: &[Hunk], folders: &[String]) -> String {
    aiia_edit::git_diff(&action_inside(action, folders), inside(path, folders), old, hunks, CONTEXT)
}

/// Has the diffs of `edits` name their files as those that are made today: stored ones of earlier versions have absolute paths.
pub(crate) async fn renew(engine: &Engine, edits: &mut [PendingEdit]) {
    let mut known: HashMap<ProjectId, Vec<String>> = HashMap::new();
    for edit in edits.iter_mut().filter(|edit| is_old(&edit.diff)) {
        if !known.contains_key(&edit.project_id) {
            let project = engine.store.get_project(edit.project_id.clone()).await;
            known.insert(edit.project_id.clone(), project.map(|project| project.folders).unwrap_or_default());
        }
        edit.diff = renewed(edit, known.get(&edit.project_id).map_or(&[], Vec::as_slice));
    }
}

/// Whether a diff may have headers with absolute paths.
fn is_old(diff: &str) -> bool {
    ["a//", "b//", "rename from /"].iter().any(|start| diff.contains(start))
}

fn renewed(edit: &PendingEdit, folders: &[String]) -> String {
    let mut names: HashMap<String, String> = HashMap::new();
    for file in &edit.files {
        let action = action_of(file);
        let old = git_header(&action, &file.path, true);
        let new = git_header(&action_inside(&action, folders), inside(&file.path, folders), true);
        let lines = |header: &str| header.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
        names.extend(lines(&old).into_iter().zip(lines(&new)));
    }
    let is_header = |line: &str| !line.starts_with([' ', '@', '\\']);
    let named = |line| if is_header(line) { names.get(line).map_or(line, String::as_str) } else { line };
    edit.diff.split_inclusive('\n').map(named).collect()
}

#[cfg(test)]
mod tests {
    use aiia_protocol::edit::{self, EditFile, EditStatus};

    use super::*;

    #[test]
    fn paths_are_as_seen_from_the_innermost_folder() {
        for (path, expected) in [
            ("/w/src/a.rs", "src/a.rs"),
            ("/w/sub/a.rs", "a.rs"),
            ("/wide/a.rs", "wide/a.rs"),
            ("untitled:One", "untitled:One"),
        ] {
            assert_eq!(inside(path, &["/w".to_owned(), "/w/sub".to_owned()]), expected);
        }
    }

    #[test]
    fn a_diff_can_be_applied_in_the_folder() {
        let (old, new) = ("a\nb\n", "a\nB\n");
        let hunks = aiia_edit::hunks(old, new);
        let renamed = FileAction::Rename { from: "/w/o.py".to_owned() };
        assert_eq!(
            diff(&renamed, "/w/sub/n.py", old, &hunks, &["/w".to_owned()]),
            "diff --git a/o.py b/sub/n.py\nrename from o.py\nrename to sub/n.py\n--- a/o.py\n+++ b/sub/n.py\n@@ -1,2 +1,2 @@\n a\n-b\n+B\n"
        );
        assert!(diff(&FileAction::Edit, "/x/a.py", old, &hunks, &[]).starts_with("--- a/x/a.py\n+++ b/x/a.py\n"));
    }

    #[test]
    fn diffs_of_earlier_versions_are_named_as_those_of_today() {
        let file = |action, path: &str, from: Option<&str>| EditFile {
            path: path.to_owned(),
            action,
            from: from.map(str::to_owned),
            protection: None,
            base_hash: String::new(),
            hunks: Vec::new(),
        };
        let edit = PendingEdit {
            id: "e".into(),
            project_id: "p".into(),
            chat_id: "c".into(),
            run_id: "r".into(),
            title: String::new(),
            model: String::new(),
            status: EditStatus::Pending,
            files: vec![
                file(edit::FileAction::Edit, "/w/a b.py", None),
                file(edit::FileAction::Rename, "/w/sub/n.py", Some("/w/o.py")),
                file(edit::FileAction::Create, "/w/\"c\".py", None),
                file(edit::FileAction::Edit, "/x/d.py", None),
            ],
            diff: String::new(),
            left_out: Vec::new(),
            note: String::new(),
            created_at: String::new(),
            updated_at: String::new(),
            version: 1,
        };
        let (old, new) = ("--- a//w/x\n", "--- a//w/y\n");
        let hunks = aiia_edit::hunks(old, new);
        let made = |name: &dyn Fn(&str) -> String| -> String {
            let of = |file: &EditFile| {
                let action = match action_of(file) {
                    FileAction::Rename { from } => FileAction::Rename { from: name(&from) },
                    action => action,
                };
                aiia_edit::git_diff(&action, &name(&file.path), old, &hunks, CONTEXT)
            };
            edit.files.iter().map(of).collect()
        };
        let folders = ["/w".to_owned()];
        let stored = PendingEdit { diff: made(&str::to_owned), ..edit.clone() };
        let today = made(&|path| inside(path, &folders).to_owned());
        assert!(stored.diff.contains("--- a//w/a b.py") && today.contains("--- a/a b.py") && is_old(&stored.diff));
        assert_eq!(renewed(&stored, &folders), today);
        assert_eq!(renewed(&PendingEdit { diff: today.clone(), ..edit }, &folders), today);
    }
}
