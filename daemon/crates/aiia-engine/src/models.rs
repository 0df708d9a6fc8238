//! Which model is used, and the only call to it.

mod bounded;
mod chosen;
mod doubts;
mod locality;
mod providers;
mod sampling;
mod speed;
mod window;

pub(crate) use bounded::bounded;
pub(crate) use chosen::Chosen;
use providers::Fault;
pub(crate) use providers::{built_in, with_scheme};
pub(crate) use sampling::{Sampling, USUAL_ANSWER, USUAL_TEMPERATURE};
pub(crate) use speed::{keep_prompt_speed, prompt_speed};
pub(crate) use window::{ASSUMED as ASSUMED_WINDOW, key as window_key};

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aiia_llm::{
    ChatRequest, DeltaStream, Dialect, DiscoverySettings, Embedded, EmbeddedSettings, Embeddings, Gap, LlmError,
    LlmErrorKind, ModelDetails, Models, ModelsConfig, OnProgress, Preset, ProviderConfig, Survey, Timeouts,
};
use aiia_protocol::config::Key;
use aiia_protocol::problem::{Problem, ProblemCode, reason};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use window::Window;

use crate::config::{Config, Mistake, Settings, joined_key};
use crate::counting::Counter;
use crate::engine::{Engine, EngineOptions};
use crate::gate::Sealed;
use crate::keys::Keys;

/// How long a look around stays good.
const SURVEY_AGE: Duration = Duration::from_secs(15);

/// All models, and what was last found out about them.
pub(crate) struct ModelDirectory {
    models: Models,
    presets: Vec<Preset>,
    providers: Vec<ProviderConfig>,
    settings: Settings,
    faults: Vec<Fault>,
    environment_keys: Vec<Key>,
    last: Mutex<Option<(Instant, Arc<Survey>)>>,
    /// Windows that servers told when they were asked about a model alone.
    windows: Mutex<HashMap<String, (Instant, Option<u32>)>>,
    /// Whether models take images, as their servers told.
    sights: Mutex<HashMap<String, (Instant, bool)>>,
    /// The model that was used last because nobody named one, if it is on this machine.
    default_here: Mutex<Option<String>>,
}

impl ModelDirectory {
    /// Costs nothing: no network, no weights. What `previous` has in memory is kept where the configuration allows.
    pub(crate) fn new(config: &Config, options: &EngineOptions, keys: &Keys, previous: Option<&Self>) -> Self {
        let settings = config.settings.clone();
        let presets = aiia_llm::presets();
        let made = providers::make(&settings, &presets, &options.environment, keys);
        let embedded = EmbeddedSettings {
            model_path: settings.embedded.path.as_ref().map(PathBuf::from),
            folder: Some(options.data_dir.join("models")),
            idle_unload: Duration::from_secs(settings.embedded.unload_minutes.saturating_mul(60)),
            threads: settings.embedded.threads.map(|threads| threads as usize),
            context_size: settings.embedded.context_window,
        };
        let discovery = options
            .environment
            .get("AIIA_DISCOVERY")
            .is_none_or(|value| value != "off")
            .then(|| DiscoverySettings::new(options.environment.clone().into_iter().collect()));
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let timeouts = Timeouts {
            connect: seconds(settings.timeouts.connect),
            first_token: seconds(settings.timeouts.first_token),
            idle: seconds(settings.timeouts.idle),
            ..Timeouts::default()
        };
        let fatal = made.faults.iter().filter(|fault| fault.is_fatal);
        let unusable = fatal.map(|fault| (fault.provider.clone(), fault.message.clone())).collect();
        let models_config = ModelsConfig { providers: made.providers.clone(), unusable, embedded, timeouts, discovery };
        let models = match previous {
            Some(previous) => previous.models.reconfigured(models_config),
            None => Models::new(models_config),
        };
        Self {
            models,
            presets,
            providers: made.providers,
            settings,
            faults: made.faults,
            environment_keys: made.environment_keys,
            last: Mutex::new(None),
            windows: Mutex::default(),
            sights: Mutex::default(),
            default_here: Mutex::new(previous.and_then(Self::default_here)),
        }
    }

    fn default_here(&self) -> Option<String> {
        self.default_here.lock().clone()
    }

    /// What there is to say of `model`, which is used because nobody named another: that the one before was on this machine and
    /// this one is not. It is said once.
    pub(crate) fn note_of_default(&self, model: &Chosen) -> Option<String> {
        let mut here = self.default_here.lock();
        let before = std::mem::replace(&mut *here, model.local.then(|| model.name.clone()))?;
        (!model.local).then(|| {
            format!(
                "{before}, which is on this machine, is not there any more: {} is asked, and what you ask leaves this machine. Choose a model to have it otherwise.",
                model.name
            )
        })
    }

    /// The keys that the environment gives.
    pub(crate) fn keys_of_the_environment(&self) -> Vec<Key> {
        self.environment_keys.clone()
    }

    /// The address of the provider of this name.
    pub(crate) fn address(&self, provider: &str) -> Option<String> {
        let configured = self.providers.iter().find(|known| known.name == provider).map(|known| &known.base_url);
        let preset = || self.presets.iter().find(|known| known.name == provider).map(|known| &known.base_url);
        configured.or_else(preset).cloned()
    }

    /// The names of all providers that can be given a key.
    pub(crate) fn provider_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.providers.iter().map(|provider| provider.name.clone()).collect();
        names.extend(self.presets.iter().map(|preset| preset.name.clone()));
        names.sort();
        names.dedup();
        names
    }

    /// What is wrong with the configured providers, one sentence each.
    pub(crate) fn problems(&self) -> impl Iterator<Item = &str> {
        self.faults.iter().map(|fault| fault.message.as_str())
    }

    /// The configured providers that cannot be used, each with the sentence that says why.
    pub(crate) fn unusable(&self) -> impl Iterator<Item = (&str, &str)> {
        let fatal = self.faults.iter().filter(|fault| fault.is_fatal);
        fatal.map(|fault| (fault.provider.as_str(), fault.message.as_str()))
    }

    /// What is wrong with the providers of `config`, where its file has them.
    pub(crate) fn mistakes(config: &Config, options: &EngineOptions, keys: &Keys) -> Vec<Mistake> {
        let made = providers::make(&config.settings, &aiia_llm::presets(), &options.environment, keys);
        let mistake = |fault: Fault| {
            let section = joined_key(["providers", &fault.provider]);
            let place = config.place(&format!("{section}.{}", fault.key)).or_else(|| config.place(&section))?;
            Some(place.mistake(fault.message, String::new()))
        };
        made.faults.into_iter().filter_map(mistake).collect()
    }

    /// The embedded engine.
    pub(crate) fn embedded(&self) -> &Embedded {
        self.models.embedded()
    }

    /// What is known about a model; its server is asked.
    pub(crate) async fn details(&self, name: &str) -> Result<ModelDetails, LlmError> {
        self.models.details(name).await
    }

    /// Has a model server get a model.
    pub(crate) async fn pull(
        &self,
        provider: &str,
        model: &str,
        progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), LlmError> {
        self.models.pull(provider, model, progress, cancel).await
    }

    /// Has a model server delete a model.
    pub(crate) async fn delete(&self, provider: &str, model: &str) -> Result<(), LlmError> {
        self.models.delete(provider, model).await
    }

    /// The next question what there is looks around anew.
    pub(crate) fn forget_survey(&self) {
        self.last.lock().take();
    }

    /// What there is, as of at most a few seconds ago.
    pub(crate) async fn survey(&self) -> Arc<Survey> {
        let last = self.last.lock().clone();
        if let Some((at, survey)) = last
            && at.elapsed() < SURVEY_AGE
            && !survey.models.is_empty()
        {
            return survey;
        }
        let survey = Arc::new(self.models.survey().await);
        *self.last.lock() = Some((Instant::now(), Arc::clone(&survey)));
        survey
    }

    /// The model that is used when nobody names another.
    pub(crate) async fn default_model(&self) -> Result<String, Problem> {
        if let Some(name) = &self.settings.model {
            return Ok(self.resolved(name));
        }
        // It tells which providers do not answer.
        self.survey().await;
        self.models.default_model().await.map_err(|error| problem(&error))
    }

    /// The full name behind an alias; any other name as it is.
    pub(crate) fn resolved(&self, name: &str) -> String {
        let mut name = name;
        // An alias of an alias is fine, a ring of them is not.
        for _ in 0..8 {
            match self.settings.aliases.get(name) {
                Some(next) => name = next,
                None => break,
            }
        }
        name.to_owned()
    }

    /// The provider of the model that is wished, or configured where none is.
    fn wished_provider(&self, wish: Option<&str>) -> Option<String> {
        let wish = wish.filter(|name| !name.is_empty() && *name != "default").or(self.settings.model.as_deref())?;
        self.resolved(wish).split_once('/').map(|(provider, _)| provider.to_owned())
    }

    /// The model for a run: the wished one, else the default. How it counts tokens is known to the engine alone.
    async fn choose(&self, wish: Option<&str>) -> Result<Chosen, Problem> {
        let name = match wish.filter(|name| !name.is_empty() && *name != "default") {
            Some(name) => self.resolved(name),
            None => self.default_model().await?,
        };
        let survey = self.survey().await;
        if !name.contains('/') {
            return Err(self.no_such_model(&name, &survey));
        }
        let local = self.is_local(&name).await;
        let Window { tokens: window, is_assumed: is_window_assumed } = self.window(&name, &survey).await;
        let fallback = self.fallback(&name, local).await;
        let tokens = Counter::default();
        Ok(Chosen { name, local, window, is_window_assumed, tokens, fallback, notes: Vec::new(), named_by: None })
    }

    /// The problem of a name that is neither an alias nor `provider/model`.
    fn no_such_model(&self, name: &str, survey: &Survey) -> Problem {
        let aliases = self.settings.aliases.keys().map(String::as_str);
        let names: Vec<&str> = aliases.chain(survey.models.iter().map(|model| model.name.as_str())).collect();
        let mut near = aiia_llm::nearest(name, names.iter().copied(), 3);
        if near.is_empty() {
            near = names.into_iter().take(3).collect();
        }
        let hint = match near.as_slice() {
            [] => "`aiia models pull` gets one; `aiia doctor` tells what was tried.".to_owned(),
            near => {
                format!("Models are named provider/model, or by an alias. Choose one of these: {}.", near.join(", "))
            }
        };
        Problem::new(ProblemCode::ModelUnavailable, format!("There is no model “{name}”."))
            .with_reason(LlmErrorKind::ModelMissing.as_str())
            .with_hint(hint)
    }

    /// Vectors of texts. Only what passed the gate can be sent.
    pub(crate) async fn embed(
        &self,
        model: &str,
        sealed: &Sealed,
        dimensions: Option<u32>,
    ) -> Result<Embeddings, LlmError> {
        let texts: Vec<String> = sealed.messages().iter().map(|message| message.content.clone()).collect();
        self.models.embed(model, &texts, dimensions).await
    }

    /// Asks a model. Only what passed the gate can be sent.
    pub(crate) fn ask(
        &self,
        model: &Chosen,
        sealed: &Sealed,
        sampling: &Sampling,
        cancel: CancellationToken,
    ) -> DeltaStream {
        self.send(
            model,
            ChatRequest { messages: sealed.messages().to_vec(), ..ChatRequest::default() },
            sampling,
            cancel,
        )
    }

    /// Whether the provider of `model` fills gaps in texts and answers no questions.
    pub(crate) fn fills_gaps(&self, model: &str) -> bool {
        let provider = model.split('/').next().unwrap_or_default();
        let known = self.providers.iter().find(|known| known.name == provider);
        known.is_some_and(|known| known.dialect == Dialect::CompletionsFim)
    }

    /// Has a model that fills gaps write what stands between two texts, the only messages of `sealed`.
    pub(crate) fn fill(
        &self,
        model: &Chosen,
        sealed: &Sealed,
        sampling: &Sampling,
        cancel: CancellationToken,
    ) -> DeltaStream {
        let text =
            |index: usize| sealed.messages().get(index).map(|message| message.content.clone()).unwrap_or_default();
        let gap = Some(Gap { prefix: text(0), suffix: text(1) });
        self.send(model, ChatRequest { gap, ..ChatRequest::default() }, sampling, cancel)
    }

    fn send(&self, model: &Chosen, asked: ChatRequest, sampling: &Sampling, cancel: CancellationToken) -> DeltaStream {
        let request = ChatRequest {
            max_tokens: Some(sampling.max_tokens),
            temperature: Some(sampling.temperature),
            stop: sampling.stop.clone(),
            context_window: Some(model.window),
            goes_on: sampling.goes_on,
            ..asked
        };
        let mut chain = vec![model.name.clone()];
        chain.extend(model.fallback.iter().cloned());
        self.models.stream_first(&chain, request, cancel)
    }
}

/// The model for a run: the wished one, else the default.
pub(crate) async fn choose(engine: &Engine, wish: Option<&str>) -> Result<Chosen, Problem> {
    let provider = engine.models().wished_provider(wish);
    await_key(engine, provider.as_deref()).await;
    let mut chosen = match engine.models().choose(wish).await {
        Ok(chosen) => chosen,
        Err(problem) => {
            // What is wished for may stand in a file that cannot be read.
            let hint = problem.hint.iter().cloned().chain(engine.broken_config()).collect::<Vec<_>>().join(" ");
            return Err(if hint.is_empty() { problem } else { problem.with_hint(hint) });
        }
    };
    chosen.tokens = Counter::of(engine, &chosen.name).await;
    Ok(chosen)
}

/// Waits, for a limited time, for the key of `provider`, or for any where none is named: it may be on its way, or may have
/// been asked for in vain while the keyring was locked.
pub(crate) async fn await_key(engine: &Engine, provider: Option<&str>) {
    if provider.is_some_and(|provider| engine.keys.misses(provider)) {
        engine.ask_keyring();
    }
    engine.keys.settled(provider).await;
}

/// What a model counted, as the protocol says it.
pub(crate) fn usage(counted: aiia_llm::Usage) -> aiia_protocol::run::Usage {
    aiia_protocol::run::Usage {
        input_tokens: counted.input_tokens,
        output_tokens: counted.output_tokens,
        cached_tokens: counted.cached_tokens,
        cache_write_tokens: counted.cache_write_tokens,
        reasoning_tokens: counted.reasoning_tokens,
        told_cost: counted.told_cost,
    }
}

/// A model's error as a user reads it.
pub(crate) fn problem(error: &LlmError) -> Problem {
    use LlmErrorKind as Kind;
    let code = match error.kind {
        Kind::NoModel | Kind::ModelFile | Kind::Refused | Kind::Dns | Kind::Tls => ProblemCode::ModelUnavailable,
        Kind::ConnectTimeout | Kind::FirstTokenTimeout | Kind::IdleTimeout => ProblemCode::ModelTimeout,
        Kind::Cancelled => ProblemCode::Cancelled,
        _ => ProblemCode::ModelError,
    };
    let reason = if error.is_used_up() { reason::QUOTA_USED_UP } else { error.kind.as_str() };
    let problem = Problem::new(code, error.message.clone()).with_reason(reason);
    let problem = Problem { retry_after: error.retry_after.map(|wait| wait.as_secs_f64().ceil() as u64), ..problem };
    if error.hint.is_empty() { problem } else { problem.with_hint(error.hint.clone()) }
}
