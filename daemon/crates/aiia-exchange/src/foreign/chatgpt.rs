//! `conversations.json` of `ChatGPT`: each conversation is a `mapping` of nodes by identifier.

use aiia_protocol::message::Role;
use aiia_protocol::transfer::ImportSource;
use serde_json::Value;

use super::{Conversation, Node, Said, time};
use crate::document::{at, text};
use crate::source::Item;

/// Reads a conversation.
pub(crate) fn read(value: &Value, number: u64) -> Item {
    let title = text(value, &["title"]).to_owned();
    let Some(mapping) = at(value, &["mapping"]).and_then(Value::as_object) else {
        let place = if title.is_empty() { format!("chat {number}") } else { title };
        return Item::broken(place, "It has no `mapping` of messages.");
    };
    let mut lost = Vec::new();
    let mut nodes: Vec<Node> = mapping
        .iter()
        .map(|(id, node)| Node {
            id: id.clone(),
            parent: node.get("parent").and_then(Value::as_str).map(str::to_owned),
            said: node.get("message").and_then(|message| said(message, &mut lost)),
        })
        .collect();
    // The order of siblings is that of the parent's list, not that of the map.
    let rank = |node: &Node| {
        let siblings = node.parent.as_ref().and_then(|parent| at(mapping.get(parent)?, &["children"])?.as_array());
        siblings.and_then(|siblings| siblings.iter().position(|id| id.as_str() == Some(node.id.as_str())))
    };
    nodes.sort_by_cached_key(rank);
    let id = [text(value, &["conversation_id"]), text(value, &["id"])].into_iter().find(|id| !id.is_empty());
    let conversation = Conversation {
        id: id.unwrap_or_default().to_owned(),
        title,
        created_at: time(value.get("create_time")),
        updated_at: time(value.get("update_time")),
        archived: value.get("is_archived").and_then(Value::as_bool).unwrap_or(false),
        favourite: value.get("is_starred").and_then(Value::as_bool).unwrap_or(false),
        current: value.get("current_node").and_then(Value::as_str).map(str::to_owned),
        nodes,
        lost,
        ..Conversation::default()
    };
    conversation.into_item(ImportSource::ChatGpt, number)
}

fn said(message: &Value, lost: &mut Vec<&'static str>) -> Option<Said> {
    let hidden = at(message, &["metadata", "is_visually_hidden_from_conversation"]).and_then(Value::as_bool);
    if hidden == Some(true) {
        return None;
    }
    let role = match text(message, &["author", "role"]) {
        "user" => Role::User,
        "system" => Role::System,
        // What a tool gave belongs to the answer.
        "assistant" | "tool" => Role::Assistant,
        _ => return None,
    };
    let content = content(message.get("content")?, lost);
    if content.trim().is_empty() {
        return None;
    }
    let slug = text(message, &["metadata", "model_slug"]);
    Some(Said {
        role,
        content,
        model: (role == Role::Assistant && !slug.is_empty()).then(|| format!("openai/{slug}")),
        created_at: time(message.get("create_time")),
        rating: None,
        note: None,
    })
}

fn content(content: &Value, lost: &mut Vec<&'static str>) -> String {
    let fenced = |language: &str, code: &str| format!("```{language}\n{code}\n```");
    match text(content, &["content_type"]) {
        "code" => {
            let language = text(content, &["language"]);
            fenced(if language == "unknown" { "" } else { language }, text(content, &["text"]))
        }
        "execution_output" => fenced("", text(content, &["text"])),
        // What the model thought is no part of what it said.
        "thoughts" | "reasoning_recap" | "user_editable_context" | "model_editable_context" => String::new(),
        _ => match content.get("parts").and_then(Value::as_array) {
            Some(parts) => {
                let parts = parts.iter().map(|part| self::part(part, lost)).filter(|part| !part.is_empty());
                parts.collect::<Vec<_>>().join("\n\n")
            }
            None => [text(content, &["text"]), text(content, &["result"])].concat(),
        },
    }
}

fn part(part: &Value, lost: &mut Vec<&'static str>) -> String {
    if let Some(text) = part.as_str() {
        return text.to_owned();
    }
    let (name, shown) = match text(part, &["content_type"]) {
        "audio_transcription" => return text(part, &["text"]).to_owned(),
        "image_asset_pointer" => ("image", "*[image]*"),
        kind if kind.contains("audio") || kind.contains("video") => ("recording", "*[recording]*"),
        _ => ("attachment", "*[attachment]*"),
    };
    lost.push(name);
    shown.to_owned()
}
