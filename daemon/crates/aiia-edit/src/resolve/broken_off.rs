//! Functions of which a reply gives the beginning only. In languages whose blocks have an end of their own that is a syntax error; in
//! Python the rest would go without a word.

use std::collections::HashMap;

use aiia_syntax::Symbol;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::block::Block;
use super::deletion::speaks_of;
use super::view::FileView;
use super::{Change, nearest};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, indentation, lines};
use crate::tolerance::Tolerance;

/// So many lines at the end of a function are no slip of the pen.
const LEAST_GONE: usize = 2;

/// What the end of a function comes to in the text that replaces it.
enum End {
    /// It is there, or it may go.
    Given,
    /// The text stops at this line of the old one, and only adds to what stands above.
    StopsAt(usize),
    /// So many lines are gone from the end.
    Lost(usize),
}

/// Puts the rest of a function behind the beginning that a reply gives, where it is plain that it gives no more.
///
/// # Errors
/// The end is gone, and may have been left out.
pub(super) fn complete(change: &mut Change, own: &Symbol, file: &FileView) -> Result<(), Complaint> {
    if !own.kind.is_callable() || !is_open_ended(file) || change.tolerances.contains(&Tolerance::Elision) {
        return Ok(());
    }
    let old_text = &file.text[change.range.clone()];
    match end(old_text, &change.new_text) {
        End::Given => Ok(()),
        End::Lost(count) => Err(lost(&own.name, count, own, file)),
        End::StopsAt(line) => {
            let rest = &lines(old_text)[line + 1..];
            let rest: String = rest.iter().flat_map(|line| [line.content, line.ending]).collect();
            change.new_text = format!("{}{}{rest}", change.new_text.trim_end(), file.eol);
            change.tolerances.push(Tolerance::Elision);
            Ok(())
        }
    }
}

/// Refuses a type in which a function lost its end.
pub(super) fn refuse_within(
    (given, block): (&Symbol, &Block),
    change: &Change,
    own: &Symbol,
    file: &FileView,
) -> Result<(), Complaint> {
    if own.kind.is_callable() || !is_open_ended(file) || change.tolerances.contains(&Tolerance::Elision) {
        return Ok(());
    }
    let functions = |symbols: &'_ [Symbol], outer: &Symbol| -> Vec<Symbol> {
        let first = symbols.partition_point(|symbol| symbol.item_range.start < outer.item_range.start);
        let inner = symbols[first..].iter().take_while(|symbol| symbol.item_range.start < outer.item_range.end);
        inner.filter(|symbol| symbol.kind.is_callable()).cloned().collect()
    };
    let mut by_name: HashMap<String, Vec<Symbol>> = HashMap::new();
    for function in functions(&block.symbols, given) {
        by_name.entry(function.name.clone()).or_default().push(function);
    }
    for function in functions(file.symbols(), own) {
        let Some([given]) = by_name.get(&function.name).map(Vec::as_slice) else { continue };
        let (old, new) = (&file.text[function.item_range.clone()], &block.text[given.item_range.clone()]);
        match end(old, new) {
            End::Given => {}
            End::Lost(count) => return Err(lost(&function.name, count, &function, file)),
            End::StopsAt(line) => {
                return Err(lost(&function.name, lines(old).len() - line - 1, &function, file));
            }
        }
    }
    Ok(())
}

fn is_open_ended(file: &FileView) -> bool {
    file.language.is_some_and(|language| language.name() == "python")
}

fn lost(name: &str, count: usize, own: &Symbol, file: &FileView) -> Complaint {
    let line = file.line_number(own.item_range.start);
    let message = format!(
        "The reply gives `{name}` without its last {count} lines, which may be left out only. Ask the model for the complete code of \
         `{}`, or for a search/replace block.",
        nearest::shortened(name)
    );
    Complaint::new(ComplaintKind::Elision, message).in_file(file.path).with_candidates(vec![line])
}

fn end(old_text: &str, new_text: &str) -> End {
    let (old, new) = (said(old_text), said(new_text));
    let key = |lines: &[(usize, &str)]| -> Vec<String> { lines.iter().map(|(_, line)| (*line).to_owned()).collect() };
    let ops = capture_diff_slices(Algorithm::Myers, &key(&old), &key(&new));
    let Some((_, last)) = new.last() else { return End::Given };
    let kept = ops.iter().rev().find(|op| matches!(op, DiffOp::Equal { .. }));
    let (old_end, new_end) =
        kept.map_or((1.min(old.len()), 1.min(new.len())), |op| (op.old_range().end, op.new_range().end));
    let gone = old.len() - old_end;
    let leaves =
        |line: &str| LEAVING.iter().any(|word| line.strip_prefix(word).is_some_and(|rest| !rest.starts_with(is_part)));
    let gives = |lines: &[(usize, &str)]| lines.iter().any(|(_, line)| leaves(line));
    if gone < LEAST_GONE && !(gone > 0 && old.last().is_some_and(|(_, line)| leaves(line)) && !gives(&new)) {
        return End::Given;
    }
    if new_end == new.len() && kept.is_some() {
        // Its last line is one of the old ones, in the midst of them.
        let adds = ops.iter().any(|op| matches!(op, DiffOp::Insert { .. } | DiffOp::Replace { .. }));
        let deletes = ops.iter().any(|op| {
            matches!(op, DiffOp::Delete { .. }) && op.old_range().start < old_end && op.old_range().start > 0
        });
        let (line, text) = old[old_end - 1];
        let is_only = old.iter().filter(|(_, other)| *other == text).count() == 1;
        let is_header = text.ends_with(':');
        if adds && !deletes && is_only && !is_header {
            return End::StopsAt(line);
        }
        let loses_result = !gives(&new) && gives(&old);
        return if loses_result || adds && gone * 3 >= old.len() { End::Lost(gone) } else { End::Given };
    }
    // A function does not end with what it keeps in a variable of its own.
    let come = new.len() - new_end;
    let keeps_nothing = old_end <= 1 && gone > LEAST_GONE;
    if is_assignment(last) && gone > come && is_each_in_place(&new[new_end..], &old[old_end..]) {
        return End::StopsAt(old[old_end + come - 1].0);
    }
    let stops =
        is_assignment(last) || keeps_nothing && ends_in_a_guard(new_text) || !gives(&new) && gives(&old[old_end..]);
    if stops && gone > come { End::Lost(gone - come) } else { End::Given }
}

/// Whether each of some lines gives another value to what the old line in its place gives one to, which those behind speak of.
fn is_each_in_place(new: &[(usize, &str)], old: &[(usize, &str)]) -> bool {
    let Some((own, behind)) = old.split_at_checked(new.len()) else { return false };
    let name = |line: &str| line[..line.find(|c| !is_part(c)).unwrap_or(line.len())].to_owned();
    new.iter().zip(own).all(|((_, new), (_, old))| {
        let is_same = is_assignment(new) && is_assignment(old) && name(new) == name(old);
        is_same && behind.iter().any(|(_, line)| speaks_of(&name(new), line))
    })
}

/// Whether the last statement of a function is an `if` that leaves it.
fn ends_in_a_guard(text: &str) -> bool {
    let all = lines(text);
    let mut said = all.iter().skip(1).filter(|line| !line.is_blank());
    let Some(width) = said.next().map(|line| indentation(line.content).len()) else { return false };
    let last = all.iter().rfind(|line| !line.is_blank() && indentation(line.content).len() <= width);
    let leaves = |line: &Line| LEAVING.iter().any(|word| line.trimmed().starts_with(word));
    last.is_some_and(|last| last.trimmed().starts_with("if "))
        && all.iter().rfind(|line| !line.is_blank()).is_some_and(leaves)
}

const LEAVING: &[&str] = &["return", "raise", "yield"];

fn is_part(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// Whether a line gives a value to a plain name.
fn is_assignment(line: &str) -> bool {
    let name = line.trim_start_matches(is_part);
    let name_len = line.len() - name.len();
    let rest = name.trim_start();
    name_len > 0 && rest.starts_with('=') && !rest.starts_with("==")
}

/// The lines that say something, without blanks and comments, each with its number.
fn said(text: &str) -> Vec<(usize, &str)> {
    let all = lines(text);
    let numbered = all.iter().map(Line::trimmed).enumerate();
    numbered.filter(|(_, line)| line.contains(char::is_alphanumeric) && !line.starts_with('#')).collect()
}
