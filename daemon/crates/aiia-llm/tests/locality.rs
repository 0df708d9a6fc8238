//! Which models are on this machine, and what happens when a server here is slow or has others answer.

mod common;

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use aiia_llm::{
    ChatRequest, Dialect, DiscoverySettings, LlmErrorKind, LoopbackServer, Models, ModelsConfig, ProviderConfig,
    Timeouts,
};
use aiia_tests::http_server::{self, HttpServer};
use common::{LIMIT, ask, collect};
use tokio_util::sync::CancellationToken;

const KEY: &str = "sk-very-secret";

fn limits() -> Timeouts {
    Timeouts { connect: Duration::from_secs(5), first_token: LIMIT, idle: LIMIT, list: Duration::from_secs(5) }
}

fn models_of(providers: Vec<ProviderConfig>, timeouts: Timeouts) -> Models {
    Models::new(ModelsConfig { providers, timeouts, ..ModelsConfig::default() })
}

fn loopback(name: &str, dialect: Dialect, base_url: String) -> LoopbackServer {
    LoopbackServer { name: name.into(), label: name.to_uppercase(), dialect, base_url }
}

/// An address at which nothing listens.
fn closed_port() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn looking_for(loopback: Vec<LoopbackServer>, environment: &[(&str, &str)], timeouts: Timeouts) -> ModelsConfig {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let discovery = DiscoverySettings { loopback, ..DiscoverySettings::new(environment) };
    ModelsConfig { discovery: Some(discovery), timeouts, ..ModelsConfig::default() }
}

#[tokio::test]
async fn what_an_ollama_server_passes_on_is_not_on_this_machine() {
    let tags = r#"{"models":[{"name":"gpt-oss:120b-cloud"},{"name":"mine:latest","remote_host":"https://ollama.com:443","remote_model":"kimi"},
        {"name":"nomic-embed-text:latest"},{"name":"q:7b","details":{"family":"bert"}},{"name":"coder:7b"}]}"#;
    let server = HttpServer::start(move |_| http_server::text(tags)).unwrap();
    let found = Models::new(looking_for(vec![loopback("p", Dialect::Ollama, server.url())], &[], limits()));
    let configured = models_of(vec![ProviderConfig::new("p", Dialect::Ollama, server.url())], limits());
    for models in [found, configured] {
        let survey = models.survey().await;
        let local: Vec<&str> =
            survey.models.iter().filter(|model| model.local).map(|model| model.model.as_str()).collect();
        assert_eq!(local, ["nomic-embed-text:latest", "q:7b", "coder:7b"]);
        assert_eq!(models.default_model().await.unwrap(), "p/coder:7b", "the others leave the machine or only embed");
        for (name, kept) in [("p/gpt-oss:120b-cloud", false), ("p/mine", false), ("p/coder:7b", true)] {
            assert_eq!(models.standing(name).await.unwrap().local, kept, "{name}");
            assert_eq!(models.is_kept_here(name), Some(kept), "{name}");
        }
    }
}

/// Whether a server answers.
#[derive(Default)]
struct Door {
    is_shut: Mutex<bool>,
    changed: Condvar,
}

/// Keeps the door shut.
struct Shut<'a>(&'a Door);

impl Door {
    fn shut(&self) -> Shut<'_> {
        *self.is_shut.lock().unwrap() = true;
        Shut(self)
    }

    fn pass(&self) {
        let shut = self.is_shut.lock().unwrap();
        drop(self.changed.wait_timeout_while(shut, LIMIT, |shut| *shut).unwrap());
    }
}

impl Drop for Shut<'_> {
    fn drop(&mut self) {
        *self.0.is_shut.lock().unwrap() = false;
        self.0.changed.notify_all();
    }
}

/// An Ollama server that answers nothing while the door is shut.
fn behind(door: &Arc<Door>) -> HttpServer {
    let door = Arc::clone(door);
    HttpServer::start(move |asked| {
        door.pass();
        match asked.path.as_str() {
            "/api/tags" => http_server::text(r#"{"models":[{"name":"m"}]}"#),
            _ => http_server::text("{\"message\":{\"content\":\"a\"},\"done\":true}\n"),
        }
    })
    .unwrap()
}

/// Models of that server and of a key in the environment.
fn looking_at(server: &HttpServer, list: Duration) -> ModelsConfig {
    let servers = vec![loopback("ollama", Dialect::Ollama, server.url())];
    looking_for(servers, &[("OPENAI_API_KEY", KEY)], Timeouts { list, ..limits() })
}

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_server_that_is_slow_for_a_moment_stays_known() {
    let door = Arc::<Door>::default();
    let server = behind(&door);
    let models = Models::new(looking_at(&server, LIMIT));
    assert_eq!(models.default_model().await.unwrap(), "ollama/m");
    let models = models.reconfigured(looking_at(&server, SHORT));
    let _slow = door.shut();
    assert_eq!(models.default_model().await.unwrap(), "ollama/m");
    let survey = models.survey().await;
    assert_eq!(survey.providers[0].error.as_ref().unwrap().kind, LlmErrorKind::FirstTokenTimeout);
}

#[tokio::test]
async fn a_server_that_never_answered_in_time_can_be_asked_and_sends_nothing_away() {
    let door = Arc::<Door>::default();
    let server = behind(&door);
    let models = Models::new(looking_at(&server, SHORT));
    let slow = door.shut();
    let error = models.default_model().await.unwrap_err();
    assert!(error.kind == LlmErrorKind::NoModel && error.message.contains("no answer from ollama"), "{error:?}");
    drop(slow);
    let answer = collect(models.stream("ollama/m", ask("Hi"), CancellationToken::new())).await;
    assert_eq!((answer.outcome(), answer.text.as_str()), ("ok", "a"), "{:?}", answer.error);
    // Nothing listens there, and nobody is waited for.
    let nobody = vec![loopback("ollama", Dialect::Ollama, closed_port())];
    let models = Models::new(looking_for(nobody, &[("OPENAI_API_KEY", KEY)], limits()));
    assert!(models.default_model().await.unwrap().starts_with("openai/"));
}

#[tokio::test]
async fn a_model_that_stands_in_has_its_own_window() {
    let server = HttpServer::start(|asked| match asked.path.as_str() {
        "/api/show" => http_server::text(r#"{"model_info":{"general.architecture":"x","x.context_length":2048}}"#),
        _ => http_server::text("{\"message\":{\"content\":\"a\"},\"done\":true,\"done_reason\":\"stop\"}\n"),
    })
    .unwrap();
    let first = ProviderConfig::new("p", Dialect::OpenaiChat, closed_port());
    let models = models_of(vec![first, ProviderConfig::new("q", Dialect::Ollama, server.url())], limits());
    let request = ChatRequest { context_window: Some(1_000_000), max_tokens: Some(64_000), ..ask("Hi") };
    let chain = ["p/m".to_owned(), "q/n".to_owned()];
    let answer = collect(models.stream_first(&chain, request, CancellationToken::new())).await;
    assert_eq!((answer.outcome(), answer.text.as_str()), ("ok", "a"), "{:?}", answer.error);
    let asked = server.asked();
    let chat = asked.iter().find(|asked| asked.path == "/api/chat").unwrap();
    let options = &serde_json::from_slice::<serde_json::Value>(&chat.body).unwrap()["options"];
    assert_eq!((options["num_ctx"].as_u64(), options["num_predict"].as_u64()), (Some(2048), Some(1024)));
}

#[tokio::test]
async fn the_default_is_one_that_answers() {
    let server = HttpServer::start(|asked| match asked.path.as_str() {
        "/api/tags" => http_server::text(r#"{"models":[{"name":"m"}]}"#),
        _ => http_server::text("{\"message\":{\"content\":\"a\"},\"done\":true}\n"),
    })
    .unwrap();
    let mut dead = ProviderConfig::new("dead", Dialect::OpenaiChat, closed_port());
    dead.models = vec!["x".into()];
    let here = ProviderConfig::new("here", Dialect::Ollama, server.url());
    let models = models_of(vec![dead, here], limits());
    assert_eq!(models.default_model().await.unwrap(), "dead/x", "nobody is asked for a name that is known");
    let first = collect(models.stream("default", ask("Hi"), CancellationToken::new())).await;
    assert_eq!(first.error.unwrap().kind, LlmErrorKind::Refused);
    assert_eq!(models.default_model().await.unwrap(), "here/m");
    assert_eq!(collect(models.stream("default", ask("Hi"), CancellationToken::new())).await.text, "a");
}

#[tokio::test]
async fn what_would_have_stayed_here_is_not_sent_away_instead() {
    let mut dead = ProviderConfig::new("dead", Dialect::OpenaiChat, closed_port());
    dead.models = vec!["x".into()];
    let mut discovered = looking_for(Vec::new(), &[("OPENAI_API_KEY", KEY)], limits());
    discovered.providers = vec![dead];
    let models = Models::new(discovered);
    models.survey().await;
    let error = models.default_model().await.unwrap_err();
    assert!(error.message.starts_with("dead/x, which is on this machine, does not answer. openai/"), "{error:?}");
}

#[tokio::test]
async fn a_provider_that_cannot_be_used_says_why_and_is_not_replaced() {
    let mut config = looking_for(Vec::new(), &[("OPENAI_API_KEY", KEY)], limits());
    config.unusable.insert("openai".to_owned(), "The provider “openai” has no dialect.".to_owned());
    let models = Models::new(config);
    let error = collect(models.stream("openai/gpt-4.1", ask("Hi"), CancellationToken::new())).await.error.unwrap();
    assert_eq!(error.kind, LlmErrorKind::NoModel);
    assert_eq!(error.message, "'openai/gpt-4.1' cannot be asked. The provider “openai” has no dialect.");
    assert!(error.hint.contains("aiia config check"), "{error:?}");
    assert!(models.list().await.iter().all(|model| model.provider != "openai"));
}
