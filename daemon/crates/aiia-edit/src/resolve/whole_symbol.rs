//! Code that gives whole symbols anew. Each goes where the symbol of the same name stands; what the file
//! does not have yet goes next to it, imports to the imports.

mod complaints;
mod examples;
mod fields;
mod insertion;
mod leading_kept;
mod marks;
mod renamed;
mod statements;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aiia_syntax::{Language, Symbol, SymbolKind};

use super::block::Block;
use super::indent::common_indentation;
use super::leading_comments::with_comment_lines;
use super::symbol_match::{Meant, is_container, is_section, meant, member_indices};
use super::symbol_text::{line_indentation, rewrite};
use super::view::FileView;
use super::{
    Change, broken_off, deletion, elision, imports, leading, moved, nearest, omission, plain_text, statement,
    whole_file,
};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, indentation, lines};
use crate::placeholder::is_elision;
use crate::tolerance::Tolerance;

use super::family::are_related;
use complaints::{ambiguous, broken, complain, in_another_form, incomplete, no_match, unclosed};
pub(super) use insertion::insert_behind;
use insertion::{Anchor, anchor, insert};
use statements::Statements;

pub(super) use complaints::imports_unclear;

/// A symbol that lost more than this share of its lines though nobody asked about it is a sketch.
const LEAST_KEPT: f64 = 0.5;

/// So many symbols of one reply find their places one by one.
const MAX_SYMBOLS: usize = 5000;

/// What happens with a symbol of the reply.
enum Placement<'s> {
    /// Rewrites the symbol of the file with this index.
    Rewrite(&'s Symbol, usize),
    /// The file has no such symbol.
    New(&'s Symbol),
    /// Goes into this symbol of the file, beside what is rewritten there.
    NewIn(&'s Symbol, usize),
    /// Goes right beside a symbol of the file, as one of a list.
    Field { given: &'s Symbol, beside: &'s Symbol, before: bool, joined: bool },
}

impl<'s> Placement<'s> {
    /// What is placed.
    fn given(&self) -> &'s Symbol {
        match self {
            Self::Rewrite(given, _) | Self::New(given) | Self::NewIn(given, _) | Self::Field { given, .. } => given,
        }
    }
}

/// The names of the top-level symbols of a reply's code, read in the language of `file`.
pub(super) fn top_level_names(text: &str, file: &FileView) -> Vec<String> {
    Block::parse(text, file)
        .map_or_else(Vec::new, |block| block.tops().iter().map(|symbol| symbol.name.clone()).collect())
}

/// Whether code without errors holds whole functions or types, read in the language of `file`.
pub(super) fn defines(text: &str, file: &FileView) -> bool {
    Block::parse(text, file).is_some_and(|block| {
        !block.has_errors() && block.tops().iter().any(|top| top.kind.is_callable() || top.kind.is_type())
    })
}

/// Whether code has symbols and cannot be read without errors in the language of `file`.
pub(super) fn is_broken(text: &str, file: &FileView) -> bool {
    Block::parse(text, file).is_some_and(|block| block.has_errors() && !block.tops().is_empty())
}

/// The code, if it is nothing but imports in the language of the file.
pub(super) fn only_imports(text: &str, tag: Option<&str>, file: &FileView) -> Option<Block> {
    let language = file.language?;
    if tag.is_some_and(|tag| !Language::from_language_id(tag).is_some_and(|tag| are_related(tag, language))) {
        return None;
    }
    let block = Block::parse(text, file)?;
    let is_only = !block.has_errors() && block.tops().is_empty() && !block.imports().is_empty();
    (is_only && block.remainder().iter().all(|(_, line)| *line == "<?php")).then_some(block)
}

/// The changes code makes in a file; without a fence there may be words in it. `NotFound` when it has nothing to do with it.
pub(super) fn changes(
    text: &str,
    tag: Option<&str>,
    is_fenced: bool,
    file: &FileView,
) -> Result<Vec<Change>, Complaint> {
    let Some(language) = file.language else {
        return plain_text::change(text, file).map(|change| vec![change]);
    };
    let tagged = tag.map(Language::from_language_id);
    if let Some(Some(other)) = tagged
        && !are_related(other, language)
    {
        return Err(complain(
            ComplaintKind::NotFound,
            file,
            format!("The reply is in {}, but {} is in {}.", other.name(), file.path, language.name()),
        ));
    }
    let block = Block::parse(text, file).ok_or_else(|| {
        let message = format!("The code of the reply is too large to be read, or no {} at all.", language.name());
        complain(ComplaintKind::TooLarge, file, message)
    })?;
    if tagged == Some(None) && block.has_errors() {
        return Err(no_match(&block, file));
    }
    if let Some(changes) = statement::changes(&block, file) {
        return changes;
    }
    let margin = common_indentation(lines(text).iter().map(|line| line.content));
    let mut placing = Placing {
        block: &block,
        margin,
        file,
        placements: Vec::new(),
        rewritten: HashMap::new(),
        tests: OnceCell::new(),
        others: Vec::new(),
        notes: Vec::new(),
    };
    let placed = placing.outermost().and_then(|()| placing.renamed());
    placing.leave_out_examples();
    let Placing { placements, mut notes, others, .. } = placing;
    notes.extend(block.wrapping.clone());
    if placed.is_ok() && placements.iter().all(|placement| matches!(placement, Placement::New(_))) {
        let alone = if placements.is_empty() { statements::placed(&block, &[], file)? } else { Statements::default() };
        return if alone.is_all_of(&block) { Ok(alone.changes) } else { Err(no_match(&block, file)) };
    }
    if let Some(top) = block.recovered_within_a_line() {
        return Err(broken(top, &block, file));
    }
    if let Some(inner) = swallowed(&block, file) {
        return Err(unclosed(inner, &block, file));
    }
    if let Some(mut change) = whole_file::of_most_symbols(&block, file)? {
        elision::expand_code(&mut change, file);
        omission::refuse((None, &block), None, &change, file)?;
        change.tolerances.extend(notes);
        return Ok(vec![change]);
    }
    placed?;
    if placements.len() > MAX_SYMBOLS {
        return Err(complain(
            ComplaintKind::TooLarge,
            file,
            format!("The reply gives more than {MAX_SYMBOLS} functions and types. Ask for a smaller change."),
        ));
    }
    let mut changes = Vec::new();
    for (number, placement) in placements.iter().enumerate() {
        changes.push(match placement {
            Placement::Rewrite(top, index) => {
                let symbol = &file.symbols()[*index];
                let given = &*with_comment_lines(top, &block.text, file.language);
                leading::refuse_other_attributes(given, &block, symbol, file)?;
                let completed =
                    is_container(given.kind).then(|| leading_kept::completed(top, &block, *index, file)).flatten();
                let own = if given.range.start < given.item_range.start {
                    with_comment_lines(symbol, file.text, file.language)
                } else {
                    Cow::Borrowed(symbol)
                };
                let mut change = match &completed {
                    Some((block, at)) => {
                        let given = with_comment_lines(&block.symbols[*at], &block.text, file.language);
                        rewrite(&given, block, &own, file)
                    }
                    None => rewrite(given, &block, &own, file),
                };
                if completed.is_some() && !change.tolerances.contains(&Tolerance::LeadingLinesKept) {
                    change.tolerances.push(Tolerance::LeadingLinesKept);
                }
                elision::expand_code(&mut change, file);
                if is_container(given.kind) {
                    marks::drop(&mut change, (given, &block), symbol, file);
                }
                broken_off::complete(&mut change, symbol, file)?;
                omission::refuse((Some(given), &block), Some(symbol), &change, file)?;
                broken_off::refuse_within((given, &block), &change, symbol, file)?;
                refuse_sketch(&change, symbol, file)?;
                change
            }
            Placement::New(given) => insert(given, &anchor(&placements, number, &block, file, None)?, &block, file),
            Placement::NewIn(given, container) => {
                insert(given, &anchor(&placements, number, &block, file, Some(*container))?, &block, file)
            }
            Placement::Field { given, beside, before, joined } => {
                insert(given, &Anchor::of_field(beside, *before, *joined), &block, file)
            }
        });
    }
    changes.extend(others);
    let statements = statements::placed(&block, &changes, file)?;
    changes.extend(imports::addition(&block.imports(), &changes, file)?);
    changes.extend(moved::gone(&block, file));
    notes.extend(left_out(&block, &statements, &changes, is_fenced, file)?);
    changes.extend(statements.changes);
    // A change that repeats the file is dropped later, and its notes with it.
    if let Some(first) = changes.iter_mut().find(|change| file.text[change.range.clone()] != change.new_text) {
        first.tolerances.extend(notes);
    }
    Ok(changes)
}

/// Symbols of a reply on their way to their places.
struct Placing<'s, 'f> {
    block: &'s Block,
    /// How far all of the reply's code was indented.
    margin: String,
    file: &'s FileView<'f>,
    placements: Vec<Placement<'s>>,
    rewritten: HashMap<usize, &'s Symbol>,
    /// The module of the file for tests.
    tests: OnceCell<Option<usize>>,
    /// Changes of what is no symbol of its own.
    others: Vec<Change>,
    notes: Vec<Tolerance>,
}

/// Deeper than this no code is nested.
const MAX_NESTING: usize = 64;

impl<'s> Placing<'s, '_> {
    /// Decides where the symbols outside of everything go.
    fn outermost(&mut self) -> Result<(), Complaint> {
        let tops = self.block.tops();
        let mut known: HashMap<Range<usize>, Vec<usize>> = HashMap::new();
        let mut fresh = Vec::new();
        for top in &tops {
            let pool = self.file.symbols_named(&top.name);
            match meant(top, &tops, pool, self.block, self.file) {
                Meant::New if let Some(one) = self.in_place(top) => self.place(top, Meant::One(one), 0)?,
                Meant::New if let Some(tests) = self.tests(top) => self.placements.push(Placement::NewIn(top, tests)),
                Meant::New => {
                    let others = self.of_another_kind(top);
                    if !others.is_empty() {
                        return Err(in_another_form(top, &others, self.file));
                    }
                    fresh.push(top.range.clone());
                    self.placements.push(Placement::New(top));
                }
                found => {
                    if let Meant::One(one) = found {
                        known.entry(top.range.clone()).or_default().push(one);
                    }
                    self.place(top, found, 0)?;
                }
            }
        }
        // A statement with several names goes where the one is that has those of them that the file knows.
        if !fresh.is_empty() {
            let mut seen = HashSet::new();
            self.placements.retain(|placement| {
                !matches!(placement, Placement::New(given) if known.contains_key(&given.range) || !seen.insert(given.range.clone()))
            });
        }
        let mut rules: HashMap<&Range<usize>, Vec<&Symbol>> = HashMap::new();
        for top in tops.iter().filter(|top| top.kind == SymbolKind::Rule) {
            rules.entry(&top.range).or_default().push(top);
        }
        for (range, found) in &known {
            self.refuse_lost_selectors(rules.get(range).map_or(&[][..], Vec::as_slice), found)?;
            let symbols = self.file.symbols();
            let places: HashSet<&Range<usize>> = found.iter().map(|index| &symbols[*index].range).collect();
            if places.len() > 1
                && let Some(top) = tops.iter().find(|top| top.range == *range)
            {
                return Err(ambiguous(top, found, self.file));
            }
        }
        Ok(())
    }

    /// A rule of a style sheet has all selectors that the file has for it.
    fn refuse_lost_selectors(&self, given: &[&Symbol], found: &[usize]) -> Result<(), Complaint> {
        let symbols = self.file.symbols();
        let Some((first, one)) = given.first().zip(found.first()) else { return Ok(()) };
        let range = &symbols[*one].item_range;
        let from = symbols.partition_point(|own| own.item_range.start < range.start);
        let own = symbols.iter().enumerate().skip(from).take_while(|(_, own)| own.item_range.start == range.start);
        let mut own = own.filter(|(_, own)| own.item_range == *range);
        let lost = own.find(|(_, own)| !given.iter().any(|top| top.name == own.name));
        lost.map_or(Ok(()), |(at, _)| Err(in_another_form(first, &[at], self.file)))
    }

    /// The key of the file that a key of the reply is which stands there as deep, or that was asked about.
    fn in_place(&self, top: &Symbol) -> Option<usize> {
        if top.kind != SymbolKind::Key {
            return None;
        }
        let symbols = self.file.symbols();
        let depth = |index: usize| line_indentation(self.file.text, symbols[index].item_range.start);
        let keys: Vec<usize> = self.file.symbols_named(&top.name).to_vec();
        let margin = self.margin.as_str();
        let mut as_deep = keys.iter().filter(|index| !margin.is_empty() && depth(**index) == margin);
        match (as_deep.next(), as_deep.next()) {
            (Some(one), None) => Some(*one),
            _ => None,
        }
    }

    /// The module of the file for tests, if a symbol of the reply is a test.
    fn tests(&self, top: &Symbol) -> Option<usize> {
        let attributes = self.block.text.get(top.range.start..top.name_range.start)?;
        let is_test = |line: &str| line.starts_with("#[") && line.contains("test");
        if self.file.language.map(Language::name) != Some("rust")
            || !top.kind.is_callable()
            || !attributes.lines().any(|line| is_test(line.trim()) && !line.contains("cfg"))
        {
            return None;
        }
        *self.tests.get_or_init(|| {
            let symbols = self.file.symbols();
            let is_for_tests = |symbol: &Symbol| {
                let before = &self.file.text[symbol.range.start..symbol.name_range.start];
                symbol.kind == SymbolKind::Module && symbol.body_range.is_some() && before.contains("cfg(test)")
            };
            let mut found =
                (0..symbols.len()).filter(|index| symbols[*index].depth == 0 && is_for_tests(&symbols[*index]));
            found.next().filter(|_| found.next().is_none())
        })
    }

    /// The symbols outside of everything that have the name of one of the reply which would take it from them.
    fn of_another_kind(&self, top: &Symbol) -> Vec<usize> {
        let language = self.file.language.map_or("", Language::name);
        if !matches!(language, "python" | "javascript" | "typescript" | "tsx" | "go") {
            return Vec::new();
        }
        let is_class = |kind: SymbolKind| kind == SymbolKind::Class || language == "go" && kind.is_type();
        let clashes = |one, other| is_class(one) && other == SymbolKind::Function;
        let symbols = self.file.symbols();
        let named = self.file.symbols_named(&top.name).iter().copied();
        named
            .filter(|index| {
                let own = &symbols[*index];
                own.depth == 0 && (clashes(own.kind, top.kind) || clashes(top.kind, own.kind))
            })
            .collect()
    }

    /// Decides where a symbol goes that the file has.
    fn place(&mut self, given: &'s Symbol, found: Meant, nesting: usize) -> Result<(), Complaint> {
        match found {
            Meant::One(one) if is_container(given.kind) => self.place_container(given, &[one], nesting),
            Meant::Several(found) if is_container(given.kind) => self.place_container(given, &found, nesting),
            Meant::One(one) => {
                let missing = if is_section(given.kind) { self.missing(given, &[one], nesting)? } else { Vec::new() };
                let is_asked = self.file.focus_symbol().is_some_and(|name| name == given.name);
                if !missing.is_empty() && !is_asked {
                    return Err(incomplete(given, &missing, self.file));
                }
                self.rewrite(given, one)
            }
            Meant::Several(found) => Err(ambiguous(given, &found, self.file)),
            Meant::OneOrNew(found) => Err(in_another_form(given, &found, self.file)),
            Meant::New => Ok(()),
        }
    }

    /// Of a symbol that is given twice both must say the same.
    fn rewrite(&mut self, given: &'s Symbol, index: usize) -> Result<(), Complaint> {
        let text = |symbol: &Symbol| &self.block.text[symbol.range.clone()];
        match self.rewritten.get(&index) {
            Some(before) if text(before) == text(given) => Ok(()),
            Some(_) => {
                let line = self.file.line_number(self.file.symbols()[index].item_range.start);
                let message = format!(
                    "The reply gives `{}` more than once, for {} at line {line}. Ask the model to give one version.",
                    given.name, self.file.path
                );
                Err(complain(ComplaintKind::Overlap, self.file, message).with_candidates(vec![line]))
            }
            None => {
                self.rewritten.insert(index, given);
                self.placements.push(Placement::Rewrite(given, index));
                Ok(())
            }
        }
    }

    /// The names of what symbols of the file hold, at any depth, that a symbol of the reply does not have and that are not
    /// to go.
    fn missing(&self, given: &Symbol, found: &[usize], nesting: usize) -> Result<Vec<&'s str>, Complaint> {
        let (block, file) = (self.block, self.file);
        if nesting > MAX_NESTING {
            return Err(complain(
                ComplaintKind::TooLarge,
                file,
                format!("The reply nests `{}` deeper than code is. Ask the model for a part of it.", given.name),
            ));
        }
        let symbols = file.symbols();
        let pool = pool(found, file);
        let members = block.members(given);
        let mut is_there = vec![false; pool.len()];
        let mut missing = Vec::new();
        let mark = |is_there: &mut Vec<bool>, index: usize| {
            if let Ok(at) = pool.binary_search(&index) {
                is_there[at] = true;
            }
        };
        for member in &members {
            match meant(member, &members, &pool, block, file) {
                Meant::One(one) => {
                    mark(&mut is_there, one);
                    if is_container(member.kind) || is_section(member.kind) {
                        missing.extend(self.missing(member, &[one], nesting + 1)?);
                    }
                }
                // As many as there are.
                Meant::Several(several) => {
                    let count = members.iter().filter(|other| other.name == member.name).count();
                    if count >= several.len() {
                        for index in several {
                            mark(&mut is_there, index);
                        }
                    }
                }
                Meant::OneOrNew(found) => return Err(in_another_form(member, &found, file)),
                Meant::New => {}
            }
        }
        let lost = pool.iter().zip(&is_there).filter(|(_, is_there)| !**is_there);
        let lost = lost.map(|(index, _)| symbols[*index].name.as_str());
        let own: Vec<&Symbol> = pool.iter().map(|index| &symbols[*index]).collect();
        missing.splice(0..0, lost.filter(|name| !deletion::may_go(name, &members, &own, block, file)));
        Ok(missing)
    }

    /// Whether a type of the reply has only placeholders in it.
    fn is_placeholder(&self, top: &Symbol) -> bool {
        let body = top.body_range.clone().and_then(|body| self.block.text.get(body)).unwrap_or_default();
        let mut said = body
            .lines()
            .map(str::trim)
            .filter(|line| line.contains(|c: char| c.is_alphanumeric() || c == '.' || c == '…'));
        said.next().is_some_and(elision::stands_for_others) && said.all(elision::stands_for_others)
    }

    /// Whether a type of the reply has members and nothing of what else the file has in it.
    fn leaves_out_fields(&self, top: &Symbol, index: usize) -> bool {
        let (block, file) = (self.block, self.file);
        let own = &file.symbols()[index];
        !block.members(top).is_empty()
            && !fields::others(own, file.symbols(), file.text, file.comments()).is_empty()
            && fields::others(top, &block.symbols, &block.text, block.comments()).is_empty()
    }

    /// All of a type, or those of its members that the reply has.
    fn place_container(&mut self, top: &'s Symbol, found: &[usize], nesting: usize) -> Result<(), Complaint> {
        let (block, file) = (self.block, self.file);
        let missing = self.missing(top, found, nesting)?;
        let given = block.members(top);
        let mut is_whole = missing.is_empty() && !found.first().is_some_and(|one| self.leaves_out_fields(top, *one));
        if let ([one], true, Some("python")) = (found, is_whole, file.language.map(Language::name)) {
            match fields::end(top, block, &file.symbols()[*one], file) {
                fields::End::Given => {}
                fields::End::LeftOut => is_whole = false,
                fields::End::Unsure(names) => {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    return Err(incomplete(top, &names, file));
                }
            }
        }
        if let ([one], true) = (found, is_whole) {
            return self.rewrite(top, *one);
        }
        let shows_fields = found.len() == 1 && leading_kept::fields(&block.symbols, top).next().is_some();
        if given.is_empty() && !shows_fields && found.len() == 1 && self.is_placeholder(top) {
            return self.place_rest(top, &given, found);
        }
        if given.is_empty() && !shows_fields {
            let complaint = if found.len() > 1 { ambiguous(top, found, file) } else { incomplete(top, &missing, file) };
            return Err(complaint);
        }
        // The reply shows only some members: those are rewritten, the others stay.
        let pool = pool(found, file);
        for member in &given {
            match meant(member, &given, &pool, block, file) {
                Meant::New if found.len() > 1 => return Err(ambiguous(top, found, file)),
                Meant::New => self.placements.push(Placement::NewIn(member, found[0])),
                one => self.place(member, one, nesting + 1)?,
            }
        }
        if let [one] = found {
            self.place_fields(top, *one)?;
        }
        self.place_rest(top, &given, found)
    }
}

/// What the parts of a type hold, in the order of the text.
fn pool(found: &[usize], file: &FileView) -> Vec<usize> {
    let symbols = file.symbols();
    let mut pool: Vec<usize> = found.iter().flat_map(|index| member_indices(symbols, &symbols[*index])).collect();
    pool.sort_unstable();
    pool.dedup();
    pool
}

/// A symbol of broken code that stands at the margin and within another one, and outside of everything in the file: what is above it is
/// not closed.
fn swallowed<'b>(block: &'b Block, file: &FileView) -> Option<&'b Symbol> {
    let is_outside =
        |symbol: &Symbol| file.symbols_named(&symbol.name).iter().any(|index| file.symbols()[*index].depth == 0);
    let is_at_margin = |symbol: &Symbol| line_indentation(&block.text, symbol.item_range.start).is_empty();
    let is_whole = |symbol: &Symbol| symbol.kind.is_callable() || symbol.kind.is_type();
    let mut inner = block.symbols.iter().filter(|symbol| symbol.depth > 0 && is_whole(symbol));
    inner.find(|symbol| block.has_errors() && is_at_margin(symbol) && is_outside(symbol))
}

/// Lines of the reply outside any symbol which the file lacks.
///
/// # Errors
/// They are code that is more than an example of use.
fn left_out(
    block: &Block,
    statements: &Statements,
    changes: &[Change],
    is_fenced: bool,
    file: &FileView,
) -> Result<Option<Tolerance>, Complaint> {
    let own: HashSet<&str> = file.lines.iter().map(Line::trimmed).collect();
    let is_written = |line: &str| changes.iter().any(|change| change.new_text.lines().any(|own| own.trim() == line));
    let rest = block.remainder();
    let unknown: Vec<&(usize, &str)> = rest
        .iter()
        .filter(|(start, line)| !statements.hold(*start) && !own.contains(line) && !is_elision(line))
        .collect();
    let example = if unknown.is_empty() { None } else { examples::comment(block).map(|comment| comment.start) };
    let last = block.symbols.iter().map(|symbol| symbol.range.end).max().unwrap_or(0);
    // What is deeper than the line above that is no code of the file is a part of that.
    let mut done: Option<usize> = None;
    let is_code = |(start, line): &&(usize, &str)| {
        let width = indentation(&block.text[*start..]).len();
        if done.is_some_and(|done| width > done) {
            return false;
        }
        let begins_symbol =
            block.tops().iter().any(|top| (*start..*start + width + line.len()).contains(&top.range.start));
        let is_code = is_fenced && !begins_symbol && examples::is_code(*start, line, block, (example, last));
        done = (!is_code && !examples::is_comment(*start, line, block)).then_some(width);
        is_code
    };
    if let Some((_, line)) = unknown.iter().copied().find(is_code) {
        let message = format!(
            "The reply has `{}` outside of any function or type, and where it goes in {} is unknown. Ask the model for a \
             search/replace block.",
            nearest::shortened(line),
            file.path
        );
        return Err(complain(ComplaintKind::Ambiguous, file, message));
    }
    let left_out = unknown.first().filter(|(_, line)| !is_written(line));
    Ok(left_out.map(|(_, line)| Tolerance::LeftOut(nearest::shortened(line))))
}

fn refuse_sketch(change: &Change, symbol: &Symbol, file: &FileView) -> Result<(), Complaint> {
    let count = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    let (old, new) = (count(&file.text[change.range.clone()]), count(&change.new_text));
    let asked = file.focus_symbol().is_none_or(|name| name == symbol.name);
    if asked || old < 4 || new as f64 >= old as f64 * LEAST_KEPT {
        return Ok(());
    }
    Err(complain(
        ComplaintKind::Vanished,
        file,
        format!(
            "The reply shortens `{}` from {old} lines to {new}, which was not asked about and looks like a sketch. \
             Ask the model to leave it out or to give all of it.",
            symbol.name
        ),
    ))
}
