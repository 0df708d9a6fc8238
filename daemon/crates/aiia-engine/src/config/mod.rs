//! The configuration: what is built in, the file, the folder's file, the environment. What is wrong with a file is
//! reported with its line, and the rest of it is used.

mod effective;
mod flag;
mod key;
mod names;
mod project;
mod read;
mod settings;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use serde_json::{Value, json};

pub(crate) use effective::in_folder;
pub use effective::{effective, masked};
pub use flag::Flag;
pub(crate) use key::joined as joined_key;
pub use key::shown_key;
pub use project::{PROJECT_FILE, ProjectConfig};
use read::Place;
pub use read::{Mistake, schema};
pub use settings::{
    Cache, Daemon, Dialect, Embedded, History, HistoryStrategy, Price, Privacy, ProjectSettings, Provider, Quirks,
    Roles, Settings, Timeouts,
};
pub(crate) use write::with_schema;
pub use write::{Change, edited, renew_schema};

/// The longest configuration file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

/// Variables of the environment that win over a key of the file.
pub(crate) const VARIABLES: &[(&str, &str)] = &[("AIIA_MODEL", "model"), ("AIIA_MODEL_FILE", "embedded.path")];

/// The configuration as it is in force.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The values.
    pub settings: Settings,
    /// What is wrong with the file, one sentence each, with the line.
    pub problems: Vec<String>,
    /// The same with places.
    pub mistakes: Vec<Mistake>,
    /// The keys that the file sets, and the sections that it has.
    places: Vec<Place>,
    /// The variables of the environment that win over a key.
    pub(crate) variables: Vec<(&'static str, &'static str)>,
    /// The flags of the command line that win over everything.
    pub(crate) flags: Vec<Flag>,
    /// The file.
    pub(crate) file: PathBuf,
}

/// What tells a changed file from an unchanged one.
pub(crate) type Stamp = Option<(SystemTime, u64)>;

/// The stamp of a file; `None` where there is none.
pub(crate) fn stamp(file: &Path) -> Stamp {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

impl Config {
    /// Reads the file; variables of the environment win over it, and flags over both.
    pub fn load(file: &Path, environment: &BTreeMap<String, String>, flags: &[Flag]) -> Self {
        let config = match text_of(file) {
            Ok(text) => Self::of(&text, file, environment),
            Err(problem) => Self { problems: vec![problem], ..Self::of("", file, environment) },
        };
        config.with(flags)
    }

    /// The configuration that a file with this text gives.
    pub fn of(text: &str, file: &Path, environment: &BTreeMap<String, String>) -> Self {
        let mut reading = read::read(text, &schema());
        let shown = file.display();
        let mut problems: Vec<String> = reading.mistakes.iter().map(|mistake| mistake.sentence(file)).collect();
        let mut variables = Vec::new();
        for (variable, key) in VARIABLES {
            if let Some(value) = environment.get(*variable).filter(|value| !value.is_empty()) {
                put(&mut reading.value, key, json!(value));
                variables.push((*variable, *key));
            }
        }
        let settings = serde_json::from_value(reading.value).unwrap_or_else(|error| {
            problems.push(format!("{shown}: {error}."));
            Settings::default()
        });
        Self {
            settings,
            problems,
            mistakes: reading.mistakes,
            places: reading.places,
            variables,
            flags: Vec::new(),
            file: file.to_owned(),
        }
    }

    /// Where the file sets `key`, or has that section.
    pub(crate) fn place(&self, key: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.key == key)
    }

    /// The text of the configuration file at `file`, empty where there is none.
    ///
    /// # Errors
    /// A sentence that says why it cannot be read.
    pub fn text(file: &Path) -> Result<String, String> {
        text_of(file)
    }

    /// Whether the file could not be read as a whole: what was in force before is better than its rest.
    pub(crate) fn is_broken(&self) -> bool {
        self.mistakes.iter().any(|mistake| mistake.is_syntax)
            || (self.problems.len() > self.mistakes.len() && self.mistakes.is_empty())
    }
}

/// The text of a file, empty where there is none.
fn text_of(file: &Path) -> Result<String, String> {
    let failed = |why: &dyn std::fmt::Display| format!("{} cannot be read: {why}.", file.display());
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.len() > MAX_BYTES => return Err(failed(&"it is larger than 1 MiB")),
        Ok(metadata) if !metadata.is_file() => return Err(failed(&"it is no file")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // What is to be there later is not replaced by a file of ours meanwhile.
            if let Ok(target) = std::fs::read_link(file) {
                return Err(failed(&format_args!("it links to {}, which is not there", target.display())));
            }
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&error)),
        _ => {}
    }
    match std::fs::read(file).map(String::from_utf8) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => {
            let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = sound.split(|byte| *byte == b'\n').count();
            Err(failed(&format!("line {line} is no UTF-8 text")))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(failed(&error)),
    }
}

/// How many files this process has replaced.
static REPLACED: AtomicU64 = AtomicU64::new(0);

/// Replaces a file at once or not at all, with these permissions.
pub(crate) fn replace_file(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    // A link stays a link.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    // Two that replace it at once have two of them; the later one stays.
    let number = REPLACED.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}-{number}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let _ = std::fs::remove_file(&temporary);
    let result =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&temporary, &path)
        });
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

/// Puts a value in at a key with dots.
fn put(object: &mut Value, key: &str, value: Value) {
    let mut place = object;
    for part in key.split('.') {
        place = &mut place[part];
    }
    *place = value;
}

#[cfg(test)]
mod tests;
