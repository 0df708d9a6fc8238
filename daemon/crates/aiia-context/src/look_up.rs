//! Which names of a target a language server should be asked about.

use crate::hints::NameUse;
use crate::rank::new_names;
use crate::workspace::{DefinitionRef, WorkspaceIndex, identifiers, name_id};
use crate::{ContextRequest, parse, target};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// So many places are asked about.
const MAX_PLACES: usize = 32;
/// So many of one name, where several definitions have it.
const MAX_OF_NAME: usize = 3;
/// More definitions of a name are not counted.
const MAX_NAMED: usize = 20;

/// The names in the target that other files define, those first that most definitions have: they are the ones of which the index
/// cannot tell which is meant. Nothing without a workspace.
pub fn names_to_look_up(request: &ContextRequest) -> Vec<NameUse> {
    let Some(workspace) = &request.workspace else { return Vec::new() };
    let selection = target::clean_selection(request.text, &request.selection);
    let file = parse(request, &selection);
    let range = target::choose(request.text, &file.symbols, &selection).range;
    let mut uses = uses(workspace.index, request, &range);
    uses.sort_by_key(|(named, of_name)| (std::cmp::Reverse(*named), of_name.offsets[0]));
    let mut left = MAX_PLACES;
    let mut wanted = Vec::new();
    for (named, mut of_name) in uses {
        let limit = if named > 1 { MAX_OF_NAME } else { 1 }.min(left);
        of_name.is_all = of_name.offsets.len() <= limit;
        of_name.offsets.truncate(limit);
        left -= of_name.offsets.len();
        if !of_name.offsets.is_empty() {
            wanted.push(of_name);
        }
    }
    wanted
}

/// Where the name of the symbol stands that a request is about, in bytes of its file.
pub fn target_name(request: &ContextRequest) -> Option<usize> {
    let selection = target::clean_selection(request.text, &request.selection);
    let file = parse(request, &selection);
    target::choose(request.text, &file.symbols, &selection).symbol.map(|symbol| symbol.name_range.start)
}

/// The names in a range with everywhere they are, and how many definitions of other files have each.
fn uses(index: &WorkspaceIndex, request: &ContextRequest, range: &Range<usize>) -> Vec<(usize, NameUse)> {
    let own = index.file_of_path(request.path);
    let text = &request.text[range.clone()];
    let new = new_names(request.text, range);
    let mut places: FxHashMap<&str, usize> = FxHashMap::default();
    let mut uses: Vec<(usize, NameUse)> = Vec::new();
    for found in identifiers(text) {
        let name = &text[found.clone()];
        let offset = range.start + found.start;
        if let Some(known) = places.get(name) {
            if let Some((_, of_name)) = uses.get_mut(*known) {
                of_name.offsets.push(offset);
            }
            continue;
        }
        let id = name_id(name);
        let is_elsewhere = |at: &DefinitionRef| Some(at.file) != own;
        let named = index.named(id).filter(is_elsewhere).take(MAX_NAMED).count();
        if named == 0 || new.contains(&id) {
            places.insert(name, usize::MAX);
        } else {
            places.insert(name, uses.len());
            uses.push((named, NameUse { name: name.to_owned(), offsets: vec![offset], is_all: true }));
        }
    }
    uses
}
