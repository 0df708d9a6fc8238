//! A passage of code that a reply gives without saying what it replaces: some lines of a body, or of two. Its first and last lines stand
//! in the file, and so do most of those between.

use std::ops::Range;

use aiia_syntax::{Symbol, SymbolKind};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::block::Block;
use super::indent::{Reindent, Style};
use super::symbol_match::is_container;
use super::view::FileView;
use super::{Change, elision, nearest};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, indentation, lines};
use crate::tolerance::Tolerance;

/// So many lines that say something must be those of the file.
const LEAST_TELLING: usize = 2;
/// Of a hundred lines of both, so many are the same where something goes.
const LEAST_SAME: usize = 50;
/// So many lines in a row may go with nothing in their place.
const MAX_GONE: usize = 2;
/// A line that stands more often does not tell a place.
const MAX_PLACES: usize = 64;
/// So many lines are compared in all.
const MAX_COMPARED: usize = 40_000;

/// So many lines around a passage are looked at.
const NEIGHBOURS: usize = 2;

/// Where a passage stands.
pub(super) struct Found {
    pub(super) change: Change,
    /// Whether it begins or ends in the middle of a function, so that it is no whole one.
    pub(super) cuts: bool,
}

/// The place of a passage; nothing where the code is none.
///
/// # Errors
/// It fits several places.
pub(super) fn find(text: &str, named: Option<&Range<usize>>, file: &FileView) -> Option<Result<Found, Complaint>> {
    let all = lines(text);
    let given = without_edges(&all, file);
    if given.len() < 2 || given.iter().any(|line| is_mark(line, file)) {
        return None;
    }
    let mut places = places(given, file)?;
    places.sort_by_key(|place| place.cost);
    let best = places.first()?;
    // What differs little more somewhere else may be meant there.
    let is_rival = |place: &&Place| {
        place.cost <= best.cost || !overlap(&place.range, &best.range) && place.cost <= 2 * best.cost + 1
    };
    let rivals: Vec<&Place> = places.iter().filter(is_rival).collect();
    let mut told = None;
    let place = match &rivals[..] {
        [only] => *only,
        several => {
            let ranges: Vec<Range<usize>> = several.iter().map(|place| place.bytes(file)).collect();
            let focus = file.only_one_in_focus(&ranges).and_then(|one| ranges.iter().position(|range| range == one));
            let mut by_number =
                (0..several.len()).filter(|at| named.is_some_and(|named| overlap(named, &several[*at].range)));
            let by_number = by_number.next().filter(|_| by_number.next().is_none());
            match by_number.map(|at| (at, Tolerance::LineNumber)).or(focus.map(|at| (at, Tolerance::Selection))) {
                Some((at, tolerance)) => {
                    told = Some(tolerance);
                    several[at]
                }
                None => return Some(Err(ambiguous(several, file))),
            }
        }
    };
    // It says nothing new, or has what stands around the place as well, and so is more than that.
    if place.cost == 0 || repeats_neighbours(&place.range, given, file) {
        return None;
    }
    let mut change = place.change(given, file)?;
    change.tolerances.extend(told);
    let said = |lines: &[Line]| lines.iter().filter(|line| !line.is_blank()).count();
    if said(given) < said(&all) {
        change.tolerances.push(Tolerance::Elision);
    }
    Some(Ok(Found { change, cuts: place.cuts(file) }))
}

/// Whether lines have among them those right below a passage, or right above it, which the passage does not have.
fn repeats_neighbours(passage: &Range<usize>, given: &[Line], file: &FileView) -> bool {
    let says = |line: &&Line| line.content.contains(char::is_alphanumeric);
    let words =
        |lines: &[Line]| -> Vec<String> { lines.iter().filter(says).map(|line| line.trimmed().to_owned()).collect() };
    let (own, new) = (words(&file.lines[passage.clone()]), words(given));
    let below = file.lines[passage.end..].iter().filter(says).take(NEIGHBOURS);
    let mut above: Vec<&Line> = file.lines[..passage.start].iter().rev().filter(says).take(NEIGHBOURS).collect();
    above.reverse();
    // What goes on right below as deep as the passage ends, and is newly in it, went up.
    let ends_at = file.lines[passage.clone()].iter().rfind(says).map(|line| indentation(line.content));
    let next = file.lines[passage.end..].iter().find(says);
    let count = |lines: &[String], wanted: &str| lines.iter().filter(|line| line.as_str() == wanted).count();
    let went_up = next.is_some_and(|next| {
        Some(indentation(next.content)) == ends_at && count(&new, next.trimmed()) > count(&own, next.trimmed())
    });
    if went_up {
        return true;
    }
    [below.collect::<Vec<_>>(), above].iter().any(|neighbours| {
        let neighbours: Vec<&str> = neighbours.iter().map(|line| line.trimmed()).collect();
        let has = |lines: &[String]| lines.windows(NEIGHBOURS).any(|window| window == neighbours);
        neighbours.len() == NEIGHBOURS && has(&new) && !has(&own)
    })
}

/// Refuses code that is of the body of a function, but has no place there: what it declares is not what others outside have by its names.
///
/// # Errors
/// It is such code.
pub(super) fn refuse_body(block: &Block, file: &FileView) -> Result<(), Complaint> {
    let is_local = |top: &Symbol| matches!(top.kind, SymbolKind::Constant | SymbolKind::Variable);
    let tops = block.tops();
    if tops.is_empty() || !tops.iter().all(|top| is_local(top)) {
        return Ok(());
    }
    let callables: Vec<&Symbol> = file.symbols().iter().filter(|symbol| symbol.kind.is_callable()).collect();
    let is_inside = |line: usize| {
        let start = file.lines[line].start;
        callables.iter().any(|own| own.item_range.start < start && start < own.item_range.end)
    };
    let index = file.trimmed_index();
    let own_line = |line: &str| {
        let mut found = index.lines_with(line).peekable();
        let is_known = line.len() > 2 && line.contains(char::is_alphanumeric) && found.peek().is_some();
        (is_known && found.all(is_inside)).then(|| index.lines_with(line).next()).flatten()
    };
    match block.remainder().into_iter().find_map(|(_, line)| own_line(line)) {
        Some(line) => {
            let message = format!(
                "The code of the reply is of the body of a function, as `{}` of {} at line {} is, and where it begins and ends \
                 cannot be told. Ask the model for the whole function, or for a search/replace block.",
                nearest::shortened(file.lines[line].trimmed()),
                file.path,
                line + 1
            );
            Err(Complaint::new(ComplaintKind::NotFound, message).in_file(file.path).with_candidates(vec![line + 1]))
        }
        None => Ok(()),
    }
}

/// The lines without blank ones and marks at both ends: `// ... existing code ...`, or the same comment twice.
fn without_edges<'l, 't>(all: &'l [Line<'t>], file: &FileView) -> &'l [Line<'t>] {
    let said = |lines: &'l [Line<'t>]| {
        let first = lines.iter().position(|line| !line.is_blank()).unwrap_or(lines.len());
        let last = lines.iter().rposition(|line| !line.is_blank()).map_or(first, |last| last + 1);
        &lines[first..last]
    };
    let mut given = said(all);
    let is_comment = |line: &Line| ["//", "#", "/*", "--"].iter().any(|sign| line.trimmed().starts_with(sign));
    if let [first, between @ .., last] = given
        && first.trimmed() == last.trimmed()
        && is_comment(first)
        && is_unknown(first, file)
    {
        given = said(between);
    }
    while let [first, rest @ ..] = given
        && is_mark(first, file)
    {
        given = said(rest);
    }
    while let [rest @ .., last] = given
        && is_mark(last, file)
    {
        given = said(rest);
    }
    given
}

fn is_mark(line: &Line, file: &FileView) -> bool {
    elision::stands_for_others(line.content) && is_unknown(line, file)
}

fn is_unknown(line: &Line, file: &FileView) -> bool {
    file.trimmed_index().lines_with(line.trimmed()).next().is_none()
}

fn says_something(line: &Line) -> bool {
    line.content.contains(char::is_alphanumeric)
}

fn is_telling(line: &Line) -> bool {
    line.trimmed().len() > 2 && says_something(line)
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Lines of the file that a passage may stand for.
struct Place {
    range: Range<usize>,
    ops: Vec<DiffOp>,
    /// How many lines differ.
    cost: usize,
}

/// All that begin and end with the lines that the passage begins and ends with. Nothing where it is too much to compare.
fn places(given: &[Line], file: &FileView) -> Option<Vec<Place>> {
    let index = file.trimmed_index();
    let head = given.iter().position(|line| !is_unknown(line, file))?;
    let tail = given.len() - 1 - given.iter().rposition(|line| !is_unknown(line, file))?;
    let (first, last) = (given[head].trimmed(), given[given.len() - 1 - tail].trimmed());
    let at = |key: &str| -> Vec<usize> { index.lines_with(key).take(MAX_PLACES + 1).collect() };
    let (starts, ends) = (at(first), at(last));
    let longest = given.len() * 2 + 8;
    let has = |line: &usize, key: &str| file.lines[*line].trimmed() == key;
    let pairs: Vec<(usize, usize)> = if starts.len() <= ends.len() {
        let last_of = |start: usize| (start..file.lines.len().min(start + longest)).filter(|line| has(line, last));
        starts.iter().flat_map(|start| last_of(*start).map(|end| (*start, end))).collect()
    } else {
        let first_of = |end: usize| (end.saturating_sub(longest)..=end).filter(|line| has(line, first));
        ends.iter().flat_map(|end| first_of(*end).map(|start| (start, *end))).collect()
    };
    let compared: usize = pairs.iter().map(|(start, end)| end - start + given.len()).sum();
    if starts.len().min(ends.len()) > MAX_PLACES || compared > MAX_COMPARED {
        return None;
    }
    let place = |(start, end): (usize, usize)| {
        let range = start.checked_sub(head)?..end + 1 + tail;
        let own = file.lines.get(range.clone())?;
        let mut edges = given[..head].iter().zip(own).chain(given.iter().rev().zip(own.iter().rev()).take(tail));
        if own.len() < head + tail || !edges.all(|(new, old)| is_new_value(new, old)) {
            return None;
        }
        Place::of(range, given, own, file)
    };
    Some(pairs.into_iter().filter_map(place).collect())
}

/// Whether a line gives the same name another value as the other does, or returns another one, so that it cannot stand beside it.
fn is_new_value(new: &Line, old: &Line) -> bool {
    let returns = |line: &Line| line.trimmed().starts_with("return ");
    let name = |line: &Line| assigned(line.content).map(str::to_owned);
    returns(new) && returns(old) || name(new).is_some() && name(new) == name(old)
}

/// What stands before the `=` of an assignment.
fn assigned(line: &str) -> Option<&str> {
    let (name, value) = line.split_once('=')?;
    let is_plain = !value.starts_with(['=', '>']) && !name.ends_with(|sign: char| "<>!+-*/|&^%:~".contains(sign));
    (is_plain && !name.trim().is_empty() && !name.contains(['(', '"', '\''])).then(|| name.trim())
}

impl Place {
    fn of(range: Range<usize>, given: &[Line], own: &[Line], file: &FileView) -> Option<Self> {
        let key = |lines: &[Line]| -> Vec<String> { lines.iter().map(|line| line.trimmed().to_owned()).collect() };
        let ops = capture_diff_slices(Algorithm::Myers, &key(own), &key(given));
        let said = |lines: &[Line]| lines.iter().filter(|line| says_something(line)).count();
        let written = |lines: &[Line]| lines.iter().filter(|line| !line.is_blank()).count();
        let is_comment = |line: &&Line| {
            let start = line.start + line.content.len() - line.content.trim_start().len();
            let before = file.comments().partition_point(|comment| comment.start <= start);
            before.checked_sub(1).is_some_and(|last| start < file.comments()[last].end)
        };
        let (mut gone, mut come, mut same, mut telling) = (0, 0, 0, 0);
        for op in &ops {
            let (old, new) = (&own[op.old_range()], &given[op.new_range()]);
            if matches!(op, DiffOp::Equal { .. }) {
                same += said(old);
                telling += old.iter().filter(|line| is_telling(line)).count();
                continue;
            }
            let loses_comments = new.len() < old.len() && old.iter().any(|line| is_comment(&line));
            if said(old) > said(new) + MAX_GONE || loses_comments {
                return None;
            }
            gone += written(old);
            come += written(new);
        }
        let is_alike = gone == 0 || same * 200 >= (said(own) + said(given)) * LEAST_SAME;
        (is_alike && telling >= LEAST_TELLING).then_some(Self { range, ops, cost: gone + come })
    }

    fn bytes(&self, file: &FileView) -> Range<usize> {
        file.lines[self.range.start].start..file.lines[self.range.end - 1].end()
    }

    /// Whether a function, or another symbol that holds no others, begins or ends outside of the place and reaches into it.
    fn cuts(&self, file: &FileView) -> bool {
        let bytes = self.bytes(file);
        let cut = |symbol: &Symbol| {
            let own = &symbol.item_range;
            let first = file.line_number(own.start) - 1;
            let last = file.line_number(own.end.saturating_sub(1).max(own.start)) - 1;
            overlap(own, &bytes) && (first < self.range.start || self.range.end <= last)
        };
        let is_data =
            |kind| matches!(kind, SymbolKind::Key | SymbolKind::Table | SymbolKind::Heading | SymbolKind::Element);
        file.symbols().iter().any(|symbol| !is_container(symbol.kind) && !is_data(symbol.kind) && cut(symbol))
    }

    /// The passage in its place; nothing where its indentation does not tell how deep it is there.
    fn change(&self, given: &[Line], file: &FileView) -> Option<Change> {
        let own = &file.lines[self.range.clone()];
        let same: Vec<(&Line, &Line)> = self
            .ops
            .iter()
            .filter(|op| matches!(op, DiffOp::Equal { .. }))
            .flat_map(|op| given[op.new_range()].iter().zip(&own[op.old_range()]))
            .collect();
        let infer = |pairs: &[(&Line, &Line)]| {
            let (written, real): (Vec<&str>, Vec<&str>) =
                pairs.iter().map(|(new, old)| (new.content, old.content)).unzip();
            Reindent::infer(&written, &real)
        };
        let edges = [*same.first()?, *same.last()?];
        let way = infer(&same).or_else(|| infer(&edges))?;
        let written = Style::of(given.iter().map(|line| line.content));
        let mut new_text = String::new();
        for op in &self.ops {
            let is_same = matches!(op, DiffOp::Equal { .. });
            for (number, line) in op.new_range().zip(&given[op.new_range()]) {
                let moved = way.apply(line.content, number == 0, written, file.code_style());
                let old = is_same.then(|| &own[op.old_range().start + number - op.new_range().start]);
                let old = old.filter(|old| old.right_trimmed() == moved.trim_end() || old.is_blank());
                new_text.push_str(old.map_or(moved.trim_end(), |old| old.content));
                new_text.push_str(old.map(|old| old.ending).filter(|ending| !ending.is_empty()).unwrap_or(file.eol));
            }
        }
        if own.last().is_some_and(|last| last.ending.is_empty()) {
            new_text.truncate(new_text.len() - file.eol.len());
        }
        let tolerances = if way == Reindent::Same { Vec::new() } else { vec![Tolerance::Indentation] };
        Some(Change { range: self.bytes(file), new_text, tolerances })
    }
}

fn ambiguous(places: &[&Place], file: &FileView) -> Complaint {
    let mut numbers: Vec<usize> = places.iter().map(|place| place.range.start + 1).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let shown: Vec<String> = numbers.iter().take(10).map(ToString::to_string).collect();
    let first = file.lines[places[0].range.start].trimmed();
    Complaint::new(
        ComplaintKind::Ambiguous,
        format!(
            "The code of the reply (`{}`) is a passage that fits {} at lines {}. Select the place that is meant, or ask the \
             model for a search/replace block.",
            nearest::shortened(first),
            file.path,
            shown.join(", ")
        ),
    )
    .in_file(file.path)
    .with_candidates(numbers)
}
