//! What a server's complaint means.
//!
//! Servers agree neither on the status nor on the shape of an error, so the kind is taken from all
//! there is: status, code, type and, at last, the words.

mod kind;

use std::time::Duration;

use serde_json::Value;

use crate::error::{LlmError, LlmErrorKind};
use crate::provider::Dialect;
use kind::classify;

/// The longest part of a server's own words that is kept. A message is cut further once no secret is in it any more: see
/// `transport::client::presentable`.
const WORDS: usize = 8192;

/// `text` on one line and without control characters.
pub(crate) fn words(text: &str) -> String {
    let clean: String = text.chars().take(WORDS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if clean.is_empty() { "(nothing)".to_owned() } else { clean }
}

/// Whether a body that begins so is a web page.
pub(crate) fn begins_like_html(start: &[u8]) -> bool {
    let start = start.trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    start.get(..9).is_some_and(|head| head.eq_ignore_ascii_case(b"<!doctype"))
        || start.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"<html"))
}

/// Whether a body is a web page rather than the words of a model server.
fn is_html(content_type: &str, body: &str) -> bool {
    let is_json = matches!(body.trim_start().as_bytes().first(), Some(b'{' | b'['));
    begins_like_html(body.as_bytes()) || (content_type.to_ascii_lowercase().contains("html") && !is_json)
}

/// The error for a web page where an answer was expected.
pub(crate) fn html() -> LlmError {
    LlmError::new(
        LlmErrorKind::Malformed,
        "The address answered with a web page (HTML), not with a model's answer.",
        "Check the provider's base address; a proxy or a log-in page may be in between.",
    )
}

/// The error inside an event of a stream that began well.
pub(crate) fn in_stream(event: &Value) -> Option<LlmError> {
    let is_one = event.get("object").and_then(Value::as_str) == Some("error");
    let error = event.get("error").filter(|error| says_something(error)).or_else(|| is_one.then_some(event))?;
    let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    Some(classify(status, &Complaint::read(error)))
}

/// Whether what stands in the place of an error is one: some servers always have it there.
fn says_something(error: &Value) -> bool {
    match error {
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    }
}

/// The error that an event describes as a whole.
pub(crate) fn of_event(error: &Value) -> LlmError {
    classify(None, &Complaint::read(error))
}

/// The error of a whole answer that is none of its dialect, where it says what is wrong.
pub(crate) fn of_answer(answer: &str) -> Option<LlmError> {
    let answer = serde_json::from_str::<Value>(answer).ok()?;
    let says = ["message", "detail", "msg", "title"].iter().any(|field| match answer.get(field) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        _ => false,
    });
    says.then(|| of_event(&answer))
}

/// The error for content that the provider does not take.
pub(crate) fn filtered(why: &str) -> LlmError {
    LlmError::new(
        LlmErrorKind::ContentFilter,
        format!("The provider refused the content: {why}"),
        "Rephrase the request, or choose another model.",
    )
}

/// How an error begins that tells of a wrong address.
const NO_SERVER: &str = "There is no model server at";

/// Whether an error tells of a wrong address.
pub(crate) fn is_no_server(error: &LlmError) -> bool {
    error.status == Some(404) && error.message.starts_with(NO_SERVER)
}

/// What to do about a wrong address of a provider.
pub(crate) fn hint_of_address(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Ollama => {
            "Check the provider's base address; that of an Ollama server has no path, such as http://127.0.0.1:11434."
        }
        Dialect::Gemini => "Check the provider's base address; for the dialect gemini it usually ends in /v1beta.",
        Dialect::AnthropicMessages => {
            "Check the provider's base address; for the dialect anthropic_messages it usually ends in /v1."
        }
        _ => "Check the provider's base address; for OpenAI-like servers it usually ends in /v1.",
    }
}

/// The error for an answer with a status of 400 or more. `endpoint` is the address for messages.
pub(crate) fn of_response(status: u16, content_type: &str, body: &str, endpoint: &str) -> LlmError {
    if status == 404 && !body.trim_start().starts_with(['{', '[']) {
        return LlmError::new(
            LlmErrorKind::BadRequest,
            format!("{NO_SERVER} {endpoint} (404)."),
            hint_of_address(Dialect::OpenaiChat),
        )
        .with_status(status);
    }
    // As Go, nginx and Apache say it.
    let wants_https = ["HTTP request to an HTTPS server", "HTTP request was sent to HTTPS", "SSL-enabled server port"];
    if status == 400 && wants_https.iter().any(|words| body.contains(words)) {
        return LlmError::new(
            LlmErrorKind::BadRequest,
            format!("{endpoint} speaks HTTPS alone."),
            "Begin the provider's base_url with https://.",
        )
        .with_status(status);
    }
    let is_page = is_html(content_type, body);
    if is_page && status == 403 {
        return LlmError::new(
            LlmErrorKind::Malformed,
            "Something between here and the model refused the request: the answer is 403 with a web page.",
            "A proxy, a firewall or a VPN may be in between; ask whoever runs it, or check the provider's base address.",
        )
        .with_status(status);
    }
    let complaint = if is_page {
        Complaint { message: "(a web page)".to_owned(), ..Complaint::default() }
    } else {
        match serde_json::from_str::<Value>(body) {
            // Gemini puts it into a list.
            Ok(Value::Array(list)) if list.len() == 1 => Complaint::read(list[0].get("error").unwrap_or(&list[0])),
            Ok(value) => Complaint::read(value.get("error").unwrap_or(&value)),
            Err(_) => Complaint { message: words(body), ..Complaint::default() },
        }
    };
    classify(Some(status), &complaint).with_status(status)
}

/// What a server says is wrong.
#[derive(Default)]
struct Complaint {
    message: String,
    /// Code and type, lower case.
    code: String,
    /// How long to wait before the next question.
    wait: Option<Duration>,
}

impl Complaint {
    fn read(error: &Value) -> Self {
        let text = |field: &str| error.get(field).and_then(Value::as_str).unwrap_or_default();
        let message = match error {
            Value::String(message) => message.clone(),
            Value::Null => String::new(),
            Value::Object(fields) if fields.is_empty() => String::new(),
            // FastAPI tells what is wrong with each field.
            _ if error.get("detail").is_some_and(Value::is_array) => {
                let each = error["detail"].as_array().into_iter().flatten();
                let told = |one: &Value| {
                    let field = one.get("loc").and_then(Value::as_array).and_then(|path| path.last()?.as_str());
                    let field = field.filter(|field| *field != "body").map(|field| format!("{field}: "));
                    Some(format!("{}{}", field.unwrap_or_default(), one.get("msg")?.as_str()?))
                };
                each.filter_map(told).collect::<Vec<_>>().join("; ")
            }
            _ => [text("message"), text("detail"), text("msg"), text("title")]
                .into_iter()
                .find(|text| !text.is_empty())
                .map_or_else(|| error.to_string(), str::to_owned),
        };
        let code = format!("{} {} {}", text("code"), text("type"), text("status")).to_lowercase();
        Self { message: words(&message), code, wait: retry_delay(error) }
    }
}

/// How long Google's servers want to be left alone, which they say here and in no header.
fn retry_delay(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str()?.strip_suffix('s'))?;
    Duration::try_from_secs_f64(delay.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Client sent an HTTP request to an HTTPS server.\n")]
    #[case("<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>")]
    fn a_server_that_wants_to_be_spoken_to_in_secret_is_told_of(#[case] body: &str) {
        let error = of_response(400, "text/html", body, "http://h");
        assert!(error.hint.contains("https://"), "{error:?}");
    }

    #[rstest]
    #[case(401, r#"{"error":{"message":"Incorrect API key"}}"#, LlmErrorKind::Unauthorized)]
    #[case(403, "forbidden", LlmErrorKind::Unauthorized)]
    #[case(402, "{}", LlmErrorKind::Quota)]
    #[case(429, r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#, LlmErrorKind::Quota)]
    #[case(429, r#"{"error":{"code":"insufficient_quota","message":"x"}}"#, LlmErrorKind::Quota)]
    #[case(404, r#"{"error":"model 'q' not found"}"#, LlmErrorKind::ModelMissing)]
    #[case(
        404,
        r#"{"error":{"code":"model_not_found","message":"The model `x` does not exist"}}"#,
        LlmErrorKind::ModelMissing
    )]
    #[case(
        404,
        r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-x"}}"#,
        LlmErrorKind::ModelMissing
    )]
    #[case(
        404,
        r#"{"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}}"#,
        LlmErrorKind::ModelMissing
    )]
    #[case(400, r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}"#, LlmErrorKind::Unauthorized)]
    #[case(400, r#"{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8)."}}"#, LlmErrorKind::ContextTooLong)]
    #[case(400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#, LlmErrorKind::ContextTooLong)]
    #[case(
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#,
        LlmErrorKind::Quota
    )]
    #[case::a_name_that_says_credit(
        404,
        r#"{"error":{"message":"model 'credit-model' not found"}}"#,
        LlmErrorKind::ModelMissing
    )]
    #[case::a_name_that_says_credit(
        400,
        r#"{"error":{"message":"billing-x is not a valid input"}}"#,
        LlmErrorKind::BadRequest
    )]
    #[case::a_name_that_says_credit(500, r#"{"error":{"message":"no GPU for credit-model"}}"#, LlmErrorKind::Server)]
    #[case::an_accredited_one(400, r#"{"error":{"message":"not accredited"}}"#, LlmErrorKind::BadRequest)]
    #[case::of_its_own(403, r#"{"error":{"message":"Out of credits. Add some."}}"#, LlmErrorKind::Unauthorized)]
    #[case::of_its_own(400, r#"{"error":{"message":"Out of credits. Add some."}}"#, LlmErrorKind::Quota)]
    #[case::of_its_own(400, r#"{"error":{"code":"billing_hard_limit_reached","message":"x"}}"#, LlmErrorKind::Quota)]
    #[case(404, "404 page not found", LlmErrorKind::BadRequest)]
    #[case(404, "<html>no</html>", LlmErrorKind::BadRequest)]
    #[case(
        400,
        r#"{"error":{"code":"context_length_exceeded","message":"maximum context length is 8192"}}"#,
        LlmErrorKind::ContextTooLong
    )]
    #[case(
        400,
        r#"{"error":{"type":"exceed_context_size_error","message":"the request exceeds the available context size"}}"#,
        LlmErrorKind::ContextTooLong
    )]
    #[case(400, r#"{"error":{"code":"content_filter","message":"x"}}"#, LlmErrorKind::ContentFilter)]
    #[case(422, r#"{"detail":"field required"}"#, LlmErrorKind::BadRequest)]
    #[case(422, r#"{"detail":[{"loc":["body"],"msg":"field required","type":"missing"}]}"#, LlmErrorKind::BadRequest)]
    #[case(
        400,
        r#"[{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT"}}]"#,
        LlmErrorKind::Unauthorized
    )]
    #[case(
        404,
        r#"[{"error":{"code":404,"message":"models/x is not found for API version v1beta"}}]"#,
        LlmErrorKind::ModelMissing
    )]
    #[case(
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 9 + 2 > 8"}}"#,
        LlmErrorKind::ContextTooLong
    )]
    #[case(413, "<html>Request Entity Too Large</html>", LlmErrorKind::ContextTooLong)]
    #[case(
        413,
        r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
        LlmErrorKind::ContextTooLong
    )]
    #[case::xai(
        400,
        r#"{"code":"invalid-argument","error":"Incorrect API key provided. Get one."}"#,
        LlmErrorKind::Unauthorized
    )]
    #[case::xai(400, r#"{"code":"invalid-argument","error":"Model not found: grok-none"}"#, LlmErrorKind::ModelMissing)]
    #[case::deepseek(
        400,
        r#"{"error":{"code":"invalid_request_error","message":"The supported API model names are a-x, b-x, but you passed c-x.","param":null,"type":"invalid_request_error"}}"#,
        LlmErrorKind::ModelMissing
    )]
    #[case::deepseek(
        401,
        r#"{"error":{"code":"invalid_request_error","message":"Authentication Fails, Your api key: ****-key is invalid","param":null,"type":"authentication_error"}}"#,
        LlmErrorKind::Unauthorized
    )]
    #[case::openrouter(
        400,
        r#"{"error":{"code":400,"message":"o/none is not a valid model ID"},"user_id":"user_1"}"#,
        LlmErrorKind::ModelMissing
    )]
    #[case::openrouter(
        404,
        r#"{"error":{"code":404,"message":"No endpoints found for g/none:free."},"user_id":"user_1"}"#,
        LlmErrorKind::ModelMissing
    )]
    #[case::openrouter(
        404,
        r#"{"error":{"code":404,"message":"No endpoints found that support image input"}}"#,
        LlmErrorKind::BadRequest
    )]
    #[case::mistral(
        400,
        r#"{"code":"3051","message":"Logprobs are not enabled for this model","object":"error","param":null,"raw_status_code":400,"type":"invalid_request_invalid_args"}"#,
        LlmErrorKind::BadRequest
    )]
    #[case::groq(
        400,
        r#"{"error":{"message":"Tool choice is none, but model called a tool","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"{\"name\": \"look\"}"}}"#,
        LlmErrorKind::Server
    )]
    #[case::groq(
        400,
        r#"{"error":{"message":"The model `m` has been decommissioned and is no longer supported.","type":"invalid_request_error","code":"model_decommissioned"}}"#,
        LlmErrorKind::ModelMissing
    )]
    #[case::mistral(401, r#"{"detail":"Invalid API Key"}"#, LlmErrorKind::Unauthorized)]
    #[case(304, "", LlmErrorKind::Server)]
    #[case(500, "Internal Server Error", LlmErrorKind::Server)]
    #[case(503, "<!DOCTYPE html><p>down</p>", LlmErrorKind::Server)]
    #[case(529, r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#, LlmErrorKind::Server)]
    fn statuses(#[case] status: u16, #[case] body: &str, #[case] kind: LlmErrorKind) {
        let error = of_response(status, "", body, "http://host/v1");
        assert_eq!((error.kind, error.status), (kind, Some(status)));
        assert!(!error.hint.is_empty());
    }

    #[rstest]
    #[case(r#""34.4s""#, Some(34_400))]
    #[case(r#""5s""#, Some(5000))]
    #[case(r#""soon""#, None)]
    #[case(r#""-3s""#, None)]
    #[case(r#""1e300s""#, None)]
    #[case("7", None)]
    fn gemini_says_in_the_body_how_long_to_wait(#[case] delay: &str, #[case] expected: Option<u64>) {
        let details = format!(
            r#"[{{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{{"quotaId":"PerMinute"}}]}},{{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":{delay}}}]"#
        );
        let error = format!(
            r#"{{"error":{{"code":429,"message":"The quota is exceeded.","status":"RESOURCE_EXHAUSTED","details":{details}}}}}"#
        );
        let expected = expected.map(Duration::from_millis);
        let of_response = of_response(429, "application/json", &error, "http://host/v1");
        assert_eq!((of_response.kind, of_response.retry_after), (LlmErrorKind::Quota, expected));
        let in_stream = in_stream(&serde_json::from_str(&error).unwrap()).unwrap();
        assert_eq!((in_stream.kind, in_stream.retry_after), (LlmErrorKind::Quota, expected));
    }

    #[test]
    fn words_of_a_server_are_bounded_and_on_one_line() {
        assert_eq!(words("a\n\u{1b}[31m  b"), "a [31m b");
        assert!(words(&"é".repeat(50_000)).chars().count() <= WORDS);
        assert_eq!(words(""), "(nothing)");
    }

    #[rstest]
    #[case("text/html", "<html>blocked</html>", LlmErrorKind::Malformed)]
    #[case("text/html", "blocked by policy", LlmErrorKind::Malformed)]
    #[case("text/html", r#"{"error":"no"}"#, LlmErrorKind::Unauthorized)]
    fn a_page_that_refuses_is_not_the_provider(
        #[case] content_type: &str,
        #[case] body: &str,
        #[case] kind: LlmErrorKind,
    ) {
        assert_eq!(of_response(403, content_type, body, "http://host/v1").kind, kind);
    }

    #[test]
    fn a_failure_says_its_status() {
        let error = of_response(502, "text/html", "<html>", "http://host/v1");
        assert_eq!(error.message, "The model server failed (502): (a web page)");
    }

    #[rstest]
    #[case(r#"{"detail":"Not authenticated"}"#, Some((LlmErrorKind::Unauthorized, "Not authenticated")))]
    #[case(r#"{"detail":[{"msg":"field required"}]}"#, Some((LlmErrorKind::Server, "field required")))]
    #[case(r#"{"object":"error","message":"boom","type":"BadRequest"}"#, Some((LlmErrorKind::Server, "boom")))]
    #[case(r#"{"message":{"content":"an answer"}}"#, None)]
    #[case("[]", None)]
    #[case("{", None)]
    fn an_answer_that_is_a_complaint(#[case] answer: &str, #[case] expected: Option<(LlmErrorKind, &str)>) {
        let found = of_answer(answer);
        assert_eq!(found.as_ref().map(|error| error.kind), expected.map(|(kind, _)| kind));
        let said = found.map(|error| error.message).unwrap_or_default();
        assert!(said.contains(expected.map_or("", |(_, words)| words)), "{said}");
    }
}
