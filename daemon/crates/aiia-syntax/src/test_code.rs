//! Which code is a test: by the path of its file, and by what a language's `tests.scm` captures as
//! `@test`; several such captures of one match are one test.

use crate::query::for_each_match;
use crate::{Language, definitions};
use std::cmp::Reverse;
use std::ops::Range;
use tree_sitter::Tree;

impl Language {
    /// Whether a file is for tests alone, by the habits of the language; `path` is relative to the workspace and may
    /// use either slash. Tests may be elsewhere too, see [`crate::SyntaxTree::tests`].
    pub fn is_test_path(self, path: &str) -> bool {
        let mut parts = path.rsplit(['/', '\\']);
        let file_name = parts.next().unwrap_or_default();
        let folders: Vec<&str> = parts.collect();
        self.test_paths().iter().any(|pattern| match pattern.strip_suffix('/') {
            Some(folder) => folders.contains(&folder),
            None => matches(pattern, file_name),
        })
    }
}

/// Whether a name is what a pattern with at most one `*` describes.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => pattern == name,
    }
}

/// The tests of a file, in the order of the text, an outer one before what it contains.
pub(crate) fn tests(tree: &Tree, language: Language, text: &str) -> Vec<Range<usize>> {
    let mut tests = Vec::new();
    for_each_match(language.tests(), tree, text, 0..usize::MAX, |_, captures| {
        let parts = captures.iter().filter(|(_, capture)| *capture == "test").map(|(node, _)| node.byte_range());
        tests.extend(parts.reduce(|all, part| all.start.min(part.start)..all.end.max(part.end)));
    });
    if tests.is_empty() {
        return tests;
    }
    let leading = definitions::leading(tree, language, text);
    for test in &mut tests {
        test.start = definitions::leading_start(&leading, test, language, text);
    }
    tests.sort_by_key(|test| (test.start, Reverse(test.end)));
    tests.dedup();
    tests
}

#[cfg(test)]
mod tests;
