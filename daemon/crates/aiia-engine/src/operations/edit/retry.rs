//! `edit.retry`: another change in place of a waiting hunk.

use std::ops::Range;

use aiia_edit::Hunk;
use aiia_protocol::action::{ActionKind, StartAction};
use aiia_protocol::document::{DocumentRef, Selection};
use aiia_protocol::edit::{HunkStatus, RetryHunk};
use aiia_protocol::operation::EditRetry;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_protocol::run::Run;

use super::current_text;
use super::text_change::{MARK, expected_text, moved, unmark, unmarked};
use crate::dispatch::{Handle, Reply};
use crate::hunks::from_protocol;
use crate::operations::action;
use crate::session::Session;

impl Handle for EditRetry {
    async fn handle(session: &Session, params: RetryHunk) -> Result<Reply<Run>, Problem> {
        let engine = session.engine();
        let edit = engine.store.get_edit(params.edit_id.clone()).await?;
        let found =
            edit.files.iter().enumerate().find_map(|(place, file)| {
                Some((place, file, file.hunks.iter().find(|hunk| hunk.number == params.hunk)?))
            });
        let Some((place, file, row)) = found else { return Err(Problem::not_found("hunk", params.hunk)) };
        if row.status != HunkStatus::Pending {
            return Err(Problem::new(ProblemCode::Conflict, format!("Hunk {} waits no more.", params.hunk))
                .with_hint("Only a waiting hunk can be tried again."));
        }
        let texts = engine.store.edit_texts(params.edit_id.clone()).await?;
        let base = texts.get(place).map_or("", |text| text.base_text.as_str());
        let Some(text) = current_text(session, &params.documents, file).await? else {
            return Err(Problem::new(ProblemCode::Conflict, format!("{} does not exist yet.", file.path))
                .with_hint("Reject the change and ask for it again."));
        };
        let hunk = from_protocol(row);
        let (expected, shift) = expected_text(file, base, params.hunk);
        let place = place_in(&text, &moved(&hunk, shift, false), &expected).map_err(|error| {
            Problem::new(ProblemCode::Conflict, format!("Hunk {} does not fit {}: {error}.", row.number, file.path))
        })?;
        let asked = engine.store.get_run(edit.run_id.clone()).await?.action;
        // Tests are placed as a whole; a hunk of them is changed like other code.
        let kind = asked.filter(|kind| kind.proposes_edit() && *kind != ActionKind::Test).unwrap_or(ActionKind::Edit);
        let start = StartAction {
            kind,
            document: DocumentRef { path: file.path.clone(), text: Some(text), language_id: None },
            selection: Some(Selection::Bytes { start: place.start as u64, end: place.end as u64 }),
            instruction: Some(instruction(&hunk, params.note.as_deref())),
            diagnostics: Vec::new(),
            chat_id: Some(edit.chat_id.clone()),
            model: params.model.or(Some(edit.model.clone())),
            models: Vec::new(),
            after_edit: None,
        };
        action::begin(session, start, Some((params.edit_id, params.hunk))).await.map(Reply::One)
    }
}

/// Where the lines of a hunk stand in `text`, which is `expected` with what the user typed; the byte order mark may be in one of them
/// alone.
fn place_in(text: &str, hunk: &Hunk, expected: &str) -> Result<Range<usize>, aiia_edit::LocateError> {
    if text.starts_with(MARK) == expected.starts_with(MARK) {
        return aiia_edit::locate(hunk, expected, text);
    }
    let mut hunk = hunk.clone();
    unmark(&mut hunk);
    let mark = text.len() - unmarked(text).len();
    let place = aiia_edit::locate(&hunk, unmarked(expected), unmarked(text))?;
    Ok(place.start + mark..place.end + mark)
}

/// What the model is told of its hunk.
fn instruction(hunk: &Hunk, note: Option<&str>) -> String {
    let fenced = |text: &str| format!("```\n{}\n```", text.trim_end_matches(['\r', '\n']));
    let proposed = match (hunk.old_text.is_empty(), hunk.new_text.is_empty()) {
        (true, _) => format!("You proposed to add these lines:\n{}", fenced(&hunk.new_text)),
        (_, true) => format!("You proposed to remove these lines:\n{}", fenced(&hunk.old_text)),
        _ => format!("You proposed to replace\n{}\nby\n{}", fenced(&hunk.old_text), fenced(&hunk.new_text)),
    };
    let wish = match note.map(str::trim).filter(|note| !note.is_empty()) {
        Some(note) => format!("That is not what is wanted: {note}"),
        None => "That is not what is wanted.".to_owned(),
    };
    format!("{proposed}\n\n{wish}\n\nPropose something else for this place.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_is_found_with_and_without_a_byte_order_mark() {
        let (old, new) = ("a\nb\n", "x\nb\n");
        let marked = |text: &str| format!("{MARK}{text}");
        let hunks = [aiia_edit::hunks(old, new), aiia_edit::hunks(&marked(old), &marked(new))];
        for (hunk, expected) in [(&hunks[0][0], old.to_owned()), (&hunks[1][0], marked(old))] {
            for text in [old.to_owned(), marked(old)] {
                let place = place_in(&text, hunk, &expected).unwrap();
                assert_eq!(text[place].trim_start_matches(MARK), "a\n", "{text:?} {expected:?}");
            }
            assert!(place_in("b\n", hunk, &expected).is_err());
        }
    }

    #[test]
    fn the_model_is_told_what_was_wrong() {
        let hunk = &aiia_edit::hunks("a\nb\n", "a\nc\n")[0];
        expect_test::expect![[r"
            You proposed to replace
            ```
            b
            ```
            by
            ```
            c
            ```

            That is not what is wanted: keep b

            Propose something else for this place."]]
        .assert_eq(&instruction(hunk, Some(" keep b ")));
        assert!(instruction(&aiia_edit::hunks("", "x\n")[0], None).starts_with("You proposed to add these lines:"));
        assert!(instruction(&aiia_edit::hunks("x\n", "")[0], None).starts_with("You proposed to remove"));
    }
}
