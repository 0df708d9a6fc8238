//! The registry: one row a language, with how to recognise it, its grammar and its queries.

mod rows;

use crate::SymbolKind;
use rows::ROWS;
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
    /// Empty where no comment ends with its line.
    line_comment: &'static str,
    grammar: fn() -> tree_sitter::Language,
    queries: Queries,
    /// Nothing where text without a tree tells nothing.
    outline: Option<Outline>,
    /// Where tests are: folders, which end in a slash, and file names with at most one `*`.
    test_paths: &'static [&'static str],
    quirk: Quirk,
}

/// What the scanner of a grammar does not survive too much of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quirk {
    /// It survives everything.
    None,
    /// Levels of indentation.
    Indentation,
    /// Levels of YAML, several of which may begin in one line.
    Yaml,
    /// Long words that end here documents.
    HereDocuments,
}

/// The sources of the queries; empty where a language has nothing of the kind.
struct Queries {
    definitions: &'static str,
    imports: &'static str,
    references: &'static str,
    tests: &'static str,
}

/// How definitions read in plain text, for stretches no tree makes sense of.
pub(crate) struct Outline {
    /// Words that may stand before the keyword.
    pub(crate) modifiers: &'static [&'static str],
    /// The word that starts a definition, and of what.
    pub(crate) keywords: &'static [(&'static str, SymbolKind)],
    /// The word behind the name that says more than the keyword: `type Name struct`.
    pub(crate) kinds_behind: &'static [(&'static str, SymbolKind)],
    /// What functions look like beside those with a keyword.
    pub(crate) functions: Functions,
    /// What a line starts with that belongs to the item below it.
    pub(crate) leading: &'static [&'static str],
    /// What a body looks like.
    pub(crate) body: Body,
}

/// What a function looks like that no keyword starts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Functions {
    /// There is none.
    Keyword,
    /// A name, perhaps with modifiers before it: `async load(path) {`.
    Bare,
    /// A type or a modifier before the name: `static int load(char *path) {`.
    Typed,
}

/// What ends a signature and opens the body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// A brace, and another one closes it.
    Braces,
    /// A colon; the body is indented.
    Colon,
    /// The end of the line; `end` closes it.
    End,
}

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
struct Compiled {
    grammar: OnceLock<tree_sitter::Language>,
    definitions: OnceLock<Query>,
    imports: OnceLock<Query>,
    outside: OnceLock<(Query, usize)>,
    references: OnceLock<Query>,
    tests: OnceLock<Query>,
}

impl Compiled {
    const fn new() -> Compiled {
        Compiled {
            grammar: OnceLock::new(),
            definitions: OnceLock::new(),
            imports: OnceLock::new(),
            outside: OnceLock::new(),
            references: OnceLock::new(),
            tests: OnceLock::new(),
        }
    }
}

static COMPILED: [Compiled; ROWS.len()] = [const { Compiled::new() }; ROWS.len()];

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

    /// The extensions of its files, without the dot.
    pub fn extensions(self) -> &'static [&'static str] {
        self.row().extensions
    }

    /// The names of its files that are told by their whole names.
    pub fn file_names(self) -> &'static [&'static str] {
        self.row().file_names
    }

    /// Every language of the registry.
    pub fn all() -> &'static [Language] {
        &ALL
    }

    /// What starts a comment that ends with its line; empty where no comment does.
    pub fn line_comment(self) -> &'static str {
        self.row().line_comment
    }

    fn row(self) -> &'static Row {
        ROWS[usize::from(self.0)]
    }

    fn compiled(self) -> &'static Compiled {
        &COMPILED[usize::from(self.0)]
    }

    /// How definitions read in plain text.
    pub(crate) fn outline(self) -> Option<&'static Outline> {
        self.row().outline.as_ref()
    }

    /// Where tests are: folders, which end in a slash, and file names with at most one `*`.
    pub(crate) fn test_paths(self) -> &'static [&'static str] {
        self.row().test_paths
    }

    /// What the scanner of its grammar does not survive too much of.
    pub(crate) fn quirk(self) -> Quirk {
        self.row().quirk
    }

    /// The grammar.
    pub(crate) fn grammar(self) -> &'static tree_sitter::Language {
        self.compiled().grammar.get_or_init(self.row().grammar)
    }

    /// The query for definitions.
    pub(crate) fn definitions(self) -> &'static Query {
        self.compile(&self.compiled().definitions, self.row().queries.definitions)
    }

    /// The query for imports.
    pub(crate) fn imports(self) -> &'static Query {
        self.compile(&self.compiled().imports, self.row().queries.imports)
    }

    /// The query for definitions and that for imports in one, and how many of its patterns are of the former.
    pub(crate) fn definitions_and_imports(self) -> &'static (Query, usize) {
        self.compiled().outside.get_or_init(|| {
            let Queries { definitions, imports, .. } = self.row().queries;
            let query = Query::new(self.grammar(), &format!("{definitions}\n{imports}"))
                .expect("the shipped queries fit the shipped grammar");
            let is_definition = |pattern: &usize| query.start_byte_for_pattern(*pattern) < definitions.len();
            let definitions = (0..query.pattern_count()).filter(is_definition).count();
            (query, definitions)
        })
    }

    /// The query for references.
    pub(crate) fn references(self) -> &'static Query {
        self.compile(&self.compiled().references, self.row().queries.references)
    }

    /// The query for tests.
    pub(crate) fn tests(self) -> &'static Query {
        self.compile(&self.compiled().tests, self.row().queries.tests)
    }

    /// Queries ship with the crate and a test compiles each of them.
    fn compile(self, place: &'static OnceLock<Query>, source: &str) -> &'static Query {
        place.get_or_init(|| Query::new(self.grammar(), source).expect("the shipped queries fit the shipped grammar"))
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
    #[case("web/index.mjs", "javascript")]
    #[case("App.jsx", "javascript")]
    #[case("a.d.ts", "typescript")]
    #[case("App.tsx", "tsx")]
    #[case("main.go", "go")]
    #[case("a.c", "c")]
    #[case("a.H", "cpp")]
    #[case("a.cc", "cpp")]
    #[case("Shop.java", "java")]
    #[case("Shop.cs", "csharp")]
    #[case("lib/tasks/db.rake", "ruby")]
    #[case("Gemfile", "ruby")]
    #[case("index.php", "php")]
    #[case("bin/build.sh", "bash")]
    #[case(".bashrc", "bash")]
    #[case("init.lua", "lua")]
    #[case("Shop.swift", "swift")]
    #[case(".vscode/settings.json", "json")]
    #[case("compose.yml", "yaml")]
    #[case("Cargo.lock", "toml")]
    #[case("index.html", "html")]
    #[case("style.css", "css")]
    #[case("README.md", "markdown")]
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
    #[case("javascriptreact", "javascript")]
    #[case("js2-mode", "javascript")]
    #[case("typescript-ts-mode", "typescript")]
    #[case("typescriptreact", "tsx")]
    #[case("tsx-ts-mode", "tsx")]
    #[case("go-ts-mode", "go")]
    #[case("c-mode", "c")]
    #[case("c++-mode", "cpp")]
    #[case("c++-ts-mode", "cpp")]
    #[case("java-ts-mode", "java")]
    #[case("csharp-mode", "csharp")]
    #[case("cs", "csharp")]
    #[case("enh-ruby-mode", "ruby")]
    #[case("php-ts-mode", "php")]
    #[case("shellscript", "bash")]
    #[case("sh-mode", "bash")]
    #[case("bash-ts-mode", "bash")]
    #[case("lua-ts-mode", "lua")]
    #[case("swift-mode", "swift")]
    #[case("jsonc", "json")]
    #[case("yaml.ansible", "yaml")]
    #[case("conf-toml-mode", "toml")]
    #[case("mhtml-mode", "html")]
    #[case("css", "css")]
    #[case("gfm-mode", "markdown")]
    #[case("plaintext", "-")]
    #[case("", "-")]
    fn by_language_id(#[case] id: &str, #[case] expected: &str) {
        assert_eq!(name(Language::from_language_id(id)), expected);
    }

    #[test]
    fn every_query_compiles() {
        for language in Language::all() {
            assert!(language.definitions().pattern_count() > 0, "{language}");
            language.imports();
            language.references();
            language.tests();
        }
    }

    #[test]
    fn no_two_languages_claim_the_same() {
        let mut claimed = std::collections::HashMap::new();
        for row in ROWS {
            let files = row.extensions.iter().map(|extension| format!("*.{extension}"));
            let files = files.chain(row.file_names.iter().map(|name| (*name).to_owned()));
            let ids = row.language_ids.iter().chain([&row.name]).map(|id| format!("{id}-mode"));
            for claim in files.chain(ids) {
                assert_eq!(claimed.insert(claim.clone(), row.name), None, "{claim}");
            }
        }
    }
}
