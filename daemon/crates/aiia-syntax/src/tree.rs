//! The tree of a text: parsing, bounded in size and time, and incremental parsing after edits.

use crate::bodies::Bodies;
use crate::deadline::ParseBudget;
use crate::language::Quirk;
use crate::outside::Outside;
use crate::{
    Language, Reference, Symbol, comments, definitions, enclosing, imports, limits, references, strings, test_code,
};
use aiia_text::{Document, Point, TextEdit};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tree_sitter::{InputEdit, ParseOptions, ParseState, Parser, Tree};

mod rows;
mod statements;

/// The largest text that is parsed, in bytes. What is larger is generated, and is worked on by lines.
pub const MAX_PARSE_BYTES: usize = 8 * 1024 * 1024;

/// The longest one parse may take, in processor time.
pub const PARSE_TIME_LIMIT: Duration = Duration::from_secs(2);

/// A range of a text with that of the newer text that took its place.
pub type Replaced = (Range<usize>, Range<usize>);

/// Why there is no tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseError {
    /// The text is larger than [`MAX_PARSE_BYTES`].
    #[error("the file is larger than {} MiB and is not parsed; it is worked on by lines", MAX_PARSE_BYTES / 1024 / 1024)]
    TooLarge,
    /// The text holds what no source file does and what parsers do not survive: a thousand NUL bytes, endless words.
    #[error("the file holds what no source file does, so it is not parsed; it is worked on by lines")]
    NotCode,
    /// The text is nested deeper than code is, by brackets or by indentation.
    #[error("the file is nested deeper than code is, so it is not parsed; it is worked on by lines")]
    TooDeep,
    /// Parsing took longer than [`PARSE_TIME_LIMIT`], or than was left of the budget.
    #[error("parsing the file took too long and was stopped; it is worked on by lines")]
    TimedOut,
}

/// The syntax tree of one text. Cloning is cheap.
///
/// Methods that take `text` want the text the tree was parsed from; with another one they give nonsense, but do
/// not panic.
#[derive(Clone, Debug)]
pub struct SyntaxTree {
    pub(crate) tree: Tree,
    language: Language,
    /// What stands outside functions, once somebody asked; shared by clones.
    outside: Arc<OnceLock<Outside>>,
}

impl SyntaxTree {
    fn new(tree: Tree, language: Language) -> SyntaxTree {
        SyntaxTree { tree, language, outside: Arc::default() }
    }

    /// Parses a text. Broken code gives a tree too; see [`SyntaxTree::error_count`].
    pub fn parse(language: Language, text: &str) -> Result<SyntaxTree, ParseError> {
        SyntaxTree::parse_within(language, text, &whole_budget())
    }

    /// As [`SyntaxTree::parse`], within what is left of a budget.
    pub fn parse_within(language: Language, text: &str, budget: &ParseBudget) -> Result<SyntaxTree, ParseError> {
        let bytes = text.as_bytes();
        check(language, bytes.len(), std::iter::once(text))?;
        let tree = parse(language, &mut |offset| bytes.get(offset..).unwrap_or_default(), None, &[], budget)?;
        Ok(SyntaxTree::new(tree, language))
    }

    /// The tree of `document`, which came from the text of this tree by `edits` in their order. What the edits do
    /// not touch is not parsed again.
    pub fn reparse(&self, document: &Document, edits: &[TextEdit]) -> Result<SyntaxTree, ParseError> {
        let mut old = self.tree.clone();
        for edit in edits {
            old.edit(&InputEdit {
                start_byte: edit.start,
                old_end_byte: edit.old_end,
                new_end_byte: edit.new_end,
                start_position: point(edit.start_point),
                old_end_position: point(edit.old_end_point),
                new_end_position: point(edit.new_end_point),
            });
        }
        let rope = document.rope();
        check(self.language, rope.len_bytes(), rope.chunks())?;
        let mut chunk_at = |offset: usize| {
            if offset >= rope.len_bytes() {
                return &[][..];
            }
            let (chunk, chunk_start, _, _) = rope.chunk_at_byte(offset);
            &chunk.as_bytes()[offset - chunk_start..]
        };
        let tree = parse(self.language, &mut chunk_at, Some(&old), &[], &whole_budget())?;
        Ok(SyntaxTree::new(tree, self.language))
    }

    /// The node of the whole text.
    pub(crate) fn root(&self) -> tree_sitter::Node<'_> {
        self.tree.root_node()
    }

    /// The tree of `new_text`, which came from `old_text`, the text of this tree, by `replaced`: ranges of the old text with those
    /// of the new one that took their places, in order. Also gives where the new tree is built otherwise, as ranges of the new text.
    /// Ends with an error when the budget is spent.
    pub fn reparse_text(
        &self,
        old_text: &str,
        new_text: &str,
        replaced: &[Replaced],
        budget: &ParseBudget,
    ) -> Result<(SyntaxTree, Vec<Range<usize>>), ParseError> {
        check(self.language, new_text.len(), std::iter::once(new_text))?;
        let mut edited = self.tree.clone();
        let mut old_end = PointReader::new(old_text);
        let mut new_points = (PointReader::new(new_text), PointReader::new(new_text));
        // From the front to the back, so that each edit finds the text before it as it is in the new text.
        for (old, new) in trimmed(old_text, new_text, replaced) {
            let start = new_points.0.at(new.start);
            let (old_start_point, old_end_point) = (old_end.at(old.start), old_end.at(old.end));
            let rows = old_end_point.row - old_start_point.row;
            let column = if rows == 0 {
                start.column + (old_end_point.column - old_start_point.column)
            } else {
                old_end_point.column
            };
            edited.edit(&InputEdit {
                start_byte: new.start,
                old_end_byte: new.start + old.len(),
                new_end_byte: new.end,
                start_position: start,
                old_end_position: tree_sitter::Point { row: start.row + rows, column },
                new_end_position: new_points.1.at(new.end),
            });
        }
        let bytes = new_text.as_bytes();
        let mut bytes_from = |offset: usize| bytes.get(offset..).unwrap_or_default();
        let tree = parse(self.language, &mut bytes_from, Some(&edited), &[], budget)?;
        let changed = edited.changed_ranges(&tree).map(|range| range.start_byte..range.end_byte).collect();
        Ok((SyntaxTree::new(tree, self.language), changed))
    }

    /// Whether it is sure, without a tree of the new text, that it has no more errors than this one and that nothing outside of what is
    /// replaced is built otherwise, save for the rest of the functions and types that it is in. Parameters are those of
    /// [`SyntaxTree::reparse_text`]. It is for the price of the statements or items around the edits; where these do not tell, and in
    /// languages of which that is not known, it is not sure.
    pub fn is_surely_sound(&self, old_text: &str, new_text: &str, replaced: &[Replaced], budget: &ParseBudget) -> bool {
        let edits = trimmed(old_text, new_text, replaced);
        match self.language.quirk() {
            Quirk::Indentation => statements::are_sound(self, old_text, new_text, &edits, budget),
            Quirk::None => rows::are_sound(self, old_text, new_text, &edits, budget),
            Quirk::Yaml | Quirk::HereDocuments => false,
        }
    }

    /// The language it was parsed as.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Number of places where the text does not fit the grammar: stretches that could not be parsed, tokens that are missing,
    /// and blocks of Python without a statement.
    pub fn error_count(&self) -> usize {
        let mut count =
            if self.language.quirk() == Quirk::Indentation { statements::empty_blocks(self.root()) } else { 0 };
        let mut cursor = self.tree.walk();
        loop {
            let node = cursor.node();
            if node.is_error() || node.is_missing() {
                count += 1;
            }
            if node.has_error() && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return count;
                }
            }
        }
    }

    /// Every symbol, in the order of the text, an outer one before what it contains.
    pub fn symbols(&self, text: &str) -> Vec<Symbol> {
        definitions::symbols(&self.tree, self.language, text, 0..usize::MAX)
    }

    /// The symbols outside functions, and the names that assignments make outside functions and on `self`, in the order of the text.
    /// For a fraction of the price of [`SyntaxTree::symbols`]. In damaged code some inside functions may be among them.
    pub fn symbols_outside_functions(&self, text: &str) -> Vec<Symbol> {
        self.outside(text).symbols_and_assigned(self.language, text)
    }

    /// The innermost function, method, macro or type that contains `range`. White space around the range does not
    /// count, so a range that touches the symbol with only blanks between them on the line counts as inside.
    /// Looks at the items around `range` only, so it costs little in a large file.
    pub fn enclosing_symbol(&self, text: &str, range: Range<usize>) -> Option<Symbol> {
        enclosing::enclosing_symbol(&self.symbols_near(text, &range), text, range).cloned()
    }

    /// The symbols that touch `range` or stand right beside it, with those around them, and others of the same items.
    pub fn symbols_near(&self, text: &str, range: &Range<usize>) -> Vec<Symbol> {
        let window = enclosing::surroundings(&self.tree, range);
        definitions::symbols(&self.tree, self.language, text, window)
    }

    /// The import statements outside functions, in the order of the text, grown to whole lines.
    pub fn imports(&self, text: &str) -> Vec<Range<usize>> {
        self.symbols_and_imports(text).1
    }

    /// [`SyntaxTree::symbols`] and [`SyntaxTree::imports`] in one go, for the price of the former.
    pub fn symbols_and_imports(&self, text: &str) -> (Vec<Symbol>, Vec<Range<usize>>) {
        let symbols = self.symbols(text);
        let functions = symbols.iter().filter(|symbol| symbol.kind.is_callable());
        let functions = functions.map(|symbol| symbol.item_range.clone()).collect();
        let imports = imports::imports(&self.tree, self.language, text, functions);
        (symbols, imports)
    }

    /// The symbols outside functions and those in the functions around `range` near it, and [`SyntaxTree::imports`], for a fraction of
    /// the price of all. What is not near is kept for the next place in the same text.
    pub fn symbols_and_imports_around(&self, text: &str, range: Range<usize>) -> (Vec<Symbol>, Vec<Range<usize>>) {
        let outside = self.outside(text);
        (outside.symbols_around(&self.tree, self.language, text, &range), outside.imports.clone())
    }

    /// Looks for what stands outside functions, so that [`SyntaxTree::symbols_and_imports_around`] finds it done.
    pub fn prepare(&self, text: &str) {
        self.outside(text);
    }

    /// Whether that is done.
    pub fn is_prepared(&self) -> bool {
        self.outside.get().is_some()
    }

    /// Whether what stands outside functions is known in full, and not cut short as there is too much of it.
    pub fn is_known_in_full(&self, text: &str) -> bool {
        self.outside(text).is_whole
    }

    fn outside(&self, text: &str) -> &Outside {
        self.outside.get_or_init(|| Outside::of(&self.tree, self.language, text, &Bodies::default()))
    }

    /// The names within `window` that are used there, in the order of the text, each once. Names that a definition, a
    /// parameter or a local variable introduces are none, and neither are those of imports.
    pub fn references(&self, text: &str, window: Range<usize>) -> Vec<Reference> {
        references::references(&self.tree, self.language, text, &window)
    }

    /// The comments, and doc strings that are the first statement of what they document, in the order of the text.
    pub fn comments(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = comments::comments(&self.tree, self.language.name() == "python");
        found.retain(|range| text.get(range.clone()).is_some());
        found
    }

    /// The strings that go over several lines, in the order of the text.
    pub fn long_strings(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = strings::long_strings(&self.tree);
        found.retain(|range| text.get(range.clone()).is_some());
        found
    }

    /// Where the statements outside of everything are, in the order of the text. Comments do not count.
    pub fn top_statements(&self) -> Vec<Range<usize>> {
        let root = self.root();
        root.named_children(&mut root.walk()).filter(|node| !node.is_extra()).map(|node| node.byte_range()).collect()
    }

    /// Where the statement is that begins at `offset`, if it is a call and nothing else.
    pub fn call_at(&self, offset: usize) -> Option<Range<usize>> {
        let mut cursor = self.tree.walk();
        while cursor.goto_first_child_for_byte(offset).is_some() {
            let node = cursor.node();
            if node.start_byte() == offset && is_call(node) {
                return Some(node.byte_range());
            }
            if node.start_byte() > offset {
                return None;
            }
        }
        None
    }

    /// The tests of the file and what groups them, with the attributes and comments above, in the order of the text,
    /// an outer one before what it contains. See also [`Language::is_test_path`].
    pub fn tests(&self, text: &str) -> Vec<Range<usize>> {
        test_code::tests(&self.tree, self.language, text)
    }
}

/// Whether a statement is a call.
fn is_call(node: tree_sitter::Node) -> bool {
    match node.kind() {
        "expression_statement" => {
            let mut parts = node.named_children(&mut node.walk()).filter(|part| !part.is_extra()).collect::<Vec<_>>();
            let only = parts.pop().filter(|_| parts.is_empty());
            only.is_some_and(|only| only.kind() == "call_expression" || only.kind() == "function_call_expression")
        }
        // Ruby and Lua.
        "call" | "function_call" => node.parent().is_some_and(|outer| {
            matches!(outer.kind(), "program" | "chunk" | "body_statement" | "block_body" | "block")
        }),
        _ => false,
    }
}

/// Refuses a text that is too large, or that a parser would not survive.
fn check<'t>(language: Language, length: usize, chunks: impl Iterator<Item = &'t str>) -> Result<(), ParseError> {
    if length > MAX_PARSE_BYTES {
        return Err(ParseError::TooLarge);
    }
    limits::check(language.quirk(), chunks)
}

/// What was replaced, without what is the same at its ends: the less there is, the more of a tree can be used again.
fn trimmed(old_text: &str, new_text: &str, replaced: &[Replaced]) -> Vec<Replaced> {
    let mut edits = replaced.to_vec();
    for (old, new) in &mut edits {
        let (from, to) = (&old_text[old.clone()], &new_text[new.clone()]);
        let same = |pairs: &mut dyn Iterator<Item = (char, char)>| {
            pairs.take_while(|(one, other)| one == other).map(|(one, _)| one.len_utf8()).sum::<usize>()
        };
        let front = same(&mut from.chars().zip(to.chars()));
        let back = same(&mut from[front..].chars().rev().zip(to[front..].chars().rev()));
        (*old, *new) = (old.start + front..old.end - back, new.start + front..new.end - back);
    }
    edits.retain(|(old, new)| !old.is_empty() || !new.is_empty());
    edits
}

/// Rows and columns of ever later places of a text.
struct PointReader<'t> {
    bytes: &'t [u8],
    at: usize,
    point: tree_sitter::Point,
}

impl<'t> PointReader<'t> {
    fn new(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), at: 0, point: tree_sitter::Point { row: 0, column: 0 } }
    }

    fn at(&mut self, offset: usize) -> tree_sitter::Point {
        let passed = self.bytes.get(self.at..offset.max(self.at)).unwrap_or_default();
        match passed.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => {
                self.point.row += passed.split(|byte| *byte == b'\n').count() - 1;
                self.point.column = passed.len() - last - 1;
            }
            None => self.point.column += passed.len(),
        }
        self.at += passed.len();
        self.point
    }
}

fn point(point: Point) -> tree_sitter::Point {
    tree_sitter::Point { row: point.row, column: point.column }
}

/// The tree of a text without what most functions contain, and what it is without; whole near a place that is of interest, and where the
/// rest alone makes no sense.
pub(crate) fn parse_outside(
    language: Language,
    text: &str,
    near: Option<&Range<usize>>,
) -> Result<(Tree, Bodies), ParseError> {
    let bytes = text.as_bytes();
    check(language, bytes.len(), std::iter::once(text))?;
    let mut bytes_from = |offset: usize| bytes.get(offset..).unwrap_or_default();
    let bodies = Bodies::of(language, text, near);
    if !bodies.is_empty() {
        let tree = parse(language, &mut bytes_from, None, &bodies.shown(text), &whole_budget())?;
        if !tree.root_node().has_error() {
            return Ok((tree, bodies));
        }
    }
    Ok((parse(language, &mut bytes_from, None, &[], &whole_budget())?, Bodies::default()))
}

/// What one parse may take by itself.
fn whole_budget() -> ParseBudget {
    ParseBudget::new(PARSE_TIME_LIMIT)
}

/// Parses what is `shown`, or everything if that is nothing.
fn parse<'text>(
    language: Language,
    bytes_from: &mut dyn FnMut(usize) -> &'text [u8],
    old: Option<&Tree>,
    shown: &[tree_sitter::Range],
    budget: &ParseBudget,
) -> Result<Tree, ParseError> {
    let mut parser = Parser::new();
    parser.set_language(language.grammar()).expect("the grammar is of a version this parser reads");
    parser.set_included_ranges(shown).expect("the ranges are in order");
    budget.spend(PARSE_TIME_LIMIT, |deadline| {
        let mut check_time = |_: &ParseState| deadline.check();
        let options = ParseOptions::new().progress_callback(&mut check_time);
        parser.parse_with_options(&mut |offset, _| bytes_from(offset), old, Some(options)).ok_or(ParseError::TimedOut)
    })
}

#[cfg(test)]
mod tests;
