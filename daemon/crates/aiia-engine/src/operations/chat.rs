//! `chat.*` and `tag.*`

use aiia_protocol::Empty;
use aiia_protocol::chat::{
    ChangeChats, ChangedChats, Chat, ChatRef, ChatSettings as ChatSettingsResult, CreateChat, DeleteChat, ForkChat,
    ForkScope, ListChats, TagList as Tags, UpdateChat,
};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::operation::{
    ChatBulk, ChatCreate, ChatDelete, ChatDuplicate, ChatFork, ChatGet, ChatList, ChatPurge, ChatRestore, ChatSettings,
    ChatUpdate, TagList,
};
use aiia_protocol::page::Page;
use aiia_protocol::problem::Problem;

use super::run;
use crate::dispatch::{Handle, Reply};
use crate::session::Session;
use crate::settings;

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
    async fn handle(session: &Session, params: DeleteChat) -> Result<Reply<Empty>, Problem> {
        let chat = session.engine().store.get_chat(params.chat_id.clone()).await?;
        session.engine().store.delete_chat(params.chat_id, params.if_version).await?;
        changed(session, Change::Deleted, &chat);
        run::stop_of_deleted(session.engine()).await;
        Ok(Reply::One(Empty {}))
    }
}

impl Handle for ChatBulk {
    async fn handle(session: &Session, params: ChangeChats) -> Result<Reply<ChangedChats>, Problem> {
        let change = match params.deleted {
            Some(true) => Change::Deleted,
            Some(false) => Change::Created,
            None => Change::Updated,
        };
        let chats = session.engine().store.change_chats(params).await?;
        for chat in &chats {
            changed(session, change, chat);
        }
        if change == Change::Deleted {
            run::stop_of_deleted(session.engine()).await;
        }
        Ok(Reply::One(ChangedChats { changed: chats.len() as u64 }))
    }
}

impl Handle for ChatRestore {
    async fn handle(session: &Session, params: ChatRef) -> Result<Reply<Chat>, Problem> {
        let chat = session.engine().store.restore_chat(params.chat_id).await?;
        changed(session, Change::Created, &chat);
        Ok(Reply::One(chat))
    }
}

impl Handle for ChatPurge {
    async fn handle(session: &Session, params: ChatRef) -> Result<Reply<Empty>, Problem> {
        let chat = session.engine().store.purge_chat(params.chat_id).await?;
        changed(session, Change::Deleted, &chat);
        Ok(Reply::One(Empty {}))
    }
}

impl Handle for ChatDuplicate {
    async fn handle(session: &Session, params: ChatRef) -> Result<Reply<Chat>, Problem> {
        let ChatRef { chat_id } = params;
        let scope = ForkScope::Everything;
        let chat = session.engine().store.fork_chat(ForkChat { chat_id, message_id: None, scope, title: None }).await?;
        changed(session, Change::Created, &chat);
        Ok(Reply::One(chat))
    }
}

impl Handle for ChatFork {
    async fn handle(session: &Session, params: ForkChat) -> Result<Reply<Chat>, Problem> {
        let chat = session.engine().store.fork_chat(params).await?;
        changed(session, Change::Created, &chat);
        Ok(Reply::One(chat))
    }
}

impl Handle for ChatSettings {
    async fn handle(session: &Session, params: ChatRef) -> Result<Reply<ChatSettingsResult>, Problem> {
        let engine = session.engine();
        let chat = engine.store.get_chat(params.chat_id).await?;
        let project = engine.store.get_project(chat.project_id.clone()).await?;
        Ok(Reply::One(ChatSettingsResult { settings: settings::in_force(session, &project, Some(&chat)).await }))
    }
}

impl Handle for TagList {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Tags>, Problem> {
        Ok(Reply::One(session.engine().store.list_tags().await?))
    }
}

pub(super) fn changed(session: &Session, change: Change, chat: &Chat) {
    session.engine().publish((Entity::Chat, change), &chat.id, Some(&chat.project_id), Some(&chat.id));
}
