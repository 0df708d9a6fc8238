//! The map of a workspace: the signatures that matter most in it.
//!
//! Files that many mention matter (`PageRank`; Page, Brin, Motwani and Winograd, 1999), over the graph in which a file points to
//! the files that define the names it mentions; of their definitions those that matter files mention.

use crate::rank::{Texts, is_test_path};
use crate::tokens::count_within;
use crate::workspace::{Definition, DefinitionRef, FileEntry, FileTexts, NameId, WorkspaceIndex};
use crate::{Piece, PieceKind};
use aiia_syntax::SymbolKind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;

/// The share of the rank that a file hands on.
const DAMPING: f64 = 0.85;
const ROUNDS: usize = 20;
/// A name that more files define says nothing of any of them.
const MAX_DEFINERS: usize = 8;
/// A signature that takes a larger share of the budget than one of so many, such as a table of constants, is left out.
const LEAST_SIGNATURES: usize = 4;
/// After so many of these the map ends.
const MAX_LEFT_OUT: usize = 100;
/// What mentions of a plain word count beside those of another name.
const PLAIN_SHARE: f64 = 0.05;
/// What a definition in tests counts beside another.
const TEST_SHARE: f64 = 0.05;

/// The signatures that matter most in a workspace.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Map {
    /// The files that matter most first, each in the order of its text.
    pub pieces: Vec<Piece>,
    /// How many further signatures there are, which matter less or are too long.
    pub left_out: usize,
}

/// The signatures that matter most, within `budget` tokens.
pub fn map(index: &WorkspaceIndex, texts: &dyn FileTexts, budget: usize) -> Map {
    let links = links(index);
    let ranks = page_rank(&links, index);
    let mut mention_rank: FxHashMap<NameId, f64> = FxHashMap::default();
    for (file, entry) in index.files() {
        let rank = ranks.get(&file).copied().unwrap_or_default();
        for name in entry.mentions() {
            *mention_rank.entry(name).or_default() += rank;
        }
    }
    let mut worth: Vec<(f64, DefinitionRef)> = Vec::new();
    for (file, entry) in index.files() {
        for (number, definition) in entry.definitions().enumerate() {
            let is_shown = definition.kind.is_callable()
                || (definition.kind.is_type() && definition.kind != SymbolKind::Impl)
                || definition.kind == SymbolKind::Constant;
            let at = DefinitionRef { file, definition: number as u16 };
            let definers = index.count_named(definition.name, MAX_DEFINERS + 1);
            if !is_shown || definers > MAX_DEFINERS {
                continue;
            }
            let own = ranks.get(&file).copied().unwrap_or_default();
            let mentioned = mention_rank.get(&definition.name).copied().unwrap_or_default() - own;
            let name = entry.name(&definition);
            let telling = if is_plain_word(name) { PLAIN_SHARE } else { 1.0 };
            let visible = if definition.traits.public { 1.0 } else { 0.2 };
            let test = if definition.traits.test || is_test_path(entry.path) { TEST_SHARE } else { 1.0 };
            worth.push(((mentioned.max(0.0) / definers as f64 + own * 0.1) * telling * visible * test, at));
        }
    }
    worth.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));

    let mut texts = Texts::new(texts, index);
    let best = worth.first().map_or(1.0, |(worth, _)| worth.max(f64::MIN_POSITIVE));
    let (mut left, mut left_out) = (budget, 0);
    let mut all = worth.len();
    // In a packed line or a type in one line several signatures are the same text.
    let mut taken: FxHashMap<u32, Vec<Range<u32>>> = FxHashMap::default();
    let mut chosen: Vec<(u32, Piece)> = Vec::new();
    for (worth, at) in worth {
        let Some((entry, definition)) = index.definition(at) else { continue };
        let lines = definition.signature();
        let taken = taken.entry(at.file).or_default();
        if taken.iter().any(|other| other.start <= lines.start && lines.end <= other.end) {
            all -= 1;
            continue;
        }
        let Some(text) = texts.lines(at.file, lines.clone()) else { continue };
        let Some(tokens) = count_within(text, left) else {
            left_out += 1;
            // What is worth less is not shown only because it is short.
            if left_out > MAX_LEFT_OUT || count_within(text, budget / LEAST_SIGNATURES).is_some() {
                break;
            }
            continue;
        };
        left -= tokens;
        taken.push(lines);
        chosen.push((
            at.file,
            Piece {
                path: entry.path.to_string(),
                start_line: definition.line as usize + 1,
                end_line: definition.signature().end as usize,
                kind: PieceKind::Definitions,
                symbol: Some(entry.path_of(&definition)),
                tokens,
                score: worth / best,
                reason: match index.mentioned_in(definition.name).unwrap_or(1).saturating_sub(1) {
                    0 => "in a file that others use".to_owned(),
                    1 => "another file mentions it".to_owned(),
                    others => format!("{others} other files mention it"),
                },
                text: text.to_owned(),
                cut: None,
            },
        ));
    }
    let mut best_of: FxHashMap<u32, f64> = FxHashMap::default();
    for (file, piece) in &chosen {
        let best = best_of.entry(*file).or_default();
        *best = best.max(piece.score);
    }
    chosen.sort_by(|(a, first), (b, second)| {
        best_of[b].total_cmp(&best_of[a]).then(a.cmp(b)).then(first.start_line.cmp(&second.start_line))
    });
    Map { left_out: all - chosen.len(), pieces: chosen.into_iter().map(|(_, piece)| piece).collect() }
}

/// Whether a name is a word that texts have anyway, so that its mentions tell little.
fn is_plain_word(name: &str) -> bool {
    name.len() < 4 || name.chars().all(char::is_lowercase)
}

/// By file, the files whose definitions it mentions, with how much.
fn links(index: &WorkspaceIndex) -> FxHashMap<u32, Vec<(u32, f64)>> {
    let mut links = FxHashMap::default();
    let is_plain = |entry: FileEntry, one: &Definition| is_plain_word(entry.name(one));
    let plain: FxHashSet<NameId> = index
        .files()
        .flat_map(|(_, entry)| entry.definitions().filter(move |one| is_plain(entry, one)).map(|one| one.name))
        .collect();
    for (file, entry) in index.files() {
        let mut to: FxHashMap<u32, f64> = FxHashMap::default();
        for name in entry.mentions().filter(|name| !plain.contains(name)) {
            let definers: Vec<u32> = index.named(name).take(MAX_DEFINERS + 1).map(|at| at.file).collect();
            if definers.len() <= MAX_DEFINERS && !definers.contains(&file) {
                for definer in &definers {
                    *to.entry(*definer).or_default() += 1.0 / definers.len() as f64;
                }
            }
        }
        let mut to: Vec<(u32, f64)> = to.into_iter().map(|(file, weight)| (file, weight.sqrt())).collect();
        to.sort_unstable_by_key(|(file, _)| *file);
        links.insert(file, to);
    }
    links
}

fn page_rank(links: &FxHashMap<u32, Vec<(u32, f64)>>, index: &WorkspaceIndex) -> FxHashMap<u32, f64> {
    let files: Vec<u32> = index.files().map(|(file, _)| file).collect();
    let each = 1.0 / files.len().max(1) as f64;
    let mut ranks: FxHashMap<u32, f64> = files.iter().map(|file| (*file, each)).collect();
    for _ in 0..ROUNDS {
        let mut next: FxHashMap<u32, f64> = files.iter().map(|file| (*file, (1.0 - DAMPING) * each)).collect();
        let mut lost = 0.0;
        for file in &files {
            let total: f64 = links[file].iter().map(|(_, weight)| weight).sum();
            if total == 0.0 {
                lost += ranks[file];
            }
            for (to, weight) in &links[file] {
                if let Some(rank) = next.get_mut(to) {
                    *rank += DAMPING * ranks[file] * weight / total;
                }
            }
        }
        for rank in next.values_mut() {
            *rank += DAMPING * lost * each;
        }
        ranks = next;
    }
    ranks
}
