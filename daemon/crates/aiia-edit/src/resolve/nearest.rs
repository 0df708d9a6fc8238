//! The real lines and names that come nearest to what a reply meant, for error messages.

use std::collections::HashSet;

use similar::{Algorithm, capture_diff_slices, diff_ratio};

use super::view::FileView;
use crate::lines::Line;

const LINES_SHOWN: usize = 3;
/// Comparing letter by letter is only done for this much of a file.
const LINES_COMPARED: usize = 20_000;

/// 1-based numbers of up to three consecutive lines that come nearest to `wanted`.
pub(super) fn lines_near(wanted: &[Line], file: &FileView) -> Vec<usize> {
    let wanted_set: HashSet<&str> = wanted.iter().map(Line::trimmed).filter(|line| line.len() > 2).collect();
    let hits: Vec<usize> = file.lines.iter().map(|line| usize::from(wanted_set.contains(line.trimmed()))).collect();
    let width = wanted.len().clamp(1, hits.len().max(1));
    let mut sum: usize = hits.iter().take(width).sum();
    let mut best = (sum, 0);
    for at in width..hits.len() {
        sum = sum + hits[at] - hits[at - width];
        if sum > best.0 {
            best = (sum, at + 1 - width);
        }
    }
    let start = if best.0 > 0 {
        (best.1..hits.len()).find(|at| hits[*at] > 0)
    } else {
        let longest = wanted.iter().map(Line::trimmed).max_by_key(|line| line.len()).unwrap_or("");
        file.lines
            .iter()
            .take(LINES_COMPARED)
            .enumerate()
            .map(|(number, line)| (similarity(longest, line.trimmed()), number))
            .filter(|(score, _)| *score >= 0.5)
            .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)))
            .map(|(_, number)| number)
    };
    start.map_or_else(Vec::new, |start| (start + 1..=(start + LINES_SHOWN).min(file.lines.len())).collect())
}

/// The names that come nearest to `wanted`, best first.
pub(super) fn names_near<'n>(wanted: &[&str], names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut seen = HashSet::new();
    let mut scored: Vec<(f32, &str)> = names
        .filter(|name| seen.insert(*name))
        .map(|name| {
            let score = wanted.iter().map(|other| likeness(name, other)).fold(0.0, f32::max);
            (score, name)
        })
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    scored.into_iter().take(5).map(|(_, name)| name).collect()
}

/// A line cut to what a message can hold.
pub(super) fn shortened(line: &str) -> String {
    let mut text: String = line.chars().take(120).collect();
    if text.len() < line.len() {
        text.push('…');
    }
    text
}

/// Share of letters two names have in common in the same order, 0 to 1.
fn likeness(one: &str, other: &str) -> f32 {
    let letters = |name: &str| name.to_lowercase().chars().take(60).collect::<Vec<char>>();
    let (one, other) = (letters(one), letters(other));
    diff_ratio(&capture_diff_slices(Algorithm::Myers, &one, &other), one.len(), other.len())
}

/// Share of letter pairs two texts have in common (Dice), 0 to 1.
fn similarity(one: &str, other: &str) -> f64 {
    let pairs = |text: &str| -> Vec<(char, char)> {
        let letters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).take(200).collect();
        let mut pairs: Vec<_> = letters.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pairs.sort_unstable();
        pairs
    };
    let (one, other) = (pairs(one), pairs(other));
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < one.len() && j < other.len() {
        match one[i].cmp(&other[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    2.0 * f64::from(common) / (one.len() + other.len()) as f64
}
