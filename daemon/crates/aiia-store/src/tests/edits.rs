//! Pending edits.

use aiia_protocol::edit::{EditStatus, FindEdits, ListEdits};
use aiia_protocol::id::EditId;
use rstest::rstest;

use super::*;
use crate::{EditTexts, ReshapedFile};

#[tokio::test]
async fn an_edit_is_kept_as_it_was_proposed() {
    let store = fixture();
    let begun = store.lone_run().await;
    let new = new_edit(&begun.run.id);
    let edit = store.create_edit(new.clone()).await.unwrap();
    assert_eq!((edit.status, edit.version), (EditStatus::Pending, 1));
    assert_eq!((&edit.run_id, &edit.chat_id), (&begun.run.id, &begun.chat.id));
    assert_eq!((edit.title.as_str(), edit.diff.as_str()), ("Mend it", "--- a\n+++ b\n"));
    assert_eq!(edit.files.len(), 2);
    for (file, given) in edit.files.iter().zip(&new.files) {
        assert_eq!((&file.path, file.action, &file.base_hash), (&given.path, given.action, &given.base_hash));
        assert_eq!((&file.from, &file.protection), (&given.from, &given.protection));
        assert_eq!(file.hunks, given.hunks);
    }
    assert_eq!(store.get_edit(edit.id.clone()).await, Ok(edit.clone()));
    let texts = |file: &NewEditFile| EditTexts {
        path: file.path.clone(),
        base_text: file.base_text.clone(),
        new_text: file.new_text.clone(),
    };
    assert_eq!(store.edit_texts(edit.id.clone()).await, Ok(new.files.iter().map(texts).collect()));
    assert_eq!(store.get_run(begun.run.id.clone()).await.unwrap().edit_id, Some(edit.id.clone()));

    let run = store.finish_run(begun.run.id, end(RunStatus::Completed, "done")).await.unwrap();
    assert_eq!(run.edit_id, Some(edit.id));
    store.assert_clean().await;
}

#[tokio::test]
async fn hunks_are_numbered_over_all_files() {
    let store = fixture();
    let run = store.lone_run().await.run.id;
    let mut edit = new_edit(&run);
    edit.files[1].hunks[0].number = 1;
    is_invalid(store.create_edit(edit.clone()).await, "/files/1/hunks/0/number");
    edit.files.iter_mut().for_each(|file| file.hunks.clear());
    is_invalid(store.create_edit(edit).await, "/files");
    assert_eq!(store.value::<i64>("SELECT count(*) FROM edits"), 0);
}

#[tokio::test]
async fn a_run_ends_with_an_edit_of_its_own() {
    let store = fixture();
    let (one, two) = (store.lone_run().await.run.id, store.lone_run().await.run.id);
    let edit_id = Some(store.edit(&one).await.id);
    let last = FinishRun { edit_id, ..end(RunStatus::Completed, "") };
    is_invalid(store.finish_run(two.clone(), last.clone()).await, "/edit_id");
    let unknown = FinishRun { edit_id: Some("nothing".into()), ..last.clone() };
    is_not_found(store.finish_run(two, unknown).await, "pending edit");
    assert_eq!(store.finish_run(one, last.clone()).await.unwrap().edit_id, last.edit_id);
}

#[rstest]
#[case(&[(1, HunkStatus::Accepted)], EditStatus::Pending)]
#[case(&[(1, HunkStatus::Accepted), (2, HunkStatus::Rejected), (3, HunkStatus::Rejected)], EditStatus::Accepted)]
#[case(&[(3, HunkStatus::Rejected), (2, HunkStatus::Rejected), (1, HunkStatus::Rejected)], EditStatus::Rejected)]
#[case(&[(1, HunkStatus::Undone), (2, HunkStatus::Undone), (3, HunkStatus::Rejected)], EditStatus::Undone)]
#[tokio::test]
async fn decisions_are_written_down(#[case] decisions: &[(u32, HunkStatus)], #[case] expected: EditStatus) {
    let store = fixture();
    let edit = store.edit(&store.lone_run().await.run.id).await;
    let after = store.decide_hunks(edit.id.clone(), decisions.to_vec(), Some(1)).await.unwrap();
    assert_eq!((after.status, after.version), (expected, 2));
    for (number, status) in decisions {
        let hunk = after.files.iter().flat_map(|file| &file.hunks).find(|hunk| hunk.number == *number).unwrap();
        assert_eq!(hunk.status, *status);
    }
    assert_eq!(store.get_edit(edit.id.clone()).await, Ok(after.clone()));
    // The same once more changes nothing.
    assert_eq!(store.decide_hunks(edit.id, decisions.to_vec(), Some(2)).await, Ok(after));
    store.assert_clean().await;
}

#[tokio::test]
async fn decisions_that_do_not_fit_change_nothing() {
    let store = fixture();
    let edit = store.edit(&store.lone_run().await.run.id).await;
    let decide =
        |decisions: &[(u32, HunkStatus)], version| store.decide_hunks(edit.id.clone(), decisions.to_vec(), version);
    let accept = HunkStatus::Accepted;
    is_invalid(decide(&[(1, accept), (4, accept)], None).await, "/hunks/1");
    is_invalid(decide(&[(1, accept), (1, accept)], None).await, "/hunks/1");
    let late = decide(&[(1, accept)], Some(7)).await;
    assert!(matches!(late, Err(StoreError::Conflict { expected: 7, found: 1, .. })), "{late:?}");
    is_not_found(store.decide_hunks("nothing".into(), Vec::new(), None).await, "pending edit");
    assert_eq!(store.get_edit(edit.id.clone()).await, Ok(edit));
}

#[tokio::test]
async fn edits_are_listed_by_project_run_and_state() {
    let store = fixture();
    let (one, two) = (store.lone_run().await.run, store.lone_run().await.run);
    let first = store.edit(&one.id).await;
    let second = store.edit(&two.id).await;
    let all = vec![(1, HunkStatus::Rejected), (2, HunkStatus::Rejected), (3, HunkStatus::Rejected)];
    let first = store.decide_hunks(first.id, all, None).await.unwrap();
    let list = async |params: ListEdits| store.list_edits(params).await.map(|page| page.items);
    let none = ListEdits::default;
    assert_eq!(list(none()).await, Ok(vec![second.clone(), first.clone()]));
    assert_eq!(list(ListEdits { project_id: Some(one.project_id), ..none() }).await, Ok(vec![first.clone()]));
    assert_eq!(list(ListEdits { run_id: Some(two.id.clone()), ..none() }).await, Ok(vec![second.clone()]));
    assert_eq!(list(ListEdits { status: Some(EditStatus::Pending), ..none() }).await, Ok(vec![second]));
    let both = ListEdits { run_id: Some(two.id), status: Some(EditStatus::Rejected), ..none() };
    assert_eq!(list(both).await, Ok(Vec::new()));
    is_not_found(list(ListEdits { run_id: Some("nothing".into()), ..none() }).await, "run");
    is_not_found(list(ListEdits { project_id: Some("nothing".into()), ..none() }).await, "project");
}

#[tokio::test]
async fn edits_are_found_by_their_places() {
    let store = fixture();
    let edit = store.edit(&store.lone_run().await.run.id).await;
    let find = async |path: &str, hunks| {
        let params = FindEdits { paths: vec!["/elsewhere".to_owned(), path.to_owned()], hunks, limit: None };
        store.find_edits(params).await.unwrap().into_iter().map(|edit| edit.id).collect::<Vec<_>>()
    };
    for path in ["/p", "/p/", "/p/b.rs", "/p/old.rs", "/"] {
        assert_eq!(find(path, HunkStatus::Pending).await, std::slice::from_ref(&edit.id), "{path}");
        assert_eq!(find(path, HunkStatus::Accepted).await, [], "{path}");
    }
    for path in ["/p/b", "/pp", "/q", "/p/b.rs/x", "untitled:/p/b.rs", "", "%", "/P"] {
        assert_eq!(find(path, HunkStatus::Pending).await, [], "{path}");
    }
}

#[tokio::test]
async fn what_was_accepted_last_is_found_first() {
    let store = fixture();
    let first = store.edit(&store.lone_run().await.run.id).await;
    let second = store.edit(&store.lone_run().await.run.id).await;
    let found = async || {
        let params = FindEdits { paths: vec!["/p".to_owned()], hunks: HunkStatus::Accepted, limit: Some(2) };
        store.find_edits(params).await.unwrap().into_iter().map(|edit| edit.id).collect::<Vec<_>>()
    };
    let decide = async |id: &EditId, hunk, status| {
        store.decide_hunks(id.clone(), vec![(hunk, status)], None).await.unwrap();
    };
    decide(&second.id, 1, HunkStatus::Accepted).await;
    decide(&first.id, 1, HunkStatus::Accepted).await;
    // What happens to it afterwards does not count.
    decide(&second.id, 2, HunkStatus::Rejected).await;
    assert_eq!(found().await, [first.id.clone(), second.id.clone()]);
    decide(&first.id, 1, HunkStatus::Undone).await;
    assert_eq!(found().await, [second.id]);
}

#[tokio::test]
async fn hunks_of_a_file_are_replaced() {
    let store = fixture();
    let edit = store.edit(&store.lone_run().await.run.id).await;
    let mut hunks = edit.files[0].hunks.clone();
    let mut part = hunks[0].clone();
    part.number = 4;
    hunks.insert(1, part);
    let file = |path: &str, hunks: Vec<EditHunk>| ReshapedFile { path: path.into(), new_text: "x".into(), hunks };
    let reshaped = store.reshape_edit(edit.id.clone(), file("/p/b.rs", hunks.clone()), "diff".into(), 1).await.unwrap();
    assert_eq!((reshaped.version, reshaped.diff.as_str()), (2, "diff"));
    let numbers =
        |edit: &PendingEdit| edit.files.iter().flat_map(|file| &file.hunks).map(|hunk| hunk.number).collect::<Vec<_>>();
    assert_eq!(numbers(&reshaped), [1, 4, 2, 3]);
    assert_eq!(store.edit_texts(edit.id.clone()).await.unwrap()[0].new_text, "x");

    hunks[1].number = 3;
    for (path, hunks, pointer) in
        [("/p/b.rs", hunks.clone(), "/hunks"), ("/p/b.rs", Vec::new(), "/hunks"), ("/p/c.rs", hunks, "/path")]
    {
        is_invalid(store.reshape_edit(edit.id.clone(), file(path, hunks), String::new(), 2).await, pointer);
    }
    let stale =
        store.reshape_edit(edit.id.clone(), file("/p/b.rs", edit.files[0].hunks.clone()), String::new(), 1).await;
    assert!(matches!(stale, Err(StoreError::Conflict { found: 2, .. })), "{stale:?}");
    assert_eq!(store.get_edit(edit.id).await, Ok(reshaped));
    store.assert_clean().await;
}
