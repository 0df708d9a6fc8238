//! `edit.rewrite`: the user edits a file as it would be, and the hunks that wait follow.

use std::collections::BTreeMap;
use std::ops::Range;

use aiia_edit::{hunks, whole_lines};
use aiia_protocol::edit::{FilePreview, HunkStatus, PendingEdit, RewriteFile};
use aiia_protocol::id::HunkNumber;
use aiia_protocol::operation::EditRewrite;
use aiia_protocol::problem::{Problem, ProblemCode};

use super::preview::preview_of;
use super::reshape::{MAX_TEXT_BYTES, put, revised};
use crate::dispatch::{Handle, Reply};
use crate::hunks::from_protocol;
use crate::session::Session;

impl Handle for EditRewrite {
    async fn handle(session: &Session, params: RewriteFile) -> Result<Reply<PendingEdit>, Problem> {
        let store = &session.engine().store;
        let edit = store.get_edit(params.edit_id.clone()).await?;
        let texts = store.edit_texts(params.edit_id).await?;
        let place = edit.files.iter().position(|file| file.path == params.path);
        let place = place.ok_or_else(|| Problem::not_found("file of the pending edit", &params.path))?;
        let base = texts.get(place).map_or("", |text| text.base_text.as_str());
        let Some(preview) = preview_of(session, &edit, base, &params.path).await? else {
            return Err(Problem::not_found("file of the pending edit", &params.path));
        };
        if preview.after != params.shown {
            return Err(Problem::new(ProblemCode::Conflict, "The file or its change is another one by now.")
                .with_hint("Look at it again; what you wrote is still in your editor."));
        }
        let file = &edit.files[place];
        let mut changed = BTreeMap::new();
        for (number, text) in new_lines(&preview, file, &params.text)? {
            if text.len() > MAX_TEXT_BYTES {
                let detail =
                    format!("The lines of hunk {number} have {} KiB; at most 1024 are taken.", text.len() / 1024);
                return Err(Problem::new(ProblemCode::TooLarge, detail));
            }
            if let Some(row) = file.hunks.iter().find(|hunk| hunk.number == number) {
                changed.insert(number, (vec![revised(&from_protocol(row), base, &text)?], 0));
            }
        }
        if changed.is_empty() {
            return Ok(Reply::One(edit));
        }
        put(session, &edit, &texts, place, &changed, true).await.map(Reply::One)
    }
}

/// The hunks whose lines differ in `text`, with the lines that they bring there.
fn new_lines(
    preview: &FilePreview,
    file: &aiia_protocol::edit::EditFile,
    text: &str,
) -> Result<Vec<(HunkNumber, String)>, Problem> {
    let places: Vec<(HunkNumber, Range<usize>)> = preview
        .hunks
        .iter()
        .filter(|hunk| hunk.conflict.is_none())
        .filter_map(|shown| {
            let row = file.hunks.iter().find(|row| row.number == shown.number)?;
            let start = shown.after_line as usize - 1;
            (row.status == HunkStatus::Pending).then(|| (row.number, start..start + row.new_lines as usize))
        })
        .collect();
    distribute(&preview.after, text, &places).map_err(|line| {
        let detail = format!("Line {} is not part of a change that waits.", line + 1);
        Problem::new(ProblemCode::InvalidParams, detail)
            .with_error("/text", "it changes lines that are the file's own")
            .with_hint("Edit such lines in the file itself, beside the change.")
    })
}

/// Whose lines the differences between `shown` and `text` are: those of the place that they touch. Gives each place that differs with its
/// lines in `text`, or the number of a line (counted from 0) that is in no place.
fn distribute(
    shown: &str,
    text: &str,
    places: &[(HunkNumber, Range<usize>)],
) -> Result<Vec<(HunkNumber, String)>, usize> {
    let changes = hunks(shown, text);
    let lines = whole_lines(shown);
    let mut of_place = vec![Vec::new(); places.len()];
    for change in &changes {
        let range = change.old_index()..change.old_index() + change.old_lines;
        let holds = |(_, place): &(HunkNumber, Range<usize>)| place.start <= range.start && range.end <= place.end;
        // Where two hunks meet, lines that come between them belong to the first.
        let index = places.iter().position(holds).ok_or(range.start)?;
        of_place[index].push((range, change.new_text.as_str()));
    }
    let rewritten = |(_, place): &(HunkNumber, Range<usize>), changes: &[(Range<usize>, &str)]| {
        let mut result = String::new();
        let mut at = place.start;
        for (range, new) in changes {
            result.push_str(&lines[at..range.start].concat());
            result.push_str(new);
            at = range.end;
        }
        result + &lines[at..place.end].concat()
    };
    let differing = places.iter().zip(&of_place).filter(|(_, changes)| !changes.is_empty());
    Ok(differing.map(|(place, changes)| (place.0, rewritten(place, changes))).collect())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const SHOWN: &str = "a\nB1\nB2\nc\nD\ne\n";

    #[rstest]
    #[case("a\nB1\nX\nc\nD\ne\n", &[(1, "B1\nX\n")])]
    #[case("a\nc\nD\ne\n", &[(1, "")])]
    #[case("a\nB1\nB2\nx\nc\nD\ne\n", &[(1, "B1\nB2\nx\n")])]
    #[case("a\nx\nB1\ny\nB2\nc\nD2\nD3\ne\n", &[(1, "x\nB1\ny\nB2\n"), (2, "D2\nD3\n")])]
    #[case("a\nB1\nB2\nc\nD\nE1\ne\n", &[(2, "D\nE1\n")])]
    #[case(SHOWN, &[])]
    fn differences_belong_to_the_hunks_that_they_touch(#[case] text: &str, #[case] expected: &[(u32, &str)]) {
        let places = [(1, 1..3), (2, 4..5)];
        let expected = expected.iter().map(|(number, text)| (*number, (*text).to_owned())).collect();
        assert_eq!(distribute(SHOWN, text, &places), Ok(expected));
    }

    #[rstest]
    #[case("A\nB1\nB2\nc\nD\ne\n", 0)]
    #[case("a\nB1\nX\nC\nD\ne\n", 2)]
    #[case("a\nB1\nB2\nc\nD\n", 5)]
    #[case("a\nB1\nX\nc\nD\ne\nf\n", 6)]
    fn lines_of_the_file_itself_are_refused(#[case] text: &str, #[case] line: usize) {
        assert_eq!(distribute(SHOWN, text, &[(1, 1..3), (2, 4..5)]), Err(line));
    }

    #[test]
    fn a_carriage_return_alone_ends_a_line_too() {
        let expected = Ok(vec![(1, "B1\rX\r".to_owned())]);
        assert_eq!(distribute("a\rB1\rB2\rc\r", "a\rB1\rX\rc\r", &[(1, 1..3)]), expected);
    }

    #[test]
    fn a_hunk_that_only_takes_lines_away_can_get_some() {
        assert_eq!(distribute("a\nc\n", "a\nb\nc\n", &[(1, 1..1)]), Ok(vec![(1, "b\n".to_owned())]));
    }
}
