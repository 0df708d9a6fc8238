//! Which folder a file belongs to, and which files must not be read for a model.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aiia_context::{Exclusions, IgnoreFiles};

/// Files that mark the root of a workspace.
const ROOT_MARKERS: &[&str] =
    &[".git", ".hg", ".jj", "Cargo.toml", "pyproject.toml", "setup.py", "package.json", "go.mod", ".aiia"];

/// The folder that `file` belongs to: the innermost of `folders` that contains it, else the nearest ancestor with a version
/// control directory or a manifest (a version control directory further up wins over a manifest), else the folder that the client
/// works in, where that contains it and [can be a project](can_be_project), else its directory.
pub(crate) fn root_of(file: &Path, folders: &[PathBuf], works_in: Option<&Path>) -> PathBuf {
    let within = folders.iter().filter(|folder| file.starts_with(folder)).max_by_key(|folder| folder.as_os_str().len());
    if let Some(folder) = within {
        return folder.clone();
    }
    let directory = if file.is_dir() { file } else { file.parent().unwrap_or(file) };
    let marked = |markers: &[&str]| {
        directory.ancestors().find(|folder| markers.iter().any(|marker| folder.join(marker).exists()))
    };
    let works_in = || works_in.filter(|folder| directory.starts_with(folder) && can_be_project(folder));
    marked(&ROOT_MARKERS[..3]).or_else(|| marked(&ROOT_MARKERS[3..])).or_else(works_in).unwrap_or(directory).to_owned()
}

/// Whether a folder can be one project: the home folder and the root of the disk are none, whatever lies there.
fn can_be_project(root: &Path) -> bool {
    root.parent().is_some() && !etcetera::home_dir().is_ok_and(|home| home == root)
}

/// Whether a folder is one project, so that its files have to do with each other: it [can be](can_be_project) and is one of a
/// client's `folders`, or marked as one.
pub(crate) fn is_project(root: &Path, folders: &[PathBuf]) -> bool {
    let is_marked = || ROOT_MARKERS.iter().any(|marker| root.join(marker).exists());
    can_be_project(root) && (folders.iter().any(|folder| folder == root) || is_marked())
}

/// Whether a `.aiiaignore` beside `file`, which is below `root`, or in a folder above excludes it now.
pub(crate) fn is_excluded(root: &Path, file: &Path) -> bool {
    file.starts_with(root) && Arc::new(IgnoreFiles::default()).now().exclude(file)
}

/// Says of many files of a folder, at one moment, whether a model may see them.
#[derive(Debug)]
pub(crate) struct Admission {
    root: PathBuf,
    exclusions: Exclusions,
}

impl Admission {
    /// What may be seen now of the files below `root`; `files` are kept by the caller for the next time.
    pub(crate) fn now(root: &Path, files: &Arc<IgnoreFiles>) -> Self {
        Self { root: root.to_owned(), exclusions: files.now() }
    }

    /// Whether the file of that full path is neither one for keys nor excluded.
    pub(crate) fn admits(&self, file: &Path) -> bool {
        let is_excluded = file.starts_with(&self.root) && self.exclusions.exclude(file);
        !is_excluded && !is_secret_file(file)
    }
}

/// Whether the file's name says that it holds keys or passwords.
pub(crate) fn is_secret_file(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_lowercase) else { return true };
    let exact = [
        ".env",
        ".envrc",
        ".npmrc",
        ".pypirc",
        ".netrc",
        "_netrc",
        ".pgpass",
        ".htpasswd",
        ".git-credentials",
        "credentials",
        "credentials.json",
        "secrets.yml",
        "secrets.yaml",
        "secrets.json",
        "secrets.toml",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        ".dockercfg",
        "kubeconfig",
        "terraform.tfstate",
    ];
    let endings = [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".asc", ".gpg", ".tfvars"];
    let harmless = [".env.example", ".env.sample", ".env.template"];
    if harmless.contains(&name.as_str()) {
        return false;
    }
    exact.contains(&name.as_str()) || name.starts_with(".env.") || endings.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secret_files() {
        for (name, secret) in [
            (".env", true),
            (".env.production", true),
            (".ENV", true),
            (".env.example", false),
            ("server.pem", true),
            ("id_ed25519", true),
            ("id_ed25519.pub", false),
            ("main.rs", false),
            ("keys.rs", false),
            ("environment.py", false),
        ] {
            assert_eq!(is_secret_file(Path::new("/w").join(name).as_path()), secret, "{name}");
        }
    }

    #[test]
    fn roots() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for path in ["repo/.git", "repo/crates/a/src", "plain/sub"] {
            std::fs::create_dir_all(root.join(path)).unwrap();
        }
        std::fs::write(root.join("repo/crates/a/Cargo.toml"), "").unwrap();
        let check = |file: &str, folders: &[&str], works_in: Option<&str>, expected: &str| {
            let folders: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
            let works_in = works_in.map(|folder| root.join(folder));
            assert_eq!(root_of(&root.join(file), &folders, works_in.as_deref()), root.join(expected), "{file}");
        };
        check("repo/crates/a/src/lib.rs", &[], None, "repo");
        check("repo/crates/a/src/lib.rs", &["repo/crates/a"], None, "repo/crates/a");
        check("repo/crates/a/src/lib.rs", &[], Some("repo/crates"), "repo");
        check("plain/sub/x.py", &[], None, "plain/sub");
        check("plain/sub/x.py", &["plain"], None, "plain");
        check("plain/sub/x.py", &[], Some("plain"), "plain");
        check("plain/sub/x.py", &[], Some("elsewhere"), "plain/sub");
        assert_eq!(root_of(Path::new("/no-such/x.py"), &[], Some(Path::new("/"))), Path::new("/no-such"));
        let home = etcetera::home_dir().unwrap();
        assert_eq!(root_of(&home.join("no-such/x.py"), &[], Some(&home)), home.join("no-such"));
    }

    #[test]
    fn excluded_files() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("src/private")).unwrap();
        std::fs::write(root.join(".aiiaignore"), "private/\n*.gen.rs\n").unwrap();
        std::fs::write(root.join("src/.aiiaignore"), "/keys.rs\n!open.gen.rs\n").unwrap();
        let admission = Admission::now(root, &Arc::default());
        for (file, excluded) in [
            ("src/main.rs", false),
            ("src/private/a.rs", true),
            ("src/x.gen.rs", true),
            ("src/open.gen.rs", false),
            ("src/keys.rs", true),
            ("keys.rs", false),
        ] {
            assert_eq!(is_excluded(root, &root.join(file)), excluded, "{file}");
            assert_eq!(admission.admits(&root.join(file)), !excluded, "{file}");
        }
        assert!(!admission.admits(&root.join("src/.env")));
        // What stands above the project counts as well.
        assert!(is_excluded(&root.join("src"), &root.join("src/x.gen.rs")));
    }
}
