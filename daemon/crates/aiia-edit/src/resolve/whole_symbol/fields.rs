//! A type of which the reply shows a part: what it shows beside its methods. Its fields, its header and what stands above it change as
//! its methods do.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aiia_syntax::Symbol;

use super::complaints::{ambiguous, complain, incomplete};
use super::leading_kept::fields;
use super::{Placement, Placing};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::lines;
use crate::placeholder::is_elision;
use crate::resolve::block::{Block, remainder};
use crate::resolve::leading::{self, Place};
use crate::resolve::symbol_match::members;
use crate::resolve::symbol_text::line_indentation;
use crate::resolve::view::FileView;
use crate::resolve::{Change, nearest};
use crate::tolerance::Tolerance;

/// The lines of code right within a type that belong to none of its members: fields, and statements of its own.
pub(super) fn others<'t>(outer: &Symbol, symbols: &[Symbol], text: &'t str, comments: &[Range<usize>]) -> Vec<&'t str> {
    let body = outer.body_range.clone().unwrap_or(outer.item_range.end..outer.item_range.end);
    let inner = members(symbols, outer);
    let is_in = |ranges: &[&Range<usize>], at: usize| {
        let before = ranges.partition_point(|range| range.start <= at);
        before.checked_sub(1).is_some_and(|last| at < ranges[last].end)
    };
    let members: Vec<&Range<usize>> = inner.iter().map(|member| &member.range).collect();
    let first = comments.partition_point(|comment| comment.end <= body.start);
    let comments: Vec<&Range<usize>> =
        comments[first..].iter().take_while(|comment| comment.start < body.end).collect();
    let said = lines(text.get(body.clone()).unwrap_or_default()).into_iter().map(|line| {
        let indent = line.content.len() - line.content.trim_start().len();
        (body.start + line.start + indent, line.trimmed())
    });
    said.filter(|(at, line)| {
        let is_said = line.contains(char::is_alphanumeric) && !matches!(*line, "pass" | "end" | "...");
        let is_label = line.strip_suffix(':').is_some_and(|word| matches!(word, "public" | "private" | "protected"));
        is_said && !is_label && !is_in(&members, *at) && !is_in(&comments, *at)
    })
    .map(|(_, line)| line)
    .collect()
}

/// How a type of Python ends in a reply that gives its first fields with new ones behind them.
pub(super) enum End {
    /// Nothing is missing.
    Given,
    /// The fields behind are left out.
    LeftOut,
    /// These may be left out, or have got other names.
    Unsure(Vec<String>),
}

/// How the fields of a type of the reply end.
pub(super) fn end(given: &Symbol, block: &Block, own: &Symbol, file: &FileView) -> End {
    let names = |lines: Vec<&str>| -> Vec<String> {
        let name = |line: &str| line.split([':', '=', '(']).next().unwrap_or_default().trim().to_owned();
        lines.into_iter().map(name).collect()
    };
    let old = names(others(own, file.symbols(), file.text, file.comments()));
    let new = names(others(given, &block.symbols, &block.text, block.comments()));
    let kept = old.iter().take_while(|name| new.contains(name)).count();
    let gone = &old[kept..];
    let adds = new.iter().filter(|name| !old.contains(name)).count();
    if kept == 0 || adds == 0 || gone.is_empty() || gone.iter().any(|name| new.contains(name)) {
        End::Given
    } else if gone.len() > adds {
        End::LeftOut
    } else if block.members(given).is_empty() {
        End::Unsure(gone.to_vec())
    } else {
        End::Given
    }
}

impl<'s> Placing<'s, '_> {
    /// Decides where the fields of a type go of which the reply shows a part.
    pub(super) fn place_fields(&mut self, top: &'s Symbol, index: usize) -> Result<(), Complaint> {
        let (block, file) = (self.block, self.file);
        let symbols = file.symbols();
        let mut own: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, field) in fields(symbols, &symbols[index]) {
            own.entry(field.name.as_str()).or_default().push(at);
        }
        let mut statements: Vec<Vec<&'s Symbol>> = Vec::new();
        for (_, field) in fields(&block.symbols, top) {
            match statements.last_mut() {
                Some(last) if last[0].range == field.range => last.push(field),
                _ => statements.push(vec![field]),
            }
        }
        // Where each is in the file, if it is there.
        let mut places: Vec<Option<usize>> = Vec::new();
        for statement in &statements {
            let found: Vec<usize> =
                statement.iter().filter_map(|field| own.get(field.name.as_str())).flatten().copied().collect();
            let ranges: HashSet<&Range<usize>> = found.iter().map(|at| &symbols[*at].range).collect();
            if ranges.len() > 1 {
                return Err(ambiguous(statement[0], &found, file));
            }
            places.push(found.first().copied());
        }
        let last_own = fields(symbols, &symbols[index]).last().map(|(at, _)| at);
        let first_member = members(symbols, &symbols[index]).first().copied();
        for (number, (statement, place)) in statements.iter().zip(&places).enumerate() {
            let field = statement[0];
            if let Some(at) = *place {
                let has = |name: &str| statement.iter().any(|field| field.name == name);
                let range = &symbols[at].range;
                let others = fields(symbols, &symbols[index]).filter(|(_, other)| other.range == *range);
                let lost: Vec<&str> = others.map(|(_, other)| other.name.as_str()).filter(|name| !has(name)).collect();
                if !lost.is_empty() {
                    return Err(incomplete(field, &lost, file));
                }
                let words = |text: &str, symbol: &Symbol| -> String {
                    text[symbol.item_range.clone()].split_whitespace().collect()
                };
                if words(&block.text, field) != words(file.text, &symbols[at]) {
                    self.rewrite(field, at)?;
                }
                continue;
            }
            let previous = places[..number].iter().rev().find_map(|place| *place);
            let next = places[number..].iter().find_map(|place| *place);
            let goes_on = number + 1 < statements.len() && places[number + 1].is_none();
            let placement = match (previous, next.or(last_own)) {
                (Some(at), _) => Placement::Field { given: field, beside: &symbols[at], before: false, joined: true },
                (None, Some(at)) => {
                    Placement::Field { given: field, beside: &symbols[at], before: next.is_some(), joined: true }
                }
                (None, None) => match first_member {
                    Some(member) => Placement::Field { given: field, beside: member, before: true, joined: goes_on },
                    None => Placement::NewIn(field, index),
                },
            };
            self.placements.push(placement);
        }
        Ok(())
    }

    /// What else of a type there is when only its members are taken: its header and what stands above it change as they do; a comment
    /// that has no place is noted.
    ///
    /// # Errors
    /// The header is another one, or code is left that is no member.
    pub(super) fn place_rest(&mut self, top: &Symbol, given: &[&Symbol], found: &[usize]) -> Result<(), Complaint> {
        self.place_header(top, found)?;
        let (block, file) = (self.block, self.file);
        let symbols = file.symbols();
        let own = found.iter().flat_map(|index| file.text[symbols[*index].range.clone()].lines());
        let own: HashSet<&str> = own.map(str::trim).collect();
        let known = |line: &str| own.contains(line);
        let mut covered: Vec<&Range<usize>> = given.iter().map(|member| &member.range).collect();
        if found.len() == 1 {
            covered.extend(fields(&block.symbols, top).map(|(_, field)| &field.range));
        }
        let body = top.body_range.clone().unwrap_or(top.item_range.clone());
        let rest: Vec<(usize, &str)> = remainder(&block.text, &covered)
            .into_iter()
            .map(|(start, line)| (start + block.text[start..].find(line).unwrap_or(0), line))
            .filter(|(at, line)| body.start <= *at && *at < body.end && !known(line) && !is_elision(line))
            .filter(|(_, line)| line.contains(char::is_alphanumeric) && !matches!(*line, "pass" | "end"))
            .filter(|(_, line)| !closes_with_comment(line))
            .collect();
        let is_comment =
            |(at, _): &&(usize, &str)| block.comments().iter().any(|comment| comment.start <= *at && *at < comment.end);
        if let Some((_, line)) = rest.iter().find(|rest| !is_comment(rest)) {
            let lines: Vec<usize> =
                found.iter().map(|index| file.line_number(symbols[*index].item_range.start)).collect();
            let message = format!(
                "The reply gives a part of `{}`, and where `{}` goes in {} is unknown. Ask the model for search/replace blocks.",
                top.name,
                nearest::shortened(line),
                file.path
            );
            return Err(complain(ComplaintKind::NotFound, file, message).with_candidates(lines));
        }
        self.notes.extend(rest.first().map(|(_, line)| Tolerance::LeftOut(nearest::shortened(line))));
        Ok(())
    }

    fn place_header(&mut self, top: &Symbol, found: &[usize]) -> Result<(), Complaint> {
        let (block, file) = (self.block, self.file);
        let symbols = file.symbols();
        let new = signature(top, &block.text);
        let words = |text: &str| text.split_whitespace().collect::<String>();
        if found.iter().any(|index| words(signature(&symbols[*index], file.text)) == words(new)) {
            if let [one] = found {
                self.place_above(top, *one);
            }
            return Ok(());
        }
        let olds: Vec<&str> = found.iter().map(|index| signature(&symbols[*index], file.text)).collect();
        // A header that says less is the short form of it.
        if olds.iter().any(|old| is_within(new, old)) {
            self.notes.push(Tolerance::LeftOut(nearest::shortened(new)));
            return Ok(());
        }
        match (&olds[..], found) {
            ([old], [index]) if is_within(old, new) && !new.contains('\n') => {
                let start = symbols[*index].item_range.start;
                self.others.push(Change {
                    range: start..start + old.len(),
                    new_text: new.to_owned(),
                    tolerances: Vec::new(),
                });
                self.place_above(top, *index);
                Ok(())
            }
            _ => {
                let lines: Vec<usize> =
                    found.iter().map(|index| file.line_number(symbols[*index].item_range.start)).collect();
                let shown = lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let message = format!(
                    "The reply gives a part of `{}` and begins it with `{}`, which {} does not, at line{} {shown}. Ask the model \
                     for search/replace blocks.",
                    top.name,
                    nearest::shortened(new),
                    file.path,
                    if lines.len() == 1 { "" } else { "s" },
                );
                Err(complain(ComplaintKind::Ambiguous, file, message).with_candidates(lines))
            }
        }
    }

    /// Changes what stands above a type where the reply has something else there.
    fn place_above(&mut self, top: &Symbol, index: usize) {
        let (block, file) = (self.block, self.file);
        let own = &file.symbols()[index];
        let target = line_indentation(file.text, own.item_range.start);
        let place = Place { indentation: target, style: file.code_style(), eol: file.eol };
        let Some(above) = leading::above(top, block, own, file, &place).text else { return };
        let new_text = above.strip_prefix(target).unwrap_or(&above).to_owned() + target;
        let range = own.range.start..own.item_range.start;
        if file.text[range.clone()].trim_end() != new_text.trim_end() {
            self.others.push(Change { range, new_text, tolerances: Vec::new() });
        }
    }
}

/// A header without the comments behind it, which are of the body where that begins without a sign.
fn signature<'t>(symbol: &Symbol, text: &'t str) -> &'t str {
    let all = symbol.signature(text).trim_end();
    let mut end = all.len();
    for line in lines(all).iter().rev() {
        if !line.is_blank() && !line.trimmed().starts_with("# ") && line.trimmed() != "#" {
            end = line.start + line.right_trimmed().len();
            break;
        }
    }
    &all[..end]
}

/// `} // namespace a`
fn closes_with_comment(line: &str) -> bool {
    let rest = line.trim_start_matches(['}', ';', ' ']);
    rest.len() < line.len() && (rest.starts_with("//") || rest.starts_with("/*"))
}

/// Whether all words and signs of one header are in another one, in the same order.
fn is_within(short: &str, long: &str) -> bool {
    let mut long = tokens(long).into_iter();
    tokens(short).iter().all(|token| long.any(|other| other == *token))
}

fn tokens(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut start = None;
    for (at, sign) in text.char_indices() {
        if is_word(sign) {
            start.get_or_insert(at);
            continue;
        }
        if let Some(start) = start.take() {
            found.push(&text[start..at]);
        }
        // What merely holds a list together says nothing.
        if !sign.is_whitespace() && !"(){}:,".contains(sign) {
            found.push(&text[at..at + sign.len_utf8()]);
        }
    }
    found.extend(start.map(|start| &text[start..]));
    found
}
