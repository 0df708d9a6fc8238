//! The documents that a connection has open, as its editor has them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use aiia_syntax::{Language, Symbol, SyntaxTree};
use aiia_text::{Document, TextEdit};
use parking_lot::Mutex;

/// An older tree is made good for so many edits.
const MAX_EDITS: usize = 1000;
/// Larger documents are not parsed for a menu.
const MAX_PARSED_BYTES: usize = 512 * 1024;

/// An open document: a snapshot, cheap to clone.
#[derive(Clone, Debug)]
pub struct OpenDocument {
    /// The text.
    pub document: Document,
    /// The editor's version of it. Editors begin anew when they open a document again.
    pub version: i32,
    /// A number that no other text of a document has had since the program began.
    pub(crate) generation: u64,
    /// The editor's language identifier.
    pub language_id: Option<String>,
    /// The text when the editor opened or saved it last.
    pub(crate) saved: Document,
    /// When that was.
    pub(crate) saved_at: SystemTime,
    syntax: Arc<Syntax>,
}

/// The tree of a version, made when it is first asked for, from an older one where there is one.
#[derive(Debug, Default)]
struct Syntax {
    tree: OnceLock<Option<SyntaxTree>>,
    /// An older tree, and what was edited since.
    older: Option<(SyntaxTree, Vec<TextEdit>)>,
}

impl Syntax {
    /// The syntax after further edits.
    fn edited(&self, edits: Vec<TextEdit>) -> Self {
        let older = match (self.tree.get(), &self.older) {
            (Some(Some(tree)), _) => Some((tree.clone(), edits)),
            (Some(None), _) | (None, None) => None,
            (None, Some((tree, before))) => Some((tree.clone(), before.iter().copied().chain(edits).collect())),
        };
        // After so many edits another parse costs no more.
        Self { tree: OnceLock::new(), older: older.filter(|(_, edits)| edits.len() <= MAX_EDITS) }
    }

    fn tree(&self, language: Language, document: &Document) -> Option<&SyntaxTree> {
        let made = self.tree.get_or_init(|| match &self.older {
            Some((tree, edits)) if tree.language() == language => tree.reparse(document, edits).ok(),
            _ => SyntaxTree::parse(language, &document.text()).ok(),
        });
        made.as_ref()
    }
}

impl OpenDocument {
    /// The tree of the text in that language, where it can be parsed. The first time takes a moment.
    pub(crate) fn tree(&self, language: Language) -> Option<SyntaxTree> {
        self.syntax.tree(language, &self.document).filter(|tree| tree.language() == language).cloned()
    }

    /// Makes what questions about the text need, for all snapshots of this version.
    pub(crate) fn prepare(&self, language: Language) {
        if self.document.len() > aiia_context::MAX_SYNTAX_BYTES {
            return;
        }
        let text = self.document.text();
        if aiia_context::is_looked_at(&text)
            && let Some(tree) = self.syntax.tree(language, &self.document)
        {
            tree.prepare(&text);
        }
    }

    #[cfg(test)]
    pub(crate) fn is_prepared(&self) -> bool {
        self.syntax.tree.get().and_then(Option::as_ref).is_some_and(SyntaxTree::is_prepared)
    }

    /// The innermost symbol around `range`, where the language is known.
    pub fn enclosing_symbol(&self, range: Range<usize>) -> Option<Symbol> {
        let language = self.language_id.as_deref().and_then(Language::from_language_id)?;
        if self.document.len() > MAX_PARSED_BYTES {
            return None;
        }
        self.syntax.tree(language, &self.document)?.enclosing_symbol(&self.document.text(), range)
    }
}

fn next_generation() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The open documents of one connection, by absolute path or `untitled:NAME`. All methods are quick and never wait for
/// anything but each other, so they may be called while messages are being read.
#[derive(Debug, Default)]
pub struct OpenDocuments {
    documents: Mutex<HashMap<String, OpenDocument>>,
}

impl OpenDocuments {
    /// Opens a document, or replaces it where it is open already.
    pub fn open(&self, path: &str, language_id: Option<&str>, version: i32, text: &str) {
        let language_id = language_id.filter(|id| !id.is_empty()).map(str::to_owned);
        let text = Document::new(text);
        let document = OpenDocument {
            saved: text.clone(),
            saved_at: SystemTime::now(),
            document: text,
            version,
            generation: next_generation(),
            language_id,
            syntax: Arc::default(),
        };
        self.documents.lock().insert(path.to_owned(), document);
    }

    /// Changes an open document by `change`, which tells its edits in their order, and sets its version. False when it is
    /// not open.
    pub fn edit(&self, path: &str, version: i32, change: impl FnOnce(&mut Document) -> Vec<TextEdit>) -> bool {
        let mut documents = self.documents.lock();
        let Some(open) = documents.get_mut(path) else { return false };
        let edits = change(&mut open.document);
        open.version = version;
        open.generation = next_generation();
        open.syntax = Arc::new(open.syntax.edited(edits));
        true
    }

    /// Takes note that an open document was saved as it is.
    pub fn saved(&self, path: &str) {
        if let Some(open) = self.documents.lock().get_mut(path) {
            open.saved = open.document.clone();
            open.saved_at = SystemTime::now();
        }
    }

    /// Closes a document. False when it is not open.
    pub fn close(&self, path: &str) -> bool {
        self.documents.lock().remove(path).is_some()
    }

    /// A snapshot of an open document.
    pub fn get(&self, path: &str) -> Option<OpenDocument> {
        self.documents.lock().get(path).cloned()
    }

    /// Gives an open document another path.
    pub fn rename(&self, from: &str, to: &str) {
        let mut documents = self.documents.lock();
        if let Some(document) = documents.remove(from) {
            documents.insert(to.to_owned(), document);
        }
    }

    /// The paths of the open documents, sorted.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.documents.lock().keys().cloned().collect();
        paths.sort();
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_is_opened_again_is_another_text() {
        let documents = OpenDocuments::default();
        let generation = || documents.get("/w/a.rs").unwrap().generation;
        documents.open("/w/a.rs", None, 1, "a");
        let first = generation();
        assert!(documents.edit("/w/a.rs", 1, |document| vec![document.edit(0..1, "b")]));
        let edited = generation();
        documents.close("/w/a.rs");
        documents.open("/w/a.rs", None, 1, "c");
        assert!(first < edited && edited < generation());
    }

    #[test]
    fn a_text_that_is_not_looked_at_is_not_parsed() {
        let documents = OpenDocuments::default();
        documents.open("/w/packed.js", Some("javascript"), 1, &"f(1);".repeat(10_000));
        let open = documents.get("/w/packed.js").unwrap();
        open.prepare(Language::from_language_id("javascript").unwrap());
        assert!(open.syntax.tree.get().is_none());
    }
}
