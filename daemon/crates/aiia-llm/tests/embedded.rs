//! The embedded model with real weights, named by the variable `AIIA_TEST_MODEL`, which `tests/run` sets.

#![cfg(feature = "embedded")]

mod common;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use aiia_llm::{ChatMessage, EmbeddedSettings, FinishReason, LlmErrorKind, Models, ModelsConfig, Role};
use common::{LIMIT, ask, collect, collect_until};
use tokio_util::sync::CancellationToken;

/// The weights to test with.
fn weights() -> PathBuf {
    std::env::var_os("AIIA_TEST_MODEL").expect("AIIA_TEST_MODEL names weights; `tests/run` sets it").into()
}

/// The models to test with.
fn models(change: impl FnOnce(&mut EmbeddedSettings)) -> Models {
    let mut embedded = EmbeddedSettings {
        model_path: Some(weights()),
        threads: Some(1),
        context_size: 1024,
        ..EmbeddedSettings::default()
    };
    change(&mut embedded);
    Models::new(ModelsConfig { embedded, ..ModelsConfig::default() })
}

async fn say(models: &Models, request: aiia_llm::ChatRequest) -> common::Answer {
    collect(models.stream("embedded/default", request, CancellationToken::new())).await
}

fn short(question: &str) -> aiia_llm::ChatRequest {
    aiia_llm::ChatRequest { max_tokens: Some(12), ..ask(question) }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_loads_once_answers_alike_and_reuses_what_it_has_read() {
    let models = models(|_| {});
    assert!(!models.embedded().is_loaded(), "nothing is loaded before it is asked");
    let survey = models.survey().await;
    assert_eq!((survey.models.len(), survey.models[0].local), (1, true));
    assert_eq!(models.default_model().await.unwrap(), survey.models[0].name);

    let question = "Write one sentence about the sea. ".repeat(8);
    let first = say(&models, short(&question)).await;
    assert_eq!(first.error, None);
    assert!(!first.text.is_empty() && first.finish.is_some());
    assert!(first.statuses.iter().any(|status| status.starts_with("loading model")), "{:?}", first.statuses);
    assert!(first.statuses.iter().any(|status| status.starts_with("reading prompt 64/")), "{:?}", first.statuses);
    assert!(models.embedded().is_loaded());
    let usage = first.usage.unwrap();
    assert!(usage.input_tokens > Some(64) && usage.output_tokens <= Some(12), "{usage:?}");
    assert_eq!(usage.cached_tokens, Some(0));
    assert!(models.embedded().prompt_speed() > Some(0.0));

    let again = say(&models, short(&question)).await;
    assert_eq!(again.text, first.text, "temperature 0 is the default");
    assert!(!again.statuses.iter().any(|status| status.starts_with("loading")), "{:?}", again.statuses);
    let cached = again.usage.unwrap().cached_tokens.unwrap();
    assert_eq!(Some(cached + 1), usage.input_tokens, "all but the last token were known");

    // A chat goes on: what both sides said before is known.
    let mut request = short(&question);
    request.messages.push(ChatMessage::new(Role::Assistant, first.text));
    request.messages.push(ChatMessage::new(Role::User, "And now about the sky."));
    let next = say(&models, request).await;
    assert!(next.usage.unwrap().cached_tokens.unwrap() >= cached, "{:?}", next.usage);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_stop_strings_end_an_answer() {
    let models = models(|_| {});
    let question = "Count from one to fifty, in words.";
    let mut request = short(question);
    request.max_tokens = Some(3);
    let answer = say(&models, request.clone()).await;
    assert_eq!((answer.finish, answer.usage.unwrap().output_tokens), (Some(FinishReason::Length), Some(3)));

    request.max_tokens = Some(12);
    let whole = say(&models, request.clone()).await.text;
    let stop: String = whole.chars().skip(4).take(3).collect();
    request.stop = vec![stop.clone()];
    let answer = say(&models, request.clone()).await;
    assert_eq!((answer.finish, answer.text.as_str()), (Some(FinishReason::Stop), whole.split(&stop).next().unwrap()));

    let long = ask(&"word ".repeat(3000));
    let error = say(&models, long).await.error.unwrap();
    assert_eq!(error.kind, LlmErrorKind::ContextTooLong);
    assert!(error.message.contains("has 1024"), "{}", error.message);

    request.stop.clear();
    request.context_window = Some(64);
    request.messages[0].content = "word ".repeat(100);
    assert_eq!(say(&models, request).await.outcome(), "context_too_long");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_cancelled_between_tokens_and_another_waits_its_turn() {
    let models = models(|_| {});
    let cancel = CancellationToken::new();
    let long = aiia_llm::ChatRequest { max_tokens: None, ..ask("Write a very long story.") };
    let (_, stream) =
        collect_until(models.stream("embedded/default", long, cancel.clone()), |answer| !answer.text.is_empty()).await;
    let other = models.stream("embedded/default", short("Hi"), CancellationToken::new());
    let (waiting, other) = collect_until(other, |answer| !answer.statuses.is_empty()).await;
    assert_eq!(waiting.statuses, ["waiting for one other request"]);
    cancel.cancel();
    assert_eq!(collect(stream).await.outcome(), "cancelled");
    assert_eq!(collect(other).await.outcome(), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_unloaded_when_idle_and_loads_again() {
    let models = models(|settings| settings.idle_unload = Duration::from_millis(50));
    for _ in 0..2 {
        assert_eq!(say(&models, short("Hi")).await.outcome(), "ok");
        let deadline = Instant::now() + LIMIT;
        while models.embedded().is_loaded() {
            assert!(Instant::now() < deadline, "it is never unloaded");
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_download_is_recognised() {
    let path = weights();
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("part.gguf");
    let mut whole = std::fs::File::open(path).unwrap();
    let length = whole.metadata().unwrap().len();
    let mut copy = std::io::Read::take(&mut whole, length - 1);
    std::io::copy(&mut copy, &mut std::fs::File::create(&part).unwrap()).unwrap();
    let embedded = EmbeddedSettings { model_path: Some(part), ..EmbeddedSettings::default() };
    let models = Models::new(ModelsConfig { embedded, ..ModelsConfig::default() });
    let error = say(&models, short("Hi")).await.error.unwrap();
    assert_eq!(error.kind, LlmErrorKind::ModelFile);
    assert!(error.message.contains("is incomplete:"), "{}", error.message);
}
