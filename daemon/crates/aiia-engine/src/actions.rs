//! What can be asked about a place in a document, from memory: no model, no file, no waiting.

use std::ops::Range;

use aiia_syntax::{Language, SyntaxTree};

use crate::documents::OpenDocument;

/// What is at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The name of the symbol around it.
    pub symbol: Option<String>,
}

/// Larger documents are not parsed for a menu.
const MAX_BYTES: usize = 256 * 1024;

/// What is at `range` of `document`.
pub fn offered(document: &OpenDocument, range: Range<usize>) -> Offer {
    let language = document.language_id.as_deref().and_then(Language::from_language_id);
    let Some(language) = language.filter(|_| document.document.len() <= MAX_BYTES) else { return Offer::default() };
    let text = document.document.text();
    let tree = SyntaxTree::parse(language, &text);
    let symbol = tree.ok().and_then(|tree| tree.enclosing_symbol(&text, range)).map(|symbol| symbol.name);
    Offer { symbol }
}
