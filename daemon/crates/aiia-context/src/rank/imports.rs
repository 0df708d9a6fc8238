//! The names that the import statements of a file bring into scope, and the modules they come from.

mod ecmascript;
mod handed_on;
mod others;
mod places;
mod python;
mod reached;
mod rust;

use aiia_syntax::Language;

pub(crate) use handed_on::handed_on;
pub(crate) use places::Places;
pub(crate) use reached::reached;

/// The name of what a module of JavaScript exports without a name.
const DEFAULT: &str = "default";

/// A name an import statement brings into scope.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Import {
    /// The name in this file; nothing for all names of a module.
    pub(crate) alias: Option<String>,
    /// Its name where it is defined.
    pub(crate) name: Option<String>,
    /// The parts of the module's path that name folders, files and modules: `["value", "ops"]`.
    pub(crate) module: Vec<String>,
}

/// The names that the import statements `text` bring into scope. `path` is that of the file, for relative imports; `places` knows
/// where what is imported lies.
pub(crate) fn imports(language: Language, path: &str, places: Option<&Places>, text: &str) -> Vec<Import> {
    match language.name() {
        "rust" => rust::imports(path, text),
        "python" => python::imports(path, text),
        "javascript" | "typescript" | "tsx" => ecmascript::imports(path, places, text),
        name => others::imports(name, path, places, text),
    }
}

/// The parts of the module that a file is: `src/value/mod.rs` is `value`.
pub(crate) fn module_of(path: &str) -> Vec<&str> {
    let (stem, ending) = path.rsplit_once('.').unwrap_or((path, ""));
    let mut parts: Vec<&str> = stem.split('/').collect();
    // A folder of Go is one module.
    if ending == "go" {
        parts.pop();
    }
    if matches!(parts.last(), Some(&("mod" | "lib" | "main" | "__init__" | "index"))) {
        parts.pop();
    }
    if let Some(source) = parts.iter().position(|part| *part == "src") {
        // The folder before `src` names the package.
        parts.drain(..=source);
    }
    parts
}

/// The first part of an import whose place is known: the rest is all of the module's path.
const ROOT: &str = "/";
/// What a module inside the imported one is worth beside it, for each level.
const HANDED_ON: f32 = 0.8;

/// How well a module of that path answers to an import: 1 for the module itself, less for one inside it (which it may hand on),
/// nothing for another.
pub(crate) fn module_match(module: &[&str], import: &[String]) -> f32 {
    if import.is_empty() {
        return if module.is_empty() { 1.0 } else { 0.5 };
    }
    if let Some(wanted) = import.strip_prefix(&[ROOT.to_owned()]) {
        let is_inside = module.len() >= wanted.len() && module.iter().zip(wanted).all(|(part, name)| *part == name);
        return if is_inside { HANDED_ON.powi((module.len() - wanted.len()) as i32) } else { 0.0 };
    }
    // An import names the module in full or from somewhere inside: the package's own name may or may not be part of it.
    let is = |part: &&str, name: &String| *part == name;
    for skipped in 0..import.len() {
        let wanted = &import[skipped..];
        let certain = 1.0 - skipped as f32 * 0.1;
        if module.len() >= wanted.len() {
            let tail = &module[module.len() - wanted.len()..];
            if tail.iter().zip(wanted).all(|(part, name)| is(part, name)) {
                return certain;
            }
            // Inside it: handed on by the module above.
            if let Some(at) = module
                .windows(wanted.len())
                .position(|parts| parts.iter().zip(wanted).all(|(part, name)| is(part, name)))
            {
                let deeper = module.len() - at - wanted.len();
                return certain * HANDED_ON.powi(deeper as i32);
            }
        }
    }
    0.0
}

impl Import {
    /// All names of a module.
    fn all_of(module: Vec<String>) -> Import {
        Import { alias: None, name: None, module }
    }

    /// One name of a module, under its own name or another.
    fn one(name: &str, alias: Option<&str>, module: Vec<String>) -> Import {
        Import { alias: Some(alias.unwrap_or(name).to_owned()), name: Some(name.to_owned()), module }
    }
}

/// The module of the file that an import means, where it is known, else what its path says.
fn module_at(path: &str, places: Option<&Places>, target: &str) -> Vec<String> {
    match places.and_then(|places| places.find(target)) {
        Some(found) => known_module(&found),
        None => parts_of_path(path, target),
    }
}

/// The module of a file, as an import names it whose place is known.
fn known_module(path: &str) -> Vec<String> {
    let module = module_of(path);
    let root = (!module.is_empty()).then_some(ROOT);
    root.into_iter().chain(module).map(str::to_owned).collect()
}

/// The parts of a path, from the folder of the file at `path` where it begins with a dot. Endings of files are taken off.
fn parts_of_path(path: &str, target: &str) -> Vec<String> {
    let mut parts: Vec<&str> = Vec::new();
    if target.starts_with('.') {
        parts.extend(path.split('/'));
        parts.pop();
        // Modules are named from inside the sources (see `module_of`).
        if let Some(source) = parts.iter().position(|part| *part == "src") {
            parts.drain(..=source);
        }
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    if let Some(last) = parts.last_mut() {
        *last = last.rsplit_once('.').map_or(*last, |(stem, _)| stem);
        if *last == "index" {
            parts.pop();
        }
    }
    parts.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn shown(path: &str, text: &str) -> Vec<String> {
        imports(Language::from_path(path).unwrap(), path, None, text)
            .into_iter()
            .map(|import| {
                let (alias, name) = (import.alias.unwrap_or("*".into()), import.name.unwrap_or("*".into()));
                format!("{alias}={}:{name}", import.module.join("."))
            })
            .collect()
    }

    #[rstest]
    #[case("src/a/b.rs", "use crate::value::{ops, Value as V, argtypes::{self, X}};", &["ops=value:ops", "V=value:Value", "argtypes=value:argtypes", "X=value.argtypes:X"])]
    #[case("src/a/b.rs", "use super::c::*;\nuse self::d::E;", &["*=a.c:*", "E=a.b.d:E"])]
    #[case("src/a/mod.rs", "pub(crate) use super::T; // of the crate", &["T=:T"])]
    #[case("src/a.rs", "#[cfg(unix)]\nuse std::fmt;", &["fmt=std:fmt"])]
    #[case("p/a/b.py", "from . import x\nfrom ..c import (d as e,\n  f,  # g\n)\nimport os.path, h as i", &["x=p.a:x", "e=p.c:d", "f=p.c:f", "path=os:path", "i=:h"])]
    #[case("p/__init__.py", "from .q import *", &["*=p.q:*"])]
    #[case("p/a.py", "from p.b import \\\n  c", &["c=p.b:c"])]
    #[case("p/a.py", "from p.b import (c", &["c=p.b:c"])]
    #[case("src/a/b.ts", "import D, { x, y as z } from '../c/d';\nimport * as ns from \"./e.js\"", &["x=c.d:x", "z=c.d:y", "D=c.d:D", "D=c.d:default", "ns=a:e"])]
    #[case("src/a.js", "const { p: q } = require('./r');\nimport './side.css'\nexport * from '@/u'", &["q=r:p", "*=@.u:*"])]
    #[case("x/y.c", "#include \"../z/w.h\"\n# include <sys/a.h>", &["*=z.w:*", "*=sys.a:*"])]
    #[case("m.go", "import (\n\t\"net/http\"\n\tx \"e.com/y/z\"\n)", &["http=net:http", "x=e.com.y:z"])]
    #[case("A.java", "import a.b.C;\nimport static a.D.*;", &["C=a.b:C", "*=a.D:*"])]
    #[case("a.cs", "using A.B;\nusing X = C.D;", &["*=A.B:*", "X=C:D"])]
    #[case("a.php", "use A\\B\\C as D;\nuse E\\{F, G};", &["D=A.B:C", "F=E:F", "G=E:G"])]
    #[case("lib/a.rb", "require_relative 'b/c'\nrequire \"d\"", &["*=lib.b.c:*", "*=d:*"])]
    #[case("a.lua", "local m = require(\"x.y\")", &["m=x:y"])]
    #[case("a.json", "{}", &[])]
    #[case("a.rs", "use a::{b, c::{d::{e}}, f};", &["b=a:b", "e=a.c.d:e", "f=a:f"])]
    fn reads_imports(#[case] path: &str, #[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(shown(path, text), expected);
    }

    #[rstest]
    #[case("{", "}")]
    #[case("{\n", "")]
    #[case("a::{", "}\n")]
    fn lists_without_end_in_lists_do_no_harm(#[case] open: &str, #[case] close: &str) {
        let text = format!("use x::{{y, {}{}, z}};\nuse a::b;", open.repeat(100_000), close.repeat(100_000));
        let found = shown("a.rs", &text);
        assert_eq!((found.first(), found.last()), (Some(&"y=x:y".to_owned()), Some(&"b=a:b".to_owned())));
    }

    #[rstest]
    #[case("src/value/mod.rs", &["value"])]
    #[case("crates/x/src/lib.rs", &[])]
    #[case("p/a/__init__.py", &["p", "a"])]
    #[case("m/a/b.go", &["m", "a"])]
    fn names_modules(#[case] path: &str, #[case] expected: &[&str]) {
        assert_eq!(module_of(path), expected);
    }

    #[rstest]
    #[case("src/value/ops.rs", "value.ops", 1.0)]
    #[case("src/value/ops.rs", "value", 0.8)]
    #[case("src/value/ops.rs", "other", 0.0)]
    #[case("src/value/mod.rs", "my_crate.value", 0.9)]
    #[case("src/value/ops.rs", "/.value.ops", 1.0)]
    #[case("src/value/ops.rs", "/.value", 0.8)]
    #[case("src/value/ops.rs", "/.other.ops", 0.0)]
    fn matches_modules(#[case] path: &str, #[case] import: &str, #[case] expected: f32) {
        let import: Vec<String> = import.split('.').map(str::to_owned).collect();
        assert!((module_match(&module_of(path), &import) - expected).abs() < 1e-6);
    }
}
