//! Requests that wait for their turn at a provider.

mod common;

use aiia_llm::{Dialect, Models, ModelsConfig, ProviderConfig, Timeouts};
use aiia_tests::model_server::{Gate, ModelServer, Script};
use common::{Answer, LIMIT, ask, collect, collect_until};
use tokio_util::sync::CancellationToken;

fn limits() -> Timeouts {
    Timeouts { first_token: LIMIT, idle: LIMIT, ..Timeouts::default() }
}

fn config(providers: Vec<ProviderConfig>) -> ModelsConfig {
    ModelsConfig { providers, timeouts: limits(), ..ModelsConfig::default() }
}

fn named(name: &str, server: &ModelServer) -> ProviderConfig {
    ProviderConfig::new(name, Dialect::OpenaiChat, server.openai_url())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_gets_no_more_requests_at_a_time_than_it_may_have() {
    let server = ModelServer::start().unwrap();
    let gate = Gate::closed();
    server.next(Script::Numbered { count: 1, gate: gate.clone() });
    let mut limited = named("p", &server);
    limited.max_concurrent = Some(1);
    let models = Models::new(config(vec![limited]));
    let first = tokio::spawn(collect(models.stream("p/m", ask("Hi"), CancellationToken::new())));
    assert!(server.wait_for_chats(1, LIMIT));
    let second = models.stream("p/m", ask("Hi"), CancellationToken::new());
    let (waiting, second) = collect_until(second, |answer| !answer.statuses.is_empty()).await;
    assert!(waiting.statuses[0].contains("waiting for 'p'"), "{:?}", waiting.statuses);
    let cancelled = CancellationToken::new();
    let third = tokio::spawn(collect(models.stream("p/m", ask("Hi"), cancelled.clone())));
    cancelled.cancel();
    assert_eq!(third.await.unwrap().outcome(), "cancelled", "who waits can be cancelled");
    assert_eq!(server.chats().len(), 1);
    gate.release(2);
    assert_eq!(first.await.unwrap().outcome(), "ok");
    assert_eq!(collect(second).await.outcome(), "ok");
    assert_eq!(server.chats().len(), 2);
}

/// A question that waits for `p`, which is busy, while the configuration becomes `providers`.
async fn asked_while_it_changes(providers: Vec<ProviderConfig>) -> Answer {
    let busy = ModelServer::start().unwrap();
    let gate = Gate::closed();
    busy.next(Script::Numbered { count: 1, gate: gate.clone() });
    let mut limited = named("p", &busy).with_key("old");
    limited.max_concurrent = Some(1);
    let models = Models::new(config(vec![limited]));
    let first = tokio::spawn(collect(models.stream("p/m", ask("Hi"), CancellationToken::new())));
    assert!(busy.wait_for_chats(1, LIMIT));
    let second = models.stream("p/m", ask("Hi"), CancellationToken::new());
    let (_, second) = collect_until(second, |answer| !answer.statuses.is_empty()).await;
    let _changed = models.reconfigured(config(providers));
    gate.release(2);
    assert_eq!(first.await.unwrap().outcome(), "ok");
    let answer = collect(second).await;
    assert_eq!(busy.chats().len(), 1);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_while_a_request_waited_counts_for_it() {
    let other = ModelServer::start().unwrap();
    let mut changed = named("p", &other).with_key("new");
    changed.max_concurrent = Some(1);
    assert_eq!(asked_while_it_changes(vec![changed]).await.outcome(), "ok");
    assert_eq!(other.chats().len(), 1);
    assert_eq!(other.chats()[0].header("authorization"), Some("Bearer new"));
    let gone = asked_while_it_changes(vec![named("q", &other)]).await;
    let error = gone.error.unwrap();
    assert!(error.message.contains("There is no provider 'p' any more"), "{}", error.message);
    let mut away = ProviderConfig::new("p", Dialect::OpenaiChat, "https://models.invalid/v1");
    away.max_concurrent = Some(1);
    let kept = asked_while_it_changes(vec![away]).await.error.unwrap();
    assert!(kept.message.contains("was on this machine"), "what was for here alone is not sent away: {kept}");
}
