//! Pages while things come and go between them.

use std::collections::BTreeSet;

use aiia_protocol::chat::ListChats;
use aiia_protocol::edit::ListEdits;
use aiia_protocol::id::{ChatId, MessageId};
use aiia_protocol::message::ListMessages;
use aiia_protocol::page::Page;
use aiia_protocol::project::ListProjects;
use rstest::rstest;

use super::*;
use crate::Said;

#[tokio::test]
async fn projects_that_come_and_go_between_pages_neither_repeat_nor_hide_one() {
    let store = fixture();
    let mut made = Vec::new();
    for number in 0..13 {
        made.push(store.project(&number.to_string()).await);
    }
    let mut params = ListProjects { limit: Some(4), ..Default::default() };
    let mut seen = Vec::new();
    let mut round = 0;
    loop {
        let page = store.list_projects(params.clone()).await.unwrap();
        assert!(page.items.len() <= 4);
        seen.extend(page.items.iter().map(|project| project.name.clone()));
        let Some(cursor) = page.next_cursor else { break };
        params.cursor = Some(cursor);
        // One that was seen and one that was not go, a new one comes.
        store.delete_project(gone(page.items[3].id.clone())).await.unwrap();
        store.delete_project(gone(made[round].id.clone())).await.unwrap();
        store.project("late").await;
        round += 1;
    }
    assert_eq!(round, 2);
    assert_eq!(seen, ["12", "11", "10", "9", "8", "7", "6", "5", "4", "3", "2"]);
}

#[tokio::test]
async fn chats_come_in_pages_newest_first() {
    let store = fixture();
    let (one, two) = (store.project("one").await, store.project("two").await);
    let mut expected = Vec::new();
    for number in 0..11 {
        let chat = store.chat(if number % 3 == 0 { &two.id } else { &one.id }).await;
        if number % 3 != 0 {
            expected.insert(0, chat.id);
        }
    }
    let mut params = ListChats { project_id: Some(one.id.clone()), limit: Some(3), ..ListChats::default() };
    let mut seen = Vec::new();
    loop {
        let page = store.list_chats(params.clone()).await.unwrap();
        seen.extend(page.items.into_iter().map(|chat| chat.id));
        match page.next_cursor {
            None => break,
            cursor => params.cursor = cursor,
        }
    }
    assert_eq!(seen, expected);
    assert_eq!(store.list_chats(ListChats::default()).await.unwrap().items.len(), 11);

    params.project_id = Some(two.id);
    assert_eq!(store.list_chats(params.clone()).await, Err(StoreError::InvalidCursor));
    params.project_id = None;
    assert_eq!(store.list_chats(params).await, Err(StoreError::InvalidCursor));
}

#[tokio::test]
async fn edits_come_in_pages_newest_first() {
    let store = fixture();
    let run = store.lone_run().await.run;
    let mut expected = BTreeSet::new();
    for _ in 0..5 {
        expected.insert(store.edit(&run.id).await.id);
    }
    let mut params = ListEdits { limit: Some(2), ..ListEdits::default() };
    let mut seen = Vec::new();
    loop {
        let page = store.list_edits(params.clone()).await.unwrap();
        seen.extend(page.items.into_iter().map(|edit| edit.id));
        match page.next_cursor {
            None => break,
            cursor => params.cursor = cursor,
        }
    }
    assert_eq!(seen, expected.into_iter().rev().collect::<Vec<_>>());
}

#[rstest]
#[case(Some(0), false)]
#[case(Some(1), true)]
#[case(Some(200), true)]
#[case(Some(201), false)]
#[case(None, true)]
#[tokio::test]
async fn every_list_has_the_same_limits(#[case] limit: Option<u32>, #[case] fits: bool) {
    fn check<T: std::fmt::Debug>(page: Result<Page<T>, StoreError>, fits: bool) {
        if fits { assert!(page.is_ok()) } else { is_invalid(page, "/limit") }
    }
    let store = fixture();
    let chat = store.chat(&store.project("p").await.id).await;
    check(store.list_projects(ListProjects { limit, ..Default::default() }).await, fits);
    check(store.list_chats(ListChats { limit, ..ListChats::default() }).await, fits);
    check(store.list_edits(ListEdits { limit, ..ListEdits::default() }).await, fits);
    let params = ListMessages { limit, ..ListMessages::new(chat.id) };
    check(store.list_messages(params).await, fits);
}

#[tokio::test]
async fn a_cursor_that_was_made_up_is_refused() {
    let store = fixture();
    for cursor in ["", "1", "deadbeef", "next"] {
        let params = ListProjects { cursor: Some(cursor.into()), ..Default::default() };
        assert_eq!(store.list_projects(params).await, Err(StoreError::InvalidCursor), "{cursor}");
    }
}

/// All messages of the path that is shown, in pages of `limit`.
async fn paged(store: &Store, chat: &ChatId, limit: u32) -> Vec<MessageId> {
    let mut params = ListMessages { limit: Some(limit), ..ListMessages::new(chat.clone()) };
    let mut seen = Vec::new();
    loop {
        let page = store.list_messages(params.clone()).await.unwrap();
        seen.extend(page.items.into_iter().map(|message| message.id));
        match page.next_cursor {
            None => return seen,
            cursor => params.cursor = cursor,
        }
    }
}

#[tokio::test]
async fn pages_follow_the_path_through_branches() {
    let store = fixture();
    let project = store.project("p").await;
    let chat = store.chat(&project.id).await.id;
    let say = async |count: usize| {
        let said = (0..count).map(|number| Said::by_user(number.to_string())).collect();
        store.append_messages(chat.clone(), said).await.unwrap().head_id.unwrap()
    };
    assert_eq!(paged(&store, &chat, 3).await, []);
    let mut ends = vec![say(10).await];
    // Another beginning, another wording in the middle, and one at the end.
    for place in [0, 4, 9] {
        let path = store.message_path(ends[0].clone()).await.unwrap();
        store.edit_message(path[place].id.clone(), "other words".to_owned()).await.unwrap();
        ends.push(say(5).await);
    }
    for end in ends {
        let chosen = store.choose_branch(end.clone()).await.unwrap().head_id.unwrap();
        let path: Vec<MessageId> =
            store.message_path(chosen).await.unwrap().into_iter().map(|message| message.id).collect();
        for limit in [1, 2, 3, 5, 7, 100] {
            assert_eq!(paged(&store, &chat, limit).await, path, "pages of {limit}");
        }
    }
}
