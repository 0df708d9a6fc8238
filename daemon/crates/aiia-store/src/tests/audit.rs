//! The audit log, and requests that are sent again.

use std::collections::BTreeMap;

use aiia_protocol::audit::{AuditEntry, ListAudit};
use aiia_protocol::problem::ProblemCode;

use super::*;
use crate::{RequestKey, RequestState};

fn entry(operation: &str, about: &[(&str, &str)]) -> AuditEntry {
    AuditEntry {
        number: 0,
        at: String::new(),
        operation: operation.to_owned(),
        client: "curl".to_owned(),
        transport: "http".to_owned(),
        token: Some("ci".to_owned()),
        about: about.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned())).collect::<BTreeMap<_, _>>(),
        refused: (operation == "key.set").then_some(ProblemCode::Forbidden),
    }
}

#[tokio::test]
async fn entries_are_listed_newest_first_and_by_what_they_are_about() {
    let store = fixture();
    for (operation, id) in [("chat.create", "a"), ("chat.delete", "a"), ("chatter.x", "b"), ("key.set", "b")] {
        store.record(entry(operation, &[("chat_id", id)]));
    }
    let list = |params: ListAudit| {
        let store = &store.store;
        async move {
            let page = store.list_audit(params).await.unwrap();
            let names: Vec<String> = page.items.iter().map(|entry| entry.operation.clone()).collect();
            (names.join(" "), page)
        }
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(list(ListAudit::default()).await.0, "key.set chatter.x chat.delete chat.create");
    assert_eq!(list(ListAudit { operation: some("chat."), ..Default::default() }).await.0, "chat.delete chat.create");
    assert_eq!(list(ListAudit { operation: some("chat"), ..Default::default() }).await.0, "");
    assert_eq!(list(ListAudit { about: some("b"), ..Default::default() }).await.0, "key.set chatter.x");
    assert_eq!(list(ListAudit { until: some("2000-01-01T00:00:00Z"), ..Default::default() }).await.0, "");
    let (names, page) = list(ListAudit { limit: Some(3), ..Default::default() }).await;
    assert_eq!((names.as_str(), page.has_more), ("key.set chatter.x chat.delete", true));
    assert_eq!(page.items[0].refused, Some(ProblemCode::Forbidden));
    let rest = ListAudit { limit: Some(3), cursor: page.next_cursor, ..Default::default() };
    assert_eq!(list(rest).await.0, "chat.create");
    is_invalid(store.list_audit(ListAudit { since: some("yesterday"), ..Default::default() }).await, "/since");
    store.assert_clean().await;
}

#[tokio::test]
async fn what_was_recorded_is_there_after_closing() {
    let Fixture { store, dir } = fixture();
    store.record(entry("chat.create", &[]));
    store.close();
    let count: u32 = raw(dir.path()).query_row("SELECT count(*) FROM audit_log", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn what_was_recorded_while_another_program_held_the_file_is_written_later() {
    let Fixture { store, dir } = fixture();
    let other = raw(dir.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    store.record(entry("chat.create", &[("chat_id", "a")]));
    // Whoever waits is told; what nobody waits for is kept, and what is in the log can be read meanwhile.
    assert_eq!(store.list_audit(ListAudit::default()).await.unwrap().items, []);
    other.execute_batch("ROLLBACK").unwrap();
    store.record(entry("chat.delete", &[("chat_id", "a")]));
    let page = store.list_audit(ListAudit::default()).await.unwrap();
    let names: Vec<&str> = page.items.iter().map(|entry| entry.operation.as_str()).collect();
    assert_eq!(names, ["chat.delete", "chat.create"]);
}

#[tokio::test]
async fn a_request_is_known_by_its_key() {
    let store = fixture();
    let key = |key: &str| RequestKey { caller: "c".to_owned(), operation: "chat.create", key: key.to_owned() };
    let begin = |name: &str, request: &str| store.begin_request(key(name), request.to_owned());
    assert_eq!(begin("k", "00").await, Ok(RequestState::New));
    assert_eq!(begin("k", "00").await, Ok(RequestState::Begun));
    assert_eq!(begin("k", "01").await, Ok(RequestState::Other));
    assert_eq!(begin("other", "00").await, Ok(RequestState::New));
    store.end_request(key("k"), Some("{}".to_owned())).await.unwrap();
    assert_eq!(begin("k", "00").await, Ok(RequestState::Done("{}".to_owned())));
    store.end_request(key("other"), None).await.unwrap();
    assert_eq!(begin("other", "05").await, Ok(RequestState::New));
    raw(store.dir.path()).execute("UPDATE idempotency_keys SET created_at = '2020-01-01T00:00:00.000Z'", []).unwrap();
    assert_eq!(begin("k", "07").await, Ok(RequestState::New), "a day later it is forgotten");
}

#[tokio::test]
async fn entries_of_a_time_when_another_program_held_the_file_keep_their_order_and_their_time() {
    let store = fixture();
    let waiting = std::time::Duration::from_millis(1);
    store.alone(move |connection| connection.busy_timeout(waiting).map_err(StoreError::from)).await.unwrap();
    let other = raw(store.dir.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let names: Vec<String> = (0..150).map(|number| format!("number {number}")).collect();
    for name in &names {
        store.record(entry(name, &[]));
    }
    let recorded = crate::clock::now();
    // Answered by a refusal when all entries were tried and put back.
    assert_eq!(store.write(|_| Ok(())).await, Err(StoreError::Busy));
    other.execute_batch("COMMIT").unwrap();
    let count = || store.value::<i64>("SELECT count(*) FROM audit_log");
    let written = async {
        while count() < names.len() as i64 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), written).await.unwrap();
    let file = raw(store.dir.path());
    let mut rows = file.prepare("SELECT operation, at FROM audit_log ORDER BY key").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    let (operations, times): (Vec<String>, Vec<String>) = rows.map(Result::unwrap).unzip();
    assert_eq!(operations, names);
    assert!(times.iter().all(|time| *time <= recorded), "{recorded}: {times:?}");
}
