//! How a diff names files: as seen from the project's folder that they lie in. There `git apply` takes the diff, and where the
//! folder itself lies is not told to a model.

use std::path::Path;

use aiia_edit::{FileAction, Hunk};

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

#[cfg(test)]
mod tests {
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
}
