//! The imports of Go, which stand in one list and of which none may be left over.

use std::ops::Range;

use super::Change;
use super::view::FileView;
use super::whole_symbol::imports_unclear;
use crate::complaint::Complaint;
use crate::lines::{indentation, lines};
use crate::placeholder::is_elision;
use crate::tolerance::Tolerance;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Import<'t> {
    alias: Option<&'t str>,
    path: &'t str,
}

impl<'t> Import<'t> {
    /// The import of a line, within a list or by itself.
    fn of(line: &'t str) -> Option<Self> {
        let line = line.trim();
        let line = line.strip_prefix("import").map_or(line, |rest| rest.trim_start().trim_start_matches('(').trim());
        let (alias, rest) = line.split_once(['"', '`'])?;
        let (path, _) = rest.split_once(['"', '`'])?;
        let alias = alias.trim();
        let is_name = alias.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
        (is_name && !path.is_empty()).then_some(Self { alias: Some(alias).filter(|alias| !alias.is_empty()), path })
    }

    /// What the code calls it; nothing for what is imported for its effects or without a name.
    fn name(&self) -> Option<&'t str> {
        let is_version = |part: &&str| {
            part.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
        };
        let last = || self.path.rsplit('/').find(|part| !is_version(part)).unwrap_or(self.path);
        Some(self.alias.unwrap_or_else(last)).filter(|name| !matches!(*name, "_" | "."))
    }

    fn is_of_the_standard_library(&self) -> bool {
        !self.path.split('/').next().unwrap_or_default().contains('.')
    }

    fn written(&self) -> String {
        self.alias.map_or_else(|| format!("\"{}\"", self.path), |alias| format!("{alias} \"{}\"", self.path))
    }
}

fn all<'t>(statements: impl IntoIterator<Item = &'t str>) -> Vec<Import<'t>> {
    statements.into_iter().flat_map(str::lines).filter_map(Import::of).collect()
}

/// Code that begins with lines of a list of imports, with the list around them; nothing where it begins with something else.
pub(super) fn with_keyword(text: &str) -> Option<String> {
    let lines = lines(text);
    let is_above = |line: &&crate::lines::Line| line.is_blank() || is_elision(line.content);
    let above = lines.iter().take_while(is_above).count();
    let is_of_a_list = |line: &&crate::lines::Line| {
        let said = line.trimmed();
        line.is_blank() || said.ends_with(['"', '`']) && !said.starts_with("import") && Import::of(said).is_some()
    };
    let list = &lines[above..];
    let count = list.iter().take_while(is_of_a_list).count();
    let last = list[..count].iter().rposition(|line| !line.is_blank())?;
    let (start, end) = (list[0].start, list[last].end());
    // It may be closed though its beginning is not shown.
    let closing = list.get(last + 1).filter(|line| line.trimmed() == ")");
    let rest = closing.map_or(end, crate::lines::Line::end);
    Some(format!("{}import (\n{}\n)\n{}", &text[..start], text[start..end].trim_end(), &text[rest..]))
}

/// Whether code is some lines of a list of imports, of which the file has one at least: the others stay.
pub(super) fn is_part_of_list<'t>(text: &str, given: &[&str], own: impl Iterator<Item = &'t str>) -> bool {
    let given = all(given.iter().copied());
    with_keyword(text).is_some() && all(own).iter().any(|import| given.contains(import))
}

/// Whether statements have all imports of others.
pub(super) fn has_all<'t>(given: &[&str], own: impl Iterator<Item = &'t str>) -> bool {
    let given = all(given.iter().copied());
    all(own).iter().all(|import| given.contains(import))
}

/// The changes that give the imports of a file, `own`, those of `statements` that it lacks. One of the same name takes the place of
/// another; one that a list of the reply lacks goes when after `changes` nothing uses it any more. Nothing where the file has no imports.
///
/// # Errors
/// Two imports of the file would have to go for one.
pub(super) fn addition(
    statements: &[&str],
    own: &[Range<usize>],
    changes: &[Change],
    file: &FileView,
) -> Option<Result<Vec<Change>, Complaint>> {
    let text = |range: &Range<usize>| &file.text[range.clone()];
    let known = all(own.iter().map(text));
    if known.is_empty() {
        return None;
    }
    let given = all(statements.iter().copied());
    let wanted: Vec<Import> = given.iter().filter(|import| !known.contains(import)).copied().collect();
    let is_list = given.len() > 1 && given.iter().any(|import| known.contains(import));
    let is_left_over = |import: &Import| {
        let Some(name) = import.name().filter(|_| is_list && !given.contains(import)) else { return false };
        uses(file.text, name) && !uses(&changed(file, own, changes), name)
    };
    let mut remaining = wanted.clone();
    let mut result = Vec::new();
    for range in own {
        let mut written: Vec<String> = Vec::new();
        for line in lines(text(range)) {
            let whole = || format!("{}{}", line.content, line.ending);
            let Some(import) = Import::of(line.content) else {
                written.push(whole());
                continue;
            };
            let namesake = |other: &Import| other.name().is_some() && other.name() == import.name();
            if let Some(at) = remaining.iter().position(namesake).filter(|_| !given.contains(&import)) {
                let new = remaining.remove(at);
                written.push(whole().replacen(&import.written(), &new.written(), 1));
            } else if wanted.iter().any(namesake) {
                let line = file.line_number(range.start + line.start);
                return Some(Err(imports_unclear(vec![line], file)));
            } else if !is_left_over(&import) || own.len() > 1 && !text(range).contains('(') {
                written.push(whole());
            }
        }
        // New ones go into the first list, else below the last statement.
        let is_place = text(range).contains('(') && !text(range).trim_end().ends_with('"');
        if is_place {
            for import in std::mem::take(&mut remaining) {
                insert(import, &mut written, file.eol);
            }
        }
        let new_text = written.concat();
        if new_text != text(range) {
            result.push(Change { range: range.clone(), new_text, tolerances: vec![Tolerance::ImportsAdded] });
        }
    }
    if let Some(last) = own.last().filter(|_| !remaining.is_empty()) {
        let ends_line = text(last).ends_with(['\n', '\r']);
        let added: String =
            remaining.iter().flat_map(|import| ["import ", &import.written(), file.eol].map(str::to_owned)).collect();
        let new_text = if ends_line { added } else { format!("{}{}", file.eol, added.trim_end()) };
        result.push(Change { range: last.end..last.end, new_text, tolerances: vec![Tolerance::ImportsAdded] });
    }
    Some(Ok(result))
}

/// Puts an import into the lines of a list, by the alphabet beside its like.
fn insert(import: Import, lines: &mut Vec<String>, eol: &str) {
    let found: Vec<(usize, String, bool)> = lines
        .iter()
        .enumerate()
        .filter_map(|(number, line)| {
            Import::of(line).map(|own| (number, own.path.to_owned(), own.is_of_the_standard_library()))
        })
        .collect();
    let is_std = import.is_of_the_standard_library();
    let like = || found.iter().filter(|(_, _, own_std)| *own_std == is_std);
    let at = like()
        .find(|(_, path, _)| path.as_str() > import.path)
        .map(|(number, ..)| *number)
        .or_else(|| like().next_back().or(found.last()).map(|(number, ..)| number + 1));
    let Some(at) = at else { return };
    let indent = found.first().map_or("\t", |(number, ..)| indentation(&lines[*number]));
    let line = format!("{indent}{}{eol}", import.written());
    lines.insert(at, line);
}

/// The text of a file after changes, without its imports.
fn changed(file: &FileView, own: &[Range<usize>], changes: &[Change]) -> String {
    let mut parts: Vec<(&Range<usize>, &str)> =
        changes.iter().map(|change| (&change.range, change.new_text.as_str())).collect();
    parts.extend(own.iter().map(|range| (range, "")));
    parts.sort_by_key(|(range, _)| (range.start, range.end));
    let mut text = String::with_capacity(file.text.len());
    let mut done = 0;
    for (range, new) in parts {
        text.push_str(file.text.get(done..range.start).unwrap_or_default());
        text.push_str(new);
        done = done.max(range.end);
    }
    text + &file.text[done..]
}

/// Whether code uses a package: its name with a dot behind.
fn uses(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        text[at + name.len()..].starts_with('.')
            && !text[..at].ends_with(|c: char| c.is_alphanumeric() || "_.".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("import \"fmt\"", Some((None, "fmt", Some("fmt"))))]
    #[case("\tx \"a.b/c/v2\" // why", Some((Some("x"), "a.b/c/v2", Some("x"))))]
    #[case("\t\"a.b/c/v2\"", Some((None, "a.b/c/v2", Some("c"))))]
    #[case("\t_ \"embed\"", Some((Some("_"), "embed", None)))]
    #[case("import (", None)]
    #[case(")", None)]
    fn reads_imports(#[case] line: &str, #[case] expected: Option<(Option<&str>, &str, Option<&str>)>) {
        let found = Import::of(line).map(|import| (import.alias, import.path, import.name()));
        assert_eq!(found, expected);
    }
}
