//! The likelihood of a definition by boosted decision trees (Friedman, “Greedy function approximation: a gradient boosting
//! machine”, 2001), which `tests/bench/recall/fit.py` grows.

use super::features::{COUNT, Features};
use std::sync::LazyLock;

/// The first line is the base; every other line is a tree, its nodes between commas, the root first.
const SOURCE: &str = include_str!("forest.txt");
const SOURCE_AGAIN: &str = include_str!("again.txt");

static FOREST: LazyLock<Forest> = LazyLock::new(|| Forest::parse(SOURCE).expect("the shipped forest is well-formed"));
static AGAIN: LazyLock<Forest> =
    LazyLock::new(|| Forest::parse(SOURCE_AGAIN).expect("the shipped forest is well-formed"));

/// Trees of more leaves are refused: of each it is a bit whether it can still be the answer.
const MAX_LEAVES: usize = 32;

/// A question at a fork, and the leaves that are left where the answer is yes; where it is no, all are.
struct Fork {
    feature: usize,
    threshold: f32,
    above: u32,
}

/// A tree whose forks are all asked, in no particular order: the answer is that of the first leaf that no fork excludes (Lucchese et al.,
/// “`QuickScorer`: a fast algorithm to rank documents with additive ensembles of regression trees”, 2015). That takes more questions than
/// to go through the tree, but the same for all definitions, so that many are asked at once.
struct Tree {
    forks: Vec<Fork>,
    leaves: Vec<f32>,
}

struct Forest {
    base: f32,
    trees: Vec<Tree>,
}

/// So many definitions are asked about at once.
const LANES: usize = 16;

/// The features of so many definitions, those of one kind side by side.
type Rows = [[f32; LANES]; COUNT];

/// The log odds that definitions of these features are needed.
pub(crate) fn log_odds<'f>(of: impl Iterator<Item = &'f Features>) -> Vec<f32> {
    FOREST.answers(of)
}

/// What is to be added to them where it is known how likely the others are.
pub(crate) fn more<'f>(of: impl Iterator<Item = &'f Features>) -> Vec<f32> {
    AGAIN.answers(of)
}

impl Tree {
    fn answers(&self, rows: &Rows) -> [f32; LANES] {
        self.left(rows).map(|left| self.leaves.get(left.trailing_zeros() as usize).copied().unwrap_or_default())
    }

    /// The leaves that are left of each, as bits. Apart from what looks at each alone and without a branch, so that the compiler asks
    /// several at once.
    #[inline(never)]
    fn left(&self, rows: &Rows) -> [u32; LANES] {
        let mut left = [u32::MAX; LANES];
        for &Fork { feature, threshold, above } in &self.forks {
            for (left, value) in left.iter_mut().zip(&rows[feature]) {
                let is_over = u32::from(*value > threshold).wrapping_neg();
                *left &= above | !is_over;
            }
        }
        left
    }

    /// Nothing where a node is missing, or behind one that it leads to, or where there are too many leaves.
    fn of(nodes: &[Parsed]) -> Option<Tree> {
        let mut tree = Tree { forks: Vec::new(), leaves: Vec::new() };
        tree.add(nodes, 0)?;
        Some(tree)
    }

    /// Adds a node and what is behind it, from what is below to what is above.
    fn add(&mut self, nodes: &[Parsed], at: usize) -> Option<()> {
        match *nodes.get(at)? {
            Parsed::Leaf(value) => {
                self.leaves.push(value);
                (self.leaves.len() <= MAX_LEAVES).then_some(())
            }
            // Children stand behind their parent, so that every way through a tree ends.
            Parsed::Fork { feature, threshold, below, above } if feature < COUNT && below > at && above > at => {
                let first = self.leaves.len();
                self.add(nodes, below)?;
                let behind = self.leaves.len();
                let excluded = bits_under(behind) & !bits_under(first);
                self.forks.push(Fork { feature, threshold, above: !excluded });
                self.add(nodes, above)
            }
            Parsed::Fork { .. } => None,
        }
    }
}

/// The lowest so many bits.
fn bits_under(count: usize) -> u32 {
    if count >= MAX_LEAVES { u32::MAX } else { (1 << count) - 1 }
}

enum Parsed {
    Fork { feature: usize, threshold: f32, below: usize, above: usize },
    Leaf(f32),
}

impl Forest {
    fn answers<'f>(&self, of: impl Iterator<Item = &'f Features>) -> Vec<f32> {
        let of: Vec<&Features> = of.collect();
        let mut sums = vec![self.base; of.len()];
        let mut rows: Rows = [[0.0; LANES]; COUNT];
        for (of, sums) in of.chunks(LANES).zip(sums.chunks_mut(LANES)) {
            for (lane, features) in of.iter().enumerate() {
                rows.iter_mut().zip(*features).for_each(|(row, value)| row[lane] = *value);
            }
            for tree in &self.trees {
                for (sum, answer) in sums.iter_mut().zip(tree.answers(&rows)) {
                    *sum += answer;
                }
            }
        }
        sums
    }

    /// Nothing for a text that is not a forest over the features, or whose trees do not end.
    fn parse(source: &str) -> Option<Forest> {
        let mut lines = source.lines();
        let base = lines.next()?.parse().ok()?;
        let tree = |line: &str| Tree::of(&line.split(',').map(node).collect::<Option<Vec<Parsed>>>()?);
        Some(Forest { base, trees: lines.map(tree).collect::<Option<_>>()? })
    }
}

fn node(text: &str) -> Option<Parsed> {
    let parts: Vec<&str> = text.split(' ').collect();
    match parts[..] {
        [value] => Some(Parsed::Leaf(value.parse().ok()?)),
        [feature, threshold, below, above] => Some(Parsed::Fork {
            feature: feature.parse().ok()?,
            threshold: threshold.parse().ok()?,
            below: below.parse().ok()?,
            above: above.parse().ok()?,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(SOURCE)]
    #[case(SOURCE_AGAIN)]
    fn the_shipped_forests_are_sound(#[case] source: &str) {
        let forest = Forest::parse(source).expect("a forest");
        assert!(forest.trees.len() > 10);
        assert!(forest.answers([&[0.0; COUNT]].into_iter())[0].is_finite());
    }

    #[test]
    fn a_tree_answers() {
        let forest = Forest::parse("0.5\n1 2.0 1 2,-1,3").unwrap();
        let low = [0.0; COUNT];
        let mut high = low;
        high[1] = 2.5;
        let answers = forest.answers([&low, &high, &low, &high].into_iter());
        let expected = [-0.5_f32, 3.5, -0.5, 3.5];
        assert!(answers.iter().zip(expected).all(|(answer, expected)| (answer - expected).abs() < 1e-6));
    }

    /// The answer of a tree by going through it.
    fn walked(nodes: &[Parsed], features: &Features) -> f32 {
        let mut at = 0;
        loop {
            match nodes[at] {
                Parsed::Leaf(value) => return value,
                Parsed::Fork { feature, threshold, below, above } => {
                    at = if features[feature] > threshold { above } else { below };
                }
            }
        }
    }

    #[rstest]
    #[case(SOURCE)]
    #[case(SOURCE_AGAIN)]
    fn trees_answer_as_if_they_were_walked_through(#[case] source: &str) {
        let forest = Forest::parse(source).unwrap();
        let parsed: Vec<Vec<Parsed>> =
            source.lines().skip(1).map(|line| line.split(',').map(|text| node(text).unwrap()).collect()).collect();
        // Values at thresholds and around them, by a generator that is the same each time.
        let thresholds: Vec<(usize, f32)> = parsed
            .iter()
            .flatten()
            .filter_map(|node| match node {
                Parsed::Fork { feature, threshold, .. } => Some((*feature, *threshold)),
                Parsed::Leaf(_) => None,
            })
            .collect();
        let mut state = 1_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let all: Vec<Features> = (0..100)
            .map(|_| {
                let mut features = [0.0; COUNT];
                for _ in 0..300 {
                    let (feature, threshold) = thresholds[next(thresholds.len())];
                    features[feature] = [threshold, threshold - 0.1, threshold + 0.1, f32::NAN][next(4)];
                }
                features
            })
            .collect();
        for (features, answer) in all.iter().zip(forest.answers(all.iter())) {
            let expected = parsed.iter().fold(forest.base, |sum, nodes| sum + walked(nodes, features));
            assert_eq!(answer.to_bits(), expected.to_bits());
        }
    }

    /// A tree of so many leaves, one at each fork.
    fn chain(leaves: usize) -> String {
        let forks: Vec<String> = (1..leaves).map(|fork| format!("0 0.5 {} {}", 2 * fork - 1, 2 * fork)).collect();
        format!("0\n{},1,1", forks.join(",1,"))
    }

    #[test]
    fn as_many_leaves_as_bits_are_taken() {
        let forest = Forest::parse(&chain(MAX_LEAVES)).unwrap();
        assert_eq!(forest.trees[0].leaves.len(), MAX_LEAVES);
        assert!((forest.answers([&[1.0; COUNT]].into_iter())[0] - 1.0).abs() < 1e-6);
    }

    #[rstest]
    #[case("")]
    #[case("x\n1")]
    #[case("0\n1 2.0 0 1,1")]
    #[case("0\n1 2.0 1 2,1")]
    #[case("0\n999 2.0 1 2,1,1")]
    #[case(&chain(MAX_LEAVES + 1))]
    fn refuses_what_does_not_end(#[case] source: &str) {
        assert!(Forest::parse(source).is_none());
    }
}
