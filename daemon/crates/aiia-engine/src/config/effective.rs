//! Every value that is in force, and where it comes from.

use std::path::Path;

use aiia_protocol::config::{ConfigOrigin, ConfigValue};
use serde_json::Value;

use crate::models::{USUAL_ANSWER, USUAL_TEMPERATURE, built_in, with_scheme};

use super::{Config, PROJECT_FILE, ProjectConfig, Settings, key, put};

/// Every value that is in force, by key. Values that may hold secrets are masked.
pub fn effective(config: &Config, project: Option<(&Path, &ProjectConfig)>) -> Vec<ConfigValue> {
    let mut leaves = Vec::new();
    let mut all = serde_json::to_value(&config.settings).unwrap_or_default();
    add_usual(&mut all);
    add_built_in(&mut all, &config.settings);
    flatten(&all, "", &mut leaves);
    let mut values: Vec<ConfigValue> = leaves
        .into_iter()
        .map(|(key, value)| {
            let (origin, source) = origin(config, &key);
            ConfigValue { value: masked(&key, value), key, origin, source }
        })
        .collect();
    if let Some((folder, project)) = project {
        let file = folder.join(PROJECT_FILE);
        for (key, value, line) in of_folder(config, project) {
            if let Some(known) = values.iter_mut().find(|known| known.key == key) {
                known.value = value;
                known.origin = ConfigOrigin::ProjectFile;
                known.source = Some(format!("{}:{line}", file.display()));
            }
        }
    }
    values
}

/// Adds what holds of the settings of answers that nobody has set; some depend on the model, and are nothing here.
fn add_usual(settings: &mut Value) {
    let usual = [
        ("/parameters", "temperature", USUAL_TEMPERATURE.into()),
        ("/parameters", "max_tokens", USUAL_ANSWER.into()),
        ("/parameters", "stop", Value::Array(Vec::new())),
        ("/context", "budget", Value::Null),
        ("/context", "include", Value::Array(Vec::new())),
        ("/context", "exclude", Value::Array(Vec::new())),
    ];
    for (section, key, value) in usual {
        if let Some(section) = settings.pointer_mut(section).and_then(Value::as_object_mut) {
            section.entry(key).or_insert(value);
        }
    }
}

/// Adds what holds of the configured providers that the file does not say.
fn add_built_in(settings: &mut Value, configured: &Settings) {
    let presets = aiia_llm::presets();
    for (name, provider) in &configured.providers {
        let Some(section) = settings["providers"].get_mut(name) else { continue };
        for (path, value) in built_in(name, provider, &presets) {
            let place = path.split('.').try_fold(&mut *section, |place, part| place.get_mut(part));
            if let Some(place) = place.filter(|place| place.is_null() || place.as_array().is_some_and(Vec::is_empty)) {
                *place = value;
            }
        }
    }
}

/// What a folder sets that holds there, by key and with its line. The environment and the command line win over it: they are the
/// user's own word of this moment.
fn of_folder(config: &Config, project: &ProjectConfig) -> Vec<(String, Value, usize)> {
    let mut set = Vec::new();
    flatten(&serde_json::to_value(&project.settings).unwrap_or_default(), "", &mut set);
    set.into_iter()
        .filter_map(|(key, value)| {
            let line = project.places.iter().find(|place| place.key == key)?.line;
            (origin(config, &key).0 < ConfigOrigin::Environment).then_some((key, value, line))
        })
        .collect()
}

/// The settings that are in force in a folder, and the keys that it sets of them.
pub(crate) fn in_folder(config: &Config, project: &ProjectConfig) -> (Settings, Vec<String>) {
    let set = of_folder(config, project);
    let Ok(mut value) = serde_json::to_value(&config.settings) else { return (config.settings.clone(), Vec::new()) };
    let mut keys = Vec::new();
    for (key, new, _) in set {
        put(&mut value, &key, new);
        keys.push(key);
    }
    match serde_json::from_value(value) {
        Ok(settings) => (settings, keys),
        Err(error) => {
            tracing::warn!(%error, "the folder's settings are not used");
            (config.settings.clone(), Vec::new())
        }
    }
}

fn origin(config: &Config, key: &str) -> (ConfigOrigin, Option<String>) {
    // A flag may set a whole section.
    let sets =
        |flag: &&super::Flag| key.strip_prefix(&flag.key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if let Some(flag) = config.flags.iter().rev().find(sets) {
        return (ConfigOrigin::Flag, Some(flag.name.clone()));
    }
    if let Some((variable, _)) = config.variables.iter().find(|(_, known)| *known == key) {
        return (ConfigOrigin::Environment, Some((*variable).to_owned()));
    }
    match config.place(key) {
        Some(place) => (ConfigOrigin::File, Some(format!("{}:{}", config.file.display(), place.line))),
        None => (ConfigOrigin::Default, None),
    }
}

impl Config {
    /// Whether what the file says of `key` is in force.
    pub(crate) fn is_of_the_file(&self, key: &str) -> bool {
        origin(self, key).0 == ConfigOrigin::File
    }
}

fn flatten(value: &Value, path: &str, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                flatten(value, &key::below(path, name), leaves);
            }
        }
        leaf => leaves.push((path.to_owned(), leaf.clone())),
    }
}

/// A value as it may be shown: headers may hold keys, addresses passwords.
pub fn masked(key: &str, value: Value) -> Value {
    if !key.starts_with("providers.") {
        return value;
    }
    match &value {
        Value::String(text) if key.contains(".headers.") && !text.starts_with('$') => "[masked]".into(),
        Value::String(text) if key.ends_with(".base_url") => match url::Url::parse(&with_scheme(text)) {
            Ok(mut url) if !url.username().is_empty() || url.password().is_some() || url.query().is_some() => {
                let _ = url.set_username("");
                let _ = url.set_password(None);
                url.set_query(None);
                url.to_string().into()
            }
            Ok(_) => value,
            Err(_) if text.is_empty() => value,
            Err(_) => "[masked]".into(),
        },
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::masked;

    #[rstest]
    #[case("https://me:pw@host/v1?key=k", "https://host/v1")]
    #[case::without_a_scheme("me:pw@host/v1", "https://host/v1")]
    #[case::no_user(":pw@host:8080/v1", "https://host:8080/v1")]
    #[case::a_key("localhost:8080/v1?key=k", "http://localhost:8080/v1")]
    #[case::nothing_to_hide("localhost:8080/v1", "localhost:8080/v1")]
    #[case::no_address("https://me:pw@", "[masked]")]
    #[case::empty("", "")]
    fn addresses_are_shown_without_what_is_secret(#[case] address: &str, #[case] shown: &str) {
        assert_eq!(masked("providers.p.base_url", address.into()), shown);
    }
}
