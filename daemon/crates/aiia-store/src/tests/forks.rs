//! Copies of chats.

use aiia_protocol::chat::{ForkChat, ForkScope, UpdateChat};
use aiia_protocol::id::MessageId;
use aiia_protocol::message::{ListMessages, Message};
use rstest::rstest;

use super::*;

async fn tree(store: &Store, chat: &Chat) -> Vec<Message> {
    let params = ListMessages { all: true, limit: Some(200), ..ListMessages::new(chat.id.clone()) };
    store.list_messages(params).await.unwrap().items
}

/// The tree as text that is the same for two trees of the same form: each message with the one it follows.
fn form(messages: &[Message]) -> Vec<String> {
    let content =
        |id: &MessageId| messages.iter().find(|message| message.id == *id).map_or("?", |found| &found.content);
    messages
        .iter()
        .map(|message| format!("{}<{}", message.content, message.parent_id.as_ref().map_or("", content)))
        .collect()
}

/// `q1 a1 q2 a2`, beside `q2` also `r2 b2`, after `a2` also `q3 a3`.
async fn grown(store: &Fixture) -> (Chat, MessageId) {
    let mut chat = store.chat(&store.project("p").await.id).await;
    let mut a1 = None;
    let mut a2 = None;
    for (question, answer) in [("q1", "a1"), ("q2", "a2"), ("q3", "a3"), ("r2", "b2")] {
        let parent_id = if question == "r2" { a1.clone() } else { None };
        let begun = store.begin_run(NewRun { parent_id, ..new_run(&chat, question) }).await.unwrap();
        store.finish_run(begun.run.id, end(RunStatus::Completed, answer)).await.unwrap();
        match answer {
            "a1" => a1 = Some(begun.message.id),
            "a2" => a2 = Some(begun.message.id),
            _ => {}
        }
        chat = begun.chat;
    }
    let change = UpdateChat { tags: Some(vec!["t".into()]), pinned: Some(true), ..UpdateChat::new(chat.id) };
    (store.update_chat(change).await.unwrap(), a2.unwrap())
}

#[rstest]
#[case(ForkScope::Path, &["q1<", "a1<q1", "q2<a1", "a2<q2"])]
#[case(ForkScope::Related, &["q1<", "a1<q1", "q2<a1", "a2<q2", "r2<a1", "b2<r2"])]
#[case(ForkScope::Everything, &["q1<", "a1<q1", "q2<a1", "a2<q2", "q3<a2", "a3<q3", "r2<a1", "b2<r2"])]
#[tokio::test]
async fn a_fork_takes_along_what_was_asked_for(#[case] scope: ForkScope, #[case] expected: &[&str]) {
    let store = fixture();
    let (chat, a2) = grown(&store).await;
    let before = tree(&store, &chat).await;
    let fork = ForkChat { chat_id: chat.id.clone(), message_id: Some(a2), scope, title: Some("fork".into()) };
    let made = store.fork_chat(fork).await.unwrap();
    let copied = tree(&store, &made).await;
    assert_eq!(form(&copied), expected);
    assert_eq!(made.message_count, expected.len() as u64);
    assert_eq!((made.title.as_str(), &made.tags, made.pinned), ("fork", &chat.tags, false));
    assert_eq!((made.forked_from.as_ref(), &made.project_id), (Some(&chat.id), &chat.project_id));
    let head = copied.iter().find(|message| Some(&message.id) == made.head_id.as_ref()).unwrap();
    assert_eq!(head.content, "a2");
    assert!(copied.iter().all(|copy| copy.run_id.is_none() && before.iter().all(|old| old.id != copy.id)));
    assert_eq!(tree(&store, &chat).await, before, "the original stays as it is");
    store.assert_clean().await;
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused() {
    let store = fixture();
    let (chat, _) = grown(&store).await;
    let other = store.lone_run().await;
    let fork = |chat: &Chat, message_id| {
        let (chat_id, scope) = (chat.id.clone(), ForkScope::Path);
        store.fork_chat(ForkChat { chat_id, message_id, scope, title: None })
    };
    is_invalid(fork(&chat, Some(other.message.id.clone())).await, "/message_id");
    let streaming = fork(&other.chat, None).await;
    assert!(matches!(streaming, Err(StoreError::State { .. })), "{streaming:?}");
    assert!(fork(&other.chat, Some(other.user_message.id)).await.is_ok(), "what is complete can be taken");
    let empty = store.chat(&chat.project_id).await;
    assert_eq!(fork(&empty, None).await.unwrap().message_count, 0);
    store.assert_clean().await;
}
