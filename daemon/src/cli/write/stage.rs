//! One file that is to be changed: its new text beside it, its old one kept until all others are in their places.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use super::NewContent;

/// How a file gets a second name.
pub(super) type Link = fn(&Path, &Path) -> io::Result<()>;

/// A file with what is needed to change it and to take the change back, in its own folder.
pub(super) struct Stage<'a> {
    /// The file; where a link stood, what it leads to.
    pub(super) path: PathBuf,
    pub(super) old: Option<&'a [u8]>,
    /// The new content; nothing for a file that goes.
    pub(super) new: Option<PathBuf>,
    /// Where the old file waits meanwhile.
    pub(super) backup: PathBuf,
    /// The file keeps its place and gets another content: it belongs to somebody whose files this user cannot make.
    pub(super) in_place: bool,
    /// It waits there.
    pub(super) has_backup: Cell<bool>,
    /// The old file is nowhere else.
    pub(super) keep_backup: Cell<bool>,
    /// Gives a file a second name, which some file systems cannot.
    pub(super) link: Link,
}

impl<'a> Stage<'a> {
    /// Writes the new text beside the file; adds the folders that this needed to `made`.
    pub(super) fn prepare(file: &'a NewContent, made: &mut Vec<PathBuf>) -> io::Result<Self> {
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
            let mut options = OpenOptions::new();
            if permissions.is_some() {
                // What is not for others is not for them meanwhile.
                options.mode(0o600);
            }
            let mut file = options.write(true).create_new(true).open(&temporary)?;
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
        let (has_backup, keep_backup) = (Cell::new(false), Cell::new(false));
        Ok(Self { path, old, new, backup, in_place, has_backup, keep_backup, link: hard_link })
    }

    /// Puts the new text in its place, if the file is still as it was.
    pub(super) fn commit(&self) -> io::Result<()> {
        unchanged(&self.path, self.old)?;
        match (&self.new, self.old) {
            (Some(new), None) => self.place_new(new),
            (Some(new), Some(_)) if self.in_place => {
                self.back_up(false)?;
                overwrite(&self.path, &fs::read(new)?).inspect_err(|_| self.keep_backup.set(self.take_back().is_err()))
            }
            (Some(new), Some(_)) => {
                self.back_up(true)?;
                fs::rename(new, &self.path)
            }
            (None, _) => {
                self.back_up(true)?;
                fs::remove_file(&self.path)
            }
        }
    }

    /// Gives the old file its other name, or makes a copy of it. What has that name already is left alone: it may be all that is
    /// left of a file that could not be put back.
    fn back_up(&self, as_link: bool) -> io::Result<()> {
        let linked =
            if as_link { (self.link)(&self.path, &self.backup) } else { Err(io::ErrorKind::Unsupported.into()) };
        let done = match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => copy_new(&self.path, &self.backup),
            result => result,
        };
        self.has_backup.set(done.is_ok());
        done.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => io::Error::other(format!("{} is in the way", self.backup.display())),
            _ => error,
        })
    }

    /// Gives a new file its name, unless something has it already.
    fn place_new(&self, new: &Path) -> io::Result<()> {
        match (self.link)(new, &self.path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                // Without links, and without a way to ask for the name and take it at once everywhere, the moment between is left.
                if fs::symlink_metadata(&self.path).is_ok() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                fs::rename(new, &self.path)
            }
            result => result,
        }
    }

    /// Puts the old file back.
    pub(super) fn take_back(&self) -> io::Result<()> {
        match self.old {
            Some(old) if self.in_place => overwrite(&self.path, old),
            Some(_) => fs::rename(&self.backup, &self.path),
            None => fs::remove_file(&self.path),
        }
    }

    /// Takes back; where that fails, keeps the old file and says where it is.
    pub(super) fn stuck(&self) -> Option<String> {
        let error = self.take_back().err()?;
        self.keep_backup.set(true);
        let old = self.old.map(|_| format!(", the old one is {}", self.backup.display())).unwrap_or_default();
        Some(format!("{} ({error}{old})", self.path.display()))
    }

    /// Removes what waits beside the file.
    pub(super) fn clean(&self) {
        if let Some(new) = &self.new {
            let _ = fs::remove_file(new);
        }
        if self.has_backup.get() && !self.keep_backup.get() {
            let _ = fs::remove_file(&self.backup);
        }
    }
}

fn hard_link(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)
}

/// Copies a file with its permissions and its owner to a name that nothing has.
fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    let mut old = File::open(from)?;
    let like = old.metadata()?;
    let mut copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let copied = io::copy(&mut old, &mut copy).and_then(|_| {
        // Whoever may not give files away keeps the content at least.
        let _ = fchown(&copy, Some(like.uid()), Some(like.gid()));
        copy.set_permissions(like.permissions())?;
        copy.sync_all()
    });
    copied.inspect_err(|_| drop(fs::remove_file(to)))
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
