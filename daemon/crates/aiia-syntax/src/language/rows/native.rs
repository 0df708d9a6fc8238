//! Languages that compile to machine code.

use super::super::{Body, Functions, Outline, Quirk, Row};
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
        functions: Functions::Keyword,
        leading: &["#[", "//"],
        body: Body::Braces,
    }),
    test_paths: &["tests/", "tests.rs", "*_test.rs", "*_tests.rs"],
    quirk: Quirk::None,
};

pub(super) static GO: Row = Row {
    name: "go",
    extensions: &["go"],
    file_names: &[],
    language_ids: &["golang"],
    line_comment: "//",
    grammar: || tree_sitter_go::LANGUAGE.into(),
    queries: queries!("go"),
    outline: Some(Outline {
        modifiers: &[],
        keywords: &[("func", SymbolKind::Function), ("type", SymbolKind::TypeAlias)],
        kinds_behind: &[("struct", SymbolKind::Struct), ("interface", SymbolKind::Interface)],
        functions: Functions::Keyword,
        leading: &["//"],
        body: Body::Braces,
    }),
    test_paths: &["*_test.go"],
    quirk: Quirk::None,
};

pub(super) static C: Row = Row {
    name: "c",
    extensions: &["c"],
    file_names: &[],
    language_ids: &[],
    line_comment: "//",
    grammar: || tree_sitter_c::LANGUAGE.into(),
    queries: queries!("c"),
    outline: Some(Outline {
        modifiers: &["typedef", "static", "const", "extern"],
        keywords: &[("struct", SymbolKind::Struct), ("union", SymbolKind::Union), ("enum", SymbolKind::Enum)],
        kinds_behind: &[],
        functions: Functions::Typed,
        leading: &["//", "/*", "*"],
        body: Body::Braces,
    }),
    test_paths: &["test/", "tests/", "test_*.c", "*_test.c"],
    quirk: Quirk::None,
};

pub(super) static CPP: Row = Row {
    name: "cpp",
    // Headers may be C as well; what C declares reads the same here.
    extensions: &[
        "cpp", "cc", "cxx", "c++", "hpp", "hh", "hxx", "h++", "h", "ipp", "tpp", "inl", "cppm", "ixx", "cu", "cuh",
    ],
    file_names: &[],
    language_ids: &["c++", "cuda", "cuda-cpp"],
    line_comment: "//",
    grammar: || tree_sitter_cpp::LANGUAGE.into(),
    queries: queries! {
        definitions: "cpp", "c";
        imports: "c", "cpp";
        references: "c", "cpp";
        tests: "c", "cpp";
    },
    outline: Some(Outline {
        modifiers: &["typedef", "static", "const", "extern", "inline"],
        keywords: &[
            ("class", SymbolKind::Class),
            ("struct", SymbolKind::Struct),
            ("union", SymbolKind::Union),
            ("enum", SymbolKind::Enum),
            ("namespace", SymbolKind::Namespace),
        ],
        kinds_behind: &[],
        functions: Functions::Typed,
        leading: &["//", "/*", "*"],
        body: Body::Braces,
    }),
    test_paths: &[
        "test/",
        "tests/",
        "test_*.cpp",
        "*_test.cpp",
        "*_test.cc",
        "*_tests.cpp",
        "*Test.cpp",
        "*_unittest.cc",
    ],
    quirk: Quirk::None,
};

pub(super) static SWIFT: Row = Row {
    name: "swift",
    extensions: &["swift"],
    file_names: &[],
    language_ids: &[],
    line_comment: "//",
    grammar: || tree_sitter_swift::LANGUAGE.into(),
    queries: queries!("swift"),
    outline: Some(Outline {
        modifiers: &[
            "public",
            "private",
            "fileprivate",
            "internal",
            "package",
            "open",
            "final",
            "static",
            "override",
            "mutating",
            "nonisolated",
            "indirect",
        ],
        keywords: &[
            ("func", SymbolKind::Function),
            ("class", SymbolKind::Class),
            ("actor", SymbolKind::Class),
            ("struct", SymbolKind::Struct),
            ("enum", SymbolKind::Enum),
            ("protocol", SymbolKind::Interface),
            ("extension", SymbolKind::Impl),
        ],
        kinds_behind: &[],
        functions: Functions::Keyword,
        leading: &["//", "/*", "*", "@"],
        body: Body::Braces,
    }),
    test_paths: &["Tests/", "*Tests.swift", "*Test.swift"],
    quirk: Quirk::None,
};
