//! From a reply to an edit plan: read, resolve, check, cut into hunks. All or nothing.

mod changes;
mod file_plan;
mod helpers;
mod left_out;
mod placed;
mod rounds;
mod said;

use std::ops::Range;

use aiia_syntax::{Language, SyntaxTree};

use crate::complaint::{Complaint, ComplaintKind};
use crate::parse::{FileName, Item, ItemKind, Parsed, parse};
use crate::resolve::{Files, ReplyCode, Resolved, defined_names, named_beside};
use crate::workspace::Workspace;

use placed::Placed;
use rounds::without_failing;

pub use file_plan::{FileAction, FilePlan};
pub use left_out::LeftOut;

/// The longest reply that is read, in bytes.
pub const MAX_REPLY_BYTES: usize = 4 * 1024 * 1024;
/// The most edits one reply may hold.
pub const MAX_EDITS: usize = 500;

/// A file the reply may change.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path from the root of the workspace, with `/`.
    pub path: String,
    /// The text the model saw.
    pub text: String,
    /// Its language, if known. Without one only search/replace blocks and whole files are understood.
    pub language: Option<Language>,
    /// The tree of the text, where the caller has it: it saves a parse.
    pub tree: Option<SyntaxTree>,
}

impl SourceFile {
    /// A file whose tree is not known.
    pub fn new(path: impl Into<String>, text: impl Into<String>, language: Option<Language>) -> Self {
        Self { path: path.into(), text: text.into(), language, tree: None }
    }
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
    /// What was selected within it, if it was more than a cursor.
    pub selected: Option<Range<usize>>,
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
    /// What there is beside the files. Without it nothing is made, and only the files are changed.
    pub workspace: Option<&'a dyn Workspace>,
    /// What the change is checked for.
    pub guard: Guard,
}

impl<'a> ReplyContext<'a> {
    /// A complete reply about these files and no others.
    pub fn of(files: &'a [SourceFile]) -> Self {
        Self { files, focus: None, finish: Finish::Complete, workspace: None, guard: Guard::Syntax }
    }
}

/// What a change is checked for, beside that each part of it has its one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Guard {
    /// Placeholders only: for text that need not be code.
    Text,
    /// Also that no syntax error is added, and that nothing vanishes that the reply does not touch.
    #[default]
    Syntax,
    /// Also that nothing but comments and doc strings changes.
    CommentsOnly,
}

/// What a reply comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EditPlan {
    /// The changed files; empty when there is any complaint.
    pub files: Vec<FilePlan>,
    /// Why nothing is changed; empty when all is well.
    pub complaints: Vec<Complaint>,
    /// When there are complaints, the edits that are not among them, a few words each.
    pub kept: Vec<String>,
    /// Code blocks of the reply that have no place in the files and may be examples.
    pub left_out: Vec<LeftOut>,
    /// The reply without the edits.
    pub prose: String,
}

/// Reads a reply. Either every edit in it found its one place and passed the checks, or the plan changes
/// nothing and says why. Takes time linear in reply and files, save for the diff, which is bounded.
pub fn plan(reply: &str, context: &ReplyContext) -> EditPlan {
    plan_rounds(&[reply], context)
}

/// As [`plan()`], for a reply and those that were given when parts of it were asked for again, in order. Of all but the last, what did
/// not find its place is left out: it was asked for again. The last one must be right as a whole.
pub fn plan_rounds(replies: &[&str], context: &ReplyContext) -> EditPlan {
    let (last, earlier) = match replies.split_last() {
        Some((last, earlier)) => (*last, earlier),
        None => ("", &[][..]),
    };
    let parsed = match read(last, context) {
        Ok(parsed) => parsed,
        Err(refusal) => return refusal,
    };
    let mut line = 0;
    let earlier: Vec<(usize, Parsed)> = earlier
        .iter()
        .filter_map(|reply| {
            let begins = line;
            // The rounds stand below each other, with a blank line between them.
            line += reply.matches('\n').count() + 2;
            Some((begins, read(reply, context).ok()?))
        })
        .collect();
    let items = earlier.iter().flat_map(|(_, parsed)| &parsed.items).chain(&parsed.items);
    let names = items.filter_map(|item| match &item.file {
        FileName::Given(name) => Some(name.as_str()),
        _ => None,
    });
    let beside = context.workspace.map_or_else(Vec::new, |workspace| named_beside(names, context.files, workspace));
    let bytes =
        replies.iter().map(|reply| reply.len()).chain(context.files.iter().chain(&beside).map(|file| file.text.len()));
    let all_items = earlier.iter().flat_map(|(_, parsed)| &parsed.items).chain(&parsed.items);
    let reply_code = ReplyCode::new(bytes.sum()).with_named(all_items.filter_map(named_code).collect());
    let files = Files::new(context.files, &beside, context.focus.as_ref(), context.workspace, &reply_code);
    let before: Vec<(usize, Placed)> =
        earlier.iter().map(|(begins, parsed)| (*begins, Placed::of(parsed, &files))).collect();
    let Placed { resolved, mut complaints, unplaced, tags } = Placed::of(&parsed, &files);
    let prose = placed::prose(&parsed, &unplaced, resolved.is_empty());
    let kept = before.iter().flat_map(|(_, placed)| placed.resolved.iter().cloned()).collect();
    let mut all = without_failing(kept, &files, context.guard);
    rounds::give_way(&mut all, &resolved);
    all.extend(resolved);
    let refused = |complaints: Vec<Complaint>, kept: Vec<Resolved>, prose: String| {
        let kept = rounds::described(&without_failing(kept, &files, context.guard), &files);
        EditPlan { files: Vec::new(), complaints, kept, left_out: Vec::new(), prose }
    };
    let texts = left_out::Texts::new(&all, &files);
    let (parts, unplaced): (Vec<_>, Vec<_>) = unplaced
        .into_iter()
        .filter(|one| !texts.have(one.item))
        .partition(|one| one.is_part(&all, &tags, &files) || is_needed(one.item, &all, &files));
    for part in parts {
        if !complaints.contains(&part.complaint) {
            complaints.push(part.complaint);
        }
    }
    if !complaints.is_empty() {
        return refused(complaints, all, prose);
    }
    // What was a part of the change was asked for again.
    let earlier_out = before.iter().flat_map(|(begins, placed)| {
        let was_left_out = |one: &&placed::Unplaced| !one.is_part(&all, &placed.tags, &files) && !texts.have(one.item);
        placed.unplaced.iter().filter(was_left_out).map(move |one| LeftOut::new(one.item, *begins))
    });
    let left_out = earlier_out.chain(unplaced.iter().map(|one| LeftOut::new(one.item, line))).collect();
    let mentioned = all.first().and_then(|resolved| resolved.path(&files)).map(str::to_owned);
    match file_plan::all(all.clone(), &files, context.guard) {
        Ok(plans) if plans.is_empty() => {
            let mut complaint = Complaint::new(
                ComplaintKind::ChangesNothing,
                "The reply changes nothing: the code it gives is what the file has already.",
            );
            complaint.path = mentioned;
            refused(vec![complaint], Vec::new(), prose)
        }
        Ok(files) => EditPlan { files, complaints: Vec::new(), kept: Vec::new(), left_out, prose },
        Err(complaints) => refused(complaints, all, prose),
    }
}

/// The code that an item gives for a file, with the name of that.
fn named_code(item: &Item) -> Option<(String, String)> {
    match (&item.file, &item.kind) {
        (FileName::Given(name), ItemKind::Code { text, .. } | ItemKind::Write { text, .. }) => {
            Some((name.clone(), text.clone()))
        }
        _ => None,
    }
}

/// Whether code that has no place defines what the rest of the change uses and no file has.
fn is_needed(item: &Item, all: &[Resolved], files: &Files) -> bool {
    all.iter().any(|resolved| {
        let Resolved::Changes { file, changes } = resolved else { return false };
        let view = &files.views[*file];
        defined_names(item, view).iter().any(|name| {
            let is_used = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
            !is_used(view.text) && changes.iter().any(|change| is_used(&change.new_text))
        })
    })
}

/// The edits of a reply, or the refusal to look for their places.
fn read(reply: &str, context: &ReplyContext) -> Result<Parsed, EditPlan> {
    let refused = |complaints: Vec<Complaint>, prose: String| EditPlan {
        files: Vec::new(),
        complaints,
        kept: Vec::new(),
        left_out: Vec::new(),
        prose,
    };
    if reply.len() > MAX_REPLY_BYTES {
        let message = format!("The reply is larger than {} MiB and is not read.", MAX_REPLY_BYTES / 1024 / 1024);
        return Err(refused(vec![Complaint::new(ComplaintKind::TooLarge, message)], String::new()));
    }
    let paths: Vec<&str> = context.files.iter().map(|file| file.path.as_str()).collect();
    let mut parsed = parse(reply, &paths);
    if let Some(workspace) = context.workspace {
        for item in parsed.items.iter_mut().chain(&mut parsed.beside) {
            item.seen_from_root(workspace);
        }
    }
    if context.finish == Finish::CutOff {
        let complaint = Complaint::new(
            ComplaintKind::CutOff,
            "The reply was cut off before its end, so nothing of it is applied. Ask again, for a smaller change or \
             with a higher token limit.",
        );
        parsed.complaints.retain(|other| other.kind != ComplaintKind::CutOff);
        parsed.complaints.insert(0, complaint);
        return Err(refused(parsed.complaints, parsed.prose));
    }
    if parsed.items.len() > MAX_EDITS {
        let message = format!("The reply holds more than {MAX_EDITS} edits. Ask for a smaller change.");
        parsed.complaints.push(Complaint::new(ComplaintKind::TooLarge, message));
    }
    if parsed.complaints.is_empty() { Ok(parsed) } else { Err(refused(parsed.complaints, parsed.prose)) }
}

#[cfg(test)]
mod tests;
