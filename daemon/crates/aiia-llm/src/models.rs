//! All the models there are: listing them, choosing one, asking one.

mod details;
mod fallback;
mod listing;
mod missing;
mod places;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use self::places::Places;
use crate::chat::{ChatRequest, DeltaStream};
use crate::dialect::ListedModel;
use crate::discovery::{Discovery, DiscoverySettings};
use crate::embedded::{Embedded, EmbeddedSettings};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{Dialect, Origin, ProviderConfig, Timeouts};
use crate::rarely::Rarely;
use crate::survey::{ModelInfo, Survey};
use crate::transport::client::Clients;
use crate::transport::embed::{Embeddings, embed, none_here};
use crate::transport::generate::generate;
use crate::transport::manage;
use crate::transport::thoughts::Thoughts;
use crate::unreachable::Silent;
use crate::weights::OnProgress;

/// The name of the provider inside this process.
pub const EMBEDDED_PROVIDER: &str = "embedded";

/// What [`Models`] are made from.
#[derive(Clone, Debug, Default)]
pub struct ModelsConfig {
    /// The providers the user configured; they win over discovered ones of the same name.
    pub providers: Vec<ProviderConfig>,
    /// Those the user configured that cannot be used, each with the sentence that says why. Nothing discovered takes their place.
    pub unusable: BTreeMap<String, String>,
    /// The model inside this process.
    pub embedded: EmbeddedSettings,
    /// Where else to look; `None` looks nowhere.
    pub discovery: Option<DiscoverySettings>,
    /// Time limits.
    pub timeouts: Timeouts,
}

/// A model and what its server tells about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelDetails {
    /// The model.
    pub info: ModelInfo,
    /// What its provider speaks.
    pub dialect: Dialect,
    /// The provider's address without secrets, or the file of an embedded model.
    pub address: String,
    /// How we came to know the provider.
    pub origin: Origin,
    /// How many parameters it has, as the server says it.
    pub parameters: Option<String>,
    /// How they are stored, as the server says it.
    pub quantization: Option<String>,
}

/// How a model stands to this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// How we came to know its provider.
    pub origin: Origin,
    /// Whether what is asked of it stays on this machine.
    pub local: bool,
    /// Whether its provider is on this machine and has another one answer.
    pub passed_on: bool,
}

/// All the models there are. Making one costs nothing: no network, no certificates, no weights, until
/// something is asked. Clones share everything.
#[derive(Clone, Debug)]
pub struct Models(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    configured: Vec<ProviderConfig>,
    unusable: BTreeMap<String, String>,
    silent: Silent,
    discovery: Option<DiscoverySettings>,
    discovered: Mutex<Option<Discovery>>,
    /// What the lists of configured providers said last.
    listed: Mutex<HashMap<String, Vec<ListedModel>>>,
    embedded: Arc<Embedded>,
    timeouts: Timeouts,
    clients: Clients,
    /// Places at those providers that take only so many requests at a time.
    places: Places,
    /// The models of the newest configuration, for those who had to wait.
    newest: Arc<Mutex<Weak<Inner>>>,
}

impl Models {
    /// Models of this configuration.
    pub fn new(config: ModelsConfig) -> Self {
        let embedded = Arc::new(Embedded::new(config.embedded.clone()));
        Self::with(config, embedded, None, None)
    }

    /// Models of another configuration. What is asked of these goes on; the embedded model stays in memory and what was
    /// found on this machine stays known, if nothing about them has changed.
    #[must_use]
    pub fn reconfigured(&self, config: ModelsConfig) -> Self {
        let embedded = if *self.0.embedded.settings() == config.embedded {
            Arc::clone(&self.0.embedded)
        } else {
            Arc::new(Embedded::new(config.embedded.clone()))
        };
        let found = self.0.discovered.lock().clone();
        let found = found.filter(|_| self.0.discovery == config.discovery);
        Self::with(config, embedded, found, Some(&self.0))
    }

    fn with(config: ModelsConfig, embedded: Arc<Embedded>, found: Option<Discovery>, before: Option<&Inner>) -> Self {
        let nobody = Places::default();
        let newest = before.map(|before| Arc::clone(&before.newest)).unwrap_or_default();
        let made = Self(Arc::new(Inner {
            places: Places::new(&config.providers, before.map_or(&nobody, |before| &before.places)),
            newest: Arc::clone(&newest),
            configured: config.providers,
            unusable: config.unusable,
            silent: Silent::default(),
            discovery: config.discovery,
            discovered: Mutex::new(found),
            listed: Mutex::default(),
            embedded,
            timeouts: config.timeouts,
            clients: Clients::default(),
        }));
        *newest.lock() = Arc::downgrade(&made.0);
        made
    }

    /// The models of all providers. Those that cannot be asked are left out; [`Models::survey`] tells why.
    pub async fn list(&self) -> Vec<ModelInfo> {
        self.survey().await.models
    }

    /// Looks around anew and asks all providers at once, each for at most `timeouts.list`. Providers
    /// known only by a key in the environment are not contacted: their well-known models are listed.
    pub async fn survey(&self) -> Survey {
        self.0.survey().await
    }

    /// The full name of the model to use when nobody chose: of a configured provider that is not known to be silent, else of a server
    /// on this machine, else the embedded one, and only then one that such a server has others answer, or one reached by a
    /// key that happens to be in the environment, since these send code away. Models that only make vectors are left out.
    pub async fn default_model(&self) -> Result<String, LlmError> {
        self.0.default_model().await
    }

    /// Asks a model. `model` is the full name `provider/model` (what follows the first slash replaces
    /// `request.model`); empty or `default` means [`Models::default_model`]. The stream ends after
    /// `Finish` or the first error; cancelling ends it with the error `Cancelled` and closes the
    /// connection. Nothing is sent before the first poll.
    pub fn stream(&self, model: &str, request: ChatRequest, cancel: CancellationToken) -> DeltaStream {
        self.stream_first(&[model.to_owned()], request, cancel)
    }

    /// Asks the first of `models`, and the next one when nothing has come and the one before cannot be reached, is
    /// overloaded or does not exist; [`Delta::Fallback`] tells so. Everything else as with [`Models::stream`].
    pub fn stream_first(&self, models: &[String], request: ChatRequest, cancel: CancellationToken) -> DeltaStream {
        let inner = Arc::clone(&self.0);
        let models = models.to_vec();
        // What fills a gap in code is code.
        let thoughts = if request.gap.is_none() { Thoughts::apart() } else { Thoughts::in_place() };
        generate(thoughts, move |mut sink| async move {
            let mut ending = sink.clone();
            let cancelled = Rarely::new(cancel.cancelled());
            let result = tokio::select! {
                biased;
                () = cancelled => Err(LlmError::cancelled()),
                result = inner.serve_first(&models, request, &cancel, &mut sink) => result,
            };
            if let Err(error) = result {
                tracing::debug!(?models, kind = error.kind.as_str(), "no answer");
                ending.send(Err(error)).await;
            }
        })
    }

    /// How the model `provider/model` stands to this machine; looks around if the provider is not known yet. A model that the provider's list has not been asked for is judged
    /// by its name.
    pub async fn standing(&self, name: &str) -> Option<Standing> {
        let (provider, model) = name.split_once('/').unwrap_or((name, ""));
        if provider == EMBEDDED_PROVIDER {
            return Some(Standing { origin: Origin::Embedded, local: true, passed_on: false });
        }
        let found = self.0.find(provider).await?;
        let local = found.keeps(model);
        Some(Standing { origin: found.origin.clone(), local, passed_on: found.is_local() && !local })
    }

    /// Whether what is asked of the model `provider/model` stays on this machine, as far as that is known without asking anybody.
    /// `None` where nothing is known of the provider.
    pub fn is_kept_here(&self, name: &str) -> Option<bool> {
        let (provider, model) = name.split_once('/').unwrap_or((name, ""));
        if provider == EMBEDDED_PROVIDER {
            return Some(true);
        }
        self.0.known().iter().find(|known| known.name == provider).map(|known| known.keeps(model))
    }

    /// What is known about a model, `provider/model`; asks its server where that may tell more.
    ///
    /// # Errors
    /// When there is no such model.
    pub async fn details(&self, name: &str) -> Result<ModelDetails, LlmError> {
        self.0.details(name).await
    }

    /// The context window of a model in tokens, as the user says it or its server tells it when it is asked about this model
    /// alone. `None` where nobody tells.
    pub async fn window(&self, name: &str) -> Option<u32> {
        self.0.window(name).await
    }

    /// Whether a model takes images, as its server tells when it is asked about this model. `None` where nobody tells.
    pub async fn sees(&self, name: &str) -> Option<bool> {
        self.0.sees(name).await
    }

    /// Has the provider, which must be an Ollama server, get a model.
    ///
    /// # Errors
    /// When it is no such server, cannot get it, or `cancel` ends it.
    pub async fn pull(
        &self,
        provider: &str,
        model: &str,
        progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), LlmError> {
        let provider = self.0.manager(provider, model).await?;
        manage::pull(&self.0.clients, &provider, model, &self.0.timeouts, progress, cancel).await
    }

    /// Has the provider, which must be an Ollama server, delete a model.
    ///
    /// # Errors
    /// When it is no such server, or refuses.
    pub async fn delete(&self, provider: &str, model: &str) -> Result<(), LlmError> {
        let provider = self.0.manager(provider, model).await?;
        match manage::delete(&self.0.clients, &provider, model, &self.0.timeouts).await {
            Err(error) if error.kind == LlmErrorKind::ModelMissing => {
                Err(self.0.with_nearest(error, &provider, model).await)
            }
            result => result,
        }
    }

    /// Vectors of `texts` by the model `provider/model`, with so many `dimensions` where the model lets choose.
    ///
    /// # Errors
    /// When the provider has no embeddings, or its server refuses.
    pub async fn embed(&self, model: &str, texts: &[String], dimensions: Option<u32>) -> Result<Embeddings, LlmError> {
        let Some((provider_name, own_name)) = model.split_once('/').filter(|(_, own_name)| !own_name.is_empty()) else {
            return Err(self.0.unknown(model, "Model names have the form provider/model.").await);
        };
        if provider_name == EMBEDDED_PROVIDER {
            return Err(none_here(provider_name));
        }
        let Some(provider) = self.0.find(provider_name).await else {
            return Err(self.0.unknown(model, &format!("There is no provider '{provider_name}'.")).await);
        };
        let _place = self.0.places.take(&provider.name).await?;
        embed(&self.0.clients, &provider, own_name, texts, dimensions, &self.0.timeouts).await
    }

    /// The model inside this process.
    pub fn embedded(&self) -> &Embedded {
        &self.0.embedded
    }
}
