//! The indexes of the folders that are worked in, made in the background when a folder is first asked about.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aiia_context::{Admits, DiskTexts, FileTexts, Indexer, IndexerOptions};
use aiia_syntax::Language;
use sha2::{Digest, Sha256};
use tokio::sync::{broadcast, watch};

use crate::context_rules::ContextRules;
use crate::documents::OpenDocument;
use crate::engine::Engine;
use crate::workspace;

/// Indexes of more folders are not kept at once; the one that was used longest ago goes.
const MAX_INDEXES: usize = 8;
/// Threads of one index. They yield to everything else.
const MAX_THREADS: usize = 4;
/// How much the background yields: the nice value of its threads.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Who watches may be so many indexes behind.
const WATCHED: usize = 16;

/// An index that is being made or brought up to date.
#[derive(Clone, Debug)]
pub struct Indexing {
    indexer: Arc<Indexer>,
    /// Its sender goes when the work ends.
    goes_on: watch::Receiver<()>,
}

impl Indexing {
    /// The folder.
    pub fn root(&self) -> &Path {
        self.indexer.root()
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

/// The indexes by folder.
pub(crate) struct Indexes {
    folder: PathBuf,
    kept: Mutex<HashMap<PathBuf, Kept>>,
    begun: broadcast::Sender<Indexing>,
}

impl Indexes {
    /// No indexes yet; they are kept in `folder` between two runs of the program.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, kept: Mutex::default(), begun: broadcast::channel(WATCHED).0 }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index of `root`; a new one has read nothing yet.
    pub(crate) fn of(&self, root: &Path) -> Arc<Indexer> {
        let mut kept = self.lock();
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
                admits: admits(root.to_owned()),
            })),
            used: Instant::now(),
        });
        entry.used = Instant::now();
        Arc::clone(&entry.indexer)
    }

    /// The index of `root`, once questions can be answered; nothing if that takes longer than `limit`. Looks at the folder again in
    /// the background where that is due.
    pub(crate) fn usable(&self, root: &Path, limit: Duration) -> Option<Arc<Indexer>> {
        let indexer = self.of(root);
        if indexer.is_due() {
            self.refresh_in_background(Arc::clone(&indexer));
        }
        indexer.wait_until_usable(limit).then_some(indexer)
    }

    /// The work on indexes that begins from now on.
    pub(crate) fn begun(&self) -> broadcast::Receiver<Indexing> {
        self.begun.subscribe()
    }

    /// Says that the user types in the file of that path.
    pub(crate) fn typed(&self, path: &Path) {
        self.lock().iter().filter(|(root, _)| path.starts_with(root)).for_each(|(_, kept)| kept.indexer.typed());
    }

    fn refresh_in_background(&self, indexer: Arc<Indexer>) {
        let (going_on, goes_on) = watch::channel(());
        // Nobody watching is not an error.
        let _ = self.begun.send(Indexing { indexer: Arc::clone(&indexer), goes_on });
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
        self.lock().values().for_each(|kept| kept.indexer.stop());
    }

    /// The indexes by folder.
    pub(crate) fn all(&self) -> Vec<Arc<Indexer>> {
        let mut all: Vec<_> = self.lock().values().map(|kept| Arc::clone(&kept.indexer)).collect();
        all.sort_by(|a, b| a.root().cmp(b.root()));
        all
    }
}

/// Which files of a folder the index may read: none that the gate would refuse.
pub(crate) fn admits(root: PathBuf) -> Admits {
    Arc::new(move |path| !workspace::is_secret_file(path) && !workspace::is_excluded(&root, path))
}

fn name_of(root: &Path) -> String {
    let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// The texts of a folder: those of editors, else those of the disk. Only those that the rules admit are shown.
pub(crate) struct OpenTexts {
    engine: Engine,
    disk: DiskTexts,
    rules: ContextRules,
}

impl OpenTexts {
    pub(crate) fn new(engine: Engine, root: PathBuf, rules: ContextRules) -> Self {
        Self { engine, disk: DiskTexts { root }, rules }
    }
}

impl FileTexts for OpenTexts {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        let full = self.disk.root.join(path);
        match full.to_str().and_then(|full| self.engine.open_document(full)) {
            Some(open) => Some(Arc::from(open.document.text())),
            None => self.disk.text(path),
        }
    }

    fn may_show(&self, path: &str) -> bool {
        self.rules.admits(path)
    }
}

/// Lets an index take over what editors have open of its folder.
pub(crate) fn take_over_buffers(indexer: &Indexer, open: &[(String, OpenDocument)]) {
    let admits = admits(indexer.root().to_owned());
    let texts: Vec<(String, u64, Option<Language>, &OpenDocument)> = open
        .iter()
        .filter_map(|(path, open)| {
            let path = Path::new(path);
            let inside = path.strip_prefix(indexer.root()).ok().filter(|_| admits(path))?;
            let inside = inside.to_str()?.replace('\\', "/");
            let named = open.language_id.as_deref().and_then(Language::from_language_id);
            let language = named.or_else(|| Language::from_path(&inside));
            Some((inside, open.version as u64, language, open))
        })
        .collect();
    let text = |open: &OpenDocument| open.document.text();
    indexer.set_buffers(
        texts.iter().map(|(path, version, language, open)| (path.as_str(), *version, *language, move || text(open))),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let indexer = indexes.usable(&root, Duration::from_secs(30)).expect("usable");
        assert_eq!(indexer.index().paths().collect::<Vec<_>>(), ["a.rs"]);
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
