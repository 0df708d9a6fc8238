//! Chats as files, without a store and without a file system: archives, pages to read, and the exports of other programs.
//!
//! [`ArchiveWriter`] and [`Source`] are the two ends of an archive. What is read was not written by us: its size is bounded, its
//! entries are never unpacked by their names, and a file is read to its end before anything of it is given out.

mod archive;
mod document;
mod foreign;
mod page;
mod pdf;
mod source;

#[cfg(test)]
mod tests;

pub use archive::ArchiveWriter;
pub use page::{html, markdown};
pub use pdf::{Pdf, pdf};
pub use source::{Item, Source};

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("The file cannot be read: {0}.")]
    Io(#[from] std::io::Error),
    /// It is not what it should be.
    #[error("{0}")]
    Content(String),
}

impl Refused {
    pub(crate) fn content(detail: impl Into<String>) -> Self {
        Self::Content(detail.into())
    }
}

/// A name for a file with the chat or project `title`, without what file systems do not take.
pub fn file_name(title: &str, extension: &str) -> String {
    let mut name = String::new();
    for c in title.chars() {
        let c = if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')') { c } else { ' ' };
        if !(c == ' ' && (name.is_empty() || name.ends_with(' '))) {
            name.push(c);
        }
        if name.chars().count() >= 80 {
            break;
        }
    }
    let name = name.trim_matches(|c| c == ' ' || c == '.');
    format!("{}.{extension}", if name.is_empty() { "chat" } else { name })
}
