//! The models inside this process, one in memory at a time.
//!
//! llama.cpp works on one thread of its own, which is there only while it is needed: it starts with
//! the first request, answers one request at a time, and ends (giving all memory back) when nobody has
//! asked for a while.

mod gguf;
#[cfg(feature = "embedded")]
mod memory;
#[cfg(feature = "embedded")]
mod session;
#[cfg(feature = "embedded")]
mod template;
#[cfg(feature = "embedded")]
mod text;
#[cfg(feature = "embedded")]
mod worker;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::chat::ChatRequest;
use crate::discovery::Tried;
use crate::error::{LlmError, LlmErrorKind};
use crate::models::EMBEDDED_PROVIDER;
use crate::nearest::nearest;
use crate::provider::{Dialect, Origin, ProviderConfig};
use crate::survey::{ModelInfo, Survey};
use crate::transport::generate::DeltaSink;
use crate::weights::{Weights, WeightsFolder};

/// How the embedded model is run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmbeddedSettings {
    /// The GGUF file that is used when nobody names another; of several in the folder the largest, where absent.
    pub model_path: Option<PathBuf>,
    /// The folder whose GGUF files can be asked by name. Without any file there is no embedded model.
    pub folder: Option<PathBuf>,
    /// After so long without a request the model is unloaded.
    pub idle_unload: Duration,
    /// Threads to compute with; `None` leaves one core to everybody else.
    pub threads: Option<usize>,
    /// The context window in tokens, bounded by what the model was trained for.
    pub context_size: u32,
}

impl Default for EmbeddedSettings {
    fn default() -> Self {
        Self { model_path: None, folder: None, idle_unload: Duration::from_mins(10), threads: None, context_size: 8192 }
    }
}

/// The model inside this process. Making one costs nothing; dropping it unloads the model.
#[derive(Debug)]
pub struct Embedded {
    settings: EmbeddedSettings,
    /// The files that were looked at, as they were then, and what came of it.
    checked: Mutex<HashMap<PathBuf, Checked>>,
    /// Files that looked well and could not be used when something was last asked of them.
    failed: Mutex<HashMap<PathBuf, LlmError>>,
    #[cfg(feature = "embedded")]
    worker: worker::Worker,
}

/// What tells a changed file from an unchanged one.
type Stamp = (Option<SystemTime>, u64);
/// How large a file is that can be used, or why it cannot.
type Checked = (Stamp, Result<u64, LlmError>);

impl Embedded {
    pub(crate) fn new(settings: EmbeddedSettings) -> Self {
        Self {
            #[cfg(feature = "embedded")]
            worker: worker::Worker::new(settings.clone()),
            settings,
            checked: Mutex::default(),
            failed: Mutex::default(),
        }
    }

    /// How it is run.
    pub fn settings(&self) -> &EmbeddedSettings {
        &self.settings
    }

    /// Whether the weights are in memory now.
    pub fn is_loaded(&self) -> bool {
        #[cfg(feature = "embedded")]
        return self.worker.is_loaded();
        #[cfg(not(feature = "embedded"))]
        return false;
    }

    /// How fast prompts are read on this machine, in tokens a second, once one of some length was
    /// read: what a context should be sized by, so that the first token comes soon.
    pub fn prompt_speed(&self) -> Option<f32> {
        #[cfg(feature = "embedded")]
        return self.worker.prompt_speed();
        #[cfg(not(feature = "embedded"))]
        return None;
    }

    /// Unloads the model as soon as the requests already accepted are answered. The next one loads
    /// it again.
    pub fn unload(&self) {
        #[cfg(feature = "embedded")]
        self.worker.stop();
    }

    /// The weights that can be asked, the default first.
    pub fn weights(&self) -> Vec<Weights> {
        let mut all: Vec<Weights> = Vec::new();
        if let Some(path) = &self.settings.model_path {
            let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            all.push(Weights { path: path.clone(), name, size });
        }
        if let Some(folder) = &self.settings.folder {
            for found in WeightsFolder::new(folder.clone(), None).list() {
                if !all.iter().any(|known| known.name == found.name) {
                    all.push(found);
                }
            }
        }
        all
    }

    #[cfg_attr(not(feature = "embedded"), allow(clippy::unused_async, reason = "there is nothing to wait for then"))]
    pub(crate) async fn stream(
        &self,
        request: ChatRequest,
        cancel: &CancellationToken,
        sink: &mut DeltaSink,
    ) -> Result<(), LlmError> {
        let weights = self.usable()?;
        let wanted = weights.iter().find(|one| one.name == request.model);
        let first = || weights.iter().find(|one| self.check(&one.path).is_ok()).or_else(|| weights.first());
        let first = if request.model == "default" { first() } else { None };
        let Some(chosen) = wanted.or(first) else {
            let names: Vec<&str> = weights.iter().map(|one| one.name.as_str()).collect();
            let near = nearest(&request.model, names.iter().copied(), 1).first().copied().unwrap_or(names[0]);
            return Err(LlmError::new(
                LlmErrorKind::ModelMissing,
                format!("The embedded models are: {}; there is no '{}'.", names.join(", "), request.model),
                format!("Choose {EMBEDDED_PROVIDER}/{near}, or get another one: `aiia models pull`."),
            ));
        };
        let path = chosen.path.clone();
        #[cfg(feature = "embedded")]
        {
            let result = self.worker.stream(path.clone(), request, cancel, sink).await;
            self.note(path, &result);
            result
        }
        #[cfg(not(feature = "embedded"))]
        {
            let _ = (path, cancel, sink);
            Err(absent())
        }
    }

    /// Keeps in mind whether a file could be used.
    #[cfg(feature = "embedded")]
    fn note(&self, path: PathBuf, result: &Result<(), LlmError>) {
        let mut failed = self.failed.lock();
        match result {
            Ok(()) => drop(failed.remove(&path)),
            Err(error) if error.kind == LlmErrorKind::ModelFile => drop(failed.insert(path, error.clone())),
            Err(_) => {}
        }
    }

    /// Why the file of weights cannot be used: as it stands, or as it turned out when it was last asked.
    pub fn fault(&self, weights: &Weights) -> Option<LlmError> {
        self.check(&weights.path).err().or_else(|| self.failed.lock().get(&weights.path).cloned())
    }

    /// The weights that can be asked; at least one.
    fn usable(&self) -> Result<Vec<Weights>, LlmError> {
        if cfg!(not(feature = "embedded")) {
            return Err(absent());
        }
        let weights = self.weights();
        if weights.is_empty() { Err(absent()) } else { Ok(weights) }
    }

    /// Adds what is known about the embedded models, without loading one.
    pub(crate) fn survey(&self, survey: &mut Survey) {
        let Ok(weights) = self.usable() else {
            survey.tried.push(Tried {
                what: "embedded model".to_owned(),
                outcome: if cfg!(feature = "embedded") { "no model file" } else { "not part of this build" }.to_owned(),
            });
            return;
        };
        let mut provider = ProviderConfig::new(EMBEDDED_PROVIDER, Dialect::Embedded, "");
        provider.origin = Origin::Embedded;
        // A broken file beside good ones is left out; alone, it says what is wrong with it.
        let mut models = Vec::new();
        let mut broken = None;
        for one in weights {
            match self.check(&one.path) {
                Ok(size) => models.push(self.info(&one, size)),
                Err(error) => drop(broken.get_or_insert(error)),
            }
        }
        let answer = match broken {
            Some(error) if models.is_empty() => Err(error),
            _ => Ok(models),
        };
        survey.add(&provider, answer);
    }

    /// The size of a file that can be used as it stands: whole, of a known version, and not larger than the memory. A file is looked
    /// at again when it is another.
    fn check(&self, path: &Path) -> Result<u64, LlmError> {
        let Ok(metadata) = std::fs::metadata(path) else { return gguf::quick_check(path) };
        let stamp = (metadata.modified().ok(), metadata.len());
        let mut checked = self.checked.lock();
        if let Some((_, known)) = checked.get(path).filter(|(known, _)| *known == stamp) {
            return known.clone();
        }
        let result = gguf::full_check(path).and_then(|told| fits(path, told.size).map(|()| told.size));
        checked.insert(path.to_owned(), (stamp, result.clone()));
        result
    }

    pub(crate) fn info(&self, weights: &Weights, size: u64) -> ModelInfo {
        ModelInfo {
            name: format!("{EMBEDDED_PROVIDER}/{}", weights.name),
            provider: EMBEDDED_PROVIDER.to_owned(),
            model: weights.name.clone(),
            context_window: Some(
                gguf::trained_window(&weights.path).unwrap_or(u32::MAX).min(self.settings.context_size),
            ),
            size: Some(size),
            local: true,
            only_embeds: false,
        }
    }
}

/// Whether weights of that size fit into the memory of this machine.
#[cfg(feature = "embedded")]
fn fits(path: &Path, size: u64) -> Result<(), LlmError> {
    let Some(memory) = memory::limit().filter(|memory| size > *memory) else { return Ok(()) };
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    Err(gguf::file_error(
        path,
        &format!("needs {:.1} GB of memory; there are {:.1} GB", gigabytes(size), gigabytes(memory)),
        "Choose a smaller model; `aiia models status` shows some that can be got.",
    ))
}

#[cfg(not(feature = "embedded"))]
#[expect(clippy::unnecessary_wraps, reason = "the engine, which is not part of this build, may refuse")]
fn fits(_: &Path, _: u64) -> Result<(), LlmError> {
    Ok(())
}

/// Checks that `path` is a whole GGUF file; gives its size in bytes.
///
/// # Errors
/// When it is not, with what is wrong.
pub(crate) fn check_weights(path: &Path) -> Result<u64, LlmError> {
    Ok(gguf::full_check(path)?.size)
}

fn absent() -> LlmError {
    LlmError::new(
        LlmErrorKind::NoModel,
        "There is no embedded model.",
        "Get one with `aiia models pull`, or configure a provider.",
    )
}
