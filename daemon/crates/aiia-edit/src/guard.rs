//! What a change may not do, however well it matched.

use std::collections::HashMap;
use std::ops::Range;

use aiia_syntax::{Language, Replaced, Symbol, SymbolKind, SyntaxTree};

use crate::complaint::{Complaint, ComplaintKind};
use crate::hunk::Hunk;
use crate::lines::{indentation, lines};
use crate::placeholder::{is_elision, is_framed};
use crate::plan::Guard;
use crate::resolve::{FileView, has_plain_docs, is_directive, is_remark};

/// The result of a change in one file, to be judged.
pub(crate) struct Outcome<'a, 'f> {
    pub(crate) view: &'a FileView<'f>,
    pub(crate) new_text: &'a str,
    /// Byte ranges of the old text, in order, with those of the new text that took their places.
    pub(crate) replaced: &'a [Replaced],
    pub(crate) hunks: &'a [Hunk],
    pub(crate) guard: Guard,
}

impl Outcome<'_, '_> {
    /// Where bytes of the new text that were not replaced stood in the old one.
    fn in_old(&self, range: &Range<usize>) -> Range<usize> {
        let place = |byte: usize| {
            let before = self.replaced.iter().rfind(|(_, new)| new.end <= byte);
            before.map_or(byte, |(old, new)| byte - new.end + old.end).min(self.view.text.len())
        };
        place(range.start)..place(range.end)
    }

    /// Where bytes of the old text that are not replaced stand in the new one.
    fn in_new(&self, range: &Range<usize>) -> Range<usize> {
        let place = |byte: usize| {
            let before = self.replaced.iter().rfind(|(old, _)| old.end <= byte);
            before.map_or(byte, |(old, new)| byte - old.end + new.end)
        };
        place(range.start)..place(range.end)
    }
}

/// So many symbols that vanish are named.
const NAMED: usize = 8;

/// Everything that speaks against a change.
pub(crate) fn complaints(outcome: &Outcome) -> Vec<Complaint> {
    let mut result = Vec::new();
    result.extend(elision(outcome));
    let view = outcome.view;
    if outcome.guard != Guard::Text
        && let Some(old_tree) = view.tree()
        && (outcome.guard == Guard::CommentsOnly
            || !old_tree.is_surely_sound(view.text, outcome.new_text, outcome.replaced, view.budget()))
    {
        match old_tree.reparse_text(view.text, outcome.new_text, outcome.replaced, view.budget()) {
            Ok((new_tree, changed)) => {
                result.extend(syntax_errors(outcome, old_tree, &new_tree));
                let inside = |range: &Range<usize>| {
                    outcome.replaced.iter().any(|(_, new)| new.start <= range.start && range.end <= new.end)
                };
                if outcome.guard == Guard::CommentsOnly {
                    result.extend(
                        other_code(outcome, old_tree, &new_tree).or_else(|| lost_comment(outcome, old_tree, &new_tree)),
                    );
                }
                // Where nothing is built otherwise outside of what was replaced, nothing there can vanish.
                let mut outside = changed.iter().filter(|range| !inside(range));
                if let Some(first) = outside.next() {
                    let all = first.start..outside.next_back().unwrap_or(first).end;
                    result.extend(vanished(outcome, old_tree, &new_tree, &all));
                }
            }
            Err(error) => result.push(
                Complaint::new(
                    ComplaintKind::SyntaxErrors,
                    format!("The changed {} cannot be checked: {error}.", view.path),
                )
                .in_file(view.path),
            ),
        }
    }
    result
}

fn syntax_errors(outcome: &Outcome, old: &SyntaxTree, new: &SyntaxTree) -> Option<Complaint> {
    let (before, after) = (old.error_count(), new.error_count());
    (after > before).then(|| {
        let line = outcome.hunks.first().map_or(1, |hunk| hunk.new_index() + 1);
        Complaint::new(
            ComplaintKind::SyntaxErrors,
            format!(
                "The change would leave {} with {after} syntax {} instead of {before}; its first changed line is {line}. \
                 Ask the model again.",
                outcome.view.path,
                if after == 1 { "error" } else { "errors" },
            ),
        )
        .in_file(outcome.view.path)
        .with_candidates(vec![line])
    })
}

/// What does not stand any more where nothing was replaced; `changed` is where the new tree is built otherwise.
fn vanished(outcome: &Outcome, old: &SyntaxTree, new: &SyntaxTree, changed: &Range<usize>) -> Option<Complaint> {
    let outer = |tree: &SyntaxTree, text: &str, range: &Range<usize>| {
        let symbols = tree.symbols_near(text, range).into_iter().filter(|symbol| symbol.depth == 0);
        symbols.collect::<Vec<Symbol>>()
    };
    let key = |symbol: &Symbol| (symbol.name.clone(), symbol.kind);
    let mut left: HashMap<(String, SymbolKind), usize> = HashMap::new();
    for symbol in outer(new, outcome.new_text, changed) {
        *left.entry(key(&symbol)).or_default() += 1;
    }
    let mut lost = outer(old, outcome.view.text, &outcome.in_old(changed));
    lost.retain(|symbol| {
        let edited =
            outcome.replaced.iter().any(|(old, _)| old.start < symbol.range.end && symbol.range.start < old.end);
        match left.get_mut(&key(symbol)) {
            _ if edited => false,
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        }
    });
    // It may stand at the edge of what was looked at.
    let is_there = |symbol: &Symbol| {
        outer(new, outcome.new_text, &outcome.in_new(&symbol.range)).iter().any(|other| key(other) == key(symbol))
    };
    let mut names: Vec<String> = lost
        .iter()
        .filter(|symbol| !is_there(symbol))
        .take(NAMED + 1)
        .map(|symbol| format!("`{}`", symbol.name))
        .collect();
    if names.len() > NAMED {
        names.truncate(NAMED);
        names.push("others".to_owned());
    }
    (!names.is_empty()).then(|| {
        Complaint::new(
            ComplaintKind::Vanished,
            format!(
                "The change would make {} vanish from {}, though it does not touch them. Ask the model again.",
                names.join(", "),
                outcome.view.path
            ),
        )
        .in_file(outcome.view.path)
    })
}

/// Without comments and doc strings both texts must have the same lines.
fn other_code(outcome: &Outcome, old: &SyntaxTree, new: &SyntaxTree) -> Option<Complaint> {
    let (before, after) = (code_lines(outcome.view.text, old), code_lines(outcome.new_text, new));
    if before.iter().map(|(_, line)| line).eq(after.iter().map(|(_, line)| line)) {
        return None;
    }
    let same = before.iter().zip(&after).take_while(|((_, one), (_, other))| one == other).count();
    let line = after.get(same).or(after.last()).map_or(1, |(number, _)| *number);
    Some(
        Complaint::new(
            ComplaintKind::CodeChanged,
            format!(
                "The reply was to change comments only, but it changes the code of {} at line {line}. Ask the model to leave \
                 the code as it is.",
                outcome.view.path
            ),
        )
        .in_file(outcome.view.path)
        .with_candidates(vec![line]),
    )
}

/// Comments that document nothing stay: what is to be read by tools, what stands behind code, and what explains statements.
fn lost_comment(outcome: &Outcome, old: &SyntaxTree, new: &SyntaxTree) -> Option<Complaint> {
    let text = outcome.view.text;
    let words = |comment: &str| comment.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut left: HashMap<String, usize> = HashMap::new();
    for comment in new.comments(outcome.new_text) {
        *left.entry(words(&outcome.new_text[comment])).or_default() += 1;
    }
    let symbols = old.symbols(text);
    let lost = old.comments(text).into_iter().find(|comment| match left.get_mut(&words(&text[comment.clone()])) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => must_stay(text, comment, &symbols, old.language()),
    })?;
    let line = lines(&text[..lost.start]).len().max(1);
    Some(
        Complaint::new(
            ComplaintKind::CodeChanged,
            format!(
                "The reply was to write doc comments only, but `{}` of {} would vanish at line {line}. Ask the model to leave all \
                 else as it is.",
                text[lost].trim().chars().take(120).collect::<String>(),
                outcome.view.path
            ),
        )
        .in_file(outcome.view.path)
        .with_candidates(vec![line]),
    )
}

/// Whether a comment is none that documents a symbol.
fn must_stay(text: &str, comment: &Range<usize>, symbols: &[Symbol], language: Language) -> bool {
    let written = &text[comment.clone()];
    let is_doc = ["///", "//!", "/**", "/*!"].iter().any(|lead| written.starts_with(lead));
    let Some(said) = ["//", "/*", "#", "--", ";"].iter().find_map(|lead| written.strip_prefix(lead)) else {
        // A doc string.
        return false;
    };
    if is_doc {
        return false;
    }
    let first = said.split_whitespace().next().unwrap_or_default();
    // More than `is_directive` is sure of: here nothing is lost by leaving a comment as it is.
    let is_directive = is_directive(written)
        || first.contains(':') && first.starts_with(|c: char| c.is_ascii_lowercase())
        || first.contains('-') && first.len() > 1 && first.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let line = text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
    let is_behind_code = !text[line..comment.start].trim().is_empty();
    let is_above_symbol =
        symbols.iter().any(|symbol| symbol.range.start <= comment.start && comment.end <= symbol.item_range.start);
    let is_in_body = symbols.iter().any(|symbol| {
        let holds = |body: &Range<usize>| body.start <= comment.start && comment.end <= body.end;
        symbol.kind.is_callable() && symbol.body_range.as_ref().is_some_and(holds)
    });
    let is_remark = is_remark(written) || is_above_symbol && !has_plain_docs(language);
    is_directive || is_behind_code || is_remark || is_in_body && !is_above_symbol
}

/// The lines without comments that have anything left, with their numbers from 1.
fn code_lines(text: &str, tree: &SyntaxTree) -> Vec<(usize, String)> {
    let mut bare = String::with_capacity(text.len());
    let mut at = 0;
    for comment in tree.comments(text) {
        bare.push_str(&text[at..comment.start.max(at)]);
        // Line breaks stay, so that lines keep their numbers.
        bare.extend(text[comment.clone()].chars().filter(|c| *c == '\n'));
        at = comment.end.max(at);
    }
    bare.push_str(&text[at..]);
    let numbered = (1..).zip(lines(&bare));
    numbered
        .filter(|(_, line)| !line.is_blank())
        .map(|(number, line)| (number, line.right_trimmed().to_owned()))
        .collect()
}

fn elision(outcome: &Outcome) -> Option<Complaint> {
    for hunk in outcome.hunks {
        let new = lines(&hunk.new_text);
        for (number, line) in new.iter().enumerate() {
            let text = line.trimmed();
            let neighbour = |other: Option<usize>| {
                other
                    .and_then(|at| new.get(at))
                    .is_some_and(|other| !other.is_blank() && indentation(other.content) == indentation(line.content))
            };
            // A lone `...` is a whole body in Python; beside other statements it stands for code.
            let bare = matches!(text, "..." | "…") && (neighbour(number.checked_sub(1)) || neighbour(Some(number + 1)));
            if (bare || is_elision(text) || is_framed(text))
                && !outcome.view.lines.iter().any(|line| line.trimmed() == text)
            {
                let at = hunk.new_index() + number + 1;
                return Some(
                    Complaint::new(
                        ComplaintKind::Elision,
                        format!(
                            "The new text of {} leaves code out: line {at} would be `{}`. Ask the model for the \
                             complete code.",
                            outcome.view.path,
                            text.chars().take(120).collect::<String>()
                        ),
                    )
                    .in_file(outcome.view.path)
                    .with_candidates(vec![at]),
                );
            }
        }
    }
    None
}
