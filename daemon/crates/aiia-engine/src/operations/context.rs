//! `context.get`, and the context of actions.

use std::ops::Range;

use aiia_context::{ContextBundle, ContextRequest, Intent};
use aiia_protocol::action::ActionKind;
use aiia_protocol::context::{ContextBundle as Bundle, ContextPiece, GetContext};
use aiia_protocol::operation::ContextGet;
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::dispatch::{Handle, Reply};
use crate::gate;
use crate::session::Session;
use crate::source::Source;

const DEFAULT_BUDGET: u32 = 2048;
const MAX_BUDGET: u32 = 1_000_000;

impl Handle for ContextGet {
    async fn handle(session: &Session, params: GetContext) -> Result<Reply<Bundle>, Problem> {
        let budget = params.budget.unwrap_or(DEFAULT_BUDGET);
        if budget == 0 || budget > MAX_BUDGET {
            return Err(Problem::new(
                ProblemCode::InvalidParams,
                format!("A budget of {budget} tokens is not possible."),
            )
            .with_error("/budget", format!("1 to {MAX_BUDGET}")));
        }
        let source = Source::read(session, &params.document).await?;
        gate::admit(&source)?;
        let range = source.range(params.selection)?;
        let intent = params.intent.unwrap_or(ActionKind::Explain);
        let (_, bundle) = gather(source, range, intent, budget as usize).await?;
        let mut secrets = Vec::new();
        let pieces = bundle
            .pieces
            .into_iter()
            .map(|piece| ContextPiece {
                text: gate::redacted(&piece.text, &mut secrets),
                path: piece.path,
                start_line: piece.start_line as u32,
                end_line: piece.end_line as u32,
                kind: piece.kind.as_str().to_owned(),
                symbol: piece.symbol,
                tokens: piece.tokens as u64,
                score: piece.score,
                reason: piece.reason,
            })
            .collect();
        Ok(Reply::One(Bundle {
            budget: bundle.budget as u64,
            used: bundle.used as u64,
            redactions: secrets.len() as u64,
            pieces,
        }))
    }
}

/// Gathers the context for `kind` on another thread, since a large file takes a moment.
pub(super) async fn gather(
    source: Source,
    selection: Range<usize>,
    kind: ActionKind,
    budget: usize,
) -> Result<(Source, ContextBundle), Problem> {
    let gathered = tokio::task::spawn_blocking(move || {
        let bundle = aiia_context::gather(&ContextRequest {
            path: &source.name,
            language: source.language,
            text: &source.text,
            selection,
            intent: intent(kind),
            budget,
        });
        (source, bundle)
    });
    gathered
        .await
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("Gathering the context failed: {error}.")))
}

fn intent(kind: ActionKind) -> Intent {
    match kind {
        ActionKind::Explain => Intent::Explain,
        ActionKind::Fix => Intent::Fix,
        ActionKind::Optimize => Intent::Optimize,
        ActionKind::Test => Intent::Test,
        ActionKind::Document => Intent::Document,
        ActionKind::Edit => Intent::Edit,
        ActionKind::Ask => Intent::Ask,
    }
}
