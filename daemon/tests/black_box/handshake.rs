//! The first line each way on the socket, and what clients trust.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};

use crate::support::{Home, within_limit};

/// What the daemon answers to a first line; nothing when it just closes.
fn answer(home: &Home, line: &str) -> Option<Value> {
    let mut stream = UnixStream::connect(home.runtime()["socket"].as_str().unwrap()).unwrap();
    stream.write_all(line.as_bytes()).unwrap();
    within_limit(move || {
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap_or_default();
        serde_json::from_str(&answer).ok()
    })
}

#[test]
fn only_a_proper_hello_is_welcome() {
    let home = Home::new();
    home.start();
    let token = home.runtime()["token"].clone();
    let hello = |min: u32, max: u32, token: &Value| {
        let hello =
            json!({"purpose": "cli", "version": "9.9.9", "protocol_min": min, "protocol_max": max, "token": token});
        format!("{hello}\n")
    };
    let refusal = |line: &str| answer(&home, line).unwrap()["refused"]["code"].clone();
    assert_eq!(answer(&home, &hello(1, 1, &token)).unwrap()["welcome"]["pid"], home.pid());
    assert_eq!(refusal(&hello(1, 1, &json!("0".repeat(64)))), "unauthorized");
    assert_eq!(refusal(&hello(98, 99, &token)), "protocol_mismatch");
    assert_eq!(refusal("GET / HTTP/1.1\r\n"), "invalid_params");
    assert_eq!(refusal(&format!("{}\n", "x".repeat(100_000))), "invalid_params");
}

/// A running daemon; then something is done to how it is found, and no client may talk to it.
fn check_distrusted(spoil: impl FnOnce(&Home), why: &str) {
    let home = Home::new();
    home.start();
    let pid = home.pid();
    spoil(&home);
    for arguments in [&["history"][..], &["lsp"], &["status"]] {
        let done = home.run(arguments);
        assert!(done.err.contains(why), "{arguments:?}: {done:?}");
        assert!(done.err.contains("hint:"), "{done:?}");
        done.code(1);
    }
    crate::support::signal(pid, rustix::process::Signal::KILL);
}

#[test]
fn what_others_could_have_written_is_not_trusted() {
    check_distrusted(
        |home| fs::set_permissions(home.runtime_file(), Permissions::from_mode(0o644)).unwrap(),
        "can be read by other users",
    );
    check_distrusted(
        |home| {
            let other = home.path().join("other.json");
            fs::rename(home.runtime_file(), &other).unwrap();
            symlink(other, home.runtime_file()).unwrap();
        },
        "symbolic link",
    );
    check_distrusted(
        |home| fs::set_permissions(home.data().join("run"), Permissions::from_mode(0o755)).unwrap(),
        "open to other users",
    );
    check_distrusted(|home| home.forge("token", "0".repeat(64).into()), "token");
}
