//! Values that are given on the command line of the daemon: they hold for its life and win over everything else.

use aiia_protocol::problem::Problem;
use serde_json::Value;

use super::{Change, Config, edited, key, read, schema};

/// A value that a flag of the command line gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The key, as [`key::shown_key`] gives it.
    pub(crate) key: String,
    /// A file that sets the key and nothing else.
    text: String,
    /// The flag as the user wrote it, without the value: `--port`.
    pub(crate) name: String,
}

impl Flag {
    /// The flag `name` gives `key` this value, which is written as in the file.
    ///
    /// # Errors
    /// When there is no such key, or the value does not fit.
    pub fn new(name: &str, key: &str, value: &str) -> Result<Self, Problem> {
        let text = edited("", key, &Change::Set(value.to_owned()))?;
        let key = key::shown_key(key).unwrap_or_else(|| key.to_owned());
        Ok(Self { key, text, name: name.to_owned() })
    }
}

impl Config {
    /// The same with the values that flags give; the last one of a key holds.
    #[must_use]
    pub fn with(mut self, flags: &[Flag]) -> Self {
        let Ok(mut value) = serde_json::to_value(&self.settings) else { return self };
        for flag in flags {
            lay(&mut value, read::read(&flag.text, &schema()).value);
        }
        match serde_json::from_value(value) {
            Ok(settings) => {
                self.settings = settings;
                self.flags = flags.to_vec();
            }
            Err(error) => self.problems.push(format!("The flags of the command line cannot be used: {error}.")),
        }
        self
    }
}

/// Lays one object over another.
fn lay(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                lay(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}
