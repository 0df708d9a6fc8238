//! Many projects at once.

use std::collections::HashSet;

use aiia_protocol::id::ProjectId;
use aiia_protocol::project::{ChangeProjects, DeleteProject, Project, UpdateProject};
use rusqlite::Connection;

use super::{delete, get, update};
use crate::{Store, StoreError, columns};

const MOST_AT_ONCE: usize = 1000;

impl Store {
    /// Changes many projects, all or none. Gives those that have changed, as they were last seen. One that is named twice is changed
    /// once.
    ///
    /// # Errors
    /// `NotFound` for a project or the one that chats go to, `InvalidInput` for their number or where the chats go.
    pub async fn change_projects(&self, params: ChangeProjects) -> Result<Vec<Project>, StoreError> {
        self.write(move |connection| change_many(connection, &params)).await
    }
}

fn change_many(connection: &Connection, params: &ChangeProjects) -> Result<Vec<Project>, StoreError> {
    if !(1..=MOST_AT_ONCE).contains(&params.project_ids.len()) {
        let detail = format!("There can be 1 to {MOST_AT_ONCE} projects at once, not {}.", params.project_ids.len());
        return Err(StoreError::invalid("/project_ids", detail));
    }
    if params.with_chats && params.deleted != Some(true) {
        return Err(StoreError::invalid("/with_chats", "Chats are deleted only with deleted projects."));
    }
    if let Some(other) = &params.move_chats_to {
        if params.deleted != Some(true) {
            return Err(StoreError::invalid("/move_chats_to", "Chats go to another project only from deleted ones."));
        }
        if params.project_ids.contains(other) {
            return Err(StoreError::invalid("/move_chats_to", "The project that the chats go to is deleted, too."));
        }
    }
    let mut seen = HashSet::new();
    let mut changed = Vec::new();
    for id in params.project_ids.iter().filter(|id| seen.insert(*id)) {
        let is_restored = params.deleted == Some(false) && set_not_deleted(connection, id)?;
        let before = get(connection, id)?;
        let change = UpdateProject { archived: params.archived, ..UpdateProject::new(id.clone()) };
        let after = update(connection, change)?;
        if params.deleted == Some(true) {
            let gone = DeleteProject {
                project_id: id.clone(),
                move_chats_to: params.move_chats_to.clone(),
                with_chats: params.with_chats,
                if_unused: false,
                if_version: None,
            };
            delete(connection, &gone)?;
        }
        if is_restored || params.deleted == Some(true) || after != before {
            changed.push(after);
        }
    }
    Ok(changed)
}

/// Brings a deleted project back. One that is not deleted is given as it is.
pub(super) fn restore(connection: &Connection, id: &ProjectId) -> Result<Project, StoreError> {
    set_not_deleted(connection, id)?;
    get(connection, id)
}

/// Whether there is such a project that was deleted; it is not any more.
fn set_not_deleted(connection: &Connection, id: &ProjectId) -> Result<bool, StoreError> {
    let sql = "UPDATE projects SET deleted_at = NULL, version = version + 1 WHERE id = ?1 AND deleted_at IS NOT NULL";
    Ok(columns::execute(connection, sql, [id.as_str()])? > 0)
}
