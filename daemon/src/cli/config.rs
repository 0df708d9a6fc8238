//! `aiia config`: what is in force and where it comes from, and how to change it.

use std::iter;
use std::path::Path;

use aiia_engine::config::{Config as Text, PROJECT_FILE, renew_schema, shown_key};
use aiia_protocol::Empty;
use aiia_protocol::config::{
    CheckConfig, Config, ConfigMistake, ConfigOrigin, GetConfig, Key, KeyPlace, KeyRef, SetKey, UpdateConfig,
};
use aiia_protocol::operation::{ConfigCheck, ConfigGet, ConfigSchema, ConfigUpdate, KeyDelete, KeyList, KeySet};
use serde_json::Value;

use crate::cli::arguments::{ConfigArguments, ConfigVerb};
use crate::cli::hidden_input;
use crate::cli::missed;
use crate::cli::output::{self, Style, paint};
use crate::client::Client;
use crate::exit::{self, Failure};
use crate::paths::Paths;

use self::named_file::Other;

mod named_file;

/// The longest line that is read as a key.
const MAX_KEY: u64 = 16 * 1024;

pub(crate) fn run(arguments: &ConfigArguments) -> Result<u8, Failure> {
    let json = arguments.json;
    match &arguments.verb {
        None => show(arguments.all, json),
        Some(ConfigVerb::Set { key, value }) => set(key, value, json),
        Some(ConfigVerb::Unset { key }) => unset(key, json),
        Some(ConfigVerb::SetKey { provider }) => set_key(provider, json),
        Some(ConfigVerb::ForgetKey { provider }) => forget_key(provider, json),
        Some(ConfigVerb::Keys) => keys(json),
        Some(ConfigVerb::Check { file }) => check(file.as_deref(), json),
        Some(ConfigVerb::Schema) => {
            output::json(&Client::open()?.call::<ConfigSchema>(&Empty {})?.schema);
            Ok(exit::OK)
        }
        Some(ConfigVerb::Path) => {
            let file = Paths::from_environment()?.config_file;
            renew_schema(&file);
            let file = file.display().to_string();
            if json {
                output::json(&serde_json::json!({ "path": file }));
            } else {
                output::line(&file);
            }
            Ok(exit::OK)
        }
    }
}

fn show(all: bool, json: bool) -> Result<u8, Failure> {
    let folder = std::env::current_dir().ok().map(|folder| folder.display().to_string());
    let config = Client::open()?.call::<ConfigGet>(&GetConfig { folder })?;
    if json {
        output::json(&config);
    } else {
        print(&config, all);
    }
    note_other(Other::than(&config)?.as_ref());
    Ok(exit::OK)
}

fn print(config: &Config, all: bool) {
    let shown = config.values.iter().filter(|one| all || one.origin != ConfigOrigin::Default);
    let mut count = 0;
    for value in shown {
        count += 1;
        let origin = match value.origin {
            ConfigOrigin::Default => "built in",
            ConfigOrigin::File | ConfigOrigin::ProjectFile | ConfigOrigin::Environment | ConfigOrigin::Flag => {
                value.source.as_deref().unwrap_or_default()
            }
        };
        let key = paint(&value.key, Style::Heading);
        output::painted_line(&format!(
            "{key} = {}  {}",
            paint(&plain(&value.value), Style::Good),
            paint(origin, Style::Faint)
        ));
    }
    if count == 0 {
        output::note(&format!("Nothing is configured in {}; what is built in holds (--all shows it).", config.file));
    }
    for problem in &config.problems {
        output::note(problem);
    }
}

/// Says that the daemon uses another file than the command names.
fn note_other(other: Option<&Other>) {
    if let Some(other) = other {
        output::note(&format!("{} {}", other.sentence(), named_file::HINT));
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "(not set)".to_owned(),
        other => other.to_string(),
    }
}

fn set(key: &str, value: &str, json: bool) -> Result<u8, Failure> {
    let params = UpdateConfig { key: key.to_owned(), value: Some(value.to_owned()) };
    let mut client = Client::open()?;
    named_file::require_same(&mut client)?;
    changed(key, &client.call::<ConfigUpdate>(&params)?, json, None)
}

fn unset(key: &str, json: bool) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    named_file::require_same(&mut client)?;
    let before = client.call::<ConfigGet>(&GetConfig::default())?;
    let config = client.call::<ConfigUpdate>(&UpdateConfig { key: key.to_owned(), value: None })?;
    changed(key, &config, json, Some(&before))
}

/// Tells what `key` is now; `before` is what there was before it was taken out.
fn changed(key: &str, config: &Config, json: bool, before: Option<&Config>) -> Result<u8, Failure> {
    note_other(Other::than(config)?.as_ref());
    if json {
        output::json(config);
        return Ok(exit::OK);
    }
    let key = shown_key(key).unwrap_or_else(|| key.to_owned());
    output::note(&match before {
        None => now(&key, config),
        Some(before) => taken_out(&key, before, config),
    });
    for problem in &config.problems {
        output::note(problem);
    }
    Ok(exit::OK)
}

/// What is in force of `key`, which has been set.
fn now(key: &str, config: &Config) -> String {
    match config.values.iter().find(|known| known.key == key) {
        Some(known) => {
            let over = match (known.origin, &known.source) {
                (ConfigOrigin::Environment | ConfigOrigin::Flag, Some(winner)) => {
                    format!(", but {winner} wins over it")
                }
                _ => String::new(),
            };
            format!("{key} = {}{over}", plain(&known.value))
        }
        None => format!("{key} is set in {}.", config.file),
    }
}

/// That `key`, a value or a section, is not in the file any more, and what holds now.
fn taken_out(key: &str, before: &Config, config: &Config) -> String {
    let is_below = |known: &str| known.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let mut had = before.values.iter().filter(|known| is_below(&known.key));
    let file = &config.file;
    let what = if had.any(|known| known.origin == ConfigOrigin::File) {
        format!("{key} was taken out of {file}")
    } else {
        format!("{key} is not in {file}")
    };
    match config.values.iter().find(|known| known.key == key && !known.value.is_null()) {
        Some(known) => format!("{what}; {} is in force.", plain(&known.value)),
        None => format!("{what}."),
    }
}

fn set_key(provider: &str, json: bool) -> Result<u8, Failure> {
    let key = read_key(provider)?;
    let kept = Client::open()?.call::<KeySet>(&SetKey { provider: provider.to_owned(), key })?;
    if json {
        output::json(&kept);
    } else {
        output::note(&format!("The key of {} is kept {}, for {} alone.", kept.provider, place(&kept), kept.host));
    }
    Ok(exit::OK)
}

fn forget_key(provider: &str, json: bool) -> Result<u8, Failure> {
    Client::open()?.call::<KeyDelete>(&KeyRef { provider: provider.to_owned() })?;
    if json {
        output::json(&Empty {});
    } else {
        output::note(&format!("The key of {provider} is forgotten."));
    }
    Ok(exit::OK)
}

/// Reads a line from the standard input; a terminal does not show it. A key on the command line would stand in the list of
/// processes and in the history of the shell.
fn read_key(provider: &str) -> Result<String, Failure> {
    let (line, goes_on) =
        hidden_input::read_line(&format!("The key of {provider} (it is not shown), then Enter:"), MAX_KEY)
            .map_err(|error| Failure::local(format!("The key cannot be read: {error}.")))?;
    let key = line.trim().to_owned();
    if goes_on {
        return Err(Failure::usage(
            "There is more than one line on the standard input.",
            "A key is one line: pipe that one alone, such as by `head -n 1`.",
        ));
    }
    if key.is_empty() {
        return Err(Failure::usage(
            "There is no key on the standard input.",
            "Type it, or pipe it: `pass show x | aiia config set-key x`.",
        ));
    }
    Ok(key)
}

fn place(key: &Key) -> &'static str {
    match key.place {
        KeyPlace::Environment => "in the environment",
        KeyPlace::Keyring => "in the keyring",
        KeyPlace::File => "in a file that only you can read",
    }
}

fn keys(json: bool) -> Result<u8, Failure> {
    let list = Client::open()?.call::<KeyList>(&Empty {})?;
    if json {
        output::json(&list);
        return Ok(exit::OK);
    }
    for key in &list.items {
        let about = paint(&format!("{}, for {}", place(key), key.host), Style::Faint);
        output::painted_line(&format!("{}  {about}", paint(&key.provider, Style::Heading)));
    }
    if list.items.is_empty() {
        output::note("There are no keys. `aiia config set-key PROVIDER` keeps one.");
    }
    Ok(exit::OK)
}

fn check(file: Option<&Path>, json: bool) -> Result<u8, Failure> {
    let mut client = Client::open()?;
    let other = if file.is_none() { Other::of(&mut client)? } else { None };
    note_other(other.as_ref());
    let shown = match file {
        Some(file) => file.to_path_buf(),
        None => Paths::from_environment()?.config_file,
    };
    let (text, unreadable) = match (file, &other) {
        (Some(file), _) => (
            Some(
                std::fs::read_to_string(file)
                    .map_err(|error| Failure::local(format!("{} cannot be read: {error}.", file.display())))?,
            ),
            None,
        ),
        (None, Some(other)) => match Text::text(&other.named) {
            Ok(text) => (Some(text), None),
            Err(why) => (Some(String::new()), Some(of_all(why, None))),
        },
        (None, None) => (None, None),
    };
    let project = file.is_some_and(|file| file.file_name().is_some_and(|name| name == PROJECT_FILE));
    let mut result = client.call::<ConfigCheck>(&CheckConfig { text, project })?;
    result.mistakes.extend(unreadable);
    if file.is_none() {
        result.mistakes.extend(named_and_absent(&shown));
    }
    // Without a file it is the configuration in force that is asked about, which the folder has a part in.
    let of_folder = match file {
        None => folder_mistakes(&mut client)?,
        Some(_) => Vec::new(),
    };
    if json {
        let named = |one: ConfigMistake| ConfigMistake { message: format!("{PROJECT_FILE}: {}", one.message), ..one };
        result.mistakes.extend(of_folder.iter().cloned().map(named));
        output::json(&result);
    } else {
        for mistake in &result.mistakes {
            output::line(&format!("{}:{}", shown.display(), sentence(mistake)));
        }
        for mistake in &of_folder {
            output::line(&format!("{PROJECT_FILE}:{}", sentence(mistake)));
        }
        if result.mistakes.is_empty() && of_folder.is_empty() {
            output::note("Nothing is wrong.");
        }
        let told = result.mistakes.iter().flat_map(|one| iter::once(one.message.as_str()).chain(one.hint.as_deref()));
        if let Some(hint) = missed::hint(told) {
            output::note(&hint);
        }
    }
    Ok(if result.mistakes.is_empty() && of_folder.is_empty() { exit::OK } else { exit::FAILED })
}

/// A mistake that is of no place in the file.
fn of_all(message: String, hint: Option<&str>) -> ConfigMistake {
    ConfigMistake { line: 1, start: 0, end: 0, message, hint: hint.map(str::to_owned) }
}

/// That a variable names a file which is not there: one that nobody names need not be.
fn named_and_absent(file: &Path) -> Option<ConfigMistake> {
    let is_absent = std::fs::symlink_metadata(file).is_err();
    let hint = "Correct the variable, or make the file, such as by `aiia config set`.";
    (named_file::is_named() && is_absent)
        .then(|| of_all("There is no such file, though AIIA_CONFIG names it.".to_owned(), Some(hint)))
}

/// What is wrong with the file of the folder that the command is given in.
fn folder_mistakes(client: &mut Client) -> Result<Vec<ConfigMistake>, Failure> {
    let Ok(text) = std::fs::read_to_string(PROJECT_FILE) else { return Ok(Vec::new()) };
    Ok(client.call::<ConfigCheck>(&CheckConfig { text: Some(text), project: true })?.mistakes)
}

fn sentence(mistake: &ConfigMistake) -> String {
    let hint = mistake.hint.as_deref().unwrap_or_default();
    format!("{}: {} {hint}", mistake.line, mistake.message).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn config(values: &[(&str, Value, ConfigOrigin)]) -> Config {
        let value = |(key, value, origin): &(&str, Value, ConfigOrigin)| aiia_protocol::config::ConfigValue {
            key: (*key).to_owned(),
            value: value.clone(),
            origin: *origin,
            source: Some("VARIABLE".to_owned()),
        };
        Config { file: "c".to_owned(), values: values.iter().map(value).collect(), problems: Vec::new() }
    }

    #[rstest]
    #[case::set(ConfigOrigin::File, "prices.\"a/*\".input = 0.5")]
    #[case::in_vain(ConfigOrigin::Environment, "prices.\"a/*\".input = 0.5, but VARIABLE wins over it")]
    fn what_was_set_is_told(#[case] origin: ConfigOrigin, #[case] expected: &str) {
        let key = "prices.\"a/*\".input";
        assert_eq!(now(key, &config(&[(key, json!(0.5), origin)])), expected);
    }

    #[rstest]
    #[case("timeouts.idle", "timeouts.idle was taken out of c; 60 is in force.")]
    #[case("timeouts.connect", "timeouts.connect is not in c; 5 is in force.")]
    #[case("prices.\"a/*\"", "prices.\"a/*\" was taken out of c.")]
    #[case("price", "price is not in c.")]
    #[case("model", "model was taken out of c.")]
    fn what_was_taken_out_is_told(#[case] key: &str, #[case] expected: &str) {
        use ConfigOrigin::{Default, File};
        let connect = ("timeouts.connect", json!(5), Default);
        let before = config(&[
            ("timeouts.idle", json!(9), File),
            connect.clone(),
            ("prices.\"a/*\".input", json!(1), File),
            ("model", json!("a/b"), File),
        ]);
        let after = config(&[("timeouts.idle", json!(60), Default), connect, ("model", Value::Null, Default)]);
        assert_eq!(taken_out(key, &before, &after), expected);
    }
}
