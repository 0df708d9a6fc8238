//! How models count, and summaries of branches.

use aiia_protocol::run::RunStatus;

use super::{end, fixture};
use crate::{Store, StoreError, Summary};

#[tokio::test]
async fn the_newest_prompts_weigh_most() {
    let store = fixture();
    assert_eq!(store.token_factor("a/b".to_owned()).await, Ok(None));
    for (counted, reported) in [(1000, 1000), (1000, 1300), (1000, 1300), (1000, 1300), (1000, 1300)] {
        store.learn_tokens("a/b".to_owned(), counted, reported).await.unwrap();
    }
    let learnt = store.token_factor("a/b".to_owned()).await.unwrap().unwrap();
    assert!(learnt.samples == 5 && learnt.factor > 1.25 && learnt.factor < 1.3, "{learnt:?}");
    assert_eq!(store.token_factor("a/c".to_owned()).await, Ok(None));
}

#[tokio::test]
async fn the_speed_that_was_measured_last_is_kept() {
    let store = fixture();
    assert_eq!(store.prompt_speed("embedded/a".to_owned()).await, Ok(None));
    for speed in [10.0, 25.5] {
        store.keep_prompt_speed("embedded/a".to_owned(), speed).await.unwrap();
    }
    let dir = store.dir;
    store.store.close();
    let again = Store::open(dir.path()).unwrap();
    assert_eq!(again.prompt_speed("embedded/a".to_owned()).await, Ok(Some(25.5)));
    assert_eq!(again.prompt_speed("embedded/b".to_owned()).await, Ok(None));
}

#[tokio::test]
async fn the_summary_that_reaches_furthest_is_found_and_goes_with_its_chat() {
    let store = fixture();
    let begun = store.lone_run().await;
    store.finish_run(begun.run.id.clone(), end(RunStatus::Completed, "Because")).await.unwrap();
    let path = vec![begun.user_message.id.clone(), begun.message.id.clone()];
    assert_eq!(store.last_summary(path.clone()).await, Ok(None));
    let summary = |place: usize, text: &str| Summary {
        message_id: path[place].clone(),
        text: text.to_owned(),
        messages: place as u64 + 1,
        model: "a/b".to_owned(),
    };
    store.keep_summary(summary(0, "asked")).await.unwrap();
    store.keep_summary(summary(1, "old")).await.unwrap();
    store.keep_summary(summary(1, "asked and answered")).await.unwrap();
    assert_eq!(store.last_summary(path.clone()).await, Ok(Some((1, summary(1, "asked and answered")))));
    assert_eq!(store.last_summary(path[..1].to_vec()).await, Ok(Some((0, summary(0, "asked")))));
    assert_eq!(store.last_summary(Vec::new()).await, Ok(None));
    let unknown = store.keep_summary(Summary { message_id: "none".into(), ..summary(0, "x") }).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })), "{unknown:?}");
    store.assert_clean().await;
    store.delete_chat(begun.chat.id.clone(), None).await.unwrap();
    store.purge_chat(begun.chat.id).await.unwrap();
    assert_eq!(store.value::<i64>("SELECT count(*) FROM summaries"), 0);
    store.assert_clean().await;
}
