//! Changes that a file brings: what people and the rules for accepting go by is not the file's to say.

use aiia_edit::Hunk;
use aiia_protocol::archive::{ChatFile, FiledEdit};
use aiia_protocol::edit::EditFile;

use crate::diff_paths;
use crate::hash::sha256;
use crate::hunks::{action_of, from_protocol};

/// Makes anew what follows from the lines of the changes of a chat: why files are protected, the diff, the texts after it.
///
/// # Errors
/// When a path is no plain absolute one, or lines do not stand where the file says; one sentence.
pub(super) fn check(file: &mut ChatFile) -> Result<(), String> {
    let folders = file.project.as_ref().map_or_else(Vec::new, |filed| filed.project.folders.clone());
    file.edits.iter_mut().try_for_each(|edit| check_edit(edit, &folders))
}

fn check_edit(filed: &mut FiledEdit, folders: &[String]) -> Result<(), String> {
    let edit = &mut filed.edit;
    let mut diff = String::new();
    for (file, texts) in edit.files.iter_mut().zip(&mut filed.texts) {
        let hunks = checked(file, &texts.base_text).map_err(|why| format!("The change “{}” {why}.", edit.title))?;
        let found = aiia_edit::protection(&file.path).or(file.from.as_deref().and_then(aiia_edit::protection));
        // What it is below its project, only the file may know.
        file.protection = found.map(|found| found.to_string()).or(file.protection.take());
        file.base_hash = sha256(&texts.base_text);
        texts.new_text = aiia_edit::apply_hunks(&texts.base_text, &hunks.iter().collect::<Vec<_>>());
        diff += &diff_paths::diff(&action_of(file), &file.path, &texts.base_text, &hunks, folders);
    }
    edit.diff = diff;
    Ok(())
}

/// The hunks of the file, where they and its paths are as they must be.
fn checked(file: &EditFile, base: &str) -> Result<Vec<Hunk>, String> {
    if let Some(path) = std::iter::once(&file.path).chain(&file.from).find(|path| !is_plain(path)) {
        return Err(format!("is for “{}”, which is no plain absolute path", path.escape_debug()));
    }
    let hunks: Vec<Hunk> = file.hunks.iter().map(from_protocol).collect();
    // A hunk that does not stand in the text is left out when it is applied: each of these adds one byte.
    let probes = hunks.iter().map(|hunk| Hunk { new_text: format!("{}x", hunk.old_text), ..hunk.clone() });
    let probes: Vec<Hunk> = probes.collect();
    let probed = aiia_edit::apply_hunks(base, &probes.iter().collect::<Vec<_>>());
    let counted = hunks.iter().all(|hunk| aiia_edit::line_count(&hunk.new_text) == hunk.new_lines);
    if probed.len() != base.len() + hunks.len() || !counted {
        return Err(format!("does not fit the text of {}", file.path));
    }
    Ok(hunks)
}

/// Whether the path names one file in one way. A buffer without a file has a name of its own.
fn is_plain(path: &str) -> bool {
    let parts = path.strip_prefix('/').or_else(|| path.strip_prefix("untitled:"));
    let odd = |part: &str| matches!(part, "" | "." | "..");
    !path.contains(char::is_control) && parts.is_some_and(|parts| !parts.split('/').any(odd))
}

#[cfg(test)]
mod tests {
    use aiia_protocol::archive::FiledTexts;
    use aiia_protocol::edit::{EditHunk, EditStatus, FileAction, HunkStatus, PendingEdit};
    use rstest::rstest;

    use super::*;

    const BASE: &str = "a\nb\nc\n";

    fn filed(path: &str, old_text: &str) -> FiledEdit {
        let hunk = EditHunk {
            number: 1,
            old_start: 2,
            old_lines: 1,
            new_start: 2,
            new_lines: 1,
            old_text: old_text.to_owned(),
            new_text: "B\n".to_owned(),
            tolerances: Vec::new(),
            status: HunkStatus::Pending,
        };
        let file = EditFile {
            path: path.to_owned(),
            action: FileAction::Edit,
            from: None,
            protection: None,
            base_hash: "00".to_owned(),
            hunks: vec![hunk],
        };
        let edit = PendingEdit {
            note: String::new(),
            id: "e-1".into(),
            project_id: "p-1".into(),
            chat_id: "c-1".into(),
            run_id: "r-1".into(),
            title: "Tidy".to_owned(),
            model: "m".to_owned(),
            status: EditStatus::Pending,
            files: vec![file],
            diff: "--- a/w/harmless\n".to_owned(),
            left_out: Vec::new(),
            created_at: String::new(),
            updated_at: String::new(),
            version: 1,
        };
        let texts = FiledTexts { base_text: BASE.to_owned(), new_text: "harmless\n".to_owned() };
        FiledEdit { edit, texts: vec![texts] }
    }

    #[test]
    fn what_a_file_says_of_its_changes_is_made_anew() {
        let mut edit = filed("/w/.git/hooks/pre-commit", "b\n");
        check_edit(&mut edit, &[]).unwrap();
        let file = &edit.edit.files[0];
        assert!(file.protection.is_some());
        assert_eq!((&file.base_hash, edit.texts[0].new_text.as_str()), (&sha256(BASE), "a\nB\nc\n"));
        assert_eq!(
            edit.edit.diff,
            "--- a/w/.git/hooks/pre-commit\n+++ b/w/.git/hooks/pre-commit\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
        );
    }

    #[rstest]
    #[case("/w/../home/.bashrc", "b\n")]
    #[case("w/a", "b\n")]
    #[case("", "b\n")]
    #[case("/w//a", "b\n")]
    #[case("/w/a/", "b\n")]
    #[case("/w/a\u{1b}[2J", "b\n")]
    #[case("/w/a", "x\n")]
    fn what_cannot_be_is_refused(#[case] path: &str, #[case] old_text: &str) {
        assert!(check_edit(&mut filed(path, old_text), &[]).is_err());
        assert!(check_edit(&mut filed("untitled:Untitled-1", "b\n"), &[]).is_ok());
    }
}
