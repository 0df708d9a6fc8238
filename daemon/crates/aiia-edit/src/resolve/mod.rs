//! From edit items to changes of byte ranges in the given files. Every resolver sees the same snapshot;
//! a place is accepted only when it is the only one.

mod aligned;
mod anchor;
mod bare_members;
mod block;
mod broken_off;
mod by_lines;
mod canonical;
mod code_lines;
mod conflict;
mod cut_off;
mod data;
mod deletion;
mod elision;
mod escapes;
mod export;
mod family;
mod files;
mod fragment;
mod go_imports;
mod imports;
mod indent;
mod inline;
mod inner;
mod leading;
mod leading_comments;
mod likeness;
mod line_index;
mod line_numbers;
mod long_strings;
mod modifiers;
mod moved;
mod named_lines;
mod nearest;
mod omission;
mod pair;
mod passage;
mod plain_text;
mod selection;
mod sketch;
mod statement;
mod symbol_match;
mod symbol_text;
mod view;
mod which_file;
mod whole_file;
mod whole_lines;
mod whole_symbol;
mod wrapping;

use std::ops::Range;

use aiia_syntax::Language;

use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, lines};
use crate::parse::{Fence, FileName, Item, ItemKind, Lead, Reading};
use crate::tolerance::Tolerance;

pub(crate) use block::ReplyCode;
pub(crate) use deletion::speaks_of;
pub(crate) use family::are_related;
pub(crate) use files::{Files, named_beside};
pub(crate) use leading_comments::{has_plain_docs, is_directive, is_remark};
pub(crate) use nearest::shortened;
pub(crate) use view::FileView;

use block::Block;
use files::Unnamed;
use which_file::{in_any_file, in_mentioned_file, in_named_file};

/// A passage of a file and what replaces it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    /// Bytes of the file's text; empty for an insertion.
    pub(crate) range: Range<usize>,
    pub(crate) new_text: String,
    pub(crate) tolerances: Vec<Tolerance>,
}

/// What an item comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Resolved {
    /// Changes of the file with this index.
    Changes { file: usize, changes: Vec<Change> },
    /// A new file.
    Create { path: String, text: String },
    /// The file with this index goes.
    Delete { file: usize },
    /// The file with this index gets another name.
    Rename { file: usize, to: String },
}

impl Resolved {
    /// The file it is about.
    pub(crate) fn path<'f>(&'f self, files: &'f Files) -> Option<&'f str> {
        match self {
            Self::Changes { file, .. } | Self::Delete { file } | Self::Rename { file, .. } => {
                files.views.get(*file).map(|view| view.path)
            }
            Self::Create { path, .. } => Some(path),
        }
    }
}

/// Finds the file and the places an item means.
pub(crate) fn resolve(item: &Item, files: &Files) -> Result<Resolved, Complaint> {
    match (&item.file, &item.kind) {
        (FileName::Given(name), ItemKind::Write { text, only_new }) => write(name, text, *only_new, files),
        (FileName::Given(name), ItemKind::Delete { expected }) => delete(name, expected.as_deref(), files),
        (FileName::Given(name), ItemKind::Rename { to }) => {
            let file = files.exactly(name).map_err(|unnamed| refusal(unnamed, name, files))?;
            Ok(Resolved::Rename { file, to: files.free(to)? })
        }
        (FileName::Given(name), _) => in_named_file(item, name, files),
        (FileName::Earlier(name), _) => {
            let first = match files.named(name) {
                Ok(index) => Some(index),
                Err(Unnamed::Nothing { namesakes, .. }) if namesakes.len() == 1 => namesakes.first().copied(),
                Err(_) => None,
            };
            in_any_file(item, first.or_else(|| files.focus()), files)
        }
        (FileName::None, _) => in_any_file(item, files.focus(), files),
        (FileName::Mentioned(name), _) => in_mentioned_file(item, name, files),
    }
}

/// What an item that is nothing but imports and names no file comes to in this one; nothing for any other item.
pub(crate) fn imports_in(item: &Item, file: usize, files: &Files) -> Option<Result<Resolved, Complaint>> {
    let ItemKind::Code { text, language, .. } = &item.kind else { return None };
    let view = &files.views[file];
    if item.file != FileName::None {
        return None;
    }
    whole_symbol::only_imports(text, language.as_deref(), view)?;
    Some(in_file(item, view).map(|changes| Resolved::Changes { file, changes }))
}

/// The names that the code of an item defines outside of everything, read in the language of a file.
pub(crate) fn defined_names(item: &Item, file: &FileView) -> Vec<String> {
    match &item.kind {
        ItemKind::Code { text, .. } => whole_symbol::top_level_names(text, file),
        _ => Vec::new(),
    }
}

/// Whether the code of an item is whole functions or types, read in the language of a file.
pub(crate) fn defines(item: &Item, file: &FileView) -> bool {
    matches!(&item.kind, ItemKind::Code { text, .. } if whole_symbol::defines(text, file))
}

/// Whether an item is nothing but imports of a file.
pub(crate) fn is_only_imports(item: &Item, files: &Files) -> bool {
    let ItemKind::Code { text, language, .. } = &item.kind else { return false };
    files.views.iter().any(|view| whole_symbol::only_imports(text, language.as_deref(), view).is_some())
}

/// What code in a fence, whose place is not told by itself, comes to if it stands for the selected lines of the file that was asked
/// about; nothing where it may be something else.
pub(crate) fn of_selection(item: &Item, files: &Files) -> Option<Result<Resolved, Complaint>> {
    let ItemKind::Code { text, language: tag, fence: Fence::Closed, lead, .. } = &item.kind else { return None };
    let file = files.focus()?;
    let view = &files.views[file];
    let is_elsewhere = match &item.file {
        FileName::None => false,
        FileName::Given(name) | FileName::Earlier(name) | FileName::Mentioned(name) => {
            files.named(name).ok() != Some(file)
        }
    };
    let is_other = tag.as_deref().is_some_and(|tag| {
        !Language::from_language_id(tag).zip(view.language).is_some_and(|(tag, language)| are_related(tag, language))
    });
    if is_elsewhere || is_other || lead.only_shows() || *lead == Lead::Elsewhere || is_of_other_package(text, view) {
        return None;
    }
    let change = selection::change(text, view)?;
    Some(change.and_then(|change| {
        let changes = vec![change];
        conflict::refuse(&changes, view)?;
        Ok(Resolved::Changes { file, changes })
    }))
}

fn refusal(unnamed: Unnamed, name: &str, files: &Files) -> Complaint {
    match unnamed {
        Unnamed::Refused(complaint) => complaint,
        Unnamed::Nothing { .. } => files.unknown(name),
    }
}

fn write(name: &str, text: &str, only_new: bool, files: &Files) -> Result<Resolved, Complaint> {
    match files.exactly(name) {
        Ok(index) => {
            let view = &files.views[index];
            let same = lines(text).iter().map(Line::right_trimmed).eq(view.lines.iter().map(Line::right_trimmed));
            if same {
                return Ok(Resolved::Changes { file: index, changes: Vec::new() });
            }
            if only_new && !view.lines.iter().all(Line::is_blank) {
                return Err(files.free(name).err().unwrap_or_else(|| files.unknown(name)));
            }
            whole_file::refuse_loss(text, view)?;
            let change = whole_file::replacement(text, view);
            if let Some(block) = Block::parse(text, view) {
                omission::refuse((None, &block), None, &change, view)?;
            }
            Ok(Resolved::Changes { file: index, changes: vec![change] })
        }
        Err(Unnamed::Nothing { .. }) => Ok(Resolved::Create { path: files.free(name)?, text: text.to_owned() }),
        Err(Unnamed::Refused(complaint)) => Err(complaint),
    }
}

/// A file goes only if it is what the reply says it is.
fn delete(name: &str, expected: Option<&str>, files: &Files) -> Result<Resolved, Complaint> {
    let file = files.exactly(name).map_err(|unnamed| refusal(unnamed, name, files))?;
    let view = &files.views[file];
    if let Some(expected) = expected {
        let expected = lines(expected);
        let said = expected.iter().map(Line::right_trimmed).filter(|line| !line.is_empty());
        let real = view.lines.iter().map(Line::right_trimmed).filter(|line| !line.is_empty());
        if let Some(number) = first_difference(said, real) {
            let message = format!(
                "The reply deletes {}, but quotes another text of it than it has (from its {number}. line of text on), so it stays. Ask again, with the file as it is now.",
                view.path
            );
            return Err(Complaint::new(ComplaintKind::Changed, message).in_file(view.path));
        }
    }
    Ok(Resolved::Delete { file })
}

/// Where two rows of lines differ first, counted from 1.
fn first_difference<'t>(one: impl Iterator<Item = &'t str>, other: impl Iterator<Item = &'t str>) -> Option<usize> {
    let (mut one, mut other) = (one, other);
    (1..).find_map(|number| match (one.next(), other.next()) {
        (None, None) => Some(None),
        (a, b) if a == b => None,
        _ => Some(Some(number)),
    })?
}

fn in_file(item: &Item, file: &FileView) -> Result<Vec<Change>, Complaint> {
    match &item.kind {
        ItemKind::Replace { readings } => {
            let all = readings.iter().find(|reading| reading.everywhere);
            if let Some(changes) = all.and_then(|reading| inline::everywhere(reading, file)) {
                return changes;
            }
            let mut change = read(readings, file)?;
            if let Some(reading) = all.filter(|reading| reading.count.is_some_and(|count| count != 1)) {
                return Err(inline::miscounted(reading, vec![file.line_number(change.range.start)], file));
            }
            elision::expand(&mut change, file);
            Ok(vec![change])
        }
        ItemKind::Code { text, fence: Fence::None, .. } if is_review(text, file) => Err(Complaint::new(
            ComplaintKind::NotFound,
            format!("The reply is text without a code fence, and not the whole of {}.", file.path),
        )
        .in_file(file.path)),
        ItemKind::Code { text, .. } if is_of_other_package(text, file) => Err(Complaint::new(
            ComplaintKind::NotFound,
            format!("The code on line {} of the reply is of another package than {}.", item.reply_line, file.path),
        )
        .in_file(file.path)),
        ItemKind::Code { text, language, fence, lead, named } => {
            let mut changes = if let Some(block) = whole_symbol::only_imports(text, language.as_deref(), file) {
                let mut changes = imports::of_block(text, &block, *lead, file)?;
                changes.extend(moved::gone(&block, file));
                changes
            } else {
                let tag = language.as_deref();
                let by_symbols = || in_code(text, tag, (*lead, *fence), file);
                let code = code_lines::Code { text, tag, lead: *lead, fence: *fence, named: named.as_ref() };
                code_lines::changes(&code, file, by_symbols).map_err(|complaint| {
                    let is_cut = *fence == Fence::Open && plain_text::has_lines_of(text, file);
                    if is_cut { cut_off::complaint(item.reply_line, file) } else { complaint }
                })?
            };
            for change in &mut changes {
                whole_file::keep_ends(change, file);
            }
            conflict::refuse(&changes, file)?;
            if *fence == Fence::Open && cut_off::loses_its_end(text, &changes, file) {
                return Err(cut_off::complaint(item.reply_line, file));
            }
            if *fence != Fence::Closed {
                for change in &mut changes {
                    change.tolerances.push(Tolerance::Fence);
                }
            }
            Ok(changes)
        }
        ItemKind::Pair { reading, language } => pair::changes(reading, language.as_deref(), file),
        ItemKind::Write { .. } | ItemKind::Delete { .. } | ItemKind::Rename { .. } => Err(Complaint::new(
            ComplaintKind::UnknownFile,
            format!("The edit on line {} of the reply names no file. Ask the model to name it.", item.reply_line),
        )),
    }
}

/// The changes of code that is more than imports. A part of a data file is taken key by key, so that what stands beside the keys stays.
fn in_code(
    text: &str,
    tag: Option<&str>,
    (lead, fence): (Lead, Fence),
    file: &FileView,
) -> Result<Vec<Change>, Complaint> {
    let tagged = tag.and_then(Language::from_language_id);
    let is_other = tagged.zip(file.language).is_some_and(|(tagged, own)| tagged != own);
    let shows = lead.only_shows();
    let by_lines = || by_lines::whole(text, file).or_else(|| by_lines::passages(text, file));
    if !is_other && !shows {
        by_lines::refuse_shortened(text, file)?;
    }
    let part = if is_other || shows { None } else { by_lines().or_else(|| data::changes(text, file)) };
    if let Some(part) = part {
        return part;
    }
    let found =
        sketch::of_code(text, tag, fence, file).and_then(|changes| by_lines::refuse_guesses(text, changes, file));
    match data::of_settings(text, file) {
        Some(part) if found.is_err() && !shows => part,
        _ => found,
    }
}

/// Whether code names another package as its own than the file does.
fn is_of_other_package(text: &str, file: &FileView) -> bool {
    let package = |lines: &[Line]| {
        let clause = lines.iter().map(Line::trimmed).find_map(|line| line.strip_prefix("package "))?;
        Some(clause.trim_end_matches(';').trim().to_owned())
    };
    let has_packages = file.language.is_some_and(|language| matches!(language.name(), "go" | "java"));
    has_packages && package(&lines(text)).is_some_and(|own| package(&file.lines).is_some_and(|other| own != other))
}

/// Whether words without a fence are about a text rather than the text itself: it is a text only as a whole.
fn is_review(text: &str, file: &FileView) -> bool {
    let is_text = file.language.is_none_or(|language| language.name() == "markdown");
    let mut said = file.lines.iter().map(Line::trimmed).filter(|line| !line.is_empty());
    let edges = (said.next(), said.next_back());
    let given = lines(text);
    let has = |edge: Option<&str>| edge.is_none_or(|edge| given.iter().any(|line| line.trimmed() == edge));
    is_text && !(has(edges.0) && has(edges.1))
}

/// The one reading that fits. Among several that fit to the letter the one that quotes most is meant: the
/// divider-like lines it takes for text really are in the file.
fn read(readings: &[Reading], file: &FileView) -> Result<Change, Complaint> {
    let mut problem = None;
    let mut fitting = Vec::new();
    for reading in readings {
        let found = find(reading, file);
        match found {
            Ok(change) => fitting.push(change),
            Err(complaint) => problem = problem.or(Some(complaint)),
        }
    }
    let longest_exact =
        fitting.iter().filter(|change| change.tolerances.is_empty()).max_by_key(|change| change.range.len()).cloned();
    match (fitting.len(), longest_exact) {
        (1, _) => Ok(fitting.swap_remove(0)),
        (_, Some(change)) => Ok(change),
        (0, None) => Err(problem.unwrap_or_else(|| {
            Complaint::new(ComplaintKind::Malformed, "A search/replace block has no divider. Ask the model again.")
        })),
        _ => Err(Complaint::new(
            ComplaintKind::Ambiguous,
            "A search/replace block holds several divider lines and can be read in more than one way. Ask the model \
             to use longer markers.",
        )
        .in_file(file.path)),
    }
}

/// The place of a reading, by ever looser ways to read it.
fn find(reading: &Reading, file: &FileView) -> Result<Change, Complaint> {
    let by_lines;
    let reading = if reading.inline {
        if let Some(found) = inline::find(reading, file) {
            return found;
        }
        by_lines = inline::by_lines(reading);
        &by_lines
    } else {
        reading
    };
    if let Some(change) = passage::find(reading, file)? {
        return Ok(change);
    }
    line_numbers::find(reading, file)
        .or_else(|| escapes::find(reading, file))
        .or_else(|| elision::find(reading, file))
        .or_else(|| aligned::find(reading, file))
        .or_else(|| within_a_line(reading, file))
        .ok_or_else(|| passage::not_found(reading, file))
}

/// A quote of one line that is a part of one.
fn within_a_line(reading: &Reading, file: &FileView) -> Option<Change> {
    let one = |text: &str| {
        let lines = lines(text.trim_matches(['\n', '\r']));
        (lines.len() == 1).then(|| lines[0].trimmed().to_owned()).filter(|line| line.len() > 2)
    };
    let reading = Reading { inline: true, ..Reading::new(one(&reading.old)?, one(&reading.new)?) };
    let mut change = inline::find(&reading, file)?.ok()?;
    change.tolerances.push(Tolerance::Quote);
    Some(change)
}

fn note(changes: &mut [Change], tolerance: &Tolerance) {
    for change in changes {
        change.tolerances.insert(0, tolerance.clone());
    }
}
