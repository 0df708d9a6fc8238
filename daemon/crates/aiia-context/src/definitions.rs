//! What other files have to say: which definitions, how much of each, and why they are there.

use crate::candidates::{Candidate, score};
use crate::existing_tests::{existing_tests, is_of_tests};
use crate::fit::Fitter;
use crate::rank::{By, Feature, Outcome, Ranked, Texts, Users, nearness, reason};
use crate::target::is_unwritten;
use crate::tokens::count_within;
use crate::workspace::{DefinitionRef, WorkspaceIndex};
use crate::{Intent, Piece, PieceKind, Target};
use aiia_syntax::Language;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// Definitions that are likely needed by less than this stay out: where the target has a body, which says what it uses, and where
/// it is still to be written and everything is a guess.
const LEAST_LIKELIHOOD: f32 = 0.05;
const LEAST_LIKELIHOOD_UNWRITTEN: f32 = 0.0002;
/// Of what the target leaves, this share goes to the file of the target first.
const OWN_FILE_SHARE: f64 = 0.1;
/// And this share to tests or callers of the target, where they are asked for.
const RELATED_SHARE: f64 = 0.25;
/// A signature of fewer tokens counts as one of so many, so that worthless scraps do not win by being short.
const LEAST_TOKENS: f32 = 10.0;
/// What a token must promise, as likelihood, times the square of the budget: with a larger budget the user says that more is worth
/// having. What promises less stays out, though there is room.
const LEAST_WORTH: f32 = 100.0;
/// It is no more than this, however small the budget.
const MOST_LEAST_WORTH: f32 = 0.0001;
/// What then stays free is not for the rest of the target's file either, but for this share of the budget; where a function is still
/// to be written, only for what lacks until the bundle has so much.
const REST_SHARE: usize = 8;
/// Where a function is still to be written, what share of all that is needed is found counts so many times as much as what share
/// of the bundle is needed, with a budget of [`USUAL_BUDGET`]; with a larger one the user says that finding more is worth having.
const FINDING: f32 = 0.37;
const USUAL_BUDGET: f32 = 1024.0;
/// Text of so many bytes a token is too long for the tokens without being counted.
const MAX_TOKEN_BYTES: usize = 16;
/// A longer line was packed by a program and tells nobody anything.
const MAX_LINE_BYTES: usize = 4096;
/// So many of the likeliest are looked at.
const MAX_PRICED: usize = 1500;
/// Longer definitions are shown by their signatures, however well they are used.
const WHOLE_LINES: u32 = 40;
/// The score of what is as good as certain; the target's own file may score higher.
const BEST_SCORE: f64 = 0.9;

/// Fills the bundle: what the target's own file has to say within its share, the definitions of other files by what each is worth
/// for its tokens, all of those that the target surely uses, and what is left of the file.
pub(crate) fn pack(
    mut fitter: Fitter,
    candidates: Vec<Candidate>,
    target: &Target,
    outcome: Outcome,
    index: &WorkspaceIndex,
    texts: &mut Texts,
) -> Vec<Piece> {
    let is_unwritten = is_unwritten(fitter.request, target);
    let share = |of: f64, fitter: &Fitter| (fitter.left as f64 * of) as usize;
    let for_others = fitter.left - share(OWN_FILE_SHARE, &fitter);
    fitter.left -= for_others;
    let first = candidates.iter().filter(|candidate| !is_unwritten || is_needed_to_write(candidate.kind));
    fitter.candidates(first.cloned().collect(), target);
    fitter.left += for_others;

    let mut others = Others { index, texts, chosen: FxHashMap::default(), ended_early: false };
    let related_budget = share(RELATED_SHARE, &fitter);
    let (related, kind, why) = match fitter.request.intent {
        Intent::Test => (&outcome.tests, PieceKind::Tests, "a test that calls the target"),
        Intent::Optimize => (&outcome.callers, PieceKind::Callers, "calls the target"),
        _ => (&Users::default(), PieceKind::Callers, ""),
    };
    let related_budget = others.related(&mut fitter, related, related_budget, kind, why);
    if fitter.request.intent == Intent::Test {
        let has_callers = !related.functions.is_empty();
        others.tests(&mut fitter, target, related_budget, has_callers);
    }
    others.likely(&mut fitter, &outcome, target, is_unwritten);
    let ended_early = others.ended_early;
    if !(ended_early && is_unwritten) {
        others.grow_used(&mut fitter);
    }
    others.into_pieces(&mut fitter);
    if ended_early {
        let rest = fitter.request.budget / REST_SHARE;
        let has = if is_unwritten { fitter.request.budget - fitter.left } else { 0 };
        fitter.left = fitter.left.min(rest.saturating_sub(has));
    }

    fitter.candidates(candidates, target);
    let mut pieces = fitter.into_pieces();
    pieces.sort_by(|a, b| b.score.total_cmp(&a.score));
    pieces
}

/// Whether a function is hardly written without such a piece of its own file.
fn is_needed_to_write(kind: PieceKind) -> bool {
    matches!(kind, PieceKind::Definitions | PieceKind::EnclosingType)
}

/// The worthiest that fill a number of tokens, of those seen so far.
struct Full {
    /// What may be filled twice: some of what is worth most lies within other lines and costs nothing.
    tokens: usize,
    used: usize,
    /// Worth as the bits of a positive number, which are in its order, with the tokens.
    kept: BinaryHeap<Reverse<(u32, usize)>>,
}

impl Full {
    fn new(tokens: usize) -> Full {
        Full { tokens: tokens.saturating_mul(2), used: 0, kept: BinaryHeap::new() }
    }

    fn add(&mut self, worth: f32, tokens: usize) {
        self.kept.push(Reverse((worth.to_bits(), tokens)));
        self.used += tokens;
        while let Some(Reverse((_, least))) = self.kept.peek()
            && self.used - least >= self.tokens
        {
            self.used -= least;
            self.kept.pop();
        }
    }

    /// Whether there is no room for what is worth so much.
    fn is_without(&self, worth: f32) -> bool {
        self.used >= self.tokens && self.kept.peek().is_some_and(|Reverse((least, _))| worth.to_bits() < *least)
    }
}

/// How many of the definitions promise enough for a token.
fn worthy(priced: &[(f32, usize, &Ranked)], fitter: &Fitter) -> usize {
    let least = (LEAST_WORTH / (fitter.request.budget as f32).powi(2)).min(MOST_LEAST_WORTH);
    priced.iter().take_while(|(worth, ..)| *worth >= least).count()
}

/// How many of the definitions, which are in the order of their worth, make the best bundle: what share of it is likely needed, and
/// what share of all that is likely needed is in it, are both to be large.
fn balanced(priced: &[(f32, usize, &Ranked)], fitter: &Fitter) -> usize {
    let finding = FINDING * (fitter.request.budget as f32 / USUAL_BUDGET).powi(2);
    let all: f32 = priced.iter().map(|(.., ranked)| ranked.likelihood).sum::<f32>().max(1.0);
    let (mut used, mut needed, mut found) = ((fitter.request.budget - fitter.left) as f32, 0.0, 0.0);
    let (mut best, mut enough, mut left) = (f32::MIN, 0, fitter.left);
    for (place, (_, tokens, ranked)) in priced.iter().enumerate() {
        let Some(rest) = left.checked_sub(*tokens) else { continue };
        left = rest;
        used += *tokens as f32;
        needed += ranked.likelihood * *tokens as f32;
        found += ranked.likelihood;
        let good = needed / used.max(1.0) + finding * found / all;
        if good > best {
            (best, enough) = (good, place + 1);
        }
    }
    enough
}

/// Lines of another file that are in the bundle.
struct Chosen {
    at: DefinitionRef,
    lines: Range<u32>,
    tokens: usize,
    kind: PieceKind,
    score: f64,
    reason: String,
    is_used: bool,
}

struct Others<'a, 'b> {
    index: &'a WorkspaceIndex,
    texts: &'a mut Texts<'b>,
    chosen: FxHashMap<u32, Vec<Chosen>>,
    /// There was more, but it promised too little.
    ended_early: bool,
}

impl Others<'_, '_> {
    fn tokens(&mut self, file: u32, lines: &Range<u32>, limit: usize) -> Option<usize> {
        let text = self.texts.lines(file, lines.clone())?;
        if lines.len() == 1 && text.len() > MAX_LINE_BYTES {
            return None;
        }
        if text.len() > limit.saturating_mul(MAX_TOKEN_BYTES) { None } else { count_within(text, limit) }
    }

    /// Adds lines that are free and fit. Gives whether they did.
    fn add(&mut self, fitter: &mut Fitter, chosen: Chosen) -> bool {
        let file = chosen.at.file;
        let is_taken = |other: &Chosen| other.lines.start < chosen.lines.end && chosen.lines.start < other.lines.end;
        if chosen.tokens > fitter.left || self.chosen.get(&file).is_some_and(|others| others.iter().any(is_taken)) {
            return false;
        }
        fitter.left -= chosen.tokens;
        self.chosen.entry(file).or_default().push(chosen);
        true
    }

    /// Adds functions that call the target. Gives what is left of a number of tokens.
    fn related(&mut self, fitter: &mut Fitter, users: &Users, budget: usize, kind: PieceKind, why: &str) -> usize {
        let mut left = budget;
        for (number, at) in users.functions.iter().enumerate() {
            let Some((entry, definition)) = self.index.definition(*at) else { continue };
            let lines = definition.leading_line..(definition.last_line + 1);
            let is_of_tests = kind == PieceKind::Callers && is_of_tests(entry.path);
            if lines.len() as u32 > WHOLE_LINES || is_of_tests {
                continue;
            }
            let Some(tokens) = self.tokens(at.file, &lines, left) else { continue };
            let score = score(kind, fitter.request.intent);
            let reason = if number < users.sure { format!("{why}, as the editor knows") } else { why.to_owned() };
            let chosen = Chosen { at: *at, lines, tokens, kind, score, reason, is_used: false };
            if self.add(fitter, chosen) {
                left -= tokens;
            }
        }
        left
    }

    /// Adds tests that are no functions of a kind that the index knows, for a number of tokens.
    fn tests(&mut self, fitter: &mut Fitter, target: &Target, mut left: usize, has_callers: bool) {
        let score = score(PieceKind::Tests, fitter.request.intent);
        for test in existing_tests(self.index, self.texts, fitter.request.path, target, has_callers) {
            if test.lines.len() as u32 > WHOLE_LINES {
                continue;
            }
            let Some(tokens) = self.tokens(test.file, &test.lines, left) else { continue };
            let at = DefinitionRef { file: test.file, definition: u16::MAX };
            let (lines, reason) = (test.lines, test.why.to_owned());
            if self.add(fitter, Chosen { at, lines, tokens, kind: PieceKind::Tests, score, reason, is_used: false }) {
                left -= tokens;
            }
        }
    }

    /// The signatures of the likely definitions, by what they are worth for their tokens.
    fn likely(&mut self, fitter: &mut Fitter, outcome: &Outcome, target: &Target, is_unwritten: bool) {
        let least = if is_unwritten { LEAST_LIKELIHOOD_UNWRITTEN } else { LEAST_LIKELIHOOD };
        let mut priced: Vec<(f32, usize, &Ranked)> = Vec::new();
        let mut full = Full::new(fitter.left);
        // In a file that was packed by a program many definitions stand in the same line.
        let mut counted: FxHashMap<(u32, u32, u32), Option<usize>> = FxHashMap::default();
        for ranked in outcome.ranked.iter().take(MAX_PRICED).take_while(|ranked| ranked.likelihood >= least) {
            // However short it is, it is not worth more than this.
            if full.is_without(ranked.likelihood / LEAST_TOKENS) {
                break;
            }
            let lines = ranked.definition.signature();
            let tokens = *counted
                .entry((ranked.at.file, lines.start, lines.end))
                .or_insert_with(|| self.tokens(ranked.at.file, &lines, fitter.left));
            if let Some(tokens) = tokens {
                let worth = ranked.likelihood / (tokens as f32).max(LEAST_TOKENS);
                full.add(worth, tokens);
                priced.push((worth, tokens, ranked));
            }
        }
        priced.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.at.cmp(&b.2.at)));
        let target_name = target.symbol.as_ref().map(|symbol| symbol.name.as_str());
        let enough = if is_unwritten { balanced(&priced, fitter) } else { worthy(&priced, fitter) };
        self.ended_early = enough < priced.len();
        for (_, tokens, ranked) in priced.into_iter().take(enough) {
            let Some(entry) = self.index.file(ranked.at.file) else { continue };
            let (definition, features) = (ranked.definition, outcome.features(ranked));
            let owner = entry.parent(&definition).map(|owner| entry.name(&owner));
            let chosen = Chosen {
                at: ranked.at,
                lines: definition.signature(),
                tokens,
                kind: PieceKind::Definitions,
                score: f64::from(ranked.likelihood) * BEST_SCORE,
                reason: match ranked.said {
                    Some(By::Editor) => format!("the editor finds `{}` behind a name here", entry.name(&definition)),
                    Some(By::Diagnostic) => format!("a diagnostic names `{}`", entry.name(&definition)),
                    Some(By::User) => format!("the instruction names `{}`", entry.name(&definition)),
                    None => {
                        let near = outcome.nearness(ranked.at.file).map(nearness).unwrap_or_default();
                        reason(features, entry.name(&definition), owner, target_name) + &near
                    }
                },
                is_used: ranked.said.is_some()
                    || [Feature::InBody, Feature::InSignature].iter().any(|feature| features[*feature as usize] > 0.0),
            };
            self.add(fitter, chosen);
        }
    }

    /// Shows all of the definitions that the target uses, the surest first, as long as half of what is left pays for each.
    fn grow_used(&mut self, fitter: &mut Fitter) {
        let mut used: Vec<(f64, DefinitionRef)> = self
            .chosen
            .values()
            .flatten()
            .filter(|chosen| chosen.is_used && chosen.kind == PieceKind::Definitions)
            .map(|chosen| (chosen.score, chosen.at))
            .collect();
        used.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, at) in used {
            let Some((_, definition)) = self.index.definition(at) else { continue };
            let whole = definition.leading_line..definition.last_line + 1;
            let header = definition.leading_line..self.documented(at.file, definition.signature().end);
            let lines = if whole.len() as u32 <= WHOLE_LINES { whole } else { header };
            let taken = self.chosen.get(&at.file).map(Vec::as_slice).unwrap_or_default();
            let Some(own) = taken.iter().find(|chosen| chosen.at == at) else { continue };
            let inside = |other: &Chosen| lines.start <= other.lines.start && other.lines.end <= lines.end;
            let crosses =
                |other: &Chosen| other.lines.start < lines.end && lines.start < other.lines.end && !inside(other);
            if taken.iter().any(crosses) || own.lines == lines {
                continue;
            }
            let saved: usize = taken.iter().filter(|other| inside(other)).map(|other| other.tokens).sum();
            let Some(tokens) = self.tokens(at.file, &lines, saved + fitter.left / 2) else { continue };
            fitter.left = fitter.left + saved - tokens;
            let taken = self.chosen.entry(at.file).or_default();
            let is_swallowed = |other: &mut Chosen| other.at != at && inside(other);
            let swallowed = taken
                .extract_if(.., is_swallowed)
                .filter(|other| other.is_used)
                .max_by(|a, b| a.score.total_cmp(&b.score));
            if let Some(own) = taken.iter_mut().find(|chosen| chosen.at == at) {
                own.lines = lines;
                own.tokens = tokens;
                // What is within says better why it is there.
                if let Some(better) = swallowed.filter(|better| better.score > own.score) {
                    own.score = better.score;
                    own.reason = better.reason;
                    own.at = better.at;
                }
            }
        }
    }

    /// The line behind the doc string that stands below a signature, which ends before a line; that line where none does.
    fn documented(&mut self, file: u32, end: u32) -> u32 {
        let language = self.index.file(file).and_then(|entry| Language::from_path(entry.path));
        let is_python = language.is_some_and(|language| language.name() == "python");
        let below = if is_python { self.texts.lines(file, end..end + WHOLE_LINES) } else { None };
        below.and_then(doc_string_lines).map_or(end, |lines| end + lines)
    }

    /// The chosen lines as pieces, those that follow each other as one.
    fn into_pieces(self, fitter: &mut Fitter) {
        let mut files: Vec<(u32, Vec<Chosen>)> = self.chosen.into_iter().collect();
        files.sort_by_key(|(file, _)| *file);
        for (file, mut chosen) in files {
            let Some(entry) = self.index.file(file) else { continue };
            chosen.sort_by_key(|chosen| chosen.lines.start);
            let mut runs: Vec<Chosen> = Vec::new();
            for next in chosen {
                match runs.last_mut() {
                    Some(run) if run.lines.end == next.lines.start && run.kind == next.kind => {
                        run.lines.end = next.lines.end;
                        run.tokens += next.tokens;
                        if next.score > run.score {
                            run.score = next.score;
                            run.reason = next.reason;
                        }
                    }
                    _ => runs.push(next),
                }
            }
            for run in runs {
                // A test may be no definition.
                let symbol = self.index.definition(run.at).map(|(_, definition)| entry.path_of(&definition));
                let Some(text) = self.texts.lines(file, run.lines.clone()) else { continue };
                // Together lines may come to a token more or less than one by one.
                let Some(tokens) = count_within(text, run.tokens + fitter.left) else { continue };
                fitter.left = fitter.left + run.tokens - tokens;
                fitter.pieces.push(Piece {
                    path: entry.path.to_string(),
                    start_line: run.lines.start as usize + 1,
                    end_line: run.lines.end as usize,
                    kind: run.kind,
                    symbol,
                    tokens,
                    score: run.score,
                    reason: run.reason,
                    text: text.to_owned(),
                    cut: None,
                });
            }
        }
    }
}

/// How many lines a doc string of Python takes that a text begins with; nothing where it does not begin or end there.
fn doc_string_lines(text: &str) -> Option<u32> {
    let code = text.trim_start();
    let quoted = code.strip_prefix(['r', 'R', 'u', 'U']).unwrap_or(code);
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| quoted.starts_with(quote))?;
    let mut rest = &quoted[quote.len()..];
    while !rest.starts_with(quote) {
        let mut characters = rest.chars();
        match characters.next()? {
            '\\' => drop(characters.next()?),
            '\n' if quote.len() == 1 => return None,
            _ => {}
        }
        rest = characters.as_str();
    }
    let end = text.len() - rest.len() + quote.len();
    Some(text[..end].matches('\n').count() as u32 + 1)
}
