//! Files that headings name for all that stands below them: `### src/a.py`, then a sentence or a heading of its own above each block.

use super::fenced_code::Opening;
use super::file_name::{self, FileName};
use crate::lines::Line;

/// The level of what stands outside of all headings.
const TOP: usize = 0;
/// Lines of headings are not longer, in bytes.
const MAX_HEADING: usize = 200;

/// The headings of a reply, and its fences.
pub(super) struct Sections {
    headings: Vec<Heading>,
    /// The lines that open fences.
    fences: Vec<usize>,
}

struct Heading {
    line: usize,
    /// Less is further out.
    level: usize,
    file: Option<(String, Known)>,
}

/// Whether there is a file of that name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Yes,
    No,
}

impl Sections {
    /// Finds the headings outside fences.
    pub(super) fn find(lines: &[Line], known_files: &[&str]) -> Self {
        let mut found = Self { headings: Vec::new(), fences: Vec::new() };
        // Bold names are one level below the heading that stands above the first of them.
        let (mut enclosing, mut bold) = (TOP, None);
        let mut at = 0;
        while at < lines.len() {
            if let Some(fence) = Opening::open(lines[at].content) {
                found.fences.push(at);
                let Some(end) = fence.close(lines, at + 1, &[]) else { break };
                at = end + 1;
                continue;
            }
            let text = lines[at].trimmed();
            let signs = text.len() - text.trim_start_matches('#').len();
            if text.len() > MAX_HEADING {
            } else if (1..=6).contains(&signs) && text[signs..].starts_with(' ') {
                enclosing = 2 * signs;
                let file = file_name::in_line(text, known_files).and_then(|name| judged(name, text, known_files));
                found.headings.push(Heading { line: at, level: enclosing, file });
            } else if is_bold(text)
                && let Some(file) =
                    file_name::in_line(text, known_files).and_then(|name| judged(name, text, known_files))
            {
                let level = *bold.get_or_insert(enclosing + 1);
                found.headings.push(Heading { line: at, level, file: Some(file) });
            }
            at += 1;
        }
        found
    }

    /// The file in force at a line. Of the first block below its heading it is given; further blocks may belong elsewhere, if they fit
    /// only there. `used` lines belong to edits.
    pub(super) fn file_at(&self, at: usize, used: &[bool]) -> FileName {
        let mut outermost = usize::MAX;
        let above = self.headings.partition_point(|heading| heading.line < at);
        for heading in self.headings[..above].iter().rev().filter(|heading| !used[heading.line]) {
            let Some((name, known)) = &heading.file else {
                outermost = outermost.min(heading.level);
                continue;
            };
            if outermost <= heading.level {
                return FileName::None;
            }
            let between = self.fences.partition_point(|fence| *fence < heading.line);
            let is_first = self.fences.get(between).is_none_or(|fence| *fence >= at || at - fence == 1);
            return match (is_first, known) {
                (true, _) => FileName::Given(name.clone()),
                (false, Known::Yes) => FileName::Earlier(name.clone()),
                (false, Known::No) => FileName::None,
            };
        }
        FileName::None
    }
}

/// Whether a line is nothing but a name in bold or between backticks, and no item of a list.
fn is_bold(text: &str) -> bool {
    let bare = text.trim_end_matches(':');
    text.split_whitespace().count() <= 3
        && ["**", "`"].iter().any(|sign| bare.len() > 2 * sign.len() && bare.starts_with(sign) && bare.ends_with(sign))
}

/// The name, unless it is none of a file: `Node.js`.
fn judged(name: String, text: &str, known_files: &[&str]) -> Option<(String, Known)> {
    if file_name::is_known(&name, known_files) {
        return Some((name, Known::Yes));
    }
    (name.contains('/') || text.contains(['`', '*'])).then_some((name, Known::No))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::lines::lines;

    #[rstest]
    #[case("### `src/b.py`\n\nUpdate `run`:\n\n@", "given src/b.py")]
    #[case("### src/b.py\n\n#### run\n\n@", "given src/b.py")]
    #[case("### src/b.py\n\n#### run\n```\nx\n```\n#### stop\n@", "earlier src/b.py")]
    #[case("### src/b.py\n```\nx\n```\n### src/a.py\nUpdate `run`:\n@", "given src/a.py")]
    #[case("### src/b.py\n\n### Notes\n\n@", "")]
    #[case("### src/b.py\n\n## Notes\n\n@", "")]
    #[case("**src/a.py**\n#### x\n```\nx\n```\n**src/b.py**\n#### y\n@", "given src/b.py")]
    #[case("## Changes\n**src/a.py**\n### x\n\n@", "given src/a.py")]
    #[case("## Changes\n**src/a.py**\n## Usage\n\n@", "")]
    #[case("## src/new.py\nIt is new:\n@", "given src/new.py")]
    #[case("## src/new.py\nIt is new:\n```\nx\n```\nUse it:\n@", "")]
    #[case("## Node.js\nInstall it:\n@", "")]
    #[case("Changed are:\n- src/a.py\n- src/b.py\n\nUpdate `run`:\n@", "")]
    #[case("```\n# src/b.py\n```\nThen:\n@", "")]
    fn files_in_force(#[case] reply: &str, #[case] expected: &str) {
        let lines = lines(reply);
        let at = lines.iter().position(|line| line.content == "@").unwrap();
        let found = Sections::find(&lines, &["src/a.py", "src/b.py"]).file_at(at, &vec![false; lines.len()]);
        let said = match found {
            FileName::Given(name) => format!("given {name}"),
            FileName::Earlier(name) => format!("earlier {name}"),
            _ => String::new(),
        };
        assert_eq!(said, expected);
    }
}
