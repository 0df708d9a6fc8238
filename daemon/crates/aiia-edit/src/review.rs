//! The document in which a person reviews a proposed change: a unified diff that says for each hunk what
//! became of it, with a map from its lines to the hunks.

mod edited;
mod merged;

use std::fmt;
use std::fmt::Write as _;
use std::ops::Range;

use crate::hunk::Hunk;
use crate::lines::whole_lines;
use crate::plan::FileAction;
use crate::unified;

pub use edited::{EditedError, EditedHunk, edited};
pub use merged::{Merged, merged};

const CONTEXT_LINES: usize = 3;
/// How much of what the model says is shown.
const NOTE_LINES: usize = 8;
const NOTE_WIDTH: usize = 100;

/// What the user decided about a hunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum HunkState {
    /// Not decided yet.
    #[default]
    Pending,
    /// Taken into the file.
    Accepted,
    /// Turned down.
    Rejected,
    /// Taken into the file and taken back.
    Undone,
}

impl fmt::Display for HunkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Undone => "undone",
        })
    }
}

/// One file of a change under review.
#[derive(Clone, Debug)]
pub struct ReviewedFile<'a> {
    /// Path from the root of the workspace; for a file that is renamed, the new one.
    pub path: &'a str,
    /// What becomes of it.
    pub action: FileAction,
    /// The text the hunks were made on.
    pub old_text: &'a str,
    /// Why the file needs a decision of its own.
    pub protection: Option<&'a str>,
    /// The hunks in the order of the file. One without any lines stands for what becomes of the file as a whole.
    pub hunks: Vec<ReviewedHunk<'a>>,
}

/// One hunk under review.
#[derive(Clone, Debug)]
pub struct ReviewedHunk<'a> {
    /// The caller's name for the hunk; comes back in [`ReviewHunk::id`].
    pub id: String,
    /// What was decided so far.
    pub state: HunkState,
    /// So many lines further down than in the text that it was made on the user's typing has moved it.
    pub shift: isize,
    /// Why it does not fit the file as it is now.
    pub conflict: Option<String>,
    /// How loosely the model's text was read, a sentence each.
    pub tolerances: Vec<String>,
    /// The hunk itself.
    pub hunk: &'a Hunk,
}

/// The rendered review.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewDocument {
    /// The text: comment lines, then a diff that `patch` and `git apply` accept.
    pub text: String,
    /// Where each hunk stands in it, in order; the ranges do not overlap.
    pub hunks: Vec<ReviewHunk>,
}

impl ReviewDocument {
    /// The hunk that a 0-based line of the document belongs to.
    pub fn hunk_at(&self, line: usize) -> Option<&ReviewHunk> {
        self.hunks.iter().find(|hunk| hunk.lines.contains(&line))
    }
}

/// Where a hunk stands in a [`ReviewDocument`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewHunk {
    /// The name given in [`ReviewedHunk::id`].
    pub id: String,
    /// 0-based lines of the document, the `@@` header included.
    pub lines: Range<usize>,
}

/// Renders a change for review. `title` is one line about the change, for instance what was asked for; `note` is what the model
/// says of it, of which the beginning is shown.
/// Hunks so near to each other that their context overlaps share a header, which names the state of
/// each; the lines between them go to the nearer one.
pub fn render(title: &str, note: &str, files: &[ReviewedFile]) -> ReviewDocument {
    let mut writer = Writer::default();
    writer.comment(title);
    for line in wrapped(note).iter().take(NOTE_LINES) {
        writer.comment(line);
    }
    let count: usize = files.iter().map(|file| file.hunks.len()).sum();
    let pending = files.iter().flat_map(|file| &file.hunks).filter(|hunk| hunk.state == HunkState::Pending).count();
    writer.comment(&format!(
        "{count} {} in {} {}, {pending} pending",
        plural(count, "hunk"),
        files.len(),
        plural(files.len(), "file"),
    ));
    writer.comment("accept or reject a hunk with a code action on its lines");
    for file in files.iter().filter(|file| !file.hunks.is_empty()) {
        writer.file(file);
    }
    ReviewDocument { text: writer.text, hunks: writer.hunks }
}

/// The words of a text in lines of at most [`NOTE_WIDTH`] characters, but for longer words.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + word.chars().count() >= NOTE_WIDTH {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

#[derive(Default)]
struct Writer {
    text: String,
    line: usize,
    hunks: Vec<ReviewHunk>,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.line += text.matches('\n').count();
        self.text.push_str(text);
    }

    fn comment(&mut self, text: &str) {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.is_empty() {
            self.push(&format!("# {line}\n"));
        }
    }

    fn file(&mut self, file: &ReviewedFile) {
        let lines = whole_lines(file.old_text);
        let (whole, parts): (Vec<&ReviewedHunk>, Vec<&ReviewedHunk>) =
            file.hunks.iter().partition(|reviewed| reviewed.hunk.old_lines + reviewed.hunk.new_lines == 0);
        let start = self.line;
        if let Some(reviewed) = whole.first() {
            self.comment(&format!("{} {}", note(reviewed, file.protection), file.action.as_str()));
        }
        self.push(&unified::git_header(&file.action, file.path, !parts.is_empty()));
        if let Some(reviewed) = whole.first() {
            self.close(reviewed, start);
        }
        let hunks: Vec<&Hunk> = parts.iter().map(|reviewed| reviewed.hunk).collect();
        for group in unified::groups(&hunks, CONTEXT_LINES) {
            let section = unified::section(&lines, &hunks[group.clone()], CONTEXT_LINES);
            let reviewed = &parts[group];
            let shift = reviewed.iter().find(|one| one.is_placed()).map_or(0, |one| one.shift);
            let mut start = self.line;
            let notes: Vec<String> = reviewed.iter().map(|reviewed| note(reviewed, file.protection)).collect();
            self.push(&format!("{} {}\n", section.header(shift), notes.join(" | ")));
            let mut current = 0;
            for body_line in &section.body {
                if body_line.hunk != current {
                    self.close(reviewed[current], start);
                    start = self.line;
                    current = body_line.hunk;
                }
                self.push(&body_line.text);
            }
            self.close(reviewed[current], start);
        }
    }

    fn close(&mut self, reviewed: &ReviewedHunk, start: usize) {
        self.hunks.push(ReviewHunk { id: reviewed.id.clone(), lines: start..self.line });
    }
}

impl ReviewedHunk<'_> {
    /// Whether it waits and has a place in the file as it is now.
    fn is_placed(&self) -> bool {
        self.state == HunkState::Pending && self.conflict.is_none()
    }
}

fn note(reviewed: &ReviewedHunk, protection: Option<&str>) -> String {
    let one_line = |text: &str| text.replace(['\n', '\r'], " ");
    let mut text = match (&reviewed.conflict, reviewed.state) {
        (Some(why), HunkState::Pending) => format!("[conflict: {}", one_line(why)),
        (_, state) => format!("[{state}"),
    };
    if let (Some(why), HunkState::Pending) = (protection, reviewed.state) {
        let _ = write!(text, ", protected: {}", one_line(why));
    }
    text.push(']');
    for (number, sentence) in reviewed.tolerances.iter().enumerate() {
        let separator = if number == 0 { " " } else { "; " };
        let _ = write!(text, "{separator}{}", one_line(sentence));
    }
    text
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunk::hunks;
    use crate::tolerance::Tolerance;
    use expect_test::expect;
    use proptest::prelude::*;

    fn review(old: &str, new: &str, states: &[HunkState]) -> ReviewDocument {
        let mut all = hunks(old, new);
        if let Some(first) = all.first_mut() {
            first.tolerances.push(Tolerance::Indentation);
        }
        let reviewed = all
            .iter()
            .enumerate()
            .map(|(number, hunk)| ReviewedHunk {
                tolerances: hunk.tolerances.iter().map(ToString::to_string).collect(),
                id: number.to_string(),
                state: states.get(number).copied().unwrap_or_default(),
                shift: 0,
                conflict: None,
                hunk,
            })
            .collect();
        render(
            "fix `mean`",
            "It counted one too many.\n\nNow it does not.\n",
            &[ReviewedFile {
                path: "src/a.py",
                action: FileAction::Edit,
                old_text: old,
                protection: None,
                hunks: reviewed,
            }],
        )
    }

    #[test]
    fn shows_states_and_tolerances() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n";
        let new = "1\nX\n3\n4\n5\n6\nY\n8\n9\n10\n11\n12\n13\n14\n15\nZ\n17\n";
        let document = review(old, new, &[HunkState::Accepted, HunkState::Pending, HunkState::Rejected]);
        expect![[r"
            # fix `mean`
            # It counted one too many.
            # Now it does not.
            # 3 hunks in 1 file, 1 pending
            # accept or reject a hunk with a code action on its lines
            --- a/src/a.py
            +++ b/src/a.py
            @@ -1,10 +1,10 @@ [accepted] matched ignoring indentation | [pending]
             1
            -2
            +X
             3
             4
             5
             6
            -7
            +Y
             8
             9
             10
            @@ -13,5 +13,5 @@ [rejected]
             13
             14
             15
            -16
            +Z
             17
        "]]
        .assert_eq(&document.text);
        let places: Vec<_> = document.hunks.iter().map(|h| (h.id.as_str(), h.lines.clone())).collect();
        assert_eq!(places, [("0", 7..13), ("1", 13..20), ("2", 20..27)]);
        assert_eq!(document.hunk_at(14).map(|h| h.id.as_str()), Some("1"));
        assert_eq!(document.hunk_at(6), None);
    }

    #[test]
    fn what_the_user_typed_since_is_shown() {
        let old = (1..=20).map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
        let new = old.replacen("\n2\n", "\nX\n", 1).replace("\n12\n", "\nY\n").replace("\n20\n", "\nZ\n");
        let all = hunks(&old, &new);
        let reviewed = |number: usize, state, shift, conflict: Option<&str>| ReviewedHunk {
            id: number.to_string(),
            state,
            shift,
            conflict: conflict.map(str::to_owned),
            tolerances: Vec::new(),
            hunk: &all[number],
        };
        let file = ReviewedFile {
            path: ".vscode/tasks.json",
            action: FileAction::Edit,
            old_text: &old,
            protection: Some("can make programs run something"),
            hunks: vec![
                reviewed(0, HunkState::Pending, 0, Some("line 3 was edited")),
                reviewed(1, HunkState::Pending, 2, None),
                reviewed(2, HunkState::Accepted, 0, None),
            ],
        };
        let document = render("t", "", &[file]);
        let headers: Vec<&str> = document.text.lines().filter(|line| line.starts_with("@@")).collect();
        assert_eq!(
            headers,
            [
                "@@ -1,5 +1,5 @@ [conflict: line 3 was edited, protected: can make programs run something]",
                "@@ -11,7 +11,7 @@ [pending, protected: can make programs run something]",
                "@@ -17,4 +17,4 @@ [accepted]",
            ]
        );
    }

    #[test]
    fn a_rename_is_a_hunk_of_its_own() {
        let whole = Hunk {
            old_start: 0,
            old_lines: 0,
            new_start: 0,
            new_lines: 0,
            old_text: String::new(),
            new_text: String::new(),
            tolerances: Vec::new(),
        };
        let change = hunks("a\nb\n", "a\nc\n").remove(0);
        let reviewed = |id: &str, hunk| ReviewedHunk {
            id: id.to_owned(),
            state: HunkState::Pending,
            shift: 0,
            conflict: None,
            tolerances: Vec::new(),
            hunk,
        };
        let file = |path, action, hunks| ReviewedFile { path, action, old_text: "a\nb\n", protection: None, hunks };
        let renamed = FileAction::Rename { from: "old.py".into() };
        let document = render(
            "move",
            "",
            &[
                file("new.py", renamed.clone(), vec![reviewed("1", &whole), reviewed("2", &change)]),
                file("plain.py", renamed, vec![reviewed("3", &whole)]),
                file("gone.py", FileAction::Delete, vec![reviewed("4", &hunks("a\nb\n", "")[0])]),
            ],
        );
        expect![[r"
            # move
            # 4 hunks in 3 files, 4 pending
            # accept or reject a hunk with a code action on its lines
            # [pending] rename
            diff --git a/old.py b/new.py
            rename from old.py
            rename to new.py
            --- a/old.py
            +++ b/new.py
            @@ -1,2 +1,2 @@ [pending]
             a
            -b
            +c
            # [pending] rename
            diff --git a/old.py b/plain.py
            rename from old.py
            rename to plain.py
            diff --git a/gone.py b/gone.py
            deleted file mode 100644
            --- a/gone.py
            +++ /dev/null
            @@ -1,2 +0,0 @@ [pending]
            -a
            -b
        "]]
        .assert_eq(&document.text);
        let places: Vec<_> = document.hunks.iter().map(|hunk| (hunk.id.as_str(), hunk.lines.clone())).collect();
        assert_eq!(places, [("1", 3..9), ("2", 9..13), ("3", 13..17), ("4", 21..24)]);
    }

    proptest! {
        #[test]
        fn every_hunk_has_its_own_lines(old in "[ab\n]{0,60}", new in "[ab\n]{0,60}") {
            let document = review(&old, &new, &[]);
            prop_assert_eq!(document.hunks.len(), hunks(&old, &new).len());
            for pair in document.hunks.windows(2) {
                prop_assert!(pair[0].lines.end <= pair[1].lines.start);
            }
            let lines: Vec<&str> = document.text.split('\n').collect();
            for hunk in &document.hunks {
                let own = &lines[hunk.lines.clone()];
                prop_assert!(own.iter().any(|line| line.starts_with(['+', '-'])));
            }
        }
    }
}
