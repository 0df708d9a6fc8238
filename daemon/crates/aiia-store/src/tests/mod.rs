//! Tests of the store as a whole.

mod answers;
mod archive;
mod attachments;
mod audit;
mod backups;
mod branches;
mod budgets;
mod chats;
mod checks;
mod concurrency;
mod edits;
mod failures;
mod forks;
mod formats;
mod messages;
mod opening;
mod paging;
mod places;
mod projects;
mod purge;
mod recovery;
mod retention;
mod runs;
mod search;
mod templates;
mod usage;

use std::path::Path;
use std::sync::LazyLock;

use aiia_protocol::chat::{Chat, CreateChat};
use aiia_protocol::edit::{EditHunk, FileAction, HunkStatus, PendingEdit};
use aiia_protocol::id::{ProjectId, RunId};
use aiia_protocol::project::{CreateProject, DeleteProject, Project};
use aiia_protocol::run::{RunEvent, RunEventKind, RunStatus};
use aiia_protocol::settings::Settings;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{AnswerBeside, BegunRun, FinishRun, FolderTraces, NewEdit, NewEditFile, NewRun, Store, StoreError};

/// A store in a directory of its own.
struct Fixture {
    store: Store,
    dir: TempDir,
}

impl std::ops::Deref for Fixture {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// An empty store of the newest schema, as a file: to make one takes longer than most tests.
static EMPTY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let dir = TempDir::new().unwrap();
    Store::open(dir.path()).unwrap().close();
    std::fs::read(dir.path().join("aiia.db")).unwrap()
});

fn fixture() -> Fixture {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("aiia.db"), EMPTY.as_slice()).unwrap();
    Fixture { store: Store::open(dir.path()).unwrap(), dir }
}

impl Fixture {
    async fn project(&self, name: &str) -> Project {
        self.create_project(new_project(name, &[])).await.unwrap()
    }

    async fn chat(&self, project: &ProjectId) -> Chat {
        self.create_chat(CreateChat::new(project.clone())).await.unwrap()
    }

    async fn run(&self, chat: &Chat) -> BegunRun {
        self.begin_run(new_run(chat, "Why?")).await.unwrap()
    }

    /// A run in a new chat of a new project.
    async fn lone_run(&self) -> BegunRun {
        let project = self.project("p").await;
        let chat = self.chat(&project.id).await;
        self.run(&chat).await
    }

    /// Ends the run with an empty answer.
    async fn ended(&self, begun: &BegunRun) {
        self.finish_run(begun.run.id.clone(), end(RunStatus::Completed, "")).await.unwrap();
    }

    async fn edit(&self, run: &RunId) -> PendingEdit {
        self.create_edit(new_edit(run)).await.unwrap()
    }

    /// The first value of a query on a connection of its own.
    fn value<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        raw(self.dir.path()).query_row(sql, [], |row| row.get(0)).unwrap()
    }

    async fn assert_clean(&self) {
        assert_eq!(self.check().await, Ok(Vec::new()));
    }
}

/// The file as another program sees it.
fn raw(dir: &Path) -> Connection {
    Connection::open(dir.join("aiia.db")).unwrap()
}

fn new_project(name: &str, folders: &[&str]) -> CreateProject {
    CreateProject { folders: folders.iter().map(|&folder| folder.to_owned()).collect(), ..CreateProject::new(name) }
}

/// Deletes a project with its chats.
fn gone(project_id: ProjectId) -> DeleteProject {
    DeleteProject { project_id, move_chats_to: None, with_chats: true, if_unused: false, if_version: None }
}

fn new_run(chat: &Chat, content: &str) -> NewRun {
    NewRun {
        chat_id: chat.id.clone(),
        parent_id: None,
        replaces: None,
        content: content.to_owned(),
        attachments: None,
        model: "local/small".to_owned(),
        price: None,
        action: None,
        settings: Settings::default(),
    }
}

fn event(run: &RunId, seq: u64, kind: RunEventKind) -> RunEvent {
    RunEvent { run_id: run.clone(), seq, kind }
}

fn text(run: &RunId, seq: u64, text: &str) -> RunEvent {
    event(run, seq, RunEventKind::Text { text: text.to_owned() })
}

fn end(status: RunStatus, content: &str) -> FinishRun {
    FinishRun { status, content: content.to_owned(), problem: None, usage: None, edit_id: None, events: Vec::new() }
}

fn hunk(number: u32) -> EditHunk {
    EditHunk {
        number,
        old_start: number,
        old_lines: 1,
        new_start: number,
        new_lines: 2,
        old_text: "a\r\n".to_owned(),
        new_text: "a\r\nb\0🙂\n".to_owned(),
        tolerances: vec!["ignoring indentation".to_owned()],
        status: HunkStatus::Pending,
    }
}

/// Two files with two hunks and one.
fn new_edit(run: &RunId) -> NewEdit {
    let file = |path: &str, hunks| NewEditFile {
        path: path.to_owned(),
        action: if path == "/p/new.rs" { FileAction::Rename } else { FileAction::Edit },
        from: (path == "/p/new.rs").then(|| "/p/old.rs".to_owned()),
        protection: (path == "/p/b.rs").then(|| "can make programs run something".to_owned()),
        base_hash: "00ff".to_owned(),
        base_text: format!("old {path}\r\n"),
        new_text: format!("new {path}\r\n"),
        hunks,
    };
    NewEdit {
        run_id: run.clone(),
        title: "Mend it".to_owned(),
        model: "local/small".to_owned(),
        files: vec![file("/p/b.rs", vec![hunk(1), hunk(2)]), file("/p/new.rs", vec![hunk(3)])],
        diff: "--- a\n+++ b\n".to_owned(),
        left_out: vec!["The code block on line 7 of the reply (`“x”`) was left out.".to_owned()],
    }
}

fn is_not_found<T: std::fmt::Debug>(result: Result<T, StoreError>, what: &str) {
    assert!(matches!(&result, Err(StoreError::NotFound { what: found, .. }) if *found == what), "{result:?}");
}

fn is_invalid<T: std::fmt::Debug>(result: Result<T, StoreError>, pointer: &str) {
    assert!(matches!(&result, Err(StoreError::InvalidInput { pointer: found, .. }) if found == pointer), "{result:?}");
}
