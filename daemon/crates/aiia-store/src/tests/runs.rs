//! Runs and their events.

use aiia_protocol::action::ActionKind;
use aiia_protocol::message::{MessageStatus, Notice, Role};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::Usage;
use rstest::rstest;

use super::*;

#[tokio::test]
async fn a_run_begins_with_everything_at_once() {
    let store = fixture();
    let chat = store.chat(&store.project("p").await.id).await;
    let new = NewRun { action: Some(ActionKind::Fix), ..new_run(&chat, "# Why is it slow?\nIt waits.") };
    let BegunRun { run, chat, user_message, message } = store.begin_run(new).await.unwrap();
    assert_eq!((run.status, run.action, run.last_seq), (RunStatus::Running, Some(ActionKind::Fix), 0));
    assert_eq!((&run.user_message_id, &run.message_id), (&user_message.id, &message.id));
    assert_eq!((&run.project_id, &run.finished_at), (&chat.project_id, &None));
    assert_eq!((chat.title.as_str(), chat.message_count, chat.version), ("Why is it slow?", 2, 2));
    assert_eq!(chat.head_id.as_ref(), Some(&message.id));
    assert_eq!((user_message.role, user_message.status), (Role::User, MessageStatus::Complete));
    assert_eq!((user_message.content.as_str(), &user_message.run_id), ("# Why is it slow?\nIt waits.", &None));
    assert_eq!((message.role, message.status), (Role::Assistant, MessageStatus::Streaming));
    assert_eq!((message.content.as_str(), message.parent_id.as_ref()), ("", Some(&user_message.id)));
    assert_eq!((message.run_id.as_ref(), message.model.as_deref()), (Some(&run.id), Some("local/small")));
    assert_eq!(store.get_run(run.id.clone()).await, Ok(run.clone()));
    assert_eq!(store.list_running().await, Ok(vec![run]));
    store.assert_clean().await;
}

#[tokio::test]
async fn a_run_answers_the_head_or_the_message_that_is_named() {
    let store = fixture();
    let first = store.lone_run().await;
    store.ended(&first).await;
    let second = store.begin_run(new_run(&first.chat, "more")).await.unwrap();
    assert_eq!(second.user_message.parent_id, Some(first.message.id.clone()));
    assert_eq!(second.chat.title, first.chat.title);
    let parent_id = Some(first.message.id.clone());
    let branch = store.begin_run(NewRun { parent_id, ..new_run(&first.chat, "again") }).await.unwrap();
    assert_eq!(branch.user_message.parent_id, Some(first.message.id));
    assert_eq!((branch.chat.head_id, branch.chat.message_count), (Some(branch.message.id), 6));
}

#[tokio::test]
async fn nothing_is_asked_after_an_answer_that_is_still_being_written() {
    let store = fixture();
    let first = store.lone_run().await;
    let parent_id = Some(first.message.id.clone());
    for new in [new_run(&first.chat, "more"), NewRun { parent_id, ..new_run(&first.chat, "more") }] {
        let refused = store.begin_run(new).await.map(|_| ()).unwrap_err();
        assert!(matches!(&refused, StoreError::State { .. }), "{refused:?}");
    }
    assert_eq!(store.value::<i64>("SELECT count(*) FROM messages"), 2);
    let again = NewRun { replaces: Some(first.user_message.id.clone()), ..new_run(&first.chat, "instead") };
    assert!(store.begin_run(again).await.is_ok(), "another wording stands beside it");
    store.ended(&first).await;
    let parent_id = Some(first.message.id.clone());
    assert!(store.begin_run(NewRun { parent_id, ..new_run(&first.chat, "more") }).await.is_ok());
}

#[tokio::test]
async fn a_run_that_cannot_begin_leaves_nothing() {
    let store = fixture();
    let (one, two) = (store.lone_run().await, store.lone_run().await);
    let with_parent = |id| NewRun { parent_id: Some(id), ..new_run(&one.chat, "x") };
    is_invalid(store.begin_run(with_parent(two.message.id)).await, "/parent_id");
    is_not_found(store.begin_run(with_parent("nothing".into())).await, "message");
    assert_eq!(store.get_chat(one.chat.id.clone()).await, Ok(one.chat));
    assert_eq!(store.value::<i64>("SELECT count(*) FROM messages"), 4);
}

#[rstest]
#[case(RunStatus::Completed, MessageStatus::Complete)]
#[case(RunStatus::Failed, MessageStatus::Failed)]
#[case(RunStatus::Cancelled, MessageStatus::Cancelled)]
#[case(RunStatus::Interrupted, MessageStatus::Interrupted)]
#[tokio::test]
async fn a_run_ends_once(#[case] status: RunStatus, #[case] message_status: MessageStatus) {
    let store = fixture();
    let begun = store.lone_run().await;
    let id = &begun.run.id;
    let problem = Problem::new(ProblemCode::ModelError, "It broke.").with_hint("Try again.");
    let usage = Usage { input_tokens: Some(12), cached_tokens: Some(0), ..Usage::default() };
    let done = RunEventKind::Done { status, problem: Some(problem.clone()) };
    store.append_events(id.clone(), vec![text(id, 1, "Bec")]).await.unwrap();
    let last = FinishRun {
        problem: Some(problem.clone()),
        usage: Some(usage),
        events: vec![text(id, 2, "ause"), event(id, 3, done.clone())],
        ..end(status, "Because")
    };
    let run = store.finish_run(id.clone(), last).await.unwrap();
    assert_eq!((run.status, run.last_seq, run.usage), (status, 3, Some(usage)));
    assert_eq!(run.problem, Some(problem));
    assert!(run.finished_at.is_some());
    let message = store.message_path(begun.message.id.clone()).await.unwrap().pop().unwrap();
    assert_eq!((message.content.as_str(), message.status), ("Because", message_status));

    let again = store.finish_run(id.clone(), end(RunStatus::Completed, "Otherwise")).await;
    assert_eq!(again, Ok(run.clone()));
    assert_eq!(store.abandon_run(id.clone(), RunStatus::Failed, None).await, Ok(run.clone()));
    assert_eq!(store.get_run(id.clone()).await, Ok(run));
    let late = store.append_events(id.clone(), vec![text(id, 4, "x")]).await;
    assert!(matches!(late, Err(StoreError::State { .. })), "{late:?}");
    let row = "SELECT count(*) || ' ' || input_tokens || ' ' || coalesce(output_tokens, '-') FROM usage_ledger";
    assert_eq!(store.value::<String>(row), "1 12 -");
    assert_eq!(store.list_running().await, Ok(Vec::new()));
    store.assert_clean().await;
}

#[tokio::test]
async fn the_ledger_names_the_model_that_answered() {
    let store = fixture();
    let begun = store.lone_run().await;
    let id = begun.run.id;
    store.answered_by(id.clone(), "other/n".to_owned(), None).await.unwrap();
    store.finish_run(id.clone(), end(RunStatus::Completed, "Because")).await.unwrap();
    assert_eq!(store.get_run(id.clone()).await.unwrap().model, "other/n");
    let message = store.message_path(begun.message.id).await.unwrap().pop().unwrap();
    assert_eq!(message.model.as_deref(), Some("other/n"));
    assert_eq!(store.value::<String>("SELECT model FROM usage_ledger"), "other/n");
    let late = store.answered_by(id, "third/o".to_owned(), None).await;
    assert!(matches!(late, Err(StoreError::State { .. })), "{late:?}");
    store.assert_clean().await;
}

#[tokio::test]
async fn a_message_is_shown_with_what_was_told_of_it() {
    let store = fixture();
    let begun = store.lone_run().await;
    let id = begun.run.id;
    let notice = |reason: &str| Notice { reason: reason.to_owned(), text: format!("Of {reason}: “it's” \"so\".") };
    let told = |seq, reason| {
        let Notice { reason, text } = notice(reason);
        event(&id, seq, RunEventKind::Notice { reason, text })
    };
    store.append_events(id.clone(), vec![told(1, "fallback"), text(&id, 2, "Because")]).await.unwrap();
    let shown = || async { store.get_message(begun.message.id.clone()).await.unwrap().notices };
    assert_eq!(shown().await, [notice("fallback")]);
    let complaint = event(&id, 4, RunEventKind::Complaint { message: "It does not fit.".to_owned() });
    let last = FinishRun { events: vec![told(3, "answer_cut_off"), complaint], ..end(RunStatus::Completed, "Because") };
    store.finish_run(id.clone(), last).await.unwrap();
    let complaint = Notice { reason: "complaint".to_owned(), text: "It does not fit.".to_owned() };
    assert_eq!(shown().await, [notice("fallback"), notice("answer_cut_off"), complaint]);
    let path = store.message_path(begun.message.id.clone()).await.unwrap();
    assert!(path[0].notices.is_empty() && path[1].notices.len() == 3);
    store.assert_clean().await;
}

#[tokio::test]
async fn an_end_is_written_where_the_caller_has_none() {
    let store = fixture();
    let id = store.lone_run().await.run.id;
    store.finish_run(id.clone(), end(RunStatus::Cancelled, "")).await.unwrap();
    let done = RunEventKind::Done { status: RunStatus::Cancelled, problem: None };
    assert_eq!(store.run_events(id.clone(), 0, 9).await, Ok(vec![event(&id, 1, done)]));
    store.assert_clean().await;
}

#[tokio::test]
async fn an_abandoned_run_keeps_what_was_durable() {
    let store = fixture();
    let begun = store.lone_run().await;
    let id = &begun.run.id;
    let usage = Usage { output_tokens: Some(2), ..Usage::default() };
    let events = vec![text(id, 1, "Be"), event(id, 2, RunEventKind::Usage { usage }), text(id, 3, "cause")];
    store.append_events(id.clone(), events).await.unwrap();
    let problem = Problem::new(ProblemCode::Internal, "A fault.");
    let run = store.abandon_run(id.clone(), RunStatus::Failed, Some(problem.clone())).await.unwrap();
    assert_eq!((run.status, run.last_seq, run.usage, run.problem), (RunStatus::Failed, 4, Some(usage), Some(problem)));
    assert_eq!(store.message_path(begun.message.id).await.unwrap()[1].content, "Because");
    store.assert_clean().await;
}

#[rstest]
#[case::gap(|id: &RunId| vec![text(id, 3, "x")], "/events/0/seq")]
#[case::repeated(|id: &RunId| vec![text(id, 1, "x")], "/events/0/seq")]
#[case::disorder(|id: &RunId| vec![text(id, 2, "x"), text(id, 4, "x")], "/events/1/seq")]
#[case::of_another_run(|_: &RunId| vec![text(&"other".into(), 2, "x")], "/events/0/run_id")]
#[tokio::test]
async fn events_must_go_on(#[case] events: fn(&RunId) -> Vec<RunEvent>, #[case] pointer: &str) {
    let store = fixture();
    let id = store.lone_run().await.run.id;
    store.append_events(id.clone(), vec![text(&id, 1, "a")]).await.unwrap();
    is_invalid(store.append_events(id.clone(), events(&id)).await, pointer);
    let last = FinishRun { events: events(&id), ..end(RunStatus::Completed, "a") };
    is_invalid(store.finish_run(id.clone(), last).await, pointer);
    assert_eq!(store.run_events(id.clone(), 0, 9).await, Ok(vec![text(&id, 1, "a")]));
    assert_eq!(store.get_run(id).await.unwrap().status, RunStatus::Running);
}

#[tokio::test]
async fn only_the_last_event_may_be_the_end_and_it_must_fit() {
    let store = fixture();
    let id = store.lone_run().await.run.id;
    let done = |seq| event(&id, seq, RunEventKind::Done { status: RunStatus::Completed, problem: None });
    is_invalid(store.append_events(id.clone(), vec![text(&id, 1, "a"), done(2)]).await, "/events/1");
    let finish = |status, events| store.finish_run(id.clone(), FinishRun { events, ..end(status, "") });
    is_invalid(finish(RunStatus::Completed, vec![done(1), text(&id, 2, "a")]).await, "/events/0");
    is_invalid(finish(RunStatus::Failed, vec![done(1)]).await, "/events/0/status");
    is_invalid(finish(RunStatus::Running, Vec::new()).await, "/status");
    assert!(finish(RunStatus::Completed, vec![done(1)]).await.is_ok());
}

#[tokio::test]
async fn unknown_runs_are_not_found() {
    let store = fixture();
    let id = || RunId::from("nothing");
    is_not_found(store.get_run(id()).await, "run");
    is_not_found(store.run_events(id(), 0, 1).await, "run");
    is_not_found(store.append_events(id(), Vec::new()).await, "run");
    is_not_found(store.finish_run(id(), end(RunStatus::Completed, "")).await, "run");
    is_not_found(store.create_edit(new_edit(&id())).await, "run");
}

#[tokio::test]
async fn events_are_given_back_exactly_from_any_number_on() {
    let store = fixture();
    let id = store.lone_run().await.run.id;
    let kinds = [
        RunEventKind::Status { text: "loading 40 %".into() },
        RunEventKind::Context { tokens: 7, pieces: vec!["/a:1-2 target".into()], redactions: 1 },
        RunEventKind::Text { text: "NUL \0, emoji 🙂, עברית, e\u{301}, \u{2028}".into() },
        RunEventKind::Text { text: String::new() },
        RunEventKind::Reasoning { text: "hm\r\n".into() },
        RunEventKind::Edit { edit_id: "e".into(), files: Vec::new() },
        RunEventKind::Complaint { message: "no".into() },
        RunEventKind::Usage { usage: Usage { input_tokens: Some(1), ..Usage::default() } },
        RunEventKind::Text { text: "x".repeat(1 << 20) },
        RunEventKind::Done { status: RunStatus::Completed, problem: None },
    ];
    let events: Vec<_> = kinds.into_iter().zip(1..).map(|(kind, seq)| event(&id, seq, kind)).collect();
    store.append_events(id.clone(), Vec::new()).await.unwrap();
    for range in [0..1, 1..4, 4..5, 5..8] {
        store.append_events(id.clone(), events[range].to_vec()).await.unwrap();
    }
    store
        .finish_run(id.clone(), FinishRun { events: events[8..].to_vec(), ..end(RunStatus::Completed, "") })
        .await
        .unwrap();
    for after in 0..=events.len() {
        for limit in [0, 1, 2, 3, usize::MAX] {
            let expected: Vec<_> = events[after..].iter().take(limit).cloned().collect();
            assert_eq!(store.run_events(id.clone(), after as u64, limit).await, Ok(expected), "after {after}, {limit}");
        }
    }
    assert_eq!(store.run_events(id, u64::MAX, 9).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_run_can_end_after_its_chat_was_deleted_and_still_counts() {
    let store = fixture();
    let begun = store.lone_run().await;
    store.delete_chat(begun.chat.id, None).await.unwrap();
    store.append_events(begun.run.id.clone(), vec![text(&begun.run.id, 1, "a")]).await.unwrap();
    store.finish_run(begun.run.id.clone(), end(RunStatus::Cancelled, "a")).await.unwrap();
    is_not_found(store.get_run(begun.run.id).await, "run");
    assert_eq!(store.value::<i64>("SELECT count(*) FROM usage_ledger"), 1);
    store.assert_clean().await;
}

#[test]
fn the_usage_ledger_is_only_appended_to() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = fixture();
    runtime.block_on(async {
        let id = store.lone_run().await.run.id;
        store.finish_run(id, end(RunStatus::Completed, "")).await.unwrap();
    });
    let connection = raw(store.dir.path());
    for sql in ["DELETE FROM usage_ledger", "UPDATE usage_ledger SET input_tokens = 0"] {
        assert!(connection.execute(sql, []).unwrap_err().to_string().contains("only appended to"));
    }
}
