//! What stands outside functions, from a parse that is not shown most of what they contain.

use crate::bodies::Bodies;
use crate::definitions::{Definition, Leading, Matches, Scope, arranged, matches};
use crate::enclosing::{BESIDE, with_blanks_of_its_lines};
use crate::tree::{ParseError, parse_outside};
use crate::{Language, Symbol, SymbolKind, imports, recovery};
use std::ops::Range;
use tree_sitter::Tree;

/// What a text has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outline {
    /// Its symbols.
    pub symbols: Vec<Symbol>,
    /// Its import statements, where they are asked for.
    pub imports: Vec<Range<usize>>,
    /// Whether nothing was cut short, as there was too much of it.
    pub is_whole: bool,
}

/// [`SyntaxTree::symbols_outside_functions`](crate::SyntaxTree::symbols_outside_functions) of a text, for a fraction of the price of its
/// tree.
pub fn symbols_outside_functions(language: Language, text: &str) -> Result<Outline, ParseError> {
    let (tree, bodies) = parse_outside(language, text, None)?;
    let outside = Outside::without_imports(&tree, language, text, &bodies, None);
    let symbols = outside.symbols_and_assigned(language, text);
    Ok(Outline { symbols, imports: outside.imports, is_whole: outside.is_whole })
}

/// [`SyntaxTree::symbols_and_imports_around`](crate::SyntaxTree::symbols_and_imports_around) of a text, for a fraction of the price of
/// its tree.
pub fn symbols_and_imports_around(language: Language, text: &str, range: Range<usize>) -> Result<Outline, ParseError> {
    let (tree, bodies) = parse_outside(language, text, Some(&range))?;
    let outside = Outside::of(&tree, language, text, &bodies);
    let symbols = outside.symbols_around(&tree, language, text, &range);
    Ok(Outline { symbols, imports: outside.imports, is_whole: outside.is_whole })
}

/// What a text holds outside functions, also in methods the names that assignments make, and its imports.
#[derive(Debug)]
pub(crate) struct Outside {
    definitions: Vec<Definition>,
    leading: Vec<Leading>,
    /// Whether what functions contain is among the definitions.
    is_all: bool,
    /// Whether nothing was cut short.
    pub(crate) is_whole: bool,
    /// The import statements, as [`imports::imports`] gives them; none where nobody wanted them.
    pub(crate) imports: Vec<Range<usize>>,
}

impl Outside {
    /// Looks into no function, unless the tree is damaged: then a function may have swallowed what stands behind it. `bodies` are what
    /// the tree was made without.
    pub(crate) fn of(tree: &Tree, language: Language, text: &str, bodies: &Bodies) -> Outside {
        let mut found = imports::Found::default();
        let mut outside = Outside::without_imports(tree, language, text, bodies, Some(&mut found));
        let functions = outside.definitions.iter().filter(|found| found.kind.is_callable());
        let functions = functions.map(|found| found.item_range.clone()).collect();
        outside.imports = if outside.is_all {
            imports::imports(tree, language, text, functions)
        } else {
            imports::outside(found, language, text, functions)
        };
        outside
    }

    fn without_imports(
        tree: &Tree,
        language: Language,
        text: &str,
        bodies: &Bodies,
        imports: Option<&mut imports::Found>,
    ) -> Outside {
        let is_all = tree.root_node().has_error();
        let everywhere = 0..usize::MAX;
        let scope = if is_all { Scope::Window(everywhere.clone()) } else { Scope::OutsideFunctions(imports) };
        let Matches { mut definitions, leading, mut is_whole } = matches(tree, language, text, scope);
        if is_all {
            is_whole &= recovery::recover(tree, language, text, everywhere, &mut definitions);
        } else {
            bodies.mend(&mut definitions);
        }
        Outside { definitions, leading, is_all, is_whole, imports: Vec::new() }
    }

    pub(crate) fn symbols_and_assigned(&self, language: Language, text: &str) -> Vec<Symbol> {
        arranged(self.definitions.clone(), &self.leading, language, text)
    }

    /// The symbols without those of assignments, and what the functions around `range` contain near it.
    pub(crate) fn symbols_around(
        &self,
        tree: &Tree,
        language: Language,
        text: &str,
        range: &Range<usize>,
    ) -> Vec<Symbol> {
        let is_shown = |found: &Definition| found.kind != SymbolKind::Assigned;
        let mut definitions: Vec<Definition> =
            self.definitions.iter().filter(|found| is_shown(found)).cloned().collect();
        if self.is_all {
            return arranged(definitions, &self.leading, language, text);
        }
        // What is beside functions is known already.
        let place = with_blanks_of_its_lines(text, range);
        let around = definitions
            .iter()
            .filter(|found| found.kind.is_callable())
            .map(|found| found.item_range.clone())
            .filter(|item| item.start <= place.end && place.start <= item.end)
            .reduce(|all, item| all.start.min(item.start)..all.end.max(item.end));
        let Some(functions) = around else { return arranged(definitions, &self.leading, language, text) };
        let start = range.start.saturating_sub(BESIDE).max(functions.start);
        let window = start..range.end.saturating_add(BESIDE).min(functions.end);
        let near = matches(tree, language, text, Scope::Window(window));
        definitions.extend(near.definitions.into_iter().filter(is_shown));
        definitions.sort_by_key(|found| (found.name_range.start, found.name_range.end));
        definitions.dedup_by(|a, b| a.name_range == b.name_range);
        let mut leading: Vec<Leading> = self.leading.iter().cloned().chain(near.leading).collect();
        leading.sort_by_key(Leading::start);
        arranged(definitions, &leading, language, text)
    }
}
