//! What is known of the files of a workspace, for questions about one place in it.

mod cache;
mod compare;
mod disk;
mod exclusions;
mod facts;
mod index;
mod indexer;
mod lined;
mod names;
mod pack;
mod packed;
mod patterns;
mod recent_texts;
mod report;
mod walk;

pub use disk::DiskTexts;
pub use exclusions::{Exclusions, IgnoreFiles};
pub(crate) use facts::Definition;
pub use index::WorkspaceIndex;
pub(crate) use index::{DefinitionRef, FileEntry};
pub use indexer::{Indexer, IndexerOptions, OpenBuffer};
pub use lined::LinedText;
pub(crate) use names::{NameId, identifiers, likeness, name_id, name_ids, name_set, parts, words};
pub use patterns::{IGNORE_FILE, PATTERN_FILES};
pub use recent_texts::RecentTexts;
pub use report::{IndexReport, Progress};
pub use walk::{Admits, MAX_FILE_BYTES, MAX_FILES, Skipped, WALK_TIME_LIMIT};

use std::sync::Arc;

/// Where the texts of a workspace come from: buffers, a disk, a test.
pub trait FileTexts: Send + Sync {
    /// The text of the file of that path, relative to the workspace; nothing if there is none that may be read.
    fn text(&self, path: &str) -> Option<Arc<str>>;

    /// The same text with what finds its lines, which whoever keeps texts from one question to the next keeps with them.
    fn lined(&self, path: &str) -> Option<Arc<LinedText>> {
        self.text(path).map(|text| Arc::new(LinedText::new(text)))
    }

    /// Whether code of the file may be in an answer. What is not shown may still tell how others belong together, as the
    /// configuration of a compiler does.
    fn may_show(&self, path: &str) -> bool {
        let _ = path;
        true
    }
}

/// The workspace around the file of a request.
#[derive(Clone, Copy)]
pub struct Workspace<'a> {
    /// What is known of its files.
    pub index: &'a WorkspaceIndex,
    /// Their texts.
    pub texts: &'a dyn FileTexts,
}

impl std::fmt::Debug for Workspace<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Workspace").field("files", &self.index.file_count()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
