//! The code a model should see: from a file, a selection and an intent to a [`ContextBundle`] that fits a budget of
//! tokens.
//!
//! A bundle is made of [`Piece`]s, each a run of lines with the reason it is there, the worthiest first. It never
//! exceeds its budget, never holds the same line twice, and the same request gives the same bundle. Pieces come from
//! the file of the selection: the enclosing symbol, the definitions it uses, its type, its siblings, the imports and
//! the tests. A file in a language without a grammar, or over a megabyte, is taken by the lines around the selection.

mod bundle;
mod candidates;
mod fit;
mod lines;
mod target;
mod tokens;

pub use bundle::{ContextBundle, ContextRequest, Intent, Piece, PieceKind, Target};
pub use tokens::count_tokens;

use aiia_syntax::{Symbol, SyntaxTree};
use lines::Lines;
use std::ops::Range;

/// The largest file, in bytes, that is looked at by its syntax. Larger ones are taken by lines.
pub const MAX_SYNTAX_BYTES: usize = 1024 * 1024;

/// Gathers the context of a request. A selection outside the text is clamped to it; a budget that is too small for
/// anything gives a bundle without pieces.
pub fn gather(request: &ContextRequest) -> ContextBundle {
    let lines = Lines::new(request.text);
    let file = parse(request);
    let selection = target::clean_selection(request.text, &request.selection);
    let target = target::choose(request.text, &file.symbols, &selection);
    let candidates = candidates::collect(request, &file, &lines, &target, &selection);
    let pieces = fit::fit(request, &lines, &target, &selection, candidates);
    ContextBundle { budget: request.budget, used: pieces.iter().map(|piece| piece.tokens).sum(), target, pieces }
}

/// What the syntax of the file tells; nothing for a file that is not parsed.
#[derive(Default)]
struct FileSyntax {
    symbols: Vec<Symbol>,
    imports: Vec<Range<usize>>,
}

fn parse(request: &ContextRequest) -> FileSyntax {
    let Some(language) = request.language.filter(|_| request.text.len() <= MAX_SYNTAX_BYTES) else {
        return FileSyntax::default();
    };
    match SyntaxTree::parse(language, request.text) {
        Ok(tree) => FileSyntax { symbols: tree.symbols(request.text), imports: tree.imports(request.text) },
        // Text the parser gives up on still has lines.
        Err(_) => FileSyntax::default(),
    }
}

#[cfg(test)]
mod tests;
