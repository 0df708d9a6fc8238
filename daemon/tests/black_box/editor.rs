//! `aiia lsp`, as an editor uses it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};

use serde_json::{Value, json};

use crate::support::{Done, Home, finish, read, within_limit};

/// A minimal editor.
pub(crate) struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Editor {
    pub(crate) fn start(home: &Home) -> Self {
        Self::start_with(home, &["lsp"])
    }

    fn start_with(home: &Home, arguments: &[&str]) -> Self {
        let mut child = home.spawn(arguments);
        let (input, output) = (child.stdin.take(), child.stdout.take().map(BufReader::new));
        Self { child, input, output }
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input.as_mut().unwrap(), "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut output = self.output.take().unwrap();
        let (message, output) = within_limit(move || {
            let mut length = 0;
            loop {
                let mut line = String::new();
                output.read_line(&mut line).unwrap();
                match line.trim().split_once(": ") {
                    Some(("Content-Length", value)) => length = value.parse().unwrap(),
                    _ => break,
                }
            }
            let mut body = vec![0; length];
            output.read_exact(&mut body).unwrap();
            (serde_json::from_slice(&body).unwrap(), output)
        });
        self.output = Some(output);
        message
    }

    /// The result of a request.
    fn request(&mut self, method: &str, params: Value) -> Value {
        self.send(&json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == method {
                return message["result"].clone();
            }
        }
    }

    pub(crate) fn initialize(&mut self) -> Value {
        let result = self.request("initialize", json!({"processId": null, "rootUri": null, "capabilities": {}}));
        self.send(&json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}));
        result
    }

    /// Opens a file with that text in the buffer, and waits until it is known.
    pub(crate) fn open(&mut self, path: &Path, text: &str) {
        let uri = format!("file://{}", path.display());
        let document = json!({"uri": uri, "languageId": "python", "version": 1, "text": text});
        self.send(&json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}}));
        self.request("aiia/system/status", json!({}));
    }

    /// Waits for the end of the process without closing its input.
    pub(crate) fn wait(mut self) -> Done {
        let mut output = self.output.take().unwrap();
        within_limit(move || {
            let out = read(&mut output);
            let err = read(&mut self.child.stderr.take().unwrap());
            Done { code: self.child.wait().unwrap().code(), out, err }
        })
    }
}

fn check_exit_code(arguments: &[&str], goodbye: &[&str], close: bool, expected: i32) {
    let home = Home::new();
    let mut editor = Editor::start_with(&home, arguments);
    assert_eq!(editor.initialize()["serverInfo"]["name"], "aiia");
    for method in goodbye {
        match *method {
            "shutdown" => drop(editor.request("shutdown", Value::Null)),
            notification => editor.send(&json!({"jsonrpc": "2.0", "method": notification})),
        }
    }
    if close {
        editor.input.take();
    }
    let done = editor.wait();
    assert_eq!(done.code, Some(expected), "{arguments:?} {goodbye:?} {done:?}");
    assert_eq!(done.err, "");
}

#[test]
fn the_exit_code_tells_whether_it_ended_in_order() {
    for arguments in [&["lsp"][..], &["lsp", "--stdio"], &["lsp", "--standalone"]] {
        check_exit_code(arguments, &["shutdown", "exit"], false, 0);
        check_exit_code(arguments, &["exit"], false, 1);
        check_exit_code(arguments, &[], true, 1);
    }
}

#[test]
fn editors_share_the_daemon() {
    let home = Home::new();
    let mut editors = [Editor::start(&home), Editor::start(&home)];
    for editor in &mut editors {
        editor.initialize();
    }
    let status = home.run(&["status", "--json"]).code(0).json();
    let lsp = status["sessions"].as_array().unwrap().iter().filter(|session| session["transport"] == "lsp");
    assert_eq!(lsp.count(), 2, "{status}");
}

#[test]
fn a_large_document_goes_through() {
    let home = Home::new();
    let mut editor = Editor::start(&home);
    editor.initialize();
    let text = "let número = \"🙂\";\n".repeat(100_000);
    let document = json!({"uri": "file:///large.rs", "languageId": "rust", "version": 1, "text": text});
    editor.send(&json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}}));
    editor.request("shutdown", Value::Null);
    editor.send(&json!({"jsonrpc": "2.0", "method": "exit"}));
    editor.wait().code(0);
}

#[test]
fn standalone_says_why_not_when_a_daemon_runs() {
    let home = Home::new();
    home.start();
    let done = finish(home.spawn(&["lsp", "--standalone"]), "");
    assert!(done.err.contains("already serves") && done.err.contains("without --standalone"), "{done:?}");
    assert_eq!(done.code(3).out, "");
}
