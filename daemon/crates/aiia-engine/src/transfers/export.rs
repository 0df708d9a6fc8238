//! Writes exports.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use aiia_exchange::{ArchiveWriter, Refused};
use aiia_protocol::archive::{ChatFile, FiledAttachment, ProjectFile};
use aiia_protocol::id::{AttachmentId, ChatId};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::project::Project;
use aiia_protocol::transfer::{ExportFormat, ExportedFile, Transfer, TransferKind};
use aiia_store::StoreError;
use tokio::sync::mpsc;

use super::{Job, fault, refused, whole_chat};
use crate::engine::Engine;

/// What is exported.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// A chat.
    Chat(ChatId),
    /// The chats of a project.
    Project(Box<Project>),
    /// Everything.
    All,
}

impl Engine {
    /// Starts an export.
    pub(crate) fn start_export(&self, subject: Subject, format: ExportFormat) -> Result<Transfer, Problem> {
        let job = self.transfers.begin(self, TransferKind::Export)?;
        let begun = job.state.borrow().clone();
        let engine = self.clone();
        tokio::spawn(async move {
            let place = engine.transfers.folder.join(format!("export-{}", job.id()));
            let outcome = run(&engine, &job, &place, subject, format).await;
            if outcome.is_err() || job.cancelled.is_cancelled() {
                let _ = std::fs::remove_file(&place);
            }
            let outcome = outcome.map(|file| {
                if !job.cancelled.is_cancelled() {
                    job.state.send_modify(|transfer| transfer.file = Some(file));
                }
            });
            job.end(&engine, outcome);
        });
        Ok(begun)
    }
}

async fn run(
    engine: &Engine,
    job: &Arc<Job>,
    place: &Path,
    subject: Subject,
    format: ExportFormat,
) -> Result<ExportedFile, Problem> {
    match subject {
        Subject::Chat(id) if format != ExportFormat::Zip => one(engine, place, id, format).await,
        subject => many(engine, job, place, subject).await,
    }
}

async fn one(engine: &Engine, place: &Path, id: ChatId, format: ExportFormat) -> Result<ExportedFile, Problem> {
    let mut file = match format {
        ExportFormat::Json => engine.store.export_chat_alone(id, false).await?,
        _ => engine.store.export_shown(id).await?,
    };
    let chats = 1;
    let messages = file.messages.iter().filter(|filed| filed.deleted_at.is_none()).count() as u64;
    let title = file.chat.title.clone();
    let path = place.display().to_string();
    if format == ExportFormat::Json {
        file.project = engine.store.export_projects(Some(file.chat.project_id.clone())).await?.pop();
        let bytes = whole_chat::write(&engine.store, place, file).await?;
        let (name, media_type) = (aiia_exchange::file_name(&title, "json"), "application/json".to_owned());
        return Ok(ExportedFile { name, path, media_type, bytes, chats, messages, note: None });
    }
    let place = place.to_path_buf();
    let (bytes, kind) = tokio::task::spawn_blocking(move || {
        let Rendered { content, kind } = rendered(&file, format)?;
        create(&place).and_then(|mut to| to.write_all(&content).and_then(|()| to.sync_all())).map_err(Refused::Io)?;
        Ok::<_, Refused>((content.len() as u64, kind))
    })
    .await
    .map_err(fault)?
    .map_err(refused)?;
    let name = aiia_exchange::file_name(&title, kind.extension);
    let media_type = kind.media_type.to_owned();
    Ok(ExportedFile { name, path, media_type, bytes, chats, messages, note: kind.note })
}

/// A chat in a format for one chat.
struct Rendered {
    content: Vec<u8>,
    kind: Kind,
}

/// What a file is.
struct Kind {
    extension: &'static str,
    media_type: &'static str,
    /// What is not in it as it was said.
    note: Option<String>,
}

fn rendered(file: &ChatFile, format: ExportFormat) -> Result<Rendered, Refused> {
    let of = |content, extension, media_type| Rendered { content, kind: Kind { extension, media_type, note: None } };
    Ok(match format {
        ExportFormat::Markdown => of(aiia_exchange::markdown(file).into_bytes(), "md", "text/markdown; charset=utf-8"),
        ExportFormat::Html => of(aiia_exchange::html(file).into_bytes(), "html", "text/html; charset=utf-8"),
        ExportFormat::Pdf => {
            let pdf = aiia_exchange::pdf(file);
            let mut rendered = of(pdf.bytes, "pdf", "application/pdf");
            rendered.kind.note = (pdf.missing > 0).then(|| boxes(pdf.missing));
            rendered
        }
        // These are not made whole in memory.
        ExportFormat::Json | ExportFormat::Zip => {
            return Err(Refused::Io(std::io::Error::other("the format is written otherwise")));
        }
    })
}

fn boxes(missing: usize) -> String {
    let characters =
        if missing == 1 { "One character is a box".to_owned() } else { format!("{missing} characters are boxes") };
    format!("{characters}: the fonts of PDF have no glyph for them. HTML and Markdown show everything.")
}

/// What an archive gets, one after the other: attachments before the first chat that has them.
enum Piece {
    Attachment(FiledAttachment),
    Chat(Box<ChatFile>),
}

/// Writes an archive while the next chats are read.
async fn many(engine: &Engine, job: &Arc<Job>, place: &Path, subject: Subject) -> Result<ExportedFile, Problem> {
    let (only, title) = match &subject {
        Subject::Project(project) => (Some(project.id.clone()), project.name.clone()),
        Subject::Chat(_) | Subject::All => (None, "aiia".to_owned()),
    };
    let deleted = matches!(subject, Subject::All);
    let (ids, projects) = match subject {
        Subject::Chat(id) => {
            let chat = engine.store.get_chat(id.clone()).await?;
            (vec![id], engine.store.export_projects(Some(chat.project_id)).await?)
        }
        _ => (engine.store.exported_chats(only.clone()).await?, engine.store.export_projects(only).await?),
    };
    job.change(engine, |transfer| transfer.total = Some(ids.len() as u64));
    let (send, receive) = mpsc::channel(1);
    let (finish, finished) = tokio::sync::oneshot::channel();
    let to = place.to_path_buf();
    let writing = tokio::task::spawn_blocking(move || write(&to, &projects, receive, finished));
    let mut reading = Reading { engine, deleted, to: send, sent: HashSet::new() };
    for (done, id) in (1..).zip(ids) {
        if job.cancelled.is_cancelled() || !reading.chat(id).await? {
            break;
        }
        job.count(engine, done);
    }
    drop(reading);
    let rest = if deleted {
        (engine.store.export_templates().await?, engine.store.export_usage().await?)
    } else {
        (Vec::new(), Vec::new())
    };
    let _ = finish.send(rest);
    let (bytes, chats, messages) = writing.await.map_err(fault)?.map_err(refused)?;
    let name = aiia_exchange::file_name(&title, "zip");
    let path = place.display().to_string();
    Ok(ExportedFile { name, path, media_type: "application/zip".to_owned(), bytes, chats, messages, note: None })
}

/// Reads chats for an archive.
struct Reading<'a> {
    engine: &'a Engine,
    /// Whether deleted ones go in, too.
    deleted: bool,
    to: mpsc::Sender<Piece>,
    /// The attachments that were handed over: copies of a chat share theirs.
    sent: HashSet<AttachmentId>,
}

impl Reading<'_> {
    /// Hands a chat over with what goes with its messages; `false` where nobody takes it any more. One that is deleted or purged
    /// meanwhile is left out.
    async fn chat(&mut self, id: ChatId) -> Result<bool, Problem> {
        match self.pieces(id).await {
            Err(StoreError::NotFound { .. }) => Ok(true),
            other => Ok(other?),
        }
    }

    async fn pieces(&mut self, id: ChatId) -> Result<bool, StoreError> {
        let chat = self.engine.store.export_chat_alone(id, self.deleted).await?;
        for filed in &chat.attachments {
            let id = &filed.attachment.id;
            if self.sent.contains(id) {
                continue;
            }
            let (attachment, data) = self.engine.store.attachment(id.clone()).await?;
            if self.to.send(Piece::Attachment(FiledAttachment { attachment, data })).await.is_err() {
                return Ok(false);
            }
            self.sent.insert(id.clone());
        }
        Ok(self.to.send(Piece::Chat(Box::new(chat))).await.is_ok())
    }
}

type Rest = (Vec<aiia_protocol::archive::FiledTemplate>, Vec<aiia_protocol::archive::FiledUsage>);

fn write(
    to: &Path,
    projects: &[ProjectFile],
    mut pieces: mpsc::Receiver<Piece>,
    finished: tokio::sync::oneshot::Receiver<Rest>,
) -> Result<(u64, u64, u64), Refused> {
    let file = BufWriter::with_capacity(1 << 18, create(to)?);
    let mut archive = ArchiveWriter::new(file, jiff::Timestamp::now().to_string(), projects)?;
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Attachment(attachment) => archive.attachment(&attachment)?,
            Piece::Chat(chat) => archive.chat(&chat)?,
        }
    }
    let Ok((templates, usage)) = finished.blocking_recv() else {
        return Err(Refused::Io(std::io::Error::other("the export was given up")));
    };
    let (file, manifest) = archive.finish(&templates, &usage)?;
    let file = file.into_inner().map_err(|error| Refused::Io(error.into_error()))?;
    file.sync_all()?;
    Ok((file.metadata()?.len(), manifest.chats, manifest.messages))
}

/// A new file that its owner alone may read.
pub(super) fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// What a request for an export asks for.
///
/// # Errors
/// When it asks for both a chat and a project, or for a format that there is not for it.
pub(crate) fn format_of(subject: &Subject, wanted: Option<ExportFormat>) -> Result<ExportFormat, Problem> {
    match (subject, wanted) {
        (Subject::Chat(_), None) => Ok(ExportFormat::Json),
        (_, None | Some(ExportFormat::Zip)) => Ok(ExportFormat::Zip),
        (Subject::Chat(_), Some(format)) => Ok(format),
        (_, Some(_)) => Err(Problem::new(ProblemCode::InvalidParams, "Many chats are exported as ZIP alone.")
            .with_error("/format", "only `zip` for more than one chat")),
    }
}
