//! The last resort for a passage that is not in the file to the letter: the quote has a typo, lacks lines or has some too many.
//!
//! What the edit changes must stand in the file word for word; so must, where it only adds lines, the lines beside it. From each place
//! where the rarest of that stands, the quote is laid along the file. The lines that the edit does not change stay as the file has
//! them. Nothing is taken when two places are much alike, or when another place is more like the quote.

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::indent::{Reindent, Style};
use super::view::FileView;
use super::{Change, nearest, passage};
use crate::lines::{Line, lines};
use crate::parse::Reading;
use crate::tolerance::Tolerance;

/// The fewest lines that make a quote.
const LEAST_LINES: usize = 3;
/// Of the lines quoted, so many in a hundred must be in the file, and so many fewer at any other place.
const LEAST_SHARE: usize = 60;
const MARGIN: usize = 30;
/// Lines that occur more often tell nothing about the place.
const MAX_OCCURRENCES: usize = 20;
/// The most lines of quotes that are compared, over all places.
const MAX_COMPARED: usize = 20_000;
/// How much alike two lines are of which one is the other with a typo.
const ALIKE: f64 = 0.75;
/// More lines in a row are not taken for lines with typos.
const MAX_TYPOS: usize = 4;

/// The change, if there is one place for it.
pub(super) fn find(reading: &Reading, file: &FileView) -> Option<Change> {
    let quote = Quote::new(reading);
    if quote.said(0..quote.old.len()) < LEAST_LINES {
        return None;
    }
    let (anchor, starts) =
        quote.anchors().filter_map(|anchor| Some((anchor.clone(), quote.stands(anchor, file)?))).min_by_key(
            // What changes says more about the place than what stands beside it.
            |(anchor, starts)| (starts.len(), std::cmp::Reverse(anchor.len())),
        )?;
    if starts.len() * quote.old.len() > MAX_COMPARED {
        return None;
    }
    let real: Vec<&str> = file.lines.iter().map(Line::trimmed).collect();
    let mut laid: Vec<(usize, usize, Change)> = starts
        .iter()
        .filter_map(|start| {
            let places = quote.laid(&anchor, *start, &real);
            let share = quote.share(&places);
            let change = (share >= LEAST_SHARE).then(|| quote.change(&places, &real, file)).flatten()?;
            Some((share, *start, change))
        })
        .collect();
    laid.sort_by_key(|(share, start, _)| (std::cmp::Reverse(*share), *start));
    let best = laid.first()?.0;
    laid.retain(|(share, ..)| share + MARGIN > best);
    let chosen = if laid.len() > 1 {
        let ranges: Vec<Range<usize>> = laid.iter().map(|(.., change)| change.range.clone()).collect();
        let firsts: Vec<usize> = laid.iter().map(|(_, start, _)| start.saturating_sub(anchor.start)).collect();
        passage::only_meant(&ranges, &firsts, 0, reading, file).ok()?.0
    } else {
        0
    };
    let (_, start, mut change) = laid.swap_remove(chosen);
    quote.is_nowhere_better(start as isize - anchor.start as isize, file).then_some(())?;
    change.tolerances.push(Tolerance::Quote);
    Some(change)
}

/// A quote and what becomes of it.
struct Quote<'t> {
    old: Vec<Line<'t>>,
    new: Vec<Line<'t>>,
    /// The old lines without blanks around them.
    keys: Vec<&'t str>,
    /// What changes: old lines, and the new ones in their place.
    edits: Vec<(Range<usize>, Range<usize>)>,
}

/// For each line of a quote, the line of the file that it is.
type Places = Vec<Option<usize>>;

impl<'t> Quote<'t> {
    fn new(reading: &'t Reading) -> Self {
        let (old, new) = (lines(&reading.old), lines(&reading.new));
        // What only changes its indentation changes.
        let exact = |lines: &[Line<'t>]| lines.iter().map(Line::right_trimmed).collect::<Vec<_>>();
        let edits = capture_diff_slices(Algorithm::Myers, &exact(&old), &exact(&new))
            .iter()
            .filter(|op| !matches!(op, DiffOp::Equal { .. }))
            .map(|op| (op.old_range(), op.new_range()))
            .collect();
        let keys = old.iter().map(Line::trimmed).collect();
        Self { old, new, keys, edits }
    }

    /// How many lines of a range are not blank.
    fn said(&self, range: Range<usize>) -> usize {
        self.keys[range].iter().filter(|key| !key.is_empty()).count()
    }

    fn above(&self, line: usize) -> Option<usize> {
        (0..line).rev().find(|index| !self.keys[*index].is_empty())
    }

    fn below(&self, line: usize) -> Option<usize> {
        (line..self.keys.len()).find(|index| !self.keys[*index].is_empty())
    }

    /// The lines of the quote that must stand in the file, for each edit: those that it changes, or else those that it comes between.
    fn anchors(&self) -> impl Iterator<Item = Range<usize>> {
        self.edits.iter().flat_map(|(old, _)| {
            let beside = |line: Option<usize>| line.map(|line| line..line + 1);
            let (above, below) = (self.above(old.start), self.below(old.end));
            if self.said(old.clone()) > 0 {
                vec![old.clone()]
            } else {
                let between = above.zip(below).map(|(above, below)| above..below + 1);
                [between, beside(above), beside(below)].into_iter().flatten().collect()
            }
        })
    }

    /// Where lines of the quote stand in the file; nothing when nowhere.
    fn stands(&self, anchor: Range<usize>, file: &FileView) -> Option<Vec<usize>> {
        let starts = file.trimmed_index().places(self.keys[anchor].iter().map(|key| (*key).into()));
        (!starts.is_empty()).then_some(starts)
    }

    /// Lays the quote along the file, with the anchor at a place.
    fn laid(&self, anchor: &Range<usize>, start: usize, real: &[&str]) -> Places {
        let slack = self.old.len() / 3 + 3;
        let mut places: Places = vec![None; self.old.len()];
        for index in anchor.clone() {
            places[index] = Some(start + index - anchor.start);
        }
        let end = start + anchor.len();
        let before = start.saturating_sub(anchor.start + slack)..start;
        let after = end..(end + self.old.len() - anchor.end + slack).min(real.len());
        for (part, window) in [(0..anchor.start, before), (anchor.end..self.old.len(), after)] {
            // The half above is laid from the anchor upwards, so that of equal lines the nearest are taken.
            let upwards = part.start == 0 && part.end == anchor.start;
            let order =
                |range: Range<usize>| -> Vec<usize> { if upwards { range.rev().collect() } else { range.collect() } };
            let (quoted, found) = (order(part), order(window));
            let old: Vec<&str> = quoted.iter().map(|index| self.keys[*index]).collect();
            let there: Vec<&str> = found.iter().map(|line| real[*line]).collect();
            for op in capture_diff_slices(Algorithm::Myers, &old, &there) {
                if let DiffOp::Equal { old_index, new_index, len } = op {
                    for step in 0..len {
                        places[quoted[old_index + step]] = Some(found[new_index + step]);
                    }
                }
            }
        }
        self.add_typos(&mut places, real);
        places
    }

    /// Between lines that were found, as many that were not are taken for those that stand there when they are much alike.
    fn add_typos(&self, places: &mut Places, real: &[&str]) {
        let missing = |places: &Places, index: usize| places[index].is_none() && !self.keys[index].is_empty();
        let mut index = 0;
        while index < places.len() {
            if !missing(places, index) {
                index += 1;
                continue;
            }
            let gap: Vec<usize> = (index..places.len())
                .take_while(|index| places[*index].is_none() || self.keys[*index].is_empty())
                .filter(|index| missing(places, *index))
                .collect();
            let last = gap.last().copied().unwrap_or(index);
            let before = (0..index).rev().find_map(|index| places[index].filter(|_| !self.keys[index].is_empty()));
            let after =
                (last + 1..places.len()).find_map(|index| places[index].filter(|_| !self.keys[index].is_empty()));
            let said = |line: &usize| !real[*line].is_empty();
            let there: Vec<usize> = match (before, after) {
                (Some(before), Some(after)) if before < after => (before + 1..after).filter(said).collect(),
                (None, Some(after)) => {
                    let mut above: Vec<usize> = (0..after).rev().filter(said).take(gap.len()).collect();
                    above.reverse();
                    above
                }
                (Some(before), None) => (before + 1..real.len()).filter(said).take(gap.len()).collect(),
                _ => Vec::new(),
            };
            if gap.len() == there.len() && gap.len() <= MAX_TYPOS {
                for (quoted, line) in gap.iter().zip(there) {
                    if nearest::alike(self.keys[*quoted], real[line]) >= ALIKE {
                        places[*quoted] = Some(line);
                    }
                }
            }
            index = last + 1;
        }
    }

    /// Of the lines that are not blank, how many in a hundred were found.
    fn share(&self, places: &Places) -> usize {
        let found = (0..places.len()).filter(|index| !self.keys[*index].is_empty() && places[*index].is_some()).count();
        found * 100 / self.said(0..self.old.len()).max(1)
    }

    /// Whether no other part of the file has as many of the lines as the one at this offset.
    fn is_nowhere_better(&self, offset: isize, file: &FileView) -> bool {
        let index = file.trimmed_index();
        let mut votes: HashMap<isize, usize> = HashMap::new();
        for (number, key) in self.keys.iter().enumerate().filter(|(_, key)| !key.is_empty()) {
            for line in index.lines_with(key).take(MAX_OCCURRENCES + 1) {
                *votes.entry(line as isize - number as isize).or_default() += 1;
            }
        }
        // Lines that are missing or too many shift the rest a little.
        let near = |offset: isize| -> usize { (offset - 2..=offset + 2).filter_map(|near| votes.get(&near)).sum() };
        let here = near(offset);
        !votes.keys().any(|other| (other - offset).unsigned_abs() > 4 && near(*other) >= here)
    }

    /// The change at these places, if each edit has its lines there.
    fn change(&self, places: &Places, real: &[&str], file: &FileView) -> Option<Change> {
        let (written, found): (Vec<&str>, Vec<&str>) = (0..self.old.len())
            .filter_map(|index| Some((self.old[index].content, file.lines[places[index]?].content)))
            .unzip();
        let way = Reindent::infer(&written, &found)?;
        let style = Style::of(self.old.iter().chain(&self.new).map(|line| line.content));
        let mut edits = Vec::new();
        for (old, new) in &self.edits {
            let range = self.place_of(old.clone(), places, real)?;
            let text: Vec<String> = self.new[new.clone()]
                .iter()
                .map(|line| match way {
                    Reindent::Same => line.content.to_owned(),
                    _ => way.apply(line.content, false, style, file.style()),
                })
                .collect();
            edits.push((range, text));
        }
        let (first, last) = (edits.first()?.0.start, edits.last()?.0.end);
        let mut text = String::new();
        let mut at = first;
        for (range, lines) in edits {
            if range.start < at {
                return None;
            }
            file.lines[at..range.start].iter().for_each(|line| text.push_str(&file.text[line.start..line.end()]));
            for line in lines {
                text.push_str(&line);
                text.push_str(file.eol);
            }
            at = range.end;
        }
        let byte = |line: usize| file.lines.get(line).map_or(file.text.len(), |line| line.start);
        // The last line of the file may have no break to take over or to add after.
        let whole = last < file.lines.len() || file.text.ends_with('\n');
        whole.then(|| Change { range: byte(first)..byte(last), new_text: text, tolerances: Vec::new() })
    }

    /// The lines of the file that a range of the quote is.
    fn place_of(&self, range: Range<usize>, places: &Places, real: &[&str]) -> Option<Range<usize>> {
        let (above, below) = (self.above(range.start), self.below(range.end));
        let only_blanks = |from: usize, to: usize| from <= to && real[from..to].iter().all(|line| line.is_empty());
        if range.is_empty() {
            // An insertion belongs between its two neighbours, with as many blank lines between them as were quoted.
            return match (above, below) {
                (Some(above), Some(below)) => {
                    let (first, second) = (places[above]?, places[below]?);
                    let as_quoted = second.checked_sub(first) == Some(below - above) && only_blanks(first + 1, second);
                    let place = first + (range.start - above);
                    as_quoted.then_some(place..place)
                }
                (Some(above), None) if above + 1 == range.start => places[above].map(|line| line + 1..line + 1),
                (None, Some(below)) if below == range.start => places[below].map(|line| line..line),
                _ => None,
            };
        }
        let start = places[range.start]?;
        let contiguous = range
            .clone()
            .enumerate()
            .all(|(step, index)| places[index] == Some(start + step) && self.keys[index] == real[start + step]);
        contiguous.then_some(start..start + range.len())
    }
}
