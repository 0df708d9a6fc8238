//! Answers that are not written as the dialect says, or not as their head says, and servers that repeat what they were sent.

mod common;

use std::time::Duration;

use aiia_llm::{ChatRequest, Dialect, FinishReason, Gap, LlmErrorKind, Models, ModelsConfig, ProviderConfig, Timeouts};
use aiia_tests::model_server::{ModelServer, Script};
use common::{Answer, LIMIT, ask, collect};
use rstest::rstest;
use tokio_util::sync::CancellationToken;

const KEY: &str = "sk-very-secret-0123456789";

/// What comes of a question to a server that answers so, and how often it was asked. One on this machine is read in a way of its own.
async fn answer(near: bool, dialect: Dialect, key: Option<&str>, script: Script) -> (Answer, usize) {
    let server = ModelServer::start().unwrap();
    server.always(script);
    let mut provider = ProviderConfig::new("p", dialect, server.base_url(dialect.as_str()));
    if !near {
        // Leads to this machine, too, but does not say so.
        provider.base_url = provider.base_url.replace("127.0.0.1", "0.0.0.0");
    }
    provider.api_key = key.map(aiia_llm::Secret::new);
    let timeouts =
        Timeouts { connect: Duration::from_secs(5), first_token: LIMIT, idle: LIMIT, list: Duration::from_secs(5) };
    let models = Models::new(ModelsConfig { providers: vec![provider], timeouts, ..ModelsConfig::default() });
    let gap = Some(Gap { prefix: "fn ".into(), suffix: "()".into() });
    let question =
        if dialect == Dialect::CompletionsFim { ChatRequest { gap, ..ChatRequest::default() } } else { ask("Hi") };
    let answer = collect(models.stream("p/m", question, CancellationToken::new())).await;
    (answer, server.chats().len())
}

fn with(status: u16, content_type: &str, body: impl Into<String>) -> Script {
    Script::Answer { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
}

const EVENTS: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a \"}}]}\n\n\
                      data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
const WHOLE: &str = "{\n \"choices\": [{\"message\": {\"content\": \"a b\"}, \"finish_reason\": \"stop\"}]\n}\n";
// As Gemini writes one.
const LIST: &str = r#"[{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "a "
          }
        ],
        "role": "model"
      },
      "index": 0
    }
  ],
  "modelVersion": "gemini-x"
}
,
{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "b",
            "thoughtSignature": "Er]},{[=="
          }
        ],
        "role": "model"
      },
      "finishReason": "STOP",
      "index": 0
    }
  ],
  "modelVersion": "gemini-x"
}
]
"#;
const WHOLE_OF_OLLAMA: &str = "{\n \"message\": {\"content\": \"a b\"},\n \"done\": true\n}";

#[rstest]
#[case::json_in_name(Dialect::OpenaiChat, with(200, "application/json", EVENTS))]
#[case::page_in_name(Dialect::OpenaiChat, with(200, "text/html; charset=utf-8", EVENTS))]
#[case::page_in_name_but_whole(Dialect::OpenaiChat, with(200, "text/html", WHOLE))]
#[case::text_in_name(Dialect::OpenaiChat, with(200, "text/plain", WHOLE))]
#[case::events_in_name(Dialect::OpenaiChat, with(200, "text/event-stream", WHOLE))]
#[case::nothing_in_name(Dialect::OpenaiChat, with(200, "", EVENTS))]
#[case::whole(Dialect::Ollama, with(200, "application/x-ndjson", WHOLE_OF_OLLAMA))]
#[case::carriage_returns(Dialect::OpenaiChat, with(200, "text/event-stream", EVENTS.replace('\n', "\r")))]
#[case::both(Dialect::OpenaiChat, with(200, "text/event-stream", EVENTS.replace('\n', "\r\n")))]
#[case::byte_by_byte(
    Dialect::OpenaiChat,
    Script::Raw(EVENTS.replace('\n', "\r\n").bytes().map(|byte| vec![byte]).collect())
)]
#[case::a_list_as_it_is_without_events(Dialect::Gemini, with(200, "application/json; charset=UTF-8", LIST))]
#[case::a_list_piece_by_piece(Dialect::Gemini, Script::Raw(LIST.as_bytes().chunks(7).map(<[u8]>::to_vec).collect()))]
#[case::a_mark_and_blanks_first(
    Dialect::OpenaiChat,
    with(200, "text/event-stream", format!("\u{feff}: hello\n\n\n{EVENTS}"))
)]
#[case::junk_after_the_reason(
    Dialect::Gemini,
    with(
        200,
        "text/event-stream",
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a b\"}]},\"finishReason\":\"STOP\"}]}\n\ndata: junk\n\n"
    )
)]
#[case::bytes_after_the_reason(
    Dialect::Gemini,
    Script::Raw(vec![
        b"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a b\"}]},\"finishReason\":\"STOP\"}]}\n\n\xff\xfe\n".to_vec()
    ])
)]
#[tokio::test]
async fn what_comes_decides_how_it_is_read(
    #[case] dialect: Dialect,
    #[case] script: Script,
    #[values(true, false)] near: bool,
) {
    let (answer, _) = answer(near, dialect, None, script).await;
    assert_eq!((answer.text.as_str(), answer.finish.clone()), ("a b", Some(FinishReason::Stop)), "{answer:?}");
}

#[rstest]
#[case::not_authenticated(
    with(200, "application/json", "{\"detail\":\"Not authenticated\"}"),
    "unauthorized",
    "Not authenticated"
)]
#[case::in_lines(with(200, "application/json", "{\n\"message\":\n\"no GPU\"}"), "server", "no GPU")]
#[case::nothing(with(200, "text/event-stream", ""), "cut_off", "answered with nothing")]
#[case::only_blanks(with(200, "text/event-stream", "\r\n\r\n"), "cut_off", "answered with nothing")]
#[case::in_the_first_event(Script::Raw(vec![b"data: {\"choices\":[{\"de".to_vec()]), "cut_off", "before the answer was complete")]
#[case::in_the_first_text(Script::Raw(vec![b"{\"choices\":[{\"de".to_vec()]), "cut_off", "before the answer was complete")]
#[case::a_page(with(200, "text/plain", "\n <!DOCTYPE html><p>Log in"), "malformed", "web page")]
#[case::words(with(200, "text/html", "Log in first"), "malformed", "web page")]
#[case::too_large(with(413, "text/html", "<html>Too large</html>"), "context_too_long", "larger than the server takes")]
#[case::a_wall(with(403, "text/html", "<html>Blocked</html>"), "malformed", "Something between here and the model")]
#[case::not_changed(with(304, "", ""), "server", "(304)")]
#[tokio::test]
async fn what_is_no_answer_is_explained(
    #[case] script: Script,
    #[case] kind: &str,
    #[case] says: &str,
    #[values(true, false)] near: bool,
) {
    let (answer, _) = answer(near, Dialect::OpenaiChat, Some(KEY), script).await;
    let error = answer.error.as_ref().unwrap();
    assert_eq!((error.kind.as_str(), answer.text.as_str()), (kind, ""), "{error:?}");
    assert!(error.message.contains(says) && !error.hint.is_empty(), "{error:?}");
}

#[rstest]
#[tokio::test]
async fn what_arrived_before_a_cut_in_an_event_is_kept(
    #[values("data: {\"choices\":[{\"de", "data: {\"choices\":[{\"delta\":{\"content\":\"\u{e9}")] rest: &str,
    #[values(0, 1)] missing: usize,
    #[values(true, false)] near: bool,
) {
    let begun = "data: {\"choices\":[{\"delta\":{\"content\":\"a \"}}]}\n\n".to_owned() + rest;
    let bytes = begun.into_bytes();
    let (answer, _) =
        answer(near, Dialect::OpenaiChat, None, Script::Raw(vec![bytes[..bytes.len() - missing].to_vec()])).await;
    assert_eq!((answer.outcome(), answer.text.as_str()), ("cut_off", "a "), "{answer:?}");
}

#[rstest]
#[tokio::test]
async fn a_key_that_a_server_repeats_is_never_shown(
    #[values(
        Dialect::OpenaiChat,
        Dialect::OpenaiResponses,
        Dialect::AnthropicMessages,
        Dialect::Gemini,
        Dialect::Ollama,
        Dialect::CompletionsFim
    )]
    dialect: Dialect,
    #[values(200, 401, 500)] status: u16,
    #[values(false, true)] as_json: bool,
    #[values(true, false)] near: bool,
) {
    // However far into the server's words the key stands, no part of it is left where they are cut.
    for before in [0, 100, 280, 285, 290, 299, 350, 395, 8180] {
        let words = format!("{} authorization: Bearer {KEY} and more", "x".repeat(before));
        let body = if as_json { serde_json::json!({ "error": { "message": words } }).to_string() } else { words };
        let (answer, _) = answer(near, dialect, Some(KEY), with(status, "text/plain", body)).await;
        let error = answer.error.unwrap();
        assert!(!format!("{error:?}").contains(&KEY[..6]), "{before}: {error:?}");
        assert!(error.message.chars().count() < 500, "{error:?}");
    }
}

#[rstest]
#[tokio::test]
async fn nor_is_one_in_an_error_that_comes_with_counts(#[values(true, false)] near: bool) {
    let event = format!(r#"{{"error":{{"message":"no {KEY}"}},"choices":[],"usage":{{"prompt_tokens":3}}}}"#);
    let script = with(200, "text/event-stream", format!("data: {event}\n\ndata: [DONE]\n\n"));
    let (answer, _) = answer(near, Dialect::OpenaiChat, Some(KEY), script).await;
    let error = answer.error.unwrap();
    assert!(!format!("{error:?}").contains(&KEY[..6]), "{error:?}");
    assert_eq!(answer.usage.and_then(|usage| usage.input_tokens), Some(3));
}

#[rstest]
#[tokio::test]
async fn who_has_no_key_is_told_so(#[values(true, false)] near: bool) {
    let (answer, _) = answer(near, Dialect::OpenaiChat, None, Script::error(401, "no key")).await;
    let error = answer.error.unwrap();
    assert_eq!(error.kind, LlmErrorKind::Unauthorized);
    assert!(error.hint.starts_with("No key was sent") && error.hint.contains("set-key p"), "{error:?}");
}

#[rstest]
#[case("Tue, 31 Dec 2999 23:59:59 GMT")]
#[case("999999999999999999999")]
#[tokio::test]
async fn a_wait_that_is_too_long_is_said_and_not_waited_for(
    #[case] retry_after: &str,
    #[values(true, false)] near: bool,
) {
    let headers = vec![("retry-after".into(), retry_after.into())];
    let (answer, asked) =
        answer(near, Dialect::OpenaiChat, None, Script::Answer { status: 429, headers, body: "{}".into() }).await;
    let error = answer.error.unwrap();
    assert_eq!((error.kind, asked), (LlmErrorKind::Quota, 1));
    assert!(error.hint.contains("more than a year"), "{error:?}");
}

#[rstest]
#[tokio::test]
async fn so_is_one_that_stands_in_the_body(#[values(true, false)] near: bool) {
    let details = r#"[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]"#;
    let body =
        format!(r#"{{"error":{{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Slow","details":{details}}}}}"#);
    let (answer, asked) = answer(near, Dialect::Gemini, None, with(429, "application/json", body)).await;
    let error = answer.error.unwrap();
    assert_eq!((error.kind, error.retry_after, asked), (LlmErrorKind::Quota, Some(Duration::from_millis(34_400)), 1));
    assert!(error.hint.contains("asks to wait a minute"), "{error:?}");
}

#[rstest]
#[case(200)]
#[case(401)]
#[tokio::test]
async fn what_is_compressed_is_named(#[case] status: u16, #[values(true, false)] near: bool) {
    let headers = vec![("content-encoding".into(), "gzip".into())];
    let (answer, _) =
        answer(near, Dialect::OpenaiChat, None, Script::Answer { status, headers, body: "\u{1f}\u{8b}".into() }).await;
    assert!(answer.error.as_ref().unwrap().message.contains("compressed by gzip"), "{:?}", answer.error);
}

#[tokio::test]
async fn an_overload_that_is_told_in_the_stream_is_asked_again_before_the_first_word() {
    let overloaded =
        "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let word = "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"a\"}}\n\n";
    for (first, expected, said, asked) in [
        (overloaded.to_owned(), "ok", "Hello from the scripted model.", 2),
        (format!("{word}{overloaded}"), "server", "a", 1),
    ] {
        let server = ModelServer::start().unwrap();
        server.next(with(200, "text/event-stream", first));
        let provider = ProviderConfig::new("p", Dialect::AnthropicMessages, server.base_url("anthropic_messages"));
        let models = Models::new(ModelsConfig { providers: vec![provider], ..ModelsConfig::default() });
        let answer = collect(models.stream("p/m", ask("Hi"), CancellationToken::new())).await;
        assert_eq!(
            (answer.outcome(), answer.text.as_str(), server.chats().len()),
            (expected, said, asked),
            "{answer:?}"
        );
    }
}

#[rstest]
#[tokio::test]
async fn what_stands_in_the_place_of_an_error_may_be_none(#[values(true, false)] near: bool) {
    for none in ["\"\"", "{}", "false", "null"] {
        let events = EVENTS.replacen("{\"choices\"", &format!("{{\"error\":{none},\"choices\""), 1);
        let (answer, _) = answer(near, Dialect::OpenaiChat, None, with(200, "text/event-stream", events)).await;
        assert_eq!((answer.outcome(), answer.text.as_str()), ("ok", "a b"), "{none}");
    }
}
