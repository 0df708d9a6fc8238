//! From an answer to a pending edit.

use std::ops::Range;

use aiia_edit::{EditPlan, FilePlan, Finish, Focus, ReplyContext, SourceFile};
use aiia_protocol::edit::{EditHunk, FileSummary, HunkStatus, PendingEdit};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::Run;
use aiia_store::{NewEdit, NewEditFile};
use aiia_syntax::Language;

use crate::engine::Engine;
use crate::hash::sha256;
use crate::run::test_placement::{self, TestTarget};

/// What an action was asked to change.
pub(crate) struct Subject {
    /// A few words for people, such as `Fix average`.
    pub(crate) title: String,
    /// Absolute path or `untitled:NAME`.
    pub(crate) path: String,
    /// The path inside the workspace, as the model saw it.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) language: Option<Language>,
    pub(crate) range: Range<usize>,
    pub(crate) symbol: Option<String>,
    /// Where tests go, for the test action.
    pub(crate) test_target: Option<TestTarget>,
}

/// Why an answer did not become a pending edit.
pub(crate) struct Refusal {
    pub(crate) complaints: Vec<String>,
    pub(crate) problem: Problem,
}

impl Refusal {
    fn new(complaints: Vec<String>) -> Self {
        let detail = match complaints.first() {
            Some(first) if complaints.len() == 1 => format!("The answer could not be applied: {first}"),
            Some(first) => format!("The answer could not be applied: {first} (and {} more)", complaints.len() - 1),
            None => "The answer proposes no change.".to_owned(),
        };
        let problem = Problem::new(ProblemCode::EditRejected, detail).with_hint(
            "Nothing was changed, and the answer is kept in the chat. Ask again, select less, or choose another model.",
        );
        Self { complaints, problem }
    }
}

/// Makes the pending edit.
pub(crate) async fn propose(
    engine: &Engine,
    run: &Run,
    subject: Subject,
    answer: &str,
    cut_off: bool,
) -> Result<PendingEdit, Refusal> {
    let reply = answer.to_owned();
    let title = subject.title.clone();
    let planned = tokio::task::spawn_blocking(move || plan(&reply, subject, cut_off)).await;
    let files = match planned {
        Ok(files) => files?,
        Err(error) => return Err(Refusal::new(vec![format!("reading the answer failed: {error}")])),
    };
    let diff = files.iter().map(|(path, file)| aiia_edit::unified_diff(path, &file.old_text, &file.hunks, 3)).collect();
    let mut number = 0;
    let files = files
        .into_iter()
        .map(|(path, file)| NewEditFile {
            created: file.old_text.is_empty() && !std::path::Path::new(&path).exists(),
            base_hash: sha256(&file.old_text),
            hunks: file.hunks.iter().map(|hunk| to_protocol(hunk, &mut number)).collect(),
            base_text: file.old_text,
            new_text: file.new_text,
            path,
        })
        .collect();
    let new = NewEdit { run_id: run.id.clone(), title, model: run.model.clone(), files, diff };
    let edit = engine
        .store
        .create_edit(new)
        .await
        .map_err(|error| Refusal { complaints: Vec::new(), problem: Problem::from(error) })?;
    engine.publish((Entity::Edit, Change::Created), &edit.id, Some(&edit.project_id), Some(&edit.chat_id));
    Ok(edit)
}

/// The change, with the real paths of its files.
fn plan(reply: &str, subject: Subject, cut_off: bool) -> Result<Vec<(String, FilePlan)>, Refusal> {
    if let Some(target) = &subject.test_target {
        let placed =
            test_placement::place(reply, target, cut_off).map_err(|complaint| Refusal::new(vec![complaint]))?;
        return Ok(vec![(target.path.clone(), placed)]);
    }
    let files = [SourceFile { path: subject.name.clone(), text: subject.text.clone(), language: subject.language }];
    let context = ReplyContext {
        files: &files,
        focus: Some(Focus { path: subject.name.clone(), range: subject.range, symbol: subject.symbol }),
        finish: if cut_off { Finish::CutOff } else { Finish::Complete },
    };
    let EditPlan { files, complaints, .. } = aiia_edit::plan(reply, &context);
    if !complaints.is_empty() || files.is_empty() {
        return Err(Refusal::new(complaints.into_iter().map(|complaint| complaint.message).collect()));
    }
    // The model was shown one file; a plan for any other has no place.
    let (ours, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.path == subject.name);
    if let Some(other) = others.first() {
        return Err(Refusal::new(vec![format!("it changes {}, which it was not shown.", other.path)]));
    }
    Ok(ours.into_iter().map(|file| (subject.path.clone(), file)).collect())
}

fn to_protocol(hunk: &aiia_edit::Hunk, number: &mut u32) -> EditHunk {
    *number += 1;
    EditHunk {
        number: *number,
        old_start: hunk.old_start as u32,
        old_lines: hunk.old_lines as u32,
        new_start: hunk.new_start as u32,
        new_lines: hunk.new_lines as u32,
        old_text: hunk.old_text.clone(),
        new_text: hunk.new_text.clone(),
        tolerances: hunk.tolerances.iter().map(ToString::to_string).collect(),
        status: HunkStatus::Pending,
    }
}

/// The files of a pending edit, in short.
pub(crate) fn summaries(edit: &PendingEdit) -> Vec<FileSummary> {
    edit.files
        .iter()
        .map(|file| FileSummary {
            path: file.path.clone(),
            hunks: file.hunks.len() as u32,
            added: file.hunks.iter().map(|hunk| hunk.new_lines).sum(),
            removed: file.hunks.iter().map(|hunk| hunk.old_lines).sum(),
        })
        .collect()
}
