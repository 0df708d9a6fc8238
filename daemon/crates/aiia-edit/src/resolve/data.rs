//! A part of a data file: the path to some keys, without their neighbours. It goes into the file key by key; what the file has beside
//! them stays.

mod entry;
mod settings;

use std::collections::HashSet;
use std::fmt::Write as _;

use aiia_syntax::{Language, Symbol, SymbolKind};

use super::block::Block;
use super::symbol_text::{fresh, line_indentation, moved, rewrite};
use super::view::FileView;
use super::{Change, elision, nearest};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, lines};
use crate::tolerance::Tolerance;

use entry::{Side, Value, paths_clash};

pub(super) use settings::changes as of_settings;

/// More keys of a reply and of a file, multiplied, are not laid beside each other.
const MAX_PAIRS: usize = 1_000_000;
/// Deeper than this no key is nested.
const MAX_NESTING: usize = 64;

/// The changes that a part of a JSON, YAML or TOML file makes; nothing where the code is something else, or its outermost keys are not
/// told by the file.
pub(super) fn changes(text: &str, file: &FileView) -> Option<Result<Vec<Change>, Complaint>> {
    let language = file.language.map(Language::name).filter(|name| matches!(*name, "json" | "yaml" | "toml"))?;
    if language == "yaml"
        && let Some(line) = detached(text, file)
    {
        let message = format!(
            "The reply leaves out what `{}` stands in, so that its place in {} is unknown. Ask the model for a search/replace block.",
            nearest::shortened(&line),
            file.path
        );
        return Some(Err(Complaint::new(ComplaintKind::NotFound, message).in_file(file.path)));
    }
    let block = Block::parse(&as_document(text, language), file)?;
    let is_too_much = block.symbols.len().saturating_mul(file.symbols().len()) > MAX_PAIRS;
    if is_too_much || block.has_errors() || block.wrapping.is_some() || file.tree()?.error_count() > 0 {
        return None;
    }
    let is_frame = |line: &str| matches!(line, "{" | "}" | "---") || is_comment(line);
    if !block.remainder().iter().all(|(_, line)| is_frame(line)) {
        return None;
    }
    let is_elided = lines(text).iter().any(|line| elision::stands_for_others(line.content));
    let given = Side { text: &block.text, symbols: &block.symbols, comments: block.comments(), language };
    let own = Side { text: file.text, symbols: file.symbols(), comments: file.comments(), language };
    let mut merge = Merge { given, own, block: &block, file, is_elided, changes: Vec::new(), inserted: Vec::new() };
    let (tops, roots) = (given.roots(), own.roots());
    let roots = match start(&tops, &roots, text, &merge) {
        Start::Top => roots,
        Start::Within(place) => vec![place],
        Start::Unknown => return None,
    };
    // A path begins with a key that the file has.
    let is_known = |top: &&Symbol| roots.iter().filter(|own| own.name == top.name).count() == 1;
    let is_all = roots.len() > 1 && roots.iter().all(|own| tops.iter().any(|top| top.name == own.name));
    // What a whole file lacks may be meant to go.
    if !tops.iter().any(is_known) || is_all && !is_elided {
        return None;
    }
    if let Err(complaint) = merge.mapping(&tops, &roots, None, 0) {
        return Some(Err(complaint));
    }
    let Merge { mut changes, .. } = merge;
    let first = changes.first_mut()?;
    first.tolerances.push(Tolerance::Elision);
    let lost = block.comments().iter().map(|comment| &block.text[comment.clone()]).find(|comment| {
        !file.text.contains(*comment) && !changes.iter().any(|change| change.new_text.contains(*comment))
    });
    let note = lost.map(|comment| Tolerance::LeftOut(nearest::shortened(comment.lines().next().unwrap_or_default())));
    changes[0].tolerances.extend(note);
    Some(Ok(changes))
}

/// The code without what stands for other keys, and within braces where JSON has lost them.
fn as_document(text: &str, language: &str) -> String {
    let kept = |line: &&Line| !elision::stands_for_others(line.content);
    let text: String = lines(text).iter().filter(kept).flat_map(|line| [line.content, "\n"]).collect();
    if language == "json" && text.trim_start().starts_with('"') {
        return format!("{{\n{}\n}}\n", text.trim_end().trim_end_matches(','));
    }
    text
}

/// The line below a placeholder that is deeper than that, and not as deep as what the file has in the key above the placeholder: what it
/// stands in is left out too.
fn detached(text: &str, file: &FileView) -> Option<String> {
    let given = lines(text);
    let width = |line: &Line| line_indentation(line.content, 0).len();
    let is_mark = |line: &Line| elision::stands_for_others(line.content);
    let mut above: Option<&Line> = None;
    let mut mark: Option<&Line> = None;
    for line in given.iter().filter(|line| !line.is_blank()) {
        if is_mark(line) {
            mark = Some(line);
            continue;
        }
        if let (Some(mark), Some(above)) = (mark.take(), above)
            && width(line) > width(mark)
            && width(line) > width(above)
        {
            let mut keys = file.trimmed_index().lines_with(above.trimmed());
            let inner = keys.next().filter(|_| keys.next().is_none()).and_then(|at| {
                let (own, below) = (&file.lines[at], &file.lines[at + 1..]);
                let next = below.iter().find(|line| !line.is_blank() && !is_comment(line.trimmed()))?;
                width(next).checked_sub(width(own))
            });
            if inner != Some(width(line) - width(above)) {
                return Some(line.trimmed().to_owned());
            }
        }
        above = Some(line);
    }
    None
}

fn is_comment(line: &str) -> bool {
    ["#", "//", "/*", "*"].iter().any(|sign| line.starts_with(sign))
}

/// Where the path of a part begins.
enum Start<'f> {
    Top,
    /// At this key within others.
    Within(&'f Symbol),
    Unknown,
}

/// A part begins within others where its only outermost key stands as deep in the reply as one of that name in the file, or where the
/// reply left the braces out.
fn start<'f>(tops: &[&Symbol], roots: &[&'f Symbol], text: &str, merge: &Merge<'_, 'f, '_>) -> Start<'f> {
    let margin = lines(text).iter().find(|line| !line.is_blank()).map_or("", |line| line_indentation(line.content, 0));
    let is_bare = merge.given.language == "json" && text.trim_start().starts_with('"');
    let is_in_place = merge.given.language == "yaml" && !margin.is_empty();
    let is_root = |top: &Symbol| roots.iter().any(|root| root.name == top.name);
    let top = match tops {
        [top] if is_in_place || is_bare && !is_root(top) => top,
        _ if is_in_place => return Start::Unknown,
        _ => return Start::Top,
    };
    let file = merge.file;
    let mut found = file
        .symbols_named(&top.name)
        .iter()
        .map(|index| &merge.own.symbols[*index])
        .filter(|own| is_bare || line_indentation(file.text, own.item_range.start) == margin);
    match (found.next(), found.next()) {
        (Some(one), None) => Start::Within(one),
        _ => Start::Unknown,
    }
}

struct Merge<'b, 'f, 'v> {
    given: Side<'b>,
    own: Side<'f>,
    block: &'b Block,
    file: &'f FileView<'v>,
    /// Whether the reply says that it leaves something out.
    is_elided: bool,
    changes: Vec<Change>,
    /// Which of them put something behind a key.
    inserted: Vec<usize>,
}

impl<'f> Merge<'_, 'f, '_> {
    /// Takes keys of the reply into those of one mapping of the file.
    fn mapping(
        &mut self,
        given: &[&Symbol],
        own: &[&'f Symbol],
        outer: Option<&'f Symbol>,
        nesting: usize,
    ) -> Result<(), Complaint> {
        if nesting > MAX_NESTING {
            return Err(self.unclear(given.first().copied(), own));
        }
        self.refuse_gaps(given, own, outer)?;
        let mut seen = HashSet::new();
        // New keys go behind the known one before them, else before the next one.
        let mut behind: Option<&'f Symbol> = None;
        let mut fresh: Vec<&Symbol> = Vec::new();
        for key in given {
            let found: Vec<&'f Symbol> = own.iter().filter(|own| own.name == key.name).copied().collect();
            let clash = if found.is_empty() { paths_clash(key, outer, self.own) } else { None };
            // Keys above the tables of a part may belong to another one.
            let is_loose = outer.is_none() && self.given.language == "toml" && key.kind != SymbolKind::Table;
            if !seen.insert(key.name.as_str()) || clash.is_some() || found.is_empty() && is_loose {
                let known: Vec<&Symbol> = clash.into_iter().chain(found).collect();
                return Err(self.unclear(Some(key), &known));
            }
            match found[..] {
                [] => fresh.push(key),
                [one] => {
                    self.add(&std::mem::take(&mut fresh), behind.map_or(Place::Before(one), Place::Behind));
                    self.known(key, one, nesting)?;
                    behind = Some(one);
                }
                _ => return Err(self.unclear(Some(key), &found)),
            }
        }
        match behind.or(own.last().copied()).or(outer) {
            Some(before) => self.add(&fresh, Place::Behind(before)),
            None if fresh.is_empty() => {}
            None => return Err(self.unclear(fresh.first().copied(), &[])),
        }
        Ok(())
    }

    /// A mapping that repeats what does not change is meant as a whole: what it lacks may be meant to go.
    fn refuse_gaps(&self, given: &[&Symbol], own: &[&'f Symbol], outer: Option<&'f Symbol>) -> Result<(), Complaint> {
        let has = |name: &str| given.iter().any(|key| key.name == name);
        let is_plain = |own: &Symbol| outer.is_some() || self.own.value(own) != Value::Mapping;
        let is_same =
            |key: &&Symbol| own.iter().any(|own| own.name == key.name && is_plain(own) && self.is_same(key, own));
        let Some(missing) = own.iter().find(|own| !has(&own.name)).filter(|_| !self.is_elided) else { return Ok(()) };
        match given.iter().find(|key| is_same(key)) {
            Some(repeated) => Err(self.less(repeated, missing)),
            None => Ok(()),
        }
    }

    fn is_same(&self, given: &Symbol, own: &Symbol) -> bool {
        self.given.words(given) == self.own.words(own)
    }

    /// A key that the file has.
    fn known(&mut self, given: &Symbol, own: &'f Symbol, nesting: usize) -> Result<(), Complaint> {
        if self.is_same(given, own) {
            if self.speaks_above(given, own) {
                self.whole(given, own);
            }
            return Ok(());
        }
        if self.own.of(own).starts_with("[[") {
            return Err(self.unclear(Some(given), &[own]));
        }
        let (new, old) = (self.given.value(given), self.own.value(own));
        let (inner, own_inner) = (self.given.inner(given), self.own.inner(own));
        match (new, old) {
            (Value::Mapping, Value::Mapping) if given.kind == own.kind => {
                if inner.is_empty() {
                    return Ok(());
                }
                if own_inner.is_empty() && own.kind != SymbolKind::Table {
                    self.whole(given, own);
                    return Ok(());
                }
                self.mapping(&inner, &own_inner, Some(own), nesting + 1)
            }
            (Value::Mapping | Value::Inline, Value::Mapping | Value::Inline) => {
                let lost: Vec<&Symbol> =
                    own_inner.into_iter().filter(|own| !inner.iter().any(|key| key.name == own.name)).collect();
                if given.kind != own.kind || !lost.is_empty() {
                    return Err(self.less(given, own));
                }
                self.value(given, own);
                Ok(())
            }
            (Value::List, Value::List) => {
                let (new, old) = (self.given.elements(given), self.own.elements(own));
                if new.len() < old.len() && !old.iter().all(|element| new.contains(element)) {
                    return Err(self.less(given, own));
                }
                self.value(given, own);
                Ok(())
            }
            (_, Value::Scalar | Value::Empty) if given.kind == own.kind => {
                self.value(given, own);
                Ok(())
            }
            _ => Err(self.less(given, own)),
        }
    }

    /// The value of a key alone where both are on one line, so that the rest of the line stays; else all of it.
    fn value(&mut self, given: &Symbol, own: &'f Symbol) {
        let (new, old) = (self.given.value_range(given), self.own.value_range(own));
        let (text, old_text) = (&self.given.text[new], &self.own.text[old.clone()]);
        let is_long = text.contains('\n') || old_text.contains('\n');
        if text.trim().is_empty() || old_text.trim().is_empty() || is_long || self.speaks_above(given, own) {
            self.whole(given, own);
            return;
        }
        self.changes.push(Change { range: old, new_text: text.to_owned(), tolerances: Vec::new() });
    }

    /// Whether the reply has a comment above a key that the file does not have.
    fn speaks_above(&self, given: &Symbol, own: &Symbol) -> bool {
        let above = self.given.text[given.range.start..given.item_range.start].lines().map(str::trim);
        let there = &self.file.text[own.range.start..own.item_range.start];
        above.into_iter().any(|line| !line.is_empty() && !there.contains(line))
    }

    fn whole(&mut self, given: &Symbol, own: &'f Symbol) {
        let mut change = rewrite(given, self.block, own, self.file);
        let old = &self.file.text[change.range.clone()];
        change.range.end -= old.len() - old.trim_end().len();
        self.changes.push(change);
    }

    /// Keys that the file does not have.
    fn add(&mut self, given: &[&Symbol], place: Place<'f>) {
        let Some(first) = given.first() else { return };
        let file = self.file;
        let neighbour = place.symbol();
        let tolerances = vec![Tolerance::AddedNextTo(neighbour.name.clone())];
        let is_json = self.given.language == "json";
        if is_json && self.shares_its_line(neighbour) {
            let texts = given.iter().map(|key| moved(self.block, key, file, "", None)).collect::<Vec<_>>().join(", ");
            let (at, new_text) = match place {
                Place::Behind(_) => (neighbour.item_range.end, format!(", {texts}")),
                Place::Before(_) => (neighbour.item_range.start, format!("{texts}, ")),
            };
            self.changes.push(Change { range: at..at, new_text, tolerances });
            return;
        }
        // A table without keys takes them below its head.
        let is_inside = neighbour.kind == SymbolKind::Table && first.kind != SymbolKind::Table;
        let target = if is_inside { "" } else { line_indentation(file.text, neighbour.item_range.start) };
        let gap = |key: &Symbol| {
            if key.kind == SymbolKind::Table || self.stands_apart(key) { file.eol } else { "" }
        };
        let between = if is_json { "," } else { "" };
        let mut text = String::new();
        for (number, key) in given.iter().enumerate() {
            if number > 0 {
                text.extend([between, file.eol, gap(key)]);
            }
            text.push_str(&fresh(key, self.block, file, target));
        }
        let gap = gap(first);
        let (range, new_text) = match place {
            Place::Before(_) => {
                let at = file.line_at(neighbour.range.start).map_or(neighbour.range.start, |line| line.start);
                (at..at, format!("{text}{between}{}{gap}", file.eol))
            }
            Place::Behind(_) => {
                let end = self.own.end(neighbour, is_inside);
                let line_end = file.line_at(end.saturating_sub(1)).map_or(end, |line| line.start + line.content.len());
                let range = end..line_end.max(end);
                let rest = &file.text[range.clone()];
                if let Some(at) = self.inserted.iter().copied().find(|at| self.changes[*at].range == range) {
                    // What was added within the neighbour ends where it does.
                    let _ = write!(self.changes[at].new_text, "{}{gap}{text}", file.eol);
                    return;
                }
                self.inserted.push(self.changes.len());
                let (comma, last) = match (is_json, rest.trim_start().starts_with(',')) {
                    (true, true) => ("", ","),
                    (true, false) => (",", ""),
                    _ => ("", ""),
                };
                (range, format!("{comma}{rest}{}{gap}{text}{last}", file.eol))
            }
        };
        self.changes.push(Change { range, new_text, tolerances });
    }

    /// Whether the reply has a blank line above a key.
    fn stands_apart(&self, given: &Symbol) -> bool {
        let before = self.given.text[..given.range.start].trim_end_matches([' ', '\t']);
        before.ends_with("\n\n") && !before.trim().is_empty()
    }

    /// Whether a key of JSON stands on one line with the brace around it or with another key.
    fn shares_its_line(&self, own: &Symbol) -> bool {
        let start = self.file.text[..own.item_range.start].rfind('\n').map_or(0, |at| at + 1);
        !self.file.text[start..own.item_range.start].trim().is_empty()
    }

    /// The reply gives `given` and not all of `own`.
    fn less(&self, given: &Symbol, own: &Symbol) -> Complaint {
        let line = self.file.line_number(own.item_range.start);
        let message = format!(
            "The reply gives `{}` with less than {} has there, at line {line}, which nobody asked to delete. Ask the model for the \
             whole of it, or for a search/replace block.",
            given.name, self.file.path
        );
        Complaint::new(ComplaintKind::Vanished, message).in_file(self.file.path).with_candidates(vec![line])
    }

    fn unclear(&self, given: Option<&Symbol>, found: &[&Symbol]) -> Complaint {
        let lines: Vec<usize> = found.iter().map(|own| self.file.line_number(own.item_range.start)).collect();
        let message = format!(
            "The reply gives a part of {}, and where its `{}` goes cannot be told. Ask the model for search/replace blocks.",
            self.file.path,
            given.map_or("", |given| given.name.as_str())
        );
        Complaint::new(ComplaintKind::Ambiguous, message).in_file(self.file.path).with_candidates(lines)
    }
}

#[derive(Clone, Copy)]
enum Place<'f> {
    Before(&'f Symbol),
    Behind(&'f Symbol),
}

impl<'f> Place<'f> {
    fn symbol(self) -> &'f Symbol {
        match self {
            Self::Before(symbol) | Self::Behind(symbol) => symbol,
        }
    }
}
