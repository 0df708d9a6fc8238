//! The engine itself: what all connections share.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aiia_protocol::event::{Change, Entity, Event};
use aiia_protocol::id::{ChatId, ProjectId};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::system::SessionInfo;
use aiia_store::Store;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::bus::Bus;
use crate::config::Config;
use crate::indexes::Indexes;
use crate::models::ModelDirectory;
use crate::run::ActiveRuns;
use crate::session::{ClientInfo, Session, SessionState};

/// How long `shutdown` waits for runs to store what they have.
const DRAIN_LIMIT: Duration = Duration::from_millis(1500);

/// What an engine needs to know.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Where everything is kept; made when it is not there.
    pub data_dir: PathBuf,
    /// The configuration file; it need not exist.
    pub config_file: PathBuf,
    /// The environment: keys of model providers and `AIIA_…` settings are looked up in it.
    pub environment: BTreeMap<String, String>,
    /// The version of the program.
    pub version: String,
}

/// How busy the engine is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Connections that are open.
    pub sessions: usize,
    /// Runs that go on.
    pub active_runs: usize,
}

/// The engine. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

#[doc(hidden)]
#[allow(missing_docs, reason = "it is named only by `Deref`; its fields stay inside the crate")]
pub struct Inner {
    pub(crate) options: EngineOptions,
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) bus: Bus,
    pub(crate) runs: ActiveRuns,
    pub(crate) models: ModelDirectory,
    pub(crate) indexes: Indexes,
    pub(crate) started_at: String,
    http_address: Mutex<Option<SocketAddr>>,
    sessions: Mutex<HashMap<u64, Arc<SessionState>>>,
    next_session: AtomicU64,
    activity: watch::Sender<Activity>,
    shutdown: CancellationToken,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("data_dir", &self.0.options.data_dir).finish_non_exhaustive()
    }
}

impl std::ops::Deref for Engine {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Review documents can be made again, so they are kept only for so long.
const REVIEW_AGE: Duration = Duration::from_hours(24 * 14);

/// Removes the files of `folder` that were last written longer ago than `age`.
fn sweep(folder: &Path, age: Duration) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        if written.is_ok_and(|written| written.elapsed().is_ok_and(|elapsed| elapsed > age))
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "an old review document could not be removed");
        }
    }
}

impl Engine {
    /// Opens the store and everything that stands on it. Quick: no network, no model, no index.
    ///
    /// # Errors
    /// When the data directory or the store cannot be used. A bad configuration is no error: what is wrong with it is
    /// shown by `system.status`, and defaults stand in for it.
    pub fn open(options: EngineOptions) -> Result<Self, Problem> {
        for directory in [options.data_dir.clone(), options.data_dir.join("review")] {
            private_directory(&directory)?;
        }
        let review = options.data_dir.join("review");
        // Not while a client waits for the daemon.
        let _ = std::thread::Builder::new().name("sweep".to_owned()).spawn(move || sweep(&review, REVIEW_AGE));
        let store = Store::open(&options.data_dir).map_err(Problem::from)?;
        let config = Config::load(&options.config_file, &options.environment);
        let models = ModelDirectory::new(&config, &options);
        Ok(Self(Arc::new(Inner {
            config,
            store,
            bus: Bus::new(),
            runs: ActiveRuns::default(),
            models,
            indexes: Indexes::new(options.data_dir.join("indexes")),
            started_at: jiff::Timestamp::now().to_string(),
            http_address: Mutex::new(None),
            sessions: Mutex::new(HashMap::new()),
            next_session: AtomicU64::new(1),
            activity: watch::channel(Activity::default()).0,
            shutdown: CancellationToken::new(),
            options,
        })))
    }

    /// Opens a connection.
    pub fn open_session(&self, client: ClientInfo) -> Session {
        Session::new(self.clone(), client)
    }

    /// The version of the program.
    pub fn version(&self) -> &str {
        &self.options.version
    }

    /// Where everything is kept.
    pub fn data_dir(&self) -> &Path {
        &self.options.data_dir
    }

    /// Where documents for the user to read and review are written (mode 0700).
    pub fn review_dir(&self) -> PathBuf {
        self.options.data_dir.join("review")
    }

    /// Tells where HTTP is served, for `system.status`.
    pub fn set_http_address(&self, address: Option<SocketAddr>) {
        *self.http_address.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// Where HTTP is served.
    pub fn http_url(&self) -> Option<String> {
        self.http_address.lock().unwrap_or_else(PoisonError::into_inner).map(|address| format!("http://{address}"))
    }

    /// Cancelled when the shutdown begins; whatever streams must end then.
    pub fn shutdown_token(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Ends runs and streams, keeps what had arrived, and closes the store. Takes at most about 1.5 s.
    pub async fn shutdown(&self) {
        self.shutdown.cancel();
        self.indexes.stop();
        self.runs.drain(DRAIN_LIMIT).await;
        let store = self.store.clone();
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
    }

    /// How busy it is, to be watched.
    pub fn activity(&self) -> watch::Receiver<Activity> {
        self.activity.subscribe()
    }

    /// Every change that any client makes, from now on.
    pub fn subscribe_events(&self) -> broadcast::Receiver<Event> {
        self.bus.subscribe()
    }

    pub(crate) fn publish(
        &self,
        what: (Entity, Change),
        id: impl std::fmt::Display,
        project_id: Option<&ProjectId>,
        chat_id: Option<&ChatId>,
    ) {
        self.bus.publish(what, id, project_id, chat_id);
    }

    fn sessions_lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<SessionState>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn register_session(&self, state: &Arc<SessionState>) -> u64 {
        let number = self.next_session.fetch_add(1, Ordering::Relaxed);
        let sessions = {
            let mut sessions = self.sessions_lock();
            sessions.insert(number, Arc::clone(state));
            sessions.len()
        };
        self.activity.send_modify(|activity| activity.sessions = sessions);
        number
    }

    pub(crate) fn forget_session(&self, number: u64) {
        let sessions = {
            let mut sessions = self.sessions_lock();
            sessions.remove(&number);
            sessions.len()
        };
        self.activity.send_modify(|activity| activity.sessions = sessions);
    }

    pub(crate) fn set_active_runs(&self, active_runs: usize) {
        self.activity.send_modify(|activity| activity.active_runs = active_runs);
    }

    pub(crate) fn active_runs(&self) -> usize {
        self.activity.borrow().active_runs
    }

    /// The unsaved buffer of `path` in any connection, the lowest session first.
    pub(crate) fn open_document(&self, path: &str) -> Option<crate::documents::OpenDocument> {
        let sessions = self.sessions_lock();
        let mut numbers: Vec<&u64> = sessions.keys().collect();
        numbers.sort();
        numbers.into_iter().find_map(|number| sessions[number].documents.get(path))
    }

    /// Every document that an editor has open, each path once, by path.
    pub(crate) fn open_documents(&self) -> Vec<(String, crate::documents::OpenDocument)> {
        let paths: std::collections::BTreeSet<String> =
            self.sessions_lock().values().flat_map(|state| state.documents.paths()).collect();
        paths.into_iter().filter_map(|path| self.open_document(&path).map(|open| (path, open))).collect()
    }

    pub(crate) fn session_infos(&self) -> Vec<SessionInfo> {
        let sessions = self.sessions_lock();
        let mut numbers: Vec<&u64> = sessions.keys().collect();
        numbers.sort();
        numbers
            .into_iter()
            .map(|number| {
                let state = &sessions[number];
                SessionInfo {
                    client: state.name.lock().unwrap_or_else(PoisonError::into_inner).clone(),
                    transport: state.transport.as_str().to_owned(),
                    documents: state.documents.paths().len() as u32,
                }
            })
            .collect()
    }
}

fn private_directory(path: &Path) -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        Problem::new(
            ProblemCode::StoreUnavailable,
            format!("The data directory {} cannot be used: {error}.", path.display()),
        )
        .with_hint("Set AIIA_DATA_DIR to a directory that can be written.")
    };
    std::fs::create_dir_all(path).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn only_old_review_documents_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        for (name, days) in [("old.diff", 15), ("recent.diff", 13)] {
            let written = SystemTime::now() - Duration::from_hours(24 * days);
            File::create(folder.path().join(name)).unwrap().set_modified(written).unwrap();
        }
        sweep(folder.path(), REVIEW_AGE);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["recent.diff"]);
    }
}
