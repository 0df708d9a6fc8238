//! What a look at a folder tells beside what is known.

use super::packed::{FileState, Packed};
use super::walk::Found;

/// The files that differ from what is known.
pub(super) struct Compared<'f> {
    /// New, or changed since.
    pub(super) changed: Vec<&'f Found>,
    /// Known by the look of their lines alone.
    pub(super) unparsed: Vec<&'f Found>,
    /// Known to have no text.
    pub(super) without_text: usize,
    /// Known as ones that the parser gives up on.
    pub(super) unparsable: usize,
    /// Known with some of their definitions.
    pub(super) cut: usize,
    /// Known as ones with too much in them to look through.
    pub(super) partial: usize,
    /// Known and no longer there.
    pub(super) gone: Vec<Box<str>>,
}

/// `found` is in the order of its paths, as `known` is.
pub(super) fn compare<'f>(known: &Packed, found: &'f [Found]) -> Compared<'f> {
    let mut compared = Compared {
        changed: Vec::new(),
        unparsed: Vec::new(),
        without_text: 0,
        unparsable: 0,
        cut: 0,
        partial: 0,
        gone: Vec::new(),
    };
    let mut records = known.records().peekable();
    for file in found {
        while let Some((path, ..)) = records.next_if(|(path, ..)| **path < *file.path) {
            compared.gone.push(path.into());
        }
        match records.next_if(|(path, ..)| **path == *file.path) {
            Some((_, stamp, state)) if stamp == file.stamp => match state {
                FileState::Parsed => {}
                FileState::Skimmed => compared.unparsed.push(file),
                FileState::WithoutText => compared.without_text += 1,
                FileState::Unparsable => compared.unparsable += 1,
                FileState::Cut => compared.cut += 1,
                FileState::Partial => compared.partial += 1,
            },
            _ => compared.changed.push(file),
        }
    }
    compared.gone.extend(records.map(|(path, ..)| path.into()));
    compared
}
