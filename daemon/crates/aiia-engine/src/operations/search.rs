//! `search.query`

use aiia_protocol::operation::SearchQuery;
use aiia_protocol::page::Page;
use aiia_protocol::problem::Problem;
use aiia_protocol::search::{Search, SearchHit};

use crate::dispatch::{Handle, Reply};
use crate::session::Session;

impl Handle for SearchQuery {
    async fn handle(session: &Session, params: Search) -> Result<Reply<Page<SearchHit>>, Problem> {
        Ok(Reply::One(session.engine().store.search(params).await?))
    }
}
