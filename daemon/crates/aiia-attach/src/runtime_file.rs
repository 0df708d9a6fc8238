//! The runtime file: how a client finds the daemon, and the secret that it shows.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use aiia_protocol::handshake::RuntimeFile;
use aiia_protocol::problem::{Problem, ProblemCode};
use rustix::fs::OFlags;

/// Far more than any runtime file has.
const MAX_BYTES: u64 = 16 * 1024;

/// Reads the runtime file; nothing when there is none.
///
/// # Errors
/// When somebody else could have written it or read its secret, or it makes no sense.
pub fn read(path: &Path) -> Result<Option<RuntimeFile>, Problem> {
    // Without O_NONBLOCK, a named pipe in its place would hold the client for ever.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) => {
            return Err(refused(path, &format!("is a symbolic link ({error})")));
        }
        Err(error) => return Err(refused(path, &format!("cannot be read ({error})"))),
    };
    let metadata = file.metadata().map_err(|error| refused(path, &format!("cannot be read ({error})")))?;
    if !metadata.is_file() {
        return Err(refused(path, "is not a regular file"));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused(path, "belongs to another user"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(refused(path, "can be read by other users"));
    }
    let mut text = String::new();
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| refused(path, &format!("cannot be read ({error})")))?;
    serde_json::from_str(&text).map(Some).map_err(|error| refused(path, &format!("makes no sense ({error})")))
}

/// Writes the runtime file with mode 0600 whatever the umask, as a whole or not at all.
pub fn write(path: &Path, content: &RuntimeFile) -> io::Result<()> {
    let new = path.with_extension("json.new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    serde_json::to_writer_pretty(&mut file, content)?;
    file.write_all(b"\n")?;
    drop(file);
    fs::rename(&new, path)
}

fn refused(path: &Path, why: &str) -> Problem {
    Problem::new(ProblemCode::Forbidden, format!("The runtime file {} {why}, so it is not trusted.", path.display()))
        .with_hint("Remove the file and try again; a running daemon has to be ended first.")
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn sample() -> RuntimeFile {
        RuntimeFile {
            pid: 7,
            version: "0.1.0".to_owned(),
            protocol: 1,
            socket: "/data/run/daemon.sock".to_owned(),
            http_port: Some(4242),
            token: "0".repeat(64),
            started_at: "2026-01-01T00:00:00Z".to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read_and_is_private() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("daemon.json");
        assert_eq!(read(&path).unwrap(), None);
        for _ in 0..2 {
            write(&path, &sample()).unwrap();
            assert_eq!(read(&path).unwrap(), Some(sample()));
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        }
    }

    fn check_refused(why: &str, spoil: impl FnOnce(&Path)) {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("daemon.json");
        write(&path, &sample()).unwrap();
        spoil(&path);
        let problem = read(&path).unwrap_err();
        assert!(problem.detail.contains(why), "{}", problem.detail);
        assert!(!problem.detail.contains(&sample().token));
    }

    #[test]
    fn a_file_that_others_could_have_touched_is_refused() {
        check_refused("read by other users", |path| fs::set_permissions(path, Permissions::from_mode(0o640)).unwrap());
        check_refused("symbolic link", |path| {
            let other = path.with_extension("other");
            fs::rename(path, &other).unwrap();
            symlink(other, path).unwrap();
        });
        check_refused("not a regular file", |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        });
        check_refused("makes no sense", |path| fs::write(path, "{").unwrap());
        check_refused("makes no sense", |path| fs::write(path, " ".repeat(40_000)).unwrap());
    }
}
