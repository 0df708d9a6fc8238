//! What a folder is known by beside its path: the git remotes, and what the file system says of it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use aiia_store::FolderTraces;

/// What is read of a file of git.
const MAX_BYTES: u64 = 256 << 10;

/// What `folder` is known by. Nothing is no error: then its path alone counts.
pub(crate) fn of(folder: &Path) -> FolderTraces {
    FolderTraces { remotes: remotes(folder), identity: identity(folder), gone: Vec::new() }
}

/// Those of `folders` that are not there for sure.
pub(crate) fn gone(folders: Vec<String>) -> Vec<String> {
    folders.into_iter().filter(|folder| Path::new(folder).try_exists().is_ok_and(|there| !there)).collect()
}

/// The number and the time of birth of the folder on its disk: a folder that is moved keeps them, no other one has them.
fn identity(folder: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(folder).ok().filter(fs::Metadata::is_dir)?;
    let born = metadata.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{}:{}", metadata.ino(), born.as_nanos()))
}

/// The remotes of the repository that `folder` is in. A folder below its root has the way to it added, so that two folders of one
/// repository are two.
fn remotes(folder: &Path) -> Vec<String> {
    let Some(root) = folder.ancestors().find(|above| above.join(".git").exists()) else { return Vec::new() };
    let Some(config) = config_file(root).and_then(|path| read(&path)) else { return Vec::new() };
    let below = folder.strip_prefix(root).ok().and_then(Path::to_str).unwrap_or_default();
    let suffix = if below.is_empty() { String::new() } else { format!("//{below}") };
    let mut remotes: Vec<String> = Vec::new();
    for remote in urls(&config).filter_map(normalized).map(|remote| remote + &suffix) {
        if !remotes.contains(&remote) {
            remotes.push(remote);
        }
    }
    remotes
}

/// The configuration of the repository; that of a worktree is the one of its main repository.
fn config_file(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git.join("config"));
    }
    let pointed = root.join(read(&git)?.trim().strip_prefix("gitdir:")?.trim());
    let common = read(&pointed.join("commondir")).map(|common| pointed.join(common.trim()));
    Some(common.unwrap_or(pointed).join("config"))
}

fn read(path: &Path) -> Option<String> {
    // To open a pipe would wait for somebody who writes into it.
    fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mut text = String::new();
    fs::File::open(path).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The addresses of `[remote …]` sections, `origin` first.
fn urls(config: &str) -> impl Iterator<Item = &str> {
    let mut section = "";
    let mut urls: Vec<(bool, &str)> = Vec::new();
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if section.starts_with("[remote ")
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case("url")
        {
            urls.push((section != "[remote \"origin\"]", value.trim().trim_matches('"')));
        }
    }
    urls.sort_by_key(|(other, _)| *other);
    urls.into_iter().map(|(_, url)| url)
}

/// Gives remotes that are addresses the form in which they are compared. What is none stays as it is.
pub(crate) fn normalize(remotes: &mut [String]) {
    for remote in remotes {
        if let Some(plain) = normalized(remote.trim()) {
            *remote = plain;
        }
    }
}

/// `host/owner/name` of an address; nothing of one that is a path of this machine. User and password are left out.
fn normalized(url: &str) -> Option<String> {
    let (host, path) = if let Some((scheme, rest)) = url.split_once("://") {
        if !["https", "http", "ssh", "git", "git+ssh"].contains(&scheme.to_ascii_lowercase().as_str()) {
            return None;
        }
        let (authority, path) = rest.split_once('/')?;
        let host = authority.rsplit('@').next()?;
        // The port of the scheme is no part of the name of a repository.
        (host.rsplit_once(':').map_or(host, |(host, _)| host), path)
    } else {
        // user@host:path, as scp has it.
        let (authority, path) = url.split_once(':')?;
        if authority.contains('/') || authority.len() < 2 {
            return None;
        }
        (authority.rsplit('@').next()?, path)
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let plain =
        |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@');
    (plain(host) && plain(path)).then(|| format!("{}/{path}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://github.com/owner/name.git", Some("github.com/owner/name"))]
    #[case("https://user:secret@GitHub.com/owner/name/", Some("github.com/owner/name"))]
    #[case("git@github.com:owner/name.git", Some("github.com/owner/name"))]
    #[case("ssh://git@github.com:22/owner/name", Some("github.com/owner/name"))]
    #[case("/srv/git/name.git", None)]
    #[case("../name", None)]
    #[case("C:\\code\\name", None)]
    #[case("file:///srv/name", None)]
    #[case("https://github.com", None)]
    #[case("", None)]
    fn remotes_have_one_form(#[case] url: &str, #[case] expected: Option<&str>) {
        assert_eq!(normalized(url).as_deref(), expected);
    }

    #[test]
    fn remotes_that_are_given_as_addresses_are_known_by_their_names() {
        let mut given =
            ["git@host:x/y.git", " https://u:p@host/x/y ", "host/x/y", "host/x/y//sub", "/srv/x"].map(String::from);
        normalize(&mut given);
        assert_eq!(given, ["host/x/y", "host/x/y", "host/x/y", "host/x/y//sub", "/srv/x"]);
    }

    #[test]
    fn folders_worktrees_and_folders_below() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("repo");
        fs::create_dir_all(root.join(".git/worktrees/w")).unwrap();
        fs::create_dir_all(root.join("packages/a")).unwrap();
        let config = "[core]\n\turl = x\n[remote \"fork\"]\n\turl = git@h.example:me/r\n[remote \"origin\"]\n\turl = https://h.example/o/r.git\n";
        fs::write(root.join(".git/config"), config).unwrap();
        assert_eq!(remotes(&root), ["h.example/o/r", "h.example/me/r"]);
        assert_eq!(remotes(&root.join("packages/a"))[0], "h.example/o/r//packages/a");
        let tree = dir.path().join("tree");
        fs::create_dir(&tree).unwrap();
        fs::write(tree.join(".git"), format!("gitdir: {}\n", root.join(".git/worktrees/w").display())).unwrap();
        fs::write(root.join(".git/worktrees/w/commondir"), "../..\n").unwrap();
        assert_eq!(remotes(&tree)[0], "h.example/o/r");
        assert_eq!(remotes(dir.path()), Vec::<String>::new());
    }

    #[test]
    fn a_folder_is_the_same_after_a_move_and_a_new_one_in_its_place_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        fs::create_dir(&old).unwrap();
        let before = identity(&old);
        fs::rename(&old, &new).unwrap();
        assert_eq!(identity(&new), before);
        assert_eq!(identity(&old), None);
        fs::create_dir(&old).unwrap();
        assert!(before.is_none() || identity(&old) != before);
    }
}
