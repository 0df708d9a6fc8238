//! Search and templates, as a page drives them.

use aiia_tests::model_server::{ModelServer, Script};
use serde_json::{Value, json};

use super::support::*;

fn template(name: &str, body: &str) -> Value {
    let variables = json!([{"name": "code", "kind": "multiline"}, {"name": "level", "default": "expert"}]);
    json!({"name": name, "body": body, "system_prompt": "Be brief.", "variables": variables, "parameters": {"temperature": 0.5}})
}

#[tokio::test]
async fn what_was_said_is_found_and_no_input_is_an_error() {
    let model = ModelServer::start().unwrap();
    let server = Server::with_model(&model);
    let chat = server.chat().await;
    let run = server.post(&format!("/api/v1/chats/{chat}/runs"), json!({"content": "Why is Vec::push slow?"})).await;
    server.get(&format!("/api/v1/runs/{}/events", run.json()["id"].as_str().unwrap())).await;
    let found = async |query: &str| server.get(&format!("/api/v1/search?query={query}")).await;
    let hits = found("vec%3A%3Apush").await.json()["items"].clone();
    // The title was made from the message.
    assert_eq!(hits.as_array().unwrap().len(), 2, "{hits}");
    assert_eq!((&hits[0]["message_id"], &hits[1]["role"]), (&Value::Null, &json!("user")));
    assert_eq!(hits[1]["snippet"][1], json!({"text": "Vec::push", "found": true}));
    assert_eq!(found("scripted&role=assistant").await.json()["items"].as_array().unwrap().len(), 1);
    for odd in ["%22unterminated", "foo+AND", "NEAR(", "*", "a:b", "-x", "it's", ""] {
        assert_eq!(found(odd).await.status, 200, "{odd}");
    }
    assert_eq!(found("x&since=yesterday").await.json()["errors"][0]["pointer"], "/since");
}

#[tokio::test]
async fn a_template_has_versions_and_starts_a_chat_that_keeps_its_own() {
    let model = ModelServer::start().unwrap();
    model.always(Script::text("It adds."));
    let server = Server::with_model(&model);
    let project = server.post("/api/v1/projects", json!({"name": "p"})).await.json()["id"].clone();
    let made = server
        .post("/api/v1/templates", json!({"content": template("Mine", "Explain to a {{ level }}: {{ code }}")}))
        .await;
    assert_eq!(made.status, 201, "{}", made.text());
    let place = made.header("location").to_owned();
    let patch = async |body: Value, etag: &str| {
        server.send(json_body(with_token("PATCH", &place).header("if-match", etag), &body)).await
    };
    let second =
        patch(json!({"content": template("Mine", "Say to a {{ level }}: {{ code }}")}), made.header("etag")).await;
    assert_eq!(second.json()["revision"], 2);
    assert_eq!(patch(json!({"content": template("Mine", "late")}), made.header("etag")).await.status, 412);
    let diff = server.get(&format!("{place}/diff?from=1")).await.json()["diff"].as_str().unwrap().to_owned();
    assert!(diff.contains("-Explain to a") && diff.contains("+Say to a"), "{diff}");

    let preview = server
        .post("/api/v1/templates/preview", json!({"template_id": made.json()["id"], "values": {"code": "1 + 1"}}))
        .await;
    assert_eq!(preview.json()["body"], "Say to a expert: 1 + 1");
    let start = async |body: Value| server.post(&format!("{place}/start"), body).await;
    let missing = start(json!({"project_id": project})).await;
    assert_eq!((missing.status, missing.json()["errors"][0]["pointer"].as_str()), (400, Some("/values/code")));
    let started = start(json!({"project_id": project, "values": {"code": "1 + 1"}, "revision": 1})).await;
    assert_eq!(started.status, 202, "{}", started.text());
    let (chat, run) = (started.json()["chat"].clone(), started.json()["run"].clone());
    assert_eq!(chat["template"], json!({"id": made.json()["id"], "revision": 1}));
    assert_eq!((&chat["title"], &chat["system_prompt"]), (&json!("Mine"), &json!("Be brief.")));
    assert_eq!(run["settings"]["temperature"], json!({"value": 0.5, "origin": "chat"}));
    server.get(&format!("/api/v1/runs/{}/events", run["id"].as_str().unwrap())).await;
    let messages = server.get(&format!("/api/v1/chats/{}/messages", chat["id"].as_str().unwrap())).await.json();
    assert_eq!(messages["items"][0]["content"], "Explain to a expert: 1 + 1");

    let back = server.post(&format!("{place}/rollback"), json!({"revision": 1})).await.json();
    assert_eq!(
        (&back["revision"], &back["content"]["body"]),
        (&json!(3), &json!("Explain to a {{ level }}: {{ code }}"))
    );
    assert_eq!(server.get(&format!("{place}/revisions")).await.json()["items"].as_array().unwrap().len(), 3);
    assert_eq!(server.delete(&place).await.status, 200);
    assert_eq!(server.get(&place).await.status, 404);
}

#[tokio::test]
async fn the_library_can_be_marked_and_copied_but_not_changed() {
    let server = Server::new();
    let place = "/api/v1/templates/builtin-explainer";
    let patch = async |body: Value| server.send(json_body(with_token("PATCH", place), &body)).await;
    assert_eq!(patch(json!({"favourite": true})).await.json()["favourite"], true);
    assert_eq!(server.get("/api/v1/templates").await.json()["items"][0]["id"], "builtin-explainer");
    assert_eq!(patch(json!({"content": template("x", "y")})).await.status, 409);
    assert_eq!(server.delete(place).await.status, 409);
    let copy = server.post(&format!("{place}/duplicate"), json!({})).await;
    assert_eq!((copy.status, copy.json()["source"].as_str()), (201, Some("user")));
    let code = server.get("/api/v1/templates?category=code").await.json()["items"].as_array().unwrap().len();
    assert!((5..12).contains(&code), "{code}");
}

#[tokio::test]
async fn templates_are_exported_and_imported_without_doubles() {
    let (server, other) = (Server::new(), Server::new());
    for name in ["a", "b"] {
        server.post("/api/v1/templates", json!({"content": template(name, "{{ code }} {{ level }}")})).await;
    }
    let file = server.get("/api/v1/templates/export").await.json();
    let import = async |file: &Value| other.post("/api/v1/templates/import", json!({"file": file})).await;
    assert_eq!(import(&file).await.json()["created"].as_array().unwrap().len(), 2);
    let again = import(&file).await.json();
    assert_eq!((again["created"].as_array().unwrap().len(), &again["unchanged"]), (0, &json!(["a", "b"])));
    assert_eq!(other.get("/api/v1/templates/export").await.json(), file);

    let mut bad = file.clone();
    bad["templates"][0]["name"] = json!("new");
    bad["templates"][1]["body"] = json!("{{ unknown }}");
    let refused = import(&bad).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "/file/templates/1/body");
    assert_eq!(other.get("/api/v1/templates/export").await.json(), file, "nothing was taken");
    for url in ["http://127.0.0.1:1/x", "http://169.254.169.254/", "file:///etc/passwd", "http://localhost/x"] {
        let refused = other.post("/api/v1/templates/import", json!({"url": url})).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["pointer"].as_str()), (400, Some("/url")), "{url}");
    }
}
