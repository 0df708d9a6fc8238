//! Has a model say in short what was said early in a long chat, before the question itself is asked, and keeps it.

use std::collections::HashMap;

use aiia_llm::{ChatMessage, Delta, FinishReason, Role};
use aiia_protocol::id::ChatId;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::{Run, RunEventKind, RunStatus, Usage, notice};
use aiia_store::Summary;
use futures::StreamExt;
use parking_lot::Mutex;

use crate::chat_excerpt::{self, Fold, SUMMARY_TOKENS};
use crate::engine::Engine;
use crate::gate;
use crate::models::{self, Chosen, Sampling, USUAL_ANSWER};
use crate::operations::{answer_limit, redaction};
use crate::run::recorder::Recorder;
use crate::run::repetition::{Repetition, repeats, repetitive};
use crate::run::{RunLog, apart, broken_off, side_usage};
use crate::settings;

/// At most so many pieces of a chat are summarised one after the other; what is older is left out.
const MAX_PIECES: usize = 8;
/// A chat that could not be summarised is tried again when so many messages more are to be.
const TRY_AGAIN: u64 = 10;

const INSTRUCTIONS: &str = "You keep the memory of a conversation between a programmer and an assistant. Answer with a summary of it and nothing else, in \
                            at most 250 words: what is wanted, what was decided and why, names of files, functions and numbers that matter, what is \
                            still open. Leave out pleasantries. What the programmer said about how to answer stays.";

/// What became of it.
pub(super) enum Folded {
    /// The summary.
    Done(String),
    /// It was stopped meanwhile.
    Stopped(RunStatus),
    /// The model could not.
    Failed(Problem),
}

/// Chats that could not be summarised, with how many messages that was tried for.
#[derive(Default)]
pub(crate) struct FailedFolds(Mutex<HashMap<ChatId, u64>>);

impl FailedFolds {
    /// Whether a summary of so many messages is worth a try: a model that has failed once fails with the next question, too.
    fn is_worth_it(&self, chat: &ChatId, messages: u64) -> bool {
        let failed = self.0.lock().get(chat).copied();
        failed.is_none_or(|failed| messages >= failed + TRY_AGAIN)
    }

    fn note(&self, chat: &ChatId, failed: Option<u64>) {
        let mut all = self.0.lock();
        match failed {
            Some(messages) => all.insert(chat.clone(), messages),
            None => all.remove(chat),
        };
    }
}

/// Summarises `fold`. The summary is kept; the next question uses it again. What it uses is entered as used by its own model,
/// which the folder may name where it is `trusted`.
pub(super) async fn make(
    engine: &Engine,
    log: &RunLog,
    recorder: &mut Recorder,
    model: &Chosen,
    fold: &Fold,
    trusted: bool,
) -> Folded {
    let chat = recorder.run.chat_id.clone();
    if !engine.failed_folds.is_worth_it(&chat, fold.messages) {
        let problem = Problem::new(ProblemCode::ModelError, "It is tried again when the chat has grown.");
        return Folded::Failed(problem);
    }
    let model = summariser(engine, &recorder.run, model, trusted).await;
    let mut used = Used::default();
    let folded = fold_up(engine, log, recorder, &model, fold, &mut used).await;
    for (name, usage) in used.0 {
        side_usage::enter(engine, &recorder.run, &name, "summary", usage.unwrap_or_default()).await;
    }
    match &folded {
        Folded::Done(_) => engine.failed_folds.note(&chat, None),
        Folded::Failed(problem) => {
            tracing::info!(%chat, model = model.name, %problem, "a chat could not be summarised");
            engine.failed_folds.note(&chat, Some(fold.messages));
        }
        Folded::Stopped(_) => {}
    }
    folded
}

/// What each model used for a summary; nothing where that is not known.
#[derive(Default)]
struct Used(Vec<(String, Option<Usage>)>);

impl Used {
    fn add(&mut self, model: &str, usage: Option<Usage>) {
        match self.0.iter_mut().find(|(name, _)| name == model) {
            Some((_, known)) => *known = sum(*known, usage),
            None => self.0.push((model.to_owned(), usage)),
        }
    }

    fn total(&self) -> Option<Usage> {
        self.0.iter().try_fold(Usage::default(), |total, (_, usage)| sum(Some(total), *usage))
    }
}

async fn fold_up(
    engine: &Engine,
    log: &RunLog,
    recorder: &mut Recorder,
    model: &Chosen,
    fold: &Fold,
    used: &mut Used,
) -> Folded {
    let (of, counts) = (fold.clone(), model.clone());
    let pieces = match apart(move || pieces(&of, &counts)).await {
        Ok(pieces) => pieces,
        Err(problem) => return Folded::Failed(problem),
    };
    let left_out = pieces.len().saturating_sub(MAX_PIECES);
    let mut text = fold.before.clone();
    let mut model = model.clone();
    for piece in &pieces[left_out..] {
        let status = format!("summarising the first {} messages of the chat", fold.messages);
        recorder.record(RunEventKind::Status { text: status });
        let Said { folded, usage, answered_by } = ask(engine, log, recorder, &model, text.as_deref(), piece).await;
        // Whoever answered is asked for the rest, not the one that could not.
        if let Some(name) = answered_by {
            model = model.instead(engine, &name).await;
        }
        // Of one that failed without a word nothing is known, and most likely nothing was used.
        if usage.is_some() || matches!(folded, Folded::Done(_)) {
            used.add(&model.name, usage);
        }
        match folded {
            Folded::Done(next) => text = Some(next),
            other => return other,
        }
    }
    let text = text.unwrap_or_default();
    let made = chat_excerpt::sent_in_short(fold.messages, &how(&model, used.total(), left_out));
    recorder.record(made);
    let kept = Summary {
        message_id: fold.upto.clone(),
        text: text.clone(),
        messages: fold.messages,
        model: model.name.clone(),
    };
    if let Err(error) = engine.store.keep_summary(kept).await {
        tracing::warn!(%error, "a summary was not kept");
    }
    Folded::Done(text)
}

/// How the summary was made, in words.
fn how(model: &Chosen, used: Option<Usage>, left_out: usize) -> String {
    let tokens = |count: Option<u64>| count.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
    let cost = used.map_or_else(String::new, |used| {
        format!(" ({} tokens read, {} written)", tokens(used.input_tokens), tokens(used.output_tokens))
    });
    let beginning = if left_out > 0 { "; the beginning was too long and is left out" } else { "" };
    format!("by a summary that {} made now{cost}{beginning}", model.name)
}

/// The model for summaries, where one is configured and can be had.
async fn summariser(engine: &Engine, run: &Run, model: &Chosen, trusted: bool) -> Chosen {
    let name = match engine.store.get_project(run.project_id.clone()).await {
        Ok(project) => settings::model_of_role(engine, &project, "summarise", trusted).await,
        Err(error) => {
            tracing::warn!(%error, "the project of a run is not known");
            None
        }
    };
    let Some(name) = name else { return model.clone() };
    match models::choose(engine, Some(&name)).await {
        Ok(chosen) => chosen,
        Err(problem) => {
            tracing::warn!(%problem, "the model for summaries cannot be used");
            model.clone()
        }
    }
}

/// The messages in pieces that fit into the model's window beside the summary so far and the new one.
fn pieces(fold: &Fold, model: &Chosen) -> Vec<String> {
    let room = (model.window / 2).saturating_sub(SUMMARY_TOKENS).max(SUMMARY_TOKENS) as usize;
    let mut pieces: Vec<String> = Vec::new();
    let mut left = 0;
    for line in &fold.lines {
        let line = shortened(line, room, model);
        let tokens = model.tokens.count(&line) + 2;
        if let Some(piece) = pieces.last_mut().filter(|_| tokens <= left) {
            piece.push_str("\n\n");
            piece.push_str(&line);
        } else {
            pieces.push(line);
            left = room;
        }
        left = left.saturating_sub(tokens);
    }
    pieces
}

/// A message whose middle is left out where it is longer than `room`.
fn shortened(line: &str, room: usize, model: &Chosen) -> String {
    let tokens = model.tokens.count(line);
    if tokens <= room {
        return line.to_owned();
    }
    let keep = line.len() * room / tokens / 2;
    let keep = keep.saturating_sub(16);
    let (start, end) = (line.floor_char_boundary(keep), line.ceil_char_boundary(line.len() - keep));
    format!("{} […] {}", &line[..start], &line[end..])
}

/// What came of asking for a summary.
struct Said {
    folded: Folded,
    usage: Option<Usage>,
    /// The model that answered, where it is another than the one that was asked.
    answered_by: Option<String>,
}

/// One summary of a piece and what came before it, and what it used.
async fn ask(
    engine: &Engine,
    log: &RunLog,
    recorder: &mut Recorder,
    model: &Chosen,
    before: Option<&str>,
    piece: &str,
) -> Said {
    let so_far = before.map(|text| format!("What came before, in short:\n{text}\n\n")).unwrap_or_default();
    let messages = vec![
        ChatMessage::new(Role::System, INSTRUCTIONS),
        ChatMessage::new(Role::User, format!("{so_far}The conversation:\n\n{piece}\n\nSummarise all of it.")),
    ];
    let sealed = gate::seal(messages, redaction(engine, model.local));
    // What a model thinks before counts, too; the summary itself is kept short by what is asked.
    let sampling = Sampling::plain(answer_limit(sealed.messages(), model, None).min(USUAL_ANSWER));
    let stopped = engine.shutdown_token();
    let deltas = engine.models().ask(model, &sealed, &sampling, log.cancel_token().child_token());
    let mut deltas = models::bounded(deltas, sampling.max_tokens());
    let mut restorer = sealed.restorer();
    let (mut text, mut thought) = (String::new(), String::new());
    let (mut usage, mut answered_by, mut finish) = (None, None, None);
    let mut repetition = Repetition::default();
    let stuck = |by: &Option<String>| Folded::Failed(repetitive(by.as_deref().unwrap_or(&model.name)));
    let folded = loop {
        let delta = tokio::select! {
            biased;
            () = log.cancel_token().cancelled() => break Folded::Stopped(RunStatus::Cancelled),
            () = stopped.cancelled() => break Folded::Stopped(RunStatus::Interrupted),
            delta = deltas.next() => delta,
        };
        match delta {
            Some(Ok(Delta::Text(part))) => {
                text.push_str(&restorer.push(&part));
                if repetition.is_due(part.len()) && repeats(text.as_bytes()) {
                    break stuck(&answered_by);
                }
            }
            Some(Ok(Delta::Reasoning(part))) => {
                thought.push_str(&part);
                if repetition.is_due(part.len()) && repeats(thought.as_bytes()) {
                    break stuck(&answered_by);
                }
            }
            Some(Ok(Delta::Status(status))) => recorder.record(RunEventKind::Status { text: status }),
            Some(Ok(Delta::Usage(counted))) => usage = Some(models::usage(counted)),
            Some(Ok(Delta::Fallback { from, to, because })) => {
                let text = format!("{from} made no summary: {because} {to} was asked instead.");
                recorder.record(RunEventKind::Notice { reason: notice::FALLBACK.to_owned(), text });
                answered_by = Some(to);
                usage = None;
            }
            Some(Ok(Delta::Finish(reason))) => finish = Some(reason),
            Some(Err(error)) => break Folded::Failed(models::problem(&error)),
            None => {
                text.push_str(&restorer.finish());
                let name = answered_by.as_deref().unwrap_or(&model.name);
                if let Some(problem) = broken_off(name, finish.as_ref(), !text.trim().is_empty()) {
                    break Folded::Failed(problem);
                }
                let is_cut = finish == Some(FinishReason::Length);
                break match text.trim() {
                    "" => {
                        let what = if is_cut { "made no summary within its limit" } else { "gave an empty summary" };
                        Folded::Failed(Problem::new(ProblemCode::ModelError, format!("{name} {what}.")))
                    }
                    text if is_cut => Folded::Done(cut_short(&format!("{text} […]"), model)),
                    text => Folded::Done(cut_short(text, model)),
                };
            }
        }
    };
    Said { folded, usage, answered_by }
}

/// A summary that is longer than it may be, without its end.
fn cut_short(text: &str, model: &Chosen) -> String {
    let tokens = model.tokens.count(text);
    let most = 2 * SUMMARY_TOKENS as usize;
    if tokens <= most {
        return text.to_owned();
    }
    format!("{} […]", &text[..text.floor_char_boundary(text.len() * most / tokens)])
}

/// The tokens of two answers; what is not known of one is not known of both.
pub(super) fn sum(one: Option<Usage>, other: Option<Usage>) -> Option<Usage> {
    let (one, other) = (one?, other?);
    let add = |one: Option<u64>, other: Option<u64>| Some(one? + other?);
    // Nothing used is no unknown.
    if one == Usage::default() {
        return Some(other);
    }
    // A part of the tokens that is not told is none.
    let part = |one: Option<u64>, other: Option<u64>| match (one, other) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or_default() + other.unwrap_or_default()),
    };
    Some(Usage {
        input_tokens: add(one.input_tokens, other.input_tokens),
        output_tokens: add(one.output_tokens, other.output_tokens),
        cached_tokens: part(one.cached_tokens, other.cached_tokens),
        cache_write_tokens: part(one.cache_write_tokens, other.cache_write_tokens),
        reasoning_tokens: part(one.reasoning_tokens, other.reasoning_tokens),
        told_cost: add(one.told_cost, other.told_cost),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(lines: Vec<String>) -> Fold {
        Fold { messages: lines.len() as u64, lines, before: None, upto: "m".into(), fitting: 0 }
    }

    #[test]
    fn a_chat_that_could_not_be_summarised_is_not_tried_with_every_question() {
        let (failed, chat) = (FailedFolds::default(), ChatId::from("c"));
        assert!(failed.is_worth_it(&chat, 4));
        failed.note(&chat, Some(4));
        assert!(!failed.is_worth_it(&chat, 6) && failed.is_worth_it(&"d".into(), 4));
        assert!(failed.is_worth_it(&chat, 4 + TRY_AGAIN));
        failed.note(&chat, None);
        assert!(failed.is_worth_it(&chat, 6));
    }

    #[test]
    fn a_summary_that_is_too_long_is_cut() {
        let model = Chosen::for_tests(4096);
        assert_eq!(cut_short("They spoke of words.", &model), "They spoke of words.");
        let cut = cut_short(&"é word ".repeat(5000), &model);
        assert!(cut.ends_with(" […]") && model.tokens.count(&cut) < 1100, "{}", model.tokens.count(&cut));
    }

    #[test]
    fn pieces_fit_into_the_window_and_hold_every_message() {
        let model = Chosen::for_tests(4096);
        let lines: Vec<String> = (0..9).map(|number| format!("User: {number} {}", "word ".repeat(400))).collect();
        let pieces = pieces(&fold(lines.clone()), &model);
        assert_eq!(pieces.join("\n\n"), lines.join("\n\n"));
        assert_eq!(pieces.len(), 3);
        assert!(pieces.iter().all(|piece| model.tokens.count(piece) <= 1536));
    }

    #[test]
    fn the_middle_of_a_message_that_is_too_long_is_left_out() {
        let model = Chosen::for_tests(4096);
        let line = format!("User: first {} last", "é word ".repeat(5000));
        let pieces = pieces(&fold(vec![line]), &model);
        assert_eq!(pieces.len(), 1);
        assert!(pieces[0].starts_with("User: first") && pieces[0].ends_with(" last") && pieces[0].contains(" […] "));
        assert!(model.tokens.count(&pieces[0]) <= 1536);
    }
}
