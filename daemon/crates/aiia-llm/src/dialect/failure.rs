//! What a server's complaint means.
//!
//! Servers agree neither on the status nor on the shape of an error, so the kind is taken from all
//! there is: status, code, type and, at last, the words.

use serde_json::Value;

use crate::error::{LlmError, LlmErrorKind};

/// The longest part of a server's own words that is repeated.
const EXCERPT: usize = 300;

/// `text` on one line, without control characters, cut to a readable length.
pub(crate) fn excerpt(text: &str) -> String {
    let clean: String = text.chars().take(EXCERPT * 2).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    match clean.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None if clean.is_empty() => "(nothing)".to_owned(),
        None => clean,
    }
}

/// Whether a body is a web page rather than an answer.
pub(crate) fn looks_like_html(content_type: &str, start: &[u8]) -> bool {
    let start = start.trim_ascii_start();
    content_type.to_ascii_lowercase().contains("html")
        || start.get(..9).is_some_and(|head| head.eq_ignore_ascii_case(b"<!doctype"))
        || start.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"<html"))
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
    let error = event.get("error").filter(|error| !error.is_null())?;
    let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    Some(classify(status, &Complaint::read(error)))
}

/// The error that an event describes as a whole.
pub(crate) fn of_event(error: &Value) -> LlmError {
    classify(None, &Complaint::read(error))
}

/// The error for content that the provider does not take.
pub(crate) fn filtered(why: &str) -> LlmError {
    LlmError::new(
        LlmErrorKind::ContentFilter,
        format!("The provider refused the content: {why}"),
        "Rephrase the request, or choose another model.",
    )
}

/// The error for an answer with a status of 400 or more. `endpoint` is the address for messages.
pub(crate) fn of_response(status: u16, content_type: &str, body: &str, endpoint: &str) -> LlmError {
    if status == 404 && !body.trim_start().starts_with('{') {
        return LlmError::new(
            LlmErrorKind::BadRequest,
            format!("There is no model server at {endpoint} (404)."),
            "Check the provider's base address; for OpenAI-like servers it usually ends in /v1.",
        )
        .with_status(status);
    }
    let complaint = if looks_like_html(content_type, body.as_bytes()) {
        Complaint { message: "(a web page)".to_owned(), code: String::new() }
    } else {
        match serde_json::from_str::<Value>(body) {
            Ok(value) => Complaint::read(value.get("error").unwrap_or(&value)),
            Err(_) => Complaint { message: excerpt(body), code: String::new() },
        }
    };
    classify(Some(status), &complaint).with_status(status)
}

struct Complaint {
    message: String,
    /// Code and type, lower case.
    code: String,
}

impl Complaint {
    fn read(error: &Value) -> Self {
        let text = |field: &str| error.get(field).and_then(Value::as_str).unwrap_or_default();
        let message = match error {
            Value::String(message) => message.clone(),
            _ => [text("message"), text("detail")]
                .into_iter()
                .find(|text| !text.is_empty())
                .map_or_else(|| error.to_string(), str::to_owned),
        };
        let code = format!("{} {} {}", text("code"), text("type"), text("status")).to_lowercase();
        Self { message: excerpt(&message), code }
    }
}

fn classify(status: Option<u16>, complaint: &Complaint) -> LlmError {
    let words = complaint.message.to_lowercase();
    let said =
        |needles: &[&str]| needles.iter().any(|needle| words.contains(needle) || complaint.code.contains(needle));
    let says = &complaint.message;
    let client_error = status.is_none_or(|status| (400..500).contains(&status));

    if matches!(status, Some(401 | 403)) || said(&["invalid_api_key", "authentication_error", "api key not valid"]) {
        LlmError::new(
            LlmErrorKind::Unauthorized,
            format!("The provider does not accept the key: {says}"),
            "Set a valid key for this provider (environment variable or configuration).",
        )
    } else if matches!(status, Some(402)) || said(&["insufficient_quota", "billing", "insufficient balance", "credit"])
    {
        LlmError::new(
            LlmErrorKind::Quota,
            format!("The provider's quota is used up: {says}"),
            "Add credit with the provider, or choose another model.",
        )
    } else if matches!(status, Some(429))
        || said(&["rate_limit", "rate limit", "too many requests", "resource_exhausted"])
    {
        LlmError::new(
            LlmErrorKind::Quota,
            format!("The provider takes no more requests at the moment: {says}"),
            "Wait a little and ask again, or choose another model.",
        )
    } else if client_error
        && said(&[
            "context_length",
            "context length",
            "context window",
            "maximum context",
            "context size",
            "prompt is too long",
            "exceed_context",
            "exceeds the maximum number of tokens",
        ])
    {
        LlmError::new(
            LlmErrorKind::ContextTooLong,
            format!("The prompt does not fit into the model's window: {says}"),
            "Select less code, start a new chat, or choose a model with a larger window.",
        )
    } else if client_error && said(&["content_filter", "content policy", "content_policy", "content management policy"])
    {
        filtered(says)
    } else if said(&["model_not_found"])
        || (client_error
            && words.contains("model")
            && said(&[
                "not found",
                "does not exist",
                "not exist",
                "unknown model",
                "no such model",
                "not loaded",
                "not_found_error",
            ]))
    {
        LlmError::new(
            LlmErrorKind::ModelMissing,
            format!("The provider has no such model: {says}"),
            "List the models and choose one of them.",
        )
    } else if status.is_some_and(|status| (400..500).contains(&status)) {
        LlmError::new(
            LlmErrorKind::BadRequest,
            format!("The model server did not take the request: {says}"),
            "Check the model's name and the provider's dialect; the server's log may say more.",
        )
    } else {
        LlmError::new(
            LlmErrorKind::Server,
            format!("The model server failed: {says}"),
            "Ask again; if it stays, look into the server's log or choose another model.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

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
    #[case(500, "Internal Server Error", LlmErrorKind::Server)]
    #[case(503, "<!DOCTYPE html><p>down</p>", LlmErrorKind::Server)]
    #[case(529, r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#, LlmErrorKind::Server)]
    fn statuses(#[case] status: u16, #[case] body: &str, #[case] kind: LlmErrorKind) {
        let error = of_response(status, "", body, "http://host/v1");
        assert_eq!((error.kind, error.status), (kind, Some(status)));
        assert!(!error.hint.is_empty());
    }

    #[test]
    fn excerpts_are_short_and_on_one_line() {
        assert_eq!(excerpt("a\n\u{1b}[31m  b"), "a [31m b");
        assert!(excerpt(&"é".repeat(5000)).chars().count() <= EXCERPT + 1);
        assert_eq!(excerpt(""), "(nothing)");
    }
}
