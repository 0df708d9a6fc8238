//! The engine itself: what all connections share.

mod configuration;
mod sessions;
mod sweeping;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use aiia_protocol::event::{Change, Entity, Event};
use aiia_protocol::id::{ChatId, ProjectId};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_store::Store;
pub(crate) use configuration::Configured;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::bus::Bus;
use crate::config::{self, Config};
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

impl Engine {
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
        let _ = std::thread::Builder::new().name("sweep".to_owned()).spawn(move || sweeping::sweep_all(&data_dir));
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
        config::renew_schema(&engine.options.config_file);
        engine.ask_keyring();
        Ok(engine)
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

    /// Looks whether anything can be stored.
    ///
    /// # Errors
    /// `StoreUnavailable` when nothing can be: the disk is full, or another program holds the file.
    pub async fn store_is_writable(&self) -> Result<(), Problem> {
        Ok(self.store.check_writing().await?)
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
        *self.http_address.lock() = address;
    }

    /// Where HTTP is served.
    pub fn http_url(&self) -> Option<String> {
        self.http_address.lock().map(|address| format!("http://{address}"))
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

    /// Says that something has changed, made or removed the files of these absolute paths: the indexes that they concern look at their
    /// folders again soon.
    pub fn changed_on_disk(&self, paths: Vec<PathBuf>) {
        crate::watched::changed(self, paths);
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
