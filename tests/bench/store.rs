//! The store beside the library it stands on, in the same run: durable appends, opening long chats, search, export and import.
//!
//! ```sh
//! cargo bench -p aiia-tests --bench store [-- MESSAGES]    # in the store that is searched; 100,000 where absent
//! AIIA_BENCH_LLM=llm/bin/llm …    # searches beside `llm logs`, too
//! ```
#![allow(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use aiia_exchange::{ArchiveWriter, Item, Source};
use aiia_protocol::chat::{CreateChat, ListChats};
use aiia_protocol::id::{ChatId, ProjectId};
use aiia_protocol::message::{ListMessages, Order};
use aiia_protocol::project::CreateProject;
use aiia_protocol::search::{Search, SearchMode};
use aiia_store::{Said, Store};
use rusqlite::{Connection, params};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const APPENDS: usize = 400;
const LONG_CHAT: usize = 10_000;
const CHATS: usize = 2_000;
const ROUNDS: usize = 60;
/// One word of these in a hundred is rare.
const WORDS: [&str; 24] = [
    "the", "function", "returns", "error", "when", "buffer", "index", "token", "stream", "reads", "write", "model",
    "answer", "because", "value", "parse", "cache", "thread", "socket", "retry", "column", "schema", "commit", "lock",
];

struct Bench {
    runtime: Runtime,
    missed: bool,
}

impl Bench {
    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// A row of the table: `ratio` against `limit`, at least or at most.
    fn row(&mut self, what: &str, ratio: f64, at_least: bool, limit: f64, times: &str) {
        let is_met = if at_least { ratio >= limit } else { ratio <= limit };
        self.missed |= !is_met;
        let bound = if at_least { "least" } else { "most" };
        let mark = if is_met { "" } else { "  MISSED" };
        println!("  {what:<44} {ratio:>8.2} of at {bound} {limit:<6} ({times}){mark}");
    }
}

fn main() -> ExitCode {
    let messages = std::env::args().skip(1).find_map(|argument| argument.parse::<usize>().ok()).unwrap_or(100_000);
    let runtime = Runtime::new().expect("a runtime");
    let mut bench = Bench { runtime, missed: false };
    let folder = TempDir::new().expect("a temporary folder");
    println!("store in {}, SQLite {}", folder.path().display(), rusqlite::version());
    appends(&mut bench, &folder.path().join("appends"));
    reads(&mut bench, &folder.path().join("reads"));
    searches(&mut bench, &folder.path().join("search"), messages);
    files(&mut bench, &folder.path().join("files"), messages.min(100_000));
    ExitCode::from(u8::from(bench.missed))
}

fn open(bench: &Bench, dir: &Path) -> (Store, ProjectId) {
    let store = Store::open(dir).expect("a store");
    let project = bench.wait(store.create_project(CreateProject::new("bench"))).expect("a project");
    (store, project.id)
}

fn chat(bench: &Bench, store: &Store, project: &ProjectId) -> ChatId {
    bench.wait(store.create_chat(CreateChat::new(project.clone()))).expect("a chat").id
}

/// The library alone on a file of the same schema, with what the store sets.
fn bare(dir: &Path) -> Connection {
    let connection = Connection::open(dir.join("aiia.db")).expect("the file");
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -1024;")
        .expect("settings");
    connection
}

fn text(number: usize) -> String {
    let mut seed = number as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let mut words: Vec<&str> = (0..20)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            WORDS[(seed >> 33) as usize % WORDS.len()]
        })
        .collect();
    if number.is_multiple_of(100) {
        words.push("quicksort");
    }
    words.join(" ")
}

fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort();
    times[((times.len() - 1) as f64 * share) as usize]
}

/// Appends one after the other, each durable before the next: the same rows by the store and by the library, in turns.
fn appends(bench: &mut Bench, dir: &Path) {
    let (store, project) = open(bench, &dir.join("ours"));
    let ours = chat(bench, &store, &project);
    let (template, other) = open(bench, &dir.join("bare"));
    let theirs = chat(bench, &template, &other);
    template.close();
    let library = bare(&dir.join("bare"));
    let (mut mine, mut plain) = (Duration::ZERO, Duration::ZERO);
    let mut parent: Option<String> = None;
    for number in 0..APPENDS {
        let content = text(number);
        let start = Instant::now();
        bench.wait(store.append_messages(ours.clone(), vec![Said::by_user(content.clone())])).expect("an append");
        mine += start.elapsed();
        let start = Instant::now();
        let id = format!("0199{number:08}");
        library.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
        library
            .prepare_cached(
                "INSERT INTO messages (id, chat_id, parent_id, role, content, status, created_at)
                 VALUES (?1, ?2, ?3, 'user', ?4, 'complete', '2026-01-01T00:00:00.000Z')",
            )
            .and_then(|mut insert| insert.execute(params![id, theirs.as_str(), parent, content]))
            .expect("an insert");
        library
            .prepare_cached(
                "UPDATE chats SET head_id = ?2, message_count = message_count + 1, updated_at = '2026-01-01T00:00:00.000Z',
                     version = version + 1 WHERE id = ?1",
            )
            .and_then(|mut update| update.execute([theirs.as_str(), &id]))
            .expect("an update");
        library.execute_batch("COMMIT").expect("a commit");
        plain += start.elapsed();
        parent = Some(id);
    }
    let each = |sum: Duration| sum / APPENDS as u32;
    let ratio = plain.as_secs_f64() / mine.as_secs_f64();
    let times = format!("{:.2?} each / {:.2?}", each(mine), each(plain));
    bench.row("durable appends, of the library's speed", ratio, true, 0.8, &times);
}

/// A list of chats and the end of a long chat, as a client opens them.
fn reads(bench: &mut Bench, dir: &Path) {
    let (store, project) = open(bench, dir);
    for _ in 0..200 {
        chat(bench, &store, &project);
    }
    let long = chat(bench, &store, &project);
    let said = (0..LONG_CHAT).map(|number| Said::by_user(text(number))).collect();
    bench.wait(store.append_messages(long.clone(), said)).expect("a long chat");
    let library = bare(dir);
    // In a task, as the daemon does it.
    let asked = bench.runtime.spawn(ask(store.clone(), library, long.clone()));
    let Asked { mut list, mut bare_list, mut opened, mut bare_open } = bench.wait(asked).expect("answers");
    for (what, mine, plain) in [
        ("list of 50 chats", &mut list, &mut bare_list),
        ("end of a chat of 10,000 messages", &mut opened, &mut bare_open),
    ] {
        let (mine, plain) = (quantile(mine, 0.5), quantile(plain, 0.5));
        let ratio = mine.as_secs_f64() / plain.as_secs_f64();
        bench.row(what, ratio, false, 2.0, &format!("{mine:.2?} / {plain:.2?}, median"));
    }
    let worst = quantile(&mut opened, 1.0);
    bench.row("the same, of 100 ms", worst.as_secs_f64() * 10.0, false, 1.0, &format!("{worst:.2?}, the slowest"));
    let start = Instant::now();
    let mut cursor = None;
    let mut count = 0;
    loop {
        let page = ListMessages { cursor: cursor.take(), limit: Some(200), ..ListMessages::new(long.clone()) };
        let page = bench.wait(store.list_messages(page)).expect("messages");
        count += page.items.len();
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    println!("  all {count} messages of it, page by page: {:.2?}", start.elapsed());
}

/// How long each answer took.
#[derive(Default)]
struct Asked {
    list: Vec<Duration>,
    bare_list: Vec<Duration>,
    opened: Vec<Duration>,
    bare_open: Vec<Duration>,
}

async fn ask(store: Store, library: Connection, long: ChatId) -> Asked {
    let mut asked = Asked::default();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        store.list_chats(ListChats::default()).await.expect("a list");
        asked.list.push(start.elapsed());
        let start = Instant::now();
        let sql = "SELECT c.*, (SELECT json_group_array(tag) FROM (SELECT tag FROM chat_tags t WHERE t.chat_id = c.id ORDER BY position)) AS tags
                   FROM chats c WHERE c.deleted_at IS NULL AND c.archived = 0
                   ORDER BY c.pinned DESC, c.updated_at DESC, c.id DESC LIMIT 51";
        rows(&library, sql, &[]);
        asked.bare_list.push(start.elapsed());
        let start = Instant::now();
        let newest = ListMessages { order: Order::Newest, ..ListMessages::new(long.clone()) };
        store.get_chat(long.clone()).await.expect("a chat");
        store.list_messages(newest).await.expect("messages");
        asked.opened.push(start.elapsed());
        let start = Instant::now();
        rows(&library, "SELECT * FROM chats WHERE id = ?1", &[long.as_str()]);
        let sql = "WITH RECURSIVE path (key, parent_id) AS (
                       SELECT key, parent_id FROM messages WHERE id = (SELECT head_id FROM chats WHERE id = ?1)
                       UNION SELECT m.key, m.parent_id FROM messages m JOIN path ON m.id = path.parent_id LIMIT 51)
                   SELECT m.*, r.id, (SELECT json_group_array(s.id) FROM messages s WHERE s.parent_id = m.parent_id AND s.deleted_at IS NULL)
                   FROM path JOIN messages m ON m.key = path.key LEFT JOIN runs r ON r.message_id = m.id ORDER BY m.key DESC";
        rows(&library, sql, &[long.as_str()]);
        asked.bare_open.push(start.elapsed());
    }
    asked
}

fn rows(connection: &Connection, sql: &str, params: &[&str]) -> usize {
    let mut statement = connection.prepare_cached(sql).expect("a statement");
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(params)).expect("rows");
    let mut count = 0;
    while let Some(row) = rows.next().expect("a row") {
        for column in 0..columns {
            let _: rusqlite::types::Value = row.get(column).expect("a value");
        }
        count += 1;
    }
    count
}

/// Fills a store by the library, which is quicker; the triggers of the schema do their work.
fn fill(bench: &Bench, dir: &Path, messages: usize) -> Store {
    let (store, project) = open(bench, dir);
    let chats: Vec<ChatId> = (0..CHATS).map(|_| chat(bench, &store, &project)).collect();
    store.close();
    let mut library = bare(dir);
    library.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;").expect("settings");
    let transaction = library.transaction().expect("a transaction");
    {
        let mut insert = transaction
            .prepare(
                "INSERT INTO messages (id, chat_id, parent_id, role, content, status, created_at)
                 VALUES (?1, ?2, ?3, 'user', ?4, 'complete', '2026-01-01T00:00:00.000Z')",
            )
            .expect("a statement");
        let mut last: Vec<Option<String>> = vec![None; CHATS];
        for number in 0..messages {
            let place = number * 7919 % CHATS;
            let id = format!("01990000-0000-7000-8000-{number:012}");
            insert.execute(params![id, chats[place].as_str(), last[place], text(number)]).expect("an insert");
            last[place] = Some(id);
        }
        for (chat, head) in chats.iter().zip(&last) {
            let sql = "UPDATE chats SET head_id = ?2, message_count = (SELECT count(*) FROM messages WHERE chat_id = ?1) WHERE id = ?1";
            transaction.execute(sql, params![chat.as_str(), head]).expect("an update");
        }
    }
    transaction.commit().expect("a commit");
    drop(library);
    Store::open(dir).expect("a store")
}

fn searches(bench: &mut Bench, dir: &Path, messages: usize) {
    let start = Instant::now();
    let store = fill(bench, dir, messages);
    println!("search in {messages} messages ({:.0?} to make them)", start.elapsed());
    let library = bare(dir);
    let mut slowest = Vec::new();
    for (what, query, mode, index, expression) in [
        ("a rare word", "quicksort", SearchMode::Words, "message_words", "\"quicksort\"*"),
        ("two common words", "buffer socket", SearchMode::Words, "message_words", "\"buffer\" AND \"socket\"*"),
        (
            "a part of a word",
            "icksor",
            SearchMode::Substring,
            "message_parts",
            "\"ick\" AND \"cks\" AND \"kso\" AND \"sor\"",
        ),
        ("a word that is nowhere", "zzyzx", SearchMode::Words, "message_words", "\"zzyzx\"*"),
    ] {
        let (mut mine, mut plain) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let wanted = Search { query: query.to_owned(), mode, ..Search::default() };
            bench.wait(store.search(wanted)).expect("a search");
            mine.push(start.elapsed());
            let start = Instant::now();
            let sql = format!(
                "SELECT m.*, c.title FROM {index} f JOIN messages m ON m.key = f.rowid JOIN chats c ON c.id = m.chat_id
                 WHERE f.{index} MATCH ?1 AND m.deleted_at IS NULL AND c.deleted_at IS NULL ORDER BY f.rowid DESC LIMIT 51"
            );
            rows(&library, &sql, &[expression]);
            plain.push(start.elapsed());
        }
        let (slow, bare) = (quantile(&mut mine, 0.95), quantile(&mut plain, 0.95));
        let times = format!("p95 {slow:.2?} / {bare:.2?} of the bare query");
        bench.row(&format!("{what}, of 50 ms"), slow.as_secs_f64() * 20.0, false, 1.0, &times);
        if mode == SearchMode::Words {
            slowest.push((query, slow));
        }
    }
    if let Some(program) = std::env::var_os("AIIA_BENCH_LLM") {
        store.close();
        beside_llm_logs(Path::new(&program), dir, &slowest);
    }
}

/// The same messages and searches with `llm logs`, which has no search for parts of words.
fn beside_llm_logs(program: &Path, dir: &Path, ours: &[(&str, Duration)]) {
    let python = program.parent().expect("the folder of llm").join("python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/bench/store/llm_logs.py");
    let queries = ours.iter().map(|(query, _)| *query);
    let done = Command::new(python).arg(script).arg(dir.join("aiia.db")).arg(dir.join("llm")).args(queries).output();
    let done = done.expect("python beside llm");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let lines = String::from_utf8(done.stdout).expect("text");
    for (line, (query, mine)) in lines.lines().zip(ours) {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        let (rows, inside, command) = (&line["rows"], line["inside_ms"].as_f64(), line["command_ms"].as_f64());
        let (inside, command) = (inside.expect("a time"), command.expect("a time"));
        let ratio = mine.as_secs_f64() * 1000.0 / inside;
        println!(
            "  {query}: {ratio:.2} of llm logs (p95 {mine:.2?} / {inside:.1} ms in Python, {rows} rows; its command {command:.0} ms)"
        );
    }
}

/// Everything out into a ZIP file and in again elsewhere, as the daemon does it: chat by chat.
fn files(bench: &mut Bench, dir: &Path, messages: usize) {
    let store = fill(bench, &dir.join("from"), messages);
    let bytes = messages as f64 * text(1).len() as f64 / 1e6;
    let path = dir.join("all.zip");
    let before = resident();
    let start = Instant::now();
    let projects = bench.wait(store.export_projects(None)).expect("projects");
    let file = File::create(&path).expect("a file");
    let mut archive = ArchiveWriter::new(file, "2026-01-01T00:00:00Z".to_owned(), &projects).expect("an archive");
    for id in bench.wait(store.exported_chats(None)).expect("chats") {
        archive.chat(&bench.wait(store.export_chat_alone(id, true)).expect("a chat")).expect("a line");
    }
    archive.finish(&[], &[]).expect("the end");
    let out = start.elapsed();
    let after_export = resident();
    let (target, _) = open(bench, &dir.join("to"));
    let start = Instant::now();
    let mut source = Source::examine(BufReader::new(File::open(&path).expect("the file"))).expect("an archive");
    let mut batch = Vec::new();
    let mut taken = 0;
    let mut take = |batch: &mut Vec<_>| {
        for outcome in bench.wait(target.import_chats(std::mem::take(batch), None)).expect("an import") {
            taken += outcome.expect("a chat").messages;
        }
    };
    source
        .read(&mut |item| {
            match item {
                Item::Project(project) => drop(bench.wait(target.import_projects(vec![project])).expect("a project")),
                Item::Chat(chat) => batch.push(*chat),
                _ => {}
            }
            if batch.len() >= 50 {
                take(&mut batch);
            }
            true
        })
        .expect("the archive");
    take(&mut batch);
    let back = start.elapsed();
    let after_import = resident();
    assert_eq!(taken, messages as u64, "every message came back");
    println!("export and import of {messages} messages, {bytes:.1} MB of text");
    println!("  export {:.1} MB/s, import {:.1} MB/s", bytes / out.as_secs_f64(), bytes / back.as_secs_f64());
    let more = after_export.max(after_import).saturating_sub(before) as f64 / 1e6;
    bench.row("memory that this took, of 64 MB", more / 64.0, false, 1.0, &format!("{more:.1} MB more than before"));
}

/// Bytes of this process in memory, where the system tells.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) * 1024
}
