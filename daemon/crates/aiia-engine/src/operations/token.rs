//! `token.*` and `audit.*`

use aiia_protocol::Empty;
use aiia_protocol::audit::{AuditEntry, ListAudit};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::operation::{AuditList, TokenCreate, TokenDelete, TokenList};
use aiia_protocol::page::Page;
use aiia_protocol::problem::Problem;
use aiia_protocol::token::{CreateToken, NewToken, TokenList as Tokens, TokenRef};
use jiff::Timestamp;

use crate::dispatch::{Handle, Reply};
use crate::session::Session;

impl Handle for TokenCreate {
    async fn handle(session: &Session, params: CreateToken) -> Result<Reply<NewToken>, Problem> {
        let engine = session.engine();
        let new = engine.tokens.create(params, Timestamp::now())?;
        engine.publish((Entity::Token, Change::Created), &new.token.id, None, None);
        Ok(Reply::One(new))
    }
}

impl Handle for TokenList {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Tokens>, Problem> {
        Ok(Reply::One(Tokens { items: session.engine().tokens.list() }))
    }
}

impl Handle for TokenDelete {
    async fn handle(session: &Session, params: TokenRef) -> Result<Reply<Empty>, Problem> {
        let engine = session.engine();
        engine.tokens.revoke(&params.token_id)?;
        engine.publish((Entity::Token, Change::Deleted), &params.token_id, None, None);
        Ok(Reply::One(Empty {}))
    }
}

impl Handle for AuditList {
    async fn handle(session: &Session, params: ListAudit) -> Result<Reply<Page<AuditEntry>>, Problem> {
        Ok(Reply::One(session.engine().store.list_audit(params).await?))
    }
}
