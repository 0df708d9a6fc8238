//! Symbols from the matches of a language's `definitions.scm`.
//!
//! What its captures mean: `@definition.<kind>` is the item, `@name` its name or what the name is the innermost of,
//! `@body` its body where that is not the field `body` of the item, `@header` what is all before the body, `@container` the
//! type it belongs to where that does not lie around it, `@leading` an attribute that belongs to the item below it or
//! that the item begins with, `@leading.comment` a comment that does when it stands right above it. `@wrapper` makes the item `@wrapped` begin and
//! end with the wrapper, as `export` does. Of several definitions of one name the widest item counts, then the one whose
//! pattern stands first.

use crate::language::Body;
use crate::query::{Item, Items, for_each_match, for_each_match_outside};
use crate::{Language, Symbol, SymbolKind, imports, recovery};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use tree_sitter::{Node, Tree};

/// How many of the names around a symbol its container names. Deeper nesting is not code, and the paths of a
/// hundred thousand nested items would fill the memory.
const MAX_CONTAINER_NAMES: usize = 16;

/// How many wrappers an item may have: `export`, `declare`, and room for more.
const MAX_WRAPPERS: usize = 4;

/// An item the query or the recovery found, before it has a place among the others.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) kind: SymbolKind,
    pub(crate) item_range: Range<usize>,
    pub(crate) name_range: Range<usize>,
    pub(crate) body_range: Option<Range<usize>>,
    /// The type it says it belongs to.
    pub(crate) container: Option<String>,
    /// Whether the text told of it and not the tree.
    pub(crate) is_recovered: bool,
}

impl Definition {
    /// Whether it is a thing of the function around it alone: a variable, or a variable that reads like a declaration
    /// of a function (`Lock lock(mutex);`).
    fn is_local(&self) -> bool {
        let is_declaration = self.kind == SymbolKind::Function && self.body_range.is_none() && !self.is_recovered;
        self.kind == SymbolKind::Variable || is_declaration
    }
}

/// What may belong to the item below it.
#[derive(Clone, Debug)]
pub(crate) struct Leading {
    range: Range<usize>,
    is_comment: bool,
}

impl Leading {
    pub(crate) fn attribute(range: Range<usize>) -> Leading {
        Leading { range, is_comment: false }
    }

    pub(crate) fn comment(range: Range<usize>) -> Leading {
        Leading { range, is_comment: true }
    }

    pub(crate) fn start(&self) -> usize {
        self.range.start
    }
}

/// The symbols that `window` touches, and those around them, in the order of the text. A query that runs out of time
/// gives the symbols found until then.
pub(crate) fn symbols(tree: &Tree, language: Language, text: &str, window: Range<usize>) -> Vec<Symbol> {
    let mut symbols = symbols_and_assigned(tree, language, text, window);
    symbols.retain(|symbol| symbol.kind != SymbolKind::Assigned);
    symbols
}

/// [`symbols`] with the names that assignments make.
pub(crate) fn symbols_and_assigned(tree: &Tree, language: Language, text: &str, window: Range<usize>) -> Vec<Symbol> {
    let Matches { mut definitions, leading, .. } = matches(tree, language, text, Scope::Window(window.clone()));
    recovery::recover(tree, language, text, window, &mut definitions);
    arranged(definitions, &leading, language, text)
}

/// Definitions as symbols, with their places among each other.
pub(crate) fn arranged(
    mut definitions: Vec<Definition>,
    leading: &[Leading],
    language: Language,
    text: &str,
) -> Vec<Symbol> {
    definitions.sort_by_key(|found| {
        let is_assigned = found.kind == SymbolKind::Assigned;
        (found.item_range.start, Reverse(found.item_range.end), is_assigned, found.name_range.start)
    });
    // `typedef struct node { … } node;` names one thing twice.
    definitions.dedup_by(|a, b| {
        a.item_range == b.item_range && text.get(a.name_range.clone()) == text.get(b.name_range.clone())
    });

    let mut symbols: Vec<Symbol> = Vec::with_capacity(definitions.len());
    // The symbols around the next one, with what their names are in its container.
    let mut open: Vec<(usize, String)> = Vec::new();
    for found in definitions {
        while open.last().is_some_and(|(outer, _)| {
            let outer = &symbols[*outer].item_range;
            outer.end <= found.item_range.start || *outer == found.item_range
        }) {
            open.pop();
        }
        let outer = open.last().map(|(outer, _)| symbols[*outer].kind);
        if outer.is_some_and(SymbolKind::is_callable) && found.is_local() {
            continue;
        }
        let has_type = found.container.is_some() || outer.is_some_and(SymbolKind::has_methods);
        let kind = match found.kind {
            SymbolKind::Function if has_type => SymbolKind::Method,
            // What a type behind a macro holds reads like variables.
            SymbolKind::Variable if outer.is_some_and(SymbolKind::has_methods) => SymbolKind::Field,
            kind => kind,
        };
        let names = open[open.len().saturating_sub(MAX_CONTAINER_NAMES)..].iter().map(|(_, name)| name.as_str());
        let names: Vec<&str> = names.chain(found.container.as_deref()).collect();
        let container = (!names.is_empty()).then(|| names.join("::"));
        let name = text.get(found.name_range.clone()).unwrap_or_default();
        let label = found.container.map_or(name.to_owned(), |container| format!("{container}::{name}"));
        let depth = open.len();
        open.push((symbols.len(), label));
        symbols.push(Symbol {
            name: name.to_owned(),
            kind,
            range: leading_start(leading, &found.item_range, language, text)..found.item_range.end,
            item_range: found.item_range,
            name_range: found.name_range,
            body_range: found.body_range,
            container,
            depth,
        });
    }
    symbols
}

/// The names that definitions introduce where `window` touches them.
pub(crate) fn names(tree: &Tree, language: Language, text: &str, window: Range<usize>) -> Vec<Range<usize>> {
    let found = matches(tree, language, text, Scope::Window(window));
    found.definitions.into_iter().map(|found| found.name_range).collect()
}

/// What may belong to the item below it, in the order of the text.
pub(crate) fn leading(tree: &Tree, language: Language, text: &str) -> Vec<Leading> {
    matches(tree, language, text, Scope::Window(0..usize::MAX)).leading
}

/// Where definitions are looked for.
pub(crate) enum Scope<'i> {
    /// Wherever a range touches the tree.
    Window(Range<usize>),
    /// Outside functions; the imports that are found on the way are put in, where they are wanted.
    OutsideFunctions(Option<&'i mut imports::Found>),
}

/// The definitions, what leads them, and whether that is all.
pub(crate) struct Matches {
    pub(crate) definitions: Vec<Definition>,
    pub(crate) leading: Vec<Leading>,
    pub(crate) is_whole: bool,
}

/// The definitions, and what leads them.
pub(crate) fn matches(tree: &Tree, language: Language, text: &str, scope: Scope) -> Matches {
    let (mut definitions, mut leading) = (Vec::new(), Vec::new());
    let mut wrappers = HashMap::new();
    let mut visit = |pattern: usize, captures: &[(Node<'_>, &str)], items: Option<&mut Items>| {
        let (mut item, mut name, mut body, mut container, mut wrapper, mut wrapped) =
            (None, None, None, None, None, None);
        let (mut header, mut wrapper_start) = (None, None);
        for &(node, capture) in captures {
            match capture {
                "name" => name = Some(innermost_name(node)),
                "body" => body = Some(node.byte_range()),
                "header" => header = Some(node.end_byte()),
                "container" => container = Some(node.byte_range()),
                "wrapper" => wrapper = Some(node.byte_range()),
                "wrapper.start" => wrapper_start = Some(node.start_byte()),
                "wrapped" => wrapped = Some(node.byte_range()),
                "leading" => leading.push(Leading::attribute(node.byte_range())),
                "leading.comment" => leading.push(Leading::comment(node.byte_range())),
                _ => {
                    if let Some(kind) = capture.strip_prefix("definition.").and_then(SymbolKind::from_capture) {
                        item = Some((kind, node));
                    }
                }
            }
        }
        if let (Some((kind, item)), Some((name, _)), Some(items)) = (item, &name, items) {
            let (is_function, name_start) = (kind.is_callable(), name.start_byte());
            let known = items.entry(item.id()).or_insert(Item { is_function, name_start });
            known.is_function |= is_function;
        }
        if let Some(wrapped) = wrapped
            && let Some(wrapper) = wrapper.or_else(|| Some(wrapper_start?..wrapped.end))
        {
            wrappers.insert(wrapped, wrapper);
        }
        if let (Some((kind, item)), Some((name, scope))) = (item, name)
            // A name that is missing is empty.
            && name.start_byte() < name.end_byte()
        {
            let container = container.or(scope);
            let rest = header.and_then(|end| rest_of(text, end..item.end_byte()));
            let body = body.or(rest).or_else(|| body_range(item, &name, language, text));
            let container = container.map(|container| container_name(text, &container, name.start_byte()));
            let definition = Definition {
                kind,
                item_range: item.byte_range(),
                name_range: bare_name(name, text),
                body_range: body,
                container: container.filter(|container| !container.is_empty()),
                is_recovered: false,
            };
            definitions.push((pattern, definition));
        }
    };
    let is_whole = match scope {
        Scope::Window(window) => for_each_match(language.definitions(), tree, text, window, |pattern, captures| {
            visit(pattern, captures, None);
        }),
        Scope::OutsideFunctions(None) => {
            for_each_match_outside(language.definitions(), tree, text, |pattern, captures, items| {
                visit(pattern, captures, Some(items));
            })
        }
        Scope::OutsideFunctions(Some(imports)) => {
            let (query, definitions) = language.definitions_and_imports();
            for_each_match_outside(query, tree, text, |pattern, captures, items| {
                if pattern < *definitions {
                    visit(pattern, captures, Some(items));
                } else {
                    imports.add(captures);
                }
            })
        }
    };
    let attributes: HashMap<usize, usize> = leading
        .iter()
        .filter(|leading| !leading.is_comment)
        .map(|leading| (leading.range.start, leading.range.end))
        .collect();
    let braces = language.outline().is_some_and(|outline| outline.body == Body::Braces);
    for (_, definition) in &mut definitions {
        widen(&mut definition.item_range, &wrappers);
        pass_attributes(definition, &attributes, text);
        // Of several in one statement the last does not own its end.
        let is_one_of_several =
            matches!(definition.kind, SymbolKind::Constant | SymbolKind::Variable | SymbolKind::Variant);
        trim(definition, braces && !is_one_of_several, text);
    }
    definitions.sort_by_key(|(pattern, found)| {
        (found.name_range.start, found.name_range.end, Reverse(found.item_range.len()), *pattern)
    });
    definitions.dedup_by(|(_, a), (_, b)| a.name_range == b.name_range);
    leading.sort_by_key(Leading::start);
    Matches { definitions: definitions.into_iter().map(|(_, definition)| definition).collect(), leading, is_whole }
}

/// Grows an item to what wraps it.
fn widen(item: &mut Range<usize>, wrappers: &HashMap<Range<usize>, Range<usize>>) {
    for _ in 0..MAX_WRAPPERS {
        match wrappers.get(item) {
            Some(wrapper) => *item = wrapper.clone(),
            None => break,
        }
    }
}

/// Starts an item behind the attributes that its tree begins with; they lead it.
fn pass_attributes(definition: &mut Definition, attributes: &HashMap<usize, usize>, text: &str) {
    let item = &mut definition.item_range;
    while let Some(&end) = attributes.get(&item.start) {
        let Some(behind) = text.get(end..definition.name_range.start) else { return };
        item.start = definition.name_range.start - behind.trim_start().len();
    }
}

/// Ends an item with its last character, or with the semicolon right behind it.
fn trim(definition: &mut Definition, semicolon: bool, text: &str) {
    let item = &mut definition.item_range;
    let written = text.get(item.clone()).unwrap_or_default();
    let blanks = written.len() - written.trim_end().len();
    item.end = (item.end - blanks).max(definition.name_range.end);
    if let Some(body) = &mut definition.body_range {
        body.end = body.end.min(item.end).max(body.start);
    }
    if semicolon && text.as_bytes().get(item.end) == Some(&b';') {
        item.end += 1;
    }
}

/// The names before the name itself: `a::Map` of `a::Map<K>::len`, whose separators differ by language.
fn container_name(text: &str, container: &Range<usize>, name_start: usize) -> String {
    let written = text.get(container.start..container.end.min(name_start)).unwrap_or_default();
    let mut depth = 0_usize;
    let without_arguments: String = written
        .chars()
        .filter(|&character| {
            depth += usize::from(character == '<');
            let is_outside = depth == 0;
            depth -= usize::from(character == '>' && depth > 0);
            is_outside
        })
        .collect();
    let is_part_of_name = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$' | '@');
    let names = without_arguments.split(|character| !is_part_of_name(character)).filter(|name| !name.is_empty());
    names.collect::<Vec<_>>().join("::")
}

/// The body field of an item. Where the tree lost the first lines of the body to an error, the text tells where it
/// begins.
fn body_range(item: Node<'_>, name: &Node<'_>, language: Language, text: &str) -> Option<Range<usize>> {
    let body = item.child_by_field_name("body")?.byte_range();
    if item.has_error()
        && let Some(outline) = language.outline()
        && let Some(start) = recovery::body_start(text, name.end_byte()..body.start, outline)
        && text.get(start..body.start).is_some_and(|skipped| !skipped.trim().is_empty())
    {
        return Some(start..body.end);
    }
    Some(body)
}

/// The plain name in what carries arguments, a path or what declares it (`Map` of `std::Map<K, V>`, `find` of
/// `*find(int)`), and the scope before it where there is one.
fn innermost_name(mut node: Node<'_>) -> (Node<'_>, Option<Range<usize>>) {
    let mut scope = None;
    loop {
        if scope.is_none() && node.child_by_field_name("scope").is_some() {
            scope = Some(node.byte_range());
        }
        let inner = match node.kind() {
            "parenthesized_declarator" | "reference_declarator" | "attributed_declarator" => {
                node.named_child(node.named_child_count().saturating_sub(1) as u32)
            }
            // A namespace and a setter of Ruby go by their whole names.
            "qualified_name" | "setter" => None,
            _ => ["name", "bound_identifier", "type", "declarator"]
                .into_iter()
                .find_map(|field| node.child_by_field_name(field)),
        };
        match inner {
            Some(inner) => node = inner,
            None => return (node, scope),
        }
    }
}

/// A name without the colon of a Ruby symbol or the quotes of a string.
fn bare_name(name: Node<'_>, text: &str) -> Range<usize> {
    let range = name.byte_range();
    let Some(written) = text.get(range.clone()) else { return range };
    if name.kind() == "simple_symbol" {
        return range.end - written.trim_start_matches(':').len()..range.end;
    }
    let is_quoted = |quote: char| written.len() > 2 && written.starts_with(quote) && written.ends_with(quote);
    if is_quoted('"') || is_quoted('\'') { range.start + 1..range.end - 1 } else { range }
}

/// A range without the blanks at its start; nothing if that is all there is.
fn rest_of(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(range.clone())?.trim_start();
    (!rest.is_empty()).then(|| range.end - rest.len()..range.end)
}

/// Where the attributes, decorators and doc comments right above an item start; the item's own start if there
/// are none. Between attributes may be blank lines and ordinary comments.
pub(crate) fn leading_start(leading: &[Leading], item: &Range<usize>, language: Language, text: &str) -> usize {
    let mut start = item.start;
    let above = leading.partition_point(|leading| leading.range.end <= item.start);
    for leading in leading[..above].iter().rev() {
        // What encloses another one is passed after it.
        if leading.range.end > start {
            continue;
        }
        let Some(gap) = text.get(leading.range.end..start) else { break };
        let belongs = if leading.is_comment { is_right_above(leading, gap, text) } else { is_gap(gap, language) };
        if !belongs {
            break;
        }
        start = leading.range.start;
    }
    start
}

/// Whether there are only blank lines and ordinary comments.
fn is_gap(gap: &str, language: Language) -> bool {
    let comment = language.line_comment();
    gap.lines().map(str::trim).all(|line| line.is_empty() || (!comment.is_empty() && line.starts_with(comment)))
}

/// Whether a comment has its lines for itself and no blank line follows.
fn is_right_above(comment: &Leading, gap: &str, text: &str) -> bool {
    let Some(before) = text.get(..comment.range.start) else { return false };
    let own_line = before.trim_end_matches([' ', '\t']);
    let included_break = usize::from(text[..comment.range.end].ends_with('\n'));
    (own_line.is_empty() || own_line.ends_with(['\n', '\r']))
        && gap.trim().is_empty()
        && gap.matches('\n').count() + included_break <= 1
}

#[cfg(test)]
pub(crate) mod tests;
