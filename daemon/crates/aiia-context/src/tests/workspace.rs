//! What other files put into the bundle.

use super::*;
use crate::{FileTexts, Workspace, WorkspaceIndex};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct Files(pub(super) BTreeMap<String, Arc<str>>);

impl FileTexts for Files {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        self.0.get(path).cloned()
    }
}

/// The files of a fixture, `//- path` before each, and the one with the cursor.
pub(super) fn files(fixture: &str) -> (Files, String, usize) {
    let (mut files, mut cursor) = (BTreeMap::new(), None);
    for part in fixture.split("//- ").skip(1) {
        let (path, text) = part.split_once('\n').unwrap();
        if let Some(at) = text.find("$0") {
            cursor = Some((path.to_owned(), at));
        }
        files.insert(path.to_owned(), Arc::from(text.replace("$0", "")));
    }
    let (path, at) = cursor.expect("a fixture marks its cursor");
    (Files(files), path, at)
}

pub(super) fn bundle_of(
    fixture: &str,
    intent: Intent,
    budget: usize,
    change: impl FnOnce(&mut Files),
) -> ContextBundle {
    bundle_with(fixture, intent, budget, (&[], Hints::NONE), change)
}

pub(super) fn bundle_with(
    fixture: &str,
    intent: Intent,
    budget: usize,
    (said, hints): (&[Said], &Hints),
    change: impl FnOnce(&mut Files),
) -> ContextBundle {
    let (mut files, path, at) = files(fixture);
    let mut index = WorkspaceIndex::new();
    for (path, text) in &files.0 {
        index.put(path, Language::from_path(path), text);
    }
    index.settle();
    change(&mut files);
    let text = Arc::clone(&files.0[&path]);
    let request = ContextRequest {
        path: &path,
        language: Language::from_path(&path),
        text: &text,
        tree: None,
        selection: at..at,
        intent,
        budget,
        said,
        hints,
        workspace: Some(Workspace { index: &index, texts: &files }),
    };
    let bundle = gather(&request);
    assert_eq!(bundle, gather(&request), "the same request gives the same bundle");
    assert!(bundle.used <= bundle.budget, "{} of {}", bundle.used, bundle.budget);
    assert_eq!(bundle.used, bundle.pieces.iter().map(|piece| piece.tokens).sum::<usize>());
    let mut seen = std::collections::HashSet::new();
    for piece in &bundle.pieces {
        assert_eq!(piece.tokens, count_tokens(&piece.text));
        let text: Vec<&str> = files.0[&piece.path].split_inclusive('\n').collect();
        // A single line that is over the budget is cut.
        let is_cut = piece.path == path && piece.start_line == piece.end_line;
        assert!(is_cut || piece.text == text[piece.start_line - 1..piece.end_line].concat(), "{piece:?}");
        for line in piece.start_line..=piece.end_line {
            assert!(seen.insert((piece.path.clone(), line)), "{}:{line} is there twice", piece.path);
        }
    }
    bundle
}

/// The pieces of other files, in the order of their paths.
fn others(fixture: &str, intent: Intent, budget: usize) -> Vec<String> {
    let own = files(fixture).1;
    let mut pieces: Vec<String> = bundle_of(fixture, intent, budget, |_| {})
        .pieces
        .iter()
        .filter(|piece| piece.path != own)
        .map(|piece| {
            let symbol = piece.symbol.as_deref().unwrap_or("-");
            format!("{}:{}-{} {symbol}: {}", piece.path, piece.start_line, piece.end_line, piece.reason)
        })
        .collect();
    pieces.sort();
    pieces
}

const RUST: &str = "//- src/lib.rs
mod shape;
mod draw;
//- src/shape.rs
pub struct Shape {
    pub sides: u32,
}

impl Shape {
    pub fn area(&self) -> f64 {
        0.0
    }
}

pub fn unrelated_helper() {}
//- src/draw.rs
use crate::shape::Shape;

pub fn draw(shape: &Shape) -> f64 {
    $0shape.area() * 2.0
}
//- src/main.rs
use crate::draw::draw;

fn run_main(input: &Shape) {
    let size = draw(input);
}
//- tests/draw.rs
#[test]
fn test_draw() {
    assert!(draw(&shape) > 0.0);
}
";

#[test]
fn what_the_target_uses_is_shown_whole() {
    let shown = others(RUST, Intent::Explain, PLENTY);
    assert!(shown.contains(&"src/shape.rs:1-3 Shape: the signature names `Shape`".to_owned()), "{shown:#?}");
    assert!(!shown.iter().any(|piece| piece.contains("unrelated_helper")), "{shown:#?}");
    assert!(shown.contains(&"src/shape.rs:6-8 Shape::area: the target uses `area`".to_owned()), "{shown:#?}");
}

#[test]
fn tests_are_shown_for_tests_and_callers_for_speed() {
    let has = |intent: Intent, wanted: &str| others(RUST, intent, PLENTY).iter().any(|piece| piece.starts_with(wanted));
    assert!(has(Intent::Test, "tests/draw.rs:1-4 test_draw: a test that calls the target"));
    assert!(has(Intent::Optimize, "src/main.rs:3-5 run_main: calls the target"));
    assert!(!has(Intent::Optimize, "tests/draw.rs:1-4 test_draw: a test"));
}

#[test]
fn python_imports_and_bases_tell() {
    let fixture = "//- app/base.py
class Base:
    def __init__(self):
        self.name = \"\"

    def describe(self):
        return self.name
//- app/other.py
class Other:
    def describe(self):
        return 1
//- app/child.py
from .base import Base


class Child(Base):
    def show(self):
        return self.desc$0ribe()
";
    let bundle = bundle_of(fixture, Intent::Fix, PLENTY, |_| {});
    let score = |symbol: &str| {
        bundle.pieces.iter().find(|piece| piece.symbol.as_deref() == Some(symbol)).map_or(0.0, |piece| piece.score)
    };
    assert!(score("Base::describe") > 0.5, "{:#?}", bundle.pieces);
    assert!(score("Base::describe") > 2.0 * score("Other::describe"), "{:#?}", bundle.pieces);
}

#[rstest::rstest]
#[case(1)]
#[case(20)]
#[case(60)]
#[case(150)]
fn no_budget_is_exceeded(#[case] budget: usize) {
    let bundle = bundle_of(RUST, Intent::Edit, budget, |_| {});
    assert!(bundle.used <= budget);
}

#[test]
fn a_file_that_has_changed_since_or_is_gone_is_left_out() {
    let changed = bundle_of(RUST, Intent::Explain, PLENTY, |files| {
        files.0.insert("src/shape.rs".to_owned(), Arc::from("// all new\npub struct Shape;\n"));
        files.0.remove("src/main.rs");
    });
    assert!(changed.pieces.iter().all(|piece| !["src/shape.rs", "src/main.rs"].contains(&piece.path.as_str())));
}

#[test]
fn a_map_shows_what_others_use_first() {
    let (files, _, _) = files(RUST);
    let mut index = WorkspaceIndex::new();
    for (path, text) in &files.0 {
        index.put(path, Language::from_path(path), text);
    }
    index.settle();
    let whole = crate::map(&index, &files, 4000);
    assert_eq!(whole.left_out, 0);
    let crate::Map { pieces: map, left_out } = crate::map(&index, &files, 40);
    assert_eq!(left_out + map.len(), whole.pieces.len());
    assert!(map.iter().map(|piece| piece.tokens).sum::<usize>() <= 40);
    assert_eq!(map[0].symbol.as_deref(), Some("Shape"), "two files mention it");
    assert!(
        map.iter().any(|piece| piece.symbol.as_deref() == Some("draw")),
        "so do two with this, which is a plain word"
    );
    assert!(map.iter().all(|piece| piece.path != "tests/draw.rs"));
    assert_eq!(crate::map(&WorkspaceIndex::new(), &files, 40), crate::Map::default());
}

#[test]
fn a_map_leaves_out_what_does_not_fit_and_goes_on() {
    let fixture = format!(
        "//- a.js\nexport const tableOfAll = [{}];\n//- b.js\nf(tableOfAll);\n//- c.js\nf(tableOfAll);\n//- d.js\nfunction smallOne() {{$0}}\n",
        "12345, ".repeat(30_000)
    );
    let (files, _, _) = files(&fixture);
    let mut index = WorkspaceIndex::new();
    for (path, text) in &files.0 {
        index.put(path, Language::from_path(path), text);
    }
    index.settle();
    let crate::Map { pieces: map, left_out } = crate::map(&index, &files, 500);
    assert_eq!(left_out, 1, "the table");
    assert_eq!(map.iter().filter_map(|piece| piece.symbol.as_deref()).collect::<Vec<_>>(), ["smallOne"]);
}

#[test]
fn a_package_of_go_and_a_mapped_path_are_found_where_they_lie() {
    let go = "//- go.mod\nmodule e.com/org/repo/v2\n//- far/deep/inner/load/one.go\npackage load\n\nfunc Read(name string) string { return name }\n//- far/other/two.go\npackage other\n\nfunc Read(a, b int) int { return a }\n//- main.go\npackage main\n\nimport \"e.com/org/repo/v2/far/deep/inner/load\"\n\nfunc main() {\n\t$0println(load.Read(\"x\"))\n}\n";
    let bundle = bundle_of(go, Intent::Explain, 400, |_| {});
    let found: Vec<&str> = bundle.pieces.iter().map(|piece| piece.path.as_str()).collect();
    assert!(found.contains(&"far/deep/inner/load/one.go") && !found.contains(&"far/other/two.go"), "{found:?}");

    let mapped = "//- tsconfig.json\n{ \"compilerOptions\": { \"paths\": { \"~lib/*\": [\"./vendor/*\"] } } }\n//- vendor/load.ts\nexport function read(name: string) { return name }\n//- web/load.ts\nexport function read(a: number, b: number) { return a }\n//- app/main.ts\nimport { read } from '~lib/load'\n\nexport function main() {\n  $0return read('x')\n}\n";
    let bundle = bundle_of(mapped, Intent::Explain, 400, |_| {});
    let scores: Vec<(&str, f64)> = bundle.pieces.iter().map(|piece| (piece.path.as_str(), piece.score)).collect();
    let of = |path: &str| scores.iter().find(|(known, _)| *known == path).map_or(0.0, |(_, score)| *score);
    assert!(of("vendor/load.ts") > 2.0 * of("web/load.ts"), "{scores:?}");
}

#[test]
fn what_a_diagnostic_or_the_user_names_is_there_and_says_so() {
    let fixture = "//- src/a.rs\npub fn far(x: u8) -> u8 {\n    $0x\n}\n//- src/deep/policy.rs\npub struct RetryPolicy {\n    pub attempts: u32,\n}\n//- src/deep/shape.rs\npub struct Shape {\n    pub side: u32,\n}\n";
    let without = bundle_with(fixture, Intent::Fix, 400, (&[], Hints::NONE), |_| {});
    assert!(without.pieces.iter().all(|piece| !piece.text.contains("attempts")));
    let said = [
        Said::Diagnostic("mismatched types: expected `Shape`, found `u8`".to_owned()),
        Said::Instruction("take a RetryPolicy too".to_owned()),
    ];
    let bundle = bundle_with(fixture, Intent::Fix, 400, (&said, Hints::NONE), |_| {});
    let why = |text: &str| bundle.pieces.iter().find(|piece| piece.text.contains(text)).map(|piece| &*piece.reason);
    assert_eq!(why("side: u32"), Some("a diagnostic names `Shape`"));
    assert_eq!(why("attempts: u32"), Some("the instruction names `RetryPolicy`"));
}

#[test]
fn a_function_still_to_be_written_gets_its_type_before_other_lines_of_its_file() {
    let methods: Vec<String> = (0..40).map(|number| format!("    pub fn step_{number}(&self) {{}}\n")).collect();
    let methods = methods.concat();
    let fixture = format!(
        "//- src/job.rs
pub struct Job;

impl Job {{
{methods}}}
//- src/queue.rs
use crate::job::Job;

pub struct Queue {{
    waiting: Vec<Job>,
}}

impl Queue {{
    pub fn is_empty(&self) -> bool {{
        self.waiting.is_empty()
    }}

    pub fn run(&mut self, job: Job) {{
        $0
    }}
}}
"
    );
    let bundle = bundle_of(&fixture, Intent::Edit, 300, |_| {});
    let shown = |text: &str| bundle.pieces.iter().any(|piece| piece.text.contains(text));
    assert!(shown("pub struct Queue") && shown("pub fn run") && shown("pub struct Job"), "{:#?}", bundle.pieces);
    let rest = [PieceKind::Imports, PieceKind::Siblings];
    assert!(!bundle.pieces.iter().any(|piece| rest.contains(&piece.kind)), "{:#?}", bundle.pieces);
}

#[test]
fn a_map_shows_the_same_lines_once() {
    let fixture = "//- db.js\nclass Database { queryAll() {} closeAll() {} }\nmodule.exports = { Database };\n//- app.js\nconst { Database } = require('./db');\nnew Database().queryAll();\nnew Database().closeAll();\nfunction runApplication() {}\n$0";
    let mut index = WorkspaceIndex::new();
    let files = files(fixture).0;
    for (path, text) in &files.0 {
        index.put(path, Language::from_path(path), text);
    }
    index.settle();
    let crate::Map { pieces, left_out } = crate::map(&index, &files, 500);
    let of_class = pieces.iter().filter(|piece| piece.path == "db.js" && piece.start_line == 1).count();
    assert_eq!((of_class, left_out), (1, 0), "{pieces:#?}");
}

#[test]
fn a_long_function_of_python_is_shown_with_its_doc_string() {
    let body = "    x += 1\n".repeat(50);
    let doc = "    \"\"\"Grows what is given.\n\n    It says \\\"\"\" in between.\n    \"\"\"\n";
    for (doc, last) in [(doc, 5), ("    'Grows.'\n", 2), ("    x = 1\n", 1), ("    'open\n", 1)] {
        let fixture = format!(
            "//- x.py\nfrom y import grow_much\n\ndef use(x):\n    $0return grow_much(x)\n//- y.py\ndef grow_much(x):\n{doc}{body}    return x\n"
        );
        let bundle = bundle_of(&fixture, Intent::Explain, 2000, |_| {});
        let shown =
            bundle.pieces.iter().find(|piece| piece.path == "y.py").map(|piece| (piece.start_line, piece.end_line));
        assert_eq!(shown, Some((1, last)), "{doc}");
    }
}
