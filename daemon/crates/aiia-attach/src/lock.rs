//! The locks that make the daemon of a data directory the only one. The system releases them when a process dies, so
//! nothing stale can be left behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::OFlags;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock when it is free; nothing when somebody holds it.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits for the lock; nothing when it was not free within `limit`.
    pub fn wait(path: &Path, limit: Duration) -> io::Result<Option<Self>> {
        if let Some(lock) = Self::take(path)? {
            return Ok(Some(lock));
        }
        let file = open(path)?;
        // The system offers no limit for the wait, so a thread waits. After the limit the receiver is gone, and the
        // lock is released the moment that the thread gets it.
        let (sender, receiver) = mpsc::sync_channel(0);
        std::thread::Builder::new().name("lock".to_owned()).stack_size(64 * 1024).spawn(move || {
            let result = file.lock().map(|()| Self { file });
            let _ = sender.send(result);
        })?;
        receiver.recv_timeout(limit).map_or(Ok(None), |result| result.map(Some))
    }
}

/// The longest word that is left in a lock.
const MAX_NOTE: usize = 64;

impl Lock {
    /// Leaves a word for those who wait, in place of the last one.
    pub fn note(&self, word: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all_at(word.as_bytes(), 0)
    }

    /// The word that the holder has left; nothing where there is none.
    pub fn noted(path: &Path) -> String {
        let mut word = String::new();
        let read = open(path).and_then(|file| file.take(MAX_NOTE as u64).read_to_string(&mut word));
        read.map_or_else(|_| String::new(), |_| word)
    }
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW.bits() as i32;
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("lock");
        let first = Lock::take(&path).unwrap();
        assert!(first.is_some());
        assert!(Lock::take(&path).unwrap().is_none());
        assert!(Lock::wait(&path, Duration::from_millis(20)).unwrap().is_none());
        drop(first);
        assert!(Lock::wait(&path, Duration::from_secs(10)).unwrap().is_some());
    }

    #[test]
    fn the_holder_leaves_a_word() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("lock");
        let lock = Lock::take(&path).unwrap().unwrap();
        assert_eq!(Lock::noted(&path), "");
        lock.note("opening").unwrap();
        assert_eq!(Lock::noted(&path), "opening");
        lock.note("").unwrap();
        assert_eq!(Lock::noted(&path), "");
    }

    #[test]
    fn a_waiting_one_gets_it_when_it_is_released() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("lock");
        let first = Lock::take(&path).unwrap();
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || Lock::wait(&path, Duration::from_secs(10)).unwrap().is_some()
        });
        drop(first);
        assert!(waiting.join().unwrap());
    }
}
