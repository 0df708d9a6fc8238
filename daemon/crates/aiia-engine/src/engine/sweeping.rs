//! Files that nobody needs any more.

use std::path::Path;
use std::time::Duration;

use super::Engine;
use crate::transfers;

/// Review documents can be made again, so they are kept only for so long.
const REVIEW_AGE: Duration = Duration::from_hours(24 * 14);

/// Removes the files of `folder` that were last written longer ago than `age`.
fn sweep(folder: &Path, age: Duration) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        if written.is_ok_and(|written| written.elapsed().is_ok_and(|elapsed| elapsed > age))
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "an old file could not be removed");
        }
    }
}

/// Removes what nobody needs any more from the folders that only grow.
pub(super) fn sweep_all(data_dir: &Path) {
    sweep(&data_dir.join("review"), REVIEW_AGE);
    sweep(&transfers::folder(data_dir), transfers::AGE);
}

impl Engine {
    /// Removes files that nobody needs any more: old review documents, exports and uploads.
    pub(crate) async fn sweep(&self) {
        let engine = self.clone();
        let swept = tokio::task::spawn_blocking(move || {
            engine.transfers.forget_older(transfers::AGE);
            sweep_all(&engine.options.data_dir);
        });
        if let Err(error) = swept.await {
            tracing::error!(%error, "old files could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn only_old_review_documents_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        for (name, days) in [("old.diff", 15), ("recent.diff", 13)] {
            let written = SystemTime::now() - Duration::from_hours(24 * days);
            File::create(folder.path().join(name)).unwrap().set_modified(written).unwrap();
        }
        sweep(folder.path(), REVIEW_AGE);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["recent.diff"]);
    }
}
