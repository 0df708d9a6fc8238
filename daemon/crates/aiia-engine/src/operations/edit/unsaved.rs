//! When a change is not for the file as somebody has it: buffers that are not saved.

use std::path::PathBuf;

use aiia_edit::locate;
use aiia_protocol::document::DocumentRef;
use aiia_protocol::edit::EditFile;
use aiia_protocol::problem::{Problem, ProblemCode};

use super::whole::place;
use crate::session::Session;
use crate::source;

/// Refuses to go by the text that the caller gives for `file` where another client has the file open with another one.
pub(super) fn refuse_unsaved(session: &Session, documents: &[DocumentRef], file: &EditFile) -> Result<(), Problem> {
    let path = place(file);
    let given = documents.iter().find(|document| document.path == path).and_then(|document| document.text.as_ref());
    let Some(client) = given.and_then(|text| session.client_with_another_text(path, text)) else { return Ok(()) };
    Err(Problem::new(ProblemCode::Conflict, format!("{client} has {path} open with another text than the file."))
        .with_hint("Nothing was changed. Save the file there or close it, or decide on the change in that editor."))
}

/// Refuses to change a buffer with unsaved changes whose file others have changed meanwhile: whichever of the two is kept, the change
/// may not fit it.
pub(super) async fn refuse_changed_twice(
    session: &Session,
    documents: &[DocumentRef],
    file: &EditFile,
) -> Result<(), Problem> {
    let path = place(file);
    if documents.iter().any(|document| document.path == path && document.text.is_some()) {
        return Ok(());
    }
    let Some(open) = session.documents().get(path) else { return Ok(()) };
    // An editor that was begun with unsaved text in it has not read the file at all.
    let written = tokio::fs::metadata(path).await.and_then(|metadata| metadata.modified());
    if !written.is_ok_and(|written| written > open.saved_at) {
        return Ok(());
    }
    let Ok(on_disk) = source::read_file(PathBuf::from(path)).await else { return Ok(()) };
    let (saved, on_disk, now) =
        (comparable(&open.saved.text()), comparable(&on_disk), comparable(&open.document.text()));
    // Who reads the file again has what others changed in the buffer: it could be taken out of there.
    let is_in_buffer = || aiia_edit::hunks(&on_disk, &saved).iter().all(|hunk| locate(hunk, &on_disk, &now).is_ok());
    if on_disk == saved || now == saved || is_in_buffer() {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::Conflict, format!("{path} was changed on the disk and in the editor."))
        .with_hint("Nothing was changed. Save the file or read it again, then decide."))
}

/// Editors leave out a byte order mark, and some have line endings of their own in a buffer.
fn comparable(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use aiia_protocol::edit::HunkStatus;

    use super::super::text_change::tests::{NEW, OLD, file};
    use super::*;
    use crate::engine::Engine;

    #[tokio::test]
    async fn a_file_is_not_written_beside_an_unsaved_buffer() {
        use crate::session::{ClientInfo, Transport};
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let session = |name: &str, transport| {
            let scope = aiia_protocol::operation::Scope::Admin;
            engine.open_session(ClientInfo { name: name.to_owned(), transport, scope, token: None })
        };
        let (editor, shell) = (session("Neovim", Transport::Lsp), session("aiia", Transport::Cli));
        let file = file(OLD, NEW, &[HunkStatus::Pending; 3]);
        let given =
            |text: &str| vec![DocumentRef { path: file.path.clone(), text: Some(text.to_owned()), language_id: None }];
        for (open, on_disk, expected) in
            [(OLD, OLD, true), ("a\r\nb", "\u{feff}a\nb\n", true), (OLD, "a\n", false), ("a\nb\nx\n", "a\nb\n", false)]
        {
            editor.documents().open(&file.path, None, 1, open);
            let refused = refuse_unsaved(&shell, &given(on_disk), &file).err();
            assert_eq!(refused.is_none(), expected, "{open:?} {on_disk:?}");
            if let Some(problem) = refused {
                assert_eq!(problem.code, ProblemCode::Conflict);
                assert!(problem.detail.starts_with("Neovim has /w/a open"), "{}", problem.detail);
            }
            // Its own buffer is no other client's; without a text of the caller the buffer counts.
            assert!(refuse_unsaved(&editor, &given(on_disk), &file).is_ok());
            assert!(refuse_unsaved(&shell, &[], &file).is_ok());
        }
    }

    #[tokio::test]
    async fn a_buffer_is_not_changed_whose_file_was_changed_as_well() {
        use crate::session::{ClientInfo, Transport};
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let scope = aiia_protocol::operation::Scope::Admin;
        let editor =
            engine.open_session(ClientInfo { name: "Neovim".into(), transport: Transport::Lsp, scope, token: None });
        let path = home.path().join("a.txt").to_str().unwrap().to_owned();
        let file = EditFile { path: path.clone(), ..file(OLD, NEW, &[HunkStatus::Pending; 3]) };
        let write = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let later = SystemTime::now() + Duration::from_secs(1);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        };
        let type_in = |text: &str| {
            editor.documents().edit(&path, 2, |document| vec![document.edit(0..document.len(), text)]);
        };
        let is_refused = async || refuse_changed_twice(&editor, &[], &file).await.is_err();
        editor.documents().open(&path, None, 1, "a\nb\nc\n");
        assert!(!is_refused().await, "there is no file");
        write("a\r\nb\r\nc\r\n");
        type_in("# mine\na\nb\nc\n");
        assert!(!is_refused().await, "it is what was read");
        write("a\nb\nC\n");
        assert!(is_refused().await);
        let given = DocumentRef { path: path.clone(), text: Some("a\n".to_owned()), language_id: None };
        assert!(refuse_changed_twice(&editor, &[given], &file).await.is_ok(), "its text goes by what the caller says");
        type_in("a\nb\nc\n");
        assert!(!is_refused().await, "nothing was typed");
        type_in("# mine\na\nb\nC\n");
        assert!(!is_refused().await, "it was read again");
        type_in("# mine\na\nb\nc\n");
        assert!(is_refused().await);
        write("# theirs\na\nb\nc\n");
        assert!(is_refused().await, "at the same place");
        editor.documents().saved(&path);
        write("# mine\na\nb\nc\n");
        assert!(!is_refused().await, "it was saved");
    }
}
