//! Scripting languages.

use super::super::{Body, Functions, Outline, Quirk, Row};
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
        functions: Functions::Keyword,
        leading: &["@", "#"],
        body: Body::Colon,
    }),
    test_paths: &["tests/", "test_*.py", "*_test.py", "conftest.py"],
    quirk: Quirk::Indentation,
};

pub(super) static RUBY: Row = Row {
    name: "ruby",
    extensions: &["rb", "rake", "gemspec", "podspec", "ru", "rbi", "jbuilder"],
    file_names: &[
        "Gemfile",
        "Rakefile",
        "Guardfile",
        "Vagrantfile",
        "Podfile",
        "Fastfile",
        "Brewfile",
        "Capfile",
        "Thorfile",
    ],
    language_ids: &["rb", "enh-ruby"],
    line_comment: "#",
    grammar: || tree_sitter_ruby::LANGUAGE.into(),
    queries: queries!("ruby"),
    outline: Some(Outline {
        modifiers: &["private", "protected", "public", "module_function", "private_class_method"],
        keywords: &[("def", SymbolKind::Function), ("class", SymbolKind::Class), ("module", SymbolKind::Module)],
        kinds_behind: &[],
        functions: Functions::Keyword,
        leading: &["#"],
        body: Body::End,
    }),
    test_paths: &["test/", "spec/", "test_*.rb", "*_test.rb", "*_spec.rb"],
    quirk: Quirk::HereDocuments,
};

pub(super) static BASH: Row = Row {
    name: "bash",
    extensions: &["sh", "bash", "zsh", "ksh", "bats", "ebuild"],
    file_names: &[
        ".bashrc",
        ".bash_profile",
        ".bash_aliases",
        ".bash_login",
        ".bash_logout",
        ".profile",
        ".zshrc",
        ".zprofile",
        ".zshenv",
        "PKGBUILD",
        "APKBUILD",
    ],
    language_ids: &["sh", "shell", "shellscript", "shell-script", "zsh", "ksh", "bats"],
    line_comment: "#",
    grammar: || tree_sitter_bash::LANGUAGE.into(),
    queries: queries!("bash"),
    outline: Some(Outline {
        modifiers: &[],
        keywords: &[("function", SymbolKind::Function)],
        kinds_behind: &[],
        functions: Functions::Bare,
        leading: &["#"],
        body: Body::Braces,
    }),
    test_paths: &["test/", "tests/", "*.bats", "test_*.sh", "*_test.sh"],
    quirk: Quirk::None,
};

pub(super) static LUA: Row = Row {
    name: "lua",
    extensions: &["lua", "rockspec"],
    file_names: &[],
    language_ids: &[],
    line_comment: "--",
    grammar: || tree_sitter_lua::LANGUAGE.into(),
    queries: queries!("lua"),
    outline: Some(Outline {
        modifiers: &["local"],
        keywords: &[("function", SymbolKind::Function)],
        kinds_behind: &[],
        functions: Functions::Keyword,
        leading: &["--"],
        body: Body::End,
    }),
    test_paths: &["spec/", "test/", "tests/", "test_*.lua", "*_test.lua", "*_spec.lua"],
    quirk: Quirk::None,
};
