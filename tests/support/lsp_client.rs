//! A generic LSP client: a real `aiia lsp` process, spoken to in frames.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::installation::Installation;

/// Longer than anything may take on a busy machine.
pub const LIMIT: Duration = Duration::from_mins(2);

type Answerer = Box<dyn FnMut(&Value) -> Value>;

/// An editor. Dropping it kills the process, as a crash of the editor would.
pub struct LspClient {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    inbox: Vec<Value>,
    next_id: i64,
    answers: Vec<(String, Answerer)>,
}

impl std::fmt::Debug for LspClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LspClient").field("process", &self.process.id()).finish_non_exhaustive()
    }
}

impl LspClient {
    /// Starts `aiia lsp` without saying anything.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn connect(aiia: &Installation) -> Self {
        let mut process = aiia
            .command(&["lsp"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        let input = process.stdin.take().expect("a pipe");
        let output = process.stdout.take().expect("a pipe");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read_frame(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self { process, input, messages, inbox: Vec::new(), next_id: 1, answers: Vec::new() }
    }

    /// Starts `aiia lsp` and initialises it with these parameters. Gives the server's capabilities, too.
    pub fn initialize(aiia: &Installation, params: Value) -> (Self, Value) {
        let mut client = Self::connect(aiia);
        let result = client.request("initialize", params);
        client.notify("initialized", json!({}));
        (client, result)
    }

    /// Starts `aiia lsp` for the workspace with these capabilities.
    pub fn start(aiia: &Installation, capabilities: Value) -> Self {
        let root = uri(&aiia.workspace());
        let params = json!({ "processId": null, "rootUri": root, "capabilities": capabilities });
        Self::initialize(aiia, params).0
    }

    /// Answers the server's requests `method` by `answer`; those without an answerer get `null`.
    pub fn answer(&mut self, method: &str, answer: impl FnMut(&Value) -> Value + 'static) {
        self.answers.push((method.to_owned(), Box::new(answer)));
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// When the process has ended.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).expect("the process takes input");
        self.input.flush().expect("the process takes input");
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request without waiting; gives its id.
    pub fn begin(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// The result of a request.
    ///
    /// # Panics
    /// When it fails.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        self.try_request(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The result of a request, or the error object.
    pub fn try_request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.begin(method, params);
        self.response(&json!(id))
    }

    /// The response to the request `id`.
    pub fn response(&mut self, id: &Value) -> Result<Value, Value> {
        let message = self.wait("a response", |message| message.get("method").is_none() && message["id"] == *id);
        match message.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(message["result"].clone()),
        }
    }

    /// The parameters of the next message `method` of the server.
    pub fn expect(&mut self, method: &str) -> Value {
        self.wait(method, |message| message["method"] == method)["params"].clone()
    }

    /// The parameters of the next message `method` that `wanted` accepts.
    pub fn expect_where(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.wait(method, |message| message["method"] == method && wanted(&message["params"]))["params"].clone()
    }

    /// Opens a document with a text and gives its URI.
    pub fn open(&mut self, path: &Path, text: &str) -> String {
        let uri = uri(path);
        let language = match path.extension().and_then(|extension| extension.to_str()) {
            Some("py") => "python",
            Some("rs") => "rust",
            _ => "plaintext",
        };
        let document = json!({ "uri": uri, "languageId": language, "version": 0, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        uri
    }

    /// Changes a document.
    pub fn change(&mut self, uri: &str, version: i64, changes: Value) {
        let document = json!({ "uri": uri, "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Runs a command with one argument.
    pub fn execute(&mut self, command: &str, argument: Value) -> Value {
        self.request("workspace/executeCommand", json!({ "command": command, "arguments": [argument] }))
    }

    /// What the daemon holds of a document, as a model would see it.
    ///
    /// # Panics
    /// When it is too long to be seen whole.
    pub fn text_of(&mut self, path: &str) -> String {
        let params = json!({ "document": { "path": path }, "budget": 100_000 });
        let bundle = self.request("aiia/context/get", params);
        bundle["pieces"][0]["text"].as_str().expect("the text").to_owned()
    }

    /// Resident bytes of the process.
    pub fn memory(&self) -> u64 {
        resident(self.process.id())
    }

    /// Says goodbye and gives the exit code.
    ///
    /// # Panics
    /// When the process does not end.
    pub fn shutdown(mut self) -> Option<i32> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        crate::installation::wait_for("the end of the process", LIMIT, || {
            self.process.try_wait().expect("the process can be asked")
        })
        .code()
    }

    fn wait(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(index) = self.inbox.iter().position(&wanted) {
                return self.inbox.remove(index);
            }
            let message = match self.messages.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => panic!("no {what} within {LIMIT:?}; received: {:#?}", self.inbox),
                Err(RecvTimeoutError::Disconnected) => panic!("the server ended before {what}: {:#?}", self.inbox),
            };
            if let (Some(id), Some(method)) = (message.get("id"), message.get("method").and_then(Value::as_str)) {
                let answer = self.answers.iter_mut().find(|(name, _)| name == method);
                let result = answer.map_or(Value::Null, |(_, answer)| answer(&message["params"]));
                let id = id.clone();
                self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
            }
            self.inbox.push(message);
        }
    }
}

impl Drop for LspClient {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Resident bytes of a process, from `/proc`.
///
/// # Panics
/// When there is no such process.
pub fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or_default() * 1024
}

/// The URI of an absolute path.
///
/// # Panics
/// When the path is not absolute.
pub fn uri(path: &Path) -> String {
    url::Url::from_file_path(path).expect("an absolute path").to_string()
}

fn read_frame(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
