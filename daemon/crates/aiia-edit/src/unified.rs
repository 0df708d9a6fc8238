//! Unified diffs, readable by people, `patch` and `git apply`.

use std::fmt::Write as _;
use std::ops::Range;

use crate::hunk::Hunk;
use crate::lines::whole_lines;
use crate::plan::FileAction;

/// The hunks of one file as a unified diff with its `---`/`+++` header; empty when there are no hunks.
/// Hunks whose context would overlap share a header. `old` must be the text the hunks were made on.
pub fn unified_diff(path: &str, old: &str, hunks: &[Hunk], context_lines: usize) -> String {
    if hunks.is_empty() {
        return String::new();
    }
    let lines = whole_lines(old);
    let references: Vec<&Hunk> = hunks.iter().collect();
    let mut text = file_header(path);
    for group in groups(&references, context_lines) {
        let section = section(&lines, &references[group], context_lines);
        let _ = writeln!(text, "{}", section.header(0));
        for line in section.body {
            text.push_str(&line.text);
        }
    }
    text
}

/// The header lines of a file, as git writes them for what becomes of it; `has_body` tells whether hunks follow.
pub fn git_header(action: &FileAction, path: &str, has_body: bool) -> String {
    let (a, b) = (header_path("a", path), header_path("b", path));
    let line = |a: &str, b: &str| format!("diff --git {} {}\n", a.trim_end(), b.trim_end());
    let (header, names) = match action {
        FileAction::Edit => return file_header(path),
        FileAction::Create => (line(&a, &b) + "new file mode 100644\n", format!("--- /dev/null\n+++ {b}\n")),
        FileAction::Delete => (line(&a, &b) + "deleted file mode 100644\n", format!("--- {a}\n+++ /dev/null\n")),
        FileAction::Rename { from } => {
            let a = header_path("a", from);
            let bare = |path: &str| header_path("", path).trim_end().replacen('/', "", 1);
            let header = format!("{}rename from {}\nrename to {}\n", line(&a, &b), bare(from), bare(path));
            (header, format!("--- {a}\n+++ {b}\n"))
        }
    };
    if has_body { header + &names } else { header }
}

/// The change of a file as a diff that `git apply` takes, with the headers that a new, renamed or deleted file needs. Hunks without
/// lines are left out. `old` must be the text the hunks were made on.
pub fn git_diff(action: &FileAction, path: &str, old: &str, hunks: &[Hunk], context_lines: usize) -> String {
    if *action == FileAction::Edit {
        return unified_diff(path, old, hunks, context_lines);
    }
    let hunks: Vec<Hunk> = hunks.iter().filter(|hunk| hunk.old_lines + hunk.new_lines > 0).cloned().collect();
    let body: String = unified_diff(path, old, &hunks, context_lines).split_inclusive('\n').skip(2).collect();
    git_header(action, path, !hunks.is_empty()) + &body
}

/// The two header lines of a file. A path with a blank is ended by a tab, as git writes it; other odd
/// characters are quoted the way git does.
pub(crate) fn file_header(path: &str) -> String {
    format!("--- {}\n+++ {}\n", header_path("a", path), header_path("b", path))
}

/// Index ranges of hunks that stand so near that they must share a header.
pub(crate) fn groups(hunks: &[&Hunk], context_lines: usize) -> Vec<Range<usize>> {
    let mut result: Vec<Range<usize>> = Vec::new();
    for (number, hunk) in hunks.iter().enumerate() {
        let near = number > 0 && {
            let before = hunks[number - 1];
            hunk.old_index() <= before.old_index() + before.old_lines + 2 * context_lines
        };
        match result.last_mut() {
            Some(group) if near => group.end = number + 1,
            _ => result.push(number..number + 1),
        }
    }
    result
}

/// A line of a section's body.
pub(crate) struct BodyLine {
    /// What is written: sign, content, line break and, where needed, the mark for a missing final break.
    pub(crate) text: String,
    /// The hunk of the group the line belongs to: its own for a change, the nearest for context.
    pub(crate) hunk: usize,
}

/// The hunks under one `@@` header.
pub(crate) struct Section {
    /// The first line and the number of lines, before and after.
    spans: [(usize, usize); 2],
    pub(crate) body: Vec<BodyLine>,
}

impl Section {
    /// `@@ -1,2 +1,3 @@`, so many lines further down.
    pub(crate) fn header(&self, shift: isize) -> String {
        let [old, new] = self.spans.map(|(from, count)| span(from.saturating_add_signed(shift), count));
        format!("@@ -{old} +{new} @@")
    }
}

/// Writes one group of hunks, in order, with its context.
pub(crate) fn section(lines: &[&str], group: &[&Hunk], context_lines: usize) -> Section {
    let first = group[0];
    let last = group[group.len() - 1];
    let from = first.old_index().saturating_sub(context_lines).min(lines.len());
    let to = (last.old_index() + last.old_lines + context_lines).min(lines.len());
    let mut body = Vec::new();
    let mut push = |sign: char, line: &str, hunk: usize| {
        body.push(BodyLine { text: body_line(sign, line), hunk });
    };
    let mut at = from;
    let mut new_count = 0;
    for (number, hunk) in group.iter().enumerate() {
        let start = hunk.old_index().clamp(at, lines.len());
        for (line, text) in lines.iter().enumerate().take(start).skip(at) {
            // Half of the lines between two hunks goes with each of them.
            let owner = if number > 0 && line - at < (start - at) / 2 { number - 1 } else { number };
            push(' ', text, owner);
        }
        new_count += start - at;
        at = (start + hunk.old_lines).min(lines.len());
        lines[start..at].iter().for_each(|line| push('-', line, number));
        for line in whole_lines(&hunk.new_text) {
            push('+', line, number);
            new_count += 1;
        }
    }
    for line in &lines[at.min(to)..to] {
        push(' ', line, group.len() - 1);
        new_count += 1;
    }
    let old_count = to - from;
    // The new numbering counts only the hunks shown, so it follows from the first one's own numbers.
    let new_from = (first.new_index() + from).saturating_sub(first.old_index());
    Section { spans: [(from, old_count), (new_from, new_count)], body }
}

fn span(from: usize, count: usize) -> String {
    match count {
        0 => format!("{from},0"),
        1 => format!("{}", from + 1),
        _ => format!("{},{count}", from + 1),
    }
}

/// A lone CR would run two lines of the diff into one, so it is written as LF.
fn body_line(sign: char, line: &str) -> String {
    if line.ends_with('\n') {
        format!("{sign}{line}")
    } else if let Some(content) = line.strip_suffix('\r') {
        format!("{sign}{content}\n")
    } else {
        format!("{sign}{line}\n\\ No newline at end of file\n")
    }
}

fn header_path(prefix: &str, path: &str) -> String {
    let odd = |c: char| c.is_control() || c == '"' || c == '\\';
    if path.contains(odd) {
        let mut quoted = String::from("\"");
        for c in prefix.chars().chain(['/']).chain(path.chars()) {
            match c {
                '"' | '\\' => quoted.extend(['\\', c]),
                '\n' => quoted.push_str("\\n"),
                '\t' => quoted.push_str("\\t"),
                '\r' => quoted.push_str("\\r"),
                c if c.is_control() => {
                    let mut bytes = [0; 4];
                    for byte in c.encode_utf8(&mut bytes).bytes() {
                        let _ = write!(quoted, "\\{byte:03o}");
                    }
                }
                c => quoted.push(c),
            }
        }
        quoted.push('"');
        quoted
    } else if path.contains(' ') {
        format!("{prefix}/{path}\t")
    } else {
        format!("{prefix}/{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunk::hunks;
    use expect_test::{Expect, expect};

    fn check(old: &str, new: &str, expected: Expect) {
        expected.assert_eq(&unified_diff("a.py", old, &hunks(old, new), 3));
    }

    #[test]
    fn near_hunks_share_a_header() {
        check(
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n",
            "1\nX\n3\n4\n5\nY\n7\n8\n9\n10\n11\n12\n13\n",
            expect![[r"
                --- a/a.py
                +++ b/a.py
                @@ -1,9 +1,9 @@
                 1
                -2
                +X
                 3
                 4
                 5
                -6
                +Y
                 7
                 8
                 9
                @@ -11,4 +11,3 @@
                 11
                 12
                 13
                -14
            "]],
        );
    }

    #[test]
    fn a_missing_final_break_is_marked() {
        check(
            "a",
            "a\nb",
            expect![[r"
                --- a/a.py
                +++ b/a.py
                @@ -1 +1,2 @@
                -a
                \ No newline at end of file
                +a
                +b
                \ No newline at end of file
            "]],
        );
    }

    #[test]
    fn insertion_into_an_empty_file() {
        check(
            "",
            "a\n",
            expect![[r"
                --- a/a.py
                +++ b/a.py
                @@ -0,0 +1 @@
                +a
            "]],
        );
    }

    #[test]
    fn odd_paths_are_quoted() {
        assert_eq!(file_header("a b"), "--- a/a b\t\n+++ b/a b\t\n");
        assert_eq!(file_header("a\"\n"), "--- \"a/a\\\"\\n\"\n+++ \"b/a\\\"\\n\"\n");
    }
}
