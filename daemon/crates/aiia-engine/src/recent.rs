//! Which files were edited lately, by anybody.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

/// So many files are remembered.
const MAX_FILES: usize = 16;

/// The files that were edited lately, the last one first.
#[derive(Default)]
pub(crate) struct RecentEdits(Mutex<VecDeque<PathBuf>>);

impl RecentEdits {
    /// Remembers an edit. Quick: it happens at every keystroke.
    pub(crate) fn edited(&self, path: &Path) {
        let mut files = self.0.lock();
        if files.front().is_some_and(|last| last == path) {
            return;
        }
        files.retain(|known| known != path);
        files.truncate(MAX_FILES - 1);
        files.push_front(path.to_owned());
    }

    /// The files, the last one first.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.0.lock().iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_edited_comes_first_and_the_oldest_goes() {
        let recent = RecentEdits::default();
        for number in 0..=MAX_FILES {
            recent.edited(Path::new(&format!("/w/{number}")));
        }
        recent.edited(Path::new("/w/3"));
        recent.edited(Path::new("/w/3"));
        let files = recent.files();
        assert_eq!(files.len(), MAX_FILES);
        assert_eq!(files[..2], [Path::new("/w/3"), Path::new("/w/16")]);
        assert!(!files.contains(&PathBuf::from("/w/0")));
    }
}
