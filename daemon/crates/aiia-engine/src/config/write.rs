//! Changes the text of a configuration file and leaves comments and order alone.

use std::path::Path;

use aiia_protocol::problem::{Problem, ProblemCode};
use toml_edit::{DocumentMut, Item, Table, Value};

use super::{key, read, schema};

/// The name of the schema beside a configuration file.
const SCHEMA_FILE: &str = "config.schema.json";
/// The first line of a configuration file that has its schema beside it.
const SCHEMA_LINE: &str = "#:schema ./config.schema.json";

/// `new` with a first line that names its schema, where there was no file before.
pub(crate) fn with_schema(old: &str, new: String) -> String {
    if old.is_empty() && !new.is_empty() { format!("{SCHEMA_LINE}\n{new}") } else { new }
}

/// Sees to it that the schema of this version stands beside a configuration file that there is, unless its text names another one.
/// It is replaced at once or not at all, and left alone where it is the same.
pub fn renew_schema(file: &Path) {
    let Ok(text) = super::text_of(file) else { return };
    let first = text.lines().next().unwrap_or_default().trim_end();
    if (text.is_empty() && !file.exists()) || (first.starts_with("#:schema") && first != SCHEMA_LINE) {
        return;
    }
    let beside = file.with_file_name(SCHEMA_FILE);
    let wanted = format!("{:#}\n", schema());
    let is_same = std::fs::metadata(&beside).is_ok_and(|known| known.len() == wanted.len() as u64)
        && std::fs::read_to_string(&beside).is_ok_and(|known| known == wanted);
    if is_same {
        return;
    }
    if let Err(error) = super::replace_file(&beside, &wanted, 0o600) {
        tracing::warn!(%error, file = %beside.display(), "the schema of the configuration was not written");
    }
}

/// What is to be done with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It gets a value: TOML (`3`, `true`, `["a"]`), or a plain text where a text is wanted.
    Set(String),
    /// It goes.
    Unset,
}

/// The text of the file after the change of `key`, which has dots.
///
/// # Errors
/// When the file is no TOML, when there is no such key, or the value does not fit.
pub fn edited(text: &str, key: &str, change: &Change) -> Result<String, Problem> {
    let invalid = |detail: String, hint: &str| Problem::new(ProblemCode::InvalidParams, detail).with_hint(hint);
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let first = error.message().lines().next().unwrap_or_default().to_owned();
        invalid(
            format!("The configuration file cannot be read: {first}."),
            "Mend it first; `aiia config check` shows where.",
        )
    })?;
    let path = toml_edit::Key::parse(key)
        .map_err(|_| invalid(format!("`{key}` is no key."), "Keys are written like `timeouts.idle`."))?;
    let (last, tables) = path.split_last().ok_or_else(|| invalid("The key is empty.".to_owned(), "Name one."))?;
    let mut table: &mut dyn toml_edit::TableLike = document.as_table_mut();
    for part in tables {
        let mut new = Table::new();
        new.set_implicit(true);
        let item = table.entry(part.get()).or_insert(Item::Table(new));
        table = item.as_table_like_mut().ok_or_else(|| {
            invalid(format!("`{}` is a value, not a section.", part.get()), "Look at it with `aiia config`.")
        })?;
    }
    match change {
        Change::Unset => {
            table.remove(last.get());
        }
        Change::Set(value) => {
            let text = Value::from(value.as_str());
            let parsed = value.parse::<Value>().unwrap_or_else(|_| text.clone());
            // `aiia config set model 4o` means a text, whatever it looks like. Where a text does not fit either, what was
            // written is what is wrong.
            let value = match misfit(&path, &parsed) {
                None => parsed,
                Some(_) if misfit(&path, &text).is_none() => text,
                Some(mistake) => return Err(invalid(mistake.message, &mistake.hint)),
            };
            match table.get_mut(last.get()).and_then(Item::as_value_mut) {
                // What stands behind it on the line stays.
                Some(old) => {
                    let decor = old.decor().clone();
                    *old = value;
                    *old.decor_mut() = decor;
                }
                None => {
                    table.insert(last.get(), Item::Value(value));
                }
            }
        }
    }
    Ok(document.to_string())
}

/// Why a file that only sets this would be wrong.
fn misfit(path: &[toml_edit::Key], value: &Value) -> Option<super::Mistake> {
    let key = key::joined(path.iter().map(toml_edit::Key::get));
    let mut plain = value.clone();
    plain.decor_mut().clear();
    read::read(&format!("{key} = {plain}\n"), &schema()).mistakes.into_iter().next()
}
