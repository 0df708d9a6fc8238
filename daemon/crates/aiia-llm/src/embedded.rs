//! The model inside this process.
//!
//! llama.cpp works on one thread of its own, which is there only while it is needed: it starts with
//! the first request, answers one request at a time, and ends (giving all memory back) when nobody has
//! asked for a while.

mod gguf;
#[cfg(feature = "embedded")]
mod session;
#[cfg(feature = "embedded")]
mod template;
#[cfg(feature = "embedded")]
mod text;
#[cfg(feature = "embedded")]
mod worker;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::chat::ChatRequest;
use crate::discovery::Tried;
use crate::error::{LlmError, LlmErrorKind};
use crate::models::{EMBEDDED_PROVIDER, ModelInfo, Survey};
use crate::nearest::nearest;
use crate::provider::{Dialect, Origin, ProviderConfig};
use crate::transport::generate::DeltaSink;

/// How the embedded model is run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmbeddedSettings {
    /// The GGUF file of the weights; `None` means there is no embedded model.
    pub model_path: Option<PathBuf>,
    /// After so long without a request the model is unloaded.
    pub idle_unload: Duration,
    /// Threads to compute with; `None` leaves one core to everybody else.
    pub threads: Option<usize>,
    /// The context window in tokens, bounded by what the model was trained for.
    pub context_size: u32,
}

impl Default for EmbeddedSettings {
    fn default() -> Self {
        Self { model_path: None, idle_unload: Duration::from_mins(10), threads: None, context_size: 8192 }
    }
}

/// The model inside this process. Making one costs nothing; dropping it unloads the model.
#[derive(Debug)]
pub struct Embedded {
    settings: EmbeddedSettings,
    #[cfg(feature = "embedded")]
    worker: worker::Worker,
}

impl Embedded {
    pub(crate) fn new(settings: EmbeddedSettings) -> Self {
        Self {
            #[cfg(feature = "embedded")]
            worker: worker::Worker::new(settings.clone()),
            settings,
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

    /// The name of the model: that of its file without the extension.
    pub fn model_name(&self) -> Option<String> {
        Some(self.settings.model_path.as_deref()?.file_stem()?.to_string_lossy().into_owned())
    }

    #[cfg_attr(not(feature = "embedded"), allow(clippy::unused_async, reason = "there is nothing to wait for then"))]
    pub(crate) async fn stream(
        &self,
        request: ChatRequest,
        cancel: &CancellationToken,
        sink: &mut DeltaSink,
    ) -> Result<(), LlmError> {
        let path = self.usable_path()?;
        let name = self.model_name().unwrap_or_default();
        if request.model != name && request.model != "default" {
            let near = nearest(&request.model, [name.as_str()], 1).first().copied().unwrap_or(&name);
            return Err(LlmError::new(
                LlmErrorKind::ModelMissing,
                format!("The embedded model is '{name}', not '{}'.", request.model),
                format!("Choose {EMBEDDED_PROVIDER}/{near}, or configure another model file."),
            ));
        }
        #[cfg(feature = "embedded")]
        return self.worker.stream(path.to_owned(), request, cancel, sink).await;
        #[cfg(not(feature = "embedded"))]
        {
            let _ = (path, cancel, sink);
            Err(absent())
        }
    }

    fn usable_path(&self) -> Result<&Path, LlmError> {
        if cfg!(not(feature = "embedded")) {
            return Err(absent());
        }
        self.settings.model_path.as_deref().ok_or_else(absent)
    }

    /// Adds what is known about the embedded model, without loading it.
    pub(crate) fn survey(&self, survey: &mut Survey) {
        let Ok(path) = self.usable_path() else {
            survey.tried.push(Tried {
                what: "embedded model".to_owned(),
                outcome: if cfg!(feature = "embedded") { "no model file" } else { "not part of this build" }.to_owned(),
            });
            return;
        };
        let mut provider = ProviderConfig::new(EMBEDDED_PROVIDER, Dialect::Embedded, "");
        provider.origin = Origin::Embedded;
        let model = self.model_name().unwrap_or_default();
        let answer = gguf::quick_check(path).map(|size| {
            vec![ModelInfo {
                name: format!("{EMBEDDED_PROVIDER}/{model}"),
                provider: EMBEDDED_PROVIDER.to_owned(),
                model,
                context_window: Some(self.settings.context_size),
                size: Some(size),
                local: true,
            }]
        });
        survey.add(&provider, answer);
    }
}

fn absent() -> LlmError {
    LlmError::new(LlmErrorKind::NoModel, "There is no embedded model.", "Get its file, or configure a provider.")
}
