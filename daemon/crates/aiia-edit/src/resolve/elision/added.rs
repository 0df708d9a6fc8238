//! New lines beside a placeholder. They delete nothing: they go between the line that stays next to them and what the placeholder
//! stands for, unless one of them may be a changed line of what is left out.

use std::collections::HashSet;

use super::{begins_at, ends_at, is_alike, likeness, stays, subject};
use crate::lines::{Line, indentation};

/// How much of a name must be in another one for it to be that one, renamed.
const LEAST_NAME: f32 = 0.5;
/// Words after which a line is not reached.
const LEAVING: &[&str] = &["return", "raise", "throw", "break", "continue", "goto"];

/// The line of the old text behind the end of a segment that ends with new lines.
pub(super) fn ends(segment: &[Line], old: &[Line], from: usize, header: Option<Header>) -> Option<usize> {
    let kept = segment.iter().rposition(|line| stays(line, old, from));
    let (mut count, mut end) = match (kept, &header) {
        (Some(last), _) => (last + 1, ends_at(&segment[..=last], old, from, header.is_some())?),
        (None, Some(header)) => (header.new, header.old),
        (None, None) => return None,
    };
    while count < segment.len() && old.get(end).is_some_and(|line| is_same(line, &segment[count])) {
        (count, end) = (count + 1, end + 1);
    }
    // Lines that only stand deeper are those lines, moved.
    let added = segment.get(count..)?;
    for line in added.iter().filter(|line| says(line)) {
        let next = (end..old.len()).find(|at| !old[*at].is_blank())?;
        if old[next].trimmed() == line.trimmed() {
            end = next + 1;
        }
    }
    if has_moved(added, &old[end..]) {
        return None;
    }
    let leaves = last_said(added)
        .is_some_and(|last| is_leaving(last) && added.iter().all(|line| line.is_blank() || width(line) >= width(last)));
    let beside = &old[end..old.len().min(end + added.len())];
    let fresh = header.map(|header| header.fresh).unwrap_or_default();
    (!leaves && !may_change(added, &old[end..], beside, &fresh)).then_some(end)
}

/// The line of the old text above which a segment goes that begins with new lines; `marker` is the placeholder above it.
pub(super) fn begins(segment: &[Line], old: &[Line], from: usize, is_last: bool, marker: &Line) -> Option<usize> {
    let closing = segment.iter().rposition(says).map_or(0, |last| last + 1);
    let changed = segment.iter().position(|line| stays(line, old, from)).or(is_last.then_some(closing))?;
    let place = begins_at(&segment[changed..], old, from, is_last)?;
    let added = &segment[..changed];
    let left_out = old.get(from..place)?;
    // What is left out begins where the placeholder stands, and nothing of it encloses that.
    let is_within = |line: &Line| line.is_blank() || width(line) >= width(marker);
    let is_reached = |last: &Line| !(is_leaving(last) && width(last) <= width(marker));
    let beside = &left_out[left_out.len().saturating_sub(added.len())..];
    (!has_moved(added, left_out)
        && left_out.iter().all(is_within)
        && last_said(left_out).is_none_or(is_reached)
        && !may_change(added, left_out, beside, &HashSet::new()))
    .then_some(place)
}

/// Whether new lines say what a line of the old text says elsewhere, and more than a word.
fn has_moved(added: &[Line], old: &[Line]) -> bool {
    let is_telling = |line: &&Line| tokens(line.content).len() > 2;
    added.iter().filter(is_telling).any(|line| old.iter().any(|other| other.trimmed() == line.trimmed()))
}

/// How many lines the header of a symbol has in both texts, and the names that only the new one has.
pub(super) struct Header<'t> {
    new: usize,
    old: usize,
    fresh: HashSet<&'t str>,
}

impl<'t> Header<'t> {
    /// Of two texts that begin with one symbol; nothing where a body begins without a sign.
    pub(super) fn of(new: &[Line<'t>], old: &[Line<'t>]) -> Option<Self> {
        let (new_end, old_end) = (header_lines(new)?, header_lines(old)?);
        let names = |lines: &[Line<'t>]| -> HashSet<&'t str> {
            lines.iter().flat_map(|line| tokens(line.content)).filter(|token| is_word(token)).collect()
        };
        let (given, own) = (names(&new[..new_end]), names(&old[..old_end]));
        // Where one went, the new one may be that.
        let fresh = if own.is_subset(&given) { given.difference(&own).copied().collect() } else { HashSet::new() };
        Some(Self { new: new_end, old: old_end, fresh })
    }
}

fn header_lines(lines: &[Line]) -> Option<usize> {
    let is_above = |line: &&Line| line.is_blank() || line.trimmed().starts_with(['@', '#', '/', '*']);
    let first = lines.iter().take_while(is_above).count();
    let opens = |line: &Line| line.trimmed().ends_with([':', '{']);
    Some(first + lines[first..].iter().take(12).position(opens)? + 1)
}

/// Whether one of some new lines may stand for another line of the old text: it is about the same, or one right beside it says the
/// same with names that are much alike.
fn may_change(added: &[Line], region: &[Line], beside: &[Line], fresh: &HashSet<&str>) -> bool {
    // What is inside a new block is new with it.
    let least = added.iter().filter(|line| says(line)).map(width).min();
    added.iter().filter(|line| says(line) && Some(width(line)) == least).any(|line| {
        let is_about_new = || tokens(line.content).iter().any(|token| fresh.contains(token));
        region.iter().any(|other| is_alike(line, other) || goes_on(line, other))
            || beside.iter().any(|other| assigns_as(line, other) || is_renamed(line, other)) && !is_about_new()
    })
}

/// Whether one of two lines is the other one with more behind it.
fn goes_on(one: &Line, other: &Line) -> bool {
    let (one, other) = (tokens(one.trimmed().trim_end_matches(';')), tokens(other.trimmed().trim_end_matches(';')));
    one.len().min(other.len()) > 1 && (one.starts_with(&other) || other.starts_with(&one))
}

/// Whether two lines assign to the same.
fn assigns_as(one: &Line, other: &Line) -> bool {
    let target = |line: &Line| -> Option<String> {
        let target = subject(line.trimmed());
        (tokens(line.content).get(tokens(&target).len()) == Some(&"=")).then_some(target)
    };
    target(one).is_some_and(|own| target(other) == Some(own))
}

fn is_renamed(one: &Line, other: &Line) -> bool {
    let (one, other) = (tokens(one.content), tokens(other.content));
    one.len() == other.len()
        && one.iter().zip(&other).filter(|(one, other)| one != other).all(|(one, other)| {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            is_word(one) && is_word(other) && likeness(&chars(one), &chars(other)) >= LEAST_NAME
        })
}

/// Words and single signs.
fn tokens(line: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        let end =
            if is_part(first) { rest.find(|c: char| !is_part(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        found.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    found
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn is_same(one: &Line, other: &Line) -> bool {
    one.right_trimmed() == other.right_trimmed()
}

fn says(line: &Line) -> bool {
    line.content.contains(char::is_alphanumeric)
}

fn last_said<'l, 't>(lines: &'l [Line<'t>]) -> Option<&'l Line<'t>> {
    lines.iter().rfind(|line| says(line))
}

fn is_leaving(line: &Line) -> bool {
    tokens(line.content).first().is_some_and(|word| LEAVING.contains(word))
}

fn width(line: &Line) -> usize {
    indentation(line.content).len()
}
