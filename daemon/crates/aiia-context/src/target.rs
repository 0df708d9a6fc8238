//! What a request is about: the enclosing symbol, or the selected lines.

use crate::workspace::words;
use crate::{ContextRequest, Target};
use aiia_syntax::{Symbol, SymbolKind, enclosing_symbol};
use aiia_text::whole_lines;
use std::ops::Range;

/// A key, section or the like of more lines is not what a cursor in it is about.
const MAX_DATA_LINES: usize = 40;

/// A selection within the text, on character boundaries, the right way round.
pub(crate) fn clean_selection(text: &str, selection: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(selection.start.min(selection.end));
    start..text.floor_char_boundary(selection.start.max(selection.end))
}

/// The smallest function, type or constant that contains the selection; without one the selected lines.
pub(crate) fn choose(text: &str, symbols: &[Symbol], selection: &Range<usize>) -> Target {
    let symbol = enclosing_symbol(symbols, text, selection.clone()).or_else(|| constant_around(symbols, selection));
    let range = match symbol {
        Some(symbol) => whole_lines(text, symbol.range.clone()),
        None => match data_around(text, symbols, selection) {
            Some(lines) => lines,
            None => whole_lines(text, selection.clone()),
        },
    };
    Target { range, symbol: symbol.cloned() }
}

/// The lines of the key, rule, section or element that a cursor is in, as long as there are not too many.
fn data_around(text: &str, symbols: &[Symbol], selection: &Range<usize>) -> Option<Range<usize>> {
    let is_data = |kind: SymbolKind| {
        matches!(
            kind,
            SymbolKind::Key | SymbolKind::Table | SymbolKind::Heading | SymbolKind::Rule | SymbolKind::Element
        )
    };
    let holds = |symbol: &&Symbol| symbol.range.start <= selection.start && selection.end <= symbol.range.end;
    let around = symbols.iter().filter(|symbol| is_data(symbol.kind)).filter(holds);
    let lines = whole_lines(text, around.min_by_key(|symbol| symbol.range.len())?.range.clone());
    (selection.is_empty() && text[lines.clone()].lines().count() <= MAX_DATA_LINES).then_some(lines)
}

fn constant_around<'s>(symbols: &'s [Symbol], selection: &Range<usize>) -> Option<&'s Symbol> {
    symbols.iter().find(|symbol| {
        symbol.kind == SymbolKind::Constant
            && symbol.range.start <= selection.start
            && selection.end <= symbol.range.end
    })
}

/// A body of fewer names is still to be written.
const UNWRITTEN_NAMES: usize = 2;

/// Whether the target is still to be written, so that it does not say itself what it uses.
pub(crate) fn is_unwritten(request: &ContextRequest, target: &Target) -> bool {
    match &target.symbol {
        Some(symbol) => {
            let body = symbol.body_range.clone().and_then(|body| request.text.get(body)).unwrap_or_default();
            words(body).take(UNWRITTEN_NAMES).count() < UNWRITTEN_NAMES
        }
        // A cursor outside any symbol, or in one that no tree shows, such as the argument of a macro.
        None => request.selection.is_empty(),
    }
}
