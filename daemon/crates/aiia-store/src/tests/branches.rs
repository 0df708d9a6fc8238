//! Branches: other wordings, other answers, which is shown, what is deleted and comes back.

use aiia_protocol::id::MessageId;
use aiia_protocol::message::{ListMessages, Message, Order, Rating, Role, UpdateMessage};

use super::*;
use crate::NewAnswers;

/// A chat with two finished turns: `q1`, `a1`, `q2`, `a2`.
async fn two_turns(store: &Fixture) -> (Chat, [MessageId; 4]) {
    let chat = store.chat(&store.project("p").await.id).await;
    let mut ids = Vec::new();
    for (question, answer) in [("q1", "a1"), ("q2", "a2")] {
        let begun = store.begin_run(new_run(&chat, question)).await.unwrap();
        store.finish_run(begun.run.id, end(RunStatus::Completed, answer)).await.unwrap();
        ids.extend([begun.user_message.id, begun.message.id]);
    }
    (store.get_chat(chat.id).await.unwrap(), ids.try_into().unwrap())
}

async fn shown(store: &Store, chat: &Chat) -> Vec<String> {
    let path = store.list_messages(ListMessages::new(chat.id.clone())).await.unwrap();
    path.items.into_iter().map(|message| message.content).collect()
}

async fn message(store: &Store, id: &MessageId) -> Message {
    store.get_message(id.clone()).await.unwrap()
}

#[tokio::test]
async fn another_wording_stands_beside_the_first_and_each_can_be_shown() {
    let store = fixture();
    let (chat, [q1, _, q2, a2]) = two_turns(&store).await;
    let (edited, after) = store.edit_message(q2.clone(), "q2, better".into()).await.unwrap();
    assert_eq!((edited.role, &edited.parent_id), (Role::User, &message(&store, &q2).await.parent_id));
    assert_eq!(after.head_id.as_ref(), Some(&edited.id));
    assert_eq!(shown(&store, &chat).await, ["q1", "a1", "q2, better"]);
    assert_eq!(message(&store, &edited.id).await.siblings, [q2.clone(), edited.id.clone()]);
    assert_eq!(message(&store, &q1).await.siblings, Vec::<MessageId>::new());

    let chosen = store.choose_branch(q2.clone()).await.unwrap();
    assert_eq!(chosen.head_id, Some(a2));
    assert_eq!(shown(&store, &chat).await, ["q1", "a1", "q2", "a2"]);
    assert_eq!(store.choose_branch(q2).await, Ok(chosen), "nothing changes when it is shown already");
    let (first, _) = store.edit_message(q1.clone(), "from the beginning".into()).await.unwrap();
    assert_eq!(first.siblings, [q1, first.id.clone()]);
    assert_eq!(shown(&store, &chat).await, ["from the beginning"]);
    store.assert_clean().await;
}

#[tokio::test]
async fn a_question_has_several_answers() {
    let store = fixture();
    let (chat, [_, _, q2, a2]) = two_turns(&store).await;
    let new = NewAnswers {
        question: q2.clone(),
        model: "x/y".into(),
        price: None,
        settings: Settings::default(),
        more: Settings::default(),
        count: 3,
    };
    let begun = store.begin_answers(new).await.unwrap();
    assert_eq!(begun.len(), 3);
    assert!(store.is_answered_by(q2.clone(), "x/y".into()).await == Ok(false), "none is there as a whole");
    assert_eq!(begun[0].chat.head_id.as_ref(), Some(&begun[0].message.id));
    for (number, begun) in begun.iter().enumerate() {
        assert_eq!(begun.run.user_message_id, q2);
        store.finish_run(begun.run.id.clone(), end(RunStatus::Completed, &format!("c{number}"))).await.unwrap();
    }
    assert_eq!(shown(&store, &chat).await, ["q1", "a1", "q2", "c0"]);
    assert_eq!(message(&store, &a2).await.siblings.len(), 4);
    for (model, expected) in [("x/y", true), ("x/z", false)] {
        assert_eq!(store.is_answered_by(q2.clone(), model.into()).await, Ok(expected));
    }
    assert_eq!(store.get_chat(chat.id).await.unwrap().message_count, 7);
    let new = NewAnswers {
        question: a2,
        model: "x/y".into(),
        price: None,
        settings: Settings::default(),
        more: Settings::default(),
        count: 1,
    };
    is_invalid(store.begin_answers(new).await, "/message_id");
    store.assert_clean().await;
}

#[tokio::test]
async fn a_question_is_asked_again_in_other_words() {
    let store = fixture();
    let (chat, [q1, a1, ..]) = two_turns(&store).await;
    let again = NewRun { replaces: Some(q1.clone()), ..new_run(&chat, "q1'") };
    let begun = store.begin_run(again.clone()).await.unwrap();
    assert_eq!((begun.user_message.parent_id, begun.message.siblings), (None, Vec::new()));
    assert_eq!(message(&store, &q1).await.siblings.len(), 2);
    is_invalid(store.begin_run(NewRun { replaces: Some(a1.clone()), ..again.clone() }).await, "/replaces");
    is_invalid(store.begin_run(NewRun { parent_id: Some(a1), ..again }).await, "/replaces");
    store.assert_clean().await;
}

#[tokio::test]
async fn a_branch_is_deleted_and_comes_back_whole() {
    let store = fixture();
    let (chat, [q1, a1, q2, a2]) = two_turns(&store).await;
    let (gone, after) = store.delete_branch(q2.clone(), None).await.unwrap();
    assert_eq!((gone.messages, gone.head_id.as_ref()), (2, Some(&a1)));
    assert_eq!((after.message_count, shown(&store, &chat).await), (2, vec!["q1".to_owned(), "a1".to_owned()]));
    is_not_found(store.get_message(a2.clone()).await, "message");
    is_not_found(store.delete_branch(q2.clone(), None).await, "message");
    is_not_found(store.choose_branch(a2.clone()).await, "message");
    assert!(store.restore_branch(a2.clone()).await.unwrap_err().to_string().contains("restore that one first"));
    store.assert_clean().await;

    // What was deleted earlier stays deleted when what was deleted later comes back.
    let (all, _) = store.delete_branch(q1.clone(), None).await.unwrap();
    assert_eq!((all.messages, all.head_id), (2, None));
    let (back, _) = store.restore_branch(q1).await.unwrap();
    assert_eq!((back.messages, back.head_id), (2, Some(a1)));
    let (back, after) = store.restore_branch(q2.clone()).await.unwrap();
    assert_eq!((back.messages, back.head_id.as_ref()), (2, Some(&a2)));
    assert_eq!((after.message_count, shown(&store, &chat).await.len()), (4, 4));
    assert_eq!(store.restore_branch(q2).await.unwrap().0.messages, 0);
    store.assert_clean().await;
}

#[tokio::test]
async fn a_deleted_answer_gives_way_to_the_one_beside_it() {
    let store = fixture();
    let (chat, [_, _, q2, a2]) = two_turns(&store).await;
    let new = NewAnswers {
        question: q2,
        model: "x/y".into(),
        price: None,
        settings: Settings::default(),
        more: Settings::default(),
        count: 1,
    };
    let other = store.begin_answers(new).await.unwrap().remove(0);
    let refused = store.delete_branch(other.message.id.clone(), None).await;
    assert!(matches!(refused, Err(StoreError::State { .. })), "{refused:?}");
    store.finish_run(other.run.id, end(RunStatus::Completed, "other")).await.unwrap();
    store.delete_branch(other.message.id, None).await.unwrap();
    assert_eq!(store.get_chat(chat.id).await.unwrap().head_id.as_ref(), Some(&a2));
    assert_eq!(message(&store, &a2).await.siblings, Vec::<MessageId>::new());
}

#[tokio::test]
async fn a_message_is_rated_and_noted_without_being_overwritten_unseen() {
    let store = fixture();
    let (_, [_, a1, ..]) = two_turns(&store).await;
    let change = |rating, note: Option<&str>, if_version| UpdateMessage {
        message_id: a1.clone(),
        rating: Some(rating),
        note: Some(note.map(str::to_owned)),
        if_version,
    };
    let before = message(&store, &a1).await;
    let rated = store.update_message(change(Some(Rating::Up), Some("good"), Some(before.version))).await.unwrap();
    assert_eq!((rated.rating, rated.note.as_deref()), (Some(Rating::Up), Some("good")));
    assert_eq!(rated.version, before.version + 1);
    let late = store.update_message(change(None, None, Some(before.version))).await;
    assert!(matches!(late, Err(StoreError::Conflict { what: "message", .. })), "{late:?}");
    is_invalid(store.update_message(change(None, Some(&"x".repeat(10_001)), None)).await, "/note");
    let cleared = store.update_message(change(None, None, None)).await.unwrap();
    assert_eq!((cleared.rating, cleared.note), (None, None));
}

#[tokio::test]
async fn the_end_of_a_long_chat_is_read_first() {
    let store = fixture();
    let chat = store.chat(&store.project("p").await.id).await;
    for number in 0..7 {
        let run = store.begin_run(new_run(&chat, &number.to_string())).await.unwrap().run;
        store.finish_run(run.id, end(RunStatus::Completed, "-")).await.unwrap();
    }
    for all in [false, true] {
        for limit in [1, 3, 14, 200] {
            let mut params =
                ListMessages { order: Order::Newest, all, limit: Some(limit), ..ListMessages::new(chat.id.clone()) };
            let mut seen = Vec::new();
            loop {
                let page = store.list_messages(params.clone()).await.unwrap();
                seen.extend(page.items.into_iter().map(|message| message.id));
                assert_eq!(page.has_more, page.next_cursor.is_some());
                match page.next_cursor {
                    None => break,
                    cursor => params.cursor = cursor,
                }
            }
            let oldest = ListMessages { limit: Some(200), all, ..ListMessages::new(chat.id.clone()) };
            let mut expected: Vec<_> =
                store.list_messages(oldest).await.unwrap().items.into_iter().map(|message| message.id).collect();
            expected.reverse();
            assert_eq!(seen, expected, "all: {all}, {limit} a page");
        }
    }
}
