//! `edit.*`: deciding on pending edits. The engine says what has to be done to the files; the caller does it.

mod preview;
mod propose;
mod reshape;
mod retry;
mod rewrite;
mod undone_elsewhere;
mod whole;

use std::path::PathBuf;

use aiia_edit::Hunk;
use aiia_protocol::document::DocumentRef;
use aiia_protocol::edit::{
    DecideEdit, EditFile, EditHunk, EditOutcome, EditRef, FileAction, FileChange, FindEdits, FoundEdits, HunkStatus,
    ListEdits, PendingEdit, Replacement,
};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::{EditAccept, EditFind, EditGet, EditList, EditReject, EditUndo};
use aiia_protocol::page::Page;
use aiia_protocol::problem::{Problem, ProblemCode};

use self::whole::{file_change, place};
use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::hash::sha256;
use crate::hunks::from_protocol;
use crate::session::Session;
use crate::source;

impl Handle for EditList {
    async fn handle(session: &Session, params: ListEdits) -> Result<Reply<Page<PendingEdit>>, Problem> {
        Ok(Reply::One(session.engine().store.list_edits(params).await?))
    }
}

impl Handle for EditFind {
    async fn handle(session: &Session, params: FindEdits) -> Result<Reply<FoundEdits>, Problem> {
        Ok(Reply::One(FoundEdits { items: session.engine().store.find_edits(params).await? }))
    }
}

impl Handle for EditGet {
    async fn handle(session: &Session, params: EditRef) -> Result<Reply<PendingEdit>, Problem> {
        Ok(Reply::One(session.engine().store.get_edit(params.edit_id).await?))
    }
}

impl Handle for EditAccept {
    async fn handle(session: &Session, params: DecideEdit) -> Result<Reply<EditOutcome>, Problem> {
        let decision = if params.not_applied { Decision::PutBack } else { Decision::Accept };
        decide(session, params, decision).await.map(Reply::One)
    }
}

impl Handle for EditReject {
    async fn handle(session: &Session, params: DecideEdit) -> Result<Reply<EditOutcome>, Problem> {
        decide(session, params, Decision::Reject).await.map(Reply::One)
    }
}

impl Handle for EditUndo {
    async fn handle(session: &Session, params: DecideEdit) -> Result<Reply<EditOutcome>, Problem> {
        let decision = if params.not_applied { Decision::TakeBack } else { Decision::Undo };
        decide(session, params, decision).await.map(Reply::One)
    }
}

/// The byte order mark.
const MARK: char = '\u{feff}';

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Accept,
    Reject,
    Undo,
    /// What was accepted is in no file.
    TakeBack,
    /// What was taken back is in its file all the same.
    PutBack,
}

impl Decision {
    /// Whether it can be for a hunk in this state that is named. Nothing is decided for ever: what was rejected or taken back can
    /// be accepted after all.
    fn is_possible(self, status: HunkStatus) -> bool {
        match self {
            Self::Accept => status != HunkStatus::Accepted,
            _ => status == self.before(),
        }
    }

    /// The state of the hunks that it is for where none are named.
    fn before(self) -> HunkStatus {
        match self {
            Self::Accept | Self::Reject => HunkStatus::Pending,
            Self::Undo | Self::TakeBack => HunkStatus::Accepted,
            Self::PutBack => HunkStatus::Undone,
        }
    }

    /// The state that a hunk has after it.
    fn after(self) -> HunkStatus {
        match self {
            Self::Accept | Self::PutBack => HunkStatus::Accepted,
            Self::Reject => HunkStatus::Rejected,
            Self::Undo => HunkStatus::Undone,
            Self::TakeBack => HunkStatus::Pending,
        }
    }
}

async fn decide(session: &Session, params: DecideEdit, decision: Decision) -> Result<EditOutcome, Problem> {
    let engine = session.engine();
    let edit = engine.store.get_edit(params.edit_id.clone()).await?;
    let chosen = choose(&edit, params.hunks.as_deref(), decision, params.allow_protected)?;
    let mut changes = Vec::new();
    let mut gone = Vec::new();
    if matches!(decision, Decision::Accept | Decision::Undo) {
        let texts = engine.store.edit_texts(params.edit_id.clone()).await?;
        for (position, file) in edit.files.iter().enumerate() {
            let mut numbers: Vec<HunkNumber> =
                file.hunks.iter().map(|hunk| hunk.number).filter(|number| chosen.contains(number)).collect();
            if numbers.is_empty() {
                continue;
            }
            let base = texts.get(position).map_or("", |text| text.base_text.as_str());
            let current = current_text(session, &params.documents, file).await?;
            if decision == Decision::Undo {
                let found = undone_elsewhere::gone(file, &numbers, base, current.as_deref());
                numbers.retain(|number| !found.contains(number));
                gone.extend(found);
                if numbers.is_empty() {
                    continue;
                }
            }
            changes.push(file_change(file, &numbers, base, current, decision)?);
        }
        // What others need comes first and goes last.
        if decision == Decision::Undo {
            changes.reverse();
        }
    }
    // What was undone elsewhere is as if it had never been accepted.
    let after = |number| if gone.contains(number) { Decision::TakeBack.after() } else { decision.after() };
    let decisions = chosen.iter().map(|number| (*number, after(number))).collect();
    let decided = engine.store.decide_hunks(params.edit_id, decisions, Some(edit.version)).await?;
    engine.publish((Entity::Edit, Change::Updated), &decided.id, Some(&decided.project_id), Some(&decided.chat_id));
    Ok(EditOutcome { edit: decided, changes })
}

/// The hunks to decide on.
fn choose(
    edit: &PendingEdit,
    wanted: Option<&[HunkNumber]>,
    decision: Decision,
    allow_protected: bool,
) -> Result<Vec<HunkNumber>, Problem> {
    let all: Vec<&EditHunk> = edit.files.iter().flat_map(|file| &file.hunks).collect();
    let Some(wanted) = wanted else {
        let meant = |file: &&EditFile| decision != Decision::Accept || allow_protected || file.protection.is_none();
        let possible: Vec<HunkNumber> = edit
            .files
            .iter()
            .filter(meant)
            .flat_map(|file| &file.hunks)
            .filter(|hunk| hunk.status == decision.before())
            .map(|hunk| hunk.number)
            .collect();
        let waiting = |file: &EditFile| file.hunks.iter().any(|hunk| hunk.status == decision.before());
        let protected = edit.files.iter().find(|file| !meant(file) && waiting(file));
        if let (true, Some(file), Some(why)) =
            (possible.is_empty(), protected, protected.and_then(|file| file.protection.as_ref()))
        {
            let detail = format!("{} {why}, so its changes are not accepted with all others.", file.path);
            return Err(Problem::new(ProblemCode::Forbidden, detail)
                .with_hint("Look at them and accept each by its number, or allow protected files."));
        }
        if possible.is_empty() {
            let what = match decision.before() {
                HunkStatus::Accepted => "was accepted",
                HunkStatus::Undone => "was taken back",
                HunkStatus::Pending | HunkStatus::Rejected => "waits",
            };
            let problem = Problem::new(ProblemCode::Conflict, format!("No hunk of “{}” {what} any more.", edit.title));
            let has = |status| all.iter().any(|hunk| hunk.status == status);
            return Err(match decision {
                Decision::Accept if has(HunkStatus::Rejected) || has(HunkStatus::Undone) => {
                    problem.with_hint("One that was rejected or undone is accepted by its number.")
                }
                Decision::Accept => problem.with_hint("Undo it first where the file does not have it any more."),
                _ => problem,
            });
        }
        return Ok(possible);
    };
    let mut chosen = Vec::new();
    for number in wanted {
        let Some(hunk) = all.iter().find(|hunk| hunk.number == *number) else {
            return Err(Problem::not_found("hunk", number));
        };
        if !decision.is_possible(hunk.status) {
            let state = match hunk.status {
                HunkStatus::Pending => "still waits",
                HunkStatus::Accepted => "was accepted already",
                HunkStatus::Rejected => "was rejected already",
                HunkStatus::Undone => "was taken back already",
            };
            return Err(Problem::new(ProblemCode::Conflict, format!("Hunk {number} {state}.")));
        }
        if !chosen.contains(number) {
            chosen.push(*number);
        }
    }
    Ok(chosen)
}

/// The file as it is now; `None` where it does not exist.
async fn current_text(
    session: &Session,
    documents: &[DocumentRef],
    file: &EditFile,
) -> Result<Option<String>, Problem> {
    let path = place(file);
    let given = documents.iter().find(|document| document.path == path).and_then(|document| document.text.clone());
    if given.is_some() {
        return Ok(given);
    }
    if let Some(open) = session.documents().get(path).or_else(|| session.engine().open_document(path)) {
        return Ok(Some(open.document.text()));
    }
    if path.starts_with("untitled:") {
        return Err(Problem::new(ProblemCode::Conflict, format!("No editor has “{path}” open any more."))
            .with_hint("Open the buffer again, or copy the change from the diff."));
    }
    match source::read_file(PathBuf::from(path)).await {
        Ok(text) => Ok(Some(text)),
        Err(problem) if problem.code == ProblemCode::NotFound && file.action != FileAction::Edit => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// What has to be done to `file`, whose text is now `current`, so that `numbers` are in it (or, for an undo, no longer are).
fn change(
    file: &EditFile,
    numbers: &[HunkNumber],
    base: &str,
    current: Option<String>,
    decision: Decision,
) -> Result<FileChange, Problem> {
    let whole = current.clone().unwrap_or_default();
    let Laid { hunks, base, text, mark } = laid(file, base, &whole);
    let applied: Vec<&Hunk> =
        hunks.iter().filter(|(row, _)| row.status == HunkStatus::Accepted).map(|(_, hunk)| hunk).collect();
    // The text as it would be without the user's typing: what differs from it in `current` is the user's.
    let expected = aiia_edit::apply_hunks(base, &applied);
    let mut shift = 0_isize;
    let mut replacements = Vec::new();
    for (row, hunk) in &hunks {
        if numbers.contains(&row.number) {
            let moved = moved(hunk, shift, decision == Decision::Undo);
            let place = aiia_edit::locate(&moved, &expected, text).map_err(|error| {
                Problem::new(ProblemCode::Conflict, format!("Hunk {} does not fit {}: {error}.", row.number, file.path))
                    .with_hint("Nothing was changed.")
            })?;
            let replacement = minimal(text, place, &moved.new_text);
            let (start, end) = (replacement.start + mark as u64, replacement.end + mark as u64);
            replacements.push(Replacement { start, end, ..replacement });
        }
        if row.status == HunkStatus::Accepted {
            shift += hunk.new_lines as isize - hunk.old_lines as isize;
        }
    }
    let action = if current.is_none() { FileAction::Create } else { FileAction::Edit };
    Ok(FileChange {
        path: file.path.clone(),
        action,
        from: None,
        hunks: numbers.to_vec(),
        base_hash: sha256(&whole),
        replacements,
    })
}

/// A file's hunks, the text that they were made on and the one that is there now, alike in whether they begin with a byte
/// order mark: an editor leaves it out of its buffer, which makes no other text of it.
struct Laid<'a> {
    hunks: Vec<(&'a EditHunk, Hunk)>,
    base: &'a str,
    text: &'a str,
    /// The bytes that were left out before `text`.
    mark: usize,
}

fn laid<'a>(file: &'a EditFile, base: &'a str, whole: &'a str) -> Laid<'a> {
    let mut hunks: Vec<(&EditHunk, Hunk)> = file.hunks.iter().map(|hunk| (hunk, from_protocol(hunk))).collect();
    let differ = base.starts_with(MARK) != whole.starts_with(MARK);
    let mark = if differ && whole.starts_with(MARK) { MARK.len_utf8() } else { 0 };
    let (base, text) = if differ { (unmarked(base), unmarked(whole)) } else { (base, whole) };
    for (_, hunk) in hunks.iter_mut().filter(|_| differ) {
        unmark(hunk);
    }
    Laid { hunks, base, text, mark }
}

/// The text without its byte order mark.
fn unmarked(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// Takes the byte order mark out of a hunk of the first line.
fn unmark(hunk: &mut Hunk) {
    if hunk.old_index() == 0 {
        for text in [&mut hunk.old_text, &mut hunk.new_text] {
            *text = unmarked(text).to_owned();
        }
    }
}

/// The text of `file` as it would be without the user's typing, and how many lines further down the hunk `number` stands in
/// it than in `base`.
fn expected_text(file: &EditFile, base: &str, number: HunkNumber) -> (String, isize) {
    let accepted: Vec<Hunk> =
        file.hunks.iter().filter(|hunk| hunk.status == HunkStatus::Accepted).map(from_protocol).collect();
    let before = file.hunks.iter().take_while(|hunk| hunk.number != number);
    let shift = before
        .filter(|hunk| hunk.status == HunkStatus::Accepted)
        .map(|hunk| hunk.new_lines as isize - hunk.old_lines as isize)
        .sum();
    (aiia_edit::apply_hunks(base, &accepted.iter().collect::<Vec<_>>()), shift)
}

/// The hunk `shift` lines further down; with `backwards`, the hunk that takes it back.
fn moved(hunk: &Hunk, shift: isize, backwards: bool) -> Hunk {
    let index = hunk.old_index().saturating_add_signed(shift);
    let mut moved = hunk.clone();
    if backwards {
        std::mem::swap(&mut moved.old_text, &mut moved.new_text);
        std::mem::swap(&mut moved.old_lines, &mut moved.new_lines);
    }
    moved.old_start = if moved.old_lines == 0 { index } else { index + 1 };
    moved
}

/// The replacement without the characters that both texts have at their front and back, on character borders.
fn minimal(text: &str, place: std::ops::Range<usize>, new_text: &str) -> Replacement {
    let old = &text[place.clone()];
    let front: usize = old.chars().zip(new_text.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let back: usize = old[front..]
        .chars()
        .rev()
        .zip(new_text[front..].chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    // Splitting CRLF would leave editors that count lines with a break of their own.
    let splits = |text: &str, at: usize| text[..at].ends_with('\r') && text[at..].starts_with('\n');
    let front = if splits(old, front) || splits(new_text, front) { front - 1 } else { front };
    let mut back = back;
    while back > 0 && (splits(old, old.len() - back) || splits(new_text, new_text.len() - back)) {
        back -= 1;
    }
    Replacement {
        start: (place.start + front) as u64,
        end: (place.end - back) as u64,
        text: new_text[front..new_text.len() - back].to_owned(),
    }
}

/// Gives hunks these states without asking what they were.
pub(crate) async fn restore(
    engine: &Engine,
    edit_id: &EditId,
    states: Vec<(HunkNumber, HunkStatus)>,
) -> Result<PendingEdit, Problem> {
    let edit = engine.store.decide_hunks(edit_id.clone(), states, None).await?;
    engine.publish((Entity::Edit, Change::Updated), &edit.id, Some(&edit.project_id), Some(&edit.chat_id));
    Ok(edit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunks::to_protocol;

    pub(super) fn file(old: &str, new: &str, statuses: &[HunkStatus]) -> EditFile {
        let hunks = aiia_edit::hunks(old, new);
        assert_eq!(hunks.len(), statuses.len());
        let hunks = hunks
            .iter()
            .zip(statuses)
            .zip(1..)
            .map(|((hunk, status), number)| EditHunk { status: *status, ..to_protocol(hunk, number, Vec::new()) });
        EditFile {
            path: "/w/a".into(),
            action: FileAction::Edit,
            from: None,
            protection: None,
            base_hash: sha256(old),
            hunks: hunks.collect(),
        }
    }

    fn after(text: &str, change: &FileChange) -> String {
        let mut text = text.to_owned();
        for replacement in change.replacements.iter().rev() {
            text.replace_range(replacement.start as usize..replacement.end as usize, &replacement.text);
        }
        text
    }

    pub(super) const OLD: &str = "a\nb\nc\nd\ne\nf\ng\n";
    pub(super) const NEW: &str = "a\nB1\nB2\nc\nd\nf\ng\nh\n";

    fn check(statuses: [HunkStatus; 3], numbers: &[u32], current: &str, decision: Decision, expected: &str) {
        let file = file(OLD, NEW, &statuses);
        let change = change(&file, numbers, OLD, Some(current.to_owned()), decision).unwrap();
        assert_eq!(after(current, &change), expected);
        assert_eq!(change.base_hash, sha256(current));
    }

    #[test]
    fn hunks_are_accepted_in_any_order() {
        use HunkStatus::{Accepted, Pending};
        check([Pending; 3], &[1, 2, 3], OLD, Decision::Accept, NEW);
        check([Pending; 3], &[2], OLD, Decision::Accept, "a\nb\nc\nd\nf\ng\n");
        check([Pending, Accepted, Pending], &[1], "a\nb\nc\nd\nf\ng\n", Decision::Accept, "a\nB1\nB2\nc\nd\nf\ng\n");
        check([Accepted, Pending, Pending], &[2, 3], "a\nB1\nB2\nc\nd\ne\nf\ng\n", Decision::Accept, NEW);
    }

    #[test]
    fn what_the_user_typed_elsewhere_stays() {
        use HunkStatus::{Accepted, Pending};
        check([Pending; 3], &[2], "0\na\nb\nc\nd\ne\nf\ng\n", Decision::Accept, "0\na\nb\nc\nd\nf\ng\n");
        check(
            [Accepted, Pending, Pending],
            &[2],
            "0\na\nB1\nB2\nc\nd\ne\nf\nG\n",
            Decision::Accept,
            "0\na\nB1\nB2\nc\nd\nf\nG\n",
        );
    }

    #[test]
    fn undo_brings_the_text_back() {
        use HunkStatus::{Accepted, Rejected};
        check([Accepted; 3], &[1, 2, 3], NEW, Decision::Undo, OLD);
        check([Accepted, Rejected, Accepted], &[1, 3], "a\nB1\nB2\nc\nd\ne\nf\ng\nh\n", Decision::Undo, OLD);
        check([Accepted; 3], &[2], &NEW.replace('g', "G"), Decision::Undo, "a\nB1\nB2\nc\nd\ne\nf\nG\nh\n");
    }

    #[test]
    fn what_was_decided_can_be_decided_anew() {
        use HunkStatus::{Accepted, Pending, Rejected, Undone};
        for (decision, possible) in [
            (Decision::Accept, [true, false, true, true]),
            (Decision::Reject, [true, false, false, false]),
            (Decision::Undo, [false, true, false, false]),
            (Decision::TakeBack, [false, true, false, false]),
            (Decision::PutBack, [false, false, false, true]),
        ] {
            assert_eq!([Pending, Accepted, Rejected, Undone].map(|one| decision.is_possible(one)), possible);
        }
        check([Undone, Rejected, Accepted], &[1, 2], "a\nb\nc\nd\ne\nf\ng\nh\n", Decision::Accept, NEW);
    }

    #[test]
    fn a_byte_order_mark_is_no_change_of_the_user() {
        let (old, new) = ("let a = 1;\nb\n", "let x = 1;\nb\nc\n");
        let marked = |text: &str| format!("\u{feff}{text}");
        for (base, current) in
            [(marked(old), old.to_owned()), (old.to_owned(), marked(old)), (marked(old), marked(old))]
        {
            let meant = if base.starts_with(MARK) { marked(new) } else { new.to_owned() };
            let expected = if current.starts_with(MARK) { marked(new) } else { new.to_owned() };
            let waiting = file(&base, &meant, &[HunkStatus::Pending; 2]);
            let accepted = change(&waiting, &[1, 2], &base, Some(current.clone()), Decision::Accept).unwrap();
            assert_eq!((after(&current, &accepted), accepted.base_hash), (expected.clone(), sha256(&current)));
            let done = file(&base, &meant, &[HunkStatus::Accepted; 2]);
            let undone = change(&done, &[1, 2], &base, Some(expected.clone()), Decision::Undo).unwrap();
            assert_eq!(after(&expected, &undone), current);
        }
    }

    #[test]
    fn lines_that_the_user_changed_are_a_conflict() {
        let file = file(OLD, NEW, &[HunkStatus::Pending; 3]);
        let problem = change(&file, &[1], OLD, Some(OLD.replace('b', "x")), Decision::Accept).unwrap_err();
        assert_eq!(problem.code, ProblemCode::Conflict);
    }

    #[test]
    fn replacements_are_minimal() {
        for (old, new, expected) in [
            ("let a = 1;\n", "let a = 2;\n", (8, 9, "2")),
            ("é1\n", "é2\n", (2, 3, "2")),
            ("a\r\n", "a\r\nb\r\n", (3, 3, "b\r\n")),
            ("x\r\n", "x\n", (1, 3, "\n")),
            ("aa\n", "a\n", (1, 2, "")),
            ("", "new\n", (0, 0, "new\n")),
        ] {
            let replacement = minimal(old, 0..old.len(), new);
            let found = (replacement.start, replacement.end, replacement.text.as_str());
            assert_eq!(
                after(
                    old,
                    &FileChange {
                        path: String::new(),
                        action: FileAction::Edit,
                        from: None,
                        hunks: Vec::new(),
                        base_hash: String::new(),
                        replacements: vec![replacement.clone()]
                    }
                ),
                new
            );
            assert_eq!(found, expected, "{old:?} {new:?}");
        }
    }
}
