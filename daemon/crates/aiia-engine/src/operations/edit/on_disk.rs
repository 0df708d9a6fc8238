//! What the disk says against accepting a change: a file that may not be written, a link that was not there.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use aiia_protocol::edit::{EditFile, PendingEdit};
use aiia_protocol::problem::{Problem, ProblemCode};
use jiff::Timestamp;

use crate::engine::Engine;

/// The times of files come from a clock that is behind by as much as this, in milliseconds: a tick of the slowest kernels.
const TICK: i64 = 10;

/// Refuses a change whose file is read-only, or to which a link leads by now that was none when the change was proposed: it would be
/// written somewhere else.
pub(super) async fn refuse(engine: &Engine, edit: &PendingEdit, file: &EditFile) -> Result<(), Problem> {
    let folders = engine.store.get_project(edit.project_id.clone()).await.map(|project| project.folders);
    let folders = folders.unwrap_or_default();
    let paths: Vec<PathBuf> = [Some(&file.path), file.from.as_ref()].into_iter().flatten().map(PathBuf::from).collect();
    let since = edit.created_at.parse::<Timestamp>().unwrap_or(Timestamp::MIN);
    let look = move || {
        paths.into_iter().find_map(|path| Some((against(&path, &folders, since)?, path.to_string_lossy().into_owned())))
    };
    let found = tokio::task::spawn_blocking(look).await;
    let found =
        found.map_err(|error| Problem::new(ProblemCode::Internal, format!("The files cannot be checked: {error}.")))?;
    let Some((why, path)) = found else { return Ok(()) };
    Err(Problem::new(ProblemCode::Conflict, format!("{path} {why}."))
        .with_hint("Nothing was changed. Mend the cause and try again, or reject the change."))
}

fn against(path: &Path, folders: &[String], since: Timestamp) -> Option<&'static str> {
    if !path.is_absolute() {
        return None;
    }
    // What is above the project leads where the user wants it.
    let depth = |folder: &String| path.starts_with(folder).then(|| Path::new(folder).components().count());
    let above = folders.iter().filter_map(depth).max().unwrap_or_else(|| path.components().count() - 1);
    let parts = path.ancestors().filter(|part| part.components().count() > above);
    let is_new_link = |part: &Path| {
        let Ok(metadata) = part.symlink_metadata() else { return false };
        let changed = metadata.ctime().saturating_mul(1000).saturating_add(metadata.ctime_nsec() / 1_000_000);
        metadata.is_symlink() && changed.saturating_add(TICK) >= since.as_millisecond()
    };
    if parts.into_iter().any(is_new_link) {
        return Some("leads elsewhere by a link that was made after the change was proposed");
    }
    let is_read_only = path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().readonly());
    is_read_only.then_some("cannot be written: it is read-only")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_that_came_later_and_read_only_files_are_refused() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("work");
        fs::create_dir_all(root.join("src")).unwrap();
        fs::create_dir(temp.path().join("out")).unwrap();
        let folders = [root.to_str().unwrap().to_owned()];
        let (earlier, later) = (Timestamp::MIN, Timestamp::MAX);
        let check = |name: &str, since| against(&root.join(name), &folders, since);
        fs::write(root.join("src/a.py"), "x\n").unwrap();
        fs::write(temp.path().join("out/a.py"), "x\n").unwrap();
        assert_eq!((check("src/a.py", earlier), check("src/new.py", earlier)), (None, None));
        symlink(temp.path().join("out/a.py"), root.join("link.py")).unwrap();
        symlink(temp.path().join("out"), root.join("folder")).unwrap();
        for name in ["link.py", "folder/a.py", "folder/new.py"] {
            assert!(check(name, earlier).is_some_and(|why| why.contains("link")), "{name}");
            assert_eq!(check(name, later), None, "{name} was a link before");
        }
        // The folder itself may be reached by a link, whenever that was made.
        symlink(&root, temp.path().join("to_work")).unwrap();
        let linked = temp.path().join("to_work").to_str().unwrap().to_owned();
        assert_eq!(against(&temp.path().join("to_work/src/a.py"), &[linked], earlier), None);
        assert_eq!(against(&temp.path().join("to_work/src/a.py"), &[], earlier), None);
        fs::set_permissions(root.join("src/a.py"), fs::Permissions::from_mode(0o444)).unwrap();
        assert_eq!(check("src/a.py", later), Some("cannot be written: it is read-only"));
        assert_eq!(against(Path::new("untitled:One"), &folders, earlier), None);
    }
}
