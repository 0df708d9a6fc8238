//! The texts of other files, as often as a request needs them, each read once.

use crate::workspace::{Definition, FileTexts, LinedText, WorkspaceIndex};
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;

/// Longer signatures are cut.
const MAX_SIGNATURE_BYTES: usize = 1024;
/// Definitions whose lines are longer than this on average are cut.
const MAX_LINE_BYTES: usize = 128;

fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The texts a request has read so far.
pub(crate) struct Texts<'a> {
    source: &'a dyn FileTexts,
    index: &'a WorkspaceIndex,
    read: FxHashMap<u32, Option<Arc<LinedText>>>,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(source: &'a dyn FileTexts, index: &'a WorkspaceIndex) -> Texts<'a> {
        Texts { source, index, read: FxHashMap::default() }
    }

    /// The lines of a file, from 0, with their line breaks; nothing where the file has none such.
    pub(crate) fn lines(&mut self, file: u32, lines: Range<u32>) -> Option<&str> {
        let text = self.read.entry(file).or_insert_with(|| {
            let entry = self.index.file(file).filter(|entry| self.source.may_show(entry.path))?;
            // The lines of a text that has changed since are not those that the index knows.
            self.source.lined(entry.path).filter(|text| entry.is_of(text))
        });
        text.as_ref()?.lines(lines)
    }

    /// The signature of a definition, cut where it is longer than signatures are: a packed file is one line.
    pub(crate) fn signature(&mut self, file: u32, definition: &Definition) -> Option<&str> {
        self.lines(file, definition.signature()).map(|text| cut(text, MAX_SIGNATURE_BYTES))
    }

    /// All of a definition, at most `limit` lines of a usual length.
    pub(crate) fn whole(&mut self, file: u32, definition: &Definition, limit: u32) -> Option<&str> {
        let lines = definition.line..(definition.last_line + 1).min(definition.line + limit);
        self.lines(file, lines).map(|text| cut(text, limit as usize * MAX_LINE_BYTES))
    }
}
