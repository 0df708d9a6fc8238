//! Languages that compile to machine code.

use super::super::{Body, Outline, Row};
use super::{Queries, queries};
use crate::SymbolKind;

pub(super) static RUST: Row = Row {
    name: "rust",
    extensions: &["rs"],
    file_names: &[],
    language_ids: &["rs", "rustic"],
    line_comment: "//",
    grammar: || tree_sitter_rust::LANGUAGE.into(),
    queries: queries!("rust"),
    outline: Some(Outline {
        modifiers: &["pub", "async", "const", "unsafe", "extern", "\"C\"", "default"],
        keywords: &[
            ("fn", SymbolKind::Function),
            ("struct", SymbolKind::Struct),
            ("union", SymbolKind::Union),
            ("enum", SymbolKind::Enum),
            ("trait", SymbolKind::Trait),
            ("impl", SymbolKind::Impl),
            ("mod", SymbolKind::Module),
            ("macro_rules!", SymbolKind::Macro),
        ],
        kinds_behind: &[],
        leading: &["#[", "//"],
        body: Body::Braces,
    }),
    test_paths: &["tests/", "tests.rs", "*_test.rs", "*_tests.rs"],
};
