//! Writes changes into files: only into the text that they were made for, all of them or none.

use std::cell::Cell;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
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
        let Err(error) = stage.commit() else { continue };
        let mut problem = cannot("written", &stage.path, &error);
        let stuck: Vec<String> = staged[..done].iter().rev().filter_map(Stage::stuck).collect();
        if !stuck.is_empty() {
            problem = problem.with_hint(format!("Not put back to what they were: {}.", stuck.join(", ")));
        }
        return Err(problem);
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
    /// The file keeps its place and gets another content: it belongs to somebody whose files this user cannot make.
    in_place: bool,
    /// The old file is nowhere else.
    keep_backup: Cell<bool>,
}

impl<'a> Stage<'a> {
    fn prepare(file: &'a NewContent, made: &mut Vec<PathBuf>) -> io::Result<Self> {
        let old = file.old.as_deref();
        if file.new.is_none() && fs::symlink_metadata(&file.path).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(io::Error::other("it is a link, which is neither moved nor removed with what it leads to"));
        }
        // A link stays a link: what it leads to is written.
        let path = if old.is_some() { file.path.canonicalize()? } else { file.path.clone() };
        unchanged(&path, old)?;
        let like = file.like.as_deref().or(old.map(|_| path.as_path())).map(fs::metadata).transpose()?;
        let permissions = like.as_ref().map(fs::Metadata::permissions);
        if permissions.as_ref().is_some_and(fs::Permissions::readonly) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        make_folders(&folder, made)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let beside = |ending: &str| folder.join(format!(".{name}.aiia-{}{ending}", std::process::id()));
        let temporary = beside("");
        let mut in_place = false;
        let written = file.new.as_deref().map_or(Ok(()), |new| {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
            file.write_all(new)?;
            let mine = file.metadata()?;
            if let Some(like) = like.as_ref().filter(|like| (like.uid(), like.gid()) != (mine.uid(), mine.gid())) {
                in_place = fchown(&file, Some(like.uid()), Some(like.gid())).is_err() && old.is_some();
            }
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
        let new = file.new.is_some().then_some(temporary);
        Ok(Self { path, old, new, backup, in_place, keep_backup: Cell::new(false) })
    }

    fn commit(&self) -> io::Result<()> {
        unchanged(&self.path, self.old)?;
        match (&self.new, self.old) {
            (Some(new), None) => place_new(new, &self.path),
            (Some(new), Some(_)) if self.in_place => {
                fs::copy(&self.path, &self.backup)?;
                overwrite(&self.path, &fs::read(new)?).inspect_err(|_| self.keep_backup.set(self.take_back().is_err()))
            }
            (Some(new), Some(_)) => {
                // Some file systems have no links.
                fs::hard_link(&self.path, &self.backup).or_else(|_| fs::copy(&self.path, &self.backup).map(drop))?;
                fs::rename(new, &self.path)
            }
            (None, _) => fs::rename(&self.path, &self.backup),
        }
    }

    fn take_back(&self) -> io::Result<()> {
        match self.old {
            Some(old) if self.in_place => overwrite(&self.path, old),
            Some(_) => fs::rename(&self.backup, &self.path),
            None => fs::remove_file(&self.path),
        }
    }

    /// Takes back; where that fails, keeps the old file and says where it is.
    fn stuck(&self) -> Option<String> {
        let error = self.take_back().err()?;
        self.keep_backup.set(true);
        let old = self.old.map(|_| format!(", the old one is {}", self.backup.display())).unwrap_or_default();
        Some(format!("{} ({error}{old})", self.path.display()))
    }

    /// Removes what waits beside the file.
    fn clean(&self) {
        if let Some(new) = &self.new {
            let _ = fs::remove_file(new);
        }
        if !self.keep_backup.get() {
            let _ = fs::remove_file(&self.backup);
        }
    }
}

/// Gives a new file its name, unless something has it already.
fn place_new(new: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(new, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // Without links, and without a way to ask for the name and take it at once everywhere, the moment between is left.
            if fs::symlink_metadata(path).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(new, path)
        }
        result => result,
    }
}

fn overwrite(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
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

/// SHA-256 in hexadecimal, as the protocol names texts.
fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn cannot(be: &str, path: &Path, error: &io::Error) -> Problem {
    Problem::new(ProblemCode::UnsupportedDocument, format!("{} cannot be {be}: {error}.", path.display()))
        .with_hint("Nothing was changed. Mend the cause and try again.")
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
            hunks: Vec::new(),
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
    fn a_link_is_not_removed_and_not_what_it_leads_to() {
        let temp = tempfile::tempdir().unwrap();
        let (real, link) = (temp.path().join("real"), temp.path().join("link"));
        fs::write(&real, "one").unwrap();
        symlink(&real, &link).unwrap();
        let delete = FileChange { action: FileAction::Delete, ..change(&link, "one", &[]) };
        assert!(apply(&[delete]).unwrap_err().detail.contains("it is a link"));
        assert_eq!(fs::read_to_string(&link).unwrap(), "one");
    }

    #[test]
    fn what_cannot_be_taken_back_is_kept_and_named() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        let file = |name: &str| {
            fs::write(at(name), "old").unwrap();
            NewContent { path: at(name), old: Some(b"old".to_vec()), new: Some(b"new".to_vec()), like: None }
        };
        let files = [file("first"), file("second"), file("third")];
        let mut made = Vec::new();
        let staged: Vec<Stage> = files.iter().map(|file| Stage::prepare(file, &mut made).unwrap()).collect();
        staged[0].commit().unwrap();
        staged[1].commit().unwrap();
        // A folder took the place of the second one meanwhile.
        fs::remove_file(at("second")).unwrap();
        fs::create_dir(at("second")).unwrap();
        let stuck: Vec<String> = staged[..2].iter().rev().filter_map(Stage::stuck).collect();
        assert!(stuck.len() == 1 && stuck[0].contains("second"), "{stuck:?}");
        staged.iter().for_each(Stage::clean);
        assert_eq!(fs::read_to_string(at("first")).unwrap(), "old");
        assert_eq!(fs::read_to_string(&staged[1].backup).unwrap(), "old");
    }

    #[test]
    fn a_file_can_get_its_content_in_its_place() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("shared");
        fs::write(&path, "old").unwrap();
        let file =
            NewContent { path: path.clone(), old: Some(b"old".to_vec()), new: Some(b"new".to_vec()), like: None };
        let mut made = Vec::new();
        let stage = Stage { in_place: true, ..Stage::prepare(&file, &mut made).unwrap() };
        let before = fs::metadata(&path).unwrap().ino();
        stage.commit().unwrap();
        assert_eq!(
            (fs::read_to_string(&path).unwrap(), fs::metadata(&path).unwrap().ino()),
            ("new".to_owned(), before)
        );
        stage.take_back().unwrap();
        stage.clean();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
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
        let temp = tempfile::tempdir().unwrap();
        let (plain, link) = (temp.path().join("main.rs"), temp.path().join("link.yml"));
        let real = temp.path().join(".github/workflows/ci.yml");
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        fs::write(&real, "on: push\n").unwrap();
        fs::write(&plain, "").unwrap();
        symlink(&real, &link).unwrap();
        for (path, why) in [(&plain, Some("runs something")), (&link, None)] {
            let asked = || [(path.as_path(), why)];
            assert_eq!(refuse_protected(asked(), false).unwrap_err().code, ProblemCode::Forbidden);
            refuse_protected(asked(), true).unwrap();
        }
        refuse_protected([(plain.as_path(), None)], false).unwrap();
    }
}
