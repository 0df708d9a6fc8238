//! Edits in JSON: the whole reply, a fenced block, or what stands between the tags of a tool call.

use std::borrow::Cow;

use serde_json::Value;

use super::file_name;
use super::{Parsed, record};
use crate::lines::Line;

/// Longer fences are not read as JSON.
const MAX_FENCE_LINES: usize = 5_000;

/// So many lines are looked at for a value that has neither a fence nor a tag around it.
const MAX_BARE: usize = 16;

const TAGS: &[(&str, &str)] = &[
    ("<tool_call>", "</tool_call>"),
    ("<function_call>", "</function_call>"),
    ("<tool_use>", "</tool_use>"),
    ("[TOOL_CALLS]", "\u{0}"),
    ("<|tool_call|>", "<|/tool_call|>"),
];

/// Finds all edits. JSON that holds none is left to others.
pub(super) fn parse(reply: &str, lines: &[Line], known_files: &[&str]) -> Parsed {
    let mut parsed = Parsed::default();
    let whole = reply.trim();
    if whole.starts_with(['{', '[']) {
        let values = values(whole);
        if !values.is_empty() {
            take(&values, 1, known_files, &mut parsed);
            parsed.leave(lines, vec![true; lines.len()]);
            return parsed;
        }
    }
    let mut used = vec![false; lines.len()];
    let mut at = 0;
    let unused = used.clone();
    let mut bare_left = MAX_BARE;
    let mut fence: Option<&str> = None;
    while at < lines.len() {
        let line = lines[at].trimmed();
        let found = block(reply, lines, at, &unused, known_files).or_else(|| {
            let begins = fence.is_none() && line.starts_with(['{', '[']) && bare_left > 0;
            bare_left -= usize::from(begins);
            if begins { bare(reply, lines, at) } else { None }
        });
        let Some((body, end)) = found else {
            let is_fence = line.starts_with("```") || line.starts_with("~~~");
            fence = match fence {
                None if is_fence => Some(&line[..3]),
                Some(open) if line.starts_with(open) && line.trim_matches(['`', '~']).is_empty() => None,
                other => other,
            };
            at += 1;
            continue;
        };
        if take(&values(body), at + 1, known_files, &mut parsed) {
            used[at..end].fill(true);
        }
        at = end;
    }
    if !parsed.items.is_empty() || !parsed.complaints.is_empty() {
        parsed.leave(lines, used);
    }
    parsed
}

/// The text that may be JSON and begins at a line, and the line behind it.
fn block<'r>(
    reply: &'r str,
    lines: &[Line<'r>],
    at: usize,
    unused: &[bool],
    known_files: &[&str],
) -> Option<(&'r str, usize)> {
    let line = lines[at].trimmed();
    if let Some(info) = line.strip_prefix("```") {
        let is_json = info.is_empty() || ["json", "jsonc", "json5", "tool_code", "tool_call"].contains(&info);
        // A fence with the name of a file is that file.
        if !is_json
            || file_name::above(lines, unused, at, known_files)
                .is_some_and(|(_, name)| name.rsplit('.').next() == Some("json"))
        {
            return None;
        }
        let first = lines.get(at + 1)?;
        let end = (at + 1..lines.len().min(at + MAX_FENCE_LINES)).find(|number| lines[*number].trimmed() == "```")?;
        let body = reply.get(first.start..lines[end].start)?;
        return body.trim_start().starts_with(['{', '[']).then_some((body, end + 1));
    }
    let (open, close) = TAGS.iter().find(|(open, _)| line.starts_with(open))?;
    let start = lines[at].start + lines[at].content.find(open)? + open.len();
    let end = reply[start..].find(close).map_or(reply.len(), |length| start + length);
    let body = reply.get(start..end)?;
    let next = lines.partition_point(|line| line.start < end).max(at + 1);
    body.trim_start().starts_with(['{', '[']).then_some((body, next))
}

/// A value without a fence or a tag around it that begins at a line and ends a line, and the line behind it.
fn bare<'r>(reply: &'r str, lines: &[Line<'r>], at: usize) -> Option<(&'r str, usize)> {
    let rest = &reply[lines[at].start..];
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    values.next()?.ok()?;
    let end = lines[at].start + values.byte_offset();
    let next = lines.partition_point(|line| line.start < end);
    let is_alone = reply.get(end..lines[next - 1].end())?.trim().is_empty();
    is_alone.then(|| (&reply[lines[at].start..end], next))
}

fn take(values: &[Value], line: usize, known_files: &[&str], parsed: &mut Parsed) -> bool {
    let before = parsed.items.len() + parsed.complaints.len();
    for value in values {
        let found = record::edits(value, line, known_files);
        parsed.items.extend(found.items);
        parsed.complaints.extend(found.complaints);
    }
    parsed.items.len() + parsed.complaints.len() > before
}

/// The values of a text, one behind the other; none when it is no JSON, however leniently read.
fn values(text: &str) -> Vec<Value> {
    let read = |text: &str| -> Option<Vec<Value>> {
        serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().ok()
    };
    read(text).or_else(|| read(&mended(text))).unwrap_or_default()
}

/// The text with line breaks in strings escaped, and without commas before a closing bracket.
fn mended(text: &str) -> Cow<'_, str> {
    let mut result = String::with_capacity(text.len());
    let mut in_string = false;
    let mut escaped = false;
    for (at, sign) in text.char_indices() {
        if in_string {
            match sign {
                '\n' => result.push_str("\\n"),
                '\r' => result.push_str("\\r"),
                '\t' => result.push_str("\\t"),
                sign => result.push(sign),
            }
            in_string = escaped || sign != '"';
            escaped = !escaped && sign == '\\';
            continue;
        }
        let closes = || text[at + 1..].trim_start().starts_with(['}', ']']);
        if sign == ',' && closes() {
            continue;
        }
        in_string = sign == '"';
        result.push(sign);
    }
    Cow::Owned(result)
}
