//! Exports and imports that go on, and those that ended not long ago.

mod export;
mod filed_edits;
mod import;
mod whole_chat;

use std::collections::HashSet;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::TransferId;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::transfer::{Transfer, TransferKind, TransferStatus};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;

pub(crate) use export::{Subject, format_of};
pub(crate) use import::open;

/// How long a transfer and its file are kept after its end.
pub(crate) const AGE: Duration = Duration::from_hours(24);
/// How long an answer may wait for the end of a transfer.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// Transfers at the same time.
const MOST_RUNNING: usize = 4;
/// How often progress is told, in chats.
const STEP: u64 = 64;

/// Where files of exports are, and what is handed over to be imported.
pub(crate) fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("exchange")
}

/// What an import reads.
pub(crate) trait Input: Read + Seek + Send {}
impl<T: Read + Seek + Send> Input for T {}

/// The transfers of an engine.
#[derive(Debug)]
pub(crate) struct Transfers {
    folder: PathBuf,
    known: Mutex<Vec<Arc<Job>>>,
    /// Places of files that are handed over and that no import has taken yet.
    uploads: Mutex<HashSet<PathBuf>>,
}

/// A transfer that goes on or has ended.
#[derive(Debug)]
pub(crate) struct Job {
    state: watch::Sender<Transfer>,
    cancelled: CancellationToken,
    ended: Mutex<Option<Instant>>,
}

impl Transfers {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self { folder: folder(data_dir), known: Mutex::default(), uploads: Mutex::default() }
    }

    /// The transfer as it is, or as it is at its end.
    pub(crate) async fn get(&self, id: &TransferId, wait: bool) -> Result<Transfer, Problem> {
        let job = self.find(id)?;
        let mut state = job.state.subscribe();
        if wait {
            let ended = state.wait_for(|transfer| transfer.status != TransferStatus::Running);
            let _ = tokio::time::timeout(LONGEST_WAIT, ended).await;
        }
        let transfer = state.borrow().clone();
        Ok(transfer)
    }

    /// Asks for the end of a transfer, and gives it as it is then.
    pub(crate) async fn cancel(&self, id: &TransferId) -> Result<Transfer, Problem> {
        self.find(id)?.cancelled.cancel();
        self.get(id, true).await
    }

    fn find(&self, id: &TransferId) -> Result<Arc<Job>, Problem> {
        let known = self.known.lock();
        let job = known.iter().find(|job| job.state.borrow().id == *id).map(Arc::clone);
        job.ok_or_else(|| {
            Problem::not_found("transfer", id).with_hint("Exports and imports are known until a day after their end.")
        })
    }

    /// Forgets the transfers that ended longer ago than `age`, with their files.
    pub(crate) fn forget_older(&self, age: Duration) {
        let is_old = |job: &Arc<Job>| job.ended().is_some_and(|ended| ended.elapsed() >= age);
        let old: Vec<Arc<Job>> = self.known.lock().extract_if(.., |job| is_old(job)).collect();
        for file in old.iter().filter_map(|job| job.state.borrow().file.clone()) {
            if let Err(error) = std::fs::remove_file(&file.path) {
                tracing::debug!(path = file.path, %error, "an old export is not there any more");
            }
        }
    }

    fn begin(&self, engine: &Engine, kind: TransferKind) -> Result<Arc<Job>, Problem> {
        self.forget_older(AGE);
        let mut known = self.known.lock();
        if known.iter().filter(|job| job.ended().is_none()).count() >= MOST_RUNNING {
            let detail = format!("{MOST_RUNNING} exports and imports go on at once already.");
            return Err(Problem::new(ProblemCode::RateLimited, detail).with_hint("Wait for one of them to end."));
        }
        let transfer = Transfer {
            id: TransferId(uuid::Uuid::now_v7().to_string()),
            kind,
            status: TransferStatus::Running,
            done: 0,
            total: None,
            file: None,
            report: None,
            problem: None,
        };
        let job = Arc::new(Job {
            state: watch::Sender::new(transfer),
            cancelled: engine.shutdown_token().child_token(),
            ended: Mutex::new(None),
        });
        known.push(Arc::clone(&job));
        Ok(job)
    }

    /// The place, if it was given out for a file that is handed over; it is not any more then.
    /// Whether a file was handed over at `place`, or is going to be.
    pub(crate) fn is_upload(&self, place: &Path) -> bool {
        self.uploads.lock().contains(place)
    }

    fn take_upload(&self, place: &Path) -> Option<PathBuf> {
        self.uploads.lock().take(place)
    }
}

impl Job {
    fn id(&self) -> TransferId {
        self.state.borrow().id.clone()
    }

    fn ended(&self) -> Option<Instant> {
        *self.ended.lock()
    }

    fn change(&self, engine: &Engine, change: impl FnOnce(&mut Transfer)) {
        self.state.send_modify(change);
        engine.publish((Entity::Transfer, Change::Updated), self.id(), None, None);
    }

    /// Counts one more chat.
    fn count(&self, engine: &Engine, done: u64) {
        self.state.send_modify(|transfer| transfer.done = done);
        if done.is_multiple_of(STEP) {
            engine.publish((Entity::Transfer, Change::Updated), self.id(), None, None);
        }
    }

    /// Ends the transfer.
    fn end(&self, engine: &Engine, outcome: Result<(), Problem>) {
        *self.ended.lock() = Some(Instant::now());
        let cancelled = self.cancelled.is_cancelled();
        self.change(engine, |transfer| match outcome {
            Ok(()) if cancelled => transfer.status = TransferStatus::Cancelled,
            Ok(()) => transfer.status = TransferStatus::Completed,
            Err(problem) => {
                transfer.status = TransferStatus::Failed;
                transfer.problem = Some(problem);
            }
        });
    }
}

impl Engine {
    /// A place for a file that is handed over to be imported. The import that takes it removes it at its end; where there is
    /// none, [`Engine::drop_upload`] does.
    pub fn upload_place(&self) -> PathBuf {
        let place = self.transfers.folder.join(format!("upload-{}", uuid::Uuid::now_v7()));
        self.transfers.uploads.lock().insert(place.clone());
        place
    }

    /// Removes the file at a place of [`Engine::upload_place`] unless an import has taken it.
    pub fn drop_upload(&self, place: &Path) {
        if let Some(place) = self.transfers.take_upload(place) {
            let _ = std::fs::remove_file(place);
        }
    }
}

fn refused(error: aiia_exchange::Refused) -> Problem {
    match error {
        aiia_exchange::Refused::Io(error) => {
            Problem::new(ProblemCode::StoreUnavailable, format!("The file cannot be read or written: {error}."))
        }
        other @ aiia_exchange::Refused::Content(_) => {
            Problem::new(ProblemCode::InvalidParams, other.to_string()).with_hint("Nothing of it was taken in.")
        }
    }
}

fn fault(error: tokio::task::JoinError) -> Problem {
    Problem::new(ProblemCode::Internal, format!("A transfer ended by a fault: {error}."))
}

#[cfg(test)]
mod tests {
    use aiia_exchange::ArchiveWriter;
    use aiia_protocol::archive::{ChatFile, FiledAttachment, ProjectFile};
    use aiia_protocol::chat::CreateChat;
    use aiia_protocol::operation::{ExportStart, ImportStart, Scope, TransferGet};
    use aiia_protocol::project::CreateProject;
    use aiia_protocol::transfer::{GetTransfer, ImportOutcome, StartExport, StartImport};

    use super::*;
    use crate::session::{ClientInfo, Session, Transport};

    fn session(engine: &Engine) -> Session {
        let client = ClientInfo { name: "t".to_owned(), transport: Transport::Cli, scope: Scope::Admin, token: None };
        engine.open_session(client)
    }

    async fn import(session: &Session, path: &Path) -> Transfer {
        let path = path.to_str().unwrap().to_owned();
        let begun =
            session.run::<ImportStart>(StartImport { path: Some(path), ..StartImport::default() }).await.unwrap();
        session.run::<TransferGet>(GetTransfer { transfer_id: begun.id, wait: true }).await.unwrap()
    }

    /// A project and a chat of it with a message for each attachment, none of which is in it.
    async fn chats_with(engine: &Engine, attachments: &[FiledAttachment]) -> (Vec<ProjectFile>, Vec<ChatFile>) {
        let project = engine.store.create_project(CreateProject::new("p")).await.unwrap();
        let mut chats = Vec::new();
        for filed in attachments {
            let chat = engine.store.create_chat(CreateChat::new(project.id.clone())).await.unwrap();
            engine
                .store
                .append_messages(chat.id.clone(), vec![aiia_store::Said::by_user("see".to_owned())])
                .await
                .unwrap();
            let mut chat = engine.store.export_chat_alone(chat.id, false).await.unwrap();
            chat.messages[0].message.attachments = vec![filed.attachment.clone()];
            chat.attachments = vec![FiledAttachment { data: Vec::new(), ..filed.clone() }];
            chats.push(chat);
        }
        (engine.store.export_projects(None).await.unwrap(), chats)
    }

    #[tokio::test]
    async fn an_attachment_that_is_damaged_or_missing_keeps_out_its_chat_alone() {
        let home = tempfile::tempdir().unwrap();
        let attachments = ["good", "bad", "missing"].map(|name| {
            let data = name.as_bytes().to_vec();
            FiledAttachment { attachment: crate::attachments::inspect(name, &data).unwrap(), data }
        });
        let (projects, chats) = chats_with(&Engine::for_tests(home.path(), &[], Vec::new()), &attachments).await;
        let path = home.path().join("archive.zip");
        let mut archive =
            ArchiveWriter::new(std::fs::File::create(&path).unwrap(), "2026-01-01T00:00:00Z".to_owned(), &projects)
                .unwrap();
        let [good, bad, _] = attachments;
        archive.attachment(&good).unwrap();
        archive.attachment(&FiledAttachment { data: b"other".to_vec(), ..bad }).unwrap();
        for chat in &chats {
            archive.chat(chat).unwrap();
        }
        archive.finish(&[], &[]).unwrap();

        let other = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(other.path(), &[], Vec::new());
        let report = import(&session(&engine), &path).await.report.unwrap();
        let mut became: Vec<(&str, ImportOutcome)> =
            report.items.iter().map(|item| (item.detail.as_deref().unwrap_or_default(), item.outcome)).collect();
        became.sort_by_key(|(detail, _)| *detail);
        assert_eq!(
            became,
            [
                ("", ImportOutcome::Created),
                ("", ImportOutcome::Created),
                ("/attachments/0/data: The content of “missing” is not in the file.", ImportOutcome::Failed),
                ("The attachment “bad” is damaged: it has another hash.", ImportOutcome::Failed),
            ]
        );
        assert_eq!(engine.store.attachment(good.attachment.id).await.unwrap().1, b"good");
    }

    #[tokio::test]
    async fn a_token_that_is_no_admins_binds_no_folder_and_reads_no_file_by_an_import() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let folders = vec!["/srv/secret".to_owned()];
        engine.store.create_project(CreateProject { folders, ..CreateProject::new("p") }).await.unwrap();
        let projects = engine.store.export_projects(None).await.unwrap();
        let archive = |path: &Path| {
            let file = std::fs::File::create(path).unwrap();
            let writer = ArchiveWriter::new(file, "2026-01-01T00:00:00Z".to_owned(), &projects).unwrap();
            writer.finish(&[], &[]).unwrap();
        };
        for (scope, bound, remark) in [
            (Scope::Write, vec![], Some("Not bound to /srv/secret: that takes the scope “admin”.".to_owned())),
            (Scope::Admin, vec!["/srv/secret".to_owned()], None),
        ] {
            let other = tempfile::tempdir().unwrap();
            let engine = Engine::for_tests(other.path(), &[], Vec::new());
            let client = ClientInfo { name: "t".to_owned(), transport: Transport::Http, scope, token: None };
            let session = engine.open_session(client);
            let (elsewhere, upload) = (other.path().join("archive.zip"), engine.upload_place());
            archive(&elsewhere);
            archive(&upload);
            let report = import(&session, &upload).await.report.unwrap();
            assert_eq!(report.items[0].detail, remark, "{scope:?}");
            let folders = engine.store.export_projects(None).await.unwrap()[0].project.folders.clone();
            assert_eq!(folders, bound, "{scope:?}");
            let path = Some(elsewhere.to_str().unwrap().to_owned());
            let from_path = session.run::<ImportStart>(StartImport { path, ..StartImport::default() }).await;
            assert_eq!(from_path.is_ok(), scope == Scope::Admin, "{from_path:?}");
        }
    }

    #[tokio::test]
    async fn an_import_removes_what_was_handed_over_for_it_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let session = session(&engine);
        let folder = engine.transfers.folder.clone();
        let (upload, waiting) = (engine.upload_place(), engine.upload_place());
        let (own, exported) = (folder.join("../own.json"), folder.join("export-x"));
        for file in [&upload, &waiting, &own, &exported] {
            std::fs::write(file, "{}").unwrap();
        }
        import(&session, &upload).await;
        import(&session, &own).await;
        import(&session, &exported).await;
        engine.drop_upload(&exported);
        assert!(!upload.exists() && own.exists() && exported.exists() && waiting.exists());
        engine.drop_upload(&waiting);
        assert!(!waiting.exists());
    }

    #[tokio::test]
    async fn a_transfer_is_forgotten_with_its_file() {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::for_tests(home.path(), &[], Vec::new());
        let session = session(&engine);
        let begun = session.run::<ExportStart>(StartExport::default()).await.unwrap();
        let wanted = GetTransfer { transfer_id: begun.id, wait: true };
        let ended = session.run::<TransferGet>(wanted.clone()).await.unwrap();
        let file = PathBuf::from(ended.file.unwrap().path);
        engine.transfers.forget_older(AGE);
        assert!(file.exists() && session.run::<TransferGet>(wanted.clone()).await.is_ok());
        engine.transfers.forget_older(Duration::ZERO);
        assert!(!file.exists() && session.run::<TransferGet>(wanted).await.is_err());
    }
}
