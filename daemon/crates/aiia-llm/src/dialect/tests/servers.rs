//! Streams as the servers themselves write them, with all that stands around the words.

use super::*;

/// The deltas of a stream with one event a line.
fn streamed(dialect: Dialect, events: &str) -> String {
    replay(dialect, &events.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>())
}

#[test]
fn openai_chat_with_usage() {
    let events = r#"
{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1741569952,"model":"gpt-5.4-mini","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"a1"}
{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1741569952,"model":"gpt-5.4-mini","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"b2"}
{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1741569952,"model":"gpt-5.4-mini","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null,"obfuscation":"c3"}
{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1741569952,"model":"gpt-5.4-mini","service_tier":"default","system_fingerprint":null,"choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"obfuscation":""}
[DONE]"#;
    assert_eq!(streamed(Dialect::OpenaiChat, events), "text Hello\nusage 19 10 4\nfinish Stop");
}

#[rstest]
#[case::refusal(
    r#"
{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":""},"finish_reason":null}]}
{"choices":[{"index":0,"delta":{"refusal":"I cannot"},"finish_reason":null}]}
{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}
[DONE]"#,
    "text I cannot\nfinish Stop"
)]
#[case::azure_filters_the_answer(
    r#"
{"id":"","object":"","created":0,"model":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}],"choices":[]}
{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}
{"choices":[{"index":0,"delta":{},"finish_reason":"content_filter","content_filter_results":{"hate":{"filtered":true,"severity":"high"}}}]}
[DONE]"#,
    "text a\nfinish ContentFilter"
)]
#[case::deepseek_thinks(
    r#"
{"id":"1","object":"chat.completion.chunk","created":1,"model":"deepseek-reasoner","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":""},"logprobs":null,"finish_reason":null}]}
{"choices":[{"index":0,"delta":{"content":null,"reasoning_content":"Hm"},"logprobs":null,"finish_reason":null}]}
{"choices":[{"index":0,"delta":{"content":"Yes","reasoning_content":null},"logprobs":null,"finish_reason":null}]}
{"choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_cache_hit_tokens":2,"prompt_cache_miss_tokens":7}}
[DONE]"#,
    "reasoning Hm\ntext Yes\nusage 9 3 2\nfinish Stop"
)]
#[case::deepseek_gives_up(
    r#"
{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}
{"choices":[{"index":0,"delta":{},"finish_reason":"insufficient_system_resource"}]}
[DONE]"#,
    "text a\nfinish Other(\"insufficient_system_resource\")"
)]
#[case::mistral_thinks(
    r#"
{"choices":[{"index":0,"delta":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]},"finish_reason":null}]}
{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"Yes"}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}
[DONE]"#,
    "reasoning Hm\ntext Yes\nusage 5 2 ?\nfinish Stop"
)]
#[case::groq_counts(
    r#"
{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"x_groq":{"id":"req_1"}}
{"choices":[{"index":0,"delta":{"content":"a"},"logprobs":null,"finish_reason":null}]}
{"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"x_groq":{"id":"req_1","usage":{"queue_time":0.02,"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}}
[DONE]"#,
    "text a\nusage 7 2 ?\nfinish Stop"
)]
#[case::moonshot_counts(
    r#"
{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}
{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}]}
[DONE]"#,
    "text a\nusage 7 2 ?\nfinish Stop"
)]
#[case::vllm_counts_with_every_piece(
    r#"
{"choices":[{"index":0,"delta":{"content":"a"},"logprobs":null,"finish_reason":null}],"usage":{"prompt_tokens":7,"total_tokens":8,"completion_tokens":1}}
{"choices":[{"index":0,"delta":{"content":"b"},"logprobs":null,"finish_reason":"stop","stop_reason":null}],"usage":{"prompt_tokens":7,"total_tokens":9,"completion_tokens":2}}
[DONE]"#,
    "text a\nusage 7 1 ?\ntext b\nusage 7 2 ?\nfinish Stop"
)]
#[case::vllm_fails(
    r#"
{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}
{"object":"error","message":"CUDA error","type":"InternalServerError","param":null,"code":500}"#,
    "text a\nerror server"
)]
#[case::openrouter_fails(
    r#"
{"id":"gen-1","provider":"X","model":"m","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"delta":{"role":"assistant","content":"a","reasoning":null,"reasoning_details":[]},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
{"id":"gen-1","provider":"X","model":"m","object":"chat.completion.chunk","created":1,"error":{"code":429,"message":"Rate limit exceeded"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","native_finish_reason":"error"}]}"#,
    "text a\nerror quota"
)]
#[case::llama_cpp_measures(
    r#"
{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"id":"chatcmpl-1","model":"m","system_fingerprint":"b1","object":"chat.completion.chunk"}
{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"a"}}],"created":1,"id":"chatcmpl-1","model":"m","system_fingerprint":"b1","object":"chat.completion.chunk","timings":{"cache_n":3,"prompt_n":4,"predicted_n":1}}
{"choices":[{"finish_reason":"length","index":0,"delta":{}}],"created":1,"id":"chatcmpl-1","model":"m","system_fingerprint":"b1","object":"chat.completion.chunk"}
{"choices":[],"created":1,"id":"chatcmpl-1","model":"m","object":"chat.completion.chunk","usage":{"completion_tokens":1,"prompt_tokens":7,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":3}}}
[DONE]"#,
    "text a\nusage 7 1 3\nfinish Length"
)]
#[case::no_delta(r#"{"choices":[{"index":0,"delta":null,"finish_reason":"stop"}]}"#, "finish Stop")]
#[case::a_reason_with_every_piece(
    r#"
{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}
{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}"#,
    "text a\ntext b\nfinish Stop"
)]
#[case::half_a_letter(
    r#"
{"choices":[{"index":0,"delta":{"content":"a\ud83d"},"finish_reason":null}]}
{"choices":[{"index":0,"delta":{"content":"\ude00b"},"finish_reason":"stop"}]}"#,
    "text a\ntext \u{1f600}b\nfinish Stop"
)]
#[case::counts_that_cannot_be(
    r#"
{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}
{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":18446744073709551615}}"#,
    "text a\nfinish Stop"
)]
fn those_who_speak_like_openai(#[case] events: &str, #[case] expected: &str) {
    assert_eq!(streamed(Dialect::OpenaiChat, events), expected);
}

#[test]
fn openai_responses_with_every_event() {
    let events = r#"
{"type":"response.queued","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"queued","error":null}}
{"type":"response.created","sequence_number":1,"response":{"id":"resp_1","object":"response","status":"in_progress","error":null,"incomplete_details":null,"output":[],"usage":null}}
{"type":"response.in_progress","sequence_number":2,"response":{"id":"resp_1","object":"response","status":"in_progress","error":null}}
{"type":"response.output_item.added","sequence_number":3,"output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}
{"type":"response.reasoning_summary_part.added","sequence_number":4,"item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}
{"type":"response.reasoning_summary_text.delta","sequence_number":5,"item_id":"rs_1","output_index":0,"summary_index":0,"delta":"Hm","obfuscation":"x"}
{"type":"response.reasoning_summary_text.done","sequence_number":6,"item_id":"rs_1","output_index":0,"summary_index":0,"text":"Hm"}
{"type":"response.reasoning_summary_part.done","sequence_number":7,"item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":"Hm"}}
{"type":"response.output_item.done","sequence_number":8,"output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}]}}
{"type":"response.output_item.added","sequence_number":9,"output_index":1,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}}
{"type":"response.content_part.added","sequence_number":10,"item_id":"msg_1","output_index":1,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}}
{"type":"response.output_text.delta","sequence_number":11,"item_id":"msg_1","output_index":1,"content_index":0,"delta":"I look.","logprobs":[],"obfuscation":"y"}
{"type":"response.output_text.annotation.added","sequence_number":12,"item_id":"msg_1","output_index":1,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation"}}
{"type":"response.output_text.done","sequence_number":13,"item_id":"msg_1","output_index":1,"content_index":0,"text":"I look.","logprobs":[]}
{"type":"response.content_part.done","sequence_number":14,"item_id":"msg_1","output_index":1,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":"I look."}}
{"type":"response.output_item.done","sequence_number":15,"output_index":1,"item":{"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","text":"I look."}],"role":"assistant"}}
{"type":"response.function_call_arguments.delta","sequence_number":16,"item_id":"fc_1","output_index":2,"delta":"{\"a\":"}
{"type":"response.web_search_call.searching","sequence_number":17,"item_id":"ws_1","output_index":3}
{"type":"response.output_text.delta","sequence_number":18,"item_id":"msg_2","output_index":4,"content_index":0,"delta":"Done","logprobs":[]}
{"type":"response.output_text.delta","sequence_number":19,"item_id":"msg_2","output_index":4,"content_index":0,"delta":".","logprobs":[]}
{"type":"response.completed","sequence_number":20,"response":{"id":"resp_1","object":"response","status":"completed","error":null,"incomplete_details":null,"output":[{"type":"message","content":[{"type":"output_text","text":"not again"}]}],"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":8},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123}}}"#;
    let expected = "reasoning Hm\ntext I look.\ntext \n\n\ntext Done\ntext .\nusage 36 87 8\nfinish Stop";
    assert_eq!(streamed(Dialect::OpenaiResponses, events), expected);
}

#[rstest]
#[case::incomplete(
    r#"
{"type":"response.output_text.delta","output_index":0,"delta":"a"}
{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"},"usage":{"input_tokens":3,"output_tokens":1}}}"#,
    "text a\nusage 3 1 ?\nfinish ContentFilter"
)]
#[case::failed_without_a_word(
    r#"{"type":"response.failed","response":{"status":"failed","error":null}}"#,
    "error server"
)]
#[case::overloaded(
    r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_is_overloaded","message":"Try again later."}}}"#,
    "error server"
)]
#[case::context(
    r#"{"type":"error","sequence_number":2,"error":{"type":"invalid_request_error","code":"context_length_exceeded","message":"Your input exceeds the context window of this model.","param":"input"}}"#,
    "error context_too_long"
)]
#[case::cancelled(r#"{"type":"response.cancelled","response":{"status":"cancelled"}}"#, "finish Other(\"cancelled\")")]
#[case::only_at_the_end(
    r#"{"type":"response.completed","response":{"status":"completed","output":[{"type":"reasoning","content":[{"type":"reasoning_text","text":"hm"}]},{"type":"message","content":[{"type":"output_text","text":"all"}]}]}}"#,
    "text all\nfinish Stop"
)]
fn openai_responses_that_end_otherwise(#[case] events: &str, #[case] expected: &str) {
    assert_eq!(streamed(Dialect::OpenaiResponses, events), expected);
}

#[test]
fn anthropic_with_thinking() {
    let events = r#"
{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-5-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":0},"output_tokens":1,"service_tier":"standard"}}}
{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}
{"type":"ping"}
{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me see"}}
{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3h"}}
{"type":"content_block_stop","index":0}
{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix/LafPsn4a"}}
{"type":"content_block_stop","index":1}
{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}
{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Hello"}}
{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"x"}}}
{"type":"content_block_stop","index":2}
{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}
{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}}
{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"text\": \"not"}}
{"type":"content_block_stop","index":3}
{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":25,"output_tokens":15},"context_management":{"applied_edits":[]}}
{"type":"message_stop"}"#;
    // What was read from the cache is left out at the end: the count of the start holds.
    let expected = "usage 30 ? 5\nreasoning Let me see\ntext Hello\nusage 30 15 5\nfinish Stop";
    assert_eq!(streamed(Dialect::AnthropicMessages, events), expected);
}

#[rstest]
#[case::overloaded_at_once(
    r#"{"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
    "error server"
)]
#[case::overloaded_in_the_middle(
    r#"
{"type":"message_start","message":{"usage":{"input_tokens":5,"output_tokens":1}}}
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}
{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
    "usage 5 ? ?\ntext a\nerror server"
)]
#[case::too_large(
    r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum allowed number of bytes."}}"#,
    "error context_too_long"
)]
#[case::pause(r#"{"type":"message_delta","delta":{"stop_reason":"pause_turn"}}"#, "finish Other(\"pause_turn\")")]
#[case::refusal(
    r#"
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}
{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal"}},"usage":{"output_tokens":4}}
{"type":"message_stop"}"#,
    "text a\nusage ? 4 ?\nfinish ContentFilter"
)]
#[case::window(
    r#"
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}
{"type":"message_delta","delta":{"stop_reason":"model_context_window_exceeded","stop_sequence":null},"usage":{"output_tokens":4}}
{"type":"message_stop"}"#,
    "text a\nusage ? 4 ?\nfinish Length"
)]
#[case::a_gateway_counts_at_the_end(
    r#"
{"type":"message_start","message":{"usage":{"input_tokens":0,"output_tokens":0}}}
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}
{"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"input_tokens":9,"output_tokens":2,"cache_read_input_tokens":0}}
{"type":"message_stop"}"#,
    "text a\nusage 9 2 0\nfinish Length"
)]
fn anthropic_streams_that_end_otherwise(#[case] events: &str, #[case] expected: &str) {
    assert_eq!(streamed(Dialect::AnthropicMessages, events), expected);
}

#[rstest]
#[case::plain(
    r#"
{"candidates":[{"content":{"parts":[{"text":"**Looking**\n","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":40,"promptTokensDetails":[{"modality":"TEXT","tokenCount":9}],"thoughtsTokenCount":31},"modelVersion":"gemini-3-flash","responseId":"r1"}
{"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1,"totalTokenCount":41,"thoughtsTokenCount":31},"modelVersion":"gemini-3-flash","responseId":"r1"}
{"candidates":[{"content":{"parts":[{"text":"lo","thoughtSignature":"CiQB"}],"role":"model"},"finishReason":"STOP","index":0,"safetyRatings":[]}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"totalTokenCount":42,"cachedContentTokenCount":4,"thoughtsTokenCount":31},"modelVersion":"gemini-3-flash","responseId":"r1"}"#,
    "reasoning **Looking**\n\nusage 9 31 ?\ntext Hel\nusage 9 32 ?\ntext lo\nusage 9 33 4\nfinish Stop"
)]
#[case::several_candidates(
    r#"
{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]}},{"index":1,"content":{"parts":[{"text":"x"}]}}]}
{"candidates":[{"index":1,"content":{"parts":[{"text":"y"}]},"finishReason":"MAX_TOKENS"}]}
{"candidates":[{"index":0,"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}"#,
    "text a\ntext b\nfinish Stop"
)]
#[case::prompt_blocked(
    r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9},"modelVersion":"gemini-3-flash"}"#,
    "usage 9 ? ?\nerror content_filter"
)]
#[case::no_reason_yet(
    r#"
{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"FINISH_REASON_UNSPECIFIED"}]}"#,
    "text a\nerror cut_off"
)]
#[case::a_reason_with_every_piece(
    r#"
{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}
{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}"#,
    "text a\ntext b\nfinish Stop"
)]
#[case::recitation(
    r#"{"candidates":[{"finishReason":"RECITATION","index":0,"citationMetadata":{"citationSources":[]}}]}"#,
    "finish ContentFilter"
)]
#[case::safety_of_images(r#"{"candidates":[{"finishReason":"IMAGE_SAFETY"}]}"#, "finish ContentFilter")]
#[case::malformed_call(
    r#"
{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}
{"candidates":[{"content":{},"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"Malformed function call: f("}]}"#,
    "text a\nfinish Other(\"MALFORMED_FUNCTION_CALL\")"
)]
#[case::as_a_list(
    r#"[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}]"#,
    "text a\nerror server"
)]
fn gemini_as_it_streams(#[case] events: &str, #[case] expected: &str) {
    assert_eq!(streamed(Dialect::Gemini, events), expected);
}

#[rstest]
#[case::thinking(
    r#"
{"model":"qwen3","created_at":"2026-10-26T17:15:24.097767Z","message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}
{"model":"qwen3","created_at":"2026-10-26T17:15:24.109172Z","message":{"role":"assistant","content":"Yes"},"done":false}
{"model":"qwen3","created_at":"2026-10-26T17:15:24.121485Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":4883583458,"load_duration":1334875,"prompt_eval_count":26,"prompt_eval_duration":342546000,"eval_count":282,"eval_duration":4535599000}"#,
    "reasoning Hm\ntext Yes\nusage 26 282 ?\nfinish Stop"
)]
#[case::only_loaded(
    r#"{"model":"m","created_at":"2026-10-26T17:15:24.1Z","message":{"role":"assistant","content":""},"done_reason":"load","done":true}"#,
    "finish Other(\"load\")"
)]
#[case::failed_in_the_middle(
    r#"
{"model":"m","message":{"role":"assistant","content":"a"},"done":false}
{"error":"an error was encountered while running the model: unexpected EOF"}"#,
    "text a\nerror server"
)]
#[case::too_large_for_the_memory(
    r#"{"error":"model requires more system memory (5.6 GiB) than is available (1.1 GiB)"}"#,
    "error server"
)]
#[case::unknown(r#"{"error":"model \"nope\" not found, try pulling it first"}"#, "error model_missing")]
fn ollama_as_it_streams(#[case] events: &str, #[case] expected: &str) {
    assert_eq!(streamed(Dialect::Ollama, events), expected);
}

#[rstest]
#[case::openai(
    r#"
{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"text":"a","index":0,"logprobs":null,"finish_reason":null}],"usage":null}
{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"length"}],"usage":null}
{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}
[DONE]"#,
    "text a\nusage 5 1 ?\nfinish Length"
)]
#[case::mistral(
    r#"
{"id":"1","object":"chat.completion.chunk","created":1,"model":"codestral","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}
{"id":"1","object":"chat.completion.chunk","created":1,"model":"codestral","choices":[{"index":0,"delta":{"content":"a + b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":3,"total_tokens":11}}
[DONE]"#,
    "text a + b\nusage 8 3 ?\nfinish Stop"
)]
#[case::llama_cpp(
    r#"
{"index":0,"content":"a","tokens":[1],"stop":false,"id_slot":-1,"tokens_predicted":1,"tokens_evaluated":12}
{"index":0,"content":"","tokens":[],"id_slot":0,"stop":true,"model":"m","tokens_predicted":2,"tokens_evaluated":12,"generation_settings":{},"prompt":"x","has_new_line":false,"truncated":false,"stop_type":"word","stopping_word":"\n","tokens_cached":13}"#,
    "text a\nusage 12 2 ?\nfinish Stop"
)]
fn completions_as_they_stream(#[case] events: &str, #[case] expected: &str) {
    assert_eq!(streamed(Dialect::CompletionsFim, events), expected);
}
