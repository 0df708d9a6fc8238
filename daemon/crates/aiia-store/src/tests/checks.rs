//! The check finds what another program broke.

use rstest::rstest;

use super::*;

/// A finished run with an edit, a run that goes on, another chat.
async fn full() -> Fixture {
    let store = fixture();
    let first = store.lone_run().await;
    store.edit(&first.run.id).await;
    store.append_events(first.run.id.clone(), vec![text(&first.run.id, 1, "a")]).await.unwrap();
    store.finish_run(first.run.id.clone(), end(RunStatus::Completed, "a")).await.unwrap();
    store.run(&first.chat).await;
    store.lone_run().await;
    store.assert_clean().await;
    store
}

#[rstest]
#[case("UPDATE chats SET message_count = 9 WHERE key = 1", "counts its messages wrongly")]
#[case(
    "UPDATE chats SET head_id = (SELECT head_id FROM chats WHERE key = 2) WHERE key = 1",
    "shows a message of another"
)]
#[case("UPDATE chats SET head_id = 'x' WHERE key = 1", "refers to a row of messages that does not exist")]
#[case("UPDATE messages SET parent_id = (SELECT id FROM messages WHERE key = 4) WHERE key = 3", "or a later one")]
#[case("UPDATE messages SET status = 'streaming' WHERE key = 1", "no run writes it")]
#[case("UPDATE messages SET status = 'complete' WHERE key = 4", "its answer does not")]
#[case("UPDATE messages SET parent_id = NULL WHERE key = 2", "an answer to another question")]
#[case("UPDATE runs SET finished_at = NULL WHERE key = 1", "no time of it")]
#[case("UPDATE runs SET last_seq = 7 WHERE key = 1", "does not know its last event")]
#[case("DELETE FROM run_chunks WHERE first_seq = 1", "a gap in the numbers")]
#[case("DELETE FROM run_chunks WHERE first_seq = 2", "its last event does not say so")]
#[case("UPDATE run_chunks SET events = '[]'", "cannot be read")]
#[case("UPDATE run_chunks SET events = '{' WHERE first_seq = 2", "cannot be read")]
#[case("UPDATE runs SET status = 'failed' WHERE key = 1", "its last event does not say so")]
#[case("DROP TRIGGER usage_ledger_keeps; DELETE FROM usage_ledger", "not in the usage ledger")]
#[case("UPDATE edits SET run_id = (SELECT id FROM runs WHERE key = 2)", "noted at another run")]
#[case("DELETE FROM edit_hunks WHERE number = 2", "a gap in their numbers")]
#[case("UPDATE edits SET status = 'accepted'", "does not stand where its hunks stand")]
#[tokio::test]
async fn what_was_broken_is_found(#[case] sql: &str, #[case] expected: &str) {
    let store = full().await;
    raw(store.dir.path()).execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
    let findings = store.check().await.unwrap();
    assert!(findings.iter().any(|finding| finding.contains(expected)), "{findings:?}");
}

#[tokio::test]
async fn a_damaged_page_is_found() {
    let store = full().await;
    store.close();
    let path = store.dir.path().join("aiia.db");
    let root: i64 = store.value("SELECT rootpage FROM sqlite_schema WHERE name = 'messages_by_parent'");
    let mut content = std::fs::read(&path).unwrap();
    let start = (root as usize - 1) * 4096;
    content[start..start + 4096].fill(0xa5);
    std::fs::write(&path, content).unwrap();
    let store = Store::open(store.dir.path()).unwrap();
    match store.check().await {
        Ok(findings) => assert_ne!(findings, Vec::<String>::new()),
        Err(error) => assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}"),
    }
}
