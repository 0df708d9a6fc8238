//! When a reply that leaves something out asks for it to go.

use aiia_syntax::Symbol;

use super::block::Block;
use super::view::FileView;

/// Whether a symbol of this name, which `given` of the reply lacks beside the symbols `own` of the file, may go: it was asked about,
/// nothing else changes, and nothing speaks of it any more. Where more changes, the reply shows what it changes and leaves out the rest.
pub(super) fn may_go(name: &str, given: &[&Symbol], own: &[&Symbol], block: &Block, file: &FileView) -> bool {
    if file.focus_symbol() != Some(name) {
        return false;
    }
    let words =
        |text: &str, symbol: &Symbol| -> String { text[symbol.item_range.clone()].split_whitespace().collect() };
    let is_unchanged = |given: &&Symbol| {
        let same = own.iter().filter(|own| own.name == given.name);
        let text = words(&block.text, given);
        same.into_iter().any(|own| words(file.text, own) == text)
    };
    if !given.iter().all(is_unchanged) || speaks_of(name, &block.text) {
        return false;
    }
    let lost: Vec<&Symbol> = file.symbols_named(name).iter().map(|index| &file.symbols()[*index]).collect();
    let mut rest = String::with_capacity(file.text.len());
    let mut done = 0;
    for symbol in lost {
        rest.push_str(file.text.get(done..symbol.range.start).unwrap_or_default());
        rest.push(' ');
        done = done.max(symbol.item_range.end);
    }
    rest.push_str(file.text.get(done..).unwrap_or_default());
    !speaks_of(name, &rest)
}

/// Whether a text has a word.
pub(crate) fn speaks_of(word: &str, text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !word.is_empty()
        && text
            .match_indices(word)
            .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}
