//! What can go wrong with a model, told apart, each with the next step.

use std::time::Duration;

/// A failed request. `message` is one sentence on what happened, `hint` on what to do.
/// Neither ever contains a key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct LlmError {
    /// The kind, for programs.
    pub kind: LlmErrorKind,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// The HTTP status, if a server answered.
    pub status: Option<u16>,
    /// How long the server asks us to wait.
    pub retry_after: Option<Duration>,
    /// It may pass by itself: the server has too much to do.
    pub(crate) passes: bool,
    /// It passes when the server has loaded its model.
    pub(crate) loads: bool,
    /// Waiting does not help: somebody has to pay.
    pub(crate) used_up: bool,
}

/// Kinds of failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum LlmErrorKind {
    /// Nothing listens at the address.
    Refused,
    /// The host name could not be resolved.
    Dns,
    /// No trusted encrypted connection could be made.
    Tls,
    /// The connection could not be made in time.
    ConnectTimeout,
    /// Connected, but no token in time.
    FirstTokenTimeout,
    /// The stream went silent in the middle.
    IdleTimeout,
    /// The key is missing, wrong or not allowed to do this.
    Unauthorized,
    /// Too many requests, or the credit is used up.
    Quota,
    /// The provider has no such model.
    ModelMissing,
    /// The prompt does not fit into the window.
    ContextTooLong,
    /// The provider refused the content.
    ContentFilter,
    /// What arrived is not what the dialect says (a web page, garbage, an endless line).
    Malformed,
    /// The connection ended before the answer did.
    CutOff,
    /// The server failed.
    Server,
    /// The server did not understand the request.
    BadRequest,
    /// The server sends us elsewhere, which is not followed.
    Redirect,
    /// There is no model to ask.
    NoModel,
    /// The embedded model's file cannot be used.
    ModelFile,
    /// The request was cancelled.
    Cancelled,
}

impl LlmErrorKind {
    /// Whether no connection could be made.
    pub fn is_unreachable(self) -> bool {
        matches!(self, Self::Refused | Self::Dns | Self::Tls | Self::ConnectTimeout)
    }

    /// The kind's name in `snake_case`, as stored and sent to clients.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Dns => "dns",
            Self::Tls => "tls",
            Self::ConnectTimeout => "connect_timeout",
            Self::FirstTokenTimeout => "first_token_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::Unauthorized => "unauthorized",
            Self::Quota => "quota",
            Self::ModelMissing => "model_missing",
            Self::ContextTooLong => "context_too_long",
            Self::ContentFilter => "content_filter",
            Self::Malformed => "malformed",
            Self::CutOff => "cut_off",
            Self::Server => "server",
            Self::BadRequest => "bad_request",
            Self::Redirect => "redirect",
            Self::NoModel => "no_model",
            Self::ModelFile => "model_file",
            Self::Cancelled => "cancelled",
        }
    }
}

impl LlmError {
    /// An error of a kind, with what happened and what to do.
    pub fn new(kind: LlmErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: hint.into(),
            status: None,
            retry_after: None,
            passes: false,
            loads: false,
            used_up: false,
        }
    }

    /// Whether the provider takes no more requests until somebody pays.
    pub fn is_used_up(&self) -> bool {
        self.used_up
    }

    /// The same error with the HTTP status it came with.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The message, which may end in a server's own words, as a sentence that another one can follow.
    pub fn sentence(&self) -> String {
        let ends = self.message.trim_end().ends_with(['.', '!', '?', '…']);
        format!("{}{}", self.message.trim_end(), if ends { "" } else { "." })
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(LlmErrorKind::Cancelled, "The request was cancelled.", "Ask again when you want an answer.")
    }
}
