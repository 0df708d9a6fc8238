//! The client's side of the handshake: finding the daemon, making sure that it is ours, saying hello.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use aiia_protocol::handshake::{ClientHello, Purpose, RuntimeFile, ServerHello};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::{PROTOCOL_VERSION, PROTOCOL_VERSION_MIN};

use crate::paths::{Paths, require_private};
use crate::{VERSION, runtime_file};

/// How long the daemon may take to answer the hello.
const HELLO_LIMIT: Duration = Duration::from_secs(5);
/// The longest line of the handshake, in bytes.
pub const MAX_HELLO: usize = 16 * 1024;

/// A connection to the daemon after the handshake.
#[derive(Debug)]
pub struct Connection {
    /// The socket.
    pub stream: UnixStream,
    /// What the daemon already said after its hello.
    pub early: Vec<u8>,
    /// What the runtime file said.
    pub runtime: RuntimeFile,
}

/// What came of an attempt to connect.
#[derive(Debug)]
pub enum Attempt {
    /// The daemon welcomed us.
    Connected(Connection),
    /// No daemon runs, or it is ending.
    Absent,
    /// The daemon is of an older version than this program, and has to make room.
    Older(RuntimeFile),
}

/// Tries to connect to a running daemon.
///
/// # Errors
/// When there is something in the daemon's place that cannot be trusted, does not answer, or refuses.
pub fn connect(paths: &Paths, purpose: Purpose) -> Result<Attempt, Problem> {
    let Some(runtime) = runtime_file::read(&paths.runtime_file())? else { return Ok(Attempt::Absent) };
    let socket = Path::new(&runtime.socket);
    // Whoever can write to the socket's directory could pose as the daemon and would be shown the token.
    match socket.parent() {
        Some(directory) if directory.exists() => require_private(directory)?,
        _ => return Ok(Attempt::Absent),
    }
    let Ok(stream) = UnixStream::connect(socket) else { return Ok(Attempt::Absent) };
    if purpose != Purpose::Drain && is_older(&runtime.version, VERSION) {
        return Ok(Attempt::Older(runtime));
    }
    hello(stream, runtime, purpose)
}

fn hello(mut stream: UnixStream, runtime: RuntimeFile, purpose: Purpose) -> Result<Attempt, Problem> {
    let hello = ClientHello {
        purpose,
        version: VERSION.to_owned(),
        protocol_min: PROTOCOL_VERSION_MIN,
        protocol_max: PROTOCOL_VERSION,
        token: runtime.token.clone(),
    };
    let mut line = serde_json::to_vec(&hello).unwrap_or_default();
    line.push(b'\n');
    let silent = || {
        Problem::new(ProblemCode::Unavailable, format!("The daemon (process {}) does not answer.", runtime.pid))
            .with_hint(format!("End it with `kill {}`; the next command starts a new one.", runtime.pid))
    };
    let limits = stream.set_read_timeout(Some(HELLO_LIMIT)).and_then(|()| stream.set_write_timeout(Some(HELLO_LIMIT)));
    if limits.and_then(|()| stream.write_all(&line)).is_err() {
        return Ok(Attempt::Absent);
    }
    let mut answer = Vec::with_capacity(512);
    let end = loop {
        let mut part = [0; 512];
        match stream.read(&mut part) {
            // It is ending: it takes no new connections any more.
            Ok(0) => return Ok(Attempt::Absent),
            Ok(count) => answer.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Err(silent()),
            Err(_) => return Ok(Attempt::Absent),
        }
        if let Some(end) = answer.iter().position(|byte| *byte == b'\n') {
            break end;
        }
        if answer.len() > MAX_HELLO {
            return Err(silent());
        }
    };
    let _ = stream.set_read_timeout(None).and_then(|()| stream.set_write_timeout(None));
    match serde_json::from_slice(&answer[..end]) {
        Ok(ServerHello::Welcome { .. }) => {
            Ok(Attempt::Connected(Connection { stream, early: answer.split_off(end + 1), runtime }))
        }
        Ok(ServerHello::Refused(problem)) => Err(problem),
        Err(_) => Err(silent()),
    }
}

/// Whether version `daemon` is before version `own`. What is not of the form `1.2.3` is no older than anything.
fn is_older(daemon: &str, own: &str) -> bool {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let release = version.split(['-', '+']).next().unwrap_or_default();
        release.split('.').map(|part| part.parse().ok()).collect()
    };
    matches!((numbers(daemon), numbers(own)), (Some(daemon), Some(own)) if daemon < own)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0.1.0", "0.1.0", false)]
    #[case("0.1.0", "0.2.0", true)]
    #[case("0.9.0", "0.10.0", true)]
    #[case("1.0.0", "0.10.0", false)]
    #[case("0.1.0-dev", "0.1.1", true)]
    #[case("unknown", "0.1.0", false)]
    fn versions_compare_by_number(#[case] daemon: &str, #[case] own: &str, #[case] expected: bool) {
        assert_eq!(is_older(daemon, own), expected);
    }
}
