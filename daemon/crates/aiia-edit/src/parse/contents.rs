//! Fences that hold the text of a file. What looks like an edit in there is a part of that text.

use std::borrow::Cow;

use super::fenced_code::Opening;
use super::search_replace;
use crate::lines::Line;

/// Languages of fences that models put around edits of any kind.
const OF_EDITS: &[&str] = &[
    "diff",
    "patch",
    "udiff",
    "json",
    "jsonc",
    "json5",
    "xml",
    "text",
    "txt",
    "plaintext",
    "edit",
    "search_replace",
    "apply_patch",
    "tool_code",
    "tool_call",
];
const SHELLS: &[&str] = &["sh", "bash", "shell", "zsh", "console", "terminal"];
/// What edits begin with.
const OPENINGS: &[&str] = &[
    "--- ",
    "+++ ",
    "diff --git ",
    "@@",
    "*** Begin Patch",
    "*** Update File",
    "*** Add File",
    "*** Delete File",
    "Index: ",
    "apply_patch",
    "cat ",
    "tee ",
    "$ ",
];
/// Commands that make ready for a file.
const BEFORE: &[&str] = &["mkdir ", "cd ", "touch ", "rm ", "git ", "set ", "patch ", "echo ", "export "];

/// The lines with those blank that are the text of a file.
pub(super) fn without_contents<'l, 't>(lines: &'l [Line<'t>]) -> Cow<'l, [Line<'t>]> {
    let mut kept = Cow::Borrowed(lines);
    let mut at = 0;
    while at < lines.len() {
        let Some(fence) = Opening::open(lines[at].content) else {
            at += 1;
            continue;
        };
        let Some(end) = fence.close(lines, at + 1, &[]) else { break };
        let language = fence.language.as_deref();
        if language.is_some_and(|language| is_content(language, &lines[at + 1..end])) {
            for line in &mut kept.to_mut()[at + 1..end] {
                line.content = "";
            }
        }
        at = end + 1;
    }
    kept
}

/// Whether the lines of a fence are the text of a file in which something looks like an edit.
fn is_content(language: &str, lines: &[Line]) -> bool {
    if OF_EDITS.contains(&language) || !lines.iter().any(opens) {
        return false;
    }
    // A fence in a fence may be around an edit.
    let mut said = lines.iter().filter(|line| !line.is_blank() && !line.trimmed().starts_with("```"));
    if SHELLS.contains(&language) {
        let is_plain = |line: &&Line| {
            BEFORE.iter().any(|command| line.content.starts_with(command))
                || line.content.starts_with('#') && !line.content.starts_with("#!")
        };
        return !said.find(|line| !is_plain(line)).is_some_and(|line| opens(line) && !line.content.starts_with(' '));
    }
    match (said.next(), said.next()) {
        (Some(first), second) => !(opens(first) || may_be_name(first) && second.is_some_and(opens)),
        _ => false,
    }
}

/// Whether an edit may begin with a line.
fn opens(line: &Line) -> bool {
    let text = line.content.trim_start();
    search_replace::is_head(line.content) || OPENINGS.iter().any(|opening| text.starts_with(opening))
}

/// Whether a line may be the name of the file that stands above an edit.
fn may_be_name(line: &Line) -> bool {
    let text = line.trimmed();
    text.split_whitespace().count() <= 3 && text.contains(['.', '/']) && !text.contains(['=', '"', '(', ';'])
}
