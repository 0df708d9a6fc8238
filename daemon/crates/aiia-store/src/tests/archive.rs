//! What leaves the store and comes back.

use aiia_protocol::archive::{ChatFile, FiledMessage, FiledTemplate, ProjectFile};
use aiia_protocol::chat::{ForkChat, ForkScope, UpdateChat};
use aiia_protocol::id::ChatId;
use aiia_protocol::message::{Message, MessageStatus, Rating, Role, UpdateMessage};
use aiia_protocol::template::TemplateContent;
use aiia_protocol::transfer::ImportOutcome::{self, Created, Skipped, Unchanged, Updated};
use proptest::prelude::*;

use super::*;
use crate::{Imported, Said};

/// All that a store has.
async fn everything(store: &Store) -> (Vec<ProjectFile>, Vec<ChatFile>, Vec<FiledTemplate>, usize) {
    let mut chats = Vec::new();
    for id in store.exported_chats(None).await.unwrap() {
        chats.push(store.export_chat(id, true).await.unwrap());
    }
    let usage = store.export_usage().await.unwrap().len();
    (store.export_projects(None).await.unwrap(), chats, store.export_templates().await.unwrap(), usage)
}

async fn take(store: &Store, file: &ChatFile) -> Result<Imported, StoreError> {
    store.import_chats(vec![file.clone()], None).await.unwrap().remove(0)
}

async fn outcome(store: &Store, file: &ChatFile) -> (ImportOutcome, u64) {
    let done = take(store, file).await.unwrap();
    (done.outcome, done.messages)
}

/// Copies everything into another store.
async fn copied(from: &Store, to: &Store) {
    let (projects, chats, templates, _) = everything(from).await;
    let usage = from.export_usage().await.unwrap();
    assert!(to.import_projects(projects).await.unwrap().iter().all(Result::is_ok));
    for outcome in to.import_chats(chats, None).await.unwrap() {
        outcome.unwrap();
    }
    assert!(to.import_templates(templates).await.unwrap().iter().all(Result::is_ok));
    assert!(to.import_usage(usage).await.unwrap().iter().all(Result::is_ok));
}

fn message(chat: &ChatId, id: &str, parent: Option<&str>, content: &str) -> FiledMessage {
    FiledMessage {
        message: Message {
            id: id.into(),
            chat_id: chat.clone(),
            parent_id: parent.map(Into::into),
            role: if parent.is_some() { Role::Assistant } else { Role::User },
            content: content.to_owned(),
            status: MessageStatus::Complete,
            model: None,
            run_id: None,
            rating: None,
            note: None,
            notices: Vec::new(),
            attachments: Vec::new(),
            siblings: Vec::new(),
            created_at: "2025-10-09T08:53:20.000Z".to_owned(),
            version: 1,
        },
        deleted_at: None,
    }
}

/// A file of a chat with a question and an answer.
async fn small_file(fixture: &Fixture) -> ChatFile {
    let project = fixture.project("p").await;
    let chat = fixture.chat(&project.id).await;
    let messages = vec![message(&chat.id, "m-1", None, "Why?"), message(&chat.id, "m-2", Some("m-1"), "So.")];
    let mut file = ChatFile::new(chat, messages);
    file.chat.id = "c-1".into();
    file
}

#[tokio::test]
async fn everything_comes_back_as_it_was() {
    let from = fixture();
    let begun = from.lone_run().await;
    from.append_events(begun.run.id.clone(), vec![text(&begun.run.id, 1, "a\0🙂")]).await.unwrap();
    from.edit(&begun.run.id).await;
    from.finish_run(begun.run.id.clone(), end(RunStatus::Completed, "a\0🙂")).await.unwrap();
    from.edit_message(begun.user_message.id.clone(), "Why not?".to_owned()).await.unwrap();
    let tags = Some(vec!["Rust".to_owned()]);
    from.update_chat(UpdateChat { tags, pinned: Some(true), ..UpdateChat::new(begun.chat.id.clone()) }).await.unwrap();
    let rated = UpdateMessage {
        message_id: begun.message.id.clone(),
        rating: Some(Some(Rating::Up)),
        note: Some(Some("good".to_owned())),
        if_version: None,
    };
    from.update_message(rated).await.unwrap();
    let fork = ForkChat { chat_id: begun.chat.id.clone(), message_id: None, scope: ForkScope::Everything, title: None };
    let deleted = from.fork_chat(fork).await.unwrap();
    from.delete_chat(deleted.id, None).await.unwrap();
    let content = TemplateContent { name: "T".to_owned(), body: "x".to_owned(), ..TemplateContent::default() };
    let template = from.create_templates(vec![content.clone()]).await.unwrap().remove(0);
    let second = TemplateContent { body: "y".to_owned(), ..content };
    from.update_template(template.id.clone(), second, None).await.unwrap();
    from.favour_template(template.id, true).await.unwrap();

    let to = fixture();
    copied(&from, &to).await;
    assert_eq!(everything(&to).await, everything(&from).await);
    to.assert_clean().await;
    copied(&from, &to).await;
    assert_eq!(everything(&to).await, everything(&from).await, "a second time changes nothing");
    let hits =
        to.search(aiia_protocol::search::Search { query: "why".to_owned(), ..Default::default() }).await.unwrap();
    assert!(!hits.items.is_empty(), "what came in is found");
}

#[tokio::test]
async fn a_run_that_goes_on_is_filed_as_cut_off() {
    let from = fixture();
    let begun = from.lone_run().await;
    from.append_events(begun.run.id.clone(), vec![text(&begun.run.id, 1, "half")]).await.unwrap();
    let file = from.export_chat(begun.chat.id.clone(), false).await.unwrap();
    assert_eq!((file.messages[1].message.content.as_str(), file.runs[0].run.status), ("half", RunStatus::Interrupted));
    let to = fixture();
    copied(&from, &to).await;
    to.assert_clean().await;
    assert_eq!(outcome(&from, &file).await, (Unchanged, 0), "where it is written it stays as it is");
}

#[tokio::test]
async fn an_answer_that_was_filed_while_it_was_written_gets_its_end_from_a_later_file() {
    let from = fixture();
    let begun = from.lone_run().await;
    let run = begun.run.id.clone();
    from.append_events(run.clone(), vec![text(&run, 1, "half")]).await.unwrap();
    let half = from.export_chat(begun.chat.id.clone(), false).await.unwrap();
    from.append_events(run.clone(), vec![text(&run, 2, " and whole")]).await.unwrap();
    from.edit(&run).await;
    from.finish_run(run.clone(), end(RunStatus::Completed, "half and whole")).await.unwrap();
    let whole = from.export_chat(begun.chat.id.clone(), false).await.unwrap();

    let to = fixture();
    to.import_projects(from.export_projects(None).await.unwrap()).await.unwrap();
    assert_eq!(outcome(&to, &half).await, (Created, 2));
    let mut foreign = whole.clone();
    foreign.runs[0].events[0] = RunEventKind::Text { text: "other".to_owned() };
    foreign.edits.clear();
    assert_eq!(outcome(&to, &foreign).await, (Unchanged, 0), "it does not go on from what is here");
    assert_eq!(outcome(&to, &whole).await, (Updated, 0));
    let got = to.export_chat(begun.chat.id.clone(), false).await.unwrap();
    assert_eq!((&got.runs, &got.edits), (&whole.runs, &whole.edits));
    assert_eq!(got.messages[1].message.content, "half and whole");
    assert_eq!(to.value::<i64>("SELECT count(*) FROM usage_ledger"), 1);
    assert_eq!(outcome(&to, &half).await, (Unchanged, 0), "an older file takes nothing away");
    assert_eq!(outcome(&to, &whole).await, (Unchanged, 0));
    to.assert_clean().await;
}

#[tokio::test]
async fn a_template_says_after_an_import_what_it_said_before() {
    let (from, to) = (fixture(), fixture());
    let content = |body: &str| TemplateContent { name: "T".into(), body: body.into(), ..TemplateContent::default() };
    let id = from.create_templates(vec![content("one")]).await.unwrap().remove(0).id;
    copied(&from, &to).await;
    from.update_template(id.clone(), content("other"), None).await.unwrap();
    to.update_template(id.clone(), content("present"), None).await.unwrap();
    copied(&from, &to).await;
    assert_eq!(to.get_template(id.clone()).await.unwrap().content.body, "present");
    let bodies = async || -> Vec<String> {
        let revisions = to.template_revisions(id.clone()).await.unwrap();
        revisions.into_iter().map(|revision| revision.content.body).collect()
    };
    assert_eq!(bodies().await, ["present", "other", "present", "one"]);
    copied(&from, &to).await;
    assert_eq!(bodies().await.len(), 4);
}

#[tokio::test]
async fn a_later_file_of_the_same_chat_adds_what_is_new() {
    let store = fixture();
    let mut file = small_file(&store).await;
    assert_eq!(outcome(&store, &file).await, (Created, 2));
    assert_eq!(outcome(&store, &file).await, (Unchanged, 0));
    file.chat.title = "another".to_owned();
    file.messages.push(message(&"c-1".into(), "m-3", Some("m-2"), "And?"));
    assert_eq!(outcome(&store, &file).await, (Updated, 1));
    let chat = store.get_chat("c-1".into()).await.unwrap();
    assert_eq!((chat.head_id, chat.message_count, chat.title.as_str()), (Some("m-3".into()), 3, ""));
    store.delete_branch("m-2".into(), None).await.unwrap();
    file.messages.push(message(&"c-1".into(), "m-4", Some("m-3"), "More"));
    assert_eq!(outcome(&store, &file).await, (Updated, 1), "it is deleted with what it follows");
    assert_eq!(store.get_chat("c-1".into()).await.unwrap().message_count, 1);
    store.assert_clean().await;
    store.delete_chat("c-1".into(), None).await.unwrap();
    assert_eq!(outcome(&store, &file).await.0, Skipped);
}

#[tokio::test]
async fn what_cannot_be_right_is_refused_whole() {
    let store = fixture();
    let good = small_file(&store).await;
    let refused = async |name: &str, change: &dyn Fn(&mut ChatFile)| {
        let mut file = good.clone();
        change(&mut file);
        let got = take(&store, &file).await;
        assert!(matches!(got, Err(StoreError::InvalidInput { .. })), "{name}: {got:?}");
        assert_eq!(store.value::<i64>("SELECT count(*) FROM messages"), 0, "{name}");
        is_not_found(store.get_chat("c-1".into()).await, "chat");
    };
    refused("a circle", &|file| file.messages[0].message.parent_id = Some("m-2".into())).await;
    refused("itself", &|file| file.messages[1].message.parent_id = Some("m-2".into())).await;
    refused("an orphan", &|file| file.messages[1].message.parent_id = Some("m-9".into())).await;
    refused("twice", &|file| file.messages[1].message.id = "m-1".into()).await;
    refused("a path as an identifier", &|file| file.chat.id = "../x".into()).await;
    refused("no project", &|file| file.chat.project_id = "none".into()).await;
    refused("no time", &|file| file.messages[1].message.created_at = "yesterday".to_owned()).await;
    refused("a long title", &|file| file.chat.title = "x".repeat(201)).await;
    refused("being written", &|file| file.messages[1].message.status = MessageStatus::Streaming).await;

    take(&store, &good).await.unwrap();
    let mut other = good.clone();
    other.chat.id = "c-2".into();
    let stolen = take(&store, &other).await;
    assert!(matches!(stolen, Err(StoreError::InvalidInput { .. })), "a message of another chat: {stolen:?}");
    let mixed = store.import_chats(vec![other, good], None).await.unwrap();
    assert!(mixed[0].is_err() && mixed[1].is_ok(), "one bad chat takes no other with it");
    store.assert_clean().await;
}

#[tokio::test]
async fn what_came_in_beside_something_wrong_is_found_and_so_is_what_is_said_later() {
    let store = fixture();
    let good = small_file(&store).await;
    let renamed = |file: &ChatFile, number: usize| {
        let text = serde_json::to_string(file).unwrap();
        let text = text.replace("\"m-", &format!("\"n-{number}-")).replace("\"c-1\"", &format!("\"d-{number}\""));
        serde_json::from_str::<ChatFile>(&text).unwrap()
    };
    let mut wrong = renamed(&good, 2);
    wrong.messages[1].message.created_at = "yesterday".to_owned();
    let files = vec![renamed(&good, 1), wrong, renamed(&good, 3)];
    let outcomes = store.import_chats(files, None).await.unwrap();
    let messages: Vec<Option<u64>> =
        outcomes.iter().map(|outcome| outcome.as_ref().ok().map(|done| done.messages)).collect();
    assert_eq!(messages, [Some(2), None, Some(2)]);
    assert_eq!(store.value::<i64>("SELECT count(*) FROM messages"), 4);
    store.append_messages("d-1".into(), vec![Said::by_user("Why, then?")]).await.unwrap();
    let wanted = aiia_protocol::search::Search { query: "why".to_owned(), ..Default::default() };
    assert_eq!(store.search(wanted).await.unwrap().items.len(), 3);
    store.assert_clean().await;
}

#[tokio::test]
async fn a_deleted_project_comes_back_and_folders_of_another_system_are_left_out() {
    let store = fixture();
    let project = store.create_project(new_project("p", &["/a/b"])).await.unwrap();
    let mut file = store.export_projects(None).await.unwrap().remove(0);
    store.delete_project(gone(project.id.clone())).await.unwrap();
    let done = store.import_projects(vec![file.clone()]).await.unwrap().remove(0).unwrap();
    assert_eq!((done.outcome, store.get_project(project.id).await.is_ok()), (Updated, true));
    file.project.id = "p-2".into();
    file.project.folders = vec!["C:\\code".to_owned(), "/a/b".to_owned(), "/a/b/".to_owned()];
    store.import_projects(vec![file]).await.unwrap().remove(0).unwrap();
    assert_eq!(store.get_project("p-2".into()).await.unwrap().folders, ["/a/b"]);
}

/// Trees of messages: for each the number of the one that it answers, its text, whether it is deleted.
fn trees() -> impl Strategy<Value = Vec<(usize, String, bool)>> {
    let content = prop_oneof![
        4 => any::<String>(),
        2 => Just("a\0b".to_owned()),
        2 => Just("🧑‍🔬 e\u{301} \u{202e}rtl שלום 漢字".to_owned()),
        4 => (0..3_usize).prop_map(|size| "long ".repeat(size * 30_000)),
        1 => "[a-zé🙂]{1,9}".prop_map(|word| (word.clone() + "\0 ").repeat((1 << 20) / (word.len() + 2) + 1)),
    ];
    prop::collection::vec((any::<usize>(), content, prop::bool::weighted(0.2)), 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_survives_the_way_through_a_file(tree in trees(), title in "\\PC{0,50}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let from = fixture();
            let project = from.project("p").await;
            let mut chat = from.chat(&project.id).await;
            chat.id = "c-1".into();
            chat.title = title;
            let name = |index: usize| format!("m-{index}");
            let mut messages: Vec<FiledMessage> = Vec::new();
            for (index, (parent, content, deleted)) in tree.iter().enumerate() {
                let parent = (*parent % (index + 1)).checked_sub(1);
                let mut filed = message(&chat.id, &name(index), parent.map(name).as_deref(), content);
                let above = parent.and_then(|parent| messages[parent].deleted_at.clone());
                filed.deleted_at = above.or_else(|| deleted.then(|| format!("2025-10-09T08:54:{index:02}.000Z")));
                messages.push(filed);
            }
            let file = ChatFile::new(chat, messages);
            take(&from, &file).await.unwrap();
            from.assert_clean().await;
            let text = serde_json::to_string(&from.export_chat("c-1".into(), false).await.unwrap()).unwrap();
            let read: ChatFile = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&read.messages, &file.messages);
            let to = fixture();
            to.import_projects(from.export_projects(None).await.unwrap()).await.unwrap();
            take(&to, &read).await.unwrap();
            to.assert_clean().await;
            prop_assert_eq!(to.export_chat("c-1".into(), false).await.unwrap(), read);
            Ok(())
        })?;
    }
}
