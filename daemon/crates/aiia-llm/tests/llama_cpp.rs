//! The real llama.cpp server with a real model, by the dialects that it speaks. Needs `AIIA_LLAMA_PYTHON`, a Python that has
//! xllamacpp, and the weights that `AIIA_TEST_MODEL` names; `tests/run` sets both. Its words are not looked at.

mod common;

use aiia_llm::{
    ChatMessage, ChatRequest, Delta, Dialect, FinishReason, Gap, LlmErrorKind, Models, ModelsConfig, ProviderConfig,
    Role, Timeouts,
};
use aiia_tests::llama_server::LlamaServer;
use common::{LIMIT, ask, collect, collect_until};
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

fn start() -> LlamaServer {
    let weights = std::env::var_os("AIIA_TEST_MODEL").expect("AIIA_TEST_MODEL names weights; `tests/run` sets it");
    LlamaServer::start(weights, 1, 2048).expect("AIIA_LLAMA_PYTHON names a Python with xllamacpp; `tests/run` sets it")
}

fn models(server: &LlamaServer) -> Models {
    let provider =
        |name: &str, dialect, path: &str| ProviderConfig::new(name, dialect, format!("{}{path}", server.url()));
    let mut fill = provider("fill", Dialect::CompletionsFim, "/v1");
    // This model has no marks for gaps.
    "{prefix}".clone_into(&mut fill.quirks.fill);
    let providers = vec![
        provider("chat", Dialect::OpenaiChat, "/v1"),
        provider("responses", Dialect::OpenaiResponses, "/v1"),
        provider("messages", Dialect::AnthropicMessages, "/v1"),
        fill,
    ];
    let timeouts = Timeouts { connect: LIMIT, first_token: LIMIT, idle: LIMIT, list: LIMIT };
    Models::new(ModelsConfig { providers, timeouts, ..ModelsConfig::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_by_every_dialect_that_it_speaks() {
    let server = start();
    let models = models(&server);
    assert_eq!(models.window("chat/m").await, Some(2048), "the window that it was started with");
    let listed = models.survey().await;
    assert!(listed.models.iter().any(|model| model.provider == "chat" && model.local), "{listed:?}");

    for provider in ["chat", "responses", "messages"] {
        let question = "Name three colours, then go on with a story about them.";
        let request = ChatRequest { max_tokens: Some(8), temperature: Some(0.0), ..ask(question) };
        let name = format!("{provider}/m");
        let answer = collect(models.stream(&name, request.clone(), CancellationToken::new())).await;
        assert_eq!(answer.outcome(), "ok", "{provider}: {answer:?}");
        // By its responses it does not tell that the limit was met.
        let cut_off = answer.finish == Some(FinishReason::Length);
        assert!(cut_off || provider == "responses", "{provider}: {answer:?}");
        let usage = answer.usage.expect("it counts tokens in a stream");
        assert!(!answer.text.is_empty() && usage.input_tokens > Some(10), "{provider}: {answer:?}");
        assert_eq!(usage.output_tokens, Some(8), "{provider}");
    }

    // A question that goes on from an answer is read from there.
    let mut request =
        ChatRequest { max_tokens: Some(4), temperature: Some(0.0), ..ask(&"Say a word of it. ".repeat(12)) };
    let first = collect(models.stream("chat/m", request.clone(), CancellationToken::new())).await;
    request.messages.push(ChatMessage::new(Role::Assistant, first.text));
    request.messages.push(ChatMessage::new(Role::User, "And another one."));
    let next = collect(models.stream("chat/m", request, CancellationToken::new())).await.usage.expect("usage");
    assert!(next.cached_tokens > Some(40) && next.cached_tokens < next.input_tokens, "{next:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_fills_gaps_stops_when_told_and_refuses_what_is_too_long() {
    let server = start();
    let models = models(&server);
    let gap = Gap { prefix: "def add(a, b):\n    return".to_owned(), suffix: "\n".to_owned() };
    let request = ChatRequest { gap: Some(gap), max_tokens: Some(6), temperature: Some(0.0), ..ChatRequest::default() };
    let filled = collect(models.stream("fill/m", request, CancellationToken::new())).await;
    assert_eq!(filled.outcome(), "ok", "{filled:?}");
    assert!(!filled.text.is_empty() && filled.usage.is_some_and(|usage| usage.output_tokens.is_some()), "{filled:?}");

    let long = collect(models.stream("chat/m", ask(&"word ".repeat(5000)), CancellationToken::new())).await;
    assert_eq!(long.error.map(|error| error.kind), Some(LlmErrorKind::ContextTooLong));

    // The server does one thing at a time: it answers again only when the cancelled answer has really ended.
    let cancel = CancellationToken::new();
    let story = ChatRequest { temperature: Some(0.0), ..ask("Tell a very long story.") };
    let (_, mut stream) =
        collect_until(models.stream("chat/m", story, cancel.clone()), |answer| !answer.text.is_empty()).await;
    cancel.cancel();
    while let Some(item) = stream.next().await {
        assert!(!matches!(item, Ok(Delta::Finish(_))), "it was cancelled");
    }
    let short = ChatRequest { max_tokens: Some(3), ..ask("Hi") };
    assert_eq!(collect(models.stream("chat/m", short, CancellationToken::new())).await.outcome(), "ok");
}
