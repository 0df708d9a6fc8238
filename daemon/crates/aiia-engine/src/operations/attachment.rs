//! `attachment.*`

use aiia_protocol::attachment::{Attachment, AttachmentContent, AttachmentRef, CreateAttachment};
use aiia_protocol::id::AttachmentId;
use aiia_protocol::operation::{AttachmentCreate, AttachmentGet, Operation};
use aiia_protocol::problem::Problem;

use crate::attachments;
use crate::dispatch::{self, Handle, Reply};
use crate::session::Session;

impl Handle for AttachmentCreate {
    async fn handle(session: &Session, params: CreateAttachment) -> Result<Reply<Attachment>, Problem> {
        let data = attachments::decode(&params.content)?;
        let attachment = attachments::inspect(&params.name, &data)?;
        session.engine().store.create_attachment(attachment.clone(), data).await?;
        Ok(Reply::One(attachment))
    }
}

impl Session {
    /// An attachment with its content as bytes.
    ///
    /// # Errors
    /// When the client may not, or there is none.
    pub async fn attachment(&self, id: AttachmentId) -> Result<(Attachment, Vec<u8>), Problem> {
        dispatch::check_scope(self, AttachmentGet::ROW)?;
        Ok(self.engine().store.attachment(id).await?)
    }
}

impl Handle for AttachmentGet {
    async fn handle(session: &Session, params: AttachmentRef) -> Result<Reply<AttachmentContent>, Problem> {
        let (attachment, data) = session.engine().store.attachment(params.attachment_id).await?;
        Ok(Reply::One(AttachmentContent { attachment, content: attachments::encode(&data) }))
    }
}
