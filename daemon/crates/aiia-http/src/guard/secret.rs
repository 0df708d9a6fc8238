//! Secrets: 32 random bytes in hexadecimal, compared in constant time.

use aiia_engine::hash::hexadecimal;
use aiia_protocol::problem::{Problem, ProblemCode};
use subtle::ConstantTimeEq;

/// A secret. It never shows itself.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// The secret `text`.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A new secret from the system's random numbers.
    pub(crate) fn random() -> Result<Self, Problem> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| {
            Problem::new(ProblemCode::Internal, format!("The system gives no random numbers: {error}."))
        })?;
        Ok(Self(hexadecimal(&bytes)))
    }

    /// Whether `text` is the secret. An empty secret is never matched.
    pub(crate) fn matches(&self, text: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(text.as_bytes()))
    }

    /// The secret itself, to be handed to the one who may have it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
