//! Edits that come as records of named values, whether those were written in JSON or in XML: the calls of editing tools in
//! their usual vocabularies.

use serde_json::{Map, Value};

use super::file_name::FileName;
use super::{Fence, Item, ItemKind, Lead, Parsed, Reading, marked};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::lines;

const PATH: &[&str] =
    &["path", "file", "filepath", "filename", "targetfile", "relativepath", "absolutepath", "oldpath", "name"];
const OLD: &[&str] = &[
    "oldstring",
    "oldstr",
    "oldtext",
    "oldcode",
    "search",
    "searchtext",
    "find",
    "original",
    "old",
    "before",
    "oldcontent",
    "targetcontent",
];
const NEW: &[&str] = &[
    "newstring",
    "newstr",
    "newtext",
    "newcode",
    "replace",
    "replacement",
    "replacetext",
    "updated",
    "new",
    "after",
    "newcontent",
    "replacewith",
    "replacementcontent",
];
const CONTENT: &[&str] = &["content", "contents", "filetext", "text", "code", "source", "body"];
const PATCH: &[&str] = &["patch", "diff", "unifieddiff", "input", "patchtext", "cmd", "command"];
const LISTS: &[&str] = &[
    "edits",
    "changes",
    "replacements",
    "replacementchunks",
    "operations",
    "files",
    "blocks",
    "modifications",
    "hunks",
    "toolcalls",
    "actions",
];
const CALLS: &[&str] = &["arguments", "args", "parameters", "input", "function", "toolinput", "params"];
const ACTION: &[&str] = &["command", "action", "type", "operation", "op", "kind", "name", "tool", "toolname"];
const NEW_PATH: &[&str] = &["newpath", "to", "moveto", "newname", "renameto", "destination", "movepath", "newfilepath"];
/// What a record may have beside those when it writes a file without naming an action.
const REMARKS: &[&str] = &[
    "description",
    "explanation",
    "reason",
    "summary",
    "id",
    "comment",
    "language",
    "encoding",
    "note",
    "thought",
    "tool",
];
/// Deeper than this nothing is an edit.
const MAX_DEPTH: usize = 12;

/// What is known around a value.
#[derive(Clone, Default)]
struct Around {
    path: Option<String>,
    action: String,
}

/// The edits in a value; `line` is where it begins in the reply, counted from 1.
pub(super) fn edits(value: &Value, line: usize, known_files: &[&str]) -> Parsed {
    let mut reader = Reader { line, known_files, parsed: Parsed::default() };
    reader.value(value, &Around::default(), 0);
    reader.parsed
}

struct Reader<'t> {
    line: usize,
    known_files: &'t [&'t str],
    parsed: Parsed,
}

impl Reader<'_> {
    fn value(&mut self, value: &Value, around: &Around, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.value(value, around, depth + 1)),
            Value::Object(fields) => self.record(&Record::new(fields), around, depth),
            Value::String(text) => self.text(text, around),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A text is an edit if it is written in a dialect of its own.
    fn text(&mut self, text: &str, around: &Around) {
        let inner = marked(&lines(text), self.known_files);
        for mut item in inner.items {
            if item.file == FileName::None {
                item.file = FileName::from_option(around.path.clone());
            }
            item.reply_line = self.line;
            self.parsed.items.push(item);
        }
        self.parsed.complaints.extend(inner.complaints);
    }

    fn record(&mut self, record: &Record, around: &Around, depth: usize) {
        let action = record.text(ACTION).filter(|text| text.len() < 60 && !text.contains(char::is_whitespace));
        let action = action.map_or_else(|| around.action.clone(), key);
        let is_call = |word: &str| action.contains(word);
        let has_call = record.get(CALLS).is_some_and(|value| value.is_object() || is_json(value));
        let paths = if has_call { &PATH[..PATH.len() - 1] } else { PATH };
        let path = record.text(paths).map(str::to_owned).or_else(|| around.path.clone());
        let around = Around { path: path.clone(), action: action.clone() };
        let before = self.found();
        if let Some(call) = record.get(CALLS).filter(|_| has_call) {
            match call.as_str().and_then(|text| serde_json::from_str(text).ok()) {
                Some(inner) => self.value(&inner, &around, depth + 1),
                None => self.value(call, &around, depth + 1),
            }
        }
        for list in LISTS.iter().filter_map(|name| record.get(&[name])) {
            match list {
                // `{"files": {"a.py": "text"}}`
                Value::Object(fields) if !Record::new(fields).is_edit() => {
                    for (path, value) in fields {
                        let around = Around { path: Some(path.clone()), ..around.clone() };
                        match value {
                            Value::String(text) => self.whole(text, &around),
                            value => self.value(value, &around, depth + 1),
                        }
                    }
                }
                Value::String(text) => match serde_json::from_str::<Value>(text) {
                    Ok(inner) => self.value(&inner, &around, depth + 1),
                    Err(_) => self.text(text, &around),
                },
                list => self.value(list, &around, depth + 1),
            }
        }
        if self.found() > before {
            return;
        }
        if is_call("delete") || is_call("remove") {
            if let Some(path) = path {
                self.push(FileName::Given(path), ItemKind::Delete { expected: None });
            }
        } else if let (Some(to), Some(path), true) =
            (record.text(NEW_PATH), path.clone(), is_call("rename") || is_call("move") || record.get(OLD).is_none())
        {
            self.push(FileName::Given(path), ItemKind::Rename { to: to.to_owned() });
        } else if let (Some(old), Some(new)) = (record.text(OLD), record.text(NEW).or(record.text(CONTENT))) {
            // Texts of a program under such names are data.
            let may_be_path = |path: &String| path.contains(['.', '/']) || self.known_files.contains(&path.as_str());
            if record.has_only_usual_names() || path.as_ref().is_none_or(may_be_path) {
                self.replace(record, &around, old, new);
            }
        } else if let Some(new) =
            record.text(NEW).filter(|_| is_call("insert") || record.get(&["insertline", "startline", "line"]).is_some())
        {
            self.by_number(new);
        } else if let (Some(sketch), Some(path)) = (record.text(&["codeedit"]), path.clone()) {
            let text = ended(&unfenced(sketch));
            let kind = ItemKind::Code { text, language: None, fence: Fence::Closed, lead: Lead::Changes, named: None };
            self.push(FileName::Given(path), kind);
        } else if let (Some(content), true) = (record.text(CONTENT).or(record.text(NEW)), path.is_some()) {
            if is_call("insert") || record.get(&["startline", "insertline"]).is_some() {
                self.by_number(content);
            } else if !action.is_empty() || record.has_only_usual_names() {
                self.whole(content, &around);
            }
        } else {
            for text in PATCH.iter().filter_map(|name| record.get(&[name])) {
                // A shell command, perhaps as a list of its words.
                match text {
                    Value::String(_) | Value::Array(_) => self.value(text, &around, depth + 1),
                    _ => {}
                }
            }
        }
    }

    fn replace(&mut self, record: &Record, around: &Around, old: &str, new: &str) {
        let (old, new) = (unfenced(old), unfenced(new));
        let file = FileName::from_option(around.path.clone());
        if old.trim().is_empty() {
            let line = Reading::new(String::new(), ended(&new));
            return self.push(file, ItemKind::Replace { readings: vec![line] });
        }
        let count = record.get(&["expectedreplacements", "count"]).and_then(number).filter(|count| *count > 0);
        let everywhere =
            record.get(&["replaceall", "all"]).is_some_and(is_true) || count.is_some_and(|count| count > 1);
        let count = count.filter(|_| everywhere);
        let line = record.get(&["startline", "line", "linenumber"]).and_then(number);
        let reading = Reading { line, inline: true, everywhere, count, ..Reading::new(old, new) };
        self.push(file, ItemKind::Replace { readings: vec![reading] });
    }

    fn whole(&mut self, text: &str, around: &Around) {
        let inner = marked(&lines(text), self.known_files);
        if inner.items.is_empty() && inner.complaints.is_empty() {
            let file = FileName::from_option(around.path.clone());
            let only_new = around.action.contains("create") || around.action.contains("add");
            self.push(file, ItemKind::Write { text: ended(&unfenced(text)), only_new });
        } else {
            self.text(text, around);
        }
    }

    fn by_number(&mut self, text: &str) {
        let first = text.trim().lines().next().unwrap_or_default();
        self.parsed.complaints.push(Complaint::new(
            ComplaintKind::Malformed,
            format!(
                "An edit of the reply (`{}`) says its place by a line number alone, which cannot be checked. Ask the model to \
                 quote the lines to change.",
                first.chars().take(80).collect::<String>()
            ),
        ));
    }

    fn push(&mut self, file: FileName, kind: ItemKind) {
        self.parsed.items.push(Item { file, kind, reply_line: self.line });
    }

    fn found(&self) -> usize {
        self.parsed.items.len() + self.parsed.complaints.len()
    }
}

/// The fields of a record, by their names without case and separators.
struct Record<'v>(Vec<(String, &'v Value)>);

impl<'v> Record<'v> {
    fn new(fields: &'v Map<String, Value>) -> Self {
        Self(fields.iter().map(|(name, value)| (key(name), value)).collect())
    }

    fn get(&self, names: &[&str]) -> Option<&'v Value> {
        names.iter().find_map(|name| self.0.iter().find(|(own, _)| own == name)).map(|(_, value)| *value)
    }

    fn text(&self, names: &[&str]) -> Option<&'v str> {
        names.iter().find_map(|name| self.get(&[name])?.as_str())
    }

    /// Whether all of its names are those of edits. Others are data.
    fn has_only_usual_names(&self) -> bool {
        let usual = [PATH, OLD, NEW, CONTENT, PATCH, LISTS, CALLS, ACTION, NEW_PATH, REMARKS];
        self.0.iter().all(|(name, _)| usual.iter().any(|names| names.contains(&name.as_str())))
    }

    fn is_edit(&self) -> bool {
        self.text(OLD).is_some() || self.text(CONTENT).is_some() || self.text(PATCH).is_some()
    }
}

fn key(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_json(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim_start().starts_with('{') && serde_json::from_str::<Value>(text).is_ok())
}

fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("true")))
}

fn number(value: &Value) -> Option<usize> {
    value.as_u64().map(|number| number as usize).or_else(|| value.as_str()?.trim().parse().ok())
}

/// The text inside a fence that was put around a value.
fn unfenced(text: &str) -> String {
    let all = lines(text);
    let inner = match &all[..] {
        [first, inner @ .., last] if first.trimmed().starts_with("```") && last.trimmed() == "```" => inner,
        _ => return text.to_owned(),
    };
    inner.iter().flat_map(|line| [line.content, line.ending]).collect()
}

fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}
