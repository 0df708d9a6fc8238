//! What is left when a process dies: its files as they are at that moment.

use aiia_protocol::message::MessageStatus;
use aiia_protocol::run::Usage;
use aiia_protocol::usage::TokenPrice;

use super::*;

/// The store as it is on disk now, opened by the next process.
fn after_a_crash(store: &Fixture) -> Fixture {
    let dir = TempDir::new().unwrap();
    for name in ["aiia.db", "aiia.db-wal"] {
        std::fs::copy(store.dir.path().join(name), dir.path().join(name)).unwrap();
    }
    Fixture { store: Store::open(dir.path()).unwrap(), dir }
}

#[tokio::test]
async fn at_every_moment_the_exact_prefix_survives() {
    let store = fixture();
    let begun = store.lone_run().await;
    let id = &begun.run.id;
    let mut events = Vec::new();
    let mut answer = String::new();
    for number in 0..6 {
        // At first nothing is stored but the question.
        if number > 0 {
            let seq = events.len() as u64;
            let batch = vec![text(id, seq + 1, &number.to_string()), text(id, seq + 2, " 🙂 ")];
            store.append_events(id.clone(), batch.clone()).await.unwrap();
            events.extend(batch);
            answer.extend([&number.to_string(), " 🙂 "]);
        }
        let next = after_a_crash(&store);
        let run = next.get_run(id.clone()).await.unwrap();
        assert_eq!((run.status, run.last_seq), (RunStatus::Interrupted, events.len() as u64 + 1));
        let messages = next.message_path(begun.message.id.clone()).await.unwrap();
        assert_eq!((messages[0].content.as_str(), messages[0].status), ("Why?", MessageStatus::Complete));
        assert_eq!((messages[1].content.as_str(), messages[1].status), (answer.as_str(), MessageStatus::Interrupted));
        let mut expected = events.clone();
        let done = RunEventKind::Done { status: RunStatus::Interrupted, problem: None };
        expected.push(event(id, events.len() as u64 + 1, done));
        assert_eq!(next.run_events(id.clone(), 0, usize::MAX).await, Ok(expected));
        assert_eq!(next.list_running().await, Ok(Vec::new()));
        next.assert_clean().await;
    }
}

#[tokio::test]
async fn usage_is_counted_once_however_often_the_store_is_opened() {
    let store = fixture();
    let id = store.lone_run().await.run.id;
    let usage = |tokens| Usage { output_tokens: Some(tokens), ..Usage::default() };
    let reported = |seq, tokens| event(&id, seq, RunEventKind::Usage { usage: usage(tokens) });
    store.append_events(id.clone(), vec![reported(1, 3), reported(2, 5)]).await.unwrap();
    let crashed = after_a_crash(&store);
    let run = crashed.get_run(id.clone()).await.unwrap();
    assert_eq!(run.usage, Some(usage(5)));
    crashed.close();
    let again = Store::open(crashed.dir.path()).unwrap();
    assert_eq!(again.get_run(id).await, Ok(run));
    assert_eq!(crashed.value::<String>("SELECT group_concat(output_tokens) FROM usage_ledger"), "5");
}

#[tokio::test]
async fn a_run_that_was_cut_off_keeps_the_price_of_its_beginning() {
    let store = fixture();
    let chat = store.chat(&store.project("p").await.id).await;
    let price = TokenPrice {
        input: Some(1.0),
        output: Some(2.0),
        cached: None,
        cache_write: None,
        currency: "USD".to_owned(),
        origin: "list".to_owned(),
    };
    let id = store.begin_run(NewRun { price: Some(price.clone()), ..new_run(&chat, "Why?") }).await.unwrap().run.id;
    let next = after_a_crash(&store);
    let run = next.get_run(id.clone()).await.unwrap();
    assert_eq!((run.status, run.price.as_ref(), run.usage), (RunStatus::Interrupted, Some(&price), None));
    let rows = next.export_usage().await.unwrap();
    let row = rows.iter().find(|row| row.run_id == id).unwrap();
    assert_eq!((row.price.as_ref(), row.usage), (Some(&price), Usage::default()), "what nobody counted is not known");
}

#[tokio::test]
async fn an_edit_of_a_run_that_was_cut_off_still_waits() {
    let store = fixture();
    let id = store.lone_run().await.run.id;
    let edit = store.edit(&id).await;
    let next = after_a_crash(&store);
    assert_eq!(next.get_edit(edit.id.clone()).await, Ok(edit.clone()));
    assert_eq!(next.get_run(id).await.unwrap().edit_id, Some(edit.id));
    next.assert_clean().await;
}

#[tokio::test]
async fn a_store_that_was_closed_has_all_in_one_file() {
    let store = fixture();
    let id = store.lone_run().await.run.id;
    let run = store.finish_run(id.clone(), end(RunStatus::Completed, "ok")).await.unwrap();
    store.close();
    assert!(!store.dir.path().join("aiia.db-wal").exists());
    let next = Store::open(store.dir.path()).unwrap();
    assert_eq!(next.get_run(id).await, Ok(run));
}
