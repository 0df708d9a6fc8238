//! Prompt templates of the user, with all their versions. What was replaced stays; what is deleted is only marked.

use aiia_protocol::id::TemplateId;
use aiia_protocol::template::{Template, TemplateContent, TemplateRevision, TemplateSource};
use rusqlite::{Connection, params};

use crate::{Store, StoreError, clock, columns};

/// A template `t` with its newest content.
const SELECT: &str = "SELECT t.id, t.revision, r.content, t.updated_at, t.version,
                             EXISTS (SELECT 1 FROM template_favourites f WHERE f.template_id = t.id) AS favourite
                      FROM templates t JOIN template_revisions r ON r.template_id = t.id AND r.revision = t.revision
                      WHERE t.deleted_at IS NULL";

impl Store {
    /// All templates of the user, in the order of their making.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn list_templates(&self) -> Result<Vec<Template>, StoreError> {
        self.read(|connection| columns::all(connection, &format!("{SELECT} ORDER BY t.key"), [], from_row)).await
    }

    /// The templates that are favourites, of whatever source.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn favourite_templates(&self) -> Result<Vec<TemplateId>, StoreError> {
        let sql = "SELECT template_id FROM template_favourites";
        self.read(move |connection| columns::all(connection, sql, [], |row| columns::id(row, "template_id"))).await
    }

    /// A template in its newest version.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_template(&self, id: TemplateId) -> Result<Template, StoreError> {
        self.read(move |connection| get(connection, &id)).await
    }

    /// All versions of a template, the newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn template_revisions(&self, id: TemplateId) -> Result<Vec<TemplateRevision>, StoreError> {
        self.read(move |connection| {
            get(connection, &id)?;
            revisions(connection, &id)
        })
        .await
    }

    /// Makes templates, all or none. The contents were checked.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn create_templates(&self, contents: Vec<TemplateContent>) -> Result<Vec<Template>, StoreError> {
        self.write(move |connection| contents.iter().map(|content| create(connection, content)).collect()).await
    }

    /// Gives a template a new version. The content was checked. What is the same already is no change.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it has another version.
    pub async fn update_template(
        &self,
        id: TemplateId,
        content: TemplateContent,
        if_version: Option<u64>,
    ) -> Result<Template, StoreError> {
        self.write(move |connection| {
            let before = get(connection, &id)?;
            require_version(&before, if_version)?;
            if before.content == content {
                return Ok(before);
            }
            add_revision(connection, &id, before.revision + 1, &content)?;
            let sql =
                "UPDATE templates SET revision = revision + 1, updated_at = ?2, version = version + 1 WHERE id = ?1";
            columns::execute(connection, sql, [id.as_str(), &clock::now()])?;
            get(connection, &id)
        })
        .await
    }

    /// Makes a template a favourite or not, whatever its source.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn favour_template(&self, id: TemplateId, favourite: bool) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = if favourite {
                "INSERT INTO template_favourites (template_id) VALUES (?1) ON CONFLICT DO NOTHING"
            } else {
                "DELETE FROM template_favourites WHERE template_id = ?1"
            };
            columns::execute(connection, sql, [id.as_str()])?;
            Ok(())
        })
        .await
    }

    /// Deletes a template. Its versions stay in the file.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it has another version.
    pub async fn delete_template(&self, id: TemplateId, if_version: Option<u64>) -> Result<(), StoreError> {
        self.write(move |connection| {
            require_version(&get(connection, &id)?, if_version)?;
            let sql = "UPDATE templates SET deleted_at = ?2, version = version + 1 WHERE id = ?1";
            columns::execute(connection, sql, [id.as_str(), &clock::now()])?;
            Ok(())
        })
        .await
    }
}

/// All versions of a template, deleted or not, the newest first.
pub(crate) fn revisions(connection: &Connection, id: &TemplateId) -> Result<Vec<TemplateRevision>, StoreError> {
    let sql = "SELECT revision, content, created_at FROM template_revisions WHERE template_id = ?1
               ORDER BY revision DESC";
    columns::all(connection, sql, [id.as_str()], |row| {
        Ok(TemplateRevision {
            revision: columns::number(row, "revision")?,
            content: columns::json(row, "content")?,
            created_at: row.get("created_at")?,
        })
    })
}

fn create(connection: &Connection, content: &TemplateContent) -> Result<Template, StoreError> {
    let id: TemplateId = clock::new_id();
    let sql = "INSERT INTO templates (id, revision, updated_at) VALUES (?1, 1, ?2)";
    columns::execute(connection, sql, [id.as_str(), &clock::now()])?;
    add_revision(connection, &id, 1, content)?;
    get(connection, &id)
}

fn add_revision(
    connection: &Connection,
    id: &TemplateId,
    revision: u64,
    content: &TemplateContent,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO template_revisions (template_id, revision, content, created_at) VALUES (?1, ?2, ?3, ?4)";
    columns::execute(connection, sql, params![id.as_str(), revision as i64, columns::to_json(content)?, clock::now()])?;
    Ok(())
}

fn get(connection: &Connection, id: &TemplateId) -> Result<Template, StoreError> {
    let template = columns::first(connection, &format!("{SELECT} AND t.id = ?1"), [id.as_str()], from_row)?;
    template.ok_or_else(|| StoreError::not_found("template", id))
}

fn require_version(template: &Template, expected: Option<u64>) -> Result<(), StoreError> {
    match expected.filter(|version| *version != template.version) {
        None => Ok(()),
        Some(expected) => {
            let id = template.id.0.clone();
            Err(StoreError::Conflict { what: "template", id, expected, found: template.version })
        }
    }
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Template> {
    Ok(Template {
        id: columns::id(row, "id")?,
        source: TemplateSource::User,
        content: columns::json(row, "content")?,
        favourite: row.get("favourite")?,
        revision: columns::number(row, "revision")?,
        path: None,
        updated_at: row.get("updated_at")?,
        version: columns::number(row, "version")?,
    })
}
