//! What providers tell of the cost of a request, and how one is told to keep a prompt.

use rstest::rstest;
use serde_json::{Value, json};

use super::super::{StreamState, chat_body};
use crate::chat::{ChatMessage, ChatRequest, Delta, Role, Usage};
use crate::provider::{Dialect, ProviderConfig};

/// The counts that the events of a stream tell last.
fn counted(dialect: Dialect, events: &[&str]) -> Usage {
    let mut state = StreamState::new(dialect);
    let deltas = events.iter().flat_map(|event| state.on_event(event).unwrap());
    let usage = deltas.filter_map(|delta| if let Delta::Usage(usage) = delta { Some(usage) } else { None });
    usage.last().unwrap_or_default()
}

#[rstest]
#[case::open_router(
    r#"{"prompt_tokens":9,"cost":0.00014,"is_byok":false,"cost_details":{"upstream_inference_cost":0.5}}"#,
    Some(140_000)
)]
#[case::with_a_key_of_ones_own(
    r#"{"prompt_tokens":9,"cost":0.25,"is_byok":true,"cost_details":{"upstream_inference_cost":0.5}}"#,
    Some(750_000_000)
)]
#[case::perplexity(r#"{"prompt_tokens":9,"cost":{"input_tokens_cost":0.1,"total_cost":0.3}}"#, Some(300_000_000))]
#[case::free(r#"{"prompt_tokens":9,"cost":0}"#, Some(0))]
#[case::nothing_said(r#"{"prompt_tokens":9,"cost":null}"#, None)]
#[case::no_cost(r#"{"prompt_tokens":9,"cost":-1}"#, None)]
#[case::too_much(r#"{"prompt_tokens":9,"cost":1e300}"#, None)]
#[case::a_text(r#"{"prompt_tokens":9,"cost":"cheap"}"#, None)]
fn what_a_provider_tells_as_the_cost_is_kept(#[case] usage: &str, #[case] expected: Option<u64>) {
    let event = format!(r#"{{"choices":[],"usage":{usage}}}"#);
    assert_eq!(counted(Dialect::OpenaiChat, &[&event]).told_cost, expected);
    let usage = usage.replace("prompt_tokens", "input_tokens");
    let event = format!(r#"{{"type":"response.completed","response":{{"status":"completed","usage":{usage}}}}}"#);
    assert_eq!(counted(Dialect::OpenaiResponses, &[&event]).told_cost, expected);
}

#[rstest]
#[case(
    Dialect::OpenaiChat,
    r#"{"choices":[],"usage":{"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":5}}}"#
)]
#[case(Dialect::OpenaiResponses, r#"{"type":"response.completed","response":{"usage":{"output_tokens":9,"output_tokens_details":{"reasoning_tokens":5}}}}"#)]
#[case(Dialect::Gemini, r#"{"usageMetadata":{"candidatesTokenCount":4,"thoughtsTokenCount":5}}"#)]
fn thinking_is_a_part_of_the_answer(#[case] dialect: Dialect, #[case] event: &str) {
    let usage = counted(dialect, &[event]);
    assert_eq!((usage.output_tokens, usage.reasoning_tokens), (Some(9), Some(5)));
}

#[test]
fn what_is_written_to_a_cache_is_a_part_of_the_prompt() {
    let start = r#"{"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":1}}}"#;
    let usage = counted(Dialect::AnthropicMessages, &[start]);
    assert_eq!((usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens), (Some(10), Some(3), Some(2)));
}

/// Where the body of a request asks to keep what stands before: `s` for the end of the instructions, numbers for turns.
fn marks(turns: &[(Role, usize)], goes_on: Option<bool>, provider: &ProviderConfig) -> String {
    let messages = turns.iter().map(|(role, size)| ChatMessage::new(*role, "x".repeat(*size))).collect();
    let body = chat_body(provider, &ChatRequest { messages, goes_on, ..ChatRequest::default() }).unwrap();
    let is_marked = |content: &Value| {
        let last = content.as_array().and_then(|parts| parts.last());
        last.is_some_and(|part| part["cache_control"] == json!({ "type": "ephemeral" }))
    };
    let mut found = if is_marked(&body["system"]) { "s".to_owned() } else { String::new() };
    for (index, turn) in body["messages"].as_array().unwrap().iter().enumerate() {
        if is_marked(&turn["content"]) {
            found.push_str(&index.to_string());
        }
    }
    found
}

#[rstest]
#[case::a_chat(&[(Role::System, 100), (Role::User, 5000)], Some(true), "s0")]
#[case::that_goes_on(&[(Role::System, 3000), (Role::User, 900), (Role::Assistant, 900), (Role::User, 9)], None, "s2")]
#[case::whose_beginning_changes(&[(Role::System, 3000), (Role::User, 900), (Role::Assistant, 900), (Role::User, 9)], Some(false), "")]
#[case::of_few_words(&[(Role::System, 100), (Role::User, 900)], Some(true), "")]
#[case::asked_once(&[(Role::System, 100), (Role::User, 90_000)], None, "")]
#[case::asked_once_with_long_instructions(&[(Role::System, 5000), (Role::User, 90_000)], None, "s")]
#[case::a_beginning_of_the_answer(&[(Role::User, 5000), (Role::Assistant, 9)], Some(true), "0")]
fn what_is_likely_to_be_read_again_is_kept(
    #[case] turns: &[(Role, usize)],
    #[case] goes_on: Option<bool>,
    #[case] expected: &str,
) {
    let mut provider = ProviderConfig::new("p", Dialect::AnthropicMessages, "http://h");
    assert_eq!(marks(turns, goes_on, &provider), expected);
    provider.quirks.prompt_cache = false;
    assert_eq!(marks(turns, goes_on, &provider), "");
}
