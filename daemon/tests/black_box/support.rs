//! A data directory of its own for each test, and the program run in it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Longer than anything may take on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// The standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, after it was made sure that the exit code is `code`.
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}

/// A home directory with nothing in it.
pub(crate) struct Home {
    temp: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { temp: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.temp.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub(crate) fn runtime_file(&self) -> PathBuf {
        self.data().join("run/daemon.json")
    }

    pub(crate) fn runtime(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.runtime_file()).unwrap()).unwrap()
    }

    /// Changes a field of the runtime file.
    pub(crate) fn forge(&self, field: &str, value: Value) {
        let mut runtime = self.runtime();
        runtime[field] = value;
        fs::write(self.runtime_file(), runtime.to_string()).unwrap();
    }

    pub(crate) fn pid(&self) -> i32 {
        self.runtime()["pid"].as_i64().unwrap().try_into().unwrap()
    }

    /// A file below the home directory.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The program with nothing of the user's environment but the path.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aiia"));
        command.args(arguments).current_dir(self.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.path());
        command.env("AIIA_DATA_DIR", self.data()).env("AIIA_CONFIG", self.path().join("config.toml"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.run_with(arguments, "")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Done {
        finish(self.spawn(arguments), input)
    }

    /// Starts the daemon as a client does.
    pub(crate) fn start(&self) {
        self.run(&["history", "--json"]).code(0);
    }

    /// Waits until no daemon owns the data directory.
    pub(crate) fn wait_for_end(&self) {
        let lock = File::options().write(true).open(self.data().join("run/daemon.lock")).unwrap();
        within_limit(move || lock.lock().unwrap());
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let Ok(text) = fs::read_to_string(self.runtime_file()) else { return };
        let pid = serde_json::from_str::<Value>(&text).ok().and_then(|runtime| runtime["pid"].as_i64());
        if let Some(pid) = pid {
            signal(pid as i32, Signal::KILL);
        }
    }
}

pub(crate) fn signal(pid: i32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

/// What `work` gives; panics when it takes longer than anything may.
pub(crate) fn within_limit<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(LIMIT).expect("it ends")
}

pub(crate) fn wait(mut child: Child) -> ExitStatus {
    within_limit(move || child.wait().unwrap())
}

/// Gives `input`, closes it, and waits for the end.
pub(crate) fn finish(mut child: Child, input: &str) -> Done {
    let input = input.to_owned();
    within_limit(move || {
        let mut stdin = child.stdin.take().unwrap();
        std::thread::spawn(move || {
            let _ = stdin.write_all(input.as_bytes());
        });
        let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let errors = std::thread::spawn(move || read(&mut stderr));
        let out = read(&mut stdout);
        Done { code: child.wait().unwrap().code(), out, err: errors.join().unwrap() }
    })
}

pub(crate) fn read(from: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}
