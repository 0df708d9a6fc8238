//! The keys of a data file and what stands behind them.

use std::ops::Range;

use aiia_syntax::{Symbol, SymbolKind};

use crate::lines::{Line, indentation, lines};
use crate::resolve::symbol_match::members;

/// What a key stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value {
    /// Keys of its own, which may be given one by one.
    Mapping,
    /// Keys of its own as one value, on a line: of TOML, and YAML in braces.
    Inline,
    List,
    Scalar,
    /// Nothing at all.
    Empty,
}

/// A data file, or the part of one in a reply.
#[derive(Clone, Copy)]
pub(super) struct Side<'t> {
    pub(super) text: &'t str,
    pub(super) symbols: &'t [Symbol],
    pub(super) comments: &'t [Range<usize>],
    pub(super) language: &'static str,
}

impl<'t> Side<'t> {
    /// The outermost keys and tables.
    pub(super) fn roots(&self) -> Vec<&'t Symbol> {
        self.symbols.iter().filter(|symbol| symbol.depth == 0).collect()
    }

    /// The keys right inside one.
    pub(super) fn inner(&self, outer: &Symbol) -> Vec<&'t Symbol> {
        members(self.symbols, outer)
    }

    pub(super) fn of(&self, symbol: &Symbol) -> &'t str {
        &self.text[symbol.item_range.clone()]
    }

    /// Where the value of a key is, without the blanks around it.
    pub(super) fn value_range(&self, symbol: &Symbol) -> Range<usize> {
        let start = symbol.name_range.end.max(symbol.item_range.start);
        let rest = &self.text[start..symbol.item_range.end.max(start)];
        let rest = rest.trim_start_matches(['"', '\'', ' ', '\t']);
        let rest = rest.strip_prefix([':', '=']).unwrap_or(rest).trim_start_matches([' ', '\t']);
        let from = symbol.item_range.end - rest.len();
        // A comment behind a value is none of it.
        let line_end = self.text[from..].find(['\n', '\r']).map_or(self.text.len(), |at| from + at);
        let to = if line_end < from + rest.trim_end().len() { None } else { self.comment_at(from..line_end) };
        from..from + self.text[from..to.unwrap_or(symbol.item_range.end).max(from)].trim_end().len()
    }

    fn comment_at(&self, range: Range<usize>) -> Option<usize> {
        let first = self.comments.partition_point(|comment| comment.start < range.start);
        self.comments.get(first).map(|comment| comment.start).filter(|start| *start < range.end)
    }

    /// A key and what stands for it, without blanks and without the comments.
    pub(super) fn words(&self, symbol: &Symbol) -> String {
        let mut words = String::new();
        let mut from = symbol.item_range.start;
        while from < symbol.item_range.end {
            let to = self.comment_at(from..symbol.item_range.end).unwrap_or(symbol.item_range.end);
            words.extend(self.text[from..to].split_whitespace());
            let after = self.comments.iter().find(|comment| comment.start == to).map_or(to, |comment| comment.end);
            from = after.max(to);
            if from == to && to < symbol.item_range.end {
                break;
            }
        }
        words
    }

    pub(super) fn value(&self, symbol: &Symbol) -> Value {
        if symbol.kind == SymbolKind::Table {
            return Value::Mapping;
        }
        let text = &self.text[self.value_range(symbol)];
        match (text.chars().next(), self.language) {
            (None, _) => Value::Empty,
            (Some('['), _) => Value::List,
            (Some('{'), "json") => Value::Mapping,
            (Some('{'), _) => Value::Inline,
            (Some(_), "yaml") => of_yaml(text),
            _ => Value::Scalar,
        }
    }

    /// The elements of a list, without the blanks in them.
    pub(super) fn elements(&self, symbol: &Symbol) -> Vec<String> {
        let text = &self.text[self.value_range(symbol)];
        match text.strip_prefix('[') {
            Some(rest) => of_brackets(rest.strip_suffix(']').unwrap_or(rest)),
            None => of_dashes(text),
        }
    }

    /// Where what belongs to a symbol ends; of a table without keys and a key without a value, its first line.
    pub(super) fn end(&self, symbol: &Symbol, is_head: bool) -> usize {
        let end = if is_head {
            let line = self.text[symbol.name_range.end..].find(['\n', '\r']);
            line.map_or(self.text.len(), |at| symbol.name_range.end + at)
        } else if symbol.kind == SymbolKind::Table {
            self.inner(symbol).last().map_or_else(|| self.end(symbol, true), |last| last.item_range.end)
        } else {
            symbol.item_range.end
        };
        self.text[..end].trim_end().len()
    }
}

fn of_yaml(text: &str) -> Value {
    let is_said = |line: &&Line| !line.is_blank() && !line.trimmed().starts_with('#');
    let lines = lines(text);
    let mut said = lines.iter().filter(is_said).map(Line::trimmed);
    let Some(first) = said.next() else { return Value::Empty };
    // An anchor or a tag stands before the value.
    let first = if first.starts_with(['&', '!']) && !first.contains(' ') { said.next() } else { Some(first) };
    let Some(first) = first else { return Value::Scalar };
    let is_below = !text.starts_with(first) || text.trim_start().len() < text.len();
    match first {
        first if first.starts_with("- ") || first == "-" => Value::List,
        first if is_below && is_key(first) => Value::Mapping,
        _ => Value::Scalar,
    }
}

fn is_key(line: &str) -> bool {
    line.contains(": ") || line.trim_end().ends_with(':')
}

fn of_brackets(text: &str) -> Vec<String> {
    let mut elements = vec![String::new()];
    let (mut depth, mut quote) = (0_i32, None);
    for sign in text.chars() {
        match quote {
            Some(open) if sign == open => quote = None,
            None if matches!(sign, '"' | '\'') => quote = Some(sign),
            None => depth += i32::from("[{".contains(sign)) - i32::from("]}".contains(sign)),
            Some(_) => {}
        }
        match elements.last_mut() {
            Some(last) if sign != ',' || depth > 0 || quote.is_some() => {
                last.extend(Some(sign).filter(|sign| !sign.is_whitespace()));
            }
            _ => elements.push(String::new()),
        }
    }
    elements.retain(|element| !element.is_empty());
    elements
}

fn of_dashes(text: &str) -> Vec<String> {
    let lines = lines(text);
    let dashes = lines.iter().skip(1).filter(|line| line.trimmed().starts_with('-'));
    let margin = dashes.map(|line| indentation(line.content).len()).min();
    let mut elements: Vec<String> = Vec::new();
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_blank()) {
        let begins = number == 0 || margin.is_some_and(|margin| indentation(line.content).len() == margin);
        let said: String = line.content.split_whitespace().collect();
        match elements.last_mut() {
            Some(last) if !(begins && line.trimmed().starts_with('-')) => last.push_str(&said),
            _ => elements.push(said),
        }
    }
    elements
}

/// The key or table of a file which a new key of TOML would define a second time: `a.b = 1` beside `a = { … }` or `[a.b]`.
pub(super) fn paths_clash<'t>(key: &Symbol, outer: Option<&Symbol>, own: Side<'t>) -> Option<&'t Symbol> {
    if own.language != "toml" {
        return None;
    }
    let path = |outer: Option<&Symbol>, name: &str| {
        let whole = outer.map_or_else(|| name.to_owned(), |outer| format!("{}.{name}", outer.name));
        whole.split('.').map(|part| part.trim().trim_matches(['"', '\''])).collect::<Vec<_>>().join(".")
    };
    let new = path(outer, &key.name);
    let begins =
        |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    for root in own.roots() {
        let name = path(None, &root.name);
        let is_key = root.kind != SymbolKind::Table;
        if begins(&name, &new) || is_key && begins(&new, &name) {
            return Some(root);
        }
        for inner in own.inner(root).into_iter().filter(|_| !is_key) {
            let name = path(Some(root), &inner.name);
            if begins(&name, &new) || begins(&new, &name) {
                return Some(inner);
            }
        }
    }
    None
}
