//! `context.get`, and the context of actions.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aiia_context::{ContextBundle, ContextRequest, Hints, Intent, NameUse, Piece, Said, Workspace};
use aiia_protocol::action::ActionKind;
use aiia_protocol::context::{ContextBundle as Bundle, ContextPiece, GetContext};
use aiia_protocol::operation::ContextGet;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::settings::{Parameters, Settings};

use crate::context_budget;
use crate::context_rules::ContextRules;
use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::gate;
use crate::hints;
use crate::indexes::{self, OpenTexts};
use crate::models;
use crate::operations::project;
use crate::preparing;
use crate::session::Session;
use crate::settings::{self, Wishes};
use crate::source::Source;
use crate::workspace;

/// Tokens where there is no model that says how many.
pub(super) const DEFAULT_BUDGET: u32 = 2048;
const MAX_BUDGET: u32 = 1_000_000;
/// Code has at least so many bytes for a token.
const BYTES_PER_TOKEN: usize = 3;
/// How long a request waits for an index that is just being made; without it the file alone tells.
const FIRST_ANSWER: Duration = Duration::from_millis(300);

impl Handle for ContextGet {
    async fn handle(session: &Session, params: GetContext) -> Result<Reply<Bundle>, Problem> {
        let source = Source::read(session, &params.document).await?;
        gate::admit(&source)?;
        let intent = params.intent.unwrap_or(ActionKind::Explain);
        let project = project::known(session, &project::home_of(session, &source)).await?;
        let alone = Parameters::default();
        let wishes = Wishes { model: None, system_prompt: None, parameters: &alone };
        let (settings, _) = settings::resolve(session, &project, None, wishes, intent.as_str()).await;
        let rules = ContextRules::of(&settings).0;
        let (budget, most) = match params.budget {
            Some(budget) => (budget, budget as usize),
            None => budget_of_model(session, &settings).await,
        };
        let budget = checked_budget(budget)?;
        let range = source.range(params.selection)?;
        let root = project_root(session, &source);
        let is_reading = root.is_some_and(|root| !session.engine().indexes.is_complete(&root));
        let (_, bundle) = gather(session, source, range, intent, Limits { budget, most, rules }, Vec::new()).await?;
        let mut secrets = Vec::new();
        let pieces = bundle.pieces.into_iter().map(|piece| shown_piece(piece, &mut secrets)).collect();
        Ok(Reply::One(Bundle {
            budget: bundle.budget as u64,
            used: bundle.used as u64,
            redactions: secrets.len() as u64,
            pieces,
            is_reading,
        }))
    }
}

/// As many tokens as an action would send to the model in force, and at most.
async fn budget_of_model(session: &Session, settings: &Settings) -> (u32, usize) {
    let engine = session.engine();
    let wish = settings.model.as_ref().map(|model| model.value.as_str());
    if let Ok(model) = models::choose(engine, wish).await {
        let budget = context_budget::of(engine, &model, settings).await;
        return (budget, context_budget::most(&model, settings, budget as usize));
    }
    let budget = settings.context_budget.as_ref().map_or(DEFAULT_BUDGET, |budget| budget.value);
    (budget, budget as usize)
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

/// What of a folder may be shown.
#[derive(Clone)]
pub(super) struct Limits {
    /// At most so many tokens …
    pub(super) budget: usize,
    /// … or, where they cut the code in question, so many.
    pub(super) most: usize,
    /// Which files.
    pub(super) rules: ContextRules,
}

/// Gathers the context for `kind`, with what was `said` of the selection, on another thread, since a large file takes a moment.
pub(super) async fn gather(
    session: &Session,
    source: Source,
    selection: Range<usize>,
    kind: ActionKind,
    limits: Limits,
    said: Vec<Said>,
) -> Result<(Source, ContextBundle), Problem> {
    let question = Arc::new(Question { root: project_root(session, &source), source, selection, kind, limits, said });
    let (began, mut limit) = (Instant::now(), FIRST_ANSWER);
    let mut hints = Hints::default();
    if session.editor().is_some() && question.root.is_some() {
        let (asked, engine) = (Arc::clone(&question), session.engine().clone());
        let (uses, symbol) = blocking(move || asked.to_look_up(&engine, FIRST_ANSWER)).await?;
        // Who waits twice waits too long.
        limit = FIRST_ANSWER.saturating_sub(began.elapsed());
        hints = hints::from_editor(session, &question.source, uses, symbol).await;
    }
    if let Some(root) = &question.root {
        hints.files = hints::near_files(session.engine(), root, &question.source.name);
    }
    let question = Arc::unwrap_or_clone(question);
    let most = question.limits.most;
    let engine = session.engine().clone();
    let (question, bundle) = blocking(move || {
        let mut question = question;
        let bundle = question.with_request(&engine, limit, &hints, aiia_context::gather);
        let more = (bundle.budget + bundle.target.range.len() / BYTES_PER_TOKEN).min(most);
        if more <= bundle.budget || missing(&question.source, &bundle).is_none() {
            return (question, bundle);
        }
        question.limits.budget = more;
        let bundle = question.with_request(&engine, limit, &hints, aiia_context::gather);
        (question, bundle)
    })
    .await?;
    preparing::asked(session.engine(), &question.source);
    Ok((question.source, bundle))
}

/// Says which lines of the code in question the bundle shows, or which part of a line, where that is not all that says something.
pub(super) fn missing(source: &Source, bundle: &ContextBundle) -> Option<String> {
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
    if let Some(cut) = shown.iter().find_map(|piece| piece.cut.as_ref()) {
        let (line, bytes, sent) = (cut.line, cut.bytes, cut.shown());
        let rest = if lacks { format!("; the other lines of {first}–{last} were not") } else { String::new() };
        return Some(format!("Of line {line} of {} only {sent} of {bytes} bytes were sent{rest}.", source.name));
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

/// The folder that a source belongs to, where that is a project.
fn project_root(session: &Session, source: &Source) -> Option<PathBuf> {
    source.root.clone().filter(|root| workspace::is_project(root, &session.project_folders()))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("Gathering the context failed: {error}.")))
}

/// What context is gathered for.
#[derive(Clone)]
struct Question {
    source: Source,
    /// The project around the source.
    root: Option<PathBuf>,
    selection: Range<usize>,
    kind: ActionKind,
    limits: Limits,
    said: Vec<Said>,
}

impl Question {
    /// Answers by `answer`, which gets the request with the index of the project, as far as there is one within `limit`.
    fn with_request<T>(
        &self,
        engine: &Engine,
        limit: Duration,
        hints: &Hints,
        answer: impl FnOnce(&ContextRequest) -> T,
    ) -> T {
        let source = &self.source;
        let language = source.language.filter(|_| aiia_context::is_looked_at(&source.text));
        let tree = language.and_then(|language| match &source.open {
            Some(open) => open.tree(language),
            None => engine.indexes.recent_trees.get(&source.path, language, &source.text),
        });
        let request = |workspace| ContextRequest {
            path: &source.name,
            language: source.language,
            text: &source.text,
            tree: tree.as_ref(),
            selection: self.selection.clone(),
            intent: intent(self.kind),
            budget: self.limits.budget,
            said: &self.said,
            hints,
            workspace,
        };
        match self.root.as_deref().and_then(|root| engine.indexes.usable(root, limit)) {
            None => answer(&request(None)),
            Some(indexer) => {
                indexes::take_over_buffers(&indexer, &engine.open_documents());
                let texts = OpenTexts::new(engine.clone(), &indexer, self.limits.rules.clone());
                let index = indexer.index();
                answer(&request(Some(Workspace { index: &index, texts: &texts })))
            }
        }
    }

    /// The names an editor should be asked about, and where the symbol is whose users it should tell.
    fn to_look_up(&self, engine: &Engine, limit: Duration) -> (Vec<NameUse>, Option<usize>) {
        self.with_request(engine, limit, Hints::NONE, |request| {
            let symbol = hints::wants_users(self.kind).then(|| aiia_context::target_name(request)).flatten();
            (aiia_context::names_to_look_up(request), symbol)
        })
    }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use aiia_protocol::document::DocumentRef;
    use aiia_protocol::operation::{SystemHello, WorkspaceIndex};
    use aiia_protocol::project::ListProjects;
    use aiia_protocol::system::Hello;
    use aiia_protocol::workspace::IndexWorkspace;

    use super::*;

    const FAKE: &str =
        "model = 'fake/m'\n[providers.fake]\ndialect = 'openai_chat'\nbase_url = 'http://127.0.0.1:1/v1'\n";

    fn asked(path: &Path) -> GetContext {
        let document = DocumentRef { path: path.display().to_string(), text: None, language_id: None };
        GetContext { document, selection: None, intent: None, budget: None }
    }

    #[tokio::test]
    async fn the_budget_is_that_of_the_model_in_force() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), format!("{FAKE}context_window = 1500\n")).unwrap();
        let file = home.path().join("a.py");
        std::fs::write(&file, "def f():\n    return 1\n").unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let session = engine.session_for_tests();
        assert_eq!(session.run::<ContextGet>(asked(&file)).await.unwrap().budget, 500);
        let own = GetContext { budget: Some(2000), ..asked(&file) };
        assert_eq!(session.run::<ContextGet>(own).await.unwrap().budget, 2000);
        assert_eq!(engine.store.list_projects(ListProjects::default()).await.unwrap().items, []);
    }

    #[tokio::test]
    async fn the_folder_that_one_works_in_holds_its_files_together() {
        let home = tempfile::tempdir().unwrap();
        let plain = home.path().join("plain");
        for folder in ["src", "lib"] {
            std::fs::create_dir_all(plain.join(folder)).unwrap();
        }
        std::fs::write(plain.join("lib/b.py"), "def doubled(number):\n    return number * 2\n").unwrap();
        let file = plain.join("src/a.py");
        std::fs::write(
            &file,
            "from lib.b import doubled\n\ndef quadrupled(number):\n    return doubled(doubled(number))\n",
        )
        .unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        for (works_in, expected) in [(None, false), (Some(plain.display().to_string()), true)] {
            let session = engine.session_for_tests();
            session.run::<SystemHello>(Hello { folder: works_in, ..Hello::default() }).await.unwrap();
            let bundle = session.run::<ContextGet>(asked(&file)).await.unwrap();
            assert_eq!(bundle.pieces.iter().any(|piece| piece.path == "lib/b.py"), expected, "{:?}", bundle.pieces);
        }
    }

    #[tokio::test]
    async fn an_answer_says_whether_the_folder_is_still_being_read() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("pyproject.toml"), "").unwrap();
        let file = home.path().join("a.py");
        std::fs::write(&file, "def f():\n    return 1\n").unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let session = engine.session_for_tests();
        assert!(session.run::<ContextGet>(asked(&file)).await.unwrap().is_reading);
        let index = IndexWorkspace { path: home.path().display().to_string() };
        session.run::<WorkspaceIndex>(index).await.unwrap();
        assert!(!session.run::<ContextGet>(asked(&file)).await.unwrap().is_reading);
    }
}
