//! `aiia lsp`: connects an editor's standard input and output to the daemon and copies bytes both ways.
//!
//! One of these runs for each editor, so it is small: two plain threads with small buffers, no runtime, and a program of its
//! own beside the large one, whose pages would stay in memory.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use aiia_protocol::handshake::Purpose;

use crate::SMALL_PROGRAM;
use crate::exit::{self, Failure};
use crate::lifecycle::{self, own_program};
use crate::paths::Paths;

use self::exit_watch::Goodbye;

mod exit_watch;

const BUFFER: usize = 16 * 1024;
/// How long the daemon may take to close the connection after `exit`.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// Replaces this process by the small program, where it lies beside this one. Returns when it does not.
pub fn become_small() {
    use std::os::unix::process::CommandExt;
    if let Ok(program) = own_program()
        && let small = program.with_file_name(SMALL_PROGRAM)
        && small.is_file()
    {
        // Only a failure returns, and then this process does the work itself.
        let _ = std::process::Command::new(small).exec();
    }
}

/// Says on standard error why something did not work and what to do.
pub fn report(failure: &Failure) {
    let problem = &failure.problem;
    let hint = problem.hint.iter().map(|hint| format!("hint: {hint}\n"));
    let text = format!("error: {}\n{}", problem.detail, hint.collect::<String>());
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Serves the editor until it says `exit`, closes its end, or the daemon ends. Gives the exit code: 0 after `shutdown`
/// and `exit`, 1 without `shutdown`.
pub fn run() -> Result<u8, Failure> {
    let paths = Paths::from_environment()?;
    let connection = lifecycle::attach(&paths, Purpose::Lsp)?;
    let (input, mut output) =
        standard_streams().map_err(|error| Failure::local(format!("The editor's streams: {error}.")))?;
    let mut from_daemon = connection.stream;
    let to_daemon =
        from_daemon.try_clone().map_err(|error| Failure::local(format!("The daemon's socket: {error}.")))?;

    let said = Arc::new(Said::default());
    std::thread::Builder::new()
        .name("editor".to_owned())
        .stack_size(64 * 1024)
        .spawn({
            let said = Arc::clone(&said);
            move || forward_editor(input, to_daemon, &said)
        })
        .map_err(|error| Failure::local(format!("No thread could be started: {error}.")))?;

    if output.write_all(&connection.early).is_err() {
        return Ok(said.exit_code());
    }
    drop(connection.runtime);
    let mut buffer = vec![0; BUFFER].into_boxed_slice();
    loop {
        match from_daemon.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                if output.write_all(&buffer[..count]).is_err() {
                    return Ok(said.exit_code());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    if said.input_ended() {
        return Ok(said.exit_code());
    }
    Err(Failure::new(
        exit::NO_DAEMON,
        "The daemon has ended the connection.",
        "Restart the language server in the editor.",
    ))
}

/// Copies what the editor says, and ends the process when the daemon does not close after the editor's goodbye.
fn forward_editor(mut input: File, mut to_daemon: UnixStream, said: &Said) {
    let mut goodbye = Goodbye::default();
    let mut buffer = vec![0; BUFFER].into_boxed_slice();
    loop {
        let count = match input.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        goodbye.watch(&buffer[..count]);
        said.note(&goodbye, count == 0);
        let lost = to_daemon.write_all(&buffer[..count]).is_err();
        if count == 0 {
            let _ = to_daemon.shutdown(Shutdown::Write);
        }
        if lost || said.input_ended() {
            break;
        }
    }
    std::thread::sleep(CLOSE_LIMIT);
    std::process::exit(i32::from(said.exit_code()));
}

/// What the editor has said about its end, shared by the two threads.
#[derive(Default)]
struct Said(AtomicU8);

impl Said {
    const SHUTDOWN: u8 = 1;
    const ENDED: u8 = 2;

    fn note(&self, goodbye: &Goodbye, end_of_input: bool) {
        let shutdown = if goodbye.shutdown { Self::SHUTDOWN } else { 0 };
        let ended = if goodbye.exit || end_of_input { Self::ENDED } else { 0 };
        self.0.fetch_or(shutdown | ended, Ordering::SeqCst);
    }

    fn input_ended(&self) -> bool {
        self.0.load(Ordering::SeqCst) & Self::ENDED != 0
    }

    fn exit_code(&self) -> u8 {
        if self.0.load(Ordering::SeqCst) & Self::SHUTDOWN == 0 { exit::FAILED } else { exit::OK }
    }
}

/// The standard streams without the buffers and locks of the standard library.
fn standard_streams() -> io::Result<(File, File)> {
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    Ok((File::from(input), File::from(output)))
}
