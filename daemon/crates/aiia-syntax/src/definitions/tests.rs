//! Definitions found, by language.

// The snapshot writer puts hashes on every raw string.
#![allow(clippy::needless_raw_string_hashes)]

use crate::{Language, SyntaxTree, enclosing_symbol};
use expect_test::{Expect, expect};
use rstest::rstest;
use std::ops::Range;

/// One line a symbol: indentation for depth, kind, path, the lines of the range, the signature.
pub(crate) fn outline(language: &str, text: &str) -> String {
    let language = Language::from_language_id(language).unwrap();
    let symbols = SyntaxTree::parse(language, text).unwrap().symbols(text);
    let line_of = |offset: usize| text[..offset].matches('\n').count() + 1;
    let lines = symbols.iter().map(|symbol| {
        let signature = symbol.signature(text).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(&text[symbol.name_range.clone()], symbol.name);
        format!(
            "{}{} {} {}-{}: {signature}\n",
            "  ".repeat(symbol.depth),
            symbol.kind.as_str(),
            symbol.path(),
            line_of(symbol.range.start),
            line_of(symbol.range.end),
        )
    });
    lines.collect()
}

fn check(language: &str, text: &str, expected: Expect) {
    expected.assert_eq(&outline(language, text));
}

#[test]
fn rust_items() {
    check(
        "rust",
        r#"
//! Module docs belong to no item.

/// Doc.
#[derive(Debug)]
// An ordinary comment between.
pub struct Map<K, V>(Vec<(K, V)>);

union Raw { word: u32, half: u16 }
enum Shape {
    /// Round.
    Circle { radius: f32 },
    Square(f32),
}
trait Draw: Sized {
    const SIDES: u8;
    type Pen;
    fn draw(&self);
    fn twice(&self) { self.draw(); }
}
impl<K: Ord, V> std::ops::Drop for crate::Map<K, V> where V: Clone {
    #[inline]
    /// Doc.
    fn drop(&mut self) {
        fn helper() {}
    }
}
impl Draw for [u8] {}

// Not a doc comment.
const LIMIT: usize = 3;
static mut COUNT: u8 = 0;
type Pair = (u8, u8);
mod inner {
    pub(crate) async fn go() {}
}
mod elsewhere;
macro_rules! twice { ($x:expr) => { $x; $x } }
extern "C" { fn puts(s: *const u8) -> i32; }
"#,
        expect![[r#"
            struct Map 4-7: pub struct Map<K, V>
            union Raw 9-9: union Raw
              field Raw::word 9-9: word: u32
              field Raw::half 9-9: half: u16
            enum Shape 10-14: enum Shape
              variant Shape::Circle 11-12: Circle
                field Shape::Circle::radius 12-12: radius: f32
              variant Shape::Square 13-13: Square
            trait Draw 15-20: trait Draw: Sized
              constant Draw::SIDES 16-16: const SIDES: u8;
              type_alias Draw::Pen 17-17: type Pen;
              method Draw::draw 18-18: fn draw(&self);
              method Draw::twice 19-19: fn twice(&self)
            impl Map 21-27: impl<K: Ord, V> std::ops::Drop for crate::Map<K, V> where V: Clone
              method Map::drop 22-26: fn drop(&mut self)
                function Map::drop::helper 25-25: fn helper()
            impl [u8] 28-28: impl Draw for [u8]
            constant LIMIT 31-31: const LIMIT: usize = 3;
            constant COUNT 32-32: static mut COUNT: u8 = 0;
            type_alias Pair 33-33: type Pair = (u8, u8);
            module inner 34-36: mod inner
              function inner::go 35-35: pub(crate) async fn go()
            module elsewhere 37-37: mod elsewhere;
            macro twice 38-38: macro_rules! twice { ($x:expr) => { $x; $x } }
            function puts 39-39: fn puts(s: *const u8) -> i32;
        "#]],
    );
}

#[test]
fn python_items() {
    check(
        "python",
        r#"
import os

LIMIT = 3
_TABLE: dict[str, int] = {}
lower = 1
type Pair = tuple[int, int]

@dataclass
# An ordinary comment between.
@final
class Shape(Base, metaclass=Meta):
    """Doc."""
    sides: int = 4

    @property
    async def area(self, scale: int = 1) -> float:
        def helper():
            pass
        return 0

    class Inner:
        def go(self): pass

if True:
    def conditional():
        pass
"#,
        expect![[r#"
            constant LIMIT 4-4: LIMIT = 3
            constant _TABLE 5-5: _TABLE: dict[str, int] = {}
            type_alias Pair 7-7: type Pair = tuple[int, int]
            class Shape 9-23: class Shape(Base, metaclass=Meta):
              field Shape::sides 14-14: sides: int = 4
              method Shape::area 16-20: async def area(self, scale: int = 1) -> float:
                function Shape::area::helper 18-19: def helper():
              class Shape::Inner 22-23: class Inner:
                method Shape::Inner::go 23-23: def go(self):
            function conditional 26-27: def conditional():
        "#]],
    );
}

#[test]
fn line_breaks_and_wide_characters_shift_nothing() {
    check(
        "rust",
        "/// Größe 😀\r\nfn größe() {}\r\n\r\nstruct Ü;\r\n",
        expect![[r#"
            function größe 1-2: fn größe()
            struct Ü 4-4: struct Ü;
        "#]],
    );
}

const RUST: &str = "struct A {\n    x: u8,\n}\n\nconst C: u8 = 1;\n\nimpl A {\n    /// Doc.\n    fn one(&self) {\n        f(|| 1);\n    }\n\n    fn two(&self) {}  \n}\nfn a() {} fn b() {}\n";
const PYTHON: &str =
    "class A:\n    x = 1\n\n    @cached\n    def one(self):\n        return 1\n\ndef two():\n    pass\n";

#[rstest]
#[case::inside_a_method("rust", RUST, "f(|| 1)", "A::one")]
#[case::its_indentation("rust", RUST, "    /// Doc", "A::one")]
#[case::its_doc_comment("rust", RUST, "Doc.", "A::one")]
#[case::whole_lines("rust", RUST, "        f(|| 1);\n    }\n\n", "A::one")]
#[case::across_two_methods("rust", RUST, "}\n\n    fn two", "A")]
#[case::a_field_is_of_its_struct("rust", RUST, "x: u8", "A")]
#[case::no_constant("rust", RUST, "const C", "-")]
#[case::across_items("rust", RUST, "}\n\nconst C", "-")]
#[case::two_on_a_line("rust", RUST, "fn b()", "b")]
#[case::decorator("python", PYTHON, "@cached", "A::one")]
#[case::class_body("python", PYTHON, "x = 1", "A")]
#[case::function("python", PYTHON, "pass", "two")]
fn encloses(#[case] language: &str, #[case] text: &str, #[case] selected: &str, #[case] expected: &str) {
    let start = text.find(selected).unwrap();
    for range in [start..start + selected.len(), Range { start: start + selected.len(), end: start }] {
        let tree = SyntaxTree::parse(Language::from_language_id(language).unwrap(), text).unwrap();
        let found = tree.enclosing_symbol(text, range);
        assert_eq!(found.map_or("-".to_owned(), |symbol| symbol.path()), expected);
    }
}

#[rstest]
#[case::right_behind_the_brace("fn two(&self) {}", 0, "A::two")]
#[case::behind_trailing_blanks("fn two(&self) {}", 2, "A::two")]
#[case::between_two_on_a_line("fn a() {}", 0, "a")]
fn a_cursor_touches(#[case] before: &str, #[case] blanks: usize, #[case] expected: &str) {
    let offset = RUST.find(before).unwrap() + before.len() + blanks;
    let tree = SyntaxTree::parse(Language::from_language_id("rust").unwrap(), RUST).unwrap();
    assert_eq!(tree.enclosing_symbol(RUST, offset..offset).unwrap().path(), expected);
}

#[test]
fn offsets_outside_the_text_find_nothing() {
    let tree = SyntaxTree::parse(Language::from_language_id("rust").unwrap(), RUST).unwrap();
    assert_eq!(tree.enclosing_symbol(RUST, 9_000..9_001), None);
    // Another text than the tree's own gives nonsense, not a panic.
    tree.enclosing_symbol("fn", 0..usize::MAX);
    assert_eq!(tree.symbols("fn é").len(), tree.symbols(RUST).len());
}

#[rstest]
#[case(
    "rust",
    "//! File.\n\n/// Adds.\n#[inline]\n// why\nfn add(a: u8) -> u8 {\n    a\n}\n\nstruct Point {\n    x: u8,\n}\n\nimpl Point {\n    /// Doc.\n    fn x(&self) -> u8 {\n        self.x\n    }\n}\n\nconst A: u8 = 1;\n\n"
)]
#[case(
    "python",
    "import os\n\n# above\n@cache\ndef add(a):\n    return a\n\n\nclass Point:\n    def x(self):\n        return 1\n\n    y = 2\n\n\n"
)]
#[case("rust", "fn broken( {\n    if x {\n\nfn next() {\n    1\n}\n\n")]
fn a_look_around_finds_what_a_look_at_everything_finds(#[case] id: &str, #[case] part: &str) {
    let text = part.repeat(40);
    let tree = SyntaxTree::parse(Language::from_language_id(id).unwrap(), &text).unwrap();
    let all = tree.symbols(&text);
    // A prime, so that the places differ from one repetition to the next.
    for start in (0..text.len()).step_by(53) {
        for length in [0, 9, 200] {
            let range = start..(start + length).min(text.len());
            let expected = enclosing_symbol(&all, &text, range.clone());
            assert_eq!(tree.enclosing_symbol(&text, range.clone()).as_ref(), expected, "{range:?}");
        }
    }
}
