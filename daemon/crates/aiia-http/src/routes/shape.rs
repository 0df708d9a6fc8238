//! What the parameters of an operation look like, from their schema: enough to read them out of a query.

use std::collections::BTreeMap;

use aiia_protocol::openapi;
use aiia_protocol::operation::Row;
use serde_json::Value;

/// The parameters of one operation by name.
#[derive(Debug)]
pub(crate) struct Shape(BTreeMap<String, Kind>);

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, an identifier, one of several names.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Any number of such values.
    List(Box<Kind>),
    /// An object, which has no place in a query.
    Object,
}

impl Shape {
    /// The shape of the row's parameters.
    pub(crate) fn of(row: &Row) -> Self {
        let mut generator = openapi::generator();
        let schema = (row.params_schema)(&mut generator);
        let schema = openapi::resolve(schema, &mut generator);
        let definitions = generator.take_definitions(true);
        let properties = schema.get("properties").and_then(Value::as_object);
        let kinds = properties
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name.clone(), kind(schema, &|name| definitions.get(name), 8)));
        Self(kinds.collect())
    }

    /// What the parameter `name` is; nothing when there is none of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Kind> {
        self.0.get(name)
    }

    /// Whether there is a parameter `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// The kind of `schema`; `depth` bounds how far references and choices are followed.
fn kind<'a>(schema: &'a Value, definition: &impl Fn(&str) -> Option<&'a Value>, depth: u8) -> Kind {
    if depth == 0 {
        return Kind::Text;
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return definition(name).map_or(Kind::Text, |schema| kind(schema, definition, depth - 1));
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    match types.iter().find(|name| **name != "null") {
        Some(&"integer") => return Kind::Integer,
        Some(&"number") => return Kind::Number,
        Some(&"boolean") => return Kind::Boolean,
        Some(&"object") => return Kind::Object,
        Some(&"array") => {
            let items = schema.get("items").map_or(Kind::Text, |items| kind(items, definition, depth - 1));
            return Kind::List(Box::new(items));
        }
        Some(_) => return Kind::Text,
        None => {}
    }
    let choices = ["anyOf", "oneOf", "allOf"].iter().find_map(|name| schema.get(*name)?.as_array());
    let is_null = |choice: &Value| choice.get("type").and_then(Value::as_str) == Some("null");
    choices
        .and_then(|choices| choices.iter().find(|choice| !is_null(choice)))
        .map_or(Kind::Text, |choice| kind(choice, definition, depth - 1))
}

#[cfg(test)]
mod tests {
    use aiia_protocol::operation;
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_of_schemas() {
        let ids = json!({"type": "string"});
        let check = |schema: Value, expected: Kind| {
            assert_eq!(kind(&schema, &|name| (name == "Id").then_some(&ids), 8), expected, "{schema}");
        };
        check(json!({"type": "string"}), Kind::Text);
        check(json!({"type": ["integer", "null"]}), Kind::Integer);
        check(json!({"type": "boolean", "default": false}), Kind::Boolean);
        check(json!({"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]}), Kind::Text);
        check(json!({"type": "array", "items": {"type": "integer"}}), Kind::List(Box::new(Kind::Integer)));
        check(json!({"$ref": "#/components/schemas/Unknown"}), Kind::Text);
        check(json!(true), Kind::Text);
    }

    #[test]
    fn parameters_of_rows() {
        for (row, name, expected) in [
            ("message.list", "chat_id", Some(Kind::Text)),
            ("message.list", "all", Some(Kind::Boolean)),
            ("message.list", "limit", Some(Kind::Integer)),
            ("run.events", "after", Some(Kind::Integer)),
            ("chat.update", "if_version", Some(Kind::Integer)),
            ("chat.get", "if_version", None),
        ] {
            assert_eq!(Shape::of(operation::find(row).unwrap()).get(name).cloned(), expected, "{row} {name}");
        }
    }
}
