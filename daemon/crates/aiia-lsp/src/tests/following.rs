//! Review documents follow what is typed in their files.

use serde_json::{Value, json};

use super::client::{CODE, able, command, edited};
use super::review::{Reviewing, reviewing, reviewing_in, reviewing_of};

impl Reviewing {
    /// The diagnostics of the review that come next: their severities, lines and messages.
    async fn told(&mut self) -> Vec<(u64, u64, String)> {
        let params = self.client.expect("textDocument/publishDiagnostics").await;
        assert_eq!(params["uri"], self.review_uri.as_str());
        let told = params["diagnostics"].as_array().unwrap().iter().map(|one| {
            let line = one["range"]["start"]["line"].as_u64().unwrap();
            (one["severity"].as_u64().unwrap(), line, one["message"].as_str().unwrap().to_owned())
        });
        told.collect()
    }

    /// The editor tells that others have written the file.
    async fn written(&mut self, uri: &str, how: u8) {
        let params = json!({ "changes": [{ "uri": uri, "type": how }] });
        self.client.notify("workspace/didChangeWatchedFiles", params).await;
    }

    async fn lenses(&mut self) -> Vec<String> {
        let params = json!({ "textDocument": { "uri": self.review_uri } });
        let lenses = self.client.request("textDocument/codeLens", params).await.unwrap();
        lenses.as_array().unwrap().iter().map(|lens| lens["command"]["title"].as_str().unwrap().to_owned()).collect()
    }
}

fn header(review: &str) -> (usize, &str) {
    review.lines().enumerate().find(|(_, line)| line.starts_with("@@")).unwrap()
}

fn typed_above() -> String {
    format!("# typed\n# above\n{CODE}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hunks_move_with_what_is_typed_above_them() {
    let mut one = reviewing().await;
    let (uri, review_uri, review) = (one.uri.clone(), one.review_uri.clone(), one.review.clone());
    assert!(header(&review).1.starts_with("@@ -1,"), "{review}");
    one.client.change(&uri, 2, &typed_above()).await;
    let moved = one.apply(&review_uri, &review, 1).await;
    assert!(header(&moved).1.starts_with("@@ -3,"), "{moved}");
    one.client.change(&uri, 3, CODE).await;
    assert_eq!(one.apply(&review_uri, &moved, 2).await, review);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hunk_that_is_typed_in_conflicts_until_that_is_taken_back() {
    const WHY: &str = "line 2 was edited after the change was proposed";
    let mut one = reviewing().await;
    let (uri, review_uri, review) = (one.uri.clone(), one.review_uri.clone(), one.review.clone());
    one.client.change(&uri, 2, &CODE.replace("+ 1", "+ 2")).await;
    let conflicting = one.apply(&review_uri, &review, 1).await;
    let (line, text) = header(&conflicting);
    assert!(text.contains(&format!("[conflict: {WHY}]")), "{conflicting}");
    assert_eq!(one.told().await, [(2, line as u64, format!("Hunk 1 does not fit: {WHY}."))]);
    assert_eq!(one.lenses().await, [&format!("Try again ({WHY})"), "Reject", "Accept", "Reject"]);
    one.client.change(&uri, 3, CODE).await;
    assert_eq!(one.apply(&review_uri, &conflicting, 2).await, review);
    assert_eq!(one.told().await, []);
    assert_eq!(one.lenses().await, ["Accept", "Reject", "Accept", "Reject"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_that_is_edited_is_left_alone_and_says_so() {
    let mut one = reviewing().await;
    let (uri, review_uri, review) = (one.uri.clone(), one.review_uri.clone(), one.review.clone());
    one.client.change(&review_uri, 2, &review.replace("xs[-1]", "xs[-2]")).await;
    one.client.change(&uri, 2, &typed_above()).await;
    let told = one.told().await;
    assert!(matches!(told.as_slice(), [(3, 0, text)] if text.contains("does not follow")), "{told:?}");
    assert_eq!(one.client.received("workspace/applyEdit"), 0);
    // The user takes the edit back.
    one.client.change(&review_uri, 3, &review).await;
    let moved = one.apply(&review_uri, &review, 3).await;
    assert!(header(&moved).1.starts_with("@@ -3,"), "{moved}");
    assert_eq!(one.told().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_brings_the_headers_of_an_edited_review_up_to_date() {
    let mut one = reviewing().await;
    let (uri, review_uri) = (one.uri.clone(), one.review_uri.clone());
    let edited = one.review.replace("xs[-1]", "xs[-2]");
    one.client.change(&review_uri, 2, &edited).await;
    one.client.change(&uri, 2, &typed_above()).await;
    assert_eq!(one.told().await.len(), 1);
    one.client.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } })).await;
    let saved = one.apply(&review_uri, &edited, 2).await;
    assert!(header(&saved).1.starts_with("@@ -3,") && saved.contains("+    return xs[-2]"), "{saved}");
    assert_eq!(one.told().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_that_nobody_has_open_costs_nothing() {
    let mut one = reviewing().await;
    let (uri, closed) = (one.uri.clone(), one.review_uri.clone());
    one.client.request("workspace/executeCommand", command("aiia.fix", json!({ "uri": uri }))).await.unwrap();
    let open = one.client.expect("window/showDocument").await["uri"].as_str().unwrap().to_owned();
    let text = |uri: &str| std::fs::read_to_string(url::Url::parse(uri).unwrap().to_file_path().unwrap()).unwrap();
    let (review, before) = (text(&open), text(&closed));
    one.client.open_uri(&open, &review, 1).await;
    one.client.notify("textDocument/didClose", json!({ "textDocument": { "uri": closed } })).await;
    one.client.change(&uri, 2, &typed_above()).await;
    let moved = one.apply(&open, &review, 1).await;
    assert!(header(&moved).1.starts_with("@@ -3,"), "{moved}");
    assert_eq!((one.client.received("workspace/applyEdit"), text(&closed)), (0, before.clone()));
    // An editor that opens it again shows it as it is now.
    one.client.open_uri(&closed, &before, 1).await;
    assert_eq!(header(&one.apply(&closed, &before, 1).await), header(&moved));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hunks_move_with_what_others_write_to_the_file() {
    let mut one = reviewing().await;
    let (uri, review_uri, review) = (one.uri.clone(), one.review_uri.clone(), one.review.clone());
    let path = url::Url::parse(&uri).unwrap().to_file_path().unwrap();
    // Of a file that the editor has open, its buffer counts.
    std::fs::write(&path, typed_above()).unwrap();
    one.written(&uri, 2).await;
    one.client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } })).await;
    let moved = one.apply(&review_uri, &review, 1).await;
    assert!(header(&moved).1.starts_with("@@ -3,"), "{moved}");
    std::fs::write(&path, CODE).unwrap();
    one.written(&uri, 2).await;
    assert_eq!(one.apply(&review_uri, &moved, 2).await, review);
    std::fs::remove_file(&path).unwrap();
    one.written(&uri, 3).await;
    let gone = one.apply(&review_uri, &review, 3).await;
    assert!(header(&gone).1.contains("[conflict: "), "{gone}");
    assert_eq!(one.told().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_a_review_that_are_not_indexed_are_watched_as_well() {
    const NEW: &str = "*** Begin Patch\n*** Update File: a.py\n@@\n-    return xs[0]\n+    return xs[-1]\n*** Add File: no[t]es.txt\n+x\n*** End Patch\n";
    let mut capabilities = able();
    capabilities["workspace"]["didChangeWatchedFiles"] = json!({ "dynamicRegistration": true });
    let mut one = reviewing_in("generic", capabilities, NEW).await;
    let mut asked = Vec::new();
    for _ in 0..2 {
        let registration = one.client.expect("client/registerCapability").await["registrations"][0].clone();
        let watchers = registration["registerOptions"]["watchers"].as_array().unwrap().clone();
        asked.extend(watchers.iter().map(|watcher| watcher["globPattern"].as_str().unwrap().to_owned()));
    }
    assert_eq!(asked.last().map(String::as_str), Some("**/no?t?es.txt"));
    assert!(asked.starts_with(&aiia_engine::watched_globs()), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_that_asks_to_save_what_was_edited_gets_no_edits_of_headers() {
    let two = "a.py\n<<<<<<< SEARCH\n    return sum(xs) / len(xs) + 1\n=======\n    return sum(xs) / len(xs)\n>>>>>>> REPLACE\n\na.py\n<<<<<<< SEARCH\n    return xs[0]\n=======\n    return xs[-1]\n>>>>>>> REPLACE\n";
    let mut one = reviewing_in("helix", able(), two).await;
    let (uri, review_uri, review) = (one.uri.clone(), one.review_uri.clone(), one.review.clone());
    let path = url::Url::parse(&review_uri).unwrap().to_file_path().unwrap();
    one.act("-    return sum", "aiia: Accept hunk 1").await;
    let source = one.apply(&uri, CODE, 1).await;
    assert!(!source.contains("+ 1"), "{source}");
    let (line, _) = header(&review);
    assert_eq!(one.told().await, [(3, line as u64, "Hunk 1 is accepted.".to_owned())]);
    let on_disk = std::fs::read_to_string(&path).unwrap();
    assert!(header(&on_disk).1.contains("[accepted]"), "{on_disk}");
    // The document that stays as it is can be decided on nevertheless.
    one.act("+    return xs[-1]", "aiia: Accept hunk 2").await;
    let source = one.apply(&uri, &source, 2).await;
    assert!(source.contains("xs[-1]"), "{source}");
    assert_eq!(one.told().await.len(), 2);
    // Once it was read again there is nothing more to say, and what the user typed in it counts.
    let on_disk = std::fs::read_to_string(&path).unwrap();
    one.client.change(&review_uri, 2, &on_disk).await;
    assert_eq!(one.told().await, []);
    assert_eq!(one.client.received("workspace/applyEdit"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepting_all_says_which_protected_files_still_wait() {
    const SET: &str = "*** Begin Patch\n*** Update File: a.py\n@@\n-    return xs[0]\n+    return xs[-1]\n*** Add File: .vscode/tasks.json\n+{}\n*** End Patch\n";
    let mut one = reviewing_of(SET).await;
    let (uri, review_uri, review) = (one.uri.clone(), one.review_uri.clone(), one.review.clone());
    one.act("-    return xs[0]", "aiia: Accept all hunks").await;
    assert_eq!(one.apply(&uri, CODE, 1).await, CODE.replace("xs[0]", "xs[-1]"));
    one.review = one.apply(&review_uri, &review, 1).await;
    let message = one.client.expect("window/showMessage").await;
    let text = message["message"].as_str().unwrap();
    assert_eq!(message["type"], 2);
    assert!(text.contains("tasks.json can make programs run") && text.contains("its changes still wait"), "{text}");
    assert_eq!(one.client.received("workspace/applyEdit"), 0);
    // On its own lines it is accepted.
    one.act("+{}", "aiia: Accept hunk 1").await;
    let (for_uri, version, after) = edited(&one.client.expect("workspace/applyEdit").await, "");
    assert!(for_uri.ends_with("/.vscode/tasks.json"), "{for_uri}");
    assert_eq!((version, after.as_str()), (Value::Null, "{}\n"));
}
