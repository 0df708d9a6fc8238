//! Paths of folders as they are stored: absolute, without a trailing separator, `.` or `..`.

use std::path::{Component, Path, PathBuf};

use crate::StoreError;

/// The folder as it is stored; `pointer` names it in an error.
pub(crate) fn normalize(folder: &str, pointer: &str) -> Result<String, StoreError> {
    let refuse = |why: &str| StoreError::invalid(pointer, format!("The folder “{}” {why}.", folder.escape_debug()));
    if folder.contains('\0') {
        return Err(refuse("contains a NUL character"));
    }
    if !Path::new(folder).is_absolute() {
        return Err(refuse("is not an absolute path"));
    }
    let mut path = PathBuf::new();
    for component in Path::new(folder).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path.into_os_string().into_string().map_err(|_| refuse("is not UTF-8"))
}

/// The folder and its ancestors, the folder first.
pub(crate) fn with_ancestors(folder: &str) -> impl Iterator<Item = &str> {
    Path::new(folder).ancestors().filter_map(Path::to_str)
}

/// A name for the project of the folder.
pub(crate) fn name(folder: &str) -> String {
    let last = Path::new(folder).file_name().and_then(|name| name.to_str()).unwrap_or(folder);
    last.chars().take(200).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/a/b", "/a/b")]
    #[case("/a/b/", "/a/b")]
    #[case("/a//b/./c/..", "/a/b")]
    #[case("/..", "/")]
    #[case("/", "/")]
    #[case("/Ünï cödé/b c", "/Ünï cödé/b c")]
    fn a_folder_has_one_form(#[case] given: &str, #[case] expected: &str) {
        assert_eq!(normalize(given, "/folder").as_deref(), Ok(expected));
    }

    #[rstest]
    #[case("")]
    #[case("a/b")]
    #[case("untitled:1")]
    #[case("/a\0b")]
    fn what_is_no_absolute_path_is_refused(#[case] given: &str) {
        assert!(
            matches!(normalize(given, "/folder"), Err(StoreError::InvalidInput { pointer, .. }) if pointer == "/folder")
        );
    }

    #[rstest]
    #[case("/a/b", &["/a/b", "/a", "/"], "b")]
    #[case("/", &["/"], "/")]
    fn ancestors_and_names(#[case] folder: &str, #[case] expected: &[&str], #[case] named: &str) {
        assert_eq!(with_ancestors(folder).collect::<Vec<_>>(), expected);
        assert_eq!(name(folder), named);
    }
}
