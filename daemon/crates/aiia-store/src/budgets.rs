//! What makes budgets of tokens right: how models count, how fast they read, and summaries of what was said early in long chats.

use std::collections::HashMap;

use aiia_protocol::id::MessageId;

use crate::{Store, StoreError, clock, columns};

/// How much an older prompt weighs beside the newest one: what a model counts changes with what is sent to it.
const DECAY: f64 = 0.8;

/// How a model counts tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenFactor {
    /// Its tokens for one of ours.
    pub factor: f64,
    /// Prompts that were compared.
    pub samples: u64,
}

/// What a branch of a chat says up to a message, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The last message that it stands for.
    pub message_id: MessageId,
    /// What they say.
    pub text: String,
    /// How many messages it stands for.
    pub messages: u64,
    /// The model that made it, `provider/model`.
    pub model: String,
}

impl Store {
    /// Keeps in mind that a prompt of so many tokens by our count had so many by the model's.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn learn_tokens(&self, model: String, counted: u64, reported: u64) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "INSERT INTO token_factors (model, counted, reported, samples) VALUES (?1, ?2, ?3, 1)
                       ON CONFLICT (model) DO UPDATE SET counted = counted * ?4 + excluded.counted,
                           reported = reported * ?4 + excluded.reported, samples = samples + 1";
            columns::execute(connection, sql, (&model, counted as f64, reported as f64, DECAY)).map(|_| ())
        })
        .await
    }

    /// How a model counts tokens; `None` while nothing was compared.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn token_factor(&self, model: String) -> Result<Option<TokenFactor>, StoreError> {
        self.read(move |connection| {
            let sql =
                "SELECT reported / counted AS factor, samples FROM token_factors WHERE model = ?1 AND counted > 0";
            columns::first(connection, sql, [&model], |row| {
                Ok(TokenFactor { factor: row.get("factor")?, samples: columns::number(row, "samples")? })
            })
        })
        .await
    }

    /// Keeps in mind how many tokens of a prompt the model reads in a second on this machine.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn keep_prompt_speed(&self, model: String, tokens_per_second: f32) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "INSERT OR REPLACE INTO prompt_speeds (model, tokens_per_second) VALUES (?1, ?2)";
            columns::execute(connection, sql, (&model, f64::from(tokens_per_second))).map(|_| ())
        })
        .await
    }

    /// How many tokens of a prompt the model read in a second when that was measured last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn prompt_speed(&self, model: String) -> Result<Option<f32>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT tokens_per_second FROM prompt_speeds WHERE model = ?1";
            columns::first(connection, sql, [&model], |row| Ok(row.get::<_, f64>(0)? as f32))
        })
        .await
    }

    /// Keeps a summary; another one of the same message goes.
    ///
    /// # Errors
    /// `NotFound` for the message.
    pub async fn keep_summary(&self, summary: Summary) -> Result<(), StoreError> {
        self.write(move |connection| {
            let id = summary.message_id.as_str();
            let known = columns::first(connection, "SELECT 1 FROM messages WHERE id = ?1", [id], |_| Ok(()))?;
            known.ok_or_else(|| StoreError::not_found("message", &summary.message_id))?;
            let sql = "INSERT OR REPLACE INTO summaries (message_id, text, messages, model, created_at)
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let messages = i64::try_from(summary.messages).unwrap_or(i64::MAX);
            columns::execute(connection, sql, (id, &summary.text, messages, &summary.model, clock::now())).map(|_| ())
        })
        .await
    }

    /// The summary that reaches furthest along the branch `path`, and the place of its message in it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_summary(&self, path: Vec<MessageId>) -> Result<Option<(usize, Summary)>, StoreError> {
        let Some(chat_of) = path.first().cloned() else { return Ok(None) };
        let places: HashMap<String, usize> =
            path.iter().enumerate().map(|(place, id)| (id.as_str().to_owned(), place)).collect();
        let all = self
            .read(move |connection| {
                let sql = "SELECT s.message_id, s.text, s.messages, s.model FROM summaries s
                           JOIN messages m ON m.id = s.message_id
                           WHERE m.chat_id = (SELECT chat_id FROM messages WHERE id = ?1)";
                columns::all(connection, sql, [chat_of.as_str()], |row| {
                    Ok(Summary {
                        message_id: columns::id(row, "message_id")?,
                        text: row.get("text")?,
                        messages: columns::number(row, "messages")?,
                        model: row.get("model")?,
                    })
                })
            })
            .await?;
        let placed = all.into_iter().filter_map(|summary| Some((*places.get(summary.message_id.as_str())?, summary)));
        Ok(placed.max_by_key(|(place, _)| *place))
    }
}
