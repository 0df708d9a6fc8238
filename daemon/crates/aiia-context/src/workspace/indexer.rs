//! Keeping the index of a folder: the first answer from the look of the lines, then from trees, then only what changed.

use super::compare::compare;
use super::disk::{self, NoText};
use super::facts::FileFacts;
use super::names::{NameId, name_ids};
use super::pack::{Change, Changes, pack};
use super::report::{IndexReport, Progress};
use super::walk::{Admits, Found, Limits, Skipped, Walker};
use super::{WorkspaceIndex, cache};
use aiia_syntax::Language;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

/// Fewer changed files than these are read by their trees at once, without a look at their lines first.
const FEW: usize = 64;
/// What the trees of the first files tell is put in when this share of them is read, and again each time it has doubled.
const FIRST_SHARE: usize = 8;

/// For so long after a key was pressed no further file is read by its tree.
const PAUSE: Duration = Duration::from_millis(300);
/// A refresh pauses no longer than this altogether.
const MAX_PAUSED: Duration = Duration::from_secs(20);

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
    was_loaded: bool,
}

/// The index of a folder, kept up to date. All methods may be called from any thread; a refresh takes its time, the others do not
/// wait for it longer than a moment.
pub struct Indexer {
    options: IndexerOptions,
    walker: Walker,
    pub(super) limits: Limits,
    index: RwLock<WorkspaceIndex>,
    state: Mutex<Progressing>,
    progress: Mutex<Progress>,
    has_progressed: Condvar,
    /// Buffers of editors, whose text counts and not the file's: path → version.
    buffers: Mutex<FxHashMap<String, u64>>,
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Indexer {
    /// An indexer that has read nothing yet.
    pub fn new(options: IndexerOptions) -> Indexer {
        Indexer {
            options,
            walker: Walker::default(),
            limits: Limits::default(),
            index: RwLock::default(),
            state: Mutex::default(),
            progress: Mutex::default(),
            has_progressed: Condvar::new(),
            buffers: Mutex::default(),
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

    /// How far it is.
    pub fn progress(&self) -> Progress {
        *lock(&self.progress)
    }

    /// Waits until questions can be answered, no longer than `limit`. Gives whether they can.
    pub fn wait_until_usable(&self, limit: Duration) -> bool {
        let progress = lock(&self.progress);
        let waited = self.has_progressed.wait_timeout_while(progress, limit, |progress| !progress.is_usable);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_usable
    }

    /// The index as it is now. Refreshes wait while this is held.
    pub fn index(&self) -> RwLockReadGuard<'_, WorkspaceIndex> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a refresh that goes on, and every later one at once.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.has_stopped.notify_all();
    }

    /// Says that the user types in the folder now: reading trees pauses for a moment.
    pub fn typed(&self) {
        *lock(&self.typed) = Some(Instant::now());
    }

    /// Waits as long as the user types, at most until `limit`.
    fn pause(&self, limit: Instant) {
        let mut typed = lock(&self.typed);
        while let Some(until) = typed.map(|at| (at + PAUSE).min(limit))
            && !self.stop.load(Ordering::Relaxed)
        {
            let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
                return;
            };
            typed = self.has_stopped.wait_timeout(typed, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether the folder should be looked at again: it has not been for a while, which is the longer the larger it is.
    pub fn is_due(&self) -> bool {
        if self.is_refreshing.load(Ordering::Relaxed) {
            return false;
        }
        match lock(&self.state).last_refresh {
            None => true,
            Some((at, took)) => at.elapsed() > (took * 20).max(Duration::from_secs(1)),
        }
    }

    /// Takes over the unsaved texts of editors: (path inside the folder, version, language, text). A buffer of a version that is
    /// known costs nothing; one that is no longer there gives way to the file. Another caller waits until this one's are taken over.
    pub fn set_buffers<'b, T: FnOnce() -> String>(
        &self,
        buffers: impl Iterator<Item = (&'b str, u64, Option<Language>, T)>,
    ) {
        let mut known = lock(&self.buffers);
        let mut current = FxHashSet::default();
        let mut changed = Vec::new();
        for (path, version, language, text) in buffers {
            current.insert(path.to_owned());
            if known.insert(path.to_owned(), version) != Some(version) {
                changed.push((path.to_owned(), language, text()));
            }
        }
        let closed: Vec<String> = known.keys().filter(|path| !current.contains(*path)).cloned().collect();
        known.retain(|path, _| current.contains(path));
        if changed.is_empty() && closed.is_empty() {
            return;
        }
        let closed: Vec<(String, Option<FileFacts>)> = closed
            .into_iter()
            .map(|path| {
                let text = disk::read(&self.options.root.join(&path)).ok();
                let facts = text.map(|text| FileFacts::of(Language::from_path(&path), &text));
                (path, facts)
            })
            .collect();
        let facts: Vec<_> =
            changed.into_iter().map(|(path, language, text)| (path, FileFacts::of(language, &text))).collect();
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let mut open = index.take_buffers();
        // What was saved counts at once; it is beside the files until the next look at the folder.
        let mut closing = lock(&self.closing);
        for (path, facts) in closed {
            open.remove(&*path);
            if let Some(facts) = facts {
                open.insert(path.as_str().into(), facts);
                closing.insert(path);
            }
        }
        for (path, facts) in facts {
            closing.remove(&path);
            open.insert(path.into(), facts);
        }
        index.set_buffers(open);
    }

    /// Looks at the folder and reads what is new or has changed, first by the look of the lines, then by trees. Gives nothing if
    /// another thread is at it. The first refresh takes over what was kept by the last run of the program.
    pub fn refresh(&self) -> Option<IndexReport> {
        if self.is_refreshing.swap(true, Ordering::AcqRel) {
            return None;
        }
        let report = self.refresh_alone();
        self.is_refreshing.store(false, Ordering::Release);
        Some(report)
    }

    fn refresh_alone(&self) -> IndexReport {
        let started = Instant::now();
        let mut report = IndexReport::default();
        if !std::mem::replace(&mut lock(&self.state).was_loaded, true) {
            self.load();
        }
        report.load_time = started.elapsed();

        let closed = lock(&self.closing).clone();
        let walked = Instant::now();
        let (found, skipped) =
            self.walker.walk(&self.options.root, self.options.threads, &self.options.admits, &self.stop, self.limits);
        report.walk_time = walked.elapsed();
        report.skipped = skipped;
        report.bytes = found.iter().map(|file| file.stamp.bytes).sum();

        let skimmed = Instant::now();
        let is_partial = report.skipped.out_of_time || self.stop.load(Ordering::Relaxed);
        let compared = compare(self.index().packed(), &found);
        let mut changes = Changes::new();
        if !is_partial {
            report.removed = compared.gone.len();
            changes.extend(compared.gone.into_iter().map(|path| (path, Change::Removed)));
        }
        report.changed = compared.changed.len();
        report.skipped.not_text += compared.without_text;
        let mut to_parse = compared.unparsed;
        let is_first = self.index().packed().files.is_empty();
        if compared.changed.len() < FEW && !is_first {
            to_parse.extend(&compared.changed);
        } else {
            let skim = |file: &Found, text: &str| FileFacts::skimmed(Some(file.language), text);
            self.read(&compared.changed, &mut report.skipped, &skim, false, &mut changes);
            let has_text = |file: &&Found| matches!(changes.get(&*file.path), Some(Change::Facts { .. }));
            to_parse.extend(compared.changed.iter().copied().filter(has_text));
            self.put(std::mem::take(&mut changes), !to_parse.is_empty());
        }
        report.skim_time = skimmed.elapsed();
        *lock(&self.progress) = Progress {
            files: found.len(),
            parsed: found.len() - to_parse.len(),
            is_usable: true,
            is_complete: to_parse.is_empty(),
        };
        self.has_progressed.notify_all();

        let parsed = Instant::now();
        let pause_limit = parsed + MAX_PAUSED;
        let parse = |file: &Found, text: &str| {
            self.pause(pause_limit);
            FileFacts::of(Some(file.language), text)
        };
        let mut left = &to_parse[..];
        let mut next = left.len().div_ceil(FIRST_SHARE).max(FEW);
        while !left.is_empty() && !self.stop.load(Ordering::Relaxed) {
            let (batch, rest) = left.split_at(next.min(left.len()));
            self.read(batch, &mut report.skipped, &parse, true, &mut changes);
            left = rest;
            next = to_parse.len() - left.len();
            self.put(std::mem::take(&mut changes), !left.is_empty());
            lock(&self.progress).parsed += batch.len();
        }
        let has_changed = report.changed + report.removed + to_parse.len() > 0;
        if !changes.is_empty() || !self.index().packed().undefined.is_empty() {
            self.put(changes, false);
        }
        self.forget_closed(&closed);
        report.parse_time = parsed.elapsed();
        lock(&self.progress).is_complete = true;
        let index = self.index();
        report.files = index.file_count();
        report.symbols = index.definition_count();
        report.references = index.reference_count();
        report.memory = index.memory();
        if has_changed && let Some(file) = &self.options.cache_file {
            // An index that cannot be kept is made again next time.
            let _ = disk::save(file, &cache::write(index.packed()));
        }
        drop(index);
        lock(&self.state).last_refresh = Some((Instant::now(), started.elapsed()));
        report
    }

    fn load(&self) {
        let kept = self.options.cache_file.as_deref().and_then(disk::load).and_then(|bytes| cache::read(&bytes));
        let Some(mut kept) = kept else { return };
        let refused: Changes = kept
            .records()
            .filter(|(path, ..)| !(self.options.admits)(&self.options.root.join(path)))
            .map(|(path, ..)| (path.into(), Change::Removed))
            .collect();
        if !refused.is_empty() {
            kept = pack(&kept, &refused, &FxHashMap::default(), false);
        }
        self.index.write().unwrap_or_else(PoisonError::into_inner).set_files(kept);
    }

    /// The files of buffers that were closed before the look at the folder are read now.
    fn forget_closed(&self, closed: &FxHashSet<String>) {
        if closed.is_empty() {
            return;
        }
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let mut closing = lock(&self.closing);
        let mut open = index.take_buffers();
        open.retain(|path, _| !(closed.contains(&**path) && closing.remove(&**path)));
        index.set_buffers(open);
    }

    /// Reads files, by several threads, into `changes`.
    fn read(
        &self,
        files: &[&Found],
        skipped: &mut Skipped,
        facts: &(dyn Fn(&Found, &str) -> FileFacts + Sync),
        is_parsed: bool,
        changes: &mut Changes,
    ) {
        let read = self.by_threads(files.len(), |at| {
            let text = disk::read(&self.options.root.join(&files[at].path));
            text.map(|text| facts(files[at], &text))
        });
        for (at, read) in read {
            let stamp = files[at].stamp;
            let change = match read {
                Ok(facts) => Change::Facts { stamp, facts, is_parsed },
                // It is not read again until it changes.
                Err(NoText::NotText) => {
                    skipped.not_text += 1;
                    Change::WithoutText(stamp)
                }
                Err(NoText::Unreadable) => {
                    skipped.unreadable += 1;
                    Change::Removed
                }
            };
            changes.insert(files[at].path.as_str().into(), change);
        }
    }

    /// What `work` gives for the numbers up to `count`, by several threads; of all of them unless the indexer is stopped.
    fn by_threads<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<(usize, T)> {
        let next = AtomicUsize::new(0);
        let results: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(count));
        let run = || {
            let mut own = Vec::new();
            while !self.stop.load(Ordering::Relaxed) {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    break;
                }
                own.push((at, work(at)));
            }
            lock(&results).extend(own);
        };
        let threads = self.options.threads.min(count);
        if threads <= 1 {
            run();
        } else {
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(run);
                }
            });
        }
        results.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts changes in. Questions go on meanwhile; only this thread changes the files. Where `goes_on` holds, more follow soon.
    fn put(&self, changes: Changes, goes_on: bool) {
        let packed = {
            let index = self.index();
            let found = self.mentions_of_new_names(&index, &changes);
            pack(index.packed(), &changes, &found, goes_on)
        };
        self.index.write().unwrap_or_else(PoisonError::into_inner).set_files(packed);
    }

    /// Which of the files that stay mention the names that `changes` define first. The index keeps no mentions of names that
    /// nothing defines, so the texts tell.
    fn mentions_of_new_names(&self, index: &WorkspaceIndex, changes: &Changes) -> FxHashMap<u32, Vec<NameId>> {
        let packed = index.packed();
        if packed.files.is_empty() || !packed.undefined.is_empty() {
            return FxHashMap::default();
        }
        let names = index.new_names(changes);
        if names.is_empty() {
            return FxHashMap::default();
        }
        let is_kept = |file: &u32| packed.is_file(*file) && !changes.contains_key(packed.path(*file));
        let files: Vec<u32> = (0..packed.files.len() as u32).filter(is_kept).collect();
        let read = self.by_threads(files.len(), |at| {
            let text = disk::read(&self.options.root.join(packed.path(files[at])));
            let mentioned = text.iter().flat_map(|text| name_ids(text)).filter(|name| names.contains(name));
            mentioned.collect::<FxHashSet<NameId>>()
        });
        let mentioned = read.into_iter().filter(|(_, mentioned)| !mentioned.is_empty());
        mentioned.map(|(at, mentioned)| (files[at], mentioned.into_iter().collect())).collect()
    }
}
