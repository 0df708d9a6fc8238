//! A client for the tests: speaks frames over memory and answers what the server asks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aiia_engine::{Engine, EngineOptions};
use aiia_protocol::handshake::Purpose;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::frames::{Frame, FrameReader};
use crate::{Exit, serve};

/// A Python file with two mistakes.
pub(super) const CODE: &str = "def mean(xs):\n    return sum(xs) / len(xs) + 1\n\n\ndef last(xs):\n    a = 1\n    b = 2\n    c = 3\n    return xs[0]\n";

const LIMIT: Duration = Duration::from_secs(20);

/// An engine with its folders.
pub(super) struct World {
    pub(super) engine: Engine,
    folder: TempDir,
}

impl World {
    /// An engine without any model.
    pub(super) fn new() -> Self {
        Self::with_config("")
    }

    /// An engine whose model is at `url` (`openai_chat`).
    pub(super) fn with_model(url: &str) -> Self {
        Self::with_config(&format!(
            "model = \"toy/m\"\n[providers.toy]\ndialect = \"openai_chat\"\nbase_url = \"{url}\"\nmodels = [\"m\"]\n"
        ))
    }

    fn with_config(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config_file = folder.path().join("config.toml");
        std::fs::write(&config_file, config).unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        let environment = BTreeMap::from([("AIIA_DISCOVERY".to_owned(), "off".to_owned())]);
        let engine = Engine::open(EngineOptions {
            data_dir: folder.path().join("data"),
            config_file,
            environment,
            flags: Vec::new(),
            version: "1.2.3".to_owned(),
        })
        .unwrap();
        Self { engine, folder }
    }

    /// A file of the workspace with this text.
    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().canonicalize().unwrap().join("work").join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(super) fn connect(&self, purpose: Purpose) -> TestClient {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (read, write) = tokio::io::split(theirs);
        let served = tokio::spawn(serve(self.engine.clone(), read, write, purpose, CancellationToken::new()));
        let (read, writer) = tokio::io::split(ours);
        TestClient {
            reader: FrameReader::new(read),
            writer,
            served,
            next_id: 1,
            inbox: Vec::new(),
            answers: Vec::new(),
            held: Vec::new(),
        }
    }

    /// A connection that has said `initialize` with these capabilities.
    pub(super) async fn initialized(&self, capabilities: Value) -> TestClient {
        self.initialized_as("generic", capabilities).await
    }

    /// The same for an editor with this name.
    pub(super) async fn initialized_as(&self, name: &str, capabilities: Value) -> TestClient {
        let mut client = self.connect(Purpose::Lsp);
        let about = json!({ "name": name, "version": "1" });
        let params = json!({ "processId": null, "rootUri": null, "capabilities": capabilities, "clientInfo": about });
        client.request("initialize", params).await.unwrap();
        client.notify("initialized", json!({})).await;
        client
    }
}

type Answerer = (String, Box<dyn FnMut(&Value) -> Value + Send>);

/// The other end of a connection.
pub(super) struct TestClient {
    reader: FrameReader<ReadHalf<DuplexStream>>,
    writer: WriteHalf<DuplexStream>,
    served: JoinHandle<Exit>,
    next_id: i64,
    /// Notifications and requests of the server that nobody has asked for yet.
    inbox: Vec<Value>,
    answers: Vec<Answerer>,
    held: Vec<&'static str>,
}

impl TestClient {
    /// Answers the server's requests `method` by `answer`; those without one get `null`.
    pub(super) fn answer(&mut self, method: &str, answer: impl FnMut(&Value) -> Value + Send + 'static) {
        self.answers.retain(|(name, _)| name != method);
        self.answers.push((method.to_owned(), Box::new(answer)));
    }

    /// Leaves the server's requests `method` without an answer.
    pub(super) fn hold(&mut self, method: &'static str) {
        self.answers.retain(|(name, _)| name != method);
        self.held.push(method);
    }

    /// The id and the parameters of the next request `method` of the server.
    pub(super) async fn expect_request(&mut self, method: &str) -> (Value, Value) {
        let message = self.wait(method, |message| message["method"] == method).await;
        (message["id"].clone(), message["params"].clone())
    }

    pub(super) async fn respond(&mut self, id: Value, result: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result })).await;
    }

    pub(super) async fn change(&mut self, uri: &str, version: i32, text: &str) {
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.notify("textDocument/didChange", params).await;
    }

    pub(super) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).await.unwrap();
    }

    pub(super) async fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes()).await;
    }

    pub(super) async fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
    }

    /// Sends a request without waiting for its response; gives its id.
    pub(super) async fn begin(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        id
    }

    /// Sends a request and waits; the error object where it failed.
    pub(super) async fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.begin(method, params).await;
        self.response(json!(id)).await
    }

    /// The response to the request `id`.
    pub(super) async fn response(&mut self, id: Value) -> Result<Value, Value> {
        let message = self.wait("a response", |message| message.get("method").is_none() && message["id"] == id).await;
        match message.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(message["result"].clone()),
        }
    }

    /// The parameters of the next message `method` of the server.
    pub(super) async fn expect(&mut self, method: &str) -> Value {
        let message = self.wait(method, |message| message["method"] == method).await;
        message["params"].clone()
    }

    async fn wait(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(index) = self.inbox.iter().position(&wanted) {
                return self.inbox.remove(index);
            }
            let frame = tokio::time::timeout(LIMIT, self.reader.next()).await;
            let Ok(frame) = frame else { panic!("no {what}; received: {:#?}", self.inbox) };
            let Some(Frame::Message(message)) = frame else { panic!("closed before {what}: {:#?}", self.inbox) };
            if let (Some(id), Some(method)) = (message.get("id"), message.get("method").and_then(Value::as_str))
                && !self.held.contains(&method)
            {
                let answer = self.answers.iter_mut().find(|(name, _)| name == method);
                let result = answer.map_or(Value::Null, |(_, answer)| answer(&message["params"]));
                self.respond(id.clone(), result).await;
            }
            self.inbox.push(message);
        }
    }

    /// What has been received of the server's messages `method` and was not asked for.
    pub(super) fn received(&self, method: &str) -> usize {
        self.inbox.iter().filter(|message| message["method"] == method).count()
    }

    pub(super) async fn open(&mut self, path: &Path, text: &str, version: i32) -> String {
        let uri = url::Url::from_file_path(path).unwrap().to_string();
        self.open_uri(&uri, text, version).await;
        uri
    }

    pub(super) async fn open_uri(&mut self, uri: &str, text: &str, version: i32) {
        let language = if uri.contains(".py") { "python" } else { "rust" };
        let document = json!({ "uri": uri, "languageId": language, "version": version, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document })).await;
    }

    /// Closes the connection without a word.
    pub(super) async fn hang_up(self) -> Exit {
        drop((self.reader, self.writer));
        tokio::time::timeout(LIMIT, self.served).await.unwrap().unwrap()
    }

    /// How the connection ended.
    pub(super) async fn ended(self) -> Exit {
        tokio::time::timeout(LIMIT, self.served).await.unwrap().unwrap()
    }
}

/// The capabilities of an editor that can everything.
pub(super) fn able() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-8", "utf-16"] },
        "window": { "workDoneProgress": true, "showDocument": { "support": true } },
        "workspace": {
            "applyEdit": true,
            "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create"] },
            "codeLens": { "refreshSupport": null },
        },
        "textDocument": { "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } } } },
    })
}

/// The text after the edits of a `workspace/applyEdit` in UTF-8 columns, with the URI and version they are for.
pub(super) fn edited(params: &Value, text: &str) -> (String, Value, String) {
    let change = params["edit"]["documentChanges"].as_array().unwrap().last().unwrap();
    let mut document = aiia_text::Document::new(text);
    for edit in change["edits"].as_array().unwrap().iter().rev() {
        let range = serde_json::from_value(edit["range"].clone()).unwrap();
        let range = crate::from_proto::range(&document, range, aiia_text::Encoding::Utf8);
        document.edit(range, edit["newText"].as_str().unwrap());
    }
    let uri = change["textDocument"]["uri"].as_str().unwrap().to_owned();
    (uri, change["textDocument"]["version"].clone(), document.text())
}

/// The parameters of `workspace/executeCommand`.
pub(super) fn command(name: &str, argument: Value) -> Value {
    json!({ "command": name, "arguments": [argument] })
}
