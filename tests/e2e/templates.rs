//! Templates by the command line: favourites, versions, and what they were.

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::{Installation, text};
use aiia_tests::model_server::Script;
use serde_json::{Value, json};

#[test]
fn a_template_has_versions_that_come_back() {
    let aiia = Installation::new();
    let list = |arguments: &[&str]| -> Vec<Value> {
        let found = aiia.json(&[&["templates", "--json"], arguments].concat());
        found["items"].as_array().cloned().unwrap_or_default()
    };
    let all = list(&[]);
    let built_in = all[0]["id"].as_str().expect("a library");
    let copy = aiia.json(&["templates", "copy", built_in, "--json"]);
    let id = copy["id"].as_str().expect("a template");
    let mut content = copy["content"].clone();
    content["body"] = json!("Say hello to {{ name }}.");
    content["variables"] = json!([{ "name": "name", "default": "Ada" }]);
    let http = HttpClient::new(&aiia);
    http.patch(&format!("/templates/{id}"), &json!({ "content": content }));
    let versions = || aiia.json(&["templates", "versions", id, "--json"])["items"].as_array().map_or(0, Vec::len);
    assert_eq!(versions(), 2);
    let diff = text(&aiia.run(&["templates", "diff", id, "1"]).stdout);
    assert!(diff.contains("+Say hello to {{ name }}."), "{diff}");
    let preview = text(&aiia.run(&["templates", "preview", id, "name=Grace"]).stdout);
    assert!(preview.contains("Say hello to Grace."), "{preview}");

    let back = aiia.json(&["templates", "rollback", id, "1", "--json"]);
    assert_eq!((&back["content"]["body"], &back["revision"]), (&copy["content"]["body"], &json!(3)));
    assert_eq!(versions(), 3, "nothing is lost by going back");
    assert!(!aiia.run(&["templates", "rollback", id, "9"]).status.success());

    assert!(list(&["--favourite"]).is_empty());
    aiia.json(&["templates", "favourite", built_in, "--json"]);
    assert_eq!(list(&["--favourite"]).len(), 1);
    aiia.json(&["templates", "unfavourite", built_in, "--json"]);
    assert!(list(&["--favourite"]).is_empty());
    assert!(list(&["--tag", "no such tag"]).is_empty());
}

#[test]
fn a_template_is_tried_with_cases_and_models() {
    let aiia = Installation::new();
    aiia.model.always(Script::text("Good morning."));
    let file = json!({ "format": "aiia-templates", "version": 1, "templates": [{
        "name": "Greeting", "body": "Greet {{ name }}.", "variables": [{ "name": "name" }],
    }] });
    let path = aiia.write("greeting.json", &file.to_string());
    let imported = aiia.json(&["templates", "import", path.to_str().expect("UTF-8"), "--json"]);
    let id = imported["created"][0]["id"].as_str().expect("a template").to_owned();
    let cases = json!([
        { "name": "right", "values": { "name": "Ada" }, "expect": "morning" },
        { "name": "wrong", "values": { "name": "Ada" }, "expect": "evening" },
    ]);
    let cases = aiia.write("cases.json", &cases.to_string());
    let tried =
        aiia.run(&["templates", "test", &id, "--cases", cases.to_str().expect("UTF-8"), "--models", "scripted/m"]);
    let table = text(&tried.stdout);
    assert!(table.contains("right") && table.contains("wrong") && table.contains("scripted/m"), "{table}");
    assert!(!tried.status.success(), "a case that fails is a failure: {table}");
    assert_eq!(aiia.model.chats().len(), 2);
}
