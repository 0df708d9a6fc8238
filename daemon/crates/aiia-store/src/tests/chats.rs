//! Chats.

use aiia_protocol::chat::{Inclusion, ListChats, UpdateChat};
use aiia_protocol::id::ChatId;
use aiia_protocol::settings::Parameters;
use rstest::rstest;

use super::*;

fn change(id: &ChatId) -> UpdateChat {
    UpdateChat::new(id.clone())
}

#[tokio::test]
async fn a_chat_is_made_read_changed_and_deleted() {
    let store = fixture();
    let project = store.project("p").await;
    let params = CreateChat {
        title: Some("Parsing".into()),
        model: Some("local/small".into()),
        ..CreateChat::new(project.id.clone())
    };
    let made = store.create_chat(params).await.unwrap();
    assert_eq!((made.title.as_str(), made.message_count, made.version), ("Parsing", 0, 1));
    assert_eq!((&made.project_id, &made.head_id), (&project.id, &None));
    assert_eq!(store.get_chat(made.id.clone()).await, Ok(made.clone()));

    let params = UpdateChat { title: Some("Lexing".into()), model: Some(None), ..change(&made.id) };
    let changed = store.update_chat(params).await.unwrap();
    assert_eq!((changed.title.as_str(), &changed.model, changed.version), ("Lexing", &None, 2));
    assert_eq!(store.get_chat(made.id.clone()).await, Ok(changed.clone()));
    assert_eq!(store.update_chat(change(&made.id)).await, Ok(changed));

    store.delete_chat(made.id.clone(), None).await.unwrap();
    is_not_found(store.get_chat(made.id.clone()).await, "chat");
    is_not_found(store.update_chat(change(&made.id)).await, "chat");
    is_not_found(store.delete_chat(made.id.clone(), None).await, "chat");
    is_not_found(store.begin_run(new_run(&made, "x")).await, "chat");
    store.assert_clean().await;
}

#[tokio::test]
async fn a_title_is_one_line() {
    let store = fixture();
    let project_id = store.project("p").await.id;
    let titled = |title: &str| CreateChat { title: Some(title.into()), ..CreateChat::new(project_id.clone()) };
    let chat = store.create_chat(titled(" \n")).await.unwrap();
    assert_eq!((chat.title.as_str(), chat.title_is_automatic), ("", true));
    assert_eq!(store.create_chat(titled(" a\r\nb ")).await.unwrap().title, "a b");
    let params = UpdateChat { title: Some(" Two\r\nlines\t".into()), ..change(&chat.id) };
    assert_eq!(store.update_chat(params).await.unwrap().title, "Two lines");
    let params = UpdateChat { title: Some("\u{a0}\n".into()), ..change(&chat.id) };
    let blank = store.update_chat(params).await.unwrap();
    assert_eq!((blank.title.as_str(), blank.title_is_automatic), ("", true));
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
    let made = store.create_chat(CreateChat { title: Some("ä".repeat(length)), ..CreateChat::new(project_id) }).await;
    if fits { assert!(made.is_ok()) } else { is_invalid(made, "/title") }
}

#[tokio::test]
async fn a_deleted_project_takes_its_chats_along() {
    let store = fixture();
    let begun = store.lone_run().await;
    let edit = store.edit(&begun.run.id).await;
    store.delete_project(gone(begun.run.project_id.clone())).await.unwrap();
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

#[tokio::test]
async fn what_is_pinned_comes_first_and_filters_choose() {
    let store = fixture();
    let project = store.project("p").await.id;
    let mut ids = Vec::new();
    for number in 0..6 {
        let chat = store.chat(&project).await;
        let change = UpdateChat {
            title: Some(number.to_string()),
            pinned: Some(number == 1 || number == 3),
            favourite: Some(number % 2 == 0),
            archived: Some(number == 5),
            tags: Some(if number < 3 { vec!["Rust".into(), "x".into()] } else { vec!["X".into()] }),
            ..change(&chat.id)
        };
        ids.push(store.update_chat(change).await.unwrap().id);
    }
    let titles = async |wanted: ListChats| -> String {
        let mut params = ListChats { limit: Some(2), ..wanted };
        let mut titles = String::new();
        loop {
            let page = store.list_chats(params.clone()).await.unwrap();
            titles.extend(page.items.into_iter().map(|chat| chat.title));
            match page.next_cursor {
                None => return titles,
                cursor => params.cursor = cursor,
            }
        }
    };
    let all = ListChats::default;
    assert_eq!(titles(all()).await, "31420");
    assert_eq!(titles(ListChats { project_id: Some(project.clone()), ..all() }).await, "31420");
    assert_eq!(titles(ListChats { archived: Inclusion::Include, ..all() }).await, "315420");
    assert_eq!(titles(ListChats { archived: Inclusion::Only, ..all() }).await, "5");
    assert_eq!(titles(ListChats { favourite: Some(true), ..all() }).await, "420");
    assert_eq!(titles(ListChats { favourite: Some(false), ..all() }).await, "31");
    assert_eq!(titles(ListChats { pinned: Some(true), ..all() }).await, "31");
    assert_eq!(titles(ListChats { tag: Some(" RUST".into()), ..all() }).await, "120");
    let tags = store.list_tags().await.unwrap().items;
    let tags: Vec<_> = tags.iter().map(|tag| (tag.tag.as_str(), tag.chats)).collect();
    assert_eq!(tags, [("Rust", 3), ("x", 6)]);
    let cursor = store.list_chats(ListChats { limit: Some(1), ..all() }).await.unwrap().next_cursor;
    let other = store.list_chats(ListChats { cursor, favourite: Some(true), ..all() }).await;
    assert_eq!(other, Err(StoreError::InvalidCursor), "a cursor belongs to its filters");
}

#[tokio::test]
async fn what_is_no_message_is_no_activity() {
    let store = fixture();
    let begun = store.lone_run().await;
    let before = begun.chat;
    assert!(before.title_is_automatic);
    let params = UpdateChat {
        title: Some("mine".into()),
        pinned: Some(true),
        tags: Some(vec!["t".into()]),
        system_prompt: Some(Some("Be brief.".into())),
        ..change(&before.id)
    };
    let after = store.update_chat(params).await.unwrap();
    assert_eq!((&after.updated_at, after.version), (&before.updated_at, before.version + 1));
    assert_eq!((after.title.as_str(), after.title_is_automatic), ("mine", false));
    let again = store.update_chat(UpdateChat { title: Some(String::new()), ..change(&before.id) }).await.unwrap();
    assert_eq!((again.title, again.title_is_automatic, again.updated_at), (before.title, true, before.updated_at));
}

#[rstest]
#[case(Parameters { temperature: Some(3.0), ..Parameters::default() }, "/parameters/temperature")]
#[case(Parameters { max_tokens: Some(0), ..Parameters::default() }, "/parameters/max_tokens")]
#[tokio::test]
async fn parameters_are_checked_before_anything_is_stored(#[case] parameters: Parameters, #[case] pointer: &str) {
    let store = fixture();
    let project_id = store.project("p").await.id;
    let new =
        CreateChat { parameters: parameters.clone(), tags: vec!["t".into()], ..CreateChat::new(project_id.clone()) };
    is_invalid(store.create_chat(new).await, pointer);
    let chat = store.chat(&project_id).await;
    is_invalid(store.update_chat(UpdateChat { parameters: Some(parameters), ..change(&chat.id) }).await, pointer);
    assert_eq!(store.get_chat(chat.id.clone()).await, Ok(chat));
}

#[tokio::test]
async fn a_title_that_a_model_made_is_no_activity_and_never_wins_over_a_persons() {
    let store = fixture();
    let begun = store.lone_run().await;
    store.finish_run(begun.run.id, end(RunStatus::Completed, "because")).await.unwrap();
    let before = store.get_chat(begun.chat.id.clone()).await.unwrap();
    let titled = store.entitle_chat(before.id.clone(), "Reasons".to_owned()).await.unwrap().unwrap();
    assert_eq!((titled.title.as_str(), titled.title_is_automatic), ("Reasons", true));
    assert_eq!(titled.updated_at, before.updated_at);
    let change = UpdateChat { title: Some("Mine".to_owned()), ..UpdateChat::new(before.id.clone()) };
    store.update_chat(change).await.unwrap();
    assert_eq!(store.entitle_chat(before.id, "Theirs".to_owned()).await, Ok(None));
    store.assert_clean().await;
}
