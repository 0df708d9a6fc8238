//! An index between two runs of the program.

use super::WorkspaceIndex;
use super::facts::FileFacts;
use super::walk::Stamp;

/// Changes with the layout and with what is read from files, so that what an older program kept is read anew.
const FORMAT: &[u8; 8] = b"aiia-ix1";

/// A file as it was kept.
pub(crate) struct Kept {
    pub(crate) path: String,
    pub(crate) stamp: Stamp,
    pub(crate) facts: FileFacts,
}

/// The bytes to keep: of the files for which `stamp` knows when they were read.
pub(crate) fn write(index: &WorkspaceIndex, stamp: impl Fn(&str) -> Option<Stamp>) -> Vec<u8> {
    let mut out = FORMAT.to_vec();
    for (_, entry) in index.files() {
        let Some(stamp) = stamp(&entry.path) else { continue };
        put_text(&mut out, &entry.path);
        out.extend(stamp.bytes.to_le_bytes());
        out.extend(stamp.modified.to_le_bytes());
        entry.facts.write(&mut out);
    }
    let sum = checksum(&out);
    out.extend(sum.to_le_bytes());
    out
}

/// What was kept; nothing if the bytes are damaged or another program's.
pub(crate) fn read(bytes: &[u8]) -> Option<Vec<Kept>> {
    let (body, sum) = bytes.split_last_chunk::<8>()?;
    if !body.starts_with(FORMAT) || checksum(body) != u64::from_le_bytes(*sum) {
        return None;
    }
    let mut input = Input(&body[FORMAT.len()..]);
    let mut kept = Vec::new();
    while !input.0.is_empty() {
        let path = input.text()?.to_owned();
        let stamp = Stamp { bytes: input.u64()?, modified: input.u64()? };
        kept.push(Kept { path, stamp, facts: FileFacts::read(&mut input)? });
    }
    Some(kept)
}

fn checksum(bytes: &[u8]) -> u64 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

/// Bytes that are taken from the front. Every method gives nothing at the end.
pub(crate) struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    pub(super) fn text(&mut self) -> Option<&'b str> {
        let length = self.u32()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }

    /// A count of things of at least `size` bytes each: never more than there can be.
    pub(super) fn count(&mut self, size: usize) -> Option<usize> {
        let count = self.u32()? as usize;
        (count.checked_mul(size)? <= self.0.len()).then_some(count)
    }
}
