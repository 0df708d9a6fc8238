//! From a reply to edit items, whatever dialect the model chose. A dialect is one file here; it is
//! recognised from the reply itself. Parsers never fail and drop nothing: what is no edit stays prose,
//! what is a broken edit becomes a complaint.

mod alternatives;
mod apply_patch;
mod contents;
mod escaped;
mod fenced_code;
mod file_name;
mod here_document;
mod json;
mod lead;
mod leakage;
mod named_lines;
mod pairs;
mod record;
mod search_replace;
mod sections;
mod thinking;
mod unified_diff;
mod xml;

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use crate::complaint::Complaint;
use crate::lines::{Line, lines};
use crate::workspace::Workspace;

pub(crate) use alternatives::Choice;
pub(crate) use escaped::unescape;
pub(crate) use file_name::FileName;
pub(crate) use lead::{Lead, says_no_change};

/// One edit the reply asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    /// The file as the reply calls it.
    pub(crate) file: FileName,
    pub(crate) kind: ItemKind,
    /// Where it begins in the reply, 1-based, for complaints.
    pub(crate) reply_line: usize,
}

impl Item {
    /// Takes absolute paths in the workspace for what they are there.
    pub(crate) fn seen_from_root(&mut self, workspace: &dyn Workspace) {
        if let FileName::Earlier(name) | FileName::Given(name) | FileName::Mentioned(name) = &mut self.file
            && let Some(inside) = workspace.inside(name)
        {
            *name = inside;
        }
        if let ItemKind::Rename { to } = &mut self.kind
            && let Some(inside) = workspace.inside(to)
        {
            *to = inside;
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ItemKind {
    /// Replace a passage. More than one reading when the text holds lines that look like the divider.
    Replace { readings: Vec<Reading> },
    /// Code that stands for the symbols in it, or for the whole file.
    Code {
        text: String,
        /// The language named at the fence.
        language: Option<String>,
        fence: Fence,
        /// What the words above it say that it is for.
        lead: Lead,
        /// The lines, counted from 0, that these words name.
        named: Option<Range<usize>>,
    },
    /// Two blocks of code of which the reply says that the second takes the place of the first.
    Pair {
        reading: Reading,
        /// The language named at the second fence.
        language: Option<String>,
    },
    /// The whole text of a file, which must not be there already if it is `only_new`.
    Write { text: String, only_new: bool },
    /// The file goes, if it has the expected text.
    Delete { expected: Option<String> },
    /// The file gets another name.
    Rename { to: String },
}

impl ItemKind {
    /// How the new text of a replacement, as it is read first, differs from the old.
    fn difference(&self) -> Option<Difference<'_>> {
        let reading = match self {
            Self::Replace { readings } => readings.first()?,
            Self::Pair { reading, .. } => reading,
            _ => return None,
        };
        let trimmed = |text| str::lines(text).map(str::trim).collect::<HashSet<_>>();
        let (old, new) = (trimmed(&reading.old), trimmed(&reading.new));
        Some(Difference { gone: &old - &new, come: &new - &old })
    }
}

/// The fence around code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fence {
    Closed,
    /// It has no end.
    Open,
    /// The reply has none at all.
    None,
}

/// A way to read a passage. What it says beside the texts tells apart places that fit equally, no more.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) old: String,
    pub(crate) new: String,
    /// The line where the old text begins, counted from 1, as the reply says.
    pub(crate) line: Option<usize>,
    /// Lines above it, an outer one before an inner one.
    pub(crate) anchors: Vec<String>,
    /// The old text ends where the file ends.
    pub(crate) at_end: bool,
    /// The texts may begin and end within a line.
    pub(crate) inline: bool,
    /// Every place is meant.
    pub(crate) everywhere: bool,
    /// How many places the reply says there are, if every one is meant.
    pub(crate) count: Option<usize>,
}

impl Reading {
    pub(crate) fn new(old: String, new: String) -> Self {
        Self { old, new, ..Self::default() }
    }

    /// Adds a line of a diff.
    fn push(&mut self, sign: char, line: &str) {
        for text in
            [(sign != '+').then_some(&mut self.old), (sign != '-').then_some(&mut self.new)].into_iter().flatten()
        {
            text.push_str(line);
            text.push('\n');
        }
    }
}

/// What was read from a reply.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) items: Vec<Item>,
    pub(crate) complaints: Vec<Complaint>,
    /// The reply without the edits.
    pub(crate) prose: String,
    /// Code blocks that stand beside edits of another dialect, and are no edits themselves.
    pub(crate) beside: Vec<Item>,
    /// Which of the edits are alternatives, by the lines where they begin.
    alternatives: Vec<(usize, Choice)>,
    /// The words above its code, by the lines where that begins.
    said: Vec<(usize, String)>,
    /// Which lines of the reply belong to edits.
    used: Vec<bool>,
}

impl Parsed {
    /// Which alternative an edit is.
    pub(crate) fn choice(&self, item: &Item) -> Option<&Choice> {
        self.alternatives.iter().find(|(line, _)| *line == item.reply_line).map(|(_, choice)| choice)
    }

    /// The words above an item.
    pub(crate) fn said_above(&self, item: &Item) -> &str {
        self.said.iter().find(|(line, _)| *line == item.reply_line).map_or("", |(_, said)| said)
    }

    fn is_found(&self) -> bool {
        !self.items.is_empty() || !self.complaints.is_empty()
    }

    /// Adds what another dialect found in the lines that were left. What only says again what is there already, as the diff of an
    /// edit does, is no further edit.
    fn add(&mut self, other: Self) {
        if !self.is_found() {
            *self = other;
            return;
        }
        let added: Vec<Item> = other.items.into_iter().filter(|item| !self.says(item)).collect();
        self.items.extend(added);
        self.items.sort_by_key(|item| item.reply_line);
        self.complaints.extend(other.complaints);
        self.beside.extend(other.beside);
        if self.used.len() == other.used.len() {
            for (used, more) in self.used.iter_mut().zip(other.used) {
                *used |= more;
            }
        } else {
            self.prose = other.prose;
            self.used = other.used;
        }
    }

    /// Whether the edits for a file take away and bring all the lines that a further one does.
    fn says(&self, item: &Item) -> bool {
        let Some(further) = item.kind.difference() else { return false };
        let mut said = Difference::default();
        for other in self.items.iter().filter(|other| other.file.may_be(&item.file)) {
            let Some(Difference { gone, come }) = other.kind.difference() else { continue };
            said.gone.extend(gone);
            said.come.extend(come);
        }
        further.gone.is_subset(&said.gone) && further.come.is_subset(&said.come)
    }

    /// Notes which lines belong to edits: the others are prose.
    fn leave(&mut self, lines: &[Line], used: Vec<bool>) {
        self.prose = prose(lines, &used);
        self.used = used;
    }
}

/// The lines by which two texts differ.
#[derive(Default)]
struct Difference<'t> {
    gone: HashSet<&'t str>,
    come: HashSet<&'t str>,
}

/// Reads a reply. `known_files` helps to tell a file name from prose.
pub(crate) fn parse(reply: &str, known_files: &[&str]) -> Parsed {
    let reply = without_byte_order_marks(reply);
    let reply = leakage::without_channels(&reply);
    let reply = thinking::without_thinking(&reply);
    let reply = leakage::without_artifacts(&reply);
    let reply = leakage::without_tool_signs(&reply);
    if let Some(inner) = escaped::unescaped(&reply) {
        return parse_text(&inner, known_files);
    }
    parse_text(&reply, known_files)
}

/// Reads one dialect: the text, its lines and the files that are known.
type Dialect = fn(&str, &[Line], &[&str]) -> Parsed;

/// Those that may stand in one reply beside each other. Each reads what those before it left.
const DIALECTS: &[Dialect] = &[
    json::parse,
    xml::parse,
    |_, lines, _| apply_patch::parse(&contents::without_contents(lines)),
    |_, lines, known_files| search_replace::parse(&contents::without_contents(lines), known_files),
    |_, lines, known_files| unified_diff::parse(&contents::without_contents(lines), known_files),
];

/// Stands for a line that is read already.
const TAKEN: &str = "\0";

fn parse_text(reply: &str, known_files: &[&str]) -> Parsed {
    let all = lines(reply);
    let mut parsed = Parsed::default();
    let mut rest = Cow::Borrowed(reply);
    for dialect in DIALECTS {
        let left = lines(&rest);
        let found = dialect(&rest, &left, known_files);
        if !found.is_found() {
            continue;
        }
        let is_all = found.used.len() != left.len() || !found.used.contains(&false);
        if !is_all {
            rest = Cow::Owned(without(&left, &found.used));
        }
        parsed.add(found);
        if is_all {
            break;
        }
    }
    if !parsed.is_found() {
        parsed = here_document::parse(&contents::without_contents(&all));
    }
    if !parsed.is_found() {
        parsed = fenced_code::parse(reply, &all, known_files);
    } else if parsed.used.len() == all.len() {
        parsed.prose = prose(&all, &parsed.used);
        fenced_code::add_beside(&all, known_files, &mut parsed);
    }
    if parsed.used.len() == all.len() {
        let above = |item: &Item| {
            let at = item.reply_line.saturating_sub(1).min(all.len());
            (item.reply_line, lead::text_above(&all, &parsed.used, at))
        };
        parsed.said = parsed.items.iter().map(above).collect();
    }
    if parsed.items.len() > 1 {
        parsed.alternatives = alternatives::find(&all, &parsed.items);
    }
    parsed
}

/// The text with the used lines taken out, and as many lines as before.
fn without(lines: &[Line], used: &[bool]) -> String {
    lines.iter().zip(used).flat_map(|(line, used)| [if *used { TAKEN } else { line.content }, line.ending]).collect()
}

/// A fenced block of a reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeBlock {
    /// The file that the reply names at it.
    pub file: Option<String>,
    /// The language named at the fence.
    pub language: Option<String>,
    /// What stands in it.
    pub text: String,
    /// Where it begins in the reply, counted from 1.
    pub reply_line: usize,
}

impl CodeBlock {
    /// Whether it is what one types into a terminal.
    pub fn is_command(&self) -> bool {
        const SHELLS: &[&str] = &["sh", "bash", "shell", "zsh", "console", "powershell", "bat", "cmd", "terminal"];
        self.language.as_deref().is_some_and(|language| SHELLS.contains(&language))
    }
}

/// The blocks of code of a reply that are closed, without those of which the reply says that they are output or not to be used.
/// `known_files` helps to tell a file name from prose.
pub fn code_blocks(reply: &str, known_files: &[&str]) -> Vec<CodeBlock> {
    let reply = thinking::without_thinking(reply);
    let parsed = fenced_code::parse(&reply, &lines(&reply), known_files);
    let block = |item: Item| match item {
        Item { file, kind: ItemKind::Code { text, language, fence: Fence::Closed, lead, .. }, reply_line } => {
            let file = match file {
                FileName::Given(name) | FileName::Mentioned(name) => Some(name),
                FileName::None | FileName::Earlier(_) => None,
            };
            (lead != Lead::Rejects).then_some(CodeBlock { file, language, text, reply_line })
        }
        _ => None,
    };
    parsed.items.into_iter().filter_map(block).collect()
}

/// The dialects that mark old and new lines. One of them may also stand inside a value of JSON or XML.
fn marked(lines: &[Line], known_files: &[&str]) -> Parsed {
    let mut parsed = apply_patch::parse(lines);
    if !parsed.is_found() {
        parsed = search_replace::parse(lines, known_files);
    }
    if !parsed.is_found() {
        parsed = unified_diff::parse(lines, known_files);
    }
    parsed
}

/// A reply without the byte order marks at the beginnings of its lines: copied text brings them along, and none of them may become
/// the beginning of a file.
fn without_byte_order_marks(reply: &str) -> Cow<'_, str> {
    if !reply.contains('\u{feff}') {
        return Cow::Borrowed(reply);
    }
    let mut kept = String::with_capacity(reply.len());
    kept.extend(
        reply
            .chars()
            .scan(true, |begins_line, character| {
                let is_mark = *begins_line && character == '\u{feff}';
                *begins_line = is_mark || matches!(character, '\n' | '\r');
                Some((!is_mark).then_some(character))
            })
            .flatten(),
    );
    Cow::Owned(kept)
}

/// The lines as code, each with a break.
fn code(lines: &[Line]) -> String {
    lines.iter().flat_map(|line| [line.content, if line.ending.is_empty() { "\n" } else { line.ending }]).collect()
}

/// The lines outside `used`, without fences that hold nothing any more.
fn prose(lines: &[Line], used: &[bool]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for (line, _) in lines.iter().zip(used).filter(|(_, used)| !**used) {
        let closes_empty = line.trimmed() == "```"
            && kept
                .iter()
                .rposition(|text| !text.trim().is_empty())
                .is_some_and(|at| kept[at].trim_start().starts_with("```"));
        if closes_empty {
            while kept.pop().is_some_and(|text| text.trim().is_empty()) {}
        } else if !(line.is_blank() && kept.last().is_none_or(|text| text.trim().is_empty())) {
            kept.push(line.content);
        }
    }
    kept.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests;
