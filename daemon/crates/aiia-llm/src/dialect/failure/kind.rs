//! The kind of error that a complaint stands for, and what to do about it.

use super::{Complaint, filtered};
use crate::error::{LlmError, LlmErrorKind};

/// The error that a complaint stands for; `status` is that of the answer, or the one that an event names.
pub(super) fn classify(status: Option<u16>, complaint: &Complaint) -> LlmError {
    let error = classified(status, complaint);
    let is_busy = matches!(status, Some(429 | 502 | 503 | 529))
        || (status.is_none() && ["overloaded", "rate_limit"].iter().any(|what| complaint.code.contains(what)));
    let loads = is_loading(status, &complaint.message);
    LlmError { passes: loads || (is_busy && !error.used_up), loads, retry_after: complaint.wait, ..error }
}

/// Whether a server is still loading the model, as llama.cpp, TGI and others say it.
fn is_loading(status: Option<u16>, says: &str) -> bool {
    let words = says.to_lowercase();
    let names_it = ["loading model", "loading the model", "currently loading", "model is loading", "still loading"];
    status == Some(503) && names_it.iter().any(|name| words.contains(name))
}

/// What to do about a request of which a part is not taken.
fn hint_of_refused(words: &str) -> &'static str {
    let refuses = ["not support", "unsupported", "not permitted", "unrecognized", "unexpected", "must alternate"];
    let names = |field: &str| words.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == field);
    if refuses.iter().any(|what| words.contains(what)) {
        if names("stop") {
            return "Take `stop` out of the parameters of the answer, or choose another model.";
        }
        if names("role") || names("roles") || names("system") {
            return "The model does not take the conversation as it is; one without a system prompt may do, or another model.";
        }
        if names("image") || names("images") || names("image_url") {
            return "Ask without the image, or choose a model that takes images.";
        }
    }
    "Check the model's name and the provider's dialect; the server's log may say more."
}

fn classified(status: Option<u16>, complaint: &Complaint) -> LlmError {
    let words = complaint.message.to_lowercase();
    let said =
        |needles: &[&str]| needles.iter().any(|needle| words.contains(needle) || complaint.code.contains(needle));
    let says = &complaint.message;
    let client_error = status.is_none_or(|status| (400..500).contains(&status));
    // As a word of its own: names of models may hold any.
    let names = |what: &[&str]| {
        let bare = |word: &str| what.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()));
        words.split_whitespace().any(bare)
    };
    let is_missing = said(&["model_not_found", "model_decommissioned", "no endpoints found for"])
        || (client_error
            && words.contains("model")
            && said(&[
                "not found",
                "does not exist",
                "not exist",
                "unknown model",
                "no such model",
                "not a valid model",
                "model names are",
                "not loaded",
                "not_found_error",
            ]));
    let is_used_up = said(&["insufficient_quota", "insufficient balance"])
        || ["billing", "credit"].iter().any(|what| complaint.code.contains(what))
        || (client_error && names(&["billing", "credit", "credits"]));

    if matches!(status, Some(401 | 403))
        || said(&[
            "invalid_api_key",
            "authentication_error",
            "api key not valid",
            "incorrect api key",
            "not authenticated",
            "unauthorized",
        ])
    {
        LlmError::new(
            LlmErrorKind::Unauthorized,
            format!("The provider does not accept the key: {says}"),
            "Set a valid key for this provider (environment variable or configuration).",
        )
    } else if is_missing && !matches!(status, Some(402 | 429)) {
        LlmError::new(
            LlmErrorKind::ModelMissing,
            format!("The provider has no such model: {says}"),
            "List the models and choose one of them.",
        )
    } else if status == Some(402) || is_used_up {
        let error = LlmError::new(
            LlmErrorKind::Quota,
            format!("The provider's quota is used up: {says}"),
            "Add credit with the provider, or choose another model.",
        );
        LlmError { used_up: true, ..error }
    } else if matches!(status, Some(429))
        || said(&["rate_limit", "rate limit", "too many requests", "resource_exhausted"])
    {
        LlmError::new(
            LlmErrorKind::Quota,
            format!("The provider takes no more requests at the moment: {says}"),
            "Wait a little and ask again, or choose another model.",
        )
    } else if matches!(status, Some(413)) || said(&["request_too_large"]) {
        LlmError::new(
            LlmErrorKind::ContextTooLong,
            format!("The request is larger than the server takes: {says}"),
            "Select less code, attach fewer or smaller images, or start a new chat.",
        )
    } else if client_error
        && said(&[
            "context_length",
            "context length",
            "context window",
            "maximum context",
            "context size",
            "context limit",
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
    } else if complaint.code.contains("tool_use_failed") {
        // Groq fails what others end with a call.
        LlmError::new(
            LlmErrorKind::Server,
            format!("The model asked for a tool, which it is not given: {says}"),
            "Ask again, or choose another model.",
        )
    } else if client_error && said(&["content_filter", "content policy", "content_policy", "content management policy"])
    {
        filtered(says)
    } else if status.is_some_and(|status| (400..500).contains(&status))
        || (status.is_none() && said(&["invalid_request_error", "invalid_argument"]))
    {
        LlmError::new(
            LlmErrorKind::BadRequest,
            format!("The model server did not take the request: {says}"),
            hint_of_refused(&words),
        )
    } else if is_loading(status, says) {
        LlmError::new(
            LlmErrorKind::Server,
            format!("The model server is loading its model (503): {says}"),
            "Ask again when it is done, or raise `timeouts.first_token`, for which it is waited.",
        )
    } else {
        LlmError::new(
            LlmErrorKind::Server,
            match status {
                Some(status) => format!("The model server failed ({status}): {says}"),
                None => format!("The model server failed: {says}"),
            },
            if words.contains("more system memory") || words.contains("out of memory") {
                "Choose a smaller model, or give it a smaller `context_window`, which the server makes room for."
            } else {
                "Ask again; if it stays, look into the server's log or choose another model."
            },
        )
    }
}
