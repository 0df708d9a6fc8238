//! Decisions on hunks: the engine says what has to be done to the files, the editor does it, and hunks that it does not
//! apply go back to what they were.

use std::collections::HashMap;
use std::sync::Arc;

use aiia_protocol::edit::{
    DecideEdit, EditFile, EditHunk, EditOutcome, EditRef, FileChange, HunkStatus, PendingEdit, SplitHunk,
};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::{EditAccept, EditGet, EditReject, EditSplit, EditUndo};
use aiia_protocol::problem::{Problem, ProblemCode};

use tower_lsp::gen_lsp_types as lsp;

use crate::apply::{self, Failure};
use crate::connection::Connection;
use crate::review::{self, Cause};

/// A text that moves is matched again so often.
const ATTEMPTS: usize = 3;

/// What the user decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Into the file with them.
    Accept,
    /// Not wanted.
    Reject,
    /// Out of the file again.
    Undo,
}

/// Carries out a decision on `hunks`, or on all that it can be for. What does not work is shown.
pub(crate) async fn decide(
    connection: &Arc<Connection>,
    edit_id: &EditId,
    hunks: Option<&[HunkNumber]>,
    decision: Decision,
) {
    let _decisions = connection.decisions.lock().await;
    let result = attempt_all(connection, edit_id, hunks, decision).await;
    if connection.review(edit_id).is_some() {
        review::refresh(connection, edit_id, Cause::Decision).await;
    }
    match result {
        Err(problem) => connection.show_problem(&problem).await,
        Ok(()) if decision == Decision::Accept && hunks.is_none() => show_protected(connection, edit_id).await,
        Ok(()) => {}
    }
}

/// Says which files were not accepted with all others.
async fn show_protected(connection: &Connection, edit_id: &EditId) {
    let Ok(edit) = connection.session.run::<EditGet>(EditRef { edit_id: edit_id.clone() }).await else { return };
    let waits = |file: &&EditFile| file.hunks.iter().any(|hunk| hunk.status == HunkStatus::Pending);
    let left = edit.files.iter().filter(waits).find_map(|file| Some((&file.path, file.protection.as_ref()?)));
    if let Some((path, why)) = left {
        let text = format!("{path} {why}, so its changes still wait: accept each of them on its lines.");
        connection.show(lsp::MessageType::Warning, &text).await;
    }
}

/// Accepts the one change of a hunk that has the line `line` of the review document, counted from 0. The rest of the hunk waits.
pub(crate) async fn accept_line(connection: &Arc<Connection>, edit_id: &EditId, line: u32) {
    let _decisions = connection.decisions.lock().await;
    let result = async {
        // The document is written anew, so what was typed in it must be kept first.
        review::take_over_edits(connection, edit_id, None).await?;
        let (hunk, line) = review::line_of_hunk(connection, edit_id, line as usize).await?.ok_or_else(|| {
            Problem::new(ProblemCode::Conflict, "That line is no change that waits any more.")
                .with_hint("Put the cursor on a line with + or - and try again.")
        })?;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let split = SplitHunk { edit_id: edit_id.clone(), hunk, line: Some(line.saturating_add(1)) };
        connection.session.run::<EditSplit>(split).await?;
        attempt_all(connection, edit_id, Some(&[hunk]), Decision::Accept).await
    };
    let result = result.await;
    if connection.review(edit_id).is_some() {
        review::refresh(connection, edit_id, Cause::Decision).await;
    }
    if let Err(problem) = result {
        connection.show_problem(&problem).await;
    }
}

async fn attempt_all(
    connection: &Connection,
    edit_id: &EditId,
    hunks: Option<&[HunkNumber]>,
    decision: Decision,
) -> Result<(), Problem> {
    if decision == Decision::Accept {
        review::take_over_edits(connection, edit_id, hunks).await?;
    }
    let mut hunks = hunks.map(<[HunkNumber]>::to_vec);
    let mut changed = Vec::new();
    for attempt in 1..=ATTEMPTS {
        match attempt_once(connection, edit_id, hunks.as_deref(), decision).await? {
            None => {
                // What becomes of it from now on says whether it is still there.
                if decision == Decision::Accept
                    && connection.fixes.accepted(edit_id)
                    && let Err(problem) = review::load(connection, edit_id).await
                {
                    tracing::info!(%problem, "an accepted fix is not followed");
                }
                return Ok(());
            }
            Some(stopped) => {
                changed.extend(stopped.changed);
                if stopped.failure == Failure::Stale && attempt < ATTEMPTS {
                    hunks = Some(stopped.hunks);
                    continue;
                }
                let reason = match stopped.failure {
                    Failure::Refused(reason) => reason,
                    Failure::Stale => "the text keeps changing".to_owned(),
                    Failure::Silent => "the editor did not answer".to_owned(),
                };
                return Err(not_applied(&changed, &stopped.left, &reason));
            }
        }
    }
    Ok(())
}

/// Where the editor stopped to go along with a decision.
struct Stopped {
    /// The files that were changed before.
    changed: Vec<String>,
    /// Those that were not.
    left: Vec<String>,
    /// The hunks of these, which have the states that they had.
    hunks: Vec<HunkNumber>,
    failure: Failure,
}

/// What is said where the files `left` could not be changed.
fn not_applied(changed: &[String], left: &[String], reason: &str) -> Problem {
    let verb = |names: &[String]| if names.len() == 1 { "is" } else { "are" };
    let (detail, hint) = if changed.is_empty() {
        let hint = "Its hunks, and those that were to follow, are as they were before; try again.";
        (format!("The change was not applied: {reason}."), hint)
    } else {
        let detail = format!(
            "Only a part of the change was applied: {} {} changed, {} {} not: {reason}.",
            changed.join(", "),
            verb(changed),
            left.join(", "),
            verb(left),
        );
        (
            detail,
            "The hunks of the files that are not changed are as they were before; try again, or undo those that were.",
        )
    };
    Problem::new(ProblemCode::Conflict, detail).with_hint(hint)
}

/// Carries out the decision as far as the editor goes along; where it stopped, if it did: what a file needs comes before it, so
/// that nothing follows on one that failed. What the editor cannot do at all is known before the first file.
async fn attempt_once(
    connection: &Connection,
    edit_id: &EditId,
    hunks: Option<&[HunkNumber]>,
    decision: Decision,
) -> Result<Option<Stopped>, Problem> {
    let session = &connection.session;
    let edit = session.run::<EditGet>(EditRef { edit_id: edit_id.clone() }).await?;
    if decision != Decision::Reject {
        refuse_unsaved(connection, &edit, hunks, decision).await?;
    }
    let before = statuses(&edit);
    let params = DecideEdit { hunks: hunks.map(<[HunkNumber]>::to_vec), ..DecideEdit::all_of(edit_id.clone()) };
    let EditOutcome { edit, changes } = match decision {
        Decision::Accept => session.run::<EditAccept>(params).await?,
        Decision::Reject => session.run::<EditReject>(params).await?,
        Decision::Undo => session.run::<EditUndo>(params).await?,
    };
    let label = format!("aiia: {}", edit.title);
    let mut stopped = changes.iter().find_map(|change| apply::inability(connection, change)).map(Failure::Refused);
    let mut done = 0;
    while stopped.is_none() && done < changes.len() {
        match apply::apply(connection, &changes[done], &label).await {
            Ok(()) => done += 1,
            Err(failure) => stopped = Some(failure),
        }
    }
    let Some(failure) = stopped else { return Ok(None) };
    let hunks: Vec<HunkNumber> = changes[done..].iter().flat_map(|change| change.hunks.iter().copied()).collect();
    let earlier = hunks.iter().filter_map(|number| Some((*number, *before.get(number)?))).collect();
    session.restore_hunks(edit_id, earlier).await?;
    let names = |changes: &[FileChange]| changes.iter().map(|change| name(&change.path)).collect();
    Ok(Some(Stopped { changed: names(&changes[..done]), left: names(&changes[done..]), hunks, failure }))
}

/// The last part of a path.
fn name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

/// Refuses what would go by the disk where the editor has another text, of which it does not tell.
async fn refuse_unsaved(
    connection: &Connection,
    edit: &PendingEdit,
    hunks: Option<&[HunkNumber]>,
    decision: Decision,
) -> Result<(), Problem> {
    let concerned = |hunk: &EditHunk| match (hunks, decision) {
        (Some(numbers), _) => numbers.contains(&hunk.number),
        (None, Decision::Undo) => hunk.status == HunkStatus::Accepted,
        (None, _) => hunk.status == HunkStatus::Pending,
    };
    for file in edit.files.iter().filter(|file| file.hunks.iter().any(concerned)) {
        for path in [Some(&file.path), file.from.as_ref()].into_iter().flatten() {
            if !apply::is_unsaved(connection, path).await {
                continue;
            }
            let detail = format!(
                "{path} has a change that is not saved, and this editor does not tell what it makes of that file."
            );
            return Err(Problem::new(ProblemCode::Conflict, detail)
                .with_hint("Nothing was changed. Save the file in the editor, then decide again."));
        }
    }
    Ok(())
}

fn statuses(edit: &PendingEdit) -> HashMap<HunkNumber, HunkStatus> {
    edit.files.iter().flat_map(|file| &file.hunks).map(|hunk| (hunk.number, hunk.status)).collect()
}
