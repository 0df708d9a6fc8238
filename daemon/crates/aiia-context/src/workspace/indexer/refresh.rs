//! A look at the folder: what is new or has changed is read, first by the look of the lines, then by trees.

use super::super::cache;
use super::super::compare::compare;
use super::super::disk::{self, Marks, NoText};
use super::super::facts::{Extent, FileFacts};
use super::super::names::{NameId, name_ids};
use super::super::pack::{Change, Changes, new_names, pack};
use super::super::packed::Packed;
use super::super::report::{IndexReport, Progress};
use super::super::walk::{Found, Skipped};
use super::buffers::LeftOut;
use super::{Indexer, IndexerOptions};
use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Fewer changed files than these are read by their trees at once, without a look at their lines first.
const FEW: usize = 64;
/// What the trees of the first files tell is put in when this share of them is read, and again each time it has doubled.
const FIRST_SHARE: usize = 8;

/// A refresh pauses no longer than this altogether.
const MAX_PAUSED: Duration = Duration::from_secs(20);

/// What one refresh has to know of what it has done so far.
struct Refresh {
    /// There were no files when it began, so that what they mention is kept beside until all are read.
    was_empty: bool,
    pause_limit: Instant,
    has_changed: bool,
    unreadable: FxHashSet<Box<str>>,
    /// Names that are defined for the first time, and the files that need not be searched for them.
    new_names: FxHashSet<NameId>,
    read: FxHashSet<Box<str>>,
}

/// Lets the next refresh begin, whichever way this one ends, and those that wait see whether one has to.
struct IsRefreshing<'i>(&'i Indexer);

impl Drop for IsRefreshing<'_> {
    fn drop(&mut self) {
        self.0.is_refreshing.store(false, Ordering::Release);
        self.0.tell_of_look();
    }
}

impl Indexer {
    /// Looks at the folder and reads what is new or has changed, first by the look of the lines, then by trees. Gives nothing if
    /// another thread is at it. The first refresh takes over what was kept by the last run of the program.
    pub fn refresh(&self) -> Option<IndexReport> {
        if self.is_refreshing.swap(true, Ordering::AcqRel) {
            return None;
        }
        let _refreshing = IsRefreshing(self);
        Some(self.refresh_alone())
    }

    fn refresh_alone(&self) -> IndexReport {
        let started = Instant::now();
        let mut report = IndexReport::default();
        let was_loaded = std::mem::replace(&mut self.state.lock().was_loaded, true);
        // What changes from here on is another look's.
        let (marks, said) = (disk::marks(&self.options.root), self.state.lock().said);
        *self.left_out.lock() = LeftOut::new(&self.options.root);
        let closed = self.closing.lock().clone();
        let walked = Instant::now();
        let load = || {
            if !was_loaded {
                self.load();
                report.load_time = walked.elapsed();
            }
        };
        let IndexerOptions { root, threads, admits, .. } = &self.options;
        let (found, skipped) = self.walker.walk(root, *threads, admits, &self.stop, self.limits, load);
        report.walk_time = walked.elapsed();
        report.skipped = skipped;
        report.skipped.too_large += self.large_beside(&found);
        report.bytes = found.iter().map(|file| file.stamp.bytes).sum();

        let skimmed = Instant::now();
        let is_partial = report.skipped.out_of_time || self.stop.load(Ordering::Relaxed);
        let known = self.packed();
        let compared = compare(&known, &found);
        let mut run = Refresh {
            was_empty: known.files.is_empty(),
            pause_limit: skimmed + MAX_PAUSED,
            has_changed: false,
            unreadable: FxHashSet::default(),
            new_names: FxHashSet::default(),
            read: FxHashSet::default(),
        };
        drop(known);
        let mut changes = Changes::new();
        // What a walk has not seen may be there; what is refused is gone in any case, and a walk sees none of it.
        let is_unchecked = std::mem::take(&mut self.state.lock().is_unchecked);
        let gone = match (is_partial, is_unchecked) {
            (false, _) => compared.gone,
            (true, true) => self.refused(),
            (true, false) => Vec::new(),
        };
        report.removed = gone.len();
        changes.extend(gone.into_iter().map(|path| (path, Change::Removed)));
        report.skipped.not_text += compared.without_text;
        report.skipped.unparsable += compared.unparsable;
        report.skipped.cut += compared.cut;
        report.skipped.partial += compared.partial;
        let mut to_parse = compared.unparsed;
        let is_skimmed = compared.changed.len() >= FEW || run.was_empty;
        if is_skimmed {
            let skim = |file: &Found, text: &str| FileFacts::skimmed(&file.path, file.language, text);
            self.read(&compared.changed, &mut run, &mut report.skipped, &skim, false, &mut changes);
            let has_text = |file: &&Found| matches!(changes.get(&*file.path), Some(Change::Facts { .. }));
            to_parse.extend(compared.changed.iter().copied().filter(has_text));
            self.put(&mut run, std::mem::take(&mut changes), !to_parse.is_empty());
            self.has_looked(&marks, said);
        } else {
            to_parse.extend(&compared.changed);
        }
        report.skim_time = skimmed.elapsed();
        self.progress.lock().shown = Progress {
            files: found.len(),
            parsed: found.len() - to_parse.len(),
            is_usable: true,
            is_complete: to_parse.is_empty(),
        };
        self.state.lock().skipped.clone_from(&report.skipped);
        self.has_progressed.notify_all();
        self.pause_for_answer();

        let parsed = Instant::now();
        run.pause_limit = parsed + MAX_PAUSED;
        let pause_limit = run.pause_limit;
        let parse = |file: &Found, text: &str| {
            self.pause(pause_limit);
            let facts = FileFacts::of(&file.path, file.language, text);
            self.progress.lock().shown.parsed += 1;
            facts
        };
        let mut left = &to_parse[..];
        let mut next = left.len().div_ceil(FIRST_SHARE).max(FEW);
        while !left.is_empty() && !self.stop.load(Ordering::Relaxed) {
            let (batch, rest) = left.split_at(next.min(left.len()));
            self.read(batch, &mut run, &mut report.skipped, &parse, true, &mut changes);
            left = rest;
            next = to_parse.len() - left.len();
            self.put(&mut run, std::mem::take(&mut changes), !left.is_empty());
            self.progress.lock().shown.parsed = found.len() - left.len();
        }
        self.put(&mut run, changes, false);
        report.changed = compared.changed.iter().filter(|file| !run.unreadable.contains(&*file.path)).count();
        self.forget_closed(&closed);
        self.has_looked(&marks, said);
        report.parse_time = parsed.elapsed();
        self.progress.lock().shown.is_complete = true;
        {
            let index = self.index();
            report.files = index.file_count();
            report.symbols = index.definition_count();
            report.references = index.reference_count();
            report.memory = index.memory();
        }
        // Where it was stopped, names may be known whose mentions nobody has looked for. The next look finds what has changed again.
        let is_whole = run.was_empty || !self.stop.load(Ordering::Relaxed);
        if run.has_changed
            && is_whole
            && let Some(file) = &self.options.cache_file
        {
            // An index that cannot be kept is made again next time.
            let _ = disk::save(file, &cache::write(&self.packed()));
        }
        let mut state = self.state.lock();
        state.last_refresh = Some((Instant::now(), started.elapsed()));
        state.skipped.clone_from(&report.skipped);
        drop(state);
        report
    }

    /// What has changed since the look began with `marks` is in the index.
    fn has_looked(&self, marks: &Marks, said: u64) {
        {
            let mut state = self.state.lock();
            state.marks.clone_from(marks);
            state.heard = said;
        }
        self.tell_of_look();
    }

    fn tell_of_look(&self) {
        self.progress.lock().looks += 1;
        self.has_progressed.notify_all();
    }

    fn load(&self) {
        let kept = self.options.cache_file.as_deref().and_then(disk::load).and_then(|bytes| cache::read(&bytes));
        if let Some(kept) = kept {
            self.state.lock().is_unchecked = true;
            self.index.write().set_files(kept);
        }
    }

    /// The files of the index that may not be read any more.
    fn refused(&self) -> Vec<Box<str>> {
        let is_refused = |path: &str| !(self.options.admits)(&self.options.root.join(path));
        self.packed().records().filter(|(path, ..)| is_refused(path)).map(|(path, ..)| path.into()).collect()
    }

    /// Reads files, by several threads, into `changes`.
    fn read(
        &self,
        files: &[&Found],
        run: &mut Refresh,
        skipped: &mut Skipped,
        facts: &(dyn Fn(&Found, &str) -> FileFacts + Sync),
        is_parsed: bool,
        changes: &mut Changes,
    ) {
        let read = self.by_threads(files.len(), |at| {
            let text = disk::read(&self.options.root.join(&files[at].path));
            text.map(|text| facts(files[at], &text))
        });
        let known = self.packed();
        for (at, read) in read {
            let (stamp, path) = (files[at].stamp, &*files[at].path);
            let change = match read {
                Ok(facts) => {
                    match facts.extent {
                        Extent::LookOfLines => skipped.unparsable += 1,
                        Extent::Cut if is_parsed => skipped.cut += 1,
                        Extent::Partial => skipped.partial += 1,
                        Extent::Cut | Extent::Whole => {}
                    }
                    Change::Facts { stamp, facts, is_parsed }
                }
                // It is not read again until it changes.
                Err(NoText::NotText) => {
                    skipped.not_text += 1;
                    Change::WithoutText(stamp)
                }
                Err(NoText::Unreadable) => {
                    skipped.unreadable += 1;
                    run.unreadable.insert(path.into());
                    if known.file_of_path(path).is_none() {
                        continue;
                    }
                    Change::Removed
                }
            };
            changes.insert(path.into(), change);
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
            results.lock().extend(own);
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
        results.into_inner()
    }

    /// Puts changes in. Questions go on meanwhile, and nobody waits for it: only this thread changes the files. Where `goes_on` holds,
    /// more follow soon.
    fn put(&self, run: &mut Refresh, changes: Changes, goes_on: bool) {
        let known = self.packed();
        if !run.was_empty {
            run.new_names.extend(new_names(&known, &changes));
            run.read.extend(changes.keys().cloned());
        }
        let found = if goes_on { FxHashMap::default() } else { self.mentions_of_new_names(run, &known) };
        if changes.is_empty() && found.is_empty() && known.undefined.is_empty() {
            return;
        }
        run.has_changed |= !changes.is_empty();
        let packed = pack(&known, &changes, &found, goes_on);
        self.index.write().set_files(packed);
    }

    /// Which of the files that this refresh has not read mention the names that it found defined first. The index keeps no mentions of
    /// names that nothing defines, so the texts tell.
    fn mentions_of_new_names(&self, run: &mut Refresh, known: &Packed) -> FxHashMap<u32, Vec<NameId>> {
        let names = std::mem::take(&mut run.new_names);
        if names.is_empty() {
            return FxHashMap::default();
        }
        let is_kept = |file: &u32| known.is_file(*file) && !run.read.contains(known.path(*file));
        let files: Vec<u32> = (0..known.files.len() as u32).filter(is_kept).collect();
        let read = self.by_threads(files.len(), |at| {
            self.pause(run.pause_limit);
            let path = self.options.root.join(known.path(files[at]));
            let text = disk::read(&path).ok().filter(|_| (self.options.admits)(&path));
            let mentioned = text.iter().flat_map(|text| name_ids(text)).filter(|name| names.contains(name));
            mentioned.collect::<FxHashSet<NameId>>()
        });
        let mentioned = read.into_iter().filter(|(_, mentioned)| !mentioned.is_empty());
        mentioned.map(|(at, mentioned)| (files[at], mentioned.into_iter().collect())).collect()
    }
}
