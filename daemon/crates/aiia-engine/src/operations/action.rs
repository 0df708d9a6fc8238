//! `action.start`: explain, fix, optimize, test, document, edit, ask.

mod test_files;
mod wording;

use aiia_context::ContextBundle;
use aiia_edit::Guard;
use aiia_protocol::action::{ActionKind, StartAction};
use aiia_protocol::chat::{Chat, CreateChat};
use aiia_protocol::document::Diagnostic;
use aiia_protocol::event::Change;
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::ActionStart;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::{Run, RunEventKind, notice};
use aiia_protocol::settings::Parameters;
use aiia_store::NewRun;
use aiia_syntax::Language;
use wording::{Topic, Worded};

use crate::context_rules::ContextRules;
use crate::diff_paths;
use crate::dispatch::{Handle, Reply};
use crate::gate;
use crate::hints;
use crate::operations::run::{Answerer, Answerers};
use crate::operations::{chat, project, run};
use crate::prices;
use crate::run::{Assignment, Plan, Subject, start};
use crate::session::Session;
use crate::settings;
use crate::source::Source;

/// Diagnostics beyond this are left out; a file with more is broken by its first ones.
const MAX_DIAGNOSTICS: usize = 20;
/// The longest title of a chat, in characters.
const MAX_TITLE: usize = 200;
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
    let models = run::wished_models(params.model.as_deref(), &params.models)?;
    if models.len() > 1 && params.kind.proposes_edit() {
        let detail = format!("Only one model at a time can `{}` code.", params.kind.as_str());
        return Err(Problem::new(ProblemCode::InvalidParams, detail)
            .with_error("/models", "one model; several for `explain` and `ask`"));
    }
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
        None => project::known(session, &project::home_of(session, &source)).await?,
    };
    let alone = Parameters::default();
    let wishes = Answerers { role: params.kind.as_str(), models, system_prompt: None, parameters: &alone };
    let (Answerer { model, settings }, others) = wishes.choose(session, &project, chat.as_ref()).await?;
    // They come from the project, so they are the same for all models.
    let (rules, broken_rules) = ContextRules::of(&settings);
    let mut diagnostics = params.diagnostics;
    if diagnostics.is_empty() && params.kind == ActionKind::Fix {
        diagnostics = hints::diagnostics(session, &source, selection.clone()).await;
    }
    diagnostics.truncate(MAX_DIAGNOSTICS);
    let tests = match params.kind {
        ActionKind::Test => Some(test_files::of(session, &source, selection.clone(), &rules).await?),
        _ => None,
    };
    let earlier = match &params.after_edit {
        Some(id) => {
            let mut edit = engine.store.get_edit(id.clone()).await?;
            diff_paths::renew(engine, std::slice::from_mut(&mut edit)).await;
            Some(shortened(edit.diff))
        }
        None => None,
    };
    let selected = params.selection.is_some().then(|| selection.clone()).filter(|selected| !selected.is_empty());
    let topic = Topic {
        kind: params.kind,
        selection,
        instruction,
        diagnostics: &diagnostics,
        rules: &rules,
        tests: tests.as_ref(),
        earlier: earlier.as_deref(),
    };
    let (mut source, Worded { bundle, format, question, is_full, cut }) =
        topic.word(session, source, &model, &settings).await?;
    let mut asked_beside = Vec::with_capacity(others.len());
    for other in &others {
        let worded;
        (source, worded) = topic.word(session, source, &other.model, &other.settings).await?;
        asked_beside.push(worded);
    }
    let test_target = tests.map(|tests| tests.target);

    let history = settings::history(session, &project).await;
    let title = title(params.kind, &source, &bundle);
    let made = chat.is_none();
    let chat = if let Some(chat) = chat {
        chat
    } else {
        // Only now, so that what is refused leaves no project behind.
        let project = project::resolve(session, &project::home_of(session, &source)).await?;
        new_chat(session, project.id, &title).await?
    };
    let shown = shown_question(&title, &source, &bundle, &diagnostics, instruction);
    let new = NewRun {
        chat_id: chat.id.clone(),
        parent_id: None,
        replaces: None,
        content: shown,
        attachments: None,
        model: model.name.clone(),
        price: prices::in_force(&model.name, &engine.configured()),
        action: Some(params.kind),
        settings: settings.clone(),
    };
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
    let context = context_event(&bundle);
    let subject = params.kind.proposes_edit().then(|| Subject {
        title,
        source,
        folders: session.project_folders(),
        range: bundle.target.range,
        symbol: bundle.target.symbol.map(|symbol| symbol.name),
        selected,
        cut_line: bundle.pieces.into_iter().find_map(|piece| piece.cut),
        format: test_target.is_none().then_some(format),
        test_target,
        rules,
        guard: if params.kind == ActionKind::Document { Guard::CommentsOnly } else { Guard::Syntax },
        replaces,
    });
    let mut first = run::notices(&model);
    first.extend(broken_rules.map(|text| RunEventKind::Notice { reason: notice::CONTEXT_RULES.to_owned(), text }));
    first.extend(cut);
    if is_full {
        model.tell_assumed_window(&mut first);
    }
    let question_id = begun.user_message.id;
    let beside = run::begin_beside(engine, &question_id, Some(params.kind), &others, &mut first).await;
    let plan = |Answerer { model, settings }, first, wording, context| Plan {
        first,
        model,
        settings,
        history: history.clone(),
        question: question_id.clone(),
        wording: Some(wording),
        cut: None,
        context: Some(context),
    };
    let trusted = session.is_trusted();
    let mut run = begun.run;
    let plan_of_first = plan(Answerer { model, settings }, first, question, context);
    start(engine, Assignment { run: run.clone(), plan: plan_of_first, subject, cached: true, trusted });
    for (begun, (other, worded)) in beside.into_iter().zip(others.into_iter().zip(asked_beside)) {
        run.beside.push(begun.run.id.clone());
        let mut first = run::notices(&other.model);
        first.extend(worded.cut);
        if worded.is_full {
            other.model.tell_assumed_window(&mut first);
        }
        let plan = plan(other, first, worded.question, context_event(&worded.bundle));
        start(engine, Assignment { run: begun.run, plan, subject: None, cached: true, trusted });
    }
    Ok(run)
}

async fn new_chat(session: &Session, project_id: aiia_protocol::id::ProjectId, title: &str) -> Result<Chat, Problem> {
    let new = CreateChat { title: Some(title.to_owned()), ..CreateChat::new(project_id) };
    let chat = session.engine().store.create_chat(new).await?;
    chat::changed(session, Change::Created, &chat);
    Ok(chat)
}

/// The beginning of a diff, in whole lines.
fn shortened(mut diff: String) -> String {
    if diff.len() > EARLIER_BYTES {
        let end = diff[..diff.floor_char_boundary(EARLIER_BYTES)].rfind('\n').map_or(0, |line| line + 1);
        diff.truncate(end);
    }
    diff
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
