//! What becomes of each file: its action and its hunks, from all that the reply asks for.

use std::collections::BTreeMap;

use aiia_syntax::Language;

use super::changes::{self, Changed};
use super::{Guard, SourceFile};
use crate::complaint::{Complaint, ComplaintKind};
use crate::guard::{self, Outcome};
use crate::hunk::{Hunk, hunks};
use crate::path::{Protection, protection};
use crate::resolve::{Change, FileView, Files, Resolved};
use crate::unified;

/// What becomes of a file as a whole.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum FileAction {
    /// It is made; nothing stood there.
    Create,
    /// Its text changes.
    Edit,
    /// It gets another name, and perhaps another text.
    Rename {
        /// The path before.
        from: String,
    },
    /// It goes.
    Delete,
}

impl FileAction {
    /// The stable name for machines.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Rename { .. } => "rename",
            Self::Delete => "delete",
        }
    }

    /// The place in the order of a set, in which a stop in between leaves something usable: what others need comes first,
    /// what others needed goes last.
    fn rank(&self) -> u8 {
        match self {
            Self::Create => 0,
            Self::Edit => 1,
            Self::Rename { .. } => 2,
            Self::Delete => 3,
        }
    }
}

/// The change of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilePlan {
    /// What becomes of the file.
    pub action: FileAction,
    /// Path from the root of the workspace; for a rename the new one.
    pub path: String,
    /// The text before; empty for a new file.
    pub old_text: String,
    /// The text with all hunks; empty for a file that goes.
    pub new_text: String,
    /// The hunks, in order. A new or deleted file that is not empty has one; a rename may have none.
    pub hunks: Vec<Hunk>,
    /// Why the change needs a confirmation of its own and must not be accepted in bulk.
    pub protection: Option<Protection>,
}

impl FilePlan {
    fn new(action: FileAction, path: &str, old_text: &str, new_text: String, hunks: Vec<Hunk>) -> Self {
        let from = if let FileAction::Rename { from } = &action { protection(from) } else { None };
        let protection = protection(path).or(from);
        Self { action, path: path.to_owned(), old_text: old_text.to_owned(), new_text, hunks, protection }
    }

    /// The plan that leads from one text to another.
    pub fn between(action: FileAction, path: &str, old_text: &str, new_text: String) -> Self {
        let hunks = hunks(old_text, &new_text);
        Self::new(action, path, old_text, new_text, hunks)
    }

    /// The change as a diff that `git apply` takes, with the headers that a new, renamed or deleted file needs.
    pub fn diff(&self, context_lines: usize) -> String {
        unified::git_diff(&self.action, &self.path, &self.old_text, &self.hunks, context_lines)
    }
}

/// All that is asked for in one file.
#[derive(Default)]
struct Wishes {
    changes: Vec<Change>,
    delete: bool,
    rename: Option<String>,
}

/// The plans of all files, in the order in which they are applied.
pub(super) fn all(resolved: Vec<Resolved>, files: &Files, guard: Guard) -> Result<Vec<FilePlan>, Vec<Complaint>> {
    let mut wishes: BTreeMap<usize, Wishes> = BTreeMap::new();
    let mut created: Vec<(String, String)> = Vec::new();
    let mut complaints = Vec::new();
    for resolved in resolved {
        match resolved {
            Resolved::Changes { file, changes } => wishes.entry(file).or_default().changes.extend(changes),
            Resolved::Delete { file } => wishes.entry(file).or_default().delete = true,
            Resolved::Rename { file, to } => match wishes.entry(file).or_default().rename.replace(to.clone()) {
                Some(other) if other != to => {
                    complaints
                        .push(contradiction(files.views[file].path, &format!("renames it to {other} and to {to}")));
                }
                _ => {}
            },
            Resolved::Create { path, text } => created.push((path, text)),
        }
    }
    let mut plans = Vec::new();
    for (index, wishes) in wishes {
        match one(&files.views[index], wishes, guard) {
            Ok(plan) => plans.extend(plan),
            Err(found) => complaints.extend(found),
        }
    }
    created.dedup();
    for (path, text) in created {
        match create(&path, text, files, guard) {
            Ok(plan) => plans.push(plan),
            Err(found) => complaints.extend(found),
        }
    }
    complaints.extend(collisions(&plans));
    plans.sort_by(|one, other| (one.action.rank(), &one.path).cmp(&(other.action.rank(), &other.path)));
    if complaints.is_empty() { Ok(plans) } else { Err(complaints) }
}

fn one(view: &FileView, wishes: Wishes, guard: Guard) -> Result<Option<FilePlan>, Vec<Complaint>> {
    if wishes.delete {
        if !wishes.changes.is_empty() || wishes.rename.is_some() {
            return Err(vec![contradiction(view.path, "deletes it and changes it")]);
        }
        return Ok(Some(FilePlan::between(FileAction::Delete, view.path, view.text, String::new())));
    }
    let changed = changes::apply(view, wishes.changes, guard)?;
    let Changed { new_text, hunks } = match (changed, &wishes.rename) {
        (Some(changed), _) => changed,
        (None, Some(_)) => Changed { new_text: view.text.to_owned(), hunks: Vec::new() },
        (None, None) => return Ok(None),
    };
    Ok(Some(match wishes.rename {
        Some(to) => FilePlan::new(FileAction::Rename { from: view.path.to_owned() }, &to, view.text, new_text, hunks),
        None => FilePlan::new(FileAction::Edit, view.path, view.text, new_text, hunks),
    }))
}

fn create(path: &str, text: String, files: &Files, guard: Guard) -> Result<FilePlan, Vec<Complaint>> {
    let mut text = text;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let empty = SourceFile::new(path, "", Language::from_path(path));
    let view = FileView::new(&empty, None, files.reply_code);
    let hunks = hunks("", &text);
    let replaced = [(0..0, 0..text.len())];
    let complaints =
        guard::complaints(&Outcome { view: &view, new_text: &text, replaced: &replaced, hunks: &hunks, guard });
    if !complaints.is_empty() {
        return Err(complaints);
    }
    Ok(FilePlan::new(FileAction::Create, path, "", text, hunks))
}

/// Two files of one path, or of paths that are one on some systems.
fn collisions(plans: &[FilePlan]) -> Vec<Complaint> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut complaints = Vec::new();
    for plan in plans {
        if let Some(other) = seen.insert(plan.path.to_lowercase(), &plan.path) {
            complaints
                .push(contradiction(&plan.path, &format!("gives it two texts (as {other} and as {})", plan.path)));
        }
    }
    complaints
}

fn contradiction(path: &str, what: &str) -> Complaint {
    Complaint::new(
        ComplaintKind::Overlap,
        format!("The reply contradicts itself about {path}: it {what}. Ask the model to give one version."),
    )
    .in_file(path)
}
