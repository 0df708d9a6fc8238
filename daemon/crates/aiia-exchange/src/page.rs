//! A chat to be read: the path that is shown, as Markdown or as a web page that needs nothing else.

use std::collections::HashMap;
use std::fmt::Write;

use aiia_protocol::archive::{ChatFile, FiledMessage};
use aiia_protocol::attachment::{Attachment, AttachmentKind};
use aiia_protocol::id::MessageId;
use aiia_protocol::message::{Message, MessageStatus, Role};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

const STYLE: &str = include_str!("page.css");

/// The path from the first message to the one that is shown last, with how many others stand beside each.
pub(crate) fn path(file: &ChatFile) -> Vec<(&Message, usize)> {
    let shown = |filed: &&FiledMessage| filed.deleted_at.is_none();
    let messages: HashMap<&str, &Message> =
        file.messages.iter().filter(shown).map(|filed| (filed.message.id.as_str(), &filed.message)).collect();
    let mut beside: HashMap<Option<&str>, usize> = HashMap::new();
    for message in messages.values() {
        *beside.entry(message.parent_id.as_ref().map(MessageId::as_str)).or_default() += 1;
    }
    let mut path = Vec::new();
    let mut next = file.chat.head_id.as_ref().map(MessageId::as_str);
    while let Some(message) = next.and_then(|id| messages.get(id)).filter(|_| path.len() <= messages.len()) {
        next = message.parent_id.as_ref().map(MessageId::as_str);
        path.push((*message, beside.get(&next).map_or(0, |count| count - 1)));
    }
    path.reverse();
    path
}

/// Who said it, with what, when.
pub(crate) fn heading(message: &Message, beside: usize) -> (String, String) {
    let who = match (message.role, &message.model) {
        (Role::System, _) => "System".to_owned(),
        (Role::User, _) => "You".to_owned(),
        (Role::Assistant, Some(model)) => model.clone(),
        (Role::Assistant, None) => "Assistant".to_owned(),
    };
    let mut about = message.created_at.get(..16).unwrap_or(&message.created_at).replace('T', " ");
    about.push_str(match message.status {
        MessageStatus::Complete => "",
        MessageStatus::Streaming => " · being written",
        MessageStatus::Interrupted => " · interrupted",
        MessageStatus::Cancelled => " · cancelled",
        MessageStatus::Failed => " · failed",
    });
    match beside {
        0 => {}
        1 => about.push_str(" · one other version is not shown"),
        more => {
            let _ = write!(about, " · {more} other versions are not shown");
        }
    }
    (who, about)
}

/// What goes with the message, with its content.
pub(crate) fn attached<'a>(
    file: &'a ChatFile,
    message: &'a Message,
) -> impl Iterator<Item = (&'a Attachment, &'a [u8])> {
    message.attachments.iter().filter_map(|attachment| {
        let filed = file.attachments.iter().find(|filed| filed.attachment.id == attachment.id)?;
        Some((&filed.attachment, filed.data.as_slice()))
    })
}

pub(crate) fn title(file: &ChatFile) -> &str {
    if file.chat.title.is_empty() { "Chat" } else { &file.chat.title }
}

/// The chat as Markdown.
pub fn markdown(file: &ChatFile) -> String {
    let mut text = format!("# {}\n", title(file).replace(['\r', '\n'], " "));
    if !file.chat.tags.is_empty() {
        let _ = write!(text, "\nTags: {}\n", file.chat.tags.join(", "));
    }
    if let Some(prompt) = &file.chat.system_prompt {
        let _ = write!(text, "\n## System prompt\n\n{}\n", closed(prompt));
    }
    for (message, beside) in path(file) {
        let (who, about) = heading(message, beside);
        let _ = write!(text, "\n## {who}\n\n*{about}*\n\n{}\n", closed(&message.content));
        for (attachment, data) in attached(file, message) {
            let name = attachment.name.replace('`', "'");
            match attachment.kind {
                AttachmentKind::Text => {
                    let content = String::from_utf8_lossy(data);
                    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or(0);
                    let fence = "`".repeat(longest.max(2) + 1);
                    let _ =
                        write!(text, "\nAttached: `{name}`\n\n{fence}\n{}\n{fence}\n", content.trim_end_matches('\n'));
                }
                AttachmentKind::Image => {
                    let _ =
                        write!(text, "\nAttached: `{name}` ({}, {} bytes)\n", attachment.media_type, attachment.bytes);
                }
            }
        }
        if let Some(note) = &message.note {
            let _ = write!(text, "\n> Note: {}\n", note.replace('\n', "\n> "));
        }
    }
    text
}

/// The text with its last fence closed, so that what follows it is not code.
fn closed(text: &str) -> String {
    let mut open: Option<(char, usize)> = None;
    for line in text.lines() {
        let line = line.trim_start();
        let Some(mark) = line.chars().next().filter(|c| matches!(c, '`' | '~')) else { continue };
        let length = line.chars().take_while(|c| *c == mark).count();
        match open {
            None if length >= 3 => open = Some((mark, length)),
            Some((by, needed)) if by == mark && length >= needed && line[length..].trim().is_empty() => open = None,
            _ => {}
        }
    }
    let text = text.trim_end();
    match open {
        Some((mark, length)) => format!("{text}\n{}", mark.to_string().repeat(length)),
        None => text.to_owned(),
    }
}

/// The chat as a page: nothing is loaded, no script runs, whatever it says.
pub fn html(file: &ChatFile) -> String {
    let title = escape(title(file));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    if !file.chat.tags.is_empty() {
        let _ = writeln!(page, "<p class=\"about\">{}</p>", escape(&file.chat.tags.join(", ")));
    }
    if let Some(prompt) = &file.chat.system_prompt {
        let _ = writeln!(page, "<article class=\"system\">\n<h2>System prompt</h2>\n{}</article>", body(prompt));
    }
    for (message, beside) in path(file) {
        let (who, about) = heading(message, beside);
        let class = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let (who, about) = (escape(&who), escape(&about));
        let _ = writeln!(page, "<article class=\"{class}\">\n<h2>{who}</h2>\n<p class=\"about\">{about}</p>");
        page.push_str(&body(&message.content));
        for (attachment, data) in attached(file, message) {
            let name = escape(&attachment.name);
            let _ = match attachment.kind {
                AttachmentKind::Text => {
                    let content = escape(&String::from_utf8_lossy(data));
                    writeln!(page, "<details><summary>{name}</summary><pre>{content}</pre></details>")
                }
                AttachmentKind::Image => {
                    let (kind, data) = (escape(&attachment.media_type), BASE64_STANDARD.encode(data));
                    writeln!(page, "<figure><img alt=\"{name}\" src=\"data:{kind};base64,{data}\"></figure>")
                }
            };
        }
        if let Some(note) = &message.note {
            let _ = writeln!(page, "<p class=\"note\">{}</p>", escape(note));
        }
        page.push_str("</article>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn body(text: &str) -> String {
    aiia_markdown::render(text).into_iter().map(|block| block.html).collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
