//! From a reply to an edit plan: read, resolve, check, cut into hunks. All or nothing.

use std::fmt::Write as _;
use std::ops::Range;

use aiia_syntax::Language;

use crate::complaint::{Complaint, ComplaintKind};
use crate::guard::{self, Outcome};
use crate::hunk::{Hunk, hunks};
use crate::lines::{line_index, lines};
use crate::parse::{Item, ItemKind, parse};
use crate::resolve::{Change, FileView, Resolved, resolve};

/// The longest reply that is read, in bytes.
pub const MAX_REPLY_BYTES: usize = 4 * 1024 * 1024;
/// The most edits one reply may hold.
pub const MAX_EDITS: usize = 500;

/// A file the reply may change.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceFile {
    /// Path from the root of the workspace, with `/`.
    pub path: String,
    /// The text the model saw.
    pub text: String,
    /// Its language, if known. Without one only search/replace blocks and whole files are understood.
    pub language: Option<Language>,
}

/// What the action was asked for. It breaks ties, nothing more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Focus {
    /// Path of one of the files.
    pub path: String,
    /// Bytes of its text; may be empty.
    pub range: Range<usize>,
    /// Name of the symbol there, if any.
    pub symbol: Option<String>,
}

/// How the reply ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Finish {
    /// The model stopped by itself.
    Complete,
    /// A limit, a failure or the user stopped it.
    CutOff,
}

/// What a reply is read against.
#[derive(Clone, Debug)]
pub struct ReplyContext<'a> {
    /// The files the reply may change, as the model saw them.
    pub files: &'a [SourceFile],
    /// What the action was asked for.
    pub focus: Option<Focus>,
    /// How the reply ended.
    pub finish: Finish,
}

/// What a reply comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EditPlan {
    /// The changed files; empty when there is any complaint.
    pub files: Vec<FilePlan>,
    /// Why nothing is changed; empty when all is well.
    pub complaints: Vec<Complaint>,
    /// The reply without the edits.
    pub prose: String,
}

/// The change of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilePlan {
    /// Path from the root of the workspace.
    pub path: String,
    /// The text before.
    pub old_text: String,
    /// The text with all hunks.
    pub new_text: String,
    /// The hunks, in order.
    pub hunks: Vec<Hunk>,
}

/// Reads a reply. Either every edit in it found its one place and passed the checks, or the plan changes
/// nothing and says why. Takes time linear in reply and files, save for the diff, which is bounded.
pub fn plan(reply: &str, context: &ReplyContext) -> EditPlan {
    let refused = |complaints: Vec<Complaint>, prose: String| EditPlan { files: Vec::new(), complaints, prose };
    if reply.len() > MAX_REPLY_BYTES {
        let message = format!("The reply is larger than {} MiB and is not read.", MAX_REPLY_BYTES / 1024 / 1024);
        return refused(vec![Complaint::new(ComplaintKind::TooLarge, message)], String::new());
    }
    let paths: Vec<&str> = context.files.iter().map(|file| file.path.as_str()).collect();
    let mut parsed = parse(reply, &paths);
    if context.finish == Finish::CutOff {
        let complaint = Complaint::new(
            ComplaintKind::CutOff,
            "The reply was cut off before its end, so nothing of it is applied. Ask again, for a smaller change or \
             with a higher token limit.",
        );
        parsed.complaints.retain(|other| other.kind != ComplaintKind::CutOff);
        parsed.complaints.insert(0, complaint);
        return refused(parsed.complaints, parsed.prose);
    }
    if parsed.items.len() > MAX_EDITS {
        let message = format!("The reply holds more than {MAX_EDITS} edits. Ask for a smaller change.");
        parsed.complaints.push(Complaint::new(ComplaintKind::TooLarge, message));
    }
    if !parsed.complaints.is_empty() {
        return refused(parsed.complaints, parsed.prose);
    }
    let views: Vec<FileView> = context.files.iter().map(|file| FileView::new(file, context.focus.as_ref())).collect();
    let (resolved, complaints) = resolve_all(&parsed.items, &views, &mut parsed.prose);
    if !complaints.is_empty() {
        return refused(complaints, parsed.prose);
    }
    let mut files = Vec::new();
    let mut complaints = Vec::new();
    for (index, view) in views.iter().enumerate() {
        let changes: Vec<Change> = resolved
            .iter()
            .filter(|resolved| resolved.file == index)
            .flat_map(|resolved| resolved.changes.iter().cloned())
            .collect();
        match file_plan(view, changes) {
            Ok(plan) => files.extend(plan),
            Err(found) => complaints.extend(found),
        }
    }
    if complaints.is_empty() && files.is_empty() {
        let mut complaint = Complaint::new(
            ComplaintKind::ChangesNothing,
            "The reply changes nothing: the code it gives is what the file has already.",
        );
        complaint.path = resolved.first().map(|resolved| views[resolved.file].path.to_owned());
        complaints.push(complaint);
    }
    if !complaints.is_empty() {
        return refused(complaints, parsed.prose);
    }
    EditPlan { files, complaints, prose: parsed.prose }
}

fn resolve_all(items: &[Item], views: &[FileView], prose: &mut String) -> (Vec<Resolved>, Vec<Complaint>) {
    let mut resolved = Vec::new();
    let mut complaints = Vec::new();
    let mut unrelated = Vec::new();
    for item in items {
        match resolve(item, views) {
            Ok(found) => resolved.push(found),
            // Code that fits nowhere may be an example, which is fine next to code that fits.
            Err(complaint) if is_example(item, &complaint) => unrelated.push((item, complaint)),
            Err(complaint) => complaints.push(complaint),
        }
    }
    if resolved.is_empty() && complaints.is_empty() {
        let code = unrelated.iter().find(|(item, _)| !is_bare(item));
        complaints.push(code.map_or_else(no_change, |(_, complaint)| complaint.clone()));
    }
    for (item, _) in unrelated {
        if let ItemKind::Code { text, language, .. } = &item.kind
            && !is_bare(item)
        {
            let tag = language.as_deref().unwrap_or_default();
            let _ = write!(prose, "\n\n```{tag}\n{}\n```", text.trim_end());
        } else if !resolved.is_empty() {
            prose.clear();
        }
    }
    if resolved.iter().any(|_| items.iter().all(is_bare)) {
        prose.clear();
    }
    *prose = prose.trim().to_owned();
    (resolved, complaints)
}

fn is_example(item: &Item, complaint: &Complaint) -> bool {
    matches!(item.kind, ItemKind::Code { .. })
        && (complaint.kind == ComplaintKind::NotFound
            || complaint.kind == ComplaintKind::UnknownFile && item.file == crate::parse::FileName::None)
}

/// A reply without any fence.
fn is_bare(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Code { language: None, loose: true, .. })
}

fn no_change() -> Complaint {
    Complaint::new(
        ComplaintKind::NoChange,
        "No change was proposed: the reply holds no code. Read its text, or ask again more precisely.",
    )
}

/// The plan of one file; nothing when its text stays as it is.
fn file_plan(view: &FileView, changes: Vec<Change>) -> Result<Option<FilePlan>, Vec<Complaint>> {
    let changes = without_repeats(view, changes)?;
    let mut new_text = String::with_capacity(view.text.len());
    let mut at = 0;
    for change in &changes {
        new_text.push_str(&view.text[at..change.range.start]);
        new_text.push_str(&change.new_text);
        at = change.range.end;
    }
    new_text.push_str(&view.text[at..]);
    if new_text == view.text {
        return Ok(None);
    }
    let mut hunks = hunks(view.text, &new_text);
    record_tolerances(&mut hunks, view, &changes);
    let edited: Vec<Range<usize>> = changes.iter().map(|change| change.range.clone()).collect();
    let complaints = guard::complaints(&Outcome {
        path: view.path,
        language: view.language,
        old_text: view.text,
        old_tree: view.tree(),
        new_text: &new_text,
        edited: &edited,
        hunks: &hunks,
    });
    if !complaints.is_empty() {
        return Err(complaints);
    }
    Ok(Some(FilePlan { path: view.path.to_owned(), old_text: view.text.to_owned(), new_text, hunks }))
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
    let all = lines(view.text);
    let offset = |line: usize| all.get(line).map_or(view.text.len(), |line| line.start);
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

#[cfg(test)]
mod tests;
