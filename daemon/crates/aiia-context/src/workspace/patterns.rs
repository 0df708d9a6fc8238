//! What the ignore files around a path say of it, for a path that no walk has listed: a buffer that is new, or what is hidden.

use super::walk::is_hidden;
use ignore::Match;
use ignore::gitignore::Gitignore;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The patterns of a project that only this program heeds.
pub const IGNORE_FILE: &str = ".aiiaignore";

/// The files with patterns that a folder may have, by which files are left out, those that count more first. Only the last one is git's.
pub const PATTERN_FILES: [&str; 3] = [IGNORE_FILE, ".ignore", ".gitignore"];
const GIT: usize = PATTERN_FILES.len() - 1;

/// What the first of some patterns says of a path itself that says anything; they are given with those of the innermost folder first.
pub(super) fn innermost<'p>(patterns: impl Iterator<Item = &'p Gitignore>, path: &Path, is_folder: bool) -> Match<()> {
    let mut said = patterns.map(|patterns| patterns.matched(path, is_folder));
    said.find(|said| !said.is_none()).map_or(Match::None, |said| said.map(|_| ()))
}

/// The patterns below and above a folder, each file of them read once.
#[derive(Debug)]
pub(super) struct Patterns {
    root: PathBuf,
    folders: Mutex<FxHashMap<PathBuf, Arc<Folder>>>,
}

/// The patterns that one folder has.
#[derive(Debug)]
struct Folder {
    files: [Gitignore; PATTERN_FILES.len()],
    /// What git leaves out beside, where the folder is one of git's.
    of_git: Option<[Gitignore; 2]>,
}

impl Patterns {
    /// Nothing is read yet.
    pub(super) fn new(root: &Path) -> Patterns {
        Patterns { root: root.to_owned(), folders: Mutex::default() }
    }

    /// Whether a walk from the folder would leave out the file of that path, which is relative to it, with `/`.
    pub(super) fn leave_out(&self, path: &str) -> bool {
        let mut at = self.root.clone();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            at.push(part);
            let said = self.say(&at, parts.peek().is_some());
            if said.is_ignore() || (is_hidden(part.as_ref()) && !said.is_whitelist()) {
                return true;
            }
        }
        false
    }

    /// What they say of a path itself, not of the folders around it.
    pub(super) fn say(&self, path: &Path, is_folder: bool) -> Match<()> {
        let folders: Vec<Arc<Folder>> = path.ancestors().skip(1).map(|folder| self.folder(folder)).collect();
        // Git's patterns count as far up as its own folder.
        let repository = folders.iter().position(|folder| folder.of_git.is_some());
        let of_git = &folders[..repository.map_or(folders.len(), |at| at + 1)];
        let beside = repository.and_then(|at| folders[at].of_git.as_ref()).into_iter().flatten();
        let by_kind = (0..PATTERN_FILES.len()).flat_map(|kind| {
            let asked = if kind == GIT { of_git } else { &folders[..] };
            asked.iter().map(move |folder| &folder.files[kind])
        });
        innermost(by_kind.chain(beside), path, is_folder)
    }

    fn folder(&self, folder: &Path) -> Arc<Folder> {
        let mut folders = self.folders.lock();
        if let Some(known) = folders.get(folder) {
            return Arc::clone(known);
        }
        // A file that is not there, or a pattern that cannot be read, says nothing.
        let read = |name: &str| Gitignore::new(folder.join(name)).0;
        let git = folder.join(".git");
        let exclude = || {
            let mut patterns = ignore::gitignore::GitignoreBuilder::new(folder);
            patterns.add(git.join("info/exclude"));
            patterns.build().unwrap_or_else(|_| Gitignore::empty())
        };
        let made = Arc::new(Folder {
            files: PATTERN_FILES.map(read),
            of_git: git.exists().then(|| [exclude(), Gitignore::global().0]),
        });
        folders.insert(folder.to_owned(), Arc::clone(&made));
        made
    }
}
