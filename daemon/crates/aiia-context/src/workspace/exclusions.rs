//! What `.aiiaignore` files exclude, for whoever must not show it: asked about each file that is shown, and right at that moment.

use super::disk::{TICK, Version};
use super::patterns::{IGNORE_FILE, innermost};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The patterns of more folders are not kept.
const MAX_KEPT: usize = 1000;
/// Of more folders not all are remembered that were looked at.
const MAX_FOLDERS: usize = 4096;

/// The patterns of `.aiiaignore` files, kept from one question to the next as long as the files stay as they are.
#[derive(Debug)]
pub struct IgnoreFiles {
    kept: Mutex<FxHashMap<PathBuf, (Version, Read)>>,
    tick: Duration,
}

impl Default for IgnoreFiles {
    fn default() -> IgnoreFiles {
        IgnoreFiles { kept: Mutex::default(), tick: TICK }
    }
}

/// What a file with patterns says.
#[derive(Clone, Debug)]
enum Read {
    Patterns(Arc<Gitignore>),
    /// A pattern that cannot be read must not show more than was wanted: everything is excluded.
    Broken,
}

impl IgnoreFiles {
    /// What is excluded now. A folder's file is looked at once, so that it is for one question.
    pub fn now(self: &Arc<Self>) -> Exclusions {
        Exclusions { files: Arc::clone(self), folders: Mutex::default() }
    }

    /// What the file of a folder says; nothing where it has none.
    fn read(&self, folder: &Path) -> Option<Read> {
        let path = folder.join(IGNORE_FILE);
        let version = Version::of(&path)?;
        let mut kept = self.kept.lock();
        if let Some((known, read)) = kept.get(folder)
            && *known == version
        {
            return Some(read.clone());
        }
        let mut patterns = GitignoreBuilder::new(folder);
        let is_broken = patterns.add(&path).is_some();
        let read = match patterns.build() {
            Ok(patterns) if !is_broken => Read::Patterns(Arc::new(patterns)),
            _ => Read::Broken,
        };
        // What was written a moment ago may be written again and look the same.
        if version.is_older_than(self.tick) {
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
            kept.insert(folder.to_owned(), (version, read.clone()));
        }
        Some(read)
    }
}

/// What `.aiiaignore` files exclude at one moment.
#[derive(Debug)]
pub struct Exclusions {
    files: Arc<IgnoreFiles>,
    folders: Mutex<FxHashMap<PathBuf, Folder>>,
}

/// A folder that was looked at.
#[derive(Clone, Debug)]
struct Folder {
    is_excluded: bool,
    /// The patterns that count in it, those of the innermost folder first.
    patterns: Arc<[Arc<Gitignore>]>,
}

impl Folder {
    fn excludes(&self, path: &Path, is_folder: bool) -> bool {
        self.is_excluded || innermost(self.patterns.iter().map(|patterns| &**patterns), path, is_folder).is_ignore()
    }
}

impl Exclusions {
    /// Whether a file, named by its full path, is excluded: by a pattern beside it or in any folder above. As with `.gitignore`, patterns
    /// mean paths below their own folder, an inner file has the last word, and nothing within an excluded folder is let in again.
    pub fn exclude(&self, file: &Path) -> bool {
        file.parent().is_some_and(|folder| self.folder(folder).excludes(file, false))
    }

    fn folder(&self, path: &Path) -> Folder {
        let mut folders = self.folders.lock();
        if let Some(known) = folders.get(path) {
            return known.clone();
        }
        if folders.len() >= MAX_FOLDERS {
            folders.clear();
        }
        let known = path.ancestors().find_map(|above| Some((above, folders.get(above)?.clone())));
        let (depth, mut folder) = match known {
            Some((above, folder)) => (above.ancestors().count(), folder),
            None => (0, Folder { is_excluded: false, patterns: Arc::new([]) }),
        };
        let below: Vec<&Path> = path.ancestors().collect();
        for inner in below.iter().rev().skip(depth) {
            folder.is_excluded = folder.excludes(inner, true);
            if !folder.is_excluded {
                match self.files.read(inner) {
                    Some(Read::Patterns(own)) => {
                        folder.patterns = std::iter::once(own).chain(folder.patterns.iter().cloned()).collect();
                    }
                    Some(Read::Broken) => folder.is_excluded = true,
                    None => {}
                }
            }
            folders.insert((*inner).to_owned(), folder.clone());
        }
        folder
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test makes the files it is about")]
mod tests {
    use super::*;
    use rstest::{fixture, rstest};
    use std::fs;
    use tempfile::TempDir;

    #[fixture]
    fn folder() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("src")).unwrap();
        folder
    }

    fn write(folder: &TempDir, name: &str, text: &str) {
        fs::write(folder.path().join(name), text).unwrap();
    }

    #[rstest]
    #[case("src/main.rs", false)]
    #[case("src/private/a.rs", true)]
    #[case("src/private/deep/a.rs", true)]
    #[case("src/x.gen.rs", true)]
    #[case("src/local.rs", true)]
    #[case("local.rs", false)]
    #[case("src/keys.rs", true)]
    #[case("src/deep/keys.rs", false)]
    #[case("keys.rs", false)]
    #[case("src/gen/secret.rs", true)]
    #[case("gen/secret.rs", false)]
    #[case("src/open.gen.rs", false)]
    #[case("src/private/open.rs", true)]
    #[case("src/shown/a.rs", false)]
    #[case("shown/a.rs", true)]
    fn patterns_of_folders_within_each_other(folder: TempDir, #[case] file: &str, #[case] is_excluded: bool) {
        write(&folder, ".aiiaignore", "private/\n*.gen.rs\nshown/\n!private/open.rs\n");
        write(
            &folder,
            "src/.aiiaignore",
            "local.rs\n/keys.rs\ngen/secret.rs\n!open.gen.rs\n!private/open.rs\n!shown/\n",
        );
        let files = Arc::new(IgnoreFiles::default());
        assert_eq!(files.now().exclude(&folder.path().join(file)), is_excluded);
    }

    #[rstest]
    #[case::a_folder("src/\n", true)]
    #[case::a_path("src/a.rs\n", true)]
    #[case::another("src/b.rs\n", false)]
    #[case::a_broken_pattern("{a\n", true)]
    fn what_stands_above_counts(folder: TempDir, #[case] patterns: &str, #[case] is_excluded: bool) {
        write(&folder, ".aiiaignore", patterns);
        let files = Arc::new(IgnoreFiles::default());
        assert_eq!(files.now().exclude(&folder.path().join("src/a.rs")), is_excluded);
    }

    #[rstest]
    #[case::of_the_same_length(Arc::default(), ["a.rs\n", "b.rs\n", "*.rs\n"])]
    #[case::kept_at_once(Arc::new(IgnoreFiles { tick: Duration::ZERO, ..IgnoreFiles::default() }), ["a.rs\n", "/b.rs\n", "a.rs\nb.rs\n"])]
    fn every_change_counts_for_the_next_question(
        folder: TempDir,
        #[case] files: Arc<IgnoreFiles>,
        #[case] texts: [&str; 3],
    ) {
        let excluded = || ["a.rs", "b.rs"].map(|name| files.now().exclude(&folder.path().join("src").join(name)));
        assert_eq!(excluded(), [false, false]);
        for (text, expected) in texts.into_iter().zip([[true, false], [false, true], [true, true]]) {
            write(&folder, "src/.aiiaignore", text);
            assert_eq!(excluded(), expected, "{text:?}");
            assert_eq!(excluded(), expected, "{text:?} once more");
        }
        fs::remove_file(folder.path().join("src/.aiiaignore")).unwrap();
        assert_eq!(excluded(), [false, false]);
    }

    #[rstest]
    fn what_was_written_a_moment_ago_is_not_kept(folder: TempDir) {
        write(&folder, ".aiiaignore", "a.rs\n");
        let kept = |files: Arc<IgnoreFiles>| {
            assert!(files.now().exclude(&folder.path().join("a.rs")));
            files.kept.lock().len()
        };
        assert_eq!(kept(Arc::default()), 0);
        assert_eq!(kept(Arc::new(IgnoreFiles { tick: Duration::ZERO, ..IgnoreFiles::default() })), 1);
    }
}
