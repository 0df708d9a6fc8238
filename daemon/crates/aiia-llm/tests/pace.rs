//! How long an answer may take from one word to the next, and how much of it there may be.

mod common;

use std::time::Duration;

use aiia_llm::{ChatRequest, Dialect, FinishReason, Models, ModelsConfig, ProviderConfig, Timeouts};
use common::{Answer, LIMIT, ask, collect};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What a server sends: the beginning, then a piece again and again, then the end.
struct Sent {
    first: String,
    again: String,
    times: usize,
    pause: Duration,
    last: String,
}

/// What comes of a question to such a server, which is reached as one on this machine or as any other.
async fn answer(dialect: Dialect, near: bool, request: ChatRequest, timeouts: Timeouts, sent: Sent) -> Answer {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let host = if near { "127.0.0.1" } else { "0.0.0.0" };
    let url = format!("http://{host}:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let _ = connection.read(&mut [0; 4096]).await;
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n".to_owned();
        let _ = connection.write_all((head + &sent.first).as_bytes()).await;
        // Its pace is what is tested.
        let mut ticks = tokio::time::interval(sent.pause);
        for _ in 0..sent.times {
            ticks.tick().await;
            if connection.write_all(sent.again.as_bytes()).await.is_err() {
                return;
            }
        }
        let _ = connection.write_all(sent.last.as_bytes()).await;
    });
    let providers = vec![ProviderConfig::new("p", dialect, url)];
    let models = Models::new(ModelsConfig { providers, timeouts, ..ModelsConfig::default() });
    collect(models.stream("p/m", request, CancellationToken::new())).await
}

fn limits(first_token: Duration, idle: Duration) -> Timeouts {
    Timeouts { connect: Duration::from_secs(5), first_token, idle, list: Duration::from_secs(5) }
}

const FOR_EVER: usize = usize::MAX;
const OFTEN: Duration = Duration::from_millis(20);

/// An event with a word.
fn word(dialect: Dialect, word: &str) -> String {
    let event = match dialect {
        Dialect::OpenaiResponses => format!(r#"{{"type":"response.output_text.delta","delta":"{word}"}}"#),
        Dialect::AnthropicMessages => format!(r#"{{"type":"content_block_delta","delta":{{"text":"{word}"}}}}"#),
        Dialect::Gemini => format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{word}"}}]}}}}]}}"#),
        Dialect::Ollama => return format!("{{\"message\":{{\"content\":\"{word}\"}},\"done\":false}}\n"),
        _ => format!(r#"{{"choices":[{{"delta":{{"content":"{word}"}}}}]}}"#),
    };
    format!("data: {event}\n\n")
}

#[rstest]
#[case::comments(Dialect::OpenaiChat, ": ping\n\n")]
#[case::nothing_said(Dialect::OpenaiChat, "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n")]
#[case::no_choice(Dialect::OpenaiChat, "data: {\"choices\":[],\"usage\":null}\n\n")]
#[case::comments(Dialect::OpenaiResponses, ": ping\n\n")]
#[case::keep_alive(Dialect::OpenaiResponses, "data: {\"type\":\"keepalive\",\"sequence_number\":1}\n\n")]
#[case::ping(Dialect::AnthropicMessages, "event: ping\ndata: {\"type\": \"ping\"}\n\n")]
#[case::comments(Dialect::Gemini, ": ping\n\n")]
#[case::blank_lines(Dialect::Ollama, "\n")]
#[case::a_line_that_does_not_end(Dialect::OpenaiChat, "x")]
#[tokio::test]
async fn signs_of_life_do_not_keep_a_silent_answer_open(
    #[case] dialect: Dialect,
    #[case] again: &str,
    #[values(true, false)] near: bool,
) {
    let first = word(dialect, "first");
    let sent = Sent { first, again: again.to_owned(), times: FOR_EVER, pause: OFTEN, last: String::new() };
    let limits = limits(Duration::from_secs(2), Duration::from_secs(1));
    let answer = answer(dialect, near, ask("Hi"), limits, sent).await;
    assert_eq!((answer.outcome(), answer.text.as_str()), ("idle_timeout", "first"), "{answer:?}");
    assert!(answer.error.unwrap().message.contains("nothing but signs of life"));
}

#[tokio::test]
async fn signs_of_life_do_not_keep_an_answer_open_whose_end_is_known() {
    let first =
        word(Dialect::OpenaiChat, "all") + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let sent = Sent { first, again: ": ping\n\n".to_owned(), times: FOR_EVER, pause: OFTEN, last: String::new() };
    let answer = answer(Dialect::OpenaiChat, true, ask("Hi"), limits(LIMIT, LIMIT), sent).await;
    assert_eq!((answer.text.as_str(), answer.finish), ("all", Some(FinishReason::Stop)));
}

#[rstest]
#[case::openai_chat(
    Dialect::OpenaiChat,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"x"}}]}}]}"#
)]
#[case::openai_responses(Dialect::OpenaiResponses, r#"{"type":"response.function_call_arguments.delta","delta":"x"}"#)]
#[case::anthropic_messages(
    Dialect::AnthropicMessages,
    r#"{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"x"}}"#
)]
#[case::gemini(Dialect::Gemini, r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]}}]}"#)]
#[case::ollama(Dialect::Ollama, r#"{"message":{"content":"","tool_calls":[{"function":{"name":"f"}}]},"done":false}"#)]
#[tokio::test]
async fn who_asks_for_a_tool_has_begun_and_goes_on(
    #[case] dialect: Dialect,
    #[case] event: &str,
    #[values(true, false)] near: bool,
) {
    let again = if dialect == Dialect::Ollama { format!("{event}\n") } else { format!("data: {event}\n\n") };
    let pause = Duration::from_millis(250);
    let sent = Sent { first: again.clone(), again, times: 8, pause, last: word(dialect, "said") };
    let limits = limits(Duration::from_secs(1), Duration::from_secs(1));
    let answer = answer(dialect, near, ask("Hi"), limits, sent).await;
    assert_eq!(answer.text, "said", "{answer:?}");
}

#[rstest]
#[tokio::test]
async fn a_list_of_events_is_read_as_it_comes(#[values(true, false)] near: bool) {
    let event =
        |text: &str| format!("{{\n \"candidates\": [{{\"content\": {{\"parts\": [{{\"text\": \"{text}\"}}]}}}}]\n}}");
    let sent = Sent {
        first: format!("[{}", event("a")),
        again: format!("\n,\r\n{}", event("]},{\\\\\\\"[")),
        times: 8,
        pause: Duration::from_millis(250),
        last: "\n,\n{\"candidates\": [{\"finishReason\": \"STOP\"}]}\n]\n".to_owned(),
    };
    let limits = limits(Duration::from_secs(1), Duration::from_secs(1));
    let answer = answer(Dialect::Gemini, near, ask("Hi"), limits, sent).await;
    assert_eq!(answer.text, "a".to_owned() + &"]},{\\\"[".repeat(8), "{answer:?}");
    assert_eq!(answer.finish, Some(FinishReason::Stop));
}

#[rstest]
#[case::all_of_it("", "ok")]
#[case::cut("Content-Length: 9999\r\n", "cut_off")]
#[tokio::test]
async fn a_reason_with_every_piece_does_not_make_a_cut_answer_whole(#[case] header: &str, #[case] outcome: &str) {
    let piece = |text: &str| {
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}]}}\n\n")
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sent = format!("HTTP/1.1 200 OK\r\n{header}\r\n{}{}", piece("a "), piece("b"));
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let _ = connection.read(&mut [0; 4096]).await;
        let _ = connection.write_all(sent.as_bytes()).await;
        let _ = connection.shutdown().await;
        let _ = tokio::io::copy(&mut connection, &mut tokio::io::sink()).await;
    });
    let providers = vec![ProviderConfig::new("p", Dialect::OpenaiChat, url)];
    let models = Models::new(ModelsConfig { providers, ..ModelsConfig::default() });
    let answer = collect(models.stream("p/m", ask("Hi"), CancellationToken::new())).await;
    assert_eq!((answer.outcome(), answer.text.as_str()), (outcome, "a b"), "{answer:?}");
}
