//! How far an index is, and what was done for it.

use super::walk::Skipped;
use std::time::Duration;

/// How far an index is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Files that are known.
    pub files: usize,
    /// Files whose trees were read.
    pub parsed: usize,
    /// Questions can be answered.
    pub is_usable: bool,
    /// There is nothing left to do.
    pub is_complete: bool,
}

/// What a refresh did.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct IndexReport {
    /// Files of the index.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were read, because they are new or have changed.
    pub changed: usize,
    /// Files that are gone.
    pub removed: usize,
    /// Files left out.
    pub skipped: Skipped,
    /// Definitions.
    pub symbols: usize,
    /// Mentions of names, one for each name and file.
    pub references: usize,
    /// Memory of the index, in bytes.
    pub memory: usize,
    /// Taking over what the last run of the program kept, which goes on while the folder is listed.
    pub load_time: Duration,
    /// Listing the folder, and what goes on beside it.
    pub walk_time: Duration,
    /// Reading files by the look of their lines; questions can be answered then.
    pub skim_time: Duration,
    /// Reading files by their trees.
    pub parse_time: Duration,
}
