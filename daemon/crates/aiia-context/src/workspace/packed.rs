//! The facts of many files in little memory: a name once for all its definitions, a definition in some eight bytes, a mention in
//! one or two. Made by [`super::pack`] and never changed.

use super::NameId;
use super::facts::{Definition, NO_PARENT, Traits};
use super::walk::Stamp;
use aiia_syntax::SymbolKind;
use std::ops::Range;

/// Definitions that follow each other in bytes; to read one, those before it in its block are read.
pub(super) const BLOCK: usize = 16;

/// What is kept of a file beside its definitions and mentions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct FileRecord {
    /// Where its path begins in [`Packed::paths`]; it ends where the next one's does.
    pub(super) path: u32,
    /// The number of its first definition among those of all files.
    pub(super) definitions: u32,
    /// The number of its first block.
    pub(super) blocks: u32,
    /// Where its mentions begin in [`Packed::mentions`].
    pub(super) mentions: u32,
    /// How many names it mentions, those among them that nothing defines.
    pub(super) mentioned: u32,
    /// A hash of its text.
    pub(super) content: u32,
    /// When it was read.
    pub(super) stamp: Stamp,
    pub(super) state: FileState,
}

/// How much is known of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub(super) enum FileState {
    /// Read by the look of its lines.
    #[default]
    Skimmed = 0,
    /// Read by its tree.
    Parsed = 1,
    /// It has no text that could be read, and is no file of the index until it changes.
    WithoutText = 2,
    /// Read by the look of its lines, as the parser gives up on it.
    Unparsable = 3,
    /// Read by its tree, but not all of its definitions are kept.
    Cut = 4,
    /// Read by its tree, but there is too much in it to look through all.
    Partial = 5,
}

/// Facts of files, in the order of their paths.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Packed {
    pub(super) files: Vec<FileRecord>,
    pub(super) paths: String,
    /// The numbers of the names that are defined, ascending; names of one number by their text.
    pub(super) names: Vec<NameId>,
    /// How long the text of each name is in `texts`.
    pub(super) text_lengths: Vec<u8>,
    /// Where the text of every sixteenth name begins (see [`BLOCK`]).
    pub(super) text_starts: Vec<u32>,
    pub(super) texts: String,
    /// In how many files each name is mentioned; names of one number share the count of the first.
    pub(super) mentioned_in: Vec<u16>,
    /// Where the definitions of each name begin in `definers`; they end where the next one's begin.
    pub(super) definer_starts: Vec<u32>,
    /// Numbers of definitions among those of all files, by name.
    pub(super) definers: Vec<u32>,
    /// Where each block begins in `definitions`.
    pub(super) blocks: Vec<u32>,
    pub(super) definitions: Vec<u8>,
    /// For each file the places of the names it mentions in `names`, as steps from one to the next.
    pub(super) mentions: Vec<u8>,
    /// Mentions of names that nothing defines, by file; only as long as files are still read whose definitions may be theirs.
    pub(super) undefined: Vec<Box<[NameId]>>,
}

impl Packed {
    pub(super) fn memory(&self) -> usize {
        let undefined: usize = self.undefined.iter().map(|names| size_of_val(&**names) + size_of_val(names)).sum();
        self.files.capacity() * size_of::<FileRecord>()
            + self.paths.capacity()
            + self.texts.capacity()
            + self.definitions.capacity()
            + self.mentions.capacity()
            + self.text_lengths.capacity()
            + 2 * self.mentioned_in.capacity()
            + 4 * (self.names.capacity()
                + self.text_starts.capacity()
                + self.definer_starts.capacity()
                + self.definers.capacity()
                + self.blocks.capacity())
            + undefined
    }

    pub(super) fn is_file(&self, file: u32) -> bool {
        self.files.get(file as usize).is_some_and(|record| record.state != FileState::WithoutText)
    }

    pub(super) fn path(&self, file: u32) -> &str {
        let range = self.range(file, |record| record.path, self.paths.len());
        self.paths.get(range).unwrap_or_default()
    }

    /// The file of a path, also of one without text.
    pub(super) fn file_of_path(&self, path: &str) -> Option<u32> {
        let mut range = 0..self.files.len();
        while !range.is_empty() {
            let middle = range.start + range.len() / 2;
            match self.path(middle as u32).cmp(path) {
                std::cmp::Ordering::Equal => return Some(middle as u32),
                std::cmp::Ordering::Less => range.start = middle + 1,
                std::cmp::Ordering::Greater => range.end = middle,
            }
        }
        None
    }

    fn range(&self, file: u32, start: impl Fn(&FileRecord) -> u32, end: usize) -> Range<usize> {
        let file = file as usize;
        let Some(record) = self.files.get(file) else { return 0..0 };
        start(record) as usize..self.files.get(file + 1).map_or(end, |next| start(next) as usize)
    }

    /// How many definitions a file has.
    pub(super) fn definition_count(&self, file: u32) -> usize {
        self.range(file, |record| record.definitions, self.definers.len()).len()
    }

    /// The definitions of a file, from the `first` on.
    pub(super) fn definitions_from(&self, file: u32, first: usize) -> Definitions<'_> {
        let count = self.definition_count(file);
        let block = first / BLOCK;
        let mut found =
            Definitions { packed: self, bytes: &[], next: block * BLOCK, count, line: 0, parent: NO_PARENT };
        if first < count
            && let Some(record) = self.files.get(file as usize)
            && let Some(start) = self.blocks.get(record.blocks as usize + block)
        {
            found.bytes = self.definitions.get(*start as usize..).unwrap_or_default();
            for _ in 0..first % BLOCK {
                found.next();
            }
        } else {
            found.next = count;
        }
        found
    }

    /// The places of the names a file mentions, ascending.
    pub(super) fn mentions(&self, file: u32) -> impl Iterator<Item = usize> + '_ {
        let range = self.range(file, |record| record.mentions, self.mentions.len());
        let mut bytes = self.mentions.get(range).unwrap_or_default();
        let mut at = 0_u32;
        std::iter::from_fn(move || {
            at = at.wrapping_add(take(&mut bytes)?);
            Some(at as usize)
        })
    }

    /// The names a file mentions.
    pub(super) fn mentioned_names(&self, file: u32) -> impl Iterator<Item = NameId> + '_ {
        self.mentions(file).filter_map(|place| self.names.get(place).copied())
    }

    /// The places of the names of that number.
    pub(super) fn places(&self, name: NameId) -> Range<usize> {
        let start = self.names.partition_point(|known| *known < name);
        let same = self.names[start..].iter().take_while(|known| **known == name).count();
        start..start + same
    }

    fn definer_range(&self, places: Range<usize>) -> Range<usize> {
        let end_of = |place: usize| self.definer_starts.get(place).map_or(self.definers.len(), |start| *start as usize);
        if places.is_empty() { 0..0 } else { end_of(places.start)..end_of(places.end) }
    }

    /// How many definitions the names at those places have.
    pub(super) fn count_definers(&self, places: Range<usize>) -> usize {
        self.definer_range(places).len()
    }

    /// The definitions of the names at those places: file and place among the file's definitions.
    pub(super) fn definers(&self, places: Range<usize>) -> impl Iterator<Item = (u32, u16)> + '_ {
        let (mut file, mut behind, mut before) = (0, 0, 0);
        self.definers.get(self.definer_range(places)).unwrap_or_default().iter().map(move |&number| {
            // Those of a name ascend, so that what is looked for is in the same file or behind it. Those of another name begin anew.
            if number < before {
                (file, behind) = (0, 0);
            }
            before = number;
            if number >= behind {
                let rest = self.files.get(file..).unwrap_or_default();
                file += rest.partition_point(|record| record.definitions <= number).saturating_sub(1);
                behind = self.files.get(file + 1).map_or(u32::MAX, |next| next.definitions);
            }
            (file as u32, (number - self.files.get(file).map_or(number, |record| record.definitions)) as u16)
        })
    }

    pub(super) fn text(&self, place: usize) -> &str {
        let block = place / BLOCK;
        let Some(lengths) = self.text_lengths.get(block * BLOCK..=place) else { return "" };
        let Some((length, before)) = lengths.split_last() else { return "" };
        let start = self.text_starts.get(block).map_or(0, |start| *start as usize)
            + before.iter().map(|length| usize::from(*length)).sum::<usize>();
        self.texts.get(start..start + usize::from(*length)).unwrap_or_default()
    }
}

/// Definitions of a file in their order.
pub(super) struct Definitions<'p> {
    packed: &'p Packed,
    bytes: &'p [u8],
    next: usize,
    count: usize,
    line: u32,
    parent: u16,
}

impl Iterator for Definitions<'_> {
    type Item = Definition;

    fn next(&mut self) -> Option<Definition> {
        if self.next >= self.count {
            return None;
        }
        if self.next.is_multiple_of(BLOCK) {
            (self.line, self.parent) = (0, NO_PARENT);
        }
        let place = take(&mut self.bytes)?;
        let (&[kind, shape], rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        self.line = self.line.wrapping_add(take(&mut self.bytes)?);
        let length = take(&mut self.bytes)?;
        let above = match shape >> 5 & 3 {
            3 => take(&mut self.bytes)?,
            lines => u32::from(lines),
        };
        if shape & SAME_PARENT == 0 {
            let back = take(&mut self.bytes)? as usize;
            self.parent = if back == 0 { NO_PARENT } else { self.next.wrapping_sub(back) as u16 };
        }
        self.next += 1;
        Some(Definition {
            name: self.packed.names.get(place as usize).copied().unwrap_or_default(),
            name_place: place,
            kind: SymbolKind::from_code(kind & 31)?,
            traits: Traits::from_bits(kind >> 5),
            parent: self.parent,
            leading_line: self.line.wrapping_sub(above),
            line: self.line,
            signature_lines: shape & 31,
            last_line: self.line.wrapping_add(length),
        })
    }
}

/// The bit of a definition that has the parent of the one before it.
const SAME_PARENT: u8 = 128;

/// Writes the definitions of one file one by one.
#[derive(Default)]
pub(super) struct DefinitionWriter {
    written: usize,
    line: u32,
    parent: u16,
}

impl DefinitionWriter {
    /// Appends a definition whose name is at `place`.
    pub(super) fn write(&mut self, packed: &mut Packed, definition: &Definition, place: u32) {
        if self.written.is_multiple_of(BLOCK) {
            packed.blocks.push(packed.definitions.len() as u32);
            (self.line, self.parent) = (0, NO_PARENT);
        }
        let out = &mut packed.definitions;
        put(out, place);
        out.push(definition.kind.code() | definition.traits.bits() << 5);
        let above = definition.line.wrapping_sub(definition.leading_line);
        let is_same = definition.parent == self.parent;
        let shape = definition.signature_lines.min(31) | (above.min(3) as u8) << 5;
        out.push(shape | if is_same { SAME_PARENT } else { 0 });
        put(out, definition.line.wrapping_sub(self.line));
        put(out, definition.last_line.wrapping_sub(definition.line));
        if above >= 3 {
            put(out, above);
        }
        if !is_same {
            let back = if definition.parent == NO_PARENT { 0 } else { self.written - usize::from(definition.parent) };
            put(out, back as u32);
        }
        (self.line, self.parent) = (definition.line, definition.parent);
        self.written += 1;
    }
}

/// Appends a number, seven bits a byte (LEB128).
pub(super) fn put(out: &mut Vec<u8>, mut number: u32) {
    while number >= 128 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number from the front; nothing at the end.
#[inline]
fn take(bytes: &mut &[u8]) -> Option<u32> {
    // Most are a single byte.
    match bytes.split_first() {
        Some((&byte, rest)) if byte < 128 => {
            *bytes = rest;
            Some(u32::from(byte))
        }
        _ => take_long(bytes),
    }
}

fn take_long(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    let mut shift = 0;
    loop {
        let byte = *bytes.split_off_first()?;
        number |= u32::from(byte & 127).checked_shl(shift)?;
        if byte < 128 {
            return Some(number);
        }
        shift += 7;
    }
}
