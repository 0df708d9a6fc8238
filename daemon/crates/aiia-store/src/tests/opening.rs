//! Opening: what is refused, made and migrated.

use std::path::PathBuf;

use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::project::ListProjects;
use rstest::rstest;
use rusqlite::StatementStatus;

use super::*;
use crate::{opening, schema};

/// The directory of a store that was closed.
async fn closed_store() -> (TempDir, PathBuf) {
    let Fixture { store, dir } = fixture();
    let project = store.create_project(new_project("kept", &[])).await.unwrap();
    let params = CreateChat::new(project.id);
    let chat = store.create_chat(params).await.unwrap();
    let run = store.begin_run(new_run(&chat, "x")).await.unwrap().run.id;
    store.finish_run(run, end(RunStatus::Completed, &"long ".repeat(10_000))).await.unwrap();
    store.close();
    let path = dir.path().join("aiia.db");
    (dir, path)
}

fn is_corrupt(dir: &Path, says: &str) {
    let refused = Store::open(dir).map(drop).unwrap_err();
    assert!(
        matches!(&refused, StoreError::Corrupt { file, detail } if file.ends_with("aiia.db") && detail.contains(says)),
        "{refused:?}"
    );
    let problem = Problem::from(refused);
    assert_eq!(problem.code, ProblemCode::StoreUnavailable);
    assert!(problem.hint.unwrap().contains("backup"));
}

#[rstest]
#[case::empty(b"".to_vec(), "is empty")]
#[case::short(b"SQLite format 3\0".to_vec(), "not an SQLite database")]
#[case::text(b"hello\n".repeat(2000), "not an SQLite database")]
#[case::zeroed(vec![0; 8192], "not an SQLite database")]
fn what_is_no_store_is_refused_and_left_alone(#[case] content: Vec<u8>, #[case] says: &str) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("aiia.db");
    std::fs::write(&path, &content).unwrap();
    is_corrupt(dir.path(), says);
    assert_eq!(std::fs::read(path).unwrap(), content);
}

#[test]
fn a_directory_in_its_place_is_refused() {
    let dir = TempDir::new().unwrap();
    std::fs::create_dir(dir.path().join("aiia.db")).unwrap();
    is_corrupt(dir.path(), "is a directory");
}

#[test]
fn a_database_of_another_program_is_refused() {
    let dir = TempDir::new().unwrap();
    raw(dir.path()).execute_batch("CREATE TABLE projects (id)").unwrap();
    is_corrupt(dir.path(), "another program");
}

#[tokio::test]
async fn a_truncated_store_is_refused_and_left_alone() {
    let (dir, path) = closed_store().await;
    let content = std::fs::read(&path).unwrap();
    for length in [4096, content.len() / 2, content.len() - 4096] {
        std::fs::write(&path, &content[..length]).unwrap();
        is_corrupt(dir.path(), "");
        assert_eq!(std::fs::read(&path).unwrap(), &content[..length]);
    }
}

#[tokio::test]
async fn a_log_without_its_file_is_refused() {
    let store = fixture();
    store.project("p").await;
    let dir = TempDir::new().unwrap();
    std::fs::copy(store.dir.path().join("aiia.db-wal"), dir.path().join("aiia.db-wal")).unwrap();
    is_corrupt(dir.path(), "is missing although");
    assert!(!dir.path().join("aiia.db").exists());
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_untouched() {
    let (dir, path) = closed_store().await;
    raw(dir.path()).execute_batch("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99").unwrap();
    let content = std::fs::read(&path).unwrap();
    let refused = Store::open(dir.path()).map(drop);
    let supported = schema::MIGRATIONS.len() as u32;
    assert!(matches!(refused, Err(StoreError::TooNew { found: 99, supported: known, .. }) if known == supported));
    assert_eq!(std::fs::read(&path).unwrap(), content);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_newer_schema_that_is_still_in_the_log_is_refused_and_untouched() {
    let store = fixture();
    raw(store.dir.path()).execute_batch("PRAGMA user_version = 99").unwrap();
    let dir = TempDir::new().unwrap();
    let read = |dir: &Path| ["aiia.db", "aiia.db-wal"].map(|name| std::fs::read(dir.join(name)).unwrap());
    let content = read(store.dir.path());
    for (name, content) in ["aiia.db", "aiia.db-wal"].iter().zip(&content) {
        std::fs::write(dir.path().join(name), content).unwrap();
    }
    let refused = Store::open(dir.path()).map(drop);
    assert!(matches!(refused, Err(StoreError::TooNew { found: 99, .. })), "{refused:?}");
    assert_eq!(read(dir.path()), content);
}

#[rstest]
#[case("ALTER TABLE chats DROP COLUMN model", "column chats.model")]
#[case("DROP TRIGGER usage_ledger_keeps", "trigger usage_ledger_keeps")]
#[case("DROP INDEX chats_by_update", "index chats_by_update")]
#[tokio::test]
async fn a_schema_that_misses_something_is_refused(#[case] sql: &str, #[case] missing: &str) {
    let (dir, _) = closed_store().await;
    raw(dir.path()).execute_batch(sql).unwrap();
    is_corrupt(dir.path(), missing);
}

#[tokio::test]
async fn an_older_store_is_migrated_and_a_copy_is_kept() {
    let (dir, path) = closed_store().await;
    let newer = [schema::MIGRATIONS, &["ALTER TABLE chats ADD COLUMN colour INTEGER NOT NULL DEFAULT 0"]].concat();
    let known = schema::MIGRATIONS.len() as u32;
    let store = Store::open_with(dir.path(), &newer).unwrap();
    assert_eq!(store.list_projects(ListProjects::default()).await.unwrap().items[0].name, "kept");
    let columns = "SELECT count(*) FROM pragma_table_info('chats') WHERE name = 'colour'";
    assert_eq!(raw(dir.path()).query_row(columns, [], |row| row.get::<_, i64>(0)), Ok(1));
    store.close();
    let copy = path.with_file_name(format!("aiia.db.schema-{known}.bak"));
    let refused = Store::open(dir.path()).map(drop);
    let expected =
        matches!(refused, Err(StoreError::TooNew { found, supported, .. }) if (found, supported) == (known + 1, known));
    assert!(expected, "{refused:?}");
    std::fs::rename(copy, &path).unwrap();
    let old = Store::open(dir.path()).unwrap();
    assert_eq!(old.list_projects(ListProjects::default()).await.unwrap().items[0].name, "kept");
    assert_eq!(old.check().await, Ok(Vec::new()));
}

#[rstest]
#[case::wrong("CREATE TABLE fine (x); NONSENSE")]
#[case::breaks_references("CREATE TABLE fine (x); DELETE FROM projects")]
#[tokio::test]
async fn a_migration_that_fails_leaves_the_store_as_it_was(#[case] migration: &str) {
    let (dir, _) = closed_store().await;
    let newer = [schema::MIGRATIONS, &[migration]].concat();
    assert!(matches!(Store::open_with(dir.path(), &newer), Err(StoreError::Internal { .. })));
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.list_projects(ListProjects::default()).await.unwrap().items[0].name, "kept");
    assert_eq!(store.check().await, Ok(Vec::new()));
}

#[tokio::test]
async fn what_an_unfinished_first_start_left_does_not_matter() {
    let dir = TempDir::new().unwrap();
    for name in ["aiia.db.new", "aiia.db.new-wal", "aiia.db.new-journal"] {
        std::fs::write(dir.path().join(name), "half").unwrap();
    }
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.check().await, Ok(Vec::new()));
    store.close();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn the_directory_is_made_whatever_its_name() {
    let dir = TempDir::new().unwrap();
    let deep = dir.path().join("a b").join("Ünï 🙂 file:x?mode=ro");
    let store = Store::open(&deep).unwrap();
    assert_eq!(store.path(), deep.join("aiia.db"));
    store.create_project(new_project("p", &[])).await.unwrap();
    assert_eq!(store.check().await, Ok(Vec::new()));
    assert!(deep.join("aiia.db").is_file());
}

#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let store = fixture();
    store.project("p").await;
    let modes = || {
        let files = std::fs::read_dir(store.dir.path()).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| path.metadata().unwrap().permissions().mode() & 0o777).collect::<Vec<_>>()
    };
    assert_eq!(modes(), [0o600; 3]);
    store.close();
    let path = store.dir.path().join("aiia.db");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    Store::open(store.dir.path()).unwrap().close();
    assert_eq!(modes(), [0o600]);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let store = fixture();
    let project = store.project("p").await;
    store.close();
    store.close();
    assert_eq!(store.get_project(project.id.clone()).await, Err(StoreError::Closed));
    assert_eq!(store.delete_project(gone(project.id)).await, Err(StoreError::Closed));
    assert_eq!(store.check().await, Err(StoreError::Closed));
    assert_eq!(Problem::from(StoreError::Closed).code, ProblemCode::Unavailable);
}

#[test]
fn a_statement_is_prepared_once_whatever_its_limit() {
    let store = fixture();
    let connection = opening::open_reader(store.path()).unwrap();
    let mut statement = connection.prepare_cached("SELECT id FROM chats ORDER BY updated_at LIMIT ?1").unwrap();
    for limit in [50, 50, 200] {
        assert_eq!(statement.query_map([limit], |row| row.get::<_, String>(0)).unwrap().count(), 0);
    }
    assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
}
