//! Asks a model again for the parts of its answer that could not be applied: at most twice, and only for those.

use aiia_edit::MAX_REPAIRS;
use aiia_llm::{ChatMessage, Role};
use aiia_protocol::edit::PendingEdit;
use aiia_protocol::run::{RunEventKind, RunStatus, notice};

use crate::engine::Engine;
use crate::operations::{answer_limit, redaction};
use crate::run::driver::{Asked, Heard, listen};
use crate::run::proposal::{self, Refusal};
use crate::run::recorder::Recorder;
use crate::run::shortfall;
use crate::run::summary::sum;
use crate::run::{RunLog, Subject, apart};

/// Tokens that must be left for the answer.
const MIN_ROOM: u32 = 512;

/// The pending edit of an answer, or of it and of those that came when parts of it were asked for again. What the model says and uses
/// meanwhile is added to `heard`.
pub(super) async fn propose(
    engine: &Engine,
    log: &RunLog,
    recorder: &mut Recorder,
    asked: Asked<'_>,
    subject: &Subject,
    heard: &mut Heard,
) -> Result<PendingEdit, Refusal> {
    let mut model = asked.model.clone();
    let mut rounds = vec![heard.text.clone()];
    let mut sealed = asked.sealed.clone();
    let mut cut_off = heard.cut_off;
    let mut limit = asked.sampling.max_tokens();
    let mut used = heard.ending.usage.and_then(|usage| usage.output_tokens);
    // Why the answer before could not be applied.
    let mut before: Option<String> = None;
    loop {
        let proposed = proposal::propose(engine, &recorder.run, subject, &rounds, cut_off).await;
        if rounds.len() == 1 && heard.answered_by.is_none() {
            count(engine, asked, subject, proposed.as_ref().err()).await;
        }
        let mut refusal = match proposed {
            Ok(edit) => return Ok(edit),
            Err(refusal) if cut_off => {
                recorder.record(shortfall::cut_off(limit, used));
                refusal.beside(&format!("It has reached {}.", shortfall::reached(limit, used)))
            }
            Err(refusal) => refusal,
        };
        if let Some(before) = before.take().filter(|before| !refusal.complaints.contains(before)) {
            refusal = refusal.beside(&format!("It was asked for again because of the answer before: {before}"));
        }
        let Some(repair) = refusal.repair.take() else { return Err(refusal) };
        let answer = rounds.last().cloned().unwrap_or_default();
        let more = vec![ChatMessage::new(Role::Assistant, answer), ChatMessage::new(Role::User, repair.text)];
        // Whoever answered is asked, not the one that could not.
        if let Some(name) = &heard.answered_by {
            model = model.instead(engine, name).await;
        }
        let (with, redact, asks) = (sealed.clone(), redaction(engine, asked.model.local), model.clone());
        let extended = apart(move || {
            let sealed = with.and(more, redact);
            let room = answer_limit(sealed.messages(), &asks, None);
            (sealed, room)
        });
        let room = match extended.await {
            Ok((extended, room)) => {
                sealed = extended;
                room
            }
            Err(problem) => {
                tracing::warn!(%problem, "an answer is not asked for again");
                return Err(refusal);
            }
        };
        if room < MIN_ROOM {
            return Err(refusal);
        }
        before = refusal.complaints.first().cloned();
        let why = refusal.complaints.first().and_then(|complaint| complaint.lines().next()).unwrap_or_default();
        let more = match refusal.complaints.len() {
            0 | 1 => String::new(),
            several => format!(" (and {} more)", several - 1),
        };
        let text = format!(
            "A part of the answer could not be applied, so the model was asked for it again ({} of {MAX_REPAIRS}): {why}{more}",
            rounds.len()
        );
        recorder.record(RunEventKind::Notice { reason: notice::REPAIR.to_owned(), text });
        recorder.record(RunEventKind::Status { text: "asking again for what did not fit".to_owned() });
        recorder.record(RunEventKind::Text { text: "\n\n".to_owned() });
        let sampling = asked.sampling.within(room);
        let again = Asked { model: &model, sealed: &sealed, sampling: &sampling };
        let next = listen(engine, log, recorder, again, String::new()).await;
        heard.answered_by = next.answered_by.or(heard.answered_by.take());
        heard.text.push_str("\n\n");
        heard.text.push_str(&next.text);
        limit = sampling.max_tokens();
        used = next.ending.usage.and_then(|usage| usage.output_tokens);
        heard.ending.usage = sum(heard.ending.usage, next.ending.usage);
        if let Some(usage) = heard.ending.usage {
            recorder.record(RunEventKind::Usage { usage });
        }
        if next.ending.status != RunStatus::Completed {
            // Whoever stopped it knows why; any other failure is told beside what did not fit.
            if matches!(next.ending.status, RunStatus::Cancelled | RunStatus::Interrupted) {
                heard.ending.status = next.ending.status;
            }
            let Some(problem) = next.ending.problem else { return Err(refusal) };
            let text = format!("Asking again for it failed: {}", problem.detail);
            refusal = refusal.beside(&text);
            recorder.record(RunEventKind::Notice { reason: notice::REPAIR.to_owned(), text });
            return Err(refusal);
        }
        cut_off = next.cut_off;
        rounds.push(next.text);
    }
}

/// Counts whether the form that was asked for worked at once.
async fn count(engine: &Engine, asked: Asked<'_>, subject: &Subject, refusal: Option<&Refusal>) {
    let Some(format) = subject.format else { return };
    if refusal.is_some_and(|refusal| !refusal.of_form) {
        return;
    }
    let counted =
        engine.store.count_format(asked.model.name.clone(), format.as_str().to_owned(), refusal.is_none()).await;
    if let Err(error) = counted {
        tracing::warn!(%error, "the form of an answer was not counted");
    }
}
