//! Who changed what: an entry for every change that an operation made, and for every one that a token did not allow.

use std::collections::BTreeMap;

use aiia_protocol::audit::AuditEntry;
use aiia_protocol::operation::{Row, Scope};
use aiia_protocol::problem::ProblemCode;
use serde_json::Value;

use crate::session::Session;

/// The longest identifier that is kept.
const LONGEST: usize = 200;

/// The identifiers in the parameters of `row`; nothing for an operation that only reads.
pub(crate) fn about(row: &Row, params: &Value) -> BTreeMap<String, String> {
    let Some(params) = params.as_object().filter(|_| row.scope > Scope::Read) else { return BTreeMap::new() };
    let in_path: Vec<&str> = row.path_params().collect();
    let named = |name: &str| {
        in_path.contains(&name)
            || name.ends_with("_id")
            || ["provider", "move_chats_to"].contains(&name)
            || (name == "key" && row.name == "config.update")
    };
    let mut about = BTreeMap::new();
    for (name, value) in params {
        match value {
            Value::String(text) if named(name) => about.insert(name.clone(), text.chars().take(LONGEST).collect()),
            Value::Number(number) if in_path.contains(&name.as_str()) => about.insert(name.clone(), number.to_string()),
            // Each by itself, so that it is found by what it is about.
            Value::Array(items) if name.ends_with("_ids") => {
                let ids = items.iter().filter_map(Value::as_str).enumerate();
                let place = |(index, id): (usize, &str)| {
                    (format!("{name}.{}", index + 1), id.chars().take(LONGEST).collect::<String>())
                };
                about.extend(ids.map(place));
                None
            }
            _ => None,
        };
    }
    about
}

/// Writes that the client of `session` did the operation, which gave `result`.
pub(crate) fn done(session: &Session, row: &Row, mut about: BTreeMap<String, String>, result: &Value) {
    if row.scope == Scope::Read {
        return;
    }
    if let Some(id) = result.get("id").and_then(Value::as_str) {
        about.insert("id".to_owned(), id.to_owned());
    }
    write(session, row.name, about, None);
}

/// Writes that the client of `session` was not allowed to do what bears this name: an operation, or a path beside them.
pub(crate) fn refused(session: &Session, what: &str) {
    write(session, what, BTreeMap::new(), Some(ProblemCode::Forbidden));
}

fn write(session: &Session, what: &str, about: BTreeMap<String, String>, refused: Option<ProblemCode>) {
    session.engine().store.record(AuditEntry {
        number: 0,
        at: String::new(),
        operation: what.to_owned(),
        client: session.client_name(),
        transport: session.transport().as_str().to_owned(),
        token: session.token().map(str::to_owned),
        about,
        refused,
    });
}

#[cfg(test)]
mod tests {
    use aiia_protocol::operation;
    use serde_json::json;

    use super::*;

    #[test]
    fn identifiers_are_kept_and_nothing_else() {
        for (row, params, expected) in [
            ("chat.update", json!({"chat_id": "c", "title": "secret", "project_id": "p"}), "chat_id=c project_id=p"),
            ("key.set", json!({"provider": "openai", "key": "sk-1"}), "provider=openai"),
            ("config.update", json!({"key": "model", "value": "x"}), "key=model"),
            ("chat.bulk", json!({"chat_ids": ["a", "b"], "add_tags": ["t"]}), "chat_ids.1=a chat_ids.2=b"),
            (
                "project.bulk",
                json!({"project_ids": ["a", "b"], "deleted": true, "move_chats_to": "c"}),
                "move_chats_to=c project_ids.1=a project_ids.2=b",
            ),
            ("edit.split", json!({"edit_id": "e", "hunk": 3}), "edit_id=e hunk=3"),
            ("chat.get", json!({"chat_id": "c"}), ""),
        ] {
            let about = about(operation::find(row).unwrap(), &params);
            let shown: Vec<String> = about.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(shown.join(" "), expected, "{row}");
        }
    }
}
