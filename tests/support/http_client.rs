//! A client of the HTTP API.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use aiia_protocol::handshake::RuntimeFile;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::installation::Installation;

/// Signed in with the token of the runtime file.
#[derive(Debug)]
pub struct HttpClient {
    client: Client,
    base: String,
    token: String,
}

impl HttpClient {
    /// For the daemon of an installation, which must run.
    ///
    /// # Panics
    /// When it serves no HTTP.
    pub fn new(aiia: &Installation) -> Self {
        Self::of(&aiia.runtime())
    }

    /// For the daemon of a runtime file.
    ///
    /// # Panics
    /// When it serves no HTTP.
    pub fn of(runtime: &RuntimeFile) -> Self {
        let port = runtime.http_port.expect("HTTP is served");
        use_crypto();
        let client = Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().expect("a client");
        Self { client, base: format!("http://127.0.0.1:{port}"), token: runtime.token.clone() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.base)).bearer_auth(&self.token)
    }

    /// The JSON of a GET.
    pub fn get(&self, path: &str) -> Value {
        json(self.request(Method::GET, path), path)
    }

    /// The JSON of a POST.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        json(self.request(Method::POST, path).json(body), path)
    }

    /// The JSON of a PATCH.
    pub fn patch(&self, path: &str, body: &Value) -> Value {
        json(self.request(Method::PATCH, path).json(body), path)
    }

    /// The JSON of a DELETE, null where there is none.
    pub fn delete(&self, path: &str) -> Value {
        json(self.request(Method::DELETE, path), path)
    }

    /// Status and JSON of a POST that may fail.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn try_post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let response = self.request(Method::POST, path).json(body).send().expect("an answer");
        (response.status(), response.json().unwrap_or_default())
    }

    /// A stream of events.
    ///
    /// # Panics
    /// When it is refused.
    pub fn stream(&self, path: &str) -> EventStream {
        let response = self.request(Method::GET, path).send().expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        EventStream { lines: BufReader::new(response) }
    }

    /// The events of a run to its end.
    pub fn run_events(&self, run: &str) -> Vec<Value> {
        self.stream(&format!("/runs/{run}/events")).collect()
    }

    /// A new chat in a project of its own.
    pub fn chat(&self) -> String {
        let project = self.post("/projects", &serde_json::json!({ "name": "tests" }));
        let chat = self.post("/chats", &serde_json::json!({ "project_id": project["id"] }));
        chat["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Asks in a chat; gives the run.
    pub fn ask(&self, chat: &str, content: &str) -> String {
        let run = self.post(&format!("/chats/{chat}/runs"), &serde_json::json!({ "content": content }));
        run["id"].as_str().unwrap_or_default().to_owned()
    }
}

fn json(request: RequestBuilder, path: &str) -> Value {
    let response = request.send().unwrap_or_else(|error| panic!("{path}: {error}"));
    let status = response.status();
    let text = response.text().unwrap_or_default();
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

/// Server-Sent Events as they come. It ends when the server, or its process, ends.
#[derive(Debug)]
pub struct EventStream {
    lines: BufReader<Response>,
}

impl Iterator for EventStream {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(data) = line.strip_prefix("data:") {
                return serde_json::from_str(data.trim()).ok();
            }
        }
    }
}

/// Names the library that HTTP clients of this process encrypt with: they ask for one even where nothing is encrypted.
pub fn use_crypto() {
    // It fails only where it was done before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
