//! `export.*`, `import.*` and `transfer.*`

use std::io::Cursor;
use std::path::{Path, PathBuf};

use aiia_protocol::operation::{ExportStart, ImportStart, Scope, TransferCancel, TransferGet};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::transfer::{GetTransfer, StartExport, StartImport, Transfer, TransferRef};

use crate::dispatch::{Handle, Reply};
use crate::reach;
use crate::session::Session;
use crate::transfers::{self, Subject};

impl Handle for ExportStart {
    async fn handle(session: &Session, params: StartExport) -> Result<Reply<Transfer>, Problem> {
        let store = &session.engine().store;
        // What there is not is told at once.
        let subject = match (params.chat_id, params.project_id) {
            (Some(chat_id), None) => Subject::Chat(store.get_chat(chat_id).await?.id),
            (None, Some(project_id)) => Subject::Project(Box::new(store.get_project(project_id).await?)),
            (None, None) => Subject::All,
            (Some(_), Some(_)) => {
                return Err(Problem::new(ProblemCode::InvalidParams, "Either a chat or a project can be exported.")
                    .with_error("/project_id", "not together with `chat_id`"));
            }
        };
        let format = transfers::format_of(&subject, params.format)?;
        Ok(Reply::One(session.engine().start_export(subject, format)?))
    }
}

impl Handle for ImportStart {
    async fn handle(session: &Session, params: StartImport) -> Result<Reply<Transfer>, Problem> {
        let engine = session.engine();
        if let Some(project_id) = &params.project_id {
            engine.store.get_project(project_id.clone()).await?;
        }
        let (input, place) = match (params.path, params.content) {
            (Some(path), None) => {
                // What was handed over by a client is its own.
                if !engine.transfers.is_upload(Path::new(&path)) {
                    reach::check(session, Path::new(&path)).await?;
                }
                (transfers::open(&path)?, Some(PathBuf::from(path)))
            }
            (None, Some(content)) => (Box::new(Cursor::new(content)) as _, None),
            _ => {
                return Err(Problem::new(ProblemCode::InvalidParams, "Either `path` or `content` is needed.")
                    .with_error("/path", "this or `content`"));
            }
        };
        Ok(Reply::One(engine.start_import(
            input,
            params.project_id,
            session.scope() >= Scope::Admin,
            place.as_deref(),
        )?))
    }
}

impl Handle for TransferGet {
    async fn handle(session: &Session, params: GetTransfer) -> Result<Reply<Transfer>, Problem> {
        Ok(Reply::One(session.engine().transfers.get(&params.transfer_id, params.wait).await?))
    }
}

impl Handle for TransferCancel {
    async fn handle(session: &Session, params: TransferRef) -> Result<Reply<Transfer>, Problem> {
        Ok(Reply::One(session.engine().transfers.cancel(&params.transfer_id).await?))
    }
}
