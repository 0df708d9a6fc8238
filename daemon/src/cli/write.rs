//! Writes changes into files: only into the text that they were made for, all of them or none.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aiia_protocol::edit::FileChange;
use aiia_protocol::problem::{Problem, ProblemCode};
use sha2::{Digest, Sha256};

use crate::hex::hex;

/// A file with what it will contain.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NewContent {
    /// The file.
    pub(crate) path: PathBuf,
    /// What it contains now; nothing for a file that is not there.
    pub(crate) old: Option<Vec<u8>>,
    /// What it will contain; nothing to remove it.
    pub(crate) new: Option<Vec<u8>>,
}

/// What the files will contain after `changes`.
///
/// # Errors
/// When a file has another text than the one that its change fits.
pub(crate) fn prepare(changes: &[FileChange]) -> Result<Vec<NewContent>, Problem> {
    changes.iter().map(prepare_one).collect()
}

fn prepare_one(change: &FileChange) -> Result<NewContent, Problem> {
    let path = Path::new(&change.path);
    if !path.is_absolute() {
        return Err(Problem::new(ProblemCode::UnsupportedDocument, format!("{} is not a file on disk.", change.path))
            .with_hint("Accept the change in the editor that has it open."));
    }
    let old = match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound && change.create => None,
        Err(error) => return Err(cannot("read", path, &error)),
    };
    let base = old.as_deref().unwrap_or_default();
    if change.create && old.is_some() || hash(base) != change.base_hash {
        return Err(Problem::new(
            ProblemCode::Conflict,
            format!("{} has changed meanwhile; it is left as it is.", change.path),
        )
        .with_hint("Ask again, so that the change fits the text as it is now."));
    }
    let broken = || Problem::new(ProblemCode::Internal, format!("The change of {} makes no sense.", change.path));
    let mut new = Vec::with_capacity(base.len());
    let mut at = 0;
    for replacement in &change.replacements {
        let (start, end) = (replacement.start as usize, replacement.end as usize);
        new.extend_from_slice(base.get(at..start).ok_or_else(broken)?);
        new.extend_from_slice(replacement.text.as_bytes());
        base.get(start..end).ok_or_else(broken)?;
        at = end;
    }
    new.extend_from_slice(base.get(at..).ok_or_else(broken)?);
    Ok(NewContent { path: path.to_owned(), old, new: Some(new) })
}

/// Writes the files, each as a whole. When one cannot be written, those before it get their old content back.
pub(crate) fn write(files: &[NewContent]) -> Result<(), Problem> {
    for (done, file) in files.iter().enumerate() {
        if let Err(error) = replace(&file.path, file.old.as_deref(), file.new.as_deref()) {
            for earlier in &files[..done] {
                if let Err(error) = replace(&earlier.path, earlier.new.as_deref(), earlier.old.as_deref()) {
                    return Err(cannot("put back to its old content", &earlier.path, &error));
                }
            }
            return Err(cannot("written", &file.path, &error));
        }
    }
    Ok(())
}

/// Brings `path` from `old` to `new` in one step.
fn replace(path: &Path, old: Option<&[u8]>, new: Option<&[u8]>) -> io::Result<()> {
    // A link stays a link: what it leads to is written.
    let path = if old.is_some() { &path.canonicalize()? } else { path };
    let now = match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if now.as_deref() != old {
        return Err(io::Error::other("it has changed meanwhile"));
    }
    let Some(new) = new else { return fs::remove_file(path) };
    let permissions = match old {
        Some(_) => Some(fs::metadata(path)?.permissions()),
        None => None,
    };
    if permissions.as_ref().is_some_and(fs::Permissions::readonly) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    if old.is_none() {
        fs::create_dir_all(folder)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.aiia-{}", std::process::id()));
    let written = OpenOptions::new().write(true).create_new(true).open(&temporary).and_then(|mut file| {
        file.write_all(new)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Refuses files that can make other programs run something or steer an assistant.
pub(crate) fn refuse_protected<'a>(paths: impl IntoIterator<Item = &'a Path>, allowed: bool) -> Result<(), Problem> {
    match paths.into_iter().find(|path| is_protected(path)) {
        Some(path) if !allowed => Err(Problem::new(
            ProblemCode::Forbidden,
            format!("{} can make programs run or steer assistants, so it is not written in passing.", path.display()),
        )
        .with_hint("Look at the change; add --allow-protected to write it.")),
        _ => Ok(()),
    }
}

fn is_protected(path: &Path) -> bool {
    let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().to_lowercase()).collect();
    let folder = |names: &[&str]| parts.iter().rev().skip(1).any(|part| names.contains(&part.as_str()));
    let workflow = parts.windows(2).any(|pair| pair[0] == ".github" && pair[1] == "workflows");
    let name = parts.last().map_or("", String::as_str);
    let file = [
        ".envrc",
        ".npmrc",
        ".mcp.json",
        "mcp.json",
        "agents.md",
        "claude.md",
        "gemini.md",
        ".cursorrules",
        ".gitconfig",
        ".gitmodules",
        ".bashrc",
        ".zshrc",
        ".profile",
        ".bash_profile",
        "copilot-instructions.md",
    ]
    .contains(&name);
    let daemon_configuration = name == "config.toml" && folder(&["aiia", ".cargo"]);
    workflow
        || file
        || daemon_configuration
        || name.ends_with(".code-workspace")
        || folder(&[".git", ".vscode", ".idea", ".husky", ".cursor", ".claude", "hooks", ".ssh"])
}

/// SHA-256 in hexadecimal, as the protocol names texts.
fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn cannot(be: &str, path: &Path, error: &io::Error) -> Problem {
    Problem::new(ProblemCode::UnsupportedDocument, format!("{} cannot be {be}: {error}.", path.display()))
        .with_hint("Nothing else was changed. Mend the cause and try again.")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use aiia_protocol::edit::Replacement;
    use rstest::rstest;

    use super::*;

    fn change(path: &Path, base: &str, replacements: &[(u64, u64, &str)]) -> FileChange {
        FileChange {
            path: path.display().to_string(),
            base_hash: hash(base.as_bytes()),
            create: false,
            replacements: replacements
                .iter()
                .map(|(start, end, text)| Replacement { start: *start, end: *end, text: (*text).to_owned() })
                .collect(),
        }
    }

    fn apply(changes: &[FileChange]) -> Result<(), Problem> {
        write(&prepare(changes)?)
    }

    #[test]
    fn replacements_go_into_the_text_they_fit_and_the_mode_stays() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a.sh");
        fs::write(&path, "one two\r\nthree").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        apply(&[change(&path, "one two\r\nthree", &[(0, 3, "1"), (4, 4, "and "), (14, 14, "!")])]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1 and two\r\nthree!");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    }

    #[test]
    fn another_text_is_left_as_it_is() {
        let temp = tempfile::tempdir().unwrap();
        let (first, second) = (temp.path().join("a"), temp.path().join("b"));
        fs::write(&first, "one").unwrap();
        fs::write(&second, "typed meanwhile").unwrap();
        let problem =
            apply(&[change(&first, "one", &[(0, 3, "1")]), change(&second, "two", &[(0, 3, "2")])]).unwrap_err();
        assert_eq!(problem.code, ProblemCode::Conflict);
        assert_eq!(fs::read_to_string(&first).unwrap(), "one");
        assert_eq!(fs::read_to_string(&second).unwrap(), "typed meanwhile");
    }

    #[test]
    fn when_one_cannot_be_written_none_is() {
        let temp = tempfile::tempdir().unwrap();
        let (first, second) = (temp.path().join("a"), temp.path().join("b"));
        fs::write(&first, "one").unwrap();
        fs::write(&second, "two").unwrap();
        fs::set_permissions(&second, fs::Permissions::from_mode(0o444)).unwrap();
        let changes = [change(&first, "one", &[(0, 3, "1")]), change(&second, "two", &[(0, 3, "2")])];
        assert!(apply(&changes).unwrap_err().detail.contains("read-only"));
        assert_eq!(fs::read_to_string(&first).unwrap(), "one");
    }

    #[test]
    fn a_new_file_is_made_and_an_old_one_is_not_overwritten() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("new/deep.py");
        let create = FileChange { create: true, ..change(&path, "", &[(0, 0, "print()\n")]) };
        apply(std::slice::from_ref(&create)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "print()\n");
        assert_eq!(apply(&[create]).unwrap_err().code, ProblemCode::Conflict);
    }

    #[test]
    fn a_link_stays_a_link() {
        let temp = tempfile::tempdir().unwrap();
        let (real, link) = (temp.path().join("real"), temp.path().join("link"));
        fs::write(&real, "one").unwrap();
        symlink(&real, &link).unwrap();
        apply(&[change(&link, "one", &[(0, 3, "1")])]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "1");
    }

    #[rstest]
    #[case("/p/src/main.rs", false)]
    #[case("/p/.vscode/settings.json", true)]
    #[case("/p/.VSCODE/Settings.json", true)]
    #[case("/p/.git/config", true)]
    #[case("/p/.github/workflows/ci.yml", true)]
    #[case("/p/.github/CODEOWNERS", false)]
    #[case("/p/x.code-workspace", true)]
    #[case("/p/AGENTS.md", true)]
    #[case("/p/git/hooks.rs", false)]
    #[case("/home/u/.config/aiia/config.toml", true)]
    fn protected_files(#[case] path: &str, #[case] expected: bool) {
        assert_eq!(is_protected(Path::new(path)), expected);
    }
}
