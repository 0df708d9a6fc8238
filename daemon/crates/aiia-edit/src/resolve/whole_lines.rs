//! A whole file that a reply gives anew, told by its lines: nearly all of them come back, in order, from the first to the last. It is
//! taken as it is written, so that its imports stand where the reply has them, and what it lacks goes.

mod renamed;

use std::collections::HashSet;
use std::ops::Range;

use aiia_syntax::{Language, Symbol};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::block::Block;
use super::deletion::speaks_of;
use super::view::FileView;
use super::{Change, elision, export, imports, nearest, omission, statement, whole_file};
use crate::lines::{Line, lines};
use crate::tolerance::Tolerance;

/// So many of a hundred lines come back.
const LEAST_KEPT: usize = 90;
/// As many are enough where the reply has nothing new.
const LEAST_KEPT_ALONE: usize = 50;
/// As many are enough where something else tells that it is the whole file.
const LEAST_KEPT_OF_WHOLE: usize = 66;
/// So many functions that come back as they were, and others that do not, tell that a reply gives more than what it changes.
const LEAST_UNCHANGED: usize = 3;
/// Where as many come back, what does not is spoken of.
const LEAST_KEPT_TO_SAY: usize = 50;
/// So many lines in a row may go with nothing in their place, whole symbols aside.
const MAX_GONE: usize = 2;
/// So many symbols may go at once.
const MAX_VANISHED: usize = 3;
/// How much alike two lines are of which one is the other in other words.
const LEAST_ALIKE: f64 = 0.6;
/// So far lines that go are moved.
const MAX_SLIDE: usize = 1000;
/// What is called by others than the file.
const CALLED_FROM_OUTSIDE: &[&str] = &["main", "init", "constructor", "setup", "teardown", "setUp", "tearDown"];

/// Whether a symbol is a test, which nothing calls by its name.
fn is_test(symbol: &Symbol, text: &str) -> bool {
    let above = text.get(symbol.range.start..symbol.name_range.start).unwrap_or_default();
    symbol.kind.is_callable() && (symbol.name.starts_with("test") || symbol.name.starts_with("Test"))
        || ["test]", "@Test", "[Fact]", "[Test"].iter().any(|mark| above.contains(mark))
}

/// What code comes to when it is read as a whole file.
pub(super) enum Whole {
    /// It is something else.
    Not,
    /// The file becomes what the reply says.
    Is(Change),
    /// It may be the whole file without a symbol of this name, which others still use or which is too much of it to go.
    Without(String),
}

/// Reads code as a whole file.
pub(super) fn read(text: &str, block: &Block, file: &FileView) -> Whole {
    let given = lines(text.trim_end());
    if given.iter().any(|line| is_mark(line, file)) {
        return Whole::Not;
    }
    let Some(hunks) = Hunks::of(&given, file) else { return Whole::Not };
    let renamed = renamed::of(&hunks, &given, block, file);
    let mut vanished = vanished(&hunks, block, file);
    vanished.retain(|symbol| !renamed.contains(&symbol.range.start));
    // What goes with a symbol is that symbol's.
    let own_lines = file.lines.iter().filter(|line| !is_of(line, &vanished)).map(Line::trimmed);
    let lost_call = statement::lost_name(own_lines, given.iter().map(Line::trimmed));
    if lost_call.is_some() || !hunks.keep_what_is_not_code(&vanished, file) || loses_a_word(&given, block, file) {
        return Whole::Not;
    }
    let is_whole =
        hunks.keep_enough || hunks.keep(LEAST_KEPT_OF_WHOLE) && is_told(&hunks, &given, &vanished, &renamed, file);
    if !is_whole {
        let first = vanished.first().filter(|_| hunks.has_new);
        return first.map_or(Whole::Not, |symbol| Whole::Without(symbol.name.clone()));
    }
    let has_callers = !file.language.is_some_and(is_data);
    // Where new tests come, the others may be left out only.
    let is_new_test = |symbol: &Symbol| file.symbols_named(&symbol.name).is_empty() && is_test(symbol, &block.text);
    let brings_tests = block.symbols.iter().any(is_new_test);
    let is_used = |symbol: &&&Symbol| {
        let name = symbol.name.as_str();
        let is_called = CALLED_FROM_OUTSIDE.contains(&name) || name.starts_with("__") && name.ends_with("__");
        is_called || brings_tests && is_test(symbol, file.text) || speaks_of(name, text)
    };
    if let Some(symbol) = vanished.iter().filter(|_| has_callers).find(is_used) {
        return Whole::Without(symbol.name.clone());
    }
    if vanished.len() > MAX_VANISHED || loses_an_import(text, block, hunks.has_new, file) {
        return Whole::Not;
    }
    let mut change = whole_file::replacement(&hunks.with_own_blanks(&given, file), file);
    if omission::refuse((None, block), None, &change, file).is_err() {
        return Whole::Not;
    }
    let names = vanished.iter().map(|symbol| symbol.name.as_str()).filter(|name| file.focus_symbol() != Some(*name));
    change.tolerances.extend(names.map(|name| Tolerance::Deleted(name.to_owned())));
    Whole::Is(change)
}

fn is_mark(line: &Line, file: &FileView) -> bool {
    elision::stands_for_others(line.content) && file.trimmed_index().lines_with(line.trimmed()).next().is_none()
}

/// Whether a reply of which less comes back can be nothing else than the whole file: what goes has another name there, or much else
/// comes back that it does not change; of data, its first and its last words do.
fn is_told(hunks: &Hunks, given: &[Line], vanished: &[&Symbol], renamed: &HashSet<usize>, file: &FileView) -> bool {
    if file.language.is_some_and(is_data) {
        let says = |line: &Line| line.content.contains(char::is_alphanumeric);
        let edges = [file.lines.iter().position(says), file.lines.iter().rposition(says)];
        let subject = |line: &str| line.find([':', '=', '{']).map(|at| line[..at].trim().to_owned());
        let comes_back = |edge: usize| {
            let own = subject(file.lines[edge].trimmed());
            let is_it = |new: usize| own.is_some() && subject(given[new].trimmed()) == own;
            hunks.instead(edge).is_none_or(|new| new.clone().any(is_it))
        };
        return vanished.len() <= 1 && edges.into_iter().flatten().all(comes_back);
    }
    if vanished.is_empty() {
        return !renamed.is_empty();
    }
    let is_unchanged = |symbol: &&Symbol| {
        let first = file.line_number(symbol.item_range.start) - 1;
        let end = file.line_number(symbol.item_range.end.saturating_sub(1).max(symbol.item_range.start));
        symbol.kind.is_callable() && symbol.body_range.is_some() && !hunks.touch(&(first..end))
    };
    let most = LEAST_UNCHANGED.max(2 * vanished.len());
    file.symbols().iter().filter(is_unchanged).take(most).count() == most
}

/// Languages in which nothing calls what a name stands for.
fn is_data(language: Language) -> bool {
    matches!(language.name(), "json" | "yaml" | "toml" | "css" | "scss" | "less" | "html" | "xml" | "markdown" | "ini")
}

/// Where the lines of a file and of a reply differ.
struct Hunks {
    /// Lines of the file with those of the reply in their place, in order.
    changed: Vec<(Range<usize>, Range<usize>)>,
    /// Whether the reply has lines that the file has not.
    has_new: bool,
    /// Whether so much comes back that it can be nothing else than the whole file.
    keep_enough: bool,
    /// How many lines the file has, and how many of them come back.
    counts: (usize, usize),
}

impl Hunks {
    /// Nothing where too little comes back for a whole file.
    fn of(given: &[Line], file: &FileView) -> Option<Self> {
        let own = &file.lines;
        let said = |lines: &[Line]| lines.iter().filter(|line| !line.is_blank()).count();
        let index = file.trimmed_index();
        let known = given.iter().filter(|line| !line.is_blank() && index.lines_with(line.trimmed()).next().is_some());
        let all = said(own);
        if all == 0 || known.count() * 100 < all * LEAST_KEPT_ALONE {
            return None;
        }
        let keys =
            |lines: &[Line]| -> Vec<String> { lines.iter().map(|line| line.right_trimmed().to_owned()).collect() };
        let mut changed: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        for op in capture_diff_slices(Algorithm::Myers, &keys(own), &keys(given)) {
            let (old, new) = (op.old_range(), op.new_range());
            match changed.last_mut() {
                _ if matches!(op, DiffOp::Equal { .. }) => {}
                Some(last) if last.0.end == old.start && last.1.end == new.start => {
                    (last.0.end, last.1.end) = (old.end, new.end);
                }
                _ => changed.push((old, new)),
            }
        }
        let keys = keys(own);
        let starts: HashSet<usize> =
            file.symbols().iter().map(|symbol| file.line_number(symbol.range.start) - 1).collect();
        for (old, new) in &mut changed {
            if Range::is_empty(new) {
                slide(old, &keys, &starts);
            }
        }
        let gone: usize = changed.iter().map(|(old, _)| said(&own[old.clone()])).sum();
        let come: usize = changed.iter().map(|(_, new)| said(&given[new.clone()])).sum();
        let kept = |least: usize| (all - gone) * 100 >= all * least;
        let (least, to_say) =
            if come == 0 { (LEAST_KEPT_ALONE, LEAST_KEPT_ALONE) } else { (LEAST_KEPT, LEAST_KEPT_TO_SAY) };
        let first = own.iter().position(|line| !line.is_blank())?;
        let last = own.iter().rposition(|line| !line.is_blank())?;
        let keeps_edges = changed.iter().all(|(old, new)| {
            let (new, is_one) = (&given[new.clone()], |old: usize, new: Option<&Line>| {
                new.is_some_and(|new| nearest::alike(own[old].trimmed(), new.trimmed()) >= LEAST_ALIKE)
            });
            (!old.contains(&first) || is_one(first, new.iter().find(|line| !line.is_blank())))
                && (!old.contains(&last) || is_one(last, new.iter().rfind(|line| !line.is_blank())))
        });
        let counts = (all, all - gone);
        (kept(to_say) && keeps_edges).then(|| Self { changed, has_new: come > 0, keep_enough: kept(least), counts })
    }

    /// Whether so many of a hundred lines come back.
    fn keep(&self, least: usize) -> bool {
        let (all, kept) = self.counts;
        kept * 100 >= all * least
    }

    /// Where in the reply stands what the file has on a line that does not come back.
    fn instead(&self, line: usize) -> Option<&Range<usize>> {
        let before = self.changed.partition_point(|(old, _)| old.start <= line);
        let (old, new) = &self.changed[before.checked_sub(1)?];
        old.contains(&line).then_some(new)
    }

    /// Whether something changes within these lines.
    fn touch(&self, lines: &Range<usize>) -> bool {
        let first = self.changed.partition_point(|(old, _)| old.end <= lines.start);
        self.changed.get(first).is_some_and(|(old, _)| old.start < lines.end)
    }

    /// Whether a line of the file does not come back where it stood.
    fn lose(&self, line: usize) -> bool {
        self.instead(line).is_some()
    }

    /// Whether comments, decorators and longer runs of lines stay, those of symbols that vanish aside: a reply leaves them out easily.
    fn keep_what_is_not_code(&self, vanished: &[&Symbol], file: &FileView) -> bool {
        let comments = file.comments();
        let is_beside_code = |line: &Line| {
            let start = line.start + line.content.len() - line.content.trim_start().len();
            let before = comments.partition_point(|comment| comment.start <= start);
            let is_comment = before.checked_sub(1).is_some_and(|last| start < comments[last].end);
            is_comment || line.trimmed().starts_with(['@']) || line.trimmed().starts_with("#[")
        };
        self.changed.iter().all(|(old, new)| {
            let gone: Vec<&Line> =
                file.lines[old.clone()].iter().filter(|line| !line.is_blank() && !is_of(line, vanished)).collect();
            let come = new.len();
            let loses_beside_code = gone.iter().any(|line| is_beside_code(line)) && come < gone.len();
            !loses_beside_code && gone.len() <= come + MAX_GONE
        })
    }

    /// The text of the reply in which only blank lines that changed are as in the file.
    fn with_own_blanks(&self, given: &[Line], file: &FileView) -> String {
        let mut text = String::new();
        let mut push = |lines: &[Line]| {
            for line in lines {
                text.push_str(line.content);
                text.push('\n');
            }
        };
        let mut at = 0;
        for (old, new) in &self.changed {
            push(&given[at..new.start]);
            let (old, lines) = (&file.lines[old.clone()], &given[new.clone()]);
            let are_blank = old.iter().chain(lines).all(Line::is_blank);
            push(if are_blank { old } else { lines });
            at = new.end;
        }
        push(&given[at..]);
        text
    }
}

/// Whether a line is one of symbols that lie behind each other.
fn is_of(line: &Line, symbols: &[&Symbol]) -> bool {
    let before = symbols.partition_point(|symbol| symbol.range.start < line.end());
    before.checked_sub(1).is_some_and(|last| line.start < symbols[last].range.end)
}

/// Moves lines that go, where those before or behind them are the same, to where a symbol begins.
fn slide(range: &mut Range<usize>, lines: &[String], starts: &HashSet<usize>) {
    let is_at_symbol = |range: &Range<usize>| {
        let first = range.clone().find(|line| !lines[*line].is_empty());
        first.is_some_and(|first| starts.contains(&first))
    };
    let up = std::iter::successors(Some(range.clone()), |range| {
        let before = range.start.checked_sub(1)?;
        (lines[before] == lines[range.end - 1]).then(|| before..range.end - 1)
    });
    let down = std::iter::successors(Some(range.clone()), |range| {
        (lines.get(range.end)? == &lines[range.start]).then(|| range.start + 1..range.end + 1)
    });
    if let Some(found) = up.take(MAX_SLIDE).chain(down.take(MAX_SLIDE)).find(is_at_symbol) {
        *range = found;
    }
}

/// The symbols of the file, the outermost ones, of which no line comes back and whose names the reply gives to none.
fn vanished<'f>(hunks: &Hunks, block: &Block, file: &'f FileView) -> Vec<&'f Symbol> {
    let mut found: Vec<&Symbol> = Vec::new();
    for symbol in file.symbols() {
        let first = file.line_number(symbol.item_range.start) - 1;
        let last = file.line_number(symbol.item_range.end.saturating_sub(1).max(symbol.item_range.start)) - 1;
        let is_within = found.last().is_some_and(|outer| symbol.item_range.end <= outer.item_range.end);
        let is_lost = |line: usize| file.lines[line].is_blank() || hunks.lose(line);
        if !is_within
            && block.count_of(&symbol.name) < file.symbols_named(&symbol.name).len()
            && (first..=last).all(is_lost)
        {
            found.push(symbol);
        }
    }
    found
}

/// Whether a declaration lacks a word in front of it that others need.
fn loses_a_word(given: &[Line], block: &Block, file: &FileView) -> bool {
    let index = file.trimmed_index();
    let breaks: Vec<usize> = memchr::memchr_iter(b'\n', block.text.as_bytes()).collect();
    let is_new = |symbol: &Symbol| {
        let number = breaks.partition_point(|at| *at < symbol.item_range.start);
        given.get(number).is_none_or(|line| index.lines_with(line.trimmed()).next().is_none())
    };
    block.symbols.iter().filter(|symbol| is_new(symbol)).any(|symbol| {
        let own = file.symbols_named(&symbol.name).iter().map(|index| &file.symbols()[*index]);
        own.into_iter().any(|own| export::kept(symbol, block, own, file).is_some())
    })
}

/// Whether an import is gone whose names are still spoken of, or never were where `has_new` says that other things changed.
pub(super) fn loses_an_import(text: &str, block: &Block, has_new: bool, file: &FileView) -> bool {
    let language = file.language.map_or("", Language::name);
    let words = |statement: &str| statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let (own_imports, new_imports) = (imports::of_file(file), block.imports());
    let own: Vec<String> = own_imports.iter().map(|statement| words(statement)).collect();
    let new: Vec<String> = new_imports.iter().map(|statement| words(statement)).collect();
    let without = |text: &str, statements: &[&str]| {
        let imports: HashSet<&str> = statements.iter().flat_map(|statement| statement.lines().map(str::trim)).collect();
        text.lines().filter(|line| !imports.contains(line.trim())).collect::<Vec<_>>().join("\n")
    };
    let (known, given): (HashSet<&String>, HashSet<&String>) = (own.iter().collect(), new.iter().collect());
    let gone: Vec<&String> = own.iter().filter(|statement| !given.contains(statement)).collect();
    if gone.is_empty() {
        return false;
    }
    let come: Vec<&String> = new.iter().filter(|statement| !known.contains(statement)).collect();
    let names = |statements: &[&String]| -> Vec<String> {
        statements.iter().flat_map(|statement| imports::bound_names(language, statement)).collect()
    };
    let (lost, found) = (names(&gone), names(&come));
    let (before, after) = (without(file.text, &own_imports), without(text, &new_imports));
    lost.is_empty() && come.is_empty()
        || lost
            .iter()
            .filter(|name| !found.contains(name))
            .any(|name| speaks_of(name, &after) || has_new && !speaks_of(name, &before))
}
