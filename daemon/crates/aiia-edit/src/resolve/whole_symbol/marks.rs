//! Placeholders between the members of a type that stand for nothing, as the reply has all that the file has in it.

use std::collections::HashSet;

use aiia_syntax::Symbol;

use super::fields::others;
use crate::lines::{Line, indentation, lines};
use crate::resolve::block::Block;
use crate::resolve::view::FileView;
use crate::resolve::{Change, elision};

/// Takes such lines out of the text that replaces all of a type.
pub(super) fn drop(change: &mut Change, (given, block): (&Symbol, &Block), own: &Symbol, file: &FileView) {
    let known: HashSet<&str> = file.text[own.range.clone()].lines().map(str::trim).collect();
    let all = lines(&change.new_text);
    let width = |line: &Line| indentation(line.content).len();
    let is_inner = |line: &&Line| !line.is_blank() && !line.trimmed().starts_with(['}', ')']);
    let Some(least) = all.iter().skip(1).filter(is_inner).map(width).min() else { return };
    let is_mark = |line: &Line| {
        width(line) == least && elision::stands_for_others(line.content) && !known.contains(line.trimmed())
    };
    if !all.iter().any(is_mark) {
        return;
    }
    let shown: HashSet<&str> = others(given, &block.symbols, &block.text, block.comments()).into_iter().collect();
    if others(own, file.symbols(), file.text, file.comments()).iter().any(|line| !shown.contains(line)) {
        return;
    }
    let mut text = String::with_capacity(change.new_text.len());
    let mut before: Option<&Line> = None;
    let mut is_behind_mark = false;
    for (number, line) in all.iter().enumerate() {
        if is_mark(line) {
            is_behind_mark = true;
            continue;
        }
        // Blank lines were around it, and one run of them is enough; none stands at the edges.
        let opens = before.is_none_or(|before| before.is_blank() || before.trimmed().ends_with(['{', ':']));
        if line.is_blank() {
            let next = all[number + 1..].iter().find(|next| !next.is_blank());
            let is_last = next.is_none_or(|next| is_mark(next) && closes(&all[number + 1..], is_mark));
            if is_behind_mark && opens || is_last {
                continue;
            }
        }
        is_behind_mark &= line.is_blank();
        text.push_str(line.content);
        text.push_str(line.ending);
        before = Some(line);
    }
    if change.new_text.lines().count() > 0 && !change.new_text.ends_with('\n') {
        text.truncate(text.trim_end_matches(['\n', '\r']).len());
    }
    change.new_text = text;
}

/// Whether nothing but marks, blank lines and what closes the type is left.
fn closes(rest: &[Line], is_mark: impl Fn(&Line) -> bool) -> bool {
    rest.iter().all(|line| {
        line.is_blank() || is_mark(line) || line.trimmed().starts_with(['}', ')']) || line.trimmed() == "end"
    })
}
