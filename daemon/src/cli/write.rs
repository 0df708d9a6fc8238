//! Writes changes into files: only into the text that they were made for, all of them or none.

mod stage;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aiia_engine::hash::sha256_bytes;
use aiia_protocol::edit::{FileAction, FileChange};
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::cli::interrupt;
use crate::cli::output;
use stage::Stage;

/// A file with what it will contain.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NewContent {
    /// The file.
    pub(crate) path: PathBuf,
    /// What it contains now; nothing for a file that is not there.
    pub(crate) old: Option<Vec<u8>>,
    /// What it will contain; nothing to remove it.
    pub(crate) new: Option<Vec<u8>>,
    /// The file whose permissions a new one gets.
    pub(crate) like: Option<PathBuf>,
}

/// What the files will contain after `changes`.
///
/// # Errors
/// When a file has another text than the one that its change fits.
pub(crate) fn prepare(changes: &[FileChange]) -> Result<Vec<NewContent>, Problem> {
    let mut files = Vec::new();
    for change in changes {
        prepare_one(change, &mut files)?;
    }
    Ok(files)
}

fn prepare_one(change: &FileChange, files: &mut Vec<NewContent>) -> Result<(), Problem> {
    let path = Path::new(change.from.as_ref().unwrap_or(&change.path));
    if !path.is_absolute() {
        return Err(Problem::new(ProblemCode::UnsupportedDocument, format!("{} is not a file on disk.", change.path))
            .with_hint("Accept the change in the editor that has it open."));
    }
    let old = match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound && change.action == FileAction::Create => None,
        Err(error) => return Err(cannot("read", path, &error)),
    };
    let base = old.as_deref().unwrap_or_default();
    if change.action == FileAction::Create && old.is_some() || sha256_bytes(base) != change.base_hash {
        return Err(Problem::new(
            ProblemCode::Conflict,
            format!("{} has changed meanwhile; it is left as it is.", change.path),
        )
        .with_hint("Ask again, so that the change fits the text as it is now."));
    }
    let broken = || Problem::new(ProblemCode::Internal, format!("The change of {} makes no sense.", change.path));
    let mut new = Vec::with_capacity(base.len());
    let mut at = 0;
    for replacement in &change.replacements {
        let (start, end) = (replacement.start as usize, replacement.end as usize);
        new.extend_from_slice(base.get(at..start).ok_or_else(broken)?);
        new.extend_from_slice(replacement.text.as_bytes());
        base.get(start..end).ok_or_else(broken)?;
        at = end;
    }
    new.extend_from_slice(base.get(at..).ok_or_else(broken)?);
    let path = path.to_owned();
    match change.action {
        FileAction::Edit | FileAction::Create => files.push(NewContent { path, old, new: Some(new), like: None }),
        FileAction::Delete => files.push(NewContent { path, old, new: None, like: None }),
        FileAction::Rename => {
            let to = PathBuf::from(&change.path);
            if to.exists() {
                return Err(Problem::new(ProblemCode::Conflict, format!("{} exists by now.", change.path))
                    .with_hint("Nothing was changed. Move that file away, or reject the change."));
            }
            files.push(NewContent { path: to, old: None, new: Some(new), like: Some(path.clone()) });
            files.push(NewContent { path, old, new: None, like: None });
        }
    }
    Ok(())
}

/// Writes the files: first all new texts beside them, then all into their places. When anything fails, or Ctrl-C asks for it, every
/// file gets its old content back, and no folder or file that was made for it stays.
pub(crate) fn write(files: &[NewContent]) -> Result<(), Problem> {
    let mut made = Vec::new();
    let mut staged = Vec::new();
    let result = files.iter().try_for_each(|file| {
        let stage = Stage::prepare(file, &mut made).map_err(|error| cannot("written", &file.path, &error))?;
        staged.push(stage);
        if interrupt::is_asked() { Err(stopped()) } else { Ok(()) }
    });
    let result = result.and_then(|()| put_in_place(&staged, interrupt::is_asked));
    for stage in &staged {
        stage.clean();
    }
    if result.is_err() {
        for folder in made.iter().rev() {
            // Somebody else may have put something there.
            let _ = fs::remove_dir(folder);
        }
    }
    result
}

/// Says what was done to the files.
pub(crate) fn tell(files: &[NewContent]) {
    for file in files {
        let done = if file.new.is_some() { "Written" } else { "Removed" };
        output::note(&format!("{done}: {}", output::shown_path(&file.path)));
    }
}

/// Puts all in their places, or none when one cannot be or when `is_asked` to stop.
fn put_in_place(staged: &[Stage], is_asked: impl Fn() -> bool) -> Result<(), Problem> {
    for (index, stage) in staged.iter().enumerate() {
        let (mut problem, done) = match stage.commit() {
            Err(error) => (cannot("written", &stage.path, &error), index),
            Ok(()) if is_asked() => (stopped(), index + 1),
            Ok(()) => continue,
        };
        let stuck: Vec<String> = staged[..done].iter().rev().filter_map(Stage::stuck).collect();
        if !stuck.is_empty() {
            problem = problem.with_hint(format!("Not put back to what they were: {}.", stuck.join(", ")));
        }
        return Err(problem);
    }
    Ok(())
}

/// Refuses files that can make other programs run something or steer an assistant: those of `files` that come with the reason, and
/// links to such files.
pub(crate) fn refuse_protected<'a>(
    files: impl IntoIterator<Item = (&'a Path, Option<&'a str>)>,
    allowed: bool,
) -> Result<(), Problem> {
    let behind_link = |path: &Path| {
        let real = fs::symlink_metadata(path).ok()?.is_symlink().then(|| path.canonicalize().ok())??;
        aiia_edit::protection(real.to_str()?).map(|protection| protection.to_string())
    };
    let why =
        |(path, why): (&'a Path, Option<&str>)| Some((path, why.map(str::to_owned).or_else(|| behind_link(path))?));
    match files.into_iter().find_map(why) {
        Some((path, why)) if !allowed => Err(Problem::new(
            ProblemCode::Forbidden,
            format!("{} {why}, so it is not written in passing.", path.display()),
        )
        .with_hint("Look at the change; add --allow-protected to write it.")),
        _ => Ok(()),
    }
}

fn stopped() -> Problem {
    Problem::new(ProblemCode::Cancelled, "It was stopped while the files were written.")
        .with_hint("Nothing was changed. Start it again to write them.")
}

fn cannot(be: &str, path: &Path, error: &io::Error) -> Problem {
    Problem::new(ProblemCode::UnsupportedDocument, format!("{} cannot be {be}: {error}.", path.display()))
        .with_hint("Nothing was changed. Mend the cause and try again.")
}

#[cfg(test)]
mod tests;
