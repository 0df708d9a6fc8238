//! The registry: one row a language, with how to recognise it, its grammar and its queries.

use crate::SymbolKind;
use std::fmt;
use std::sync::OnceLock;
use tree_sitter::Query;

/// A language the registry knows. Compare and copy it freely; it is an index.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(u8);

struct Row {
    name: &'static str,
    extensions: &'static [&'static str],
    file_names: &'static [&'static str],
    /// Editors' names beside `name`: LSP language ids, Neovim filetypes, Emacs modes without `-mode` and `-ts`.
    language_ids: &'static [&'static str],
    line_comment: &'static str,
    grammar: fn() -> tree_sitter::Language,
    definitions: &'static str,
    imports: &'static str,
    outline: Outline,
}

/// How definitions read in plain text, for stretches no tree makes sense of.
pub(crate) struct Outline {
    /// Words that may stand before the keyword.
    pub(crate) modifiers: &'static [&'static str],
    /// The word that starts a definition, and of what.
    pub(crate) keywords: &'static [(&'static str, SymbolKind)],
    /// What a line starts with that belongs to the item below it.
    pub(crate) leading: &'static [&'static str],
    /// What ends the signature and opens the body.
    pub(crate) body_opener: char,
}

const ROWS: &[Row] = &[
    Row {
        name: "rust",
        extensions: &["rs"],
        file_names: &[],
        language_ids: &["rs", "rustic"],
        line_comment: "//",
        grammar: || tree_sitter_rust::LANGUAGE.into(),
        definitions: include_str!("../queries/rust/definitions.scm"),
        imports: include_str!("../queries/rust/imports.scm"),
        outline: Outline {
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
            leading: &["#[", "//"],
            body_opener: '{',
        },
    },
    Row {
        name: "python",
        extensions: &["py", "pyi", "pyw"],
        file_names: &["SConstruct", "SConscript", "wscript"],
        language_ids: &["py", "python3", "elpy", "inferior-python"],
        line_comment: "#",
        grammar: || tree_sitter_python::LANGUAGE.into(),
        definitions: include_str!("../queries/python/definitions.scm"),
        imports: include_str!("../queries/python/imports.scm"),
        outline: Outline {
            modifiers: &["async"],
            keywords: &[("def", SymbolKind::Function), ("class", SymbolKind::Class)],
            leading: &["@", "#"],
            body_opener: ':',
        },
    },
];

const ALL: [Language; ROWS.len()] = {
    let mut all = [Language(0); ROWS.len()];
    let mut index = 0;
    while index < ROWS.len() {
        all[index] = Language(index as u8);
        index += 1;
    }
    all
};

/// What is compiled from a row when it is first needed.
pub(crate) struct Compiled {
    pub(crate) grammar: tree_sitter::Language,
    pub(crate) definitions: Query,
    pub(crate) imports: Query,
}

static COMPILED: [OnceLock<Compiled>; ROWS.len()] = [const { OnceLock::new() }; ROWS.len()];

impl Language {
    /// The language of a file by its name; `path` may use either slash.
    pub fn from_path(path: &str) -> Option<Language> {
        let file_name = path.rsplit(['/', '\\']).next()?;
        let extension = file_name.rsplit_once('.').map(|(_, extension)| extension);
        find(|row| {
            row.file_names.contains(&file_name)
                || extension
                    .is_some_and(|extension| row.extensions.iter().any(|known| known.eq_ignore_ascii_case(extension)))
        })
    }

    /// The language an editor names: an LSP language id, a Neovim filetype (`python`, also the compound
    /// `python.django`), or an Emacs mode (`rust-ts-mode`).
    pub fn from_language_id(id: &str) -> Option<Language> {
        let id = id.trim().to_ascii_lowercase();
        let id = id.strip_suffix("-mode").unwrap_or(&id);
        let id = id.strip_suffix("-ts").unwrap_or(id);
        id.split('.').find_map(|part| find(|row| row.name == part || row.language_ids.contains(&part)))
    }

    /// Its name, lower case, as in LSP.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Every language of the registry.
    pub fn all() -> &'static [Language] {
        &ALL
    }

    /// What starts a comment that ends with its line.
    pub fn line_comment(self) -> &'static str {
        self.row().line_comment
    }

    fn row(self) -> &'static Row {
        &ROWS[usize::from(self.0)]
    }

    /// How definitions read in plain text.
    pub(crate) fn outline(self) -> &'static Outline {
        &self.row().outline
    }

    /// The grammar and the queries. They ship with the crate and a test compiles each of them.
    pub(crate) fn compiled(self) -> &'static Compiled {
        COMPILED[usize::from(self.0)].get_or_init(|| {
            let row = self.row();
            let grammar = (row.grammar)();
            let compile = |source| Query::new(&grammar, source).expect("the shipped queries fit the shipped grammar");
            Compiled { definitions: compile(row.definitions), imports: compile(row.imports), grammar }
        })
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Language({})", self.name())
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

fn find(matches: impl Fn(&Row) -> bool) -> Option<Language> {
    ALL.into_iter().find(|language| matches(language.row()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn name(language: Option<Language>) -> &'static str {
        language.map_or("-", Language::name)
    }

    #[rstest]
    #[case("src/main.rs", "rust")]
    #[case("C:\\code\\Main.RS", "rust")]
    #[case("a.py", "python")]
    #[case("stubs/a.pyi", "python")]
    #[case("SConstruct", "python")]
    #[case("rs", "-")]
    #[case("a.rs/notes", "-")]
    #[case("Makefile", "-")]
    #[case("", "-")]
    fn by_path(#[case] path: &str, #[case] expected: &str) {
        assert_eq!(name(Language::from_path(path)), expected);
    }

    #[rstest]
    #[case("rust", "rust")]
    #[case("Rust", "rust")]
    #[case("rust-mode", "rust")]
    #[case("rust-ts-mode", "rust")]
    #[case("rustic-mode", "rust")]
    #[case("python", "python")]
    #[case("python-ts", "python")]
    #[case("python.django", "python")]
    #[case("plaintext", "-")]
    #[case("", "-")]
    fn by_language_id(#[case] id: &str, #[case] expected: &str) {
        assert_eq!(name(Language::from_language_id(id)), expected);
    }

    #[test]
    fn every_query_compiles() {
        for language in Language::all() {
            assert!(language.compiled().definitions.pattern_count() > 0, "{language}");
            assert!(language.compiled().imports.pattern_count() > 0, "{language}");
        }
    }
}
