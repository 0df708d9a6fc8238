//! The question of an action as each model gets it: with as much of the code as it has room for.

use std::ops::Range;

use aiia_context::{ContextBundle, Said};
use aiia_edit::ReplyFormat;
use aiia_protocol::action::ActionKind;
use aiia_protocol::document::Diagnostic;
use aiia_protocol::problem::Problem;
use aiia_protocol::settings::Settings;
use aiia_syntax::Language;

use super::test_files::{self, Tests};
use crate::context_rules::ContextRules;
use crate::models::{self, Chosen};
use crate::operations::context::{Limits, gather};
use crate::prompt::{self, ActionPrompt, TestPrompt};
use crate::reply_format;
use crate::session::Session;
use crate::source::Source;

/// Tokens of context for a model on this machine: reading them takes most of the time to the first word.
const LOCAL_BUDGET: u32 = 1024;
/// Tokens of context for the embedded model, which reads some twenty of them in a second on a small machine.
const EMBEDDED_BUDGET: u32 = 512;
/// How long the embedded model may read before its first token, in seconds; what is not code takes its part of the ten that a
/// person waits.
const READING_SECONDS: f32 = 8.0;
/// Tokens of context for other models.
const REMOTE_BUDGET: u32 = 4096;
/// However small the window is, the code in question goes along.
const LEAST_BUDGET: u32 = 256;

/// What an action is about, whichever model is asked.
pub(super) struct Topic<'a> {
    pub(super) kind: ActionKind,
    pub(super) selection: Range<usize>,
    pub(super) instruction: Option<&'a str>,
    pub(super) diagnostics: &'a [Diagnostic],
    pub(super) rules: &'a ContextRules,
    pub(super) tests: Option<&'a Tests>,
    pub(super) earlier: Option<&'a str>,
}

/// A question as a model gets it.
pub(super) struct Worded {
    pub(super) bundle: ContextBundle,
    pub(super) format: ReplyFormat,
    pub(super) question: String,
    /// Whether the model's window has left no room for more code that was wanted.
    pub(super) is_full: bool,
}

impl Topic<'_> {
    /// The question for `model`, with as much of the code as it has room for. Gives `source` back.
    pub(super) async fn word(
        &self,
        session: &Session,
        source: Source,
        model: &Chosen,
        settings: &Settings,
    ) -> Result<(Source, Worded), Problem> {
        let engine = session.engine();
        let wanted = settings.context_budget.as_ref().map(|budget| budget.value);
        let wanted = budget(model, wanted, models::prompt_speed(engine, model).await);
        let budget = wanted.min(room(model)) as usize;
        let said = self.diagnostics.iter().map(|diagnostic| Said::Diagnostic(diagnostic.message.clone()));
        let said = said.chain(self.instruction.map(|text| Said::Instruction(text.to_owned()))).collect();
        let limits = Limits { budget, rules: self.rules.clone() };
        let (source, bundle) = gather(session, source, self.selection.clone(), self.kind, limits, said).await?;
        let format = reply_format::choose(engine, model, &source, &bundle).await;
        let question = prompt::action(&ActionPrompt {
            kind: self.kind,
            name: &source.name,
            language: source.language.map(Language::name),
            bundle: &bundle,
            diagnostics: self.diagnostics,
            instruction: self.instruction,
            format: format.instructions(),
            earlier: self.earlier,
            tests: self.tests.map(|tests| TestPrompt {
                name: &tests.name,
                style: &tests.style,
                text: test_files::end_of(&tests.target.text),
                example: tests.example.as_ref().map(|(name, text)| (name.as_str(), test_files::beginning_of(text))),
            }),
        });
        // A bundle that nearly fills its budget would have filled a larger one as well.
        let is_full = (budget as u32) < wanted && bundle.used + bundle.used / 8 >= budget;
        Ok((source, Worded { bundle, format, question, is_full }))
    }
}

/// How many tokens of code may be sent to a model with enough room: as many as are `wanted`, where somebody says. The embedded model reads them on
/// this machine's own cores: as many as it can in [`READING_SECONDS`].
fn budget(model: &Chosen, wanted: Option<u32>, prompt_speed: Option<f32>) -> u32 {
    let usual = || match model.local {
        true if model.is_embedded() => prompt_speed.map_or(EMBEDDED_BUDGET, |speed| {
            ((speed * READING_SECONDS) as u32).clamp(EMBEDDED_BUDGET / 2, REMOTE_BUDGET)
        }),
        true => LOCAL_BUDGET,
        false => REMOTE_BUDGET,
    };
    wanted.unwrap_or_else(usual)
}

/// How many tokens of code a model has room for.
fn room(model: &Chosen) -> u32 {
    (model.window / 3).max(LEAST_BUDGET)
}
