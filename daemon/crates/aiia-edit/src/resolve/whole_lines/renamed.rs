//! Symbols that a whole file has under other names.

use std::collections::HashSet;

use aiia_syntax::{Symbol, SymbolKind};

use super::{Hunks, is_test};
use crate::lines::{Line, lines};
use crate::resolve::block::Block;
use crate::resolve::symbol_match::same_kind;
use crate::resolve::view::FileView;

/// So many new symbols in the place of one are looked at.
const MAX_COMPARED: usize = 8;
/// So many symbols are looked up under other names.
const MAX_RENAMED: usize = 500;

/// Where the symbols of the file begin that the reply lacks by their names and has where they stood, of the same kind and with at least
/// half of their lines, under names that the file does not know.
pub(super) fn of(hunks: &Hunks, given: &[Line], block: &Block, file: &FileView) -> HashSet<usize> {
    let breaks: Vec<usize> = memchr::memchr_iter(b'\n', block.text.as_bytes()).collect();
    let own_lines = lines(&block.text);
    let mut fresh: Vec<(usize, &Symbol)> = Vec::new();
    for symbol in block.symbols.iter().filter(|symbol| file.symbols_named(&symbol.name).is_empty()) {
        let number = breaks.partition_point(|at| *at < symbol.name_range.start);
        // Code that was completed to be read has other lines.
        let is_there = given.get(number).zip(own_lines.get(number)).is_some_and(|(a, b)| a.trimmed() == b.trimmed());
        if is_there {
            fresh.push((number, symbol));
        }
    }
    fresh.sort_by_key(|(number, _)| *number);
    let is_gone = |own: &&Symbol| block.count_of(&own.name) < file.symbols_named(&own.name).len();
    let mut taken = HashSet::new();
    let mut renamed = HashSet::new();
    if fresh.is_empty() {
        return renamed;
    }
    for own in file.symbols().iter().filter(is_gone).take(MAX_RENAMED) {
        let line = file.line_number(own.name_range.start) - 1;
        let Some(place) = hunks.instead(line) else { continue };
        let first = fresh.partition_point(|(number, _)| *number < place.start);
        let here = fresh[first..].iter().take_while(|(number, _)| *number < place.end).take(MAX_COMPARED);
        let is_it = |(_, new): &&(usize, &Symbol)| {
            !taken.contains(&new.range.start)
                && new.depth == own.depth
                && same_kind(new.kind, own.kind)
                && is_alike(own, file.text, new, &block.text)
        };
        if let Some((_, new)) = here.into_iter().find(is_it) {
            taken.insert(new.range.start);
            renamed.insert(own.range.start);
        }
    }
    renamed
}

/// Whether one symbol has half of the lines of the other, or all of them if it is a test, the names and what they stand in aside.
fn is_alike(own: &Symbol, own_text: &str, new: &Symbol, new_text: &str) -> bool {
    let said = |symbol: &Symbol, text: &str| -> Vec<String> {
        let lines = text[symbol.item_range.clone()].lines().map(str::trim);
        lines
            .filter(|line| line.contains(char::is_alphanumeric))
            .map(|line| line.replace(&own.name, &new.name))
            .collect()
    };
    let new_name = new.name.as_str();
    let (old, new) = (said(own, own_text), said(new, new_text));
    if let ([old], [new]) = (&old[..], &new[..]) {
        let is_value = !own.kind.is_callable() && !matches!(own.kind, SymbolKind::Field | SymbolKind::Variant);
        return is_value && old == new;
    }
    let heads = |text: &[String]| text.iter().take_while(|line| !line.contains(new_name)).count() + 1;
    let (old, new) = (old.get(heads(&old)..).unwrap_or_default(), new.get(heads(&new)..).unwrap_or_default());
    let known: HashSet<&String> = new.iter().collect();
    let common = old.iter().filter(|line| known.contains(line)).count();
    let is_whole = common == old.len() && old.len() == new.len();
    is_whole || common > 0 && common * 2 >= old.len() && !is_test(own, own_text)
}
