//! aider's map of a folder, the peer of the first answer.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long the first map of the folder takes, with a file of it as chat file; nothing where `AIIA_BENCH_AIDER` names no Python.
pub(crate) fn first_map(folder: &Path, file: &str) -> Option<Duration> {
    let python = std::env::var_os("AIIA_BENCH_AIDER")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/index/first_map.py");
    let output =
        Command::new(python).arg(script).arg(folder).arg(file).output().expect("AIIA_BENCH_AIDER names a Python");
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.lines().last().unwrap_or_default();
    let (seconds, characters) = last
        .split_once(' ')
        .unwrap_or_else(|| panic!("aider's map came to nothing: {said}{}", String::from_utf8_lossy(&output.stderr)));
    assert_ne!(characters, "0", "a map of nothing is no peer");
    Some(Duration::from_secs_f64(seconds.parse().expect("seconds")))
}
