//! Definitions of other files in the bundle: which, how much of each, and what they are said to be there for.

use crate::candidates::Candidate;
use crate::fit::Fitter;
use crate::rank::{Ranked, Texts};
use crate::tokens::count_within;
use crate::workspace::{DefinitionRef, WorkspaceIndex};
use crate::{Piece, PieceKind, Target};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Definitions that are likely needed by less than this stay out.
const LEAST_LIKELIHOOD: f32 = 0.0002;
/// Of what the target leaves, this share goes to the file of the target first.
const OWN_FILE_SHARE: f64 = 0.1;
/// A signature of fewer tokens counts as one of so many, so that worthless scraps do not win by being short.
const LEAST_TOKENS: f32 = 10.0;

/// Fills the bundle: what the target's own file has to say within its share, the definitions of other files by what each is worth
/// for its tokens, and what is left of the file.
pub(crate) fn pack(
    mut fitter: Fitter,
    candidates: Vec<Candidate>,
    target: &Target,
    ranked: Vec<Ranked>,
    index: &WorkspaceIndex,
    texts: &mut Texts,
) -> Vec<Piece> {
    let for_others = fitter.left - (fitter.left as f64 * OWN_FILE_SHARE) as usize;
    fitter.left -= for_others;
    fitter.candidates(candidates.clone(), target);
    fitter.left += for_others;

    let mut priced: Vec<Priced> = ranked
        .into_iter()
        .take_while(|ranked| ranked.likelihood >= LEAST_LIKELIHOOD)
        .filter_map(|ranked| {
            let (entry, definition) = index.definition(ranked.at)?;
            let signature = texts.signature(ranked.at.file, &entry.path, definition)?;
            let tokens = count_within(signature, fitter.request.budget)?;
            let worth = ranked.likelihood / (tokens as f32).max(LEAST_TOKENS);
            Some(Priced { at: ranked.at, lines: definition.signature(), likelihood: ranked.likelihood, worth })
        })
        .collect();
    priced.sort_by(|a, b| b.worth.total_cmp(&a.worth).then(a.at.cmp(&b.at)));

    let mut chosen: FxHashMap<u32, Vec<Priced>> = FxHashMap::default();
    for candidate in priced {
        let Some((entry, _)) = index.definition(candidate.at) else { continue };
        let taken = chosen.entry(candidate.at.file).or_default();
        if taken.iter().any(|other| other.lines.start < candidate.lines.end && candidate.lines.start < other.lines.end)
        {
            continue;
        }
        let Some(text) = texts.lines(candidate.at.file, &entry.path, candidate.lines.clone()) else { continue };
        if let Some(tokens) = count_within(text, fitter.left) {
            fitter.left -= tokens;
            taken.push(candidate);
        }
    }
    let mut files: Vec<(u32, Vec<Priced>)> = chosen.into_iter().collect();
    files.sort_by_key(|(file, _)| *file);
    for (file, mut taken) in files {
        taken.sort_by_key(|candidate| candidate.lines.start);
        let Some(entry) = index.file(file) else { continue };
        for candidate in taken {
            let Some(text) = texts.lines(file, &entry.path, candidate.lines.clone()) else { continue };
            let Some((_, definition)) = index.definition(candidate.at) else { continue };
            fitter.pieces.push(Piece {
                path: entry.path.to_string(),
                start_line: candidate.lines.start as usize + 1,
                end_line: candidate.lines.end as usize,
                kind: PieceKind::Definitions,
                symbol: Some(entry.facts.path_of(definition)),
                tokens: count_within(text, usize::MAX).unwrap_or_default(),
                score: f64::from(candidate.likelihood) * 0.9,
                reason: "likely used".to_owned(),
                text: text.to_owned(),
            });
        }
    }
    fitter.candidates(candidates, target);
    let mut pieces = fitter.into_pieces();
    pieces.sort_by(|a, b| b.score.total_cmp(&a.score));
    pieces
}

/// A definition with what it is worth.
struct Priced {
    at: DefinitionRef,
    lines: Range<u32>,
    likelihood: f32,
    worth: f32,
}
