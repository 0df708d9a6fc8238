//! From an answer to a pending edit.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use aiia_context::CutLine;
use aiia_edit::{
    ComplaintKind, EditPlan, FileAction, FilePlan, Finish, Focus, Guard, MAX_REPAIRS, Repair, ReplyContext,
    ReplyFormat, SourceFile, Workspace,
};
use aiia_protocol::edit::{self, EditHunk, FileSummary, HunkStatus, PendingEdit};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::Run;
use aiia_store::{NewEdit, NewEditFile, StoreError};

use crate::context_rules::ContextRules;
use crate::diff_paths;
use crate::engine::Engine;
use crate::gate;
use crate::generated_tests::{self, CodeUnderTest, TestTarget};
use crate::hash::sha256;
use crate::hunks;
use crate::named_files::named_files;
use crate::open_workspace::OpenWorkspace;
use crate::source::Source;

/// So many complaints are told in full.
const MAX_TOLD: usize = 5;

/// What an action was asked to change.
pub(crate) struct Subject {
    /// A few words for people, such as `Fix average`.
    pub(crate) title: String,
    pub(crate) source: Source,
    /// The folders that the editor has open.
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) range: Range<usize>,
    pub(crate) symbol: Option<String>,
    /// Which other files the model may be shown.
    pub(crate) rules: ContextRules,
    /// What was selected of it, if it was more than a cursor.
    pub(crate) selected: Option<Range<usize>>,
    /// The line of the source that the model was shown a part of.
    pub(crate) cut_line: Option<CutLine>,
    /// Where tests go, for the test action.
    pub(crate) test_target: Option<TestTarget>,
    /// What the change is checked for.
    pub(crate) guard: Guard,
    /// The form that the answer was asked for in; none where it has a form of its own.
    pub(crate) format: Option<ReplyFormat>,
    /// The hunk that is rejected once there is a proposal.
    pub(crate) replaces: Option<(EditId, HunkNumber)>,
}

/// The place that an action was asked for.
pub(crate) struct Asked {
    /// Its bytes: the lines of the symbol there, or the selected ones.
    pub(crate) range: Range<usize>,
    /// The name of the symbol there, if any.
    pub(crate) symbol: Option<String>,
    /// What was selected, if it was more than a cursor.
    pub(crate) selected: Option<Range<usize>>,
}

/// What a model said, to be made into a pending edit.
pub(crate) struct Reply {
    /// A few words for people.
    pub(crate) title: String,
    /// What it said, and what it said when parts of that were asked for again.
    pub(crate) rounds: Vec<String>,
    /// The form that was asked for; none where nothing is to be asked for again.
    pub(crate) format: Option<ReplyFormat>,
    /// Whether its end is missing.
    pub(crate) cut_off: bool,
    /// The place that was asked about, in the first file.
    pub(crate) focus: Option<Asked>,
    /// The line of the first file that the model was shown a part of.
    pub(crate) cut_line: Option<CutLine>,
    /// Where its code goes, when it is tests.
    pub(crate) test_target: Option<TestTarget>,
    /// The folder below which files may be made, renamed and deleted.
    pub(crate) root: Option<PathBuf>,
    /// What the change is checked for.
    pub(crate) guard: Guard,
}

/// Why an answer did not become a pending edit.
pub(crate) struct Refusal {
    pub(crate) complaints: Vec<String>,
    pub(crate) problem: Problem,
    /// What to ask the model for, where asking again may help.
    pub(crate) repair: Option<Repair>,
    /// Whether what was wrong is the form of the answer, not that there is none or that it changes nothing.
    pub(crate) of_form: bool,
    /// Whether it may be meant for another file: what it quotes stands in none of those that it names.
    pub(crate) fits_none: bool,
}

impl Refusal {
    fn new(mut complaints: Vec<String>) -> Self {
        let mut seen = HashSet::new();
        complaints.retain(|complaint| seen.insert(complaint.clone()));
        let detail = told(&complaints);
        let problem = Problem::new(ProblemCode::EditRejected, detail).with_hint(
            "Nothing was changed, and the answer is kept in the chat. Ask again, select less, or choose another model.",
        );
        Self { complaints, problem, repair: None, of_form: false, fits_none: false }
    }

    /// Says beside it what else went wrong.
    pub(crate) fn beside(mut self, what: &str) -> Self {
        self.problem.detail.push('\n');
        self.problem.detail.push_str(what);
        self
    }

    /// An answer that names no file which there is.
    pub(crate) fn names_no_file() -> Self {
        let problem = Problem::new(ProblemCode::EditRejected, "The answer names no file of the project.")
            .with_hint("Say which file it is for.");
        Self { problem, fits_none: true, ..Self::new(Vec::new()) }
    }
}

/// All complaints in one text, of many the first few.
fn told(complaints: &[String]) -> String {
    match complaints {
        [] => "The answer proposes no change.".to_owned(),
        [only] => format!("The answer could not be applied: {only}"),
        several => {
            let first: Vec<String> = several.iter().take(MAX_TOLD).map(|complaint| format!("- {complaint}")).collect();
            let more = several.len().saturating_sub(MAX_TOLD);
            let more = if more > 0 { format!("\n- and {more} more.") } else { String::new() };
            format!("The answer could not be applied, for {} reasons:\n{}{more}", several.len(), first.join("\n"))
        }
    }
}

/// Makes the pending edit of an action. The answer may change other files of the workspace as well, if it names them.
pub(crate) async fn propose(
    engine: &Engine,
    run: &Run,
    subject: &Subject,
    rounds: &[String],
    cut_off: bool,
) -> Result<PendingEdit, Refusal> {
    let Subject {
        title,
        source,
        folders,
        range,
        symbol,
        selected,
        rules,
        cut_line,
        test_target,
        guard,
        format,
        replaces,
    } = subject;
    let roots: Vec<PathBuf> = source.root.iter().cloned().collect();
    let mut sources = vec![source.clone()];
    let mut all_may_be_shown = true;
    if test_target.is_none() {
        let others = named_files(engine, folders, &roots, &rounds.join("\n")).await;
        let path = sources[0].path.clone();
        let may_be_shown = |other: &Source| rules.admits(&other.name) && gate::admit(other).is_ok();
        all_may_be_shown = others.iter().all(|other| other.path == path || may_be_shown(other));
        sources.extend(others.into_iter().filter(|other| other.path != path));
    }
    let root = roots.into_iter().next();
    let reply = Reply {
        title: title.clone(),
        rounds: rounds.to_vec(),
        format: *format,
        cut_off,
        focus: Some(Asked { range: range.clone(), symbol: symbol.clone(), selected: selected.clone() }),
        cut_line: cut_line.clone(),
        test_target: test_target.clone(),
        root,
        guard: *guard,
    };
    let edit = propose_from(engine, run, reply, sources).await.map_err(|refusal| Refusal {
        // Asking again would show lines of the files.
        repair: if all_may_be_shown { refusal.repair } else { None },
        ..refusal
    })?;
    if let Some((edit_id, hunk)) = replaces {
        reject(engine, edit_id.clone(), *hunk).await;
    }
    Ok(edit)
}

/// Makes the pending edit of a reply that may change `sources`.
pub(crate) async fn propose_from(
    engine: &Engine,
    run: &Run,
    reply: Reply,
    sources: Vec<Source>,
) -> Result<PendingEdit, Refusal> {
    let title = reply.title.clone();
    let sharing = engine.clone();
    let planned = tokio::task::spawn_blocking(move || plan(&sharing, reply, sources)).await;
    let Planned { files, left_out } = match planned {
        Ok(planned) => planned?,
        Err(error) => return Err(Refusal::new(vec![format!("reading the answer failed: {error}")])),
    };
    let folders = folders_of(engine, run).await;
    let diff = |file: &FilePlan| diff_paths::diff(&file.action, &file.path, &file.old_text, &file.hunks, &folders);
    let diff = files.iter().map(diff).collect();
    let mut number = 0;
    let files = files.into_iter().map(|file| new_file(file, &mut number)).collect();
    let new = NewEdit { run_id: run.id.clone(), title, model: run.model.clone(), files, diff, left_out };
    let edit = engine
        .store
        .create_edit(new)
        .await
        .map_err(|error| Refusal { problem: Problem::from(error), ..Refusal::new(Vec::new()) })?;
    engine.publish((Entity::Edit, Change::Created), &edit.id, Some(&edit.project_id), Some(&edit.chat_id));
    Ok(edit)
}

/// The folders of the run's project; none where it cannot be read, which keeps no change back.
async fn folders_of(engine: &Engine, run: &Run) -> Vec<String> {
    let project = async {
        let chat = engine.store.get_chat(run.chat_id.clone()).await?;
        engine.store.get_project(chat.project_id).await
    };
    project.await.map(|project| project.folders).unwrap_or_default()
}

/// Rejects the hunk that a new proposal takes the place of, if it still waits.
async fn reject(engine: &Engine, edit_id: EditId, number: HunkNumber) {
    let rejected = async {
        let edit = engine.store.get_edit(edit_id.clone()).await?;
        let waits = |hunk: &EditHunk| hunk.number == number && hunk.status == HunkStatus::Pending;
        if !edit.files.iter().flat_map(|file| &file.hunks).any(waits) {
            return Ok(());
        }
        let decided = vec![(number, HunkStatus::Rejected)];
        let edit = engine.store.decide_hunks(edit_id, decided, Some(edit.version)).await?;
        engine.publish((Entity::Edit, Change::Updated), &edit.id, Some(&edit.project_id), Some(&edit.chat_id));
        Ok::<_, StoreError>(())
    };
    if let Err(error) = rejected.await {
        // It goes on waiting, which the user can see and end.
        tracing::info!(%error, "a replaced hunk was not rejected");
    }
}

/// A change.
struct Planned {
    /// With their real paths.
    files: Vec<FilePlan>,
    /// What of the reply is in none of them.
    left_out: Vec<String>,
}

/// The change that a reply proposes.
fn plan(engine: &Engine, reply: Reply, sources: Vec<Source>) -> Result<Planned, Refusal> {
    if let Some(target) = &reply.test_target {
        let last = reply.rounds.last().map(String::as_str).unwrap_or_default();
        let source = sources.first();
        let source = CodeUnderTest {
            path: source.map_or("", |source| source.path.as_str()),
            text: source.map_or("", |source| source.text.as_str()),
        };
        let placed = generated_tests::place(last, target, source, reply.cut_off).map_err(|refused| {
            let asked = reply.rounds.len().saturating_sub(1);
            let repair = (refused.can_be_mended && asked < MAX_REPAIRS).then(|| refused.repair(target));
            Refusal { repair, ..Refusal::new(vec![refused.complaint]) }
        })?;
        let others = other_files(engine, &placed.others, reply.root.as_deref())?;
        let files = std::iter::once(placed.plan).chain(others).collect();
        return Ok(Planned { files, left_out: placed.left_out });
    }
    let first = sources.first().map(|source| source.name.clone()).unwrap_or_default();
    let mut paths: HashMap<String, String> = HashMap::new();
    let mut files = Vec::new();
    // Files of one name in two folders of the project.
    let mut twins: HashMap<String, String> = HashMap::new();
    for source in sources {
        if paths.contains_key(&source.name) {
            twins.insert(source.name, source.path);
            continue;
        }
        paths.insert(source.name.clone(), source.path);
        files.push(SourceFile::new(source.name, source.text, source.language));
    }
    let workspace = reply.root.as_deref().and_then(|root| OpenWorkspace::new(engine.clone(), root));
    let context = ReplyContext {
        focus: reply.focus.map(|Asked { range, symbol, selected }| Focus {
            path: first.clone(),
            range,
            symbol,
            selected,
        }),
        finish: if reply.cut_off { Finish::CutOff } else { Finish::Complete },
        workspace: workspace.as_ref().map(|workspace| workspace as &dyn Workspace),
        guard: reply.guard,
        ..ReplyContext::of(&files)
    };
    let rounds: Vec<&str> = reply.rounds.iter().map(String::as_str).collect();
    let plan = aiia_edit::plan_rounds(&rounds, &context);
    if !plan.complaints.is_empty() || plan.files.is_empty() {
        let asked = rounds.len().saturating_sub(1);
        let repair = reply.format.and_then(|format| aiia_edit::repair(&plan, &files, format, asked));
        let of_form = plan.complaints.iter().all(|complaint| is_of_form(complaint.kind));
        let elsewhere = |kind| matches!(kind, ComplaintKind::NotFound | ComplaintKind::UnknownFile);
        let fits_none = plan.complaints.iter().all(|complaint| elsewhere(complaint.kind));
        let messages = plan.complaints.into_iter().map(|complaint| complaint.message).collect();
        return Err(Refusal { repair, of_form, fits_none, ..Refusal::new(messages) });
    }
    let EditPlan { files, left_out, .. } = plan;
    if let Some(lost) = loses_unseen(&files, &first, reply.cut_line.as_ref()) {
        return Err(Refusal::new(vec![lost]));
    }
    let is_twin = |file: &FilePlan| {
        let from = if let FileAction::Rename { from } = &file.action { twins.get_key_value(from) } else { None };
        from.or_else(|| twins.get_key_value(&file.path))
    };
    if let Some((name, other)) = files.iter().find_map(is_twin) {
        let first = paths.get(name).map_or("", String::as_str);
        return Err(Refusal::new(vec![format!("{name} may be {first} or {other}: say which file it is for.")]));
    }
    let real = |name: &str| match (paths.get(name), &reply.root) {
        (Some(path), _) => path.clone(),
        (None, Some(root)) => root.join(name).to_string_lossy().into_owned(),
        (None, None) => name.to_owned(),
    };
    let placed = |mut file: FilePlan| {
        file.path = real(&file.path);
        if let FileAction::Rename { from } = &mut file.action {
            *from = real(from);
        }
        file
    };
    let left_out = left_out.iter().map(ToString::to_string).collect();
    Ok(Planned { files: files.into_iter().map(placed).collect(), left_out })
}

/// What a change would take away that the model has not seen: of a line of `name` it was shown a part.
fn loses_unseen(files: &[FilePlan], name: &str, cut: Option<&CutLine>) -> Option<String> {
    let cut = cut?;
    let of_it = |file: &&FilePlan| match &file.action {
        FileAction::Rename { from } => from == name,
        _ => file.path == name,
    };
    let file = files.iter().find(of_it)?;
    let unseen = |range: &Range<usize>| file.old_text.get(range.clone()).unwrap_or_default();
    let (before, behind) = (unseen(&cut.before), unseen(&cut.behind));
    let mut lines = file.new_text.split(['\n', '\r']);
    if lines.any(|line| line.strip_prefix(before).is_some_and(|rest| rest.ends_with(behind))) {
        return None;
    }
    Some(format!(
        "The model was shown {} of {} bytes of line {} of {name}, and its change would take the rest away.",
        cut.shown(),
        cut.bytes,
        cut.line
    ))
}

/// The changes of the files that an answer with tests names beside the one for tests.
fn other_files(engine: &Engine, reply: &str, root: Option<&Path>) -> Result<Vec<FilePlan>, Refusal> {
    let Some(root) = root.filter(|_| !reply.is_empty()) else { return Ok(Vec::new()) };
    let workspace = OpenWorkspace::new(engine.clone(), root);
    let workspace = workspace.as_ref().map(|workspace| workspace as &dyn Workspace);
    let plan = aiia_edit::plan(reply, &ReplyContext { workspace, ..ReplyContext::of(&[]) });
    // Of files that are as the answer has them, nothing is to be said.
    let is_problem = |kind| kind != ComplaintKind::ChangesNothing;
    let complaints: Vec<String> =
        plan.complaints.into_iter().filter(|one| is_problem(one.kind)).map(|one| one.message).collect();
    if !complaints.is_empty() {
        return Err(Refusal::new(complaints));
    }
    let placed = |file: FilePlan| FilePlan { path: root.join(&file.path).to_string_lossy().into_owned(), ..file };
    Ok(plan.files.into_iter().map(placed).collect())
}

/// Whether another form of answer might have spared the complaint.
fn is_of_form(kind: ComplaintKind) -> bool {
    use ComplaintKind as Kind;
    !matches!(kind, Kind::NoChange | Kind::ChangesNothing | Kind::CutOff | Kind::UnsafePath)
}

fn new_file(file: FilePlan, number: &mut u32) -> NewEditFile {
    let (action, from) = hunks::action_to_protocol(file.action);
    let mut next = || {
        *number += 1;
        *number
    };
    let mut rows = Vec::new();
    // A new path is decided on apart from the lines; a file without lines is decided on as a whole.
    if action == edit::FileAction::Rename || file.hunks.is_empty() {
        rows.push(hunks::whole(next()));
    }
    rows.extend(file.hunks.iter().map(|hunk| {
        let tolerances = hunk.tolerances.iter().map(ToString::to_string).collect();
        hunks::to_protocol(hunk, next(), tolerances)
    }));
    NewEditFile {
        action,
        from,
        protection: file.protection.map(|protection| protection.to_string()),
        base_hash: sha256(&file.old_text),
        hunks: rows,
        base_text: file.old_text,
        new_text: file.new_text,
        path: file.path,
    }
}

/// The files of a pending edit, in short.
pub(crate) fn summaries(edit: &PendingEdit) -> Vec<FileSummary> {
    edit.files
        .iter()
        .map(|file| FileSummary {
            path: file.path.clone(),
            action: file.action,
            hunks: file.hunks.len() as u32,
            added: file.hunks.iter().map(|hunk| hunk.new_lines).sum(),
            removed: file.hunks.iter().map(|hunk| hunk.old_lines).sum(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_complaint_is_told_of_many_the_first_few() {
        let refusal = |count: usize| Refusal::new((1..=count).map(|number| format!("No {number}.")).collect());
        let detail = |count: usize| refusal(count).problem.detail;
        assert_eq!(detail(0), "The answer proposes no change.");
        assert_eq!(detail(1), "The answer could not be applied: No 1.");
        assert_eq!(detail(2), "The answer could not be applied, for 2 reasons:\n- No 1.\n- No 2.");
        assert!(detail(5).ends_with("\n- No 4.\n- No 5."), "{}", detail(5));
        assert!(detail(7).ends_with("\n- No 5.\n- and 2 more."), "{}", detail(7));
        assert_eq!(refusal(7).complaints.len(), 7);
    }
}
