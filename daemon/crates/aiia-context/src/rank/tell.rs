//! What the likely candidates say of each other.

use super::features::{Feature, Features};
use super::forest;
use super::score::{Ranked, likelihood, log_odds};
use super::texts::Texts;
use super::weights::ALONE;
use crate::workspace::{NameId, name_ids};
use rustc_hash::FxHashMap;

/// How many of the likeliest the forest judges: where the target is still to be written, and where it says itself what it uses.
const MAX_JUDGED: usize = 1000;
const MAX_JUDGED_WRITTEN: usize = 400;
/// What the others' likelihood is worth beside.
const UNJUDGED: f32 = 0.1;
/// How many of the likeliest tell others by their signatures.
const MAX_TELLING: usize = 48;

/// The signatures of the likeliest name types, and a likely type makes its members likelier.
pub(super) fn tell_each_other(ranked: &mut [Ranked], features: &mut [Features], texts: &mut Texts, is_unwritten: bool) {
    let mut told: FxHashMap<NameId, f32> = FxHashMap::default();
    for candidate in ranked.iter().take(MAX_TELLING) {
        let Some(signature) = texts.signature(candidate.at.file, &candidate.definition) else { continue };
        for name in name_ids(signature) {
            if name != candidate.definition.name {
                let known = told.entry(name).or_default();
                *known = known.max(candidate.likelihood);
            }
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
    let judged = if is_unwritten { MAX_JUDGED } else { MAX_JUDGED_WRITTEN };
    for candidate in ranked.iter_mut().skip(judged) {
        candidate.likelihood *= UNJUDGED;
    }
    let mut to_judge: Vec<(usize, Features)> = Vec::new();
    for (place, candidate) in ranked.iter().enumerate().take(judged) {
        let Some(features) = features.get_mut(candidate.features as usize) else { continue };
        let own = candidate.likelihood;
        let heat = |heat: Option<&f32>| (1.0 + (heat.copied().unwrap_or_default() - own).max(0.0)).ln();
        features[Feature::HeatOfFile as usize] = heat(heat_of_files.get(&candidate.at.file));
        features[Feature::HeatOfType as usize] =
            candidate.owner.map_or(0.0, |owner| heat(heat_of_types.get(&owner.name)));
        features[Feature::Alone as usize] = log_odds(features, &ALONE).clamp(-10.0, 10.0);
        features[Feature::InLikelySignature as usize] =
            told.get(&candidate.definition.name).copied().unwrap_or_default();
        features[Feature::OfLikelyType as usize] = candidate.owner.map_or(0.0, |owner| {
            let own = if owner.is_own { 1.0 } else { 0.0 };
            types.get(&owner.name).copied().unwrap_or_default().max(own)
        });
        if features[Feature::InBody as usize] == 0.0 {
            to_judge.push((place, *features));
        }
    }
    let judged = forest::log_odds(to_judge.iter().map(|(_, features)| features));
    for ((place, _), log_odds) in to_judge.iter().zip(judged) {
        ranked[*place].likelihood = likelihood(log_odds);
    }
}
