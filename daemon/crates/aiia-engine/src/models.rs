//! Which model is used, and the only call to it.

mod providers;

pub(crate) use providers::with_scheme;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aiia_llm::{
    ChatRequest, DeltaStream, DiscoverySettings, Embedded, EmbeddedSettings, Embeddings, LlmError, LlmErrorKind,
    ModelDetails, Models, ModelsConfig, OnProgress, Origin, Preset, ProviderConfig, Standing, Survey, Timeouts,
};
use aiia_protocol::config::Key;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::settings;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, PROJECT_FILE, Settings};
use crate::counting::Counter;
use crate::engine::{Engine, EngineOptions};
use crate::gate::Sealed;
use crate::keys::Keys;

/// How long a look around stays good.
const SURVEY_AGE: Duration = Duration::from_secs(15);
/// How long a window that a server told stays good.
const WINDOW_AGE: Duration = Duration::from_mins(1);
/// The context window where nothing is known about it.
const UNKNOWN_WINDOW: u32 = 8192;

/// The model that a run uses.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    /// `provider/model`.
    pub(crate) name: String,
    /// Whether what is sent stays on this machine.
    pub(crate) local: bool,
    /// Tokens of its context window.
    pub(crate) window: u32,
    /// How it counts them.
    pub(crate) tokens: Counter,
    /// The models to ask when it cannot be reached.
    pub(crate) fallback: Vec<String>,
    /// What the user should know about the choice.
    pub(crate) notes: Vec<String>,
}

impl Chosen {
    #[cfg(test)]
    pub(crate) fn for_tests(window: u32) -> Self {
        Self {
            name: "test/m".to_owned(),
            local: true,
            window,
            tokens: Counter::default(),
            fallback: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Whether it runs inside this process.
    pub(crate) fn is_embedded(&self) -> bool {
        self.name.starts_with("embedded/")
    }

    /// `name`, one of those that stand in for it, as the first to ask; it has its own window and counts in its own way.
    pub(crate) async fn instead(&self, engine: &Engine, name: &str) -> Self {
        if self.name == name {
            return self.clone();
        }
        let fallback = self.fallback.iter().skip_while(|next| *next != name).skip(1).cloned().collect();
        let window = engine.models().window_of(name).await;
        let tokens = Counter::of(engine, name).await;
        Self { name: name.to_owned(), fallback, window, tokens, ..self.clone() }
    }
}

/// Tokens of an answer at most, where no level sets `max_tokens`.
pub(crate) const USUAL_ANSWER: u32 = 4096;

/// How an answer is drawn from the model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sampling {
    max_tokens: u32,
    temperature: f32,
    stop: Vec<String>,
}

impl Sampling {
    /// The most likely answer of at most so many tokens.
    pub(crate) fn plain(max_tokens: u32) -> Self {
        Self { max_tokens, temperature: 0.0, stop: Vec::new() }
    }

    /// At most so many tokens of answer.
    pub(crate) fn max_tokens(&self) -> u32 {
        self.max_tokens
    }

    /// As the settings say; the answer has at most `room` tokens.
    pub(crate) fn new(settings: &settings::Settings, room: u32) -> Self {
        let wanted = settings.max_tokens.as_ref().map_or(USUAL_ANSWER, |tokens| tokens.value);
        Self {
            max_tokens: wanted.min(room),
            temperature: settings.temperature.as_ref().map_or(0.0, |temperature| temperature.value as f32),
            stop: settings.stop.as_ref().map(|stop| stop.value.clone()).unwrap_or_default(),
        }
    }

    /// Whether the same question always gets the same answer.
    pub(crate) fn is_determined(&self) -> bool {
        self.temperature == 0.0
    }

    /// All of it, to be compared.
    pub(crate) fn shown(&self) -> String {
        format!("{self:?}")
    }

    /// The same, with an answer of at most `room` tokens.
    pub(crate) fn within(&self, room: u32) -> Self {
        Self { max_tokens: self.max_tokens.min(room), ..self.clone() }
    }
}

/// All models, and what was last found out about them.
pub(crate) struct ModelDirectory {
    models: Models,
    presets: Vec<Preset>,
    providers: Vec<ProviderConfig>,
    settings: Settings,
    problems: Vec<String>,
    environment_keys: Vec<Key>,
    last: Mutex<Option<(Instant, Arc<Survey>)>>,
    /// Windows that servers told when they were asked about a model alone.
    windows: Mutex<HashMap<String, (Instant, Option<u32>)>>,
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
        let models_config = ModelsConfig { providers: made.providers.clone(), embedded, timeouts, discovery };
        let models = match previous {
            Some(previous) => previous.models.reconfigured(models_config),
            None => Models::new(models_config),
        };
        Self {
            models,
            presets,
            providers: made.providers,
            settings,
            problems: made.problems,
            environment_keys: made.environment_keys,
            last: Mutex::new(None),
            windows: Mutex::default(),
            default_here: Mutex::new(previous.and_then(Self::default_here)),
        }
    }

    fn default_here(&self) -> Option<String> {
        self.default_here.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What there is to say of `model`, which is used because nobody named another: that the one before was on this machine and
    /// this one is not. It is said once.
    pub(crate) fn note_of_default(&self, model: &Chosen) -> Option<String> {
        let mut here = self.default_here.lock().unwrap_or_else(PoisonError::into_inner);
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

    /// What is wrong with the configured providers.
    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
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
        self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// What there is, as of at most a few seconds ago.
    pub(crate) async fn survey(&self) -> Arc<Survey> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, survey)) = last
            && at.elapsed() < SURVEY_AGE
            && !survey.models.is_empty()
        {
            return survey;
        }
        let survey = Arc::new(self.models.survey().await);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&survey)));
        survey
    }

    /// The model that is used when nobody names another.
    pub(crate) async fn default_model(&self) -> Result<String, Problem> {
        match &self.settings.model {
            Some(name) => Ok(self.resolved(name)),
            None => self.models.default_model().await.map_err(|error| problem(&error)),
        }
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
        let window = self.window(&name, &survey).await;
        let fallback = self.fallback(&name, local).await;
        Ok(Chosen { name, local, window, tokens: Counter::default(), fallback, notes: Vec::new() })
    }

    /// The context window of the model of this name, in tokens.
    async fn window_of(&self, name: &str) -> u32 {
        let survey = self.survey().await;
        self.window(name, &survey).await
    }

    async fn window(&self, name: &str, survey: &Survey) -> u32 {
        let known = survey.models.iter().find(|model| model.name == name);
        match known.and_then(|model| model.context_window) {
            Some(tokens) => tokens,
            None => self.asked_window(name).await.unwrap_or(UNKNOWN_WINDOW),
        }
    }

    /// The window of a model whose provider does not tell it in its list; its server is asked now and then.
    async fn asked_window(&self, name: &str) -> Option<u32> {
        let known = self.windows.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        if let Some((at, window)) = known
            && at.elapsed() < WINDOW_AGE
        {
            return window;
        }
        let window = self.models.window(name).await;
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), (Instant::now(), window));
        window
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

    /// Whether what is sent to a model stays on this machine.
    pub(crate) async fn is_local(&self, model: &str) -> bool {
        self.standing(model).await.is_some_and(|standing| standing.local)
    }

    /// How a model stands to this machine, by what its provider's list says of it.
    async fn standing(&self, model: &str) -> Option<Standing> {
        self.survey().await;
        self.models.standing(model).await
    }

    /// Whether a model is on this machine, as its name and its provider's address tell it. Nobody is asked: its server may be off.
    pub(crate) fn is_of_this_machine(&self, model: &str) -> bool {
        let by_preset = || {
            let (provider, own_name) = model.split_once('/')?;
            let preset = self.presets.iter().find(|preset| preset.name == provider)?;
            Some(ProviderConfig::new(provider, preset.dialect, &preset.base_url).keeps(own_name))
        };
        self.models.is_kept_here(model).or_else(by_preset).unwrap_or(false)
    }

    /// The models to ask when `name` cannot be reached. What was not redacted, because it was to stay on this machine, goes
    /// to no other.
    async fn fallback(&self, name: &str, local: bool) -> Vec<String> {
        let privacy = &self.settings.privacy;
        let stays_here = local && privacy.redact_secrets && !privacy.redact_local;
        let mut chain = Vec::new();
        for next in self.settings.fallback.iter().map(|next| self.resolved(next)) {
            let may = !stays_here || self.is_local(&next).await;
            if may && next != name && !chain.contains(&next) {
                chain.push(next);
            }
        }
        chain
    }

    /// The full name of a model that the folder's own file asks for, if it may: the file comes with the code, so it cannot send
    /// the code to a provider that the user has not configured, nor to one that a server here has answer.
    ///
    /// # Errors
    /// Why it may not.
    pub(crate) async fn of_the_folder(&self, name: &str) -> Result<String, String> {
        let name = self.resolved(name);
        if let Some(standing) = self.standing(&name).await {
            let chosen = matches!(standing.origin, Origin::Configured | Origin::Key) && !standing.passed_on;
            if standing.local || chosen {
                return Ok(name);
            }
        }
        Err(format!(
            "{PROJECT_FILE} asks for {name}, which is neither on this machine nor of a provider in your configuration; it is not used."
        ))
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
        let request = ChatRequest {
            messages: sealed.messages().to_vec(),
            max_tokens: Some(sampling.max_tokens),
            temperature: Some(sampling.temperature),
            stop: sampling.stop.clone(),
            context_window: Some(model.window),
            ..ChatRequest::default()
        };
        let mut chain = vec![model.name.clone()];
        chain.extend(model.fallback.iter().cloned());
        self.models.stream_first(&chain, request, cancel)
    }
}

/// The model for a run: the wished one, else the default.
pub(crate) async fn choose(engine: &Engine, wish: Option<&str>) -> Result<Chosen, Problem> {
    let provider = engine.models().wished_provider(wish);
    // Its key may be on its way, or may have been asked for in vain while the keyring was locked.
    if provider.as_deref().is_some_and(|provider| engine.keys.misses(provider)) {
        engine.ask_keyring();
    }
    engine.keys.settled(provider.as_deref()).await;
    let mut chosen = engine.models().choose(wish).await?;
    chosen.tokens = Counter::of(engine, &chosen.name).await;
    Ok(chosen)
}

/// How many tokens of a prompt an embedded model reads in a second here, as it was measured last, if ever.
pub(crate) async fn prompt_speed(engine: &Engine, model: &Chosen) -> Option<f32> {
    if !model.is_embedded() {
        return None;
    }
    let kept = engine.store.prompt_speed(model.name.clone()).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the speed of a model is not known");
        None
    });
    kept.or_else(|| engine.models().embedded().prompt_speed())
}

/// Keeps how fast an embedded model has just read its prompt, for this run of the program and the next ones.
pub(crate) async fn keep_prompt_speed(engine: &Engine, model: &Chosen) {
    let speed = engine.models().embedded().prompt_speed().filter(|_| model.is_embedded());
    if let Some(speed) = speed
        && let Err(error) = engine.store.keep_prompt_speed(model.name.clone(), speed).await
    {
        tracing::warn!(%error, "the speed of a model was not kept");
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
    let problem = Problem::new(code, error.message.clone()).with_reason(error.kind.as_str());
    if error.hint.is_empty() { problem } else { problem.with_hint(error.hint.clone()) }
}

#[cfg(test)]
mod tests {
    use aiia_protocol::settings::{Origin as Level, Parameters};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nobody_says(None, 100_000, 4096)]
    #[case::a_small_window(None, 1000, 1000)]
    #[case::more_is_wanted(Some(16_000), 100_000, 16_000)]
    #[case::more_than_there_is(Some(16_000), 5000, 5000)]
    #[case::less_is_wanted(Some(5), 100_000, 5)]
    fn an_answer_is_as_long_as_it_is_wished(#[case] wished: Option<u32>, #[case] room: u32, #[case] expected: u32) {
        let mut settings = settings::Settings::default();
        settings.lay(Level::Message, None, None, &Parameters { max_tokens: wished, ..Parameters::default() });
        assert_eq!(Sampling::new(&settings, room).max_tokens(), expected);
    }

    /// The models of a configuration whose servers are all off.
    fn directory(config: &str) -> (Arc<ModelDirectory>, tempfile::TempDir) {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        (engine.models(), home)
    }

    const SERVERS: &str = "[providers.ollama]\nbase_url = 'http://127.0.0.1:1'\n[providers.work]\ndialect = 'ollama'\nbase_url = 'http://work.invalid'\n";

    #[tokio::test]
    async fn a_folder_cannot_have_a_server_here_pass_its_code_on() {
        let (models, _home) = directory(SERVERS);
        for (name, may) in [("ollama/coder:7b", true), ("ollama/gpt-oss:120b-cloud", false), ("work/x:cloud", true)] {
            assert_eq!(models.of_the_folder(name).await.is_ok(), may, "{name}");
        }
        assert!(models.is_local("ollama/coder:7b").await && !models.is_local("ollama/gpt-oss:120b-cloud").await);
    }

    #[tokio::test]
    async fn a_model_of_this_machine_costs_nothing_when_its_server_is_off() {
        let (models, _home) = directory("");
        for (name, here) in [
            ("ollama/coder:7b", true),
            ("lmstudio/x", true),
            ("embedded/x", true),
            ("ollama/gpt-oss:120b-cloud", false),
            ("openai/gpt-4.1", false),
            ("nobody/x", false),
        ] {
            assert_eq!(models.is_of_this_machine(name), here, "{name}");
        }
        let (moved, _home) = directory("[providers.ollama]\nbase_url = 'https://ollama.example'\n");
        assert!(!moved.is_of_this_machine("ollama/coder:7b"));
    }

    #[tokio::test]
    async fn it_is_said_once_that_the_default_has_left_this_machine() {
        let (models, _home) = directory("");
        let here = Chosen::for_tests(4096);
        let away = Chosen { name: "openai/x".to_owned(), local: false, ..here.clone() };
        assert_eq!(models.note_of_default(&away), None);
        assert_eq!(models.note_of_default(&here), None);
        let note = models.note_of_default(&away).unwrap();
        assert!(note.contains("test/m") && note.contains("openai/x is asked"), "{note}");
        assert_eq!(models.note_of_default(&away), None);
    }
}
