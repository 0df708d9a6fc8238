//! What comes back from files. Identifiers stay, so that nothing is doubled; what is there is not overwritten; an item comes in
//! whole or not at all.

mod batch;
mod chat;

use std::collections::HashSet;

use aiia_protocol::archive::{ChatFile, FiledAttachment, FiledTemplate, FiledUsage, ProjectFile};
use aiia_protocol::id::ProjectId;
use aiia_protocol::transfer::ImportOutcome;
use rusqlite::{Connection, params};

use crate::{
    Store, StoreError, attachments, chats, clock, columns, context_rules, folders, parameters, projects,
    usage as usage_ledger,
};

/// What became of something that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What became of it.
    pub outcome: ImportOutcome,
    /// How many messages came with it.
    pub messages: u64,
    /// Why it was left out.
    pub detail: Option<String>,
}

impl Imported {
    fn of(outcome: ImportOutcome) -> Self {
        Self { outcome, messages: 0, detail: None }
    }

    fn skipped(detail: &str) -> Self {
        Self { detail: Some(detail.to_owned()), ..Self::of(ImportOutcome::Skipped) }
    }
}

impl Store {
    /// Takes chats in, each whole or not at all. Of one that is there, the messages that are not are added. They go to
    /// the project `into`, where there is one; else to their own.
    ///
    /// # Errors
    /// When the store cannot be written; then none of them is there.
    pub async fn import_chats(
        &self,
        files: Vec<ChatFile>,
        into: Option<ProjectId>,
    ) -> Result<Vec<Result<Imported, StoreError>>, StoreError> {
        self.import(files, move |connection, file| chat::chat(connection, file, into.as_ref())).await
    }

    /// Takes projects in. One that is there stays as it is; a deleted one comes back.
    ///
    /// # Errors
    /// As [`Store::import_chats`].
    pub async fn import_projects(
        &self,
        files: Vec<ProjectFile>,
    ) -> Result<Vec<Result<Imported, StoreError>>, StoreError> {
        self.import(files, project).await
    }

    /// Takes in what goes with messages of chats that are taken in afterwards. It is forgotten after a day unless one of them has it.
    ///
    /// # Errors
    /// As [`Store::import_chats`].
    pub async fn import_attachments(
        &self,
        files: Vec<FiledAttachment>,
    ) -> Result<Vec<Result<Imported, StoreError>>, StoreError> {
        let take = |connection: &Connection, file: &FiledAttachment| {
            check_id(file.attachment.id.as_str())?;
            attachments::import(connection, file)?;
            Ok(Imported::of(ImportOutcome::Created))
        };
        self.import(files, take).await
    }

    /// Takes templates in. One that is there gets the versions that it has not, and says afterwards what it said before. The
    /// contents were checked.
    ///
    /// # Errors
    /// As [`Store::import_chats`].
    pub async fn import_templates(
        &self,
        files: Vec<FiledTemplate>,
    ) -> Result<Vec<Result<Imported, StoreError>>, StoreError> {
        self.import(files, template).await
    }

    /// Takes rows of the usage ledger in. A run that is there is not counted twice.
    ///
    /// # Errors
    /// As [`Store::import_chats`].
    pub async fn import_usage(&self, rows: Vec<FiledUsage>) -> Result<Vec<Result<Imported, StoreError>>, StoreError> {
        self.import(rows, usage).await
    }

    async fn import<T: Send + 'static>(
        &self,
        items: Vec<T>,
        take: impl Fn(&Connection, &T) -> Result<Imported, StoreError> + Send + 'static,
    ) -> Result<Vec<Result<Imported, StoreError>>, StoreError> {
        self.alone(move |connection| batch::take_all(connection, &items, take)).await
    }
}

fn project(connection: &Connection, file: &ProjectFile) -> Result<Imported, StoreError> {
    let new = &file.project;
    check_id(new.id.as_str())?;
    let sql = "SELECT deleted_at FROM projects WHERE id = ?1";
    let known = columns::first(connection, sql, [new.id.as_str()], |row| row.get::<_, Option<String>>(0))?;
    match known {
        None => {}
        Some(Some(_)) if file.deleted_at.is_none() => {
            let sql = "UPDATE projects SET deleted_at = NULL, version = version + 1 WHERE id = ?1";
            columns::execute(connection, sql, [new.id.as_str()])?;
            return Ok(Imported::of(ImportOutcome::Updated));
        }
        Some(_) => return Ok(Imported::of(ImportOutcome::Unchanged)),
    }
    projects::check_name(&new.name)?;
    chats::check_prompt(new.system_prompt.as_deref())?;
    columns::execute(
        connection,
        "INSERT INTO projects (id, name, system_prompt, model, parameters, created_at, updated_at, deleted_at, version, archived, context)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            new.id.as_str(),
            new.name,
            new.system_prompt,
            new.model,
            parameters::to_column(&new.parameters)?,
            clock::normalize(&new.created_at, "/created_at")?,
            clock::normalize(&new.updated_at, "/updated_at")?,
            time_option(file.deleted_at.as_deref())?,
            version(new.version),
            new.archived,
            context_rules::to_column(&new.context)?,
        ],
    )?;
    projects::set_remotes(connection, &new.id, &projects::check_remotes(&new.remotes)?)?;
    // A folder of another system means nothing here.
    let bound: Vec<String> = new.folders.iter().filter_map(|folder| folders::normalize(folder, "").ok()).collect();
    let mut seen = HashSet::new();
    let bound: Vec<String> = bound.into_iter().filter(|folder| seen.insert(folder.clone())).collect();
    projects::bind(connection, &new.id, &bound)?;
    Ok(Imported::of(ImportOutcome::Created))
}

fn template(connection: &Connection, file: &FiledTemplate) -> Result<Imported, StoreError> {
    check_id(file.id.as_str())?;
    let Some(newest) = file.revisions.last() else {
        return Err(StoreError::invalid("/revisions", "The template says nothing: it has no version."));
    };
    let sql = "SELECT revision, deleted_at FROM templates WHERE id = ?1";
    let known = columns::first(connection, sql, [file.id.as_str()], |row| {
        Ok((columns::number(row, "revision")?, row.get::<_, Option<String>>("deleted_at")?))
    })?;
    let (mut revision, outcome) = match &known {
        Some((_, Some(_))) if file.deleted_at.is_none() => {
            return Ok(Imported::skipped("The template is deleted here."));
        }
        Some((revision, _)) => (*revision, ImportOutcome::Unchanged),
        None => {
            let sql = "INSERT INTO templates (id, revision, updated_at, deleted_at) VALUES (?1, 1, ?2, ?3)";
            let updated_at = clock::normalize(&newest.created_at, "/revisions")?;
            let deleted_at = time_option(file.deleted_at.as_deref())?;
            columns::execute(connection, sql, params![file.id.as_str(), updated_at, deleted_at])?;
            (0, ImportOutcome::Created)
        }
    };
    let here: Vec<String> = crate::templates::revisions(connection, &file.id)?
        .iter()
        .map(|revision| columns::to_json(&revision.content))
        .collect::<Result<_, _>>()?;
    let before = revision;
    for given in &file.revisions {
        let content = columns::to_json(&given.content)?;
        if here.contains(&content) {
            continue;
        }
        revision += 1;
        let sql = "INSERT INTO template_revisions (template_id, revision, content, created_at) VALUES (?1, ?2, ?3, ?4)";
        let created_at = clock::normalize(&given.created_at, "/revisions")?;
        columns::execute(connection, sql, params![file.id.as_str(), revision as i64, content, created_at])?;
    }
    if outcome == ImportOutcome::Created && file.favourite {
        let sql = "INSERT INTO template_favourites (template_id) VALUES (?1) ON CONFLICT DO NOTHING";
        columns::execute(connection, sql, [file.id.as_str()])?;
    }
    if revision == before {
        return Ok(Imported::of(outcome));
    }
    if let Some(present) = here.first() {
        revision += 1;
        let sql = "INSERT INTO template_revisions (template_id, revision, content, created_at) VALUES (?1, ?2, ?3, ?4)";
        columns::execute(connection, sql, params![file.id.as_str(), revision as i64, present, clock::now()])?;
    }
    let sql = "UPDATE templates SET revision = ?2, version = version + 1 WHERE id = ?1";
    columns::execute(connection, sql, params![file.id.as_str(), revision as i64])?;
    Ok(Imported::of(if before == 0 { ImportOutcome::Created } else { ImportOutcome::Updated }))
}

fn usage(connection: &Connection, row: &FiledUsage) -> Result<Imported, StoreError> {
    check_id(row.run_id.as_str())?;
    let row = FiledUsage { created_at: clock::normalize(&row.created_at, "/created_at")?, ..row.clone() };
    let is_new = usage_ledger::enter(connection, &row)?;
    Ok(Imported::of(if is_new { ImportOutcome::Created } else { ImportOutcome::Unchanged }))
}

/// Identifiers are short and plain: they stand in paths and file names.
fn check_id(id: &str) -> Result<(), StoreError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if (1..=64).contains(&id.len()) && id.chars().all(plain) {
        return Ok(());
    }
    Err(StoreError::invalid("/id", "An identifier has 1 to 64 letters, digits, - and _."))
}

fn time_option(time: Option<&str>) -> Result<Option<String>, StoreError> {
    time.map(|time| clock::normalize(time, "")).transpose()
}

fn version(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX / 2).max(1)
}

/// The same error, saying where in the file it is.
fn at(error: StoreError, place: &str) -> StoreError {
    match error {
        StoreError::InvalidInput { pointer, detail } => StoreError::invalid(format!("{place}{pointer}"), detail),
        other => other,
    }
}
