//! `aiia config`: what is in force and where it comes from, and how to change it.

use aiia_protocol::Empty;
use aiia_protocol::config::{
    CheckConfig, Config, ConfigMistake, ConfigOrigin, GetConfig, Key, KeyPlace, KeyRef, SetKey, UpdateConfig,
};
use aiia_protocol::operation::{ConfigCheck, ConfigGet, ConfigSchema, ConfigUpdate, KeyDelete, KeyList, KeySet};
use serde_json::Value;

use crate::cli::arguments::{ConfigArguments, ConfigVerb};
use crate::cli::hidden_input;
use crate::cli::output::{self, Style, paint};
use crate::client::Client;
use crate::exit::{self, Failure};
use crate::paths::Paths;

/// The longest line that is read as a key.
const MAX_KEY: u64 = 16 * 1024;

pub(crate) fn run(arguments: &ConfigArguments) -> Result<u8, Failure> {
    let json = arguments.json;
    match &arguments.verb {
        None => show(arguments.all, json),
        Some(ConfigVerb::Set { key, value }) => update(key, Some(value.clone()), json),
        Some(ConfigVerb::Unset { key }) => update(key, None, json),
        Some(ConfigVerb::SetKey { provider }) => set_key(provider, json),
        Some(ConfigVerb::ForgetKey { provider }) => forget_key(provider, json),
        Some(ConfigVerb::Keys) => keys(json),
        Some(ConfigVerb::Check { file }) => check(file.as_deref(), json),
        Some(ConfigVerb::Schema) => {
            output::json(&Client::open()?.call::<ConfigSchema>(&Empty {})?.schema);
            Ok(exit::OK)
        }
        Some(ConfigVerb::Path) => {
            let file = Paths::from_environment()?.config_file.display().to_string();
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
        return Ok(exit::OK);
    }
    print(&config, all);
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

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "(not set)".to_owned(),
        other => other.to_string(),
    }
}

fn update(key: &str, value: Option<String>, json: bool) -> Result<u8, Failure> {
    let config = Client::open()?.call::<ConfigUpdate>(&UpdateConfig { key: key.to_owned(), value })?;
    if json {
        output::json(&config);
        return Ok(exit::OK);
    }
    match config.values.iter().find(|known| known.key == key) {
        Some(known) => {
            let over = match (known.origin, &known.source) {
                (ConfigOrigin::Environment | ConfigOrigin::Flag, Some(winner)) => {
                    format!(", but {winner} wins over it")
                }
                _ => String::new(),
            };
            output::note(&format!("{key} = {}{over}", plain(&known.value)));
        }
        None => output::note(&format!("{key} is not set in {}.", config.file)),
    }
    for problem in &config.problems {
        output::note(problem);
    }
    Ok(exit::OK)
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
    let line = hidden_input::read_line(&format!("The key of {provider} (it is not shown), then Enter:"), MAX_KEY)
        .map_err(|error| Failure::local(format!("The key cannot be read: {error}.")))?;
    let key = line.trim().to_owned();
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

fn check(file: Option<&std::path::Path>, json: bool) -> Result<u8, Failure> {
    let shown = match file {
        Some(file) => file.to_path_buf(),
        None => Paths::from_environment()?.config_file,
    };
    let text = match file {
        Some(file) => Some(
            std::fs::read_to_string(file)
                .map_err(|error| Failure::local(format!("{} cannot be read: {error}.", file.display())))?,
        ),
        None => None,
    };
    let project = file.is_some_and(|file| file.file_name().is_some_and(|name| name == ".aiia.toml"));
    let result = Client::open()?.call::<ConfigCheck>(&CheckConfig { text, project })?;
    if json {
        output::json(&result);
    } else {
        for mistake in &result.mistakes {
            output::line(&format!("{}:{}", shown.display(), sentence(mistake)));
        }
        if result.mistakes.is_empty() {
            output::note("Nothing is wrong.");
        }
    }
    Ok(if result.mistakes.is_empty() { exit::OK } else { exit::FAILED })
}

fn sentence(mistake: &ConfigMistake) -> String {
    let hint = mistake.hint.as_deref().unwrap_or_default();
    format!("{}: {} {hint}", mistake.line, mistake.message).trim().to_owned()
}
