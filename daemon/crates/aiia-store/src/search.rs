//! Full-text search. What a user types is never handed to FTS5 as it is: it becomes quoted terms, so that nothing in it can
//! be an operator.

use std::fmt::Write as _;

use aiia_protocol::chat::Inclusion;
use aiia_protocol::page::Page;
use aiia_protocol::search::{Search, SearchHit, SearchMode, SnippetPart};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::cursor::PageRequest;
use crate::{Store, StoreError, chats, clock, columns, projects, tags};

const LONGEST_QUERY: usize = 1000;
/// Characters of context on each side of what was found.
const CONTEXT: usize = 60;
/// The shortest text that the index of parts can find.
const TRIGRAM: usize = 3;

impl Store {
    /// Finds titles and messages: titles first, then messages, the newest first.
    ///
    /// # Errors
    /// `NotFound` for the project or the chat, `InvalidInput` for the query, a time or the limit, `InvalidCursor`.
    pub async fn search(&self, wanted: Search) -> Result<Page<SearchHit>, StoreError> {
        self.read_long(move |connection| search(connection, &wanted)).await
    }
}

/// What is looked for, in the form of an index.
#[derive(Debug, PartialEq, Eq)]
enum Terms {
    /// An expression for the index of words, and the words for the snippet.
    Words(String, Vec<String>),
    /// An expression for the index of parts, and the text that must be there.
    Parts(String, String),
    /// A text that is too short for any index.
    Short(String),
    /// Nothing.
    None,
}

fn terms(query: &str, mode: SearchMode) -> Terms {
    let query: String = query.chars().map(|c| if c == '\0' { ' ' } else { c }).collect();
    let query = query.trim();
    let substring = match mode {
        SearchMode::Substring => true,
        SearchMode::Words => false,
        SearchMode::Auto => query.split_whitespace().any(is_no_word),
    };
    if substring {
        let text = query.to_owned();
        return match text.chars().count() {
            0 => Terms::None,
            length if length < TRIGRAM => Terms::Short(text),
            // Without positions a phrase is no more than its trigrams; the text itself is compared afterwards.
            _ => Terms::Parts(trigrams(&text), text),
        };
    }
    let mut words = Vec::new();
    for (number, part) in query.split('"').enumerate() {
        // What stands between two quotation marks stays together.
        if number % 2 == 1 {
            words.push(part.trim().to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words.retain(|word| word.chars().any(char::is_alphanumeric));
    if words.is_empty() {
        return Terms::None;
    }
    let last = words.len() - 1;
    let quoted = words.iter().enumerate().map(|(index, word)| {
        let beginning = if index == last && !query.ends_with('"') { "*" } else { "" };
        format!("\"{word}\"{beginning}")
    });
    Terms::Words(quoted.collect::<Vec<_>>().join(" AND "), words)
}

/// Whether the index of words would not find the term as a person means it: signs of code in it or at its ends, or a script
/// without blanks between words.
fn is_no_word(term: &str) -> bool {
    let is_sign = |c: char| "+#$&@%/\\=<>".contains(c);
    // As in `C++`, `#include`, `.env`; a full stop at the end is the sentence's.
    if term.starts_with(|c| is_sign(c) || c == '.') || term.ends_with(is_sign) {
        return true;
    }
    let inner = term.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let signs = inner.chars().any(|c| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | '-'));
    let only_signs = inner.is_empty() && !term.chars().all(|c| c == '"');
    signs || only_signs || term.chars().any(is_unspaced)
}

fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

fn trigrams(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let quoted = characters.windows(TRIGRAM).map(|three| {
        let three: String = three.iter().collect();
        format!("\"{}\"", three.replace('"', "\"\""))
    });
    quoted.collect::<Vec<_>>().join(" AND ")
}

fn search(connection: &Connection, wanted: &Search) -> Result<Page<SearchHit>, StoreError> {
    let length = wanted.query.chars().count();
    if length > LONGEST_QUERY {
        let detail = format!("The query may have {LONGEST_QUERY} characters; it has {length}.");
        return Err(StoreError::invalid("/query", detail));
    }
    if let Some(id) = &wanted.project_id {
        projects::get(connection, id)?;
    }
    if let Some(id) = &wanted.chat_id {
        chats::get(connection, id)?;
    }
    let wanted = Search {
        since: wanted.since.as_deref().map(|time| clock::normalize(time, "/since")).transpose()?,
        until: wanted.until.as_deref().map(|time| clock::normalize(time, "/until")).transpose()?,
        ..wanted.clone()
    };
    let name = format!("search {}", columns::to_json(&Search { cursor: None, limit: None, ..wanted.clone() })?);
    let request = PageRequest::new(name, wanted.cursor.as_deref(), wanted.limit)?;
    let terms = terms(&wanted.query, wanted.mode);
    let (in_titles, after) = match request.after() {
        None => (true, None),
        Some([place, key]) => {
            let key: i64 = key.parse().map_err(|_| StoreError::InvalidCursor)?;
            (place == "title", Some(key))
        }
    };
    let mut found = Vec::new();
    if in_titles && wanted.role.is_none() && wanted.model.is_none() {
        found = titles(connection, &wanted, &terms, after.unwrap_or(i64::MAX), request.rows())?;
    }
    let left = request.rows() - found.len() as i64;
    if left > 0 {
        let after = if in_titles { None } else { after };
        found.extend(messages(connection, &wanted, &terms, after.unwrap_or(i64::MAX), left)?);
    }
    let page = request.page(found, |(key, hit)| {
        let place = if hit.message_id.is_none() { "title" } else { "message" };
        [place.to_owned(), key.to_string()]
    });
    let items = page.items.into_iter().map(|(_, hit)| hit).collect();
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The conditions of the filters that concern the chat `c`.
fn conditions(wanted: &Search, values: &mut Vec<Value>) -> String {
    let mut sql = String::from(" AND c.deleted_at IS NULL AND p.deleted_at IS NULL");
    let mut equals = |column: &str, value: Option<String>| {
        if let Some(value) = value {
            values.push(value.into());
            let _ = write!(sql, " AND {column} ?{}", values.len());
        }
    };
    equals("c.project_id =", wanted.project_id.as_ref().map(|id| id.0.clone()));
    equals("c.id =", wanted.chat_id.as_ref().map(|id| id.0.clone()));
    if let Some(tag) = &wanted.tag {
        values.push(tags::folded(tag).into());
        let place = values.len();
        let _ = write!(sql, " AND EXISTS (SELECT 1 FROM chat_tags t WHERE t.chat_id = c.id AND t.folded = ?{place})");
    }
    if let Some(favourite) = wanted.favourite {
        sql += if favourite { " AND c.favourite = 1" } else { " AND c.favourite = 0" };
    }
    sql += match wanted.archived {
        Inclusion::Exclude => " AND c.archived = 0",
        Inclusion::Include => "",
        Inclusion::Only => " AND c.archived = 1",
    };
    sql
}

/// Where the text comes from: the table of the index, and the condition on `{text}`. Pushes its values.
fn source(terms: &Terms, words: &str, parts: &str, text: &str, values: &mut Vec<Value>) -> Option<(String, String)> {
    let contains = |text_of: &str, values: &mut Vec<Value>| {
        values.push(like(text_of).into());
        format!("{text} LIKE ?{} ESCAPE '\\'", values.len())
    };
    match terms {
        Terms::Words(expression, _) => {
            values.push(expression.clone().into());
            Some((words.to_owned(), format!("{words} MATCH ?{}", values.len())))
        }
        Terms::Parts(expression, text_of) => {
            values.push(expression.clone().into());
            let matches = format!("{parts} MATCH ?{}", values.len());
            Some((parts.to_owned(), format!("{matches} AND {}", contains(text_of, values))))
        }
        Terms::Short(text_of) => Some((String::new(), contains(text_of, values))),
        Terms::None => None,
    }
}

/// A pattern of LIKE for text that holds `text`.
fn like(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn titles(
    connection: &Connection,
    wanted: &Search,
    terms: &Terms,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, SearchHit)>, StoreError> {
    let mut values: Vec<Value> = vec![after.into(), limit.into()];
    let Some((index, matches)) = source(terms, "chat_words", "chat_parts", "c.title", &mut values) else {
        return Ok(Vec::new());
    };
    let mut filters = conditions(wanted, &mut values);
    filters += &times("c.created_at", wanted, &mut values);
    // CROSS JOIN: the index leads, newest first, so that a page is there before all is found.
    let from = match index.as_str() {
        "" => "chats c".to_owned(),
        index => format!("{index} CROSS JOIN chats c ON c.key = {index}.rowid"),
    };
    let key = if index.is_empty() { "c.key".to_owned() } else { format!("{index}.rowid") };
    let sql = format!(
        "SELECT c.key, c.id AS chat_id, c.title, c.project_id, NULL AS message_id, NULL AS role, c.created_at, c.title AS text
         FROM {from} CROSS JOIN projects p ON p.id = c.project_id
         WHERE {matches} AND {key} < ?1{filters} ORDER BY {key} DESC LIMIT ?2"
    );
    columns::all(connection, &sql, params_from_iter(values), |row| from_row(row, terms))
}

fn messages(
    connection: &Connection,
    wanted: &Search,
    terms: &Terms,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, SearchHit)>, StoreError> {
    let mut values: Vec<Value> = vec![after.into(), limit.into()];
    let Some((index, matches)) = source(terms, "message_words", "message_parts", "m.content", &mut values) else {
        return Ok(Vec::new());
    };
    let mut filters = conditions(wanted, &mut values);
    filters += &times("m.created_at", wanted, &mut values);
    if let Some(role) = &wanted.role {
        values.push(columns::to_name(role)?.into());
        let _ = write!(filters, " AND m.role = ?{}", values.len());
    }
    if let Some(model) = &wanted.model {
        values.push(model.clone().into());
        let _ = write!(filters, " AND m.model = ?{}", values.len());
    }
    let from = match index.as_str() {
        "" => "messages m".to_owned(),
        index => format!("{index} CROSS JOIN messages m ON m.key = {index}.rowid"),
    };
    let key = if index.is_empty() { "m.key".to_owned() } else { format!("{index}.rowid") };
    let sql = format!(
        "SELECT m.key, c.id AS chat_id, c.title, c.project_id, m.id AS message_id, m.role, m.created_at, m.content AS text
         FROM {from} CROSS JOIN chats c ON c.id = m.chat_id CROSS JOIN projects p ON p.id = c.project_id
         WHERE {matches} AND {key} < ?1 AND m.deleted_at IS NULL{filters} ORDER BY {key} DESC LIMIT ?2"
    );
    columns::all(connection, &sql, params_from_iter(values), |row| from_row(row, terms))
}

fn times(column: &str, wanted: &Search, values: &mut Vec<Value>) -> String {
    let mut sql = String::new();
    for (sign, time) in [(">=", &wanted.since), ("<", &wanted.until)] {
        if let Some(time) = time {
            values.push(time.clone().into());
            let _ = write!(sql, " AND {column} {sign} ?{}", values.len());
        }
    }
    sql
}

fn from_row(row: &rusqlite::Row<'_>, terms: &Terms) -> rusqlite::Result<(i64, SearchHit)> {
    let text: String = row.get("text")?;
    let looked_for: Vec<&str> = match terms {
        Terms::Words(_, words) => words.iter().map(String::as_str).collect(),
        Terms::Parts(_, text) | Terms::Short(text) => vec![text],
        Terms::None => Vec::new(),
    };
    let hit = SearchHit {
        chat_id: columns::id(row, "chat_id")?,
        chat_title: row.get("title")?,
        project_id: columns::id(row, "project_id")?,
        message_id: columns::id_option(row, "message_id")?,
        role: columns::named_option(row, "role")?,
        created_at: row.get("created_at")?,
        snippet: snippet(&text, &looked_for),
    };
    Ok((row.get("key")?, hit))
}

/// The text around the first place, with what was looked for set apart.
fn snippet(text: &str, looked_for: &[&str]) -> Vec<SnippetPart> {
    // Folding may change the number of bytes, so that places are found in pieces of the text itself.
    let folded: Vec<(usize, char)> = text.char_indices().flat_map(|(at, c)| fold(c).map(move |c| (at, c))).collect();
    let needles: Vec<Vec<char>> = looked_for
        .iter()
        .map(|word| word.chars().flat_map(fold).collect::<Vec<char>>())
        .filter(|word| !word.is_empty())
        .collect();
    let ends_at = |index: usize| folded.get(index).map_or(text.len(), |(at, _)| *at);
    let place = |from: usize, to: usize| {
        (from..to).find_map(|start| {
            let found = needles.iter().filter(|needle| {
                folded.len() >= start + needle.len()
                    && folded[start..start + needle.len()].iter().map(|(_, c)| c).eq(needle.iter())
            });
            found.map(Vec::len).max().map(|length| (start, start + length))
        })
    };
    let first = place(0, folded.len());
    let center = first.map_or(0, |(start, _)| start);
    let (window_start, window_end) = (center.saturating_sub(CONTEXT), (center + CONTEXT * 3).min(folded.len()));
    let mut parts = Vec::new();
    let mut push = |from: usize, to: usize, found: bool| {
        if from < to {
            let text = text[ends_at(from)..ends_at(to)].to_owned();
            parts.push(SnippetPart { text, found });
        }
    };
    let mut at = window_start;
    while let Some((start, end)) = place(at, window_end) {
        push(at, start, false);
        push(start, end, true);
        at = end;
    }
    push(at, window_end.max(at), false);
    if let Some(part) = parts.first_mut().filter(|_| window_start > 0) {
        part.text.insert(0, '…');
    }
    if let Some(part) = parts.last_mut().filter(|_| window_end < folded.len()) {
        part.text.push('…');
    }
    parts
}

/// A character as the index compares it: in lower case, common diacritics left out.
fn fold(c: char) -> impl Iterator<Item = char> {
    const PLAIN: &[(&str, char)] = &[
        ("àáâãäåāăą", 'a'),
        ("çćč", 'c'),
        ("ďđ", 'd'),
        ("èéêëēėęě", 'e'),
        ("ìíîïī", 'i'),
        ("ñńň", 'n'),
        ("òóôõöō", 'o'),
        ("řŕ", 'r'),
        ("śšş", 's'),
        ("ťţ", 't'),
        ("ùúûüūů", 'u'),
        ("ýÿ", 'y'),
        ("źžż", 'z'),
    ];
    c.to_lowercase().map(|c| {
        if c.is_ascii() {
            return c;
        }
        PLAIN.iter().find(|(letters, _)| letters.contains(c)).map_or(c, |(_, plain)| *plain)
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("parse config", "\"parse\" AND \"config\"*")]
    #[case("\"parse config\" file", "\"parse config\" AND \"file\"*")]
    #[case("\"unterminated", "\"unterminated\"*")]
    #[case("foo AND", "\"foo\" AND \"AND\"*")]
    #[case("NOT OR", "\"NOT\" AND \"OR\"*")]
    #[case("it's -x", "\"it's\" AND \"-x\"*")]
    #[case("ärger", "\"ärger\"*")]
    fn words_are_quoted(#[case] query: &str, #[case] expected: &str) {
        match terms(query, SearchMode::Auto) {
            Terms::Words(expression, _) => assert_eq!(expression, expected),
            other => panic!("{query}: {other:?}"),
        }
    }

    #[rstest]
    #[case("")]
    #[case("  \t")]
    #[case("\"\"")]
    #[case("\0")]
    fn nothing_is_nothing(#[case] query: &str) {
        assert_eq!(terms(query, SearchMode::Auto), Terms::None, "{query:?}");
    }

    #[rstest]
    #[case("foo.bar(", "\"foo\" AND \"oo.\" AND \"o.b\" AND \".ba\" AND \"bar\" AND \"ar(\"")]
    #[case("a::b", "\"a::\" AND \"::b\"")]
    #[case("C++", "\"C++\"")]
    #[case(".env", "\".en\" AND \"env\"")]
    #[case("&str", "\"&st\" AND \"str\"")]
    #[case("なぜ遅い", "\"なぜ遅\" AND \"ぜ遅い\"")]
    #[case("x=\"y\"", "\"x=\"\"\" AND \"=\"\"y\" AND \"\"\"y\"\"\"")]
    fn code_and_unspaced_scripts_are_looked_for_in_parts(#[case] query: &str, #[case] expected: &str) {
        match terms(query, SearchMode::Auto) {
            Terms::Parts(expression, text) => assert_eq!((expression.as_str(), text.as_str()), (expected, query)),
            other => panic!("{query}: {other:?}"),
        }
    }

    #[rstest]
    #[case("NEAR(")]
    #[case("*")]
    #[case("->")]
    #[case("語")]
    fn some_are_short_or_words(#[case] query: &str) {
        let found = terms(query, SearchMode::Auto);
        assert!(matches!(found, Terms::Short(_) | Terms::Parts(..) | Terms::Words(..)), "{found:?}");
    }

    #[rstest]
    #[case("Der Größte Ärger", &["arger"], "Der Größte [Ärger]")]
    #[case("aaa", &["aa"], "[aa]a")]
    #[case("İstanbul x", &["x"], "İstanbul [x]")]
    #[case("none", &["y"], "none")]
    #[case("one two one", &["one", "two"], "[one] [two] [one]")]
    fn snippets_set_apart_what_was_found(#[case] text: &str, #[case] words: &[&str], #[case] expected: &str) {
        let shown = |parts: Vec<SnippetPart>| -> String {
            parts.into_iter().map(|part| if part.found { format!("[{}]", part.text) } else { part.text }).collect()
        };
        assert_eq!(shown(snippet(text, words)), expected);
    }

    #[test]
    fn a_snippet_is_a_piece_of_a_long_text() {
        let text = format!("{}needle{}", "x ".repeat(5000), " y".repeat(5000));
        let parts = snippet(&text, &["needle"]);
        let length: usize = parts.iter().map(|part| part.text.chars().count()).sum();
        assert!(length < 300 && parts[0].text.starts_with('…') && parts[1].text == "needle", "{parts:?}");
    }
}
