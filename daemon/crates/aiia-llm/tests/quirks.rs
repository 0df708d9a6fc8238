//! Models that depart from what their dialect allows, and are found out by asking; and providers that have another one answer.

mod common;

use std::time::Duration;

use aiia_llm::{ChatRequest, Dialect, Models, ModelsConfig, ProviderConfig, Timeouts};
use aiia_tests::model_server::{ModelServer, Script};
use common::{ask, collect, collect_until};
use rstest::rstest;
use serde_json::{Value, json};
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

/// What the requests had of the fields that models differ in.
fn fields(server: &ModelServer) -> Vec<Vec<&'static str>> {
    let known = ["max_tokens", "max_completion_tokens", "stream_options", "temperature"];
    let chats = server.chats().into_iter();
    chats.map(|chat| known.into_iter().filter(|field| chat.body.get(field).is_some()).collect()).collect()
}

#[tokio::test]
async fn a_model_that_names_what_it_does_not_take_is_asked_the_other_way_and_known_by_it() {
    let server = ModelServer::start().unwrap();
    let limit =
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    server.next(Script::error(400, limit));
    server.next(Script::error(400, "Unrecognized request argument supplied: stream_options"));
    let providers = vec![ProviderConfig::new("p", Dialect::OpenaiChat, server.openai_url())];
    let models = Models::new(ModelsConfig { providers, ..ModelsConfig::default() });
    let request = ChatRequest { max_tokens: Some(9), ..ask("Hi") };
    for _ in 0..2 {
        let answer = collect(models.stream("p/test-model", request.clone(), CancellationToken::new())).await;
        assert_eq!(answer.outcome(), "ok", "{:?}", answer.error);
    }
    let first = vec!["max_tokens", "stream_options"];
    let learnt = vec!["max_completion_tokens"];
    assert_eq!(fields(&server), [first, vec!["max_completion_tokens", "stream_options"], learnt.clone(), learnt]);
}

#[tokio::test]
async fn an_older_server_is_asked_by_the_older_name() {
    let server = ModelServer::start().unwrap();
    let body = r#"{"detail":[{"type":"extra_forbidden","loc":["body","max_completion_tokens"],"msg":"Extra inputs are not permitted"}]}"#;
    let headers = vec![("content-type".into(), "application/json".into())];
    server.next(Script::Answer { status: 422, headers: headers.clone(), body: body.to_owned() });
    let mut provider = ProviderConfig::new("p", Dialect::OpenaiChat, server.openai_url());
    provider.quirks.max_tokens_field = "max_completion_tokens".to_owned();
    let models = Models::new(ModelsConfig { providers: vec![provider], ..ModelsConfig::default() });
    let request = ChatRequest { max_tokens: Some(9), ..ask("Hi") };
    let answer = collect(models.stream("p/test-model", request.clone(), CancellationToken::new())).await;
    assert_eq!(answer.outcome(), "ok", "{:?}", answer.error);
    assert_eq!(fields(&server)[1], ["max_tokens", "stream_options"]);
    // What is refused otherwise is told with the field's name, and asked once.
    server.next(Script::Answer { status: 422, headers, body: body.replace("max_completion_tokens", "stop") });
    let refused = collect(models.stream("p/test-model", request, CancellationToken::new())).await.error.unwrap();
    assert!(refused.message.contains("stop: Extra inputs") && refused.hint.contains("`stop`"), "{refused:?}");
    assert_eq!(server.chats().len(), 3);
}

#[tokio::test]
async fn a_server_that_loads_its_model_is_waited_for_as_long_as_for_the_first_token() {
    let server = ModelServer::start().unwrap();
    let providers = vec![ProviderConfig::new("p", Dialect::OpenaiChat, server.openai_url())];
    let timeouts = |seconds| Timeouts { first_token: Duration::from_secs(seconds), ..Timeouts::default() };
    let loading = || Script::error(503, "Loading model");
    for _ in 0..4 {
        server.next(loading());
    }
    let config =
        |seconds| ModelsConfig { providers: providers.clone(), timeouts: timeouts(seconds), ..ModelsConfig::default() };
    let models = Models::new(config(60));
    let answer = collect(models.stream("p/test-model", ask("Hi"), CancellationToken::new())).await;
    assert_eq!(answer.outcome(), "ok", "{:?}", answer.error);
    assert!(answer.statuses.iter().all(|status| status.contains("loading its model")), "{:?}", answer.statuses);
    server.always(loading());
    let answer = collect(Models::new(config(2)).stream("p/test-model", ask("Hi"), CancellationToken::new())).await;
    let error = answer.error.unwrap();
    assert!(error.hint.contains("timeouts.first_token"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_keeps_no_prompts_is_asked_without_and_known_by_it() {
    let server = ModelServer::start().unwrap();
    server.next(Script::error(400, "system.0.cache_control: Extra inputs are not permitted"));
    let providers = vec![ProviderConfig::new("p", Dialect::AnthropicMessages, server.base_url("anthropic_messages"))];
    let models = Models::new(ModelsConfig { providers, ..ModelsConfig::default() });
    let request = ChatRequest { goes_on: Some(true), ..ask(&"Long. ".repeat(2000)) };
    for _ in 0..2 {
        let answer = collect(models.stream("p/test-model", request.clone(), CancellationToken::new())).await;
        assert_eq!(answer.outcome(), "ok", "{:?}", answer.error);
    }
    let asked: Vec<bool> = server.chats().iter().map(|chat| chat.body.to_string().contains("cache_control")).collect();
    assert_eq!(asked, [true, false, false]);
}

/// The body of an answer in Anthropic's dialect, with these blocks before its text.
fn passed_on(blocks: &[Value]) -> Script {
    let events =
        blocks.iter().map(|block| json!({"type": "content_block_start", "index": 0, "content_block": block})).chain([
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Yes."}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 6}}),
            json!({"type": "message_stop"}),
        ]);
    Script::Raw(events.map(|event| format!("data: {event}\n\n").into_bytes()).collect())
}

#[tokio::test]
async fn that_a_provider_passed_the_question_on_is_told() {
    let server = ModelServer::start().unwrap();
    let providers = vec![ProviderConfig::new("p", Dialect::AnthropicMessages, server.base_url("anthropic_messages"))];
    let models = Models::new(ModelsConfig { providers, ..ModelsConfig::default() });
    let to = |model: &str| json!({"type": "fallback", "from": {"model": "a"}, "to": {"model": model}});
    let many: Vec<_> = (0..1000).map(|number| to(&format!("m{number}"))).collect();
    for (blocks, told) in [
        (vec![to("b")], vec!["p/b"]),
        (vec![to("b"), to("c")], vec!["p/b", "p/c"]),
        // What is no name of a model is none.
        (vec![to(""), to("b\u{1b}[2J"), to(&"b".repeat(1000)), json!({"type": "fallback", "to": 3})], Vec::new()),
    ] {
        server.next(passed_on(&blocks));
        let answer = collect(models.stream("p/a", ask("Hi"), CancellationToken::new())).await;
        assert_eq!((answer.text.as_str(), answer.outcome()), ("Yes.", "ok"), "{:?}", answer.error);
        assert_eq!(answer.fallbacks, told);
    }
    server.next(passed_on(&many));
    let answer = collect(models.stream("p/a", ask("Hi"), CancellationToken::new())).await;
    assert!(answer.fallbacks.len() < 10, "{}", answer.fallbacks.len());
}
