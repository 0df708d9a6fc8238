//! A hunk on a terminal: its lines with the words that differ, and what stands around it.

use std::fs;
use std::io;

use aiia_edit::{ShownLine, shown_lines};
use aiia_engine::hunks::from_protocol;
use aiia_protocol::edit::{EditFile, EditHunk, FileAction, HunkPreview, HunkStatus};

use crate::cli::output::{self, Style, has_colour, paint};
use crate::cli::sanitize::clean;

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const REVERSE: &str = "\x1b[7m";
const NOT_REVERSE: &str = "\x1b[27m";
const RESET: &str = "\x1b[0m";
/// Lines shown before and after a hunk.
const CONTEXT_LINES: usize = 3;

/// The lines of the file whose hunks are printed, which is read once.
#[derive(Default)]
pub(crate) struct OnDisk {
    path: Option<String>,
    lines: Vec<String>,
}

impl OnDisk {
    /// The lines of `file`; none where it cannot be read.
    fn lines_of(&mut self, file: &EditFile) -> &[String] {
        let path = place(file);
        if self.path.as_deref() != Some(path) {
            let text = fs::read_to_string(path).unwrap_or_default();
            self.lines = text.lines().map(str::to_owned).collect();
            self.path = Some(path.to_owned());
        }
        &self.lines
    }
}

/// Prints a hunk; `place` is where it would go in the file as it is now.
pub(crate) fn print(file: &EditFile, hunk: &EditHunk, place: Option<&HunkPreview>, on_disk: &mut OnDisk) {
    let conflict = place.and_then(|place| place.conflict.as_deref());
    let state = match hunk.status {
        HunkStatus::Pending if conflict.is_some() => paint("conflict", Style::Warning),
        HunkStatus::Pending => paint("pending", Style::Warning),
        HunkStatus::Accepted => paint("accepted", Style::Good),
        HunkStatus::Rejected => paint("rejected", Style::Faint),
        HunkStatus::Undone => paint("undone", Style::Faint),
    };
    let name = paint(&title(file), Style::Heading);
    let line = place.map_or(hunk.old_start, |place| place.before_line).max(1);
    output::painted_line(&format!("hunk {} · {name} · line {line} · {state}", hunk.number));
    if let Some(why) = conflict {
        output::painted_line(&paint(&format!("  {}", clean(why)), Style::Warning));
    }
    if let Some(why) = &file.protection {
        output::painted_line(&paint(&format!("  This file {why}."), Style::Warning));
    }
    for tolerance in &hunk.tolerances {
        output::painted_line(&paint(&format!("  {tolerance}"), Style::Faint));
    }
    let (before, after) = around(on_disk.lines_of(file), hunk);
    let context = |lines: &[String]| lines.iter().for_each(|line| output::line(&format!("  {line}")));
    context(before);
    let coloured = has_colour(&io::stdout());
    for line in shown_lines(&from_protocol(hunk)) {
        output::painted_line(&shown(&line, coloured));
    }
    context(after);
}

/// What becomes of a file, in words.
fn title(file: &EditFile) -> String {
    let name = output::shown_path(file.path.as_ref());
    match (file.action, &file.from) {
        (FileAction::Edit, _) | (FileAction::Rename, None) => name,
        (FileAction::Create, _) => format!("{name} (new file)"),
        (FileAction::Delete, _) => format!("{name} (deleted)"),
        (FileAction::Rename, Some(from)) => format!("{} → {name}", output::shown_path(from.as_ref())),
    }
}

fn shown(line: &ShownLine, coloured: bool) -> String {
    let sign = if line.added { '+' } else { '-' };
    let all_changed = line.spans.iter().all(|span| span.changed);
    let mut text = String::new();
    for span in &line.spans {
        let part = clean(&span.text);
        if coloured && span.changed && !all_changed {
            text.extend([REVERSE, &part, NOT_REVERSE]);
        } else {
            text += &part;
        }
    }
    let colour = if line.added { GREEN } else { RED };
    if coloured { format!("{colour}{sign} {text}{RESET}") } else { format!("{sign} {text}") }
}

/// Where the file stands: a renamed one under its new path once that was accepted.
fn place(file: &EditFile) -> &str {
    let is_whole = |hunk: &EditHunk| hunk.old_lines + hunk.new_lines == 0;
    let is_renamed = file.hunks.iter().any(|hunk| is_whole(hunk) && hunk.status == HunkStatus::Accepted);
    match &file.from {
        Some(from) if !is_renamed => from,
        _ => &file.path,
    }
}

/// The lines before and after a hunk among the lines of its file; none where its own are not found.
fn around<'a>(lines: &'a [String], hunk: &EditHunk) -> (&'a [String], &'a [String]) {
    let wanted: Vec<&str> = match hunk.status {
        HunkStatus::Accepted => hunk.new_text.lines().collect(),
        _ => hunk.old_text.lines().collect(),
    };
    let stood = from_protocol(hunk).old_index();
    let start = if wanted.is_empty() {
        Some(stood.min(lines.len()))
    } else if lines
        .get(stood..)
        .is_some_and(|rest| rest.len() >= wanted.len() && rest.iter().zip(&wanted).all(|(a, b)| a == b))
    {
        Some(stood)
    } else {
        let places = lines.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted.as_slice());
        places.map(|(line, _)| line).min_by_key(|line| line.abs_diff(stood))
    };
    let Some(start) = start else { return Default::default() };
    let end = start + wanted.len();
    (&lines[start.saturating_sub(CONTEXT_LINES)..start], &lines[end..(end + CONTEXT_LINES).min(lines.len())])
}

#[cfg(test)]
mod tests {
    use aiia_edit::hunks;

    use super::*;

    #[test]
    fn words_that_differ_stand_out() {
        let lines = shown_lines(&hunks("a = 1\n", "a = 2\n")[0]);
        assert_eq!(shown(&lines[1], true), "\x1b[32m+ a = \x1b[7m2\x1b[27m\x1b[0m");
        assert_eq!(shown(&lines[0], false), "- a = 1");
    }

    #[test]
    fn control_characters_of_a_model_do_not_reach_the_terminal() {
        let lines = shown_lines(&hunks("", "x\x1b[2J\n")[0]);
        assert!(!shown(&lines[0], false).contains('\x1b'));
    }
}
