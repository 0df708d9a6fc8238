//! What there is of models at a moment, and which of them is used when nobody chose.

use crate::discovery::{Tried, Unclear};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{Dialect, Origin, ProviderConfig};

/// A model that can be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelInfo {
    /// The full name, `provider/model`.
    pub name: String,
    /// The provider's name.
    pub provider: String,
    /// The provider's own name of the model.
    pub model: String,
    /// The context window in tokens, if the provider tells.
    pub context_window: Option<u32>,
    /// The size of the weights in bytes, if known.
    pub size: Option<u64>,
    /// Whether prompts stay on this machine.
    pub local: bool,
    /// Whether it only makes vectors and cannot be asked.
    pub only_embeds: bool,
}

/// What became of asking one provider for its models.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderStatus {
    /// The provider's name.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// Its address without secrets; empty for the embedded model.
    pub address: String,
    /// How we came to know it.
    pub origin: Origin,
    /// How many models it has.
    pub models: usize,
    /// Why it could not be asked.
    pub error: Option<LlmError>,
}

/// Everything known about models at this moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Survey {
    /// The models, in the order in which a default would be chosen.
    pub models: Vec<ModelInfo>,
    /// The providers, in the same order.
    pub providers: Vec<ProviderStatus>,
    /// What discovery looked for.
    pub tried: Vec<Tried>,
    /// The servers on this machine that did not answer in time, or failed: what models they have is not known.
    pub unclear: Vec<String>,
}

impl Survey {
    /// The first model that answers. As long as a server on this machine may be there, nothing is sent away that nobody
    /// chose to send.
    pub(crate) fn default_model(&self) -> Result<&ModelInfo, LlmError> {
        let provider_of = |model: &ModelInfo| self.providers.iter().find(|one| one.name == model.provider);
        let nobody_chose = |model: &ModelInfo| {
            let found =
                |provider: &ProviderStatus| matches!(provider.origin, Origin::Environment(_) | Origin::Loopback);
            !model.local && provider_of(model).is_some_and(found)
        };
        // What only fills gaps cannot answer.
        let fills =
            |model: &ModelInfo| provider_of(model).is_some_and(|provider| provider.dialect == Dialect::CompletionsFim);
        match self.models.iter().find(|model| !fills(model) && !model.only_embeds) {
            Some(model) if nobody_chose(model) && !self.unclear.is_empty() => Err(LlmError::new(
                LlmErrorKind::NoModel,
                format!(
                    "It is not known which models are on this machine: there is no answer from {}. {} is not asked instead, because that would send your code away.",
                    self.unclear.join(" and "),
                    model.name
                ),
                format!("Ask again in a moment, or choose a model: `aiia config set model {}`.", model.name),
            )),
            Some(model) => Ok(model),
            None => Err(no_model(self)),
        }
    }

    pub(crate) fn add(&mut self, provider: &ProviderConfig, answer: Result<Vec<ModelInfo>, LlmError>) {
        let (models, error) = match answer {
            Ok(models) => (models, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        self.providers.push(ProviderStatus {
            name: provider.name.clone(),
            dialect: provider.dialect,
            address: if provider.dialect == Dialect::Embedded { String::new() } else { provider.shown_url() },
            origin: provider.origin.clone(),
            models: models.len(),
            error,
        });
        self.models.extend(models);
    }
}

/// What came from a server instead of its models, where it is one that is unclear.
pub(crate) fn silence(unclear: &[Unclear], provider: &ProviderConfig) -> Option<LlmError> {
    unclear.iter().find(|unclear| unclear.provider.name == provider.name).map(|unclear| unclear.error.clone())
}

/// The models a provider is known to have without asking.
pub(crate) fn named(provider: &ProviderConfig) -> Vec<ModelInfo> {
    provider.models.iter().map(|name| info(provider, name)).collect()
}

pub(crate) fn info(provider: &ProviderConfig, model: &str) -> ModelInfo {
    ModelInfo {
        name: format!("{}/{model}", provider.name),
        provider: provider.name.clone(),
        model: model.to_owned(),
        context_window: provider.context_window.or_else(|| provider.windows.get(model).copied()),
        size: None,
        local: provider.keeps(model),
        only_embeds: provider.only_embeds(model),
    }
}

pub(crate) fn no_model(survey: &Survey) -> LlmError {
    let failed = survey.providers.iter().filter_map(|status| {
        Some(format!("{}: {}", status.name, status.error.as_ref()?.message.trim_end_matches('.')))
    });
    let mut looked: Vec<(&str, Vec<&str>)> = Vec::new();
    for tried in &survey.tried {
        match looked.iter_mut().find(|(outcome, _)| *outcome == tried.outcome) {
            Some((_, places)) => places.push(&tried.what),
            None => looked.push((&tried.outcome, vec![&tried.what])),
        }
    }
    let looked = looked.into_iter().map(|(outcome, places)| format!("{}: {outcome}", places.join(", ")));
    let tried: Vec<String> = failed.chain(looked).collect();
    let message = if tried.is_empty() {
        "There is no model to ask: none is configured and none was looked for.".to_owned()
    } else {
        format!("There is no model to ask. Tried: {}.", tried.join("; "))
    };
    LlmError::new(
        LlmErrorKind::NoModel,
        message,
        "Get the embedded model with `aiia models pull`, start a model server such as Ollama, or configure a provider.",
    )
}
