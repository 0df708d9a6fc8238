//! `edit.*`: deciding on pending edits. The engine says what has to be done to the files; the caller does it.

mod on_disk;
mod places;
mod preview;
mod propose;
mod reshape;
mod retry;
mod rewrite;
mod standing;
mod text_change;
mod undone_elsewhere;
mod unsaved;
mod whole;

use std::path::PathBuf;

use aiia_protocol::document::DocumentRef;
use aiia_protocol::edit::{
    DecideEdit, EditFile, EditHunk, EditOutcome, EditRef, FileAction, FindEdits, FoundEdits, HunkStatus, ListEdits,
    PendingEdit,
};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::{EditAccept, EditFind, EditGet, EditList, EditReject, EditUndo};
use aiia_protocol::page::Page;
use aiia_protocol::problem::{Problem, ProblemCode};

pub(crate) use self::standing::{Standing, standing};
use self::whole::{file_change, place};
use crate::diff_paths;
use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::session::Session;
use crate::source;

impl Handle for EditList {
    async fn handle(session: &Session, params: ListEdits) -> Result<Reply<Page<PendingEdit>>, Problem> {
        let mut page = session.engine().store.list_edits(params).await?;
        diff_paths::renew(session.engine(), &mut page.items).await;
        Ok(Reply::One(page))
    }
}

impl Handle for EditFind {
    async fn handle(session: &Session, params: FindEdits) -> Result<Reply<FoundEdits>, Problem> {
        let mut items = session.engine().store.find_edits(params).await?;
        diff_paths::renew(session.engine(), &mut items).await;
        Ok(Reply::One(FoundEdits { items }))
    }
}

impl Handle for EditGet {
    async fn handle(session: &Session, params: EditRef) -> Result<Reply<PendingEdit>, Problem> {
        let mut edit = session.engine().store.get_edit(params.edit_id).await?;
        diff_paths::renew(session.engine(), std::slice::from_mut(&mut edit)).await;
        edit.note = said(session.engine(), &edit).await;
        Ok(Reply::One(edit))
    }
}

impl Handle for EditAccept {
    async fn handle(session: &Session, params: DecideEdit) -> Result<Reply<EditOutcome>, Problem> {
        let decision = if params.not_applied { Decision::PutBack } else { Decision::Accept };
        decide(session, params, decision).await.map(Reply::One)
    }
}

impl Handle for EditReject {
    async fn handle(session: &Session, params: DecideEdit) -> Result<Reply<EditOutcome>, Problem> {
        decide(session, params, Decision::Reject).await.map(Reply::One)
    }
}

impl Handle for EditUndo {
    async fn handle(session: &Session, params: DecideEdit) -> Result<Reply<EditOutcome>, Problem> {
        let decision = if params.not_applied { Decision::TakeBack } else { Decision::Undo };
        decide(session, params, decision).await.map(Reply::One)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Accept,
    Reject,
    Undo,
    /// What was accepted is in no file.
    TakeBack,
    /// What was taken back is in its file all the same.
    PutBack,
}

impl Decision {
    /// Whether it can be for a hunk in this state that is named. Nothing is decided for ever: what was rejected or taken back can
    /// be accepted after all.
    fn is_possible(self, status: HunkStatus) -> bool {
        match self {
            Self::Accept => status != HunkStatus::Accepted,
            _ => status == self.before(),
        }
    }

    /// The state of the hunks that it is for where none are named.
    fn before(self) -> HunkStatus {
        match self {
            Self::Accept | Self::Reject => HunkStatus::Pending,
            Self::Undo | Self::TakeBack => HunkStatus::Accepted,
            Self::PutBack => HunkStatus::Undone,
        }
    }

    /// The state that a hunk has after it.
    fn after(self) -> HunkStatus {
        match self {
            Self::Accept | Self::PutBack => HunkStatus::Accepted,
            Self::Reject => HunkStatus::Rejected,
            Self::Undo => HunkStatus::Undone,
            Self::TakeBack => HunkStatus::Pending,
        }
    }
}

/// How often a decision is made anew because others decided on the same change in between.
const ATTEMPTS: usize = 10;

async fn decide(session: &Session, params: DecideEdit, decision: Decision) -> Result<EditOutcome, Problem> {
    let mut attempt = 1;
    loop {
        match decide_once(session, &params, decision).await {
            Err(problem) if problem.code == ProblemCode::PreconditionFailed && attempt < ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

async fn decide_once(session: &Session, params: &DecideEdit, decision: Decision) -> Result<EditOutcome, Problem> {
    let engine = session.engine();
    let edit = engine.store.get_edit(params.edit_id.clone()).await?;
    let chosen = choose(&edit, params.hunks.as_deref(), decision, params.allow_protected)?;
    let mut changes = Vec::new();
    let mut gone = Vec::new();
    if matches!(decision, Decision::Accept | Decision::Undo) {
        let texts = engine.store.edit_texts(params.edit_id.clone()).await?;
        for (position, file) in edit.files.iter().enumerate() {
            let mut numbers: Vec<HunkNumber> =
                file.hunks.iter().map(|hunk| hunk.number).filter(|number| chosen.contains(number)).collect();
            if numbers.is_empty() {
                continue;
            }
            let base = texts.get(position).map_or("", |text| text.base_text.as_str());
            if !params.allow_unsaved {
                unsaved::refuse_unsaved(session, &params.documents, file)?;
            }
            if decision == Decision::Accept {
                on_disk::refuse(engine, &edit, file).await?;
                if !params.allow_unsaved {
                    unsaved::refuse_changed_twice(session, &params.documents, file).await?;
                }
            }
            let current = current_text(session, &params.documents, file).await.map_err(not_changed)?;
            if decision == Decision::Undo {
                let found = undone_elsewhere::gone(file, &numbers, base, current.as_deref());
                numbers.retain(|number| !found.contains(number));
                gone.extend(found);
                if numbers.is_empty() {
                    continue;
                }
            }
            changes.push(file_change(file, &numbers, base, current, decision)?);
        }
        // What others need comes first and goes last.
        if decision == Decision::Undo {
            changes.reverse();
        }
    }
    // What was undone elsewhere is as if it had never been accepted.
    let after = |number| if gone.contains(number) { Decision::TakeBack.after() } else { decision.after() };
    let decisions = chosen.iter().map(|number| (*number, after(number))).collect();
    let mut decided = engine.store.decide_hunks(params.edit_id.clone(), decisions, Some(edit.version)).await?;
    diff_paths::renew(engine, std::slice::from_mut(&mut decided)).await;
    engine.publish((Entity::Edit, Change::Updated), &decided.id, Some(&decided.project_id), Some(&decided.chat_id));
    Ok(EditOutcome { edit: decided, changes })
}

/// Why a file cannot be decided on, with what became of the others.
fn not_changed(problem: Problem) -> Problem {
    match problem.code {
        ProblemCode::Conflict => problem,
        _ => problem.with_hint("Nothing was changed. Put the file back as it was, or reject what is to become of it."),
    }
}

/// The hunks to decide on.
fn choose(
    edit: &PendingEdit,
    wanted: Option<&[HunkNumber]>,
    decision: Decision,
    allow_protected: bool,
) -> Result<Vec<HunkNumber>, Problem> {
    let all: Vec<&EditHunk> = edit.files.iter().flat_map(|file| &file.hunks).collect();
    let Some(wanted) = wanted else {
        let meant = |file: &&EditFile| decision != Decision::Accept || allow_protected || file.protection.is_none();
        let possible: Vec<HunkNumber> = edit
            .files
            .iter()
            .filter(meant)
            .flat_map(|file| &file.hunks)
            .filter(|hunk| hunk.status == decision.before())
            .map(|hunk| hunk.number)
            .collect();
        let waiting = |file: &EditFile| file.hunks.iter().any(|hunk| hunk.status == decision.before());
        let protected = edit.files.iter().find(|file| !meant(file) && waiting(file));
        if let (true, Some(file), Some(why)) =
            (possible.is_empty(), protected, protected.and_then(|file| file.protection.as_ref()))
        {
            let detail = format!("{} {why}, so its changes are not accepted with all others.", file.path);
            return Err(Problem::new(ProblemCode::Forbidden, detail)
                .with_hint("Look at them and accept each by its number, or allow protected files."));
        }
        if possible.is_empty() {
            let what = match decision.before() {
                HunkStatus::Accepted => "was accepted",
                HunkStatus::Undone => "was taken back",
                HunkStatus::Pending | HunkStatus::Rejected => "waits",
            };
            let problem = Problem::new(ProblemCode::Conflict, format!("No hunk of “{}” {what} any more.", edit.title));
            let has = |status| all.iter().any(|hunk| hunk.status == status);
            return Err(match decision {
                Decision::Accept if has(HunkStatus::Rejected) || has(HunkStatus::Undone) => {
                    problem.with_hint("One that was rejected or undone is accepted by its number.")
                }
                Decision::Accept => problem.with_hint("Undo it first where the file does not have it any more."),
                _ => problem,
            });
        }
        return Ok(possible);
    };
    let mut chosen = Vec::new();
    for number in wanted {
        let Some(hunk) = all.iter().find(|hunk| hunk.number == *number) else {
            return Err(Problem::not_found("hunk", number));
        };
        if !decision.is_possible(hunk.status) {
            let state = match hunk.status {
                HunkStatus::Pending => "still waits",
                HunkStatus::Accepted => "was accepted already",
                HunkStatus::Rejected => "was rejected already",
                HunkStatus::Undone => "was taken back already",
            };
            return Err(Problem::new(ProblemCode::Conflict, format!("Hunk {number} {state}.")));
        }
        if !chosen.contains(number) {
            chosen.push(*number);
        }
    }
    Ok(chosen)
}

/// What the model says beside the code of a change. It stands beside the change: without it the change can still be decided on.
pub(crate) async fn said(engine: &Engine, edit: &PendingEdit) -> String {
    let Ok(run) = engine.store.get_run(edit.run_id.clone()).await else { return String::new() };
    let path = engine.store.message_path(run.message_id).await.unwrap_or_default();
    path.last().map_or_else(String::new, |answer| aiia_edit::prose(&answer.content).trim().to_owned())
}

/// The file as it is now; `None` where it does not exist.
async fn current_text(
    session: &Session,
    documents: &[DocumentRef],
    file: &EditFile,
) -> Result<Option<String>, Problem> {
    let path = place(file);
    let given = documents.iter().find(|document| document.path == path).and_then(|document| document.text.clone());
    if given.is_some() {
        return Ok(given);
    }
    if let Some(open) = session.documents().get(path).or_else(|| session.engine().open_document(path)) {
        return Ok(Some(open.document.text()));
    }
    if path.starts_with("untitled:") {
        return Err(Problem::new(ProblemCode::Conflict, format!("No editor has “{path}” open any more."))
            .with_hint("Open the buffer again, or copy the change from the diff."));
    }
    match source::read_file(PathBuf::from(path)).await {
        Ok(text) => Ok(Some(text)),
        Err(problem) if problem.code == ProblemCode::NotFound && file.action != FileAction::Edit => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Gives hunks these states without asking what they were.
pub(crate) async fn restore(
    engine: &Engine,
    edit_id: &EditId,
    states: Vec<(HunkNumber, HunkStatus)>,
) -> Result<PendingEdit, Problem> {
    let edit = engine.store.decide_hunks(edit_id.clone(), states, None).await?;
    engine.publish((Entity::Edit, Change::Updated), &edit.id, Some(&edit.project_id), Some(&edit.chat_id));
    Ok(edit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_decided_can_be_decided_anew() {
        use HunkStatus::{Accepted, Pending, Rejected, Undone};
        for (decision, possible) in [
            (Decision::Accept, [true, false, true, true]),
            (Decision::Reject, [true, false, false, false]),
            (Decision::Undo, [false, true, false, false]),
            (Decision::TakeBack, [false, true, false, false]),
            (Decision::PutBack, [false, false, false, true]),
        ] {
            assert_eq!([Pending, Accepted, Rejected, Undone].map(|one| decision.is_possible(one)), possible);
        }
    }
}
