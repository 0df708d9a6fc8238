//! Which file takes the tests of a source file: the one that is there, else one where the project's other tests say it belongs, else
//! one by the convention of the language.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use aiia_syntax::{Language, Symbol, SymbolKind, SyntaxTree};

use super::framework;
use crate::indexes::admits;

/// So many files and folders of a project are looked at.
const MAX_WALK: usize = 20_000;
/// So many files, and no larger ones, are read to see what they test.
const MAX_READ: usize = 200;
const MAX_READ_BYTES: u64 = 256 * 1024;

/// Where tests go, and how they are to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Home {
    pub(crate) path: PathBuf,
    /// What a model is told about how to write them.
    pub(crate) style: String,
    /// A test file of the project that shows its style, where the file itself is to be made.
    pub(crate) example: Option<PathBuf>,
    /// See [`super::TestTarget::preamble`].
    pub(crate) preamble: Option<String>,
}

/// The home of the tests of what is at `selection` of `source`, whose text is `text`, in the project below `root`. `None` for a language whose conventions are not
/// known. It reads the disk, but no file that must not be shown to a model.
pub(crate) fn find(
    source: &Path,
    text: &str,
    selection: Range<usize>,
    root: &Path,
    language: Language,
) -> Option<Home> {
    let convention = Convention::of(language.name())?;
    let relative = slashed(source.strip_prefix(root).ok()?);
    let path = match language.name() {
        "rust" => rust(&relative, text, selection, root),
        _ if language.is_test_path(name_of(&relative)) => relative.clone(),
        _ => choose(convention, &relative, &tests_below(root, convention), &|folder| root.join(folder).is_dir()),
    };
    let target = root.join(&path);
    let example = if target.exists() {
        None
    } else {
        let others = tests_below(root, convention);
        others
            .into_iter()
            .min_by_key(|other| (!in_same_folder(other, &path), other.len()))
            .map(|other| root.join(other))
    };
    let may_be_shown = admits(root.to_owned());
    let read = |path: &PathBuf| may_be_shown(path).then(|| std::fs::read_to_string(path).ok()).flatten();
    let shown = [&target].into_iter().chain(&example).find_map(read);
    let scene = framework::Scene { root, source: &relative, text, test: &path, shown: shown.as_deref() };
    Some(Home { style: scene.style(language), preamble: scene.preamble(language), path: target, example })
}

/// How a language's tests are named and where they are kept.
struct Convention {
    languages: &'static [&'static str],
    /// Extensions of its test files; the first one where the source's own does not fit.
    extensions: &'static [&'static str],
    /// Names of test files around the name of the source file, the usual one first.
    names: &'static [&'static str],
    /// Folders of tests, the usual one first.
    folders: &'static [&'static str],
    /// Folders of sources that folders of tests do not repeat.
    sources: &'static [&'static str],
    /// Whether tests stand beside their source where nothing says otherwise; else they go to the first folder.
    beside: bool,
}

const CONVENTIONS: &[Convention] = &[
    Convention {
        languages: &["rust"],
        extensions: &["rs"],
        names: &["{}"],
        folders: &["tests"],
        sources: &["src"],
        beside: true,
    },
    Convention {
        languages: &["python"],
        extensions: &["py"],
        names: &["test_{}", "{}_test"],
        folders: &["tests", "test"],
        sources: &["src", "lib"],
        beside: true,
    },
    Convention {
        languages: &["javascript", "typescript", "tsx"],
        extensions: &["js", "ts", "jsx", "tsx", "mjs", "cjs", "mts", "cts"],
        names: &["{}.test", "{}.spec", "{}-test", "{}_test"],
        folders: &["__tests__", "tests", "test", "spec"],
        sources: &["src", "lib"],
        beside: true,
    },
    Convention {
        languages: &["go"],
        extensions: &["go"],
        names: &["{}_test"],
        folders: &[],
        sources: &[],
        beside: true,
    },
    Convention {
        languages: &["java"],
        extensions: &["java"],
        names: &["{}Test", "{}Tests", "Test{}"],
        folders: &["src/test/java", "test"],
        sources: &["src/main/java", "src"],
        beside: false,
    },
    Convention {
        languages: &["csharp"],
        extensions: &["cs"],
        names: &["{}Tests", "{}Test"],
        folders: &["tests", "test"],
        sources: &["src"],
        beside: true,
    },
    Convention {
        languages: &["ruby"],
        extensions: &["rb"],
        names: &["{}_test", "test_{}", "{}_spec"],
        folders: &["test", "spec"],
        sources: &["lib", "app"],
        beside: false,
    },
    Convention {
        languages: &["php"],
        extensions: &["php"],
        names: &["{}Test"],
        folders: &["tests", "test"],
        sources: &["src", "app", "lib"],
        beside: false,
    },
    Convention {
        languages: &["c"],
        extensions: &["c"],
        names: &["test_{}", "{}_test", "{}_tests"],
        folders: &["tests", "test"],
        sources: &["src", "lib", "include"],
        beside: true,
    },
    Convention {
        languages: &["cpp"],
        extensions: &["cpp", "cc", "cxx"],
        names: &["{}_test", "test_{}", "{}_tests", "{}Test", "{}_unittest"],
        folders: &["tests", "test"],
        sources: &["src", "lib", "include"],
        beside: true,
    },
    Convention {
        languages: &["swift"],
        extensions: &["swift"],
        names: &["{}Tests", "{}Test"],
        folders: &["Tests"],
        sources: &["Sources"],
        beside: false,
    },
    Convention {
        languages: &["lua"],
        extensions: &["lua"],
        names: &["{}_spec", "test_{}", "{}_test"],
        folders: &["spec", "tests", "test"],
        sources: &["src", "lua", "lib"],
        beside: false,
    },
    Convention {
        languages: &["bash"],
        extensions: &["bats", "sh"],
        names: &["{}", "test_{}", "{}_test"],
        folders: &["test", "tests"],
        sources: &["src", "bin", "lib", "scripts"],
        beside: false,
    },
];

impl Convention {
    fn of(language: &str) -> Option<&'static Self> {
        CONVENTIONS.iter().find(|convention| convention.languages.contains(&language))
    }

    /// The extension that a test of this source has.
    fn extension<'s>(&'s self, source: &'s str) -> &'s str {
        let own = extension_of(source);
        let bats = self.extensions[0] == "bats";
        if self.extensions.contains(&own) && !bats { own } else { self.extensions[0] }
    }

    /// The patterns that the name of a test file fits.
    fn pattern(&self, test: &str) -> Option<(&'static str, &'static str)> {
        let (stem, extension) = name_of(test).rsplit_once('.')?;
        let extension = self.extensions.iter().find(|other| **other == extension)?;
        // The longest pattern tells most: `{}` fits everything.
        let fits = |pattern: &&&str| {
            let (front, back) = pattern.split_once("{}").unwrap_or_default();
            stem.len() > front.len() + back.len() && stem.starts_with(front) && stem.ends_with(back)
        };
        Some((*self.names.iter().filter(fits).max_by_key(|pattern| pattern.len())?, *extension))
    }

    /// The folders of a file without those that only say whether it is source or test.
    fn place<'p>(&self, path: &'p str) -> Vec<&'p str> {
        let kinds = self.folders.iter().chain(self.sources).flat_map(|folder| folder.split('/'));
        let kinds: Vec<&str> = kinds.collect();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let parts = folder.split('/').filter(|part| !part.is_empty() && !kinds.contains(part));
        // A project of tests beside the one under test: `Shapes.Tests`, `ShapesTests`.
        parts
            .map(|part| part.strip_suffix("Tests").map_or(part, |rest| rest.trim_end_matches('.')))
            .filter(|part| !part.is_empty() && *part != "Unit")
            .collect()
    }
}

/// The test file of `source` among `tests`, or the one to make; all are relative to the root.
fn choose(convention: &Convention, source: &str, tests: &[String], has_folder: &dyn Fn(&str) -> bool) -> String {
    let stem = name_of(source).rsplit_once('.').map_or(name_of(source), |(stem, _)| stem);
    let place = convention.place(source);
    let mut named: Vec<(&String, Vec<&str>)> = tests
        .iter()
        .filter(|test| {
            let own = name_of(test).rsplit_once('.').map_or("", |(stem, _)| stem);
            **test != source && convention.names.iter().any(|name| name.replace("{}", stem) == own)
        })
        .map(|test| (test, convention.place(test)))
        .filter(|(_, other)| other.ends_with(&place) || place.ends_with(other))
        .collect();
    named.sort_by_key(|(test, other)| (other.len().abs_diff(place.len()), test.len(), test.as_str()));
    if let Some((test, _)) = named.first() {
        return (*test).clone();
    }
    let neighbour = tests.iter().filter(|test| convention.place(test) == place).min();
    let pattern = neighbour.and_then(|test| convention.pattern(test)).or_else(|| most_common(convention, tests));
    let extension = match pattern {
        Some((_, extension)) if convention.extensions[0] != "js" => extension,
        _ => convention.extension(source),
    };
    let folder = match neighbour {
        Some(test) => folder_of(test).to_owned(),
        None => folder_for(convention, source, tests, has_folder),
    };
    let name = match pattern {
        Some((name, _)) => name,
        // RSpec is known by its folder alone.
        None if folder == "spec" || folder.starts_with("spec/") => {
            convention.names.iter().copied().find(|name| name.ends_with("_spec")).unwrap_or(convention.names[0])
        }
        None => convention.names[0],
    };
    joined(&folder, &format!("{}.{extension}", name.replace("{}", stem)))
}

fn most_common(convention: &Convention, tests: &[String]) -> Option<(&'static str, &'static str)> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for pattern in tests.iter().filter_map(|test| convention.pattern(test)) {
        *counts.entry(pattern).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(pattern, _)| pattern)
}

/// The folder for a new test file.
fn folder_for(convention: &Convention, source: &str, tests: &[String], has_folder: &dyn Fn(&str) -> bool) -> String {
    let own = folder_of(source);
    let is_kept_apart = |test: &String| convention.folders.iter().find_map(|folder| root_named(folder, test));
    // A package of several is looked at alone.
    let package = convention.sources.iter().find_map(|folder| {
        let root = root_named(folder, source)?;
        Some(root.strip_suffix(folder).unwrap_or_default().trim_end_matches('/').to_owned())
    });
    let package = package.as_deref().unwrap_or_default();
    let mut roots: BTreeMap<String, usize> = BTreeMap::new();
    for test in tests.iter().filter(|test| package.is_empty() || test.starts_with(&format!("{package}/"))) {
        *roots.entry(is_kept_apart(test).unwrap_or_default()).or_default() += 1;
    }
    let common = roots.into_iter().max_by_key(|(_, count)| *count).map(|(root, _)| root);
    if let Some(project) = tests.iter().find_map(|test| test_project(test)) {
        return project;
    }
    let there = || convention.folders.iter().map(|folder| joined(package, folder)).find(|folder| has_folder(folder));
    let root = match common {
        // All others stand beside their sources.
        Some(root) if root.is_empty() => return own.to_owned(),
        Some(root) if name_of(&root) == "__tests__" => return joined(own, "__tests__"),
        Some(root) => root,
        None => match there() {
            Some(folder) if name_of(&folder) != "__tests__" => folder,
            _ if convention.beside => return own.to_owned(),
            _ => joined(package, convention.folders[0]),
        },
    };
    let place = convention.place(source);
    let inner = format!("{package}/x");
    let place = place.strip_prefix(&convention.place(&inner)[..]).unwrap_or(&place);
    if convention.languages[0] == "swift" {
        return match place.split_first() {
            Some((module, rest)) => joined(&root, &joined(&format!("{module}Tests"), &rest.join("/"))),
            None => root,
        };
    }
    if convention.languages[0] != "python" && convention.languages[0] != "c" && convention.languages[0] != "cpp" {
        return joined(&root, &place.join("/"));
    }
    // Folders of tests often repeat only a part of those of the sources; none is made up.
    let suffixes = (0..place.len()).map(|from| joined(&root, &place[from..].join("/")));
    suffixes.into_iter().find(|folder| has_folder(folder)).unwrap_or(root)
}

/// The folder of a test project, such as `tests/Shapes.Tests`.
fn test_project(test: &str) -> Option<String> {
    let parts: Vec<&str> = folder_of(test).split('/').collect();
    let last = parts.iter().position(|part| part.ends_with(".Tests") || part.ends_with(".Test"))?;
    Some(parts[..=last].join("/"))
}

/// The path up to the folders `folder`, if they are in it.
fn root_named(folder: &str, path: &str) -> Option<String> {
    let padded = format!("/{path}");
    let at = padded.find(&format!("/{folder}/"))?;
    Some(padded[1..=at + folder.len()].to_owned())
}

/// Rust keeps tests in a module of the file itself or, where the file says so, in one beside it.
fn rust(source: &str, text: &str, selection: Range<usize>, root: &Path) -> String {
    let (folder, name) = (folder_of(source), name_of(source));
    let stem = name.strip_suffix(".rs").unwrap_or(name);
    let declares = |module: &str| text.lines().any(|line| line.trim() == format!("mod {module};"));
    if let Some(module) = ["tests", "test"].into_iter().find(|module| declares(module)) {
        let is_root = matches!(stem, "mod" | "lib" | "main");
        let inside = if is_root { folder.to_owned() } else { joined(folder, stem) };
        let paths = [format!("{module}.rs"), format!("{module}/mod.rs")].map(|name| joined(&inside, &name));
        return paths.iter().find(|path| root.join(path).exists()).unwrap_or(&paths[0]).clone();
    }
    let language = Language::from_path(source).unwrap_or_else(|| Language::all()[0]);
    let tree = SyntaxTree::parse(language, text).ok();
    let is_module =
        |symbol: &Symbol| symbol.kind == SymbolKind::Module && matches!(symbol.name.as_str(), "tests" | "test");
    if tree.as_ref().is_some_and(|tree| tree.symbols(text).iter().any(is_module)) {
        return source.to_owned();
    }
    // Tests of the whole crate: those that bear the name of the file, else those that use what is to be tested.
    let Some(folder) = root_named("src", source).map(|root| joined(folder_of(&root), "tests")) else {
        return source.to_owned();
    };
    let named = joined(&folder, &format!("{stem}.rs"));
    if root.join(&named).exists() {
        return named;
    }
    let symbol = tree.and_then(|tree| tree.enclosing_symbol(text, selection));
    let using = symbol.and_then(|symbol| uses(&symbol.name, &folder, root));
    using.unwrap_or_else(|| source.to_owned())
}

/// The file of the folder that names `name` most often, if one does.
fn uses(name: &str, folder: &str, root: &Path) -> Option<String> {
    let may_be_shown = admits(root.to_owned());
    let entries = std::fs::read_dir(root.join(folder)).ok()?.take(MAX_READ).filter_map(Result::ok);
    let paths = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let count = |path: &PathBuf| {
        let is_small = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() <= MAX_READ_BYTES);
        let text = std::fs::read_to_string(path).ok().filter(|_| is_small)?;
        Some(text.split(|character: char| !is_part(character)).filter(|word| *word == name).count())
    };
    let mut found: Vec<(usize, String)> = paths
        .filter(|path| may_be_shown(path))
        .filter_map(|path| Some((count(&path)?, slashed(path.strip_prefix(root).ok()?))))
        .filter(|(count, _)| *count > 0)
        .collect();
    // Of equals the first by name.
    found.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    found.into_iter().next().map(|(_, path)| path)
}

/// The test files of a language below a folder that may be shown to a model, as paths from it, in order.
fn tests_below(root: &Path, convention: &Convention) -> Vec<String> {
    let languages: Vec<Language> = convention
        .languages
        .iter()
        .filter_map(|name| Language::all().iter().copied().find(|other| other.name() == *name))
        .collect();
    let may_be_shown = admits(root.to_owned());
    let walk = ignore::WalkBuilder::new(root).max_depth(Some(12)).require_git(false).build();
    let mut found: Vec<String> = walk
        .take(MAX_WALK)
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| Some(slashed(entry.path().strip_prefix(root).ok()?)))
        .filter(|path| convention.pattern(path).is_some())
        .filter(|path| {
            let is_named = convention.pattern(path).is_some_and(|(name, _)| name != "{}");
            let in_folder = convention.folders.iter().any(|folder| root_named(folder, path).is_some());
            let is_bats = extension_of(path) == "bats";
            languages.iter().any(|language| language.is_test_path(name_of(path))) || (is_named && in_folder) || is_bats
        })
        .filter(|path| may_be_shown(&root.join(path)))
        .collect();
    found.sort();
    found
}

fn in_same_folder(one: &str, other: &str) -> bool {
    folder_of(one) == folder_of(other)
}

pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

pub(super) fn extension_of(path: &str) -> &str {
    name_of(path).rsplit_once('.').map_or("", |(_, extension)| extension)
}

pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn joined(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}

fn slashed(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    // The test file that is there.
    #[case("pkg/stats.py", "tests/test_stats.py", "tests/test_stats.py")]
    #[case("src/pkg/stats.py", "tests/pkg/test_stats.py tests/test_stats.py", "tests/pkg/test_stats.py")]
    #[case("a/util.py", "tests/b/test_util.py", "tests/test_util.py")]
    #[case("stats.py", "stats_test.py", "stats_test.py")]
    #[case("src/sum.ts", "test/sum.spec.ts", "test/sum.spec.ts")]
    #[case("src/sum.ts", "src/__tests__/sum.test.ts", "src/__tests__/sum.test.ts")]
    #[case("src/main/java/a/Sum.java", "src/test/java/a/SumTests.java", "src/test/java/a/SumTests.java")]
    #[case("src/Shapes/Sum.cs", "tests/Shapes.Tests/SumTests.cs", "tests/Shapes.Tests/SumTests.cs")]
    #[case("lib/gem/sum.rb", "spec/gem/sum_spec.rb", "spec/gem/sum_spec.rb")]
    #[case("Sources/Shapes/Sum.swift", "Tests/ShapesTests/SumTests.swift", "Tests/ShapesTests/SumTests.swift")]
    // As the others are.
    #[case("src/sum.ts", "src/other.spec.ts", "src/sum.spec.ts")]
    #[case("src/deep/sum.tsx", "src/__tests__/other.test.ts", "src/deep/__tests__/sum.test.tsx")]
    #[case("src/deep/sum.js", "test/other.test.js", "test/deep/sum.test.js")]
    #[case(
        "packages/a/src/sum.ts",
        "packages/a/test/x.test.ts packages/b/src/y.spec.ts",
        "packages/a/test/sum.test.ts"
    )]
    #[case("lib/sum.rb", "test/test_other.rb", "test/test_sum.rb")]
    #[case("lib/sum.rb", "spec/other_spec.rb", "spec/sum_spec.rb")]
    #[case("pkg/stats.py", "pkg/other_test.py", "pkg/stats_test.py")]
    #[case("src/Shapes/Sum.cs", "tests/Shapes.Tests/OtherTest.cs", "tests/Shapes.Tests/SumTest.cs")]
    // By convention.
    #[case("stats.py", "", "test_stats.py")]
    #[case("src/sum.ts", "", "src/sum.test.ts")]
    #[case("src/sum.mjs", "", "src/sum.test.mjs")]
    #[case("pkg/sum.go", "", "pkg/sum_test.go")]
    #[case("src/main/java/a/b/Sum.java", "", "src/test/java/a/b/SumTest.java")]
    #[case("app/src/main/java/a/Sum.java", "", "app/src/test/java/a/SumTest.java")]
    #[case("Shapes/Sum.cs", "", "Shapes/SumTests.cs")]
    #[case("lib/gem/sum.rb", "", "test/gem/sum_test.rb")]
    #[case("src/Math/Sum.php", "", "tests/Math/SumTest.php")]
    #[case("src/sum.c", "", "src/test_sum.c")]
    #[case("src/sum.hpp", "", "src/sum_test.cpp")]
    #[case("src/sum.cc", "test/other_test.cc", "test/sum_test.cc")]
    #[case("Sources/Shapes/Sum.swift", "", "Tests/ShapesTests/SumTests.swift")]
    #[case("lua/sum.lua", "", "spec/sum_spec.lua")]
    #[case("bin/backup.sh", "", "test/backup.bats")]
    fn tests_go_where_they_belong(#[case] source: &str, #[case] tests: &str, #[case] expected: &str) {
        let language = Language::from_path(source).unwrap();
        let convention = Convention::of(language.name()).unwrap();
        let tests: Vec<String> = tests.split_whitespace().map(str::to_owned).collect();
        let has_folder = |folder: &str| tests.iter().any(|test| test.starts_with(&format!("{folder}/")));
        assert_eq!(choose(convention, source, &tests, &has_folder), expected);
    }

    #[rstest]
    #[case("src/sum.rs", "fn sum() {}\n", &[], "src/sum.rs")]
    #[case("src/sum.rs", "#[cfg(test)]\nmod tests;\n", &[], "src/sum/tests.rs")]
    #[case("src/lib.rs", "#[cfg(test)]\nmod tests;\n", &["src/tests/mod.rs"], "src/tests/mod.rs")]
    #[case("src/sum.rs", "fn sum() {}\n", &["tests/sum.rs"], "tests/sum.rs")]
    #[case("src/sum.rs", "#[cfg(test)]\nmod tests {}\n", &["tests/sum.rs"], "src/sum.rs")]
    #[case("crates/a/src/sum.rs", "fn sum() {}\n", &["crates/a/tests/sum.rs"], "crates/a/tests/sum.rs")]
    fn tests_of_rust_are_in_the_file_or_where_it_says(
        #[case] source: &str,
        #[case] text: &str,
        #[case] there: &[&str],
        #[case] expected: &str,
    ) {
        let root = tempfile::tempdir().unwrap();
        for path in there {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        assert_eq!(rust(source, text, 0..0, root.path()), expected);
    }

    #[rstest]
    #[case("pub fn sum() {}\n", "tests/adding.rs")]
    #[case("pub fn summed() {}\n", "src/lib.rs")]
    #[case("pub fn secret() {}\n", "src/lib.rs")]
    #[case("pub fn sum() {}\n\n#[cfg(test)]\nmod tests {}\n", "src/lib.rs")]
    fn tests_of_a_crate_are_where_the_function_is_used(#[case] text: &str, #[case] expected: &str) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("tests")).unwrap();
        for (name, text) in [
            ("adding.rs", "use sums::sum;\n\n#[test]\nfn adds() {\n    sum();\n}\n"),
            ("other.rs", "// sum\n"),
            ("private.rs", "secret secret\n"),
        ] {
            std::fs::write(root.path().join("tests").join(name), text).unwrap();
        }
        std::fs::write(root.path().join(".aiiaignore"), "tests/private.rs\n").unwrap();
        assert_eq!(rust("src/lib.rs", text, 7..10, root.path()), expected);
    }

    #[rstest]
    #[case("", Some("tests/test_other.py"))]
    #[case("test_other.py\n", None)]
    #[case("tests/\n", None)]
    fn what_is_excluded_is_no_example(#[case] excluded: &str, #[case] expected: Option<&str>) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("tests")).unwrap();
        std::fs::write(root.path().join("tests/test_other.py"), "def test_other(): pass\n").unwrap();
        std::fs::write(root.path().join(".aiiaignore"), excluded).unwrap();
        let source = root.path().join("stats.py");
        let home =
            find(&source, "def mean(): pass\n", 0..0, root.path(), Language::from_path("stats.py").unwrap()).unwrap();
        assert_eq!(home.example, expected.map(|path| root.path().join(path)));
    }
}
