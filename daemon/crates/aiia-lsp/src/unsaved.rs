//! Changes of files that the editor holds without telling of them: until it has written such a file, only the editor knows its text.

use std::collections::HashMap;
use std::time::SystemTime;

use aiia_engine::hash::{sha256, sha256_bytes};
use parking_lot::Mutex;

/// The files that were changed in the editor and may not be saved yet.
#[derive(Default)]
pub(crate) struct Unsaved(Mutex<HashMap<String, OnDisk>>);

/// A file as it is on the disk. One that is written again is another one, even with the same text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OnDisk {
    modified: Option<SystemTime>,
    hash: Option<String>,
}

impl OnDisk {
    /// What the disk has at `path` now.
    pub(crate) async fn look(path: &str) -> Self {
        let path = path.to_owned();
        let look = move || Self {
            // First, so that what is written in between makes another one.
            modified: std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok(),
            hash: std::fs::read(&path).ok().map(|bytes| sha256_bytes(&bytes)),
        };
        tokio::task::spawn_blocking(look).await.unwrap_or_default()
    }

    /// Whether there is a file that is not empty.
    pub(crate) fn has_text(&self) -> bool {
        self.hash.as_ref().is_some_and(|hash| *hash != sha256(""))
    }
}

impl Unsaved {
    /// The editor changes the file at `path`, of which the disk has `before`.
    pub(crate) fn changed(&self, path: &str, before: OnDisk) {
        self.0.lock().insert(path.to_owned(), before);
    }

    /// The editor has not changed the file, or tells of its text from now on.
    pub(crate) fn forget(&self, path: &str) {
        self.0.lock().remove(path);
    }

    /// Whether a change of the file at `path` is kept, whatever the disk has.
    pub(crate) fn is_waiting(&self, path: &str) -> bool {
        self.0.lock().contains_key(path)
    }

    /// Whether the file at `path` was changed in the editor and has not been written since.
    pub(crate) async fn holds(&self, path: &str) -> bool {
        let Some(before) = self.0.lock().get(path).cloned() else { return false };
        let waits = OnDisk::look(path).await == before;
        if !waits {
            self.forget(path);
        }
        waits
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_file_waits_until_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        let name = path.to_str().unwrap();
        let unsaved = Unsaved::default();
        std::fs::write(&path, "a\n").unwrap();
        assert!(!unsaved.holds(name).await, "it was never changed");
        unsaved.changed(name, OnDisk::look(name).await);
        assert!(unsaved.holds(name).await);
        std::fs::write(&path, "b\n").unwrap();
        assert!(!unsaved.holds(name).await, "it was saved");
        unsaved.changed(name, OnDisk::look(name).await);
        let later = SystemTime::now() + Duration::from_secs(5);
        File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        assert!(!unsaved.holds(name).await, "it was undone in the editor and saved");
        unsaved.changed(name, OnDisk::look(name).await);
        unsaved.forget(name);
        assert!(!unsaved.holds(name).await, "the editor tells of it");
        let new = folder.path().join("new.md");
        let new = new.to_str().unwrap();
        unsaved.changed(new, OnDisk::look(new).await);
        assert!(unsaved.holds(new).await);
    }
}
