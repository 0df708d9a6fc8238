//! A conversation with its branches, as a page drives it: from the question to other answers, cuts and copies.

use aiia_tests::model_server::{ModelServer, Script};
use serde_json::{Value, json};

use super::support::*;

/// A chat in which one question was answered.
struct Conversation {
    server: Server,
    model: ModelServer,
    chat: String,
}

impl Conversation {
    async fn new() -> Self {
        let model = ModelServer::start().unwrap();
        model.always(Script::text("It is blue."));
        let server = Server::with_model(&model);
        let chat = server.chat().await;
        let conversation = Self { server, model, chat };
        conversation.start("runs", json!({"content": "Which colour?"})).await;
        conversation
    }

    /// Starts runs below the chat and waits for their ends; gives what the start gave.
    async fn start(&self, below: &str, body: Value) -> Value {
        self.start_at(&format!("/api/v1/chats/{}/{below}", self.chat), body).await
    }

    async fn start_at(&self, path: &str, body: Value) -> Value {
        let started = self.server.post(path, body).await;
        assert_eq!(started.status, 202, "{}", started.text());
        let started = started.json();
        let runs = started["items"].as_array().cloned().unwrap_or_else(|| vec![started.clone()]);
        for run in runs {
            self.server.get(&format!("/api/v1/runs/{}/events", run["id"].as_str().unwrap())).await;
        }
        started
    }

    /// The path that is shown.
    async fn shown(&self) -> Vec<Value> {
        let page = self.server.get(&format!("/api/v1/chats/{}/messages", self.chat)).await.json();
        page["items"].as_array().unwrap().clone()
    }

    async fn contents(&self) -> Vec<String> {
        self.shown().await.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
    }

    /// The messages of the last request to the model, as `role: content`; the system prompt only as its end.
    fn asked(&self) -> Vec<String> {
        let requests = self.model.requests();
        let body = requests.iter().rev().find(|request| request.method == "POST").unwrap().body.clone();
        let line = |message: &Value| {
            format!("{}: {}", message["role"].as_str().unwrap(), message["content"].as_str().unwrap())
        };
        body["messages"].as_array().unwrap().iter().map(line).collect()
    }
}

fn place(message: &Value) -> String {
    format!("/api/v1/messages/{}", message["id"].as_str().unwrap())
}

#[tokio::test]
async fn further_answers_stand_beside_the_first_and_one_is_chosen() {
    let conversation = Conversation::new().await;
    let first = conversation.shown().await[1].clone();
    conversation.model.always(Script::text("It is red."));
    let runs = conversation.start_at(&format!("{}/answers", place(&first)), json!({"candidates": 2})).await;
    assert_eq!(runs["items"].as_array().unwrap().len(), 2);
    let shown = conversation.shown().await;
    assert_eq!(shown[1]["content"], "It is red.");
    assert_eq!(shown[1]["siblings"].as_array().unwrap().len(), 3);
    assert_eq!(shown[1]["id"], runs["items"][0]["message_id"]);
    assert!(conversation.asked().last().unwrap().ends_with("user: Which colour?"), "{:?}", conversation.asked());

    let chosen = conversation.server.post(&format!("{}/choose", place(&first)), json!({})).await.json();
    assert_eq!(chosen["head_id"], first["id"]);
    assert_eq!(conversation.contents().await, ["Which colour?", "It is blue."]);
    let many = conversation.server.post(&format!("{}/answers", place(&first)), json!({"candidates": 9})).await;
    assert_eq!((many.status, many.json()["errors"][0]["pointer"].as_str()), (400, Some("/candidates")));
}

/// The temperatures of all requests so far, in order of their size: those of one moment come in any order.
fn temperatures(model: &ModelServer) -> Vec<f64> {
    let mut all: Vec<f64> = model.chats().iter().filter_map(|chat| chat.body["temperature"].as_f64()).collect();
    all.sort_by(f64::total_cmp);
    all
}

#[tokio::test]
async fn another_answer_is_drawn_otherwise_where_nobody_says_how() {
    let conversation = Conversation::new().await;
    let first = conversation.shown().await[1].clone();
    let answers = format!("{}/answers", place(&first));
    conversation.start_at(&answers, json!({"candidates": 2})).await;
    assert_eq!(temperatures(&conversation.model), [0.0, 0.7, 0.7], "there is one already");
    conversation.start_at(&answers, json!({"parameters": {"temperature": 0.25}})).await;
    assert_eq!(temperatures(&conversation.model), [0.0, 0.25, 0.7, 0.7]);
    let question = conversation.shown().await[0].clone();
    let edited = conversation.server.post(&format!("{}/edit", place(&question)), json!({"content": "Size?"})).await;
    conversation.start_at(&format!("{}/answers", place(&edited.json())), json!({"candidates": 2})).await;
    assert_eq!(temperatures(&conversation.model), [0.0, 0.0, 0.25, 0.7, 0.7, 0.7], "the first one is the likeliest");
}

#[tokio::test]
async fn the_first_question_is_asked_in_other_words() {
    let conversation = Conversation::new().await;
    let question = conversation.shown().await[0].clone();
    conversation.start("runs", json!({"content": "Which shape?", "replaces": question["id"]})).await;
    assert_eq!(conversation.contents().await, ["Which shape?", "It is blue."]);
    assert_eq!(conversation.asked().len(), 2, "only the new wording is sent: {:?}", conversation.asked());

    let edited = conversation.server.post(&format!("{}/edit", place(&question)), json!({"content": "Size?"})).await;
    assert_eq!(edited.json()["siblings"].as_array().unwrap().len(), 3);
    assert_eq!(conversation.contents().await, ["Size?"]);
    conversation.start_at(&format!("{}/answers", place(&edited.json())), json!({})).await;
    assert_eq!(conversation.contents().await, ["Size?", "It is blue."]);
}

#[tokio::test]
async fn an_answer_that_was_cut_off_goes_on() {
    let conversation = Conversation::new().await;
    conversation.model.next(Script::CutOff(vec!["One, two".into()]));
    conversation.start("runs", json!({"content": "Count."})).await;
    let cut = conversation.shown().await[3].clone();
    assert_eq!((&cut["status"], &cut["content"]), (&json!("failed"), &json!("One, two")));
    conversation.model.always(Script::text(", three."));
    conversation.start_at(&format!("{}/continue", place(&cut)), json!({})).await;
    assert_eq!(conversation.contents().await[3], "One, two, three.");
    let asked = conversation.asked();
    assert_eq!(asked[asked.len() - 2], "assistant: One, two");
    let question = conversation.shown().await[2].clone();
    let refused = conversation.server.post(&format!("{}/continue", place(&question)), json!({})).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "conflict"));
}

#[tokio::test]
async fn the_nearest_setting_is_in_force_and_says_where_it_comes_from() {
    let conversation = Conversation::new().await;
    let (server, chat) = (&conversation.server, format!("/api/v1/chats/{}", conversation.chat));
    let project = server.get(&chat).await.json()["project_id"].as_str().unwrap().to_owned();
    let patch = |place: String, body: Value| server.send(json_body(with_token("PATCH", &place), &body));
    let settings = json!({"system_prompt": "Answer in Latin.", "parameters": {"temperature": 0.5, "max_tokens": 64}});
    assert_eq!(patch(format!("/api/v1/projects/{project}"), settings).await.status, 200);
    let wrong = patch(chat.clone(), json!({"parameters": {"temperature": 9}})).await;
    assert_eq!((wrong.status, wrong.json()["errors"][0]["pointer"].as_str()), (400, Some("/parameters/temperature")));
    assert_eq!(patch(chat.clone(), json!({"parameters": {"temperature": 0.25}})).await.status, 200);

    let in_force = server.get(&format!("{chat}/settings")).await.json()["settings"].clone();
    assert_eq!(in_force["temperature"], json!({"value": 0.25, "origin": "chat"}));
    assert_eq!(in_force["max_tokens"], json!({"value": 64, "origin": "project"}));
    assert_eq!(in_force["system_prompt"], json!({"value": "Answer in Latin.", "origin": "project"}));
    assert_eq!(in_force["model"], json!({"value": "test/test-model", "origin": "global"}));

    let alone = json!({"content": "And now?", "parameters": {"stop": ["."]}, "system_prompt": "Answer in Greek."});
    let run = conversation.start("runs", alone).await;
    assert_eq!(run["settings"]["stop"], json!({"value": ["."], "origin": "message"}));
    let requests = conversation.model.requests();
    let sent = &requests.iter().rev().find(|request| request.method == "POST").unwrap().body;
    assert_eq!((&sent["temperature"], &sent["max_tokens"], &sent["stop"]), (&json!(0.25), &json!(64), &json!(["."])));
    assert!(conversation.asked()[0].ends_with("Answer in Greek."), "{:?}", conversation.asked()[0]);
}

#[tokio::test]
async fn what_is_deleted_comes_back_until_it_is_erased() {
    let conversation = Conversation::new().await;
    let (server, chat) = (&conversation.server, format!("/api/v1/chats/{}", conversation.chat));
    let answer = conversation.shown().await[1].clone();
    let stale =
        with_token("DELETE", &place(&answer)).header("if-match", "\"99\"").body(axum::body::Body::empty()).unwrap();
    assert_eq!(server.send(stale).await.status, 412);
    assert_eq!(server.delete(&place(&answer)).await.json()["messages"], 1);
    assert_eq!(conversation.contents().await, ["Which colour?"]);
    assert_eq!(server.post(&format!("{}/restore", place(&answer)), json!({})).await.json()["messages"], 1);
    assert_eq!(conversation.contents().await, ["Which colour?", "It is blue."]);

    let copy = server.post(&format!("{chat}/duplicate"), json!({})).await;
    assert_eq!((copy.status, copy.json()["message_count"].as_u64()), (201, Some(2)));
    assert!(copy.header("location").ends_with(copy.json()["id"].as_str().unwrap()));
    assert_eq!(server.post(&format!("{chat}/purge"), json!({})).await.status, 409, "not deleted yet");
    assert_eq!(server.delete(&chat).await.status, 200);
    assert_eq!(server.get("/api/v1/chats?deleted=only").await.json()["items"][0]["id"], conversation.chat.as_str());
    assert_eq!(server.post(&format!("{chat}/restore"), json!({})).await.status, 200);
    assert_eq!(conversation.contents().await.len(), 2);
    assert_eq!(server.delete(&chat).await.status, 200);
    assert_eq!(server.post(&format!("{chat}/purge"), json!({})).await.status, 200);
    assert_eq!(server.post(&format!("{chat}/restore"), json!({})).await.status, 404);
    assert_eq!(server.get(copy.header("location")).await.status, 200);
}

#[tokio::test]
async fn a_chat_is_kept_by_its_provider_while_it_begins_as_before() {
    let model = ModelServer::start().unwrap();
    let url = model.base_url("anthropic_messages");
    let provider =
        format!("[providers.an]\ndialect = 'anthropic_messages'\nbase_url = '{url}'\ncontext_window = 8192\n");
    let server = Server::configured(&model, &provider);
    let chat = server.chat().await;
    let conversation = Conversation { server, model, chat };
    let question = "word ".repeat(1500);
    for _ in 0..3 {
        conversation.start("runs", json!({"content": question, "model": "an/test-model"})).await;
    }
    let chats = conversation.model.chats();
    let asked = chats.iter().filter(|chat| chat.body["messages"].to_string().contains(question.trim_end()));
    let kept: Vec<usize> = asked.map(|chat| chat.body.to_string().matches("cache_control").count()).collect();
    assert_eq!(kept, [2, 2, 0], "the third question leaves the first one out");
}
