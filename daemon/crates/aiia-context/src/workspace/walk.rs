//! Which files of a folder are looked at: what `.gitignore` and `.aiiaignore` leave, in a language that is known, within limits
//! that are said when they are met.

use super::facts::MAX_DEFINITIONS;
use super::patterns::{IGNORE_FILE, Patterns};
use aiia_syntax::{Language, is_plain_code};
use ignore::{WalkBuilder, WalkState};
use parking_lot::Mutex;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// Larger files are left out, in bytes: they are generated or data.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Of a larger workspace so many files are looked at.
pub const MAX_FILES: usize = 100_000;
/// Of so many times the limit the nearest are chosen; what comes after them is only counted, as memory has an end, too.
const REMEMBERED_OF_LIMIT: usize = 10;
/// A walk that takes longer is ended.
pub const WALK_TIME_LIMIT: Duration = Duration::from_secs(20);
/// So many files a thread of a walk finds before it tells.
const TOLD_AT_ONCE: usize = 64;
/// How soon a walk ends that nobody wants any more.
const LOOK_FOR_STOP: Duration = Duration::from_millis(50);

/// A file of a workspace, as its folder lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    /// Relative to the workspace, with `/`.
    pub(crate) path: String,
    /// Nothing where it is code without a grammar.
    pub(crate) language: Option<Language>,
    pub(crate) stamp: Stamp,
}

/// What tells an older file from a newer one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    /// Nanoseconds since 1970 of the last change; 0 where the system does not know.
    pub(crate) modified: u64,
}

/// How many files were left out, and why.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Skipped {
    /// Larger than [`MAX_FILE_BYTES`].
    pub too_large: usize,
    /// No code by their names.
    pub other_languages: usize,
    /// Refused by the caller, such as files with keys.
    pub refused: usize,
    /// Not readable, or gone meanwhile.
    pub unreadable: usize,
    /// Binary, or not in UTF-8.
    pub not_text: usize,
    /// Read by the look of their lines alone: nested too deep for the parser, or too slow.
    pub unparsable: usize,
    /// Read, but for the definitions that are too many for one file.
    pub cut: usize,
    /// Read, but for what was left when there was too much in them to look through.
    pub partial: usize,
    /// Symbolic links, and what is neither a file nor a folder.
    pub no_files: usize,
    /// Files with code, and folders, whose names begin with a dot.
    pub hidden: usize,
    /// Over [`MAX_FILES`].
    pub over_limit: usize,
    /// The walk met [`WALK_TIME_LIMIT`] and did not see everything.
    pub out_of_time: bool,
}

impl Skipped {
    /// The reasons with their counts, those that occurred.
    pub fn reasons(&self) -> Vec<(String, usize)> {
        [
            (format!("larger than {} KiB", MAX_FILE_BYTES / 1024), self.too_large),
            ("no code, or in a language that is not known".to_owned(), self.other_languages),
            ("may hold keys, or excluded".to_owned(), self.refused),
            ("not readable".to_owned(), self.unreadable),
            ("not text in UTF-8".to_owned(), self.not_text),
            ("not parsed: nested too deep or too slow".to_owned(), self.unparsable),
            (format!("over the limit of {MAX_DEFINITIONS} definitions in a file"), self.cut),
            ("known in part: too much in them to look through".to_owned(), self.partial),
            ("links, which are not followed, or no files".to_owned(), self.no_files),
            ("hidden, their names begin with a dot".to_owned(), self.hidden),
            (format!("over the limit of {MAX_FILES} files"), self.over_limit),
            (format!("not seen within {} s", WALK_TIME_LIMIT.as_secs()), usize::from(self.out_of_time)),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect()
    }
}

/// What ends a walk before it has seen everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) files: usize,
    pub(crate) time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { files: MAX_FILES, time: WALK_TIME_LIMIT }
    }
}

/// Says whether a file may be read.
pub type Admits = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

/// Lists folders. What hangs while it does, such as a share on a network that is gone, is left behind; until it has ended no other
/// walk is begun.
#[derive(Debug, Default)]
pub(crate) struct Walker {
    /// Tells when the walk that was left behind has ended.
    left_behind: Mutex<Option<Receiver<()>>>,
}

/// What a walk has seen so far.
#[derive(Default)]
struct Seen {
    found: Mutex<Vec<Found>>,
    /// Files that were admitted.
    count: AtomicUsize,
    skipped: Mutex<Skipped>,
    /// Nobody waits any more.
    is_over: AtomicBool,
}

impl Walker {
    /// The files below `root` in the order of their paths. Symbolic links are not followed. `admits` is asked for each file; `stop`
    /// ends the walk. `meanwhile` is done while it goes on.
    pub(crate) fn walk(
        &self,
        root: &Path,
        threads: usize,
        admits: &Admits,
        stop: &AtomicBool,
        limits: Limits,
        meanwhile: impl FnOnce(),
    ) -> (Vec<Found>, Skipped) {
        let deadline = Instant::now() + limits.time;
        let seen = Arc::new(Seen::default());
        let mut left_behind = self.left_behind.lock();
        let mut is_free =
            left_behind.take_if(|ended| has_ended(ended, deadline, stop)).is_some() || left_behind.is_none();
        if is_free {
            let (root, admits, walked) = (root.to_owned(), Arc::clone(admits), Arc::clone(&seen));
            let (sender, ended) = mpsc::channel::<()>();
            let walk = move || {
                seen_below(&root, threads, &admits, limits.files, &walked);
                drop(sender);
            };
            let has_begun = std::thread::Builder::new().name("walk".to_owned()).spawn(walk).is_ok();
            meanwhile();
            is_free = has_ended(&ended, deadline, stop);
            if !is_free {
                *left_behind = Some(ended);
            }
            is_free &= has_begun;
        } else {
            meanwhile();
        }
        seen.skipped.lock().out_of_time = !is_free && !stop.load(Ordering::Relaxed);
        seen.is_over.store(true, Ordering::Relaxed);
        let mut found = std::mem::take(&mut *seen.found.lock());
        let mut skipped = seen.skipped.lock().clone();
        skipped.over_limit += keep_nearest(&mut found, limits.files);
        found.sort_by(|a, b| a.path.cmp(&b.path));
        (found, skipped)
    }
}

/// Keeps `limit` files, those with the fewest folders above them, and gives how many were left out. Which ones are kept does not
/// depend on the order in which threads have found them: another walk keeps the same.
fn keep_nearest(found: &mut Vec<Found>, limit: usize) -> usize {
    let over = found.len().saturating_sub(limit);
    if over > 0 {
        found.sort_by_cached_key(|file| (file.path.matches('/').count(), file.path.clone()));
        found.truncate(limit);
    }
    over
}

/// Waits until a walk has ended, at most until the deadline or until nobody wants it any more. Gives whether it has.
fn has_ended(ended: &Receiver<()>, deadline: Instant, stop: &AtomicBool) -> bool {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match ended.recv_timeout(left.min(LOOK_FOR_STOP)) {
            Err(RecvTimeoutError::Timeout) if left.is_zero() || stop.load(Ordering::Relaxed) => return false,
            Err(RecvTimeoutError::Timeout) => {}
            // It never says anything, but it goes.
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return true,
        }
    }
}

fn seen_below(root: &Path, threads: usize, admits: &Admits, limit: usize, seen: &Seen) {
    let skip = |count: fn(&mut Skipped)| count(&mut seen.skipped.lock());
    let patterns = Patterns::new(root);
    let walk = WalkBuilder::new(root)
        .add_custom_ignore_filename(IGNORE_FILE)
        .hidden(false)
        .require_git(false)
        .follow_links(false)
        .threads(threads)
        .build_parallel();
    let (skip, patterns) = (&skip, &patterns);
    walk.run(|| {
        let mut found = FoundByThread { found: Vec::new(), seen };
        Box::new(move |entry| {
            if seen.is_over.load(Ordering::Relaxed) {
                return WalkState::Quit;
            }
            let Ok(entry) = entry else {
                skip(|skipped| skipped.unreadable += 1);
                return WalkState::Continue;
            };
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            let name = entry.file_name().to_str().unwrap_or_default();
            let language = Language::from_path(name);
            let is_code = language.is_some() || is_plain_code(name);
            if entry.depth() > 0 && is_hidden(entry.file_name()) && !patterns.say(entry.path(), !is_file).is_whitelist()
            {
                if if is_file { is_code } else { !is_of_version_control(entry.file_name()) } {
                    skip(|skipped| skipped.hidden += 1);
                }
                return WalkState::Skip;
            }
            if !is_file {
                if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
                    skip(|skipped| skipped.no_files += 1);
                }
                return WalkState::Continue;
            }
            if !is_code {
                skip(|skipped| skipped.other_languages += 1);
                return WalkState::Continue;
            }
            let Ok(metadata) = entry.metadata() else {
                skip(|skipped| skipped.unreadable += 1);
                return WalkState::Continue;
            };
            if metadata.len() > MAX_FILE_BYTES {
                skip(|skipped| skipped.too_large += 1);
            } else if !admits(entry.path()) {
                skip(|skipped| skipped.refused += 1);
            } else if seen.count.fetch_add(1, Ordering::Relaxed) >= limit.saturating_mul(REMEMBERED_OF_LIMIT) {
                skip(|skipped| skipped.over_limit += 1);
            } else if let Some(path) = relative(root, entry.path()) {
                let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
                let stamp =
                    Stamp { bytes: metadata.len(), modified: modified.map_or(0, |time| time.as_nanos() as u64) };
                found.push(Found { path, language, stamp });
            }
            WalkState::Continue
        })
    });
}

/// Whether a name is one that folders do not list unless asked.
pub(super) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

fn is_of_version_control(name: &OsStr) -> bool {
    [".git", ".hg", ".jj", ".svn"].iter().any(|own| name == *own)
}

/// What one thread of a walk has found. It tells the others now and then, and in the end.
struct FoundByThread<'s> {
    found: Vec<Found>,
    seen: &'s Seen,
}

impl FoundByThread<'_> {
    fn push(&mut self, found: Found) {
        self.found.push(found);
        if self.found.len() >= TOLD_AT_ONCE {
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.seen.found.lock().append(&mut self.found);
    }
}

impl Drop for FoundByThread<'_> {
    fn drop(&mut self) {
        self.tell();
    }
}

/// The path inside `root` of one that a walk from there has found.
fn relative(root: &Path, path: &Path) -> Option<String> {
    let (root, path) = (root.as_os_str().as_encoded_bytes(), path.as_os_str().as_encoded_bytes());
    let path = std::str::from_utf8(path.strip_prefix(root)?).ok()?.trim_start_matches(std::path::is_separator);
    Some(if std::path::MAIN_SEPARATOR == '/' { path.to_owned() } else { path.replace(std::path::MAIN_SEPARATOR, "/") })
}
