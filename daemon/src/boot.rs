//! The composition root: opens the engine and puts the adapters on it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use aiia_engine::config::{Config, Flag};
use aiia_engine::{Engine, EngineOptions};
use aiia_protocol::handshake::Purpose;
use aiia_protocol::problem::{Problem, ProblemCode};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::connect::{Attempt, connect};
use crate::daemon::{self, Daemon};
use crate::exit::{self, Failure};
use crate::lifecycle::{FAILED, OPEN_LIMIT, OPENING, READY};
use crate::lock::Lock;
use crate::paths::Paths;
use crate::working::Working;
use crate::{VERSION, log};

/// How long a starting daemon waits for the one before it, which has 2 s to end.
const TAKEOVER_LIMIT: Duration = Duration::from_secs(4);
/// How often it looks meanwhile whether somebody else has become the daemon.
const TAKEOVER_STEP: Duration = Duration::from_millis(20);
/// Files and connections that may be open: an answer that streams takes two.
const OPEN_FILES: u64 = 8192;
/// What is left to tasks that compute when everything else has ended.
const RUNTIME_LIMIT: Duration = Duration::from_millis(100);

/// What `aiia serve` can be told.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServeOptions {
    /// The loopback address for HTTP; 127.0.0.1 where absent.
    pub(crate) bind: Option<String>,
    /// The port for HTTP; that of the configuration, or any free one, where absent.
    pub(crate) port: Option<u16>,
    /// Values of the configuration, `key=value`.
    pub(crate) set: Vec<String>,
}

impl ServeOptions {
    /// What they set of the configuration.
    fn flags(&self) -> Result<Vec<Flag>, Failure> {
        let mut flags = Vec::new();
        for set in &self.set {
            let (key, value) = set.split_once('=').ok_or_else(|| {
                Failure::usage(format!("`--set {set}` has no value."), "Write it like --set timeouts.idle=90.")
            })?;
            flags.push(Flag::new("--set", key.trim(), value.trim())?);
        }
        if let Some(port) = self.port.filter(|port| *port != 0) {
            flags.push(Flag::new("--port", "daemon.http_port", &port.to_string())?);
        }
        Ok(flags)
    }
}

/// `aiia serve`: the daemon in the foreground.
pub(crate) fn serve_in_foreground(options: &ServeOptions) -> Result<u8, Failure> {
    let bind = loopback(options.bind.as_deref())?;
    let flags = options.flags()?;
    let paths = Paths::from_environment()?;
    let Some(lock) = own(&paths)? else { return Err(already_runs(&paths).into()) };
    let announce = |daemon: &Daemon| {
        let mut to = io::stderr().lock();
        let _ = match daemon.http_address() {
            Some(address) => writeln!(to, "aiia {VERSION} serves http://{address} (`aiia open` shows the page)"),
            None => writeln!(to, "aiia {VERSION} serves {}", paths.socket().display()),
        };
    };
    let listen = Listen { bind, port: options.port };
    run_daemon(&paths, lock, listen, flags, IdleExit::Never, announce)?;
    Ok(exit::OK)
}

/// `aiia daemon`: what a client starts in the background. It tells on its standard output, with one line, when it is
/// ready or why it cannot be, and then closes it.
pub(crate) fn serve_in_background() -> Result<u8, Failure> {
    // A session of its own: neither Ctrl-C in the terminal of the client nor its end reach the daemon.
    let _ = rustix::process::setsid();
    let result = background();
    match &result {
        Ok(()) => Ok(exit::OK),
        Err(problem) => {
            say(&format!("{FAILED}{}", serde_json::to_string(problem).unwrap_or_default()));
            Err(problem.clone().into())
        }
    }
}

fn background() -> Result<(), Problem> {
    let paths = Paths::from_environment()?;
    let working = Working::begin();
    let Some(lock) = own(&paths)? else {
        drop(working);
        say(READY);
        return Ok(());
    };
    // Otherwise it would keep a mounted volume busy for ever.
    let _ = std::env::set_current_dir(&paths.data_dir);
    let seconds = std::env::var("AIIA_IDLE_EXIT_SECONDS").ok().and_then(|text| text.parse().ok());
    let idle = seconds.map_or(IdleExit::Configured, |seconds| IdleExit::After(Duration::from_secs(seconds)));
    let listen = Listen { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), port: None };
    let announce = move |_: &Daemon| {
        drop(working);
        say(READY);
    };
    run_daemon(&paths, lock, listen, Vec::new(), idle, announce)
}

/// Says a line to the client that started this process, and hangs up.
fn say(line: &str) {
    let mut to = io::stdout();
    let _ = writeln!(to, "{line}");
    let _ = to.flush();
    if let Ok(nowhere) = File::options().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(nowhere.as_fd());
    }
}

/// Becomes the owner of the data directory; nothing when a daemon is at work there. One that opens its store is waited for.
fn own(paths: &Paths) -> Result<Option<Lock>, Problem> {
    paths.prepare()?;
    let path = paths.daemon_lock();
    let failed = |error: io::Error| {
        Problem::new(ProblemCode::StoreUnavailable, format!("The lock {} cannot be used: {error}.", path.display()))
            .with_hint("Set AIIA_DATA_DIR to a directory on a local file system.")
    };
    let end = Instant::now() + OPEN_LIMIT;
    let mut deadline = Instant::now() + TAKEOVER_LIMIT;
    while Instant::now() < deadline.min(end) {
        if let Some(lock) = Lock::take(&path).map_err(failed)? {
            return Ok(Some(lock));
        }
        if Lock::noted(&path) == OPENING {
            deadline = Instant::now() + TAKEOVER_LIMIT;
        }
        // An older one is not waited for here: the client that wants this one asks it to end.
        if let Ok(Attempt::Connected(_) | Attempt::Older(_)) = connect(paths, Purpose::Cli) {
            return Ok(None);
        }
        std::thread::sleep(TAKEOVER_STEP);
    }
    Err(Problem::new(
        ProblemCode::Unavailable,
        format!("Another process holds {} and does not answer.", path.display()),
    )
    .with_hint(format!("`fuser {}` names it; end it and try again.", path.display())))
}

fn already_runs(paths: &Paths) -> Problem {
    Problem::new(ProblemCode::Unavailable, format!("A daemon already serves {}.", paths.data_dir.display()))
        .with_hint("`aiia status` shows it, `aiia stop` ends it; another AIIA_DATA_DIR gives an independent one.")
}

/// When a daemon that nobody needs exits by itself.
#[derive(Clone, Copy, Debug)]
enum IdleExit {
    /// It does not.
    Never,
    /// After so long.
    After(Duration),
    /// After as long as the configuration says.
    Configured,
}

/// Where HTTP is to be served.
struct Listen {
    bind: IpAddr,
    /// The port that was asked for on the command line.
    port: Option<u16>,
}

fn run_daemon(
    paths: &Paths,
    lock: Lock,
    listen: Listen,
    flags: Vec<Flag>,
    idle: IdleExit,
    announce: impl FnOnce(&Daemon),
) -> Result<(), Problem> {
    let _log = log::start(&paths.log_dir());
    allow_open_files();
    let runtime = runtime()?;
    note(&lock, OPENING);
    let result = runtime.block_on(async {
        daemon::survive_large_files();
        let options = EngineOptions { flags, ..engine_options(paths) };
        let config = Config::load(&options.config_file, &options.environment, &options.flags);
        let settings = config.settings.daemon;
        let idle = match idle {
            IdleExit::Never => None,
            IdleExit::After(limit) => Some(limit),
            IdleExit::Configured => Some(Duration::from_secs(settings.idle_minutes.saturating_mul(60))),
        };
        let engine = Engine::open(options)?;
        let listener = http_listener(&listen, settings.http_port, &paths.last_port_file()).await?;
        let daemon = Daemon::start(paths, engine, listener)?;
        log::mask_also(daemon.token());
        note(&lock, "");
        announce(&daemon);
        daemon.run(idle).await;
        Ok(())
    });
    runtime.shutdown_timeout(RUNTIME_LIMIT);
    drop(lock);
    result
}

/// Tells those who wait for the lock what its holder does.
fn note(lock: &Lock, word: &str) {
    if let Err(error) = lock.note(word) {
        tracing::info!(%error, "nothing could be noted in the lock");
    }
}

/// Raises the number of files and connections that this process may have open: systems begin with as few as 256.
fn allow_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
    if limit.current.is_some_and(|now| now < wanted)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum })
    {
        tracing::info!(%error, "the number of open files could not be raised");
    }
}

/// A port that was asked for on the command line must be had; without the one of the configuration the daemon still
/// serves editors and terminals. Where any port will do, it is that of the last time if it is free: to a browser another port is
/// another place, without what it has kept there.
async fn http_listener(
    listen: &Listen,
    configured: Option<u16>,
    last_port: &Path,
) -> Result<Option<TcpListener>, Problem> {
    let asked = listen.port;
    let Some(port) = asked.or(configured) else {
        return Ok(any_listener(listen.bind, last_port).await);
    };
    let address = SocketAddr::new(listen.bind, port);
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if asked.is_some() => {
            Err(Problem::new(ProblemCode::Unavailable, format!("HTTP cannot be served on {address}: {error}."))
                .with_hint("Choose another port with --port, or leave it out for any free one."))
        }
        Err(error) => {
            tracing::error!(%address, %error, "HTTP is not served");
            Ok(None)
        }
    }
}

async fn any_listener(bind: IpAddr, last_port: &Path) -> Option<TcpListener> {
    let last = fs::read_to_string(last_port).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    let bound = match TcpListener::bind(SocketAddr::new(bind, last)).await {
        Err(_) if last != 0 => TcpListener::bind(SocketAddr::new(bind, 0)).await,
        bound => bound,
    };
    match bound.and_then(|listener| Ok((listener.local_addr()?.port(), listener))) {
        Ok((port, listener)) => {
            if let Err(error) = fs::write(last_port, port.to_string()) {
                tracing::info!(%error, "the port is not kept for the next time");
            }
            Some(listener)
        }
        Err(error) => {
            tracing::error!(%error, "HTTP is not served");
            None
        }
    }
}

/// `aiia lsp --standalone`: serves one editor in this process, for sandboxes where no daemon may be started.
pub(crate) fn serve_standalone() -> Result<u8, Failure> {
    let paths = Paths::from_environment()?;
    let Some(lock) = own(&paths)? else {
        let mut problem = already_runs(&paths);
        problem.hint = Some(
            "Use `aiia lsp` without --standalone, end the daemon with `aiia stop`, or set another AIIA_DATA_DIR."
                .to_owned(),
        );
        return Err(problem.into());
    };
    let _log = log::start(&paths.log_dir());
    let runtime = runtime()?;
    let exit = runtime.block_on(async {
        let engine = Engine::open(engine_options(&paths))?;
        let shutdown = CancellationToken::new();
        tokio::spawn(daemon::cancel_on_signal(shutdown.clone()));
        let exit =
            aiia_lsp::serve(engine.clone(), tokio::io::stdin(), tokio::io::stdout(), Purpose::Lsp, shutdown).await;
        engine.shutdown().await;
        Ok::<_, Problem>(exit)
    });
    // The thread that reads the standard input may wait for a line that never comes.
    runtime.shutdown_timeout(RUNTIME_LIMIT);
    drop(lock);
    Ok(if exit? == aiia_lsp::Exit::Clean { exit::OK } else { exit::FAILED })
}

fn engine_options(paths: &Paths) -> EngineOptions {
    // What is not Unicode cannot be a setting of ours.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    EngineOptions {
        data_dir: paths.data_dir.clone(),
        config_file: paths.config_file.clone(),
        environment,
        flags: Vec::new(),
        version: VERSION.to_owned(),
    }
}

/// Two workers are plenty for text; what computes goes to threads that end when they have nothing to do.
fn runtime() -> Result<Runtime, Problem> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .thread_keep_alive(Duration::from_secs(5))
        .thread_name("aiia")
        .enable_all()
        .build()
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("No threads could be started: {error}.")))
}

/// The address to bind to: it must be on the loopback interface, in plain notation.
fn loopback(bind: Option<&str>) -> Result<IpAddr, Failure> {
    let address = match bind {
        None | Some("localhost") => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        Some(text) => text.trim_matches(['[', ']']).parse().ok(),
    };
    address.filter(IpAddr::is_loopback).ok_or_else(|| {
        Failure::usage(
            format!("“{}” is not a loopback address; aiia serves this machine alone.", bind.unwrap_or_default()),
            "Use --bind 127.0.0.1 or --bind ::1; to reach it from elsewhere, forward the port with ssh.",
        )
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, Some("127.0.0.1"))]
    #[case(Some("localhost"), Some("127.0.0.1"))]
    #[case(Some("127.0.0.2"), Some("127.0.0.2"))]
    #[case(Some("::1"), Some("::1"))]
    #[case(Some("[::1]"), Some("::1"))]
    #[case(Some("0.0.0.0"), None)]
    #[case(Some("::"), None)]
    #[case(Some("0"), None)]
    #[case(Some("0x0"), None)]
    #[case(Some("::ffff:0.0.0.0"), None)]
    #[case(Some("::ffff:127.0.0.1"), None)]
    #[case(Some(""), None)]
    #[case(Some("192.168.1.2"), None)]
    #[case(Some("evil.example"), None)]
    fn only_the_loopback_interface(#[case] bind: Option<&str>, #[case] expected: Option<&str>) {
        assert_eq!(loopback(bind).ok().map(|address| address.to_string()).as_deref(), expected);
    }

    async fn port(last_port: &Path) -> (u16, TcpListener) {
        let listen = Listen { bind: Ipv4Addr::LOCALHOST.into(), port: None };
        let listener = http_listener(&listen, None, last_port).await.unwrap().unwrap();
        (listener.local_addr().unwrap().port(), listener)
    }

    #[tokio::test]
    async fn any_port_is_the_one_of_the_last_time_if_it_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("http.port");
        let (first, held) = port(&file).await;
        let (other, _other) = port(&file).await;
        assert_ne!(first, other, "it was taken");
        drop(held);
        fs::write(&file, first.to_string()).unwrap();
        assert_eq!(port(&file).await.0, first);
        fs::write(&file, "no number").unwrap();
        assert_ne!(port(&file).await.0, 0);
    }
}
