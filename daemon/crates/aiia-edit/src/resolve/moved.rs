//! Symbols that a reply moves to another file: it gives them there as they are here, and imports them here.

use std::collections::HashSet;

use aiia_syntax::Symbol;

use super::Change;
use super::block::Block;
use super::view::FileView;

/// So many symbols that are imported are looked up.
const MAX_LOOKED_UP: usize = 50;

/// Whether the reply gives what is called so here, word for word, for another file.
pub(super) fn is_elsewhere(name: &str, file: &FileView) -> bool {
    let others: Vec<Block> = others(file);
    let own = file.symbols_named(name).iter().map(|index| &file.symbols()[*index]);
    own.filter(|symbol| symbol.depth == 0).any(|symbol| has(&others, symbol, file))
}

fn others(file: &FileView) -> Vec<Block> {
    file.reply_code.elsewhere(file.path).filter_map(|text| Block::parse(text, file)).collect()
}

fn has(others: &[Block], symbol: &Symbol, file: &FileView) -> bool {
    let own = words(file.text, symbol);
    let is_same = |other: &Block, top: &Symbol| top.name == symbol.name && words(&other.text, top) == own;
    others.iter().any(|other| other.tops().into_iter().any(|top| is_same(other, top)))
}

/// The changes that take away what the imports of a reply bind and the reply gives, word for word, for another file.
pub(super) fn gone(block: &Block, file: &FileView) -> Vec<Change> {
    if file.reply_code.elsewhere(file.path).next().is_none() {
        return Vec::new();
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let imports = block.imports();
    let bound: HashSet<&str> = imports.iter().flat_map(|statement| statement.split(|c| !is_part(c))).collect();
    let mut found: Option<Vec<Block>> = None;
    let is_left = |symbol: &&Symbol| {
        symbol.depth == 0
            && symbol.body_range.is_some()
            && bound.contains(symbol.name.as_str())
            && block.count_of(&symbol.name) == 0
    };
    let symbols = file.symbols().iter().filter(is_left).take(MAX_LOOKED_UP);
    symbols
        .filter(|symbol| {
            let others = found.get_or_insert_with(|| others(file));
            has(others, symbol, file)
        })
        .map(|symbol| without(symbol, file))
        .collect()
}

fn words(text: &str, symbol: &Symbol) -> String {
    let text = &text[symbol.item_range.clone()];
    // What other files may see says nothing about what it is.
    let words =
        text.split_whitespace().filter(|word| !matches!(*word, "export" | "pub" | "public" | "default" | "pub(crate)"));
    words.collect()
}

/// The lines of a symbol go, and the blank ones below, or above the last.
fn without(symbol: &Symbol, file: &FileView) -> Change {
    let first = file.line_number(symbol.range.start) - 1;
    let last = file.line_number(symbol.item_range.end.saturating_sub(1).max(symbol.range.start)) - 1;
    let below = file.lines[last + 1..].iter().take_while(|line| line.is_blank()).count();
    let is_last = last + 1 + below == file.lines.len();
    let above = if is_last { file.lines[..first].iter().rev().take_while(|line| line.is_blank()).count() } else { 0 };
    let start = file.lines[first - above].start;
    Change { range: start..file.lines[last + below].end(), new_text: String::new(), tolerances: Vec::new() }
}
