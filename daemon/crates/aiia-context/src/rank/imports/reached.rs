//! What code reaches through the name of a module, without an import of its own: `util::round(3)`, `crate::a::b()`, `pkg.run(1)`.

use super::{DEFAULT, Import, module_of};
use crate::workspace::identifiers;
use aiia_syntax::Language;
use std::ops::Range;

/// No more paths of one body are followed.
const MAX_REACHED: usize = 64;
/// Packages that no workspace holds.
const OF_THE_LANGUAGE: &[&str] = &["std", "core", "alloc"];

/// The names that the part `body` of `text` reaches through modules, as imports of them from there. `imports` are those of the file,
/// `inner` tells whether the file declares a module of that name; `path` is the file's own.
pub(crate) fn reached(
    language: Language,
    path: &str,
    text: &str,
    body: &Range<usize>,
    imports: &[Import],
    inner: impl Fn(&str) -> bool,
) -> Vec<Import> {
    let mut found: Vec<Import> = Vec::new();
    let rust = match language.name() {
        "rust" => true,
        "python" | "javascript" | "typescript" | "tsx" => false,
        _ => return found,
    };
    let own = || module_of(path).into_iter().map(str::to_owned);
    for chain in chains(text, body, if rust { "::" } else { "." }) {
        let import = if rust { path_of_rust(&chain, imports, &own, &inner) } else { behind_a_dot(&chain, imports) };
        if let Some(import) = import.filter(|import| !found.contains(import) && !imports.contains(import)) {
            found.push(import);
        }
        if found.len() == MAX_REACHED {
            break;
        }
    }
    found
}

/// The runs of at least two names with nothing but the link between them.
fn chains<'t>(text: &'t str, body: &Range<usize>, link: &str) -> Vec<Vec<&'t str>> {
    let mut found: Vec<Vec<&str>> = Vec::new();
    let mut end = None;
    let part = &text[body.clone()];
    for range in identifiers(part) {
        let name = &part[range.clone()];
        let between = end.map(|end| &part[end..range.start]);
        match found.last_mut() {
            Some(chain) if between == Some(link) => chain.push(name),
            // Behind a dot stands a member of a value, not a module.
            _ if part[..range.start].ends_with('.') => found.push(Vec::new()),
            _ => found.push(vec![name]),
        }
        end = Some(range.end);
    }
    found.retain(|chain| chain.len() > 1);
    found
}

fn path_of_rust<I: Iterator<Item = String>>(
    chain: &[&str],
    imports: &[Import],
    own: &impl Fn() -> I,
    inner: &impl Fn(&str) -> bool,
) -> Option<Import> {
    let (first, rest) = chain.split_first()?;
    let is_type = |part: &str| part.starts_with(char::is_uppercase);
    if OF_THE_LANGUAGE.contains(first) || is_type(first) {
        return None;
    }
    // A path ends with its first type: what stands behind it is a member.
    let length = rest.iter().position(|part| is_type(part)).unwrap_or(rest.len() - 1);
    let mut module: Vec<String> = match *first {
        "crate" => Vec::new(),
        "self" => own().collect(),
        "super" => {
            let mut outer: Vec<String> = own().collect();
            outer.pop();
            outer
        }
        name => match through(name, imports) {
            Some(module) => module,
            None if inner(name) => own().chain([name.to_owned()]).collect(),
            None => vec![name.to_owned()],
        },
    };
    for part in &rest[..length] {
        match *part {
            "super" => drop(module.pop()),
            "self" => {}
            part => module.push(part.to_owned()),
        }
    }
    Some(Import::one(rest.get(length)?, None, module))
}

fn behind_a_dot(chain: &[&str], imports: &[Import]) -> Option<Import> {
    Some(Import::one(chain.get(1)?, None, through(chain.first()?, imports)?))
}

/// The module that an import brings into scope under that name, if it is one.
fn through(alias: &str, imports: &[Import]) -> Option<Vec<String>> {
    // What is exported by default says no module of its own: its file is the module.
    let of_alias = |import: &&Import| import.alias.as_deref() == Some(alias);
    let is_default = |import: &Import| import.name.as_deref() == Some(DEFAULT);
    let import =
        imports.iter().filter(of_alias).find(|import| is_default(import)).or_else(|| imports.iter().find(of_alias))?;
    let mut module = import.module.clone();
    if !is_default(import) {
        module.push(import.name.clone()?);
    }
    Some(module)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank::imports::imports;
    use rstest::rstest;

    #[rstest]
    #[case("src/main.rs", "", "util::round(3)", &["util:round"])]
    #[case("src/a/b.rs", "", "util::round(3); inner::go()", &["util:round", "a.b.inner:go"])]
    #[case("src/a/b.rs", "use crate::c as d;", "d::e::f(1)", &["c.e:f"])]
    #[case("src/a/b.rs", "", "crate::c::D::new(); super::super::g(); self::h()", &["c:D", ":g", "a.b:h"])]
    #[case("src/a.rs", "", "std::mem::take(x); Vec::new(); x.y::<u8>(); Self::z()", &[])]
    #[case("app.py", "import pkg", "pkg.run(1); x.pkg.go()", &["pkg:run"])]
    #[case("app.py", "from pkg import h as hh", "hh.clean(pkg.x)", &["pkg.h:clean"])]
    #[case("app.ts", "import * as ui from './ui'", "ui.darken(a.b)", &["ui:darken"])]
    #[case("app.js", "const db = require('./lib/db')", "db.fmt()", &["lib.db:fmt"])]
    #[case("a.go", "import \"x/y\"", "y.Z()", &[])]
    fn follows_paths(#[case] path: &str, #[case] before: &str, #[case] body: &str, #[case] expected: &[&str]) {
        let language = Language::from_path(path).unwrap();
        let imports = imports(language, path, None, before);
        let found = reached(language, path, body, &(0..body.len()), &imports, |name| name == "inner");
        let shown: Vec<String> =
            found.into_iter().map(|import| format!("{}:{}", import.module.join("."), import.name.unwrap())).collect();
        assert_eq!(shown, expected);
    }
}
