//! What an editor feels: how soon `aiia lsp` answers, how long code actions take, and how much memory stays behind.
//!
//! The peer for starting is a bare process that answers the same frame: `cat` fed with a request, which echoes it.
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use aiia_tests::installation::{Installation, use_release_program};
use aiia_tests::lsp_client::{LspClient, resident};
use serde_json::json;

const STARTS: usize = 40;
const EDITS: usize = 2000;

fn main() -> ExitCode {
    use_release_program();
    let mut table = Table::default();
    let bare = sorted((0..STARTS).map(|_| bare_process()));
    println!("a process that echoes one frame: median {:.2} ms\n", ms(median(&bare)));

    let cold = sorted((0..STARTS).map(|_| start(&Installation::new())));
    table.row("cold start to the initialize answer, median", ms(median(&cold)), 40.0, "ms");
    let aiia = Installation::new();
    let keeper = LspClient::start(&aiia, json!({}));
    let warm = sorted((0..STARTS).map(|_| start(&aiia)));
    table.row("attach to a running daemon, median", ms(median(&warm)), 10.0, "ms");
    table.row("attach, slowest of 40", ms(warm[STARTS - 1]), 20.0, "ms");
    table.row("shim, resident", mib(keeper.memory()), 3.0, "MiB");
    table.row("daemon idle, resident", mib(resident(aiia.runtime().pid)), 15.0, "MiB");
    drop(keeper);

    let actions = code_actions(&aiia);
    table.row("code actions on 10,000 lines while typing, median", ms(median(&actions)), 5.0, "ms");
    table.row("code actions, 99th percentile", ms(actions[actions.len() * 99 / 100]), 5.0, "ms");
    table.row("daemon with that file open, resident", mib(resident(aiia.runtime().pid)), 40.0, "MiB");
    if table.missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[derive(Default)]
struct Table {
    missed: bool,
}

impl Table {
    fn row(&mut self, what: &str, value: f64, limit: f64, unit: &str) {
        let ratio = value / limit;
        let verdict = if ratio <= 1.0 { "" } else { "  MISSED" };
        println!("{what:<52} {value:8.2} {unit:<4} limit {limit:5} {unit:<4} ratio {ratio:.2}{verdict}");
        self.missed |= ratio > 1.0;
    }
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times
}

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// From the start of the process to its `initialize` answer.
fn start(aiia: &Installation) -> Duration {
    let begun = Instant::now();
    let (_editor, _) = LspClient::initialize(aiia, json!({ "processId": null, "rootUri": null, "capabilities": {} }));
    begun.elapsed()
}

fn bare_process() -> Duration {
    let begun = Instant::now();
    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("cat");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(&[b'x'; 100]).expect("cat reads");
    let mut echo = [0; 100];
    child.stdout.take().expect("a pipe").read_exact(&mut echo).expect("cat writes");
    let time = begun.elapsed();
    drop(input);
    let _ = child.wait();
    time
}

/// Types into the middle of a large file; after each keystroke asks for the code actions there.
fn code_actions(aiia: &Installation) -> Vec<Duration> {
    let text = "pub fn total(values: &[u32]) -> u32 {\n    let mut sum = 0;\n    for value in values {\n        sum += value;\n    }\n    sum\n}\n\n".repeat(1250);
    let path = aiia.write("large.rs", &text);
    let mut editor = LspClient::start(aiia, json!({ "general": { "positionEncodings": ["utf-8"] } }));
    let uri = editor.open(&path, &text);
    sorted((0..EDITS).map(|number| {
        let line = 8 * (number * 7919 % 1250) + 3;
        let at = json!({ "line": line, "character": 8 });
        let range = json!({ "start": at, "end": at });
        editor.change(&uri, number as i64 + 1, json!([{ "range": range, "text": "x" }]));
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
        let begun = Instant::now();
        let actions = editor.request("textDocument/codeAction", params);
        let time = begun.elapsed();
        assert!(actions.as_array().is_some_and(|actions| actions.len() > 3), "{actions}");
        time
    }))
}
