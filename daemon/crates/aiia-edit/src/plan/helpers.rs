//! New functions that a reply gives in a block of their own, and calls in another block: they go next to what calls them, as in one
//! block.

use crate::parse::{Fence, FileName, Item, ItemKind};
use crate::resolve::{FileView, defined_names};

/// The two blocks as one, if `user` speaks of what `helper` defines and the file lacks all of that.
pub(super) fn joined(helper: &Item, user: &Item, file: &FileView) -> Option<Item> {
    let ItemKind::Code { text: new, fence: Fence::Closed, lead, .. } = &helper.kind else { return None };
    let ItemKind::Code { text: known, fence: Fence::Closed, .. } = &user.kind else { return None };
    let is_of_file = helper.file == user.file || matches!(helper.file, FileName::None | FileName::Earlier(_));
    let names = defined_names(helper, file);
    let is_new = !names.is_empty() && names.iter().all(|name| file.symbols_named(name).is_empty());
    if !is_of_file || lead.only_shows() || !is_new || !names.iter().any(|name| says(known, name)) {
        return None;
    }
    let mut joined = user.clone();
    if let ItemKind::Code { text, .. } = &mut joined.kind {
        *text = format!("{}\n\n{known}", new.trim_end());
    }
    Some(joined)
}

/// Whether a name stands in a text as a word.
fn says(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}
