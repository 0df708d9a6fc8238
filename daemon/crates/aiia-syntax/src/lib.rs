//! Syntax: which language a file is in, its tree, and the symbols, imports and references the tree holds.
//!
//! Trees come from tree-sitter, what they mean from our own queries in `queries/<language>/`. A file that is being
//! typed is broken most of the time, so everything here works on broken code as far as it goes, and parsing is
//! bounded in size and time.

mod bodies;
mod comments;
mod deadline;
mod definitions;
mod enclosing;
#[cfg(test)]
mod fixtures;
mod highlight;
mod imports;
mod language;
mod limits;
mod outside;
mod plain;
mod query;
mod recovery;
mod references;
mod skim;
mod step_budget;
mod strings;
mod symbol;
mod test_code;
mod tree;

pub use deadline::ParseBudget;
pub use enclosing::enclosing_symbol;
pub use highlight::{Highlight, HighlightClass, highlight};
pub use language::Language;
pub use outside::{Outline, symbols_and_imports_around, symbols_outside_functions};
pub use plain::{is_plain_code, plain_extensions, skim_plain};
pub use references::{Reference, ReferenceKind};
pub use skim::skim;
pub use symbol::{Symbol, SymbolKind};
pub use tree::{MAX_PARSE_BYTES, PARSE_TIME_LIMIT, ParseError, Replaced, SyntaxTree};
