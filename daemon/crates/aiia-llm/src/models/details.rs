//! What is known about one model, and who manages it.

use super::{EMBEDDED_PROVIDER, Inner, ModelDetails};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{Dialect, Origin, ProviderConfig};
use crate::survey::{ModelInfo, info, named};
use crate::transport::manage;

impl Inner {
    pub(super) async fn window(&self, name: &str) -> Option<u32> {
        let (provider, model) = name.split_once('/')?;
        if provider == EMBEDDED_PROVIDER {
            let weights = self.embedded.weights().into_iter().find(|weights| weights.name == model)?;
            return self.embedded.info(&weights, weights.size).context_window;
        }
        let provider = self.find(provider).await?;
        if let Some(tokens) = info(&provider, model).context_window {
            return Some(tokens);
        }
        let shown = manage::show(&self.clients, &provider, model, &self.timeouts).await.ok()?;
        shown.context_window
    }

    pub(super) async fn sees(&self, name: &str) -> Option<bool> {
        let (provider, model) = name.split_once('/')?;
        if provider == EMBEDDED_PROVIDER {
            return Some(false);
        }
        let provider = self.find(provider).await?;
        manage::show(&self.clients, &provider, model, &self.timeouts).await.ok()?.sees
    }

    pub(super) async fn details(&self, name: &str) -> Result<ModelDetails, LlmError> {
        let Some((provider_name, own_name)) = name.split_once('/').filter(|(_, own_name)| !own_name.is_empty()) else {
            return Err(self.unknown(name, "Model names have the form provider/model.").await);
        };
        if provider_name == EMBEDDED_PROVIDER {
            let weights = self.embedded.weights().into_iter().find(|weights| weights.name == own_name);
            let Some(weights) = weights else { return Err(self.unknown(name, "There is no such file.").await) };
            return Ok(ModelDetails {
                info: self.embedded.info(&weights, weights.size),
                dialect: Dialect::Embedded,
                address: weights.path.display().to_string(),
                origin: Origin::Embedded,
                parameters: None,
                quantization: None,
            });
        }
        let Some(provider) = self.find(provider_name).await else {
            return Err(self.unknown(name, &format!("There is no provider '{provider_name}'.")).await);
        };
        let listed = match provider.origin {
            // Not contacted for a question about a model that is known by name.
            Origin::Environment(_) | Origin::Key => named(&provider),
            _ => self.ask(&provider).await?,
        };
        // Ollama's own programs leave the usual tag out.
        let usual = format!("{own_name}:latest");
        let is_usual = |name: &str| provider.dialect == Dialect::Ollama && name == usual;
        let found = listed.iter().find(|model| model.model == own_name);
        let found = found.or_else(|| listed.iter().find(|model| is_usual(&model.model))).cloned();
        let Some(info) = found else {
            return Err(self.unknown(name, "The provider does not list it.").await);
        };
        // What a server does not tell is unknown, and no failure.
        let shown = manage::show(&self.clients, &provider, own_name, &self.timeouts).await.unwrap_or_default();
        Ok(ModelDetails {
            info: ModelInfo { context_window: info.context_window.or(shown.context_window), ..info },
            dialect: provider.dialect,
            address: provider.shown_url(),
            origin: provider.origin.clone(),
            parameters: shown.parameters,
            quantization: shown.quantization,
        })
    }

    /// The Ollama server of this name; one that has no model yet is known by its usual address.
    pub(super) async fn manager(&self, name: &str, model: &str) -> Result<ProviderConfig, LlmError> {
        let provider = match self.find(name).await {
            Some(provider) => Some(provider),
            None => self.discovery.as_ref().and_then(|settings| {
                let server = settings.loopback.iter().find(|server| server.name == name)?;
                Some(ProviderConfig::new(server.name.clone(), server.dialect, server.base_url.clone()))
            }),
        };
        let Some(provider) = provider else {
            return Err(self.unknown(&format!("{name}/{model}"), &format!("There is no provider '{name}'.")).await);
        };
        if provider.dialect == Dialect::Ollama {
            return Ok(provider);
        }
        Err(LlmError::new(
            LlmErrorKind::BadRequest,
            format!("The models of '{name}' are not ours to get or delete."),
            "That can be done with Ollama servers and with the embedded model.",
        ))
    }
}
