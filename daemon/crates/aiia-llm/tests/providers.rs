//! The network behaviour of every dialect, against a server that does as it is told.

mod common;

use std::collections::HashMap;
use std::time::Duration;

use aiia_llm::{
    ChatRequest, Dialect, DiscoverySettings, EmbeddedSettings, FinishReason, Gap, LlmErrorKind, LoopbackServer, Models,
    ModelsConfig, Origin, ProviderConfig, Secret, Timeouts,
};
use aiia_tests::model_server::{Gate, ModelServer, Script};
use common::{Answer, LIMIT, ask, collect, collect_until};
use rstest::rstest;
use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;

const KEY: &str = "sk-very-secret";

/// Short limits for the phases that a test lets run out, long ones for the rest.
fn limits() -> Timeouts {
    Timeouts { connect: Duration::from_secs(5), first_token: LIMIT, idle: LIMIT, list: Duration::from_secs(5) }
}

fn models_of(providers: Vec<ProviderConfig>, timeouts: Timeouts) -> Models {
    Models::new(ModelsConfig { providers, timeouts, ..ModelsConfig::default() })
}

fn provider(server: &ModelServer, dialect: Dialect) -> ProviderConfig {
    ProviderConfig::new("p", dialect, server.base_url(dialect.as_str())).with_key(KEY)
}

/// A question, or a gap where the dialect fills gaps.
fn question(dialect: Dialect) -> ChatRequest {
    if dialect == Dialect::CompletionsFim {
        let gap = Some(Gap { prefix: "fn ".into(), suffix: "()".into() });
        return ChatRequest { gap, ..ChatRequest::default() };
    }
    ask("Hi")
}

async fn answer_to(dialect: Dialect, script: Script, timeouts: Timeouts) -> (Answer, ModelServer) {
    answer_from(Way::Near, dialect, script, timeouts).await
}

/// How a server is reached: one on this machine has a way of its own.
#[derive(Clone, Copy, Debug)]
enum Way {
    Near,
    Far,
}

impl Way {
    fn to(self, mut provider: ProviderConfig) -> ProviderConfig {
        if matches!(self, Self::Far) {
            // Leads to this machine, too, but does not say so.
            provider.base_url = provider.base_url.replace("127.0.0.1", "0.0.0.0");
        }
        provider
    }
}

async fn answer_from(way: Way, dialect: Dialect, script: Script, timeouts: Timeouts) -> (Answer, ModelServer) {
    let server = ModelServer::start().unwrap();
    server.always(script);
    let models = models_of(vec![way.to(provider(&server, dialect))], timeouts);
    let answer = collect(models.stream("p/test-model", question(dialect), CancellationToken::new())).await;
    (answer, server)
}

#[tokio::test]
async fn a_server_that_cannot_stream_is_understood() {
    let body = r#"{"choices":[{"message":{"role":"assistant","content":"All\nat once"},"finish_reason":"stop"}]}"#;
    let headers = vec![("content-type".into(), "application/json; charset=utf-8".into())];
    let script = Script::Answer { status: 200, headers, body: body.replace(',', ",\n") };
    let (answer, _server) = answer_to(Dialect::OpenaiChat, script, limits()).await;
    assert_eq!((answer.text.as_str(), answer.finish), ("All\nat once", Some(FinishReason::Stop)));
}

#[tokio::test]
async fn an_answer_read_to_its_end_is_not_abandoned() {
    for script in [Script::text("a b c"), Script::numbered(500)] {
        let (answer, server) = answer_to(Dialect::OpenaiChat, script, limits()).await;
        assert_eq!(answer.finish, Some(FinishReason::Stop));
        assert!(server.wait_for_completed(1, LIMIT));
    }
}

fn tokens() -> Vec<String> {
    vec!["a ".into(), "b ".into()]
}

#[rstest]
#[case(Dialect::OpenaiChat, "/v1/chat/completions", "authorization")]
#[case(Dialect::OpenaiResponses, "/v1/responses", "authorization")]
#[case(Dialect::AnthropicMessages, "/v1/messages", "x-api-key")]
#[case(Dialect::Gemini, "/v1beta/models/test-model:streamGenerateContent", "x-goog-api-key")]
#[case(Dialect::Ollama, "/api/chat", "authorization")]
#[case(Dialect::CompletionsFim, "/v1/completions", "authorization")]
#[tokio::test]
async fn an_answer_streams_with_usage_and_end(
    #[case] dialect: Dialect,
    #[case] path: &str,
    #[case] header: &str,
    #[values(Way::Near, Way::Far)] way: Way,
) {
    let (answer, server) = answer_from(way, dialect, Script::text("Hello dear world"), limits()).await;
    assert_eq!((answer.text.as_str(), answer.finish), ("Hello dear world", Some(FinishReason::Stop)));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (Some(10), Some(3)));
    let request = &server.chats()[0];
    assert_eq!(request.path.as_str(), path);
    assert!(dialect == Dialect::Gemini || request.body["model"] == "test-model");
    assert_eq!(request.header(header).map(|value| value.trim_start_matches("Bearer ")), Some(KEY));
    let expected = if dialect == Dialect::AnthropicMessages { Some("2023-06-01") } else { None };
    assert_eq!(request.header("anthropic-version"), expected);
}

#[rstest]
#[case::cut_off(Script::CutOff(tokens()), "cut_off", "a b ")]
#[case::end_early(Script::EndEarly(tokens()), "cut_off", "a b ")]
#[case::endless_line(Script::EndlessLine(tokens()), "malformed", "a b ")]
#[case::html(Script::html(), "malformed", "")]
#[case::html_in_disguise(Script::Raw(vec![b"<!DOCTYPE html><p>Log in".to_vec()]), "malformed", "")]
#[case::garbage(Script::Raw(vec![b"\x00\x01garbage\n".to_vec(), b"more\n".to_vec()]), "malformed", "")]
#[case::invalid_utf8(Script::Raw(vec![b"data: \xff\xfe\n\n".to_vec()]), "malformed", "")]
#[case::empty(Script::Raw(vec![]), "cut_off", "")]
#[case::unauthorized(Script::error(401, "bad key sk-very-secret"), "unauthorized", "")]
#[case::missing(Script::model_missing("test-model"), "model_missing", "")]
#[case::server(Script::error(500, "boom"), "server", "")]
#[case::context(Script::error(400, "maximum context length is 10 tokens"), "context_too_long", "")]
#[case::redirect(Script::redirect("http://169.254.169.254/latest"), "redirect", "")]
#[tokio::test]
async fn each_failure_has_its_name_and_what_arrived_is_kept(
    #[case] script: Script,
    #[case] kind: &str,
    #[case] text: &str,
    #[values(
        Dialect::OpenaiChat,
        Dialect::OpenaiResponses,
        Dialect::AnthropicMessages,
        Dialect::Gemini,
        Dialect::Ollama,
        Dialect::CompletionsFim
    )]
    dialect: Dialect,
    #[values(Way::Near, Way::Far)] way: Way,
) {
    let (answer, server) = answer_from(way, dialect, script, limits()).await;
    assert_eq!((answer.outcome(), answer.text.as_str()), (kind, text), "{:?}", answer.error);
    let error = answer.error.unwrap();
    assert!(!error.hint.is_empty());
    assert!(!format!("{error:?}").contains(KEY), "{error:?}");
    assert_eq!(server.chats().len(), 1, "asked once only");
}

#[rstest]
#[case(429)]
#[case(502)]
#[case(503)]
#[case(529)]
#[tokio::test]
async fn a_passing_failure_is_tried_again(#[case] status: u16) {
    let server = ModelServer::start().unwrap();
    server.next(Script::error(status, "busy"));
    server.next(Script::too_many_requests(0));
    let models = models_of(vec![provider(&server, Dialect::OpenaiChat)], limits());
    let answer = collect(models.stream("p/m", ask("Hi"), CancellationToken::new())).await;
    assert_eq!((answer.outcome(), answer.text.as_str()), ("ok", "Hello from the scripted model."));
    assert_eq!((server.chats().len(), answer.statuses.len()), (3, 2));
}

#[tokio::test]
async fn three_attempts_are_enough() {
    let (answer, server) = answer_to(Dialect::Ollama, Script::error(503, "busy"), limits()).await;
    assert_eq!((answer.outcome(), answer.error.as_ref().unwrap().status), ("server", Some(503)));
    assert_eq!(server.chats().len(), 3);
}

#[tokio::test]
async fn a_long_wait_is_reported_instead_of_waited_for() {
    let (answer, server) = answer_to(Dialect::OpenaiChat, Script::too_many_requests(3600), limits()).await;
    let error = answer.error.unwrap();
    assert_eq!((error.kind, error.retry_after), (LlmErrorKind::Quota, Some(Duration::from_hours(1))));
    assert_eq!(server.chats().len(), 1);
}

#[rstest]
#[case::first_token(Script::Stall, "first_token_timeout", "")]
#[case::first_token_after_the_head(Script::Silence(vec![]), "first_token_timeout", "")]
#[case::idle(Script::Silence(tokens()), "idle_timeout", "a b ")]
#[tokio::test(flavor = "multi_thread")]
async fn each_phase_has_its_limit(
    #[case] script: Script,
    #[case] kind: &str,
    #[case] text: &str,
    #[values(
        Dialect::OpenaiChat,
        Dialect::OpenaiResponses,
        Dialect::AnthropicMessages,
        Dialect::Gemini,
        Dialect::Ollama,
        Dialect::CompletionsFim
    )]
    dialect: Dialect,
    #[values(Way::Near, Way::Far)] way: Way,
) {
    let short = Duration::from_millis(300);
    // Only the limit that is to run out is short, so that a busy machine changes nothing.
    let timeouts = if kind == "idle_timeout" {
        Timeouts { idle: short, ..limits() }
    } else {
        Timeouts { first_token: short, ..limits() }
    };
    let (answer, server) = answer_from(way, dialect, script, timeouts).await;
    assert_eq!((answer.outcome(), answer.text.as_str()), (kind, text));
    assert!(server.wait_for_abandoned(1, LIMIT), "the connection is closed");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_the_stream_and_closes_the_connection(
    #[values(
        Dialect::OpenaiChat,
        Dialect::OpenaiResponses,
        Dialect::AnthropicMessages,
        Dialect::Gemini,
        Dialect::Ollama,
        Dialect::CompletionsFim
    )]
    dialect: Dialect,
    #[values(Way::Near, Way::Far)] way: Way,
) {
    let server = ModelServer::start().unwrap();
    let gate = Gate::closed();
    gate.release(2);
    server.next(Script::Numbered { count: 1000, gate });
    let models = models_of(vec![way.to(provider(&server, dialect))], limits());
    let cancel = CancellationToken::new();
    let stream = models.stream("p/m", question(dialect), cancel.clone());
    let (answer, stream) = collect_until(stream, |answer| answer.text == "t1 t2 ").await;
    assert_eq!(answer.outcome(), "ok");
    cancel.cancel();
    let rest = collect(stream).await;
    assert_eq!((rest.outcome(), rest.text.as_str()), ("cancelled", ""));
    assert!(server.wait_for_abandoned(1, Duration::from_secs(1)), "closed within a second");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_before_the_head_and_while_waiting_to_retry() {
    for script in [Script::Stall, Script::too_many_requests(20)] {
        let server = ModelServer::start().unwrap();
        server.always(script);
        let models = models_of(vec![provider(&server, Dialect::OpenaiChat)], limits());
        let cancel = CancellationToken::new();
        let reading = tokio::spawn(collect(models.stream("p/m", ask("Hi"), cancel.clone())));
        assert!(server.wait_for_chats(1, LIMIT));
        cancel.cancel();
        assert_eq!(reading.await.unwrap().outcome(), "cancelled");
        assert_eq!(server.chats().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_stream_closes_the_connection() {
    let server = ModelServer::start().unwrap();
    server.next(Script::Silence(tokens()));
    let models = models_of(vec![provider(&server, Dialect::OpenaiChat)], limits());
    let stream = models.stream("p/m", ask("Hi"), CancellationToken::new());
    let (_, stream) = collect_until(stream, |answer| answer.text == "a b ").await;
    drop(stream);
    assert!(server.wait_for_abandoned(1, Duration::from_secs(1)));
}

#[tokio::test]
async fn nothing_is_sent_when_already_cancelled() {
    let server = ModelServer::start().unwrap();
    let models = models_of(vec![provider(&server, Dialect::OpenaiChat)], limits());
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert_eq!(collect(models.stream("p/m", ask("Hi"), cancel)).await.outcome(), "cancelled");
    assert!(server.requests().is_empty());
}

#[rstest]
#[tokio::test]
async fn every_dialect_lists_its_models(
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
    let server = ModelServer::start().unwrap();
    let models = models_of(vec![provider(&server, dialect)], limits()).list().await;
    let names: Vec<&str> = models.iter().map(|model| model.model.as_str()).collect();
    assert_eq!(names, ["test-model", "other-model:7b"]);
}

#[tokio::test]
async fn headers_of_the_configuration_go_along_and_are_never_shown() {
    let server = ModelServer::start().unwrap();
    server.always(Script::error(500, "no room for tenant-7 with sk-very-secret"));
    let mut azure = provider(&server, Dialect::OpenaiChat);
    azure.quirks.key_header = Some("api-key".into());
    azure.headers = vec![("x-tenant".into(), Secret::new("tenant-7"))];
    let models = models_of(vec![azure], limits());
    let error = collect(models.stream("p/m", ask("Hi"), CancellationToken::new())).await.error.unwrap();
    assert!(error.message.contains("no room for [key] with [key]"), "{error:?}");
    let request = &server.chats()[0];
    assert_eq!((request.header("api-key"), request.header("x-tenant")), (Some(KEY), Some("tenant-7")));
    assert_eq!(request.header("authorization"), None);
}

#[tokio::test]
async fn a_key_that_no_header_may_hold_is_an_error_of_its_own() {
    let server = ModelServer::start().unwrap();
    for dialect in [Dialect::AnthropicMessages, Dialect::OpenaiChat] {
        let broken = ProviderConfig::new("p", dialect, server.openai_url()).with_key("sk-1\nx: y");
        let error = collect(models_of(vec![broken], limits()).stream("p/m", ask("Hi"), CancellationToken::new())).await;
        assert_eq!(error.outcome(), "bad_request", "{:?}", error.error);
    }
    assert!(server.chats().is_empty());
}

fn named(name: &str, server: &ModelServer) -> ProviderConfig {
    ProviderConfig::new(name, Dialect::OpenaiChat, server.openai_url())
}

#[rstest]
#[case::overloaded(Script::error(503, "busy"), "ok", 1)]
#[case::missing(Script::model_missing("m"), "ok", 1)]
#[case::unauthorized(Script::error(401, "no"), "ok", 1)]
#[case::not_once_an_answer_has_begun(Script::CutOff(tokens()), "cut_off", 0)]
#[case::not_what_was_refused_for_its_content(Script::error(400, "content_filter"), "content_filter", 0)]
#[tokio::test]
async fn another_model_is_asked_where_one_cannot_answer(
    #[case] script: Script,
    #[case] outcome: &str,
    #[case] asked: usize,
) {
    let (first, second) = (ModelServer::start().unwrap(), ModelServer::start().unwrap());
    first.always(script);
    let models = models_of(vec![named("p", &first), named("q", &second)], limits());
    let chain = ["p/m".to_owned(), "q/n".to_owned()];
    let answer = collect(models.stream_first(&chain, ask("Hi"), CancellationToken::new())).await;
    assert_eq!((answer.outcome(), second.chats().len()), (outcome, asked), "{:?}", answer.error);
    assert_eq!(answer.fallbacks, if asked == 1 { vec!["q/n".to_owned()] } else { Vec::new() });
}

#[tokio::test]
async fn the_last_error_of_a_chain_is_the_one_that_is_told() {
    let (first, second) = (ModelServer::start().unwrap(), ModelServer::start().unwrap());
    first.always(Script::error(500, "first"));
    second.always(Script::error(401, "second"));
    let models = models_of(vec![named("p", &first), named("q", &second)], limits());
    let chain = ["p/m".to_owned(), "q/n".to_owned()];
    let answer = collect(models.stream_first(&chain, ask("Hi"), CancellationToken::new())).await;
    assert_eq!((answer.outcome(), answer.fallbacks.len()), ("unauthorized", 1));
}

/// The address of a port on which nobody listens.
fn closed_port() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}

#[rstest]
#[case::refused(&closed_port(), "refused")]
#[case::dns("http://does-not-exist.invalid/v1", "dns")]
#[case::bad_address("ftp://host/", "bad_request")]
#[tokio::test]
async fn places_that_cannot_be_reached(#[case] url: &str, #[case] kind: &str) {
    let models = models_of(vec![ProviderConfig::new("p", Dialect::OpenaiChat, url).with_key(KEY)], limits());
    let answer = collect(models.stream("p/m", ask("Hi"), CancellationToken::new())).await;
    assert_eq!(answer.outcome(), kind, "{:?}", answer.error);
}

#[tokio::test]
async fn a_plain_server_is_not_a_secure_one() {
    let server = ModelServer::start().unwrap();
    let url = server.openai_url().replace("http:", "https:");
    let models = models_of(vec![ProviderConfig::new("p", Dialect::OpenaiChat, url)], limits());
    let answer = collect(models.stream("p/m", ask("Hi"), CancellationToken::new())).await;
    assert_eq!(answer.outcome(), "tls", "{:?}", answer.error);
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_tried_again_thrice_at_most() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let accepting = tokio::spawn(async move {
        let mut accepted = 0;
        while accepted < 3 {
            let (mut connection, _) = listener.accept().await.unwrap();
            accepted += 1;
            let mut some = [0; 64];
            assert!(connection.read(&mut some).await.unwrap() > 0, "a request came");
        }
        accepted
    });
    let models = models_of(vec![ProviderConfig::new("p", Dialect::OpenaiChat, url)], limits());
    let answer = collect(models.stream("p/m", ask("Hi"), CancellationToken::new())).await;
    assert_eq!((answer.outcome(), accepting.await.unwrap()), ("cut_off", 3), "{:?}", answer.error);
}

#[tokio::test]
async fn a_missing_model_names_the_nearest() {
    let server = ModelServer::start().unwrap();
    server.next(Script::model_missing("other-model"));
    let models = models_of(vec![provider(&server, Dialect::Ollama)], limits());
    let answer = collect(models.stream("p/other-model", ask("Hi"), CancellationToken::new())).await;
    let error = answer.error.unwrap();
    assert_eq!(
        (error.kind, error.hint.as_str()),
        (LlmErrorKind::ModelMissing, "Choose one of these: p/other-model:7b.")
    );
}

#[rstest]
#[case("p", "There is no model 'p'. Model names have the form provider/model.")]
#[case("p/", "There is no model 'p/'. Model names have the form provider/model.")]
#[case("q/test-model", "There is no model 'q/test-model'. There is no provider 'q'.")]
#[case("lmstudio/x", "There is no model 'lmstudio/x'. No lmstudio server answers at http://127.0.0.1:1234/v1.")]
#[tokio::test]
async fn names_nobody_answers_to(#[case] name: &str, #[case] message: &str) {
    let server = ModelServer::start().unwrap();
    let models = models_of(vec![provider(&server, Dialect::OpenaiChat)], limits());
    let error = collect(models.stream(name, ask("Hi"), CancellationToken::new())).await.error.unwrap();
    assert_eq!((error.kind, error.message.as_str()), (LlmErrorKind::ModelMissing, message));
    assert!(error.hint.contains("p/test-model"), "{}", error.hint);
    assert!(server.chats().is_empty());
}

#[tokio::test]
async fn a_provider_that_lacks_nothing_but_its_key_says_so() {
    let error =
        collect(models_of(Vec::new(), limits()).stream("anthropic/x", ask("Hi"), CancellationToken::new())).await;
    let error = error.error.unwrap();
    assert_eq!(error.message, "'anthropic/x' cannot be asked: no key of anthropic is known.");
    assert!(error.hint.contains("set-key anthropic") && error.hint.contains("ANTHROPIC_API_KEY"), "{error:?}");
}

fn loopback(name: &str, dialect: Dialect, base_url: String) -> LoopbackServer {
    LoopbackServer { name: name.into(), label: name.to_uppercase(), dialect, base_url }
}

#[tokio::test]
async fn servers_on_this_machine_are_found_and_nothing_but_listings_is_asked() {
    let (real, wrong, empty) =
        (ModelServer::start().unwrap(), ModelServer::start().unwrap(), ModelServer::start().unwrap());
    empty.set_models(&[]);
    let discovery = DiscoverySettings {
        environment: HashMap::from([("OPENAI_API_KEY".into(), KEY.into())]),
        loopback: vec![
            loopback("ollama", Dialect::Ollama, real.url()),
            loopback("studio", Dialect::OpenaiChat, format!("{}/elsewhere", wrong.url())),
            loopback("none", Dialect::OpenaiChat, closed_port()),
            loopback("empty", Dialect::Ollama, empty.url()),
        ],
        ..DiscoverySettings::new(HashMap::new())
    };
    let models =
        Models::new(ModelsConfig { discovery: Some(discovery), timeouts: limits(), ..ModelsConfig::default() });
    let survey = models.survey().await;
    let names: Vec<&str> = survey.models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names[..2], ["ollama/test-model", "ollama/other-model:7b"]);
    assert!(names[2].starts_with("openai/"), "a key in the environment comes last");
    assert_eq!(survey.providers[0].origin, Origin::Loopback);
    let outcomes: Vec<&str> = survey.tried.iter().map(|tried| tried.outcome.as_str()).collect();
    assert_eq!(outcomes[0], "running, 2 models");
    assert!(outcomes[1].starts_with("There is no model server at"), "{}", outcomes[1]);
    assert_eq!(outcomes[2..5], ["not running", "running, but has no models yet", "not set"]);
    assert!(survey.tried.iter().any(|tried| tried.what.starts_with("OpenAI ") && tried.outcome == "set"));
    assert_eq!(models.default_model().await.unwrap(), "ollama/test-model");
    for server in [&real, &wrong, &empty] {
        assert!(
            server
                .requests()
                .iter()
                .all(|request| request.method == "GET" && request.header("authorization").is_none())
        );
    }
    let answer = collect(models.stream("default", ask("Hi"), CancellationToken::new())).await;
    assert_eq!(answer.text, "Hello from the scripted model.");
}

#[tokio::test]
async fn without_any_model_the_error_tells_what_was_tried() {
    let discovery = DiscoverySettings {
        loopback: vec![loopback("ollama", Dialect::Ollama, closed_port())],
        ..DiscoverySettings::new(HashMap::new())
    };
    let models =
        Models::new(ModelsConfig { discovery: Some(discovery), timeouts: limits(), ..ModelsConfig::default() });
    for name in ["", "default", "ollama/x", "embedded/x"] {
        let error = collect(models.stream(name, ask("Hi"), CancellationToken::new())).await.error.unwrap();
        assert_eq!(error.kind, LlmErrorKind::NoModel, "{name}: {error:?}");
        for part in [
            "OLLAMA at http://127.0.0.1",
            "not running",
            "OpenAI by the variable OPENAI_API_KEY",
            "XAI_API_KEY: not set",
            "embedded model",
        ] {
            assert!(error.message.contains(part), "{name}: {}", error.message);
        }
        assert!(error.hint.contains("aiia models pull"));
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_holds_nobody_up_and_keeps_its_error() {
    let server = ModelServer::start().unwrap();
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    let mut good = provider(&server, Dialect::OpenaiChat);
    good.models = vec!["test-model".into(), "hidden-model".into()];
    let models = models_of(
        vec![ProviderConfig::new("silent", Dialect::Ollama, silent_url), good],
        Timeouts { list: Duration::from_secs(1), ..limits() },
    );
    let survey = models.survey().await;
    let names: Vec<&str> = survey.models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["p/test-model", "p/other-model:7b", "p/hidden-model"]);
    assert_eq!(survey.providers[0].error.as_ref().unwrap().kind, LlmErrorKind::FirstTokenTimeout);
    assert_eq!(survey.providers[1].models, 3);
}

#[rstest]
#[case::missing(None, "does not exist")]
#[case::not_gguf(Some(b"<html>".as_slice()), "is not a GGUF file")]
#[case::truncated(Some(b"GGUF\x03\0\0\0".as_slice()), "is incomplete")]
#[tokio::test]
async fn a_bad_model_file_is_named(#[case] content: Option<&[u8]>, #[case] words: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    if let Some(content) = content {
        std::fs::write(&path, content).unwrap();
    }
    let embedded = EmbeddedSettings { model_path: Some(path), ..EmbeddedSettings::default() };
    let models = Models::new(ModelsConfig { embedded, ..ModelsConfig::default() });
    let error = collect(models.stream("embedded/tiny", ask("Hi"), CancellationToken::new())).await.error.unwrap();
    assert_eq!(error.kind, LlmErrorKind::ModelFile);
    assert!(error.message.contains(words) && !error.hint.is_empty(), "{error:?}");
    assert!(!models.embedded().is_loaded());
}
