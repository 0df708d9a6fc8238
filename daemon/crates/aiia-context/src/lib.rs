//! The code a model should see: from a file, a selection and an intent to a [`ContextBundle`] that fits a budget of
//! tokens.
//!
//! A bundle is made of [`Piece`]s, each a run of lines with the reason it is there, the worthiest first. It never
//! exceeds its budget, never holds the same line twice, and the same request gives the same bundle. Pieces come from
//! the file of the selection: the enclosing symbol, the definitions it uses, its type, its siblings, the imports and
//! the tests. A file in a language without a grammar, or over a megabyte, is taken by the lines around the selection.

mod bundle;
mod candidates;
mod definitions;
mod existing_tests;
mod fit;
mod hints;
mod lines;
mod look_up;
mod map;
mod rank;
mod recent_trees;
mod target;
mod tokens;
mod workspace;

pub use bundle::{ContextBundle, ContextRequest, CutLine, Intent, Piece, PieceKind, Said, Target};
pub use hints::{Hints, NameUse, NearFile, Nearness, Place, Resolved};
pub use look_up::{names_to_look_up, target_name};
pub use map::{Map, map};
pub use recent_trees::RecentTrees;
pub use tokens::{Vocabulary, count_tokens, count_tokens_in};
pub use workspace::{
    Admits, DiskTexts, Exclusions, FileTexts, IGNORE_FILE, IgnoreFiles, IndexReport, Indexer, IndexerOptions,
    LinedText, MAX_FILE_BYTES, MAX_FILES, OpenBuffer, PATTERN_FILES, Progress, RecentTexts, Skipped, WALK_TIME_LIMIT,
    Workspace, WorkspaceIndex,
};

use aiia_syntax::{Outline, Symbol, SyntaxTree};
use lines::Lines;
use std::ops::Range;

/// The largest file, in bytes, that is looked at by its syntax. Larger ones are taken by lines.
pub const MAX_SYNTAX_BYTES: usize = 1024 * 1024;

/// A text of more bytes than this, and of as many in a line on average as that, is taken by lines, too.
const PACKED_BYTES: usize = 8 * 1024;
const PACKED_LINE_BYTES: usize = 1000;

/// Gathers the context of a request. A selection outside the text is clamped to it; a budget that is too small for
/// anything gives a bundle without pieces.
pub fn gather(request: &ContextRequest) -> ContextBundle {
    let lines = Lines::new(request.text);
    let selection = target::clean_selection(request.text, &request.selection);
    let file = parse(request, &selection);
    let target = target::choose(request.text, &file.symbols, &selection);
    let candidates = candidates::collect(request, &file, &lines, &target, &selection);
    let mut fitter = fit::Fitter::new(request, &lines);
    fitter.target(&target, &selection);
    let mut pieces = match &request.workspace {
        None => {
            fitter.candidates(candidates, &target);
            fitter.into_pieces()
        }
        Some(workspace) => {
            let mut texts = rank::Texts::new(workspace.texts, workspace.index);
            let outcome = rank::rank(request, workspace, &mut texts, &file, &target);
            definitions::pack(fitter, candidates, &target, outcome, workspace.index, &mut texts)
        }
    };
    if let (Some(lacks), Some(shown)) = (&file.lacks, pieces.iter_mut().find(|piece| piece.kind == PieceKind::Target)) {
        shown.reason = format!("{}; {lacks}", shown.reason);
    }
    ContextBundle { budget: request.budget, used: pieces.iter().map(|piece| piece.tokens).sum(), target, pieces }
}

/// A definition of another file, with what the ranking knows of it. For measuring and fitting the ranking.
#[derive(Clone, PartialEq, Debug)]
pub struct RankedDefinition {
    /// Its file.
    pub path: String,
    /// The line it begins on, from 1.
    pub line: usize,
    /// Tokens of its signature.
    pub tokens: usize,
    /// How likely the target needs it, 0 to 1.
    pub likelihood: f32,
    /// Its features, in the order of [`feature_names`].
    pub features: Vec<f32>,
    /// Numbers that stand for its file, its name, and the name of the type it is a member of, 0 where it is none.
    pub numbers: [u32; 3],
    /// The numbers of the names in its signature: before the arrow, and behind it.
    pub signature: [Vec<u32>; 2],
}

/// What the ranking says of the definitions of other files, the likeliest first; nothing without a workspace.
pub fn ranked_definitions(request: &ContextRequest) -> Vec<RankedDefinition> {
    let Some(workspace) = &request.workspace else { return Vec::new() };
    let selection = target::clean_selection(request.text, &request.selection);
    let file = parse(request, &selection);
    let target = target::choose(request.text, &file.symbols, &selection);
    let mut texts = rank::Texts::new(workspace.texts, workspace.index);
    let outcome = rank::rank(request, workspace, &mut texts, &file, &target);
    outcome
        .ranked
        .iter()
        .filter_map(|ranked| {
            let entry = workspace.index.file(ranked.at.file)?;
            let definition = &ranked.definition;
            Some(RankedDefinition {
                path: entry.path.to_string(),
                line: definition.line as usize + 1,
                tokens: texts.signature(ranked.at.file, definition).map_or(0, count_tokens),
                likelihood: ranked.likelihood,
                features: outcome.features(ranked).to_vec(),
                numbers: [ranked.at.file, definition.name, ranked.type_name().unwrap_or_default()],
                signature: {
                    let signature = texts.signature(ranked.at.file, definition).unwrap_or_default();
                    let (taken, given) = signature.rsplit_once("->").unwrap_or((signature, ""));
                    [taken, given].map(|part| workspace::name_ids(part).collect())
                },
            })
        })
        .collect()
}

/// The names of the features of [`RankedDefinition`].
pub fn feature_names() -> &'static [&'static str] {
    rank::FEATURES
}

/// What the syntax of the file tells; nothing for a file that is not parsed.
#[derive(Default)]
struct FileSyntax {
    symbols: Vec<Symbol>,
    imports: Vec<Range<usize>>,
    /// The tests and what groups them, where tests are to be written.
    tests: Vec<Range<usize>>,
    /// Why that is not all of it.
    lacks: Option<String>,
}

/// Whether a text was packed by a program: its functions lie in each other on lines of thousands of bytes, and nobody reads them.
fn is_packed(text: &str) -> bool {
    text.len() > PACKED_BYTES && text.len() > PACKED_LINE_BYTES * memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

/// Whether a text is looked at by its syntax, so that a tree of it is of use: it is neither too large nor packed by a program.
pub fn is_looked_at(text: &str) -> bool {
    text.len() <= MAX_SYNTAX_BYTES && !is_packed(text)
}

fn parse(request: &ContextRequest, selection: &Range<usize>) -> FileSyntax {
    let Some(language) = request.language else { return FileSyntax::default() };
    // Text that no parser is asked about, or gives up on, still has lines.
    let without = |why: String| FileSyntax { lacks: Some(why), ..FileSyntax::default() };
    if request.text.len() > MAX_SYNTAX_BYTES {
        return without(format!("the file is larger than {} KiB and is worked on by lines", MAX_SYNTAX_BYTES / 1024));
    }
    if is_packed(request.text) {
        return without("the file was packed by a program and is worked on by lines".to_owned());
    }
    let tree = request.tree.filter(|tree| tree.language() == language);
    let tests = match tree {
        _ if request.intent != Intent::Test => Vec::new(),
        Some(tree) => tree.tests(request.text),
        None => SyntaxTree::parse(language, request.text).map(|tree| tree.tests(request.text)).unwrap_or_default(),
    };
    let outline = match tree {
        Some(tree) => {
            let (symbols, imports) = tree.symbols_and_imports_around(request.text, selection.clone());
            Outline { symbols, imports, is_whole: tree.is_known_in_full(request.text) }
        }
        None => match aiia_syntax::symbols_and_imports_around(language, request.text, selection.clone()) {
            Ok(outline) => outline,
            Err(refused) => return without(refused.to_string()),
        },
    };
    let lacks = (!outline.is_whole).then(|| "there is too much in the file to look through all of it".to_owned());
    FileSyntax { symbols: outline.symbols, imports: outline.imports, tests, lacks }
}

#[cfg(test)]
mod tests;
