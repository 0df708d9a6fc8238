//! Names that come through other modules than those that define them, beside others of the same name.

use super::workspace::{bundle_of, files};
use super::*;
use rstest::rstest;

/// The definition of another file that ranks first for the fixture's target, or nothing.
fn first_of(fixture: &str) -> Option<String> {
    first_of_with(fixture, 2000)
}

fn first_of_with(fixture: &str, budget: usize) -> Option<String> {
    let own = files(fixture).1;
    let pieces = bundle_of(fixture, Intent::Explain, budget, |_| {}).pieces;
    let other = pieces.into_iter().find(|piece| piece.path != own)?;
    Some(format!("{}:{}", other.path, other.start_line))
}

const ROUND: &str =
    "//- src/util.rs\npub fn round(x: i64) -> i64 {\n    x\n}\n//- src/other.rs\npub fn round(x: u8) -> u8 { x }\n";
const RENAMED: &str =
    "//- src/lib.rs\npub mod util;\npub mod prelude;\n//- src/prelude.rs\npub use crate::util::round as round_cents;\n";

#[rstest]
#[case::of_a_declared_module(
    "//- src/main.rs\nmod util;\n\nfn main() {\n    let r = $0util::round(3);\n    println!(\"{r}\");\n}\n",
    ROUND
)]
#[case::by_its_whole_path(
    "//- src/app.rs\nfn main() {\n    let r = $0crate::util::round(3);\n    println!(\"{r}\");\n}\n",
    ROUND
)]
fn the_module_in_a_path_tells_which_one_is_meant(#[case] target: &str, #[case] others: &str) {
    assert_eq!(first_of(&format!("{target}{others}")).as_deref(), Some("src/util.rs:1"));
}

#[rstest]
#[case::under_another_name(
    "use crate::prelude::round_cents;",
    "//- src/other.rs\npub fn round_cents(x: u8) -> u8 { x }\n"
)]
#[case::with_all_of_a_module("use crate::prelude::*;", "")]
fn what_rust_hands_on_is_found(#[case] import: &str, #[case] decoy: &str) {
    let target = format!("//- src/app.rs\n{import}\n\npub fn main2() -> i64 {{\n    $0round_cents(3)\n}}\n");
    let util = "//- src/util.rs\npub fn round(x: i64) -> i64 {\n    x\n}\n";
    assert_eq!(first_of(&format!("{target}{RENAMED}{util}{decoy}")).as_deref(), Some("src/util.rs:1"));
}

#[rstest]
#[case::through_the_package("import pkg\n\ndef main():\n    return $0pkg.run(1)\n", "from .core import run\n")]
#[case::of_a_module_under_another_name(
    "from pkg import c as cc\n\ndef main():\n    return $0cc.run(1)\n",
    "from . import core as c\n"
)]
fn what_a_package_of_python_hands_on_is_found(#[case] target: &str, #[case] package: &str) {
    for decoy in ["", "//- other.py\ndef run():\n    return 0\n"] {
        let fixture = format!(
            "//- app.py\n{target}//- pkg/__init__.py\n{package}//- pkg/core.py\ndef run(e):\n    return e\n{decoy}"
        );
        assert_eq!(first_of(&fixture).as_deref(), Some("pkg/core.py:1"), "{decoy}");
    }
}

#[rstest]
#[case("import { UiButton } from \"./ui\";", "UiButton({ a: 1 })", "ui/button.ts:1")]
#[case("import * as ui from \"./ui\";", "ui.UiButton({ a: 1 })", "ui/button.ts:1")]
#[case("import * as ui from \"./ui\";", "ui.darken(1)", "ui/theme.ts:1")]
fn what_an_index_of_scripts_hands_on_is_found(#[case] import: &str, #[case] use_of: &str, #[case] expected: &str) {
    for decoy in ["", "//- decoy.ts\nexport function UiButton() {}\nexport function darken() {}\n"] {
        let fixture = format!(
            "//- app.ts\n{import}\n\nexport function main() {{\n  return $0{use_of};\n}}\n\
             //- ui/index.ts\nexport * from \"./theme\";\nexport {{ Button as UiButton }} from \"./button\";\n\
             //- ui/button.ts\nexport function Button(p: {{ a: 1 }}) {{\n  return p;\n}}\n\
             //- ui/theme.ts\nexport function darken(c: number) {{\n  return c;\n}}\n{decoy}"
        );
        assert_eq!(first_of(&fixture).as_deref(), Some(expected), "{decoy}");
    }
}

#[rstest]
#[case("import settings from './lib/m'", "settings.url", "const cfg = { url: 'x' };\nexport default cfg;\n")]
#[case("import m from './lib/m'", "m(1)", "export default function (u) {\n  return u;\n}\n")]
#[case(
    "const connect = require('./lib/m')",
    "connect(1)",
    "module.exports = function connect(url) {\n  return url;\n};\n"
)]
#[case("const make = require('./lib/m')", "make(1)", "module.exports = function connect(url) {\n  return url;\n};\n")]
#[case("const connect = require('./lib/m')", "connect(1)", "module.exports = (url) => {\n  return url;\n};\n")]
#[case("const db = require('./lib/m')", "db.fmt(1)", "exports.fmt = function fmt(x) { return x; };\n")]
#[case("import { shown } from './lib/m'", "shown()", "function hidden() { return 3; }\nexport { hidden as shown };\n")]
fn what_a_script_exports_without_its_name_is_found(#[case] import: &str, #[case] use_of: &str, #[case] module: &str) {
    for decoy in ["", "//- decoy.js\nfunction connect() {}\nfunction fmt() {}\nfunction shown() {}\n"] {
        let fixture = format!(
            "//- app.js\n{import};\n\nfunction main() {{\n  return $0{use_of};\n}}\n//- lib/m.js\n{module}{decoy}"
        );
        assert_eq!(first_of(&fixture).as_deref(), Some("lib/m.js:1"), "{decoy}");
    }
}

#[rstest]
#[case::beside_the_includes("src/a.c", "src/m.c")]
#[case::under_a_folder_of_its_own("lib/deep/a.c", "src/m.c")]
fn what_a_header_declares_is_shown_where_it_is_defined(#[case] source: &str, #[case] target: &str) {
    let fixture = format!(
        "//- {target}\n#include \"shop/a.h\"\n\nint main(void)\n{{\n    return $0go(1);\n}}\n\
         //- include/shop/a.h\nint go(int x);\n\
         //- {source}\n#include \"shop/a.h\"\nint go(int x)\n{{\n    return x * 2;\n}}\n\
         //- other/z.c\nint go(int x)\n{{\n    return x * 3;\n}}\n//- other/a.c\nint stay(int x)\n{{\n    return x;\n}}\n"
    );
    let pieces = bundle_of(&fixture, Intent::Explain, 2000, |_| {}).pieces;
    let of = |path: &str| pieces.iter().find(|piece| piece.path == path).map(|piece| piece.text.as_str());
    assert_eq!(of("include/shop/a.h"), Some("int go(int x);\n"));
    assert_eq!(of(source), Some("int go(int x)\n{\n    return x * 2;\n}\n"));
    assert_eq!((of("other/z.c"), of("other/a.c")), (None, None));
}

#[test]
fn a_member_of_the_imported_type_comes_before_one_of_another_type_of_that_name() {
    let item = |package: &str| {
        format!(
            "package {package};\npublic class Item {{\n    public static Item of(int c) {{\n        return null;\n    }}\n}}\n"
        )
    };
    for import in ["com.a.model.Item", "com.a.model.*"] {
        let fixture = format!(
            "//- src/com/a/app/App.java\npackage com.a.app;\n\nimport {import};\n\npublic class App {{\n    public Item run() {{\n        \
             return $0Item.of(1);\n    }}\n}}\n//- src/com/b/Item.java\n{}//- src/com/a/model/Item.java\n{}",
            item("com.b"),
            item("com.a.model")
        );
        assert_eq!(first_of(&fixture).as_deref(), Some("src/com/a/model/Item.java:2"), "{import}");
        let pieces = bundle_of(&fixture, Intent::Explain, 2000, |_| {}).pieces;
        assert!(!pieces.iter().any(|piece| piece.path == "src/com/b/Item.java"), "{import}");
    }
}

#[test]
fn a_method_of_an_imported_package_of_go_comes_before_one_of_another() {
    let store = |package: &str| {
        format!(
            "package {package}\n\ntype Store struct{{}}\n\nfunc (s *Store) Find(k string) string {{\n\treturn k\n}}\n"
        )
    };
    let fixture = format!(
        "//- go.mod\nmodule e.com/m\n//- cmd/main.go\npackage main\n\nimport \"e.com/m/store\"\n\nfunc main() {{\n\ts := $0store.Open()\n\ts.Find(\"a\")\n}}\n\
         //- decoy/d.go\n{}//- store/s.go\n{}\nfunc Open() *Store {{\n\treturn nil\n}}\n",
        store("decoy"),
        store("store")
    );
    let pieces = bundle_of(&fixture, Intent::Explain, 2000, |_| {}).pieces;
    let score = |path: &str| {
        let finds = pieces.iter().filter(|piece| piece.path == path && piece.text.contains("Find"));
        finds.map(|piece| piece.score).fold(0.0, f64::max)
    };
    assert!(score("store/s.go") > score("decoy/d.go"), "{pieces:#?}");
}

#[test]
fn what_is_shown_whole_is_there_for_the_best_of_it() {
    let fixture = "//- m.cpp\n#include \"geo.hpp\"\n\nint main() {\n    return $0radius(1);\n}\n//- geo.hpp\n#pragma once\nnamespace geo {\n    int area(int x);\n    int radius(int x);\n}\n";
    let pieces = bundle_of(fixture, Intent::Explain, 2000, |_| {}).pieces;
    let piece = pieces.iter().find(|piece| piece.text.contains("int radius")).unwrap();
    assert!(piece.reason.contains("`radius`") && piece.score > 0.5, "{piece:#?}");
}

#[test]
fn a_line_that_a_program_packed_is_no_signature() {
    let packed = format!("export function q() {{ return 1; }} {}\n", "var a = 1; ".repeat(2000));
    let fixture = format!(
        "//- app.js\nimport {{ q }} from './m';\n\nfunction main() {{\n  return $0q();\n}}\n//- m.js\n{packed}"
    );
    assert_eq!(first_of_with(&fixture, 32_768), None);
}
