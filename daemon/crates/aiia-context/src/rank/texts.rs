//! The texts of other files, as often as a request needs them, each read once.

use crate::workspace::{Definition, FileTexts, WorkspaceIndex};
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;

struct Cut {
    text: Arc<str>,
    starts: Vec<u32>,
}

/// The texts a request has read so far.
pub(crate) struct Texts<'a> {
    source: &'a dyn FileTexts,
    index: &'a WorkspaceIndex,
    read: FxHashMap<u32, Option<Cut>>,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(source: &'a dyn FileTexts, index: &'a WorkspaceIndex) -> Texts<'a> {
        Texts { source, index, read: FxHashMap::default() }
    }

    /// The lines of a file, from 0, with their line breaks; nothing where the file has none such.
    pub(crate) fn lines(&mut self, file: u32, lines: Range<u32>) -> Option<&str> {
        let cut = self.read.entry(file).or_insert_with(|| {
            let entry = self.index.file(file)?;
            // The lines of a text that has changed since are not those that the index knows.
            let text = self.source.text(entry.path).filter(|text| entry.is_of(text))?;
            let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1);
            let starts = std::iter::once(0).chain(breaks).collect();
            Some(Cut { text, starts })
        });
        let cut = cut.as_ref()?;
        let start = *cut.starts.get(lines.start as usize)? as usize;
        let end = cut.starts.get(lines.end as usize).map_or(cut.text.len(), |end| *end as usize);
        cut.text.get(start..end)
    }

    /// The signature of a definition.
    pub(crate) fn signature(&mut self, file: u32, definition: &Definition) -> Option<&str> {
        self.lines(file, definition.signature())
    }

    /// All of a definition, at most `limit` lines.
    pub(crate) fn whole(&mut self, file: u32, definition: &Definition, limit: u32) -> Option<&str> {
        self.lines(file, definition.line..(definition.last_line + 1).min(definition.line + limit))
    }
}
