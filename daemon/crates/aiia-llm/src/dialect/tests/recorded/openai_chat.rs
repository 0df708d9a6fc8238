//! `OpenAI`'s chat completions and those of everybody who copied them.

use rstest::rstest;
use serde_json::json;

use super::told;
use crate::chat::Delta;
use crate::dialect::StreamState;
use crate::provider::Dialect;

/// An event of `OpenAI`'s chat dialect as most who speak it write them.
fn chunk(model: &str, choices: &str, rest: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-0a1b","object":"chat.completion.chunk","created":1790000000,"model":"{model}","choices":{choices}{rest}}}"#
    ) + "\n"
}

// vercel/ai: packages/openai-compatible, xai-tool-call. charmbracelet/fantasy: xai-grok-4-fast.
#[test]
fn xai_counts_thoughts_beside_the_answer() {
    let event = |choices: &str, rest: &str| chunk("grok-x", choices, &format!(r#"{rest},"system_fingerprint":"fp_1""#));
    let counts = r#","usage":{"prompt_tokens":40,"completion_tokens":3,"total_tokens":143,"prompt_tokens_details":{"text_tokens":40,"audio_tokens":0,"image_tokens":0,"cached_tokens":39},"completion_tokens_details":{"reasoning_tokens":100,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0},"num_sources_used":0,"cost_in_usd_ticks":1500}"#;
    let begun = event(r#"[{"index":0,"delta":{"role":"assistant"}}]"#, "");
    // A sign of life for each thought that is not shown.
    let silent = event(r#"[{"index":0,"delta":{}}]"#, "").repeat(20);
    let said = event(r#"[{"index":0,"delta":{"content":"Três"}}]"#, "")
        + &event(r#"[{"index":0,"delta":{"content":"!"}}]"#, "");
    let ended = event(r#"[{"index":0,"delta":{},"finish_reason":"stop"}]"#, "") + &event("[]", counts) + "[DONE]";
    assert_eq!(
        told(Dialect::OpenaiChat, &(begun + &silent + &said + &ended)),
        "text Três!\nusage 40 103 39\nfinish Stop"
    );

    let begun = event(r#"[{"index":0,"delta":{"reasoning_content":"Well","role":"assistant"}}]"#, "");
    let thought = event(r#"[{"index":0,"delta":{"reasoning_content":","}}]"#, "");
    let called = event(
        r#"[{"index":0,"delta":{"tool_calls":[{"id":"call_1","function":{"name":"look","arguments":"{\"at\":\"b.rs\"}"},"index":0,"type":"function"}]}}]"#,
        "",
    );
    let ended = event(r#"[{"index":0,"delta":{},"finish_reason":"tool_calls"}]"#, "") + &event("[]", counts) + "[DONE]";
    assert_eq!(
        told(Dialect::OpenaiChat, &(begun + &thought + &called + &ended)),
        "reasoning Well,\nusage 40 103 39\nfinish Other(\"tool_calls\")"
    );
}

#[rstest]
// Google's answers in this dialect: thoughts are in the total and nowhere else.
#[case::beside_the_answer(r#"{"completion_tokens":5,"prompt_tokens":11,"total_tokens":60}"#, "usage 11 49 ?")]
#[case::not_begun(r#"{"prompt_tokens":11,"total_tokens":11}"#, "usage 11 ? ?")]
// fantasy: azure-gpt-5-mini. vercel/ai: deepseek, issue-19789.
#[case::with_the_answer(
    r#"{"completion_tokens":76,"completion_tokens_details":{"reasoning_tokens":64},"prompt_tokens":19,"prompt_tokens_details":{"cached_tokens":0},"total_tokens":95}"#,
    "usage 19 76 0"
)]
#[case::cached_beside_the_prompt(
    r#"{"prompt_tokens":10,"completion_tokens":2,"total_tokens":19,"prompt_tokens_details":{"cached_tokens":7}}"#,
    "usage 10 2 7"
)]
#[case::a_total_of_something_else(
    r#"{"prompt_tokens":10,"completion_tokens":2,"total_tokens":19,"completion_tokens_details":{"reasoning_tokens":0}}"#,
    "usage 10 2 ?"
)]
#[case::a_total_that_is_too_small(r#"{"prompt_tokens":10,"completion_tokens":2,"total_tokens":0}"#, "usage 10 2 ?")]
fn where_thoughts_are_counted(#[case] usage: &str, #[case] expected: &str) {
    let events = chunk("m", r#"[{"index":0,"delta":{},"finish_reason":"stop"}]"#, &format!(r#","usage":{usage}"#));
    assert_eq!(told(Dialect::OpenaiChat, &events), format!("{expected}\nfinish Stop"));
}

#[rstest]
// vercel/ai: mistral-usage-raw-live, issue-13703-mistral-thinking.
#[case::mistral_pads_and_mixes(
    r#"
{"id":"7c","object":"chat.completion.chunk","created":1790000000,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}
{"id":"7c","object":"chat.completion.chunk","created":1790000000,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":""},"finish_reason":null}],"p":"abcdefghijkl"}
{"id":"7c","object":"chat.completion.chunk","created":1790000000,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Six by"}],"closed":true}]},"finish_reason":null}],"p":"abcdefghijklmnop"}
{"id":"7c","object":"chat.completion.chunk","created":1790000000,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":" seven"}]}]},"finish_reason":null}],"p":"abcd"}
{"id":"7c","object":"chat.completion.chunk","created":1790000000,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"."}],"closed":true},{"type":"text","text":"4"}]},"finish_reason":null}],"p":"abc"}
{"id":"7c","object":"chat.completion.chunk","created":1790000000,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":"2"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"total_tokens":18,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":0},"service_tier":"standard"},"p":"abcdefgh"}
[DONE]"#,
    "reasoning Six by seven.\ntext 42\nusage 8 10 0\nfinish Stop"
)]
// mistral-incremental-tool-call, mistral-empty-choices.
#[case::mistral_calls(
    r#"
{"id":"7d","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"id":"call-1","type":"function","function":{"name":"look","arguments":""},"index":0}],"index":0,"content":""},"finish_reason":null,"logprobs":null}]}
{"id":"7d","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[],"usage":null}
{"id":"7d","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"type":"function","function":{"name":"","arguments":"{\"at\": 1}"},"index":0}],"index":0,"content":""},"finish_reason":null,"logprobs":null}]}
{"id":"7d","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"index":0,"content":""},"finish_reason":"tool_calls","logprobs":null}],"usage":{"prompt_tokens":50,"total_tokens":57,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":32}}}"#,
    "usage 50 7 32\nfinish Other(\"tool_calls\")"
)]
// deepseek: issue-19381-thinking-reasoning, issue-19377-logprobs.
#[case::deepseek_thinks_up_to_its_limit(
    r#"
{"id":"d6","object":"chat.completion.chunk","created":1790000000,"model":"deepseek-x","system_fingerprint":"a3","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":""},"logprobs":null,"finish_reason":null}],"usage":null}
{"id":"d6","object":"chat.completion.chunk","created":1790000000,"model":"deepseek-x","system_fingerprint":"a3","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"Now"},"logprobs":null,"finish_reason":null}],"usage":null}
{"id":"d6","object":"chat.completion.chunk","created":1790000000,"model":"deepseek-x","system_fingerprint":"a3","choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":70,"completion_tokens":1,"total_tokens":71,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":1},"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":6}}
[DONE]"#,
    "reasoning Now\nusage 70 1 64\nfinish Length"
)]
#[case::deepseek_with_likelihoods(
    r#"
{"id":"d7","object":"chat.completion.chunk","created":1790000000,"model":"deepseek-x","system_fingerprint":"a2","choices":[{"index":0,"delta":{"content":"Ja"},"logprobs":{"content":[{"token":"Ja","logprob":-0.5,"bytes":[74,97],"top_logprobs":[{"token":"Ja","logprob":-0.5,"bytes":[74,97]}]}]},"finish_reason":null}],"usage":null}
{"id":"d7","object":"chat.completion.chunk","created":1790000000,"model":"deepseek-x","system_fingerprint":"a2","choices":[{"index":0,"delta":{"content":""},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":4,"completion_tokens":1,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":0},"prompt_cache_hit_tokens":0,"prompt_cache_miss_tokens":4}}"#,
    "text Ja\nusage 4 1 0\nfinish Stop"
)]
// groq-tool-call; pydantic-ai: test_tool_use_failed_error_streaming.
#[case::groq_counts_in_two_places(
    r#"
{"id":"chatcmpl-b6","object":"chat.completion.chunk","created":1790000000,"model":"gpt-oss-x","system_fingerprint":"fp_2","choices":[{"index":0,"delta":{"role":"assistant","content":null},"logprobs":null,"finish_reason":null}],"x_groq":{"id":"req_1","seed":12}}
{"id":"chatcmpl-b6","object":"chat.completion.chunk","created":1790000000,"model":"gpt-oss-x","system_fingerprint":"fp_2","choices":[{"index":0,"delta":{"reasoning":"Short","channel":"analysis"},"logprobs":null,"finish_reason":null}]}
{"id":"chatcmpl-b6","object":"chat.completion.chunk","created":1790000000,"model":"gpt-oss-x","system_fingerprint":"fp_2","choices":[{"index":0,"delta":{"content":"Ok","channel":"final"},"logprobs":null,"finish_reason":null}]}
{"id":"chatcmpl-b6","object":"chat.completion.chunk","created":1790000000,"model":"gpt-oss-x","system_fingerprint":"fp_2","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"x_groq":{"id":"req_1","usage":{"queue_time":0.01,"prompt_tokens":21,"prompt_time":0.02,"completion_tokens":4,"completion_time":0.03,"total_tokens":25,"total_time":0.05}},"usage":{"queue_time":0.01,"prompt_tokens":21,"prompt_time":0.02,"completion_tokens":4,"completion_time":0.03,"total_tokens":25,"total_time":0.05}}"#,
    "reasoning Short\ntext Ok\nusage 21 4 ?\nfinish Stop"
)]
// fantasy: cerebras-qwen-3-coder-480b, huggingface-qwen3-coder: no reason until the end, and no end mark.
#[case::cerebras(
    r#"
{"id":"chatcmpl-07","choices":[{"delta":{"role":"assistant"},"index":0}],"created":1790000000,"model":"qwen-x","system_fingerprint":"fp_3","object":"chat.completion.chunk"}
{"id":"chatcmpl-07","choices":[{"delta":{"content":"Oui"},"index":0}],"created":1790000000,"model":"qwen-x","system_fingerprint":"fp_3","object":"chat.completion.chunk"}
{"id":"chatcmpl-07","choices":[{"delta":{},"index":0}],"created":1790000000,"model":"qwen-x","system_fingerprint":"fp_3","object":"chat.completion.chunk"}
{"id":"chatcmpl-07","choices":[{"delta":{},"finish_reason":"stop","index":0}],"created":1790000000,"model":"qwen-x","system_fingerprint":"fp_3","object":"chat.completion.chunk","usage":{"prompt_tokens":12,"completion_tokens":2,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":0}},"time_info":{"queue_time":0.0005,"prompt_time":0.001,"completion_time":0.003,"total_time":0.007,"created":1790000000.4}}"#,
    "text Oui\nusage 12 2 0\nfinish Stop"
)]
// fantasy: azure-gpt-5-mini; vercel/ai: placeholder-first-chunk.
#[case::azure_with_verdicts(
    r#"
{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},"jailbreak":{"filtered":false,"detected":false}}}]}
{"choices":[{"content_filter_results":{},"delta":{"content":"","refusal":null,"role":"assistant"},"finish_reason":null,"index":0,"logprobs":null}],"created":1790000000,"id":"chatcmpl-C","model":"gpt-x","obfuscation":"Xq","object":"chat.completion.chunk","system_fingerprint":null,"usage":null}
{"choices":[{"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}},"delta":{"content":"Sí"},"finish_reason":null,"index":0,"logprobs":null}],"created":1790000000,"id":"chatcmpl-C","model":"gpt-x","obfuscation":"ch","object":"chat.completion.chunk","system_fingerprint":null,"usage":null}
{"choices":[{"content_filter_results":{},"delta":{},"finish_reason":"stop","index":0,"logprobs":null}],"created":1790000000,"id":"chatcmpl-C","model":"gpt-x","obfuscation":"fL","object":"chat.completion.chunk","system_fingerprint":null,"usage":null}
{"choices":[],"created":1790000000,"id":"chatcmpl-C","model":"gpt-x","obfuscation":"5B","object":"chat.completion.chunk","system_fingerprint":null,"usage":{"completion_tokens":30,"completion_tokens_details":{"accepted_prediction_tokens":0,"audio_tokens":0,"reasoning_tokens":28,"rejected_prediction_tokens":0},"prompt_tokens":9,"prompt_tokens_details":{"audio_tokens":0,"cached_tokens":0},"total_tokens":39}}
[DONE]"#,
    "text Sí\nusage 9 30 0\nfinish Stop"
)]
// fantasy: llama-cpp-gpt-oss. An older build has the cached tokens among its times only.
#[case::llama_cpp_thinks(
    r#"
{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1790000000,"id":"chatcmpl-5P","model":"m","system_fingerprint":"b1-2","object":"chat.completion.chunk"}
{"choices":[{"finish_reason":null,"index":0,"delta":{"reasoning_content":"Ahá"}}],"created":1790000000,"id":"chatcmpl-5P","model":"m","system_fingerprint":"b1-2","object":"chat.completion.chunk"}
{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"Olá"}}],"created":1790000000,"id":"chatcmpl-5P","model":"m","system_fingerprint":"b1-2","object":"chat.completion.chunk"}
{"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"created":1790000000,"id":"chatcmpl-5P","model":"m","system_fingerprint":"b1-2","object":"chat.completion.chunk"}
{"choices":[],"created":1790000000,"id":"chatcmpl-5P","model":"m","system_fingerprint":"b1-2","object":"chat.completion.chunk","usage":{"completion_tokens":6,"prompt_tokens":30,"total_tokens":36},"timings":{"cache_n":29,"prompt_n":1,"prompt_ms":14.5,"prompt_per_token_ms":14.5,"predicted_n":6,"predicted_ms":80.5}}
[DONE]"#,
    "reasoning Ahá\ntext Olá\nusage 30 6 29\nfinish Stop"
)]
// vercel/ai: issue-20203-empty-tool-calls, anthropic-fallback-tool-call.
#[case::empty_lists_of_calls(
    r#"
{"id":"c1","model":"m","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning_content":"So ","tool_calls":[]},"finish_reason":null}]}
{"id":"c1","model":"m","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Good","reasoning_content":"","tool_calls":[]},"finish_reason":"stop"}]}"#,
    "reasoning So \ntext Good\nfinish Stop"
)]
#[case::text_before_a_call(
    r#"
{"id":"msg_1","object":"chat.completion.chunk","created":0,"model":"claude-x","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}
{"id":"msg_1","object":"chat.completion.chunk","created":0,"model":"claude-x","choices":[{"index":0,"delta":{"content":"I look."},"finish_reason":null}]}
{"id":"msg_1","object":"chat.completion.chunk","created":0,"model":"claude-x","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"toolu_1","type":"function","function":{"name":"look","arguments":""}}]},"finish_reason":null}]}
{"id":"msg_1","object":"chat.completion.chunk","created":0,"model":"claude-x","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\"at\": 1}"}}]},"finish_reason":null}]}
{"id":"msg_1","object":"chat.completion.chunk","created":0,"model":"claude-x","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}
[DONE]"#,
    "text I look.\nfinish Other(\"tool_calls\")"
)]
// vercel/ai: xai, issue-19639-stream: the gateway's own fields are in the last piece.
#[case::by_a_gateway(
    r#"
{"id":"gen_1","object":"chat.completion.chunk","created":1790000000,"model":"g/grok-x","choices":[{"index":0,"delta":{"content":"OK"},"logprobs":null,"finish_reason":null}],"system_fingerprint":"fp_4"}
{"id":"gen_1","object":"chat.completion.chunk","created":1790000000,"model":"g/grok-x","choices":[{"index":0,"delta":{"provider_metadata":{"gateway":{"routing":{"finalProvider":"v","modelAttemptCount":1},"cost":"0.00003"}}},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":90,"completion_tokens":1,"total_tokens":91,"cost":0.00003,"is_byok":false,"prompt_tokens_details":{"cached_tokens":89,"audio_tokens":0,"video_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"image_tokens":0},"cache_creation_input_tokens":0,"gateway_cost":0.0001},"system_fingerprint":"fp_4","generationId":"gen_1"}
[DONE]"#,
    "text OK\nusage 90 1 89\nfinish Stop"
)]
fn those_who_speak_like_openai(#[case] events: &str, #[case] expected: &str) {
    assert_eq!(told(Dialect::OpenaiChat, events), expected);
}

// Google's own server of this dialect, asked to show thoughts.
#[rstest]
#[case::all_in_one(&["<thought>**Plan**\n\nA word.\n\n\n", "**Choice**\n\nThis.\n\n\n"], &["</thought>你好！"], "**Plan**\n\nA word.\n\n\n**Choice**\n\nThis.\n\n\n")]
#[case::each_mark_alone(&["<thought>", "Plan"], &["</thought>", "你好", "！"], "Plan")]
#[case::no_marks(&["Plan"], &["你好！"], "Plan")]
fn google_marks_thoughts_in_the_text(#[case] thoughts: &[&str], #[case] texts: &[&str], #[case] thought: &str) {
    let piece = |text: &&str, mark: &str| {
        let choice = format!(r#"[{{"delta":{{"content":{},{mark}"role":"assistant"}},"index":0}}]"#, json!(text));
        chunk("gemini-x", &choice, "")
    };
    let mut events: String =
        thoughts.iter().map(|text| piece(text, r#""extra_content":{"google":{"thought":true}},"#)).collect();
    events.extend(texts.iter().map(|text| piece(text, "")));
    let mut state = StreamState::new(Dialect::OpenaiChat);
    let (mut said, mut reasoned) = (String::new(), String::new());
    for delta in events.lines().flat_map(|event| state.on_event(event).unwrap()) {
        match delta {
            Delta::Text(text) => said.push_str(&text),
            Delta::Reasoning(text) => reasoned.push_str(&text),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((said.as_str(), reasoned.as_str()), ("你好！", thought));
}

/// An event of `OpenRouter`'s.
fn routed(error: &str, delta: &str, reason: &str, native: &str, usage: &str) -> String {
    format!(
        r#"{{"id":"gen-1","provider":"P",{error}"model":"m/m:free","object":"chat.completion.chunk","created":1790000000,"choices":[{{"index":0,"delta":{delta},"finish_reason":{reason},"native_finish_reason":{native},"logprobs":null}}]{usage}}}"#
    ) + "\n"
}

const ROUTED_USAGE: &str = r#","usage":{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21,"cost":0,"is_byok":false,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"cost_details":{"upstream_inference_cost":null},"completion_tokens_details":{"reasoning_tokens":10,"image_tokens":0}}"#;

// pydantic-ai: test_openrouter_stream_error.
#[test]
fn an_error_after_the_reason_does_not_spoil_the_answer() {
    let thought = |text: &str| {
        format!(
            r#"{{"role":"assistant","content":"","reasoning":"{text}","reasoning_details":[{{"type":"reasoning.text","text":"{text}","index":0,"format":null}}]}}"#
        )
    };
    let empty = r#"{"role":"assistant","content":"","reasoning":null,"reasoning_details":[]}"#;
    let error = r#""error":{"code":400,"message":"Token limit reached"},"#;
    let length = r#""length""#;
    let events = routed("", &thought("We"), "null", "null", "")
        + &routed("", &thought(" think"), length, length, "")
        + &routed("", empty, length, length, "")
        + &routed(error, r#"{"role":"assistant","content":""}"#, "null", "null", ROUTED_USAGE)
        + "[DONE]";
    assert_eq!(told(Dialect::OpenaiChat, &events), "reasoning We think\nusage 12 9 0\nfinish Length");
}

#[test]
fn an_error_before_the_reason_is_told_after_its_counts() {
    let error = r#""error":{"code":502,"message":"The provider has gone"},"#;
    let text = routed("", r#"{"role":"assistant","content":"a"}"#, "null", "null", "");
    for (reason, native) in [("null", "null"), (r#""error""#, r#""error""#)] {
        let failed = routed(error, r#"{"role":"assistant","content":""}"#, reason, native, ROUTED_USAGE);
        let events = text.clone() + &failed + "[DONE]";
        assert_eq!(told(Dialect::OpenaiChat, &events), "text a\nusage 12 9 0\nerror server");
    }
    // A reason that came with text may be one that stands in every piece.
    let early = routed("", r#"{"role":"assistant","content":"a"}"#, r#""stop""#, r#""stop""#, "");
    let failed = routed(error, r#"{"role":"assistant","content":""}"#, "null", "null", "");
    assert_eq!(told(Dialect::OpenaiChat, &(early + &failed)), "text a\nerror server");
}

#[rstest]
// hax, pull request 15.
#[case::a_failure_in_disguise(r#""stop""#, r#""network_error""#, "finish Other(\"network_error\")")]
#[case::openrouter(r#""stop""#, r#""end_turn""#, "finish Stop")]
#[case::mistral_at_the_end_of_its_window(r#""model_length""#, "null", "finish Length")]
#[case::glm_withholds(r#""sensitive""#, "null", "finish ContentFilter")]
fn reasons_of_their_own(#[case] reason: &str, #[case] native: &str, #[case] expected: &str) {
    let events = routed("", r#"{"content":"","role":"assistant"}"#, reason, native, "") + "[DONE]";
    assert_eq!(told(Dialect::OpenaiChat, &events), expected);
}
