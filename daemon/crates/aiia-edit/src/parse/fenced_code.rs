//! Code between fences, which stands for the symbols it holds or for a whole file. Which of the two is
//! decided where the file is known.

use super::file_name::{self, FileName};
use super::{Item, ItemKind, Parsed, code, prose};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, lines as cut};

/// Languages of fences that hold no code of a file.
const NOT_CODE: &[&str] =
    &["console", "shell-session", "sh-session", "output", "text", "txt", "plaintext", "log", "diff", "patch"];

/// Code without a fence is parsed whole for every file, so no more of it is.
const MAX_BARE_BYTES: usize = 512 * 1024;

/// Finds all fenced blocks. A reply without any fence is taken as code as it stands; the resolver
/// then knows prose from code.
pub(super) fn parse(reply: &str, lines: &[Line], known_files: &[&str]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut used = vec![false; lines.len()];
    let mut any_fence = false;
    let mut at = 0;
    while at < lines.len() {
        let Some(fence) = Fence::open(lines[at].content) else {
            at += 1;
            continue;
        };
        any_fence = true;
        let close = fence.close(lines, at + 1);
        let end = close.unwrap_or(lines.len());
        let next = (end + 1).min(lines.len());
        let mut body = &lines[at + 1..end];
        if let Some(language) = &fence.language
            && NOT_CODE.contains(&language.as_str())
        {
            at = next;
            continue;
        }
        let mut name = file_name::in_fence_info(fence.info, known_files)
            .or_else(|| file_name::above(lines, &used, at, known_files).map(|(_, name)| name));
        if let Some(first) = body.first()
            && let Some(inside) = file_name::in_first_code_line(first.content, known_files)
        {
            name = Some(inside);
            body = &body[1..];
        }
        let text = code(body);
        if !text.trim().is_empty() {
            used[at..next].fill(true);
            parsed.items.push(Item {
                file: FileName::from_option(name),
                kind: ItemKind::Code { text, language: fence.language, loose: close.is_none() },
                reply_line: at + 1,
            });
        }
        at = next;
    }
    if any_fence {
        parsed.prose = prose(lines, &used);
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
                loose: true,
            },
            reply_line: 1,
        });
    }
    parsed
}

/// New files that stand in fences beside the edits of another dialect. Only a name of its own that no file has makes one: other
/// fences there are examples.
pub(super) fn add_new_files(lines: &[Line], known_files: &[&str], parsed: &mut Parsed) {
    if parsed.items.is_empty() {
        return;
    }
    let beside = parse(&parsed.prose, &cut(&parsed.prose), known_files);
    let is_new = |item: &Item| match &item.file {
        FileName::Given(name) => !known_files.contains(&name.as_str()) && is_named(lines, name),
        _ => false,
    };
    let (new, rest): (Vec<Item>, Vec<Item>) = beside.items.into_iter().partition(is_new);
    let edited = |item: &Item| parsed.items.iter().any(|other| other.file == item.file);
    let new: Vec<Item> = new.into_iter().filter(|item| !edited(item)).collect();
    if !new.is_empty() && rest.is_empty() {
        parsed.prose = beside.prose;
    }
    parsed.items.extend(new);
}

/// Whether the name stands on a line of its own.
fn is_named(lines: &[Line], name: &str) -> bool {
    lines.iter().any(|line| line.content.contains(name) && line.content.split_whitespace().count() <= 3)
}

struct Fence<'t> {
    sign: char,
    width: usize,
    info: &'t str,
    language: Option<String>,
}

impl<'t> Fence<'t> {
    fn open(line: &'t str) -> Option<Self> {
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

    /// The line that closes the fence. Inside Markdown fences nest.
    fn close(&self, lines: &[Line], from: usize) -> Option<usize> {
        let nests = matches!(self.language.as_deref(), Some("md" | "markdown"));
        let mut depth = 0;
        for (number, line) in lines.iter().enumerate().skip(from) {
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
