//! Invariants of the repository, as tests. Each says what must not be there.

#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "the repository's own names are in lower case")]

mod dependencies;
mod layout;
mod sources;

use std::path::PathBuf;
use std::process::Command;

/// The root of the repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is below the root").to_owned()
}

/// The files that git knows or would add, relative to the root.
fn tracked_files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git ls-files failed");
    let text = String::from_utf8(output.stdout).expect("paths are UTF-8");
    text.lines().filter(|path| root().join(path).is_file()).map(str::to_owned).collect()
}

/// The text of a file, relative to the root; nothing for a binary one.
fn read(path: &str) -> String {
    std::fs::read(root().join(path)).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
