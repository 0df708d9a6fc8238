//! What a reply may name beside the files it was given.

use crate::plan::SourceFile;

/// The files around the given ones. The caller looks; this crate only asks, with paths that [`crate::normal_path`] let pass.
pub trait Workspace: std::fmt::Debug {
    /// What stands at `path`, as seen from the root. Any doubt is [`Entry::Refused`].
    fn entry(&self, path: &str) -> Entry;

    /// An absolute path as seen from the root; nothing for one that does not begin with the root, or where there is none.
    fn inside(&self, absolute: &str) -> Option<String> {
        let _ = absolute;
        None
    }
}

/// What stands at a path.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Nothing, and a file can be made there.
    Absent,
    /// A text file.
    File(SourceFile),
    /// Nothing of this name, but this one, which differs in big and small letters only.
    OtherCase(String),
    /// Something that cannot be changed or must not be; why, behind the name: `is a folder`.
    Refused(String),
}
