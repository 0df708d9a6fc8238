//! Edits in XML-like tags, as editing tools are called in text: `<edit path="a.py"><search>…</search><replace>…</replace></edit>`,
//! `<write_to_file>`, `<invoke name="str_replace"><parameter name="path">`.
//!
//! This is no XML: the values are code, in which `<` and `&` stand for themselves.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::{Parsed, record};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::Line;

/// Tags that hold one edit or several.
const OUTER: &[&str] = &[
    "edit",
    "edits",
    "change",
    "changes",
    "file",
    "files",
    "replace_in_file",
    "write_to_file",
    "apply_diff",
    "create_file",
    "new_file",
    "delete_file",
    "remove_file",
    "rename_file",
    "move_file",
    "edit_file",
    "write_file",
    "str_replace",
    "str_replace_editor",
    "str_replace_based_edit_tool",
    "search_and_replace",
    "search_replace",
    "insert_content",
    "invoke",
    "function",
    "function_calls",
    "tool_call",
    "tool_use",
    "patch",
    "modify",
    "operation",
];
/// Those among them that are nothing but the call of a tool.
const CALLS: &[&str] = &[
    "replace_in_file",
    "write_to_file",
    "apply_diff",
    "create_file",
    "edit_file",
    "write_file",
    "str_replace",
    "str_replace_editor",
    "str_replace_based_edit_tool",
    "search_and_replace",
    "search_replace",
    "insert_content",
    "invoke",
    "function_calls",
    "tool_call",
    "tool_use",
];
/// Tags that hold a value.
const INNER: &[&str] = &[
    "path",
    "file_path",
    "filename",
    "file_name",
    "target_file",
    "search",
    "replace",
    "old_string",
    "new_string",
    "old_str",
    "new_str",
    "old_text",
    "new_text",
    "old_code",
    "new_code",
    "old",
    "new",
    "original",
    "updated",
    "find",
    "content",
    "contents",
    "file_text",
    "diff",
    "code",
    "command",
    "parameter",
    "type",
    "action",
    "new_path",
    "destination",
    "replace_all",
    "start_line",
    "replacement",
    "line_count",
];
const MAX_DEPTH: usize = 6;
/// So many bytes are searched for closing tags in one reply; a reply of nothing but opening ones ends there.
const MAX_SEARCHED: usize = 64 * 1024 * 1024;

/// Finds all edits. Tags inside fences are code.
pub(super) fn parse(reply: &str, lines: &[Line], known_files: &[&str]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut used = vec![false; lines.len()];
    let mut at = 0;
    let budget = Cell::new(MAX_SEARCHED);
    let mut fence: Option<&str> = None;
    // Where values stand without a tag around them, they are gathered into records.
    let mut loose = Map::new();
    let mut loose_line = 0;
    let mut call = None;
    while at < lines.len() {
        let line = lines[at].trimmed();
        let is_xml_fence = |line: &str| matches!(line, "```xml" | "```" | "```html") && next_is_tag(lines, at);
        if let Some(open) = fence {
            if line == open {
                fence = None;
            }
            at += 1;
            continue;
        }
        if line.starts_with("```") && !is_xml_fence(line) && line != "```" {
            fence = Some("```");
            at += 1;
            continue;
        }
        let start = lines[at].start + (lines[at].content.len() - lines[at].content.trim_start().len());
        let Some(tag) = Tag::read(reply, start, &budget) else {
            // A value that is not closed, in a call that is not closed.
            let open = Tag::opens(&reply[start..]);
            call = call.or(open.filter(|name| CALLS.contains(name)).map(|_| at));
            if let (Some(call), Some(name)) = (call, open)
                && budget.get() > 0
                && INNER.contains(&name)
            {
                parsed.complaints.push(cut_off(call));
                used[call..].fill(true);
                break;
            }
            at += 1;
            continue;
        };
        let next = lines.partition_point(|line| line.start < tag.end).max(at + 1);
        if tag.is_in(OUTER) {
            let found = record::edits(&tag.record(reply, 0, &budget), at + 1, known_files);
            if found.items.is_empty() && found.complaints.is_empty() {
                at += 1;
                continue;
            }
            parsed.items.extend(found.items);
            parsed.complaints.extend(found.complaints);
        } else {
            let key = tag.key();
            if loose.contains_key(&key) {
                flush(&mut loose, loose_line, known_files, &mut parsed);
            }
            loose_line = at + 1;
            loose.insert(key, tag.value(reply));
        }
        used[at..next].fill(true);
        at = next;
    }
    flush(&mut loose, loose_line, known_files, &mut parsed);
    if !parsed.items.is_empty() || !parsed.complaints.is_empty() {
        parsed.leave(lines, used);
    }
    parsed
}

fn next_is_tag(lines: &[Line], at: usize) -> bool {
    lines.get(at + 1).is_some_and(|next| {
        let name: String = next.trimmed().trim_start_matches('<').chars().take_while(|c| is_name(*c)).collect();
        next.trimmed().starts_with('<') && (OUTER.contains(&name.as_str()) || INNER.contains(&name.as_str()))
    })
}

/// Values without a tag around them are an edit only if there are both an old and a new one.
fn flush(loose: &mut Map<String, Value>, line: usize, known_files: &[&str], parsed: &mut Parsed) {
    let path = loose
        .iter()
        .find(|(key, _)| key.contains("path") || key.contains("file"))
        .map(|(key, value)| (key.clone(), value.clone()));
    if loose.len() >= 2 {
        let found = record::edits(&Value::Object(std::mem::take(loose)), line, known_files);
        parsed.items.extend(found.items);
        parsed.complaints.extend(found.complaints);
    }
    loose.clear();
    // One path may stand above several pairs.
    loose.extend(path);
}

fn cut_off(call: usize) -> Complaint {
    Complaint::new(
        ComplaintKind::CutOff,
        format!(
            "The reply ends inside the tag that begins on its line {}, so it was cut off. Ask again, for a smaller change or with \
             a higher token limit.",
            call + 1
        ),
    )
}

/// A tag with what is in it.
struct Tag<'r> {
    name: &'r str,
    attributes: Vec<(&'r str, &'r str)>,
    /// What stands between the tags.
    body: std::ops::Range<usize>,
    /// The byte behind the closing tag.
    end: usize,
}

impl<'r> Tag<'r> {
    /// The name of the tag that a text begins with.
    fn opens(text: &'r str) -> Option<&'r str> {
        let rest = text.strip_prefix('<')?;
        let end = rest.find(|c: char| !is_name(c))?;
        matches!(rest.as_bytes()[end], b'>' | b' ' | b'=').then(|| &rest[..end])
    }

    /// The tag at a byte, if it is one of those named and is closed.
    fn read(text: &'r str, start: usize, budget: &Cell<usize>) -> Option<Self> {
        let rest = text.get(start..)?.strip_prefix('<')?;
        let name_end = rest.find(|c: char| !is_name(c))?;
        let name = &rest[..name_end];
        if !OUTER.contains(&name) && !INNER.contains(&name) {
            return None;
        }
        let close = name_end + rest[name_end..].find(['>', '<', '\n'])?;
        if rest.as_bytes()[close] != b'>' {
            return None;
        }
        let inside = &rest[name_end..close];
        let body_start = start + 1 + close + 1;
        let mut attributes = attributes(inside);
        if inside.ends_with('/') {
            return Some(Self { name, attributes, body: body_start..body_start, end: body_start });
        }
        // `<function=edit><parameter=path>`
        if let Some(value) = inside.strip_prefix('=') {
            attributes = vec![("name", value.trim())];
        }
        let closing = format!("</{name}>");
        let opening = format!("<{name}");
        let (mut depth, mut at) = (0_usize, body_start);
        loop {
            if budget.get() == 0 {
                return None;
            }
            let found = text[at..].find(&closing);
            let searched = found.unwrap_or(text.len() - at) + 1;
            budget.set(budget.get().saturating_sub(searched));
            let end = at + found?;
            // Values are code, in which a tag of the same name is text; containers nest.
            let nested = if INNER.contains(&name) { 0 } else { text[at..end].matches(&opening).count() };
            depth += nested;
            if depth == 0 {
                return Some(Self { name, attributes, body: body_start..end, end: end + closing.len() });
            }
            depth -= 1;
            at = end + closing.len();
        }
    }

    fn is_in(&self, names: &[&str]) -> bool {
        names.contains(&self.name)
    }

    /// The name of the value.
    fn key(&self) -> String {
        let given = self.attributes.iter().find(|(name, _)| *name == "name").filter(|_| self.name == "parameter");
        given.map_or(self.name, |(_, value)| value).to_owned()
    }

    fn value(&self, text: &str) -> Value {
        let body = &text[self.body.clone()];
        let body = body.strip_prefix("\r\n").or(body.strip_prefix('\n')).unwrap_or(body);
        // The line that the closing tag stands on is no part of the value.
        let body = body.rfind('\n').filter(|at| body[*at..].trim().is_empty()).map_or(body, |at| &body[..at]);
        let body = body.strip_suffix('\r').unwrap_or(body);
        let trimmed = body.trim();
        let body = trimmed
            .strip_prefix("<![CDATA[")
            .and_then(|text| text.strip_suffix("]]>"))
            .map_or(body, |inner| inner.strip_prefix('\n').unwrap_or(inner).trim_end_matches('\n'));
        let one_line =
            ["path", "file_path", "filename", "file_name", "target_file", "command", "type", "action", "new_path"];
        let short = one_line.contains(&self.key().as_str());
        Value::String(if short { body.trim() } else { body }.to_owned())
    }

    /// What is in the tag as a record.
    fn record(&self, text: &str, depth: usize, budget: &Cell<usize>) -> Value {
        let mut fields = Map::new();
        for (name, value) in &self.attributes {
            fields.insert((*name).to_owned(), Value::String((*value).to_owned()));
        }
        if !fields.contains_key("name") && !fields.contains_key("type") {
            fields.insert("action".to_owned(), Value::String(self.name.to_owned()));
        }
        let mut inner: Vec<Value> = Vec::new();
        let mut at = self.body.start;
        let mut values = 0;
        while let Some(found) = text[at..self.body.end].find('<') {
            let start = at + found;
            // A tag stands at the beginning of a line or behind another one.
            let begins = text[at..start].rsplit('\n').next().is_some_and(|before| before.trim().is_empty());
            let tag = begins.then(|| Tag::read(&text[..self.body.end], start, budget)).flatten();
            let Some(tag) = tag else {
                at = start + 1;
                continue;
            };
            if tag.is_in(OUTER) && depth < MAX_DEPTH && !tag.is_in(&["file"])
                || tag.name == "file" && !tag.attributes.is_empty()
            {
                inner.push(tag.record(text, depth + 1, budget));
            } else {
                // A second pair in the same tag is an edit of its own.
                let key = tag.key();
                if fields.contains_key(&key) && key != "action" {
                    inner.push(Value::Object(fields.clone()));
                    fields.retain(|name, _| name.contains("path") || name.contains("file") || name == "action");
                }
                fields.insert(key, tag.value(text));
                values += 1;
            }
            at = tag.end;
        }
        if values == 0 && inner.is_empty() {
            fields.insert("content".to_owned(), self.value(text));
        }
        if !inner.is_empty() {
            if values > 0
                && fields
                    .keys()
                    .any(|name| !(name.contains("path") || name.contains("file") || name == "action" || name == "name"))
            {
                inner.push(Value::Object(fields.clone()));
            }
            fields.retain(|name, _| name.contains("path") || name.contains("file") || name == "action");
            fields.insert("edits".to_owned(), Value::Array(inner));
        }
        Value::Object(fields)
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// `path="a.py" name='x'`
fn attributes(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
        let Some(end) = after[1..].find(quote) else { break };
        found.push((name.trim(), &after[1..=end]));
        rest = &after[end + 2..];
    }
    found.retain(|(name, _)| !name.is_empty());
    found
}
