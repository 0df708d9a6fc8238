//! Whether the rows around edits tell what a parse of the whole text tells.

use proptest::prelude::*;
use rstest::rstest;

use super::super::{trimmed, whole_budget};
use super::excerpt::{moved, moved_end};
use super::samples::NESTED;
use super::*;
use crate::Language;

const SAMPLES: [(&str, &str); 6] = [
    (
        "rust",
        "use a::b;\n\n/// One.\n#[inline]\nfn one(x: u32) -> u32 {\n    let y = \"}\"; // one {\n    x + 1\n}\n\nimpl A {\n    fn two(&self) -> u8 {\n        match self.x { 1 => 2, _ => 3 }\n    }\n}\n\npub struct B {\n    x: u8,\n}\n\nmod c {\n    fn d() {}\n}\n/* end */\n",
    ),
    (
        "go",
        "package a\n\nimport \"b\"\n\n// One.\nfunc one(x int) int {\n\ty := `}` // one {\n\treturn x + 1\n}\n\nfunc (a *A) two() {\n\tif a.x {\n\t\treturn\n\t}\n}\n\ntype B struct {\n\tx int\n}\n/* end */\n",
    ),
    (
        "java",
        "import a.b;\n\n/** One. */\npublic class One {\n    int one(int x) {\n        String y = \"}\"; // one {\n        return x + 1;\n    }\n}\n\ninterface Two {\n    void two();\n}\n/* end */\n",
    ),
    (
        "javascript",
        "import a from \"b\";\n\n/** One. */\nexport function one(x) {\n  const y = `}${x}`; // one {\n  return x + 1;\n}\n\nclass Two {\n  get two() {\n    return /}/.test(this.x) ? 1 : 2;\n  }\n}\n\nconst z = () => one(1)\nfunction three() {}\n(function () {})();\n/* end */\n",
    ),
    (
        "typescript",
        "import a from \"b\";\n\nexport function one(x: number): number {\n  const y = `}${x}`; // one {\n  return x + 1;\n}\n\nexport default class Two<T> {\n  private two(): void {}\n}\n\ninterface Three {\n  x: number;\n}\nfunction four() {}\n[1].map(four);\n/* end */\n",
    ),
    (
        "tsx",
        "export function One(props: Props) {\n  return <b title=\"}\">{props.x} {\"{\"}</b>; // one {\n}\n\nfunction two() {}\n/* end */\n",
    ),
];

/// What breaks code, and what does not.
const PIECES: [&str; 28] = [
    "",
    " ",
    "\n",
    "x",
    "1",
    "{",
    "}",
    "(",
    ")",
    "\"",
    "'",
    "`",
    "/*",
    "*/",
    "//",
    "}\n\nfn x() {",
    "}\nfunction x() {",
    "}\nfunc x() {",
    "${",
    "</b>",
    "<b>",
    ";",
    "return x;",
    "let x = 1;",
    "r#\"",
    "#",
    "=> {",
    "'a",
];

fn sample(name: &str) -> (SyntaxTree, &'static str) {
    let (_, text) = SAMPLES.into_iter().find(|(other, _)| *other == name).unwrap();
    let tree = SyntaxTree::parse(Language::from_language_id(name).unwrap(), text).unwrap();
    assert_eq!(tree.error_count(), 0, "{name}: {}", tree.root().to_sexp());
    (tree, text)
}

fn edited(text: &str, edits: &[(usize, usize, &str)]) -> (String, Vec<Replaced>) {
    let (mut new, mut replaced, mut at) = (String::new(), Vec::new(), 0);
    for (skip, length, by) in edits {
        let start = text.floor_char_boundary((at + skip).min(text.len()));
        let end = text.floor_char_boundary((start + length).min(text.len()));
        new.push_str(&text[at..start]);
        replaced.push((start..end, new.len()..new.len() + by.len()));
        new.push_str(by);
        at = end;
    }
    new.push_str(&text[at..]);
    (new, replaced)
}

/// How rows are cut so that all that may be left out is.
const CUT: Sizes = Sizes { whole: 0, small: usize::MAX, share: 1 };

/// Where the check of the rows is sure, a parse of the whole text tells the same.
fn tells_the_truth(tree: &SyntaxTree, text: &str, new: &str, replaced: &[Replaced], sizes: Sizes) -> bool {
    let edits = trimmed(text, new, replaced);
    let is_sure = are_sound_cut(tree, (text, new), &edits, &whole_budget(), sizes).unwrap_or(false);
    if !is_sure {
        return false;
    }
    let whole = SyntaxTree::parse(tree.language(), new).unwrap();
    assert_eq!(whole.error_count(), 0, "{new}");
    let (again, _) = tree.reparse_text(text, new, replaced, &whole_budget()).unwrap();
    assert_eq!(again.error_count(), 0, "{new}");
    // What no edit touches is what it was.
    let part_at = |range: &Range<usize>| {
        let mut node = whole.root().descendant_for_byte_range(range.start, range.end);
        while let Some(inner) = node.filter(|node| node.parent().is_some_and(|outer| outer.parent().is_some())) {
            node = inner.parent();
        }
        node.filter(|node| node.byte_range() == *range).map(|node| node.to_sexp())
    };
    let root = tree.root();
    for part in root.children(&mut root.walk()).filter(|part| part.is_named() && !part.is_extra()) {
        if !edits.iter().any(|(old, _)| part.start_byte() <= old.end && old.start <= part.end_byte()) {
            let range = moved(&edits, part.start_byte())..moved_end(&edits, part.end_byte());
            assert_eq!(part_at(&range), Some(part.to_sexp()), "{new}");
        }
    }
    // As do the guards of edits: nothing that is not edited vanishes.
    let mut left = whole.symbols(new);
    left.retain(|symbol| symbol.depth == 0);
    for symbol in tree.symbols(text).into_iter().filter(|symbol| symbol.depth == 0) {
        let is_edited = edits.iter().any(|(old, _)| old.start < symbol.range.end && symbol.range.start < old.end);
        if !is_edited {
            let at = left.iter().position(|other| (&other.name, other.kind) == (&symbol.name, symbol.kind));
            left.swap_remove(at.unwrap_or_else(|| panic!("{} is gone: {new}", symbol.name)));
        }
    }
    true
}

#[rstest]
#[case("rust", "x + 1", "x + 2", true)]
#[case("rust", "x + 1", "x + (2", false)]
#[case("rust", "x + 1", "x /* + 1", false)]
#[case("rust", "x + 1", "x + 1\n}\n\nfn e() {", false)]
#[case("rust", "fn one", "fn ten", true)]
#[case("rust", "fn one", "async fn one", true)]
#[case("rust", "_ => 3 }", "_ => 4, }", true)]
#[case("rust", "use a::b", "use a::c", true)]
#[case("rust", "use a::b", "use a::", false)]
#[case("rust", "a::b;", "a::b; use c;", true)]
#[case("rust", "/// One.", "/// Two.", true)]
#[case("rust", "/// One.", "//! One.", true)]
#[case("rust", "/// One.", "/// One.\n}", false)]
#[case("rust", "/* end */", "/* the end */", true)]
#[case("rust", "/* end */", "/* end */ }", false)]
#[case("rust", "self.x {", "self.y {", true)]
#[case("rust", "x: u8,", "x: u8, y: u8,", true)]
#[case("rust", "fn d() {}", "fn d() {} fn e() {}", true)]
#[case("go", "x + 1", "x + 2", true)]
#[case("go", "x + 1", "x + 2\n}\n\nfunc e() {", false)]
#[case("go", "return\n", "return `\n", false)]
#[case("java", "x + 1", "x + 2", true)]
#[case("java", "x + 1", "x + \"", false)]
#[case("java", "import a.b", "import a.c", true)]
#[case("java", "One. */", "One */ */", false)]
#[case("javascript", "x + 1", "x + 2", true)]
#[case("javascript", "/}/", "/}", false)]
#[case("javascript", "one(1)", "one(2)", true)]
#[case("javascript", "get two()", "get two(x) {} three()", false)]
#[case("javascript", "? 1 : 2", "? 3 : 2", true)]
#[case("typescript", "x + 1", "x + 2", true)]
#[case("typescript", "void {}", "void { x() }", true)]
#[case("typescript", "x + 1", "`${x", false)]
#[case("tsx", "props.x", "props.y", true)]
#[case("tsx", "</b>", "</i", false)]
fn items_tell_what_the_tree_tells(#[case] name: &str, #[case] old: &str, #[case] by: &str, #[case] expected: bool) {
    let (tree, text) = sample(name);
    let (new, replaced) = edited(text, &[(text.find(old).unwrap(), old.len(), by)]);
    assert_eq!(tells_the_truth(&tree, text, &new, &replaced, SIZES), expected, "{new}");
    tells_the_truth(&tree, text, &new, &replaced, CUT);
}

#[rstest]
#[case("rust", "fn f(value: u32) -> u32 {\n    let one = value + 1;\n    one * 2\n}\n\n")]
#[case(
    "typescript",
    "export function f(value: number): number {\n    const one = value + 1;\n    return one * 2;\n}\n\n"
)]
#[case("go", "func f(value int) int {\n\tone := value + 1\n\treturn one * 2\n}\n\n")]
fn one_of_many_items_is_looked_at_alone(#[case] name: &str, #[case] item: &str) {
    let text = item.repeat(500);
    let tree = SyntaxTree::parse(Language::from_language_id(name).unwrap(), &text).unwrap();
    let place = |number: usize| (number * item.len() + item.find("+ 1").unwrap(), 3, "- value");
    let mut at = 0;
    let edits = [0, 7, 250, 499].map(place).map(|(start, length, by)| {
        let skip = start - at;
        at = start + length;
        (skip, length, by)
    });
    let (new, replaced) = edited(&text, &edits);
    assert!(tells_the_truth(&tree, &text, &new, &replaced, SIZES));
}

/// An edit takes a brace away and another one adds it: what is between stands in something else, though nothing is wrong.
#[rstest]
#[case("rust", "mod a", "fn ")]
#[case("javascript", "function a()", "function ")]
#[case("typescript", "namespace a", "function ")]
fn what_comes_to_stand_in_another_is_not_what_it_was(
    #[case] name: &str,
    #[case] around: &str,
    #[case] keyword: &str,
    #[values(9, 300)] until: usize,
) {
    let item = |number: usize| format!("{keyword}f{number}() {{\n    x();\n    y();\n}}\n\n");
    let text = format!("{around} {{\n{}}}\n", (0..400).map(item).collect::<String>());
    let tree = SyntaxTree::parse(Language::from_language_id(name).unwrap(), &text).unwrap();
    let closed = text.find("f7()").unwrap();
    let (brace, place) = (closed + text[closed..].find("}\n").unwrap(), text.find(&format!("f{until}()")).unwrap());
    let added = place + text[place..].find("}\n").unwrap();
    let (new, replaced) = edited(&text, &[(brace, 1, ""), (added - brace - 1, 0, "}")]);
    assert_eq!((tree.error_count(), SyntaxTree::parse(tree.language(), &new).unwrap().error_count()), (0, 0), "{new}");
    for sizes in [SIZES, CUT] {
        let edits = trimmed(&text, &new, &replaced);
        assert_eq!(are_sound_cut(&tree, (&text, &new), &edits, &whole_budget(), sizes), None, "{new}");
    }
}

/// Without the end of a comment its beginning reads as a division.
#[rstest]
#[case("rust", "fn a() {\n    x();\n    bc(1);\n    y();\n    z();\n}\n\nfn d() {\n    e(\"*/\");\n}\n")]
#[case("go", "func a() {\n\tx()\n\tbc(1)\n\ty()\n\tz()\n}\n\nfunc d() {\n\te(\"*/\")\n}\n")]
fn a_comment_that_ends_in_what_is_left_out_is_not_sound(#[case] name: &str, #[case] text: &str) {
    let tree = SyntaxTree::parse(Language::from_language_id(name).unwrap(), text).unwrap();
    let (new, replaced) = edited(text, &[(text.find("c(1)").unwrap(), 0, "/*")]);
    let whole = SyntaxTree::parse(tree.language(), &new).unwrap();
    assert!(tree.error_count() == 0 && whole.error_count() > 0, "{new}");
    let edits = trimmed(text, &new, &replaced);
    assert!(!are_sound_cut(&tree, (text, &new), &edits, &whole_budget(), CUT).unwrap_or(false), "{new}");
}

/// Changes whole lines: from one line to another is replaced by others of the text or by a piece.
fn lines_edited(text: &str, changes: &[(usize, usize, usize, usize, &str)]) -> (String, Vec<Replaced>) {
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let ends = lines.iter().scan(0, |end, line| {
        *end += line.len();
        Some(*end)
    });
    let starts: Vec<_> = std::iter::once(0).chain(ends).collect();
    let (mut new, mut replaced, mut at) = (String::new(), Vec::new(), 0);
    for (skip, count, other, others, piece) in changes {
        let first = (at + skip).min(lines.len());
        let last = (first + count).min(lines.len());
        let other = other % lines.len();
        let by = lines[other..(other + others).min(lines.len())].concat() + piece;
        new.push_str(&lines[at..first].concat());
        replaced.push((starts[first]..starts[last], new.len()..new.len() + by.len()));
        new.push_str(&by);
        at = last;
    }
    new.push_str(&lines[at..].concat());
    (new, replaced)
}

fn is_told_truly(name: &str, text: &str, (new, replaced): &(String, Vec<Replaced>)) {
    let tree = SyntaxTree::parse(Language::from_language_id(name).unwrap(), text).unwrap();
    tells_the_truth(&tree, text, new, replaced, SIZES);
    tells_the_truth(&tree, text, new, replaced, CUT);
}

#[test]
fn samples_are_sound() {
    for (name, text) in NESTED.into_iter().chain(SAMPLES) {
        let tree = SyntaxTree::parse(Language::from_language_id(name).unwrap(), text).unwrap();
        assert_eq!(tree.error_count(), 0, "{name}: {}", tree.root().to_sexp());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn rows_are_sure_only_of_what_is_so(
        sample in prop::sample::select(NESTED.into_iter().chain(SAMPLES).collect::<Vec<_>>()),
        edits in prop::collection::vec((0_usize..600, 0_usize..6, prop::sample::select(PIECES.to_vec())), 1..4),
    ) {
        is_told_truly(sample.0, sample.1, &edited(sample.1, &edits));
    }

    #[test]
    fn rows_are_sure_only_of_what_is_so_of_lines(
        sample in prop::sample::select(NESTED.into_iter().chain(SAMPLES).collect::<Vec<_>>()),
        changes in prop::collection::vec(
            (0_usize..30, 0_usize..3, 0_usize..60, 0_usize..3, prop::sample::select(vec!["", "", "", "x\n", "}\n", ";\n", "{\n"])),
            1..4,
        ),
    ) {
        is_told_truly(sample.0, sample.1, &lines_edited(sample.1, &changes));
    }
}
