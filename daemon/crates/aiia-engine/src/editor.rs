//! What an editor is asked: its other language servers know some things better than an index does.

use std::ops::Range;

use aiia_protocol::document::Diagnostic;
use futures::future::BoxFuture;

/// Where something is, as an editor says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorPlace {
    /// An absolute path.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

/// The editor of a connection. What it is asked has a limit of time; `None` is what it does not tell, or not in time. Offsets are in
/// bytes of the document at `path` as the editor has it open.
pub trait Editor: Send + Sync {
    /// For each offset where the name there is defined.
    fn definitions<'e>(&'e self, path: &'e str, offsets: Vec<usize>) -> BoxFuture<'e, Option<Vec<Vec<EditorPlace>>>>;

    /// Where what is defined at the offset is used.
    fn references<'e>(&'e self, path: &'e str, offset: usize) -> BoxFuture<'e, Option<Vec<EditorPlace>>>;

    /// What its language servers say of the bytes.
    fn diagnostics<'e>(&'e self, path: &'e str, range: Range<usize>) -> BoxFuture<'e, Option<Vec<Diagnostic>>>;
}
