//! Fixes that were accepted, so that one that did not help can be tried again, told so.

use std::collections::VecDeque;

use aiia_protocol::document::Diagnostic;
use aiia_protocol::edit::{EditFile, HunkStatus, PendingEdit};
use aiia_protocol::id::EditId;
use parking_lot::Mutex;

/// How many fixes are remembered.
const MAX_FIXES: usize = 100;

/// What was to be mended where, by pending edits of this connection.
#[derive(Debug, Default)]
pub(crate) struct Fixes {
    made: Mutex<VecDeque<Fix>>,
}

#[derive(Debug)]
struct Fix {
    edit_id: EditId,
    path: String,
    reported: Vec<Reported>,
    accepted: bool,
}

/// A diagnostic that was to be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reported {
    message: String,
    code: Option<String>,
    /// Its line when the change was asked for, counted from 0.
    line: usize,
    /// What that line was.
    text: Option<String>,
}

impl Reported {
    /// A diagnostic of a file with this text, where it is known.
    pub(crate) fn new(diagnostic: &Diagnostic, text: Option<&str>) -> Self {
        let line = line_of(diagnostic);
        Self {
            message: diagnostic.message.clone(),
            code: diagnostic.code.clone(),
            line,
            text: text.and_then(|text| text.lines().nth(line)).map(str::to_owned),
        }
    }

    fn is_like(&self, diagnostic: &Diagnostic) -> bool {
        self.message == diagnostic.message && self.code == diagnostic.code
    }

    /// Where the line that was reported stands in `lines`, if it is what it was; about `expected`.
    fn place(&self, lines: &[&str], expected: usize) -> usize {
        self.text.as_deref().and_then(|text| place(lines, &[text], expected)).unwrap_or(expected)
    }

    /// Whether `line` of `text`, counted from 0, is where the diagnostic was to be mended: in lines that an accepted hunk brought,
    /// or the very line that was reported, where no such hunk replaced it.
    fn is_at(&self, line: usize, file: &EditFile, text: &str) -> bool {
        let lines: Vec<&str> = text.lines().collect();
        let (mut shift, mut is_there, mut is_replaced) = (0_isize, false, false);
        let mut stands = self.line;
        for hunk in file.hunks.iter().filter(|hunk| hunk.status == HunkStatus::Accepted) {
            let old = (hunk.old_start as usize).saturating_sub(usize::from(hunk.old_lines > 0));
            let new: Vec<&str> = hunk.new_text.lines().collect();
            let expected = old.saturating_add_signed(shift);
            let found = place(&lines, &new, expected);
            // The editor may have undone it.
            if found.is_none() && place(&lines, &hunk.old_text.lines().collect::<Vec<_>>(), expected).is_some() {
                continue;
            }
            is_there = true;
            let place = found.unwrap_or(expected);
            if (place..place + new.len().max(1)).contains(&line) {
                return true;
            }
            shift += hunk.new_lines as isize - hunk.old_lines as isize;
            if old + hunk.old_lines as usize <= self.line {
                stands = self.line.saturating_add_signed(shift);
            } else if old <= self.line {
                is_replaced = true;
            }
        }
        is_there && !is_replaced && line == self.place(&lines, stands)
    }
}

/// Where `wanted` stands in `lines`, nearest to `expected`.
fn place(lines: &[&str], wanted: &[&str], expected: usize) -> Option<usize> {
    if wanted.is_empty() {
        return Some(expected);
    }
    let places = lines.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted);
    places.map(|(line, _)| line).min_by_key(|line| line.abs_diff(expected))
}

fn line_of(diagnostic: &Diagnostic) -> usize {
    diagnostic.start_line.saturating_sub(1) as usize
}

impl Fixes {
    /// An edit was proposed for these diagnostics.
    pub(crate) fn proposed(&self, edit_id: &EditId, path: &str, reported: Vec<Reported>) {
        if reported.is_empty() {
            return;
        }
        let mut made = self.made.lock();
        if made.len() == MAX_FIXES {
            made.pop_front();
        }
        made.push_back(Fix { edit_id: edit_id.clone(), path: path.to_owned(), reported, accepted: false });
    }

    /// Hunks of an edit were accepted; whether it is one that should mend something.
    pub(crate) fn accepted(&self, edit_id: &EditId) -> bool {
        let mut made = self.made.lock();
        let mut found = false;
        for fix in made.iter_mut().filter(|fix| fix.edit_id == *edit_id) {
            (fix.accepted, found) = (true, true);
        }
        found
    }

    /// The accepted edit that should have mended `diagnostic`, which is in `text`, if that is offered to be tried again: only once,
    /// since what fails twice needs a person. `edit` gives an edit as it is now: what was taken back since is none that failed.
    pub(crate) fn in_vain(
        &self,
        path: &str,
        diagnostic: &Diagnostic,
        text: &str,
        edit: impl Fn(&EditId) -> Option<PendingEdit>,
    ) -> Option<EditId> {
        let made = self.made.lock();
        let failed = |fix: &&Fix| {
            let mut like = fix.reported.iter().filter(|reported| reported.is_like(diagnostic)).peekable();
            if !fix.accepted || fix.path != path || like.peek().is_none() {
                return false;
            }
            let Some(edit) = edit(&fix.edit_id) else { return false };
            let mut changed = edit.files.iter().flat_map(|file| &file.hunks);
            if !changed.any(|hunk| hunk.status == HunkStatus::Accepted) {
                return false;
            }
            let line = line_of(diagnostic);
            if let Some(file) = edit.files.iter().find(|file| file.path == path || file.from.as_deref() == Some(path)) {
                return like.any(|reported| reported.is_at(line, file, text));
            }
            // It was to be mended from another file, so that its line is what it was.
            let lines: Vec<&str> = text.lines().collect();
            like.any(|reported| reported.place(&lines, reported.line) == line)
        };
        let mut tried = made.iter().filter(failed);
        let first = tried.next()?;
        tried.next().is_none().then(|| first.edit_id.clone())
    }
}

#[cfg(test)]
mod tests {
    use aiia_protocol::document::Severity;
    use aiia_protocol::edit::{EditHunk, FileAction};

    use super::*;

    const MESSAGE: &str = "undefined: x";

    fn diagnostic(line: u32, message: &str) -> Diagnostic {
        Diagnostic {
            start_line: line,
            end_line: line,
            severity: Severity::Error,
            message: message.to_owned(),
            source: None,
            code: None,
        }
    }

    /// The change of `/a` that replaces the line `old` (counted from 1) by `new`.
    fn file(old: u32, old_text: &str, new: &str, status: HunkStatus) -> EditFile {
        let hunk = EditHunk {
            number: 1,
            old_start: old,
            old_lines: 1,
            new_start: old,
            new_lines: new.lines().count() as u32,
            old_text: old_text.to_owned(),
            new_text: new.to_owned(),
            tolerances: Vec::new(),
            status,
        };
        EditFile {
            path: "/a".to_owned(),
            action: FileAction::Edit,
            from: None,
            protection: None,
            base_hash: String::new(),
            hunks: vec![hunk],
        }
    }

    #[test]
    fn a_diagnostic_is_where_it_was_to_be_mended() {
        let before = "def f(a):\n    return a + x\n\ndef g():\n    return x\n";
        let reported = |line| Reported::new(&diagnostic(line, MESSAGE), Some(before));
        let after = before.replace("a + x", "a + x.y");
        let mended = file(2, "    return a + x\n", "    return a + x.y\n", HunkStatus::Accepted);
        let check = |line: u32, text: &str, file: &EditFile, at: usize, expected: bool| {
            assert_eq!(reported(line).is_at(at, file, text), expected, "{line} {at} {text}");
        };
        check(2, &after, &mended, 1, true);
        check(2, &after, &mended, 4, false);
        check(2, &format!("typed\n{after}"), &mended, 2, true);
        check(2, &format!("typed\n{after}"), &mended, 1, false);
        // The change may be elsewhere than what it was to mend.
        let imported = file(1, "def f(a):\n", "import y\n\ndef f(a):\n", HunkStatus::Accepted);
        let after = format!("import y\n\n{before}");
        check(5, &after, &imported, 6, true);
        check(5, &after, &imported, 3, false);
        check(5, &format!("typed\n{after}"), &imported, 7, true);
        // What the editor undid brought nothing.
        check(2, before, &mended, 4, false);
        check(2, before, &mended, 1, false);
    }

    fn edit(id: &EditId, status: HunkStatus) -> PendingEdit {
        let file = file(3, "x\n", "x\n", status);
        serde_json::from_value(serde_json::json!({
            "id": id, "run_id": "r", "chat_id": "c", "project_id": "p", "title": "t", "model": "m",
            "status": "pending", "version": 1, "created_at": "", "updated_at": "", "diff": "", "files": [file],
        }))
        .unwrap()
    }

    #[test]
    fn an_accepted_fix_that_did_not_help_is_offered_again_once() {
        let fixes = Fixes::default();
        let (one, two) = (EditId::from("1"), EditId::from("2"));
        let text = "a\nb\nx\n";
        let in_vain = |path: &str, line: u32, message: &str, status: HunkStatus| {
            fixes.in_vain(path, &diagnostic(line, message), text, |id| Some(edit(id, status)))
        };
        let proposed = |id: &EditId| fixes.proposed(id, "/a", vec![Reported::new(&diagnostic(3, MESSAGE), Some(text))]);
        proposed(&one);
        assert_eq!(in_vain("/a", 3, MESSAGE, HunkStatus::Accepted), None, "nobody accepted it");
        assert!(fixes.accepted(&one) && !fixes.accepted(&two));
        assert_eq!(in_vain("/a", 3, MESSAGE, HunkStatus::Accepted), Some(one));
        assert_eq!(in_vain("/a", 3, MESSAGE, HunkStatus::Undone), None, "it was taken back");
        assert_eq!(in_vain("/a", 1, MESSAGE, HunkStatus::Accepted), None, "another place");
        assert_eq!(in_vain("/b", 3, MESSAGE, HunkStatus::Accepted), None);
        assert_eq!(in_vain("/a", 3, "undefined: y", HunkStatus::Accepted), None);
        proposed(&two);
        fixes.accepted(&two);
        assert_eq!(in_vain("/a", 3, MESSAGE, HunkStatus::Accepted), None, "it failed twice");
    }
}
