//! A peer that applies the same replies: a program that is asked by lines of JSON.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// Asks `peer.py`, run by the Python that `AIIA_BENCH_AIDER` names.
pub(crate) struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    #[allow(clippy::zombie_processes, reason = "it is waited for when the peer is dropped")]
    pub(crate) fn start() -> Option<Self> {
        let python = std::env::var_os("AIIA_BENCH_AIDER")?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/robustness/peer.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("AIIA_BENCH_AIDER names a Python");
        let input = child.stdin.take().expect("it was asked for");
        let output = BufReader::new(child.stdout.take().expect("it was asked for"));
        Some(Self { child, input, output })
    }

    /// The text with the reply applied, if the peer applies it, and how many milliseconds it took.
    pub(crate) fn apply(&mut self, dialect: &str, file: &str, reply: &str) -> (Option<String>, f64) {
        let case = json!({ "dialect": dialect, "file": file, "reply": reply });
        writeln!(self.input, "{case}").expect("the peer reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the peer answers");
        let answer: Value = serde_json::from_str(&line).expect("the peer answers in JSON");
        (answer["text"].as_str().map(str::to_owned), answer["ms"].as_f64().unwrap_or(0.0))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
