//! Pending edits: their files with the text before and after, and their hunks.

use std::collections::HashSet;

use aiia_protocol::edit::{EditFile, EditHunk, EditStatus, FileAction, FindEdits, HunkStatus, ListEdits, PendingEdit};
use aiia_protocol::id::{EditId, HunkNumber, ProjectId, RunId};
use aiia_protocol::page::Page;
use rusqlite::{Connection, ToSql, params};

use crate::cursor::PageRequest;
use crate::{Store, StoreError, clock, columns, projects, runs};

/// What [`Store::create_edit`] takes.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEdit {
    /// The run that proposes it.
    pub run_id: RunId,
    /// What it is, in a few words.
    pub title: String,
    /// The model that proposes it, `provider/model`.
    pub model: String,
    /// The files.
    pub files: Vec<NewEditFile>,
    /// The change as a unified diff.
    pub diff: String,
    /// What of the reply is in no hunk: a sentence for each.
    pub left_out: Vec<String>,
}

/// A file of a [`NewEdit`].
#[derive(Clone, Debug, PartialEq)]
pub struct NewEditFile {
    /// Absolute path, or `untitled:NAME`; for a file that is renamed, the new path.
    pub path: String,
    /// What becomes of it.
    pub action: FileAction,
    /// The path before, for a file that is renamed.
    pub from: Option<String>,
    /// Why it needs a decision of its own.
    pub protection: Option<String>,
    /// SHA-256 of `base_text` in hexadecimal.
    pub base_hash: String,
    /// The text that the change was made on.
    pub base_text: String,
    /// The text with all hunks.
    pub new_text: String,
    /// The hunks, numbered 1, 2, 3 … over all files.
    pub hunks: Vec<EditHunk>,
}

/// The texts of a file of a pending edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditTexts {
    /// Absolute path, or `untitled:NAME`.
    pub path: String,
    /// The text that the change was made on.
    pub base_text: String,
    /// The text with all hunks.
    pub new_text: String,
}

/// A file of a pending edit whose hunks are others now: what [`Store::reshape_edit`] takes.
#[derive(Clone, Debug, PartialEq)]
pub struct ReshapedFile {
    /// The file, as the edit names it.
    pub path: String,
    /// The text with all hunks.
    pub new_text: String,
    /// All its hunks in the order of the file, each with a number of its own in the whole edit.
    pub hunks: Vec<EditHunk>,
}

impl Store {
    /// Keeps a proposed change and notes it at its run.
    ///
    /// # Errors
    /// `NotFound` for the run; `InvalidInput` when there is no hunk or they are not numbered 1, 2, 3 ….
    pub async fn create_edit(&self, edit: NewEdit) -> Result<PendingEdit, StoreError> {
        self.write(move |connection| create(connection, &edit)).await
    }

    /// A pending edit.
    ///
    /// # Errors
    /// `NotFound`, also when its chat is deleted.
    pub async fn get_edit(&self, id: EditId) -> Result<PendingEdit, StoreError> {
        self.read(move |connection| get(connection, &id)).await
    }

    /// The edits of these files and folders with a hunk in this state: the one that was accepted last first where accepted ones are
    /// asked for, else the newest first.
    ///
    /// # Errors
    /// `InvalidInput` for the limit.
    pub async fn find_edits(&self, params: FindEdits) -> Result<Vec<PendingEdit>, StoreError> {
        self.read(move |connection| find(connection, &params)).await
    }

    /// The pending edits, the newest first.
    ///
    /// # Errors
    /// `NotFound` for the project or the run, `InvalidInput` for the limit, `InvalidCursor`.
    pub async fn list_edits(&self, params: ListEdits) -> Result<Page<PendingEdit>, StoreError> {
        self.read(move |connection| list(connection, &params)).await
    }

    /// The texts of the files of a pending edit, in the order of its files.
    ///
    /// # Errors
    /// `NotFound`, also when its chat is deleted.
    pub async fn edit_texts(&self, id: EditId) -> Result<Vec<EditTexts>, StoreError> {
        self.read(move |connection| texts(connection, &id)).await
    }

    /// Writes down where hunks stand now; where the edit stands follows from them. What would change nothing is no change:
    /// the version stays.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the edit has another version than `if_version`; `InvalidInput` for a hunk that it does
    /// not have or that is named twice.
    pub async fn decide_hunks(
        &self,
        edit_id: EditId,
        decisions: Vec<(HunkNumber, HunkStatus)>,
        if_version: Option<u64>,
    ) -> Result<PendingEdit, StoreError> {
        self.write(move |connection| decide(connection, &edit_id, &decisions, if_version)).await
    }

    /// Replaces the hunks of one file of an edit: some were cut up or written anew. `diff` is the diff of the whole edit after it.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the edit has another version than `if_version`; `InvalidInput` for a file that it does not have,
    /// for no hunk at all and for a number that stands twice.
    pub async fn reshape_edit(
        &self,
        edit_id: EditId,
        file: ReshapedFile,
        diff: String,
        if_version: u64,
    ) -> Result<PendingEdit, StoreError> {
        self.write(move |connection| reshape(connection, &edit_id, &file, &diff, if_version)).await
    }
}

const SELECT: &str = "SELECT e.id, c.project_id, r.chat_id, e.run_id, e.title, e.model, e.status, e.diff, e.left_out,
                             e.created_at, e.updated_at, e.version
                      FROM edits e JOIN runs r ON r.id = e.run_id JOIN chats c ON c.id = r.chat_id
                      JOIN projects p ON p.id = c.project_id";
const SHOWN: &str = "WHERE c.deleted_at IS NULL AND p.deleted_at IS NULL";

/// Where an edit stands, from where its hunks stand.
pub(crate) fn status_of(hunks: impl IntoIterator<Item = HunkStatus>) -> EditStatus {
    let (mut accepted, mut undone) = (false, false);
    for status in hunks {
        match status {
            HunkStatus::Pending => return EditStatus::Pending,
            HunkStatus::Accepted => accepted = true,
            HunkStatus::Undone => undone = true,
            HunkStatus::Rejected => {}
        }
    }
    match (accepted, undone) {
        (true, _) => EditStatus::Accepted,
        (false, true) => EditStatus::Undone,
        (false, false) => EditStatus::Rejected,
    }
}

fn create(connection: &Connection, new: &NewEdit) -> Result<PendingEdit, StoreError> {
    let run = runs::get(connection, &new.run_id)?;
    check_numbers(new)?;
    let id: EditId = clock::new_id();
    let status = status_of(new.files.iter().flat_map(|file| &file.hunks).map(|hunk| hunk.status));
    columns::execute(
        connection,
        "INSERT INTO edits (id, run_id, title, model, status, diff, left_out, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        params![
            id.as_str(),
            run.id.as_str(),
            new.title,
            new.model,
            columns::to_name(&status)?,
            new.diff,
            left_out(&new.left_out)?,
            clock::now()
        ],
    )?;
    for (position, file) in new.files.iter().enumerate() {
        insert_file(connection, &id, position as i64, file)?;
    }
    columns::execute(connection, "UPDATE runs SET edit_id = ?2 WHERE id = ?1", [run.id.as_str(), id.as_str()])?;
    get(connection, &id)
}

/// The column of what is left out.
pub(crate) fn left_out(sentences: &[String]) -> Result<Option<String>, StoreError> {
    Ok(if sentences.is_empty() { None } else { Some(columns::to_json(&sentences)?) })
}

pub(crate) fn insert_file(
    connection: &Connection,
    id: &EditId,
    position: i64,
    file: &NewEditFile,
) -> Result<(), StoreError> {
    columns::execute(
        connection,
        "INSERT INTO edit_files (edit_id, position, path, action, from_path, protection, base_hash, base_text, new_text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            id.as_str(),
            position,
            file.path,
            columns::to_name(&file.action)?,
            file.from,
            file.protection,
            file.base_hash,
            file.base_text,
            file.new_text
        ],
    )?;
    insert_hunks(connection, id, position, &file.hunks)
}

fn insert_hunks(connection: &Connection, id: &EditId, position: i64, hunks: &[EditHunk]) -> Result<(), StoreError> {
    for hunk in hunks {
        columns::execute(
            connection,
            "INSERT INTO edit_hunks (edit_id, number, file_position, old_start, old_lines, new_start, new_lines, old_text,
                                     new_text, tolerances, status)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                id.as_str(),
                hunk.number,
                position,
                hunk.old_start,
                hunk.old_lines,
                hunk.new_start,
                hunk.new_lines,
                hunk.old_text,
                hunk.new_text,
                columns::to_json(&hunk.tolerances)?,
                columns::to_name(&hunk.status)?,
            ],
        )?;
    }
    Ok(())
}

fn check_numbers(new: &NewEdit) -> Result<(), StoreError> {
    let mut next = 1;
    for (file_index, file) in new.files.iter().enumerate() {
        for (index, hunk) in file.hunks.iter().enumerate() {
            if hunk.number != next {
                let pointer = format!("/files/{file_index}/hunks/{index}/number");
                let detail = format!("The hunk has the number {}, but {next} comes next.", hunk.number);
                return Err(StoreError::invalid(pointer, detail));
            }
            next += 1;
        }
    }
    if next == 1 {
        return Err(StoreError::invalid("/files", "The edit changes nothing: it has no hunk."));
    }
    Ok(())
}

fn get(connection: &Connection, id: &EditId) -> Result<PendingEdit, StoreError> {
    let edit = columns::first(connection, &format!("{SELECT} {SHOWN} AND e.id = ?1"), [id.as_str()], from_row)?;
    with_files(connection, edit.ok_or_else(|| StoreError::not_found("pending edit", id))?)
}

fn list(connection: &Connection, params: &ListEdits) -> Result<Page<PendingEdit>, StoreError> {
    let status = params.status.as_ref().map(columns::to_name).transpose()?;
    let project_id = params.project_id.as_ref().map(ProjectId::as_str);
    let run_id = params.run_id.as_ref().map(RunId::as_str);
    let name = format!("edits of {project_id:?} {run_id:?} {status:?}");
    let request = PageRequest::new(name, params.cursor.as_deref(), params.limit)?;
    let [time, id] = request.after_newest();
    let rows = request.rows();
    let mut sql = format!("{SELECT} {SHOWN} AND (e.created_at, e.id) < (:time, :id)");
    let mut values: Vec<(&str, &dyn ToSql)> = vec![(":time", &time), (":id", &id), (":rows", &rows)];
    if let Some(id) = &params.project_id {
        projects::get(connection, id)?;
        sql += " AND c.project_id = :project_id";
        values.push((":project_id", &project_id));
    }
    if let Some(id) = &params.run_id {
        runs::get_shown(connection, id)?;
        sql += " AND e.run_id = :run_id";
        values.push((":run_id", &run_id));
    }
    if status.is_some() {
        sql += " AND e.status = :status";
        values.push((":status", &status));
    }
    sql += " ORDER BY e.created_at DESC, e.id DESC LIMIT :rows";
    let rows = columns::all(connection, &sql, values.as_slice(), from_row)?;
    let mut page = request.page(rows, |edit| [edit.created_at.clone(), edit.id.0.clone()]);
    page.items = page.items.into_iter().map(|edit| with_files(connection, edit)).collect::<Result<_, _>>()?;
    Ok(page)
}

fn find(connection: &Connection, params: &FindEdits) -> Result<Vec<PendingEdit>, StoreError> {
    let limit = PageRequest::new(String::new(), None, params.limit)?.rows() - 1;
    // A folder is followed by the separator of its system; what follows is below it up to the character after that separator.
    let sql = format!(
        "{SELECT} {SHOWN}
         AND EXISTS (SELECT 1 FROM edit_hunks h WHERE h.edit_id = e.id AND h.status = ?2)
         AND EXISTS (SELECT 1 FROM edit_files f JOIN json_each(?1) w
                     WHERE f.edit_id = e.id AND w.value <> '' AND (f.path = w.value OR f.from_path = w.value
                           OR (f.path > rtrim(w.value, '/') || '/' AND f.path < rtrim(w.value, '/') || '0')
                           OR (f.path > rtrim(w.value, '\\') || '\\' AND f.path < rtrim(w.value, '\\') || ']')))
         ORDER BY CASE ?2 WHEN 'accepted' THEN e.accepted END DESC, e.created_at DESC, e.id DESC LIMIT ?3"
    );
    let values = params![columns::to_json(&params.paths)?, columns::to_name(&params.hunks)?, limit];
    let edits = columns::all(connection, &sql, values, from_row)?;
    edits.into_iter().map(|edit| with_files(connection, edit)).collect()
}

/// A pending edit with its texts, whether its chat is deleted or not.
pub(crate) fn stored(connection: &Connection, id: &EditId) -> Result<(PendingEdit, Vec<EditTexts>), StoreError> {
    let edit = columns::first(connection, &format!("{SELECT} WHERE e.id = ?1"), [id.as_str()], from_row)?;
    let edit = with_files(connection, edit.ok_or_else(|| StoreError::not_found("pending edit", id))?)?;
    Ok((edit, stored_texts(connection, id)?))
}

fn texts(connection: &Connection, id: &EditId) -> Result<Vec<EditTexts>, StoreError> {
    let shown = columns::first(connection, &format!("{SELECT} {SHOWN} AND e.id = ?1"), [id.as_str()], |_| Ok(()))?;
    shown.ok_or_else(|| StoreError::not_found("pending edit", id))?;
    stored_texts(connection, id)
}

fn stored_texts(connection: &Connection, id: &EditId) -> Result<Vec<EditTexts>, StoreError> {
    let sql = "SELECT path, base_text, new_text FROM edit_files WHERE edit_id = ?1 ORDER BY position";
    columns::all(connection, sql, [id.as_str()], |row| {
        Ok(EditTexts { path: row.get("path")?, base_text: row.get("base_text")?, new_text: row.get("new_text")? })
    })
}

fn decide(
    connection: &Connection,
    id: &EditId,
    decisions: &[(HunkNumber, HunkStatus)],
    if_version: Option<u64>,
) -> Result<PendingEdit, StoreError> {
    let mut edit = get(connection, id)?;
    if let Some(expected) = if_version.filter(|version| *version != edit.version) {
        return Err(StoreError::Conflict { what: "pending edit", id: edit.id.0, expected, found: edit.version });
    }
    let mut changed = false;
    for (index, (number, status)) in decisions.iter().enumerate() {
        let pointer = || format!("/hunks/{index}");
        if decisions[..index].iter().any(|(earlier, _)| earlier == number) {
            return Err(StoreError::invalid(pointer(), format!("Hunk {number} is named twice.")));
        }
        let mut hunks = edit.files.iter_mut().flat_map(|file| &mut file.hunks);
        let Some(hunk) = hunks.find(|hunk| hunk.number == *number) else {
            return Err(StoreError::invalid(pointer(), format!("The pending edit has no hunk {number}.")));
        };
        if hunk.status != *status {
            hunk.status = *status;
            changed = true;
            let sql = "UPDATE edit_hunks SET status = ?3 WHERE edit_id = ?1 AND number = ?2";
            columns::execute(connection, sql, params![id.as_str(), number, columns::to_name(status)?])?;
        }
    }
    if !changed {
        return Ok(edit);
    }
    let status = status_of(edit.files.iter().flat_map(|file| &file.hunks).map(|hunk| hunk.status));
    let accepted = decisions.iter().any(|(_, status)| *status == HunkStatus::Accepted);
    let sql = "UPDATE edits SET status = ?2, updated_at = ?3, version = version + 1,
                                accepted = CASE WHEN ?4 THEN (SELECT coalesce(max(accepted), 0) + 1 FROM edits) ELSE accepted END
               WHERE id = ?1";
    columns::execute(connection, sql, params![id.as_str(), columns::to_name(&status)?, clock::now(), accepted])?;
    get(connection, id)
}

fn reshape(
    connection: &Connection,
    id: &EditId,
    file: &ReshapedFile,
    diff: &str,
    if_version: u64,
) -> Result<PendingEdit, StoreError> {
    let edit = get(connection, id)?;
    if edit.version != if_version {
        return Err(StoreError::Conflict {
            what: "pending edit",
            id: edit.id.0,
            expected: if_version,
            found: edit.version,
        });
    }
    let Some(position) = edit.files.iter().position(|one| one.path == file.path) else {
        return Err(StoreError::invalid("/path", format!("The pending edit does not change {}.", file.path)));
    };
    if file.hunks.is_empty() {
        return Err(StoreError::invalid("/hunks", "The file would have no hunk."));
    }
    let others = edit.files.iter().filter(|one| one.path != file.path).flat_map(|one| &one.hunks);
    let mut numbers: HashSet<HunkNumber> = others.map(|hunk| hunk.number).collect();
    if let Some(twice) = file.hunks.iter().find(|hunk| !numbers.insert(hunk.number)) {
        return Err(StoreError::invalid("/hunks", format!("Hunk {} stands twice.", twice.number)));
    }
    let sql = "DELETE FROM edit_hunks WHERE edit_id = ?1 AND file_position = ?2";
    columns::execute(connection, sql, params![id.as_str(), position as i64])?;
    insert_hunks(connection, id, position as i64, &file.hunks)?;
    let sql = "UPDATE edit_files SET new_text = ?3 WHERE edit_id = ?1 AND position = ?2";
    columns::execute(connection, sql, params![id.as_str(), position as i64, file.new_text])?;
    let hunks = edit.files.iter().filter(|one| one.path != file.path).flat_map(|one| &one.hunks).chain(&file.hunks);
    let status = columns::to_name(&status_of(hunks.map(|hunk| hunk.status)))?;
    let sql = "UPDATE edits SET diff = ?2, status = ?3, updated_at = ?4, version = version + 1 WHERE id = ?1";
    columns::execute(connection, sql, [id.as_str(), diff, &status, &clock::now()])?;
    get(connection, id)
}

fn with_files(connection: &Connection, mut edit: PendingEdit) -> Result<PendingEdit, StoreError> {
    let sql = "SELECT path, action, from_path, protection, base_hash FROM edit_files
               WHERE edit_id = ?1 ORDER BY position";
    edit.files = columns::all(connection, sql, [edit.id.as_str()], |row| {
        Ok(EditFile {
            path: row.get("path")?,
            action: columns::named(row, "action")?,
            from: row.get("from_path")?,
            protection: row.get("protection")?,
            base_hash: row.get("base_hash")?,
            hunks: Vec::new(),
        })
    })?;
    let sql = "SELECT file_position, number, old_start, old_lines, new_start, new_lines, old_text, new_text, tolerances, status
               FROM edit_hunks WHERE edit_id = ?1
               ORDER BY file_position, old_start + (old_lines = 0), new_start + (new_lines = 0), number";
    for (position, hunk) in columns::all(connection, sql, [edit.id.as_str()], hunk_from_row)? {
        if let Some(file) = edit.files.get_mut(position as usize) {
            file.hunks.push(hunk);
        }
    }
    Ok(edit)
}

fn hunk_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(u64, EditHunk)> {
    let hunk = EditHunk {
        number: row.get("number")?,
        old_start: row.get("old_start")?,
        old_lines: row.get("old_lines")?,
        new_start: row.get("new_start")?,
        new_lines: row.get("new_lines")?,
        old_text: row.get("old_text")?,
        new_text: row.get("new_text")?,
        tolerances: columns::json(row, "tolerances")?,
        status: columns::named(row, "status")?,
    };
    Ok((columns::number(row, "file_position")?, hunk))
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<PendingEdit> {
    Ok(PendingEdit {
        id: columns::id(row, "id")?,
        project_id: columns::id(row, "project_id")?,
        chat_id: columns::id(row, "chat_id")?,
        run_id: columns::id(row, "run_id")?,
        title: row.get("title")?,
        model: row.get("model")?,
        status: columns::named(row, "status")?,
        files: Vec::new(),
        diff: row.get("diff")?,
        left_out: columns::json_option(row, "left_out")?.unwrap_or_default(),
        note: String::new(),
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        version: columns::number(row, "version")?,
    })
}

#[cfg(test)]
mod tests {
    use super::EditStatus as Edit;
    use super::HunkStatus::{Accepted, Pending, Rejected, Undone};
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[Pending], Edit::Pending)]
    #[case(&[Accepted, Pending], Edit::Pending)]
    #[case(&[Accepted, Rejected], Edit::Accepted)]
    #[case(&[Accepted, Undone], Edit::Accepted)]
    #[case(&[Rejected, Rejected], Edit::Rejected)]
    #[case(&[Undone, Rejected], Edit::Undone)]
    fn an_edit_stands_where_its_hunks_stand(#[case] hunks: &[HunkStatus], #[case] expected: EditStatus) {
        assert_eq!(status_of(hunks.iter().copied()), expected);
    }
}
