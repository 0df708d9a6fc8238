//! An index between two runs of the program: the arrays of its packed form as they are.

use super::packed::{FileRecord, FileState, Packed};
use super::walk::Stamp;
use std::hash::Hasher;

/// Changes with the layout and with what is read from files, so that what an older program kept is read anew.
const FORMAT: &[u8; 8] = b"aiia-ix7";

/// The bytes to keep.
pub(super) fn write(packed: &Packed) -> Vec<u8> {
    let mut out = FORMAT.to_vec();
    put_length(&mut out, packed.files.len());
    for file in &packed.files {
        for number in [file.path, file.definitions, file.blocks, file.mentions, file.mentioned, file.content] {
            out.extend(number.to_le_bytes());
        }
        out.extend(file.stamp.bytes.to_le_bytes());
        out.extend(file.stamp.modified.to_le_bytes());
        out.push(file.state as u8);
    }
    for numbers in [&packed.names, &packed.text_starts, &packed.definer_starts, &packed.definers, &packed.blocks] {
        put_length(&mut out, numbers.len());
        for number in numbers {
            out.extend(number.to_le_bytes());
        }
    }
    put_length(&mut out, packed.mentioned_in.len());
    for number in &packed.mentioned_in {
        out.extend(number.to_le_bytes());
    }
    for bytes in
        [packed.paths.as_bytes(), packed.texts.as_bytes(), &packed.text_lengths, &packed.definitions, &packed.mentions]
    {
        put_length(&mut out, bytes.len());
        out.extend(bytes);
    }
    let sum = checksum(&out);
    out.extend(sum.to_le_bytes());
    out
}

/// What was kept; nothing if the bytes are damaged or another program's.
pub(super) fn read(bytes: &[u8]) -> Option<Packed> {
    let (body, sum) = bytes.split_last_chunk::<8>()?;
    if !body.starts_with(FORMAT) || checksum(body) != u64::from_le_bytes(*sum) {
        return None;
    }
    let mut input = Input(&body[FORMAT.len()..]);
    let files = input.array::<FILE_BYTES>()?.iter().map(file).collect::<Option<_>>()?;
    let mut numbers = || Some(input.array::<4>()?.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect());
    let [names, text_starts, definer_starts, definers, blocks] =
        [numbers()?, numbers()?, numbers()?, numbers()?, numbers()?];
    let mentioned_in = input.array::<2>()?.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect();
    let mut text = || Some(std::str::from_utf8(input.bytes()?).ok()?.to_owned());
    let (paths, texts) = (text()?, text()?);
    let mut bytes = || Some(input.bytes()?.to_owned());
    let (text_lengths, definitions, mentions) = (bytes()?, bytes()?, bytes()?);
    let packed = Packed {
        files,
        paths,
        names,
        text_lengths,
        text_starts,
        texts,
        mentioned_in,
        definer_starts,
        definers,
        blocks,
        definitions,
        mentions,
        undefined: Vec::new(),
    };
    (input.0.is_empty() && packed.is_sound()).then_some(packed)
}

/// Bytes of a file's record.
const FILE_BYTES: usize = 41;

fn file(bytes: &[u8; FILE_BYTES]) -> Option<FileRecord> {
    let number = |at: usize| Some(u32::from_le_bytes(*bytes[at..].first_chunk()?));
    let long = |at: usize| Some(u64::from_le_bytes(*bytes[at..].first_chunk()?));
    Some(FileRecord {
        path: number(0)?,
        definitions: number(4)?,
        blocks: number(8)?,
        mentions: number(12)?,
        mentioned: number(16)?,
        content: number(20)?,
        stamp: Stamp { bytes: long(24)?, modified: long(32)? },
        state: match bytes[40] {
            0 => FileState::Skimmed,
            1 => FileState::Parsed,
            2 => FileState::WithoutText,
            3 => FileState::Unparsable,
            4 => FileState::Cut,
            5 => FileState::Partial,
            _ => return None,
        },
    })
}

impl Packed {
    /// Whether what refers to another is within it, so that no lookup goes astray. Places of mentions are looked up one by one as they are asked for.
    fn is_sound(&self) -> bool {
        let names = self.names.len();
        let ascend = |numbers: &[u32], end: usize| {
            numbers.is_sorted() && numbers.last().is_none_or(|last| *last as usize <= end)
        };
        let starts = |start: fn(&FileRecord) -> u32, end: usize| {
            self.files.is_sorted_by_key(start) && self.files.last().is_none_or(|file| start(file) as usize <= end)
        };
        self.names.is_sorted()
            && [self.text_lengths.len(), self.mentioned_in.len(), self.definer_starts.len()] == [names; 3]
            && ascend(&self.text_starts, self.texts.len())
            && ascend(&self.definer_starts, self.definers.len())
            && ascend(&self.blocks, self.definitions.len())
            && starts(|file| file.path, self.paths.len())
            && starts(|file| file.definitions, self.definers.len())
            && starts(|file| file.mentions, self.mentions.len())
            && self.definers.iter().all(|definer| (*definer as usize) < self.definers.len())
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    out.extend((length as u32).to_le_bytes());
}

/// Bytes that are taken from the front. Every method gives nothing at the end.
struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn length(&mut self) -> Option<usize> {
        Some(u32::from_le_bytes(*self.take(4)?.first_chunk()?) as usize)
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    fn array<const SIZE: usize>(&mut self) -> Option<&'b [[u8; SIZE]]> {
        let length = self.length()?.checked_mul(SIZE)?;
        Some(self.take(length)?.as_chunks().0)
    }
}
