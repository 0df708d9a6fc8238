//! The question of an action as each model gets it: with as much of the code as it has room for.

use std::ops::Range;

use aiia_context::{ContextBundle, Said};
use aiia_edit::ReplyFormat;
use aiia_protocol::action::ActionKind;
use aiia_protocol::document::Diagnostic;
use aiia_protocol::problem::Problem;
use aiia_protocol::run::{RunEventKind, notice};
use aiia_protocol::settings::Settings;
use aiia_syntax::Language;

use super::test_files::{self, Tests};
use crate::context_budget;
use crate::context_rules::ContextRules;
use crate::models::Chosen;
use crate::operations::context::{Limits, gather, missing};
use crate::prompt::{self, ActionPrompt, TestPrompt};
use crate::reply_format;
use crate::session::Session;
use crate::source::Source;

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
    /// What of the code in question is not sent, as it is told.
    pub(super) cut: Option<RunEventKind>,
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
        let wanted = context_budget::wanted(engine, model, settings).await;
        let budget = wanted.min(context_budget::room(model)) as usize;
        let said = self.diagnostics.iter().map(|diagnostic| Said::Diagnostic(diagnostic.message.clone()));
        let said = said.chain(self.instruction.map(|text| Said::Instruction(text.to_owned()))).collect();
        let limits = Limits { budget, most: context_budget::most(model, settings, budget), rules: self.rules.clone() };
        let (source, bundle) = gather(session, source, self.selection.clone(), self.kind, limits, said).await?;
        let budget = bundle.budget;
        let cut = missing(&source, &bundle).map(|what| {
            let text = format!(
                "{what} There is room for {budget} tokens of code (`context.budget`, or a third of the model's window)."
            );
            RunEventKind::Notice { reason: notice::CONTEXT_CUT.to_owned(), text }
        });
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
        let is_full = cut.is_some() || (budget as u32) < wanted && bundle.used + bundle.used / 8 >= budget;
        Ok((source, Worded { bundle, format, question, is_full, cut }))
    }
}
