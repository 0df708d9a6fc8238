//! One daemon a data directory, whatever happens.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::editor::Editor;
use crate::support::{Home, LIMIT, finish, signal, wait, within_limit};

/// What is left of a killed daemon may hold up the next one no longer than this.
const TAKEOVER: Duration = Duration::from_secs(2);

/// The process that answers, as `doctor` names it.
fn owner(home: &Home) -> String {
    let doctor = home.run(&["doctor", "--json"]).json();
    doctor["checks"][0]["detail"].as_str().unwrap().to_owned()
}

#[test]
fn racing_clients_start_one_daemon() {
    for round in 0..100 {
        let home = Home::new();
        let clients: Vec<_> = (0..4).map(|_| home.spawn(&["doctor", "--json"])).collect();
        let owners: BTreeSet<String> = clients
            .into_iter()
            .map(|client| finish(client, "").json()["checks"][0]["detail"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(owners.len(), 1, "round {round}: {owners:?}");
        assert!(owners.first().unwrap().ends_with(&format!("process {}", home.pid())), "{owners:?}");
    }
}

#[test]
fn of_two_racing_daemons_one_owns_the_data() {
    for round in 0..100 {
        let home = Home::new();
        let daemons = [home.spawn(&["serve"]), home.spawn(&["serve"])];
        let (sender, receiver) = std::sync::mpsc::channel();
        let pids = daemons.map(|daemon| {
            let (pid, sender) = (daemon.id(), sender.clone());
            std::thread::spawn(move || sender.send((pid, finish(daemon, ""))));
            pid
        });
        let (loser, refused) = receiver.recv_timeout(crate::support::LIMIT).unwrap();
        assert!(refused.err.contains("already serves"), "round {round}: {refused:?}");
        let refused = refused.code(3);
        assert_eq!(refused.out, "");
        let winner = pids.into_iter().find(|pid| *pid != loser).unwrap();
        assert_eq!(home.run(&["status", "--json"]).code(0).json()["pid"], winner);
        signal(winner.try_into().unwrap(), Signal::TERM);
        receiver.recv_timeout(crate::support::LIMIT).unwrap().1.code(0);
    }
}

#[test]
fn one_that_opens_its_store_for_long_is_waited_for() {
    let home = Home::new();
    home.start();
    home.run(&["stop"]).code(0);
    let file = fs::File::options().write(true).open(home.data().join("run/daemon.lock")).unwrap();
    file.lock().unwrap();
    (&file).write_all(b"opening").unwrap();
    let client = home.spawn(&["history", "--json"]);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(finish(client, "")));
    // Longer than a daemon waits for one that ends, and a client for one that says nothing.
    let early = receiver.recv_timeout(std::time::Duration::from_secs(12));
    assert!(early.is_err(), "it did not wait: {early:?}");
    drop(file);
    receiver.recv_timeout(crate::support::LIMIT).unwrap().code(0);
    let lock = home.data().join("run/daemon.lock");
    assert_eq!(fs::read_to_string(lock).unwrap(), "", "it is open");
}

#[test]
fn after_a_killed_daemon_the_next_one_starts() {
    let home = Home::new();
    home.start();
    let (mut usual, mut after_kill) = (LIMIT, LIMIT);
    for _ in 0..5 {
        home.run(&["stop"]).code(0);
        home.wait_for_end();
        let begun = Instant::now();
        home.start();
        usual = usual.min(begun.elapsed());
        let (before, token) = (home.pid(), home.runtime()["token"].clone());
        let killed = Instant::now();
        signal(before, Signal::KILL);
        home.wait_for_end();
        assert!(home.runtime_file().exists(), "a killed daemon leaves its traces");
        home.start();
        after_kill = after_kill.min(killed.elapsed());
        assert_ne!(home.pid(), before);
        assert_ne!(home.runtime()["token"], token);
    }
    // The fastest of some, beyond what a start takes there, so that a busy machine is not mistaken for a wait.
    assert!(after_kill < usual + TAKEOVER, "taken over in {after_kill:?}, where a start takes {usual:?}");
}

#[test]
fn what_is_secret_is_closed_whatever_the_umask() {
    let home = Home::new();
    let script = format!("umask 000; exec {} history --json", env!("CARGO_BIN_EXE_aiia"));
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script]).env("AIIA_DATA_DIR", home.data()).env("AIIA_CONFIG", home.path().join("c.toml"));
    assert!(wait(command.stdout(std::process::Stdio::null()).spawn().unwrap()).success());
    let mode = |path: &str| fs::metadata(home.data().join(path)).unwrap().mode() & 0o777;
    assert_eq!((mode("."), mode("run"), mode("logs")), (0o700, 0o700, 0o700));
    assert_eq!((mode("run/daemon.json"), mode("run/daemon.sock")), (0o600, 0o600));
}

#[test]
fn a_signal_ends_the_daemon_with_streams_open() {
    for how in [Signal::TERM, Signal::INT] {
        let home = Home::new();
        let mut editor = Editor::start(&home);
        editor.initialize();
        let mut stream = open_event_stream(&home);
        signal(home.pid(), how);
        home.wait_for_end();
        assert!(!home.runtime_file().exists() && !home.data().join("run/daemon.sock").exists());
        within_limit(move || {
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest);
        });
        let done = editor.wait();
        assert!(done.err.contains("daemon has ended the connection"), "{done:?}");
        done.code(3);
        let again = home.run(&["status"]);
        assert!(again.err.contains("No daemon runs"), "{again:?}");
    }
}

/// An open stream of all changes over HTTP.
fn open_event_stream(home: &Home) -> TcpStream {
    let runtime = home.runtime();
    let port = runtime["http_port"].as_u64().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port as u16)).unwrap();
    let head = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {}\r\nAccept: text/event-stream\r\n\r\n",
        runtime["token"].as_str().unwrap()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut status = String::new();
    BufReader::new(stream.try_clone().unwrap()).read_line(&mut status).unwrap();
    assert!(status.contains("200"), "{status}");
    stream
}

#[test]
fn stop_ends_it_and_says_so() {
    let home = Home::new();
    assert!(home.run(&["stop"]).code(0).err.contains("No daemon runs"));
    home.start();
    let pid = home.pid();
    assert!(home.run(&["stop"]).code(0).err.contains(&pid.to_string()));
    home.wait_for_end();
    assert!(home.run(&["stop"]).code(0).err.contains("No daemon runs"));
}

#[test]
fn without_clients_it_ends_by_itself() {
    let home = Home::new();
    let client = home.command(&["history", "--json"]).env("AIIA_IDLE_EXIT_SECONDS", "1").spawn().unwrap();
    finish(client, "").code(0);
    home.wait_for_end();
    assert!(!home.runtime_file().exists());
}

#[test]
fn an_older_daemon_makes_room_and_a_newer_one_is_used() {
    let home = Home::new();
    home.start();
    let old = home.pid();
    home.forge("version", "0.0.1".into());
    assert!(home.run(&["status"]).err.contains("older version 0.0.1"));
    home.start();
    let new = home.pid();
    assert_ne!(new, old);
    home.forge("version", "999.0.0".into());
    assert!(owner(&home).contains("999.0.0"));
    assert_eq!(home.pid(), new);
}

#[test]
fn a_deep_data_directory_works() {
    let home = Home::new();
    let deep = home.path().join("d".repeat(120));
    let command = |verb: &str| {
        let child = home.command(&[verb]).env("AIIA_DATA_DIR", &deep).env("TMPDIR", home.path()).spawn().unwrap();
        finish(child, "").code(0)
    };
    command("history");
    command("stop");
}

#[test]
fn an_unusable_data_directory_is_said() {
    let home = Home::new();
    let file = home.file("in_the_way", "");
    let child = home.command(&["history"]).env("AIIA_DATA_DIR", file.join("data")).spawn().unwrap();
    let done = finish(child, "");
    assert!(done.err.contains("in_the_way") && done.err.contains("hint: Set AIIA_DATA_DIR"), "{done:?}");
    done.code(1);
}
