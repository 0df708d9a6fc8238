//! Chats.

use aiia_protocol::chat::{ListChats, UpdateChat};
use aiia_protocol::id::ChatId;
use rstest::rstest;

use super::*;

fn change(id: &ChatId) -> UpdateChat {
    UpdateChat { chat_id: id.clone(), title: None, project_id: None, model: None, if_version: None }
}

#[tokio::test]
async fn a_chat_is_made_read_changed_and_deleted() {
    let store = fixture();
    let project = store.project("p").await;
    let params =
        CreateChat { project_id: project.id.clone(), title: Some("Parsing".into()), model: Some("local/small".into()) };
    let made = store.create_chat(params).await.unwrap();
    assert_eq!((made.title.as_str(), made.message_count, made.version), ("Parsing", 0, 1));
    assert_eq!((&made.project_id, &made.head_id), (&project.id, &None));
    assert_eq!(store.get_chat(made.id.clone()).await, Ok(made.clone()));

    let params = UpdateChat { title: Some("Lexing".into()), model: Some(None), ..change(&made.id) };
    let changed = store.update_chat(params).await.unwrap();
    assert_eq!((changed.title.as_str(), &changed.model, changed.version), ("Lexing", &None, 2));
    assert_eq!(store.get_chat(made.id.clone()).await, Ok(changed.clone()));
    assert_eq!(store.update_chat(change(&made.id)).await, Ok(changed));

    store.delete_chat(made.id.clone()).await.unwrap();
    is_not_found(store.get_chat(made.id.clone()).await, "chat");
    is_not_found(store.update_chat(change(&made.id)).await, "chat");
    is_not_found(store.delete_chat(made.id.clone()).await, "chat");
    is_not_found(store.begin_run(new_run(&made, "x")).await, "chat");
    store.assert_clean().await;
}

#[tokio::test]
async fn a_chat_moves_between_projects() {
    let store = fixture();
    let (one, two) = (store.project("one").await, store.project("two").await);
    let chat = store.chat(&one.id).await;
    let run = store.run(&chat).await.run;
    let params = UpdateChat { project_id: Some(two.id.clone()), ..change(&chat.id) };
    assert_eq!(store.update_chat(params).await.unwrap().project_id, two.id);
    assert_eq!(store.get_run(run.id).await.unwrap().project_id, two.id);
    let of = |id: &ProjectId| ListChats { project_id: Some(id.clone()), ..ListChats::default() };
    assert_eq!(store.list_chats(of(&one.id)).await.unwrap().items.len(), 0);
    assert_eq!(store.list_chats(of(&two.id)).await.unwrap().items.len(), 1);
    let params = UpdateChat { project_id: Some("nowhere".into()), ..change(&chat.id) };
    is_not_found(store.update_chat(params).await, "project");
}

#[tokio::test]
async fn a_change_is_refused_when_somebody_was_faster() {
    let store = fixture();
    let chat = store.chat(&store.project("p").await.id).await;
    store.run(&chat).await;
    let params = UpdateChat { title: Some("late".into()), if_version: Some(chat.version), ..change(&chat.id) };
    let late = store.update_chat(params).await;
    assert!(matches!(late, Err(StoreError::Conflict { what: "chat", .. })), "{late:?}");
}

#[rstest]
#[case(200, true)]
#[case(201, false)]
#[tokio::test]
async fn a_title_has_a_limit(#[case] length: usize, #[case] fits: bool) {
    let store = fixture();
    let project_id = store.project("p").await.id;
    let made = store.create_chat(CreateChat { project_id, title: Some("ä".repeat(length)), model: None }).await;
    if fits { assert!(made.is_ok()) } else { is_invalid(made, "/title") }
}

#[tokio::test]
async fn a_deleted_project_takes_its_chats_along() {
    let store = fixture();
    let begun = store.lone_run().await;
    let edit = store.edit(&begun.run.id).await;
    store.delete_project(begun.run.project_id.clone()).await.unwrap();
    is_not_found(store.get_chat(begun.chat.id.clone()).await, "chat");
    is_not_found(store.get_run(begun.run.id.clone()).await, "run");
    is_not_found(store.run_events(begun.run.id.clone(), 0, 9).await, "run");
    is_not_found(store.message_path(begun.message.id.clone()).await, "message");
    is_not_found(store.get_edit(edit.id.clone()).await, "pending edit");
    is_not_found(store.edit_texts(edit.id).await, "pending edit");
    assert!(store.list_chats(ListChats::default()).await.unwrap().items.is_empty());
    let of_project = ListChats { project_id: Some(begun.run.project_id), ..ListChats::default() };
    is_not_found(store.list_chats(of_project).await, "project");
}

#[tokio::test]
async fn a_project_changes_with_its_chats_but_keeps_its_version() {
    let store = fixture();
    let one = store.project("one").await;
    let two = store.project("two").await;
    let chat = store.chat(&one.id).await;
    let after = store.get_project(one.id).await.unwrap();
    assert_eq!((after.version, after.updated_at), (1, chat.updated_at));
    assert!(after.created_at <= two.created_at);
}
