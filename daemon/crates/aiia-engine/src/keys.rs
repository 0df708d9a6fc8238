//! Keys of providers: in the keyring of the system where there is one, else in a file that only the user can read. Each is
//! bound to the address it was given for, and goes to no other.

mod ring;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aiia_llm::Secret;
use aiia_protocol::config::KeyPlace;
use aiia_protocol::problem::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use url::Url;

/// The longest key.
const MAX_KEY: usize = 8192;

/// What the file says of one provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    /// Scheme, host and port.
    host: String,
    /// The key; absent when the keyring has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// A key that is there for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// This one.
    Key(Secret),
    /// There is one, for another address.
    OtherHost(String),
    /// There is none.
    None,
}

/// The keys of this installation.
#[derive(Debug)]
pub(crate) struct Keys {
    file: PathBuf,
    ring: ring::Ring,
    /// What the keyring gave, so that it is asked once.
    from_ring: Mutex<BTreeMap<String, Secret>>,
}

impl Keys {
    /// Keys kept in `data_dir`. `use_ring` says whether the keyring of the system may be asked.
    pub(crate) fn new(data_dir: &Path, use_ring: bool) -> Self {
        Self {
            file: data_dir.join("keys.json"),
            ring: ring::Ring::new(data_dir, use_ring),
            from_ring: Mutex::default(),
        }
    }

    fn cached(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.from_ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of `provider` for the address `base_url`.
    pub(crate) fn get(&self, provider: &str, base_url: &str) -> Found {
        let Some(entry) = self.entries().remove(provider) else { return Found::None };
        if Some(&entry.host) != host(base_url).as_ref() {
            return Found::OtherHost(entry.host);
        }
        if let Some(key) = entry.key {
            return Found::Key(Secret::new(key));
        }
        if let Some(key) = self.cached().get(provider) {
            return Found::Key(key.clone());
        }
        match self.ring.get(provider) {
            Some(key) => {
                self.cached().insert(provider.to_owned(), key.clone());
                Found::Key(key)
            }
            None => Found::None,
        }
    }

    /// All keys: provider, address, place.
    pub(crate) fn list(&self) -> Vec<(String, String, KeyPlace)> {
        self.entries()
            .into_iter()
            .map(|(provider, entry)| {
                let place = if entry.key.is_some() { KeyPlace::File } else { KeyPlace::Keyring };
                (provider, entry.host, place)
            })
            .collect()
    }

    /// Keeps a key.
    ///
    /// # Errors
    /// When it can be no key, or cannot be written.
    pub(crate) fn set(&self, provider: &str, base_url: &str, key: &str) -> Result<KeyPlace, Problem> {
        let key = key.trim();
        let wrong = |detail: &str| {
            Problem::new(ProblemCode::InvalidParams, detail).with_error("/key", "one line, as the provider gave it")
        };
        if key.is_empty() {
            return Err(wrong("The key is empty."));
        }
        if key.len() > MAX_KEY || key.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(wrong("That is no key: it has blanks or line breaks in it, or is far too long."));
        }
        let host = host(base_url).ok_or_else(|| wrong("The provider's address names no host."))?;
        self.cached().remove(provider);
        let in_ring = self.ring.set(provider, key);
        let mut entries = self.entries();
        entries.insert(provider.to_owned(), Entry { host, key: (!in_ring).then(|| key.to_owned()) });
        self.write(&entries)?;
        Ok(if in_ring { KeyPlace::Keyring } else { KeyPlace::File })
    }

    /// Forgets the key of `provider`. False when there was none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn delete(&self, provider: &str) -> Result<bool, Problem> {
        let mut entries = self.entries();
        let Some(entry) = entries.remove(provider) else { return Ok(false) };
        if entry.key.is_none() {
            self.ring.delete(provider);
        }
        self.cached().remove(provider);
        self.write(&entries)?;
        Ok(true)
    }

    fn entries(&self) -> BTreeMap<String, Entry> {
        let Ok(text) = std::fs::read_to_string(&self.file) else { return BTreeMap::new() };
        serde_json::from_str(&text).unwrap_or_else(|_| {
            // Its content is not logged: it holds keys.
            tracing::warn!(file = %self.file.display(), "the file of the keys cannot be read and counts as empty");
            BTreeMap::new()
        })
    }

    /// Replaces the file at once or not at all.
    fn write(&self, entries: &BTreeMap<String, Entry>) -> Result<(), Problem> {
        let text = serde_json::to_string_pretty(entries).unwrap_or_default();
        crate::config::replace_file(&self.file, &text, 0o600).map_err(|error| {
            Problem::new(ProblemCode::StoreUnavailable, format!("{} cannot be written: {error}.", self.file.display()))
                .with_hint("Check the space and the permissions of the data directory.")
        })
    }
}

/// Scheme, host and port of an address.
pub(crate) fn host(base_url: &str) -> Option<String> {
    let url = Url::parse(base_url).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn keys() -> (Keys, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        (Keys::new(folder.path(), false), folder)
    }

    #[test]
    fn a_key_goes_to_its_host_alone() {
        let (keys, folder) = keys();
        assert_eq!(keys.set("p", "https://api.example.org/v1", " sk-1\n").unwrap(), KeyPlace::File);
        assert_eq!(keys.get("p", "https://api.example.org/v2"), Found::Key(Secret::new("sk-1")));
        for other in ["https://evil.example/v1", "http://api.example.org/v1", "https://api.example.org:444/v1"] {
            assert_eq!(keys.get("p", other), Found::OtherHost("https://api.example.org".into()), "{other}");
        }
        assert_eq!(keys.get("q", "https://api.example.org/v1"), Found::None);
        let mode = std::fs::metadata(folder.path().join("keys.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(keys.delete("p").unwrap() && !keys.delete("p").unwrap());
        assert_eq!(keys.get("p", "https://api.example.org/v1"), Found::None);
    }

    #[test]
    fn what_is_no_key_is_not_kept() {
        let (keys, _folder) = keys();
        for key in ["", "  ", "two words", "a\nb", &"x".repeat(MAX_KEY + 1)] {
            assert!(keys.set("p", "https://h", key).is_err(), "{key:?}");
        }
        assert!(keys.set("p", "no address", "sk").is_err());
        assert!(keys.list().is_empty());
    }

    #[test]
    fn a_damaged_file_is_no_reason_to_fail() {
        let (keys, folder) = keys();
        std::fs::write(folder.path().join("keys.json"), "{ no").unwrap();
        assert_eq!(keys.get("p", "https://h"), Found::None);
        keys.set("p", "https://h", "sk-1").unwrap();
        assert_eq!(keys.list(), [("p".to_owned(), "https://h".to_owned(), KeyPlace::File)]);
    }
}
