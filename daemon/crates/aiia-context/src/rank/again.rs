//! The likeliest judged once more, by how likely the others are: of several definitions of one name one is meant, and what a likely
//! type has is likely.

use super::features::{Feature, Features};
use super::forest;
use super::linear::likelihood;
use super::score::Ranked;
use super::texts::Texts;
use crate::workspace::{NameId, name_ids};
use rustc_hash::FxHashMap;

/// How many of the likeliest are judged again.
const MAX_AGAIN: usize = 160;
/// How many of the likeliest tell others by their signatures.
const MAX_TELLING: usize = 48;

/// What is likely of a name, a type or a file.
#[derive(Clone, Copy, Default)]
struct Heat {
    sum: f32,
    best: f32,
    second: f32,
    count: u32,
}

impl Heat {
    /// Adds the next in the order of likelihood. Gives how many were before it.
    fn add(&mut self, likelihood: f32) -> u32 {
        match self.count {
            0 => self.best = likelihood,
            1 => self.second = likelihood,
            _ => {}
        }
        self.sum += likelihood;
        self.count += 1;
        self.count - 1
    }

    /// The most likely of the others.
    fn best_other(&self, place: u32) -> f32 {
        if place == 0 { self.second } else { self.best }
    }
}

/// What signatures of likely definitions name, by the likelihood of the likeliest that does.
#[derive(Default)]
struct Told {
    /// Before the arrow.
    taken: FxHashMap<NameId, f32>,
    /// Behind it.
    given: FxHashMap<NameId, f32>,
}

impl Told {
    fn add(&mut self, signature: &str, own: NameId, likelihood: f32) {
        let (taken, given) = signature.rsplit_once("->").unwrap_or((signature, ""));
        for name in name_ids(taken).filter(|name| *name != own) {
            let known = self.taken.entry(name).or_default();
            *known = known.max(likelihood);
        }
        for name in name_ids(given) {
            let known = self.given.entry(name).or_default();
            *known = known.max(likelihood);
        }
    }

    fn taken(&self, name: NameId) -> f32 {
        self.taken.get(&name).copied().unwrap_or_default()
    }

    fn given(&self, name: NameId) -> f32 {
        self.given.get(&name).copied().unwrap_or_default()
    }
}

/// Sets what is known of the likeliest by the likelihood of all that were judged, and judges them again. `judged` are places in `ranked`
/// with the log odds there.
pub(super) fn judge_again(
    ranked: &mut [Ranked],
    features: &mut [Features],
    texts: &mut Texts,
    mut judged: Vec<(usize, f32)>,
) {
    judged.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let (mut names, mut types, mut files) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
    let (mut told, mut all) = (Told::default(), 0.0);
    let mut places = Vec::with_capacity(judged.len());
    for (number, (place, _)) in judged.iter().enumerate() {
        let candidate = &ranked[*place];
        let likelihood = candidate.likelihood;
        all += likelihood;
        let add = |heats: &mut FxHashMap<u32, Heat>, key: u32| heats.entry(key).or_default().add(likelihood);
        let of_name = add(&mut names, candidate.definition.name);
        let of_type = candidate.owner.map_or(0, |owner| add(&mut types, owner.name));
        let of_file = add(&mut files, candidate.at.file);
        places.push((of_name, of_type, of_file));
        if number < MAX_TELLING
            && let Some(signature) = texts.signature(candidate.at.file, &candidate.definition)
        {
            told.add(signature, candidate.definition.name, likelihood);
        }
    }
    let heat = |heats: &FxHashMap<u32, Heat>, key: u32| heats.get(&key).copied().unwrap_or_default();
    judged.truncate(MAX_AGAIN);
    for ((place, log_odds), (of_name, of_type, of_file)) in judged.iter().zip(&places) {
        let candidate = &ranked[*place];
        let Some(features) = features.get_mut(candidate.features as usize) else { continue };
        let mut set = |feature: Feature, value: f32| features[feature as usize] = value;
        let own = candidate.likelihood;
        let name = heat(&names, candidate.definition.name);
        set(Feature::Before, *log_odds);
        set(Feature::LikelyOfAll, all);
        set(Feature::PlaceOfName, *of_name as f32);
        set(Feature::LikelyOfName, name.sum - own);
        set(Feature::BestOfName, name.best_other(*of_name));
        let file = heat(&files, candidate.at.file);
        set(Feature::PlaceOfFile, *of_file as f32);
        set(Feature::LikelyOfFile, file.sum - own);
        set(Feature::Told, told.taken(candidate.definition.name).max(told.given(candidate.definition.name)));
        if let Some(owner) = candidate.owner {
            let heat_of_type = heat(&types, owner.name);
            set(Feature::PlaceOfType, *of_type as f32);
            set(Feature::LikelyOfType, heat_of_type.sum - own);
            set(Feature::BestOfType, heat_of_type.best_other(*of_type));
            set(Feature::TypeTaken, told.taken(owner.name));
            set(Feature::TypeGiven, told.given(owner.name));
            set(Feature::TypeLikely, heat(&names, owner.name).best);
        }
    }
    let of = |place: usize| &features[ranked[place].features as usize];
    let more = forest::more(judged.iter().map(|(place, _)| of(*place)));
    for ((place, log_odds), more) in judged.iter().zip(more) {
        ranked[*place].likelihood = likelihood(log_odds + more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::name_id;

    fn is(found: f32, expected: f32) -> bool {
        (found - expected).abs() < 1e-6
    }

    #[test]
    fn the_others_of_a_name_count() {
        let mut heat = Heat::default();
        assert_eq!([0.9, 0.5, 0.1].map(|likelihood| heat.add(likelihood)), [0, 1, 2]);
        assert!(is(heat.sum, 1.5) && is(heat.best_other(0), 0.5) && is(heat.best_other(1), 0.9));
    }

    #[test]
    fn a_signature_tells_of_others() {
        let mut told = Told::default();
        told.add("fn open(path: &Path) -> File", name_id("open"), 0.5);
        told.add("fn shut(file: File)", name_id("shut"), 0.25);
        assert!(is(told.taken(name_id("Path")), 0.5) && is(told.taken(name_id("open")), 0.0));
        assert!(is(told.given(name_id("File")), 0.5) && is(told.taken(name_id("File")), 0.25));
    }
}
