//! What goes by itself, and what is mended.

use super::*;
use crate::{Pruned, Retention};

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
    let month = Retention { deleted_days: Some(30), audit_days: Some(30) };
    assert_eq!(store.prune(month).await, Ok(Pruned { chats: 1, audit: 0 }));
    assert_eq!(store.value::<i64>("SELECT count(*) FROM chats"), 2);
    store.restore_chat(young.id).await.unwrap();
    store.get_chat(kept.id).await.unwrap();
    store.assert_clean().await;
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
