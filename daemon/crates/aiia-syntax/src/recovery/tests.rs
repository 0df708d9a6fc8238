//! Definitions in code that does not parse.

// The snapshot writer puts hashes on every raw string.
#![allow(clippy::needless_raw_string_hashes)]

use crate::definitions::tests::outline;
use crate::{Language, SyntaxTree};
use expect_test::{Expect, expect};
use rstest::rstest;

fn check(language: &str, text: &str, expected: Expect) {
    expected.assert_eq(&outline(language, text));
}

#[test]
fn rust_open_brackets_lose_no_item() {
    check(
        "rust",
        "impl<'a, T: Fn() -> u8> fmt::Display for map::Map<T> {\n    /// doc\n    pub(crate) fn one(&self) -> u8 {\n        if self.x {\n            foo(\n\n    fn two(&self) {\n        2\n    }\n}\n\nfn other() {}\n",
        expect![[r#"
            impl Map 1-10: impl<'a, T: Fn() -> u8> fmt::Display for map::Map<T>
              method Map::one 2-5: pub(crate) fn one(&self) -> u8
              method Map::two 7-9: fn two(&self)
            function other 12-12: fn other()
        "#]],
    );
}

#[test]
fn rust_a_file_that_ends_in_the_middle() {
    check(
        "rust",
        "impl A {\n    fn one(&self) {\n        if x {\n            let y = 3;\n",
        expect![[r#"
        impl A 1-4: impl A
          method A::one 2-4: fn one(&self)
    "#]],
    );
}

#[test]
fn rust_a_signature_without_an_end() {
    check(
        "rust",
        "pub fn half(x: u8, \n\n/// Doc of b.\n#[test]\nfn b() {\n    1\n}\n",
        expect![[r#"
        function half 1-1: pub fn half(x: u8,
        function b 3-7: fn b()
    "#]],
    );
}

#[test]
fn rust_a_field_without_a_type() {
    check(
        "rust",
        "struct Half {\n    a: u8,\n    b:\n\nimpl Half {\n    fn x(&self) {}\n}\n",
        expect![[r#"
        struct Half 1-3: struct Half
          field Half::a 2-2: a: u8
          field Half::b 3-3: b:
        impl Half 5-7: impl Half
          method Half::x 6-6: fn x(&self)
    "#]],
    );
}

#[test]
fn rust_an_open_macro_call() {
    check(
        "rust",
        "fn main() {\n    let x = vec![1, 2\n    foo(x);\n}\n\nfn b() {\n}\n",
        expect![[r#"
        function main 1-4: fn main()
        function b 6-7: fn b()
    "#]],
    );
}

#[test]
fn sound_macros_and_strings_define_nothing() {
    check(
        "rust",
        "fn a() {\n    quote! {\n        fn no() {}\n    };\n    let s = \"\n    fn neither() {}\n\";\n}\nfn b() { x( }\n",
        expect![[r#"
            function a 1-8: fn a()
            function b 9-9: fn b()
        "#]],
    );
}

#[test]
fn python_open_brackets_lose_no_item() {
    check(
        "python",
        "class A:\n    x = 1\n    def one(self, y: int):\n        if y.\n\n    @cached\n    async def two(self):\n        return foo(1,\n\ndef other():\n    pass\n",
        expect![[r#"
            class A 1-8: class A:
              field A::x 2-2: x = 1
              method A::one 3-4: def one(self, y: int):
              method A::two 6-8: async def two(self):
            function other 10-11: def other():
        "#]],
    );
}

#[test]
fn python_open_parameters() {
    check(
        "python",
        "class A:\n    def one(self\n\n    def two(self, x: int):\n        pass\n\ndef b():\n    x = [1, 2\n    return x\n",
        expect![[r#"
            class A 1-5: class A:
              method A::one 2-2: def one(self
              method A::two 4-5: def two(self, x: int):
            function b 7-9: def b():
        "#]],
    );
}

#[test]
fn python_an_open_docstring() {
    check(
        "python",
        "def a(x):\n    \"\"\"half doc\n    return x\n\ndef b():\n    return 2\n",
        expect![[r#"
            function a 1-3: def a(x):
            function b 5-6: def b():
        "#]],
    );
}

const RUST: &str = "use a::b;\n\n/// Größe.\n#[derive(Debug)]\nstruct Map<K> {\n    keys: Vec<K>,\n}\n\nimpl<K: Ord> Map<K> {\n    /// One.\n    fn one(&self, x: [u8; 3]) -> u8 {\n        if x[0] == b'{' { self.go(\"}\") } else { 2 }\n    }\n\n    pub(crate) fn two(&self) {}\n}\n\nmod tests {\n    fn three() {}\n}\n";
const PYTHON: &str = "import a\n\nLIMIT = 3\n\n@final\nclass Größe(Base):\n    x: int = 1\n\n    @property\n    def one(self, y: dict[str, int] = {}) -> int:\n        \"\"\"Doc.\"\"\"\n        if y[\"a\"]:\n            return self.go(\n                y,\n            )\n\n    async def two(self):\n        pass\n\ndef three():\n    pass\n";

/// Every symbol lies within the text, its parts within it, its name is a name, and its neighbours are in order.
pub(crate) fn assert_sound(language: &str, text: &str) -> usize {
    let tree = SyntaxTree::parse(Language::from_language_id(language).unwrap(), text).unwrap();
    let symbols = tree.symbols(text);
    assert!(symbols.is_sorted_by_key(|symbol| symbol.item_range.start), "{text}");
    for symbol in &symbols {
        assert!(text.get(symbol.range.clone()).is_some_and(|item| !item.is_empty()), "{symbol:?} in {text}");
        assert!(symbol.range.start <= symbol.item_range.start && symbol.range.end == symbol.item_range.end);
        assert!(symbol.item_range.start <= symbol.name_range.start && symbol.name_range.end <= symbol.item_range.end);
        assert_eq!(text[symbol.name_range.clone()], symbol.name);
        if let Some(body) = &symbol.body_range {
            // The name of a C typedef stands behind the body.
            let beside_name = symbol.name_range.end <= body.start || body.end <= symbol.name_range.start;
            assert!(beside_name && body.end <= symbol.item_range.end, "{symbol:?} in {text}");
            assert!(body.start <= body.end, "{symbol:?} in {text}");
        }
        tree.enclosing_symbol(text, symbol.range.clone());
    }
    let ranges = tree.imports(text).into_iter().chain(tree.tests(text));
    let names = tree.references(text, 0..text.len()).into_iter().map(|reference| reference.name_range);
    for range in ranges.chain(names) {
        assert!(text.get(range.clone()).is_some_and(|found| !found.is_empty()), "{range:?} in {text}");
    }
    symbols.len()
}

#[rstest]
#[case("rust", RUST)]
#[case("python", PYTHON)]
fn every_beginning_of_a_file_is_sound(#[case] language: &str, #[case] text: &str) {
    for (end, _) in text.char_indices() {
        assert_sound(language, &text[..end]);
    }
}

/// One bracket or quote that is missing, or is there twice, costs at most two symbols.
#[rstest]
#[case("rust", RUST)]
#[case("python", PYTHON)]
fn one_bracket_too_few_or_too_many(#[case] language: &str, #[case] text: &str) {
    let all = assert_sound(language, text);
    for (at, bracket) in text.match_indices(['(', ')', '[', ']', '{', '}', '"', '<', '>', ':']) {
        let missing = [&text[..at], &text[at + 1..]].concat();
        let twice = [&text[..at], bracket, &text[at..]].concat();
        for broken in [missing, twice] {
            let found = assert_sound(language, &broken);
            assert!(found + 2 >= all, "{found} of {all} in\n{broken}\n{}", outline(language, &broken));
        }
    }
}
