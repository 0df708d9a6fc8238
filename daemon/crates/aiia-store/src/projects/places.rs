//! The folders and git remotes that projects are bound to.

use aiia_protocol::id::ProjectId;
use aiia_protocol::project::{CreateProject, Project};
use rusqlite::{Connection, params};

use super::{create, get};
use crate::{Store, StoreError, columns, folders};

const MOST_REMOTES: usize = 32;
const LONGEST_REMOTE: usize = 500;

/// What a folder is known by beside its path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderTraces {
    /// Its git remotes without scheme, name and password, such as `github.com/owner/name`.
    pub remotes: Vec<String>,
    /// What the file system says of the folder itself, which stays when it is moved. Not known where absent.
    pub identity: Option<String>,
    /// Of the folders that are bound with that identity ([`Store::folders_of_identity`]), those that are not there any more.
    pub gone: Vec<String>,
}

impl Store {
    /// The project that `folder` or an ancestor of it is bound to, the nearest one. Unlike [`Store::resolve_project`] it only reads.
    ///
    /// # Errors
    /// `InvalidInput` when `folder` is not an absolute path.
    pub async fn project_of_folder(&self, folder: String) -> Result<Option<Project>, StoreError> {
        let folder = folders::normalize(&folder, "/folder")?;
        self.read(move |connection| of_folder(connection, &folder)).await
    }

    /// The project that [`Store::resolve_project`] would find. Nothing is made and nothing is noted.
    ///
    /// # Errors
    /// `InvalidInput` when `folder` is not an absolute path.
    pub async fn known_project(&self, folder: String, traces: FolderTraces) -> Result<Option<Project>, StoreError> {
        let folder = folders::normalize(&folder, "/folder")?;
        let traces = FolderTraces { remotes: check_remotes(&traces.remotes)?, ..traces };
        self.read(move |connection| match of_folder(connection, &folder)? {
            Some(project) => Ok(Some(project)),
            None => of_traces(connection, &traces),
        })
        .await
    }

    /// The folders that were bound with that identity, whichever project they belong to.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn folders_of_identity(&self, identity: String) -> Result<Vec<String>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT DISTINCT f.folder FROM project_folders f JOIN projects p ON p.id = f.project_id
                       WHERE f.identity = ?1 AND p.deleted_at IS NULL";
            columns::all(connection, sql, [&identity], |row| row.get(0))
        })
        .await
    }

    /// The project of a folder: the one with the longest bound folder that is `folder` or an ancestor of it, among equals
    /// the last changed one. Where there is none, one that had the folder under another path, then one with a remote of it;
    /// the folder is bound to it then, in place of the path that it was moved from. Else one is made, named after the last
    /// part of the path. Tells whether it was. No folder is looked at: what is known of them is in `traces`.
    ///
    /// # Errors
    /// `InvalidInput` when `folder` is not an absolute path.
    pub async fn resolve_project(&self, folder: String, traces: FolderTraces) -> Result<(Project, bool), StoreError> {
        let folder = folders::normalize(&folder, "/folder")?;
        let traces = FolderTraces { remotes: check_remotes(&traces.remotes)?, ..traces };
        let (wanted, known) = (folder.clone(), traces.clone());
        let found = self.read(move |connection| {
            let Some(project) = of_folder(connection, &wanted)? else { return Ok(None) };
            let noted = are_noted(connection, &project, &wanted, &known)?;
            Ok(Some((project, noted)))
        });
        if let Some((project, true)) = found.await? {
            return Ok((project, false));
        }
        self.write(move |connection| {
            let found = match of_folder(connection, &folder)? {
                Some(project) => Some(project),
                None => of_traces(connection, &traces)?,
            };
            if let Some(project) = found {
                note(connection, &project, &folder, &traces)?;
                return Ok((get(connection, &project.id)?, false));
            }
            let name = folders::name(&folder);
            let new = CreateProject { folders: vec![folder.clone()], ..CreateProject::new(name) };
            let project = create(connection, &new)?;
            note(connection, &project, &folder, &traces)?;
            Ok((get(connection, &project.id)?, true))
        })
        .await
    }
}

fn of_folder(connection: &Connection, folder: &str) -> Result<Option<Project>, StoreError> {
    let sql = "SELECT p.id FROM project_folders f JOIN projects p ON p.id = f.project_id
               WHERE f.folder = ?1 AND p.deleted_at IS NULL ORDER BY p.updated_at DESC, p.id DESC LIMIT 1";
    for candidate in folders::with_ancestors(folder) {
        let id = columns::first(connection, sql, [candidate], |row| columns::id::<ProjectId>(row, "id"))?;
        if let Some(id) = id {
            return get(connection, &id).map(Some);
        }
    }
    Ok(None)
}

/// The project that had the folder under another path, or that has a remote of it; the last changed one.
fn of_traces(connection: &Connection, traces: &FolderTraces) -> Result<Option<Project>, StoreError> {
    let moved = "SELECT p.id FROM project_folders f JOIN projects p ON p.id = f.project_id
                 WHERE f.identity = ?1 AND p.deleted_at IS NULL ORDER BY p.updated_at DESC, p.id DESC LIMIT 1";
    let cloned = "SELECT p.id FROM project_remotes r JOIN projects p ON p.id = r.project_id
                  WHERE r.remote = ?1 AND p.deleted_at IS NULL ORDER BY p.updated_at DESC, p.id DESC LIMIT 1";
    let moved = traces.identity.iter().map(|identity| (moved, identity));
    for (sql, trace) in moved.chain(traces.remotes.iter().map(|remote| (cloned, remote))) {
        let id = columns::first(connection, sql, [trace.as_str()], |row| columns::id::<ProjectId>(row, "id"))?;
        if let Some(id) = id {
            return get(connection, &id).map(Some);
        }
    }
    Ok(None)
}

/// Whether all that is known of the folder stands at the project already, where it is one of its folders.
fn are_noted(
    connection: &Connection,
    project: &Project,
    folder: &str,
    traces: &FolderTraces,
) -> Result<bool, StoreError> {
    if !project.folders.iter().any(|bound| bound == folder) {
        return Ok(true);
    }
    let sql = "SELECT identity FROM project_folders WHERE project_id = ?1 AND folder = ?2";
    let known = columns::first(connection, sql, [project.id.as_str(), folder], |row| row.get::<_, Option<String>>(0))?;
    let same = traces.identity.is_none() || known.flatten() == traces.identity;
    Ok(same && traces.remotes.iter().all(|remote| project.remotes.contains(remote)))
}

/// Notes what is known of a folder of the project. Where the folder is new to it, the path that it was moved from goes: one with
/// its identity that is not there any more. A folder that merely cannot be seen, such as one on a disk elsewhere, stays.
fn note(connection: &Connection, project: &Project, folder: &str, traces: &FolderTraces) -> Result<(), StoreError> {
    let mut folders = project.folders.clone();
    let above = || folders::with_ancestors(folder).any(|above| project.folders.iter().any(|bound| bound == above));
    if !project.folders.iter().any(|bound| bound == folder) {
        if above() {
            return Ok(());
        }
        let sql = "SELECT folder FROM project_folders WHERE project_id = ?1 AND identity = ?2";
        let places = params![project.id.as_str(), traces.identity];
        let moved: Vec<String> = columns::all(connection, sql, places, |row| row.get(0))?;
        folders.retain(|bound| !(moved.contains(bound) && traces.gone.contains(bound)));
        folders.push(folder.to_owned());
        rebind(connection, &project.id, &folders)?;
        tracing::info!(project = %project.id, folder, "the folder of a project is somewhere else now");
    }
    let sql = "UPDATE project_folders SET identity = coalesce(?3, identity) WHERE project_id = ?1 AND folder = ?2";
    columns::execute(connection, sql, params![project.id.as_str(), folder, traces.identity])?;
    let mut remotes = project.remotes.clone();
    remotes.extend(traces.remotes.iter().filter(|remote| !project.remotes.contains(remote)).cloned());
    remotes.truncate(MOST_REMOTES);
    if remotes != project.remotes {
        set_remotes(connection, &project.id, &remotes)?;
    }
    Ok(())
}

/// Binds the project to these folders and no others; what is known of those that stay stays.
pub(super) fn rebind(connection: &Connection, id: &ProjectId, folders: &[String]) -> Result<(), StoreError> {
    let sql = "SELECT folder, identity FROM project_folders WHERE project_id = ?1 AND identity IS NOT NULL";
    let known: Vec<(String, String)> =
        columns::all(connection, sql, [id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    columns::execute(connection, "DELETE FROM project_folders WHERE project_id = ?1", [id.as_str()])?;
    bind(connection, id, folders)?;
    let sql = "UPDATE project_folders SET identity = ?3 WHERE project_id = ?1 AND folder = ?2";
    for (folder, identity) in known {
        columns::execute(connection, sql, [id.as_str(), &folder, &identity])?;
    }
    Ok(())
}

pub(crate) fn set_remotes(connection: &Connection, id: &ProjectId, remotes: &[String]) -> Result<(), StoreError> {
    columns::execute(connection, "DELETE FROM project_remotes WHERE project_id = ?1", [id.as_str()])?;
    let sql = "INSERT INTO project_remotes (project_id, position, remote) VALUES (?1, ?2, ?3)";
    for (position, remote) in remotes.iter().enumerate() {
        columns::execute(connection, sql, params![id.as_str(), position as i64, remote])?;
    }
    Ok(())
}

/// The remotes, each once.
pub(crate) fn check_remotes(remotes: &[String]) -> Result<Vec<String>, StoreError> {
    let mut checked: Vec<String> = Vec::with_capacity(remotes.len());
    for (index, remote) in remotes.iter().enumerate() {
        let remote = remote.trim();
        let odd = |c: char| c.is_control() || c.is_whitespace() || c == '@';
        if remote.is_empty() || remote.chars().count() > LONGEST_REMOTE || remote.contains(odd) {
            let detail = "A git remote is written as host/owner/name, without scheme, user and password.";
            return Err(StoreError::invalid(format!("/remotes/{index}"), detail));
        }
        if !checked.iter().any(|known| known == remote) {
            checked.push(remote.to_owned());
        }
    }
    if checked.len() > MOST_REMOTES {
        let detail = format!("A project has at most {MOST_REMOTES} git remotes, not {}.", checked.len());
        return Err(StoreError::invalid("/remotes", detail));
    }
    Ok(checked)
}

pub(crate) fn bind(connection: &Connection, id: &ProjectId, folders: &[String]) -> Result<(), StoreError> {
    let sql = "INSERT INTO project_folders (project_id, position, folder) VALUES (?1, ?2, ?3)";
    for (position, folder) in folders.iter().enumerate() {
        columns::execute(connection, sql, params![id.as_str(), position as i64, folder])?;
    }
    Ok(())
}

/// The folders in the form in which they are stored, each once.
pub(super) fn check_folders(folders: &[String]) -> Result<Vec<String>, StoreError> {
    let mut checked = Vec::with_capacity(folders.len());
    for (index, folder) in folders.iter().enumerate() {
        let folder = folders::normalize(folder, &format!("/folders/{index}"))?;
        if !checked.contains(&folder) {
            checked.push(folder);
        }
    }
    Ok(checked)
}

pub(super) fn with_places(connection: &Connection, mut project: Project) -> Result<Project, StoreError> {
    let sql = "SELECT folder FROM project_folders WHERE project_id = ?1 ORDER BY position";
    project.folders = columns::all(connection, sql, [project.id.as_str()], |row| row.get("folder"))?;
    let sql = "SELECT remote FROM project_remotes WHERE project_id = ?1 ORDER BY position";
    project.remotes = columns::all(connection, sql, [project.id.as_str()], |row| row.get("remote"))?;
    Ok(project)
}
