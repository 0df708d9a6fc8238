//! Languages that run on a virtual machine with classes.

use super::super::{Body, Functions, Outline, Quirk, Row};
use super::{Queries, queries};
use crate::SymbolKind;

pub(super) static JAVA: Row = Row {
    name: "java",
    extensions: &["java"],
    file_names: &[],
    language_ids: &[],
    line_comment: "//",
    grammar: || tree_sitter_java::LANGUAGE.into(),
    queries: queries!("java"),
    outline: Some(Outline {
        modifiers: &[
            "public",
            "protected",
            "private",
            "static",
            "abstract",
            "final",
            "sealed",
            "non-sealed",
            "strictfp",
        ],
        keywords: &[
            ("class", SymbolKind::Class),
            ("record", SymbolKind::Class),
            ("interface", SymbolKind::Interface),
            ("@interface", SymbolKind::Interface),
            ("enum", SymbolKind::Enum),
        ],
        kinds_behind: &[],
        functions: Functions::Typed,
        leading: &["//", "/*", "*", "@"],
        body: Body::Braces,
    }),
    test_paths: &["test/", "*Test.java", "*Tests.java", "*IT.java", "*TestCase.java"],
    quirk: Quirk::None,
};

pub(super) static CSHARP: Row = Row {
    name: "csharp",
    extensions: &["cs", "csx"],
    file_names: &[],
    language_ids: &["cs", "c#"],
    line_comment: "//",
    grammar: || tree_sitter_c_sharp::LANGUAGE.into(),
    queries: queries!("csharp"),
    outline: Some(Outline {
        modifiers: &[
            "public",
            "protected",
            "private",
            "internal",
            "static",
            "abstract",
            "sealed",
            "partial",
            "readonly",
            "ref",
            "unsafe",
            "file",
        ],
        keywords: &[
            ("class", SymbolKind::Class),
            ("record", SymbolKind::Class),
            ("struct", SymbolKind::Struct),
            ("interface", SymbolKind::Interface),
            ("enum", SymbolKind::Enum),
            ("namespace", SymbolKind::Namespace),
        ],
        kinds_behind: &[],
        functions: Functions::Typed,
        leading: &["//", "/*", "*", "["],
        body: Body::Braces,
    }),
    test_paths: &["test/", "tests/", "*Test.cs", "*Tests.cs"],
    quirk: Quirk::None,
};
