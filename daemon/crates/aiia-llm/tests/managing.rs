//! Models that a server gets and deletes for us.

use std::time::Duration;

use aiia_llm::{Dialect, LlmErrorKind, Models, ModelsConfig, ProviderConfig, Timeouts};
use aiia_tests::http_server::{self, HttpServer};
use aiia_tests::model_server::ModelServer;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes; a test that gets here has failed.
const LIMIT: Duration = Duration::from_mins(2);

fn models_of(providers: Vec<ProviderConfig>) -> Models {
    let timeouts = Timeouts { connect: Duration::from_secs(5), first_token: LIMIT, idle: LIMIT, list: LIMIT };
    Models::new(ModelsConfig { providers, timeouts, ..ModelsConfig::default() })
}

/// An Ollama server that has one model, gets `new`, and tells how.
fn ollama() -> HttpServer {
    HttpServer::start(|asked| {
        let wanted = String::from_utf8_lossy(&asked.body).into_owned();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/api/tags") => http_server::text(r#"{"models":[{"name":"tiny:1b","size":7}]}"#),
            ("POST", "/api/show") => http_server::text(
                r#"{"details":{"parameter_size":"1B","quantization_level":"Q4"},"model_info":{"general.architecture":"x","x.context_length":2048}}"#,
            ),
            ("POST", "/api/pull") if wanted.contains("new") => http_server::text(concat!(
                r#"{"status":"pulling manifest"}"#, "\n",
                r#"{"status":"pulling abc","completed":5,"total":10}"#, "\n",
                r#"{"status":"success"}"#, "\n",
            )),
            ("POST", "/api/pull") if wanted.contains("half") => http_server::text("{\"status\":\"pulling abc\"}\n"),
            ("POST", "/api/pull") => http_server::text("{\"error\":\"pull model manifest: file does not exist\"}\n"),
            ("DELETE", "/api/delete") if wanted.contains("tiny:1b") => http_server::text(""),
            _ => http_server::status(axum::http::StatusCode::NOT_FOUND),
        }
    })
    .unwrap()
}

#[tokio::test]
async fn an_ollama_server_tells_of_a_model_gets_and_deletes_one() {
    let server = ollama();
    let models = models_of(vec![ProviderConfig::new("p", Dialect::Ollama, server.url())]);
    let details = models.details("p/tiny:1b").await.unwrap();
    assert_eq!((details.info.context_window, details.parameters.as_deref()), (Some(2048), Some("1B")));
    assert!(models.details("p/tiny:2b").await.unwrap_err().hint.contains("p/tiny:1b"));

    let cancel = CancellationToken::new();
    let told = std::sync::Mutex::new(Vec::new());
    models.pull("p", "new", &|progress| told.lock().unwrap().push(progress.step), &cancel).await.unwrap();
    assert_eq!(*told.lock().unwrap(), ["pulling manifest", "pulling abc", "success"]);
    for (name, said) in [("half", "ended before it was done"), ("missing", "file does not exist")] {
        let error = models.pull("p", name, &|_| {}, &cancel).await.unwrap_err();
        assert!(error.message.contains(said), "{error:?}");
    }
    cancel.cancel();
    assert_eq!(models.pull("p", "new", &|_| {}, &cancel).await.unwrap_err().kind, LlmErrorKind::Cancelled);

    models.delete("p", "tiny:1b").await.unwrap();
    assert!(models.delete("p", "tiny:2b").await.is_err());
}

#[tokio::test]
async fn models_that_are_not_ours_to_get_are_left_alone() {
    let server = ModelServer::start().unwrap();
    let models = models_of(vec![ProviderConfig::new("p", Dialect::OpenaiChat, server.openai_url())]);
    let error = models.pull("p", "test-model", &|_| {}, &CancellationToken::new()).await.unwrap_err();
    assert!(error.hint.contains("Ollama"), "{error:?}");
    assert!(models.delete("nobody", "x").await.is_err());
}
