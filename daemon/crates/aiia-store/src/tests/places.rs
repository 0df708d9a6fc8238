//! A folder that is moved, renamed, cloned or added keeps its chats.

use aiia_protocol::chat::{ChangeChats, Inclusion, ListChats};
use aiia_protocol::project::{ChangeProjects, DuplicateProject, ListProjects, UpdateProject};
use tempfile::TempDir;

use super::*;

fn traces(remote: &str, identity: &str) -> FolderTraces {
    let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    FolderTraces { remotes: known(remote).into_iter().collect(), identity: known(identity), gone: Vec::new() }
}

/// A project with a chat in a folder that exists.
async fn beginning(store: &Fixture, remote: &str, identity: &str) -> (Project, TempDir, String) {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("old");
    std::fs::create_dir(&folder).unwrap();
    let folder = folder.to_str().unwrap().to_owned();
    let (project, made) = store.resolve_project(folder.clone(), traces(remote, identity)).await.unwrap();
    assert!(made);
    store.chat(&project.id).await;
    (project, dir, folder)
}

#[tokio::test]
async fn a_folder_that_was_moved_on_its_disk_is_known_by_what_the_file_system_says() {
    let store = fixture();
    let (project, dir, old) = beginning(&store, "", "7:1").await;
    let new = dir.path().join("new").to_str().unwrap().to_owned();
    std::fs::rename(&old, &new).unwrap();
    assert_eq!(store.folders_of_identity("7:1".into()).await, Ok(vec![old.clone()]));
    let known = FolderTraces { gone: vec![old.clone()], ..traces("", "7:1") };
    let (found, made) = store.resolve_project(new.clone(), known).await.unwrap();
    assert_eq!((found.id, made, found.folders), (project.id, false, vec![new]), "the old path is gone");
    let other = store.resolve_project(old, traces("", "7:2")).await.unwrap();
    assert!(other.1, "another folder in the old place is another project");
}

#[tokio::test]
async fn a_folder_that_cannot_be_seen_stays_bound() {
    let store = fixture();
    let (project, _dir, old) = beginning(&store, "h/o/r", "7:1").await;
    std::fs::remove_dir(&old).unwrap();
    let (found, _) = store.resolve_project("/link".into(), traces("", "7:1")).await.unwrap();
    assert_eq!((&found.id, found.folders.len()), (&project.id, 2), "nobody says that the old path is gone");
    let known = FolderTraces { gone: vec![old.clone(), "/link".into()], ..traces("h/o/r", "8:1") };
    let (found, _) = store.resolve_project("/clone".into(), known).await.unwrap();
    assert_eq!(found.folders, [old.clone(), "/link".into(), "/clone".into()], "a clone is no move");
    store.resolve_project(old.clone(), traces("", "")).await.unwrap();
    assert_eq!(store.folders_of_identity("7:1".into()).await.unwrap().len(), 2, "what is not known changes nothing");
}

#[tokio::test]
async fn a_clone_elsewhere_and_a_changed_remote_belong_to_the_project() {
    let store = fixture();
    let (project, _dir, old) = beginning(&store, "h/o/r", "7:1").await;
    let (found, made) = store.resolve_project("/elsewhere/clone".into(), traces("h/o/r", "8:1")).await.unwrap();
    assert_eq!((&found.id, made), (&project.id, false));
    assert_eq!(found.folders, [old.clone(), "/elsewhere/clone".to_owned()], "both are there");
    let (renamed, _) = store.resolve_project(old, traces("h/new-owner/r", "7:1")).await.unwrap();
    assert_eq!((&renamed.id, renamed.remotes), (&project.id, vec!["h/o/r".to_owned(), "h/new-owner/r".to_owned()]));
    let (later, made) = store.resolve_project("/third".into(), traces("h/new-owner/r", "")).await.unwrap();
    assert_eq!((later.id, made), (project.id, false));
}

#[tokio::test]
async fn what_a_project_made_before_is_known_by_is_noted_at_the_next_look() {
    let store = fixture();
    let (project, _dir, old) = beginning(&store, "", "").await;
    store.resolve_project(old, traces("h/o/r", "7:1")).await.unwrap();
    for (folder, known) in [("/by/remote", traces("h/o/r", "")), ("/by/identity", traces("", "7:1"))] {
        assert_eq!(store.resolve_project(folder.into(), known).await.unwrap().0.id, project.id, "{folder}");
    }
}

#[tokio::test]
async fn folders_of_a_project_and_those_below_change_nothing() {
    let store = fixture();
    let (project, _dir, old) = beginning(&store, "h/o/r", "7:1").await;
    let version = store.get_project(project.id.clone()).await.unwrap();
    let below = store.resolve_project(format!("{old}/src"), traces("h/o/r//src", "9:9")).await.unwrap();
    assert_eq!(below, (version, false));
    let rebound =
        UpdateProject { folders: Some(vec!["/a".into(), old.clone()]), ..UpdateProject::new(project.id.clone()) };
    store.update_project(rebound).await.unwrap();
    assert_eq!(
        store.resolve_project("/b".into(), traces("", "7:1")).await.unwrap().0.id,
        project.id,
        "it is still known"
    );
    let wrong = UpdateProject { remotes: Some(vec!["https://u:p@h/o/r".into()]), ..UpdateProject::new(project.id) };
    is_invalid(store.update_project(wrong).await, "/remotes/0");
}

#[tokio::test]
async fn only_what_was_never_used_goes_for_good() {
    let store = fixture();
    let (empty, used, changed) =
        (store.project("empty").await, store.project("used").await, store.project("changed").await);
    let chat = store.chat(&used.id).await;
    store.delete_chat(chat.id, None).await.unwrap();
    let archived = UpdateProject { archived: Some(true), ..UpdateProject::new(changed.id.clone()) };
    store.update_project(archived).await.unwrap();
    let unused = |id: &ProjectId| DeleteProject { with_chats: false, if_unused: true, ..gone(id.clone()) };
    for project in [&used, &changed] {
        let refused = store.delete_project(unused(&project.id)).await.unwrap_err().to_string();
        assert!(refused.contains("has been used"), "{refused}");
    }
    store.delete_project(unused(&empty.id)).await.unwrap();
    is_not_found(store.restore_project(empty.id).await, "project");
    let all = ListProjects { archived: Inclusion::Include, deleted: Inclusion::Include, ..ListProjects::default() };
    assert_eq!(store.list_projects(all).await.unwrap().items.len(), 2);
    store.assert_clean().await;
}

#[tokio::test]
async fn a_deleted_project_gives_its_chats_away_or_takes_them_along() {
    let store = fixture();
    let (kept, taken, other) =
        (store.project("kept").await, store.project("taken").await, store.project("other").await);
    let empty = store.project("empty").await;
    let (first, second) = (store.chat(&kept.id).await, store.chat(&taken.id).await);
    let given = DeleteProject { move_chats_to: Some(other.id.clone()), with_chats: false, ..gone(kept.id.clone()) };
    store.delete_project(given).await.unwrap();
    assert_eq!(store.get_chat(first.id).await.unwrap().project_id, other.id);
    let unsaid = DeleteProject { with_chats: false, ..gone(taken.id.clone()) };
    let refused = store.delete_project(unsaid.clone()).await.unwrap_err().to_string();
    assert!(refused.contains("“taken” has a chat") && refused.contains("with_chats"), "{refused}");
    assert!(store.get_chat(second.id.clone()).await.is_ok(), "nobody has said that it goes");
    is_invalid(
        store.delete_project(DeleteProject { move_chats_to: Some(other.id.clone()), ..gone(taken.id.clone()) }).await,
        "/with_chats",
    );
    store.delete_project(DeleteProject { project_id: empty.id, ..unsaid }).await.unwrap();
    store.delete_project(gone(taken.id.clone())).await.unwrap();
    is_not_found(store.get_chat(second.id.clone()).await, "chat");
    let deleted = ListProjects { deleted: Inclusion::Only, ..ListProjects::default() };
    assert_eq!(store.list_projects(deleted).await.unwrap().items.len(), 3);
    store.restore_project(taken.id).await.unwrap();
    assert!(store.get_chat(second.id).await.is_ok());
    let itself = DeleteProject { move_chats_to: Some(other.id.clone()), with_chats: false, ..gone(other.id.clone()) };
    is_invalid(store.delete_project(itself).await, "/move_chats_to");
    store.assert_clean().await;
}

#[tokio::test]
async fn copies_archives_and_counts() {
    let store = fixture();
    let begun = store.lone_run().await;
    let id = begun.run.project_id.clone();
    store.finish_run(begun.run.id.clone(), end(RunStatus::Completed, "Sö.")).await.unwrap();
    let duplicate = |chats| DuplicateProject { project_id: id.clone(), name: None, chats };
    let copy = store.duplicate_project(duplicate(true)).await.unwrap();
    assert_eq!((copy.name.as_str(), copy.folders.len()), ("p (copy)", 0));
    let (old, new) =
        (store.project_statistics(id.clone()).await.unwrap(), store.project_statistics(copy.id).await.unwrap());
    assert_eq!((old.chats, old.bytes, old.runs), (1, 8, 1));
    assert_eq!((new.chats, new.bytes, new.runs, &new.messages), (1, 8, 0, &old.messages));
    let archive = UpdateProject { archived: Some(true), ..UpdateProject::new(id) };
    store.update_project(archive).await.unwrap();
    assert_eq!(store.list_projects(ListProjects::default()).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn many_chats_are_changed_all_or_none() {
    let store = fixture();
    let project = store.project("p").await;
    let ids = [store.chat(&project.id).await.id, store.chat(&project.id).await.id];
    let change = |chat_ids: &[aiia_protocol::id::ChatId]| ChangeChats {
        chat_ids: chat_ids.to_vec(),
        archived: Some(true),
        add_tags: vec!["done".into()],
        ..ChangeChats::default()
    };
    let with_missing = [ids[0].clone(), "none".into()];
    is_not_found(store.change_chats(change(&with_missing)).await, "chat");
    assert!(!store.get_chat(ids[0].clone()).await.unwrap().archived, "none of them was changed");
    assert_eq!(store.change_chats(change(&ids)).await.unwrap().len(), 2);
    assert_eq!(store.change_chats(change(&ids)).await.unwrap().len(), 0);
    let delete = |deleted| ChangeChats { chat_ids: ids.to_vec(), deleted: Some(deleted), ..ChangeChats::default() };
    store.change_chats(delete(true)).await.unwrap();
    let list = async || {
        store.list_chats(ListChats { archived: Inclusion::Include, ..ListChats::default() }).await.unwrap().items
    };
    assert_eq!(list().await.len(), 0);
    store.change_chats(delete(false)).await.unwrap();
    assert_eq!(list().await[0].tags, ["done"]);
    is_invalid(store.change_chats(change(&[])).await, "/chat_ids");
}

#[tokio::test]
async fn many_projects_are_changed_all_or_none() {
    let store = fixture();
    let mut ids = Vec::new();
    for name in ["one", "other"] {
        ids.push(store.project(name).await.id);
    }
    let change = |project_ids: &[aiia_protocol::id::ProjectId]| ChangeProjects {
        project_ids: project_ids.to_vec(),
        archived: Some(true),
        ..ChangeProjects::default()
    };
    is_not_found(store.change_projects(change(&[ids[0].clone(), "none".into()])).await, "project");
    assert!(!store.get_project(ids[0].clone()).await.unwrap().archived, "none of them was changed");
    assert_eq!(store.change_projects(change(&ids)).await.unwrap().len(), 2);
    assert_eq!(store.change_projects(change(&ids)).await.unwrap().len(), 0);
    is_invalid(store.change_projects(change(&[])).await, "/project_ids");
    is_invalid(store.change_projects(change(&vec![ids[0].clone(); 1001])).await, "/project_ids");
    store.assert_clean().await;
}

#[tokio::test]
async fn many_projects_are_deleted_with_their_chats_or_without() {
    let store = fixture();
    let (one, other, kept) = (store.project("one").await, store.project("other").await, store.project("kept").await);
    let (first, second) = (store.chat(&one.id).await, store.chat(&other.id).await);
    let ids = vec![one.id.clone(), other.id.clone(), one.id.clone()];
    let gone = |deleted| ChangeProjects { project_ids: ids.clone(), deleted: Some(deleted), ..Default::default() };
    let to = |to: &Project| ChangeProjects { move_chats_to: Some(to.id.clone()), ..gone(true) };
    is_invalid(store.change_projects(to(&one)).await, "/move_chats_to");
    let restored = ChangeProjects { deleted: Some(false), ..to(&kept) };
    is_invalid(store.change_projects(restored).await, "/move_chats_to");
    let nowhere = ChangeProjects { move_chats_to: Some("none".into()), ..gone(true) };
    is_not_found(store.change_projects(nowhere).await, "project");
    assert!(store.get_chat(first.id.clone()).await.is_ok(), "none of them was deleted");

    let refused = store.change_projects(gone(true)).await.unwrap_err().to_string();
    assert!(refused.contains("“one” has a chat"), "{refused}");
    assert!(store.get_chat(second.id.clone()).await.is_ok(), "none of them was deleted");
    let with_chats = |deleted| ChangeProjects { with_chats: true, ..gone(deleted) };
    is_invalid(store.change_projects(with_chats(false)).await, "/with_chats");
    assert_eq!(store.change_projects(with_chats(true)).await.unwrap().len(), 2);
    is_not_found(store.get_chat(first.id.clone()).await, "chat");
    is_not_found(store.change_projects(gone(true)).await, "project");
    let back = ChangeProjects { archived: Some(true), ..gone(false) };
    let back = store.change_projects(back).await.unwrap();
    assert_eq!(back.iter().map(|project| project.archived).collect::<Vec<_>>(), [true, true]);
    assert_eq!(store.get_chat(first.id.clone()).await.unwrap().project_id, one.id);
    assert_eq!(store.change_projects(gone(false)).await.unwrap(), [], "they are there already");

    store.change_projects(to(&kept)).await.unwrap();
    for chat in [first, second] {
        assert_eq!(store.get_chat(chat.id).await.unwrap().project_id, kept.id);
    }
    store.assert_clean().await;
}
