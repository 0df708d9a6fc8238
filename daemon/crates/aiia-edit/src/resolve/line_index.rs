//! Finds rows of lines in a file by numbers that stand for the lines, in whatever form they are compared.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

/// The lines of a file, each as a number that equal lines share.
pub(crate) struct LineIndex<'t> {
    numbers: FxHashMap<Cow<'t, str>, u32>,
    /// The number of each line.
    lines: Vec<u32>,
    /// Where each number stands first.
    first: Vec<u32>,
    /// Where the number of a line stands next.
    next: Vec<u32>,
    /// How often each number stands.
    count: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl<'t> LineIndex<'t> {
    pub(crate) fn new(keys: impl ExactSizeIterator<Item = Cow<'t, str>>) -> Self {
        let total = keys.len();
        let mut index = Self {
            numbers: FxHashMap::with_capacity_and_hasher(total, rustc_hash::FxBuildHasher),
            lines: Vec::with_capacity(total),
            first: Vec::new(),
            next: vec![NONE; total],
            count: Vec::new(),
        };
        let mut last: Vec<u32> = Vec::new();
        for (line, key) in keys.enumerate() {
            let fresh = index.first.len() as u32;
            let number = *index.numbers.entry(key).or_insert(fresh);
            if number == fresh {
                index.first.push(line as u32);
                index.count.push(0);
                last.push(line as u32);
            } else {
                index.next[last[number as usize] as usize] = line as u32;
                last[number as usize] = line as u32;
            }
            index.count[number as usize] += 1;
            index.lines.push(number);
        }
        index
    }

    /// The lines that have this key, in order.
    pub(crate) fn lines_with(&self, key: &str) -> impl Iterator<Item = usize> {
        let first = self.numbers.get(key).map_or(NONE, |number| self.first[*number as usize]);
        let step = |line: &u32| Some(self.next[*line as usize]).filter(|next| *next != NONE);
        std::iter::successors((first != NONE).then_some(first), step).map(|line| line as usize)
    }

    /// Every line at which the wanted lines begin.
    pub(crate) fn places<'k>(&self, wanted: impl Iterator<Item = Cow<'k, str>>) -> Vec<usize> {
        let wanted: Option<Vec<u32>> = wanted.map(|key| self.numbers.get(key.as_ref()).copied()).collect();
        let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty() && wanted.len() <= self.lines.len()) else {
            return Vec::new();
        };
        let count = |number: &u32| self.count[*number as usize];
        let Some((offset, rarest)) = wanted.iter().enumerate().min_by_key(|(_, number)| count(number)) else {
            return Vec::new();
        };
        if count(rarest) as usize > 64 {
            return occurrences(&wanted, &self.lines);
        }
        let step = |line: &u32| Some(self.next[*line as usize]).filter(|next| *next != NONE);
        std::iter::successors(Some(self.first[*rarest as usize]), step)
            .filter_map(|line| (line as usize).checked_sub(offset))
            .filter(|start| self.lines.get(*start..*start + wanted.len()) == Some(&wanted[..]))
            .collect()
    }
}

/// All positions of `wanted` in `text`, also those that overlap, in linear time (Knuth, Morris, Pratt).
pub(super) fn occurrences<T: PartialEq>(wanted: &[T], text: &[T]) -> Vec<usize> {
    let fallback = borders(wanted);
    let mut found = Vec::new();
    let mut matched = 0;
    for (at, line) in text.iter().enumerate() {
        while matched > 0 && (matched == wanted.len() || *line != wanted[matched]) {
            matched = fallback[matched - 1];
        }
        if matched < wanted.len() && *line == wanted[matched] {
            matched += 1;
        }
        if matched == wanted.len() {
            found.push(at + 1 - wanted.len());
        }
    }
    found
}

/// For each beginning of `wanted` the length of what it begins and ends with, itself aside. Two places can overlap only if
/// there is such a part for the whole of it.
pub(super) fn borders<T: PartialEq>(wanted: &[T]) -> Vec<usize> {
    let mut borders = vec![0; wanted.len()];
    let mut matched = 0;
    for at in 1..wanted.len() {
        while matched > 0 && wanted[at] != wanted[matched] {
            matched = borders[matched - 1];
        }
        matched += usize::from(wanted[at] == wanted[matched]);
        borders[at] = matched;
    }
    borders
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(text: &str) -> Vec<Cow<'static, str>> {
        text.chars().map(|letter| Cow::Owned(letter.to_string())).collect()
    }

    proptest! {
        #[test]
        fn finds_every_place(wanted in "[abc]{1,4}", text in "[abc]{0,30}", repeated in 0_usize..4) {
            let text = text + &"a".repeat(repeated * 40);
            let (letters, all) = (wanted.as_bytes(), text.as_bytes());
            let expected: Vec<usize> = (0..all.len()).filter(|at| all[*at..].starts_with(letters)).collect();
            let index = LineIndex::new(keys(&text).into_iter());
            prop_assert_eq!(index.places(keys(&wanted).into_iter()), expected);
            let expected: Vec<usize> = (0..all.len()).filter(|at| all[*at] == b'a').collect();
            prop_assert_eq!(index.lines_with("a").collect::<Vec<_>>(), expected);
        }
    }
}
