//! What editors have open counts before the files.

use super::super::disk;
use super::super::facts::FileFacts;
use super::super::patterns::Patterns;
use super::super::walk::{Found, MAX_FILE_BYTES};
use super::Indexer;
use aiia_syntax::Language;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::Path;

/// What an editor has open.
#[derive(Debug)]
pub struct OpenBuffer<'b, T> {
    /// Its path inside the folder, with `/`.
    pub path: &'b str,
    /// Another one for another text, also where the path was closed and opened again meanwhile.
    pub generation: u64,
    /// Its language.
    pub language: Option<Language>,
    /// How long the text is.
    pub bytes: usize,
    /// Makes a copy of the text.
    pub text: T,
}

/// Which paths that no walk has listed are left out, until the next one.
pub(super) struct LeftOut {
    patterns: Patterns,
    known: FxHashMap<String, bool>,
}

impl LeftOut {
    pub(super) fn new(root: &Path) -> LeftOut {
        LeftOut { patterns: Patterns::new(root), known: FxHashMap::default() }
    }
}

impl Indexer {
    /// Whether a file may be read for others: the caller admits it, and a walk lists it or would.
    pub(super) fn admits(&self, path: &str) -> bool {
        if !(self.options.admits)(&self.options.root.join(path)) {
            return false;
        }
        if self.packed().file_of_path(path).is_some() {
            return true;
        }
        let mut left_out = self.left_out.lock();
        let LeftOut { patterns, known } = &mut *left_out;
        !*known.entry(path.to_owned()).or_insert_with(|| patterns.leave_out(path))
    }

    /// Takes over the unsaved texts of editors. A buffer of a generation that is known costs nothing; one that is no longer there gives
    /// way to the file. Those of files that may not be read for others are left out, and so are those larger than [`MAX_FILE_BYTES`].
    /// Another caller waits until this one's are taken over.
    pub fn set_buffers<'b, T: FnOnce() -> String>(&self, buffers: impl Iterator<Item = OpenBuffer<'b, T>>) {
        let mut known = self.buffers.lock();
        let mut current = FxHashSet::default();
        let mut large = FxHashSet::default();
        let mut changed = Vec::new();
        for OpenBuffer { path, generation, language, bytes, text } in buffers {
            if !self.admits(path) {
                continue;
            }
            if bytes as u64 > MAX_FILE_BYTES {
                large.insert(path.to_owned());
                continue;
            }
            current.insert(path.to_owned());
            if known.insert(path.to_owned(), generation) != Some(generation) {
                changed.push((path.to_owned(), language, text()));
            }
        }
        *self.large.lock() = large;
        let closed: Vec<String> = known.keys().filter(|path| !current.contains(*path)).cloned().collect();
        known.retain(|path, _| current.contains(path));
        if changed.is_empty() && closed.is_empty() {
            return;
        }
        let closed: Vec<(String, Option<FileFacts>)> = closed
            .into_iter()
            .map(|path| {
                let text = disk::read(&self.options.root.join(&path)).ok().filter(|_| self.admits(&path));
                let facts = text.map(|text| FileFacts::of(&path, Language::from_path(&path), &text));
                (path, facts)
            })
            .collect();
        let facts: Vec<_> = changed
            .into_iter()
            .map(|(path, language, text)| {
                let facts = FileFacts::of(&path, language, &text);
                (path, facts)
            })
            .collect();
        let mut index = self.index.write();
        let mut open = index.take_buffers();
        // What was saved counts at once; it is beside the files until the next look at the folder.
        let mut closing = self.closing.lock();
        for (path, facts) in closed {
            open.remove(&*path);
            if let Some(facts) = facts {
                open.insert(path.as_str().into(), facts);
                closing.insert(path);
            }
        }
        for (path, facts) in facts {
            closing.remove(&path);
            open.insert(path.into(), facts);
        }
        index.set_buffers(open);
    }

    /// How many buffers are too large whose files are not.
    pub(super) fn large_beside(&self, found: &[Found]) -> usize {
        let is_listed = |path: &&String| found.binary_search_by(|file| file.path.cmp(path)).is_ok();
        let is_new = |path: &&String| !self.options.root.join(path).exists();
        self.large.lock().iter().filter(|path| is_listed(path) || is_new(path)).count()
    }

    /// The files of buffers that were closed before the look at the folder are read now.
    pub(super) fn forget_closed(&self, closed: &FxHashSet<String>) {
        if closed.is_empty() {
            return;
        }
        let mut index = self.index.write();
        let mut closing = self.closing.lock();
        let mut open = index.take_buffers();
        open.retain(|path, _| !(closed.contains(&**path) && closing.remove(&**path)));
        index.set_buffers(open);
    }
}
