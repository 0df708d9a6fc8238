//! What a function uses of other files is found by the rules of its language.

use super::workspace::{bundle_of, files};
use crate::{Intent, Piece};
use rstest::rstest;

/// The lines of other files that the bundle shows.
fn lines(fixture: &str) -> Vec<String> {
    let own = files(fixture).1;
    let pieces = bundle_of(fixture, Intent::Explain, 1000, |_| {}).pieces.into_iter().filter(|piece| piece.path != own);
    let shown = |piece: Piece| {
        let line = |line: &str| format!("{}: {}", piece.path, line.trim());
        piece.text.lines().map(line).collect::<Vec<_>>()
    };
    pieces.flat_map(shown).collect()
}

#[rstest]
#[case::c_header(
    "//- a.h\nstruct shape {\n  int side;\n};\nint area(int side);\n//- b.h\nint area(char *text);\n//- a.c\n#include \"a.h\"\nint area(int side) {\n  return side;\n}\n//- main.c\n#include \"a.h\"\n\nint run(int n) {\n  struct shape s;\n  $0return area(n) + s.side;\n}\n",
    &["a.h: int side;", "a.c: return side;"]
)]
#[case::c_prototype(
    "//- a.c\nint area(int side) {\n  return side;\n}\n//- main.c\nint area(int side);\n\nint run(int n) {\n  $0return area(n);\n}\n",
    &["a.c: return side;"]
)]
#[case::c_only_declared(
    "//- a.h\nint only_declared(int side);\n//- main.c\n#include \"a.h\"\n\nint run(int n) {\n  $0return only_declared(n);\n}\n",
    &["a.h: int only_declared(int side);"]
)]
#[case::cpp_class_behind_a_macro(
    "//- shape.hpp\nclass EXPORT Shape : public Base {\npublic:\n  int area(int side) const;\n};\n//- main.cpp\n#include \"shape.hpp\"\n\nint run(int n) {\n  Shape s;\n  $0return s.area(n);\n}\n",
    &["shape.hpp: class EXPORT Shape : public Base {"]
)]
#[case::cpp_class(
    "//- shape.hpp\nclass Shape {\npublic:\n  int area(int side) const;\n};\n//- main.cpp\n#include \"shape.hpp\"\n\nint run(int n) {\n  Shape s;\n  $0return s.area(n);\n}\n",
    &["shape.hpp: class Shape {"]
)]
#[case::go_package(
    "//- x/shape.go\npackage x\n\nfunc area(side int) int {\n\treturn side\n}\n\ntype Shape struct {\n\tside int\n}\n//- y/shape.go\npackage y\n\nfunc area(a, b string) int {\n\treturn 0\n}\n//- x/main.go\npackage x\n\nfunc run(n int) int {\n\tvar s Shape\n\t$0return area(n) + s.side\n}\n",
    &["x/shape.go: func area(side int) int {", "x/shape.go: type Shape struct {"]
)]
#[case::java_package(
    "//- src/com/x/Shape.java\npackage com.x;\n\npublic class Shape {\n    public int area(int side) {\n        return side;\n    }\n}\n//- src/com/y/Shape.java\npackage com.y;\n\npublic class Shape {\n    public String name;\n}\n//- src/com/x/Main.java\npackage com.x;\n\npublic class Main {\n    int run(int n) {\n        Shape shape = new Shape();\n        $0return shape.area(n);\n    }\n}\n",
    &["src/com/x/Shape.java: public int area(int side) {"]
)]
#[case::csharp_namespace(
    "//- Shapes.cs\nnamespace X {\n    public static class Shapes {\n        public static int Area(int side) {\n            return side;\n        }\n    }\n}\n//- Main.cs\nnamespace X {\n    public class Main {\n        int Run(int n) {\n            $0return Shapes.Area(n);\n        }\n    }\n}\n",
    &["Shapes.cs: public static int Area(int side) {"]
)]
#[case::php_use(
    "//- src/Shape.php\n<?php\nnamespace X;\n\nclass Shape {\n    public function area($side) {\n        return $side;\n    }\n}\n//- src/Main.php\n<?php\nnamespace Y;\n\nuse X\\Shape;\n\nclass Main {\n    function run($n) {\n        $shape = new Shape();\n        $0return $shape->area($n);\n    }\n}\n",
    &["src/Shape.php: public function area($side) {"]
)]
#[case::ruby_constant(
    "//- shape.rb\nclass Shape\n  def area(side)\n    side\n  end\nend\n//- main.rb\nrequire_relative 'shape'\n\ndef run(n)\n  shape = Shape.new\n  $0shape.area(n)\nend\n",
    &["shape.rb: def area(side)"]
)]
#[case::swift_module(
    "//- Sources/Shape.swift\nclass Shape {\n    func area(side: Int) -> Int {\n        return side\n    }\n}\n//- Sources/Main.swift\nfunc run(n: Int) -> Int {\n    let shape = Shape()\n    $0return shape.area(side: n)\n}\n",
    &["Sources/Shape.swift: func area(side: Int) -> Int {"]
)]
#[case::lua_module(
    "//- shape.lua\nlocal M = {}\n\nfunction M.area(side)\n  return side\nend\n\nreturn M\n//- main.lua\nlocal shape = require(\"shape\")\n\nlocal function run(n)\n  $0return shape.area(n)\nend\n",
    &["shape.lua: function M.area(side)"]
)]
#[case::bash_source(
    "//- lib.sh\narea() {\n  echo $1\n}\n//- main.sh\n. ./lib.sh\n\nrun() {\n  $0area 1\n}\n",
    &["lib.sh: area() {"]
)]
#[case::javascript(
    "//- shape.js\nexport function area(side) {\n  return side;\n}\n//- main.js\nimport { area as surface } from './shape.js';\n\nexport function run(n) {\n  $0return surface(n);\n}\n",
    &["shape.js: export function area(side) {"]
)]
#[case::javascript_package(
    "//- lib/shape.js\nexport function area(side) {\n  return side;\n}\n//- lib/index.js\nexport { area as surface } from './shape.js';\n//- main.js\nimport { surface } from './lib';\n\nexport function run(n) {\n  $0return surface(n);\n}\n",
    &["lib/shape.js: export function area(side) {"]
)]
#[case::rust_alias(
    "//- src/lib.rs\nmod shape;\nmod run;\n//- src/shape.rs\npub fn area(side: u8) -> u8 {\n    side\n}\n//- src/run.rs\nuse crate::shape::area as surface;\n\nfn run(n: u8) -> u8 {\n    $0surface(n)\n}\n",
    &["src/shape.rs: pub fn area(side: u8) -> u8 {"]
)]
#[case::rust_handed_on(
    "//- src/lib.rs\nmod shape;\nmod run;\n//- src/shape/mod.rs\nmod inner;\npub use inner::area as surface;\n//- src/shape/inner.rs\npub fn area(side: u8) -> u8 {\n    side\n}\n//- src/run.rs\nuse crate::shape::surface;\n\nfn run(n: u8) -> u8 {\n    $0surface(n)\n}\n",
    &["src/shape/inner.rs: pub fn area(side: u8) -> u8 {"]
)]
#[case::python_alias(
    "//- shape/__init__.py\n//- shape/impl.py\ndef area(side):\n    return side\n//- main.py\nfrom shape.impl import area as surface\n\ndef run(n):\n    $0return surface(n)\n",
    &["shape/impl.py: def area(side):"]
)]
#[case::python_handed_on(
    "//- shape/__init__.py\nfrom .impl import area as surface\n//- shape/impl.py\ndef area(side):\n    return side\n//- main.py\nfrom shape import surface\n\ndef run(n):\n    $0return surface(n)\n",
    &["shape/impl.py: def area(side):"]
)]
#[case::without_a_grammar(
    "//- shape.c\nint area(int side) {\n  return side;\n}\n//- main.zig\npub fn run(n: i32) i32 {\n    $0return area(n);\n}\n",
    &["shape.c: int area(int side) {"]
)]
#[case::both_without_a_grammar(
    "//- helper.kt\nfun helperOne(x: Int): Int {\n    return x\n}\n//- main.kt\nfun run(n: Int): Int {\n    $0return helperOne(n)\n}\n",
    &["helper.kt: fun helperOne(x: Int): Int {"]
)]
fn what_is_used_is_found(#[case] fixture: &str, #[case] expected: &[&str]) {
    let found = lines(fixture);
    for line in expected {
        assert!(found.iter().any(|found| found == line), "{line} of {found:#?}");
    }
    // Where two packages have the name, the other one's is not meant.
    assert!(
        found
            .iter()
            .all(|found| !["y/shape.go", "src/com/y/Shape.java", "b.h"].iter().any(|other| found.starts_with(other))),
        "{found:#?}"
    );
}
