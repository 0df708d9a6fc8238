//! What a symbol holds that is no symbol itself: entries of a literal, functions of a script within a page.

use std::collections::HashSet;

use aiia_syntax::{Language, Symbol, SyntaxTree};

use super::view::FileView;
use super::{Change, nearest};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, indentation, lines};

/// Refuses a change of a symbol after which something that it holds is gone and nothing has come in its place. What the selection
/// touches may go.
pub(super) fn refuse(own: &Symbol, change: &Change, file: &FileView) -> Result<(), Complaint> {
    let old = &file.text[own.item_range.clone()];
    let lost = if own.kind.is_callable() || own.kind.is_type() {
        None
    } else {
        lost_in_a_page(old, &change.new_text, file).or_else(|| lost_entry(own, &change.new_text, file))
    };
    match lost {
        Some(name) => {
            let message = format!(
                "The reply gives `{}` without `{}`, which would delete it. Ask the model for all of it, or for an edit.",
                own.name,
                nearest::shortened(&name)
            );
            Err(Complaint::new(ComplaintKind::Vanished, message).in_file(file.path))
        }
        None => Ok(()),
    }
}

/// The key of an entry that has entries of its own.
fn lost_entry(own: &Symbol, new: &str, file: &FileView) -> Option<String> {
    let start = own.item_range.start;
    let (old_lines, new_lines) = (lines(&file.text[own.item_range.clone()]), lines(new));
    let old: Vec<(&str, &Line)> = nested(&old_lines);
    let new: Vec<&str> = nested(&new_lines).into_iter().map(|(key, _)| key).collect();
    let new_keys: HashSet<&str> = new_lines.iter().filter_map(|line| key(line.trimmed())).collect();
    let focus = file.focus_range().unwrap_or_default();
    let is_asked = |line: &Line| start + line.start < focus.end && focus.start <= start + line.end();
    let gone: Vec<&(&str, &Line)> =
        old.iter().filter(|(key, line)| !new_keys.contains(key) && !is_asked(line)).collect();
    let come = new.iter().filter(|key| !old.iter().any(|(own, _)| own == *key)).count();
    gone.first().filter(|_| gone.len() > come).map(|(key, _)| (*key).to_owned())
}

/// The keys right within a literal whose values go over several lines.
fn nested<'l, 't>(lines: &'l [Line<'t>]) -> Vec<(&'t str, &'l Line<'t>)> {
    let inner = lines.get(1..).unwrap_or_default();
    let width = |line: &Line| indentation(line.content).len();
    let is_inside = |line: &&Line| !line.is_blank() && !line.trimmed().starts_with([']', '}', ')']);
    let Some(least) = inner.iter().filter(is_inside).map(width).min() else { return Vec::new() };
    inner
        .iter()
        .filter(|line| width(line) == least && line.trimmed().ends_with(['{', '[', '(']))
        .filter_map(|line| Some((key(line.trimmed())?, line)))
        .collect()
}

/// What stands before `:`, `=>` or `=`, without quotes.
fn key(line: &str) -> Option<&str> {
    let end = line.find([':', '='])?;
    let key = line[..end].trim().trim_matches(['"', '\'', '`']);
    (!key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c))).then_some(key)
}

/// A function of a script, or a rule of a style sheet, that stands within a page.
fn lost_in_a_page(old: &str, new: &str, file: &FileView) -> Option<String> {
    let language = match old.get(..old.find(['>', ' '])?)? {
        "<script" => "javascript",
        "<style" => "css",
        _ => return None,
    };
    let names = |element: &str| -> Option<Vec<String>> {
        let text = element.get(element.find('>')? + 1..element.rfind("</")?)?;
        let tree = SyntaxTree::parse_within(Language::from_language_id(language)?, text, file.budget()).ok()?;
        let tops = tree.symbols(text).into_iter().filter(|symbol| symbol.depth == 0);
        Some(tops.map(|symbol| symbol.name).collect())
    };
    let (old, new) = (names(old)?, names(new)?);
    let come = new.iter().filter(|name| !old.contains(name)).count();
    let gone: Vec<&String> = old.iter().filter(|name| !new.contains(name)).collect();
    gone.first().filter(|_| gone.len() > come).map(|name| (*name).clone())
}
