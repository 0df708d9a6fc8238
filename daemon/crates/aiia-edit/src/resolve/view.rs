//! A given file as the resolvers see it: lines, line break, symbols, and the part that was asked about.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use aiia_syntax::{Language, ParseBudget, Symbol, SyntaxTree};
use aiia_text::LineEnding;

use super::block::ReplyCode;
use super::indent::Style;
use super::line_index::LineIndex;
use crate::lines::{Line, lines, touched_lines, without_byte_order_mark};
use crate::plan::{Focus, SourceFile};

pub(crate) struct FileView<'a> {
    pub(crate) path: &'a str,
    /// The whole text, a byte order mark included.
    pub(crate) text: &'a str,
    /// Length of the byte order mark.
    pub(crate) mark: usize,
    /// The lines after the byte order mark.
    pub(crate) lines: Vec<Line<'a>>,
    /// The line break new lines get.
    pub(crate) eol: &'static str,
    pub(crate) language: Option<Language>,
    pub(super) reply_code: &'a ReplyCode,
    focus: Option<&'a Focus>,
    carriage_returns: bool,
    style: OnceCell<Style>,
    code_style: OnceCell<Style>,
    variants: OnceCell<bool>,
    /// By ends of lines trimmed or both ends, and in canonical form or not.
    indexes: [OnceCell<LineIndex<'a>>; 4],
    given_tree: Option<&'a SyntaxTree>,
    tree: OnceCell<Option<SyntaxTree>>,
    symbols: OnceCell<Vec<Symbol>>,
    comments: OnceCell<Vec<Range<usize>>>,
    long_strings: OnceCell<Vec<Range<usize>>>,
    by_name: OnceCell<HashMap<String, Vec<usize>>>,
}

impl<'a> FileView<'a> {
    pub(crate) fn new(file: &'a SourceFile, focus: Option<&'a Focus>, reply_code: &'a ReplyCode) -> Self {
        let carriage_returns = memchr::memchr(b'\r', file.text.as_bytes()).is_some();
        let (rest, mark) = without_byte_order_mark(&file.text);
        let mut lines = lines(rest);
        for line in &mut lines {
            line.start += mark;
        }
        Self {
            path: &file.path,
            text: &file.text,
            mark,
            eol: if carriage_returns { LineEnding::detect(&file.text).as_str() } else { "\n" },
            carriage_returns,
            style: OnceCell::new(),
            code_style: OnceCell::new(),
            variants: OnceCell::new(),
            indexes: [const { OnceCell::new() }; 4],
            given_tree: file.tree.as_ref(),
            lines,
            language: file.language,
            reply_code,
            focus: focus.filter(|focus| focus.path == file.path),
            tree: OnceCell::new(),
            symbols: OnceCell::new(),
            comments: OnceCell::new(),
            long_strings: OnceCell::new(),
            by_name: OnceCell::new(),
        }
    }

    /// The syntax tree; nothing for an unknown language or a text that is too much for the parser.
    pub(crate) fn tree(&self) -> Option<&SyntaxTree> {
        let parsed = || self.tree.get_or_init(|| SyntaxTree::parse(self.language?, self.text).ok()).as_ref();
        self.given_tree.filter(|tree| Some(tree.language()) == self.language).or_else(parsed)
    }

    /// What the parser may still take for this plan.
    pub(crate) fn budget(&self) -> &ParseBudget {
        self.reply_code.budget()
    }

    /// How the file indents.
    pub(crate) fn style(&self) -> Style {
        *self.style.get_or_init(|| Style::of(self.lines.iter().map(|line| line.content)))
    }

    /// How its code indents, strings that go over several lines left aside.
    pub(super) fn code_style(&self) -> Style {
        *self.code_style.get_or_init(|| {
            let strings = self.long_strings();
            let is_code = |line: &&Line| {
                let before = strings.partition_point(|range| range.start < line.start);
                before.checked_sub(1).is_none_or(|last| line.start >= strings[last].end)
            };
            let style = Style::of(self.lines.iter().filter(is_code).map(|line| line.content));
            // Where nothing is indented yet, the language may know.
            let is_known = self.is_indented() || self.language.is_none_or(|language| language.name() != "go");
            Style { tabs: style.tabs || !is_known, ..style }
        })
    }

    /// Whether a line of the file is indented.
    pub(super) fn is_indented(&self) -> bool {
        self.lines.iter().any(|line| !line.is_blank() && line.content.starts_with([' ', '\t']))
    }

    /// Whether the text has a carriage return anywhere.
    pub(crate) fn has_carriage_returns(&self) -> bool {
        self.carriage_returns
    }

    /// Whether the canonical form of the text may be another one.
    pub(crate) fn has_variants(&self) -> bool {
        *self.variants.get_or_init(|| !self.text.is_ascii() || self.text.contains('&'))
    }

    /// The index of the lines in one of the forms in which they are compared.
    pub(super) fn index(
        &self,
        trimmed: bool,
        canonical: bool,
        key: impl Fn(&Line<'a>) -> Cow<'a, str>,
    ) -> &LineIndex<'a> {
        let form = usize::from(trimmed) + 2 * usize::from(canonical);
        self.indexes[form].get_or_init(|| LineIndex::new(self.lines.iter().map(key)))
    }

    /// The index of the lines without the blanks around them.
    pub(super) fn trimmed_index(&self) -> &LineIndex<'a> {
        self.index(true, false, |line| line.trimmed().into())
    }

    pub(crate) fn symbols(&self) -> &[Symbol] {
        self.symbols.get_or_init(|| self.tree().map(|tree| tree.symbols(self.text)).unwrap_or_default())
    }

    /// The comments and doc strings, in order.
    pub(super) fn comments(&self) -> &[Range<usize>] {
        self.comments.get_or_init(|| self.tree().map(|tree| tree.comments(self.text)).unwrap_or_default())
    }

    /// The strings that go over several lines, in order.
    pub(super) fn long_strings(&self) -> &[Range<usize>] {
        self.long_strings.get_or_init(|| self.tree().map(|tree| tree.long_strings(self.text)).unwrap_or_default())
    }

    /// Indices of the symbols of a name.
    pub(crate) fn symbols_named(&self, name: &str) -> &[usize] {
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
            for (index, symbol) in self.symbols().iter().enumerate() {
                by_name.entry(symbol.name.clone()).or_default().push(index);
            }
            by_name
        });
        by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the action was asked for in this file.
    pub(crate) fn is_focus(&self) -> bool {
        self.focus.is_some()
    }

    /// The name of the symbol that was asked about.
    pub(crate) fn focus_symbol(&self) -> Option<&str> {
        let name = self.focus?.symbol.as_deref()?;
        Some(name.rsplit([':', '.']).next().unwrap_or(name))
    }

    /// What was selected, if it was more than a cursor.
    pub(crate) fn selected(&self) -> Option<Range<usize>> {
        let selected = self.focus?.selected.clone()?;
        (selected.start < selected.end && selected.end <= self.text.len()).then_some(selected)
    }

    /// What was asked about, as whole lines; for a bare cursor the symbol around it.
    pub(crate) fn focus_range(&self) -> Option<Range<usize>> {
        let focus = self.focus?;
        let mut range = focus.range.start.min(focus.range.end)..focus.range.start.max(focus.range.end);
        if range.is_empty()
            && let Some(symbol) = self.tree().and_then(|tree| tree.enclosing_symbol(self.text, range.clone()))
        {
            range = symbol.range;
        }
        let touched = touched_lines(&self.lines, &range);
        let last = self.lines[touched.clone()].last()?;
        Some(self.lines[touched.start].start..last.end())
    }

    /// The one of several byte ranges that lies inside what was asked about, if exactly one does.
    pub(crate) fn only_one_in_focus<'r>(&self, ranges: &'r [Range<usize>]) -> Option<&'r Range<usize>> {
        let focus = self.focus_range()?;
        let mut inside = ranges.iter().filter(|range| focus.start <= range.start && range.end <= focus.end);
        let first = inside.next()?;
        inside.next().is_none().then_some(first)
    }

    /// The 1-based number of the line that holds a byte.
    pub(crate) fn line_number(&self, offset: usize) -> usize {
        crate::lines::line_index(&self.lines, offset) + 1
    }

    /// The line that holds a byte.
    pub(crate) fn line_at(&self, offset: usize) -> Option<&Line<'a>> {
        self.lines.get(self.line_number(offset) - 1)
    }
}
