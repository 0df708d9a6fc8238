//! What is said when whole symbols of a reply have no place.

use std::fmt::Write as _;

use aiia_syntax::{Symbol, SymbolKind};

use crate::complaint::{Complaint, ComplaintKind};
use crate::resolve::block::Block;
use crate::resolve::nearest;
use crate::resolve::view::FileView;

/// Parts of a symbol would go because the reply leaves them out.
pub(super) fn incomplete(given: &Symbol, missing: &[&str], file: &FileView) -> Complaint {
    complain(
        ComplaintKind::Vanished,
        file,
        format!(
            "The reply gives `{}` without {}, which would delete them. Ask the model for the whole of `{}` or \
             for one of its parts.",
            given.name,
            list(missing),
            given.name
        ),
    )
}

/// The file has none of the symbols of the reply.
pub(super) fn no_match(block: &Block, file: &FileView) -> Complaint {
    let names: Vec<&str> = block.tops().iter().map(|symbol| symbol.name.as_str()).collect();
    let own = file
        .symbols()
        .iter()
        .filter(|symbol| !matches!(symbol.kind, SymbolKind::Field | SymbolKind::Variant))
        .map(|symbol| symbol.name.as_str());
    let near = nearest::names_near(&names, own);
    let others: Vec<usize> = names
        .iter()
        .flat_map(|name| file.symbols_named(name))
        .map(|index| file.line_number(file.symbols()[*index].item_range.start))
        .take(8)
        .collect();
    if !others.is_empty() {
        let shown: Vec<String> = others.iter().map(ToString::to_string).collect();
        let message = format!(
            "The reply defines {}, and {} has only others of that name, at line{} {}. Ask the model for a search/replace block.",
            list(&names),
            file.path,
            if others.len() == 1 { "" } else { "s" },
            shown.join(", ")
        );
        return complain(ComplaintKind::NotFound, file, message).with_candidates(others);
    }
    let mut message = if names.is_empty() {
        format!(
            "The code of the reply holds no whole function, method or type, so its place in {} is unknown.",
            file.path
        )
    } else {
        format!("The reply defines {}, and {} has nothing of that name.", list(&names), file.path)
    };
    if !near.is_empty() {
        let quality = if names.is_empty() { "first" } else { "nearest" };
        let _ = write!(message, " The {quality} names there are {}.", list(&near));
    }
    let candidates = near
        .iter()
        .filter_map(|name| file.symbols().iter().find(|symbol| symbol.name == **name))
        .map(|symbol| file.line_number(symbol.item_range.start))
        .collect();
    complain(ComplaintKind::NotFound, file, message).with_candidates(candidates)
}

/// Whether imports of the reply come beside those of the file at these lines or take their places.
pub(in crate::resolve) fn imports_unclear(lines: Vec<usize>, file: &FileView) -> Complaint {
    let shown: Vec<String> = lines.iter().take(8).map(ToString::to_string).collect();
    let message = format!(
        "The reply gives imports, and whether they replace those of {} at line{} {} or come beside them cannot be told. Ask the \
         model for a search/replace block.",
        file.path,
        if lines.len() == 1 { "" } else { "s" },
        shown.join(", ")
    );
    complain(ComplaintKind::NotFound, file, message).with_candidates(lines)
}

/// The parser found a symbol in the middle of a line that it could not read.
pub(super) fn broken(top: &Symbol, block: &Block, file: &FileView) -> Complaint {
    let line = block.text[..top.range.start].rfind('\n').map_or(0, |at| at + 1);
    let line = block.text[line..].lines().next().unwrap_or_default();
    complain(
        ComplaintKind::SyntaxErrors,
        file,
        format!(
            "The code of the reply cannot be read: `{}` stands behind something else on its line (`{}`). Ask the model for \
             the code alone.",
            top.name,
            nearest::shortened(line)
        ),
    )
}

/// Something above a symbol of the reply is not closed.
pub(super) fn unclosed(inner: &Symbol, block: &Block, file: &FileView) -> Complaint {
    let above = block.symbols.iter().rfind(|outer| {
        outer.depth < inner.depth && outer.range.start < inner.range.start && inner.range.end <= outer.range.end
    });
    let message = format!(
        "The code of the reply cannot be read: `{}` is not closed where `{}` begins. Ask the model for the complete code.",
        above.map_or("something", |above| above.name.as_str()),
        inner.name
    );
    complain(ComplaintKind::SyntaxErrors, file, message)
}

/// The file has several symbols that could be meant.
pub(super) fn ambiguous(wanted: &Symbol, found: &[usize], file: &FileView) -> Complaint {
    let (lines, shown) = lines_of(found, file);
    complain(
        ComplaintKind::Ambiguous,
        file,
        format!(
            "{} has {} symbols named `{}`, at lines {}. Put the cursor into the one that is meant and ask again.",
            file.path,
            lines.len(),
            wanted.name,
            shown
        ),
    )
    .with_candidates(lines)
}

/// The file has the name in another form only, as an overload or for another platform.
pub(super) fn in_another_form(wanted: &Symbol, found: &[usize], file: &FileView) -> Complaint {
    let (lines, shown) = lines_of(found, file);
    complain(
        ComplaintKind::Ambiguous,
        file,
        format!(
            "{} has `{}` in another form, at line{} {}. Whether that of the reply replaces it or comes beside it cannot \
             be told. Put the cursor into the one to be replaced and ask again, or ask the model for a search/replace block.",
            file.path,
            wanted.name,
            if lines.len() == 1 { "" } else { "s" },
            shown
        ),
    )
    .with_candidates(lines)
}

/// The lines of symbols, and as they are said.
fn lines_of(found: &[usize], file: &FileView) -> (Vec<usize>, String) {
    const SHOWN: usize = 20;
    let symbols = file.symbols();
    let lines: Vec<usize> = found.iter().map(|index| file.line_number(symbols[*index].item_range.start)).collect();
    let mut shown = lines.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if lines.len() > SHOWN {
        let _ = write!(shown, " and {} more", lines.len() - SHOWN);
    }
    (lines, shown)
}

fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > 5 { " and others" } else { "" };
    shown.join(", ") + more
}

/// A complaint about a file.
pub(super) fn complain(kind: ComplaintKind, file: &FileView, message: String) -> Complaint {
    Complaint::new(kind, message).in_file(file.path)
}
