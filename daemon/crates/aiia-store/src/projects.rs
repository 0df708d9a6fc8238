//! Projects.

mod bulk;
mod places;

use aiia_protocol::archive::ProjectFile;
use aiia_protocol::chat::Inclusion;
use aiia_protocol::id::ProjectId;
use aiia_protocol::page::Page;
use aiia_protocol::project::{
    CreateProject, DeleteProject, DuplicateProject, ListProjects, Project, ProjectStatistics, RoleCount, UpdateProject,
};
use rusqlite::{Connection, params};

pub use places::FolderTraces;
pub(crate) use places::{bind, check_remotes, set_remotes};
use places::{check_folders, rebind, with_places};

use crate::cursor::PageRequest;
use crate::{Store, StoreError, chats, clock, columns, context_rules, forks, parameters};

const LONGEST_NAME: usize = 200;
const COLUMNS: &str =
    "SELECT id, name, archived, system_prompt, model, parameters, context, created_at, updated_at, version";

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
        self.write(move |connection| bulk::restore(connection, &id)).await
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
        self.read_long(move |connection| statistics(connection, &id)).await
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
    if params.if_unused {
        return erase_unused(connection, &project);
    }
    let now = clock::now();
    if params.with_chats && params.move_chats_to.is_some() {
        return Err(StoreError::invalid("/with_chats", "The chats are either deleted or go to another project."));
    }
    if let Some(other) = &params.move_chats_to {
        if *other == project.id {
            return Err(StoreError::invalid("/move_chats_to", "The chats are in this project already."));
        }
        get(connection, other)?;
        let sql = "UPDATE chats SET project_id = ?2, version = version + 1 WHERE project_id = ?1";
        columns::execute(connection, sql, [project.id.as_str(), other.as_str()])?;
        touch(connection, other, &now)?;
    } else if !params.with_chats {
        without_chats(connection, &project)?;
    }
    let sql = "UPDATE projects SET deleted_at = ?2, version = version + 1 WHERE id = ?1";
    columns::execute(connection, sql, [project.id.as_str(), &now])?;
    Ok(())
}

/// Erases a project in which nothing ever was.
fn erase_unused(connection: &Connection, project: &Project) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM chats WHERE project_id = ?1 LIMIT 1";
    let has_chat = columns::first(connection, sql, [project.id.as_str()], |_| Ok(()))?.is_some();
    if has_chat || project.version != 1 {
        return Err(StoreError::state(format!("“{}” has been used.", project.name)));
    }
    for sql in [
        "DELETE FROM project_folders WHERE project_id = ?1",
        "DELETE FROM project_remotes WHERE project_id = ?1",
        "DELETE FROM projects WHERE id = ?1",
    ] {
        columns::execute(connection, sql, [project.id.as_str()])?;
    }
    Ok(())
}

/// Refuses where the project has chats of which nobody has said what becomes of them.
fn without_chats(connection: &Connection, project: &Project) -> Result<(), StoreError> {
    let sql = "SELECT count(*) AS chats FROM chats WHERE project_id = ?1 AND deleted_at IS NULL";
    let chats: u64 =
        columns::first(connection, sql, [project.id.as_str()], |row| columns::number(row, "chats"))?.unwrap_or(0);
    if chats == 0 {
        return Ok(());
    }
    let (name, chats) = (&project.name, if chats == 1 { "a chat".to_owned() } else { format!("{chats} chats") });
    Err(StoreError::state(format!(
        "“{name}” has {chats}. Say what becomes of them: `with_chats` deletes them, too, `move_chats_to` names the project that keeps them."
    )))
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

pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > LONGEST_NAME {
        let detail = format!("The name must have 1 to {LONGEST_NAME} characters, not only blanks; it has {length}.");
        return Err(StoreError::invalid("/name", detail));
    }
    Ok(())
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
        model_problem: None,
        parameters: parameters::from_column(row, "parameters")?,
        context: context_rules::from_column(row, "context")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        version: columns::number(row, "version")?,
    })
}
