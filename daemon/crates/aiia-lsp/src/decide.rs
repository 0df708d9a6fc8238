//! Decisions on hunks: the engine says what has to be done to the files, the editor does it, and hunks that it does not
//! apply go back to what they were.

use std::collections::HashMap;
use std::sync::Arc;

use aiia_protocol::edit::{DecideEdit, EditFile, EditOutcome, EditRef, HunkStatus, PendingEdit, SplitHunk};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::{EditAccept, EditGet, EditReject, EditSplit, EditUndo};
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::apply::{self, Failure};
use crate::review;
use crate::session::Connection;

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
        review::refresh(connection, edit_id).await;
    }
    if let Err(problem) = result {
        connection.show_problem(&problem).await;
    }
}

/// Accepts the one change of a hunk that has the line `line` of it, counted from 0 over the lines that go and then those that
/// come. The rest of the hunk waits.
pub(crate) async fn accept_line(connection: &Arc<Connection>, edit_id: &EditId, hunk: HunkNumber, line: u32) {
    let _decisions = connection.decisions.lock().await;
    let result = async {
        // The document is written anew, so what was typed in it must be kept first.
        review::take_over_edits(connection, edit_id, None).await?;
        let split = SplitHunk { edit_id: edit_id.clone(), hunk, line: Some(line.saturating_add(1)) };
        connection.session.run::<EditSplit>(split).await?;
        attempt_all(connection, edit_id, Some(&[hunk]), Decision::Accept).await
    };
    let result = result.await;
    if connection.review(edit_id).is_some() {
        review::refresh(connection, edit_id).await;
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
    for attempt in 1..=ATTEMPTS {
        match attempt_once(connection, edit_id, hunks.as_deref(), decision).await? {
            Failed { stale, reasons } if stale.is_empty() && reasons.is_empty() => {
                if decision == Decision::Accept {
                    connection.fixes.accepted(edit_id);
                }
                return Ok(());
            }
            Failed { stale, reasons } if !stale.is_empty() && reasons.is_empty() && attempt < ATTEMPTS => {
                hunks = Some(stale);
            }
            Failed { reasons, .. } => {
                let reason = reasons.into_iter().next().unwrap_or_else(|| "the text keeps changing".to_owned());
                return Err(Problem::new(ProblemCode::Conflict, format!("The change was not applied: {reason}."))
                    .with_hint("The hunks are as they were before; try again."));
            }
        }
    }
    Ok(())
}

#[derive(Default)]
struct Failed {
    /// Hunks of texts that have moved.
    stale: Vec<HunkNumber>,
    reasons: Vec<String>,
}

async fn attempt_once(
    connection: &Connection,
    edit_id: &EditId,
    hunks: Option<&[HunkNumber]>,
    decision: Decision,
) -> Result<Failed, Problem> {
    let session = &connection.session;
    let before = statuses(&session.run::<EditGet>(EditRef { edit_id: edit_id.clone() }).await?);
    let params = DecideEdit { hunks: hunks.map(<[HunkNumber]>::to_vec), ..DecideEdit::all_of(edit_id.clone()) };
    let EditOutcome { edit, changes } = match decision {
        Decision::Accept => session.run::<EditAccept>(params).await?,
        Decision::Reject => session.run::<EditReject>(params).await?,
        Decision::Undo => session.run::<EditUndo>(params).await?,
    };
    let mut failed = Failed::default();
    for change in changes {
        let Err(failure) = apply::apply(connection, &change, &format!("aiia: {}", edit.title)).await else { continue };
        let file = edit.files.iter().find(|file| file.path == change.path);
        let undone = file.map(|file| changed(file, &before)).unwrap_or_default();
        let earlier: Vec<(HunkNumber, HunkStatus)> = undone.iter().map(|number| (*number, before[number])).collect();
        session.restore_hunks(edit_id, earlier).await?;
        match failure {
            Failure::Stale => failed.stale.extend(undone),
            Failure::Refused(reason) => failed.reasons.push(reason),
        }
    }
    Ok(failed)
}

fn statuses(edit: &PendingEdit) -> HashMap<HunkNumber, HunkStatus> {
    edit.files.iter().flat_map(|file| &file.hunks).map(|hunk| (hunk.number, hunk.status)).collect()
}

/// The hunks of a file whose state is another one than before.
fn changed(file: &EditFile, before: &HashMap<HunkNumber, HunkStatus>) -> Vec<HunkNumber> {
    let moved = file.hunks.iter().filter(|hunk| before.get(&hunk.number).is_some_and(|status| *status != hunk.status));
    moved.map(|hunk| hunk.number).collect()
}
