//! The configuration file that the environment of a command names, where the daemon was started with another one.

use std::path::{Path, PathBuf};

use aiia_protocol::config::{Config, GetConfig};
use aiia_protocol::operation::ConfigGet;

use crate::client::Client;
use crate::exit::{self, Failure};
use crate::paths::Paths;

/// What to do where the daemon uses another file.
pub(super) const HINT: &str = "`aiia stop` ends the daemon; the next command starts it with that file.";

/// A file that is not the one of the daemon.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) named: PathBuf,
    used: PathBuf,
}

impl Other {
    /// The one that the command names, where it is not the one that `config` is of.
    ///
    /// # Errors
    /// When there is no place for a configuration file.
    pub(super) fn than(config: &Config) -> Result<Option<Self>, Failure> {
        let (named, used) = (Paths::from_environment()?.config_file, PathBuf::from(&config.file));
        Ok((real(&named) != real(&used)).then_some(Self { named, used }))
    }

    /// The one that the command names, where the daemon uses another one.
    ///
    /// # Errors
    /// As [`Other::than`], and when the daemon does not tell.
    pub(super) fn of(client: &mut Client) -> Result<Option<Self>, Failure> {
        Self::than(&client.call::<ConfigGet>(&GetConfig::default())?)
    }

    /// That it is another one, as a sentence.
    pub(super) fn sentence(&self) -> String {
        format!("The daemon uses {}, not {}.", self.used.display(), self.named.display())
    }
}

/// Whether a variable names the file.
pub(super) fn is_named() -> bool {
    std::env::var_os("AIIA_CONFIG").is_some_and(|named| !named.is_empty())
}

/// Refuses to change the file of the daemon where a variable names another one.
///
/// # Errors
/// When it does, and as [`Other::of`].
pub(super) fn require_same(client: &mut Client) -> Result<(), Failure> {
    match Other::of(client)? {
        Some(other) if is_named() => Err(Failure::new(exit::FAILED, other.sentence(), HINT)),
        _ => Ok(()),
    }
}

/// The file behind the links that lead there; it need not be there itself.
fn real(file: &Path) -> PathBuf {
    let behind = || Some(file.parent()?.canonicalize().ok()?.join(file.file_name()?));
    file.canonicalize().ok().or_else(behind).unwrap_or_else(|| file.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_by_whatever_way() {
        let home = tempfile::tempdir().unwrap();
        let (folder, link) = (home.path().join("a"), home.path().join("b"));
        std::fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        let (file, other) = (folder.join("c.toml"), link.join("../b/c.toml"));
        assert_eq!(real(&file), real(&other), "it is not there");
        std::fs::write(&file, "").unwrap();
        assert_eq!(real(&file), real(&other));
        assert_ne!(real(&file), real(&folder.join("d.toml")));
    }
}
