//! Trees of whole, edited and hostile texts.

use super::*;
use crate::limits::{MAX_NUL_BYTES, MAX_OPEN_BRACKETS};
use rstest::rstest;

fn language(name: &str) -> Language {
    Language::from_language_id(name).unwrap()
}

#[rstest]
#[case("rust", "fn a() {}", 0)]
#[case("rust", "fn a() { let x = ; }", 1)]
#[case("rust", "fn a() {", 1)]
#[case("rust", "fn a() { x( } fn b() { y[ }", 2)]
#[case("python", "def a():\n    pass\n", 0)]
#[case("python", "def a(:\n    pass\n", 1)]
#[case("python", "", 0)]
#[case("python", "def a():\n\ndef b():\n    pass\n", 1)]
#[case("python", "class A:\n    def a(self):\n        # c\n\n    def b(self):\n        return 1\n", 1)]
#[case("python", "class A:\n    def a(self):\n        # c\n", 1)]
#[case("python", "def a():", 1)]
#[case("python", "class A:\n", 1)]
#[case("python", "def a(x):\n    for y in x:\n        if y:\n    return None\n", 1)]
#[case("python", "if a:\n    pass\nelse:\n    # b\nc\n", 1)]
#[case("python", "try:\n    a\nexcept B:\nfinally:\n    c\n", 1)]
#[case("python", "with a:\nwhile b:\n    pass\n", 1)]
#[case("python", "match a:\n    case 1:\n        pass\n    case 2:\n        # b\n", 1)]
#[case("python", "match a:\n", 1)]
#[case("python", "@a\ndef b(): ...\n", 0)]
#[case("python", "def a():\n    'doc'\n", 0)]
#[case("python", "if a: pass\nelse: b\n", 0)]
fn counts_errors(#[case] name: &str, #[case] text: &str, #[case] expected: usize) {
    assert_eq!(SyntaxTree::parse(language(name), text).unwrap().error_count(), expected);
}

#[rstest]
#[case::long_line("rust", "fn a() { ".to_owned() + &"x + ".repeat(500_000))]
#[case::open_brackets("rust", "(".repeat(100_000))]
#[case::closed_brackets("rust", "fn a() {".to_owned() + &"(".repeat(100_000) + &")".repeat(100_000) + "}")]
#[case::open_blocks("rust", "mod a { fn b() {\n".repeat(50_000))]
#[case::closed_modules("rust", "mod a { ".repeat(20_000) + &"}".repeat(20_000))]
#[case::closing_brackets("rust", "}])".repeat(50_000))]
#[case::open_brackets("python", "[".repeat(100_000))]
#[case::closed_brackets("python", "x = ".to_owned() + &"[".repeat(100_000) + &"]".repeat(100_000))]
#[case::open_definitions("python", "def a(\n".repeat(30_000))]
#[case::deep_indentation("python", (0..2_000).map(|depth| " ".repeat(depth) + "if x:\n").collect::<String>())]
#[case::nul("rust", "fn a\0() { \0 }\0\0 fn b() {}".to_owned())]
#[case::nul("python", "def a():\0\n    x = \"\0\"\n".to_owned())]
#[case::only_nul("rust", "\0".repeat(100_000))]
#[case::open_string("rust", "fn a() { \"".to_owned() + &"fn x() {\n".repeat(10_000))]
#[case::many_words("python", "lambda ".repeat(50_000))]
fn hostile_text_ends_in_a_tree_or_an_error(#[case] name: &str, #[case] text: String) {
    match SyntaxTree::parse(language(name), &text) {
        Err(error) => assert_ne!(error, ParseError::TooLarge),
        Ok(tree) => {
            tree.error_count();
            tree.symbols(&text);
            tree.imports(&text);
            tree.references(&text, 0..text.len());
            tree.tests(&text);
            tree.enclosing_symbol(&text, text.len() / 2..text.len() / 2);
        }
    }
}

/// A line of a minified file.
fn long_line() -> String {
    "f(a,b);".repeat(60_000 / 7)
}

#[rstest]
#[case::empty(String::new())]
#[case::nul("\0".repeat(MAX_NUL_BYTES - 10) + "fn a\0() { \0 \"\0\" }\0\n")]
#[case::many_nul("\0".repeat(100_000))]
#[case::open_brackets("([{".repeat(33_334))]
#[case::closed_brackets("[".repeat(100_000) + &"]".repeat(100_000))]
#[case::long_line(long_line())]
fn hostile_text_does_no_harm_in_any_language(#[case] text: String) {
    for &language in Language::all() {
        match SyntaxTree::parse(language, &text) {
            Err(error) => assert_ne!(error, ParseError::TooLarge, "{language}"),
            Ok(tree) => drop(tree.symbols(&text)),
        }
    }
}

#[test]
fn open_brackets_are_counted_in_edits_too() {
    let tree = SyntaxTree::parse(language("rust"), "fn a() {}").unwrap();
    let mut document = Document::new("fn a() {}");
    let edit = document.edit(0..0, &"(".repeat(MAX_OPEN_BRACKETS + 1));
    assert_eq!(tree.reparse(&document, &[edit]).unwrap_err(), ParseError::TooDeep);
    let edit = document.edit(0..1, "");
    assert!(tree.reparse(&document, &[edit]).is_ok());
}

#[test]
fn too_large_a_text_is_refused() {
    let text = "x".repeat(50_000_000);
    assert_eq!(SyntaxTree::parse(language("rust"), &text).unwrap_err(), ParseError::TooLarge);
    let tree = SyntaxTree::parse(language("rust"), "fn a() {}").unwrap();
    let mut document = Document::new("fn a() {}");
    let edit = document.edit(0..0, &text);
    assert_eq!(tree.reparse(&document, &[edit]).unwrap_err(), ParseError::TooLarge);
}

/// Types `insert` into `text` a character at a time at `at`, reparsing after each, and takes it away again: every
/// tree is the one a fresh parse gives.
#[rstest]
#[case(
    "rust",
    "use a::b;\n\nimpl A {\n    fn one(&self) {}\n}\n",
    "    fn one",
    "    fn two(&self) -> Option<u8> { Some('😀') }\n"
)]
#[case("rust", "fn a() {\r\n    b();\r\n}\r\n", "    b", "    let x = c(1)?;\r\n")]
#[case("rust", "fn a() {\n    // x\r b();\n}\n", " b()", "/* é */ d();\n")]
#[case(
    "python",
    "class A:\n    def one(self):\n        pass\n",
    "    def one",
    "    def two(self, x=\"é\"):\n        return [x, 1]\n\n"
)]
fn incremental_trees_are_fresh_trees(#[case] name: &str, #[case] text: &str, #[case] at: &str, #[case] insert: &str) {
    let language = language(name);
    let mut document = Document::new(text);
    let mut tree = SyntaxTree::parse(language, text).unwrap();
    let start = text.find(at).unwrap();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for (index, character) in insert.char_indices() {
        edits.push((start + index..start + index, character.to_string()));
    }
    for (index, character) in insert.char_indices().rev() {
        edits.push((start + index..start + index + character.len_utf8(), String::new()));
    }
    for (range, new_text) in edits {
        let edit = document.edit(range, &new_text);
        tree = tree.reparse(&document, &[edit]).unwrap();
        let now = document.text();
        let fresh = SyntaxTree::parse(language, &now).unwrap();
        if fresh.error_count() == 0 {
            assert_eq!(tree.error_count(), 0, "{now}");
            assert_eq!(tree.tree.root_node().to_sexp(), fresh.tree.root_node().to_sexp(), "{now}");
            assert_eq!(tree.symbols(&now), fresh.symbols(&now));
        }
    }
    assert_eq!(document.text(), text);
    assert_eq!(tree.error_count(), 0);
}

#[test]
fn several_edits_make_one_reparse() {
    let mut document = Document::new("fn a() {}\nfn b() {}\n");
    let tree = SyntaxTree::parse(language("rust"), &document.text()).unwrap();
    let edits = [document.edit(3..4, "first"), document.edit(17..18, "second"), document.edit(0..0, "// top\n")];
    let text = document.text();
    let symbols = tree.reparse(&document, &edits).unwrap().symbols(&text);
    assert_eq!(symbols.iter().map(|symbol| symbol.name.as_str()).collect::<Vec<_>>(), ["first", "second"]);
}

#[rstest]
#[case("javascript", "// a\nit('b', () => {\n  c();\n});\n", "it('b', () => {\n  c();\n});")]
#[case("typescript", "app.get('/', async (a) => {})\n", "app.get('/', async (a) => {})")]
#[case("ruby", "it 'b' do\n  c\nend\n", "it 'b' do\n  c\nend")]
#[case("lua", "it('b', function()\n  c()\nend)\n", "it('b', function()\n  c()\nend)")]
#[case("javascript", "a();\nb();\n", "")]
#[case("javascript", "const a = b();\n", "")]
#[case("javascript", "a = b();\n", "")]
#[case("python", "a\n", "")]
fn knows_a_call(#[case] name: &str, #[case] text: &str, #[case] expected: &str) {
    let tree = SyntaxTree::parse(language(name), text).unwrap();
    let statements = tree.top_statements();
    let only_call = match &statements[..] {
        [one] => tree.call_at(one.start).filter(|call| call == one),
        _ => None,
    };
    assert_eq!(only_call.map_or("", |call| &text[call]), expected);
    let outer = format!("{text}\n{text}");
    let tree = SyntaxTree::parse(language(name), &outer).unwrap();
    let start = text.len() + 1 + text.find(expected).unwrap_or(0);
    assert!(expected.is_empty() || tree.call_at(start).is_some_and(|call| &outer[call] == expected));
}

#[rstest]
#[case("def a():\n    b()\n\n\ndef c():\n    pass\n", "    b()\n", "", false)]
#[case("def a():\n    b()\n\n\ndef c():\n    pass\n", "    b()\n", "    # b\n", false)]
#[case("def a():\n    if b:\n        c()\n    return 1\n", "        c()\n", "", false)]
#[case("def a():\n    if b:\n        c()\n    return 1\n", "        c()\n", "        d()\n", true)]
fn a_block_without_statements_is_not_sound(
    #[case] text: &str,
    #[case] old: &str,
    #[case] new: &str,
    #[case] sound: bool,
) {
    let at = text.find(old).unwrap();
    let replaced = [(at..at + old.len(), at..at + new.len())];
    let tree = SyntaxTree::parse(language("python"), text).unwrap();
    let new_text = text.replacen(old, new, 1);
    assert_eq!(tree.is_surely_sound(text, &new_text, &replaced, &whole_budget()), sound);
    let (tree, _) = tree.reparse_text(text, &new_text, &replaced, &whole_budget()).unwrap();
    assert_eq!(tree.error_count(), usize::from(!sound), "{new_text}");
}

type Replaced = (Range<usize>, Range<usize>);

/// Replaces each `old` text by the new one, in order, and gives the ranges that took part.
fn replaced(text: &str, pairs: &[(&str, &str)]) -> (String, Vec<Replaced>) {
    let (mut new, mut ranges, mut at) = (String::new(), Vec::new(), 0);
    for (old, by) in pairs {
        let start = at + text[at..].find(old).unwrap();
        new.push_str(&text[at..start]);
        ranges.push((start..start + old.len(), new.len()..new.len() + by.len()));
        new.push_str(by);
        at = start + old.len();
    }
    new.push_str(&text[at..]);
    (new, ranges)
}

#[rstest]
#[case(&[("one();", "two(1,\n 2);")], false)]
#[case(&[("one();\n    ", ""), ("fn b", "fn longer_name"), ("x", "yy\n")], false)]
#[case(&[("one();", "/* ")], true)]
#[case(&[("}", "")], true)]
fn a_text_is_parsed_again_where_it_changed(#[case] pairs: &[(&str, &str)], #[case] spreads: bool) {
    let old = "fn a() {\n    one();\n    two();\n}\n\nfn b() { x }\n\nstruct C; // */\n";
    let (new, ranges) = replaced(old, pairs);
    let tree = SyntaxTree::parse(language("rust"), old).unwrap();
    let (again, changed) = tree.reparse_text(old, &new, &ranges, &whole_budget()).unwrap();
    let whole = SyntaxTree::parse(language("rust"), &new).unwrap();
    assert_eq!(again.symbols(&new), whole.symbols(&new));
    assert_eq!(again.error_count(), whole.error_count());
    let inside = |range: &Range<usize>| ranges.iter().any(|(_, new)| new.start <= range.start && range.end <= new.end);
    assert_eq!(!changed.iter().all(inside), spreads, "{changed:?} {ranges:?}");
}

const PYTHON: &str = "\
import os

@d
class A:
    def one(self):
        x = [
  1,
        ]
        if x:
            return '''
text'''
        else:
            pass

    # about two
    def two(self): return 2

match x:
    case 1:
        y()

def f(
    a,
):
    return a
if os: z = 1; t = 2
try:
    from a import g
except E:
    # none
    def g():
        pass
";

/// Where the check of the statements is sure, the whole tree tells the same.
#[rstest]
#[case(&[("import os", "import sys")], true)]
#[case(&[("return a", "return a + 1")], true)]
#[case(&[("return a\n", "b = a\n    return b\n")], true)]
#[case(&[("        if x:\n", "        y = x\n        if x:\n")], true)]
#[case(&[("  1,\n", "  1,\n 2,\n")], true)]
#[case(&[("pass", "try:\n                pass\n            finally:\n                y()")], true)]
#[case(&[("    # about two\n", "    # about\n")], true)]
#[case(&[("y()", "z()"), ("z = 1", "z = 2")], true)]
#[case(&[("return 2\n\n", "return 2\n\n    def three(self):\n        return 3\n\n")], true)]
#[case(&[("@d\n", "@d\n@e\n")], true)]
#[case(&[("    a,\n):\n    return a\n", "):\n    return 1\n")], true)]
// Not sure, though right.
#[case(&[("    case 1:\n        y()", "    case 2:\n        y()")], true)]
#[case(&[("        y()\n\n", "        y()\n    case 2:\n        pass\n\n")], true)]
#[case(&[("y()\n", "y()\n\n# end")], true)]
#[case(&[("def two", "async def two")], true)]
#[case(&[("    # about two\n", "    y = 1 \\\n")], true)]
// Python itself would refuse the indentation; the grammar does not.
#[case(&[("        if x:\n", "if x:\n")], true)]
// Wrong in each case.
#[case(&[("return a", "return (a")], false)]
#[case(&[("import os", "import")], false)]
#[case(&[("pass", "pass)")], false)]
#[case(&[("        else:\n", "      else:\n")], false)]
#[case(&[("    case 1:\n        y()", "    y()")], false)]
#[case(&[("    # none\n", "    # none")], false)]
#[case(&[("import os", "s = '''"), ("about two", "about'''")], false)]
fn statements_around_edits_tell_what_the_tree_tells(#[case] pairs: &[(&str, &str)], #[case] sound: bool) {
    let python = language("python");
    let tree = SyntaxTree::parse(python, PYTHON).unwrap();
    assert_eq!(tree.error_count(), 0);
    let (new, ranges) = replaced(PYTHON, pairs);
    let whole = SyntaxTree::parse(python, &new).unwrap();
    let names = |tree: &SyntaxTree, text: &str| {
        let outer = tree.symbols(text).into_iter().filter(|symbol| symbol.depth == 0);
        outer.map(|symbol| symbol.name).collect::<Vec<_>>()
    };
    let names_now = names(&whole, &new);
    let stays = whole.error_count() == 0 && names(&tree, PYTHON).iter().all(|name| names_now.contains(name));
    let is_sure = tree.is_surely_sound(PYTHON, &new, &ranges, &whole_budget());
    assert_eq!((stays, is_sure && !stays), (sound, false), "{}", whole.tree.root_node().to_sexp());
}

/// A class of many methods and a function of many statements, with comments between them.
fn long_rows() -> String {
    let methods = (0..60).map(|number| {
        let comment = if number % 7 == 0 { "    # c\n" } else { "" };
        format!("{comment}    def f{number}(self):\n        x = {number}\n        return x\n\n")
    });
    let statements = (0..60).map(|number| format!("    y{number} = {number}; z = 1\n"));
    format!("class A:\n{}def g():\n    # c\n{}", methods.collect::<String>(), statements.collect::<String>())
}

#[rstest]
#[case::first_method("x = 0\n", "x = 0 + 1\n", true)]
#[case::some_method("x = 30\n", "x = 30 + 1\n        w = x\n", true)]
#[case::last_method("x = 59\n", "x = (59,\n 1)\n", true)]
#[case::new_method("    def f20(", "    def new(self):\n        pass\n\n    def f20(", true)]
#[case::new_first("    def f0(", "    z = 1\n    def f0(", true)]
#[case::first_statement("    y0 = 0;", "    y0 = 1;", true)]
#[case::some_statement("    y33 = 33;", "    if a:\n        b()\n    y33 = 3;", true)]
#[case::last_statement("    y59 = 59; z = 1\n", "    return 1\n", true)]
#[case::open_bracket("x = 30\n", "x = (30\n", false)]
#[case::open_string("y33 = 33", "y33 = '33", false)]
#[case::no_body("        x = 30\n        return x\n", "", false)]
fn a_long_row_is_looked_at_near_the_edit(#[case] old: &str, #[case] new: &str, #[case] sound: bool) {
    let text = long_rows();
    let tree = SyntaxTree::parse(language("python"), &text).unwrap();
    let (new_text, ranges) = replaced(&text, &[(old, new)]);
    let (whole, _) = tree.reparse_text(&text, &new_text, &ranges, &whole_budget()).unwrap();
    assert_eq!((tree.error_count(), whole.error_count() == 0), (0, sound), "{new_text}");
    assert_eq!(tree.is_surely_sound(&text, &new_text, &ranges, &whole_budget()), sound);
}

#[test]
fn a_long_row_is_known_as_if_all_of_it_were_looked_at() {
    let text = long_rows();
    let tree = SyntaxTree::parse(language("python"), &text).unwrap();
    let mut cursor = tree.tree.walk();
    let lines = text.lines().count();
    for _ in 0..2 {
        // The class, then the function.
        assert!(if cursor.depth() == 0 { cursor.goto_first_child() } else { cursor.goto_next_sibling() });
        let block = cursor.node().child_by_field_name("body").unwrap();
        for rows in (0..lines).flat_map(|row| [row..row, row..row + 1, row..row + 5]) {
            statements::tests::is_seen_near(block, &text, &rows);
        }
    }
}
