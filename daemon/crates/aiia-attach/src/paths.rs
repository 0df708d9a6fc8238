//! Where things are: the data directory, the configuration file, and what is inside the data directory.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aiia_protocol::problem::{Problem, ProblemCode};

/// The longest path that a Unix socket may surely have on every system.
const MAX_SOCKET_PATH: usize = 100;

/// The places of one installation. One daemon belongs to one data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Absolute path of the data directory.
    pub data_dir: PathBuf,
    /// Absolute path of the configuration file, which need not exist.
    pub config_file: PathBuf,
}

impl Paths {
    /// `AIIA_DATA_DIR` and `AIIA_CONFIG`, or the places that the XDG base directories give.
    pub fn from_environment() -> Result<Self, Problem> {
        Ok(Self {
            data_dir: match variable("AIIA_DATA_DIR") {
                Some(directory) => absolute(&directory)?,
                None => base("XDG_DATA_HOME", &[".local", "share"])?,
            },
            config_file: match variable("AIIA_CONFIG") {
                Some(file) => absolute(&file)?,
                None => base("XDG_CONFIG_HOME", &[".config"])?.join("config.toml"),
            },
        })
    }

    /// What belongs to the running daemon (mode 0700).
    pub fn run_dir(&self) -> PathBuf {
        self.data_dir.join("run")
    }

    /// What a client reads to find the daemon (mode 0600).
    pub fn runtime_file(&self) -> PathBuf {
        self.run_dir().join("daemon.json")
    }

    /// The port on which HTTP was served the last time.
    pub fn last_port_file(&self) -> PathBuf {
        self.run_dir().join("http.port")
    }

    /// Held by the one daemon as long as it lives.
    pub fn daemon_lock(&self) -> PathBuf {
        self.run_dir().join("daemon.lock")
    }

    /// Held by the client that is starting the daemon.
    pub fn start_lock(&self) -> PathBuf {
        self.run_dir().join("start.lock")
    }

    /// The log files.
    pub fn log_dir(&self) -> PathBuf {
        self.data_dir.join("logs")
    }

    /// The daemon's socket. Systems limit the length of its path, so a deep data directory gets one below the
    /// directory for temporary files.
    pub fn socket(&self) -> PathBuf {
        let near = self.run_dir().join("daemon.sock");
        if near.as_os_str().len() <= MAX_SOCKET_PATH {
            return near;
        }
        let uid = rustix::process::geteuid().as_raw();
        std::env::temp_dir().join(format!("aiia-{uid}-{:016x}", fnv(&self.data_dir))).join("daemon.sock")
    }

    /// Makes the data directory and what the daemon needs in it.
    pub fn prepare(&self) -> Result<(), Problem> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.data_dir)
            .map_err(|error| unusable(&self.data_dir, &error))?;
        private_directory(&self.run_dir())?;
        private_directory(&self.log_dir())?;
        let socket = self.socket();
        private_directory(socket.parent().unwrap_or(&self.data_dir))
    }
}

/// Makes `directory`, or makes sure that it is ours alone: no link, our own, mode 0700.
pub fn private_directory(directory: &Path) -> Result<(), Problem> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(directory, &error)),
        _ => {}
    }
    let mode = own_directory(directory)?;
    if mode & 0o777 != 0o700 {
        fs::set_permissions(directory, Permissions::from_mode(0o700)).map_err(|error| unusable(directory, &error))?;
    }
    Ok(())
}

/// Its mode, when `directory` is a directory of ours and no link.
fn own_directory(directory: &Path) -> Result<u32, Problem> {
    let metadata = fs::symlink_metadata(directory).map_err(|error| unusable(directory, &error))?;
    if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(Problem::new(
            ProblemCode::Forbidden,
            format!("{} is not a directory of this user, so nothing secret is put there.", directory.display()),
        )
        .with_hint("Remove it, or set AIIA_DATA_DIR to another directory."));
    }
    Ok(metadata.mode())
}

/// Refuses a directory that others could write to or look into; somebody else could then pose as the daemon.
pub fn require_private(directory: &Path) -> Result<(), Problem> {
    let others = 0o077;
    if own_directory(directory)? & others == 0 {
        return Ok(());
    }
    Err(Problem::new(
        ProblemCode::Forbidden,
        format!("{} is open to other users, so the daemon in it is not trusted.", directory.display()),
    )
    .with_hint(format!("Run `chmod 700 {}`.", directory.display())))
}

fn unusable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(ProblemCode::StoreUnavailable, format!("{} cannot be used: {error}.", path.display()))
        .with_hint("Set AIIA_DATA_DIR to a directory that can be written.")
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn absolute(path: &Path) -> Result<PathBuf, Problem> {
    std::path::absolute(path).map_err(|error| unusable(path, &error))
}

/// Our folder in the XDG base directory that the variable `name` gives, or in its usual place below the home directory.
fn base(name: &str, below_home: &[&str]) -> Result<PathBuf, Problem> {
    // The specification says that a relative path is to be ignored.
    if let Some(base) = variable(name).filter(|base| base.is_absolute()) {
        return Ok(base.join("aiia"));
    }
    let home = etcetera::home_dir().map_err(|_| {
        Problem::new(ProblemCode::StoreUnavailable, "There is no home directory to keep data in.")
            .with_hint("Set HOME, or AIIA_DATA_DIR and AIIA_CONFIG.")
    })?;
    Ok(below_home.iter().fold(home, |path, part| path.join(part)).join("aiia"))
}

/// FNV-1a: stable over versions of the program, which the standard library's hasher does not promise.
fn fnv(path: &Path) -> u64 {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(data_dir: &Path) -> Paths {
        Paths { data_dir: data_dir.to_owned(), config_file: data_dir.join("config.toml") }
    }

    #[test]
    fn a_long_data_directory_gets_a_short_socket() {
        let short = paths(Path::new("/data/aiia"));
        assert_eq!(short.socket(), Path::new("/data/aiia/run/daemon.sock"));
        let long = paths(&Path::new("/data").join("x".repeat(200)));
        assert!(long.socket().as_os_str().len() <= MAX_SOCKET_PATH, "{:?}", long.socket());
        let other = paths(&Path::new("/data").join("y".repeat(200)));
        assert_ne!(long.socket(), other.socket());
    }

    #[test]
    fn directories_are_closed_to_others() {
        let temp = tempfile::tempdir().unwrap();
        let paths = paths(&temp.path().join("deep/data"));
        paths.prepare().unwrap();
        fs::set_permissions(paths.run_dir(), Permissions::from_mode(0o755)).unwrap();
        assert!(require_private(&paths.run_dir()).is_err());
        paths.prepare().unwrap();
        assert_eq!(fs::metadata(paths.run_dir()).unwrap().mode() & 0o777, 0o700);
        require_private(&paths.run_dir()).unwrap();
    }

    #[test]
    fn a_link_or_a_file_in_place_of_the_directory_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let target = temp.path().join("elsewhere");
        fs::create_dir(&target).unwrap();
        std::os::unix::fs::symlink(&target, temp.path().join("link")).unwrap();
        fs::write(temp.path().join("file"), "").unwrap();
        for name in ["link", "file"] {
            assert_eq!(private_directory(&temp.path().join(name)).unwrap_err().code, ProblemCode::Forbidden, "{name}");
        }
    }
}
