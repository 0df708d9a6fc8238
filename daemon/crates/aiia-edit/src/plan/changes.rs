//! The changes of one file: put into its text, checked, cut into hunks.

use std::ops::Range;

use super::Guard;
use crate::complaint::{Complaint, ComplaintKind};
use crate::guard::{self, Outcome};
use crate::hunk::{Hunk, hunks, hunks_within};
use crate::lines::{line_index, lines};
use crate::resolve::{Change, FileView};

/// A text with its changes.
pub(super) struct Changed {
    pub(super) new_text: String,
    pub(super) hunks: Vec<Hunk>,
}

/// The text with the changes; nothing when it stays as it is.
pub(super) fn apply(view: &FileView, changes: Vec<Change>, guard: Guard) -> Result<Option<Changed>, Vec<Complaint>> {
    let changes = without_repeats(view, changes)?;
    let mut new_text =
        String::with_capacity(view.text.len() + changes.iter().map(|change| change.new_text.len()).sum::<usize>());
    let mut replaced = Vec::with_capacity(changes.len());
    let mut at = 0;
    for change in &changes {
        new_text.push_str(&view.text[at..change.range.start]);
        let start = new_text.len();
        new_text.push_str(&change.new_text);
        replaced.push((change.range.clone(), start..new_text.len()));
        at = change.range.end;
    }
    new_text.push_str(&view.text[at..]);
    if new_text == view.text {
        return Ok(None);
    }
    let is_simple = !view.has_carriage_returns() && !changes.iter().any(|change| change.new_text.contains('\r'));
    let mut hunks = if is_simple {
        hunks_within(view.text, &view.lines, &new_text, &replaced)
    } else {
        hunks(view.text, &new_text)
    };
    record_tolerances(&mut hunks, view, &changes);
    let complaints =
        guard::complaints(&Outcome { view, new_text: &new_text, replaced: &replaced, hunks: &hunks, guard });
    if complaints.is_empty() { Ok(Some(Changed { new_text, hunks })) } else { Err(complaints) }
}

/// The changes in the order of the file. What is said twice counts once, and what repeats the file as it
/// is does not count; two changes of the same bytes contradict each other.
fn without_repeats(view: &FileView, mut changes: Vec<Change>) -> Result<Vec<Change>, Vec<Complaint>> {
    changes.retain(|change| view.text.get(change.range.clone()) != Some(change.new_text.as_str()));
    changes.sort_by_key(|change| (change.range.start, change.range.end));
    changes.dedup_by(|one, other| one.range == other.range && one.new_text == other.new_text);
    let overlap = |changes: &[Change]| changes.windows(2).position(|pair| pair[0].range.end > pair[1].range.start);
    if overlap(&changes).is_some() {
        // Passages may share the lines around what they change.
        for change in &mut changes {
            keep_only_what_differs(change, view.text);
        }
        changes.sort_by_key(|change| (change.range.start, change.range.end));
    }
    if let Some(pair) = overlap(&changes).map(|at| &changes[at..at + 2]) {
        let all = lines(view.text);
        let line = line_index(&all, pair[1].range.start) + 1;
        return Err(vec![
            Complaint::new(
                ComplaintKind::Overlap,
                format!(
                    "Two edits of the reply change the same lines of {}, at line {line}. Ask the model to give one \
                     version.",
                    view.path
                ),
            )
            .in_file(view.path)
            .with_candidates(vec![line]),
        ]);
    }
    Ok(changes)
}

/// Leaves out the lines at the ends of a change that stay as they are.
fn keep_only_what_differs(change: &mut Change, text: &str) {
    let old: Vec<&str> = text[change.range.clone()].split_inclusive('\n').collect();
    let new: Vec<&str> = change.new_text.split_inclusive('\n').collect();
    let front = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let rest = old[front..].iter().rev().zip(new[front..].iter().rev());
    let back = rest.take_while(|(one, other)| one == other).count();
    let bytes = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    change.range = change.range.start + bytes(&old[..front])..change.range.end - bytes(&old[old.len() - back..]);
    change.new_text = new[front..new.len() - back].concat();
}

/// Every looseness is shown on at least one hunk: on those its change became, or else on the nearest, since
/// a diff may cut elsewhere than the change did.
fn record_tolerances(hunks: &mut [Hunk], view: &FileView, changes: &[Change]) {
    if changes.iter().all(|change| change.tolerances.is_empty()) {
        return;
    }
    let offset = |line: usize| view.lines.get(line).map_or(view.text.len(), |line| line.start);
    let spans: Vec<Range<usize>> =
        hunks.iter().map(|hunk| offset(hunk.old_index())..offset(hunk.old_index() + hunk.old_lines)).collect();
    for change in changes.iter().filter(|change| !change.tolerances.is_empty()) {
        let distance = |number: usize| {
            let span = &spans[number];
            change.range.start.saturating_sub(span.end).max(span.start.saturating_sub(change.range.end))
        };
        let is_insertion = change.range.is_empty();
        let longest = change.new_text.lines().map(str::trim).max_by_key(|line| line.len()).unwrap_or_default();
        let mut own: Vec<usize> = (0..hunks.len())
            .filter(
                |number| if is_insertion { hunks[*number].new_text.contains(longest) } else { distance(*number) == 0 },
            )
            .collect();
        if own.is_empty() {
            own = (0..hunks.len()).collect();
        }
        if is_insertion || distance(own[0]) > 0 {
            own = own.into_iter().min_by_key(|number| distance(*number)).into_iter().collect();
        }
        for number in own {
            for tolerance in &change.tolerances {
                if !hunks[number].tolerances.contains(tolerance) {
                    hunks[number].tolerances.push(tolerance.clone());
                }
            }
        }
    }
}
