//! Reading the files of a workspace. The one place of this crate that does: an index is made of files by the thousand, and what a
//! caller handed in would be the same calls.
#![expect(clippy::disallowed_methods, reason = "the index reads the files it is made of")]

use super::FileTexts;
use super::patterns::IGNORE_FILE;
use super::walk::MAX_FILE_BYTES;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// No clock of a file system ticks slower.
pub(super) const TICK: Duration = Duration::from_secs(2);

/// Why a file has no text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoText {
    /// It cannot be read, or is none.
    Unreadable,
    /// It is binary or not in UTF-8.
    NotText,
}

/// The text of a file. One that grew over the limit since it was listed counts as unreadable.
pub(crate) fn read(path: &Path) -> Result<String, NoText> {
    // A pipe in the place of a file would wait for its writer.
    let metadata = std::fs::metadata(path).map_err(|_| NoText::Unreadable)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(NoText::Unreadable);
    }
    text_of(File::open(path).map_err(|_| NoText::Unreadable)?, metadata.len())
}

/// The text of what is read to its end, which may lie before or behind where it was `expected`, in bytes.
fn text_of(reader: impl Read, expected: u64) -> Result<String, NoText> {
    let mut bytes = Vec::with_capacity(expected as usize + 1);
    reader.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|_| NoText::Unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(NoText::Unreadable);
    }
    if memchr::memchr(0, &bytes).is_some() {
        return Err(NoText::NotText);
    }
    String::from_utf8(bytes).map_err(|_| NoText::NotText)
}

/// The files of a folder as they are on the disk.
#[derive(Debug)]
pub struct DiskTexts {
    /// The folder.
    pub root: PathBuf,
}

impl FileTexts for DiskTexts {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        read(&self.root.join(path)).ok().map(Arc::from)
    }
}

/// What tells an older state of a file from a newer one, though it be of the same length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Version {
    bytes: u64,
    modified: SystemTime,
    /// When anything of it changed last, which nobody can set back, and which file it is.
    changed: (Duration, u64),
}

impl Version {
    /// That of the file at a path as it is now; nothing where there is none.
    pub(super) fn of(path: &Path) -> Option<Version> {
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        Some(Version {
            bytes: metadata.len(),
            modified: metadata.modified().ok()?,
            changed: {
                use std::os::unix::fs::MetadataExt;
                let seconds = Duration::from_secs(metadata.ctime().unsigned_abs());
                (seconds + Duration::from_nanos(metadata.ctime_nsec().unsigned_abs()), metadata.ino())
            },
        })
    }

    /// Whether it has been like that for longer than `age`, as far as the clocks tell.
    pub(super) fn is_older_than(&self, age: Duration) -> bool {
        let latest = self.modified.max(SystemTime::UNIX_EPOCH + self.changed.0);
        latest.elapsed().is_ok_and(|since| since > age)
    }
}

/// What changes when a folder changes as a whole, by another branch or by patterns of what is left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Marks(Vec<Option<(SystemTime, u64)>>);

/// The marks of a folder as they are now.
pub(super) fn marks(root: &Path) -> Marks {
    let git = root.ancestors().map(|folder| folder.join(".git")).find_map(|git| {
        let metadata = std::fs::metadata(&git).ok()?;
        if metadata.is_dir() {
            return Some(git);
        }
        // A work tree beside the first one says where its own is.
        let text = read(&git).ok()?;
        Some(git.parent()?.join(text.strip_prefix("gitdir:")?.trim()))
    });
    let of_git = git.iter().flat_map(|git| [git.join("HEAD"), git.join("logs/HEAD")]);
    let files = of_git.chain([root.join(".gitignore"), root.join(IGNORE_FILE)]);
    let mark = |path: PathBuf| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    Marks(files.map(mark).collect())
}

/// The bytes of a file of the program's own.
pub(crate) fn load(path: &Path) -> Option<Vec<u8>> {
    std::fs::read(path).ok()
}

/// Writes a file of the program's own, all of it or nothing.
pub(crate) fn save(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    std::fs::write(&partial, bytes)?;
    std::fs::rename(&partial, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }

    #[rstest]
    #[case::shrunk("ab".as_bytes(), 4000, Ok("ab"))]
    #[case::grown("abcd".as_bytes(), 1, Ok("abcd"))]
    #[case::without_end(std::io::repeat(b'a'), 10, Err(NoText::Unreadable))]
    #[case::cut_in_a_character(&"é".as_bytes()[..1], 2, Err(NoText::NotText))]
    #[case::binary(&b"a\0b"[..], 3, Err(NoText::NotText))]
    #[case::failing(Failing, 3, Err(NoText::Unreadable))]
    fn what_changes_while_it_is_read_does_no_harm(
        #[case] reader: impl Read,
        #[case] expected: u64,
        #[case] text: Result<&str, NoText>,
    ) {
        assert_eq!(text_of(reader, expected), text.map(str::to_owned));
    }
}
