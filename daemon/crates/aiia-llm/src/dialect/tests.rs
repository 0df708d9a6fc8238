//! Replays of streams, event by event.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::chat::{ChatMessage, Role};
use crate::provider::ProviderConfig;

/// The deltas of a replayed stream, one a line, the error last.
fn replay(dialect: Dialect, events: &[&str]) -> String {
    let mut state = StreamState::new(dialect);
    let mut lines = Vec::new();
    for event in events {
        match state.on_event(event) {
            Ok(deltas) => lines.extend(deltas.iter().map(show)),
            Err(error) => {
                lines.push(format!("error {}", error.kind.as_str()));
                return lines.join("\n");
            }
        }
    }
    match state.on_end() {
        Ok(deltas) => lines.extend(deltas.iter().map(show)),
        Err(error) => lines.push(format!("error {}", error.kind.as_str())),
    }
    lines.join("\n")
}

fn show(delta: &Delta) -> String {
    let number = |count: Option<u64>| count.map_or("?".to_owned(), |count| count.to_string());
    match delta {
        Delta::Status(text) => format!("status {text}"),
        Delta::Text(text) => format!("text {text}"),
        Delta::Reasoning(text) => format!("reasoning {text}"),
        Delta::Usage(usage) => format!(
            "usage {} {} {}",
            number(usage.input_tokens),
            number(usage.output_tokens),
            number(usage.cached_tokens)
        ),
        Delta::Finish(reason) => format!("finish {reason:?}"),
    }
}

/// An event with a piece of text; leaked, so that cases can be written as lists of `&str`.
fn text(content: &str) -> &'static str {
    let event = json!({ "choices": [{ "index": 0, "delta": { "content": content }, "finish_reason": null }] });
    String::leak(event.to_string())
}

const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

#[rstest]
#[case::plain(&[text("a"), text("b"), STOP, "[DONE]"], "text a\ntext b\nfinish Stop")]
#[case::first_chunk_has_a_role(&[r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, text("a"), STOP], "text a\nfinish Stop")]
#[case::done_missing(&[text("a"), STOP], "text a\nfinish Stop")]
#[case::done_doubled(&[text("a"), STOP, "[DONE]", "[DONE]"], "text a\nfinish Stop")]
#[case::nothing_counts_after_done(&[text("a"), STOP, "[DONE]", text("b"), "garbage"], "text a\nfinish Stop")]
#[case::done_without_reason(&[text("a"), "[DONE]"], "text a\nfinish Stop")]
#[case::cut_off(&[text("a")], "text a\nerror cut_off")]
#[case::nothing_at_all(&[], "error cut_off")]
#[case::length(&[text("a"), r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#], "text a\nfinish Length")]
#[case::filter(&[r#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#], "finish ContentFilter")]
#[case::tool_calls_are_left_alone(&[
    r#"{"choices":[{"delta":{"content":null,"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{"}}]}}]}"#,
    r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#, "[DONE]"], "finish Other(\"tool_calls\")")]
#[case::reasoning_content(&[r#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#, text("a"), STOP], "reasoning hm\ntext a\nfinish Stop")]
#[case::reasoning(&[r#"{"choices":[{"delta":{"reasoning":"hm","content":""}}]}"#, STOP], "reasoning hm\nfinish Stop")]
#[case::both_reasonings_are_one(&[r#"{"choices":[{"delta":{"reasoning":"hm","reasoning_content":"hm"}}]}"#, STOP], "reasoning hm\nfinish Stop")]
#[case::think_stays_text(&[text("<think>x</think>a"), STOP], "text <think>x</think>a\nfinish Stop")]
#[case::usage_after_finish(&[text("a"), STOP,
    r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":3}}}"#, "[DONE]"],
    "text a\nusage 7 2 3\nfinish Stop")]
#[case::usage_null(&[r#"{"choices":[{"delta":{"content":"a"}}],"usage":null}"#, STOP], "text a\nfinish Stop")]
#[case::usage_repeated(&[r#"{"choices":[],"usage":{"prompt_tokens":7}}"#, r#"{"choices":[],"usage":{"prompt_tokens":7}}"#, STOP], "usage 7 ? ?\nfinish Stop")]
#[case::second_choice_ignored(&[r#"{"choices":[{"index":1,"delta":{"content":"x"}},{"index":0,"delta":{"content":"a"}}]}"#, STOP], "text a\nfinish Stop")]
#[case::text_parts(&[r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#, STOP], "text ab\nfinish Stop")]
#[case::whole_message(&[r#"{"choices":[{"message":{"role":"assistant","content":"all"},"finish_reason":"stop"}]}"#], "text all\nfinish Stop")]
#[case::ping(&[r#"{"type":"ping"}"#, text("a"), STOP], "text a\nfinish Stop")]
#[case::error_in_the_middle(&[text("a"), r#"{"error":{"message":"CUDA out of memory","type":"server_error"}}"#], "text a\nerror server")]
#[case::error_with_code(&[r#"{"error":{"message":"slow","code":429}}"#], "error quota")]
#[case::error_as_text(&[r#"{"error":"boom"}"#], "error server")]
#[case::garbage(&[text("a"), "}{"], "text a\nerror malformed")]
#[case::no_object(&["42"], "error malformed")]
fn openai_chat_streams(#[case] events: &[&str], #[case] expected: &str) {
    assert_eq!(replay(Dialect::OpenaiChat, events), expected);
}

#[rstest]
#[case::plain(&[
    r#"{"model":"m","message":{"role":"assistant","content":"a"},"done":false}"#,
    r#"{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":1}"#],
    "text a\nusage 9 1 ?\nfinish Stop")]
#[case::thinking(&[r#"{"message":{"content":"","thinking":"hm"},"done":false}"#, r#"{"message":{"content":"a"},"done":true}"#], "reasoning hm\ntext a\nfinish Stop")]
#[case::length(&[r#"{"message":{"content":""},"done":true,"done_reason":"length"}"#], "finish Length")]
#[case::tool_calls_are_left_alone(&[r#"{"message":{"content":"","tool_calls":[{"function":{"name":"f"}}]},"done":false}"#, r#"{"done":true}"#], "finish Stop")]
#[case::doubled_end(&[r#"{"done":true}"#, r#"{"done":true}"#], "finish Stop")]
#[case::cut_off(&[r#"{"message":{"content":"a"},"done":false}"#], "text a\nerror cut_off")]
#[case::error(&[r#"{"message":{"content":"a"},"done":false}"#, r#"{"error":"an error was encountered while running the model"}"#], "text a\nerror server")]
#[case::garbage(&["data: {}"], "error malformed")]
fn ollama_streams(#[case] events: &[&str], #[case] expected: &str) {
    assert_eq!(replay(Dialect::Ollama, events), expected);
}

fn request() -> ChatRequest {
    ChatRequest {
        model: "m".into(),
        messages: vec![ChatMessage::new(Role::System, "s"), ChatMessage::new(Role::User, "u")],
        max_tokens: Some(5),
        temperature: Some(0.5),
        stop: vec!["END".into()],
        context_window: Some(4096),
    }
}

#[test]
fn openai_chat_body() {
    let provider = ProviderConfig::new("p", Dialect::OpenaiChat, "http://h/v1");
    assert_eq!(
        chat_body(&provider, &request()),
        json!({ "model": "m", "stream": true, "stream_options": { "include_usage": true }, "max_tokens": 5, "temperature": 0.5, "stop": ["END"],
            "messages": [{ "role": "system", "content": "s" }, { "role": "user", "content": "u" }] })
    );
}

#[test]
fn openai_chat_quirks() {
    let mut provider = ProviderConfig::new("p", Dialect::OpenaiChat, "http://h/v1");
    provider.quirks.max_tokens_field = "max_completion_tokens".into();
    provider.quirks.stream_usage = false;
    let body = chat_body(&provider, &request());
    assert_eq!(
        (&body["max_completion_tokens"], &body["max_tokens"], &body["stream_options"]),
        (&json!(5), &json!(null), &json!(null))
    );
}

#[test]
fn ollama_body_always_names_the_window() {
    let mut provider = ProviderConfig::new("p", Dialect::Ollama, "http://h");
    let options = |provider: &ProviderConfig, request: &ChatRequest| chat_body(provider, request)["options"].clone();
    assert_eq!(
        options(&provider, &request()),
        json!({ "num_ctx": 4096, "num_predict": 5, "temperature": 0.5, "stop": ["END"] })
    );
    assert_eq!(options(&provider, &ChatRequest::default()), json!({ "num_ctx": 8192 }));
    provider.context_window = Some(1024);
    assert_eq!(options(&provider, &ChatRequest::default()), json!({ "num_ctx": 1024 }));
}

#[test]
fn listings() {
    let names = |dialect, body| {
        listed_models(dialect, &body)
            .map(|models| models.into_iter().map(|m| (m.name, m.context_window)).collect::<Vec<_>>())
    };
    assert_eq!(
        names(
            Dialect::OpenaiChat,
            json!({ "data": [{ "id": "a" }, { "id": "b", "meta": { "n_ctx_train": 32768 } }, { "no": 1 }] })
        ),
        Some(vec![("a".into(), None), ("b".into(), Some(32768))])
    );
    assert_eq!(
        names(Dialect::Ollama, json!({ "models": [{ "name": "q:7b", "size": 5 }] })),
        Some(vec![("q:7b".into(), None)])
    );
    assert_eq!(names(Dialect::Ollama, json!({ "hello": "world" })), None);
    assert_eq!(names(Dialect::OpenaiChat, json!([])), None);
}
