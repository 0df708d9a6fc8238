//! Tags of chats. Two that differ in case alone are the same.

use aiia_protocol::chat::{TagCount, TagList};
use aiia_protocol::id::ChatId;
use rusqlite::{Connection, params};

use crate::{Store, StoreError, columns};

const LONGEST: usize = 50;
const MOST: usize = 32;

impl Store {
    /// The tags of chats that are not deleted, in alphabetical order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn list_tags(&self) -> Result<TagList, StoreError> {
        self.read_long(|connection| {
            let sql = "SELECT max(t.tag) AS tag, count(*) AS chats FROM chat_tags t
                       JOIN chats c ON c.id = t.chat_id JOIN projects p ON p.id = c.project_id
                       WHERE c.deleted_at IS NULL AND p.deleted_at IS NULL GROUP BY t.folded ORDER BY t.folded";
            let items = columns::all(connection, sql, [], |row| {
                Ok(TagCount { tag: row.get("tag")?, chats: columns::number(row, "chats")? })
            })?;
            Ok(TagList { items })
        })
        .await
    }
}

/// The form by which tags are the same.
pub(crate) fn folded(tag: &str) -> String {
    tag.trim().to_lowercase()
}

/// The tags as they are stored: without blanks around them, each once.
pub(crate) fn check(tags: &[String]) -> Result<Vec<String>, StoreError> {
    let mut checked: Vec<String> = Vec::with_capacity(tags.len());
    for (index, tag) in tags.iter().enumerate() {
        let tag = tag.trim();
        let length = tag.chars().count();
        if length == 0 || length > LONGEST || tag.chars().any(char::is_control) {
            let detail = format!("A tag has 1 to {LONGEST} characters and no line breaks.");
            return Err(StoreError::invalid(format!("/tags/{index}"), detail));
        }
        if !checked.iter().any(|known| folded(known) == folded(tag)) {
            checked.push(tag.to_owned());
        }
    }
    if checked.len() > MOST {
        return Err(StoreError::invalid("/tags", format!("A chat has at most {MOST} tags, not {}.", checked.len())));
    }
    Ok(checked)
}

/// Gives the chat these tags and no others; they were checked.
pub(crate) fn set(connection: &Connection, chat_id: &ChatId, tags: &[String]) -> Result<(), StoreError> {
    columns::execute(connection, "DELETE FROM chat_tags WHERE chat_id = ?1", [chat_id.as_str()])?;
    let sql = "INSERT INTO chat_tags (chat_id, folded, tag, position) VALUES (?1, ?2, ?3, ?4)";
    for (position, tag) in tags.iter().enumerate() {
        columns::execute(connection, sql, params![chat_id.as_str(), folded(tag), tag, position as i64])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[" Rust ", "rust", "RUST", "c++"], Ok(vec!["Rust", "c++"]))]
    #[case(&["Ärger", "ärger"], Ok(vec!["Ärger"]))]
    #[case(&["ok", "  "], Err("/tags/1"))]
    #[case(&["a\nb"], Err("/tags/0"))]
    fn tags_have_one_form(#[case] given: &[&str], #[case] expected: Result<Vec<&str>, &str>) {
        let given: Vec<String> = given.iter().map(|&tag| tag.to_owned()).collect();
        match (check(&given), expected) {
            (Ok(tags), Ok(expected)) => assert_eq!(tags, expected),
            (Err(StoreError::InvalidInput { pointer, .. }), Err(expected)) => assert_eq!(pointer, expected),
            (got, expected) => panic!("{got:?}, not {expected:?}"),
        }
    }

    #[test]
    fn there_is_a_limit() {
        let many: Vec<String> = (0..=MOST).map(|number| number.to_string()).collect();
        assert!(check(&many[..MOST]).is_ok());
        assert!(matches!(check(&many), Err(StoreError::InvalidInput { pointer, .. }) if pointer == "/tags"));
        assert!(check(&["x".repeat(LONGEST + 1)]).is_err());
    }
}
