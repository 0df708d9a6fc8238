//! The definitions that anything speaks for.

use super::imports::{module_match, module_of};
use super::point::Point;
use super::score::Ranking;
use crate::workspace::{DefinitionRef, FileEntry, NameId, WorkspaceIndex, name_id};
use rustc_hash::{FxHashMap, FxHashSet};

/// The likest files whose every mentioned name is a candidate.
const LIKE_FILES: usize = 8;

/// How the target's file imports another.
#[derive(Clone, Copy, Default)]
pub(super) struct ModuleUse {
    /// How well its module answers to an import of all its names.
    pub(super) glob: f32,
    /// The name it is imported under.
    pub(super) named: Option<NameId>,
}

/// The files that are imported as a whole, or in scope without an import as they lie in the folder `mates`.
pub(super) fn modules(index: &WorkspaceIndex, point: &Point, mates: Option<&str>) -> FxHashMap<u32, ModuleUse> {
    let mut modules = FxHashMap::default();
    if point.imports.is_empty() && mates.is_none() {
        return modules;
    }
    // To answer to an import a path has to have the last part of it.
    let parts: FxHashSet<&str> = point
        .imports
        .iter()
        .filter_map(|import| match &import.name {
            Some(name) => Some(name.as_str()),
            None => import.module.last().map(String::as_str),
        })
        .collect();
    let (mut headers, mut sources) = (Vec::new(), Vec::new());
    let imports_root = point.imports.iter().any(|import| import.name.is_none() && import.module.is_empty());
    for (file, entry) in index.files() {
        if mates.is_some_and(|mates| entry.path.rsplit_once('/').map_or("", |(folder, _)| folder) == mates) {
            modules.insert(file, ModuleUse { glob: 1.0, named: None });
            continue;
        }
        let stem = entry.path.rsplit_once('.').map_or(entry.path, |(stem, _)| stem);
        if !imports_root && !stem.split('/').any(|part| parts.contains(part)) {
            continue;
        }
        let module = module_of(entry.path);
        let mut found = ModuleUse::default();
        if is_header(entry.path) && point.imports.iter().any(|import| module_match(&module, &import.module) >= 1.0) {
            headers.push((file, entry));
        } else if is_source_of_c(entry.path) {
            sources.push((file, entry));
        }
        for import in &point.imports {
            match &import.name {
                None => found.glob = found.glob.max(module_match(&module, &import.module)),
                Some(name) if module.last() == Some(&name.as_str()) => {
                    let mut whole = import.module.clone();
                    whole.push(name.clone());
                    if module_match(&module, &whole) > 0.6 {
                        found.named = import.alias.as_deref().map(name_id);
                    }
                }
                Some(_) => {}
            }
        }
        if found.glob > 0.0 || found.named.is_some() {
            modules.insert(file, found);
        }
    }
    for (file, source) in &sources {
        if headers.iter().any(|(_, header)| implements(*source, *header)) {
            modules.insert(*file, ModuleUse { glob: 1.0, named: None });
        }
    }
    modules
}

fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Whether a file is a header of C or C++.
fn is_header(path: &str) -> bool {
    matches!(ending(path), "h" | "hpp" | "hh" | "hxx")
}

fn is_source_of_c(path: &str) -> bool {
    matches!(ending(path), "c" | "cc" | "cpp" | "cxx")
}

/// Whether a source of C defines what the header of its name declares, wherever the two lie.
fn implements(source: FileEntry, header: FileEntry) -> bool {
    let stem = |path: &str| {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
    };
    if stem(source.path) != stem(header.path) {
        return false;
    }
    let declared: FxHashSet<NameId> = header.definitions().map(|definition| definition.name).collect();
    source.definitions().any(|definition| declared.contains(&definition.name))
}

struct Candidates<'r, 'a> {
    ranking: &'r Ranking<'a>,
    limit: usize,
    /// Whether the definitions of a file are of use to the target.
    is_usable: FxHashMap<u32, bool>,
    seen: FxHashSet<DefinitionRef>,
    found: Vec<DefinitionRef>,
}

impl Candidates<'_, '_> {
    fn is_full(&self) -> bool {
        self.found.len() >= self.limit
    }

    fn add(&mut self, at: DefinitionRef) {
        let ranking = self.ranking;
        let is_usable = *self.is_usable.entry(at.file).or_insert_with(|| ranking.is_usable(at.file));
        if is_usable && self.seen.insert(at) {
            self.found.push(at);
        }
    }

    fn add_named(&mut self, name: NameId) {
        for at in self.ranking.index.named(name) {
            if self.is_full() {
                return;
            }
            self.add(at);
        }
    }

    /// Every definition of a file.
    fn add_all(&mut self, file: u32) {
        let count = self.ranking.index.file(file).map_or(0, FileEntry::definition_count);
        for place in 0..count {
            if self.is_full() {
                break;
            }
            self.add(DefinitionRef { file, definition: place as u16 });
        }
    }

    /// Every member of the types of that name.
    fn add_members(&mut self, name: NameId) {
        for at in self.ranking.index.named(name) {
            if self.is_full() {
                return;
            }
            let Some((entry, definition)) = self.ranking.index.definition(at) else { continue };
            if !definition.kind.is_type() {
                continue;
            }
            let first = at.definition.saturating_add(1);
            let inside = (first..).zip(entry.definitions_from(first));
            for (place, member) in inside.take_while(|(_, member)| member.line <= definition.last_line) {
                if member.is_right_inside(at.definition) && !self.is_full() {
                    self.add(DefinitionRef { file: at.file, definition: place });
                }
            }
        }
    }
}

/// At most `limit` definitions that anything speaks for, by file.
pub(super) fn candidates(ranking: &Ranking, limit: usize) -> Vec<DefinitionRef> {
    let mut candidates =
        Candidates { ranking, limit, is_usable: FxHashMap::default(), seen: FxHashSet::default(), found: Vec::new() };
    let mut names: Vec<NameId> = ranking.point.occurrences.keys().copied().collect();
    names.sort_unstable_by_key(|name| {
        let occurs = ranking.point.occurrence(*name);
        (!occurs.in_body, occurs.distance, *name)
    });
    for at in &ranking.hinted.found {
        candidates.add(*at);
    }
    let mut said: Vec<NameId> = ranking.point.said.keys().copied().collect();
    said.sort_unstable();
    for name in said.iter().chain(&names) {
        candidates.add_named(*name);
    }
    let mut told: Vec<NameId> = ranking
        .namesake_names
        .keys()
        .chain(ranking.caller_names.keys())
        .chain(ranking.like_function_names.keys())
        .chain(&ranking.bases)
        .copied()
        .collect();
    told.sort_unstable();
    for name in told {
        candidates.add_named(name);
    }
    let mut bases: Vec<NameId> = ranking.bases.iter().copied().collect();
    bases.sort_unstable();
    for name in names.into_iter().chain(bases) {
        candidates.add_members(name);
    }
    let mut files: Vec<u32> = ranking.modules.keys().copied().collect();
    files.sort_unstable();
    for file in files {
        candidates.add_all(file);
    }
    for (file, _) in ranking.like.iter().take(LIKE_FILES) {
        if let Some(entry) = ranking.index.file(*file) {
            for name in entry.mentions() {
                if candidates.is_full() {
                    break;
                }
                candidates.add_named(name);
            }
        }
    }
    for file in ranking.hinted.files() {
        candidates.add_all(file);
    }
    let mut found = candidates.found;
    found.sort_unstable();
    found
}
