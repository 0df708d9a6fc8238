//! Replays of streams, event by event.

mod costs;
mod recorded;
mod servers;

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::chat::{ChatMessage, Gap, Image, Role};
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
        Delta::Fallback { to, .. } => format!("fallback {to}"),
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

/// An event of the dialect with a piece of text, which is JSON already.
fn piece(dialect: Dialect, text: &str) -> &'static str {
    String::leak(match dialect {
        Dialect::OpenaiResponses => format!(r#"{{"type":"response.output_text.delta","delta":{text}}}"#),
        Dialect::AnthropicMessages => {
            format!(r#"{{"type":"content_block_delta","delta":{{"type":"text_delta","text":{text}}}}}"#)
        }
        Dialect::Gemini => format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":{text}}}]}}}}]}}"#),
        Dialect::Ollama => format!(r#"{{"message":{{"content":{text}}},"done":false}}"#),
        Dialect::CompletionsFim => format!(r#"{{"choices":[{{"index":0,"text":{text}}}]}}"#),
        _ => format!(r#"{{"choices":[{{"index":0,"delta":{{"content":{text}}}}}]}}"#),
    })
}

#[rstest]
fn halves_of_a_letter_in_two_events_are_that_letter(
    #[values(
        Dialect::OpenaiChat,
        Dialect::OpenaiResponses,
        Dialect::AnthropicMessages,
        Dialect::Gemini,
        Dialect::Ollama,
        Dialect::CompletionsFim
    )]
    dialect: Dialect,
) {
    let said = |pieces: &[&str]| {
        let mut state = StreamState::new(dialect);
        let mut text = String::new();
        for one in pieces {
            for delta in state.on_event(piece(dialect, one)).unwrap() {
                let Delta::Text(more) = delta else { panic!("{delta:?}") };
                assert!(!more.is_empty());
                text.push_str(&more);
            }
        }
        state.close();
        for delta in state.on_end().unwrap() {
            if let Delta::Text(more) = delta {
                text.push_str(&more);
            }
        }
        text
    };
    for (pieces, expected) in [
        (&[r#""a\ud83d""#, r#""\ude00b""#][..], "a\u{1f600}b"),
        (&[r#""\ud83d""#, r#""""#, r#""\ude00\ud83d""#, r#""\ude01""#], "\u{1f600}\u{1f601}"),
        (&[r#""\ud83d""#, r#""b""#, r#""\ude00""#], "\u{fffd}b\u{fffd}"),
        (&[r#""\ud83d""#, r#""\ud83d\ude00""#], "\u{fffd}\u{1f600}"),
        (&[r#""\ud83d""#, r#""\ud83d""#, r#""\ude00""#], "\u{fffd}\u{1f600}"),
        (&[r#""a\ud83d""#], "a\u{fffd}"),
        (&[r#""\ude00a\ud83db""#], "\u{fffd}a\u{fffd}b"),
    ] {
        assert_eq!(said(pieces), expected, "{pieces:?}");
    }
}

#[test]
fn halves_of_thought_and_of_text_are_no_letter() {
    let thought = r#"{"choices":[{"delta":{"reasoning_content":"\ud83d"}}]}"#;
    let text = piece(Dialect::OpenaiChat, r#""\ude00""#);
    let error = r#"{"error":{"message":"no \ud83d"}}"#;
    assert_eq!(replay(Dialect::OpenaiChat, &[thought, text, STOP]), "reasoning \u{fffd}\ntext \u{fffd}\nfinish Stop");
    let failed = StreamState::new(Dialect::OpenaiChat).on_event(error).unwrap_err();
    assert!(failed.message.ends_with("no \u{fffd}"), "{failed}");
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
#[case::an_empty_reason_is_none(&[r#"{"choices":[{"delta":{"content":"a"},"finish_reason":""}]}"#], "text a\nerror cut_off")]
#[case::more_after_a_reason(&[r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#, text("b")], "text a\ntext b\nerror cut_off")]
#[case::filter(&[r#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#], "finish ContentFilter")]
#[case::tool_calls_are_left_alone(&[
    r#"{"choices":[{"delta":{"content":null,"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{"}}]}}]}"#,
    r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#, "[DONE]"], "finish Other(\"tool_calls\")")]
#[case::a_tool_and_an_ordinary_end(&[r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f"}}]},"finish_reason":"stop"}]}"#], "finish Other(\"tool_calls\")")]
#[case::a_tool_after_words(&[text("a"), r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f"}}]},"finish_reason":"stop"}]}"#], "text a\nfinish Stop")]
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
#[case::tool_calls_are_left_alone(&[r#"{"message":{"content":"","tool_calls":[{"function":{"name":"f"}}]},"done":false}"#, r#"{"done":true}"#], "finish Other(\"tool_calls\")")]
#[case::doubled_end(&[r#"{"done":true}"#, r#"{"done":true}"#], "finish Stop")]
#[case::cut_off(&[r#"{"message":{"content":"a"},"done":false}"#], "text a\nerror cut_off")]
#[case::error(&[r#"{"message":{"content":"a"},"done":false}"#, r#"{"error":"an error was encountered while running the model"}"#], "text a\nerror server")]
#[case::garbage(&["data: {}"], "error malformed")]
fn ollama_streams(#[case] events: &[&str], #[case] expected: &str) {
    assert_eq!(replay(Dialect::Ollama, events), expected);
}

const MESSAGE_START: &str = r#"{"type":"message_start","message":{"content":[],"usage":{"input_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":1}}}"#;
const BLOCK_START: &str = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
const BLOCK_TEXT: &str = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#;
const BLOCK_STOP: &str = r#"{"type":"content_block_stop","index":0}"#;
const MESSAGE_DELTA: &str =
    r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}}"#;
const MESSAGE_STOP: &str = r#"{"type":"message_stop"}"#;

#[rstest]
#[case::plain(&[MESSAGE_START, BLOCK_START, r#"{"type":"ping"}"#, BLOCK_TEXT, BLOCK_STOP, MESSAGE_DELTA, MESSAGE_STOP],
    "usage 10 ? 3\ntext a\nusage 10 7 3\nfinish Stop")]
#[case::text_at_the_start_of_a_block(&[r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"x"}}"#, BLOCK_TEXT, MESSAGE_STOP],
    "text x\ntext a\nfinish Stop")]
#[case::thinking(&[r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}"#, BLOCK_STOP, BLOCK_TEXT, MESSAGE_STOP],
    "reasoning hm\ntext a\nfinish Stop")]
#[case::redacted_thinking(&[r#"{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"Emw"}}"#, MESSAGE_STOP], "finish Stop")]
#[case::tools_are_left_alone(&[r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#, MESSAGE_STOP], "finish Other(\"tool_use\")")]
#[case::length(&[BLOCK_TEXT, r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens"}}"#, MESSAGE_STOP], "text a\nfinish Length")]
#[case::window(&[r#"{"type":"message_delta","delta":{"stop_reason":"model_context_window_exceeded"}}"#], "finish Length")]
#[case::refusal(&[r#"{"type":"message_delta","delta":{"stop_reason":"refusal"}}"#, MESSAGE_STOP], "finish ContentFilter")]
#[case::stop_doubled(&[BLOCK_TEXT, MESSAGE_STOP, MESSAGE_STOP, BLOCK_TEXT], "text a\nfinish Stop")]
#[case::stop_missing(&[BLOCK_TEXT, MESSAGE_DELTA], "text a\nusage ? 7 ?\nfinish Stop")]
#[case::cut_off(&[MESSAGE_START, BLOCK_TEXT], "usage 10 ? 3\ntext a\nerror cut_off")]
#[case::overloaded(&[BLOCK_TEXT, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#], "text a\nerror server")]
#[case::rate_limit(&[r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#], "error quota")]
#[case::unknown_events(&[r#"{"type":"new_thing","text":"x"}"#, "{}", BLOCK_TEXT, MESSAGE_STOP], "text a\nfinish Stop")]
#[case::wrong_types(&[r#"{"type":"content_block_delta","delta":{"text":7}}"#, r#"{"type":"message_start","message":3}"#, r#"{"type":4}"#, MESSAGE_STOP], "finish Stop")]
#[case::whole(&[r#"{"type":"message","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"all"}],"stop_reason":"end_turn","usage":{"input_tokens":2,"output_tokens":1}}"#],
    "reasoning hm\ntext all\nusage 2 1 ?\nfinish Stop")]
#[case::garbage(&[BLOCK_TEXT, "}{"], "text a\nerror malformed")]
fn anthropic_streams(#[case] events: &[&str], #[case] expected: &str) {
    assert_eq!(replay(Dialect::AnthropicMessages, events), expected);
}

const PART: &str = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"a"}]},"index":0}]}"#;
const LAST: &str = r#"{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"thoughtsTokenCount":5,"cachedContentTokenCount":4,"totalTokenCount":16}}"#;

#[rstest]
#[case::plain(&[PART, LAST], "text a\ntext b\nusage 9 7 4\nfinish Stop")]
#[case::no_index(&[r#"{"candidates":[{"content":{"parts":[{"text":"a"},{"text":"b"}]}}]}"#, LAST], "text a\ntext b\ntext b\nusage 9 7 4\nfinish Stop")]
#[case::thoughts(&[r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"a","thoughtSignature":"x"}]},"finishReason":"STOP"}]}"#], "reasoning hm\ntext a\nfinish Stop")]
#[case::usage_of_the_prompt_first(&[r#"{"usageMetadata":{"promptTokenCount":9}}"#, LAST], "usage 9 ? ?\ntext b\nusage 9 7 4\nfinish Stop")]
#[case::tools_are_left_alone(&[r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}]}"#], "finish Other(\"tool_calls\")")]
#[case::a_tool_after_words(&[PART, r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}]}"#], "text a\nfinish Stop")]
#[case::malformed_call(&[r#"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#], "finish Other(\"MALFORMED_FUNCTION_CALL\")")]
#[case::length(&[PART, r#"{"candidates":[{"finishReason":"MAX_TOKENS"}]}"#], "text a\nfinish Length")]
#[case::safety(&[PART, r#"{"candidates":[{"finishReason":"SAFETY"}]}"#], "text a\nfinish ContentFilter")]
#[case::second_candidate(&[r#"{"candidates":[{"index":1,"content":{"parts":[{"text":"x"}]},"finishReason":"MAX_TOKENS"}]}"#, LAST], "text b\nusage 9 7 4\nfinish Stop")]
#[case::prompt_blocked(&[r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#], "error content_filter")]
#[case::cut_off(&[PART], "text a\nerror cut_off")]
#[case::error(&[PART, r#"{"error":{"code":503,"message":"The model is overloaded","status":"UNAVAILABLE"}}"#], "text a\nerror server")]
#[case::quota(&[r#"{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED"}}"#], "error quota")]
#[case::array_of_events(&[r#"[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},{"candidates":[{"finishReason":"STOP"}]}]"#], "text a\nfinish Stop")]
#[case::wrong_types(&[r#"{"candidates":{"content":1}}"#, r#"{"candidates":[{"content":{"parts":[{"text":1}]}}]}"#, PART], "text a\nerror cut_off")]
#[case::garbage(&["[1]"], "error malformed")]
fn gemini_streams(#[case] events: &[&str], #[case] expected: &str) {
    assert_eq!(replay(Dialect::Gemini, events), expected);
}

const OUTPUT: &str =
    r#"{"type":"response.output_text.delta","item_id":"i","output_index":0,"content_index":0,"delta":"a"}"#;
const COMPLETED: &str = r#"{"type":"response.completed","response":{"status":"completed","error":null,"usage":{"input_tokens":9,"output_tokens":2,"input_tokens_details":{"cached_tokens":4}}}}"#;

#[rstest]
#[case::plain(&[r#"{"type":"response.created","response":{"status":"in_progress","error":null}}"#, r#"{"type":"response.output_item.added","item":{"type":"message"}}"#,
    OUTPUT, r#"{"type":"response.output_text.done","text":"a"}"#, COMPLETED], "text a\nusage 9 2 4\nfinish Stop")]
#[case::reasoning(&[r#"{"type":"response.reasoning_summary_part.added","summary_index":0}"#, r#"{"type":"response.reasoning_summary_text.delta","delta":"hm"}"#,
    r#"{"type":"response.reasoning_summary_part.added","summary_index":1}"#, r#"{"type":"response.reasoning_text.delta","delta":"so"}"#, COMPLETED],
    "reasoning hm\nreasoning \n\n\nreasoning so\nusage 9 2 4\nfinish Stop")]
#[case::refusal(&[r#"{"type":"response.refusal.delta","delta":"no"}"#, COMPLETED], "text no\nusage 9 2 4\nfinish Stop")]
#[case::tools_are_left_alone(&[r#"{"type":"response.function_call_arguments.delta","delta":"{"}"#, COMPLETED], "usage 9 2 4\nfinish Other(\"tool_calls\")")]
#[case::a_tool_after_words(&[OUTPUT, r#"{"type":"response.output_item.added","item":{"type":"function_call","name":"f"}}"#, COMPLETED], "text a\nusage 9 2 4\nfinish Stop")]
#[case::a_tool_at_the_end(&[r#"{"type":"response.completed","response":{"status":"completed","output":[{"type":"function_call","name":"f"}]}}"#], "finish Other(\"tool_calls\")")]
#[case::length(&[OUTPUT, r#"{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}"#], "text a\nfinish Length")]
#[case::filter(&[r#"{"type":"response.incomplete","response":{"incomplete_details":{"reason":"content_filter"}}}"#], "finish ContentFilter")]
#[case::nothing_counts_after_the_end(&[OUTPUT, COMPLETED, OUTPUT, "garbage"], "text a\nusage 9 2 4\nfinish Stop")]
#[case::failed(&[OUTPUT, r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"}}}"#], "text a\nerror quota")]
#[case::error(&[r#"{"type":"error","code":"server_error","message":"boom"}"#], "error server")]
#[case::cut_off(&[OUTPUT], "text a\nerror cut_off")]
#[case::whole(&[r#"{"object":"response","status":"completed","error":null,"output":[{"type":"reasoning","summary":[]},{"type":"message","content":[{"type":"output_text","text":"all"}]}],"usage":{"input_tokens":1,"output_tokens":1}}"#],
    "text all\nusage 1 1 ?\nfinish Stop")]
#[case::wrong_types(&[r#"{"type":"response.output_text.delta","delta":{}}"#, r#"{"type":"response.completed","response":"x"}"#], "finish Stop")]
fn responses_streams(#[case] events: &[&str], #[case] expected: &str) {
    assert_eq!(replay(Dialect::OpenaiResponses, events), expected);
}

#[rstest]
#[case::plain(&[r#"{"choices":[{"index":0,"text":"a","finish_reason":null}]}"#, r#"{"choices":[{"text":"","finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#, "[DONE]"],
    "text a\nusage 3 1 ?\nfinish Stop")]
#[case::as_a_chat(&[r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"length"}]}"#, "[DONE]"], "text a\nfinish Length")]
#[case::infill(&[r#"{"index":0,"content":"a","stop":false}"#, r#"{"content":"","stop":true,"stop_type":"eos","tokens_predicted":1,"tokens_evaluated":3}"#], "text a\nusage 3 1 ?\nfinish Stop")]
#[case::infill_limited(&[r#"{"content":"a","stop":true,"stop_type":"limit"}"#], "text a\nfinish Length")]
#[case::error(&[r#"{"error":{"message":"boom"}}"#], "error server")]
#[case::cut_off(&[r#"{"choices":[{"text":"a"}]}"#], "text a\nerror cut_off")]
fn completions_streams(#[case] events: &[&str], #[case] expected: &str) {
    assert_eq!(replay(Dialect::CompletionsFim, events), expected);
}

fn request() -> ChatRequest {
    ChatRequest {
        gap: None,
        model: "m".into(),
        messages: vec![ChatMessage::new(Role::System, "s"), ChatMessage::new(Role::User, "u")],
        max_tokens: Some(5),
        temperature: Some(0.5),
        stop: vec!["END".into()],
        context_window: Some(4096),
        goes_on: None,
    }
}

#[test]
fn openai_chat_body() {
    let provider = ProviderConfig::new("p", Dialect::OpenaiChat, "http://h/v1");
    assert_eq!(
        chat_body(&provider, &request()).unwrap(),
        json!({ "model": "m", "stream": true, "stream_options": { "include_usage": true }, "max_tokens": 5, "temperature": 0.5, "stop": ["END"],
            "messages": [{ "role": "system", "content": "s" }, { "role": "user", "content": "u" }] })
    );
}

#[test]
fn openai_chat_quirks() {
    let mut provider = ProviderConfig::new("p", Dialect::OpenaiChat, "http://h/v1");
    provider.quirks.max_tokens_field = "max_completion_tokens".into();
    provider.quirks.stream_usage = false;
    let body = chat_body(&provider, &request()).unwrap();
    assert_eq!(
        (&body["max_completion_tokens"], &body["max_tokens"], &body["stream_options"]),
        (&json!(5), &json!(null), &json!(null))
    );
}

#[test]
fn ollama_body_always_names_the_window() {
    let mut provider = ProviderConfig::new("p", Dialect::Ollama, "http://h");
    let options =
        |provider: &ProviderConfig, request: &ChatRequest| chat_body(provider, request).unwrap()["options"].clone();
    assert_eq!(
        options(&provider, &request()),
        json!({ "num_ctx": 4096, "num_predict": 5, "temperature": 0.5, "stop": ["END"] })
    );
    assert_eq!(options(&provider, &ChatRequest::default()), json!({ "num_ctx": 8192 }));
    provider.context_window = Some(1024);
    assert_eq!(options(&provider, &ChatRequest::default()), json!({ "num_ctx": 1024 }));
}

/// The body for a conversation of all roles, with a picture.
fn illustrated(dialect: Dialect) -> Value {
    let mut request = request();
    request.messages.push(ChatMessage::new(Role::Assistant, "a"));
    let mut last = ChatMessage::new(Role::User, "see");
    last.images.push(Image { media_type: "image/png".into(), data: "QUJD".into() });
    request.messages.push(last);
    chat_body(&ProviderConfig::new("p", dialect, "http://h/v1"), &request).unwrap()
}

#[test]
fn anthropic_body() {
    assert_eq!(
        illustrated(Dialect::AnthropicMessages),
        json!({ "model": "m", "max_tokens": 5, "stream": true, "system": "s", "temperature": 0.5, "stop_sequences": ["END"],
            "messages": [{ "role": "user", "content": "u" }, { "role": "assistant", "content": "a" }, { "role": "user", "content": [
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "QUJD" } }, { "type": "text", "text": "see" }] }] })
    );
    let body = chat_body(&ProviderConfig::new("p", Dialect::AnthropicMessages, "http://h"), &ChatRequest::default());
    assert_eq!(body.unwrap()["max_tokens"], 4096, "it does not go without");
}

#[test]
fn gemini_body() {
    assert_eq!(
        illustrated(Dialect::Gemini),
        json!({ "systemInstruction": { "parts": [{ "text": "s" }] },
            "contents": [{ "role": "user", "parts": [{ "text": "u" }] }, { "role": "model", "parts": [{ "text": "a" }] },
                { "role": "user", "parts": [{ "inlineData": { "mimeType": "image/png", "data": "QUJD" } }, { "text": "see" }] }],
            "generationConfig": { "maxOutputTokens": 5, "temperature": 0.5, "stopSequences": ["END"] } })
    );
}

#[test]
fn responses_body() {
    let text = |kind, text| json!({ "type": kind, "text": text });
    assert_eq!(
        illustrated(Dialect::OpenaiResponses),
        json!({ "model": "m", "instructions": "s", "stream": true, "store": false, "max_output_tokens": 5, "temperature": 0.5,
            "input": [{ "role": "user", "content": [text("input_text", "u")] }, { "role": "assistant", "content": [text("output_text", "a")] },
                { "role": "user", "content": [{ "type": "input_image", "image_url": "data:image/png;base64,QUJD" }, text("input_text", "see")] }] })
    );
}

#[test]
fn pictures_of_the_others() {
    assert_eq!(
        illustrated(Dialect::OpenaiChat)["messages"][3]["content"],
        json!([{ "type": "image_url", "image_url": { "url": "data:image/png;base64,QUJD" } }, { "type": "text", "text": "see" }])
    );
    assert_eq!(
        illustrated(Dialect::Ollama)["messages"][3],
        json!({ "role": "user", "content": "see", "images": ["QUJD"] })
    );
}

#[rstest]
#[case::by_family(
    "auto",
    "Qwen2.5-Coder:1.5b",
    "b",
    "/v1/completions",
    "prompt",
    "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>"
)]
#[case::nothing_follows("auto", "qwen", "", "/v1/completions", "prompt", "a")]
#[case::unknown_family("auto", "gpt-3.5-turbo-instruct", "b", "/v1/completions", "suffix", "b")]
#[case::field("suffix", "qwen", "b", "/v1/completions", "suffix", "b")]
#[case::own_template("<P>{prefix}<S>{suffix}<M>", "qwen", "b", "/v1/completions", "prompt", "<P>a<S>b<M>")]
#[case::infill("infill", "qwen", "b", "/v1/infill", "input_suffix", "b")]
fn gaps(
    #[case] fill: &str,
    #[case] model: &str,
    #[case] suffix: &str,
    #[case] path: &str,
    #[case] field: &str,
    #[case] value: &str,
) {
    let mut provider = ProviderConfig::new("p", Dialect::CompletionsFim, "http://h/v1");
    provider.quirks.fill = fill.into();
    let gap = Some(Gap { prefix: "a".into(), suffix: suffix.into() });
    let request = ChatRequest { model: model.into(), gap, ..ChatRequest::default() };
    assert_eq!(chat_url(&provider, &request).unwrap().path(), path);
    assert_eq!(chat_body(&provider, &request).unwrap()[field], value);
}

#[test]
fn chats_and_gaps_are_not_mixed_up() {
    let gap = ChatRequest { gap: Some(Gap::default()), ..ChatRequest::default() };
    for dialect in Dialect::CONFIGURABLE {
        let provider = ProviderConfig::new("p", dialect, "http://h/v1");
        let wrong = if dialect == Dialect::CompletionsFim { request() } else { gap.clone() };
        assert_eq!(chat_body(&provider, &wrong).unwrap_err().kind, LlmErrorKind::BadRequest, "{dialect:?}");
    }
}

#[rstest]
#[case("gemini-2.5-flash", "http://h/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse")]
#[case("models/gemini-2.5-flash", "http://h/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse")]
#[case("../x?y#z", "http://h/v1beta/models/..%2Fx%3Fy%23z:streamGenerateContent?alt=sse")]
fn the_model_in_a_path_stays_in_its_place(#[case] model: &str, #[case] url: &str) {
    let provider = ProviderConfig::new("p", Dialect::Gemini, "http://h/v1beta/");
    let request = ChatRequest { model: model.into(), ..ChatRequest::default() };
    assert_eq!(chat_url(&provider, &request).unwrap().as_str(), url);
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
            json!({ "data": [{ "id": "a", "meta": { "n_ctx_train": 32768 } }, { "id": "b", "meta": { "n_ctx": 4096 } }, { "no": 1 }] })
        ),
        Some(vec![("a".into(), None), ("b".into(), Some(4096))])
    );
    assert_eq!(
        names(Dialect::Ollama, json!({ "models": [{ "name": "q:7b", "size": 5 }] })),
        Some(vec![("q:7b".into(), None)])
    );
    assert_eq!(
        names(
            Dialect::Gemini,
            json!({ "models": [{ "name": "models/g", "inputTokenLimit": 1_048_576, "supportedGenerationMethods": ["generateContent"] },
                { "name": "models/embedding", "supportedGenerationMethods": ["embedContent"] }] })
        ),
        Some(vec![("g".into(), Some(1_048_576))])
    );
    assert_eq!(
        names(Dialect::AnthropicMessages, json!({ "data": [{ "type": "model", "id": "claude-x" }] })),
        Some(vec![("claude-x".into(), None)])
    );
    assert_eq!(names(Dialect::Ollama, json!({ "hello": "world" })), None);
    assert_eq!(names(Dialect::OpenaiChat, json!([])), None);
}

#[rstest]
#[case::ollama(Dialect::Ollama, json!({ "models": [{ "name": "m", "capabilities": ["completion", "embedding"] }] }), false)]
#[case::ollama_vectors(Dialect::Ollama, json!({ "models": [{ "name": "m", "capabilities": ["embedding"] }] }), true)]
#[case::ollama_family(Dialect::Ollama, json!({ "models": [{ "name": "m", "details": { "family": "nomic-bert" } }] }), true)]
#[case::lm_studio(Dialect::OpenaiChat, json!({ "data": [{ "id": "m", "type": "embeddings" }] }), true)]
#[case::mistral(Dialect::OpenaiChat, json!({ "data": [{ "id": "m", "capabilities": { "completion_chat": false } }] }), true)]
#[case::mistral_chats(Dialect::OpenaiChat, json!({ "data": [{ "id": "m", "capabilities": { "completion_chat": true } }] }), false)]
#[case::nothing_said(Dialect::OpenaiChat, json!({ "data": [{ "id": "m" }] }), false)]
fn lists_say_which_models_only_make_vectors(#[case] dialect: Dialect, #[case] body: Value, #[case] expected: bool) {
    assert_eq!(listed_models(dialect, &body).unwrap()[0].only_embeds, expected);
}

#[rstest]
#[case::a_reason_alone(&[text("a"), STOP], true)]
#[case::a_reason_with_text(&[r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#], false)]
#[case::counts_after_it(&[r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#, r#"{"choices":[],"usage":{"prompt_tokens":1}}"#], true)]
#[case::more_after_it(&[STOP, text("a")], false)]
fn only_a_reason_alone_means_that_nothing_follows(#[case] events: &[&str], #[case] expected: bool) {
    let mut state = StreamState::new(Dialect::OpenaiChat);
    for event in events {
        state.on_event(event).unwrap();
    }
    assert_eq!(state.is_finishing(), expected);
}
