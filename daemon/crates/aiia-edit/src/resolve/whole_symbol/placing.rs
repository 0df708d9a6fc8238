//! Where the symbols of a reply go: to those of the file that they are, into these, or beside them.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aiia_syntax::{Language, Symbol, SymbolKind};

use super::complaints::{ambiguous, complain, in_another_form, incomplete};
use super::{Placement, fields, leading_kept};
use crate::complaint::{Complaint, ComplaintKind};
use crate::resolve::block::Block;
use crate::resolve::symbol_match::{Meant, is_container, is_section, meant, member_indices};
use crate::resolve::symbol_text::line_indentation;
use crate::resolve::view::FileView;
use crate::resolve::{Change, deletion, elision};
use crate::tolerance::Tolerance;

/// Symbols of a reply on their way to their places.
pub(super) struct Placing<'s, 'f> {
    pub(super) block: &'s Block,
    /// How far all of the reply's code was indented.
    pub(super) margin: String,
    pub(super) file: &'s FileView<'f>,
    pub(super) placements: Vec<Placement<'s>>,
    pub(super) rewritten: HashMap<usize, &'s Symbol>,
    /// The module of the file for tests.
    pub(super) tests: OnceCell<Option<usize>>,
    /// Changes of what is no symbol of its own.
    pub(super) others: Vec<Change>,
    pub(super) notes: Vec<Tolerance>,
}

/// Deeper than this no code is nested.
pub(super) const MAX_NESTING: usize = 64;

impl<'s> Placing<'s, '_> {
    /// Decides where the symbols outside of everything go.
    pub(super) fn outermost(&mut self) -> Result<(), Complaint> {
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
    pub(super) fn rewrite(&mut self, given: &'s Symbol, index: usize) -> Result<(), Complaint> {
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
