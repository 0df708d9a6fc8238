//! All the models there are: listing them, choosing one, asking one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::chat::{ChatRequest, Delta, DeltaStream};
use crate::discovery::{Discovery, DiscoverySettings, Tried, discover_with};
use crate::embedded::{Embedded, EmbeddedSettings};
use crate::error::{LlmError, LlmErrorKind};
use crate::nearest::nearest;
use crate::provider::{Dialect, Origin, ProviderConfig, Timeouts};
use crate::transport::client::Clients;
use crate::transport::embed::{Embeddings, embed, none_here};
use crate::transport::generate::{DeltaSink, generate};
use crate::transport::listing::list_models;
use crate::transport::{manage, stream};
use crate::weights::OnProgress;

/// The name of the provider inside this process.
pub const EMBEDDED_PROVIDER: &str = "embedded";

/// What [`Models`] are made from.
#[derive(Clone, Debug, Default)]
pub struct ModelsConfig {
    /// The providers the user configured; they win over discovered ones of the same name.
    pub providers: Vec<ProviderConfig>,
    /// The model inside this process.
    pub embedded: EmbeddedSettings,
    /// Where else to look; `None` looks nowhere.
    pub discovery: Option<DiscoverySettings>,
    /// Time limits.
    pub timeouts: Timeouts,
}

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
}

/// All the models there are. Making one costs nothing: no network, no certificates, no weights, until
/// something is asked. Clones share everything.
#[derive(Clone, Debug)]
pub struct Models(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    configured: Vec<ProviderConfig>,
    discovery: Option<DiscoverySettings>,
    discovered: Mutex<Option<Discovery>>,
    embedded: Arc<Embedded>,
    timeouts: Timeouts,
    clients: Clients,
    /// Places at those providers that take only so many requests at a time.
    places: HashMap<String, Arc<Semaphore>>,
}

impl Models {
    /// Models of this configuration.
    pub fn new(config: ModelsConfig) -> Self {
        let embedded = Arc::new(Embedded::new(config.embedded.clone()));
        Self::with_embedded(config, embedded)
    }

    /// Models of another configuration. What is asked of these goes on; the embedded model stays in memory if nothing
    /// about it has changed.
    #[must_use]
    pub fn reconfigured(&self, config: ModelsConfig) -> Self {
        if *self.0.embedded.settings() == config.embedded {
            Self::with_embedded(config, Arc::clone(&self.0.embedded))
        } else {
            Self::new(config)
        }
    }

    fn with_embedded(config: ModelsConfig, embedded: Arc<Embedded>) -> Self {
        let limited = config.providers.iter().filter_map(|known| Some((known.name.clone(), known.max_concurrent?)));
        let places = limited.map(|(name, limit)| (name, Arc::new(Semaphore::new(limit.max(1))))).collect();
        Self(Arc::new(Inner {
            places,
            configured: config.providers,
            discovery: config.discovery,
            discovered: Mutex::new(None),
            embedded,
            timeouts: config.timeouts,
            clients: Clients::default(),
        }))
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

    /// The full name of the model to use when nobody chose: of a configured provider, else of a server
    /// on this machine, else the embedded one, and only then one reached by a key that happens to be
    /// in the environment, since that one sends code away.
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
        generate(move |mut sink| async move {
            let mut ending = sink.clone();
            let result = tokio::select! {
                biased;
                () = cancel.cancelled() => Err(LlmError::cancelled()),
                result = inner.serve_first(&models, request, &cancel, &mut sink) => result,
            };
            if let Err(error) = result {
                tracing::debug!(?models, kind = error.kind.as_str(), "no answer");
                ending.send(Err(error)).await;
            }
        })
    }

    /// How the provider of this name came to be known, and whether it is on this machine; looks around if it is not
    /// known yet.
    pub async fn origin_of(&self, provider: &str) -> Option<(Origin, bool)> {
        if provider == EMBEDDED_PROVIDER {
            return Some((Origin::Embedded, true));
        }
        let found = self.0.find(provider).await?;
        Some((found.origin.clone(), found.is_local()))
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
        let (provider, model) = name.split_once('/')?;
        let provider = self.0.find(provider).await?;
        if let Some(tokens) = info(&provider, model).context_window {
            return Some(tokens);
        }
        let shown = manage::show(&self.0.clients, &provider, model, &self.0.timeouts).await.ok()?;
        shown.context_window
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
        let _place = match self.0.places.get(&provider.name) {
            Some(places) => Arc::clone(places).acquire_owned().await.ok(),
            None => None,
        };
        embed(&self.0.clients, &provider, own_name, texts, dimensions, &self.0.timeouts).await
    }

    /// The model inside this process.
    pub fn embedded(&self) -> &Embedded {
        &self.0.embedded
    }
}

/// Whether another model may do better.
fn passes_on(kind: LlmErrorKind) -> bool {
    use LlmErrorKind as Kind;
    !matches!(kind, Kind::Cancelled | Kind::ContentFilter | Kind::IdleTimeout)
}

impl Inner {
    async fn serve_first(
        &self,
        models: &[String],
        request: ChatRequest,
        cancel: &CancellationToken,
        sink: &mut DeltaSink,
    ) -> Result<(), LlmError> {
        let mut rest = models.iter();
        let mut model = rest.next().map_or("", String::as_str);
        loop {
            let error = match self.serve(model, request.clone(), cancel, sink).await {
                Err(error) if !sink.has_answered() && passes_on(error.kind) => error,
                result => return result,
            };
            let Some(next) = rest.next() else { return Err(error) };
            sink.send(Ok(Delta::Fallback { from: model.to_owned(), to: next.clone(), because: error.message })).await;
            model = next;
        }
    }

    /// A place at a provider, waited for where all are taken.
    async fn place(&self, provider: &str, sink: &mut DeltaSink) -> Option<OwnedSemaphorePermit> {
        let places = self.places.get(provider)?;
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return Some(place);
        }
        sink.send(Ok(Delta::Status(format!("waiting for '{provider}', which has as many requests as it may")))).await;
        Arc::clone(places).acquire_owned().await.ok()
    }

    async fn serve(
        &self,
        model: &str,
        mut request: ChatRequest,
        cancel: &CancellationToken,
        sink: &mut DeltaSink,
    ) -> Result<(), LlmError> {
        let name = match model {
            "" | "default" => self.default_model().await?,
            name => name.to_owned(),
        };
        let Some((provider_name, own_name)) = name.split_once('/').filter(|(_, own_name)| !own_name.is_empty()) else {
            return Err(self.unknown(&name, "Model names have the form provider/model.").await);
        };
        request.model = own_name.to_owned();
        if provider_name == EMBEDDED_PROVIDER {
            return match self.embedded.stream(request, cancel, sink).await {
                Err(error) if error.kind == LlmErrorKind::NoModel => Err(self.no_model().await),
                result => result,
            };
        }
        let Some(provider) = self.find(provider_name).await else {
            return Err(self.unknown(&name, &format!("There is no provider '{provider_name}'.")).await);
        };
        let _place = self.place(&provider.name, sink).await;
        let result = stream::run(&self.clients, &provider, &request, &self.timeouts, sink).await;
        match result {
            Err(error) if error.kind == LlmErrorKind::ModelMissing => {
                Err(self.with_nearest(error, &provider, own_name).await)
            }
            result => result,
        }
    }

    fn known(&self) -> Vec<ProviderConfig> {
        let mut providers = self.configured.clone();
        let discovered = self.discovered.lock().unwrap_or_else(PoisonError::into_inner);
        for provider in discovered.iter().flat_map(|discovery| &discovery.found) {
            if !providers.iter().any(|known| known.name == provider.name) {
                providers.push(provider.clone());
            }
        }
        providers
    }

    async fn look_around(&self) -> Vec<Tried> {
        let Some(settings) = &self.discovery else { return Vec::new() };
        let discovery = discover_with(&self.clients, settings, &self.timeouts).await;
        let tried = discovery.tried.clone();
        *self.discovered.lock().unwrap_or_else(PoisonError::into_inner) = Some(discovery);
        tried
    }

    /// The provider of this name; looks around if it is not known yet.
    async fn find(&self, name: &str) -> Option<ProviderConfig> {
        let in_known = || self.known().into_iter().find(|provider| provider.name == name);
        if let Some(provider) = in_known() {
            return Some(provider);
        }
        self.look_around().await;
        in_known()
    }

    async fn survey(&self) -> Survey {
        let tried = self.look_around().await;
        let mut survey = Survey { tried, ..Survey::default() };
        let (keyed, asked): (Vec<_>, Vec<_>) =
            self.known().into_iter().partition(|known| matches!(known.origin, Origin::Environment(_) | Origin::Key));
        let answers = join_all(asked.iter().map(|provider| async {
            match provider.origin {
                // Discovery has just asked.
                Origin::Loopback => Ok(named(provider)),
                _ => self.ask(provider).await,
            }
        }))
        .await;
        for (provider, answer) in asked.iter().zip(answers) {
            survey.add(provider, answer);
        }
        self.embedded.survey(&mut survey);
        for provider in &keyed {
            survey.add(provider, Ok(named(provider)));
        }
        survey
    }

    async fn details(&self, name: &str) -> Result<ModelDetails, LlmError> {
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
        let Some(info) = listed.into_iter().find(|model| model.model == own_name) else {
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
    async fn manager(&self, name: &str, model: &str) -> Result<ProviderConfig, LlmError> {
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

    async fn ask(&self, provider: &ProviderConfig) -> Result<Vec<ModelInfo>, LlmError> {
        let listed = list_models(&self.clients, provider, &self.timeouts).await?;
        let mut models: Vec<ModelInfo> = listed
            .into_iter()
            .map(|model| {
                let known = info(provider, &model.name);
                // What the user says of the window wins.
                let listed = provider.context_window.or(model.context_window);
                ModelInfo { context_window: listed.or(known.context_window), size: model.size, ..known }
            })
            .collect();
        for name in &provider.models {
            if !models.iter().any(|model| model.model == *name) {
                models.push(info(provider, name));
            }
        }
        Ok(models)
    }

    async fn default_model(&self) -> Result<String, LlmError> {
        let chats = |provider: &&ProviderConfig| {
            provider.origin == Origin::Configured && provider.dialect != Dialect::CompletionsFim
        };
        if let Some(name) = self
            .configured
            .iter()
            .filter(chats)
            .find_map(|provider| Some(info(provider, provider.models.first()?).name))
        {
            return Ok(name);
        }
        let survey = self.survey().await;
        // What only fills gaps cannot answer.
        let fills =
            |name: &str| survey.providers.iter().any(|one| one.name == name && one.dialect == Dialect::CompletionsFim);
        match survey.models.iter().find(|model| !fills(&model.provider)) {
            Some(model) => Ok(model.name.clone()),
            None => Err(no_model(&survey)),
        }
    }

    async fn no_model(&self) -> LlmError {
        no_model(&self.survey().await)
    }

    /// The error for a full name nobody answers to.
    async fn unknown(&self, name: &str, why: &str) -> LlmError {
        let survey = self.survey().await;
        if survey.models.is_empty() {
            return no_model(&survey);
        }
        let names = survey.models.iter().map(|model| model.name.as_str());
        let mut near = nearest(name, names.clone(), 3);
        if near.is_empty() {
            near = names.take(3).collect();
        }
        LlmError::new(
            LlmErrorKind::ModelMissing,
            format!("There is no model '{name}'. {why}"),
            format!("Choose one of these: {}.", near.join(", ")),
        )
    }

    /// The provider's own error, with names it does have.
    async fn with_nearest(&self, mut error: LlmError, provider: &ProviderConfig, wanted: &str) -> LlmError {
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

impl Survey {
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

/// The models a provider is known to have without asking.
fn named(provider: &ProviderConfig) -> Vec<ModelInfo> {
    provider.models.iter().map(|name| info(provider, name)).collect()
}

fn info(provider: &ProviderConfig, model: &str) -> ModelInfo {
    ModelInfo {
        name: format!("{}/{model}", provider.name),
        provider: provider.name.clone(),
        model: model.to_owned(),
        context_window: provider.context_window.or_else(|| provider.windows.get(model).copied()),
        size: None,
        local: provider.is_local(),
    }
}

fn no_model(survey: &Survey) -> LlmError {
    let failed = survey.providers.iter().filter_map(|status| {
        Some(format!("{}: {}", status.name, status.error.as_ref()?.message.trim_end_matches('.')))
    });
    let looked = survey.tried.iter().map(|tried| format!("{}: {}", tried.what, tried.outcome));
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
