//! Projects and the folders that they are bound to.

use aiia_protocol::id::ProjectId;
use aiia_protocol::page::Page;
use aiia_protocol::project::{CreateProject, ListProjects, Project, UpdateProject};
use rusqlite::{Connection, params};

use crate::cursor::PageRequest;
use crate::{Store, StoreError, chats, clock, columns, folders, parameters};

const LONGEST_NAME: usize = 200;
const SELECT: &str = "SELECT id, name, system_prompt, model, parameters, created_at, updated_at, version FROM projects WHERE deleted_at IS NULL";

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

    /// Changes a project. What would change nothing is no change: the version stays.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it has another version, `InvalidInput`.
    pub async fn update_project(&self, params: UpdateProject) -> Result<Project, StoreError> {
        self.write(move |connection| update(connection, params)).await
    }

    /// Deletes a project with its chats. They stay in the file, but nobody sees them.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_project(&self, id: ProjectId) -> Result<(), StoreError> {
        self.write(move |connection| delete(connection, &id)).await
    }

    /// The project of a folder: the one with the longest bound folder that is `folder` or an ancestor of it, among equals
    /// the last changed one. Where there is none it is made, named after the last part of the path. Tells whether it was.
    ///
    /// # Errors
    /// `InvalidInput` when `folder` is not an absolute path.
    pub async fn resolve_project(&self, folder: String) -> Result<(Project, bool), StoreError> {
        let folder = folders::normalize(&folder, "/folder")?;
        let wanted = folder.clone();
        if let Some(project) = self.read(move |connection| of_folder(connection, &wanted)).await? {
            return Ok((project, false));
        }
        self.write(move |connection| {
            // Somebody may have made it meanwhile.
            if let Some(project) = of_folder(connection, &folder)? {
                return Ok((project, false));
            }
            let name = folders::name(&folder);
            let params = CreateProject { folders: vec![folder], ..CreateProject::new(name) };
            Ok((create(connection, &params)?, true))
        })
        .await
    }
}

/// A project that is not deleted.
pub(crate) fn get(connection: &Connection, id: &ProjectId) -> Result<Project, StoreError> {
    let sql = format!("{SELECT} AND id = ?1");
    let project = columns::first(connection, &sql, [id.as_str()], from_row)?;
    with_folders(connection, project.ok_or_else(|| StoreError::not_found("project", id))?)
}

/// Notes that something in the project has changed.
pub(crate) fn touch(connection: &Connection, id: &ProjectId, now: &str) -> Result<(), StoreError> {
    columns::execute(connection, "UPDATE projects SET updated_at = ?2 WHERE id = ?1", [id.as_str(), now])?;
    Ok(())
}

fn list(connection: &Connection, params: &ListProjects) -> Result<Page<Project>, StoreError> {
    let request = PageRequest::new("projects".to_owned(), params.cursor.as_deref(), params.limit)?;
    let [time, id] = request.after_newest();
    let sql = format!("{SELECT} AND (updated_at, id) < (?1, ?2) ORDER BY updated_at DESC, id DESC LIMIT ?3");
    let rows = columns::all(connection, &sql, params![time, id, request.rows()], from_row)?;
    let mut page = request.page(rows, |project| [project.updated_at.clone(), project.id.0.clone()]);
    page.items = page.items.into_iter().map(|project| with_folders(connection, project)).collect::<Result<_, _>>()?;
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
        "INSERT INTO projects (id, name, system_prompt, model, parameters, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
        params![
            id.as_str(),
            params.name,
            params.system_prompt,
            params.model,
            parameters::to_column(&params.parameters)?,
            now
        ],
    )?;
    bind(connection, &id, &folders)?;
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
    if let Some(prompt) = params.system_prompt {
        chats::check_prompt(prompt.as_deref())?;
        after.system_prompt = prompt;
    }
    if let Some(model) = params.model {
        after.model = model;
    }
    after.parameters = params.parameters.unwrap_or(after.parameters);
    if after == before {
        return Ok(before);
    }
    columns::execute(
        connection,
        "UPDATE projects SET name = ?2, system_prompt = ?3, model = ?4, parameters = ?5, updated_at = ?6,
             version = version + 1 WHERE id = ?1",
        params![
            after.id.as_str(),
            after.name,
            after.system_prompt,
            after.model,
            parameters::to_column(&after.parameters)?,
            clock::now()
        ],
    )?;
    if after.folders != before.folders {
        columns::execute(connection, "DELETE FROM project_folders WHERE project_id = ?1", [after.id.as_str()])?;
        bind(connection, &after.id, &after.folders)?;
    }
    get(connection, &after.id)
}

fn delete(connection: &Connection, id: &ProjectId) -> Result<(), StoreError> {
    let sql = "UPDATE projects SET deleted_at = ?2, version = version + 1 WHERE id = ?1 AND deleted_at IS NULL";
    match columns::execute(connection, sql, [id.as_str(), &clock::now()])? {
        0 => Err(StoreError::not_found("project", id)),
        _ => Ok(()),
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

fn bind(connection: &Connection, id: &ProjectId, folders: &[String]) -> Result<(), StoreError> {
    let sql = "INSERT INTO project_folders (project_id, position, folder) VALUES (?1, ?2, ?3)";
    for (position, folder) in folders.iter().enumerate() {
        columns::execute(connection, sql, params![id.as_str(), position as i64, folder])?;
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), StoreError> {
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

fn with_folders(connection: &Connection, mut project: Project) -> Result<Project, StoreError> {
    let sql = "SELECT folder FROM project_folders WHERE project_id = ?1 ORDER BY position";
    project.folders = columns::all(connection, sql, [project.id.as_str()], |row| row.get("folder"))?;
    Ok(project)
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Project> {
    Ok(Project {
        id: columns::id(row, "id")?,
        name: row.get("name")?,
        folders: Vec::new(),
        system_prompt: row.get("system_prompt")?,
        model: row.get("model")?,
        parameters: parameters::from_column(row, "parameters")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        version: columns::number(row, "version")?,
    })
}
