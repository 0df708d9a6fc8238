//! How many requests a provider may have at a time; further ones wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{LlmError, LlmErrorKind};
use crate::provider::ProviderConfig;

/// So long a request waits for its place. Who waits sees it and can give up; this is for what nobody looks at.
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// More than anybody asks at once.
const NO_LIMIT: usize = 1 << 20;

/// The places at the providers that have a limit.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<String, Arc<Limit>>);

/// How many requests a provider may have. Those that it has, and those that wait, stay its own when that changes.
#[derive(Debug)]
struct Limit {
    most: AtomicUsize,
    free: Arc<Semaphore>,
    /// How many of the taken places are to go when they become free, since there may be fewer now.
    surplus: Mutex<usize>,
}

impl Limit {
    fn new(most: usize) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(most));
        Arc::new(Self { most: AtomicUsize::new(most), free, surplus: Mutex::default() })
    }

    /// Lets the provider have `most` requests from now on.
    fn change(&self, most: usize) {
        let mut surplus = self.surplus.lock();
        let before = self.most.swap(most, Ordering::Relaxed);
        let kept = most.saturating_sub(before).min(*surplus);
        *surplus -= kept;
        self.free.add_permits(most.saturating_sub(before) - kept);
        let fewer = before.saturating_sub(most);
        *surplus += fewer - self.free.forget_permits(fewer);
    }
}

/// A place at a provider, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    limit: Arc<Limit>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut surplus = self.limit.surplus.lock();
        if let (Some(permit), Some(left)) = (self.permit.take(), surplus.checked_sub(1)) {
            *surplus = left;
            permit.forget();
        }
    }
}

impl Places {
    /// The places at `providers`; who has one, or waits for one, of those `before` counts as one here.
    pub(super) fn new(providers: &[ProviderConfig], before: &Self) -> Self {
        let limited = providers.iter().filter_map(|known| Some((known.name.clone(), known.max_concurrent?.max(1))));
        let places: HashMap<_, _> = limited
            .map(|(name, most)| match before.0.get(&name) {
                Some(limit) => {
                    limit.change(most);
                    (name, Arc::clone(limit))
                }
                None => (name, Limit::new(most)),
            })
            .collect();
        // Where there is no limit any more, nobody waits.
        for (name, limit) in &before.0 {
            if !places.contains_key(name) {
                limit.change(NO_LIMIT);
            }
        }
        Self(places)
    }

    /// Whether whoever asks for a place at `provider` now has to wait.
    pub(super) fn are_taken(&self, provider: &str) -> bool {
        self.0.get(provider).is_some_and(|limit| limit.free.available_permits() == 0)
    }

    /// A place at `provider`, held until it is dropped; none where it has no limit.
    ///
    /// # Errors
    /// When none became free in a quarter of an hour.
    pub(super) async fn take(&self, provider: &str) -> Result<Option<Place>, LlmError> {
        self.take_within(provider, LONGEST_WAIT).await
    }

    async fn take_within(&self, provider: &str, patience: Duration) -> Result<Option<Place>, LlmError> {
        let Some(limit) = self.0.get(provider) else { return Ok(None) };
        match tokio::time::timeout(patience, Arc::clone(&limit.free).acquire_owned()).await {
            Ok(permit) => Ok(Some(Place { permit: permit.ok(), limit: Arc::clone(limit) })),
            Err(_) => Err(LlmError::new(
                LlmErrorKind::FirstTokenTimeout,
                format!(
                    "'{provider}' had as many requests as it may ({}) for {} minutes; this one was not sent.",
                    limit.most.load(Ordering::Relaxed),
                    patience.as_secs() / 60
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
    use futures::FutureExt;

    use super::*;
    use crate::provider::Dialect;

    fn provider(name: &str, limit: Option<usize>) -> ProviderConfig {
        let config = ProviderConfig::new(name, Dialect::OpenaiChat, "http://localhost:1");
        ProviderConfig { max_concurrent: limit, ..config }
    }

    /// A place that is free now.
    fn now(places: &Places) -> Option<Place> {
        places.take("one").now_or_never().map(|place| place.unwrap().unwrap())
    }

    #[tokio::test]
    async fn another_limit_counts_those_that_are_there() {
        let first = Places::new(&[provider("one", Some(1))], &Places::default());
        let held = now(&first).unwrap();
        let mut waiting = Box::pin(first.take("one"));
        assert!(waiting.as_mut().now_or_never().is_none());
        let more = Places::new(&[provider("one", Some(3))], &first);
        let waited = waiting.await.unwrap().unwrap();
        let third = now(&more).unwrap();
        assert!(now(&more).is_none());
        let fewer = Places::new(&[provider("one", Some(1))], &more);
        drop((held, waited));
        assert!(now(&fewer).is_none(), "the third one is still there");
        drop(third);
        let only = now(&fewer).unwrap();
        assert!(now(&fewer).is_none());
        let again = Places::new(&[provider("one", Some(2))], &Places::new(&[provider("one", Some(1))], &fewer));
        assert!(now(&again).is_some());
        let mut waits = Box::pin(fewer.take("one"));
        let second = waits.as_mut().now_or_never().unwrap();
        let mut last = Box::pin(fewer.take("one"));
        assert!(last.as_mut().now_or_never().is_none());
        let free = Places::new(&[provider("one", None)], &again);
        assert!(last.await.unwrap().is_some() && !free.are_taken("one"), "nobody waits where there is no limit");
        drop((only, second));
    }

    #[tokio::test]
    async fn a_place_is_waited_for_and_not_for_ever() {
        let places = Places::new(&[provider("one", Some(1)), provider("free", None)], &Places::default());
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
