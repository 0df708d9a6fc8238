//! How many requests a provider may have at a time; further ones wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{LlmError, LlmErrorKind};
use crate::provider::ProviderConfig;

/// So long a request waits for its place. Who waits sees it and can give up; this is for what nobody looks at.
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// The places at the providers that have a limit.
#[derive(Debug)]
pub(super) struct Places(HashMap<String, (usize, Arc<Semaphore>)>);

impl Places {
    pub(super) fn new(providers: &[ProviderConfig]) -> Self {
        let limited = providers.iter().filter_map(|known| Some((known.name.clone(), known.max_concurrent?.max(1))));
        Self(limited.map(|(name, limit)| (name, (limit, Arc::new(Semaphore::new(limit))))).collect())
    }

    /// Whether whoever asks for a place at `provider` now has to wait.
    pub(super) fn are_taken(&self, provider: &str) -> bool {
        self.0.get(provider).is_some_and(|(_, places)| places.available_permits() == 0)
    }

    /// A place at `provider`, held until it is dropped; none where it has no limit.
    ///
    /// # Errors
    /// When none became free in a quarter of an hour.
    pub(super) async fn take(&self, provider: &str) -> Result<Option<OwnedSemaphorePermit>, LlmError> {
        self.take_within(provider, LONGEST_WAIT).await
    }

    async fn take_within(&self, provider: &str, limit: Duration) -> Result<Option<OwnedSemaphorePermit>, LlmError> {
        let Some((most, places)) = self.0.get(provider) else { return Ok(None) };
        match tokio::time::timeout(limit, Arc::clone(places).acquire_owned()).await {
            Ok(place) => Ok(place.ok()),
            Err(_) => Err(LlmError::new(
                LlmErrorKind::FirstTokenTimeout,
                format!(
                    "'{provider}' had as many requests as it may ({most}) for {} minutes; this one was not sent.",
                    limit.as_secs() / 60
                ),
                format!(
                    "Ask again when others have ended, or raise `providers.{provider}.max_concurrent` in the configuration."
                ),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Dialect;

    #[tokio::test]
    async fn a_place_is_waited_for_and_not_for_ever() {
        let provider = |name: &str, limit| {
            let config = ProviderConfig::new(name, Dialect::OpenaiChat, "http://localhost:1");
            ProviderConfig { max_concurrent: limit, ..config }
        };
        let places = Places::new(&[provider("one", Some(1)), provider("free", None)]);
        assert!(places.take("free").await.unwrap().is_none() && !places.are_taken("free"));
        let held = places.take("one").await.unwrap();
        assert!(held.is_some() && places.are_taken("one"));
        let error = places.take_within("one", Duration::from_millis(1)).await.unwrap_err();
        assert!(error.message.contains("as many requests as it may (1)"), "{}", error.message);
        assert!(error.hint.contains("providers.one.max_concurrent"), "{}", error.hint);
        drop(held);
        assert!(places.take_within("one", Duration::from_millis(1)).await.unwrap().is_some());
    }
}
