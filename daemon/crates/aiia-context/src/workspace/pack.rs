//! Making the packed form of facts, from an older one and what has changed since.

use super::NameId;
use super::facts::{Extent, FileFacts};
use super::packed::{BLOCK, DefinitionWriter, FileRecord, FileState, Packed, put};
use super::walk::Stamp;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// The place of a name that nothing defines any more.
const GONE: u32 = u32::MAX;

/// What has become of a file.
#[derive(Debug)]
pub(super) enum Change {
    /// It is gone.
    Removed,
    /// It has no text that can be read.
    WithoutText(Stamp),
    /// It has new facts.
    Facts { stamp: Stamp, facts: FileFacts, is_parsed: bool },
}

/// Changes by path.
pub(super) type Changes = BTreeMap<Box<str>, Change>;

enum Source<'a> {
    Old(u32),
    New(&'a str, &'a Change),
}

/// The names that `changes` define and `old` does not know: which of the old files mention them is not known either.
pub(super) fn new_names(old: &Packed, changes: &Changes) -> FxHashSet<NameId> {
    let facts = changes.values().filter_map(|change| match change {
        Change::Facts { facts, .. } => Some(facts),
        _ => None,
    });
    facts
        .flat_map(|facts| facts.definitions.iter().map(|definition| definition.name))
        .filter(|name| old.names.binary_search(name).is_err())
        .collect()
}

/// The facts of `old` with `changes`. `found` has mentions of old files that are not known yet, by file. Where `keeps` holds,
/// mentions of names that nothing defines are kept beside.
pub(super) fn pack(old: &Packed, changes: &Changes, found: &FxHashMap<u32, Vec<NameId>>, keeps: bool) -> Packed {
    let sources = sources(old, changes);
    let mut packed = Packed::default();
    let old_places = put_names(&mut packed, old, &sources);
    // Mentions by number, from those by old place.
    let place_of: FxHashMap<NameId, u32> =
        packed.names.iter().enumerate().rev().map(|(place, name)| (*name, place as u32)).collect();

    packed.files.reserve_exact(sources.len());
    let mut definers: Vec<(u32, u32)> = Vec::new();
    let mut counts = vec![0_u32; packed.names.len()];
    let mut mentions: Vec<u32> = Vec::new();
    for source in &sources {
        let start = FileRecord {
            path: packed.paths.len() as u32,
            definitions: definers.len() as u32,
            blocks: packed.blocks.len() as u32,
            mentions: packed.mentions.len() as u32,
            ..FileRecord::default()
        };
        let mut writer = DefinitionWriter::default();
        let mut undefined: Vec<NameId> = Vec::new();
        mentions.clear();
        match *source {
            Source::Old(file) => {
                let known = old.files[file as usize];
                let FileRecord { mentioned, content, stamp, state, .. } = known;
                packed.files.push(FileRecord { mentioned, content, stamp, state, ..start });
                packed.paths.push_str(old.path(file));
                for definition in old.definitions_from(file, 0) {
                    let Some(&place) = old_places.get(definition.name_place as usize) else { continue };
                    definers.push((place, definers.len() as u32));
                    writer.write(&mut packed, &definition, place);
                }
                for place in old.mentions(file) {
                    let Some(&new_place) = old_places.get(place) else { continue };
                    match new_place {
                        GONE if keeps => undefined.push(old.names[place]),
                        GONE => {}
                        place => mentions.push(first_of_number(&packed.names, place)),
                    }
                }
                let more = found.get(&file).map(Vec::as_slice).unwrap_or_default();
                let rest = old.undefined.get(file as usize).map(|names| &**names).unwrap_or_default();
                for name in more.iter().chain(rest) {
                    match place_of.get(name) {
                        Some(place) => mentions.push(*place),
                        None => undefined.push(*name),
                    }
                }
                mentions.sort_unstable();
                mentions.dedup();
            }
            Source::New(path, change) => {
                packed.paths.push_str(path);
                let (stamp, facts) = match change {
                    Change::Facts { stamp, facts, .. } => (*stamp, Some(facts)),
                    Change::WithoutText(stamp) => (*stamp, None),
                    Change::Removed => continue,
                };
                let state = match change {
                    Change::Facts { is_parsed: true, facts, .. } => match facts.extent {
                        Extent::Whole => FileState::Parsed,
                        Extent::LookOfLines => FileState::Unparsable,
                        Extent::Cut => FileState::Cut,
                        Extent::Partial => FileState::Partial,
                    },
                    Change::Facts { .. } => FileState::Skimmed,
                    _ => FileState::WithoutText,
                };
                let mentioned = facts.map_or(0, |facts| facts.mentions.len() as u32);
                let content = facts.map_or(0, FileFacts::content);
                packed.files.push(FileRecord { mentioned, content, stamp, state, ..start });
                let Some(facts) = facts else {
                    if keeps {
                        packed.undefined.push(Box::default());
                    }
                    continue;
                };
                for definition in &facts.definitions {
                    let mut place = place_of.get(&definition.name).copied().unwrap_or_default();
                    while packed.text(place as usize) != facts.name(definition)
                        && packed.names.get(place as usize + 1) == Some(&definition.name)
                    {
                        place += 1;
                    }
                    definers.push((place, definers.len() as u32));
                    writer.write(&mut packed, definition, place);
                }
                for name in &facts.mentions {
                    match place_of.get(name) {
                        Some(place) => mentions.push(*place),
                        None => undefined.push(*name),
                    }
                }
            }
        }
        let mut last = 0;
        for place in &mentions {
            put(&mut packed.mentions, place - last);
            last = *place;
            counts[*place as usize] += 1;
        }
        if keeps {
            packed.undefined.push(undefined.into());
        }
    }
    packed.mentioned_in = counts.into_iter().map(|count| u16::try_from(count).unwrap_or(u16::MAX)).collect();
    definers.sort_unstable();
    packed.definer_starts = Vec::with_capacity(packed.names.len());
    packed.definers = Vec::with_capacity(definers.len());
    for (place, number) in definers {
        while packed.definer_starts.len() <= place as usize {
            packed.definer_starts.push(packed.definers.len() as u32);
        }
        packed.definers.push(number);
    }
    packed.paths.shrink_to_fit();
    packed.blocks.shrink_to_fit();
    packed.definitions.shrink_to_fit();
    packed.mentions.shrink_to_fit();
    packed
}

/// The files of the outcome in the order of their paths.
fn sources<'a>(old: &Packed, changes: &'a Changes) -> Vec<Source<'a>> {
    let mut sources = Vec::with_capacity(old.files.len() + changes.len());
    let mut changes = changes.iter().peekable();
    for file in 0..old.files.len() as u32 {
        let path = old.path(file);
        while let Some((changed, change)) = changes.next_if(|(changed, _)| &***changed < path) {
            sources.push(Source::New(changed, change));
        }
        match changes.next_if(|(changed, _)| &***changed == path) {
            Some((changed, change)) => sources.push(Source::New(changed, change)),
            None => sources.push(Source::Old(file)),
        }
    }
    sources.extend(changes.map(|(changed, change)| Source::New(changed, change)));
    sources.retain(|source| !matches!(source, Source::New(_, Change::Removed)));
    sources
}

/// Puts in the names that the files define. Gives the new place of each old one: that of its name, or of another of its number.
fn put_names(packed: &mut Packed, old: &Packed, sources: &[Source]) -> Vec<u32> {
    let mut is_used = vec![false; old.names.len()];
    let mut names: FxHashSet<(NameId, &str)> = FxHashSet::default();
    for source in sources {
        match source {
            Source::Old(file) => {
                old.definitions_from(*file, 0).for_each(|definition| {
                    if let Some(is_used) = is_used.get_mut(definition.name_place as usize) {
                        *is_used = true;
                    }
                });
            }
            Source::New(_, Change::Facts { facts, .. }) => {
                names.extend(facts.definitions.iter().map(|definition| (definition.name, facts.name(definition))));
            }
            Source::New(..) => {}
        }
    }
    let used = is_used.iter().enumerate().filter(|(_, is_used)| **is_used);
    names.extend(used.map(|(place, _)| (old.names[place], old.text(place))));
    let mut names: Vec<(NameId, &str)> = names.into_iter().collect();
    names.sort_unstable();
    packed.names = names.iter().map(|(name, _)| *name).collect();
    packed.text_lengths = names.iter().map(|(_, text)| text.len() as u8).collect();
    packed.text_starts.reserve_exact(names.len().div_ceil(BLOCK));
    packed.texts.reserve_exact(names.iter().map(|(_, text)| text.len()).sum());
    for (place, (_, text)) in names.iter().enumerate() {
        if place.is_multiple_of(BLOCK) {
            packed.text_starts.push(packed.texts.len() as u32);
        }
        packed.texts.push_str(text);
    }
    let mut next = 0;
    (0..old.names.len())
        .map(|place| {
            let name = (old.names[place], old.text(place));
            while names.get(next).is_some_and(|known| *known < name) {
                next += 1;
            }
            match names.get(next) {
                Some(known) if *known == name => next as u32,
                // Mentions count for whatever has the number.
                _ => names.binary_search_by_key(&name.0, |(known, _)| *known).map_or(GONE, |place| place as u32),
            }
        })
        .collect()
}

/// Mentions do not tell names of one number apart.
fn first_of_number(names: &[NameId], mut place: u32) -> u32 {
    while place > 0 && names[place as usize - 1] == names[place as usize] {
        place -= 1;
    }
    place
}
