//! The functions of other files that are most like the target, and what they mention.

use super::point::Point;
use super::related::{Functions, Weighed, body_names, both};
use super::siblings::shares;
use super::texts::Texts;
use crate::workspace::{Definition, DefinitionRef, FileEntry, NameId, WorkspaceIndex};

/// So many of the functions of other files that are most like the target are read.
const MAX_NEAREST: usize = 24;
/// So many functions are compared with it: where it is still to be written, and where it says itself what it uses.
const MAX_COMPARED: usize = 800;
const MAX_COMPARED_WRITTEN: usize = 200;
/// How much of its likeness hangs on that of its file.
const FILE: f32 = 0.4;
/// Functions less alike are not read.
const LEAST: f32 = 0.05;

/// The functions of other files that are most like the target by the rare names in their signatures and around them, and the rare
/// parts of their names, the likest first, with how alike they are.
pub(crate) fn nearest(
    index: &WorkspaceIndex,
    texts: &mut Texts,
    point: &Point,
    namesakes: &[DefinitionRef],
    like: &[(u32, f32)],
    is_unwritten: bool,
    known: &mut Functions,
) -> Vec<(DefinitionRef, f32)> {
    let most = like.first().map_or(1.0, |(_, alike)| *alike).max(f32::MIN_POSITIVE);
    let of_file = |file: u32| like.iter().find(|(known, _)| *known == file).map_or(0.0, |(_, alike)| *alike / most);
    let mut compared: Vec<(DefinitionRef, Vec<NameId>, Vec<NameId>)> = Vec::new();
    let mut add = |at: DefinitionRef, definition: &Definition, entry: FileEntry| {
        let function = known.function(texts, at, definition, entry);
        let (parts, signature) = (function.parts.clone(), function.signature.clone());
        compared.push((at, parts, both(&signature, known.header(texts, at, definition, entry))));
    };
    let mut left = if is_unwritten { MAX_COMPARED } else { MAX_COMPARED_WRITTEN };
    for (file, _) in like {
        let Some(entry) = index.file(*file).filter(|_| left > 0) else { continue };
        for (number, definition) in entry.definitions().enumerate() {
            if left > 0 && definition.kind.is_callable() && !definition.traits.test {
                left -= 1;
                add(DefinitionRef { file: *file, definition: number as u16 }, &definition, entry);
            }
        }
    }
    for at in namesakes.iter().filter(|at| of_file(at.file) <= 0.0) {
        if let Some((entry, definition)) = index.definition(*at) {
            add(*at, &definition, entry);
        }
    }
    let mut own: Vec<NameId> = point.signature_names.iter().chain(&point.header_names).copied().collect();
    own.sort_unstable();
    own.dedup();
    let of_parts = shares(&point.target_parts, compared.iter().map(|(_, parts, _)| parts.as_slice()));
    let of_names = shares(&own, compared.iter().map(|(_, _, names)| names.as_slice()));
    let mut found: Vec<(DefinitionRef, f32)> = compared
        .iter()
        .zip(of_parts.iter().zip(&of_names))
        .map(|((at, ..), (of_parts, of_names))| {
            (*at, (of_parts + of_names) / 2.0 * (1.0 - FILE + FILE * of_file(at.file)))
        })
        .filter(|(_, alike)| *alike > LEAST)
        .collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(MAX_NEAREST);
    found
}

/// The names in the bodies of functions.
pub(crate) fn bodies(
    index: &WorkspaceIndex,
    texts: &mut Texts,
    functions: impl Iterator<Item = DefinitionRef>,
) -> Vec<Vec<NameId>> {
    functions.map(|at| body_names(index, texts, at).unwrap_or_default()).collect()
}

/// The names in functions: how alike the likest is that has them, and the share of the functions that do, the liker counting for more.
pub(crate) fn names_of_nearest(functions: &[(DefinitionRef, f32)], bodies: &[Vec<NameId>]) -> (Weighed, Weighed) {
    let (mut likest, mut share) = (Weighed::default(), Weighed::default());
    let total: f32 = functions.iter().map(|(_, alike)| alike * alike).sum::<f32>() + LEAST;
    for ((_, alike), body) in functions.iter().zip(bodies) {
        for name in body {
            let known = likest.entry(*name).or_default();
            *known = known.max(*alike);
            *share.entry(*name).or_default() += alike * alike / total;
        }
    }
    (likest, share)
}
