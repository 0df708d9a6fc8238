//! Code in languages without a grammar: told by the ending of a file's name, read by the look of its lines.

use crate::language::{Body, Functions, Outline};
use crate::{Symbol, SymbolKind, skim};

/// The endings of files with code that no grammar of the registry is for.
const EXTENSIONS: &[&str] = &[
    "kt", "kts", "scala", "sc", "groovy", "gradle", "dart", "ex", "exs", "zig", "nim", "jl", "r", "pl", "pm", "m",
    "mm", "fs", "vb", "cr", "sol", "proto", "graphql", "gql", "thrift", "sql", "vue", "svelte", "ps1", "cmake", "v",
    "sv", "vhd", "clj", "hs", "ml", "mli", "erl", "hrl", "elm", "f90", "f95", "pas", "gd", "glsl", "wgsl", "tf", "nix",
    "rkt", "lisp", "el", "hx", "vala", "odin", "move",
];

/// What starts a definition in most of them. Where a language has other words, the names in a text still tell what it mentions.
const OUTLINE: Outline = Outline {
    modifiers: &[
        "public",
        "private",
        "protected",
        "internal",
        "export",
        "pub",
        "static",
        "final",
        "abstract",
        "open",
        "override",
        "sealed",
        "data",
        "inline",
        "suspend",
        "async",
        "case",
        "implicit",
        "lazy",
        "local",
        "external",
        "virtual",
        "partial",
        "base",
        "mutable",
        "recursive",
        "pure",
        "elemental",
        "default",
        "companion",
        "operator",
        "infix",
        "tailrec",
        "inner",
        "value",
        "input",
    ],
    keywords: &[
        ("class", SymbolKind::Class),
        ("object", SymbolKind::Class),
        ("defmodule", SymbolKind::Module),
        ("module", SymbolKind::Module),
        ("namespace", SymbolKind::Namespace),
        ("interface", SymbolKind::Interface),
        ("protocol", SymbolKind::Interface),
        ("service", SymbolKind::Interface),
        ("contract", SymbolKind::Class),
        ("trait", SymbolKind::Trait),
        ("struct", SymbolKind::Struct),
        ("record", SymbolKind::Struct),
        ("message", SymbolKind::Struct),
        ("enum", SymbolKind::Enum),
        ("union", SymbolKind::Union),
        ("fun", SymbolKind::Function),
        ("func", SymbolKind::Function),
        ("function", SymbolKind::Function),
        ("fn", SymbolKind::Function),
        ("def", SymbolKind::Function),
        ("defp", SymbolKind::Function),
        ("sub", SymbolKind::Function),
        ("proc", SymbolKind::Function),
        ("procedure", SymbolKind::Function),
        ("subroutine", SymbolKind::Function),
        ("rpc", SymbolKind::Function),
    ],
    kinds_behind: &[],
    functions: Functions::Keyword,
    leading: &["//", "/*", "*", "#", "--", ";", "%"],
    body: Body::Braces,
};

/// The endings of names of files, without the dot, that [`is_plain_code`] knows.
pub fn plain_extensions() -> &'static [&'static str] {
    EXTENSIONS
}

/// Whether a file holds code in a language that no grammar is for, as the ending of its name tells.
pub fn is_plain_code(path: &str) -> bool {
    let file_name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let extension = file_name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

/// What a text in such a language defines, as [`crate::skim()`] gives it.
pub fn skim_plain(text: &str) -> Vec<Symbol> {
    skim::by_outline(&OUTLINE, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use rstest::rstest;

    #[rstest]
    #[case(
        "class A(val x: Int) : B() {\n    suspend fun load(x: Int): String {\n        val y = x\n    }\n}\n",
        "class A, method load"
    )]
    #[case("fun shortOne(x: Int): String = \"a\"\n", "function shortOne")]
    #[case("object Main extends App {\n  private def run(x: Int): Unit = {}\n}\n", "class Main, method run")]
    #[case("defmodule A do\n  def run(x), do: x\nend\n", "module A, function run")]
    #[case(
        "message Order {\n  int32 id = 1;\n}\nservice Shop {\n  rpc Get(Id) returns (Order);\n}\n",
        "struct Order, interface Shop, method Get"
    )]
    #[case("nothing that reads so\n", "")]
    fn definitions_are_told_by_their_words(#[case] text: &str, #[case] expected: &str) {
        let found: Vec<_> =
            skim_plain(text).iter().map(|symbol| format!("{} {}", symbol.kind.as_str(), symbol.name)).collect();
        assert_eq!(found.join(", "), expected);
    }

    #[test]
    fn none_of_them_has_a_grammar() {
        for extension in EXTENSIONS {
            let name = format!("a.{extension}");
            assert!(is_plain_code(&name) && Language::from_path(&name).is_none(), "{name}");
        }
        assert!(!is_plain_code("kt") && !is_plain_code("a.rs") && !is_plain_code("a.txt"));
    }
}
