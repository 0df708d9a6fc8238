//! Models that depart from what their dialect allows, and are found out by asking.

mod common;

use aiia_llm::{ChatRequest, Dialect, Models, ModelsConfig, ProviderConfig};
use aiia_tests::model_server::{ModelServer, Script};
use common::{ask, collect, collect_until};
use rstest::rstest;
use tokio_util::sync::CancellationToken;

#[rstest]
#[case("Unsupported value: 'temperature' does not support 0 with this model.")]
#[case("`temperature` is deprecated for this model.")]
#[tokio::test]
async fn a_model_that_takes_no_temperature_is_asked_without_and_known_by_it(#[case] complaint: &str) {
    let server = ModelServer::start().unwrap();
    server.next(Script::error(400, complaint));
    let providers = vec![ProviderConfig::new("p", Dialect::OpenaiChat, server.openai_url())];
    let models = Models::new(ModelsConfig { providers, ..ModelsConfig::default() });
    let request = ChatRequest { temperature: Some(0.0), ..ask("Hi") };
    let first = collect(models.stream("p/test-model", request.clone(), CancellationToken::new())).await;
    assert_eq!((first.outcome(), first.statuses.len()), ("ok", 0), "nobody has to know");
    let (next, _) = collect_until(models.stream("p/test-model", request, CancellationToken::new()), |_| false).await;
    assert_eq!((next.outcome(), next.usage.is_some()), ("ok", true));
    let sent: Vec<bool> = server.chats().iter().map(|chat| chat.body.get("temperature").is_some()).collect();
    assert_eq!(sent, [true, false, false]);
}
