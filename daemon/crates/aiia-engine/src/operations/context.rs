//! `context.get`, and the context of actions.

use std::ops::Range;
use std::time::Duration;

use aiia_context::{ContextBundle, ContextRequest, Intent, Piece, Said, Workspace};
use aiia_protocol::action::ActionKind;
use aiia_protocol::context::{ContextBundle as Bundle, ContextPiece, GetContext};
use aiia_protocol::operation::ContextGet;
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::dispatch::{Handle, Reply};
use crate::gate;
use crate::indexes::{self, OpenTexts};
use crate::session::Session;
use crate::source::Source;
use crate::workspace;

pub(super) const DEFAULT_BUDGET: u32 = 2048;
const MAX_BUDGET: u32 = 1_000_000;
/// How long a request waits for an index that is just being made; without it the file alone tells.
const FIRST_ANSWER: Duration = Duration::from_millis(300);

impl Handle for ContextGet {
    async fn handle(session: &Session, params: GetContext) -> Result<Reply<Bundle>, Problem> {
        let budget = checked_budget(params.budget.unwrap_or(DEFAULT_BUDGET))?;
        let source = Source::read(session, &params.document).await?;
        gate::admit(&source)?;
        let range = source.range(params.selection)?;
        let intent = params.intent.unwrap_or(ActionKind::Explain);
        let (_, bundle) = gather(session, source, range, intent, budget, Vec::new()).await?;
        let mut secrets = Vec::new();
        let pieces = bundle.pieces.into_iter().map(|piece| shown_piece(piece, &mut secrets)).collect();
        Ok(Reply::One(Bundle {
            budget: bundle.budget as u64,
            used: bundle.used as u64,
            redactions: secrets.len() as u64,
            pieces,
        }))
    }
}

/// A budget of tokens that is possible.
pub(super) fn checked_budget(budget: u32) -> Result<usize, Problem> {
    if budget == 0 || budget > MAX_BUDGET {
        return Err(Problem::new(ProblemCode::InvalidParams, format!("A budget of {budget} tokens is not possible."))
            .with_error("/budget", format!("1 to {MAX_BUDGET}")));
    }
    Ok(budget as usize)
}

/// A piece as clients see it, which is as a model would.
pub(super) fn shown_piece(piece: Piece, secrets: &mut Vec<String>) -> ContextPiece {
    ContextPiece {
        text: gate::redacted(&piece.text, secrets),
        path: piece.path,
        start_line: piece.start_line as u32,
        end_line: piece.end_line as u32,
        kind: piece.kind.as_str().to_owned(),
        symbol: piece.symbol,
        tokens: piece.tokens as u64,
        score: piece.score,
        reason: piece.reason,
    }
}

/// Gathers the context for `kind`, with what was `said` of the selection, on another thread, since a large file takes a moment.
pub(super) async fn gather(
    session: &Session,
    source: Source,
    selection: Range<usize>,
    kind: ActionKind,
    budget: usize,
    said: Vec<Said>,
) -> Result<(Source, ContextBundle), Problem> {
    let engine = session.engine().clone();
    let folders = session.folders();
    let gathered = tokio::task::spawn_blocking(move || {
        let tree = source.language.and_then(|language| source.open.as_ref()?.tree(language));
        let request = |workspace| ContextRequest {
            path: &source.name,
            language: source.language,
            text: &source.text,
            tree: tree.as_ref(),
            selection,
            intent: intent(kind),
            budget,
            said: &said,
            workspace,
        };
        let root = source.root.as_deref().filter(|root| workspace::is_project(root, &folders));
        let bundle = match root.and_then(|root| engine.indexes.usable(root, FIRST_ANSWER)) {
            None => aiia_context::gather(&request(None)),
            Some(indexer) => {
                indexes::take_over_buffers(&indexer, &engine.open_documents());
                let texts = OpenTexts::new(engine.clone(), indexer.root().to_owned());
                let index = indexer.index();
                aiia_context::gather(&request(Some(Workspace { index: &index, texts: &texts })))
            }
        };
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
