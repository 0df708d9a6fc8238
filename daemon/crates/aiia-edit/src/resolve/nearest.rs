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
        let mut longest = Pairs::of(longest);
        let mut nearest: Option<(f64, usize)> = None;
        for (number, line) in file.lines.iter().take(LINES_COMPARED).enumerate() {
            let least = nearest.map_or(0.5, |(score, _)| score);
            let score = longest.likeness(line.trimmed(), least);
            if score >= 0.5 && nearest.is_none_or(|(best, _)| score > best) {
                nearest = Some((score, number));
            }
        }
        nearest.map(|(_, number)| number)
    };
    start.map_or_else(Vec::new, |start| (start + 1..=(start + LINES_SHOWN).min(file.lines.len())).collect())
}

/// Of so many names likenesses are looked for.
const MAX_WANTED: usize = 16;

/// The names that come nearest to `wanted`, best first.
pub(super) fn names_near<'n>(wanted: &[&str], names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut seen = HashSet::new();
    let wanted = &wanted[..wanted.len().min(MAX_WANTED)];
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
pub(crate) fn shortened(line: &str) -> String {
    let mut text: String = line.chars().take(120).collect();
    if text.len() < line.len() {
        text.push('…');
    }
    text
}

/// How much alike two lines are, 0 to 1.
pub(super) fn alike(one: &str, other: &str) -> f64 {
    Pairs::of(one).likeness(other, 0.0)
}

/// Share of letters two names have in common in the same order, 0 to 1.
fn likeness(one: &str, other: &str) -> f32 {
    let letters = |name: &str| name.to_lowercase().chars().take(60).collect::<Vec<char>>();
    let (one, other) = (letters(one), letters(other));
    diff_ratio(&capture_diff_slices(Algorithm::Myers, &one, &other), one.len(), other.len())
}

/// The pairs of letters of a line, counted by a hash of them.
struct Pairs {
    counts: Box<[u16; PAIR_KINDS]>,
    total: usize,
}

const PAIR_KINDS: usize = 1024;
/// So many letters of a line are compared.
const LETTERS_COMPARED: usize = 200;

impl Pairs {
    fn of(line: &str) -> Self {
        let mut counts = Box::new([0_u16; PAIR_KINDS]);
        let mut total = 0;
        pairs(line, |kind| {
            counts[kind] += 1;
            total += 1;
        });
        Self { counts, total }
    }

    /// Share of letter pairs in common (Dice), 0 to 1; 0 where it is clear from the lengths that it is less than `least`.
    fn likeness(&mut self, line: &str, least: f64) -> f64 {
        // A line has fewer pairs than bytes, and no more in common than it has.
        if self.total == 0 || 2.0 * line.len() as f64 / ((self.total + line.len()) as f64) < least {
            return 0.0;
        }
        let mut total = 0_usize;
        let mut common = [0_u16; LETTERS_COMPARED];
        let mut taken = 0;
        let counts = &mut self.counts;
        pairs(line, |kind| {
            total += 1;
            if counts[kind] > 0 {
                counts[kind] -= 1;
                common[taken] = kind as u16;
                taken += 1;
            }
        });
        for kind in &common[..taken] {
            self.counts[usize::from(*kind)] += 1;
        }
        2.0 * taken as f64 / (self.total + total) as f64
    }
}

fn pairs(line: &str, mut each: impl FnMut(usize)) {
    let mut previous: Option<u32> = None;
    for letter in line.chars().filter(|letter| !letter.is_whitespace()).take(LETTERS_COMPARED) {
        let letter = u32::from(letter);
        if let Some(previous) = previous {
            each((previous.wrapping_mul(0x9E37_79B1) ^ letter.wrapping_mul(0x85EB_CA77)) as usize % PAIR_KINDS);
        }
        previous = Some(letter);
    }
}
