//! Which files of a folder change together, from the last commits of its git history.
//!
//! Git itself is asked, in the background and within limits; nobody waits for it. A repository may be somebody else's, so that nothing
//! which its configuration names is run: no pager, no hook, no check of signatures, no transport.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aiia_llm::program;
use parking_lot::Mutex;

/// So many commits are looked at.
const MAX_COMMITS: usize = 400;
/// A commit of more files says little of each: it moves or formats them.
const MAX_FILES: usize = 30;
/// Git gets so long, and may say so much.
const TIME_LIMIT: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// How often it is looked for new commits.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// Histories of more folders are not kept.
const MAX_FOLDERS: usize = 8;
/// A file that changed only once with another is no hint.
const LEAST_TOGETHER: usize = 2;
/// So many files are named.
const MAX_NAMED: usize = 8;

/// A file that changes together with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Companion {
    /// Relative to the folder, with `/`.
    pub(crate) path: String,
    /// Commits that changed both.
    pub(crate) together: usize,
    /// Commits that changed the other.
    pub(crate) of: usize,
}

/// The last commits of a folder.
#[derive(Debug, Default)]
pub(crate) struct History {
    head: String,
    paths: Vec<String>,
    /// The files of each commit, by their places among the paths.
    commits: Vec<Vec<u32>>,
    /// The commits of each path.
    by_path: HashMap<String, Vec<u32>>,
}

impl History {
    /// Reads what `git log --name-only -z --format=%x01%H` says.
    fn parse(log: &str) -> Self {
        let mut history = Self::default();
        let mut places: HashMap<&str, u32> = HashMap::default();
        for commit in log.split('\u{1}').skip(1) {
            let mut parts = commit.split(['\0', '\n']).filter(|part| !part.is_empty());
            let Some(hash) = parts.next() else { continue };
            if history.head.is_empty() {
                hash.clone_into(&mut history.head);
            }
            let files: Vec<&str> = parts.collect();
            if files.is_empty() || files.len() > MAX_FILES {
                continue;
            }
            let number = history.commits.len() as u32;
            let mut of_commit = Vec::new();
            for file in files {
                let place = *places.entry(file).or_insert_with(|| {
                    history.paths.push(file.to_owned());
                    history.paths.len() as u32 - 1
                });
                history.by_path.entry(file.to_owned()).or_default().push(number);
                of_commit.push(place);
            }
            history.commits.push(of_commit);
        }
        history
    }

    /// The files that most often changed with `path`, the closest first.
    pub(crate) fn together(&self, path: &str) -> Vec<Companion> {
        let Some(own) = self.by_path.get(path) else { return Vec::new() };
        let mut counts: HashMap<u32, usize> = HashMap::default();
        for commit in own {
            for file in self.commits.get(*commit as usize).into_iter().flatten() {
                *counts.entry(*file).or_default() += 1;
            }
        }
        let mut found: Vec<Companion> = counts
            .into_iter()
            .filter(|(_, together)| *together >= LEAST_TOGETHER)
            .filter_map(|(file, together)| Some((self.paths.get(file as usize)?, together)))
            .filter(|(other, _)| *other != path)
            .map(|(other, together)| Companion { path: other.clone(), together, of: own.len() })
            .collect();
        found.sort_by(|a, b| b.together.cmp(&a.together).then_with(|| a.path.cmp(&b.path)));
        found.truncate(MAX_NAMED);
        found
    }
}

#[derive(Default)]
struct Kept {
    history: Option<Arc<History>>,
    looked: Option<Instant>,
}

/// The histories of the folders that are worked in.
#[derive(Clone, Default)]
pub(crate) struct Histories(Arc<Mutex<HashMap<PathBuf, Kept>>>);

impl Histories {
    /// What is known of the history of `root` by now; looks for more in the background where that is due.
    pub(crate) fn of(&self, root: &Path) -> Option<Arc<History>> {
        let mut folders = self.0.lock();
        if !folders.contains_key(root) && folders.len() >= MAX_FOLDERS {
            folders.clear();
        }
        let kept = folders.entry(root.to_owned()).or_default();
        if kept.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY) {
            kept.looked = Some(Instant::now());
            let (histories, root, known) = (self.clone(), root.to_owned(), kept.history.clone());
            let look = move || {
                if let Some(history) = newer(&root, known.as_deref())
                    && let Some(kept) = histories.0.lock().get_mut(&root)
                {
                    kept.history = Some(Arc::new(history));
                }
            };
            if let Err(error) = std::thread::Builder::new().name("history".to_owned()).spawn(look) {
                tracing::warn!(%error, "the thread of a history could not be started");
            }
        }
        kept.history.clone()
    }
}

/// The history of `root`, where it is another than the one that is known.
fn newer(root: &Path, known: Option<&History>) -> Option<History> {
    // Looked for here, because git would look further up and find the repository of another project.
    root.ancestors().find(|folder| folder.join(".git").exists())?;
    if let Some(known) = known
        && git(root, &["rev-parse", "--verify", "HEAD"])?.trim() == known.head
    {
        return None;
    }
    let count = format!("-{MAX_COMMITS}");
    let arguments = [
        "log",
        &count,
        "--first-parent",
        "--diff-merges=off",
        "--no-show-signature",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--relative",
        "--name-only",
        "-z",
        "--format=%x01%H",
    ];
    Some(History::parse(&git(root, &arguments)?))
}

/// What git says in a folder; nothing where it fails, takes too long or is not there. Of too much the first part.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command
        .args(["--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .args(["-c", "log.showSignature=false", "-c", "core.quotePath=false"])
        .args(arguments)
        .current_dir(root)
        .env("GIT_TERMINAL_PROMPT", "0")
        // Objects that a partial clone has left out are not fetched.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE");
    let outcome = program::run(&mut command, "", TIME_LIMIT, MAX_BYTES).ok()?;
    let said = String::from_utf8_lossy(&outcome.output).into_owned();
    // What came within the limits counts, also of a history that is longer.
    (outcome.success != Some(false) && !said.is_empty()).then_some(said)
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    fn log(commits: &[&[&str]]) -> String {
        let shown =
            commits.iter().enumerate().map(|(number, files)| format!("\u{1}{number:040x}\0\n{}\0", files.join("\0")));
        shown.collect()
    }

    #[test]
    fn files_that_change_together_are_counted() {
        let many: Vec<String> = (0..=MAX_FILES).map(|number| format!("f{number}")).chain(["a".to_owned()]).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let history =
            History::parse(&log(&[&["a", "b"], &many, &["a", "b", "é \n c"], &["b", "d"], &["a"], &["a", "d"]]));
        let shown: Vec<String> = history
            .together("a")
            .iter()
            .map(|found| format!("{} {}/{}", found.path, found.together, found.of))
            .collect();
        assert_eq!(shown, ["b 2/4"]);
        assert!(history.together("nothing").is_empty());
        assert_eq!(history.head, format!("{:040x}", 0));
    }

    #[test]
    fn nonsense_is_no_history() {
        for text in ["", "\u{1}", "\u{1}\0\n\0", "fatal: no", "\u{1}abc"] {
            assert!(History::parse(text).together("a").is_empty(), "{text:?}");
        }
    }

    fn run(root: &Path, arguments: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=x", "-c", "user.email=x@y", "-c", "commit.gpgSign=false"])
            .args(arguments)
            .current_dir(root)
            .stdout(Stdio::null())
            .status();
        assert!(status.is_ok_and(|status| status.success()), "git {arguments:?}");
    }

    #[test]
    fn git_is_asked_again_when_there_are_new_commits() {
        let folder = tempfile::tempdir().unwrap();
        let (root, inner) = (folder.path(), folder.path().join("inner"));
        std::fs::create_dir(&inner).unwrap();
        run(root, &["init", "-q"]);
        assert!(newer(&inner, None).is_none(), "no commit yet");
        // What a repository's own configuration names is not run.
        let evil = format!("touch {}", root.join("ran").display());
        for name in ["core.fsmonitor", "gpg.program", "core.pager", "core.sshCommand"] {
            run(root, &["config", name, &evil]);
        }
        run(root, &["config", "log.showSignature", "true"]);
        let commit = |text: &str| {
            for name in ["inner/a.rs", "inner/b.rs", "c.rs"] {
                std::fs::write(root.join(name), text).unwrap();
            }
            run(root, &["-c", "core.fsmonitor=false", "add", "."]);
            run(root, &["-c", "core.fsmonitor=false", "commit", "-qm", "x"]);
        };
        commit("1");
        commit("2");
        let history = newer(&inner, None).expect("a history");
        let shown = |history: &History| format!("{:?}", history.together("a.rs"));
        assert_eq!(shown(&history), "[Companion { path: \"b.rs\", together: 2, of: 2 }]");
        assert!(newer(&inner, Some(&history)).is_none());
        commit("3");
        let history = newer(&inner, Some(&history)).expect("a newer history");
        assert_eq!(history.together("a.rs")[0].of, 3);
        assert!(!root.join("ran").exists());
    }

    #[test]
    fn a_folder_without_a_history_has_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".git"), "gitdir: nowhere").unwrap();
        assert!(newer(folder.path(), None).is_none());
    }
}
