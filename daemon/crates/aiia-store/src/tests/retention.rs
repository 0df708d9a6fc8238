//! What goes by itself, and what is mended.

use super::*;
use crate::{Pruned, RequestKey, Retention, opening};

#[tokio::test]
async fn deleted_chats_go_when_they_are_old_and_only_then() {
    let store = fixture();
    let project = store.project("p").await;
    let (old, young, kept) =
        (store.chat(&project.id).await, store.chat(&project.id).await, store.chat(&project.id).await);
    for chat in [&old, &young] {
        store.delete_chat(chat.id.clone(), None).await.unwrap();
    }
    let sql = "UPDATE chats SET deleted_at = '2020-01-01T00:00:00.000Z' WHERE id = ?1";
    raw(store.dir.path()).execute(sql, [old.id.as_str()]).unwrap();
    assert_eq!(store.prune(Retention::default()).await, Ok(Pruned::default()));
    let month = Retention { deleted_days: Some(30), audit_days: Some(30), ..Retention::default() };
    assert_eq!(store.prune(month).await, Ok(Pruned { chats: 1, ..Pruned::default() }));
    assert_eq!(store.value::<i64>("SELECT count(*) FROM chats"), 2);
    store.restore_chat(young.id).await.unwrap();
    store.get_chat(kept.id).await.unwrap();
    store.assert_clean().await;
}

#[tokio::test]
async fn kept_answers_and_requests_go_with_time() {
    let store = fixture();
    let chat = store.lone_run().await.chat.id;
    for key in ["old", "new"] {
        store.keep_answer(key.to_owned(), chat.clone(), "text".to_owned(), 30).await.unwrap();
        let key = RequestKey { caller: "c".to_owned(), operation: "chat.create", key: key.to_owned() };
        store.begin_request(key, "00".to_owned()).await.unwrap();
    }
    raw(store.dir.path())
        .execute_batch(
            "UPDATE answer_cache SET created_at = '2020-01-01T00:00:00.000Z' WHERE key = 'old';
             UPDATE idempotency_keys SET created_at = '2020-01-01T00:00:00.000Z' WHERE key = 'old'",
        )
        .unwrap();
    let wanted = |days| Retention { answer_days: Some(days), ..Retention::default() };
    assert_eq!(store.prune(wanted(30)).await, Ok(Pruned { answers: 1, ..Pruned::default() }));
    assert_eq!(store.value::<i64>("SELECT count(*) FROM idempotency_keys"), 1);
    assert_eq!(store.prune(wanted(0)).await, Ok(Pruned { answers: 1, ..Pruned::default() }), "none are wanted");
    assert_eq!(store.kept_answer("new".to_owned(), 30).await, Ok(None));
}

#[tokio::test]
async fn rows_are_mended_by_sound_indexes() {
    let store = fixture();
    let begun = store.lone_run().await;
    store.finish_run(begun.run.id.clone(), end(RunStatus::Completed, "because")).await.unwrap();
    // The index of chats loses its entries, so that counts by it would be 0.
    let other = raw(store.dir.path());
    other
        .execute_batch(
            "PRAGMA writable_schema = ON;
             CREATE TEMP TABLE kept AS SELECT sql FROM sqlite_schema WHERE name = 'messages_by_chat';
             UPDATE sqlite_schema SET sql = 'CREATE INDEX messages_by_chat ON messages (chat_id, key) WHERE false'
             WHERE name = 'messages_by_chat';
             PRAGMA writable_schema = RESET;
             REINDEX messages_by_chat;
             PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = (SELECT sql FROM kept) WHERE name = 'messages_by_chat';
             PRAGMA writable_schema = RESET;",
        )
        .unwrap();
    drop(other);
    let Fixture { store, dir } = store;
    store.close();
    let store = Fixture { store: Store::open(dir.path()).unwrap(), dir };
    let done = store.repair().await.unwrap();
    assert!(!done.found.is_empty());
    assert_eq!(done.left, Vec::<String>::new());
    assert_eq!(store.value::<i64>("SELECT message_count FROM chats"), 2, "what was right stays");
    store.assert_clean().await;
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_leaves_nothing() {
    let store = fixture();
    let copy = store.dir.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    let connection = opening::open_reader(store.path()).unwrap();
    assert!(opening::keep_copy(&connection, &copy.join("no/such/folder")).is_err());
    assert_eq!(std::fs::read_dir(&copy).unwrap().count(), 0);
}

#[tokio::test]
async fn what_follows_from_the_rest_is_mended_and_a_copy_is_kept() {
    let store = fixture();
    let begun = store.lone_run().await;
    store.finish_run(begun.run.id.clone(), end(RunStatus::Completed, "because")).await.unwrap();
    let sound = store.repair().await.unwrap();
    assert_eq!((sound.found, sound.left, sound.kept), (Vec::new(), Vec::new(), None));
    let other = raw(store.dir.path());
    other
        .execute_batch(
            "UPDATE chats SET message_count = 9;
         INSERT INTO message_words (message_words, rowid, content)
             SELECT 'delete', key, content FROM messages WHERE content = 'because';
         UPDATE messages SET deleted_at = '2020-01-01T00:00:00.000Z' WHERE parent_id IS NULL;",
        )
        .unwrap();
    drop(other);
    let done = store.repair().await.unwrap();
    assert!(done.found.len() >= 3, "{:?}", done.found);
    assert_eq!(done.left, Vec::<String>::new());
    assert!(done.kept.unwrap().is_file());
    store.assert_clean().await;
}
