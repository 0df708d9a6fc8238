//! The code of a reply as symbols.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::{Deref, Range};
use std::rc::Rc;
use std::time::Duration;

use aiia_syntax::{Language, ParseBudget, Symbol, SymbolKind, SyntaxTree};

use super::bare_members::Shell;
use super::indent::{Style, common_indentation};
use super::symbol_match::members;
use super::view::FileView;
use super::wrapping;
use super::{go_imports, imports};
use crate::lines::{Line, indentation, lines};
use crate::placeholder::is_elision;
use crate::tolerance::Tolerance;

/// The code of replies to one plan: each is parsed once in each language, all of them within a budget.
pub(crate) struct ReplyCode {
    budget: ParseBudget,
    by_language: RefCell<HashMap<Language, ByText>>,
    /// The code for files that the replies name, by the name.
    named: Vec<(String, String)>,
}

/// Nothing for what is too much for the parser.
type ByText = HashMap<String, Option<Rc<Parsed>>>;

/// A header has no more lines.
const MAX_HEADER: usize = 12;

/// What the parser may take for each mebibyte of what there is to read, and at least. Code takes it a tenth of that to all of it.
const PARSE_TIME_PER_MIB: Duration = Duration::from_millis(500);

impl ReplyCode {
    /// For replies and files that have so many bytes together.
    pub(crate) fn new(bytes: usize) -> Self {
        let mebibytes = (bytes as f64 / f64::from(1 << 20)).max(1.0);
        Self {
            budget: ParseBudget::new(PARSE_TIME_PER_MIB.mul_f64(mebibytes)),
            by_language: RefCell::default(),
            named: Vec::new(),
        }
    }

    /// With code that the replies give for files, by the names that they call them.
    pub(crate) fn with_named(self, named: Vec<(String, String)>) -> Self {
        Self { named, ..self }
    }

    /// The code that is for other files than the one at this path.
    pub(super) fn elsewhere<'c>(&'c self, path: &'c str) -> impl Iterator<Item = &'c str> {
        let is_own = move |name: &str| {
            let ends = |long: &str, short: &str| {
                long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
            };
            ends(path, name) || ends(name, path)
        };
        self.named.iter().filter(move |(name, _)| !is_own(name)).map(|(_, text)| text.as_str())
    }

    /// What is left for the parser.
    pub(crate) fn budget(&self) -> &ParseBudget {
        &self.budget
    }

    fn parsed(&self, text: &str, language: Language) -> Option<Rc<Parsed>> {
        if let Some(known) = self.by_language.borrow().get(&language).and_then(|known| known.get(text)) {
            return known.clone();
        }
        let parsed = Parsed::parse(text, language, &self.budget).map(Rc::new);
        self.by_language.borrow_mut().entry(language).or_default().insert(text.to_owned(), parsed.clone());
        parsed
    }
}

/// Code of a reply, moved to the left margin and parsed.
pub(super) struct Parsed {
    pub(super) text: String,
    pub(super) symbols: Vec<Symbol>,
    imports: Vec<Range<usize>>,
    errors: usize,
    counts: HashMap<String, usize>,
    style: OnceCell<Style>,
    tree: SyntaxTree,
    comments: OnceCell<Vec<Range<usize>>>,
    long_strings: OnceCell<Vec<Range<usize>>>,
    /// What it was read without.
    pub(super) wrapping: Option<Tolerance>,
}

/// Code of a reply, read for a file.
pub(super) struct Block {
    parsed: Rc<Parsed>,
    /// The names of its functions that the file has outside of everything.
    free_functions: OnceCell<HashSet<String>>,
}

impl Deref for Block {
    type Target = Parsed;

    fn deref(&self) -> &Parsed {
        &self.parsed
    }
}

impl Block {
    /// Parses code in the language of `file`; nothing if that has none, or if it is too much for the parser.
    pub(super) fn parse(text: &str, file: &FileView) -> Option<Self> {
        let parsed = file.reply_code.parsed(text, file.language?)?;
        Some(Self { parsed, free_functions: OnceCell::new() })
    }

    /// Whether it has, outside of everything, a function of another name than this that the file has outside of everything too.
    pub(super) fn has_functions_beside(&self, name: &str, file: &FileView) -> bool {
        let free = self.free_functions.get_or_init(|| {
            let is_function = |index: &usize| {
                let own = &file.symbols()[*index];
                own.depth == 0 && own.kind == SymbolKind::Function
            };
            let tops = self.tops().into_iter().filter(|top| top.kind == SymbolKind::Function);
            let known = tops.filter(|top| file.symbols_named(&top.name).iter().any(is_function));
            known.map(|top| top.name.clone()).collect()
        });
        free.len() > usize::from(free.contains(name))
    }
}

impl Parsed {
    fn parse(text: &str, language: Language, budget: &ParseBudget) -> Option<Self> {
        // Without its tag PHP is text, and replies leave it out.
        let tagged = (language.name() == "php" && !text.contains("<?")).then(|| format!("<?php\n{text}"));
        let text = tagged.as_deref().unwrap_or(text);
        let with_bodies = (language.name() == "python").then(|| with_bodies(text)).flatten();
        let text = with_bodies.as_deref().unwrap_or(text);
        let listed = if language.name() == "go" { go_imports::with_keyword(text) } else { None };
        let text = listed.as_deref().unwrap_or(text);
        let block = Self::of(dedented(text), language, budget)?;
        if block.errors == 0 {
            return Some(block);
        }
        // The first line may have lost its indentation, which breaks languages that live by it.
        let moved = Self::with_first_line_moved(text, language, budget)
            .filter(|other| other.errors < block.errors && !other.symbols.is_empty());
        let read = moved.unwrap_or(block);
        let bare = text.strip_prefix("<?php\n").unwrap_or(text);
        let members = || {
            let alone = first_line_indented(bare);
            Self::of_members(dedented(bare), language, budget)
                .or_else(|| Self::of_members(dedented(&alone?), language, budget))
        };
        if read.errors > 0
            && let Some(members) = members()
        {
            return Some(members);
        }
        let unwrapped = || {
            // A method by itself has errors in some languages, so it is enough that there is one where there was none.
            let says_nothing = read.symbols.is_empty() || read.recovered_within_a_line().is_some();
            let is_whole = |other: &Self| {
                let says_more = says_nothing && other.recovered_within_a_line().is_none();
                (other.errors == 0 || says_more) && !other.symbols.is_empty()
            };
            wrapping::readings(text).find_map(|(text, tolerance)| {
                Self::of(dedented(&text), language, budget)
                    .filter(&is_whole)
                    .or_else(|| Self::with_first_line_moved(&text, language, budget).filter(&is_whole))
                    .map(|read| Self { wrapping: Some(tolerance), ..read })
            })
        };
        if read.errors == 0 { Some(read) } else { Some(unwrapped().unwrap_or(read)) }
    }

    fn with_first_line_moved(text: &str, language: Language, budget: &ParseBudget) -> Option<Self> {
        Self::of(dedented(&first_line_indented(text)?), language, budget)
    }

    fn of(text: String, language: Language, budget: &ParseBudget) -> Option<Self> {
        let tree = SyntaxTree::parse_within(language, &text, budget).ok()?;
        let mut symbols = tree.symbols(&text);
        if language.name() == "python" {
            reach_deeper_lines(&mut symbols, &text);
        }
        let tops: Vec<Range<usize>> =
            symbols.iter().filter(|symbol| symbol.depth == 0).map(|symbol| symbol.range.clone()).collect();
        Some(Self {
            counts: counted(&symbols),
            style: OnceCell::new(),
            comments: OnceCell::new(),
            long_strings: OnceCell::new(),
            wrapping: None,
            imports: imports::of_module_itself(imports::top_level(tree.imports(&text), &tops), &text, language),
            errors: tree.error_count(),
            symbols,
            text,
            tree,
        })
    }

    /// Members of a type, read without an error inside one.
    fn of_members(text: String, language: Language, budget: &ParseBudget) -> Option<Self> {
        let shell = Shell::of(language)?;
        let inside = shell.around(&text);
        let tree = SyntaxTree::parse_within(language, &inside, budget).ok()?;
        let symbols = shell.symbols(tree.symbols(&inside));
        if symbols.is_empty() || tree.error_count() > 0 {
            return None;
        }
        let moved = |ranges: Vec<Range<usize>>| ranges.into_iter().map(|range| shell.range(range)).collect::<Vec<_>>();
        Some(Self {
            counts: counted(&symbols),
            style: OnceCell::new(),
            comments: OnceCell::from(moved(tree.comments(&inside))),
            long_strings: OnceCell::from(moved(tree.long_strings(&inside))),
            wrapping: None,
            imports: Vec::new(),
            errors: 0,
            symbols,
            text,
            tree,
        })
    }

    /// Where its statements outside of everything are.
    pub(super) fn statements(&self) -> Vec<Range<usize>> {
        self.tree.top_statements()
    }

    /// Where its statements are, if all of them are calls.
    pub(super) fn calls(&self) -> Option<Vec<Range<usize>>> {
        let statements = self.tree.top_statements();
        let is_call = |range: &Range<usize>| self.tree.call_at(range.start).is_some_and(|call| call == *range);
        (!statements.is_empty() && statements.iter().all(is_call)).then_some(statements)
    }

    /// Its comments and doc strings, in order.
    pub(super) fn comments(&self) -> &[Range<usize>] {
        self.comments.get_or_init(|| self.tree.comments(&self.text))
    }

    /// Its strings that go over several lines, in order.
    pub(super) fn long_strings(&self) -> &[Range<usize>] {
        self.long_strings.get_or_init(|| self.tree.long_strings(&self.text))
    }

    pub(super) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// The first symbol of broken code that something else stands before on its line: what the parser made of it is not what
    /// was written.
    pub(super) fn recovered_within_a_line(&self) -> Option<&Symbol> {
        let begins_line = |top: &&Symbol| {
            let line = self.text[..top.range.start].rfind('\n').map_or(0, |at| at + 1);
            self.text[line..top.range.start].trim().is_empty()
        };
        self.tops().into_iter().find(|top| self.has_errors() && !begins_line(top))
    }

    /// How the code is indented.
    pub(super) fn style(&self) -> Style {
        let is_code = |line: &&Line| {
            let strings = self.long_strings();
            let before = strings.partition_point(|range| range.start < line.start);
            before.checked_sub(1).is_none_or(|last| line.start >= strings[last].end)
        };
        *self.style.get_or_init(|| Style::of(lines(&self.text).iter().filter(is_code).map(|line| line.content)))
    }

    /// Whether it has more than one symbol outside of everything.
    pub(super) fn has_several(&self) -> bool {
        self.symbols.iter().filter(|symbol| symbol.depth == 0).nth(1).is_some()
    }

    /// The symbols that lie in no other.
    pub(super) fn tops(&self) -> Vec<&Symbol> {
        self.symbols.iter().filter(|symbol| symbol.depth == 0).collect()
    }

    /// How many of its symbols have a name.
    pub(super) fn count_of(&self, name: &str) -> usize {
        self.counts.get(name).copied().unwrap_or(0)
    }

    /// The import statements outside symbols.
    pub(super) fn imports(&self) -> Vec<&str> {
        self.imports.iter().map(|range| &self.text[range.clone()]).collect()
    }

    /// The symbols right inside `outer` that could be left out or added on their own.
    pub(super) fn members<'s>(&'s self, outer: &Symbol) -> Vec<&'s Symbol> {
        members(&self.symbols, outer)
    }

    /// Trimmed lines, blank ones left out, that belong to no top-level symbol and no import.
    pub(super) fn remainder(&self) -> Vec<(usize, &str)> {
        let covered: Vec<&Range<usize>> = self.tops().iter().map(|symbol| &symbol.range).chain(&self.imports).collect();
        remainder(&self.text, &covered)
    }
}

/// How many symbols have a name.
fn counted(symbols: &[Symbol]) -> HashMap<String, usize> {
    symbols.iter().fold(HashMap::new(), |mut counts, symbol| {
        *counts.entry(symbol.name.clone()).or_default() += 1;
        counts
    })
}

/// Lines outside `covered`, trimmed and not blank, with the byte they begin at.
pub(super) fn remainder<'t>(text: &'t str, covered: &[&Range<usize>]) -> Vec<(usize, &'t str)> {
    let mut covered = covered.to_vec();
    covered.sort_unstable_by_key(|range| range.start);
    let mut covered = covered.into_iter().peekable();
    let mut covered_to = 0;
    let mut is_outside = |start: usize| {
        while let Some(range) = covered.next_if(|range| range.start <= start) {
            covered_to = covered_to.max(range.end);
        }
        start >= covered_to
    };
    let lines = lines(text);
    let written = lines.iter().filter(|line| !line.is_blank());
    written
        .map(|line| (line.start, line.start + indentation(line.content).len(), line.trimmed()))
        .filter(|(_, start, _)| is_outside(*start))
        .map(|(start, _, line)| (start, line))
        .collect()
}

fn dedented(text: &str) -> String {
    let lines = lines(text);
    let common = common_indentation(lines.iter().map(|line| line.content));
    let mut result = String::with_capacity(text.len());
    for line in &lines {
        if !line.is_blank() {
            result.push_str(line.content.strip_prefix(common.as_str()).unwrap_or(line.content));
        }
        result.push('\n');
    }
    result
}

/// Lets symbols of Python reach to the last line that is deeper than they begin, even where the parser lost them: behind a placeholder
/// that is a comment. Other comments below a symbol are not its own.
fn reach_deeper_lines(symbols: &mut [Symbol], text: &str) {
    let all = lines(text);
    let width = |line: &Line| indentation(line.content).len();
    for number in 0..symbols.len() {
        let symbol = &symbols[number];
        if !(symbol.kind.is_callable() || symbol.kind.is_type()) {
            continue;
        }
        let first = all.partition_point(|line| line.start <= symbol.item_range.start).saturating_sub(1);
        let Some(own) = all.get(first).map(width) else { continue };
        // Where the first line lost its indentation, others like it are deeper, and not as deep as what is in it.
        let mut inner = all[first..].iter().take(MAX_HEADER).skip_while(|line| !line.trimmed().ends_with(':')).skip(1);
        let least = inner.find(|line| !line.is_blank()).map_or(0, width).max(own + 1);
        let next = symbols[number + 1..].iter().find(|other| other.depth <= symbol.depth);
        let stop = next.map_or(text.len(), |next| next.range.start);
        let from = all.partition_point(|line| line.start < symbol.item_range.end);
        let mut end = symbol.item_range.end;
        for line in all[from.max(first + 1).min(all.len())..].iter().filter(|line| !line.is_blank()) {
            if width(line) < least || line.start >= stop {
                break;
            }
            if !line.trimmed().starts_with('#') || is_elision(line.trimmed()) {
                end = line.start + line.right_trimmed().len();
            }
        }
        let symbol = &mut symbols[number];
        symbol.item_range.end = end;
        symbol.range.end = symbol.range.end.max(end);
        if let Some(body) = &mut symbol.body_range {
            body.end = body.end.max(end);
        }
    }
}

/// The text with dots for the placeholders that are all of a body: a comment alone is none. Nothing where there is no such comment.
fn with_bodies(text: &str) -> Option<String> {
    let all = lines(text);
    let said: Vec<&Line> = all.iter().filter(|line| !line.is_blank()).collect();
    let width = |line: &Line| indentation(line.content).len();
    let is_body = |number: usize| {
        let (header, mark) = (said[number - 1], said[number]);
        let begins = ["def ", "async def ", "class "].iter().any(|word| header.trimmed().starts_with(word));
        let ends = said.get(number + 1).is_none_or(|next| width(next) <= width(header));
        begins && header.trimmed().ends_with(':') && ends && width(mark) > width(header) && is_elision(mark.trimmed())
    };
    let marks: HashSet<usize> =
        (1..said.len()).filter(|number| is_body(*number)).map(|number| said[number].start).collect();
    (!marks.is_empty()).then(|| {
        let place = |line: &Line| {
            if marks.contains(&line.start) {
                format!("{}...{}", indentation(line.content), line.ending)
            } else {
                format!("{}{}", line.content, line.ending)
            }
        };
        all.iter().map(place).collect()
    })
}

fn first_line_indented(text: &str) -> Option<String> {
    let lines = lines(text);
    let first = lines.iter().position(|line| !line.is_blank())?;
    let rest = common_indentation(lines[first + 1..].iter().map(|line| line.content));
    if rest.is_empty() || !indentation(lines[first].content).is_empty() {
        return None;
    }
    let start = lines[first].start;
    Some(format!("{}{rest}{}", &text[..start], &text[start..]))
}
