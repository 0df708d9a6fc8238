//! What the functions beside the target in its file make of a name.

use crate::workspace::{NameId, likeness, name_set, parts};
use aiia_syntax::Symbol;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// What a function is worth that is one further away from the target, for the one nearer.
const STEP: f32 = 0.75;
/// Added to the weight of all functions, so that the share of a few that are hardly alike stays small.
const LEAST_WEIGHT: f32 = 0.3;

/// A function beside the target.
struct Sibling {
    /// The names in its body, ascending, each once.
    names: Vec<NameId>,
    /// The names in its signature, and the parts of its own, likewise.
    signature: Vec<NameId>,
    parts: Vec<NameId>,
    /// How alike to the target it is, 0 to 1.
    likeness: f32,
    same_owner: bool,
    /// How many functions away it is: one for the next.
    steps: i32,
}

/// What the functions beside the target make of a name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SiblingUse {
    /// How alike to the target the likest function is that mentions it.
    pub(crate) likest: f32,
    /// The share of the functions that mention it.
    pub(crate) share: f32,
    /// The share of those in the target's own type.
    pub(crate) own_share: f32,
    /// The share, where nearer functions count for more.
    pub(crate) near_share: f32,
    /// The share, where functions count by the rare names of the target's signature that theirs have.
    pub(crate) same_signature: f32,
    /// The share, where functions count by the rare parts of the target's name that theirs have.
    pub(crate) same_words: f32,
}

/// What siblings are held against.
pub(crate) struct Target<'a> {
    /// The parts of its name, ascending, each once.
    pub(crate) parts: &'a [NameId],
    /// The names in its signature, likewise.
    pub(crate) signature: &'a [NameId],
    pub(crate) container: Option<&'a str>,
    pub(crate) range: &'a Range<usize>,
}

/// What the functions among `symbols` make of each name. `names` are those of the file `text` with their places, in their order.
pub(crate) fn uses(
    symbols: &[Symbol],
    text: &str,
    names: &[(NameId, Range<usize>)],
    target: &Target,
) -> (FxHashMap<NameId, SiblingUse>, Vec<Vec<NameId>>) {
    let siblings = siblings(symbols, text, names, target);
    let of_names = shares(target.signature, siblings.iter().map(|sibling| sibling.signature.as_slice()));
    let of_parts = shares(target.parts, siblings.iter().map(|sibling| sibling.parts.as_slice()));
    let weights: Vec<[f32; 5]> = siblings
        .iter()
        .zip(of_names.into_iter().zip(of_parts))
        .map(|(sibling, (of_names, of_parts))| {
            [1.0, if sibling.same_owner { 1.0 } else { 0.0 }, STEP.powi(sibling.steps - 1), of_names, of_parts]
        })
        .collect();
    let mut totals = [1.0, 1.0, LEAST_WEIGHT, LEAST_WEIGHT, LEAST_WEIGHT];
    for weights in &weights {
        totals.iter_mut().zip(weights).for_each(|(total, weight)| *total += weight);
    }
    let mut uses: FxHashMap<NameId, SiblingUse> = FxHashMap::default();
    for (sibling, weights) in siblings.iter().zip(&weights) {
        let shares: [f32; 5] = std::array::from_fn(|kind| weights[kind] / totals[kind]);
        for name in &sibling.names {
            let found = uses.entry(*name).or_default();
            found.likest = found.likest.max(sibling.likeness);
            found.share += shares[0];
            found.own_share += shares[1];
            found.near_share += shares[2];
            found.same_signature += shares[3];
            found.same_words += shares[4];
        }
    }
    (uses, siblings.into_iter().map(|sibling| sibling.names).collect())
}

fn siblings(symbols: &[Symbol], text: &str, names: &[(NameId, Range<usize>)], target: &Target) -> Vec<Sibling> {
    let overlaps = |range: &Range<usize>| range.start < target.range.end && target.range.start < range.end;
    let others: Vec<&Symbol> =
        symbols.iter().filter(|other| other.kind.is_callable() && !overlaps(&other.range)).collect();
    let before = others.iter().filter(|other| other.range.start < target.range.start).count();
    let sibling = |(place, other): (usize, &&Symbol)| {
        let same_owner = other.container.as_deref() == target.container;
        let body = other.body_range.clone().unwrap_or_default();
        let behind = &names[names.partition_point(|(_, range)| range.start < body.start)..];
        let mut names: Vec<NameId> =
            behind.iter().take_while(|(_, range)| range.end <= body.end).map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let (signature, parts) = (name_set(other.signature(text)), parts(&other.name));
        let likeness = alike(target.parts, target.signature, &parts, &signature) + if same_owner { 0.1 } else { 0.0 };
        let steps = if place < before { before - place } else { place - before + 1 };
        Sibling { names, signature, parts, likeness, same_owner, steps: steps.min(100) as i32 }
    };
    others.iter().enumerate().map(sibling).collect()
}

/// How alike two functions are by the parts of their names and the names in their signatures, 0 to 0.9.
pub(crate) fn alike(parts: &[NameId], signature: &[NameId], other_parts: &[NameId], other_signature: &[NameId]) -> f32 {
    0.4 * likeness(parts, other_parts) + 0.5 * likeness(signature, other_signature)
}

/// For each of some sets of names how much of `wanted` is in it, the names that fewer of the sets have counting for more: 0 to 1. All
/// are ascending.
pub(crate) fn shares<'s>(wanted: &[NameId], sets: impl Iterator<Item = &'s [NameId]> + Clone) -> Vec<f32> {
    let (mut counts, mut of) = (vec![0.0_f32; wanted.len()], 0.0_f32);
    for set in sets.clone() {
        of += 1.0;
        for_each_shared(wanted, set, |place| counts[place] += 1.0);
    }
    let rarity: Vec<f32> =
        counts.iter().map(|count| if *count > 0.0 { ((of + 1.0) / count).ln() } else { 0.0 }).collect();
    let all: f32 = rarity.iter().sum();
    let share = |set: &[NameId]| {
        let mut shared = 0.0;
        for_each_shared(wanted, set, |place| shared += rarity[place]);
        if all > 0.0 { shared / all } else { 0.0 }
    };
    sets.map(share).collect()
}

/// The places in `wanted` of what is in `found`, too. Both are ascending.
fn for_each_shared(wanted: &[NameId], found: &[NameId], mut visit: impl FnMut(usize)) {
    let mut rest = found;
    for (place, name) in wanted.iter().enumerate() {
        while rest.first().is_some_and(|first| first < name) {
            rest = &rest[1..];
        }
        if rest.first() == Some(name) {
            visit(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rare_counts_for_more() {
        let sets: [&[NameId]; 3] = [&[1, 2], &[1], &[1, 3]];
        let shares = |wanted: &[NameId]| shares(wanted, sets.into_iter());
        let of_both = shares(&[1, 2]);
        assert!(of_both[0] > 0.99 && of_both[1] < 0.5);
        assert_eq!(shares(&[9]), [0.0, 0.0, 0.0]);
        assert!(shares(&[2, 3, 9])[2] > 0.4);
    }
}
