//! Languages that stand for each other above a code block.

use aiia_syntax::Language;

const FAMILIES: &[&[&str]] = &[&["javascript", "typescript", "tsx"], &["c", "cpp"]];

/// Whether code that is said to be in one language may be meant for a file in another one. Whether it is code of the file's language
/// is for the parser to tell.
pub(crate) fn are_related(one: Language, other: Language) -> bool {
    let has = |family: &&&[&str], language: Language| family.contains(&language.name());
    one == other || FAMILIES.iter().any(|family| has(&family, one) && has(&family, other))
}
