//! Syntax: which language a file is in, its tree, and the symbols and imports the tree holds.
//!
//! Trees come from tree-sitter, what they mean from our own queries in `queries/<language>/`. A file that is being
//! typed is broken most of the time, so everything here works on broken code as far as it goes, and parsing is
//! bounded in size and time.

mod definitions;
mod imports;
mod language;
mod recovery;
mod symbol;
mod tree;

pub use definitions::enclosing_symbol;
pub use language::Language;
pub use symbol::{Symbol, SymbolKind};
pub use tree::{MAX_PARSE_BYTES, PARSE_TIME_LIMIT, ParseError, SyntaxTree};
