//! The rows of the registry, by group of languages.

mod data;
mod managed;
mod native;
mod scripts;
mod web;

use super::Queries;
use super::Row;

/// Every row; the place in the list is the index of the language.
pub(super) const ROWS: &[&Row] = &[
    &native::RUST,
    &scripts::PYTHON,
    &web::JAVASCRIPT,
    &web::TYPESCRIPT,
    &web::TSX,
    &native::GO,
    &native::C,
    &native::CPP,
    &managed::JAVA,
    &managed::CSHARP,
    &scripts::RUBY,
    &web::PHP,
    &scripts::BASH,
    &scripts::LUA,
    &native::SWIFT,
    &data::JSON,
    &data::YAML,
    &data::TOML,
    &web::HTML,
    &web::CSS,
    &data::MARKDOWN,
];

/// The queries of folders below `queries/`, those of several folders joined. Files that are not named are empty.
macro_rules! queries {
    (@join $file:literal: $($folder:literal),*) => {
        concat!($(include_str!(concat!("../../../queries/", $folder, "/", $file))),*)
    };
    (
        definitions: $($definitions:literal),+;
        imports: $($imports:literal),*;
        references: $($references:literal),*;
        tests: $($tests:literal),*;
    ) => {
        Queries {
            definitions: queries!(@join "definitions.scm": $($definitions),+),
            imports: queries!(@join "imports.scm": $($imports),*),
            references: queries!(@join "references.scm": $($references),*),
            tests: queries!(@join "tests.scm": $($tests),*),
        }
    };
    // All four of one folder.
    ($folder:literal) => {
        queries! { definitions: $folder; imports: $folder; references: $folder; tests: $folder; }
    };
}
use queries;
