//! Many at once, and what one of them may do to the others.

use aiia_protocol::chat::ListChats;
use aiia_protocol::project::ListProjects;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_writers_and_readers_never_meet_a_lock() {
    let store = fixture();
    let project = store.project("p").await;
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let (store, project_id) = (store.store.clone(), project.id.clone());
            tokio::spawn(async move {
                if number % 2 == 0 {
                    let params = CreateChat::new(project_id);
                    let chat = store.create_chat(params).await?;
                    let id = store.begin_run(new_run(&chat, "hello")).await?.run.id;
                    for seq in 1..=5 {
                        store.append_events(id.clone(), vec![text(&id, seq, "x")]).await?;
                    }
                    store.finish_run(id, end(RunStatus::Completed, "xxxxx")).await?;
                } else {
                    for _ in 0..10 {
                        for chat in store.list_chats(ListChats::default()).await?.items {
                            store.get_chat(chat.id).await?;
                        }
                    }
                }
                Ok::<_, StoreError>(())
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    assert_eq!(store.value::<i64>("SELECT count(*) FROM run_chunks"), 25 * 6);
    assert_eq!(store.value::<i64>("SELECT count(*) FROM usage_ledger"), 25);
    store.assert_clean().await;
}

#[tokio::test]
async fn a_write_that_fails_takes_no_other_with_it() {
    let store = fixture();
    let tasks: Vec<_> = (0..30)
        .map(|number| {
            let store = store.store.clone();
            tokio::spawn(async move {
                let name = if number % 3 == 0 { "" } else { "fine" };
                store.create_project(new_project(name, &["/a"])).await.is_ok()
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap());
    }
    assert_eq!(made, 20);
    assert_eq!(store.list_projects(ListProjects::default()).await.unwrap().items.len(), 20);
    assert_eq!(store.value::<i64>("SELECT count(*) FROM project_folders"), 20);
}

#[tokio::test]
async fn a_write_is_undone_whole_when_it_ends_by_a_fault() {
    let store = fixture();
    let outcome: Result<(), _> = store
        .write(|connection| {
            connection.execute("INSERT INTO project_folders VALUES ('x', 0, '/x')", []).map(drop).unwrap_err();
            connection.execute_batch("INSERT INTO usage_ledger (run_id, chat_id, project_id, model, status, created_at) VALUES ('r', 'c', 'p', 'm', 's', 't')")?;
            panic!("a fault");
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Internal { .. })), "{outcome:?}");
    assert_eq!(store.value::<i64>("SELECT count(*) FROM usage_ledger"), 0);
    store.project("after").await;
}

#[tokio::test]
async fn a_write_is_carried_out_although_nobody_waits_any_more() {
    let store = fixture();
    tokio::select! {
        biased;
        _ = store.create_project(new_project("unwatched", &[])) => {}
        () = std::future::ready(()) => {}
    }
    store.project("next").await;
    let names = store.value::<String>("SELECT group_concat(name) FROM (SELECT name FROM projects ORDER BY key)");
    assert_eq!(names, "unwatched,next");
}

/// A read that never ends by itself. Tells of its beginnings and how it ended.
fn endless(
    started: tokio::sync::mpsc::UnboundedSender<()>,
    ended: tokio::sync::mpsc::UnboundedSender<bool>,
) -> impl Fn(&Connection) -> Result<i64, StoreError> + Send + 'static {
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    move |connection| {
        let _ = started.send(());
        let outcome = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let _ = ended.send(outcome.is_err());
        Ok(outcome?)
    }
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_is_stopped_and_the_next_one_works() {
    let store = fixture();
    let (started, mut start) = tokio::sync::mpsc::unbounded_channel();
    let (ended, mut end) = tokio::sync::mpsc::unbounded_channel();
    tokio::select! {
        outcome = store.read_long(endless(started, ended)) => panic!("an endless read ended: {outcome:?}"),
        _ = start.recv() => {}
    }
    let stopped = tokio::time::timeout(std::time::Duration::from_mins(1), end.recv()).await;
    assert_eq!(stopped, Ok(Some(true)));
    store.assert_clean().await;
}

#[tokio::test]
async fn a_read_that_takes_long_leaves_the_thread_of_its_caller_and_can_be_given_up() {
    let store = fixture();
    let (started, mut start) = tokio::sync::mpsc::unbounded_channel();
    let (ended, mut end) = tokio::sync::mpsc::unbounded_channel();
    tokio::select! {
        outcome = store.read(endless(started, ended)) => panic!("an endless read ended: {outcome:?}"),
        () = async { start.recv().await; start.recv().await; } => {}
    }
    for what in ["broken off", "given up"] {
        let stopped = tokio::time::timeout(std::time::Duration::from_mins(1), end.recv()).await;
        assert_eq!(stopped, Ok(Some(true)), "{what}");
    }
    let long = |connection: &Connection| {
        let sql =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n";
        Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(store.read(long).await, Ok(300_000), "it is done again from its beginning");
    store.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_fault_in_a_read_ends_that_one_alone() {
    let store = fixture();
    let outcome: Result<(), _> = store.read(|_| panic!("a fault")).await;
    assert!(matches!(outcome, Err(StoreError::Internal { .. })), "{outcome:?}");
    assert_eq!(store.list_projects(ListProjects::default()).await.unwrap().items, []);
}

#[tokio::test]
async fn a_task_that_leaves_its_transaction_open_blocks_nothing() {
    let store = fixture();
    let outcome: Result<(), _> = store
        .alone(|connection| {
            connection.execute_batch("BEGIN IMMEDIATE; DELETE FROM projects")?;
            panic!("a fault");
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Internal { .. })), "{outcome:?}");
    store.project("after").await;
}

#[tokio::test]
async fn a_lock_of_another_program_is_waited_for_and_then_told() {
    let store = fixture();
    let other = raw(store.dir.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let outcome = store.create_project(new_project("p", &[])).await;
    assert_eq!(outcome, Err(StoreError::Busy));
    assert_eq!(store.list_projects(ListProjects::default()).await.unwrap().items, []);
    other.execute_batch("COMMIT").unwrap();
    store.project("p").await;
}

#[tokio::test]
async fn a_full_disk_is_told_and_writing_goes_on_when_there_is_room() {
    let store = fixture();
    store.project("before").await;
    let limit = |pages: u32| {
        store.write(move |connection| {
            connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).map_err(StoreError::from)
        })
    };
    limit(1).await.unwrap();
    let big = CreateProject { system_prompt: Some("x".repeat(1 << 20)), ..new_project("big", &[]) };
    assert_eq!(store.create_project(big.clone()).await, Err(StoreError::Full));
    limit(1 << 20).await.unwrap();
    store.create_project(big).await.unwrap();
    assert_eq!(store.list_projects(ListProjects::default()).await.unwrap().items.len(), 2);
    store.assert_clean().await;
}

#[tokio::test]
async fn what_several_runs_append_together_is_as_if_each_had_alone() {
    let store = fixture();
    let mut runs = Vec::new();
    for _ in 0..5 {
        runs.push(store.lone_run().await.run.id);
    }
    for seq in 1..=3 {
        // A number that does not come next fails alone.
        let wrong = (&runs[0], 9);
        let appends = runs.iter().map(|id| (id, seq)).chain([wrong]).map(|(id, seq)| {
            let (store, id) = (store.store.clone(), id.clone());
            tokio::spawn(async move { store.append_events_together(id.clone(), vec![text(&id, seq, "x")]).await })
        });
        let mut outcomes = Vec::new();
        for append in appends.collect::<Vec<_>>() {
            outcomes.push(append.await.unwrap());
        }
        is_invalid(outcomes.pop().unwrap(), "/events/0/seq");
        assert_eq!(outcomes, vec![Ok(()); runs.len()]);
    }
    for id in runs {
        let expected: Vec<_> = (1..=3).map(|seq| text(&id, seq, "x")).collect();
        assert_eq!(store.run_events(id, 0, 9).await, Ok(expected));
    }
    store.assert_clean().await;
}
