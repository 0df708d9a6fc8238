//! How a run begins: a question, an empty answer, and the run that fills it.

use aiia_protocol::action::ActionKind;
use aiia_protocol::chat::Chat;
use aiia_protocol::id::{AttachmentId, ChatId, MessageId, RunId};
use aiia_protocol::message::{Message, MessageStatus, Role};
use aiia_protocol::run::{Run, RunStatus};
use aiia_protocol::settings::Settings;
use aiia_protocol::usage::TokenPrice;
use rusqlite::{Connection, params};

use super::get;
use crate::messages::NewMessage;
use crate::{Store, StoreError, attachments, chats, clock, columns, messages, usage};

/// What [`Store::begin_run`] takes.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// The chat.
    pub chat_id: ChatId,
    /// The message that the user answers; the chat's head where absent. Another message starts a branch.
    pub parent_id: Option<MessageId>,
    /// The message of the user that this is another wording of; it becomes its sibling.
    pub replaces: Option<MessageId>,
    /// What the user says.
    pub content: String,
    /// What goes with it; where absent, what goes with the message that it replaces.
    pub attachments: Option<Vec<AttachmentId>>,
    /// The model that will answer, `provider/model`.
    pub model: String,
    /// What it costs now, where known.
    pub price: Option<TokenPrice>,
    /// The action, where it is one and not a plain chat turn.
    pub action: Option<ActionKind>,
    /// What the answer is made with.
    pub settings: Settings,
}

/// What [`Store::begin_answers`] takes.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAnswers {
    /// The message of the user that is answered.
    pub question: MessageId,
    /// The model that will answer, `provider/model`.
    pub model: String,
    /// What it costs now, where known.
    pub price: Option<TokenPrice>,
    /// What the first answer is made with.
    pub settings: Settings,
    /// What further ones are made with.
    pub more: Settings,
    /// How many.
    pub count: usize,
}

/// An answer that [`Store::begin_beside`] begins.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerBeside {
    /// The model that will answer, `provider/model`.
    pub model: String,
    /// What it costs now, where known.
    pub price: Option<TokenPrice>,
    /// What the answer is made with.
    pub settings: Settings,
}

/// What [`Store::begin_run`] gives: everything that it wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct BegunRun {
    /// The run.
    pub run: Run,
    /// The chat, with its new head and title.
    pub chat: Chat,
    /// What the user said.
    pub user_message: Message,
    /// The answer, still empty.
    pub message: Message,
}

impl Store {
    /// Begins a run, all in one transaction: the user's message, the answer (empty, streaming), the run, the chat's head on
    /// the answer, and the chat's title where it has none.
    ///
    /// # Errors
    /// `NotFound` for the chat or the parent, `InvalidInput` when the parent belongs to another chat.
    pub async fn begin_run(&self, run: NewRun) -> Result<BegunRun, StoreError> {
        self.write(move |connection| begin(connection, &run)).await
    }

    /// Begins further answers to a question, all in one transaction. The chat shows the first one; answers that are there
    /// stay beside it.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` when the message is none of the user.
    pub async fn begin_answers(&self, new: NewAnswers) -> Result<Vec<BegunRun>, StoreError> {
        self.write(move |connection| begin_answers(connection, &new)).await
    }
}

fn begin(connection: &Connection, new: &NewRun) -> Result<BegunRun, StoreError> {
    let chat = chats::get(connection, &new.chat_id)?;
    if let Some(parent) = &new.parent_id {
        messages::require_in_chat(connection, parent, &chat.id, "/parent_id")?;
    }
    let parent_id = match &new.replaces {
        None => new.parent_id.clone().or_else(|| chat.head_id.clone()),
        Some(_) if new.parent_id.is_some() => {
            return Err(StoreError::invalid("/replaces", "Another wording stands where the first one stands."));
        }
        Some(replaced) => {
            messages::require_in_chat(connection, replaced, &chat.id, "/replaces")?;
            let replaced = messages::get_shown(connection, replaced)?;
            if replaced.role != Role::User {
                return Err(StoreError::invalid("/replaces", "Only a message of the user has another wording."));
            }
            replaced.parent_id
        }
    };
    if let Some(parent) = &parent_id
        && messages::get(connection, parent)?.status == MessageStatus::Streaming
    {
        return Err(StoreError::state("An answer of the chat is still being written; wait for its end, or stop it."));
    }
    let question = messages::insert(
        connection,
        &NewMessage {
            chat_id: &chat.id,
            parent_id: parent_id.as_ref(),
            role: Role::User,
            content: &new.content,
            status: MessageStatus::Complete,
            model: None,
        },
    )?;
    match (&new.attachments, &new.replaces) {
        (Some(attachments), _) => attachments::attach(connection, &question, attachments)?,
        (None, Some(replaced)) => attachments::copy(connection, replaced.as_str(), question.as_str())?,
        (None, None) => {}
    }
    let (run, answer) =
        begin_answer(connection, &chat, &question, (&new.model, new.price.as_ref()), new.action, &new.settings)?;
    let question_said = messages::get(connection, &question)?;
    // A question that is an image alone is called after it.
    let name = question_said.attachments.first().map_or("", |attachment| attachment.name.as_str());
    chats::entitle(connection, &chat, if new.content.trim().is_empty() { name } else { &new.content })?;
    Ok(BegunRun {
        chat: chats::extend(connection, &chat, &answer, 2)?,
        run: get(connection, &run)?,
        user_message: question_said,
        message: messages::get(connection, &answer)?,
    })
}

fn begin_answers(connection: &Connection, new: &NewAnswers) -> Result<Vec<BegunRun>, StoreError> {
    let question = messages::get_shown(connection, &new.question)?;
    if question.role != Role::User {
        return Err(StoreError::invalid("/message_id", "Only a message of the user can be answered."));
    }
    let chat = chats::get(connection, &question.chat_id)?;
    let mut begun = Vec::with_capacity(new.count);
    for number in 0..new.count {
        begun.push(begin_answer(
            connection,
            &chat,
            &question.id,
            (&new.model, new.price.as_ref()),
            None,
            if number == 0 { &new.settings } else { &new.more },
        )?);
    }
    let Some((_, first)) = begun.first() else { return Ok(Vec::new()) };
    let chat = chats::extend(connection, &chat, first, begun.len())?;
    begun
        .iter()
        .map(|(run, answer)| {
            Ok(BegunRun {
                run: get(connection, run)?,
                chat: chat.clone(),
                user_message: question.clone(),
                message: messages::get(connection, answer)?,
            })
        })
        .collect()
}

/// Begins an answer of each model to `question`, which is that of an action where one is given; the chat goes on showing what it shows.
pub(crate) fn begin_beside(
    connection: &Connection,
    question: &MessageId,
    action: Option<ActionKind>,
    answers: &[AnswerBeside],
) -> Result<Vec<BegunRun>, StoreError> {
    let question = messages::get_shown(connection, question)?;
    if question.role != Role::User {
        return Err(StoreError::invalid("/message_id", "Only a message of the user can be answered."));
    }
    let chat = chats::get(connection, &question.chat_id)?;
    let mut begun = Vec::with_capacity(answers.len());
    for AnswerBeside { model, price, settings } in answers {
        begun.push(begin_answer(connection, &chat, &question.id, (model, price.as_ref()), action, settings)?);
    }
    let Some(shown) = chat.head_id.clone().or_else(|| begun.first().map(|(_, answer)| answer.clone())) else {
        return Ok(Vec::new());
    };
    let chat = chats::extend(connection, &chat, &shown, begun.len())?;
    let whole = |(run, answer): (RunId, MessageId)| {
        Ok(BegunRun {
            run: get(connection, &run)?,
            chat: chat.clone(),
            user_message: question.clone(),
            message: messages::get(connection, &answer)?,
        })
    };
    begun.into_iter().map(whole).collect()
}

/// Writes an empty answer to `question` and the run that fills it. The price is kept from here on: it is that of the moment of the
/// question, also when the process dies before the answer is whole.
fn begin_answer(
    connection: &Connection,
    chat: &Chat,
    question: &MessageId,
    (model, price): (&str, Option<&TokenPrice>),
    action: Option<ActionKind>,
    settings: &Settings,
) -> Result<(RunId, MessageId), StoreError> {
    let answer = messages::insert(
        connection,
        &NewMessage {
            chat_id: &chat.id,
            parent_id: Some(question),
            role: Role::Assistant,
            content: "",
            status: MessageStatus::Streaming,
            model: Some(model),
        },
    )?;
    let id: RunId = clock::new_id();
    columns::execute(
        connection,
        "INSERT INTO runs (id, chat_id, user_message_id, message_id, action, model, settings, status, created_at, price)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            id.as_str(),
            chat.id.as_str(),
            question.as_str(),
            answer.as_str(),
            action.map(ActionKind::as_str),
            model,
            columns::to_json(settings)?,
            columns::to_name(&RunStatus::Running)?,
            clock::now(),
            usage::price_column(price)?,
        ],
    )?;
    Ok((id, answer))
}
