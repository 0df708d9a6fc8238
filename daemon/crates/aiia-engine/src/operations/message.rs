//! `message.*`

use aiia_protocol::chat::Chat;
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::MessageId;
use aiia_protocol::message::{
    AnswerMessage, Answers, BranchChange, DeleteMessage, EditMessage, ListMessages, Message, MessageRef, MessageStatus,
    Role, UpdateMessage,
};
use aiia_protocol::operation::{
    MessageAnswer, MessageChoose, MessageContinue, MessageDelete, MessageEdit, MessageGet, MessageList, MessageRestore,
    MessageUpdate,
};
use aiia_protocol::page::Page;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::Run;
use aiia_protocol::settings::Parameters;

use super::{chat, run};
use crate::dispatch::{Handle, Reply};
use crate::session::Session;
use crate::settings::Wishes;

impl Handle for MessageList {
    async fn handle(session: &Session, params: ListMessages) -> Result<Reply<Page<Message>>, Problem> {
        Ok(Reply::One(session.engine().store.list_messages(params).await?))
    }
}

impl Handle for MessageGet {
    async fn handle(session: &Session, params: MessageRef) -> Result<Reply<Message>, Problem> {
        Ok(Reply::One(session.engine().store.get_message(params.message_id).await?))
    }
}

impl Handle for MessageUpdate {
    async fn handle(session: &Session, params: UpdateMessage) -> Result<Reply<Message>, Problem> {
        let store = &session.engine().store;
        let message = store.update_message(params).await?;
        let chat = store.get_chat(message.chat_id.clone()).await?;
        changed(session, Change::Updated, &message.id, &chat);
        Ok(Reply::One(message))
    }
}

impl Handle for MessageEdit {
    async fn handle(session: &Session, params: EditMessage) -> Result<Reply<Message>, Problem> {
        let engine = session.engine();
        let old = engine.store.get_message(params.message_id.clone()).await?;
        run::check_content(&params.content, !old.attachments.is_empty())?;
        let (message, chat) = engine.store.edit_message(params.message_id, params.content).await?;
        changed(session, Change::Created, &message.id, &chat);
        chat::changed(session, Change::Updated, &chat);
        Ok(Reply::One(message))
    }
}

impl Handle for MessageChoose {
    async fn handle(session: &Session, params: MessageRef) -> Result<Reply<Chat>, Problem> {
        let chat = session.engine().store.choose_branch(params.message_id).await?;
        chat::changed(session, Change::Updated, &chat);
        Ok(Reply::One(chat))
    }
}

impl Handle for MessageDelete {
    async fn handle(session: &Session, params: DeleteMessage) -> Result<Reply<BranchChange>, Problem> {
        let store = &session.engine().store;
        let (change, chat) = store.delete_branch(params.message_id.clone(), params.if_version).await?;
        changed(session, Change::Deleted, &params.message_id, &chat);
        chat::changed(session, Change::Updated, &chat);
        Ok(Reply::One(change))
    }
}

impl Handle for MessageRestore {
    async fn handle(session: &Session, params: MessageRef) -> Result<Reply<BranchChange>, Problem> {
        let (change, chat) = session.engine().store.restore_branch(params.message_id.clone()).await?;
        if change.messages > 0 {
            changed(session, Change::Created, &params.message_id, &chat);
            chat::changed(session, Change::Updated, &chat);
        }
        Ok(Reply::One(change))
    }
}

impl Handle for MessageAnswer {
    async fn handle(session: &Session, params: AnswerMessage) -> Result<Reply<Answers>, Problem> {
        let candidates = params.candidates.unwrap_or(1);
        if !(1..=run::MAX_CANDIDATES).contains(&(candidates as usize)) {
            let detail = format!("There can be 1 to {} answers at once, not {candidates}.", run::MAX_CANDIDATES);
            return Err(Problem::new(ProblemCode::InvalidParams, detail).with_error("/candidates", "out of range"));
        }
        let question = question(session, params.message_id).await?;
        let wishes = Wishes {
            model: params.model.as_deref(),
            system_prompt: params.system_prompt.as_deref(),
            parameters: &params.parameters,
        };
        let items = run::answer(session, question, wishes, candidates as usize, None).await?;
        Ok(Reply::One(Answers { items }))
    }
}

impl Handle for MessageContinue {
    async fn handle(session: &Session, params: MessageRef) -> Result<Reply<Run>, Problem> {
        let cut = session.engine().store.get_message(params.message_id).await?;
        let refused = match (cut.role, cut.status) {
            (Role::Assistant, MessageStatus::Streaming) => Some("The answer is still being written."),
            (Role::Assistant, _) if cut.content.trim().is_empty() => Some("There is nothing to go on from."),
            (Role::Assistant, _) => None,
            _ => Some("Only an answer can be continued."),
        };
        if let Some(detail) = refused {
            return Err(Problem::new(ProblemCode::Conflict, detail).with_hint("Ask again with message.answer instead."));
        }
        let question = question(session, cut.id.clone()).await?;
        let alone = Parameters::default();
        let model = cut.model.clone();
        let wishes = Wishes { model: model.as_deref(), system_prompt: None, parameters: &alone };
        let mut runs = run::answer(session, question, wishes, 1, Some(cut)).await?;
        let run = runs.pop();
        run.map(Reply::One).ok_or_else(|| Problem::new(ProblemCode::Internal, "No run was started."))
    }
}

/// The message itself where the user said it, else the one that it answers.
async fn question(session: &Session, id: MessageId) -> Result<Message, Problem> {
    let store = &session.engine().store;
    let message = store.get_message(id).await?;
    match (message.role, &message.parent_id) {
        (Role::User, _) => Ok(message),
        (Role::Assistant, Some(parent)) => Ok(store.get_message(parent.clone()).await?),
        _ => Err(Problem::new(ProblemCode::Conflict, "The message is no question, and answers none.")),
    }
}

fn changed(session: &Session, change: Change, id: &MessageId, chat: &Chat) {
    session.engine().publish((Entity::Message, change), id, Some(&chat.project_id), Some(&chat.id));
}
