//! Answers that are kept to be given again, and answers of several models to one question.

use aiia_protocol::action::ActionKind;
use aiia_protocol::id::{ChatId, MessageId, RunId};

use crate::runs::{begin_beside, get, is_running};
use crate::{AnswerBeside, BegunRun, Store, StoreError, clock, columns};

/// At most so many answers are kept.
const MOST: i64 = 2000;

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// What the model said.
    pub text: String,
    /// When (RFC 3339, UTC).
    pub created_at: String,
}

impl Store {
    /// Begins further answers to a question, each of its own model and with its own settings, all in one transaction; `action` is the
    /// one that the question belongs to. The chat goes on showing what it shows.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` when the message is none of the user.
    pub async fn begin_beside(
        &self,
        question: MessageId,
        action: Option<ActionKind>,
        answers: Vec<AnswerBeside>,
    ) -> Result<Vec<BegunRun>, StoreError> {
        self.write(move |connection| begin_beside(connection, &question, action, &answers)).await
    }

    /// The answer that is kept under `key` and not older than `days`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn kept_answer(&self, key: String, days: u32) -> Result<Option<KeptAnswer>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT text, created_at FROM answer_cache
                       WHERE key = ?1 AND created_at >= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?2)";
            columns::first(connection, sql, (&key, format!("-{days} days")), |row| {
                Ok(KeptAnswer { text: row.get("text")?, created_at: row.get("created_at")? })
            })
        })
        .await
    }

    /// Keeps an answer under `key`, in place of the one before, and lets go of those that are older than `days` and of the
    /// oldest ones where there are too many.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn keep_answer(&self, key: String, chat: ChatId, text: String, days: u32) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "INSERT OR REPLACE INTO answer_cache (key, chat_id, text, created_at) VALUES (?1, ?2, ?3, ?4)";
            columns::execute(connection, sql, (&key, chat.as_str(), &text, clock::now()))?;
            let sql = "DELETE FROM answer_cache WHERE created_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?1)
                       OR key IN (SELECT key FROM answer_cache ORDER BY created_at DESC LIMIT -1 OFFSET ?2)";
            columns::execute(connection, sql, (format!("-{days} days"), MOST)).map(|_| ())
        })
        .await
    }

    /// Says that a run that goes on is answered by what was kept.
    ///
    /// # Errors
    /// `NotFound`; `State` when the run has ended.
    pub async fn answered_from_cache(&self, run_id: RunId) -> Result<(), StoreError> {
        self.write(move |connection| {
            is_running(&get(connection, &run_id)?)?;
            columns::execute(connection, "UPDATE runs SET from_cache = 1 WHERE id = ?1", [run_id.as_str()]).map(|_| ())
        })
        .await
    }
}
