//! The rows of the registry, by group of languages.

mod native;
mod scripts;

use super::Queries;
use super::Row;

/// Every row; the place in the list is the index of the language.
pub(super) const ROWS: &[&Row] = &[&native::RUST, &scripts::PYTHON];

/// The queries of folders below `queries/`, those of several folders joined: `code` has all of them, `data` no
/// references and no tests.
macro_rules! queries {
    (@join $file:literal, $($folder:literal),+) => {
        concat!($(include_str!(concat!("../../../queries/", $folder, "/", $file))),+)
    };
    (code $($folder:literal),+) => {
        Queries {
            definitions: queries!(@join "definitions.scm", $($folder),+),
            imports: queries!(@join "imports.scm", $($folder),+),
            references: queries!(@join "references.scm", $($folder),+),
            tests: queries!(@join "tests.scm", $($folder),+),
        }
    };
    (data $($folder:literal),+) => {
        Queries {
            definitions: queries!(@join "definitions.scm", $($folder),+),
            imports: queries!(@join "imports.scm", $($folder),+),
            references: "",
            tests: "",
        }
    };
}
use queries;
