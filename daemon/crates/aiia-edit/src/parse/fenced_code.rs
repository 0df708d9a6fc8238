//! Code between fences, which stands for the symbols it holds or for a whole file. Which of the two is
//! decided where the file is known.

use std::ops::Range;

use super::file_name::{self, FileName};
use super::sections::Sections;
use super::{Fence, Item, ItemKind, Lead, Parsed, code, lead, named_lines, pairs};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, lines as cut};

/// Languages of fences that hold no code of a file.
const NOT_CODE: &[&str] =
    &["console", "shell-session", "sh-session", "output", "text", "txt", "plaintext", "log", "diff", "patch"];

/// Code without a fence is parsed whole for every file, so no more of it is.
const MAX_BARE_BYTES: usize = 512 * 1024;

/// Languages of fences that may also hold the text of a file, where one is named.
const TEXT: &[&str] = &["text", "txt", "plaintext"];

/// Finds all fenced blocks. A reply without any fence is taken as code as it stands; the resolver
/// then knows prose from code.
pub(super) fn parse(reply: &str, lines: &[Line], known_files: &[&str]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut blocks = Blocks::find(lines, vec![false; lines.len()], known_files);
    if blocks.any_fence {
        pairs::join(lines, &mut blocks.items);
        parsed.items = blocks.items.into_iter().map(|(item, _)| item).collect();
        parsed.leave(lines, blocks.used);
    } else if reply.len() > MAX_BARE_BYTES {
        let message = format!(
            "The reply holds no edit and no code fence, and is larger than {} KiB, so it is not read as code. Ask the model for \
             search/replace blocks.",
            MAX_BARE_BYTES / 1024
        );
        parsed.complaints.push(Complaint::new(ComplaintKind::TooLarge, message));
    } else if !reply.trim().is_empty() {
        reply.trim().clone_into(&mut parsed.prose);
        parsed.items.push(Item {
            file: FileName::None,
            kind: ItemKind::Code {
                text: cut(reply.trim_end()).iter().flat_map(|line| [line.content, "\n"]).collect(),
                language: None,
                fence: Fence::None,
                lead: Lead::Other,
                named: None,
            },
            reply_line: 1,
        });
    }
    parsed
}

/// Adds what stands in fences beside the edits of another dialect: new files, code for files without any other edit, and code that is
/// no edit. Only a name on a line of its own counts.
pub(super) fn add_beside(lines: &[Line], known_files: &[&str], parsed: &mut Parsed) {
    if parsed.used.len() != lines.len() {
        return;
    }
    let mut used = parsed.used.clone();
    let mut beside = Blocks::find(lines, used.clone(), known_files).items;
    pairs::join(lines, &mut beside);
    for (item, place) in beside {
        if matches!(item.kind, ItemKind::Pair { .. }) {
            used[place].fill(true);
            if !parsed.says(&item) {
                parsed.items.push(item);
            }
            continue;
        }
        let name = match &item.file {
            FileName::Given(name) if is_named(lines, name, known_files) => Some(name.as_str()),
            _ => None,
        };
        let is_new = name.is_some_and(|name| !known_files.contains(&name));
        let is_change = name.is_some() && is_offered(&item);
        let is_edited = |other: &Item| other.file.may_be(&item.file);
        if (is_new || is_change) && !parsed.items.iter().any(is_edited) {
            used[place].fill(true);
            parsed.items.push(item);
        } else {
            parsed.beside.push(item);
        }
    }
    parsed.leave(lines, used);
}

/// Whether nothing says of code that it only shows something.
fn is_offered(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Code { fence: Fence::Closed, lead, .. } if !lead.only_shows())
}

/// Whether the name stands on a line of its own, or one that says that the file is new.
fn is_named(lines: &[Line], name: &str, known_files: &[&str]) -> bool {
    lines.iter().filter(|line| line.content.contains(name)).any(|line| {
        line.content.split_whitespace().count() <= 3
            || file_name::made_in(line.content, known_files).is_some_and(|made| made == name)
    })
}

/// The fenced blocks of a reply.
struct Blocks {
    /// Each with its lines, fences included.
    items: Vec<(Item, Range<usize>)>,
    any_fence: bool,
    /// Lines of edits and of these blocks.
    used: Vec<bool>,
}

impl Blocks {
    /// Finds the blocks outside lines that are used.
    fn find(lines: &[Line], mut used: Vec<bool>, known_files: &[&str]) -> Self {
        let mut items = Vec::new();
        let mut any_fence = false;
        let sections = Sections::find(lines, known_files);
        let mut at = 0;
        while at < lines.len() {
            let Some(fence) = Opening::open(lines[at].content).filter(|_| !used[at]) else {
                at += 1;
                continue;
            };
            any_fence = true;
            let close = fence.close(lines, at + 1, &used);
            let end = close.unwrap_or(lines.len());
            let next = (end + 1).min(lines.len());
            // A fence around an edit.
            if used[at + 1..end].contains(&true) {
                at = next;
                continue;
            }
            let above = || file_name::above(lines, &used, at, known_files);
            if let Some(language) = &fence.language
                && NOT_CODE.contains(&language.as_str())
            {
                let is_file = above().is_some_and(|(line, name)| {
                    let line = lines[line].content;
                    line.split_whitespace().count() <= 2
                        || file_name::made_in(line, known_files).is_some_and(|made| made == name)
                });
                if !(is_file && TEXT.contains(&language.as_str())) {
                    at = next;
                    continue;
                }
            }
            let named = file_name::in_fence_info(fence.info, known_files).or_else(|| above().map(|(_, name)| name));
            let language = fence.language.as_deref();
            let lead = Lead::above(lines, &used, at);
            let lines_named = named_lines::of(&lead::text_above(lines, &used, at));
            let may_be_used = close.is_some() && !lead.only_shows();
            let unnamed = || {
                if !may_be_used {
                    return FileName::None;
                }
                file_name::mentioned_above(lines, &used, at, language, known_files).map_or_else(
                    || if lead == Lead::Elsewhere { FileName::None } else { sections.file_at(at, &used) },
                    FileName::Mentioned,
                )
            };
            let ends = if close.is_some() { Fence::Closed } else { Fence::Open };
            let mut start = at;
            for (inside, part) in parts(&lines[at + 1..end], language, known_files) {
                let file = match inside.or_else(|| named.clone()) {
                    Some(name) => FileName::Given(name),
                    None => unnamed(),
                };
                let text = code(part);
                // Nothing may take the place of the block above.
                let may_delete = || {
                    let above = items.last().filter(|_| close.is_some());
                    above.is_some_and(|(_, place): &(Item, Range<usize>)| pairs::is_new(&lines[place.end..at]))
                };
                let kind = if !text.trim().is_empty() || may_delete() {
                    ItemKind::Code {
                        text,
                        language: fence.language.clone(),
                        fence: ends,
                        lead,
                        named: lines_named.clone(),
                    }
                } else if matches!(&file, FileName::Given(name) if close.is_some() && !known_files.contains(&name.as_str()))
                {
                    ItemKind::Write { text: String::new(), only_new: true }
                } else {
                    continue;
                };
                let reply_line = start + 1;
                let part_end =
                    part.last().map_or(next, |line| lines.partition_point(|other| other.start <= line.start));
                let stop = if part_end >= end { next } else { part_end };
                items.push((Item { file, kind, reply_line }, start..stop));
                start = stop;
            }
            if start > at {
                used[at..next].fill(true);
            }
            at = next;
        }
        Self { items, any_fence, used }
    }
}

/// The lines of a block by the files that comments in it name. A comment below the first line counts only where one stands there too.
fn parts<'l, 't>(
    body: &'l [Line<'t>],
    language: Option<&str>,
    known_files: &[&str],
) -> Vec<(Option<String>, &'l [Line<'t>])> {
    let name = |line: &Line| {
        file_name::in_first_code_line(line.content, known_files)
            .or_else(|| file_name::in_comment_alone(line.content, language))
    };
    let Some(first) = body.first().and_then(name) else { return vec![(None, body)] };
    let begins = |at: &usize| {
        let line = &body[*at];
        body[*at - 1].is_blank()
            && !line.content.starts_with([' ', '\t'])
            && line.content.len() < 200
            && is_comment(line)
            && name(line).is_some()
    };
    let heads: Vec<usize> = (1..body.len()).filter(begins).collect();
    let mut found = Vec::with_capacity(heads.len() + 1);
    let mut current = (Some(first), 1);
    for head in heads {
        found.push((current.0, &body[current.1..head]));
        current = (name(&body[head]), head + 1);
    }
    found.push((current.0, &body[current.1..]));
    found
}

fn is_comment(line: &Line) -> bool {
    ["//", "#", "--", "/*", "<!--"].iter().any(|lead| line.content.starts_with(lead))
}

pub(super) struct Opening<'t> {
    sign: char,
    width: usize,
    info: &'t str,
    pub(super) language: Option<String>,
}

impl<'t> Opening<'t> {
    /// The fence that a line opens.
    pub(super) fn open(line: &'t str) -> Option<Self> {
        let line = line.trim();
        let sign = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let width = line.chars().take_while(|c| *c == sign).count();
        let info = line[width..].trim();
        if width < 3 || info.contains('`') {
            return None;
        }
        let language = info
            .split([' ', ':', ',', '{', '='])
            .next()
            .filter(|word| !word.is_empty() && !word.contains(['.', '/']))
            .map(str::to_lowercase);
        Some(Self { sign, width, info, language })
    }

    /// The line that closes the fence. Inside Markdown fences nest. `used` lines belong to edits.
    pub(super) fn close(&self, lines: &[Line], from: usize, used: &[bool]) -> Option<usize> {
        let nests = matches!(self.language.as_deref(), Some("md" | "markdown"));
        let mut depth = 0;
        for (number, line) in lines.iter().enumerate().skip(from).filter(|(number, _)| used.get(*number) != Some(&true))
        {
            let line = line.trimmed();
            let width = line.chars().take_while(|c| *c == self.sign).count();
            if width < self.width {
                continue;
            }
            if width < line.chars().count() {
                depth += usize::from(nests);
            } else if depth == 0 {
                return Some(number);
            } else {
                depth -= 1;
            }
        }
        None
    }
}
