//! `edit.revise` and `edit.split`: a waiting hunk becomes another one, or several.

use std::collections::BTreeMap;

use aiia_edit::Hunk;
use aiia_protocol::edit::{self, EditHunk, HunkStatus, PendingEdit, ReviseHunk, SplitHunk};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::{EditRevise, EditSplit};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_store::{EditTexts, ReshapedFile};
use aiia_text::LineEnding;

use crate::diff_paths;
use crate::dispatch::{Handle, Reply};
use crate::hunks::{action_of, from_protocol, to_protocol};
use crate::session::Session;

/// What is shown of a hunk whose lines are the user's.
const BY_HAND: &str = "edited by hand";
/// The most that a person may write into a hunk.
pub(super) const MAX_TEXT_BYTES: usize = 1024 * 1024;

impl Handle for EditRevise {
    async fn handle(session: &Session, params: ReviseHunk) -> Result<Reply<PendingEdit>, Problem> {
        if params.new_text.len() > MAX_TEXT_BYTES {
            let detail = format!("The text has {} KiB; at most 1024 are taken.", params.new_text.len() / 1024);
            return Err(Problem::new(ProblemCode::TooLarge, detail));
        }
        let text = params.new_text;
        reshape(
            session,
            params.edit_id,
            params.hunk,
            move |hunk, base| Ok((vec![revised(hunk, base, &text)?], 0)),
            true,
        )
        .await
        .map(Reply::One)
    }
}

impl Handle for EditSplit {
    async fn handle(session: &Session, params: SplitHunk) -> Result<Reply<PendingEdit>, Problem> {
        let line = params.line;
        reshape(session, params.edit_id, params.hunk, move |hunk, _| parts(hunk, line), false).await.map(Reply::One)
    }
}

/// The hunk with the user's lines, which end as those of the file do.
pub(super) fn revised(hunk: &Hunk, base: &str, text: &str) -> Result<Hunk, Problem> {
    let ending = LineEnding::detect(base);
    let mut new_text = text.replace("\r\n", "\n");
    if ending == LineEnding::Cr {
        new_text = new_text.replace('\r', "\n");
    }
    let is_last = hunk.old_index() + hunk.old_lines >= aiia_edit::line_count(base);
    let proposed_break = hunk.new_text.is_empty() || hunk.new_text.ends_with(['\n', '\r']);
    if !new_text.is_empty() && !new_text.ends_with('\n') && (!is_last || proposed_break) {
        new_text.push('\n');
    }
    if ending != LineEnding::Lf {
        new_text = new_text.replace('\n', ending.as_str());
    }
    if new_text == hunk.old_text {
        return Err(Problem::new(ProblemCode::InvalidParams, "These lines are those that stand there already.")
            .with_error("/new_text", "it changes nothing")
            .with_hint("Reject the hunk instead."));
    }
    let new_lines = aiia_edit::line_count(&new_text);
    let new_index = hunk.new_index();
    let new_start = if new_lines == 0 { new_index } else { new_index + 1 };
    Ok(Hunk { new_text, new_lines, new_start, ..hunk.clone() })
}

/// The parts of a hunk, and which of them keeps its number.
fn parts(hunk: &Hunk, line: Option<u32>) -> Result<(Vec<Hunk>, usize), Problem> {
    let count = (hunk.old_lines + hunk.new_lines) as u32;
    let (parts, kept) = match line {
        None => (aiia_edit::split(hunk), 0),
        Some(line) => {
            line.checked_sub(1).and_then(|line| aiia_edit::split_at(hunk, line as usize)).ok_or_else(|| {
                Problem::new(ProblemCode::InvalidParams, format!("The hunk has no line {line}."))
                    .with_error("/line", format!("it is one of 1 to {count}"))
            })?
        }
    };
    if line.is_none() && parts.len() < 2 {
        return Err(Problem::new(ProblemCode::Conflict, "The hunk has no smaller parts.")
            .with_hint("Accept it, edit its lines, or reject it."));
    }
    Ok((parts, kept))
}

/// Puts other hunks in the place of a waiting one. The part `kept` has its number, the others new ones.
async fn reshape(
    session: &Session,
    edit_id: EditId,
    number: HunkNumber,
    make: impl FnOnce(&Hunk, &str) -> Result<(Vec<Hunk>, usize), Problem>,
    by_hand: bool,
) -> Result<PendingEdit, Problem> {
    let engine = session.engine();
    let edit = engine.store.get_edit(edit_id.clone()).await?;
    let texts = engine.store.edit_texts(edit_id).await?;
    let find = |hunks: &[EditHunk]| hunks.iter().find(|hunk| hunk.number == number).cloned();
    let Some((place, row)) = edit.files.iter().enumerate().find_map(|(place, file)| Some((place, find(&file.hunks)?)))
    else {
        return Err(Problem::not_found("hunk", number));
    };
    if super::whole::is_whole(&row) {
        return Err(Problem::new(ProblemCode::Conflict, format!("Hunk {number} has no lines."))
            .with_hint("Accept or reject it as it is."));
    }
    if row.status != HunkStatus::Pending {
        return Err(Problem::new(ProblemCode::Conflict, format!("Hunk {number} waits no more."))
            .with_hint("Only a waiting hunk can be changed."));
    }
    let file = &edit.files[place];
    if !by_hand && matches!(file.action, edit::FileAction::Create | edit::FileAction::Delete) {
        let how = if file.action == edit::FileAction::Create { "comes" } else { "goes" };
        return Err(Problem::new(ProblemCode::Conflict, format!("{} {how} as a whole.", file.path))
            .with_hint("Accept or reject it as it is; the lines of a new file can be edited first."));
    }
    let base = texts.get(place).map_or("", |text| text.base_text.as_str());
    let parts = make(&from_protocol(&row), base)?;
    put(session, &edit, &texts, place, &BTreeMap::from([(number, parts)]), by_hand).await
}

/// Puts other hunks in the place of those of one file that `changed` names: all of them, or none.
pub(super) async fn put(
    session: &Session,
    edit: &PendingEdit,
    texts: &[EditTexts],
    place: usize,
    changed: &BTreeMap<HunkNumber, (Vec<Hunk>, usize)>,
    by_hand: bool,
) -> Result<PendingEdit, Problem> {
    let engine = session.engine();
    let file = &edit.files[place];
    if by_hand && file.action == edit::FileAction::Delete {
        return Err(Problem::new(
            ProblemCode::Conflict,
            format!("{} goes as a whole, so it gets no lines.", file.path),
        )
        .with_hint("Reject the change, and edit the file itself."));
    }
    let base = texts.get(place).map_or("", |text| text.base_text.as_str());
    let mut next = edit.files.iter().flat_map(|file| &file.hunks).map(|hunk| hunk.number).max().unwrap_or(0);
    let mut grown = 0;
    let mut hunks = Vec::new();
    for row in &file.hunks {
        let moved = |start: u32| u32::try_from(i64::from(start) + grown).unwrap_or(start);
        let Some((parts, kept)) = changed.get(&row.number) else {
            hunks.push(EditHunk { new_start: moved(row.new_start), ..row.clone() });
            continue;
        };
        let mut tolerances = row.tolerances.clone();
        if by_hand && !tolerances.iter().any(|tolerance| tolerance == BY_HAND) {
            tolerances.push(BY_HAND.to_owned());
        }
        for (index, part) in parts.iter().enumerate() {
            let number = if index == *kept {
                row.number
            } else {
                next += 1;
                next
            };
            let part = to_protocol(part, number, tolerances.clone());
            hunks.push(EditHunk { new_start: moved(part.new_start), ..part });
        }
        grown += parts.iter().map(|part| part.new_lines as i64 - part.old_lines as i64).sum::<i64>()
            - (i64::from(row.new_lines) - i64::from(row.old_lines));
    }
    let all: Vec<Hunk> = hunks.iter().map(from_protocol).collect();
    let new_text = aiia_edit::apply_hunks(base, &all.iter().collect::<Vec<_>>());
    let project = engine.store.get_project(edit.project_id.clone()).await?;
    let diff = diff_with(edit, texts, &file.path, &all, &project.folders);
    let reshaped = ReshapedFile { path: file.path.clone(), new_text, hunks };
    let edit = engine.store.reshape_edit(edit.id.clone(), reshaped, diff, edit.version).await?;
    engine.publish((Entity::Edit, Change::Updated), &edit.id, Some(&edit.project_id), Some(&edit.chat_id));
    Ok(edit)
}

/// The diff of the whole edit, with other hunks for one file.
fn diff_with(edit: &PendingEdit, texts: &[EditTexts], path: &str, hunks: &[Hunk], folders: &[String]) -> String {
    edit.files
        .iter()
        .zip(texts)
        .map(|(file, text)| {
            let own: Vec<Hunk>;
            let hunks = if file.path == path {
                hunks
            } else {
                own = file.hunks.iter().map(from_protocol).collect();
                &own
            };
            diff_paths::diff(&action_of(file), &file.path, &text.base_text, hunks, folders)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a\nb\nc\n", "a\nB\nc\n", "X\nY", "a\nX\nY\nc\n")]
    #[case("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n", "X\n", "a\r\nX\r\nc\r\n")]
    #[case("a\nb\nc\n", "a\nB\nc\n", "", "a\nc\n")]
    #[case("a\nb", "a\nB", "X", "a\nX")]
    #[case("a\nb\n", "a\n", "X", "a\nX\n")]
    #[case("a\n", "a\nb\n", "c\nd\n", "a\nc\nd\n")]
    #[case("a\rb\r", "a\rB\r", "X", "a\rX\r")]
    #[case("a\rb\r", "a\rB\r", "X\r", "a\rX\r")]
    #[case("a\rb\rc\r", "a\rB\rc\r", "X\rY", "a\rX\rY\rc\r")]
    #[case("a\rb", "a\rB", "X", "a\rX")]
    fn the_users_lines_come(#[case] base: &str, #[case] proposed: &str, #[case] text: &str, #[case] expected: &str) {
        let hunk = &aiia_edit::hunks(base, proposed)[0];
        assert_eq!(aiia_edit::apply_hunks(base, &[&revised(hunk, base, text).unwrap()]), expected);
    }

    #[test]
    fn lines_that_end_in_a_carriage_return_are_counted() {
        let base = "a\rb\rc\r";
        let revised = revised(&aiia_edit::hunks(base, "a\rB\rc\r")[0], base, "X\nY").unwrap();
        assert_eq!((revised.new_start, revised.new_lines, revised.new_text.as_str()), (2, 2, "X\rY\r"));
    }

    #[test]
    fn lines_that_stand_there_are_no_change() {
        let hunk = &aiia_edit::hunks("a\nb\n", "a\nc\n")[0];
        assert_eq!(revised(hunk, "a\nb\n", "b").unwrap_err().code, ProblemCode::InvalidParams);
    }

    #[test]
    fn lines_are_counted_from_one() {
        let hunk = &aiia_edit::hunks("a1\nb1\n", "a2\nb2\n")[0];
        assert_eq!(parts(hunk, Some(1)).unwrap().1, 0);
        assert_eq!(parts(hunk, Some(4)).unwrap().1, 1);
        assert_eq!(parts(hunk, None).unwrap().0.len(), 2);
        for line in [0, 5] {
            assert_eq!(parts(hunk, Some(line)).unwrap_err().errors[0].pointer, "/line");
        }
    }
}
