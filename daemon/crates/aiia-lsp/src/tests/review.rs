//! Review documents and the edits that come of them, as an editor sees them.

use std::sync::{Arc, Mutex};

use aiia_tests::model_server::{ModelServer, Script};
use serde_json::{Value, json};

use super::client::{CODE, TestClient, World, able, command, edited};

/// What a model says that mends both mistakes of [`CODE`].
const REPLY: &str = "a.py\n<<<<<<< SEARCH\n    return sum(xs) / len(xs) + 1\n=======\n    return sum(xs) / len(xs)\n>>>>>>> REPLACE\n\na.py\n<<<<<<< SEARCH\n    return xs[0]\n=======\n    return xs[-1]\n>>>>>>> REPLACE\n";

/// One that makes a file and then removes another.
const MADE_AND_GONE: &str = "*** Begin Patch\n*** Add File: new.py\n+x = 1\n*** Delete File: a.py\n*** End Patch\n";

/// The capabilities of an editor that also renames and deletes files.
fn able_with_files() -> Value {
    let mut capabilities = able();
    capabilities["workspace"]["workspaceEdit"]["resourceOperations"] = json!(["create", "rename", "delete"]);
    capabilities
}

/// An editor with the buffer `CODE` that has been shown a review of two hunks.
pub(super) struct Reviewing {
    pub(super) client: TestClient,
    world: World,
    pub(super) uri: String,
    pub(super) review_uri: String,
    pub(super) review: String,
    model: ModelServer,
}

pub(super) async fn reviewing() -> Reviewing {
    reviewing_of(REPLY).await
}

pub(super) async fn reviewing_of(reply: &str) -> Reviewing {
    reviewing_in("generic", able(), reply).await
}

/// The same in an editor with this name that can do so much.
pub(super) async fn reviewing_in(editor: &str, capabilities: Value, reply: &str) -> Reviewing {
    let model = ModelServer::start().unwrap();
    model.always(Script::text(reply));
    let world = World::with_model(&model.openai_url());
    let mut client = world.initialized_as(editor, capabilities).await;
    client.answer("window/showDocument", |_| json!({ "success": true }));
    client.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    let uri = client.open(&world.file("a.py", CODE), CODE, 1).await;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9, "character": 0 } });
    let argument = json!({ "uri": uri, "range": range });
    client.request("workspace/executeCommand", command("aiia.fix", argument)).await.unwrap();
    let review_uri = client.expect("window/showDocument").await["uri"].as_str().unwrap().to_owned();
    let path = url::Url::parse(&review_uri).unwrap().to_file_path().unwrap();
    let review = std::fs::read_to_string(&path).unwrap();
    client.open_uri(&review_uri, &review, 1).await;
    Reviewing { client, world, uri, review_uri, review, model }
}

impl Reviewing {
    /// Runs the action with this title on the line of the review that starts with `line`.
    pub(super) async fn act(&mut self, line: &str, title: &str) {
        let number = self.review.lines().position(|one| one.starts_with(line)).unwrap();
        let place = json!({ "line": number, "character": 0 });
        let params = json!({
            "textDocument": { "uri": self.review_uri }, "range": { "start": place, "end": place }, "context": { "diagnostics": [] },
        });
        let actions = self.client.request("textDocument/codeAction", params).await.unwrap();
        let action = actions.as_array().unwrap().iter().find(|action| action["title"] == title);
        let action = action.unwrap_or_else(|| panic!("no {title} in {actions:#}"));
        let (name, arguments) = (&action["command"]["command"], &action["command"]["arguments"]);
        let params = json!({ "command": name, "arguments": arguments });
        assert_eq!(self.client.request("workspace/executeCommand", params).await, Ok(Value::Null));
    }

    /// The titles of the actions on a line of the source.
    async fn offered_in_source(&mut self, line: u32) -> Vec<String> {
        let place = json!({ "line": line, "character": 0 });
        let params = json!({
            "textDocument": { "uri": self.uri }, "range": { "start": place, "end": place }, "context": { "diagnostics": [] },
        });
        let actions = self.client.request("textDocument/codeAction", params).await.unwrap();
        let titles = actions.as_array().unwrap().iter().map(|action| action["title"].as_str().unwrap().to_owned());
        titles.filter(|title| title.contains('“')).collect()
    }

    /// Takes the edit of a document in as an editor does; gives its new text.
    pub(super) async fn apply(&mut self, uri: &str, text: &str, version: i32) -> String {
        let params = self.client.expect("workspace/applyEdit").await;
        let (for_uri, for_version, after) = edited(&params, text);
        assert_eq!((for_uri.as_str(), for_version), (uri, json!(version)));
        self.client.change(uri, version + 1, &after).await;
        after
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_of_the_reply_is_in_no_hunk_is_told_in_the_review() {
    let usage = format!("{REPLY}\nUsage:\n\n```python\nprint(average([1, 2]))\n```\n");
    let one = reviewing_of(&usage).await;
    let heads: Vec<&str> = one.review.lines().take_while(|line| line.starts_with('#')).collect();
    assert!(heads.join(" ").replace("# ", "").contains("(`print(average([1, 2]))`) was left out"), "{}", one.review);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hunks_are_accepted_and_undone_one_by_one() {
    let mut world = reviewing().await;
    let (uri, review_uri) = (world.uri.clone(), world.review_uri.clone());
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    let text = world.apply(&uri, CODE, 1).await;
    assert_eq!(text, CODE.replace(" + 1", ""));
    let review = world.review.clone();
    world.review = world.apply(&review_uri, &review, 1).await;
    assert!(world.review.contains("[accepted]") && world.review.contains("1 pending"), "{}", world.review);

    world.act("-    return xs[0]", "aiia: Reject hunk 2").await;
    let review = world.review.clone();
    world.review = world.apply(&review_uri, &review, 2).await;
    assert!(world.review.contains("[rejected]"), "{}", world.review);

    world.act("-    return sum", "aiia: Undo hunk 1").await;
    assert_eq!(world.apply(&uri, &text, 2).await, CODE);
    let review = world.review.clone();
    world.review = world.apply(&review_uri, &review, 3).await;

    world.act("-    return sum", "aiia: Accept hunk 1").await;
    assert_eq!(world.apply(&uri, CODE, 3).await, text, "what was undone can be accepted again");
    let review = world.review.clone();
    world.review = world.apply(&review_uri, &review, 4).await;
    world.act("-    return xs[0]", "aiia: Accept hunk 2").await;
    assert_eq!(world.apply(&uri, &text, 4).await, text.replace("xs[0]", "xs[-1]"), "and so can what was rejected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_editor_undid_waits_again() {
    let mut world = reviewing().await;
    let (uri, review_uri) = (world.uri.clone(), world.review_uri.clone());
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    world.apply(&uri, CODE, 1).await;
    let review = world.review.clone();
    world.review = world.apply(&review_uri, &review, 1).await;
    // As with `u`.
    world.client.change(&uri, 3, CODE).await;
    world.act("-    return sum", "aiia: Undo hunk 1").await;
    let review = world.review.clone();
    world.review = world.apply(&review_uri, &review, 2).await;
    assert!(world.review.contains("2 pending"), "{}", world.review);
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    assert_eq!(world.apply(&uri, CODE, 3).await, CODE.replace(" + 1", ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hunks_accepted_at_once_wait_for_each_other() {
    let mut world = reviewing().await;
    let (uri, review_uri, review) = (world.uri.clone(), world.review_uri.clone(), world.review.clone());
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    world.act("-    return xs[0]", "aiia: Accept hunk 2").await;
    // The two decisions may come in either order.
    let text = world.apply(&uri, CODE, 1).await;
    let review = world.apply(&review_uri, &review, 1).await;
    let text = world.apply(&uri, &text, 2).await;
    assert_eq!(text, CODE.replace(" + 1", "").replace("xs[0]", "xs[-1]"));
    assert!(world.apply(&review_uri, &review, 2).await.contains("0 pending"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_editor_refuses_waits_again() {
    let mut world = reviewing().await;
    let uri = world.uri.clone();
    let refused = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&refused);
    world.client.answer("workspace/applyEdit", move |_| {
        *counted.lock().unwrap() += 1;
        json!({ "applied": false, "failureReason": "read-only" })
    });
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    let message = world.client.expect("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains("read-only"), "{message}");
    assert_eq!(*refused.lock().unwrap(), 1);
    let _ = world.client.expect("workspace/applyEdit").await;
    world.client.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    assert_eq!(world.apply(&uri, CODE, 1).await, CODE.replace(" + 1", ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lenses_and_hover_are_on_the_hunks() {
    let mut world = reviewing().await;
    let params = json!({ "textDocument": { "uri": world.review_uri } });
    let lenses = world.client.request("textDocument/codeLens", params).await.unwrap();
    let titles: Vec<&str> =
        lenses.as_array().unwrap().iter().map(|lens| lens["command"]["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Accept", "Reject", "Accept", "Reject"]);
    let line = world.review.lines().position(|line| line.starts_with("+    return xs")).unwrap();
    let params = json!({ "textDocument": { "uri": world.review_uri }, "position": { "line": line, "character": 0 } });
    let hover = world.client.request("textDocument/hover", params).await.unwrap();
    assert!(hover["contents"]["value"].as_str().unwrap().contains("toy/m"), "{hover}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_edited_in_the_review_are_what_is_accepted() {
    let mut world = reviewing().await;
    let edited = world.review.replace("xs[-1]", "xs[-2]");
    let (uri, review_uri) = (world.uri.clone(), world.review_uri.clone());
    world.client.change(&review_uri, 2, &edited).await;
    world.act("-    return xs[0]", "aiia: Accept hunk 2").await;
    assert_eq!(world.apply(&uri, CODE, 1).await, CODE.replace("xs[0]", "xs[-2]"));
    let review = world.apply(&review_uri, &edited, 2).await;
    assert!(review.contains("[accepted] edited by hand") && review.contains("+    return xs[-2]"), "{review}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_lines_of_the_review_are_not_the_users_to_edit() {
    let mut world = reviewing().await;
    let edited = world.review.replace("-    return xs[0]", "-    return xs");
    let review_uri = world.review_uri.clone();
    world.client.change(&review_uri, 2, &edited).await;
    world.act("+    return xs[-1]", "aiia: Accept hunk 2").await;
    let message = world.client.expect("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains("only lines that begin with +"), "{message}");
    assert_eq!(world.client.received("workspace/applyEdit"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_line_of_a_hunk_is_accepted() {
    const ANSWER: &str = "a.py\n<<<<<<< SEARCH\n    a = 1\n    b = 2\n    c = 3\n=======\n    a = 10\n    b = 20\n    c = 30\n>>>>>>> REPLACE\n";
    let mut world = reviewing_of(ANSWER).await;
    let (uri, review_uri, review) = (world.uri.clone(), world.review_uri.clone(), world.review.clone());
    world.act("+    b = 20", "aiia: Accept only this line").await;
    let text = world.apply(&uri, CODE, 1).await;
    assert_eq!(text, CODE.replace("b = 2", "b = 20"));
    world.review = world.apply(&review_uri, &review, 1).await;
    assert!(world.review.contains("3 hunks in 1 file, 2 pending"), "{}", world.review);
    world.act("-    a = 1", "aiia: Accept all hunks").await;
    let after = world.apply(&uri, &text, 2).await;
    assert_eq!(after, CODE.replace("a = 1", "a = 10").replace("b = 2", "b = 20").replace("c = 3", "c = 30"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_line_is_meant_where_it_stands_after_others_were_typed() {
    const ANSWER: &str =
        "a.py\n<<<<<<< SEARCH\n    a = 1\n    b = 2\n=======\n    a = 10\n    b = 20\n>>>>>>> REPLACE\n";
    let mut world = reviewing_of(ANSWER).await;
    let (uri, review_uri) = (world.uri.clone(), world.review_uri.clone());
    world.review = world.review.replace("+    b = 20", "+    typed = 0\n+    b = 20");
    let typed = world.review.clone();
    world.client.change(&review_uri, 2, &typed).await;
    world.act("+    typed = 0", "aiia: Accept only this line").await;
    assert!(world.apply(&uri, CODE, 1).await.contains("    typed = 0\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_set_follows_on_what_the_editor_refuses() {
    let mut world = reviewing_in("generic", able_with_files(), MADE_AND_GONE).await;
    world.client.answer("workspace/applyEdit", |_| json!({ "applied": false, "failureReason": "full disk" }));
    world.act("+x = 1", "aiia: Accept all hunks").await;
    let message = world.client.expect("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains("full disk"), "{message}");
    let asked = world.client.expect("workspace/applyEdit").await["edit"].to_string();
    assert!(asked.contains("new.py") && !asked.contains("a.py"), "{asked}");
    let edits = world.client.request("aiia/edit/list", json!({})).await.unwrap();
    assert_eq!(edits["items"][0]["status"], "pending", "{edits}");
    let hunks = edits["items"][0]["files"].as_array().unwrap().iter().map(|file| &file["hunks"][0]["status"]);
    assert_eq!(hunks.collect::<Vec<_>>(), ["pending", "pending"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hunk_is_tried_again() {
    let mut world = reviewing().await;
    world.model.always(Script::text(
        "a.py\n<<<<<<< SEARCH\n    return xs[0]\n=======\n    return xs[-1] if xs else None\n>>>>>>> REPLACE\n",
    ));
    let first = world.review_uri.clone();
    let edit_id = std::path::Path::new(&first).file_stem().unwrap().to_str().unwrap().to_owned();
    let argument = json!({ "edit_id": edit_id, "hunk": 2, "note": "it may be empty" });
    let started = world.client.request("workspace/executeCommand", command("aiia.retryHunk", argument)).await.unwrap();
    assert!(started["run_id"].is_string(), "{started}");
    // The second proposal is shown, and the first hunk is rejected in its favour.
    let review = world.apply(&first, &world.review.clone(), 1).await;
    assert!(review.contains("1 pending") && review.contains("[rejected]"), "{review}");
    let second = world.client.expect("window/showDocument").await["uri"].as_str().unwrap().to_owned();
    let path = url::Url::parse(&second).unwrap().to_file_path().unwrap();
    assert!(std::fs::read_to_string(path).unwrap().contains("+    return xs[-1] if xs else None"));
    let asked = world.model.chats().last().unwrap().body.clone();
    assert!(asked["messages"].to_string().contains("That is not what is wanted: it may be empty"), "{asked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_hunk_is_typed_into_it() {
    let mut world = reviewing().await;
    let (uri, review) = (world.review_uri.clone(), world.review.clone());
    let typed = review.replace("+    return sum(xs) / len(xs)\n", "+    return sum(xs) / len(xs)\n# of the other\n");
    let typed = typed.replace("+    return xs[-1]\n", "#it may be empty\n+    return xs[-1]\n# use next()\n");
    assert_eq!(typed.matches('#').count(), review.matches('#').count() + 3);
    world.client.change(&uri, 2, &typed).await;
    let edit_id = std::path::Path::new(&uri).file_stem().unwrap().to_str().unwrap().to_owned();
    let argument = json!({ "edit_id": edit_id, "hunks": [2] });
    world.client.request("workspace/executeCommand", command("aiia.retryHunk", argument)).await.unwrap();
    world.client.expect("window/showDocument").await;
    let asked = world.model.chats().last().unwrap().body.to_string();
    assert!(asked.contains("That is not what is wanted: it may be empty\\nuse next()"), "{asked}");
    assert!(!asked.contains("of the other"), "{asked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_show_document_a_question_is_asked() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text(REPLY));
    let world = World::with_model(&model.openai_url());
    let mut capabilities = able();
    capabilities["window"] = json!({ "showMessage": { "messageActionItem": {} } });
    let mut client = world.initialized(capabilities).await;
    client.answer("window/showMessageRequest", |_| json!({ "title": "Apply" }));
    client.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    let path = world.file("a.py", CODE);
    let uri = url::Url::from_file_path(&path).unwrap().to_string();
    client.request("workspace/executeCommand", command("aiia.fix", json!({ "uri": uri }))).await.unwrap();
    let question = client.expect("window/showMessageRequest").await;
    assert_eq!(question["actions"], json!([{ "title": "Apply" }, { "title": "Discard" }]));
    let (for_uri, version, after) = edited(&client.expect("workspace/applyEdit").await, CODE);
    assert_eq!((for_uri, version), (uri, Value::Null));
    assert_eq!(after, CODE.replace(" + 1", "").replace("xs[0]", "xs[-1]"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_that_can_nothing_gets_messages() {
    let model = ModelServer::start().unwrap();
    model.next(Script::text("It is a mean."));
    model.next(Script::text(REPLY));
    let world = World::with_model(&model.openai_url());
    let mut client = world.initialized(Value::Null).await;
    let uri = client.open(&world.file("a.py", CODE), CODE, 1).await;
    client.request("workspace/executeCommand", command("aiia.explain", json!({ "uri": uri }))).await.unwrap();
    let message = client.expect("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains("It is a mean."), "{message}");
    client.request("workspace/executeCommand", command("aiia.fix", json!({ "uri": uri }))).await.unwrap();
    let message = client.expect("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains(".diff"), "{message}");
    assert_eq!(client.received("workspace/applyEdit") + client.received("window/showDocument"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_moves_is_matched_again() {
    let mut world = reviewing().await;
    let uri = world.uri.clone();
    world.client.hold("workspace/applyEdit");
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    let (id, params) = world.client.expect_request("workspace/applyEdit").await;
    assert_eq!(edited(&params, CODE).1, 1);
    let typed = format!("# typed\n{CODE}");
    world.client.change(&uri, 2, &typed).await;
    world.client.respond(id, json!({ "applied": false })).await;
    let (_, params) = world.client.expect_request("workspace/applyEdit").await;
    let (_, version, after) = edited(&params, &typed);
    assert_eq!((version, after), (json!(2), typed.replace(" + 1", "")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_that_applies_and_never_answers_is_believed() {
    let mut world = reviewing().await;
    let (uri, review_uri, review) = (world.uri.clone(), world.review_uri.clone(), world.review.clone());
    world.client.hold("workspace/applyEdit");
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    world.apply(&uri, CODE, 1).await;
    assert!(world.apply(&review_uri, &review, 1).await.contains("[accepted]"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_that_goes_away_has_accepted_nothing() {
    let mut world = reviewing().await;
    world.client.hold("workspace/applyEdit");
    world.act("-    return sum", "aiia: Accept hunk 1").await;
    world.client.expect_request("workspace/applyEdit").await;
    let mut events = world.world.engine.subscribe_events();
    world.client.hang_up().await;
    while events.recv().await.unwrap().entity != aiia_protocol::event::Entity::Edit {}
    let mut other = world.world.initialized(able()).await;
    let edits = other.request("aiia/edit/list", json!({})).await.unwrap();
    assert_eq!(edits["items"][0]["files"][0]["hunks"][0]["status"], "pending", "{edits:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hunks_can_be_decided_on_in_the_source() {
    let mut reviewing = reviewing().await;
    let title = "“Fix a.py”";
    let all = [
        format!("aiia: Accept all of {title}"),
        format!("aiia: Reject all of {title}"),
        format!("aiia: Review {title}"),
    ];
    let offered = reviewing.offered_in_source(1).await;
    assert_eq!(offered[..2], [format!("aiia: Accept hunk 1 of {title}"), format!("aiia: Reject hunk 1 of {title}")]);
    assert_eq!(offered[2..], all);
    assert_eq!(reviewing.offered_in_source(3).await, all);
    reviewing.act("@@", "aiia: Reject all hunks").await;
    reviewing.client.expect("workspace/applyEdit").await;
    assert_eq!(reviewing.offered_in_source(1).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fix_that_did_not_help_is_tried_another_way() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text(REPLY));
    let world = World::with_model(&model.openai_url());
    let mut client = world.initialized(able()).await;
    client.answer("window/showDocument", |_| json!({ "success": true }));
    client.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    let uri = client.open(&world.file("a.py", CODE), CODE, 1).await;
    let range = json!({ "start": { "line": 1, "character": 0 }, "end": { "line": 1, "character": 5 } });
    let diagnostic = json!({ "range": range, "message": "undefined: xs" });
    let argument = json!({ "uri": uri, "range": range, "diagnostics": [diagnostic] });
    client.request("workspace/executeCommand", command("aiia.fix", argument)).await.unwrap();
    let review = client.expect("window/showDocument").await["uri"].as_str().unwrap().to_owned();
    let edit_id = std::path::Path::new(&review).file_stem().unwrap().to_str().unwrap().to_owned();
    let argument = json!({ "edit_id": edit_id, "hunks": [1] });
    client.request("workspace/executeCommand", command("aiia.acceptHunk", argument)).await.unwrap();
    let (_, _, after) = edited(&client.expect("workspace/applyEdit").await, CODE);
    client.change(&uri, 2, &after).await;

    let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [diagnostic] } });
    // The decision counts once the editor's answer has come back to the daemon.
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let first = loop {
        let actions = client.request("textDocument/codeAction", params.clone()).await.unwrap();
        let is_offered = actions[0]["title"] == "aiia: Fix “undefined: xs” in another way: it is still reported";
        if is_offered || std::time::Instant::now() > limit {
            assert!(is_offered, "{actions:#}");
            break actions[0].clone();
        }
    };
    let params = json!({ "command": first["command"]["command"], "arguments": first["command"]["arguments"] });
    client.request("workspace/executeCommand", params).await.unwrap();
    assert!(model.wait_for_chats(2, std::time::Duration::from_secs(20)));
    let asked = model.chats().last().unwrap().body["messages"].to_string();
    assert!(
        asked.contains("This change was made before") && asked.contains("-    return sum(xs) / len(xs) + 1"),
        "{asked}"
    );
}

/// The review with a line edited in the second hunk, and notes in both.
fn typed_in(review: &str) -> String {
    let review = review.replace("+    return sum(xs) / len(xs)\n", "+    return sum(xs) / len(xs)\n# use mean()\n");
    review.replace("+    return xs[-1]\n", "+    return xs[-2]\n# or next()\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_in_the_review_stays_when_another_hunk_is_decided_on() {
    for editor in ["generic", "helix"] {
        let mut world = reviewing_in(editor, able(), REPLY).await;
        let (uri, review_uri) = (world.uri.clone(), world.review_uri.clone());
        let typed = typed_in(&world.review);
        world.client.change(&review_uri, 2, &typed).await;
        world.act("-    return sum", "aiia: Accept hunk 1").await;
        let text = world.apply(&uri, CODE, 1).await;
        let shown = world.apply(&review_uri, &typed, 2).await;
        assert_eq!(shown, typed.replacen("[pending]", "[accepted]", 1).replace("2 pending", "1 pending"), "{editor}");
        world.act("-    return xs[0]", "aiia: Accept hunk 2").await;
        assert_eq!(world.apply(&uri, &text, 2).await, text.replace("xs[0]", "xs[-2]"), "{editor}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_in_the_review_stays_when_a_hunk_is_tried_again() {
    let mut world = reviewing().await;
    let review_uri = world.review_uri.clone();
    let typed = typed_in(&world.review);
    world.client.change(&review_uri, 2, &typed).await;
    let edit_id = std::path::Path::new(&review_uri).file_stem().unwrap().to_str().unwrap().to_owned();
    let argument = json!({ "edit_id": edit_id, "hunks": [1] });
    world.client.request("workspace/executeCommand", command("aiia.retryHunk", argument)).await.unwrap();
    let shown = world.apply(&review_uri, &typed, 2).await;
    assert_eq!(shown, typed.replacen("[pending]", "[rejected]", 1).replace("2 pending", "1 pending"));
    let asked = world.model.chats().last().unwrap().body.to_string();
    assert!(asked.contains("That is not what is wanted: use mean()"), "{asked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_edited_in_the_review_count_from_the_first_moment_of_a_connection() {
    let one = reviewing().await;
    let (uri, review_uri) = (one.uri.clone(), one.review_uri.clone());
    let edited_review = one.review.replace("xs[-1]", "xs[-2]");
    let mut client = one.world.initialized(able()).await;
    client.answer("workspace/applyEdit", |_| json!({ "applied": true }));
    one.client.hang_up().await;
    client.open_uri(&uri, CODE, 1).await;
    client.open_uri(&review_uri, &edited_review, 1).await;
    let edit_id = std::path::Path::new(&review_uri).file_stem().unwrap().to_str().unwrap();
    let argument = json!({ "edit_id": edit_id, "hunks": [2] });
    client.request("workspace/executeCommand", command("aiia.acceptHunk", argument)).await.unwrap();
    let (_, _, after) = edited(&client.expect("workspace/applyEdit").await, CODE);
    assert_eq!(after, CODE.replace("xs[0]", "xs[-2]"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_set_is_done_where_the_editor_cannot_do_all() {
    let mut world = reviewing_of(MADE_AND_GONE).await;
    world.act("+x = 1", "aiia: Accept all hunks").await;
    let message = world.client.expect("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains("this editor deletes no files"), "{message}");
    assert_eq!(world.client.received("workspace/applyEdit"), 0);
    let edits = world.client.request("aiia/edit/list", json!({})).await.unwrap();
    let hunks = edits["items"][0]["files"].as_array().unwrap().iter().map(|file| &file["hunks"][0]["status"]);
    assert_eq!(hunks.collect::<Vec<_>>(), ["pending", "pending"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_told_which_files_of_a_set_were_changed() {
    let mut world = reviewing_in("generic", able_with_files(), MADE_AND_GONE).await;
    world.client.answer("workspace/applyEdit", |params| {
        let applied = params["edit"].to_string().contains("new.py");
        json!({ "applied": applied, "failureReason": "disk on fire" })
    });
    world.act("+x = 1", "aiia: Accept all hunks").await;
    let message = world.client.expect("window/showMessage").await;
    let text = message["message"].as_str().unwrap();
    assert!(text.contains("new.py is changed, a.py is not: disk on fire"), "{text}");
    let edits = world.client.request("aiia/edit/list", json!({})).await.unwrap();
    let hunks = edits["items"][0]["files"].as_array().unwrap().iter().map(|file| &file["hunks"][0]["status"]);
    assert_eq!(hunks.collect::<Vec<_>>(), ["accepted", "pending"]);
}
