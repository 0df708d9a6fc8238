//! Providers of the configuration that nobody answers for, and what may stand in for them.

use std::collections::BTreeSet;

use parking_lot::Mutex;

use crate::error::{LlmError, LlmErrorKind};
use crate::survey::ModelInfo;

/// The providers of which the last word is that no connection could be made.
#[derive(Debug, Default)]
pub(crate) struct Silent(Mutex<BTreeSet<String>>);

impl Silent {
    /// Keeps what came of reaching `provider`.
    pub(crate) fn note<T>(&self, provider: &str, answer: &Result<T, LlmError>) {
        let mut silent = self.0.lock();
        match answer.as_ref().err().map(|error| error.kind) {
            Some(kind) if kind.is_unreachable() => {
                silent.insert(provider.to_owned());
            }
            // It tells nothing about the server.
            Some(LlmErrorKind::Cancelled) => {}
            _ => {
                silent.remove(provider);
            }
        }
    }

    /// Whether `provider` is one of them.
    pub(crate) fn has(&self, provider: &str) -> bool {
        self.0.lock().contains(provider)
    }
}

/// The name of the default model: `next`, where `gone` would be it if its provider answered. What would have stayed on this
/// machine is not sent away instead.
pub(crate) fn stand_in(gone: Option<&ModelInfo>, next: &ModelInfo) -> Result<String, LlmError> {
    match gone {
        Some(gone) if gone.local && !next.local => Err(LlmError::new(
            LlmErrorKind::NoModel,
            format!(
                "{}, which is on this machine, does not answer. {} is not asked instead, because that would send your code away.",
                gone.name, next.name
            ),
            format!("Start its server, or choose a model: `aiia config set model {}`.", next.name),
        )),
        _ => Ok(next.name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::provider::{Dialect, ProviderConfig};
    use crate::survey::info;

    fn answer(kind: Option<LlmErrorKind>) -> Result<(), LlmError> {
        kind.map_or(Ok(()), |kind| Err(LlmError::new(kind, "", "")))
    }

    #[rstest]
    #[case::refused(&[Some(LlmErrorKind::Refused)], true)]
    #[case::back_again(&[Some(LlmErrorKind::Refused), None], false)]
    #[case::it_answers_badly(&[Some(LlmErrorKind::Dns), Some(LlmErrorKind::Unauthorized)], false)]
    #[case::not_known_better(&[Some(LlmErrorKind::Refused), Some(LlmErrorKind::Cancelled)], true)]
    #[case::busy(&[Some(LlmErrorKind::FirstTokenTimeout)], false)]
    fn the_last_word_counts(#[case] answers: &[Option<LlmErrorKind>], #[case] expected: bool) {
        let silent = Silent::default();
        for kind in answers {
            silent.note("p", &answer(*kind));
        }
        assert_eq!(silent.has("p"), expected);
    }

    #[rstest]
    #[case::nobody_is_gone(None, "http://far.example", true)]
    #[case::both_here(Some("http://127.0.0.1:1"), "http://127.0.0.1:2", true)]
    #[case::from_afar_to_here(Some("http://far.example"), "http://127.0.0.1:2", true)]
    #[case::both_afar(Some("http://far.example"), "http://other.example", true)]
    #[case::from_here_away(Some("http://127.0.0.1:1"), "http://far.example", false)]
    fn nothing_leaves_this_machine_unasked(#[case] gone: Option<&str>, #[case] next: &str, #[case] may: bool) {
        let model = |name: &str, url: &str| info(&ProviderConfig::new(name, Dialect::OpenaiChat, url), "m");
        let gone = gone.map(|url| model("gone", url));
        let chosen = stand_in(gone.as_ref(), &model("next", next));
        assert_eq!(chosen.as_deref().ok(), may.then_some("next/m"));
    }
}
