//! Files that clients have open.

use aiia_protocol::document::{FoundUnsaved, UnsavedDocument, UnsavedDocuments};
use aiia_protocol::operation::DocumentUnsaved;
use aiia_protocol::problem::Problem;

use crate::dispatch::{Handle, Reply};
use crate::session::Session;

impl Handle for DocumentUnsaved {
    async fn handle(session: &Session, params: UnsavedDocuments) -> Result<Reply<FoundUnsaved>, Problem> {
        let found = params.documents.into_iter().filter_map(|document| {
            let client = session.client_with_another_text(&document.path, &document.text)?;
            Some(UnsavedDocument { path: document.path, client })
        });
        Ok(Reply::One(FoundUnsaved { items: found.collect() }))
    }
}
