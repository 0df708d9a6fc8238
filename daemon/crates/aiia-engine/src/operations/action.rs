//! `action.start`: explain, fix, optimize, test, document, edit, ask.

use std::path::{Path, PathBuf};

use aiia_context::{ContextBundle, Said};
use aiia_edit::Guard;
use aiia_protocol::action::{ActionKind, StartAction};
use aiia_protocol::chat::{Chat, CreateChat};
use aiia_protocol::document::Diagnostic;
use aiia_protocol::event::Change;
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::ActionStart;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::{Run, RunEventKind};
use aiia_protocol::settings::Parameters;
use aiia_store::NewRun;
use aiia_syntax::Language;

use crate::context_rules::ContextRules;
use crate::dispatch::{Handle, Reply};
use crate::gate;
use crate::generated_tests::{self, TestTarget};
use crate::hints;
use crate::models::{self, Chosen};
use crate::operations::context::{Limits, gather};
use crate::operations::{chat, project, run};
use crate::prompt::{self, ActionPrompt, TestPrompt};
use crate::reply_format;
use crate::run::{Assignment, Plan, Subject, start};
use crate::session::Session;
use crate::settings::{self, Wishes};
use crate::source::{self, Source};

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
/// Diagnostics beyond this are left out; a file with more is broken by its first ones.
const MAX_DIAGNOSTICS: usize = 20;
/// The longest title of a chat, in characters.
const MAX_TITLE: usize = 200;
/// How much of a test file is shown.
const TEST_EXCERPT_BYTES: usize = 1500;
/// How much of a change that did not help is shown.
const EARLIER_BYTES: usize = 2000;

impl Handle for ActionStart {
    async fn handle(session: &Session, params: StartAction) -> Result<Reply<Run>, Problem> {
        begin(session, params, None).await.map(Reply::One)
    }
}

/// Starts an action. Once it has proposed a change, the hunk `replaces` is rejected.
pub(super) async fn begin(
    session: &Session,
    params: StartAction,
    replaces: Option<(EditId, HunkNumber)>,
) -> Result<Run, Problem> {
    let engine = session.engine();
    let instruction = params.instruction.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if params.kind.needs_instruction() && instruction.is_none() {
        return Err(Problem::new(
            ProblemCode::InvalidParams,
            format!("`{}` needs an instruction.", params.kind.as_str()),
        )
        .with_error("/instruction", "some text is needed"));
    }
    run::check_length(instruction.unwrap_or_default())?;
    let source = Source::read(session, &params.document).await?;
    gate::admit(&source)?;
    if source.text.trim().is_empty() && params.kind != ActionKind::Edit {
        return Err(Problem::new(ProblemCode::UnsupportedDocument, format!("{} is empty.", source.name))
            .with_hint("Write some code first, or use `edit` with an instruction."));
    }
    let selection = source.range(params.selection)?;
    let chat = match &params.chat_id {
        Some(id) => Some(engine.store.get_chat(id.clone()).await?),
        None => None,
    };
    let project = match &chat {
        Some(chat) => engine.store.get_project(chat.project_id.clone()).await?,
        None => project::resolve(session, &root(session, &source)).await?,
    };
    let alone = Parameters::default();
    let wishes = Wishes { model: params.model.as_deref(), system_prompt: None, parameters: &alone };
    let (settings, notes) = settings::resolve(session, &project, chat.as_ref(), wishes, params.kind.as_str()).await;
    let model = run::choose(engine, &settings, notes).await?;
    let wanted = settings.context_budget.as_ref().map(|budget| budget.value);
    let budget = budget(&model, wanted, models::prompt_speed(engine, &model).await) as usize;
    let (rules, broken_rules) = ContextRules::of(&settings);
    let mut diagnostics = params.diagnostics;
    if diagnostics.is_empty() && params.kind == ActionKind::Fix {
        diagnostics = hints::diagnostics(session, &source, selection.clone()).await;
    }
    diagnostics.truncate(MAX_DIAGNOSTICS);
    let said = diagnostics.iter().map(|diagnostic| Said::Diagnostic(diagnostic.message.clone()));
    let said = said.chain(instruction.map(|text| Said::Instruction(text.to_owned()))).collect();
    let limits = Limits { budget, rules: rules.clone() };
    let (source, bundle) = gather(session, source, selection, params.kind, limits, said).await?;
    let tests = match params.kind {
        ActionKind::Test => Some(tests_of(session, &source, &rules).await?),
        _ => None,
    };
    let earlier = match &params.after_edit {
        Some(id) => Some(shortened(engine.store.get_edit(id.clone()).await?.diff)),
        None => None,
    };
    let format = reply_format::choose(engine, &model, &source, &bundle).await;
    let question = prompt::action(&ActionPrompt {
        kind: params.kind,
        name: &source.name,
        language: source.language.map(Language::name),
        bundle: &bundle,
        diagnostics: &diagnostics,
        instruction,
        format: format.instructions(),
        earlier: earlier.as_deref(),
        tests: tests.as_ref().map(|tests| TestPrompt {
            name: &tests.name,
            style: &tests.style,
            text: end_of(&tests.target.text),
            example: tests.example.as_ref().map(|(name, text)| (name.as_str(), beginning_of(text))),
        }),
    });
    let test_target = tests.map(|tests| tests.target);

    let title = title(params.kind, &source, &bundle);
    let (chat, made) = match chat {
        Some(chat) => (chat, false),
        None => (new_chat(session, project.id.clone(), &title).await?, true),
    };
    let shown = shown_question(&title, &source, &bundle, &diagnostics, instruction);
    let new = NewRun {
        chat_id: chat.id.clone(),
        parent_id: None,
        replaces: None,
        content: shown,
        attachments: None,
        model: model.name.clone(),
        action: Some(params.kind),
        settings: settings.clone(),
    };
    let history = settings::history(session, &project).await;
    let begun = match run::begin(engine, new).await {
        Ok(begun) => begun,
        Err(problem) => {
            // What failed leaves no empty chat behind.
            if made && engine.store.delete_chat(chat.id.clone(), Some(chat.version)).await.is_ok() {
                chat::changed(session, Change::Deleted, &chat);
            }
            return Err(problem);
        }
    };
    let context = Some(context_event(&bundle));
    let subject = params.kind.proposes_edit().then(|| Subject {
        title,
        source,
        folders: session.folders(),
        range: bundle.target.range,
        symbol: bundle.target.symbol.map(|symbol| symbol.name),
        format: test_target.is_none().then_some(format),
        test_target,
        rules,
        guard: if params.kind == ActionKind::Document { Guard::CommentsOnly } else { Guard::Syntax },
        replaces,
    });
    let mut first = run::notices(&model);
    first.extend(broken_rules.map(|text| RunEventKind::Notice { reason: "context_rules".to_owned(), text }));
    let plan = Plan {
        first,
        model,
        settings,
        history,
        question: begun.user_message.id,
        wording: Some(question),
        cut: None,
        context,
    };
    let run = begun.run.clone();
    start(engine, Assignment { run, plan, subject, cached: true, trusted: session.is_trusted() });
    Ok(begun.run)
}

/// The folder whose project an action on `source` belongs to.
fn root(session: &Session, source: &Source) -> std::path::PathBuf {
    source
        .root
        .clone()
        .or_else(|| session.folders().into_iter().next())
        .unwrap_or_else(|| session.engine().data_dir().join("untitled"))
}

async fn new_chat(session: &Session, project_id: aiia_protocol::id::ProjectId, title: &str) -> Result<Chat, Problem> {
    let new = CreateChat { title: Some(title.to_owned()), ..CreateChat::new(project_id) };
    let chat = session.engine().store.create_chat(new).await?;
    chat::changed(session, Change::Created, &chat);
    Ok(chat)
}

/// How many tokens of code may be sent: as many as are `wanted`, where somebody says. The embedded model reads them on this machine's own cores: as many as it can in
/// [`READING_SECONDS`].
fn budget(model: &Chosen, wanted: Option<u32>, prompt_speed: Option<f32>) -> u32 {
    let usual = || match model.local {
        true if model.is_embedded() => prompt_speed.map_or(EMBEDDED_BUDGET, |speed| {
            ((speed * READING_SECONDS) as u32).clamp(EMBEDDED_BUDGET / 2, REMOTE_BUDGET)
        }),
        true => LOCAL_BUDGET,
        false => REMOTE_BUDGET,
    };
    wanted.unwrap_or_else(usual).min(model.window / 3).max(LEAST_BUDGET)
}

/// Where tests are to be written, and how.
struct Tests {
    target: TestTarget,
    /// The file as seen from the workspace.
    name: String,
    /// How they are to be written.
    style: String,
    /// The name and the text of another test file.
    example: Option<(String, String)>,
}

async fn tests_of(session: &Session, source: &Source, rules: &ContextRules) -> Result<Tests, Problem> {
    let unknown = || {
        Problem::new(
            ProblemCode::UnsupportedDocument,
            format!("Where tests of {} belong is not known for its language.", source.name),
        )
        .with_hint("Use `ask` with “write tests for this code”.")
    };
    let (Some(language), Some(root)) = (source.language, source.root.clone()) else { return Err(unknown()) };
    let (path, text, below) = (source.path.clone(), source.text.clone(), root.clone());
    let home = tokio::task::spawn_blocking(move || generated_tests::find(Path::new(&path), &text, &below, language))
        .await
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("The test files cannot be looked for: {error}.")))?
        .ok_or_else(unknown)?;
    let shown = home.path.to_string_lossy().into_owned();
    let text = if shown == source.path { Some(source.text.clone()) } else { text_of(session, &home.path).await? };
    if text.is_some() {
        // Its end is shown to the model.
        gate::admit_file(&home.path, &root, &name_below(&home.path, &root))?;
    }
    let admitted = |path: &PathBuf| {
        let name = name_below(path, &root);
        gate::admit_file(path, &root, &name).is_ok() && rules.admits(&name)
    };
    let example = match home.example.filter(admitted) {
        Some(path) => {
            let text = text_of(session, &path).await.unwrap_or_default();
            text.map(|text| (name_below(&path, &root), text))
        }
        None => None,
    };
    let target = TestTarget {
        language: Language::from_path(&shown).unwrap_or(language),
        path: shown,
        is_new: text.is_none(),
        text: text.unwrap_or_default(),
        preamble: home.preamble,
    };
    Ok(Tests { target, name: name_below(&home.path, &root), style: home.style, example })
}

fn name_below(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

/// The text of a file as an editor has it, else as the disk has it; `None` where there is none.
async fn text_of(session: &Session, path: &Path) -> Result<Option<String>, Problem> {
    let shown = path.to_string_lossy();
    match session.documents().get(&shown).or_else(|| session.engine().open_document(&shown)) {
        Some(open) => Ok(Some(open.document.text())),
        None => match source::read_file(path.to_owned()).await {
            Ok(text) => Ok(Some(text)),
            Err(problem) if problem.code == ProblemCode::NotFound => Ok(None),
            Err(problem) => Err(problem),
        },
    }
}

/// The beginning of a diff, in whole lines.
fn shortened(mut diff: String) -> String {
    if diff.len() > EARLIER_BYTES {
        let end = diff[..diff.floor_char_boundary(EARLIER_BYTES)].rfind('\n').map_or(0, |line| line + 1);
        diff.truncate(end);
    }
    diff
}

/// The end of a test file, in whole lines.
fn end_of(text: &str) -> &str {
    let start = text.ceil_char_boundary(text.len().saturating_sub(TEST_EXCERPT_BYTES));
    if start == 0 {
        return text;
    }
    text[start..].find('\n').map_or("", |line| &text[start + line + 1..])
}

/// The beginning of a test file, in whole lines.
fn beginning_of(text: &str) -> &str {
    if text.len() <= TEST_EXCERPT_BYTES {
        return text;
    }
    let end = text.floor_char_boundary(TEST_EXCERPT_BYTES);
    &text[..text[..end].rfind('\n').map_or(0, |line| line + 1)]
}

fn title(kind: ActionKind, source: &Source, bundle: &ContextBundle) -> String {
    let what = match &bundle.target.symbol {
        Some(symbol) => symbol.name.clone(),
        None => source.name.clone(),
    };
    let verb = match kind {
        ActionKind::Explain => "Explain",
        ActionKind::Fix => "Fix",
        ActionKind::Optimize => "Optimize",
        ActionKind::Test => "Test",
        ActionKind::Document => "Document",
        ActionKind::Edit => "Edit",
        ActionKind::Ask => "Ask about",
    };
    format!("{verb} {what}").chars().take(MAX_TITLE).collect()
}

/// The question as it stands in the chat, to be read by people and in later turns.
fn shown_question(
    title: &str,
    source: &Source,
    bundle: &ContextBundle,
    diagnostics: &[Diagnostic],
    instruction: Option<&str>,
) -> String {
    use std::fmt::Write;
    let range = bundle.target.range.clone();
    let line = |offset: usize| source.text[..offset].matches('\n').count() + 1;
    let code = source.text[range.clone()].trim_end();
    let fence = "`".repeat(longest_ticks(code).max(2) + 1);
    let mut text = format!("{title} (`{}`, line {})", source.name, line(range.start));
    if let Some(instruction) = instruction {
        let _ = write!(text, "\n\n{instruction}");
    }
    for diagnostic in diagnostics {
        let _ =
            write!(text, "\n\n> line {}: {}", diagnostic.start_line, diagnostic.message.trim().replace('\n', "\n> "));
    }
    let language = source.language.map_or("", Language::name);
    let _ = write!(text, "\n\n{fence}{language}\n{code}\n{fence}");
    text
}

fn longest_ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn context_event(bundle: &ContextBundle) -> RunEventKind {
    let pieces = bundle
        .pieces
        .iter()
        .map(|piece| format!("{}:{}-{} {}", piece.path, piece.start_line, piece.end_line, piece.reason))
        .collect();
    RunEventKind::Context { tokens: bundle.used as u64, pieces, redactions: 0 }
}
