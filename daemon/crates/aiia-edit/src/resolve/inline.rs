//! Passages that may begin and end within a line, as editing tools take them.

use std::borrow::Cow;
use std::ops::Range;

use super::view::FileView;
use super::{Change, passage};
use crate::complaint::Complaint;
use crate::lines::line_index;
use crate::parse::Reading;
use crate::tolerance::Tolerance;

/// The change, if the text stands in the file to the letter, save for the line breaks; a complaint if it does so more than once.
pub(super) fn find(reading: &Reading, file: &FileView) -> Option<Result<Change, Complaint>> {
    let (old, new, tolerances) = in_the_breaks_of(reading, file);
    let places: Vec<Range<usize>> = places(&old, file);
    let (first, rest) = places.split_first()?;
    let mut tolerances = tolerances;
    let place = if rest.is_empty() {
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

/// The changes of all places, for a reply that says that it means all.
pub(super) fn everywhere(reading: &Reading, file: &FileView) -> Option<Vec<Change>> {
    let (old, new, tolerances) = in_the_breaks_of(reading, file);
    let places = places(&old, file);
    let change = |range| Change { range, new_text: new.to_string(), tolerances: tolerances.clone() };
    (!places.is_empty()).then(|| places.into_iter().map(change).collect())
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

fn places(old: &str, file: &FileView) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = file.mark;
    while let Some(at) = (!old.is_empty()).then(|| file.text[from..].find(old)).flatten() {
        let start = from + at;
        found.push(start..start + old.len());
        from = start + old.len();
        if found.len() > 10_000 {
            break;
        }
    }
    found
}
