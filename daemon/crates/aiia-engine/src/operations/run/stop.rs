//! `run.cancel`, and what goes on in chats that are deleted.

use std::time::Duration;

use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::RunId;
use aiia_protocol::operation::RunCancel;
use aiia_protocol::problem::Problem;
use aiia_protocol::run::{Run, RunRef, RunStatus};
use aiia_store::StoreError;
use futures::StreamExt;

use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::session::Session;

/// How long the end of an answer in a deleted chat is waited for.
const END_LIMIT: Duration = Duration::from_secs(2);

impl Handle for RunCancel {
    async fn handle(session: &Session, params: RunRef) -> Result<Reply<Run>, Problem> {
        Ok(Reply::One(stop(session.engine(), params.run_id).await?))
    }
}

/// Stops a run, also one whose chat is deleted, and waits for its end.
async fn stop(engine: &Engine, id: RunId) -> Result<Run, Problem> {
    if let Some(log) = engine.runs.get(&id) {
        log.cancel_token().cancel();
        let mut rest = Box::pin(log.follow(0, engine.shutdown_token()));
        while rest.next().await.is_some() {}
    }
    let mut run = engine.store.get_stored_run(id).await?;
    // Nobody drives it any more, so that it would go on until the next start.
    if !run.status.is_final() && engine.runs.get(&run.id).is_none() {
        run = engine.store.abandon_run(run.id, RunStatus::Cancelled, None).await?;
        let (project, chat) = (Some(&run.project_id), Some(&run.chat_id));
        engine.publish((Entity::Run, Change::Updated), &run.id, project, chat);
        engine.publish((Entity::Message, Change::Updated), &run.message_id, project, chat);
        engine.publish((Entity::Chat, Change::Updated), &run.chat_id, project, chat);
    }
    Ok(run)
}

/// Stops what nobody can see any more, because its chat was deleted. Waits for its end, so that the chat can be purged.
pub(in crate::operations) async fn stop_of_deleted(engine: &Engine) {
    let running = match engine.store.list_running().await {
        Ok(running) => running,
        Err(error) => {
            tracing::error!(%error, "the answers of deleted chats go on");
            return;
        }
    };
    let mut unseen = Vec::new();
    for run in running {
        if matches!(engine.store.get_run(run.id.clone()).await, Err(StoreError::NotFound { .. })) {
            unseen.push(stop(engine, run.id));
        }
    }
    let Ok(stopped) = tokio::time::timeout(END_LIMIT, futures::future::join_all(unseen)).await else {
        tracing::warn!("the answer of a deleted chat does not end in time");
        return;
    };
    for problem in stopped.into_iter().filter_map(Result::err) {
        tracing::error!(%problem, "the answer of a deleted chat goes on");
    }
}

#[cfg(test)]
mod tests {
    use aiia_protocol::chat::{ChatRef, DeleteChat};
    use aiia_protocol::operation::{ChatDelete, ChatPurge};

    use super::super::tests::{begun, session};
    use super::*;

    #[tokio::test]
    async fn a_run_that_nobody_drives_can_be_cancelled() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let run_id = begun(&engine).await.run.id;
        let run = session(&engine).run::<RunCancel>(RunRef { run_id }).await.unwrap();
        assert_eq!(run.status, RunStatus::Cancelled);
        assert_eq!(engine.store.list_running().await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn the_answer_of_a_deleted_chat_is_stopped() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let (gone, stays) = (begun(&engine).await, begun(&engine).await);
        let chat_id = gone.chat.id.clone();
        let session = session(&engine);
        session.run::<ChatDelete>(DeleteChat { chat_id: chat_id.clone(), if_version: None }).await.unwrap();
        assert_eq!(engine.store.list_running().await, Ok(vec![stays.run]));
        let stopped = session.run::<RunCancel>(RunRef { run_id: gone.run.id }).await.unwrap();
        assert_eq!(stopped.status, RunStatus::Cancelled);
        session.run::<ChatPurge>(ChatRef { chat_id }).await.unwrap();
    }
}
