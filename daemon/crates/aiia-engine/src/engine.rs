//! The engine itself: what all connections share.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use aiia_protocol::event::{Change, Entity, Event};
use aiia_protocol::id::{ChatId, ProjectId};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::system::SessionInfo;
use aiia_store::Store;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::bus::Bus;
use crate::config::{self, Config, Mistake, Stamp};
use crate::history::Histories;
use crate::idempotency::Requests;
use crate::indexes::{Indexes, Indexing};
use crate::keys::Keys;
use crate::models::ModelDirectory;
use crate::pulls::Pulls;
use crate::recent::RecentEdits;
use crate::run::{ActiveRuns, FailedFolds};
use crate::session::{ClientInfo, Session, SessionState};
use crate::tokens::{Grant, Tokens};
use crate::transfers::{self, Transfers};

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
    /// What the command line of the daemon sets; it wins over the file and the environment.
    pub flags: Vec<config::Flag>,
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
    /// Models that are on their way here.
    pub pulls: usize,
}

/// The engine. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

/// The configuration in force and what is made from it.
pub(crate) struct Configured {
    pub(crate) config: Config,
    pub(crate) models: Arc<ModelDirectory>,
    /// What is wrong with the file as it is now, where something older is in force.
    newest: Option<Config>,
    stamp: Stamp,
}

#[doc(hidden)]
#[allow(missing_docs, reason = "it is named only by `Deref`; its fields stay inside the crate")]
pub struct Inner {
    pub(crate) options: EngineOptions,
    configured: RwLock<Arc<Configured>>,
    /// Held by who reads the configuration again.
    reloading: Mutex<()>,
    /// Held by who changes the configuration file.
    changing: Mutex<()>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) tokens: Tokens,
    pub(crate) requests: Requests,
    pub(crate) store: Store,
    pub(crate) bus: Bus,
    pub(crate) runs: ActiveRuns,
    pub(crate) failed_folds: FailedFolds,
    pub(crate) indexes: Indexes,
    pub(crate) histories: Histories,
    pub(crate) recent: RecentEdits,
    pub(crate) pulls: Pulls,
    pub(crate) transfers: Transfers,
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
            tracing::warn!(path = %entry.path().display(), %error, "an old file could not be removed");
        }
    }
}

/// Removes what nobody needs any more from the folders that only grow.
fn sweep_all(data_dir: &Path) {
    sweep(&data_dir.join("review"), REVIEW_AGE);
    sweep(&transfers::folder(data_dir), transfers::AGE);
}

impl Engine {
    /// Removes files that nobody needs any more: old review documents, exports and uploads.
    pub(crate) async fn sweep(&self) {
        let engine = self.clone();
        let swept = tokio::task::spawn_blocking(move || {
            engine.transfers.forget_older(transfers::AGE);
            sweep_all(&engine.options.data_dir);
        });
        if let Err(error) = swept.await {
            tracing::error!(%error, "old files could not be removed");
        }
    }

    /// Opens the store and everything that stands on it. Quick: no network, no model, no index.
    ///
    /// # Errors
    /// When the data directory or the store cannot be used. A bad configuration is no error: what is wrong with it is
    /// shown by `system.status`, and defaults stand in for it.
    pub fn open(options: EngineOptions) -> Result<Self, Problem> {
        let exchange = transfers::folder(&options.data_dir);
        for directory in [options.data_dir.clone(), options.data_dir.join("review"), exchange] {
            private_directory(&directory)?;
        }
        let data_dir = options.data_dir.clone();
        // Not while a client waits for the daemon.
        let _ = std::thread::Builder::new().name("sweep".to_owned()).spawn(move || sweep_all(&data_dir));
        let store = Store::open(&options.data_dir).map_err(Problem::from)?;
        let stamp = config::stamp(&options.config_file);
        let config = Config::load(&options.config_file, &options.environment, &options.flags);
        let keys = Keys::new(&options.data_dir, options.environment.get("AIIA_KEYRING").is_none_or(|on| on != "off"));
        let keys = Arc::new(keys);
        let models = Arc::new(ModelDirectory::new(&config, &options, &keys, None));
        let configured = Configured { config, models, newest: None, stamp };
        let engine = Self(Arc::new(Inner {
            configured: RwLock::new(Arc::new(configured)),
            reloading: Mutex::default(),
            changing: Mutex::default(),
            keys,
            tokens: Tokens::new(&options.data_dir),
            requests: Requests::default(),
            store,
            bus: Bus::new(),
            runs: ActiveRuns::default(),
            failed_folds: FailedFolds::default(),
            indexes: Indexes::new(options.data_dir.join("indexes")),
            histories: Histories::default(),
            recent: RecentEdits::default(),
            pulls: Pulls::default(),
            transfers: Transfers::new(&options.data_dir),
            started_at: jiff::Timestamp::now().to_string(),
            http_address: Mutex::new(None),
            sessions: Mutex::new(HashMap::new()),
            next_session: AtomicU64::new(1),
            activity: watch::channel(Activity::default()).0,
            shutdown: CancellationToken::new(),
            options,
        }));
        engine.ask_keyring();
        Ok(engine)
    }

    /// Has the keyring asked for the keys that are not known yet. It may wait for its owner to unlock it, so nobody waits for
    /// it here; when it has given a key, the providers are made anew.
    pub(crate) fn ask_keyring(&self) {
        if !self.keys.begin_asking() {
            return;
        }
        let (keys, engine) = (Arc::clone(&self.keys), Arc::downgrade(&self.0));
        let asking = move || {
            if keys.ask_ring()
                && let Some(engine) = engine.upgrade()
            {
                Self(engine).reload_config();
            }
            keys.asked();
        };
        if let Err(error) = std::thread::Builder::new().name("keys".to_owned()).spawn(asking) {
            tracing::warn!(%error, "the keyring is not asked");
            self.keys.asked();
        }
    }

    /// The configuration in force.
    pub(crate) fn configured(&self) -> Arc<Configured> {
        Arc::clone(&self.configured.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The models of the configuration in force.
    pub(crate) fn models(&self) -> Arc<ModelDirectory> {
        Arc::clone(&self.configured().models)
    }

    /// Takes the configuration file in again if it has changed.
    pub(crate) async fn refresh_config(&self) {
        if self.is_config_current() {
            return;
        }
        let engine = self.clone();
        let reload = move || {
            let alone = engine.reloading.lock().unwrap_or_else(PoisonError::into_inner);
            // Somebody else may have done it meanwhile.
            if !engine.is_config_current() {
                engine.reload(&alone);
            }
        };
        if let Err(error) = tokio::task::spawn_blocking(reload).await {
            tracing::error!(%error, "the configuration was not read again");
        }
    }

    fn is_config_current(&self) -> bool {
        config::stamp(&self.options.config_file) == self.configured().stamp
    }

    /// Takes the configuration file and the keys in again. A file that cannot be read as a whole leaves in force what was.
    pub(crate) fn reload_config(&self) {
        let alone = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        self.reload(&alone);
        drop(alone);
        self.ask_keyring();
    }

    /// The same for who holds the lock. What is in force can be read meanwhile.
    fn reload(&self, _alone: &MutexGuard<'_, ()>) {
        let before = self.configured();
        let stamp = config::stamp(&self.options.config_file);
        let loaded = Config::load(&self.options.config_file, &self.options.environment, &self.options.flags);
        let (config, newest) = if loaded.is_broken() { (before.config.clone(), Some(loaded)) } else { (loaded, None) };
        let models = Arc::new(ModelDirectory::new(&config, &self.options, &self.keys, Some(&before.models)));
        let configured = Arc::new(Configured { config, models, newest, stamp });
        *self.configured.write().unwrap_or_else(PoisonError::into_inner) = configured;
        tracing::info!("the configuration was read again");
    }

    /// What is wrong with the configuration, one sentence each.
    pub(crate) fn config_problems(&self) -> Vec<String> {
        let configured = self.configured();
        let file = configured.newest.as_ref().unwrap_or(&configured.config);
        let mut problems = file.problems.clone();
        if configured.newest.is_some() {
            problems.push("Until it is mended, the configuration before it is in force.".to_owned());
        }
        problems.extend(configured.models.problems().iter().cloned());
        problems
    }

    /// What is wrong with the configuration file as it is now.
    pub(crate) fn newest_mistakes(&self) -> Vec<Mistake> {
        let configured = self.configured();
        configured.newest.as_ref().unwrap_or(&configured.config).mistakes.clone()
    }

    /// What would be wrong with a configuration file of this text.
    pub fn check_config(&self, text: &str) -> Vec<Mistake> {
        Config::of(text, &self.options.config_file, &BTreeMap::new()).mistakes
    }

    /// The configuration file.
    pub fn config_file(&self) -> &Path {
        &self.options.config_file
    }

    /// Changes a key of the configuration file.
    ///
    /// # Errors
    /// When the key or the value is wrong, or the file cannot be read or written.
    pub(crate) fn change_config(&self, key: &str, change: &config::Change) -> Result<(), Problem> {
        let file = &self.options.config_file;
        let unusable = |detail: String| Problem::new(ProblemCode::StoreUnavailable, detail);
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = Config::text(file).map_err(unusable)?;
        let new = config::edited(&text, key, change)?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| unusable(format!("{} cannot be made: {error}.", folder.display())))?;
        }
        config::replace_file(file, &new, 0o600)
            .map_err(|error| unusable(format!("{} cannot be written: {error}.", file.display())))?;
        self.reload_config();
        Ok(())
    }

    /// What the client that shows `secret` may do; nothing when it is no token of the user's, or not any more.
    pub fn grant(&self, secret: &str) -> Option<Grant> {
        self.tokens.grant(secret, jiff::Timestamp::now())
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

    /// The work on indexes that begins from now on.
    pub fn subscribe_indexing(&self) -> broadcast::Receiver<Indexing> {
        self.indexes.begun()
    }

    /// Says that the user types in the file of that absolute path: what goes on in the background makes way.
    pub fn typed(&self, path: &Path) {
        self.indexes.typed(path);
        self.recent.edited(path);
    }

    /// Says that the file of that absolute path was saved: what was saved with it is read again with the next question.
    pub fn saved(&self, path: &Path) {
        self.indexes.saved(path);
    }

    /// Says that the document of that absolute path was opened or changed: what questions about it need is made as soon as nobody types.
    pub fn prepare_soon(&self, path: &str) {
        crate::preparing::soon(self, path);
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

    pub(crate) fn count_pulls(&self) {
        let pulls = self.pulls.running();
        self.activity.send_modify(|activity| activity.pulls = pulls);
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

#[cfg(test)]
impl Engine {
    /// An engine in the folder `home`, whose configuration is `config.toml` there.
    pub(crate) fn for_tests(home: &Path, environment: &[(&str, &str)], flags: Vec<config::Flag>) -> Self {
        let always = [("AIIA_DISCOVERY", "off"), ("AIIA_KEYRING", "off")];
        let environment = always.iter().chain(environment);
        Self::open(EngineOptions {
            data_dir: home.join("data"),
            config_file: home.join("config.toml"),
            environment: environment.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            flags,
            version: "0".to_owned(),
        })
        .unwrap()
    }

    pub(crate) fn session_for_tests(&self) -> Session {
        let (transport, scope) = (crate::Transport::Cli, aiia_protocol::operation::Scope::Admin);
        self.open_session(ClientInfo { name: "t".to_owned(), transport, scope, token: None })
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
    fn changes_of_the_configuration_at_once_are_all_kept() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let engine = &engine;
        std::thread::scope(|scope| {
            for number in 0..16 {
                let change = config::Change::Set("ollama/x".to_owned());
                scope.spawn(move || engine.change_config(&format!("aliases.a{number}"), &change).unwrap());
            }
        });
        assert_eq!(engine.configured().config.settings.aliases.len(), 16);
        let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "the data and the configuration: {left:?}");
    }

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
