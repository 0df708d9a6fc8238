//! Reads a configuration file by its schema: what is understood becomes a value, what is not a mistake with its place.

use std::sync::LazyLock;

use aiia_llm::nearest;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};
use toml_edit::{Document, Item, TableLike};

use super::key;

/// After so many mistakes the rest is not looked at.
const MAX_MISTAKES: usize = 20;

/// Something that is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// The file cannot be read as a whole because of it.
    pub is_syntax: bool,
}

impl Mistake {
    /// Something that is wrong with the file as a whole.
    pub(crate) fn of_all(message: &str) -> Self {
        let (message, hint) = (message.to_owned(), String::new());
        Self { start: 0, end: 0, line: 1, message, hint, is_syntax: true }
    }

    /// What a person reads: place, message, hint.
    pub fn sentence(&self, file: &std::path::Path) -> String {
        format!("{}:{}: {} {}", file.display(), self.line, self.message, self.hint).trim().to_owned()
    }
}

/// A key that a file sets, or a section that it has, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The key, as [`super::shown_key`] gives it.
    pub(crate) key: String,
    /// Where it begins, in bytes.
    start: usize,
    /// Where it ends, in bytes.
    end: usize,
    /// The line, from 1.
    pub(crate) line: usize,
}

impl Place {
    /// Something is wrong here, though the file as such is well.
    pub(crate) fn mistake(&self, message: String, hint: String) -> Mistake {
        Mistake { start: self.start, end: self.end, line: self.line, message, hint, is_syntax: false }
    }
}

/// What a file says.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    /// What is understood, as an object of the schema.
    pub(super) value: Value,
    /// What is not.
    pub(super) mistakes: Vec<Mistake>,
    /// The keys that are set, and the sections that there are.
    pub(super) places: Vec<Place>,
}

/// The schema of the configuration file.
pub fn schema() -> Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(schema_of::<super::Settings>);
    SCHEMA.clone()
}

pub(super) fn schema_of<T: JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    // Formats of numbers are Rust's, and checked by the ranges beside them.
    strip_formats(&mut schema);
    schema
}

fn strip_formats(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("type") {
                fields.remove("format");
            }
            fields.values_mut().for_each(strip_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_formats),
        _ => {}
    }
}

/// Reads `text` by `schema`. A line that is no TOML is reported and left out, so that one mistake does not cost the rest.
pub(super) fn read(text: &str, schema: &Value) -> Reading {
    let mut reader =
        Reader { text, root: schema, reading: Reading { value: json!({}), mistakes: Vec::new(), places: Vec::new() } };
    let mut remaining = text.to_owned();
    loop {
        match Document::parse(remaining.as_str()) {
            Ok(document) => {
                reader.reading.value = reader.table(document.as_table(), schema, "");
                break;
            }
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                let start = span.start.min(remaining.len());
                let line_start = remaining[..start].rfind('\n').map_or(0, |found| found + 1);
                let mut line_end = remaining[start..].find('\n').map_or(remaining.len(), |found| start + found);
                let mut message = error.message().trim_end_matches('.').replace('\n', "; ");
                let mut hint = String::new();
                if message == "duplicate key" {
                    let twice = remaining.get(span.clone()).unwrap_or_default().trim();
                    message = format!("duplicate key: `{twice}` stands here a second time");
                    "The first one holds; put the two together.".clone_into(&mut hint);
                    if remaining[line_start..line_end].trim_start().starts_with('[') {
                        // What stands in a section that does not count is no mistake of its own.
                        line_end = remaining[line_end..].find("\n[").map_or(remaining.len(), |next| line_end + next);
                    }
                }
                reader.mistake(span.start..span.end, format!("{message}."), hint, true);
                let line = &remaining[line_start..line_end];
                if line.trim().is_empty() || reader.reading.mistakes.len() >= MAX_MISTAKES {
                    break;
                }
                // Blanks keep every place where it was.
                let blanks: String = remaining[line_start..line_end]
                    .bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
                    .collect();
                remaining.replace_range(line_start..line_end, &blanks);
            }
        }
    }
    let mut reading = reader.reading;
    reading.mistakes.sort_by_key(|mistake| mistake.start);
    reading.mistakes.dedup_by(|later, earlier| later.start == earlier.start && later.message == earlier.message);
    reading
}

struct Reader<'a> {
    text: &'a str,
    root: &'a Value,
    reading: Reading,
}

impl<'a> Reader<'a> {
    fn mistake(&mut self, span: std::ops::Range<usize>, message: String, hint: String, is_syntax: bool) {
        if self.reading.mistakes.len() >= MAX_MISTAKES {
            return;
        }
        let mistake = self.place(String::new(), span).mistake(message, hint);
        self.reading.mistakes.push(Mistake { is_syntax, ..mistake });
    }

    fn place(&self, key: String, span: std::ops::Range<usize>) -> Place {
        let start = self.text.floor_char_boundary(span.start.min(self.text.len()));
        let end = self.text.ceil_char_boundary(span.end.clamp(start, self.text.len()));
        let line = self.text[..start].matches('\n').count() + 1;
        Place { key, start, end, line }
    }

    /// The schema behind references and behind "or null".
    fn resolve(&self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..8 {
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                schema = self.root.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
            } else if let Some(some) = schema.get("anyOf").and_then(Value::as_array) {
                let is_null = |one: &&Value| one.get("type").and_then(Value::as_str) != Some("null");
                schema = some.iter().find(is_null).unwrap_or(&Value::Null);
            } else {
                break;
            }
        }
        schema
    }

    fn table(&mut self, table: &dyn TableLike, schema: &'a Value, path: &str) -> Value {
        let schema = self.resolve(schema);
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        let mut object = Map::new();
        for (name, item) in table.iter() {
            let key_span = table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span()).unwrap_or(0..0);
            let below = key::below(path, name);
            let Some(wanted) = properties.and_then(|known| known.get(name)).or(others) else {
                let known: Vec<&str> = properties.into_iter().flatten().map(|(known, _)| known.as_str()).collect();
                let hint = match nearest(name, known.iter().copied(), 1).first() {
                    _ if known.contains(&"api_key_env") && is_for_a_key(name) => keep_it(path),
                    Some(near) => format!("Did you mean `{}`?", key::below(path, near)),
                    None => format!("There are: {}.", known.join(", ")),
                };
                self.mistake(key_span, format!("There is no setting `{below}`."), hint, false);
                continue;
            };
            let place = self.place(below.clone(), key_span.clone());
            if let Some(value) = self.item(item, wanted, &below, key_span) {
                self.reading.places.push(place);
                object.insert(name.to_owned(), value);
            }
        }
        Value::Object(object)
    }

    fn item(&mut self, item: &Item, schema: &'a Value, path: &str, key: std::ops::Range<usize>) -> Option<Value> {
        let schema = self.resolve(schema);
        let span = item.span().unwrap_or(key);
        if let Some(choices) = choices(schema) {
            let given = item.as_str();
            if let Some(given) = given.filter(|given| choices.contains(given)) {
                return Some(json!(given));
            }
            let near = given.and_then(|given| nearest(given, choices.iter().copied(), 1).first().copied());
            let hint = near.map_or_else(String::new, |near| format!("Did you mean `{near}`?"));
            self.mistake(span, format!("`{path}` is one of {}.", choices.join(", ")), hint, false);
            return None;
        }
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null")?,
            _ => "object",
        };
        let mistakes = self.reading.mistakes.len();
        let value = match kind {
            "object" => return self.object(item, schema, path, span),
            "string" => item.as_str().map(|text| json!(text)),
            "boolean" => item.as_bool().map(|on| json!(on)),
            "integer" => item.as_integer().map(|number| json!(number)),
            "number" => {
                let number = item.as_float().or_else(|| item.as_integer().map(|whole| whole as f64));
                number.filter(|number| number.is_finite()).map(|number| json!(number))
            }
            "array" => self.array(item, schema, path),
            _ => None,
        };
        let Some(value) = value else {
            if kind == "array" && item.is_array() && self.reading.mistakes.len() > mistakes {
                // It is a list, and what is wrong is in it.
                return None;
            }
            let wanted = match kind {
                "string" => "a text in quotes",
                "boolean" => "`true` or `false`",
                "integer" => "a whole number",
                "number" => "a number",
                _ => "a list of texts, such as [\"a\", \"b\"]",
            };
            self.mistake(span, format!("`{path}` is {wanted}."), String::new(), false);
            return None;
        };
        // The only pattern that there is: what is pasted here may be the key itself.
        if schema.get("pattern").is_some() && !value.as_str().is_some_and(is_variable) {
            let section = path.rsplit_once('.').map_or(path, |(section, _)| section);
            self.mistake(span, format!("`{path}` is the name of a variable, not a key."), keep_it(section), false);
            return None;
        }
        match outside(&value, schema).or_else(|| wrong_length(&value, schema)) {
            Some(why) => {
                self.mistake(span, format!("`{path}` is {why}."), String::new(), false);
                None
            }
            None => Some(value),
        }
    }

    fn object(&mut self, item: &Item, schema: &'a Value, path: &str, span: std::ops::Range<usize>) -> Option<Value> {
        if let Some(table) = item.as_table_like() {
            return Some(self.table(table, schema, path));
        }
        self.mistake(span, format!("`{path}` is a section: `[{path}]`."), String::new(), false);
        None
    }

    fn array(&mut self, item: &Item, schema: &'a Value, path: &str) -> Option<Value> {
        let items = schema.get("items")?;
        let mut values = Vec::new();
        for (number, one) in item.as_array()?.iter().enumerate() {
            let span = one.span().unwrap_or(0..0);
            let one = Item::Value(one.clone());
            values.push(self.item(&one, items, &format!("{path}[{number}]"), span)?);
        }
        Some(Value::Array(values))
    }
}

/// Whether somebody who writes this means a key.
fn is_for_a_key(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    ["key", "token", "secret", "password"].iter().any(|end| plain.to_ascii_lowercase().ends_with(end))
}

/// Where the key of the provider of the section `path` belongs.
fn keep_it(path: &str) -> String {
    let provider = path.split_once('.').map_or(path, |(_, provider)| provider);
    format!(
        "Keys are not kept in this file: `aiia config set-key {provider}`, or name its variable in `{path}.api_key_env`."
    )
}

/// Whether the environment can have a variable of this name.
fn is_variable(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(is_part) && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// The texts among which a value has to be chosen, if the schema says so.
fn choices(schema: &Value) -> Option<Vec<&str>> {
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        return Some(choices.iter().filter_map(Value::as_str).collect());
    }
    let one_of = schema.get("oneOf")?.as_array()?;
    Some(one_of.iter().filter_map(|one| one.get("const")?.as_str()).collect())
}

/// Why a number is not allowed.
fn outside(value: &Value, schema: &Value) -> Option<String> {
    let number = value.as_f64()?;
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(least) = limit("minimum").filter(|least| number < *least) {
        return Some(format!("at least {least}"));
    }
    // Beyond this no number of ours goes.
    let most = limit("maximum").unwrap_or(f64::from(u32::MAX));
    (number > most).then(|| format!("at most {most}"))
}

/// Why a text or a list is not allowed.
fn wrong_length(value: &Value, schema: &Value) -> Option<String> {
    let limit = |name: &str| schema.get(name).and_then(Value::as_u64);
    match value {
        Value::String(text) if text.is_empty() && limit("minLength").is_some() => {
            Some("not empty where it is set".to_owned())
        }
        Value::String(text) => {
            let most = limit("maxLength").filter(|most| text.chars().count() as u64 > *most)?;
            Some(format!("a text of at most {most} characters"))
        }
        Value::Array(items) => {
            let most = limit("maxItems").filter(|most| items.len() as u64 > *most)?;
            Some(format!("a list of at most {most} texts"))
        }
        _ => None,
    }
}
