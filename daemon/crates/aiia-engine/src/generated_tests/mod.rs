//! Tests that a model writes: the file they go to, what the project tests with, and how they are added to what is there.

mod blocks;
mod class;
mod framework;
mod groups;
mod home;
mod imports;
mod lines;
mod merge;
mod place;

use aiia_syntax::Language;

pub(crate) use blocks::CodeUnderTest;
pub(crate) use home::find;
pub(crate) use place::place;

/// A file that takes tests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TestTarget {
    /// Absolute path.
    pub(crate) path: String,
    /// Its text now; empty where it is to be made.
    pub(crate) text: String,
    pub(crate) language: Language,
    /// Whether it is not there yet.
    pub(crate) is_new: bool,
    /// What a new file must begin with, such as the package of the code under test.
    pub(crate) preamble: Option<String>,
}

impl TestTarget {
    /// Whether it holds tests alone.
    fn is_apart(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        matches!(name, "tests.rs" | "test.rs") || self.path.rsplit('/').nth(1).is_some_and(|folder| folder == "tests")
    }
}
