//! New symbols of a reply that may be symbols of the file under other names.

use std::collections::HashSet;

use aiia_syntax::Symbol;

use super::complaints::complain;
use super::{Placement, Placing};
use crate::complaint::{Complaint, ComplaintKind};
use crate::resolve::deletion::speaks_of;
use crate::resolve::symbol_match::{is_container, members, same_kind};

/// So many pairs of symbols are compared.
const MAX_COMPARED: usize = 10_000;
/// Where more symbols than this change, none is looked up under another name.
const MAX_REWRITTEN: usize = 200;

impl<'s> Placing<'s, '_> {
    /// A new symbol that has what one of the file has, and stands where that stood in what the reply rewrites, is that one under another
    /// name. It takes its place where nothing else speaks of the old name.
    ///
    /// # Errors
    /// It may as well be a new one beside it.
    pub(super) fn renamed(&mut self) -> Result<(), Complaint> {
        let rewritten: Vec<(&'s Symbol, usize)> =
            self.placements
                .iter()
                .filter_map(|placement| {
                    if let Placement::Rewrite(given, index) = placement { Some((*given, *index)) } else { None }
                })
                .collect();
        let symbols = self.file.symbols();
        let fresh = self.placements.iter().filter(|placement| matches!(placement, Placement::New(_))).count();
        let pairs = fresh.saturating_mul(symbols.len());
        if rewritten.is_empty() || pairs == 0 || pairs > MAX_COMPARED || rewritten.len() > MAX_REWRITTEN {
            return Ok(());
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let said: HashSet<&str> = self.block.text.split(|c| !is_part(c)).collect();
        for number in 0..self.placements.len() {
            let Placement::New(given) = self.placements[number] else { continue };
            let candidate = (0..symbols.len()).find(|index| {
                let own = &symbols[*index];
                own.depth == 0
                    && same_kind(own.kind, given.kind)
                    && !said.contains(own.name.as_str())
                    && self.has_same(given, own)
                    && rewritten.iter().any(|(new, old)| {
                        speaks_of(&own.name, &self.file.text[symbols[*old].item_range.clone()])
                            && speaks_of(&given.name, &self.block.text[new.item_range.clone()])
                    })
            });
            let Some(index) = candidate else { continue };
            let own = &symbols[index];
            let is_whole = !is_container(own.kind) || members(symbols, own).len() <= self.block.members(given).len();
            if is_whole && !self.is_spoken_of(own, &rewritten) {
                self.rewritten.insert(index, given);
                self.placements[number] = Placement::Rewrite(given, index);
                continue;
            }
            let line = self.file.line_number(own.item_range.start);
            let message = format!(
                "The reply gives `{}`, which has what `{}` of {} at line {line} has and stands where that stood. Whether it replaces it \
                 or comes beside it cannot be told. Ask the model for a search/replace block.",
                given.name, own.name, self.file.path
            );
            return Err(complain(ComplaintKind::Ambiguous, self.file, message).with_candidates(vec![line]));
        }
        Ok(())
    }

    /// Whether a new symbol has the body of another one, or members of it and no others.
    fn has_same(&self, given: &Symbol, own: &Symbol) -> bool {
        let words = |text: &str| text.split_whitespace().collect::<String>();
        let body = |symbol: &Symbol, text: &str| symbol.body_range.clone().and_then(|body| text.get(body).map(words));
        if !is_container(given.kind) {
            return given.kind.is_callable()
                && body(given, &self.block.text).is_some_and(|new| body(own, self.file.text) == Some(new));
        }
        let (new, old) = (self.block.members(given), members(self.file.symbols(), own));
        let same = |one: &&Symbol| old.iter().find(|other| other.name == one.name);
        let is_same = |one: &&Symbol| {
            same(one).is_some_and(|other| {
                words(&self.block.text[one.item_range.clone()]) == words(&self.file.text[other.item_range.clone()])
            })
        };
        new.iter().all(|one| same(one).is_some()) && new.iter().any(is_same)
    }

    /// Whether the file speaks of a symbol outside of it and of what the reply rewrites.
    fn is_spoken_of(&self, own: &Symbol, rewritten: &[(&Symbol, usize)]) -> bool {
        let symbols = self.file.symbols();
        let mut done: Vec<_> = rewritten.iter().map(|(_, index)| symbols[*index].item_range.clone()).collect();
        done.push(own.item_range.clone());
        done.sort_by_key(|range| range.start);
        let mut at = 0;
        let mut rest = String::with_capacity(self.file.text.len());
        for range in done {
            rest.push_str(self.file.text.get(at..range.start).unwrap_or_default());
            rest.push(' ');
            at = at.max(range.end);
        }
        rest.push_str(self.file.text.get(at..).unwrap_or_default());
        speaks_of(&own.name, &rest)
    }
}
