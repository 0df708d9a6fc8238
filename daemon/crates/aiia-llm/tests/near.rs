//! Servers on this machine that write HTTP as they like.

mod common;

use std::fmt::Write as _;
use std::time::Duration;

use aiia_llm::{ChatRequest, Dialect, Models, ModelsConfig, ProviderConfig, Timeouts};
use common::{Answer, LIMIT, ask, collect};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A whole answer as an event stream.
const EVENTS: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
/// How long its first event is.
const FIRST: usize = 61;
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

/// What comes of `request` when the server sends this in pieces of so many bytes, once it has read `read` bytes, and closes.
async fn answer(request: ChatRequest, read: usize, sent: Vec<u8>, size: usize) -> Answer {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://localhost:{}/v1", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _ = connection.set_nodelay(true);
            let mut some = vec![0; read];
            connection.read_exact(&mut some).await.unwrap();
            for piece in sent.chunks(size) {
                if connection.write_all(piece).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            let _ = connection.shutdown().await;
            // What is not read yet would have the system reset the connection, and take back what was said.
            let _ = tokio::io::copy(&mut connection, &mut tokio::io::sink()).await;
        }
    });
    let timeouts = Timeouts { connect: Duration::from_secs(5), first_token: LIMIT, idle: LIMIT, list: LIMIT };
    let providers = vec![ProviderConfig::new("p", Dialect::OpenaiChat, url)];
    let models = Models::new(ModelsConfig { providers, timeouts, ..ModelsConfig::default() });
    collect(models.stream("p/m", request, CancellationToken::new())).await
}

fn chunked(sizes: &[usize]) -> String {
    let (mut text, mut rest) = (String::new(), EVENTS);
    for size in sizes {
        let (now, after) = rest.split_at(*size);
        write!(text, "{size:x};x=y\r\n{now}\r\n").unwrap();
        rest = after;
    }
    write!(text, "{:X}\r\n{rest}\r\n0\r\n\r\n", rest.len()).unwrap();
    text
}

#[rstest]
#[case::until_closed(format!("{OK}\r\n{EVENTS}"), "ok", "Hello")]
#[case::old(format!("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n{EVENTS}"), "ok", "Hello")]
#[case::length(format!("{OK}Content-Length: {}\r\n\r\n{EVENTS}", EVENTS.len()), "ok", "Hello")]
#[case::chunks(format!("{OK}Transfer-Encoding: chunked\r\n\r\n{}", chunked(&[1, 3, 20])), "ok", "Hello")]
#[case::go_on(format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{OK}\r\n{EVENTS}"), "ok", "Hello")]
#[case::more_than_its_length(format!("{OK}Content-Length: {}\r\n\r\n{EVENTS}<html>", EVENTS.len()), "ok", "Hello")]
#[case::less_than_its_length(format!("{OK}Content-Length: 500\r\n\r\n{}", &EVENTS[..FIRST]), "cut_off", "Hello")]
#[case::chunk_cut(format!("{OK}Transfer-Encoding: chunked\r\n\r\nff\r\n{}", &EVENTS[..FIRST]), "cut_off", "Hello")]
#[case::chunk_wrong(format!("{OK}Transfer-Encoding: chunked\r\n\r\n3d\r\n{}oops\r\n", &EVENTS[..FIRST]), "cut_off", "Hello")]
#[case::lengths_differ(format!("{OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{EVENTS}"), "malformed", "")]
#[case::no_http("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), "malformed", "")]
#[case::no_status("HTTP/1.1 x OK\r\n\r\n".to_owned(), "malformed", "")]
#[case::head_cut("HTTP/1.1 200 OK\r\nContent-".to_owned(), "malformed", "")]
#[case::endless_head(format!("{OK}{}", "x: y\r\n".repeat(1000)), "malformed", "")]
#[case::endless_header(format!("{OK}x: {}", "y".repeat(200_000)), "malformed", "")]
#[case::nothing(String::new(), "cut_off", "")]
#[tokio::test]
async fn answers_as_servers_write_them(
    #[case] sent: String,
    #[case] outcome: &str,
    #[case] text: &str,
    #[values(1, 7, 1 << 20)] size: usize,
) {
    // The head alone is longer than this.
    let answer = answer(ask("Hi"), 64, sent.into_bytes(), if outcome == "malformed" { 1 << 20 } else { size }).await;
    assert_eq!((answer.outcome(), answer.text.as_str()), (outcome, text), "{:?}", answer.error);
}

#[tokio::test]
async fn a_refusal_is_heard_before_the_question_is_read() {
    let question = "word ".repeat(4 << 20);
    let body = r#"{"error":{"message":"maximum context length is 10 tokens"}}"#;
    let sent = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = answer(ask(&question), 64, sent.into_bytes(), 1 << 20).await;
    assert_eq!(answer.outcome(), "context_too_long", "{:?}", answer.error);
}
