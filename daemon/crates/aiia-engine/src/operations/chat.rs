//! `chat.*` and `message.*`

use aiia_protocol::Empty;
use aiia_protocol::chat::{Chat, ChatRef, CreateChat, ListChats, UpdateChat};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::message::{ListMessages, Message};
use aiia_protocol::operation::{ChatCreate, ChatDelete, ChatGet, ChatList, ChatUpdate, MessageList};
use aiia_protocol::page::Page;
use aiia_protocol::problem::Problem;

use crate::dispatch::{Handle, Reply};
use crate::session::Session;

impl Handle for ChatList {
    async fn handle(session: &Session, params: ListChats) -> Result<Reply<Page<Chat>>, Problem> {
        Ok(Reply::One(session.engine().store.list_chats(params).await?))
    }
}

impl Handle for ChatCreate {
    async fn handle(session: &Session, params: CreateChat) -> Result<Reply<Chat>, Problem> {
        let chat = session.engine().store.create_chat(params).await?;
        changed(session, Change::Created, &chat);
        Ok(Reply::One(chat))
    }
}

impl Handle for ChatGet {
    async fn handle(session: &Session, params: ChatRef) -> Result<Reply<Chat>, Problem> {
        Ok(Reply::One(session.engine().store.get_chat(params.chat_id).await?))
    }
}

impl Handle for ChatUpdate {
    async fn handle(session: &Session, params: UpdateChat) -> Result<Reply<Chat>, Problem> {
        let chat = session.engine().store.update_chat(params).await?;
        changed(session, Change::Updated, &chat);
        Ok(Reply::One(chat))
    }
}

impl Handle for ChatDelete {
    async fn handle(session: &Session, params: ChatRef) -> Result<Reply<Empty>, Problem> {
        let chat = session.engine().store.get_chat(params.chat_id.clone()).await?;
        session.engine().store.delete_chat(params.chat_id).await?;
        changed(session, Change::Deleted, &chat);
        Ok(Reply::One(Empty {}))
    }
}

impl Handle for MessageList {
    async fn handle(session: &Session, params: ListMessages) -> Result<Reply<Page<Message>>, Problem> {
        Ok(Reply::One(session.engine().store.list_messages(params).await?))
    }
}

pub(super) fn changed(session: &Session, change: Change, chat: &Chat) {
    session.engine().publish((Entity::Chat, change), &chat.id, Some(&chat.project_id), Some(&chat.id));
}
