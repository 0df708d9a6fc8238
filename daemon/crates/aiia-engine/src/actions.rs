//! What can be asked about a place in a document, from memory: no model, no file, no waiting.

use std::ops::Range;

use crate::documents::OpenDocument;

/// What is at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The name of the symbol around it.
    pub symbol: Option<String>,
}

/// What is at `range` of `document`.
pub fn offered(document: &OpenDocument, range: Range<usize>) -> Offer {
    Offer { symbol: document.enclosing_symbol(range).map(|symbol| symbol.name) }
}
