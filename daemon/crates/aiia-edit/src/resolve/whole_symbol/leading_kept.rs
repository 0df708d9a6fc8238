//! What a reply that gives a whole type leaves out of its members: doc comments, attributes, doc strings. Those of the file stay.

use std::collections::HashMap;

use aiia_syntax::{Symbol, SymbolKind};

use super::MAX_NESTING;
use crate::resolve::block::Block;
use crate::resolve::leading;
use crate::resolve::modifiers;
use crate::resolve::symbol_match::{Meant, is_container, meant, member_indices};
use crate::resolve::view::FileView;

/// The code of the reply with them, and which of its symbols `given` is there; nothing where it leaves out none.
pub(super) fn completed(given: &Symbol, block: &Block, index: usize, file: &FileView) -> Option<(Block, usize)> {
    let mut pairs = Vec::new();
    collect(given, index, block, file, 0, &mut pairs);
    let mut insertions = Vec::new();
    for (member, index) in pairs {
        let own = &file.symbols()[index];
        let begins = |at: usize| {
            let line = block.text[..at].rfind('\n').map_or(0, |at| at + 1);
            block.text[line..at].trim().is_empty().then_some(line)
        };
        if let Some(lines) = begins(member.range.start).zip(begins(member.item_range.start))
            && let Some(above) = leading::left_out_above(member, block, own, file)
        {
            insertions.push((lines.0..lines.1, above));
        }
        insertions.extend(modifiers::kept(member, block, own, file));
        if let Some((at, text)) = leading::left_out_doc_string(member, block, own, file) {
            insertions.push((at..at, text));
        }
    }
    if insertions.is_empty() {
        return None;
    }
    insertions.sort_by_key(|(range, _)| (range.start, range.end));
    let mut text = String::with_capacity(block.text.len() * 2);
    let mut done = 0;
    for (range, inserted) in insertions {
        // Two symbols of one statement have the same lines above them.
        if range.start < done {
            continue;
        }
        text.push_str(&block.text[done..range.start]);
        text.push_str(&inserted);
        done = range.end;
    }
    text.push_str(&block.text[done..]);
    let whole = Block::parse(&text, file)?;
    let at = block.symbols.iter().position(|symbol| symbol == given)?;
    let is_same = |(one, other): (&Symbol, &Symbol)| one.name == other.name && one.kind == other.kind;
    let are_same = whole.symbols.len() == block.symbols.len() && whole.symbols.iter().zip(&block.symbols).all(is_same);
    are_same.then_some((whole, at))
}

/// The members of a type of the reply, at any depth, with those of the file that they are.
fn collect<'b>(
    given: &Symbol,
    index: usize,
    block: &'b Block,
    file: &FileView,
    nesting: usize,
    pairs: &mut Vec<(&'b Symbol, usize)>,
) {
    if nesting > MAX_NESTING {
        return;
    }
    let symbols = file.symbols();
    let pool = member_indices(symbols, &symbols[index]);
    let members = block.members(given);
    for &member in &members {
        if let Meant::One(one) = meant(member, &members, &pool, block, file) {
            pairs.push((member, one));
            if is_container(member.kind) {
                collect(member, one, block, file, nesting + 1, pairs);
            }
        }
    }
    let mut fields: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, symbol) in parts(symbols, &symbols[index]) {
        fields.entry(symbol.name.as_str()).or_default().push(at);
    }
    for (_, field) in parts(&block.symbols, given) {
        if let Some([one]) = fields.get(field.name.as_str()).map(Vec::as_slice) {
            pairs.push((field, *one));
        }
    }
}

/// The fields and variants right inside a symbol.
pub(super) fn parts<'s>(symbols: &'s [Symbol], outer: &Symbol) -> impl Iterator<Item = (usize, &'s Symbol)> {
    let first = symbols.partition_point(|symbol| symbol.item_range.start < outer.item_range.start);
    let (depth, end) = (outer.depth + 1, outer.item_range.end);
    let within = symbols.iter().enumerate().skip(first).take_while(move |(_, symbol)| symbol.item_range.start < end);
    within.filter(move |(_, symbol)| {
        symbol.depth == depth && matches!(symbol.kind, SymbolKind::Field | SymbolKind::Variant)
    })
}

/// The fields right inside a symbol.
pub(super) fn fields<'s>(symbols: &'s [Symbol], outer: &Symbol) -> impl Iterator<Item = (usize, &'s Symbol)> {
    parts(symbols, outer).filter(|(_, symbol)| symbol.kind == SymbolKind::Field)
}
