//! What the words beside code say of its place. They choose none, but where they speak of another one than the cursor does, none is sure.

use aiia_syntax::Symbol;

use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, lines};
use crate::parse::{Item, ItemKind};
use crate::resolve::{FileView, Files, Resolved, speaks_of};

/// Of so many changes each is looked at.
const MAX_CHANGES: usize = 50;

/// Refuses a change of a symbol where the words above the code, or the comment that it begins with, speak of another type that has one
/// of that name, and not of its own.
pub(super) fn agreed(item: &Item, above: &str, found: Resolved, files: &Files) -> Result<Resolved, Complaint> {
    let Resolved::Changes { file, changes } = &found else { return Ok(found) };
    let view = &files.views[*file];
    let comment = comment(item);
    if !view.is_focus() || above.is_empty() && comment.is_empty() {
        return Ok(found);
    }
    let said = format!("{above}. {comment}");
    let sentences: Vec<&str> =
        said.split(['.', ';', '!', '?', '。', '；']).filter(|one| !one.trim().is_empty()).collect();
    // A dot within a name ends no sentence, but its parts are words all the same.
    for change in changes.iter().filter(|change| !change.range.is_empty()).take(MAX_CHANGES) {
        let around =
            |symbol: &&Symbol| symbol.range.start <= change.range.start && change.range.end <= symbol.range.end;
        let Some(own) = view.symbols().iter().filter(around).max_by_key(|symbol| symbol.depth) else { continue };
        let Some(other) = spoken_of(own, &sentences, view) else { continue };
        let line = |symbol: &Symbol| view.line_number(symbol.item_range.start);
        let message = format!(
            "The code on line {} of the reply fits `{}` at line {} of {}, where the cursor is, and the reply speaks of `{}`, which has \
             one at line {}. Put the cursor into the one that is meant and ask again.",
            item.reply_line,
            own.name,
            line(own),
            view.path,
            container(other).unwrap_or_default(),
            line(other)
        );
        return Err(Complaint::new(ComplaintKind::Ambiguous, message)
            .in_file(view.path)
            .with_candidates(vec![line(own), line(other)]));
    }
    Ok(found)
}

/// The namesake whose type the last sentence speaks of that speaks of any, if it does not speak of that of `own` too.
fn spoken_of<'f>(own: &Symbol, sentences: &[&str], view: &'f FileView) -> Option<&'f Symbol> {
    let others: Vec<&Symbol> = view
        .symbols_named(&own.name)
        .iter()
        .map(|index| &view.symbols()[*index])
        .filter(|other| container(other).is_some() && container(other) != container(own))
        .collect();
    sentences.iter().rev().find_map(|sentence| {
        let says = |symbol: &Symbol| container(symbol).is_some_and(|name| speaks_of(name, sentence));
        if says(own) { Some(None) } else { others.iter().find(|other| says(other)).map(|other| Some(*other)) }
    })?
}

fn container(symbol: &Symbol) -> Option<&str> {
    let container = symbol.container.as_deref()?;
    container.rsplit([':', '.', ' ']).next()
}

/// What the comment says that code begins with.
fn comment(item: &Item) -> String {
    let ItemKind::Code { text, .. } = &item.kind else { return String::new() };
    let all = lines(text);
    let said = all.iter().map(Line::trimmed).filter(|line| !line.is_empty());
    let is_comment =
        |line: &&str| ["//", "#", "--", "/*", ";"].iter().any(|sign| line.starts_with(sign)) && !line.starts_with("#[");
    said.take_while(is_comment).collect::<Vec<_>>().join(" ")
}
