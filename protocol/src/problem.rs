//! What is told to a user when something did not work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $title:literal;)*) => {
        /// What kind of problem it is. Stable: programs may match on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)*
        }

        impl ProblemCode {
            /// All codes.
            pub const ALL: &[ProblemCode] = &[$(ProblemCode::$name,)*];

            /// The HTTP status that goes with the code.
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                }
            }

            /// A short title, the same for every problem of the code.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                }
            }
        }
    };
}

codes! {
    /// The parameters or the request do not have the form that the operation takes.
    InvalidParams = 400, "The request is not valid";
    /// No token, or a wrong one.
    Unauthorized = 401, "A valid token is needed";
    /// The token does not allow it, or the request comes from a place that is not allowed.
    Forbidden = 403, "This is not allowed";
    /// There is no such thing.
    NotFound = 404, "There is no such thing";
    /// There is no such operation.
    UnknownOperation = 404, "There is no such operation";
    /// The path exists, but not with this HTTP method.
    MethodNotAllowed = 405, "This method is not allowed here";
    /// The state of the thing does not allow it (already accepted, the text has changed …).
    Conflict = 409, "The state has changed";
    /// The thing was changed by somebody else since it was read.
    PreconditionFailed = 412, "It was changed meanwhile";
    /// The body, file or reply is over its limit.
    TooLarge = 413, "It is too large";
    /// The body has a type that is not taken here.
    UnsupportedMediaType = 415, "This type is not supported";
    /// The file cannot be worked with: binary, not UTF-8, not a regular file.
    UnsupportedDocument = 422, "This document cannot be used";
    /// The `Idempotency-Key` belongs to another request.
    KeyReused = 422, "The key belongs to another request";
    /// The request was longer on its way than is allowed.
    RequestTimeout = 408, "The request took too long";
    /// Too many requests.
    RateLimited = 429, "Too many requests";
    /// There is no model, or none that answers.
    ModelUnavailable = 503, "No model is available";
    /// The model's server answered with an error.
    ModelError = 502, "The model answered with an error";
    /// The model did not answer within its limits.
    ModelTimeout = 504, "The model did not answer in time";
    /// The model's reply could not be turned into a change.
    EditRejected = 422, "The reply could not be applied";
    /// It was cancelled.
    Cancelled = 409, "It was cancelled";
    /// The store cannot be read or written now.
    StoreUnavailable = 503, "The store is not available";
    /// The daemon is shutting down or starting.
    Unavailable = 503, "The daemon is not ready";
    /// Client and daemon have no protocol version in common.
    ProtocolMismatch = 426, "The versions do not fit together";
    /// A fault of aiia itself.
    Internal = 500, "Something went wrong inside aiia";
}

/// What [`Problem::reason`] may be, as far as programs of aiia itself go by it or the engine says it. Those of a model's
/// server come from the crate that speaks with it.
pub mod reason {
    /// The model is not there.
    pub const MODEL_MISSING: &str = "model_missing";
    /// What is asked does not fit into the model's window.
    pub const CONTEXT_TOO_LONG: &str = "context_too_long";
    /// The provider does not accept the key that aiia has for it, or needs one.
    pub const UNAUTHORIZED: &str = "unauthorized";
    /// The model's server does not take the request as it is.
    pub const BAD_REQUEST: &str = "bad_request";
    /// The provider takes no more requests for a while.
    pub const QUOTA: &str = "quota";
    /// The provider takes no more requests until somebody pays.
    pub const QUOTA_USED_UP: &str = "quota_used_up";
    /// The provider withheld the answer.
    pub const CONTENT_FILTER: &str = "content_filter";
    /// The model said the same over and over and was stopped.
    pub const REPETITION: &str = "repetition";
    /// The model wrote without an end and was stopped.
    pub const ANSWER_TOO_LONG: &str = "answer_too_long";
    /// The model met its limit before it said anything.
    pub const ANSWER_CUT_OFF: &str = "answer_cut_off";
    /// The model ended its answer without a word.
    pub const EMPTY_ANSWER: &str = "empty_answer";
    /// The first request with this `Idempotency-Key` is not answered yet; the only one that waiting helps against.
    pub const STILL_GOING_ON: &str = "still_going_on";
}

/// A problem: RFC 9457 with a stable `code` and a `hint` that says what to do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// A stable URI for the kind of problem.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// The kind of problem.
    pub code: ProblemCode,
    /// A short title, the same for every problem of this kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, in one or two sentences.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What exactly it was, where `code` covers several things. Of a model: `refused`, `dns`, `tls`, `connect_timeout`,
    /// `first_token_timeout`, `idle_timeout`, `unauthorized`, `quota`, `quota_used_up`, `model_missing`, `context_too_long`, `content_filter`,
    /// `malformed`, `cut_off`, `server`, `bad_request`, `redirect`, `no_model`, `model_file`, `repetition`, `answer_too_long`,
    /// `answer_cut_off`, `empty_answer`. Of a request that is sent again: `still_going_on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// After how many seconds to ask again, where a provider says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The request that had the problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The parts of the request that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// A part of a request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// JSON Pointer to the part.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    /// A problem of the given kind; `detail` says what happened.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        let name = serde_json::to_value(code).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        Self {
            type_uri: format!("urn:aiia:problem:{name}"),
            code,
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            hint: None,
            reason: None,
            retry_after: None,
            instance: None,
            errors: Vec::new(),
        }
    }

    /// The same problem with what the user can do about it; where that is empty, with nothing.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        self
    }

    /// The same problem with what exactly it was.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The same problem with a part of the request that is wrong.
    #[must_use]
    pub fn with_error(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        self
    }

    /// The thing called `what` with the identifier `id` does not exist.
    pub fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(ProblemCode::NotFound, format!("There is no {what} with the id “{id}”."))
    }

    /// What a person reads on one line: the detail, then the hint.
    pub fn sentence(&self) -> String {
        // The detail may end with what somebody else said, without a stop.
        let stop = if self.detail.ends_with(['.', '!', '?', '…', ':']) { "" } else { "." };
        match &self.hint {
            Some(hint) => format!("{}{stop} {hint}", self.detail),
            None => self.detail.clone(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detail_and_the_hint_are_two_sentences() {
        for (detail, expected) in [("It failed: boom", "It failed: boom. Ask again."), ("No.", "No. Ask again.")] {
            assert_eq!(Problem::new(ProblemCode::ModelError, detail).with_hint("Ask again.").sentence(), expected);
        }
    }
}
