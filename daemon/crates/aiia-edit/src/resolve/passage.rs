//! Finds the passage a search/replace block means and builds what replaces it.
//!
//! Matching goes by whole lines, from exact to ever looser forms. The first form in which anything
//! matches decides: one place is the answer, several are ambiguous. Lines the block does not change are
//! taken over from the file byte for byte, however loosely they matched.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::canonical::{canonical, has_variants};
use super::indent::{Reindent, Style};
use super::nearest;
use super::view::FileView;
use super::{Change, anchor};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, line_index, lines};
use crate::parse::Reading;
use crate::tolerance::Tolerance;

/// The change of one reading of a block in one file; nothing when its text is not there.
pub(super) fn find(reading: &Reading, file: &FileView) -> Result<Option<Change>, Complaint> {
    let all_old = lines(&reading.old);
    let all_new = lines(&reading.new);
    if all_old.iter().all(Line::is_blank) {
        return fill_empty(&all_new, file).map(Some);
    }
    let trimmed = (without_blank_edges(&all_old), without_blank_edges(&all_new));
    if let Some(place) = to_the_letter(&reading.old, file) {
        return Ok(Some(Change { range: place, new_text: exact_replacement(&all_new, file), tolerances: Vec::new() }));
    }
    let canonical_differs = has_variants(&reading.old) || file.has_variants();
    for form in FORMS.iter().filter(|form| !form.canonical || canonical_differs) {
        let (old, new) = if form.trim_edges { trimmed } else { (&all_old[..], &all_new[..]) };
        let places = form.places(old, file);
        let Some(mut place) = places.first().copied() else {
            continue;
        };
        let mut tolerances = Vec::new();
        if places.len() > 1 {
            let ranges: Vec<Range<usize>> = places.iter().map(|at| range(&file.lines[*at..at + old.len()])).collect();
            let leading = if form.trim_edges { all_old.iter().take_while(|line| line.is_blank()).count() } else { 0 };
            let (chosen, tolerance) = only_meant(&ranges, &places, leading, reading, file)?;
            place = places[chosen];
            tolerances.push(tolerance);
        }
        let real = &file.lines[place..place + old.len()];
        form.record(old, real, old.len() != all_old.len(), &mut tolerances);
        let Some(way) = form.way(old, real) else { continue };
        return Ok(Some(Change {
            range: range(real),
            new_text: replacement(old, new, real, &way, form.canonical, file),
            tolerances,
        }));
    }
    Ok(None)
}

/// Which of several places that fit equally is meant, and what says so: the selection, the line number, the lines named above
/// it, or that it ends the file. `lines` are the lines that the places begin at, `leading` blank lines of the quote above.
pub(super) fn only_meant(
    places: &[Range<usize>],
    lines: &[usize],
    leading: usize,
    reading: &Reading,
    file: &FileView,
) -> Result<(usize, Tolerance), Complaint> {
    let only = |test: &dyn Fn(usize) -> bool| {
        let mut fitting = (0..places.len()).filter(|place| test(*place));
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    };
    let named = reading.line.map(|line| (line + leading).saturating_sub(1));
    let by_number = named.and_then(|named| only(&|place| lines[place] == named));
    let by_anchor =
        anchor::block(&reading.anchors, file).and_then(|block| only(&|place| block.contains(&lines[place])));
    let by_end = if reading.at_end { only(&|place| file.text[places[place].end..].trim().is_empty()) } else { None };
    let chosen = file.only_one_in_focus(places).and_then(|chosen| places.iter().position(|range| range == chosen));
    // What the reply says in words counts more than what was selected; numbers are often wrong, so that they decide against nothing.
    let said = by_anchor.or(by_end);
    let contradicts = |number: usize| [said, chosen].into_iter().flatten().any(|other| other != number);
    if by_number.is_some_and(contradicts) {
        return Err(ambiguous(lines, file));
    }
    if let Some(chosen) = chosen.filter(|chosen| said.is_none_or(|said| said == *chosen)) {
        return Ok((chosen, Tolerance::Selection));
    }
    if let Some(chosen) = by_number {
        return Ok((chosen, Tolerance::LineNumber));
    }
    if let Some(chosen) = said {
        return Ok((chosen, Tolerance::Anchor));
    }
    Err(ambiguous(lines, file))
}

/// The one place of whole lines that are exactly these, line breaks included. It is a short cut: what it cannot tell at once
/// (several places, a last line without a break, mixed line breaks) it leaves to the forms.
fn to_the_letter(old: &str, file: &FileView) -> Option<Range<usize>> {
    if !old.ends_with('\n') || !file.text.ends_with('\n') || file.has_carriage_returns() || old.contains('\r') {
        return None;
    }
    let bytes = file.text.as_bytes();
    let begins_line = |at: &usize| *at == file.mark || at.checked_sub(1).is_some_and(|before| bytes[before] == b'\n');
    let mut places = memchr::memmem::find_iter(&bytes[file.mark..], old).map(|at| at + file.mark).filter(begins_line);
    let start = places.next()?;
    // Places that overlap are not found twice by this, so lines that repeat themselves are left to the forms.
    let first_line = old.split_inclusive('\n').next()?;
    let repeats = old[first_line.len()..].contains(first_line);
    (!repeats && places.next().is_none()).then(|| start..start + old.len())
}

/// The new lines where the old ones stand to the letter and every line ends in the same way.
fn exact_replacement(new: &[Line], file: &FileView) -> String {
    new.iter().flat_map(|line| [line.content, file.eol]).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Indent {
    Kept,
    KeptButLineEnds,
    Any,
}

/// A degree of looseness.
#[derive(Clone, Copy)]
struct Form {
    indent: Indent,
    trim_edges: bool,
    canonical: bool,
}

/// So many times a line is looked at where it stands.
const MAX_HITS: usize = 64;

const FORMS: &[Form] = &[
    Form { indent: Indent::Kept, trim_edges: false, canonical: false },
    Form { indent: Indent::KeptButLineEnds, trim_edges: false, canonical: false },
    Form { indent: Indent::KeptButLineEnds, trim_edges: true, canonical: false },
    Form { indent: Indent::Any, trim_edges: true, canonical: false },
    Form { indent: Indent::KeptButLineEnds, trim_edges: true, canonical: true },
    Form { indent: Indent::Any, trim_edges: true, canonical: true },
];

impl Form {
    fn bare<'t>(self, line: &Line<'t>) -> &'t str {
        match self.indent {
            Indent::Kept | Indent::KeptButLineEnds => line.right_trimmed(),
            Indent::Any => line.trimmed(),
        }
    }

    fn key<'t>(self, line: &Line<'t>) -> Cow<'t, str> {
        let text = self.bare(line);
        if !self.canonical {
            return text.into();
        }
        match (canonical(text), self.indent) {
            (Cow::Borrowed(text), _) => text.into(),
            (Cow::Owned(text), Indent::Any) => text.trim().to_owned().into(),
            (Cow::Owned(text), _) => text.trim_end().to_owned().into(),
        }
    }

    /// The lines at which the passage may begin.
    fn places(self, old: &[Line], file: &FileView) -> Vec<usize> {
        if old.is_empty() || old.len() > file.lines.len() {
            return Vec::new();
        }
        let keys: Vec<Cow<str>> = old.iter().map(|line| self.key(line)).collect();
        let quickly = if self.canonical && file.has_variants() { None } else { self.places_of_longest(&keys, file) };
        let mut places = quickly.unwrap_or_else(|| {
            let index = file.index(self.indent == Indent::Any, self.canonical, |line| self.key(line));
            index.places(keys.into_iter())
        });
        match self.indent {
            Indent::Kept => {
                places.retain(|at| old.iter().zip(&file.lines[*at..]).all(|(one, other)| one.content == other.content));
            }
            Indent::KeptButLineEnds => {}
            Indent::Any => places.retain(|at| self.way(old, &file.lines[*at..*at + old.len()]).is_some()),
        }
        places
    }

    /// The lines at which the keys begin, found by a search of the text for the longest of them, without an index of all lines.
    /// Nothing when it stands too often to tell. The form must be one that leaves the lines of this file as they are.
    fn places_of_longest(self, keys: &[Cow<str>], file: &FileView) -> Option<Vec<usize>> {
        let (offset, longest) = keys.iter().enumerate().max_by_key(|(_, key)| key.len())?;
        if longest.is_empty() {
            return None;
        }
        let mut found = Vec::new();
        let mut hits = memchr::memmem::find_iter(&file.text.as_bytes()[file.mark..], longest.as_bytes());
        for hit in hits.by_ref().take(MAX_HITS) {
            let line = line_index(&file.lines, file.mark + hit);
            let Some(first) = line.checked_sub(offset) else { continue };
            let fits = |part: &[Line]| part.iter().zip(keys).all(|(line, key)| self.bare(line) == key.as_ref());
            if file.lines.get(first..first + keys.len()).is_some_and(fits) && found.last() != Some(&first) {
                found.push(first);
            }
        }
        hits.next().is_none().then_some(found)
    }

    /// How the indentation goes over from the reply to the file.
    fn way(self, old: &[Line], real: &[Line]) -> Option<Reindent> {
        if self.indent != Indent::Any {
            return Some(Reindent::Same);
        }
        let written: Vec<&str> = old.iter().map(|line| line.content).collect();
        let real: Vec<&str> = real.iter().map(|line| line.content).collect();
        Reindent::infer(&written, &real)
    }

    fn record(self, old: &[Line], real: &[Line], edges_differ: bool, tolerances: &mut Vec<Tolerance>) {
        if old.iter().zip(real).any(|(one, other)| !other.ending.is_empty() && one.ending != other.ending) {
            tolerances.push(Tolerance::LineEndings);
        }
        let line_ends = |line: &Line| line.content.len() - line.right_trimmed().len();
        if old.iter().zip(real).any(|(one, other)| line_ends(one) != line_ends(other)) {
            tolerances.push(Tolerance::TrailingBlanks);
        }
        if self.trim_edges && edges_differ {
            tolerances.push(Tolerance::BlankLines);
        }
        if self.indent == Indent::Any && self.way(old, real) != Some(Reindent::Same) {
            tolerances.push(Tolerance::Indentation);
        }
        if self.canonical {
            tolerances.push(Tolerance::UnicodeForms);
        }
    }
}

fn right_trimmed<'t>(lines: &[Line<'t>]) -> Vec<&'t str> {
    lines.iter().map(Line::right_trimmed).collect()
}

/// The new lines, with those that stay as they are in the file.
fn replacement(
    old: &[Line],
    new: &[Line],
    real: &[Line],
    way: &Reindent,
    canonical_form: bool,
    file: &FileView,
) -> String {
    let written_style = Style::of(old.iter().chain(new).map(|line| line.content));
    // The model wrote in another form than the file does, so its new lines need the file's form too.
    let unify = canonical_form
        && old.iter().zip(real).any(|(one, other)| has_variants(one.content) && !has_variants(other.content));
    let mut result: Vec<(Cow<str>, &str)> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &right_trimmed(old), &right_trimmed(new)) {
        if let DiffOp::Equal { old_index, len, .. } = op {
            for line in &real[old_index..old_index + len] {
                let ending = if line.ending.is_empty() { file.eol } else { line.ending };
                result.push((line.content.into(), ending));
            }
            continue;
        }
        for number in op.new_range() {
            let mut content = Cow::Borrowed(new[number].content);
            if unify {
                content = canonical(new[number].content);
            }
            if *way != Reindent::Same {
                content = way.apply(&content, number == 0, written_style, file.style()).into();
            }
            result.push((content, ending_within(&op.old_range(), real, file)));
        }
    }
    if real.last().is_some_and(|line| line.ending.is_empty())
        && let Some(last) = result.last_mut()
    {
        last.1 = "";
    }
    result.iter().flat_map(|(content, ending)| [content.as_ref(), *ending]).collect()
}

/// How lines end that come in the place of some of the real ones: as both of those around them, else as most of the file.
fn ending_within(replaced: &Range<usize>, real: &[Line], file: &FileView) -> &'static str {
    let first = real.first().map_or(0, |line| file.line_number(line.start) - 1);
    let ending = |index: usize| file.lines.get(index).map_or("", |line| line.ending);
    let before = (first + replaced.start).checked_sub(1).map_or("", ending);
    match (before, ending(first + replaced.end)) {
        ("\r\n", "\r\n") => "\r\n",
        ("\n", "\n") => "\n",
        _ => file.eol,
    }
}

fn fill_empty(new: &[Line], file: &FileView) -> Result<Change, Complaint> {
    if file.lines.iter().all(Line::is_blank) {
        return Ok(Change {
            range: file.mark..file.text.len(),
            new_text: new.iter().flat_map(|line| [line.content, file.eol]).collect(),
            tolerances: Vec::new(),
        });
    }
    Err(Complaint::new(
        ComplaintKind::EmptySearch,
        format!(
            "A block of the reply searches for nothing, which only fits an empty file, and {} is not empty. \
             Ask the model to quote the lines to change.",
            file.path
        ),
    )
    .in_file(file.path))
}

fn ambiguous(places: &[usize], file: &FileView) -> Complaint {
    let numbers: Vec<usize> = places.iter().map(|at| at + 1).collect();
    let shown: Vec<String> = numbers.iter().take(10).map(ToString::to_string).collect();
    Complaint::new(
        ComplaintKind::Ambiguous,
        format!(
            "The text to replace stands {} times in {}, at lines {}. Select the place that is meant, or ask \
             the model to quote more lines around it.",
            places.len(),
            file.path,
            shown.join(", ")
        ),
    )
    .in_file(file.path)
    .with_candidates(numbers)
}

/// The complaint about a reading whose text is not there, with the lines that come near.
pub(super) fn not_found(reading: &Reading, file: &FileView) -> Complaint {
    let (all_old, all_new) = (lines(&reading.old), lines(&reading.new));
    let (old, new) = (without_blank_edges(&all_old), without_blank_edges(&all_new));
    let applied = FORMS[3].places(new, file);
    if let [at] = applied[..]
        && new.len() > 1
    {
        return Complaint::new(
            ComplaintKind::NotFound,
            format!(
                "The text to replace is not in {}, but the new text is already there at line {}.",
                file.path,
                at + 1
            ),
        )
        .in_file(file.path)
        .with_candidates(vec![at + 1]);
    }
    let near = nearest::lines_near(old, file);
    let mut message = format!(
        "The text to replace is not in {}. It begins with `{}`.",
        file.path,
        nearest::shortened(old.first().map_or("", Line::trimmed))
    );
    if near.is_empty() {
        message.push_str(" No line of the file comes near it.");
    } else {
        message.push_str(" The nearest lines are:");
        for number in &near {
            let _ = write!(message, "\n{number}: {}", nearest::shortened(file.lines[number - 1].right_trimmed()));
        }
    }
    Complaint::new(ComplaintKind::NotFound, message).in_file(file.path).with_candidates(near)
}

fn range(lines: &[Line]) -> Range<usize> {
    let start = lines.first().map_or(0, |line| line.start);
    start..lines.last().map_or(start, Line::end)
}

fn without_blank_edges<'l, 't>(lines: &'l [Line<'t>]) -> &'l [Line<'t>] {
    let Some(first) = lines.iter().position(|line| !line.is_blank()) else {
        return &[];
    };
    let last = lines.iter().rposition(|line| !line.is_blank()).unwrap_or(first);
    &lines[first..=last]
}
