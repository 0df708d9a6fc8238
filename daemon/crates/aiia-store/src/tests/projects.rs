//! Projects and their folders.

use aiia_protocol::id::ProjectId;
use aiia_protocol::project::{CreateProject, ListProjects, UpdateProject};
use rstest::rstest;

use super::*;

fn change(id: &ProjectId) -> UpdateProject {
    UpdateProject::new(id.clone())
}

#[tokio::test]
async fn a_project_is_made_read_changed_and_deleted() {
    let store = fixture();
    let made = store
        .create_project(CreateProject {
            name: "Ünï 🙂".into(),
            folders: vec!["/a/".into(), "/a".into(), "/b/./c".into()],
            system_prompt: Some("Be brief.\0".into()),
            model: Some("local/small".into()),
            ..CreateProject::new("")
        })
        .await
        .unwrap();
    assert_eq!((made.name.as_str(), made.version), ("Ünï 🙂", 1));
    assert_eq!(made.folders, ["/a", "/b/c"]);
    assert_eq!(made.system_prompt.as_deref(), Some("Be brief.\0"));
    assert_eq!(store.get_project(made.id.clone()).await, Ok(made.clone()));

    let params = UpdateProject {
        name: Some("other".into()),
        folders: Some(vec!["/c".into()]),
        system_prompt: Some(None),
        ..change(&made.id)
    };
    let changed = store.update_project(params).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.version), ("other", 2));
    assert_eq!((changed.folders.as_slice(), &changed.system_prompt), (["/c".to_owned()].as_slice(), &None));
    assert_eq!(changed.model, made.model);
    assert_eq!(store.get_project(made.id.clone()).await, Ok(changed));

    store.delete_project(gone(made.id.clone())).await.unwrap();
    is_not_found(store.get_project(made.id.clone()).await, "project");
    is_not_found(store.update_project(change(&made.id)).await, "project");
    is_not_found(store.delete_project(gone(made.id.clone())).await, "project");
    assert!(store.list_projects(ListProjects::default()).await.unwrap().items.is_empty());
    store.assert_clean().await;
}

#[rstest]
#[case("")]
#[case("  ")]
#[case(&"ä".repeat(201))]
#[tokio::test]
async fn a_name_must_have_1_to_200_characters(#[case] name: &str) {
    let store = fixture();
    is_invalid(store.create_project(new_project(name, &[])).await, "/name");
    let project = store.project(&"ä".repeat(200)).await;
    let params = UpdateProject { name: Some(name.into()), ..change(&project.id) };
    is_invalid(store.update_project(params).await, "/name");
}

#[tokio::test]
async fn a_wrong_folder_is_named_and_nothing_is_stored() {
    let store = fixture();
    is_invalid(store.create_project(new_project("p", &["/a", "b"])).await, "/folders/1");
    assert_eq!(store.value::<i64>("SELECT count(*) FROM projects"), 0);
}

#[tokio::test]
async fn a_change_is_refused_when_somebody_was_faster() {
    let store = fixture();
    let project = store.project("p").await;
    let rename = |name: &str| UpdateProject { name: Some(name.into()), if_version: Some(1), ..change(&project.id) };
    assert_eq!(store.update_project(rename("first")).await.unwrap().version, 2);
    let late = store.update_project(rename("second")).await;
    assert!(matches!(late, Err(StoreError::Conflict { expected: 1, found: 2, .. })), "{late:?}");
    assert_eq!(store.get_project(project.id).await.unwrap().name, "first");
}

#[tokio::test]
async fn what_changes_nothing_is_no_change() {
    let store = fixture();
    let project = store.project("p").await;
    let params = UpdateProject { name: Some("p".into()), if_version: Some(1), ..change(&project.id) };
    assert_eq!(store.update_project(params).await, Ok(project));
}

#[rstest]
#[case::bound("/w/one", "one")]
#[case::inside("/w/one/src/deep", "one")]
#[case::longest("/w/one/sub/x", "sub")]
#[case::second_folder("/elsewhere/x", "one")]
#[case::sibling_with_same_start("/w/one-more", "")]
#[case::above("/w", "")]
#[case::deleted("/gone", "")]
#[case::untidy("/w//one/./src/../src/", "one")]
#[tokio::test]
async fn a_folder_has_the_project_with_the_longest_folder(#[case] folder: &str, #[case] expected: &str) {
    let store = fixture();
    store.create_project(new_project("one", &["/w/one", "/elsewhere"])).await.unwrap();
    store.create_project(new_project("sub", &["/w/one/sub"])).await.unwrap();
    let left = store.create_project(new_project("gone", &["/gone"])).await.unwrap();
    store.delete_project(gone(left.id.clone())).await.unwrap();
    let (project, created) = store.resolve_project(folder.into(), FolderTraces::default()).await.unwrap();
    if expected.is_empty() {
        assert!(created && project.id != left.id);
        assert_eq!(project.folders, [folder]);
        assert_eq!(store.resolve_project(folder.into(), FolderTraces::default()).await, Ok((project, false)));
    } else {
        assert_eq!((project.name.as_str(), created), (expected, false));
    }
}

#[tokio::test]
async fn only_absolute_folders_have_a_project() {
    let store = fixture();
    is_invalid(store.resolve_project("untitled:1".into(), FolderTraces::default()).await, "/folder");
}

#[tokio::test]
async fn a_folder_that_many_ask_for_at_once_gets_one_project() {
    let store = fixture();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let store = store.store.clone();
            tokio::spawn(
                async move { store.resolve_project("/w/new".into(), FolderTraces::default()).await.unwrap().1 },
            )
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        created += usize::from(task.await.unwrap());
    }
    assert_eq!(created, 1);
    assert_eq!(store.list_projects(ListProjects::default()).await.unwrap().items.len(), 1);
}
