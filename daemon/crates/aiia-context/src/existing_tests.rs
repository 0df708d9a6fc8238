//! Tests that exist already, in other files: those that call the target, else how the tests of its file are written.

use crate::Target;
use crate::rank::Texts;
use crate::workspace::{FileEntry, WorkspaceIndex, name_id, words};
use aiia_syntax::{Language, SyntaxTree};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::ops::Range;

/// How many files of tests are read.
const MAX_FILES: usize = 8;
/// A larger one is not.
const MAX_BYTES: usize = 128 << 10;
/// How many tests of one file are shown.
const MAX_TESTS: usize = 4;
/// How many lines of imports are shown with a test that only tells how tests are written.
const MAX_IMPORT_LINES: u32 = 20;

/// Lines of a file of tests, and why they are of interest.
pub(crate) struct TestLines {
    pub(crate) file: u32,
    pub(crate) lines: Range<u32>,
    pub(crate) why: &'static str,
}

/// The tests in other files that call the target, or one that tells how the tests of its file are written. `path` is the target's file.
pub(crate) fn existing_tests(
    index: &WorkspaceIndex,
    texts: &mut Texts,
    path: &str,
    target: &Target,
    has_callers: bool,
) -> Vec<TestLines> {
    let Some(symbol) = &target.symbol else { return Vec::new() };
    let stem = tested_stem(path);
    let (_, mentioning) = index.weigh_mentions(&FxHashMap::default(), Some(name_id(&symbol.name)));
    let mut files: Vec<(u32, FileEntry)> = mentioning
        .into_iter()
        .filter_map(|file| Some((file, index.file(file)?)))
        .filter(|(_, entry)| entry.path != path)
        .collect();
    // That of the target's own file first.
    files.sort_by_key(|(file, entry)| (tested_stem(entry.path) != stem, !is_of_tests(entry.path), *file));
    let calling = |found: &mut Vec<TestLines>, texts: &mut Texts, (file, entry): (u32, FileEntry)| {
        let Some((text, tree)) = parsed(texts, file, &entry) else { return };
        let calls = |test: &Range<usize>| words(&text[test.clone()]).any(|word| word == symbol.name);
        let tests: Vec<_> = tree.tests(&text).into_iter().filter(calls).collect();
        let innermost = tests.iter().filter(|test| !holds_another(test, &tests)).take(MAX_TESTS);
        let why = "a test that calls the target";
        found.extend(innermost.map(|test| TestLines { file, lines: lines_of(&text, test), why }));
    };
    let mut found = Vec::new();
    for (file, entry) in files.into_iter().take(MAX_FILES) {
        calling(&mut found, texts, (file, entry));
    }
    if found.is_empty() && !has_callers {
        found = style(index, texts, path, &stem);
    }
    found
}

/// The imports and the shortest test of the file that tests the target's file by its name.
fn style(index: &WorkspaceIndex, texts: &mut Texts, path: &str, stem: &str) -> Vec<TestLines> {
    let language = Language::from_path(path);
    let near = |other: &str| path.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count();
    let mut files: Vec<(u32, FileEntry)> = index
        .files()
        .filter(|(_, entry)| {
            entry.path != path
                && is_of_tests(entry.path)
                && tested_stem(entry.path) == stem
                && Language::from_path(entry.path) == language
        })
        .collect();
    files.sort_by_key(|(file, entry)| (Reverse(near(entry.path)), *file));
    for (file, entry) in files.into_iter().take(MAX_FILES) {
        let Some((text, tree)) = parsed(texts, file, &entry) else { continue };
        let tests = tree.tests(&text);
        let innermost = tests.iter().filter(|test| !holds_another(test, &tests));
        let Some(shortest) = innermost.map(|test| lines_of(&text, test)).min_by_key(|lines| (lines.len(), lines.start))
        else {
            continue;
        };
        let why = "how the tests of this file are written";
        let mut found = vec![TestLines { file, lines: shortest.clone(), why }];
        let imports = tree.imports(&text).into_iter().map(|import| lines_of(&text, &import));
        let imports = imports.reduce(|all, next| all.start.min(next.start)..all.end.max(next.end));
        let is_apart = |lines: &Range<u32>| lines.len() as u32 <= MAX_IMPORT_LINES && lines.end <= shortest.start;
        found.extend(imports.filter(is_apart).map(|lines| TestLines {
            file,
            lines,
            why: "what the tests of this file import",
        }));
        return found;
    }
    Vec::new()
}

/// Whether a file is for tests alone, by its path.
pub(crate) fn is_of_tests(path: &str) -> bool {
    Language::from_path(path).is_some_and(|language| language.is_test_path(path))
}

fn parsed(texts: &mut Texts, file: u32, entry: &FileEntry) -> Option<(String, SyntaxTree)> {
    let language = Language::from_path(entry.path)?;
    let text = texts.lines(file, 0..u32::MAX).filter(|text| text.len() <= MAX_BYTES)?.to_owned();
    let tree = SyntaxTree::parse(language, &text).ok()?;
    Some((text, tree))
}

fn holds_another(test: &Range<usize>, tests: &[Range<usize>]) -> bool {
    tests.iter().any(|other| other != test && test.start <= other.start && other.end <= test.end)
}

/// The lines of a range of a text, from 0.
fn lines_of(text: &str, range: &Range<usize>) -> Range<u32> {
    let line = |end: usize| memchr::memchr_iter(b'\n', &text.as_bytes()[..end]).count() as u32;
    line(range.start)..line(range.end.saturating_sub(1).max(range.start)) + 1
}

/// The name of a file without its folder, its ending and what says that it is one of tests, in small letters: `cart` of
/// `tests/test_cart.py`, `CartTest.java` and `cart.spec.ts`.
fn tested_stem(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
    let marks: &[char] = &['_', '-', '.'];
    let bare = |stem: &str| -> Option<String> {
        let said = ["test", "tests", "spec"];
        let front = said.iter().find_map(|word| stem.strip_prefix(word)?.strip_prefix(marks));
        let back = said.iter().find_map(|word| stem.strip_suffix(word)).map(|rest| rest.trim_end_matches(marks));
        front.or(back).filter(|rest| !rest.is_empty()).map(str::to_owned)
    };
    bare(&stem).unwrap_or(stem)
}
