//! Making sure that the one daemon runs: racing clients start it once, an older one makes room, a hung one is reported.

use std::io;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aiia_protocol::handshake::{Purpose, RuntimeFile};
use aiia_protocol::problem::{Problem, ProblemCode};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use crate::connect::{Attempt, Connection, connect};
use crate::lock::Lock;
use crate::paths::Paths;
use crate::runtime_file;
use crate::{PROGRAM, SMALL_PROGRAM};

/// The line by which a daemon tells who started it that its socket listens.
pub const READY: &str = "ready";
/// The line that it says before, every [`WORKING_STEP`], while it opens its store: one of a new version may have to change all of it.
pub const WORKING: &str = "working";
/// How often it says so.
pub const WORKING_STEP: Duration = Duration::from_secs(1);
/// What it leaves in its lock meanwhile.
pub const OPENING: &str = "opening";
/// How long it may be at that until nobody waits for it any more; it goes on all the same.
pub const OPEN_LIMIT: Duration = Duration::from_mins(10);
/// What precedes the problem, as JSON on the same line, when it cannot start.
pub const FAILED: &str = "failed ";

/// How long a new daemon may take until its socket listens, or until it says that it is at work.
const START_LIMIT: Duration = Duration::from_secs(10);
/// How long a client waits for another one that is starting the daemon: its limits, and a little more.
const RACE_LIMIT: Duration = OPEN_LIMIT.saturating_add(Duration::from_secs(20));
/// How long a daemon may take to end after it was asked to: the 2 s that it gives itself, and the time of a busy machine.
const DRAIN_LIMIT: Duration = Duration::from_secs(8);

/// How often it is looked whether it has ended, or another one runs in its place.
const END_STEP: Duration = Duration::from_millis(20);

/// Connects to the daemon, and starts it when it does not run or is older than this program.
///
/// # Errors
/// When it cannot be started, does not answer, cannot be trusted, or speaks another protocol. Takes at most about 40 s, and the time
/// that the daemon needs for its store.
pub fn attach(paths: &Paths, purpose: Purpose) -> Result<Connection, Problem> {
    if let Attempt::Connected(connection) = connect(paths, purpose)? {
        return Ok(connection);
    }
    paths.prepare()?;
    let path = paths.start_lock();
    let locked =
        Lock::wait(&path, RACE_LIMIT).map_err(|error| cannot_start(paths, &format!("{}: {error}", path.display())))?;
    let Some(_starting) = locked else {
        return Err(cannot_start(paths, "another client has been starting it for too long"));
    };
    // Twice: a daemon may decide to end, because nobody needs it, between its start and our hello.
    for _ in 0..2 {
        match connect(paths, purpose)? {
            Attempt::Connected(connection) => return Ok(connection),
            Attempt::Older(runtime) => drain(paths, &runtime)?,
            Attempt::Absent => {}
        }
        start(paths)?;
    }
    match connect(paths, purpose)? {
        Attempt::Connected(connection) => Ok(connection),
        _ => Err(cannot_start(paths, "it ended right after its start")),
    }
}

/// Asks a running daemon to end, and waits until it has; meanwhile no client starts another one. Gives its process, or nothing
/// when none ran.
///
/// # Errors
/// When it does not end in time.
pub fn stop(paths: &Paths) -> Result<Option<u32>, Problem> {
    let _starting = hold_starts(paths);
    end(paths)
}

/// As long as what it gives is held, no client starts a daemon. Nothing where one is being started that takes its time.
pub fn hold_starts(paths: &Paths) -> Option<Lock> {
    Lock::wait(&paths.start_lock(), DRAIN_LIMIT).ok().flatten()
}

/// What [`stop`] does, for who [holds the starts](hold_starts).
///
/// # Errors
/// When the daemon does not end in time.
pub fn end(paths: &Paths) -> Result<Option<u32>, Problem> {
    match connect(paths, Purpose::Drain)? {
        Attempt::Connected(Connection { runtime, .. }) | Attempt::Older(runtime) => {
            wait_for_end(paths, &runtime, DRAIN_LIMIT)?;
            Ok(Some(runtime.pid))
        }
        Attempt::Absent => Ok(None),
    }
}

fn drain(paths: &Paths, runtime: &RuntimeFile) -> Result<(), Problem> {
    tracing::info!(version = runtime.version, pid = runtime.pid, "asking an older daemon to end");
    connect(paths, Purpose::Drain)?;
    wait_for_end(paths, runtime, DRAIN_LIMIT)
}

fn wait_for_end(paths: &Paths, runtime: &RuntimeFile, limit: Duration) -> Result<(), Problem> {
    let end = Instant::now() + limit;
    loop {
        if let Ok(Some(_)) = Lock::take(&paths.daemon_lock()) {
            return Ok(());
        }
        // The next one may hold the lock already: it wrote the file once it had it.
        if runtime_file::read(&paths.runtime_file()).is_ok_and(|now| now.is_some_and(|now| now.pid != runtime.pid)) {
            return Ok(());
        }
        if Instant::now() >= end {
            break;
        }
        std::thread::sleep(END_STEP);
    }
    Err(Problem::new(
        ProblemCode::Unavailable,
        format!("The daemon (process {}, version {}) was asked to end and goes on.", runtime.pid, runtime.version),
    )
    .with_hint(format!("End it with `kill {}`.", runtime.pid)))
}

/// Starts a daemon of this program and waits until its socket listens.
fn start(paths: &Paths) -> Result<(), Problem> {
    let program = large_program().map_err(|error| cannot_start(paths, &error.to_string()))?;
    let mut child = Command::new(&program)
        .arg("daemon")
        .env("AIIA_DATA_DIR", &paths.data_dir)
        .env("AIIA_CONFIG", &paths.config_file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| cannot_start(paths, &format!("{}: {error}", program.display())))?;
    let line = first_word(&mut child, START_LIMIT, OPEN_LIMIT);
    if line == READY {
        return Ok(());
    }
    if line == WORKING {
        // Ended in the middle, it would have to begin again.
        let detail = "The daemon is still bringing its store up to date.";
        return Err(Problem::new(ProblemCode::Unavailable, detail).with_hint("It goes on by itself; try again later."));
    }
    if let Some(problem) = line.strip_prefix(FAILED).and_then(|json| serde_json::from_str(json).ok()) {
        let _ = child.wait();
        return Err(problem);
    }
    // Its pipe is closed: it has ended, or is about to be ended.
    let _ = child.kill();
    let how = child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
    Err(cannot_start(paths, &format!("it was not ready within {} s, or ended before ({how})", START_LIMIT.as_secs())))
}

/// How long somebody is waited for who now and then says that he is at work.
struct Patience {
    limit: Duration,
    /// When it ends in any case.
    end: Instant,
    deadline: Instant,
    is_renewed: bool,
}

impl Patience {
    /// For `limit` without a word, and `longest` in all, from `now` on.
    fn new(limit: Duration, longest: Duration, now: Instant) -> Self {
        let end = now + longest;
        Self { limit, end, deadline: end.min(now + limit), is_renewed: false }
    }

    /// There was a word.
    fn renew(&mut self, now: Instant) {
        self.deadline = self.end.min(now + self.limit);
        self.is_renewed = true;
    }

    fn left(&self, now: Instant) -> Duration {
        self.deadline.saturating_duration_since(now)
    }

    /// Whether nothing but the time in all has ended it.
    fn has_seen_work_to_the_end(&self) -> bool {
        self.is_renewed && self.deadline == self.end
    }
}

/// The first line of the child that says more than [`WORKING`]. Each such line gives it `limit` anew, up to `longest` in all; where
/// it still says so then, that. Empty where it is silent for too long or ends.
fn first_word(child: &mut Child, limit: Duration, longest: Duration) -> String {
    let mut patience = Patience::new(limit, longest, Instant::now());
    let mut said = Vec::new();
    let Some(pipe) = &mut child.stdout else { return String::new() };
    while said.len() < 64 * 1024 {
        if let Some(at) = said.iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&said[..at]).into_owned();
            if line != WORKING {
                return line;
            }
            said.drain(..=at);
            patience.renew(Instant::now());
            continue;
        }
        let left = patience.left(Instant::now());
        let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        let mut part = [0; 256];
        match poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&left)) {
            Ok(0) if patience.has_seen_work_to_the_end() => return WORKING.to_owned(),
            Ok(0) => break,
            Ok(_) => match rustix::io::read(pipe.as_fd(), &mut part) {
                Ok(0) => break,
                Ok(count) => said.extend_from_slice(&part[..count]),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => break,
            },
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// The program that can be the daemon: this one, or the one that it became small from.
fn large_program() -> io::Result<std::path::PathBuf> {
    let program = own_program()?;
    let is_small = program.file_name().is_some_and(|name| name == SMALL_PROGRAM);
    Ok(if is_small { program.with_file_name(PROGRAM) } else { program })
}

/// The path of this program, also when it was replaced by another version since it started.
pub(crate) fn own_program() -> io::Result<std::path::PathBuf> {
    let program = std::env::current_exe()?;
    match program.to_str().and_then(|path| path.strip_suffix(" (deleted)")) {
        Some(path) => Ok(path.into()),
        None => Ok(program),
    }
}

fn cannot_start(paths: &Paths, why: &str) -> Problem {
    Problem::new(ProblemCode::Unavailable, format!("The daemon cannot be started: {why}."))
        .with_hint(format!("Its log is in {}; `aiia serve` starts it in the foreground.", paths.log_dir().display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is heard of a child that runs `script`, and whether it went on.
    fn heard(script: &str, limit: Duration, longest: Duration) -> String {
        let mut child = Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        let heard = first_word(&mut child, limit, longest);
        let _ = child.kill();
        let _ = child.wait();
        heard
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn the_first_line_that_says_more_counts() {
        assert_eq!(heard("echo ready; exec sleep 60", LONG, LONG), "ready");
        assert_eq!(heard("echo working; echo working; echo ready; exec sleep 60", LONG, LONG), "ready");
        assert_eq!(heard("echo working; echo 'failed {}'", LONG, LONG), "failed {}");
        assert_eq!(heard("echo working", LONG, LONG), "");
        assert_eq!(heard("exit 1", LONG, LONG), "");
    }

    #[test]
    fn who_is_at_work_is_waited_for() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut patience = Patience::new(2 * second, 5 * second, start);
        assert_eq!(patience.left(start + 3 * second), Duration::ZERO);
        for (at, left) in [(1, 2), (2, 2), (3, 2), (4, 1), (5, 0), (6, 0)] {
            patience.renew(start + at * second);
            assert_eq!(patience.left(start + at * second), left * second, "after {at} s");
        }
        assert!(patience.has_seen_work_to_the_end());
        assert_eq!(heard("echo working; echo working; echo ready", LONG, LONG), "ready");
    }

    #[test]
    fn a_daemon_has_ended_when_another_one_runs() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths { data_dir: home.path().join("data"), config_file: home.path().join("config.toml") };
        paths.prepare().unwrap();
        let daemon = |pid| RuntimeFile {
            pid,
            version: "1".to_owned(),
            protocol: aiia_protocol::PROTOCOL_VERSION,
            socket: String::new(),
            http_port: None,
            token: "t".to_owned(),
            started_at: String::new(),
        };
        let _held = Lock::take(&paths.daemon_lock()).unwrap().unwrap();
        runtime_file::write(&paths.runtime_file(), &daemon(2)).unwrap();
        assert!(wait_for_end(&paths, &daemon(1), LONG).is_ok());
        let problem = wait_for_end(&paths, &daemon(2), Duration::from_millis(10)).unwrap_err();
        assert!(problem.detail.contains("goes on"), "{problem}");
    }

    #[test]
    fn no_wait_is_without_a_limit() {
        let short = Duration::from_millis(50);
        assert_eq!(heard("exec sleep 60", short, LONG), "");
        assert_eq!(heard("echo working; exec sleep 60", Duration::from_millis(500), LONG), "");
        assert_eq!(heard("echo working; exec sleep 60", LONG, Duration::from_secs(1)), "working");
    }
}
