//! What a text tells the index: its definitions, and the names it mentions.

use super::names::{NameId, name_id, name_ids};
use aiia_syntax::{Language, Symbol, SymbolKind};
use rustc_hash::FxHashSet;
use std::ops::Range;

/// Signatures of more lines are cut.
const MAX_SIGNATURE_LINES: usize = 24;

/// Names are cut behind so many bytes.
const MAX_NAME_BYTES: usize = 250;

/// The lines of a value that are shown with its name.
const MAX_VALUE_LINES: usize = 3;

/// A definition of a file. Lines count from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Definition {
    pub(crate) name: NameId,
    /// Where what has it keeps the text of its name.
    pub(super) name_place: u32,
    pub(crate) kind: SymbolKind,
    pub(crate) traits: Traits,
    /// The definition around it, by its place among the file's definitions.
    pub(super) parent: u16,
    /// The first line of the attributes and comments above it.
    pub(crate) leading_line: u32,
    /// The line it begins on.
    pub(crate) line: u32,
    /// Number of lines of its signature.
    pub(crate) signature_lines: u8,
    /// Its last line.
    pub(crate) last_line: u32,
}

/// What else is known of a definition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Traits {
    /// Visible outside its file, as far as the text tells.
    pub(crate) public: bool,
    /// A test, or part of the tests.
    pub(crate) test: bool,
    /// Part of the implementation of a trait.
    pub(crate) implements: bool,
}

impl Traits {
    pub(super) fn bits(self) -> u8 {
        u8::from(self.public) | u8::from(self.test) << 1 | u8::from(self.implements) << 2
    }

    pub(super) fn from_bits(bits: u8) -> Traits {
        Traits { public: bits & 1 != 0, test: bits & 2 != 0, implements: bits & 4 != 0 }
    }
}

impl Definition {
    /// The definition around it, by its place among the file's definitions.
    pub(crate) fn parent(&self) -> Option<u16> {
        (self.parent != NO_PARENT).then_some(self.parent)
    }

    /// Whether it stands right inside the definition of that index in its file.
    pub(crate) fn is_right_inside(&self, outer: u16) -> bool {
        self.parent == outer
    }

    /// The lines of its signature.
    pub(crate) fn signature(&self) -> Range<u32> {
        self.line..self.line + u32::from(self.signature_lines)
    }
}

pub(super) const NO_PARENT: u16 = u16::MAX;

/// Of a file so many definitions are kept.
pub(super) const MAX_DEFINITIONS: usize = NO_PARENT as usize;

/// What a text tells.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct FileFacts {
    pub(crate) definitions: Box<[Definition]>,
    /// The names of the definitions, one behind the other, and where each ends.
    names: Box<str>,
    name_ends: Box<[u32]>,
    /// The names the file mentions, sorted, each once.
    pub(crate) mentions: Box<[NameId]>,
    /// A hash of the text.
    content: u32,
    pub(super) extent: Extent,
}

/// How much of what a text tells is in its facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// What the look of its lines tells: the parser gave up.
    LookOfLines,
    /// Not the definitions over [`MAX_DEFINITIONS`].
    Cut,
    /// What was found until there was too much to look through.
    Partial,
}

/// The number of a text.
pub(super) fn content(text: &str) -> u32 {
    name_id(text)
}

impl FileFacts {
    /// The facts of the text of a file: in a language without a grammar, and where the parser gives up, what the look of its lines tells.
    pub(crate) fn of(path: &str, language: Option<Language>, text: &str) -> FileFacts {
        match language.map(|language| aiia_syntax::symbols_outside_functions(language, text)) {
            Some(Err(_)) => FileFacts { extent: Extent::LookOfLines, ..FileFacts::skimmed(path, language, text) },
            Some(Ok(outline)) => {
                let mut facts = FileFacts::from_symbols(&outline.symbols, language, text);
                if !outline.is_whole {
                    facts.extent = Extent::Partial;
                }
                facts
            }
            None => FileFacts::skimmed(path, language, text),
        }
    }

    /// The facts of a text by the look of its lines: much sooner, and without members that are no functions.
    /// Of a text that is no code only what it mentions.
    pub(crate) fn skimmed(path: &str, language: Option<Language>, text: &str) -> FileFacts {
        let symbols = match language {
            Some(language) => aiia_syntax::skim(language, text),
            None if aiia_syntax::is_plain_code(path) => aiia_syntax::skim_plain(text),
            None => Vec::new(),
        };
        FileFacts::from_symbols(&symbols, language, text)
    }

    fn from_symbols(symbols: &[Symbol], language: Option<Language>, text: &str) -> FileFacts {
        let ((definitions, names, name_ends), extent) = definitions(symbols, language, text);
        let mut mentioned: FxHashSet<NameId> = FxHashSet::default();
        mentioned.extend(name_ids(text));
        let mut mentions: Box<[NameId]> = mentioned.into_iter().collect();
        mentions.sort_unstable();
        FileFacts { definitions, names, name_ends, mentions, content: content(text), extent }
    }

    /// The number of its text.
    pub(super) fn content(&self) -> u32 {
        self.content
    }

    /// Bytes of memory beside its own.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.definitions)
            + self.names.len()
            + size_of_val(&*self.name_ends)
            + size_of_val(&*self.mentions)
    }

    /// The name of a definition of this file.
    pub(super) fn name(&self, definition: &Definition) -> &str {
        let place = definition.name_place as usize;
        let start = place.checked_sub(1).and_then(|before| self.name_ends.get(before)).map_or(0, |end| *end as usize);
        let end = self.name_ends.get(place).map_or(0, |end| *end as usize);
        self.names.get(start..end).unwrap_or_default()
    }
}

/// Definitions, their names one behind the other, and where each of these ends.
type Definitions = (Box<[Definition]>, Box<str>, Box<[u32]>);

fn definitions(symbols: &[Symbol], language: Option<Language>, text: &str) -> (Definitions, Extent) {
    let mut extent = Extent::Whole;
    let mut lines = LineCounter { text, offset: 0, line: 0 };
    let (mut names, mut name_ends) = (String::new(), Vec::new());
    let mut found: Vec<Definition> = Vec::with_capacity(symbols.len());
    let mut open: Vec<(usize, usize)> = Vec::new();
    // The first assignment of a name defines it.
    let mut assigned: FxHashSet<(NameId, Option<usize>)> = FxHashSet::default();
    let visibility = Visibility::of(language, text);
    for symbol in symbols {
        while open.last().is_some_and(|&(_, end)| end <= symbol.item_range.start) {
            open.pop();
        }
        let mut parent = open.last().map(|&(index, _)| index);
        if symbol.kind == SymbolKind::Assigned {
            // What a method assigns to `self` is of its class.
            parent = open.iter().rev().map(|&(index, _)| index).find(|&index| !found[index].kind.is_callable());
            if !assigned.insert((name_id(&symbol.name), parent)) {
                continue;
            }
        } else if matches!(symbol.kind, SymbolKind::Field | SymbolKind::Constant) {
            assigned.insert((name_id(&symbol.name), parent));
        }
        let outer = parent.map(|parent| &found[parent]);
        // A name of a function's own is of no use to other files.
        if outer.is_some_and(|outer| outer.kind.is_callable()) {
            continue;
        }
        if found.len() >= MAX_DEFINITIONS {
            extent = Extent::Cut;
            break;
        }
        let leading_line = lines.line_of(symbol.range.start);
        let line = lines.line_of(symbol.item_range.start);
        let signature = symbol.signature(text);
        let limit = match symbol.kind {
            SymbolKind::Macro => 1,
            SymbolKind::Constant
            | SymbolKind::Variable
            | SymbolKind::Assigned
            | SymbolKind::Field
            | SymbolKind::Variant
            | SymbolKind::TypeAlias => MAX_VALUE_LINES,
            _ => MAX_SIGNATURE_LINES,
        };
        let signature_lines = signature.lines().count().clamp(1, limit) as u8;
        let header = text.get(symbol.item_range.start..symbol.name_range.start).unwrap_or_default();
        let traits = Traits {
            public: visibility.is_public(symbol, outer, header),
            test: outer.is_some_and(|outer| outer.traits.test) || is_test(symbol, text),
            implements: symbol.kind == SymbolKind::Impl && header.contains(" for ")
                || outer.is_some_and(|outer| outer.traits.implements),
        };
        open.push((found.len(), symbol.item_range.end));
        let name = symbol.name.get(..symbol.name.floor_char_boundary(MAX_NAME_BYTES)).unwrap_or_default();
        let last = lines.line_after(symbol.item_range.end.saturating_sub(1).max(symbol.item_range.start), line);
        found.push(Definition {
            name: name_id(name),
            name_place: name_ends.len() as u32,
            kind: symbol.kind,
            traits,
            parent: parent.map_or(NO_PARENT, |parent| parent as u16),
            leading_line,
            line,
            signature_lines,
            last_line: last,
        });
        names.push_str(name);
        name_ends.push(names.len() as u32);
    }
    ((found.into(), names.into(), name_ends.into()), extent)
}

/// How a language says what other files may use.
#[derive(Clone, Copy)]
enum Visibility {
    /// By a word before it: Rust.
    Said,
    /// By its name: Python.
    Named,
    /// By a word before it, in a file that has a word for it: a module of JavaScript.
    Exported,
    /// Everything may be used but for what one of these words stands before.
    AllBut(&'static [&'static str]),
}

impl Visibility {
    fn of(language: Option<Language>, text: &str) -> Visibility {
        match language.map(Language::name) {
            Some("rust") => Visibility::Said,
            Some("python") => Visibility::Named,
            // A list of what is exported stands apart from what it names.
            Some("javascript" | "typescript" | "tsx")
                if text.contains("export ") && !text.contains("export {") && !text.contains("module.exports") =>
            {
                Visibility::Exported
            }
            Some("c" | "cpp") => Visibility::AllBut(&["static"]),
            Some("lua") => Visibility::AllBut(&["local"]),
            _ => Visibility::AllBut(&["private", "fileprivate"]),
        }
    }

    /// Whether a definition is visible outside its file, as far as the text tells.
    fn is_public(self, symbol: &Symbol, outer: Option<&Definition>, header: &str) -> bool {
        match self {
            Visibility::Named => {
                !symbol.name.starts_with('_') || (symbol.name.starts_with("__") && symbol.name.ends_with("__"))
            }
            Visibility::Said => {
                header.starts_with("pub")
                    || matches!(symbol.kind, SymbolKind::Variant | SymbolKind::Impl | SymbolKind::Macro)
                    || outer.is_some_and(|outer| outer.kind == SymbolKind::Trait || outer.traits.implements)
            }
            Visibility::Exported => header.starts_with("export") || outer.is_some_and(|outer| outer.traits.public),
            Visibility::AllBut(words) => !header.split_whitespace().any(|word| words.contains(&word)),
        }
    }
}

fn is_test(symbol: &Symbol, text: &str) -> bool {
    let leading = text.get(symbol.range.start..symbol.item_range.start).unwrap_or_default();
    leading.contains("#[cfg(test)]")
        || leading.contains("#[test]")
        || (symbol.kind.is_callable() && symbol.name.starts_with("test_"))
        || (symbol.kind == SymbolKind::Module && matches!(symbol.name.as_str(), "test" | "tests"))
}

fn line_breaks(bytes: &[u8]) -> u32 {
    memchr::memchr_iter(b'\n', bytes).count() as u32
}

/// Lines of offsets that mostly grow.
struct LineCounter<'t> {
    text: &'t str,
    offset: usize,
    line: u32,
}

impl LineCounter<'_> {
    fn line_of(&mut self, offset: usize) -> u32 {
        let offset = offset.min(self.text.len());
        if offset < self.offset {
            let between = &self.text.as_bytes()[offset..self.offset];
            self.line -= line_breaks(between);
        } else {
            let between = &self.text.as_bytes()[self.offset..offset];
            self.line += line_breaks(between);
        }
        self.offset = offset;
        self.line
    }

    /// The line of an offset behind the current one, without moving there.
    fn line_after(&self, offset: usize, from: u32) -> u32 {
        let behind = self.text.as_bytes().get(self.offset..offset.min(self.text.len())).unwrap_or_default();
        from + line_breaks(behind)
    }
}
