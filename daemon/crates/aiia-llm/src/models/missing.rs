//! What to say where there is no such model, or none at all.

use super::Inner;
use crate::discovery::presets;
use crate::error::{LlmError, LlmErrorKind};
use crate::nearest::nearest;
use crate::provider::{Dialect, ProviderConfig};
use crate::survey::no_model;
use crate::variables::missed_variable;

impl Inner {
    pub(super) async fn no_model(&self) -> LlmError {
        no_model(&self.survey().await)
    }

    /// The error for a full name nobody answers to.
    pub(super) async fn unknown(&self, name: &str, why: &str) -> LlmError {
        let provider = name.split_once('/').map_or(name, |(provider, _)| provider);
        if let Some(why) = self.unusable.get(provider) {
            let hint = "Correct it in the configuration; `aiia config check` shows where.";
            return LlmError::new(LlmErrorKind::NoModel, format!("'{name}' cannot be asked. {why}"), hint);
        }
        let preset = presets().into_iter().find(|preset| preset.name == provider && name.contains('/'));
        let lacking = match preset {
            Some(preset) if self.find(provider).await.is_none() => Some(preset),
            _ => None,
        };
        let mut start = "";
        let mut why = why.to_owned();
        match lacking.map(|preset| (preset.key_variable, preset.base_url)) {
            Some((Some(variable), _)) => {
                return LlmError::new(
                    LlmErrorKind::NoModel,
                    format!("'{name}' cannot be asked: no key of {provider} is known."),
                    format!(
                        "`aiia config set-key {provider}` keeps one; it is also taken from {}.",
                        missed_variable(&variable)
                    ),
                );
            }
            Some((None, usual)) => {
                let looked = self.discovery.iter().flat_map(|discovery| &discovery.loopback);
                let url = looked.into_iter().find(|server| server.name == provider).map(|server| &server.base_url);
                why = format!("No {provider} server answers at {}.", url.unwrap_or(&usual));
                start = "Start it, or ";
            }
            None => {}
        }
        let survey = self.survey().await;
        if survey.models.is_empty() {
            let error = no_model(&survey);
            return LlmError { message: format!("There is no model '{name}'. {why} {}", error.message), ..error };
        }
        // What only fills gaps or makes vectors cannot answer.
        let fills = |provider: &str| {
            survey.providers.iter().any(|one| one.name == provider && one.dialect == Dialect::CompletionsFim)
        };
        let answering = survey.models.iter().filter(|model| !model.only_embeds && !fills(&model.provider));
        let names = answering.map(|model| model.name.as_str());
        let mut near = nearest(name, names.clone(), 3);
        if near.is_empty() {
            near = names.take(3).collect();
        }
        LlmError::new(
            LlmErrorKind::ModelMissing,
            format!("There is no model '{name}'. {why}"),
            if start.is_empty() {
                format!("Choose one of these: {}.", near.join(", "))
            } else {
                format!("{start}choose one of these: {}.", near.join(", "))
            },
        )
    }

    /// The provider's own error, with names it does have.
    pub(super) async fn with_nearest(&self, mut error: LlmError, provider: &ProviderConfig, wanted: &str) -> LlmError {
        let Ok(models) = self.ask(provider).await else { return error };
        let names: Vec<&str> = models.iter().map(|model| model.model.as_str()).collect();
        let mut near = nearest(wanted, names.iter().copied(), 3);
        if near.is_empty() {
            near = names.into_iter().take(3).collect();
        }
        error.hint = if near.is_empty() {
            format!("The provider '{}' has no models yet; get one with its own tools.", provider.name)
        } else {
            let full: Vec<String> = near.iter().map(|name| format!("{}/{name}", provider.name)).collect();
            format!("Choose one of these: {}.", full.join(", "))
        };
        error
    }
}
