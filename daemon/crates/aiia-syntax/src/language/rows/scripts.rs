//! Scripting languages.

use super::super::{Body, Outline, Row};
use super::{Queries, queries};
use crate::SymbolKind;

pub(super) static PYTHON: Row = Row {
    name: "python",
    extensions: &["py", "pyi", "pyw"],
    file_names: &["SConstruct", "SConscript", "wscript"],
    language_ids: &["py", "python3", "elpy", "inferior-python"],
    line_comment: "#",
    grammar: || tree_sitter_python::LANGUAGE.into(),
    queries: queries!("python"),
    outline: Some(Outline {
        modifiers: &["async"],
        keywords: &[("def", SymbolKind::Function), ("class", SymbolKind::Class)],
        kinds_behind: &[],
        leading: &["@", "#"],
        body: Body::Colon,
    }),
    test_paths: &["tests/", "test_*.py", "*_test.py", "conftest.py"],
};
