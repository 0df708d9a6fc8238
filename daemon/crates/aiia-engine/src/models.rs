//! Which model is used, and the only call to it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aiia_llm::{
    ChatRequest, DeltaStream, Dialect, DiscoverySettings, EmbeddedSettings, LlmError, LlmErrorKind, Models,
    ModelsConfig, ProviderConfig, Survey, Timeouts,
};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::settings::Settings;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::engine::EngineOptions;
use crate::gate::Sealed;

/// How long a look around stays good.
const SURVEY_AGE: Duration = Duration::from_secs(15);
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
}

/// How an answer is drawn from the model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sampling {
    max_tokens: u32,
    temperature: f32,
    stop: Vec<String>,
}

impl Sampling {
    /// As the settings say; the answer has at most `room` tokens.
    pub(crate) fn new(settings: &Settings, room: u32) -> Self {
        let wanted = settings.max_tokens.as_ref().map_or(room, |tokens| tokens.value);
        Self {
            max_tokens: wanted.min(room),
            temperature: settings.temperature.as_ref().map_or(0.0, |temperature| temperature.value as f32),
            stop: settings.stop.as_ref().map(|stop| stop.value.clone()).unwrap_or_default(),
        }
    }
}

fn timeouts(configured: &crate::config::Timeouts) -> Timeouts {
    let usual = Timeouts::default();
    let chosen =
        |seconds: Option<u32>, usual| seconds.map_or(usual, |seconds| Duration::from_secs(u64::from(seconds.max(1))));
    Timeouts {
        connect: chosen(configured.connect, usual.connect),
        first_token: chosen(configured.first_token, usual.first_token),
        idle: chosen(configured.idle, usual.idle),
        list: usual.list,
    }
}

/// All models, and what was last found out about them.
pub(crate) struct ModelDirectory {
    models: Models,
    configured: Option<String>,
    problems: Vec<String>,
    embedded_file: Option<PathBuf>,
    last: Mutex<Option<(Instant, Arc<Survey>)>>,
}

impl ModelDirectory {
    /// Costs nothing: no network, no weights.
    pub(crate) fn new(config: &Config, options: &EngineOptions) -> Self {
        let settings = &config.settings;
        let mut problems = Vec::new();
        let mut providers = Vec::new();
        for (name, provider) in &settings.providers {
            let Some(dialect) = Dialect::from_name(&provider.dialect) else {
                problems.push(format!(
                    "The provider “{name}” has the dialect “{}”; there are {}.",
                    provider.dialect,
                    Dialect::CONFIGURABLE.map(Dialect::as_str).join(", ")
                ));
                continue;
            };
            let mut made = ProviderConfig::new(name, dialect, &provider.base_url);
            made.models.clone_from(&provider.models);
            made.context_window = provider.context_window;
            if let Some(variable) = &provider.api_key_env {
                match options.environment.get(variable) {
                    Some(key) => made = made.with_key(key),
                    None => {
                        problems
                            .push(format!("The provider “{name}” takes its key from {variable}, which is not set."));
                    }
                }
            }
            providers.push(made);
        }
        let embedded_file =
            settings.embedded.path.as_ref().map(PathBuf::from).or_else(|| found_weights(&options.data_dir));
        let embedded = EmbeddedSettings {
            model_path: embedded_file.clone(),
            idle_unload: Duration::from_secs(60 * settings.embedded.unload_minutes.unwrap_or(10)),
            threads: settings.embedded.threads.map(|threads| threads as usize),
            context_size: settings.embedded.context_window.unwrap_or(UNKNOWN_WINDOW),
        };
        let discovery = options
            .environment
            .get("AIIA_DISCOVERY")
            .is_none_or(|value| value != "off")
            .then(|| DiscoverySettings::new(options.environment.clone().into_iter().collect()));
        Self {
            models: Models::new(ModelsConfig {
                providers,
                embedded,
                timeouts: timeouts(&settings.timeouts),
                discovery,
            }),
            configured: settings.model.clone(),
            problems,
            embedded_file,
            last: Mutex::new(None),
        }
    }

    /// What is wrong with the configured providers.
    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The weights of the embedded model.
    pub(crate) fn embedded_file(&self) -> Option<&Path> {
        self.embedded_file.as_deref()
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
        match &self.configured {
            Some(name) => Ok(name.clone()),
            None => self.models.default_model().await.map_err(|error| problem(&error)),
        }
    }

    /// The model for a run: the first of `wishes` that names one, else the default.
    pub(crate) async fn choose(&self, wishes: [Option<&str>; 3]) -> Result<Chosen, Problem> {
        let name = match wishes.into_iter().flatten().find(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => self.default_model().await?,
        };
        let survey = self.survey().await;
        let known = survey.models.iter().find(|model| model.name == name);
        let provider = name.split('/').next().unwrap_or_default();
        let local = known.map_or_else(
            || survey.models.iter().any(|model| model.provider == provider && model.local),
            |model| model.local,
        );
        let window = known.and_then(|model| model.context_window).unwrap_or(UNKNOWN_WINDOW);
        Ok(Chosen { name, local, window })
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
        self.models.stream(&model.name, request, cancel)
    }
}

/// The weights in the data directory: of several, the largest, since that is the better model.
fn found_weights(data_dir: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(data_dir.join("models")).ok()?;
    entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "gguf"))
        .max_by_key(|entry| (entry.metadata().map_or(0, |metadata| metadata.len()), entry.file_name()))
        .map(|entry| entry.path())
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
