//! What is erased is gone from the file, too.

use aiia_protocol::chat::{Inclusion, ListChats};

use super::*;

/// Whether any file of the store holds the text.
fn holds(dir: &Path, text: &str) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let content = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        content.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn a_purged_chat_leaves_no_text_in_any_file() {
    let store = fixture();
    let begun = store.lone_run().await;
    let other = store.lone_run().await;
    let (id, secret) = (begun.run.id.clone(), "Xyzzy-secret-1234");
    store.append_events(id.clone(), vec![text(&id, 1, secret)]).await.unwrap();
    store.edit(&id).await;
    store.finish_run(id, end(RunStatus::Completed, &format!("long {secret} ").repeat(9000))).await.unwrap();
    assert!(holds(store.dir.path(), secret) && holds(store.dir.path(), "xyzzy"));

    let refused = store.purge_chat(begun.chat.id.clone()).await;
    assert!(matches!(refused, Err(StoreError::State { .. })), "it is not deleted yet: {refused:?}");
    store.delete_chat(begun.chat.id.clone(), None).await.unwrap();
    assert!(holds(store.dir.path(), secret));
    store.purge_chat(begun.chat.id.clone()).await.unwrap();
    assert!(!holds(store.dir.path(), secret));
    assert!(!holds(store.dir.path(), "xyzzy"), "the words of the search index");
    is_not_found(store.restore_chat(begun.chat.id.clone()).await, "chat");
    is_not_found(store.purge_chat(begun.chat.id).await, "chat");
    assert!(store.get_chat(other.chat.id).await.is_ok());
    assert_eq!(store.value::<i64>("SELECT count(*) FROM usage_ledger"), 1, "what was used stays counted");
    store.assert_clean().await;
}

#[tokio::test]
async fn a_chat_whose_answer_is_being_written_is_not_erased() {
    let store = fixture();
    let begun = store.lone_run().await;
    store.delete_chat(begun.chat.id.clone(), None).await.unwrap();
    let refused = store.purge_chat(begun.chat.id.clone()).await;
    assert!(matches!(refused, Err(StoreError::State { .. })), "{refused:?}");
    store.finish_run(begun.run.id, end(RunStatus::Cancelled, "")).await.unwrap();
    assert!(store.purge_chat(begun.chat.id).await.is_ok());
}

#[tokio::test]
async fn a_deleted_chat_is_listed_apart_and_comes_back() {
    let store = fixture();
    let begun = store.lone_run().await;
    store.delete_chat(begun.chat.id.clone(), None).await.unwrap();
    let count =
        async |deleted| store.list_chats(ListChats { deleted, ..ListChats::default() }).await.unwrap().items.len();
    assert_eq!(
        (count(Inclusion::Exclude).await, count(Inclusion::Only).await, count(Inclusion::Include).await),
        (0, 1, 1)
    );
    let back = store.restore_chat(begun.chat.id.clone()).await.unwrap();
    assert_eq!((back.deleted_at, back.head_id), (None, begun.chat.head_id));
    assert_eq!((count(Inclusion::Exclude).await, count(Inclusion::Only).await), (1, 0));
    assert!(store.get_run(begun.run.id).await.is_ok());
}

#[tokio::test]
async fn chats_of_a_deleted_project_can_be_erased_and_go_with_time() {
    let store = fixture();
    let project = store.project("p").await;
    let (first, old) = (store.chat(&project.id).await, store.chat(&project.id).await);
    let young = store.chat(&store.project("other").await.id).await;
    let refused = store.purge_chat(first.id.clone()).await;
    assert!(matches!(refused, Err(StoreError::State { .. })), "nothing of it is deleted: {refused:?}");
    store.delete_project(gone(project.id.clone())).await.unwrap();
    store.delete_project(gone(young.project_id.clone())).await.unwrap();
    store.purge_chat(first.id).await.unwrap();
    let sql = "UPDATE projects SET deleted_at = '2020-01-01T00:00:00.000Z' WHERE id = ?1";
    raw(store.dir.path()).execute(sql, [project.id.as_str()]).unwrap();
    let month = crate::Retention { deleted_days: Some(30), ..Default::default() };
    assert_eq!(store.prune(month).await.unwrap().chats, 1);
    assert_eq!(store.export_chat(young.id.clone(), true).await.unwrap().chat.id, young.id);
    is_not_found(store.export_chat(old.id, true).await, "chat");
}

#[tokio::test]
async fn what_was_erased_leaves_the_log_once_nobody_reads_it() {
    let store = fixture();
    let begun = store.lone_run().await;
    let secret = "Xyzzy-secret-1234";
    store.finish_run(begun.run.id, end(RunStatus::Completed, secret)).await.unwrap();
    store.delete_chat(begun.chat.id.clone(), None).await.unwrap();
    let reader = raw(store.dir.path());
    reader.execute_batch("BEGIN; SELECT count(*) FROM chats;").unwrap();
    let (short, long) = (std::time::Duration::from_millis(1), std::time::Duration::from_secs(5));
    let waiting = |time| store.alone(move |connection| connection.busy_timeout(time).map_err(StoreError::from));
    waiting(short).await.unwrap();
    store.purge_chat(begun.chat.id).await.unwrap();
    waiting(long).await.unwrap();
    assert!(holds(store.dir.path(), secret), "somebody reads the log");
    reader.execute_batch("COMMIT").unwrap();
    let emptied = async {
        while holds(store.dir.path(), secret) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), emptied).await.unwrap();
}
