//! Reading the files of a workspace. The one place of this crate that does: an index is made of files by the thousand, and what a
//! caller handed in would be the same calls.
#![expect(clippy::disallowed_methods, reason = "the index reads the files it is made of")]

use super::walk::MAX_FILE_BYTES;
use std::fs::File;
use std::io::Read;
use std::path::Path;

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
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    let file = File::open(path).map_err(|_| NoText::Unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|_| NoText::Unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(NoText::Unreadable);
    }
    if memchr::memchr(0, &bytes).is_some() {
        return Err(NoText::NotText);
    }
    String::from_utf8(bytes).map_err(|_| NoText::NotText)
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
