//! Which file of the workspace an import means: relative to its own file, by the path mapping of a `tsconfig.json`, by the module of a
//! `go.mod`, by the folders that headers are looked for in.

use crate::workspace::{FileTexts, Workspace};
use aiia_syntax::Language;
use jsonc_parser::{JsonObject, JsonValue, ParseOptions, parse_to_value};

/// What names a file of JavaScript or TypeScript may have behind the path that is imported.
const SCRIPT_ENDINGS: &[&str] = &["", ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs", ".vue"];
/// An import of compiled JavaScript means the source it is compiled from.
const COMPILED: &[(&str, &[&str])] =
    &[(".js", &[".ts", ".tsx"]), (".jsx", &[".tsx"]), (".mjs", &[".mts"]), (".cjs", &[".cts"])];
/// Where projects keep their headers, beside the root and the folders around the including file.
const HEADER_FOLDERS: &[&str] = &["", "include/", "src/", "inc/"];
/// A configuration that says that it extends others of more levels is not followed further.
const MAX_EXTENDED: usize = 8;
/// Configurations are no longer than this, in bytes.
const MAX_CONFIGURATION: usize = 256 * 1024;

/// Finds the files that the imports of one file mean.
pub(crate) struct Places<'a> {
    path: &'a str,
    workspace: &'a Workspace<'a>,
    kind: Kind,
}

enum Kind {
    Script(Mapping),
    /// The module of the workspace, and the folder it is.
    Go(Option<(String, String)>),
    Header,
    Other,
}

/// What `tsconfig.json` says of imports that do not begin with a dot.
#[derive(Default)]
struct Mapping {
    /// Patterns with at most one star, those with the longest beginning first, and the paths they stand for.
    paths: Option<Vec<(String, Vec<String>)>>,
    base: Option<String>,
}

impl<'a> Places<'a> {
    /// For the imports of the file `path`.
    pub(crate) fn of(language: Option<Language>, path: &'a str, workspace: &'a Workspace<'a>) -> Places<'a> {
        let texts = workspace.texts;
        let kind = match language.map(Language::name) {
            Some("javascript" | "typescript" | "tsx") => Kind::Script(mapping(texts, path)),
            Some("go") => Kind::Go(go_module(texts, path)),
            Some("c" | "cpp") => Kind::Header,
            _ => Kind::Other,
        };
        Places { path, workspace, kind }
    }

    /// The path, inside the workspace, of the file that an import of `target` means; of Go the folder.
    pub(crate) fn find(&self, target: &str) -> Option<String> {
        match &self.kind {
            Kind::Script(mapping) => {
                if target.starts_with('.') {
                    return self.script(&joined(folder_of(self.path), target)?);
                }
                let mapped = mapping.paths.iter().flatten().find_map(|(pattern, places)| {
                    let star = star_of(pattern, target)?;
                    places.iter().find_map(|place| self.script(&joined("", &place.replacen('*', star, 1))?))
                });
                mapped.or_else(|| self.script(&joined(mapping.base.as_deref()?, target)?))
            }
            Kind::Go(module) => {
                let (module, folder) = module.as_ref()?;
                let inside = target.strip_prefix(module.as_str())?;
                (inside.is_empty() || inside.starts_with('/')).then(|| joined(folder, inside))?
            }
            Kind::Header => ancestors(self.path).find_map(|folder| {
                HEADER_FOLDERS.iter().find_map(|inside| {
                    let path = joined(folder, &format!("{inside}{target}"))?;
                    self.is_file(&path).then_some(path)
                })
            }),
            Kind::Other => None,
        }
    }

    fn is_file(&self, path: &str) -> bool {
        self.workspace.index.file_of_path(path).is_some()
    }

    /// The file of a script's path without its ending, or of a folder.
    fn script(&self, path: &str) -> Option<String> {
        let compiled = COMPILED.iter().filter_map(|(ending, sources)| Some((path.strip_suffix(ending)?, *sources)));
        let sources = compiled.flat_map(|(stem, sources)| sources.iter().map(move |ending| format!("{stem}{ending}")));
        let plain = SCRIPT_ENDINGS.iter().map(|ending| format!("{path}{ending}"));
        let index = SCRIPT_ENDINGS.iter().skip(1).map(|ending| joined(path, &format!("index{ending}")));
        plain.chain(sources).chain(index.flatten()).find(|path| self.is_file(path))
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folders around a file, the innermost first, the root last.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder_of(path)), |folder| (!folder.is_empty()).then(|| folder_of(folder)))
}

/// `target` as seen from `folder`; nothing where it leads out of the workspace.
fn joined(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What the star of a pattern stands for; nothing for a target of another kind.
fn star_of<'t>(pattern: &str, target: &'t str) -> Option<&'t str> {
    match pattern.split_once('*') {
        None => (pattern == target).then_some(""),
        Some((before, behind)) => target.strip_prefix(before)?.strip_suffix(behind),
    }
}

fn text_of(texts: &dyn FileTexts, path: &str) -> Option<std::sync::Arc<str>> {
    texts.text(path).filter(|text| text.len() <= MAX_CONFIGURATION)
}

fn go_module(texts: &dyn FileTexts, path: &str) -> Option<(String, String)> {
    ancestors(path).find_map(|folder| {
        let text = text_of(texts, &joined(folder, "go.mod")?)?;
        let module = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
        Some((module.trim().trim_matches('"').to_owned(), folder.to_owned()))
    })
}

fn mapping(texts: &dyn FileTexts, path: &str) -> Mapping {
    let mut found = Mapping::default();
    let nearest = ancestors(path).find_map(|folder| {
        ["tsconfig.json", "jsconfig.json"].into_iter().find_map(|name| {
            let path = joined(folder, name)?;
            Some((text_of(texts, &path)?, path))
        })
    });
    let mut next = nearest.map(|(_, path)| path);
    for _ in 0..MAX_EXTENDED {
        let Some(path) = next.take() else { break };
        let Some(text) = text_of(texts, &path) else { break };
        let Ok(Some(JsonValue::Object(configuration))) = parse_to_value(&text, &ParseOptions::default()) else { break };
        found.take_over(&configuration, folder_of(&path));
        // Of several the last one counts most; a package's own configuration maps nothing of this workspace.
        let extended = match configuration.get("extends") {
            Some(JsonValue::String(extended)) => Some(extended.as_ref()),
            Some(JsonValue::Array(several)) => several.iter().rev().find_map(|one| match one {
                JsonValue::String(extended) => Some(extended.as_ref()),
                _ => None,
            }),
            _ => None,
        };
        next = extended.filter(|extended| extended.starts_with('.')).and_then(|extended| {
            let stem = extended.strip_suffix(".json").unwrap_or(extended);
            joined(folder_of(&path), &format!("{stem}.json"))
        });
    }
    found
}

impl Mapping {
    /// What a configuration says and those that extend it do not.
    fn take_over(&mut self, configuration: &JsonObject, folder: &str) {
        let Some(options) = configuration.get_object("compilerOptions") else { return };
        let base = options.get_string("baseUrl").and_then(|base| joined(folder, base));
        if let (None, Some(paths)) = (&self.paths, options.get_object("paths")) {
            let from = base.as_deref().or(self.base.as_deref()).unwrap_or(folder);
            let patterns = paths.clone().into_iter().filter_map(|(pattern, places)| {
                let JsonValue::Array(places) = places else { return None };
                let places = places.iter().filter_map(|place| match place {
                    JsonValue::String(place) => joined(from, place),
                    _ => None,
                });
                Some((pattern.to_string(), places.collect()))
            });
            let mut patterns: Vec<(String, Vec<String>)> = patterns.collect();
            let beginning = |pattern: &str| pattern.find('*').unwrap_or(usize::MAX);
            patterns.sort_by(|(a, _), (b, _)| beginning(b).cmp(&beginning(a)).then(a.cmp(b)));
            self.paths = Some(patterns);
        }
        if self.base.is_none() {
            self.base = base;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WorkspaceIndex;
    use rstest::rstest;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    struct Files(BTreeMap<&'static str, String>);

    impl FileTexts for Files {
        fn text(&self, path: &str) -> Option<Arc<str>> {
            self.0.get(path).map(|text| Arc::from(text.as_str()))
        }
    }

    fn found(from: &str, target: &str, files: &[(&'static str, &str)]) -> Option<String> {
        let mut index = WorkspaceIndex::new();
        for (path, text) in files {
            index.put(path, Language::from_path(path), text);
        }
        index.settle();
        let texts = Files(files.iter().map(|(path, text)| (*path, (*text).to_owned())).collect());
        let workspace = Workspace { index: &index, texts: &texts };
        Places::of(Language::from_path(from), from, &workspace).find(target)
    }

    const TSCONFIG: &str = r#"{
        // Comments and trailing commas are allowed.
        "extends": "../base",
        "compilerOptions": { "paths": { "@/*": ["./src/*"], "@/own/*": ["./own/*", "./other/*"], "exact": ["./src/u.ts"], }, },
    }"#;

    #[rstest]
    #[case("./u", Some("web/src/u.ts"))]
    #[case("../own/b.js", Some("web/own/b.tsx"))]
    #[case("@/u", Some("web/src/u.ts"))]
    #[case("@/parts", Some("web/src/parts/index.ts"))]
    #[case("@/own/c", Some("web/other/c.ts"))]
    #[case("exact", Some("web/src/u.ts"))]
    #[case("shared/s", Some("lib/shared/s.ts"))]
    #[case("../../../../etc/passwd", None)]
    #[case("react", None)]
    fn scripts(#[case] target: &str, #[case] expected: Option<&str>) {
        let files = [
            ("web/tsconfig.json", TSCONFIG),
            ("base.json", r#"{"compilerOptions": {"baseUrl": "lib", "paths": {"@/*": ["no/*"]}}}"#),
            ("web/src/u.ts", ""),
            ("web/src/parts/index.ts", ""),
            ("web/own/b.tsx", ""),
            ("web/other/c.ts", ""),
            ("lib/shared/s.ts", ""),
        ];
        assert_eq!(found("web/src/a.ts", target, &files).as_deref(), expected);
    }

    #[rstest]
    #[case("{")]
    #[case(r#"{"extends": "./tsconfig.json", "compilerOptions": {"paths": [1], "baseUrl": 7}}"#)]
    #[case(&"[".repeat(100_000))]
    fn a_broken_configuration_maps_nothing(#[case] configuration: &str) {
        let files = [("tsconfig.json", configuration), ("src/u.ts", "")];
        assert_eq!(found("src/a.ts", "@/u", &files), None);
        assert_eq!(found("src/a.ts", "./u", &files).as_deref(), Some("src/u.ts"));
    }

    #[rstest]
    #[case("e.com/m/x/y", Some("go/x/y"))]
    #[case("e.com/m", Some("go"))]
    #[case("e.com/more", None)]
    #[case("fmt", None)]
    fn packages_of_go(#[case] target: &str, #[case] expected: Option<&str>) {
        let files = [("go/go.mod", "// ours\nmodule e.com/m\n\ngo 1.22\n")];
        assert_eq!(found("go/z/a.go", target, &files).as_deref(), expected);
    }

    #[rstest]
    #[case("b.h", Some("src/x/b.h"))]
    #[case("../y/b.h", Some("src/y/b.h"))]
    #[case("pub/api.h", Some("include/pub/api.h"))]
    #[case("y/b.h", Some("src/y/b.h"))]
    #[case("stdio.h", None)]
    fn headers(#[case] target: &str, #[case] expected: Option<&str>) {
        let files = [("src/x/b.h", ""), ("src/y/b.h", ""), ("include/pub/api.h", "")];
        assert_eq!(found("src/x/a.c", target, &files).as_deref(), expected);
    }
}
