//! The tree of messages.

use aiia_protocol::id::{ChatId, MessageId};
use aiia_protocol::message::{ListMessages, Message};
use proptest::prelude::*;

use super::*;

fn wanted(chat: &ChatId) -> ListMessages {
    ListMessages::new(chat.clone())
}

/// All pages of a list.
async fn pages(store: &Store, mut params: ListMessages) -> Vec<Message> {
    let mut messages = Vec::new();
    loop {
        let page = store.list_messages(params.clone()).await.unwrap();
        assert_eq!(page.has_more, page.next_cursor.is_some());
        messages.extend(page.items);
        match page.next_cursor {
            None => return messages,
            cursor => params.cursor = cursor,
        }
    }
}

fn contents(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.content.as_str()).filter(|content| !content.is_empty()).collect()
}

#[tokio::test]
async fn a_path_or_the_whole_tree_is_listed_oldest_first() {
    let store = fixture();
    let chat = store.chat(&store.project("p").await.id).await;
    assert_eq!(pages(&store, wanted(&chat.id)).await, []);
    let first = store.begin_run(new_run(&chat, "first")).await.unwrap();
    store.ended(&first).await;
    let second = store.begin_run(new_run(&chat, "second")).await.unwrap();
    let parent_id = Some(first.message.id.clone());
    store.begin_run(NewRun { parent_id, ..new_run(&chat, "instead") }).await.unwrap();

    let shown = pages(&store, wanted(&chat.id)).await;
    assert_eq!(contents(&shown), ["first", "instead"]);
    let branch = Some(second.message.id.clone());
    let other = pages(&store, ListMessages { branch, ..wanted(&chat.id) }).await;
    assert_eq!(contents(&other), ["first", "second"]);
    let all = pages(&store, ListMessages { all: true, limit: Some(1), ..wanted(&chat.id) }).await;
    assert_eq!(contents(&all), ["first", "second", "instead"]);
    assert_eq!(all.len(), 6);
}

#[tokio::test]
async fn pages_show_one_path_although_the_head_moves() {
    let store = fixture();
    let chat = store.chat(&store.project("p").await.id).await;
    let first = store.begin_run(new_run(&chat, "first")).await.unwrap();
    store.ended(&first).await;
    store.begin_run(new_run(&chat, "second")).await.unwrap();
    let start = ListMessages { limit: Some(2), ..wanted(&chat.id) };
    let page = store.list_messages(start.clone()).await.unwrap();
    let parent_id = Some(first.message.id);
    store.begin_run(NewRun { parent_id, ..new_run(&chat, "instead") }).await.unwrap();
    let rest = pages(&store, ListMessages { cursor: page.next_cursor, ..start }).await;
    assert_eq!(contents(&rest), ["second"]);
}

#[tokio::test]
async fn a_branch_must_belong_to_the_chat() {
    let store = fixture();
    let begun = store.lone_run().await;
    let other = store.lone_run().await;
    let list = |branch: MessageId| store.list_messages(ListMessages { branch: Some(branch), ..wanted(&begun.chat.id) });
    is_invalid(list(other.message.id).await, "/branch");
    is_not_found(list("nothing".into()).await, "message");
    is_not_found(store.message_path("nothing".into()).await, "message");
    is_not_found(store.list_messages(wanted(&"nothing".into())).await, "chat");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever the tree, each path is the chain of parents, and pages of any size give it back.
    #[test]
    fn paths_are_the_chains_of_parents(parents in prop::collection::vec(any::<prop::sample::Index>(), 1..12), limit in 1_u32..5) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = fixture();
            let chat = store.chat(&store.project("p").await.id).await;
            let mut paths: Vec<(MessageId, Vec<MessageId>)> = Vec::new();
            for (number, index) in parents.iter().enumerate() {
                let parent = (!paths.is_empty()).then(|| index.get(&paths).clone());
                let parent_id = parent.as_ref().map(|(id, _)| id.clone());
                let new = NewRun { parent_id, ..new_run(&chat, &number.to_string()) };
                let begun = store.begin_run(new).await.unwrap();
                store.ended(&begun).await;
                let mut path = parent.map(|(_, path)| path).unwrap_or_default();
                for id in [begun.user_message.id, begun.message.id] {
                    path.push(id.clone());
                    paths.push((id, path.clone()));
                }
            }
            for (id, expected) in &paths {
                let path = store.message_path(id.clone()).await.unwrap();
                prop_assert_eq!(&path.into_iter().map(|message| message.id).collect::<Vec<_>>(), expected);
                let branch = Some(id.clone());
                let listed = pages(&store, ListMessages { branch, limit: Some(limit), ..wanted(&chat.id) }).await;
                prop_assert_eq!(&listed.into_iter().map(|message| message.id).collect::<Vec<_>>(), expected);
            }
            prop_assert_eq!(store.get_chat(chat.id).await.unwrap().message_count, paths.len() as u64);
            prop_assert_eq!(store.check().await, Ok(Vec::new()));
            Ok(())
        })?;
    }
}
