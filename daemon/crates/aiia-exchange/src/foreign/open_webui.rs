//! The chats of Open `WebUI`: each has a `chat` with a `history` of messages by identifier.

use aiia_protocol::message::{Rating, Role};
use aiia_protocol::transfer::ImportSource;
use serde_json::Value;

use super::{Conversation, Node, Said, time};
use crate::document::{at, text};
use crate::source::Item;

/// Reads a chat.
pub(crate) fn read(value: &Value, number: u64) -> Item {
    let titles = [text(value, &["title"]), text(value, &["chat", "title"])];
    let title = titles.into_iter().find(|title| !title.is_empty()).unwrap_or_default().to_owned();
    let Some(messages) = at(value, &["chat", "history", "messages"]).and_then(Value::as_object) else {
        let place = if title.is_empty() { format!("chat {number}") } else { title };
        return Item::broken(place, "It has no `history` of messages.");
    };
    let mut lost = Vec::new();
    let nodes = messages
        .iter()
        .map(|(id, message)| Node {
            id: id.clone(),
            parent: message.get("parentId").and_then(Value::as_str).map(str::to_owned),
            said: said(message, &mut lost),
        })
        .collect();
    let tags = [at(value, &["meta", "tags"]), at(value, &["chat", "tags"])].into_iter().flatten();
    let tags = tags.filter_map(Value::as_array).find(|tags| !tags.is_empty()).into_iter().flatten();
    // A tag is a text, or an object with a name.
    let tags = tags.filter_map(|tag| tag.as_str().or_else(|| tag.get("name")?.as_str())).map(str::to_owned).collect();
    let prompts = [text(value, &["chat", "params", "system"]), text(value, &["chat", "system"])];
    let ids = [text(value, &["id"]), text(value, &["chat", "id"])];
    let mark = |name| value.get(name).and_then(Value::as_bool).unwrap_or(false);
    let conversation = Conversation {
        id: ids.into_iter().find(|id| !id.is_empty()).unwrap_or_default().to_owned(),
        title,
        created_at: time(value.get("created_at").or_else(|| at(value, &["chat", "timestamp"]))),
        updated_at: time(value.get("updated_at")),
        system_prompt: prompts.into_iter().find(|prompt| !prompt.is_empty()).map(str::to_owned),
        tags,
        pinned: mark("pinned"),
        archived: mark("archived"),
        current: at(value, &["chat", "history", "currentId"]).and_then(Value::as_str).map(str::to_owned),
        nodes,
        lost,
        ..Conversation::default()
    };
    conversation.into_item(ImportSource::OpenWebUi, number)
}

fn said(message: &Value, lost: &mut Vec<&'static str>) -> Option<Said> {
    let role = match text(message, &["role"]) {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => return None,
    };
    lost.extend(message.get("files").and_then(Value::as_array).into_iter().flatten().map(|_| "file"));
    let content = text(message, &["content"]).to_owned();
    if content.trim().is_empty() {
        return None;
    }
    let model = text(message, &["model"]);
    let rating = match at(message, &["annotation", "rating"]).and_then(rating) {
        Some(rating) if rating > 0.0 => Some(Rating::Up),
        Some(rating) if rating < 0.0 => Some(Rating::Down),
        _ => None,
    };
    let note = text(message, &["annotation", "comment"]);
    Some(Said {
        role,
        content,
        model: (role == Role::Assistant && !model.is_empty()).then(|| format!("open-webui/{model}")),
        created_at: time(message.get("timestamp")),
        rating,
        note: (!note.is_empty()).then(|| note.to_owned()),
    })
}

/// A rating is a number, or the text of one.
fn rating(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}
