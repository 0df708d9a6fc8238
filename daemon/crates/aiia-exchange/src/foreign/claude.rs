//! `conversations.json` of Claude: each conversation is a list of `chat_messages`, newer ones with the message before each.

use std::fmt::Write;

use aiia_protocol::message::Role;
use aiia_protocol::transfer::ImportSource;
use serde_json::Value;

use super::{Conversation, Node, Said, time};
use crate::document::text;
use crate::source::Item;

/// Reads a conversation.
pub(crate) fn read(value: &Value, number: u64) -> Item {
    let title = text(value, &["name"]).to_owned();
    let Some(messages) = value.get("chat_messages").and_then(Value::as_array) else {
        let place = if title.is_empty() { format!("chat {number}") } else { title };
        return Item::broken(place, "It has no list of `chat_messages`.");
    };
    let mut lost = Vec::new();
    let mut before: Option<String> = None;
    let mut nodes = Vec::with_capacity(messages.len());
    for message in messages {
        let id = text(message, &["uuid"]).to_owned();
        if id.is_empty() {
            return Item::broken(title, "One of its messages has no identifier.");
        }
        let parent = match message.get("parent_message_uuid").and_then(Value::as_str) {
            // The identifier of no message stands for the beginning.
            Some("00000000-0000-4000-8000-000000000000") => None,
            Some(parent) => Some(parent.to_owned()),
            None => before.take(),
        };
        nodes.push(Node { id: id.clone(), parent, said: said(message, &mut lost) });
        before = Some(id);
    }
    let conversation = Conversation {
        id: text(value, &["uuid"]).to_owned(),
        title,
        created_at: time(value.get("created_at")),
        updated_at: time(value.get("updated_at")),
        favourite: value.get("is_starred").and_then(Value::as_bool).unwrap_or(false),
        current: before,
        nodes,
        lost,
        ..Conversation::default()
    };
    conversation.into_item(ImportSource::Claude, number)
}

fn said(message: &Value, lost: &mut Vec<&'static str>) -> Option<Said> {
    let role = match text(message, &["sender"]) {
        "human" => Role::User,
        "assistant" => Role::Assistant,
        _ => return None,
    };
    let mut content = String::new();
    for block in message.get("content").and_then(Value::as_array).into_iter().flatten() {
        match text(block, &["type"]) {
            "text" => paragraph(&mut content, text(block, &["text"])),
            "tool_use" => {
                let input = block.get("input").map(|input| serde_json::to_string_pretty(input).unwrap_or_default());
                let name = text(block, &["name"]);
                paragraph(&mut content, &format!("`{name}`\n\n```json\n{}\n```", input.unwrap_or_default()));
            }
            // What the model thought is no part of what it said; results of tools are told in what follows.
            "thinking" | "redacted_thinking" | "tool_result" | "token_budget" => {}
            _ => lost.push("block of an unknown kind"),
        }
    }
    if content.trim().is_empty() {
        text(message, &["text"]).clone_into(&mut content);
    }
    for attachment in message.get("attachments").and_then(Value::as_array).into_iter().flatten() {
        let (name, extracted) = (text(attachment, &["file_name"]), text(attachment, &["extracted_content"]));
        if extracted.is_empty() {
            lost.push("attachment");
        } else {
            paragraph(&mut content, &format!("{name}:\n\n{}", fence(extracted)));
        }
    }
    lost.extend(message.get("files").and_then(Value::as_array).into_iter().flatten().map(|_| "file"));
    if content.trim().is_empty() {
        return None;
    }
    Some(Said { role, content, model: None, created_at: time(message.get("created_at")), rating: None, note: None })
}

fn paragraph(content: &mut String, text: &str) {
    if text.trim().is_empty() {
        return;
    }
    let between = if content.is_empty() { "" } else { "\n\n" };
    let _ = write!(content, "{between}{text}");
}

/// A fence that is longer than any in the text.
fn fence(text: &str) -> String {
    let longest = text.lines().map(|line| line.trim_start().chars().take_while(|c| *c == '`').count()).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    format!("{fence}\n{}\n{fence}", text.trim_end_matches('\n'))
}
