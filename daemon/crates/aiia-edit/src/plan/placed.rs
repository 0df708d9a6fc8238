//! What the items of a reply come to, each by itself.

use std::collections::HashSet;
use std::fmt::Write as _;

use aiia_syntax::Language;

use super::helpers;
use super::left_out::plain;
use super::said;
use crate::complaint::{Complaint, ComplaintKind};
use crate::parse::{Choice, Fence, FileName, Item, ItemKind, Lead, Parsed, says_no_change};
use crate::resolve::{
    FileView, Files, Resolved, are_related, defines, imports_in, is_only_imports, of_selection, resolve,
};

/// Fences of what is typed into a terminal.
const SHELLS: &[&str] =
    &["sh", "bash", "shell", "zsh", "fish", "console", "powershell", "ps1", "pwsh", "bat", "cmd", "batch", "terminal"];

/// A line of a script that says more than this is its own.
const LEAST_TELLING: usize = 5;

/// The items of a reply with their places.
pub(super) struct Placed<'p> {
    pub(super) resolved: Vec<Resolved>,
    pub(super) complaints: Vec<Complaint>,
    /// Code that fits nowhere.
    pub(super) unplaced: Vec<Unplaced<'p>>,
    /// The languages at the fences of code that found its place.
    pub(super) tags: HashSet<&'p str>,
}

/// Code of a reply that fits nowhere. Next to code that fits, it may be an example.
pub(super) struct Unplaced<'p> {
    pub(super) item: &'p Item,
    pub(super) complaint: Complaint,
}

impl Unplaced<'_> {
    /// Whether the words above it say that it is a part of the change.
    pub(super) fn is_said_to_be_part(&self) -> bool {
        let ItemKind::Code { language, lead, named, .. } = &self.item.kind else { return true };
        if is_command(self.item) {
            return false;
        }
        let tag = language.as_deref().and_then(Language::from_language_id);
        match (&self.item.file, lead) {
            (_, lead) if lead.only_shows() => false,
            (FileName::Given(name), _) => {
                tag.is_none_or(|tag| Language::from_path(name).is_some_and(|language| are_related(tag, language)))
            }
            (_, Lead::Adds | Lead::Changes | Lead::Elsewhere) => true,
            // It may be said to be for some lines.
            _ => named.is_some(),
        }
    }
}

impl Unplaced<'_> {
    /// Whether it is a part of the change: the words above it say so, or say nothing, and it is code as that of a file that changes.
    /// `tags` are the languages at the fences of code that found its place.
    pub(super) fn is_part(&self, all: &[Resolved], tags: &HashSet<&str>, files: &Files) -> bool {
        self.is_said_to_be_part() || self.is_as_changed(all, tags, files)
    }

    fn is_as_changed(&self, all: &[Resolved], tags: &HashSet<&str>, files: &Files) -> bool {
        let ItemKind::Code { language, lead: Lead::Other, fence, .. } = &self.item.kind else { return false };
        let changed = all.iter().filter_map(|resolved| match resolved {
            Resolved::Changes { file, .. } => files.views.get(*file),
            _ => None,
        });
        *fence != Fence::None
            && changed.into_iter().any(|view| match language.as_deref().map(Language::from_language_id) {
                Some(Some(tag)) => {
                    view.language.is_some_and(|language| are_related(tag, language))
                        && (!is_command(self.item) || defines(self.item, view) || quotes_lines(self.item, view))
                }
                // A language without a grammar is known only by what else is in it.
                Some(None) => language.as_deref().is_some_and(|tag| tags.contains(tag)) && !is_command(self.item),
                None => defines(self.item, view),
            })
    }
}

impl<'p> Placed<'p> {
    pub(super) fn of(parsed: &'p Parsed, files: &Files) -> Self {
        let mut placed =
            Self { resolved: Vec::new(), complaints: Vec::new(), unplaced: Vec::new(), tags: HashSet::new() };
        // Imports that name no file belong to the rest of the change.
        let (imports, others): (Vec<&Item>, Vec<&Item>) =
            parsed.items.iter().partition(|item| item.file == FileName::None && is_only_imports(item, files));
        let mut pairs = Vec::new();
        let no_change = says_no_change(&parsed.prose);
        let mut choices: Vec<(usize, Option<&Choice>)> = Vec::new();
        let mut code: Vec<(usize, Item)> = Vec::new();
        let mut homeless: Vec<(&Item, Complaint)> = Vec::new();
        for item in others {
            if is_not_to_be_used(item, no_change) {
                let message = format!(
                    "The reply says of its code on line {} that it is not to be used, or that nothing needs to change. Ask the \
                     model for an edit if one is wanted.",
                    item.reply_line
                );
                placed.unplaced.push(Unplaced { item, complaint: Complaint::new(ComplaintKind::NoChange, message) });
                continue;
            }
            if is_for_another_file(item) {
                let message = format!(
                    "The reply says of its code on line {} that it is for another file, and not for which. Ask the model for its name.",
                    item.reply_line
                );
                placed.unplaced.push(Unplaced { item, complaint: Complaint::new(ComplaintKind::UnknownFile, message) });
                continue;
            }
            let found = resolve(item, files)
                .and_then(|found| no_example(item, found, files))
                .and_then(|found| said::agreed(item, parsed.said_above(item), found, files));
            if found
                .as_ref()
                .is_ok_and(|found| !matches!(found, Resolved::Changes { changes, .. } if changes.is_empty()))
            {
                choices.push((item.reply_line, parsed.choice(item)));
            }
            let is_alone = parsed.items.len() == 1 && parsed.beside.is_empty();
            let found = found.or_else(|complaint| match of_selection(item, files) {
                Some(found) if is_alone && complaint.kind == ComplaintKind::NotFound => found,
                _ => Err(complaint),
            });
            match found {
                Ok(found) if matches!(item.kind, ItemKind::Pair { .. }) => pairs.push(found),
                Ok(found) => {
                    if let ItemKind::Code { language: Some(tag), .. } = &item.kind {
                        placed.tags.insert(tag.as_str());
                    }
                    code.push((placed.resolved.len(), item.clone()));
                    placed.resolved.push(found);
                }
                Err(complaint) if complaint.kind == ComplaintKind::NotFound => homeless.push((item, complaint)),
                Err(complaint) => placed.refuse(item, complaint),
            }
        }
        for (item, complaint) in homeless {
            if !placed.joins(item, &mut code, files) {
                placed.refuse(item, complaint);
            }
        }
        placed.complaints.extend(alternatives(&choices));
        pairs.retain(|pair| !placed.resolved.iter().any(|other| is_part_of(pair, other)));
        placed.resolved.extend(pairs);
        let beside = parsed.beside.iter();
        let (more_imports, beside): (Vec<&Item>, Vec<&Item>) = beside.partition(|item| is_only_imports(item, files));
        let changed = placed.only_file();
        for item in imports.into_iter().chain(more_imports) {
            let here = changed.and_then(|file| imports_in(item, file, files));
            match here.unwrap_or_else(|| resolve(item, files)) {
                Ok(found) => placed.resolved.push(found),
                Err(complaint) => placed.refuse(item, complaint),
            }
        }
        for item in beside {
            let message = format!(
                "The code on line {} of the reply stands beside its edits and in none of them. Ask the model for an edit \
                 with it.",
                item.reply_line
            );
            placed.unplaced.push(Unplaced { item, complaint: Complaint::new(ComplaintKind::NotFound, message) });
        }
        if placed.resolved.is_empty() && placed.complaints.is_empty() {
            let code = placed.unplaced.iter().find(|one| !is_bare(one.item));
            placed.complaints.push(code.map_or_else(nothing_proposed, |one| one.complaint.clone()));
        }
        placed
    }

    /// Whether new functions went next to code, one of `code`, that calls them.
    fn joins(&mut self, item: &Item, code: &mut [(usize, Item)], files: &Files) -> bool {
        for (at, user) in code {
            let Resolved::Changes { file, .. } = &self.resolved[*at] else { continue };
            let Some(joined) = helpers::joined(item, user, &files.views[*file]) else { continue };
            if let Ok(found @ Resolved::Changes { .. }) = resolve(&joined, files) {
                self.resolved[*at] = found;
                *user = joined;
                return true;
            }
        }
        false
    }

    fn refuse(&mut self, item: &'p Item, complaint: Complaint) {
        let is_code = matches!(item.kind, ItemKind::Code { .. });
        let fits_nowhere = complaint.kind == ComplaintKind::NotFound
            || complaint.kind == ComplaintKind::UnknownFile && item.file == FileName::None;
        if is_code && fits_nowhere {
            self.unplaced.push(Unplaced { item, complaint });
        } else {
            self.complaints.push(complaint);
        }
    }

    /// The file that is changed, if it is one.
    fn only_file(&self) -> Option<usize> {
        let mut changed = self.resolved.iter().filter_map(|resolved| match resolved {
            Resolved::Changes { file, .. } => Some(*file),
            _ => None,
        });
        let first = changed.next()?;
        changed.all(|file| file == first).then_some(first)
    }
}

/// The complaint about edits of which only one is meant.
fn alternatives(choices: &[(usize, Option<&Choice>)]) -> Option<Complaint> {
    let excluded = choices.iter().enumerate().find_map(|(number, (line, choice))| {
        let other = choices[..number].iter().find(|(_, other)| Choice::excludes(*other, *choice))?;
        Some((other.0, *line))
    });
    let (first, second) = excluded?;
    let message = format!(
        "The reply gives alternatives, on its lines {first} and {second}, of which only one is meant. Ask the model for one of them."
    );
    Some(Complaint::new(ComplaintKind::Ambiguous, message))
}

/// Whether a reply shows code and says that it is not what is wanted.
fn is_not_to_be_used(item: &Item, no_change: bool) -> bool {
    match &item.kind {
        ItemKind::Code { lead: Lead::Rejects, .. } => true,
        ItemKind::Code { lead, fence, .. } => {
            no_change && *fence == Fence::Closed && !matches!(lead, Lead::Adds | Lead::Changes)
        }
        _ => false,
    }
}

/// Whether a reply says that code is for another file without saying for which.
fn is_for_another_file(item: &Item) -> bool {
    item.file == FileName::None
        && matches!(&item.kind, ItemKind::Code { lead: Lead::Elsewhere, fence: Fence::Closed, .. })
        && !is_command(item)
}

/// Refuses code that would change what is there though the reply says that it shows how something is used.
fn no_example(item: &Item, found: Resolved, files: &Files) -> Result<Resolved, Complaint> {
    let (ItemKind::Code { lead: Lead::ShowsUse, .. }, Resolved::Changes { file, changes }) = (&item.kind, &found)
    else {
        return Ok(found);
    };
    let view = &files.views[*file];
    let mut differing = changes.iter().filter(|change| view.text.get(change.range.clone()) != Some(&change.new_text));
    let Some(first) = differing.next() else { return Ok(found) };
    let line = view.line_number(first.range.start);
    let message = format!(
        "The reply says of its code on line {} that it shows how something is used, and it would change {} at line {line}. Ask the \
         model whether that is meant.",
        item.reply_line, view.path
    );
    Err(Complaint::new(ComplaintKind::Ambiguous, message).in_file(view.path).with_candidates(vec![line]))
}

/// Whether commands repeat a line of a script.
pub(super) fn quotes_lines(item: &Item, view: &FileView) -> bool {
    let ItemKind::Code { text, .. } = &item.kind else { return false };
    let is_script = view.language.is_some_and(|language| language.name() == "bash");
    let is_telling = |line: &&str| line.len() > LEAST_TELLING && !line.starts_with('#');
    is_script
        && text.lines().map(str::trim).filter(is_telling).any(|line| view.lines.iter().any(|own| own.trimmed() == line))
}

/// Whether a pair of blocks only shows what another edit does as well.
fn is_part_of(pair: &Resolved, other: &Resolved) -> bool {
    let (Resolved::Changes { file, changes }, Resolved::Changes { file: other_file, changes: others }) = (pair, other)
    else {
        return false;
    };
    file == other_file
        && changes.iter().all(|change| {
            others.iter().any(|other| {
                other.range.start <= change.range.start
                    && change.range.end <= other.range.end
                    && plain(&other.new_text).contains(&plain(&change.new_text))
            })
        })
}

/// The reply without its edits.
pub(super) fn prose(parsed: &Parsed, unplaced: &[Unplaced], is_empty: bool) -> String {
    let mut prose = parsed.prose.clone();
    for one in unplaced.iter().filter(|one| parsed.items.contains(one.item)) {
        if let ItemKind::Code { text, language, .. } = &one.item.kind
            && !is_bare(one.item)
        {
            let tag = language.as_deref().unwrap_or_default();
            let _ = write!(prose, "\n\n```{tag}\n{}\n```", text.trim_end());
        } else if !is_empty {
            prose.clear();
        }
    }
    if !is_empty && parsed.items.iter().all(is_bare) {
        prose.clear();
    }
    prose.trim().to_owned()
}

/// A reply without any fence.
pub(super) fn is_bare(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Code { fence: Fence::None, .. })
}

/// What is to be typed into a terminal.
pub(super) fn is_command(item: &Item) -> bool {
    let is_script = |name: &str| Language::from_path(name).is_some_and(|language| language.name() == "bash");
    let in_script = matches!(&item.file, FileName::Given(name) if is_script(name));
    // What is for some lines of a file is not typed.
    !in_script
        && matches!(&item.kind, ItemKind::Code { language: Some(tag), named: None, .. } if SHELLS.contains(&tag.as_str()))
}

fn nothing_proposed() -> Complaint {
    Complaint::new(
        ComplaintKind::NoChange,
        "No change was proposed: the reply holds no code. Read its text, or ask again more precisely.",
    )
}
