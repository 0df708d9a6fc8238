//! `action.start`: explain, fix, optimize, test, document, edit, ask.

use std::path::Path;

use aiia_context::{ContextBundle, Said};
use aiia_edit::Guard;
use aiia_llm::ChatMessage;
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

use crate::attachments;
use crate::dispatch::{Handle, Reply};
use crate::gate;
use crate::models::{Chosen, Sampling};
use crate::operations::context::gather;
use crate::operations::{chat, project, run};
use crate::prompt::{self, ActionPrompt};
use crate::reply_format;
use crate::run::{Assignment, Subject, TestTarget, start, test_path};
use crate::session::Session;
use crate::settings::{self, Wishes};
use crate::source::{self, Source};

/// Tokens of context for a model on this machine: reading them takes most of the time to the first word.
const LOCAL_BUDGET: u32 = 1024;
/// Tokens of context for the embedded model, which reads some twenty of them in a second on a small machine.
const EMBEDDED_BUDGET: u32 = 512;
/// Tokens of context for other models.
const REMOTE_BUDGET: u32 = 4096;
/// Diagnostics beyond this are left out; a file with more is broken by its first ones.
const MAX_DIAGNOSTICS: usize = 20;
/// The longest title of a chat, in characters.
const MAX_TITLE: usize = 200;
/// How much of a test file is shown, from its end.
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
    let (settings, notes) = settings::resolve(engine, &project, chat.as_ref(), wishes, params.kind.as_str()).await;
    let model = run::choose(engine, &settings, notes).await?;
    let budget = budget(&model);
    let diagnostics: Vec<Diagnostic> = params.diagnostics.into_iter().take(MAX_DIAGNOSTICS).collect();
    let said = diagnostics.iter().map(|diagnostic| Said::Diagnostic(diagnostic.message.clone()));
    let said = said.chain(instruction.map(|text| Said::Instruction(text.to_owned()))).collect();
    let (source, bundle) = gather(session, source, selection, params.kind, budget as usize, said).await?;
    let test_target = match params.kind {
        ActionKind::Test => Some(test_target(session, &source).await?),
        _ => None,
    };
    let earlier = match &params.after_edit {
        Some(id) => Some(shortened(engine.store.get_edit(id.clone()).await?.diff)),
        None => None,
    };
    let format = reply_format::choose(engine, &model, &source, &bundle).await;
    let system = prompt::system(settings.system_prompt.as_ref().map(|prompt| prompt.value.as_str()));
    let question = prompt::action(&ActionPrompt {
        kind: params.kind,
        name: &source.name,
        language: source.language.map(aiia_syntax::Language::name),
        bundle: &bundle,
        diagnostics: &diagnostics,
        instruction,
        format: format.instructions(),
        earlier: earlier.as_deref(),
        test_file: test_target.as_ref().map(|target| (target.path.as_str(), excerpt(&target.text))),
    });

    let title = title(params.kind, &source, &bundle);
    let chat = match chat {
        Some(chat) => chat,
        None => new_chat(session, project.id, &title).await?,
    };
    let shown = shown_question(&title, &source, &bundle, &diagnostics, instruction);
    let new = NewRun {
        chat_id: chat.id,
        parent_id: None,
        replaces: None,
        content: shown,
        attachments: None,
        model: model.name.clone(),
        action: Some(params.kind),
        settings: settings.clone(),
    };
    let begun = run::begin(engine, new).await?;
    let mut path = engine.store.message_path(begun.user_message.id.clone()).await?;
    path.pop();
    let attached = attachments::of_path(engine, &path, &model.name).await?;
    let (mut messages, dropped) = run::conversation(&system, &path, &attached, model.window, engine.models().history());
    messages.push(ChatMessage::new(aiia_llm::Role::User, question));
    let sealed = gate::seal(messages, run::redaction(engine, model.local));
    let sampling = Sampling::new(&settings, run::answer_limit(sealed.messages(), model.window));
    let mut first = run::notices(&model);
    first.extend(dropped);
    first.extend(attached.notice());
    first.push(context_event(&bundle, sealed.redactions()));
    let subject = params.kind.proposes_edit().then(|| Subject {
        title,
        source,
        folders: session.folders(),
        range: bundle.target.range,
        symbol: bundle.target.symbol.map(|symbol| symbol.name),
        format: test_target.is_none().then_some(format),
        test_target,
        guard: if params.kind == ActionKind::Document { Guard::CommentsOnly } else { Guard::Syntax },
        replaces,
    });
    let run = begun.run;
    let already = String::new();
    start(engine, Assignment { run: run.clone(), model, sealed, sampling, subject, first, already });
    Ok(run)
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

fn budget(model: &Chosen) -> u32 {
    let wanted = match model.local {
        true if model.name.starts_with("embedded/") => EMBEDDED_BUDGET,
        true => LOCAL_BUDGET,
        false => REMOTE_BUDGET,
    };
    wanted.min(model.window / 3).max(256)
}

async fn test_target(session: &Session, source: &Source) -> Result<TestTarget, Problem> {
    let unknown = || {
        Problem::new(
            ProblemCode::UnsupportedDocument,
            format!("Where tests of {} belong is not known for its language.", source.name),
        )
        .with_hint("Use `ask` with “write tests for this code”; Rust and Python are placed.")
    };
    let (Some(language), Some(root)) = (source.language, &source.root) else { return Err(unknown()) };
    let path = test_path(Path::new(&source.path), root, language).ok_or_else(unknown)?;
    let shown = path.to_string_lossy().into_owned();
    if shown == source.path {
        return Ok(TestTarget { path: shown, text: source.text.clone(), language });
    }
    let open = session.documents().get(&shown).or_else(|| session.engine().open_document(&shown));
    let text = match open {
        Some(open) => open.document.text(),
        None => match source::read_file(path).await {
            Ok(text) => text,
            Err(problem) if problem.code == ProblemCode::NotFound => String::new(),
            Err(problem) => return Err(problem),
        },
    };
    Ok(TestTarget { path: shown, text, language })
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
fn excerpt(text: &str) -> &str {
    let start = text.ceil_char_boundary(text.len().saturating_sub(TEST_EXCERPT_BYTES));
    if start == 0 {
        return text;
    }
    text[start..].find('\n').map_or("", |line| &text[start + line + 1..])
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
    let language = source.language.map_or("", aiia_syntax::Language::name);
    let _ = write!(text, "\n\n{fence}{language}\n{code}\n{fence}");
    text
}

fn longest_ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn context_event(bundle: &ContextBundle, redactions: usize) -> RunEventKind {
    let pieces = bundle
        .pieces
        .iter()
        .map(|piece| format!("{}:{}-{} {}", piece.path, piece.start_line, piece.end_line, piece.reason))
        .collect();
    RunEventKind::Context { tokens: bundle.used as u64, pieces, redactions: redactions as u64 }
}
