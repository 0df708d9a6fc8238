//! The trees of files that nobody has open, as long as questions about them are likely to come again.

use crate::{MAX_SYNTAX_BYTES, is_looked_at};
use aiia_syntax::{Language, SyntaxTree};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// So many trees are kept, of texts of so many bytes together: a tree takes some twenty times as much.
const MAX_TREES: usize = 16;
const MAX_BYTES: usize = MAX_SYNTAX_BYTES / 2;

struct Kept {
    path: String,
    text: Arc<str>,
    tree: SyntaxTree,
    used: Instant,
}

/// The trees of texts that were asked about lately, with what stands outside functions.
#[derive(Default)]
pub struct RecentTrees {
    /// The one that was used last is the last.
    kept: Mutex<Vec<Kept>>,
}

impl std::fmt::Debug for RecentTrees {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RecentTrees").field("kept", &self.kept.lock().len()).finish()
    }
}

impl RecentTrees {
    /// The tree of the file of that path, if it is kept and of exactly that text.
    pub fn get(&self, path: &str, language: Language, text: &str) -> Option<SyntaxTree> {
        let mut kept = self.kept.lock();
        let is_it = |kept: &Kept| kept.path == path && kept.tree.language() == language && *kept.text == *text;
        let place = kept.iter().position(is_it)?;
        let mut found = kept.remove(place);
        found.used = Instant::now();
        let tree = found.tree.clone();
        kept.push(found);
        Some(tree)
    }

    /// Makes the tree of a text and keeps it, in the place of an older one of that path; does nothing for a text that is taken by lines
    /// or too large. Takes as long as a parse.
    pub fn prepare(&self, path: &str, language: Language, text: Arc<str>) {
        if text.len() > MAX_BYTES || !is_looked_at(&text) || self.get(path, language, &text).is_some() {
            return;
        }
        let Ok(tree) = SyntaxTree::parse(language, &text) else { return };
        tree.prepare(&text);
        let mut kept = self.kept.lock();
        kept.retain(|kept| kept.path != path);
        kept.push(Kept { path: path.to_owned(), text, tree, used: Instant::now() });
        let bytes = |kept: &[Kept]| kept.iter().map(|kept| kept.text.len()).sum::<usize>();
        while kept.len() > MAX_TREES || bytes(&kept) > MAX_BYTES {
            kept.remove(0);
        }
    }

    /// Drops the trees that nobody used for so long.
    pub fn forget(&self, unused: Duration) {
        self.kept.lock().retain(|kept| kept.used.elapsed() < unused);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust() -> Language {
        Language::from_path("a.rs").unwrap()
    }

    #[test]
    fn a_tree_is_that_of_its_text() {
        let trees = RecentTrees::default();
        trees.prepare("a.rs", rust(), Arc::from("fn a() {}\n"));
        let has = |path: &str, text: &str| trees.get(path, rust(), text).is_some_and(|tree| tree.is_prepared());
        assert!(has("a.rs", "fn a() {}\n"));
        assert!(!has("a.rs", "fn b() {}\n") && !has("b.rs", "fn a() {}\n"));
        trees.prepare("a.rs", rust(), Arc::from("fn b() {}\n"));
        assert!(has("a.rs", "fn b() {}\n") && !has("a.rs", "fn a() {}\n"));
        trees.forget(Duration::ZERO);
        assert!(!has("a.rs", "fn b() {}\n"));
    }

    #[test]
    fn those_that_were_not_used_for_longest_go_first() {
        let trees = RecentTrees::default();
        let text = |number: usize| format!("fn f{number}() {{}}\n");
        let has = |number: usize| trees.get(&number.to_string(), rust(), &text(number)).is_some();
        for number in 0..MAX_TREES {
            trees.prepare(&number.to_string(), rust(), Arc::from(text(number)));
        }
        assert!(has(0));
        trees.prepare("more", rust(), Arc::from("fn more() {}\n"));
        assert!(has(0) && !has(1) && has(2));
        let large = "fn large() {}\n".repeat(MAX_BYTES / 14);
        trees.prepare("large", rust(), Arc::from(large.as_str()));
        assert!(!has(2) && trees.get("large", rust(), &large).is_some());
        trees.prepare("too large", rust(), Arc::from(large.repeat(2)));
        assert!(trees.get("large", rust(), &large).is_some());
    }
}
