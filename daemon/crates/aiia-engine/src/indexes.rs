//! The indexes of the folders that are worked in, made in the background when a folder is first asked about.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use aiia_context::{
    Admits, FileTexts, IgnoreFiles, Indexer, IndexerOptions, LinedText, MAX_FILE_BYTES, OpenBuffer, RecentTexts,
    RecentTrees,
};
use aiia_syntax::Language;
use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};

use crate::context_rules::ContextRules;
use crate::documents::OpenDocument;
use crate::engine::Engine;
use crate::hash::sha256_bytes;
use crate::workspace::Admission;

/// Indexes of more folders are not kept at once; the one that was used longest ago goes.
const MAX_INDEXES: usize = 8;
/// Threads of one index. They yield to everything else.
const MAX_THREADS: usize = 4;
/// How much the background yields: the nice value of its threads.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// So long a look at what is excluded holds for reading files; what is shown is looked at for each question.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The file of an index is called by so many digits of the hash of its folder.
const NAME_DIGITS: usize = 24;

/// Who watches may be so many indexes behind.
const WATCHED: usize = 16;

/// An index that is being made or brought up to date.
#[derive(Clone, Debug)]
pub struct Indexing {
    indexer: Arc<Indexer>,
    /// The folder as it was asked for.
    root: PathBuf,
    /// Its sender goes when the work ends.
    goes_on: watch::Receiver<()>,
}

impl Indexing {
    /// The folder, by the path that it was asked for.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How many files are known, and how many of them were read by their trees.
    pub fn progress(&self) -> (usize, usize) {
        let progress = self.indexer.progress();
        (progress.files, progress.parsed)
    }

    /// Waits for its end.
    pub async fn ended(&mut self) {
        while self.goes_on.changed().await.is_ok() {}
    }
}

struct Kept {
    indexer: Arc<Indexer>,
    used: Instant,
}

/// Somebody who waits for changes of an index.
pub(crate) struct Waiting<'i> {
    indexes: &'i Indexes,
    root: PathBuf,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.indexes.waiting.lock().remove(&self.root);
    }
}

/// The indexes by folder.
pub(crate) struct Indexes {
    folder: PathBuf,
    kept: Mutex<HashMap<PathBuf, Kept>>,
    begun: broadcast::Sender<Indexing>,
    /// The folders whose changes somebody waits for.
    waiting: Mutex<HashSet<PathBuf>>,
    ignore_files: Arc<IgnoreFiles>,
    pub(crate) recent_texts: RecentTexts,
    /// Of files that nobody has open.
    pub(crate) recent_trees: RecentTrees,
    /// How often such a file was asked about.
    pub(crate) asked: AtomicU64,
}

impl Indexes {
    /// No indexes yet; they are kept in `folder` between two runs of the program.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            kept: Mutex::default(),
            begun: broadcast::channel(WATCHED).0,
            waiting: Mutex::default(),
            ignore_files: Arc::default(),
            recent_texts: RecentTexts::default(),
            recent_trees: RecentTrees::default(),
            asked: AtomicU64::default(),
        }
    }

    /// The index of `root`, the same one by whichever path the folder is named; a new one has read nothing yet.
    pub(crate) fn of(&self, root: &Path) -> Arc<Indexer> {
        let named = root;
        let real = root.canonicalize();
        let root = real.as_deref().unwrap_or(root);
        let mut kept = self.kept.lock();
        if !kept.contains_key(root) && kept.len() >= MAX_INDEXES {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.used).map(|(root, _)| root.clone());
            if let Some(oldest) = oldest.and_then(|oldest| kept.remove(&oldest)) {
                oldest.indexer.stop();
            }
        }
        let entry = kept.entry(root.to_owned()).or_insert_with(|| Kept {
            indexer: Arc::new(Indexer::new(IndexerOptions {
                root: root.to_owned(),
                cache_file: Some(self.folder.join(format!("{}.index", name_of(root)))),
                threads: std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_THREADS)),
                admits: index_admits(root.to_owned(), Arc::clone(&self.ignore_files)),
            })),
            used: Instant::now(),
        });
        entry.used = Instant::now();
        entry.indexer.also_at(named);
        Arc::clone(&entry.indexer)
    }

    /// The index of `root`, once questions can be answered; nothing if that takes longer than `limit`. Looks at the folder again in
    /// the background where that is due; where the folder has changed as a whole, such as by another branch, it is waited for that
    /// within the limit.
    pub(crate) fn usable(&self, root: &Path, limit: Duration) -> Option<Arc<Indexer>> {
        let until = Instant::now() + limit;
        let left = || until.saturating_duration_since(Instant::now());
        let indexer = self.of(root);
        loop {
            let looks = indexer.looks();
            if indexer.is_due() {
                self.refresh_in_background(Arc::clone(&indexer), root);
            }
            if !indexer.wait_until_usable(left()) {
                return None;
            }
            if indexer.is_current() || left().is_zero() {
                return Some(indexer);
            }
            indexer.wait_for_look(looks, left());
        }
    }

    /// The work on indexes that begins from now on.
    pub(crate) fn begun(&self) -> broadcast::Receiver<Indexing> {
        self.begun.subscribe()
    }

    /// Says that the user types in the file of that path.
    pub(crate) fn typed(&self, path: &Path) {
        self.around(path).for_each(|indexer| indexer.typed());
    }

    /// Says that the file of that path was saved.
    pub(crate) fn saved(&self, path: &Path) {
        self.around(path).for_each(|indexer| indexer.has_changed());
    }

    /// Says that something has changed the files of these paths. Gives the indexes that are behind by it.
    pub(crate) fn changed(&self, paths: &[PathBuf]) -> Vec<Arc<Indexer>> {
        let mut concerned = self.all();
        concerned.retain(|indexer| paths.iter().any(|path| indexer.concerns(path)));
        for indexer in &concerned {
            indexer.has_changed();
        }
        concerned
    }

    /// Lets one caller wait for changes of an index, until it drops what it gets; another one gets nothing.
    pub(crate) fn wait_alone(&self, indexer: &Arc<Indexer>) -> Option<Waiting<'_>> {
        let root = indexer.root().to_owned();
        let is_alone = self.waiting.lock().insert(root.clone());
        is_alone.then_some(Waiting { indexes: self, root })
    }

    /// Looks at the folder of an index again, unless that goes on already.
    pub(crate) fn look_again(&self, indexer: &Arc<Indexer>) {
        if indexer.is_due() {
            self.refresh_in_background(Arc::clone(indexer), indexer.root());
        }
    }

    fn around(&self, path: &Path) -> impl Iterator<Item = Arc<Indexer>> {
        self.all().into_iter().filter(|indexer| indexer.inside(path).is_some())
    }

    fn refresh_in_background(&self, indexer: Arc<Indexer>, root: &Path) {
        let (going_on, goes_on) = watch::channel(());
        // Nobody watching is not an error.
        let _ = self.begun.send(Indexing { indexer: Arc::clone(&indexer), root: root.to_owned(), goes_on });
        let refresh = move || {
            let _going_on = going_on;
            // Only asks to be nice: where that is refused, the work is the same. Elsewhere than on Linux it would ask for the whole
            // process.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::nice(NICE);
            if let Some(report) = indexer.refresh()
                && report.changed + report.removed > 0
            {
                tracing::debug!(root = %indexer.root().display(), files = report.files, changed = report.changed, "indexed");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("index".to_owned()).spawn(refresh) {
            tracing::warn!(%error, "the thread of an index could not be started");
        }
    }

    /// Ends what goes on.
    pub(crate) fn stop(&self) {
        self.kept.lock().values().for_each(|kept| kept.indexer.stop());
    }

    /// Whether all files of a folder were read; not before anybody asked about it.
    pub(crate) fn is_complete(&self, root: &Path) -> bool {
        let real = root.canonicalize();
        let root = real.as_deref().unwrap_or(root);
        self.kept.lock().get(root).is_some_and(|kept| kept.indexer.progress().is_complete)
    }

    /// The indexes by folder.
    pub(crate) fn all(&self) -> Vec<Arc<Indexer>> {
        let mut all: Vec<_> = self.kept.lock().values().map(|kept| Arc::clone(&kept.indexer)).collect();
        all.sort_by(|a, b| a.root().cmp(b.root()));
        all
    }
}

/// Which files of a folder may be read for a model, as it is now.
pub(crate) fn admits(root: PathBuf) -> Admits {
    let admission = Admission::now(&root, &Arc::default());
    Arc::new(move |path| admission.admits(path))
}

/// Which files of a folder the index may read: none that the gate would refuse. What is shown of them is asked about again.
fn index_admits(root: PathBuf, files: Arc<IgnoreFiles>) -> Admits {
    let latest: Mutex<Option<(Instant, Arc<Admission>)>> = Mutex::default();
    Arc::new(move |path| {
        let mut latest = latest.lock();
        let admission = match &*latest {
            Some((since, admission)) if since.elapsed() < LOOK_AGAIN => Arc::clone(admission),
            _ => {
                let admission = Arc::new(Admission::now(&root, &files));
                *latest = Some((Instant::now(), Arc::clone(&admission)));
                admission
            }
        };
        drop(latest);
        admission.admits(path)
    })
}

fn name_of(root: &Path) -> String {
    let mut name = sha256_bytes(root.as_os_str().as_encoded_bytes());
    name.truncate(NAME_DIGITS);
    name
}

/// The texts of a folder: those of editors, else those of the disk. Only those that the gate and the rules admit are shown, as they are
/// now: the index may have read them before.
pub(crate) struct OpenTexts {
    engine: Engine,
    root: PathBuf,
    /// The folder by the paths that editors may name it by.
    folders: Vec<PathBuf>,
    rules: ContextRules,
    admission: Admission,
    /// What the gate said in this request.
    admitted: Mutex<HashMap<String, bool>>,
}

impl OpenTexts {
    /// The texts for one request.
    pub(crate) fn new(engine: Engine, indexer: &Indexer, rules: ContextRules) -> Self {
        let root = indexer.root().to_owned();
        Self {
            admission: Admission::now(&root, &engine.indexes.ignore_files),
            root,
            folders: indexer.paths(),
            rules,
            admitted: Mutex::default(),
            engine,
        }
    }

    fn is_admitted(&self, path: &str) -> bool {
        let mut admitted = self.admitted.lock();
        if let Some(known) = admitted.get(path) {
            return *known;
        }
        let is_admitted = self.admission.admits(&self.root.join(path));
        admitted.insert(path.to_owned(), is_admitted);
        is_admitted
    }

    fn open(&self, path: &str) -> Option<OpenDocument> {
        self.folders.iter().find_map(|folder| self.engine.open_document(folder.join(path).to_str()?))
    }
}

impl FileTexts for OpenTexts {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        self.lined(path).map(|lined| Arc::clone(lined.text()))
    }

    fn lined(&self, path: &str) -> Option<Arc<LinedText>> {
        if !self.is_admitted(path) {
            return None;
        }
        match self.open(path) {
            Some(open) if open.document.len() as u64 > MAX_FILE_BYTES => None,
            Some(open) => Some(Arc::new(LinedText::new(Arc::from(open.document.text())))),
            None => self.engine.indexes.recent_texts.lined(&self.root.join(path)),
        }
    }

    fn may_show(&self, path: &str) -> bool {
        self.rules.admits(path) && self.is_admitted(path)
    }
}

/// Lets an index take over what editors have open of its folder.
pub(crate) fn take_over_buffers(indexer: &Indexer, open: &[(String, OpenDocument)]) {
    let inside = |path: &str| indexer.inside(Path::new(path));
    let of_folder: Vec<(String, &OpenDocument)> =
        open.iter().filter_map(|(path, open)| Some((inside(path)?, open))).collect();
    indexer.set_buffers(of_folder.iter().map(|(path, open)| {
        let named = open.language_id.as_deref().and_then(Language::from_language_id);
        OpenBuffer {
            path,
            generation: open.generation,
            language: named.or_else(|| Language::from_path(path)),
            bytes: open.document.len(),
            text: move || open.document.text(),
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For what must come.
    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn an_index_leaves_out_what_the_gate_refuses() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir_all(root.join("private")).unwrap();
        std::fs::write(root.join(".aiiaignore"), "private/\n").unwrap();
        for name in ["a.rs", "private/b.rs", "secrets.json", ".env"] {
            std::fs::write(root.join(name), "fn shared_name() {}\n").unwrap();
        }
        let indexes = Indexes::new(folder.path().join("indexes"));
        let indexer = indexes.usable(&root, LONG).expect("usable");
        assert_eq!(indexer.index().paths().collect::<Vec<_>>(), ["a.rs"]);
    }

    /// What a folder shows is what may be shown when it is asked, not when it was read.
    #[test]
    fn a_change_of_what_is_excluded_counts_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir_all(&root).unwrap();
        for name in ["a.rs", "b.rs"] {
            std::fs::write(root.join(name), "fn shared_name() {}\n").unwrap();
        }
        let indexes = Indexes::new(folder.path().join("indexes"));
        let indexer = indexes.usable(&root, LONG).expect("usable");
        assert_eq!(indexer.index().file_count(), 2);
        std::fs::write(root.join(".aiiaignore"), "b.rs\n").unwrap();
        let indexer = indexes.usable(&root, LONG).expect("usable");
        assert_eq!(indexer.index().paths().collect::<Vec<_>>(), ["a.rs"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_has_one_index_by_all_its_paths() {
        let folder = tempfile::tempdir().unwrap();
        let (root, link) = (folder.path().join("project"), folder.path().join("link"));
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(root.join("a.rs"), "fn on_disk() {}\n").unwrap();
        std::os::unix::fs::symlink(&root, &link).unwrap();
        let indexes = Indexes::new(folder.path().join("indexes"));
        let indexer = indexes.usable(&root, LONG).expect("usable");
        let by_link = indexes.usable(&link, LONG).expect("usable");
        assert!(Arc::ptr_eq(&indexer, &by_link));
        let documents = crate::documents::OpenDocuments::default();
        let path = link.join("a.rs").display().to_string();
        documents.open(&path, Some("rust"), 1, "fn typed() {}\nfn twice() {}\n");
        take_over_buffers(&indexer, &[(path.clone(), documents.get(&path).unwrap())]);
        assert_eq!(indexer.index().definition_count(), 2);
    }

    #[test]
    fn a_document_that_was_opened_again_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::write(root.join("a.rs"), "").unwrap();
        let indexes = Indexes::new(folder.path().join("indexes"));
        let indexer = indexes.usable(&root, LONG).expect("usable");
        let documents = crate::documents::OpenDocuments::default();
        let path = root.join("a.rs").display().to_string();
        for (text, count) in [("fn a() {}\n", 1), ("fn b() {}\nfn c() {}\n", 2)] {
            documents.open(&path, Some("rust"), 1, text);
            take_over_buffers(&indexer, &[(path.clone(), documents.get(&path).unwrap())]);
            assert_eq!(indexer.index().definition_count(), count);
            documents.close(&path);
        }
    }

    #[test]
    fn only_so_many_indexes_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let indexes = Indexes::new(folder.path().join("indexes"));
        for number in 0..MAX_INDEXES + 3 {
            indexes.of(&folder.path().join(number.to_string()));
        }
        assert_eq!(indexes.all().len(), MAX_INDEXES);
    }
}
