//! Attachments: kept once, filed, forgotten.

use aiia_protocol::archive::ChatFile;
use aiia_protocol::attachment::{Attachment, AttachmentKind};
use aiia_protocol::id::AttachmentId;
use aiia_protocol::message::Message;

use super::*;

fn attachment(id: &str, sha256: &str) -> Attachment {
    Attachment {
        id: id.into(),
        name: format!("{id}.txt"),
        kind: AttachmentKind::Text,
        media_type: "text/plain; charset=utf-8".to_owned(),
        bytes: 5,
        sha256: sha256.to_owned(),
    }
}

async fn asked(store: &Fixture, chat: &Chat, ids: &[&str]) -> Message {
    let attachments = Some(ids.iter().map(|id| AttachmentId::from(*id)).collect());
    let begun = store.begin_run(NewRun { attachments, ..new_run(chat, "see") }).await.unwrap();
    store.finish_run(begun.run.id, end(RunStatus::Completed, "yes")).await.unwrap();
    begun.user_message
}

#[tokio::test]
async fn equal_contents_are_kept_once_and_come_with_the_message_in_order() {
    let store = fixture();
    let project = store.project("p").await;
    let chat = store.chat(&project.id).await;
    for id in ["one", "two"] {
        store.create_attachment(attachment(id, "aa"), b"hello".to_vec()).await.unwrap();
    }
    let message = asked(&store, &chat, &["two", "one"]).await;
    assert_eq!(message.attachments, [attachment("two", "aa"), attachment("one", "aa")]);
    assert_eq!(store.attachment("one".into()).await.unwrap().1, b"hello");
    assert_eq!(store.value::<i64>("SELECT count(*) FROM attachment_contents"), 1);
    is_not_found(store.attachment("three".into()).await, "attachment");
    store.assert_clean().await;
}

#[tokio::test]
async fn what_goes_with_a_chat_survives_the_way_through_a_file() {
    let (from, to) = (fixture(), fixture());
    let project = from.project("p").await;
    let chat = from.chat(&project.id).await;
    from.create_attachment(attachment("one", "aa"), vec![0, 159, 146, 150]).await.unwrap();
    asked(&from, &chat, &["one"]).await;
    to.import_projects(from.export_projects(None).await.unwrap()).await.unwrap();
    let file = from.export_chat(chat.id.clone(), false).await.unwrap();
    let text = serde_json::to_string(&file).unwrap();
    for _ in 0..2 {
        let read = serde_json::from_str(&text).unwrap();
        to.import_chats(vec![read], None).await.unwrap().pop().unwrap().unwrap();
        assert_eq!(to.export_chat(chat.id.clone(), false).await.unwrap().attachments, file.attachments);
    }
    let mut without = file.clone();
    without.attachments.clear();
    let other = fixture();
    other.import_projects(from.export_projects(None).await.unwrap()).await.unwrap();
    let refused = other.import_chats(vec![without], None).await.unwrap().pop().unwrap();
    assert!(matches!(refused, Err(StoreError::InvalidInput { pointer, .. }) if pointer == "/messages/0"));
    to.assert_clean().await;
}

#[tokio::test]
async fn contents_may_come_before_the_chats_that_have_them() {
    let (from, to) = (fixture(), fixture());
    let project = from.project("p").await;
    let chat = from.chat(&project.id).await;
    from.create_attachment(attachment("one", "aa"), b"hello".to_vec()).await.unwrap();
    asked(&from, &chat, &["one"]).await;
    to.import_projects(from.export_projects(None).await.unwrap()).await.unwrap();
    let whole = from.export_chat(chat.id.clone(), false).await.unwrap();
    let alone = from.export_chat_alone(chat.id.clone(), false).await.unwrap();
    assert!(alone.attachments[0].data.is_empty() && !serde_json::to_string(&alone).unwrap().contains("\"data\""));
    let refused = to.import_chats(vec![alone.clone()], None).await.unwrap().pop().unwrap();
    assert!(matches!(refused, Err(StoreError::InvalidInput { pointer, .. }) if pointer == "/attachments/0/data"));
    for _ in 0..2 {
        let taken = to.import_attachments(whole.attachments.clone()).await.unwrap();
        assert!(taken.iter().all(Result::is_ok), "{taken:?}");
        to.import_chats(vec![alone.clone()], None).await.unwrap().pop().unwrap().unwrap();
        assert_eq!(to.export_chat(chat.id.clone(), false).await.unwrap(), whole);
    }
    let mut other = whole.attachments[0].clone();
    other.attachment.sha256 = "bb".to_owned();
    assert!(to.import_attachments(vec![other]).await.unwrap().pop().unwrap().is_err());
    to.assert_clean().await;
    from.delete_chat(chat.id.clone(), None).await.unwrap();
    is_not_found(from.export_chat_alone(chat.id, false).await, "chat");
}

#[tokio::test]
async fn what_no_message_took_is_forgotten_after_a_day() {
    let store = fixture();
    let project = store.project("p").await;
    let chat = store.chat(&project.id).await;
    for (id, hash) in [("kept", "aa"), ("old", "bb")] {
        store.create_attachment(attachment(id, hash), b"hello".to_vec()).await.unwrap();
    }
    asked(&store, &chat, &["kept"]).await;
    raw(store.dir.path()).execute("UPDATE attachments SET created_at = '2020-01-01T00:00:00.000Z'", []).unwrap();
    store.create_attachment(attachment("new", "cc"), b"hello".to_vec()).await.unwrap();
    is_not_found(store.attachment("old".into()).await, "attachment");
    assert_eq!(store.value::<i64>("SELECT count(*) FROM attachment_contents"), 2);
    assert!(store.attachment("kept".into()).await.is_ok());
}

#[tokio::test]
async fn a_page_has_what_goes_with_the_path_that_is_shown() {
    let store = fixture();
    let project = store.project("p").await;
    let chat = store.chat(&project.id).await;
    for (id, hash) in [("first", "aa"), ("second", "bb")] {
        store.create_attachment(attachment(id, hash), b"hello".to_vec()).await.unwrap();
    }
    let first = asked(&store, &chat, &["first"]).await;
    let attachments = Some(vec![AttachmentId::from("second")]);
    let replaces = Some(first.id.clone());
    let begun = store.begin_run(NewRun { replaces, attachments, ..new_run(&chat, "look") }).await.unwrap();
    store.finish_run(begun.run.id, end(RunStatus::Completed, "yes")).await.unwrap();
    let ids = |file: ChatFile| -> Vec<String> { file.attachments.into_iter().map(|one| one.attachment.id.0).collect() };
    assert_eq!(ids(store.export_shown(chat.id.clone()).await.unwrap()), ["second"]);
    assert_eq!(ids(store.export_chat(chat.id.clone(), false).await.unwrap()), ["first", "second"]);
    store.delete_chat(chat.id.clone(), None).await.unwrap();
    is_not_found(store.export_shown(chat.id).await, "chat");
}
