//! The dialects that one provider made.

use rstest::rstest;

use super::told;
use crate::dialect::StreamState;
use crate::error::LlmErrorKind;
use crate::provider::Dialect;

#[rstest]
// vercel/ai: anthropic-claude-sonnet-5-reasoning-summarized. The blanks before the last bracket are as they come.
#[case::thinks(
    r#"
{"type":"message_start","message":{"model":"claude-x","id":"msg_01","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":2,"service_tier":"standard","inference_geo":"global"}}  }
{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}
{"type": "ping"}
{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"I"}          }
{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" divide."}        }
{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EsECCokB"}       }
{"type":"content_block_stop","index":0        }
{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}
{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"6 × 7"}   }
{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" = 42 ✓"}               }
{"type":"content_block_stop","index":1       }
{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null},"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":40,"output_tokens_details":{"thinking_tokens":30}}    }
{"type":"message_stop"               }"#,
    "usage 12 ? 0\nreasoning I divide.\ntext 6 × 7 = 42 ✓\nusage 12 40 0\nfinish Stop"
)]
// issue-10781.1.
#[case::calls(
    r#"
{"type":"message_start","message":{"model":"claude-x","id":"msg_02","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":80,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1,"service_tier":"standard","inference_geo":"not_available"}}}
{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}
{"type":"ping"}
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I look."}}
{"type":"content_block_stop","index":0}
{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_01","name":"look","input":{},"caller":{"type":"direct"}}}
{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}
{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"at\": \"b"}}
{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"}"}}
{"type":"content_block_stop","index":1}
{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null,"stop_details":null},"usage":{"input_tokens":80,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":21}}
{"type":"message_stop"}"#,
    "usage 80 ? 0\ntext I look.\nusage 80 21 0\nfinish Other(\"tool_use\")"
)]
// anthropic-fallback: another model goes on, and the counts at the end are those of both.
#[case::another_model_answers(
    r#"
{"type":"message_start","message":{"id":"msg_03","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}
{"type":"content_block_start","index":0,"content_block":{"type":"fallback","from":{"model":"claude-x"},"to":{"model":"claude-y"}}}
{"type":"content_block_stop","index":0}
{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}
{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"In spring."}}
{"type":"content_block_stop","index":1}
{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":23,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":6,"iterations":[{"type":"message","model":"claude-x","input_tokens":20,"output_tokens":0},{"type":"fallback_message","model":"claude-y","input_tokens":23,"output_tokens":6}]}}
{"type":"message_stop"}"#,
    "usage 20 ? 0\nfallback claude-y\ntext In spring.\nusage 23 6 0\nfinish Stop"
)]
// anthropic-compaction.1; pydantic-ai: test_anthropic_fable_5_1_drops_a_stale_thinking_block_streamed.
#[case::what_became_of_the_prompt(
    r#"
{"type":"message_start","message":{"model":"claude-x","id":"msg_04","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":9,"cache_creation_input_tokens":4,"cache_read_input_tokens":0,"output_tokens":5},"input_transformations":[{"type":"thinking_dropped","path":"messages.1.content.0","reason":"prefix_binding_mismatch"}]}}
{"type":"content_block_start","index":0,"content_block":{"type":"compaction","content":null}}
{"type":"content_block_delta","index":0,"delta":{"type":"compaction_delta","content":"They asked for a list."}}
{"type":"content_block_stop","index":0}
{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}      }
{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"📦"}}
{"type":"content_block_stop","index":1}
{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":8}}
{"type":"message_stop"}"#,
    "usage 13 ? 0\ntext 📦\nusage 13 8 0\nfinish Stop"
)]
// anthropic-message-delta-input-tokens: the fields in the order of the alphabet, and two counts of one prompt.
#[case::a_gateway_counts_again(
    r#"
{"type":"message_start","message":{"content":[],"id":"msg_05","model":"claude-x","role":"assistant","stop_reason":null,"stop_sequence":null,"type":"message","usage":{"input_tokens":30,"output_tokens":1}}}
{"type":"content_block_start","index":0,"content_block":{"text":"","type":"text"}}
{"type":"content_block_delta","index":0,"delta":{"text":"tic","type":"text_delta"}}
{"type":"ping"}
{"type":"content_block_delta","index":0,"delta":{"text":"tac","type":"text_delta"}}
{"type":"content_block_stop","index":0}
{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":45,"output_tokens":2}}
{"type":"message_stop"}"#,
    "usage 30 ? ?\ntext tictac\nusage 45 2 ?\nfinish Stop"
)]
// gptel, pull request 1512.
#[case::overloaded(
    r#"
{"type":"message_start","message":{"content":[],"id":"msg_06","model":"claude-x","role":"assistant","type":"message","usage":{"input_tokens":30,"output_tokens":1}}}
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}
{"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"},"request_id":"req_01"}"#,
    "usage 30 ? ?\ntext a\nerror server"
)]
fn anthropic(#[case] events: &str, #[case] expected: &str) {
    assert_eq!(told(Dialect::AnthropicMessages, events), expected);
}

/// The last events of an answer that Anthropic withholds, with its reasons. llm-anthropic: `test_refusal_raises`.
fn refusal(details: &str) -> String {
    let delta = format!(r#"{{"stop_reason":"refusal","stop_sequence":null,"stop_details":{details}}}"#);
    format!(
        r#"{{"type":"message_delta","delta":{delta},"usage":{{"input_tokens":14,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0,"output_tokens_details":{{"thinking_tokens":0}}}}  }}
{{"type":"message_stop"   }}"#
    )
}

#[test]
fn anthropic_says_why_it_withholds_an_answer() {
    let details =
        r#"{"type":"refusal","category":"of_its_own","explanation":"It asks\nfor what is not given — see the terms."}"#;
    let text = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#.to_owned() + "\n";
    let shown = |events: &str| told(Dialect::AnthropicMessages, events);
    assert_eq!(shown(&refusal(details)), "usage 14 0 0\nerror content_filter");
    // Words of the answer are told with it, and so is an answer without a reason.
    assert_eq!(shown(&(text + &refusal(details))), "text a\nusage 14 0 0\nfinish ContentFilter");
    assert_eq!(shown(&refusal("null")), "usage 14 0 0\nfinish ContentFilter");

    let mut state = StreamState::new(Dialect::AnthropicMessages);
    for event in refusal(details).lines() {
        state.on_event(event).unwrap();
    }
    let error = state.on_end().unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::ContentFilter);
    assert!(error.message.ends_with("It asks for what is not given — see the terms."), "{error}");
}

/// The counts of an event of Gemini's, and what follows them.
fn gemini_counts(counts: &str) -> String {
    format!(
        r#""usageMetadata":{{{counts},"promptTokensDetails":[{{"modality":"TEXT","tokenCount":6}}],"serviceTier":"standard"}},"modelVersion":"gemini-x","responseId":"r_1""#
    )
}

/// A piece of an answer of Gemini's.
fn gemini_part(part: &str, reason: &str, counts: &str) -> String {
    let counts = gemini_counts(counts);
    format!(r#"{{"candidates":[{{"content":{{"parts":[{part}],"role":"model"}},{reason}"index":0}}],{counts}}}"#) + "\n"
}

const ENDED: &str = r#""finishReason":"STOP","#;

#[test]
fn gemini() {
    // vercel/ai: gemma-4-output-usage.
    let thought = |text: &str, count: u64| {
        let counts = format!(r#""promptTokenCount":6,"totalTokenCount":{},"thoughtsTokenCount":{count}"#, count + 6);
        gemini_part(&format!(r#"{{"text":"{text}","thought":true}}"#), "", &counts)
    };
    let counts = r#""promptTokenCount":6,"candidatesTokenCount":1,"totalTokenCount":46,"thoughtsTokenCount":39"#;
    let events = thought("*   One word.", 14)
        + &thought("*   Which?", 39)
        + &gemini_part(r#"{"text":"hola"}"#, "", counts)
        + &gemini_part(r#"{"text":""}"#, ENDED, counts);
    assert_eq!(
        told(Dialect::Gemini, &events),
        "reasoning *   One word.\nusage 6 14 ?\nreasoning *   Which?\nusage 6 39 ?\ntext hola\nusage 6 40 ?\nfinish Stop"
    );
    // issue-18073-empty-text-thought-signature: the last piece has a signature and no text.
    let events = gemini_part(r#"{"text":"4"}"#, "", counts)
        + &gemini_part(r#"{"text":"","thoughtSignature":"EpcCCpQC"}"#, ENDED, counts);
    assert_eq!(told(Dialect::Gemini, &events), "text 4\nusage 6 40 ?\nfinish Stop");
    // llm-gemini: test_tools_with_gemini_3_thought_signatures.
    let events =
        gemini_part(r#"{"functionCall":{"name":"look","args":{"at":3}},"thoughtSignature":"Et0BCtoB"}"#, "", counts)
            + &gemini_part(r#"{"text":""}"#, ENDED, counts);
    assert_eq!(told(Dialect::Gemini, &events), "usage 6 40 ?\nfinish Other(\"tool_calls\")");
    // issue-19822-google-search-live: what a tool read is counted apart, and grows the total.
    let searched = |count: u64, total: u64| {
        format!(
            r#""promptTokenCount":6,"candidatesTokenCount":{count},"totalTokenCount":{total},"toolUsePromptTokenCount":90,"toolUsePromptTokensDetails":[{{"modality":"TEXT","tokenCount":90}}],"thoughtsTokenCount":20"#
        )
    };
    let events = gemini_part(r#"{"text":"Monday."}"#, "", &searched(3, 119))
        + &gemini_part(r#"{"text":""}"#, ENDED, &searched(5, 121));
    assert_eq!(told(Dialect::Gemini, &events), "text Monday.\nusage 6 23 ?\nusage 6 25 ?\nfinish Stop");
    // issue-19758-prompt-block: what was read is counted.
    let counts = gemini_counts(r#""promptTokenCount":6,"totalTokenCount":6"#);
    let events = format!(r#"{{"promptFeedback":{{"blockReason":"PROHIBITED_CONTENT"}},{counts}}}"#);
    assert_eq!(told(Dialect::Gemini, &events), "usage 6 ? ?\nerror content_filter");
}

/// A response as each event that tells of all of it has it.
fn response(status: &str, error: &str, output: &str, usage: &str) -> String {
    format!(
        r#"{{"id":"resp_0","object":"response","created_at":1790000000,"status":"{status}","background":false,"content_filters":null,"error":{error},"incomplete_details":null,"instructions":null,"max_output_tokens":400,"max_tool_calls":null,"model":"o-x","output":{output},"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":null,"reasoning":{{"effort":"medium","summary":null}},"safety_identifier":null,"service_tier":"auto","store":false,"temperature":1.0,"text":{{"format":{{"type":"text"}},"verbosity":"medium"}},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1.0,"truncation":"disabled","usage":{usage},"user":null,"metadata":{{}}}}"#
    )
}

/// The two events that every answer of the Responses begins with.
fn begun() -> String {
    let response = response("in_progress", "null", "[]", "null");
    format!(r#"{{"type":"response.created","sequence_number":0,"response":{response}}}"#)
        + "\n"
        + &format!(r#"{{"type":"response.in_progress","sequence_number":1,"response":{response}}}"#)
        + "\n"
}

#[test]
fn openai_responses() {
    // fantasy: azure-o4-mini. A thought without a word has no summary.
    let message = r#"{"id":"msg_0","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Si!"}],"role":"assistant"}"#;
    let usage = r#"{"input_tokens":9,"input_tokens_details":{"cached_tokens":0},"output_tokens":70,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":79}"#;
    let items = r#"
{"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"rs_0","type":"reasoning","summary":[]}}
{"type":"response.output_item.done","sequence_number":3,"output_index":0,"item":{"id":"rs_0","type":"reasoning","summary":[]}}
{"type":"response.output_item.added","sequence_number":4,"output_index":1,"item":{"id":"msg_0","type":"message","status":"in_progress","content":[],"role":"assistant"}}
{"type":"response.content_part.added","sequence_number":5,"item_id":"msg_0","output_index":1,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}}
{"type":"response.output_text.delta","sequence_number":6,"item_id":"msg_0","output_index":1,"content_index":0,"delta":"Si","logprobs":[],"obfuscation":"d1Qay"}
{"type":"response.output_text.delta","sequence_number":7,"item_id":"msg_0","output_index":1,"content_index":0,"delta":"!","logprobs":[],"obfuscation":"jSyFni"}
{"type":"response.output_text.done","sequence_number":8,"item_id":"msg_0","output_index":1,"content_index":0,"text":"Si!","logprobs":[]}
{"type":"response.content_part.done","sequence_number":9,"item_id":"msg_0","output_index":1,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":"Si!"}}
"#;
    let whole = response("completed", "null", &format!("[{message}]"), usage);
    let events = begun()
        + items
        + &format!(r#"{{"type":"response.output_item.done","sequence_number":10,"output_index":1,"item":{message}}}"#)
        + "\n"
        + &format!(r#"{{"type":"response.completed","sequence_number":11,"response":{whole}}}"#);
    assert_eq!(told(Dialect::OpenaiResponses, &events), "text Si!\nusage 9 70 0\nfinish Stop");

    // vercel/ai: github-copilot-id-rotation.1. The kind comes last, no two events have one name for an item, and counts of its own precede.
    let usage = r#"{"input_tokens":7,"input_tokens_details":{"cache_write_tokens":0,"cached_tokens":0},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":8},"total_tokens":27}"#;
    let items = r#"
{"item":{"content":[],"encrypted_content":null,"id":"id-3","summary":[],"type":"reasoning"},"output_index":0,"sequence_number":2,"type":"response.output_item.added"}
{"item_id":"id-4","output_index":0,"part":{"text":"","type":"summary_text"},"sequence_number":3,"summary_index":0,"type":"response.reasoning_summary_part.added"}
{"delta":"**Counting**","item_id":"id-5","output_index":0,"sequence_number":4,"summary_index":0,"type":"response.reasoning_summary_text.delta"}
{"item_id":"id-6","output_index":0,"sequence_number":5,"summary_index":0,"text":"**Counting**","type":"response.reasoning_summary_text.done"}
{"item":{"content":[],"id":"id-9","phase":"final_answer","role":"assistant","status":"in_progress","type":"message"},"output_index":1,"sequence_number":8,"type":"response.output_item.added"}
{"content_index":0,"delta":"“Two","item_id":"id-11","logprobs":[],"output_index":1,"sequence_number":10,"type":"response.output_text.delta"}
{"content_index":0,"delta":".”","item_id":"id-12","logprobs":[],"output_index":1,"sequence_number":11,"type":"response.output_text.delta"}
"#;
    let whole = response("completed", "null", "[]", usage);
    let billed = r#"{"token_details":[{"batch_size":1000000,"cost_per_batch":175,"token_count":7,"token_type":"input"}],"total_nano_aiu":15}"#;
    let events = begun()
        + items
        + &format!(
            r#"{{"copilot_usage":{billed},"response":{whole},"sequence_number":12,"type":"response.completed"}}"#
        );
    assert_eq!(
        told(Dialect::OpenaiResponses, &events),
        "reasoning **Counting**\ntext “Two.”\nusage 7 20 0\nfinish Stop"
    );
}

#[rstest]
// vercel/ai: openai-error.1, openai-response-failed-only.1, openai-error-null-code.1.
#[case::no_credit(
    r#"{"type":"error","sequence_number":2,"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"The quota is exceeded; look at plan and billing.","param":null}}"#,
    "error quota"
)]
#[case::no_code(
    r#"{"type":"error","error":{"type":"server_error","code":null,"message":"Something went wrong.","param":null},"sequence_number":2}"#,
    "error server"
)]
fn openai_responses_that_fail(#[case] event: &str, #[case] expected: &str) {
    assert_eq!(told(Dialect::OpenaiResponses, &(begun() + event)), expected);
}

#[test]
fn a_response_that_failed_tells_why() {
    let error = r#"{"code":"rate_limit_exceeded","message":"Too large for o-x: Limit 30, Requested 35."}"#;
    let failed = response("failed", error, "[]", "null");
    let events = begun() + &format!(r#"{{"type":"response.failed","sequence_number":2,"response":{failed}}}"#);
    assert_eq!(told(Dialect::OpenaiResponses, &events), "error quota");
}

#[rstest]
// rig: ollama, thinking_and_tool_call; a report to ollama-vscode.
#[case::thinks_and_calls(
    r#"
{"model":"qwen3:4b","created_at":"2026-10-05T08:11:04.351521Z","message":{"role":"assistant","content":"","thinking":"A list of"},"done":false}
{"model":"qwen3:4b","created_at":"2026-10-05T08:11:04.36515Z","message":{"role":"assistant","content":"","thinking":" \u003cnone"},"done":false}
{"model":"qwen3:4b","created_at":"2026-10-05T08:11:04.3788Z","message":{"role":"assistant","content":"","thinking":"\u003e"},"done":false}
{"model":"qwen3:4b","message":{"role":"assistant","content":"","tool_calls":[{"id":"call_1","function":{"index":0,"name":"look","arguments":{"at":"b.cs","text":"…"}}}]},"done":false}
{"model":"qwen3:4b","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":31,"eval_count":12,"eval_duration":903309000}"#,
    "reasoning A list of <none>\nusage 31 12 ?\nfinish Other(\"tool_calls\")"
)]
// rig: ollama, stream_raw_exposes_terminal_durations.
#[case::reaches_its_limit(
    r#"
{"model":"qwen3:4b","created_at":"2026-10-05T08:22:52.061545Z","message":{"role":"assistant","content":"Hm"},"done":false}
{"model":"qwen3:4b","created_at":"2026-10-05T08:22:52.0732Z","message":{"role":"assistant","content":","},"done":false}
{"model":"qwen3:4b","created_at":"2026-10-05T08:22:52.9619Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","total_duration":978445250,"load_duration":58436917,"prompt_eval_count":18,"prompt_eval_duration":17853083,"eval_count":2,"eval_duration":810829670}"#,
    "text Hm,\nusage 18 2 ?\nfinish Length"
)]
// A report to ollama-js: the server behind the server has gone.
#[case::its_cloud_breaks_off(
    r#"
{"model":"m:cloud","created_at":"2026-10-05T08:22:52.061545Z","message":{"role":"assistant","content":"a"},"done":false}
{"error":"Post \"https://ollama.com:443/v1/chat/completions?ts=1790000000\": unexpected EOF"}"#,
    "text a\nerror server"
)]
fn ollama(#[case] events: &str, #[case] expected: &str) {
    assert_eq!(told(Dialect::Ollama, events), expected);
}
