//! `edit.propose`: the code in an answer becomes a pending edit.

use std::path::PathBuf;

use aiia_edit::Guard;
use aiia_protocol::edit::{PendingEdit, ProposeEdit};
use aiia_protocol::message::{MessageStatus, Role};
use aiia_protocol::operation::EditPropose;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::notice::ANSWER_CUT_OFF;

use crate::dispatch::{Handle, Reply};
use crate::named_files::named_files;
use crate::run::{Refusal, Reply as ModelReply, propose_from};
use crate::session::Session;
use crate::source::Source;

/// The longest title of an edit, in characters.
const MAX_TITLE: usize = 100;

impl Handle for EditPropose {
    async fn handle(session: &Session, params: ProposeEdit) -> Result<Reply<PendingEdit>, Problem> {
        let engine = session.engine();
        // The answer is the last one of its path; the question before it often names the file.
        let path = engine.store.message_path(params.message_id.clone()).await?;
        let Some(message) = path.last() else { return Err(Problem::not_found("message", &params.message_id)) };
        let run_id = match (&message.run_id, message.role) {
            (Some(run_id), Role::Assistant) if message.status != MessageStatus::Streaming => run_id.clone(),
            (Some(_), Role::Assistant) => {
                return Err(Problem::new(ProblemCode::Conflict, "The answer is still being written.")
                    .with_hint("Wait for its end, or stop it."));
            }
            _ => {
                return Err(Problem::new(ProblemCode::InvalidParams, "Only an answer of a model can be applied.")
                    .with_error("/message_id", "it is no answer"));
            }
        };
        let text = match params.block {
            None => message.content.clone(),
            Some(number) => block(&message.content, number)
                .ok_or_else(|| {
                    Problem::new(ProblemCode::InvalidParams, format!("The answer has no code block {number}."))
                        .with_error("/block", "blocks count from 1")
                })?
                .to_owned(),
        };
        let run = engine.store.get_run(run_id).await?;
        let chat = engine.store.get_chat(message.chat_id.clone()).await?;
        let project = engine.store.get_project(chat.project_id.clone()).await?;
        let roots: Vec<PathBuf> = project.folders.iter().map(PathBuf::from).collect();
        let mut sources = Vec::new();
        if params.documents.is_empty() {
            let question = path.iter().rev().nth(1).map_or("", |question| question.content.as_str());
            sources =
                named_files(engine, &session.project_folders(), &roots, &format!("{question}\n{}", message.content))
                    .await;
        }
        for document in &params.documents {
            sources.push(Source::read(session, document).await?);
        }
        // A block is there only if it is whole, whatever the answer lacks behind it.
        let reached = message.notices.iter().any(|notice| notice.reason == ANSWER_CUT_OFF) && params.block.is_none();
        let title: String = format!("Apply “{}”", chat.title).chars().take(MAX_TITLE).collect();
        let attempt = async |sources: Vec<Source>| {
            // A project may have several folders; a new file belongs to one only when there is one.
            let root = match roots.as_slice() {
                [root] => Some(root.clone()),
                _ => sources.first().and_then(|source| source.root.clone()),
            };
            if sources.is_empty() && root.is_none() {
                return Err(Refusal::names_no_file());
            }
            let reply = ModelReply {
                title: title.clone(),
                rounds: vec![text.clone()],
                format: None,
                cut_off: reached || message.status != MessageStatus::Complete,
                focus: None,
                cut_line: None,
                test_target: None,
                root,
                guard: Guard::Syntax,
            };
            propose_from(engine, &run, reply, sources).await
        };
        let active = match &params.active {
            Some(active) => Some(Source::read(session, active).await?),
            None => None,
        };
        // Of two files with one name, the one in front is meant.
        if let Some(active) = &active {
            sources.retain(|source| source.name != active.name || source.path == active.path);
        }
        let edit = match (attempt(sources).await, active) {
            // What is wrong with the files that it names says more than what is wrong with the one in front.
            (Err(first), Some(active)) if first.fits_none => attempt(vec![active]).await.map_err(|_| first),
            (result, _) => result,
        };
        edit.map(Reply::One).map_err(|refusal| refusal.problem)
    }
}

/// The fenced block with this number, with its fence and the line before it, which may name the file.
fn block(text: &str, number: u32) -> Option<&str> {
    let mut open: Option<(usize, &str)> = None;
    let (mut count, mut at, mut before) = (0, 0, 0);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start();
        let ticks = &bare[..bare.len() - bare.trim_start_matches('`').len()];
        match open {
            Some((start, fence)) if ticks.len() >= fence.len() && bare.trim_end() == ticks => {
                count += 1;
                if count == number {
                    return Some(&text[start..at + line.len()]);
                }
                open = None;
            }
            None if ticks.len() >= 3 => open = Some((before, ticks)),
            _ => {}
        }
        if !line.trim().is_empty() {
            before = at;
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_with_what_names_them() {
        let text = "Two files.\n\n`a.py`:\n\n```python\nx = 1\n```\nand\n````\n```\n````\n";
        assert_eq!(block(text, 1), Some("`a.py`:\n\n```python\nx = 1\n```\n"));
        assert_eq!(block(text, 2), Some("and\n````\n```\n````\n"));
        assert_eq!((block(text, 0), block(text, 3)), (None, None));
    }
}
