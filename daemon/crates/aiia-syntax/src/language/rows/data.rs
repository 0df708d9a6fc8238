//! Data and text: nothing here is called, and text without a tree tells nothing of its structure.

use super::super::{Quirk, Row};
use super::{Queries, queries};

pub(super) static JSON: Row = Row {
    name: "json",
    extensions: &[
        "json",
        "jsonc",
        "json5",
        "geojson",
        "jsonld",
        "webmanifest",
        "map",
        "ipynb",
        "avsc",
        "code-workspace",
    ],
    file_names: &[".babelrc", ".eslintrc", ".prettierrc", ".swcrc", "composer.lock", "Pipfile.lock", "flake.lock"],
    language_ids: &["jsonc", "json5", "js-json"],
    line_comment: "",
    grammar: || tree_sitter_json::LANGUAGE.into(),
    queries: queries! { definitions: "json"; imports: ; references: ; tests: ; },
    outline: None,
    test_paths: &[],
    quirk: Quirk::None,
};

pub(super) static YAML: Row = Row {
    name: "yaml",
    extensions: &["yaml", "yml", "cff"],
    file_names: &[".clang-format", ".clang-tidy", ".clangd", ".gemrc"],
    language_ids: &["yml", "dockercompose", "github-actions-workflow", "helm"],
    line_comment: "#",
    grammar: || tree_sitter_yaml::LANGUAGE.into(),
    queries: queries! { definitions: "yaml"; imports: ; references: ; tests: ; },
    outline: None,
    test_paths: &[],
    quirk: Quirk::Yaml,
};

pub(super) static TOML: Row = Row {
    name: "toml",
    extensions: &["toml"],
    file_names: &["Cargo.lock", "Pipfile", "poetry.lock", "uv.lock", "pdm.lock"],
    language_ids: &["conf-toml"],
    line_comment: "#",
    grammar: || tree_sitter_toml_ng::LANGUAGE.into(),
    queries: queries! { definitions: "toml"; imports: ; references: ; tests: ; },
    outline: None,
    test_paths: &[],
    quirk: Quirk::None,
};

pub(super) static MARKDOWN: Row = Row {
    name: "markdown",
    extensions: &["md", "markdown", "mkd", "mdown", "mdwn", "qmd"],
    file_names: &[],
    language_ids: &["gfm", "quarto", "rmd"],
    line_comment: "",
    grammar: || tree_sitter_md::LANGUAGE.into(),
    queries: queries! { definitions: "markdown"; imports: ; references: ; tests: ; },
    outline: None,
    test_paths: &[],
    quirk: Quirk::None,
};
