//! What stands in a folder, for replies that name files. Any doubt is a refusal.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aiia_edit::{Entry, SourceFile, Workspace};
use aiia_syntax::Language;

/// The largest file that a reply may change, in bytes.
pub const MAX_FILE: u64 = 4 * 1024 * 1024;

/// A folder on disk.
#[derive(Clone, Debug)]
pub struct DiskWorkspace {
    root: PathBuf,
}

impl DiskWorkspace {
    /// The folder `root`, which must be canonical: absolute and without links.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn look(&self, path: &str) -> io::Result<Entry> {
        let mut folder = self.root.clone();
        let mut real = String::new();
        let parts: Vec<&str> = path.split('/').collect();
        for (number, part) in parts.iter().enumerate() {
            let Some(name) = name_in(&folder, part)? else { return Ok(Entry::Absent) };
            if !real.is_empty() {
                real.push('/');
            }
            real.push_str(&name);
            if name != *part {
                let rest = parts[number + 1..].iter();
                return Ok(Entry::OtherCase(rest.fold(real, |path, part| path + "/" + part)));
            }
            folder.push(&name);
            if fs::symlink_metadata(&folder)?.is_symlink() {
                folder = folder.canonicalize()?;
                let Ok(inside) = folder.strip_prefix(&self.root) else {
                    return Ok(Entry::Refused("leads out of the workspace by a link".to_owned()));
                };
                // By its own name it would be changed in passing.
                let inside = inside.to_string_lossy();
                if let Some(why) = aiia_edit::protection(&inside) {
                    return Ok(Entry::Refused(format!("is a link to {inside}, which {why}")));
                }
            }
            if number + 1 < parts.len() && !folder.is_dir() {
                return Ok(Entry::Refused(format!("is below {real}, which is no folder")));
            }
        }
        Ok(match read(&folder) {
            Ok(text) => Entry::File(SourceFile::new(path, text, Language::from_path(path))),
            Err(why) => Entry::Refused(why),
        })
    }
}

impl Workspace for DiskWorkspace {
    fn entry(&self, path: &str) -> Entry {
        self.look(path).unwrap_or_else(|error| Entry::Refused(format!("cannot be looked at: {error}")))
    }

    fn inside(&self, absolute: &str) -> Option<String> {
        below(absolute, &self.root)
    }
}

/// An absolute path as seen from a folder, if it begins with it.
pub(crate) fn below(absolute: &str, folder: &Path) -> Option<String> {
    let parts: Vec<&str> =
        Path::new(absolute).strip_prefix(folder).ok()?.iter().filter_map(|part| part.to_str()).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The name in a folder that is `wanted`, else one that differs from it in big and small letters only.
fn name_in(folder: &Path, wanted: &str) -> io::Result<Option<String>> {
    let lower = wanted.to_lowercase();
    let mut near = None;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str() else { continue };
        if name == wanted {
            return Ok(Some(name.to_owned()));
        }
        if name.to_lowercase() == lower {
            near = Some(name.to_owned());
        }
    }
    Ok(near)
}

/// The text of a file that can be changed, or why it cannot.
///
/// # Errors
/// The reason, behind the file's name: `is read-only`.
pub fn read(file: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err("is a folder".to_owned());
    }
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if metadata.len() > MAX_FILE {
        return Err(format!("is larger than {} MiB", MAX_FILE / 1024 / 1024));
    }
    let text = String::from_utf8(fs::read(file).map_err(unreadable)?).ok();
    let text = text.filter(|text| !text.contains('\0')).ok_or("is not text in UTF-8")?;
    if metadata.permissions().readonly() {
        return Err("is read-only".to_owned());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_stands_at_a_path() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap().join("root");
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(root.join("src/a.py"), "x = 1\n").unwrap();
        fs::write(root.join("src/binary"), b"\0\xff").unwrap();
        fs::write(root.join("src/locked"), "x").unwrap();
        fs::set_permissions(root.join("src/locked"), fs::Permissions::from_mode(0o444)).unwrap();
        fs::write(temp.path().join("outside.py"), "secret\n").unwrap();
        symlink(temp.path(), root.join("out")).unwrap();
        symlink(root.join("src"), root.join("inner")).unwrap();
        fs::create_dir_all(root.join(".github/workflows")).unwrap();
        fs::write(root.join(".github/workflows/ci.yml"), "on: push\n").unwrap();
        symlink(root.join(".github/workflows/ci.yml"), root.join("ci.yml")).unwrap();
        let workspace = DiskWorkspace::new(&root);
        let shown = |path: &str| match workspace.entry(path) {
            Entry::Absent => "absent".to_owned(),
            Entry::File(file) => format!("file {:?}", file.text),
            Entry::OtherCase(real) => format!("other {real}"),
            Entry::Refused(why) => why,
        };
        for (path, expected) in [
            ("src/a.py", "file \"x = 1\\n\""),
            ("inner/a.py", "file \"x = 1\\n\""),
            ("src/b.py", "absent"),
            ("new/deep/b.py", "absent"),
            ("SRC/a.py", "other src/a.py"),
            ("src/A.py", "other src/a.py"),
            ("src", "is a folder"),
            ("src/a.py/b", "is below src/a.py, which is no folder"),
            ("src/binary", "is not text in UTF-8"),
            ("src/locked", "is read-only"),
            ("out/outside.py", "leads out of the workspace by a link"),
            ("out/new.py", "leads out of the workspace by a link"),
            ("ci.yml", "is a link to .github/workflows/ci.yml, which belongs to the version control or its automation"),
        ] {
            assert_eq!(shown(path), expected, "{path}");
        }
    }
}
