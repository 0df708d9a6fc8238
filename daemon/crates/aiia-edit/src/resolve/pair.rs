//! Code in the place of other code, both given as blocks.

use super::view::FileView;
use super::{Change, elision, read, whole_symbol};
use crate::complaint::Complaint;
use crate::parse::Reading;

/// What a pair comes to in a file. The first block is the place; but where it only shows lines of a symbol that the second gives as a
/// whole, that symbol is.
pub(super) fn changes(reading: &Reading, language: Option<&str>, file: &FileView) -> Result<Vec<Change>, Complaint> {
    let quoted = read(std::slice::from_ref(reading), file).map(|mut change| {
        elision::expand(&mut change, file);
        vec![change]
    });
    let names = |text: &str| !whole_symbol::top_level_names(text, file).is_empty();
    if !names(&reading.old)
        && names(&reading.new)
        && let Ok(whole) = whole_symbol::changes(&reading.new, language, true, file)
    {
        let is_within = |part: &Change| {
            whole.iter().any(|change| change.range.start < part.range.start && part.range.end <= change.range.end)
        };
        if quoted.as_ref().map_or(true, |quoted| quoted.iter().all(is_within)) {
            return Ok(whole);
        }
    }
    quoted
}
