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
use crate::operations::context::{Limits, gather};
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

/// Code has at least so many bytes for a token.
const BYTES_PER_TOKEN: usize = 3;

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
        let mut budget = wanted.min(context_budget::room(model)) as usize;
        let said = self.diagnostics.iter().map(|diagnostic| Said::Diagnostic(diagnostic.message.clone()));
        let said: Vec<Said> = said.chain(self.instruction.map(|text| Said::Instruction(text.to_owned()))).collect();
        let limits = |budget| Limits { budget, rules: self.rules.clone() };
        let selection = self.selection.clone();
        let (mut source, mut bundle) =
            gather(session, source, selection.clone(), self.kind, limits(budget), said.clone()).await?;
        let mut missing = missing(&source, &bundle);
        // What is usual is for the code beside the code in question, which goes along as far as there is room; the embedded model
        // would read it for minutes.
        let more = (budget + bundle.target.range.len() / BYTES_PER_TOKEN).min(context_budget::room(model) as usize);
        if missing.is_some() && settings.context_budget.is_none() && !model.is_embedded() && more > budget {
            budget = more;
            (source, bundle) = gather(session, source, selection, self.kind, limits(budget), said).await?;
            missing = self::missing(&source, &bundle);
        }
        let cut = missing.map(|what| {
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
        let is_full = (budget as u32) < wanted && bundle.used + bundle.used / 8 >= budget;
        Ok((source, Worded { bundle, format, question, is_full, cut }))
    }
}

/// Says which lines of the code in question the bundle shows, where those are not all that say something.
fn missing(source: &Source, bundle: &ContextBundle) -> Option<String> {
    let range = bundle.target.range.clone();
    let first = source.text[..range.start].matches('\n').count() + 1;
    let shown: Vec<_> = bundle.pieces.iter().filter(|piece| piece.path == source.name).collect();
    let is_shown = |line: usize| shown.iter().any(|piece| (piece.start_line..=piece.end_line).contains(&line));
    let lines = source.text[range].lines().enumerate().map(|(index, text)| (first + index, text));
    let (mut last, mut parts, mut lacks) = (first, Vec::<(usize, usize)>::new(), false);
    for (line, text) in lines {
        last = line;
        match parts.last_mut() {
            _ if !is_shown(line) => lacks |= !text.trim().is_empty(),
            Some((_, end)) if *end + 1 == line => *end = line,
            _ => parts.push((line, line)),
        }
    }
    lacks.then(|| {
        let parts: Vec<String> = parts.iter().map(|(start, end)| format!("{start}–{end}")).collect();
        let all = format!("lines {first}–{last} of {}", source.name);
        if parts.is_empty() {
            return format!("Nothing of {all} was sent.");
        }
        format!("Of {all} only {} were sent.", parts.join(", "))
    })
}
