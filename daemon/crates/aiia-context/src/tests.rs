//! The prompts' context as text, and what a caller may rely on.

// The snapshot writer puts hashes on every raw string.
#![allow(clippy::needless_raw_string_hashes)]

use super::*;
use aiia_syntax::Language;
use expect_test::{Expect, expect};
use rstest::rstest;
use std::fmt::Write as _;

mod existing_tests;
mod handed_on;
mod hints;
mod languages;
mod limits;
mod workspace;

const PLENTY: usize = 10_000;

/// Takes the cursor `$0` or the selection `$0..$0` out of a fixture.
fn selection(fixture: &str) -> (String, Range<usize>) {
    let text = fixture.replace("$0", "");
    let start = fixture.find("$0").expect("a fixture marks its cursor");
    let end = fixture.rfind("$0").unwrap();
    (text, start..if end == start { start } else { end - 2 })
}

fn gathered(path: &str, fixture: &str, intent: Intent, budget: usize) -> (String, ContextBundle) {
    let (text, selection) = selection(fixture);
    let request = ContextRequest {
        path,
        language: Language::from_path(path),
        text: &text,
        tree: None,
        selection,
        intent,
        budget,
        said: &[],
        hints: Hints::NONE,
        workspace: None,
    };
    let bundle = gather(&request);
    assert_sound(&text, &bundle);
    assert_eq!(bundle, gather(&request), "the same request gives the same bundle");
    (text, bundle)
}

/// What holds for every bundle.
fn assert_sound(text: &str, bundle: &ContextBundle) {
    let mut seen = std::collections::HashSet::new();
    assert!(bundle.used <= bundle.budget, "{} of {}", bundle.used, bundle.budget);
    assert_eq!(bundle.used, bundle.pieces.iter().map(|piece| piece.tokens).sum::<usize>());
    assert!(bundle.pieces.is_sorted_by(|a, b| a.score >= b.score));
    for piece in &bundle.pieces {
        assert_eq!(piece.tokens, count_tokens(&piece.text));
        assert!(text.contains(&piece.text));
        assert!(!piece.reason.is_empty());
        for line in piece.start_line..=piece.end_line {
            assert!(seen.insert(line), "line {line} is there twice");
        }
    }
}

fn show(bundle: &ContextBundle) -> String {
    let mut shown = String::new();
    for piece in &bundle.pieces {
        let lines = format!("{}-{}", piece.start_line, piece.end_line);
        let symbol = piece.symbol.as_deref().unwrap_or("-");
        writeln!(shown, "## {} {lines} {symbol}: {}", piece.kind.as_str(), piece.reason).unwrap();
        // A raw string cannot hold a CR, so it is spelled out.
        shown.push_str(&piece.text.replace('\r', "\\r"));
    }
    shown
}

fn check(path: &str, fixture: &str, intent: Intent, budget: usize, expected: Expect) {
    expected.assert_eq(&show(&gathered(path, fixture, intent, budget).1));
}

#[rstest]
#[case::rust(
    "a.rs",
    "fn a() { $01 }\n#[test]\nfn b() {}\n#[cfg(test)]\nmod t {\n    #[test]\n    fn c() {}\n}\n",
    "4-8 t"
)]
#[case::python("a.py", "def a():\n    $0pass\ndef test_a():\n    a()\n", "3-4 test_a")]
#[case::javascript(
    "a.js",
    "function a() { $01 }\nit('is', () => { a() })\ndescribe('b', () => {\n  it('c', () => {})\n})\n",
    "3-5 -"
)]
#[case::go("a_test.go", "package a\nfunc a() { $0return }\nfunc TestA(t *testing.T) {\n\ta()\n}\n", "3-5 TestA")]
#[case::itself("a.py", "def test_a():\n    $0pass\n", "")]
fn the_tests_of_a_file_are_found_by_the_rules_of_its_language(
    #[case] path: &str,
    #[case] fixture: &str,
    #[case] expected: &str,
) {
    let pieces = gathered(path, fixture, Intent::Test, PLENTY).1.pieces;
    let shown = pieces
        .iter()
        .find(|piece| piece.kind == PieceKind::Tests)
        .map(|piece| format!("{}-{} {}", piece.start_line, piece.end_line, piece.symbol.as_deref().unwrap_or("-")));
    assert_eq!(shown.unwrap_or_default(), expected);
}

const RUST: &str = r#"//! Maps.
use std::fmt;
use std::io;

const LIMIT: usize = 3;

/// Keeps pairs.
#[derive(Debug)]
pub struct Map<K> {
    keys: Vec<K>,
}

enum Unrelated {
    One,
}

impl<K> Map<K> {
    /// An empty map.
    pub fn new() -> Self {
        Map { keys: Vec::new() }
    }

    /// Adds a key.
    pub fn push(&mut self, key: K) -> bool {
        if self.keys.len() == LIMIT {
            $0return false;
        }
        self.keys.push(checked(key));
        true
    }
}

impl<K> Drop for Map<K> {
    fn drop(&mut self) {}
}

fn checked<K>(key: K) -> K {
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_push() {
        assert!(Map::new().push(1));
    }
}
"#;

#[test]
fn a_rust_method() {
    check(
        "src/map.rs",
        RUST,
        Intent::Fix,
        PLENTY,
        expect![[r#"
        ## target 23-30 Map::push: the method around the selection
            /// Adds a key.
            pub fn push(&mut self, key: K) -> bool {
                if self.keys.len() == LIMIT {
                    return false;
                }
                self.keys.push(checked(key));
                true
            }
        ## definitions 5-5 LIMIT: the target uses `LIMIT`
        const LIMIT: usize = 3;
        ## definitions 37-37 checked: the target uses `checked`
        fn checked<K>(key: K) -> K {
        ## enclosing_type 7-11 Map: the definition of `Map`
        /// Keeps pairs.
        #[derive(Debug)]
        pub struct Map<K> {
            keys: Vec<K>,
        }
        ## enclosing_type 17-17 Map: the impl `Map` the target is part of
        impl<K> Map<K> {
        ## imports 2-3 -: imports in scope of the target
        use std::fmt;
        use std::io;
        ## siblings 19-19 Map::new: a method of `Map`
            pub fn new() -> Self {
        ## siblings 34-34 Map::drop: a method of `Map`
            fn drop(&mut self) {}
    "#]],
    );
}

#[test]
fn a_rust_method_to_test() {
    check(
        "src/map.rs",
        RUST,
        Intent::Test,
        PLENTY,
        expect![[r#"
        ## target 23-30 Map::push: the method around the selection
            /// Adds a key.
            pub fn push(&mut self, key: K) -> bool {
                if self.keys.len() == LIMIT {
                    return false;
                }
                self.keys.push(checked(key));
                true
            }
        ## definitions 5-5 LIMIT: the target uses `LIMIT`
        const LIMIT: usize = 3;
        ## definitions 37-37 checked: the target uses `checked`
        fn checked<K>(key: K) -> K {
        ## tests 41-49 tests: existing tests, for their framework and style
        #[cfg(test)]
        mod tests {
            use super::*;

            #[test]
            fn test_push() {
                assert!(Map::new().push(1));
            }
        }
        ## enclosing_type 7-11 Map: the definition of `Map`
        /// Keeps pairs.
        #[derive(Debug)]
        pub struct Map<K> {
            keys: Vec<K>,
        }
        ## enclosing_type 17-17 Map: the impl `Map` the target is part of
        impl<K> Map<K> {
        ## imports 2-3 -: imports in scope of the target
        use std::fmt;
        use std::io;
        ## siblings 19-19 Map::new: a method of `Map`
            pub fn new() -> Self {
        ## siblings 34-34 Map::drop: a method of `Map`
            fn drop(&mut self) {}
    "#]],
    );
}

#[test]
fn a_rust_method_with_little_room() {
    check(
        "src/map.rs",
        RUST,
        Intent::Fix,
        110,
        expect![[r#"
        ## target 23-30 Map::push: the method around the selection
            /// Adds a key.
            pub fn push(&mut self, key: K) -> bool {
                if self.keys.len() == LIMIT {
                    return false;
                }
                self.keys.push(checked(key));
                true
            }
        ## definitions 5-5 LIMIT: the target uses `LIMIT`
        const LIMIT: usize = 3;
        ## definitions 37-37 checked: the target uses `checked`
        fn checked<K>(key: K) -> K {
        ## enclosing_type 7-11 Map: the definition of `Map`
        /// Keeps pairs.
        #[derive(Debug)]
        pub struct Map<K> {
            keys: Vec<K>,
        }
        ## enclosing_type 17-17 Map: the impl `Map` the target is part of
        impl<K> Map<K> {
        ## imports 2-3 -: imports in scope of the target
        use std::fmt;
        use std::io;
    "#]],
    );
}

const PYTHON: &str = r#"import os
from typing import Any

LIMIT = 3


class Shape(Base):
    """A shape."""

    sides: int = 4

    def __init__(self, width, height):
        self.width = width
        self.height = height

    @property
    def area(self) -> int:
        $0return scaled(self.width * self.height)$0

    async def draw(
        self,
        pen,
    ):
        await pen.line(self.sides)


def scaled(value):
    """Scales."""
    return value * LIMIT


def other():
    import json
    return json
"#;

#[test]
fn a_python_method() {
    check(
        "shape.py",
        PYTHON,
        Intent::Explain,
        PLENTY,
        expect![[r#"
        ## target 16-18 Shape::area: the method around the selection
            @property
            def area(self) -> int:
                return scaled(self.width * self.height)
        ## definitions 27-27 scaled: the target uses `scaled`
        def scaled(value):
        ## enclosing_type 12-14 Shape::__init__: the constructor of `Shape`, which names its fields
            def __init__(self, width, height):
                self.width = width
                self.height = height
        ## enclosing_type 7-7 Shape: the class `Shape` the target is part of
        class Shape(Base):
        ## enclosing_type 10-10 Shape::sides: a field of `Shape`
            sides: int = 4
        ## siblings 20-23 Shape::draw: a method of `Shape`
            async def draw(
                self,
                pen,
            ):
        ## imports 1-2 -: imports in scope of the target
        import os
        from typing import Any
    "#]],
    );
}

#[test]
fn a_target_over_the_budget_is_cut_around_the_selection() {
    let body = (0..200).fold(String::new(), |mut body, line| {
        let mark = if line == 100 { "$0" } else { "" };
        writeln!(body, "    step({mark}{line});").unwrap();
        body
    });
    check(
        "long.rs",
        &format!("/// Doc.\nfn long() {{\n{body}}}\n"),
        Intent::Explain,
        60,
        expect![[r#"
        ## target 99-107 long: the function around the selection, cut to the budget from lines 1 to 203
            step(96);
            step(97);
            step(98);
            step(99);
            step(100);
            step(101);
            step(102);
            step(103);
            step(104);
        ## signature 1-2 long: the start of the function the target is cut from
        /// Doc.
        fn long() {
    "#]],
    );
}

#[test]
fn a_selection_across_items_is_taken_as_lines() {
    check(
        "a.rs",
        "use x;\n\nfn a() {\n    $01\n}\n\nconst C$0: u8 = 1;\nfn b() {}\n",
        Intent::Edit,
        PLENTY,
        expect![[r#"
            ## target 4-7 -: the selected lines
                1
            }

            const C: u8 = 1;
            ## imports 1-1 -: imports in scope of the target
            use x;
            ## surroundings 2-3 -: lines around the target

            fn a() {
            ## surroundings 8-8 -: lines around the target
            fn b() {}
        "#]],
    );
}

#[test]
fn an_unknown_language_is_taken_by_lines() {
    check(
        "notes.txt",
        "one\r\ntwo\r\nth$0ree\r\nfour\r\nfive\r\n",
        Intent::Ask,
        PLENTY,
        expect![[r#"
            ## target 3-3 -: the selected lines
            three\r
            ## surroundings 1-2 -: lines around the target
            one\r
            two\r
            ## surroundings 4-5 -: lines around the target
            four\r
            five\r
        "#]],
    );
}

#[test]
fn the_nearest_lines_go_first() {
    let text = (0..100).fold(String::new(), |mut text, line| {
        writeln!(text, "line {line}{}", if line == 50 { "$0" } else { "" }).unwrap();
        text
    });
    check(
        "notes.txt",
        &text,
        Intent::Ask,
        24,
        expect![[r#"
        ## target 51-51 -: the selected lines
        line 50
        ## surroundings 49-50 -: lines around the target
        line 48
        line 49
        ## surroundings 52-54 -: lines around the target
        line 51
        line 52
        line 53
    "#]],
    );
}

#[test]
fn half_typed_code_keeps_its_context() {
    check(
        "a.rs",
        "use x;\n\nstruct A {\n    b: u8,\n}\n\nimpl A {\n    fn one(&self) {\n        if self.b {\n            foo($0\n\n    fn two(&self) {}\n}\n",
        Intent::Fix,
        PLENTY,
        expect![[r#"
            ## target 8-10 A::one: the method around the selection
                fn one(&self) {
                    if self.b {
                        foo(
            ## enclosing_type 3-5 A: the definition of `A`
            struct A {
                b: u8,
            }
            ## enclosing_type 7-7 A: the impl `A` the target is part of
            impl A {
            ## imports 1-1 -: imports in scope of the target
            use x;
            ## siblings 12-12 A::two: a method of `A`
                fn two(&self) {}
        "#]],
    );
}

#[test]
fn modules_keep_their_imports_to_themselves() {
    check(
        "a.rs",
        "use x;\nmod inner {\n    use y;\n    fn a() {$0}\n}\nmod other {\n    use z;\n    fn a() {}\n}\n",
        Intent::Fix,
        PLENTY,
        expect![[r#"
            ## target 4-4 inner::a: the function around the selection
                fn a() {}
            ## imports 1-1 -: imports in scope of the target
            use x;
            ## imports 3-3 -: imports in scope of the target
                use y;
        "#]],
    );
}

#[rstest]
#[case("a.css", "p {\n  color: red;\n}\n\n.b {\n  top: 0;\n  $0left: 0;\n}\n", ".b {\n  top: 0;\n  left: 0;\n}\n")]
#[case("a.json", "{\n  \"a\": 1,\n  \"b\": [\n    $01,\n    2\n  ]\n}\n", "  \"b\": [\n    1,\n    2\n  ]\n")]
#[case("a.md", "# A\n\nOne.\n\n## B\n\nTwo.\n$0Three.\n\n## C\n\nFour.\n", "## B\n\nTwo.\nThree.\n")]
#[case("a.toml", "[a]\nx = 1\n\n[b]\ny = [\n  1,$0\n]\nz = 2\n", "y = [\n  1,\n]\n")]
#[case("a.css", "p {\n  color: red;\n  $0left: 0;$0\n}\n", "  left: 0;\n")]
fn what_a_cursor_in_data_is_in_is_the_target(#[case] path: &str, #[case] fixture: &str, #[case] expected: &str) {
    let (text, bundle) = gathered(path, fixture, Intent::Edit, PLENTY);
    assert_eq!(&text[bundle.target.range.clone()], expected);
    assert_eq!(bundle.target.symbol, None);
}
