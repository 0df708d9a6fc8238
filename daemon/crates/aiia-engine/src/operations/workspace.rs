//! `workspace.*`

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aiia_context::{IndexReport, Indexer, Skipped};
use aiia_protocol::context::ContextPiece;
use aiia_protocol::operation::{WorkspaceIndex, WorkspaceMap};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::workspace::{
    IndexProgress, IndexSeconds, IndexWorkspace, MapWorkspace, SkippedFiles, WorkspaceIndex as Index,
    WorkspaceMap as Map,
};

use crate::context_rules::ContextRules;
use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::indexes::{self, OpenTexts};
use crate::operations::context::{DEFAULT_BUDGET, checked_budget};
use crate::reach;
use crate::session::Session;
use crate::settings;

/// How long a map waits for the index; a walk ends before.
const MAP_WAIT: Duration = Duration::from_secs(30);
/// How often it is looked whether another refresh has ended.
const BUSY_WAIT: Duration = Duration::from_millis(20);

impl Handle for WorkspaceIndex {
    async fn handle(session: &Session, params: IndexWorkspace) -> Result<Reply<Index>, Problem> {
        let root = folder(session, &params.path).await?;
        let engine = session.engine().clone();
        let path = params.path;
        let report = blocking(move || {
            let indexer = engine.indexes.of(&root);
            refreshed(&indexer, &engine)
        })
        .await??;
        Ok(Reply::One(shown(path, report)))
    }
}

impl Handle for WorkspaceMap {
    async fn handle(session: &Session, params: MapWorkspace) -> Result<Reply<Map>, Problem> {
        let root = folder(session, &params.path).await?;
        let settings = settings::of_folder(session.engine(), Some(&root)).await;
        let rules = ContextRules::of(&settings).0;
        let wished = params.budget.or(settings.context_budget.map(|budget| budget.value));
        let budget = checked_budget(wished.unwrap_or(DEFAULT_BUDGET))?;
        let engine = session.engine().clone();
        let map = blocking(move || {
            let indexer = engine.indexes.usable(&root, MAP_WAIT)?;
            indexes::take_over_buffers(&indexer, &engine.open_documents());
            let texts = OpenTexts::new(engine.clone(), &indexer, rules);
            let index = indexer.index();
            let map = aiia_context::map(&index, &texts, budget);
            let is_reading = !indexer.progress().is_complete;
            Some((map, index.file_count(), skipped(&indexer.skipped()), is_reading))
        })
        .await?
        .ok_or_else(|| {
            Problem::new(ProblemCode::RequestTimeout, format!("Listing the files of {} takes too long.", params.path))
        })?;
        let (aiia_context::Map { pieces, left_out }, files, skipped, is_reading) = map;
        let mut secrets = Vec::new();
        let used = pieces.iter().map(|piece| piece.tokens as u64).sum();
        let pieces: Vec<ContextPiece> =
            pieces.into_iter().map(|piece| super::context::shown_piece(piece, &mut secrets)).collect();
        Ok(Reply::One(Map {
            budget: budget as u64,
            used,
            redactions: secrets.len() as u64,
            pieces,
            files: files as u64,
            signatures_left_out: left_out as u64,
            skipped,
            is_reading,
        }))
    }
}

/// How far the indexes are.
pub(crate) fn progress(engine: &Engine) -> Vec<IndexProgress> {
    let shown = |indexer: Arc<Indexer>| {
        let progress = indexer.progress();
        IndexProgress {
            path: indexer.root().display().to_string(),
            files: progress.files as u64,
            parsed: progress.parsed as u64,
            is_complete: progress.is_complete,
            skipped: skipped(&indexer.skipped()),
        }
    };
    engine.indexes.all().into_iter().map(shown).collect()
}

/// Brings an index up to date; where another thread is at it, behind it.
fn refreshed(indexer: &Indexer, engine: &Engine) -> Result<IndexReport, Problem> {
    loop {
        if let Some(report) = indexer.refresh() {
            return Ok(report);
        }
        if engine.shutdown_token().is_cancelled() {
            return Err(Problem::new(ProblemCode::Unavailable, "The daemon is ending.".to_owned()));
        }
        std::thread::sleep(BUSY_WAIT);
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("Reading the folder failed: {error}.")))
}

/// The folder that the client names.
async fn folder(session: &Session, path: &str) -> Result<PathBuf, Problem> {
    let folder = Path::new(path);
    if !folder.is_absolute() {
        return Err(Problem::new(ProblemCode::InvalidParams, format!("“{path}” is not an absolute path."))
            .with_error("/path", "an absolute path is needed"));
    }
    reach::check(session, folder).await?;
    if !folder.is_dir() {
        return Err(Problem::new(ProblemCode::NotFound, format!("There is no folder {path}.")));
    }
    // Without blanks of a path such as a slash at its end; which of its paths names the folder is the same to the index.
    Ok(folder.components().collect())
}

fn skipped(skipped: &Skipped) -> Vec<SkippedFiles> {
    skipped.reasons().into_iter().map(|(reason, files)| SkippedFiles { reason, files: files as u64 }).collect()
}

fn shown(path: String, report: IndexReport) -> Index {
    Index {
        path,
        files: report.files as u64,
        bytes: report.bytes,
        changed: report.changed as u64,
        removed: report.removed as u64,
        skipped: skipped(&report.skipped),
        symbols: report.symbols as u64,
        references: report.references as u64,
        memory_bytes: report.memory as u64,
        seconds: IndexSeconds {
            load: report.load_time.as_secs_f64(),
            walk: report.walk_time.as_secs_f64(),
            skim: report.skim_time.as_secs_f64(),
            parse: report.parse_time.as_secs_f64(),
        },
    }
}
