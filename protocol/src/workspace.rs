//! What is known of the files of a folder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::context::ContextPiece;

/// Parameters of `workspace.index`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndexWorkspace {
    /// The folder, an absolute path.
    pub path: String,
}

/// The index of a folder, and what it took to bring it up to date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceIndex {
    /// The folder.
    pub path: String,
    /// Files of the index.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were read, because they are new or have changed.
    pub changed: u64,
    /// Files that are gone.
    pub removed: u64,
    /// Files left out.
    pub skipped: Vec<SkippedFiles>,
    /// Definitions.
    pub symbols: u64,
    /// Mentions of names, one for each name and file.
    pub references: u64,
    /// Memory of the index, in bytes.
    pub memory_bytes: u64,
    /// How long each part took.
    pub seconds: IndexSeconds,
}

/// Files that are no part of an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SkippedFiles {
    /// Why.
    pub reason: String,
    /// How many.
    pub files: u64,
}

/// The parts of bringing an index up to date, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexSeconds {
    /// Taking over what the last run of the program kept.
    pub load: f64,
    /// Listing the folder.
    pub walk: f64,
    /// Reading files by the look of their lines; questions can be answered then.
    pub skim: f64,
    /// Reading files by their trees.
    pub parse: f64,
}

/// Parameters of `workspace.map`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapWorkspace {
    /// The folder, an absolute path.
    pub path: String,
    /// How many tokens the map may have; 2048 where absent.
    #[serde(default)]
    pub budget: Option<u32>,
}

/// The signatures that matter most in a folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceMap {
    /// How many tokens it may have.
    pub budget: u64,
    /// How many tokens it has.
    pub used: u64,
    /// How many secrets were replaced by placeholders.
    pub redactions: u64,
    /// The signatures by file, the files that matter most first, and in each file in the order of its text.
    pub pieces: Vec<ContextPiece>,
    /// How many files of the folder are known.
    pub files: u64,
    /// How many signatures matter too little for the budget.
    pub signatures_left_out: u64,
    /// The files of the folder that are not known.
    pub skipped: Vec<SkippedFiles>,
    /// Whether files are still being read, so that a later map may be better.
    pub is_reading: bool,
}

/// How far the index of a folder is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexProgress {
    /// The folder.
    pub path: String,
    /// Files that are known.
    pub files: u64,
    /// Files whose trees were read.
    pub parsed: u64,
    /// There is nothing left to do.
    pub is_complete: bool,
    /// Files that the last look at the folder left out, or of which not all is known.
    pub skipped: Vec<SkippedFiles>,
}
