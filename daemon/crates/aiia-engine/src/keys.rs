//! Keys of providers: in the keyring of the system where there is one, else in a file that only the user can read. Each is
//! bound to the address it was given for, and goes to no other.

mod ring;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aiia_llm::Secret;
use aiia_protocol::config::KeyPlace;
use aiia_protocol::problem::{Problem, ProblemCode};
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use url::Url;

/// The longest key.
const MAX_KEY: usize = 8192;

/// A key that the keyring did not give is asked for again after so long at the earliest.
const ASK_AGAIN: Duration = Duration::from_mins(1);

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
    from_ring: Mutex<BTreeMap<String, FromRing>>,
    /// Whether the keyring is being asked.
    asking: watch::Sender<bool>,
    /// Held by who changes the file.
    changing: Mutex<()>,
}

/// What the keyring gave for a provider.
#[derive(Debug)]
enum FromRing {
    Key(Secret),
    /// Nothing, at that time.
    Nothing(Instant),
}

impl Keys {
    /// Keys kept in `data_dir`. `use_ring` says whether the keyring of the system may be asked.
    pub(crate) fn new(data_dir: &Path, use_ring: bool) -> Self {
        Self {
            file: data_dir.join("keys.json"),
            ring: ring::Ring::new(data_dir, use_ring),
            from_ring: Mutex::default(),
            asking: watch::Sender::new(false),
            changing: Mutex::default(),
        }
    }

    fn cached(&self) -> MutexGuard<'_, BTreeMap<String, FromRing>> {
        self.from_ring.lock()
    }

    /// The key of `provider` for the address `base_url`. One in the keyring is there once [`Keys::ask_ring`] has got it: the
    /// keyring may wait for its owner, who cannot be waited for here.
    pub(crate) fn get(&self, provider: &str, base_url: &str) -> Found {
        let Some(entry) = self.entries().remove(provider) else { return Found::None };
        if Some(&entry.host) != host(base_url).as_ref() {
            return Found::OtherHost(entry.host);
        }
        if let Some(key) = entry.key {
            return Found::Key(Secret::new(key));
        }
        match self.cached().get(provider) {
            Some(FromRing::Key(key)) => Found::Key(key.clone()),
            Some(FromRing::Nothing(_)) | None => Found::None,
        }
    }

    /// The providers whose keys the keyring has to be asked for.
    fn to_ask(&self) -> Vec<String> {
        if !self.ring.is_there() {
            return Vec::new();
        }
        let in_ring = self.entries().into_iter().filter(|(_, entry)| entry.key.is_none());
        let cached = self.cached();
        let wanted = |provider: &String| match cached.get(provider) {
            Some(FromRing::Key(_)) => false,
            Some(FromRing::Nothing(at)) => at.elapsed() >= ASK_AGAIN,
            None => true,
        };
        in_ring.map(|(provider, _)| provider).filter(wanted).collect()
    }

    /// Whether the keyring has to be asked for the key of `provider`.
    pub(crate) fn misses(&self, provider: &str) -> bool {
        self.to_ask().iter().any(|wanted| wanted == provider)
    }

    /// Whether there is something to ask the keyring for and nobody is doing so; the caller does it then, with
    /// [`Keys::ask_ring`] and [`Keys::asked`].
    pub(crate) fn begin_asking(&self) -> bool {
        !self.to_ask().is_empty() && self.asking.send_if_modified(|asking| !std::mem::replace(asking, true))
    }

    /// Asks the keyring, which may take its time. Whether there is a new key.
    pub(crate) fn ask_ring(&self) -> bool {
        let mut is_silent = false;
        let mut found = false;
        for provider in self.to_ask() {
            let began = Instant::now();
            // What did not answer once is locked, and asks its owner each time.
            let key = if is_silent { None } else { self.ring.get(&provider) };
            is_silent |= began.elapsed() >= ring::LIMIT;
            found |= key.is_some();
            self.cached().insert(provider, key.map_or_else(|| FromRing::Nothing(Instant::now()), FromRing::Key));
        }
        found
    }

    /// Says that what the keyring gave is in force.
    pub(crate) fn asked(&self) {
        self.asking.send_replace(false);
    }

    /// Waits, for a limited time, while the keyring is asked for the key of `provider`, or for any where none is named.
    pub(crate) async fn settled(&self, provider: Option<&str>) {
        let mut asking = self.asking.subscribe();
        let is_kept = |provider: &str| self.entries().get(provider).is_some_and(|entry| entry.key.is_none());
        if !*asking.borrow() || provider.is_some_and(|provider| !is_kept(provider)) {
            return;
        }
        let _ = tokio::time::timeout(ring::LIMIT, asking.wait_for(|asking| !asking)).await;
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
        let _alone = self.changing.lock();
        let mut entries = self.read()?;
        self.cached().remove(provider);
        let in_ring = self.ring.set(provider, key);
        entries.insert(provider.to_owned(), Entry { host, key: (!in_ring).then(|| key.to_owned()) });
        self.write(&entries)?;
        if in_ring {
            self.cached().insert(provider.to_owned(), FromRing::Key(Secret::new(key)));
            return Ok(KeyPlace::Keyring);
        }
        Ok(KeyPlace::File)
    }

    /// Forgets the key of `provider`. False when there was none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn delete(&self, provider: &str) -> Result<bool, Problem> {
        let _alone = self.changing.lock();
        let mut entries = self.read()?;
        let Some(entry) = entries.remove(provider) else { return Ok(false) };
        if entry.key.is_none() {
            self.ring.delete(provider);
        }
        self.cached().remove(provider);
        self.write(&entries)?;
        Ok(true)
    }

    /// What the file says; nothing where it cannot be read.
    fn entries(&self) -> BTreeMap<String, Entry> {
        self.read().unwrap_or_else(|problem| {
            tracing::warn!(%problem, "no key is known");
            BTreeMap::new()
        })
    }

    /// What the file says. Its content is in no error: it holds keys.
    fn read(&self) -> Result<BTreeMap<String, Entry>, Problem> {
        let unusable = |why: &str| {
            Problem::new(ProblemCode::StoreUnavailable, format!("{} cannot be read: {why}.", self.file.display()))
                .with_hint("Mend it, or move it away and give the keys again.")
        };
        match std::fs::read_to_string(&self.file) {
            Ok(text) => serde_json::from_str(&text).map_err(|_| unusable("it is no list of keys")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(unusable(&error.to_string())),
        }
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
    fn a_damaged_file_gives_no_keys_and_is_not_overwritten() {
        let (keys, folder) = keys();
        let file = folder.path().join("keys.json");
        std::fs::write(&file, "{ sk-2").unwrap();
        assert_eq!(keys.get("p", "https://h"), Found::None);
        let refused = [keys.set("p", "https://h", "sk-1").unwrap_err(), keys.delete("p").unwrap_err()];
        assert!(refused.iter().all(|problem| problem.detail.contains("cannot be read: it is no list of keys")));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{ sk-2");
    }

    #[test]
    fn keys_that_are_given_at_once_are_all_kept() {
        let (keys, _folder) = keys();
        let keys = &keys;
        std::thread::scope(|scope| {
            for number in 0..16 {
                scope.spawn(move || keys.set(&format!("p{number}"), "https://h", "sk-1").unwrap());
            }
        });
        assert_eq!(keys.list().len(), 16);
    }

    #[tokio::test]
    async fn the_keyring_is_asked_by_one_and_waited_for_by_who_needs_it() {
        let (mut keys, folder) = keys();
        std::fs::write(folder.path().join("keys.json"), r#"{"p": {"host": "https://h"}}"#).unwrap();
        assert!(!keys.begin_asking(), "there is no keyring");
        keys.ring = ring::Ring::of_tool("false");
        assert_eq!(keys.get("p", "https://h"), Found::None);
        assert!(keys.begin_asking() && !keys.begin_asking());
        {
            let waits = keys.settled(Some("p"));
            tokio::pin!(waits);
            assert!(futures::poll!(waits.as_mut()).is_pending());
            keys.settled(Some("other")).await;
            assert!(!keys.ask_ring());
            keys.asked();
            waits.await;
        }
        assert!(!keys.begin_asking(), "what failed is not asked for again at once");
        keys.ring = ring::Ring::of_tool("echo");
        keys.cached().clear();
        assert!(keys.begin_asking() && keys.ask_ring());
        assert!(matches!(keys.get("p", "https://h"), Found::Key(_)));
    }
}
