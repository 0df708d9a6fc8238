//! The daemon at work: takes connections on its socket, checks who is there, and ends in good order.

use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aiia_engine::Engine;
use aiia_engine::hash::hexadecimal;
use aiia_protocol::handshake::{ClientHello, Purpose, RuntimeFile, ServerHello, negotiate};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::{PROTOCOL_VERSION, PROTOCOL_VERSION_MIN};
use rustix::process::Signal;
use subtle::ConstantTimeEq;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::connect::MAX_HELLO;
use crate::paths::Paths;
use crate::{VERSION, runtime_file};

/// How long a client may take to say hello.
const HELLO_LIMIT: Duration = Duration::from_secs(5);
/// How many connections there may be at a time.
const MAX_CONNECTIONS: usize = 256;
/// What connections get to end by themselves after the engine has ended.
const CLOSE_LIMIT: Duration = Duration::from_millis(200);
/// When the process ends at the latest after it was asked to, whatever still goes on.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(1900);

/// A daemon whose socket listens and whose runtime file is written.
pub(crate) struct Daemon {
    shared: Arc<Shared>,
    socket: UnixListener,
    http: Option<TcpListener>,
    runtime_file: PathBuf,
    socket_path: PathBuf,
}

/// What connections need.
struct Shared {
    engine: Engine,
    token: String,
    shutdown: CancellationToken,
    /// How many connections there are, from the moment that they are accepted.
    connections: watch::Sender<usize>,
}

impl Daemon {
    /// Listens and tells how to be found. The caller holds the daemon's lock, so what is in the way is of a dead daemon.
    pub(crate) fn start(paths: &Paths, engine: Engine, http: Option<TcpListener>) -> Result<Self, Problem> {
        let failed = |what: &str, error: &dyn std::fmt::Display| {
            Problem::new(ProblemCode::Unavailable, format!("{what}: {error}."))
                .with_hint(format!("Look at {}, or set another AIIA_DATA_DIR.", paths.run_dir().display()))
        };
        let runtime_file = paths.runtime_file();
        let socket_path = paths.socket();
        for old in [&runtime_file, &socket_path] {
            match fs::remove_file(old) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed(&format!("{} is in the way", old.display()), &error));
                }
                _ => {}
            }
        }
        let socket = UnixListener::bind(&socket_path)
            .map_err(|error| failed(&format!("The socket {} cannot be made", socket_path.display()), &error))?;
        let _ = fs::set_permissions(&socket_path, Permissions::from_mode(0o600));
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| failed("The system gives no random numbers", &error))?;
        let token = hexadecimal(&secret);
        let content = RuntimeFile {
            pid: std::process::id(),
            version: VERSION.to_owned(),
            protocol: PROTOCOL_VERSION,
            socket: socket_path.display().to_string(),
            http_port: http.as_ref().and_then(|listener| listener.local_addr().ok()).map(|address| address.port()),
            token: token.clone(),
            started_at: jiff::Timestamp::now().to_string(),
        };
        runtime_file::write(&runtime_file, &content)
            .map_err(|error| failed(&format!("{} cannot be written", runtime_file.display()), &error))?;
        tracing::info!(pid = content.pid, version = VERSION, http_port = content.http_port, "started");
        // Whoever is told that the daemon is ready may ask at once where HTTP is served.
        engine.set_http_address(http.as_ref().and_then(|listener| listener.local_addr().ok()));
        let shared = Shared { engine, token, shutdown: CancellationToken::new(), connections: watch::Sender::new(0) };
        Ok(Self { shared: Arc::new(shared), socket, http, runtime_file, socket_path })
    }

    /// The secret that clients show.
    pub(crate) fn token(&self) -> &str {
        &self.shared.token
    }

    /// Where HTTP is served.
    pub(crate) fn http_address(&self) -> Option<SocketAddr> {
        self.http.as_ref()?.local_addr().ok()
    }

    /// Serves until a signal, a client's request, or `idle` without a client and a run; then ends in order, within 2 s.
    pub(crate) async fn run(self, idle: Option<Duration>) {
        let Self { shared, socket, http, runtime_file, socket_path } = self;
        tokio::spawn(cancel_on_signal(shared.shutdown.clone()));
        let engine = shared.engine.clone();
        tokio::spawn(async move { engine.keep_backups().await });
        if let Some(limit) = idle {
            tokio::spawn(cancel_when_idle(Arc::clone(&shared), limit));
        }
        if let Some(listener) = http {
            tokio::spawn(serve_http(Arc::clone(&shared), listener));
        }
        let mut connections = JoinSet::new();
        accept(&shared, &socket, &mut connections).await;

        end_at_the_latest_after(SHUTDOWN_LIMIT);
        // First of all, so that the next client starts a daemon in place of knocking here.
        let _ = fs::remove_file(runtime_file);
        let _ = fs::remove_file(socket_path);
        drop(socket);
        shared.engine.shutdown().await;
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = timeout(CLOSE_LIMIT, all).await;
        tracing::info!("ended");
    }
}

async fn accept(shared: &Arc<Shared>, socket: &UnixListener, connections: &mut JoinSet<()>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let own_uid = rustix::process::geteuid().as_raw();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = shared.shutdown.cancelled() => return,
            accepted = socket.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Such as: no file descriptors left. They come back when a connection ends.
                tracing::error!(%error, "a connection was lost");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        match stream.peer_cred() {
            Ok(peer) if peer.uid() == own_uid => {}
            peer => {
                tracing::warn!(uid = peer.ok().map(|peer| peer.uid()), "refused a connection of another user");
                continue;
            }
        }
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!(MAX_CONNECTIONS, "refused a connection, there are too many");
            let problem =
                Problem::new(ProblemCode::RateLimited, format!("There are {MAX_CONNECTIONS} connections already."));
            connections.spawn(refuse(stream, problem.with_hint("Close editors that are not needed.")));
            continue;
        };
        let shared = Arc::clone(shared);
        shared.connections.send_modify(|count| *count += 1);
        connections.spawn(async move {
            serve_connection(&shared, stream).await;
            shared.connections.send_modify(|count| *count -= 1);
            drop(place);
        });
    }
}

async fn refuse(mut stream: UnixStream, problem: Problem) {
    let _ = timeout(HELLO_LIMIT, answer(&mut stream, &ServerHello::Refused(problem))).await;
}

async fn answer(stream: &mut (impl AsyncWriteExt + Unpin), hello: &ServerHello) -> io::Result<()> {
    let mut line = serde_json::to_vec(hello)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.flush().await
}

async fn serve_connection(shared: &Shared, stream: UnixStream) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::with_capacity(8 * 1024, reader);
    let mut line = Vec::new();
    let mut limited = (&mut reader).take(MAX_HELLO as u64);
    match timeout(HELLO_LIMIT, limited.read_until(b'\n', &mut line)).await {
        Ok(Ok(count)) if count > 0 => {}
        // Nobody spoke: a client that only looked whether the daemon is there.
        _ => return,
    }
    let hello = match check_hello(&line, &shared.token) {
        Ok(hello) => hello,
        Err(problem) => {
            tracing::warn!(code = ?problem.code, "refused a connection");
            let _ = timeout(HELLO_LIMIT, answer(&mut writer, &ServerHello::Refused(problem))).await;
            return;
        }
    };
    let welcome = ServerHello::Welcome { protocol: hello.1, version: VERSION.to_owned(), pid: std::process::id() };
    if !matches!(timeout(HELLO_LIMIT, answer(&mut writer, &welcome)).await, Ok(Ok(()))) {
        return;
    }
    match hello.0.purpose {
        Purpose::Drain => {
            tracing::info!(client = hello.0.version, "asked to end");
            shared.shutdown.cancel();
        }
        purpose => {
            let shutdown = shared.engine.shutdown_token();
            let exit = aiia_lsp::serve(shared.engine.clone(), reader, writer, purpose, shutdown).await;
            tracing::info!(?purpose, ?exit, "a connection ended");
        }
    }
}

/// The client's hello with the protocol version of the connection.
fn check_hello(line: &[u8], token: &str) -> Result<(ClientHello, u32), Problem> {
    let hello: ClientHello = serde_json::from_slice(line).map_err(|error| {
        Problem::new(ProblemCode::InvalidParams, format!("The first line is not a hello: {error}."))
            .with_hint("Use the `aiia` program, or see PROTOCOL.md.")
    })?;
    if !bool::from(hello.token.as_bytes().ct_eq(token.as_bytes())) {
        return Err(Problem::new(
            ProblemCode::Unauthorized,
            "The token of the hello is not the one of the runtime file.",
        )
        .with_hint("Read the runtime file again; every start of the daemon makes a new token."));
    }
    // Whatever a client speaks, it may ask the daemon to make room.
    if hello.purpose == Purpose::Drain {
        return Ok((hello, PROTOCOL_VERSION));
    }
    let ours = (PROTOCOL_VERSION_MIN, PROTOCOL_VERSION);
    let protocol = negotiate((hello.protocol_min, hello.protocol_max), ours)?;
    Ok((hello, protocol))
}

async fn serve_http(shared: Arc<Shared>, listener: TcpListener) {
    let shutdown = shared.engine.shutdown_token();
    if let Err(error) = aiia_http::serve(shared.engine.clone(), listener, &shared.token, shutdown).await {
        tracing::error!(%error, "HTTP is not served any more");
        shared.engine.set_http_address(None);
    }
}

/// Lets a write that may not be made, because its file is as large as files may be, be an error like any other: of itself the
/// signal ends the process.
pub(crate) fn survive_large_files() {
    if let Err(error) = signal(SignalKind::from_raw(Signal::XFSZ.as_raw())) {
        tracing::info!(%error, "a file that may not grow ends the daemon");
    }
}

/// Cancels `token` when the process is told to end.
pub(crate) async fn cancel_on_signal(token: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hang_up)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()))
    else {
        tracing::error!("signals cannot be received");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
    token.cancel();
}

/// Ends the daemon after `limit` without a connection, a session, a run and a pull.
async fn cancel_when_idle(shared: Arc<Shared>, limit: Duration) {
    let (mut activity, mut connections) = (shared.engine.activity(), shared.connections.subscribe());
    loop {
        let busy = {
            let now = activity.borrow_and_update();
            now.sessions > 0 || now.active_runs > 0 || now.pulls > 0 || *connections.borrow_and_update() > 0
        };
        let idle_for = if busy { Duration::MAX } else { limit };
        tokio::select! {
            changed = activity.changed() => if changed.is_err() { return },
            changed = connections.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(idle_for) => {
                tracing::info!(seconds = limit.as_secs(), "nobody needs the daemon");
                shared.shutdown.cancel();
                return;
            }
        }
    }
}

/// Ends the process after `limit` from outside the runtime, in case that something in it does not yield.
fn end_at_the_latest_after(limit: Duration) {
    let _ = std::thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
        std::thread::sleep(limit);
        tracing::warn!("something did not end in time");
        std::process::exit(0);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(purpose: Purpose, protocol: (u32, u32), token: &str) -> Vec<u8> {
        let hello = ClientHello {
            purpose,
            version: "9.9.9".to_owned(),
            protocol_min: protocol.0,
            protocol_max: protocol.1,
            token: token.to_owned(),
        };
        serde_json::to_vec(&hello).unwrap()
    }

    fn check(line: &[u8], expected: Result<u32, ProblemCode>) {
        let found = check_hello(line, "secret").map(|hello| hello.1).map_err(|problem| problem.code);
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(line));
    }

    #[test]
    fn a_hello_needs_the_token_and_a_common_protocol() {
        check(&hello(Purpose::Lsp, (1, 1), "secret"), Ok(1));
        check(&hello(Purpose::Cli, (1, 99), "secret"), Ok(PROTOCOL_VERSION));
        for wrong in ["", "secre", "secret1", "Secret"] {
            check(&hello(Purpose::Lsp, (1, 1), wrong), Err(ProblemCode::Unauthorized));
            check(&hello(Purpose::Drain, (1, 1), wrong), Err(ProblemCode::Unauthorized));
        }
        check(&hello(Purpose::Lsp, (98, 99), "secret"), Err(ProblemCode::ProtocolMismatch));
        check(&hello(Purpose::Drain, (98, 99), "secret"), Ok(PROTOCOL_VERSION));
        for nonsense in ["", "{}", "GET / HTTP/1.1\r\n", "Content-Length: 5\r\n"] {
            check(nonsense.as_bytes(), Err(ProblemCode::InvalidParams));
        }
    }
}
