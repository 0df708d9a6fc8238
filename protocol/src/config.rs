//! The configuration: what is in force, where it comes from, and the keys of providers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a value comes from. A later one wins over an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfigOrigin {
    /// It is built in.
    Default,
    /// The configuration file.
    File,
    /// The file `.aiia.toml` of the folder.
    ProjectFile,
    /// A variable of the environment.
    Environment,
    /// A flag of the daemon's command line.
    Flag,
}

/// A value that is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigValue {
    /// Its key, such as `timeouts.idle`.
    pub key: String,
    /// The value; what may hold a secret is masked.
    pub value: Value,
    /// Where it comes from.
    pub origin: ConfigOrigin,
    /// The file with the line, the variable, or the flag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Parameters of `config.get`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GetConfig {
    /// Absolute path of the folder whose `.aiia.toml` counts, too.
    pub folder: Option<String>,
}

/// The configuration that is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Config {
    /// The configuration file, which need not exist.
    pub file: String,
    /// Every value.
    pub values: Vec<ConfigValue>,
    /// What is wrong, one sentence each.
    pub problems: Vec<String>,
}

/// Parameters of `config.update`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateConfig {
    /// The key, such as `timeouts.idle`.
    pub key: String,
    /// Its value as it would stand in the file; a text needs no quotes. Without a value the key is taken out of the file.
    #[serde(default)]
    pub value: Option<String>,
}

/// Parameters of `config.check`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CheckConfig {
    /// The text to check; the configuration file where absent.
    pub text: Option<String>,
    /// Whether it is that of a folder's `.aiia.toml`.
    pub project: bool,
}

/// The result of `config.check`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigCheck {
    /// What is wrong, in the order of the file.
    pub mistakes: Vec<ConfigMistake>,
}

/// Something that is wrong with a configuration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigMistake {
    /// The line, from 1.
    pub line: u64,
    /// Where it begins in the text, in bytes.
    pub start: u64,
    /// Where it ends in the text, in bytes.
    pub end: u64,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The JSON schema of the configuration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigSchema {
    /// The schema.
    pub schema: Value,
}

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    /// In a variable of the environment.
    Environment,
    /// In the keyring of the system.
    Keyring,
    /// In a file that only its user can read.
    File,
}

/// A key that aiia knows of. The key itself is never told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// The provider.
    pub provider: String,
    /// The scheme, host and port that it is sent to, and to no other.
    pub host: String,
    /// Where it is kept.
    pub place: KeyPlace,
}

/// The result of `key.list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyList {
    /// The keys.
    pub items: Vec<Key>,
}

/// Parameters of `key.set`.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetKey {
    /// The provider.
    pub provider: String,
    /// Its key.
    pub key: String,
}

impl std::fmt::Debug for SetKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetKey").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// Parameters of `key.delete`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRef {
    /// The provider.
    pub provider: String,
}
