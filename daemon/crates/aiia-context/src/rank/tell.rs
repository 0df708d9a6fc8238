//! What the likely candidates say of each other.

use super::again::judge_again;
use super::features::{Feature, Features};
use super::forest;
use super::linear::{likelihood, log_odds};
use super::point::Point;
use super::score::Ranked;
use super::texts::Texts;
use crate::workspace::{NameId, name_ids};
use rustc_hash::FxHashMap;

/// How many of the likeliest the forest judges: where the target is still to be written, and where it says itself what it uses.
const MAX_JUDGED: usize = 480;
const MAX_JUDGED_WRITTEN: usize = 400;
/// What the others' likelihood is worth beside.
const UNJUDGED: f32 = 0.1;
/// How many of the likeliest tell others by their signatures.
const MAX_TELLING: usize = 48;
/// The signatures of the likeliest name types, and a likely type makes its members likelier.
pub(super) fn tell_each_other(
    ranked: &mut [Ranked],
    features: &mut [Features],
    texts: &mut Texts,
    point: &Point,
    bodies: &[&[NameId]],
    is_unwritten: bool,
) {
    let judged = if is_unwritten { MAX_JUDGED } else { MAX_JUDGED_WRITTEN };
    let mut told: FxHashMap<NameId, f32> = FxHashMap::default();
    for (place, candidate) in ranked.iter().take(judged).enumerate() {
        let Some(signature) = texts.signature(candidate.at.file, &candidate.definition) else { continue };
        if place < MAX_TELLING {
            for name in name_ids(signature) {
                if name != candidate.definition.name {
                    let known = told.entry(name).or_default();
                    *known = known.max(candidate.likelihood);
                }
            }
        }
        if let Some(features) = features.get_mut(candidate.features as usize) {
            signature_features(features, signature, candidate.definition.name, point);
        }
    }
    let mut types: FxHashMap<NameId, f32> = FxHashMap::default();
    let mut heat_of_types: FxHashMap<NameId, f32> = FxHashMap::default();
    let mut heat_of_files: FxHashMap<u32, f32> = FxHashMap::default();
    for candidate in ranked.iter() {
        if candidate.definition.kind.is_type() {
            let known = types.entry(candidate.definition.name).or_default();
            *known = known.max(candidate.likelihood);
        }
        *heat_of_files.entry(candidate.at.file).or_default() += candidate.likelihood;
        if let Some(owner) = candidate.owner {
            *heat_of_types.entry(owner.name).or_default() += candidate.likelihood;
        }
    }
    for candidate in ranked.iter_mut().skip(judged) {
        candidate.likelihood *= UNJUDGED;
    }
    let kindred = kindred(ranked, bodies);
    let of_judged: Vec<&Features> =
        ranked.iter().take(judged).map(|candidate| &features[candidate.features as usize]).collect();
    let alone = log_odds(&of_judged);
    let mut to_judge: Vec<usize> = Vec::new();
    for ((place, candidate), alone) in ranked.iter().enumerate().take(judged).zip(alone) {
        let Some(features) = features.get_mut(candidate.features as usize) else { continue };
        let own = candidate.likelihood;
        let heat = |heat: Option<&f32>| (1.0 + (heat.copied().unwrap_or_default() - own).max(0.0)).ln();
        features[Feature::HeatOfFile as usize] = heat(heat_of_files.get(&candidate.at.file));
        features[Feature::HeatOfType as usize] =
            candidate.owner.map_or(0.0, |owner| heat(heat_of_types.get(&owner.name)));
        features[Feature::InKindred as usize] = kindred.get(&candidate.definition.name).copied().unwrap_or_default();
        features[Feature::Alone as usize] = alone.clamp(-10.0, 10.0);
        features[Feature::InLikelySignature as usize] =
            told.get(&candidate.definition.name).copied().unwrap_or_default();
        features[Feature::OfToldType as usize] =
            candidate.owner.and_then(|owner| told.get(&owner.name)).copied().unwrap_or_default();
        features[Feature::OfLikelyType as usize] = candidate.owner.map_or(0.0, |owner| {
            let own = if owner.is_own { 1.0 } else { 0.0 };
            types.get(&owner.name).copied().unwrap_or_default().max(own)
        });
        if features[Feature::InBody as usize] == 0.0 {
            to_judge.push(place);
        }
    }
    let judged = forest::log_odds(to_judge.iter().map(|place| &features[ranked[*place].features as usize]));
    for (place, log_odds) in to_judge.iter().zip(&judged) {
        ranked[*place].likelihood = likelihood(*log_odds);
    }
    // Where the target says itself what it uses, what is likely of the rest says little of the others.
    if is_unwritten {
        judge_again(ranked, features, texts, to_judge.into_iter().zip(judged).collect());
    }
}

/// What is mentioned together with likely names in the bodies of functions: by the share of the functions, which count by how much is
/// likely of what else they mention.
fn kindred(ranked: &[Ranked], bodies: &[&[NameId]]) -> FxHashMap<NameId, f32> {
    let mut likely: FxHashMap<NameId, f32> = FxHashMap::default();
    for candidate in ranked {
        let known = likely.entry(candidate.definition.name).or_default();
        *known = known.max(candidate.likelihood);
    }
    let mut found: FxHashMap<NameId, f32> = FxHashMap::default();
    let mut total = 0.3;
    for body in bodies {
        let known: Vec<(NameId, f32)> = body.iter().filter_map(|name| Some((*name, *likely.get(name)?))).collect();
        let norm = (known.len() as f32 + 4.0).sqrt();
        let sum: f32 = known.iter().map(|(_, likely)| likely).sum();
        total += sum / norm;
        for (name, likely) in known {
            *found.entry(name).or_default() += (sum - likely) / norm;
        }
    }
    for share in found.values_mut() {
        *share /= total;
    }
    found
}

/// What the signature of a definition says of it: what it has in common with the target's, and what it gives.
fn signature_features(features: &mut Features, signature: &str, own: NameId, point: &Point) {
    let (mut names, mut visible) = (0, 0);
    let mut shared: Vec<NameId> = Vec::new();
    for name in name_ids(signature).filter(|name| *name != own) {
        names += 1;
        visible += usize::from(point.occurrences.get(&name).is_some_and(|found| found.count > 0));
        if point.signature_names.binary_search(&name).is_ok() && !shared.contains(&name) {
            shared.push(name);
        }
    }
    let gives = || signature.rsplit_once("->").map_or("", |(_, given)| given);
    let share = |part: usize, of: usize| part as f32 / of.max(1) as f32;
    features[Feature::Bytes as usize] = (signature.len() as f32).ln_1p();
    features[Feature::SignatureVisible as usize] = share(visible, names);
    features[Feature::SignatureShared as usize] = share(shared.len(), point.signature_names.len());
    features[Feature::Gives as usize] =
        if !point.returned.is_empty() && name_ids(gives()).any(|name| point.returned.contains(&name)) {
            1.0
        } else {
            0.0
        };
}
