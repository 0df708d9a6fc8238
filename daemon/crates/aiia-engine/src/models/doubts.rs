//! What speaks against a model that somebody names for later.

use std::path::Path;

use aiia_llm::{EMBEDDED_PROVIDER, Origin, missed_variable, nearest};

use super::ModelDirectory;
use crate::config::{Config, Mistake};

/// Why a model may not be one, and what to do; one sentence each.
pub(crate) struct Doubt {
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Doubt {
    fn new(message: String, hint: impl Into<String>) -> Self {
        Self { message, hint: hint.into() }
    }

    /// Both sentences.
    pub(crate) fn sentence(&self) -> String {
        format!("{} {}", self.message, self.hint).trim().to_owned()
    }
}

impl ModelDirectory {
    /// Why `name` may be no model that can be asked, as far as that is known now. A server that is off is no reason; one that answers
    /// may have more models than it lists.
    pub(crate) async fn doubt(&self, name: &str) -> Option<Doubt> {
        if matches!(name, "" | "default") {
            return None;
        }
        let name = self.resolved(name);
        let survey = self.survey().await;
        let Some((provider, own)) = name.split_once('/') else {
            let problem = self.no_such_model(&name, &survey);
            return Some(Doubt::new(problem.detail, problem.hint.unwrap_or_default()));
        };
        if let Some((_, why)) = self.unusable().find(|(unusable, _)| *unusable == provider) {
            let hint = "Correct it in the configuration; `aiia config check` shows where.";
            return Some(Doubt::new(format!("{name} cannot be asked. {why}"), hint));
        }
        let Some(status) = survey.providers.iter().find(|status| status.name == provider) else {
            return self.without_provider(provider);
        };
        let of_it = survey.models.iter().filter(|model| model.provider == provider);
        let models: Vec<&str> = of_it.map(|model| model.model.as_str()).collect();
        // Of those that are not asked only some are known.
        let is_listed = status.error.is_none() && !matches!(status.origin, Origin::Environment(_) | Origin::Key);
        let plain = |model: &str| model.trim_end_matches(":latest").to_lowercase();
        if !is_listed || models.is_empty() || models.iter().any(|model| plain(model) == plain(own)) {
            return None;
        }
        let mut near = nearest(own, models.iter().copied(), 3);
        if near.is_empty() {
            near = models.into_iter().take(3).collect();
        }
        let near: Vec<String> = near.into_iter().map(|model| format!("{provider}/{model}")).collect();
        let hint = format!("It has {}; `aiia models` lists all.", near.join(", "));
        Some(Doubt::new(format!("{provider} lists no model “{own}”."), hint))
    }

    /// What there is to say of a provider that nobody has found.
    fn without_provider(&self, provider: &str) -> Option<Doubt> {
        if provider == EMBEDDED_PROVIDER {
            let hint = "`aiia models pull` gets one.";
            return Some(Doubt::new("There is no embedded model that can be used yet.".to_owned(), hint));
        }
        if let Some(preset) = self.presets.iter().find(|preset| preset.name == provider) {
            // A server that is off may be on tomorrow.
            let variable = preset.key_variable.as_ref()?;
            let missed = missed_variable(variable);
            let hint = format!("`aiia config set-key {provider}` keeps one; it is also taken from {missed}.");
            return Some(Doubt::new(format!("No key of {provider} is known."), hint));
        }
        let names = self.provider_names();
        let names = names.iter().map(String::as_str).chain([EMBEDDED_PROVIDER]);
        let hint = match nearest(provider, names, 1).first() {
            Some(near) => format!("Did you mean `{near}`?"),
            None => format!("Configure it as `[{}]`.", crate::config::joined_key(["providers", provider])),
        };
        Some(Doubt::new(format!("There is no provider “{provider}”."), hint))
    }

    /// What is wrong with the models that the file of `config` names, as far as only their servers know it.
    pub(crate) async fn doubtful(&self, config: &Config) -> Vec<Mistake> {
        // What the file alone tells is told already.
        let told: Vec<usize> = config.models_astray().iter().map(|mistake| mistake.start).collect();
        let mut mistakes = Vec::new();
        for (key, name) in config.models_named() {
            let Some(place) = config.place(&key).filter(|_| config.is_of_the_file(&key)) else { continue };
            // An alias is told of where it stands.
            if self.settings.aliases.contains_key(&name) {
                continue;
            }
            if let Some(Doubt { message, hint }) = self.doubt(&name).await {
                let mistake = place.mistake(format!("`{key}` names `{name}`: {message}"), hint);
                if !told.contains(&mistake.start) {
                    mistakes.push(mistake);
                }
            }
        }
        mistakes
    }

    /// The same, one sentence each.
    pub(crate) async fn doubts(&self, config: &Config, file: &Path) -> Vec<String> {
        self.doubtful(config).await.iter().map(|mistake| mistake.sentence(file)).collect()
    }
}
