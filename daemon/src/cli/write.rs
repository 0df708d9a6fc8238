//! Writes changes into files: only into the text that they were made for, all of them or none.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aiia_protocol::edit::{FileAction, FileChange};
use aiia_protocol::problem::{Problem, ProblemCode};
use sha2::{Digest, Sha256};

use crate::hex::hex;

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
    if change.action == FileAction::Create && old.is_some() || hash(base) != change.base_hash {
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

/// Writes the files: first all new texts beside them, then all into their places. When anything fails, every file gets its old
/// content back, and no folder or file that was made for it stays.
pub(crate) fn write(files: &[NewContent]) -> Result<(), Problem> {
    let mut made = Vec::new();
    let mut staged = Vec::new();
    let result = files.iter().try_for_each(|file| {
        let stage = Stage::prepare(file, &mut made).map_err(|error| cannot("written", &file.path, &error))?;
        staged.push(stage);
        Ok(())
    });
    let result = result.and_then(|()| put_in_place(&staged));
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

fn put_in_place(staged: &[Stage]) -> Result<(), Problem> {
    for (done, stage) in staged.iter().enumerate() {
        if let Err(error) = stage.commit() {
            for earlier in staged[..done].iter().rev() {
                if let Err(error) = earlier.take_back() {
                    return Err(cannot("put back to its old content", &earlier.path, &error));
                }
            }
            return Err(cannot("written", &stage.path, &error));
        }
    }
    Ok(())
}

/// A file with what is needed to change it and to take the change back, in its own folder.
struct Stage<'a> {
    /// The file; where a link stood, what it leads to.
    path: PathBuf,
    old: Option<&'a [u8]>,
    /// The new content; nothing for a file that goes.
    new: Option<PathBuf>,
    /// Where the old file waits meanwhile.
    backup: PathBuf,
}

impl<'a> Stage<'a> {
    fn prepare(file: &'a NewContent, made: &mut Vec<PathBuf>) -> io::Result<Self> {
        let old = file.old.as_deref();
        // A link stays a link: what it leads to is written.
        let path = if old.is_some() { file.path.canonicalize()? } else { file.path.clone() };
        unchanged(&path, old)?;
        let like = file.like.as_deref().or(old.map(|_| path.as_path()));
        let permissions = like.map(fs::metadata).transpose()?.map(|metadata| metadata.permissions());
        if permissions.as_ref().is_some_and(fs::Permissions::readonly) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        make_folders(&folder, made)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let beside = |ending: &str| folder.join(format!(".{name}.aiia-{}{ending}", std::process::id()));
        let temporary = beside("");
        let written = file.new.as_deref().map_or(Ok(()), |new| {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
            file.write_all(new)?;
            if let Some(permissions) = permissions {
                file.set_permissions(permissions)?;
            }
            file.sync_all()
        });
        if let Err(error) = written {
            if error.kind() != io::ErrorKind::AlreadyExists {
                let _ = fs::remove_file(&temporary);
            }
            return Err(error);
        }
        let backup = beside("-old");
        Ok(Self { path, old, new: file.new.is_some().then_some(temporary), backup })
    }

    fn commit(&self) -> io::Result<()> {
        unchanged(&self.path, self.old)?;
        match (&self.new, self.old) {
            (Some(new), None) => fs::hard_link(new, &self.path),
            (Some(new), Some(_)) => {
                fs::hard_link(&self.path, &self.backup)?;
                fs::rename(new, &self.path)
            }
            (None, _) => fs::rename(&self.path, &self.backup),
        }
    }

    fn take_back(&self) -> io::Result<()> {
        if self.old.is_some() { fs::rename(&self.backup, &self.path) } else { fs::remove_file(&self.path) }
    }

    /// Removes what waits beside the file.
    fn clean(&self) {
        if let Some(new) = &self.new {
            let _ = fs::remove_file(new);
        }
        let _ = fs::remove_file(&self.backup);
    }
}

fn unchanged(path: &Path, old: Option<&[u8]>) -> io::Result<()> {
    let now = match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if now.as_deref() == old { Ok(()) } else { Err(io::Error::other("it has changed meanwhile")) }
}

/// Makes a folder and those above it; notes those that were not there.
fn make_folders(folder: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(folder)?;
        made.push(folder.to_owned());
    }
    Ok(())
}

/// Refuses files that can make other programs run something or steer an assistant.
pub(crate) fn refuse_protected<'a>(paths: impl IntoIterator<Item = &'a Path>, allowed: bool) -> Result<(), Problem> {
    let found = paths.into_iter().find_map(|path| Some((path, aiia_edit::protection(path.to_str()?)?)));
    match found {
        Some((path, protection)) if !allowed => Err(Problem::new(
            ProblemCode::Forbidden,
            format!("{} {protection}, so it is not written in passing.", path.display()),
        )
        .with_hint("Look at the change; add --allow-protected to write it.")),
        _ => Ok(()),
    }
}

/// SHA-256 in hexadecimal, as the protocol names texts.
fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn cannot(be: &str, path: &Path, error: &io::Error) -> Problem {
    Problem::new(ProblemCode::UnsupportedDocument, format!("{} cannot be {be}: {error}.", path.display()))
        .with_hint("Nothing else was changed. Mend the cause and try again.")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use aiia_protocol::edit::Replacement;

    fn change(path: &Path, base: &str, replacements: &[(u64, u64, &str)]) -> FileChange {
        FileChange {
            path: path.display().to_string(),
            action: FileAction::Edit,
            from: None,
            base_hash: hash(base.as_bytes()),
            replacements: replacements
                .iter()
                .map(|(start, end, text)| Replacement { start: *start, end: *end, text: (*text).to_owned() })
                .collect(),
        }
    }

    fn apply(changes: &[FileChange]) -> Result<(), Problem> {
        write(&prepare(changes)?)
    }

    #[test]
    fn replacements_go_into_the_text_they_fit_and_the_mode_stays() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a.sh");
        fs::write(&path, "one two\r\nthree").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        apply(&[change(&path, "one two\r\nthree", &[(0, 3, "1"), (4, 4, "and "), (14, 14, "!")])]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1 and two\r\nthree!");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    }

    #[test]
    fn another_text_is_left_as_it_is() {
        let temp = tempfile::tempdir().unwrap();
        let (first, second) = (temp.path().join("a"), temp.path().join("b"));
        fs::write(&first, "one").unwrap();
        fs::write(&second, "typed meanwhile").unwrap();
        let problem =
            apply(&[change(&first, "one", &[(0, 3, "1")]), change(&second, "two", &[(0, 3, "2")])]).unwrap_err();
        assert_eq!(problem.code, ProblemCode::Conflict);
        assert_eq!(fs::read_to_string(&first).unwrap(), "one");
        assert_eq!(fs::read_to_string(&second).unwrap(), "typed meanwhile");
    }

    #[test]
    fn when_one_cannot_be_written_none_is() {
        let temp = tempfile::tempdir().unwrap();
        let (first, second) = (temp.path().join("a"), temp.path().join("b"));
        fs::write(&first, "one").unwrap();
        fs::write(&second, "two").unwrap();
        fs::set_permissions(&second, fs::Permissions::from_mode(0o444)).unwrap();
        let changes = [change(&first, "one", &[(0, 3, "1")]), change(&second, "two", &[(0, 3, "2")])];
        assert!(apply(&changes).unwrap_err().detail.contains("read-only"));
        assert_eq!(fs::read_to_string(&first).unwrap(), "one");
    }

    #[test]
    fn a_new_file_is_made_and_an_old_one_is_not_overwritten() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("new/deep.py");
        let create = FileChange { action: FileAction::Create, ..change(&path, "", &[(0, 0, "print()\n")]) };
        apply(std::slice::from_ref(&create)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "print()\n");
        assert_eq!(apply(&[create]).unwrap_err().code, ProblemCode::Conflict);
    }

    #[test]
    fn a_link_stays_a_link() {
        let temp = tempfile::tempdir().unwrap();
        let (real, link) = (temp.path().join("real"), temp.path().join("link"));
        fs::write(&real, "one").unwrap();
        symlink(&real, &link).unwrap();
        apply(&[change(&link, "one", &[(0, 3, "1")])]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "1");
    }

    #[test]
    fn a_set_is_made_renamed_and_deleted_together() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        fs::write(at("gone"), "old").unwrap();
        fs::write(at("from.sh"), "run").unwrap();
        fs::set_permissions(at("from.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        let content = |name: &str, old: Option<&str>, new: Option<&str>| NewContent {
            path: at(name),
            old: old.map(|text| text.as_bytes().to_vec()),
            new: new.map(|text| text.as_bytes().to_vec()),
            like: None,
        };
        let set = |last: NewContent| {
            [
                content("deep/new", None, Some("new")),
                NewContent { like: Some(at("from.sh")), ..content("to.sh", None, Some("run 2")) },
                content("from.sh", Some("run"), None),
                content("gone", Some("old"), None),
                last,
            ]
        };
        fs::write(at("typed"), "typed meanwhile").unwrap();
        write(&set(content("typed", Some("else"), Some("x")))).unwrap_err();
        let names = |folder: &Path| -> Vec<String> {
            let mut names: Vec<String> = fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(temp.path()), ["from.sh", "gone", "typed"]);
        write(&set(content("typed", Some("typed meanwhile"), Some("x")))).unwrap();
        assert_eq!(names(temp.path()), ["deep", "to.sh", "typed"]);
        assert_eq!(fs::read_to_string(at("to.sh")).unwrap(), "run 2");
        assert_eq!(fs::metadata(at("to.sh")).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_to_string(at("deep/new")).unwrap(), "new");
    }

    #[test]
    fn what_is_in_place_is_taken_back_when_a_later_one_fails() {
        let temp = tempfile::tempdir().unwrap();
        let (first, second) = (temp.path().join("first"), temp.path().join("second"));
        fs::write(&first, "one").unwrap();
        fs::write(&second, "two").unwrap();
        let files = [
            NewContent { path: first.clone(), old: Some(b"one".to_vec()), new: None, like: None },
            NewContent { path: second.clone(), old: Some(b"two".to_vec()), new: Some(b"2".to_vec()), like: None },
        ];
        let mut made = Vec::new();
        let staged: Vec<Stage> = files.iter().map(|file| Stage::prepare(file, &mut made).unwrap()).collect();
        fs::write(&second, "typed meanwhile").unwrap();
        put_in_place(&staged).unwrap_err();
        assert_eq!(fs::read_to_string(&first).unwrap(), "one");
        assert_eq!(fs::read_to_string(&second).unwrap(), "typed meanwhile");
    }

    #[test]
    fn protected_files_need_a_word_of_their_own() {
        let path = Path::new("/p/.vscode/settings.json");
        assert_eq!(refuse_protected([path], false).unwrap_err().code, ProblemCode::Forbidden);
        refuse_protected([path], true).unwrap();
        refuse_protected([Path::new("/p/src/main.rs")], false).unwrap();
    }
}
