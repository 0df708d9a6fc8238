//! What a store must survive: processes that are killed, power that goes, disks that are full, files that are changed.
//!
//! | failure | where it is tested |
//! |---|---|
//! | killed while an answer streams | `recovery.rs`; the whole daemon: `tests/e2e/crash.rs` |
//! | killed in a migration, import, bulk delete, backup (which is the only `VACUUM`), checkpoint | `killed_at_any_moment_nothing_is_half_done` |
//! | killed editor, page, command line | `aiia-http/src/tests/stream.rs`; `tests/e2e/crash.rs` |
//! | loss of power | `the_log_may_end_anywhere` |
//! | full disk: in a stream, an import, a backup | `concurrency.rs`, `a_full_disk_*` |
//! | truncated, zeroed, random, empty, read-only file, a directory in its place | `opening.rs`, `a_read_only_file_is_said` |
//! | log removed, or of another store | `opening.rs`, `a_log_that_is_gone_or_of_another_store_breaks_nothing` |
//! | older and newer schemas, one with a column missing; the version before on a newer store | `opening.rs` |
//! | racing daemons, an owner that is killed, a stale process number | `daemon/tests/black_box/lifecycle.rs` |
//! | a clock that is set back | `a_clock_that_was_set_back_reorders_nothing` |
//! | fifty clients that write at once | `concurrency.rs`; processes, HTTP and LSP: `tests/e2e/recovery.rs` |
//! | a lock of another program | `concurrency.rs`; over HTTP: `tests/e2e/recovery.rs` |
//! | a backup under load, a damaged backup, restoring one | `backups.rs`; the whole way: `tests/e2e/recovery.rs` |
//! | any tree through a file and back | `archive.rs` |
//! | a million messages | `tests/bench/store.rs` |
//! | NFC and NFD, surrogates, right to left, CJK in a search | `search.rs` |
//! | what was erased stays nowhere | `purge.rs` |
//! | blanks, Unicode and links in the path | `opening.rs`, `a_link_to_the_directory_works` |
//! | a machine that sleeps while an answer streams | `tests/e2e/recovery.rs` |

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use aiia_protocol::archive::ChatFile;
use aiia_protocol::chat::ChangeChats;
use aiia_protocol::project::ListProjects;

use super::*;
use crate::{BackupOccasion, Said, schema};

/// What the child process does until it is killed; unset in the process that kills it.
const WORK: &str = "AIIA_STORE_TEST_WORK";
const DIR: &str = "AIIA_STORE_TEST_DIR";
const MESSAGES: usize = 40;

fn step() {
    let mut out = std::io::stdout().lock();
    out.write_all(b"\nstep\n").and_then(|()| out.flush()).unwrap();
}

/// The test `name` of this file in a process of its own.
fn again(name: &str, work: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = format!("tests::failures::{name}");
    command.args([name.as_str(), "--exact", "--nocapture"]).env(WORK, work).env(DIR, dir);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// A chat with a path of messages, under new identifiers each time.
fn long_chat(template: &ChatFile, number: usize) -> ChatFile {
    let text = serde_json::to_string(template).unwrap();
    // A digit of the last group, so that identifiers stay identifiers.
    serde_json::from_str(&text.replace("00000000-0000-7000-8000-", &format!("{number:08}-0000-7000-8000-"))).unwrap()
}

async fn template(store: &Store) -> ChatFile {
    let project = store.create_project(new_project("p", &[])).await.unwrap();
    let chat = store.create_chat(CreateChat::new(project.id.clone())).await.unwrap();
    let said = (0..MESSAGES).map(|number| Said::by_user(format!("message {number}"))).collect();
    store.append_messages(chat.id.clone(), said).await.unwrap();
    let mut file = store.export_chat(chat.id, false).await.unwrap();
    let id = |number: usize| format!("00000000-0000-7000-8000-{number:012}");
    file.chat.id = id(0).into();
    let ids: Vec<String> = file.messages.iter().map(|filed| filed.message.id.0.clone()).collect();
    let renamed = |old: &str| id(1 + ids.iter().position(|known| known == old).unwrap());
    for filed in &mut file.messages {
        filed.message.id = renamed(filed.message.id.as_str()).into();
        filed.message.parent_id = filed.message.parent_id.as_ref().map(|parent| renamed(parent.as_str()).into());
        filed.message.chat_id = file.chat.id.clone();
    }
    file.chat.head_id = file.messages.last().map(|filed| filed.message.id.clone());
    file
}

async fn work_until_killed(work: &str, dir: &Path) {
    if work == "migration" {
        for number in 0.. {
            let dir = dir.join(format!("{number:04}"));
            let store = Store::open_with(&dir, &schema::MIGRATIONS[..1]).unwrap();
            store.close();
            step();
            Store::open(&dir).unwrap().close();
        }
    }
    let store = Store::open(dir).unwrap();
    let template = template(&store).await;
    let project = template.chat.project_id.clone();
    let mut chats = Vec::new();
    if work == "delete" {
        for _ in 0..50 {
            chats.push(store.create_chat(CreateChat::new(project.clone())).await.unwrap().id);
        }
    }
    for number in 0.. {
        match work {
            "import" => {
                let files = (0..5).map(|chat| long_chat(&template, 1 + number * 5 + chat)).collect();
                for imported in store.import_chats(files, None).await.unwrap() {
                    imported.unwrap();
                }
            }
            "delete" => {
                let deleted = Some(number % 2 == 0);
                let change = ChangeChats { chat_ids: chats.clone(), deleted, ..ChangeChats::default() };
                store.change_chats(change).await.unwrap();
            }
            "backup" => {
                store.create_backup(BackupOccasion::Due).await.unwrap();
            }
            _ => {
                store.create_project(new_project(&format!("number {number}"), &[])).await.unwrap();
                store.forget_log().await.unwrap();
            }
        }
        step();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_is_half_done() {
    if let (Ok(work), Ok(dir)) = (std::env::var(WORK), std::env::var(DIR)) {
        return work_until_killed(&work, Path::new(&dir)).await;
    }
    for work in ["migration", "import", "delete", "backup", "checkpoint"] {
        for steps in [1, 3, 4] {
            let dir = TempDir::new().unwrap();
            let mut child = again("killed_at_any_moment_nothing_is_half_done", work, dir.path()).spawn().unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let seen = lines.map_while(Result::ok).filter(|line| line == "step").take(steps).count();
            child.kill().unwrap();
            child.wait().unwrap();
            assert_eq!(seen, steps, "{work}: the process ended by itself");
            after(work, dir, steps).await;
        }
    }
}

/// What must hold after the work was killed when it had done `steps`.
async fn after(work: &str, dir: TempDir, steps: usize) {
    if work == "migration" {
        let mut places: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        places.sort();
        for place in places {
            let store = Store::open(&place).unwrap();
            assert_eq!(store.check().await, Ok(Vec::new()), "{}", place.display());
        }
        return;
    }
    let store = Fixture { store: Store::open(dir.path()).unwrap(), dir };
    store.assert_clean().await;
    match work {
        "import" => {
            let halves = store.value::<i64>(&format!("SELECT count(*) FROM chats WHERE message_count <> {MESSAGES}"));
            let chats = store.value::<i64>("SELECT count(*) FROM chats");
            assert!(halves == 0 && chats > 5 * steps as i64, "{halves} halves of {chats}");
        }
        "delete" => {
            let deleted = store.value::<i64>("SELECT count(*) FROM chats WHERE deleted_at IS NOT NULL");
            assert!([0, 50].contains(&deleted), "{deleted}");
        }
        "backup" => {
            let backups = store.list_backups();
            assert!(!backups.is_empty());
            for backup in backups {
                assert_eq!(store.verify_backup(backup.name).await.unwrap().findings, Vec::<String>::new());
            }
        }
        _ => {
            let projects = store.value::<i64>("SELECT count(*) FROM projects WHERE name LIKE 'number %'");
            assert!(projects >= steps as i64, "{projects} of {steps} that were answered");
        }
    }
}

#[tokio::test]
async fn the_log_may_end_anywhere() {
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4096;
    let store = fixture();
    store.forget_log().await.unwrap();
    let whole = std::fs::read(store.path()).unwrap();
    let names: Vec<String> = (0..8).map(|number| format!("p{number}")).collect();
    for name in &names {
        store.project(name).await;
    }
    let log = std::fs::read(store.path().with_file_name("aiia.db-wal")).unwrap();
    let frames = (log.len() - HEADER) / FRAME;
    assert!(frames >= names.len(), "{frames}");
    let mut counts = Vec::new();
    // At the end of a frame, and in the middle of one.
    let ends = (0..=frames).step_by(3).map(|frame| HEADER + frame * FRAME);
    for end in ends.flat_map(|end| [end, end + 1000]).filter(|end| *end <= log.len()) {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("aiia.db"), &whole).unwrap();
        std::fs::write(dir.path().join("aiia.db-wal"), &log[..end]).unwrap();
        let after = Fixture { store: Store::open(dir.path()).unwrap(), dir };
        after.assert_clean().await;
        let mut found: Vec<String> =
            after.list_projects(ListProjects::default()).await.unwrap().items.into_iter().map(|p| p.name).collect();
        found.sort();
        assert_eq!(found, names[..found.len()], "{end} bytes of {}", log.len());
        counts.push(found.len());
    }
    assert!(counts.is_sorted() && counts.first() < counts.last(), "{counts:?}");
}

#[tokio::test]
async fn a_full_disk_in_an_import_leaves_whole_chats_alone() {
    let from = fixture();
    let template = template(&from).await;
    let to = fixture();
    to.import_projects(from.export_projects(None).await.unwrap()).await.unwrap();
    let mut large = long_chat(&template, 2);
    large.messages[MESSAGES - 1].message.content = "x".repeat(1 << 20);
    let limit = |pages: &'static str| {
        to.write(move |connection| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            connection.query_row(&sql, [], |_| Ok(())).map_err(StoreError::from)
        })
    };
    let pages: i64 = to.value("PRAGMA page_count");
    to.write(move |connection| {
        let sql = format!("PRAGMA max_page_count = {}", pages + 100);
        connection.query_row(&sql, [], |_| Ok(())).map_err(StoreError::from)
    })
    .await
    .unwrap();
    let done = to.import_chats(vec![long_chat(&template, 1), large.clone(), long_chat(&template, 3)], None).await;
    // All of them are refused, or the one that does not fit.
    let kept = match done {
        Ok(outcomes) => outcomes.iter().filter(|outcome| outcome.is_ok()).count() as i64,
        Err(error) => {
            assert_eq!(error, StoreError::Full);
            0
        }
    };
    assert!(kept < 3);
    assert_eq!(to.value::<i64>("SELECT count(*) FROM chats"), kept);
    assert_eq!(to.value::<i64>("SELECT count(*) FROM messages"), kept * MESSAGES as i64);
    limit("1000000").await.unwrap();
    to.assert_clean().await;
    to.import_chats(vec![large], None).await.unwrap().pop().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_in_a_backup_leaves_no_half_of_one() {
    if let Ok(dir) = std::env::var(DIR) {
        let store = Store::open(Path::new(&dir)).unwrap();
        let refused = store.create_backup(BackupOccasion::Due).await;
        assert!(matches!(refused, Err(StoreError::Full | StoreError::Io { .. })), "{refused:?}");
        return step();
    }
    let Fixture { store, dir } = fixture();
    let prompt = Some("x".repeat(1 << 20));
    for number in 0..4 {
        let new = CreateProject { system_prompt: prompt.clone(), ..new_project(&format!("p{number}"), &[]) };
        store.create_project(new).await.unwrap();
    }
    store.close();
    let own = again("a_full_disk_in_a_backup_leaves_no_half_of_one", "backup", dir.path());
    let mut limited = Command::new("sh");
    // No file may grow beyond about a megabyte; what is written beyond is refused, as on a full disk.
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\""])
        .arg(own.get_program())
        .args(own.get_args());
    limited.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("step"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let store = Fixture { store: Store::open(dir.path()).unwrap(), dir };
    assert_eq!(store.list_backups(), []);
    let left: Vec<_> = std::fs::read_dir(store.dir.path().join("backups")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    store.assert_clean().await;
}

#[tokio::test]
async fn a_read_only_file_is_said() {
    let Fixture { store, dir } = fixture();
    store.close();
    let copy = dir.path().join("aiia.db");
    let mut permissions = copy.metadata().unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&copy, permissions).unwrap();
    // The superuser may write it all the same.
    match Store::open(dir.path()) {
        Ok(store) => assert_eq!(store.check().await, Ok(Vec::new())),
        Err(error) => assert!(matches!(error, StoreError::Io { .. }), "{error:?}"),
    }
}

#[tokio::test]
async fn a_log_that_is_gone_or_of_another_store_breaks_nothing() {
    let (store, other) = (fixture(), fixture());
    store.project("in the file").await;
    store.forget_log().await.unwrap();
    let whole = std::fs::read(store.path()).unwrap();
    store.project("in the log").await;
    other.project("of another store").await;
    let foreign = std::fs::read(other.path().with_file_name("aiia.db-wal")).unwrap();
    for log in [None, Some(foreign)] {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("aiia.db"), &whole).unwrap();
        if let Some(log) = &log {
            std::fs::write(dir.path().join("aiia.db-wal"), log).unwrap();
        }
        match Store::open(dir.path()) {
            Ok(opened) => {
                let opened = Fixture { store: opened, dir };
                opened.assert_clean().await;
                let items = opened.list_projects(ListProjects::default()).await.unwrap().items;
                assert_eq!(items.len(), 1, "with a log: {}", log.is_some());
            }
            // What does not fit together may be refused, and is left as it is.
            Err(error) => {
                assert!(matches!(error, StoreError::Corrupt { .. }) && log.is_some(), "{error:?}");
                assert_eq!(std::fs::read(dir.path().join("aiia.db")).unwrap(), whole);
            }
        }
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_reorders_nothing() {
    let store = fixture();
    let project = store.project("p").await;
    let chat = store.chat(&project.id).await;
    for content in ["one", "two", "three"] {
        let begun = store.begin_run(new_run(&chat, content)).await.unwrap();
        store.finish_run(begun.run.id, end(RunStatus::Completed, "yes")).await.unwrap();
        // As if what was said so far had been said tomorrow.
        let sql = "UPDATE messages SET created_at = '2999-01-01T00:00:00.000Z'";
        raw(store.dir.path()).execute(sql, []).unwrap();
    }
    let list = aiia_protocol::message::ListMessages::new(chat.id);
    let said: Vec<String> =
        store.list_messages(list).await.unwrap().items.into_iter().map(|message| message.content).collect();
    assert_eq!(said, ["one", "yes", "two", "yes", "three", "yes"]);
}

#[tokio::test]
async fn a_link_to_the_directory_works() {
    let dir = TempDir::new().unwrap();
    let real = dir.path().join("real place, größer 🙂");
    std::fs::create_dir(&real).unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let store = Store::open(&link).unwrap();
    store.create_project(new_project("p", &[])).await.unwrap();
    store.create_backup(BackupOccasion::Due).await.unwrap();
    store.close();
    let again = Store::open(&real).unwrap();
    assert_eq!(again.list_projects(ListProjects::default()).await.unwrap().items.len(), 1);
    assert_eq!(again.list_backups().len(), 1);
}
