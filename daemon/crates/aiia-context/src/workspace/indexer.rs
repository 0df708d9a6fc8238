//! Keeping the index of a folder: the first answer from the look of the lines, then from trees, then only what changed.

mod buffers;
mod refresh;

use super::WorkspaceIndex;
use super::disk::{self, Marks};
use super::packed::Packed;
use super::patterns::PATTERN_FILES;
use super::report::Progress;
use super::walk::{Admits, Limits, Skipped, Walker};
use aiia_syntax::{Language, is_plain_code};
use buffers::LeftOut;
pub use buffers::OpenBuffer;
use parking_lot::{Condvar, Mutex, RwLock, RwLockReadGuard};
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A folder is known by so many paths beside its own.
const MAX_ALIASES: usize = 4;

/// For so long after a key was pressed no further file is read by its tree.
const PAUSE: Duration = Duration::from_millis(300);
/// And for so long after questions can be answered, where somebody waited for that.
const ANSWER: Duration = Duration::from_millis(15);

/// How to keep an index.
pub struct IndexerOptions {
    /// The folder.
    pub root: PathBuf,
    /// Where the index is kept between two runs of the program; nowhere if nothing.
    pub cache_file: Option<PathBuf>,
    /// How many threads read files.
    pub threads: usize,
    /// Asked for each file, with its full path, whether it may be read.
    pub admits: Admits,
}

impl std::fmt::Debug for IndexerOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("IndexerOptions").field("root", &self.root).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Progressing {
    last_refresh: Option<(Instant, Duration)>,
    /// What the last look left out.
    skipped: Skipped,
    was_loaded: bool,
    /// What was loaded may hold what is refused by now, until a whole look at the folder.
    is_unchecked: bool,
    /// How often somebody said that the folder has changed, and how often of these the last look came after.
    said: u64,
    heard: u64,
    /// What the last look began with.
    marks: Marks,
}

/// How far it is, and how many looks at the folder have had an effect.
#[derive(Default)]
struct Progressed {
    shown: Progress,
    looks: u64,
    /// Somebody waits for the first answer.
    is_awaited: bool,
}

/// The index of a folder, kept up to date. All methods may be called from any thread; a refresh takes its time, the others do not
/// wait for it longer than a moment.
pub struct Indexer {
    options: IndexerOptions,
    walker: Walker,
    pub(super) limits: Limits,
    index: RwLock<WorkspaceIndex>,
    state: Mutex<Progressing>,
    progress: Mutex<Progressed>,
    has_progressed: Condvar,
    /// Other paths of the folder, by which editors name its files.
    aliases: Mutex<Vec<PathBuf>>,
    left_out: Mutex<LeftOut>,
    /// Buffers of editors, whose text counts and not the file's: path → generation.
    buffers: Mutex<FxHashMap<String, u64>>,
    /// Buffers that are too large to be read.
    large: Mutex<FxHashSet<String>>,
    /// Buffers that were closed since the last look at the folder began.
    closing: Mutex<FxHashSet<String>>,
    is_refreshing: AtomicBool,
    stop: AtomicBool,
    /// When a key was pressed last.
    typed: Mutex<Option<Instant>>,
    has_stopped: Condvar,
}

impl std::fmt::Debug for Indexer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Indexer").field("root", &self.options.root).finish_non_exhaustive()
    }
}

impl Indexer {
    /// An indexer that has read nothing yet.
    pub fn new(options: IndexerOptions) -> Indexer {
        Indexer {
            left_out: Mutex::new(LeftOut::new(&options.root)),
            options,
            walker: Walker::default(),
            limits: Limits::default(),
            index: RwLock::default(),
            state: Mutex::default(),
            progress: Mutex::default(),
            has_progressed: Condvar::new(),
            aliases: Mutex::default(),
            buffers: Mutex::default(),
            large: Mutex::default(),
            closing: Mutex::default(),
            is_refreshing: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            typed: Mutex::default(),
            has_stopped: Condvar::new(),
        }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.options.root
    }

    /// Says by which other path the folder is known.
    pub fn also_at(&self, path: &Path) {
        let mut aliases = self.aliases.lock();
        if path != self.root() && !aliases.iter().any(|known| known == path) {
            // Of more ways to one folder the last ones count.
            aliases.truncate(MAX_ALIASES - 1);
            aliases.insert(0, path.to_owned());
        }
    }

    /// The folder by all of its paths that are known.
    pub fn paths(&self) -> Vec<PathBuf> {
        std::iter::once(self.root().to_owned()).chain(self.aliases.lock().iter().cloned()).collect()
    }

    /// The path inside the folder of an absolute one, by whichever of its paths it is named.
    pub fn inside(&self, path: &Path) -> Option<String> {
        let inside =
            self.paths().iter().find_map(|root| Some(path.strip_prefix(root).ok()?.to_str()?.replace('\\', "/")));
        inside.filter(|inside| !inside.is_empty())
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.progress.lock().shown
    }

    /// What the last look at the folder left out; nothing before it has ended.
    pub fn skipped(&self) -> Skipped {
        self.state.lock().skipped.clone()
    }

    /// Waits until questions can be answered, no longer than `limit`. Gives whether they can.
    pub fn wait_until_usable(&self, limit: Duration) -> bool {
        {
            let mut progress = self.progress.lock();
            progress.is_awaited |= !progress.shown.is_usable;
        }
        self.wait_until(limit, |progress| progress.shown.is_usable)
    }

    /// How many looks at the folder have had an effect so far.
    pub fn looks(&self) -> u64 {
        self.progress.lock().looks
    }

    /// Waits until more looks at the folder have had an effect than `before`, no longer than `limit`.
    pub fn wait_for_look(&self, before: u64, limit: Duration) {
        self.wait_until(limit, |progress| progress.looks > before);
    }

    fn wait_until(&self, limit: Duration, holds: impl Fn(&Progressed) -> bool) -> bool {
        let mut progress = self.progress.lock();
        self.has_progressed.wait_while_for(&mut progress, |progress| !holds(progress), limit);
        holds(&progress)
    }

    /// The index as it is now. Refreshes wait while this is held.
    pub fn index(&self) -> RwLockReadGuard<'_, WorkspaceIndex> {
        self.index.read()
    }

    /// Ends a refresh that goes on, and every later one at once.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.has_stopped.notify_all();
    }

    /// Says that the user types in the folder now: reading trees pauses for a moment.
    pub fn typed(&self) {
        *self.typed.lock() = Some(Instant::now());
    }

    /// Waits as long as the user types, at most until `limit`.
    fn pause(&self, limit: Instant) {
        let mut typed = self.typed.lock();
        while let Some(until) = typed.map(|at| (at + PAUSE).min(limit))
            && !self.stop.load(Ordering::Relaxed)
        {
            let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
                return;
            };
            self.has_stopped.wait_for(&mut typed, left);
        }
    }

    /// Leaves the processor for a moment to whoever waited until questions can be answered, and asks one now.
    fn pause_for_answer(&self) {
        if std::mem::take(&mut self.progress.lock().is_awaited) {
            let is_going_on = |_: &mut Option<Instant>| !self.stop.load(Ordering::Relaxed);
            self.has_stopped.wait_while_for(&mut self.typed.lock(), is_going_on, ANSWER);
        }
    }

    /// Says that a file of the folder was saved, or has changed in another way that is known: it should be looked at soon.
    pub fn has_changed(&self) {
        self.state.lock().said += 1;
    }

    /// Whether the file of that absolute path, which something has changed, made or removed, matters to the index: it is in it or would be,
    /// or says what is left out.
    pub fn concerns(&self, path: &Path) -> bool {
        let Some(inside) = self.inside(path) else { return false };
        let name = inside.rsplit('/').next().unwrap_or_default();
        PATTERN_FILES.contains(&name)
            || ((Language::from_path(name).is_some() || is_plain_code(name)) && self.admits(&inside))
    }

    /// Whether somebody said that the folder has changed, and no look at it came after.
    pub fn is_behind(&self) -> bool {
        let state = self.state.lock();
        state.said > state.heard
    }

    /// How long the last look at the folder took; nothing before the first one.
    pub fn last_took(&self) -> Option<Duration> {
        self.state.lock().last_refresh.map(|(_, took)| took)
    }

    /// Whether the folder should be looked at again: something is known to have changed, or it has not been for a while, which is the
    /// longer the larger it is.
    pub fn is_due(&self) -> bool {
        if self.is_refreshing.load(Ordering::Relaxed) {
            return false;
        }
        let state = self.state.lock();
        let Some((at, took)) = state.last_refresh else { return true };
        if state.said > state.heard || at.elapsed() > (took * 20).max(Duration::from_secs(1)) {
            return true;
        }
        drop(state);
        !self.is_current()
    }

    /// Whether the last look at the folder saw the branch that is checked out now, and the patterns of what is left out.
    pub fn is_current(&self) -> bool {
        let marks = disk::marks(&self.options.root);
        self.state.lock().marks == marks
    }

    fn packed(&self) -> Arc<Packed> {
        Arc::clone(self.index().packed())
    }
}
