//! Projects and the folders that they are bound to.

use aiia_protocol::archive::ProjectFile;
use aiia_protocol::chat::Inclusion;
use aiia_protocol::id::ProjectId;
use aiia_protocol::page::Page;
use aiia_protocol::project::{
    CreateProject, DeleteProject, DuplicateProject, ListProjects, Project, ProjectStatistics, RoleCount, UpdateProject,
};
use rusqlite::{Connection, params};

use crate::cursor::PageRequest;
use crate::{Store, StoreError, chats, clock, columns, context_rules, folders, forks, parameters};

const LONGEST_NAME: usize = 200;
const COLUMNS: &str =
    "SELECT id, name, archived, system_prompt, model, parameters, context, created_at, updated_at, version";
const MOST_REMOTES: usize = 32;
const LONGEST_REMOTE: usize = 500;

/// What a folder is known by beside its path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderTraces {
    /// Its git remotes without scheme, name and password, such as `github.com/owner/name`.
    pub remotes: Vec<String>,
    /// What the file system says of the folder itself, which stays when it is moved.
    pub identity: Option<String>,
}

impl Store {
    /// The projects, the last changed one first.
    ///
    /// # Errors
    /// `InvalidInput` for the limit, `InvalidCursor`.
    pub async fn list_projects(&self, params: ListProjects) -> Result<Page<Project>, StoreError> {
        self.read(move |connection| list(connection, &params)).await
    }

    /// Makes a project.
    ///
    /// # Errors
    /// `InvalidInput` for the name or a folder.
    pub async fn create_project(&self, params: CreateProject) -> Result<Project, StoreError> {
        self.write(move |connection| create(connection, &params)).await
    }

    /// A project.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_project(&self, id: ProjectId) -> Result<Project, StoreError> {
        self.read(move |connection| get(connection, &id)).await
    }

    /// The project that `folder` or an ancestor of it is bound to, the nearest one. Unlike [`Store::resolve_project`] it only reads.
    ///
    /// # Errors
    /// `InvalidInput` when `folder` is not an absolute path.
    pub async fn project_of_folder(&self, folder: String) -> Result<Option<Project>, StoreError> {
        let folder = folders::normalize(&folder, "/folder")?;
        self.read(move |connection| of_folder(connection, &folder)).await
    }

    /// Changes a project. What would change nothing is no change: the version stays.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it has another version, `InvalidInput`.
    pub async fn update_project(&self, params: UpdateProject) -> Result<Project, StoreError> {
        self.write(move |connection| update(connection, params)).await
    }

    /// Deletes a project. Its chats go to another one, or with it: then they stay in the file, but nobody sees them.
    ///
    /// # Errors
    /// `NotFound` for the project or the other one, `Conflict` when it has another version, `InvalidInput` when they are one.
    pub async fn delete_project(&self, params: DeleteProject) -> Result<(), StoreError> {
        self.write(move |connection| delete(connection, &params)).await
    }

    /// Brings a deleted project back. One that is not deleted is given as it is.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn restore_project(&self, id: ProjectId) -> Result<Project, StoreError> {
        self.write(move |connection| {
            let sql =
                "UPDATE projects SET deleted_at = NULL, version = version + 1 WHERE id = ?1 AND deleted_at IS NOT NULL";
            columns::execute(connection, sql, [id.as_str()])?;
            get(connection, &id)
        })
        .await
    }

    /// Makes a project with the settings of another one, and with copies of its chats where they are wanted.
    ///
    /// # Errors
    /// `NotFound`, `InvalidInput` for the name, `State` while a chat that is to be copied is being written.
    pub async fn duplicate_project(&self, params: DuplicateProject) -> Result<Project, StoreError> {
        self.write(move |connection| {
            let old = get(connection, &params.project_id)?;
            let copied = |name: &str| format!("{} (copy)", name.chars().take(LONGEST_NAME - 7).collect::<String>());
            let name = params.name.unwrap_or_else(|| copied(&old.name));
            let Project { system_prompt, model, parameters, context, .. } = old;
            let new = CreateProject { system_prompt, model, parameters, context, ..CreateProject::new(name) };
            let new = create(connection, &new)?;
            if params.chats {
                forks::copy_all(connection, &params.project_id, &new.id)?;
            }
            get(connection, &new.id)
        })
        .await
    }

    /// What is in a project.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn project_statistics(&self, id: ProjectId) -> Result<ProjectStatistics, StoreError> {
        self.read(move |connection| statistics(connection, &id)).await
    }

    /// The project of a folder: the one with the longest bound folder that is `folder` or an ancestor of it, among equals
    /// the last changed one. Where there is none, one that had the folder under another path, then one with a remote of it;
    /// the folder is bound to it then, in place of a path that is not there any more. Else one is made, named after the last
    /// part of the path. Tells whether it was.
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

/// A project that is not deleted.
pub(crate) fn get(connection: &Connection, id: &ProjectId) -> Result<Project, StoreError> {
    let sql = format!("{COLUMNS} FROM projects WHERE deleted_at IS NULL AND id = ?1");
    let project = columns::first(connection, &sql, [id.as_str()], from_row)?;
    with_places(connection, project.ok_or_else(|| StoreError::not_found("project", id))?)
}

/// All projects in the order of their making, with the time when one was deleted.
pub(crate) fn all(connection: &Connection) -> Result<Vec<ProjectFile>, StoreError> {
    let sql = format!("{COLUMNS}, deleted_at FROM projects ORDER BY key");
    let rows = columns::all(connection, &sql, [], |row| Ok((from_row(row)?, row.get("deleted_at")?)))?;
    rows.into_iter()
        .map(|(project, deleted_at)| Ok(ProjectFile { project: with_places(connection, project)?, deleted_at }))
        .collect()
}

/// Notes that something in the project has changed.
pub(crate) fn touch(connection: &Connection, id: &ProjectId, now: &str) -> Result<(), StoreError> {
    columns::execute(connection, "UPDATE projects SET updated_at = ?2 WHERE id = ?1", [id.as_str(), now])?;
    Ok(())
}

fn list(connection: &Connection, params: &ListProjects) -> Result<Page<Project>, StoreError> {
    let filter = ListProjects { cursor: None, limit: None, ..params.clone() };
    let name = format!("projects {}", columns::to_json(&filter)?);
    let request = PageRequest::new(name, params.cursor.as_deref(), params.limit)?;
    let [time, id] = request.after_newest();
    let archived = match params.archived {
        Inclusion::Exclude => "AND archived = 0",
        Inclusion::Include => "",
        Inclusion::Only => "AND archived = 1",
    };
    let deleted = match params.deleted {
        Inclusion::Exclude => "AND deleted_at IS NULL",
        Inclusion::Include => "",
        Inclusion::Only => "AND deleted_at IS NOT NULL",
    };
    let sql = format!(
        "{COLUMNS} FROM projects WHERE (updated_at, id) < (?1, ?2) {archived} {deleted}
         ORDER BY updated_at DESC, id DESC LIMIT ?3"
    );
    let rows = columns::all(connection, &sql, params![time, id, request.rows()], from_row)?;
    let mut page = request.page(rows, |project| [project.updated_at.clone(), project.id.0.clone()]);
    page.items = page.items.into_iter().map(|project| with_places(connection, project)).collect::<Result<_, _>>()?;
    Ok(page)
}

fn create(connection: &Connection, params: &CreateProject) -> Result<Project, StoreError> {
    check_name(&params.name)?;
    chats::check_prompt(params.system_prompt.as_deref())?;
    let folders = check_folders(&params.folders)?;
    let id: ProjectId = clock::new_id();
    let now = clock::now();
    columns::execute(
        connection,
        "INSERT INTO projects (id, name, system_prompt, model, parameters, context, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        params![
            id.as_str(),
            params.name,
            params.system_prompt,
            params.model,
            parameters::to_column(&params.parameters)?,
            context_rules::to_column(&params.context)?,
            now
        ],
    )?;
    bind(connection, &id, &folders)?;
    set_remotes(connection, &id, &check_remotes(&params.remotes)?)?;
    get(connection, &id)
}

fn update(connection: &Connection, params: UpdateProject) -> Result<Project, StoreError> {
    let before = get(connection, &params.project_id)?;
    if let Some(expected) = params.if_version.filter(|version| *version != before.version) {
        let id = before.id.0;
        return Err(StoreError::Conflict { what: "project", id, expected, found: before.version });
    }
    let mut after = before.clone();
    if let Some(name) = params.name {
        check_name(&name)?;
        after.name = name;
    }
    if let Some(folders) = params.folders {
        after.folders = check_folders(&folders)?;
    }
    if let Some(remotes) = params.remotes {
        after.remotes = check_remotes(&remotes)?;
    }
    if let Some(prompt) = params.system_prompt {
        chats::check_prompt(prompt.as_deref())?;
        after.system_prompt = prompt;
    }
    if let Some(model) = params.model {
        after.model = model;
    }
    after.archived = params.archived.unwrap_or(after.archived);
    after.parameters = params.parameters.unwrap_or(after.parameters);
    after.context = params.context.unwrap_or(after.context);
    if after == before {
        return Ok(before);
    }
    columns::execute(
        connection,
        "UPDATE projects SET name = ?2, system_prompt = ?3, model = ?4, parameters = ?5, updated_at = ?6,
             archived = ?7, context = ?8, version = version + 1 WHERE id = ?1",
        params![
            after.id.as_str(),
            after.name,
            after.system_prompt,
            after.model,
            parameters::to_column(&after.parameters)?,
            clock::now(),
            after.archived,
            context_rules::to_column(&after.context)?,
        ],
    )?;
    if after.folders != before.folders {
        rebind(connection, &after.id, &after.folders)?;
    }
    if after.remotes != before.remotes {
        set_remotes(connection, &after.id, &after.remotes)?;
    }
    get(connection, &after.id)
}

fn delete(connection: &Connection, params: &DeleteProject) -> Result<(), StoreError> {
    let project = get(connection, &params.project_id)?;
    if let Some(expected) = params.if_version.filter(|version| *version != project.version) {
        return Err(StoreError::Conflict { what: "project", id: project.id.0, expected, found: project.version });
    }
    let now = clock::now();
    if let Some(other) = &params.move_chats_to {
        if *other == project.id {
            return Err(StoreError::invalid("/move_chats_to", "The chats are in this project already."));
        }
        get(connection, other)?;
        let sql = "UPDATE chats SET project_id = ?2, version = version + 1 WHERE project_id = ?1";
        columns::execute(connection, sql, [project.id.as_str(), other.as_str()])?;
        touch(connection, other, &now)?;
    }
    let sql = "UPDATE projects SET deleted_at = ?2, version = version + 1 WHERE id = ?1";
    columns::execute(connection, sql, [project.id.as_str(), &now])?;
    Ok(())
}

fn statistics(connection: &Connection, id: &ProjectId) -> Result<ProjectStatistics, StoreError> {
    get(connection, id)?;
    let id = [id.as_str()];
    let sql = "SELECT count(*) AS chats, coalesce(sum(archived), 0) AS archived FROM chats
               WHERE project_id = ?1 AND deleted_at IS NULL";
    let (chats, archived_chats) = columns::first(connection, sql, id, |row| {
        Ok((columns::number(row, "chats")?, columns::number(row, "archived")?))
    })?
    .unwrap_or_default();
    let sql = "SELECT m.role, count(*) AS messages, sum(octet_length(m.content)) AS bytes, max(m.created_at) AS last
               FROM messages m JOIN chats c ON c.id = m.chat_id
               WHERE c.project_id = ?1 AND c.deleted_at IS NULL AND m.deleted_at IS NULL GROUP BY m.role ORDER BY m.role";
    let by_role = columns::all(connection, sql, id, |row| {
        let count = RoleCount { role: columns::named(row, "role")?, messages: columns::number(row, "messages")? };
        Ok((count, columns::number(row, "bytes")?, row.get::<_, String>("last")?))
    })?;
    let count = |what: &str| -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT count(*) AS count FROM runs r JOIN chats c ON c.id = r.chat_id {what}
             WHERE c.project_id = ?1 AND c.deleted_at IS NULL"
        );
        Ok(columns::first(connection, &sql, id, |row| columns::number(row, "count"))?.unwrap_or(0))
    };
    Ok(ProjectStatistics {
        chats,
        archived_chats,
        bytes: by_role.iter().map(|(_, bytes, _)| bytes).sum(),
        last_said_at: by_role.iter().map(|(_, _, last)| last).max().cloned(),
        messages: by_role.into_iter().map(|(count, _, _)| count).collect(),
        runs: count("")?,
        edits: count("JOIN edits e ON e.run_id = r.id")?,
    })
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
    Ok(known.flatten() == traces.identity && traces.remotes.iter().all(|remote| project.remotes.contains(remote)))
}

/// Notes what is known of a folder of the project. Where the folder is new to it, paths of it that are not there any more go.
fn note(connection: &Connection, project: &Project, folder: &str, traces: &FolderTraces) -> Result<(), StoreError> {
    let mut folders = project.folders.clone();
    let above = || folders::with_ancestors(folder).any(|above| project.folders.iter().any(|bound| bound == above));
    if !project.folders.iter().any(|bound| bound == folder) {
        if above() {
            return Ok(());
        }
        folders.retain(|bound| std::path::Path::new(bound).exists());
        folders.push(folder.to_owned());
        rebind(connection, &project.id, &folders)?;
        tracing::info!(project = %project.id, folder, "the folder of a project is somewhere else now");
    }
    let sql = "UPDATE project_folders SET identity = ?3 WHERE project_id = ?1 AND folder = ?2";
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
fn rebind(connection: &Connection, id: &ProjectId, folders: &[String]) -> Result<(), StoreError> {
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

pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > LONGEST_NAME {
        let detail = format!("The name must have 1 to {LONGEST_NAME} characters, not only blanks; it has {length}.");
        return Err(StoreError::invalid("/name", detail));
    }
    Ok(())
}

/// The folders in the form in which they are stored, each once.
fn check_folders(folders: &[String]) -> Result<Vec<String>, StoreError> {
    let mut checked = Vec::with_capacity(folders.len());
    for (index, folder) in folders.iter().enumerate() {
        let folder = folders::normalize(folder, &format!("/folders/{index}"))?;
        if !checked.contains(&folder) {
            checked.push(folder);
        }
    }
    Ok(checked)
}

fn with_places(connection: &Connection, mut project: Project) -> Result<Project, StoreError> {
    let sql = "SELECT folder FROM project_folders WHERE project_id = ?1 ORDER BY position";
    project.folders = columns::all(connection, sql, [project.id.as_str()], |row| row.get("folder"))?;
    let sql = "SELECT remote FROM project_remotes WHERE project_id = ?1 ORDER BY position";
    project.remotes = columns::all(connection, sql, [project.id.as_str()], |row| row.get("remote"))?;
    Ok(project)
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Project> {
    Ok(Project {
        id: columns::id(row, "id")?,
        name: row.get("name")?,
        folders: Vec::new(),
        remotes: Vec::new(),
        archived: row.get("archived")?,
        system_prompt: row.get("system_prompt")?,
        model: row.get("model")?,
        parameters: parameters::from_column(row, "parameters")?,
        context: context_rules::from_column(row, "context")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        version: columns::number(row, "version")?,
    })
}
