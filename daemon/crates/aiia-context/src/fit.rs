//! Fitting pieces into the budget: whole lines, no line twice, nothing over.

use crate::candidates::{Candidate, header_range, score};
use crate::lines::Lines;
use crate::tokens::count_within;
use crate::{ContextRequest, CutLine, Piece, PieceKind, Target};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Of a target that is cut, this many quarters of the budget; the rest says where the part stands.
const CUT_TARGET_QUARTERS: usize = 3;

/// What fills a bundle: the budget that is left, and what is taken.
pub(crate) struct Fitter<'a> {
    pub(crate) request: &'a ContextRequest<'a>,
    lines: &'a Lines<'a>,
    pub(crate) left: usize,
    /// The lines that are in the bundle.
    taken: Vec<Range<usize>>,
    /// Lines that did not fit into so many tokens: in a packed file many candidates are the same long line.
    refused: FxHashMap<Range<usize>, usize>,
    pub(crate) pieces: Vec<Piece>,
}

impl<'a> Fitter<'a> {
    pub(crate) fn new(request: &'a ContextRequest<'a>, lines: &'a Lines<'a>) -> Fitter<'a> {
        Fitter {
            request,
            lines,
            left: request.budget,
            taken: Vec::new(),
            refused: FxHashMap::default(),
            pieces: Vec::new(),
        }
    }

    /// The pieces, in the order they were taken.
    pub(crate) fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }

    /// The candidates in their order, as long as the budget lasts.
    pub(crate) fn candidates(&mut self, candidates: Vec<Candidate>, target: &Target) {
        // Both sides of the target share what is left, so that code behind it is not crowded out by code before it.
        let mut sides = candidates.iter().filter(|candidate| candidate.kind == PieceKind::Surroundings).count();
        for candidate in candidates {
            if candidate.kind == PieceKind::Surroundings {
                let share = self.left / sides;
                sides -= 1;
                self.nearest_lines(&candidate, share, target);
            } else {
                self.all_lines(&candidate);
            }
        }
    }

    pub(crate) fn target(&mut self, target: &Target, selection: &Range<usize>) {
        let (path, what) = match &target.symbol {
            Some(symbol) => (Some(symbol.path()), format!("the {} around the selection", symbol.kind.as_str())),
            None => (None, "the selected lines".to_owned()),
        };
        let whole = self.lines.of_range(&target.range);
        let candidate = |lines, reason| Candidate {
            lines,
            kind: PieceKind::Target,
            symbol: path.clone(),
            score: score(PieceKind::Target, self.request.intent),
            reason,
        };
        if let Some(tokens) = self.fits(&whole, self.left) {
            let candidate = candidate(whole.clone(), what);
            self.push(&candidate, whole, tokens);
            return;
        }

        let budget = self.left / 4 * CUT_TARGET_QUARTERS;
        let selected = self.lines.of_range(selection);
        let anchor = selected.start.max(whole.start)..selected.end.min(whole.end).max(selected.start + 1);
        let reason = format!("{what}, cut to the budget from lines {} to {}", whole.start + 1, whole.end);
        if let Some((part, tokens)) = self.grow(&anchor, &whole, budget) {
            let candidate = candidate(part.clone(), reason);
            self.push(&candidate, part, tokens);
        } else {
            let candidate = candidate(anchor.start..anchor.start + 1, reason);
            self.part_of_line(&candidate, selection.start);
        }
        if let Some(symbol) = &target.symbol {
            let header = Candidate {
                lines: self.lines.of_range(&header_range(symbol, self.request.text)),
                kind: PieceKind::Signature,
                symbol: Some(symbol.path()),
                score: score(PieceKind::Signature, self.request.intent),
                reason: format!("the start of the {} the target is cut from", symbol.kind.as_str()),
            };
            self.all_lines(&header);
        }
    }

    /// Adds the lines of a candidate that are not in the bundle yet; a run of them that does not fit stays out.
    fn all_lines(&mut self, candidate: &Candidate) {
        for run in self.untaken(&candidate.lines) {
            if self.refused.get(&run).is_some_and(|limit| self.left <= *limit) {
                continue;
            }
            match self.fits(&run, self.left) {
                Some(tokens) => self.push(candidate, run, tokens),
                None => {
                    self.refused.insert(run, self.left);
                }
            }
        }
    }

    /// Adds the lines of a candidate that are nearest to the target, up to a number of tokens.
    fn nearest_lines(&mut self, candidate: &Candidate, budget: usize, target: &Target) {
        let is_before = candidate.lines.start < self.lines.line_of(target.range.start);
        let runs = self.untaken(&candidate.lines);
        let Some(run) = (if is_before { runs.last() } else { runs.first() }) else {
            return;
        };
        let anchor = if is_before { run.end - 1..run.end } else { run.start..run.start + 1 };
        if let Some((part, tokens)) = self.grow(&anchor, run, budget) {
            self.push(candidate, part, tokens);
        }
    }

    /// The lines of `anchor` that fit, and then the lines around them within `bounds`, by turns before and behind,
    /// up to a number of tokens. Nothing if not even the first line fits.
    fn grow(&self, anchor: &Range<usize>, bounds: &Range<usize>, budget: usize) -> Option<(Range<usize>, usize)> {
        let mut part = anchor.start..anchor.start;
        let mut left = budget;
        let mut take = |line: usize| {
            let tokens = self.fits(&(line..line + 1), left)?;
            left -= tokens;
            Some(())
        };
        while part.end < anchor.end && take(part.end).is_some() {
            part.end += 1;
        }
        if part.is_empty() {
            return None;
        }
        let (mut before, mut behind) = (part.end == anchor.end, part.end == anchor.end);
        while before || behind {
            before = before && part.start > bounds.start && take(part.start - 1).is_some();
            part.start -= usize::from(before);
            behind = behind && part.end < bounds.end && take(part.end).is_some();
            part.end += usize::from(behind);
        }
        // Lines are counted one by one above; together they may come to a token more.
        loop {
            if let Some(tokens) = self.fits(&part, budget) {
                return Some((part, tokens));
            }
            if part.len() == 1 {
                return None;
            }
            if part.end > anchor.end || part.start == anchor.start { part.end -= 1 } else { part.start += 1 }
        }
    }

    /// The middle of a line that alone is over the budget: what fits from `offset` on, or up to it at the line's end.
    fn part_of_line(&mut self, candidate: &Candidate, offset: usize) {
        let line = self.lines.bytes(&candidate.lines);
        let text = self.request.text;
        let around = |reach: usize| {
            let start = text.floor_char_boundary(offset.saturating_sub(reach).max(line.start));
            start..text.floor_char_boundary(offset.saturating_add(reach).min(line.end))
        };
        // A token of code is some four bytes. A longer text does not always have more tokens, so every reach is
        // counted itself.
        let (mut fitting, mut reach) = (None, self.left.saturating_mul(4));
        while reach > 0 && fitting.is_none() {
            let range = around(reach);
            fitting = count_within(&text[range.clone()], self.left)
                .filter(|_| !text[range.clone()].trim().is_empty())
                .map(|tokens| (range, tokens));
            reach = reach / 4 * 3 + reach % 4 / 2;
        }
        if let Some((range, tokens)) = fitting {
            self.taken.push(candidate.lines.clone());
            self.left -= tokens;
            let end = line.start + text[line.clone()].trim_end_matches(['\r', '\n']).len();
            let cut = CutLine {
                line: candidate.lines.start + 1,
                before: line.start..range.start,
                behind: range.end.min(end)..end,
                bytes: end - line.start,
            };
            let mut piece = self.piece(candidate, &candidate.lines, tokens, &text[range]);
            piece.reason = format!("{}, {} of {} bytes of line {}", piece.reason, cut.shown(), cut.bytes, cut.line);
            piece.cut = Some(cut);
            self.pieces.push(piece);
        }
    }

    fn fits(&self, run: &Range<usize>, limit: usize) -> Option<usize> {
        count_within(self.lines.text(run), limit)
    }

    /// The runs of lines of a range that are not in the bundle; runs of blank lines are left out.
    fn untaken(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let mut runs = vec![range.clone()];
        let overlaps = |taken: &&Range<usize>| taken.start < range.end && range.start < taken.end;
        for taken in self.taken.iter().filter(overlaps) {
            runs = runs
                .into_iter()
                .flat_map(|run| {
                    [run.start..run.end.min(taken.start.max(run.start)), run.start.max(taken.end.min(run.end))..run.end]
                })
                .filter(|run| !run.is_empty())
                .collect();
        }
        runs.retain(|run| !self.lines.text(run).trim().is_empty());
        runs
    }

    fn push(&mut self, candidate: &Candidate, run: Range<usize>, tokens: usize) {
        let text = self.lines.text(&run);
        if text.is_empty() {
            return;
        }
        self.left -= tokens;
        self.pieces.push(self.piece(candidate, &run, tokens, text));
        self.taken.push(run);
    }

    fn piece(&self, candidate: &Candidate, run: &Range<usize>, tokens: usize, text: &str) -> Piece {
        Piece {
            path: self.request.path.to_owned(),
            start_line: run.start + 1,
            end_line: run.end,
            kind: candidate.kind,
            symbol: candidate.symbol.clone(),
            tokens,
            score: candidate.score,
            reason: candidate.reason.clone(),
            text: text.to_owned(),
            cut: None,
        }
    }
}
