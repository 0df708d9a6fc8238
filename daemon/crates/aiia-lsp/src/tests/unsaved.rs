//! Files that the editor changes for aiia without telling of them, as it does of languages that aiia is not configured for.

use serde_json::json;

use super::client::{CODE, edited};
use super::review::{Reviewing, reviewing};

const FIRST: &str = "-    return sum";
const SECOND: &str = "-    return xs[0]";

/// A review of a file that the editor does not tell of any more, of which hunk 1 is accepted and not saved; with the file's text in
/// the editor.
async fn unsaved() -> (Reviewing, std::path::PathBuf, String) {
    let mut world = reviewing().await;
    let uri = world.uri.clone();
    let path = url::Url::parse(&uri).unwrap().to_file_path().unwrap();
    world.client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } })).await;
    world.act(FIRST, "aiia: Accept hunk 1").await;
    let (of, version, after) = edited(&world.client.expect("workspace/applyEdit").await, CODE);
    assert_eq!((of, version, &after), (uri, json!(null), &CODE.replace(" + 1", "")));
    follow(&mut world, 1).await;
    (world, path, after)
}

async fn follow(world: &mut Reviewing, version: i32) {
    let (uri, review) = (world.review_uri.clone(), world.review.clone());
    world.review = world.apply(&uri, &review, version).await;
}

async fn is_refused(world: &mut Reviewing, line: &str, title: &str) {
    world.act(line, title).await;
    let message = world.client.expect("window/showMessage").await["message"].as_str().unwrap().to_owned();
    assert!(message.contains("a.py has a change that is not saved") && message.contains("Save the file"), "{message}");
    assert_eq!(world.client.received("workspace/applyEdit"), 0);
    assert!(world.review.contains("[accepted]"), "{}", world.review);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_goes_by_the_disk_before_it_is_saved() {
    let (mut world, path, after) = unsaved().await;
    is_refused(&mut world, SECOND, "aiia: Accept hunk 2").await;
    is_refused(&mut world, SECOND, "aiia: Accept all hunks").await;
    is_refused(&mut world, FIRST, "aiia: Undo hunk 1").await;
    std::fs::write(path, &after).unwrap();
    world.act(SECOND, "aiia: Accept hunk 2").await;
    let (.., both) = edited(&world.client.expect("workspace/applyEdit").await, &after);
    assert_eq!(both, after.replace("xs[0]", "xs[-1]"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_undone_in_the_editor_and_saved_is_the_text() {
    let (mut world, path, _) = unsaved().await;
    std::fs::write(&path, CODE).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(later).unwrap();
    world.act(FIRST, "aiia: Undo hunk 1").await;
    follow(&mut world, 2).await;
    assert!(world.review.contains("2 pending"), "{}", world.review);
    world.act(SECOND, "aiia: Accept hunk 2").await;
    let (.., after) = edited(&world.client.expect("workspace/applyEdit").await, CODE);
    assert_eq!(after, CODE.replace("xs[0]", "xs[-1]"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_the_editor_tells_of_is_the_text() {
    let (mut world, path, after) = unsaved().await;
    let uri = world.client.open(&path, &after, 7).await;
    world.act(SECOND, "aiia: Accept hunk 2").await;
    assert_eq!(world.apply(&uri, &after, 7).await, after.replace("xs[0]", "xs[-1]"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_the_editor_refused_need_not_be_saved() {
    let mut world = reviewing().await;
    let uri = world.uri.clone();
    world.client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } })).await;
    world.client.answer("workspace/applyEdit", |_| json!({ "applied": false, "failureReason": "no" }));
    world.act(FIRST, "aiia: Accept hunk 1").await;
    world.client.expect("window/showMessage").await;
    world.client.expect("workspace/applyEdit").await;
    world.client.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    world.act(SECOND, "aiia: Accept hunk 2").await;
    let (.., after) = edited(&world.client.expect("workspace/applyEdit").await, CODE);
    assert_eq!(after, CODE.replace("xs[0]", "xs[-1]"));
}
