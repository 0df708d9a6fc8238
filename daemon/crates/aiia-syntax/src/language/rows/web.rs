//! Languages of the web.

use super::super::{Body, Functions, Outline, Quirk, Row};
use super::{Queries, queries};
use crate::SymbolKind;

pub(super) static JAVASCRIPT: Row = Row {
    name: "javascript",
    extensions: &["js", "mjs", "cjs", "jsx"],
    file_names: &["Jakefile"],
    language_ids: &["js", "js2", "js3", "jsx", "javascriptreact", "rjsx", "js-jsx"],
    line_comment: "//",
    grammar: || tree_sitter_javascript::LANGUAGE.into(),
    queries: queries! {
        definitions: "ecmascript", "javascript";
        imports: "ecmascript";
        references: "ecmascript", "javascript", "jsx";
        tests: "ecmascript";
    },
    outline: Some(Outline {
        modifiers: &["export", "default", "async", "static", "get", "set"],
        keywords: &[
            ("function", SymbolKind::Function),
            ("function*", SymbolKind::Function),
            ("class", SymbolKind::Class),
        ],
        kinds_behind: &[],
        functions: Functions::Bare,
        leading: ECMASCRIPT_LEADING,
        body: Body::Braces,
    }),
    test_paths: &[
        "__tests__/",
        "test/",
        "tests/",
        "*.test.js",
        "*.test.mjs",
        "*.test.cjs",
        "*.test.jsx",
        "*.spec.js",
        "*.spec.mjs",
        "*.spec.cjs",
        "*.spec.jsx",
        "*-test.js",
        "*_test.js",
    ],
    quirk: Quirk::None,
};

pub(super) static TYPESCRIPT: Row = Row {
    name: "typescript",
    extensions: &["ts", "mts", "cts"],
    file_names: &[],
    language_ids: &["ts"],
    line_comment: "//",
    grammar: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    queries: queries! {
        definitions: "ecmascript", "typescript";
        imports: "ecmascript", "typescript";
        references: "ecmascript", "typescript";
        tests: "ecmascript";
    },
    outline: Some(TYPESCRIPT_OUTLINE),
    test_paths: TYPESCRIPT_TEST_PATHS,
    quirk: Quirk::None,
};

pub(super) static TSX: Row = Row {
    name: "tsx",
    extensions: &["tsx"],
    file_names: &[],
    language_ids: &["typescriptreact", "typescript-tsx"],
    line_comment: "//",
    grammar: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    queries: queries! {
        definitions: "ecmascript", "typescript";
        imports: "ecmascript", "typescript";
        references: "ecmascript", "typescript", "jsx";
        tests: "ecmascript";
    },
    outline: Some(TYPESCRIPT_OUTLINE),
    test_paths: TYPESCRIPT_TEST_PATHS,
    quirk: Quirk::None,
};

const ECMASCRIPT_LEADING: &[&str] = &["//", "/*", "*", "@"];

const TYPESCRIPT_OUTLINE: Outline = Outline {
    modifiers: &[
        "export",
        "default",
        "declare",
        "abstract",
        "async",
        "const",
        "static",
        "get",
        "set",
        "public",
        "private",
        "protected",
        "readonly",
        "override",
    ],
    keywords: &[
        ("function", SymbolKind::Function),
        ("function*", SymbolKind::Function),
        ("class", SymbolKind::Class),
        ("interface", SymbolKind::Interface),
        ("enum", SymbolKind::Enum),
        ("namespace", SymbolKind::Namespace),
    ],
    kinds_behind: &[],
    functions: Functions::Bare,
    leading: ECMASCRIPT_LEADING,
    body: Body::Braces,
};

const TYPESCRIPT_TEST_PATHS: &[&str] = &[
    "__tests__/",
    "test/",
    "tests/",
    "*.test.ts",
    "*.test.mts",
    "*.test.cts",
    "*.test.tsx",
    "*.spec.ts",
    "*.spec.mts",
    "*.spec.cts",
    "*.spec.tsx",
    "*-test.ts",
    "*_test.ts",
];

pub(super) static PHP: Row = Row {
    name: "php",
    extensions: &["php", "phtml", "php5", "php7", "phps"],
    file_names: &[],
    language_ids: &[],
    line_comment: "//",
    grammar: || tree_sitter_php::LANGUAGE_PHP.into(),
    queries: queries!("php"),
    outline: Some(Outline {
        modifiers: &["abstract", "final", "readonly", "public", "protected", "private", "static"],
        keywords: &[
            ("function", SymbolKind::Function),
            ("class", SymbolKind::Class),
            ("interface", SymbolKind::Interface),
            ("trait", SymbolKind::Trait),
            ("enum", SymbolKind::Enum),
        ],
        kinds_behind: &[],
        functions: Functions::Keyword,
        leading: &["//", "/*", "*", "#"],
        body: Body::Braces,
    }),
    test_paths: &["test/", "tests/", "*Test.php"],
    quirk: Quirk::None,
};

pub(super) static HTML: Row = Row {
    name: "html",
    extensions: &["html", "htm", "xhtml"],
    file_names: &[],
    language_ids: &["mhtml", "xhtml", "htmldjango", "jinja-html"],
    line_comment: "",
    grammar: || tree_sitter_html::LANGUAGE.into(),
    queries: queries! { definitions: "html"; imports: "html"; references: ; tests: ; },
    outline: None,
    test_paths: &[],
    quirk: Quirk::None,
};

pub(super) static CSS: Row = Row {
    name: "css",
    extensions: &["css"],
    file_names: &[],
    language_ids: &[],
    line_comment: "",
    grammar: || tree_sitter_css::LANGUAGE.into(),
    queries: queries! { definitions: "css"; imports: "css"; references: ; tests: ; },
    outline: None,
    test_paths: &[],
    quirk: Quirk::None,
};
