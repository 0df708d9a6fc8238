//! The likelihood of a definition by a logistic regression over its features.

use super::features::{COUNT, Feature, Features};
use super::weights::{ALONE, MENTIONED};
use std::sync::LazyLock;

/// The weights that are not nothing, by the places of their features.
struct Weights(Vec<(usize, f32)>);

static WEIGHTS_ALONE: LazyLock<Weights> = LazyLock::new(|| Weights::of(&ALONE));
static WEIGHTS_MENTIONED: LazyLock<Weights> = LazyLock::new(|| Weights::of(&MENTIONED));

/// So many are asked about at once: their sums do not wait for each other.
const LANES: usize = 8;

impl Weights {
    fn of(all: &[f32; COUNT]) -> Weights {
        Weights(all.iter().copied().enumerate().filter(|(_, weight)| weight.to_bits() << 1 != 0).collect())
    }

    fn log_odds(&self, of: &[&Features; LANES]) -> [f32; LANES] {
        let mut sums = [0.0; LANES];
        for (feature, weight) in &self.0 {
            for (sum, features) in sums.iter_mut().zip(of) {
                *sum += features[*feature] * weight;
            }
        }
        sums
    }
}

/// The likelihood that comes of log odds.
pub(super) fn likelihood(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The log odds that definitions of these features are needed, by what is known of each alone and as if the target did not mention any.
pub(super) fn log_odds(of: &[&Features]) -> Vec<f32> {
    by_weights(&WEIGHTS_ALONE, of)
}

fn by_weights(weights: &Weights, of: &[&Features]) -> Vec<f32> {
    let mut found = Vec::with_capacity(of.len());
    for of in of.chunks(LANES) {
        // Of what is not full, the first is asked about again.
        let lanes = std::array::from_fn(|lane| *of.get(lane).unwrap_or(&of[0]));
        found.extend(&weights.log_odds(&lanes)[..of.len()]);
    }
    found
}

/// How likely definitions are needed by what is known of each alone.
pub(super) fn alone(all: &[Features]) -> Vec<f32> {
    let is_mentioned = |features: &Features| features[Feature::InBody as usize] > 0.0;
    let odds_of = |weights: &Weights, are_mentioned: bool| {
        let of: Vec<&Features> = all.iter().filter(|features| is_mentioned(features) == are_mentioned).collect();
        by_weights(weights, &of).into_iter()
    };
    let mut mentioned = odds_of(&WEIGHTS_MENTIONED, true);
    let mut others = odds_of(&WEIGHTS_ALONE, false);
    all.iter()
        .filter_map(|features| if is_mentioned(features) { mentioned.next() } else { others.next() })
        .map(likelihood)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gets_what_its_own_sum_says() {
        let all: Vec<Features> = (0..21_u8)
            .map(|number| {
                let mut features: Features = std::array::from_fn(|at| (at as f32 * 0.37 + f32::from(number)).sin());
                features[Feature::InBody as usize] = f32::from(number % 3 / 2);
                features
            })
            .collect();
        for (features, found) in all.iter().zip(alone(&all)) {
            let weights = if features[Feature::InBody as usize] > 0.0 { &MENTIONED } else { &ALONE };
            let sum: f32 = features.iter().zip(weights).map(|(feature, weight)| feature * weight).sum();
            assert_eq!(found.to_bits(), likelihood(sum).to_bits());
        }
    }
}
