//! What stands outside functions, from a parse that is not shown most of what they contain.

use crate::bodies::Bodies;
use crate::definitions::{Definition, Leading, Scope, arranged, matches};
use crate::enclosing::{BESIDE, with_blanks_of_its_lines};
use crate::tree::{ParseError, parse_outside};
use crate::{Language, Symbol, SymbolKind, imports, recovery};
use std::ops::Range;
use tree_sitter::Tree;

/// [`SyntaxTree::symbols_outside_functions`](crate::SyntaxTree::symbols_outside_functions) of a text, for a fraction of the price of its
/// tree.
pub fn symbols_outside_functions(language: Language, text: &str) -> Result<Vec<Symbol>, ParseError> {
    let (tree, bodies) = parse_outside(language, text, None)?;
    Ok(Outside::without_imports(&tree, language, text, &bodies, None).symbols_and_assigned(language, text))
}

/// [`SyntaxTree::symbols_and_imports_around`](crate::SyntaxTree::symbols_and_imports_around) of a text, for a fraction of the price of
/// its tree.
pub fn symbols_and_imports_around(
    language: Language,
    text: &str,
    range: Range<usize>,
) -> Result<(Vec<Symbol>, Vec<Range<usize>>), ParseError> {
    let (tree, bodies) = parse_outside(language, text, Some(&range))?;
    let outside = Outside::of(&tree, language, text, &bodies);
    Ok((outside.symbols_around(&tree, language, text, &range), outside.imports))
}

/// What a text holds outside functions, also in methods the names that assignments make, and its imports.
#[derive(Debug)]
pub(crate) struct Outside {
    definitions: Vec<Definition>,
    leading: Vec<Leading>,
    /// Whether what functions contain is among the definitions.
    is_all: bool,
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
        let (mut definitions, leading) = matches(tree, language, text, scope);
        if is_all {
            recovery::recover(tree, language, text, everywhere, &mut definitions);
        } else {
            bodies.mend(&mut definitions);
        }
        Outside { definitions, leading, is_all, imports: Vec::new() }
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
        let (near, leading_near) = matches(tree, language, text, Scope::Window(window));
        definitions.extend(near.into_iter().filter(is_shown));
        definitions.sort_by_key(|found| (found.name_range.start, found.name_range.end));
        definitions.dedup_by(|a, b| a.name_range == b.name_range);
        let mut leading: Vec<Leading> = self.leading.iter().cloned().chain(leading_near).collect();
        leading.sort_by_key(Leading::start);
        arranged(definitions, &leading, language, text)
    }
}
