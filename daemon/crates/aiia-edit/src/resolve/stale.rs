//! The last resort for a passage that is not in the file: it quotes one symbol as it once was, or as the
//! model remembers it, and gives the same symbol anew.

use similar::{Algorithm, capture_diff_slices, diff_ratio};

use super::Change;
use super::symbol_match::{Block, candidates};
use super::symbol_text::rewrite;
use super::view::FileView;
use crate::lines::lines;
use crate::parse::Reading;
use crate::tolerance::Tolerance;

/// How much of the quoted symbol must still be in the file.
const LEAST_LIKENESS: f32 = 0.6;

/// The rewrite of the symbol, if both halves are exactly that symbol and the file has one like it.
pub(super) fn find(reading: &Reading, file: &FileView) -> Option<Change> {
    let old = Block::parse(&reading.old, file.language?)?;
    let new = Block::parse(&reading.new, file.language?)?;
    let ([quoted], [given]) = (&old.tops()[..], &new.tops()[..]) else {
        return None;
    };
    if quoted.name != given.name || old.has_errors() || new.has_errors() {
        return None;
    }
    let [found] = candidates(given, &new, file)[..] else {
        return None;
    };
    let symbol = &file.symbols()[found];
    let trimmed = |text: &str| -> Vec<String> {
        lines(text).iter().map(|line| line.trimmed().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let quoted = trimmed(old.text.get(quoted.item_range.clone())?);
    let real = trimmed(file.text.get(symbol.item_range.clone())?);
    let ops = capture_diff_slices(Algorithm::Myers, &quoted, &real);
    if diff_ratio(&ops, quoted.len(), real.len()) < LEAST_LIKENESS {
        return None;
    }
    let mut change = rewrite(given, &new, symbol, file);
    change.tolerances.insert(0, Tolerance::SymbolName(symbol.name.clone()));
    Some(change)
}
