//! The index: facts of files by path, and definitions by name.

use super::{Definition, FileFacts, NameId};
use aiia_syntax::Language;
use rustc_hash::FxHashMap;

/// A file of the index.
#[derive(Debug)]
pub(crate) struct FileEntry {
    pub(crate) path: Box<str>,
    pub(crate) facts: FileFacts,
}

/// A definition of the index: its file, and its place among the file's definitions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct DefinitionRef {
    pub(crate) file: u32,
    pub(crate) definition: u16,
}

/// What is known of the files of a workspace. Files are put in and taken out one by one; questions are asked after
/// [`WorkspaceIndex::settle`].
#[derive(Debug, Default)]
pub struct WorkspaceIndex {
    files: Vec<Option<FileEntry>>,
    by_path: FxHashMap<Box<str>, u32>,
    by_name: Vec<(NameId, DefinitionRef)>,
    /// In how many files a name is mentioned, of the names that are defined somewhere.
    mentioned_in: FxHashMap<NameId, u32>,
    is_settled: bool,
}

impl WorkspaceIndex {
    /// An index without files.
    pub fn new() -> WorkspaceIndex {
        WorkspaceIndex::default()
    }

    /// Puts a file in, or puts its new text in the place of the old one. `path` is relative to the workspace, with `/`.
    pub fn put(&mut self, path: &str, language: Option<Language>, text: &str) {
        self.put_facts(path, FileFacts::of(language, text));
    }

    pub(crate) fn put_facts(&mut self, path: &str, facts: FileFacts) {
        self.is_settled = false;
        let entry = FileEntry { path: path.into(), facts };
        match self.by_path.get(path) {
            Some(&file) => self.files[file as usize] = Some(entry),
            None => {
                self.by_path.insert(path.into(), self.files.len() as u32);
                self.files.push(Some(entry));
            }
        }
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &str) {
        if let Some(file) = self.by_path.remove(path) {
            self.is_settled = false;
            self.files[file as usize] = None;
        }
    }

    /// Makes the lookups fit the files.
    pub fn settle(&mut self) {
        if self.is_settled {
            return;
        }
        self.by_name.clear();
        for (file, entry) in self.files.iter().enumerate().filter_map(|(file, entry)| Some((file, entry.as_ref()?))) {
            self.by_name.extend(entry.facts.definitions.iter().enumerate().map(|(index, definition)| {
                (definition.name, DefinitionRef { file: file as u32, definition: index as u16 })
            }));
        }
        self.by_name.sort_unstable();
        self.mentioned_in = self.by_name.iter().map(|(name, _)| (*name, 0)).collect();
        for entry in self.files.iter().flatten() {
            for name in &entry.facts.mentions {
                if let Some(count) = self.mentioned_in.get_mut(name) {
                    *count += 1;
                }
            }
        }
        self.is_settled = true;
    }

    /// Number of files.
    pub fn file_count(&self) -> usize {
        self.by_path.len()
    }

    /// The paths of its files, in no particular order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().flatten().map(|entry| &*entry.path)
    }

    /// Number of definitions.
    pub fn definition_count(&self) -> usize {
        self.files.iter().flatten().map(|entry| entry.facts.definitions.len()).sum()
    }

    /// Number of mentions, one for each name and file.
    pub fn reference_count(&self) -> usize {
        self.files.iter().flatten().map(|entry| entry.facts.mentions.len()).sum()
    }

    /// Its memory, in bytes.
    pub fn memory(&self) -> usize {
        let files: usize = self.files.iter().flatten().map(|entry| 2 * entry.path.len() + entry.facts.memory()).sum();
        let by_path = self.by_path.capacity() * (size_of::<(Box<str>, u32)>() + 1);
        let by_name = self.by_name.capacity() * size_of::<(NameId, DefinitionRef)>();
        let mentioned_in = self.mentioned_in.capacity() * (size_of::<(NameId, u32)>() + 1);
        files + self.files.capacity() * size_of::<Option<FileEntry>>() + by_path + by_name + mentioned_in
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (u32, &FileEntry)> {
        self.files.iter().enumerate().filter_map(|(file, entry)| Some((file as u32, entry.as_ref()?)))
    }

    pub(crate) fn file(&self, file: u32) -> Option<&FileEntry> {
        self.files.get(file as usize)?.as_ref()
    }

    pub(crate) fn file_of_path(&self, path: &str) -> Option<u32> {
        self.by_path.get(path).copied()
    }

    pub(crate) fn definition(&self, at: DefinitionRef) -> Option<(&FileEntry, &Definition)> {
        let entry = self.file(at.file)?;
        Some((entry, entry.facts.definitions.get(usize::from(at.definition))?))
    }

    /// The definitions of a name.
    pub(crate) fn named(&self, name: NameId) -> impl Iterator<Item = DefinitionRef> + '_ {
        let start = self.by_name.partition_point(|(known, _)| *known < name);
        self.by_name[start..].iter().take_while(move |(known, _)| *known == name).map(|(_, at)| *at)
    }

    /// In how many files a name is mentioned; nothing for a name that nothing defines.
    pub(crate) fn mentioned_in(&self, name: NameId) -> Option<u32> {
        self.mentioned_in.get(&name).copied()
    }
}
