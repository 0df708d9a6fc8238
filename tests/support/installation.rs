//! One installation of aiia in a temporary folder: its own data, configuration and workspace, and a scripted model.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aiia_protocol::handshake::RuntimeFile;
use serde_json::Value;
use tempfile::TempDir;

use crate::model_server::ModelServer;

static MEASURED: OnceLock<PathBuf> = OnceLock::new();

/// For benchmarks: the program is `AIIA_BIN`, else the release build.
///
/// # Panics
/// When there is none.
pub fn use_release_program() {
    let program = std::env::var_os("AIIA_BIN")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/aiia"), PathBuf::from);
    assert!(program.exists(), "{} is missing; run `cargo build --release -p aiia`", program.display());
    let _ = MEASURED.set(program);
}

/// The program under test: `AIIA_BIN`, else what cargo built beside this test.
pub fn program() -> PathBuf {
    if let Some(program) = MEASURED.get() {
        return program.clone();
    }
    if let Some(program) = std::env::var_os("AIIA_BIN") {
        return program.into();
    }
    let test = std::env::current_exe().expect("a test has a path");
    let target = test.ancestors().nth(2).expect("tests are in target/<profile>/deps");
    let program = target.join("aiia");
    assert!(program.exists(), "{} is missing; run `cargo build -p aiia` or set AIIA_BIN", program.display());
    program
}

/// An installation. Dropping it stops its daemon.
pub struct Installation {
    folder: TempDir,
    /// The model that it uses.
    pub model: ModelServer,
}

impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Installation").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Installation {
    /// A new one, whose default model is the scripted server.
    ///
    /// # Panics
    /// When the machine does not allow temporary files or a server on the loopback.
    pub fn new() -> Self {
        Self::configured("")
    }

    /// The same, with more lines in the configuration.
    ///
    /// # Panics
    /// As [`Installation::new`].
    pub fn configured(more: &str) -> Self {
        let model = ModelServer::start().expect("a model server");
        let config = format!(
            "model = \"scripted/m\"\n[providers.scripted]\ndialect = \"openai_chat\"\nbase_url = \"{}\"\nmodels = [\"m\"]\n{more}",
            model.openai_url()
        );
        Self::make(model, &config)
    }

    /// A new one, whose only model is the embedded one, with the weights that `AIIA_TEST_MODEL` names.
    ///
    /// # Panics
    /// As [`Installation::new`], and when `AIIA_TEST_MODEL` is not set.
    pub fn embedded() -> Self {
        let weights = std::env::var("AIIA_TEST_MODEL").expect("AIIA_TEST_MODEL names weights; `tests/run` sets it");
        let config = format!("[embedded]\npath = \"{weights}\"\nthreads = 1\ncontext_window = 448\n");
        Self::make(ModelServer::start().expect("a model server"), &config)
    }

    fn make(model: ModelServer, config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("config.toml"), config).expect("the configuration can be written");
        std::fs::create_dir_all(folder.path().join("work/.git")).expect("the workspace can be made");
        Self { folder, model }
    }

    /// The workspace.
    pub fn workspace(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes a file of the workspace and gives its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.workspace().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders can be made");
        std::fs::write(&path, text).expect("the file can be written");
        path
    }

    /// The program with `arguments`, in this installation, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .current_dir(self.workspace())
            .env("AIIA_DATA_DIR", self.data_dir())
            .env("AIIA_CONFIG", self.folder.path().join("config.toml"))
            .env("AIIA_DISCOVERY", "off")
            .env_remove("AIIA_MODEL")
            .env_remove("AIIA_MODEL_FILE")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Runs the program, which must succeed, and gives the JSON that it prints.
    ///
    /// # Panics
    /// When it fails or prints something else.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON on stdout")
    }

    /// The runtime file of the running daemon.
    ///
    /// # Panics
    /// When there is none within ten seconds.
    pub fn runtime(&self) -> RuntimeFile {
        let path = self.data_dir().join("run/daemon.json");
        wait_for("the runtime file", Duration::from_secs(10), || {
            serde_json::from_slice(&std::fs::read(&path).ok()?).ok()
        })
    }
}

impl Default for Installation {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let _ = self.command(&["stop"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Asks until there is an answer, at most for `limit`.
///
/// # Panics
/// When there is none by then.
pub fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "{what}: nothing within {limit:?}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// The text of what a program printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The path as the program is told it.
///
/// # Panics
/// When it is not UTF-8.
pub fn shown(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
