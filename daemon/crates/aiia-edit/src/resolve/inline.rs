//! Passages that may begin and end within a line, as editing tools take them.

use std::borrow::Cow;
use std::ops::Range;

use super::line_index::{borders, occurrences};
use super::view::FileView;
use super::{Change, passage};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::line_index;
use crate::parse::Reading;
use crate::tolerance::Tolerance;

/// So many places are changed at once.
const MAX_PLACES: usize = 10_000;
/// So many bytes are written into them together.
const MAX_WRITTEN: usize = 64 * 1024 * 1024;

/// The change, if the text stands in the file to the letter, save for the line breaks; a complaint if it does so more than once.
pub(super) fn find(reading: &Reading, file: &FileView) -> Option<Result<Change, Complaint>> {
    let (old, new, tolerances) = in_the_breaks_of(reading, file);
    let places: Vec<Range<usize>> = places(&old, file);
    let (first, rest) = places.split_first()?;
    let mut tolerances = tolerances;
    let place = if rest.is_empty() {
        // `x = 1` is not the end of `max = 1`.
        if cuts_a_word(first, file.text) {
            return None;
        }
        first.clone()
    } else {
        let lines: Vec<usize> = places.iter().map(|place| line_index(&file.lines, place.start)).collect();
        let (chosen, tolerance) = match passage::only_meant(&places, &lines, 0, reading, file) {
            Ok(chosen) => chosen,
            Err(complaint) => return Some(Err(complaint)),
        };
        tolerances.push(tolerance);
        places[chosen].clone()
    };
    Some(Ok(Change { range: place, new_text: new.into_owned(), tolerances }))
}

/// The changes of all places, for a reply that says that it means all; a complaint if there are not as many as it says.
pub(super) fn everywhere(reading: &Reading, file: &FileView) -> Option<Result<Vec<Change>, Complaint>> {
    let (old, new, tolerances) = in_the_breaks_of(reading, file);
    // Places that overlap cannot be replaced both, so each begins behind the one before.
    let starts = memchr::memmem::find_iter(&file.text.as_bytes()[file.mark..], old.as_bytes());
    let places: Vec<Range<usize>> = starts
        .take(if old.is_empty() { 0 } else { MAX_PLACES + 1 })
        .map(|at| file.mark + at..file.mark + at + old.len())
        .collect();
    if places.is_empty() {
        return None;
    }
    if places.len() > MAX_PLACES || places.len() * new.len() > MAX_WRITTEN {
        return Some(Err(too_many(file)));
    }
    if reading.count.is_some_and(|count| count != places.len()) {
        let lines = places.iter().map(|place| file.line_number(place.start)).collect();
        return Some(Err(miscounted(reading, lines, file)));
    }
    let change = |range| Change { range, new_text: new.to_string(), tolerances: tolerances.clone() };
    Some(Ok(places.into_iter().map(change).collect()))
}

/// The complaint about another number of places than the reply says; `lines` are those where there are some, counted from 1.
pub(super) fn miscounted(reading: &Reading, lines: Vec<usize>, file: &FileView) -> Complaint {
    let times = |count: usize| if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let shown: Vec<String> = lines.iter().take(10).map(ToString::to_string).collect();
    let message = format!(
        "The reply says that the text to replace stands {} in {}, but it stands there {}, at {} {}. Ask the model to count \
         again, or to quote more lines around the places that are meant.",
        times(reading.count.unwrap_or(1)),
        file.path,
        times(lines.len()),
        if lines.len() == 1 { "line" } else { "lines" },
        shown.join(", ")
    );
    Complaint::new(ComplaintKind::Ambiguous, message).in_file(file.path).with_candidates(lines)
}

fn too_many(file: &FileView) -> Complaint {
    let message = format!(
        "The text to replace stands in too many places of {}: at most {MAX_PLACES} are changed at once, with at most {} MiB of new \
         text. Replace it in your editor, or ask for a smaller change.",
        file.path,
        MAX_WRITTEN / 1024 / 1024
    );
    Complaint::new(ComplaintKind::TooLarge, message).in_file(file.path)
}

/// The reading as whole lines.
pub(super) fn by_lines(reading: &Reading) -> Reading {
    let ended =
        |text: &str| if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
    Reading { old: ended(&reading.old), new: ended(&reading.new), ..reading.clone() }
}

fn in_the_breaks_of<'r>(reading: &'r Reading, file: &FileView) -> (Cow<'r, str>, Cow<'r, str>, Vec<Tolerance>) {
    if file.eol != "\r\n" || reading.old.contains("\r\n") || reading.new.contains("\r\n") {
        return (Cow::Borrowed(&reading.old), Cow::Borrowed(&reading.new), Vec::new());
    }
    let broken = |text: &'r str| Cow::Owned(text.replace('\n', "\r\n"));
    let differs = reading.old.contains('\n');
    let tolerances = if differs { vec![Tolerance::LineEndings] } else { Vec::new() };
    (broken(&reading.old), broken(&reading.new), tolerances)
}

/// Whether a place begins or ends within a word, in scripts that part words.
fn cuts_a_word(place: &Range<usize>, text: &str) -> bool {
    let is_part = |character: char| character == '_' || character.is_alphanumeric() && character < '\u{530}';
    [place.start, place.end].into_iter().any(|at| {
        let (before, behind) = text.split_at(at);
        before.chars().next_back().is_some_and(is_part) && behind.chars().next().is_some_and(is_part)
    })
}

/// Every place where the text begins, also those that overlap: each of them could be meant.
fn places(old: &str, file: &FileView) -> Vec<Range<usize>> {
    let (old, text) = (old.as_bytes(), file.text.as_bytes());
    let Some(first) = (!old.is_empty()).then(|| memchr::memmem::find(&text[file.mark..], old)).flatten() else {
        return Vec::new();
    };
    let from = file.mark + first;
    let starts: Vec<usize> = if borders(old).last().is_some_and(|border| *border > 0) {
        occurrences(old, &text[from..])
    } else {
        memchr::memmem::find_iter(&text[from..], old).collect()
    };
    starts.into_iter().map(|at| from + at..from + at + old.len()).collect()
}
