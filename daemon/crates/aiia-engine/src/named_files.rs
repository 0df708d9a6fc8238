//! The files of a project that a text names, so that an answer can change more than the file that was asked about.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::engine::Engine;
use crate::indexes;
use crate::source::Source;
use crate::workspace;

/// The most files that are read because a text names them.
const MAX_FILES: usize = 50;
/// The most words of a text that are taken for names.
const MAX_NAMES: usize = 5000;
/// The longest path.
const MAX_NAME_BYTES: usize = 400;
/// How long the list of a folder's files is waited for.
const LIST_LIMIT: Duration = Duration::from_millis(500);

/// The files below `roots` that `text` names by their path or by their last name. What cannot be read is left out.
/// `folders` are those that the editor has open.
pub(crate) async fn named_files(engine: &Engine, folders: &[PathBuf], roots: &[PathBuf], text: &str) -> Vec<Source> {
    let names: Vec<String> = names_in(text).into_iter().map(str::to_owned).collect();
    let (all_roots, folders, sharing) = (roots.to_vec(), folders.to_vec(), engine.clone());
    let found = tokio::task::spawn_blocking(move || {
        let mut found: Vec<PathBuf> = Vec::new();
        for root in &all_roots {
            found.extend(names.iter().filter_map(|name| below(root, name)).filter(|path| path.is_file()));
            if !workspace::is_project(root, &folders) {
                continue;
            }
            let Some(indexer) = sharing.indexes.usable(root, LIST_LIMIT) else { continue };
            indexes::take_over_buffers(&indexer, &sharing.open_documents());
            let last: HashSet<&str> = names.iter().map(|name| name.rsplit('/').next().unwrap_or(name)).collect();
            let index = indexer.index();
            let named = index.paths().filter(|path| last.contains(path.rsplit('/').next().unwrap_or(path)));
            found.extend(named.map(|path| root.join(path)));
        }
        // A link may lead out of the workspace.
        let real: Vec<PathBuf> = all_roots.iter().filter_map(|root| root.canonicalize().ok()).collect();
        found.retain(|path| path.canonicalize().is_ok_and(|path| real.iter().any(|root| path.starts_with(root))));
        let mut seen = HashSet::new();
        found.retain(|path| seen.insert(path.clone()));
        found.truncate(MAX_FILES);
        found
    });
    let mut sources = Vec::new();
    for path in found.await.unwrap_or_default() {
        let root = roots.iter().filter(|root| path.starts_with(root)).max_by_key(|root| root.as_os_str().len());
        if let Ok(source) = Source::below(engine, &path, root.cloned()).await {
            sources.push(source);
        }
    }
    sources
}

/// The path below `root` that `name` means, if it does not climb out.
fn below(root: &Path, name: &str) -> Option<PathBuf> {
    let bare = ["a/", "b/", "./"].iter().find_map(|prefix| name.strip_prefix(prefix));
    let stays = |name: &&str| Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let exists = |name: &&str| root.join(name).exists();
    [Some(name), bare].into_iter().flatten().filter(stays).find(exists).map(|name| root.join(name))
}

/// Words that can be file names: they have a dot inside or a slash.
fn names_in(text: &str) -> Vec<&str> {
    let mut seen = HashSet::new();
    text.split(|c: char| c.is_whitespace() || "`\"'()[]{}<>*,;=|".contains(c))
        .map(|word| word.trim_matches(|c: char| ":#!?".contains(c)).trim_end_matches('.'))
        .filter(|word| (3..=MAX_NAME_BYTES).contains(&word.len()))
        .filter(|word| word.contains('/') || word.trim_start_matches('.').contains('.'))
        .filter(|word| seen.insert(*word))
        .take(MAX_NAMES)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_with_a_dot_or_a_slash() {
        let text = "See **src/a.py**, `b.rs`: and (lib/Makefile). Not: this, that. `--- a/c d.txt`";
        assert_eq!(names_in(text), ["src/a.py", "b.rs", "lib/Makefile", "a/c", "d.txt"]);
    }

    #[test]
    fn names_stay_below_their_root() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join("src")).unwrap();
        std::fs::write(temp.path().join("src/x.py"), "").unwrap();
        for (name, found) in [
            ("src/x.py", true),
            ("a/src/x.py", true),
            ("./src/x.py", true),
            ("src/../src/x.py", false),
            ("../x.py", false),
            ("/etc/passwd", false),
            ("src/y.py", false),
        ] {
            assert_eq!(below(temp.path(), name).is_some(), found, "{name}");
        }
    }
}
