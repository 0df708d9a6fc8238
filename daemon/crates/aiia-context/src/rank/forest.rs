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

/// A fork, or a leaf: one that leads to itself.
#[derive(Clone, Copy)]
struct Node {
    feature: u32,
    threshold: f32,
    /// The node for what is not over the threshold; that for what is over it is the next.
    below: u32,
    /// The answer of a leaf.
    value: f32,
}

struct Tree {
    nodes: Vec<Node>,
    /// The longest way from the root to a leaf.
    depth: usize,
}

struct Forest {
    base: f32,
    trees: Vec<Tree>,
}

/// So many are asked of a tree at once: their ways through it do not depend on each other.
const LANES: usize = 8;

/// The log odds that definitions of these features are needed.
pub(crate) fn log_odds<'f>(of: impl Iterator<Item = &'f Features>) -> Vec<f32> {
    FOREST.answers(of)
}

/// What is to be added to them where it is known how likely the others are.
pub(crate) fn more<'f>(of: impl Iterator<Item = &'f Features>) -> Vec<f32> {
    AGAIN.answers(of)
}

impl Tree {
    fn answers(&self, lanes: &[&Features; LANES]) -> [f32; LANES] {
        let mut at = [0_usize; LANES];
        for _ in 0..self.depth {
            for (at, features) in at.iter_mut().zip(lanes) {
                let node = &self.nodes[*at];
                *at = node.below as usize + usize::from(features[node.feature as usize] > node.threshold);
            }
        }
        at.map(|at| self.nodes[at].value)
    }

    /// The nodes with the two a fork leads to side by side; nothing where one is behind a node it leads to, or missing.
    fn laid_out(nodes: &[Parsed]) -> Option<Tree> {
        let mut tree = Tree { nodes: vec![Node { feature: 0, threshold: 0.0, below: 0, value: 0.0 }], depth: 0 };
        let mut open = vec![(0, 0, 0)];
        while let Some((parsed, place, depth)) = open.pop() {
            tree.depth = tree.depth.max(depth);
            tree.nodes[place] = match *nodes.get(parsed)? {
                Parsed::Leaf(value) => Node { feature: 0, threshold: f32::INFINITY, below: place as u32, value },
                // Children stand behind their parent, so that every way through a tree ends.
                Parsed::Fork { feature, threshold, below, above }
                    if feature < COUNT && below > parsed && above > parsed =>
                {
                    let next = tree.nodes.len();
                    tree.nodes.extend([tree.nodes[0]; 2]);
                    open.extend([(below, next, depth + 1), (above, next + 1, depth + 1)]);
                    Node { feature: feature as u32, threshold, below: next as u32, value: 0.0 }
                }
                Parsed::Fork { .. } => return None,
            };
        }
        Some(tree)
    }
}

enum Parsed {
    Fork { feature: usize, threshold: f32, below: usize, above: usize },
    Leaf(f32),
}

impl Forest {
    fn answers<'f>(&self, of: impl Iterator<Item = &'f Features>) -> Vec<f32> {
        let of: Vec<&Features> = of.collect();
        let mut sums = vec![self.base; of.len()];
        for (of, sums) in of.chunks(LANES).zip(sums.chunks_mut(LANES)) {
            // A chunk that is not full asks the first again.
            let lanes: [&Features; LANES] = std::array::from_fn(|lane| *of.get(lane).unwrap_or(&of[0]));
            for tree in &self.trees {
                for (sum, answer) in sums.iter_mut().zip(tree.answers(&lanes)) {
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
        let tree = |line: &str| Tree::laid_out(&line.split(',').map(node).collect::<Option<Vec<Parsed>>>()?);
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
        let answers = forest.trees[0].answers(&[&low, &high, &low, &low, &low, &low, &low, &high]);
        let expected = [-1.0_f32, 3.0, -1.0, -1.0, -1.0, -1.0, -1.0, 3.0];
        assert!(answers.iter().zip(expected).all(|(answer, expected)| (answer - expected).abs() < 1e-6));
    }

    #[rstest]
    #[case("")]
    #[case("x\n1")]
    #[case("0\n1 2.0 0 1,1")]
    #[case("0\n1 2.0 1 2,1")]
    #[case("0\n999 2.0 1 2,1,1")]
    fn refuses_what_does_not_end(#[case] source: &str) {
        assert!(Forest::parse(source).is_none());
    }
}
