//! The events of runs: several a row, numbered 1, 2, 3 … inside a run without gaps.

use aiia_protocol::id::RunId;
use aiia_protocol::message::Notice;
use aiia_protocol::run::{RunEvent, RunEventKind};
use rusqlite::{Connection, params};

use crate::{StoreError, columns};

/// Appends events to the run, whose last event so far has the number `last_seq`. Gives the new last number.
pub(crate) fn append(
    connection: &Connection,
    run_id: &RunId,
    last_seq: u64,
    events: &[RunEvent],
) -> Result<u64, StoreError> {
    let mut next = last_seq;
    for (index, event) in events.iter().enumerate() {
        next += 1;
        if event.run_id != *run_id {
            return Err(StoreError::invalid(format!("/events/{index}/run_id"), "The event belongs to another run."));
        }
        if event.seq != next {
            let detail = format!("The event has the number {}, but {next} comes next.", event.seq);
            return Err(StoreError::invalid(format!("/events/{index}/seq"), detail));
        }
    }
    if events.is_empty() {
        return Ok(last_seq);
    }
    let kinds: Vec<&RunEventKind> = events.iter().map(|event| &event.kind).collect();
    columns::execute(
        connection,
        "INSERT INTO run_chunks (run_id, first_seq, last_seq, events) VALUES (?1, ?2, ?3, ?4)",
        params![run_id.as_str(), last_seq as i64 + 1, next as i64, columns::to_json(&kinds)?],
    )?;
    columns::execute(connection, "UPDATE runs SET last_seq = ?2 WHERE id = ?1", params![run_id.as_str(), next as i64])?;
    for notice in kinds.into_iter().filter_map(notice) {
        keep_notice(connection, run_id, &notice)?;
    }
    Ok(next)
}

/// What a person should know of the answer, where the event tells that.
fn notice(kind: &RunEventKind) -> Option<Notice> {
    match kind {
        RunEventKind::Notice { reason, text } => Some(Notice { reason: reason.clone(), text: text.clone() }),
        RunEventKind::Complaint { message } => Some(Notice { reason: "complaint".to_owned(), text: message.clone() }),
        _ => None,
    }
}

/// Keeps a notice with its run as well: messages are shown with them, and looking through all events of each would take long.
fn keep_notice(connection: &Connection, run_id: &RunId, notice: &Notice) -> Result<(), StoreError> {
    let sql = "UPDATE runs SET notices = json_insert(coalesce(notices, '[]'), '$[#]', json(?2)) WHERE id = ?1";
    columns::execute(connection, sql, params![run_id.as_str(), columns::to_json(notice)?])?;
    Ok(())
}

/// The events after the number `after`, at most `limit`.
pub(crate) fn read(
    connection: &Connection,
    run_id: &RunId,
    after: u64,
    limit: usize,
) -> Result<Vec<RunEvent>, StoreError> {
    let after = i64::try_from(after).unwrap_or(i64::MAX) as u64;
    let sql =
        "SELECT first_seq, last_seq, events FROM run_chunks WHERE run_id = ?1 AND last_seq > ?2 ORDER BY last_seq";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![run_id.as_str(), after as i64])?;
    let mut events = Vec::new();
    while events.len() < limit
        && let Some(row) = rows.next()?
    {
        let kinds: Vec<RunEventKind> = columns::json(row, "events")?;
        let first = columns::number(row, "first_seq")?;
        if columns::number(row, "last_seq")? != first + kinds.len() as u64 - 1 {
            let detail = format!("the events of run {run_id} from {first} on are incomplete");
            return Err(StoreError::Internal { detail });
        }
        let numbered = kinds.into_iter().zip(first..).filter(|(_, seq)| *seq > after);
        let wanted = numbered.take(limit - events.len());
        events.extend(wanted.map(|(kind, seq)| RunEvent { run_id: run_id.clone(), seq, kind }));
    }
    Ok(events)
}
