//! Takes in what files bring.

use std::collections::HashMap;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use aiia_exchange::{Item, Source};
use aiia_protocol::archive::{ChatFile, FiledAttachment, FiledTemplate, FiledUsage, ProjectFile};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::{AttachmentId, ProjectId};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::transfer::{
    ImportItem, ImportKind, ImportOutcome, ImportReport, ImportSource, Transfer, TransferKind,
};
use aiia_store::{Imported, StoreError};
use tokio::sync::mpsc;

use super::{Input, Job, fault, filed_edits, refused};
use crate::attachments;
use crate::engine::Engine;
use crate::templates;

/// Chats of one transaction, and bytes of what is said in them.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 4 << 20;
/// Items that are read before they are taken: one may have megabytes.
const READ_AHEAD: usize = 2;

/// What the file brings, as it is read.
enum Step {
    Begin(ImportSource, u64),
    Item(Box<Item>),
}

impl Engine {
    /// Starts an import. New chats go to `into`, where that is given; projects bring their folders along where it `binds`. The file at `place` goes afterwards if it was handed over
    /// for this ([`Engine::upload_place`]), and no other.
    pub(crate) fn start_import(
        &self,
        input: Box<dyn Input>,
        into: Option<ProjectId>,
        binds: bool,
        place: Option<&Path>,
    ) -> Result<Transfer, Problem> {
        let job = self.transfers.begin(self, TransferKind::Import)?;
        let uploaded = place.and_then(|place| self.transfers.take_upload(place));
        let begun = job.state.borrow().clone();
        let engine = self.clone();
        tokio::spawn(async move {
            let outcome = run(&engine, &job, input, into, binds).await;
            if let Some(place) = uploaded {
                let _ = std::fs::remove_file(place);
            }
            job.end(&engine, outcome);
        });
        Ok(begun)
    }
}

async fn run(
    engine: &Engine,
    job: &Arc<Job>,
    input: Box<dyn Input>,
    into: Option<ProjectId>,
    binds: bool,
) -> Result<(), Problem> {
    let (send, mut steps) = mpsc::channel(READ_AHEAD);
    let cancelled = job.cancelled.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let mut source = Source::examine(BufReader::new(input))?;
        let sent = send.blocking_send(Step::Begin(source.kind(), source.chats()));
        if sent.is_err() || cancelled.is_cancelled() {
            return Ok(());
        }
        source.read(&mut |item| !cancelled.is_cancelled() && send.blocking_send(Step::Item(Box::new(item))).is_ok())
    });
    let mut taking = Taking {
        engine,
        job,
        into,
        binds,
        report: ImportReport::new(ImportSource::Aiia),
        attachments: Vec::new(),
        refused: HashMap::new(),
        chats: Vec::new(),
        notes: Vec::new(),
        bytes: 0,
        usage: Vec::new(),
        done: 0,
        begun: false,
    };
    let taken = taking.all(&mut steps).await;
    // Where nobody takes any more, nothing more is read.
    drop(steps);
    let read = reading.await.map_err(fault).and_then(|read| read.map_err(refused));
    taking.show();
    taken.and(read)
}

/// An import on its way.
struct Taking<'a> {
    engine: &'a Engine,
    job: &'a Arc<Job>,
    into: Option<ProjectId>,
    /// Whether the folders of projects are bound to them: every token may read what is in a folder of a project.
    binds: bool,
    report: ImportReport,
    attachments: Vec<FiledAttachment>,
    /// Attachments of chats to come that are not taken, and why.
    refused: HashMap<AttachmentId, String>,
    chats: Vec<ChatFile>,
    /// What of each of those chats could not be taken over.
    notes: Vec<Option<String>>,
    bytes: usize,
    usage: Vec<FiledUsage>,
    done: u64,
    begun: bool,
}

impl Taking<'_> {
    async fn all(&mut self, steps: &mut mpsc::Receiver<Step>) -> Result<(), Problem> {
        while let Some(step) = steps.recv().await {
            match step {
                Step::Begin(source, total) => {
                    self.report.source = source;
                    self.begun = true;
                    self.job.change(self.engine, |transfer| transfer.total = Some(total));
                }
                Step::Item(item) => self.take(*item).await?,
            }
        }
        self.attachments().await?;
        self.chats().await?;
        self.usage().await
    }

    async fn take(&mut self, item: Item) -> Result<(), Problem> {
        match item {
            Item::Attachment(filed) => self.attachment(filed).await,
            Item::Chat(chat) => self.chat(*chat, None).await,
            Item::Partly { chat, detail } => self.chat(*chat, Some(detail)).await,
            // They go elsewhere.
            Item::Project(_) if self.into.is_some() => Ok(()),
            Item::Project(project) => self.project(project).await,
            Item::Template(template) => self.template(template).await,
            Item::Usage(row) => {
                self.usage.push(row);
                if self.usage.len() >= 1000 { self.usage().await } else { Ok(()) }
            }
            Item::Broken { title, detail } => {
                self.count();
                let outcome = ImportOutcome::Failed;
                let detail = Some(detail);
                self.report.add(ImportItem { kind: ImportKind::Chat, id: None, title, outcome, messages: 0, detail });
                Ok(())
            }
        }
    }

    async fn attachment(&mut self, mut filed: FiledAttachment) -> Result<(), Problem> {
        if let Err(detail) = attachments::check_filed(&mut filed) {
            self.refused.insert(filed.attachment.id, detail);
            return Ok(());
        }
        self.bytes += filed.data.len();
        self.attachments.push(filed);
        if self.bytes >= BATCH_BYTES { self.attachments().await } else { Ok(()) }
    }

    /// They are no items of their own: what is wrong with one is told of the chats that have it.
    async fn attachments(&mut self) -> Result<(), Problem> {
        let attachments = std::mem::take(&mut self.attachments);
        if attachments.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let ids: Vec<AttachmentId> = attachments.iter().map(|filed| filed.attachment.id.clone()).collect();
        let outcomes = self.engine.store.import_attachments(attachments).await?;
        let refused = ids.into_iter().zip(outcomes).filter_map(|(id, outcome)| Some((id, detail(outcome.err()?))));
        self.refused.extend(refused);
        Ok(())
    }

    /// Looks at what goes with the messages of a chat.
    fn check_attachments(&self, chat: &mut ChatFile) -> Result<(), String> {
        for filed in &mut chat.attachments {
            if !filed.data.is_empty() {
                attachments::check_filed(filed)?;
            } else if let Some(detail) = self.refused.get(&filed.attachment.id) {
                return Err(detail.clone());
            }
        }
        Ok(())
    }

    async fn chat(&mut self, mut chat: ChatFile, note: Option<String>) -> Result<(), Problem> {
        self.attachments().await?;
        let checked = self.check_attachments(&mut chat).and_then(|()| filed_edits::check(&mut chat));
        if let Err(detail) = checked {
            self.count();
            let wrong = StoreError::InvalidInput { pointer: String::new(), detail };
            self.report.add(item(ImportKind::Chat, chat.chat.id.0, chat.chat.title, Err(wrong)));
            return Ok(());
        }
        self.bytes += chat.attachments.iter().map(|filed| filed.data.len()).sum::<usize>();
        self.bytes += chat.messages.iter().map(|filed| filed.message.content.len()).sum::<usize>();
        self.chats.push(chat);
        self.notes.push(note);
        if self.chats.len() >= BATCH || self.bytes >= BATCH_BYTES { self.chats().await } else { Ok(()) }
    }

    async fn chats(&mut self) -> Result<(), Problem> {
        self.bytes = 0;
        let chats = std::mem::take(&mut self.chats);
        let notes = std::mem::take(&mut self.notes);
        if chats.is_empty() {
            return Ok(());
        }
        let about: Vec<_> = chats.iter().map(|file| (file.chat.id.clone(), file.chat.title.clone())).collect();
        let outcomes = self.engine.store.import_chats(chats, self.into.clone()).await?;
        for (((id, title), note), outcome) in about.into_iter().zip(notes).zip(outcomes) {
            self.count();
            let change = match &outcome {
                Ok(Imported { outcome: ImportOutcome::Created, .. }) => Some(Change::Created),
                Ok(Imported { outcome: ImportOutcome::Updated, .. }) => Some(Change::Updated),
                _ => None,
            };
            if let Some(change) = change {
                self.engine.publish((Entity::Chat, change), &id, self.into.as_ref(), Some(&id));
            }
            let mut item = item(ImportKind::Chat, id.0, title, outcome);
            if item.detail.is_none() && change.is_some() {
                item.detail = note;
            }
            self.report.add(item);
        }
        Ok(())
    }

    async fn project(&mut self, mut file: ProjectFile) -> Result<(), Problem> {
        let (id, name) = (file.project.id.clone(), file.project.name.clone());
        let left = if self.binds { Vec::new() } else { std::mem::take(&mut file.project.folders) };
        let note =
            (!left.is_empty()).then(|| format!("Not bound to {}: that takes the scope “admin”.", left.join(", ")));
        for outcome in self.engine.store.import_projects(vec![file]).await? {
            if outcome.as_ref().is_ok_and(|done| done.outcome != ImportOutcome::Unchanged) {
                self.engine.publish((Entity::Project, Change::Created), &id, Some(&id), None);
            }
            let is_new = outcome.as_ref().is_ok_and(|done| done.outcome == ImportOutcome::Created);
            let mut item = item(ImportKind::Project, id.0.clone(), name.clone(), outcome);
            item.detail = item.detail.or_else(|| note.clone().filter(|_| is_new));
            self.report.add(item);
        }
        Ok(())
    }

    async fn template(&mut self, file: FiledTemplate) -> Result<(), Problem> {
        let id = file.id.0.clone();
        let name = file.revisions.last().map_or_else(|| id.clone(), |newest| newest.content.name.clone());
        let wrong = file.revisions.iter().find_map(|revision| templates::validate(&revision.content).err());
        let outcome = match wrong {
            Some(problem) => Err(StoreError::InvalidInput { pointer: String::new(), detail: problem.sentence() }),
            None => match self.engine.store.import_templates(vec![file]).await?.pop() {
                Some(outcome) => outcome,
                None => return Ok(()),
            },
        };
        if outcome.as_ref().is_ok_and(|done| done.outcome != ImportOutcome::Unchanged) {
            self.engine.publish((Entity::Template, Change::Updated), &id, None, None);
        }
        self.report.add(item(ImportKind::Template, id, name, outcome));
        Ok(())
    }

    /// Rows of the ledger are no items of their own: only what is wrong with one is told.
    async fn usage(&mut self) -> Result<(), Problem> {
        let rows = std::mem::take(&mut self.usage);
        let ids: Vec<String> = rows.iter().map(|row| row.run_id.0.clone()).collect();
        for (id, outcome) in ids.into_iter().zip(self.engine.store.import_usage(rows).await?) {
            if outcome.is_err() {
                self.report.add(item(ImportKind::Usage, id.clone(), format!("usage of run {id}"), outcome));
            }
        }
        Ok(())
    }

    fn count(&mut self) {
        self.done += 1;
        self.job.count(self.engine, self.done);
    }

    /// Shows what was done; nothing where the file was refused.
    fn show(self) {
        if self.begun {
            self.job.state.send_modify(|transfer| transfer.report = Some(self.report));
        }
    }
}

fn item(kind: ImportKind, id: String, title: String, outcome: Result<Imported, StoreError>) -> ImportItem {
    match outcome {
        Ok(Imported { outcome, messages, detail }) => {
            ImportItem { kind, id: Some(id), title, outcome, messages, detail }
        }
        Err(error) => {
            let detail = Some(detail(error));
            ImportItem { kind, id: None, title, outcome: ImportOutcome::Failed, messages: 0, detail }
        }
    }
}

fn detail(error: StoreError) -> String {
    match error {
        StoreError::InvalidInput { pointer, detail } if !pointer.is_empty() => format!("{pointer}: {detail}"),
        other => other.to_string(),
    }
}

/// Opens the file of an import.
///
/// # Errors
/// When the path is not absolute, or there is no regular file.
pub(crate) fn open(path: &str) -> Result<Box<dyn Input>, Problem> {
    let wrong = |detail: String| Problem::new(ProblemCode::InvalidParams, detail.clone()).with_error("/path", detail);
    if !std::path::Path::new(path).is_absolute() {
        return Err(wrong(format!("“{path}” is not an absolute path.")));
    }
    let unreadable = |error: std::io::Error| wrong(format!("{path} cannot be read: {error}."));
    // A pipe would be waited for when it is opened.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(wrong(format!("{path} is not a regular file.")));
    }
    Ok(Box::new(std::fs::File::open(path).map_err(unreadable)?))
}
