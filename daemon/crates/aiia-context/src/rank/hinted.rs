//! What others know of the target (see [`Hints`]), in terms of the index.

use super::linear::likelihood;
use super::said::By;
use super::score::Ranked;
use crate::hints::{Hints, Nearness, Place};
use crate::workspace::{DefinitionRef, NameId, WorkspaceIndex, name_id};
use rustc_hash::{FxHashMap, FxHashSet};

/// How likely what a language server found behind a name is needed.
const FOUND: f32 = 0.97;
/// What is left of the likelihood of what only has the name of what it found.
const ELSEWHERE: f32 = 0.05;
/// What a file that has to do with the target adds to the log odds of its definitions, at most.
const MOST_NEAR: f32 = 1.5;
/// All definitions of so many of these files are looked at.
const MAX_FILES: usize = 4;
/// Those of files that have less to do with it are not.
const LEAST_LOOKED_AT: f32 = 0.5;

/// What others know of the target.
#[derive(Default)]
pub(super) struct Hinted {
    /// What a language server found behind names of the target, in the order of the index.
    pub(super) found: Vec<DefinitionRef>,
    /// The names of which nothing else is meant.
    closed: FxHashSet<NameId>,
    /// Functions of other files that a language server found the target's name in.
    pub(super) users: Vec<DefinitionRef>,
    /// What has to do with the target: how much, and the strongest reason.
    near: FxHashMap<u32, (f32, Nearness)>,
}

impl Hinted {
    pub(super) fn new(hints: &Hints, index: &WorkspaceIndex, own: Option<u32>) -> Hinted {
        let mut hinted = Hinted::default();
        for resolved in &hints.resolved {
            hinted.found.extend(resolved.places.iter().filter_map(|place| defined_at(index, place)));
            if resolved.is_all {
                hinted.closed.insert(name_id(&resolved.name));
            }
        }
        hinted.found.sort_unstable();
        hinted.found.dedup();
        for at in hints.references.iter().filter_map(|place| function_around(index, place)) {
            if Some(at.file) != own && !hinted.users.contains(&at) {
                hinted.users.push(at);
            }
        }
        for near in &hints.files {
            let Some(file) = index.file_of_path(&near.path).filter(|file| Some(*file) != own) else { continue };
            let weight = near.weight.clamp(0.0, 1.0);
            let known = hinted.near.entry(file).or_insert((0.0, near.why));
            // Reasons add up, though not beyond what one can be.
            *known = (known.0 + weight * (1.0 - known.0), if weight > known.0 { near.why } else { known.1 });
        }
        hinted
    }

    /// The files whose every definition is a candidate.
    pub(super) fn files(&self) -> Vec<u32> {
        let mut files: Vec<(u32, f32)> = self
            .near
            .iter()
            .map(|(file, (weight, _))| (*file, *weight))
            .filter(|(_, weight)| *weight >= LEAST_LOOKED_AT)
            .collect();
        files.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        files.into_iter().take(MAX_FILES).map(|(file, _)| file).collect()
    }

    /// Why a file has to do with the target.
    pub(super) fn nearness(&self, file: u32) -> Option<Nearness> {
        self.near.get(&file).map(|(_, why)| *why)
    }

    /// Changes how likely the candidates are needed.
    pub(super) fn apply(&self, ranked: &mut [Ranked]) {
        for candidate in ranked {
            if let Some((weight, _)) = self.near.get(&candidate.at.file) {
                let known = candidate.likelihood.clamp(1e-6, 1.0 - 1e-6);
                candidate.likelihood = likelihood((known / (1.0 - known)).ln() + MOST_NEAR * weight);
            }
            if self.found.binary_search(&candidate.at).is_ok() {
                candidate.likelihood = candidate.likelihood.max(FOUND);
                candidate.said = Some(By::Editor);
            } else if self.closed.contains(&candidate.definition.name) {
                candidate.likelihood *= ELSEWHERE;
            }
        }
    }
}

/// The innermost definition whose first lines hold the place.
fn defined_at(index: &WorkspaceIndex, place: &Place) -> Option<DefinitionRef> {
    let line = u32::try_from(place.line.checked_sub(1)?).ok()?;
    let file = index.file_of_path(&place.path)?;
    let holds = index.file(file)?.definitions().enumerate().filter(|(_, definition)| {
        (definition.leading_line..definition.signature().end.max(definition.line + 1)).contains(&line)
    });
    holds.last().map(|(number, _)| DefinitionRef { file, definition: number as u16 })
}

/// The innermost function around the place.
fn function_around(index: &WorkspaceIndex, place: &Place) -> Option<DefinitionRef> {
    let line = u32::try_from(place.line.checked_sub(1)?).ok()?;
    let file = index.file_of_path(&place.path)?;
    let around = index.file(file)?.definitions().enumerate().filter(|(_, definition)| {
        definition.kind.is_callable() && (definition.line..=definition.last_line).contains(&line)
    });
    around.last().map(|(number, _)| DefinitionRef { file, definition: number as u16 })
}
