//! What the tests share.

use std::collections::BTreeMap;
use std::time::Duration;

use aiia_engine::{Engine, EngineOptions};
use aiia_protocol::openapi::API_PREFIX;
use aiia_protocol::operation::{Row, Scope};
use aiia_tests::model_server::ModelServer;
use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::envelope::SECURITY_HEADERS;
use crate::router::{App, assemble};
use crate::routes::body::BodyLimits;

pub(super) const PORT: u16 = 4242;
pub(super) const HOST: &str = "localhost:4242";
pub(super) const ORIGIN: &str = "http://localhost:4242";
pub(super) const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
pub(super) const READ_TOKEN: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
/// Longer than anything here takes; a test that gets here has failed.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// A router on an engine of its own.
pub(super) struct Server {
    pub(super) router: Router,
    pub(super) engine: Engine,
    pub(super) shutdown: CancellationToken,
    directory: TempDir,
}

impl Server {
    pub(super) fn new() -> Self {
        Self::build(None, "", |_| {})
    }

    pub(super) fn with_model(model: &ModelServer) -> Self {
        Self::build(Some(model), "", |_| {})
    }

    /// The same with more lines in the configuration.
    pub(super) fn configured(model: &ModelServer, more: &str) -> Self {
        Self::build(Some(model), more, |_| {})
    }

    pub(super) fn with_limits(limits: BodyLimits) -> Self {
        Self::build(None, "", |app| app.limits = limits)
    }

    fn build(model: Option<&ModelServer>, more: &str, change: impl FnOnce(&mut App)) -> Self {
        let (directory, engine) = engine_with(model, more);
        let shutdown = CancellationToken::new();
        let tokens = [(TOKEN, Scope::Admin), (READ_TOKEN, Scope::Read)];
        let mut app = App::new(engine.clone(), &tokens, PORT, shutdown.clone());
        change(&mut app);
        Self { router: assemble(app), engine, shutdown, directory }
    }

    /// Sends a request and reads the whole answer; what every response must have is checked.
    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = tokio::time::timeout(LIMIT, axum::body::to_bytes(body, 64 << 20)).await.unwrap().unwrap();
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, body: body.to_vec() };
        answer.check();
        answer
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(with_token("GET", path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.send(with_token("DELETE", path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(json_body(with_token("POST", path), &body)).await
    }

    /// Its configuration file.
    pub(super) fn config_file(&self) -> std::path::PathBuf {
        self.directory.path().join("config.toml")
    }

    /// A new project and a chat in it.
    pub(super) async fn chat(&self) -> String {
        let project = self.post("/api/v1/projects", json!({"name": "p"})).await.json();
        let chat = self.post("/api/v1/chats", json!({"project_id": project["id"]})).await;
        assert_eq!(chat.status, 201, "{}", chat.text());
        chat.json()["id"].as_str().unwrap().to_owned()
    }

    /// Signs a browser in; gives its Cookie header.
    pub(super) async fn cookie(&self) -> String {
        let code = self.post("/auth/codes", json!({})).await.json()["code"].as_str().unwrap().to_owned();
        let answer = self.send(request("GET", &format!("/?code={code}")).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 303);
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

/// An engine that knows no model, or the one of `model`.
pub(super) fn engine(model: Option<&ModelServer>) -> (TempDir, Engine) {
    engine_with(model, "")
}

pub(super) fn engine_with(model: Option<&ModelServer>, more: &str) -> (TempDir, Engine) {
    let directory = tempfile::tempdir().unwrap();
    let config_file = directory.path().join("config.toml");
    if let Some(model) = model {
        let url = model.openai_url();
        let provider =
            format!("[providers.test]\ndialect = 'openai_chat'\nbase_url = '{url}'\nmodels = ['test-model']\n");
        std::fs::write(&config_file, format!("model = 'test/test-model'\n{provider}{more}")).unwrap();
    }
    let options = EngineOptions {
        data_dir: directory.path().join("data"),
        config_file,
        environment: BTreeMap::new(),
        flags: Vec::new(),
        version: "1.2.3".to_owned(),
    };
    let engine = Engine::open(options).unwrap();
    (directory, engine)
}

/// A response that was read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The problem's code; empty when it is none.
    pub(super) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    fn check(&self) {
        for (name, value) in SECURITY_HEADERS {
            assert_eq!(self.header(name), *value);
        }
        assert!(!self.header("x-request-id").is_empty());
        assert!(!self.header("cache-control").is_empty());
        let cors = self.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(cors, None);
        let kind = self.header("content-type");
        if self.status >= 400 && kind == "application/problem+json" {
            let problem: aiia_protocol::problem::Problem = serde_json::from_slice(&self.body).unwrap();
            assert_eq!(problem.status, self.status);
            assert_eq!(problem.instance.as_deref(), Some(self.header("x-request-id")));
        } else if self.status >= 400 && !self.body.is_empty() {
            // The page's own sign-in notice and the state of health are the only others.
            assert!(["text/html; charset=utf-8", "application/json"].contains(&kind), "{kind}: {}", self.text());
        }
    }
}

/// A request of nobody.
pub(super) fn request(method: &str, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header(header::HOST, HOST)
}

/// A request with the token.
pub(super) fn with_token(method: &str, path: &str) -> Builder {
    request(method, path).header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
}

pub(super) fn json_body(builder: Builder, body: &Value) -> Request<Body> {
    builder.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap()
}

/// The row's path with some identifier in each place.
pub(super) fn path_of(row: &Row) -> String {
    let mut path = format!("{API_PREFIX}{}", row.path);
    for name in row.path_params() {
        path = path.replace(&format!("{{{name}}}"), "0190a0a0-0000-7000-8000-000000000000");
    }
    path
}

/// A request for the row that comes as far as the engine, whatever it finds there.
pub(super) fn request_for(row: &Row, builder: Builder) -> Request<Body> {
    if row.verb.has_body() { json_body(builder, &json!({})) } else { builder.body(Body::empty()).unwrap() }
}
