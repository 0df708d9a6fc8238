//! Code of a reply that is in no edit.

use std::cell::{Cell, OnceCell};
use std::fmt;

use super::placed;
use crate::lines::{Line, lines};
use crate::parse::{Item, ItemKind};
use crate::placeholder::is_elision;
use crate::resolve::{Files, Resolved, shortened};

/// A code block of a reply that has no place in the files, and of which the reply does not say that it is a part of the change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// Where it begins in the reply, counted from 1; the reply stands behind those of earlier rounds.
    pub reply_line: usize,
    /// The start of its first line.
    pub first_line: String,
}

impl LeftOut {
    /// `above` is the count of lines of earlier rounds.
    pub(super) fn new(item: &Item, above: usize) -> Self {
        let text = if let ItemKind::Code { text, .. } = &item.kind { text.as_str() } else { "" };
        let first = lines(text).iter().map(Line::trimmed).find(|line| !line.is_empty()).unwrap_or_default();
        Self { reply_line: item.reply_line + above, first_line: shortened(first) }
    }
}

/// The sentence people read.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The code block on line {} of the reply (`{}`) was left out: it has no place in the files.",
            self.reply_line, self.first_line
        )
    }
}

/// So many blocks are looked up; more are no examples.
const MAX_LOOKED_UP: usize = 50;

/// The texts before and after the change, without blank lines and indentation: what stands in them is not left out.
pub(super) struct Texts<'r, 'f> {
    resolved: &'r [Resolved],
    files: &'r Files<'f>,
    plain: OnceCell<Vec<String>>,
    left: Cell<usize>,
}

impl<'r, 'f> Texts<'r, 'f> {
    pub(super) fn new(resolved: &'r [Resolved], files: &'r Files<'f>) -> Self {
        Self { resolved, files, plain: OnceCell::new(), left: Cell::new(MAX_LOOKED_UP) }
    }

    fn texts(&self) -> &[String] {
        self.plain.get_or_init(|| {
            let files = self.files;
            let mut texts: Vec<String> = files.views.iter().map(|view| plain(view.text)).collect();
            let new = (0..files.views.len()).filter_map(|file| changed(file, self.resolved, files));
            texts.extend(new.map(|text| plain(&text)));
            for resolved in self.resolved {
                match resolved {
                    Resolved::Changes { changes, .. } => {
                        texts.extend(changes.iter().map(|change| plain(&change.new_text)));
                    }
                    Resolved::Create { text, .. } => texts.push(plain(text)),
                    Resolved::Delete { .. } | Resolved::Rename { .. } => {}
                }
            }
            texts
        })
    }

    /// Whether commands are a part of a script that changes.
    fn is_of_script(&self, item: &Item, commands: &str) -> bool {
        let is_changed = |file: usize| {
            let is_own = |resolved: &Resolved| matches!(resolved, Resolved::Changes { file: own, .. } if *own == file);
            self.resolved.iter().any(is_own)
        };
        let files = (0..self.files.views.len()).filter(|file| is_changed(*file));
        files.map(|file| &self.files.views[file]).any(|view| {
            let is_script = view.language.is_some_and(|language| language.name() == "bash");
            is_script && defines(commands) || placed::quotes_lines(item, view)
        })
    }

    /// Whether the code of an item is in one of the texts, or is none of a file at all.
    pub(super) fn have(&self, item: &Item) -> bool {
        let ItemKind::Code { text, .. } = &item.kind else { return false };
        if placed::is_bare(item) || placed::is_command(item) && !self.is_of_script(item, text) && !changes_files(text) {
            return true;
        }
        let Some(left) = self.left.get().checked_sub(1) else { return false };
        self.left.set(left);
        let code = plain(text);
        // What it leaves out may be anything.
        let parts: Vec<&str> = code.split_inclusive('\n').collect();
        let parts: Vec<String> = parts
            .split(|line| is_elision(line) || matches!(line.trim(), "..." | "…"))
            .map(|lines| format!("\n{}", lines.concat().trim_start_matches('\n')))
            .filter(|part| !part.trim().is_empty())
            .collect();
        self.texts().iter().any(|text| parts.iter().all(|part| text.contains(part)))
    }
}

/// The text of a file with all changes; nothing where there is none, or where they overlap.
fn changed(file: usize, resolved: &[Resolved], files: &Files) -> Option<String> {
    let of_file = |resolved: &'_ Resolved| matches!(resolved, Resolved::Changes { file: own, .. } if *own == file);
    let mut changes: Vec<_> = resolved
        .iter()
        .filter(|resolved| of_file(resolved))
        .flat_map(|resolved| if let Resolved::Changes { changes, .. } = resolved { changes.as_slice() } else { &[] })
        .collect();
    changes.sort_by_key(|change| (change.range.start, change.range.end));
    let old = files.views.get(file)?.text;
    let (mut text, mut at) = (String::new(), 0);
    for change in &changes {
        text.push_str(old.get(at..change.range.start)?);
        text.push_str(&change.new_text);
        at = change.range.end;
    }
    text.push_str(old.get(at..)?);
    (!changes.is_empty()).then_some(text)
}

/// Whether commands do away with files or give them other names, which is a part of a change.
fn changes_files(commands: &str) -> bool {
    let words = ["rm ", "mv ", "git rm ", "git mv ", "del ", "patch ", "git apply "];
    lines(commands)
        .iter()
        .any(|line| words.iter().any(|word| line.trimmed().trim_start_matches("$ ").starts_with(word)))
}

/// Whether commands define functions, as scripts do.
fn defines(commands: &str) -> bool {
    lines(commands).iter().any(|line| line.trimmed().replace(' ', "").ends_with("(){"))
}

/// The lines that are not blank, trimmed, each between line breaks.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 1);
    plain.push('\n');
    for line in lines(text).iter().filter(|line| !line.is_blank()) {
        plain.push_str(line.trimmed());
        plain.push('\n');
    }
    plain
}
