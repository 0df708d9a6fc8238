//! The model that a run uses.

use aiia_llm::{LlmError, LlmErrorKind};
use aiia_protocol::problem::Problem;
use aiia_protocol::run::{RunEventKind, notice};

use super::window::{self, Window};
use crate::counting::Counter;
use crate::engine::Engine;

/// The model that a run uses.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    /// `provider/model`.
    pub(crate) name: String,
    /// Whether what is sent stays on this machine.
    pub(crate) local: bool,
    /// Tokens of its context window.
    pub(crate) window: u32,
    /// Whether nobody tells that window, so that it is only assumed.
    pub(crate) is_window_assumed: bool,
    /// How it counts them.
    pub(crate) tokens: Counter,
    /// The models to ask when it cannot be reached.
    pub(crate) fallback: Vec<String>,
    /// What the user should know about the choice.
    pub(crate) notes: Vec<String>,
    /// What names it for what is asked, where somebody did before, such as “`roles.explain` in the configuration”.
    pub(crate) named_by: Option<String>,
}

impl Chosen {
    #[cfg(test)]
    pub(crate) fn for_tests(window: u32) -> Self {
        Self {
            name: "test/m".to_owned(),
            local: true,
            window,
            is_window_assumed: false,
            tokens: Counter::default(),
            fallback: Vec::new(),
            notes: Vec::new(),
            named_by: None,
        }
    }

    /// Adds to `told`, once, that the window is only assumed: to be said where less is sent or asked for because of it.
    pub(crate) fn tell_assumed_window(&self, told: &mut Vec<RunEventKind>) {
        let is_said = |kind: &RunEventKind| matches!(kind, RunEventKind::Notice { reason, .. } if reason == notice::WINDOW_ASSUMED);
        if !self.is_window_assumed || told.iter().any(is_said) {
            return;
        }
        if let Some(key) = window::key(&self.name) {
            let text = format!(
                "The window of {} is not known, so {} tokens are assumed; `{key}` in the configuration says how many it has.",
                self.name, self.window
            );
            told.push(RunEventKind::Notice { reason: notice::WINDOW_ASSUMED.to_owned(), text });
        }
    }

    /// `problem`, which asking it ended in; where there is no such model, or nobody answers for it, also what in the configuration
    /// names it.
    pub(crate) fn told(&self, error: &LlmError) -> Problem {
        use LlmErrorKind::{Dns, ModelFile, ModelMissing, NoModel, Refused};
        let problem = super::problem(error);
        match &self.named_by {
            Some(by) if matches!(error.kind, NoModel | ModelMissing | ModelFile | Refused | Dns) => {
                let hint = problem.hint.as_deref().unwrap_or_default();
                let hint = format!("{hint} {by} names {}.", self.name);
                problem.with_hint(hint.trim())
            }
            _ => problem,
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
        let Window { tokens: window, is_assumed: is_window_assumed } = engine.models().window_of(name).await;
        let tokens = Counter::of(engine, name).await;
        Self { name: name.to_owned(), fallback, window, is_window_assumed, tokens, ..self.clone() }
    }
}
