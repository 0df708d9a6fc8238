//! All the models there are: listing them, choosing one, asking one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::chat::{ChatRequest, Delta, DeltaStream};
use crate::dialect::ListedModel;
use crate::discovery::{Discovery, DiscoverySettings, discover_with};
use crate::embedded::{Embedded, EmbeddedSettings};
use crate::error::{LlmError, LlmErrorKind};
use crate::nearest::nearest;
use crate::provider::{Dialect, Origin, ProviderConfig, Timeouts};
use crate::survey::{ModelInfo, Survey, info, named, no_model, silence};
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
    discovery: Option<DiscoverySettings>,
    discovered: Mutex<Option<Discovery>>,
    /// What the lists of configured providers said last.
    listed: Mutex<HashMap<String, Vec<ListedModel>>>,
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
        Self::with(config, embedded, None)
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
        let found = self.0.discovered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let found = found.filter(|_| self.0.discovery == config.discovery);
        Self::with(config, embedded, found)
    }

    fn with(config: ModelsConfig, embedded: Arc<Embedded>, found: Option<Discovery>) -> Self {
        let limited = config.providers.iter().filter_map(|known| Some((known.name.clone(), known.max_concurrent?)));
        let places = limited.map(|(name, limit)| (name, Arc::new(Semaphore::new(limit.max(1))))).collect();
        Self(Arc::new(Inner {
            places,
            configured: config.providers,
            discovery: config.discovery,
            discovered: Mutex::new(found),
            listed: Mutex::default(),
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
        mut request: ChatRequest,
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
            // The window that was given is the first one's.
            let window = self.window(next).await;
            if let (Some(limit), Some(window)) = (request.max_tokens, window)
                && request.context_window.is_some_and(|first| window < first)
            {
                request.max_tokens = Some(limit.min(window / 2));
            }
            request.context_window = window;
            model = next;
        }
    }

    async fn window(&self, name: &str) -> Option<u32> {
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
        // What an answer does not need while it goes on is apart from it, so that a stream stays small.
        let name = match model {
            "" | "default" => Box::pin(self.default_model()).await?,
            name => name.to_owned(),
        };
        let Some((provider_name, own_name)) = name.split_once('/').filter(|(_, own_name)| !own_name.is_empty()) else {
            return Err(Box::pin(self.unknown(&name, "Model names have the form provider/model.")).await);
        };
        request.model = own_name.to_owned();
        if provider_name == EMBEDDED_PROVIDER {
            return match self.embedded.stream(request, cancel, sink).await {
                Err(error) if error.kind == LlmErrorKind::NoModel => Err(Box::pin(self.no_model()).await),
                result => result,
            };
        }
        let Some(provider) = Box::pin(self.find(provider_name)).await else {
            return Err(Box::pin(self.unknown(&name, &format!("There is no provider '{provider_name}'."))).await);
        };
        let _place = self.place(&provider.name, sink).await;
        let result = stream::run(&self.clients, &provider, &request, &self.timeouts, sink).await;
        match result {
            Err(error) if error.kind == LlmErrorKind::ModelMissing => {
                Err(Box::pin(self.with_nearest(error, &provider, own_name)).await)
            }
            result => result,
        }
    }

    fn known(&self) -> Vec<ProviderConfig> {
        let mut providers = self.configured.clone();
        {
            let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
            for provider in &mut providers {
                provider.note_listed(listed.get(&provider.name).map_or(&[], Vec::as_slice));
            }
        }
        let discovered = self.discovered.lock().unwrap_or_else(PoisonError::into_inner);
        for provider in discovered.iter().flat_map(|discovery| &discovery.found) {
            if !providers.iter().any(|known| known.name == provider.name) {
                providers.push(provider.clone());
            }
        }
        providers
    }

    async fn look_around(&self) -> Discovery {
        let Some(settings) = &self.discovery else { return Discovery::default() };
        let discovery = discover_with(&self.clients, settings, &self.timeouts).await;
        let mut discovered = self.discovered.lock().unwrap_or_else(PoisonError::into_inner);
        let discovery = discovery.after(discovered.as_ref());
        *discovered = Some(discovery.clone());
        discovery
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
        let discovery = self.look_around().await;
        let unclear = discovery.unclear.iter().map(|unclear| unclear.provider.name.clone()).collect();
        let mut survey = Survey { tried: discovery.tried, unclear, ..Survey::default() };
        let (keyed, asked): (Vec<_>, Vec<_>) =
            self.known().into_iter().partition(|known| matches!(known.origin, Origin::Environment(_) | Origin::Key));
        let answers = join_all(asked.iter().map(|provider| async {
            match provider.origin {
                // Discovery has just asked.
                Origin::Loopback => (Ok(named(provider)), silence(&discovery.unclear, provider)),
                _ => (self.ask(provider).await, None),
            }
        }))
        .await;
        for (provider, (answer, silence)) in asked.iter().zip(answers) {
            survey.add(provider, answer);
            if let (Some(error), Some(status)) = (silence, survey.providers.last_mut()) {
                status.error = Some(error);
            }
        }
        // What a server here has others answer comes after what stays here.
        let is_here = |model: &ModelInfo| asked.iter().any(|one| one.name == model.provider && one.is_local());
        let (passed_on, kept) = survey.models.into_iter().partition(|model| !model.local && is_here(model));
        survey.models = kept;
        self.embedded.survey(&mut survey);
        survey.models.extend::<Vec<_>>(passed_on);
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
        let provider = &{
            let mut told = provider.clone();
            told.note_listed(&listed);
            told
        };
        self.listed.lock().unwrap_or_else(PoisonError::into_inner).insert(provider.name.clone(), listed.clone());
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
        let named_first = |provider: &ProviderConfig| named(provider).into_iter().find(|model| !model.only_embeds);
        if let Some(model) = self.configured.iter().filter(chats).find_map(named_first) {
            return Ok(model.name);
        }
        self.survey().await.default_model()
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
