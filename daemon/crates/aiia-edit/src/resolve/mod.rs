//! From edit items to changes of byte ranges in the given files. Every resolver sees the same snapshot;
//! a place is accepted only when it is the only one.

mod aligned;
mod canonical;
mod imports;
mod indent;
mod line_numbers;
mod nearest;
mod passage;
mod symbol_match;
mod symbol_text;
mod view;
mod whole_file;
mod whole_symbol;

use std::ops::Range;

use crate::complaint::{Complaint, ComplaintKind};
use crate::parse::{FileName, Item, ItemKind, Reading};
use crate::tolerance::Tolerance;

pub(crate) use view::FileView;

/// A passage of a file and what replaces it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    /// Bytes of the file's text; empty for an insertion.
    pub(crate) range: Range<usize>,
    pub(crate) new_text: String,
    pub(crate) tolerances: Vec<Tolerance>,
}

/// The changes of one item, all in one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Resolved {
    /// Index of the file.
    pub(crate) file: usize,
    pub(crate) changes: Vec<Change>,
}

/// Finds the file and the places an item means.
pub(crate) fn resolve(item: &Item, files: &[FileView]) -> Result<Resolved, Complaint> {
    match &item.file {
        FileName::Given(name) => in_named_file(item, name, files),
        FileName::Earlier(name) => {
            let first = named(name, files).ok().or_else(|| focus(files));
            in_any_file(item, first, files)
        }
        FileName::None => in_any_file(item, focus(files), files),
    }
}

fn focus(files: &[FileView]) -> Option<usize> {
    files.iter().position(FileView::is_focus)
}

fn in_named_file(item: &Item, name: &str, files: &[FileView]) -> Result<Resolved, Complaint> {
    match named(name, files) {
        Ok(index) => {
            let mut resolved = in_file(item, index, files)?;
            if files[index].path != name && !name.ends_with(files[index].path) {
                note(&mut resolved, &Tolerance::FileNamedDifferently(name.to_owned()));
            }
            Ok(resolved)
        }
        Err(several) => {
            // Models invent names like `path/to/file.py`. What was asked about may still be meant, if
            // the text itself proves it.
            if !several
                && let Some(index) = focus(files)
                && let Ok(mut resolved) = in_file(item, index, files)
                && is_evident(item, &files[index])
            {
                note(&mut resolved, &Tolerance::FileNamedDifferently(name.to_owned()));
                return Ok(resolved);
            }
            let known: Vec<&str> = files.iter().take(10).map(|file| file.path).collect();
            let problem = if several { "could be several" } else { "is none" };
            Err(Complaint::new(
                ComplaintKind::UnknownFile,
                format!(
                    "The reply changes `{name}`, which {problem} of the files it was given ({}). Open that file \
                     and ask again.",
                    known.join(", ")
                ),
            ))
        }
    }
}

/// A passage was found by its text; code must define the very symbol that was asked about.
fn is_evident(item: &Item, file: &FileView) -> bool {
    match &item.kind {
        ItemKind::Replace { .. } => true,
        ItemKind::Code { text, .. } => file
            .focus_symbol()
            .is_some_and(|name| whole_symbol::top_level_names(text, file).iter().any(|own| own == name)),
    }
}

/// Tries the likeliest file, then the only other one that fits.
fn in_any_file(item: &Item, first: Option<usize>, files: &[FileView]) -> Result<Resolved, Complaint> {
    let mut problem = None;
    if let Some(index) = first {
        match in_file(item, index, files) {
            Err(complaint) if complaint.kind == ComplaintKind::NotFound => problem = Some(complaint),
            answer => return answer,
        }
    }
    let mut found = Vec::new();
    for index in (0..files.len()).filter(|index| Some(*index) != first) {
        match in_file(item, index, files) {
            Ok(resolved) => found.push(resolved),
            Err(complaint) => problem = Some(problem.unwrap_or(complaint)),
        }
    }
    if found.len() > 1 {
        let paths: Vec<&str> = found.iter().map(|found| files[found.file].path).collect();
        return Err(Complaint::new(
            ComplaintKind::Ambiguous,
            format!(
                "The edit on line {} of the reply names no file and fits several: {}. Ask the model to name \
                 the file.",
                item.reply_line,
                paths.join(", ")
            ),
        ));
    }
    if let Some(mut resolved) = found.pop() {
        if files.len() > 1 {
            let path = files[resolved.file].path.to_owned();
            note(&mut resolved, &Tolerance::FileAssumed(path));
        }
        return Ok(resolved);
    }
    Err(problem.unwrap_or_else(|| {
        Complaint::new(
            ComplaintKind::UnknownFile,
            "The reply changes code, but no file was given to change. Open the file and ask again.",
        )
    }))
}

fn in_file(item: &Item, index: usize, files: &[FileView]) -> Result<Resolved, Complaint> {
    let file = &files[index];
    let changes = match &item.kind {
        ItemKind::Replace { readings } => vec![read(readings, file)?],
        ItemKind::Code { text, language, loose } => {
            let mut changes = whole_symbol::changes(text, language.as_deref(), file)?;
            if *loose {
                for change in &mut changes {
                    change.tolerances.push(Tolerance::Fence);
                }
            }
            changes
        }
    };
    Ok(Resolved { file: index, changes })
}

/// The one reading that fits. Among several that fit to the letter the one that quotes most is meant: the
/// divider-like lines it takes for text really are in the file.
fn read(readings: &[Reading], file: &FileView) -> Result<Change, Complaint> {
    let mut problem = None;
    let mut fitting = Vec::new();
    for reading in readings {
        let found = passage::find(reading, file).or_else(|complaint| match complaint.kind {
            ComplaintKind::NotFound => {
                line_numbers::find(reading, file).or_else(|| aligned::find(reading, file)).ok_or(complaint)
            }
            _ => Err(complaint),
        });
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

/// The file a name means; `Err(true)` when it could be several.
fn named(name: &str, files: &[FileView]) -> Result<usize, bool> {
    let name = name.replace('\\', "/");
    let name = name.trim_start_matches("./");
    let plain = name.strip_prefix("a/").or(name.strip_prefix("b/"));
    let only = |test: &dyn Fn(&str) -> bool| -> Option<Result<usize, bool>> {
        let mut fitting = (0..files.len()).filter(|index| test(files[*index].path));
        let first = fitting.next()?;
        Some(if fitting.next().is_some() { Err(true) } else { Ok(first) })
    };
    let ends_with =
        |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    only(&|path| path == name)
        .or_else(|| only(&|path| Some(path) == plain))
        .or_else(|| only(&|path| ends_with(path, name) || ends_with(name, path)))
        .or_else(|| only(&|path| path.rsplit('/').next() == name.rsplit('/').next()))
        .unwrap_or(Err(false))
}

fn note(resolved: &mut Resolved, tolerance: &Tolerance) {
    for change in &mut resolved.changes {
        change.tolerances.insert(0, tolerance.clone());
    }
}
