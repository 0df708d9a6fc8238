//! A folder as the editors see it: unsaved buffers before files.

use std::path::{Path, PathBuf};

use aiia_edit::{Entry, SourceFile, Workspace};
use aiia_syntax::Language;

use crate::disk_workspace::{DiskWorkspace, below};
use crate::engine::Engine;

/// A folder whose files may be open.
pub(crate) struct OpenWorkspace {
    engine: Engine,
    root: PathBuf,
    disk: DiskWorkspace,
}

impl OpenWorkspace {
    /// The folder `root`; nothing when it is not there.
    pub(crate) fn new(engine: Engine, root: &Path) -> Option<Self> {
        let disk = DiskWorkspace::new(root.canonicalize().ok()?);
        Some(Self { engine, root: root.to_owned(), disk })
    }
}

impl std::fmt::Debug for OpenWorkspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenWorkspace").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Workspace for OpenWorkspace {
    fn entry(&self, path: &str) -> Entry {
        let entry = self.disk.entry(path);
        // What the disk refuses stays refused: a buffer does not make a link or another spelling safe.
        if !matches!(entry, Entry::File(_) | Entry::Absent) {
            return entry;
        }
        let full = self.root.join(path);
        match full.to_str().and_then(|full| self.engine.open_document(full)) {
            Some(open) => Entry::File(SourceFile::new(path, open.document.text(), Language::from_path(path))),
            None => entry,
        }
    }

    fn inside(&self, absolute: &str) -> Option<String> {
        below(absolute, &self.root).or_else(|| self.disk.inside(absolute))
    }
}
