//! Kept answers, and answers of several models to one question.

use aiia_protocol::action::ActionKind;

use super::*;

#[tokio::test]
async fn an_answer_is_kept_for_its_days_and_goes_with_its_chat() {
    let store = fixture();
    let begun = store.lone_run().await;
    let chat = begun.chat.id.clone();
    for text in ["old", "Because"] {
        store.keep_answer("k".to_owned(), chat.clone(), text.to_owned(), 30).await.unwrap();
    }
    assert_eq!(store.kept_answer("k".to_owned(), 30).await.unwrap().unwrap().text, "Because");
    assert_eq!(store.kept_answer("other".to_owned(), 30).await, Ok(None));
    store.answered_from_cache(begun.run.id.clone()).await.unwrap();
    let run = store.finish_run(begun.run.id.clone(), end(RunStatus::Completed, "Because")).await.unwrap();
    assert!(run.from_cache);
    assert_eq!(store.value::<i64>("SELECT from_cache FROM usage_ledger"), 1);
    let rows = store.export_usage().await.unwrap();
    assert!(rows[0].from_cache, "{rows:?}");
    let other = fixture();
    other.import_usage(rows).await.unwrap();
    other.import_projects(store.export_projects(None).await.unwrap()).await.unwrap();
    other.import_chats(vec![store.export_chat(chat.clone(), false).await.unwrap()], None).await.unwrap();
    assert_eq!(other.value::<i64>("SELECT from_cache FROM runs"), 1);
    assert_eq!(other.value::<i64>("SELECT from_cache FROM usage_ledger"), 1, "a file carries it");
    let late = store.answered_from_cache(begun.run.id).await;
    assert!(matches!(late, Err(StoreError::State { .. })), "{late:?}");
    store.assert_clean().await;
    store.delete_chat(chat.clone(), None).await.unwrap();
    store.purge_chat(chat).await.unwrap();
    assert_eq!(store.kept_answer("k".to_owned(), 30).await, Ok(None));
}

#[tokio::test]
async fn an_answer_that_is_too_old_is_not_given_and_goes() {
    let store = fixture();
    let chat = store.lone_run().await.chat.id;
    store.keep_answer("k".to_owned(), chat.clone(), "old".to_owned(), 30).await.unwrap();
    let sql = "UPDATE answer_cache SET created_at = '2020-01-01T00:00:00.000Z'";
    raw(store.dir.path()).execute(sql, []).unwrap();
    assert_eq!(store.kept_answer("k".to_owned(), 30).await, Ok(None));
    store.keep_answer("n".to_owned(), chat, "new".to_owned(), 30).await.unwrap();
    assert_eq!(store.value::<i64>("SELECT count(*) FROM answer_cache"), 1);
}

#[tokio::test]
async fn several_models_answer_beside_the_one_that_is_shown() {
    let store = fixture();
    let begun = store.lone_run().await;
    let models = ["a/b", "c/d"]
        .map(|model| AnswerBeside { model: model.to_owned(), price: None, settings: Settings::default() })
        .to_vec();
    let beside = store.begin_beside(begun.user_message.id.clone(), Some(ActionKind::Ask), models).await.unwrap();
    assert!(beside.iter().all(|begun| begun.run.action == Some(ActionKind::Ask)));
    let names: Vec<&str> = beside.iter().map(|begun| begun.run.model.as_str()).collect();
    assert_eq!(names, ["a/b", "c/d"]);
    let chat = store.get_chat(begun.chat.id.clone()).await.unwrap();
    assert_eq!((chat.head_id, chat.message_count), (Some(begun.message.id.clone()), 4));
    for run in [&begun, &beside[0], &beside[1]] {
        assert_eq!(run.run.user_message_id, begun.user_message.id);
        store.finish_run(run.run.id.clone(), end(RunStatus::Completed, "Because")).await.unwrap();
    }
    store.assert_clean().await;
}
