//! The words in front of a declaration that say who may use it and how. A reply that leaves out the former gives a short form: what the
//! file has there stays.

use std::ops::Range;

use aiia_syntax::Symbol;

use super::block::Block;
use super::view::FileView;

/// Who may use a declaration, and what else is said before it.
struct Words {
    visibility: &'static [&'static str],
    others: &'static [&'static str],
    /// Of the others those that a body contradicts.
    bodiless: &'static [&'static str],
}

const JAVA: Words = Words {
    visibility: &["public", "protected", "private"],
    others: &[
        "static",
        "final",
        "abstract",
        "synchronized",
        "native",
        "strictfp",
        "default",
        "transient",
        "volatile",
        "sealed",
    ],
    bodiless: &["abstract", "native"],
};
const CSHARP: Words = Words {
    visibility: &["public", "protected", "private", "internal"],
    others: &[
        "static", "readonly", "virtual", "override", "abstract", "sealed", "async", "unsafe", "extern", "new",
        "partial", "volatile",
    ],
    bodiless: &["abstract", "extern", "partial"],
};
const RUST: Words = Words { visibility: &["pub"], others: &["default", "const", "async", "unsafe"], bodiless: &[] };
const PHP: Words = Words {
    visibility: &["public", "protected", "private"],
    others: &["static", "final", "abstract", "readonly"],
    bodiless: &["abstract"],
};
const SWIFT: Words = Words {
    visibility: &["public", "private", "fileprivate", "internal", "open"],
    others: &["static", "final", "override", "mutating", "lazy", "weak"],
    bodiless: &[],
};
const TYPESCRIPT: Words = Words {
    visibility: &["public", "protected", "private"],
    others: &["static", "readonly", "async", "override", "abstract"],
    bodiless: &["abstract"],
};
const C: Words = Words { visibility: &["static"], others: &["inline"], bodiless: &[] };

/// What stands in the reply, in bytes of its code, in the place of the words that stay, and those; nothing where it leaves out none.
pub(super) fn kept(given: &Symbol, block: &Block, symbol: &Symbol, file: &FileView) -> Option<(Range<usize>, String)> {
    let words = match file.language?.name() {
        "java" => &JAVA,
        "csharp" => &CSHARP,
        "rust" => &RUST,
        "php" => &PHP,
        "swift" => &SWIFT,
        "typescript" | "tsx" if symbol.depth > 0 => &TYPESCRIPT,
        "c" => &C,
        _ => return None,
    };
    let (new, end) = words.before(&block.text[given.item_range.clone()]);
    let (own, _) = words.before(&file.text[symbol.item_range.clone()]);
    if own.iter().all(|word| !words.is_visibility(word)) || new.iter().any(|word| words.is_visibility(word)) {
        return None;
    }
    let is_same_form = given.body_range.is_some() == symbol.body_range.is_some();
    let mut kept: Vec<&str> = own.into_iter().filter(|word| is_same_form || !words.bodiless.contains(word)).collect();
    let more: Vec<&str> = new.into_iter().filter(|word| !kept.contains(word)).collect();
    kept.extend(more);
    let start = given.item_range.start;
    Some((start..start + end, kept.iter().flat_map(|word| [*word, " "]).collect()))
}

impl Words {
    fn is_visibility(&self, word: &str) -> bool {
        let word = word.split('(').next().unwrap_or(word).trim_end();
        self.visibility.contains(&word)
    }

    /// The words that a declaration begins with, and where the first other one begins.
    fn before<'t>(&self, text: &'t str) -> (Vec<&'t str>, usize) {
        let mut found = Vec::new();
        let mut at = 0;
        loop {
            let rest = &text[at..];
            let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let word = &rest[..length];
            if !self.visibility.contains(&word) && !self.others.contains(&word) {
                return (found, at);
            }
            // `pub(crate)`, `private(set)`
            let inner =
                if rest[length..].starts_with('(') { rest[length..].find(')').map_or(0, |at| at + 1) } else { 0 };
            let end = length + inner;
            let blanks = rest[end..].len() - rest[end..].trim_start().len();
            if blanks == 0 {
                return (found, at);
            }
            found.push(&rest[..end]);
            at += end + blanks;
        }
    }
}
