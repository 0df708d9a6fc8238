//! The likelihood of a definition by boosted decision trees (Friedman, “Greedy function approximation: a gradient boosting
//! machine”, 2001), which `tests/bench/recall/fit.py` grows.

use super::features::{COUNT, Features};
use std::sync::LazyLock;

/// The first line is the base; every other line is a tree, its nodes between commas, the root first.
const SOURCE: &str = include_str!("forest.txt");

static FOREST: LazyLock<Forest> = LazyLock::new(|| Forest::parse(SOURCE).expect("the shipped forest is well-formed"));

enum Node {
    Fork { feature: usize, threshold: f32, below: usize, above: usize },
    Leaf(f32),
}

struct Forest {
    base: f32,
    trees: Vec<Vec<Node>>,
}

/// The log odds that a definition of these features is needed.
pub(crate) fn log_odds(features: &Features) -> f32 {
    FOREST.base + FOREST.trees.iter().map(|tree| answer(tree, features)).sum::<f32>()
}

fn answer(tree: &[Node], features: &Features) -> f32 {
    let mut at = 0;
    loop {
        match &tree[at] {
            Node::Leaf(value) => return *value,
            Node::Fork { feature, threshold, below, above } => {
                at = if features[*feature] <= *threshold { *below } else { *above };
            }
        }
    }
}

impl Forest {
    /// Nothing for a text that is not a forest over the features, or whose trees do not end.
    fn parse(source: &str) -> Option<Forest> {
        let mut lines = source.lines();
        let base = lines.next()?.parse().ok()?;
        let trees =
            lines.map(|line| line.split(',').map(node).collect::<Option<Vec<Node>>>()).collect::<Option<Vec<_>>>()?;
        let sound = trees.iter().all(|tree| {
            tree.iter().enumerate().all(|(at, node)| match node {
                Node::Leaf(_) => true,
                // Children stand behind their parent, so that every way through a tree ends.
                Node::Fork { feature, below, above, .. } => {
                    *feature < COUNT && [below, above].into_iter().all(|child| (at + 1..tree.len()).contains(child))
                }
            })
        });
        (sound && trees.iter().all(|tree| !tree.is_empty())).then_some(Forest { base, trees })
    }
}

fn node(text: &str) -> Option<Node> {
    let parts: Vec<&str> = text.split(' ').collect();
    match parts[..] {
        [value] => Some(Node::Leaf(value.parse().ok()?)),
        [feature, threshold, below, above] => Some(Node::Fork {
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

    #[test]
    fn the_shipped_forest_is_sound() {
        let forest = Forest::parse(SOURCE).expect("a forest");
        assert!(forest.trees.len() > 10);
        assert!(log_odds(&[0.0; COUNT]).is_finite());
    }

    #[test]
    fn a_tree_answers() {
        let forest = Forest::parse("0.5\n1 2.0 1 2,-1,3").unwrap();
        let mut features = [0.0; COUNT];
        assert!((answer(&forest.trees[0], &features) - -1.0).abs() < 1e-6);
        features[1] = 2.5;
        assert!((answer(&forest.trees[0], &features) - 3.0).abs() < 1e-6);
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
