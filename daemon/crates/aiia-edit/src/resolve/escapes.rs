//! Passages that were escaped once too often: `\\n`, `\\t`, `\\"`.

use super::view::FileView;
use super::{Change, passage};
use crate::parse::{Reading, unescape};
use crate::tolerance::Tolerance;

/// The change of the passage without its escapes, if it has any and is found so.
pub(super) fn find(reading: &Reading, file: &FileView) -> Option<Change> {
    if !reading.old.contains('\\') {
        return None;
    }
    let (old, new) = (unescape(&reading.old), unescape(&reading.new));
    let mut change = passage::find(&Reading { old, new, ..reading.clone() }, file).ok().flatten()?;
    change.tolerances.insert(0, Tolerance::Escapes);
    Some(change)
}
