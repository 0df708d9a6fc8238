//! The index: facts of files by path, and definitions by name. What editors have open counts before what was read from files.

use super::NameId;
use super::facts::{Definition, FileFacts};
use super::lined::LinedText;
use super::pack::{Change, Changes, pack};
use super::packed::{FileState, Packed};
use super::walk::Stamp;
use aiia_syntax::Language;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A path has so many names before the definition's own; what is around them is left out.
const MAX_PATH_NAMES: usize = 16;

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
    files: Arc<Packed>,
    /// What was put in since it was settled.
    changes: Changes,
    buffers: Buffers,
    count: usize,
}

/// What editors have open, beside the files. Its files have the numbers behind those of [`WorkspaceIndex::files`].
#[derive(Debug, Default)]
struct Buffers {
    open: Vec<(Box<str>, FileFacts)>,
    /// The files that are open.
    hidden: FxHashSet<u32>,
    /// How many definitions of these files have a name.
    hidden_names: FxHashMap<NameId, usize>,
    by_name: FxHashMap<NameId, Vec<DefinitionRef>>,
    /// How many more files mention a name than [`Packed::mentioned_in`] says.
    mentioned_in: FxHashMap<NameId, i64>,
}

/// A file of the index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileEntry<'i> {
    pub(crate) path: &'i str,
    facts: Facts<'i>,
}

#[derive(Clone, Copy, Debug)]
enum Facts<'i> {
    Packed(&'i Packed, u32),
    Open(&'i FileFacts),
}

impl WorkspaceIndex {
    /// An index without files.
    pub fn new() -> WorkspaceIndex {
        WorkspaceIndex::default()
    }

    /// Puts a file in, or puts its new text in the place of the old one. `path` is relative to the workspace, with `/`.
    pub fn put(&mut self, path: &str, language: Option<Language>, text: &str) {
        let facts = FileFacts::of(path, language, text);
        self.changes.insert(path.into(), Change::Facts { stamp: Stamp::default(), facts, is_parsed: true });
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &str) {
        self.changes.insert(path.into(), Change::Removed);
    }

    /// Makes the lookups fit the files.
    pub fn settle(&mut self) {
        if !self.changes.is_empty() {
            let changes = std::mem::take(&mut self.changes);
            let packed = pack(&self.files, &changes, &FxHashMap::default(), true);
            self.set_files(packed);
        }
    }

    /// The files as they are kept, without what is open.
    pub(super) fn packed(&self) -> &Arc<Packed> {
        &self.files
    }

    /// Puts other files in the place of all.
    pub(super) fn set_files(&mut self, files: Packed) {
        self.files = Arc::new(files);
        let open = std::mem::take(&mut self.buffers.open);
        self.set_buffers(open.into_iter().collect());
    }

    /// Puts other buffers in the place of all.
    pub(super) fn set_buffers(&mut self, open: BTreeMap<Box<str>, FileFacts>) {
        let mut buffers = Buffers { open: open.into_iter().collect(), ..Buffers::default() };
        for (number, (path, facts)) in buffers.open.iter().enumerate() {
            if let Some(file) = self.files.file_of_path(path) {
                buffers.hidden.insert(file);
                for definition in self.files.definitions_from(file, 0) {
                    *buffers.hidden_names.entry(definition.name).or_default() += 1;
                }
                for name in self.files.mentioned_names(file) {
                    *buffers.mentioned_in.entry(name).or_default() -= 1;
                }
            }
            for name in &facts.mentions {
                *buffers.mentioned_in.entry(*name).or_default() += 1;
            }
            for (place, definition) in facts.definitions.iter().enumerate() {
                let file = (self.files.files.len() + number) as u32;
                let at = DefinitionRef { file, definition: place as u16 };
                buffers.by_name.entry(definition.name).or_default().push(at);
            }
        }
        let in_files = (0..self.files.files.len() as u32)
            .filter(|file| self.files.is_file(*file) && !buffers.hidden.contains(file))
            .count();
        self.count = in_files + buffers.open.len();
        self.buffers = buffers;
    }

    /// Takes what is open out, to be put back changed.
    pub(super) fn take_buffers(&mut self) -> BTreeMap<Box<str>, FileFacts> {
        std::mem::take(&mut self.buffers.open).into_iter().collect()
    }

    /// Number of files.
    pub fn file_count(&self) -> usize {
        self.count
    }

    /// The paths of its files, in no particular order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files().map(|(_, entry)| entry.path)
    }

    /// Number of definitions.
    pub fn definition_count(&self) -> usize {
        let hidden: usize = self.buffers.hidden.iter().map(|file| self.files.definition_count(*file)).sum();
        let open: usize = self.buffers.open.iter().map(|(_, facts)| facts.definitions.len()).sum();
        self.files.definers.len() - hidden + open
    }

    /// Number of mentions, one for each name and file.
    pub fn reference_count(&self) -> usize {
        self.files().map(|(_, entry)| entry.mention_count()).sum()
    }

    /// Its memory, in bytes.
    pub fn memory(&self) -> usize {
        let open: usize = self.buffers.open.iter().map(|(path, facts)| path.len() + facts.memory()).sum();
        let by_name = self.buffers.by_name.capacity() * size_of::<(NameId, Vec<DefinitionRef>)>();
        let mentioned_in = self.buffers.mentioned_in.capacity() * size_of::<(NameId, i64)>();
        self.files.memory() + open + by_name + mentioned_in
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (u32, FileEntry<'_>)> {
        let count = self.files.files.len() + self.buffers.open.len();
        (0..count as u32).filter_map(|file| Some((file, self.file(file)?)))
    }

    pub(crate) fn file(&self, file: u32) -> Option<FileEntry<'_>> {
        if let Some(open) = (file as usize).checked_sub(self.files.files.len()) {
            let (path, facts) = self.buffers.open.get(open)?;
            return Some(FileEntry { path, facts: Facts::Open(facts) });
        }
        let is_there = self.files.is_file(file) && !self.buffers.hidden.contains(&file);
        is_there.then(|| FileEntry { path: self.files.path(file), facts: Facts::Packed(&self.files, file) })
    }

    pub(crate) fn file_of_path(&self, path: &str) -> Option<u32> {
        match self.buffers.open.binary_search_by(|(open, _)| (**open).cmp(path)) {
            Ok(open) => Some((self.files.files.len() + open) as u32),
            Err(_) => self.files.file_of_path(path).filter(|file| self.files.is_file(*file)),
        }
    }

    pub(crate) fn definition(&self, at: DefinitionRef) -> Option<(FileEntry<'_>, Definition)> {
        let entry = self.file(at.file)?;
        Some((entry, entry.definition(at.definition)?))
    }

    /// The definitions of a name.
    pub(crate) fn named(&self, name: NameId) -> impl Iterator<Item = DefinitionRef> + '_ {
        let hidden = &self.buffers.hidden;
        let in_files = self
            .files
            .definers(self.files.places(name))
            .map(|(file, definition)| DefinitionRef { file, definition })
            .filter(move |at| hidden.is_empty() || !hidden.contains(&at.file));
        in_files.chain(self.buffers.by_name.get(&name).into_iter().flatten().copied())
    }

    /// How many definitions a name has, none of more than `most`.
    pub(crate) fn count_named(&self, name: NameId, most: usize) -> usize {
        self.count_definers(name, self.files.places(name)).min(most)
    }

    /// How many definitions the name at those places of the files has.
    fn count_definers(&self, name: NameId, places: Range<usize>) -> usize {
        let hidden = self.buffers.hidden_names.get(&name).copied().unwrap_or_default();
        let open = self.buffers.by_name.get(&name).map_or(0, Vec::len);
        self.files.count_definers(places).saturating_sub(hidden) + open
    }

    /// In how many files a name is mentioned; nothing for a name that nothing defines.
    pub(crate) fn mentioned_in(&self, name: NameId) -> Option<u32> {
        self.name_use(name).1
    }

    /// How many definitions a name has, and in how many files it is mentioned where it has any.
    pub(crate) fn name_use(&self, name: NameId) -> (usize, Option<u32>) {
        let places = self.files.places(name);
        let known = places.clone().next().map_or(0, |place| i64::from(self.files.mentioned_in[place]));
        let more = self.buffers.mentioned_in.get(&name).copied().unwrap_or_default();
        let count = self.count_definers(name, places);
        (count, (count > 0).then(|| u32::try_from(known + more).unwrap_or_default()))
    }

    /// For each file the sum of the weights of the names it mentions, of the files that mention any; and the files that mention `name`.
    pub(crate) fn weigh_mentions(
        &self,
        weights: &FxHashMap<NameId, f32>,
        name: Option<NameId>,
    ) -> (Vec<(u32, f32)>, Vec<u32>) {
        let mut by_place = vec![0.0; self.files.names.len()];
        for (name, weight) in weights {
            self.files.places(*name).for_each(|place| by_place[place] = *weight);
        }
        let wanted = name.and_then(|name| self.files.places(name).next());
        let (mut weighed, mut found) = (Vec::new(), Vec::new());
        for (file, entry) in self.files() {
            let (mut sum, mut has_name) = (0.0, false);
            match entry.facts {
                Facts::Packed(packed, file) => {
                    for place in packed.mentions(file) {
                        sum += by_place.get(place).copied().unwrap_or_default();
                        has_name |= Some(place) == wanted;
                    }
                }
                Facts::Open(facts) => {
                    sum = facts.mentions.iter().filter_map(|name| weights.get(name)).sum();
                    has_name = name.is_some_and(|name| facts.mentions.binary_search(&name).is_ok());
                }
            }
            if sum > 0.0 {
                weighed.push((file, sum));
            }
            if has_name {
                found.push(file);
            }
        }
        (weighed, found)
    }
}

impl<'i> FileEntry<'i> {
    /// Its definitions, an outer one before what it contains.
    pub(crate) fn definitions(self) -> impl Iterator<Item = Definition> + 'i {
        self.definitions_from(0)
    }

    /// Its definitions from that place on.
    pub(crate) fn definitions_from(self, first: u16) -> impl Iterator<Item = Definition> + 'i {
        let first = usize::from(first);
        let (packed, open) = match self.facts {
            Facts::Packed(packed, file) => (Some(packed.definitions_from(file, first)), None),
            Facts::Open(facts) => (None, facts.definitions.get(first..)),
        };
        packed.into_iter().flatten().chain(open.into_iter().flatten().copied())
    }

    pub(crate) fn definition_count(self) -> usize {
        match self.facts {
            Facts::Packed(packed, file) => packed.definition_count(file),
            Facts::Open(facts) => facts.definitions.len(),
        }
    }

    pub(crate) fn definition(self, at: u16) -> Option<Definition> {
        self.definitions_from(at).next()
    }

    /// The name of one of its definitions.
    pub(crate) fn name(self, definition: &Definition) -> &'i str {
        match self.facts {
            Facts::Packed(packed, _) => packed.text(definition.name_place as usize),
            Facts::Open(facts) => facts.name(definition),
        }
    }

    /// The definition around one of its definitions.
    pub(crate) fn parent(self, definition: &Definition) -> Option<Definition> {
        self.definition(definition.parent()?)
    }

    /// The name with those around it, the innermost [`MAX_PATH_NAMES`] of them.
    pub(crate) fn path_of(self, definition: &Definition) -> String {
        let around = std::iter::successors(self.parent(definition), |outer| self.parent(outer));
        let mut names = vec![self.name(definition)];
        names.extend(around.take(MAX_PATH_NAMES).map(|outer| self.name(&outer)));
        names.reverse();
        names.join("::")
    }

    /// The names it mentions; of a file that is not open those that something defines.
    pub(crate) fn mentions(self) -> impl Iterator<Item = NameId> + 'i {
        let (packed, open) = match self.facts {
            Facts::Packed(packed, file) => (Some(packed.mentioned_names(file)), None),
            Facts::Open(facts) => (None, Some(facts.mentions.iter().copied())),
        };
        packed.into_iter().flatten().chain(open.into_iter().flatten())
    }

    /// How many names it mentions, also those that nothing defines.
    pub(crate) fn mention_count(self) -> usize {
        match self.facts {
            Facts::Packed(packed, file) => packed.files[file as usize].mentioned as usize,
            Facts::Open(facts) => facts.mentions.len(),
        }
    }

    /// Whether its facts are those of that text.
    pub(crate) fn is_of(self, text: &LinedText) -> bool {
        let known = match self.facts {
            Facts::Packed(packed, file) => packed.files[file as usize].content,
            Facts::Open(facts) => facts.content(),
        };
        known == text.content()
    }
}

impl Packed {
    /// The files that are in the state, with their paths and when they were read.
    pub(super) fn records(&self) -> impl Iterator<Item = (&str, Stamp, FileState)> {
        self.files.iter().enumerate().map(|(file, record)| (self.path(file as u32), record.stamp, record.state))
    }
}
