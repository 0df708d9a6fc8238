//! Documents that are written for the user to read, and shown in the editor.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aiia_protocol::problem::{Problem, ProblemCode};
use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::to_proto;

/// How long the editor may take to show a document.
const SHOW_LIMIT: Duration = Duration::from_secs(30);

/// Writes `text` to `path` (mode 0600) at once or not at all.
pub(crate) async fn write_private(path: PathBuf, text: String) -> Result<(), Problem> {
    let shown = path.display().to_string();
    let written = tokio::task::spawn_blocking(move || replace(&path, text.as_bytes())).await;
    let error = match written {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    Err(Problem::new(ProblemCode::StoreUnavailable, format!("{shown} cannot be written: {error}."))
        .with_hint("Check the space and the permissions of the data directory."))
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let result = options.open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        drop(file);
        std::fs::rename(&temporary, path)
    });
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

/// Shows the file in the editor. False when the editor cannot, or does not.
pub(crate) async fn show(connection: &Connection, path: &Path) -> bool {
    if !connection.capabilities().show_document {
        return false;
    }
    let Some(uri) = path.to_str().and_then(to_proto::uri) else { return false };
    let params = lsp::ShowDocumentParams { uri, external: Some(false), take_focus: Some(true), selection: None };
    let answer = connection.ask::<lsp::ShowDocumentRequest>(params, SHOW_LIMIT).await;
    answer.is_some_and(|answer| answer.success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_private_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        for text in ["one", "two"] {
            write_private(path.clone(), text.to_owned()).await.unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let problem = write_private(folder.path().join("no/such/a.md"), String::new()).await.unwrap_err();
        assert!(problem.sentence().contains("cannot be written"));
    }
}
