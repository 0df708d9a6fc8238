//! What the editor's other language servers know is part of the context.

use serde_json::{Value, json};

use super::client::{TestClient, World, able};

const SHAPES: &str =
    "class Circle:\n    def area(self):\n        return 3\n\n\nclass Square:\n    def area(self):\n        return 4\n";
const SUM: &str = "def total(xs):\n    return sum(x.area() for x in xs)\n\n\ndef other():\n    return 0\n";
/// Longer than any test takes.
const PATIENCE: u32 = 30_000;

async fn connected(world: &World, options: Value) -> (TestClient, String, String) {
    std::fs::create_dir_all(world.file("a", "").parent().unwrap().join(".git")).unwrap();
    let shapes = url::Url::from_file_path(world.file("shapes.py", SHAPES)).unwrap().to_string();
    let path = world.file("sums.py", SUM);
    let mut client = world.connect(aiia_protocol::handshake::Purpose::Lsp);
    let params = json!({ "capabilities": able(), "initializationOptions": { "aiia": options } });
    client.request("initialize", params).await.unwrap();
    client.notify("initialized", json!({})).await;
    client.open(&path, SUM, 3).await;
    // Until the folder has been read there is nothing to ask the editor about.
    client.request("aiia/workspace/index", json!({ "path": path.parent().unwrap() })).await.unwrap();
    (client, path.to_str().unwrap().to_owned(), shapes)
}

fn asked(path: &str, intent: &str) -> Value {
    let selection = json!({ "lines": { "start": 2, "end": 2 } });
    json!({ "document": { "path": path }, "selection": selection, "intent": intent, "budget": 1000 })
}

/// Where the pieces of `shapes.py` begin and why they are there.
fn of_shapes(bundle: &Value) -> Vec<String> {
    let pieces = bundle["pieces"].as_array().unwrap().iter().filter(|piece| piece["path"] == "shapes.py");
    pieces.map(|piece| format!("{}: {}", piece["start_line"], piece["reason"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn what_the_editor_finds_behind_a_name_is_taken_and_nothing_else_of_the_name() {
    let world = World::new();
    let options = json!({ "editor": ["definitions"], "editorLimitMs": PATIENCE });
    let (mut client, path, shapes) = connected(&world, options).await;
    let range = json!({ "start": { "line": 6, "character": 8 }, "end": { "line": 6, "character": 12 } });
    client.answer("aiia/editor/definitions", move |params| {
        let one = |_: &Value| json!([null, { "uri": shapes, "range": range }, { "uri": "jdt://x/y", "range": range }]);
        json!({ "definitions": params["positions"].as_array().unwrap().iter().map(one).collect::<Vec<_>>() })
    });
    let bundle = client.request("aiia/context/get", asked(&path, "explain")).await.unwrap();
    let request = client.expect("aiia/editor/definitions").await;
    assert_eq!(request["positions"], json!([{ "line": 1, "character": 17 }]), "{request}");
    assert_eq!(request["textDocument"]["version"], 3);
    assert!(request["withinMs"].as_u64().unwrap() > 0);
    assert_eq!(of_shapes(&bundle), ["7: the editor finds `area` behind a name here"]);
}

#[tokio::test]
async fn an_editor_that_does_not_answer_or_answers_nonsense_changes_nothing() {
    let world = World::new();
    let (mut client, path, _) = connected(&world, json!({})).await;
    let without = client.request("aiia/context/get", asked(&path, "explain")).await.unwrap();
    assert_eq!((of_shapes(&without).len(), client.received("aiia/editor/definitions")), (2, 0), "{without}");

    let (mut client, path, _) = connected(&world, json!({ "editor": ["definitions", "references"] })).await;
    client.hold("aiia/editor/definitions");
    let held = client.request("aiia/context/get", asked(&path, "explain")).await.unwrap();
    assert_eq!(held, without);
    let (late, _) = client.expect_request("aiia/editor/definitions").await;
    client.respond(late, json!({ "definitions": [] })).await;

    for nonsense in [json!(7), json!({ "definitions": [] }), json!({ "definitions": [[{}]] }), Value::Null] {
        let options = json!({ "editor": ["definitions", 3], "editorLimitMs": PATIENCE });
        let (mut client, path, _) = connected(&world, options).await;
        client.answer("aiia/editor/definitions", move |_| nonsense.clone());
        assert_eq!(client.request("aiia/context/get", asked(&path, "explain")).await.unwrap(), without);
    }
}

#[tokio::test]
async fn references_are_callers() {
    let world = World::new();
    let caller = "import sums\n\n\ndef spread(items):\n    run = getattr(sums, 'total')\n    return run(items)\n";
    let uri = url::Url::from_file_path(world.file("spread.py", caller)).unwrap().to_string();
    let options = json!({ "editor": ["references"], "editorLimitMs": PATIENCE });
    let (mut client, path, _) = connected(&world, options).await;
    let range = json!({ "start": { "line": 5, "character": 11 }, "end": { "line": 5, "character": 14 } });
    client.answer("aiia/editor/references", move |_| json!([{ "uri": uri, "range": range }]));
    let bundle = client.request("aiia/context/get", asked(&path, "optimize")).await.unwrap();
    assert_eq!(client.expect("aiia/editor/references").await["position"], json!({ "line": 0, "character": 4 }));
    let pieces = bundle["pieces"].as_array().unwrap();
    let found = pieces.iter().find(|piece| piece["path"] == "spread.py").unwrap_or_else(|| panic!("{bundle:#}"));
    assert_eq!((&found["kind"], &found["start_line"]), (&json!("callers"), &json!(4)));
    assert_eq!(found["reason"], "calls the target, as the editor knows");
}

#[tokio::test]
async fn a_fix_that_is_told_no_diagnostics_asks_the_editor() {
    let model = aiia_tests::model_server::ModelServer::start().unwrap();
    model.always(aiia_tests::model_server::Script::text("Nothing to do."));
    let world = World::with_model(&model.openai_url());
    let options = json!({ "editor": ["diagnostics"], "editorLimitMs": PATIENCE });
    let (mut client, path, _) = connected(&world, options).await;
    client.answer("aiia/editor/diagnostics", |_| {
        let range = |line: u32| json!({ "start": { "line": line, "character": 0 }, "end": { "line": line, "character": 9 } });
        json!([{ "range": range(1), "message": "sum takes no generator" }, { "range": range(5), "message": "elsewhere" }])
    });
    let params =
        json!({ "kind": "fix", "document": { "path": path }, "selection": { "lines": { "start": 1, "end": 2 } } });
    let run = client.request("aiia/action/start", params).await.unwrap();
    let chat = client.request("aiia/message/list", json!({ "chat_id": run["chat_id"] })).await.unwrap().to_string();
    assert!(chat.contains("> line 2: sum takes no generator") && !chat.contains("elsewhere"), "{chat}");
}
