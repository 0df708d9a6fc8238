//! Keeping the index of a folder: the first answer from the look of the lines, then from trees, then only what changed.

use super::disk::{self, NoText};
use super::facts::FileFacts;
use super::walk::{self, Found, Skipped, Stamp};
use super::{FileTexts, WorkspaceIndex, cache};
use aiia_syntax::Language;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

/// Files whose trees are read before what they tell is put in.
const BATCH: usize = 256;

/// How to keep an index.
pub struct IndexerOptions {
    /// The folder.
    pub root: PathBuf,
    /// Where the index is kept between two runs of the program; nowhere if nothing.
    pub cache_file: Option<PathBuf>,
    /// How many threads read files.
    pub threads: usize,
    /// Asked for each file, with its full path, whether it may be read.
    pub admits: Box<dyn Fn(&Path) -> bool + Send + Sync>,
}

impl std::fmt::Debug for IndexerOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("IndexerOptions").field("root", &self.root).finish_non_exhaustive()
    }
}

/// How far an index is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Files that are known.
    pub files: usize,
    /// Files whose trees were read.
    pub parsed: usize,
    /// Questions can be answered.
    pub is_usable: bool,
    /// There is nothing left to do.
    pub is_complete: bool,
}

/// What a refresh did.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct IndexReport {
    /// Files of the index.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were read, because they are new or have changed.
    pub changed: usize,
    /// Files that are gone.
    pub removed: usize,
    /// Files left out.
    pub skipped: Skipped,
    /// Definitions.
    pub symbols: usize,
    /// Mentions of names, one for each name and file.
    pub references: usize,
    /// Memory of the index, in bytes.
    pub memory: usize,
    /// Taking over what the last run of the program kept.
    pub load_time: Duration,
    /// Listing the folder.
    pub walk_time: Duration,
    /// Reading files by the look of their lines; questions can be answered then.
    pub skim_time: Duration,
    /// Reading files by their trees.
    pub parse_time: Duration,
}

#[derive(Clone, Copy)]
struct Known {
    stamp: Stamp,
    /// Read by its tree and not by the look of its lines.
    is_parsed: bool,
}

#[derive(Default)]
struct Progressing {
    known: FxHashMap<String, Known>,
    last_refresh: Option<(Instant, Duration)>,
    was_loaded: bool,
}

/// The index of a folder, kept up to date. All methods may be called from any thread; a refresh takes its time, the others do not
/// wait for it longer than a moment.
pub struct Indexer {
    options: IndexerOptions,
    index: RwLock<WorkspaceIndex>,
    state: Mutex<Progressing>,
    progress: Mutex<Progress>,
    has_progressed: Condvar,
    /// Buffers of editors, whose text counts and not the file's: path → version.
    buffers: Mutex<FxHashMap<String, u64>>,
    is_refreshing: AtomicBool,
    stop: AtomicBool,
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
            index: RwLock::default(),
            state: Mutex::default(),
            progress: Mutex::default(),
            has_progressed: Condvar::new(),
            buffers: Mutex::default(),
            is_refreshing: AtomicBool::new(false),
            stop: AtomicBool::new(false),
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
    /// known costs nothing; one that is no longer there gives way to the file.
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
        drop(known);
        if changed.is_empty() && closed.is_empty() {
            return;
        }
        let facts: Vec<_> =
            changed.into_iter().map(|(path, language, text)| (path, FileFacts::of(language, &text))).collect();
        let closed: Vec<_> = closed
            .into_iter()
            .map(|path| {
                let language = Language::from_path(&path);
                let text = disk::read(&self.options.root.join(&path)).ok();
                (path, text.map(|text| FileFacts::of(language, &text)))
            })
            .collect();
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for (path, facts) in facts {
            index.put_facts(&path, facts);
        }
        for (path, facts) in closed {
            match facts {
                Some(facts) => index.put_facts(&path, facts),
                None => index.remove(&path),
            }
        }
        index.settle();
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
        let mut state = std::mem::take(&mut *lock(&self.state));
        if !state.was_loaded {
            state.was_loaded = true;
            self.load(&mut state.known);
        }
        report.load_time = started.elapsed();

        let walked = Instant::now();
        let (found, skipped) = walk::walk(&self.options.root, self.options.threads, &*self.options.admits, &self.stop);
        report.walk_time = walked.elapsed();
        report.skipped = skipped;
        report.bytes = found.iter().map(|file| file.stamp.bytes).sum();

        let skimmed = Instant::now();
        let is_partial = report.skipped.out_of_time || self.stop.load(Ordering::Relaxed);
        let buffers: FxHashSet<String> = lock(&self.buffers).keys().cloned().collect();
        if !is_partial {
            report.removed = self.forget(&mut state.known, &found, &buffers);
        }
        let changed: Vec<&Found> = found
            .iter()
            .filter(|file| state.known.get(&file.path).is_none_or(|known| known.stamp != file.stamp))
            .collect();
        report.changed = changed.len();
        let skim = |file: &Found, text: &str| FileFacts::skimmed(Some(file.language), text);
        let first = self.read(&changed, &mut report.skipped, &skim);
        self.put(&mut state.known, &changed, first, false, &buffers);
        report.skim_time = skimmed.elapsed();
        let is_parsed =
            |known: &FxHashMap<String, Known>, path: &str| known.get(path).is_none_or(|known| known.is_parsed);
        let to_parse: Vec<&Found> = found.iter().filter(|file| !is_parsed(&state.known, &file.path)).collect();
        *lock(&self.progress) = Progress {
            files: found.len(),
            parsed: found.len() - to_parse.len(),
            is_usable: true,
            is_complete: to_parse.is_empty(),
        };
        self.has_progressed.notify_all();

        let parsed = Instant::now();
        for batch in to_parse.chunks(BATCH) {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let skimmed = |path: &str| {
                let index = self.index();
                index.file(index.file_of_path(path)?).map(|entry| entry.facts.clone())
            };
            let parse = |file: &Found, text: &str| FileFacts::parsed(file.language, text, skimmed(&file.path));
            let facts = self.read(batch, &mut Skipped::default(), &parse);
            self.put(&mut state.known, batch, facts, true, &buffers);
            lock(&self.progress).parsed += batch.len();
        }
        report.parse_time = parsed.elapsed();
        lock(&self.progress).is_complete = true;
        let index = self.index();
        report.files = index.file_count();
        report.symbols = index.definition_count();
        report.references = index.reference_count();
        report.memory = index.memory();
        if (report.changed > 0 || report.removed > 0)
            && let Some(file) = &self.options.cache_file
        {
            let stamps = |path: &str| state.known.get(path).filter(|known| known.is_parsed).map(|known| known.stamp);
            // An index that cannot be kept is made again next time.
            let _ = disk::save(file, &cache::write(&index, stamps));
        }
        drop(index);
        state.last_refresh = Some((Instant::now(), started.elapsed()));
        *lock(&self.state) = state;
        report
    }

    fn load(&self, known: &mut FxHashMap<String, Known>) {
        let Some(kept) = self.options.cache_file.as_deref().and_then(disk::load).and_then(|bytes| cache::read(&bytes))
        else {
            return;
        };
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for file in kept {
            if self.options.admits.as_ref()(&self.options.root.join(&file.path)) {
                known.insert(file.path.clone(), Known { stamp: file.stamp, is_parsed: true });
                index.put_facts(&file.path, file.facts);
            }
        }
    }

    /// Takes out what is gone.
    fn forget(&self, known: &mut FxHashMap<String, Known>, found: &[Found], buffers: &FxHashSet<String>) -> usize {
        let current: FxHashSet<&str> = found.iter().map(|file| file.path.as_str()).collect();
        let gone: Vec<String> =
            known.keys().filter(|path| !current.contains(path.as_str()) && !buffers.contains(*path)).cloned().collect();
        if !gone.is_empty() {
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            for path in &gone {
                known.remove(path);
                index.remove(path);
            }
        }
        gone.len()
    }

    /// The facts of files, by several threads; nothing for a file without text.
    fn read(
        &self,
        files: &[&Found],
        skipped: &mut Skipped,
        facts: &(dyn Fn(&Found, &str) -> FileFacts + Sync),
    ) -> Vec<Option<FileFacts>> {
        let next = AtomicUsize::new(0);
        let results: Mutex<Vec<(usize, Result<FileFacts, NoText>)>> = Mutex::new(Vec::with_capacity(files.len()));
        let work = || {
            let mut own = Vec::new();
            while !self.stop.load(Ordering::Relaxed) {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(file) = files.get(at) else { break };
                let read = disk::read(&self.options.root.join(&file.path));
                own.push((at, read.map(|text| facts(file, &text))));
            }
            lock(&results).extend(own);
        };
        let threads = self.options.threads.min(files.len());
        if threads <= 1 {
            work();
        } else {
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(work);
                }
            });
        }
        let mut all: Vec<Option<FileFacts>> = Vec::new();
        all.resize_with(files.len(), || None);
        for (at, read) in results.into_inner().unwrap_or_else(PoisonError::into_inner) {
            match read {
                Ok(facts) => all[at] = Some(facts),
                Err(NoText::Unreadable) => skipped.unreadable += 1,
                Err(NoText::NotText) => skipped.not_text += 1,
            }
        }
        all
    }

    /// Puts facts in. What an editor has open stays as the editor has it.
    fn put(
        &self,
        known: &mut FxHashMap<String, Known>,
        files: &[&Found],
        facts: Vec<Option<FileFacts>>,
        is_parsed: bool,
        buffers: &FxHashSet<String>,
    ) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for (file, facts) in files.iter().zip(facts) {
            // A file without text is known to be so until it changes.
            let has_text = facts.is_some();
            known.insert(file.path.clone(), Known { stamp: file.stamp, is_parsed: is_parsed || !has_text });
            if buffers.contains(&file.path) {
                continue;
            }
            match facts {
                Some(facts) => index.put_facts(&file.path, facts),
                None => index.remove(&file.path),
            }
        }
        index.settle();
    }
}

/// The files of a folder as they are on the disk.
#[derive(Debug)]
pub struct DiskTexts {
    /// The folder.
    pub root: PathBuf,
}

impl FileTexts for DiskTexts {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        disk::read(&self.root.join(path)).ok().map(Arc::from)
    }
}
