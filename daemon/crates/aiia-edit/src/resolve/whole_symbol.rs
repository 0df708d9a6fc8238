//! Code that gives whole symbols anew. Each goes where the symbol of the same name stands; what the file
//! does not have yet goes next to it, imports to the imports.

mod complaints;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aiia_syntax::{Language, Symbol};

use super::block::{Block, remainder};
use super::symbol_match::{Meant, header, is_container, is_section, meant, member_indices, members, takes_self};
use super::symbol_text::{fresh, line_indentation, rewrite};
use super::view::FileView;
use super::{Change, elision, imports, nearest, omission, plain_text, statement, whole_file};
use crate::complaint::{Complaint, ComplaintKind};
use crate::guard::is_elision;
use crate::lines::Line;
use crate::tolerance::Tolerance;

use complaints::{ambiguous, broken, complain, in_another_form, incomplete, no_match};

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
}

/// The names of the top-level symbols of a reply's code, read in the language of `file`.
pub(super) fn top_level_names(text: &str, file: &FileView) -> Vec<String> {
    Block::parse(text, file)
        .map_or_else(Vec::new, |block| block.tops().iter().map(|symbol| symbol.name.clone()).collect())
}

/// The code, if it is nothing but imports in the language of the file.
pub(super) fn only_imports(text: &str, tag: Option<&str>, file: &FileView) -> Option<Block> {
    let language = file.language?;
    if tag.is_some_and(|tag| Language::from_language_id(tag) != Some(language)) {
        return None;
    }
    let block = Block::parse(text, file)?;
    let is_only = !block.has_errors() && block.tops().is_empty() && !block.imports().is_empty();
    (is_only && block.remainder().is_empty()).then_some(block)
}

/// The changes fenced code makes in a file. `NotFound` when it has nothing to do with it.
pub(super) fn changes(text: &str, tag: Option<&str>, file: &FileView) -> Result<Vec<Change>, Complaint> {
    let Some(language) = file.language else {
        return plain_text::change(text, file).map(|change| vec![change]);
    };
    let tagged = tag.map(Language::from_language_id);
    if let Some(Some(other)) = tagged
        && other != language
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
    if let Some(change) = statement::change(&block, file) {
        return change.map(|change| vec![change]);
    }
    let mut placing =
        Placing { block: &block, file, placements: Vec::new(), rewritten: HashMap::new(), notes: Vec::new() };
    let placed = placing.outermost();
    let Placing { placements, mut notes, .. } = placing;
    notes.extend(block.wrapping.clone());
    if placed.is_ok() && placements.iter().all(|placement| matches!(placement, Placement::New(_))) {
        return Err(no_match(&block, file));
    }
    if let Some(top) = block.recovered_within_a_line() {
        return Err(broken(top, &block, file));
    }
    if let Some(mut change) = whole_file::of_most_symbols(&block, file) {
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
            Placement::Rewrite(given, index) => {
                let symbol = &file.symbols()[*index];
                let mut change = rewrite(given, &block, symbol, file);
                elision::expand_code(&mut change, file);
                omission::refuse((Some(given), &block), Some(symbol), &change, file)?;
                refuse_sketch(&change, symbol, file)?;
                change
            }
            Placement::New(given) => insert(given, anchor(&placements, number, file, None), &block, file),
            Placement::NewIn(given, container) => {
                insert(given, anchor(&placements, number, file, Some(*container)), &block, file)
            }
        });
    }
    changes.extend(imports::addition(&block.imports(), file)?);
    notes.extend(left_out(&block, file));
    // A change that repeats the file is dropped later, and its notes with it.
    if let Some(first) = changes.iter_mut().find(|change| file.text[change.range.clone()] != change.new_text) {
        first.tolerances.extend(notes);
    }
    Ok(changes)
}

/// Symbols of a reply on their way to their places.
struct Placing<'s, 'f> {
    block: &'s Block,
    file: &'s FileView<'f>,
    placements: Vec<Placement<'s>>,
    rewritten: HashMap<usize, &'s Symbol>,
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
                Meant::New => {
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
        for (range, found) in &known {
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

    /// The names of what symbols of the file hold, at any depth, that a symbol of the reply does not have. What was asked about may go.
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
        missing.splice(0..0, lost.filter(|name| Some(*name) != file.focus_symbol()));
        Ok(missing)
    }

    /// All of a type, or those of its members that the reply has.
    fn place_container(&mut self, top: &'s Symbol, found: &[usize], nesting: usize) -> Result<(), Complaint> {
        let (block, file) = (self.block, self.file);
        let missing = self.missing(top, found, nesting)?;
        let given = block.members(top);
        if let ([one], true) = (found, missing.is_empty())
            && !self.keeps_more_by_members(top, &given, *one)
        {
            return self.rewrite(top, *one);
        }
        if given.is_empty() {
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
        self.note_rest(top, &given, found);
        Ok(())
    }

    /// Whether nothing but members of a type changes, and some of them have comments or attributes above them in the file alone.
    fn keeps_more_by_members(&self, top: &Symbol, given: &[&Symbol], index: usize) -> bool {
        let (block, file) = (self.block, self.file);
        let own = &file.symbols()[index];
        let members = members(file.symbols(), own);
        let has_more = |own: &&Symbol| {
            let same = given.iter().find(|given| given.name == own.name);
            own.range.start < own.item_range.start && same.is_some_and(|same| same.range.start == same.item_range.start)
        };
        let rest = |text: &str, symbol: &Symbol, members: &[&Range<usize>]| -> Vec<String> {
            let body = symbol.range.clone();
            remainder(text, members)
                .into_iter()
                .filter(|(start, _)| body.start <= *start && *start < body.end)
                .map(|(_, line)| line.to_owned())
                .collect()
        };
        let ranges =
            |symbols: &[&Symbol]| -> Vec<Range<usize>> { symbols.iter().map(|symbol| symbol.range.clone()).collect() };
        let (own_ranges, new_ranges) = (ranges(&members), ranges(given));
        members.iter().any(has_more)
            && rest(file.text, own, &own_ranges.iter().collect::<Vec<_>>())
                == rest(&block.text, top, &new_ranges.iter().collect::<Vec<_>>())
    }

    /// Notes what of a type is left out when only its members are taken.
    fn note_rest(&mut self, top: &Symbol, given: &[&Symbol], found: &[usize]) {
        let (block, file) = (self.block, self.file);
        let symbols = file.symbols();
        let own_header = found.iter().any(|index| header(&symbols[*index], file.text) == header(top, &block.text));
        if !own_header {
            self.notes.push(Tolerance::LeftOut(nearest::shortened(top.signature(&block.text))));
        }
        let own = found.iter().flat_map(|index| file.text[symbols[*index].range.clone()].lines());
        let own: HashSet<&str> = own.map(str::trim).collect();
        let known = |line: &str| own.contains(line);
        let covered: Vec<&Range<usize>> = given.iter().map(|member| &member.range).collect();
        let body = top.body_range.clone().unwrap_or(top.item_range.clone());
        self.notes.extend(
            remainder(&block.text, &covered)
                .into_iter()
                .filter(|(start, line)| body.start <= *start && *start < body.end && !known(line) && !is_elision(line))
                .map(|(_, line)| line)
                .find(|line| !matches!(*line, "pass" | "..." | "{" | "}"))
                .map(|line| Tolerance::LeftOut(nearest::shortened(line))),
        );
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

/// Where a new symbol goes: beside the next symbol of the reply that the file has, else the one before.
struct Anchor<'f> {
    symbol: &'f Symbol,
    before: bool,
    /// The symbol goes to the end of the anchor's body instead.
    inside: bool,
}

fn anchor<'f>(placements: &[Placement], number: usize, file: &'f FileView, container: Option<usize>) -> Anchor<'f> {
    let symbols = file.symbols();
    let rewritten = |placement: &Placement| match placement {
        Placement::Rewrite(_, index) => {
            let within = container.is_none_or(|outer| {
                let (outer, own) = (&symbols[outer].item_range, &symbols[*index].item_range);
                outer.start <= own.start && own.end <= outer.end && outer != own
            });
            within.then_some(*index)
        }
        Placement::NewIn(_, outer) if container.is_none() => Some(*outer),
        _ => None,
    };
    let next = placements[number..].iter().find_map(rewritten);
    let previous = placements[..number].iter().rev().find_map(rewritten);
    match (next, previous, container) {
        (Some(index), _, _) => Anchor { symbol: &symbols[index], before: true, inside: false },
        (None, Some(index), _) => Anchor { symbol: &symbols[index], before: false, inside: false },
        (None, None, outer) => Anchor { symbol: &symbols[outer.unwrap_or(0)], before: false, inside: true },
    }
}

fn insert(given: &Symbol, anchor: Anchor, block: &Block, file: &FileView) -> Change {
    let mut symbol = anchor.symbol;
    let is_own_member = || {
        takes_self(given, &block.text)
            || [format!("Self::{}", given.name), format!("self.{}", given.name), format!("cls.{}", given.name)]
                .iter()
                .any(|call| block.text.contains(call.as_str()))
    };
    if given.depth == 0 && symbol.depth > 0 && !is_own_member() {
        // A helper of a method that is no method itself goes outside of the type.
        symbol = file
            .symbols()
            .iter()
            .find(|outer| {
                outer.depth == 0 && outer.range.start <= symbol.range.start && symbol.range.end <= outer.range.end
            })
            .unwrap_or(symbol);
    }
    let eol = file.eol;
    let tolerances = vec![Tolerance::AddedNextTo(symbol.name.clone())];
    let gap =
        if file.language.is_some_and(|language| language.name() == "python") && symbol.depth == 0 && !anchor.inside {
            eol.repeat(2)
        } else {
            eol.to_owned()
        };
    let target = if anchor.inside {
        inner_indentation(symbol, file)
    } else {
        line_indentation(file.text, symbol.item_range.start).to_owned()
    };
    let text = fresh(given, block, file, &target);
    let line = if anchor.before {
        file.line_at(symbol.range.start)
    } else {
        file.line_at(symbol.item_range.end.saturating_sub(1))
    };
    let (at, new_text) = match line {
        Some(line) if anchor.before => (line.start, format!("{text}{eol}{gap}")),
        Some(line) if anchor.inside && closes_block(line.trimmed()) && !line.content.contains('{') => {
            (line.start, format!("{gap}{text}{eol}"))
        }
        Some(line) if line.ending.is_empty() => (line.end(), format!("{eol}{gap}{text}")),
        Some(line) => (line.end(), format!("{gap}{text}{eol}")),
        None => (file.text.len(), text),
    };
    Change { range: at..at, new_text, tolerances }
}

fn closes_block(line: &str) -> bool {
    line.starts_with('}') || line == "end"
}

fn inner_indentation(outer: &Symbol, file: &FileView) -> String {
    let own = members(file.symbols(), outer);
    let widths = own.iter().map(|member| line_indentation(file.text, member.item_range.start));
    widths.min_by_key(|width| width.len()).map_or_else(
        || {
            let base = line_indentation(file.text, outer.item_range.start);
            let unit = if file.style().tabs { "\t".to_owned() } else { " ".repeat(file.style().width) };
            format!("{base}{unit}")
        },
        str::to_owned,
    )
}

/// Lines of the reply outside any symbol which the file lacks.
fn left_out(block: &Block, file: &FileView) -> Option<Tolerance> {
    let own: HashSet<&str> = file.lines.iter().map(Line::trimmed).collect();
    let known = |line: &str| own.contains(line);
    block
        .remainder()
        .into_iter()
        .map(|(_, line)| line)
        .find(|line| !known(line) && !is_elision(line))
        .map(|line| Tolerance::LeftOut(nearest::shortened(line)))
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
